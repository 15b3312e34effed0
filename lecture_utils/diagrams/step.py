"""One step of the forward pass with its real numbers, in frames: input, products, sum, tanh, logits, softmax."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

from lecture_utils.diagrams.common import shape_text
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.scales import DARK, diverging
from lecture_utils.diagrams.svg import SMALL, Drawing, label_width, phrase_width, plain, shorten, visible
from lecture_utils.notation import Label

PHASES = ("input", "W x_t", "U h_{t-1}", "sum", "tanh", "logits", "softmax")
RESULTS = ("x", "Wx", "Uh", "a", "h", "o", "p")  # what each phase computes

Vector = tuple[float, ...]
Matrix = tuple[Vector, ...]
Part = str | tuple[str, ...]


class Step(NamedTuple):
    """Every number of one time step; x (d_in,), o and p (classes,), all others (d_h,)."""

    x: Vector
    h_prev: Vector
    Wx: Vector
    Uh: Vector
    a: Vector  # the sum that enters tanh
    h: Vector
    o: Vector
    p: Vector


@dataclass(frozen=True)
class ForwardTrace:
    """The forward pass of a small RNN over a sentence: weights, words, and every number of every step."""

    W: Matrix  # (d_h, d_in)
    U: Matrix  # (d_h, d_h)
    V: Matrix  # (classes, d_h)
    b_1: Vector  # (d_h,)
    b_2: Vector  # (classes,)
    words: tuple[str, ...]
    classes: tuple[str, ...]
    steps: tuple[Step, ...]

    @property
    def matrices(self) -> tuple[tuple[str, Matrix], ...]:
        """W, U and V with their names."""
        return ("W", self.W), ("U", self.U), ("V", self.V)

    @property
    def rows(self) -> tuple[Vector, ...]:
        """Every row of numbers in the trace."""
        steps = (row for step in self.steps for row in step)
        return (*self.W, *self.U, *self.V, self.b_1, self.b_2, *steps)

    @cached_property
    def limit(self) -> float:
        """From where on the tint is deepest: a round number that nine in ten of the numbers do not pass.

        Zeros do not count, so that one-hot inputs leave the scale alone.
        """
        sizes = sorted(abs(value) for row in self.rows for value in row if value and math.isfinite(value))
        return _round_up(sizes[len(sizes) * 9 // 10]) if sizes else 1.0


def trace_forward(
    weights: Mapping[str, Any],
    inputs: Iterable[Any],
    words: Sequence[str],
    classes: Sequence[str],
    h0: Iterable[float] | None = None,
) -> ForwardTrace:
    """Run h_t = tanh(U h_{t-1} + W x_t + b_1), p_t = softmax(V h_t + b_2), and keep every number.

    `weights` holds W (d_h, d_in), U (d_h, d_h), V (classes, d_h), b_1 (d_h,) and b_2 (classes,); `inputs` is
    (T, d_in); `h0` is (d_h,), zeros if None. Lists, arrays and tensors all do. Raises ValueError when sizes clash.
    """
    W, U, V = (_matrix(weights[name]) for name in ("W", "U", "V"))
    b_1, b_2 = _vector(weights["b_1"]), _vector(weights["b_2"])
    xs = _matrix(inputs)
    h = _vector(h0) if h0 is not None else (0.0,) * len(b_1)
    _check_sizes(W, U, V, b_1, b_2, xs, h, words, classes)
    steps = []
    for x in xs:
        Wx, Uh = _times(W, x), _times(U, h)
        a = tuple(u + w + b for u, w, b in zip(Uh, Wx, b_1))
        h_prev, h = h, tuple(map(math.tanh, a))
        o = tuple(v + b for v, b in zip(_times(V, h), b_2))
        steps.append(Step(x, h_prev, Wx, Uh, a, h, o, _softmax(o)))
    return ForwardTrace(W, U, V, b_1, b_2, tuple(words), tuple(classes), tuple(steps))


def _vector(values: Iterable[Any]) -> Vector:
    return tuple(float(value) for value in values)


def _matrix(rows: Iterable[Any]) -> Matrix:
    return tuple(_vector(row) for row in rows)


def _times(matrix: Matrix, vector: Vector) -> Vector:
    return tuple(sum(m * v for m, v in zip(row, vector)) for row in matrix)


def _softmax(logits: Vector) -> Vector:
    """Shifted by the largest logit, so that no exponential overflows."""
    exponentials = [math.exp(o - max(logits)) for o in logits]
    return tuple(e / sum(exponentials) for e in exponentials)


def _check_sizes(
    W: Matrix,
    U: Matrix,
    V: Matrix,
    b_1: Vector,
    b_2: Vector,
    xs: Matrix,
    h0: Vector,
    words: Sequence[str],
    classes: Sequence[str],
) -> None:
    if not (xs and W and W[0] and classes):
        raise ValueError("inputs, W and classes must not be empty.")
    d_h, d_in, d_out = len(W), len(W[0]), len(classes)
    expected = {
        "W (hidden, input)": (W, (d_h, d_in)),
        "U (hidden, hidden)": (U, (d_h, d_h)),
        "V (classes, hidden)": (V, (d_out, d_h)),
        "inputs (time, input)": (xs, (len(words), d_in)),
    }
    for name, (matrix, shape) in expected.items():
        got = (len(matrix), len(matrix[0]) if matrix else 0)
        if got != shape or any(len(row) != shape[1] for row in matrix):
            raise ValueError(f"{name} must have shape {shape_text(shape)}, but it has {shape_text(got)}.")
    for name, vector, size in (("b_1 (hidden)", b_1, d_h), ("b_2 (classes)", b_2, d_out), ("h0 (hidden)", h0, d_h)):
        if len(vector) != size:
            raise ValueError(f"{name} must have shape ({size},), but it has ({len(vector)},).")


def _round_up(value: float) -> float:
    """The next number of the form 1, 2 or 5 times a power of ten."""
    power = 10.0 ** math.floor(math.log10(value))
    return next(round(step * power, 10) for step in (1, 2, 5, 10) if step * power >= value * (1 - 1e-9))


def step_frame(trace: ForwardTrace, t: int, phase: str, theme: str = "card") -> Picture:
    """Step `t` (0 for the first, as an index) up to and including `phase`, one of PHASES.

    All frames of a trace have the same size and the same places; what is not computed yet is a "·".
    Raises ValueError for a step or a phase that does not exist.
    """
    if not 0 <= t < len(trace.steps):
        raise ValueError(f"t must be between 0 and {len(trace.steps) - 1}, but it is {t}.")
    if phase not in PHASES:
        raise ValueError(f"phase must be one of {', '.join(PHASES)}, but it is {phase!r}.")
    return _Frame(trace, t, phase, theme).picture()


CELL_HEIGHT, STRIP_CELL = 22.0, 18.0  # of a number's cell, in the drawing and in the strip of states
MAT = 4.0  # width of the coloured border around a tensor's numbers
SIGN = 36.0  # room for "=" or "+" between two tensors
CAPTION = 32.0  # room above a tensor for its symbol
BAR = 96.0  # the bar of probability 1
WORD = 12.0  # font size of words


def decimals(value: float) -> str:
    """Two decimals with a true minus sign and no negative zero; very large numbers with an exponent."""
    if not math.isfinite(value):
        return str(value).replace("-", "−")
    text = f"{value:.2f}" if abs(value) < 999.995 else f"{value:.1e}".replace("e+0", "e").replace("e+", "e")
    return "0.00" if text == "-0.00" else text.replace("-", "−")


class _Layout:
    """Where everything stands; it depends on the trace alone, so nothing moves from frame to frame."""

    def __init__(self, trace: ForwardTrace) -> None:
        d_h, d_in, d_out = len(trace.W), len(trace.W[0]), len(trace.classes)
        self.cell = max(44.0, 10 + max(label_width(decimals(value), SMALL) for row in trace.rows for value in row))
        self._columns(max(d_h, d_in))
        self._rows(d_h, d_in, d_out)
        self.bars = self.names + max(label_width(short(word), WORD) for word in trace.classes) + 10
        sayings = (phrase_width(line, 13) for t in range(len(trace.steps)) for line in map(_saying(trace, t), RESULTS))
        count = len(trace.steps)
        self.right = max(self.bars + BAR, self.state + self.cell, count * (self.cell + 26) + self.cell, *sayings)
        self.pitch = min(150.0, (self.right - self.cell) / count)

    def _columns(self, widest: int) -> None:
        """Left edges: matrices end at one line, vectors stand in columns."""
        self.matrix_end = widest * self.cell
        self.vector = self.matrix_end + SIGN
        self.product = self.vector + self.cell + SIGN
        self.plus = self.product + self.cell + SIGN + 4
        self.bias = self.plus + SIGN
        self.total = self.bias + self.cell + SIGN
        self.state = self.total + self.cell + 84
        self.chances = self.bias + self.cell + 108
        self.names = self.chances + self.cell + 14

    def _rows(self, d_h: int, d_in: int, d_out: int) -> None:
        """Heights of the centres, from the top: strip of states, output, recurrent part, input; then the scale."""
        self.strip = 76.0 + d_h * STRIP_CELL / 2
        self.words = self.strip + d_h * STRIP_CELL / 2 + 44
        output, lower = max(d_out, d_h) * CELL_HEIGHT / 2, max(d_in, d_h) * CELL_HEIGHT / 2
        recurrent = d_h * CELL_HEIGHT / 2
        self.output = self.words + 24 + CAPTION + output
        self.channel = self.output + max(output + 20, 42)  # where h_t travels on its way up to V
        self.recurrent = self.channel + 6 + CAPTION + recurrent
        self.input = self.recurrent + recurrent + 14 + CAPTION + lower
        self.middle = (self.recurrent + self.input) / 2
        self.scale = self.input + lower + 44


@lru_cache(maxsize=8)
def _layout(trace: ForwardTrace) -> _Layout:
    return _Layout(trace)


def short(word: str) -> str:
    """A word as it is drawn: on one line, and not too wide."""
    return shorten(visible(word), 120, WORD)


def _saying(trace: ForwardTrace, t: int) -> Callable[[str], tuple[Part, ...]]:
    """The sentence about each result of step `t`."""
    step, now, before = trace.steps[t], str(t + 1), str(t)
    x, h, a, o, p = (Label(symbol, now) for symbol in "xhaop")
    past = Label("h", before)
    U, W, V, b_1, b_2 = Label("U"), Label("W"), Label("V"), Label("b", "1"), Label("b", "2")
    likeliest = max(range(len(step.p)), key=lambda index: step.p[index])
    best = f": the likeliest is ‘{short(trace.classes[likeliest])}’, with {decimals(step.p[likeliest])}."
    return {
        "x": (x, f" = {_values(step.x)} comes in; ", past, f" = {_values(step.h_prev)} is what the past left."),
        "Wx": (W, " ", x, f" is {_values(step.Wx)}: what the new input adds."),
        "Uh": (U, " ", past, f" is {_values(step.Uh)}: what the past adds."),
        "a": (a, " = ", U, " ", past, " + ", W, " ", x, " + ", b_1, f" is {_values(step.a)}: past, input and bias."),
        "h": (h, " = tanh(", a, f") is {_values(step.h)}: the new state, each number between −1 and 1."),
        "o": (o, " = ", V, " ", h, " + ", b_2, f" is {_values(step.o)}: one logit for each class."),
        "p": (p, " = softmax(", o, f") is {_values(step.p)}{best}"),
    }.__getitem__


def _values(vector: Iterable[float]) -> str:
    return f"({', '.join(map(decimals, vector))})"


class _Frame:
    """One frame under construction."""

    def __init__(self, trace: ForwardTrace, t: int, phase: str, theme: str) -> None:
        self.trace, self.t, self.phase = trace, t, PHASES.index(phase)
        self.step, self.at = trace.steps[t], _layout(trace)
        self.heading = f"Step {t + 1} of {len(trace.steps)}, ‘{short(trace.words[t])}’"
        self.d = Drawing(f"{self.heading}: {phase}", theme, 18)

    def picture(self) -> Picture:
        saying = _saying(self.trace, self.t)(RESULTS[self.phase])
        self.d.reserve(-MAT, 0, self.at.right, self.at.scale + 26)
        self.d.text(0, 9, self.heading, size=15, anchor="start", bold=True)
        self.d.phrase(0, 35, saying, size=13, anchor="start")
        self._strip()
        self._output()
        self._recurrent()
        self._sum()
        self._scale()
        alt = f"{self.heading}. {plain(saying)}{self._missing()}"
        return Picture(self.d.svg(alt), alt, self._table())

    def known(self, result: str) -> bool:
        """Whether a result is computed by now."""
        return RESULTS.index(result) <= self.phase

    def _missing(self) -> str:
        names = {"Wx": f"W x_{self.t + 1}", "Uh": f"U h_{self.t}", **{s: f"{s}_{self.t + 1}" for s in "ahop"}}
        missing = [name for result, name in names.items() if not self.known(result)]
        return f" Not computed yet: {', '.join(missing)}." if missing else ""

    def _strip(self) -> None:
        """The states so far, and the words below them with the current one marked."""
        at, states = self.at, [self.trace.steps[0].h_prev, *(step.h for step in self.trace.steps)]
        reached = self.t + self.known("h")
        for index, state in enumerate(states):
            left, known = index * at.pitch, index <= reached
            self._column(left, at.strip, state, "h", known, height=STRIP_CELL, strong=index == reached)
            self.d.text(left + at.cell / 2, at.words - 24, Label("h", str(index)), size=13)
            if index:
                ends = [(left - at.pitch + at.cell + MAT + 4, at.strip), (left - MAT - 4, at.strip)]
                self.d.arrow(ends, "U", faint=not known)
                self._word(index - 1, left + at.cell / 2)

    def _word(self, index: int, centre: float) -> None:
        word = shorten(visible(self.trace.words[index]), self.at.pitch - 28, WORD)
        if index == self.t:
            width = label_width(word, WORD) + 14
            self.d.box(centre - width / 2, self.at.words - 11, width, 22, "x", strong=True, radius=4)
            self.d.pointer(centre - width / 2 - 4, self.at.words)
        self.d.text(centre, self.at.words, word, size=WORD)

    def _output(self) -> None:
        """Above: V h_t + b_2, softmax, and the probabilities as bars."""
        at, step, now = self.at, self.step, str(self.t + 1)
        self._matrix(at.output, self.trace.V, "V")
        self._vector(at.vector, at.output, step.h, Label("h", now), "h", "h", copy=True)
        self._sign(at.vector + at.cell, at.product, at.output, "+")
        self._vector(at.product, at.output, self.trace.b_2, Label("b", "2"), "")
        self._sign(at.product + at.cell, at.bias, at.output, "=")
        self._vector(at.bias, at.output, step.o, Label("o", now), "y", "o")
        self._operation(at.bias + at.cell, at.chances, at.output, "softmax", self.known("p"))
        self._vector(at.chances, at.output, step.p, Label("p", now), "y", "p", tint=False)
        top = at.output - len(step.p) * CELL_HEIGHT / 2
        for index, (word, chance) in enumerate(zip(self.trace.classes, step.p)):
            y = top + (index + 0.5) * CELL_HEIGHT
            if self.known("p"):
                self.d.bar(at.bars, y - 6, max(1.0, BAR * chance), 12, "y")
            self.d.text(at.names, y, short(word), size=WORD, anchor="start")
        self.d.line([(at.bars, top), (at.bars, top + len(step.p) * CELL_HEIGHT)])

    def _recurrent(self) -> None:
        """Below: the two products, one above the other."""
        at, step = self.at, self.step
        past, now = Label("h", str(self.t)), Label("x", str(self.t + 1))
        rows = (
            (at.recurrent, "U", self.trace.U, step.h_prev, past, "h", step.Uh, "Uh"),
            (at.input, "W", self.trace.W, step.x, now, "x", step.Wx, "Wx"),
        )
        for y, letter, matrix, vector, symbol, role, product, result in rows:
            self._matrix(y, matrix, letter)
            self._vector(at.vector, y, vector, symbol, role, "x" if role == "x" else "")
            self._sign(at.vector + at.cell, at.product, y, "=")
            self._vector(at.product, y, product, (Label(letter), " ", symbol), letter, result)
            ends = at.middle + (11 + 3) * (-1 if letter == "U" else 1)
            start = at.product + at.cell + MAT + 4
            self.d.arrow([(start, y), (at.plus, y), (at.plus, ends)], letter, faint=not self.known(result))

    def _sum(self) -> None:
        """In the middle: both products and the bias, tanh, and the new state on its way up to V."""
        at, step, now = self.at, self.step, str(self.t + 1)
        self.d.circle(at.plus, at.middle, 11)
        self.d.text(at.plus, at.middle, "+", size=16)
        self._vector(at.bias, at.middle, self.trace.b_1, Label("b", "1"), "")
        self._sign(at.bias + at.cell, at.total, at.middle, "=")
        self._vector(at.total, at.middle, step.a, Label("a", now), "", "a")
        self._operation(at.total + at.cell, at.state, at.middle, "tanh", self.known("h"))
        self._vector(at.state, at.middle, step.h, Label("h", now), "h", "h")
        half, x = len(step.h) * CELL_HEIGHT / 2, at.vector + at.cell / 2
        start = (at.state + at.cell / 2, at.middle - half - CAPTION + 2)
        path = [start, (start[0], at.channel), (x, at.channel), (x, at.output + half + MAT + 4)]
        self.d.arrow(path, "h", faint=not self.known("h"))

    def _scale(self) -> None:
        """What the tints mean, with numbers; and the two marks."""
        y, limit, width, shades = self.at.scale, self.trace.limit, 22.0, 11
        self.d.box(-1, y - 8, shades * width + 2, 16, radius=2)
        for index in range(shades):
            value = limit * (2 * index / (shades - 1) - 1)
            self.d.cell(index * width, y - 7, width, 14, diverging(value, limit))
        for share, words in ((0.0, f"≤ −{limit:g}"), (0.5, "0"), (1.0, f"≥ {limit:g}")):
            anchor = {0.0: "start", 0.5: "middle", 1.0: "end"}[share]
            self.d.text(share * shades * width, y + 18, words, size=SMALL, anchor=anchor)
        x = shades * width + 36
        self.d.pointer(x, y)
        self.d.text(x + 8, y, "computed now", size=WORD, anchor="start", muted=True)
        self.d.text(x + 124, y, "·", anchor="start")
        self.d.text(x + 136, y, "not computed yet", size=WORD, anchor="start", muted=True)

    def _matrix(self, y: float, rows: Matrix, letter: str) -> None:
        width, height = len(rows[0]) * self.at.cell, len(rows) * CELL_HEIGHT
        left, top = self.at.matrix_end - width, y - height / 2
        self.d.box(left - MAT, top - MAT, width + 2 * MAT, height + 2 * MAT, letter)
        for index, row in enumerate(rows):
            for column, value in enumerate(row):
                self._number(left + column * self.at.cell, top + index * CELL_HEIGHT, value)
        caption = (Label(letter), f" {shape_text((len(rows), len(rows[0])))}")
        self.d.phrase(left + width / 2, top - 17, caption)

    def _vector(
        self,
        left: float,
        y: float,
        values: Vector,
        symbol: Label | tuple[Part, ...],
        role: str,
        result: str = "",
        *,
        copy: bool = False,
        tint: bool = True,
    ) -> None:
        """A column of numbers under its symbol; `result` names the phase that computes it, if any."""
        new = bool(result) and RESULTS[self.phase] == result and not copy
        self._column(left, y, values, role, not result or self.known(result), strong=new, tint=tint)
        parts = (symbol,) if isinstance(symbol, Label) else symbol
        centre, top = left + self.at.cell / 2, y - len(values) * CELL_HEIGHT / 2 - 17
        self.d.phrase(centre, top, parts)
        if new:
            self.d.pointer(centre - phrase_width(parts) / 2 - 5, top)

    def _column(
        self,
        left: float,
        y: float,
        values: Vector,
        role: str,
        known: bool,
        *,
        strong: bool = False,
        tint: bool = True,
        height: float = CELL_HEIGHT,
    ) -> None:
        top = y - len(values) * height / 2
        size = self.at.cell + 2 * MAT, len(values) * height + 2 * MAT
        self.d.box(left - MAT, top - MAT, *size, role, strong=strong)
        for index, value in enumerate(values):
            self._number(left, top + index * height, value if known else None, height, tint)

    def _number(
        self, left: float, top: float, value: float | None, height: float = CELL_HEIGHT, tint: bool = True
    ) -> None:
        """One cell: tinted, with its number; empty while it is not computed."""
        width = self.at.cell
        if value is None:
            self.d.text(left + width / 2, top + height / 2, "·")
            return
        if tint:
            self.d.cell(left + 0.5, top + 0.5, width - 1, height - 1, diverging(value, self.trace.limit))
        ink = DARK if tint else ""
        self.d.text(left + width - 6, top + height / 2, decimals(value), size=SMALL, anchor="end", ink=ink)

    def _sign(self, left: float, right: float, y: float, sign: str) -> None:
        self.d.text((left + right) / 2, y, sign, size=16)

    def _operation(self, left: float, right: float, y: float, name: str, known: bool) -> None:
        """A function applied to a vector: an arrow through a circle."""
        centre, radius = (left + right) / 2, label_width(name, SMALL) / 2 + 5
        self.d.line([(left + MAT + 3, y), (centre - radius, y)], width=1.5, faint=not known)
        self.d.arrow([(centre + radius, y), (right - MAT - 3, y)], faint=not known)
        self.d.circle(centre, y, radius)
        self.d.text(centre, y, name, size=SMALL)

    def _table(self) -> Table:
        """The same numbers: what is given, and each result or that it is not computed yet."""
        trace, step, t = self.trace, self.step, self.t
        rows = [(name, shape_text((len(m), len(m[0]))), "; ".join(map(_values, m))) for name, m in trace.matrices]
        rows += [(name, f"({len(v)},)", _values(v)) for name, v in (("b_1", trace.b_1), ("b_2", trace.b_2))]
        rows.append((f"h_{t}", f"({len(step.h_prev)},)", _values(step.h_prev)))
        names = {"Wx": f"W x_{t + 1}", "Uh": f"U h_{t}"}
        for result in RESULTS:
            values = getattr(step, result)
            chances = ", ".join(f"{visible(word)} {decimals(chance)}" for word, chance in zip(trace.classes, step.p))
            text = chances if result == "p" else _values(values)
            name = names.get(result, f"{result}_{t + 1}")
            rows.append((name, f"({len(values)},)", text if self.known(result) else "not computed yet"))
        return Table(f"{self.heading}: {PHASES[self.phase]}", ("what", "shape", "numbers"), tuple(rows))
