"""How fast the layers train beside torch's: `make bench` prints a table and adds it to reports/bench.json.

Each figure is the median over interleaved pairs in this one run, forward and backward, with one thread; the spread
beside it goes from the first to the third quartile.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from lecture_utils import bptt, rnn
from lecture_utils.experiments.speed import ratio, training_step

REPORT = Path(__file__).resolve().parent.parent / "reports" / "bench.json"
INPUT_SIZE, STEPS = 28, 128


class Row(NamedTuple):
    """A measured ratio, its spread, and the bar: `sense` says whether it has to stay under ("≤") or over ("≥")."""

    name: str
    ratio: float
    low: float
    high: float
    bar: float
    sense: str = "≤"

    @property
    def ok(self) -> bool:
        return self.ratio <= self.bar if self.sense == "≤" else self.ratio >= self.bar


def save(key: str, rows: Sequence[Any]) -> None:
    """Enter rows, named tuples with `ok`, under a key of reports/bench.json, and leave the other keys alone."""
    report = json.loads(REPORT.read_text("utf-8")) if REPORT.is_file() else {}
    if not isinstance(report, dict):
        report = {}
    report[key] = [{**row._asdict(), "ok": row.ok} for row in rows]
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", "utf-8")


def plain_loop(inputs: Tensor, hidden: int) -> Callable[[], None]:
    """Forward and backward of the RNN that everybody writes first: a step is `x @ W + h @ U + b`."""
    sizes = ((inputs.shape[2], hidden), (hidden, hidden), (hidden,))
    W, U, b = ((torch.rand(size) * 2 - 1).div(hidden**0.5).requires_grad_() for size in sizes)
    gradient = torch.randn(*inputs.shape[:2], hidden)

    def step() -> None:
        W.grad = U.grad = b.grad = None
        h, states = torch.zeros(inputs.shape[1], hidden), []
        for x in inputs:
            h = torch.tanh(x @ W + h @ U + b)
            states.append(h)
        torch.stack(states).backward(gradient)

    return step


def against_torch(cell: str, hidden: int, batch: int, bar: float, repeats: int) -> Row:
    """The layer with its backward pass by hand, in units of torch.nn's."""
    torch.manual_seed(0)
    inputs = torch.randn(STEPS, batch, INPUT_SIZE)
    steps = [training_step(getattr(library, cell)(INPUT_SIZE, hidden), inputs) for library in (bptt, nn)]
    low, middle, high = ratio(*steps, repeats)
    return Row(f"bptt.{cell} / nn.{cell}, hidden {hidden}, batch {batch}", middle, low, high, bar)


def against_loop(hidden: int, batch: int, bar: float, repeats: int) -> Row:
    """The readable layer, with autograd, in units of a plain loop over the steps."""
    torch.manual_seed(0)
    inputs = torch.randn(STEPS, batch, INPUT_SIZE)
    ours = training_step(rnn.RNN(INPUT_SIZE, hidden), inputs)
    low, middle, high = ratio(ours, plain_loop(inputs, hidden), repeats)
    return Row(f"rnn.RNN / plain loop, hidden {hidden}, batch {batch}", middle, low, high, bar)


def rows() -> Iterator[Row]:
    """Every figure of the table."""
    yield against_torch("RNN", 32, 32, bar=0.45, repeats=200)
    yield against_torch("RNN", 32, 1, bar=0.40, repeats=200)
    yield against_torch("RNN", 256, 32, bar=0.85, repeats=50)
    yield against_torch("RNN", 256, 128, bar=0.95, repeats=30)
    yield against_torch("GRU", 32, 1, bar=0.60, repeats=100)
    yield against_torch("GRU", 32, 32, bar=0.80, repeats=100)
    yield against_loop(32, 32, bar=0.80, repeats=200)


def main() -> int:
    """Measure, print, write; 1 when a figure misses its bar."""
    from tests import bench_numpy  # it takes Row from here

    measured = []
    for row in (*rows(), *bench_numpy.rows()):
        measured.append(row)
        spread = f"{row.low:.3f} to {row.high:.3f}"
        print(f"{row.name:66} {row.ratio:7.3f}   {spread:16}  {row.sense} {row.bar:<5g} {'ok' if row.ok else 'MISSED'}")
    save("layers", measured)
    return 0 if all(row.ok for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
