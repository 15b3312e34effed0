"""Truncated backpropagation through time: what does a model lose when the gradient is cut every k steps?

Only the cuts differ. Every model reads the same windows of `window` steps in the same order, from rows of running
text, carries its state from window to window, and takes one optimiser step for each window, on the loss of all of
it. So the characters read, the updates, the batches and the forward pass are the same for every chunk length k; only
`detach()` stands in other places, every k steps. (With one update for each chunk, as usual in practice, short chunks
would also mean more updates: two causes in one curve.)

Two tasks: the next character of English prose, where the distance that matters is not known, and an echo, where it
is: each target is the bit of `delay` steps ago, so that a gradient from it must cross at least `delay` steps. Inside
a chunk of k steps, the targets of the last k − delay steps can send one; with k ≤ delay none can.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, one_hot

from lecture_utils import bptt
from lecture_utils.datasets import load
from lecture_utils.experiments.common import Experiment, check_names
from lecture_utils.text import Vocabulary
from lecture_utils.training import fit, seed_everything

TASKS = ["characters", "echo"]
TEST = 10_000  # added to a seed: the random bits of the test
Batch = tuple[Tensor, Tensor, bool]  # inputs (T, N), targets (T, N), and whether the rows start here


class Reader(nn.Module):
    """One-hot symbols into one recurrent layer, logits out at every step, and the state to go on from."""

    def __init__(self, symbols: int, hidden: int, nonlinearity: str = "tanh") -> None:
        super().__init__()
        self.symbols = symbols
        self.layer = bptt.RNN(symbols, hidden, nonlinearity=nonlinearity)
        self.V = nn.Linear(hidden, symbols)

    def states(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """The state at every step (T, N, d_h), and the last one again (1, N, d_h), from inputs (T, N)."""
        output, last = self.layer(one_hot(inputs, self.symbols).to(self.V.weight), state)
        return output, last

    def forward(self, inputs: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Logits (T, N, symbols) and the last state (1, N, d_h), from inputs (T, N)."""
        output, last = self.states(inputs, state)
        return self.V(output), last


class TruncatedLoss:
    """Cross-entropy over a window, with the gradient cut after every `chunk` steps; the state is carried on.

    Chunks that send one another no gradient can run side by side, once the states they start from are known: the
    same numbers as one after the other with `state.detach()` in between, in a fraction of the time.
    """

    def __init__(self, chunk: int) -> None:
        self.chunk = chunk
        self.state: Tensor | None = None  # (1, N, d_h)

    def __call__(self, model: Reader, inputs: Tensor, targets: Tensor, starts: bool) -> Tensor:
        """The mean loss over all steps of inputs (T, N); `chunk` divides T."""
        before = None if starts else self.state
        with torch.no_grad():  # the scissors: states as numbers, which no gradient passes
            states, self.state = model.states(inputs, before)  # (T, N, d_h), (1, N, d_h)
            first = torch.zeros_like(states[:1]) if before is None else before
            first = torch.cat((first, states[self.chunk - 1 : -1 : self.chunk]))  # (T / k, N, d_h)
        logits, _ = model(_side_by_side(inputs, self.chunk), first.flatten(0, 1).unsqueeze(0))  # (k, T / k · N, …)
        return cross_entropy(logits.flatten(0, 1), _side_by_side(targets, self.chunk).flatten())


def _side_by_side(window: Tensor, chunk: int) -> Tensor:
    """(T, N) -> (k, T / k · N): the chunks of k steps as further rows of the batch."""
    return window.unflatten(0, (-1, chunk)).transpose(0, 1).flatten(1)


@dataclass(frozen=True)
class TextRows:
    """A text cut into N rows of running text, read side by side in windows of T steps; endless."""

    ids: Tensor  # (characters,)
    window: int
    batch: int

    def __iter__(self) -> Iterator[Batch]:
        steps = (len(self.ids) - 1) // self.batch // self.window * self.window
        inputs = self.ids[: steps * self.batch].view(self.batch, steps).T  # (steps, N)
        targets = self.ids[1 : steps * self.batch + 1].view(self.batch, steps).T  # (steps, N)
        while True:
            for i in range(0, steps, self.window):
                yield inputs[i : i + self.window], targets[i : i + self.window], i == 0


@dataclass(frozen=True)
class Echo:
    """An endless stream of random bits; each target is the input of `delay` steps ago."""

    delay: int
    window: int
    batch: int
    seed: int

    def __iter__(self) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(self.seed)
        bits = torch.randint(2, (self.delay, self.batch), generator=generator)
        starts = True
        while True:
            bits = torch.cat((bits, torch.randint(2, (self.window, self.batch), generator=generator)))
            yield bits[self.delay :], bits[: self.window], starts  # (T, N) each
            bits, starts = bits[self.window :], False


