"""The box for the reader's own text in a real JupyterLab: typed letters stay in it, and the answer follows."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.lab import Lab, cells, open_notebook, run_all, screenshot, write_notebook

# the letters a to z are shortcuts of the notebook: x cuts a cell, dd deletes it, m turns it into Markdown
LETTERS = "x m dd a b y zz 00 ii"
HTML = "<img src=x onerror=window.harmed=1>"
BOX = """
import time
from lecture_utils.diagrams import Picture, Table
from lecture_utils.diagrams.svg import Drawing
from lecture_utils.view import own_input

def mirror(text: str, theme: str = "card") -> Picture:
    if not text.strip():
        raise ValueError("Type a word: there is nothing to turn round yet.")
    if text == "slow":
        time.sleep(1.5)
    d = Drawing("A mirror", theme)
    d.text(0, 0, text[::-1])
    words = f"Turned round, the text reads {text[::-1]}."
    return Picture(d.svg(words), words, Table("Turned round", ("text", "turned"), ((text, text[::-1]),)))

own_input("Turn a text round", mirror, "Cherry blossoms", presets=["good day", ("teddy", "Teddy bears are on sale !")])
"""
LINES = """
from lecture_utils.view import own_input
own_input("Count lines", lambda text: f"{text.count(chr(10)) + 1} lines", "one\\ntwo", label="Your code")
"""


def boxes(lab: Lab, page: Page, theme: str = "light") -> list[Locator]:
    lab.set_theme(theme)
    open_notebook(page, lab, write_notebook(lab.folder, "own_input.ipynb", BOX, LINES))
    run_all(page)
    found = page.locator(".unrolled-explorer")
    expect(found).to_have_count(2)
    return [found.nth(0), found.nth(1)]


def retype(page: Page, field: Locator, text: str) -> None:
    field.focus()
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def test_typed_letters_stay_in_the_box_and_change_the_answer(lab: Lab, page: Page) -> None:
    box, lines = boxes(lab, page)
    before = cells(page)
    answer, field = box.locator("[data-part=answer]"), box.get_by_label("Your text")
    expect(answer.locator("svg text")).to_have_text("smossolb yrrehC")
    retype(page, field, LETTERS)
    expect(answer.locator("svg text")).to_have_text(LETTERS[::-1])
    for key in ("ArrowLeft", "ArrowUp", "ArrowDown", "Shift+Enter", "Enter", "Home"):
        page.keyboard.press(key)
    page.keyboard.type("! ")
    expect(answer.locator("svg text")).to_have_text(f"! {LETTERS}"[::-1])
    retype(page, field, HTML)
    expect(answer.locator("svg text")).to_have_text(HTML[::-1])
    assert page.evaluate("() => window.harmed") is None
    code = lines.get_by_label("Your code")
    code.focus()
    page.keyboard.press("Control+End")
    page.keyboard.press("Enter")
    page.keyboard.type("x dd")
    expect(lines.locator("[data-part=answer]")).to_have_text("3 lines")
    expect(code).to_have_value("one\ntwo\nx dd")
    assert cells(page) == before


def test_examples_sentences_and_reset_by_keyboard(lab: Lab, page: Page) -> None:
    box, _ = boxes(lab, page)
    answer, field = box.locator("[data-part=answer] svg text"), box.get_by_label("Your text")
    examples, note = box.get_by_label("Examples"), box.locator(".unrolled-sentence")
    examples.focus()
    page.keyboard.press("ArrowDown")
    expect(field).to_have_value("good day")
    expect(answer).to_have_text("yad doog")
    page.keyboard.press("ArrowDown")
    expect(field).to_have_value("Teddy bears are on sale !")
    expect(answer).to_have_text("! elas no era sraeb yddeT")
    retype(page, field, " ")
    expect(note).to_have_text("! Type a word: there is nothing to turn round yet.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(answer).to_have_text("! elas no era sraeb yddeT")
    retype(page, field, "slow")
    expect(box.locator(".unrolled-hint")).to_have_text("working …")
    expect(answer).to_have_text("wols")
    expect(box.locator(".unrolled-hint")).to_have_count(0)
    expect(note).to_have_count(0)
    box.get_by_role("button", name="Reset").focus()
    page.keyboard.press("Enter")
    expect(field).to_have_value("Cherry blossoms")
    expect(answer).to_have_text("smossolb yrrehC")


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_box_stands_in_both_themes(lab: Lab, page: Page, theme: str) -> None:
    box, lines = boxes(lab, page, theme)
    expect(box.locator("[data-part=answer] svg text")).to_be_visible()
    expect(page.locator(".unrolled-static")).to_have_count(2)
    expect(page.locator(".unrolled-static").first).to_be_hidden()
    retype(page, box.get_by_label("Your text"), " ")
    expect(box.locator(".unrolled-sentence")).to_be_visible()
    screenshot(page, f"own-input-{theme}", ".jp-NotebookPanel")
    sizes = [one.evaluate("(node) => node.getBoundingClientRect().width") for one in (box, lines)]
    field = box.get_by_label("Your text").evaluate("(node) => node.getBoundingClientRect().width")
    assert field > 0.5 * min(sizes)
