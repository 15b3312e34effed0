"""A tag for every word: an RNN that reads the sentence in one direction or in both, and the rules it has to beat.

The arrangement is many-to-many, aligned: features of each word → vector → RNN → logits, with one loss per step.
"""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_utils import bptt
from lecture_utils.text import (
    Vocabulary,
    bucketed_batches,
    bucketed_pass,
    pack,
    pad_batch,
    padding_mask,
    tokenize,
    unpack,
)

Batch = tuple[Tensor, Tensor, Tensor]  # features (T, N, F), lengths (N,), targets (T, N)
Documents = Sequence[Any]  # with .words and .tags, such as datasets.Tagged

PAD, UNKNOWN = "<pad>", "<unk>"
LONGEST_AFFIX = 4
FEATURES = 3 + 2 * LONGEST_AFFIX  # of each word
LONGEST = 2000  # words of a sentence that someone types
CELLS = {"RNN": bptt.RNN, "GRU": bptt.GRU, "LSTM": nn.LSTM}
ADAM = partial(torch.optim.Adam, fused=True)  # one pass over all weights: much faster where there are many


@lru_cache(maxsize=100_000)
def word_features(word: str) -> tuple[str, ...]:
    """What can be said of a word on its own: itself, in small letters, its shape, its beginnings and its ends.

    Always `FEATURES` of them; one that a short word lacks is "".
    """
    small = word.lower()
    sizes = range(1, LONGEST_AFFIX + 1)
    starts = (f"starts {small[:size]}" if len(small) > size else "" for size in sizes)
    ends = (f"ends {small[-size:]}" if len(small) > size else "" for size in sizes)
    return (f"word {word}", f"small {small}", f"shape {shape_of(word)}", *starts, *ends)


def shape_of(word: str) -> str:
    """X for a capital, x for a small letter, 9 for a digit, no sign more than twice in a row: McKay's is XxXxx'x."""
    signs = ["X" if c.isupper() else "x" if c.islower() else "9" if c.isdigit() else c for c in word]
    return "".join(sign for place, sign in enumerate(signs) if signs[max(0, place - 2) : place] != [sign, sign])


