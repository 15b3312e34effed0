"""Markov language models: count what followed the last few tokens, and predict from the counts.

The *order* is the length of the runs that are counted, the predicted token included: a model of order 5 looks at the
four tokens before. (Where the order of a Markov chain is meant, books count those four alone.)
"""

from __future__ import annotations

import difflib
import random
import re
import reprlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf, log2
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from lecture_utils.text import checked_count, checked_seed

Gram = tuple[str | None, ...]  # None stands where a sequence has not begun yet

SMOOTHINGS = ("none", "kneser-ney")

_SPECIAL = re.compile(r"</?\w+>")  # tokens such as </s>, which models of characters hold too


class NGram:
    """A Markov model of words or characters: P(token | the `order` - 1 tokens before it), from counts.

    `smoothing="none"` is maximum likelihood: shares of what was counted, 0 for all else. "kneser-ney" takes
    `discount` off every count and gives what that frees to the model of the next shorter order, in which a run counts
    once for every different token before it; the shortest order is mixed with equal chances for all tokens. Without
    `discount`, each order sets its own from its runs counted once and twice. Raises ValueError for impossible
    settings.
    (Kneser and Ney, 1995; interpolated, with the discount of Ney, Essen and Kneser, 1994.)
    """

    def __init__(self, order: int, smoothing: str = "kneser-ney", *, discount: float | None = None) -> None:
        if smoothing not in SMOOTHINGS:
            near = difflib.get_close_matches(str(smoothing), SMOOTHINGS, n=1)
            guess = f" Did you mean {near[0]!r}?" if near else ""
            raise ValueError(f"smoothing must be {' or '.join(map(repr, SMOOTHINGS))}, got {smoothing!r}.{guess}")
        number = isinstance(discount, (int, float)) and not isinstance(discount, bool)
        if discount is not None and not (smoothing == "kneser-ney" and number and 0 < discount <= 1):
            raise ValueError(f"discount must lie above 0, up to 1, and needs kneser-ney, got {discount!r}.")
        self.order, self.smoothing, self.discount = checked_count("order", order), smoothing, discount
        self.vocabulary: tuple[str, ...] = ()
        self._levels: list[_Level] = []  # from the shortest runs to the longest
        self._rest = 0.0  # the probability of a token before anything was counted

    def fit(self, sequences: Iterable[Sequence[str]], vocabulary: Iterable[str] = ()) -> NGram:
        """Count the runs in sequences of tokens: lists of words, or texts, which are sequences of characters.

        Every token may follow that stands in `sequences` or in `vocabulary`. Returns the model itself.
        """
        _check_sequences("fit", sequences)
        try:
            grams = Counter(chain.from_iterable(map(self._runs, sequences)))
        except TypeError as error:  # a token that cannot be counted, such as a list
            raise ValueError("fit takes sequences of strings, got one that holds something else.") from error
        if not grams:
            raise ValueError("There is no token to count: every sequence is empty.")
        self.vocabulary = tuple(sorted({*_strings(gram[-1] for gram in grams), *_strings(vocabulary)}))
        self._known = frozenset(self.vocabulary)
        self._holds_words = any(len(token) > 1 and not _SPECIAL.fullmatch(token) for token in self.vocabulary)
        if self.smoothing == "none":
            self._levels, self._rest = [_Level.of(grams, 0.0)], 0.0
        else:
            self._levels, self._rest = list(self._kneser_ney(grams)), 1 / len(self.vocabulary)
        return self

    def probability(self, token: str, context: Sequence[str] = ()) -> float:
        """P(token | context). Only the last `order` - 1 tokens count; a shorter context begins a sequence."""
        self._check_fitted()
        return self._mixed(self._checked(token), self._window(context))

    def probabilities(self, sequence: Sequence[str]) -> NDArray[np.float64]:
        """P(token | its past) for every token of one sequence, float64 (tokens,); 0 where one is impossible."""
        self._check_fitted()
        return np.fromiter(self._chances(sequence), np.float64)

    def distribution(self, context: Sequence[str] = ()) -> dict[str, float]:
        """Every token that may follow, with its probability, the most probable first.

        Without smoothing, it is empty for a context that was never counted.
        """
        self._check_fitted()
        window = self._window(context)
        chances = {token: self._mixed(token, window) for token in self.vocabulary}
        return dict(sorted(((t, p) for t, p in chances.items() if p), key=lambda item: (-item[1], item[0])))

    def seen(self, context: Sequence[str]) -> bool:
        """Whether the last `order` - 1 tokens of the context were counted, in that order and side by side."""
        self._check_fitted()
        return self._window(context) in self._levels[-1].totals

    def count(self, token: str, context: Sequence[str] = ()) -> int:
        """How often the token stood behind the last `order` - 1 tokens of the context."""
        self._check_fitted()
        return self._levels[-1].counts.get((*self._window(context), *_strings([token])), 0)

    def bits_per_token(self, sequences: Iterable[Sequence[str]]) -> float:
        """The mean of -log2 P over every token, each after its own past; inf where one is impossible."""
        self._check_fitted()
        _check_sequences("bits_per_token", sequences)
        chances = [p for sequence in sequences for p in self._chances(sequence)]
        if not chances:
            raise ValueError("There is no token to predict: every sequence is empty.")
        return sum(-log2(p) if p else inf for p in chances) / len(chances)

    def perplexity(self, sequences: Iterable[Sequence[str]]) -> float:
        """2 to the power of the bits per token: as surprised as by so many equally likely tokens."""
        bits = self.bits_per_token(sequences)
        return inf if bits == inf else 2.0**bits

    def sample(self, length: int, *, seed: int, context: Sequence[str] = (), stop: str | None = None) -> list[str]:
        """Draw up to `length` tokens one by one, each after the ones before it; none comes after `stop`.

        Without smoothing, it ends at a context that was never counted.
        """
        self._check_fitted()
        if not isinstance(stop, str | None):
            raise ValueError(f"stop must be a token, or None, got {stop!r}.")
        chance, tokens = random.Random(checked_seed(seed)), list(self._checked_sequence(context))
        first = len(tokens)
        for _ in range(checked_count("length", length)):
            following = self.distribution(tokens)
            if not following:
                break
            tokens += chance.choices(list(following), list(following.values()))
            if tokens[-1] == stop:
                break
        return tokens[first:]

    @property
    def num_contexts(self) -> int:
        """The different contexts stored, of every length that the model uses."""
        return sum(len(level.totals) for level in self._levels)

    @property
    def num_entries(self) -> int:
        """The different runs stored, each with its count, of every length that the model uses."""
        return sum(len(level.counts) for level in self._levels)

    @property
    def num_bytes(self) -> int:
        """What the runs take when written down plainly: four bytes for each token, four for the count."""
        return sum(4 * (len(gram) + 1) for level in self._levels for gram in level.counts)

    def __repr__(self) -> str:
        return f"NGram(order={self.order}, smoothing={self.smoothing!r}): {self.num_entries:,} entries"

    def _runs(self, sequence: Sequence[str]) -> Iterator[Gram]:
        """Every token behind the `order` - 1 before it."""
        padded = (*[None] * (self.order - 1), *sequence)
        return zip(*(padded[k:] for k in range(self.order)))

    def _window(self, context: Sequence[str]) -> Gram:
        """The last `order` - 1 tokens of the context."""
        context = self._checked_sequence(context)
        wanted = self.order - 1
        last = _strings(context[len(context) - wanted :] if len(context) > wanted else context)
        return (*[None] * (wanted - len(last)), *last)

    def _chances(self, sequence: Sequence[str]) -> Iterator[float]:
        """P(token | its past) for every token of a sequence."""
        for run in self._runs(self._checked_sequence(sequence)):
            yield self._mixed(self._checked(run[-1]), run[:-1])

    def _kneser_ney(self, grams: Counter[Gram]) -> Iterator[_Level]:
        levels = []
        for _ in range(self.order):
            # a key stands for a different token before the rest: so many different pasts has each shorter run
            shorter = Counter(gram[1:] for gram in grams)
            levels.append(_Level.of(grams, self.discount, {gram: gram for gram in shorter}))
            grams = shorter
        return reversed(levels)

    def _mixed(self, token: str, window: Gram) -> float:
        p = self._rest
        for level in self._levels:
            p = level.mixed(token, window[len(window) - level.width :], p)
        return p

    def _checked(self, token: Any) -> str:
        """A token that this model gives a probability to."""
        if not isinstance(token, str):
            raise ValueError(f"A token must be a string, got {reprlib.repr(token)}.")
        if token not in self._known:
            raise ValueError(
                f"{token!r} is not among the {len(self.vocabulary):,} tokens of this model: "
                "name it in `vocabulary`, or put a token such as '<unk>' in its place."
            )
        return token

    def _checked_sequence(self, tokens: Any) -> Sequence[str]:
        if isinstance(tokens, str):
            if tokens and self._holds_words:
                raise ValueError(
                    f"{reprlib.repr(tokens)} would be read letter by letter, but this model holds words: "
                    "cut it with tokenize first."
                )
            return tokens
        if not isinstance(tokens, Iterable):
            raise ValueError(f"The model reads a list of tokens, or a text, got {reprlib.repr(tokens)}.")
        return tokens if isinstance(tokens, Sequence) else tuple(tokens)

    def _check_fitted(self) -> None:
        if not self._levels:
            raise RuntimeError("This model has counted nothing yet: call fit with some sequences first.")


