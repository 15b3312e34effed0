"""One label for a whole text: real or shuffled, film sentences, the language of a place name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import torch

from lecture_utils.datasets import load
from lecture_utils.datasets.shuffled import real_and_shuffled
from lecture_utils.models.classification import (
    Classifier,
    Committee,
    Counting,
    Majority,
    TableRule,
    accuracy,
    best_counting,
    classification_loss,
    labelled_batches,
    labels_of,
    sentences_of,
    shuffled_split,
    start_from_counts,
    vocabulary_of,
    words,
)
from lecture_utils.training import falling, fit
from tests.bench_tasks.common import Bar, Clock, Task

MANY = 1_000_000  # steps: the seconds end a training

# What a rule may look at. Each is a table learned in training: for this first word, this length, … which label?
RULES: dict[str, Callable[[str], object]] = {
    "first word": lambda text: words(text)[0],
    "last word": lambda text: next(word for word in reversed(words(text)) if word[0].isalnum()),
    "first and last token": lambda text: (words(text)[0], words(text)[-1]),
    "length": lambda text: len(words(text)),
    "marks": lambda text: tuple(i for i, word in enumerate(words(text)) if not word[0].isalnum()),
}


def shuffled(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """Real sentences against the same words in another order; new shuffles in every round of training."""
    train, test = (shuffled_split(split) for split in ("train", "test"))
    sentences = sentences_of(load("python_docs", "train").documents)
    started = clock()
    model = fresh(train, seed, min_count=2, d_h=64, unknown=0.15)
    examples = [real_and_shuffled(sentences, 1000 * seed)]

    def new_shuffles(number: int) -> Any:
        return examples[0] if number == 0 else real_and_shuffled(sentences, 1000 * seed + number)

    batches = labelled_batches(model, new_shuffles, batch_size=64, seed=seed, together=2)
    left = seconds - (clock() - started)
    history = train_for(model, batches, left, clock, seed, lr=5e-3)
    rules = {f"right by a rule: {name}": TableRule(feature, train) for name, feature in RULES.items()}
    counts = {f"right, runs of 1 to {n} words counted": Counting(train, longest=n) for n in (1, 2, 3)}
    judged = {"right, two-way GRU": model, **counts, **rules}
    right = {name: 100 * accuracy(one, test) for name, one in judged.items()}
    trivial = [value for name, value in right.items() if "rule" in name or "1 to 1 " in name]
    return {
        **right,
        "trivial rules and bag of words, furthest from 50": max(abs(value - 50) for value in trivial),
        "seconds": history,
    }


def film(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """Film sentences, the corpus' own split: three two-way GRUs share the time and are averaged."""
    train, valid, test = (load("sentence_polarity", split).documents for split in ("train", "valid", "test"))
    counting = best_counting(COUNTS, train, valid)
    members = []
    used = 0.0
    for number, (summary, scale, pieces) in enumerate(FILM):
        started, own_seed = clock(), len(FILM) * seed + number
        settings: dict[str, Any] = {"summary": summary, "d_embedding": 32, "d_h": 32, "dropout": 0.5, "unknown": 0.3}
        model = fresh(train, own_seed, min_count=2, pieces=pieces, **settings)
        start_from_counts(model, train, scale)
        batches = labelled_batches(model, train, batch_size=64, seed=own_seed)
        train_for(model, batches, seconds / len(FILM) - (clock() - started), clock, own_seed, lr=2e-3)
        used += clock() - started
        members.append(model)
    together, best = (100 * accuracy(judge, test) for judge in (Committee(members), counting))
    names = (f"right, GRU alone, {summary}{', pieces' * bool(pieces)}" for summary, _, pieces in FILM)
    alone = {name: 100 * accuracy(member, test) for name, member in zip(names, members)}
    return {
        "right, three two-way GRUs averaged": together,
        **alone,
        "right, best counts": best,
        "right, GRUs and counts averaged": 100 * accuracy(Committee([*members, counting]), test),
        "GRUs minus counts, points": together - best,
        "counted: characters instead of words": float(counting.tokens == "characters"),
        "counted: longest run": counting.longest,
        "majority": 100 * accuracy(Majority(train), test),
        "seconds": used,
    }


COUNTS: list[dict[str, Any]] = [
    *({"longest": n, "C": C} for n in (1, 2, 3) for C in (0.3, 1.0)),
    *({"longest": 5, "tokens": "characters", "C": C} for C in (0.1, 0.3)),
]
# summary, how strongly the counts start the embeddings, rows for pieces of words
FILM = (("mean", 0.3, 0), ("max", 0.5, 0), ("max", 0.3, 20_000))


def place_names(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """Twelve languages by the letters of a name: the counts are expected to win."""
    train, test = (load("place_names", split).documents for split in ("train", "test"))
    three, five = (Counting(train, longest=n, tokens="characters", C=3.0) for n in (3, 5))
    started = clock()
    model = fresh(train, seed, tokens="characters", d_embedding=32, d_h=96, unknown=0.03)
    batches = labelled_batches(model, train, batch_size=64, seed=seed)
    used = train_for(model, batches, seconds - (clock() - started), clock, seed, lr=5e-3)
    return {
        "right, two-way GRU": 100 * accuracy(model, test),
        "right, runs of 1 to 3 letters counted": 100 * accuracy(three, test),
        "right, runs of 1 to 5 letters counted": 100 * accuracy(five, test),
        "majority": 100 * accuracy(Majority(train), test),
        "seconds": used,
    }


def fresh(train: Any, seed: int, *, tokens: str = "words", min_count: int = 1, **settings: Any) -> Classifier:
    """A classifier for these examples with weights drawn from `seed`."""
    torch.manual_seed(seed)
    return Classifier(vocabulary_of(train, tokens, min_count), labels_of(train), tokens=tokens, **settings)


def train_for(model: Classifier, batches: Iterable[Any], seconds: float, clock: Clock, seed: int, lr: float) -> float:
    """Train until the seconds are over; return how many it took."""
    started = clock()
    fit(
        model,
        batches,
        loss=classification_loss,
        steps=MANY,
        lr=falling(lr, warm_up=0.05),
        clip=1.0,
        seed=seed,
        seconds=seconds,
        clock=clock,
    )
    return clock() - started


TASKS = (
    Task(
        "real or shuffled",
        20,
        shuffled,
        (
            Bar("right, two-way GRU", 89),
            Bar("trivial rules and bag of words, furthest from 50", 2, "≤"),
        ),
    ),
    Task("film sentences", 60, film, (Bar("GRUs minus counts, points", 0),)),
    Task("language of a place name", 20, place_names, ()),
)
