"""The parts that pictures of several steps are put together from: tensors, losses, words, units, and their arrows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lecture_utils.diagrams.common import fold
from lecture_utils.diagrams.svg import SMALL, Drawing, Point, label_width, shorten, visible
from lecture_utils.notation import Label

GAP = 4.0  # between a box and the tip of an arrow
UNIT, UNIT_PITCH = 11.0, 34.0  # radius of a unit, and from one to the next
NEVER_SHORTER = 24.0  # the room that a cut word keeps


class Sizes(NamedTuple):
    """How large the parts are: half a tensor's box, from step to step, from row to row, and a loss."""

    half_width: float
    half_height: float
    pitch: float
    rise: float
    loss: float


LARGE = Sizes(half_width=30, half_height=19, pitch=96, rise=84, loss=19)
COMPACT = Sizes(half_width=15, half_height=15, pitch=42, rise=56, loss=13)


def tensor(
    d: Drawing,
    x: float,
    y: float,
    label: Label | str,
    role: str,
    sizes: Sizes = LARGE,
    *,
    unused: bool = False,
    strong: bool = False,
) -> None:
    """A tensor's box with its symbol, around (x, y); `unused` draws it dashed and hollow."""
    width, height = sizes.half_width, sizes.half_height
    d.box(x - width, y - height, 2 * width, 2 * height, role, dashed=unused, hollow=unused, strong=strong)
    if label:
        d.text(x, y, label)


def loss(d: Drawing, x: float, y: float, label: Label | str, sizes: Sizes = LARGE) -> None:
    """A loss: a diamond around (x, y), with its symbol where there is room for one."""
    d.diamond(x, y, sizes.loss)
    if label:
        d.text(x, y, label, size=12)


def word(d: Drawing, x: float, y: float, text: str, room: float, *, framed: bool = False) -> float:
    """A word around (x, y), cut to `room`, white space made visible; returns half of its width, the frame included."""
    shown = shorten(visible(text), max(room - 16 * framed, NEVER_SHORTER), 13)
    half = label_width(shown, 13) / 2
    if framed:
        half = max(half + 8, 15)
        d.box(x - half, y - 12, 2 * half, 24, radius=12)
    d.text(x, y, shown, size=13)
    return half


def frame(d: Drawing, left: float, top: float, right: float, bottom: float) -> None:
    """A quiet frame around what is one block."""
    d.line([(left, top), (right, top), (right, bottom), (left, bottom), (left, top)], faint=True, width=1.5)


def upward(
    d: Drawing,
    x: float,
    lower: float,
    upper: float,
    role: str,
    letter: Label | None = None,
    *,
    dashed: bool = False,
) -> None:
    """An arrow from the top edge `lower` to the bottom edge `upper`, its letter at the right."""
    d.arrow([(x, lower - GAP), (x, upper + GAP)], role, width=2 if role else 1.3, dashed=dashed)
    if letter:
        d.text(x + 9, (lower + upper) / 2, letter, anchor="start")


def sideways(
    d: Drawing, left: float, right: float, y: float, role: str, letter: Label | None = None, *, share: float = 0.5
) -> None:
    """An arrow from the right edge `left` to the left edge `right`, its letter above, at a `share` of the way."""
    d.arrow([(left + GAP, y), (right - GAP, y)], role, width=2 if role else 1.3)
    if letter:
        d.text(left + share * (right - left), y - 13, letter)


def units(d: Drawing, centre: float, y: float, size: int, role: str, *, lift: float = 0.0) -> list[Point]:
    """A row of units around (centre, y), each `lift` higher than the one before it; returns where they are.

    Beyond eight, the middle is folded into "…".
    """
    spans, places = fold(size), []
    for index, span in enumerate(spans):
        offset = index - (len(spans) - 1) / 2
        x, height = centre + offset * UNIT_PITCH, y - offset * lift
        if span.folded:
            d.text(x, height, "…")
        else:
            d.circle(x, height, UNIT)  # hides the ends of the lines behind the light fill
            d.circle(x, height, UNIT, role)
            places.append((x, height))
    return places


def half_width(size: int) -> float:
    """Half the width of a row of `size` units as it is drawn."""
    return (len(fold(size)) - 1) / 2 * UNIT_PITCH + UNIT


def connect(d: Drawing, lower: Sequence[Point], upper: Sequence[Point], role: str, width: float = 1.3) -> None:
    """A line from every unit to every other."""
    for start in lower:
        for end in upper:
            d.line([start, end], role, width=width)


def bracket(d: Drawing, left: float, right: float, y: float, depth: float = 7.0) -> None:
    """A bracket below what stands between `left` and `right`; a negative `depth` turns it upside down."""
    d.line([(left, y - depth), (left, y), (right, y), (right, y - depth)])


def row_names(d: Drawing, right: float, names: dict[float, str]) -> None:
    """What the rows of a picture hold, at its left: height → name."""
    for y, name in names.items():
        d.text(right, y, name, size=12, anchor="end", muted=True)


def counted(count: int, noun: str) -> str:
    """A count and its noun: "1 step", "1,000 steps", "3 losses"."""
    plural = noun if count == 1 else noun + ("es" if noun.endswith("s") else "s")
    return f"{count:,} {plural}"


def small_print(d: Drawing, x: float, y: float, lines: Sequence[str]) -> None:
    """Muted lines one under the other."""
    for index, line in enumerate(lines):
        d.text(x, y + 16 * index, line, size=SMALL, anchor="start", muted=True)
