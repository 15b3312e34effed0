"""The figures of training, of stacked and two-way networks, of the gated cells, and the banner."""

from __future__ import annotations

import ast
import math
import os
import re
import subprocess
import sys
from collections.abc import Callable
from xml.etree import ElementTree

import pytest
import torch

from lecture_utils.diagrams import banner, catalogue, cells, scales, stacked, training
from lecture_utils.diagrams.picture import Picture
from lecture_utils.diagrams.svg import Drawing, label_width
from lecture_utils.diagrams.training import Curve
from lecture_utils.notation import Label
from lecture_utils.shapes import GATES
from tests.test_diagrams import THEMES, inks_and_grounds, with_drawings

SVG = "{http://www.w3.org/2000/svg}"
# long, markup, a compound emoji, right to left, white space, control characters, combining marks, empty
ODD_WORDS = ("W" * 300, '<img src=x onerror="alert(1)">', "👩‍🚀", "שלום עולם", "\n", "\x00\x1b]", "ạ̈́", "")
OURS = (training, stacked, cells, banner)  # the modules whose figures are tested here
FIGURES: dict[str, Callable[..., Picture]] = {
    stem: draw for stem, draw in catalogue.FIGURES.items() if draw.__module__ in {module.__name__ for module in OURS}
}
FLAT = Curve("flat", (1.0, 1.0))
PICTURES: dict[str, Callable[[str], Picture]] = {
    **{name: lambda theme, draw=draw: draw(theme=theme) for name, draw in FIGURES.items()},
    **{
        f"loss, {steps} steps, state {state}": lambda theme, a=steps, b=state: training.loss_over_time(a, b, theme)
        for steps, state in ((1, 1), (2, 1), (2, 2), (4, 4), (8, 1), (8, 5))
    },
    **{
        f"chunks, {len(text)} letters by {chunk}": lambda theme, a=text, b=chunk: training.truncated_bptt(a, b, theme)
        for text, chunk in (("a", 1), ("abc", 1), ("abcde", 2), ("W" * 16, 16), ("W" * 16, 1), ("\n\x00<&א🙂m", 3))
    },
    "one flat curve": lambda theme: training.gradient_over_distance([FLAT], theme=theme),
    "six equal curves": lambda theme: training.gradient_over_distance(
        [Curve(f"network {number}", (1.0, 0.5, 0.25), 0.5) for number in range(6)], "All the same", theme
    ),
    "curves far apart": lambda theme: training.gradient_over_distance(
        [Curve("up", tuple(30.0**k for k in range(101)), 31.0), Curve("down", tuple(0.01**k for k in range(101)))],
        theme=theme,
    ),
    **{
        f"stacked, {layers} layers, {steps} steps": lambda theme, a=layers, b=steps: stacked.stacked(a, b, theme)
        for layers, steps in ((1, 1), (6, 12), (6, 8), (2, 12_345))
    },
    **{
        f"{draw.__name__}, {len(words)} words": lambda theme, a=draw, b=words: a(b, theme)
        for draw in (stacked.bidirectional, stacked.bidirectional_classification)
        for words in (("a", "b"), ODD_WORDS)
    },
    "bidirectional, one word": lambda theme: stacked.bidirectional(["word"], theme),
    "around the first of two words": lambda theme: stacked.around_a_blank(("a", "b"), 1, theme),
    "around the last of odd words": lambda theme: stacked.around_a_blank(ODD_WORDS, len(ODD_WORDS), theme),
    "who sees what, 2 steps": lambda theme: stacked.who_sees_what(2, theme),
    "who sees what, 8 steps": lambda theme: stacked.who_sees_what(8, theme),
}


@pytest.fixture(scope="module")
def drawn() -> dict[str, tuple[Drawing, Picture]]:
    return with_drawings(PICTURES)


def texts(drawing: Drawing) -> list[str]:
    return [text.text for text in drawing.texts]


