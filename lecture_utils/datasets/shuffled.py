"""Real or shuffled: sentences of Python's documentation, and beside each the same words in another order.

Order is all that tells the two apart. The first word, the last word and every mark stay where they were, so no rule
about the edges helps; both versions stand in the same split, so their counts are the same for every word.
"""

import random
from collections.abc import Iterable, Sequence

from lecture_utils.datasets.corpus import Labelled

REAL, SHUFFLED = "real", "shuffled"


def shuffled(tokens: Sequence[str], chance: random.Random) -> list[str]:
    """The words in another order; every mark stays in its place, and so do the first word and the last."""
    moving = [place for place, token in enumerate(tokens) if token[0].isalnum()][1:-1]
    words = [tokens[place] for place in moving]
    chance.shuffle(words)
    new = list(tokens)
    for place, word in zip(moving, words):
        new[place] = word
    return new


def real_and_shuffled(sentences: Iterable[Sequence[str]], seed: int) -> list[Labelled]:
    """Every sentence followed by its shuffled version; where the shuffle changes nothing, both are left out."""
    chance = random.Random(seed)
    both: list[Labelled] = []
    for tokens in sentences:
        other = shuffled(tokens, chance)
        if other != list(tokens):
            both += [Labelled(" ".join(tokens), REAL), Labelled(" ".join(other), SHUFFLED)]
    return both
