"""The explorers in a real JupyterLab: every control by keyboard, judged by what the page shows."""

from __future__ import annotations

import string

import pytest
import torch
from playwright.sync_api import Locator, Page, expect
from torch import nn

from lecture_utils.diagrams.step import PHASES, step_frame
from lecture_utils.explorers.forward import example_trace
from tests.browser.lab import Lab, cells, open_notebook, run_all, screenshot, write_notebook

SHAPES = "from lecture_utils.explorers import shape_explorer\nexplorer = shape_explorer()\nexplorer"
OWN = """
from lecture_utils.explorers import shape_explorer
from torch import nn
shape_explorer(nn.LSTM(7, 5, num_layers=2, bidirectional=True))
"""
STEPS = "from lecture_utils.explorers import forward_stepper\nforward_stepper()"
HTML = "<img src=x onerror=window.harmed=1>"


def show(lab: Lab, page: Page, *sources: str, theme: str = "light") -> None:
    lab.set_theme(theme)
    open_notebook(page, lab, write_notebook(lab.folder, "explorers.ipynb", *sources))
    run_all(page)
    wanted = sum("import shape_explorer" in source or "forward_stepper()" in source for source in sources)
    expect(page.locator(".unrolled-explorer")).to_have_count(wanted)


class ShapePage:
    """The controls of one shape explorer on a page, moved by keys alone, and what the page says."""

    def __init__(self, page: Page, index: int = 0) -> None:
        self.page = page
        self.root = page.locator(".unrolled-explorer").nth(index)
        self.keys = page.keyboard

    def field(self, label: str) -> Locator:
        return self.root.get_by_label(label, exact=True)

    def type(self, label: str, text: str) -> None:
        self.field(label).focus()
        self.keys.press("Control+a")
        self.keys.type(text)

    def choose(self, label: str, option: str) -> None:
        """Walk through a list with the arrow keys until it shows `option`."""
        control = self.field(label)
        control.focus()
        self.keys.press("Home")
        for _ in range(40):
            shown = control.evaluate("(list) => list.selectedOptions[0]?.text")
            if shown.replace("\xa0", " ") == option:  # the widget writes spaces that do not break
                return
            self.keys.press("ArrowDown")
        raise AssertionError(f"{label} has no option {option!r}")

    def slide(self, label: str, steps: int) -> None:
        self.root.locator(f".noUi-handle[aria-label='{label}']").focus()
        for _ in range(abs(steps)):
            self.keys.press("ArrowRight" if steps > 0 else "ArrowLeft")

    def tick(self, label: str) -> None:
        self.field(label).focus()
        self.keys.press("Space")

    def press(self, name: str) -> None:
        self.root.get_by_role("button", name=name, exact=True).focus()
        self.keys.press("Enter")

    @property
    def code(self) -> Locator:
        return self.root.locator("pre")

    @property
    def facts(self) -> Locator:
        return self.root.locator("[data-part=facts]")


def expect_module(shapes: ShapePage, module: nn.Module, given: torch.Tensor, classes: int = 4) -> None:
    """The page shows the shapes of this very module, as torch computes them."""
    output, states = module(given)
    h_n = states[0] if isinstance(states, tuple) else states
    expect(shapes.code).to_contain_text(f"output {tuple(output.shape)}")
    expect(shapes.code).to_contain_text(f"h_n {tuple(h_n.shape)}")
    expect(shapes.code).to_contain_text(f"logits = V(output)  # {(*output.shape[:-1], classes)}")
    expect(shapes.facts).to_contain_text(f"{sum(weight.numel() for weight in module.parameters()):,}")
    drawn = shapes.root.locator("[data-part=weights]")
    for weight in module.parameters():
        expect(drawn).to_contain_text(str(tuple(weight.shape)))


