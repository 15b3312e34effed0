"""The generator: what it reads it carries, what it draws follows its distribution, and settings do what they say."""

from __future__ import annotations

import math
from collections import Counter
from itertools import islice

import pytest
import torch
from torch import nn

from lecture_utils.models.generation import (
    CELLS,
    CarriedLoss,
    Generator,
    best_weight,
    bits,
    character_vocabulary,
    fit_carried,
    fit_whole,
    mixed_bits,
    xz_bits_per_character,
)
from lecture_utils.ngrams import NGram
from lecture_utils.text import Vocabulary, stateful_batches
from lecture_utils.training import seed_everything

TEXT = "the cat sat on the mat; the dog sat on the log. " * 3


def fresh(**settings):
    seed_everything(0)
    return Generator(character_vocabulary(TEXT), **{"d_embed": 8, "d_h": 24, **settings})


@pytest.fixture(scope="module")
def trained():
    model = fresh()
    fit_whole(model, ["abcabc", "abab", "cc"], batch_size=3, steps=150, lr=2e-2, seed=0)
    return model


# --- what it reads


@pytest.mark.parametrize("cell", CELLS)
def test_probabilities_are_those_of_the_whole_text_at_once(cell):
    model = fresh(cell=cell, num_layers=2)
    ids = torch.tensor(model.encode(TEXT * 3))  # longer than what is read at once
    inputs = torch.cat([torch.tensor([model.vocabulary["<s>"]]), ids[:-1]])
    expected = model(inputs.unsqueeze(1)).softmax(-1)[torch.arange(len(ids)), 0, ids]
    found = model.probabilities(ids)
    assert len(found) == len(ids) > 256
    assert torch.allclose(found, expected.double(), rtol=1e-4)


def test_bits_are_the_mean_of_minus_log_2():
    model = fresh()
    ids = model.encode(TEXT)
    loss = nn.functional.cross_entropy(
        model(torch.tensor([model.vocabulary["<s>"], *ids[:-1]]).unsqueeze(1))[:, 0], torch.tensor(ids)
    )
    assert model.bits_per_character(TEXT) == pytest.approx(loss.item() / math.log(2), rel=1e-4)


def test_rows_are_pieces_and_only_their_beginnings_lack_a_past():
    model = fresh()
    ids = torch.tensor(model.encode(TEXT[:101]))
    one, four = model.probabilities(ids), model.probabilities(ids, rows=4)
    assert len(four) == 101
    assert torch.allclose(one[:26], four[:26])
    last = torch.cat([ids[77:78], ids[78:]])
    piece = model(last[:-1].unsqueeze(1)).softmax(-1)[torch.arange(len(last) - 1), 0, last[1:]]
    assert torch.allclose(four[78:], piece.double(), rtol=1e-4)
    assert not torch.allclose(one[78:], four[78:])


def test_documents_count_their_ends_and_not_their_starts():
    model = fresh()
    ids = torch.tensor(model.encode(["the", "cat"]))
    assert model.vocabulary.decode(ids) == ["<s>", *"the", "</s>", "<s>", *"cat", "</s>"]
    chances = model.probabilities(ids)
    assert model.bits_per_character(["the", "cat"]) == pytest.approx(bits(chances[[1, 2, 3, 4, 6, 7, 8, 9]]))
    with pytest.raises(ValueError, match="no character to predict"):
        model.bits_per_character("")


def test_unknown_characters_are_read():
    model = fresh()
    assert math.isfinite(model.bits_per_character("Ωmega ☃"))
    assert sum(model.distribution("☃☃").values()) == pytest.approx(1)


def test_dropout_is_off_where_nothing_is_trained():
    model = fresh(dropout=0.5).train()
    assert model.distribution("the") == model.distribution("the")
    assert model.bits_per_character(TEXT) == model.bits_per_character(TEXT)
    assert model.training


# --- what it learns


