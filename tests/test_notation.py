"""The three systems of notation name every weight, once each, and agree with torch's layout."""

import itertools
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lecture_utils import notation
from lecture_utils.notation import (
    SYMBOLS,
    SYSTEMS,
    Label,
    caveat,
    gate_label,
    gate_meaning,
    plain,
    shape_in_form,
    tensor_label,
    weight_label,
)
from lecture_utils.shapes import GATES, RecurrentShape


@pytest.mark.parametrize(
    ("name", "lecture", "d2l", "pytorch"),
    [
        ("weight_ih_l0", "W", "W_xh", "weight_ih_l0"),
        ("weight_hh_l0", "U", "W_hh", "weight_hh_l0"),
        ("bias_l0", "b_1", "b_h", "bias_ih_l0 + bias_hh_l0"),
        ("linear.weight", "V", "W_hq", "linear.weight"),
        ("linear.bias", "b_2", "b_q", "linear.bias"),
    ],
)
def test_the_table_of_the_lecture(name, lecture, d2l, pytorch):
    assert [plain(weight_label(name, system)) for system in SYSTEMS] == [lecture, d2l, pytorch]
    row = next(row for row in SYMBOLS if row.symbol == lecture)
    assert row.d2l.removesuffix(", transposed") == d2l
    assert row.pytorch == pytorch.replace("linear", "nn.Linear")


@pytest.mark.parametrize(("cell", "two_way"), list(itertools.product(GATES, [False, True])))
@pytest.mark.parametrize("system", SYSTEMS)
def test_no_two_weights_of_a_network_share_a_label(cell, two_way, system):
    spec = RecurrentShape(cell, 5, 4, num_layers=3, bidirectional=two_way, proj_size=2 * (cell == "lstm"))
    labels = [weight_label(name, system, cell=cell, layers=3, bidirectional=two_way) for name in spec.weights()]
    assert len(set(labels)) == len(labels) == len(spec.weights())
    blocks = [
        gate_label(name, gate, cell, system, layers=3, bidirectional=two_way)
        for name, gate in itertools.product(spec.weights(), spec.gates)
        if not name.startswith("weight_hr")
    ]
    assert len(set(blocks)) == len(blocks)


def test_layers_and_directions_are_told_only_where_there_are_several():
    name = "weight_ih_l1_reverse"
    assert weight_label("weight_ih_l0", "lecture") == Label("W")
    assert weight_label(name, "lecture", layers=2, bidirectional=True) == Label("W", "", "(2)←")
    assert weight_label("weight_hh_l0", "lecture", bidirectional=True) == Label("U", "", "→")
    assert weight_label(name, "d2l", layers=2, bidirectional=True) == Label("W", "xh", "(2)(b)")
    assert weight_label("weight_hh_l0", "d2l", layers=2) == Label("W", "hh", "(1)")
    assert plain(weight_label("weight_hh_l0", "d2l", layers=2)) == "W_hh^(1)"


@pytest.mark.parametrize(
    ("cell", "gate", "labels"),
    [
        ("gru", "r", ("U_r", "W_hr", "W_hr")),
        ("gru", "z", ("U_z", "W_hz", "W_hz")),
        ("gru", "n", ("U_n", "W_hh", "W_hn")),
        ("lstm", "i", ("U_i", "W_hi", "W_hi")),
        ("lstm", "f", ("U_f", "W_hf", "W_hf")),
        ("lstm", "g", ("U_g", "W_hc", "W_hg")),
        ("lstm", "o", ("U_o", "W_ho", "W_ho")),
        ("rnn", "h", ("U", "W_hh", "weight_hh_l0")),
    ],
)
def test_gates_have_their_names_in_each_system(cell, gate, labels):
    assert tuple(plain(gate_label("weight_hh_l0", gate, cell, system)) for system in SYSTEMS) == labels
    assert gate_meaning(gate, cell)


def test_the_input_side_of_a_gate_and_its_biases():
    assert plain(gate_label("weight_ih_l0", "n", "gru", "d2l")) == "W_xh"
    assert plain(gate_label("weight_ih_l0", "r", "gru", "pytorch")) == "W_ir"
    assert plain(gate_label("bias_hh_l0", "n", "gru", "lecture")) == "b_hn"
    assert plain(gate_label("bias_ih_l0", "g", "lstm", "d2l")) == "b_c,ih"
    sums = [plain(gate_label("bias_l0", "f", "lstm", system)) for system in SYSTEMS]
    assert sums == ["b_f", "b_f", "b_if + b_hf"]
    assert plain(weight_label("weight_ih_l0", "d2l", cell="lstm")) == "W_x(i,f,c,o)"


@pytest.mark.parametrize("cell", GATES)
def test_gates_are_those_of_the_shapes(cell):
    for gate in GATES[cell]:
        assert gate_label("weight_ih_l0", gate, cell, "lecture").base == "W"
    assert tuple(notation._GATES_IN_D2L[cell]) == GATES[cell]


