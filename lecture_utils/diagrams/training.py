"""The figures of training: the loss of every step, gradients cut between chunks, gradients over the distance."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from lecture_utils.diagrams.blocks import (
    GAP,
    HALF_HEIGHT,
    HALF_WIDTH,
    NOTE,
    PADDING,
    Part,
    between,
    bracket,
    counted,
    joined,
    row_names,
    sideways,
    tensor,
    upward,
)
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, Drawing, Point, label_width, plain, visible
from lecture_utils.notation import Label

LANE = 8.0  # forward arrows run this far left of (above) the middle, gradients as far right of (below) it


# the loss of every step


def loss_over_time(steps: int = 4, state: int = 2, theme: str = "card") -> Picture:
    """A loss at every step and their sum; the gradients that arrive in one state stand out from the others.

    `state` counts from 1. Raises ValueError unless `steps` is between 1 and 8 and `state` between 1 and `steps`.
    """
    between("steps", steps, 1, 8)
    between("state", state, 1, steps)
    d = Drawing("The loss over time, and the gradients that come back", theme, PADDING)
    columns = [step * LOSS_PITCH for step in range(steps + 1)]
    _row_names(d)
    tensor(d, 0, LOSS_ROWS["h"], Label("h", "0"), "h")
    for step, x in enumerate(columns[1:], start=1):
        _loss_column(d, x, step, state)
        _recurrence(d, columns[step - 1], x, step, state)
    _total(d, columns[1], columns[-1], steps)
    _loss_notes(d, steps, state)
    alt = _loss_alt(steps, state)
    return Picture(d.svg(alt), alt, _loss_table(steps))


LOSS_PITCH = 150.0
LOSS_ROWS = {"total": -86.0, "L": 0.0, "p": 88.0, "h": 176.0, "x": 264.0}
DIAMOND = 25.0


def _row_names(d: Drawing) -> None:
    names = {"total": "total loss", "L": "losses", "p": "predictions", "h": "hidden states", "x": "inputs"}
    row_names(d, -HALF_WIDTH - 18, {LOSS_ROWS[row]: name for row, name in names.items()})


def _loss_column(d: Drawing, x: float, step: int, state: int) -> None:
    """One step: input, state, prediction, target and loss; gradients come down beside the arrows that go up."""
    y, t, arrives = LOSS_ROWS, str(step), step >= state
    for symbol, role in (("x", "x"), ("h", "h"), ("p", "y")):
        tensor(d, x, y[symbol], Label(symbol, t), role, strong=symbol == "h" and step == state)
    d.polygon(_diamond(x, y["L"], DIAMOND), strong=arrives)
    d.text(x, y["L"], Label("L", t))
    tensor(d, x - 58, y["L"], Label("y", t), "y", (16, 13))
    d.arrow([(x - 42, y["L"]), (x - DIAMOND - GAP, y["L"])], "y")
    edge = DIAMOND - LANE  # of the diamond, where a lane meets it
    upward(d, x, y["x"] - HALF_HEIGHT, y["h"] + HALF_HEIGHT, "W", Label("W"))
    _there_and_back(d, x, y["h"] - HALF_HEIGHT, y["p"] + HALF_HEIGHT, "V", faint=not arrives)
    d.text(x - LANE - 8, (y["h"] + y["p"]) / 2, Label("V"), anchor="end")
    _there_and_back(d, x, y["p"] - HALF_HEIGHT, y["L"] + edge, "", faint=not arrives)
    _there_and_back(d, x, y["L"] - edge, y["total"] + HALF_HEIGHT, "", faint=not arrives)
    if step == state:
        here = (Label("Vᵀ"), "(", Label("p", t), " − ", Label("y", t), ")")
        d.phrase(x + LANE + 8, (y["h"] + y["p"]) / 2 - 8, here, size=NOTE, anchor="start")


def _diamond(x: float, y: float, radius: float) -> list[Point]:
    return [(x, y - radius), (x + radius, y), (x, y + radius), (x - radius, y)]


def _there_and_back(d: Drawing, x: float, lower: float, upper: float, role: str, faint: bool) -> None:
    """Up, and the gradient down again beside it."""
    d.arrow([(x - LANE, lower - GAP), (x - LANE, upper + GAP)], role, width=2 if role else 1.5)
    d.arrow([(x + LANE, upper + GAP), (x + LANE, lower - GAP)], dashed=True, faint=faint)


def _recurrence(d: Drawing, left: float, right: float, step: int, state: int) -> None:
    """U from the state before, and the gradient back to it; none goes into h_0, which is given."""
    y, start, end = LOSS_ROWS["h"], left + HALF_WIDTH, right - HALF_WIDTH
    sideways(d, start, end, y - LANE, "U", Label("U"))
    if step > 1:
        d.arrow([(end - GAP, y + LANE), (start + GAP, y + LANE)], dashed=True, faint=step <= state)
    if step == state + 1:
        d.phrase((left + right) / 2, y + LANE + 15, (Label("Uᵀ"), " ", Label("δ", str(step))), size=NOTE)


def _total(d: Drawing, first: float, last: float, steps: int) -> None:
    """The sum of all losses: a diamond drawn wide, so that it stands over every one of them."""
    y, left, right = LOSS_ROWS["total"], first - HALF_WIDTH, last + HALF_WIDTH
    parts = _sum_of_losses(steps)
    d.polygon(
        [
            (left - 16, y),
            (left, y - HALF_HEIGHT),
            (right, y - HALF_HEIGHT),
            (right + 16, y),
            (right, y + HALF_HEIGHT),
            (left, y + HALF_HEIGHT),
        ]
    )
    d.phrase((left + right) / 2, y, parts if right - left > 150 else parts[:3])


def _sum_of_losses(steps: int) -> list[Part]:
    parts: list[Part] = [Label("L"), " = ", Label("L", "1")]
    for step in range(2, steps + 1):
        parts += [" + ", Label("L", str(step))]
    return parts


def _loss_notes(d: Drawing, steps: int, state: int) -> None:
    """How to read the two kinds of arrows, and what arrives in the chosen state."""
    left, y = HALF_WIDTH, LOSS_ROWS["x"] + HALF_HEIGHT + 30
    for place, dashed, words in ((left, False, "forward"), (left + 110, True, "gradient, back along the same path")):
        d.arrow([(place, y), (place + 28, y)], dashed=dashed)
        d.text(place + 36, y, words, size=NOTE, anchor="start")
    reached: list[Part] = []
    for t in range(state, steps + 1):
        reached += [" and " if t == steps else ", ", Label("L", str(t))]
    pale = ": what comes back to it is drawn dark, the rest pale." if state > 1 else "."
    d.phrase(left, y + 23, (Label("h", str(state)), " acts on ", *reached[1:], pale), size=NOTE, anchor="start")
    delta = (Label("δ", "t"), " = (1 − ", Label("h", "t", "2"), ") ⊙ the gradient at ", Label("h", "t"))
    source = ", the sum of what comes from above and from the right."
    d.phrase(left, y + 47, (*delta, source), size=NOTE, anchor="start")


def _acts_on(step: int, steps: int) -> str:
    return joined([f"L_{t}" for t in range(step, steps + 1)])


def _gradient_into(step: int, steps: int) -> str:
    above = f"Vᵀ(p_{step} − y_{step})"
    return above if step == steps else f"{above} + Uᵀ δ_{step + 1}"


def _loss_alt(steps: int, state: int) -> str:
    right = ""
    if state < steps:
        later = _acts_on(state + 1, steps) + (" send" if state + 1 < steps else " sends")
        right = f", and from the right, along U, Uᵀ δ_{state + 1}, which carries what {later} back"
    return (
        f"An RNN unrolled over {counted(steps, 'step')}. Above every prediction p_t stands a diamond, the loss L_t, "
        f"which compares it with the target y_t; above all of them the total loss, {plain(_sum_of_losses(steps))}. "
        "Dashed arrows, the gradients, run against the forward ones: down from every loss through V into the states, "
        f"and back along U from each state to the one before. h_{state} acts on {_acts_on(state, steps)}; "
        f"into it come, from above, Vᵀ(p_{state} − y_{state}){right}."
    )


def _loss_table(steps: int) -> Table:
    rows = [
        (str(t), f"L_{t} = −log of p_{t} at the target y_{t}", _acts_on(t, steps), _gradient_into(t, steps))
        for t in range(1, steps + 1)
    ]
    caption = (
        "What each state acts on, and the gradient that arrives in it "
        "(y_t as a one-hot vector, δ_t = (1 − h_t²) ⊙ that gradient)"
    )
    return Table(caption, ("step t", "loss", "h_t acts on", "gradient at h_t"), tuple(rows))


# gradients cut between chunks


def truncated_bptt(text: str = "time unrolls", chunk: int = 4, theme: str = "card") -> Picture:
    """A text read in chunks: the state goes on from chunk to chunk, the gradient is cut between them.

    Raises ValueError unless `text` has between 1 and 16 characters and `chunk` lies between 1 and 16.
    """
    between("the number of characters in text", len(text), 1, 16)
    between("chunk", chunk, 1, 16)
    d = Drawing("Truncated backpropagation through time", theme, PADDING)
    places = [place * CHUNK_PITCH + place // chunk * CHUNK_GAP for place in range(len(text))]
    bar = min(BAR, TALLEST / min(chunk, len(text)))
    _chunk_rows(d)
    tensor(d, -CHUNK_PITCH - 4, CHUNK_ROWS["h"], Label("h", "0"), "h", (SLIM, 15))
    for place, (x, character) in enumerate(zip(places, text)):
        _chunk_column(d, x, place, visible(character))
        _horizon(d, x, place % chunk, bar)
        before = places[place - 1] if place else -CHUNK_PITCH - 4
        _carry(d, before, x, cut=place > 0 and place % chunk == 0, given=place == 0)
    for number, first in enumerate(range(0, len(text), chunk), start=1):
        _chunk_bracket(d, places[first], places[min(first + chunk, len(text)) - 1], number)
    _chunk_letters(d)
    _chunk_notes(d)
    alt, table = _chunk_words(text, chunk)
    return Picture(d.svg(alt), alt, table)


CHUNK_PITCH, CHUNK_GAP, SLIM = 53.0, 30.0, 15.0
CHUNK_ROWS = {"bracket": -36.0, "L": 0.0, "h": 74.0, "x": 148.0, "horizon": 244.0}
BAR, TALLEST = 10.0, 48.0  # height of a bar per step, and at most


def _chunk_rows(d: Drawing) -> None:
    left = -CHUNK_PITCH - 4 - SLIM - 16
    names = {"L": "losses", "h": "hidden states", "x": "letters"}
    row_names(d, left, {CHUNK_ROWS[row]: name for row, name in names.items()})
    lines = ("earlier steps that", "the gradient of", "this loss reaches")
    row_names(d, left, {CHUNK_ROWS["horizon"] - 34 + 16 * line: words for line, words in enumerate(lines)})


def _chunk_column(d: Drawing, x: float, place: int, character: str) -> None:
    """One step of the text: a letter, a state and a loss, and the gradient that comes down from it."""
    y = CHUNK_ROWS
    d.diamond(x, y["L"], 14)
    tensor(d, x, y["h"], Label("h", str(place + 1)), "h", (SLIM + 2, 15))
    tensor(d, x, y["x"], character, "x", (SLIM, 15))
    upward(d, x, y["x"] - 15, y["h"] + 15, "W")
    upward(d, x - 5, y["h"] - 15, y["L"] + 9, "V")
    d.arrow([(x + 5, y["L"] + 9 + GAP), (x + 5, y["h"] - 15 - GAP)], dashed=True)


def _horizon(d: Drawing, x: float, reach: int, bar: float) -> None:
    """How many earlier steps of its chunk the gradient of a loss reaches."""
    y = CHUNK_ROWS["horizon"]
    if reach:
        d.cell(x - 9, y - reach * bar, 18, reach * bar, d.theme.muted)
    d.line([(x - 17, y), (x + 17, y)])
    d.text(x, y - reach * bar - 10, str(reach), size=NOTE)


def _chunk_letters(d: Drawing) -> None:
    """The names of the three kinds of arrows, once, at the first column: they are the same everywhere."""
    y = CHUNK_ROWS
    d.text(-11, (y["L"] + y["h"]) / 2 - 3, Label("V"), anchor="end")
    d.text(-8, (y["h"] + y["x"]) / 2, Label("W"), anchor="end")
    d.text(-(CHUNK_PITCH + 4) / 2, y["h"] - 21, Label("U"))


def _carry(d: Drawing, left: float, right: float, cut: bool, given: bool) -> None:
    """The state goes on; the gradient comes back, but for the place where it is cut."""
    y, start, end = CHUNK_ROWS["h"], left + SLIM + 2 + GAP, right - SLIM - 2 - GAP
    d.arrow([(start, y - 6), (end, y - 6)], "U", width=2)
    if cut:
        middle = (left + right) / 2
        d.line([(end, y + 7), (middle + 2, y + 7)], dashed=True, width=1.5)
        _scissors(d, middle, y + 7)
        d.text(middle, y + 46, "detach", size=SMALL, mono=True)
    elif not given:
        d.arrow([(end, y + 7), (start, y + 7)], dashed=True)


def _scissors(d: Drawing, x: float, y: float) -> None:
    """Scissors that cut a line at (x, y) from below; drawn, since fonts turn the character into an emoji."""
    for side in (-1, 1):
        d.line([(x + side * 5, y + 20), (x - side * 4, y - 7)], width=2, over=True)
        d.circle(x + side * 5.5, y + 24, 4.2)


def _chunk_bracket(d: Drawing, left: float, right: float, number: int) -> None:
    y, left, right = CHUNK_ROWS["bracket"], left - 17, right + 17
    bracket(d, left, right, y, depth=-7)
    d.text((left + right) / 2, y - 12, f"chunk {number}" if right - left > 60 else str(number), size=NOTE)


def _chunk_notes(d: Drawing) -> None:
    left, y = -SLIM - 2, CHUNK_ROWS["horizon"] + 28
    d.arrow([(left, y), (left + 28, y)], "U", width=2)
    d.text(left + 36, y, "the state goes on, into the next chunk too", size=NOTE, anchor="start")
    left += 36 + label_width("the state goes on, into the next chunk too", NOTE) + 26
    d.arrow([(left + 28, y), (left, y)], dashed=True)
    d.text(left + 36, y, "the gradient stops where a chunk begins", size=NOTE, anchor="start")


def _chunk_words(text: str, chunk: int) -> tuple[str, Table]:
    chunks = [range(first, min(first + chunk, len(text))) for first in range(0, len(text), chunk)]
    rows = []
    for number, places in enumerate(chunks, start=1):
        letters = " ".join(visible(text[place]) for place in places)
        reach = ", ".join(str(place - places[0]) for place in places)
        given = f"h_{places[0]}" + (", detached" if number > 1 else "")
        rows.append((str(number), letters, given, reach))
    cuts = counted(len(chunks) - 1, "cut")
    longest = len(chunks[0]) - 1
    alt = (
        f"A text of {counted(len(text), 'letter')}, ‘{visible(text)}’, read by an unrolled RNN in "
        f"{counted(len(chunks), 'chunk')} of up to {chunk}. Every step has a loss, a diamond. Solid arrows U carry the "
        "state through the whole text, from one chunk into the next. Dashed arrows, the gradients, run down from every "
        f"loss and back along U, but at the beginning of each further chunk scissors, named detach, cut them: {cuts}. "
        "Bars count the earlier steps that the gradient of a loss reaches: 0 at the first step of every chunk, "
        f"{longest} at the last step of the first chunk."
    )
    header = ("chunk", "letters", "starts from", "earlier steps reached, loss by loss")
    return alt, Table("How far back each gradient goes", header, tuple(rows))


# gradients over the distance


class Curve(NamedTuple):
    """Norms of ∂L_t/∂h_k at the distances 0, 1, 2, … from t, and the factor per step that theory expects, if any."""

    name: str
    norms: tuple[float, ...]
    rate: float | None = None

    @property
    def slope(self) -> float:
        """The measured factor per step: the geometric mean over all steps."""
        return (self.norms[-1] / self.norms[0]) ** (1 / (len(self.norms) - 1))


NEAR_TORCH = 0.58  # nn.RNN starts uniform in ±1/√d_h: a standard deviation of 1/√(3 d_h), hence a gain of 1/√3
GAINS = (NEAR_TORCH, 1.0, 1.5, 2.0)
HIDDEN, WARM_UP, DISTANCE, SEEDS = 100, 60, 40, 5


@lru_cache(maxsize=8)
def measured_curves(
    gains: tuple[float, ...] = GAINS, distance: int = DISTANCE, seeds: int = SEEDS
) -> tuple[Curve, ...]:
    """Backpropagate through a tanh RNN with random U of each gain: norms over the distance, and the rate expected.

    The entries of U have the standard deviation gain / √d_h; the rate is gain × root-mean-square slope of tanh. Norms
    are geometric means over seeds and directions, relative to distance 0, in three digits: alike on every machine.
    """
    return tuple(_measure(gain, distance, seeds) for gain in gains)


def _measure(gain: float, distance: int, seeds: int) -> Curve:
    import numpy as np

    logs, squares = [], []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        U = rng.standard_normal((HIDDEN, HIDDEN)) * gain / math.sqrt(HIDDEN)
        h, slopes = np.zeros(HIDDEN), []
        for _ in range(WARM_UP + distance):
            h = np.tanh(U @ h + 0.3 * rng.standard_normal(HIDDEN))
            slopes.append(1 - h**2)
        g = rng.standard_normal((HIDDEN, 8))  # eight random gradients at h_t
        norms = [np.log(np.linalg.norm(g, axis=0)).mean()]
        for slope in reversed(slopes[WARM_UP:]):
            g = U.T @ (slope[:, None] * g)
            norms.append(np.log(np.linalg.norm(g, axis=0)).mean())
        logs.append(np.array(norms) - norms[0])
        squares.append(np.square(slopes[WARM_UP:]).mean())
    values = [_three_digits(value) for value in np.exp(np.mean(logs, axis=0))]
    name = f"gain {gain:g}" + (", near nn.RNN’s start" if gain == NEAR_TORCH else "")
    return Curve(name, tuple(values), _three_digits(gain * math.sqrt(np.mean(squares))))


def _three_digits(value: float) -> float:
    return float(f"{value:.3g}")


def gradient_over_distance(
    curves: Iterable[Curve] | None = None, title: str | None = None, theme: str = "card"
) -> Picture:
    """How the norm of a gradient changes on its way back, on a logarithmic scale: measured, and as predicted.

    Without `curves`, a tanh RNN with random recurrent weights of several gains is measured; `title` is the sentence
    above the picture, which other curves need for themselves. Raises ValueError when
    there are none or more than six, or norms are not positive and finite, fewer than two, or of unequal number.
    """
    rule = "one factor" if curves is not None else "gain × root-mean-square slope of tanh"
    if curves is None and title is None:
        title = "With random weights, each step back multiplies the gradient by about the same factor"
    curves = _checked(measured_curves() if curves is None else tuple(curves))
    d = Drawing("The norm of the gradient over the distance", theme, PADDING)
    axes = _Axes.around(curves)
    d.text(-52, -50, title or "The norm of the gradient over the distance", anchor="start", bold=True)
    _draw_axes(d, axes)
    heights = _spread_out([axes.y(curve.norms[-1]) for curve in curves], 34)
    for number, (curve, height) in enumerate(zip(curves, heights)):
        _draw_curve(d, axes, curve, number)
        _name_curve(d, axes, curve, number, height)
    _curve_legend(d, rule if any(curve.rate is not None for curve in curves) else "")
    alt, table = _curve_words(curves)
    return Picture(d.svg(alt), alt, table)


def _checked(curves: tuple[Curve, ...]) -> tuple[Curve, ...]:
    if not 1 <= len(curves) <= len(CURVE_ROLES):
        raise ValueError(f"curves must hold between 1 and {len(CURVE_ROLES)} of them, but it holds {len(curves)}.")
    lengths = {len(curve.norms) for curve in curves}
    if len(lengths) > 1 or min(lengths) < 2:
        raise ValueError(f"all curves need one number of norms, at least 2, but they have {sorted(lengths)}.")
    for curve in curves:
        for value in (*curve.norms, *([] if curve.rate is None else [curve.rate])):
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"a norm on a logarithmic scale is positive and finite, but {curve.name} has {value}.")
    return curves


CURVE_ROLES = ("W", "U", "V", "y", "h", "x")  # only to tell curves apart; each has a marker and a name, too
PLOT_WIDTH, PLOT_HEIGHT = 520.0, 300.0


class _Axes(NamedTuple):
    """From a distance and a norm to a place in the picture."""

    distance: int
    low: int  # powers of ten
    high: int

    @classmethod
    def around(cls, curves: Sequence[Curve]) -> _Axes:
        """Axes that hold all norms, at least one power of ten apart."""
        logs = [math.log10(norm) for curve in curves for norm in curve.norms]
        low, high = math.floor(min(logs)), math.ceil(max(logs))
        return cls(len(curves[0].norms) - 1, low - (low == high), high)

    def x(self, distance: float) -> float:
        return distance / self.distance * PLOT_WIDTH

    def y(self, norm: float) -> float:
        return (self.high - math.log10(norm)) / (self.high - self.low) * PLOT_HEIGHT

    def inside(self, norm: float) -> bool:
        return self.low <= math.log10(norm) <= self.high


def _draw_axes(d: Drawing, axes: _Axes) -> None:
    d.line([(0, 0), (0, PLOT_HEIGHT), (PLOT_WIDTH, PLOT_HEIGHT)])
    step = max(1, math.ceil((axes.high - axes.low) / 8))
    for power in range(axes.low, axes.high + 1):
        if power % step == 0:
            y = axes.y(10.0**power)
            d.line([(-4, y), (0, y)])
            d.text(-9, y, f"10{_superscript(power)}" if power else "1", size=NOTE, anchor="end")
    ticks = max(1, math.ceil(axes.distance / 8 / 5) * 5) if axes.distance > 8 else 1
    for distance in range(0, axes.distance + 1, ticks):
        d.line([(axes.x(distance), PLOT_HEIGHT), (axes.x(distance), PLOT_HEIGHT + 4)])
        d.text(axes.x(distance), PLOT_HEIGHT + 15, str(distance), size=NOTE)


def _superscript(power: int) -> str:
    return str(power).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))


def _spread_out(heights: Sequence[float], room: float) -> list[float]:
    """Places for the names, in the same order, at least `room` apart and as near to `heights` as that allows."""
    order = sorted(range(len(heights)), key=lambda index: heights[index])
    places = [heights[index] for index in order]
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + room)
    surplus = max(0.0, places[-1] - max(PLOT_HEIGHT, max(heights)))
    for index in reversed(range(len(places))):
        limit = places[index + 1] - room if index + 1 < len(places) else places[index] - surplus
        places[index] = min(places[index], limit)
    return [places[order.index(index)] for index in range(len(heights))]


def _draw_curve(d: Drawing, axes: _Axes, curve: Curve, number: int) -> None:
    role = CURVE_ROLES[number]
    d.line([(axes.x(k), axes.y(norm)) for k, norm in enumerate(curve.norms)], role, width=2)
    for k in range(0, axes.distance + 1, max(1, axes.distance // 8)):
        _marker(d, axes.x(k), axes.y(curve.norms[k]), role, number)
    if curve.rate is not None:
        expected = [curve.norms[0] * curve.rate**k for k in range(axes.distance + 1)]
        line = [(axes.x(k), axes.y(norm)) for k, norm in enumerate(expected) if axes.inside(norm)]
        d.line(line, width=0.8, over=True)


def _marker(d: Drawing, x: float, y: float, role: str, number: int, size: float = 4.0) -> None:
    """A second sign beside the colour: circle, square, triangle, diamond, and two more."""
    if number % 6 == 0:
        d.circle(x, y, size, role)
    elif number % 6 == 1:
        d.box(x - size, y - size, 2 * size, 2 * size, role, radius=0)
    else:
        corners = {
            2: [(0, -1.3), (1.2, 0.9), (-1.2, 0.9)],
            3: [(0, -1.3), (1.3, 0), (0, 1.3), (-1.3, 0)],
            4: [(0, 1.3), (1.2, -0.9), (-1.2, -0.9)],
            5: [(-1.3, -0.5), (1.3, -0.5), (1.3, 0.5), (-1.3, 0.5)],
        }[number % 6]
        d.polygon([(x + a * size, y + b * size) for a, b in corners], role)


def _name_curve(d: Drawing, axes: _Axes, curve: Curve, number: int, height: float) -> None:
    """The name of a curve at its end, its factor per step, and the one predicted."""
    end = (PLOT_WIDTH, axes.y(curve.norms[-1]))
    d.line([(end[0] + 6, end[1]), (PLOT_WIDTH + 24, height)], width=0.7)
    _marker(d, PLOT_WIDTH + 34, height, CURVE_ROLES[number], number)
    d.text(PLOT_WIDTH + 46, height - 8, curve.name, size=NOTE, anchor="start", bold=True)
    d.text(PLOT_WIDTH + 46, height + 8, _factors(curve), size=NOTE, anchor="start", muted=True)


def _factors(curve: Curve) -> str:
    measured = f"× {curve.slope:.2f} a step"
    return measured if curve.rate is None else f"{measured}, predicted {curve.rate:.2f}"


def _curve_legend(d: Drawing, rule: str) -> None:
    """The name of the axis, and what the thin lines are, if there are any."""
    d.phrase(
        PLOT_WIDTH / 2, PLOT_HEIGHT + 38, ("distance ", Label("t − k"), ", in steps back from the loss"), size=NOTE
    )
    d.phrase(
        -52,
        -24,
        ("norm of ", Label("∂L", "t"), "/", Label("∂h", "k"), ", relative to distance 0"),
        size=NOTE,
        anchor="start",
        muted=True,
    )
    if rule:
        y = PLOT_HEIGHT + 64
        d.line([(0, y), (28, y)], width=0.8)
        d.text(36, y, f"predicted: {rule}, at every step", size=NOTE, anchor="start")


def _curve_words(curves: Sequence[Curve]) -> tuple[str, Table]:
    distance = len(curves[0].norms) - 1
    facts = "; ".join(
        f"{curve.name}: {_factors(curve)}, {curve.norms[-1]:.3g} at distance {distance}" for curve in curves
    )
    thin = " Thin straight lines show the rates predicted." if any(curve.rate is not None for curve in curves) else ""
    alt = (
        "A line chart with a logarithmic scale: the norm of the gradient of the loss at step t in the state h_k, "
        f"relative to distance 0, over the distance t − k from 0 to {distance}. {facts}.{thin}"
    )
    marks = sorted({0, distance // 4, distance // 2, distance})
    header = ("curve", *(f"norm at {k}" for k in marks), "factor per step", "predicted")
    rows = tuple(
        (
            curve.name,
            *(f"{curve.norms[k]:.3g}" for k in marks),
            f"{curve.slope:.2f}",
            "–" if curve.rate is None else f"{curve.rate:.2f}",
        )
        for curve in curves
    )
    return alt, Table("The norm of the gradient over the distance", header, rows)
