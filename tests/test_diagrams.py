"""The drawing core, the scales, the lecture's figures and the frames of the forward stepper."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import matplotlib
import pytest
import torch
from fontTools.ttLib import TTFont

from lecture_utils.diagrams import lecture, metrics, scales, step
from lecture_utils.diagrams.catalogue import FIGURES
from lecture_utils.diagrams.picture import Picture
from lecture_utils.diagrams.step import PHASES, ForwardTrace, decimals, step_frame, trace_forward
from lecture_utils.diagrams.svg import Drawing, TextBox, phrase_width, plain, shorten, visible
from lecture_utils.notation import Label

SVG = "{http://www.w3.org/2000/svg}"
SENTENCE = ("Cherry", "blossoms", "are", "beautiful", ".")
# long, markup, a compound emoji, right to left, white space, control characters, combining marks, empty
ODD_WORDS = ("W" * 300, '<img src=x onerror="alert(1)">', "👩‍🚀", "שלום עולם", "\n", "\x00\x1b]", "ạ̈́", "")


def random_trace(d_in: int, d_h: int, words: tuple[str, ...], classes: tuple[str, ...], scale: float = 1.0):
    torch.manual_seed(d_in + 10 * d_h)
    shapes = {"W": (d_h, d_in), "U": (d_h, d_h), "V": (len(classes), d_h), "b_1": (d_h,), "b_2": (len(classes),)}
    weights = {name: torch.randn(shape, dtype=torch.float64) * scale for name, shape in shapes.items()}
    return trace_forward(weights, torch.randn(len(words), d_in, dtype=torch.float64) * scale, words, classes)


DEFAULT = random_trace(4, 3, SENTENCE, SENTENCE)
TRACES = {
    "default": DEFAULT,
    "largest": random_trace(8, 6, ODD_WORDS, ODD_WORDS),
    "smallest": random_trace(1, 1, ("a",), ("b",)),
    "wide numbers": random_trace(2, 6, ("a",) * 8, ("b", "c"), scale=300.0),
    "tall input": random_trace(8, 1, ("a", "b"), ("c",)),
}
PICTURES: dict[str, Callable[[str], Picture]] = {
    "unrolled": lambda theme: lecture.unrolled(theme=theme),
    "unrolled, one step": lambda theme: lecture.unrolled(1, theme=theme),
    "unrolled, eight steps": lambda theme: lecture.unrolled(8, theme=theme),
    "unrolled, 12,345 steps": lambda theme: lecture.unrolled(12_345, theme=theme),
    "unrolled, odd words": lambda theme: lecture.unrolled(words=ODD_WORDS, theme=theme),
    "unrolled, odd words folded": lambda theme: lecture.unrolled(words=ODD_WORDS * 5, theme=theme),
    "recursive": lambda theme: lecture.recursive(theme=theme),
    "graphical model": lambda theme: lecture.graphical_model(theme=theme),
    "graphical model, one step": lambda theme: lecture.graphical_model(1, theme=theme),
    "graphical model, eight steps": lambda theme: lecture.graphical_model(8, theme=theme),
    "sharing": lambda theme: lecture.sharing(theme=theme),
    "sharing, one step": lambda theme: lecture.sharing(1, 1, 1, 1, theme=theme),
    "sharing, five large steps": lambda theme: lecture.sharing(5, 50_000, 4096, 1_000_000, theme=theme),
    "feed-forward": lambda theme: lecture.feed_forward(theme=theme),
    "feed-forward, smallest": lambda theme: lecture.feed_forward(1, 1, 1, theme=theme),
    "feed-forward, large": lambda theme: lecture.feed_forward(50_000, 1024, 8, theme=theme),
    "weights": lambda theme: lecture.weight_shapes(theme=theme),
    "weights, smallest": lambda theme: lecture.weight_shapes(1, 1, 1, theme=theme),
    "weights, extreme": lambda theme: lecture.weight_shapes(1, 2048, 1_000_000, theme=theme),
    "weights, wide": lambda theme: lecture.weight_shapes(3, 400, 5, theme=theme),
}
for name, trace in TRACES.items():
    last = len(trace.words) - 1
    for t in (0, last) if trace is DEFAULT else (last,):
        for phase in PHASES if trace is DEFAULT else ("input", "softmax"):
            PICTURES[f"step {t}, {phase}, {name}"] = lambda theme, a=trace, b=t, c=phase: step_frame(a, b, c, theme)
SIZED = ("sharing", "feed-forward", "weights")


def with_drawings(pictures: dict[str, Callable[[str], Picture]]) -> dict[str, tuple[Drawing, Picture]]:
    """Every picture on its card, with the drawing that made it."""
    drawings: list[Drawing] = []
    original = Drawing.svg
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drawing, "svg", lambda self, description: drawings.append(self) or original(self, description))
        finished = {name: draw("card") for name, draw in pictures.items()}
    assert len(drawings) == len(finished)
    return {name: (drawing, picture) for drawing, (name, picture) in zip(drawings, finished.items())}


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[Drawing, Picture]]:
    return with_drawings(PICTURES)


def points(element: ElementTree.Element) -> list[tuple[float, float]]:
    """The corners of a shape, or what encloses it."""

    def get(*names: str) -> list[float]:
        return [float(element.get(name, "nan")) for name in names]

    if element.tag == SVG + "rect":
        x, y, width, height = get("x", "y", "width", "height")
        return [(x, y), (x + width, y + height)]
    if element.tag == SVG + "circle":
        x, y, radius = get("cx", "cy", "r")
        return [(x - radius, y - radius), (x + radius, y + radius)]
    numbers = [float(n) for n in re.findall(r"-?[\d.]+", element.get("d") or element.get("points") or "")]
    return list(zip(numbers[::2], numbers[1::2]))


# the core


@pytest.mark.parametrize(
    ("table", "file"), [(metrics.REGULAR, "DejaVuSans.ttf"), (metrics.BOLD, "DejaVuSans-Bold.ttf")]
)
def test_widths_are_those_of_the_font(table, file):
    font = TTFont(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / file)
    glyphs, advances, unit = font.getBestCmap(), font["hmtx"].metrics, font["head"].unitsPerEm
    wrong = {c: w for c, w in table.items() if abs(advances[glyphs[ord(c)]][0] * 1000 / unit - w) > 0.51}
    assert not wrong


def test_overlaps_are_seen():
    drawing = Drawing("two texts")
    drawing.text(0, 0, "hidden")
    drawing.phrase(20, 3, ("state ", Label("h", "t")))
    assert drawing.overlaps() == [("hidden", "state ht")]


def test_the_frame_grows_with_what_is_drawn():
    drawing = Drawing("far away", padding=10)
    drawing.circle(500, -300, 20, "h")
    drawing.reserve(0, 0, 1, 1)
    assert 'viewBox="-10 -330 540 341"' in drawing.svg("a circle")


def test_an_empty_drawing_or_an_unknown_theme_is_refused():
    with pytest.raises(ValueError, match="empty"):
        Drawing("nothing").svg("nothing")
    with pytest.raises(ValueError, match="theme must be one of card, page"):
        Drawing("nothing", theme="dark")


def test_a_phrase_returns_to_the_base_line_after_every_index():
    drawing = Drawing("indices")
    drawing.phrase(0, 0, (Label("U"), " ", Label("h", "0"), " + ", Label("W", "", "(1)"), " end"))
    (text,) = ElementTree.fromstring(drawing.svg("indices")).iter(SVG + "text")
    heights, height = {}, 0.0
    for span in text:
        height += float(span.get("dy", "0"))
        heights[span.text] = round(height, 1)
    assert {heights[part] for part in ("U", "h", "W", " + ", " end")} == {0.0}
    assert heights["0"] > 0 > heights["(1)"]


def test_a_phrase_is_as_wide_as_its_parts():
    parts = ("a ", Label("h", "t"), " b")
    assert phrase_width(parts) == pytest.approx(sum(phrase_width((part,)) for part in parts))


def test_a_phrase_can_be_said_in_words():
    assert plain((Label("h", "1"), " = tanh(", Label("W"), ")")) == "h_1 = tanh(W)"


def test_words_are_cut_to_the_width_and_white_space_is_seen():
    assert shorten("short", 100) == "short"
    cut = shorten("W" * 300, 80, 12)
    assert cut.endswith("W…")
    assert metrics.text_width(cut, 12) <= 80 < metrics.text_width("W" + cut, 12)
    assert visible("a b\n\t\x00") == "a␣b↵⇥�"


# the scales


def test_the_diverging_scale_is_white_at_zero_and_leaves_dark_text_readable():
    assert scales.diverging(0.0, 1.0) == "#FFFFFF"
    assert scales.diverging(9.0, 1.0) == scales.diverging(1.0, 1.0) != scales.diverging(-1.0, 1.0)
    below, above = scales.diverging(-0.5, 1.0), scales.diverging(0.5, 1.0)
    assert int(below[5:], 16) > int(below[1:3], 16)  # blue
    assert int(above[1:3], 16) > int(above[5:], 16)  # vermilion
    tints = [scales.diverging(value / 100, 1.0) for value in range(-100, 101)] + [scales.diverging(float("nan"), 1.0)]
    assert min(scales.contrast(scales.DARK, tint) for tint in tints) >= 4.5
    with pytest.raises(ValueError, match="must be positive"):
        scales.diverging(1.0, 0.0)


def test_cividis_is_that_of_matplotlib():
    reference = matplotlib.colormaps["cividis"]
    for index in range(256):
        colour = scales.cividis(index / 255)
        ours = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        assert ours == pytest.approx(reference(index)[:3], abs=7 / 255)
        assert scales.contrast(scales.ink_on(colour), colour) >= 4.5
    assert scales.cividis(-1) == scales.cividis(0) != scales.cividis(1) == scales.cividis(2)


def test_contrast_of_black_on_white_is_21():
    assert scales.contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert scales.contrast("#777777", "#FFFFFF") == pytest.approx(4.478, abs=1e-3)  # the example of WCAG's authors


# every picture


@pytest.mark.parametrize("theme", ["card", "page"])
def test_markup_disturbs_no_other_drawing_on_the_page(theme):
    for name, draw in PICTURES.items():
        picture = draw(theme)
        root = ElementTree.fromstring(picture.svg)
        tags = {element.tag.removeprefix(SVG) for element in root.iter()}
        assert tags <= {"svg", "title", "desc", "g", "rect", "circle", "polygon", "path", "text", "tspan"}, name
        names = {attribute for element in root.iter() for attribute in element.keys()}  # noqa: SIM118
        assert not names & {"id", "class", "href"}, name
        assert "url(" not in picture.svg, name
        assert "nan" not in picture.svg, name


def test_every_picture_says_what_it_shows(drawn):
    for name, (_, picture) in drawn.items():
        root = ElementTree.fromstring(picture.svg)
        assert root.findtext(SVG + "title"), name
        assert root.findtext(SVG + "desc") == picture.alt, name
        assert root.get("role") == "img", name
        assert len(picture.alt.split()) >= 8, name
        assert picture.alt.endswith("."), name
        assert picture.table is not None, name
        assert all(len(row) == len(picture.table.header) for row in picture.table.rows), name
        assert all(isinstance(value, str) for row in picture.table.rows for value in row), name


def test_no_text_is_smaller_than_11_pixels(drawn):
    for name, (_, picture) in drawn.items():
        sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', picture.svg)]
        assert min(sizes) >= 11, name


def test_no_two_texts_overlap(drawn):
    found = {name: drawing.overlaps() for name, (drawing, _) in drawn.items()}
    assert not {name: pairs for name, pairs in found.items() if pairs}


def test_everything_lies_inside_the_frame(drawn):
    for name, (drawing, picture) in drawn.items():
        root = ElementTree.fromstring(picture.svg)
        left, top, width, height = map(float, root.get("viewBox", "").split())
        corners = [corner for element in root.iter() for corner in points(element)]
        corners += [corner for text in drawing.texts for corner in ((text.left, text.top), (text.right, text.bottom))]
        assert min(x for x, _ in corners) >= left, name
        assert min(y for _, y in corners) >= top, name
        assert max(x for x, _ in corners) <= left + width, name
        assert max(y for _, y in corners) <= top + height, name


def test_no_text_crosses_the_edge_of_a_box_it_stands_in(drawn):
    for name, (drawing, picture) in drawn.items():
        boxes = [points(e) for e in ElementTree.fromstring(picture.svg).iter(SVG + "rect")][1:]  # without the card
        for text in drawing.texts:
            assert not [box for box in boxes if crosses(text, box)], (name, text)


def crosses(text: TextBox, box: list[tuple[float, float]]) -> bool:
    """Whether a text's middle is inside a box and one of its ends outside."""
    (left, top), (right, bottom) = box
    inside = left < (text.left + text.right) / 2 < right and top < (text.top + text.bottom) / 2 < bottom
    return inside and (text.left < left - 0.5 or text.right > right + 0.5)


