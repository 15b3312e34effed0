"""`python_docs`: the prose of Python's help topics, which every installation carries."""

import re
from collections.abc import Iterable

from lecture_utils.datasets.corpus import Entry

WINDOW = 50  # characters: no run of this length stands in two paragraphs


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


ENTRY = Entry(
    name="python_docs",
    description="English technical prose: the help topics every Python installation carries",
    size="about 240,000 characters",
    licence="PSF-2.0",
    citation="Python Software Foundation, The Python Language Reference and Library Reference, "
    "https://docs.python.org/3/",
    read=_read_python_docs,
)
