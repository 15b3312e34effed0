"""The lecture's figures of motivation and of arrangements: what they show is what was asked for."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from math import dist
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils.diagrams import arrangements, motivation
from lecture_utils.diagrams.arrangements import ARRANGEMENTS, Arrangement, arrangement
from lecture_utils.diagrams.common import listed
from lecture_utils.diagrams.picture import Picture
from lecture_utils.diagrams.scales import contrast
from lecture_utils.diagrams.svg import COLOURS, OUTLINES, Drawing, TextBox
from tests.test_diagrams import SVG, THEMES, crosses, inks_and_grounds, numbers, points

LONG = "Donaudampfschifffahrtsgesellschaft"
ODD = (LONG, '<img src=x onerror="alert(1)">', "👩‍🚀", "שלום עולם", "\n", "", *"abcdef")  # a dozen
TWELVE = tuple(range(1, 13))
ALTERNATING = Arrangement("now and then", 12, TWELVE[::2], TWELVE[1::2], (4, 8, 12))
SPECS = {
    **ARRANGEMENTS,
    "one step, long words": Arrangement("one", 1, (1,), (1,), (1,), read=(LONG,), written=(LONG,)),
    "no input": Arrangement("from nothing", 3, (), (2, 3)),
    "twelve steps, one output": Arrangement("long", 12, TWELVE, (12,), (12,), read=ODD, written=(LONG,)),
    "twelve steps, fed": Arrangement("fed", 12, TWELVE, TWELVE, read=ODD, written=ODD, feeds="sampled"),
    "twelve steps, alternating": ALTERNATING,
    "two times twelve steps": Arrangement(
        "long translation",
        24,
        tuple(range(1, 25)),
        tuple(range(13, 25)),
        tuple(range(13, 25)),
        12,
        read=ODD * 2,
        written=ODD,
        feeds="true",
    ),
    "smallest encoder": Arrangement("short translation", 2, (1,), (2,), (2,), encoder=1),
}
FIGURES: dict[str, Callable[..., Picture]] = {
    "window": motivation.window_network,
    "Markov": motivation.markov_window,
    "networks": motivation.networks_per_word,
    "joined": motivation.joined_networks,
    "five": arrangements.five_arrangements,
    "labelling": arrangements.sequence_labelling,
    "classification": arrangements.sequence_classification,
    "generation": arrangements.text_generation,
    "translation": arrangements.encoder_decoder,
    "captioning": arrangements.image_captioning,
}
CALLS: dict[str, tuple[Callable[..., Picture], dict[str, object]]] = {
    **{name: (draw, {}) for name, draw in FIGURES.items()},
    **{f"arrangement, {name}": (arrangement, {"kind": spec}) for name, spec in SPECS.items()},
    "window, one word": (motivation.window_network, {"context": ("a",), "window": 1, "vector_size": 1}),
    "window, large": (
        motivation.window_network,
        {"context": ODD * 3, "window": 5, "vector_size": 300, "hidden_size": 1000, "guesses": ODD, "subject": LONG},
    ),
    "window, narrow under a wide layer": (
        motivation.window_network,
        {"window": 1, "vector_size": 2, "hidden_size": 8, "guesses": (LONG,) * 3},
    ),
    "Markov, long": (
        motivation.markov_window,
        {"context": (*ODD, "x", *"abc" * 10), "subject": "x", "orders": (2, 12, 32, 60), "others": (LONG,) * 3},
    ),
    "Markov, one word": (motivation.markov_window, {"context": (LONG,), "subject": LONG, "orders": (2,)}),
    "networks, one small": (motivation.networks_per_word, {"words": ("a",), "vector_size": 1, "hidden_size": 1}),
    "networks, large": (motivation.networks_per_word, {"words": ODD[:4], "vector_size": 50, "hidden_size": 1000}),
    "joined, large": (motivation.joined_networks, {"words": ODD[:4], "hidden_size": 8, "output_size": 1000}),
    "labelling, twelve words": (arrangements.sequence_labelling, {"tagged": [(LONG, LONG)] * 12, "padding": 3}),
    "labelling, one word": (arrangements.sequence_labelling, {"tagged": [("a", "DET")], "padding": 0}),
    "classification, long": (arrangements.sequence_classification, {"words": ODD, "classes": (LONG, LONG)}),
    "classification, one word": (arrangements.sequence_classification, {"words": ("a",), "target": 0}),
    "generation, forced": (arrangements.text_generation, {"forced": True}),
    "generation, long and forced": (arrangements.text_generation, {"symbols": ODD, "forced": True}),
    "generation, nothing": (arrangements.text_generation, {"symbols": ""}),
    "translation, long": (arrangements.encoder_decoder, {"source": ODD, "target": ODD}),
    "translation, shortest": (arrangements.encoder_decoder, {"source": ("a",), "target": ()}),
    "captioning, long": (arrangements.image_captioning, {"caption": ODD}),
}
Drawn = dict[str, tuple[Drawing, Picture]]


def draw_and_catch(draw: Callable[..., Picture], **settings: object) -> tuple[Drawing, Picture]:
    """A picture, with the drawing that made it."""
    drawings: list[Drawing] = []
    original = Drawing.svg
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Drawing, "svg", lambda self, description: drawings.append(self) or original(self, description))
        picture = draw(**settings)
    (drawing,) = drawings
    return drawing, picture


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return {name: draw_and_catch(draw, **settings) for name, (draw, settings) in CALLS.items()}


def elements(picture: Picture, tag: str, *styles: str) -> list[ElementTree.Element]:
    """All shapes of one kind whose style holds all of the given parts, without the card."""
    found = ElementTree.fromstring(picture.svg).iter(SVG + tag)
    return [e for e in found if e.get("style") and all(style in e.get("style", "") for style in styles)]


def diamonds(picture: Picture) -> int:
    return sum(len(points(polygon)) == 4 for polygon in elements(picture, "polygon"))


def unused_boxes(picture: Picture) -> int:
    return len(elements(picture, "rect", f"stroke:{OUTLINES['y']}", "stroke-dasharray"))


def lines(picture: Picture, role: str) -> list[ElementTree.Element]:
    """Lines in the colour of a role; the shafts of arrows, which end before their tips, are as thick as 2."""
    return [e for e in elements(picture, "path", f"stroke:{OUTLINES[role]}") if "stroke-width:2" not in e.get("style")]


# every picture


def test_no_two_texts_overlap(drawn: Drawn) -> None:
    assert not {name: drawing.overlaps() for name, (drawing, _) in drawn.items() if drawing.overlaps()}


def test_no_text_crosses_the_edge_of_its_box_or_lies_outside_the_frame(drawn: Drawn) -> None:
    for name, (drawing, picture) in drawn.items():
        root = ElementTree.fromstring(picture.svg)
        left, top, width, height = map(float, root.get("viewBox", "").split())
        boxes = [points(e) for e in elements(picture, "rect")]
        for text in drawing.texts:
            assert not [box for box in boxes if crosses(text, box)], (name, text)
            assert left <= text.left <= text.right <= left + width, (name, text)
            assert top <= text.top <= text.bottom <= top + height, (name, text)


def test_no_line_strikes_through_a_text(drawn: Drawn) -> None:
    for name, (drawing, picture) in drawn.items():
        texts = [text for text in drawing.texts if text.text.strip("…")]  # units that are folded away stay in the mesh
        for path in elements(picture, "path"):
            for start, end in pairwise(points(path)):
                struck = [text.text for text in texts if strikes(start, end, text)]
                assert not struck, (name, struck, start, end)


def strikes(start: tuple[float, float], end: tuple[float, float], text: TextBox, margin: float = 2.5) -> bool:
    """Whether a straight line passes through the inner part of a text's box (by clipping it to the box)."""
    enters, leaves = 0.0, 1.0
    box = ((text.left, text.right), (text.top, text.bottom))
    for a, b, (low, high) in zip(start, end, box):
        low, high = low + margin, high - margin
        if a == b:
            if not low < a < high:
                return False
            continue
        ends = sorted(((low - a) / (b - a), (high - a) / (b - a)))
        enters, leaves = max(enters, ends[0]), min(leaves, ends[1])
    return enters < leaves


