"""I am studying law at UBC because I want to work as a …: who looks back far enough to fill the blank?"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lecture_utils.datasets import load
from lecture_utils.datasets.professions import EXAMPLES, PROFESSIONS
from lecture_utils.experiments.common import Experiment, check_name, check_names
from lecture_utils.ngrams import NGram
from lecture_utils.text import Vocabulary, tokenize
from lecture_utils.training import fit, seed_everything

Guess = Callable[[list[str]], dict[str, float]]  # the words before a blank -> words with their probabilities

DISTANCES = ((4, 7), (8, 10), (11, 13), (14, 17))  # words from the subject to the blank
KINDS = ["rnn", "rnn for longer", "rnn from identity", "gru"]
WIDTH = 64  # numbers in a hidden state
BATCH = 64
LONGER = 4  # times as many training steps for the kind "rnn for longer"


class Blank(NamedTuple):
    """The words before the blank, the word that fills it, and how many words lead from the subject to the blank."""

    words: list[str]
    answer: str
    distance: int  # the subject included: a model of order `distance` + 1 just sees it


def blank(sentence: str) -> Blank:
    """A sentence of the corpus with its profession, the last word, taken out.

    Raises ValueError for a sentence that names no subject of study, or nothing to take out after it.
    """
    tokens = tokenize(sentence) if isinstance(sentence, str) else []
    words = tokens[:-2]
    place = next((i for i, word in enumerate(words) if word in PROFESSIONS), None)
    if place is None:
        raise ValueError(
            f"blank needs a subject of study, then a word to take out and a full stop, as in {EXAMPLES[0]!r}, "
            f"got {sentence!r}."
        )
    return Blank(words, tokens[-2], len(words) - place)


def blanks(split: str) -> list[Blank]:
    """Every sentence of a split of the corpus `professions`, with its blank."""
    return [blank(sentence) for sentence in load("professions", split).documents]


class Filler(nn.Module):
    """An RNN that reads the words before a blank and gives logits for the word in it, over the whole vocabulary.

    `kind` is "rnn" or "rnn for longer" (PyTorch's start), "rnn from identity" (U starts as the identity matrix;
    Le, Jaitly and Hinton, 2015, do so with ReLU) or "gru".
    """

    def __init__(self, vocabulary: Vocabulary, kind: str) -> None:
        super().__init__()
        check_name("kind", kind, KINDS)
        self.vocabulary = vocabulary
        self.table = nn.Embedding(len(vocabulary), WIDTH // 2)
        nn.init.normal_(self.table.weight, std=0.3)
        self.rnn = (nn.GRU if kind == "gru" else nn.RNN)(WIDTH // 2, WIDTH)
        self.head = nn.Linear(WIDTH, len(vocabulary))
        if kind == "rnn from identity":
            nn.init.eye_(self.rnn.get_parameter("weight_hh_l0"))

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, C) after the last word of each sequence: ids (T, N), padded; lengths (N,)."""
        output, _ = self.rnn(self.table(ids))  # (T, N, d_h)
        last = output[lengths - 1, torch.arange(len(lengths))]  # (N, d_h)
        logits: Tensor = self.head(last)  # (N, C)
        return logits

    @torch.no_grad()
    def distribution(self, words: list[str]) -> dict[str, float]:
        """Every word with its probability of filling the blank, the most probable first."""
        ids, lengths, _ = _batch([Blank(words, words[0], 0)], self.vocabulary)
        chances = self(ids, lengths).softmax(dim=-1)[0].tolist()  # (C,)
        return dict(sorted(zip(self.vocabulary, chances), key=lambda item: -item[1]))


def train_filler(seed: int, kind: str = "rnn from identity", steps: int = 1000) -> Filler:
    """Train an RNN to fill the blanks of the training split; the loss is taken at the blank alone.

    Of the models met on the way the one with the lowest loss on the validation split is kept. The kind
    "rnn for longer" takes `LONGER` times as many steps; all else is the same for every kind.
    """
    check_name("kind", kind, KINDS)
    steps *= LONGER if kind == "rnn for longer" else 1
    train, valid = blanks("train"), blanks("valid")
    vocabulary = Vocabulary(word for each in train for word in (*each.words, each.answer))
    seed_everything(seed)
    model = Filler(vocabulary, kind)
    chance = torch.Generator().manual_seed(seed)
    choices = torch.randint(len(train), (steps, BATCH), generator=chance).tolist()
    batches = [_batch([train[i] for i in some], vocabulary) for some in choices]
    held_out = _batch(valid, vocabulary)
    fit(
        model,
        batches,
        loss=_loss,
        steps=steps,
        lr=1e-3,
        clip=1.0,
        seed=seed,
        evaluate=lambda trained: _loss(trained, *held_out),
        evaluate_every=25,
    )
    return model.eval()


def _loss(model: nn.Module, ids: Tensor, lengths: Tensor, answers: Tensor) -> Tensor:
    return nn.functional.cross_entropy(model(ids, lengths), answers)


def _batch(some: Sequence[Blank], vocabulary: Vocabulary) -> tuple[Tensor, Tensor, Tensor]:
    """Word numbers (T, N), padded with 0 at the end; lengths (N,); the numbers of the answers (N,)."""
    rows = [torch.tensor(vocabulary.encode(each.words)) for each in some]
    lengths = torch.tensor([len(row) for row in rows])  # (N,)
    answers = torch.tensor([vocabulary[each.answer] for each in some])  # (N,)
    return nn.utils.rnn.pad_sequence(rows), lengths, answers


def run(*, seed: int, orders: Sequence[int], kinds: Sequence[str], steps: int) -> dict[str, Any]:
    """How often each model fills a held-out blank rightly, by distance too, and what it gives the examples."""
    check_names("kinds", kinds, KINDS)
    known, held_out = blanks("train"), blanks("test")
    counting = {f"order {order}": counted(order) for order in orders}
    guesses: dict[str, Guess] = {name: model.distribution for name, model in counting.items()}
    guesses |= {kind: train_filler(seed, kind, steps).distribution for kind in kinds}
    right = {name: [_first(guess(each.words)) == each.answer for each in held_out] for name, guess in guesses.items()}
    return {
        "accuracy": {name: _share(hits) for name, hits in right.items()},
        "by distance": {name: _by_distance(hits, held_out) for name, hits in right.items()},
        "examples": {name: _given_to_the_right_word(guess) for name, guess in guesses.items()},
        "contexts seen": {
            name: _share([model.seen(each.words) for each in held_out]) for name, model in counting.items()
        },
        "sentences": [len(known), len(held_out)],
    }


def counted(order: int) -> NGram:
    """A counting model of that order, smoothed, of the training split up to its professions."""
    return NGram(order).fit([*each.words, each.answer] for each in blanks("train"))


def _first(distribution: dict[str, float]) -> str:
    return next(iter(distribution))  # the most probable word


def _share(hits: Sequence[bool]) -> float:
    return round(sum(hits) / len(hits), 4)


def _by_distance(hits: Sequence[bool], some: Sequence[Blank]) -> dict[str, float]:
    return {
        f"{low} to {high}": _share([hit for hit, each in zip(hits, some) if low <= each.distance <= high])
        for low, high in DISTANCES
    }


def _given_to_the_right_word(guess: Guess) -> list[float]:
    return [round(guess(each.words)[each.answer], 4) for each in map(blank, EXAMPLES)]


EXPERIMENT = Experiment(
    question="Which models fill a blank that depends on a word far behind it?",
    config={"orders": [5, 11, 14, 18], "kinds": KINDS, "steps": 1000},
    seeds=(0, 1, 2, 3, 4),
    run=run,
)
