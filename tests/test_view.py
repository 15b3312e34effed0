"""What reaches a page: pictures with words, tables, sentences, and nothing that a person typed as HTML."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

import ipywidgets as widgets
import matplotlib
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

matplotlib.use("Agg")
import matplotlib.pyplot as plt

from lecture_utils.diagrams import Table
from lecture_utils.view import show, show_table
from lecture_utils.view.explorer import (
    Explorer,
    Field,
    Preset,
    choice,
    flag,
    guarded,
    number_field,
    slider,
    whole_number,
)
from lecture_utils.view.pictures import table_html
from lecture_utils.view.plots import MARKERS, PALETTE, plot_axes, spread

SVG = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 4"><rect width="4" height="4"/></svg>'
TABLE = Table("Sizes", ("name", "shape"), (("W", "(10, 20)"), ("<b>", "a & b")))


def shown(*arguments: object, by: Callable[..., None] = show) -> dict[str, str]:
    """The one output of `show(*arguments)` in an IPython session, by MIME type."""
    InteractiveShell.instance()
    with capture_output() as captured:
        by(*arguments)
    (output,) = captured.outputs
    return output.data


def image_in(html: str) -> str:
    (data,) = re.findall(r'<img src="data:image/svg\+xml;base64,([^"]+)"', html)
    return base64.b64decode(data).decode()


def figure() -> plt.Figure:
    drawn, axes = plt.subplots(figsize=(7, 3.5))
    axes.plot([1, 2, 3], [3, 1, 2])
    axes.set_title("A title")
    return drawn


def test_a_picture_is_an_image_with_words_and_a_table() -> None:
    data = shown(SVG, "A square.", TABLE)
    assert image_in(data["text/html"]) == SVG
    assert 'alt="A square."' in data["text/html"]
    assert "(10, 20)" in data["text/html"]
    assert data["text/plain"] == "A square."
    assert "image/svg+xml" not in data  # dropped by JupyterLab in a notebook that is not trusted


def test_what_a_person_typed_is_escaped() -> None:
    html = shown(SVG, 'x" onerror="alert(1)', TABLE)["text/html"]
    assert 'onerror="alert' not in html
    assert "<b>" not in html
    assert "&lt;b&gt;" in html


def test_a_plot_has_the_same_bytes_twice_and_is_closed() -> None:
    first, second = figure(), figure()
    one, two = shown(first, "A line.")["text/html"], shown(second, "A line.")["text/html"]
    assert one == two
    assert "<dc:date>" not in image_in(one)
    assert plt.get_fignums() == []


@pytest.mark.parametrize("alt", ["", "   ", None, 7])
def test_a_picture_without_words_is_refused(alt: object) -> None:
    with pytest.raises(ValueError, match="every picture needs alt text"):
        show(SVG, alt)  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [7, None, [SVG], "a plain text"])
def test_what_is_no_picture_is_refused(thing: object) -> None:
    with pytest.raises(TypeError, match="show expects"):
        show(thing, "words")


def test_outside_a_notebook_the_words_are_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lecture_utils.view.pictures.get_ipython", lambda: None)
    show(SVG, "A square.")
    assert capsys.readouterr().out == "A square.\n"


def test_a_table_names_its_columns_and_rows() -> None:
    html = table_html(TABLE)
    assert html.count('<th scope="col">') == 2
    assert html.count('<th scope="row">') == 2
    assert "<caption>Sizes</caption>" in html


def test_a_table_alone_is_escaped_and_aligned_in_words() -> None:
    data = shown(TABLE, by=show_table)
    assert data["text/html"] == f'<div class="unrolled-table">{table_html(TABLE)}</div>'
    assert "<b>" not in data["text/html"]
    assert data["text/plain"] == "Sizes\nname  shape\nW     (10, 20)\n<b>   a & b"


def test_outside_a_notebook_a_table_is_printed(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lecture_utils.view.pictures.get_ipython", lambda: None)
    show_table(Table("Words", ("word", "tag"), (("ice\ncream", "NOUN"), ("is", "VERB"))))
    assert capsys.readouterr().out == "Words\nword       tag\nice cream  NOUN\nis         VERB\n"


def test_a_spread_is_the_median_in_a_band_with_its_name() -> None:
    _, axes = plot_axes("A title", "step", "loss")
    spread(axes, [1, 2], [[3, 5], [1, 9], [2, 4]], "GRU", 1)
    (line,), (band,), (name,) = axes.lines, axes.collections, axes.texts
    assert line.get_xydata().tolist() == [[1, 2], [2, 5]]
    assert line.get_color() == PALETTE[1]
    assert line.get_marker() == MARKERS[1]
    corners = {tuple(corner) for corner in band.get_paths()[0].vertices.tolist()}
    assert corners == {(1, 1), (1, 3), (2, 4), (2, 9)}
    assert (name.get_text(), name.xy) == ("GRU", (2, 5))


@pytest.mark.parametrize(
    ("xs", "runs", "got"),
    [
        ([1, 2], [], "(2) and not empty: got no runs."),
        ([1, 2], [[1, 2], [3]], "(2) and not empty: got runs of length 1, 2."),
        ([1, 2], [[1, 2, 3], [1, 2, 3]], "(2) and not empty: got runs of length 3."),
        ([], [[], []], "(0) and not empty: got runs of length 0."),
    ],
)
def test_runs_that_cannot_be_spread_get_a_sentence(xs: list[int], runs: list[list[int]], got: str) -> None:
    _, axes = plot_axes("A title", "step", "loss")
    with pytest.raises(ValueError, match=rf"^runs must hold one sequence per seed, as long as xs {re.escape(got)}$"):
        spread(axes, xs, runs, "GRU")
    assert not axes.lines


@pytest.mark.parametrize(("text", "number"), [("10", 10), (" 1 ", 1), ("1,000", 1000), ("1_000_000", 1_000_000)])
def test_whole_numbers_are_read(text: str, number: int) -> None:
    assert whole_number(text, "hidden_size") == number


@pytest.mark.parametrize("text", ["", "0", "-3", "1.5", "ten", "²", "١٠", "9" * 5000, "1e3", "<b>", "1000001"])
def test_what_is_no_such_number_gets_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^hidden_size must be a whole number .*, but it is .*\.$"):
        whole_number(text, "hidden_size")


@given(st.text())
def test_any_text_is_a_number_or_a_sentence(text: str) -> None:
    try:
        number = whole_number(text, "hidden_size")
    except ValueError as problem:
        sentence = str(problem)
    else:
        assert 1 <= number <= 1_000_000
        return
    assert sentence.startswith("hidden_size must be")
    assert len(sentence) < 200


@given(st.text())
def test_a_sentence_beside_a_control_is_escaped(text: str) -> None:
    field: Field = number_field("Hidden size", 10)
    field.say(f"<img src=x onerror=alert(1)>{text}")
    assert "<img" not in field.note.value


class Failing(Explorer):
    """An explorer with a callback that fails."""

    def __init__(self) -> None:
        super().__init__("Failing")
        self.place()

    @guarded
    def try_it(self, fail: bool) -> None:
        if fail:
            raise RuntimeError("the <b>axis</b> is missing")


def test_a_failing_callback_says_so_and_is_raised() -> None:
    explorer = Failing()
    with pytest.raises(RuntimeError):
        explorer.try_it(True)
    assert "the &lt;b&gt;axis&lt;/b&gt; is missing" in explorer.errors.value
    explorer.try_it(False)
    assert explorer.errors.value == ""


class Painted(Explorer):
    """Notes what it was asked to draw."""

    def __init__(self, *presets: Preset) -> None:
        super().__init__("Painted")
        self.fields = {
            "cell": choice("Cell", ["rnn", "gru"], "rnn"),
            "gain": slider("Gain", 1.0, 0.0, 2.0, 0.1),
            "bias": flag("bias", True),
        }
        self.drawn: list[tuple[object, ...]] = []
        self.place(self.toolbar(presets, predict=True), self.controls())
        self.listen()

    def changed(self) -> None:
        self.drawn.append((*(field.value for field in self.fields.values()), self.predict.value))


def buttons(explorer: Explorer) -> dict[str, widgets.Button]:
    row = explorer.widget.children[2]
    found = [*row.children[0].children, row.children[1]]
    return {button.description: button for button in found}


def test_a_preset_draws_once_and_sets_what_it_does_not_name_back() -> None:
    explorer = Painted(Preset("gated", {"cell": "gru", "gain": 0.5}), Preset("plain", {"bias": False}))
    explorer.fields["gain"].control.value = 1.5
    assert explorer.drawn == [("rnn", 1.5, True, False)]
    buttons(explorer)["1 gated"].click()
    assert explorer.drawn[1:] == [("gru", 0.5, True, False)]
    buttons(explorer)["2 plain"].click()
    assert explorer.drawn[2:] == [("rnn", 1.0, False, False)]
    buttons(explorer)["Reset"].click()
    assert explorer.drawn[3:] == [("rnn", 1.0, True, False)]
    explorer.predict.value = True
    assert explorer.drawn[4:] == [("rnn", 1.0, True, True)]


def test_large_type_is_a_class_of_the_explorer() -> None:
    explorer = Painted()
    explorer.large.value = True
    assert "unrolled-large" in explorer.widget._dom_classes
    explorer.large.value = False
    assert "unrolled-large" not in explorer.widget._dom_classes


@pytest.mark.parametrize(
    ("presets", "words"),
    [([Preset(str(n), {}) for n in range(10)], "9 presets"), ([Preset("odd", {"bais": 1})], "bais")],
)
def test_presets_without_a_key_or_with_a_field_of_another_name_are_refused(presets: list[Preset], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Painted(*presets)


def test_a_callback_that_fails_after_a_preset_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    explorer = Painted(Preset("gated", {"cell": "gru"}))

    def fail() -> None:
        raise RuntimeError("no picture")

    monkeypatch.setattr(explorer, "changed", fail)
    with pytest.raises(RuntimeError):
        explorer.show_preset({"cell": "gru"})
    assert "no picture" in explorer.errors.value
    monkeypatch.undo()
    explorer.fields["gain"].control.value = 0.3
    assert explorer.drawn == [("gru", 0.3, True, False)]
    assert explorer.errors.value == ""
