"""What has an RNN to beat? The networks of notebook 05 beside rules and counts, on the same held-out documents.

Four tasks: a tag for every word of a generated sentence, sentence or shuffle of Python's documentation, the sentiment
of a few hundred tweets (cross-validated), and the language of a place name. The counts are logistic regression, and
know the order of a few neighbours at most. Networks are trained for as many steps as the notebook can afford, not to
the end. Steps were chosen on the valid split, with a seed that is not reported.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from typing import Any

from torch import nn

from lecture_utils.datasets import load
from lecture_utils.datasets.shuffled import real_and_shuffled
from lecture_utils.experiments.common import Experiment, check_name, check_names
from lecture_utils.models.classification import (
    Classifier,
    Counting,
    Majority,
    TableRule,
    accuracy,
    classification_loss,
    labelled_batches,
    labels_of,
    sentences_of,
    shuffled_split,
    vocabulary_of,
    words,
)
from lecture_utils.models.tagging import (
    ADAM,
    FeatureTagger,
    Tagger,
    look_up,
    most_frequent_tags,
    tag_accuracy,
    tagged_batches,
    tagging_loss,
)
from lecture_utils.training import falling, fit, seed_everything

TASKS = ("tagging", "order", "tweets", "names")
RULES = {
    "the first word": lambda text: words(text)[0],
    "the last mark or word": lambda text: words(text)[-1],
    "the length": lambda text: len(words(text)),
    "the first two words": lambda text: tuple(words(text)[:2]),
}
ROUNDS = 1000  # of new shuffles; more than any training here asks for


def train(model: nn.Module, batches: Any, loss: Any, seed: int, *, steps: int, lr: float, warm_up: float) -> None:
    """Train a model in place, with a rate that falls to 0; the tagger's many weights have an Adam of their own."""
    settings = {"optimiser": ADAM, "clip": 5.0} if loss is tagging_loss else {"clip": 1.0}
    history = fit(model, batches, loss=loss, steps=steps, lr=falling(lr, warm_up), seed=seed, **settings)
    if history.stopped_early:  # half a training is no figure
        raise KeyboardInterrupt


# a tag for every word


@cache
def counted_tags(split: str) -> dict[str, float]:
    """What a table of words, and logistic regression on five words' features, get right."""
    documents, held_out = load("english", "train").documents, load("english", split).documents
    sentences, gold = [d.words for d in held_out], [d.tags for d in held_out]
    return {
        "most frequent tag": tag_accuracy(gold, look_up(most_frequent_tags(documents), sentences)),
        "window of five words": tag_accuracy(gold, FeatureTagger(documents, exact=False).tag_all(sentences)),
    }


def tagging(seed: int, split: str, *, size: int, batch: int, **training: Any) -> dict[str, float]:
    """The share of words tagged right, by each of two baselines and two networks."""
    documents, held_out = load("english", "train").documents, load("english", split).documents
    found = dict(counted_tags(split))
    for way in ("one-way", "two-way"):
        seed_everything(seed)
        model = Tagger.of(documents, bidirectional=way == "two-way", d_embedding=size, d_h=size)
        batches = tagged_batches(model, documents, batch_size=batch, seed=seed)
        train(model, batches, tagging_loss, seed, **training)
        found[f"{way} GRU"] = tag_accuracy([d.tags for d in held_out], model.tag_all([d.words for d in held_out]))
    return found


# one label for the whole text


@cache
def counted_order(split: str) -> dict[str, float]:
    """What rules and runs of words say of a sentence and of its shuffle."""
    examples, held_out = shuffled_split("train"), shuffled_split(split)
    judges: dict[str, Any] = {name: TableRule(feature, examples) for name, feature in RULES.items()}
    judges["words, counted"] = Counting(examples)
    judges |= {f"runs of up to {n} words, counted": Counting(examples, longest=n) for n in (2, 3)}
    return {name: accuracy(judge, held_out) for name, judge in judges.items()}


def order(seed: int, split: str, *, batch: int, **training: Any) -> dict[str, float]:
    """The share of texts told right: real or shuffled?"""
    examples, sentences = shuffled_split("train"), sentences_of(load("python_docs", "train").documents)
    seed_everything(seed)
    model = Classifier(vocabulary_of(examples, min_count=2), labels_of(examples), unknown=0.15)
    batches = labelled_batches(
        model,
        lambda number: real_and_shuffled(sentences, seed=ROUNDS * (1 + seed) + number),
        batch_size=batch,
        seed=seed,
        together=2,
    )
    train(model, batches, classification_loss, seed, **training)
    return {**counted_order(split), "two-way GRU": accuracy(model, shuffled_split(split))}


