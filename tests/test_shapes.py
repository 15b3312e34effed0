"""The arithmetic of shapes against real torch.nn modules, and its sentences for impossible settings."""

import copy
import dataclasses
import itertools
import pickle
import re
import subprocess
import sys
import warnings

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import pack_sequence

from lecture_utils.shapes import GATES, RecurrentShape, Shape

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}
SIZES = [(1, 2), (2, 2), (3, 2), (2, 3), (3, 3), (4, 5), (5, 4)]  # (input, hidden)
KINDS = [("rnn", "tanh", 0), ("rnn", "relu", 0), ("gru", "tanh", 0), ("lstm", "tanh", 0), ("lstm", "tanh", 1)]
SWITCHES = list(itertools.product([1, 2, 3], [False, True], [False, True], [False, True]))
LENGTHS = [(1, None), (3, None), (1, 2), (2, 1), (3, 2), (3, 3)]  # (steps, batch items); None: unbatched


def settings_of(kind):
    """Every setting of one kind of cell with every length, sizes that coincide among them."""
    cell, nonlinearity, projected = kind
    for (d_in, d_h), (layers, two_way, first, bias), length in itertools.product(SIZES, SWITCHES, LENGTHS):
        dropout = 0.25 * (layers - 1) / 2
        projection = projected * (d_h - 1)
        spec = RecurrentShape(cell, d_in, d_h, layers, two_way, first, bias, dropout, projection, nonlinearity)
        yield spec, length


def module_of(spec, **more):
    """Build torch's module with the settings of a spec."""
    options = dataclasses.asdict(spec)
    module = MODULES[options.pop("cell")]
    if module is not nn.RNN:
        del options["nonlinearity"]
    if module is not nn.LSTM:
        del options["proj_size"]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # dropout with one layer, projection without oneDNN
        return module(**options, **more)


def run(module, spec, steps, items):
    """Feed a module tensors of the shapes the spec asks for; return the shapes of all it gives back."""
    given = {name: torch.zeros(shape) for name, shape in spec.inputs(steps, items).items()}
    states = (given["h_0"], given["c_0"]) if "c_0" in given else given["h_0"]
    with torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        output, final = module(given["input"], states)
    tensors = [output, *final] if isinstance(final, tuple) else [output, final]
    return dict(zip(["output", "h_n", "c_n"], [tuple(tensor.shape) for tensor in tensors]))


def test_the_grid_is_large():
    assert len({setting for kind in KINDS for setting in settings_of(kind)}) >= 5_000


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind)))
def test_every_setting_agrees_with_torch(kind):
    modules = {}
    for spec, (steps, items) in settings_of(kind):
        if spec not in modules:
            modules[spec] = module_of(spec)
            named = [(name, tuple(weight.shape)) for name, weight in modules[spec].named_parameters()]
            assert list(spec.weights().items()) == named, spec
            assert spec.num_parameters == sum(weight.numel() for weight in modules[spec].parameters()), spec
            assert RecurrentShape.from_module(modules[spec]) == spec
        assert run(modules[spec], spec, steps, items) == spec.outputs(steps, items), (spec, steps, items)


def test_large_sizes_agree_with_torch():
    spec = RecurrentShape("lstm", 100_000, 4_096, num_layers=2, bidirectional=True, proj_size=1_024)
    module = module_of(spec, device="meta")
    assert spec.weights() == {name: tuple(weight.shape) for name, weight in module.named_parameters()}
    assert spec.num_parameters == sum(weight.numel() for weight in module.parameters())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: "-".join(map(str, kind)))
def test_the_terms_add_up_and_their_formulas_are_true(kind):
    for spec in {spec for spec, _ in settings_of(kind)}:
        terms = spec.parameter_terms()
        assert [term.name for term in terms] == list(spec.weights())
        assert sum(term.count for term in terms) == spec.num_parameters
        for term in terms:
            assert eval(term.formula.replace("·", "*")) == term.count == term.shape.elements
            assert f"_l{term.layer}" in term.name
            assert term.name.endswith("_reverse") == (term.direction == 1)


