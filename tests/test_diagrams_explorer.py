"""The drawings of the shape explorer: true to torch, legible in every setting, the same bytes everywhere."""

import random
import re
import subprocess
import sys
from typing import NamedTuple
from xml.etree import ElementTree

import pytest
import torch

from lecture_utils.diagrams.common import Span, fold, listed
from lecture_utils.diagrams.network import network
from lecture_utils.diagrams.svg import COLOURS, OUTLINES, THEMES, Drawing
from lecture_utils.diagrams.tensors import tensors
from lecture_utils.diagrams.weights import weights
from lecture_utils.notation import SYSTEMS
from lecture_utils.shapes import Cell, RecurrentShape

SVG = "{http://www.w3.org/2000/svg}"
TORCH = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}


class Rect(NamedTuple):
    x: float
    y: float
    width: float
    height: float
    style: str
    faint: bool

    @property
    def strong(self):
        return "stroke-width:3.5" in self.style

    @property
    def dashed(self):
        return "dasharray" in self.style

    def is_a(self, role):
        return f"stroke:{OUTLINES[role]}" in self.style

    def holds(self, text):
        middle = (text.left + text.right) / 2, (text.top + text.bottom) / 2
        return self.x <= middle[0] <= self.x + self.width and self.y <= middle[1] <= self.y + self.height


def rects(svg):
    """All boxes in the order they were drawn, without the card."""
    found = [node for node in ElementTree.fromstring(svg).iter(f"{SVG}rect") if "style" in node.attrib]
    sides = ("x", "y", "width", "height")
    return [
        Rect(*(float(node.get(side)) for side in sides), node.get("style"), "opacity" in node.attrib) for node in found
    ]


def words(svg):
    return ["".join(node.itertext()) for node in ElementTree.fromstring(svg).iter(f"{SVG}text")]


def numbers(text):
    return {match.replace(",", "") for match in re.findall(r"\d+(?:,\d{3})*(?!\d)", text)}


@pytest.fixture
def drawn(monkeypatch):
    """The drawings made since, with the places of their texts."""
    made = []
    finish = Drawing.svg

    def spy(self, description):
        made.append(self)
        return finish(self, description)

    monkeypatch.setattr(Drawing, "svg", spy)
    return made


def module_of(spec):
    options = {"nonlinearity": spec.nonlinearity} if spec.cell == "rnn" else {}
    options |= {"proj_size": spec.proj_size} if spec.cell == "lstm" else {}
    return TORCH[spec.cell](
        spec.input_size,
        spec.hidden_size,
        spec.num_layers,
        bias=spec.bias,
        batch_first=spec.batch_first,
        bidirectional=spec.bidirectional,
        **options,
    )


class Setting(NamedTuple):
    spec: RecurrentShape
    steps: int
    batch: int | None
    out: int | None
    system: str
    form: str
    cells: frozenset
    reach: frozenset
    hide: bool

    def pictures(self, theme="card"):
        marks = {"cells": self.cells, "reach": self.reach}
        named = {"system": self.system, "hide": self.hide, "theme": theme}
        return {
            "network": network(
                self.spec, self.steps, self.batch, output_size=self.out, form=self.form, **marks, **named
            ),
            "weights": weights(self.spec, output_size=self.out, form=self.form, **named),
            "tensors": tensors(self.spec, self.steps, self.batch, **marks, **named),
        }


def draw_settings(count, seed):
    """Settings at random, with the extremes of every size among them."""
    rng = random.Random(seed)
    return [draw_setting(rng) for _ in range(count)]


