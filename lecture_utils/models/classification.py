"""One label for a whole text: an RNN that reads it to its end, and the counting rules it has to beat.

The arrangement is many-to-one: embeddings → RNN → a summary of all states → feed-forward classifier → softmax, with a
single loss at the end.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count, islice
from typing import Any
from zlib import crc32

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_utils import bptt
from lecture_utils.datasets import Labelled, load, split_sentences
from lecture_utils.datasets.shuffled import real_and_shuffled
from lecture_utils.text import (
    SPECIALS,
    Vocabulary,
    bucketed_batches,
    bucketed_pass,
    checked_count,
    pack,
    pad_batch,
    padding_mask,
    tokenize,
    unpack,
)

Batch = tuple[Tensor, Tensor, Tensor]  # ids (T, N), lengths (N,), targets (N,)
Examples = Sequence[Any]  # documents with a .text and a .label, such as datasets.Labelled

CELLS = {"RNN": bptt.RNN, "GRU": bptt.GRU}
SUMMARIES = ("last", "mean", "max")
LONGEST = 2000  # tokens of a text that someone types
UNKNOWN = SPECIALS.index("<unk>")
PIECE_SIZES = (3, 4, 5)  # letters
MOST_PIECES = 24  # of one word


def words(text: str) -> list[str]:
    """Words and marks, in small letters."""
    return tokenize(text.lower())


def characters(text: str) -> list[str]:
    """Single characters as they are, blanks at the ends left out: a capital can say something about a language."""
    return list(" ".join(text.split()))


TOKENS = {"words": words, "characters": characters}


def checked_text(text: object) -> str:
    """The text itself; a ValueError with a sentence when there is nothing in it to read."""
    if not isinstance(text, str) or not text.strip():
        raise ValueError("There is nothing to read yet: type a word or a sentence.")
    return text


def vocabulary_of(examples: Examples, tokens: str = "words", min_count: int = 1) -> Vocabulary:
    """The tokens of all texts, those seen fewer than `min_count` times left out: they count as unknown."""
    cut = TOKENS[tokens]
    return Vocabulary((token for example in examples for token in cut(example.text)), min_count=min_count)


def labels_of(examples: Examples) -> tuple[str, ...]:
    """The labels there are, in alphabetical order: this order numbers the classes."""
    return tuple(sorted({example.label for example in examples}))


@lru_cache(maxsize=100_000)
def pieces_of(word: str, rows: int) -> tuple[int, ...]:
    """The rows, from 1 to `rows`, of a word's runs of 3 to 5 letters, its ends marked: a hash chooses each row."""
    marked = f"<{word}>"
    runs = (marked[i : i + size] for size in PIECE_SIZES for i in range(len(marked) - size + 1))
    return tuple(1 + crc32(run.encode()) % rows for run in islice(runs, MOST_PIECES))


class Pieces(nn.Module):
    """The vectors of a word's pieces, added up, as in Bojanowski et al. (2017): a word never seen has them, too."""

    def __init__(self, vocabulary: Vocabulary, rows: int, d: int) -> None:
        super().__init__()
        self.rows, self.places = rows, {word: number for number, word in enumerate(vocabulary.tokens)}
        self.vectors = nn.EmbeddingBag(rows + 1, d, mode="sum", padding_idx=0)
        self.vectors.weight.data *= 0.03  # a dozen of them together stay small beside a word's own vector
        self.table = torch.zeros(0, MOST_PIECES, dtype=torch.int64)  # a line for each word, filled up with 0

    def number(self, words: Iterable[str]) -> list[int]:
        """A number for each word: that of the vocabulary, or, for other words, one after all of those."""
        return [self.places.setdefault(word, len(self.places)) for word in words]

    def forward(self, numbers: Tensor) -> Tensor:
        """The sums (T, N, d) for words by their numbers (T, N)."""
        if new := list(self.places)[len(self.table) :]:
            lines = [torch.tensor(pieces_of(word, self.rows), dtype=torch.int64) for word in new]
            filled = pad_batch([*lines, torch.zeros(MOST_PIECES, dtype=torch.int64)])[0].T  # (new words + 1, most)
            self.table = torch.cat([self.table, filled[:-1]])
        pieces = self.table[numbers.cpu()].to(numbers.device)  # (T, N, most)
        return self.vectors(pieces.flatten(end_dim=1)).unflatten(0, numbers.shape)


