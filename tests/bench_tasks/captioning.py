"""Captions of drawn scenes: exact on new pictures, and on colours and shapes that never stood together in training."""

from __future__ import annotations

from collections import Counter

from lecture_utils.datasets import load
from lecture_utils.datasets.scenes import redrawn, unseen_pairs
from lecture_utils.models.captioning import (
    Captioner,
    caption_batches,
    caption_loss,
    caption_words,
    exact,
    most_frequent_captions,
)
from lecture_utils.training import falling, fit, seed_everything
from tests.bench_tasks.common import Bar, Clock, Task

STEPS = 10**6  # more than it takes: the clock ends the training
REDRAWN = 1000  # added to a seed: the random numbers of the further pictures


def scenes(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """The share of captions that are right to the last word."""
    train, test, unseen = load("scenes", "train").documents, load("scenes", "test").documents, unseen_pairs()
    began = clock()
    seed_everything(seed)
    model = Captioner(caption_words(train))
    pictures = [*train, *redrawn(train, REDRAWN + seed), *redrawn(train, 2 * REDRAWN + seed)]
    batches = caption_batches(model.words, pictures, batch_size=32, seed=seed)
    left = seconds - (clock() - began)
    fit(
        model,
        batches,
        loss=caption_loss,
        steps=STEPS,
        lr=falling(0.01, 0.05),
        clip=1.0,
        seed=seed,
        seconds=left,
        clock=clock,
    )
    taken = clock() - began
    known = {scene.text for scene in train}
    new = [scene for scene in test if scene.text not in known]
    majority = Counter(scene.text for scene in train).most_common(1)[0][0]
    return {
        "new pictures, % exact": 100 * exact(model.captions([scene.image() for scene in test]), test),
        "captions never in training, % exact": 100 * exact(model.captions([scene.image() for scene in new]), new),
        "unseen pairs, % exact": 100 * exact(model.captions([scene.image() for scene in unseen]), unseen),
        "most frequent of the true objects, % exact": 100 * exact(most_frequent_captions(train, test), test),
        "one caption for all, % exact": 100 * exact([majority] * len(test), test),
        "seconds": taken,
    }


TASKS = (Task("captions", 90, scenes, (Bar("new pictures, % exact", 95.0),)),)