def column(picture: Picture, name: str) -> list[str]:
    """One column of a picture's table."""
    return [row[picture.table.header.index(name)] for row in picture.table.rows]


def test_every_module_has_its_figures_in_the_catalogue():
    assert {draw.__module__ for draw in FIGURES.values()} == {module.__name__ for module in OURS}


# every figure


def test_no_two_texts_overlap(drawn):
    found = {name: drawing.overlaps() for name, (drawing, _) in drawn.items()}
    assert not {name: pairs for name, pairs in found.items() if pairs}


@pytest.mark.parametrize("theme", ["card", "page"])
def test_every_picture_is_whole_and_says_what_it_shows(theme):
    for name, draw in PICTURES.items():
        picture = draw(theme)
        root = ElementTree.fromstring(picture.svg)
        assert root.findtext(SVG + "desc") == picture.alt, name
        assert root.findtext(SVG + "title"), name
        assert picture.alt.endswith((".", "”.")), name
        assert all(len(row) == len(picture.table.header) for row in picture.table.rows), name
        assert all(isinstance(value, str) for row in picture.table.rows for value in row), name
        assert min(float(size) for size in re.findall(r'font-size="([\d.]+)"', picture.svg)) >= 11, name
        assert not {key for element in root.iter() for key in element.keys()} & {"id", "class"}, name  # noqa: SIM118
        assert "nan" not in picture.svg, name
        assert "<img" not in picture.svg, name


def test_no_text_leaves_the_frame_or_crosses_the_edge_of_its_box(drawn):
    for name, (drawing, picture) in drawn.items():
        root = ElementTree.fromstring(picture.svg)
        left, top, width, height = map(float, root.get("viewBox", "").split())
        rectangles = [[float(r.get(key, 0)) for key in ("x", "y", "width", "height")] for r in root.iter(SVG + "rect")]
        for text in drawing.texts:
            assert left <= text.left <= text.right <= left + width, (name, text)
            assert top <= text.top <= text.bottom <= top + height, (name, text)
            x, y = (text.left + text.right) / 2, (text.top + text.bottom) / 2
            inside = [r for r in rectangles if r[0] < x < r[0] + r[2] and r[1] < y < r[1] + r[3]]
            assert all(r[0] <= text.left + 0.5 and text.right - 0.5 <= r[0] + r[2] for r in inside), (name, text)


@pytest.mark.parametrize("setting", THEMES)
def test_text_stands_out_from_what_it_stands_on(setting):
    theme, variables = THEMES[setting]
    page = variables.get("--jp-layout-color1", "#FFFFFF")
    for name, draw in PICTURES.items():
        for text, ink, ground in inks_and_grounds(draw(theme).svg, variables, page):
            assert scales.contrast(ink, ground) >= 4.5, (name, text, ink, ground)


@pytest.mark.parametrize("name", FIGURES)
def test_figures_fit_a_notebook(name, drawn):
    left, _, right, _ = drawn[name][0].bounds
    assert 600 <= right - left <= 960


FINGERPRINT = """
import hashlib
from lecture_utils.diagrams import banner, cells, stacked, training
modules = {training: "loss_over_time truncated_bptt gradient_over_distance", cells: "gru_cell lstm_cell",
    stacked: "stacked bidirectional bidirectional_classification around_a_blank who_sees_what", banner: "banner"}
pictures = [getattr(module, name)() for module, names in modules.items() for name in names.split()]
print(hashlib.sha256(repr(pictures).encode()).hexdigest())
"""


def test_a_figure_is_the_same_to_the_byte_in_every_process():
    assert all(draw() == draw() for draw in FIGURES.values())
    prints = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", FINGERPRINT]
        result = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        prints.add(result.stdout)
    assert len(prints) == 1


def test_drawing_imports_no_torch():
    code = "import sys; from lecture_utils.diagrams import banner, cells, stacked, training; "
    code += "print(sorted({'torch', 'numpy', 'matplotlib'} & set(sys.modules)))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


