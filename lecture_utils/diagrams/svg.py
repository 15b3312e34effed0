"""The visual language as code: a `Drawing` collects boxes, arrows and text, and turns into one SVG string.

Nothing in a drawing has an `id`, a `class` or a `<style>`, so that any number of drawings share a page
without disturbing one another. Arrow heads are polygons for the same reason.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from functools import lru_cache
from html import escape
from typing import NamedTuple

from lecture_utils.diagrams.metrics import text_width

FONT = "system-ui, 'DejaVu Sans', sans-serif"
MONO = "ui-monospace, 'DejaVu Sans Mono', monospace"
SYMBOL, SMALL = 14.0, 11.0  # pixels: symbols and shapes; nothing is smaller

COLOURS = {  # Okabe–Ito; one meaning each, in every figure, explorer and plot
    "W": "#0072B2",
    "U": "#D55E00",
    "V": "#009E73",
    "x": "#56B4E9",
    "h": "#E69F00",
    "y": "#CC79A7",
}
OUTLINES = {**COLOURS, "x": "#2E8BC0", "h": "#B87F00"}  # darker where the fill colour is too light for a line


class Theme(NamedTuple):
    """The colours that depend on where a drawing is shown; all others are the same everywhere."""

    text: str
    muted: str
    surface: str
    border: str


THEMES = {
    # files and <img>: a quiet light card of their own, since a page's colours are not seen there
    "card": Theme(text="#222222", muted="#545454", surface="#FCFBF8", border="#DDD9CF"),
    # inline in a page: the page's colours, with fallbacks
    "page": Theme(
        text="var(--unrolled-text, var(--jp-content-font-color1, #222222))",
        muted="var(--unrolled-muted, var(--jp-content-font-color1, #545454))",
        surface="var(--jp-layout-color1, #FFFFFF)",
        border="none",
    ),
}


class TextBox(NamedTuple):
    """Where a piece of text stands, so that tests can see that no two overlap."""

    left: float
    top: float
    right: float
    bottom: float
    text: str


Point = tuple[float, float]


@lru_cache(maxsize=8192)
def number(value: float) -> str:
    """`value` to a tenth of a pixel, without a trailing `.0`: short, and the same on every machine."""
    rounded = round(value, 1)
    return str(int(rounded)) if rounded == int(rounded) else str(rounded)


@lru_cache(maxsize=4096)
def label_width(content: str | tuple[str, ...], size: float = SYMBOL, bold: bool = False) -> float:
    """Width in pixels of plain text or of a label with its indices."""
    if isinstance(content, str):
        return text_width(content, size, bold)
    base, sub, sup = (*content, "", "")[:3]
    index = _index_size(size)
    return text_width(base, size, bold) + max(text_width(sub, index), text_width(sup, index)) + 1


def phrase_width(parts: Sequence[str | tuple[str, ...]], size: float = SYMBOL, bold: bool = False) -> float:
    """Width in pixels of plain texts and labels set one after the other."""
    return sum(label_width(part, size, bold) for part in parts)


def plain(parts: Iterable[str | tuple[str, ...]]) -> str:
    """The same as one string without drawing, for alt texts and tables: "h_1 = "."""
    return "".join(part if isinstance(part, str) else "_".join(filter(None, part)) for part in parts)


def visible(word: str) -> str:
    """`word` as one line in which white space and control characters can be seen: a space is ␣, a line end ↵."""
    return "".join(_VISIBLE.get(c, c if c.isprintable() else "�") for c in word)


def shorten(word: str, width: float, size: float = SYMBOL, bold: bool = False) -> str:
    """`word` as it is, or its beginning and an ellipsis, at most `width` pixels wide."""
    if text_width(word, size, bold) <= width:
        return word
    kept = len(word)
    while kept and text_width(word[:kept] + "…", size, bold) > width:
        kept -= 1
    return word[:kept] + "…"


_FORBIDDEN = re.compile("[^\\t\\n\\r -\\ud7ff\\ue000-\\ufffd\\U00010000-\\U0010ffff]")
_VISIBLE = {" ": "␣", "\n": "↵", "\t": "⇥", "\u200d": "\u200d"}  # the last one holds compound emoji together


def _index_size(size: float) -> float:
    return max(SMALL, size * 0.78)


class Drawing:
    """A picture under construction; sizes in pixels, x to the right and y downwards.

    The frame grows with what is drawn, so nothing is ever clipped.
    """

    def __init__(self, title: str, theme: str = "card", padding: float = 12.0) -> None:
        if theme not in THEMES:
            raise ValueError(f"theme must be one of {', '.join(THEMES)}, but it is {theme!r}.")
        self.title, self.theme_name, self.theme, self.padding = title, theme, THEMES[theme], padding
        self.texts: list[TextBox] = []
        self._under: list[str] = []  # arrows and guides, drawn first
        self._over: list[str] = []
        self._left = self._top = math.inf
        self._right = self._bottom = -math.inf

    # --- shapes

    def box(
        self,
        x: float,
        y: float,
        width: float,
        height: float,
        role: str = "",
        *,
        dashed: bool = False,
        strong: bool = False,
        faint: bool = False,
        hollow: bool = False,
        radius: float = 6.0,
    ) -> None:
        """A tensor: a rounded box with its top left corner at (x, y), in the colour of `role`.

        `dashed` marks the backward direction, `strong` a chosen part, `faint` what is not meant now; `hollow` leaves
        the fill out.
        """
        self._cover(x, y, x + width, y + height)
        radius = min(radius, width / 2, height / 2)
        self._over.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
            f'rx="{number(radius)}" {self._paint(role, dashed=dashed, strong=strong, faint=faint, hollow=hollow)}/>'
        )

    def circle(
        self,
        x: float,
        y: float,
        radius: float,
        role: str = "",
        *,
        faint: bool = False,
        strong: bool = False,
        hollow: bool = False,
    ) -> None:
        """An operation (or a random variable): a circle around (x, y); `hollow` leaves the role's fill out."""
        self._cover(x - radius, y - radius, x + radius, y + radius)
        self._over.append(
            f'<circle cx="{number(x)}" cy="{number(y)}" r="{number(radius)}" '
            f"{self._paint(role, faint=faint, strong=strong, hollow=hollow)}/>"
        )

    def diamond(self, x: float, y: float, radius: float, role: str = "") -> None:
        """A loss: a diamond around (x, y)."""
        self._cover(x - radius, y - radius, x + radius, y + radius)
        corners = [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]
        self._over.append(f'<polygon points="{_points(corners)}" {self._paint(role)}/>')

    def cell(self, x: float, y: float, width: float, height: float, colour: str) -> None:
        """One cell of a heat map, filled with `colour`."""
        self._cover(x, y, x + width, y + height)
        self._over.append(
            f'<rect x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" '
            f'style="fill:{colour}"/>'
        )

    def bar(self, x: float, y: float, width: float, height: float, role: str) -> None:
        """A bar of a bar chart in the full colour of `role`, without an outline."""
        self.cell(x, y, width, height, COLOURS[role])

    def pointer(self, x: float, y: float, size: float = 9.0) -> None:
        """The mark ▶ with its tip at (x, y): "here we are". Drawn, since fonts turn the character into an emoji."""
        self._cover(x - size, y - size / 2, x, y + size / 2)
        corners = [(x, y), (x - size, y - size / 2), (x - size, y + size / 2)]
        self._over.append(f'<polygon points="{_points(corners)}" style="fill:{self.theme.text}"/>')

    def reserve(self, left: float, top: float, right: float, bottom: float) -> None:
        """Keep this much room even where nothing is drawn, so that all frames of a series have one size."""
        self._cover(left, top, right, bottom)

    def line(
        self,
        points: Sequence[Point],
        role: str = "",
        *,
        dashed: bool = False,
        width: float = 1.0,
        faint: bool = False,
        over: bool = False,
    ) -> None:
        """A thin line through `points`: a guide, a bracket, an axis; `over` draws it above the boxes so far."""
        self._extent(points)
        stroke = self._stroke(f"M{_points(points, ' L')}", role, dashed, width)
        layer = self._over if over else self._under
        layer.append(stroke[:-2] + ' opacity="0.3"/>' if faint else stroke)

    def polygon(
        self,
        points: Sequence[Point],
        role: str = "",
        *,
        dashed: bool = False,
        strong: bool = False,
        faint: bool = False,
    ) -> None:
        """A closed shape with corners at `points`, painted like a box."""
        self._extent(points)
        paint = self._paint(role, dashed=dashed, strong=strong, faint=faint)
        self._over.append(f'<polygon points="{_points(points)}" {paint}/>')

    def arrow(
        self,
        points: Sequence[Point],
        role: str = "",
        *,
        dashed: bool = False,
        width: float = 1.5,
        curved: bool = False,
        faint: bool = False,
    ) -> None:
        """An arrow through `points`, its head at the last one; `curved` reads four points as a cubic curve."""
        self._extent(points)
        (x0, y0), (x1, y1) = points[-2], points[-1]
        length = math.hypot(x1 - x0, y1 - y0) or 1.0
        ux, uy = (x1 - x0) / length, (y1 - y0) / length
        head, half = 4.0 + 2 * width, 1.6 + 1.2 * width
        neck = (x1 - ux * head * 0.8, y1 - uy * head * 0.8)
        shaft = [*points[:-1], neck]
        path = f"M{_points(shaft[:1])} C{_points(shaft[1:])}" if curved else f"M{_points(shaft, ' L')}"
        back = (x1 - ux * head, y1 - uy * head)
        corners = [
            (x1, y1),
            (back[0] - uy * half, back[1] + ux * half),
            (back[0] + uy * half, back[1] - ux * half),
        ]
        opacity = ' opacity="0.3"' if faint else ""
        self._under.append(
            f"<g{opacity}>{self._stroke(path, role, dashed, width)}"
            f'<polygon points="{_points(corners)}" style="fill:{self._ink(role)}"/></g>'
        )

    def text(
        self,
        x: float,
        y: float,
        content: str | tuple[str, ...],
        *,
        size: float = SYMBOL,
        anchor: str = "middle",
        muted: bool = False,
        bold: bool = False,
        mono: bool = False,
        ink: str = "",
    ) -> None:
        """Text centred vertically on y; a `Label` (or a tuple base, sub, sup) becomes a symbol with real indices.

        `ink` is a colour for text on a tinted cell, which does not change with the theme.
        """
        width = 0.602 * size * len(content) if mono and isinstance(content, str) else label_width(content, size, bold)
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        index = 0.0 if isinstance(content, str) else _index_size(size) * 0.4
        plain = content if isinstance(content, str) else "".join(content)
        box = TextBox(left, y - size * 0.55 - index, left + width, y + size * 0.55 + index, plain)
        self.texts.append(box)
        self._cover(*box[:4])
        weight = ' font-weight="600"' if bold else ""
        family = f' font-family="{MONO}"' if mono else ""
        colour = ink or (self.theme.muted if muted else self.theme.text)
        body = _xml(content) if isinstance(content, str) else _symbol(content, size)
        self._over.append(
            f'<text x="{number(x)}" y="{number(y + size * 0.35)}" font-size="{number(size)}"{weight}{family}'
            f'{_anchor(anchor)} style="fill:{colour}">{body}</text>'
        )

    def phrase(
        self,
        x: float,
        y: float,
        parts: Sequence[str | tuple[str, ...]],
        *,
        size: float = SYMBOL,
        anchor: str = "middle",
        muted: bool = False,
        bold: bool = False,
    ) -> None:
        """Plain text and labels one after another on one line, as in a formula or "W (40, 20)"."""
        width = phrase_width(parts, size, bold)
        left = x - width * {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
        indexed = any(not isinstance(part, str) and any(part[1:]) for part in parts)
        index = _index_size(size) * 0.4 if indexed else 0.0
        plain = "".join(part if isinstance(part, str) else "".join(part) for part in parts)
        box = TextBox(left, y - size * 0.55 - index, left + width, y + size * 0.55 + index, plain)
        self.texts.append(box)
        self._cover(*box[:4])
        weight = ' font-weight="600"' if bold else ""
        colour = self.theme.muted if muted else self.theme.text
        self._over.append(
            f'<text x="{number(x)}" y="{number(y + size * 0.35)}" font-size="{number(size)}"{weight}'
            f'{_anchor(anchor)} style="fill:{colour}">{_run(parts, size)}</text>'
        )

    # --- the whole

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom of everything drawn so far, without padding."""
        return self._left, self._top, self._right, self._bottom

    def overlaps(self) -> list[tuple[str, str]]:
        """Pairs of texts that cover each other by more than a pixel: there should be none."""
        found = []
        for index, one in enumerate(self.texts):
            for other in self.texts[index + 1 :]:
                wide = min(one.right, other.right) - max(one.left, other.left)
                high = min(one.bottom, other.bottom) - max(one.top, other.top)
                if wide > 1 and high > 1:
                    found.append((one.text, other.text))
        return found

    def svg(self, description: str) -> str:
        """The finished drawing; `description` is what a screen reader says in its place."""
        if not self._over and not self._under:
            raise ValueError("the drawing is empty: draw something before asking for its SVG.")
        pad = self.padding
        x, y = self._left - pad, self._top - pad
        width, height = self._right - self._left + 2 * pad, self._bottom - self._top + 2 * pad
        card = ""
        if self.theme_name == "card":
            card = (
                f'<rect x="{number(x + 0.5)}" y="{number(y + 0.5)}" width="{number(width - 1)}" '
                f'height="{number(height - 1)}" rx="8" fill="{self.theme.surface}" stroke="{self.theme.border}"/>\n'
            )
        parts = "\n".join([*self._under, *self._over])
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{number(x)} {number(y)} {number(width)} '
            f'{number(height)}" width="{number(width)}" height="{number(height)}" role="img" '
            f'aria-label="{_xml(self.title)}" font-family="{FONT}">\n'
            f"<title>{_xml(self.title)}</title>\n<desc>{_xml(description)}</desc>\n{card}{parts}\n</svg>\n"
        )

    # --- inside

    def _ink(self, role: str) -> str:
        return OUTLINES.get(role, self.theme.text)

    def _paint(
        self, role: str, *, dashed: bool = False, strong: bool = False, faint: bool = False, hollow: bool = False
    ) -> str:
        fill = None if hollow else COLOURS.get(role)
        style = f"stroke:{self._ink(role)};stroke-width:{3.5 if strong else 1.5};"
        style += f"fill:{fill};fill-opacity:{0.4 if strong else 0.18}" if fill else f"fill:{self.theme.surface}"
        dash = ";stroke-dasharray:5 3" if dashed else ""
        return f'style="{style}{dash}"' + (' opacity="0.35"' if faint else "")

    def _stroke(self, path: str, role: str, dashed: bool, width: float) -> str:
        dash = ";stroke-dasharray:5 3" if dashed else ""
        style = f"fill:none;stroke:{self._ink(role)};stroke-width:{number(width)}{dash}"
        return f'<path d="{path}" style="{style}"/>'

    def _extent(self, points: Iterable[Point]) -> None:
        for x, y in points:
            self._cover(x, y, x, y)

    def _cover(self, left: float, top: float, right: float, bottom: float) -> None:
        self._left, self._top = min(self._left, left), min(self._top, top)
        self._right, self._bottom = max(self._right, right), max(self._bottom, bottom)


def _points(points: Iterable[Point], separator: str = " ") -> str:
    return separator.join(f"{number(x)},{number(y)}" for x, y in points)


def _anchor(anchor: str) -> str:
    """Left to the renderer, so that text is centred in fonts narrower than DejaVu Sans too."""
    return "" if anchor == "start" else f' text-anchor="{anchor}"'


def _symbol(content: tuple[str, ...], size: float) -> str:
    """Italic base with its indices."""
    base, sub, sup = (*content, "", "")[:3]
    return f'<tspan font-style="italic">{_xml(base)}</tspan>' + _indices(sub, sup, size)


def _indices(sub: str, sup: str, size: float) -> str:
    """The superscript first, then the subscript moved back under it."""
    index = _index_size(size)
    up, down = size * 0.42, size * 0.28
    body = ""
    if sup:
        body += f'<tspan dx="1" dy="{number(-up)}" font-size="{number(index)}">{_xml(sup)}</tspan>'
    if sub:
        dx, dy = (1.0, down) if not sup else (-text_width(sup, index), up + down)
        body += f'<tspan dx="{number(dx)}" dy="{number(dy)}" font-size="{number(index)}">{_xml(sub)}</tspan>'
    return body


def _run(parts: Sequence[str | tuple[str, ...]], size: float) -> str:
    """Texts and symbols one after the other, each on the base line again."""
    body, lowered, short = "", 0.0, 0.0
    for part in parts:
        base, sub, sup = (part, "", "") if isinstance(part, str) else (*part, "", "")[:3]
        slant = "" if isinstance(part, str) else ' font-style="italic"'
        ahead = f' dx="{number(short)}"' if short > 0 else ""  # past a superscript wider than its subscript
        back = f' dy="{number(-lowered)}"' if lowered else ""
        body += f"<tspan{slant}{ahead}{back}>{_xml(base)}</tspan>{_indices(sub, sup, size)}"
        lowered = size * (0.28 if sub else -0.42 if sup else 0.0)
        short = label_width(("", "", sup), size) - label_width(("", sub), size) if sub and sup else 0.0
    return body


def _xml(text: str) -> str:
    """`text` with markup escaped, and without the characters that XML forbids."""
    return escape(_FORBIDDEN.sub("�", text))
