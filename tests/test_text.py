import itertools
from collections import Counter

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils.datasets import load
from lecture_utils.text import (
    SPECIALS,
    Vocabulary,
    bucketed_batches,
    bucketed_pass,
    next_token_batches,
    next_token_pass,
    pack,
    pad_batch,
    padding_mask,
    stateful_batches,
    tokenize,
    unpack,
)

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


@given(word_lists, st.lists(words | st.sampled_from(SPECIALS), max_size=20))
def test_there_and_back_only_unknown_tokens_have_changed(tokens, others):
    vocabulary = Vocabulary(tokens)
    known = {*tokens, *SPECIALS}
    ids = vocabulary.encode(others)
    assert len(ids) == len(others)
    assert vocabulary.decode(ids) == [token if token in known else "<unk>" for token in others]
    assert vocabulary.decode(torch.tensor(ids, dtype=torch.int64)) == vocabulary.decode(np.array(ids, dtype=int))
    assert [vocabulary[token] for token in SPECIALS] == [0, 1, 2, 3]


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
    ({"ids": [True] * 9, "seq_len": 2}, r"one sequence of whole numbers, got shape \(9,\) of torch.bool: Vocab"),
    ({"ids": [], "seq_len": 2}, "need 3 tokens, got 0"),
    ({"ids": range(5), "seq_len": True}, "seq_len must be a whole number from 1 on, got True"),
    ({"ids": range(5), "seq_len": "a"}, "seq_len must be a whole number from 1 on, got 'a'"),
    ({"ids": torch.rand(9), "seq_len": 2}, "whole numbers, got .*float32"),
    (
        {"ids": torch.zeros(9, 1, dtype=torch.int64), "seq_len": 2},
        r"one sequence of whole numbers, got shape \(9, 1\) of torch.int64: Vocab",
    ),
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


# Windows that go on from one another


@given(st.integers(2, 200), st.integers(1, 9), st.integers(1, 5))
def test_stateful_windows_joined_along_time_give_the_text_back_row_by_row(length, seq_len, batch_size):
    batch_size = min(batch_size, length - 1)
    stream = stateful_batches(range(length), seq_len=seq_len, batch_size=batch_size)
    windows = list(stream)
    assert len(windows) == len(stream)
    inputs, targets = (torch.cat([window[i] for window in windows]) for i in (0, 1))  # (steps, N)
    assert torch.equal(inputs.T.flatten(), torch.arange(inputs.numel()))
    assert torch.equal(targets, inputs + 1)
    assert inputs.numel() + stream.left_out == length - 1
    assert stream.left_out < batch_size
    assert [starts for _, _, starts in windows] == [True] + [False] * (len(windows) - 1)
    assert all(len(window) == seq_len for window, _, _ in windows[:-1])
    assert 1 <= len(windows[-1][0]) <= seq_len
    for (before, _, _), (after, _, _) in itertools.pairwise(windows):
        assert torch.equal(before[-1] + 1, after[0])  # row n goes on where row n ended


def test_every_pass_over_stateful_windows_is_the_same_and_starts_anew():
    stream = stateful_batches(torch.arange(50), seq_len=5, batch_size=3)
    for one, other in zip(stream, stream, strict=True):
        assert torch.equal(one[0], other[0])
        assert torch.equal(one[1], other[1])
        assert one[2] is other[2]
    assert next(iter(stream))[0].dtype == torch.int64


STATEFUL_ERRORS = [
    ({"ids": range(3), "batch_size": 3}, "3 rows and the token after the last need 4 tokens, got 3"),
    ({"ids": []}, "2 rows and the token after the last need 3 tokens, got 0"),
    ({"ids": "hello"}, "ids must be numbers, got a string: Vocabulary.encode"),
    ({"seq_len": 0}, "seq_len must be a whole number from 1 on, got 0"),
    ({"batch_size": None}, "batch_size must be a whole number from 1 on, got None"),
]


@pytest.mark.parametrize(("settings", "sentence"), STATEFUL_ERRORS)
def test_impossible_stateful_windows_are_refused_with_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        stateful_batches(**{"ids": range(20), "seq_len": 3, "batch_size": 2, **settings})


# Sequences of different lengths

sequences = st.lists(st.lists(st.integers(-3, 99), min_size=1, max_size=9), min_size=1, max_size=7)


