"""`authoring experiments`: run what is missing or stale into notebooks/results/; with `--check`, say what is."""

from __future__ import annotations

import json
import math
import platform
import re
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import FrameType
from typing import Any

from tqdm import tqdm

from lecture_utils.authoring.figures import Say
from lecture_utils.authoring.project import AuthoringError, write_if_changed
from lecture_utils.authoring.sources import digest
from lecture_utils.experiments import common
from lecture_utils.experiments.common import Experiment

FOLDER = "notebooks/results"
DIGITS = 6  # significant ones: more would say nothing, and differ from machine to machine
COMMAND = "python -m lecture_utils.authoring experiments"


_INNERMOST_LIST = re.compile(r"\[\n[^\[\]{}]*\n *\]")  # text holds no newline as such, so no text is matched


class Interrupted(BaseException):
    """Ctrl-C. Not a KeyboardInterrupt: `fit` makes the best of that, and half a training is no figure."""


@dataclass(frozen=True)
class Result:
    """An experiment and the file of its figures."""

    root: Path
    name: str
    experiment: Experiment

    @property
    def path(self) -> Path:
        """Where the figures are stored."""
        return self.root / FOLDER / f"{self.name}.json"

    @cached_property
    def wanted(self) -> dict[str, Any]:
        """What the file must say besides figures and versions, to be up to date."""
        experiment = self.experiment
        return {
            "question": experiment.question,
            "config": plain(dict(experiment.config), "config"),
            "seeds": list(experiment.seeds),
            "source": digest(self.root, f"{common.PACKAGE}.{self.name}"),
        }

    def read(self) -> dict[str, Any] | None:
        """What the file says; None without a file."""
        if not self.path.is_file():
            return None
        try:
            data = json.loads(self.path.read_text(encoding="utf-8"))
            complete = {*self.wanted, "runs", "versions"} <= set(data) and len(data["seeds"]) == len(data["runs"])
        except (ValueError, TypeError):
            complete = False
        if not complete:
            raise AuthoringError("cannot be read: delete it, or take it back from git.")
        return dict(data)

    def faults(self) -> list[str]:
        """Sentences on the file, each with a verb and without a subject; none when all is well."""
        try:
            data = self.read()
        except AuthoringError as error:
            return [str(error)]
        if data is None:
            return ["is missing."]
        if causes := self._causes(data):
            return [f"is stale: {' and '.join(causes)} changed since it was measured."]
        if data["seeds"] != self.wanted["seeds"]:
            return [f"is incomplete: it has {_seeds(data['seeds'])} of {_seeds(self.wanted['seeds'])}."]
        if self.path.read_text(encoding="utf-8") != text_of(data):
            return ["is not in its normal form: was it edited by hand?"]
        return []

    def _causes(self, data: Mapping[str, Any]) -> list[str]:
        found = ["the question"] if data["question"] != self.wanted["question"] else []
        found += ["the code"] if data["source"] != self.wanted["source"] else []
        if settings := _differing(data["config"], self.wanted["config"]):
            found.append(f"the settings ({', '.join(settings)})")
        if surplus := [seed for seed in data["seeds"] if seed not in self.wanted["seeds"]]:
            found.append(f"the seeds ({', '.join(map(str, surplus))} dropped)")
        return found

    def kept(self) -> dict[int, Any]:
        """The figures that are still good, by seed: those of the same code, settings and versions."""
        try:
            data = self.read()
        except AuthoringError:
            data = None
        if data is None or data["versions"] != versions():
            return {}
        same = all(data[key] == self.wanted[key] for key in ("config", "source"))
        return dict(zip(data["seeds"], data["runs"])) if same else {}

    def write(self, runs: Mapping[int, Any]) -> None:
        """Store the figures of the seeds there are, in the experiment's order."""
        seeds = [seed for seed in self.wanted["seeds"] if seed in runs]
        data = {**self.wanted, "seeds": seeds, "runs": [runs[seed] for seed in seeds], "versions": versions()}
        write_if_changed(self.path, text_of(data))


def choose(root: Path, names: Sequence[str]) -> list[Result]:
    """The experiments that `names` asks for, each by its name or by the path of its file; all when it is empty."""
    chosen = dict.fromkeys(Path(name).stem for name in names) or dict.fromkeys(common.names())
    return [Result(root, name, _found(name)) for name in chosen]


def _found(name: str) -> Experiment:
    try:
        return common.find(name)
    except ValueError as error:
        raise AuthoringError(str(error)) from None
    except Exception as error:  # whatever importing a file may raise
        what = f"{type(error).__name__}: {error}"
        raise AuthoringError(f"lecture_utils/experiments/{name}.py cannot be imported: {what}.") from error


