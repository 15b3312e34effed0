"""Dance tunes in ABC notation as people write them down: pitches, lengths, repeats, bars, and the corpus of them."""

from __future__ import annotations

from fractions import Fraction
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from lecture_utils.datasets import available, download, load
from lecture_utils.diagrams import score
from lecture_utils.music import ABCError, Tune, parse, play, synthesise
from lecture_utils.music.traditional import bars_on_paper, bars_that_are_wrong, opening, read_traditional

HEAD = "X:1\nT:A jig\nM:6/8\nL:1/8\nK:{}\n"
HALF, QUARTER = Fraction(1, 2), Fraction(1)  # an eighth and a quarter note, in quarter notes


def pitches(abc):
    return [note.pitch for note in read_traditional(abc).notes]


def lengths(abc):
    return [note.length for note in read_traditional(abc).notes]


def eighths(abc):
    """Lengths as multiples of an eighth note."""
    return [2 * length for length in lengths("L:1/8\n" + abc)]


def spelled(key):
    """The names of the seven letters in a key."""
    return "".join(note.name[:-1] for note in read_traditional(f"K:{key}\nCDEFGAB").notes)


# fields


def test_the_fields_say_what_the_tune_is():
    tune = read_traditional("X:7\nT:The Blackbird % a comment\nT:Another name\nZ: id\nM:6/8\nL:1/8\nK:Ador\nABc d2e|")
    assert (tune.title, tune.metre, tune.key, tune.sharps) == ("The Blackbird", (6, 8), "Ador", 1)
    assert isinstance(tune, Tune)


def test_without_fields_it_is_in_common_time_and_in_c():
    tune = read_traditional("CDEF GABc|")
    assert (tune.title, tune.metre, tune.sharps, tune.length) == ("", (4, 4), 0, 4)


@pytest.mark.parametrize(
    ("metre", "read", "asked"),
    [
        ("C", (4, 4), 4),
        ("C|", (2, 2), 4),
        ("9/8", (9, 8), Fraction(9, 2)),
        ("2+3/8", (5, 8), Fraction(5, 2)),
        ("(2+2+3)/8", (7, 8), Fraction(7, 2)),
        ("none", (4, 4), None),
    ],
)
def test_a_metre_asks_for_a_length(metre, read, asked):
    tune = read_traditional(f"M:{metre}\nL:1/8\nCDE|")
    assert (tune.metre, tune.asked) == (read, (asked,))


def test_a_plain_note_is_a_sixteenth_where_the_metre_is_below_three_quarters():
    assert lengths("M:2/4\nC") == [Fraction(1, 4)]
    assert lengths("M:3/4\nC") == [HALF]
    assert lengths("M:2/4\nC|\nM:4/4\nC") == [Fraction(1, 4)] * 2  # a later metre leaves the unit alone


def test_fields_inside_the_music_change_key_metre_and_unit():
    tune = read_traditional("M:6/8\nL:1/8\nK:G\nFGA FGA|\nM:4/4\nK:C\nFGAB FGAB|[L:1/4][K:D]FGAB|")
    firsts = [bar.notes[0] for bar in tune.bars]
    assert [note.pitch for note in firsts] == [66, 65, 66]
    assert [note.length for note in firsts] == [HALF, HALF, QUARTER]
    assert tune.asked == (3, 4, 4)
    assert [note.accidental for note in firsts] == ["", "♮", ""]  # the score shows the signature of G on every line


# keys


