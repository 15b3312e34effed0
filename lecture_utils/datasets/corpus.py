"""What a corpus is: its documents, its splits, its sentences, and the catalogue that lists several."""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from lecture_utils.datasets.download import ABSENT, File, whereabouts

SPLITS = ("train", "valid", "test")


class Tagged(NamedTuple):
    """A sentence with a tag for each of its words."""

    words: tuple[str, ...]
    tags: tuple[str, ...]

    @property
    def text(self) -> str:
        """The words, a blank between two."""
        return " ".join(self.words)


class Labelled(NamedTuple):
    """A text that belongs to one of several classes."""

    text: str
    label: str


class Pair(NamedTuple):
    """A text and what it is to be turned into."""

    source: str
    target: str

    @property
    def text(self) -> str:
        """The source."""
        return self.source


def text_of(document: Any) -> str:
    """The text of a document: itself, or what its class calls `text`."""
    return document if isinstance(document, str) else str(document.text)


@dataclass(frozen=True)
class Entry:
    """What is known of a corpus before it is read.

    `read` returns its documents, in order: texts, or `Tagged`, `Labelled`, `Pair` and their like. Where the corpus
    comes with splits of its own, it returns a mapping from "train", "valid" and "test" to their documents. Otherwise
    `key` names what a document's split is decided by (documents of one key stay together): its text, unless told.
    A corpus to download names its `files`; `read` is then given their paths, in the same order.
    """

    name: str
    description: str
    size: str
    licence: str
    citation: str
    read: Callable[..., Iterable[Any] | Mapping[str, Iterable[Any]]] = field(repr=False)
    source: str = "offline"
    key: Callable[[Any], str] = field(default=text_of, repr=False)
    files: tuple[File, ...] = field(default=(), repr=False)

    @property
    def here(self) -> str:
        """Whether it is here without a download: "yes", or where its files are, or "not yet"."""
        places = dict.fromkeys(map(whereabouts, self.files))
        return ABSENT if ABSENT in places else " and ".join(places) or "yes"


@dataclass(frozen=True)
class Corpus:
    """Documents (paragraphs, tunes, …) of one split, or of all of them when `split` is None."""

    name: str
    split: str | None
    documents: tuple[Any, ...] = field(repr=False)
    description: str = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    @property
    def text(self) -> str:
        """All documents, each on a line of its own: what a character model reads."""
        return "\n".join(map(text_of, self.documents))

    def sentences(self) -> tuple[str, ...]:
        """Every document cut into sentences, in order; see `split_sentences`."""
        return tuple(sentence for document in self.documents for sentence in split_sentences(text_of(document)))

    def __repr__(self) -> str:
        part = "all splits" if self.split is None else f"split {self.split!r}"
        characters = sum(len(text_of(document)) for document in self.documents)
        return f"Corpus {self.name!r}, {part}: {len(self.documents):,} documents, {characters:,} characters"


_SENTENCE_END = re.compile(
    r"""(?:(?<=[.!?])|(?<=[.!?]["')]))  # a full stop, perhaps inside a quote or a bracket
        (?<!e\.g\.)(?<!i\.e\.)(?<!etc\.)(?<!cf\.)(?<!vs\.)
        \s+(?=["'(\[]*[A-Z])            # the next sentence starts with a capital""",
    re.VERBOSE,
)


def split_sentences(paragraph: str) -> list[str]:
    """Cut after ``.``, ``!`` or ``?`` before a capital letter; not after e.g., i.e., etc., cf. and vs."""
    return [sentence for sentence in _SENTENCE_END.split(paragraph.strip()) if sentence]


def split_of(document: str) -> str:
    """The split a document belongs to, decided by its SHA-256 digest: a fair die that always falls alike."""
    return {0: "test", 1: "valid"}.get(tenth_of(document), "train")


def tenth_of(document: str) -> int:
    """0 to 9, from the SHA-256 digest of the words."""
    return int(hashlib.sha256(document.encode()).hexdigest(), 16) % 10


def contiguous(text: str) -> dict[str, list[str]]:
    """One long text in three: the first 80 % of its characters, the next 10 %, the last 10 %.

    Each cut is at the next end of a line, which belongs to neither side: the three, a line end between them, are the
    text again.
    """
    first = text.index("\n", len(text) * 8 // 10)
    second = text.index("\n", max(len(text) * 9 // 10, first + 1))
    return {"train": [text[:first]], "valid": [text[first + 1 : second]], "test": [text[second + 1 :]]}


@dataclass(frozen=True)
class Catalogue:
    """A list of corpora that prints as a table, and shows as one in JupyterLab."""

    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def _rows(self) -> list[tuple[str, ...]]:
        header = ("name", "what it is", "size", "licence", "offline or download", "here already")
        return [header, *((e.name, e.description, e.size, e.licence, e.source, e.here) for e in self.entries)]

    def __repr__(self) -> str:
        rows = self._rows()
        widths = [max(map(len, column)) for column in zip(*rows)]
        lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows)
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        header, *rows = [[html.escape(cell) for cell in row] for row in self._rows()]
        head = "".join(f'<th scope="col">{cell}</th>' for cell in header)
        body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
        caption = "<caption>Corpora</caption>"
        return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
