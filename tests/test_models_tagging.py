"""Taggers: a tag for each word whatever else stands in the batch, who sees which words, and how entities are scored."""

from __future__ import annotations

import random
import warnings
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lecture_utils.datasets import Tagged
from lecture_utils.models.entities import Entity, entities, entity_f1, entity_score
from lecture_utils.models.tagging import (
    ADAM,
    CELLS,
    FEATURES,
    PAD,
    UNKNOWN,
    FeatureTagger,
    Tagger,
    confusions,
    look_up,
    most_frequent_tags,
    shape_of,
    tag_accuracy,
    tagged_batches,
    tagging_loss,
    word_features,
)
from lecture_utils.text import Vocabulary
from lecture_utils.training import fit

SMALL = {"d_embedding": 12, "d_h": 10}


@cache
def right_decides(size: int = 200) -> tuple[Tagged, ...]:
    """A word x is BEFORE-A or BEFORE-B by the letter that follows it; drawn, so that nothing to the left says which."""
    chance, documents = random.Random(0), []
    for _ in range(size):
        words: list[str] = []
        tags: list[str] = []
        for _ in range(chance.randint(1, 5)):
            letter = chance.choice("ab")
            words += ["x", letter]
            tags += [f"BEFORE-{letter.upper()}", "LETTER"]
        documents.append(Tagged(tuple(words), tuple(tags)))
    return tuple(documents)


def tagger(seed: int = 0, **settings: object) -> Tagger:
    torch.manual_seed(seed)
    return Tagger.of(right_decides(), **{**SMALL, **settings})  # type: ignore[arg-type]


@cache
def trained(bidirectional: bool) -> Tagger:
    model = tagger(bidirectional=bidirectional)
    batches = tagged_batches(model, right_decides(), batch_size=16, seed=0)
    history = fit(model, batches, loss=tagging_loss, steps=60, lr=0.02, clip=5.0, seed=0, optimiser=ADAM)
    assert history.losses[-1] < history.losses[0] / 1.5
    return model


# what a word looks like


@pytest.mark.parametrize(
    ("word", "shape"),
    [
        ("Teddy", "Xxx"),
        ("McKay's", "XxXxx'x"),
        ("1984", "99"),
        ("A", "X"),
        ("--", "--"),
        ("---", "--"),
        ("日本", "日本"),
    ],
)
def test_a_shape_says_what_kinds_of_signs_follow_one_another(word, shape):
    assert shape_of(word) == shape


@given(st.text(min_size=1, max_size=12))
def test_every_word_has_as_many_features_and_affixes_are_its_own(word):
    features = word_features(word)
    assert len(features) == FEATURES
    for affix in filter(None, features[3:7]):
        assert word.lower().startswith(affix.removeprefix("starts "))
    for affix in filter(None, features[7:]):
        assert word.lower().endswith(affix.removeprefix("ends "))


def test_features_of_a_word_by_hand():
    word, small, shape, *affixes = word_features("Bears")
    assert (word, small, shape) == ("word Bears", "small bears", "shape Xxx")
    assert affixes == [f"starts {s}" for s in ("b", "be", "bea", "bear")] + [
        f"ends {s}" for s in ("s", "rs", "ars", "ears")
    ]
    assert word_features("ab")[3:] == ("starts a", "", "", "", "ends b", "", "", "")


def test_an_unknown_word_is_unknown_and_keeps_the_features_that_are_known():
    documents = [Tagged(("walking", "talking"), ("VERB", "VERB"))]
    model = Tagger.of(documents, min_count=1, **SMALL)
    known, unknown = model.encode(["walking", "Barking"]).tolist()
    assert known[0] == model.features["word walking"]
    assert unknown[:3] == [1, 0, 0]
    assert unknown[7:] == [model.features[end] for end in ("ends g", "ends ng", "ends ing", "ends king")]


def test_rare_features_are_left_out_and_short_words_lack_some():
    model = Tagger.of([Tagged(("a", "a", "bee"), ("A", "A", "B"))], min_count=2, **SMALL)
    assert "word a" in model.features
    assert "word bee" not in model.features
    assert "" not in model.features


