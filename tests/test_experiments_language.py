"""The experiments on language: word order, what counting models store, and the professions."""

import random
from collections import Counter

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils.datasets import load
from lecture_utils.datasets.professions import EXAMPLES
from lecture_utils.experiments import ngram_memory, professions, word_order
from lecture_utils.experiments.common import find

words = st.lists(st.sampled_from(["the", "cat", "sat", ",", "(", ")", ".", "a"]), min_size=1, max_size=15)


@given(words, st.randoms())
def test_a_shuffle_moves_inner_words_alone(tokens, chance):
    new = word_order.shuffled(tokens, chance)
    assert Counter(new) == Counter(tokens)
    places = [i for i, token in enumerate(tokens) if token.isalnum()]
    for i, (old, token) in enumerate(zip(tokens, new)):
        if i not in places[1:-1]:
            assert token == old


def test_every_order_of_the_inner_words_comes_up():
    seen = {tuple(word_order.shuffled(["a", "b", "c", "d", ",", "e", "."], random.Random(seed))) for seed in range(60)}
    assert len(seen) == 6
    assert {(t[0], *t[4:]) for t in seen} == {("a", ",", "e", ".")}


def test_pairs_differ_and_nothing_that_a_count_sees_does():
    documents = load("python_docs", "valid").documents
    pairs = word_order.pairs(documents, seed=3)
    assert len(pairs) > 100
    for original, other in pairs:
        assert original != other
        assert Counter(original) == Counter(other)


def test_the_two_parts_share_no_paragraph_and_are_the_whole():
    train, held_out = word_order.split_documents(1, 0.2)
    whole = load("python_docs").documents
    assert Counter(train + held_out) == Counter(whole)
    assert len(held_out) == pytest.approx(0.2 * len(whole), abs=1)
    assert word_order.split_documents(2, 0.2) != (train, held_out)


def test_counts_of_single_words_stand_at_chance_and_runs_do_better():
    small = find("word_order").measure(0, documents=150, longest=[1, 2])
    assert small["accuracy"][0] == 0.5
    assert small["accuracy"][1] > 0.6
    assert small["features"][1] > 5 * small["features"][0]
    assert small == find("word_order").measure(0, documents=150, longest=[1, 2])


def test_rules_that_read_no_order_stand_at_chance_and_the_one_that_does_gains_little():
    pairs = word_order.pairs(load("python_docs", "train").documents, seed=0)
    *blind, reading = word_order.rule_scores(pairs).values()
    assert blind == [0.5] * 4
    assert 0.5 < reading < 0.6


def test_a_rule_that_knew_the_answer_would_score_one():
    pairs = [(["a", "b", "c", "d"], ["a", "c", "b", "d"])]
    word_order_rule = {"alphabetical": lambda tokens: tokens == sorted(tokens)}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(word_order, "RULES", word_order_rule)
        assert word_order.rule_scores(pairs) == {"alphabetical": 1.0}


def test_memory_grows_with_the_order_and_use_on_new_text_does_not():
    figures = find("ngram_memory").measure(0, documents=120, orders=[1, 2, 3, 4])
    assert figures["entries"] == sorted(figures["entries"])
    assert figures["entries"][3] > 3 * figures["entries"][1]
    assert figures["contexts unseen"][0] == figures["runs unseen"][0] == 0
    assert figures["contexts unseen"] == sorted(figures["contexts unseen"])
    for unseen, run in zip(figures["contexts unseen"], figures["runs unseen"]):
        assert unseen <= run < 1
    assert figures["perplexity"][0] > 1.5 * figures["perplexity"][1]
    assert figures["perplexity"][3] > 0.8 * figures["perplexity"][1]


def test_rare_words_become_unknown_and_every_sentence_ends():
    plain = ngram_memory.sentences(["A cat sat. The cat ran."])
    assert plain == [["a", "cat", "sat", ".", "</s>"], ["the", "cat", "ran", ".", "</s>"]]
    vocabulary = ngram_memory.Vocabulary(["cat", "."], specials=("<unk>", "</s>"))
    known = ngram_memory.sentences(["A cat sat."], vocabulary)
    assert known == [["<unk>", "cat", "<unk>", ".", "</s>"]]


def test_the_order_must_be_eleven_before_the_subject_is_in_the_window():
    examples = [professions.blank(sentence) for sentence in EXAMPLES]
    assert [each.answer for each in examples] == ["doctor", "lawyer", "historian"]
    assert [each.distance for each in examples] == [10, 10, 10]
    for order in (5, 10, 11):
        model = professions.counted(order)
        answers = [model.distribution(each.words) for each in examples]
        alike = answers[0] == answers[1] == answers[2]
        assert alike is (order < 11)
    assert [next(iter(answer)) for answer in answers] == ["doctor", "lawyer", "historian"]


def test_a_network_reads_a_sentence_alike_alone_and_padded():
    some = professions.blanks("test")[:5]
    vocabulary = professions.Vocabulary(word for each in some for word in (*each.words, each.answer))
    model = professions.Filler(vocabulary, "gru")
    ids, lengths, answers = professions._batch(some, vocabulary)
    assert len(set(lengths.tolist())) > 1
    assert vocabulary.decode(answers) == [each.answer for each in some]
    together = model(ids, lengths).softmax(dim=-1)
    for each, row in zip(some, together):
        alone = model.distribution(each.words)
        torch.testing.assert_close(torch.tensor([alone[word] for word in vocabulary]), row)
        assert sum(alone.values()) == pytest.approx(1, abs=1e-5)


def test_the_start_from_identity_is_what_it_says():
    vocabulary = professions.Vocabulary(["law"])
    assert torch.equal(professions.Filler(vocabulary, "rnn from identity").rnn.weight_hh_l0, torch.eye(64))
    assert not torch.equal(professions.Filler(vocabulary, "rnn").rnn.weight_hh_l0, torch.eye(64))


def test_every_kind_is_trained_alike_and_one_for_longer(monkeypatch):
    asked, kinds = [], find("professions").config["kinds"]
    monkeypatch.setattr(professions, "fit", lambda _, batches, **settings: asked.append((len(batches), settings)))
    for kind in kinds:
        professions.train_filler(3, kind, 7)
    for kind, (batches, settings) in zip(kinds, asked, strict=True):
        assert batches == settings["steps"]
        assert settings["steps"] == (7 * professions.LONGER if kind == "rnn for longer" else 7)
        assert (settings["lr"], settings["clip"], settings["seed"]) == (1e-3, 1.0, 3)
    assert professions.LONGER > 1


def test_a_network_fills_the_blank_where_a_short_window_cannot():
    figures = find("professions").measure(0, orders=[5, 11], kinds=["gru"], steps=500)
    assert figures["accuracy"]["gru"] > 0.9
    assert figures["accuracy"]["order 5"] < 0.2
    assert min(figures["examples"]["gru"]) > 0.5
    assert figures["by distance"]["order 11"]["8 to 10"] > 0.5
    assert figures["by distance"]["order 11"]["11 to 13"] < 0.2
    assert figures["contexts seen"]["order 11"] < figures["contexts seen"]["order 5"]
