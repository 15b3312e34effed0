"""The lecture's figures of one RNN: unrolled, as a loop, as a graphical model, unit by unit, its weights to scale."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lecture_utils.diagrams.blocks import (
    GAP,
    HALF_HEIGHT,
    HALF_WIDTH,
    PADDING,
    Part,
    at_least,
    between,
    bracket,
    connect,
    counted,
    half_row,
    quoted,
    row_names,
    sideways,
    tensor,
    time_axis,
    units,
    upward,
)
from lecture_utils.diagrams.common import Span, fold
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, Drawing, label_width, phrase_width, plain, shorten, visible
from lecture_utils.notation import Label

SENTENCE = ("Cherry", "blossoms", "are", "beautiful", ".")
ROWS = {"p": 0.0, "h": 92.0, "x": 184.0}  # where predictions, states and inputs stand
NAMES = -HALF_WIDTH - 18  # where the names of the rows end
PREVIOUS = "t−1"


def unrolled(steps: int | None = None, words: Sequence[str] | None = None, theme: str = "card") -> Picture:
    """The network unrolled over time: one column per step, and the same W, U, V at every one of them.

    Without `words`, five steps read the lecture's sentence; other numbers of steps read no words. Beyond eight
    steps, the middle is folded into "…". Raises ValueError when `steps` is not positive or not the number of words.
    """
    words, steps = _words_and_steps(words, steps)
    spans = fold(steps)
    d = Drawing(f"An RNN unrolled over {counted(steps, 'time step')}", theme, PADDING)
    pitch = 116.0
    row_names(d, NAMES, {ROWS["p"]: "predictions", ROWS["h"]: "hidden states", ROWS["x"]: "inputs"})
    tensor(d, 0, ROWS["h"], Label("h", "0"), "h")
    for column, span in enumerate(spans, start=1):
        x = column * pitch
        sideways(d, x - pitch + HALF_WIDTH, x - HALF_WIDTH, ROWS["h"], "U", Label("U"))
        if span.folded:
            _folded_steps(d, x, span)
        else:
            _step(d, x, str(span.first + 1))
            if words:
                d.text(x, 222, shorten(visible(words[span.first]), pitch - 12), size=SMALL + 2)
    if words:
        row_names(d, NAMES, {222: "words"})
    time_axis(d, pitch - HALF_WIDTH, len(spans) * pitch + HALF_WIDTH, 250 if words else 224, NAMES)
    alt = _unrolled_alt(steps, words)
    return Picture(d.svg(alt), alt, _unrolled_table(spans, words))


def _words_and_steps(words: Sequence[str] | None, steps: int | None) -> tuple[tuple[str, ...], int]:
    if words is None:
        words = SENTENCE if steps in (None, len(SENTENCE)) else ()
    steps = len(words) if steps is None else steps
    if steps < 1:
        raise ValueError(f"steps is the number of time steps and must be at least 1, but it is {steps}.")
    if words and len(words) != steps:
        raise ValueError(f"words must hold one word per step, {steps}, but it holds {len(words)}.")
    return tuple(words), steps


def _step(d: Drawing, x: float, step: str, index: str = "") -> None:
    """One column: the input below, the state in the middle, the prediction above; W and V with their index, if any."""
    for symbol, role in (("x", "x"), ("h", "h"), ("p", "y")):
        tensor(d, x, ROWS[symbol], Label(symbol, step), role)
    for letter, lower, upper in (("W", "x", "h"), ("V", "h", "p")):
        upward(d, x, ROWS[lower] - HALF_HEIGHT, ROWS[upper] + HALF_HEIGHT, letter, Label(letter, index))


def _folded_steps(d: Drawing, x: float, span: Span) -> None:
    for y in ROWS.values():
        d.text(x, y, "…", size=20)
    d.text(x, ROWS["h"] + 28, f"{span.size:,} more", size=12, muted=True)


def _unrolled_alt(steps: int, words: Sequence[str]) -> str:
    read = f" The words are: {quoted(words)}." if words else ""
    return (
        f"A recurrent network unrolled over {counted(steps, 'time step')}, from left to right.{read} "
        "At each step t the input x_t enters the hidden state h_t through the matrix W, the state before it, h_(t−1), "
        "enters through U, and V leads from h_t up to the prediction p_t. "
        "The first state is h_0. The same W, U and V stand at every step."
    )


def _unrolled_table(spans: Sequence[Span], words: Sequence[str]) -> Table:
    rows = []
    for span in spans:
        t, word = span.first + 1, visible(words[span.first]) if words else "–"
        state, prediction = f"h_{t} = tanh(U h_{t - 1} + W x_{t} + b_1)", f"p_{t} = softmax(V h_{t} + b_2)"
        more = f"{span.size:,} more"
        rows.append((f"{t} to {span.last + 1}", more, "…", "…") if span.folded else (str(t), word, state, prediction))
    return Table("The network, step by step", ("step", "word", "state", "prediction"), tuple(rows))


def recursive(theme: str = "card") -> Picture:
    """The same network with a loop: the state comes back as its own input, one step later; equations beside it."""
    d = Drawing("An RNN drawn with a loop", theme, PADDING)
    _step(d, 0, "t")
    edge, y = HALF_WIDTH, ROWS["h"]
    d.arrow([(edge, y - 9), (edge + 78, y - 46), (edge + 78, y + 46), (edge + GAP, y + 9)], "U", width=2, curved=True)
    d.text(edge + 70, y - 9, Label("U"), anchor="start")
    d.text(edge + 70, y + 9, "one step later", size=SMALL, anchor="start", muted=True)
    for symbol, parts in _equations().items():
        d.phrase(244, ROWS[symbol], parts, anchor="start")
    alt = (
        "A recurrent network drawn with a loop. The input x_t enters the hidden state h_t through W, the state leads "
        "to the prediction p_t through V, and an arrow U leaves the state and comes back to it: what h_t is now "
        "enters the state again one step later. h_t = tanh(U h_(t−1) + W x_t + b_1) and "
        "p_t = softmax(V h_t + b_2), for t = 1, 2, …, T, from h_0 = 0."
    )
    table = Table(
        "The three matrices",
        ("matrix", "from", "to", "when"),
        (
            ("W", "input x_t", "hidden state h_t", "at once"),
            ("U", "hidden state h_(t−1)", "hidden state h_t", "one step later"),
            ("V", "hidden state h_t", "prediction p_t", "at once"),
        ),
    )
    return Picture(d.svg(alt), alt, table)


def _equations() -> dict[str, tuple[Part, ...]]:
    U, W, V, h, x = Label("U"), Label("W"), Label("V"), Label("h", "t"), Label("x", "t")
    state = (h, " = tanh(", U, " ", Label("h", PREVIOUS), " + ", W, " ", x, " + ", Label("b", "1"), ")")
    start = ("for ", Label("t"), " = 1, 2, …, ", Label("T"), ",  from ", Label("h", "0"), " = 0")
    return {"p": (Label("p", "t"), " = softmax(", V, " ", h, " + ", Label("b", "2"), ")"), "h": state, "x": start}


def graphical_model(steps: int = 3, theme: str = "card") -> Picture:
    """The RNN as a graphical model beside a hidden Markov model: what is given, random, or fixed by what enters it.

    Raises ValueError unless `steps` is between 1 and 8.
    """
    between("steps", steps, 1, 8)
    d = Drawing("An RNN and a hidden Markov model as graphical models", theme, PADDING)
    pitch, first = 88.0, 0.0
    _rnn_panel(d, first, pitch, steps)
    second = first + max(_panel_width(_RNN_NOTES), (steps + 0.5) * pitch) + 56
    _hmm_panel(d, second, pitch, steps)
    _node_legend(d, -NODE, 248)
    alt = (
        f"Two graphical models over {counted(steps, 'time step')}, side by side. Left, the RNN: inputs x_t are given "
        "(filled circles) and their arrows W lead up into the hidden states h_t, double circles, which are "
        "deterministic: fixed by the inputs and by the state before, through U. Above them stand the outputs y_t, "
        "random, reached through V. Right, a hidden Markov model: the states s_t are random (open circles), each drawn "
        "given the state before, and the arrows run the other way, from the states down to the observed x_t."
    )
    rows = (
        ("input x_t", "given", "given; emitted by the state"),
        ("state", "h_t, deterministic, continuous", "s_t, random, one of a few"),
        ("arrow between input and state", "from x_t into h_t", "from s_t to x_t"),
        ("output y_t", "random, drawn from softmax(V h_t + b_2)", "none"),
    )
    return Picture(d.svg(alt), alt, Table("What the nodes are", ("", "RNN", "hidden Markov model"), rows))


NODE = 21.0  # radius
_RNN_NOTES: tuple[tuple[Part, ...], ...] = (
    ("The words enter the state. Given them,",),
    ("nothing in ", Label("h", "t"), " is left to chance."),
)
_HMM_NOTES: tuple[tuple[Part, ...], ...] = (
    ("The state emits the words,",),
    ("and is itself drawn at random.",),
)


def _panel_width(notes: Sequence[Sequence[Part]]) -> float:
    return max(phrase_width(note, 12) for note in notes)


def _panel_text(d: Drawing, left: float, title: str, notes: Sequence[Sequence[Part]]) -> None:
    d.text(left, -98, title, anchor="start", bold=True)
    for line, note in enumerate(notes):
        d.phrase(left, -74 + 18 * line, note, size=12, anchor="start", muted=True)


def _rnn_panel(d: Drawing, left: float, pitch: float, steps: int) -> None:
    _panel_text(d, left - NODE, "Recurrent neural network", _RNN_NOTES)
    _node(d, left, 92, Label("h", "0"), "h", "deterministic")
    for step in range(1, steps + 1):
        x = left + step * pitch
        _node(d, x, 0, Label("y", str(step)), "y", "random")
        _node(d, x, 92, Label("h", str(step)), "h", "deterministic")
        _node(d, x, 184, Label("x", str(step)), "x", "given")
        upward(d, x, 184 - NODE, 92 + NODE, "W", Label("W"))
        upward(d, x, 92 - NODE, NODE, "V", Label("V"))
        sideways(d, x - pitch + NODE, x - NODE, 92, "U", Label("U"))


def _hmm_panel(d: Drawing, left: float, pitch: float, steps: int) -> None:
    _panel_text(d, left - NODE, "Hidden Markov model", _HMM_NOTES)
    for step in range(1, steps + 1):
        x = left + (step - 1) * pitch
        _node(d, x, 92, Label("s", str(step)), "h", "random")
        _node(d, x, 184, Label("x", str(step)), "x", "given")
        d.arrow([(x, 92 + NODE + GAP), (x, 184 - NODE - GAP)], width=2)
        if step > 1:
            d.arrow([(x - pitch + NODE + GAP, 92), (x - NODE - GAP, 92)], width=2)


def _node(d: Drawing, x: float, y: float, label: Part, role: str, kind: str, radius: float = NODE) -> None:
    """A variable: filled when given, open when random, a double line when deterministic."""
    for _ in range(3 if kind == "given" else 1):  # each layer deepens the light fill
        d.circle(x, y, radius, role, hollow=kind != "given")
    if kind == "deterministic":
        d.circle(x, y, radius - 4, role, hollow=True)
    if label:
        d.text(x, y, label)


def _node_legend(d: Drawing, x: float, y: float) -> None:
    meanings = {"given": "given", "deterministic": "deterministic: fixed by what enters it", "random": "random"}
    for kind, meaning in meanings.items():
        _node(d, x + 9, y, "", "x" if kind == "given" else "", kind, radius=9)
        d.text(x + 26, y, meaning, size=12, anchor="start")
        x += 26 + label_width(meaning, 12) + 28


def sharing(
    steps: int = 3, input_size: int = 300, hidden_size: int = 100, output_size: int = 60, theme: str = "card"
) -> Picture:
    """The same W, U, V at every step, beside a network with a set of its own for every step, and what each costs.

    Raises ValueError unless `steps` is between 1 and 5 and all sizes are positive.
    """
    at_least(1, input_size=input_size, hidden_size=hidden_size, output_size=output_size)
    between("steps", steps, 1, 5)
    one = hidden_size * input_size + hidden_size**2 + output_size * hidden_size
    d = Drawing("Parameter sharing over time", theme, PADDING)
    lengths = (steps, 10 * steps, 100 * steps)
    shared = [f"{counted(length, 'step')}: {counted(one, 'weight')}" for length in lengths]
    own = [f"{counted(length, 'step')}: {length:,} × {one:,} = {length * one:,}" for length in lengths]
    left = max(steps * 106.0 + 60, max(label_width(line, 12) for line in shared), 240.0) + 64
    _sharing_panel(d, 0, steps, "Recurrent: one set of weights", shared, own=False)
    _sharing_panel(d, left, steps, "Without sharing: a set for every step", own, own=True)
    rows = tuple((f"{length:,}", f"{one:,}", f"{length * one:,}") for length in lengths)
    costs = "; ".join(f"{few} against {many} at a length of {length}" for length, few, many in rows)
    alt = (
        f"Two networks unrolled over {counted(steps, 'step')}, side by side. Left, the recurrent network: the arrows "
        "bear the same W, U and V at every step. Right, a network that does not share: every step t has matrices "
        f"W_t, U_t and V_t of its own. In weights: {costs}."
    )
    return Picture(d.svg(alt), alt, Table("Weights, biases not counted", ("steps", "shared", "not shared"), rows))


def _sharing_panel(d: Drawing, left: float, steps: int, title: str, costs: Sequence[str], own: bool) -> None:
    pitch = 106.0
    d.text(left - HALF_WIDTH, -54, title, anchor="start", bold=True)
    tensor(d, left, ROWS["h"], Label("h", "0"), "h")
    for step in range(1, steps + 1):
        x, index = left + step * pitch, str(step) if own else ""
        sideways(d, x - pitch + HALF_WIDTH, x - HALF_WIDTH, ROWS["h"], "U", Label("U", index))
        _step(d, x, str(step), index)
    for line, cost in enumerate(costs):
        d.text(left - HALF_WIDTH, 236 + 19 * line, cost, size=12, anchor="start")


def feed_forward(input_size: int = 4, hidden_size: int = 3, output_size: int = 2, theme: str = "card") -> Picture:
    """One step of an RNN as a feed-forward network with one extra set of weights, U; every unit drawn.

    Beyond eight units a layer is folded into "…". Raises ValueError unless all sizes are positive.
    """
    at_least(1, input_size=input_size, hidden_size=hidden_size, output_size=output_size)
    d = Drawing("One step of an RNN as a feed-forward network", theme, PADDING)
    # the two lower layers stand this far left and right of the middle
    place = 22 + max(half_row(hidden_size), half_row(input_size))
    below, past = units(d, place, 208, input_size, "x"), units(d, -place, 208, hidden_size, "h")
    middle, above = units(d, 0, 104, hidden_size, "h"), units(d, 0, 0, output_size, "y")
    for role, lower, upper in (("U", past, middle), ("W", below, middle), ("V", middle, above)):
        connect(d, lower, upper, role)
    counts = {"W": hidden_size * input_size, "U": hidden_size**2, "V": output_size * hidden_size}
    edge = 2 * place + 12
    _unit_captions(d, edge, (input_size, hidden_size, output_size), counts)
    _recurrent_captions(d, -edge, hidden_size, counts["U"])
    alt, table = _feed_forward_words(input_size, hidden_size, output_size, counts)
    return Picture(d.svg(alt), alt, table)


def _unit_captions(d: Drawing, x: float, sizes: tuple[int, int, int], counts: dict[str, int]) -> None:
    """At the right, level with what they name: the layers and the weights between them."""
    d_in, d_h, d_out = sizes
    layers: tuple[tuple[float, Label, str], ...] = (
        (0, Label("p", "t"), counted(d_out, "prediction")),
        (104, Label("h", "t"), counted(d_h, "hidden unit")),
        (208, Label("x", "t"), counted(d_in, "input")),
    )
    for y, label, words in layers:
        d.text(x, y, label, anchor="start")
        d.text(x + 44, y, words, anchor="start", size=12)
    for y, letter, rows, columns in ((52, "V", d_out, d_h), (156, "W", d_h, d_in)):
        _weight_caption(d, x, y, letter, _product(rows, columns, counts[letter]))


def _recurrent_captions(d: Drawing, right: float, hidden_size: int, count: int) -> None:
    """At the left: the state of the step before, and the extra weights that lead from it."""
    weights, states = _product(hidden_size, hidden_size, count), counted(hidden_size, "hidden unit")
    x = right - 48 - max(label_width(text, 12) for text in (weights, states, "the one extra set", "of the step before"))
    d.text(x, 208, Label("h", PREVIOUS), anchor="start")
    d.text(x + 48, 208, states, anchor="start", size=12)
    d.text(x + 48, 226, "of the step before", anchor="start", size=12, muted=True)
    d.text(x + 48, 138, "the one extra set", anchor="start", size=12, muted=True)
    _weight_caption(d, x, 156, "U", weights, indent=48)


def _weight_caption(d: Drawing, x: float, y: float, letter: str, words: str, indent: float = 44) -> None:
    """An arrow as the weight's arrows run, its letter, and its size."""
    ends = [(x, y + 7), (x + 18, y - 7)] if letter == "U" else [(x + 4, y + 11), (x + 4, y - 11)]
    d.arrow(ends, letter, width=2)
    d.text(x + indent - 24, y, Label(letter), anchor="start")
    d.text(x + indent, y, words, anchor="start", size=12)


