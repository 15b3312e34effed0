"""The drawn scenes: what a caption says is what the picture shows; no two alike; unseen pairs never in training."""

from collections import Counter
from xml.etree import ElementTree

import numpy as np
import pytest

from lecture_utils.datasets import SPLITS, load
from lecture_utils.datasets.scenes import (
    COLOURS,
    PIXELS,
    RELATIONS,
    SHAPES,
    SIZES,
    UNSEEN,
    draw_scenes,
    redrawn,
    scene_of,
    unseen_pairs,
)
from lecture_utils.diagrams.scenes import OUTLINES
from lecture_utils.diagrams.scenes import scenes as diagram

SOME = (*load("scenes", "valid").documents[:200], *unseen_pairs(100))


def area(scene, thing):
    """Where the picture has this object's colour, by distance: (32, 32) booleans."""
    picture = scene.image().astype(float)
    others = [np.array(other.rgb) for other in (scene.first, scene.second) if other is not thing]
    own = np.linalg.norm(picture - thing.rgb, axis=-1)
    rows, columns = np.mgrid[:PIXELS, :PIXELS] + 0.5
    near = np.maximum(abs(rows - thing.y), abs(columns - thing.x)) < thing.radius + 0.5
    return near & (own < np.linalg.norm(picture - scene.background, axis=-1)) & (len(others) > 0)


def test_the_centres_of_what_is_drawn_obey_the_relation():
    seen = Counter()
    for scene in SOME:
        centres = []
        for thing in (scene.first, scene.second):
            rows, columns = np.nonzero(area(scene, thing))
            centres.append((columns.mean() + 0.5, rows.mean() + 0.5))
        (x1, y1), (x2, y2) = centres
        sideways, upright = x1 - x2, y1 - y2
        truth = {"left of": -sideways, "right of": sideways, "above": -upright, "below": upright}
        assert max(truth, key=truth.get) == scene.relation
        seen[scene.relation] += 1
    assert set(seen) == set(RELATIONS)


def test_an_object_is_nearest_to_the_colour_it_is_named_by():
    for scene in SOME:
        for thing in (scene.first, scene.second):
            there = scene.image()[int(thing.y), int(thing.x)].astype(float)
            assert min(COLOURS, key=lambda name: np.linalg.norm(there - COLOURS[name])) == thing.colour
            assert np.linalg.norm(there - scene.background) > 60


def test_both_objects_lie_inside_the_picture_and_apart():
    for scene in SOME:
        one, other = scene.first, scene.second
        for thing in (one, other):
            low, high = SIZES[thing.size]
            assert low <= thing.radius <= high
            assert thing.radius - 1e-6 <= thing.x <= PIXELS - thing.radius + 1e-6
            assert thing.radius - 1e-6 <= thing.y <= PIXELS - thing.radius + 1e-6
        assert max(abs(one.x - other.x), abs(one.y - other.y)) >= one.radius + other.radius + 1 - 1e-6
        assert list(SIZES).index(one.size) < list(SIZES).index(other.size)


def covered(shape):
    """The share of its own frame that a large shape fills."""
    scene = scene_of(f"small red circle left of large black {shape}")
    dark = scene.image().mean(axis=-1) < 110
    dark[:, : int(scene.first.x + scene.first.radius) + 1] = False
    return dark.sum() / (2 * scene.second.radius) ** 2


def test_shapes_fill_as_much_of_their_frame_as_geometry_says():
    expected = {"square": 1.0, "circle": np.pi / 4, "triangle": 0.5, "cross": 5 / 9}
    for shape in SHAPES:
        assert covered(shape) == pytest.approx(expected[shape], abs=0.09)


