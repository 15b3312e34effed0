"""The frame of every explorer: controls with sentences beside them, an error line, and a first state that lasts."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import Any, NamedTuple

import ipywidgets as widgets
from IPython.display import display

from lecture_utils.view.pictures import publish
from lecture_utils.view.stage import Stage

LABEL_WIDTH = "120px"
MOST_PRESETS = 9  # the keys 1 to 9


class Preset(NamedTuple):
    """Settings worth showing in class: a short name, and for some of the explorer's fields the value they take."""

    name: str
    values: Mapping[str, Any]


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
    field = _named(control)
    field.control.add_class("unrolled-number")
    return field


def choice(label: str, options: Sequence[Any], value: Any) -> Field:
    """A list to choose from: options are values, or pairs of words and a value."""
    return _named(widgets.Dropdown(description=label, options=list(options), value=value))


def slider(label: str, value: float, least: float, most: float, step: float = 1) -> Field:
    """A slider for whole numbers, or, where one of them is a fraction, for numbers in such steps."""
    kind = widgets.IntSlider if all(isinstance(n, int) for n in (value, least, most, step)) else widgets.FloatSlider
    return _named(kind(description=label, value=value, min=least, max=most, step=step))


def flag(label: str, value: bool) -> Field:
    """A box to tick."""
    return Field(widgets.Checkbox(description=label, value=value, indent=False))


def text(label: str, value: str, placeholder: str = "") -> Field:
    """A line to type in; every letter is a change."""
    field = _named(widgets.Text(description=label, value=value, placeholder=placeholder, continuous_update=True))
    field.control.add_class("unrolled-wide")
    return field


def _named(control: widgets.ValueWidget) -> Field:
    control.style.description_width = LABEL_WIDTH
    return Field(control)


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


class Explorer:
    """Something JupyterLab displays: first a lasting picture of the first state, then the live widget over it.

    A notebook that is opened without a kernel, trusted or not, shows the picture. Subclasses fill `self.widget`
    and give the first state as HTML from `static_html`.
    """

    def __init__(self, title: str) -> None:
        self.title = title
        self.errors = widgets.HTML()
        self.fields: dict[str, Field] = {}
        self._start: dict[str, Any] = {}
        self._silent = False
        self.predict = widgets.Checkbox(value=False, description="Predict first: hide the answers", indent=False)
        self.predict.add_class("unrolled-predict")
        self.widget = widgets.VBox()
        self.widget.add_class("unrolled-explorer")

    def static_html(self) -> str:
        """The first state as images and tables."""
        raise NotImplementedError

    def place(self, *children: widgets.Widget) -> None:
        """Lay the explorer's children out under its title and above nothing else."""
        heading = Stage(parts={"title": f"<h4>{escape(self.title)}</h4>"})
        self.widget.children = (heading, self.errors, *children)

    # --- controls that every explorer has

    def changed(self) -> None:
        """Read the fields and draw anew; explorers with fields say here what that means."""
        raise NotImplementedError

    def controls(self) -> widgets.Box:
        """All fields, laid out in columns."""
        box = widgets.Box([field.box for field in self.fields.values()])
        box.add_class("unrolled-controls")
        return box

    def toolbar(self, presets: Sequence[Preset] = (), predict: bool = False) -> widgets.Box:
        """Presets on the keys 1 to 9, a way back to the first values, large type, and perhaps *predict first*.

        Call it when `self.fields` holds all fields: what they hold now is what Reset brings back. A preset sets the
        fields that it names, and all others to their first values. Raises ValueError for more presets than keys, and
        for a field that is not there.
        """
        if len(presets) > MOST_PRESETS:
            raise ValueError(f"There are keys for {MOST_PRESETS} presets, but {len(presets)} were given.")
        unknown = {name for preset in presets for name in preset.values} - set(self.fields)
        if unknown:
            raise ValueError(f"A preset names fields that are not there: {', '.join(sorted(unknown))}.")
        self._start = {name: field.value for name, field in self.fields.items()}
        buttons = [self._button(f"{key} {preset.name}", preset.values) for key, preset in enumerate(presets, start=1)]
        named = widgets.Box(buttons)
        named.add_class("unrolled-presets")
        self.reset = self._button("Reset", {}, "Back to the first settings")
        self.large = widgets.ToggleButton(value=False, description="Large type", tooltip="For a projector")
        self.large.observe(self._enlarge, "value")
        self.predict.observe(self._changed, "value")
        row = widgets.Box([named, self.reset, self.large, *([self.predict] if predict else [])])
        row.add_class("unrolled-row")
        return row

    def _button(self, words: str, values: Mapping[str, Any], tooltip: str = "") -> widgets.Button:
        button = widgets.Button(description=words, tooltip=tooltip or f"Show {words[2:]} (key {words[0]})")
        button.on_click(lambda _button: self.show_preset(values))
        return button

    def listen(self) -> None:
        """From now on every change of a field draws anew."""
        for field in self.fields.values():
            field.control.observe(self._changed, "value")

    @guarded
    def show_preset(self, values: Mapping[str, Any]) -> None:
        """Set every field at once, to these values or to its first one, and draw once."""
        self._silent = True
        try:
            for name, value in {**self._start, **values}.items():
                self.fields[name].control.value = value
        finally:
            self._silent = False
        self.changed()

    @guarded
    def _changed(self, _change: Any = None) -> None:
        if not self._silent:
            self.changed()

    @guarded
    def _enlarge(self, _change: Any = None) -> None:
        (self.widget.add_class if self.large.value else self.widget.remove_class)("unrolled-large")

    def _ipython_display_(self) -> None:
        publish(f'<div class="unrolled-static">{self.static_html()}</div>', self.title)
        view = {"version_major": 2, "version_minor": 0, "model_id": self.widget.model_id}
        display({"application/vnd.jupyter.widget-view+json": view}, raw=True)
