"""The arithmetic of recurrent layers: every shape and every parameter count of nn.RNN, nn.GRU and nn.LSTM."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import packed as packing
from .shape import LARGEST_DEPTH, Shape, choice, flag, fraction, whole

if TYPE_CHECKING:
    from .provenance import Provenance

# The row blocks of torch's packed weights, top to bottom.
GATES = {"rnn": ("h",), "gru": ("r", "z", "n"), "lstm": ("i", "f", "g", "o")}


@dataclass(frozen=True)
class Term:
    """One summand of the parameter count: one weight matrix or bias of one layer and direction."""

    name: str
    layer: int
    direction: int  # 0 forward, 1 backward
    formula: str  # the product that gives `count`, e.g. "4 · 10 · 20"
    shape: Shape
    count: int
    meaning: str


@dataclass(frozen=True)
class RecurrentShape:
    """The settings of an `nn.RNN`, `nn.GRU` or `nn.LSTM`, from which every shape follows.

    Sizes run from 1 to 1,000,000 and `num_layers` from 1 to 1,000; `dropout` is a probability and changes
    no shape; `proj_size` is for LSTMs alone. An impossible setting raises ValueError with a sentence.
    """

    cell: str
    input_size: int
    hidden_size: int
    num_layers: int = 1
    bidirectional: bool = False
    batch_first: bool = False
    bias: bool = True
    dropout: float = 0.0
    proj_size: int = 0
    nonlinearity: str = "tanh"

    def __post_init__(self) -> None:
        checked = {
            "cell": choice("cell", self.cell, tuple(GATES)),
            "input_size": whole("input_size", self.input_size),
            "hidden_size": whole("hidden_size", self.hidden_size),
            "num_layers": whole("num_layers", self.num_layers, high=LARGEST_DEPTH),
            "bidirectional": flag("bidirectional", self.bidirectional),
            "batch_first": flag("batch_first", self.batch_first),
            "bias": flag("bias", self.bias),
            "dropout": fraction("dropout", self.dropout),
            "proj_size": whole("proj_size", self.proj_size, low=0),
            "nonlinearity": choice("nonlinearity", self.nonlinearity, ("tanh", "relu")),
        }
        for name, value in checked.items():
            object.__setattr__(self, name, value)
        self._check_combination()

    def _check_combination(self) -> None:
        if self.proj_size and self.cell != "lstm":
            raise ValueError(
                f"proj_size must be 0 for {_called(self.cell)}, but it is {self.proj_size}: only an LSTM projects."
            )
        if self.proj_size >= self.hidden_size:
            raise ValueError(
                f"proj_size must be smaller than hidden_size ({self.hidden_size}), but it is {self.proj_size}."
            )
        if self.nonlinearity != "tanh" and self.cell != "rnn":
            raise ValueError(
                f'nonlinearity must stay "tanh" for {_called(self.cell)}, but it is "{self.nonlinearity}": '
                "only a plain RNN offers the choice."
            )

    @classmethod
    def from_module(cls, module: object) -> RecurrentShape:
        """Read the settings off an `nn.RNN`, `nn.GRU`, `nn.LSTM` or a layer of `lecture_utils.rnn`.

        Anything else raises TypeError with a sentence.
        """
        wanted = "Expected an nn.RNN, nn.GRU or nn.LSTM, or a layer of lecture_utils.rnn"
        if isinstance(module, type):
            raise TypeError(f"{wanted}, but got the class {module.__name__}: give it its sizes first.")
        cell = _cell_of(module)
        if cell is None or not hasattr(module, "input_size") or not hasattr(module, "num_layers"):
            raise TypeError(f"{wanted}, but got an object of type {type(module).__name__}.")
        optional = ("num_layers", "bidirectional", "batch_first", "bias", "dropout", "proj_size")
        settings = {name: getattr(module, name) for name in optional if hasattr(module, name)}
        if cell == "rnn":
            settings["nonlinearity"] = getattr(module, "nonlinearity", "tanh")
        return cls(cell, module.input_size, getattr(module, "hidden_size", None), **settings)  # type: ignore[arg-type]

    @property
    def num_directions(self) -> int:
        """1, or 2 for a bidirectional layer."""
        return 2 if self.bidirectional else 1

    @property
    def output_size(self) -> int:
        """Features of one direction's hidden state: `proj_size` where there is one, else `hidden_size`."""
        return self.proj_size or self.hidden_size

    @property
    def gates(self) -> tuple[str, ...]:
        """The row blocks of the packed weights, top to bottom, named as in PyTorch's formulas."""
        return GATES[self.cell]

    def inputs(self, seq_len: int, batch_size: int | None = None) -> dict[str, Shape]:
        """Shapes of what the layer takes: input, h_0 and, for an LSTM, c_0; no batch_size means unbatched."""
        steps, items = sizes(seq_len, batch_size)
        return {"input": self._sequence(steps, items, self.input_size), **self._states("_0", items)}

    def outputs(self, seq_len: int, batch_size: int | None = None) -> dict[str, Shape]:
        """Shapes of what the layer returns: output, h_n and, for an LSTM, c_n; no batch_size means unbatched."""
        steps, items = sizes(seq_len, batch_size)
        features = self.num_directions * self.output_size
        return {"output": self._sequence(steps, items, features), **self._states("_n", items)}

    def _sequence(self, steps: int, items: int | None, features: int) -> Shape:
        if items is None:
            return Shape((steps, features), ("time", "feature"))
        if self.batch_first:
            return Shape((items, steps, features), ("batch", "time", "feature"))
        return Shape((steps, items, features), ("time", "batch", "feature"))

    def _states(self, suffix: str, items: int | None) -> dict[str, Shape]:
        # batch_first never reaches the states: layers and directions always come first.
        widths = {"h": self.output_size} | ({"c": self.hidden_size} if self.cell == "lstm" else {})
        batch = [] if items is None else [items]
        names = ["layer·direction", *(["batch"] if batch else []), "feature"]
        stacked = self.num_layers * self.num_directions
        return {state + suffix: Shape([stacked, *batch, width], names) for state, width in widths.items()}

    def weights(self) -> dict[str, Shape]:
        """Shapes of the parameters under torch's names, in torch's order."""
        return {term.name: term.shape for term in self.parameter_terms()}

    @property
    def num_parameters(self) -> int:
        """How many numbers the layer learns; the sequence length plays no part in it."""
        return sum(term.count for term in self.parameter_terms())

    def parameter_terms(self) -> list[Term]:
        """The parameter count, one term for each weight and bias, in torch's order."""
        blocks = [(layer, way) for layer in range(self.num_layers) for way in range(self.num_directions)]
        return [term for layer, way in blocks for term in self._block(layer, way)]

    def _block(self, layer: int, direction: int) -> list[Term]:
        """The weights of one layer and direction."""
        state = "projection" if self.proj_size else "hidden"
        rows = (("gate × " if len(self.gates) > 1 else "") + "hidden", self.hidden_size, len(self.gates))
        below = ("input", self.input_size, 1)
        source = "input"
        if layer:
            below = ("direction × " * self.bidirectional + state, self.output_size, self.num_directions)
            source = ("both directions" if self.bidirectional else "output") + f" of layer {layer - 1}"
        recurrent = (state, self.output_size, 1)
        parts = [
            ("weight_ih", [rows, below], f"{source} → hidden"),
            ("weight_hh", [rows, recurrent], f"{state} → hidden"),
            *[("bias_ih", [rows], "bias beside weight_ih"), ("bias_hh", [rows], "bias beside weight_hh")] * self.bias,
            *[("weight_hr", [recurrent, ("hidden", self.hidden_size, 1)], "hidden → projection")]
            * bool(self.proj_size),
        ]
        suffix = f"_l{layer}" + "_reverse" * direction
        return [_term(kind + suffix, layer, direction, axes, meaning) for kind, axes, meaning in parts]

    def packed(self, lengths: object) -> packing.PackedLayout:
        """Where every step of sequences of these lengths lies in a PackedSequence, and the shapes of its data."""
        return packing.lay_out(lengths, self.input_size, self.num_directions * self.output_size)

    def provenance(self, expression: str, seq_len: int, batch_size: int | None = None) -> Provenance:
        """Tell which hidden states a slice such as "output[:, -1]" holds, and which inputs they can depend on.

        The expression is parsed, never run; one that is not understood raises ValueError with a sentence.
        """
        from .provenance import trace

        return trace(self, expression, *sizes(seq_len, batch_size))


