import re

import pytest
import torch
from torch import nn

from lecture_utils import bptt, rnn
from lecture_utils.probes import layer_states, linear_probe, words_before

CELLS = [nn.RNN, nn.GRU, nn.LSTM]


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("options", [{}, {"bidirectional": True, "bias": False}, {"batch_first": True, "dropout": 0.5}])
def test_the_states_of_every_layer_are_pytorchs(cell, options):
    torch.manual_seed(0)
    net = cell(5, 4, num_layers=3, **options).double().eval()
    x = torch.randn(6, 2, 5, dtype=torch.float64)
    states = layer_states(net, x)
    output, h_n = net(x)[0], net(x)[1]
    h_n = h_n[0] if isinstance(h_n, tuple) else h_n  # (L D, N, d_h)
    assert [s.shape for s in states] == [output.shape] * 3
    torch.testing.assert_close(states[-1], output)
    last = [(s[:, -1] if net.batch_first else s[-1])[:, :4] for s in states]  # the forward direction's
    torch.testing.assert_close(torch.stack(last), h_n[:: 2 if net.bidirectional else 1])


def test_states_of_one_sequence_and_another_nonlinearity():
    torch.manual_seed(0)
    net = nn.RNN(3, 4, num_layers=2, nonlinearity="relu")
    x = torch.randn(5, 3)
    low, top = layer_states(net, x)
    assert low.shape == (5, 4)
    torch.testing.assert_close(top, net(x)[0])
    assert not low.requires_grad


@pytest.mark.parametrize("cell", [rnn.RNN, bptt.RNN, nn.RNN])
@pytest.mark.parametrize("options", [{"nonlinearity": "relu"}, {"nonlinearity": "relu", "bidirectional": True}, {}])
def test_an_rnn_of_ours_is_read_with_its_own_nonlinearity(cell, options):
    torch.manual_seed(0)
    net, x = cell(3, 4, num_layers=2, **options), torch.randn(5, 2, 3)
    states = layer_states(net, x)
    torch.testing.assert_close(states[-1], net(x)[0])
    torch.testing.assert_close(states[0][-1, :, :4], net(x)[1][0])
    assert bool((states[-1] >= 0).all()) == ("nonlinearity" in options)


@pytest.mark.parametrize("cell", [rnn.GRU, rnn.LSTM, bptt.GRU])
def test_gated_layers_of_ours_are_read_too(cell):
    torch.manual_seed(0)
    net, x = cell(3, 4, num_layers=2), torch.randn(5, 2, 3)
    torch.testing.assert_close(layer_states(net, x)[-1], net(x)[0])