# padding and batches


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1, 9), min_size=2, max_size=6), st.booleans(), st.sampled_from(sorted(CELLS)))
def test_padding_changes_no_tag_and_no_number(lengths, bidirectional, cell):
    model = tagger(bidirectional=bidirectional, cell=cell).eval()
    chance = random.Random(sum(lengths))
    sentences = [[chance.choice(["x", "a", "b", "new"]) for _ in range(length)] for length in lengths]
    padded = torch.zeros(max(lengths) + 2, len(lengths), FEATURES, dtype=torch.int64)
    for n, sentence in enumerate(sentences):
        padded[: len(sentence), n] = model.encode(sentence)
    logits = model(padded[: max(lengths)], torch.tensor(lengths))
    for n, sentence in enumerate(sentences):
        alone = model(model.encode(sentence).unsqueeze(1), torch.tensor([len(sentence)]))
        torch.testing.assert_close(logits[: len(sentence), n], alone[:, 0], rtol=1e-4, atol=1e-5)
    assert model.tag_all(sentences, batch_size=2) == [model.tags(sentence) for sentence in sentences]


@pytest.mark.parametrize("bidirectional", [False, True])
def test_the_loss_is_the_mean_over_all_words_and_knows_no_padding(bidirectional):
    model = tagger(bidirectional=bidirectional).eval()
    features, lengths, targets = next(iter(tagged_batches(model, right_decides()[:7], batch_size=7, seed=0)))
    assert lengths.min() < lengths.max()
    loss = tagging_loss(model, features, lengths, targets)
    parts = []
    for n, length in enumerate(lengths.tolist()):
        alone = tagging_loss(model, features[:length, n : n + 1], lengths[n : n + 1], targets[:length, n : n + 1])
        parts.append(alone * length)
    torch.testing.assert_close(loss, sum(parts) / lengths.sum())
    other_features, other_targets = features.clone(), targets.clone()
    for n, length in enumerate(lengths.tolist()):
        other_features[length:, n], other_targets[length:, n] = 3, 2
    assert torch.equal(loss, tagging_loss(model, other_features, lengths, other_targets))


def test_a_round_of_batches_holds_every_sentence_once_with_its_tags():
    model, documents = tagger(), right_decides()[:30]
    batches = tagged_batches(model, documents, batch_size=4, seed=3)
    found = []
    for features, lengths, targets in (batch for batch, _ in zip(batches, range(8))):
        assert features.shape == (int(lengths.max()), len(lengths), FEATURES)
        assert targets.shape == features.shape[:2]
        for n, length in enumerate(lengths.tolist()):
            assert not features[length:, n].any()
            words = [model.features.tokens[i].removeprefix("word ") for i in features[:length, n, 0].tolist()]
            found.append((tuple(words), tuple(model.tag_names[i] for i in targets[:length, n].tolist())))
    assert sorted(found) == sorted((d.words, d.tags) for d in documents)
    again = [tuple(map(torch.clone, batch)) for batch, _ in zip(batches, range(3))]
    for one, two in zip(again, batches):
        assert all(map(torch.equal, one, two))


def test_training_hides_rare_words_and_judging_hides_none():
    model = Tagger.of([Tagged(("often",) * 99 + ("rare",), ("A",) * 100)], min_count=1, rare=1.0, **SMALL)
    assert model.hide[model.features["word rare"]] == pytest.approx(0.5)
    assert model.hide[model.features["word often"]] == pytest.approx(0.01)
    features = model.encode(["rare"] * 4000).unsqueeze(1)
    torch.manual_seed(0)
    seen = model.hide_rare(features)
    hidden = seen[:, 0, 0] == 1
    assert 0.45 < hidden.float().mean() < 0.55
    assert torch.equal(seen[:, 0, 1] == 0, hidden)
    assert torch.equal(seen[:, 0, 2:], features[:, 0, 2:])
    assert (features[:, 0, 0] > 1).all()
    model.hide.fill_(1.0)
    before = model.eval().distribution(["rare", "often"])
    torch.testing.assert_close(before, model.distribution(["rare", "often"]))
    model.train()
    calls = []
    model.hide_rare = lambda features: calls.append(1) or features
    model(features[:2], torch.tensor([2]))
    assert calls == [1]
    model.tags("rare often")
    assert calls == [1]
    assert model.training


