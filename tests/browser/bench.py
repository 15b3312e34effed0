"""How long a key takes to reach the page: `make bench` prints a table and adds it to reports/bench.json.

Each figure is the time from the key event to the first change of the page, measured inside the page. The bars
are held by the explorers; matplotlib drawn into an Output is measured beside them, in the same run, and has none.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Page, sync_playwright

from tests.bench_layers import save
from tests.browser.lab import Lab, chromium, open_notebook, run_all, write_notebook

KEYS = 60
SHAPES = "from lecture_utils.explorers import shape_explorer\nshape_explorer()"
STEPS = "from lecture_utils.explorers import forward_stepper\nforward_stepper()"
PLOT = """
import ipywidgets as widgets, matplotlib.pyplot as plt
slider, output = widgets.IntSlider(min=1, max=30), widgets.Output()
def draw(change=None):
    with output:
        output.clear_output(wait=True)
        plt.figure(figsize=(7, 3.5)); plt.plot([slider.value, 2, 3]); plt.show()
slider.observe(draw, "value"); draw()
box = widgets.VBox([slider, output]); box.add_class("unrolled-plot"); box
"""
# the clock starts with the key event, before anybody else sees it, and stops at the first change of the page
WATCH = """(selector) => {
  window.unrolledTimes = [];
  let start = null;
  document.addEventListener('keydown', () => { start = performance.now(); }, true);
  new MutationObserver(() => {
    if (start === null) return;
    window.unrolledTimes.push(performance.now() - start);
    start = null;
  }).observe(document.querySelector(selector), {childList: true, subtree: true, characterData: true});
}"""


class Row(NamedTuple):
    """One figure and the bar that it has to stay under; a bar of None is for comparison alone."""

    name: str
    value: float
    bar: float | None
    unit: str = "ms"

    @property
    def ok(self) -> bool:
        return self.bar is None or self.value <= self.bar


def key_times(page: Page, lab: Lab, source: str, focus: str, watch: str) -> list[float]:
    """Milliseconds from key to page for KEYS presses of an arrow, to and fro, on the control `focus`."""
    open_notebook(page, lab, write_notebook(lab.folder, "bench.ipynb", source))
    run_all(page)
    page.locator(watch).first.wait_for()
    page.locator(focus).first.focus()
    page.evaluate(WATCH, watch)
    for press in range(KEYS + 5):
        seen = page.evaluate("() => window.unrolledTimes.length")
        page.keyboard.press("ArrowRight" if press % 20 < 10 else "ArrowLeft")
        page.wait_for_function("(seen) => window.unrolledTimes.length > seen", arg=seen, timeout=10_000)
        page.wait_for_timeout(60)  # a person's pause, and time for what follows the first change
    return page.evaluate("() => window.unrolledTimes")[5:]  # the first ones warm up


def rows(page: Page, lab: Lab) -> Iterator[Row]:
    """Every figure of the table."""
    kernel = key_times(page, lab, SHAPES, ".noUi-handle[aria-label='Sequence length']", "[data-part=network]")
    yield Row("shape explorer, through the kernel, median", statistics.median(kernel), 50)
    yield Row("shape explorer, through the kernel, 95th percentile", statistics.quantiles(kernel, n=20)[18], 100)
    scrubbed = key_times(page, lab, STEPS, ".unrolled-bar input[type=range]", ".unrolled-frame")
    yield Row("forward stepper, scrubbed in the page, median", statistics.median(scrubbed), 5)
    yield Row("forward stepper, scrubbed in the page, 95th percentile", statistics.quantiles(scrubbed, n=20)[18], 5)
    plotted = key_times(page, lab, PLOT, ".unrolled-plot .noUi-handle", ".unrolled-plot .jp-OutputArea")
    yield Row("matplotlib in an Output, for comparison, median", statistics.median(plotted), None)


def main() -> int:
    """Measure, print, write; 1 when a figure misses its bar."""
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, chromium(playwright) as browser:
        places = [Path(folder, name) for name in ("notebooks", "home")]
        for place in places:
            place.mkdir()
        lab = Lab(*places)
        try:
            measured = list(rows(browser.new_page(viewport={"width": 1400, "height": 1000}), lab))
        finally:
            lab.stop()
    save("explorers", measured)
    for row in measured:
        bar = "–" if row.bar is None else f"≤ {row.bar:g}"
        print(f"{row.name:56} {row.value:8.1f} {row.unit}   {bar:>6}   {'ok' if row.ok else 'MISSED'}")
    return 0 if all(row.ok for row in measured) else 1


if __name__ == "__main__":
    sys.exit(main())
