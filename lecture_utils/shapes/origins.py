"""Tensors that remember where each of their numbers came from, moved about as torch moves numbers.

Nothing is computed but positions: every number carries the ids of the numbers it was made from.
NumPy is needed, so this module is imported only when a slice is asked for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

import numpy as np

from .axes import NEW, Axis, label, piece
from .shape import Shape, shown

LARGEST_TENSOR = 4_000_000
MOST_AXES = 12
MOST_PIECES = 1_000

Ids = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True, eq=False)
class Traced:
    """A tensor of origins: ids (…, k), where each number was made from k others, and what its axes are."""

    ids: Ids
    axes: tuple[Axis, ...]

    def __post_init__(self) -> None:
        within_limits(self.ids.size, len(self.axes))

    @property
    def sizes(self) -> tuple[int, ...]:
        """The sizes alone."""
        return self.ids.shape[:-1]

    @property
    def shape(self) -> Shape:
        """The sizes with named axes."""
        return Shape(self.sizes, map(label, self.axes))

    def axis(self, dim: object) -> int:
        """Check a `dim` argument and count it from the front; ValueError names the axes there are."""
        count = len(self.axes)
        number = integer("dim", dim)
        if not -count <= number < count:
            raise ValueError(f"There is no axis {shown(number)} in {self.shape.named}.")
        return number % count

    def all_axes(self, dims: object) -> list[int]:
        """Check a `dim` argument that may name several axes."""
        named = dims if isinstance(dims, (tuple, list)) else [dims]
        if not self.axes and list(named) in ([0], [-1]):
            return []  # torch lets a single number pass for an axis of size 1
        found = [self.axis(dim) for dim in named]
        if len(set(found)) < len(found):
            raise ValueError(f"An axis is named twice: {shown(dims)}.")
        return found


def within_limits(numbers: int, axes: int) -> None:
    """Raise ValueError before an expression outgrows memory."""
    if numbers > LARGEST_TENSOR:
        raise ValueError(f"This makes more than {LARGEST_TENSOR:,} numbers: choose smaller sizes.")
    if axes > MOST_AXES:
        raise ValueError(f"This makes more than {MOST_AXES} axes: choose a simpler expression.")


def integer(name: str, value: object) -> int:
    """Return a whole number as it is, else raise ValueError with a sentence."""
    if isinstance(value, bool) or not isinstance(value, int):
        kind = "a tensor" if isinstance(value, Traced) else shown(value)
        raise ValueError(f"{name} must be a whole number, but it is {kind}.")
    return value


def index(tensor: Traced, items: Sequence[object]) -> Traced:
    """Index as torch does: whole numbers, slices, None, `...` and lists of whole numbers."""
    at = 0
    lists: dict[int, list[int]] = {}
    for item in spelt_out(tensor, items):
        if item is None:
            tensor = unsqueeze(tensor, at)
        elif isinstance(item, slice):
            tensor = _slice(tensor, at, item)
        elif isinstance(item, list):
            lists[at] = [_position(tensor, at, number) for number in item]
        else:
            tensor = select(tensor, at, item)
            continue
        at += 1
    return _gather(tensor, lists) if lists else tensor


def spelt_out(tensor: Traced, items: Sequence[object]) -> list[object]:
    """Replace `...` by as many full slices as are missing."""
    used = sum(item is not None and item is not ... for item in items)
    missing = len(tensor.axes) - used
    if missing < 0:
        raise ValueError(f"There are {used} indices for {len(tensor.axes)} axes, {tensor.shape.named}.")
    if sum(item is ... for item in items) > 1:
        raise ValueError(
            "Write ... once: it already stands for every axis without an index of its own, "
            "and what torch makes of a second one is rarely meant."
        )
    return [one for item in items for one in ([slice(None)] * missing if item is ... else [item])]


def _position(tensor: Traced, axis: int, number: object) -> int:
    size = tensor.sizes[axis]
    position = integer("An index", number)
    if not -size <= position < size:
        name = label(tensor.axes[axis])
        raise ValueError(f"Index {shown(position)} is out of range: the axis {name} has size {size}.")
    return position % size


def _slice(tensor: Traced, axis: int, item: slice) -> Traced:
    for name in ("start", "stop", "step"):
        if getattr(item, name) is not None:
            integer(f"The {name} of a slice", getattr(item, name))
    if item.step is not None and item.step < 1:
        raise ValueError("A slice of a tensor needs a step of 1 or more; to run backwards, use .flip(dim).")
    if (kept := range(*item.indices(tensor.sizes[axis]))) == range(tensor.sizes[axis]):
        return tensor
    ids = tensor.ids[(slice(None),) * axis + (item,)]
    return Traced(ids, replaced(tensor.axes, axis, piece(tensor.axes[axis], len(kept))))


def replaced(axes: tuple[Axis, ...], at: int, *new: Axis) -> tuple[Axis, ...]:
    """The axes with others, or none, in the place of one."""
    return axes[:at] + new + axes[at + 1 :]


def _gather(tensor: Traced, lists: dict[int, list[int]]) -> Traced:
    """Pick positions by lists, which run side by side: [[4, 2], [0, 1]] takes (4, 0) and (2, 1)."""
    lengths = {len(numbers) for numbers in lists.values()}
    if len(lengths - {1}) > 1:
        raise ValueError(f"Lists in one index must be equally long, but they hold {_listed(lengths)} numbers.")
    length = max(lengths) if 0 not in lengths else 0
    others = [size for at, size in enumerate(tensor.ids.shape) if at not in lists]
    within_limits(length * math.prod(others), 0)
    key = tuple(np.array(lists[at], dtype=int) if at in lists else slice(None) for at in range(max(lists) + 1))
    chosen: Axis = ((" & ".join(label(tensor.axes[at]) for at in lists), length),)
    first, last = min(lists), max(lists)
    rest = [axis for at, axis in enumerate(tensor.axes) if at not in lists]
    place = first if last - first < len(lists) else 0  # lists that are apart send their axis to the front
    return Traced(np.ascontiguousarray(tensor.ids[key]), (*rest[:place], chosen, *rest[place:]))


def _listed(numbers: set[int]) -> str:
    return " and ".join(str(number) for number in sorted(numbers))


def unsqueeze(tensor: Traced, dim: object) -> Traced:
    """Put in an axis of size 1."""
    count, number = len(tensor.axes) + 1, integer("dim", dim)
    if not -count <= number < count:
        raise ValueError(f"unsqueeze finds no place {shown(number)} beside the axes {tensor.shape.named}.")
    at = number % count
    return Traced(np.expand_dims(tensor.ids, at), (*tensor.axes[:at], NEW, *tensor.axes[at:]))


def select(tensor: Traced, dim: object, index: object) -> Traced:
    """Take one position along an axis, which is then gone."""
    axis = tensor.axis(dim)
    position = _position(tensor, axis, index)
    return Traced(tensor.ids[(slice(None),) * axis + (position,)], replaced(tensor.axes, axis))


def narrow(tensor: Traced, dim: object, start: object, length: object) -> Traced:
    """Take `length` positions along an axis, from `start` on."""
    axis, first, count = tensor.axis(dim), integer("start", start), integer("length", length)
    size = tensor.sizes[axis]
    first += size if first < 0 else 0
    if not (0 <= first <= size and 0 <= count <= size - first):
        raise ValueError(f"narrow asks for more than the axis {label(tensor.axes[axis])} of size {size} holds.")
    return _slice(tensor, axis, slice(first, first + count))


def unbind(tensor: Traced, dim: object = 0) -> tuple[Traced, ...]:
    """Take an axis apart into a tuple of tensors."""
    axis = tensor.axis(dim)
    positions = _few(range(tensor.sizes[axis]))
    return tuple(select(tensor, axis, position) for position in positions)


def chunk(tensor: Traced, chunks: object, dim: object = 0) -> tuple[Traced, ...]:
    """Cut an axis into about `chunks` equal pieces."""
    axis, count = tensor.axis(dim), integer("chunks", chunks)
    if count < 1:
        raise ValueError(f"chunks must be 1 or more, but it is {shown(count)}.")
    return split(tensor, max(1, -(-tensor.sizes[axis] // count)), axis)


def split(tensor: Traced, split_size: object, dim: object = 0) -> tuple[Traced, ...]:
    """Cut an axis into pieces of one size, or of the listed sizes."""
    axis = tensor.axis(dim)
    size = tensor.sizes[axis]
    if isinstance(split_size, (list, tuple)):
        ends = list(accumulate(integer("A size", part) for part in split_size))
        if sorted(ends) != ends or ends[-1:] != [size] or ends[0] < 0:
            raise ValueError(f"The pieces must add up to the {size} of the axis {label(tensor.axes[axis])}.")
    else:
        step = integer("split_size", split_size)
        if step < 1:
            raise ValueError(f"split_size must be 1 or more, but it is {shown(step)}.")
        ends = [min(start + step, size) for start in _few(range(0, max(size, 1), step))]
    return tuple(_slice(tensor, axis, slice(start, end)) for start, end in zip([0, *ends], ends))


def _few(positions: range) -> range:
    if len(positions) > MOST_PIECES:
        raise ValueError(f"This cuts a tensor into more than {MOST_PIECES:,} pieces.")
    return positions
