"""`tunes`: short melodies in ABC notation, most of them composed by the rules in this file.

A document is one tune on one line. It opens with its metre, `[M:4/4]`, `[M:3/4]` or `[M:6/8]`; a plain letter is an
eighth note, `C` is middle C and `c` the C above it. All tunes use the white keys alone. A composed tune has sixteen
bars: four phrases of four. The first comes back, and `|:` … `:|` encloses what is played twice.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from lecture_utils.datasets.corpus import Entry

COMPOSED = 1300  # tunes made by rule
SEED = 1685


class Traditional(NamedTuple):
    """A melody that belongs to everybody, where it comes from, and how it goes."""

    title: str
    origin: str
    abc: str


TRADITIONAL = (
    Traditional(
        "Frère Jacques",
        "French round, 18th century",
        "[M:4/4]C2D2E2C2|C2D2E2C2|E2F2G4|E2F2G4||GAGFE2C2|GAGFE2C2|C2G,2C4|C2G,2C4|]",
    ),
    Traditional(
        "Ah ! vous dirai-je, maman",
        "French, 18th century; in English, Twinkle, Twinkle, Little Star",
        "[M:4/4]C2C2G2G2|A2A2G4|F2F2E2E2|D2D2C4||G2G2F2F2|E2E2D4|G2G2F2F2|E2E2D4||C2C2G2G2|A2A2G4|F2F2E2E2|D2D2C4|]",
    ),
    Traditional(
        "Ode to Joy",
        "Ludwig van Beethoven, Symphony No. 9 (1824), here with even beats",
        "[M:4/4]E2E2F2G2|G2F2E2D2|C2C2D2E2|E3DD4||E2E2F2G2|G2F2E2D2|C2C2D2E2|D3CC4||"
        "D2D2E2C2|D2EFE2C2|D2EFE2D2|C2D2G,4||E2E2F2G2|G2F2E2D2|C2C2D2E2|D3CC4|]",
    ),
    Traditional(
        "Au clair de la lune",
        "French, 18th century",
        "[M:4/4]C2C2C2D2|E4D4|C2E2D2D2|C8||C2C2C2D2|E4D4|C2E2D2D2|C8||D2D2D2D2|A,4A,4|D2C2B,2A,2|G,8||"
        "C2C2C2D2|E4D4|C2E2D2D2|C8|]",
    ),
    Traditional(
        "London Bridge Is Falling Down",
        "English nursery rhyme",
        "[M:4/4]G3AG2F2|E2F2G4|D2E2F4|E2F2G4||G3AG2F2|E2F2G4|D4G4|E2C6|]",
    ),
    Traditional(
        "Mary Had a Little Lamb",
        "American, 19th century",
        "[M:4/4]E3DC2D2|E2E2E4|D2D2D4|E2G2G4||E3DC2D2|E2E2E2E2|D2D2E2D2|C8|]",
    ),
    Traditional(
        "Hot Cross Buns", "English street cry, 18th century", "[M:4/4]E4D4|C8|E4D4|C8||C2C2C2C2|D2D2D2D2|E4D4|C8|]"
    ),
    Traditional(
        "Alle meine Entchen",
        "German children's song, 19th century",
        "[M:4/4]C2D2E2F2|G4G4|A2A2A2A2|G8|A2A2A2A2|G8||F2F2F2F2|E4E4|D2D2D2D2|C8|]",
    ),
    Traditional(
        "Hänschen klein",
        "German children's song, 19th century",
        "[M:4/4]G2E2E4|F2D2D4|C2D2E2F2|G2G2G4||G2E2E4|F2D2D4|C2E2G2G2|C8||"
        "D2D2D2D2|D2E2F4|E2E2E2E2|E2F2G4||G2E2E4|F2D2D4|C2E2G2G2|C8|]",
    ),
    Traditional(
        "Sakura Sakura",
        "Japanese, on cherry blossoms, printed in 1888",
        "[M:4/4]A2A2B4|A2A2B4|A2B2c2B2|A2BAF4||E2C2E2F2|E2ECB,4|A2B2c2B2|A2BAF4||E2C2E2F2|E2ECB,4||"
        "A2A2B4|A2A2B4|E2F2BAF2|E8|]",
    ),
    Traditional(
        "O du lieber Augustin",
        "Viennese, around 1800",
        "[M:3/4]G3AGF|E2C2C2|D2G,2G,2|E2C2C2||G3AGF|E2C2C2|D2G,2G,2|C6||"
        "D2G,2G,2|E2C2C2|D2G,2G,2|E2C2C2||G3AGF|E2C2C2|D2G,2G,2|C6|]",
    ),
)

# --- the rules

SCALE = ("G,", "A,", "B,", "C", "D", "E", "F", "G", "A", "B", "c", "d", "e")  # where a melody may go, lowest first
TONIC = 3  # the place of C in the scale
CHORDS = {"C": {0, 2, 4}, "F": {3, 5, 0}, "G": {4, 6, 1}, "Am": {5, 0, 2}, "Dm": {1, 3, 5}}  # degrees of the scale
FORMS = ("AABA", "AABB", "AABC", "ABAB")  # each letter is a phrase of four bars
OPENINGS = ("C G C", "C F C", "C Am F", "C C G", "Am F G", "C Dm G")  # the chords of an A phrase, but for its close
MIDDLES = ("F C G", "Am G F", "G C G", "Dm G C", "F G Am", "G Am Dm")  # those of the others
RHYTHMS = {  # eighth notes in a bar
    "4/4": ((2, 2, 2, 2), (2, 1, 1, 2, 2), (3, 1, 2, 2), (2, 2, 1, 1, 2), (4, 2, 2), (3, 1, 4), (1, 1, 2, 2, 2)),
    "3/4": ((2, 2, 2), (2, 1, 1, 2), (4, 2), (3, 1, 2), (2, 2, 1, 1), (1, 1, 2, 2)),
    "6/8": ((3, 3), (2, 1, 2, 1), (3, 2, 1), (1, 1, 1, 3), (2, 1, 3), (1, 1, 1, 2, 1)),
}
QUIET = {"4/4": ((4, 4), (2, 2, 4), (8,)), "3/4": ((6,), (2, 4), (2, 2, 2)), "6/8": ((6,), (3, 3), (2, 1, 3))}
STRONG = {"4/4": (0, 4), "3/4": (0,), "6/8": (0, 3)}  # where the strong beats are, in eighth notes

Bar = tuple[tuple[int, int], ...]  # (place in the scale, eighth notes), note by note


def compose(dice: random.Random) -> str:
    """A tune of sixteen bars in one of `FORMS`, by these rules.

    Each bar has a chord and a rhythm. A note on a strong beat belongs to the chord, near the note before it; the
    notes between move by a step. A phrase opens with an idea and its answer. Its third bar takes the idea up again,
    often a step higher or lower; its fourth is a quiet close. The first and the third phrase rest on a note of the
    chord of G: the half close. The second and the last come down, or up, to C: the full close. A phrase that comes
    back at once is written with the sign of repetition, and with two endings.
    """
    metre = dice.choice(tuple(RHYTHMS))
    form = dice.choice(FORMS)
    half, full = (dice.choice(QUIET[metre]) for _ in range(2))
    place = dice.choice((TONIC, TONIC + 2, TONIC + 4))
    phrases: dict[str, str] = {}  # three bars each
    closes = []
    for number, letter in enumerate(form):
        if letter not in phrases:
            bars = _phrase(dice, metre, OPENINGS if letter == "A" else MIDDLES, place)
            phrases[letter], ends = "|".join(map(_written, bars)), bars[-1][-1][0]
        place = TONIC if number % 2 else _chord_tone(dice, "G", ends)
        closes.append(_written(_close(full if number % 2 else half, ends, place)))
    return f"[M:{metre}]{_in_form(form, phrases, closes)}"


def _in_form(form: str, phrases: Mapping[str, str], closes: Sequence[str]) -> str:
    """Four phrases, each with its close, written down as musicians do: what is played twice at once, once."""
    first, second, third, fourth = (phrases[letter] for letter in form)
    if form == "ABAB":
        return f"|:{first}|{closes[0]}||{second}|{closes[1]}:|]"
    opening = f"|:{first}|[1{closes[0]}:|[2{closes[1]}"
    if form == "AABB":
        return f"{opening}|:{third}|[1{closes[2]}:|[2{closes[3]}|]"
    return f"{opening}||{third}|{closes[2]}||{fourth}|{closes[3]}|]"


def _phrase(dice: random.Random, metre: str, progressions: Sequence[str], place: int) -> list[Bar]:
    """Three bars: an idea, its answer, and the idea once more."""
    chords = dice.choice(progressions).split()
    rhythms = [dice.choice(RHYTHMS[metre]) for _ in range(2)]
    idea = _bar(dice, metre, chords[0], rhythms[0], place)
    answer = _bar(dice, metre, chords[1], rhythms[1], idea[-1][0])
    again = _moved(idea, dice.choice((-1, 1))) if dice.random() < 0.4 else None
    return [idea, answer, again or _bar(dice, metre, chords[2], rhythms[0], answer[-1][0])]


def _moved(bar: Bar, steps: int) -> Bar | None:
    """The bar some steps higher or lower, if the scale goes so far."""
    places = [place + steps for place, _ in bar]
    if min(places) < 0 or max(places) >= len(SCALE):
        return None
    return tuple((place, eighths) for place, (_, eighths) in zip(places, bar))


def _bar(dice: random.Random, metre: str, chord: str, rhythm: Sequence[int], place: int) -> Bar:
    notes, beat = [], 0
    for eighths in rhythm:
        between = metre != "6/8" and eighths > 1 and beat % 2 == 0 and dice.random() < 0.5
        if beat in STRONG[metre] or between:
            place = _chord_tone(dice, chord, place)
        else:
            place = min(max(place + dice.choice((-1, 1)), 0), len(SCALE) - 1)
        notes.append((place, eighths))
        beat += eighths
    return tuple(notes)


def _chord_tone(dice: random.Random, chord: str, place: int) -> int:
    """One of the three nearest notes of the chord; C is degree 0."""
    tones = [index for index in range(len(SCALE)) if (index - TONIC) % 7 in CHORDS[chord]]
    return dice.choice(sorted(tones, key=lambda tone: (abs(tone - place), tone))[:3])


def _close(rhythm: Sequence[int], place: int, goal: int) -> Bar:
    """To the goal by steps, from the side where the melody is, or the goal at once."""
    side = 1 if place >= goal else -1
    ways = (goal + side * (len(rhythm) - 1 - index) for index in range(len(rhythm)))
    return tuple((min(max(way, 0), len(SCALE) - 1), eighths) for way, eighths in zip(ways, rhythm))


def _written(bar: Bar) -> str:
    return "".join(SCALE[place] + (str(eighths) if eighths > 1 else "") for place, eighths in bar)


def _read_tunes() -> list[str]:
    """The traditional tunes, then the composed ones; none twice."""
    dice = random.Random(SEED)
    composed: dict[str, None] = {}
    while len(composed) < COMPOSED:
        composed[compose(dice)] = None
    return [*(tune.abc for tune in TRADITIONAL), *composed]


ENTRY = Entry(
    name="tunes",
    description=f"Melodies in ABC notation: {len(TRADITIONAL)} traditional ones, {COMPOSED} composed by rule",
    size="about 120,000 characters",
    licence="public domain (traditional); MIT (composed)",
    citation="The rules and the traditional melodies stand in lecture_utils/datasets/tunes.py",
    read=_read_tunes,
)