def test_a_window_begins_with_the_state_the_one_before_ended_with():
    model, loss = fresh(), CarriedLoss()
    batches = stateful_batches(model.encode(TEXT), seq_len=10, batch_size=2)
    (first, second), whole = islice(batches, 2), model.run(torch.cat([b[0] for b in islice(batches, 2)]))[0]
    loss(model, *first).backward()
    found = loss(model, *second)
    expected = nn.functional.cross_entropy(whole[10:].flatten(end_dim=1), second[1].flatten())
    assert found.item() == pytest.approx(expected.item(), rel=1e-5)
    found.backward()  # into the window before, it would be a second time
    restarted = loss(model, *first)
    assert restarted.item() == pytest.approx(CarriedLoss()(model, *first).item())


def test_both_ways_of_training_learn():
    for train, text in ((fit_carried, TEXT), (fit_whole, [TEXT[:48], TEXT[48:90]])):
        model = fresh()
        before = model.bits_per_character(TEXT)
        bounds = {"seq_len": 20} if train is fit_carried else {}
        history = train(model, text, batch_size=2, steps=60, lr=2e-2, seed=0, **bounds)
        assert history.steps == 60
        assert model.bits_per_character(TEXT) < 0.6 * before


def test_equal_seeds_train_equal_models():
    models = [fresh() for _ in range(2)]
    for model in models:
        fit_whole(model, ["the cat", "the mat", "a dog"], batch_size=2, steps=5, lr=1e-2, seed=3)
    assert all(torch.equal(a, b) for a, b in zip(*(model.state_dict().values() for model in models)))


def test_padding_teaches_nothing():
    """A short document beside a long one gets the gradient that both have alone, weighed by their tokens."""
    alone, both = fresh(), fresh()
    fit_whole(both, ["on the mat", "the"], batch_size=2, steps=1, lr=1e-3, seed=0)
    parts = [torch.tensor(alone.encode([text])).unsqueeze(1) for text in ("on the mat", "the")]
    losses = [
        nn.functional.cross_entropy(alone(ids[:-1]).flatten(end_dim=1), ids[1:].flatten(), reduction="sum")
        for ids in parts
    ]
    optimiser = torch.optim.Adam(alone.parameters(), lr=1e-3)
    (sum(losses) / sum(len(ids) - 1 for ids in parts)).backward()
    nn.utils.clip_grad_norm_(alone.parameters(), 1.0)
    optimiser.step()
    for mine, theirs in zip(alone.parameters(), both.parameters()):
        assert torch.allclose(mine, theirs, atol=2e-4)


# --- what it draws


def test_a_distribution_sums_to_one_likeliest_first(trained):
    chances = trained.distribution("ab")
    assert sum(chances.values()) == pytest.approx(1)
    assert list(chances.values()) == sorted(chances.values(), reverse=True)
    assert set(chances) == set(trained.vocabulary)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 3.0])
def test_temperature_divides_the_logits(trained, temperature):
    logits = trained(torch.tensor(trained.vocabulary.encode(["<s>", *"ab"])).unsqueeze(1))[-1, 0]
    expected = (logits / temperature).softmax(-1)
    for token, chance in trained.distribution("ab", temperature=temperature).items():
        assert chance == pytest.approx(expected[trained.vocabulary[token]].item(), abs=1e-6)


def test_greedy_is_the_limit_of_low_temperatures(trained):
    cold = trained.sample("a", 8, temperature=1e-4, seed=5)
    assert cold == trained.sample("a", 8, greedy=True)
    assert cold == trained.sample("a", 8, top_k=1, seed=9)


def test_top_k_leaves_so_many_tokens(trained):
    for step in trained.stream("", 8, top_k=2, stop=None):
        assert len(step.distribution) == 2
        assert sum(step.distribution.values()) == pytest.approx(1)
        assert step.token in step.distribution


def test_draws_follow_the_distribution(trained):
    drawn = Counter(next(trained.stream("ab", 1, seed=seed)).token for seed in range(600))
    expected = next(trained.stream("ab", 1)).distribution
    for token, chance in expected.items():
        spread = 4 * math.sqrt(chance * (1 - chance) / 600)
        assert drawn[token] / 600 == pytest.approx(chance, abs=spread + 1e-3)


def test_many_samples_at_once_follow_the_same_distribution(trained):
    firsts = Counter(text[:1] for text in trained.samples(600, 1, seed=1))
    expected = next(trained.stream("", 1)).distribution
    for token, chance in expected.items():
        seen = firsts["" if token == "</s>" else token] / 600
        assert seen == pytest.approx(chance, abs=4 * math.sqrt(chance * (1 - chance) / 600) + 1e-3)


