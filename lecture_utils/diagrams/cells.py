"""One step of a GRU and of an LSTM, in PyTorch's form: every operation a circle, every line one quantity."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lecture_utils.diagrams.blocks import GAP, NOTE, PADDING, Part, tensor
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, Drawing, Point, phrase_width
from lecture_utils.notation import Label, gate_label, gate_meaning
from lecture_utils.notation import plain as name_of
from lecture_utils.shapes import GATES

GATE, OPERATION = 19.0, 13.0  # radii
HOP = 5.0  # half the opening of a line where another one passes
THICK = 4.0  # width of the additive path
BEFORE = "t−1"

X, H, H_BEFORE = Label("x", "t"), Label("h", "t"), Label("h", BEFORE)
C, C_BEFORE = Label("c", "t"), Label("c", BEFORE)


class _Equation(NamedTuple):
    """A quantity of the cell, its name in words, and how it is computed."""

    symbol: Label
    meaning: str
    terms: tuple[Part, ...]


def _weight(part: str, gate: str, cell: str) -> Label:
    return gate_label(f"weight_{part}_l0", gate, cell, "lecture")


def _gate(cell: str, gate: str, function: str = "σ") -> _Equation:
    """A gate or candidate that adds both products and one bias, the sum of PyTorch's two."""
    W, U = _weight("ih", gate, cell), _weight("hh", gate, cell)
    terms = (
        function,
        "(",
        W,
        " ",
        X,
        " + ",
        U,
        " ",
        H_BEFORE,
        " + ",
        gate_label("bias_l0", gate, cell, "lecture"),
        ")",
    )
    return _Equation(Label(gate, "t"), gate_meaning(gate, cell), terms)


def _gru_equations() -> list[_Equation]:
    """The gates in the order of PyTorch's packed weights, then the new state."""
    W, U = _weight("ih", "n", "gru"), _weight("hh", "n", "gru")
    b_in, b_hn = (gate_label(f"bias_{part}_l0", "n", "gru", "lecture") for part in ("ih", "hh"))
    r, z, n = (Label(gate, "t") for gate in GATES["gru"])
    candidate = ("tanh(", W, " ", X, " + ", b_in, " + ", r, " ⊙ (", U, " ", H_BEFORE, " + ", b_hn, "))")
    state = ("(1 − ", z, ") ⊙ ", n, " + ", z, " ⊙ ", H_BEFORE)
    return [
        _gate("gru", "r"),
        _gate("gru", "z"),
        _Equation(n, gate_meaning("n", "gru"), candidate),
        _Equation(H, "hidden state", state),
    ]


def _lstm_equations() -> list[_Equation]:
    """The gates in the order of PyTorch's packed weights, then the new cell state and hidden state."""
    i, f, g, o = (Label(gate, "t") for gate in GATES["lstm"])
    gates = [_gate("lstm", gate, "tanh" if gate == "g" else "σ") for gate in GATES["lstm"]]
    return [
        *gates,
        _Equation(C, "cell state", (f, " ⊙ ", C_BEFORE, " + ", i, " ⊙ ", g)),
        _Equation(H, "hidden state", (o, " ⊙ tanh(", C, ")")),
    ]


# drawing


def _wire(d: Drawing, points: Sequence[Point], role: str = "", width: float = 1.5) -> None:
    """A line that carries one quantity and ends in an arrow head."""
    d.arrow(points, role, width=width)


def _bus(d: Drawing, left: float, right: float, y: float, role: str, hops: Sequence[float] = ()) -> None:
    """A line from which others branch off; open for a moment where another line passes."""
    start = left
    for hop in sorted(hops):
        d.line([(start, y), (hop - HOP, y)], role, width=2)
        start = hop + HOP
    d.line([(start, y), (right + 1, y)], role, width=2)


def _branch(d: Drawing, x: float, y: float, role: str = "") -> None:
    """The dot where a line branches."""
    d.circle(x, y, 1.8, role, strong=True)


