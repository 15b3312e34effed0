"""The dates: read back through Babel, split by calendar date, the same on every machine."""

import datetime
import re
from collections import Counter

import pytest
from babel import Locale

from lecture_utils.datasets import SPLITS, load
from lecture_utils.datasets.dates import DATES, FIRST, LANGUAGES, LAST, PATTERNS, _ordinal, _read_dates, written

PAIRS = load("dates").documents


def month_of(words, language):
    """The months whose name, in any form that Babel knows, is one of the words or (Finnish genitives) its beginning."""
    months = Locale(language).months
    names = {
        (name.rstrip(".").lower(), number)
        for context in ("format", "stand-alone")
        for width in ("wide", "abbreviated")
        for number, name in months[context][width].items()
    }
    return {number for name, number in names if name in words or f"{name}n" in words}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_iso_date_is_the_date_that_is_meant(language):
    weekdays = Locale(language).days["stand-alone"]["wide"]
    pairs = [pair for pair in PAIRS if pair.language == language]
    assert len(pairs) == DATES
    named = 0
    for pair in pairs[::4]:
        date = datetime.date.fromisoformat(pair.target)
        assert FIRST <= date <= LAST
        assert [int(n) for n in re.findall(r"\d+", pair.source) if len(n) == 4] == [date.year]
        assert [int(n) for n in re.findall(r"\d+", pair.source) if len(n) < 4] == [date.day]
        words = re.findall(r"[^\W\d]+", pair.source.lower())
        assert month_of(words, language) == {date.month}, pair  # in words, and no other month can be read
        for number, name in weekdays.items():
            if name.lower() in words:
                assert number == date.weekday(), pair
                named += 1
    assert named > DATES / 40


def test_every_date_stands_in_one_split_in_all_languages():
    parts = {split: load("dates", split).documents for split in SPLITS}
    days = {split: {pair.target for pair in pairs} for split, pairs in parts.items()}
    assert not days["train"] & days["test"]
    assert not days["train"] & days["valid"]
    assert not days["valid"] & days["test"]
    for split, pairs in parts.items():
        assert len(pairs) == len(LANGUAGES) * len(days[split])
        assert set(Counter(pair.language for pair in pairs).values()) == {len(days[split])}
    assert 300 < len(days["test"]) < 500
    sources = {split: {pair.source for pair in pairs} for split, pairs in parts.items()}
    assert not sources["train"] & sources["test"]


def test_the_days_of_a_split_are_known():
    first = sorted({pair.target for pair in load("dates", "test").documents})
    assert first[0] >= "1900"
    assert {day[5:7] for day in first} == {f"{month:02}" for month in range(1, 13)}


def test_every_pattern_is_used_and_the_corpus_is_the_same_each_time():
    assert _read_dates() == list(PAIRS)
    drawn = {pair.source for pair in PAIRS}
    for language, patterns in PATTERNS.items():
        days = [datetime.date.fromisoformat(p.target) for p in PAIRS if p.language == language]
        for pattern in patterns:
            assert any(written(day, language, pattern) in drawn for day in days), (language, pattern)


@pytest.mark.parametrize(
    ("number", "said"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (13, "13th"), (22, "22nd")],
)
def test_english_ordinals(number, said):
    assert _ordinal(number) == said


def test_a_date_in_several_languages():
    day = datetime.date(1998, 5, 3)
    assert written(day, "en", PATTERNS["en"][5]) == "the 3rd of May 1998"
    assert written(day, "de", "full") == "Sonntag, 3. Mai 1998"
    assert written(day, "es", PATTERNS["es"][3]) == "el 3 de mayo de 1998"
    assert written(day, "fi", PATTERNS["fi"][3]) == "toukokuun 3. päivä 1998"
