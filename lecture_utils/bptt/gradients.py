"""The gradients of a vanilla RNN by backpropagation through time, as the equations say it, without autograd."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, tanh
from torch.nn.functional import one_hot

__all__ = ["bptt_gradients"]

AXES = {
    "W": ("d_h", "d_in"),
    "U": ("d_h", "d_h"),
    "V": ("d_out", "d_h"),
    "b_1": ("d_h",),
    "b_2": ("d_out",),
    "inputs": ("T", "N", "d_in"),
    "targets": ("T", "N"),
    "h0": ("N", "d_h"),
}
PARAMETERS = ("W", "U", "V", "b_1", "b_2")


@torch.no_grad()
def bptt_gradients(
    params: Mapping[str, Tensor], inputs: Tensor, targets: Tensor, h0: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """The loss of a tanh RNN over T steps, and its gradient by each parameter.

    The states are h_t = tanh(W x_t + U h_{t-1} + b_1), the logits V h_t + b_2. The loss adds up, over the steps,
    the cross-entropy in nats averaged over the batch.

    Shapes: W (d_h, d_in), U (d_h, d_h), V (d_out, d_h), b_1 (d_h,), b_2 (d_out,); inputs (T, N, d_in), targets
    (T, N) class indices in int64, h0 (N, d_h). The gradients have the parameters' names and shapes.
    Wrong names, shapes, number types, devices or class indices raise ValueError.
    Source: Werbos, "Backpropagation through time: what it does and how to do it", 1990.
    """
    _check(params, inputs, targets, h0)
    W, U, V, b_1, b_2 = (params[name] for name in PARAMETERS)
    T, N, _ = inputs.shape

    h = [h0]  # h[t] is h_t: (N, d_h)
    for x in inputs:
        h.append(tanh(x @ W.T + h[-1] @ U.T + b_1))
    log_p = torch.log_softmax(torch.stack(h[1:]) @ V.T + b_2, dim=-1)  # (T, N, d_out)
    y = one_hot(targets, len(V))  # (T, N, d_out)
    loss = -(y * log_p).sum() / N

    error = (log_p.exp() - y) / N  # p_t - y_t, one row a sequence; N, because the loss averages over the batch
    grads = {name: torch.zeros_like(params[name]) for name in PARAMETERS}
    delta = torch.zeros_like(h0)  # after the last step comes no loss
    for t in range(T, 0, -1):
        delta = (1 - h[t] ** 2) * (error[t - 1] @ V + delta @ U)  # Vᵀ and Uᵀ act on columns, V and U on rows
        grads["W"] += delta.T @ inputs[t - 1]  # x_t
        grads["U"] += delta.T @ h[t - 1]
        grads["b_1"] += delta.sum(0)
        grads["V"] += error[t - 1].T @ h[t]
        grads["b_2"] += error[t - 1].sum(0)
    return loss, grads


def _check(params: Mapping[str, Tensor], inputs: Tensor, targets: Tensor, h0: Tensor) -> None:
    """Raise ValueError, in words, unless names, number types and shapes fit one another."""
    if not isinstance(params, Mapping) or set(params) != set(PARAMETERS):
        got = ", ".join(map(str, params)) if isinstance(params, Mapping) else type(params).__name__
        raise ValueError(f"params must be a mapping with the keys {', '.join(PARAMETERS)}, but got: {got or 'none'}.")
    tensors = {**{name: params[name] for name in PARAMETERS}, "inputs": inputs, "targets": targets, "h0": h0}
    sizes: dict[str, tuple[int, str]] = {}  # an axis -> its size, and where that was read
    for name, tensor in tensors.items():
        _check_kind(name, tensor, params["W"])
        _check_axes(name, tensor, sizes)
    d_out = sizes["d_out"][0]
    if int(targets.min()) < 0 or int(targets.max()) >= d_out:
        raise ValueError(
            f"targets must be class indices from 0 to {d_out - 1}, because V has d_out = {d_out} rows, "
            f"but they go from {int(targets.min())} to {int(targets.max())}."
        )


def _check_kind(name: str, tensor: Tensor, W: Tensor) -> None:
    if not isinstance(tensor, Tensor):
        raise ValueError(f"{name} must be a tensor, but it is of type {type(tensor).__name__}.")
    if not W.is_floating_point():
        raise ValueError(f"W must hold real numbers, such as torch.float32 or torch.float64, but it is {W.dtype}.")
    wanted = torch.int64 if name == "targets" else W.dtype
    if tensor.dtype != wanted:
        like = "class indices are whole numbers" if name == "targets" else "the number type of W"
        raise ValueError(f"{name} must be {wanted} ({like}), but it is {tensor.dtype}.")
    if tensor.device != W.device:
        raise ValueError(f'{name} must be on "{W.device}" like W, but it is on "{tensor.device}".')


def _check_axes(name: str, tensor: Tensor, sizes: dict[str, tuple[int, str]]) -> None:
    """Compare a tensor's axes with the sizes known so far, and note the new ones."""
    axes, shape = AXES[name], tuple(tensor.shape)
    wanted = f"{name} must have the shape ({', '.join(axes)}{',' * (len(axes) == 1)})"
    if len(shape) != len(axes):
        raise ValueError(f"{wanted}, {len(axes)} axes, but its shape is {shape}.")
    for axis, size in zip(axes, shape):
        if size < 1:
            raise ValueError(f"{wanted} with at least 1 on every axis, but its shape is {shape}.")
        known, source = sizes.setdefault(axis, (size, name))
        if size != known:
            place = "its own rows" if source == name else source
            raise ValueError(f"{wanted}, but its shape is {shape}: {axis} must be {known}, as in {place}, not {size}.")