def _operation(d: Drawing, x: float, y: float, sign: str) -> None:
    d.circle(x, y, OPERATION)
    d.text(x, y, sign, size=16 if sign in "+⊙" else SMALL + 1)


def _function(d: Drawing, x: float, y: float, name: str) -> None:
    """The circle of σ or tanh; what enters it is added first."""
    d.circle(x, y, GATE)
    d.text(x, y, name, size=16 if name == "σ" else NOTE)


def _caption(d: Drawing, x: float, y: float, equation: _Equation) -> None:
    """A gate's letter, and what it is called."""
    d.phrase(x, y, (equation.symbol, f" {equation.meaning}"), size=NOTE, anchor="start")


def _caption_around(d: Drawing, x: float, y: float, equation: _Equation) -> None:
    """The letter above a line to the right, and the name below it."""
    d.text(x, y - 14, equation.symbol, size=13, anchor="start")
    d.text(x, y + 15, equation.meaning, size=NOTE, anchor="start")


def _equations(d: Drawing, left: float, y: float, equations: Sequence[_Equation]) -> None:
    """How to read the circles, and all equations in two columns, read down the first and then the second."""
    note = "⊙ multiplies number by number. What meets in σ or tanh is added first. The biases stand in the equations."
    d.text(left, y, note, size=NOTE, anchor="start", muted=True)
    rows, lines = (len(equations) + 1) // 2, [(e.symbol, " = ", *e.terms) for e in equations]
    second = left + max(phrase_width(line, 13) for line in lines[:rows]) + 80
    for index, line in enumerate(lines):
        column, row = divmod(index, rows)
        d.phrase(second if column else left, y + 32 + 27 * row, line, size=13, anchor="start")


def _words(terms: Sequence[Part]) -> str:
    """An equation on one line: "h_(t−1)", "W_r"."""
    return "".join(p if isinstance(p, str) else name_of(Label(*p)).replace(BEFORE, f"({BEFORE})") for p in terms)


def _table(caption: str, equations: Sequence[_Equation]) -> Table:
    rows = tuple((_words([e.symbol]), e.meaning, f"{_words([e.symbol])} = {_words(e.terms)}") for e in equations)
    return Table(caption, ("symbol", "name", "equation"), rows)


# the GRU


def gru_cell(theme: str = "card") -> Picture:
    """One step of a GRU as PyTorch computes it: the reset gate acts after the matrix U."""
    equations = _gru_equations()
    r, z, n, _ = equations
    d = Drawing("A GRU cell", theme, PADDING)
    at = {"r": 120.0, "⊙": 244.0, "n": 348.0, "z": 480.0, "keep": 556.0, "+": 650.0}
    row, low, bottom, end = 130.0, 66.0, 232.0, 740.0  # gates; the candidate on its way; inputs; new state
    _gru_inputs(d, at, row, bottom)
    _gru_gates(d, at, row, low)
    _gru_path(d, at, row, low, end)
    _caption_around(d, at["r"] + GATE + 6, row, r)
    _caption(d, at["n"] + 10, (row + low) / 2 - 4, n)
    _caption_around(d, at["z"] + GATE + 6, row, z)
    _equations(d, -30, bottom + 56, equations)
    alt = (
        f"A GRU cell. {_input_sentence(('r', 'z', 'n'))} The reset gate r_t multiplies U_n h_(t−1) + b_hn, after the "
        "matrix U_n; the result and W_n x_t + b_in are added and pass through tanh: the candidate n_t. A thick line, "
        "the additive path, leads from h_(t−1) straight to h_t: it is multiplied by the update gate z_t, and then n_t, "
        f"multiplied by 1 − z_t, is added. {_equation_sentence(equations)}"
    )
    caption = "A GRU cell, equation by equation (PyTorch’s form; b_r = b_ir + b_hr, b_z = b_iz + b_hz)"
    return Picture(d.svg(alt), alt, _table(caption, equations))