THEMES = {
    "card": ("card", {}),
    "page, light": ("page", {"--jp-content-font-color1": "rgba(0, 0, 0, 0.87)", "--jp-layout-color1": "#FFFFFF"}),
    "page, dark": ("page", {"--jp-content-font-color1": "rgba(255,255,255,1)", "--jp-layout-color1": "#111111"}),
    "page, no theme": ("page", {}),
}


@pytest.mark.parametrize("setting", THEMES)
def test_text_stands_out_from_what_it_stands_on(setting):
    theme, variables = THEMES[setting]
    page = variables.get("--jp-layout-color1", "#FFFFFF")
    for name, draw in PICTURES.items():
        for text, ink, ground in inks_and_grounds(draw(theme).svg, variables, page):
            assert scales.contrast(ink, ground) >= 4.5, (name, text, ink, ground)


def inks_and_grounds(svg: str, variables: dict[str, str], page: str) -> Iterator[tuple[str, str, str]]:
    """Each text, its colour, and the colour under its middle when all shapes before it are painted."""
    painted: list[tuple[float, float, float, float, str, float]] = []
    for element in ElementTree.fromstring(svg).iter():
        style = dict(part.split(":", 1) for part in element.get("style", "").split(";") if part)
        fill = resolve(style.get("fill") or element.get("fill") or "none", variables)
        if element.tag == SVG + "text":
            x, y = middle(element)
            ground = page
            for left, top, right, bottom, colour, share in painted:
                if left <= x <= right and top <= y <= bottom:
                    ground = scales.mix(ground, colour, share)
            yield "".join(element.itertext()), fill, ground
        elif fill != "none" and points(element):
            share = float(style.get("fill-opacity", 1)) * float(element.get("opacity", 1))
            xs, ys = zip(*points(element))
            painted.append((min(xs), min(ys), max(xs), max(ys), fill, share))


