"""The lecture's style of a plot, in one place."""

from __future__ import annotations

from typing import Any

QUIET = {"color": "0.45", "linewidth": 0.8}  # baselines and chance levels: named thin lines


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
