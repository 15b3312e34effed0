"""`tunes`: short melodies in ABC notation, most of them composed by the rules in this file.

A document is one tune on one line. It opens with its metre, `[M:4/4]` or `[M:3/4]`; a plain letter is an eighth note,
`C` is middle C and `c` the C above it. All tunes use the white keys alone.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import NamedTuple

from lecture_utils.datasets.corpus import Entry

COMPOSED = 1500  # tunes made by rule
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
FORMS = ("AABA", "ABAC", "AABC", "ABCA")  # each letter is a phrase of two bars
OPENINGS = (("C", "G"), ("C", "F"), ("C", "Am"), ("C", "C"), ("Am", "F"))
MIDDLES = (("F", "C"), ("Am", "G"), ("G", "C"), ("Dm", "G"), ("F", "G"))
RHYTHMS = {  # eighth notes in a bar; the last bar of the tune takes one of the quiet ones
    "4/4": ((2, 2, 2, 2), (2, 1, 1, 2, 2), (3, 1, 2, 2), (2, 2, 1, 1, 2), (4, 2, 2), (3, 1, 4), (1, 1, 2, 2, 2)),
    "3/4": ((2, 2, 2), (2, 1, 1, 2), (4, 2), (3, 1, 2), (2, 2, 1, 1), (1, 1, 2, 2)),
}
QUIET = {"4/4": ((4, 4), (2, 2, 4), (8,)), "3/4": ((6,), (2, 4), (2, 2, 2))}

Bar = tuple[tuple[int, int], ...]  # (place in the scale, eighth notes), note by note


def compose(dice: random.Random) -> str:
    """A tune of eight bars in one of `FORMS`, by these rules.

    Each bar has a chord and a rhythm. A note on a strong beat belongs to the chord, near the note before it; the
    notes between move by a step. The fourth bar rests on a note of the chord of G: the half close. The last bar
    comes down to C, and the bar before it stands on G.
    """
    metre = dice.choice(tuple(RHYTHMS))
    form = dice.choice(FORMS)
    chords = {"A": dice.choice(OPENINGS), "B": dice.choice(MIDDLES), "C": dice.choice(MIDDLES)}
    first, second = dice.choice(RHYTHMS[metre]), dice.choice(RHYTHMS[metre])  # one tune keeps to few rhythms
    phrases: dict[str, list[Bar]] = {}
    place = dice.choice((TONIC, TONIC + 2, TONIC + 4))
    for letter in sorted(set(form)):
        rhythms = (first, second if letter == "A" else dice.choice(RHYTHMS[metre]))
        phrases[letter] = []
        for chord, rhythm in zip(chords[letter], rhythms):
            phrases[letter].append(_bar(dice, chord, rhythm, place))
            place = phrases[letter][-1][-1][0]
    bars = [bar for letter in form for bar in phrases[letter]]
    half, whole = dice.choice(QUIET[metre]), dice.choice(QUIET[metre])
    bars[3] = _close(half, _chord_tone(dice, "G", bars[2][-1][0]))
    bars[6:] = [_bar(dice, "G", first, bars[5][-1][0]), _close(whole, TONIC)]
    return f"[M:{metre}]{'|'.join(map(_written, bars[:4]))}||{'|'.join(map(_written, bars[4:]))}|]"


def _bar(dice: random.Random, chord: str, rhythm: Sequence[int], place: int) -> Bar:
    notes, beat = [], 0
    strong = (0, 4) if sum(rhythm) == 8 else (0,)
    for eighths in rhythm:
        if beat in strong or (eighths > 1 and beat % 2 == 0 and dice.random() < 0.5):
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


def _close(rhythm: Sequence[int], goal: int) -> Bar:
    """Down to the goal by steps, or the goal at once."""
    count = len(rhythm)
    return tuple((min(goal + count - 1 - index, len(SCALE) - 1), eighths) for index, eighths in enumerate(rhythm))


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
    size="about 100,000 characters",
    licence="public domain (traditional); MIT (composed)",
    citation="The rules and the traditional melodies stand in lecture_utils/datasets/tunes.py",
    read=_read_tunes,
)