@cache
def characters(split: str) -> tuple[Tensor, int]:
    """A split of `python_docs` as numbers (characters,), and how many characters the training split knows."""
    vocabulary = Vocabulary(load("python_docs", "train").text, specials=("<unk>",))
    return torch.tensor(vocabulary.encode(load("python_docs", split).text)), len(vocabulary)


def train_reader(
    symbols: int, batches: Any, *, chunk: int, seed: int, hidden: int, updates: int, lr: float, clip: float
) -> Reader:
    """A model trained with gradients of at most `chunk` steps."""
    seed_everything(seed)
    model = Reader(symbols, hidden)
    history = fit(model, batches, loss=TruncatedLoss(chunk), steps=updates, lr=lr, clip=clip, seed=seed)
    if history.stopped_early:  # half a training is no figure
        raise KeyboardInterrupt
    return model


@torch.no_grad()
def bits_per_character(model: nn.Module, split: str, rows: int = 10) -> float:
    """What a model needs for a split, in bits: cross-entropy over ln 2, its state carried along `rows` rows of text."""
    ids, _ = characters(split)
    inputs, targets, _ = next(iter(TextRows(ids, (len(ids) - 1) // rows, rows)))  # (T, N)
    logits, _ = model(inputs)
    return cross_entropy(logits.flatten(0, 1), targets.flatten()).item() / math.log(2)


def unigram_bits(split: str) -> float:
    """What a model without any memory needs: the frequencies of the training characters, one added to each."""
    counts = Counter(characters("train")[0].tolist())
    ids, size = characters(split)
    total = sum(counts.values()) + size
    return -sum(math.log2((counts[i] + 1) / total) for i in ids.tolist()) / len(ids)


@torch.no_grad()
def echo_accuracy(model: nn.Module, echo: Echo) -> float:
    """The share of bits echoed rightly, on a stream of its own, after one window to fill the state."""
    stream = iter(echo)
    _, state = model(next(stream)[0])
    inputs, targets, _ = next(stream)
    logits, _ = model(inputs, state)
    return (logits.argmax(dim=2) == targets).float().mean().item()


def run(
    *,
    seed: int,
    tasks: list[str],
    chunks: list[int],
    window: int,
    batch: int,
    updates: int,
    lr: float,
    delay: int,
    echo_batch: int,
    echo_updates: int,
    echo_lr: float,
    **model: Any,
) -> dict[str, Any]:
    """`bits`: bits per character of the test split, and `accuracy`: that of the echo, for each of `chunks`.

    Also `unigram_bits`, what a model without memory needs, and `chance`, what guessing a bit gets.
    """
    check_names("tasks", tasks, TASKS)
    if odd := [chunk for chunk in chunks if window % chunk]:
        raise ValueError(f"chunks must divide the window of {window} steps, but these do not: {odd}.")
    found: dict[str, Any] = {"chance": 0.5, "unigram_bits": round(unigram_bits("test"), 4)}
    if "characters" in tasks:
        ids, symbols = characters("train")
        rows = TextRows(ids, window, batch)
        settings = dict(model, seed=seed, updates=updates, lr=lr)
        models = (train_reader(symbols, rows, chunk=chunk, **settings) for chunk in chunks)
        found["bits"] = [round(bits_per_character(trained, "test"), 4) for trained in models]
    if "echo" in tasks:
        echo, test = Echo(delay, window, echo_batch, seed), Echo(delay, 200, 50, TEST + seed)
        settings = dict(model, seed=seed, updates=echo_updates, lr=echo_lr)
        models = (train_reader(2, echo, chunk=chunk, **settings) for chunk in chunks)
        found["accuracy"] = [round(echo_accuracy(trained, test), 4) for trained in models]
    return found


EXPERIMENT = Experiment(
    question="How long must the chunks of truncated backpropagation be, when nothing but the cuts differs?",
    config={
        "tasks": TASKS,
        "chunks": [1, 2, 5, 10, 25, 50],
        "window": 50,
        "batch": 16,
        "updates": 1200,
        "lr": 5e-3,
        "delay": 10,
        "echo_batch": 16,
        "echo_updates": 400,
        "echo_lr": 5e-3,
        "hidden": 64,
        "clip": 1.0,
    },
    seeds=(0, 1, 2),
    run=run,
)
