"""The network unrolled over time: inputs below, one row of states per layer and direction, logits on top."""

from __future__ import annotations

from collections.abc import Collection
from functools import cached_property
from itertools import pairwise

from lecture_utils.diagrams.common import (
    ARROWS,
    CELL_MARK,
    DIRECTIONS,
    REACH_MARK,
    Span,
    checked_output_size,
    describe,
    fold,
    layer_name,
    letters,
    listed,
    sentence,
    shape_text,
    step_label,
)
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, SYMBOL, Drawing, label_width
from lecture_utils.notation import Label, plain, shape_in_form, weight_label
from lecture_utils.shapes import Cell, RecurrentShape, Shape

HALF = 14.0  # half the height of a state
RISE, RISE_BACK, RISE_JOIN = 56.0, 54.0, 36.0  # from one row to the next
RISE_MORE = 12.0  # between one-way layers, where the labels of both stand one above the other
FUNNEL, FUNNEL_ROOM = 10.0, 22.0  # the height of a projection, and what a row with one needs more
PILL = 7.0  # half the height of the joined states
MOST_LAYERS = 8

Row = tuple[int, int]  # layer, direction


def network(
    spec: RecurrentShape,
    seq_len: int,
    batch_size: int | None = None,
    *,
    output_size: int | None = None,
    system: str = "lecture",
    form: str = "column",
    cells: Collection[Cell] = frozenset(),
    reach: Collection[tuple[int, int]] = frozenset(),
    hide: bool = False,
    compact: bool = False,
    title: str = "",
    theme: str = "card",
) -> Picture:
    """Draw the layer unrolled over `seq_len` steps, with V on top where `output_size` is given.

    `cells` are marked ● and `reach`, pairs of (step, item), is marked ✓; with both, only the way from one to the
    other stays dark. `hide` puts "?" for every size; `compact` leaves out all sizes, the names of weights and the
    states before and after, so that two pictures fit side by side. Raises ValueError for an impossible setting.
    """
    view = _Network(spec, seq_len, batch_size, output_size, system, form, cells, reach, hide, compact, title, theme)
    view.draw()
    alt = view.alt()
    return Picture(view.drawing.svg(alt), alt, view.table())