class Tagger(nn.Module):
    """Features of each word → their vectors added up → RNN → logits at every step, one for each tag.

    `features` numbers the features that have a vector; `tags` gives each class its name. `bidirectional` says whether
    the state at a word knows what stands to its right. A word that is not among the features is <unk>, beside what its
    ends and its shape say. `Tagger.of(documents, …)` makes both from a corpus, and hides rare words in training.
    """

    hide: Tensor  # (features,)

    def __init__(
        self,
        features: Vocabulary,
        tags: Sequence[str],
        *,
        bidirectional: bool = True,
        cell: str = "GRU",
        d_embedding: int = 128,
        d_h: int = 128,
        num_layers: int = 1,
        dropout_in: float = 0.2,
        dropout: float = 0.3,
    ) -> None:
        super().__init__()
        if cell not in CELLS:
            raise ValueError(f"cell must be one of {', '.join(CELLS)}, got {cell!r}.")
        if features.specials != (PAD, UNKNOWN) or features.unknown != PAD:
            raise ValueError(f"features must be a Vocabulary with specials=({PAD!r}, {UNKNOWN!r}) and unknown={PAD!r}.")
        if not tags or len(set(tags)) != len(tags):
            raise ValueError(f"tags must be one or more, all different, got {tags!r:.80}.")
        self.features, self.tag_names, self.bidirectional = features, tuple(tags), bidirectional
        self.vectors = nn.EmbeddingBag(len(features), d_embedding, mode="sum", padding_idx=0)
        self.vectors.weight.data *= FEATURES**-0.5  # a sum of F vectors is to be as large as one
        self.rnn = CELLS[cell](
            d_embedding, d_h, num_layers, bidirectional=bidirectional, dropout=dropout if num_layers > 1 else 0.0
        )
        self.V = nn.Linear(d_h * (2 if bidirectional else 1), len(tags))
        self.dropout_in, self.dropout = nn.Dropout(dropout_in), nn.Dropout(dropout)
        self.register_buffer("hide", torch.zeros(len(features)))  # how often training hides a word

    @classmethod
    def of(cls, documents: Documents, *, min_count: int = 3, rare: float = 0.25, **settings: Any) -> Tagger:
        """A tagger for the words and the tags of a corpus; features seen fewer than `min_count` times are left out.

        In training a word seen n times is hidden as <unk> with probability rare / (rare + n), so that the tagger learns
        to do without (Kiperwasser and Goldberg, 2016).
        """
        words = Counter(word for document in documents for word in document.words)
        counts: Counter[str] = Counter()
        for word, count in words.items():
            for feature in word_features(word):
                counts[feature] += count
        del counts[""]
        features = Vocabulary(counts, min_count=min_count, specials=(PAD, UNKNOWN), unknown=PAD)
        model = cls(features, sorted({tag for document in documents for tag in document.tags}), **settings)
        for word, count in words.items():
            if (feature := word_features(word)[0]) in features:
                model.hide[features[feature]] = rare / (rare + count)
        return model

    def forward(self, features: Tensor, lengths: Tensor) -> Tensor:
        """Logits (T, N, d_out) of sentences whose words are features (T, N, F); those of padding mean nothing."""
        return self.V(self.dropout(self.states_of(features, lengths)))

    def states_of(self, features: Tensor, lengths: Tensor) -> Tensor:
        """The states (T, N, D d_h) of the top layer; zeros on padding, which the RNN never reads."""
        if self.training:
            features = self.hide_rare(features)
        T, N, F = features.shape
        x = self.vectors(features.reshape(T * N, F)).reshape(T, N, -1)  # (T, N, d_embedding)
        packed, _ = self.rnn(pack(self.dropout_in(x), lengths))
        return unpack(packed)[0]

    def hide_rare(self, features: Tensor) -> Tensor:
        """The features of a batch, with some words replaced by <unk>: the rarer, the likelier."""
        chance = torch.rand(features.shape[:2]).to(features.device)  # drawn on the CPU: alike on every device
        hidden = chance < self.hide[features[:, :, 0]]  # (T, N)
        seen = features.clone()
        seen[:, :, 0] = seen[:, :, 0].masked_fill(hidden, 1)  # <unk> for the word …
        seen[:, :, 1] = seen[:, :, 1].masked_fill(hidden, 0)  # … and nothing for its small letters
        return seen

    def encode(self, words: Iterable[str]) -> Tensor:
        """The numbers of the features (T, F) of some words: 0 for one that is not there, <unk> for an unknown word."""
        rows = [self.features.encode(word_features(word)) for word in words]
        numbers = torch.tensor(rows, dtype=torch.int64).reshape(-1, FEATURES)
        numbers[:, 0] = numbers[:, 0].masked_fill(numbers[:, 0] == 0, 1)
        return numbers

    def tags(self, sentence: str | Sequence[str]) -> list[str]:
        """A tag for each word of a sentence: a text, which is cut into words first, or a list of words."""
        return self.tag_all([checked_words(sentence)])[0]

    def distribution(self, sentence: str | Sequence[str]) -> Tensor:
        """p_t for each word: (T, d_out), columns in the order of `tag_names`."""
        return self._one(self.forward, sentence).softmax(dim=1)

    def states(self, sentence: str | Sequence[str]) -> Tensor:
        """h_t for each word: (T, D d_h), forward half first."""
        return self._one(self.states_of, sentence)

    def tag_all(self, sentences: Sequence[Sequence[str]], batch_size: int = 128) -> list[list[str]]:
        """The likeliest tags of many sentences, each a list of words, in their order."""
        found: list[list[str]] = [[] for _ in sentences]
        numbered = _Numbers(self)
        with _judging(self):
            for some in bucketed_pass([len(s) for s in sentences], batch_size) if sentences else []:
                features, lengths = numbered.batch([numbered.words(sentences[i]) for i in some])
                best = self(features.to(self.hide.device), lengths).argmax(dim=2).T.tolist()  # N lists of T
                for place, row in zip(some, best):
                    found[place] = [self.tag_names[tag] for tag, _ in zip(row, sentences[place])]
        return found

    def _one(self, function: Any, sentence: str | Sequence[str]) -> Tensor:
        """What a method for batches says of one sentence, in eval mode: (T, …)."""
        features = self.encode(checked_words(sentence)).unsqueeze(1)  # (T, 1, F)
        with _judging(self):
            result: Tensor = function(features.to(self.hide.device), torch.tensor([len(features)]))
        return result.squeeze(1).cpu()


