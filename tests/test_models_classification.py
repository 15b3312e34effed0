"""Classifiers: one label for a text, whatever else stands in its batch; and the counting rules beside them."""

from __future__ import annotations

import random
from functools import cache

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from lecture_utils.datasets import Labelled
from lecture_utils.datasets.shuffled import real_and_shuffled, shuffled
from lecture_utils.models.classification import (
    SUMMARIES,
    Classifier,
    Committee,
    Counting,
    Majority,
    Pieces,
    TableRule,
    accuracy,
    best_counting,
    classification_loss,
    labelled_batches,
    labels_of,
    pieces_of,
    shuffled_split,
    start_from_counts,
    vocabulary_of,
    words,
)
from lecture_utils.text import pad_batch
from lecture_utils.training import fit

LENGTHS = st.lists(st.integers(1, 9), min_size=2, max_size=6)


def order_task(size: int = 300) -> list[Labelled]:
    """ "early" when a stands before b, "late" otherwise, somewhere among other letters."""
    chance, examples = random.Random(0), []
    for _ in range(size):
        letters = [*"ab", *chance.choices("cdef", k=3)]
        chance.shuffle(letters)
        label = "early" if letters.index("a") < letters.index("b") else "late"
        examples.append(Labelled(" ".join(letters), label))
    return examples


def a_classifier(examples: list[Labelled], seed: int = 0, **wishes: object) -> Classifier:
    torch.manual_seed(seed)
    sizes = {"d_embedding": 8, "d_h": 12, **wishes}
    return Classifier(vocabulary_of(examples), labels_of(examples), **sizes)  # type: ignore[arg-type]


@cache
def trained() -> Classifier:
    examples = order_task()
    model = a_classifier(examples, dropout=0.0)
    batches = labelled_batches(model, examples[:250], batch_size=25, seed=0)
    fit(model, batches, loss=classification_loss, steps=250, lr=0.01, clip=1.0, seed=0)
    return model


# what the model computes


@pytest.mark.parametrize("summary", SUMMARIES)
@pytest.mark.parametrize("bidirectional", [False, True])
@given(lengths=LENGTHS, more=st.integers(0, 4), filler=st.integers(0, 5))
@settings(max_examples=15, deadline=None)
def test_padding_never_changes_a_result(
    summary: str, bidirectional: bool, lengths: list[int], more: int, filler: int
) -> None:
    model = a_classifier(order_task(20), summary=summary, bidirectional=bidirectional).eval()
    texts = [torch.randint(len(model.vocabulary), (length,)) for length in lengths]
    ids, own = pad_batch(texts, value=filler)  # (T, N)
    ids = torch.cat([ids, torch.full((more, len(texts)), filler)])  # padding below the longest one too
    alone = torch.cat([model(text.unsqueeze(1), torch.tensor([len(text)])) for text in texts])  # (N, C)
    torch.testing.assert_close(model(ids, own), alone, rtol=0, atol=1e-5)


@pytest.mark.parametrize("cell", ["RNN", "GRU"])
def test_the_two_way_summary_is_what_torch_calls_the_final_states(cell: str) -> None:
    model = a_classifier(order_task(20), cell=cell, summary="last").eval()
    x, lengths = torch.randn(7, 3, 8), torch.tensor([7, 2, 4])
    oracle = getattr(torch.nn, cell)(8, 12, bidirectional=True)
    oracle.load_state_dict(model.rnn.state_dict())
    finals = [oracle(x[:length, n : n + 1])[1] for n, length in enumerate(lengths.tolist())]  # (2, 1, d_h) each
    expected = model.classifier(torch.cat([torch.cat([h_n[0], h_n[1]], dim=1) for h_n in finals]))
    torch.testing.assert_close(model.read(x, lengths), expected, rtol=0, atol=1e-5)


@pytest.mark.parametrize("summary", ["mean", "max"])
def test_mean_and_max_run_over_a_texts_own_steps(summary: str) -> None:
    model = a_classifier(order_task(20), summary=summary, bidirectional=False).eval()
    x, lengths = torch.randn(6, 2, 8), torch.tensor([3, 6])
    states = model.rnn(x)[0]  # one-way: what follows does not reach back
    own = [states[:3, 0], states[:6, 1]]
    expected = [one.mean(dim=0) if summary == "mean" else one.max(dim=0).values for one in own]
    torch.testing.assert_close(model.read(x, lengths), model.classifier(torch.stack(expected)))


