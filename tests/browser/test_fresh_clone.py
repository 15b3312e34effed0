"""A notebook opened from a fresh clone, with nothing run, shows every picture; Run All then runs to the end."""

from __future__ import annotations

import json
import re

import pytest
from playwright.sync_api import Page

from tests.browser.lab import ROOT, Lab, open_notebook, run_all, screenshot

NOTEBOOKS = sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "notebooks").glob("[0-9a-d]*.ipynb"))
IMAGES = """() => [...document.querySelectorAll('.jp-NotebookPanel img')].map(
    (image) => ({alt: image.alt, width: image.naturalWidth, seen: image.checkVisibility()}))"""


def pictures_in(notebook: str) -> int:
    """How many images the file itself holds, in Markdown and in outputs."""
    content = json.loads((ROOT / notebook).read_text(encoding="utf-8"))
    texts = []
    for cell in content["cells"]:
        if cell["cell_type"] == "markdown":
            texts.append("".join(cell["source"]))
        for output in cell.get("outputs", []):
            texts.append("".join(output.get("data", {}).get("text/html", "")))
    return sum(len(re.findall(r"<img |!\[", text)) for text in texts)


def explorers_in(notebook: str) -> int:
    """How many explorers the file holds: each has left the picture of its first state."""
    cells = json.loads((ROOT / notebook).read_text(encoding="utf-8"))["cells"]
    pages = ["".join(o.get("data", {}).get("text/html", "")) for cell in cells for o in cell.get("outputs", [])]
    return sum('class="unrolled-static"' in html for html in pages)


def test_there_are_notebooks_and_explorers_in_them() -> None:
    assert len(NOTEBOOKS) >= 9
    assert sum(map(explorers_in, NOTEBOOKS)) >= 5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_every_picture_shows_before_anything_runs(lab: Lab, page: Page, notebook: str, theme: str) -> None:
    lab.set_theme(theme)
    open_notebook(page, lab, notebook)
    wanted = pictures_in(notebook)
    page.wait_for_function(
        "(wanted) => [...document.querySelectorAll('.jp-NotebookPanel img')].filter((image) => image.complete)"
        ".length >= wanted",
        arg=wanted,
    )
    images = page.evaluate(IMAGES)
    screenshot_whole(page, f"{notebook.split('/')[-1][:2]}-unrun-{theme}")
    assert len(images) == wanted > 0
    assert [image for image in images if not image["seen"] or not image["width"] or len(image["alt"]) < 20] == []


@pytest.mark.parametrize("notebook", NOTEBOOKS)
def test_run_all_reaches_the_end_without_an_error(lab: Lab, page: Page, notebook: str) -> None:
    lab.set_theme("light")
    open_notebook(page, lab, notebook)
    run_all(page)
    drawn = page.locator(".unrolled-explorer:has(.unrolled-stage :is(svg, [data-part=answer] > *))").count()
    assert drawn == explorers_in(notebook), "every explorer of this notebook is alive and draws"
    screenshot_whole(page, f"{notebook.split('/')[-1][:2]}-run")


def screenshot_whole(page: Page, name: str) -> None:
    """The whole notebook in a few tall pictures."""
    tall = 3000
    page.set_viewport_size({"width": 1200, "height": tall})
    height = page.evaluate("() => document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
    for number, top in enumerate(range(0, int(height), tall - 200)):
        page.evaluate("(top) => document.querySelector('.jp-WindowedPanel-outer').scrollTo(0, top)", top)
        page.wait_for_timeout(200)
        screenshot(page, f"{name}-{number}", ".jp-NotebookPanel")
    page.set_viewport_size({"width": 1400, "height": 1000})
