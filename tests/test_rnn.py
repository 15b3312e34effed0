"""The layers from scratch do what torch.nn's do: weights, outputs, states, gradients, errors."""

import copy
import inspect
import itertools
import pickle
import re
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.nn.utils.rnn import PackedSequence, pack_padded_sequence, pack_sequence, pad_packed_sequence

from lecture_utils import rnn
from lecture_utils.shapes import RecurrentShape

# torch's own notice about its LSTM with proj_size in float32: ours has nothing to do with oneDNN.
pytestmark = pytest.mark.filterwarnings("ignore:LSTM with projections is not supported with oneDNN")

CELLS = ("RNN", "GRU", "LSTM")
VARIANTS = {
    "tanh": ("RNN", {}),
    "relu": ("RNN", {"nonlinearity": "relu"}),
    "GRU": ("GRU", {}),
    "LSTM": ("LSTM", {}),
    "LSTM projecting": ("LSTM", {"proj_size": 2}),
}
FORMS = ("unbatched", "time first", "batch first", "packed sorted", "packed unsorted")


def pair(cell, *args, seed=0, **kwargs):
    """Our layer and torch's, built alike: the same seed must give the same weights."""
    layers = []
    for library in (rnn, nn):
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # dropout with one layer
            layers.append(getattr(library, cell)(*args, **kwargs))
    return layers


def make_input(form, steps, batch, features, dtype=torch.float64):
    """A random input in one of the FORMS; packed ones are ragged, with lengths from `steps` down to 1."""
    if form == "unbatched":
        return torch.randn(steps, features, dtype=dtype)
    if form == "time first":
        return torch.randn(steps, batch, features, dtype=dtype)
    if form == "batch first":
        return torch.randn(batch, steps, features, dtype=dtype)
    lengths = [max(1, steps - 2 * item) for item in range(batch)]
    if form == "packed unsorted":
        lengths = lengths[1:] + lengths[:1]  # the longest comes last
    return pack_sequence(
        [torch.randn(length, features, dtype=dtype) for length in lengths], enforce_sorted=form == "packed sorted"
    )


def make_state(layer, form, batch):
    """Random initial states of the shapes that the settings of a torch.nn layer ask for."""
    depth = layer.num_layers * (1 + layer.bidirectional)
    widths = [layer.proj_size or layer.hidden_size] + [layer.hidden_size] * isinstance(layer, nn.LSTM)
    lead = (depth,) if form == "unbatched" else (depth, batch)
    state = tuple(torch.randn(*lead, width, dtype=torch.float64) for width in widths)
    return state if isinstance(layer, nn.LSTM) else state[0]


