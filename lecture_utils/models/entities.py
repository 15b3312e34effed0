"""Named entities as tags, and how to score them: an entity counts when its type and both its ends are right."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Entity(NamedTuple):
    """Words `start` to `stop` (not included), counted from 0, and what they name."""

    kind: str
    start: int
    stop: int


class Score(NamedTuple):
    """Precision, recall, and F1, their harmonic mean; each 0 where there is nothing to divide by."""

    precision: float
    recall: float
    f1: float


def entities(tags: Iterable[str]) -> list[Entity]:
    """The entities that tags O, B-… and I-… mark, in IOB1 or in IOB2.

    An entity begins at B-, and at I- after O or after another type. IOB2 writes B- at each beginning, IOB1 only where
    an entity follows another of its type at once. Raises ValueError for other tags.
    """
    found: list[Entity] = []
    before = "O"
    for place, tag in enumerate(tags):
        if tag != "O" and tag[:2] not in ("B-", "I-"):
            raise ValueError(f"{tag!r} marks no entity: expected O, or a type after B- or I-, such as I-PER.")
        if tag.startswith("I-") and before[2:] == tag[2:] and before != "O":
            found[-1] = found[-1]._replace(stop=place + 1)
        elif tag != "O":
            found.append(Entity(tag[2:], place, place + 1))
        before = tag
    return found


def entity_score(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> Score:
    """Precision, recall and F1 over all entities of several sentences, as in the CoNLL shared tasks."""
    if list(map(len, gold)) != list(map(len, predicted)):
        raise ValueError("gold and predicted must hold the same sentences, with a tag for each of their words.")
    true = {(n, *entity) for n, tags in enumerate(gold) for entity in entities(tags)}
    said = {(n, *entity) for n, tags in enumerate(predicted) for entity in entities(tags)}
    right = len(true & said)
    precision = right / len(said) if said else 0.0
    recall = right / len(true) if true else 0.0
    return Score(precision, recall, 2 * right / (len(true) + len(said)) if true or said else 0.0)


def entity_f1(gold: Sequence[Sequence[str]], predicted: Sequence[Sequence[str]]) -> float:
    """The F1 of `entity_score`."""
    return entity_score(gold, predicted).f1