def resolve(colour: str, variables: dict[str, str]) -> str:
    """What a browser makes of `var(--name, fallback)`; rgba is flattened onto the page."""
    while match := re.fullmatch(r"var\((--[\w-]+), (.*)\)", colour):
        colour = variables.get(match[1], match[2])
    if match := re.fullmatch(r"rgba\((\d+), ?(\d+), ?(\d+), ?([\d.]+)\)", colour):
        solid = "#" + "".join(f"{int(channel):02X}" for channel in match.groups()[:3])
        return scales.mix(variables["--jp-layout-color1"], solid, float(match[4]))
    return colour


def middle(text: ElementTree.Element) -> tuple[float, float]:
    size = float(text.get("font-size", "0"))
    width = metrics.text_width("".join(text.itertext()), size)
    shift = {"start": 0.5, "middle": 0.0, "end": -0.5}[text.get("text-anchor", "start")]
    return float(text.get("x", "nan")) + shift * width, float(text.get("y", "nan")) - 0.35 * size


FINGERPRINT = """
import hashlib
from lecture_utils.diagrams.catalogue import FIGURES
from lecture_utils.diagrams.step import PHASES, step_frame, trace_forward
weights = {"W": [[0.5, -1.0]], "U": [[0.3]], "V": [[1.0], [-2.0]], "b_1": [0.1], "b_2": [0.0, 0.2]}
trace = trace_forward(weights, [[1.0, 0.0], [0.0, 1.0]], ["a", "b"], ["b", "c"])
pictures = [draw() for draw in FIGURES.values()] + [step_frame(trace, 1, phase, "page") for phase in PHASES]
print(hashlib.sha256(repr(pictures).encode()).hexdigest())
"""