def tensors(value):
    """The tensors in an output, an input or a state, one after the other."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, PackedSequence):
        return [value.data]
    return [tensor for part in value if part is not None for tensor in tensors(part)]


def results(layer, input, hx):
    """Outputs and states of a layer, then the gradients of a fixed random loss by input, states and weights."""
    leaves = [leaf.requires_grad_() for leaf in tensors((input, hx))]
    returned = layer(input, hx)
    torch.manual_seed(1)
    loss = sum((torch.randn(out.shape, dtype=out.dtype) * out).sum() for out in tensors(returned))
    return returned, torch.autograd.grad(loss, [*leaves, *layer.parameters()])


def assert_equal(ours, theirs, tolerance=1e-10):
    """Equal shapes, and a largest difference of `tolerance` relative to the largest number."""
    assert len(ours) == len(theirs)
    for got, wanted in zip(ours, theirs):
        assert got.shape == wanted.shape
        assert got.dtype == wanted.dtype
        assert (got - wanted).abs().max() <= tolerance * wanted.abs().max()


def assert_same(ours, theirs, input, hx=None):
    """Equal outputs, states and gradients, in equal containers."""
    (got, got_gradients), (wanted, wanted_gradients) = results(ours, input, hx), results(theirs, input, hx)
    assert type(got[0]) is type(wanted[0])
    assert type(got[1]) is type(wanted[1])
    assert_equal(tensors(got), tensors(wanted))
    assert_equal(got_gradients, wanted_gradients)
    if isinstance(input, PackedSequence):
        for ours_part, input_part in zip(got[0][1:], input[1:]):
            assert ours_part is input_part or torch.equal(ours_part, input_part)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_outputs_states_and_gradients_equal_torchs_on_a_grid(variant, form):
    cell, extra = VARIANTS[variant]
    for layers, bidirectional, bias, given_state in itertools.product((1, 3), *[(False, True)] * 3):
        options = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias, **extra}
        ours, theirs = pair(cell, 4, 3, batch_first=form == "batch first", dtype=torch.float64, **options)
        input = make_input(form, steps=5, batch=3, features=4)
        assert_same(ours, theirs, input, make_state(theirs, form, batch=3) if given_state else None)


@st.composite
def cases(draw):
    """A layer of torch's with an input and a state of sizes that may coincide."""
    cell = draw(st.sampled_from(CELLS))
    hidden = draw(st.integers(1, 5))
    options = {
        "input_size": draw(st.integers(1, 5)),
        "hidden_size": hidden,
        "num_layers": draw(st.integers(1, 3)),
        **{name: draw(st.booleans()) for name in ("bias", "batch_first", "bidirectional")},
        "dropout": draw(st.sampled_from((0.0, 0.4))),
    }
    if cell == "RNN":
        options["nonlinearity"] = draw(st.sampled_from(("tanh", "relu")))
    if cell == "LSTM":
        options["proj_size"] = draw(st.integers(0, hidden - 1))
    form = draw(st.sampled_from(FORMS))
    if form in FORMS[1:3]:
        form = "batch first" if options["batch_first"] else "time first"
    return cell, options, form, draw(st.integers(1, 6)), draw(st.integers(1, 5)), draw(st.booleans())


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(case=cases(), seed=st.integers(0, 9))
def test_outputs_states_and_gradients_equal_torchs_on_settings_drawn_at_random(case, seed):
    cell, options, form, steps, batch, given_state = case
    ours, theirs = pair(cell, **options, dtype=torch.float64, seed=seed)
    input = make_input(form, steps, batch, options["input_size"])
    assert_same(ours.eval(), theirs.eval(), input, make_state(theirs, form, batch) if given_state else None)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_outputs_equal_torchs_to_a_millionth_in_float32(variant, bidirectional):
    cell, extra = VARIANTS[variant]
    for input_size, hidden_size, steps in ((20, 10, 5), (64, 64, 64), (100, 128, 30)):
        ours, theirs = pair(cell, input_size, hidden_size, 2, bidirectional=bidirectional, **extra)
        input = torch.randn(steps, 8, input_size)
        for got, wanted in zip(tensors(ours(input)), tensors(theirs(input))):
            assert got.dtype == torch.float32
            assert (got - wanted).abs().max() <= 1e-6


@pytest.mark.parametrize("variant", ["tanh", "relu", "GRU", "LSTM"])
def test_a_step_is_torchs_cell(variant):
    cell, extra = VARIANTS[variant]
    theirs = getattr(nn, f"{cell}Cell")(4, 3, dtype=torch.float64, **extra)
    x, h, c = (torch.randn(2, size, dtype=torch.float64) for size in (4, 3, 3))
    state = (h, c) if cell == "LSTM" else (h,)
    ours = getattr(rnn, cell)(4, 3, **extra)
    Wx, *rest = ours.project(x, *theirs.parameters())
    got = ours.step(Wx, *state, *rest)
    assert_equal(tensors(got), tensors(theirs(x, state if cell == "LSTM" else h)))


@pytest.mark.parametrize("cell", CELLS)
def test_every_time_step_of_every_layer_and_direction_is_one_call_of_step(cell):
    layer, calls = getattr(rnn, cell)(4, 3, num_layers=2, bidirectional=True), []
    step = layer.step
    layer.step = lambda Wx, h, *rest: calls.append((len(Wx), len(h))) or step(Wx, h, *rest)
    layer(pack_sequence([torch.randn(3, 4), torch.randn(2, 4)]))
    there, back = [2, 2, 1], [1, 2, 2]  # sequences running at each step
    assert calls == [(n, n) for way in (there, back) * 2 for n in way]