def test_every_control_by_keyboard_shows_torchs_shapes(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    expect_module(shapes, nn.RNN(20, 10), torch.zeros(5, 3, 20))
    shapes.choose("Cell", "LSTM")
    expect_module(shapes, nn.LSTM(20, 10), torch.zeros(5, 3, 20))
    shapes.type("Input size", "7")
    shapes.type("Hidden size", "6")
    expect_module(shapes, nn.LSTM(7, 6), torch.zeros(5, 3, 7))
    shapes.slide("Layers", 2)
    expect_module(shapes, nn.LSTM(7, 6, num_layers=3), torch.zeros(5, 3, 7))
    shapes.choose("Directions", "two ways ⇄")
    expect_module(shapes, nn.LSTM(7, 6, num_layers=3, bidirectional=True), torch.zeros(5, 3, 7))
    shapes.type("Projection (LSTM)", "2")
    settings = {"num_layers": 3, "bidirectional": True, "proj_size": 2}
    expect_module(shapes, nn.LSTM(7, 6, **settings), torch.zeros(5, 3, 7))
    shapes.slide("Sequence length", 3)
    shapes.type("Batch size", "2")
    expect_module(shapes, nn.LSTM(7, 6, **settings), torch.zeros(8, 2, 7))
    shapes.tick("batch_first")
    expect_module(shapes, nn.LSTM(7, 6, batch_first=True, **settings), torch.zeros(2, 8, 7))
    shapes.tick("bias")
    expect_module(shapes, nn.LSTM(7, 6, batch_first=True, bias=False, **settings), torch.zeros(2, 8, 7))
    shapes.choose("Input", "unbatched")
    expect_module(shapes, nn.LSTM(7, 6, batch_first=True, bias=False, **settings), torch.zeros(8, 7))
    shapes.type("Output size of V", "9")
    expect_module(shapes, nn.LSTM(7, 6, batch_first=True, bias=False, **settings), torch.zeros(8, 7), classes=9)
    screenshot(page, "shape-explorer-everything", ".unrolled-explorer")


def test_arrows_count_in_a_field_for_numbers(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.field("Hidden size").focus()
    page.keyboard.press("ArrowUp")
    expect_module(shapes, nn.RNN(20, 11), torch.zeros(5, 3, 20))


def test_notation_and_form_change_names_and_boxes(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    weights = shapes.root.locator("[data-part=weights] svg")
    expect(weights).to_contain_text("(10, 20)")
    shapes.choose("Notation", "PyTorch: weight_ih_l0")
    expect(weights).to_contain_text("weight_ih_l0")
    shapes.choose("Notation", "d2l: W_xh, W_hh")
    expect(weights).to_contain_text("xh")
    shapes.choose("Vectors as", "rows: x W")
    expect(weights).to_contain_text("(20, 10)")


def test_slices_typed_side_by_side_are_told_apart(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.choose("Directions", "two ways ⇄")
    shapes.tick("batch_first")
    shapes.type("Slice A", "output[:, -1]")
    shapes.type("Slice B", "torch.cat([h_n[-2], h_n[-1]], dim=-1)")
    columns = shapes.root.locator(".unrolled-columns > div")
    for index in range(2):
        expect(columns.nth(index)).to_contain_text("shape (3, 20)")
    assert columns.nth(0).inner_text() != columns.nth(1).inner_text()
    shapes.type("Slice A", "output.delete()")
    sentence = shapes.root.locator(".unrolled-field", has_text="Slice A").locator(".unrolled-sentence")
    expect(sentence).to_be_visible()


def test_predict_first_by_keyboard(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.tick("Predict first: hide the answers")
    expect(shapes.code).not_to_contain_text("output (")
    expect(shapes.facts).not_to_contain_text("320")
    shapes.choose("What shape has", "weight_hh_l0")
    shapes.type("Your answer", "(10, 20)")
    shapes.press("Check")
    answer = shapes.root.locator(".unrolled-field", has_text="Your answer").locator(".unrolled-sentence")
    expect(answer).to_contain_text("Not yet")
    shapes.type("Your answer", "(10, 10)")
    page.keyboard.press("Enter")  # as in any form
    expect(answer).to_contain_text("Right")
    screenshot(page, "shape-explorer-predict", ".unrolled-explorer")
    shapes.press("Reveal")
    expect(shapes.facts).to_contain_text("320")


def test_reset_by_keyboard(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.type("Hidden size", "77")
    expect_module(shapes, nn.RNN(20, 77), torch.zeros(5, 3, 20))
    shapes.press("Reset")
    expect_module(shapes, nn.RNN(20, 10), torch.zeros(5, 3, 20))


def test_two_explorers_do_not_disturb_each_other(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES, OWN)
    first, second = ShapePage(page, 0), ShapePage(page, 1)
    own = nn.LSTM(7, 5, num_layers=2, bidirectional=True)
    expect_module(first, nn.RNN(20, 10), torch.zeros(5, 3, 20))
    expect_module(second, own, torch.zeros(5, 3, 7))
    expect(second.facts).to_contain_text("Your module's 16 parameter tensors have exactly the names and shapes")
    first.choose("Cell", "GRU")
    expect_module(first, nn.GRU(20, 10), torch.zeros(5, 3, 20))
    expect_module(second, own, torch.zeros(5, 3, 7))
    second.type("Hidden size", "4")
    expect_module(second, nn.LSTM(7, 4, num_layers=2, bidirectional=True), torch.zeros(5, 3, 7))
    expect_module(first, nn.GRU(20, 10), torch.zeros(5, 3, 20))


@pytest.mark.parametrize("bad", ["0", "-5", "ten", "99999999999999999999", "1.5", ""])
def test_bad_input_shows_its_sentence_and_keeps_the_picture(lab: Lab, page: Page, bad: str) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.field("Hidden size").focus()
    page.keyboard.press("Control+a")
    page.keyboard.press("Delete")
    page.keyboard.type(bad)
    sentence = shapes.root.locator(".unrolled-field", has_text="Hidden size").locator(".unrolled-sentence")
    expect(sentence).to_contain_text("hidden_size must be a whole number")
    expect(shapes.code).to_contain_text("output (5, 3,")
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    shapes.type("Hidden size", "12")
    expect(sentence).to_have_count(0)
    expect_module(shapes, nn.RNN(20, 12), torch.zeros(5, 3, 20))


def test_html_typed_in_any_field_stays_text(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.tick("Predict first: hide the answers")
    for label in ("Input size", "Hidden size", "Batch size", "Projection (LSTM)", "Output size of V"):
        shapes.type(label, HTML)
        sentence = shapes.root.locator(".unrolled-field", has_text=label).locator(".unrolled-sentence")
        expect(sentence).to_contain_text("<img")
        shapes.type(label, "1" if label != "Projection (LSTM)" else "0")
    for label in ("Slice A", "Slice B", "Your answer"):
        shapes.type(label, HTML)
    shapes.press("Check")
    answer = shapes.root.locator(".unrolled-field", has_text="Your answer").locator(".unrolled-sentence")
    expect(answer).to_contain_text("<img")
    assert shapes.root.locator("img").count() == 0
    assert page.evaluate("() => window.harmed") is None


def test_letters_and_arrows_in_a_focused_control_leave_the_cells_alone(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES, STEPS)
    ShapePage(page).tick("Predict first: hide the answers")
    before = cells(page)
    controls = page.locator(
        ".unrolled-explorer :is(button, input, select, textarea, summary, [tabindex='0'], [contenteditable])"
    )
    count = controls.count()
    assert count > 25
    pressed = 0
    for index in range(count):
        control = controls.nth(index)
        if not control.is_visible():
            continue
        control.focus()
        assert control.get_attribute("data-lm-suppress-shortcuts") == "true"
        for key in [*string.ascii_lowercase, *string.digits, "ArrowUp", "ArrowDown", "ArrowLeft", "ArrowRight"]:
            page.keyboard.press(key)
        pressed += 1
    assert pressed > 25
    assert cells(page) == before
    assert page.evaluate("() => jupyterapp.shell.currentWidget.content.mode") == "command"


FOCUSED = """() => {
  const node = document.activeElement;
  const style = getComputedStyle(node);
  return {inside: Boolean(node.closest('.unrolled-explorer')), keeps: node.dataset.lmSuppressShortcuts === 'true',
    ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2, what: node.outerHTML.slice(0, 120)};
}"""


@pytest.mark.parametrize("width", [1000, 1400])
def test_wherever_tab_leads_keys_stay_inside_and_the_focus_is_seen(lab: Lab, page: Page, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 1000})
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.tick("Predict first: hide the answers")
    before = cells(page)
    shapes.field("Cell").focus()
    stops = []
    for _ in range(80):
        page.keyboard.press("Tab")
        stop = page.evaluate(FOCUSED)
        if not stop["inside"]:
            break
        stops.append(stop)
        if "widget-readout" not in stop["what"]:
            page.keyboard.press("a")
    assert len(stops) > 20
    assert [stop["what"] for stop in stops if not stop["keeps"]] == []
    assert [stop["what"] for stop in stops if not stop["ring"]] == []
    assert cells(page) == before


def test_after_a_restart_the_lasting_picture_comes_back(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    expect(page.locator(".unrolled-static")).to_be_hidden()
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    expect(page.locator(".unrolled-static img").first).to_be_visible(timeout=30_000)
    expect(page.locator(".unrolled-explorer")).to_be_hidden()
    run_all(page)
    expect(page.locator(".unrolled-static")).to_be_hidden()
    expect_module(ShapePage(page), nn.RNN(20, 10), torch.zeros(5, 3, 20))


def test_a_sentence_belongs_to_its_control_for_those_who_hear(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.type("Hidden size", "ten")
    field = shapes.field("Hidden size")
    expect(field).to_have_attribute("aria-invalid", "true")
    described = page.locator(f"#{field.get_attribute('aria-describedby')}")
    expect(described).to_contain_text("hidden_size must be a whole number")
    shapes.type("Hidden size", "12")
    expect(field).to_have_attribute("aria-invalid", "false")
    expect(shapes.root.locator("[data-part=heard][aria-live=polite]")).to_contain_text("output (5, 3, 12)")


def test_reveal_hands_the_focus_on(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    shapes = ShapePage(page)
    shapes.tick("Predict first: hide the answers")
    shapes.press("Reveal")
    expect(shapes.field("Predict first: hide the answers")).to_be_focused()


def test_every_control_has_a_name(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES, STEPS)
    nameless = page.evaluate(
        """() => [...document.querySelectorAll(
            '.unrolled-explorer :is(button, input, select, summary, [tabindex="0"], [contenteditable])')]
          .filter((node) => !(node.getAttribute('aria-label') || node.labels?.length || node.innerText.trim()))
          .map((node) => node.outerHTML)"""
    )
    assert nameless == []


def test_a_failing_callback_shows_its_message(lab: Lab, page: Page) -> None:
    breaking = "def broken():\n    raise RuntimeError('the axis is missing')\nexplorer._draw_slices = broken"
    show(lab, page, SHAPES, breaking)
    shapes = ShapePage(page)
    shapes.type("Slice A", "h_n[0]")
    expect(shapes.root).to_contain_text("The explorer failed here: RuntimeError: the axis is missing")


def test_the_stepper_is_scrubbed_by_keys_and_shows_every_number(lab: Lab, page: Page) -> None:
    show(lab, page, STEPS)
    trace = example_trace()
    root = page.locator(".unrolled-explorer")
    slider = root.get_by_label("Phase of the forward pass")
    slider.focus()
    at = 0
    for step in range(len(trace.words)):
        for phase in PHASES:
            picture = step_frame(trace, step, phase, theme="page")
            expect(root.locator(".unrolled-caption")).to_have_text(picture.alt)
            assert float(slider.input_value()) == at
            page.keyboard.press("ArrowRight")
            at += 1
    screenshot(page, "forward-stepper", ".unrolled-explorer")
    root.get_by_role("button", name="First frame").press("Enter")
    expect(root.locator(".unrolled-caption")).to_have_text(step_frame(trace, 0, PHASES[0], theme="page").alt)
    root.get_by_role("button", name="To the next time step").press("Enter")
    expect(root.locator(".unrolled-caption")).to_have_text(step_frame(trace, 1, PHASES[0], theme="page").alt)


def test_the_first_state_stays_when_the_kernel_is_gone(lab: Lab, page: Page) -> None:
    show(lab, page, SHAPES)
    static = page.locator(".unrolled-static")
    expect(static).to_be_hidden()
    page.evaluate("() => jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_function("() => !jupyterapp.shell.currentWidget.context.model.dirty")
    page.evaluate("() => jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    open_notebook(page, lab, "explorers.ipynb")
    expect(page.locator(".unrolled-explorer")).to_have_count(0)
    images = page.locator(".jp-OutputArea img")
    expect(images.first).to_be_visible()
    assert images.count() == 3


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_both_explorers_keep_their_looks_for_review(lab: Lab, page: Page, theme: str) -> None:
    show(
        lab,
        page,
        OWN,
        STEPS,
        theme=theme,
    )
    for index, name in enumerate(("shape", "forward")):
        root = page.locator(".unrolled-explorer").nth(index)
        screenshot(page, f"{name}-{theme}", f".unrolled-explorer >> nth={index}")
        colour = root.evaluate("(node) => getComputedStyle(node).color")
        surface = root.evaluate("(node) => getComputedStyle(node.closest('.jp-NotebookPanel')).backgroundColor")
        assert colour != surface