def _input_sentence(gates: Sequence[str]) -> str:
    return (
        f"From below comes the input x_t, from the left the state h_(t−1); both enter {', '.join(gates)} through "
        "weights of their own, W in blue and U in vermilion. Operations are circles."
    )


def _equation_sentence(equations: Sequence[_Equation]) -> str:
    return "; ".join(f"{_words([e.symbol])} = {_words(e.terms)} ({e.meaning})" for e in equations) + "."


def _gru_inputs(d: Drawing, at: dict[str, float], row: float, bottom: float) -> None:
    """W from below into r, n and z; U from above, where the old state passes."""
    tensor(d, 0, 0, H_BEFORE, "h")
    tensor(d, 0, bottom, X, "x")
    _bus(d, 30, at["z"], bottom, "W")
    for gate in ("r", "n", "z"):
        x = at[gate]
        if gate != "z":
            _branch(d, x, bottom, "W")
        _wire(d, [(x, bottom), (x, row + GATE + GAP)], "W", 2)
        d.text(x + 9, bottom - 30, _weight("ih", gate, "gru"), anchor="start")
    for gate, x, stop in (("r", at["r"], GATE), ("n", at["⊙"], OPERATION), ("z", at["z"], GATE)):
        _branch(d, x, 0, "U")
        _wire(d, [(x, 0), (x, row - stop - GAP)], "U", 2)
        d.text(x + 9, 34, _weight("hh", gate, "gru"), anchor="start")


def _gru_gates(d: Drawing, at: dict[str, float], row: float, low: float) -> None:
    """r into its product, the product into n; n and z on their way to the state."""
    _function(d, at["r"], row, "σ")
    _operation(d, at["⊙"], row, "⊙")
    _function(d, at["n"], row, "tanh")
    _function(d, at["z"], row, "σ")
    _wire(d, [(at["r"] + GATE, row), (at["⊙"] - OPERATION - GAP, row)])
    _wire(d, [(at["⊙"] + OPERATION, row), (at["n"] - GATE - GAP, row)])


def _gru_path(d: Drawing, at: dict[str, float], row: float, low: float, end: float) -> None:
    """The additive path from the old state to the new one, and what is multiplied and added."""
    keep, plus = at["keep"], at["+"]
    for start, stop in ((30, keep - OPERATION), (keep + OPERATION, plus - OPERATION), (plus + OPERATION, end - 30)):
        _wire(d, [(start, 0), (stop - GAP, 0)], "h", THICK)
    _operation(d, keep, 0, "⊙")
    _operation(d, plus, 0, "+")
    tensor(d, end, 0, H, "h")
    # n goes over, passing U of z and the line of z
    d.line([(at["n"], row - GATE), (at["n"], low), (at["z"] - HOP, low)], width=1.5)
    d.line([(at["z"] + HOP, low), (keep - HOP, low)], width=1.5)
    _wire(d, [(keep + HOP, low), (plus - OPERATION - GAP, low)])
    _operation(d, plus, low, "⊙")
    _wire(d, [(plus, low - OPERATION), (plus, OPERATION + GAP)])
    # z opens the old state, and 1 − z the candidate
    d.line([(at["z"] + GATE, row), (keep, row)], width=1.5)
    _branch(d, keep, row)
    _wire(d, [(keep, row), (keep, OPERATION + GAP)])
    _wire(d, [(keep, row), (plus - 15 - GAP, row)])
    d.circle(plus, row, 15)
    d.text(plus, row, "1 −", size=NOTE)
    _wire(d, [(plus, row - 15), (plus, low + OPERATION + GAP)])


# the LSTM