def test_the_formula_shows_gates_and_directions():
    spec = RecurrentShape("lstm", 20, 10, num_layers=2, bidirectional=True)
    formulas = {term.name: term.formula for term in spec.parameter_terms()}
    assert formulas["weight_ih_l0"] == "4 · 10 · 20"
    assert formulas["weight_ih_l1"] == "4 · 10 · (2 · 10)"
    assert formulas["bias_ih_l0"] == "4 · 10"


def test_gates_stand_in_the_order_of_the_row_blocks():
    """Setting one block of the bias drives that gate alone, so its place can be read off the new state."""
    assert GATES["rnn"] == ("h",)
    gru, lstm = nn.GRU(1, 1), nn.LSTM(1, 1)
    state, cell = torch.full((1, 1), 0.5), torch.full((1, 1), 0.7)
    for module in (gru, lstm):
        for weight in module.parameters():
            nn.init.zeros_(weight)
    sigmoid = torch.sigmoid(torch.tensor(2.0)).item()
    tanh = torch.tanh(torch.tensor(2.0)).item()
    gru_expected = {"r": 0.25, "z": 0.5 * sigmoid, "n": 0.25 + 0.5 * tanh}
    lstm_cells = {"i": 0.35, "f": 0.7 * sigmoid, "g": 0.35 + 0.5 * tanh, "o": 0.35}
    for block, gate in enumerate(GATES["gru"]):
        gru.bias_ih_l0.data = 2.0 * torch.eye(3)[block]
        assert gru(torch.zeros(1, 1), state)[0].item() == pytest.approx(gru_expected[gate])
    for block, gate in enumerate(GATES["lstm"]):
        lstm.bias_ih_l0.data = 2.0 * torch.eye(4)[block]
        h_n, c_n = lstm(torch.zeros(1, 1), (state, cell))[1]
        assert c_n.item() == pytest.approx(lstm_cells[gate])
        opened = sigmoid if gate == "o" else 0.5
        assert h_n.item() == pytest.approx(opened * torch.tanh(c_n).item())


def test_axes_have_names():
    spec = RecurrentShape("lstm", 20, 10, num_layers=2, bidirectional=True, batch_first=True, proj_size=4)
    assert spec.inputs(5, 3)["input"].named == "(batch 3, time 5, feature 20)"
    assert spec.inputs(5)["input"].axes == ("time", "feature")
    assert spec.outputs(5, 3)["h_n"].named == "(layer·direction 4, batch 3, feature 4)"
    assert spec.outputs(5, 3)["c_n"].named == "(layer·direction 4, batch 3, feature 10)"
    assert spec.weights()["weight_ih_l1"].named == "(gate × hidden 40, direction × projection 8)"
    assert spec.weights()["weight_hr_l0"].axes == ("projection", "hidden")
    assert RecurrentShape("rnn", 20, 10).weights()["weight_ih_l0"].named == "(hidden 10, input 20)"


def test_a_shape_is_its_tuple_and_survives_copying():
    shape = Shape((5, 3), ("time", "feature"))
    assert shape == (5, 3)
    assert str(shape) == "(5, 3)"
    for copied in (copy.copy(shape), copy.deepcopy(shape), pickle.loads(pickle.dumps(shape))):
        assert (copied, copied.axes) == ((5, 3), ("time", "feature"))
    with pytest.raises(ValueError, match="one name per axis"):
        Shape((5, 3), ("time",))


def test_settings_are_normalised_and_hashable():
    spec = RecurrentShape("LSTM", np.int64(4), torch.tensor(3), bidirectional=np.bool_(True), dropout=np.float32(0.5))
    assert spec == RecurrentShape("lstm", 4, 3, bidirectional=True, dropout=0.5)
    assert {type(value) for value in dataclasses.astuple(spec)} == {str, int, bool, float}
    assert len({spec, dataclasses.replace(spec)}) == 1


