"""Corpora by name: `available()` lists them, `load(name, split)` reads one. Each has a file of its own here."""

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any

from lecture_utils.datasets.corpus import (
    SPLITS,
    Catalogue,
    Corpus,
    Entry,
    Labelled,
    Pair,
    Tagged,
    split_of,
    split_sentences,
    text_of,
)

__all__ = [
    "SPLITS",
    "Catalogue",
    "Corpus",
    "Entry",
    "Labelled",
    "Pair",
    "Tagged",
    "available",
    "load",
    "split_of",
    "split_sentences",
    "text_of",
]

# The files beside this one, each with an ENTRY; a file is imported when its corpus is asked for.
NAMES = ("python_docs", "professions", "tunes")


def load(name: str, split: str | None = None) -> Corpus:
    """Read a corpus, or one split of it: "train" (about 80 %), "valid" or "test" (about 10 % each).

    Corpora with splits of their own keep them; elsewhere a document's split depends on its own words alone (or on
    what its corpus names: a file, a date), so it is the same on every machine.
    An unknown name or split raises `ValueError`, which says what there is.
    """
    if not isinstance(name, str) or name not in NAMES:
        raise ValueError(_unknown("corpus", name, NAMES))
    if split is not None and split not in SPLITS:
        raise ValueError(_unknown("split", split, SPLITS))
    entry = _entry(name)
    chosen = tuple(document for part, document in _documents(name) if split in (None, part))
    return Corpus(entry.name, split, chosen, entry.description, entry.licence, entry.citation)


def available() -> Catalogue:
    """Every corpus there is: name, size, licence, and whether it needs a download."""
    return Catalogue(tuple(map(_entry, NAMES)))


def _unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """One sentence on a name that is not there: the nearest one, and all there are."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no {kind} called {name!r}.{guess} There is: {', '.join(known)}."


def _entry(name: str) -> Entry:
    entry: Entry = import_module(f"{__name__}.{name}").ENTRY
    return entry


@cache
def _documents(name: str) -> tuple[tuple[str, Any], ...]:
    """Every document with its split, in the corpus' own order."""
    entry = _entry(name)
    read = entry.read()
    if isinstance(read, Mapping):
        return tuple((split, document) for split in SPLITS for document in read[split])
    return tuple((split_of(entry.key(document)), document) for document in read)
