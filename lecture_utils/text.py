"""From text to numbers: tokens, a vocabulary, and batches for predicting the next token."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

Batch = tuple[Tensor, Tensor]

SPECIALS = ("<pad>", "<unk>", "<s>", "</s>")

_TOKEN = re.compile(r"</?\w+>|\w+(?:[-'’.]\w+)*|\S")


def tokenize(sentence: str) -> list[str]:
    """Cut a sentence into words and punctuation marks.

    A word keeps its inner hyphens, apostrophes and dots (``built-in``, ``don't``, ``3.11``, ``sys.path``);
    every other mark stands alone; ``<s>`` and its like stay whole.
    """
    return _TOKEN.findall(sentence)


class UnknownToken(KeyError):
    """A token that a vocabulary without an unknown-token does not hold."""

    def __str__(self) -> str:  # KeyError would print the sentence in quotes
        return str(self.args[0])


class Vocabulary:
    """A numbering of tokens: specials first, then the others from frequent to rare, ties in alphabetical order.

    `tokens` is any iterable of strings: a list of words, or a text, which is an iterable of characters.
    Tokens seen fewer than `min_count` times are left out; `max_size` bounds the whole, specials included.
    A token that is not there is numbered as `unknown`, if that is one of the specials, or else is an error.
    """

    def __init__(
        self,
        tokens: Iterable[str],
        *,
        min_count: int = 1,
        max_size: int | None = None,
        specials: Sequence[str] = SPECIALS,
        unknown: str = "<unk>",
    ) -> None:
        specials = _checked_specials(specials)
        if min_count < 1:
            raise ValueError(f"min_count must be 1 or more, got {min_count}.")
        if max_size is not None and max_size < max(1, len(specials)):
            raise ValueError(f"max_size must leave room for the {len(specials)} specials, got {max_size}.")
        counts = Counter(tokens)
        ranked = sorted(counts.keys() - set(specials), key=lambda token: (-counts[token], token))
        frequent = [token for token in ranked if counts[token] >= min_count]
        self.specials = specials
        self.tokens = (*specials, *frequent)[:max_size]
        self.unknown = unknown if unknown in specials else None
        self._ids = {token: number for number, token in enumerate(self.tokens)}

    def __len__(self) -> int:
        return len(self.tokens)

    def __iter__(self) -> Iterator[str]:
        return iter(self.tokens)

    def __contains__(self, token: object) -> bool:
        return token in self._ids

    def __getitem__(self, token: str) -> int:
        """The number of one token."""
        number = self._ids.get(token)
        if number is None and self.unknown is not None and isinstance(token, str):
            number = self._ids[self.unknown]
        if number is None:
            raise UnknownToken(self._not_there(token))
        return number

    def encode(self, tokens: Iterable[str]) -> list[int]:
        """The numbers of a sequence of tokens, as long as the sequence."""
        if isinstance(tokens, str) and self._holds_words():
            raise ValueError(
                "encode got a string, which would be read letter by letter, but this vocabulary holds words: "
                "cut the string with tokenize first."
            )
        return [self[token] for token in tokens]

    def decode(self, ids: Iterable[int] | Tensor) -> list[str]:
        """The tokens of a sequence of numbers: `encode` read backwards."""
        if isinstance(ids, Tensor) and ids.dim() != 1:
            raise ValueError(f"decode takes one sequence of numbers, got a tensor of shape {tuple(ids.shape)}.")
        numbers = [int(number) for number in ids]
        for number in numbers:
            if not 0 <= number < len(self):
                raise ValueError(f"{number} is no token's number: this vocabulary has 0 to {len(self) - 1}.")
        return [self.tokens[number] for number in numbers]

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self.tokens[:8]))
        return f"Vocabulary of {len(self):,} tokens: {first}{', …' if len(self) > 8 else ''}"

    def _holds_words(self) -> bool:
        return any(len(token) > 1 for token in self.tokens[len(self.specials) :])

    def _not_there(self, token: object) -> str:
        if not isinstance(token, str):
            return f"A vocabulary turns tokens into numbers, got {token!r}; for the way back there is decode."
        return f"{token!r} is not among the {len(self):,} tokens, and there is no special token for unknown ones."


def _checked_specials(specials: Sequence[str]) -> tuple[str, ...]:
    if isinstance(specials, str):
        raise ValueError(f"specials must be a list of tokens such as ('<unk>',), got the string {specials!r}.")
    if len(set(specials)) < len(specials):
        raise ValueError(f"Every special token must differ from the others, got {', '.join(specials)}.")
    return tuple(specials)


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
    """
    return NextTokenBatches(_checked_ids(ids, seq_len, batch_size), seq_len, batch_size, seed)


def next_token_pass(ids: Sequence[int] | Tensor, *, seq_len: int, batch_size: int) -> list[Batch]:
    """Batches to evaluate a language model on: the text once, from its start, without overlap or repetition.

    `ids` (tokens,); each batch is `inputs` (T, N) and `targets` (T, N), int64. The last batch may be narrower;
    the tokens after the last whole window, fewer than seq_len, are left out.
    """
    numbers = _checked_ids(ids, seq_len, batch_size)
    starts = torch.arange(0, len(numbers) - seq_len, seq_len)
    return [_shifted(numbers, some, seq_len) for some in starts.split(batch_size)]


def _shifted(ids: Tensor, starts: Tensor, seq_len: int) -> Batch:
    """Windows at `starts` (N,) as inputs, and the same one token later as targets."""
    places = torch.arange(seq_len).unsqueeze(1) + starts  # (T, N)
    return ids[places], ids[places + 1]


def _checked_ids(ids: Any, seq_len: int, batch_size: int) -> Tensor:
    for name, value in (("seq_len", seq_len), ("batch_size", batch_size)):
        if not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} must be a whole number from 1 on, got {value!r}.")
    if isinstance(ids, str):
        raise ValueError("ids must be numbers, got a string: turn it into numbers with Vocabulary.encode.")
    numbers = torch.as_tensor(ids)
    if numbers.dim() != 1 or numbers.is_floating_point():
        raise ValueError(f"ids must be one sequence of whole numbers, got {tuple(numbers.shape)} {numbers.dtype}.")
    if len(numbers) <= seq_len:
        raise ValueError(
            f"A window of {seq_len} tokens and the one after it need {seq_len + 1} tokens, got {len(numbers)}."
        )
    return numbers.to("cpu", torch.int64)
