"""How a picture reaches a page: as an image with alternative text and a table, visible without trust or kernel.

JupyterLab drops inline SVG from notebooks it does not trust, and a fresh clone is not trusted. An `<img>` that
holds the SVG as base64 survives, and so does an HTML table.
"""

from __future__ import annotations

import base64
import io
import sys
from html import escape
from itertools import zip_longest
from typing import Any

from IPython import get_ipython
from IPython.display import display

from lecture_utils.diagrams import Table


def show(svg_or_figure: Any, alt: str, table: Table | None = None) -> None:
    """Display an SVG string or a matplotlib figure with its alternative text and, folded under it, a table.

    The only way a picture reaches an output. A matplotlib figure is closed, so that it appears once.
    Raises `TypeError` for anything but an SVG string or a figure and `ValueError` when `alt` is empty.
    """
    html = f'<figure class="unrolled-figure">{image_html(svg_of(svg_or_figure), alt)}{folded_table(table)}</figure>'
    publish(html, alt)


def show_table(table: Table) -> None:
    """Display a table alone: with a header for every column and row, and as aligned words where no HTML is shown."""
    publish(f'<div class="unrolled-table">{table_html(table)}</div>', table_words(table))


def publish(html: str, words: str) -> None:
    """Send HTML to the page, with words for places that show none; a plain Python session prints the words."""
    if get_ipython() is None:
        print(words)
    else:
        display({"text/html": html, "text/plain": words}, raw=True)


def svg_of(svg_or_figure: Any) -> str:
    """The SVG text of a drawing or of a matplotlib figure, the same bytes on every run."""
    if isinstance(svg_or_figure, str):
        if not svg_or_figure.lstrip().startswith(("<svg", "<?xml")):
            start = svg_or_figure[:40]
            raise TypeError(f"show expects SVG text that starts with <svg, but this text starts with {start!r}.")
        return svg_or_figure
    if not hasattr(svg_or_figure, "savefig"):
        kind = type(svg_or_figure).__name__
        raise TypeError(f"show expects an SVG string or a matplotlib figure, but it got a {kind}.")
    return _figure_svg(svg_or_figure)


def _figure_svg(figure: Any) -> str:
    import matplotlib

    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": "unrolled"}):
        figure.savefig(buffer, format="svg", bbox_inches="tight", metadata={"Date": None, "Creator": None})
    _forget(figure)
    return buffer.getvalue()


def _forget(figure: Any) -> None:
    """Close a figure that pyplot keeps, or the notebook would show it a second time."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is not None:
        pyplot.close(figure)


def image_html(svg: str, alt: str) -> str:
    """An `<img>` element that holds the SVG itself."""
    if not isinstance(alt, str) or not alt.strip():
        raise ValueError("every picture needs alt text: a sentence that says what the picture shows.")
    data = base64.b64encode(svg.encode()).decode()
    return f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(alt)}">'


def table_html(table: Table) -> str:
    """A real table: caption, column headers, and the first cell of each row as its header."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in table.header)
    rows = "".join(
        f'<tr><th scope="row">{escape(first)}</th>{"".join(f"<td>{escape(cell)}</td>" for cell in rest)}</tr>'
        for first, *rest in table.rows
    )
    caption = f"<caption>{escape(table.caption)}</caption>"
    return f"<table>{caption}<thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def table_words(table: Table) -> str:
    """The table in lines of plain text, its columns aligned."""
    lines = [[" ".join(cell.split()) for cell in row] for row in (table.header, *table.rows)]
    widths = [max(map(len, column)) for column in zip_longest(*lines, fillvalue="")]
    rows = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths)).rstrip() for line in lines]
    return "\n".join([table.caption, *rows])


def folded_table(table: Table | None, summary: str = "The same facts as a table") -> str:
    """The table behind a line to open, or nothing where there is no table."""
    if table is None:
        return ""
    return f"<details><summary>{escape(summary)}</summary>{table_html(table)}</details>"
