"""`make bench-tasks`: train every model of the lecture on real corpora for the time allowed, and hold it to its bars.

Two threads, one task at a time, wall time, medians of three seeds. With `--processor-time` a training may take as many
processor seconds with one thread: fairer on a machine that has other work. Results go to reports/bench.json.
"""

from __future__ import annotations

import argparse
import pkgutil
import sys
import time
from importlib import import_module

import torch

from tests import bench_tasks
from tests.bench_layers import save
from tests.bench_tasks.common import Clock, Task, medians, missed

SEEDS = (0, 1, 2)


def tasks() -> list[Task]:
    """Every task, from the files beside this one: each holds `TASKS`."""
    names = sorted(m.name for m in pkgutil.iter_modules(bench_tasks.__path__) if m.name not in ("common", "__main__"))
    return [task for name in names for task in import_module(f"tests.bench_tasks.{name}").TASKS]


class Row:
    """One task's line in the report."""

    def __init__(self, task: Task, runs: list[dict[str, float]]) -> None:
        self.task, self.runs, self.figures = task, runs, medians(runs)
        self.missed = missed(task, self.figures)
        self.ok = not self.missed

    def _asdict(self) -> dict[str, object]:
        bars = [f"{bar.figure} {bar.sense} {bar.bar:g}" for bar in self.task.bars]
        return {"task": self.task.name, "medians": self.figures, "runs": self.runs, "bars": bars}

    def __str__(self) -> str:
        lines = [f"{self.task.name}: {'ok' if self.ok else 'MISSED'}"]
        for figure, value in self.figures.items():
            spread = f"{min(run[figure] for run in self.runs):.4g} to {max(run[figure] for run in self.runs):.4g}"
            bars = [
                f"  {b.sense} {b.bar:g} {'ok' if b.holds(value) else 'MISSED'}"
                for b in self.task.bars
                if b.figure == figure
            ]
            lines.append(f"    {figure:46} {value:8.4g}   {spread:20}{''.join(bars)}")
        return "\n".join(lines)


def main() -> int:
    """Run, print, write; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench_tasks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="TASK", help="part of a task's name (default: all)")
    parser.add_argument("--seeds", type=int, nargs="+", default=list(SEEDS))
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--processor-time", action="store_true", help="one thread, processor seconds")
    options = parser.parse_args()
    clock: Clock = time.process_time if options.processor_time else time.perf_counter
    torch.set_num_threads(1 if options.processor_time else options.threads)
    chosen = [t for t in tasks() if not options.names or any(name in t.name for name in options.names)]
    rows = []
    for task in chosen:
        runs = []
        for seed in options.seeds:
            print(f"{task.name}, seed {seed} …", file=sys.stderr, flush=True)
            runs.append(task.run(seed, task.seconds, clock))
        rows.append(Row(task, runs))
        print(rows[-1], flush=True)
    if not options.names:
        save("tasks", rows)
    return 0 if rows and all(row.ok for row in rows) else 1


if __name__ == "__main__":
    sys.exit(main())
