"""Parts that several figures of the lecture share: a tensor's box, the arrows of a pair of boxes, words for lists."""

from __future__ import annotations

from collections.abc import Sequence

from lecture_utils.diagrams.svg import Drawing

HALF_WIDTH, HALF_HEIGHT = 30.0, 19.0  # of a tensor's box
PADDING = 18.0  # around a figure
GAP = 4.0  # between a box and the tip of an arrow
NOTE = 12.0  # size of words beside a figure

Part = str | tuple[str, ...]


def tensor(
    d: Drawing,
    x: float,
    y: float,
    label: Part,
    role: str,
    *,
    half_width: float = HALF_WIDTH,
    half_height: float = HALF_HEIGHT,
    dashed: bool = False,
    strong: bool = False,
    faint: bool = False,
) -> None:
    """A tensor's box with its symbol, around (x, y)."""
    d.box(
        x - half_width,
        y - half_height,
        2 * half_width,
        2 * half_height,
        role,
        dashed=dashed,
        strong=strong,
        faint=faint,
    )
    if label:
        d.text(x, y, label, muted=faint)


def sideways(d: Drawing, left: float, right: float, y: float, label: Part = "", half_width: float = HALF_WIDTH) -> None:
    """The arrow of U from one box to the next, its label above it."""
    d.arrow([(left + half_width + GAP, y), (right - half_width - GAP, y)], "U", width=2)
    if label:
        d.text((left + right) / 2, y - 14, label)


def upward(d: Drawing, x: float, lower: float, upper: float, role: str, label: Part = "") -> None:
    """The arrow of W or V from the edge of one box up to the next, its label at the right."""
    d.arrow([(x, lower - GAP), (x, upper + GAP)], role, width=2)
    if label:
        d.text(x + 9, (lower + upper) / 2, label, anchor="start")


def row_name(d: Drawing, x: float, y: float, words: str, detail: Part = "") -> None:
    """What a row holds, in words that end at x, with a detail under them."""
    d.text(x, y - 8 if detail else y, words, size=NOTE, anchor="end", muted=True)
    if detail:
        d.phrase(x, y + 8, (detail,), size=NOTE, anchor="end", muted=True)


def time_axis(d: Drawing, left: float, right: float, y: float, name_at: float) -> None:
    """The arrow of time under a figure."""
    d.arrow([(left, y), (right, y)], width=1)
    row_name(d, name_at, y, "time")


def dot(d: Drawing, x: float, y: float, role: str = "") -> None:
    """Where a line branches."""
    d.circle(x, y, 1.8, role, strong=True)


def counted(count: int, noun: str) -> str:
    """A count with its noun: "1 step", "3 steps"."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def joined(words: Sequence[str]) -> str:
    """Words in a row: "L_2, L_3 and L_4"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def between(name: str, value: int, low: int, high: int) -> int:
    """`value` if it lies between `low` and `high`; ValueError with a sentence if not."""
    if not isinstance(value, int) or not low <= value <= high:
        raise ValueError(f"{name} must be a whole number between {low} and {high} in this figure, but it is {value!r}.")
    return value