def test_a_drawing_is_the_same_to_the_byte_every_time():
    assert all(draw("page") == draw("page") for draw in PICTURES.values())
    prints = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", FINGERPRINT]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        prints.add(result.stdout)
    assert len(prints) == 1


# the lecture's figures


def test_the_catalogue_holds_the_lectures_figures():
    assert {"unrolled", "recursive", "graphical_model", "feed_forward", "weight_shapes"} <= set(FIGURES)
    assert all(re.fullmatch(r"[a-z0-9_]+", stem) for stem in FIGURES)
    assert all(isinstance(draw(), Picture) and draw().table for draw in FIGURES.values())


def numbers(text: str) -> set[str]:
    """The numbers in a text, without indices such as the 1 of b_1."""
    return set(re.findall(r"(?<![\w.,−])\d+(?:,\d{3})*", text))


@pytest.mark.parametrize("name", [name for name in PICTURES if name.startswith(SIZED)])
def test_alt_text_names_every_number_of_the_table(drawn, name):
    picture = drawn[name][1]
    table = " ".join(value for row in picture.table.rows for value in row)
    assert numbers(table)
    assert numbers(table) <= numbers(picture.alt)


@pytest.mark.parametrize(("d_in", "d_h", "d_out"), [(300, 100, 60), (20, 10, 7), (1, 1, 1), (5, 64, 1000)])
def test_weight_counts_are_those_of_torch(d_in, d_h, d_out):
    with torch.device("meta"):
        rnn, linear = torch.nn.RNN(d_in, d_h), torch.nn.Linear(d_h, d_out)
        counts = [sum(p.numel() for p in module.parameters()) for module in (rnn, linear)]
    lines = {row[0]: row[2] for row in lecture.weight_shapes(d_in, d_h, d_out).table.rows}
    assert lines["as PyTorch counts"] == f"{sum(counts):,}"
    assert lines["with biases"] == f"{sum(counts) - d_h:,}"
    assert lines["weights"] == f"{sum(counts) - 2 * d_h - d_out:,}"
    for steps, shared, own in lecture.sharing(2, d_in, d_h, d_out).table.rows:
        assert shared == lines["weights"]
        assert int(own.replace(",", "")) == int(steps) * int(shared.replace(",", ""))
    units = {row[0]: row[4] for row in lecture.feed_forward(d_in, d_h, d_out).table.rows}
    assert units["W, U and V"] == lines["weights"]
    assert units["U"] == f"{rnn.weight_hh_l0.numel():,}"