IMPOSSIBLE = {
    "steps must be a whole number between 1 and 8 in this figure, but it is 0": lambda: training.loss_over_time(0),
    "state must be a whole number between 1 and 4 in this figure, but it is 5": lambda: training.loss_over_time(4, 5),
    "characters in text must be .* between 1 and 16 .* but it is 0": lambda: training.truncated_bptt(""),
    "chunk must be .* between 1 and 16 .* but it is 0": lambda: training.truncated_bptt("abc", 0),
    "chunk must be .* but it is 1.5": lambda: training.truncated_bptt("abc", 1.5),
    "between 1 and 6 of them, but it holds 0": lambda: training.gradient_over_distance([]),
    "between 1 and 6 of them, but it holds 7": lambda: training.gradient_over_distance([FLAT] * 7),
    "at least 2, but they have .2, 3.": lambda: training.gradient_over_distance([FLAT, Curve("c", (1.0,) * 3)]),
    "at least 2, but they have .1.": lambda: training.gradient_over_distance([Curve("c", (1.0,))]),
    "positive and finite, but c has 0.0": lambda: training.gradient_over_distance([Curve("c", (1.0, 0.0))]),
    "positive and finite, but c has nan": lambda: training.gradient_over_distance([Curve("c", (1.0, math.nan))]),
    "positive and finite, but c has inf": lambda: training.gradient_over_distance([Curve("c", (1.0, 1.0), math.inf)]),
    "layers must be .* between 1 and 6": lambda: stacked.stacked(7),
    "steps must be .* between 1 and 1000000": lambda: stacked.stacked(2, 0),
    "number of words must be .* between 1 and 8": lambda: stacked.bidirectional([]),
    "number of words must be .* between 2 and 8": lambda: stacked.bidirectional_classification(["one"]),
    "blank must be .* between 1 and 4": lambda: stacked.around_a_blank(blank=5),
    "steps must be .* between 2 and 8": lambda: stacked.who_sees_what(9),
    "network must be one of one-way; two-way; .*, but it is 'three-way'": lambda: stacked.dependence("three-way", 3),
}


@pytest.mark.parametrize("message", IMPOSSIBLE)
def test_impossible_settings_get_a_sentence(message):
    with pytest.raises(ValueError, match=message):
        IMPOSSIBLE[message]()


def test_what_follows_a_label_starts_after_its_wider_index():
    drawing = Drawing("indices")
    label = Label("h", "t", "(2)→")
    drawing.phrase(0, 0, (label, " with ", Label("x", "long", "2"), " end"))
    spans = list(next(ElementTree.fromstring(drawing.svg("indices")).iter(SVG + "text")))
    shifts = {span.text: float(span.get("dx", "0")) for span in spans}
    assert shifts[" with "] == pytest.approx(label_width(("", "", "(2)→")) - label_width(("", "t")), abs=0.06)
    assert shifts[" end"] == 0


# the loss of every step


@pytest.mark.parametrize(("steps", "state"), [(4, 2), (3, 3), (5, 1)])
def test_a_state_acts_on_the_losses_that_autograd_finds(steps, state):
    torch.manual_seed(0)
    rnn = torch.nn.RNN(2, 3, dtype=torch.float64)
    targets, V = torch.randint(4, (steps,)), torch.randn(4, 3, dtype=torch.float64)
    states, h = [], torch.zeros(1, 3, dtype=torch.float64)
    for x in torch.randn(steps, 1, 2, dtype=torch.float64):
        h = rnn(x, h)[1]
        states.append(h)
    losses = [torch.nn.functional.cross_entropy(h @ V.T, targets[t : t + 1]) for t, h in enumerate(states)]
    reached = []
    for t, loss in enumerate(losses, start=1):
        (gradient,) = torch.autograd.grad(loss, states[state - 1], retain_graph=True, allow_unused=True)
        reached += [f"L_{t}"] if gradient is not None and gradient.abs().max() > 0 else []
    picture = training.loss_over_time(steps, state)
    assert re.findall(r"L_\d", column(picture, "h_t acts on")[state - 1]) == reached
    said = re.search(rf"h_{state} acts on ([^;]*);", picture.alt)[1]
    assert re.findall(r"L_\d", said) == reached
    check_gradients(picture, rnn, V, targets, losses, states)