@pytest.mark.parametrize("cell", CELLS)
def test_the_state_of_one_chunk_continues_the_next(cell):
    layer, _ = pair(cell, 4, 3, 2, dtype=torch.float64)
    input = make_input("time first", 6, 2, 4)
    whole, end = layer(input)
    first, state = layer(input[:2])
    second, state = layer(input[2:], state)
    assert_equal([torch.cat((first, second)), *tensors(state)], [whole, *tensors(end)])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_a_packed_batch_gives_each_sequence_what_it_gets_alone(cell, bidirectional):
    layer, theirs = pair(cell, 4, 3, 2, bidirectional=bidirectional, dtype=torch.float64)
    sequences = [torch.randn(length, 4, dtype=torch.float64) for length in (2, 5, 1, 5, 3)]
    hx = make_state(theirs, "packed", batch=5)
    output, state = layer(pack_sequence(sequences, enforce_sorted=False), hx)
    padded, lengths = pad_packed_sequence(output)
    for item, sequence in enumerate(sequences):
        alone = [s[:, item] for s in tensors(hx)]
        wanted, wanted_state = layer(sequence, alone if cell == "LSTM" else alone[0])
        assert lengths[item] == len(sequence)
        assert_equal([padded[: len(sequence), item]], [wanted])
        assert_equal([s[:, item] for s in tensors(state)], tensors(wanted_state))


@pytest.mark.parametrize("cell", CELLS)
def test_batch_first_padding_is_packed_as_torch_packs_it(cell):
    ours, theirs = pair(cell, 4, 3, bidirectional=True, batch_first=True, dtype=torch.float64)
    padded = torch.randn(3, 6, 4, dtype=torch.float64)
    packed = pack_padded_sequence(padded, torch.tensor([2, 6, 4]), batch_first=True, enforce_sorted=False)
    assert_same(ours, theirs, packed)


@pytest.mark.parametrize("variant", VARIANTS)
def test_weights_have_torchs_names_order_and_shapes_and_load_both_ways(variant):
    cell, extra = VARIANTS[variant]
    for layers, bidirectional, bias in itertools.product((1, 2), (False, True), (False, True)):
        options = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias, **extra}
        ours, _ = pair(cell, 4, 3, **options, seed=1)
        _, theirs = pair(cell, 4, 3, **options, seed=2)
        assert [(n, p.shape) for n, p in ours.named_parameters()] == [
            (n, p.shape) for n, p in theirs.named_parameters()
        ]
        assert list(ours.state_dict()) == list(theirs.state_dict())
        fresh_ours, fresh_theirs = pair(cell, 4, 3, **options, seed=3)
        fresh_theirs.load_state_dict(ours.state_dict())
        fresh_ours.load_state_dict(theirs.state_dict())
        input = torch.randn(5, 2, 4)
        for loaded, source in ((fresh_theirs, ours), (fresh_ours, theirs)):
            torch.testing.assert_close(loaded(input), source(input), rtol=0, atol=1e-6)


@pytest.mark.parametrize("variant", VARIANTS)
def test_one_seed_gives_torchs_weights(variant):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, 7, 5, 2, bidirectional=True, **extra)
    assert all(torch.equal(p, q) for p, q in zip(ours.parameters(), theirs.parameters()))
    for layer in (ours, theirs):
        torch.manual_seed(5)
        layer.reset_parameters()
    assert all(torch.equal(p, q) for p, q in zip(ours.parameters(), theirs.parameters()))
    assert all(p.abs().max() <= 5**-0.5 for p in ours.parameters())


@pytest.mark.parametrize("variant", VARIANTS)
def test_all_weights_lists_what_torch_lists(variant):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, 4, 3, 2, bidirectional=True, **extra)
    listed = [[weight.tolist() for weight in block] for block in ours.all_weights]
    assert listed == [[weight.tolist() for weight in block] for block in theirs.all_weights]


@pytest.mark.parametrize("cell", CELLS)
def test_the_constructor_takes_torchs_arguments_in_torchs_order(cell):
    # torch.nn states its signature in the first line of the docstring: __init__ itself takes *args.
    documented = getattr(nn, cell).__doc__.splitlines()[0]
    wanted = re.sub(r"^__init__\(|\)$", "", documented.strip()).split(",")
    got = list(inspect.signature(getattr(rnn, cell)).parameters.values())
    assert [p.name if p.default is p.empty else f"{p.name}={p.default!r}" for p in got] == wanted


@pytest.mark.parametrize(
    ("cell", "arguments"),
    [
        ("RNN", (4, 3, 2, "relu", False, True, 0.5, True)),
        ("GRU", (4, 3, 2, False, True, 0.5, True)),
        ("LSTM", (4, 3, 2, False, True, 0.5, True, 2)),
    ],
)
def test_positional_arguments_mean_what_they_mean_to_torch(cell, arguments):
    ours, theirs = pair(cell, *arguments)
    for name in ("input_size", "hidden_size", "num_layers", "bias", "batch_first", "dropout", "bidirectional"):
        assert getattr(ours, name) == getattr(theirs, name)
    assert ours.proj_size == theirs.proj_size
    assert RecurrentShape.from_module(ours) == RecurrentShape.from_module(theirs) == ours.spec
    assert_same(ours.double().eval(), theirs.double().eval(), make_input("batch first", 5, 2, 4))


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_mode_is_torchs(variant):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, 4, 3, **extra)
    assert ours.mode == theirs.mode


