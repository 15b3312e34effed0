"""From text to numbers: tokens, a vocabulary, and batches for predicting the next token."""

import operator
import re
import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
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
    Raises ValueError when a token is no string, or a bound no whole number that leaves room for the specials.
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
        min_count = checked_count("min_count", min_count)
        if max_size is not None and (max_size := checked_count("max_size", max_size)) < len(specials):
            raise ValueError(f"max_size must leave room for the {len(specials)} specials, got {max_size}.")
        counts = _counted(tokens)
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
        number = None
        if isinstance(token, str):
            number = self._ids.get(token, None if self.unknown is None else self._ids[self.unknown])
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
        """The tokens of a sequence of whole numbers: `encode` read backwards."""
        if isinstance(ids, Tensor):
            if ids.dim() != 1:
                raise ValueError(f"decode takes one sequence of numbers, got a tensor of shape {tuple(ids.shape)}.")
            ids = ids.tolist()
        if not isinstance(ids, Iterable):
            raise ValueError(f"decode takes one sequence of numbers, got {ids!r}.")
        return [self._token(number) for number in ids]

    def __repr__(self) -> str:
        first = ", ".join(map(repr, self.tokens[:8]))
        return f"Vocabulary of {len(self):,} tokens: {first}{', …' if len(self) > 8 else ''}"

    def _token(self, value: object) -> str:
        number = _index(value)
        if number is None or not 0 <= number < len(self):
            got = reprlib.repr(value) if number is None else number
            raise ValueError(f"{got} is no token's number: this vocabulary has 0 to {len(self) - 1}.")
        return self.tokens[number]

    def _holds_words(self) -> bool:
        return any(len(token) > 1 for token in self.tokens[len(self.specials) :])

    def _not_there(self, token: object) -> str:
        if not isinstance(token, str):
            return f"A vocabulary turns tokens into numbers, got {token!r}; for the way back there is decode."
        return f"{token!r} is not among the {len(self):,} tokens, and there is no special token for unknown ones."


def _checked_specials(specials: Sequence[str]) -> tuple[str, ...]:
    if isinstance(specials, str):
        raise ValueError(f"specials must be a list of tokens such as ('<unk>',), got the string {specials!r}.")
    if not isinstance(specials, Iterable):
        raise ValueError(f"specials must be a list of tokens such as ('<unk>',), got {specials!r}.")
    tokens = tuple(specials)
    for token in tokens:
        if not isinstance(token, str):
            raise ValueError(f"Every special token must be a string, got {token!r}.")
    if len(set(tokens)) < len(tokens):
        raise ValueError(f"Every special token must differ from the others, got {', '.join(tokens)}.")
    return tokens


def _counted(tokens: Iterable[str]) -> "Counter[str]":
    """How often each token comes; a mapping from tokens to counts is taken at its word."""
    if not isinstance(tokens, Iterable):
        raise ValueError(f"tokens must be a list of strings, or a text, got {tokens!r}.")
    held = tokens if isinstance(tokens, Mapping) else list(tokens)
    for token in held:
        if not isinstance(token, str):
            raise ValueError(f"Every token must be a string, got {reprlib.repr(token)}.")
    return Counter(held)


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


def _checked_ids(ids: Any, seq_len: int) -> Tensor:
    """`ids` as a tensor (tokens,), int64, long enough for a window and the token after it."""
    if isinstance(ids, str):
        raise ValueError("ids must be numbers, got a string: turn it into numbers with Vocabulary.encode.")
    try:
        numbers = torch.as_tensor(ids)
    except (TypeError, ValueError, RuntimeError, OverflowError):
        got = f"got {reprlib.repr(ids)}: Vocabulary.encode turns tokens into numbers."
        raise ValueError(f"ids must be one sequence of whole numbers, {got}") from None
    whole = not (numbers.is_floating_point() or numbers.is_complex() or numbers.dtype == torch.bool)
    if numbers.dim() != 1 or (len(numbers) and not whole):  # an empty list has no type of its own
        raise ValueError(f"ids must be one sequence of whole numbers, got {tuple(numbers.shape)} {numbers.dtype}.")
    if len(numbers) <= seq_len:
        raise ValueError(
            f"A window of seq_len={seq_len} and the token after it need {seq_len + 1} tokens, got {len(numbers)}."
        )
    return numbers.to("cpu", torch.int64)


def checked_count(name: str, value: object) -> int:
    """`value` as an int from 1 on, or a ValueError that says what `name` must be."""
    number = _index(value)
    if number is None or number < 1:
        raise ValueError(f"{name} must be a whole number from 1 on, got {value!r}.")
    return number


def checked_seed(value: object) -> int:
    """`value` as an int that can start every generator, or a ValueError."""
    number = _index(value)
    if number is None or not 0 <= number < 2**32:
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, got {value!r}.")
    return number


def _index(value: Any) -> int | None:
    """A whole number of Python, NumPy or PyTorch as Python's; None for all else, True and 3.0 among it."""
    if isinstance(value, bool) or (isinstance(value, Tensor) and value.dtype == torch.bool):
        return None
    try:
        return operator.index(value)
    except TypeError:
        return None
