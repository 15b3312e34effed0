"""Sequences of different lengths in one batch: padded, masked, packed, and put together with others of their length."""

import reprlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pad_packed_sequence, pad_sequence

from lecture_utils.text.checks import checked_count, checked_seed, whole_number, whole_numbers

_ENCODE = "Vocabulary.encode turns tokens into numbers"
_LENGTHS = "lengths are one number for each sequence, such as [len(s) for s in sequences]"
_JITTER = 0.1  # lengths change places within this share: rare lengths meet other neighbours in every round


def pad_batch(sequences: Iterable[Sequence[int] | Tensor], value: int = 0) -> tuple[Tensor, Tensor]:
    """Sequences of numbers as one tensor, time first: `ids` (T, N), int64, and `lengths` (N,), int64.

    T is the length of the longest; below its end, a shorter sequence's column holds `value`.
    Raises ValueError when there is no sequence, or one is empty or holds anything but whole numbers.
    """
    if (padding := whole_number(value)) is None:
        raise ValueError(f"value, which stands for no token, must be a whole number, got {value!r}.")
    if not isinstance(sequences, Iterable):
        raise ValueError(f"pad_batch takes a list of sequences of numbers, got {reprlib.repr(sequences)}: {_ENCODE}.")
    columns = [whole_numbers(f"Sequence {n}", sequence, _ENCODE) for n, sequence in enumerate(sequences)]
    if not columns:
        raise ValueError("There is no sequence to pad: the list is empty.")
    lengths = torch.tensor([len(column) for column in columns])  # (N,)
    if not lengths.all():
        n = int(lengths.argmin())
        raise ValueError(f"Sequence {n} is empty: leave it out, or put a token such as </s> in it.")
    return pad_sequence(columns, padding_value=padding), lengths  # (T, N), (N,)


def padding_mask(lengths: Sequence[int] | Tensor, T: int | None = None) -> Tensor:
    """True (T, N) on the tokens of sequences of these `lengths` (N,), False on the padding after them.

    T is the longest length unless it is given. Raises ValueError when a length does not lie between 0 and T.
    """
    numbers = _checked_lengths(lengths)
    longest = int(numbers.max()) if T is None else checked_count("T", T)
    _check_range(numbers, 0, longest)
    mask = torch.arange(longest).unsqueeze(1) < numbers  # (T, 1) < (N,) -> (T, N)
    return mask.to(lengths.device) if isinstance(lengths, Tensor) else mask


def pack(padded: Tensor, lengths: Sequence[int] | Tensor) -> PackedSequence:
    """The tokens of a padded batch (T, N, …) without its padding, for a recurrent layer to read.

    `lengths` (N,) in any order, from 1 to T. Raises ValueError for lengths that do not fit the batch.
    """
    if not isinstance(padded, Tensor) or padded.dim() < 2:
        got = f"shape {tuple(padded.shape)}" if isinstance(padded, Tensor) else type(padded).__name__
        raise ValueError(f"pack takes a padded batch (T, N, …), time first, got {got}.")
    numbers = _checked_lengths(lengths)
    T, N = padded.shape[:2]
    if len(numbers) != N:
        raise ValueError(f"A batch of N={N} sequences needs {N} lengths, got {len(numbers)}: is it time first, (T, N)?")
    _check_range(numbers, 1, T)
    return pack_padded_sequence(padded, numbers, enforce_sorted=False)


def unpack(packed: PackedSequence, value: float = 0) -> tuple[Tensor, Tensor]:
    """A packed batch back as `padded` (T, N, …) and `lengths` (N,), in the order it was packed in.

    T is the longest length; `value` stands after the end of the shorter sequences.
    """
    if not isinstance(packed, PackedSequence):
        raise ValueError(f"unpack takes what pack returns, a PackedSequence, got {type(packed).__name__}.")
    return pad_packed_sequence(packed, padding_value=value)


@dataclass(frozen=True, eq=False)
class BucketedBatches:
    """An endless stream of lists of places in a list of sequences; every iteration starts the same stream anew."""

    lengths: Tensor = field(repr=False)  # (sequences,)
    batch_size: int
    seed: int

    def __iter__(self) -> Iterator[list[int]]:
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            stretched = self.lengths * (1 + _JITTER * torch.rand(len(self.lengths), generator=generator).double())
            batches = stretched.argsort(stable=True).split(self.batch_size)
            for number in torch.randperm(len(batches), generator=generator).tolist():
                yield batches[number].tolist()


def bucketed_batches(lengths: Sequence[int] | Tensor, batch_size: int, seed: int) -> BucketedBatches:
    """Batches of sequences of similar length to train on, for as long as you ask: little padding, little waste.

    `lengths` (sequences,); each batch is a list of `batch_size` indices, one of each round may be shorter. A round
    takes every sequence once; the batches come in random order, and are made up differently in every round.
    Iterating again gives the same batches again. Raises ValueError for impossible settings.
    """
    numbers = _checked_lengths(lengths)
    return BucketedBatches(numbers, checked_count("batch_size", batch_size), checked_seed(seed))


def bucketed_pass(lengths: Sequence[int] | Tensor, batch_size: int) -> list[list[int]]:
    """Batches of sequences of similar length to evaluate on: every index once, from the shortest to the longest."""
    order = _checked_lengths(lengths).argsort(stable=True)
    return [some.tolist() for some in order.split(checked_count("batch_size", batch_size))]


def _checked_lengths(lengths: Any) -> Tensor:
    numbers = whole_numbers("lengths", lengths, _LENGTHS)
    if not len(numbers):
        raise ValueError("There is no sequence: lengths is empty.")
    _check_range(numbers, 0)
    return numbers


def _check_range(lengths: Tensor, low: int, T: int | None = None) -> None:
    for n, length in enumerate(lengths.tolist()):
        if length < low:
            raise ValueError(f"Every length must be {low} or more, but sequence {n} has {length}.")
        if T is not None and length > T:
            raise ValueError(f"Sequence {n} has length {length}, but there are only T={T} steps.")
