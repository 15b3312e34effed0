"""How fast the gradient shrinks or grows on its way back through time, and which number predicts it.

A loss that is linear in the state of step t, L_t = g · h_t with random g, gives ‖∂L_t/∂h_k‖ for every distance
t − k; relative to distance 0 the size of g drops out. Norms are pooled: the root of the mean square over a batch.

U is gain · Q with Q random orthogonal, or gain · G/√d_h with G standard normal, or as PyTorch draws it (uniform in
±1/√d_h: a gain of 1/√3). Inputs are standard normal, and W is scaled so that they add a variance of one to each
sum. Everything is in float64, because the smallest of these numbers are beyond float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from lecture_utils.experiments.common import Experiment, check_name, check_names
from lecture_utils.experiments.recall import ALL_KINDS, recurrent_layer

D_IN = 16
STARTS = ("orthogonal", "gaussian", "default")
ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "tanh": torch.tanh,
    "relu": torch.relu,
    "identity": lambda a: a.clone(),
}


def recurrent_matrix(start: str, gain: float, hidden: int) -> Tensor:
    """U (d_h, d_h) in float64: "orthogonal" or "gaussian" of that gain, or "default", of PyTorch's own."""
    if start == "orthogonal":
        return gain * nn.init.orthogonal_(torch.empty(hidden, hidden, dtype=torch.float64))
    if start == "gaussian":
        return gain * torch.randn(hidden, hidden, dtype=torch.float64) / math.sqrt(hidden)
    if start == "default":
        layer: Any = nn.RNN(D_IN, hidden).double()
        return layer.weight_hh_l0.detach()
    raise ValueError(f"start must be one of {', '.join(STARTS)}, got {start!r}.")


def walk(U: Tensor, activation: str, inputs: Tensor) -> tuple[list[Tensor], list[Tensor]]:
    """The sums a_t and the states h_t = φ(a_t), T of each, (N, d_h), with h_0 = 0; inputs (T, N, d_h) are W x_t."""
    check_name("activation", activation, ACTIVATIONS)
    h = torch.zeros_like(inputs[0], requires_grad=True)  # (N, d_h)
    sums, states = [], []
    for x in inputs:
        a = x + h @ U.T  # (N, d_h)
        h = ACTIVATIONS[activation](a)
        sums.append(a)
        states.append(h)
    return sums, states


def slopes(sums: list[Tensor], activation: str) -> Tensor:
    """φ'(a) at every step, sequence and unit: (T, N, d_h)."""
    check_name("activation", activation, ACTIVATIONS)
    a = torch.stack(sums).detach().requires_grad_()
    return torch.autograd.grad(ACTIVATIONS[activation](a).sum(), a)[0]


def chain(U: Tensor, gain: float, activation: str, distances: list[int], *, batch: int, settle: int) -> dict[str, Any]:
    """How the gradient fares on its way back, and what predicts it.

    `norms`: ‖∂L_t/∂h_k‖ at each distance, relative to distance 0; `rate`: its factor per step, measured over the
    whole way; `predicted`: gain × root-mean-square slope; `by_mean_slope`: gain × mean slope; `slope_rms` and
    `slope_mean` themselves; `largest_step` and `smallest_step`: the extreme factors of one step, of any sequence;
    `singular_values`: the largest and the smallest of U; `spectral_radius` of U; `long_linear_rate`: the factor per
    step after hundreds of steps without any activation.
    """
    hidden, far = len(U), max(distances)
    W = torch.randn(hidden, D_IN, dtype=U.dtype) / math.sqrt(D_IN)
    inputs = torch.randn(settle + far, batch, D_IN, dtype=U.dtype) @ W.T  # (T, N, d_h)
    sums, states = walk(U, activation, inputs)
    g = torch.randn_like(states[-1])  # (N, d_h)
    back = torch.autograd.grad((g * states[-1]).sum(), states[settle - 1 :])[::-1]  # distance 0 first
    lengths = torch.stack([gradient.norm(dim=1) for gradient in back])  # (distances 0 … far, N)
    norms = lengths.square().mean(dim=1).sqrt()
    steps = lengths[1:] / lengths[:-1]
    slope = slopes(sums[settle:], activation)
    rms, mean = slope.square().mean().sqrt().item(), slope.mean().item()
    singular = torch.linalg.svdvals(U)
    return {
        "norms": [_digits(norms[d] / norms[0]) for d in distances],
        "rate": _digits((norms[far] / norms[0]) ** (1 / far)),
        "predicted": _digits(gain * rms),
        "by_mean_slope": _digits(gain * mean),
        "slope_rms": _digits(rms),
        "slope_mean": _digits(mean),
        "largest_step": _digits(steps.max()),
        "smallest_step": _digits(steps.min()),
        "singular_values": [_digits(singular[0]), _digits(singular[-1])],
        "spectral_radius": _digits(torch.linalg.eigvals(U).abs().max()),
        "long_linear_rate": _digits(long_linear_rate(U)),
    }


