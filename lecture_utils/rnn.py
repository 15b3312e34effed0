"""RNN, GRU and LSTM from scratch: drop-in replacements for ``torch.nn.RNN``, ``torch.nn.GRU`` and ``torch.nn.LSTM``.

A cell is its equations: read ``RNN.step``, ``GRU.step`` and ``LSTM.step``, and above each ``project``, the part that
needs no state and so is one product for all time steps. Everything else, the same for all three, is
``RecurrentLayer``: time steps, directions, layers, ragged batches.

Sizes in the comments: T time steps, N sequences in a batch, n of them still running, R rows (all steps of all
sequences, one below the other), L layers, D directions, d_in, d_h and d_p features of input, state and projection.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from functools import lru_cache
from itertools import groupby
from typing import Any

import torch
from torch import Tensor, nn, sigmoid, tanh
from torch.nn.functional import dropout
from torch.nn.utils.rnn import PackedSequence

from lecture_utils.shapes import RecurrentShape, Shape

__all__ = ["GRU", "LSTM", "RNN", "RecurrentLayer"]

Weights = Sequence[Tensor]  # W, U, b_ih, b_hh and, in an LSTM that projects, P
States = tuple[Tensor, ...]  # (h,) or, in an LSTM, (h, c)
SETTINGS = tuple(field.name for field in fields(RecurrentShape))


class RecurrentLayer(nn.Module):
    """What RNN, GRU and LSTM share; a subclass adds its constructor, its ``project`` and its ``step``.

    A padded batch is treated as a packed one in which no sequence ends early, and a single sequence as a batch of
    one: so there is one loop over time, in ``_walk``.
    """

    cell: str
    input_size: int
    hidden_size: int
    num_layers: int
    bidirectional: bool
    batch_first: bool
    bias: bool
    dropout: float
    proj_size: int
    nonlinearity: str
    project: Callable[..., tuple[Tensor, ...]]  # rows and all weights -> W x + b of every row, and what step needs
    step: Callable[..., Tensor | States]  # one step of W x + b, h (and c), what step needs -> new h (and c)

    def __init__(self, spec: RecurrentShape, device: Any = None, dtype: torch.dtype | None = None) -> None:
        """Take the settings and draw the weights; settings that cannot be raise ValueError in RecurrentShape."""
        super().__init__()
        for setting, value in asdict(spec).items():
            setattr(self, setting, value)
        terms = spec.parameter_terms()  # layer by layer, in torch's order
        for term in terms:
            self.register_parameter(term.name, nn.Parameter(torch.empty(term.shape, device=device, dtype=dtype)))
        blocks = groupby(terms, key=lambda term: (term.layer, term.direction))
        self._weight_names = [[term.name for term in block] for _, block in blocks]
        if spec.dropout and spec.num_layers == 1:
            warnings.warn(
                f"dropout={spec.dropout} has no effect with num_layers=1: it acts between layers only.", stacklevel=3
            )
        self.reset_parameters()

    @property
    def spec(self) -> RecurrentShape:
        """The settings as a RecurrentShape, which knows every shape of this layer."""
        return _spec(*[getattr(self, name) for name in SETTINGS])

    @property
    def mode(self) -> str:
        """The kind of cell as torch.nn names it: "RNN_TANH", "RNN_RELU", "GRU" or "LSTM"."""
        return f"RNN_{self.nonlinearity}".upper() if self.cell == "rnn" else self.cell.upper()

    @property
    def all_weights(self) -> list[list[Tensor]]:
        """The weights of each layer and direction, layer by layer, as torch.nn lists them."""
        return [[getattr(self, name) for name in block] for block in self._weight_names]

    def reset_parameters(self) -> None:
        """Draw every weight and bias uniformly from ±1/√d_h, in torch's order: one seed, the same weights."""
        bound = 1 / math.sqrt(self.hidden_size)
        for weight in self.parameters():
            nn.init.uniform_(weight, -bound, bound)

    def flatten_parameters(self) -> None:
        """Do nothing: torch.nn moves weights together for cuDNN here, and code written for it may call this."""

    def extra_repr(self) -> str:
        """The settings that differ from the defaults, as torch.nn prints them."""
        settings = ("proj_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional", "nonlinearity")
        changed = [name for name in settings if getattr(self, name) != getattr(RecurrentShape, name)]
        return ", ".join(
            [f"{self.input_size}, {self.hidden_size}", *(f"{name}={getattr(self, name)}" for name in changed)]
        )

    def forward(self, input: Tensor | PackedSequence, hx: Tensor | Sequence[Tensor] | None = None) -> tuple[Any, Any]:
        """Run the layers over `input` and return (output, h_n), or (output, (h_n, c_n)) from an LSTM.

        Shapes: input (T, N, d_in), with batch_first (N, T, d_in), unbatched (T, d_in), or a PackedSequence; output
        alike, with D · d_h features; hx, h_n and c_n (L · D, N, d_h), unbatched (L · D, d_h), zeros if not given.
        A wrong shape or device raises RuntimeError, a wrong number of axes or number type ValueError.
        """
        shapes = self._check(input, hx)
        packed = self._pack(input)  # .data: (R, d_in)
        initial = self._initial(packed, hx, shapes)  # (L · D, N, d_h)
        rows, ends = packed.data, []
        for layer in range(self.num_layers):
            rows, end = self._layer(layer, rows, packed.batch_sizes.tolist(), initial)  # (R, D · d_h)
            ends += end
        return self._unpack(rows, packed, input), self._final(ends, packed, input)

    def _layer(self, layer: int, rows: Tensor, sizes: list[int], initial: States) -> tuple[Tensor, list[States]]:
        """Run one layer: each direction walks over the same rows, and their outputs are joined, feature by feature."""
        if layer > 0:
            rows = dropout(rows, self.dropout, self.training)
        outputs, ends = [], []
        directions = 1 + self.bidirectional
        for direction in range(directions):
            k = layer * directions + direction  # states and weights lie layer by layer
            state = tuple(s[k] for s in initial)  # (N, d_h)
            output, end = self._walk(rows, sizes, state, self._weights(k), backward=direction == 1)
            outputs.append(output)  # (R, d_h)
            ends.append(end)
        return torch.cat(outputs, dim=1) if directions > 1 else outputs[0], ends

    def _walk(
        self, rows: Tensor, sizes: list[int], state: States, weights: Weights, backward: bool
    ) -> tuple[Tensor, States]:
        """Walk through time in one direction; return h at every row and the state of every sequence at the end.

        The longest sequence comes first, so the n that are running at a step are the first n. The others keep
        their state: walking forward they have ended, walking backward they have not begun.
        """
        projected, *rest = self.project(rows, *weights)  # all steps at once: (R, d_h) a gate
        steps = list(zip(projected.split(sizes), sizes))
        outputs = []
        for Wx, n in reversed(steps) if backward else steps:  # (n, d_h) a gate
            ragged = n < sizes[0]
            running = [s[:n] for s in state] if ragged else state  # (n, d_h)
            new = _as_tuple(self.step(Wx, *running, *rest))  # (n, d_h)
            state = tuple(torch.cat((a, s[n:])) for a, s in zip(new, state)) if ragged else new  # (N, d_h)
            outputs.append(new[0])
        return torch.cat(outputs[::-1] if backward else outputs), state  # (R, d_h), (N, d_h)

    def _weights(self, k: int) -> Weights:
        """The weights of the k-th layer and direction; without bias, zeros stand in the equations instead."""
        W, U, *others = self.all_weights[k]
        zero = W.new_zeros(())
        return [W, U, *others] if self.bias else [W, U, zero, zero, *others]

    def _pack(self, input: Tensor | PackedSequence) -> PackedSequence:
        """Lay the input out as rows, step after step, with the number of sequences running at each step."""
        if isinstance(input, PackedSequence):
            return input
        if input.dim() == 2:
            input = input.unsqueeze(1)  # (T, 1, d_in), also with batch_first
        elif self.batch_first:
            input = input.transpose(0, 1)  # (T, N, d_in)
        steps, batch, _ = input.shape
        sizes = torch.full((steps,), batch, device="cpu")
        return PackedSequence(input.flatten(0, 1), sizes)  # .data: (T · N, d_in)

    def _unpack(self, rows: Tensor, packed: PackedSequence, input: Tensor | PackedSequence) -> Tensor | PackedSequence:
        """Give the rows of the output the form that the input had."""
        if isinstance(input, PackedSequence):
            return PackedSequence(rows, packed.batch_sizes, packed.sorted_indices, packed.unsorted_indices)
        if input.dim() == 2:
            return rows  # (T, D · d_h)
        output = rows.unflatten(0, self._extent(packed))  # (T, N, D · d_h)
        return output.transpose(0, 1) if self.batch_first else output

    def _initial(
        self, packed: PackedSequence, hx: Tensor | Sequence[Tensor] | None, shapes: dict[str, Shape]
    ) -> States:
        """The states before the first step, zeros if not given, in the order of the rows: longest sequence first."""
        if hx is None:
            hx = [packed.data.new_zeros(shape) for name, shape in shapes.items() if name != "input"]
        state = tuple(s.unsqueeze(1) if s.dim() == 2 else s for s in _as_tuple(hx))  # (L · D, N, d_h)
        return _reorder(state, packed.sorted_indices)

    def _final(self, ends: list[States], packed: PackedSequence, input: Tensor | PackedSequence) -> Tensor | States:
        """The states after the last step, in the order of the input's sequences and the form of hx."""
        state = tuple(torch.stack(s) for s in zip(*ends))  # (L · D, N, d_h)
        state = _reorder(state, packed.unsorted_indices)
        if isinstance(input, Tensor) and input.dim() == 2:
            state = tuple(s.squeeze(1) for s in state)  # (L · D, d_h)
        return state if len(state) > 1 else state[0]

    def _extent(self, input: Tensor | PackedSequence) -> tuple[int, int | None]:
        """Count time steps and sequences; None stands for the single sequence of an unbatched input."""
        if isinstance(input, PackedSequence):
            return len(input.batch_sizes), int(input.batch_sizes[0])
        if input.dim() == 2:
            return len(input), None
        steps, batch = input.shape[1::-1] if self.batch_first else input.shape[:2]
        return steps, batch

    def _shapes(self, steps: int, batch: int | None) -> dict[str, Shape]:
        """The shapes of input and initial states; a batch may hold no sequence, as in torch.nn."""
        shapes = self.spec.inputs(steps, 1 if batch == 0 else batch)
        if batch == 0:
            shapes = {name: _emptied(shape) for name, shape in shapes.items()}
        return shapes

    def _check(self, input: Tensor | PackedSequence, hx: Tensor | Sequence[Tensor] | None) -> dict[str, Shape]:
        """The shapes of input and initial states, or an error in words, unless the given ones fit the layer."""
        data = _data_of(input, self.batch_first)
        steps, batch = self._extent(input)
        if steps == 0:
            raise RuntimeError(
                f"input must have at least one step on its time axis, but its shape is {tuple(data.shape)}."
            )
        shapes = self._shapes(steps, batch)
        if isinstance(input, PackedSequence):
            shapes["input"] = Shape((len(data), self.input_size), ("row", "feature"))
        given = {"input": data}
        if hx is not None:
            given |= _named_states(hx, [name for name in shapes if name != "input"])
        weight = next(self.parameters())
        for name, tensor in given.items():
            _check_shape(name, tensor, shapes[name])
            _check_kind(name, tensor, weight)
        return shapes


