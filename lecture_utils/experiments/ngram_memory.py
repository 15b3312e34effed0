"""What does a longer memory cost a model that counts, and how much of it is of use on new text?"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lecture_utils.datasets import split_sentences
from lecture_utils.experiments.common import Experiment
from lecture_utils.experiments.word_order import split_documents
from lecture_utils.ngrams import NGram
from lecture_utils.text import Vocabulary, tokenize

END = "</s>"
UNKNOWN = "<unk>"


def sentences(documents: Sequence[str], vocabulary: Vocabulary | None = None) -> list[list[str]]:
    """The sentences as words in lower case, each with its end; words outside the vocabulary become <unk>."""
    cut = [[*tokenize(s.lower()), END] for document in documents for s in split_sentences(document)]
    if vocabulary is None:
        return cut
    return [[word if word in vocabulary else UNKNOWN for word in words] for words in cut]


def run(*, seed: int, orders: Sequence[int], share: float, documents: int | None) -> dict[str, Any]:
    """For each order: held-out perplexity, entries and bytes stored, and shares of what was never seen."""
    train, held_out = (part[:documents] for part in split_documents(seed, share))
    words = (word for sentence in sentences(train) for word in sentence)
    vocabulary = Vocabulary(words, min_count=2, specials=(UNKNOWN, END))
    known, new = sentences(train, vocabulary), sentences(held_out, vocabulary)
    rows = [_measured(order, known, new, vocabulary) for order in orders]
    figures: dict[str, Any] = {name: [row[name] for row in rows] for name in rows[0]}
    return figures | {"vocabulary": len(vocabulary), "words": [sum(map(len, part)) for part in (known, new)]}


def _measured(
    order: int, train: list[list[str]], held_out: list[list[str]], vocabulary: Vocabulary
) -> dict[str, float]:
    model = NGram(order).fit(train, vocabulary)
    places = [(words[:t], words[t]) for words in held_out for t in range(len(words))]
    return {
        "perplexity": round(model.perplexity(held_out), 2),
        "entries": model.num_entries,
        "bytes": model.num_bytes,
        "contexts unseen": _share([not model.seen(context) for context, _ in places]),
        "runs unseen": _share([not model.count(word, context) for context, word in places]),
    }


def _share(of: Sequence[bool]) -> float:
    return round(sum(of) / len(of), 4)


EXPERIMENT = Experiment(
    question="What does a higher order cost a model that counts, and what does it gain on new text?",
    config={"orders": [1, 2, 3, 4, 5, 6, 7], "share": 0.1, "documents": None},
    seeds=(0, 1, 2, 3, 4),
    run=run,
)
