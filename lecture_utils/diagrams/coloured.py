"""A text in which every character or word is coloured by a number of its own, such as a hidden unit's state."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from lecture_utils.diagrams.metrics import text_width
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.scales import DARK, diverging
from lecture_utils.diagrams.svg import SMALL, SYMBOL, Drawing, shorten, visible

MOST = 600  # tokens: what goes beyond is counted and not drawn
CELL, WIDE_CELL, LINE_HEIGHT = 10.0, 18.0, 27.0  # pixels of one character, and from line to line
WORD_HEIGHT, WORD_LINE = 24.0, 46.0
LONGEST = 220.0  # pixels: a longer word is cut and ends in "…"
LINE_WIDTH = 720.0
SIGN_FROM = 0.25  # share of the scale from which a line says which sign a value has
THICKEST = 4.0  # pixels of that line


class _Place(NamedTuple):
    """One token with its value, and where its cell lies."""

    number: int
    text: str
    value: float
    x: float
    line: int
    width: float


def coloured_text(
    tokens: Sequence[str],
    values: Sequence[float],
    *,
    title: str = "A text coloured by a number for each character",
    unit: str = "value",
    limit: float | None = None,
    theme: str = "card",
) -> Picture:
    """The tokens as running text, each on a ground in the colour of its value: blue below zero, vermilion above.

    Single characters stand in cells of one width, with blanks and line ends visible, and a line over a cell (value
    above zero) or under it (below zero) that grows with the value says the sign without colour. Words carry their
    number below them. `unit` names what the values are, `limit` is the value of the deepest colour (the largest
    there is, unless given). Not a number is grey. Only the first 600 tokens are drawn. Raises ValueError without a
    token, for values that are not one for each token, and for a limit that is not positive.
    """
    found = [float(value) for value in values]
    if not tokens or len(found) != len(tokens):
        raise ValueError(
            f"a coloured text needs a token at least and one value for each, but it got {len(tokens)} tokens and "
            f"{len(found)} values."
        )
    deepest = _limit(found) if limit is None else limit
    characters = all(len(token) <= 1 for token in tokens)
    places = _set_characters(tokens, found) if characters else _set_words(tokens, found)
    d = Drawing(title, theme)
    d.text(0, 0, title, size=SYMBOL, anchor="start", bold=True)
    for place in places:
        (_draw_character if characters else _draw_word)(d, place, 24, deepest)
    bottom = d.bounds[3] + 26
    if len(tokens) > len(places):
        rest = f"… and {len(tokens) - len(places):,} more, which are not drawn."
        d.text(0, bottom - 8, rest, size=SMALL, anchor="start", muted=True)
        bottom += 20
    _scale_bar(d, 0, bottom, deepest, unit, lines=characters)
    alt = _alt(places, len(tokens), title, unit)
    return Picture(d.svg(alt), alt, _table(places, title, unit, characters))


def _limit(values: Sequence[float]) -> float:
    return max((abs(value) for value in values if math.isfinite(value)), default=0.0) or 1.0


# where each token stands


def _set_characters(tokens: Sequence[str], values: Sequence[float]) -> list[_Place]:
    places, x, line = [], 0.0, 0
    for index, (token, value) in enumerate(zip(tokens[:MOST], values)):
        width = WIDE_CELL if token and unicodedata.east_asian_width(token) in "WF" else CELL
        if x + width > LINE_WIDTH:
            x, line = 0.0, line + 1
        places.append(_Place(index, visible(token), value, x, line, width))
        x += width
        if token == "\n":
            x, line = 0.0, line + 1
    return places


def _set_words(tokens: Sequence[str], values: Sequence[float]) -> list[_Place]:
    places, x, line = [], 0.0, 0
    for index, (token, value) in enumerate(zip(tokens[:MOST], values)):
        text = visible(token)
        width = max(min(LONGEST, text_width(text, SYMBOL)), text_width(_signed(value), SMALL)) + 12
        if x and x + width > LINE_WIDTH:
            x, line = 0.0, line + 1
        places.append(_Place(index, text, value, x, line, width))
        x += width + 4
        if token == "\n":
            x, line = 0.0, line + 1
    return places


# how it is drawn


def _draw_character(d: Drawing, place: _Place, top: float, limit: float) -> None:
    height = LINE_HEIGHT - 2 * THICKEST  # above and below stays room for the line that says the sign
    y = top + place.line * LINE_HEIGHT + THICKEST
    d.cell(place.x, y, place.width, height, diverging(place.value, limit))
    size = SMALL if place.text in ("␣", "↵", "⇥") else SYMBOL
    d.text(place.x + place.width / 2, y + height / 2, place.text, size=size, mono=True, ink=DARK)
    share = min(abs(place.value) / limit, 1.0)
    if share >= SIGN_FROM:  # never true of what is not a number
        thick = THICKEST * share
        edge = y - thick if place.value > 0 else y + height
        d.cell(place.x, edge, place.width, thick, d.theme.text)


def _draw_word(d: Drawing, place: _Place, top: float, limit: float) -> None:
    y, middle = top + place.line * WORD_LINE, place.x + place.width / 2
    d.cell(place.x, y, place.width, WORD_HEIGHT, diverging(place.value, limit))
    d.text(middle, y + WORD_HEIGHT / 2, shorten(place.text, place.width - 8), ink=DARK)
    d.text(middle, y + WORD_HEIGHT + 9, _signed(place.value), size=SMALL, muted=True)


def _scale_bar(d: Drawing, x: float, y: float, limit: float, unit: str, lines: bool) -> None:
    """Twenty-one cells from −limit to limit with numbers, the unit, and what the lines at a cell mean."""
    cells, width = 21, 9.0
    left = x + _label_room(-limit)
    for cell in range(cells):
        value = limit * (2 * cell / (cells - 1) - 1)
        d.cell(left + cell * width, y, width, 12, diverging(value, limit))
    for share, value in ((0.0, -limit), (0.5, 0.0), (1.0, limit)):
        d.text(left + share * cells * width, y + 22, _signed(value), size=SMALL, muted=True)
    right = left + cells * width + _label_room(limit) + 8
    d.text(right, y + 6, unit, size=SMALL, anchor="start")
    if lines:
        words = "line above: positive; line below: negative; the thicker, the larger"
        d.text(right, y + 22, words, size=SMALL, anchor="start", muted=True)


def _label_room(value: float) -> float:
    """Half the width of a number under the end of the scale, and a little air."""
    return text_width(_signed(value), SMALL) / 2 + 4


def _signed(value: float) -> str:
    """Three figures with a real minus sign; zero has none."""
    if math.isnan(value):
        return "none"
    text = f"{value:+.3g}".replace("-", "−").replace("inf", "∞")
    return "0" if value == 0 else text


# in words


def _alt(places: Sequence[_Place], total: int, title: str, unit: str) -> str:
    known = [place for place in places if not math.isnan(place.value)]
    start = f"{title.rstrip('.')}: {total:,} tokens, each on the colour of its {unit}."
    if not known:
        return start
    low, high = min(known, key=lambda place: place.value), max(known, key=lambda place: place.value)
    return (
        f"{start} The highest is {_signed(high.value)}, at “{_around(places, high)}”; the lowest is "
        f"{_signed(low.value)}, at “{_around(places, low)}”."
    )


def _around(places: Sequence[_Place], place: _Place) -> str:
    """The token in brackets, with a little of what stands before and after it."""
    joint = "" if all(len(one.text) <= 1 for one in places) else " "
    before = joint.join(one.text for one in places[max(0, place.number - 8) : place.number])
    after = joint.join(one.text for one in places[place.number + 1 : place.number + 5])
    return f"{before}[{place.text}]{after}"


def _table(places: Sequence[_Place], title: str, unit: str, characters: bool) -> Table:
    kind = "character" if characters else "word"
    rows = tuple((str(place.number), place.text, _signed(place.value)) for place in places)
    return Table(f"{title.rstrip('.')} (places count from 0)", ("place", kind, unit), rows)
