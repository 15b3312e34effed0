"""One thing, three names: the symbols of the lecture, of d2l.ai (Dive into Deep Learning) and of PyTorch.

The lecture and PyTorch write vectors as columns (W x), d2l as rows (X W), so its matrices are the transposes.
PyTorch splits every hidden bias in two, b_1 = b_ih + b_hh. The sum is all that counts, but for the n gate of a
GRU, where b_hn stands inside the product with r.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

SYSTEMS = ("lecture", "d2l", "pytorch")
FORMS = ("column", "row")

# The row blocks of torch's packed weights, and what d2l calls the same gates.
_GATES_IN_D2L = {
    "rnn": {"h": "h"},
    "gru": {"r": "r", "z": "z", "n": "h"},
    "lstm": {"i": "i", "f": "f", "g": "c", "o": "o"},
}
_MEANINGS = {
    "rnn": {"h": "hidden state"},
    "gru": {"r": "reset gate", "z": "update gate", "n": "candidate state"},
    "lstm": {"i": "input gate", "f": "forget gate", "g": "candidate cell", "o": "output gate"},
}
_TORCH_NAME = re.compile(r"(weight|bias)(?:_(ih|hh|hr))?_l([0-9]{1,6})(_reverse)?")
_OUTPUT_LAYER = {
    "linear.weight": {"lecture": ("V", ""), "d2l": ("W", "hq")},
    "linear.bias": {"lecture": ("b", "2"), "d2l": ("b", "q")},
}


_LECTURE = {
    "weight_ih": ("W", ""),
    "weight_hh": ("U", ""),
    "weight_hr": ("P", ""),
    "bias": ("b", "1"),
    "bias_ih": ("b", "ih"),
    "bias_hh": ("b", "hh"),
}


class Label(NamedTuple):
    """A symbol as it is drawn: italic base, real subscript and superscript."""

    base: str
    sub: str = ""
    sup: str = ""


class Symbol(NamedTuple):
    """One row of the lecture's table of notation, every field ready to print."""

    symbol: str
    meaning: str
    shape: str  # column form
    d2l: str
    pytorch: str


SYMBOLS = (
    Symbol("x_t", "input at step t", "(d_in,)", "X_t, rows of a batch (N × d)", "input[t], time first"),
    Symbol(
        "h_t",
        "hidden state at step t",
        "(d_h,)",
        "H_t",
        "output[t] of the top layer (one direction); h_n holds the final state of every layer and direction",
    ),
    Symbol("o_t", "logits, V h_t + b_2", "(d_out,)", "O_t", "a separate nn.Linear"),
    Symbol(
        "p_t",
        "prediction, softmax(o_t); many books write y_t",
        "(d_out,)",
        "–",
        "inside CrossEntropyLoss, which wants the logits",
    ),
    Symbol("y_t", "target, a class index", "scalar", "–", "target[t]"),
    Symbol("W", "input → hidden", "d_h × d_in", "W_xh, transposed", "weight_ih_l0"),
    Symbol("U", "hidden → hidden", "d_h × d_h", "W_hh, transposed", "weight_hh_l0"),
    Symbol("V", "hidden → output", "d_out × d_h (two-way: d_out × 2d_h)", "W_hq, transposed", "nn.Linear.weight"),
    Symbol("b_1", "hidden bias", "(d_h,)", "b_h", "bias_ih_l0 + bias_hh_l0"),
    Symbol("b_2", "output bias", "(d_out,)", "b_q", "nn.Linear.bias"),
    Symbol("T", "time steps", "scalar", "num_steps", "first axis of input, second with batch_first"),
    Symbol("N", "sequences in a batch", "scalar", "n", "second axis of input, first with batch_first"),
    Symbol("L", "layers", "scalar", "L", "num_layers"),
    Symbol("D", "directions", "scalar", "–", "2 if bidirectional else 1"),
)

GRU_CAVEAT = (
    "For a GRU the systems differ by more than names: d2l and the original paper multiply by the reset gate "
    "before the matrix, U (r ⊙ h); PyTorch and this lecture after it, r ⊙ (U h + b_hn). "
    "These are different functions, so no renaming of the weights turns one into the other."
)


def weight_label(name: str, system: str, *, cell: str = "rnn", layers: int = 1, bidirectional: bool = False) -> Label:
    """Label a parameter, given by torch's name, in one of the three systems.

    "bias_l0" is the sum of the two hidden biases; "linear.weight" and "linear.bias" are the output layer.
    The superscript tells the layer, from (1), where there are several, and the direction where there are two.
    A packed weight of a GRU or LSTM lists its gates in d2l, which has one matrix each. Raises ValueError.
    """
    _one_of("system", system, SYSTEMS)
    gates = _GATES_IN_D2L[_one_of("cell", cell, tuple(_GATES_IN_D2L))]
    if isinstance(name, str) and name in _OUTPUT_LAYER:
        return Label(name) if system == "pytorch" else Label(*_OUTPUT_LAYER[name][system])
    kind, layer, backward = _parse(name)
    if system == "pytorch":
        return Label(" + ".join(f"bias_{part}{name[4:]}" for part in ("ih", "hh")) if kind == "bias" else name)
    sup = _superscript(system, layer, backward, layers, bidirectional)
    if system == "lecture":
        return Label(*_LECTURE[kind], sup)
    names = "".join(gates.values()) if len(gates) == 1 else "(" + ",".join(gates.values()) + ")"
    return Label(*_d2l(kind, names), sup)


def _d2l(kind: str, gate: str) -> tuple[str, str]:
    """The base and subscript d2l gives a weight; it knows no projection and one hidden bias only."""
    if kind == "weight_hr":
        return "W", "hr"
    letter, _, part = kind.partition("_")
    if letter == "weight":
        return "W", {"ih": "x", "hh": "h"}[part] + gate
    return "b", gate + ("," + part if part else "")


