"""Characters of tiny Shakespeare: a GRU, counting, both together, and xz; the last tenth is held out."""

from __future__ import annotations

import torch

from lecture_utils.datasets import load
from lecture_utils.models.generation import (
    Generator,
    bits,
    character_vocabulary,
    fit_carried,
    mixed_bits,
    xz_bits_per_character,
)
from lecture_utils.ngrams import NGram
from lecture_utils.training import seed_everything
from tests.bench_tasks.common import Bar, Clock, Task

MANY = 1_000_000  # steps: the seconds end the training
ORDER, WEIGHT = 6, 0.5  # best on the middle tenth, for models that had learned from the first 80 %


def shakespeare(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """Bits per character of the last tenth. What is learned from is all before it: that was decided beforehand."""
    parts = {split: load("tiny_shakespeare", split).text for split in ("train", "valid", "test")}
    known, test = parts["train"] + parts["valid"], parts["test"]
    alphabet = sorted(set(known + test))
    started = clock()
    seed_everything(seed)
    model = Generator(character_vocabulary("".join(alphabet)), d_embed=32, d_h=256)
    left = seconds - (clock() - started)
    history = fit_carried(
        model, known, seq_len=64, batch_size=16, steps=MANY, lr=4e-3, seed=seed, seconds=left, clock=clock
    )
    started = clock()
    counting = NGram(ORDER).fit([known], vocabulary=alphabet)
    counted = clock() - started
    ours = model.probabilities(model.encode(test))
    theirs = torch.from_numpy(counting.probabilities(test))
    one, other = bits(ours), bits(theirs)
    return {
        "bits per character, GRU": one,
        f"bits per character, Kneser–Ney of order {ORDER}": other,
        "bits per character, GRU less Kneser–Ney": one - other,
        "bits per character, mixed": mixed_bits(ours, theirs, WEIGHT),
        "bits per character, xz": xz_bits_per_character(known, test),
        "seconds": history.seconds,
        "seconds of Kneser–Ney": counted,
    }


TASKS = (
    Task(
        "tiny Shakespeare",
        60,
        shakespeare,
        (
            Bar("bits per character, GRU", 2.22, "≤"),
            Bar("bits per character, GRU less Kneser–Ney", 0.0, "≤"),
            Bar("bits per character, mixed", 2.12, "≤"),
        ),
    ),
)