@pytest.mark.parametrize("given_state", [False, True])
@pytest.mark.parametrize("batch_first", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_an_empty_batch_comes_out_empty_as_in_torch(variant, batch_first, given_state):
    cell, extra = VARIANTS[variant]
    for bidirectional in (False, True):
        options = {"bidirectional": bidirectional, "batch_first": batch_first, "dtype": torch.float64, **extra}
        ours, theirs = pair(cell, 4, 3, 2, **options)
        input = torch.zeros((0, 5, 4) if batch_first else (5, 0, 4), dtype=torch.float64)
        hx = make_state(theirs, "time first", 0) if given_state else None
        got, wanted = tensors(ours(input, hx)), tensors(theirs(input, hx))
        assert [(t.shape, t.dtype) for t in got] == [(t.shape, t.dtype) for t in wanted]


@pytest.mark.parametrize("half", ["nothing", "input", "state"])
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_autocast_runs_and_stays_near_torchs_full_precision(variant, form, half):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, 4, 3, 2, bidirectional=True, batch_first=form == "batch first", **extra)
    input = make_input(form, 5, 3, 4, torch.float32)
    hx = [state.float() for state in tensors(make_state(theirs, form, 3))]
    as_given = tuple if cell == "LSTM" else lambda states: states[0]
    wanted = tensors(theirs(input, as_given(hx)))
    if half == "input":
        input = input.to(torch.bfloat16)
    if half == "state":
        hx = [state.to(torch.bfloat16) for state in hx]
    with torch.autocast("cpu", torch.bfloat16):
        returned = ours(input, as_given(hx))
    for got, exact in zip(tensors(returned), wanted, strict=True):
        torch.testing.assert_close(got.float(), exact, rtol=0.05, atol=0.05)
    sum(tensor.float().sum() for tensor in tensors(returned)).backward()
    assert all(weight.grad is not None and weight.grad.isfinite().all() for weight in ours.parameters())


@pytest.mark.parametrize("cell", CELLS)
def test_a_layer_on_the_meta_device_gives_shapes(cell):
    ours, theirs = pair(cell, 4, 3, 2, device="meta")
    input = torch.zeros(5, 2, 4, device="meta")
    assert [t.shape for t in tensors(ours(input))] == [t.shape for t in tensors(theirs(input))]
    with pytest.raises(ValueError, match=r"input is torch\.float64 and the weights are"):
        ours(input.double())


@pytest.mark.parametrize("variant", VARIANTS)
def test_the_printed_form_is_torchs(variant):
    cell, extra = VARIANTS[variant]
    for options in ({}, {"num_layers": 2, "bias": False, "batch_first": True, "dropout": 0.5, "bidirectional": True}):
        ours, theirs = pair(cell, 4, 3, **options, **extra)
        assert repr(ours).replace(", nonlinearity=relu", "") == repr(theirs)  # torch keeps quiet about ReLU
        assert ("nonlinearity=relu" in repr(ours)) == (variant == "relu")


@pytest.mark.parametrize("cell", CELLS)
def test_device_and_dtype_reach_every_weight(cell):
    layer = getattr(rnn, cell)(4, 3, device="meta", dtype=torch.bfloat16)
    assert {(p.device.type, p.dtype) for p in layer.parameters()} == {("meta", torch.bfloat16)}


@pytest.mark.parametrize(
    ("cell", "options", "words"),
    [
        ("RNN", {"hidden_size": 0}, "hidden_size must be"),
        ("GRU", {"input_size": -1}, "input_size must be"),
        ("LSTM", {"num_layers": 0}, "num_layers must be"),
        ("LSTM", {"dropout": 1.5}, "dropout must be"),
        ("LSTM", {"bias": "tanh"}, "bias must be True or False"),
        ("LSTM", {"proj_size": 3}, "proj_size must be smaller than hidden_size"),
        ("RNN", {"nonlinearity": "sigmoid"}, "nonlinearity must be"),
        ("RNN", {"nonlinearity": "RELU"}, 'nonlinearity must be "tanh" or "relu" in small letters'),
    ],
)
def test_settings_that_cannot_be_raise_a_sentence(cell, options, words):
    arguments = {"input_size": 4, "hidden_size": 3, **options}
    with pytest.raises((ValueError, TypeError)):
        getattr(nn, cell)(**arguments)
    with pytest.raises(ValueError, match=words):
        getattr(rnn, cell)(**arguments)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("cell", CELLS)
