"""Corpora by name: `available()` lists them, `load(name, split)` reads one. Each has a file of its own here."""

import difflib
from collections.abc import Iterable
from functools import cache

from lecture_utils.datasets import professions, python_docs, tunes
from lecture_utils.datasets.corpus import SPLITS, Catalogue, Corpus, Entry, split_of, split_sentences

__all__ = ["SPLITS", "Catalogue", "Corpus", "Entry", "available", "load", "split_of", "split_sentences"]

_CORPORA = {entry.name: entry for entry in (python_docs.ENTRY, professions.ENTRY, tunes.ENTRY)}


def load(name: str, split: str | None = None) -> Corpus:
    """Read a corpus, or one split of it: "train" (about 80 %), "valid" or "test" (about 10 % each).

    A document's split depends on its own words alone, so it is the same on every machine.
    An unknown name or split raises `ValueError`, which says what there is.
    """
    entry = _CORPORA.get(name) if isinstance(name, str) else None  # a list, say, cannot be looked up
    if entry is None:
        raise ValueError(_unknown("corpus", name, _CORPORA))
    if split is not None and split not in SPLITS:
        raise ValueError(_unknown("split", split, SPLITS))
    chosen = tuple(d for d in _documents(name) if split is None or split_of(d) == split)
    return Corpus(entry.name, split, chosen, entry.description, entry.licence, entry.citation)


def available() -> "Catalogue":
    """Every corpus there is: name, size, licence, and whether it needs a download."""
    return Catalogue(tuple(_CORPORA.values()))


def _unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """One sentence on a name that is not there: the nearest one, and all there are."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no {kind} called {name!r}.{guess} There is: {', '.join(known)}."


@cache
def _documents(name: str) -> tuple[str, ...]:
    return tuple(_CORPORA[name].read())