class _Network:
    """One drawing under way: where everything stands, and one method for each kind of thing drawn."""

    def __init__(
        self,
        spec: RecurrentShape,
        seq_len: int,
        batch_size: int | None,
        output_size: int | None,
        system: str,
        form: str,
        cells: Collection[Cell],
        reach: Collection[tuple[int, int]],
        hide: bool,
        compact: bool,
        title: str,
        theme: str,
    ) -> None:
        self.spec, self.steps, self.items, self.out = spec, seq_len, batch_size, checked_output_size(output_size)
        self.system, self.form, self.hide, self.compact = system, form, hide or compact, compact
        spec.inputs(seq_len, batch_size)  # checks both sizes
        self.marked: dict[Row, set[int]] = {}
        for cell in cells:
            self.marked.setdefault((cell.layer, cell.direction), set()).add(cell.step)
        self.reach = {step for step, _ in reach}
        self.chosen_items = {cell.item for cell in cells}
        self.drawing = Drawing(title or sentence(f"{describe(spec)}, unrolled"), theme)
        marked_steps = {step for steps in self.marked.values() for step in steps}
        self.columns = fold(seq_len, [marked_steps, self.reach])
        self.floors = fold(spec.num_layers, [{layer for layer, _ in self.marked}], MOST_LAYERS)
        self._measure()

    # --- where things stand

    def _measure(self) -> None:
        two_way = self.spec.bidirectional
        self.letters = letters(self.system)
        symbol = label_width(step_label(self.letters["h"], self.steps - 1))
        self.width = max(28.0, symbol + 6) if self.compact else max(34.0, symbol + 10)
        self.shift = self.width / 2 + 3 if two_way else 0.0
        between = (12 if two_way else 22) if self.compact else (22 if two_way else 38)
        pitch = (2 if two_way else 1) * self.width + between
        x = 0.0
        self.xs: list[float] = []
        for span in self.columns:
            wide = max(54.0, label_width(self._fold_text(span), SMALL) + 20) if span.folded else pitch
            self.xs.append(x + wide / 2)
            x += wide
        self._place_rows()

    def _place_rows(self) -> None:
        """From the inputs at y = 0 upwards: `ys` are the middles of rows, `below` the top edges of what feeds them."""
        funnel = FUNNEL_ROOM if self.spec.proj_size else 0.0
        self.ys: dict[Row, float] = {}
        self.below: dict[int, float] = {}
        self.gap_ys: dict[int, float] = {}
        y, half = 0.0, HALF
        for floor in self.floors:
            if floor.folded:
                y -= 48
                self.gap_ys[floor.first] = y
                half = 9.0
                continue
            self.below[floor.first] = y - half
            y -= RISE + funnel + (half - HALF) + (RISE_MORE if self.ys and not self.spec.bidirectional else 0)
            self.ys[floor.first, 0] = y
            half = HALF
            if self.spec.bidirectional:
                self.ys[floor.first, 1] = y - RISE_BACK - funnel
                y -= RISE_BACK + funnel + RISE_JOIN
                half = PILL
        self.top = y - half
        self.logits_y = y - RISE - (0 if self.spec.bidirectional else RISE_MORE)

    def _fold_text(self, span: Span) -> str:
        return f"{'?' if self.hide else span.size} steps"

    @cached_property
    def ends(self) -> tuple[float, float]:
        """The x of the end boxes' inner edges, left and right: far enough for the labels of U, W and P."""
        room = [20.0, 20.0] if self.compact else [30.0, 34.0]
        for row in self.ys:
            room[row[1]] = max(room[row[1]], self._label_room(row))
        outside = self.shift + self.width / 2
        return self.xs[0] - outside - room[0], self.xs[-1] + outside + room[1]

    def _label_room(self, row: Row) -> float:
        """How long the arrow from the initial state must be for U above it and W and P below it."""
        if self.compact:
            return 20.0
        name = {part: label_width(self._weight(part, row), self.name_size) for part in self._parts}
        shape = {part: label_width(self._shape(part, row), SMALL) for part in self._parts}
        beside = max(name[part] + shape[part] for part in self._parts if part != "hh")
        return max(name["hh"] + 26, shape["hh"] + 26, beside + 30 - self.width / 2 - self._end_width)

    @property
    def _parts(self) -> tuple[str, ...]:
        return ("ih", "hh", "hr") if self.spec.proj_size else ("ih", "hh")

    @property
    def _end_names(self) -> tuple[str, ...]:
        return ("h", "c") if self.spec.cell == "lstm" else ("h",)

    @property
    def _end_width(self) -> float:
        widest = max(label_width(self._end_label(name, "0", self._stacked - 1)) for name in self._end_names)
        return len(self._end_names) * (max(30.0, widest + 10))

    @property
    def _stacked(self) -> int:
        return self.spec.num_layers * self.spec.num_directions

    def _end_label(self, name: str, which: str, index: int) -> Label | str:
        if self.system == "pytorch":
            return f"{name}_{which}[{'?' if self.hide else index}]"
        return Label(self.letters[name], which)

    def _x(self, column: int, direction: int) -> float:
        return self.xs[column] + (self.shift if direction else -self.shift)

    # --- weights and shapes as text

    @property
    def name_size(self) -> float:
        """Symbols at their usual size; PyTorch's long names smaller."""
        return 12.0 if self.system == "pytorch" else SYMBOL

    def _weight(self, part: str, row: Row) -> str | Label:
        """The name of a weight as it is drawn; torch's names are code, not italic symbols."""
        label = self._label(part, row)
        return label.base if self.system == "pytorch" else label

    def _label(self, part: str, row: Row) -> Label:
        name = f"weight_{part}_l{row[0]}" + "_reverse" * row[1]
        spec = self.spec
        return weight_label(name, self.system, cell=spec.cell, layers=spec.num_layers, bidirectional=spec.bidirectional)

    def _shape(self, part: str, row: Row) -> str:
        shape = self._weights[f"weight_{part}_l{row[0]}" + "_reverse" * row[1]]
        return shape_text(shape_in_form(shape, self.form), self.hide)

    @cached_property
    def _weights(self) -> dict[str, Shape]:
        return self.spec.weights()

    def _step_shape(self, features: int) -> tuple[int, ...]:
        return (features,) if self.items is None else (self.items, features)

    def _step_text(self, features: int) -> str:
        return shape_text(self._step_shape(features), self.hide)

    # --- what stays dark when a slice is chosen

    @cached_property
    def focus(self) -> bool:
        """Whether a slice and its reach are both shown, so that the rest steps back."""
        return bool(self.marked) and bool(self.reach)

    @cached_property
    def on_path(self) -> dict[Row, tuple[int, int]]:
        """Per row, the first and last step whose state can flow into a marked one."""
        paths: dict[Row, tuple[int, int]] = {}
        for layer in reversed(range(self.spec.num_layers)):
            above = [paths[layer + 1, way] for way in (0, 1) if (layer + 1, way) in paths]
            for way in range(self.spec.num_directions):
                steps = [step for path in above for step in path] + [*self.marked.get((layer, way), ())]
                if steps:
                    paths[layer, way] = (min(steps), self.steps - 1) if way else (0, max(steps))
        return paths

    def _faint(self, row: Row, span: Span) -> bool:
        if not self.focus:
            return False
        first, last = self.on_path.get(row, (0, -1))
        return span.last < first or span.first > last

    def _joined_faint(self, row: Row, span: Span) -> bool:
        """Whether the state of this row and step flows no further: into no layer above, and no chosen slice."""
        layer = row[0]
        if not self.focus or layer == self.spec.num_layers - 1:
            return self.focus and not span.holds(self.marked.get(row, ()))
        return all(self._faint((layer + 1, way), span) for way in range(self.spec.num_directions))

    # --- drawing

    def draw(self) -> None:
        self._draw_inputs()
        for floor in self.floors:
            if floor.folded:
                self._draw_folded_layers(floor)
                continue
            for direction in range(self.spec.num_directions):
                self._draw_row((floor.first, direction))
                if not self.compact:
                    self._draw_weights((floor.first, direction))
            if self.spec.bidirectional:
                self._draw_joined(floor.first)
        if self.out is not None:
            self._draw_logits(self.out)
        self._draw_names()
        self._draw_note()

    def _draw_inputs(self) -> None:
        for x, span in zip(self.xs, self.columns):
            marked = span.holds(self.reach)
            if span.folded:
                self._ellipsis(x, 0, REACH_MARK if marked else "")
                self.drawing.text(x, 23, self._fold_text(span), size=SMALL, muted=True)
                continue
            faint = self.focus and not marked
            self._state(x, 0, step_label(self.letters["x"], span.first), "x", strong=marked, faint=faint)
            self.drawing.text(x, 23, f"[{span.first}]", size=SMALL, muted=True)  # x_1 is step 0 to Python
            if marked:
                self.drawing.text(x + self.width / 2 + 9, 0, REACH_MARK)

    def _state(
        self,
        x: float,
        y: float,
        content: Label | str,
        role: str,
        *,
        dashed: bool = False,
        strong: bool = False,
        faint: bool = False,
    ) -> None:
        self.drawing.box(
            x - self.width / 2, y - HALF, self.width, 2 * HALF, role, dashed=dashed, strong=strong, faint=faint
        )
        self.drawing.text(x, y, content, muted=faint)

    def _ellipsis(self, x: float, y: float, mark: str = "") -> None:
        self.drawing.text(x, y - 1, "…", muted=not mark)
        if mark:
            self.drawing.text(x, y - 14, mark, size=SMALL)

    def _draw_row(self, row: Row) -> None:
        y, (layer, direction) = self.ys[row], row
        marked = self.marked.get(row, set())
        for column, span in enumerate(self.columns):
            x = self._x(column, direction)
            if span.folded:
                self._ellipsis(self.xs[column], y, CELL_MARK if span.holds(marked) else "")
                continue
            strong = span.first in marked
            faint = self._faint(row, span)
            label = step_label(self.letters["h"], span.first)
            self._state(x, y, label, "h", dashed=bool(direction), strong=strong, faint=faint)
            if self.spec.proj_size:
                self._funnel(x, y, faint)
            if strong:
                self.drawing.text(x + self.width / 2 + 8, y - HALF - 3, CELL_MARK, size=SMALL)
            self._feed(layer, x, self.xs[column], y, faint)
        self._draw_chain(row)

    def _funnel(self, x: float, y: float, faint: bool) -> None:
        """A projection: the wide inner state is squeezed before it becomes h."""
        foot, wide, narrow = y + HALF + FUNNEL, self.width / 2, self.width / 4
        top = y + HALF
        corners = [(x - wide, foot), (x - narrow, top), (x + narrow, top), (x + wide, foot)]
        self.drawing.polygon(corners, "", faint=faint)

    def _feed(self, layer: int, x: float, centre: float, y: float, faint: bool) -> None:
        """W: from the middle of what lies below up into a state; both directions read the whole of it."""
        edge = self.below[layer]
        foot = y + HALF + (FUNNEL if self.spec.proj_size else 0.0)
        path = [(centre, edge - 1), (centre, edge - 8), (x, edge - 8), (x, foot + 2)]
        self.drawing.arrow(path if x != centre else [path[0], path[-1]], "W", faint=faint)

    def _draw_chain(self, row: Row) -> None:
        """U: from the initial state through every state of this direction; the last one leaves as the final state."""
        y, backward = self.ys[row], bool(row[1])
        stops, spans = self._stops(row), self.columns[::-1] if backward else self.columns
        out, into, gap = (0, 1, -2) if backward else (1, 0, 2)
        arrows = list(zip(pairwise(stops), [*spans, None]))
        for (one, other), span in arrows[1:-1] if self.compact else arrows:
            faint = self._faint(row, span) if span else self.focus and not self._is_final(row)
            path = [(one[out] + gap, y), (other[into] - gap, y)]
            self.drawing.arrow(path, "U" if span else "", dashed=backward, faint=faint)
        if not self.compact:
            self._draw_ends(row)

    def _stops(self, row: Row) -> list[tuple[float, float]]:
        """The left and right edges of all that the arrows of a row run between, in the order of its flow."""
        stops = [(self.ends[0],) * 2]
        for column, span in enumerate(self.columns):
            x = self.xs[column] if span.folded else self._x(column, row[1])
            half = 11.0 if span.folded else self.width / 2
            stops.append((x - half, x + half))
        stops.append((self.ends[1],) * 2)
        return stops[::-1] if row[1] else stops

    def _is_final(self, row: Row) -> bool:
        return (0 if row[1] else self.steps - 1) in self.marked.get(row, ())

    def _draw_ends(self, row: Row) -> None:
        """The initial state where this direction starts, the final one where it ends."""
        left, right = self.ends
        start, end = (right, left - self._end_width) if row[1] else (left - self._end_width, right)
        index = row[0] * self.spec.num_directions + row[1]
        final = self.focus and not self._is_final(row)
        initial = self.focus and row not in self.on_path
        for x, which, faint in ((start, "0", initial), (end, "n", final)):
            self._pair(x, self.ys[row], which, index, bool(row[1]), faint)

    def _pair(self, x: float, y: float, which: str, index: int, dashed: bool, faint: bool) -> None:
        width = self._end_width / len(self._end_names)
        for place, name in enumerate(self._end_names):
            left = x + place * width
            self.drawing.box(left, y - 12, width, 24, "h", dashed=dashed, faint=faint, radius=4)
            self.drawing.text(left + width / 2, y, self._end_label(name, which, index), muted=faint)

    def _draw_weights(self, row: Row) -> None:
        """The names and shapes of U, W and the projection, once per row, where its direction starts."""
        y, direction = self.ys[row], row[1]
        left, right = self.ends
        column = len(self.xs) - 1 if direction else 0
        x = self._x(column, direction)
        edge = x + self.width / 2 if direction else x - self.width / 2
        middle = (edge + (right if direction else left)) / 2
        self.drawing.text(middle, y - 13, self._weight("hh", row), size=self.name_size)
        self.drawing.text(middle, y + 11, self._shape("hh", row), size=SMALL, muted=True)
        self._beside(x, y + 31 + (FUNNEL_ROOM if self.spec.proj_size else 0), "ih", row)
        if self.spec.proj_size:
            outside = self.width / 2
            self._beside(x + (outside if direction else -outside), y + HALF + 15, "hr", row)

    def _beside(self, x: float, y: float, part: str, row: Row) -> None:
        """A weight's name and shape beside its arrow: left of the first column, or right of the last."""
        name, shape = self._weight(part, row), self._shape(part, row)
        wide = label_width(name, self.name_size) + 6
        left = x + 8 if row[1] else x - 8 - wide - label_width(shape, SMALL)
        self.drawing.text(left, y, name, size=self.name_size, anchor="start")
        self.drawing.text(left + wide, y, shape, size=SMALL, anchor="start", muted=True)

    def _draw_joined(self, layer: int) -> None:
        """Both directions of one step side by side: one vector of twice the size, read by whatever is above."""
        y, half = self.ys[layer, 1] - RISE_JOIN, self.shift + self.width / 2
        for column, span in enumerate(self.columns):
            if span.folded:
                self._ellipsis(self.xs[column], y)
                continue
            for way in (0, 1):
                x, faint = self._x(column, way), self._joined_faint((layer, way), span)
                path = [(x, self.ys[layer, way] - HALF), (x, y + PILL)]
                self.drawing.line(path, width=1.5, faint=faint)
                left = self.xs[column] - half * (1 - way)
                self.drawing.box(left, y - PILL, half, 2 * PILL, "h", dashed=bool(way), faint=faint, radius=3)

    def _draw_folded_layers(self, floor: Span) -> None:
        y = self.gap_ys[floor.first]
        for x in self.xs:
            self.drawing.text(x, y, "…", muted=True)

    def _draw_logits(self, out: int) -> None:
        y = self.logits_y
        for x, span in zip(self.xs, self.columns):
            if span.folded:
                self._ellipsis(x, y)
                continue
            faint = self.focus
            self._state(x, y, step_label(self.letters["o"], span.first), "y", faint=faint)
            self.drawing.arrow([(x, self.top - 1), (x, y + HALF + 2)], "V", faint=faint)
        label = weight_label("linear.weight", self.system)
        name = label.base if self.system == "pytorch" else label
        shape = shape_text(self._output_weight(out), self.hide)
        x = self.xs[0] - 8 - label_width(shape, SMALL)
        self.drawing.text(x - 6, y + HALF + 11, name, size=self.name_size, anchor="end")
        self.drawing.text(x, y + HALF + 11, shape, size=SMALL, anchor="start", muted=True)

    def _output_weight(self, out: int) -> tuple[int, ...]:
        return shape_in_form((out, self.spec.num_directions * self.spec.output_size), self.form)

    def _draw_names(self) -> None:
        """What each row is, in words, with the shape of one step, in a column at the left."""
        x = self._names_x()
        for y, name, shape in self.names():
            self.drawing.text(x, y if self.compact else y - 7, name, size=12, anchor="start")
            if not self.compact:
                self.drawing.text(x, y + 8, shape, size=SMALL, anchor="start", muted=True)

    def _names_x(self) -> float:
        shapes = [0.0] if self.compact else [label_width(shape, SMALL) for _, _, shape in self.names()]
        widest = max(max(label_width(name, 12) for _, name, _ in self.names()), *shapes)
        return self.drawing.bounds[0] - 16 - widest

    def names(self) -> list[tuple[float, str, str]]:
        """The y, name and per-step shape of every row, from bottom to top."""
        spec = self.spec
        rows = [(0.0, "input", self._step_text(spec.input_size))]
        for floor in self.floors:
            if floor.folded:
                count = "?" if self.hide else str(floor.size)
                rows.append((self.gap_ys[floor.first], f"… {count} layers", "alike"))
                continue
            for way in range(spec.num_directions):
                rows.append((self.ys[floor.first, way], layer_name(floor.first, way, spec), self._state_text()))
            if spec.bidirectional:
                joined = self._step_text(2 * spec.output_size)
                rows.append((self.ys[floor.first, 1] - RISE_JOIN, f"joined {ARROWS}", joined))
        if self.out is not None:
            rows.append((self.logits_y, "logits", self._step_text(self.out)))
        return rows

    def _state_text(self) -> str:
        state = self._step_text(self.spec.output_size)
        if not self.spec.proj_size:
            return state
        return f"h {state}, c {self._step_text(self.spec.hidden_size)}"

    def _draw_note(self) -> None:
        """What the marks mean, under the picture, where there are any."""
        text = self._note()
        if text:
            left = self.drawing.bounds[0]
            self.drawing.text(left, self.drawing.bounds[3] + 20, text, size=12, anchor="start")

    def _note(self) -> str:
        parts = []
        if self.marked:
            parts.append(f"{CELL_MARK} states in the slice{self._items_text()}")
        if self.reach:
            parts.append(f"{REACH_MARK} inputs it can depend on")
        return ", ".join(parts)

    def _items_text(self) -> str:
        if self.items is None or self.hide or len(self.chosen_items) == self.items:
            return ""
        return (
            f" (batch item {listed(self.chosen_items)} only)" if len(self.chosen_items) < 9 else " (not of all items)"
        )

    # --- the same in words and as a table

    def table(self) -> Table:
        if self.compact:
            return self._marked_table()
        rows = [("input", self._step_text(self.spec.input_size), self._marks(REACH_MARK, self.reach))]
        for layer in range(self.spec.num_layers):
            if any(floor.folded and floor.holds([layer]) for floor in self.floors):
                continue
            for way in range(self.spec.num_directions):
                rows += self._table_rows((layer, way))
        if self.out is not None:
            name = plain(weight_label("linear.weight", self.system))
            rows.append((name, shape_text(self._output_weight(self.out), self.hide), ""))
            rows.append(("logits", self._step_text(self.out), ""))
        caption = f"{sentence(describe(self.spec))}: one time step of every row, and the weights ({self.form} form)"
        return Table(caption, ("what", "shape", "marked"), tuple(rows))

    def _marked_table(self) -> Table:
        """Which time steps are marked, row by row of the picture."""
        states = [(layer_name(*row, self.spec), self._marks(CELL_MARK, self.marked.get(row, set()))) for row in self.ys]
        rows = [("input", self._marks(REACH_MARK, self.reach)), *states]
        return Table(self.drawing.title, ("row", "marked"), tuple(rows))

    def _table_rows(self, row: Row) -> list[tuple[str, str, str]]:
        weights = [(plain(self._label(part, row)), self._shape(part, row), "") for part in self._parts]
        marked = self._marks(CELL_MARK, self.marked.get(row, set()))
        rows = [*weights, (layer_name(*row, self.spec), self._state_text(), marked)]
        if row[1]:
            rows.append((f"joined {ARROWS}", self._step_text(2 * self.spec.output_size), ""))
        return rows

    @staticmethod
    def _marks(mark: str, steps: Collection[int]) -> str:
        return f"{mark} step {listed(steps)}" if steps else ""

    def alt(self) -> str:
        if self.compact:
            return " ".join([f"A {describe(self.spec)}, unrolled over {self.steps} steps.", *self._alt_marks()])
        spec, steps = self.spec, "? steps" if self.hide else f"{self.steps} step{'s' * (self.steps > 1)}"
        batch = "unbatched" if self.items is None else f"a batch of {'?' if self.hide else self.items}"
        lines = [
            f"A {describe(spec)}, unrolled over {steps}, {batch}. "
            f"Each input, of shape {self._step_text(spec.input_size)}, enters from below; time runs to the right."
        ]
        for row in self.ys:
            way = f", {DIRECTIONS[row[1]]}," if spec.bidirectional else ""
            lines.append(
                f"Layer {row[0]}{way} has states of shape {self._state_text()}, input weights "
                f"{plain(self._label('ih', row))} {self._shape('ih', row)} and recurrent weights "
                f"{plain(self._label('hh', row))} {self._shape('hh', row)}."
            )
        if spec.bidirectional:
            joined = self._step_text(2 * spec.output_size)
            lines.append(f"The two directions of a step are joined into one vector, {joined}.")
        if self.out is not None:
            name = plain(weight_label("linear.weight", self.system))
            shape = shape_text(self._output_weight(self.out), self.hide)
            lines.append(f"{name} {shape} turns the top states into logits of shape {self._step_text(self.out)}.")
        if not self.compact and self.system != "pytorch" and spec.num_layers > 1:
            lines.append("Symbols count layers from 1, words from 0.")
        return " ".join([*lines, *self._alt_marks()])

    def _alt_marks(self) -> list[str]:
        found = [f"{layer_name(*row, self.spec)} step {listed(steps)}" for row, steps in sorted(self.marked.items())]
        lines = (
            [f"Marked {CELL_MARK} (layers and steps counted from 0): {'; '.join(found)}{self._items_text()}."]
            if found
            else []
        )
        if self.reach:
            lines.append(f"Marked {REACH_MARK}, the inputs it can depend on: step {listed(self.reach)}.")
        return lines
