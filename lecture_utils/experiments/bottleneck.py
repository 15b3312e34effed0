"""The bottleneck: how long a string can an encoder hand to a decoder through one state of fixed size?

The task is to copy: the encoder reads random digits, and the decoder, which sees nothing but the encoder's last state,
writes them again. Every batch is drawn afresh, all lengths up to the longest equally often. The accuracy is the share
of new strings, of each length, copied without a mistake. What is measured is what a state of that size *learns* to hold
in a fixed number of steps, the same for all; longer training moves the fall to the right.

For comparison, one decoder may look back: at every step it also gets a weighted mean of all the encoder's states, each
weighted by how well it fits the decoder's own state (attention by a product, as in Luong, Pham & Manning, 2015).
Settings were chosen on a seed that is not reported.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_utils import bptt
from lecture_utils.experiments.common import Experiment
from lecture_utils.models.translation import keep_longer
from lecture_utils.training import falling, fit, seed_everything

TEST = 10_000  # added to a seed: the random numbers of the test


class Copier(nn.Module):
    """An encoder and a decoder for strings of `symbols` symbols, joined by a state of `hidden` numbers.

    With `attention` the decoder's logits also see the encoder's states of all steps.
    """

    def __init__(self, symbols: int, hidden: int, *, attention: bool = False) -> None:
        super().__init__()
        self.start = symbols  # the number of <s>; there is no </s>, since the length is known
        self.read = nn.Embedding(symbols, hidden)
        self.encoder = bptt.GRU(hidden, hidden)
        self.write = nn.Embedding(symbols + 1, hidden)
        self.decoder = bptt.GRU(hidden, hidden)
        self.attention = attention
        self.query = nn.Linear(hidden, hidden, bias=False) if attention else None
        self.V = nn.Linear(2 * hidden if attention else hidden, symbols)
        keep_longer(self.encoder)
        keep_longer(self.decoder)

    def logits(self, inputs: Tensor, read: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (T', N, symbols) and the last state: inputs (T', N), the encoder's states (T, N, d_h), a state."""
        output, state = self.decoder(self.write(inputs), state)  # (T', N, d_h)
        if self.query is not None:
            fit_of = torch.einsum("snd,tnd->nst", self.query(output), read)  # (N, T', T)
            seen = torch.einsum("nst,tnd->snd", fit_of.softmax(dim=-1), read)  # (T', N, d_h)
            output = torch.cat((output, seen), dim=-1)  # (T', N, 2 d_h)
        return self.V(output), state

    def forward(self, strings: Tensor) -> Tensor:
        """Logits (T, N, symbols) for the copy of strings (T, N), with teacher forcing."""
        read, state = self.encoder(self.read(strings))  # (T, N, d_h), (1, N, d_h)
        start = torch.full_like(strings[:1], self.start)
        return self.logits(torch.cat((start, strings[:-1])), read, state)[0]

    @torch.no_grad()
    def copy(self, strings: Tensor) -> Tensor:
        """What the decoder writes for strings (T, N), reading its own symbols: (T, N)."""
        read, state = self.encoder(self.read(strings))
        last, written = torch.full_like(strings[:1], self.start), []
        for _ in strings:
            logits, state = self.logits(last, read, state)  # (1, N, symbols)
            last = logits.argmax(dim=-1)  # (1, N)
            written.append(last)
        return torch.cat(written)  # (T, N)


@dataclass(frozen=True)
class Strings:
    """An endless stream of ((T, N),): random strings, each batch of one length from 1 to `longest`."""

    symbols: int
    longest: int
    batch: int
    seed: int

    def __iter__(self) -> Iterator[tuple[Tensor]]:
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            length = int(torch.randint(1, self.longest + 1, (), generator=generator))
            yield (torch.randint(self.symbols, (length, self.batch), generator=generator),)  # (T, N)


def copy_loss(model: nn.Module, strings: Tensor) -> Tensor:
    """Cross-entropy in nats per symbol of the copy."""
    return cross_entropy(model(strings).flatten(end_dim=-2), strings.flatten())


def copied(model: Copier, symbols: int, length: int, *, test: int, seed: int) -> float:
    """The share of `test` new strings of one length that are copied without a mistake."""
    generator = torch.Generator().manual_seed(TEST + seed)
    strings = torch.randint(symbols, (length, test), generator=generator)  # (T, N)
    return (model.copy(strings) == strings).all(dim=0).float().mean().item()


def train_copier(
    hidden: int, attention: bool, *, seed: int, symbols: int, longest: int, batch: int, steps: int, lr: float
) -> Copier:
    """A trained model; equal arguments give the same weights."""
    seed_everything(seed)
    model = Copier(symbols, hidden, attention=attention)
    history = fit(
        model,
        Strings(symbols, longest, batch, seed),
        loss=copy_loss,
        steps=steps,
        lr=falling(lr, 0.05),
        clip=1.0,
        seed=seed,
    )
    if history.stopped_early:  # half a training is no figure
        raise KeyboardInterrupt
    return model


def run(
    *, seed: int, widths: list[int], attentive: int, lengths: list[int], symbols: int, test: int, **training: Any
) -> dict[str, Any]:
    """`accuracy[width]` and `attention`: the share copied without a mistake for each length, in their order."""

    def shares(hidden: int, attention: bool) -> list[float]:
        model = train_copier(hidden, attention, seed=seed, symbols=symbols, **training)
        return [round(copied(model, symbols, length, test=test, seed=seed), 4) for length in lengths]

    found = {str(width): shares(width, False) for width in widths}
    return {"accuracy": found, "attention": shares(attentive, True) if attentive else []}


EXPERIMENT = Experiment(
    question="How long a string of digits can a decoder copy that sees only the encoder's last state?",
    config={
        "widths": [32, 64, 128],
        "attentive": 64,
        "lengths": [2, 4, 6, 8, 10, 12, 16, 20],
        "symbols": 10,
        "longest": 20,
        "batch": 64,
        "steps": 1500,
        "lr": 5e-3,
        "test": 500,
    },
    seeds=(0, 1, 2),
    run=run,
)
