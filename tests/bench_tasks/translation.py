"""Dates in words of seven languages → ISO dates: exact answers on calendar dates that no language's training held."""

from __future__ import annotations

from lecture_utils.datasets import load
from lecture_utils.models.translation import (
    EncoderDecoder,
    NearestSource,
    copied_digits,
    exact,
    translation_batches,
    translation_loss,
    vocabularies,
)
from lecture_utils.training import falling, fit, seed_everything
from tests.bench_tasks.common import Bar, Clock, Task

STEPS = 10**6  # more than it takes: the clock ends the training


def dates(seed: int, seconds: float, clock: Clock) -> dict[str, float]:
    """The share of test dates that are right to the last character, for the model and for its baselines."""
    train, test = load("dates", "train").documents, load("dates", "test").documents
    began = clock()
    seed_everything(seed)
    model = EncoderDecoder(*vocabularies(train), d_h=128)
    batches = translation_batches(model, train, batch_size=32, seed=seed)
    left = seconds - (clock() - began)
    fit(
        model,
        batches,
        loss=translation_loss,
        steps=STEPS,
        lr=falling(0.01, 0.05),
        clip=1.0,
        seed=seed,
        seconds=left,
        clock=clock,
    )
    taken = clock() - began
    texts = [pair.source for pair in test]
    nearest = NearestSource(train).translate_all(texts)
    with_month = [copied_digits(text, month=near[5:7]) for text, near in zip(texts, nearest)]
    return {
        "encoder–decoder, % exact": 100 * exact(model.translate_all(texts), test),
        "nearest training source, % exact": 100 * exact(nearest, test),
        "copied digits, % exact": 100 * exact([copied_digits(text) for text in texts], test),
        "copied digits, nearest month, % exact": 100 * exact(with_month, test),
        "seconds": taken,
    }


TASKS = (Task("dates", 60, dates, (Bar("encoder–decoder, % exact", 99.0),)),)