def check_gradients(picture, rnn, V, targets, losses, states):
    """The column "gradient at h_t" of the table, computed and compared with autograd's."""
    wanted = torch.autograd.grad(sum(losses), states)
    U = rnn.weight_hh_l0.detach()
    delta: dict[int, torch.Tensor] = {}
    for t in reversed(range(1, len(states) + 1)):
        h = states[t - 1].detach()[0]
        p = {t: (V @ h).softmax(0)}
        y = {t: torch.nn.functional.one_hot(targets[t - 1], len(V)).double()}
        formula = column(picture, "gradient at h_t")[t - 1]
        for pattern, replacement in (
            (r"Vᵀ\(p_(\d) − y_(\d)\)", r"V.T @ (p[\1] - y[\2])"),
            (r"Uᵀ δ_(\d)", r"U.T @ d[\1]"),
        ):
            formula = re.sub(pattern, replacement, formula)
        ours = eval(formula, {"V": V, "U": U, "p": p, "y": y, "d": delta})
        torch.testing.assert_close(ours, wanted[t - 1][0], rtol=1e-10, atol=1e-12)
        delta[t] = (1 - h**2) * ours


def test_gradients_into_the_chosen_state_stand_out(drawn):
    svg = drawn["loss_over_time"][1].svg
    pale = re.findall(r'<g opacity="0.3">', svg)
    dashed = re.findall(r"<path [^>]*stroke-dasharray", svg)
    # pale: the three arrows down from L_1, and the one from h_2 back to h_1; dark: three times three, and two more
    assert (len(pale), len(dashed)) == (3 + 1, 4 + 9 + 2 + 1)  # and one in the legend
    assert svg.count("stroke-width:3.5") == 1 + 3  # the state and its losses


# gradients cut between chunks


@pytest.mark.parametrize(("text", "chunk"), [("time unrolls", 4), ("abcdefg", 3), ("abc", 1), ("abcd", 9)])
def test_the_horizon_is_that_of_detach(text, chunk):
    torch.manual_seed(0)
    rnn = torch.nn.RNN(2, 3, dtype=torch.float64)
    h, states, reach = torch.zeros(1, 3, dtype=torch.float64), [], []
    for place in range(len(text)):
        if place % chunk == 0:
            h = h.detach()
        h = rnn(torch.randn(1, 2, dtype=torch.float64), h)[1]
        states.append(h)
        found = torch.autograd.grad(h.sum(), states, retain_graph=True, allow_unused=True)
        reach.append(sum(gradient is not None for gradient in found[:-1]))
    picture = training.truncated_bptt(text, chunk)
    told = [int(n) for cell in column(picture, "earlier steps reached, loss by loss") for n in cell.split(", ")]
    assert told == reach
    assert f"{(len(text) - 1) // chunk} cut" in picture.alt


def test_scissors_stand_at_every_cut_and_nowhere_else(drawn):
    drawing, picture = drawn["truncated_bptt"]
    cuts = [(text.left + text.right) / 2 for text in drawing.texts if text.text == "detach"]
    assert len(cuts) == 2
    states = {int(t.text[1:]): (t.left + t.right) / 2 for t in drawing.texts if re.fullmatch(r"h\d+", t.text)}
    assert cuts == pytest.approx([(states[4] + states[5]) / 2, (states[8] + states[9]) / 2], abs=0.1)
    backwards = re.findall(r'<path d="M([-\d.]+),([-\d.]+) L([-\d.]+),([-\d.]+)" [^>]*dasharray', picture.svg)
    gaps = [(float(x0), float(x1)) for x0, y0, x1, y1 in backwards if y0 == y1]
    assert not [gap for gap in gaps for cut in cuts if gap[1] < cut < gap[0]]  # no gradient passes a cut
    numbers = [int(word) for word in texts(drawing) if word.isdigit()]
    assert numbers == [0, 1, 2, 3] * 3


