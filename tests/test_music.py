"""ABC notation in, notes out; their sound; the player; and the score that is drawn of them."""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from fractions import Fraction
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lecture_utils.diagrams import score
from lecture_utils.diagrams.svg import Drawing
from lecture_utils.music import (
    LABELS,
    ABCError,
    Measures,
    Player,
    first_phrase_returns,
    longest_shared,
    measured,
    parse,
    play,
    synthesise,
    tokens,
    wav_bytes,
    well_formed,
)
from lecture_utils.music.sound import LEVELS, RATE

GREENSLEEVES = """T:Greensleeves, the first half
M:6/8
K:Am
A|c2d e>fe|d2B G>AB|c2A A>^GA|B2^G E2A|c2d e>fe|d2B G>AB|c>BA ^G>^F^G|A3 A2||"""


def pitches(abc):
    return [note.pitch for note in parse(abc).notes]


def lengths(abc):
    return [note.length for note in parse(abc).notes]


# notes


def test_letters_and_octaves_are_pitches():
    assert pitches("C,,C,CDEFGABcc'c''") == [36, 48, 60, 62, 64, 65, 67, 69, 71, 72, 84, 96]


def test_a_sign_holds_for_its_letter_until_the_bar_ends():
    assert pitches("^F F f =F F|F _B ^^C __D") == [66, 66, 78, 65, 65, 65, 70, 62, 60]


def test_a_natural_undoes_the_key():
    assert pitches("[K:D]F C =F F|F") == [66, 61, 65, 65, 66]


PATTERNS = {  # semitones between the notes of the scale, from its first
    "": (2, 2, 1, 2, 2, 2, 1),
    "maj": (2, 2, 1, 2, 2, 2, 1),
    "ion": (2, 2, 1, 2, 2, 2, 1),
    "dorian": (2, 1, 2, 2, 2, 1, 2),
    "Phr": (1, 2, 2, 2, 1, 2, 2),
    "lydian": (2, 2, 2, 1, 2, 2, 1),
    "mix": (2, 2, 1, 2, 2, 1, 2),
    "m": (2, 1, 2, 2, 1, 2, 2),
    " minor": (2, 1, 2, 2, 1, 2, 2),
    "Aeo": (2, 1, 2, 2, 1, 2, 2),
    "loc": (1, 2, 2, 1, 2, 2, 2),
}


BEYOND = ("Ebloc",)  # more signs than there are letters


@pytest.mark.parametrize("tonic", ["C", "D", "E", "F", "G", "A", "B", "Bb", "F#", "Eb"])
@pytest.mark.parametrize("mode", PATTERNS)
def test_every_key_has_the_steps_of_its_mode(tonic, mode):
    letters = ["C", "D", "E", "F", "G", "A", "B", "c", "d", "e", "f", "g", "a", "b"]
    first = letters.index(tonic[0])
    abc = f"[K:{tonic}{mode}]{''.join(letters[first : first + 7])}{letters[first].lower()}"
    if (tonic + mode) in BEYOND:
        with pytest.raises(ABCError, match=r"no key signature has 8 signs"):
            parse(abc)
        return
    scale = pitches(abc)
    if first:  # the lower-case letter is an octave up already
        scale[-1] = scale[0] + 12
    assert tuple(b - a for a, b in pairwise(scale)) == PATTERNS[mode]


@pytest.mark.parametrize(("key", "sharps"), [("C", 0), ("C#", 7), ("Cb", -7), ("Am", 0), ("F#m", 3), ("Ebm", -6)])
def test_no_usual_key_is_refused(key, sharps):
    assert parse(f"[K:{key}]C").sharps == sharps


def test_lengths_count_in_quarters():
    half, quarter = Fraction(1, 2), Fraction(1, 4)
    assert lengths("C C2 C3 C4 C8") == [half, 1, 3 * half, 2, 4]
    assert lengths("C/ C/2 C// C/4 C3/2 C3/") == [quarter, quarter, quarter / 2, quarter / 2, 3 * quarter, 3 * quarter]
    assert lengths("[L:1/4]C [L:1/16]C") == [1, quarter]
    assert lengths("[M:2/4]C") == [quarter]
    assert lengths("[M:6/8]C") == lengths("[M:C|]C") == [half]


