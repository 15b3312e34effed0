"""What a task is: a model trained for a stated time on a stated corpus, and the bars its figures have to reach."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import NamedTuple

Clock = Callable[[], float]  # seconds; the difference of two readings is what a training may take


class Bar(NamedTuple):
    """What the median of a figure over the seeds has to reach: `sense` says whether from above or from below."""

    figure: str
    bar: float
    sense: str = "≥"

    def holds(self, value: float) -> bool:
        return value >= self.bar if self.sense == "≥" else value <= self.bar


@dataclass(frozen=True)
class Task:
    """`run(seed, seconds, clock)` trains from nothing for at most `seconds` on `clock` and returns its figures.

    The test split is touched once, at the end of a run; settings were chosen on other data. Figures without a bar are
    reported beside those with one: baselines, the seconds that a training took.
    """

    name: str
    seconds: float
    run: Callable[[int, float, Clock], dict[str, float]]
    bars: tuple[Bar, ...]


def medians(runs: list[dict[str, float]]) -> dict[str, float]:
    """The median of every figure over the runs."""
    return {figure: median(run[figure] for run in runs) for figure in runs[0]}


def missed(task: Task, figures: Mapping[str, float]) -> list[Bar]:
    """The bars that the figures do not reach."""
    return [bar for bar in task.bars if not bar.holds(figures[bar.figure])]
