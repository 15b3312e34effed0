"""A box for the reader's own text: what a model says to it, redrawn while they type."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from html import escape
from threading import Timer
from typing import Any

import ipywidgets as widgets

from lecture_utils.diagrams import Picture, Table
from lecture_utils.view.explorer import Explorer, Field, guarded
from lecture_utils.view.pictures import folded_table, image_html, table_html
from lecture_utils.view.stage import Stage

Answer = Picture | Table | str
PATIENCE = 0.3  # seconds before the box says that it is working
WORKING = '<p class="unrolled-hint">working …</p>'
OWN, OWN_NUMBER = "(your own)", -1
LONGEST_NAME = 60  # characters of an example's name


def own_input(
    title: str,
    answer: Callable[..., Answer],
    value: str,
    *,
    label: str = "Your text",
    presets: Sequence[str | tuple[str, str]] = (),
) -> OwnInput:
    """A box to type in; below it `answer(text)`, a picture, a table or plain text, drawn anew at every change.

    While an answer is being worked out, what is typed meanwhile is gathered into one more change. A `ValueError`
    from `answer` becomes a sentence beside the box and the last answer stays; any other exception is shown and
    raised. An `answer` that takes `theme` is called with "page" for the live page and with "card" for the picture
    that lasts. `presets` are texts to choose from, or pairs of a name and a text. The box has several lines where
    `value` or a preset has. Raises what `answer` raises for `value` itself, and `TypeError` for another kind of
    answer.
    """
    return OwnInput(title, answer, value, label=label, presets=presets)


class OwnInput(Explorer):
    """A text field, examples to choose from, a way back, and the answer below them."""

    def __init__(
        self,
        title: str,
        answer: Callable[..., Answer],
        value: str,
        *,
        label: str = "Your text",
        presets: Sequence[str | tuple[str, str]] = (),
    ) -> None:
        super().__init__(title)
        self.label, self.first_text = label, value
        self._answer, self._themed = answer, _takes_theme(answer)
        self.examples = [(one, one) if isinstance(one, str) else one for one in presets]
        self.first = self._ask(value, "card")
        self._make_controls(value)
        self.stage = Stage()
        self._show(self._ask(value, "page") if self._themed else self.first)
        row = widgets.Box([*([self.choice.box] if self.examples else []), self.reset])
        row.add_class("unrolled-row")
        controls = widgets.Box([self.field.box, row])
        controls.add_class("unrolled-controls")
        controls.add_class("unrolled-own")
        self.place(controls, self.stage)

    def _make_controls(self, value: str) -> None:
        lines = any("\n" in text for text in (value, *(text for _, text in self.examples)))
        kind = widgets.Textarea if lines else widgets.Text
        control = kind(value=value, description=self.label, continuous_update=True)
        control.style.description_width = "120px"
        self.field = Field(control)
        names = [(_short(name), number) for number, (name, _) in enumerate(self.examples)]
        choice = widgets.Dropdown(
            description="Examples", options=[(OWN, OWN_NUMBER), *names], value=self._example_of(value)
        )
        choice.style.description_width = "120px"
        self.choice = Field(choice)
        self.reset = widgets.Button(description="Reset", tooltip="Back to the first text")
        control.observe(self._typed, "value")
        choice.observe(self._chosen, "value")
        self.reset.on_click(self._reset)

    def _example_of(self, text: str) -> int:
        """The number of the example that has this text."""
        return next((number for number, (_, own) in enumerate(self.examples) if own == text), OWN_NUMBER)

    # --- what the controls do

    @guarded
    def _typed(self, _change: Any = None) -> None:
        text = self.field.value
        self.choice.control.value = self._example_of(text)
        try:
            with self._patience():
                got = self._ask(text, "page")
        except ValueError as problem:
            self.field.say(str(problem) or "There is no answer to this text.")
            return
        self._show(got)

    @guarded
    def _chosen(self, _change: Any = None) -> None:
        number = self.choice.value
        if number != OWN_NUMBER:
            self.field.control.value = self.examples[number][1]

    @guarded
    def _reset(self, _button: Any = None) -> None:
        self.field.control.value = self.first_text

    @contextmanager
    def _patience(self) -> Iterator[None]:
        """Say that the answer is being worked out where it takes long."""
        timer = Timer(PATIENCE, lambda: setattr(self.field.note, "value", WORKING))
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()  # or its word could come after the answer
            self.field.say("")

    # --- the answer

    def _ask(self, text: str, theme: str) -> Answer:
        whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")  # half an emoji cannot be sent
        got = self._answer(whole, theme=theme) if self._themed else self._answer(whole)
        if not isinstance(got, Picture | Table | str):
            raise TypeError(f"answer must give a Picture, a Table or a text, but it gave a {type(got).__name__}.")
        return got

    def _show(self, got: Answer) -> None:
        drawn, heard = _live(got)
        self.stage.parts = {"answer": drawn, "heard": f'<p class="unrolled-heard">{escape(heard)}</p>'}

    def static_html(self) -> str:
        """The first text and the answer to it."""
        text, label = escape(self.first_text), escape(self.label)
        typed = f"<p>{label}:</p><pre>{text}</pre>" if "\n" in text else f"<p>{label}: <strong>{text}</strong></p>"
        return f"<h3>{escape(self.title)}</h3>{typed}{_lasting(self.first)}"


def _takes_theme(answer: Callable[..., Answer]) -> bool:
    try:
        return "theme" in inspect.signature(answer).parameters
    except ValueError:  # what is written in C need not say what it takes
        return False


def _short(name: str) -> str:
    line = " ".join(name.split())
    return line if len(line) <= LONGEST_NAME else line[: LONGEST_NAME - 1] + "…"


def _live(got: Answer) -> tuple[str, str]:
    """The answer as HTML for the live page, and in words for those who hear it."""
    if isinstance(got, Picture):
        return f'<div class="unrolled-scroll">{got.svg}</div>{folded_table(got.table)}', got.alt
    if isinstance(got, Table):
        return f'<div class="unrolled-scroll">{table_html(got)}</div>', got.caption
    return f'<p dir="auto">{_lines(got)}</p>', got


def _lasting(got: Answer) -> str:
    """The answer as HTML that is seen without a kernel and in a notebook that is not trusted."""
    if isinstance(got, Picture):
        return f"{image_html(got.svg, got.alt)}{folded_table(got.table)}"
    return table_html(got) if isinstance(got, Table) else f'<p dir="auto">{_lines(got)}</p>'


def _lines(text: str) -> str:
    return escape(text).replace("\n", "<br>")
