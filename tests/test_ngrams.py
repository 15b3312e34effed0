import itertools
from collections import Counter
from math import inf, log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils.datasets import load
from lecture_utils.ngrams import NGram

texts = st.lists(st.text("abc", max_size=12), min_size=1, max_size=4).filter(any)
orders = st.integers(1, 4)
contexts = st.text("abcd", max_size=6)


def all_runs(sequences, length, order):
    """Every run of that length that ends in a token, with the start of a sequence padded."""
    for sequence in sequences:
        padded = [None] * (order - 1) + list(sequence)
        for end in range(order, len(padded) + 1):
            yield tuple(padded[end - length : end])


def count(sequences, order, run):
    """How often a run of the longest length stands there, or how many tokens a shorter one has before it."""
    if len(run) == order:
        return list(all_runs(sequences, order, order)).count(run)
    longer = set(all_runs(sequences, len(run) + 1, order))
    return len({other[0] for other in longer if other[1:] == run})


def brute_force(sequences, order, vocabulary, discount, token, context):
    """Interpolated Kneser-Ney by its definition, from the text each time."""
    padded = (None,) * (order - 1) + tuple(context)
    p = 1 / len(vocabulary)
    for length in range(1, order + 1):
        past = padded[len(padded) - length + 1 :]
        followers = [count(sequences, order, (*past, other)) for other in vocabulary]
        if not sum(followers):
            break
        d = discount or estimated_discount(sequences, order, length)
        kept = max(count(sequences, order, (*past, token)) - d, 0)
        freed = d * sum(1 for c in followers if c)
        p = (kept + freed * p) / sum(followers)
    return p


def estimated_discount(sequences, order, length):
    counts = [count(sequences, order, run) for run in set(all_runs(sequences, length, order))]
    once, twice = counts.count(1), counts.count(2)
    return once / (once + 2 * twice) if once and twice else 0.5


@given(texts, orders, contexts, st.sampled_from("abcd"), st.none() | st.floats(0.1, 1.0))
def test_kneser_ney_is_what_its_definition_says(sequences, order, context, token, discount):
    model = NGram(order, discount=discount).fit(sequences, "abcd")
    expected = brute_force(sequences, order, "abcd", discount, token, context)
    assert model.probability(token, context) == pytest.approx(expected, rel=1e-9, abs=1e-12)


@given(texts, orders, contexts)
def test_kneser_ney_gives_every_token_a_chance_and_sums_to_one(sequences, order, context):
    distribution = NGram(order).fit(sequences, "abcd").distribution(context)
    assert set(distribution) == set("abcd")
    assert min(distribution.values()) > 0
    assert sum(distribution.values()) == pytest.approx(1)


@given(texts, orders, contexts)
def test_maximum_likelihood_is_the_share_of_what_followed(sequences, order, context):
    model = NGram(order, "none").fit(sequences)
    past = ((None,) * (order - 1) + tuple(context))[len(context) :]
    followers = Counter(run[-1] for run in all_runs(sequences, order, order) if run[:-1] == past)
    total = sum(followers.values())
    assert model.distribution(context) == {
        token: pytest.approx(times / total) for token, times in followers.most_common()
    }
    assert model.seen(context) is (total > 0)
    for token in "abcd":
        assert model.count(token, context) == NGram(order).fit(sequences).count(token, context) == followers[token]


@given(texts, orders, contexts)
def test_a_distribution_runs_from_the_most_probable_and_holds_the_probabilities(sequences, order, context):
    model = NGram(order).fit(sequences)
    distribution = model.distribution(context)
    assert list(distribution.values()) == sorted(distribution.values(), reverse=True)
    assert distribution == {token: model.probability(token, context) for token in distribution}


@given(texts, orders, contexts, contexts, st.sampled_from(["none", "kneser-ney"]))
def test_nothing_before_the_last_tokens_is_seen(sequences, order, context, earlier, smoothing):
    model = NGram(order, smoothing).fit(sequences)
    window = (context + "abc")[-(order - 1) :] if order > 1 else ""
    assert model.distribution(earlier + context + "abc") == model.distribution("a" * order + window)


