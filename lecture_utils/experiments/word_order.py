"""Can a bag of counts tell a sentence from the same words in another order? And counts of runs of words?"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from lecture_utils.datasets import load, split_sentences
from lecture_utils.datasets.shuffled import shuffled
from lecture_utils.experiments.common import Experiment
from lecture_utils.text import tokenize

Tokens = list[str]
Pair = tuple[Tokens, Tokens]  # a sentence, and its words in another order

OPENERS = {"the", "a", "an", "of", "to"}


def split_documents(seed: int, share: float) -> tuple[list[str], list[str]]:
    """The paragraphs of python_docs in two parts, for training and held out; `share` of them is held out."""
    documents = list(load("python_docs").documents)
    random.Random(seed).shuffle(documents)
    held_out = round(share * len(documents))
    return documents[held_out:], documents[:held_out]


def pairs(documents: Sequence[str], seed: int) -> list[Pair]:
    """Every sentence beside its shuffled version, in lower case; where a shuffle changes nothing, both are dropped."""
    chance = random.Random(seed)
    originals = [tokenize(s.lower()) for document in documents for s in split_sentences(document)]
    both = ((tokens, shuffled(tokens, chance)) for tokens in originals)
    return [(original, other) for original, other in both if original != other]


def brackets_in_order(tokens: Tokens) -> bool:
    """Whether no bracket closes before one has opened."""
    depths = accumulate((token == "(") - (token == ")") for token in tokens)
    return min(depths) >= 0


def no_mark_after_an_opener(tokens: Tokens) -> bool:
    """Whether a word always follows "the", "a", "an", "of" and "to": the one rule here that reads order."""
    return not any(word in OPENERS and not after[0].isalnum() for word, after in pairwise(tokens))


RULES: dict[str, Callable[[Tokens], bool]] = {
    "starts with “the”": lambda tokens: tokens[0] == "the",
    "ends with a full stop": lambda tokens: tokens[-1] == ".",
    "has at most 20 tokens": lambda tokens: len(tokens) <= 20,
    "brackets open before they close": brackets_in_order,
    "no mark right after “the”, “a”, “an”, “of” or “to”": no_mark_after_an_opener,
}


def rule_scores(held_out: Sequence[Pair]) -> dict[str, float]:
    """The share of versions that each rule sorts rightly: true should mean the original."""
    return {
        name: round(float(np.mean([(rule(original), not rule(other)) for original, other in held_out])), 4)
        for name, rule in RULES.items()
    }


def run(*, seed: int, longest: Sequence[int], share: float, documents: int | None) -> dict[str, Any]:
    """Accuracy on held-out pairs, and the number of features, for counts of runs of up to 1, 2, … words."""
    train, held_out = (pairs(part[:documents], seed) for part in split_documents(seed, share))
    scores = [_trained(train, held_out, length) for length in longest]
    return {
        "accuracy": [accuracy for accuracy, _ in scores],
        "features": [features for _, features in scores],
        "rules": rule_scores(held_out),
        "sentences": [len(train), len(held_out)],
    }


def _trained(train: Sequence[Pair], held_out: Sequence[Pair], length: int) -> tuple[float, int]:
    """Logistic regression on counts of all runs of up to `length` words: held-out accuracy, number of features."""
    from sklearn.feature_extraction.text import CountVectorizer
    from sklearn.linear_model import LogisticRegression

    counter = CountVectorizer(tokenizer=str.split, token_pattern=None, lowercase=False, ngram_range=(1, length))
    X = counter.fit_transform(_texts(train))  # (versions, features)
    model = LogisticRegression(solver="liblinear", random_state=0).fit(X, _labels(train))
    accuracy = model.score(counter.transform(_texts(held_out)), _labels(held_out))
    return round(float(accuracy), 4), X.shape[1]


def _texts(some: Sequence[Pair]) -> list[str]:
    return [" ".join(version) for pair in some for version in pair]


def _labels(some: Sequence[Pair]) -> list[int]:
    return [1, 0] * len(some)  # original, shuffled


EXPERIMENT = Experiment(
    question="Can counts tell a real sentence from the same words in another order?",
    config={"longest": [1, 2, 3], "share": 0.2, "documents": None},
    seeds=(0, 1, 2, 3, 4),
    run=run,
)
