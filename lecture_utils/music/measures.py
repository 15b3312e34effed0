"""What can be counted in tunes that somebody or something wrote: full bars, form, closes, and what is new in them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from lecture_utils.music.abc_notation import ABCError, parse, tokens
from lecture_utils.music.tune import Bar, Tune

CLOSING = {7, 11, 2}  # the notes of the chord of G, in semitones above C
FORM = 16  # bars


class Measures(NamedTuple):
    """Shares of some tunes, from 0 to 1, unless said otherwise."""

    tunes: int  # how many
    full_bars: float  # share of all bars
    well_formed: float  # all bars are full
    sixteen_bars: float
    first_returns: float  # the first phrase comes back; see `first_phrase_returns`
    half_close: float  # the fourth bar ends on a note of the chord of G
    ends_on_c: float
    copies: float  # an example, word for word
    mostly_new: float  # well-formed, and no run of more than half its words stands in one example


LABELS = (  # of the fields, for tables
    "tunes",
    "full bars",
    "well-formed",
    "16 bars",
    "first phrase returns",
    "half close",
    "ends on C",
    "copies",
    "well-formed and mostly new",
)


def first_phrase_returns(tune: Tune) -> bool:
    """Whether a tune of 16 bars takes the first three bars up again, note for note, at its bar 5, 9 or 13."""
    if len(tune.bars) != FORM:
        return False
    opening = list(map(_sounds, tune.bars[:3]))
    return any(list(map(_sounds, tune.bars[start : start + 3])) == opening for start in (4, 8, 12))


def measured(tunes: Sequence[str], examples: Iterable[str] = ()) -> Measures:
    """Count in tunes in ABC notation, each on one line; `examples` are what their author has learned from.

    A text that is no tune counts as one without any bar. Raises ValueError without tunes.
    """
    if not tunes:
        raise ValueError("There is no tune to measure: the list is empty.")
    known = frozenset(examples)
    library = " \n ".join(" ".join(tokens(example)) for example in known).join("  ")
    rows = [_row(tune, known, library) for tune in tunes]
    full, bars = sum(row[0] for row in rows), sum(row[1] for row in rows)
    shares = [sum(column) / len(tunes) for column in list(zip(*rows))[2:]]
    return Measures(len(tunes), full / max(1, bars), *shares)


def longest_shared(words: Sequence[str], library: str) -> int:
    """The length of the longest run of words that stands in the library: words with blanks between and around."""
    longest = 0
    for start in range(len(words)):  # only a run that is longer still is looked for
        while (end := start + longest + 1) <= len(words) and f" {' '.join(words[start:end])} " in library:
            longest += 1
    return longest


def _row(abc: str, known: frozenset[str], library: str) -> tuple[int, ...]:
    try:
        tune = parse(abc)
    except ABCError:
        return (0,) * (len(Measures._fields) + 1)
    full = sum(bar.length == tune.bar_length for bar in tune.bars)
    words = tokens(abc)
    good = tune.is_well_formed
    return (
        full,
        len(tune.bars),
        good,
        len(tune.bars) == FORM,
        first_phrase_returns(tune),
        len(tune.bars) > 3 and _last(tune.bars[3]) in CLOSING,
        _last(tune.bars[-1]) == 0,
        abc in known,
        good and 2 * longest_shared(words, library) <= len(words),
    )


def _sounds(bar: Bar) -> list[tuple[int | None, object]]:
    return [(note.pitch, note.length) for note in bar.notes]


def _last(bar: Bar) -> int | None:
    """The last note of a bar, in semitones above C."""
    pitch = bar.notes[-1].pitch
    return None if pitch is None else pitch % 12
