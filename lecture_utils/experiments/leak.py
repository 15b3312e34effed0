"""What happens when a two-way network is trained to predict the next character?

At step t its backward half has read the text from its end down to character t, and so the very character that the
loss asks for. Both models, one-way and two-way, train on the same windows of the Python documentation with the same
settings, and are judged three times on held-out text: on whole windows, as in training; on the character behind a
window, which nobody has shown them; and while they write, each character from the ones they wrote before, by a
one-way model of the same size that was trained on other batches.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from lecture_utils.bptt import GRU
from lecture_utils.datasets import load
from lecture_utils.experiments.common import Experiment
from lecture_utils.text import Batch, Vocabulary, next_token_batches, next_token_pass
from lecture_utils.training import fit, next_token_loss, seed_everything

WAYS = ("one-way", "two-way")
BATCH = 32  # windows in a training batch
PIECES = 128  # windows judged at once
WRITTEN = 100  # characters that a model writes


class CharacterModel(nn.Module):
    """Embedding, a GRU that reads one way or both, and V; logits (T, N, C) for the next of C characters."""

    def __init__(self, characters: int, width: int, bidirectional: bool) -> None:
        super().__init__()
        self.table = nn.Embedding(characters, width)
        self.rnn = GRU(width, width, bidirectional=bidirectional)
        self.head = nn.Linear(width * (1 + bidirectional), characters)

    def forward(self, ids: Tensor) -> Tensor:
        """Logits from character numbers (T, N)."""
        logits: Tensor = self.head(self.rnn(self.table(ids))[0])  # (T, N, C)
        return logits


@cache
def corpus() -> tuple[Vocabulary, dict[str, Tensor]]:
    """The characters of the Python documentation, and two of its splits as numbers; rare ones count as <unk>."""
    texts = {split: load("python_docs", split).text for split in ("train", "test")}
    vocabulary = Vocabulary(texts["train"], specials=("<unk>",))
    return vocabulary, {split: torch.tensor(vocabulary.encode(text)) for split, text in texts.items()}


def train(way: str, *, seed: int, width: int, steps: int, seq_len: int, lr: float) -> CharacterModel:
    """A model trained to name the next character at every step of a window."""
    if way not in WAYS:
        raise ValueError(f"way must be {' or '.join(WAYS)}, got {way!r}.")
    vocabulary, ids = corpus()
    seed_everything(seed)
    model = CharacterModel(len(vocabulary), width, bidirectional=way == "two-way")
    batches = next_token_batches(ids["train"], seq_len=seq_len, batch_size=BATCH, seed=seed)
    fit(model, batches, loss=next_token_loss, steps=steps, lr=lr, clip=1.0, seed=seed)
    return model


@torch.no_grad()
def bits(model: nn.Module, batches: list[Batch], tail: int | None = None) -> float:
    """Bits per character, over all steps of each window, or over its last `tail` steps alone."""
    nats, count = 0.0, 0
    for inputs, targets in batches:
        first = 0 if tail is None else len(targets) - tail
        logits = model(inputs)[first:]  # (steps judged, N, C)
        nats += nn.functional.cross_entropy(logits.flatten(0, 1), targets[first:].flatten(), reduction="sum").item()
        count += targets[first:].numel()
    return nats / math.log(2) / count


@torch.no_grad()
def write(model: CharacterModel, start: Tensor, length: int, seed: int) -> Tensor:
    """`length` characters (length, N) that a model draws one by one after the text `start` (T, N)."""
    chance, text = torch.Generator().manual_seed(seed), start
    for _ in range(length):
        chances = model(text[-len(start) :])[-1].softmax(dim=-1)  # (N, C)
        text = torch.cat([text, torch.multinomial(chances, 1, generator=chance).T])
    return text[len(start) :]


def run(*, seed: int, width: int, steps: int, seq_len: int, lr: float, texts: int) -> dict[str, Any]:
    """Bits per held-out character: in whole windows, behind a window, and of what a model writes, by a judge."""
    _, ids = corpus()
    held_out = next_token_pass(ids["test"], seq_len=seq_len, batch_size=PIECES)
    start = held_out[0][0][:, :texts]  # (T, texts)
    settings = {"width": width, "steps": steps, "seq_len": seq_len, "lr": lr}
    judge = train("one-way", seed=seed + 1000, **settings)  # type: ignore[arg-type]
    found: dict[str, Any] = {}
    for way in WAYS:
        model = train(way, seed=seed, **settings)  # type: ignore[arg-type]
        whole = torch.cat([start, write(model, start, WRITTEN, seed)])  # (T + WRITTEN, texts)
        found[way] = {
            "whole windows": bits(model, held_out),
            "next, unseen": bits(model, held_out, tail=1),
            "written": bits(judge, [(whole[:-1], whole[1:])], tail=WRITTEN),
        }
    return found


EXPERIMENT = Experiment(
    question="What happens when a two-way network is trained to predict the next character?",
    config={"width": 64, "steps": 400, "seq_len": 60, "lr": 0.01, "texts": 64},
    seeds=(0, 1, 2),
    run=run,
)