def test_dotted_pairs_and_triplets_keep_the_bar():
    assert lengths("C>D E<F") == [Fraction(3, 4), Fraction(1, 4), Fraction(1, 4), Fraction(3, 4)]
    assert lengths("(3CDE F") == [Fraction(1, 3)] * 3 + [Fraction(1, 2)]
    assert parse("C>D E<F (3CDE F2|").is_well_formed


def test_notes_follow_one_another():
    tune = parse("C2 z D|(3EFG A-|A8|")
    starts = [note.start for note in tune.notes]
    ends = [note.start + note.length for note in tune.notes]
    assert starts == [0, *ends[:-1]]
    assert tune.length == ends[-1]
    assert [note.bar for note in tune.notes] == [0, 0, 0, 1, 1, 1, 1, 2]
    assert [note.name for note in tune.notes][:3] == ["C4", "rest", "D4"]


ORDERS = {
    "A B|C D|": "ABCD",
    "|:A|B:|C|]": "ABABC",
    "A|B:|C|": "ABABC",
    "A::B:|": "AABB",
    "|:A|1 B:|2 C|D|": "ABACD",
    "|:A|[1 B|C:|[2 D|]E": "ABCADE",
    "|:A:|\n|:B|\nC:|\nD": "AABCBCD",
    "A|\n:|B": "AAB",
    "A:|\n|B:|": "AABB",
}


@pytest.mark.parametrize("abc", ORDERS)
def test_repeats_are_written_out(abc):
    assert "".join(note.name[0] for note in parse(abc).notes) == ORDERS[abc]


def test_what_does_not_sound_is_passed_over():
    plain = parse("CDEF|G")
    adorned = parse('X:1\nR:reel\nQ:1/4=120\n% a comment\n"Am"C{gf}D ~E!trill!.F | (G) % the end\nw: la la')
    assert adorned.notes == plain.notes


def test_fields_on_lines_and_inside_say_the_same():
    assert parse("M:3/4\nK:G\nF6|") == parse("[M:3/4][K:G]F6|")
    assert parse("T:Named\nC").title == "Named"
    assert parse("T:Named\nC", "Otherwise").title == "Otherwise"


WRONG = {
    "": "The tune has no notes.",
    "|:|]": "The tune has no notes.",
    "CD\nE H": "Line 2, column 3: 'H' is not",
    "[CEG]": "Line 1, column 1: '[' is not",
    "C0": "Line 1, column 1: a note lasts more than 0",
    "C65": "at most 32 quarter notes, this one 65/2",
    "C/0": "'C/0' has a length that cannot be read",
    "C9999": "a length that cannot be read",
    "C,,,,,,": "outside the range of MIDI",
    "(3CD|E": "column 5: a triplet or a dotted pair is cut",
    "C>|D": "is cut by a bar line",
    "C>": "ends inside a triplet or a dotted pair",
    ">C": "'>' needs a note before it",
    "(4CDEF": "'(' is not",
    "[M:waltz]C": "the field M must be a fraction such as 3/4, got 'waltz'",
    "M:0/4\nC": "Line 1: the field M",
    "[L:1/0]C": "the field L",
    "C[M:3/4]D": "the metre changes",
    "[K:H]C": "must name a key such as C, Am or Ddor, got 'H'",
    "[K:Cfoo]C": "got 'Cfoo'",
    "[K:G#]C": "no key signature has 8 signs",
}


@pytest.mark.parametrize("abc", WRONG)
def test_an_error_is_a_sentence_with_its_place(abc):
    with pytest.raises(ABCError, match=re.escape(WRONG[abc])) as caught:
        parse(abc)
    assert str(caught.value).endswith(".")
    assert not well_formed(abc)


def test_only_a_text_is_a_tune():
    with pytest.raises(ABCError, match="a text in ABC notation, got int"):
        parse(3)


@settings(max_examples=300)
@given(st.text("ABCdefgz,'^_=0123/|:[]()<>-~\"{}!K:M:Lm \n%", max_size=40))
def test_any_text_is_a_tune_or_an_error_of_ours(text):
    try:
        tune = parse(text)
    except ABCError:
        return
    assert tune.notes
    assert all(note.length > 0 for note in tune.notes)
    if well_formed(text):
        assert max(bar.length for bar in tune.bars) <= tune.bar_length
        assert score.draw(tune).table.rows


# bars

NOTES = st.sampled_from(["C", "D2", "e3", "z", "G,4", "^F/", "B/"])


