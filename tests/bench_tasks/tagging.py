"""Tags for words: parts of speech, names of people and places, and the roles of names in Python source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from lecture_utils.datasets import load
from lecture_utils.datasets.python_source import SCORED
from lecture_utils.models.entities import entity_f1
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
from lecture_utils.training import falling, fit
from tests.bench_tasks.common import Bar, Clock, Task

Judge = Callable[[Sequence[Sequence[str]], Sequence[Sequence[str]]], float]  # (gold, predicted) -> a figure
STEPS = 10**6  # more than any of them takes: the clock ends the training


class Split:
    """The words and the tags of a corpus' split."""

    def __init__(self, name: str, split: str) -> None:
        self.documents = load(name, split).documents
        self.words = [document.words for document in self.documents]
        self.tags = [document.tags for document in self.documents]


def trained(train: Split, seed: int, seconds: float, clock: Clock, batch_size: int, **settings: Any) -> Tagger:
    """A tagger made and trained within the time, its features and batches included."""
    began = clock()
    tagger = Tagger.of(train.documents, **settings)
    batches = tagged_batches(tagger, train.documents, batch_size=batch_size, seed=seed)
    fit(
        tagger,
        batches,
        loss=tagging_loss,
        steps=STEPS,
        lr=falling(4e-3, 0.05),
        clip=5.0,
        seed=seed,
        optimiser=ADAM,
        seconds=seconds - (clock() - began),
        clock=clock,
    )
    return tagger


def both_ways(
    train: Split, test: Split, judge: Judge, seed: int, seconds: float, clock: Clock, batch_size: int, **settings: Any
) -> dict[str, float]:
    """Two-way and one-way tagger, each trained for the time from the same features; the gap between them."""
    figures = {}
    for name, two_way in (("two-way", True), ("one-way", False)):
        began = clock()
        tagger = trained(train, seed, seconds, clock, batch_size, bidirectional=two_way, **settings)
        figures[f"seconds, {name}"] = clock() - began
        figures[name] = 100 * judge(test.tags, tagger.tag_all(test.words))
    return {**figures, "gap": figures["two-way"] - figures["one-way"]}


def parts_of_speech(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """UD EWT, gold tokens, universal tags."""
    train, test = Split("ud_english_ewt", "train"), Split("ud_english_ewt", "test")
    figures = both_ways(train, test, tag_accuracy, seed, seconds, clock, batch_size=64)
    table = most_frequent_tags(train.documents)
    return {**figures, "most frequent tag": 100 * tag_accuracy(test.tags, look_up(table, test.words))}


def roles(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """The standard library of the Python that runs, split by module; names are scored, and nothing else."""
    train, test = Split("python_source", "train"), Split("python_source", "test")

    def judge(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
        return tag_accuracy(gold, predicted, SCORED)

    figures = both_ways(train, test, judge, seed, seconds, clock, batch_size=64)
    table = most_frequent_tags(train.documents)
    return {**figures, "most frequent role": 100 * judge(test.tags, look_up(table, test.words))}


def names(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """wikigold, entity F1; the logistic tagger's C is the best on the validation split."""
    train, valid, test = (Split("wikigold", split) for split in ("train", "valid", "test"))
    tagger = trained(train, seed, seconds, clock, 16, min_count=2, dropout_in=0.3, dropout=0.5)
    figures = {"two-way": 100 * entity_f1(test.tags, tagger.tag_all(test.words))}
    linear = [FeatureTagger(train.documents, C=C, min_count=1) for C in (1.0, 10.0, 100.0)]
    best = max(linear, key=lambda model: entity_f1(valid.tags, model.tag_all(valid.words)))
    figures["logistic"] = 100 * entity_f1(test.tags, best.tag_all(test.words))
    return {**figures, "above logistic": figures["two-way"] - figures["logistic"]}


TASKS = (
    Task("tags-ud-ewt", 60, parts_of_speech, (Bar("two-way", 94.2), Bar("gap", 1.5))),
    Task("tags-python-roles", 40, roles, (Bar("two-way", 99.0), Bar("gap", 8.0))),
    Task("tags-wikigold", 60, names, (Bar("above logistic", 0.0),)),
)