class Classifier(nn.Module):
    """Embeddings → RNN → summary → feed-forward network → logits, one for each label.

    `tokens` is "words" or "characters", `cell` "RNN" or "GRU". `summary` makes one vector of a text's states: "last"
    joins the final state of each direction, "mean" and "max" run over all steps. In training a share `unknown` of the
    tokens is hidden as <unk>, which so gets an embedding for words never seen. With `pieces`, a number of rows, the
    runs of letters in a token count, too, and are never hidden. ValueError for other settings.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        labels: Sequence[str],
        *,
        tokens: str = "words",
        cell: str = "GRU",
        summary: str = "last",
        bidirectional: bool = True,
        d_embedding: int = 64,
        d_h: int = 64,
        dropout: float = 0.3,
        unknown: float = 0.1,
        pieces: int = 0,
    ) -> None:
        super().__init__()
        for name, value, known in (("tokens", tokens, TOKENS), ("cell", cell, CELLS), ("summary", summary, SUMMARIES)):
            if value not in known:
                raise ValueError(f"{name} must be one of {', '.join(known)}, got {value!r}.")
        if len(set(labels)) != len(labels) or len(labels) < 2:
            raise ValueError(f"labels must be two or more, all different, got {labels!r:.80}.")
        self.vocabulary, self.labels, self.cut = vocabulary, tuple(labels), TOKENS[tokens]
        self.summary, self.bidirectional, self.unknown = summary, bidirectional, unknown
        self.embedding = nn.Embedding(len(vocabulary), d_embedding)
        self.embedding.weight.data *= 0.3  # at their usual size, 1, the first gradients are too large
        self.pieces = Pieces(vocabulary, pieces, d_embedding) if pieces else None
        self.rnn = CELLS[cell](d_embedding, d_h, bidirectional=bidirectional)
        self.dropout = nn.Dropout(dropout)
        d_summary = d_h * (2 if bidirectional else 1)
        self.classifier = nn.Sequential(
            nn.Dropout(dropout), nn.Linear(d_summary, d_h), nn.ReLU(), nn.Dropout(dropout), nn.Linear(d_h, len(labels))
        )

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, C) of texts ids (T, N), whose own tokens are the first lengths (N,) of each column."""
        words = ids.masked_fill(ids >= len(self.vocabulary), UNKNOWN)  # `Pieces` numbers on behind the vocabulary
        if self.training:
            words = words.masked_fill(torch.rand(ids.shape).to(ids.device) < self.unknown, UNKNOWN)
        x = self.embedding(words)  # (T, N, d_embedding)
        return self.read(x if self.pieces is None else x + self.pieces(ids), lengths)

    def read(self, x: Tensor, lengths: Tensor) -> Tensor:
        """Logits (N, C) of texts as vectors x (T, N, d_embedding)."""
        output, h_n = self.rnn(pack(self.dropout(x), lengths))  # packed: padding is never read
        if self.summary == "last":
            vector = torch.cat([h_n[-2], h_n[-1]], dim=1) if self.bidirectional else h_n[-1]  # (N, D d_h)
        else:
            vector = _over_steps(self.summary, unpack(output)[0], lengths)
        return self.classifier(vector)

    def logits_of(self, texts: Sequence[str], batch_size: int = 128) -> Tensor:
        """Logits (texts, C), in the order of the texts, without dropout."""
        ids = [self.encode(text) for text in texts]
        logits = torch.empty(len(ids), len(self.labels))
        was_training = self.training
        self.eval()
        with torch.no_grad():
            for some in bucketed_pass([len(one) for one in ids], batch_size) if ids else []:
                padded, lengths = pad_batch([ids[i] for i in some])  # (T, N), (N,)
                logits[some] = self(padded.to(self.device), lengths).cpu()
        self.train(was_training)
        return logits

    def log_chances(self, texts: Sequence[str]) -> Tensor:
        """The logarithm of every label's probability (texts, C)."""
        return self.logits_of(texts).log_softmax(dim=1)

    def labels_for(self, texts: Sequence[str]) -> list[str]:
        """The likeliest label of each text; of equally likely ones the first."""
        return [self.labels[best] for best in self.logits_of(texts).argmax(dim=1).tolist()]

    def chances(self, text: str) -> dict[str, float]:
        """The probability of every label for one text that someone typed."""
        p = self.logits_of([checked_text(text)])[0].softmax(dim=0)  # (C,)
        return dict(zip(self.labels, p.tolist()))

    def label(self, text: str) -> str:
        """The likeliest label for one text that someone typed."""
        return self.labels_for([checked_text(text)])[0]

    def encode(self, text: str) -> list[int]:
        """The numbers of a text's tokens; ValueError where there is none."""
        tokens = self.cut(checked_text(text))
        if len(tokens) > LONGEST:
            raise ValueError(f"The text has {len(tokens):,} tokens; the model reads at most {LONGEST:,}.")
        return self.vocabulary.encode(tokens) if self.pieces is None else self.pieces.number(tokens)

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return self.embedding.weight.device