@given(sequences, st.integers(-5, 5), st.sampled_from([list, torch.tensor, np.array]))
def test_padding_stands_beyond_the_length_and_nowhere_else(some, value, kind):
    ids, lengths = pad_batch([kind(sequence) for sequence in some], value)
    assert ids.shape == (max(map(len, some)), len(some))
    assert ids.dtype == lengths.dtype == torch.int64
    assert lengths.tolist() == [len(sequence) for sequence in some]
    for n, sequence in enumerate(some):
        assert ids[: len(sequence), n].tolist() == sequence
        assert ids[len(sequence) :, n].tolist() == [value] * (len(ids) - len(sequence))


@given(sequences, st.integers(0, 3))
def test_a_mask_is_true_on_the_tokens_alone(some, further):
    ids, lengths = pad_batch(some, value=-9)
    mask = padding_mask(lengths)
    assert mask.shape == ids.shape
    assert mask.dtype == torch.bool
    assert torch.equal(mask, ids != -9)
    longer = padding_mask(lengths.tolist(), len(ids) + further)
    assert torch.equal(longer[: len(ids)], mask)
    assert longer.shape == (len(ids) + further, len(some))
    assert not longer[len(ids) :].any()
    assert padding_mask([0, 2]).tolist() == [[False, True]] * 2  # a sequence may be empty here


@given(sequences, st.integers(-5, 5))
def test_unpack_takes_back_what_pack_did(some, value):
    ids, lengths = pad_batch(some, value)
    packed = pack(ids, lengths)
    assert sorted(packed.data.tolist()) == sorted(itertools.chain(*some))  # no padding
    padded, found = unpack(packed, value)
    assert torch.equal(padded, ids)
    assert torch.equal(found, lengths)


@given(sequences)
def test_vectors_are_packed_like_numbers(some):
    ids, lengths = pad_batch(some)
    vectors = torch.stack((ids, -ids), dim=2).float()  # (T, N, 2)
    padded, _ = unpack(pack(vectors, lengths.tolist()))
    assert torch.equal(padded, vectors)


def test_a_layer_reads_packed_sequences_as_it_reads_each_alone():
    layer = torch.nn.GRU(2, 3, bidirectional=True)
    some = [torch.randn(length, 1, 2) for length in (4, 1, 3)]  # (T, 1, d_in) each
    padded = torch.nn.utils.rnn.pad_sequence([x.squeeze(1) for x in some])  # (T, N, d_in)
    output, lengths = unpack(layer(pack(padded, [4, 1, 3]))[0])
    for n, x in enumerate(some):
        torch.testing.assert_close(output[: lengths[n], n], layer(x)[0].squeeze(1))


PADDING_ERRORS = [
    (lambda: pad_batch("hello"), "Sequence 0 must be numbers, got a string: Vocabulary.encode turns tokens into"),
    (lambda: pad_batch(None), "pad_batch takes a list of sequences of numbers, got None"),
    (lambda: pad_batch([]), "There is no sequence to pad: the list is empty"),
    (lambda: pad_batch([[1], [], [2]]), "Sequence 1 is empty: leave it out, or put a token such as </s> in it"),
    (lambda: pad_batch([[1], "ab"]), "Sequence 1 must be numbers, got a string: Vocabulary.encode"),
    (lambda: pad_batch([[1], ["a"]]), r"Sequence 1 must be one sequence of whole numbers, got \['a'\]"),
    (lambda: pad_batch([[1], [0.5]]), "Sequence 1 must be one sequence of whole numbers, got .* torch.float32"),
    (lambda: pad_batch([1, 2]), "Sequence 0 must be one sequence of whole numbers, got .* torch.int64"),
    (lambda: pad_batch([[1]], value=0.5), "value, which stands for no token, must be a whole number, got 0.5"),
    (lambda: pad_batch([[1]], value="<pad>"), "value, .* got '<pad>'"),
    (lambda: padding_mask([3, 4], 3), "Sequence 1 has length 4, but there are only T=3 steps"),
    (lambda: padding_mask([3, -1]), "Every length must be 0 or more, but sequence 1 has -1"),
    (lambda: padding_mask([]), "There is no sequence: lengths is empty"),
    (lambda: padding_mask([2], 0), "T must be a whole number from 1 on, got 0"),
    (lambda: padding_mask([1.5]), "lengths must be one sequence of whole numbers"),
    (lambda: pack(torch.zeros(3, 2), [3, 0]), "Every length must be 1 or more, but sequence 1 has 0"),
    (lambda: pack(torch.zeros(3, 2), [3, 4]), "Sequence 1 has length 4, but there are only T=3 steps"),
    (lambda: pack(torch.zeros(2, 3), [3, 2]), r"N=3 sequences needs 3 lengths, got 2: is it time first, \(T, N\)"),
    (lambda: pack(torch.zeros(3), [3]), r"pack takes a padded batch \(T, N, …\), time first, got shape \(3,\)"),
    (lambda: pack([[1, 2]], [1, 1]), "pack takes a padded batch .* got list"),
    (lambda: unpack(torch.zeros(3, 2)), "unpack takes what pack returns, a PackedSequence, got Tensor"),
    (lambda: bucketed_pass([], 2), "There is no sequence: lengths is empty"),
    (lambda: bucketed_pass([[1, 2], [3]], 2), r"lengths are one number for each sequence, such as \[len\(s\) for s"),
    (lambda: bucketed_pass(["ab", "c"], 2), "lengths are one number for each sequence"),
    (lambda: bucketed_pass("abc", 2), "lengths must be numbers, got a string"),
    (lambda: bucketed_pass([3, 1], 0), "batch_size must be a whole number from 1 on, got 0"),
    (lambda: bucketed_batches([3, 1], "2", 0), "batch_size must be a whole number from 1 on, got '2'"),
    (lambda: bucketed_batches([3, -1], 2, 0), "Every length must be 0 or more, but sequence 1 has -1"),
    (lambda: bucketed_batches([3, 1], 2, -1), "seed must be a whole number"),
]