@given(st.lists(NOTES, min_size=1, max_size=12), st.data())
def test_bars_are_well_formed_until_a_note_is_lengthened(notes, data):
    eighths = {"C": 1, "D2": 2, "e3": 3, "z": 1, "G,4": 4, "^F/": Fraction(1, 2), "B/": Fraction(1, 2)}
    bars, filled = [[]], Fraction(0)
    for note in notes:
        if filled + eighths[note] > 8:
            bars[-1].append(f"z{8 - filled}" if filled < 8 else "")
            bars.append([])
            filled = Fraction(0)
        bars[-1].append(note)
        filled += eighths[note]
    if filled < 8:
        bars[-1].append(f"z{8 - filled}")
    assert well_formed("|".join(map("".join, bars)) + "|]")
    wrong = data.draw(st.integers(0, len(bars) - 1))
    bars[wrong].append("C")
    tune = parse("|".join(map("".join, bars)) + "|]")
    assert len(tune.faults) == 1
    assert tune.faults[0].startswith(f"Bar {wrong + 1} holds 9/2 quarter notes where 4/4 asks for 4")


def test_a_pickup_is_made_up_for_at_the_end_of_its_part():
    assert parse(GREENSLEEVES).is_well_formed
    assert well_formed("G2|C8|C6:|")
    assert well_formed("G2|C8|C6:|:A2|B8|B6:|")
    assert not well_formed("G2|C8|C8|")
    assert not well_formed("C8|C6|C8|G2|")
    assert not well_formed("C2|]")
    assert parse("G2|C8|C6|C6|]").faults == ("Bar 3 holds 3 quarter notes where 4/4 asks for 4 quarter notes.",)


def test_a_fault_in_a_repeated_bar_is_named_once():
    assert parse("|:C8|C7|C8:|C8|").faults == ("Bar 2 holds 7/2 quarter notes where 4/4 asks for 4 quarter notes.",)


@given(st.lists(st.sampled_from(["[M:3/4]", "C2", "^f'3/2", "|", "||", "|]", ":|", "z", "(3", "~", " ", "A,-"])))
def test_tokens_joined_are_the_line_again(parts):
    assert "".join(tokens("".join(parts))) == "".join(parts)


def test_tokens_are_notes_bar_lines_and_fields():
    assert tokens("[M:3/4]C2G,_b'/|^c-||D|]") == ["[M:3/4]", "C2", "G,", "_b'/", "|", "^c-", "||", "D", "|]"]
    with pytest.raises(ABCError, match="Column 2: 'H'"):
        tokens("CH")


# sound


def strongest(wave, rate):
    """The loudest frequency, in hertz."""
    spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave)), 1 << 18))
    return spectrum.argmax() * rate / (1 << 18)


@pytest.mark.parametrize(("abc", "hertz"), [("A8", 440.0), ("A,8", 220.0), ("C8", 261.63), ("e8", 659.26)])
@pytest.mark.parametrize("rate", [8000, 22050])
def test_a_note_sounds_at_its_pitch(abc, hertz, rate):
    assert strongest(synthesise(parse(abc), rate=rate), rate) == pytest.approx(hertz, rel=0.002)


def test_a_tune_lasts_as_long_as_its_notes():
    wave = synthesise(parse("C8|z4 C4|"), tempo=120, rate=8000)  # 4 s, and the last tone dies away
    assert len(wave) / 8000 == pytest.approx(4, abs=0.1)
    assert np.abs(wave[8000 * 2 + 800 : 8000 * 3]).max() == 0  # the rest
    assert np.abs(wave[8000 * 3 : 8000 * 3 + 400]).max() > 0.1


def test_faster_is_shorter():
    slow, fast = (len(synthesise(parse("C8|D8|"), tempo=tempo)) for tempo in (60, 240))
    assert slow > 3.7 * fast


def test_nothing_clicks():
    wave = synthesise(parse("c2 c2 e'2 C,2|z4 G4|"), tempo=150, rate=8000)
    assert np.abs(wave).max() == pytest.approx(0.9)
    assert np.abs(wave[:8]).max() < 0.03
    assert np.abs(wave[-8:]).max() < 0.001
    steps = np.abs(np.diff(wave))
    for onset in (0.4, 0.8, 1.2, 1.6, 2.4):  # seconds
        near = steps[round(onset * 8000) - 8 : round(onset * 8000) + 8].max()
        assert near < 0.5 * steps.max()


