"""From text to numbers: tokens, a vocabulary, windows of running text, and batches of sequences of any length."""

from lecture_utils.text.checks import checked_count, checked_seed
from lecture_utils.text.padding import (
    BucketedBatches,
    bucketed_batches,
    bucketed_pass,
    pack,
    pad_batch,
    padding_mask,
    unpack,
)
from lecture_utils.text.vocabulary import SPECIALS, UnknownToken, Vocabulary, tokenize
from lecture_utils.text.windows import (
    Batch,
    NextTokenBatches,
    StatefulBatches,
    next_token_batches,
    next_token_pass,
    stateful_batches,
)

__all__ = [
    "SPECIALS",
    "Batch",
    "BucketedBatches",
    "NextTokenBatches",
    "StatefulBatches",
    "UnknownToken",
    "Vocabulary",
    "bucketed_batches",
    "bucketed_pass",
    "checked_count",
    "checked_seed",
    "next_token_batches",
    "next_token_pass",
    "pack",
    "pad_batch",
    "padding_mask",
    "stateful_batches",
    "tokenize",
    "unpack",
]