class _Level(NamedTuple):
    """The runs of one length: their counts, and for each context their sum and the number of different ones."""

    width: int  # tokens in a context
    counts: Counter[Gram]
    totals: Counter[Gram]
    more_kinds: Counter[Gram]  # beyond the first: most contexts have none, and take no place here
    discount: float

    @classmethod
    def of(cls, counts: Counter[Gram], discount: float | None, known: Mapping[Gram, Gram] | None = None) -> _Level:
        """Sum the counts up; a context that is among the `known` runs shares its tuple, which saves memory."""
        totals: Counter[Gram] = Counter()
        more_kinds: Counter[Gram] = Counter()
        for gram, count in counts.items():
            context = gram[:-1]
            context = known.get(context, context) if known else context
            if context in totals:
                more_kinds[context] += 1
            totals[context] += count
        width = len(next(iter(counts))) - 1
        return cls(width, counts, totals, more_kinds, _estimated(counts) if discount is None else discount)

    def mixed(self, token: str, context: Gram, rest: float) -> float:
        """The share of the token after the context, less the discount, which is spread like `rest`."""
        total = self.totals.get(context, 0)
        if not total:
            return rest
        kept = max(self.counts.get((*context, token), 0) - self.discount, 0.0)
        kinds = 1 + self.more_kinds.get(context, 0)
        return (kept + self.discount * kinds * rest) / total


def _strings(tokens: Any) -> tuple[str, ...]:
    """`tokens` as a tuple, or a ValueError unless every one is a string."""
    if not isinstance(tokens, Iterable):
        raise ValueError(f"Tokens come as a list of strings, or a text, got {reprlib.repr(tokens)}.")
    held = tuple(tokens)
    for token in held:
        if not isinstance(token, str):
            raise ValueError(f"A token must be a string, got {reprlib.repr(token)}.")
    return held


def _check_sequences(name: str, sequences: Any) -> None:
    if isinstance(sequences, str):
        raise ValueError(f"{name} takes a list of sequences: for one text of characters, write [text].")
    if not isinstance(sequences, Iterable):
        raise ValueError(f"{name} takes a list of sequences of tokens, got {reprlib.repr(sequences)}.")


def _estimated(counts: Counter[Gram]) -> float:
    """n_1 / (n_1 + 2 n_2), from the number of runs counted once and twice; 0.5 where there are none."""
    how_many = Counter(counts.values())
    once, twice = how_many[1], how_many[2]
    return once / (once + 2 * twice) if once and twice else 0.5