def test_a_text_gets_the_same_label_alone_and_among_others() -> None:
    texts = [example.text + " c" * (n % 7) for n, example in enumerate(order_task(200))]
    model = trained()
    assert model.labels_for(texts) == [model.label(text) for text in texts]
    assert model.labels_for([]) == []


def test_labels_are_numbered_in_alphabetical_order_whatever_the_order_of_the_examples() -> None:
    examples = [Labelled("x", "b"), Labelled("y", "a"), Labelled("z", "c")]
    assert labels_of(examples) == labels_of(examples[::-1]) == ("a", "b", "c")
    model = a_classifier(examples)
    assert list(model.chances("x")) == ["a", "b", "c"]
    assert sum(model.chances("x").values()) == pytest.approx(1)
    assert max(model.chances("x"), key=model.chances("x").__getitem__) == model.label("x")


# training


def test_it_learns_an_order_that_no_count_can_see() -> None:
    held_out = order_task()[250:]
    assert accuracy(trained(), held_out) >= 0.9
    counting = Counting(order_task()[:250], longest=1)
    assert accuracy(counting, held_out) <= 0.7


def test_a_committee_of_one_agrees_with_its_member_and_wants_equal_labels() -> None:
    texts = [example.text for example in order_task(30)]
    assert Committee([trained()]).labels_for(texts) == trained().labels_for(texts)
    other = a_classifier([Labelled("a", "yes"), Labelled("b", "no")])
    with pytest.raises(ValueError, match="same labels"):
        Committee([trained(), other])


def test_a_committee_averages_log_probabilities() -> None:
    examples = order_task(30)
    texts = [example.text for example in examples]
    members = [a_classifier(examples, seed) for seed in range(3)]
    together = torch.stack([m.logits_of(texts).softmax(dim=1).log() for m in members]).mean(dim=0)
    expected = [members[0].labels[best] for best in together.argmax(dim=1).tolist()]
    assert Committee(members).labels_for(texts) == expected


def test_every_round_holds_every_example_once_and_a_function_gives_each_round_its_own() -> None:
    examples = order_task(23)
    model = a_classifier(examples)
    asked: list[int] = []

    def examples_of(number: int) -> list[Labelled]:
        asked.append(number)
        return examples[number:]

    stream = iter(labelled_batches(model, examples_of, batch_size=5, seed=0))
    for number, batches in ((0, 5), (1, 5)):
        got = []
        for _ in range(batches):
            ids, lengths, targets = next(stream)
            for column, length, target in zip(ids.T, lengths, targets):
                got.append((column[:length].tolist(), model.labels[target]))
        expected = [(model.encode(e.text), e.label) for e in examples[number:]]
        assert sorted(got) == sorted(expected)
    assert asked == [0, 1]


