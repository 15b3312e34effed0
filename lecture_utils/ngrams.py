"""Markov language models: count what followed the last few tokens, and predict from the counts.

The *order* is the length of the runs that are counted, the predicted token included: a model of order 5 looks at the
four tokens before. (Where the order of a Markov chain is meant, books count those four alone.)
"""

from __future__ import annotations

import difflib
import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from math import inf, log2
from typing import NamedTuple

from lecture_utils.text import checked_count, checked_seed

Gram = tuple[str | None, ...]  # None stands where a sequence has not begun yet

SMOOTHINGS = ("none", "kneser-ney")


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
        if discount is not None and not (smoothing == "kneser-ney" and 0 < discount <= 1):
            raise ValueError(f"discount must lie above 0, up to 1, and needs kneser-ney, got {discount!r}.")
        self.order, self.smoothing, self.discount = checked_count("order", order), smoothing, discount
        self.vocabulary: tuple[str, ...] = ()
        self._levels: list[_Level] = []  # from the shortest runs to the longest
        self._rest = 0.0  # the probability of a token before anything was counted

    def fit(self, sequences: Iterable[Sequence[str]], vocabulary: Iterable[str] = ()) -> NGram:
        """Count the runs in sequences of tokens: lists of words, or texts, which are sequences of characters.

        Every token may follow that stands in `sequences` or in `vocabulary`. Returns the model itself.
        """
        if isinstance(sequences, str):
            raise ValueError("fit takes a list of sequences: for one text of characters, write [text].")
        grams = Counter(chain.from_iterable(map(self._runs, sequences)))
        if not grams:
            raise ValueError("There is no token to count: every sequence is empty.")
        self.vocabulary = tuple(sorted({str(gram[-1]) for gram in grams} | set(vocabulary)))
        self._known = frozenset(self.vocabulary)
        if self.smoothing == "none":
            self._levels, self._rest = [_Level.of(grams, 0.0)], 0.0
        else:
            self._levels, self._rest = list(self._kneser_ney(grams)), 1 / len(self.vocabulary)
        return self

    def probability(self, token: str, context: Sequence[str] = ()) -> float:
        """P(token | context). Only the last `order` - 1 tokens count; a shorter context begins a sequence."""
        self._check_fitted()
        if token not in self._known:
            raise ValueError(
                f"{token!r} is not among the {len(self.vocabulary):,} tokens of this model: "
                "name it in `vocabulary`, or put a token such as '<unk>' in its place."
            )
        return self._mixed(token, self._window(context))

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
        return self._levels[-1].counts.get((*self._window(context), token), 0)

    def bits_per_token(self, sequences: Iterable[Sequence[str]]) -> float:
        """The mean of -log2 P over every token, each after its own past; inf where one is impossible."""
        if isinstance(sequences, str):
            raise ValueError("bits_per_token takes a list of sequences: for one text of characters, write [text].")
        chances = [self.probability(str(run[-1]), run[:-1]) for s in sequences for run in self._runs(s)]  # type: ignore[arg-type]
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
        chance, tokens = random.Random(checked_seed(seed)), list(context)
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
        wanted = self.order - 1
        last = tuple(context[len(context) - wanted :]) if len(context) > wanted else tuple(context)
        return (*[None] * (wanted - len(last)), *last)

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


def _estimated(counts: Counter[Gram]) -> float:
    """n_1 / (n_1 + 2 n_2), from the number of runs counted once and twice; 0.5 where there are none."""
    how_many = Counter(counts.values())
    once, twice = how_many[1], how_many[2]
    return once / (once + 2 * twice) if once and twice else 0.5
