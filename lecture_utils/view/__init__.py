"""The one place that puts a picture or a widget on a page."""

from lecture_utils.view.pictures import show
from lecture_utils.view.plots import MARKERS, PALETTE, QUIET, plot_axes, spread

__all__ = ["MARKERS", "PALETTE", "QUIET", "plot_axes", "show", "spread"]