def tweets(seed: int, split: str, *, folds: int, batch: int, **training: Any) -> dict[str, float]:
    """The mean share of tweets told right over the folds; the seed deals them too, and `split` plays no part."""
    documents = list(load("tweets").documents)
    random.Random(seed).shuffle(documents)
    found: dict[str, list[float]] = {}
    for fold in range(folds):
        held_out = documents[fold::folds]
        rest = [document for n, document in enumerate(documents) if n % folds != fold]
        seed_everything(seed + fold)
        model = Classifier(vocabulary_of(rest), labels_of(rest), d_h=32, dropout=0.5)
        train(model, labelled_batches(model, rest, batch_size=batch, seed=seed), classification_loss, seed, **training)
        judges = {
            "majority": Majority(rest),
            "words, counted": Counting(rest),
            "runs of up to 2 words, counted": Counting(rest, longest=2),
            "two-way GRU": model,
        }
        for name, judge in judges.items():
            found.setdefault(name, []).append(accuracy(judge, held_out))
    return {name: sum(shares) / folds for name, shares in found.items()}


Lengths = tuple[tuple[int, int], ...]


@cache
def counted_names(split: str, lengths: Lengths) -> dict[str, Any]:
    """What runs of letters say of a place name, and what the longest runs say of names by their length."""
    examples, held_out = load("place_names", "train").documents, load("place_names", split).documents
    found: dict[str, Any] = {"majority": accuracy(Majority(examples), held_out)}
    for longest in (1, 3, 5):
        judge = Counting(examples, longest=longest, tokens="characters", C=3)
        name = "letters, counted" if longest == 1 else f"runs of up to {longest} letters, counted"
        found[name] = accuracy(judge, held_out)
    return {**found, "counts by length": by_length(judge, held_out, lengths)}


def by_length(judge: Any, examples: Sequence[Any], lengths: Lengths) -> list[float]:
    """The share told right among the texts of each range of lengths, both ends included."""
    parts = [[one for one in examples if low <= len(one.text) <= high] for low, high in lengths]
    return [accuracy(judge, part) for part in parts]


def names(seed: int, split: str, *, batch: int, lengths: Sequence[Sequence[int]], **training: Any) -> dict[str, Any]:
    """The share of place names whose language is told right, and both judges' shares by the length of the name."""
    examples, held_out = load("place_names", "train").documents, load("place_names", split).documents
    ranges = tuple((low, high) for low, high in lengths)
    seed_everything(seed)
    model = Classifier(
        vocabulary_of(examples, "characters"),
        labels_of(examples),
        tokens="characters",
        d_embedding=32,
        unknown=0.03,
    )
    train(model, labelled_batches(model, examples, batch_size=batch, seed=seed), classification_loss, seed, **training)
    return {
        **counted_names(split, ranges),
        "two-way GRU": accuracy(model, held_out),
        "GRU by length": by_length(model, held_out, ranges),
    }


def run(*, seed: int, split: str, tasks: Sequence[str], **settings: Mapping[str, Any]) -> dict[str, Any]:
    """`[task][judge]`: the share of the held-out words, texts, tweets or names told right."""
    check_name("split", split, ("valid", "test"))
    check_names("tasks", tasks, TASKS)
    measured: dict[str, Callable[..., dict[str, Any]]]
    measured = {"tagging": tagging, "order": order, "tweets": tweets, "names": names}
    return {task: measured[task](seed, split, **settings[task]) for task in tasks}


EXPERIMENT = Experiment(
    question="How far does an RNN get on each task, and how far do rules and counts?",
    config={
        "split": "test",
        "tasks": TASKS,
        "tagging": {"size": 48, "batch": 32, "steps": 300, "lr": 5e-3, "warm_up": 0.05},
        "order": {"batch": 64, "steps": 420, "lr": 5e-3, "warm_up": 0.05},
        "tweets": {"folds": 5, "batch": 16, "steps": 60, "lr": 5e-3, "warm_up": 0.0},
        "names": {
            "batch": 64,
            "steps": 520,
            "lr": 8e-3,
            "warm_up": 0.05,
            "lengths": ((1, 6), (7, 9), (10, 14), (15, 99)),  # letters
        },
    },
    seeds=(0, 1, 2),
    run=run,
)
