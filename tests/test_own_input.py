"""The box for the reader's own text: it answers, refuses with a sentence, forgets nothing and escapes everything."""

from __future__ import annotations

import json
import time
from html import escape

import ipywidgets as widgets
import pytest
from hypothesis import given
from hypothesis import strategies as st
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

from lecture_utils.diagrams import Picture, Table
from lecture_utils.diagrams.svg import Drawing
from lecture_utils.view import own_input
from lecture_utils.view.own_text import OWN_NUMBER, WORKING

HARM = "<img src=x onerror=alert(1)>"


def drawn(text: str, theme: str = "card") -> Picture:
    d = Drawing("Your text", theme)
    d.text(0, 0, text[:40])
    words = f"It has {len(text)} characters."
    return Picture(d.svg(words), words, Table("Your text", ("what", "value"), (("characters", str(len(text))),)))


def shouted(text: str) -> str:
    if not text.strip():
        raise ValueError("Type a word: there is nothing to read yet.")
    if text == "bug":
        raise KeyError("<b>lost</b>")
    return text.upper()


def answer_of(box: widgets.VBox) -> str:
    return box.stage.parts["answer"]


def test_a_changed_text_gets_its_own_answer() -> None:
    box = own_input("Shout", shouted, "hello")
    assert answer_of(box) == '<p dir="auto">HELLO</p>'
    box.field.control.value = "good day"
    assert answer_of(box) == '<p dir="auto">GOOD DAY</p>'
    assert box.field.note.value == ""


def test_a_refused_text_gets_a_sentence_and_the_answer_stays() -> None:
    box = own_input("Shout", shouted, "hello")
    box.field.control.value = "  "
    assert "Type a word: there is nothing to read yet." in box.field.note.value
    assert "HELLO" in answer_of(box)
    assert box.errors.value == ""
    box.field.control.value = "again"
    assert box.field.note.value == ""
    assert "AGAIN" in answer_of(box)


def test_a_refusal_without_words_gets_some() -> None:
    def silent(text: str) -> str:
        if text:
            raise ValueError
        return "nothing"

    box = own_input("Refuse", silent, "")
    box.field.control.value = "x"
    assert "There is no answer to this text." in box.field.note.value


def test_a_fault_is_shown_escaped_and_raised() -> None:
    box = own_input("Shout", shouted, "hello")
    with pytest.raises(KeyError):
        box.field.control.value = "bug"
    assert "KeyError" in box.errors.value
    assert "<b>" not in box.errors.value
    assert "HELLO" in answer_of(box)
    box.field.control.value = "again"
    assert box.errors.value == ""


def test_a_first_text_that_is_refused_is_the_authors_mistake() -> None:
    with pytest.raises(ValueError, match="Type a word"):
        own_input("Shout", shouted, "")


def test_another_kind_of_answer_is_refused() -> None:
    with pytest.raises(TypeError, match="a Picture, a Table or a text, but it gave a int"):
        own_input("Length", len, "hello")  # type: ignore[arg-type]


def test_reset_and_examples_lead_to_their_texts() -> None:
    box = own_input("Shout", shouted, "hello", presets=["good day", ("a long one", "word " * 100), "hello"])
    choice = box.choice.control
    assert choice.value == 2  # what stands in the box is an example already
    choice.value = 0
    assert (box.field.value, answer_of(box)) == ("good day", '<p dir="auto">GOOD DAY</p>')
    choice.value = 1
    assert "WORD WORD" in answer_of(box)
    box.field.control.value += "and more"
    assert choice.value == OWN_NUMBER  # and so the same example can be chosen again
    choice.value = 1
    assert box.field.value == "word " * 100
    box.reset.click()
    assert (box.field.value, choice.value) == ("hello", 2)
    assert "HELLO" in answer_of(box)


def test_reset_helps_after_a_refusal_and_after_a_fault() -> None:
    box = own_input("Shout", shouted, "hello")
    box.field.control.value = ""
    box.reset.click()
    assert (box.field.note.value, box.field.value) == ("", "hello")
    with pytest.raises(KeyError):
        box.field.control.value = "bug"
    box.reset.click()
    assert (box.errors.value, box.field.value) == ("", "hello")


