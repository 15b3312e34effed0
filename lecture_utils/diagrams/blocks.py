"""The blocks that the lecture's figures are put together from: tensors, units, words, arrows, and words for counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import SupportsIndex

from lecture_utils.diagrams.common import fold
from lecture_utils.diagrams.svg import Drawing, Point, label_width, shorten, visible

Part = str | tuple[str, ...]  # plain words, or a symbol with its indices

PADDING = 18.0  # around a figure
NOTE = 12.0  # size of words beside a figure
GAP = 4.0  # between a box and the tip of an arrow
HALF_WIDTH, HALF_HEIGHT = HALF = 30.0, 19.0  # of a tensor's box
UNIT, UNIT_PITCH = 11.0, 34.0  # radius of a unit, and from one to the next
NEVER_SHORTER = 24.0  # the room that a cut word keeps


# what stands in a figure


def tensor(
    d: Drawing,
    x: float,
    y: float,
    label: Part,
    role: str,
    half: tuple[float, float] = HALF,
    *,
    dashed: bool = False,
    hollow: bool = False,
    strong: bool = False,
) -> None:
    """A tensor's box with its symbol, around (x, y); `half` is half its width and half its height."""
    width, height = half
    d.box(x - width, y - height, 2 * width, 2 * height, role, dashed=dashed, hollow=hollow, strong=strong)
    if label:
        d.text(x, y, label)


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


def half_row(size: int) -> float:
    """Half the width of a row of `size` units as it is drawn."""
    return (len(fold(size)) - 1) / 2 * UNIT_PITCH + UNIT


def word(d: Drawing, x: float, y: float, text: str, room: float, *, framed: bool = False) -> float:
    """A word around (x, y), cut to `room`, white space made visible; returns half of its width, the frame included."""
    shown = shorten(visible(text), max(room - 16 * framed, NEVER_SHORTER), 13)
    half = label_width(shown, 13) / 2
    if framed:
        half = max(half + 8, 15)
        d.box(x - half, y - 12, 2 * half, 24, radius=12)
    d.text(x, y, shown, size=13)
    return half


# what joins it


def upward(
    d: Drawing, x: float, lower: float, upper: float, role: str, label: Part = "", *, dashed: bool = False
) -> None:
    """An arrow from the top edge `lower` to the bottom edge `upper`, its label at the right."""
    d.arrow([(x, lower - GAP), (x, upper + GAP)], role, width=2 if role else 1.3, dashed=dashed)
    if label:
        d.text(x + 9, (lower + upper) / 2, label, anchor="start")


def sideways(
    d: Drawing,
    left: float,
    right: float,
    y: float,
    role: str,
    label: Part = "",
    *,
    share: float = 0.5,
    above: float = 14.0,
) -> None:
    """An arrow from the right edge `left` to the left edge `right`, its label `above` it at a `share` of the way."""
    d.arrow([(left + GAP, y), (right - GAP, y)], role, width=2 if role else 1.3)
    if label:
        d.text(left + share * (right - left), y - above, label)


def connect(d: Drawing, lower: Sequence[Point], upper: Sequence[Point], role: str, width: float = 1.3) -> None:
    """A line from every unit to every other."""
    for start in lower:
        for end in upper:
            d.line([start, end], role, width=width)


# what is said beside it


def bracket(d: Drawing, left: float, right: float, y: float, depth: float = 7.0) -> None:
    """A bracket below what stands between `left` and `right`; a negative `depth` turns it upside down."""
    d.line([(left, y - depth), (left, y), (right, y), (right, y - depth)])


def row_names(d: Drawing, right: float, names: Mapping[float, str]) -> None:
    """What the rows of a picture hold, at its left: height → name."""
    for y, name in names.items():
        d.text(right, y, name, size=NOTE, anchor="end", muted=True)


def time_axis(d: Drawing, left: float, right: float, y: float, name_at: float) -> None:
    """The arrow of time under a figure, its name among those of the rows, which end at `name_at`."""
    d.arrow([(left, y), (right, y)], width=1)
    row_names(d, name_at, {y: "time"})


# in words


def counted(count: int, noun: str) -> str:
    """A count and its noun: "1 step", "1,000 steps", "3 losses"."""
    plural = noun if count == 1 else noun + ("es" if noun.endswith("s") else "s")
    return f"{count:,} {plural}"


def joined(words: Sequence[str]) -> str:
    """Words in a row: "L_2, L_3 and L_4"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def quoted(words: Sequence[str], most: int = 8, last: int = 1) -> str:
    """Words in quotation marks, white space made visible; the middle of more than `most` is left out: "‘a’, …, ‘z’"."""
    return ", ".join(abridged([f"‘{visible(text)}’" for text in words], most, last))


def abridged(words: Sequence[str], most: int, last: int) -> list[str]:
    """The words, or of more than `most` the first ones, "…" and the `last` ones: `most` in all."""
    return list(words) if len(words) <= most else [*words[: most - 1 - last], "…", *words[-last:]]


# what a figure can show


def between(name: str, value: int, low: int, high: int) -> int:
    """`value` if it is a whole number between `low` and `high`; ValueError with a sentence if not."""
    if not isinstance(value, SupportsIndex) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number between {low} and {high} in this figure, but it is {value!r}.")
    return value


def at_least(least: int, **sizes: int) -> None:
    """Check that no size is below `least`; ValueError with a sentence that names the first one that is."""
    for name, size in sizes.items():
        if size < least:
            raise ValueError(f"{name} must be at least {least}, but it is {size}.")