def test_tied_notes_are_one_tone():
    assert np.array_equal(synthesise(parse("C4-C4|")), synthesise(parse("C8|")))
    assert np.array_equal(synthesise(parse("C8-|C8|")), synthesise(parse("C16|")))
    assert not np.array_equal(synthesise(parse("C4C4|")), synthesise(parse("C8|")))
    assert np.array_equal(synthesise(parse("C4-D4|")), synthesise(parse("C4D4|")))


def test_rests_alone_are_silence():
    assert not synthesise(parse("z8|")).any()


@pytest.mark.parametrize("value", [0, -160, 100, 10**6, 10**400, float("nan"), float("inf"), "160", None, [160], 160j])
@pytest.mark.parametrize("setting", ["tempo", "rate"])
def test_impossible_settings_are_refused(setting, value):
    value = 19 if (setting, value) == ("tempo", 100) else value
    with pytest.raises(ValueError, match=rf"^{setting} must be between .*, got .{{1,40}}\.$"):
        synthesise(parse("C"), **{setting: value})


@pytest.mark.parametrize("caller", [play, synthesise, score.draw])
@pytest.mark.parametrize("thing", ["CDEF", "", None, 7, ["C"]])
def test_a_text_is_no_tune_before_it_is_read(caller, thing):
    sentence = f"{caller.__name__} takes a tune, got {type(thing).__name__}: read a text with parse(text) first."
    with pytest.raises(TypeError, match=f"^{re.escape(sentence)}$"):
        caller(thing)


def decoded(byte):
    """A sample by the rules of ITU-T G.711, which count from −8031 to 8031."""
    turned = ~byte & 0xFF
    size = ((((turned & 0x0F) << 1) + 33) << ((turned >> 4) & 7)) - 33
    return -size if turned & 0x80 else size


def chunks(wav):
    """The chunks of a RIFF file by name."""
    assert wav[:4] == b"RIFF"
    assert wav[8:12] == b"WAVE"
    assert struct.unpack("<I", wav[4:8])[0] == len(wav) - 8
    found, at = {}, 12
    while at < len(wav):
        size = struct.unpack("<I", wav[at + 4 : at + 8])[0]
        found[wav[at : at + 4]] = wav[at + 8 : at + 8 + size]
        at += 8 + size + size % 2
    assert at == len(wav)
    return found


@given(st.lists(st.floats(-1, 1), min_size=1, max_size=50))
def test_a_wav_file_holds_the_samples(samples):
    wave = np.array(samples)
    parts = chunks(wav_bytes(wave))
    assert struct.unpack("<HHIIHHH", parts[b"fmt "]) == (7, 1, RATE, RATE, 1, 8, 0)
    assert struct.unpack("<I", parts[b"fact"]) == (len(samples),)
    heard = np.array([decoded(byte) for byte in parts[b"data"]]) / 8191
    assert len(heard) == len(wave)
    assert (np.abs(heard - wave) <= 0.0002 + 0.035 * np.abs(wave)).all()
    assert set(np.abs(heard)) <= set(LEVELS)


def test_the_same_tune_is_the_same_bytes():
    wav = wav_bytes(synthesise(parse(GREENSLEEVES)))
    assert hashlib.sha256(wav).hexdigest() == DIGEST


DIGEST = "61341e6bb433acfdaa00ac951a67abf5b7e0fbcd7ccba56fd8c0b210d1a34f0f"


# the player


class Elements(dict):
    """Tag → attributes of its first appearance."""

    def __init__(self, html):
        root = ElementTree.fromstring(html.replace("<audio controls ", '<audio controls="" '))
        super().__init__({element.tag: element for element in reversed(list(root.iter()))})


def test_a_player_is_named_and_needs_nothing_else():
    html = play(parse(GREENSLEEVES))._repr_html_()
    page = Elements(html)
    assert page["figcaption"].text == page["audio"].get("title") == page["audio"].get("aria-label")
    assert page["audio"].get("title").startswith("Greensleeves, the first half, ")
    head, _, data = page["audio"].get("src").partition(",")
    assert head == "data:audio/wav;base64"
    assert chunks(base64.b64decode(data))[b"data"]
    assert "source" not in page  # JupyterLab drops its address from a notebook that is not trusted