# gradients over the distance


@pytest.mark.parametrize("curve", training.measured_curves(), ids=lambda curve: curve.name)
def test_the_measured_slope_is_near_the_predicted_rate(curve):
    assert curve.slope == pytest.approx(curve.rate, rel=0.03)
    assert curve.rate != float(re.search(r"[\d.]+", curve.name)[0])  # tanh takes its share


def test_the_measured_gradient_is_that_of_autograd():
    import numpy as np

    gain, distance = 0.9, 4
    curve = training.measured_curves((gain,), distance, 1)[0]
    rng = np.random.default_rng(0)
    U = torch.from_numpy(rng.standard_normal((training.HIDDEN, training.HIDDEN)) * gain / math.sqrt(training.HIDDEN))
    h, states = torch.zeros(training.HIDDEN, dtype=torch.float64), []
    for _ in range(training.WARM_UP + distance):
        states.append(h.requires_grad_())
        h = torch.tanh(U @ h + 0.3 * torch.from_numpy(rng.standard_normal(training.HIDDEN)))
    directions = torch.from_numpy(rng.standard_normal((training.HIDDEN, 8)))
    wanted = states[-distance:][::-1]
    norms = [directions.norm(dim=0)]
    found = [torch.autograd.grad(h, wanted, direction, retain_graph=True) for direction in directions.T]
    norms += [torch.stack([gradients[k].norm() for gradients in found]) for k in range(distance)]
    logs = torch.stack([norm.log().mean() for norm in norms])
    assert curve.norms == pytest.approx((logs - logs[0]).exp().tolist(), rel=6e-3)  # three digits


def test_curves_stand_where_their_numbers_are(drawn):
    drawing, picture = drawn["one flat curve"]
    (line,) = re.findall(r'<path d="M([^"]*)" style="fill:none;stroke:#0072B2;stroke-width:2"', picture.svg)
    heights = {point.split(",")[1] for point in line.replace(" L", " ").split()}
    assert len(heights) == 1
    assert "1" in texts(drawing)
    root = ElementTree.fromstring(training.gradient_over_distance([Curve("c", (1.0, 0.1, 0.01))]).svg)
    (path,) = [p.get("d") for p in root.iter(SVG + "path") if "stroke:#0072B2" in p.get("style", "")]
    ys = [float(point.split(",")[1]) for point in path[1:].split(" L")]
    assert ys == pytest.approx([0, training.PLOT_HEIGHT / 2, training.PLOT_HEIGHT])


def test_table_and_alt_hold_the_rates_that_are_drawn(drawn):
    drawing, picture = drawn["gradient_over_distance"]
    for curve, measured, predicted in zip(
        training.measured_curves(), column(picture, "factor per step"), column(picture, "predicted")
    ):
        label = f"× {measured} a step, predicted {predicted}"
        assert label in texts(drawing)
        assert f"{curve.name}: {label}" in picture.alt
        assert (measured, predicted) == (f"{curve.slope:.2f}", f"{curve.rate:.2f}")


# stacked and two-way


def test_upper_layers_read_states(drawn):
    drawing, picture = drawn["stacked"]
    rnn = torch.nn.RNN(7, 5, num_layers=3)
    sizes = {"d_h × d_in": (5, 7), "d_h × d_h": (5, 5)}
    for layer, shape in enumerate(column(picture, "shape of its W")):
        assert sizes[shape] == tuple(getattr(rnn, f"weight_ih_l{layer}").shape)
    assert column(picture, "reads") == ["x_t", "h_t^(1)", "h_t^(2)"]
    found = texts(drawing)
    for layer in (1, 2, 3):
        assert [found.count(f"{letter}({layer})") for letter in "WU"] == [4, 4]
    assert picture.svg.count("<polygon") == 4 * (3 + 3 + 1) + 1  # W and U per layer, V, time


