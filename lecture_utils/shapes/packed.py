"""How a ragged batch lies in a PackedSequence: step by step, longest sequence first, no padding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from .shape import LARGEST_SIZE, Shape, shown, whole


@dataclass(frozen=True)
class PackedLayout:
    """The layout of `torch.nn.utils.rnn.pack_padded_sequence(…, enforce_sorted=False)`.

    Sequences are numbered as they were handed in; steps and rows count from 0.
    """

    lengths: tuple[int, ...]
    batch_sizes: tuple[int, ...]  # how many sequences are still running at each step
    sorted_indices: tuple[int, ...]  # longest first: sorted position -> sequence
    unsorted_indices: tuple[int, ...]  # sequence -> sorted position
    rows: tuple[tuple[int, int], ...]  # row of the packed data -> (step, sequence)
    first_rows: tuple[int, ...]  # sequence -> row of its step 0, where the backward direction ends
    last_rows: tuple[int, ...]  # sequence -> row of its last step, where the forward direction ends
    input: Shape  # of the packed input's .data
    output: Shape  # of the packed output's .data

    @property
    def data_length(self) -> int:
        """Rows of the packed data: the sum of the lengths."""
        return len(self.rows)

    @property
    def padding(self) -> int:
        """Rows that a padded batch would hold beyond the packed ones."""
        return max(self.lengths) * len(self.lengths) - self.data_length


def lay_out(lengths: object, input_features: int, output_features: int) -> PackedLayout:
    """Lay sequences of the given lengths out as torch packs them; ValueError if a length is not 1 or more."""
    checked = _checked(lengths)
    order = sorted(range(len(checked)), key=lambda item: -checked[item])  # stable: ties keep their order
    batch_sizes = tuple(_batch_sizes([checked[item] for item in order]))
    rows = tuple((step, item) for step, size in enumerate(batch_sizes) for item in order[:size])
    row_of = {cell: row for row, cell in enumerate(rows)}
    return PackedLayout(
        lengths=checked,
        batch_sizes=batch_sizes,
        sorted_indices=tuple(order),
        unsorted_indices=tuple(sorted(range(len(order)), key=order.__getitem__)),
        rows=rows,
        first_rows=tuple(row_of[0, item] for item in range(len(checked))),
        last_rows=tuple(row_of[length - 1, item] for item, length in enumerate(checked)),
        input=Shape((len(rows), input_features), ("step, then batch", "feature")),
        output=Shape((len(rows), output_features), ("step, then batch", "feature")),
    )


def _batch_sizes(longest_first: list[int]) -> Iterator[int]:
    running = len(longest_first)
    for step in range(longest_first[0]):
        while longest_first[running - 1] <= step:
            running -= 1
        yield running


def _checked(lengths: object) -> tuple[int, ...]:
    if isinstance(lengths, (str, bytes)) or not isinstance(lengths, Iterable):
        raise ValueError(f"lengths must be a list of whole numbers such as [5, 3, 2], but it is {shown(lengths)}.")
    checked: list[int] = []
    total = 0
    for item, length in enumerate(lengths):
        checked.append(whole(f"The length of sequence {item}", length))
        total += checked[-1]
        if total > LARGEST_SIZE:
            raise ValueError(f"lengths must add up to at most {LARGEST_SIZE:,} steps, but they exceed it.")
    if not checked:
        raise ValueError("lengths must hold one length per sequence, but it is empty.")
    return tuple(checked)
