"""A model's weights in a file, with plain facts beside them, so that a training can be gone on with later."""

import dataclasses
import os
import pickle
import pickletools
import reprlib
import warnings
import zipfile
from collections.abc import Mapping
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from lecture_utils.training.history import History

_FORMAT = "lecture_utils checkpoint 1"
_PLAIN = (str, int, float, bool, type(None))


def save_checkpoint(
    path: str | PathLike[str], model: nn.Module, *, history: History | None = None, **facts: Any
) -> None:
    """Write the weights of `model` to a file, with its history and any plain facts by name.

    Facts are text, numbers, True, False, None, tensors, and lists, tuples and mappings of them. The file is
    complete or not there: it is written beside the old one and then takes its place.
    Raises ValueError for facts of other kinds, FileNotFoundError when there is no such folder.
    """
    target = Path(checked_path(path))
    plain = {name: _plain(name, value) for name, value in facts.items()}
    if history is not None:
        plain["history"] = {f.name: getattr(history, f.name) for f in dataclasses.fields(history)}
    beside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        torch.save({"format": _FORMAT, "weights": model.state_dict(), "facts": plain}, beside)
        os.replace(beside, target)
    finally:
        beside.unlink(missing_ok=True)


def load_checkpoint(path: str | PathLike[str], model: nn.Module) -> dict[str, Any]:
    """Put the weights of a file made by `save_checkpoint` into `model`, on its device, and return the facts.

    The facts hold the `History` under "history" when one was saved. Nothing in the file is run as code: it is read
    with `weights_only=True`. Raises FileNotFoundError, or ValueError for a file that is no checkpoint, is cut short,
    wants to run code, or does not fit the model, which then keeps its weights.
    """
    source = Path(_named(path))
    if not source.is_file():
        raise FileNotFoundError(f"There is no checkpoint {source}: {_instead(source)}.")
    weights, facts = _read(source, next((p.device for p in model.parameters()), torch.device("cpu")))
    if mistakes := _misfits(model.state_dict(), weights):
        raise ValueError(f"{source} does not fit the model, which was left as it was: {'; '.join(mistakes)}.")
    model.load_state_dict(weights)
    return facts


def checked_path(path: str | PathLike[str]) -> str:
    """`path` as text, when a file can be written there."""
    target = Path(_named(path))
    if target.is_dir():
        raise ValueError(f"A checkpoint is a file, but {target} is a folder: name a file in it.")
    if not target.parent.is_dir():
        raise FileNotFoundError(f"There is no folder {target.parent} to write {target.name} to: make it first.")
    return str(target)


def _named(path: str | PathLike[str]) -> str | PathLike[str]:
    if not isinstance(path, (str, PathLike)) or not str(path):
        raise ValueError(f"A checkpoint needs the path of a file, got {path!r}.")
    return path


def _read(source: Path, device: torch.device) -> tuple[dict[str, Tensor], dict[str, Any]]:
    """The weights and the facts in a file; a ValueError says what is wrong with it."""
    content = _loaded(source, device)
    try:
        weights, facts = dict(content["weights"]), dict(content["facts"])
        if content["format"] != _FORMAT or not all(isinstance(weight, Tensor) for weight in weights.values()):
            raise ValueError
        if "history" in facts:
            facts["history"] = History(**facts["history"])
    except (TypeError, KeyError, IndexError, ValueError):
        raise ValueError(f"{source} is no checkpoint: save_checkpoint did not write it.") from None
    return weights, facts


def _loaded(source: Path, device: torch.device) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # torch's advice on files that it did not write
            return torch.load(source, map_location=device, weights_only=True)
    except pickle.UnpicklingError:
        if zipfile.is_zipfile(source) or _names_code(source):
            raise ValueError(
                f"{source} was refused: it holds more than weights and plain facts, which could run code when loaded."
            ) from None
    except OSError:  # the file could not be read at all
        raise
    except Exception:  # whatever the bytes of another file happen to mean
        pass
    raise ValueError(f"{source} is no checkpoint, or was cut short.")


def _names_code(source: Path) -> bool:
    """Whether a file is a bare pickle that asks for a function or a class; looking at it runs nothing."""
    with source.open("rb") as file, suppress(ValueError, UnicodeDecodeError):
        return any(opcode.name in ("GLOBAL", "STACK_GLOBAL") for opcode, _, _ in pickletools.genops(file))
    return False


def _misfits(own: Mapping[str, Tensor], loaded: Mapping[str, Tensor]) -> list[str]:
    """What does not fit, in words: names missing or unexpected, and shapes that differ."""
    found = []
    if missing := [name for name in own if name not in loaded]:
        found.append(f"the file lacks {', '.join(missing)}")
    if unexpected := [name for name in loaded if name not in own]:
        found.append(f"the model lacks {', '.join(unexpected)}")
    for name in own:
        if name in loaded and loaded[name].shape != own[name].shape:
            shapes = f"{tuple(loaded[name].shape)} in the file and {tuple(own[name].shape)} in the model"
            found.append(f"{name} has shape {shapes}")
    return found


def _plain(name: str, value: Any) -> Any:
    """The value of a fact in a form that can be read back without running code."""
    if isinstance(value, np.generic):  # one number of NumPy's
        value = value.item()
    if isinstance(value, Mapping):
        return {_plain(name, key): _plain(name, held) for key, held in value.items()}
    if isinstance(value, (list, tuple)):
        parts = [_plain(name, part) for part in value]
        return parts if isinstance(value, list) else tuple(parts)
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Tensor):
        return value.detach()
    got = f"{reprlib.repr(value)}, a {type(value).__name__}"
    raise ValueError(f"{name} must be text, a number, a tensor, or a list or mapping of them, got {got}.")


def _instead(source: Path) -> str:
    """Where to look: the folder, if it is missing, or what it holds."""
    if source.is_dir():
        return "that is a folder"
    if not source.parent.is_dir():
        return f"there is no folder {source.parent} either"
    return "save_checkpoint makes one"
