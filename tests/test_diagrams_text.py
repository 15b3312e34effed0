"""Pictures of text: tags under words, and characters on the colour of a number."""

from __future__ import annotations

import math
import re
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils.diagrams.coloured import CELL, LINE_WIDTH, MOST, coloured_text
from lecture_utils.diagrams.picture import Picture
from lecture_utils.diagrams.scales import UNKNOWN, contrast, diverging
from lecture_utils.diagrams.svg import OUTLINES
from lecture_utils.diagrams.tagged import DIFFERS, tagged_sentence
from tests.test_diagrams import SVG, THEMES, crosses, inks_and_grounds, points
from tests.test_diagrams_lecture import Drawn, draw_and_catch, elements

LONG = "Donaudampfschifffahrtsgesellschaft" * 3
ODD = (LONG, '<img src=x onerror="alert(1)">', "👩‍🚀", "שלום", "\n", "", "\x00", *"abcdef")
WORDS = ["He", "said", ",", '"', "Teddy", "bears", "are", "on", "sale", "!", '"']
GOLD = ["PRON", "VERB", "PUNCT", "PUNCT", "NOUN", "NOUN", "AUX", "ADP", "NOUN", "PUNCT", "PUNCT"]
ONE_WAY = [*GOLD[:4], "PROPN", *GOLD[5:]]
CODE = 'def f(x):\n\treturn "a b"  # 日本\n'
WAVE = [math.sin(place / 3) for place in range(len(CODE))]

TAGGED = {
    "teddy": (WORDS, [("gold", GOLD), ("one-way", ONE_WAY), ("two-way", GOLD)], {"marks": [4]}),
    "one word": (["a"], [("gold", ["DET"])], {}),
    "odd": (ODD, [("gold", ["X"] * len(ODD)), (LONG[:30], ODD)], {"marks": range(len(ODD))}),
    "long words": ([LONG] * 12, [("gold", [LONG] * 12), ("other", ["X"] * 12)], {}),
}
COLOURED = {
    "code": (list(CODE), WAVE, {"unit": "activation of unit 17"}),
    "one character": (["a"], [0.0], {}),
    "words": (WORDS, WAVE[: len(WORDS)], {"unit": "weight", "title": "What each word adds"}),
    "odd words": (ODD, [math.nan, 1e9, -1e-9, *range(len(ODD) - 3)], {}),
    "odd characters": (list("é日👍\u0301\u200dש \t\n\x00<&"), [float(n) for n in range(-4, 8)], {"limit": 2}),
    "too long": (list("ab cd\n" * 200), [math.cos(n) for n in range(1200)], {}),
    "a word per line": (["word\n", "\n", "word"], [1, -1, 0.5], {}),
}


def sets() -> dict[str, tuple[object, tuple[object, ...], dict[str, object]]]:
    tagged = {f"tagged, {name}": (tagged_sentence, case[:2], case[2]) for name, case in TAGGED.items()}
    coloured = {f"coloured, {name}": (coloured_text, case[:2], case[2]) for name, case in COLOURED.items()}
    return {**tagged, **coloured}  # type: ignore[dict-item]


def draw(name: str, theme: str = "card") -> Picture:
    function, arguments, settings = sets()[name]
    return function(*arguments, **settings, theme=theme)  # type: ignore[operator]


@pytest.fixture(scope="module")
def drawn() -> Drawn:
    return {name: draw_and_catch(lambda name=name: draw(name)) for name in sets()}


def texts(picture: Picture) -> list[str]:
    return ["".join(e.itertext()) for e in ElementTree.fromstring(picture.svg).iter(SVG + "text")]


def cells(picture: Picture) -> list[ElementTree.Element]:
    """The grounds of tokens; the bar that shows the scale comes after all of them."""
    return [e for e in elements(picture, "rect", "fill:#") if "stroke" not in e.get("style", "")]


# every picture


def test_no_two_texts_overlap_and_all_lie_inside(drawn: Drawn) -> None:
    for name, (drawing, picture) in drawn.items():
        assert not drawing.overlaps(), name
        root = ElementTree.fromstring(picture.svg)
        left, top, width, height = map(float, root.get("viewBox", "").split())
        boxes = [points(e) for e in elements(picture, "rect")]
        for text in drawing.texts:
            assert left <= text.left <= text.right <= left + width, (name, text)
            assert top <= text.top <= text.bottom <= top + height, (name, text)
            assert not [box for box in boxes if crosses(text, box)], (name, text)
        assert width <= 980, name


