"""What goes in and what comes out, as blocks of cells whose axes carry names and sizes."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import NamedTuple

from lecture_utils.diagrams.common import (
    CELL_MARK,
    REACH_MARK,
    Span,
    describe,
    fold,
    layer_name,
    letters,
    listed,
    shape_text,
    step_label,
)
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, SYMBOL, Drawing, label_width
from lecture_utils.notation import Label
from lecture_utils.shapes import Cell, RecurrentShape, Shape

CELL, HEIGHT, BETWEEN = 30.0, 20.0, 6.0  # a cell's width and height; the gap along the first axis
FOLDED = 26.0
MOST_ITEMS, MOST_ROWS = 6, 12
MARGIN = 40.0  # between two tensors
NAMES = {"time": "time", "batch": "batch", "layer·direction": "layer × direction"}


class Part(NamedTuple):
    """One cell of the drawing or, in a two-way output, one of its halves."""

    marked: bool
    dashed: bool


class Grid(NamedTuple):
    """One tensor ready to draw: its first axis runs over `columns` (states: over `rows`), feature is inside a cell."""

    name: str
    shape: Shape
    role: str
    columns: Sequence[Span]
    rows: Sequence[Span]
    across: str  # the axis that runs to the right, "" if there is none
    down: str  # the axis that runs down (states: up)


def tensors(
    spec: RecurrentShape,
    seq_len: int,
    batch_size: int | None = None,
    *,
    system: str = "lecture",
    cells: Collection[Cell] = frozenset(),
    reach: Collection[tuple[int, int]] = frozenset(),
    hide: bool = False,
    tensor: str | None = None,
    marks: tuple[str, str] = (CELL_MARK, REACH_MARK),
    theme: str = "card",
) -> Picture:
    """Draw input, initial states, output and final states; the first axis of a tensor is spaced out.

    `cells` are marked where they lie in output and h_n (in c_n instead, if `tensor` is "c_n"), `reach`, pairs of
    (step, item), on the input; `marks` are their two signs. `hide` puts "?" for every size. Raises ValueError.
    """
    view = _Tensors(spec, seq_len, batch_size, system, cells, reach, hide, tensor, marks, theme)
    view.draw()
    alt = view.alt()
    return Picture(view.drawing.svg(alt), alt, view.table())


def _finder(spans: Sequence[Span]) -> Callable[[int], Span]:
    """Look an index up among the spans."""

    @cache
    def find(index: int) -> Span:
        return next(span for span in spans if span.holds([index]))

    return find


class _Tensors:
    """One drawing under way: the tensors as grids, then one grid after another."""

    def __init__(
        self,
        spec: RecurrentShape,
        seq_len: int,
        batch_size: int | None,
        system: str,
        cells: Collection[Cell],
        reach: Collection[tuple[int, int]],
        hide: bool,
        tensor: str | None,
        marks: tuple[str, str],
        theme: str,
    ) -> None:
        self.spec, self.steps, self.items, self.system, self.hide = spec, seq_len, batch_size, system, hide
        self.cells, self.reach, self.marks = frozenset(cells), frozenset(reach), marks
        self.states = "c_n" if tensor == "c_n" else "h_n"  # where marked states are looked for
        self.inputs, self.outputs = spec.inputs(seq_len, batch_size), spec.outputs(seq_len, batch_size)
        self.letters = letters(system)
        self.drawing = Drawing(f"Inputs and outputs of a {describe(spec)}", theme)
        self.focus = bool(cells) and bool(reach)
        self._fold()
        self._mark()

    # --- what is drawn

    def _fold(self) -> None:
        cells, reach = self.cells, self.reach
        self.time = fold(self.steps, [{cell.step for cell in cells}, {step for step, _ in reach}])
        items = [{cell.item for cell in cells}, {item for _, item in reach}]
        self.batch = fold(self.items or 1, items, MOST_ITEMS)
        ways = self.spec.num_directions
        marked = {cell.layer * ways + cell.direction for cell in cells}
        self.stack = fold(self.spec.num_layers * ways, [marked], MOST_ROWS)

    def _grid(self, name: str, shape: Shape) -> Grid:
        if name in ("input", "output"):
            role = "x" if name == "input" else "h"
            if self.items is None:
                return Grid(name, shape, role, self.time, [Span(0, 0)], "time", "")
            if self.spec.batch_first:
                return Grid(name, shape, role, self.batch, self.time, "batch", "time")
            return Grid(name, shape, role, self.time, self.batch, "time", "batch")
        across = "" if self.items is None else "batch"
        return Grid(name, shape, "h", self.batch, self.stack[::-1], across, "layer·direction")

    def _halves(self, grid: Grid) -> int:
        return self.spec.num_directions if grid.name == "output" else 1

    def _mark(self) -> None:
        """Find the drawn cells that hold marked numbers: per tensor (steps or rows of states, items, half)."""
        time, batch, stack = (_finder(spans) for spans in (self.time, self.batch, self.stack))
        self.marked: dict[str, set[tuple[Span, Span, int]]] = {"input": set(), "output": set(), self.states: set()}
        for step, item in self.reach:
            self.marked["input"].add((time(step), batch(item), 0))
        for layer, way, step, item in self.cells:
            if self.states == "h_n" and layer == self.spec.num_layers - 1:
                self.marked["output"].add((time(step), batch(item), way))
            if self._is_final(way, step):
                self.marked[self.states].add((stack(layer * self.spec.num_directions + way), batch(item), 0))

    def _is_final(self, direction: int, step: int) -> bool:
        """Whether a direction ends at this step: the backward one at the first."""
        return step == (0 if direction else self.steps - 1)

    def _part(self, grid: Grid, column: Span, row: Span, half: int) -> Part:
        """Whether this cell, or half of one, holds marked numbers, and whether it is of the backward direction."""
        place = (column, row, half) if grid.across == "time" else (row, column, half)
        backward = bool(half)
        if grid.down == "layer·direction":
            backward = row.first % self.spec.num_directions == 1
        return Part(place in self.marked.get(grid.name, ()), backward)

    # --- sizes

    def _cell_width(self, grid: Grid, column: Span) -> float:
        if column.folded:
            return FOLDED
        digits = label_width(f"[{column.first}]", SMALL) + 4
        symbol = label_width(self._symbol(grid, column)) + 4 if self._symbols(grid) else 0
        wide = self.spec.bidirectional and grid.down != "layer·direction"  # input as output: their steps align
        return max(CELL * (1.7 if wide else 1), digits, symbol)

    def _symbol(self, grid: Grid, span: Span) -> Label:
        return step_label(self.letters["x" if grid.name == "input" else "h"], span.first)

    def _symbols(self, grid: Grid) -> bool:
        """Whether x_1, x_2 … stand above the columns: torch's names count the steps by index alone."""
        return grid.across == "time" and self.system != "pytorch"

    def _row_height(self, grid: Grid) -> float:
        return HEIGHT + 6 if grid.down == "time" and self.system != "pytorch" else HEIGHT

    def _space(self, grid: Grid) -> tuple[float, float]:
        """The gaps between columns and between rows: open along the first axis, closed along the second."""
        return (0.0, BETWEEN) if grid.down == "layer·direction" else (BETWEEN, 0.0)

    def _left(self, grid: Grid) -> float:
        """Room at the left of the cells for the names of the rows."""
        if not grid.down:
            return 0.0
        texts = [label_width(f"{NAMES[grid.down]} {self._size(grid, grid.down)} ↓", SMALL)]
        for row in grid.rows:
            texts.append(
                label_width(self._row_text(grid, row), SMALL) + (self._symbol_room if grid.down == "time" else 0)
            )
        return max(texts) + 8

    @property
    def _symbol_room(self) -> float:
        """Room for x_T beside its index."""
        return 6 + label_width(step_label(self.letters["h"], self.steps - 1))

    def _size(self, grid: Grid, axis: str) -> str:
        return str(grid.shape[grid.shape.axes.index(axis)])

    def _row_text(self, grid: Grid, row: Span) -> str:
        if row.folded:
            return "…"
        index = f"[{row.first}]"
        if grid.down != "layer·direction":
            return index
        return f"{layer_name(*divmod(row.first, self.spec.num_directions), self.spec)}  {index}"

    def _width(self, grid: Grid) -> float:
        gap, _ = self._space(grid)
        cells = sum(self._cell_width(grid, column) + gap for column in grid.columns) - gap
        below = label_width(self._feature_text(grid), SMALL)
        title = label_width(grid.name, SYMBOL, bold=True) + 8 + label_width(shape_text(grid.shape))
        return max(self._left(grid) + max(cells, below), title)

    def _rows_height(self, grid: Grid) -> float:
        _, gap = self._space(grid)
        return len(grid.rows) * (self._row_height(grid) + gap) - gap

    def _feature_text(self, grid: Grid) -> str:
        size = self._size(grid, "feature")
        if self._halves(grid) == 1:
            return f"feature {size}"
        return f"feature {size}: first {self.spec.output_size} →, last {self.spec.output_size} ←"

    # --- drawing

    def draw(self) -> None:
        if self.hide:
            self._draw_hidden()
            return
        lines = [
            [self._grid(name, shape) for name, shape in tensors.items()] for tensors in (self.outputs, self.inputs)
        ]
        widths = [max(self._width(line[place]) for line in lines) for place in range(len(lines[0]))]
        self.head = 72.0 if any(self._symbols(grid) for line in lines for grid in line) else 52.0
        y = 0.0
        for heading, line in zip(("comes out", "goes in"), lines):
            self.drawing.text(0, y, heading, size=12, anchor="start", muted=True)
            x, top = 0.0, y + 22
            for grid, width in zip(line, widths):
                self._draw_grid(grid, x, top)
                x += width + MARGIN
            y = top + max(self._rows_height(grid) for grid in line) + self.head + 48
        self._draw_note(y - 8)

    def _draw_hidden(self) -> None:
        """The tensors' names alone: blocks of cells could be counted, and their axes are half of the answer."""
        y = 0.0
        for heading, shapes in (("comes out", self.outputs), ("goes in", self.inputs)):
            self.drawing.text(0, y, heading, size=12, anchor="start", muted=True)
            for place, (name, shape) in enumerate(shapes.items()):
                x = place * 190.0
                self.drawing.text(x, y + 22, name, anchor="start", bold=True)
                after = x + label_width(name, bold=True) + 8
                self.drawing.text(after, y + 22, shape_text(shape, True), anchor="start")
                self.drawing.box(x, y + 38, 150, 64, "x" if name == "input" else "h")
                self.drawing.text(x + 75, y + 70, "?", size=20)
            y += 132

    def _draw_grid(self, grid: Grid, x: float, y: float) -> None:
        self.drawing.text(x, y, grid.name, anchor="start", bold=True)
        after = x + label_width(grid.name, SYMBOL, bold=True) + 8
        self.drawing.text(after, y, shape_text(grid.shape), anchor="start")
        left, top = x + self._left(grid), y + self.head
        if grid.across:
            text = f"{NAMES[grid.across]} {self._size(grid, grid.across)} →"
            above = 51 if self._symbols(grid) else 28
            self.drawing.text(left, top - above, text, size=SMALL, anchor="start")
        if grid.down:
            way = "↑" if grid.down == "layer·direction" else "↓"
            text = f"{NAMES[grid.down]} {self._size(grid, grid.down)} {way}"
            self.drawing.text(left - 8, top - 12, text, size=SMALL, anchor="end")
        self._draw_cells(grid, left, top)
        self._draw_rows(grid, left, top)
        self._draw_feature(grid, left, top + self._rows_height(grid))

    def _draw_cells(self, grid: Grid, left: float, top: float) -> None:
        (gap, step), height = self._space(grid), self._row_height(grid)
        x = left
        for column in grid.columns:
            width = self._cell_width(grid, column)
            self._draw_head(grid, column, x + width / 2, top)
            for place, row in enumerate(grid.rows):
                self._draw_cell(grid, column, row, x, top + place * (height + step), width)
            x += width + gap

    def _draw_head(self, grid: Grid, column: Span, x: float, top: float) -> None:
        if not grid.across:
            return
        if column.folded:
            self.drawing.text(x, top - 12, "…", size=SMALL, muted=True)
            return
        self.drawing.text(x, top - 12, f"[{column.first}]", size=SMALL, muted=True)
        if self._symbols(grid):
            self.drawing.text(x, top - 31, self._symbol(grid, column))

    def _draw_cell(self, grid: Grid, column: Span, row: Span, x: float, y: float, width: float) -> None:
        halves = self._halves(grid)
        part_width, height = width / halves, self._row_height(grid)
        for half in range(halves):
            part = self._part(grid, column, row, half)
            left = x + half * part_width
            mark = self.marks[grid.name == "input"] if part.marked else ""
            if column.folded or row.folded:
                if half == 0 or mark:
                    self.drawing.text(left + part_width / 2, y + height / 2, mark or "…", size=SMALL, muted=not mark)
                continue
            faint = self.focus and not part.marked
            self.drawing.box(
                left, y, part_width, height, grid.role, dashed=part.dashed, strong=part.marked, faint=faint, radius=2
            )
            if mark:
                self.drawing.text(left + part_width / 2, y + height / 2, mark, size=SMALL)

    def _draw_rows(self, grid: Grid, left: float, top: float) -> None:
        """The names of the rows: batch items, steps, or layer and direction in words."""
        if not grid.down:
            return
        (_, gap), height = self._space(grid), self._row_height(grid)
        for place, row in enumerate(grid.rows):
            y = top + place * (height + gap) + height / 2
            self.drawing.text(left - 8, y, self._row_text(grid, row), size=SMALL, anchor="end", muted=row.folded)
            if grid.down == "time" and not row.folded and self.system != "pytorch":
                index = label_width(f"[{row.first}]", SMALL)
                self.drawing.text(left - 14 - index, y, self._symbol(grid, row), anchor="end")

    def _draw_feature(self, grid: Grid, left: float, bottom: float) -> None:
        """The features lie inside each cell, so a bracket under the first one gives their number."""
        right = left + self._cell_width(grid, grid.columns[0])
        self.drawing.line([(left, bottom + 5), (left, bottom + 9), (right, bottom + 9), (right, bottom + 5)])
        self.drawing.text(left, bottom + 19, self._feature_text(grid), size=SMALL, anchor="start")

    def _draw_note(self, y: float) -> None:
        parts = []
        if self.cells:
            parts.append(f"{self.marks[0]} numbers of the slice")
        if self.reach:
            parts.append(f"{self.marks[1]} inputs it can depend on")
        if parts:
            self.drawing.text(0, y, ",  ".join(parts), size=12, anchor="start")

    # --- the same in words and as a table

    def table(self) -> Table:
        rows = []
        for name, shape in {**self.inputs, **self.outputs}.items():
            known = ("?", "") if self.hide else (self._named(shape), self._marked_in(name))
            rows.append((name, shape_text(shape, self.hide), *known))
        caption = f"What goes into a {describe(self.spec)} and what comes out"
        return Table(caption, ("tensor", "shape", "axes", "marked"), tuple(rows))

    def _named(self, shape: Shape) -> str:
        return ", ".join(f"{NAMES.get(axis, axis)} {size}" for axis, size in zip(shape.axes, shape))

    def _marked_in(self, name: str) -> str:
        """The marked part of a tensor in words; layers, steps and batch items are counted from 0."""
        if name == "input" and self.reach:
            return self._where(self.marks[1], "", {step for step, _ in self.reach}, {item for _, item in self.reach})
        rows: dict[tuple[int, int], set[Cell]] = {}
        for cell in self.cells:
            in_output = name == "output" and self.states == "h_n" and cell.layer == self.spec.num_layers - 1
            if in_output or (name == self.states and self._is_final(cell.direction, cell.step)):
                rows.setdefault((cell.layer, cell.direction), set()).add(cell)
        places = [(f"{layer_name(*row, self.spec)}, ", found) for row, found in sorted(rows.items())]
        return "; ".join(
            self._where(self.marks[0], before, {cell.step for cell in found}, {cell.item for cell in found})
            for before, found in places
        )

    def _where(self, mark: str, before: str, steps: set[int], items: set[int]) -> str:
        batch = "" if self.items is None else f", batch item {listed(items)}"
        return f"{mark} {before}step {listed(steps)}{batch}"

    def alt(self) -> str:
        if self.hide:
            names = f"{', '.join(self.inputs)} go in; {', '.join(self.outputs)} come out"
            return f"Inputs and outputs of a {describe(self.spec)}, with their shapes hidden: {names}."
        lines = [f"Inputs and outputs of a {describe(self.spec)} as blocks of cells."]
        for heading, shapes in (("Goes in", self.inputs), ("Comes out", self.outputs)):
            named = [f"{name} ({self._named(shape)})" for name, shape in shapes.items()]
            lines.append(f"{heading}: {'; '.join(named)}.")
        if self.spec.bidirectional:
            lines.append("The features of output are the forward states first, then the backward ones.")
        words = [
            f"row {row.first} is {layer_name(*divmod(row.first, self.spec.num_directions), self.spec)}"
            for row in self.stack
            if not row.folded
        ]
        lines.append(f"In h_0 and h_n, {', '.join(words)}.")
        for name in ("input", "output", self.states):
            marked = self._marked_in(name)
            if marked:
                lines.append(f"Marked in {name}: {marked}.")
        return " ".join(lines)