def test_boxes_of_one_row_stand_clear_of_each_other_and_of_the_arrows_that_return(drawn: Drawn) -> None:
    for name, (_, picture) in drawn.items():
        boxes = [points(e) for e in elements(picture, "rect")]
        rows: dict[float, list[tuple[float, float]]] = {}
        for (left, top), (right, _) in boxes:
            rows.setdefault(top, []).append((left, right))
        for row in rows.values():
            assert all(one[1] <= other[0] for one, other in pairwise(sorted(set(row)))), (name, row)
        for path in elements(picture, "path"):
            for (x, one), (also, other) in pairwise(points(path)):
                if x == also and abs(one - other) > 150:  # a long way down, past the rows
                    inside = [(a, b) for (a, top), (b, bottom) in boxes if a < x < b and min(one, other) < bottom - 1]
                    assert not inside, (name, x, inside)


def test_markup_is_well_formed_and_disturbs_no_other_drawing() -> None:
    for name, (draw, settings) in CALLS.items():
        for theme in ("card", "page"):
            picture = draw(**settings, theme=theme)
            root = ElementTree.fromstring(picture.svg)
            assert not {key for e in root.iter() for key in e.keys()} & {"id", "class", "href"}, name  # noqa: SIM118
            assert "<img" not in picture.svg, name
            assert not re.search(r"nan|inf\b|url\(", picture.svg), name
            sizes = [float(size) for size in re.findall(r'font-size="([\d.]+)"', picture.svg)]
            assert min(sizes) >= 11, name