def test_the_sequence_length_changes_no_parameter_and_dropout_no_shape():
    spec = RecurrentShape("gru", 4, 3, num_layers=2)
    assert spec.weights() == dataclasses.replace(spec, dropout=0.5).weights()
    assert spec.outputs(5, 2) == dataclasses.replace(spec, dropout=1).outputs(5, 2)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"hidden_size": 0}, "hidden_size must be a whole number from 1 to 1,000,000, but it is 0."),
        ({"input_size": -3}, "input_size must be a whole number from 1 to 1,000,000, but it is -3."),
        ({"hidden_size": 2.0}, "hidden_size must be a whole number from 1 to 1,000,000, but it is 2.0."),
        ({"hidden_size": True}, "hidden_size must be a whole number from 1 to 1,000,000, but it is True."),
        ({"hidden_size": "10"}, "hidden_size must be a whole number from 1 to 1,000,000, but it is the text '10'."),
        ({"hidden_size": None}, "hidden_size must be a whole number from 1 to 1,000,000, but it is None."),
        ({"hidden_size": 10**7}, "hidden_size must be a whole number from 1 to 1,000,000, but it is 10000000."),
        ({"hidden_size": 10**6000}, "hidden_size must be a whole number from 1 to 1,000,000, but it is a whole number"),
        ({"num_layers": 0}, "num_layers must be a whole number from 1 to 1,000, but it is 0."),
        ({"cell": "transformer"}, "cell must be \"rnn\", \"gru\" or \"lstm\", but it is the text 'transformer'."),
        ({"cell": 3}, 'cell must be "rnn", "gru" or "lstm", but it is 3.'),
        ({"bidirectional": 1}, "bidirectional must be True or False, but it is 1."),
        ({"batch_first": None}, "batch_first must be True or False, but it is None."),
        ({"bias": "no"}, "bias must be True or False, but it is the text 'no'."),
        ({"dropout": 1.5}, "dropout must be a number from 0 to 1, but it is 1.5."),
        ({"dropout": float("nan")}, "dropout must be a number from 0 to 1, but it is nan."),
        ({"dropout": True}, "dropout must be a number from 0 to 1, but it is True."),
        ({"proj_size": 3, "cell": "gru"}, "proj_size must be 0 for a GRU, but it is 3: only an LSTM projects."),
        ({"proj_size": 10, "cell": "lstm"}, "proj_size must be smaller than hidden_size (10), but it is 10."),
        ({"proj_size": -1, "cell": "lstm"}, "proj_size must be a whole number from 0 to 1,000,000, but it is -1."),
        ({"nonlinearity": "sigmoid"}, "nonlinearity must be \"tanh\" or \"relu\", but it is the text 'sigmoid'."),
        (
            {"nonlinearity": "relu", "cell": "gru"},
            'nonlinearity must stay "tanh" for a GRU, but it is "relu": only a plain RNN offers the choice.',
        ),
    ],
)  # fmt: skip
def test_impossible_settings_get_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}") as caught:
        RecurrentShape(**{"cell": "rnn", "input_size": 20, "hidden_size": 10} | settings)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("method", ["inputs", "outputs"])
@pytest.mark.parametrize(("sizes", "name"), [((0, 3), "seq_len"), ((5, 0), "batch_size"), (("5", 3), "seq_len")])
def test_impossible_lengths_get_a_sentence(method, sizes, name):
    with pytest.raises(ValueError, match=f"{name} must be a whole number from 1 to 1,000,000"):
        getattr(RecurrentShape("rnn", 2, 2), method)(*sizes)


class Rude:
    """An object that resists being looked at."""

    def __repr__(self):
        raise RuntimeError("no")

    __index__ = __le__ = __ge__ = __float__ = __repr__


ANYTHING = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary(), st.complex_numbers(),
    st.lists(st.integers(), max_size=3), st.integers(-3, 3), st.integers(10**400, 10**401), st.fractions(),
    st.sampled_from([Rude(), Rude, np.array([1, 2]), torch.tensor([1, 2]), np.nan, "lstm", "\ud800", np.bool_(False)]),
)  # fmt: skip


def sentence_for(attempt):
    """What a ValueError says, or "" if the attempt succeeds; any other error goes through and fails the test."""
    try:
        attempt()
    except ValueError as error:
        return str(error)
    return ""


@given(st.fixed_dictionaries({}, optional={field.name: ANYTHING for field in dataclasses.fields(RecurrentShape)}))
def test_bad_settings_raise_nothing_but_sentences(settings):
    usable = {"cell": "lstm", "input_size": 2, "hidden_size": 2}
    sentence = sentence_for(lambda: RecurrentShape(**usable | settings).outputs(1))
    assert re.fullmatch(r"(\w+ must .+\.)?", sentence)


