"""Every weight as a box drawn to one scale: rows × columns, with its gates, its shape and its count."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

from lecture_utils.diagrams.common import (
    DIRECTIONS,
    Span,
    checked_output_size,
    count_text,
    describe,
    fold,
    layer_name,
    shape_text,
)
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, SYMBOL, Drawing, label_width
from lecture_utils.notation import Label, gate_label, plain, shape_in_form, weight_label
from lecture_utils.shapes import RecurrentShape, Shape, Term

WIDEST, WIDEST_PAIR = 900.0, 1000.0  # pixels for a line, or one of two directions, if the names leave the choice
WIDEST_LINE = 1180.0  # pixels from which on two directions stand one above the other
THINNEST = 3.0  # pixels: no side is drawn thinner
GAP, GROUP_GAP = 18.0, 44.0
HEADING, CAPTIONS = 18.0, 58.0  # the lines above and below a row of boxes
LETTER = 13.0  # a gate's letter fits beside its block from this height on
MOST_LAYERS = 8
ROLES = {"weight_ih": "W", "weight_hh": "U", "linear.weight": "V"}
PLACES = ("weight_ih", "weight_hh", "bias_ih", "bias_hh", "weight_hr")  # from left to right
GRIDDED = 10.0  # from this many pixels per number on, every number has a cell

# Pixels per number: 24, 20 … 10, then 10 px for 2, 3, 4, 5, 10, 15, 20, 25, 30, 40, 50, 100 … numbers.
SCALES = (
    *(24.0, 20.0, 16.0, 12.0, 10.0, 5.0, 10 / 3, 2.5, 2.0, 1.0),
    *(1 / (step * 10**power) for power in range(8) for step in (1.5, 2, 2.5, 3, 4, 5, 10)),
)


class Item(NamedTuple):
    """One weight with its name and its shape as they are drawn."""

    term: Term
    name: str | Label
    shape: tuple[int, ...]
    place: str  # the column it stands in
    role: str
    gates: int  # in how many blocks it is divided

    def sides(self, form: str) -> tuple[int, int]:
        """Rows and columns; a bias is a column, or in row form a row."""
        if len(self.shape) == 2:
            return self.shape[0], self.shape[1]
        return (1, self.shape[0]) if form == "row" else (self.shape[0], 1)


def weights(
    spec: RecurrentShape,
    *,
    output_size: int | None = None,
    system: str = "lecture",
    form: str = "column",
    hide: bool = False,
    theme: str = "card",
) -> Picture:
    """Draw every weight of the layer (and V, where `output_size` is given) to one scale, layers bottom to top.

    `form` "row" transposes the boxes, for books that write X W. `hide` puts "?" for every size. Raises ValueError.
    """
    view = _Weights(spec, output_size, system, form, hide, theme)
    view.draw()
    alt = view.alt()
    return Picture(view.drawing.svg(alt), alt, view.table())


class _Weights:
    """One drawing under way: the scale that fits, then one line of boxes after another."""

    def __init__(
        self, spec: RecurrentShape, output_size: int | None, system: str, form: str, hide: bool, theme: str
    ) -> None:
        self.spec, self.system, self.form, self.hide = spec, system, form, hide
        self.floors = fold(spec.num_layers, most=MOST_LAYERS)
        terms = spec.parameter_terms()
        self.groups = {
            (floor.first, way): [
                self._item(term) for term in terms if (term.layer, term.direction) == (floor.first, way)
            ]
            for floor in self.floors
            if not floor.folded
            for way in range(spec.num_directions)
        }
        out = checked_output_size(output_size)
        self.output = [] if out is None else self._output_items(out)
        self.total = sum(term.count for term in terms)
        self.drawing = Drawing(f"The weights of a {describe(spec)}, drawn to scale", theme)
        self._choose_scale()

    # --- what is drawn

    def _item(self, term: Term) -> Item:
        kind = term.name.split("_l")[0]
        spec = self.spec
        label = weight_label(
            term.name, self.system, cell=spec.cell, layers=spec.num_layers, bidirectional=spec.bidirectional
        )
        gates = 1 if kind == "weight_hr" else len(spec.gates)
        shape = tuple(shape_in_form(term.shape, self.form))
        return Item(term, self._name(label), shape, kind, ROLES.get(kind, ""), gates)

    def _name(self, label: Label) -> str | Label:
        """Torch's names are code, not italic symbols."""
        return label.base if self.system == "pytorch" else label

    def _output_items(self, out: int) -> list[Item]:
        ways, size = self.spec.num_directions, self.spec.output_size
        features = f"({ways} · {size})" if ways > 1 else str(size)
        weight = Shape((out, ways * size), ("output", "direction × hidden" if ways > 1 else "hidden"))
        terms = [
            Term("linear.weight", -1, 0, f"{out} · {features}", weight, weight.elements, "hidden → output"),
            Term("linear.bias", -1, 0, str(out), Shape((out,), ("output",)), out, "output bias"),
        ]
        return [
            Item(
                term,
                self._name(weight_label(term.name, self.system)),
                tuple(shape_in_form(term.shape, self.form)),
                place,
                ROLES.get(term.name, ""),
                1,
            )
            for term, place in zip(terms, PLACES)
        ]

    @cached_property
    def letters(self) -> tuple[str, ...]:
        """The gates' letters in the order of torch's blocks; a plain RNN has no gates."""
        if len(self.spec.gates) == 1:
            return ()
        labels = [gate_label("weight_ih_l0", gate, self.spec.cell, self.system) for gate in self.spec.gates]
        return tuple(label.sub[-1] for label in labels)

    # --- the scale

    def _choose_scale(self) -> None:
        """The largest scale at which the boxes fit, both directions of a layer side by side where they can."""
        self.scale, self.side_by_side = 0.0, self.spec.bidirectional
        if self.side_by_side and self._line_width() > WIDEST_LINE:
            self.side_by_side = False
        names_alone = self._line_width()  # with the boxes shrunk to nothing
        widest = max(WIDEST_PAIR if self.side_by_side else WIDEST, names_alone)
        for self.scale in SCALES:
            if self._line_width() <= widest and self._fits_in_height():
                break

    def _line_width(self) -> float:
        """The width of a whole line at the present scale."""
        ways = 2 if self.side_by_side else 1
        return self._group_width() * ways + GROUP_GAP * (ways - 1)

    def _group_width(self) -> float:
        slots = self._slots()
        return sum(slots.values()) + GAP * (len(slots) - 1)

    def _fits_in_height(self) -> bool:
        lines = [group for (_, way), group in self.groups.items() if way == 0 or not self.side_by_side]
        heights = sum(self._height(group) for group in [*lines, self.output] if group)
        return heights <= 260 + 60 * min(len(lines), 7)

    def _box(self, item: Item) -> tuple[float, float]:
        """Width and height in pixels."""
        rows, columns = item.sides(self.form)
        return max(THINNEST, columns * self.scale), max(THINNEST, rows * self.scale)

    def _thin(self, item: Item) -> bool:
        return min(item.sides(self.form)) * self.scale < THINNEST

    def _height(self, group: Sequence[Item]) -> float:
        return max(self._box(item)[1] for item in group)

    def _slots(self) -> dict[str, float]:
        """The width of each column, the same in every line, so that W stands above W."""
        slots = dict.fromkeys(PLACES, 0.0)
        for item, text in self._captioned.values():
            letters = 2 * LETTER if self._lettered(item) and self.form == "column" else 0.0
            slots[item.place] = max(slots[item.place], self._box(item)[0] + letters, text)
        return {place: width for place, width in slots.items() if width}

    @cached_property
    def _captioned(self) -> dict[tuple[object, ...], tuple[Item, float]]:
        """One weight of every kind, shape and length of name, with the width of its widest caption."""
        found: dict[tuple[object, ...], tuple[Item, float]] = {}
        for item in (item for group in (*self.groups.values(), self.output) for item in group):
            texts = [label_width(text, SMALL) for text in (shape_text(item.shape, self.hide) + " *", self._count(item))]
            widest = max(label_width(item.name, self.name_size), *texts)
            found[item.place, item.shape, widest] = (item, widest)
        return found

    def _lettered(self, item: Item) -> bool:
        """Whether the letters of the gates fit beside their blocks; biases lie beside their matrices."""
        if item.gates == 1 or not item.role:
            return False
        return self._box(item)[0 if self.form == "row" else 1] / item.gates >= LETTER

    @property
    def name_size(self) -> float:
        return 12.0 if self.system == "pytorch" else SYMBOL

    def _count(self, item: Item) -> str:
        """How many numbers a weight holds, as a product: "4 · 10 · 20 = 800"."""
        if self.hide:
            return "= ?"
        product = item.term.formula != str(item.term.count)
        return (f"{item.term.formula} = " if product else "= ") + count_text(item.term.count)

    # --- drawing

    def draw(self) -> None:
        y = 0.0
        for floor in self.floors:
            if floor.folded:
                self.drawing.text(0, y - 20, self._folded_text(floor), size=12, anchor="start")
                y -= 48
            elif self.side_by_side:
                y = self._draw_line([(floor.first, way) for way in range(self.spec.num_directions)], y)
            else:
                for way in range(self.spec.num_directions):
                    y = self._draw_line([(floor.first, way)], y)
        if self.output:
            y = self._draw_groups([("output layer", self.output, False)], y)
        self._draw_head(y)
        self._draw_foot()

    def _draw_line(self, keys: list[tuple[int, int]], y: float) -> float:
        named = [(layer_name(*key, self.spec), self.groups[key], bool(key[1])) for key in keys]
        return self._draw_groups(named, y)

    def _draw_groups(self, groups: list[tuple[str, list[Item], bool]], bottom: float) -> float:
        """One line of boxes standing on their captions; returns where the next line above may end."""
        foot = bottom - CAPTIONS
        top = foot - max(self._height(group) for _, group, _ in groups)
        if self.form == "row" and any(self._lettered(item) for _, group, _ in groups for item in group):
            top -= LETTER
        left, slots = 0.0, self._slots()
        for name, group, backward in groups:
            self.drawing.text(left, top - HEADING, name, size=12, anchor="start", bold=True)
            items = {item.place: item for item in group}
            x = left
            for place, slot in slots.items():
                if place in items:
                    self._draw_item(items[place], x + slot / 2, foot, backward)
                x += slot + GAP
            left += self._group_width() + GROUP_GAP
        return top - HEADING - 22

    def _draw_item(self, item: Item, x: float, foot: float, backward: bool) -> None:
        width, height = self._box(item)
        left, top = x - width / 2, foot - height
        radius = min(6.0, self.scale * 2)
        self.drawing.box(left, top, width, height, item.role, dashed=backward, radius=radius)
        if self.scale >= GRIDDED and not self.hide:  # cells could be counted
            self._draw_grid(item, left, top, width, height)
        self._draw_blocks(item, left, top, width, height)
        shape = shape_text(item.shape, self.hide) + (" *" if self._thin(item) else "")
        self.drawing.text(x, foot + 16, item.name, size=self.name_size)
        self.drawing.text(x, foot + 35, shape, size=SMALL, muted=True)
        self.drawing.text(x, foot + 49, self._count(item), size=SMALL, muted=True)

    def _draw_grid(self, item: Item, left: float, top: float, width: float, height: float) -> None:
        rows, columns = item.sides(self.form)
        for row in range(1, rows):
            y = top + row * self.scale
            self.drawing.line([(left, y), (left + width, y)], item.role, faint=True, over=True)
        for column in range(1, columns):
            x = left + column * self.scale
            self.drawing.line([(x, top), (x, top + height)], item.role, faint=True, over=True)

    def _draw_blocks(self, item: Item, left: float, top: float, width: float, height: float) -> None:
        """The gates' blocks, one under the other (side by side in row form), with their letters."""
        across = self.form == "row"
        block = (width if across else height) / item.gates
        for index in range(item.gates):
            start = (left if across else top) + index * block
            if index and block >= 2:
                ends = [(start, top), (start, top + height)] if across else [(left, start), (left + width, start)]
                self.drawing.line(ends, item.role, width=1.5, over=True)
            if self._lettered(item):
                at = (start + block / 2, top - 8) if across else (left - 8, start + block / 2)
                self.drawing.text(*at, self.letters[index], size=12)

    def _folded_text(self, floor: Span) -> str:
        count = sum(item.term.count for way in range(self.spec.num_directions) for item in self.groups[1, way])
        more, each = count_text(floor.size, self.hide), count_text(count, self.hide)
        return f"… {more} more layers like layer 1, each with {each} numbers"

    def _draw_head(self, y: float) -> None:
        """Which form it is, and the order of the gates where their letters did not fit."""
        if self.letters and not any(self._lettered(item) for group in self.groups.values() for item in group):
            way = "left to right" if self.form == "row" else "top to bottom"
            text = f"blocks of every W, U and bias, {way}: {', '.join(self.letters)}"
            self.drawing.text(0, y, text, size=12, anchor="start")
            y -= 18
        self.drawing.phrase(0, y, self._form_parts(), size=12, anchor="start")

    def _form_parts(self) -> list[str | Label]:
        name = self._name(weight_label("weight_ih_l0", self.system, cell=self.spec.cell))
        if self.form == "row":
            return ["row form, ", Label("X"), " ", name, ": as many rows as go in, as many columns as come out"]
        return ["column form, ", name, " ", Label("x"), ": as many rows as come out, as many columns as go in"]

    def _draw_foot(self) -> None:
        """The scale with a bar to compare with, the note on thin sides, and the total."""
        self.drawing.text(0, 18, self._total_text(), size=12, anchor="start")
        self.drawing.line([(0, 34), (0, 42), (50, 42), (50, 34)], width=1.5)
        self.drawing.text(60, 39, f"scale: {self._scale_text()}", size=12, anchor="start")
        if any(self._thin(item) for group in [*self.groups.values(), self.output] for item in group):
            note = f"* a side thinner than {THINNEST:.0f} px at this scale, drawn {THINNEST:.0f} px"
            self.drawing.text(0, 59, note, size=12, anchor="start")

    def _scale_text(self) -> str:
        if self.hide:
            return "10 px = ? numbers"
        per_number = self.scale
        if per_number > 10:
            return f"{per_number:g} px = 1 number"
        count = 10 / per_number
        return f"10 px = {count:,.10g} number{'s' * (count > 1)}"

    def _total_text(self) -> str:
        if not self.output:
            return f"{count_text(self.total, self.hide)} numbers in all, however long the sequence"
        head = sum(item.term.count for item in self.output)
        parts = (
            f"{count_text(self.total, self.hide)} in the recurrent layers + {count_text(head, self.hide)} above them"
        )
        return f"{parts} = {count_text(self.total + head, self.hide)} numbers in all, however long the sequence"

    # --- the same in words and as a table

    def table(self) -> Table:
        rows: list[tuple[str, str, str, str]] = []
        for floor in self.floors:
            if floor.folded:
                rows.append((self._folded_text(floor), "", "", ""))
            groups = [] if floor.folded else [self.groups[floor.first, way] for way in range(self.spec.num_directions)]
            rows += [self._row(item) for group in groups for item in group]
        rows += [self._row(item) for item in self.output]
        head = sum(item.term.count for item in self.output)
        rows.append(("total", "", "", count_text(self.total + head, self.hide)))
        caption = f"Parameters of a {describe(self.spec)} ({self.form} form)"
        return Table(caption, ("name", "formula", "shape", "numbers"), tuple(rows))

    def _row(self, item: Item) -> tuple[str, str, str, str]:
        formula = "?" if self.hide else item.term.formula
        return _plain(item.name), formula, shape_text(item.shape, self.hide), count_text(item.term.count, self.hide)

    def alt(self) -> str:
        lines = [f"The weights of a {describe(self.spec)} as boxes drawn to scale, {self._scale_text()}."]
        for (layer, way), group in self.groups.items():
            direction = f", {DIRECTIONS[way]}" if self.spec.bidirectional else ""
            lines.append(f"Layer {layer}{direction}: {self._in_words(group)}.")
        lines += [f"{self._folded_text(floor)}." for floor in self.floors if floor.folded]
        if self.letters:
            order = "from left to right" if self.form == "row" else "from top to bottom"
            lines.append(f"The blocks of each packed weight are the gates {', '.join(self.letters)} {order}.")
        if self.output:
            lines.append(f"Output layer: {self._in_words(self.output)}.")
        return " ".join([*lines, f"{self._total_text()}."])

    def _in_words(self, group: Sequence[Item]) -> str:
        return ", ".join(f"{_plain(item.name)} {shape_text(item.shape, self.hide)}" for item in group)


def _plain(name: str | Label) -> str:
    return name if isinstance(name, str) else plain(name)
