"""The experiment on the bottleneck: its two decoders, its strings, and what it stored."""

from itertools import pairwise

import pytest
import torch

from lecture_utils.experiments.bottleneck import Copier, Strings, copied, copy_loss, train_copier
from lecture_utils.experiments.common import find, stored

TINY = {"widths": [8], "attentive": 8, "lengths": [1, 2], "steps": 3, "batch": 4, "longest": 3, "test": 10}


@pytest.mark.parametrize("attention", [False, True])
def test_copying_step_by_step_agrees_with_teacher_forcing(attention):
    torch.manual_seed(0)
    model = Copier(5, 6, attention=attention)
    strings = torch.randint(5, (4, 3))
    written = model.copy(strings)  # (T, N)
    read, state = model.encoder(model.read(strings))
    start = torch.full_like(strings[:1], 5)
    forced, _ = model.logits(torch.cat((start, written[:-1])), read, state)
    assert torch.equal(forced.argmax(dim=-1), written)


def test_without_attention_the_decoder_sees_the_last_state_alone():
    torch.manual_seed(0)
    inputs, state, others = torch.randint(5, (4, 3)), torch.randn(1, 3, 6), torch.randn(7, 3, 6)
    plain, attentive = Copier(5, 6), Copier(5, 6, attention=True)
    assert torch.equal(plain.logits(inputs, others, state)[0], plain.logits(inputs, 2 * others, state)[0])
    assert not torch.allclose(
        attentive.logits(inputs, others, state)[0], attentive.logits(inputs, 2 * others, state)[0]
    )


def test_attention_is_a_weighted_mean_of_all_states():
    torch.manual_seed(0)
    model = Copier(5, 6, attention=True)
    inputs, state = torch.randint(5, (4, 1)), torch.randn(1, 1, 6)
    one = torch.randn(1, 1, 6)
    several = model.logits(inputs, one.expand(7, 1, 6), state)[0]  # a mean of equal states is the state itself
    torch.testing.assert_close(several, model.logits(inputs, one, state)[0])


def test_strings_are_drawn_afresh_and_of_every_length():
    stream = iter(Strings(5, 4, 3, seed=0))
    drawn = [next(stream)[0] for _ in range(60)]
    assert {len(strings) for strings in drawn} == {1, 2, 3, 4}
    assert {strings.shape[1] for strings in drawn} == {3}
    assert {int(symbol) for strings in drawn for symbol in strings.flatten()} == set(range(5))
    again = iter(Strings(5, 4, 3, seed=0))
    assert all(torch.equal(strings, next(again)[0]) for strings in drawn)


def test_an_untrained_model_copies_by_chance_and_a_trained_one_learns():
    torch.manual_seed(0)
    assert copied(Copier(10, 16), 10, 3, test=200, seed=0) < 0.1
    model = train_copier(16, False, seed=0, symbols=4, longest=1, batch=32, steps=60, lr=0.02)
    assert copied(model, 4, 1, test=50, seed=0) > 0.9
    loss = copy_loss(model, torch.zeros(1, 2, dtype=torch.int64))
    assert loss < 1.0


def test_equal_seeds_give_equal_figures_and_one_share_for_each_length():
    one, again = (find("bottleneck").measure(3, **TINY) for _ in range(2))
    assert one == again
    assert set(one["accuracy"]) == {"8"}
    assert len(one["accuracy"]["8"]) == len(one["attention"]) == 2
    assert find("bottleneck").measure(3, **{**TINY, "attentive": 0})["attention"] == []


def test_the_stored_figures_show_the_bottleneck():
    result = stored("bottleneck")
    lengths, widths = result.config["lengths"], result.config["widths"]
    for width in widths:
        assert result.band("accuracy", str(width), 0).low > 0.9
        assert result.band("accuracy", str(width), len(lengths) - 1).high < 0.3
    for narrow, wide in pairwise(widths):
        total = [sum(result.mean("accuracy", str(w), k) for k in range(len(lengths))) for w in (narrow, wide)]
        assert total[0] < total[1]
    assert result.band("attention", len(lengths) - 1).low > 0.7