@pytest.mark.parametrize(
    ("key", "letters"),
    [
        ("C", "CDEFGAB"),
        ("D Major", "C♯DEF♯GAB"),
        ("Dmaj", "C♯DEF♯GAB"),
        ("Gmix", "CDEFGAB"),
        ("D Mixolydian", "CDEF♯GAB"),
        ("Ador", "CDEF♯GAB"),
        ("E Dorian", "C♯DEF♯GAB"),
        ("Em", "CDEF♯GAB"),
        ("F# Minor", "C♯DEF♯G♯AB"),
        ("Bb", "CDE♭FGAB♭"),
        ("Cm", "CDE♭FGA♭B♭"),
        ("E Phrygian", "CDEFGAB"),
        ("F lyd", "CDEFGAB"),
        ("B loc", "CDEFGAB"),
        ("C#", "C♯D♯E♯F♯G♯A♯B♯"),
        ("Cb", "C♭D♭E♭F♭G♭A♭B♭"),
        ("HP", "CDEFGAB"),
        ("Hp", "C♯DEF♯GAB"),
        ("none", "CDEFGAB"),
        ("D Phr ^f", "CDE♭F♯GAB♭"),
        ("D exp _b _e ^f", "CDE♭F♯GAB♭"),
        ("G clef=bass", "CDEF♯GAB"),
        ("G treble", "CDEF♯GAB"),
    ],
)
def test_a_key_sharpens_and_flattens(key, letters):
    assert spelled(key) == letters


def test_a_signature_holds_in_every_octave():
    assert pitches("K:D\nF,Ff f'") == [54, 66, 78, 90]


# accidentals


def test_a_sign_holds_for_its_letter_until_the_bar_ends():
    assert pitches("K:G\n^c c c' =f F|c f") == [73, 73, 85, 77, 65, 72, 78]
    assert pitches("K:F\n=B B|B ^^C __D") == [71, 71, 70, 62, 60]


def test_a_tied_note_keeps_its_pitch_across_the_bar_line_and_the_next_one_does_not():
    tune = read_traditional("K:C\n^c4-|c2 c2")
    assert [note.pitch for note in tune.notes] == [73, 73, 72]
    assert [note.tied for note in tune.notes] == [True, False, False]
    assert [note.accidental for note in tune.notes] == ["♯", "", ""]


def test_a_tie_makes_one_tone_of_two_notes():
    tied, apart, long = (synthesise(read_traditional(f"L:1/4\n{music}")) for music in ("A-|A", "A|A", "A2"))
    assert tied.tolist() == long.tolist() != apart.tolist()


# lengths


def test_numbers_and_slashes_multiply_and_divide():
    assert eighths("A A2 A3/2 A/ A// A/4 A3") == [1, 2, Fraction(3, 2), HALF, Fraction(1, 4), Fraction(1, 4), 3]


@pytest.mark.parametrize(
    ("pair", "both"),
    [
        ("A>B", (Fraction(3, 2), HALF)),
        ("A<B", (HALF, Fraction(3, 2))),
        ("A>>B", (Fraction(7, 4), Fraction(1, 4))),
        ("A<<B", (Fraction(1, 4), Fraction(7, 4))),
        ("A2>B2", (3, 1)),
        ("A > B", (Fraction(3, 2), HALF)),
        ("A>{c}B", (Fraction(3, 2), HALF)),
        ("[Ac]>z", (Fraction(3, 2), HALF)),
    ],
)
def test_a_broken_rhythm_moves_length_from_one_note_to_the_other(pair, both):
    assert tuple(eighths(pair)) == both


@pytest.mark.parametrize(
    ("metre", "tuplet", "total"),
    [
        ("4/4", "(3ABc", 2),
        ("4/4", "(3 ABc", 2),
        ("4/4", "(3A2B2c2", 4),
        ("4/4", "(2AB", 3),
        ("4/4", "(4ABcd", 3),
        ("4/4", "(5ABcde", 2),
        ("6/8", "(5ABcde", 3),
        ("4/4", "(6ABcdef", 2),
        ("6/8", "(9ABcdefgab", 3),
        ("9/8", "(7ABcdefg", 3),
        ("4/4", "(3:2:2G4c2", 4),
        ("4/4", "(3::4A/B/cd", 2),
        ("4/4", "(5:4ABcde", 4),
        ("4/4", "(3A>Bc", 2),
        ("4/4", "(3z[Ac]B", 2),
        ("4/4", "((3ABc)", 2),
    ],
)
def test_a_tuplet_puts_its_notes_into_the_time_of_others(metre, tuplet, total):
    assert sum(eighths(f"M:{metre}\n{tuplet}")) == total


