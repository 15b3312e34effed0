"""`place_names`: what countries, regions, languages and currencies are called in twelve languages.

Which language is *Saksa*? The names come from the Unicode Common Locale Data Repository (CLDR), which the package Babel
carries. A name that two or more of the twelve languages share, *Peru* for one, is left out: the question would have no
answer. All names of one thing, "territory/DE" for one, stand in the same split, so a test name's translations are new
too.
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any, NamedTuple

from lecture_utils.datasets.corpus import Entry

# All write Latin letters; they belong to five families of languages.
LANGUAGES = {
    "en": "English",
    "de": "German",
    "sv": "Swedish",
    "fr": "French",
    "es": "Spanish",
    "it": "Italian",
    "pl": "Polish",
    "fi": "Finnish",
    "hu": "Hungarian",
    "tr": "Turkish",
    "vi": "Vietnamese",
    "sw": "Swahili",
}


class PlaceName(NamedTuple):
    """A name, the language it belongs to, and the code of what it names."""

    text: str
    label: str
    entity: str


def _read_place_names() -> list[PlaceName]:
    """Every name that one of the languages has for itself, entity by entity."""
    try:
        from babel import Locale
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            "The corpus 'place_names' is read from the package Babel, which is not installed here: "
            "run pip install babel.",
            name=error.name,
        ) from error
    languages_of = defaultdict(set)
    first: dict[tuple[str, str], PlaceName] = {}  # a language's name for two things counts once
    for code, language in LANGUAGES.items():
        for entity, name in _names(Locale(code)):
            languages_of[name.casefold()].add(language)
            first.setdefault((name.casefold(), language), PlaceName(name, language, entity))
    own = (document for document in first.values() if len(languages_of[document.text.casefold()]) == 1)
    return sorted(own, key=lambda document: (document.entity, document.label))


_NAME = re.compile(r"[^\W\d_]+(?:[ '’-]+[^\W\d_]+)*")  # words of letters; no brackets, digits or abbreviations


def _names(locale: Any) -> Iterator[tuple[str, str]]:
    """(entity, name) for each name of a locale that is made of words."""
    for kind in ("territories", "languages", "currencies"):
        for code, name in sorted(getattr(locale, kind).items()):
            if len(name) >= 3 and _NAME.fullmatch(name) and name != code:
                yield f"{_ONE[kind]}/{code}", name


_ONE = {"territories": "territory", "languages": "language", "currencies": "currency"}

ENTRY = Entry(
    name="place_names",
    description="Names of countries, regions, languages and currencies, each in one of twelve languages",
    size="about 120,000 characters",
    licence="Unicode-3.0",
    citation="Unicode, Inc., Common Locale Data Repository, https://cldr.unicode.org, as the package Babel carries it",
    read=_read_place_names,
    key=lambda document: str(document.entity),
)
