"""A small part of ABC notation, in which a tune is a line of text: `parse` turns it into notes.

Read: the fields T, M, L and K (others are passed over), inline too; notes with accidentals, octaves and lengths;
rests; ties; ``>`` and ``<``; triplets; bar lines; repeats with a first and a second ending. Passed over: chord
symbols, grace notes, ornaments, slurs, comments. Anything else is an error that names its place. Source: C. Walshaw
and others, *The abc music standard 2.1*, https://abcnotation.com/wiki/abc:standard:v2.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from lecture_utils.music.tune import Bar, Note, Tune

LETTERS = "CDEFGAB"
SEMITONES = (0, 2, 4, 5, 7, 9, 11)  # of those letters, above C
SIGNS = {"": "", "^": "♯", "^^": "𝄪", "_": "♭", "__": "𝄫", "=": "♮"}
SHIFTS = {"": 0, "^": 1, "^^": 2, "_": -1, "__": -2, "=": 0}
MODES = {"maj": 0, "ion": 0, "mix": -1, "dor": -2, "min": -3, "m": -3, "aeo": -3, "phr": -4, "loc": -5, "lyd": 1}
LONGEST = 32  # quarter notes; a longer note is a slip of the pen

_TOKEN = re.compile(
    r"""(?P<inline>\[[A-Za-z]:[^\]\n]*\])
      | (?P<bar>:\|:|::|:\|\]?|\|:|\|\]|\|\||\[\||\|)
      | (?P<ending>\[[12]|(?<=\|)[12])
      | (?P<over>"[^"\n]*"|\{[^}\n]*\}|![^!\n]*!|[~.`\s\\]|%.*|\((?!\d)|\))
      | (?P<triplet>\(3)
      | (?P<broken>[<>])
      | (?P<sign>\^\^?|__?|=)?(?P<letter>[A-Ga-gzx])(?P<octave>[,']*)(?P<number>\d*)(?P<slash>/*)(?P<by>\d*)(?P<tie>-?)
    """,
    re.VERBOSE,
)
_FIELD = re.compile(r"([A-Za-z]):(?![:|])(.*)")  # a line may also begin with a note and the end of a repeat
_KEY = re.compile(r"([A-G])([#b]?)\s*([a-zA-Z]*)")


class ABCError(ValueError):
    """A text that is no tune in the part of ABC notation read here; the sentence names the place."""


@dataclass
class _Written:
    """A bar as it stands on paper."""

    notes: list[Note] = field(default_factory=list)
    opens: bool = False  # a repeat begins with it
    closes: bool = False  # and ends with it
    first_ending: bool = False
    edge: bool = False


def parse(abc: str, title: str = "") -> Tune:
    """Read a tune in ABC notation; its repeats come out written out.

    Without the fields M and K it is in 4/4 and in C. A note without a length lasts an eighth, or a sixteenth where
    the metre is below 3/4, unless L says otherwise. Raises ABCError, a sentence with line and column.
    """
    if not isinstance(abc, str):
        raise ABCError(f"A tune is a text in ABC notation, got {type(abc).__name__}.")
    reader = _Reader(title)
    for number, line in enumerate(abc.splitlines(), start=1):
        reader.read(number, line)
    return reader.tune()


def well_formed(abc: str) -> bool:
    """Whether a text is a tune that can be read, with bars as long as its metre asks; see `Tune.faults`."""
    try:
        return parse(abc).is_well_formed
    except ABCError:
        return False


def tokens(abc: str) -> list[str]:
    """A tune on one line cut into what a model reads: fields, bar lines, and notes with their lengths.

    Joined together, they are the line again. Raises ABCError for what is not read here.
    """
    found, at = [], 0
    while at < len(abc):
        token = _TOKEN.match(abc, at)
        if token is None:
            raise ABCError(f"Column {at + 1}: {abc[at]!r} is not in the part of ABC notation that is read here.")
        found.append(token.group())
        at = token.end()
    return found


class _Reader:
    """What has been read so far, and what holds for the next note."""

    def __init__(self, title: str) -> None:
        self.title, self.metre, self.key, self.sharps = title, (4, 4), "C", 0
        self.unit: Fraction | None = None  # the length of a plain note, in quarter notes
        self.bars = [_Written(edge=True)]
        self.signs: dict[str, str] = {}  # accidentals of this bar, by letter
        self.factor, self.triplets = Fraction(1), 0
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
        text = token.group()
        if token["letter"]:
            self._note(token)
        elif token["bar"]:
            self._bar_line(text)
        elif token["inline"]:
            self._field(text[1], text[3:-1])
        elif token["ending"]:
            self.bars[-1].first_ending = text.endswith("1")
        elif token["triplet"]:
            self.triplets = 3
        elif token["broken"]:
            self._broken(text)

    # --- fields

    def _field(self, letter: str, value: str) -> None:
        value = value.partition("%")[0].strip()
        if letter == "T":
            self.title = self.title or value
        elif letter == "M":
            self._set_metre(value)
        elif letter == "L":
            self.unit = 4 * self._fraction("L", value)
        elif letter == "K":
            self._set_key(value)

    def _fraction(self, name: str, value: str) -> Fraction:
        found = re.fullmatch(r"(\d{1,3})/(\d{1,3})", value)
        if not found or not int(found[1]) or not int(found[2]):
            raise self._error(f"the field {name} must be a fraction such as 3/4, got {value!r}")
        return Fraction(int(found[1]), int(found[2]))

    def _set_metre(self, value: str) -> None:
        if any(bar.notes for bar in self.bars):
            raise self._error("the metre changes inside the tune, which is not read here")
        value = {"C": "4/4", "C|": "2/2"}.get(value, value)
        self._fraction("M", value)
        above, _, below = value.partition("/")
        self.metre = (int(above), int(below))

    def _set_key(self, value: str) -> None:
        found = _KEY.match(value)
        mode = found[3].lower() if found else ""
        mode = "m" if mode == "m" else mode[:3] or "maj"
        if not found or mode not in MODES:
            raise self._error(f"the field K must name a key such as C, Am or Ddor, got {value!r}")
        fifths = "FCGDAEB".index(found[1]) - 1 + {"": 0, "#": 7, "b": -7}[found[2]]
        self.key, self.sharps = value, fifths + MODES[mode]
        if abs(self.sharps) > 7:
            raise self._error(f"no key signature has {abs(self.sharps)} signs, as {value!r} would need")

    # --- notes

    def _note(self, token: re.Match[str]) -> None:
        length = self._length(token) * self.factor
        self.factor = Fraction(1)
        if self.triplets:
            length *= Fraction(2, 3)
            self.triplets -= 1
        if not 0 < length <= LONGEST:
            raise self._error(f"a note lasts more than 0 and at most {LONGEST} quarter notes, this one {length}")
        silent = token["letter"] in "zx"
        self.bars[-1].notes.append(
            Note(None, Fraction(0), length, 0, "rest") if silent else self._sounding(token, length)
        )

    def _length(self, token: re.Match[str]) -> Fraction:
        above, below = token["number"], token["by"] or str(2 ** len(token["slash"]))
        if len(above) > 3 or len(below) > 3 or not int(below):
            raise self._error(f"{token.group()!r} has a length that cannot be read")
        default = Fraction(1, 2) if Fraction(*self.metre) >= Fraction(3, 4) else Fraction(1, 4)
        return (self.unit or default) * Fraction(int(above or 1), int(below))

    def _sounding(self, token: re.Match[str], length: Fraction) -> Note:
        letter, sign = token["letter"].upper(), token["sign"] or ""
        if sign:
            self.signs[letter] = sign
        in_force = self.signs.get(letter, self._signature(letter))
        octave = 4 + token["letter"].islower() + token["octave"].count("'") - token["octave"].count(",")
        place = LETTERS.index(letter)
        pitch = 12 * (octave + 1) + SEMITONES[place] + SHIFTS[in_force]
        if not 0 <= pitch <= 127:
            raise self._error(f"{token.group()!r} lies outside the range of MIDI, 0 to 127")
        name = f"{letter}{SIGNS[in_force].replace('♮', '')}{octave}"
        return Note(pitch, Fraction(0), length, 0, name, 7 * octave + place, SIGNS[sign], bool(token["tie"]))

    def _signature(self, letter: str) -> str:
        """The sign that the key puts before a letter: sharps come in the order F C G D A E B, flats from the end."""
        order = "FCGDAEB".index(letter)
        return "^" if order < self.sharps else "_" if order >= 7 + self.sharps else ""

    def _broken(self, text: str) -> None:
        """A dotted pair: `>` lengthens the note before and shortens the one after, `<` the other way round."""
        if not self.bars[-1].notes:
            raise self._error(f"{text!r} needs a note before it in the same bar")
        before = self.bars[-1].notes[-1]
        long, short = Fraction(3, 2), Fraction(1, 2)
        first, self.factor = (long, short) if text == ">" else (short, long)
        self.bars[-1].notes[-1] = before._replace(length=before.length * first)

    # --- bars

    def _bar_line(self, text: str) -> None:
        if self.triplets or self.factor != 1:
            raise self._error("a triplet or a dotted pair is cut by a bar line")
        now, plain = self.bars[-1], text == "|"
        self.signs = {}
        if now.notes:
            now.closes, now.edge = text.startswith(":"), now.edge or not plain
            self.bars.append(_Written(opens=text.endswith(":"), edge=not plain))
            if now.first_ending and not now.closes:
                self.bars[-1].first_ending = True
        else:  # a bar line at the beginning of a line, after the one that ended the line before
            now.opens, now.edge = now.opens or text.endswith(":"), now.edge or not plain
            if text.startswith(":") and len(self.bars) > 1:
                self.bars[-2].closes = self.bars[-2].edge = True

    def tune(self) -> Tune:
        written = [bar for bar in self.bars if bar.notes]
        if not written:
            raise ABCError("The tune has no notes.")
        if self.triplets or self.factor != 1:
            raise ABCError("The tune ends inside a triplet or a dotted pair.")
        written[-1].edge = True
        return Tune(self.title, self.metre, self.key, self.sharps, _timed(written, _playing_order(written)))


def _playing_order(written: list[_Written]) -> list[int]:
    """The indices of the bars as played: a repeated part twice, the second time without its first ending."""
    order, start, index, again = [], 0, 0, False
    while index < len(written):
        bar = written[index]
        if bar.opens and not again:
            start = index
        if not (again and bar.first_ending):
            order.append(index)
        if bar.closes and not again:
            index, again = start, True
            continue
        if bar.closes:
            start, again = index + 1, False
        index += 1
    return order


def _timed(written: list[_Written], order: list[int]) -> tuple[Bar, ...]:
    """The bars as played, each note with its start."""
    bars, start = [], Fraction(0)
    for count, index in enumerate(order):
        notes, now = [], start
        for note in written[index].notes:
            notes.append(note._replace(start=now, bar=count))
            now += note.length
        bars.append(Bar(index + 1, tuple(notes), start, now - start, written[index].edge))
        start = now
    return tuple(bars)