def test_markup_is_well_formed_and_nothing_typed_is_markup() -> None:
    for name in sets():
        for theme in ("card", "page"):
            picture = draw(name, theme)
            root = ElementTree.fromstring(picture.svg)
            assert not {key for e in root.iter() for key in e.keys()} & {"id", "class", "href"}, name  # noqa: SIM118
            assert "<img" not in picture.svg, name
            assert min(float(size) for size in re.findall(r'font-size="([\d.]+)"', picture.svg)) >= 11


def test_text_stands_out_in_every_theme() -> None:
    for theme, variables in THEMES.values():
        page = variables.get("--jp-layout-color1", "#FFFFFF")
        for name in sets():
            for text, ink, ground in inks_and_grounds(draw(name, theme).svg, variables, page):
                assert contrast(ink, ground) >= 4.5, (name, text, ink, ground)


def test_every_picture_says_what_it_shows_and_is_the_same_every_time(drawn: Drawn) -> None:
    for name, (_, picture) in drawn.items():
        assert picture == draw(name), name
        assert len(picture.alt.split()) >= 10, name
        assert picture.alt.endswith("."), name
        assert all(len(row) == len(picture.table.header) for row in picture.table.rows), name


# tags under words


def test_only_what_differs_from_the_first_row_is_marked() -> None:
    picture = tagged_sentence(WORDS, [("gold", GOLD), ("one-way", ONE_WAY), ("two-way", GOLD)])
    assert f"{DIFFERS} PROPN" in texts(picture)
    assert sum(text.startswith(DIFFERS) for text in texts(picture)) == 2  # the tag, and the legend
    dashed = elements(picture, "rect", "stroke-dasharray")
    assert len(dashed) == 2
    assert "one-way differs at Teddy PROPN." in picture.alt
    assert "two-way says the same of every word." in picture.alt
    assert [row for row in picture.table.rows if DIFFERS in "".join(row)] == [("Teddy", "NOUN", "≠ PROPN", "NOUN")]


def test_where_all_agree_nothing_is_marked() -> None:
    picture = tagged_sentence(WORDS, [("gold", GOLD), ("two-way", GOLD)])
    assert DIFFERS not in picture.svg
    assert not elements(picture, "rect", "stroke-dasharray")


def test_words_are_pointed_at_by_a_thick_outline() -> None:
    picture = tagged_sentence(WORDS, [("gold", GOLD)], marks=[4])
    assert len(elements(picture, "rect", f"stroke:{OUTLINES['x']}", "stroke-width:3.5")) == 1


@given(st.integers(1, 60))
def test_lines_hold_about_ten_words_and_are_of_like_length(count: int) -> None:
    picture = tagged_sentence(["word"] * count, [("gold", ["X"] * count)])
    rows: dict[str, int] = {}
    for e in elements(picture, "rect", f"stroke:{OUTLINES['x']}"):
        rows[e.get("y", "")] = rows.get(e.get("y", ""), 0) + 1
    assert sum(rows.values()) == count
    assert max(rows.values()) <= 11
    assert len(rows) == math.ceil(count / 11)


def test_a_long_word_is_cut_in_the_drawing_and_whole_in_the_table() -> None:
    picture = tagged_sentence([LONG, "b"], [("gold", ["X", "Y"])])
    assert any(text.endswith("…") for text in texts(picture))
    assert picture.table.rows[0] == (LONG, "X")