def test_each_step_continues_the_text_so_far(trained):
    steps = list(trained.stream("a", 6, seed=2, stop=None))
    for number, step in enumerate(steps):
        chances = trained.distribution(["a", *(s.token for s in steps[:number])])
        barred = 1 - chances["<s>"] - chances["<unk>"]
        for token, chance in step.distribution.items():
            assert chance == pytest.approx(chances[token] / barred, rel=1e-4, abs=1e-7)


def test_start_and_unknown_are_never_drawn():
    model = fresh()
    nn.init.constant_(model.head.bias, 0)
    with torch.no_grad():
        model.head.bias[[model.vocabulary["<s>"], model.vocabulary["<unk>"]]] = 50.0
    assert not {"<s>", "<unk>"} & {step.token for step in model.stream("", 50, stop=None)}
    assert not any("<" in text for text in model.samples(10, 20))


def test_samples_end_where_they_are_told(trained):
    tokens = [step.token for step in trained.stream("", 50, seed=0)]
    assert tokens.index("</s>") == len(tokens) - 1
    assert trained.sample("", 50, seed=0) == "".join(tokens[:-1])
    assert "c" not in trained.sample("", 50, seed=0, stop="c")
    assert len(trained.sample("ab", 5, stop=None, seed=0).replace("</s>", "/")) == 5
    assert all("</s>" not in text for text in trained.samples(20, 30))


def test_the_same_seed_draws_the_same_text(trained):
    texts = [trained.sample("", 40, seed=seed, stop=None) for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]
    assert trained.samples(3, 9, seed=4) == trained.samples(3, 9, seed=4)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"temperature": 0}, "above 0, got 0; .* greedy=True"),
        ({"temperature": -1.0}, "above 0, got -1.0; .* greedy=True"),
        ({"temperature": math.nan}, "temperature must be a number"),
        ({"temperature": "hot"}, "temperature must be a number above 0, got 'hot'"),
        ({"top_k": 0}, "top_k must be a whole number from 1 on"),
        ({"length": 0}, "length must be a whole number from 1 on"),
        ({"seed": -1}, "seed must be"),
    ],
)
def test_impossible_settings_are_refused_before_anything_is_drawn(trained, settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        trained.stream("a", **settings)


def test_impossible_models_are_refused():
    with pytest.raises(ValueError, match="cell must be one of rnn, gru, lstm, got 'elman'"):
        fresh(cell="elman")
    with pytest.raises(ValueError, match="needs the special token <s>"):
        Generator(Vocabulary("abc", specials=("</s>",)))


# --- beside a model that counts


def test_mixing_is_between_the_two_and_at_best_below_both():
    ours = torch.tensor([0.5, 0.1, 0.9, 0.2], dtype=torch.float64)
    theirs = torch.tensor([0.1, 0.6, 0.2, 0.3], dtype=torch.float64)
    assert mixed_bits(ours, theirs, 1.0) == pytest.approx(bits(ours))
    assert mixed_bits(ours, theirs, 0.0) == pytest.approx(bits(theirs))
    weight = best_weight(ours, theirs)
    best = mixed_bits(ours, theirs, weight)
    assert best < min(bits(ours), bits(theirs))
    assert all(best <= mixed_bits(ours, theirs, k / 100) + 1e-6 for k in range(101))
    with pytest.raises(ValueError, match="between 0 and 1"):
        mixed_bits(ours, theirs, 1.5)


def test_a_counting_model_gives_the_probabilities_to_mix_with():
    ngram = NGram(3).fit([TEXT])
    chances = torch.from_numpy(ngram.probabilities(TEXT[:30]))
    assert bits(chances) == pytest.approx(ngram.bits_per_token([TEXT[:30]]))


def test_xz_needs_little_for_what_it_has_seen():
    assert xz_bits_per_character(TEXT, TEXT) < 2 < xz_bits_per_character("z" * 99, "qjxkvbpygfwmucldr" * 4) * 4
    with pytest.raises(ValueError, match="no character to compress"):
        xz_bits_per_character(TEXT, "")
