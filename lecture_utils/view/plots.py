"""The lecture's style of a plot, in one place."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

QUIET = {"color": "0.45", "linewidth": 0.8}  # baselines and chance levels: named thin lines
PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")  # Okabe and Ito, safe for all readers
MARKERS = ("o", "s", "^", "D", "v", "P")  # a second sign beside each colour


def plot_axes(title: str, xlabel: str, ylabel: str) -> tuple[Any, Any]:
    """A matplotlib figure of 7 × 3.5 inches and its axes; the title is a sentence that says what to see.

    Axes are named with their units. Nothing global is changed, and the figure appears through `show` alone.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7, 3.5))
    axes = figure.subplots()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel=xlabel, ylabel=ylabel)
    axes.set_title(title, loc="left")
    return figure, axes


def spread(axes: Any, xs: Sequence[float], runs: Sequence[Sequence[float]], label: str, number: int = 0) -> None:
    """Draw the median over the runs as a line, lowest to highest as a band, and its name at the line's end.

    `runs` holds one sequence per seed, as long as `xs`; `number` picks the colour and the marker. Raises
    ValueError without a run or a point, and for a run of another length.
    """
    from statistics import median

    colour, marker = PALETTE[number % len(PALETTE)], MARKERS[number % len(MARKERS)]
    lengths = sorted({len(run) for run in runs})
    if not len(xs) or lengths != [len(xs)]:
        there = f"runs of length {', '.join(map(str, lengths))}" if lengths else "no runs"
        raise ValueError(f"runs must hold one sequence per seed, as long as xs ({len(xs)}) and not empty: got {there}.")
    columns = list(zip(*runs))
    middle = [median(column) for column in columns]
    axes.plot(xs, middle, color=colour, marker=marker, markersize=4)
    axes.fill_between(xs, [min(c) for c in columns], [max(c) for c in columns], color=colour, alpha=0.2, linewidth=0)
    axes.annotate(label, (xs[-1], middle[-1]), xytext=(6, 0), textcoords="offset points", va="center")