def test_neighbours_that_belong_together_share_a_batch() -> None:
    examples = [Labelled(f"{letter} " * length, label) for letter, length in zip("abcdefg", (3, 1, 4, 1, 5, 9, 2))
                for label in ("one", "two")]  # fmt: skip
    model = a_classifier(examples)
    stream = iter(labelled_batches(model, examples, batch_size=4, seed=0, together=2))
    seen = []
    for _ in range(4):
        ids, _, targets = next(stream)
        assert ids[0, ::2].equal(ids[0, 1::2])
        assert targets.tolist() == [0, 1] * (len(targets) // 2)
        seen += ids[0, ::2].tolist()
    assert sorted(seen) == sorted(model.encode("a b c d e f g"))


def test_words_are_hidden_in_training_only() -> None:
    model = a_classifier(order_task(20), dropout=0.0, unknown=1.0)
    unknown = torch.full((3, 1), model.vocabulary["<unk>"])
    ids, length = torch.tensor([model.encode("a b c")]).T, torch.tensor([3])
    torch.testing.assert_close(model(ids, length), model(unknown, length))
    model.eval()
    assert not torch.allclose(model(ids, length), model(unknown, length))


def test_embeddings_that_start_from_counts_point_to_their_label() -> None:
    examples = [Labelled("good film", "yes"), Labelled("good good", "yes"), Labelled("bad film", "no")]
    model = a_classifier(examples)
    start_from_counts(model, examples)
    column = model.embedding.weight[:, 0]
    good, film, bad = (column[model.vocabulary[word]].item() for word in ("good", "film", "bad"))
    assert good > film > bad
    assert good == pytest.approx(0.3 * torch.tensor((3 / 10) / (1 / 9)).log().item(), rel=1e-4)


# pieces of words


def test_pieces_are_runs_of_three_to_five_letters_with_the_ends_marked() -> None:
    many = 10**9  # rows: no two runs share one
    assert len(pieces_of("a", many)) == 1  # <a>
    assert len(pieces_of("cat", many)) == 3 + 2 + 1  # <ca cat at>, <cat cat>, <cat>
    assert set(pieces_of("cat", many)) & set(pieces_of("catty", many))
    assert not set(pieces_of("at", many)) & set(pieces_of("cats", many))
    assert all(1 <= row <= 7 for row in pieces_of("antidisestablishmentarianism", 7))


def test_the_pieces_of_a_word_are_added_up_and_an_unseen_word_has_its_own() -> None:
    torch.manual_seed(0)
    pieces = Pieces(vocabulary_of(order_task(5)), rows=50, d=4)
    typed = ["a", "zebra", "b", "zebra", "unseen"]
    numbers = pieces.number(typed)
    assert numbers[1] == numbers[3]
    assert len(set(numbers)) == 4
    for _ in range(2):  # the second time with a word that came later
        added = pieces(torch.tensor([numbers, numbers]).T)  # (T, N, d)
        for word, vector in zip(typed, added[:, 1]):
            torch.testing.assert_close(vector, pieces.vectors.weight[list(pieces_of(word, 50))].sum(dim=0))
        typed.append("yak")
        numbers += pieces.number(["yak"])


def test_a_text_with_pieces_gets_the_same_logits_alone_and_among_others() -> None:
    model = a_classifier(order_task(20), pieces=100, summary="max")
    model.pieces.vectors.weight.data *= 30  # type: ignore[union-attr]
    texts = ["a b", "zebra a c d", "yak", "b " * 9]
    alone = torch.cat([model.logits_of([text]) for text in texts])
    torch.testing.assert_close(model.logits_of(texts), alone, rtol=0, atol=1e-5)
    assert not torch.allclose(model.logits_of(["zebra"]), model.logits_of(["yak"]))


def test_a_hidden_word_keeps_its_pieces() -> None:
    model = a_classifier(order_task(20), pieces=100, dropout=0.0, unknown=1.0)
    model.pieces.vectors.weight.data *= 30  # type: ignore[union-attr]
    first, second = (torch.tensor([model.encode(text)]).T for text in ("a", "b"))
    assert not torch.allclose(model(first, torch.tensor([1])), model(second, torch.tensor([1])))
    before = model(first, torch.tensor([1]))
    model.embedding.weight.data[model.vocabulary["a"]] += 1  # hidden, so it says nothing
    torch.testing.assert_close(model(first, torch.tensor([1])), before)


# what a person types


def test_a_word_never_seen_counts_as_unknown() -> None:
    model = trained()
    assert model.encode("a zebra b") == model.encode("a <unk> b")
    assert model.label("a zebra b") in model.labels


@pytest.mark.parametrize("typed", ["", "  ", "\n"])
def test_an_empty_text_gets_a_sentence(typed: str) -> None:
    counting = Counting(order_task(20))
    for ask in (trained().label, trained().chances, counting.label):
        with pytest.raises(ValueError, match="nothing to read yet"):
            ask(typed)


def test_a_text_without_end_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="2,001 tokens"):
        trained().label("a " * 2001)


@pytest.mark.parametrize(
    ("setting", "value"), [("summary", "first"), ("cell", "LSTN"), ("tokens", "bytes"), ("labels", ("a",))]
)
def test_impossible_settings_get_a_sentence(setting: str, value: object) -> None:
    wishes = {"vocabulary": vocabulary_of(order_task(5)), "labels": ("a", "b"), setting: value}
    with pytest.raises(ValueError, match=setting):
        Classifier(**wishes)  # type: ignore[arg-type]


