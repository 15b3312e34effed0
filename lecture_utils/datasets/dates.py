"""`dates`: dates as people of seven languages write them, each with its ISO form, such as 1998-05-03.

Babel knows the names of months and weekdays and the order that each language puts them in. Every date is written once
in each language. A pair's split is decided by its calendar date alone, so a date that is held out is held out in all
seven languages.
"""

from __future__ import annotations

import datetime
import random
from typing import NamedTuple

from lecture_utils.datasets.corpus import Entry

LANGUAGES = {
    "en": "English",
    "de": "German",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pl": "Polish",
    "fi": "Finnish",
}
# What Babel calls full and long is every language's own; the others are patterns in Unicode's letters: EEEE weekday,
# d day, MMMM month, MMM month cut short, LLLL month by itself, y year; what stands in quotes is written as it is.
PATTERNS = {
    "en": ("full", "long", "medium", "d MMMM y", "EEEE, d MMMM y", "'the' {ordinal} 'of' MMMM y", "MMMM {ordinal}, y"),
    "de": ("full", "long", "d. MMM y", "EEEE, 'der' d. MMMM y", "'am' d. MMMM y"),
    "fr": ("full", "long", "medium", "'le' d MMMM y", "'le' EEEE d MMMM y"),
    "es": ("full", "long", "d MMM y", "'el' d 'de' MMMM 'de' y", "'el' EEEE d 'de' MMMM 'de' y"),
    "it": ("full", "long", "medium", "'il' d MMMM y", "EEEE, d MMMM y"),
    "pl": ("full", "long", "medium", "'dnia' d MMMM y", "EEEE, d MMMM y 'r.'"),
    "fi": ("full", "long", "EEEE d. MMMM y", "LLLL'n' d'. päivä' y"),
}
FIRST, LAST = datetime.date(1900, 1, 1), datetime.date(2099, 12, 31)
DATES, SEED = 4000, 0


class WrittenDate(NamedTuple):
    """A date as someone writes it, its ISO form, and the language's code."""

    source: str
    target: str
    language: str

    @property
    def text(self) -> str:
        """The date as written."""
        return self.source


def written(date: datetime.date, language: str, pattern: str) -> str:
    """A date in one language by one of its `PATTERNS`: "the 3rd of May 1998"."""
    from babel.dates import format_date

    ordinal = f"'{_ordinal(date.day)}'"
    return format_date(date, pattern.format(ordinal=ordinal), locale=language)


def _ordinal(number: int) -> str:
    """A day's number as English says it: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{'th' if number in (11, 12, 13) else ending}"


def _read_dates() -> list[WrittenDate]:
    """Different dates, drawn; each once in every language, by a pattern that is drawn too."""
    chance = random.Random(SEED)
    days = chance.sample(range((LAST - FIRST).days + 1), DATES)
    pairs = []
    for date in (FIRST + datetime.timedelta(day) for day in days):
        for language in LANGUAGES:
            source = written(date, language, chance.choice(PATTERNS[language]))
            pairs.append(WrittenDate(source, date.isoformat(), language))
    return pairs


def _calendar_date(pair: WrittenDate) -> str:
    return pair.target


ENTRY = Entry(
    name="dates",
    description="dates as seven languages write them, each with its ISO form; split by calendar date",
    size="about 600,000 characters",
    licence="Unicode License v3 (names of months and weekdays), BSD-3-Clause (Babel); the selection CC BY 4.0",
    citation="Unicode CLDR, through Babel; dates drawn by lecture_utils/datasets/dates.py",
    read=_read_dates,
    key=_calendar_date,
)
