"""From a picture to a sentence: a convolutional network looks, and its last layer is a GRU's start state.

The arrangement of Vinyals et al. (2015), small enough for pictures of 32 × 32 pixels.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from lecture_utils import bptt
from lecture_utils.models.translation import keep_longer
from lecture_utils.text import Vocabulary, checked_count, checked_seed

Batch = tuple[Tensor, Tensor, Tensor]  # pictures, inputs, targets

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
IGNORED = -100  # a target without a loss, as cross_entropy names it


class Captioner(nn.Module):
    """Three convolutions and a linear layer make the start state; a GRU writes words from there.

    `words` is a vocabulary with the four usual specials. `pixels` is the pictures' width and height, a multiple of 8;
    `channels` the filters of each convolution, every one of which halves the picture; `d_h` numbers in the state.
    What a filter finds is kept by row and by column, at its strongest: that is enough to say what is there and where,
    in fewer numbers than all places have. Each layer's sums are brought to mean 0 and variance 1 over the batch
    (Ioffe & Szegedy, 2015); measured without it, training was much slower.
    """

    def __init__(
        self,
        words: Vocabulary,
        *,
        pixels: int = 32,
        channels: Sequence[int] = (16, 32, 64),
        d_embedding: int = 32,
        d_h: int = 128,
    ) -> None:
        super().__init__()
        self.words, self.pixels = words, pixels
        blocks = [_halving(a, b) for a, b in pairwise((3, *channels))]
        self.look = nn.Sequential(*blocks)
        side = pixels // 2 ** len(channels)
        self.prime = nn.Sequential(nn.Linear(channels[-1] * 2 * side, d_h, bias=False), nn.BatchNorm1d(d_h))
        self.table = nn.Embedding(len(words), d_embedding)
        self.gru = bptt.GRU(d_embedding, d_h)
        self.V = nn.Linear(d_h, len(words))
        keep_longer(self.gru)

    def start_state(self, pictures: Tensor) -> Tensor:
        """What the picture hands to the GRU: pictures (N, H, W, 3), 0 to 255 -> (1, N, d_h)."""
        x = pictures.permute(0, 3, 1, 2).to(self.V.weight.dtype) / 64  # (N, 3, H, W)
        x = x - x.mean(dim=(2, 3), keepdim=True)  # so that the objects stand out, whatever the background
        features = self.look(x)  # (N, C, H / 8, W / 8)
        strongest = torch.cat((features.amax(dim=2), features.amax(dim=3)), dim=2)  # (N, C, W / 8 + H / 8)
        return torch.tanh(self.prime(strongest.flatten(1))).unsqueeze(0)  # (1, N, d_h)

    def decode(self, inputs: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Logits (T, N, words) and the last state (1, N, d_h), from inputs (T, N) and a start state."""
        output, state = self.gru(self.table(inputs), state)  # (T, N, d_h)
        return self.V(output), state

    def forward(self, pictures: Tensor, inputs: Tensor) -> Tensor:
        """Logits (T, N, words) with teacher forcing: `inputs` (T, N) holds <s> and the true words after it."""
        return self.decode(inputs, self.start_state(pictures))[0]

    @torch.no_grad()
    def captions(self, pictures: Sequence[Any], longest: int = 20, batch_size: int = 250) -> list[str]:
        """The caption of every picture, each (H, W, 3): always the likeliest word, until </s>."""
        found: list[str] = []
        with _judging(self):  # no picture's answer hangs on those beside it
            for first in range(0, len(pictures), batch_size):
                some = np.stack([self._checked(picture) for picture in pictures[first : first + batch_size]])
                found += self._greedy(self.start_state(torch.from_numpy(some).to(self.V.weight.device)), longest)
        return found

    def _checked(self, picture: Any) -> Any:
        array, shape = np.asarray(picture), (self.pixels, self.pixels, 3)
        if array.shape != shape or array.dtype.kind not in "uif":
            raise ValueError(f"A picture must be an array of shape {shape}, 0 to 255, got shape {array.shape}.")
        return array

    def _greedy(self, state: Tensor, longest: int) -> list[str]:
        end, N = self.words[END], state.shape[1]
        last, written = torch.full((1, N), self.words[START], device=state.device), []
        for _ in range(longest):
            logits, state = self.decode(last, state)  # (1, N, words)
            last = logits.argmax(dim=-1)  # (1, N)
            written.append(last[0])
            if bool((torch.stack(written) == end).any(dim=0).all()):
                break
        columns = torch.stack(written, dim=1).tolist()  # (N, T)
        return [" ".join(self.words.decode(ids[: ids.index(end)] if end in ids else ids)) for ids in columns]

    def caption(self, picture: Any) -> str:
        """The caption of one picture (H, W, 3), 0 to 255."""
        return self.captions([picture])[0]


