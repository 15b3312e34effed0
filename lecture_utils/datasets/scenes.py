"""`scenes`: pictures drawn by code, each with a caption, such as "a small red circle left of a large blue square".

A scene holds two objects. Each has a size, a colour and a shape; the two differ in size, and the caption begins with
the smaller one and says where it stands beside the larger. So one caption is right for a picture, and no other. Place,
size, shade and background are drawn anew for every scene: no two pictures are alike.

In the splits "train", "valid" and "test" certain colours never meet certain shapes: `UNSEEN` lists those pairs, and
`unseen_pairs()` gives scenes in which one of the two objects has such a pair.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_utils.datasets.corpus import Entry

PIXELS = 32
SIZES = {"small": (3.4, 4.0), "medium": (5.0, 5.6), "large": (6.8, 7.4)}  # half the width, from … to, in pixels
COLOURS = {
    "red": (214, 39, 40),
    "green": (44, 160, 60),
    "blue": (40, 90, 200),
    "yellow": (230, 200, 30),
    "purple": (140, 60, 170),
    "black": (35, 35, 35),
}
SHAPES = ("circle", "square", "triangle", "cross")
RELATIONS = {"left of": (-1, 0), "right of": (1, 0), "above": (0, -1), "below": (0, 1)}  # y grows downwards
UNSEEN = (("red", "triangle"), ("green", "circle"), ("blue", "cross"), ("yellow", "square"))
COUNTS, SEED = {"train": 12_000, "valid": 1_000, "test": 2_000}, 0
UNSEEN_COUNT = 1_000
APART = (1.0, 2.5)  # pixels between the two objects
SHADE = 22  # how far each of red, green and blue may lie from the colour's own

Look = tuple[str, str]  # a colour and a shape


class Thing(NamedTuple):
    """One object: what it is called, and exactly where and how it is drawn; lengths in pixels."""

    size: str
    colour: str
    shape: str
    x: float
    y: float
    radius: float  # half its width
    rgb: tuple[int, int, int]

    @property
    def words(self) -> str:
        """What it is called: "small red circle"."""
        return f"{self.size} {self.colour} {self.shape}"


class Scene(NamedTuple):
    """Two objects, the smaller first, and how the first stands to the second."""

    first: Thing
    relation: str
    second: Thing
    background: tuple[int, int, int]

    @property
    def text(self) -> str:
        """The caption."""
        return f"a {self.first.words} {self.relation} a {self.second.words}"

    def image(self) -> NDArray[np.uint8]:
        """The picture, red, green and blue from 0 to 255: (32, 32, 3)."""
        picture = np.empty((PIXELS, PIXELS, 3))
        picture[:] = self.background
        for thing in (self.first, self.second):
            cover = _cover(thing)[..., None]  # (32, 32, 1)
            picture += cover * (np.array(thing.rgb) - picture)
        return picture.round().astype(np.uint8)


_ROWS, _COLUMNS = np.mgrid[:PIXELS, :PIXELS] + 0.5  # the middle of every pixel


def _cover(thing: Thing) -> NDArray[np.float64]:
    """How much of each pixel the object covers, 0 to 1, its edge softened: (32, 32)."""
    inside = thing.radius - _distance(thing.shape, _COLUMNS - thing.x, _ROWS - thing.y)
    return np.clip(inside + 0.5, 0, 1)


def _distance(shape: str, x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """How large an object around (0, 0) would have to be to reach each point."""
    if shape == "circle":
        return np.hypot(x, y)
    if shape == "square":
        return np.maximum(abs(x), abs(y))
    if shape == "triangle":  # one corner above, two below
        return np.maximum(y, 2 * abs(x) - y)
    if shape == "cross":  # two bars, a third as thick as they are long
        return np.minimum(np.maximum(3 * abs(x), abs(y)), np.maximum(abs(x), 3 * abs(y)))
    raise ValueError(f"There is no shape called {shape!r}. There is: {', '.join(SHAPES)}.")


def scene_of(caption: str, seed: int = 0) -> Scene:
    """A scene that a caption describes, such as "small red circle left of large blue square"; `seed` draws the rest.

    Raises ValueError with a sentence for a caption that is not of this kind, or whose first object is not the smaller.
    """
    words = [word for word in caption.lower().replace(".", " ").split() if word not in ("a", "an", "the")]
    if len(words) != (7 if {"above", "below"} & set(words) else 8):
        raise ValueError("Write two objects and a relation, such as: small red circle left of large blue square")
    parts = (*words[:3], " ".join(words[3:-3]), *words[-3:])
    kinds: tuple[Collection[str], ...] = (SIZES, COLOURS, SHAPES, RELATIONS, SIZES, COLOURS, SHAPES)
    for word, known in zip(parts, kinds):
        if word not in known:
            raise ValueError(f"{word!r} is not known here: take one of {', '.join(known)}.")
    size, colour, shape, relation, *other = parts
    order = list(SIZES)
    if order.index(size) >= order.index(other[0]):
        raise ValueError("Name the smaller object first: the sizes are small, medium and large, and must differ.")
    return _placed(random.Random(seed), (size, other[0]), ((colour, shape), (other[1], other[2])), relation)


def _placed(chance: random.Random, sizes: tuple[str, str], looks: tuple[Look, Look], relation: str) -> Scene:
    """Two objects side by side or one above the other, somewhere in the picture; everything else is drawn."""
    radii = [chance.uniform(*SIZES[size]) for size in sizes]
    apart = sum(radii) + chance.uniform(*APART)  # from middle to middle, along the relation
    slide = chance.uniform(-0.4, 0.4) * radii[1]  # and across it
    dx, dy = RELATIONS[relation]
    step = (dx * apart + dy * slide, dy * apart + dx * slide)  # from the second to the first
    second = [_somewhere(chance, radii[1], radii[0], by) for by in step]
    first = [at + by for at, by in zip(second, step)]
    things = [
        Thing(size, colour, shape, at[0], at[1], radius, _shade(chance, COLOURS[colour]))
        for size, (colour, shape), at, radius in zip(sizes, looks, (first, second), radii)
    ]
    return Scene(things[0], relation, things[1], _shade(chance, (230, 230, 230)))


def _somewhere(chance: random.Random, radius: float, other: float, by: float) -> float:
    """Where the second object may stand on one axis so that both, `by` apart, lie inside the picture."""
    return chance.uniform(max(radius, other - by), PIXELS - max(radius, other + by))


def _shade(chance: random.Random, colour: tuple[int, int, int]) -> tuple[int, int, int]:
    """A colour near to one: each of its three numbers moves by itself."""
    red, green, blue = (min(255, max(0, part + chance.randint(-SHADE, SHADE))) for part in colour)
    return red, green, blue


def draw_scenes(count: int, seed: int, unseen: Collection[Look] = UNSEEN, *, with_unseen: bool = False) -> list[Scene]:
    """`count` scenes without the `unseen` pairs of colour and shape, or such that one object of each has one."""
    chance = random.Random(seed)
    looks = [(colour, shape) for colour in COLOURS for shape in SHAPES]
    seen = [look for look in looks if look not in unseen]
    scenes = []
    for _ in range(count):
        pair = [chance.choice(seen), chance.choice(seen)]
        if with_unseen:
            pair[chance.randrange(2)] = chance.choice(sorted(unseen))
        small, large = sorted(chance.sample(range(len(SIZES)), 2))
        sizes = list(SIZES)[small], list(SIZES)[large]
        scenes.append(_placed(chance, sizes, (pair[0], pair[1]), chance.choice(list(RELATIONS))))
    return scenes


def redrawn(scenes: Sequence[Scene], seed: int) -> list[Scene]:
    """Every scene's caption once more, as a new picture: place, shade and background drawn again."""
    chance = random.Random(seed)
    things = [((scene.first, scene.second), scene.relation) for scene in scenes]
    return [
        _placed(chance, (a.size, b.size), ((a.colour, a.shape), (b.colour, b.shape)), relation)
        for (a, b), relation in things
    ]


def unseen_pairs(count: int = UNSEEN_COUNT) -> tuple[Scene, ...]:
    """Scenes in which one object has a colour and a shape that never stand together in "train"."""
    return tuple(draw_scenes(count, SEED + len(COUNTS), with_unseen=True))


def _read_scenes() -> dict[str, list[Scene]]:
    return {split: draw_scenes(count, SEED + number) for number, (split, count) in enumerate(COUNTS.items())}


ENTRY = Entry(
    name="scenes",
    description="pictures of two objects drawn by code (32 × 32 pixels), each with a caption",
    size="about 800,000 characters",
    licence="CC BY 4.0",
    citation="Our own: drawn by lecture_utils/datasets/scenes.py",
    read=_read_scenes,
)