def test_the_order_counts_the_predicted_token():
    model = NGram(3, "none").fit([["I", "am", "hungry"], ["you", "are", "tired"]])
    assert model.distribution(["I", "am"]) == {"hungry": 1.0}
    assert NGram(1, "none").fit(["aab"]).distribution("b") == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 3)}


def test_a_short_context_is_the_beginning_of_a_sequence():
    model = NGram(3, "none").fit(["abc", "abd", "cab"])
    assert model.distribution() == {"a": pytest.approx(2 / 3), "c": pytest.approx(1 / 3)}
    assert model.distribution("a") == {"b": 1.0}
    assert model.distribution("ab") == {"c": 0.5, "d": 0.5}
    assert model.distribution("cab") == {"c": 0.5, "d": 0.5}


def test_a_word_that_follows_one_word_only_is_not_expected_after_another():
    """The idea of Kneser and Ney: "Francisco" is frequent, and yet no good guess after anything but "San"."""
    text = "San Francisco " * 8 + "my glasses your glasses her glasses new tea old tea my tea"
    model = NGram(2).fit([text.split()])
    after_something_new = model.distribution(["glasses"])
    assert after_something_new["tea"] > after_something_new["Francisco"]
    assert model.distribution(["San"])["Francisco"] > 0.5


@given(texts, texts, orders)
def test_perplexity_is_two_to_the_mean_surprise(sequences, held_out, order):
    model = NGram(order).fit(sequences, "abc")
    surprise = [-log2(model.probability(s[t], s[:t])) for s in held_out for t in range(len(s))]
    assert model.bits_per_token(held_out) == pytest.approx(sum(surprise) / len(surprise))
    assert model.perplexity(held_out) == pytest.approx(2 ** model.bits_per_token(held_out))


@given(texts, st.text("abc", min_size=1, max_size=30), orders, st.sampled_from(["none", "kneser-ney"]))
def test_probabilities_are_those_of_each_token_after_its_past(sequences, text, order, smoothing):
    model = NGram(order, smoothing).fit(sequences, "abc")
    found = model.probabilities(text)
    assert found.dtype == np.float64
    assert found.tolist() == [model.probability(text[t], text[:t]) for t in range(len(text))]
    assert model.probabilities(list(text)).tolist() == model.probabilities(iter(text)).tolist() == found.tolist()
    if found.all():
        assert model.bits_per_token([text]) == pytest.approx(-np.log2(found).mean())


def test_a_model_can_be_mixed_with_another():
    text = load("python_docs", "valid").text[:2000]
    models = [NGram(order).fit([text[:1000]], text) for order in (1, 4)]
    one, other = (model.probabilities(text[1000:]) for model in models)
    mixed = -np.log2(0.3 * one + 0.7 * other).mean()
    assert mixed < min(model.bits_per_token([text[1000:]]) for model in models)


def test_an_empty_sequence_has_no_probabilities():
    assert NGram(2).fit(["ab"]).probabilities("").shape == (0,)


def test_perplexity_of_simple_texts():
    assert NGram(1, "none").fit(["abab"]).perplexity(["ab"]) == pytest.approx(2)
    assert NGram(2, "none").fit(["abab"]).perplexity(["abab"]) == pytest.approx(1)
    assert NGram(2, "none").fit(["abab"]).perplexity(["bb"]) == inf


@given(texts, orders, st.integers(0, 99))
def test_without_smoothing_a_sample_holds_only_runs_that_were_counted(sequences, order, seed):
    model = NGram(order, "none").fit(sequences)
    drawn = model.sample(20, seed=seed)
    assert set(all_runs([drawn], order, order)) <= set(all_runs(sequences, order, order))
    assert model.sample(20, seed=seed) == drawn