def test_text_stands_out_in_every_theme() -> None:
    for theme, variables in THEMES.values():
        page = variables.get("--jp-layout-color1", "#FFFFFF")
        for name, (draw, settings) in CALLS.items():
            for text, ink, ground in inks_and_grounds(draw(**settings, theme=theme).svg, variables, page):
                assert contrast(ink, ground) >= 4.5, (name, text, ink, ground)


def test_a_drawing_is_the_same_to_the_byte_every_time(drawn: Drawn) -> None:
    for name, (draw, settings) in CALLS.items():
        assert draw(**settings) == drawn[name][1], name
    with pytest.raises(ValueError, match="theme must be one of card, page"):
        motivation.joined_networks(theme="dark")


def test_every_picture_says_what_it_shows(drawn: Drawn) -> None:
    for name, (_, picture) in drawn.items():
        root = ElementTree.fromstring(picture.svg)
        assert root.findtext(SVG + "title"), name
        assert len(picture.alt.split()) >= 12, name
        assert picture.alt.endswith("."), name
        assert picture.table.rows, name
        assert all(len(row) == len(picture.table.header) for row in picture.table.rows), name


def test_the_lectures_figures_fit_the_width_of_a_notebook(drawn: Drawn) -> None:
    for name in FIGURES:
        width = float(re.search(r' width="([\d.]+)"', drawn[name][1].svg)[1])
        assert 500 <= width <= 900, (name, width)


# arrangements


def folded_away(picture: Picture, spec: Arrangement) -> set[int]:
    """The steps that a row of several steps in the table stands for."""
    found: set[int] = set()
    for name, *_ in picture.table.rows:
        if match := re.search(r"(\d+)–(\d+)$", name):
            start = spec.encoder if name.startswith("decoder") else 0
            found |= set(range(start + int(match[1]), start + int(match[2]) + 1))
    return found


