"""The filler: no prediction has read its own word, padding changes nothing, and it learns."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lecture_utils.models.filling import BLANK, Filler, filling_loss, train_filler, words_with_blank
from lecture_utils.text import Vocabulary, pad_batch

WORDS = ["a", "b", "c", "d", "e", "f"]
VOCABULARY = Vocabulary(WORDS, specials=("<pad>", "<unk>"))


def model(bidirectional=True):
    torch.manual_seed(0)
    return Filler(VOCABULARY, bidirectional=bidirectional, d_embedding=4, d_h=5)


@pytest.mark.parametrize("bidirectional", [False, True])
@torch.no_grad()
def test_a_prediction_depends_on_the_words_around_it_and_never_on_its_own(bidirectional):
    filler, ids, lengths = model(bidirectional), torch.tensor([[2, 3, 4, 5, 6]]).T, torch.tensor([5])
    before = filler(ids, lengths)  # (T, 1, C)
    for s in range(5):
        changed = ids.clone()
        changed[s] = 7
        moved = (filler(changed, lengths) - before).abs().amax(dim=(1, 2)) > 0
        assert moved.tolist() == [t > s or (bidirectional and t < s) for t in range(5)]


@torch.no_grad()
def test_two_stacked_layers_leak_the_word_itself_and_one_way_layers_do_not():
    ids, lengths = torch.tensor([[2, 3, 4, 5, 6]]).T, torch.tensor([5])
    changed = ids.clone()
    changed[2] = 7
    for bidirectional in (False, True):
        torch.manual_seed(0)
        filler = Filler(VOCABULARY, bidirectional=bidirectional, d_embedding=4, d_h=5, num_layers=2)
        moved = (filler(changed, lengths) - filler(ids, lengths)).abs().amax(dim=(1, 2)) > 0
        assert moved[2].item() == bidirectional


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.sampled_from(WORDS), min_size=1, max_size=7), min_size=1, max_size=5))
@torch.no_grad()
def test_padding_changes_neither_logits_nor_loss(sentences):
    filler = model()
    ids, lengths = pad_batch([VOCABULARY.encode(words) for words in sentences])
    logits, nats = filler(ids, lengths), 0.0
    for n, words in enumerate(sentences):
        alone = pad_batch([VOCABULARY.encode(words)])
        torch.testing.assert_close(logits[: len(words), n], filler(*alone)[:, 0])
        nats += filling_loss(filler, *alone).item() * len(words)
    assert filling_loss(filler, ids, lengths).item() == pytest.approx(nats / int(lengths.sum()), rel=1e-4)


@torch.no_grad()
def test_fill_gives_every_word_once_and_looks_only_at_the_blank():
    filler = model()
    chances = filler.fill("a b ___ d")
    assert set(chances) == set(WORDS)
    assert sum(chances.values()) == pytest.approx(1, abs=1e-5)
    assert list(chances.values()) == sorted(chances.values(), reverse=True)
    assert filler.fill("a b ______ d") == chances
    ids, lengths = pad_batch([VOCABULARY.encode(["a", "b", "c", "d"])])
    logits = filler(ids, lengths)[2, 0, 2:]
    assert chances["e"] == pytest.approx(logits.softmax(0)[VOCABULARY["e"] - 2].item(), rel=1e-4)


@pytest.mark.parametrize(
    ("sentence", "complaint"),
    [
        ("a b c", r"must have one blank, written ___, but there is none"),
        ("", r"but there is none"),
        ("___ a ___", r"but there is 2"),
        (3, r"must be text, got int"),
        ("a " * 300 + "___", r"at most 200 words, but it has 301"),
    ],
)
def test_what_cannot_be_filled_gets_a_sentence(sentence, complaint):
    with pytest.raises(ValueError, match=complaint):
        model().fill(sentence)


def test_a_blank_is_found_between_other_signs():
    assert words_with_blank("I am ___.") == ["I", "am", BLANK, "."]
    assert words_with_blank("so__much") == ["so", BLANK, "much"]


def test_unknown_words_and_odd_ones_are_read():
    filler = model()
    assert filler.fill("😀 <img> ___ zebra").keys() == set(WORDS)
    assert filler.vectors(["zebra", "a"]).shape == (2, 10)
    with pytest.raises(ValueError, match="list of one word or more"):
        filler.vectors("zebra")


def test_vectors_are_the_states_of_both_directions():
    filler = model()
    with torch.no_grad():
        expected = filler.rnn(filler.embedding(torch.tensor(VOCABULARY.encode(["a", "c", "b"]))[:, None]))[0][:, 0]
    torch.testing.assert_close(filler.vectors(["a", "c", "b"]), expected)


def test_perplexity_weighs_every_word_alike_whatever_the_batches():
    filler, sentences = model(), [["a"], ["b", "c", "d", "e", "f", "a"], ["c", "c"]]
    expected = filler.perplexity(sentences)
    assert filler.perplexity(sentences, batch_size=1) == pytest.approx(expected, rel=1e-5)
    probabilities = [filler.fill(" ".join(["___", "b"]))["a"], filler.fill("a ___")["b"]]  # the specials left out
    assert filler.perplexity([["a", "b"]]) > (probabilities[0] * probabilities[1]) ** -0.5


def test_it_learns_what_only_the_right_side_tells():
    sentences = [[w, "x", w] for w in WORDS] * 4 + [["x", w, "x"] for w in WORDS]
    filler, _ = train_filler(sentences, steps=150, batch_size=16, d_embedding=8, d_h=16)
    one_way, _ = train_filler(sentences, bidirectional=False, steps=150, batch_size=16, d_embedding=8, d_h=16)
    assert filler.perplexity(sentences) < 0.8 * one_way.perplexity(sentences)
    assert all(next(iter(filler.fill(f"___ x {w}"))) == w for w in WORDS)