def long_linear_rate(U: Tensor, steps: int = 500) -> float:
    """The factor per step of ‖(Uᵀ)^n g‖, once `steps` steps have gone by, averaged over as many more."""
    g, growth = torch.randn(len(U), dtype=U.dtype), torch.zeros((), dtype=U.dtype)
    for step in range(2 * steps):
        g = U.T @ g
        growth += g.norm().log() if step >= steps else 0.0
        g = g / g.norm()  # else it would leave the numbers that float64 has
    return math.exp(growth.item() / steps)


def input_gradients(kind: str, distances: list[int], *, hidden: int, batch: int) -> list[float]:
    """‖∂L_t/∂x_k‖ at each distance, relative to distance 0, of an untrained layer; L_t = g · h_t as above."""
    layer = recurrent_layer(kind, D_IN, hidden).double()
    inputs = torch.randn(2 * max(distances), batch, D_IN, dtype=torch.float64, requires_grad=True)
    output, _ = layer(inputs)  # (T, N, d_h)
    loss = (torch.randn(batch, hidden, dtype=torch.float64) * output[-1]).sum()
    gradients = torch.autograd.grad(loss, inputs)[0].flip(0)  # (T, N, d_in), distance 0 first
    norms = gradients.square().sum(dim=2).mean(dim=1).sqrt()  # (T,)
    return [_digits(norms[d] / norms[0]) for d in distances]


def _digits(value: Any) -> float:
    return float(f"{float(value):.5g}")


def run(
    *,
    seed: int,
    activations: list[str],
    starts: list[str],
    gains: list[float],
    kinds: list[str],
    distances: list[int],
    hidden: int,
    batch: int,
    settle: int,
) -> dict[str, Any]:
    """`chain[activation][start][gain]` as `chain` returns it; `layers[kind]` as `input_gradients` does.

    Gains are keys, so texts: "1.0". What PyTorch draws is `chain[activation]["default"]["0.577"]`.
    """
    check_names("activations", activations, ACTIVATIONS)
    check_names("starts", starts, STARTS)
    check_names("kinds", kinds, ALL_KINDS)
    torch.manual_seed(seed)
    settings = [(start, gain) for start in starts for gain in gains] + [("default", 1 / math.sqrt(3))]
    found: dict[str, Any] = {name: {} for name in activations}
    for name in activations:
        for start, gain in settings:
            U = recurrent_matrix(start, gain, hidden)
            key = f"{gain:.3f}" if start == "default" else str(gain)
            found[name].setdefault(start, {})[key] = chain(U, gain, name, distances, batch=batch, settle=settle)
    torch.manual_seed(seed)  # whatever the settings above were
    layers = {kind: input_gradients(kind, distances, hidden=hidden, batch=batch) for kind in kinds}
    return {"chain": found, "layers": layers}


EXPERIMENT = Experiment(
    question="By what factor does the gradient shrink or grow at each step back in time, and what predicts it?",
    config={
        "activations": list(ACTIVATIONS),
        "starts": ["orthogonal", "gaussian"],
        "gains": [0.5, 1.0, 1.5, 2.0],
        "kinds": ALL_KINDS,
        "distances": [0, 1, 2, 5, 10, 20, 30, 40],
        "hidden": 128,
        "batch": 32,
        "settle": 20,
    },
    seeds=(0, 1, 2, 3, 4),
    run=run,
)