def gate_label(name: str, gate: str, cell: str, system: str, *, layers: int = 1, bidirectional: bool = False) -> Label:
    """Label one gate's block of a packed weight, e.g. the block r of a GRU's weight_hh_l0: U_r, W_hr, W_hr.

    `gate` is one of "h" (RNN), "r", "z", "n" (GRU), "i", "f", "g", "o" (LSTM). "bias_l0" is again the sum of two
    biases, which the n gate of a GRU does not have. Raises ValueError.
    """
    _one_of("system", system, SYSTEMS)
    gates = _GATES_IN_D2L[_one_of("cell", cell, tuple(_GATES_IN_D2L))]
    _one_of("gate", gate, tuple(gates))
    kind, layer, backward = _parse(name)
    if cell == "rnn" or kind == "weight_hr":
        return weight_label(name, system, cell=cell, layers=layers, bidirectional=bidirectional)
    if kind == "bias" and (cell, gate) == ("gru", "n"):
        raise ValueError(f"{name} cannot be the sum of two biases in the n gate of a GRU: b_hn is multiplied by r.")
    sup = _superscript(system, layer, backward, layers, bidirectional)
    letter, _, part = kind.partition("_")
    if system == "d2l":
        return Label(*_d2l(kind, gates[gate]), sup)
    if kind == "bias" and system == "pytorch":
        return Label(f"b_i{gate} + b_h{gate}", "", sup)
    if system == "lecture" and (letter == "weight" or kind == "bias"):
        return Label(_LECTURE[kind][0], gate, sup)
    # PyTorch's formulas, and the lecture's biases: the letter i for the input's side, h for the state's.
    return Label("W" if letter == "weight" else "b", part[0] + gate, sup)


def gate_meaning(gate: str, cell: str) -> str:
    """Say what a gate is called, e.g. "reset gate"; raises ValueError for one the cell does not have."""
    meanings = _MEANINGS[_one_of("cell", cell, tuple(_MEANINGS))]
    return meanings[_one_of("gate", gate, tuple(meanings))]


_TENSORS = {
    "input": (Label("x", "t"), Label("X", "t")),
    "output": (Label("h", "t"), Label("H", "t")),
    "h_0": (Label("h", "0"), Label("H", "0")),
    "h_n": (Label("h", "T"), Label("H", "T")),
    "c_0": (Label("c", "0"), Label("C", "0")),
    "c_n": (Label("c", "T"), Label("C", "T")),
    "logits": (Label("o", "t"), Label("O", "t")),
    "prediction": (Label("p", "t"), Label("softmax(O)", "t")),
    "target": (Label("y", "t"), Label("Y", "t")),
}


def tensor_label(name: str, system: str) -> Label:
    """Label an input, state, output, logit, prediction or target in one of the systems. Raises ValueError."""
    _one_of("system", system, SYSTEMS)
    lecture, d2l = _TENSORS[_one_of("name", name, tuple(_TENSORS))]
    torch_name = "softmax(logits)" if name == "prediction" else name
    return {"lecture": lecture, "d2l": d2l, "pytorch": Label(torch_name)}[system]


def plain(label: Label) -> str:
    """Write a label on one line, e.g. "W_xh^(1)"."""
    return label.base + (f"_{label.sub}" if label.sub else "") + (f"^{label.sup}" if label.sup else "")


def shape_in_form(shape: Sequence[int], form: str) -> tuple[int, ...]:
    """Give the shape of a weight in "column" form (W x, as PyTorch) or "row" form (X W, as d2l).

    The row form transposes matrices; a bias keeps its shape. Axis names follow. Raises ValueError.
    """
    _one_of("form", form, FORMS)
    if len(shape) > 2:
        raise ValueError(f"shape must be that of a matrix or a bias, but it has {len(shape)} axes.")
    axes = getattr(shape, "axes", None)
    step = -1 if form == "row" else 1
    if axes is None:
        return tuple(shape)[::step]
    named: Callable[..., tuple[int, ...]] = type(shape)  # type: ignore[assignment]
    return named(tuple(shape)[::step], axes[::step])


def caveat(cell: str, system: str) -> str:
    """Say where a change of notation is more than a renaming (a GRU in d2l); "" where it is not."""
    _one_of("system", system, SYSTEMS)
    return GRU_CAVEAT if _one_of("cell", cell, tuple(_GATES_IN_D2L)) == "gru" and system == "d2l" else ""


def _parse(name: str) -> tuple[str, int, bool]:
    """Split torch's name of a weight into its kind, layer and whether it is the backward direction's."""
    match = _TORCH_NAME.fullmatch(name) if isinstance(name, str) else None
    if match is None or (match[1] == "weight" and not match[2]) or (match[1], match[2]) == ("bias", "hr"):
        raise ValueError(
            f'name must be one of torch\'s, such as "weight_ih_l0" or "bias_hh_l1_reverse", but it is {name!r:.60}.'
        )
    return match[1] + (f"_{match[2]}" if match[2] else ""), int(match[3]), bool(match[4])


def _superscript(system: str, layer: int, backward: bool, layers: int, bidirectional: bool) -> str:
    number = f"({layer + 1})" if layers > 1 else ""
    arrows = "→←" if system == "lecture" else ("(f)", "(b)")
    return number + (arrows[backward] if bidirectional else "")


def _one_of(name: str, value: str, allowed: tuple[str, ...]) -> str:
    if not isinstance(value, str) or value not in allowed:
        options = ", ".join(f'"{option}"' for option in allowed[:-1]) + f' or "{allowed[-1]}"'
        raise ValueError(f"{name} must be {options}, but it is {value!r:.60}.")
    return value