@pytest.mark.parametrize(
    ("value", "presets", "kind"),
    [
        ("one line", (), widgets.Text),
        ("two\nlines", (), widgets.Textarea),
        ("one line", ["two\nlines"], widgets.Textarea),
    ],
)
def test_the_box_has_lines_where_a_text_has(value: str, presets: list[str], kind: type) -> None:
    box = own_input("Shout", shouted, value, presets=presets)
    assert type(box.field.control) is kind
    assert box.field.value == value


def test_an_answer_that_knows_themes_follows_the_page_and_lasts_as_a_card() -> None:
    asked: list[tuple[str, str]] = []

    def themed(text: str, theme: str = "card") -> Picture:
        asked.append((text, theme))
        return drawn(text, theme)

    box = own_input("Draw", themed, "hello")
    assert "var(--jp-" in answer_of(box)
    assert "<table>" in answer_of(box)
    assert '<img src="data:image/svg+xml;base64,' in box.static_html()
    box.field.control.value = "x"
    assert asked == [("hello", "card"), ("hello", "page"), ("x", "page")]


@pytest.mark.parametrize(
    "answer",
    [
        lambda text: text,
        lambda text: drawn(text),
        lambda text: Table(text, (text, "b"), ((text, text),)),
    ],
    ids=["text", "picture", "table"],
)
def test_nothing_typed_becomes_html(answer: object) -> None:
    box = own_input(HARM, answer, HARM, label=HARM, presets=[HARM])  # type: ignore[arg-type]
    box.field.control.value = f"{HARM} again"
    for html in (answer_of(box), box.stage.parts["heard"], box.static_html(), box.widget.children[0].parts["title"]):
        assert "<img src=x" not in html
    assert escape(HARM) in box.static_html()


@given(st.text(st.characters(), max_size=60))
def test_any_text_is_answered_and_can_be_sent(text: str) -> None:
    box = own_input("Echo", lambda text: text, "hello")
    box.field.control.value = text
    json.dumps(box.stage.parts, ensure_ascii=False).encode()
    assert "<p" in answer_of(box)


@pytest.mark.parametrize("text", ["x" * 10_000, "😀👩‍👩‍👧" * 50, "שלום עולם", "half an emoji: \ud83d", HARM * 200])
def test_hard_texts_are_answered_and_can_be_sent(text: str) -> None:
    for answer in (drawn, lambda text: f"It has {len(text)} characters. {text}"):
        box = own_input("Draw", answer, "hello")
        box.field.control.value = text
        assert f"It has {len(text)} characters." in answer_of(box)
        json.dumps(box.stage.parts, ensure_ascii=False).encode()


def test_a_slow_answer_says_that_it_is_working_and_a_quick_one_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lecture_utils.view.own_text.PATIENCE", 0.05)
    said: list[str] = []

    def slow(text: str) -> str:
        time.sleep(0.3 if text == "slow" else 0)
        return text

    box = own_input("Wait", slow, "hello")
    box.field.note.observe(lambda change: said.append(change["new"]), "value")
    box.field.control.value = "quick"
    assert said == []
    box.field.control.value = "slow"
    assert said == [WORKING, ""]
    assert "slow" in answer_of(box)


def test_the_first_state_lasts_and_shows_the_text_and_the_answer() -> None:
    InteractiveShell.instance()
    with capture_output() as captured:
        own_input("Shout", shouted, "hello")._ipython_display_()
    static, live = (output.data for output in captured.outputs)
    assert static["text/html"].count('class="unrolled-static"') == 1
    assert "Your text: <strong>hello</strong>" in static["text/html"]
    assert "HELLO" in static["text/html"]
    assert "<pre>two\n  lines</pre>" in own_input("Shout", shouted, "two\n  lines").static_html()
    assert list(live) == ["application/vnd.jupyter.widget-view+json"]