def _over_steps(summary: str, states: Tensor, lengths: Tensor) -> Tensor:
    """Mean or maximum of the states (T, N, d) over each text's own steps: (N, d)."""
    if summary == "mean":  # unpack left zeros in the padding
        return states.sum(dim=0) / lengths.to(states.device).unsqueeze(1)
    own = padding_mask(lengths, len(states)).to(states.device).unsqueeze(2)  # (T, N, 1)
    return states.masked_fill(~own, -torch.inf).amax(dim=0)


def classification_loss(model: nn.Module, ids: Tensor, lengths: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats per text: one prediction for each."""
    return cross_entropy(model(ids, lengths), targets)


@dataclass(frozen=True)
class LabelledBatches:
    """An endless stream of (ids, lengths, targets); every iteration starts the same stream anew."""

    model: Classifier = field(repr=False)
    examples_of: Callable[[int], Examples] = field(repr=False)
    batch_size: int
    seed: int
    together: int = 1

    def __iter__(self) -> Iterator[Batch]:
        for number in count():
            examples = self.examples_of(number)
            ids = [self.model.encode(example.text) for example in examples]
            targets = torch.tensor([self.model.labels.index(example.label) for example in examples])
            for groups in self._round([len(one) for one in ids[:: self.together]], number):
                some = [i for g in groups for i in range(g * self.together, (g + 1) * self.together) if i < len(ids)]
                yield *pad_batch([ids[i] for i in some]), targets[some]

    def _round(self, lengths: list[int], number: int) -> Iterator[list[int]]:
        """Every group once, given the length of its first text; in another order in each round."""
        size = max(1, self.batch_size // self.together)
        batches = bucketed_batches(lengths, size, self.seed + number)
        return islice(batches, -(-len(lengths) // size))


def labelled_batches(
    model: Classifier,
    examples: Examples | Callable[[int], Examples],
    *,
    batch_size: int,
    seed: int,
    together: int = 1,
) -> LabelledBatches:
    """Batches to train `model` on with `classification_loss`; texts of similar length stand together.

    Each is `ids` (T, N), `lengths` (N,) and `targets` (N,). Instead of a list, `examples` may be a function from the
    number of a round to the examples of that round, to train on new ones each time. With `together=2`, the first and
    the second example share a batch, the third and the fourth, and so on: a pair that differs in one thing alone shows
    the network that thing.
    """
    give = examples if callable(examples) else lambda _: examples
    return LabelledBatches(model, give, batch_size, seed, checked_count("together", together))


def start_from_counts(model: Classifier, examples: Examples, scale: float = 0.3) -> None:
    """Let the first numbers of every embedding say which labels its token stands with.

    They are log-count ratios, as in the naive Bayes features of Wang and Manning (2012): the share of the token among
    those of one label's texts against its share among all others', each label's count plus one. Two labels need one
    number, more labels one each. The rest of the embeddings is made smaller, so that the counts speak first; training
    may change everything.
    """
    C = len(model.labels)
    counts = torch.ones(C, len(model.vocabulary))  # texts that hold the token, plus one
    for example in examples:
        counts[model.labels.index(example.label), list(set(model.vocabulary.encode(model.cut(example.text))))] += 1
    others = counts.sum(dim=0) - counts
    ratios = (counts / counts.sum(dim=1, keepdim=True)).log() - (others / others.sum(dim=1, keepdim=True)).log()
    columns = ratios[1:] if C == 2 else ratios  # of two, one is minus the other
    with torch.no_grad():
        model.embedding.weight /= 3
        model.embedding.weight[:, : len(columns)] = scale * columns.T


class Committee:
    """Several judges with the same labels, classifiers or counts, which average their log probabilities."""

    def __init__(self, members: Sequence[Classifier | Counting]) -> None:
        if len({member.labels for member in members}) != 1:
            raise ValueError("A committee needs one member at least, and the same labels for all of them.")
        self.members, self.labels = tuple(members), members[0].labels

    def labels_for(self, texts: Sequence[str]) -> list[str]:
        """The label of each text that is likeliest on the whole."""
        together = torch.stack([member.log_chances(texts) for member in self.members]).mean(dim=0)  # (texts, C)
        return [self.labels[best] for best in together.argmax(dim=1).tolist()]


# baselines: they count, and know no order beyond the runs they count


class Majority:
    """Always the most frequent label; of equally frequent ones the first in the alphabet."""

    def __init__(self, examples: Examples) -> None:
        self.answer = most_frequent(example.label for example in examples)

    def labels_for(self, texts: Sequence[str]) -> list[str]:
        """The same label for every text."""
        return [self.answer] * len(texts)


class TableRule:
    """For each value of one feature of a text, its first word for example, the label it had most often in training."""

    def __init__(self, feature: Callable[[str], object], examples: Examples) -> None:
        self.feature, self.fallback = feature, Majority(examples).answer
        seen: dict[object, list[str]] = defaultdict(list)
        for example in examples:
            seen[feature(example.text)].append(example.label)
        self.table = {value: most_frequent(labels) for value, labels in seen.items()}

    def labels_for(self, texts: Sequence[str]) -> list[str]:
        """The table's label for each text; the most frequent label of all where the table has none."""
        return [self.table.get(self.feature(text), self.fallback) for text in texts]


class Counting:
    """Logistic regression on which runs of up to `longest` tokens stand in a text: order counts only inside a run.

    `C` is scikit-learn's inverse strength of regularisation: small values keep the weights small.
    """

    def __init__(self, examples: Examples, *, longest: int = 1, tokens: str = "words", C: float = 1.0) -> None:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression

        self.longest, self.tokens, self.C, cut = longest, tokens, C, TOKENS[tokens]
        edges = ["<s>"] if tokens == "characters" else []  # beginnings and ends of names say much about a language
        self.counter = CountVectorizer(analyzer=lambda text: _runs([*edges, *cut(text), *edges], longest), binary=True)
        X = self.counter.fit_transform([example.text for example in examples])  # (texts, features)
        self.labels = labels_of(examples)
        solver = "liblinear" if len(self.labels) == 2 else "lbfgs"
        self.model = LogisticRegression(C=C, solver=solver, max_iter=300, random_state=0)
        self.model.fit(X, [example.label for example in examples])

    @property
    def features(self) -> int:
        """How many different runs were counted."""
        return len(self.counter.vocabulary_)

    def labels_for(self, texts: Sequence[str]) -> list[str]:
        """The likeliest label of each text."""
        return [str(label) for label in self.model.predict(self.counter.transform(texts))]

    def log_chances(self, texts: Sequence[str]) -> Tensor:
        """The logarithm of every label's probability (texts, C)."""
        return torch.from_numpy(self.model.predict_log_proba(self.counter.transform(texts))).float()

    def label(self, text: str) -> str:
        """The likeliest label for one text that someone typed."""
        return self.labels_for([checked_text(text)])[0]


def _runs(tokens: Sequence[str], longest: int) -> list[tuple[str, ...]]:
    return [
        tuple(tokens[start : start + length])
        for length in range(1, longest + 1)
        for start in range(len(tokens) - length + 1)
    ]


def most_frequent(labels: Iterable[str]) -> str:
    """The label that comes most often; of equally frequent ones the first in the alphabet."""
    counts = Counter(labels)
    return min(counts, key=lambda label: (-counts[label], label))


def accuracy(model: Any, examples: Examples) -> float:
    """The share of examples whose label the model names; `model.labels_for(texts)` gives one for each."""
    answers = model.labels_for([example.text for example in examples])
    return sum(answer == example.label for answer, example in zip(answers, examples)) / len(examples)


def best_counting(candidates: Iterable[dict[str, Any]], train: Examples, valid: Examples) -> Counting:
    """The logistic regression on counts that does best on `valid`; a candidate is a dict of settings of `Counting`."""
    return max((Counting(train, **settings) for settings in candidates), key=lambda model: accuracy(model, valid))


# real or shuffled?


def sentences_of(documents: Iterable[str]) -> list[list[str]]:
    """The tokens of every sentence, in lower case: a capital or its absence would give a word's old place away."""
    return [words(sentence) for document in documents for sentence in split_sentences(document)]


def shuffled_split(split: str, seed: int = 0) -> list[Labelled]:
    """The sentences of one split of python_docs, each followed by its shuffled version.

    Split by paragraph, as python_docs is: the sentences of a paragraph share many words.
    """
    return real_and_shuffled(sentences_of(load("python_docs", split).documents), seed)
