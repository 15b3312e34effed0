"""What a recurrent layer returns, with every number traced to its hidden state: where `provenance` starts from."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from .axes import Axis
from .origins import Traced

if TYPE_CHECKING:
    from .spec import RecurrentShape

LARGEST_SOURCE = 2_000_000
MOST_STATES = 200_000

Numbers = np.ndarray[Any, np.dtype[np.int64]]


class Source:
    """The tensors a layer returns for one input, as tensors of origins.

    The hidden states are numbered: those of output by (step, item, direction), then the final ones, of h_n as of
    c_n, by (layer, direction, item). Feature f of state s has the id s · hidden_size + f.
    """

    def __init__(self, spec: RecurrentShape, steps: int, items: int | None) -> None:
        self.spec = spec
        self.steps = steps
        self.batched = items is not None
        self.items = items or 1
        self.shapes = spec.outputs(steps, items)
        self.sizes = {"T": steps, "L": spec.num_layers, "D": spec.num_directions, "d_h": spec.hidden_size}
        self.sizes |= {"H": spec.hidden_size} | ({"N": self.items} if self.batched else {})
        self._made: dict[str, Traced] = {}
        self._in_output = steps * self.items * spec.num_directions
        self._in_states = spec.num_layers * spec.num_directions * self.items
        if max(self._in_output, self._in_states) > MOST_STATES:
            raise ValueError(f"There are more than {MOST_STATES:,} hidden states: choose smaller sizes.")

    def tensor(self, name: str) -> Traced:
        """The tensor "output", "h_n" or "c_n", laid out in memory as torch lays it out."""
        if self.shapes[name].elements > LARGEST_SOURCE:
            raise ValueError(f"{name} holds more than {LARGEST_SOURCE:,} numbers: choose smaller sizes.")
        if name not in self._made:
            self._made[name] = self._output() if name == "output" else self._state(name)
        return self._made[name]

    def _output(self) -> Traced:
        spec, directions = self.spec, self.spec.num_directions
        ids = self._ids(0, self._in_output, spec.output_size)
        ids = ids.reshape(self.steps, self.items, directions * spec.output_size, 1)
        direction: Axis = (("direction", 2),) if spec.bidirectional else ()
        axes: list[Axis] = [(("time", self.steps),), (*direction, ("feature", spec.output_size))]
        if not self.batched:
            return Traced(ids[:, 0], tuple(axes))
        axes.insert(1, (("batch", self.items),))
        traced = Traced(ids, tuple(axes))
        # torch computes time first and hands out a transposed view: with batch_first, .view often fails on it.
        return Traced(ids.transpose(1, 0, 2, 3), (axes[1], axes[0], axes[2])) if spec.batch_first else traced

    def _state(self, name: str) -> Traced:
        spec = self.spec
        width = self.shapes[name][-1]
        ids = self._ids(self._in_output, self._in_states, width).reshape(-1, self.items, width, 1)
        stacked: Axis = (("layer", spec.num_layers), ("direction", spec.num_directions))
        if not self.batched:
            return Traced(ids[:, 0], (stacked, (("feature", width),)))
        return Traced(ids, (stacked, (("batch", self.items),), (("feature", width),)))

    def _ids(self, start: int, states: int, width: int) -> Numbers:
        rows = np.arange(start, start + states, dtype=np.int64)[:, None]  # the default is 32 bits on some systems
        return rows * self.spec.hidden_size + np.arange(width)

    def cells(self, traced: Traced) -> Iterator[tuple[int, int, int, int]]:
        """The hidden states in a tensor, each as (layer, direction, step, item)."""
        directions = self.spec.num_directions
        for state in np.unique(traced.ids // self.spec.hidden_size).tolist():
            if state < self._in_output:
                step_item, direction = divmod(state, directions)
                yield self.spec.num_layers - 1, direction, *divmod(step_item, self.items)
            else:
                block, item = divmod(state - self._in_output, self.items)
                layer, direction = divmod(block, directions)
                yield layer, direction, 0 if direction else self.steps - 1, item

    def mixing(self, traced: Traced) -> str:
        """How a tensor mixes batch items: within a "number", along a "row", or "" where an axis keeps them apart.

        Items are apart if they change along one axis only, and features do not change along it too.
        """
        states, features = np.divmod(traced.ids, self.spec.hidden_size)
        in_output, directions = states < self._in_output, self.spec.num_directions
        items = np.where(in_output, states // directions, states) % self.items
        if (items != items[..., :1]).any():
            return "number"
        columns = features + np.where(in_output, states % directions, 0) * self.spec.hidden_size
        changing = [axis for axis in range(len(traced.axes)) if _changes(items, axis)]
        apart = not changing or (len(changing) == 1 and not _changes(columns, changing[0]))
        return "" if apart else "row"

    def blocks(self, traced: Traced) -> list[tuple[int, int, int, int]]:
        """Runs along the last axis that hold one layer and direction: (first, last, layer, direction), or []."""
        states = traced.ids // self.spec.hidden_size
        if not states.size or not traced.axes:
            return []
        directions = self.spec.num_directions
        top = (self.spec.num_layers - 1) * directions + states % directions
        stacked = (states - self._in_output) // self.items
        codes = np.where(states < self._in_output, top, stacked)
        codes = np.moveaxis(codes, -2, 0).reshape(traced.sizes[-1], -1)
        if (codes != codes[:, :1]).any():
            return []
        column = codes[:, 0].tolist()
        starts = [at for at in range(len(column)) if at == 0 or column[at] != column[at - 1]]
        ends = [*(start - 1 for start in starts[1:]), len(column) - 1]
        return [(start, end, *divmod(column[start], directions)) for start, end in zip(starts, ends)]


def _changes(numbers: Numbers, axis: int) -> bool:
    """Whether numbers differ anywhere along an axis."""
    return bool((numbers != numbers.take([0], axis)).any()) if math.prod(numbers.shape) else False
