"""From one sequence to another: an encoder reads it to its end, and its last state starts a decoder, which writes.

Sutskever, Vinyals & Le (2014) and Cho et al. (2014) translated with it; here it turns written dates into ISO dates.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_utils import bptt
from lecture_utils.text import Vocabulary, checked_count, checked_seed, pack, pad_batch

Batch = tuple[Tensor, Tensor, Tensor, Tensor]  # sources, lengths, inputs, targets

START, END = "<s>", "</s>"
LONGEST = 200  # characters of a text that someone types


def prepared(text: str) -> str:
    """A source as the model reads it: small letters, single blanks, none at the ends."""
    return " ".join(text.lower().split())


class EncoderDecoder(nn.Module):
    """Two GRUs: one reads the source's characters, the other starts from its last state and writes the target's.

    `source` and `target` are the vocabularies of both sides, with the four usual specials; `d_embedding` numbers for a
    character, `d_h` numbers in the state, which is all that the decoder learns of the source.
    """

    def __init__(self, source: Vocabulary, target: Vocabulary, *, d_embedding: int = 32, d_h: int = 128) -> None:
        super().__init__()
        self.source, self.target = source, target
        self.source_table = nn.Embedding(len(source), d_embedding)
        self.encoder = bptt.GRU(d_embedding, d_h)
        self.target_table = nn.Embedding(len(target), d_embedding)
        self.decoder = bptt.GRU(d_embedding, d_h)
        self.V = nn.Linear(d_h, len(target))
        keep_longer(self.encoder)
        keep_longer(self.decoder)

    def encode(self, sources: Tensor, lengths: Tensor) -> Tensor:
        """The state after each source's own last character: sources (T, N), lengths (N,) -> (1, N, d_h)."""
        x = self.source_table(sources)  # (T, N, d_embedding)
        state: Tensor = self.encoder(pack(x, lengths))[1]  # packed, so that no padding is read
        return state

    def decode(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (T, N, C) and the last state (1, N, d_h), from inputs (T, N) and a start state (1, N, d_h)."""
        output, state = self.decoder(self.target_table(inputs), state)  # (T, N, d_h)
        return self.V(output), state

    def forward(self, sources: Tensor, lengths: Tensor, inputs: Tensor) -> Tensor:
        """Logits (T', N, C) with teacher forcing: `inputs` (T', N) holds <s> and the true target after it."""
        logits, _ = self.decode(inputs, self.encode(sources, lengths))
        return logits

    @torch.no_grad()
    def greedy(self, state: Tensor, longest: int = 40) -> list[list[int]]:
        """What the decoder writes from a start state (1, N, d_h): always its likeliest symbol, until </s>."""
        start, end, N = self.target[START], self.target[END], state.shape[1]
        last = torch.full((1, N), start, device=state.device)
        written: list[Tensor] = []
        running = torch.ones(N, dtype=torch.bool, device=state.device)
        while running.any() and len(written) < longest:
            logits, state = self.decode(last, state)  # (1, N, C)
            last = logits.argmax(dim=-1)  # (1, N): what it wrote is what it reads next
            running = running & (last[0] != end)
            written.append(last[0])
        columns = torch.stack(written, dim=1).tolist()  # (N, T')
        return [ids[: ids.index(end)] if end in ids else ids for ids in columns]

    def translate_all(self, texts: Sequence[str], batch_size: int = 500) -> list[str]:
        """The target that the model writes for each text."""
        answers: list[str] = []
        for first in range(0, len(texts), batch_size):
            sources, lengths = pad_batch([self.ids(text) for text in texts[first : first + batch_size]])
            with torch.no_grad():
                written = self.greedy(self.encode(sources.to(self.V.weight.device), lengths))
            answers += ["".join(self.target.decode(ids)) for ids in written]
        return answers

    def translate(self, text: str) -> str:
        """The target for one text that someone typed; a ValueError with a sentence when there is nothing to read."""
        if not isinstance(text, str) or not prepared(text):
            raise ValueError("Type something to translate, such as: 3 May 1998")
        if len(prepared(text)) > LONGEST:
            raise ValueError(f"The text has {len(prepared(text)):,} characters; the model reads {LONGEST} at most.")
        return self.translate_all([text])[0]

    def ids(self, text: str) -> list[int]:
        """The numbers of a source's characters; one never seen is <unk>."""
        return self.source.encode(prepared(text))


def keep_longer(gru: Any) -> None:
    """Let an untrained GRU forget more slowly: U's blocks orthogonal, and 1 added to the bias of the gate z.

    z is the share of the old state that is kept (PyTorch's convention): about 0.73 at the start instead of 0.5.
    """
    d_h = gru.hidden_size
    with torch.no_grad():
        for block in gru.weight_hh_l0.split(d_h):  # r, z, n: (d_h, d_h) each
            nn.init.orthogonal_(block)
        gru.bias_ih_l0[d_h : 2 * d_h] += 1.0


def vocabularies(pairs: Iterable[Any]) -> tuple[Vocabulary, Vocabulary]:
    """The characters of the sources and those of the targets."""
    pairs = list(pairs)
    source = Vocabulary("".join(prepared(pair.source) for pair in pairs))
    return source, Vocabulary("".join(pair.target for pair in pairs))


@dataclass(frozen=True)
class TranslationBatches:
    """An endless stream of (sources (T, N), lengths (N,), inputs (T', N), targets (T', N)); it starts anew each time.

    A target ends with </s>; the decoder's inputs are the same symbols one step later, after <s>.
    """

    sources: Tensor  # (T, pairs)
    lengths: Tensor  # (pairs,)
    targets: Tensor  # (T' + 1, pairs), from <s> to </s>
    batch_size: int
    seed: int

    def __iter__(self) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            order = torch.randperm(len(self.lengths), generator=generator)
            for some in order.split(self.batch_size):
                lengths, targets = self.lengths[some], self.targets[:, some]
                yield self.sources[: int(lengths.max()), some], lengths, targets[:-1], targets[1:]


def translation_batches(
    model: EncoderDecoder, pairs: Sequence[Any], *, batch_size: int, seed: int
) -> TranslationBatches:
    """Batches of pairs in random order, to train `model` on with `translation_loss`."""
    sources, lengths = pad_batch([model.ids(pair.source) for pair in pairs])
    targets, _ = pad_batch([model.target.encode([START, *pair.target, END]) for pair in pairs])
    return TranslationBatches(sources, lengths, targets, checked_count("batch_size", batch_size), checked_seed(seed))


def translation_loss(model: nn.Module, sources: Tensor, lengths: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats per symbol of the targets (T', N); padding counts for nothing."""
    logits = model(sources, lengths, inputs)  # (T', N, C)
    return cross_entropy(logits.flatten(end_dim=-2), targets.flatten(), ignore_index=0)


def exact(answers: Sequence[str], pairs: Sequence[Any]) -> float:
    """The share of answers that are right to the last character."""
    return sum(answer == pair.target for answer, pair in zip(answers, pairs, strict=True)) / len(pairs)


class NearestSource:
    """A baseline: the target of the training source that shares most runs of 1 to 3 characters with the text.

    Nearest by the cosine of the counts, each weighted by how rare the run is (tf-idf).
    """

    def __init__(self, pairs: Sequence[Any]) -> None:
        from sklearn.feature_extraction.text import TfidfVectorizer

        self.targets = [pair.target for pair in pairs]
        self._counts = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), dtype=np.float32, preprocessor=prepared)
        self._known = self._counts.fit_transform(pair.source for pair in pairs)  # (pairs, runs), sparse

    def translate_all(self, texts: Sequence[str]) -> list[str]:
        """A target for each text."""
        nearest: list[str] = []
        for first in range(0, len(texts), 100):  # a few at a time: the products are dense
            likeness = self._counts.transform(texts[first : first + 100]) @ self._known.T  # (texts, pairs)
            nearest += [self.targets[place] for place in np.asarray(likeness.argmax(axis=1)).ravel()]
        return nearest


def copied_digits(text: str, month: str = "01") -> str:
    """A baseline that knows no word: the digits of the text as year and day, and always the same month."""
    numbers = re.findall(r"[0-9]+", text)
    year = next((number for number in numbers if len(number) == 4), "2000")
    day = next((number for number in numbers if len(number) <= 2), "1")
    return f"{year}-{month}-{day:0>2}"