def draw_setting(rng):
    cell, hidden = rng.choice(tuple(TORCH)), rng.choice([1, 2, 10, 100, 1500, 1_000_000])
    proj = rng.choice([0, 1, hidden // 2]) if cell == "lstm" and hidden > 1 else 0
    layers, ways = rng.choice([1, 1, 2, 3, 4, 5, 6, 12]), rng.choice([1, 2])
    steps, batch = rng.choice([1, 2, 5, 8, 9, 12, 30, 1000]), rng.choice([None, 1, 3, 7, 64, 1_000_000])
    spec = RecurrentShape(
        cell,
        rng.choice([1, 3, 300, 20000, 1_000_000]),
        hidden,
        layers,
        bidirectional=ways == 2,
        batch_first=rng.random() < 0.5,
        bias=rng.random() < 0.8,
        proj_size=proj,
    )
    item = lambda: rng.randrange(batch or 1)  # noqa: E731
    cells = [
        Cell(rng.randrange(layers), rng.randrange(ways), rng.randrange(steps), item())
        for _ in range(rng.choice([0, 1, 5]))
    ]
    reach = [(rng.randrange(steps), item()) for _ in range(rng.choice([0, 1, 5]))]
    return Setting(
        spec,
        steps,
        batch,
        rng.choice([None, 1, 60, 1_000_000]),
        rng.choice(SYSTEMS),
        rng.choice(["column", "row"]),
        frozenset(cells),
        frozenset(reach),
        rng.random() < 0.15,
    )


@pytest.mark.parametrize("seed", range(6))
def test_every_setting_is_legible(seed, drawn):
    for setting in draw_settings(14, seed):
        drawn.clear()
        pictures = setting.pictures(theme=("card", "page")[seed % 2])
        for (name, picture), drawing in zip(pictures.items(), drawn, strict=True):
            root = ElementTree.fromstring(picture.svg)
            left, top, width, height = map(float, root.get("viewBox").split())
            assert drawing.overlaps() == [], (name, setting)
            for text in drawing.texts:
                assert left <= text.left, (name, setting, text)
                assert text.right <= left + width, (name, setting, text)
                assert top <= text.top, (name, setting, text)
                assert text.bottom <= top + height, (name, setting, text)
            for node in root.iter():
                assert not {"id", "class"} & node.attrib.keys()
                assert node.tag != f"{SVG}style"
                assert float(node.get("font-size", 11)) >= 11
            assert picture.alt
            assert picture.alt in root.find(f"{SVG}desc").text


SCRIPT = """
import hashlib
from lecture_utils.diagrams.network import network
from lecture_utils.diagrams.tensors import tensors
from lecture_utils.diagrams.weights import weights
from lecture_utils.shapes import Cell, RecurrentShape
spec = RecurrentShape("lstm", 20, 10, 2, bidirectional=True)
marks = dict(
    cells={Cell(layer, way, step, item) for layer in (0, 1) for way in (0, 1) for step in (3, 29) for item in (0, 2)},
    reach={(step, item) for step in range(30) for item in (0, 2)},
)
for picture in network(spec, 30, 3, **marks), tensors(spec, 30, 3, **marks), weights(spec, output_size=7):
    print(hashlib.sha256(repr(picture).encode()).hexdigest())
"""


def test_fresh_interpreters_draw_the_same_bytes():
    runs = [
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={"PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout
        for seed in ("1", "2")
    ]
    assert runs[0] == runs[1]
    assert len(runs[0].split()) == 3


def test_the_order_in_which_cells_are_handed_over_is_no_matter():
    spec = RecurrentShape("lstm", 20, 10, 2, bidirectional=True)
    cells = [Cell(layer, way, step, item) for layer in (1, 0) for way in (1, 0) for step in (3, 0) for item in (2, 0)]
    reach = [(step, item) for step in range(5) for item in range(3)]
    for draw in network, tensors:
        assert draw(spec, 5, 3, cells=cells, reach=reach) == draw(spec, 5, 3, cells=cells[::-1], reach=reach[::-1])


# --- weights


BOXES = [
    RecurrentShape("rnn", 3, 2),
    RecurrentShape("rnn", 300, 100, 2, bidirectional=True, bias=False),
    RecurrentShape("gru", 20000, 8, 2),
    RecurrentShape("lstm", 2000, 1500, proj_size=300),
    RecurrentShape("lstm", 20, 10, 3, bidirectional=True, proj_size=4),
    RecurrentShape("gru", 20, 10, 6, bidirectional=True),
]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("form", ["column", "row"])
@pytest.mark.parametrize("spec", BOXES, ids=str)
def test_weights_are_boxes_to_scale(spec, form, system):
    picture = weights(spec, output_size=60, form=form, system=system)
    with torch.device("meta"):
        modules = module_of(spec), torch.nn.Linear(spec.num_directions * spec.output_size, 60)
    parameters = [parameter for module in modules for parameter in module.parameters()]
    text = next(text for text in words(picture.svg) if text.startswith("scale: "))
    pixels, count = (float(part.replace(",", "")) for part in re.findall(r"[\d.,]+", text))
    boxes = rects(picture.svg)
    assert len(boxes) == len(parameters)
    for box, parameter in zip(boxes, parameters):
        rows, columns = parameter.shape if parameter.dim() == 2 else (len(parameter), 1)
        if form == "row":
            rows, columns = columns, rows
        assert box.width == pytest.approx(max(3, columns * pixels / count), abs=0.06)
        assert box.height == pytest.approx(max(3, rows * pixels / count), abs=0.06)
    assert sum(box.width for box in boxes[:2]) < 950


def test_a_side_too_thin_to_draw_is_noted():
    texts = words(weights(RecurrentShape("gru", 20000, 8)).svg)
    assert any(text.startswith("* a side thinner than 3 px") for text in texts)
    assert "(24, 20000) *" in texts
    assert not any("*" in text for text in words(weights(RecurrentShape("rnn", 3, 2)).svg))


def test_colours_say_which_matrix_it_is():
    boxes = rects(weights(RecurrentShape("lstm", 20, 10, 1, bidirectional=True), output_size=5).svg)
    roles = ["W", "U", None, None] * 2 + ["V", None]
    assert len(boxes) == len(roles)
    for box, role in zip(boxes, roles):
        assert [key for key in "WUV" if box.is_a(key)] == ([role] if role else [])
    assert [box.dashed for box in boxes] == [False] * 4 + [True] * 4 + [False] * 2


def lstm_step(gates, c):
    c = gates["f"] * c + gates["i"] * gates["g"]
    return gates["o"] * torch.tanh(c)


def gru_step(gates, h):
    n = torch.tanh(gates["n"] + gates["r"] * 1.0)
    return (1 - gates["z"]) * n + gates["z"] * h


@torch.no_grad()
def torch_step(cell, block):
    """One step of torch's cell with only block `block` of the input's bias pushed up, the state at 2."""
    module = TORCH[cell](1, 1).double()
    for parameter in module.parameters():
        parameter.zero_()
    module.bias_ih_l0[block] = 3.0
    if cell == "gru":
        module.bias_hh_l0[2] = 1.0  # something for the reset gate to act upon
    state = torch.full((1, 1), 2.0, dtype=torch.double)
    start = (torch.zeros_like(state), state) if cell == "lstm" else state
    output, _ = module(torch.zeros(1, 1, dtype=torch.double), start)
    return output


@pytest.mark.parametrize("form", ["column", "row"])
@pytest.mark.parametrize("cell", ["gru", "lstm"])
def test_gates_are_lettered_in_the_order_torch_computes_with(cell, form, drawn):
    weights(RecurrentShape(cell, 20, 20), form=form)
    known = {"gru": "rzn", "lstm": "ifgo"}[cell]
    places = [text for text in drawn[-1].texts if text.text in tuple(known)]
    assert len(places) == 2 * len(known)  # beside W and beside U
    places.sort(key=lambda text: (text.left > 300, text.left) if form == "row" else text.top)
    letters = [text.text for text in places][:: 1 if form == "row" else 2][: len(known)]
    zero, state = torch.zeros((), dtype=torch.double), torch.full((), 2.0, dtype=torch.double)
    for block, pushed in enumerate(letters):
        raw = {letter: zero + 3.0 * (letter == pushed) for letter in known}
        gates = {letter: torch.tanh(value) if letter == "g" else torch.sigmoid(value) for letter, value in raw.items()}
        if cell == "gru":
            gates["n"] = raw["n"]
        step = lstm_step(gates, state) if cell == "lstm" else gru_step(gates, state)
        torch.testing.assert_close(torch_step(cell, block).squeeze(), step)


def test_blocks_divide_packed_weights_evenly():
    spec = RecurrentShape("lstm", 30, 20)
    picture = weights(spec)
    box = rects(picture.svg)[0]
    lines = re.findall(r'd="M([\d.-]+),([\d.-]+) L([\d.-]+),([\d.-]+)" style="fill:none;stroke:#0072B2', picture.svg)
    heights = [float(y) for _, y, _, _ in lines]
    assert heights == pytest.approx([box.y + box.height * part / 4 for part in (1, 2, 3)], abs=0.06)


def test_the_total_is_torchs():
    spec = RecurrentShape("gru", 20, 10, 3, bidirectional=True)
    total = sum(parameter.numel() for parameter in module_of(spec).parameters()) + 7 * 20 + 7
    picture = weights(spec, output_size=7)
    assert picture.table.rows[-1] == ("total", "", "", f"{total:,}")
    assert any(f"= {total:,} numbers in all" in text for text in words(picture.svg))


# --- what table and picture say


FACTS = [
    Setting(spec, steps, batch, out, system, form, frozenset(), frozenset(), False)
    for spec, steps, batch, out, system, form in [
        (RecurrentShape("rnn", 20, 10), 5, None, None, "lecture", "column"),
        (RecurrentShape("lstm", 211, 37, 2, bidirectional=True, proj_size=23), 7, 53, 97, "pytorch", "row"),
        (RecurrentShape("gru", 300, 100, 6, bidirectional=True, batch_first=True), 8, 3, 60, "d2l", "column"),
        (RecurrentShape("gru", 3, 4, 40), 4, 2, 5, "lecture", "row"),
    ]
]


@pytest.mark.parametrize("setting", FACTS)
def test_every_number_of_the_table_stands_in_the_picture(setting):
    for name, picture in setting.pictures().items():
        shown = set().union(*(numbers(text) for text in words(picture.svg)))
        for row in picture.table.rows:
            cells = row if name != "weights" else row[1:]
            assert set().union(*(numbers(cell) for cell in cells)) <= shown, (name, row)


@pytest.mark.filterwarnings("ignore:LSTM with projections")  # slower, which is no matter here
@pytest.mark.parametrize("setting", FACTS)
def test_tables_agree_with_torch(setting):
    spec = setting.spec
    with torch.device("meta"):
        named = dict(module_of(spec).named_parameters())
    pictures = setting._replace(system="pytorch", form="column").pictures()
    for name, formula, shape, count in pictures["weights"].table.rows:
        if name in named:
            assert shape == str(tuple(named[name].shape))
            assert int(count.replace(",", "")) == named[name].numel()
            assert eval(formula.replace("·", "*")) == named[name].numel()
    found = {name: shape for name, shape, _ in pictures["network"].table.rows if name in named}
    assert found
    assert all(shape == str(tuple(named[name].shape)) for name, shape in found.items())
    for picture in setting._replace(system="pytorch", form="row").pictures().values():
        for row in picture.table.rows:
            assert row[0] not in named or str(tuple(named[row[0]].shape[::-1])) in row
    batch = [] if setting.batch is None else [setting.batch]
    steps = [*batch, setting.steps] if spec.batch_first else [setting.steps, *batch]
    output, states = module_of(spec)(torch.zeros(*steps, spec.input_size))
    h_n, c_n = states if spec.cell == "lstm" else (states, None)
    shapes = {row[0]: row[1] for row in pictures["tensors"].table.rows}
    assert shapes["output"] == str(tuple(output.shape))
    assert shapes["h_n"] == str(tuple(h_n.shape))
    assert c_n is None or shapes["c_n"] == str(tuple(c_n.shape))


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("form", ["column", "row"])
def test_hidden_pictures_give_no_size_away(system, form):
    spec = RecurrentShape("lstm", 211, 37, 2, bidirectional=True, proj_size=23, batch_first=True)
    cells, reach = frozenset({Cell(1, 0, 4, 2)}), frozenset({(4, 2)})
    setting = Setting(spec, 71, 53, 97, system, form, cells, reach, True)
    open_pictures = setting._replace(hide=False).pictures()
    for name, picture in setting.pictures().items():
        said = [*words(picture.svg), picture.alt, *(cell for row in picture.table.rows for cell in row)]
        # symbols keep their step and layer: the steps shown here run to 71, and only there does 71 stand
        digits = set().union(*(numbers(text) for text in said)) - {"71"}
        shown = set().union(*(numbers(text) for text in words(open_pictures[name].svg)))
        assert shown & {"211", "148", "23", "53", "37", "97"}
        assert not digits & {"211", "148", "23", "37", "46", "53", "97", "4463"}, name
        assert any("?" in text for text in words(picture.svg))
        assert not any(re.search(r"\(\d+,", text) for text in said), name


# --- what is marked


def states_by_place(picture, spec, drawing):
    """Every state's box of the network: (layer, direction, step) -> box; rows run from bottom to top."""
    boxes = [box for box in rects(picture.svg) if box.height == 28 and box.is_a("h")]
    rows = sorted({box.y for box in boxes}, reverse=True)
    names = [(layer, way) for layer in range(spec.num_layers) for way in range(spec.num_directions)]
    assert len(rows) == len(names)
    found = {}
    for box in boxes:
        (label,) = (text.text for text in drawing.texts if box.holds(text) and text.text[0] == "h")
        found[(*names[rows.index(box.y)], int(label[1:]) - 1)] = box
    return found


def ancestors(spec, steps, start):
    """All states that can flow into one, by the definition of the recurrence, itself included."""
    found, todo = set(), [start]
    while todo:
        layer, way, step = todo.pop()
        if (layer, way, step) in found or layer < 0 or not 0 <= step < steps:
            continue
        found.add((layer, way, step))
        todo.append((layer, way, step + 1 if way else step - 1))
        todo += [(layer - 1, below, step) for below in range(spec.num_directions)]
    return found


@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("seed", range(4))
def test_marked_states_are_the_cells_and_the_way_to_them_stays_dark(seed, ways, drawn):
    rng = random.Random(seed)
    spec = RecurrentShape("gru", 4, 3, 3, bidirectional=ways == 2)
    cells = {Cell(rng.randrange(3), rng.randrange(ways), rng.randrange(6), rng.randrange(2)) for _ in range(2)}
    states = {cell[:3] for cell in cells}
    path = set().union(*(ancestors(spec, 6, state) for state in states))
    reach = frozenset((step, item) for layer, _, step in path if layer == 0 for item in (0, 1))
    picture = network(spec, 6, 2, cells=frozenset(cells), reach=reach, output_size=5)
    found = states_by_place(picture, spec, drawn[-1])
    assert len(found) == 3 * ways * 6
    assert {place for place, box in found.items() if box.strong} == states
    assert {place for place, box in found.items() if not box.faint} == path
    assert all(box.dashed == bool(place[1]) for place, box in found.items())
    texts = words(picture.svg)
    assert texts.count("●") == len(states)
    assert texts.count("✓") == len({step for step, _ in reach})
    inputs = [box for box in rects(picture.svg) if box.is_a("x")]
    inputs.sort(key=lambda box: box.x)
    assert {step for step, box in enumerate(inputs) if box.strong} == {step for step, _ in reach}
    assert all(box.faint != box.strong for box in inputs)


def test_nothing_steps_back_while_only_one_of_both_is_shown():
    spec = RecurrentShape("rnn", 4, 3, 2)
    for marks in ({"cells": {Cell(0, 0, 1, 0)}}, {"reach": {(1, 0)}}, {}):
        assert not any(box.faint for box in rects(network(spec, 4, **marks).svg))


def test_a_marked_step_is_never_folded_away(drawn):
    spec = RecurrentShape("rnn", 4, 3)
    for step in range(30):
        picture = network(spec, 30, cells={Cell(0, 0, step, 0)}, reach={(at, 0) for at in range(step + 1)})
        assert [text.text for text in drawn[-1].texts].count(f"h{step + 1}") == 1
        assert words(picture.svg).count("●") == 1


def grid_of(picture, drawing, name):
    """The boxes of one tensor, found by its title: sorted x, sorted y, and the boxes."""
    titles = sorted((text.left, text.top, text.text) for text in drawing.texts)
    left, top = next((x, y) for x, y, text in titles if text == name)
    row = [(x, text) for x, y, text in titles if y == top and not text.startswith("(")]
    right = min([x for x, _ in row if x > left], default=1e9)
    below = min([y for _, y, text in titles if text in ("input", "output") and y > top], default=1e9)
    boxes = [box for box in rects(picture.svg) if left <= box.x < right and top < box.y < below]
    return sorted({box.x for box in boxes}), sorted({box.y for box in boxes}), boxes


@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("ways", [1, 2])
@pytest.mark.parametrize("seed", range(3))
def test_marks_lie_where_the_numbers_are(seed, ways, batch_first, drawn):
    rng = random.Random(seed)
    spec = RecurrentShape("lstm", 4, 3, 2, bidirectional=ways == 2, batch_first=batch_first)
    steps, items = 5, 3
    cells = {Cell(1, rng.randrange(ways), rng.choice([0, 2, 4]), rng.randrange(items)) for _ in range(5)}
    cells.add(Cell(1, 0, 4, 1))
    reach = {(rng.randrange(steps), rng.randrange(items)) for _ in range(6)}
    picture = tensors(spec, steps, items, cells=frozenset(cells), reach=frozenset(reach))

    xs, ys, boxes = grid_of(picture, drawn[-1], "output")
    assert (len(xs), len(ys)) == ((items if batch_first else steps) * ways, steps if batch_first else items)
    marked = set()
    for box in boxes:
        (column, half), row = divmod(xs.index(box.x), ways), ys.index(box.y)
        assert box.dashed == bool(half)
        if box.strong:
            step, item = (row, column) if batch_first else (column, row)
            marked.add(Cell(1, half, step, item))
    assert marked == cells

    xs, ys, boxes = grid_of(picture, drawn[-1], "h_n")
    assert (len(xs), len(ys)) == (items, 2 * ways)
    stacked = {(len(ys) - 1 - ys.index(box.y), xs.index(box.x)) for box in boxes if box.strong}
    finals = {cell for cell in cells if cell.step == (0 if cell.direction else steps - 1)}
    assert stacked == {(cell.layer * ways + cell.direction, cell.item) for cell in finals}

    xs, ys, boxes = grid_of(picture, drawn[-1], "input")
    places = {(xs.index(box.x), ys.index(box.y)) for box in boxes if box.strong}
    assert {place[::-1] if batch_first else place for place in places} == reach
    assert all(box.faint != box.strong for box in boxes)


def test_a_slice_of_c_n_is_marked_in_c_n_alone(drawn):
    spec = RecurrentShape("lstm", 4, 3, 2, bidirectional=True)
    picture = tensors(spec, 5, 2, cells={Cell(1, 0, 4, 0), Cell(1, 1, 0, 0)}, reach={(0, 0)}, tensor="c_n")
    strong = {
        name: sum(box.strong for box in grid_of(picture, drawn[-1], name)[2]) for name in ("output", "h_n", "c_n")
    }
    assert strong == {"output": 0, "h_n": 0, "c_n": 2}


def test_rows_of_h_n_are_named_in_words(drawn):
    tensors(RecurrentShape("lstm", 20, 10, 2, bidirectional=True), 5, 3)
    rows = sorted({(-text.top, text.text) for text in drawn[-1].texts if text.text.startswith("layer ")})
    named = [" ".join(text.split()) for _, text in rows if "×" not in text]
    assert named[:4] == ["layer 0 → [0]", "layer 0 ← [1]", "layer 1 → [2]", "layer 1 ← [3]"]


# --- colours, and what must not be asked for


def luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def over(fill, opacity, surface):
    mixed = [
        round(opacity * int(fill[at : at + 2], 16) + (1 - opacity) * int(surface[at : at + 2], 16)) for at in (1, 3, 5)
    ]
    return "#" + "".join(f"{value:02x}" for value in mixed)


CARD = THEMES["card"]
GROUNDS = [(CARD.text, CARD.muted, CARD.surface), ("#222222", "#545454", "#FFFFFF"), ("#FFFFFF", "#FFFFFF", "#111111")]


@pytest.mark.parametrize(("text", "muted", "surface"), GROUNDS)
def test_text_and_marks_contrast_with_every_box(text, muted, surface):
    setting = draw_settings(1, 3)[0]
    fills = set()
    for picture in setting._replace(hide=False).pictures().values():
        fills |= set(re.findall(r"fill:(#\w{6});fill-opacity:([\d.]+)", picture.svg))
    fills |= {(colour, strength) for colour in COLOURS.values() for strength in ("0.18", "0.4")}
    for colour, opacity in fills:
        assert contrast(text, over(colour, float(opacity), surface)) >= 4.5
    assert contrast(muted, surface) >= 4.5


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"system": "greek"}, "system must be"),
        ({"form": "diagonal"}, "form must be"),
        ({"theme": "neon"}, "theme must be"),
        ({"output_size": 0}, "output_size must be a whole number"),
    ],
)
def test_impossible_settings_get_a_sentence(change, message):
    spec = RecurrentShape("gru", 4, 3)
    with pytest.raises(ValueError, match=message):
        network(spec, 3, **{"output_size": 2, **change})
    with pytest.raises(ValueError, match=message):
        weights(spec, **{"output_size": 2, **change})


