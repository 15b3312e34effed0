"""Drawn scenes with their captions: the true one and, where a model wrote one, what it said."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lecture_utils.diagrams.metrics import text_width
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, Drawing, Point

SIDE, GAP, LINE = 128.0, 28.0, 15.0  # pixels: a picture's side, between two, from line to line
RIGHT, WRONG = "✓", "✗"


def scenes(shown: Sequence[Any], said: Sequence[str] = (), pixels: int = 32, theme: str = "card") -> Picture:
    """Scenes side by side, four in a row, each with its caption and, where given, what a model said.

    A scene has a `text`, a `background` and two objects, `first` and `second`, with `shape`, `x`, `y`, `radius` in
    pixels of its image, which is `pixels` wide, and `rgb`. Raises ValueError without a scene, and when the numbers of
    scenes and of captions said differ.
    """
    if not shown or (said and len(said) != len(shown)):
        raise ValueError(f"scenes draws at least one scene, with a caption each: got {len(shown)} and {len(said)}.")
    d = _Canvas("Drawn scenes and their captions", theme)
    top = 0.0
    for first in range(0, len(shown), 4):
        columns = range(first, min(first + 4, len(shown)))
        bottoms = [
            _draw(d, shown[i], said[i] if said else None, (i - first) * (SIDE + GAP), top, SIDE / pixels)
            for i in columns
        ]
        top = max(bottoms) + GAP / 2
    table, alt = _table(shown, said), _alt(shown, said)
    return Picture(d.svg(alt), alt, table)


class _Canvas(Drawing):
    """A drawing that also fills shapes with a scene's own colours."""

    def filled(self, points: Sequence[Point], colour: str) -> None:
        """A closed shape without an outline."""
        self._extent(points)
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._over.append(f'<polygon points="{corners}" style="fill:{colour}"/>')

    def disc(self, x: float, y: float, radius: float, colour: str) -> None:
        """A circle without an outline."""
        self._cover(x - radius, y - radius, x + radius, y + radius)
        self._over.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" style="fill:{colour}"/>')


def _draw(d: _Canvas, scene: Any, said: str | None, left: float, top: float, scale: float) -> float:
    """One scene with the words under it; returns where they end."""
    d.cell(left, top, SIDE, SIDE, _hex(scene.background))
    for thing in (scene.first, scene.second):
        x, y, r = left + thing.x * scale, top + thing.y * scale, thing.radius * scale
        if thing.shape == "circle":
            d.disc(x, y, r, _hex(thing.rgb))
        else:
            d.filled([(x + r * dx, y + r * dy) for dx, dy in OUTLINES[thing.shape]], _hex(thing.rgb))
    wrong = said is not None and said != scene.text
    _frame(d, left, top, marked=wrong)
    y = _write(d, scene.text, left, top + SIDE + LINE, muted=False)
    if said is None:
        return y
    return _write(d, f"{RIGHT} said the same" if not wrong else f"{WRONG} {said}", left, y + 4, muted=True)


def _frame(d: _Canvas, left: float, top: float, *, marked: bool) -> None:
    """A thin frame; thick and dashed around a picture whose caption is wrong."""
    corners = [(left, top), (left + SIDE, top), (left + SIDE, top + SIDE), (left, top + SIDE), (left, top)]
    d.line(corners, dashed=marked, width=3.0 if marked else 1.0, over=True)


THIRD = 1 / 3
OUTLINES = {  # corners around (0, 0), half as wide as 1; y grows downwards
    "square": ((-1, -1), (1, -1), (1, 1), (-1, 1)),
    "triangle": ((0, -1), (1, 1), (-1, 1)),
    "cross": (
        *((-THIRD, -1), (THIRD, -1), (THIRD, -THIRD), (1, -THIRD), (1, THIRD), (THIRD, THIRD)),
        *((THIRD, 1), (-THIRD, 1), (-THIRD, THIRD), (-1, THIRD), (-1, -THIRD), (-THIRD, -THIRD)),
    ),
}


def _write(d: Drawing, text: str, left: float, y: float, *, muted: bool) -> float:
    """Text in lines no wider than a picture; returns where the next line would stand."""
    line = ""
    for word in text.split():
        if line and text_width(f"{line} {word}", SMALL) > SIDE:
            d.text(left, y, line, size=SMALL, anchor="start", muted=muted)
            line, y = word, y + LINE
        else:
            line = f"{line} {word}".strip()
    d.text(left, y, line, size=SMALL, anchor="start", muted=muted)
    return y + LINE


def _hex(rgb: Sequence[int]) -> str:
    return "#" + "".join(f"{part:02X}" for part in rgb)


def _alt(shown: Sequence[Any], said: Sequence[str]) -> str:
    count = len(shown)
    alt = f"{count} drawn scene{'s' * (count > 1)}: {'; '.join(scene.text for scene in shown)}."
    if not said:
        return alt
    wrong = [text for scene, text in zip(shown, said) if text != scene.text]
    return f"{alt} The model says the same of {count - len(wrong)}" + (
        f", and otherwise: {'; '.join(wrong)}." if wrong else "."
    )


def _table(shown: Sequence[Any], said: Sequence[str]) -> Table:
    if not said:
        return Table("The scenes", ("scene", "caption"), tuple((str(i), s.text) for i, s in enumerate(shown, start=1)))
    rows = tuple(
        (str(i), scene.text, text, "right" if text == scene.text else "wrong")
        for i, (scene, text) in enumerate(zip(shown, said), start=1)
    )
    return Table("The scenes and what the model says", ("scene", "caption", "the model says", ""), rows)
