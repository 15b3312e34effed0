"""What every diagram returns: the drawing, its description in words, and a table with the same facts."""

from __future__ import annotations

from typing import NamedTuple


class Table(NamedTuple):
    """A caption, a header and rows of plain text; whoever writes it into HTML escapes it."""

    caption: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Picture(NamedTuple):
    """An SVG string, its alternative text, and the table of its facts: `show(*picture)` displays all three."""

    svg: str
    alt: str
    table: Table | None = None
