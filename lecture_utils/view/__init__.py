"""The one place that puts a picture or a widget on a page."""

from lecture_utils.view.pictures import show

__all__ = ["show"]