def agrees_with_its_spec(drawing: Drawing, picture: Picture, spec: Arrangement) -> None:
    hidden = folded_away(picture, spec)
    assert unused_boxes(picture) == len(set(spec.unused) - hidden)
    assert diamonds(picture) == len(set(spec.losses) - hidden)
    texts = [text.text for text in drawing.texts]
    states = range(1, spec.steps + 1)
    for letter, places in (("x", spec.inputs), ("h", states), ("p", spec.outputs), ("L", spec.losses)):
        wanted = sorted("".join(spec.label(letter, place)) for place in places if place not in hidden)
        assert sorted(t for t in texts if re.fullmatch(letter + r"\d+[ed]?", t)) == wanted
    arrows = {
        "W": len(set(spec.inputs) - hidden),
        "U": len(picture.table.rows) - 1,
        "V": len(set(spec.outputs) - hidden),
    }
    assert {letter: sum(bool(re.fullmatch(letter + "[ed]?", text)) for text in texts) for letter in "WUV"} == arrows
    pairs = [(step - 1, step) for step in spec.inputs if step - 1 in spec.outputs and step - 1 > spec.encoder]
    assert len(returning(picture)) == len([pair for pair in pairs if spec.feeds and not hidden & set(pair)])
    counts = {"input": spec.inputs, "unused output": spec.unused, "loss": spec.losses}
    cells = [cell for row in picture.table.rows for cell in row[1:]]
    for noun, places in counts.items():
        many = [re.search(rf"([\d,]+) {noun}", cell) for cell in cells]
        singles = {"input": r"x_", "unused output": "unused$", "loss": "L_"}[noun]
        total = sum(int(m[1]) for m in many if m) + sum(bool(re.match(singles, cell)) for cell in cells)
        assert total == len(places), noun
    for count in {spec.steps - spec.encoder, len(spec.losses), len(spec.unused)} - {0}:
        assert str(count) in numbers(picture.alt)


@pytest.mark.parametrize("name", SPECS)
def test_what_is_drawn_is_what_was_asked_for(name: str, drawn: Drawn) -> None:
    agrees_with_its_spec(*drawn[f"arrangement, {name}"], SPECS[name])


@st.composite
def specs(draw: st.DrawFn) -> Arrangement:
    steps = draw(st.integers(1, 14))
    places = st.sets(st.integers(1, steps))
    outputs = draw(st.sets(st.integers(1, steps), min_size=1))
    losses = draw(st.sets(st.sampled_from(sorted(outputs))))
    inputs, encoder = draw(places), draw(st.integers(0, steps - 1))
    word = st.text(max_size=40)
    read = draw(st.lists(word, min_size=len(inputs), max_size=len(inputs)) | st.just([]))
    written = draw(st.lists(word, min_size=len(outputs), max_size=len(outputs)) | st.just([]))
    tuples = [tuple(sorted(part)) for part in (inputs, outputs, losses)]
    feeds = draw(st.sampled_from(["", "sampled", "true"]))
    return Arrangement("drawn", steps, *tuples, encoder, tuple(read), tuple(written), feeds)


@given(specs())
def test_any_arrangement_is_drawn_as_it_is(spec: Arrangement) -> None:
    drawing, picture = draw_and_catch(arrangement, kind=spec)
    assert not drawing.overlaps()
    ElementTree.fromstring(picture.svg)
    agrees_with_its_spec(drawing, picture, spec)


def test_the_five_kinds_are_those_of_the_lecture() -> None:
    kinds = list(ARRANGEMENTS.values())
    sides = [(len(spec.inputs) > 1, len(spec.outputs) > 1, bool(spec.encoder)) for spec in kinds]
    assert sides == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0), (1, 1, 1)]
    assert all(spec.losses == spec.outputs for spec in kinds)
    one, *_, unaligned = kinds
    assert one.steps == 1
    assert max(unaligned.inputs) <= unaligned.encoder < min(unaligned.outputs)


def test_the_five_side_by_side_show_the_losses_and_unused_outputs_of_all(drawn: Drawn) -> None:
    drawing, picture = drawn["five"]
    kinds = list(ARRANGEMENTS.values())
    assert diamonds(picture) == sum(len(spec.losses) for spec in kinds) + 1  # one in the key
    assert unused_boxes(picture) == sum(len(spec.unused) for spec in kinds) + 1
    texts = [text.text for text in drawing.texts]
    said = [int(text.split()[0]) for text in texts if text.endswith("outputs unused")]
    assert said == [len(spec.unused) for spec in kinds if spec.unused]
    assert [row[0] for row in picture.table.rows] == list(ARRANGEMENTS)
    assert [row[-1] for row in picture.table.rows] == [str(len(spec.losses)) for spec in kinds]
    for spec, row in zip(kinds, picture.table.rows):
        used = [spec.local(step) for step in spec.outputs]
        assert listed(used) in row[3]
        assert (listed(map(spec.local, spec.unused)) or "no step") in row[4]