def _product(rows: int, columns: int, count: int) -> str:
    return f"{rows:,} × {columns:,} = {counted(count, 'weight')}"


def _feed_forward_words(d_in: int, d_h: int, d_out: int, counts: dict[str, int]) -> tuple[str, Table]:
    plain, total = counts["W"] + counts["V"], sum(counts.values())
    alt = (
        f"One step of an RNN as a feed-forward network, unit by unit. {counted(d_in, 'input')} x_t at the bottom, "
        f"joined through W ({d_h:,} × {d_in:,} = {counts['W']:,} weights) to {counted(d_h, 'hidden unit')} h_t, "
        f"and these through V ({d_out:,} × {d_h:,} = {counts['V']:,}) to {counted(d_out, 'prediction')} p_t: "
        f"a feed-forward network with {counted(plain, 'weight')}. Beside the inputs stand the {d_h:,} hidden units of "
        f"the step before, joined to h_t through the one extra set of weights, U ({d_h:,} × {d_h:,} = "
        f"{counts['U']:,}): {plain:,} + {counts['U']:,} = {total:,} in all, biases not counted."
    )
    shapes = {"W": (d_h, d_in, "x_t", "h_t"), "U": (d_h, d_h, "h_(t−1)", "h_t"), "V": (d_out, d_h, "h_t", "p_t")}
    rows = [(n, a, b, f"{r:,} × {c:,}", f"{counts[n]:,}") for n, (r, c, a, b) in shapes.items()]
    rows += [("W and V", "", "", "", f"{plain:,}"), ("W, U and V", "", "", "", f"{total:,}")]
    return alt, Table("Weights of one step", ("matrix", "from", "to", "shape", "weights"), tuple(rows))


