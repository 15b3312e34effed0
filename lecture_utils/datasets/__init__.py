"""Corpora by name: `available()` lists them, `load(name, split)` reads one. Each has a file of its own here."""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import Any
from zipfile import BadZipFile

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
from lecture_utils.datasets.download import DownloadError, fetch

__all__ = [
    "SPLITS",
    "Catalogue",
    "Corpus",
    "DownloadError",
    "Entry",
    "Labelled",
    "Pair",
    "Tagged",
    "available",
    "load",
    "split_of",
    "split_sentences",
    "text_of",
    "try_load",
]

# The files beside this one, each with an ENTRY; a file is imported when its corpus is asked for.
NAMES = (
    "python_docs",
    "professions",
    "tunes",
    "english",
    "tweets",
    "python_source",
    "place_names",
    "dates",
    "scenes",
    "ud_english_ewt",
    "tiny_shakespeare",
    "time_machine",
    "sentence_polarity",
    "wikigold",
    "irish_tunes",
)


def load(name: str, split: str | None = None) -> Corpus:
    """Read a corpus, or one split of it: "train" (about 80 %), "valid" or "test" (about 10 % each).

    Corpora with splits of their own keep them; elsewhere a document's split depends on its own words alone (or on
    what its corpus names: a file, a date), so it is the same on every machine.
    A corpus that needs a download shows its licence, its citation and where it came from, the first time; where it
    cannot be had, `DownloadError` says why in a sentence. An unknown name or split raises `ValueError`, which says
    what there is.
    """
    if not isinstance(name, str) or name not in NAMES:
        raise ValueError(_unknown("corpus", name, NAMES))
    if split is not None and split not in SPLITS:
        raise ValueError(_unknown("split", split, SPLITS))
    entry = _entry(name)
    chosen = tuple(document for part, document in _documents(name) if split in (None, part))
    return Corpus(entry.name, split, chosen, entry.description, entry.licence, entry.citation)


def try_load(name: str, split: str | None = None) -> Corpus | None:
    """As `load`, but where the download fails, print the sentence that says why and return None."""
    try:
        return load(name, split)
    except DownloadError as error:
        print(error)
        return None


def available() -> Catalogue:
    """Every corpus there is: name, size, licence, whether it needs a download, whether it is here. Asks no network."""
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
    found = [fetch(file) for file in entry.files]
    try:
        read = entry.read(*(file.path for file in found))
        documents = tuple(_with_splits(read, entry.key))
    except (ValueError, LookupError, EOFError, BadZipFile) as error:
        if not found:
            raise
        raise DownloadError(_malformed(entry, error)) from error
    if found:
        origins = " and ".join(dict.fromkeys(file.origin for file in found))
        print(f"{name} ({origins}): {entry.description}.\nLicence: {entry.licence}. Source: {entry.citation}.")
    return documents


def _with_splits(
    read: Iterable[Any] | Mapping[str, Iterable[Any]], key: Callable[[Any], str]
) -> Iterator[tuple[str, Any]]:
    if isinstance(read, Mapping):
        yield from ((split, document) for split in SPLITS for document in read[split])
    else:
        yield from ((split_of(key(document)), document) for document in read)


def _malformed(entry: Entry, error: Exception) -> str:
    return (
        f"The corpus {entry.name!r} is here but cannot be read ({type(error).__name__}: {error}): "
        "get a newer version of the lecture, in which this may be mended."
    )