def returning(picture: Picture, *styles: str) -> list[list[tuple[float, float]]]:
    """Arrows that come back down to the next input, from left to right."""
    paths = [points(path) for path in elements(picture, "path", *styles)]
    return sorted(path for path in paths if len(path) == 4 and path[2][1] - path[1][1] > 150)


@pytest.mark.parametrize("forced", [False, True])
def test_what_returns_is_the_sampled_symbol_or_the_true_one(forced: bool) -> None:
    drawing, picture = draw_and_catch(arrangements.text_generation, symbols="tune", forced=forced)
    assert len(returning(picture)) == 4
    assert len(returning(picture, "stroke-dasharray")) == (0 if forced else 4)
    assert diamonds(picture) == (5 if forced else 0)
    tops = {text.text: text for text in drawing.texts if text.top < -150}
    for path, symbol in zip(returning(picture), "tune"):
        above = tops[symbol]
        below = next(text for text in drawing.texts if text.text == symbol and text.top > 0)
        assert above.right < path[0][0] < below.left < above.right + 150  # it leaves beside the symbol …
        assert abs(path[0][1] - (above.top + above.bottom) / 2) < 2
        assert path[-1][0] < below.left  # … and comes to the input over the same symbol
    assert ("forcing" in picture.alt) == forced
    assert [row[1] for row in picture.table.rows][1:] == [f"x_{t} ‘{c}’" for t, c in zip((2, 3, 4, 5), "tune")]
    assert [row[2] for row in picture.table.rows][:-1] == [f"p_{t} ‘{c}’" for t, c in zip((1, 2, 3, 4), "tune")]


def test_every_word_has_a_universal_tag_and_a_loss_and_padding_has_none() -> None:
    names = (
        "ADJ ADP ADV AUX CCONJ DET INTJ NOUN NUM PART PRON PROPN PUNCT SCONJ SYM VERB X"  # of Universal Dependencies
    )
    assert {tag for _, tag in arrangements.TAGGED} <= set(names.split())
    for padding in (0, 1, 2):
        picture = arrangements.sequence_labelling(padding=padding)
        assert diamonds(picture) == len(arrangements.TAGGED)
        assert unused_boxes(picture) == padding
        assert [row[3] for row in picture.table.rows].count("–") == padding


def test_one_loss_judges_the_last_state_alone() -> None:
    for words in (("a",), tuple("abcde")):
        drawing, picture = draw_and_catch(arrangements.sequence_classification, words=words)
        assert diamonds(picture) == 1
        assert unused_boxes(picture) == len(words) - 1
        (marked,) = elements(picture, "rect", f"stroke:{OUTLINES['h']}", "stroke-width:3.5")
        (left, top), (right, bottom) = points(marked)
        inside = [t.text for t in drawing.texts if left < t.left < right and top < t.top < bottom]
        assert set(inside) == {f"h{len(words)}"}
        assert f"h_{len(words)}" in picture.alt
        assert not re.search(r">V<", picture.svg)  # the classifier has weights of its own instead


def test_the_bottleneck_is_the_encoders_last_state_and_the_only_way_across(drawn: Drawn) -> None:
    drawing, picture = drawn["translation"]
    (marked,) = elements(picture, "rect", f"stroke:{OUTLINES['h']}", "stroke-width:3.5")
    (left, top), (right, bottom) = points(marked)
    (symbol,) = {t.text for t in drawing.texts if left < t.left < right and top < t.top < bottom}
    assert symbol == "h4e"
    first = next(text.left for text in drawing.texts if text.text == "h1d")
    across = [
        p for e in elements(picture, "path") for p in pairwise(points(e)) if p[0][0] < right + 8 < first - 30 < p[1][0]
    ]
    assert len(across) == 1
    assert "bottleneck" in picture.alt
    unread = drawn["arrangement, many-to-many, encoder–decoder"][0]
    own = [[text.text for text in each.texts if text.text.startswith("own ")] for each in (drawing, unread)]
    assert own == [["own W, U", "own W, U, V"], ["own W, U", "own U, V"]]
    assert "".join(row[2].split("‘")[1][:-1] for row in picture.table.rows[4:-1]) == "1987-05-09"