def sizes(seq_len: object, batch_size: object) -> tuple[int, int | None]:
    """Check a sequence length and a batch size, where None stands for unbatched."""
    return whole("seq_len", seq_len), None if batch_size is None else whole("batch_size", batch_size)


def _term(name: str, layer: int, direction: int, axes: list[tuple[str, int, int]], meaning: str) -> Term:
    """Build one term from its axes, each given as (name, size, how many such blocks)."""
    shape = Shape([size * blocks for _, size, blocks in axes], [axis for axis, _, _ in axes])
    factors = [f"{blocks} · {size}" if blocks > 1 else str(size) for _, size, blocks in axes]
    if len(axes) == 2 and axes[1][2] > 1:
        factors[1] = f"({factors[1]})"  # 10 · (2 · 10): the columns come from two directions
    if axes[0][2] > 1:
        meaning += f", {axes[0][2]} gates"
    return Term(name, layer, direction, " · ".join(factors), shape, shape.elements, meaning)


def _cell_of(module: object) -> str | None:
    """Tell the kind of cell by torch's `mode`, else by the name of the class or of one it is built on."""
    mode = getattr(module, "mode", None)
    names = [mode.split("_")[0]] if isinstance(mode, str) else [kind.__name__ for kind in type(module).__mro__]
    return next((name.lower() for name in names if name.lower() in GATES), None)


def _called(cell: str) -> str:
    return {"rnn": "a plain RNN", "gru": "a GRU", "lstm": "an LSTM"}[cell]