def _halving(channels_in: int, channels_out: int) -> nn.Sequential:
    """One convolution, which halves a picture's width and height."""
    convolution = nn.Conv2d(channels_in, channels_out, 3, stride=2, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(channels_out), nn.ReLU())


@contextmanager
def _judging(model: nn.Module) -> Iterator[None]:
    """Eval mode inside: means and variances are those met in training, not those of the batch."""
    training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(training)


@dataclass(frozen=True)
class CaptionBatches:
    """An endless stream of (pictures (N, H, W, 3), inputs (T, N), targets (T, N)); every iteration starts it anew.

    A word of the inputs is hidden, as <unk>, with the probability `hide_words`, so that a word is not foretold by the
    ones before it alone. With the probability `grey` a picture loses its colours; then nobody asks for the words in
    `colours`, and the shapes have to be seen without them.
    """

    pictures: Tensor  # (scenes, H, W, 3), uint8
    captions: Tensor  # (T + 1, scenes)
    colours: Tensor  # numbers of words
    start: int
    unknown: int
    batch_size: int
    seed: int
    hide_words: float = 0.0
    grey: float = 0.0

    def __iter__(self) -> Iterator[Batch]:
        generator = torch.Generator().manual_seed(self.seed)
        while True:
            for some in torch.randperm(len(self.pictures), generator=generator).split(self.batch_size):
                yield self._changed(self.pictures[some], self.captions[:, some], generator)

    def _changed(self, pictures: Tensor, captions: Tensor, generator: torch.Generator) -> Batch:
        inputs, targets = captions[:-1], captions[1:]  # (T, N)
        grey = torch.rand(len(pictures), generator=generator) < self.grey  # (N,)
        if grey.any():
            tone = pictures.float().mean(dim=3, keepdim=True).to(torch.uint8)  # (N, H, W, 1)
            pictures = torch.where(grey[:, None, None, None], tone, pictures)
            targets = targets.masked_fill(torch.isin(targets, self.colours) & grey, IGNORED)
            inputs = inputs.masked_fill(torch.isin(inputs, self.colours) & grey, self.unknown)
        hidden = torch.rand(inputs.shape, generator=generator) < self.hide_words
        return pictures, inputs.masked_fill(hidden & (inputs != self.start), self.unknown), targets


def caption_words(scenes: Sequence[Any]) -> Vocabulary:
    """Every word of the captions."""
    return Vocabulary(word for scene in scenes for word in scene.text.split())


def caption_batches(
    words: Vocabulary,
    scenes: Sequence[Any],
    *,
    batch_size: int,
    seed: int,
    colours: Sequence[str] = (),
    hide_words: float = 0.0,
    grey: float = 0.0,
) -> CaptionBatches:
    """Batches of scenes (each with `image()` and `text`) in random order, to train on with `caption_loss`."""
    pictures = torch.from_numpy(np.stack([scene.image() for scene in scenes]))  # (scenes, H, W, 3)
    rows = [torch.tensor(words.encode([START, *scene.text.split(), END])) for scene in scenes]
    captions = nn.utils.rnn.pad_sequence(rows)  # (T + 1, scenes)
    numbers = torch.tensor(words.encode(colours), dtype=torch.int64)
    batch_size, seed = checked_count("batch_size", batch_size), checked_seed(seed)
    return CaptionBatches(pictures, captions, numbers, words[START], words[UNKNOWN], batch_size, seed, hide_words, grey)


def caption_loss(model: nn.Module, pictures: Tensor, inputs: Tensor, targets: Tensor) -> Tensor:
    """Cross-entropy in nats per word; padding and words that nobody asks for count for nothing."""
    logits = model(pictures, inputs)  # (T, N, words)
    asked = targets.masked_fill(targets == 0, IGNORED)
    return cross_entropy(logits.flatten(end_dim=-2), asked.flatten(), ignore_index=IGNORED)


def exact(captions: Sequence[str], scenes: Sequence[Any]) -> float:
    """The share of captions that are right to the last word."""
    return sum(caption == scene.text for caption, scene in zip(captions, scenes, strict=True)) / len(scenes)


def objects_of(scene: Any) -> tuple[str, str]:
    """Colour and shape of both objects: what the baseline below is told."""
    first, second = (f"{thing.colour} {thing.shape}" for thing in (scene.first, scene.second))
    return first, second


def most_frequent_captions(train: Sequence[Any], scenes: Sequence[Any]) -> list[str]:
    """A baseline that is told the true objects: the most frequent caption of their pair in `train`, for each scene.

    It knows both colours and shapes and which object is named first, but neither sizes nor the relation. For a pair
    that is not there it says the most frequent caption of all. Of equally frequent ones it takes the first in `train`.
    """
    counts: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for scene in train:
        counts[objects_of(scene)][scene.text] += 1
    majority = Counter(scene.text for scene in train).most_common(1)[0][0]
    return [
        counts[objects_of(scene)].most_common(1)[0][0] if objects_of(scene) in counts else majority for scene in scenes
    ]
