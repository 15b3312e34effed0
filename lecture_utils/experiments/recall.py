"""Recall the first symbol after a lag: how far back does what a layer learns reach?

A sequence starts with one of a few symbols; `lag` others follow, drawn from as many symbols that never come first
and say nothing. After the last, the layer names the first, and guessing is right once in `symbols` times. Every batch
is drawn afresh, so nothing can be learned by heart, and the test is drawn from random numbers that no training sees.
All kinds get the same steps, learning rate and clipping, chosen beforehand with a seed that is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from lecture_utils import bptt
from lecture_utils.experiments.common import Experiment, check_names
from lecture_utils.training import History, fit, seed_everything

KINDS = ["RNN", "orthogonal RNN", "GRU", "LSTM", "LSTM with forget bias"]
ALL_KINDS = [*KINDS, "identity ReLU"]
LAYERS = {"GRU": bptt.GRU, "LSTM": nn.LSTM, "LSTM with forget bias": nn.LSTM}  # each in its fastest form on a CPU
FORGET_BIAS = 2.0
TEST = 10_000  # added to a seed: the random numbers of the test


def recurrent_layer(kind: str, d_in: int, d_h: int) -> Any:
    """An untrained layer of one of the KINDS, or an "identity ReLU" (Le, Jaitly & Hinton, 2015); else as torch draws.

    The orthogonal RNN has an orthogonal U. The forget bias adds 2 to the forget gate's block of `bias_ih_l0` alone;
    PyTorch adds `bias_hh_l0`, which stays as drawn, so that the gate starts near sigmoid(2) = 0.88.
    """
    if kind not in ALL_KINDS:
        raise ValueError(f"There is no kind of layer called {kind!r}. There is: {', '.join(ALL_KINDS)}.")
    if kind == "identity ReLU":
        identity = bptt.RNN(d_in, d_h, nonlinearity="relu", bias=False)
        nn.init.eye_(identity.weight_hh_l0)
        return identity
    layer: Any = LAYERS.get(kind, bptt.RNN)(d_in, d_h)
    if kind == "orthogonal RNN":
        nn.init.orthogonal_(layer.weight_hh_l0)
    if kind == "LSTM with forget bias":
        with torch.no_grad():
            layer.bias_ih_l0[d_h : 2 * d_h] += FORGET_BIAS  # the blocks are i, f, g, o
    return layer


@dataclass(frozen=True)
class RecallBatches:
    """An endless stream of (inputs (T, N), targets (N,)), T = lag + 1; every iteration starts it anew."""

    symbols: int
    lag: int
    batch: int
    seed: int

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            targets = torch.randint(self.symbols, (self.batch,), generator=generator)  # (N,)
            others = torch.randint(self.symbols, (self.lag, self.batch), generator=generator)  # (T - 1, N)
            yield torch.cat((targets.unsqueeze(0), others + self.symbols)), targets  # (T, N), (N,)


class Recaller(nn.Module):
    """One-hot symbols into a recurrent layer; the last state names the first symbol."""

    def __init__(self, kind: str, symbols: int, hidden: int) -> None:
        super().__init__()
        self.symbols = symbols
        self.layer = recurrent_layer(kind, 2 * symbols, hidden)
        self.V = nn.Linear(hidden, symbols)

    def forward(self, inputs: Tensor) -> Tensor:
        """Logits (N, symbols) from inputs (T, N)."""
        output, _ = self.layer(one_hot(inputs, 2 * self.symbols).to(self.V.weight))  # (T, N, d_h)
        logits: Tensor = self.V(output[-1])  # (N, symbols)
        return logits


def recall_loss(model: nn.Module, inputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy of the one answer that each sequence asks for."""
    return cross_entropy(model(inputs), targets)


def train_recaller(
    kind: str, lag: int, *, seed: int, symbols: int, hidden: int, batch: int, steps: int, lr: float, clip: float | None
) -> tuple[Recaller, History]:
    """A model trained on one lag; equal arguments give the same weights."""
    seed_everything(seed)
    model = Recaller(kind, symbols, hidden)
    batches = RecallBatches(symbols, lag, batch, seed)
    history = fit(model, batches, loss=recall_loss, steps=steps, lr=lr, clip=clip, seed=seed)
    if history.stopped_early:  # half a training is no figure
        raise KeyboardInterrupt
    return model, history


@torch.no_grad()
def accuracy(model: Recaller, lag: int, *, test: int, seed: int) -> float:
    """The share of `test` fresh sequences whose first symbol is named."""
    inputs, targets = next(iter(RecallBatches(model.symbols, lag, test, TEST + seed)))
    return (model(inputs).argmax(dim=1) == targets).float().mean().item()


def run(*, seed: int, kinds: list[str], lags: list[int], symbols: int, test: int, **training: Any) -> dict[str, Any]:
    """`accuracy[kind]`: a share for each lag, in the order of `lags`; `chance`: what guessing gets."""
    check_names("kinds", kinds, ALL_KINDS)
    found: dict[str, list[float]] = {}
    for kind in kinds:
        models = (train_recaller(kind, lag, seed=seed, symbols=symbols, **training)[0] for lag in lags)
        found[kind] = [round(accuracy(model, lag, test=test, seed=seed), 4) for model, lag in zip(models, lags)]
    return {"accuracy": found, "chance": 1 / symbols}


EXPERIMENT = Experiment(
    question="After how many steps can each kind of layer still learn to recall the first of eight symbols?",
    config={
        "kinds": KINDS,
        "lags": [5, 10, 20, 40, 80],
        "symbols": 8,
        "hidden": 64,
        "batch": 32,
        "steps": 500,
        "lr": 3e-3,
        "clip": 1.0,
        "test": 1000,
    },
    seeds=(0, 1, 2),
    run=run,
)