def test_weights_are_drawn_to_scale():
    root = ElementTree.fromstring(lecture.weight_shapes(300, 100, 60).svg)
    sizes = [(float(r.get("width", 0)), float(r.get("height", 0))) for r in root.iter(SVG + "rect")][1:]
    rows, columns = sizes[3]  # h_t, U, h_(t−1), W
    assert (rows, columns) == pytest.approx((sizes[1][0] * 3, sizes[1][1]))
    assert sizes[4][1] == pytest.approx(sizes[3][0])  # x_t is as tall as W is wide


def test_every_arrow_of_the_unrolled_network_is_named(drawn):
    drawing, picture = drawn["unrolled"]
    texts = [text.text for text in drawing.texts]
    assert [texts.count(letter) for letter in "WUV"] == [5, 5, 5]
    assert picture.svg.count("<polygon") == 15 + 1  # and the arrow of time
    assert all(word in texts and word in picture.alt for word in SENTENCE)
    assert {f"{symbol}{t}" for symbol in "xhp" for t in range(1, 6)} | {"h0"} <= set(texts)


def test_many_steps_are_folded_with_their_count(drawn):
    drawing, picture = drawn["unrolled, 12,345 steps"]
    states = [text.text for text in drawing.texts if re.fullmatch(r"h\d+", text.text)]
    (folded,) = [text.text for text in drawing.texts if text.text.endswith(" more")]
    assert len(states) <= 9
    assert int(folded.removesuffix(" more").replace(",", "")) + len(states) - 1 == 12_345
    assert "12,345 time steps" in picture.alt