def test_many_steps_are_folded_with_their_count(drawn):
    drawing, picture = drawn["stacked, 2 layers, 12345 steps"]
    inputs = [text for text in texts(drawing) if re.fullmatch(r"x\d+", text)]
    (folded,) = [text for text in texts(drawing) if text.endswith(" more")]
    assert int(folded.removesuffix(" more").replace(",", "")) + len(inputs) == 12_345
    assert "12,345 steps" in picture.alt


def test_two_directions_run_against_each_other(drawn):
    drawing, picture = drawn["bidirectional"]
    heads = re.findall(
        r'<path d="M([-\d.]+),([-\d.]+) L([-\d.]+),([-\d.]+)" style="fill:none;stroke:#D55E00', picture.svg
    )
    ways = {y0: {float(x1) > float(x0) for x0, row, x1, _ in heads if row == y0} for _, y0, _, _ in heads}
    rows = {
        t.text: f"{(t.top + t.bottom) / 2:.0f}"
        for t in drawing.texts
        if t.text in ("forward states", "backward states")
    }
    assert ways == {rows["forward states"]: {True}, rows["backward states"]: {False}}
    assert "stroke-dasharray" not in "".join(re.findall(r"<path[^>]*>", picture.svg))  # dashed arrows are gradients
    named = texts_in_boxes(drawing, picture, "stroke-dasharray")
    assert named == sorted([*(f"h{t}←" for t in range(1, 6)), *("←" * 4)])  # states, halves of the joined vectors


def texts_in_boxes(drawing: Drawing, picture: Picture, style: str) -> list[str]:
    """The texts in the middle of the boxes whose style holds `style`."""
    found = []
    for box in ElementTree.fromstring(picture.svg).iter(SVG + "rect"):
        if style in box.get("style", ""):
            x, y, width, height = (float(box.get(key, 0)) for key in ("x", "y", "width", "height"))
            middle = x + width / 2, y + height / 2
            inside = [t for t in drawing.texts if t.left < middle[0] < t.right and t.top < middle[1] < t.bottom]
            found += [text.text for text in inside]
    return sorted(found)


def test_equations_of_two_directions_are_those_of_torch():
    torch.manual_seed(0)
    rnn = torch.nn.RNN(3, 2, bidirectional=True, dtype=torch.float64)
    inputs = torch.randn(4, 3, dtype=torch.float64)
    output = rnn(inputs)[0].detach()
    weights = {}
    for arrow, end in (("→", ""), ("←", "_reverse")):
        weights[f"W^{arrow}"], weights[f"U^{arrow}"] = (
            getattr(rnn, f"weight_{part}_l0{end}").detach() for part in ("ih", "hh")
        )
        bias = getattr(rnn, f"bias_ih_l0{end}") + getattr(rnn, f"bias_hh_l0{end}")
        weights[f"b_1^{arrow}"] = bias.detach()
    known = {f"x_{t}": x for t, x in enumerate(inputs, start=1)}
    known |= {"h_0^→": torch.zeros(2).double(), "h_5^←": torch.zeros(2).double(), **weights}
    picture = stacked.bidirectional()
    for name, order in (("forward", 1), ("backward", -1)):
        for equation in column(picture, name)[::order]:
            symbol, right = equation.split(" = ")
            known[symbol] = evaluate(right, known)
    ours = torch.stack([torch.cat([known[f"h_{t}^→"], known[f"h_{t}^←"]]) for t in range(1, 5)])
    torch.testing.assert_close(ours, output, rtol=1e-12, atol=1e-12)