def test_impossible_lengths_get_a_sentence():
    for draw in (network, tensors):
        with pytest.raises(ValueError, match="seq_len must be"):
            draw(RecurrentShape("gru", 4, 3), 0)
        with pytest.raises(ValueError, match="batch_size must be"):
            draw(RecurrentShape("gru", 4, 3), 2, 0)


@pytest.mark.parametrize("count", [1, 2, 8, 9, 12, 30, 1000])
def test_folding_covers_every_index_once(count):
    rng = random.Random(count)
    keep = {rng.randrange(count) for _ in range(3)}
    spans = fold(count, [keep])
    assert [index for span in spans for index in range(span.first, span.last + 1)] == list(range(count))
    assert len(spans) <= 9
    assert {Span(index, index) for index in keep | {0, count - 1}} <= set(spans)
    assert any(span.folded for span in spans) == (count > 8)


def test_numbers_are_listed_in_runs():
    assert listed([3, 1, 2, 7]) == "1–3, 7"
    assert listed([]) == ""


def test_captions_and_titles_keep_their_capitals():
    setting = draw_settings(1, 0)[0]._replace(spec=RecurrentShape("lstm", 3, 2))
    for picture in setting.pictures().values():
        assert "LSTM" in picture.table.caption
        assert "LSTM" in ElementTree.fromstring(picture.svg).get("aria-label")


