import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils.datasets import load
from lecture_utils.text import SPECIALS, Vocabulary, next_token_batches, next_token_pass, tokenize

TOKENS = [
    ("Cherry blossoms are beautiful .", ["Cherry", "blossoms", "are", "beautiful", "."]),
    ("Cherry blossoms are beautiful.", ["Cherry", "blossoms", "are", "beautiful", "."]),
    ("I don't: 3.11's built-in sys.path?", ["I", "don't", ":", "3.11's", "built-in", "sys.path", "?"]),
    ('"__init__()" (x != y)', ['"', "__init__", "(", ")", '"', "(", "x", "!", "=", "y", ")"]),
    ("I am ___ hungry", ["I", "am", "___", "hungry"]),
    ("<s> Tokyo </s> <pad>", ["<s>", "Tokyo", "</s>", "<pad>"]),
    ("", []),
]

words = st.text(st.characters(categories=("L", "P")), min_size=1, max_size=6)
word_lists = st.lists(words, max_size=40)


@pytest.mark.parametrize(("sentence", "tokens"), TOKENS)
def test_a_sentence_is_cut_into_words_and_marks(sentence, tokens):
    assert tokenize(sentence) == tokens


@given(st.text())
def test_tokenize_loses_only_white_space(text):
    assert "".join(tokenize(text)) == "".join(text.split())


def test_tokens_joined_by_spaces_are_cut_alike_again():
    for sentence in load("python_docs", "test").sentences():
        tokens = tokenize(sentence)
        assert tokenize(" ".join(tokens)) == tokens


@given(word_lists)
def test_encode_and_decode_are_inverse(tokens):
    vocabulary = Vocabulary(tokens)
    assert vocabulary.decode(vocabulary.encode(tokens)) == tokens
    assert vocabulary.encode(vocabulary.tokens) == list(range(len(vocabulary)))


@given(word_lists, st.randoms())
def test_the_order_is_specials_then_frequent_to_rare_whatever_the_order_given(tokens, chance):
    shuffled = chance.sample(tokens, len(tokens))
    vocabulary = Vocabulary(tokens)
    assert Vocabulary(shuffled).tokens == vocabulary.tokens
    assert vocabulary.tokens[: len(SPECIALS)] == SPECIALS
    counts = Counter(tokens)
    rest = vocabulary.tokens[len(SPECIALS) :]
    for one, other in itertools.pairwise(rest):
        assert counts[one] > counts[other] or (counts[one] == counts[other] and one < other)
    assert set(rest) == set(tokens) - set(SPECIALS)


@given(word_lists, st.integers(1, 4), st.integers(4, 12))
def test_rare_tokens_are_left_out_and_the_size_is_bounded(tokens, min_count, max_size):
    vocabulary = Vocabulary(tokens, min_count=min_count, max_size=max_size)
    counts = Counter(tokens)
    frequent = [token for token in counts if counts[token] >= min_count]
    assert len(vocabulary) == min(max_size, 4 + len(frequent))
    assert all(counts[token] >= min_count for token in vocabulary.tokens[4:])
    for token in set(tokens) - set(vocabulary.tokens):
        assert vocabulary[token] == vocabulary["<unk>"]
        assert token not in vocabulary


def test_a_text_gives_a_vocabulary_of_characters():
    vocabulary = Vocabulary("hello", specials=())
    assert vocabulary.tokens == ("l", "e", "h", "o")
    assert "".join(vocabulary.decode(vocabulary.encode("hello"))) == "hello"
    assert "e" in vocabulary
    assert "x" not in vocabulary
    assert list(vocabulary) == ["l", "e", "h", "o"]


def test_specials_are_configurable_and_never_doubled():
    vocabulary = Vocabulary(["a", "<s>", "a"], specials=("<s>", "?"), unknown="?")
    assert vocabulary.tokens == ("<s>", "?", "a")
    assert vocabulary["never seen"] == 1


def test_a_vocabulary_takes_counts():
    assert Vocabulary(Counter(a=1, b=2), specials=()).tokens == ("b", "a")