def evaluate(formula: str, known: dict[str, torch.Tensor]) -> torch.Tensor:
    """The right side of an equation as the tables write it: a matrix before a vector is a product."""
    names = {name: f"v{number}" for number, name in enumerate(sorted(known, key=len, reverse=True))}
    for name, variable in names.items():
        formula = formula.replace(name, variable)
    formula = re.sub(r"(v\d+) (v\d+)", r"\1 @ \2", formula)
    for sign, operation in (("σ", "sigmoid"), ("⊙", "*"), ("−", "-")):
        formula = formula.replace(sign, operation)
    tree = ast.parse(formula, mode="eval")
    values = {variable: known[name] for name, variable in names.items()}
    return eval(compile(tree, "equation", "eval"), {**values, "tanh": torch.tanh, "sigmoid": torch.sigmoid})


@pytest.mark.parametrize("blank", [1, 3, 4])
def test_the_states_taken_for_a_blank_have_not_read_it(blank):
    picture = stacked.around_a_blank(("v", "w", "x", "y"), blank)
    words, taken = dict(enumerate("vwxy", start=1)), [row for row in picture.table.rows if row[3] == "taken"]
    assert [row[0] for row in taken] == [f"h_{blank - 1}^→", f"h_{blank + 1}^←"]
    for said, steps in zip((row[2] for row in taken), (range(1, blank), range(blank + 1, 5))):
        assert [word for word in words.values() if f"‘{word}’" in said] == [words[t] for t in steps]
        assert ("nothing" in said) == (not steps)


def test_final_states_are_h_n_and_not_the_last_output(drawn):
    drawing, picture = drawn["bidirectional_classification"]
    torch.manual_seed(0)
    output, h_n = torch.nn.RNN(3, 2, bidirectional=True)(torch.randn(4, 3))
    states = {f"h_{t}^→": output[t - 1, :2] for t in range(1, 5)} | {f"h_{t}^←": output[t - 1, 2:] for t in range(1, 5)}
    named = {row[4]: row[0] for row in picture.table.rows}
    assert torch.equal(states[named["h_n[-2]"]], h_n[-2])
    assert torch.equal(states[named["h_n[-1]"]], h_n[-1])
    wrong = named["half of output[:, -1]"].removesuffix(", not taken")
    assert torch.equal(states[wrong], output[-1, 2:])
    twice = {text for text in texts(drawing) if re.fullmatch(r"h\d[→←]", text) and texts(drawing).count(text) == 2}
    assert twice == {"h4→", "h1←"}  # in their rows, and joined
    assert texts_in_boxes(drawing, picture, "stroke-width:3.5") == sorted(twice)  # the two that are taken stand out


# who can see what


def measured(network: str, steps: int) -> list[list[str]]:
    """The same marks, by autograd: which half of the output changes with which input."""
    torch.manual_seed(0)
    panel = stacked._panels()[network]
    rnn = torch.nn.RNN(
        2, 3, num_layers=panel.spec.num_layers, bidirectional=panel.spec.bidirectional, dtype=torch.float64
    )
    inputs = torch.randn(steps, 2, dtype=torch.float64, requires_grad=True)
    output = rnn(inputs)[0]
    around_gap = "gap" in network
    rows = []
    for t in range(steps):
        seen = []
        for half, shift in ((slice(0, 3), -around_gap), (slice(3, 6), around_gap)):
            if not 0 <= t + shift < steps or half.start >= output.shape[1]:
                seen.append([False] * steps)
                continue
            (gradient,) = torch.autograd.grad(output[t + shift, half].sum(), inputs, retain_graph=True)
            seen.append((gradient.abs().sum(1) > 0).tolist())
        marks = {(True, True): "↔", (True, False): "→", (False, True): "←", (False, False): ""}
        rows.append([marks[pair] for pair in zip(*seen)])
    return rows


@pytest.mark.parametrize("steps", [2, 5, 8])
@pytest.mark.parametrize("network", stacked.NETWORKS)
def test_dependence_is_what_autograd_measures(network, steps):
    ours = [list(row) for row in stacked.dependence(network, steps)]
    assert ours == measured(network, steps)