# who sees which words


WORDS = ["x", "a", "x", "b", "x", "a"]


@pytest.mark.parametrize("cell", sorted(CELLS))
@pytest.mark.parametrize("num_layers", [1, 2])
def test_a_one_way_state_is_bit_identical_until_the_words_differ(cell, num_layers):
    model = tagger(bidirectional=False, cell=cell, num_layers=num_layers)
    one, two = model.states(WORDS), model.states([*WORDS[:4], "b", "b"])
    assert torch.equal(one[:4], two[:4])
    assert not torch.equal(one[4], two[4])


@pytest.mark.parametrize("cell", sorted(CELLS))
def test_each_half_of_a_two_way_state_knows_one_side(cell):
    model = tagger(cell=cell)
    d_h = SMALL["d_h"]
    h = model.states(WORDS)
    assert h.shape == (6, 2 * d_h)
    later, earlier = model.states([*WORDS[:4], "b", "b"]), model.states(["b", "b", *WORDS[2:]])
    assert torch.equal(h[:4, :d_h], later[:4, :d_h])
    assert not torch.isclose(h[:4, d_h:], later[:4, d_h:], rtol=0, atol=1e-9).all(dim=1).any()
    assert torch.equal(h[2:, d_h:], earlier[2:, d_h:])
    assert not torch.isclose(h[2:, :d_h], earlier[2:, :d_h], rtol=0, atol=1e-9).all(dim=1).any()


def test_two_directions_learn_what_the_right_decides_and_one_cannot():
    gold = [document.tags for document in right_decides()]
    words = [document.words for document in right_decides()]
    scored = ("BEFORE-A", "BEFORE-B")
    assert tag_accuracy(gold, trained(True).tag_all(words), scored) > 0.99
    assert tag_accuracy(gold, trained(False).tag_all(words), scored) < 0.65
    assert tag_accuracy(gold, trained(False).tag_all(words), ("LETTER",)) == 1


# what a person types


@pytest.mark.parametrize("text", ["x", "Teddy bears are on sale !", "日本語 🙂 ​", "x " * 300, "<pad> <unk>"])
def test_any_text_has_a_tag_for_each_word_and_probabilities(text):
    model = trained(True)
    words = text.split()
    tags, p = model.tags(words), model.distribution(words)
    assert len(tags) == len(words) == len(p)
    torch.testing.assert_close(p.sum(dim=1), torch.ones(len(words)))
    assert tags == [model.tag_names[i] for i in p.argmax(dim=1).tolist()]


def test_a_text_is_cut_into_words():
    model = trained(True)
    assert model.tags("x a.") == model.tags(["x", "a", "."])


@pytest.mark.parametrize(
    ("sentence", "words"),
    [
        ("", "nothing to tag"),
        ("  \n", "nothing to tag"),
        ([], "nothing to tag"),
        (["a", ""], "one of them is ''"),
        (["a", 3], "one of them is 3"),
        ("a " * 2001, "at most 2,000"),
    ],
)
def test_odd_input_gets_a_sentence(sentence, words):
    with pytest.raises(ValueError, match=words):
        trained(True).tags(sentence)


def test_no_sentence_has_no_tags():
    assert trained(True).tag_all([]) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"cell": "CNN"}, "cell must be one of RNN, GRU, LSTM"),
        ({"tags": ["A", "A"]}, "all different"),
        ({"tags": []}, "one or more"),
        ({"features": Vocabulary("ab")}, "specials"),
    ],
)
def test_impossible_settings_get_a_sentence(change, words):
    right = {"features": Vocabulary(["word a"], specials=(PAD, UNKNOWN), unknown=PAD), "tags": ["A", "B"]}
    assert Tagger(**right).tags("a b") != []
    with pytest.raises(ValueError, match=words):
        Tagger(**{**right, **change})


