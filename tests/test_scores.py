"""Measured figures as bars: numbers in the picture, in its words and in its table are the same."""

import base64
import re

import pytest

from lecture_utils.view import pictures, show_scores


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
    assert "hatch" in drawing.lower() or "pattern" in drawing  # a sign beside the colour


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