def test_the_shortest_note_is_a_thirty_second_in_a_triplet_and_can_be_drawn():
    tune = read_traditional("L:1/32\n(3ABc")
    assert [note.length for note in tune.notes] == [Fraction(1, 12)] * 3
    assert "thirty-second of a triplet" in score.draw(tune).table.rows[0][1]


def test_after_a_triplet_notes_are_as_long_as_before():
    assert eighths("(3ABcd") == [Fraction(2, 3)] * 3 + [1]


# what is passed over, and chords


def test_ornaments_chord_names_slurs_comments_and_old_line_ends_leave_the_notes_alone():
    plain = pitches("A2 Bc d2|e4")
    assert pitches('~A2 .B{gab}c vd2|!\nw: la la\n!trill!e4 % "x"') == plain
    assert pitches('"Am"A2 (Bc) ud2|"^slow"Te4`\\') == plain


def test_of_a_chord_the_highest_note_sounds_for_as_long_as_the_first():
    assert pitches("[CEG][c^FA,]2 [A2C2]") == [67, 72, 69]
    assert eighths("[CEG][c^FA,]2 [A2C]3 [C2A]") == [1, 2, 6, 2]
    assert pitches("[C^F]F") == [66, 66]  # a sign in a chord holds as any other


def test_rests_sound_nothing_and_take_time():
    tune = read_traditional("L:1/4\nz2 A x")
    assert [(note.pitch, note.length) for note in tune.notes] == [(None, 2), (69, 1), (None, 1)]


# repeats


def order(abc):
    """The notes as played, letters alone."""
    return "".join(note.name[0] for note in read_traditional(abc).notes)


@pytest.mark.parametrize(
    ("abc", "played"),
    [
        ("|:A|B:|c|", "ABABC"),
        ("A|B:|c|d:|", "ABABCDCD"),
        ("|:A|B::c|d:|", "ABABCDCD"),
        ("A|B||c|d:|", "ABCDCD"),  # back to the double bar line
        ("|:A||B:|", "ABAB"),  # but to the sign where there is one
        ("A|B|]!\nc:|", "ABCC"),
        ("|:A|1 B:|2 c|]d", "ABACD"),
        ("|:A|[1 B:|[2 c||d:|", "ABACDD"),
        ("A|[1 B|c:|[2 d|e|]f|", "ABCADEF"),
        ("A|[1 B|[2 c|]", "ABAC"),  # the second ending leads back by itself
        ("|:A|[1,3 B:|[2 c:|", "ABACAB"),
        ("|:A|[1-3 B:|[4 c|]", "ABABABAC"),
        ("|::A::|B", "AAAB"),
        ("A [1 B:|[2 c|]", "ABAC"),  # an ending inside a bar
        ("A|\n:|B|", "AAB"),
        ("|:A:|\n|:B:|", "AABB"),
        ("|:A|[1 B:|[2 c|]|:d|[1 e:|[2 f|]", "ABACDEDF"),
    ],
)
def test_repeats_are_written_out(abc, played):
    assert order(abc) == played


def test_a_bar_that_an_ending_cuts_is_one_bar_each_time():
    tune = read_traditional("M:3/4\nL:1/4\n^A B [1 c:|[2 A|]")
    assert [(bar.number, bar.length) for bar in tune.bars] == [(1, 3), (1, 3)]
    assert [note.pitch for note in tune.bars[1].notes] == [70, 71, 70]  # the sharp of its beginning still holds


def test_starts_and_bars_count_up_as_played():
    tune = read_traditional("M:2/4\nL:1/4\nA B:|c d|")
    assert [note.start for note in tune.notes] == [0, 1, 2, 3, 4, 5]
    assert [note.bar for note in tune.notes] == [0, 0, 1, 1, 2, 2]
    assert [bar.start for bar in tune.bars] == [0, 2, 4]