def test_weights_load_into_a_tagger_of_the_same_settings():
    model = trained(True)
    other = Tagger(model.features, model.tag_names, **SMALL)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.distribution(WORDS), model.distribution(WORDS))
    assert torch.equal(other.hide, model.hide)


# baselines


def test_the_most_frequent_tags_and_what_an_unseen_word_gets():
    documents = [Tagged(tuple("aaabbcd"), ("N", "N", "V", "V", "N", "ADJ", "ADJ")), Tagged(("e",), ("N",))]
    table = most_frequent_tags(documents)
    assert table == {"a": "N", "b": "N", "c": "ADJ", "d": "ADJ", "e": "N", UNKNOWN: "ADJ"}
    assert look_up(table, [["a", "zebra"], []]) == [["N", "ADJ"], []]
    assert most_frequent_tags([Tagged(("a", "a"), ("X", "X"))])[UNKNOWN] == "X"


@pytest.mark.parametrize("exact", [True, False])
def test_the_feature_tagger_sees_its_window_and_no_further(exact):
    train = right_decides()
    model = FeatureTagger(train, exact=exact)
    words, gold = [d.words for d in train], [d.tags for d in train]
    assert model.tag_all(words) == [list(tags) for tags in gold]
    assert tag_accuracy(gold, FeatureTagger(train, window=0, exact=exact).tag_all(words)) < 0.9
    assert model.tags("x b") == ["BEFORE-B", "LETTER"]
    rows = [model.rows([*"abc", last, *"de"])[0] for last in "xy"]
    assert rows[0] == rows[1]


# judging


def test_accuracy_counts_the_scored_words_alone():
    gold, predicted = [["N", "V"], ["O"]], [["N", "N"], ["V"]]
    assert tag_accuracy(gold, predicted) == pytest.approx(1 / 3)
    assert tag_accuracy(gold, predicted, ["N", "V"]) == 0.5
    assert confusions(gold, predicted) == {("V", "N"): 1, ("O", "V"): 1}
    with pytest.raises(ValueError, match="no word"):
        tag_accuracy(gold, predicted, ["X"])


@pytest.mark.parametrize("score", [tag_accuracy, entity_score, confusions])
def test_sentences_of_different_length_cannot_be_compared(score):
    with pytest.raises(ValueError, match="same sentences"):
        score([["O", "O"]], [["O"]])
    with pytest.raises(ValueError, match="same sentences"):
        score([["O"]], [])


IOB = st.sampled_from(["O", "O", "B-PER", "I-PER", "B-LOC", "I-LOC"])
SENTENCES = st.lists(st.lists(st.tuples(IOB, IOB), min_size=1, max_size=8), min_size=1, max_size=5)


@settings(max_examples=150, deadline=None)
@given(SENTENCES)
def test_entities_score_as_seqeval_scores_them(pairs):
    from seqeval.metrics import f1_score, precision_score, recall_score

    gold, predicted = [[one for one, _ in s] for s in pairs], [[two for _, two in s] for s in pairs]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns where there is nothing to divide by
        theirs = [score(gold, predicted) for score in (precision_score, recall_score, f1_score)]
    assert list(entity_score(gold, predicted)) == pytest.approx(theirs)
    assert entity_f1(gold, predicted) == entity_score(gold, predicted).f1


def test_both_ways_to_mark_entities_mean_the_same():
    iob1 = ["I-PER", "I-PER", "O", "I-LOC", "B-LOC", "I-LOC", "I-PER"]
    iob2 = ["B-PER", "I-PER", "O", "B-LOC", "B-LOC", "I-LOC", "B-PER"]
    expected = [("PER", 0, 2), ("LOC", 3, 4), ("LOC", 4, 6), ("PER", 6, 7)]
    assert entities(iob1) == entities(iob2) == [Entity(*entity) for entity in expected]


def test_nothing_found_scores_nothing():
    assert entity_f1([["I-PER", "O"]], [["O", "O"]]) == 0
    assert entity_f1([["O"]], [["O"]]) == 0


def test_a_tag_of_no_entity_gets_a_sentence():
    with pytest.raises(ValueError, match="marks no entity"):
        entities(["O", "NOUN"])
