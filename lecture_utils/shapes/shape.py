"""A shape whose axes have names, and the checks that turn a bad size into a sentence."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable

LARGEST_SIZE = 1_000_000
LARGEST_DEPTH = 1_000


class Shape(tuple[int, ...]):
    """The sizes of a tensor, equal to the plain tuple, with one name per axis in `.axes`.

    >>> Shape((5, 3, 20), ("time", "batch", "feature")).named
    '(time 5, batch 3, feature 20)'
    """

    axes: tuple[str, ...]

    def __new__(cls, sizes: Iterable[int], axes: Iterable[str]) -> Shape:
        """Build the shape; ValueError if there is not exactly one name per size."""
        shape = super().__new__(cls, sizes)
        shape.axes = tuple(axes)
        if len(shape.axes) != len(shape):
            raise ValueError(f"A shape needs one name per axis: {len(shape)} sizes, {len(shape.axes)} names.")
        return shape

    def __getnewargs__(self) -> tuple[tuple[int, ...], tuple[str, ...]]:
        return tuple(self), self.axes

    @property
    def named(self) -> str:
        """The sizes beside their axes, e.g. "(time 5, batch 3, feature 20)"."""
        return "(" + ", ".join(f"{axis} {size}" for axis, size in zip(self.axes, self)) + ")"

    @property
    def elements(self) -> int:
        """How many numbers a tensor of this shape holds."""
        return math.prod(self)


def shown(value: object) -> str:
    """Name a value in a sentence: short, on one line, whatever was handed in."""
    if isinstance(value, int) and abs(value) >= 10**15:
        return f"a whole number of {value.bit_length()} bits"  # str() of a huge int can itself fail
    try:
        text = repr(value)
    except Exception:  # a stranger's __repr__ may raise anything, and the sentence must still come out
        return f"an object of type {type(value).__name__}"
    text = " ".join(text.split())
    short = text if len(text) <= 40 else text[:37] + "…"
    return f"the text {short}" if isinstance(value, str) else short


def whole(name: str, value: object, low: int = 1, high: int = LARGEST_SIZE) -> int:
    """Return `value` as an int from `low` to `high`, else raise ValueError with a sentence naming `name`."""
    wanted = f"{name} must be a whole number from {low:,} to {high:,}"
    if isinstance(value, bool) or type(value).__name__ in ("bool", "bool_"):
        raise ValueError(f"{wanted}, but it is {shown(value)}.")
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except Exception:  # arrays and tensors raise errors of their own here
        raise ValueError(f"{wanted}, but it is {shown(value)}.") from None
    if not low <= number <= high:
        raise ValueError(f"{wanted}, but it is {number if abs(number) < 10**15 else shown(number)}.")
    return number


def flag(name: str, value: object) -> bool:
    """Return `value` as a bool, else raise ValueError with a sentence naming `name`."""
    numpy_bool = type(value).__module__ == "numpy" and type(value).__name__ in ("bool", "bool_")
    if isinstance(value, bool) or numpy_bool:
        return bool(value)
    raise ValueError(f"{name} must be True or False, but it is {shown(value)}.")


def choice(name: str, value: object, allowed: tuple[str, ...]) -> str:
    """Return `value` in lower case if it is one of `allowed`, else raise ValueError with a sentence."""
    if isinstance(value, str) and value.lower() in allowed:
        return value.lower()
    options = ", ".join(f'"{option}"' for option in allowed[:-1]) + f' or "{allowed[-1]}"'
    raise ValueError(f"{name} must be {options}, but it is {shown(value)}.")


def fraction(name: str, value: object) -> float:
    """Return `value` as a float from 0 to 1, else raise ValueError with a sentence naming `name`."""
    wanted = f"{name} must be a number from 0 to 1"
    try:
        if isinstance(value, (str, bytes, bool)) or not 0 <= value <= 1:  # type: ignore[operator]
            raise ValueError
        return float(value)  # type: ignore[arg-type]
    except Exception:  # not comparable, not a number, or out of range: one sentence for all
        raise ValueError(f"{wanted}, but it is {shown(value)}.") from None
