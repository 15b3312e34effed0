"""A word for a blank: a model that reads what stands before it and, two-way, what stands behind it as well.

One two-way layer needs no mask. The forward state of the word *before* the blank has not read the blank, nor has the
backward state of the word *behind* it; the prediction is made from these two. So every word of a training sentence is
a blank in turn, all in one pass. Of stacked two-way layers this is not true: notebook 07 builds two, on purpose, to
measure the leak.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, pad

from lecture_utils.bptt import GRU
from lecture_utils.text import Vocabulary, bucketed_batches, pack, pad_batch, padding_mask, tokenize, unpack
from lecture_utils.training import History, falling, fit, seed_everything

BLANK = "___"
PADDING = -100  # what cross_entropy leaves out
_UNDERSCORES = re.compile(r"_+")
_SPECIALS = ("<pad>", "<unk>")
LONGEST = 200  # words of a sentence that someone types
RARE = 2  # words seen less often are trained as <unk>


class Filler(nn.Module):
    """Embedding → GRU → logits for the word at t, from h→_{t-1} and, two-way, h←_{t+1}.

    Of more than one two-way layer, these states have read the word itself: such a model is good for showing the leak.
    """

    def __init__(
        self,
        vocabulary: Vocabulary,
        *,
        bidirectional: bool = True,
        d_embedding: int = 32,
        d_h: int = 64,
        num_layers: int = 1,
    ) -> None:
        super().__init__()
        self.vocabulary, self.bidirectional = vocabulary, bidirectional
        self.embedding = nn.Embedding(len(vocabulary), d_embedding)
        self.rnn = GRU(d_embedding, d_h, num_layers, bidirectional=bidirectional)
        self.output = nn.Linear(d_h * (1 + bidirectional), len(vocabulary))

    def states(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """The states at every word, which have read that word: (T, N, D d_h) from ids (T, N), lengths (N,)."""
        states, _ = unpack(self.rnn(pack(self.embedding(ids), lengths))[0])
        return states  # zeros behind a sentence's end

    def around(self, states: Tensor) -> Tensor:
        """The states beside every word, which have not read it: h→_{t-1} joined with h←_{t+1}, (T, N, D d_h)."""
        right, *left = states.split(self.rnn.hidden_size, dim=-1)
        before = pad(right[:-1], (0, 0, 0, 0, 1, 0))  # one step later; nothing before the first word
        behind = [pad(some[1:], (0, 0, 0, 0, 0, 1)) for some in left]  # one step earlier
        return torch.cat([before, *behind], dim=-1)

    def forward(self, ids: Tensor, lengths: Tensor) -> Tensor:
        """Logits (T, N, C) for every word, none of which has read its own; two layers: all have."""
        logits: Tensor = self.output(self.around(self.states(ids, lengths)))
        return logits

    @torch.no_grad()
    def fill(self, sentence: str) -> dict[str, float]:
        """Every word with its probability of standing in the blank, ``___``, the most probable first.

        Raises ValueError when the sentence has no blank, or more than one.
        """
        words = words_with_blank(sentence)
        logits = self(*self._batch([words]))[words.index(BLANK), 0]  # (C,)
        logits[: len(_SPECIALS)] = -torch.inf
        chances = dict(zip(self.vocabulary, logits.softmax(dim=-1).tolist()))
        words_only = list(chances)[len(_SPECIALS) :]
        return {word: chances[word] for word in sorted(words_only, key=lambda word: -chances[word])}

    @torch.no_grad()
    def vectors(self, words: Sequence[str]) -> Tensor:
        """The contextual vector of each word of a sentence: its joined states, (T, D d_h)."""
        if isinstance(words, str) or not len(words):
            raise ValueError(f"words must be a list of one word or more, got {words!r}.")
        return self.states(*self._batch([words]))[:, 0]

    @torch.no_grad()
    def perplexity(self, sentences: Sequence[Sequence[str]], batch_size: int = 128) -> float:
        """2 to the power of the bits per word, each word being the only blank of its sentence."""
        nats, count = 0.0, 0
        for first in range(0, len(sentences), batch_size):
            ids, lengths = self._batch(sentences[first : first + batch_size])
            nats += filling_loss(self, ids, lengths).item() * int(lengths.sum())
            count += int(lengths.sum())
        return float(torch.tensor(nats / count).exp())

    def _batch(self, sentences: Sequence[Sequence[str]]) -> tuple[Tensor, Tensor]:
        ids, lengths = pad_batch([self.vocabulary.encode(words) for words in sentences])
        device = self.output.weight.device
        return ids.to(device), lengths.to(device)


def words_with_blank(sentence: object) -> list[str]:
    """The words of a sentence that someone typed, its one blank as ``___``; a ValueError says what is amiss."""
    if not isinstance(sentence, str):
        raise ValueError(f"A sentence must be text, got {type(sentence).__name__}.")
    words = tokenize(_UNDERSCORES.sub(f" {BLANK} ", sentence))
    if words.count(BLANK) != 1:
        found = "none" if BLANK not in words else f"{words.count(BLANK)}"
        raise ValueError(f"The sentence must have one blank, written ___, but there is {found}: I am ___ hungry .")
    if len(words) > LONGEST:
        raise ValueError(f"The sentence must have at most {LONGEST} words, but it has {len(words):,}.")
    return words


def filling_loss(model: Filler, ids: Tensor, lengths: Tensor) -> Tensor:
    """Cross-entropy in nats per word, padding left out: ids (T, N), lengths (N,)."""
    targets = ids.masked_fill(~padding_mask(lengths, len(ids)), PADDING)  # (T, N)
    return cross_entropy(model(ids, lengths).flatten(0, 1), targets.flatten(), ignore_index=PADDING)


def train_filler(
    sentences: Sequence[Sequence[str]],
    *,
    bidirectional: bool = True,
    steps: int = 400,
    batch_size: int = 64,
    lr: float = 0.01,
    seed: int = 0,
    **sizes: Any,
) -> tuple[Filler, History]:
    """A filler trained on sentences, which are lists of words; `sizes` go to Filler."""
    vocabulary = Vocabulary((word for words in sentences for word in words), min_count=RARE, specials=_SPECIALS)
    seed_everything(seed)
    model = Filler(vocabulary, bidirectional=bidirectional, **sizes)
    places = bucketed_batches([len(words) for words in sentences], batch_size, seed)
    batches = _Batches(model, sentences, places)
    history = fit(model, batches, loss=filling_loss, steps=steps, lr=falling(lr, 0.1), clip=1.0, seed=seed)
    return model, history


class _Batches:
    """Padded batches of sentences, put together when they are wanted."""

    def __init__(self, model: Filler, sentences: Sequence[Sequence[str]], places: Any) -> None:
        self.ids = [torch.tensor(model.vocabulary.encode(words)) for words in sentences]
        self.places = places

    def __iter__(self) -> Any:
        return (pad_batch([self.ids[i] for i in some]) for some in self.places)
