"""A tune on a staff: clef, key and metre, then heads with stems, beams and flags, rests, ties and bar lines."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, Drawing, Point

GAP = 9.0  # between two lines of the staff
HEAD = 5.4  # half the width of a note head
STEM = 3.4 * GAP
MIDDLE = 7 * 4 + 6  # the step of the staff's middle line, B4
WIDEST, MOST = 700.0, 4  # of a line of music: pixels, and bars
VALUES = {  # quarter notes: what such a note is called
    Fraction(6): "dotted whole",
    Fraction(4): "whole",
    Fraction(3): "dotted half",
    Fraction(2): "half",
    Fraction(3, 2): "dotted quarter",
    Fraction(1): "quarter",
    Fraction(3, 4): "dotted eighth",
    Fraction(1, 2): "eighth",
    Fraction(3, 8): "dotted sixteenth",
    Fraction(1, 4): "sixteenth",
    Fraction(1, 8): "thirty-second",
}
SHARPS, FLATS = (38, 35, 39, 36, 33, 37, 34), (34, 37, 33, 36, 32, 35, 31)  # steps of the key signature's signs
CLEF = (  # a G clef, in gaps to the right of its axis and above the line of G
    *((-0.1, -0.3), (0.5, -0.25), (0.75, 0.3), (0.4, 0.85), (-0.25, 0.85), (-0.85, 0.3), (-0.95, -0.35), (-0.4, -0.95)),
    *((0.35, -1.0), (1.05, -0.5), (1.15, 0.35), (0.6, 1.1), (-0.1, 1.25), (-0.95, 1.75), (-1.05, 2.6), (-0.5, 3.4)),
    *((0.1, 4.1), (0.55, 4.9), (0.4, 5.75), (0.05, 5.6), (-0.1, 4.8), (0.0, 3.8), (0.3, 1.5), (0.6, -0.9)),
    *((0.65, -1.9), (0.25, -2.5), (-0.35, -2.4), (-0.55, -1.95)),
)


class _Sign(NamedTuple):
    """One symbol: a note, a part of a note that is tied on, or a rest."""

    at: Fraction  # within the bar, in quarter notes
    value: Fraction  # as drawn: an eighth of a triplet is drawn as an eighth
    note: Any
    tied: bool
    triplet: bool


def draw(tune: Any, theme: str = "card") -> Picture:
    """`tune` (a `lecture_utils.music.Tune`, or whatever has the same fields) on a staff, a few bars to a line.

    The table names every note and its length, bar by bar. Raises TypeError for what is no tune, ValueError for a tune
    without bars.
    """
    if not hasattr(tune, "bars"):
        raise TypeError(f"draw takes a tune, got {type(tune).__name__}: read a text with parse(text) first.")
    if not tune.bars:
        raise ValueError("the tune has no bars, so there is nothing to draw.")
    return _Score(tune, theme).picture()


class _Score:
    """A score under construction."""

    def __init__(self, tune: Any, theme: str) -> None:
        self.tune, self.metre = tune, f"{tune.metre[0]}/{tune.metre[1]}"
        self.d = _Paper(tune.title or "A tune", theme, 18)
        self.signs = [list(_signs(bar.notes)) for bar in tune.bars]
        shortest = min(sign_length(s) for signs in self.signs for s in signs)
        crowded = any(s.note.accidental for signs in self.signs for s in signs)
        self.quarter = min(96.0, max(34.0, (17.0 + 8 * crowded) / float(shortest)))  # pixels of a quarter note
        self.widths = [26 + self.quarter * float(sum(map(sign_length, signs), Fraction(0))) for signs in self.signs]
        steps = [note.step for bar in tune.bars for note in bar.notes if note.pitch is not None] or [MIDDLE]
        self.above = max(26.0, -_height(0, max(steps)) + 12)  # room over the staff, and from one line to the next
        self.line_height = self.above + max(_height(0, min(steps)), 4 * GAP + 16) + 30
        self.left = 44.0 + 9 * abs(tune.sharps)  # where the first bar begins, after clef and key
        self.first = self.left + 22  # the same on the first line, after the metre

    def picture(self) -> Picture:
        top = 0.0
        if self.tune.title:
            self.d.text(0, -self.above - 26, self.tune.title, size=15, anchor="start", bold=True)
        for bars in self._lines():
            self._line(bars, top)
            top += self.line_height
        return Picture(self.d.svg(self._alt()), self._alt(), self._table())

    def _lines(self) -> Iterator[list[int]]:
        """The indices of the bars on each line of music."""
        line: list[int] = []
        for index, width in enumerate(self.widths):
            if line and (len(line) == MOST or sum(self.widths[i] for i in line) + width > WIDEST):
                yield line
                line = []
            line.append(index)
        yield line

    def _line(self, bars: Sequence[int], top: float) -> None:
        """One line of music; `top` is the height of its upper line."""
        x = self.first
        end = x + sum(self.widths[index] for index in bars)
        for line in range(5):
            self.d.line([(0, top + line * GAP), (end, top + line * GAP)], width=0.8)
        self._opening(bars[0], top)
        for index in bars:
            self._bar(index, x, top)
            x += self.widths[index]
            self._bar_line(index, x, top)

    def _opening(self, begin: int, top: float) -> None:
        self.d.line(_clef(16, top + 3 * GAP), width=1.6, over=True)
        signs = SHARPS[: self.tune.sharps] if self.tune.sharps > 0 else FLATS[: -self.tune.sharps]
        for index, step in enumerate(signs):
            self.d.accidental(38 + 9 * index, _height(top, step), "♯" if self.tune.sharps > 0 else "♭")
        if begin:
            self.d.text(-6, top + 2 * GAP, str(begin + 1), size=SMALL, anchor="end", muted=True)
        else:
            for part, line in zip(self.tune.metre, (1, 3)):
                self.d.text(self.left + 2, top + line * GAP, str(part), size=17, bold=True)

    def _bar_line(self, index: int, x: float, top: float) -> None:
        last, bottom = index == len(self.signs) - 1, top + 4 * GAP
        part_ends = self.tune.bars[index].edge and not last and self.tune.bars[index + 1].edge
        if last or part_ends:
            self.d.line([(x - 4, top), (x - 4, bottom)], width=1.0)
        self.d.line([(x, top), (x, bottom)], width=3.0 if last else 1.0)

    def _bar(self, index: int, left: float, top: float) -> None:
        places = [(left + 18 + self.quarter * float(sign.at), sign) for sign in self.signs[index]]
        for group in _beamed(places, self.tune.metre):
            self._group(group, top)
        for number, (x, sign) in enumerate(places):
            if sign.tied:
                self._tie(
                    x, sign, places[number + 1][0] if number + 1 < len(places) else left + self.widths[index], top
                )

    def _group(self, group: Sequence[tuple[float, _Sign]], top: float) -> None:
        """Notes under one beam, or a single note or rest."""
        if group[0][1].note.pitch is None:
            self.d.rest(group[0][0], top, group[0][1].value)
            return
        steps = [sign.note.step for _, sign in group]
        up = sum(steps) / len(steps) < MIDDLE
        tips = [_height(top, step) + (-STEM if up else STEM) for step in steps]
        tip = min(tips) if up else max(tips)
        tip = min(tip, top + 2 * GAP) if up else max(tip, top + 2 * GAP)  # a stem reaches the middle line
        for x, sign in group:
            self._note(x, sign, top, tip, up)
        if len(group) > 1:
            self._beams(group, tip, up)
        elif group[0][1].value < 1:
            for flag in range(_beams_of(group[0][1].value)):
                self.d.flag(group[0][0] + (HEAD - 0.6 if up else 0.6 - HEAD), tip, up, flag)
        if group[0][1].triplet:
            middle = (group[0][0] + group[-1][0]) / 2
            self.d.text(middle, tip + (-10 if up else 10), "3", size=SMALL)

    def _note(self, x: float, sign: _Sign, top: float, tip: float, up: bool) -> None:
        y, value = _height(top, sign.note.step), sign.value
        for step in _ledgers(sign.note.step):
            self.d.line([(x - 9, _height(top, step)), (x + 9, _height(top, step))], width=0.8)
        if sign.note.accidental:
            self.d.accidental(x - 13, y, sign.note.accidental)
        self.d.head(x, y, filled=value < 2)
        if value < 4:
            side = x + (HEAD - 0.6 if up else 0.6 - HEAD)
            self.d.line([(side, y), (side, tip)], width=1.2)
        if _dotted(value):
            on_a_line = (sign.note.step - MIDDLE) % 2 == 0
            self.d.dot(x + HEAD + 4.5, y - (GAP / 2 if on_a_line else 0))

    def _beams(self, group: Sequence[tuple[float, _Sign]], tip: float, up: bool) -> None:
        side, away = (HEAD - 0.6, 6.0) if up else (0.6 - HEAD, -6.0)
        self.d.line([(group[0][0] + side - 0.6, tip), (group[-1][0] + side + 0.6, tip)], width=4.2)
        for number, (x, sign) in enumerate(group):
            if _beams_of(sign.value) > 1:  # a second beam towards the neighbour
                towards = 1 if number == 0 else -1
                reach = abs(group[number + towards][0] - x)
                whole = _beams_of(group[number + towards][1].value) > 1
                ends = [(x + side, tip + away), (x + side + towards * (reach if whole else 8), tip + away)]
                self.d.line(ends, width=4.2)

    def _tie(self, x: float, sign: _Sign, end: float, top: float) -> None:
        below = 1 if sign.note.step < MIDDLE else -1
        y = _height(top, sign.note.step) + below * 9
        ends, depth = (x + 4, end - 4), below * 5
        points = [(x + 4 + (ends[1] - ends[0]) * i / 8, y + depth * math.sin(math.pi * i / 8)) for i in range(9)]
        self.d.line(points, width=1.3)

    def _alt(self) -> str:
        notes = [note for bar in self.tune.bars for note in bar.notes if note.pitch is not None]
        title = f"“{self.tune.title}”" if self.tune.title else "A tune"
        count = len(self.tune.bars)
        alt = f"{title} on a staff: {count} bar{'s' * (count != 1)} of {self.metre} in the key of {self.tune.key}"
        if not notes:
            return f"{alt}, rests alone."
        low, high = min(notes, key=lambda n: n.pitch), max(notes, key=lambda n: n.pitch)
        opening = ", ".join(note.name for note in notes[:8])
        return f"{alt}, {len(notes)} notes between {low.name} and {high.name}. It begins {opening}."

    def _table(self) -> Table:
        rows = tuple(
            (str(number), ", ".join(f"{note.name} {length_name(note.length)}" for note in bar.notes))
            for number, bar in enumerate(self.tune.bars, start=1)
        )
        return Table("The notes, bar by bar; C4 is middle C", ("bar", "notes"), rows)


class _Paper(Drawing):
    """A drawing that also knows the symbols of music."""

    def head(self, x: float, y: float, *, filled: bool) -> None:
        """A note head: an ellipse that leans to the right."""
        points = []
        for i in range(16):
            a, b = HEAD * math.cos(math.pi * i / 8), 0.72 * HEAD * math.sin(math.pi * i / 8)
            points.append((x + 0.95 * a + 0.3 * b, y - 0.3 * a + 0.95 * b))
        if filled:
            self.solid(points)
        else:
            self.line([*points, points[0], points[1]], width=1.7, over=True)

    def solid(self, points: Sequence[Point]) -> None:
        """A closed shape in the colour of the text."""
        self._extent(points)
        corners = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._over.append(f'<polygon points="{corners}" style="fill:{self.theme.text}"/>')

    def dot(self, x: float, y: float) -> None:
        """The dot that lengthens a note by half."""
        self.solid([(x + 1.8 * math.cos(math.pi * i / 4), y + 1.8 * math.sin(math.pi * i / 4)) for i in range(8)])

    def flag(self, x: float, tip: float, up: bool, number: int) -> None:
        """A flag at the end of a stem; the second one stands nearer to the head."""
        down = 1 if up else -1
        y = tip + down * 7 * number
        self.line(
            [(x, y), (x + 2.5, y + down * 5), (x + 5.5, y + down * 9), (x + 5.5, y + down * 15)], width=1.8, over=True
        )

    def accidental(self, x: float, y: float, sign: str) -> None:
        """A sharp, flat or natural (or a double one), drawn with strokes."""
        if sign in ("♭", "𝄫"):
            for left in (x - 3,) if sign == "♭" else (x - 7, x - 1):
                self.line([(left, y - 12), (left, y + 5)], width=1.1, over=True)
                bowl = [(left, y - 2), (left + 4, y - 4), (left + 5.5, y - 1), (left, y + 5)]
                self.line(bowl, width=1.5, over=True)
        elif sign == "𝄪":
            for rise in (3.5, -3.5):
                self.line([(x - 3.5, y - rise), (x + 3.5, y + rise)], width=1.8, over=True)
        else:
            short = 4 if sign == "♮" else 0  # a natural is a sharp without two of its ends
            for side, cut_top, cut_bottom in ((-2, 0, short), (2, short, 0)):
                self.line([(x + side, y - 9 + cut_top), (x + side, y + 9 - cut_bottom)], width=1.1, over=True)
            for rise in (-3, 3.5):
                wide = 2 if sign == "♮" else 4.5
                self.line([(x - wide, y + rise + 1.3), (x + wide, y + rise - 1.3)], width=2.0, over=True)

    def rest(self, x: float, top: float, value: Fraction) -> None:
        """A rest: a block under or on a line, a zigzag, or a stroke with hooks."""
        if value >= 2:
            y = top + GAP if value >= 4 else top + 2 * GAP - 4.5
            self.solid([(x - 6, y), (x + 6, y), (x + 6, y + 4.5), (x - 6, y + 4.5)])
        elif value >= 1:
            zigzag = [(-3, -12), (3, -4), (-2, 1), (4, 8), (-1, 6), (-2, 10), (1, 14)]
            self.line([(x + dx, top + 2 * GAP + dy) for dx, dy in zigzag], width=2.0, over=True)
        else:
            middle = top + 2 * GAP
            self.line([(x + 4, middle - 6), (x - 1, middle + 12)], width=1.4, over=True)
            for hook in range(_beams_of(value)):
                self.dot(x - 4 - hook, middle - 5 + 6 * hook)
                ends = [(x - 4 - hook, middle - 4 + 6 * hook), (x + 4 - 1.5 * hook, middle - 6 + 6 * hook)]
                self.line(ends, width=1.2, over=True)
        if _dotted(value):
            self.dot(x + 10, top + 1.5 * GAP)


def length_name(length: Fraction) -> str:
    """A length in words: "dotted quarter"; an unusual one as a number of quarters."""
    triplet = length * Fraction(3, 2)
    if length in VALUES:
        return VALUES[length]
    return f"{VALUES[triplet]} of a triplet" if triplet in VALUES else f"{length} quarters"


def sign_length(sign: _Sign) -> Fraction:
    """How long a symbol lasts, in quarter notes."""
    return sign.value * Fraction(2, 3) if sign.triplet else sign.value


def _signs(notes: Sequence[Any]) -> Iterator[_Sign]:
    """Every note as one symbol, or as several tied ones where no single symbol has its length."""
    at = Fraction(0)
    for note in notes:
        triplet = note.length not in VALUES and note.length * Fraction(3, 2) in VALUES
        pieces = [note.length * Fraction(3, 2)] if triplet else list(_pieces(note.length))
        for index, value in enumerate(pieces):
            more = index < len(pieces) - 1
            first = note if index == 0 else note._replace(accidental="")
            sign = _Sign(at, value, first, note.pitch is not None and (more or note.tied), triplet)
            yield sign
            at += sign_length(sign)


def _pieces(length: Fraction) -> Iterator[Fraction]:
    """A length as a sum of lengths that have a symbol; what is left over, less than the shortest, goes to the last."""
    while length > 0:
        value = next((value for value in VALUES if value <= length), None)
        if value is None:
            return
        yield value
        length -= value


def _beamed(places: Sequence[tuple[float, _Sign]], metre: tuple[int, int]) -> Iterator[list[tuple[float, _Sign]]]:
    """Neighbours shorter than a quarter within one beat share a beam; all others stand alone."""
    beat = Fraction(3, 2) if metre[1] == 8 and metre[0] % 3 == 0 else Fraction(1)
    group: list[tuple[float, _Sign]] = []
    for place in places:
        sign = place[1]
        if group and not (_joins(sign) and _joins(group[-1][1]) and sign.at // beat == group[-1][1].at // beat):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _joins(sign: _Sign) -> bool:
    return sign.value < 1 and sign.note.pitch is not None


def _beams_of(value: Fraction) -> int:
    """One for an eighth, two for a sixteenth, three beyond."""
    return 1 if value >= Fraction(1, 2) else 2 if value >= Fraction(1, 4) else 3


def _dotted(value: Fraction) -> bool:
    return value.numerator in (3, 6)


def _height(top: float, step: int) -> float:
    """Where a step stands under the staff's upper line."""
    return top + 2 * GAP + (MIDDLE - step) * GAP / 2


def _ledgers(step: int) -> range:
    """The steps of the short lines that a note outside the staff needs."""
    return range(MIDDLE - 6, step - 1, -2) if step < MIDDLE else range(MIDDLE + 6, step + 1, 2)


def _clef(x: float, y: float) -> list[Point]:
    """A G clef as a smooth line through `CLEF` (Catmull–Rom), its curl around the height y."""
    ends = [CLEF[0], *CLEF, CLEF[-1]]
    points = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:]):
        for t in (0.0, 0.25, 0.5, 0.75):
            u, v = (
                b[i] + t * (c[i] - a[i]) / 2 + t**2 * (a[i] - 2.5 * b[i] + 2 * c[i] - d[i] / 2)
                + t**3 * (1.5 * (b[i] - c[i]) + (d[i] - a[i]) / 2)
                for i in (0, 1)
            )  # fmt: skip
            points.append((x + GAP * u, y - GAP * v))
    return points