def weight_shapes(input_size: int = 300, hidden_size: int = 100, output_size: int = 60, theme: str = "card") -> Picture:
    """W, U and V to scale inside their equations, inner sizes side by side, and how many numbers they hold.

    Raises ValueError unless all sizes are positive.
    """
    at_least(1, input_size=input_size, hidden_size=hidden_size, output_size=output_size)
    d = Drawing("The weights of an RNN, drawn to scale", theme, PADDING)
    sizes = input_size, hidden_size, output_size
    scale = min(24.0, 192 / max(sizes))
    state, output = _state_terms(*sizes), _output_terms(*sizes)
    end = _equation(d, state, 0, scale)
    _scale_note(d, -max(_heights(state, scale)) - 44, max(sizes), scale)
    top = 96.0
    ground = top + max(_heights(output, scale))
    right = _equation(d, output, ground, scale)
    counts = _counts(*sizes)
    _count_table(d, counts, right + 44, end, top)
    alt = _weight_alt(*sizes, counts)
    rows = [(plain(count.name), count.shape, f"{count.numbers:,}") for count in counts]
    return Picture(d.svg(alt), alt, Table("Numbers to learn", ("what", "shape", "numbers"), tuple(rows)))


class _Tensor(NamedTuple):
    """A term of an equation, drawn to scale."""

    label: Label
    role: str
    rows: int
    columns: int = 1

    @property
    def shape(self) -> str:
        return f"{self.rows:,} × {self.columns:,}"

    def width(self, scale: float) -> float:
        return max(self.columns * scale, THINNEST)

    def slot(self, scale: float) -> float:
        """The room it needs: its box or the text under it."""
        return max(self.width(scale), label_width(self.shape, SMALL)) + 16


