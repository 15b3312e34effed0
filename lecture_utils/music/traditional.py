"""Dance tunes as people write them down in ABC notation, many bars and many lines long: read, judged, cut for a page.

Read beyond `lecture_utils.music.parse`: modes by their long names, keys with signs of their own, changes of key and
metre, all tuplets, ``>>`` and ``<<``, endings for any time through, chords (of which the highest note sounds). Passed
over: grace notes, ornaments, chord names, slurs, lyrics, the old ``!`` that ends a line. Source: C. Walshaw and
others, *The abc music standard 2.1*, sections 3 and 4, https://abcnotation.com/wiki/abc:standard:v2.1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

from lecture_utils.music.abc_notation import LETTERS, LONGEST, MODES, SEMITONES, SHIFTS, SIGNS, ABCError
from lecture_utils.music.tune import Bar, Note, Tune

SHORTEST = Fraction(1, 8)  # quarter notes: a thirty-second; no shorter one has a symbol in a score
TUPLETS = {2: 3, 3: 2, 4: 3, 6: 2, 8: 3}  # notes: in the time of how many; 5, 7 and 9 ask the metre
METRES = {"C": "4/4", "C|": "2/2"}
FREE = (4, 4)  # stands in the place of a metre that is "none"

_LENGTH = r"\d*/*\d*"
_TOKEN = re.compile(
    rf"""(?P<inline>\[[A-Za-z]:[^\]\n]*\])
      | (?:\[|(?<=[|:]))(?P<ending>[1-9](?:[,-][1-9])*)
      | (?P<bar>:*\[?\|[|\]]*:*|::+)
      | \[(?P<chord>[^\]\[|:"\n]+)\](?P<chord_length>{_LENGTH})(?P<chord_tie>-?)
      | (?P<over>"[^"\n]*"|\{{[^}}\n]*\}}|![^!|:\[\]\n]*!|!|[~.`\s\\HLMOPSTuv]|y\d*|%.*|\((?!\d)|\))
      | \((?P<tuplet>[2-9])(?::(?P<into>[1-9]?))?(?::(?P<over_notes>[1-9]?))?
      | (?P<broken>>{{1,3}}|<{{1,3}})
      | (?P<sign>\^\^?|__?|=)?(?P<letter>[A-Ga-gzx])(?P<octave>[,']*)(?P<length>{_LENGTH})(?P<tie>-?)
    """,
    re.VERBOSE | re.ASCII,
)
_PLAIN_LENGTH = re.compile(r"(\d*)(/*)(\d*)", re.ASCII)
_FIELD = re.compile(r"([A-Za-z]):(?![:|])(.*)")  # a line may also begin with a note and the end of a repeat
_KEY = re.compile(
    r"([A-G])([#b]?)(?i:\s*(maj|min|ion|dor|phr|lyd|mix|aeo|loc)[a-z]*|(m)(?![a-z]))?(?=\s|[=^_]|$)", re.ASCII
)
_KEY_WORD = re.compile(r"(?i)exp|[a-z]+=\S*|(?:treble|bass|alto|tenor|perc|none)\d?(?:[+-]8)?")
_KEY_SIGN = re.compile(r"(\^\^?|__?|=)([A-Ga-g])(?![a-z])")


@dataclass(frozen=True)
class TraditionalTune(Tune):
    """A tune as it is played, with its repeats written out; its metre may change from bar to bar."""

    asked: tuple[Fraction | None, ...] = field(default=(), repr=False)  # of each bar, in quarter notes; None: free

    @property
    def faults(self) -> tuple[str, ...]:
        """A sentence on each bar of `bars_that_are_wrong`."""
        return tuple(bar.sentence for bar in bars_that_are_wrong(self))


class WrongBar(NamedTuple):
    """A bar, numbered as written from 1, that does not last as its metre asks; lengths in quarter notes."""

    number: int
    length: Fraction
    asked: Fraction

    @property
    def sentence(self) -> str:
        """What is wrong with it, in words."""
        plural = "s" * (self.length != 1)
        return f"Bar {self.number} holds {self.length} quarter note{plural} where its metre asks for {self.asked}."


def read_traditional(text: str) -> TraditionalTune:
    """Read one tune in ABC notation, fields and music; its repeats come out written out.

    Without the fields M and K it is in 4/4 and in C. A sign before a note holds for its letter, in all octaves, until
    the bar ends. Raises ABCError, a sentence with line and column, for what is no music or not read here.
    """
    if not isinstance(text, str):
        raise ABCError(f"A tune is a text in ABC notation, got {type(text).__name__}.")
    reader = _Reader()
    for number, line in enumerate(text.splitlines(), start=1):
        reader.read(number, line)
    return reader.tune()


def bars_that_are_wrong(tune: TraditionalTune) -> tuple[WrongBar, ...]:
    """Which bars do not last as long as the metre says, each named once however often it is played.

    A short bar is right where it opens the tune; where a part begins or ends and the bar across that seam makes up
    for it, at least one of the times it is played; and as the last of all, where some part's pickup makes up for it.
    """
    wrong: dict[int, WrongBar] = {}
    right: set[int] = set()
    for index, bar in enumerate(tune.bars):
        asked = tune.asked[index]
        if asked is None or _fits(tune, index, asked):
            right.add(bar.number)
        else:
            wrong.setdefault(bar.number, WrongBar(bar.number, bar.length, asked))
    return tuple(bar for number, bar in sorted(wrong.items()) if number not in right)


def bars_on_paper(tune: Tune) -> int:
    """How many bars were written, however often each is played."""
    return len({bar.number for bar in tune.bars})


def opening(tune: TraditionalTune, bars: int = 8) -> TraditionalTune:
    """The first `bars` bars as they stand on paper, each once, and the pickup before them: a tune to draw.

    Raises ValueError for fewer than one bar.
    """
    if bars < 1:
        raise ValueError(f"an opening has at least one bar, got {bars}.")
    first: dict[int, int] = {}  # number as written -> index as played
    for index, bar in enumerate(tune.bars):
        first.setdefault(bar.number, index)
    pickup = tune.asked[0] is not None and tune.bars[0].length < tune.asked[0]
    chosen = list(first.values())[: bars + pickup]
    asked = tuple(tune.asked[index] for index in chosen)
    return replace(tune, bars=_timed(tune.bars[index] for index in chosen), asked=asked)


def _fits(tune: TraditionalTune, index: int, asked: Fraction) -> bool:
    """Whether a bar, in this place as played, is full or short for a reason."""
    bars, missing = tune.bars, asked - tune.bars[index].length
    if missing <= 0:
        return missing == 0
    across = [other for other in (index - 1, index + 1) if 0 <= other < len(bars)]
    if bars[index].edge and any(bars[other].edge and bars[other].length == missing for other in across):
        return True
    if len(bars) == 1 or 0 < index < len(bars) - 1:
        return False
    pickups = {bar.length for before, bar in pairwise(bars) if before.edge and bar.edge} | {bars[0].length}
    return index == 0 or missing in pickups


@dataclass
class _Written:
    """What stands between two bar lines, or between one and an ending that begins inside the bar."""

    number: int
    asked: Fraction | None
    notes: list[Note] = field(default_factory=list)
    opens: bool = False  # a repeat begins with it
    closes: int = 0  # and ends with it, to be played as many times more
    passes: tuple[int, ...] = ()  # an ending: the times through at which it is played; () is always
    double: bool = False  # a double bar line follows
    edge: bool = False
    whole: bool = True  # a bar line follows


class _Tuplet(NamedTuple):
    factor: Fraction
    left: int  # notes still to come


class _Reader:
    """What has been read so far, and what holds for the next note."""

    def __init__(self) -> None:
        self.title, self.number = "", ""
        self.metre, self.asked = (4, 4), Fraction(4)  # the first one, and what the one in force asks of a bar
        self.free = False
        self.key, self.sharps = "C", 0  # the first one, which a score shows
        self.signature: dict[str, str] = {}  # the signs in force, by letter
        self.unit: Fraction | None = None  # the length of a plain note, in quarter notes
        self.signs: dict[str, str] = {}  # accidentals of this bar, by letter
        self.shown: dict[str, str] = {}  # the same as far as a score shows them
        self.at_ending: dict[str, str] = {}  # those before an ending that begins inside a bar
        self.held: tuple[int, str] | None = None  # step and sign of a note that is tied across a bar line
        self.bars = [_Written(1, self.asked, edge=True)]
        self.factor, self.tuplet = Fraction(1), _Tuplet(Fraction(1), 0)
        self.place = ""

    def read(self, number: int, line: str) -> None:
        self.place = f"Line {number}"
        if found := _FIELD.match(line):
            self._field(*found.groups())
            return
        at = 0
        while at < len(line):
            self.place = f"Line {number}, column {at + 1}"
            token = _TOKEN.match(line, at)
            if token is None:
                raise self._error(f"{line[at]!r} is not in the part of ABC notation that is read here")
            self._token(token)
            at = token.end()

    def _error(self, sentence: str) -> ABCError:
        return ABCError(f"{self.place}: {sentence}.")

    def _token(self, token: re.Match[str]) -> None:
        if token["letter"]:
            self._note(token)
        elif token["bar"]:
            self._bar_line(token["bar"])
        elif token["inline"]:
            self._field(token["inline"][1], token["inline"][3:-1])
        elif token["ending"]:
            self._ending(token["ending"])
        elif token["chord"]:
            self._chord(token)
        elif token["tuplet"]:
            self._open_tuplet(token)
        elif token["broken"]:
            self._broken(token["broken"])

    # --- fields

    def _field(self, letter: str, value: str) -> None:
        value = value.partition("%")[0].strip()
        if letter == "X" and self.number:
            raise self._error("a second tune begins, and one is read at a time")
        if letter == "X":
            self.number = value or "X"
        elif letter == "T":
            self.title = self.title or value
        elif letter == "M":
            self._set_metre(value)
        elif letter == "L":
            self.unit = 4 * self._fraction("L", value)
        elif letter == "K":
            self._set_key(value)
        elif letter == "V" and value.split()[:1] != ["1"]:
            raise self._error("the tune has a second voice, and one is read here")

    def _fraction(self, name: str, value: str) -> Fraction:
        found = re.fullmatch(r"([0-9]{1,3})/([0-9]{1,3})", value)
        if not found or not int(found[1]) or not int(found[2]):
            raise self._error(f"the field {name} must be a fraction such as 3/4, got {value!r:.60}")
        return Fraction(int(found[1]), int(found[2]))

    def _set_metre(self, value: str) -> None:
        self.free = value.lower() in ("none", "")
        metre = FREE if self.free else self._metre(METRES.get(value, value))
        if not self._has_notes():
            self.metre = metre
        self.asked = Fraction(4 * metre[0], metre[1])
        if not self.bars[-1].notes:
            self.bars[-1].asked = self._asked()

    def _metre(self, value: str) -> tuple[int, int]:
        counts = re.match(r"\(?([0-9]{1,3}(?:\+[0-9]{1,3})+)\)?(?=/)", value)
        if counts:  # (2+3)/8 is 5/8
            value = str(sum(map(int, counts[1].split("+")))) + value[counts.end() :]
        self._fraction("M", value)
        above, _, below = value.partition("/")
        return int(above), int(below)

    def _has_notes(self) -> bool:
        return any(bar.notes for bar in self.bars)

    def _default_unit(self) -> Fraction:
        return Fraction(1, 2) if Fraction(*self.metre) >= Fraction(3, 4) else Fraction(1, 4)

    def _set_key(self, value: str) -> None:
        found, sharps = _KEY.match(value), 0
        rest = value[found.end() :] if found else value.removeprefix("HP").removeprefix("none")
        if value.startswith("Hp"):  # the pipes of the Highlands play in D and write their naturals
            found, sharps, rest = None, 2, value[2:]
        if found:
            sharps = "FCGDAEB".index(found[1]) - 1 + {"": 0, "#": 7, "b": -7}[found[2]]
            sharps += MODES[(found[3] or found[4] or "maj").lower()]
        if abs(sharps) > 7:
            raise self._error(f"no key signature has {abs(sharps)} signs, as {value!r:.60} would need")
        signs = {letter: sign for sign, letter in _KEY_SIGN.findall(rest)}
        words = _KEY_SIGN.sub(" ", rest).split()
        if not all(_KEY_WORD.fullmatch(word) for word in words):
            raise self._error(f"the field K must name a key such as D, Am or E Dorian, got {value!r:.60}")
        plain = {} if "exp" in words else _signature(sharps)
        self.signature = {**plain, **{letter.upper(): sign for letter, sign in signs.items()}}
        if not self._has_notes():
            self.key, self.sharps = value or "C", 0 if "exp" in words else sharps

    # --- notes

    def _note(self, token: re.Match[str]) -> None:
        length = self._length(token["length"], token.group()) * self._share()
        if token["letter"] in "zx":
            self.held = None
            self._add(Note(None, Fraction(0), length, 0, "rest"))
        else:
            self._add(self._sounding(token, length, bool(token["tie"])))

    def _chord(self, token: re.Match[str]) -> None:
        """All its signs count, its highest note sounds, and its first note says how long it lasts."""
        length = self._length(token["chord_length"], token.group()) / self._unit()
        share, at = self._share(), 0
        notes: list[Note] = []
        while at < len(token["chord"]):
            inner = _TOKEN.match(token["chord"], at)
            if inner is None or not (inner["letter"] or inner["over"]) or inner["letter"] in ("z", "x"):
                raise self._error(f"{token.group()!r:.60} is no chord")
            if inner["letter"]:
                own = self._length(inner["length"], token.group()) * length * share
                tied = bool(inner["tie"] or token["chord_tie"])
                notes.append(self._sounding(inner, notes[0].length if notes else own, tied))
            at = inner.end()
        if not notes:
            raise self._error(f"{token.group()!r:.60} is a chord without notes")
        top = max(notes, key=lambda note: note.pitch or 0)
        self.held = (top.step, self.signs.get(top.name[0], self.signature.get(top.name[0], ""))) if top.tied else None
        self._add(top)

    def _add(self, note: Note) -> None:
        self._check_length(note.length)
        self.bars[-1].notes.append(note)

    def _check_length(self, length: Fraction) -> None:
        if not (SHORTEST <= length <= LONGEST or length == SHORTEST * 2 / 3):
            raise self._error(
                f"a note lasts from {SHORTEST} (in a triplet {SHORTEST * 2 / 3}) to {LONGEST} quarter notes, "
                f"this one {length}"
            )

    def _unit(self) -> Fraction:
        return self.unit or self._default_unit()

    def _length(self, written: str, note: str) -> Fraction:
        above, slashes, below = _PLAIN_LENGTH.fullmatch(written).groups()  # type: ignore[union-attr]
        below = below or str(2 ** min(len(slashes), 10))
        if len(above) > 3 or len(below) > 4 or not int(below):
            raise self._error(f"{note!r:.60} has a length that cannot be read")
        return self._unit() * Fraction(int(above or 1), int(below))

    def _share(self) -> Fraction:
        """What a dotted pair and a tuplet make of the length of the next note, which is now used up."""
        share, self.factor = self.factor, Fraction(1)
        if self.tuplet.left:
            share *= self.tuplet.factor
            self.tuplet = self.tuplet._replace(left=self.tuplet.left - 1)
        return share

    def _sounding(self, token: re.Match[str], length: Fraction, tied: bool) -> Note:
        letter, written = token["letter"].upper(), token["sign"] or ""
        octave = 4 + token["letter"].islower() + token["octave"].count("'") - token["octave"].count(",")
        place = LETTERS.index(letter)
        step = 7 * octave + place
        if written:
            self.signs[letter] = self.shown[letter] = written
        sign = self.signs.get(letter, self.signature.get(letter, ""))
        held, self.held = self.held, None
        if held and held[0] == step and not written:
            sign = held[1]  # tied across the bar line, it keeps its pitch
        elif self._looks(letter) != _plain(sign):  # the score shows the first key signature alone
            written = self.shown[letter] = sign or "="
        pitch = 12 * (octave + 1) + SEMITONES[place] + SHIFTS[sign]
        if not 0 <= pitch <= 127:
            raise self._error(f"{token.group()!r:.60} lies outside the range of MIDI, 0 to 127")
        self.held = (step, sign) if tied else None
        name = f"{letter}{SIGNS[_plain(sign)]}{octave}"
        return Note(pitch, Fraction(0), length, 0, name, step, SIGNS[written], tied)

    def _looks(self, letter: str) -> str:
        """The sign that a reader of the score takes to be in force."""
        return _plain(self.shown.get(letter, _signature(self.sharps).get(letter, "")))

    def _open_tuplet(self, token: re.Match[str]) -> None:
        if self.tuplet.left:
            raise self._error("a tuplet begins inside another")
        notes = int(token["tuplet"])
        compound = self.metre[1] == 8 and self.metre[0] in (6, 9, 12)
        into = int(token["into"] or TUPLETS.get(notes, 3 if compound else 2))
        self.tuplet = _Tuplet(Fraction(into, notes), int(token["over_notes"] or notes))

    def _broken(self, text: str) -> None:
        """A dotted pair: `>` lengthens the note before and shortens the one after, `<` the other way round."""
        if not self.bars[-1].notes or self.factor != 1:
            raise self._error(f"{text!r} needs a note before it in the same bar")
        short = Fraction(1, 2 ** len(text))
        first, self.factor = (2 - short, short) if text[0] == ">" else (short, 2 - short)
        before = self.bars[-1].notes[-1]
        self.bars[-1].notes[-1] = before._replace(length=before.length * first)
        self._check_length(before.length * first)

    # --- bars

    def _bar_line(self, text: str) -> None:
        if self.tuplet.left or self.factor != 1:
            raise self._error("a tuplet or a dotted pair is cut by a bar line")
        colons = len(text) - len(text.lstrip(":")), len(text) - len(text.rstrip(":"))
        if "|" not in text:  # :: is short for :|:
            colons = len(text) // 2, len(text) // 2
        if max(colons) > 3:
            raise self._error(f"{text!r:.20} repeats a part more often than is read here")
        now, plain = self.bars[-1], text == "|"
        self.signs, self.shown = {}, {}
        if now.notes:
            self._end(now, plain, colons[0])
            passes = now.passes if plain else ()
            now = _Written(now.number + 1, self._asked(), passes=passes)
            self.bars.append(now)
        elif len(self.bars) > 1 and not plain:  # a line that begins with a bar line, after one that ended with it
            self._end(self.bars[-2], plain, colons[0])
        now.opens, now.edge = now.opens or bool(colons[1]), now.edge or not plain
        now.passes = now.passes if plain else ()

    def _end(self, bar: _Written, plain: bool, closes: int) -> None:
        bar.closes, bar.edge = max(bar.closes, closes), bar.edge or not plain
        bar.double = bar.double or not plain

    def _asked(self) -> Fraction | None:
        return None if self.free else self.asked

    def _ending(self, text: str) -> None:
        """`[1`, `|2` or `[1,3`: what follows is played at those times through, until a line that is not plain."""
        if self.tuplet.left or self.factor != 1:
            raise self._error("a tuplet or a dotted pair is cut by an ending")
        passes = tuple(sorted(_times(text)))
        if self.bars[-1].notes:
            self.bars[-1].whole = False
            self.bars.append(_Written(self.bars[-1].number, self.bars[-1].asked))
        now, before = self.bars[-1], self.bars[-2] if len(self.bars) > 1 else None
        if before and before.passes and passes[0] > before.passes[-1]:  # the one before leads back, `:|` or not
            before.closes, before.whole, now.number = max(1, before.closes), True, before.number + 1
            self.signs, self.shown = dict(self.at_ending), dict(self.at_ending)
        else:
            self.at_ending = dict(self.signs)
        now.passes, now.edge = passes, True
        if before:
            before.edge = True

    def tune(self) -> TraditionalTune:
        written = [bar for bar in self.bars if bar.notes]
        if not written:
            raise ABCError("The tune has no notes.")
        if self.tuplet.left or self.factor != 1:
            raise ABCError("The tune ends inside a tuplet or a dotted pair.")
        written[-1].edge = written[-1].whole = True
        order = _playing_order(written)
        if skipped := sorted(set(range(len(written))) - set(order)):
            raise ABCError(f"Bar {written[skipped[0]].number} is an ending that no time through comes to.")
        bars, asked = _joined(written, order)
        return TraditionalTune(self.title, self.metre, self.key, self.sharps, bars, asked)


def _plain(sign: str) -> str:
    return "" if sign == "=" else sign


def _signature(sharps: int) -> dict[str, str]:
    """The signs of a key by letter: sharps come in the order F C G D A E B, flats from the end."""
    return dict.fromkeys("FCGDAEB"[:sharps], "^") if sharps > 0 else dict.fromkeys("BEADGCF"[:-sharps], "_")


def _times(text: str) -> Iterator[int]:
    """The numbers of an ending: "1,3" and "1-3"."""
    for piece in text.split(","):
        ends = [int(number) for number in piece.split("-")]
        yield from range(min(ends), max(ends) + 1)


def _playing_order(written: list[_Written]) -> list[int]:
    """The indices as played: a repeat goes back to its `|:`, or else to the double bar line before."""
    order: list[int] = []
    start, end, index, time, marked = 0, -1, 0, 1, False
    while index < len(written):
        bar = written[index]
        if time > 1 and index > end:  # past all that was repeated
            start, time, marked = index, 1, False
        if time == 1 and (bar.opens or (index and written[index - 1].double and not marked and not bar.passes)):
            start, marked = index, bar.opens
        if not bar.passes or time in bar.passes:
            order.append(index)
            if bar.closes:
                last, through = _endings(written, index)
                if time < max(bar.closes + 1, through):
                    index, end, time = start, max(end, last), time + 1
                    continue
        index += 1
    return order


def _endings(written: list[_Written], index: int) -> tuple[int, int]:
    """The index of the last bar of the endings that a bar belongs to, and how many times through they serve."""
    first = last = index
    while written[index].passes and first > 0 and written[first - 1].passes:
        first -= 1
    while written[index].passes and last + 1 < len(written) and written[last + 1].passes:
        last += 1
    return last, max([0, *(time for bar in written[first : last + 1] for time in bar.passes)])


def _joined(written: list[_Written], order: list[int]) -> tuple[tuple[Bar, ...], tuple[Fraction | None, ...]]:
    """The bars as played, and what is asked of each; a bar that an ending cuts is whole again."""
    groups: list[list[_Written]] = [[]]
    for index in order:
        groups[-1].append(written[index])
        if written[index].whole:
            groups.append([])
    groups = [group for group in groups if group]
    bars = (
        Bar(g[0].number, tuple(n for part in g for n in part.notes), Fraction(0), Fraction(0), any(p.edge for p in g))
        for g in groups
    )
    return _timed(bars), tuple(group[0].asked for group in groups)


def _timed(bars: Iterable[Bar]) -> tuple[Bar, ...]:
    """The bars one after another from 0, each note with its start."""
    timed, start = [], Fraction(0)
    for count, bar in enumerate(bars):
        notes, now = [], start
        for note in bar.notes:
            notes.append(note._replace(start=now, bar=count))
            now += note.length
        timed.append(bar._replace(notes=tuple(notes), start=start, length=now - start))
        start = now
    return tuple(timed)