def test_a_player_is_small_and_says_where_it_stops():
    tune = parse("|".join(["CDEFGABc"] * 40), "Long")
    player = play(tune, seconds=15)
    assert len(player._repr_html_()) < 300_000 * 0.6
    assert player.label == "Long, its first 15 of 60 seconds"
    assert len(chunks(player.wav)[b"data"]) == 15 * RATE
    assert max(abs(decoded(byte)) for byte in chunks(player.wav)[b"data"][-8:]) < 40
    assert repr(player) == "Player: Long, its first 15 of 60 seconds"


def test_a_title_is_text_not_markup():
    html = Player('<b>"&', b"")._repr_html_()
    assert "<b>" not in html
    assert Elements(html)["audio"].get("title") == '<b>"&'


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), "15", None])
def test_a_player_of_no_seconds_is_refused(seconds):
    with pytest.raises(ValueError, match=r"^seconds must be above 0 and finite, got .*\.$"):
        play(parse("C"), seconds=seconds)


@pytest.mark.parametrize("seconds", [1e308, 10**400])
def test_a_player_of_more_seconds_than_the_tune_plays_all_of_it(seconds):
    assert play(parse("C"), seconds=seconds) == play(parse("C"))


@pytest.mark.parametrize("tempo", [0, float("inf"), "fast", None])
def test_a_player_refuses_the_tempo_that_the_sound_refuses(tempo):
    with pytest.raises(ValueError, match=r"^tempo must be between 20 and 600 quarter notes a minute, got "):
        play(parse("C"), tempo=tempo)


# the score

EVERYTHING = (
    "M:4/4\nK:Bb\n|:A>B c/d/e/f/ (3gfe d2-|d4 z2 z z/ F/|=c5 _B3|^g3 z e'2 D,2|^^C8:|__E7z|(3zcd B//A//G/ C6-|C8|"
)


@pytest.fixture
def drawings(monkeypatch):
    """Every drawing that becomes an SVG."""
    kept = []
    original = Drawing.svg
    monkeypatch.setattr(Drawing, "svg", lambda self, words: kept.append(self) or original(self, words))
    return kept


@pytest.mark.parametrize("abc", [GREENSLEEVES, EVERYTHING, "z8|", "C32", "[K:C#]C//|", "[K:Ebm]C"])
@pytest.mark.parametrize("theme", ["card", "page"])
def test_a_score_is_drawn_without_overlaps(abc, theme, drawings):
    picture = score.draw(parse(abc), theme)
    ElementTree.fromstring(picture.svg)
    assert drawings[-1].overlaps() == []
    assert len(picture.alt) > 40
    assert "nan" not in picture.svg


def test_heads_stand_as_high_as_their_notes_and_in_order(monkeypatch):
    heads = []
    monkeypatch.setattr(score._Paper, "head", lambda self, x, y, *, filled: heads.append((x, y, filled)))
    tune = parse("C2D2E2F2|G2A2B2c2|c'4C,4|")
    score.draw(tune)
    assert len(heads) == len(tune.notes)
    assert [filled for *_, filled in heads] == [True] * 8 + [False] * 2
    xs = [x for x, *_ in heads]
    assert xs == sorted(xs)
    gaps = {
        round((heads[0][1] - y) / (note.step - tune.notes[0].step), 6)
        for (_, y, _), note in zip(heads[1:], tune.notes[1:])
    }
    assert gaps == {score.GAP / 2}


def test_middle_c_stands_on_the_first_line_below_the_staff():
    assert score._height(0, parse("C").notes[0].step) == 5 * score.GAP
    assert list(score._ledgers(parse("C").notes[0].step)) == [parse("C").notes[0].step]
    assert score._height(0, parse("f").notes[0].step) == 0  # F5 on the upper line
    assert list(score._ledgers(parse("f").notes[0].step)) == []


@given(st.fractions(Fraction(1, 8), 32, max_denominator=8))
def test_symbols_add_up_to_the_note(length):
    pieces = list(score._pieces(length))
    assert pieces
    assert 0 <= length - sum(pieces) < min(score.VALUES)
    assert set(pieces) <= set(score.VALUES)


def test_beams_stay_inside_their_beat_and_leave_rests_out():
    tune = parse("CDEF GzAB|[L:1/16]C4DEFG")
    signs = [(0.0, sign) for sign in score._signs(tune.bars[0].notes)]
    assert [len(group) for group in score._beamed(signs, (4, 4))] == [2, 2, 1, 1, 2]
    jig = parse("[M:6/8]CDE FGA|")
    signs = [(0.0, sign) for sign in score._signs(jig.bars[0].notes)]
    assert [len(group) for group in score._beamed(signs, (6, 8))] == [3, 3]