def test_decode_takes_the_whole_numbers_of_numpy_and_pytorch():
    vocabulary = Vocabulary("ab", specials=())
    assert vocabulary.decode(np.array([1, 0])) == vocabulary.decode([torch.tensor(1), np.int8(0)]) == ["b", "a"]


def test_decode_takes_a_tensor():
    vocabulary = Vocabulary("ab", specials=())
    assert vocabulary.decode(torch.tensor([1, 0])) == ["b", "a"]


ERRORS = [
    (lambda v: v["x"], KeyError, "^'x' is not among the 3 tokens"),
    (lambda v: v[0], KeyError, "turns tokens into numbers, got 0"),
    (lambda v: v.encode("ab"), ValueError, "holds words: cut the string with tokenize"),
    (lambda v: v.decode([3]), ValueError, "3 is no token's number: this vocabulary has 0 to 2"),
    (lambda v: v.decode([-1]), ValueError, "-1 is no token's number"),
    (lambda v: v.decode(torch.zeros(2, 2, dtype=torch.int64)), ValueError, r"one sequence.*shape \(2, 2\)"),
    (lambda v: Vocabulary("ab", min_count=0), ValueError, "min_count must be a whole number from 1 on, got 0"),
    (lambda v: Vocabulary("ab", max_size=2), ValueError, "room for the 4 specials, got 2"),
    (lambda v: Vocabulary("ab", specials=("<s>", "<s>")), ValueError, "differ from the others"),
    (lambda v: Vocabulary("ab", specials="<s>"), ValueError, "must be a list of tokens"),
    (lambda v: v[["tree"]], KeyError, r"turns tokens into numbers, got \['tree'\]"),
    (lambda v: v.decode([1.7]), ValueError, "1.7 is no token's number"),
    (lambda v: v.decode(["a"]), ValueError, "'a' is no token's number"),
    (lambda v: v.decode([True]), ValueError, "True is no token's number"),
    (lambda v: v.decode(torch.tensor([0.0])), ValueError, "0.0 is no token's number"),
    (lambda v: v.decode(1), ValueError, "one sequence of numbers, got 1"),
    (lambda v: Vocabulary("ab", min_count="a"), ValueError, "min_count must be a whole number from 1 on, got 'a'"),
    (lambda v: Vocabulary("ab", min_count=True), ValueError, "min_count must be a whole number from 1 on, got True"),
    (lambda v: Vocabulary("ab", max_size=1.5), ValueError, "max_size must be a whole number from 1 on, got 1.5"),
    (lambda v: Vocabulary([1, 2, "a"]), ValueError, "Every token must be a string, got 1"),
    (lambda v: Vocabulary([1, 2]), ValueError, "Every token must be a string, got 1"),
    (lambda v: Vocabulary([["a", "b"]]), ValueError, r"Every token must be a string, got \['a', 'b'\]"),
    (lambda v: Vocabulary(None), ValueError, "tokens must be a list of strings, or a text, got None"),
    (lambda v: Vocabulary("ab", specials=[1]), ValueError, "Every special token must be a string, got 1"),
    (lambda v: Vocabulary("ab", specials=None), ValueError, "specials must be a list of tokens .* got None"),
]


@pytest.mark.parametrize(("act", "error", "sentence"), ERRORS)
def test_errors_are_sentences(act, error, sentence):
    with pytest.raises(error, match=sentence):
        act(Vocabulary(["blossom", "tree", "tree", "are"], specials=()))


def some(batches, count=5):
    return list(itertools.islice(batches, count))


@given(st.integers(2, 60), st.integers(1, 8), st.integers(1, 5), st.integers(0, 9))
def test_a_target_is_the_token_after_its_input(length, seq_len, batch_size, seed):
    seq_len = min(seq_len, length - 1)
    ids = list(range(100, 100 + length))
    stream = some(next_token_batches(ids, seq_len=seq_len, batch_size=batch_size, seed=seed))
    for inputs, targets in stream:
        assert inputs.shape == targets.shape == (seq_len, batch_size)
        assert inputs.dtype == targets.dtype == torch.int64
        assert torch.equal(targets, inputs + 1)
        assert torch.equal(inputs, inputs[:1] + torch.arange(seq_len).unsqueeze(1))


