"""RNN and GRU as drop-in layers whose backward pass is derived by hand, and which are fast on a CPU.

Three ideas make the speed. What the inputs add, W x_t + b, is one product for all steps. A step writes its state
over that, in place. And the walk backward only collects the δ_t: each weight's gradient is then one product for all
steps. To autograd the whole walk is a single operation, where ``torch.nn`` records several for every step.

In the comments, N sequences are in a batch, n of them run at a step, and there are R rows: all steps of all
sequences, one below the other. States are rows, so Uᵀ stands where the equations have U, and U where they have Uᵀ.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function

from lecture_utils import rnn
from lecture_utils.bptt.path import Path

__all__ = ["GRU", "RNN"]

Gradients = tuple[Tensor | None, ...]


class RNN(rnn.RNN):
    """The vanilla (Elman) RNN, called like torch.nn.RNN, with its backward pass by hand (Werbos, 1990).

    Settings, shapes, weights and errors are those of lecture_utils.rnn.RNN. RuntimeError: for a second derivative,
    and for an output changed in place, which the backward pass needs (torch's fused LSTM has the same limit).
    """

    @wraps(rnn.RNN.__init__)  # type: ignore[misc]
    def __init__(self, *args: Any, proj_size: int = 0, **settings: Any) -> None:
        _check_projection("RNN", proj_size)
        super().__init__(*args, **settings)

    def _walk(
        self, rows: Tensor, sizes: list[int], state: rnn.States, weights: rnn.Weights, backward: bool
    ) -> tuple[Tensor, rnn.States]:
        return _run(ElmanWalk, rows, Path(sizes, backward), state, weights, self.nonlinearity)


class GRU(rnn.GRU):
    """The gated recurrent unit, called like torch.nn.GRU, with its backward pass by hand (Cho et al., 2014).

    Settings, shapes, weights and errors are those of lecture_utils.rnn.GRU. RuntimeError: for a second derivative,
    and for an output changed in place, which the backward pass needs (torch's fused LSTM has the same limit).
    """

    @wraps(rnn.GRU.__init__)  # type: ignore[misc]
    def __init__(self, *args: Any, proj_size: int = 0, **settings: Any) -> None:
        _check_projection("GRU", proj_size)
        super().__init__(*args, **settings)

    def _walk(
        self, rows: Tensor, sizes: list[int], state: rnn.States, weights: rnn.Weights, backward: bool
    ) -> tuple[Tensor, rnn.States]:
        return _run(GatedWalk, rows, Path(sizes, backward), state, weights)


def by_hand(backward: Callable[..., Gradients]) -> Callable[..., Gradients]:
    """Run a backward pass outside autograd, in full precision; its gradients refuse to be differentiated again."""

    @wraps(backward)
    def wrapped(ctx: Any, grad: Tensor) -> Gradients:
        with _full_precision(grad):
            if not torch.is_grad_enabled():
                return backward(ctx, grad)
            with torch.no_grad():
                gradients = backward(ctx, grad)
        sources = (grad, *ctx.saved_tensors)  # with these, every way back from a gradient leads through OnlyOnce
        return tuple(g if g is None else OnlyOnce.apply(g, *sources) for g in gradients)

    return wrapped


class OnlyOnce(Function):
    """A gradient that was worked out by hand: autograd does not know how it came about."""

    @staticmethod
    def forward(ctx: Any, gradient: Tensor, *sources: Tensor) -> Tensor:
        """Pass the gradient on; the sources are the tensors that it was worked out from."""
        return gradient.view_as(gradient)

    @staticmethod
    def backward(ctx: Any, grad: Tensor) -> Tensor:
        """Say what to use instead."""
        raise RuntimeError(
            "The layers of lecture_utils.bptt know first derivatives only: their backward pass is written by hand, "
            "and autograd cannot differentiate it again. For a second derivative, take the same layer from "
            "lecture_utils.rnn: its weights load both ways."
        )


class ElmanWalk(Function):
    """All steps of one direction: h_t = tanh(W x_t + U h_{t-1} + b), or ReLU instead of tanh."""

    @staticmethod
    def forward(
        ctx: Any, rows: Tensor, path: Path, h_0: Tensor, W: Tensor, U: Tensor, b_ih: Tensor, b_hh: Tensor, name: str
    ) -> Tensor:
        """The states of all steps: rows (R, d_in), h_0 (N, d_h) -> (R, d_h)."""
        activate, U_T = torch.relu_ if name == "relu" else torch.tanh_, U.T.contiguous()
        room = path.room(h_0)  # h_0 and, from here on, the states: (N + R, d_h)
        states = torch.addmm(b_ih + b_hh, rows, W.T, out=path.rows(room))  # so far W x_t + b: (R, d_h)
        for before, now in zip(*path.steps(room)):
            activate(now.addmm_(before, U_T))  # h_t, in place: (n, d_h)
        ctx.save_for_backward(room, rows, h_0, W, U, b_ih, b_hh)
        ctx.path, ctx.name = path, name
        return states

    @staticmethod
    @by_hand
    def backward(ctx: Any, grad: Tensor) -> Gradients:
        """The gradients by rows, h_0, W, U and both biases, from the loss's gradient by each state, (R, d_h)."""
        path, (room, rows, h_0, W, U, *_) = ctx.path, ctx.saved_tensors
        states = path.rows(room)
        slope = (states > 0).to(states.dtype) if ctx.name == "relu" else _one_minus_square(states)  # (R, d_h)
        deltas = path.room(torch.zeros_like(h_0))  # δ_0 … δ_T, with δ_0 for h_0: (N + R, d_h)
        delta = path.rows(deltas).copy_(grad)  # so far what comes from each step's own loss
        for before, now, slope_t in _reversed(*path.steps(deltas), path.pieces(slope)):
            now.mul_(slope_t)  # δ_t = (1 - h_t²) ⊙ (… + Uᵀ δ_{t+1})
            before.addmm_(now, U)  # Uᵀ δ_t is what reaches h_{t-1}
        need_rows, _, need_h_0, need_W, need_U, need_b_ih, need_b_hh, _ = ctx.needs_input_grad
        return (
            delta @ W if need_rows else None,
            None,
            path.start(deltas) if need_h_0 else None,
            delta.T @ rows if need_W else None,
            delta.T @ path.previous(room) if need_U else None,
            delta.sum(0) if need_b_ih else None,
            delta.sum(0) if need_b_hh else None,  # the same numbers in a tensor of their own
            None,
        )


class GatedWalk(Function):
    """All steps of one direction of a GRU; W, U and the biases hold the blocks r, z, n."""

    @staticmethod
    def forward(
        ctx: Any, rows: Tensor, path: Path, h_0: Tensor, W: Tensor, U: Tensor, b_ih: Tensor, b_hh: Tensor
    ) -> Tensor:
        """The states of all steps: rows (R, d_in), h_0 (N, d_h) -> (R, d_h)."""
        inputs = (rows, h_0, W, U, b_ih, b_hh)
        k = 2 * U.shape[1]  # the blocks r and z, then the block n
        b_ih, b_hh = b_ih.expand(len(U)), b_hh.expand(len(U))  # without bias, a single zero came
        gates = torch.addmm((b_ih + b_hh)[:k], rows, W[:k].T)  # so far W x_t + b: (R, 2 d_h)
        new = torch.addmm(b_ih[k:], rows, W[k:].T)  # so far W_n x_t + b_in: (R, d_h)
        memory = b_hh[k:].repeat(len(rows), 1)  # so far b_hn: (R, d_h)
        room, U_gates, U_new = path.room(h_0), U[:k].T, U[k:].T
        parts = (gates, *gates.chunk(2, dim=1), memory, new)
        for before, now, rz, r, z, m, n in zip(*path.steps(room), *map(path.pieces, parts)):
            rz.addmm_(before, U_gates).sigmoid_()  # both gates: (n, 2 d_h)
            m.addmm_(before, U_new)  # U_n h_{t-1} + b_hn: (n, d_h)
            n.addcmul_(r, m).tanh_()  # tanh(W_n x_t + b_in + r ⊙ (U_n h_{t-1} + b_hn))
            torch.lerp(n, before, z, out=now)  # h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}
        ctx.save_for_backward(room, gates, memory, new, *inputs)
        ctx.path = path
        return path.rows(room)

    @staticmethod
    @by_hand
    def backward(ctx: Any, grad: Tensor) -> Gradients:
        """The gradients by rows, h_0, W, U and both biases, from the loss's gradient by each state, (R, d_h)."""
        path, (room, gates, memory, new, rows, h_0, W, U, *_) = ctx.path, ctx.saved_tensors
        (r, z), previous = gates.chunk(2, dim=1), path.previous(room)  # (R, d_h) each
        # What reaches each block for every unit that reaches h_t: known before the walk, for all steps at once.
        to_n = _one_minus_square(new).mul_(1 - z)
        delta = new.new_empty(path.R, 3, new.shape[1])  # by r, z and U_n h + b_hn: (R, 3, d_h)
        to_r, to_z, to_m = delta.unbind(1)
        torch.mul(to_n, r, out=to_m)  # the new gate sees U_n h + b_hn through r
        torch.mul(to_m, memory, out=to_r).mul_(1 - r)
        torch.sub(previous, new, out=to_z).mul_(z).mul_(1 - z)
        d_room = path.room(torch.zeros_like(h_0))  # by h_0 and all states: (N + R, d_h)
        d_states, flat = path.rows(d_room).copy_(grad), delta.flatten(1)  # (R, d_h), (R, 3 d_h)
        parts = (d_states.unsqueeze(1), delta, flat, z)
        for before, now, broadcast, blocks, row, z_t in _reversed(*path.steps(d_room), *map(path.pieces, parts)):
            blocks.mul_(broadcast)  # δ of each block: (n, 3, d_h)
            before.addcmul_(now, z_t).addmm_(row, U)  # h_{t-1} is reached past the gates, and through U
        need_rows, _, need_h_0, need_W, need_U, need_b_ih, need_b_hh = ctx.needs_input_grad
        d_U = flat.T @ previous if need_U else None
        d_b_hh = flat.sum(0) if need_b_hh else None
        torch.mul(to_n, d_states, out=to_m)  # W_n x + b_in enters unscaled by r
        return (
            flat @ W if need_rows else None,
            None,
            path.start(d_room) if need_h_0 else None,
            flat.T @ rows if need_W else None,
            d_U,
            flat.sum(0) if need_b_ih else None,
            d_b_hh,
        )


def _one_minus_square(h: Tensor) -> Tensor:
    """The slope of tanh where its value is h, 1 - h², in one pass through memory and without a copy in between."""
    return torch.addcmul(h.new_ones(()), h, h, value=-1)


def _reversed(*pieces: Sequence[Any]) -> Iterator[tuple[Any, ...]]:
    """The pieces of several tensors side by side, from the end of the walk to its beginning."""
    return zip(*map(reversed, pieces))


def _check_projection(cell: str, proj_size: int) -> None:
    if proj_size:
        raise ValueError(
            f"proj_size must be 0 for bptt.{cell}, but it is {proj_size}: only an LSTM projects its state. "
            "Take lecture_utils.rnn.LSTM for that."
        )


def _run(
    walk: type[Function], rows: Tensor, path: Path, state: rnn.States, weights: rnn.Weights, *settings: str
) -> tuple[Tensor, rnn.States]:
    """Walk along the path, in the number type of the weights; return h at every row and where each sequence ends."""
    dtype = weights[0].dtype
    with _full_precision(rows):
        states = walk.apply(rows.to(dtype), path, state[0].to(dtype), *weights, *settings)  # (R, d_h)
        return states, (path.end(states),)


def _full_precision(tensor: Tensor) -> AbstractContextManager[Any]:
    """Switch autocast off where it is on: products in half precision do not add up in place."""
    device = tensor.device.type
    return torch.autocast(device, enabled=False) if rnn.autocasts(device) else nullcontext()