def test_the_picture_shows_the_dependence(drawn):
    drawing, picture = drawn["who_sees_what"]
    marks = [mark for n in stacked.NETWORKS for row in stacked.dependence(n, 5) for mark in row]
    for mark in ("→", "←", "↔"):
        assert texts(drawing).count(mark) == marks.count(mark) + 1  # and once in the legend
    table = [mark for row in picture.table.rows for mark in row[3:]]
    assert table == [mark or "–" for mark in marks]
    for network in stacked.NETWORKS:
        seen = sum(bool(mark) for row in stacked.dependence(network, 5) for mark in row)
        assert f"{seen} of 25 pairs" in picture.alt
    assert "not" in picture.alt.split("around a gap")[1]


# the cells


CELLS = {
    "gru": (cells.gru_cell, torch.nn.GRUCell),
    "lstm": (cells.lstm_cell, torch.nn.LSTMCell),
}


@pytest.mark.parametrize("cell", CELLS)
def test_gates_stand_in_the_order_of_the_packed_weights(cell, drawn):
    symbols = column(CELLS[cell][0](), "symbol")
    assert tuple(symbol.removesuffix("_t") for symbol in symbols)[: len(GATES[cell])] == GATES[cell]
    assert len(set(symbols)) == len(symbols)
    found = texts(drawn[f"{cell}_cell"][0])
    assert all(found.count(f"{letter}{gate}") == 1 for gate in GATES[cell] for letter in "WU")


@pytest.mark.parametrize("cell", CELLS)
def test_equations_are_those_of_torch(cell):
    torch.manual_seed(0)
    draw, module = CELLS[cell]
    layer = module(3, 2, dtype=torch.float64)
    x, h, c = (torch.randn(size, dtype=torch.float64) for size in (3, 2, 2))
    known = {"x_t": x, "h_(t−1)": h} | ({"c_(t−1)": c} if cell == "lstm" else {})
    for part, letter in (("ih", "W"), ("hh", "U")):
        for gate, block in zip(GATES[cell], getattr(layer, f"weight_{part}").detach().chunk(len(GATES[cell]))):
            known[f"{letter}_{gate}"] = block
    packed = [getattr(layer, f"bias_{part}").detach().chunk(len(GATES[cell])) for part in ("ih", "hh")]
    for gate, b_i, b_h in zip(GATES[cell], *packed):
        known |= {f"b_i{gate}": b_i, f"b_h{gate}": b_h} if (cell, gate) == ("gru", "n") else {f"b_{gate}": b_i + b_h}
    for equation in column(draw(), "equation"):
        symbol, right = equation.split(" = ")
        known[symbol] = evaluate(right, known)
    if cell == "lstm":
        expected_h, expected_c = layer(x, (h, c))
        torch.testing.assert_close(known["c_t"], expected_c.detach(), rtol=1e-12, atol=1e-12)
    else:
        expected_h = layer(x, h)
    torch.testing.assert_close(known["h_t"], expected_h.detach(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("cell", CELLS)
def test_every_equation_is_drawn_and_said(cell, drawn):
    drawing, picture = drawn[f"{cell}_cell"]
    for equation, name in zip(column(picture, "equation"), column(picture, "name")):
        assert f"{equation} ({name})" in picture.alt
        assert equation.replace("_(t−1)", "t−1").replace("_", "") in texts(drawing)
    assert picture.svg.count("stroke-width:4") == 3  # the additive path, from operation to operation


# the banner


def test_the_banner_writes_the_name(drawn):
    drawing, picture = drawn["banner"]
    assert "".join(column(picture, "writes")) == "unrolled"
    assert column(picture, "reads")[1:] == column(picture, "writes")[:-1]  # what it wrote, it reads next
    letters = sorted(text for text in texts(drawing) if len(text) == 1 and text.islower())
    assert letters == sorted("unrolled" + "unrolle")
    assert "Unrolled" in texts(drawing)
    assert "“unrolled”" in picture.alt