def orphans(root: Path) -> list[Path]:
    """Files of figures that belong to no experiment."""
    return sorted(path for path in (root / FOLDER).glob("*.json") if path.stem not in common.names())


def check(root: Path, say: Say, names: Sequence[str] = ()) -> int:
    """Say which results are missing, stale, incomplete or orphaned, without running anything; their number."""
    results = choose(root, names)
    found = [f"{FOLDER}/{r.name}.json {fault}" for r in results for fault in r.faults()]
    if not names:
        found += [f"{FOLDER}/{path.name} is orphaned: no experiment has that name." for path in orphans(root)]
    for sentence in found:
        say(sentence)
    if found:
        say(f"Run `{COMMAND}`.")
    return len(found)


def run(root: Path, say: Say, names: Sequence[str] = (), *, refresh: bool = False) -> int:
    """Measure what is missing or stale, delete what is orphaned; the number of experiments that are not complete."""
    results = choose(root, names)
    todo = [result for result in results if refresh or result.faults()]
    failed = 0
    for i, result in enumerate(todo):
        try:
            failed += not _measure(result, say, refresh)
        except (Interrupted, KeyboardInterrupt):
            say("Stopped by hand: what was complete is kept, the rest waits for the next run.")
            return failed + len(todo) - i
    for path in [] if names else orphans(root):
        path.unlink()
        say(f"{FOLDER}/{path.name} deleted: no experiment has that name.")
    say(f"{len(results) - failed} of {len(results)} experiments are up to date.")
    return failed


def _measure(result: Result, say: Say, refresh: bool) -> bool:
    """Run the seeds that have no figures yet and store each as soon as it is there; whether all went well."""
    from lecture_utils.experiments.speed import one_thread  # late: `--check` does without torch

    runs = {} if refresh else result.kept()
    missing = [seed for seed in result.wanted["seeds"] if seed not in runs]
    if runs:
        result.write(runs)  # those that stay, with what else has changed
    say(f"{result.name}: {f'measuring {_seeds(missing)} …' if missing else 'nothing to measure.'}")
    with one_thread(), _interruptible(), tqdm(missing, unit="seed", leave=False, disable=None) as line:
        for seed in line:
            line.set_description(f"{result.name}, seed {seed}")
            try:
                runs[seed] = plain(result.experiment.measure(seed), "figures")
            except Exception as error:
                said = error if isinstance(error, AuthoringError) else traceback.format_exc()
                say(f"{result.name}: FAILED at seed {seed}, nothing written for it. {said}")
                return False
            result.write(runs)
    say(f"{FOLDER}/{result.name}.json written")
    return True


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let Ctrl-C end the whole experiment, also while `fit` runs."""
    if threading.current_thread() is not threading.main_thread():
        yield  # where signals cannot be caught
        return
    before = signal.signal(signal.SIGINT, _interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Interrupted


def plain(value: Any, where: str) -> Any:
    """`value` as JSON holds it, floats rounded; anything else is an AuthoringError that says where it is."""
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return float(f"{value:.{DIGITS}g}")
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: plain(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item, f"{where}[{i}]") for i, item in enumerate(value)]
    got = value if isinstance(value, float) else f"of type {type(value).__name__}"
    raise AuthoringError(f"{where} is {got}: JSON holds finite numbers, text, lists, and mappings with text keys.")


def text_of(data: Any) -> str:
    """The file's text: sorted keys, indented, each list of figures on a line, one newline at the end."""
    text = json.dumps(plain(data, "result"), indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return _INNERMOST_LIST.sub(lambda found: _one_line(found.group()), text) + "\n"


def _one_line(items: str) -> str:
    first, *between, last = (line.strip() for line in items.split("\n"))
    return first + " ".join(between) + last


def versions() -> dict[str, str]:
    """The versions that figures may depend on."""
    import numpy
    import torch

    python = ".".join(platform.python_version_tuple()[:2])
    return {"python": python, "torch": torch.__version__.split("+")[0], "numpy": numpy.__version__}


def _differing(old: Any, new: Mapping[str, Any]) -> list[str]:
    if not isinstance(old, Mapping):
        return ["all"]
    return sorted(key for key in {*old, *new} if key not in old or key not in new or old[key] != new[key])


def _seeds(seeds: Sequence[int]) -> str:
    return f"seed{'' if len(seeds) == 1 else 's'} {', '.join(map(str, seeds)) or 'none'}"