def test_a_triangle_is_wide_at_the_bottom_and_a_cross_in_the_middle():
    def widths(shape):
        scene = scene_of(f"small red circle above large black {shape}", seed=3)
        rows = (scene.image().mean(axis=-1) < 110).sum(axis=1)
        top = int(scene.second.y - scene.second.radius) + 1
        return rows[top : top + int(2 * scene.second.radius) - 1]

    triangle, cross = widths("triangle"), widths("cross")
    assert triangle[1] < triangle[len(triangle) // 2] < triangle[-2]
    assert cross[len(cross) // 2] > 2 * cross[1]
    assert cross[len(cross) // 2] > 2 * cross[-2]


def test_no_two_pictures_are_alike():
    pictures = Counter(
        scene.image().tobytes() for split in ("valid", "test") for scene in load("scenes", split).documents
    )
    assert max(pictures.values()) == 1
    train = {scene.image().tobytes() for scene in load("scenes", "train").documents[:2000]}
    assert not train & set(pictures)


def test_an_image_is_the_same_every_time_and_small():
    image = SOME[0].image()
    assert image.shape == (PIXELS, PIXELS, 3)
    assert image.dtype == np.uint8
    assert np.array_equal(image, SOME[0].image())


def looks(scenes):
    return {(thing.colour, thing.shape) for scene in scenes for thing in (scene.first, scene.second)}


def test_the_unseen_pairs_stand_in_no_split_and_in_every_scene_of_theirs():
    everything = {(colour, shape) for colour in COLOURS for shape in SHAPES}
    for split in SPLITS:
        assert looks(load("scenes", split).documents) == everything - set(UNSEEN)
    held_out = unseen_pairs()
    assert all(looks([scene]) & set(UNSEEN) for scene in held_out)
    assert set(UNSEEN) <= looks(held_out)
    colours, shapes = zip(*looks(load("scenes", "train").documents))
    assert set(colours) == set(COLOURS)  # each word is known, only the pair is new
    assert set(shapes) == set(SHAPES)


def test_equal_seeds_give_equal_scenes():
    assert draw_scenes(5, 3) == draw_scenes(5, 3)
    assert draw_scenes(5, 3) != draw_scenes(5, 4)


def test_a_scene_redrawn_has_its_caption_and_another_picture():
    again = redrawn(SOME[:100], seed=5)
    assert [scene.text for scene in again] == [scene.text for scene in SOME[:100]]
    assert len({scene.image().tobytes() for scene in (*SOME[:100], *again)}) == 200
    assert len({scene.background for scene in again}) > 90
    assert len({scene.second.x for scene in again}) == 100
    assert again == redrawn(SOME[:100], seed=5) != redrawn(SOME[:100], seed=6)
    assert redrawn([], seed=0) == []


def test_a_caption_is_drawn_as_it_says():
    for scene in SOME[:50]:
        again = scene_of(scene.text, seed=1)
        assert again.text == scene.text
        assert again != scene
    assert scene_of("Small RED circle left of the large blue square.").text == (
        "a small red circle left of a large blue square"
    )


@pytest.mark.parametrize(
    ("caption", "sentence"),
    [
        ("", "two objects and a relation"),
        ("a red circle", "two objects and a relation"),
        ("small pink circle left of large blue square", "'pink' is not known here: take one of red"),
        ("small red circle beside of large blue square", "'beside of' is not known here: take one of left of"),
        ("large red circle above small blue square", "smaller object first"),
        ("small red circle above small blue square", "smaller object first"),
    ],
)
def test_what_cannot_be_drawn_gets_a_sentence(caption, sentence):
    with pytest.raises(ValueError, match=sentence):
        scene_of(caption)


def test_scenes_are_drawn_with_what_was_said_and_errors_are_marked():
    shown = SOME[:5]
    said = [shown[0].text, "a <b> & nothing", *(scene.text for scene in shown[2:])]
    picture = diagram(shown, said)
    root = ElementTree.fromstring(picture.svg)
    assert root.tag.endswith("svg")
    assert picture.svg.count("✗") == 1
    assert picture.svg.count("✓") == 4
    assert picture.svg.count("stroke-dasharray") == 1  # not by colour alone
    assert "<b>" not in picture.svg
    for scene in shown:
        assert scene.text in picture.alt
        assert all(
            "#" + "".join(f"{part:02X}" for part in thing.rgb) in picture.svg for thing in (scene.first, scene.second)
        )
    assert [row[3] for row in picture.table.rows] == ["right", "wrong", "right", "right", "right"]
    assert [row[1] for row in picture.table.rows] == [scene.text for scene in shown]
    assert "says the same of 4" in picture.alt


def test_scenes_alone_have_captions_and_no_verdict():
    picture = diagram(SOME[:2])
    assert "✓" not in picture.svg
    assert "model" not in picture.alt
    assert len(picture.table.header) == 2


@pytest.mark.parametrize(("shown", "said"), [((), ()), (SOME[:2], ("one",))])
def test_scenes_that_cannot_be_drawn_get_a_sentence(shown, said):
    with pytest.raises(ValueError, match="draws at least one scene, with a caption each"):
        diagram(shown, said)


def test_a_drawn_outline_is_the_shape_of_the_pixels():
    for shape in ("square", "triangle", "cross"):
        corners = np.array(OUTLINES[shape])
        x, y = corners.T
        filled = abs(np.dot(x, np.roll(y, 1)) - np.dot(y, np.roll(x, 1))) / 2 / 4  # shoelace, as a share of the frame
        assert filled == pytest.approx({"square": 1.0, "triangle": 0.5, "cross": 5 / 9}[shape])
        assert abs(corners).max() == 1
