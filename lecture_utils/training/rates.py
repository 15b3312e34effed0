"""The learning rate as a function of how far the training has come."""

import math
from collections.abc import Callable
from typing import Any, SupportsFloat

import numpy as np
from torch import Tensor

Rate = Callable[[float], float]  # progress, from 0 at the first step to 1 at the end -> learning rate


def falling(peak: float, warm_up: float = 0.0) -> Rate:
    """The usual course of a learning rate: up in a straight line to `peak`, then down in one to 0 at the end.

    The rise takes the share `warm_up` of the training, from 0 up to but not 1; the training begins at the peak
    without one, else at 0. Give it to `fit` as `lr`. Raises ValueError for impossible settings.
    """
    if not (is_number(peak) and 0 < peak < math.inf):
        raise ValueError(f"peak, the highest learning rate, must be a number above 0, got {peak!r}.")
    if not (is_number(warm_up) and 0 <= warm_up < 1):
        raise ValueError(f"warm_up must be a share of the training, from 0 up to but not 1, got {warm_up!r}.")

    def rate(progress: float) -> float:
        if progress < warm_up:
            return peak * progress / warm_up
        return peak * max(0.0, 1 - progress) / (1 - warm_up)

    return rate


def checked_lr(lr: object) -> None:
    """Raise ValueError unless `lr` is a number above 0, or can be called."""
    if callable(lr) or (is_number(lr) and 0 < lr < math.inf):  # type: ignore[operator]
        return
    or_function = "" if is_number(lr) else ", or a function from the progress (0 to 1) to one"
    raise ValueError(f"lr, the learning rate, must be a number above 0{or_function}, got {lr!r}.")


def rate_at(lr: Rate, progress: float) -> float:
    """What the function says at `progress`, or a ValueError unless it is a finite number from 0 on."""
    value: Any = lr(progress)
    several = isinstance(value, (Tensor, np.ndarray)) and math.prod(value.shape) != 1
    wrong_kind = several or isinstance(value, bool) or not isinstance(value, SupportsFloat)
    if wrong_kind or not 0 <= float(value) < math.inf:
        raise ValueError(f"lr must return a finite number from 0 on, but at progress {progress:.3g} gave {value!r}.")
    return float(value)


def is_number(value: object) -> bool:
    """Whether `value` is an int or a float; True and False are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)
