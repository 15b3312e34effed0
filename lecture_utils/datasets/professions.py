"""`professions`: sentences from a small grammar, in which a word decides another one far behind it.

What someone studies decides, at the other end of the sentence, what they want to work as: *I am studying law at UBC
because I want to work as a lawyer.* What stands between the two is drawn freely and says nothing about either.
"""

import random

from lecture_utils.datasets.corpus import Entry

PROFESSIONS = {
    "medicine": "doctor",
    "law": "lawyer",
    "history": "historian",
    "physics": "physicist",
    "chemistry": "chemist",
    "biology": "biologist",
    "music": "musician",
    "journalism": "journalist",
    "philosophy": "philosopher",
    "dentistry": "dentist",
    "nursing": "nurse",
    "education": "teacher",
}
OPENINGS = {
    "I": ("I am studying", "I study", "This year I am studying", "I have begun to study", "It is true that I study"),
    "she": (
        "She is studying",
        "She studies",
        "This year she is studying",
        "She has begun to study",
        "I hear she studies",
    ),
}
PLACES = ("at UBC", "", "in Vancouver", "at a small college", "in the north", "near my parents", "at night school")
WAYS = ("", "with two friends", "in the evenings", "for the second year")
PURPOSES = {
    "I": (
        "because I want to work as a",
        "to become a",
        "since I hope to work as a",
        "so that I can work as a",
        "because I would love to work as a",
        "since I dream of working as a",
    ),
    "she": (
        "because she wants to work as a",
        "to become a",
        "since she hopes to work as a",
        "so that she can work as a",
        "because she would love to work as a",
        "since she dreams of working as a",
    ),
}
SENTENCES, SEED = 3000, 0

EXAMPLES = tuple(
    f"I am studying {subject} at UBC because I want to work as a {PROFESSIONS[subject]}."
    for subject in ("medicine", "law", "history")
)


def _read_professions() -> list[str]:
    """Different sentences, drawn; the lecture's three examples are left out of them, to be asked about."""
    chance = random.Random(SEED)
    drawn: dict[str, None] = {}  # a dict keeps the order
    while len(drawn) < SENTENCES:
        sentence = _sentence(chance)
        if sentence not in EXAMPLES:
            drawn[sentence] = None
    return list(drawn)


def _sentence(chance: random.Random) -> str:
    subject = chance.choice(list(PROFESSIONS))
    person = chance.choice(list(OPENINGS))
    opening, place, way = _draw(chance, OPENINGS[person]), _draw(chance, PLACES), _draw(chance, WAYS)
    words = (opening, subject, place, way, _draw(chance, PURPOSES[person]), PROFESSIONS[subject])
    return " ".join(filter(None, words)) + "."


def _draw(chance: random.Random, phrases: tuple[str, ...]) -> str:
    """One of the phrases: the second half as often as the first, the third a third as often, as in real text."""
    return chance.choices(phrases, [1 / rank for rank in range(1, len(phrases) + 1)])[0]


ENTRY = Entry(
    name="professions",
    description="English sentences from a small grammar: the subject studied decides the profession, far behind it",
    size="about 263,000 characters",
    licence="CC BY 4.0",
    citation="Our own: drawn from the grammar in lecture_utils/datasets/professions.py",
    read=_read_professions,
)
