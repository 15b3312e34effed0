"""Measured figures as bars: numbers in the picture, in its words and in its table are the same."""

import base64
import re

import pytest

from lecture_utils.view import pictures, scores, show_scores


@pytest.fixture
def page(monkeypatch):
    """What was shown: HTML and words."""
    shown = []
    monkeypatch.setattr(pictures, "publish", lambda html, words: shown.append((html, words)))
    return shown


def test_numbers_stand_in_picture_words_and_table(page):
    show_scores("Two beat one", {"table": 0.5, "RNN <b>": (0.8, 0.9, 0.95)}, "%", own=["RNN <b>"])
    [(html, words)] = page
    assert words == "Two beat one. table: 50.0 %; RNN <b>: 90.0 % (80.0 to 95.0)."
    assert "<td>90.0 % (80.0 to 95.0)</td>" in html
    assert "<b>" not in html.replace("&lt;b&gt;", "")
    drawing = base64.b64decode(re.search(r"base64,([^\"]+)", html)[1]).decode()
    assert drawing.startswith("<?xml")


@pytest.mark.parametrize(("unit", "scale"), [("%", 100), ("bits", 1)])
def test_every_bar_is_as_long_as_its_score_and_ones_own_are_hatched(monkeypatch, unit, scale):
    drawn = []
    monkeypatch.setattr(scores, "show", lambda figure, alt, table: drawn.append(figure.axes[0]))
    show_scores("Lengths", {"counts": 0.25, "GRU": (0.5, 0.75, 0.875)}, unit, own=["GRU"])
    [axes] = drawn
    assert [bar.get_width() for bar in axes.patches] == [0.25 * scale, 0.75 * scale]
    assert [bool(bar.get_hatch()) for bar in axes.patches] == [False, True]  # a sign beside the colour
    assert [label.get_text() for label in axes.get_yticklabels()] == ["counts", "GRU"]
    assert axes.patches[0].get_y() > axes.patches[1].get_y()  # the first stands at the top
    [line] = axes.lines
    assert list(line.get_xdata()) == [0.5 * scale, 0.875 * scale]


def test_other_units_keep_their_numbers(page):
    show_scores("Fewer is better", {"counts": 2.248, "GRU": 2.2}, "bits per character", digits=2)
    assert page[0][1] == "Fewer is better. counts: 2.25 bits per character; GRU: 2.20 bits per character."


@pytest.mark.parametrize(
    ("scores", "own", "complaint"),
    [
        ({}, [], "at least one score"),
        ({"a": 1.0}, ["b"], r"own names 'b', but there are scores of: a"),
        ({"a": (1.0, 2.0)}, [], r"score of 'a' must be a number, or lowest, median and highest, got \(1.0, 2.0\)"),
    ],
)
def test_what_cannot_be_shown_gets_a_sentence(page, scores, own, complaint):
    with pytest.raises(ValueError, match=complaint):
        show_scores("Nothing", scores, "%", own=own)
    assert not page


def test_the_same_scores_give_the_same_bytes(page):
    for _ in range(2):
        show_scores("Again", {"a": 0.25, "b": 0.75}, "%")
    assert page[0] == page[1]