@pytest.mark.parametrize(
    ("net", "x", "sentence"),
    [
        (nn.Linear(3, 4), torch.ones(5, 3), "rnn must be a recurrent layer (RNN, GRU or LSTM), but it is of type Lin"),
        (nn.RNNCell(3, 4), torch.ones(5, 3), "but it is of type RNNCell."),
        (nn.LSTM(3, 4, proj_size=2), torch.ones(5, 3), "must not project its states, but its proj_size is 2."),
        (rnn.LSTM(3, 4, proj_size=2), torch.ones(5, 3), "must not project its states, but its proj_size is 2."),
        (nn.GRU(3, 4), torch.ones(5, 2, 4), "3 features on the last, but its shape is (5, 2, 4)."),
        (rnn.RNN(3, 4), torch.ones(5, 2, 4), "3 features on the last, but its shape is (5, 2, 4)."),
        (nn.GRU(3, 4), torch.ones(3), "x must have 2 or 3 axes and 3 features on the last, but its shape is (3,)."),
        (nn.GRU(3, 4), torch.ones(5, 3).long(), "floating-point numbers, but it is of type torch.int64."),
        (nn.GRU(3, 4), [[1.0, 2.0, 3.0]], "floating-point numbers, but it is of type list."),
    ],
)
def test_what_cannot_be_looked_into_gets_a_sentence(net, x, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        layer_states(net, x)


def test_looking_changes_neither_the_network_nor_what_is_drawn_next():
    net, x = nn.GRU(3, 4, num_layers=2, dropout=0.5), torch.randn(5, 3)
    before, generator = {name: p.clone() for name, p in net.state_dict().items()}, torch.get_rng_state()
    layer_states(net, x)
    assert net.training
    assert torch.equal(torch.get_rng_state(), generator)
    assert all(torch.equal(before[name], p) for name, p in net.state_dict().items())


def test_a_probe_reads_what_stands_there_in_a_linear_form():
    torch.manual_seed(0)
    answers = torch.randint(4, (400,))
    mixed = nn.functional.one_hot(answers).float() @ torch.randn(4, 9) + 0.05 * torch.randn(400, 9)
    moved = 3 + 1e-3 * mixed.double()  # neither the place nor the scale of the states matters
    for states in (mixed, moved):
        read = linear_probe(states[:300], answers[:300], states[300:])
        assert (read == answers[300:]).float().mean() > 0.97


def test_a_probe_finds_nothing_where_nothing_stands():
    torch.manual_seed(0)
    states, answers = torch.randn(4000, 8), torch.randint(4, (4000,))
    right = (linear_probe(states[:2000], answers[:2000], states[2000:]) == answers[2000:]).float().mean()
    assert 0.2 < right < 0.3


def test_where_the_states_say_nothing_the_most_frequent_answer_is_given():
    answers = torch.tensor([2, 2, 2, 0, 1])
    assert linear_probe(torch.ones(5, 3), answers, torch.ones(2, 3)).tolist() == [2, 2]


def test_the_penalty_is_ridge_regressions():
    torch.manual_seed(0)
    states, answers, new = torch.randn(50, 3), torch.randint(3, (50,)), torch.randn(200, 3)
    light, heavy = (linear_probe(states, answers, new, ridge=r) for r in (1e-6, 1e6))
    assert not torch.equal(light, heavy)

    mean, std = states.mean(dim=0), states.std(dim=0)
    A, B = (torch.cat([(rows - mean) / std, torch.ones(len(rows), 1)], dim=1) for rows in (states, new))
    least_squares = torch.linalg.lstsq(A, nn.functional.one_hot(answers).float()).solution
    assert torch.equal(light, (B @ least_squares).argmax(dim=1))


STATES, ANSWERS = torch.arange(12.0).reshape(4, 3), torch.tensor([0, 1, 0, 2])


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"states": torch.ones(4)}, "states must be floating-point numbers on 2 axes"),
        ({"states": torch.ones(4, 3, 1)}, "but it is torch.float32 of shape (4, 3, 1)."),
        ({"states": torch.ones(4, 3).long()}, "states must be floating-point numbers on 2 axes"),
        ({"new_states": torch.ones(3)}, "new_states must be floating-point numbers on 2 axes"),
        ({"new_states": torch.ones(5, 2)}, "must have the same features, but they have 3 and 2."),
        ({"answers": ANSWERS[:3]}, "one for each row of states, and more than one, but the shapes are (3,) and "),
        ({"answers": ANSWERS[:, None]}, "but the shapes are (4, 1) and (4, 3)."),
        ({"states": STATES[:1], "answers": ANSWERS[:1]}, "but the shapes are (1,) and (1, 3)."),
        ({"states": STATES[:0], "answers": ANSWERS[:0]}, "but the shapes are (0,) and (0, 3)."),
        ({"answers": ANSWERS.float()}, "whole numbers from 0, but they are torch.float32: [0.0, 1.0, 0.0, 2.0]."),
        ({"answers": ANSWERS > 0}, "whole numbers from 0, but they are torch.bool"),
        ({"answers": ANSWERS - 1}, "whole numbers from 0, but they are torch.int64: [-1, 0, -1, 1]."),
    ],
)
def test_examples_that_do_not_fit_get_a_sentence(changes, sentence):
    with pytest.raises(ValueError, match=re.escape(sentence)):
        linear_probe(**{"states": STATES, "answers": ANSWERS, "new_states": torch.ones(5, 3), **changes})


def test_answers_of_any_whole_type_are_read_alike():
    expected = linear_probe(STATES, ANSWERS, STATES)
    assert torch.equal(linear_probe(STATES, ANSWERS.to(torch.int32), STATES), expected)
    assert torch.equal(linear_probe(STATES, ANSWERS.to(torch.uint8), STATES), expected)


def test_words_before():
    found = words_before("The cat, a CAT!")
    assert found == {4: "the", 5: "the", 6: "the", 9: "cat", 11: "a", 12: "a", 13: "a"}
    assert words_before("alone 42") == {}