def test_the_table_names_every_note():
    picture = score.draw(parse("[K:D]F2 (3ABc z4|d5 =f3|"))
    assert picture.table.rows == (
        ("1", "F♯4 quarter, A4 eighth of a triplet, B4 eighth of a triplet, C♯5 eighth of a triplet, rest half"),
        ("2", "D5 5/2 quarters, F5 dotted quarter"),
    )


def test_a_long_tune_takes_several_lines():
    picture = score.draw(parse("|".join(["C8"] * 9)))
    assert len(picture.table.rows) == 9
    texts = [text.text for text in ElementTree.fromstring(picture.svg).iter("{http://www.w3.org/2000/svg}text")]
    assert texts == ["4", "4", "5", "9"]  # the metre, then the first bar of each further line


def test_a_tune_without_bars_has_no_score():
    empty = parse("C")
    with pytest.raises(ValueError, match="no bars"):
        score.draw(type(empty)("", (4, 4), "C", 0, ()))


# what is counted in tunes

FORMED = "[M:4/4]|:C2E2G2E2|D2F2A2F2|E2G2c2G2|[1D4B,4:|[2C8||F2A2c2A2|G2B2d2B2|A2c2e2c2|G8||C2E2G2E2|D2F2A2F2|E8|C8|]"


def test_a_first_phrase_that_returns():
    assert first_phrase_returns(parse(FORMED))
    assert not first_phrase_returns(parse(FORMED.replace("|:", "").replace("[1D4B,4:|[2C8", "D4B,4|C8")))
    written_out = "|".join(["C8", "D8", "E8", "G8", *["F8"] * 4, *["A8"] * 4, "C8", "D8", "E8", "C8"])
    assert first_phrase_returns(parse(written_out))
    assert not first_phrase_returns(parse(written_out.replace("E8|C8", "F8|C8")))
    assert not first_phrase_returns(parse("|".join(["C8"] * 12)))


def test_measures_of_a_good_tune():
    found = measured([FORMED])
    assert found == (1, 1, 1, 1, 1, 1, 1, 0, 1)
    assert len(LABELS) == len(Measures._fields)


SPOILED = {
    "full_bars": FORMED.replace("F2A2c2A2", "F2A2c2A3"),
    "well_formed": FORMED.replace("F2A2c2A2", "F2A2c2A3"),
    "sixteen_bars": FORMED.replace("F2A2c2A2|", ""),
    "half_close": FORMED.replace("[1D4B,4", "[1D4C4"),
    "ends_on_c": FORMED.replace("C8|]", "E8|]"),
}


@pytest.mark.parametrize("measure", SPOILED)
def test_a_spoiled_tune_loses_a_measure(measure):
    assert getattr(measured([FORMED, SPOILED[measure]]), measure) < 1 == getattr(measured([FORMED]), measure)


def test_copies_and_near_copies_are_not_new():
    assert measured([FORMED], [FORMED])[-2:] == (1, 0)
    near = FORMED.replace("C8|]", "C4C4|]")
    assert measured([near], [FORMED])[-2:] == (0, 0)
    assert measured([FORMED], ["[M:3/4]A6|]"])[-2:] == (0, 1)


def test_what_is_no_tune_counts_as_nothing():
    assert measured(["H", "", FORMED])[1:4] == (1, pytest.approx(1 / 3), pytest.approx(1 / 3))
    with pytest.raises(ValueError, match="no tune to measure"):
        measured([])


@given(st.lists(st.sampled_from("abc"), max_size=8), st.lists(st.sampled_from("abc"), max_size=8))
def test_the_longest_shared_run_is_the_longest(words, example):
    runs = [words[i:j] for i in range(len(words)) for j in range(i + 1, len(words) + 1)]
    inside = [run for run in runs if any(example[k : k + len(run)] == run for k in range(len(example)))]
    assert longest_shared(words, f" {' '.join(example)} ") == max(map(len, inside), default=0)


def test_a_shared_run_lies_in_one_example():
    assert measured(["C4D4|E4F4|", "E4F4|C4D4|"], ["C4D4|", "E4F4|"]).mostly_new == 1
    assert measured(["C4D4|E4F4|"], ["C4D4|E4F4|G8|"]).mostly_new == 0
