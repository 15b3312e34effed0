"""A sentence with one or several rows of tags under its words; where a row disagrees with the first, it says so."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil
from typing import NamedTuple

from lecture_utils.diagrams.metrics import text_width
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, SYMBOL, Drawing, shorten, visible

WORDS_A_LINE = 11
LINE_WIDTH = 900.0  # pixels for the words of a line, beside the names of the rows
LONGEST = 220.0  # pixels: a longer word is cut and ends in "…"
GAP, WORD_HEIGHT, TAG_HEIGHT, LINE_GAP = 8.0, 28.0, 26.0, 22.0
DIFFERS = "≠"

Row = tuple[str, Sequence[str]]


class _Line(NamedTuple):
    """The words that stand on one line, and the width of each one's column."""

    first: int
    widths: tuple[float, ...]


def tagged_sentence(
    words: Sequence[str],
    rows: Sequence[Row],
    *,
    marks: Sequence[int] = (),
    title: str = "A tagged sentence",
    theme: str = "card",
) -> Picture:
    """The words with a row of tags under them for each name in `rows`, about ten words a line.

    The first row is what the others are held against: a tag that differs from it carries "≠" and a strong dashed
    outline. `marks` are the places (from 0) of words to point at, drawn with a thick outline. A word that is very
    long is cut in the drawing, and stands whole in the table. Raises ValueError without a word or a row, for a row
    of another length than the words, and for a mark outside them.
    """
    _check(words, rows, marks)
    d = Drawing(title, theme)
    places = range(len(words))
    cells = [[visible(word) for word in words], *([_tag(rows, row, at) for at in places] for row in range(len(rows)))]
    names = max(text_width(name, SMALL) for name, _ in rows) + 14
    top = 0.0
    for line in _lines(cells):
        x = names
        for place, width in enumerate(line.widths, line.first):
            _column(d, x, top, width, place, cells, rows, place in marks)
            x += width + GAP
        for number, (name, _) in enumerate(rows):
            d.text(names - 10, _row_middle(top, number), name, size=SMALL, anchor="end", muted=True)
        top = _row_middle(top, len(rows) - 1) + TAG_HEIGHT / 2 + LINE_GAP
    if any(_differs(rows, row, place) for row in range(1, len(rows)) for place in places):
        _legend(d, names, top, rows[0][0])
    return Picture(d.svg(_alt(words, rows)), _alt(words, rows), _table(words, rows, title))


def _check(words: Sequence[str], rows: Sequence[Row], marks: Sequence[int]) -> None:
    if not words or not rows:
        raise ValueError("a tagged sentence needs at least one word and one row of tags.")
    for name, tags in rows:
        if len(tags) != len(words):
            raise ValueError(
                f"row {name!r} must have one tag for each of the {len(words)} words, but it has {len(tags)}."
            )
    for mark in marks:
        if not 0 <= mark < len(words):
            raise ValueError(f"marks must be places of words, from 0 to {len(words) - 1}, but one is {mark}.")


def _differs(rows: Sequence[Row], row: int, place: int) -> bool:
    return row > 0 and rows[row][1][place] != rows[0][1][place]


def _tag(rows: Sequence[Row], row: int, place: int) -> str:
    tag = visible(rows[row][1][place])
    return f"{DIFFERS} {tag}" if _differs(rows, row, place) else tag


def _lines(cells: Sequence[Sequence[str]]) -> list[_Line]:
    """Columns as wide as their widest cell, as many on a line as have room; no line is much shorter than another."""
    widths = [min(LONGEST, max(_widths(column))) + 16 for column in zip(*cells)]
    most = ceil(len(widths) / ceil(len(widths) / WORDS_A_LINE))
    lines: list[_Line] = []
    first, used = 0, 0.0
    for place, width in enumerate(widths):
        if place > first and (place - first == most or used + width > LINE_WIDTH):
            lines.append(_Line(first, tuple(widths[first:place])))
            first, used = place, 0.0
        used += width + GAP
    return [*lines, _Line(first, tuple(widths[first:]))]


def _widths(column: Sequence[str]) -> list[float]:
    word, *tags = column
    return [text_width(word, SYMBOL), *(text_width(tag, SMALL, bold=True) for tag in tags)]


def _row_middle(top: float, row: int) -> float:
    return top + WORD_HEIGHT + 6 + row * (TAG_HEIGHT + 4) + TAG_HEIGHT / 2


def _column(
    d: Drawing,
    x: float,
    top: float,
    width: float,
    place: int,
    cells: Sequence[Sequence[str]],
    rows: Sequence[Row],
    marked: bool,
) -> None:
    """One word in its box, and below it what each row says of it."""
    d.box(x, top, width, WORD_HEIGHT, "x", strong=marked)
    d.text(x + width / 2, top + WORD_HEIGHT / 2, shorten(cells[0][place], width - 12))
    for row in range(len(rows)):
        middle, differs = _row_middle(top, row), _differs(rows, row, place)
        d.box(x, middle - TAG_HEIGHT / 2, width, TAG_HEIGHT, "y", dashed=differs, strong=differs, hollow=not differs)
        tag = shorten(cells[row + 1][place], width - 12, SMALL, bold=differs)
        d.text(x + width / 2, middle, tag, size=SMALL, bold=differs)


def _legend(d: Drawing, x: float, y: float, first: str) -> None:
    d.box(x, y - 9, 26, 18, "y", dashed=True, strong=True)
    d.text(x + 13, y, DIFFERS, size=SMALL, bold=True)
    d.text(x + 34, y, f"differs from {first}", size=SMALL, anchor="start", muted=True)


def _alt(words: Sequence[str], rows: Sequence[Row]) -> str:
    first, *others = rows
    said = ", ".join(f"{word} {tag}" for word, tag in zip(words, first[1]))
    parts = [f"A sentence of {len(words)} words with tags. {first[0]}: {said}."]
    for row, (name, tags) in enumerate(others, 1):
        wrong = [f"{words[at]} {tags[at]}" for at in range(len(words)) if _differs(rows, row, at)]
        parts.append(f"{name} differs at {', '.join(wrong)}." if wrong else f"{name} says the same of every word.")
    return " ".join(parts)


def _table(words: Sequence[str], rows: Sequence[Row], title: str) -> Table:
    header = ("word", *(name for name, _ in rows))
    lines = tuple((visible(word), *(_tag(rows, row, at) for row in range(len(rows)))) for at, word in enumerate(words))
    return Table(title, header, lines)
