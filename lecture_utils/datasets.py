"""Corpora by name: `available()` lists them, `load(name, split)` reads one."""

import difflib
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache

SPLITS = ("train", "valid", "test")
WINDOW = 50  # characters: no run of this length stands in two paragraphs of `python_docs`


@dataclass(frozen=True)
class Entry:
    """What is known of a corpus before it is read; `read` returns its documents, in order."""

    name: str
    description: str
    size: str
    licence: str
    citation: str
    read: Callable[[], Iterable[str]] = field(repr=False)
    source: str = "offline"


@dataclass(frozen=True)
class Corpus:
    """Documents (paragraphs, tunes, …) of one split, or of all of them when `split` is None."""

    name: str
    split: str | None
    documents: tuple[str, ...] = field(repr=False)
    description: str = field(repr=False)
    licence: str = field(repr=False)
    citation: str = field(repr=False)

    @property
    def text(self) -> str:
        """All documents, each on a line of its own: what a character model reads."""
        return "\n".join(self.documents)

    def sentences(self) -> tuple[str, ...]:
        """Every document cut into sentences, in order; see `split_sentences`."""
        return tuple(sentence for document in self.documents for sentence in split_sentences(document))

    def __repr__(self) -> str:
        part = "all splits" if self.split is None else f"split {self.split!r}"
        characters = sum(map(len, self.documents))
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


def split_of(document: str) -> str:
    """The split a document belongs to, decided by its SHA-256 digest: a fair die that always falls alike."""
    die = int(hashlib.sha256(document.encode()).hexdigest(), 16) % 10
    return {0: "test", 1: "valid"}.get(die, "train")


def available() -> "Catalogue":
    """Every corpus there is: name, size, licence, and whether it needs a download."""
    return Catalogue(tuple(_CORPORA.values()))


@dataclass(frozen=True)
class Catalogue:
    """A list of corpora that prints as a table, and shows as one in JupyterLab."""

    entries: tuple[Entry, ...]

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def _rows(self) -> list[tuple[str, ...]]:
        header = ("name", "what it is", "size", "licence", "offline or download")
        return [header, *((e.name, e.description, e.size, e.licence, e.source) for e in self.entries)]

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


def _unknown(kind: str, name: object, known: Iterable[str]) -> str:
    """One sentence on a name that is not there: the nearest one, and all there are."""
    near = difflib.get_close_matches(str(name), list(known), n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no {kind} called {name!r}.{guess} There is: {', '.join(known)}."


@cache
def _documents(name: str) -> tuple[str, ...]:
    return tuple(_CORPORA[name].read())


def _read_python_docs() -> list[str]:
    """The prose of Python's help topics, a paragraph a line; code, grammar, tables and headings are left out."""
    try:
        from pydoc_data.topics import topics
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "This Python comes without its own documentation (the module pydoc_data), which the corpus "
            "'python_docs' is read from: install a complete Python, from python.org or conda for example.",
            name=error.name,
        ) from error
    blocks = (block for topic in topics.values() for block in re.split(r"\n\s*\n", topic))
    return _without_repeats(filter(_is_prose, map(_unwrap, blocks)))


_TYPOGRAPHY = str.maketrans({"‘": "'", "’": "'", "“": '"', "”": '"', "…": "...", "—": "-", "–": "-"})
_HYPHENATED = re.compile(r"(?<=\w)-\n\s*(?!and\b|or\b)(?=\w)")
_BULLET = re.compile(r"^(?:[*•-]|\d+\.|\[\d+\])\s+")
_EMPHASIS = re.compile(r'(?<![\w*"])(\*{1,2})(?=\w)([^*"]*?[\w.:)])\1(?![\w*"])')


def _unwrap(block: str) -> str:
    """A wrapped, indented block as one line, without bullets, marks of emphasis and curly quotes."""
    line = " ".join(_HYPHENATED.sub("-", block).translate(_TYPOGRAPHY).split())
    return _EMPHASIS.sub(r"\2", _BULLET.sub("", line))


def _is_prose(line: str) -> bool:
    """Starts and ends like a sentence, six words or more, nine of ten characters outside quotes are letters."""
    unquoted = re.sub(r'"[^"]*"', "it", line)
    letters = sum(c.isalpha() or c == " " for c in unquoted)
    shaped = re.match(r"""["'(]?\w""", line) and re.search(r"""[.!?:][)"]?$""", line)
    return bool(shaped and line.isascii() and len(unquoted.split()) >= 6 and letters >= 0.9 * len(unquoted))


def _without_repeats(paragraphs: Iterable[str]) -> list[str]:
    """Drop each paragraph that shares a run of `WINDOW` characters with one kept before it.

    The help topics quote one another at length; without this, a test split would be known from training.
    """
    kept: dict[str, None] = {}
    seen: set[str] = set()
    for paragraph in paragraphs:
        windows = {paragraph[i : i + WINDOW] for i in range(len(paragraph) - WINDOW + 1)}
        if seen.isdisjoint(windows):
            kept[paragraph] = None  # a dict: a short paragraph, which has no window, is kept once too
            seen |= windows
    return list(kept)


_CORPORA = {
    entry.name: entry
    for entry in (
        Entry(
            name="python_docs",
            description="English technical prose: the help topics every Python installation carries",
            size="about 240,000 characters",
            licence="PSF-2.0",
            citation="Python Software Foundation, The Python Language Reference and Library Reference, "
            "https://docs.python.org/3/",
            read=_read_python_docs,
        ),
    )
}
