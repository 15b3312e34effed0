"""From text to numbers and back: tokens, and a vocabulary that numbers them."""

import re
import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence

from torch import Tensor

from lecture_utils.text.checks import checked_count, whole_number

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
        number = whole_number(value)
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
