"""What clipping mends, and what it does not.

Exploding gradients: plain RNNs read English prose character by character, with a recurrent matrix that starts as
gain · Q, Q orthogonal, and plain gradient descent, whose step is as long as the gradient times the learning rate.
(Adam divides by the gradient's usual size and would hide much of the effect.) Without clipping, by norm, by value:
the same start, batches, steps and learning rate.

- by norm: when the norm of the whole gradient is above the bound, all of it is shortened; its direction stays.
- by value: each number above the bound is cut; the direction changes.

Vanishing gradients: the task of `recall` at a lag where most trainings fail, with and without clipping by norm, which
can only shorten a gradient. Some plain RNNs learn it all the same; their largest gradients were above the bound.
"""

from __future__ import annotations

import math
from functools import partial
from itertools import product
from statistics import fmean
from typing import Any

import torch
from torch import Tensor, nn

from lecture_utils.experiments.common import Experiment, check_names
from lecture_utils.experiments.recall import ALL_KINDS, accuracy, train_recaller
from lecture_utils.experiments.truncation import (
    Reader,
    TextRows,
    TruncatedLoss,
    bits_per_character,
    characters,
    unigram_bits,
)
from lecture_utils.training import TrainingDiverged, fit, seed_everything

ACTIVATIONS = ["tanh", "relu"]
METHODS = ["none", "norm", "value"]


def flat_gradient(parameters: list[nn.Parameter]) -> Tensor:
    """Every gradient, one after the other, in float64: (number of parameters,)."""
    return torch.cat([p.grad.flatten() for p in parameters if p.grad is not None]).double()


class ClippedDescent(torch.optim.SGD):
    """Gradient descent that clips first; `cosines` gets the cosine of each clipped gradient with what it was."""

    def __init__(self, parameters: Any, lr: float, *, method: str, bound: float, cosines: list[float]) -> None:
        if method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {method!r}.")
        super().__init__(parameters, lr=lr)
        self.method, self.bound, self.cosines = method, bound, cosines

    def step(self, closure: Any = None) -> Any:
        """Clip the whole gradient, then go downhill."""
        parameters = self.param_groups[0]["params"]
        raw = flat_gradient(parameters)
        if self.method == "norm":
            nn.utils.clip_grad_norm_(parameters, self.bound)
        elif self.method == "value":
            nn.utils.clip_grad_value_(parameters, self.bound)
        left = flat_gradient(parameters)
        if not torch.equal(raw, left):
            self.cosines.append(torch.cosine_similarity(raw, left, dim=0).item())
        return super().step(closure)


def reader(activation: str, gain: float, symbols: int, hidden: int) -> Reader:
    """A plain character model whose U starts as gain · Q, Q orthogonal; everything else as PyTorch draws it."""
    model = Reader(symbols, hidden, activation)
    nn.init.orthogonal_(model.layer.weight_hh_l0, gain)
    return model


def explode(
    activation: str,
    method: str,
    *,
    seed: int,
    gain: float,
    bounds: dict[str, float],
    hidden: int,
    window: int,
    batch: int,
    steps: int,
    lr: float,
    split: str = "test",
) -> dict[str, Any]:
    """One training: what it came to, as a mapping.

    `diverged`: the loss or the gradient left the finite numbers, and the training ended there; `steps` taken; `bits`
    per character of the split, None where they are no number; `largest_norm` of a gradient, before clipping, as long
    as it was finite; `clipped`: the share of steps; `cosine`, the mean, and `smallest_cosine` of the clipped gradients
    with the raw ones, None where no gradient was clipped.
    """
    seed_everything(seed)
    ids, symbols = characters("train")
    model = reader(activation, gain, symbols, hidden)
    cosines: list[float] = []
    optimiser = partial(ClippedDescent, method=method, bound=bounds.get(method, 0.0), cosines=cosines)
    settings: dict[str, Any] = {"steps": steps, "lr": lr, "clip": None, "seed": seed, "optimiser": optimiser}
    try:
        history = fit(model, TextRows(ids, window, batch), loss=TruncatedLoss(window), **settings)
        norms, diverged = history.grad_norms, False
        if history.stopped_early:  # half a training is no figure
            raise KeyboardInterrupt
    except TrainingDiverged as error:
        norms, diverged = error.grad_norms, True
    bits = math.nan if diverged else bits_per_character(model, split)  # ReLU states may grow without end there too
    return {
        "diverged": diverged,
        "steps": len(norms),
        "bits": round(bits, 4) if math.isfinite(bits) else None,
        "largest_norm": max(norms, default=None),
        "clipped": round(len(cosines) / max(1, len(norms)), 4),
        "cosine": round(fmean(cosines), 6) if cosines else None,
        "smallest_cosine": round(min(cosines), 6) if cosines else None,
    }


def run(
    *,
    seed: int,
    activations: list[str],
    methods: list[str],
    lag: int,
    recall_kinds: list[str],
    recall: dict[str, Any],
    recall_clips: list[float | None],
    **explosion: Any,
) -> dict[str, Any]:
    """`explosion[activation][method]` as `explode` returns it, and `unigram_bits`, which a model without memory needs.

    `vanishing[kind]["none"]` and `["norm"]`: the `accuracy` of recall and the `largest_norm` of a gradient, before
    clipping; `chance`: what guessing gets.
    """
    check_names("activations", activations, ACTIVATIONS)
    check_names("methods", methods, METHODS)
    check_names("recall_kinds", recall_kinds, ALL_KINDS)
    exploded = {a: {m: explode(a, m, seed=seed, **explosion) for m in methods} for a in activations}
    vanished: dict[str, Any] = {kind: {} for kind in recall_kinds}
    for kind, clip in product(recall_kinds, recall_clips):
        model, history = train_recaller(kind, lag, seed=seed, clip=clip, **recall)
        share = round(accuracy(model, lag, test=1000, seed=seed), 4)
        method = "none" if clip is None else "norm"
        vanished[kind][method] = {"accuracy": share, "largest_norm": max(history.grad_norms)}
    return {
        "explosion": exploded,
        "unigram_bits": round(unigram_bits("test"), 4),
        "vanishing": vanished,
        "chance": 1 / recall["symbols"],
    }


EXPERIMENT = Experiment(
    question="What does clipping the gradient mend, by norm and by value, and what does it leave as it was?",
    config={
        "activations": ACTIVATIONS,
        "methods": METHODS,
        "gain": 1.0,
        "bounds": {"norm": 1.0, "value": 0.02},
        "hidden": 64,
        "window": 50,
        "batch": 16,
        "steps": 300,
        "lr": 1.0,
        "lag": 40,
        "recall_kinds": ["RNN", "LSTM"],
        "recall": {"symbols": 8, "hidden": 64, "batch": 32, "steps": 500, "lr": 3e-3},
        "recall_clips": [None, 1.0],
    },
    seeds=(0, 1, 2, 3, 4),
    run=run,
)
