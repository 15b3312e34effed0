"""What drawings share: folding many steps into few, names of layers, and shapes as text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lecture_utils.notation import Label
from lecture_utils.shapes import RecurrentShape
from lecture_utils.shapes.shape import whole

ARROWS = "→←"  # forward, backward
DIRECTIONS = ("forward", "backward")
KINDS = {"rnn": "plain RNN", "gru": "GRU", "lstm": "LSTM"}
CELL_MARK, REACH_MARK = "●", "✓"


class Span(NamedTuple):
    """One column or row of a drawing: a single index, or several that are folded into "…"."""

    first: int
    last: int

    @property
    def size(self) -> int:
        """How many indices it stands for."""
        return self.last - self.first + 1

    @property
    def folded(self) -> bool:
        """Whether it is drawn as "…"."""
        return self.last > self.first

    def holds(self, indices: Iterable[int]) -> bool:
        """Whether any of the indices lies in it."""
        return any(self.first <= index <= self.last for index in indices)


def fold(count: int, keep: Sequence[Iterable[int]] = (), most: int = 8) -> list[Span]:
    """Indices 0 … count − 1 in about `most` spans; the first, the last and those to `keep` stay single.

    `keep` lists groups, the most important first; of more than `most` − 2 indices to keep, those at the ends stay.
    """
    if count <= most:
        return [Span(index, index) for index in range(count)]
    chosen = {0, count - 1}
    for group in keep:
        for index in _ends_first(group):
            if len(chosen) < most - 2:
                chosen.add(index)
    for index in _ends_first((*range(most), *range(count - most, count))):
        if len(chosen) < most - 2 and len(_spans({*chosen, index})) <= most + 1:
            chosen.add(index)
    return _spans(chosen)


def _spans(chosen: Iterable[int]) -> list[Span]:
    """A span for each index, and one for what lies between two."""
    spans: list[Span] = []
    for index in sorted(chosen):
        if spans and index > spans[-1].last + 1:
            spans.append(Span(spans[-1].last + 1, index - 1))
        spans.append(Span(index, index))
    return spans


def _ends_first(indices: Iterable[int]) -> list[int]:
    """The indices, alternately from the beginning and from the end."""
    ordered = sorted(set(indices))
    half = (len(ordered) + 1) // 2
    pairs = zip(ordered[:half], reversed(ordered))
    return [index for pair in pairs for index in pair]


def checked_output_size(output_size: int | None) -> int | None:
    """Check the number of logits, where None stands for no output layer; ValueError with a sentence."""
    return None if output_size is None else whole("output_size", output_size)


def layer_name(layer: int, direction: int, spec: RecurrentShape) -> str:
    """A row of states in words, e.g. "layer 0 ←"; layers count from 0, as in the rows of h_n."""
    return f"layer {layer}" + (f" {ARROWS[direction]}" if spec.bidirectional else "")


def shape_text(shape: Sequence[int], hide: bool = False) -> str:
    """A shape as torch prints it, "(5, 3, 20)"; hidden: "(?, ?, ?)"."""
    sizes = ["?" if hide else str(size) for size in shape]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def count_text(count: int, hide: bool = False) -> str:
    """A count with thousands separated, or "?"."""
    return "?" if hide else f"{count:,}"


def listed(indices: Iterable[int]) -> str:
    """Numbers in words, runs joined: "1–3, 5"."""
    runs: list[list[int]] = []
    for index in sorted(set(indices)):
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ", ".join(f"{first}–{last}" if last > first else str(first) for first, last in runs)


def describe(spec: RecurrentShape) -> str:
    """The layer in words: "two-way LSTM with 2 layers"."""
    way = "two-way" if spec.bidirectional else "one-way"
    return f"{way} {KINDS[spec.cell]} with {spec.num_layers} layer{'s' * (spec.num_layers > 1)}"


def sentence(text: str) -> str:
    """`text` with a capital at its beginning; the rest, such as "LSTM", stays as it is."""
    return text[:1].upper() + text[1:]


def letters(system: str) -> dict[str, str]:
    """The letters of input, hidden state, memory cell and logits: d2l writes matrices, hence capitals."""
    names = {"x": "x", "h": "h", "c": "c", "o": "o"}
    return {key: name.upper() for key, name in names.items()} if system == "d2l" else names


def step_label(letter: str, step: int) -> Label:
    """The symbol of one time step; steps count from 1 in symbols and from 0 in Python's indices."""
    return Label(letter, str(step + 1))
