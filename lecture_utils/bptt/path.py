"""The way of one direction through a batch, ragged or not: which rows are a step, and where its states came from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

__all__ = ["Path"]


class Path:
    """The steps of one direction, as pieces of a tensor of R rows: all steps of all sequences, one below the other.

    In a ragged batch the longest sequence comes first, so the n that run at a step are the first n. Walking forward
    some have ended; walking backward some only begin, out of h_0, and these are a piece of their own.
    A "room" holds N + R rows: the states of all steps, and h_0 on the side where the walk begins. So in an even
    batch the states and the states before them are the same rows, shifted by one step: nothing needs copying.
    Lists of pieces are in the order of the walk.
    """

    def __init__(self, sizes: list[int], backward: bool) -> None:
        """Take the number of sequences that run at each step, as PackedSequence.batch_sizes counts them."""
        self.sizes, self.backward = sizes, backward
        self.N, self.R = sizes[0], sum(sizes)
        self.even = sizes[-1] == self.N
        self.lengths = sizes  # rows of the pieces
        if backward and not self.even:
            later = [*sizes[1:], 0]
            self.lengths = [n for size, old in zip(sizes, later) for n in (old, size - old) if n]

    def room(self, start: Tensor) -> Tensor:
        """Room for `start` (N, d_h), which is copied in, and for the R rows of the steps: (N + R, d_h)."""
        room = start.new_empty(self.N + self.R, start.shape[1])
        self.start(room).copy_(start)
        return room

    def start(self, room: Tensor) -> Tensor:
        """The part of the room where the walk begins: (N, d_h)."""
        return room[self.R :] if self.backward else room[: self.N]

    def rows(self, room: Tensor) -> Tensor:
        """The part of the room for the steps: (R, d_h)."""
        return room[: self.R] if self.backward else room[self.N :]

    def pieces(self, rows: Tensor) -> Sequence[Tensor]:
        """The R rows of a tensor, piece by piece: (n, …)."""
        return self._walk(rows.split(self.lengths))

    def steps(self, room: Tensor) -> tuple[Sequence[Tensor], Sequence[Tensor]]:
        """The pieces one step earlier in the walk, and beside them the pieces themselves: (n, d_h) each."""
        if self.even:
            steps = self._walk(room.split([self.N, *self.sizes]))
            return steps[:-1], steps[1:]
        return self._before(room), self.pieces(self.rows(room))

    def _before(self, room: Tensor) -> list[Tensor]:
        start, steps = self.start(room), self._walk(self.rows(room).split(self.sizes))
        pieces: list[Tensor] = []
        last, running = (start[:0], 0) if self.backward else (start, self.N)
        for step, n in zip(steps, self._walk(self.sizes)):
            if n > running:
                pieces.append(start[running:n])  # they begin here
            if running:
                pieces.append(last[:n])  # they were running already
            last, running = step, n
        return pieces

    def previous(self, room: Tensor) -> Tensor:
        """For each row the one that is a step earlier in the walk: (R, d_h)."""
        if self.even:
            return room[self.N :] if self.backward else room[: self.R]
        return torch.cat(self._walk(self._before(room)))

    def end(self, states: Tensor) -> Tensor:
        """The state of every sequence after its last step of the walk: (N, d_h)."""
        if self.backward:
            return states[: self.N]
        if self.even:
            return states[self.R - self.N :]
        last, row = [0] * self.N, 0
        for size in self.sizes:
            last[:size] = range(row, row + size)  # written again at each step that a sequence still runs
            row += size
        return states[torch.tensor(last, device=states.device)]

    def _walk(self, steps: Any) -> Any:
        """From the order of time to the order of the walk, or back."""
        return steps[::-1] if self.backward else steps
