"""What stands along the axes of a tensor, kept up through views that merge and split them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

# The parts an axis can be split into, slowest first, each with its size: (("layer", 2), ("direction", 2)).
Axis = tuple[tuple[str, int], ...]

NEW: Axis = (("new", 1),)


def label(axis: Axis) -> str:
    """Name an axis by its parts, "batch × feature"; two customary pairs have a name of their own."""
    text = " × ".join(name for name, _ in axis)
    if "layer × direction" in text:
        return text.replace("layer × direction", "layer·direction")
    return text.replace("direction × feature", "feature")


def piece(axis: Axis, size: int) -> Axis:
    """What is left of an axis whose parts a slice or a flip has broken up."""
    return ((label(axis), size),)


def regroup(axes: Sequence[Axis], sizes: Sequence[int]) -> tuple[Axis, ...]:
    """Name the axes of a view: parts merge and split in memory order; what fits neither way is "mixed"."""
    old = [math.prod(size for _, size in axis) for axis in axes]
    if old == list(sizes):
        return tuple(axes)
    if 0 in sizes:
        return tuple((("empty", size),) for size in sizes)
    parts = [part for axis in axes for part in axis if part[1] > 1]
    names: list[Axis] = []
    for before, after in _groups([size for _, size in parts], [size for size in sizes if size > 1]):
        names += _rename([parts[at] for at in before], after)
    filled = iter(names)
    return tuple(next(filled) if size > 1 else NEW for size in sizes)


def _groups(old: list[int], new: list[int]) -> Iterable[tuple[list[int], list[int]]]:
    """Pair runs of old parts with runs of new sizes that hold equally many numbers, as short as can be."""
    at, left = 0, list(new)
    while at < len(old):
        before, after = [at], [left.pop(0)]
        while (product := math.prod(old[part] for part in before)) != math.prod(after):
            if product < math.prod(after):
                before.append(before[-1] + 1)
            else:
                after.append(left.pop(0))
        at = before[-1] + 1
        yield before, after


def _rename(parts: list[tuple[str, int]], sizes: list[int]) -> list[Axis]:
    if len(sizes) == 1:
        return [tuple(parts)]
    if len(parts) == 1:
        return [((f"part of {parts[0][0]}", size),) for size in sizes]
    return [(("mixed", size),) for size in sizes]
