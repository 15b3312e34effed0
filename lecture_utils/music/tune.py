"""What a tune is: notes in bars, in the order in which they are played, and whether the bars are as long as they say.

All times are exact fractions of a quarter note, so that three triplets fill a beat without a remainder.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import NamedTuple


class Note(NamedTuple):
    """A note or a rest; start and length count in quarter notes, bars from 0."""

    pitch: int | None  # MIDI number, 60 is middle C; None is a rest
    start: Fraction
    length: Fraction
    bar: int
    name: str  # "F♯4"; the octave from middle C upwards is 4
    step: int = 0  # 7 × octave + place of the letter in C D E F G A B: where it stands on a staff
    accidental: str = ""  # the sign written before it: "", "♯", "♭", "♮" and the double ones
    tied: bool = False  # sounds on into the next note


class Bar(NamedTuple):
    """The notes between two bar lines, and the number of the bar as written, from 1."""

    number: int
    notes: tuple[Note, ...]
    start: Fraction
    length: Fraction
    edge: bool = False  # at the beginning or the end of a part: here a bar may be short


@dataclass(frozen=True)
class Tune:
    """A tune as it is played, with its repeats written out."""

    title: str
    metre: tuple[int, int]  # (3, 4) for 3/4
    key: str
    sharps: int  # of the key signature; flats count below zero
    bars: tuple[Bar, ...] = field(repr=False)

    @property
    def notes(self) -> tuple[Note, ...]:
        """All notes and rests, in order."""
        return tuple(note for bar in self.bars for note in bar.notes)

    @property
    def length(self) -> Fraction:
        """Of the whole tune, in quarter notes."""
        return sum((bar.length for bar in self.bars), Fraction(0))

    @property
    def bar_length(self) -> Fraction:
        """What the metre asks of a bar, in quarter notes: 3 in 3/4 and in 6/8."""
        return Fraction(4 * self.metre[0], self.metre[1])

    @property
    def faults(self) -> tuple[str, ...]:
        """A sentence on each bar that is too long, or too short where it may not be.

        Short is allowed where a part begins (a pickup) or ends, if another bar at such a place makes up for it.
        """
        full, edges = self.bar_length, {bar.length for bar in self.bars if bar.edge}
        wrong = {
            bar.number: f"Bar {bar.number} holds {_quarters(bar.length)} where "
            f"{self.metre[0]}/{self.metre[1]} asks for {_quarters(full)}."
            for bar in self.bars
            if bar.length != full and not (bar.edge and full - bar.length in edges)
        }
        return tuple(wrong.values())  # a bar that is repeated is named once

    @property
    def is_well_formed(self) -> bool:
        """Whether there are bars, and all are as long as the metre asks."""
        return bool(self.bars) and not self.faults


def _quarters(length: Fraction) -> str:
    return f"{length} quarter note{'s' * (length != 1)}"
