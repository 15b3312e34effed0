"""Where the numbers of a slice come from: which hidden states it holds, and which inputs those can depend on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from .shape import Shape

if TYPE_CHECKING:
    from .spec import RecurrentShape


class Cell(NamedTuple):
    """One hidden state: layer, direction (0 forward, 1 backward), time step and batch item, counted from 0."""

    layer: int
    direction: int
    step: int
    item: int


@dataclass(frozen=True)
class Provenance:
    """What a slice of output, h_n or c_n holds and can depend on; `words` says all of it in sentences."""

    expression: str
    tensor: str  # "output", "h_n" or "c_n"; joined by " and " where the slice uses several
    shape: Shape
    cells: frozenset[Cell]  # the hidden states whose numbers stand in the slice
    reach: frozenset[tuple[int, int]]  # (step, item) of every input the slice can depend on
    words: str
    mixed: bool  # no axis keeps the batch items apart: a row mixes numbers of several
    warnings: tuple[str, ...] = ()  # likely mistakes that raise no error; part of `words` too


def trace(spec: RecurrentShape, expression: str, steps: int, items: int | None) -> Provenance:
    """Read an expression and follow its numbers back; ValueError with a sentence if it is not understood."""
    from .reader import Reader
    from .source import Source
    from .words import describe, find_mistakes

    source = Source(spec, steps, items)
    reader = Reader(expression, source)
    result = reader.read()
    cells = frozenset(Cell(*cell) for cell in source.cells(result))
    reach = inputs_read(spec, cells, steps)
    mixing = source.mixing(result)
    mistakes = find_mistakes(source, reader, mixing, cells)
    return Provenance(
        expression=reader.text,
        tensor=" and ".join(name for name in source.shapes if name in reader.used),
        shape=result.shape,
        cells=cells,
        reach=reach,
        words=" ".join([*describe(source, reader, result, cells, reach), *mistakes]),
        mixed=bool(mixing),
        warnings=mistakes,
    )


def inputs_read(spec: RecurrentShape, cells: Iterable[Cell], steps: int) -> frozenset[tuple[int, int]]:
    """The inputs, as (step, item), that hidden states can depend on.

    A forward state reads its own step and those before, a backward one its own and those after. A two-way layer
    above another reads states of both directions, hence every step. Batch items never meet.
    """
    until: dict[int, int] = {}  # item -> last step that a forward state has read
    since: dict[int, int] = {}  # item -> first step that a backward state has read
    for layer, direction, step, item in cells:
        if spec.bidirectional and layer > 0:
            until[item] = steps - 1
        elif direction == 0:
            until[item] = max(step, until.get(item, step))
        else:
            since[item] = min(step, since.get(item, step))
    forward = {(step, item) for item, last in until.items() for step in range(last + 1)}
    backward = {(step, item) for item, first in since.items() for step in range(first, steps)}
    return frozenset(forward | backward)