@contextmanager
def _judging(model: nn.Module) -> Iterator[None]:
    """Eval mode and no gradients inside; afterwards the model is back in its mode."""
    mode = model.training
    model.eval()
    try:
        with torch.no_grad():
            yield
    finally:
        model.train(mode)


def checked_words(sentence: str | Sequence[str]) -> list[str]:
    """The words of a text or of a list; a ValueError with a sentence when there is none, or one is no string."""
    words = tokenize(sentence) if isinstance(sentence, str) else list(sentence)
    if not words:
        raise ValueError("There is nothing to tag yet: type a word or a sentence.")
    if len(words) > LONGEST:
        raise ValueError(f"The text has {len(words):,} words; the tagger reads at most {LONGEST:,}.")
    if strange := [word for word in words if not isinstance(word, str) or not word]:
        raise ValueError(f"A sentence is a text or a list of words, but one of them is {strange[0]!r:.40}.")
    return words


def tagging_loss(model: nn.Module, features: Tensor, lengths: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats per word: one loss for every word of the batch, none for its padding."""
    real = padding_mask(lengths.cpu(), len(targets)).to(targets.device)  # (T, N)
    return cross_entropy(model(features, lengths.cpu())[real], targets[real])


class _Numbers:
    """The features of every different word once: a sentence is then a row of places in that table."""

    def __init__(self, model: Tagger) -> None:
        self.model = model
        self.places: dict[str, int] = {}
        self.table = torch.zeros(0, FEATURES, dtype=torch.int64)

    def words(self, words: Sequence[str]) -> list[int]:
        return [self.places.setdefault(word, len(self.places)) for word in words]

    def batch(self, sentences: Sequence[Sequence[int] | Tensor]) -> tuple[Tensor, Tensor]:
        """Features (T, N, F) and lengths (N,) of sentences numbered by `words`; padding is 0 throughout."""
        if new := list(self.places)[len(self.table) :]:
            self.table = torch.cat([self.table, self.model.encode(new)])
        places, lengths = pad_batch(sentences)  # (T, N), (N,)
        features = self.table[places]  # (T, N, F)
        return features.masked_fill(~padding_mask(lengths).unsqueeze(2), 0), lengths


@dataclass(frozen=True)
class TaggedBatches:
    """An endless stream of (features, lengths, targets); every iteration starts the same stream anew."""

    numbers: _Numbers = field(repr=False)
    sentences: list[Tensor] = field(repr=False)
    targets: list[Tensor] = field(repr=False)
    batch_size: int
    seed: int

    def __iter__(self) -> Iterator[Batch]:
        for some in bucketed_batches(list(map(len, self.sentences)), self.batch_size, self.seed):
            targets, _ = pad_batch([self.targets[i] for i in some])  # (T, N)
            yield *self.numbers.batch([self.sentences[i] for i in some]), targets


def tagged_batches(model: Tagger, documents: Documents, *, batch_size: int, seed: int) -> TaggedBatches:
    """Batches to train `model` on with `tagging_loss`; sentences of similar length stand together.

    Each is `features` (T, N, F), `lengths` (N,) and `targets` (T, N), a class for each word and 0 on padding.
    """
    numbers, names = _Numbers(model), {tag: number for number, tag in enumerate(model.tag_names)}
    sentences = [torch.tensor(numbers.words(document.words)) for document in documents]
    targets = [torch.tensor([names[tag] for tag in document.tags]) for document in documents]
    return TaggedBatches(numbers, sentences, targets, batch_size, seed)


def most_frequent_tags(documents: Documents) -> dict[str, str]:
    """Each word's most frequent tag; under "<unk>", for words never seen, that of the words seen once.

    Of equally frequent tags the first in the alphabet.
    """
    seen: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for document in documents:
        for word, tag in zip(document.words, document.tags):
            seen[word][tag] += 1
    once = sum((tags for tags in seen.values() if tags.total() == 1), Counter[str]())
    table = {sys.intern(word): _first(tags) for word, tags in seen.items()}
    return {**table, UNKNOWN: _first(once or sum(seen.values(), Counter[str]()))}


def _first(counts: Mapping[str, int]) -> str:
    return min(counts, key=lambda tag: (-counts[tag], tag))


def look_up(table: Mapping[str, str], sentences: Sequence[Sequence[str]]) -> list[list[str]]:
    """The tags that a table of `most_frequent_tags` gives to sentences, each a list of words."""
    return [[table.get(word, table[UNKNOWN]) for word in words] for words in sentences]


class FeatureTagger:
    """Logistic regression on the features of a word and of the two words on each side: no RNN, no state.

    `C` is scikit-learn's inverse strength of regularisation. `exact` fits all tags at once with L-BFGS; without it,
    stochastic gradient descent fits one tag against the others, which is faster on a large corpus.
    """

    def __init__(
        self, documents: Documents, *, C: float = 1.0, window: int = 2, min_count: int = 2, exact: bool = True
    ) -> None:
        from sklearn.feature_extraction.text import CountVectorizer
        from sklearn.linear_model import LogisticRegression, SGDClassifier

        self.window = window
        self.counter = CountVectorizer(analyzer=list, binary=True, min_df=min_count)
        X = self.counter.fit_transform(self._all_rows(document.words for document in documents))  # (words, features)
        if exact:
            self.model = LogisticRegression(C=C, max_iter=200)
        else:
            self.model = SGDClassifier("log_loss", alpha=1 / (C * X.shape[0]), max_iter=5, tol=None, random_state=0)
        self.model.fit(X, [tag for document in documents for tag in document.tags])

    def rows(self, words: Sequence[str]) -> list[list[str]]:
        """For each word the features it is judged by, those of a neighbour with its distance before them."""
        around = [("",)] * self.window
        padded = [*around, *map(word_features, words), *around]
        return [
            [f"{n} {f}" for n in range(-self.window, self.window + 1) for f in padded[t + self.window + n] if f]
            for t in range(len(words))
        ]

    def _all_rows(self, sentences: Iterable[Sequence[str]]) -> Iterator[list[str]]:
        return (row for words in sentences for row in self.rows(words))  # one at a time: together they fill the memory

    def tag_all(self, sentences: Sequence[Sequence[str]]) -> list[list[str]]:
        """The likeliest tags of sentences, each a list of words."""
        rows = self._all_rows(sentences)
        tags = iter(self.model.predict(self.counter.transform(rows)) if any(sentences) else ())
        return [[str(next(tags)) for _ in words] for words in sentences]

    def tags(self, sentence: str | Sequence[str]) -> list[str]:
        """A tag for each word of a text or of a list of words."""
        return self.tag_all([checked_words(sentence)])[0]


Tags = Sequence[Sequence[str]]  # of several sentences


def tag_accuracy(gold: Tags, predicted: Tags, scored: Iterable[str] | None = None) -> float:
    """The share of words whose tag is right; of those alone whose true tag is in `scored`, if that is given."""
    kept = None if scored is None else set(scored)
    pairs = [(true, guess) for true, guess in _pairs(gold, predicted) if kept is None or true in kept]
    if not pairs:
        raise ValueError("There is no word to score.")
    return sum(true == guess for true, guess in pairs) / len(pairs)


def confusions(gold: Tags, predicted: Tags) -> Counter[tuple[str, str]]:
    """How often each (true tag, wrong tag) comes."""
    return Counter((true, guess) for true, guess in _pairs(gold, predicted) if true != guess)


def _pairs(gold: Tags, predicted: Tags) -> Iterator[tuple[str, str]]:
    if list(map(len, gold)) != list(map(len, predicted)):
        raise ValueError("gold and predicted must hold the same sentences, with a tag for each of their words.")
    for true, guess in zip(gold, predicted):
        yield from zip(true, guess)