@pytest.mark.parametrize(("act", "sentence"), PADDING_ERRORS)
def test_what_cannot_be_put_in_one_batch_is_refused_with_a_sentence(act, sentence):
    with pytest.raises(ValueError, match=sentence):
        act()


# Buckets

lengths_of_sequences = st.lists(st.integers(1, 60), min_size=1, max_size=80)


@given(lengths_of_sequences, st.integers(1, 9), st.integers(0, 9))
def test_every_round_of_buckets_takes_each_sequence_once(lengths, batch_size, seed):
    per_round = -(-len(lengths) // batch_size)
    stream = some(bucketed_batches(lengths, batch_size, seed), 3 * per_round)
    for start in (0, per_round, 2 * per_round):
        batches = stream[start : start + per_round]
        assert sorted(itertools.chain(*batches)) == list(range(len(lengths)))
        assert sorted(map(len, batches), reverse=True)[: per_round - 1] == [batch_size] * (per_round - 1)
        assert all(type(index) is int for batch in batches for index in batch)


@given(lengths_of_sequences, st.integers(1, 9))
def test_a_bucketed_pass_takes_each_sequence_once_from_short_to_long(lengths, batch_size):
    batches = bucketed_pass(torch.tensor(lengths), batch_size)
    order = list(itertools.chain(*batches))
    assert sorted(order) == list(range(len(lengths)))
    assert [lengths[i] for i in order] == sorted(lengths)
    assert all(len(batch) == batch_size for batch in batches[:-1])
    for one, other in itertools.pairwise(order):
        assert lengths[one] < lengths[other] or one < other


def padded_share(lengths, batches):
    """Padding in units of real tokens, when each batch is as long as its longest sequence."""
    real = sum(lengths[i] for batch in batches for i in batch)
    return sum(max(lengths[i] for i in batch) * len(batch) for batch in batches) / real - 1


@given(st.integers(0, 2**32 - 1), st.integers(4, 32))
def test_buckets_hold_little_padding(seed, batch_size):
    chance = np.random.default_rng(seed)
    lengths = np.maximum(1, chance.lognormal(2.5, 0.8, size=600)).astype(int).tolist()  # like sentences: skewed
    per_round = -(-len(lengths) // batch_size)
    buckets = some(bucketed_batches(lengths, batch_size, seed), per_round)
    at_random = np.array_split(chance.permutation(len(lengths)), per_round)
    assert padded_share(lengths, buckets) < 0.25 * padded_share(lengths, at_random)
    assert padded_share(lengths, bucketed_pass(lengths, batch_size)) <= padded_share(lengths, buckets)


def test_buckets_are_the_same_for_the_same_seed_and_others_in_every_round():
    lengths = list(range(1, 101))
    make = lambda seed: some(bucketed_batches(lengths, 10, seed), 20)  # noqa: E731
    first = make(3)
    torch.manual_seed(99)
    assert make(3) == first
    assert make(4) != first
    stream = bucketed_batches(lengths, 10, 3)
    assert some(stream, 20) == some(stream, 20) == first
    one, other = ({frozenset(batch) for batch in part} for part in (first[:10], first[10:]))
    assert len(one & other) < 5  # other neighbours, though no two lengths are equal
    shortest_first = sorted(first[:10], key=lambda batch: min(lengths[i] for i in batch))
    assert first[:10] != shortest_first  # and in random order
