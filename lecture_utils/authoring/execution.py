"""Run a notebook in a fresh kernel with one thread, and measure it."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
import psutil  # type: ignore[import-untyped]
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

from lecture_utils.authoring.project import AuthoringError

CELL_TIMEOUT = 120  # seconds
TIMEOUT_OF = {"d_": 400}  # a training bounded by processor seconds takes several times as long on a busy machine


def cell_timeout(name: str) -> int:
    """The seconds that a cell of the notebook of this name may take."""
    return TIMEOUT_OF.get(name[:2], CELL_TIMEOUT)


def kernel_environment() -> dict[str, str]:
    """The environment of every kernel: one thread, since more cost more than they bring at these sizes."""
    return {**os.environ, "OMP_NUM_THREADS": "1"}


@dataclass(frozen=True)
class Execution:
    """A notebook with its raw outputs, and what running it took."""

    notebook: Any
    seconds: float
    megabytes: float  # the kernel's peak


class PeakMemory:
    """Measures, while it is open, the largest resident size of any process below `pid` (default: this one)."""

    def __init__(self, pid: int | None = None) -> None:
        self.parent = psutil.Process(pid)
        self.megabytes = 0.0  # of 2**20 bytes, as task managers count
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> PeakMemory:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            with contextlib.suppress(psutil.Error):
                for process in self.parent.children(recursive=True):
                    with contextlib.suppress(psutil.Error):  # gone since it was listed
                        self.megabytes = max(self.megabytes, process.memory_info().rss / 2**20)


def execute(notebook: Any, folder: Path, *, timeout: int = CELL_TIMEOUT, allow_errors: bool = False) -> Execution:
    """Run all cells of a copy of `notebook`, with `folder` as the current directory.

    Raises `AuthoringError`, which names the cell, when a cell fails, takes over `timeout` seconds or ends the kernel.
    """
    client = _Client(
        nbformat.from_dict(notebook),
        timeout=timeout,
        kernel_name="python3",
        allow_errors=allow_errors,
        record_timing=False,
        store_widget_state=True,  # without it an Output widget ends in a KeyError; `build` leaves the state out
        resources={"metadata": {"path": str(folder)}},
    )
    started = time.perf_counter()
    with PeakMemory() as memory:
        try:
            # What a kernel itself says on stderr is about sockets; what cells say comes as messages.
            client.execute(env=kernel_environment(), stderr=subprocess.DEVNULL)
        except (CellExecutionError, CellTimeoutError, DeadKernelError) as error:
            raise AuthoringError(_failure(client, error, timeout)) from error
    return Execution(client.nb, time.perf_counter() - started, memory.megabytes)


class _Client(NotebookClient):
    """A client that remembers which cell is running."""

    running = 0

    async def async_execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
        self.running = cell_index
        return await super().async_execute_cell(cell, cell_index, *args, **kwargs)


def _failure(client: _Client, error: Exception, timeout: int) -> str:
    cells = client.nb.cells[: client.running + 1]
    number = sum(cell.cell_type == "code" and bool(cell.source.strip()) for cell in cells)
    lines = cells[-1].source.strip().splitlines()
    if isinstance(error, CellExecutionError):
        what = f"{error.ename}: {error.evalue}"
    elif isinstance(error, CellTimeoutError):
        what = f"it took longer than {timeout} s"
    else:
        what = "the kernel died (out of memory?)"
    shown = "".join(f"\n    {line}" for line in lines[:3] + ["…"] * (len(lines) > 3))
    return f"cell [{number}] fails: {what}{shown}"