def test_words_stay_text(drawn):
    for name in ("unrolled, odd words", "step 7, softmax, largest"):
        svg = drawn[name][1].svg
        assert "<img" not in svg
        assert "👩‍🚀" in svg
    assert "&lt;img" in drawn["unrolled, odd words"][1].svg


def test_impossible_settings_get_a_sentence():
    with pytest.raises(ValueError, match="one word per step, 3, but it holds 5"):
        lecture.unrolled(3, SENTENCE)
    with pytest.raises(ValueError, match="at least 1, but it is 0"):
        lecture.unrolled(0)
    with pytest.raises(ValueError, match="between 1 and 8"):
        lecture.graphical_model(9)
    with pytest.raises(ValueError, match="between 1 and 5"):
        lecture.sharing(6)
    for draw in (lecture.feed_forward, lecture.weight_shapes):
        with pytest.raises(ValueError, match="hidden_size must be at least 1, but it is 0"):
            draw(3, 0, 2)


# the forward stepper


@pytest.mark.parametrize("start", [None, [0.5, -0.25, 1.0]])
def test_the_trace_is_that_of_torch(start):
    torch.manual_seed(0)
    rnn, linear = torch.nn.RNN(4, 3, dtype=torch.float64), torch.nn.Linear(3, 5, dtype=torch.float64)
    inputs = torch.randn(5, 4, dtype=torch.float64)
    weights = {
        "W": rnn.weight_ih_l0.detach(),
        "U": rnn.weight_hh_l0.detach(),
        "V": linear.weight.detach(),
        "b_1": (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach(),
        "b_2": linear.bias.detach(),
    }
    trace = trace_forward(weights, inputs, SENTENCE, SENTENCE, start)
    h_0 = torch.zeros(1, 3, dtype=torch.float64) if start is None else torch.tensor([start], dtype=torch.float64)
    output, _ = rnn(inputs, h_0)  # (5, 3)
    logits = linear(output)  # (5, 5)
    expected = {"h": output, "o": logits, "p": logits.softmax(-1), "x": inputs}
    expected["h_prev"] = torch.cat([h_0, output[:-1]])
    expected["Wx"], expected["Uh"] = inputs @ weights["W"].T, expected["h_prev"] @ weights["U"].T
    expected["a"] = torch.atanh(output)
    for name, values in expected.items():
        ours = torch.tensor([getattr(s, name) for s in trace.steps], dtype=torch.float64)
        torch.testing.assert_close(ours, values, rtol=1e-9, atol=1e-12, msg=f"{name} differs from torch's")


def test_a_trace_of_clashing_sizes_is_refused():
    good = {"W": [[1.0, 2.0]], "U": [[0.5]], "V": [[1.0], [2.0]], "b_1": [0.0], "b_2": [0.0, 0.0]}
    trace_forward(good, [[1.0, 0.0]], ["a"], ["b", "c"])
    bad: dict[str, object] = {"W": [[1.0], [2.0]], "U": [[1.0, 2.0]], "V": [[1.0]], "b_1": [0.0] * 2, "b_2": [0.0]}
    for name, value in bad.items():
        with pytest.raises(ValueError, match=r"must have shape"):
            trace_forward({**good, name: value}, [[1.0, 0.0]], ["a"], ["b", "c"])
    with pytest.raises(ValueError, match=r"inputs \(time, input\) must have shape \(2, 2\), but it has \(1, 2\)"):
        trace_forward(good, [[1.0, 0.0]], ["a", "b"], ["b", "c"])
    with pytest.raises(ValueError, match=r"h0 \(hidden\) must have shape \(1,\), but it has \(2,\)"):
        trace_forward(good, [[1.0, 0.0]], ["a"], ["b", "c"], h0=[0.0, 0.0])
    with pytest.raises(ValueError, match="must not be empty"):
        trace_forward(good, [], [], ["b", "c"])


def test_softmax_survives_large_logits():
    trace = random_trace(2, 3, ("a",), ("b", "c"), scale=1e6)
    assert sum(trace.steps[0].p) == pytest.approx(1.0)


@pytest.mark.parametrize("trace", TRACES.values(), ids=TRACES)
def test_nothing_moves_from_frame_to_frame(trace):
    frames, layouts = set(), set()
    for t in {0, 1, len(trace.words) - 1} & set(range(len(trace.words))):
        for phase in PHASES:
            svg = step_frame(trace, t, phase).svg
            frames.add(re.search(r'viewBox="[^"]+"', svg)[0])
            boxes = re.findall(r'<rect x="\S+" y="\S+" width="\S+" height="\S+" rx="6"', svg)
            assert len(boxes) == len(trace.words) + 1 + 14, (t, phase)  # states in the strip, tensors
            layouts.add(tuple(boxes))
    assert len(frames) == 1
    assert len(layouts) == 1


def test_a_frame_shows_what_is_computed_and_nothing_more(drawn):
    counts = {"x": 0, "Wx": 3, "Uh": 3, "a": 3, "h": 6, "o": 5, "p": 5}  # cells; h_t stands at tanh and beside V
    later = 4 * 3  # states of later steps in the strip
    for index, phase in enumerate(PHASES):
        drawing, picture = drawn[f"step 0, {phase}, default"]
        texts = [text.text for text in drawing.texts]
        missing = list(counts.values())[index + 1 :]
        this_state = 3 * (index < PHASES.index("tanh"))
        assert texts.count("·") == sum(missing) + later + this_state + 1, phase  # and the key at the bottom
        assert [row[2] for row in picture.table.rows].count("not computed yet") == len(missing), phase


def test_a_frame_shows_the_numbers_of_its_step(drawn):
    for t in (0, 4):
        for result, phase in zip(step.RESULTS, PHASES):
            drawing, picture = drawn[f"step {t}, {phase}, default"]
            texts = [text.text for text in drawing.texts]
            values = [decimals(value) for value in getattr(DEFAULT.steps[t], result)]
            assert all(value in texts for value in values), (t, phase)
            assert ", ".join(values) in picture.alt, (t, phase)
            assert picture.alt.startswith(f"Step {t + 1} of 5, ‘{SENTENCE[t]}’."), (t, phase)


def test_the_current_result_is_marked_and_not_by_colour_alone(drawn):
    for phase in PHASES:
        svg = drawn[f"step 4, {phase}, default"][1].svg
        assert svg.count("stroke-width:3.5") == 3, phase  # the word, the latest state, the result
        triangles = [e for e in ElementTree.fromstring(svg).findall(SVG + "polygon") if len(points(e)) == 3]
        assert len(triangles) == 3, phase  # the word, the result, the key


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.005, "0.01"),
        (-0.001, "0.00"),
        (-1.5, "−1.50"),
        (12345.0, "1.2e4"),
        (float("-inf"), "−inf"),
        (999.999, "1.0e3"),
    ],
)
def test_numbers_are_written_short(value, text):
    assert decimals(value) == text


def test_the_tint_is_not_spoilt_by_zeros_or_one_large_number():
    def limit(*values: float) -> float:
        trace = ForwardTrace(W=(values,), U=((0.0,),), V=((0.0,),), b_1=(), b_2=(), words=(), classes=(), steps=())
        return trace.limit

    assert limit(*[0.0] * 50, *[0.8] * 20) == 1.0
    assert limit(*[0.8] * 20, 900.0) == 1.0
    assert limit(0.03) == 0.05
    assert limit(0.0) == 1.0


def test_frames_that_do_not_exist_are_refused():
    with pytest.raises(ValueError, match="t must be between 0 and 4, but it is 5"):
        step_frame(DEFAULT, 5, "tanh")
    with pytest.raises(ValueError, match="phase must be one of input"):
        step_frame(DEFAULT, 0, "relu")
