"""Where a model is trained and from which random numbers: the device, the seed, and what belongs to both."""

import difflib
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence

from lecture_utils.text import checked_seed

DEVICES = ("cuda", "mps", "cpu")

_MOVED_WHOLE: tuple[type[Any], ...] = (Tensor, PackedSequence)


def pick_device() -> torch.device:
    """The fastest device here: CUDA, else Apple's MPS, else the CPU; LECTURE_UTILS_DEVICE overrides."""
    wish = os.environ.get("LECTURE_UTILS_DEVICE", "").strip().lower()
    if wish and wish not in DEVICES:
        near = difflib.get_close_matches(wish, DEVICES, n=1)
        guess = f" Did you mean {near[0]}?" if near else ""
        raise ValueError(f"LECTURE_UTILS_DEVICE must be cpu, cuda or mps, got {wish!r}.{guess}")
    if wish and not _present(wish):
        raise RuntimeError(
            f"LECTURE_UTILS_DEVICE asks for {wish}, but PyTorch {torch.__version__} finds no such device here: "
            "set it to cpu, or unset it to take what is there."
        )
    return torch.device(wish or next(name for name in DEVICES if _present(name)))


def _present(device: str) -> bool:
    if device == "cuda":
        return torch.cuda.is_available()
    return device == "cpu" or torch.backends.mps.is_available()


def seed_everything(seed: int) -> None:
    """Start the random numbers of Python, NumPy and PyTorch from `seed`, a whole number below 2**32."""
    number = checked_seed(seed)
    random.seed(number)
    np.random.seed(number)
    torch.manual_seed(number)


@contextmanager
def same_random_numbers_after(device: torch.device) -> Iterator[None]:
    """Put back what Python, NumPy (its global generator) and PyTorch (on the CPU and on `device`) draw next."""
    python, numpy = random.getstate(), np.random.get_state()
    apple = torch.mps.get_rng_state() if device.type == "mps" else None  # fork_rng looks after CUDA alone
    try:
        with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        if apple is not None:
            torch.mps.set_rng_state(apple)


def batch_to_device(batch: Any, device: torch.device) -> tuple[Any, ...]:
    """A batch with its tensors and packed sequences on `device`, those inside inner tuples, lists and dicts too."""
    if not isinstance(batch, (tuple, list)) or isinstance(batch, PackedSequence):
        raise ValueError(f"Each batch must be a tuple such as (inputs, targets), got {type(batch).__name__}.")
    return tuple(_moved(part, device) for part in batch)


def _moved(part: Any, device: torch.device) -> Any:
    if isinstance(part, _MOVED_WHOLE):
        return part.to(device)
    if isinstance(part, dict):
        return {key: _moved(value, device) for key, value in part.items()}
    if not isinstance(part, (tuple, list)):
        return part
    parts = [_moved(inner, device) for inner in part]
    if all(new is old for new, old in zip(parts, part)):
        return part
    return type(part)._make(parts) if hasattr(part, "_make") else type(part)(parts)
