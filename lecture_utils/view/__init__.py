"""The one place that puts a picture or a widget on a page."""

from lecture_utils.view.pictures import show
from lecture_utils.view.plots import QUIET, plot_axes

__all__ = ["QUIET", "plot_axes", "show"]
