"""The corpus of tunes: traditional ones with even bars, composed ones that keep their rules, nothing twice."""

from __future__ import annotations

import random
from collections import Counter
from functools import cache
from itertools import pairwise

import pytest

from lecture_utils.datasets import SPLITS, available, load
from lecture_utils.datasets.tunes import COMPOSED, FORMS, QUIET, RHYTHMS, SCALE, STRONG, TRADITIONAL, compose
from lecture_utils.music import first_phrase_returns, parse, tokens

TUNES = load("tunes").documents
RULED = TUNES[len(TRADITIONAL) :]
METRES = {f"[M:{metre}]" for metre in RHYTHMS}
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
    assert {tokens(abc)[0] for abc in TUNES} == METRES


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


def rhythms(tune):
    """Eighth notes, bar by bar."""
    return [tuple(int(2 * note.length) for note in bar.notes) for bar in tune.bars]


def phrases(tune):
    """The four phrases by what they sound like, closes left out."""
    bars = [[(note.pitch, note.length) for note in bar.notes] for bar in tune.bars]
    return [bars[start : start + 3] for start in (0, 4, 8, 12)]


def form(tune):
    """The form in letters: equal phrases have the same letter."""
    seen = []
    for phrase in phrases(tune):
        if phrase not in seen:
            seen.append(phrase)
    return "".join("ABCD"[seen.index(phrase)] for phrase in phrases(tune))


def test_a_composed_tune_has_sixteen_bars_in_one_of_the_forms():
    forms = Counter(form(parsed(abc)) for abc in RULED)
    assert set(forms) == set(FORMS)
    assert min(forms.values()) > 0.2 * COMPOSED
    for abc in RULED:
        tune = parsed(abc)
        assert len(tune.bars) == 16
        assert first_phrase_returns(tune)


def test_phrases_close_half_then_fully():
    for abc in RULED:
        tune = parsed(abc)
        ends = [tune.bars[bar].notes[-1].pitch % 12 for bar in (3, 7, 11, 15)]
        assert {ends[0], ends[2]} <= {7, 11, 2}  # notes of the chord of G
        assert ends[1] == ends[3] == 0
        assert tune.notes[-1].name == "C4"
        quiet = QUIET[f"{tune.metre[0]}/{tune.metre[1]}"]
        assert {rhythms(tune)[bar] for bar in (3, 7, 11, 15)} <= set(quiet)


def test_rhythms_come_from_the_list_and_vary_within_a_tune():
    varied = 0
    for abc in RULED:
        tune = parsed(abc)
        inner = [rhythms(tune)[bar] for bar in range(16) if bar % 4 < 3]
        assert set(inner) <= set(RHYTHMS[f"{tune.metre[0]}/{tune.metre[1]}"])
        varied += len(set(inner)) > 1
    assert varied > 0.9 * COMPOSED


def test_strong_beats_belong_to_one_chord_and_weak_ones_move_by_step_or_to_it():
    triads = [{(low + third) % 7 for third in (0, 2, 4)} for low in range(7)]  # letters of the scale, C is 0
    for abc in RULED[:200]:
        tune = parsed(abc)
        strong = STRONG[f"{tune.metre[0]}/{tune.metre[1]}"]
        for bar in (bar for index, bar in enumerate(tune.bars) if index % 4 < 3):
            on_strong = {note.step % 7 for note in bar.notes if 2 * (note.start - bar.start) in strong}
            fitting = [triad for triad in triads if on_strong <= triad]
            assert any(
                all(
                    after.step % 7 in triad or abs(after.step - before.step) <= 1
                    for before, after in pairwise(bar.notes)
                )
                for triad in fitting
            ), abc


def test_the_third_bar_takes_up_the_rhythm_of_the_first():
    for abc in RULED[:200]:
        played = rhythms(parsed(abc))
        assert all(played[start] == played[start + 2] for start in (0, 4, 8, 12))


def test_rules_leave_room():
    assert len({abc.split("|")[1] for abc in RULED}) > 200
    assert len(Counter(note.name for abc in RULED for note in parsed(abc).notes)) == len(SCALE)
    metres = Counter(tokens(abc)[0] for abc in RULED)
    assert min(metres.values()) > 0.25 * COMPOSED


def test_the_same_dice_compose_the_same_tune():
    assert compose(random.Random(3)) == compose(random.Random(3)) != compose(random.Random(4))


def test_every_split_has_all_metres():
    for split in SPLITS:
        assert {tokens(abc)[0] for abc in load("tunes", split).documents} == METRES


def test_held_out_tunes_are_no_neighbours_of_training():
    """Rules repeat bars, but hardly ever a whole phrase: a phrase and its close are some 25 characters."""

    def openings(split):
        return ["|".join(abc.split("|")[:4]) for abc in load("tunes", split).documents]

    known = set(openings("train"))
    held = [opening in known for opening in openings("test")]
    assert sum(held) <= 0.02 * len(held)
