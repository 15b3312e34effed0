"""The corpus of tunes: traditional ones with even bars, composed ones that keep their rules, nothing twice."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from lecture_utils.datasets import SPLITS, available, load
from lecture_utils.datasets.tunes import CHORDS, COMPOSED, QUIET, RHYTHMS, SCALE, TRADITIONAL, compose
from lecture_utils.music import parse, tokens

TUNES = load("tunes").documents
RULED = TUNES[len(TRADITIONAL) :]
parsed = cache(parse)


def test_there_are_as_many_as_the_catalogue_says():
    (entry,) = (entry for entry in available() if entry.name == "tunes")
    assert f"{len(TRADITIONAL)} traditional ones, {COMPOSED} composed by rule" in entry.description
    assert len(RULED) == COMPOSED
    assert TUNES[: len(TRADITIONAL)] == tuple(tune.abc for tune in TRADITIONAL)


def test_no_tune_comes_twice():
    assert len(set(TUNES)) == len(TUNES)


def test_every_bar_is_as_long_as_its_metre_says():
    wrong = [abc for abc in TUNES if any(bar.length != parsed(abc).bar_length for bar in parsed(abc).bars)]
    assert wrong == []


def test_every_tune_is_one_line_of_white_keys_from_g_to_e():
    black = [abc for abc in TUNES if any(note.accidental or note.pitch is None for note in parsed(abc).notes)]
    assert black == []
    notes = {note.pitch for abc in TUNES for note in parsed(abc).notes}
    assert (min(notes), max(notes)) == (55, 76)
    assert all(abc.isascii() and "\n" not in abc and abc.endswith("|]") for abc in TUNES)
    assert all(tokens(abc)[0] in ("[M:4/4]", "[M:3/4]") for abc in TUNES)


def steps(abc):
    """The melody as moves up and down in semitones."""
    return [b.pitch - a.pitch for a, b in pairwise(parsed(abc).notes)]


# the first moves in semitones, written down by ear and not from the corpus
OPENINGS = {
    "Frère Jacques": [2, 2, -4, 0, 2, 2, -4, 4, 1, 2],
    "Ah ! vous dirai-je, maman": [0, 7, 0, 2, 0, -2, -2, 0, -1, 0, -2, 0, -2],
    "Ode to Joy": [0, 1, 2, 0, -2, -1, -2, -2, 0, 2, 2, 0, -2, 0],
    "Au clair de la lune": [0, 0, 2, 2, -2, -2, 4, -2, 0, -2],
    "London Bridge Is Falling Down": [2, -2, -2, -1, 1, 2, -5, 2, 1],
    "Mary Had a Little Lamb": [-2, -2, 2, 2, 0, 0, -2, 0, 0, 2, 3, 0],
    "Hot Cross Buns": [-2, -2, 4, -2, -2, 0, 0, 0, 0, 2, 0, 0, 0, 2],
    "Alle meine Entchen": [2, 2, 1, 2, 0, 2, 0, 0, 0, -2],
    "Hänschen klein": [-3, 0, 1, -3, 0, -2, 2, 2, 1, 2, 0, 0],
    "Sakura Sakura": [0, 2, -2, 0, 2, -2, 2, 1, -1, -2, 2, -2, -4],
    "O du lieber Augustin": [2, -2, -2, -1, -4, 0, 2, -7, 0, 9, -4, 0],
}


@pytest.mark.parametrize("tune", TRADITIONAL, ids=lambda tune: tune.title)
def test_a_traditional_tune_begins_as_it_is_sung(tune):
    assert steps(tune.abc)[: len(OPENINGS[tune.title])] == OPENINGS[tune.title]
    assert tune.origin


def test_a_composed_tune_keeps_its_rules():
    for abc in RULED:
        tune = parsed(abc)
        metre = f"{tune.metre[0]}/{tune.metre[1]}"
        rhythms = [tuple(int(2 * note.length) for note in bar.notes) for bar in tune.bars]
        assert len(tune.bars) == 8
        assert tune.notes[-1].name == "C4"
        assert tune.bars[3].notes[-1].pitch % 12 in (7, 11, 2)  # a note of the chord of G
        assert {rhythms[3], rhythms[7]} <= set(QUIET[metre])
        assert {rhythms[bar] for bar in (0, 1, 2, 4, 5, 6)} <= set(RHYTHMS[metre])
        assert tune.bars[3].edge
        assert tune.bars[4].edge


def test_strong_beats_belong_to_one_chord_and_weak_ones_move_by_step_or_to_it():
    degrees = {name: {(0, 2, 4, 5, 7, 9, 11)[degree] for degree in chord} for name, chord in CHORDS.items()}
    for abc in RULED[:200]:
        tune = parsed(abc)
        for index, bar in enumerate(tune.bars):
            if index in (3, 7):
                continue
            strong = [n.pitch % 12 for n in bar.notes if n.start - bar.start in ({0, 2} if tune.metre[0] == 4 else {0})]
            fitting = [name for name, chord in degrees.items() if set(strong) <= chord]
            assert fitting, abc
            assert any(
                all(
                    note.pitch % 12 in degrees[name] or abs(note.step - before.step) <= 1
                    for before, note in pairwise(bar.notes)
                )
                for name in fitting
            ), abc


def test_rules_leave_room():
    assert len({abc.split("|")[0] for abc in RULED}) > 200
    assert len(Counter(note.name for abc in RULED for note in parsed(abc).notes)) == len(SCALE)
    metres = Counter(tokens(abc)[0] for abc in RULED)
    assert min(metres.values()) > 0.4 * COMPOSED


def test_the_same_dice_compose_the_same_tune():
    assert compose(random.Random(3)) == compose(random.Random(3)) != compose(random.Random(4))


def test_every_split_has_both_metres():
    for split in SPLITS:
        assert {tokens(abc)[0] for abc in load("tunes", split).documents} == {"[M:4/4]", "[M:3/4]"}


def test_held_out_tunes_are_no_neighbours_of_training():
    """Rules repeat bars, but hardly ever a whole first half."""
    halves = {abc.partition("||")[0] for abc in load("tunes", "train").documents}
    held = [abc.partition("||")[0] in halves for abc in load("tunes", "test").documents]
    assert sum(held) <= 0.02 * len(held)