def test_the_last_layer_of_a_cnn_primes_the_first_state(drawn: Drawn) -> None:
    drawing, picture = drawn["captioning"]
    places = {text.text: text.left for text in drawing.texts}
    assert places["picture"] < places["CNN"] < places["last layer"] < places["h0"] < places["h1"]
    assert "h_0" in picture.alt
    assert len(returning(picture, "stroke-dasharray")) == 3


# motivation


def test_eleven_is_the_least_order_that_sees_what_is_studied() -> None:
    context = motivation.SENTENCE
    counted = [order for order in range(2, 20) if "medicine" in context[-(order - 1) :]]
    assert min(counted) == motivation.order_that_sees("medicine", context) == 11
    assert motivation.order_that_sees("a", context) == 2
    assert motivation.order_that_sees("I", context) == 7  # the nearer of two
    assert context[-4:] == ("to", "work", "as", "a")  # all that order 5 sees: the same whatever is studied


@pytest.mark.parametrize("orders", [(5, 11), (2, 3, 10), (14, 40)])
def test_a_window_lies_over_the_words_that_it_holds(orders: tuple[int, ...]) -> None:
    context = motivation.SENTENCE
    drawing, picture = draw_and_catch(motivation.markov_window, orders=orders)
    words = sorted((t.left + t.right) / 2 for t in drawing.texts if -5 < (t.top + t.bottom) / 2 < 5)
    assert len(words) == len(context) + 1  # and the blank
    bars = [points(e) for e in elements(picture, "rect", f"stroke:{OUTLINES['x']}")]
    bars = [bar for bar in bars if bar[0][1] > 15]
    assert len(bars) == len(orders)
    for order, ((left, _), (right, _)), row in zip(orders, bars, picture.table.rows):
        inside = [word for word, x in zip(context, words) if left < x < right]
        assert tuple(inside) == context[-(order - 1) :]
        assert row == (str(order), " ".join(inside), "yes" if "medicine" in inside else "no")
        assert f"Order {order} sees ‘{' '.join(inside)}’" in picture.alt


@pytest.mark.parametrize(("window", "vector", "hidden"), [(3, 4, 5), (1, 1, 1), (5, 2, 8)])
def test_the_network_on_a_window_is_fully_connected_and_sees_nothing_else(
    window: int, vector: int, hidden: int
) -> None:
    drawing, picture = draw_and_catch(motivation.window_network, window=window, vector_size=vector, hidden_size=hidden)
    assert len(lines(picture, "W")) == window * vector * hidden
    assert len(lines(picture, "V")) == hidden * 4  # three words, and one circle for all the others
    inputs = elements(picture, "circle", f"stroke:{OUTLINES['x']}")
    assert len(inputs) == window * vector
    edge = min(x for e in inputs for x, _ in points(e))
    texts = {text.text: text for text in drawing.texts}
    assert all(text.right < edge for text in map(texts.get, motivation.SENTENCE[:-window]) if text)
    assert f"{window * vector} inputs" in picture.alt or window * vector == 1
    assert picture.table.rows[0][1].endswith(f"= {window * vector}")


def shapes_of(picture: Picture, role: str) -> set[tuple[tuple[float, float], ...]]:
    return {tuple(points(e)) for e in lines(picture, role)}