def test_random_windows_reach_every_token():
    batches = next_token_batches(range(12), seq_len=4, batch_size=50, seed=0)
    inputs, targets = next(iter(batches))
    assert set(inputs[0].tolist()) == set(range(8))
    assert targets.max() == 11


def test_the_same_seed_gives_the_same_stream_and_another_another():
    make = lambda seed: next_token_batches(range(1000), seq_len=5, batch_size=4, seed=seed)  # noqa: E731
    batches = make(0)
    first = some(batches)
    torch.manual_seed(99)
    for other in (some(batches), some(make(0))):
        assert all(torch.equal(a[0], b[0]) for a, b in zip(first, other))
    assert not torch.equal(first[0][0], some(make(1))[0][0])
    assert not torch.equal(first[0][0], first[1][0])


@given(st.integers(2, 80), st.integers(1, 9), st.integers(1, 5))
def test_one_pass_reads_the_text_once_in_order(length, seq_len, batch_size):
    seq_len = min(seq_len, length - 1)
    batches = next_token_pass(range(length), seq_len=seq_len, batch_size=batch_size)
    inputs = torch.cat([inputs.T.flatten() for inputs, _ in batches])
    targets = torch.cat([targets.T.flatten() for _, targets in batches])
    assert torch.equal(inputs, torch.arange(len(inputs)))
    assert torch.equal(targets, inputs + 1)
    assert length - 1 - len(inputs) < seq_len
    assert all(inputs.shape[1] == batch_size for inputs, _ in batches[:-1])


BATCH_ERRORS = [
    ({"ids": range(5), "seq_len": 5}, "need 6 tokens, got 5"),
    ({"ids": range(5), "seq_len": 0}, "seq_len must be a whole number from 1 on, got 0"),
    ({"ids": range(5), "seq_len": 2, "batch_size": 1.5}, "batch_size must be a whole number from 1 on, got 1.5"),
    ({"ids": "hello there", "seq_len": 2}, "got a string"),
    ({"ids": ["a", "b", "c"], "seq_len": 2}, r"whole numbers, got \['a', 'b', 'c'\]: Vocabulary.encode turns"),
    ({"ids": None, "seq_len": 2}, "one sequence of whole numbers, got None: Vocabulary.encode turns"),
    ({"ids": [[1, 2], [3]], "seq_len": 2}, "one sequence of whole numbers, got "),
    ({"ids": [True] * 9, "seq_len": 2}, r"one sequence of whole numbers, got \(9,\) torch.bool"),
    ({"ids": [], "seq_len": 2}, "need 3 tokens, got 0"),
    ({"ids": range(5), "seq_len": True}, "seq_len must be a whole number from 1 on, got True"),
    ({"ids": range(5), "seq_len": "a"}, "seq_len must be a whole number from 1 on, got 'a'"),
    ({"ids": torch.rand(9), "seq_len": 2}, "whole numbers, got .*float32"),
    ({"ids": torch.zeros(9, 1, dtype=torch.int64), "seq_len": 2}, r"one sequence of whole numbers, got \(9, 1\)"),
]


@pytest.mark.parametrize(("settings", "sentence"), BATCH_ERRORS)
def test_impossible_batches_are_refused_with_a_sentence(settings, sentence):
    settings = {"batch_size": 2, **settings}
    with pytest.raises(ValueError, match=sentence):
        next_token_pass(**settings)
    with pytest.raises(ValueError, match=sentence):
        next_token_batches(**settings, seed=0)


@pytest.mark.parametrize("seed", ["a", None, 1.5, True, -1, 2**32])
def test_a_seed_is_refused_when_the_batches_are_asked_for(seed):
    with pytest.raises(ValueError, match=r"seed must be a whole number from 0 to 2\*\*32 - 1, got"):
        next_token_batches(range(9), seq_len=2, batch_size=2, seed=seed)


def test_settings_may_come_from_numpy():
    settings = {"seq_len": 3, "batch_size": 2, "seed": 5}
    theirs = next_token_batches(range(30), **{name: np.int64(value) for name, value in settings.items()})
    ours = next_token_batches(range(30), **settings)
    assert all(torch.equal(a[0], b[0]) for a, b in zip(some(ours), some(theirs), strict=True))
