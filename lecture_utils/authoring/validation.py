"""Gates that run a notebook: strict nbval with its cost, and whether it notices that nothing was learned."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat

from lecture_utils.authoring.execution import PeakMemory, cell_timeout, execute, kernel_environment
from lecture_utils.authoring.gates import TRAINED, code_cells
from lecture_utils.authoring.normal_form import tags
from lecture_utils.authoring.project import write_if_changed

MEGABYTES = 500
SECONDS = 60
SECONDS_OF = {"04": 120, "05": 120, "07": 120}  # the notebooks with the large trainings
SECONDS_OF["d_"] = 360  # trains for as many seconds as real corpora want; 04 to 07 train for a number of steps
MEGABYTES_OF = {"05": 540, "d_": 1000}  # ten models side by side; one real corpus after the other
NO_STEP = """\
from lecture_utils import training
assert callable(training._optimiser_step)
training._optimiser_step = lambda *arguments, **options: None
bounds = training._Limits.__init__
def brief(self, steps, seconds=None, *others):  # where nothing is learned, three seconds show it as well as sixty
    bounds(self, steps, None if seconds is None else min(seconds, 3), *others)
training._Limits.__init__ = brief
"""


@dataclass(frozen=True)
class Validation:
    """What strict nbval said about a notebook, and what running it took."""

    passed: bool
    seconds: float  # of the processor: a clock would measure what else a shared machine is doing
    megabytes: float  # the kernel's peak
    text: str


def run_nbval(notebook: Path) -> Validation:
    """Run a notebook by strict nbval, in a process of its own as `pytest --nbval` from a shell would."""
    command = [sys.executable, "-m", "pytest", "--nbval", "--nbval-current-env", str(notebook)]
    command += [f"--nbval-cell-timeout={cell_timeout(notebook.stem)}", "-q", "--color=no", "-p", "no:cacheprovider"]
    environment = kernel_environment() | {"TQDM_DISABLE": "1"}  # no bar that only a slow machine shows
    environment.pop("PYTEST_ADDOPTS", None)  # what was meant for the outer pytest
    started = _processor_seconds()
    with (
        subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, encoding="utf-8"
        ) as process,
        PeakMemory(process.pid) as memory,
    ):
        text, _ = process.communicate()
    seconds = _processor_seconds() - started
    return Validation(process.returncode == 0, seconds, memory.megabytes, _without_colour(text))


def _processor_seconds() -> float:
    """What all finished processes below this one have used; on Windows, which does not say, the clock's time."""
    used = os.times()
    return time.perf_counter() if os.name == "nt" else used.children_user + used.children_system


def _without_colour(text: str) -> str:
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def budget_rows(name: str, validation: Validation) -> list[dict[str, Any]]:
    """Seconds and memory of a notebook beside what they may be."""
    seconds = SECONDS_OF.get(name[:2], SECONDS)
    return [
        _row(f"{name}: nbval", validation.seconds, seconds, "s"),
        _row(f"{name}: kernel memory", validation.megabytes, MEGABYTES_OF.get(name[:2], MEGABYTES), "MB"),
    ]


def _row(name: str, value: float, bar: float, unit: str) -> dict[str, Any]:
    return {"name": name, "value": round(value, 1), "bar": bar, "unit": unit, "ok": value <= bar}


def add_to_report(report: Path, rows: list[dict[str, Any]]) -> None:
    """Put rows into a JSON list, in place of earlier rows of the same names."""
    old = json.loads(report.read_text(encoding="utf-8")) if report.is_file() else []
    merged = {row["name"]: row for row in [*old, *rows]}
    write_if_changed(report, json.dumps([merged[name] for name in sorted(merged)], indent=1) + "\n")


def blind_to_training(notebook: Any, folder: Path, patch: str = NO_STEP) -> list[str]:
    """Run a notebook whose trainings take no step: every cell tagged `trained` must fail its assertion.

    Sentences on the cells that do not. `patch` is the code of a first cell that keeps weights from changing.
    """
    first = nbformat.v4.new_code_cell(patch)
    patched = nbformat.v4.new_notebook(cells=[first, *notebook.cells], metadata=notebook.metadata)
    ran = execute(patched, folder, allow_errors=True).notebook
    (_, patch_cell), *cells = list(code_cells(ran))
    if raised := _error(patch_cell):
        return [f"the training could not be stopped: {raised}"]
    return [
        f"cell [{number}] reports a trained result, but without any training it "
        + (f"raises {raised} where an assertion should fail" if raised else "does not fail")
        for number, (_, cell) in enumerate(cells, start=1)
        if TRAINED in tags(cell) and (raised := _error(cell)) != "AssertionError"
    ]


def _error(cell: Any) -> str:
    """The name of the error a cell ended in; empty when it ended well."""
    return next((output.ename for output in cell.outputs if output.output_type == "error"), "")