@pytest.mark.parametrize("words", [("Cherry", "blossoms"), ("a", "b", "c", "d")])
def test_joining_adds_lines_between_hidden_units_and_changes_nothing_else(words: tuple[str, ...]) -> None:
    sizes = {"words": words, "vector_size": 4, "hidden_size": 3, "output_size": 2}
    apart, joined = motivation.networks_per_word(**sizes), motivation.joined_networks(**sizes)
    for role, each in (("W", 12), ("V", 6)):
        assert shapes_of(apart, role) == shapes_of(joined, role)
        assert len(shapes_of(joined, role)) == len(words) * each
    assert not lines(apart, "U")
    shapes = shapes_of(joined, "U")
    assert len(shapes) == (len(words) - 1) * 9
    circles = [[points(e) for e in elements(picture, "circle")] for picture in (apart, joined)]
    assert circles[0] == circles[1]
    hidden = [((a[0] + b[0]) / 2, (a[1] + b[1]) / 2) for a, b in map(points, elements(joined, "circle", COLOURS["h"]))]
    assert len(hidden) == 3 * len(words)
    ends = {tuple(hidden.index(min(hidden, key=lambda unit: dist(unit, end))) for end in line) for line in shapes}
    assert ends == {(u, v) for u in range(len(hidden)) for v in range(len(hidden)) if v // 3 - u // 3 == 1}
    assert "9 weights" in joined.alt
    assert "recurrent" in joined.alt
    assert [row[-1] for row in joined.table.rows] == ["–", *(f"9 lines from ‘{word}’" for word in words[:-1])]


# what must not be asked for

GOOD = {"name": "n", "steps": 3, "inputs": (1, 2, 3), "outputs": (3,), "losses": (3,)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": 0}, "steps is the number of time steps and must be at least 1, but it is 0"),
        ({"inputs": (0, 1)}, "inputs must be rising steps from 1 to 3, but they are 0, 1"),
        ({"inputs": (2, 1)}, "inputs must be rising steps"),
        ({"outputs": (4,)}, "outputs must be rising steps from 1 to 3, but they are 4"),
        ({"outputs": (), "losses": ()}, "outputs must name at least one step"),
        ({"losses": (1, 2, 3)}, "a loss needs an output to judge, but there is none at step 1–2"),
        ({"encoder": 3}, "encoder must leave a step of the 3 to the decoder, but it is 3"),
        ({"read": ("a",)}, "read must hold 3 words, but it holds 1"),
        ({"written": ("a", "b")}, "written must hold 1 word, but it holds 2"),
        ({"feeds": "itself"}, 'feeds must be "", "sampled" or "true", but it is \'itself\''),
    ],
)
def test_contradicting_parts_get_a_sentence(change: dict[str, object], message: str) -> None:
    Arrangement(**GOOD)
    with pytest.raises(ValueError, match=re.escape(message)):
        Arrangement(**{**GOOD, **change})


@pytest.mark.parametrize(
    ("draw", "settings", "message"),
    [
        (arrangement, {"kind": "some-to-some"}, "kind must be one of one-to-one; one-to-many"),
        (arrangement, {"kind": []}, "kind must be one of one-to-one; one-to-many"),
        (arrangements.sequence_labelling, {"padding": -1}, "cannot be negative: -1"),
        (arrangements.sequence_labelling, {"tagged": (), "padding": 0}, "must be at least 1, but it is 0"),
        (arrangements.sequence_classification, {"words": ()}, "must be at least 1, but it is 0"),
        (arrangements.sequence_classification, {"target": 2}, "target must be 0 or 1"),
        (arrangements.encoder_decoder, {"source": ()}, "source must hold at least one word"),
        (motivation.markov_window, {"subject": "cheese"}, "the context must hold the word 'cheese'"),
        (motivation.markov_window, {"orders": (1,)}, "orders must be at least 2, but it is 1"),
        (motivation.window_network, {"window": 6}, "window must be between 1 and 5"),
        (motivation.window_network, {"context": ("a",), "window": 2}, "at most the 1 word of the context"),
        (motivation.window_network, {"hidden_size": 0}, "hidden_size must be at least 1, but it is 0"),
        (motivation.window_network, {"guesses": ()}, "guesses must be at least 1, but it is 0"),
        (motivation.networks_per_word, {"words": ()}, "words must be 1 to 4 in this figure, but there are 0"),
        (motivation.joined_networks, {"words": ("a",)}, "words must be 2 to 4 in this figure, but there are 1"),
        (motivation.joined_networks, {"output_size": 0}, "output_size must be at least 1, but it is 0"),
    ],
)
def test_impossible_settings_get_a_sentence(draw: Callable[..., Picture], settings: dict, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(message)):
        draw(**settings)
