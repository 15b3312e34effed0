"""The frame of every explorer: controls with sentences beside them, an error line, and a first state that lasts."""

from __future__ import annotations

import functools
from collections.abc import Callable
from html import escape
from typing import Any

import ipywidgets as widgets
from IPython.display import display

from lecture_utils.view.pictures import publish
from lecture_utils.view.stage import Stage


def sentence_html(text: str, right: bool = False) -> str:
    """A sentence beside a control, escaped; an empty text gives nothing."""
    if not text:
        return ""
    kind = "unrolled-sentence unrolled-right" if right else "unrolled-sentence"
    mark = "✓" if right else "!"
    return f'<p class="{kind}">{mark} {escape(text)}</p>'


class Field:
    """A control with a place for a sentence below it."""

    def __init__(self, control: widgets.ValueWidget) -> None:
        self.control = control
        self.note = widgets.HTML()
        self.box = widgets.VBox([control, self.note])
        self.box.add_class("unrolled-field")

    @property
    def value(self) -> Any:
        """What the control holds now."""
        return self.control.value

    def say(self, text: str, right: bool = False) -> None:
        """Put a sentence below the control, or clear it with an empty text."""
        self.note.value = sentence_html(text, right)


def number_field(label: str, value: int, tooltip: str = "") -> Field:
    """A field for a whole number; it takes any text, so that bad input can be answered with a sentence."""
    control = widgets.Text(value=str(value), description=label, tooltip=tooltip, continuous_update=True)
    control.style.description_width = "120px"
    field = Field(control)
    field.control.add_class("unrolled-number")
    return field


def whole_number(text: str, name: str, least: int = 1, most: int = 1_000_000) -> int:
    """The whole number in `text`, from `least` to `most`; a `ValueError` sentence where there is none."""
    cleaned = text.strip().replace(",", "").replace("_", "")
    if not cleaned.lstrip("+-").isascii() or not cleaned.lstrip("+-").isdigit() or len(cleaned) > 12:
        shown = text if len(text) <= 30 else text[:30] + "…"
        raise ValueError(f"{name} must be a whole number such as {max(least, 10)}, but it is {shown!r}.")
    value = int(cleaned)
    if not least <= value <= most:
        raise ValueError(f"{name} must be a whole number from {least:,} to {most:,}, but it is {value:,}.")
    return value


class Explorer:
    """Something JupyterLab displays: first a lasting picture of the first state, then the live widget over it.

    A notebook that is opened without a kernel, trusted or not, shows the picture. Subclasses fill `self.widget`
    and give the first state as HTML from `static_html`.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.errors = widgets.HTML()
        self.widget = widgets.VBox()
        self.widget.add_class("unrolled-explorer")

    def static_html(self) -> str:
        """The first state as images and tables."""
        raise NotImplementedError

    def place(self, *children: widgets.Widget) -> None:
        """Lay the explorer's children out under its title and above nothing else."""
        heading = Stage(parts={"title": f"<h4>{escape(self.title)}</h4>"})
        self.widget.children = (heading, self.errors, *children)

    def _ipython_display_(self) -> None:
        publish(f'<div class="unrolled-static">{self.static_html()}</div>', self.title)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        display({"application/vnd.jupyter.widget-view+json": view}, raw=True)


def guarded(method: Callable[..., None]) -> Callable[..., None]:
    """A callback whose failure is said in the explorer and then raised, so that nothing is swallowed."""

    @functools.wraps(method)
    def run(self: Explorer, *arguments: Any, **named: Any) -> None:
        try:
            method(self, *arguments, **named)
        except Exception as problem:
            kind = type(problem).__name__
            self.errors.value = sentence_html(f"The explorer failed here: {kind}: {problem}. Please report this.")
            raise
        self.errors.value = ""

    return run