def test_a_classifier_of_characters_reads_capitals() -> None:
    examples = [Labelled("Öl", "de"), Labelled("öl", "sv")]
    torch.manual_seed(0)
    model = Classifier(vocabulary_of(examples, "characters"), labels_of(examples), tokens="characters", d_h=4)
    assert model.encode("Öl") != model.encode("öl")
    assert model.encode("  Öl ") == model.encode("Öl")


# baselines


def test_the_majority_and_a_tie() -> None:
    assert Majority([Labelled("", "b"), Labelled("", "a"), Labelled("", "b")]).labels_for(["x", "y"]) == ["b", "b"]
    assert Majority([Labelled("", "b"), Labelled("", "a")]).answer == "a"


def test_a_rule_answers_by_its_table_and_else_by_the_majority() -> None:
    examples = [Labelled("a x", "1"), Labelled("a y", "1"), Labelled("b x", "0"), Labelled("c", "1")]
    rule = TableRule(lambda text: text.split()[0], examples)
    assert rule.labels_for(["a z", "b z", "q"]) == ["1", "0", "1"]


def test_counts_and_networks_number_the_labels_alike() -> None:
    examples = order_task(60)
    counting, model = Counting(examples, longest=2), a_classifier(examples)
    texts = [example.text for example in examples]
    assert counting.labels == model.labels
    log_chances = counting.log_chances(texts)  # (texts, C)
    torch.testing.assert_close(log_chances.exp().sum(dim=1), torch.ones(60))
    assert [counting.labels[best] for best in log_chances.argmax(dim=1).tolist()] == counting.labels_for(texts)
    both = Committee([counting, counting])
    assert both.labels_for(texts) == counting.labels_for(texts)


@pytest.mark.parametrize(("longest", "right"), [(1, False), (2, True)])
def test_runs_of_two_see_the_order_of_neighbours_and_single_words_do_not(longest: int, right: bool) -> None:
    examples = [Labelled("a b", "ab"), Labelled("b a", "ba")] * 10
    model = Counting(examples, longest=longest)
    assert (accuracy(model, examples) == 1.0) is right
    assert model.features == (2 if longest == 1 else 4)


def test_the_best_counts_are_chosen_on_the_examples_given_for_that() -> None:
    train = [Labelled("a b", "ab"), Labelled("b a", "ba")] * 10
    assert best_counting(({"longest": 1}, {"longest": 2}), train, train[:2]).longest == 2


# real or shuffled


@given(st.lists(st.sampled_from(["the", "of", "x", ",", "(", ")", "."]), max_size=12), st.integers(0, 99))
@settings(deadline=None)
def test_a_shuffle_keeps_the_words_the_marks_and_both_ends(tokens: list[str], seed: int) -> None:
    new = shuffled(tokens, random.Random(seed))
    assert sorted(new) == sorted(tokens)
    at_marks = [(i, token) for i, token in enumerate(tokens) if not token[0].isalnum()]
    assert [(i, token) for i, token in enumerate(new) if not token[0].isalnum()] == at_marks
    own, other = ([token for token in version if token[0].isalnum()] for version in (tokens, new))
    assert own[:1] == other[:1]
    assert own[-1:] == other[-1:]


def test_shuffles_that_change_nothing_are_left_out() -> None:
    assert real_and_shuffled([["the", "end", "."], ["a", "b", "b", "c"]], seed=0) == []


def test_both_versions_stand_in_one_split_and_no_edge_tells_them_apart() -> None:
    parts = {split: shuffled_split(split) for split in ("train", "test")}
    for part in parts.values():
        real, other = part[::2], part[1::2]
        assert {example.label for example in real} == {"real"}
        assert {example.label for example in other} == {"shuffled"}
        for one, two in zip(real, other, strict=True):
            assert one.text != two.text
            assert sorted(words(one.text)) == sorted(words(two.text))
            assert (words(one.text)[0], words(one.text)[-1]) == (words(two.text)[0], words(two.text)[-1])
    for feature in (lambda text: words(text)[0], lambda text: words(text)[-1], lambda text: len(words(text))):
        assert accuracy(TableRule(feature, parts["train"]), parts["test"]) == 0.5
