"""Does depth help? A plain RNN of one to four layers reads the Python documentation, character by character.

Depth is bought in two ways. "same width": every layer has the same number of units, so each further layer adds
parameters and work. "same parameters": the width shrinks with the depth, so that all models have as nearly the
same number of parameters as whole units allow. All models get the same batches, steps and learning rate, chosen
beforehand with a seed that is not reported.

Cost is counted, not timed: the multiplications by a weight that one character takes.
"""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import torch
from torch import Tensor, nn

from lecture_utils.datasets import load
from lecture_utils.experiments.common import Experiment, check_names
from lecture_utils.shapes import RecurrentShape
from lecture_utils.text import Batch, Vocabulary, next_token_batches, next_token_pass
from lecture_utils.training import fit, next_token_loss, seed_everything

WAYS = ("same width", "same parameters")
EVALUATION = {"seq_len": 100, "batch_size": 128}  # valid and test text are read in pieces, each from h_0 = 0


class StackedModel(nn.Module):
    """A character model: embedding (C, d_in), a plain RNN of `depth` layers, and V over the C characters."""

    def __init__(self, characters: int, embedding: int, width: int, depth: int) -> None:
        super().__init__()
        self.table = nn.Embedding(characters, embedding)
        self.rnn = nn.RNN(embedding, width, num_layers=depth)
        self.head = nn.Linear(width, characters)  # V and b_2

    def forward(self, ids: Tensor) -> Tensor:
        """Logits (T, N, C) from character numbers (T, N)."""
        output, _ = self.rnn(self.table(ids))  # (T, N, d_h)
        logits: Tensor = self.head(output)  # (T, N, C)
        return logits


def parameters(characters: int, embedding: int, width: int, depth: int) -> int:
    """How many numbers a StackedModel learns."""
    recurrent = RecurrentShape("rnn", embedding, width, num_layers=depth).num_parameters
    return characters * embedding + recurrent + width * characters + characters


def multiplications(characters: int, embedding: int, width: int, depth: int) -> int:
    """How often one character's forward pass multiplies by a weight: every W and U once, and V.

    The embedding is looked up, and biases are added: neither counts.
    """
    weights = RecurrentShape("rnn", embedding, width, num_layers=depth, bias=False).num_parameters
    return weights + width * characters


def width_for(budget: int, characters: int, embedding: int, depth: int) -> int:
    """The width at which a model of that depth comes nearest to `budget` parameters."""
    width = 1
    while parameters(characters, embedding, width + 1, depth) <= budget:
        width += 1
    return min((width, width + 1), key=lambda w: abs(parameters(characters, embedding, w, depth) - budget))


@cache
def corpus() -> tuple[Vocabulary, dict[str, Tensor]]:
    """The characters of the Python documentation, and its three splits as numbers; rare ones count as <unk>."""
    texts = {split: load("python_docs", split).text for split in ("train", "valid", "test")}
    vocabulary = Vocabulary(texts["train"], specials=("<unk>",))
    return vocabulary, {split: torch.tensor(vocabulary.encode(text)) for split, text in texts.items()}


@torch.no_grad()
def bits(model: nn.Module, batches: list[Batch]) -> float:
    """Mean cross-entropy in bits per character."""
    nats = sum(targets.numel() * next_token_loss(model, inputs, targets).item() for inputs, targets in batches)
    return nats / math.log(2) / sum(targets.numel() for _, targets in batches)


def train_stacked(
    depth: int,
    width: int,
    *,
    seed: int,
    embedding: int,
    steps: int,
    every: int,
    seq_len: int,
    batch_size: int,
    lr: float,
    clip: float | None,
) -> tuple[StackedModel, dict[str, float]]:
    """A trained model, and its bits per character on the valid text after every so many steps."""
    vocabulary, ids = corpus()
    seed_everything(seed)
    model = StackedModel(len(vocabulary), embedding, width, depth)
    valid = next_token_pass(ids["valid"], **EVALUATION)
    history = fit(
        model,
        next_token_batches(ids["train"], seq_len=seq_len, batch_size=batch_size, seed=seed),
        loss=next_token_loss,
        steps=steps,
        lr=lr,
        clip=clip,
        seed=seed,
        evaluate=lambda m: bits(m, valid),
        evaluate_every=every,
    )
    if history.stopped_early:  # half a training is no figure
        raise KeyboardInterrupt
    return model, {str(step): round(value, 4) for step, value in history.evaluations if step}


def run(
    *, seed: int, depths: tuple[int, ...], ways: tuple[str, ...], width: int, widest: int, **training: Any
) -> dict[str, Any]:
    """`[way][depth]`: width, parameters, multiplications, `valid[steps]` and `test` in bits per character."""
    check_names("ways", ways, WAYS)
    vocabulary, ids = corpus()
    characters, embedding = len(vocabulary), training["embedding"]
    budget = parameters(characters, embedding, widest, 1)
    test = next_token_pass(ids["test"], **EVALUATION)
    found: dict[str, Any] = {way: {} for way in ways}
    for way in ways:
        for depth in depths:
            units = width if way == "same width" else width_for(budget, characters, embedding, depth)
            sizes = characters, embedding, units, depth
            model, valid = train_stacked(depth, units, seed=seed, **training)
            found[way][str(depth)] = {
                "width": units,
                "parameters": parameters(*sizes),
                "multiplications": multiplications(*sizes),
                "valid": valid,
                "test": round(bits(model, test), 4),
            }
    return found


EXPERIMENT = Experiment(
    question="Do more layers predict the next character better, at the same width and at the same parameter count?",
    config={
        "depths": (1, 2, 3, 4),
        "ways": WAYS,
        "width": 64,
        "widest": 128,  # one layer of that width sets the number of parameters
        "embedding": 32,
        "steps": 1000,
        "every": 250,
        "seq_len": 32,
        "batch_size": 32,
        "lr": 4e-3,
        "clip": 1.0,
    },
    seeds=(1, 2, 3),
    run=run,
)