def test_a_sample_follows_the_probabilities_and_goes_on_from_its_context():
    model = NGram(2, "none").fit(["ab" * 3 + "ac"])
    drawn = Counter(model.sample(1, seed=seed, context="xa")[0] for seed in range(400))
    assert drawn["b"] / 400 == pytest.approx(0.75, abs=0.08)
    assert set(drawn) == {"b", "c"}


def test_a_sample_stops():
    model = NGram(2, "none").fit(["abc."])
    assert model.sample(9, seed=0) == list("abc.")  # nothing was ever seen after the stop
    assert model.sample(2, seed=0) == list("ab")
    assert model.sample(9, seed=0, stop="b") == list("ab")
    assert NGram(2).fit(["abc."]).sample(50, seed=3, stop=".").count(".") == 1


@given(texts, orders)
def test_what_is_stored_is_every_different_run(sequences, order):
    plain, smoothed = NGram(order, "none").fit(sequences), NGram(order).fit(sequences)
    runs = [set(all_runs(sequences, length, order)) for length in range(1, order + 1)]
    assert plain.num_entries == len(runs[-1])
    assert plain.num_contexts == len({run[:-1] for run in runs[-1]})
    assert plain.num_bytes == 4 * (order + 1) * len(runs[-1])
    assert smoothed.num_entries == sum(map(len, runs))
    assert smoothed.num_contexts == sum(len({run[:-1] for run in some}) for some in runs)
    assert smoothed.num_bytes == sum(4 * (length + 1) * len(some) for length, some in enumerate(runs, start=1))


def test_on_real_text_context_helps_and_memory_grows():
    train, held_out = (load("python_docs", split).text for split in ("train", "valid"))
    models = [NGram(order).fit([train[:60_000]], held_out) for order in (1, 3, 5)]
    bits = [model.bits_per_token([held_out[:5000]]) for model in models]
    assert bits[0] > bits[1] + 1 > bits[2] + 1
    for smaller, larger in itertools.pairwise(models):
        assert larger.num_bytes > 2 * smaller.num_bytes