class RNN(RecurrentLayer):
    """The vanilla (Elman) RNN, called like torch.nn.RNN; `nonlinearity` is "tanh" or "relu" (Elman, 1990)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        nonlinearity: str = "tanh",
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        settings = (num_layers, bidirectional, batch_first, bias, dropout)
        spec = RecurrentShape("rnn", input_size, hidden_size, *settings, nonlinearity=nonlinearity)
        if nonlinearity != spec.nonlinearity:
            raise ValueError(f'nonlinearity must be "tanh" or "relu" in small letters, but it is "{nonlinearity}".')
        super().__init__(spec, device, dtype)

    def project(self, rows: Tensor, W: Tensor, U: Tensor, b_ih: Tensor, b_hh: Tensor) -> tuple[Tensor, Tensor]:
        """W x_t + b_ih + b_hh for all rows at once: (R, d_in) -> (R, d_h); and Uᵀ, since states are rows."""
        return rows @ W.T + (b_ih + b_hh), U.T

    def step(self, Wx: Tensor, h: Tensor, U_T: Tensor) -> Tensor:
        """h_t = tanh(W x_t + U h_{t-1} + b_ih + b_hh), for rows: Wx, which holds the biases too, and h (n, d_h)."""
        activation = torch.relu if self.nonlinearity == "relu" else tanh
        return activation(torch.addmm(Wx, h, U_T))  # Wx + h Uᵀ: (n, d_h)


class GRU(RecurrentLayer):
    """The gated recurrent unit, called like torch.nn.GRU (Cho et al., 2014; PyTorch's variant of the new gate)."""

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        spec = RecurrentShape("gru", input_size, hidden_size, num_layers, bidirectional, batch_first, bias, dropout)
        super().__init__(spec, device, dtype)

    def project(self, rows: Tensor, W: Tensor, U: Tensor, b_ih: Tensor, b_hh: Tensor) -> tuple[Tensor, ...]:
        """W x_t + b_ih for all rows at once: (R, d_in) -> (R, 3 d_h); b_hh must wait, for b_hn is scaled by r."""
        return rows @ W.T + b_ih, U.T, b_hh

    def step(self, Wx: Tensor, h: Tensor, U_T: Tensor, b_hh: Tensor) -> Tensor:
        """h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}: Wx (n, 3 d_h), h (n, d_h); W, U and the biases hold the blocks r, z, n."""
        x_r, x_z, x_n = Wx.chunk(3, dim=1)  # (n, d_h) each
        h_r, h_z, h_n = (h @ U_T + b_hh).chunk(3, dim=1)  # (n, d_h) each
        r = sigmoid(x_r + h_r)  # reset: how much of the past the new state sees
        z = sigmoid(x_z + h_z)  # update: how much of the past stays
        n = tanh(x_n + r * h_n)  # r acts on U_n h + b_hn; in the paper on h alone: another function
        return (1 - z) * n + z * h  # (n, d_h)


class LSTM(RecurrentLayer):
    """The long short-term memory, called like torch.nn.LSTM (Hochreiter & Schmidhuber, 1997; Gers et al., 2000).

    With `proj_size` the state h is projected down before it is passed on (Sak et al., 2014).
    """

    def __init__(
        self,
        input_size: int,
        hidden_size: int,
        num_layers: int = 1,
        bias: bool = True,
        batch_first: bool = False,
        dropout: float = 0.0,
        bidirectional: bool = False,
        proj_size: int = 0,
        device: Any = None,
        dtype: torch.dtype | None = None,
    ) -> None:
        spec = RecurrentShape(
            "lstm", input_size, hidden_size, num_layers, bidirectional, batch_first, bias, dropout, proj_size
        )
        super().__init__(spec, device, dtype)

    def project(self, rows: Tensor, W: Tensor, U: Tensor, b_ih: Tensor, b_hh: Tensor, *P: Tensor) -> tuple[Tensor, ...]:
        """W x_t + b_ih + b_hh for all rows at once: (R, d_in) -> (R, 4 d_h); W, U and the biases: blocks i, f, g, o."""
        return rows @ W.T + (b_ih + b_hh), U.T, *P

    def step(self, Wx: Tensor, h: Tensor, c: Tensor, U_T: Tensor, P: Tensor | None = None) -> States:
        """c_t = f ⊙ c_{t-1} + i ⊙ g, h_t = o ⊙ tanh(c_t): Wx (n, 4 d_h), h and c (n, d_h)."""
        i, f, g, o = torch.addmm(Wx, h, U_T).chunk(4, dim=1)  # Wx + h Uᵀ: (n, d_h) each
        c = sigmoid(f) * c + sigmoid(i) * tanh(g)  # forget some, write some: (n, d_h)
        h = sigmoid(o) * tanh(c)  # (n, d_h)
        return (h if P is None else h @ P.T), c  # (n, d_h) or, projected, (n, d_p); (n, d_h)


@lru_cache
def _spec(*settings: Any) -> RecurrentShape:
    """Checked settings, kept: every call of a layer asks for them."""
    return RecurrentShape(*settings)


def _as_tuple(state: Tensor | Sequence[Tensor]) -> States:
    return (state,) if isinstance(state, Tensor) else tuple(state)


def _reorder(state: States, order: Tensor | None) -> States:
    return state if order is None else tuple(s.index_select(1, order) for s in state)


def _data_of(input: Tensor | PackedSequence, batch_first: bool) -> Tensor:
    """The numbers of the input, or an error where there is no telling its time steps and sequences."""
    if isinstance(input, PackedSequence):
        return input.data
    if not isinstance(input, Tensor):
        raise TypeError(f"input must be a tensor or a PackedSequence, but it is of type {type(input).__name__}.")
    if input.dim() not in (2, 3):
        axes = "(batch, time, feature)" if batch_first else "(time, batch, feature)"
        raise ValueError(
            f"input must have the axes {axes}, or (time, feature) for a single sequence, "
            f"but it has {input.dim()} axes: {tuple(input.shape)}."
        )
    return input


def _named_states(hx: Tensor | Sequence[Tensor], names: list[str]) -> dict[str, Tensor]:
    """The given initial states by name, or an error where there are too many, too few or no tensors."""
    states = (hx,) if len(names) == 1 else hx
    if (
        not isinstance(states, (tuple, list))
        or len(states) != len(names)
        or not all(isinstance(state, Tensor) for state in states)
    ):
        wanted = f"the tensor {names[0]}" if len(names) == 1 else f"the pair ({', '.join(names)})"
        parts = ", ".join(type(part).__name__ for part in hx) if isinstance(hx, (tuple, list)) else ""
        got = f"{type(hx).__name__} of ({parts})" if parts else type(hx).__name__
        raise RuntimeError(f"hx, the initial state, must be {wanted}, but it is of type {got}.")
    return dict(zip(names, states))


def _check_shape(name: str, tensor: Tensor, expected: Shape) -> None:
    got = tuple(tensor.shape)
    if len(got) != len(expected):
        raise RuntimeError(f"{name} must have {len(expected)} axes, {expected.named}, but its shape is {got}.")
    wrong = [
        f"the {axis} axis must be {size}, not {found}"
        for axis, size, found in zip(expected.axes, expected, got)
        if size != found
    ]
    if wrong:
        raise RuntimeError(f"{name} must be {expected.named}, but its shape is {got}: {' and '.join(wrong)}.")


def _emptied(shape: Shape) -> Shape:
    """The shape for a batch without a sequence, which RecurrentShape itself refuses as a mistake."""
    return Shape([0 if axis == "batch" else size for axis, size in zip(shape.axes, shape)], shape.axes)


def _check_kind(name: str, tensor: Tensor, weight: Tensor) -> None:
    """Raise unless a tensor is on the device of the weights and, but for autocast, of their number type."""
    if tensor.device != weight.device:
        raise RuntimeError(
            f'{name} is on "{tensor.device}" and the weights are on "{weight.device}": '
            f'move {name} with .to("{weight.device}"), or the layer with .to("{tensor.device}").'
        )
    if tensor.dtype != weight.dtype and not autocasts(tensor.device.type):
        raise ValueError(
            f"{name} is {tensor.dtype} and the weights are {weight.dtype}: convert {name} with .to({weight.dtype}), "
            f"or the layer with .to({tensor.dtype})."
        )


def autocasts(device: str) -> bool:
    return torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
