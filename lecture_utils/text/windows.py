"""Windows of running text to predict the next token in: cut anywhere, once through, or each going on from the last."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from lecture_utils.text.checks import checked_count, checked_seed, whole_numbers

Batch = tuple[Tensor, Tensor]


@dataclass(frozen=True, eq=False)
class NextTokenBatches:
    """An endless stream of (inputs, targets), each (T, N); every iteration starts the same stream anew."""

    ids: Tensor = field(repr=False)  # (tokens,)
    seq_len: int
    batch_size: int
    seed: int

    def __iter__(self) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(self.seed)  # on the CPU: the same stream for every device
        last_start = len(self.ids) - self.seq_len
        while True:
            starts = torch.randint(last_start, (self.batch_size,), generator=generator)
            yield _shifted(self.ids, starts, self.seq_len)


def next_token_batches(ids: Sequence[int] | Tensor, *, seq_len: int, batch_size: int, seed: int) -> NextTokenBatches:
    """Batches to train a language model on: windows cut anywhere in the text, for as long as you ask.

    `ids` (tokens,); each batch is `inputs` (T, N) and `targets` (T, N), int64, with T = seq_len, N = batch_size;
    a target is the token that follows its input. Iterating again gives the same batches again.
    Raises ValueError for impossible settings, and when the text is too short for a window.
    """
    seq_len, batch_size = checked_count("seq_len", seq_len), checked_count("batch_size", batch_size)
    return NextTokenBatches(_checked_ids(ids, seq_len), seq_len, batch_size, checked_seed(seed))


def next_token_pass(ids: Sequence[int] | Tensor, *, seq_len: int, batch_size: int) -> list[Batch]:
    """Batches to evaluate a language model on: the text once, from its start, without overlap or repetition.

    `ids` (tokens,); each batch is `inputs` (T, N) and `targets` (T, N), int64. The last batch may be narrower;
    the tokens after the last whole window, fewer than seq_len, are left out.
    """
    seq_len, batch_size = checked_count("seq_len", seq_len), checked_count("batch_size", batch_size)
    numbers = _checked_ids(ids, seq_len)
    starts = torch.arange(0, len(numbers) - seq_len, seq_len)
    return [_shifted(numbers, some, seq_len) for some in starts.split(batch_size)]


def _shifted(ids: Tensor, starts: Tensor, seq_len: int) -> Batch:
    """Windows at `starts` (N,) as inputs, and the same one token later as targets."""
    places = torch.arange(seq_len).unsqueeze(1) + starts  # (T, N)
    return ids[places], ids[places + 1]


@dataclass(frozen=True, eq=False)
class StatefulBatches:
    """A text as N rows read side by side in windows; every iteration is one pass, from the start of all rows."""

    inputs: Tensor = field(repr=False)  # (steps, N)
    targets: Tensor = field(repr=False)  # (steps, N)
    seq_len: int
    left_out: int  # tokens at the end of the text, fewer than N

    def __len__(self) -> int:
        """How many windows a pass has."""
        return -(-len(self.inputs) // self.seq_len)

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor, bool]]:
        for start in range(0, len(self.inputs), self.seq_len):
            window = slice(start, start + self.seq_len)
            yield self.inputs[window], self.targets[window], start == 0


def stateful_batches(ids: Sequence[int] | Tensor, *, seq_len: int, batch_size: int) -> StatefulBatches:
    """Windows for truncated backpropagation through time: the state after one is the state before the next.

    `ids` (tokens,) are cut into N = batch_size rows of running text. Each batch is `inputs` (T, N), `targets` (T, N),
    int64, T = seq_len, and `starts`: True for the first window of a pass, before which the state is 0. Row n goes on
    where row n of the batch before ended; a target is the token that follows its input. The last window may be
    shorter; `left_out` counts the tokens at the end that fill no row. Raises ValueError when a row would be empty.
    """
    seq_len, batch_size = checked_count("seq_len", seq_len), checked_count("batch_size", batch_size)
    numbers = whole_numbers("ids", ids, "Vocabulary.encode turns tokens into numbers")
    steps, left_out = divmod(len(numbers) - 1, batch_size)
    if steps < 1:
        raise ValueError(
            f"{batch_size} rows and the token after the last need {batch_size + 1} tokens, got {len(numbers)}."
        )
    read = steps * batch_size
    inputs, targets = (numbers[i : i + read].view(batch_size, steps).T for i in (0, 1))  # (steps, N)
    return StatefulBatches(inputs, targets, seq_len, left_out)


def _checked_ids(ids: Any, seq_len: int) -> Tensor:
    """`ids` as a tensor (tokens,), int64, long enough for a window and the token after it."""
    numbers = whole_numbers("ids", ids, "Vocabulary.encode turns tokens into numbers")
    if len(numbers) <= seq_len:
        raise ValueError(
            f"A window of seq_len={seq_len} and the token after it need {seq_len + 1} tokens, got {len(numbers)}."
        )
    return numbers