# bars


def wrong(music):
    return [bar.number for bar in bars_that_are_wrong(read_traditional("M:4/4\nL:1/4\n" + music))]


@pytest.mark.parametrize(
    ("music", "numbers"),
    [
        ("ABcd|ABcd|", []),
        ("ABcd|ABc|ABcd|ABcde|ABcd|", [2, 4]),
        ("d|ABcd|ABc:|", []),  # pickup and last bar are one bar
        ("d|ABcd|ABc|]", []),
        ("d|ABcd|AB|]", [3]),
        ("d|ABcd|ABcd|]", []),  # the pickup alone may be short
        ("ABcd|AB:|cd|ABcd|", []),  # a bar that a repeat splits
        ("ABcd|AB:|c|ABcd|", [2, 3]),
        ("ABcd|AB|cd|ABcd|", [2, 3]),  # and one that a plain bar line splits
        ("d|ABc|[1 d|ABc:|[2 e|ABc|]", []),
        ("d|ABc|[1 dd|ABc:|[2 e|ABc|]", [3]),  # its neighbours fit elsewhere
        ("ABcd|[M:3/4]ABc|ABcd|", [3]),
        ("[M:none]A|BcdABc|", []),
        ("A|", [1]),
    ],
)
def test_bars_that_are_wrong(music, numbers):
    assert wrong(music) == numbers


def test_a_wrong_bar_says_what_it_holds_and_a_repeated_one_says_it_once():
    tune = read_traditional("M:6/8\nL:1/8\n|:ABc d2e|ABc d3 e:|")
    sentence = "Bar 2 holds 7/2 quarter notes where its metre asks for 3."
    assert tune.faults == (sentence,)
    assert not tune.is_well_formed
    assert (bars_on_paper(tune), len(tune.bars)) == (2, 4)


# no music


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no notes"),
        ("X:1\nT:Nothing\nK:D\n", "no notes"),
        ("K:D\nAB c\nABq", "Line 3, column 3: 'q'"),
        ("K:D\nA & B", "Line 2, column 3"),
        ("K:Q\nA", "Line 1: the field K"),
        ("K:D blue\nA", "Line 1: the field K"),
        ("K:G# lyd\nA", "no key signature has 9 signs"),
        ("M:6/0\nA", "the field M"),
        ("M:9/8 EDC DA,B,|\nA", "Line 1: the field M"),
        ("L:x\nA", "the field L"),
        ("(3AB|c", "cut by a bar line"),
        ("(3AB", "ends inside a tuplet"),
        ("A>|B", "cut by a bar line"),
        (">B", "needs a note before it"),
        ("A>>>>B", "needs a note before it"),
        ("(3(3ABcde", "inside another"),
        ("A/0", "cannot be read"),
        ("A99999", "cannot be read"),
        ("A999", "lasts from"),
        ("A////////////", "lasts from"),
        ("A/5", "lasts from"),
        ("::2A", "Bar 1 is an ending that no time"),
        ("A|[2 B|]c|", "Bar 2 is an ending that no time"),
        ("c'''''''''", "outside the range of MIDI"),
        ("[A|B]", "column 1"),
        ("[AzB]", "is no chord"),
        ("[~]", "without notes"),
        ("A::::|", "repeats a part more often"),
        ("X:1\nK:C\nA|\nX:2\nK:C\nB|", "Line 4: a second tune"),
        ("V:1\nA|\nV:2\nB|", "Line 3: the tune has a second voice"),
        ("To be, or not to be", "column"),
        (None, "got NoneType"),
    ],
)
def test_what_is_no_music_gives_a_sentence_with_its_place(text, words):
    with pytest.raises(ABCError, match=words.replace("(", r"\(")):
        read_traditional(text)