class _Count(NamedTuple):
    """A line of the sum: what, its shape, how many numbers; or a total so far."""

    name: tuple[Part, ...]
    shape: str
    numbers: int
    total: bool = False


THINNEST = 10.0  # a vector to scale would be too thin to see


def _state_terms(d_in: int, d_h: int, d_out: int) -> list[_Tensor | str]:
    U, h = _Tensor(Label("U"), "U", d_h, d_h), _Tensor(Label("h", PREVIOUS), "h", d_h)
    W, x = _Tensor(Label("W"), "W", d_h, d_in), _Tensor(Label("x", "t"), "x", d_in)
    state, bias = _Tensor(Label("h", "t"), "h", d_h), _Tensor(Label("b", "1"), "", d_h)
    return [state, "= tanh (", U, h, "+", W, x, "+", bias, ")"]


def _output_terms(d_in: int, d_h: int, d_out: int) -> list[_Tensor | str]:
    V, h = _Tensor(Label("V"), "V", d_out, d_h), _Tensor(Label("h", "t"), "h", d_h)
    return [_Tensor(Label("o", "t"), "y", d_out), "=", V, h, "+", _Tensor(Label("b", "2"), "", d_out)]


def _equation(d: Drawing, terms: Sequence[_Tensor | str], ground: float, scale: float) -> float:
    """Boxes standing on the line y = `ground`, a bracket under every product; returns the right end."""
    x, before = 0.0, None
    sign_height = ground - max(_heights(terms[:1], scale)) / 2
    for term in terms:
        if isinstance(term, str):
            width = label_width(term, 16) + 8
            d.text(x + width / 2, sign_height, term, size=16)
        else:
            width = term.slot(scale)
            _stand(d, x + width / 2, ground, term, scale)
            if before is not None:
                _inner_size(d, before, x + width / 2, ground, term.rows)
        before = x + width / 2 if isinstance(term, _Tensor) and term.role in "WUV" and term.role else None
        x += width
    return x


