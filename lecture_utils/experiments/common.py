"""What an experiment is, and how a notebook reads the figures that `authoring experiments` stored."""

from __future__ import annotations

import difflib
import json
import pkgutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from statistics import fmean, median
from typing import Any, NamedTuple

PACKAGE = "lecture_utils.experiments"
FOLDER = Path(__file__).resolve().parents[2] / "notebooks" / "results"


@dataclass(frozen=True)
class Experiment:
    """A question, the settings that answer it, and a function that measures it for one seed.

    `run(seed=…, **config)` returns numbers, lists of numbers, or mappings of them with text keys: what JSON holds.
    It prints nothing, and equal arguments give equal figures, unless the experiment measures time (`timed`).
    """

    question: str
    config: Mapping[str, Any]
    seeds: tuple[int, ...]
    run: Callable[..., dict[str, Any]] = field(repr=False)
    timed: bool = False  # seconds and ratios of them differ from run to run

    def measure(self, seed: int, **changes: Any) -> dict[str, Any]:
        """The figures of one seed; `changes` replace settings, for a small run in a notebook."""
        if unknown := sorted(set(changes) - set(self.config)):
            raise ValueError(f"unknown settings {', '.join(unknown)}; there are: {', '.join(self.config)}.")
        return self.run(seed=seed, **{**self.config, **changes})


class Band(NamedTuple):
    """The spread of one figure over the seeds."""

    low: float
    middle: float  # the median
    high: float

    def holds(self, value: float, *, margin: float = 0.0) -> bool:
        """Whether a figure lies in the band, widened on both sides by `margin`, in the figure's own unit."""
        return self.low - margin <= value <= self.high + margin


@dataclass(frozen=True)
class Stored:
    """The figures in `notebooks/results/<name>.json`: a mapping for each seed, in the order of the seeds."""

    name: str
    question: str
    config: Mapping[str, Any]
    seeds: tuple[int, ...]
    runs: tuple[Mapping[str, Any], ...] = field(repr=False)

    def values(self, *path: str | int) -> list[Any]:
        """The figure at `path` (keys and places, one below the other), one for each seed."""
        return [_at(run, path) for run in self.runs]

    def band(self, *path: str | int) -> Band:
        """The lowest, the median and the highest of a figure over the seeds."""
        values = self._numbers(*path)
        return Band(min(values), median(values), max(values))

    def mean(self, *path: str | int) -> float:
        """A figure's mean over the seeds."""
        return fmean(self._numbers(*path))

    def _numbers(self, *path: str | int) -> list[float]:
        values = self.values(*path)
        for value in values:
            if not isinstance(value, int | float):
                raise ValueError(f"{path} must lead to a number in every run, but one holds {_described(value)}.")
        return values


def names() -> list[str]:
    """Every experiment there is: the names of the files beside this one."""
    folder = str(Path(__file__).parent)
    return sorted(m.name for m in pkgutil.iter_modules([folder]) if m.name != "common" and m.name[0] != "_")


def find(name: str) -> Experiment:
    """The experiment of that name, from its file; an unknown name raises ValueError, which lists them all."""
    if name not in names():
        raise ValueError(_unknown(name, names()))
    experiment = getattr(import_module(f"{PACKAGE}.{name}"), "EXPERIMENT", None)
    if not isinstance(experiment, Experiment):
        raise ValueError(f"lecture_utils/experiments/{name}.py defines no EXPERIMENT.")
    return experiment


def stored(name: str) -> Stored:
    """The stored figures of an experiment.

    Raises ValueError for an unknown name, FileNotFoundError where nothing was stored yet.
    """
    path = FOLDER / f"{name}.json"
    if not path.is_file():
        known = names()
        if name not in known:
            raise ValueError(_unknown(name, known))
        raise FileNotFoundError(
            f"No figures of {name!r} yet: run `python -m lecture_utils.authoring experiments {name}`."
        )
    data = json.loads(path.read_text(encoding="utf-8"))
    return Stored(name, data["question"], data["config"], tuple(data["seeds"]), tuple(data["runs"]))


def check_name(name: str, given: object, known: Iterable[str]) -> None:
    """Raise ValueError unless the argument called `name` is one of the `known` names; the sentence lists them all."""
    there = list(known)
    if given not in there:
        near = difflib.get_close_matches(str(given), there, n=1)
        guess = f" Did you mean {near[0]!r}?" if near else ""
        raise ValueError(f"{name} must be one of {', '.join(there)}, got {given!r}.{guess}")


def check_names(name: str, given: object, known: Iterable[str]) -> None:
    """Raise ValueError unless the argument called `name` is a list, and all that it holds is `known`."""
    there = list(known)
    if isinstance(given, str) or not isinstance(given, Iterable):
        raise ValueError(f"{name} must be a list of names, such as {there[:1]}, got {given!r}.")
    for each in given:
        check_name(f"each of {name}", each, there)


def _at(figures: Any, path: tuple[str | int, ...]) -> Any:
    for depth, key in enumerate(path):
        try:
            figures = figures[key]
        except (KeyError, IndexError, TypeError):
            there = ", ".join(map(repr, figures)) if isinstance(figures, Mapping) else _described(figures)
            raise ValueError(f"there is no {key!r} at {path[:depth]}; there is: {there}.") from None
    return figures


def _described(figures: Any) -> str:
    return f"a list of {len(figures)}" if isinstance(figures, list) else repr(figures)


def _unknown(name: str, known: list[str]) -> str:
    near = difflib.get_close_matches(str(name), known, n=1)
    guess = f" Did you mean {near[0]!r}?" if near else ""
    return f"There is no experiment called {name!r}.{guess} There is: {', '.join(known)}."