@given(ANYTHING, ANYTHING)
def test_bad_lengths_raise_nothing_but_sentences(steps, items):
    spec = RecurrentShape("lstm", 2, 2)
    for attempt in (spec.inputs, spec.outputs):
        assert re.fullmatch(r"(\w+ must .+\.)?", sentence_for(lambda attempt=attempt: attempt(steps, items)))


@given(ANYTHING)
def test_bad_ragged_lengths_raise_nothing_but_sentences(lengths):
    sentence = sentence_for(lambda: RecurrentShape("lstm", 2, 2).packed(lengths))
    assert re.fullmatch(r"(.* must .+\.)?", sentence)


@pytest.mark.parametrize("stranger", [nn.Linear(2, 2), nn.LSTMCell(2, 2), nn.LSTM, None, "lstm", object(), Rude()])
def test_from_module_refuses_strangers(stranger):
    with pytest.raises(TypeError, match=r"^Expected an nn.RNN, nn.GRU or nn.LSTM, or .* but got .*\.$"):
        RecurrentShape.from_module(stranger)


def test_from_module_knows_subclasses_and_lookalikes():
    class Tagger(nn.LSTM):
        pass

    class RNN:
        input_size, hidden_size, num_layers, bidirectional, nonlinearity = 4, 3, 2, True, "relu"

    assert RecurrentShape.from_module(Tagger(4, 3, proj_size=2)) == RecurrentShape("lstm", 4, 3, proj_size=2)
    assert RecurrentShape.from_module(RNN()) == RecurrentShape("rnn", 4, 3, 2, True, nonlinearity="relu")


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.booleans())
def test_the_packed_layout_is_torchs(lengths, two_way):
    spec = RecurrentShape("gru", 3, 2, num_layers=2, bidirectional=two_way)
    layout = spec.packed(lengths)
    coded = [torch.tensor([[step, item, 0.0] for step in range(length)]) for item, length in enumerate(lengths)]
    packed = pack_sequence(coded, enforce_sorted=False)
    assert layout.data_length == len(packed.data) == sum(lengths)
    assert list(layout.batch_sizes) == packed.batch_sizes.tolist()
    assert list(layout.sorted_indices) == packed.sorted_indices.tolist()
    assert list(layout.unsorted_indices) == packed.unsorted_indices.tolist()
    assert [list(row) for row in layout.rows] == packed.data[:, :2].tolist()
    assert layout.input == tuple(packed.data.shape)
    assert layout.padding == max(lengths) * len(lengths) - sum(lengths)
    output, h_n = nn.GRU(3, 2, num_layers=2, bidirectional=two_way)(packed)
    assert layout.output == tuple(output.data.shape)
    assert torch.equal(output.data[list(layout.last_rows), :2], h_n[2 if two_way else -1])
    if two_way:
        assert torch.equal(output.data[list(layout.first_rows), 2:], h_n[-1])


@pytest.mark.parametrize(
    ("lengths", "sentence"),
    [
        ([], "lengths must hold one length per sequence, but it is empty."),
        ([3, 0], "The length of sequence 1 must be a whole number from 1 to 1,000,000, but it is 0."),
        ("53", "lengths must be a list of whole numbers such as [5, 3, 2], but it is the text '53'."),
        ([600_000, 600_000], "lengths must add up to at most 1,000,000 steps, but they exceed it."),
    ],
)
def test_impossible_ragged_lengths_get_a_sentence(lengths, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}$"):
        RecurrentShape("rnn", 2, 2).packed(lengths)


def modules_after(code):
    """The names of all modules loaded in a fresh interpreter that runs `code`."""
    script = f"{code}\nimport sys\nprint(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(run.stdout.split())


def test_importing_it_loads_neither_torch_nor_numpy():
    use = "s = RecurrentShape('lstm', 2, 2); s.weights(); s.outputs(2, 2); s.packed([2, 1])"
    code = f"import lecture_utils.notation\nfrom lecture_utils.shapes import RecurrentShape\n{use}"
    loaded = modules_after(code)
    assert "lecture_utils.shapes.spec" in loaded
    assert not {"torch", "numpy"} & loaded
    assert "torch" not in modules_after(f"{code}\ns.provenance('output[-1]', 2, 2)")