def _heights(terms: Iterable[_Tensor | str], scale: float) -> list[float]:
    return [max(term.rows * scale, THINNEST) for term in terms if isinstance(term, _Tensor)]


def _stand(d: Drawing, centre: float, ground: float, term: _Tensor, scale: float) -> None:
    (height,), width = _heights([term], scale), term.width(scale)
    d.box(centre - width / 2, ground - height, width, height, term.role, radius=3)
    d.text(centre, ground - height - 13, term.label)
    d.text(centre, ground + 13, term.shape, size=SMALL, muted=True)


def _inner_size(d: Drawing, left: float, right: float, ground: float, size: int) -> None:
    """The bracket that joins the columns of a matrix with the rows of its vector: the two must be equal."""
    bracket(d, left, right, ground + 29, depth=6)
    d.text((left + right) / 2, ground + 39, f"{size:,} = {size:,}", size=SMALL)


def _scale_note(d: Drawing, y: float, largest: int, scale: float) -> None:
    """A ruler of a round length, and what the brackets mean."""
    power = 10 ** (len(str(largest)) - 1)
    unit = max(step for step in (1, power // 2, power) if 0 < step <= max(1, largest // 2))
    words = "Drawn to scale (vectors wider):"
    d.text(8, y, words, size=12, anchor="start", muted=True)
    left = 8 + label_width(words, 12) + 12
    right = left + unit * scale
    d.line([(left, y - 4), (left, y + 4)])
    d.line([(left, y), (right, y)])
    d.line([(right, y - 4), (right, y + 4)])
    words = f"{unit:,}.  Each bracket: the columns of the matrix are the rows of its vector."
    d.text(right + 10, y, words, size=12, anchor="start", muted=True)


def _counts(d_in: int, d_h: int, d_out: int) -> list[_Count]:
    sizes = {"W": (d_h, d_in), "U": (d_h, d_h), "V": (d_out, d_h)}
    lines = [_Count((Label(name),), f"{r:,} × {c:,}", r * c) for name, (r, c) in sizes.items()]
    weights = sum(line.numbers for line in lines)
    biases, second = d_h + d_out, d_h
    return [
        *lines,
        _Count(("weights",), "", weights, total=True),
        _Count((Label("b", "1"), " and ", Label("b", "2")), f"{d_h:,} + {d_out:,}", biases),
        _Count(("with biases",), "", weights + biases, total=True),
        _Count(("PyTorch’s second hidden bias",), f"{d_h:,}", second),
        _Count(("as PyTorch counts",), "", weights + biases + second, total=True),
    ]


def _count_table(d: Drawing, counts: Sequence[_Count], left: float, right: float, top: float) -> None:
    """A sum as one writes it on paper, a line above every total; it ends at `right` if there is room after `left`."""
    names = max(phrase_width(count.name, 12) + label_width(count.shape, 12) for count in counts) + 40
    numbers = max(label_width(f"{count.numbers:,}", 12, bold=True) for count in counts) + 36
    left = max(left, right - names - numbers)
    middle, right = left + names, left + names + numbers
    y = top
    for count in counts:
        if count.total:
            d.line([(left, y - 8), (right, y - 8)], width=0.7)
            y += 4
        d.phrase(left, y, count.name, size=12, anchor="start", bold=count.total)
        d.text(middle, y, count.shape, size=12, anchor="end", muted=True)
        d.text(right, y, f"{count.numbers:,}", size=12, anchor="end", bold=count.total)
        y += 24 if count.total else 19


def _weight_alt(d_in: int, d_h: int, d_out: int, counts: Sequence[_Count]) -> str:
    W, U, V, weights, _, lecture, _, pytorch = counts
    return (
        f"The weights of an RNN with {counted(d_in, 'input')}, {counted(d_h, 'hidden unit')} and "
        f"{counted(d_out, 'output')}, as boxes to scale inside the equations h_t = tanh(U h_(t−1) + W x_t + b_1) and "
        f"o_t = V h_t + b_2. W is {W.shape} ({W.numbers:,} numbers), U is {U.shape} ({U.numbers:,}) and V is {V.shape} "
        f"({V.numbers:,}): {weights.numbers:,} weights. With the biases b_1 and b_2 ({d_h:,} + {d_out:,} = "
        f"{d_h + d_out:,}) they are {lecture.numbers:,}, and {pytorch.numbers:,} as PyTorch counts, "
        "which keeps two hidden biases."
    )