def test_tensors_have_their_names_in_each_system():
    assert plain(tensor_label("output", "lecture")) == "h_t"
    assert plain(tensor_label("h_n", "d2l")) == "H_T"
    assert plain(tensor_label("c_0", "pytorch")) == "c_0"
    assert plain(tensor_label("prediction", "lecture")) == "p_t"
    for system in SYSTEMS:
        labels = [tensor_label(name, system) for name in notation._TENSORS]
        assert len(set(labels)) == len(labels)


def test_row_form_transposes_weights_and_keeps_their_axes():
    layer, rows = nn.RNN(4, 3), torch.randn(2, 4)
    shape = RecurrentShape.from_module(layer).weights()["weight_ih_l0"]
    row = shape_in_form(shape, "row")
    transposed = layer.weight_ih_l0.detach().T
    assert row == tuple(transposed.shape)
    assert row.axes == ("input", "hidden")
    assert (rows @ transposed).shape == (2, 3)
    assert shape_in_form(shape, "column").axes == shape.axes
    assert shape_in_form((5,), "row") == (5,)
    assert shape_in_form([3, 4], "row") == (4, 3)


def d2l_gru(module, x, h):
    """One step with the reset gate before the matrix, as in d2l, with the weights of a torch GRU."""
    W, U = module.weight_ih_l0.chunk(3), module.weight_hh_l0.chunk(3)
    b_i, b_h = module.bias_ih_l0.chunk(3), module.bias_hh_l0.chunk(3)
    r, z = (torch.sigmoid(W[k] @ x + U[k] @ h + b_i[k] + b_h[k]) for k in (0, 1))
    n = torch.tanh(W[2] @ x + U[2] @ (r * h) + b_i[2] + b_h[2])
    return (1 - z) * n + z * h


def test_the_caveat_about_the_gru_is_true():
    torch.manual_seed(0)
    module, x, h = nn.GRU(4, 3), torch.randn(4), torch.randn(3)
    module.bias_hh_l0.data[-3:] = 0  # b_hn, so that only the place of the reset gate differs
    assert not torch.allclose(d2l_gru(module, x, h), module(x[None], h[None])[1][0], atol=1e-3)
    assert torch.allclose(d2l_gru(module, x, 0 * h), module(x[None])[1][0], atol=1e-6)  # nothing to reset
    assert "r ⊙ (U h + b_hn)" in caveat("gru", "d2l")
    assert not any(caveat(cell, system) for cell in ("rnn", "lstm") for system in SYSTEMS)
    assert caveat("gru", "lecture") == caveat("gru", "pytorch") == ""


def test_the_symbols_are_those_of_the_lecture():
    symbols = [row.symbol for row in SYMBOLS]
    assert symbols[:10] == ["x_t", "h_t", "o_t", "p_t", "y_t", "W", "U", "V", "b_1", "b_2"]
    assert len(set(symbols)) == len(symbols)
    assert all(all(row) for row in SYMBOLS)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: weight_label("W", "lecture"), 'name must be one of torch\'s, such as "weight_ih_l0"'),
        (lambda: weight_label("weight_l0", "d2l"), "name must be one of torch's"),
        (lambda: weight_label("bias_hr_l0", "d2l"), "name must be one of torch's"),
        (lambda: weight_label(None, "pytorch"), "name must be one of torch's"),
        (lambda: weight_label("weight_ih_l0", "keras"), 'system must be "lecture", "d2l" or "pytorch", but it is'),
        (lambda: weight_label("weight_ih_l0", "d2l", cell="cnn"), 'cell must be "rnn", "gru" or "lstm", but it is'),
        (lambda: gate_label("weight_ih_l0", "i", "gru", "d2l"), 'gate must be "r", "z" or "n", but it is \'i\'.'),
        (lambda: gate_label("bias_l0", "n", "gru", "d2l"), "bias_l0 cannot be the sum of two biases in the n gate"),
        (lambda: weight_label("weight_ih_l" + "9" * 5_000, "d2l"), "name must be one of torch's"),
        (lambda: gate_meaning("h", "gru"), 'gate must be "r", "z" or "n", but it is \'h\'.'),
        (lambda: tensor_label("y", "d2l"), 'name must be "input", "output", "h_0"'),
        (lambda: shape_in_form((1, 2), "diagonal"), 'form must be "column" or "row", but it is \'diagonal\'.'),
        (lambda: shape_in_form((1, 2, 3), "row"), "shape must be that of a matrix or a bias, but it has 3 axes."),
        (lambda: caveat("gru", "keras"), 'system must be "lecture"'),
    ],
)
def test_unknown_names_get_a_sentence(call, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}.*"):
        call()


@given(st.text() | st.none() | st.integers() | st.lists(st.text()))
def test_no_name_raises_anything_but_a_sentence(name):
    for system in SYSTEMS:
        for label in (weight_label, tensor_label):
            with pytest.raises(ValueError, match=r"^name must be"):
                label(name, system)