ERRORS = [
    (lambda: NGram(0), ValueError, "order must be a whole number from 1 on, got 0"),
    (lambda: NGram(2, "kneser"), ValueError, r"'none' or 'kneser-ney', got 'kneser'\. Did you mean 'kneser-ney'\?"),
    (lambda: NGram(2, None), ValueError, "'none' or 'kneser-ney', got None"),
    (lambda: NGram(2, discount=0), ValueError, "discount must lie above 0, up to 1, .* got 0"),
    (lambda: NGram(2, "none", discount=0.5), ValueError, "needs kneser-ney"),
    (lambda: NGram(2).fit("hello"), ValueError, r"for one text of characters, write \[text\]"),
    (lambda: NGram(2).fit(["", []]), ValueError, "no token to count"),
    (lambda: NGram(2).fit(["ab"]).probability("x"), ValueError, "'x' is not among the 2 tokens"),
    (lambda: NGram(2).fit(["ab"]).perplexity(["xa"]), ValueError, "'x' is not among the 2 tokens"),
    (lambda: NGram(2).fit(["ab"]).perplexity("ab"), ValueError, r"write \[text\]"),
    (lambda: NGram(2).fit(["ab"]).perplexity([]), ValueError, "no token to predict"),
    (lambda: NGram(2).fit(["ab"]).sample(3, seed=-1), ValueError, "seed must be a whole number"),
    (lambda: NGram(2).fit(["ab"]).sample(0, seed=1), ValueError, "length must be a whole number from 1 on"),
    (lambda: NGram(2).distribution("a"), RuntimeError, "call fit"),
    (lambda: NGram(2).seen("a"), RuntimeError, "call fit"),
    (lambda: NGram(2).count("a"), RuntimeError, "call fit"),
    (lambda: NGram(2).probabilities("a"), RuntimeError, "call fit"),
    (lambda: NGram(2).bits_per_token(["a"]), RuntimeError, "call fit"),
    (lambda: NGram(2).sample(3, seed=0), RuntimeError, "call fit"),
    (lambda: NGram(2, discount="a"), ValueError, "discount must lie above 0, .* got 'a'"),
    (lambda: NGram(2, discount=True), ValueError, "discount must lie above 0, .* got True"),
    (lambda: NGram(2).fit(None), ValueError, "fit takes a list of sequences of tokens, got None"),
    (lambda: NGram(2).fit([5]), ValueError, "fit takes sequences of strings"),
    (lambda: NGram(2).fit([[["a"]]]), ValueError, "fit takes sequences of strings"),
    (lambda: NGram(2).fit([["a", 1]]), ValueError, "A token must be a string, got 1"),
    (lambda: NGram(2).fit([["a", None]]), ValueError, "A token must be a string, got None"),
    (lambda: NGram(2).fit(["ab"], [3]), ValueError, "A token must be a string, got 3"),
    (lambda: NGram(2).fit(["ab"], None), ValueError, "list of strings, or a text, got None"),
    (lambda: NGram(2).fit(["ab"]).probability(3), ValueError, "A token must be a string, got 3"),
    (lambda: NGram(2).fit(["ab"]).probability(["a"]), ValueError, r"A token must be a string, got \['a'\]"),
    (lambda: NGram(2).fit(["ab"]).count(3), ValueError, "A token must be a string, got 3"),
    (lambda: NGram(2).fit(["ab"]).distribution(3), ValueError, "a list of tokens, or a text, got 3"),
    (lambda: NGram(2).fit(["ab"]).seen([3]), ValueError, "A token must be a string, got 3"),
    (lambda: NGram(2).fit(["ab"]).probabilities(3), ValueError, "a list of tokens, or a text, got 3"),
    (lambda: NGram(2).fit(["ab"]).probabilities(["a", 3]), ValueError, "A token must be a string, got 3"),
    (lambda: NGram(2).fit(["ab"]).bits_per_token(3), ValueError, "list of sequences of tokens, got 3"),
    (lambda: NGram(2).fit(["ab"]).bits_per_token([3]), ValueError, "a list of tokens, or a text, got 3"),
    (lambda: NGram(2).fit(["ab"]).sample(3, seed=0, stop=3), ValueError, "stop must be a token, or None, got 3"),
    (lambda: NGram(2).fit(["ab"]).sample(3, seed=0, context=3), ValueError, "a list of tokens, or a text, got 3"),
]


@pytest.mark.parametrize(("act", "error", "sentence"), ERRORS)
def test_errors_are_sentences(act, error, sentence):
    with pytest.raises(error, match=sentence):
        act()


READINGS = [
    lambda model, text: model.probability("am", text),
    lambda model, text: model.distribution(text),
    lambda model, text: model.seen(text),
    lambda model, text: model.count("am", text),
    lambda model, text: model.sample(2, seed=0, context=text),
    lambda model, text: model.probabilities(text),
    lambda model, text: model.bits_per_token([text]),
    lambda model, text: model.perplexity([text]),
]


@pytest.mark.parametrize("read", READINGS)
def test_a_model_of_words_does_not_read_letter_by_letter(read):
    model = NGram(2).fit([["I", "am", "</s>"]])
    with pytest.raises(ValueError, match=r"'I' would be read letter by letter, .* cut it with tokenize first"):
        read(model, "I")
    read(model, ["I"])


@pytest.mark.parametrize("read", READINGS[1:3] + READINGS[4:])
def test_a_model_of_characters_reads_texts_whatever_its_special_tokens(read):
    model = NGram(2).fit([["<s>", *"hello", "</s>"]])
    assert str(read(model, "hello")) == str(read(model, list("hello")))


def test_a_model_says_what_it_is():
    assert repr(NGram(2).fit(["abab"])) == "NGram(order=2, smoothing='kneser-ney'): 5 entries"
