"""What the settings and the numbers of a text must be, said in a sentence when they are something else."""

import operator
import reprlib
from typing import Any

import torch
from torch import Tensor


def checked_count(name: str, value: object) -> int:
    """`value` as an int from 1 on, or a ValueError that says what `name` must be."""
    number = whole_number(value)
    if number is None or number < 1:
        raise ValueError(f"{name} must be a whole number from 1 on, got {value!r}.")
    return number


def checked_seed(value: object) -> int:
    """`value` as an int that can start every generator, or a ValueError."""
    number = whole_number(value)
    if number is None or not 0 <= number < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, got {value!r}.")
    return number


def whole_number(value: Any) -> int | None:
    """A whole number of Python, NumPy or PyTorch as Python's; None for all else, True and 3.0 among it."""
    if isinstance(value, bool) or (isinstance(value, Tensor) and value.dtype == torch.bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None


def whole_numbers(name: str, values: Any, advice: str) -> Tensor:
    """`values` as a tensor (count,), int64, on the CPU, or a ValueError that ends with `advice`."""
    if isinstance(values, str):
        raise ValueError(f"{name} must be numbers, got a string: {advice}.")
    try:
        numbers = torch.as_tensor(values)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        raise ValueError(
            f"{name} must be one sequence of whole numbers, got {reprlib.repr(values)}: {advice}."
        ) from None
    whole = not (numbers.is_floating_point() or numbers.is_complex() or numbers.dtype == torch.bool)
    if numbers.dim() != 1 or (len(numbers) and not whole):  # an empty list has no type of its own
        got = f"shape {tuple(numbers.shape)} of {numbers.dtype}"
        raise ValueError(f"{name} must be one sequence of whole numbers, got {got}: {advice}.")
    return numbers.to("cpu", torch.int64)