def test_pictures_stay_small():
    spec = RecurrentShape("lstm", 20, 10, 2, bidirectional=True)
    cells = frozenset(Cell(1, way, 4, item) for way in (0, 1) for item in range(3))
    reach = frozenset((step, item) for step in range(5) for item in range(3))
    setting = Setting(spec, 5, 3, 60, "lecture", "column", cells, reach, False)
    for name, picture in setting.pictures().items():
        assert len(picture.svg) < 60_000, name


@pytest.mark.parametrize("cell", ["rnn", "gru", "lstm"])
def test_two_compact_networks_fit_side_by_side_on_a_laptop(cell: str) -> None:
    spec = RecurrentShape(cell, 20, 10, num_layers=2, bidirectional=True)
    found = spec.provenance("output[:, -1]", 5, 3)
    drawn = network(spec, 5, 3, cells=found.cells, reach=found.reach, compact=True, title="Where it comes from")
    width = float(re.search(r' width="([\d.]+)"', drawn.svg).group(1))
    assert width < 454  # half of what JupyterLab leaves at 1,400 pixels
    assert "Where it comes from" in drawn.svg
    assert "?" not in drawn.svg + drawn.alt
    assert [row for row in drawn.table.rows if "●" in row[1]] == [
        ("layer 1 →", "● step 0–4"),
        ("layer 1 ←", "● step 0–4"),
    ]
