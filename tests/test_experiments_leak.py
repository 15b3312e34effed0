"""The experiment on the leak: what a two-way model sees, what is judged, and what was stored."""

import math

import pytest
import torch

from lecture_utils.experiments import leak
from lecture_utils.experiments.common import find, stored
from lecture_utils.experiments.leak import WAYS, CharacterModel, bits, train, write

TINY = {"width": 8, "steps": 3, "seq_len": 12, "lr": 0.01, "texts": 4}


@pytest.mark.parametrize("way", WAYS)
def test_only_a_two_way_model_sees_the_character_it_is_asked_for(way):
    torch.manual_seed(0)
    model, ids = CharacterModel(30, 8, bidirectional=way == "two-way"), torch.randint(30, (6, 1))
    changed = ids.clone()
    changed[4] = (changed[4] + 1) % 30  # the target of step 3
    with torch.no_grad():
        moved = (model(ids)[3] - model(changed)[3]).abs().max().item() > 0
    assert moved == (way == "two-way")


def test_bits_over_a_tail_are_those_of_its_steps():
    torch.manual_seed(0)
    model, inputs, targets = CharacterModel(30, 8, False), torch.randint(30, (6, 3)), torch.randint(30, (6, 3))
    logs = model(inputs).log_softmax(dim=-1).gather(-1, targets[..., None])[..., 0]  # (T, N)
    for tail in (None, 1, 4):
        some = logs if tail is None else logs[-tail:]
        assert bits(model, [(inputs, targets)], tail) == pytest.approx(-some.mean().item() / math.log(2), rel=1e-5)


def test_a_model_writes_from_what_it_wrote():
    def counting(ids):
        return 100.0 * torch.nn.functional.one_hot((ids + 1) % 5, 5)  # surely the number after the last one

    text = write(counting, torch.tensor([[0, 1], [1, 2], [2, 3]]), 4, seed=0)
    assert text.T.tolist() == [[3, 4, 0, 1], [4, 0, 1, 2]]


def test_an_unknown_way_gets_a_sentence():
    with pytest.raises(ValueError, match=r"way must be one-way or two-way, got 'both'"):
        train("both", seed=0, width=4, steps=1, seq_len=4, lr=0.1)


def test_equal_arguments_give_equal_figures():
    assert find("leak").measure(0, **TINY) == find("leak").measure(0, **TINY)


def test_the_stored_figures_show_a_loss_too_good_to_be_true():
    result = stored("leak")
    assert result.config == dict(leak.EXPERIMENT.config)
    for figures in result.runs:
        assert figures["two-way"]["whole windows"] < 0.3 < 1.5 < figures["one-way"]["whole windows"]
        assert figures["two-way"]["next, unseen"] > figures["one-way"]["next, unseen"] + 0.3
        assert figures["two-way"]["written"] > figures["one-way"]["written"] + 0.3