PIECES = [*"ABCdefgzx'|:[]()<>-/,^_=!%~.{}123456789 \n\\\"", "|:", ":|", "|[1 ", ":|[2 ", "(3", "(3ABc", "[CEG]", "A>B"]
PIECES += [
    "M:6/8\n",
    "L:1/8\n",
    "K:Ador\n",
    "[K:F]",
    "[M:3/4]",
    "::",
    "||",
    "|]",
    "(5:4:3",
    "A/16",
    "X:1\n",
    "A-|A",
    "⁵٣é",
]


@settings(max_examples=300, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join) | st.text(max_size=60))
@example("A/3")
@example("A/5")
@example("::2A")
def test_any_text_is_a_tune_or_an_abc_error(text):
    try:
        tune = read_traditional(text)
    except ABCError:
        return
    assert tune.length == sum(note.length for note in tune.notes)
    assert len(tune.asked) == len(tune.bars)
    assert len(bars_that_are_wrong(tune)) <= bars_on_paper(tune)
    assert score.draw(opening(tune)).alt


# drawing and playing


def test_an_opening_is_drawn_and_the_tune_is_played():
    tune = read_traditional(HEAD.format("G") + "D|GAB AGA|BGE EDE|GAB AGA|BGE E2:|\nd|edB AGA|BGE EDE|[1 A3 A3|A3 A2:|")
    drawn = score.draw(opening(tune, 4))
    assert len(drawn.table.rows) == 5  # the pickup, and four bars, each once
    assert drawn.alt.startswith("“A jig” on a staff: 5 bars of 6/8 in the key of G")
    assert play(tune, seconds=1.0).label.startswith("A jig, its first 1 of")
    assert [bar.number for bar in opening(tune, 99).bars] == list(range(1, bars_on_paper(tune) + 1))
    with pytest.raises(ValueError, match="at least one bar"):
        opening(tune, 0)


# the corpus

HERE = any(e.name == "irish_tunes" and e.here not in (download.ABSENT, download.UNUSABLE) for e in available())
needs_corpus = pytest.mark.skipif(not HERE, reason="the corpus irish_tunes is not on this machine")


@cache
def corpus():
    """Every third tune: those that are read, by text, and what is said of the others."""
    read, refused = {}, []
    for text in load("irish_tunes").documents[::3]:
        try:
            read[text] = read_traditional(text)
        except ABCError as error:
            refused.append(str(error))
    return read, refused


@needs_corpus
def test_all_irish_tunes_are_read_but_for_music_on_the_line_of_a_metre():
    read, refused = corpus()
    assert (len(read), len(refused)) == (267, 1)
    assert "field M must be" in refused[0]


@needs_corpus
def test_nearly_all_bars_of_the_irish_tunes_last_as_their_metre_says():
    read, _ = corpus()
    bars, faulty = sum(map(bars_on_paper, read.values())), sum(len(bars_that_are_wrong(t)) for t in read.values())
    assert bars == 5318
    assert faulty <= 11
    assert sum(tune.is_well_formed for tune in read.values()) >= 262


@needs_corpus
def test_irish_tunes_without_their_old_line_ends_read_as_the_smaller_reader_reads_them():
    """Where the key and the metre stay and a repeat never goes back to a double bar line, which it does not know."""
    alike = [t for t in list(corpus()[0])[::3] if t.count("K:") == t.count("M:") == 1 and "|]" not in t[:-5]]
    assert len(alike) > 60
    for text in alike:
        ours, theirs = corpus()[0][text], parse(text.replace("!", ""))
        assert [(n.pitch, n.start, n.length) for n in ours.notes] == [
            (n.pitch, n.start, n.length) for n in theirs.notes
        ]


@needs_corpus
def test_openings_of_irish_tunes_can_be_drawn():
    tunes = list(corpus()[0].values())[::7]
    assert all(len(score.draw(opening(tune, 8)).table.rows) >= 8 for tune in tunes)