def lstm_cell(theme: str = "card") -> Picture:
    """One step of an LSTM: the cell state runs along the top, the four gates stand below it."""
    equations = _lstm_equations()
    d = Drawing("An LSTM cell", theme, PADDING)
    at = {"f": 120.0, "i": 262.0, "g": 404.0, "o": 546.0, "out": 662.0}
    row, low, state, bottom, end = 156.0, 76.0, 250.0, 316.0, 740.0
    _lstm_inputs(d, at, row, state, bottom)
    _lstm_path(d, at, row, low, state, end)
    for equation in equations[:4]:
        x = at[equation.symbol.base]
        _function(d, x, row, equation.terms[0] if isinstance(equation.terms[0], str) else "")
        _caption(d, x + 10, row - GATE - 14, equation)
    _equations(d, -30, bottom + 52, equations)
    alt = (
        f"An LSTM cell. {_input_sentence(GATES['lstm'])} A thick line along the top, the additive path, leads from "
        "c_(t−1) straight to c_t: it is multiplied by the forget gate f_t, and then the product of the input gate i_t "
        "and the candidate g_t is added. A branch of c_t goes down through tanh and is multiplied by the output gate "
        f"o_t (not the logits): the new state h_t. {_equation_sentence(equations)}"
    )
    caption = "An LSTM cell, equation by equation (PyTorch’s form; each b is the sum of PyTorch’s two biases)"
    return Picture(d.svg(alt), alt, _table(caption, equations))


def _lstm_inputs(d: Drawing, at: dict[str, float], row: float, state: float, bottom: float) -> None:
    """Two lines below the gates, of the old state and of the input; W and U branch up into every gate."""
    tensor(d, 0, 0, C_BEFORE, "h")
    tensor(d, 0, state, H_BEFORE, "h")
    tensor(d, 0, bottom, X, "x")
    gates = GATES["lstm"]
    last = max(at[gate] for gate in gates)
    _bus(d, 30, last + 9, state, "U", [at[gate] - 9 for gate in gates])
    _bus(d, 30, last - 9, bottom, "W")
    for gate in gates:
        for part, side, role, y in (("ih", -1, "W", bottom), ("hh", 1, "U", state)):
            x = at[gate] + 9 * side
            if at[gate] < last:
                _branch(d, x, y, role)
            _wire(d, [(x, y), (x, row + GATE - 2 + GAP)], role, 2)
            anchor = "end" if side < 0 else "start"
            d.text(x + 7 * side, (row + GATE + state) / 2, _weight(part, gate, "lstm"), anchor=anchor)


def _lstm_path(d: Drawing, at: dict[str, float], row: float, low: float, state: float, end: float) -> None:
    """The additive path of the cell state, what acts on it, and the branch that becomes the hidden state."""
    forget, add, out = at["f"], (at["i"] + at["g"]) / 2, at["out"]
    for start, stop in ((30, forget - OPERATION), (forget + OPERATION, add - OPERATION), (add + OPERATION, end - 30)):
        _wire(d, [(start, 0), (stop - GAP, 0)], "h", THICK)
    _operation(d, forget, 0, "⊙")
    _operation(d, add, 0, "+")
    tensor(d, end, 0, C, "h")
    _wire(d, [(forget, row - GATE), (forget, OPERATION + GAP)])
    _operation(d, add, low, "⊙")
    _wire(d, [(at["i"], row - GATE), (at["i"], low), (add - OPERATION - GAP, low)])
    _wire(d, [(at["g"], row - GATE), (at["g"], low), (add + OPERATION + GAP, low)])
    _wire(d, [(add, low - OPERATION), (add, OPERATION + GAP)])
    _branch(d, out, 0, "h")
    _wire(d, [(out, 0), (out, low - GATE - GAP)], "h")
    _function(d, out, low, "tanh")
    _wire(d, [(out, low + GATE), (out, row - OPERATION - GAP)])
    _operation(d, out, row, "⊙")
    _wire(d, [(at["o"] + GATE, row), (out - OPERATION - GAP, row)])
    _wire(d, [(out, row + OPERATION), (out, state), (end - 30 - GAP, state)], "h", 2)
    tensor(d, end, state, H, "h")