@pytest.mark.parametrize(
    ("words", "rows", "marks", "sentence"),
    [
        ([], [("gold", [])], (), "needs at least one word and one row"),
        (["a"], [], (), "needs at least one word and one row"),
        (["a", "b"], [("gold", ["X"])], (), "row 'gold' must have one tag for each of the 2 words, but it has 1"),
        (["a", "b"], [("gold", ["X", "Y"])], (2,), "from 0 to 1, but one is 2"),
        (["a", "b"], [("gold", ["X", "Y"])], (-1,), "from 0 to 1, but one is -1"),
    ],
)
def test_what_cannot_be_tagged_gets_a_sentence(words: list, rows: list, marks: tuple, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        tagged_sentence(words, rows, marks=marks)


# a text coloured by numbers


def test_every_token_stands_on_the_colour_of_its_value() -> None:
    picture = coloured_text(["a", "b", "c", "d"], [-1, 0, 0.5, math.nan])
    grounds = [e.get("style", "").removeprefix("fill:") for e in cells(picture) if float(e.get("height", 0)) > 12]
    assert grounds == [diverging(-1, 1), "#FFFFFF", diverging(0.5, 1), UNKNOWN]


def test_the_sign_is_said_without_colour() -> None:
    drawing, picture = draw_and_catch(lambda: coloured_text(list("abcde"), [1, -1, 0.5, 0.1, math.nan], theme="card"))
    tokens = {text.text: text for text in drawing.texts if text.text in "abcde"}
    bars = [points(e) for e in cells(picture) if float(e.get("height", 0)) <= 4]

    def side(token: str) -> list[str]:
        box = tokens[token]
        over = [bar for bar in bars if bar[0][0] <= (box.left + box.right) / 2 <= bar[1][0]]
        return ["above" if bar[1][1] < box.top + 2 else "below" for bar in over]

    assert {token: side(token) for token in "abcde"} == {
        "a": ["above"],
        "b": ["below"],
        "c": ["above"],
        "d": [],
        "e": [],
    }
    heights = [bar[1][1] - bar[0][1] for bar in bars]
    assert heights[0] == 2 * heights[2]


def test_words_carry_their_numbers() -> None:
    assert {"+0.5", "−0.25", "0"} <= set(texts(coloured_text(["one", "two", "three"], [0.5, -0.25, 0])))


def test_white_space_can_be_seen_and_a_line_end_ends_the_line() -> None:
    drawing, _ = draw_and_catch(lambda: coloured_text(list("a b\nc\t"), [0.0] * 6))
    places = {text.text: text for text in drawing.texts}
    assert {"␣", "↵", "⇥"} <= set(places)
    assert places["c"].top > places["↵"].bottom
    assert places["a"].top < places["↵"].top < places["a"].bottom
    assert places["c"].left == places["a"].left


def test_a_long_line_is_wrapped() -> None:
    drawing, _ = draw_and_catch(lambda: coloured_text(["m"] * 100, [0.0] * 100))
    tops = [text.top for text in drawing.texts if text.text == "m"]
    assert tops.count(min(tops)) == LINE_WIDTH // CELL


def test_the_scale_bar_shows_the_limit_and_the_unit() -> None:
    picture = coloured_text(["a", "b"], [0.5, -2], unit="activation")
    assert {"+2", "−2", "0", "activation"} <= set(texts(picture))
    assert {"+4", "−4"} <= set(texts(coloured_text(["a", "b"], [0.5, -2], limit=4)))


def test_what_is_too_long_is_counted() -> None:
    picture = coloured_text(["m"] * (MOST + 1500), [0.0] * (MOST + 1500))
    assert texts(picture).count("m") == MOST
    assert "… and 1,500 more, which are not drawn." in texts(picture)
    assert len(picture.table.rows) == MOST


def test_the_words_name_the_highest_and_the_lowest() -> None:
    picture = coloured_text(list("xyz 'abc'"), [0, 0, 0, 0, 0.5, 0, -0.25, 0, 0], title="Unit 3", unit="activation")
    assert "The highest is +0.5, at “xyz␣[']abc'”; the lowest is −0.25, at “xyz␣'a[b]c'”." in picture.alt
    assert picture.table.rows[6] == ("6", "b", "−0.25")


@given(
    st.lists(st.tuples(st.text(max_size=12), st.floats()), min_size=1, max_size=20), st.sampled_from(["card", "page"])
)
def test_any_tokens_with_any_numbers_are_drawn(pairs: list[tuple[str, float]], theme: str) -> None:
    picture = coloured_text([token for token, _ in pairs], [value for _, value in pairs], theme=theme)
    ElementTree.fromstring(picture.svg)
    assert len(picture.table.rows) == len(pairs)


@pytest.mark.parametrize(
    ("tokens", "values", "settings", "sentence"),
    [
        ([], [], {}, "needs a token at least and one value for each, but it got 0 tokens and 0 values"),
        (["a"], [1, 2], {}, "it got 1 tokens and 2 values"),
        (["a"], [1], {"limit": 0}, "must be positive, but it is 0"),
        (["a"], [1], {"theme": "dark"}, "theme must be one of card, page"),
    ],
)
def test_what_cannot_be_coloured_gets_a_sentence(tokens: list, values: list, settings: dict, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        coloured_text(tokens, values, **settings)
