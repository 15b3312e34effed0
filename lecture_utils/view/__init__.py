"""The one place that puts a picture or a widget on a page."""

from __future__ import annotations

from typing import Any

from lecture_utils.view.pictures import show, show_table
from lecture_utils.view.plots import MARKERS, PALETTE, QUIET, plot_axes, spread
from lecture_utils.view.scores import show_scores

__all__ = ["MARKERS", "PALETTE", "QUIET", "own_input", "plot_axes", "show", "show_scores", "show_table", "spread"]


def __getattr__(name: str) -> Any:
    """`own_input` is loaded when it is asked for: pictures alone need no widgets."""
    if name != "own_input":
        raise AttributeError(f"there is no {name!r} here; there are {', '.join(__all__)}.")
    from lecture_utils.view.own_text import own_input

    return own_input