def test_dropout_drops_what_torch_drops(cell, form):
    ours, theirs = pair(
        cell, 4, 3, 3, dropout=0.5, bidirectional=True, batch_first=form == "batch first", dtype=torch.float64
    )
    input = make_input(form, 6, 4, 4)
    outputs = []
    for layer in (ours, theirs):
        torch.manual_seed(2)
        outputs.append(tensors(layer(input)))
    assert_equal(*outputs)
    assert not torch.equal(outputs[0][0], ours.eval()(input)[0].data)


@pytest.mark.parametrize("cell", CELLS)
def test_dropout_never_acts_on_the_input_the_last_output_or_in_evaluation(cell):
    with pytest.warns(UserWarning, match="between layers only"):
        one = getattr(rnn, cell)(4, 3, dropout=1.0)
    two, _ = pair(cell, 4, 3, 2, dropout=1.0)
    plain, _ = pair(cell, 4, 3, 2)
    input = torch.randn(5, 2, 4)
    assert torch.equal(one(input)[0], one.eval()(input)[0])
    assert torch.equal(two.eval()(input)[0], plain(input)[0])
    assert not torch.equal(two.train()(input)[0], plain(input)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_copies_and_pickles_are_independent_and_equal(cell):
    layer, _ = pair(cell, 4, 3, 2, bidirectional=True)
    input = torch.randn(5, 2, 4)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(input)[0], layer(input)[0])
        twin.weight_hh_l0.data.zero_()
        assert not torch.equal(twin(input)[0], layer(input)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_converted_and_replaced_weights_are_the_ones_used(cell):
    ours, theirs = pair(cell, 4, 3, 2)
    assert_same(ours.to(torch.float64), theirs.to(torch.float64), make_input("time first", 5, 2, 4))
    ours.weight_ih_l1 = theirs.weight_ih_l1 = nn.Parameter(torch.randn_like(ours.weight_ih_l1))
    assert_same(ours, theirs, make_input("time first", 5, 2, 4))
    ours.flatten_parameters()
    zeros = {name: torch.zeros_like(weight) for name, weight in ours.named_parameters()}
    output, _ = torch.func.functional_call(ours, zeros, make_input("time first", 5, 2, 4))
    assert not output.any()


@pytest.mark.parametrize("cell", CELLS)
def test_input_and_state_are_left_unchanged(cell):
    layer, theirs = pair(cell, 4, 3, 2, bidirectional=True, dtype=torch.float64)
    input, hx = make_input("packed unsorted", 5, 3, 4), make_state(theirs, "packed", 3)
    before = [tensor.clone() for tensor in tensors((input, hx))]
    layer(input, hx)
    assert all(torch.equal(a, b) for a, b in zip(before, tensors((input, hx))))


def wrong_inputs():
    yield "feature size", torch.zeros(5, 2, 6), RuntimeError, "the feature axis must be 4, not 6"
    yield "feature size unbatched", torch.zeros(5, 6), RuntimeError, r"input must be \(time 5, feature 4\)"
    yield "4-D", torch.zeros(5, 2, 4, 1), ValueError, r"\(time, batch, feature\).* but it has 4 axes"
    yield "1-D", torch.zeros(4), ValueError, "but it has 1 axes"
    yield "float64", torch.zeros(5, 2, 4).double(), ValueError, "input is torch.float64 and the weights are"
    yield "no steps", torch.zeros(0, 2, 4), RuntimeError, r"at least one step on its time axis.* \(0, 2, 4\)"
    yield "no steps unbatched", torch.zeros(0, 4), RuntimeError, "at least one step on its time axis"
    yield "no steps, no batch", torch.zeros(0, 0, 4), RuntimeError, "at least one step on its time axis"
    yield (
        "empty batch of a wrong size",
        torch.zeros(5, 0, 6),
        RuntimeError,
        r"input must be \(time 5, batch 0, feature 4",
    )
    yield "device", torch.zeros(5, 2, 4, device="meta"), RuntimeError, r'input is on "meta" .* "cpu".*\.to\("cpu"\)'
    yield "list", [[1.0] * 4], TypeError, "must be a tensor or a PackedSequence, but it is of type list"
    yield "packed", pack_sequence([torch.zeros(5, 6)]), RuntimeError, "the feature axis must be 4, not 6"
    yield "packed 3-D", pack_sequence([torch.zeros(5, 4, 1)]), RuntimeError, "input must have 2 axes"


@pytest.mark.parametrize(("wrong", "error", "words"), [pytest.param(*c[1:], id=c[0]) for c in wrong_inputs()])
@pytest.mark.parametrize("cell", CELLS)
def test_a_wrong_input_gets_a_sentence(cell, wrong, error, words):
    ours, theirs = pair(cell, 4, 3)
    if not (cell == "LSTM" and isinstance(wrong, PackedSequence)):  # torch checks none of those without hx
        with pytest.raises((ValueError, RuntimeError, AttributeError)):
            theirs(wrong)
    with pytest.raises(error, match=words):
        ours(wrong)


def wrong_states():
    yield "layers", torch.zeros(2, 2, 3), RuntimeError, "the layer·direction axis must be 4, not 2"
    yield "batch", torch.zeros(4, 5, 3), RuntimeError, "the batch axis must be 2, not 5"
    yield "width", torch.zeros(4, 2, 4), RuntimeError, "the feature axis must be 3, not 4"
    yield "axes", torch.zeros(4, 3), RuntimeError, "h_0 must have 3 axes"
    yield "swapped", torch.zeros(2, 4, 3), RuntimeError, "the layer·direction axis .* and the batch axis"
    yield "device", torch.zeros(4, 2, 3, device="meta"), RuntimeError, r'h_0 is on "meta" .*h_0 with \.to\("cpu"\)'
    yield "float64", torch.zeros(4, 2, 3).double(), ValueError, "h_0 is torch.float64 and the weights are"


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(("wrong", "error", "words"), [pytest.param(*c[1:], id=c[0]) for c in wrong_states()])
@pytest.mark.parametrize("cell", CELLS)
def test_a_wrong_state_gets_a_sentence(cell, wrong, error, words, packed):
    ours, _ = pair(cell, 4, 3, 2, bidirectional=True)
    input = pack_sequence([torch.zeros(5, 4), torch.zeros(3, 4)]) if packed else torch.zeros(5, 2, 4)
    with pytest.raises(error, match=words):
        ours(input, (wrong, torch.zeros(4, 2, 3)) if cell == "LSTM" else wrong)


def test_a_wrong_cell_state_is_called_by_its_name():
    layer = rnn.LSTM(4, 3, proj_size=2)
    with pytest.raises(RuntimeError, match=r"c_0 must be .* the feature axis must be 3, not 2"):
        layer(torch.zeros(5, 1, 4), (torch.zeros(1, 1, 2), torch.zeros(1, 1, 2)))


def test_a_batched_state_for_an_unbatched_input_is_refused():
    with pytest.raises(RuntimeError, match=r"h_0 must have 2 axes, \(layer·direction 1, feature 3\)"):
        rnn.RNN(4, 3)(torch.zeros(5, 4), torch.zeros(1, 1, 3))


@pytest.mark.parametrize(
    ("cell", "state", "words"),
    [
        ("LSTM", torch.zeros(1, 2, 3), r"must be the pair \(h_0, c_0\), but it is of type Tensor"),
        ("LSTM", (torch.zeros(1, 2, 3),), r"must be the pair \(h_0, c_0\), but it is of type tuple of \(Tensor\)"),
        ("LSTM", (torch.zeros(1, 2, 3), None), r"but it is of type tuple of \(Tensor, NoneType\)"),
        ("LSTM", 0.0, r"must be the pair \(h_0, c_0\), but it is of type float"),
        ("RNN", (torch.zeros(1, 2, 3),) * 2, "must be the tensor h_0, but it is of type tuple"),
        ("GRU", [[0.0] * 3], "must be the tensor h_0, but it is of type list"),
    ],
)
def test_a_state_of_the_wrong_kind_gets_a_sentence(cell, state, words):
    ours, theirs = pair(cell, 4, 3)
    with pytest.raises((RuntimeError, AttributeError, IndexError, TypeError)):
        theirs(torch.zeros(5, 2, 4), state)
    with pytest.raises(RuntimeError, match=words):
        ours(torch.zeros(5, 2, 4), state)
