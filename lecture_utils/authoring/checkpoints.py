"""`authoring checkpoints`: train what is missing or stale into notebooks/checkpoints/; `--check` says what is."""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from lecture_utils.authoring.experiments import plain, versions
from lecture_utils.authoring.figures import Say
from lecture_utils.authoring.project import AuthoringError
from lecture_utils.authoring.sources import digest
from lecture_utils.models import trained
from lecture_utils.models.trained import LARGEST, Stored, Trained

FOLDER = "notebooks/checkpoints"
COMMAND = "python -m lecture_utils.authoring checkpoints"


@dataclass(frozen=True)
class Checkpoint:
    """A recipe and the file that it fills."""

    root: Path
    recipe: Trained

    @property
    def path(self) -> Path:
        """Where the weights are stored."""
        return self.root / FOLDER / f"{self.recipe.name}.safetensors"

    @cached_property
    def wanted(self) -> dict[str, Any]:
        """What the file must say besides model, figure and versions, to be up to date."""
        sources = [digest(self.root, module) for module in self.recipe.sources]
        return {
            "about": self.recipe.about,
            "unit": self.recipe.unit,
            "tolerance": self.recipe.tolerance,
            "settings": plain(dict(self.recipe.settings), "settings"),
            "source": hashlib.sha256(" ".join(sources).encode()).hexdigest(),
        }

    def read(self) -> Stored | None:
        """What the file holds; None without a file."""
        if not self.path.is_file():
            return None
        try:
            stored = Stored(self.path)
            complete = {*self.wanted, "model", "figure", "versions"} <= set(stored.facts)
        except Exception:  # whatever safetensors may raise for a broken file
            complete = False
        if not complete:
            raise AuthoringError("cannot be read: delete it, or take it back from git.")
        return stored

    def faults(self) -> list[str]:
        """Sentences on the file, each with a verb and without a subject; none when all is well."""
        try:
            stored = self.read()
        except AuthoringError as error:
            return [str(error)]
        if stored is None:
            return ["is missing."]
        found = []
        if changed := [key for key, value in self.wanted.items() if stored.facts[key] != value]:
            found.append(f"is stale: {' and '.join(changed)} changed since it was trained.")
        if self.path.read_bytes() != trained.file_of(stored.facts, stored.weights):
            found.append("is not in its normal form: was it edited by hand?")
        if (size := self.path.stat().st_size) > LARGEST:
            found.append(f"has {size:,} bytes, and may have {LARGEST:,} at most.")
        return found

    def write(self, model: Any, figure: float) -> None:
        """Store a model and its figure."""
        facts = {**self.wanted, "model": self.recipe.facts(model), "figure": figure, "versions": versions()}
        data = trained.file_of(json.loads(json.dumps(facts)), model.state_dict())
        if len(data) > LARGEST:
            raise AuthoringError(f"{self.recipe.name} has {len(data):,} bytes, and may have {LARGEST:,} at most.")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        beside = self.path.with_suffix(".part")
        beside.write_bytes(data)
        os.replace(beside, self.path)  # whole, or not at all


def choose(root: Path, names: Sequence[str]) -> list[Checkpoint]:
    """The checkpoints that `names` asks for, each by its name or by the path of its file; all when it is empty."""
    chosen = dict.fromkeys(Path(name).stem for name in names) or dict.fromkeys(trained.TRAINED)
    try:
        return [Checkpoint(root, trained.find(name)) for name in chosen]
    except ValueError as error:
        raise AuthoringError(str(error)) from None


def orphans(root: Path) -> list[Path]:
    """Files that belong to no recipe."""
    return sorted(path for path in (root / FOLDER).glob("*") if path.name not in _files())


def _files() -> set[str]:
    return {f"{name}.safetensors" for name in trained.TRAINED}


def check(root: Path, say: Say, names: Sequence[str] = ()) -> int:
    """Say which checkpoints are missing, stale, too large or orphaned, without training anything; their number."""
    found = [f"{FOLDER}/{c.path.name} {fault}" for c in choose(root, names) for fault in c.faults()]
    if not names:
        found += [f"{FOLDER}/{path.name} is orphaned: no trained model has that name." for path in orphans(root)]
    for sentence in found:
        say(sentence)
    if found:
        say(f"Run `{COMMAND}`.")
    return len(found)


def run(root: Path, say: Say, names: Sequence[str] = (), *, refresh: bool = False) -> int:
    """Train what is missing or stale; with `refresh` train everything; the number that failed."""
    checkpoints = choose(root, names)
    failed = 0
    for checkpoint in checkpoints:
        if refresh or checkpoint.faults():
            failed += not _train(checkpoint, say, refresh)
    for path in [] if names else orphans(root):
        path.unlink()
        say(f"{FOLDER}/{path.name} deleted: no trained model has that name.")
    say(f"{len(checkpoints) - failed} of {len(checkpoints)} checkpoints are up to date.")
    return failed


def _train(checkpoint: Checkpoint, say: Say, refresh: bool) -> bool:
    """Train, measure, store; whether the figure is the one stored before, where that was asked."""
    from lecture_utils.experiments.speed import one_thread  # late: it imports more than `--check` needs

    recipe = checkpoint.recipe
    before = _figure_before(checkpoint) if refresh else None
    say(f"{recipe.name}: training …")
    started = time.process_time()
    with one_thread():
        model = recipe.train(recipe.settings).cpu().eval()
        figure = float(f"{recipe.measure(model):.6g}")
    seconds = time.process_time() - started
    say(f"{recipe.name}: {figure:.3f} {recipe.unit}, in {seconds:.0f} processor seconds")
    if before is not None and abs(figure - before) > recipe.tolerance:
        say(f"{recipe.name}: FAILED, the file says {before:.3f}, and {recipe.tolerance:g} either way is allowed.")
        return False
    checkpoint.write(model, figure)
    say(f"{FOLDER}/{checkpoint.path.name} written")
    return True


def _figure_before(checkpoint: Checkpoint) -> float | None:
    """The stored figure, if it was reached by the same recipe."""
    try:
        stored = checkpoint.read()
    except AuthoringError:
        return None
    same = stored is not None and stored.facts["settings"] == checkpoint.wanted["settings"]
    return float(stored.facts["figure"]) if stored is not None and same else None
