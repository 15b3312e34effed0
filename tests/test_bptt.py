"""Gradients by hand are autograd's and those of finite differences; famous mistakes are seen, or known to hide."""

import copy
import inspect
import itertools
import pickle
import textwrap
import warnings

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn
from torch.autograd.profiler import profile
from torch.nn.functional import cross_entropy
from torch.nn.utils.rnn import PackedSequence, pack_sequence

from lecture_utils import bptt, rnn
from lecture_utils.bptt import gradients as gradients_module
from lecture_utils.bptt.path import Path
from lecture_utils.shapes import RecurrentShape
from tests.test_rnn import FORMS, assert_equal, assert_same, make_input, make_state, results, tensors

VARIANTS = {"tanh": ("RNN", {}), "relu": ("RNN", {"nonlinearity": "relu"}), "GRU": ("GRU", {})}
CELLS = ("RNN", "GRU")
SIZES = {"T": 5, "N": 3, "d_in": 4, "d_h": 6, "d_out": 7}  # all different: a transpose cannot hide


def problem(T=5, N=3, d_in=4, d_h=6, d_out=7, seed=0, dtype=torch.float64):
    """Random parameters, inputs, targets and an initial state."""
    random = torch.Generator().manual_seed(seed)
    shapes = {"W": (d_h, d_in), "U": (d_h, d_h), "V": (d_out, d_h), "b_1": (d_h,), "b_2": (d_out,)}
    params = {
        name: torch.randn(shape, generator=random, dtype=dtype) / shape[-1] ** 0.5 for name, shape in shapes.items()
    }
    inputs = torch.randn(T, N, d_in, generator=random, dtype=dtype)
    targets = torch.randint(d_out, (T, N), generator=random)
    return params, inputs, targets, torch.randn(N, d_h, generator=random, dtype=dtype)


def loss_of(params, inputs, targets, h):
    """The loss as torch.nn writes it: another road to the same number."""
    loss = 0
    for x, target in zip(inputs, targets):
        h = nn.functional.linear(x, params["W"], params["b_1"]) + nn.functional.linear(h, params["U"])
        h = h.tanh()
        loss = loss + cross_entropy(nn.functional.linear(h, params["V"], params["b_2"]), target)
    return loss


def by_autograd(params, inputs, targets, h0):
    leaves = {name: value.detach().clone().requires_grad_() for name, value in params.items()}
    loss = loss_of(leaves, inputs, targets, h0)
    return loss.detach(), dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values()))))


def difference(gradients, wanted):
    """The largest difference of any gradient, relative to that gradient's largest number."""
    return max(float((gradients[name] - wanted[name]).abs().max() / wanted[name].abs().max()) for name in wanted)


@settings(derandomize=True, max_examples=150, deadline=None, database=None)
@given(*[st.integers(1, 6)] * 4, st.integers(2, 6), st.integers(0, 9))
def test_gradients_equal_autograds_for_sizes_drawn_at_random(T, N, d_in, d_h, d_out, seed):
    case = problem(T, N, d_in, d_h, d_out, seed)
    loss, gradients = bptt.bptt_gradients(*case)
    wanted_loss, wanted = by_autograd(*case)
    assert abs(loss - wanted_loss) <= 1e-10 * abs(wanted_loss)
    assert list(gradients) == ["W", "U", "V", "b_1", "b_2"]
    assert all(gradients[name].shape == case[0][name].shape for name in gradients)
    assert difference(gradients, wanted) <= 1e-10


@pytest.mark.parametrize("size", [2, 4])
def test_gradients_equal_autograds_where_all_sizes_coincide(size):
    case = problem(size, size, size, size, size)
    assert difference(bptt.bptt_gradients(*case)[1], by_autograd(*case)[1]) <= 1e-10


def test_gradients_equal_finite_differences():
    params, *rest = problem(T=4, N=2, d_in=3, d_h=3, d_out=3)
    _, gradients = bptt.bptt_gradients(params, *rest)
    step, slopes = 1e-6, {name: torch.zeros_like(value) for name, value in params.items()}
    for name, value in params.items():
        for place in itertools.product(*map(range, value.shape)):
            losses = []
            for move in (step, -step):
                moved = {**params, name: value.clone()}
                moved[name][place] += move
                losses.append(loss_of(moved, *rest))
            slopes[name][place] = (losses[0] - losses[1]) / (2 * step)
    assert difference(gradients, slopes) <= 1e-7


def test_no_autograd_is_inside():
    case = problem()
    with torch.inference_mode():  # where autograd cannot work
        loss, gradients = bptt.bptt_gradients(*case)
    assert difference(gradients, by_autograd(*case)[1]) <= 1e-10
    leaves = {name: value.clone().requires_grad_() for name, value in case[0].items()}
    loss, gradients = bptt.bptt_gradients(leaves, *case[1:])
    assert not loss.requires_grad
    assert not any(gradient.requires_grad for gradient in gradients.values())
    assert all(leaf.grad is None for leaf in leaves.values())


def test_nothing_given_is_changed_and_a_second_call_gives_the_same():
    params, *rest = problem()
    before = copy.deepcopy((params, rest))
    first, second = bptt.bptt_gradients(params, *rest), bptt.bptt_gradients(params, *rest)
    assert all(torch.equal(params[name], before[0][name]) for name in params)
    assert all(torch.equal(now, then) for now, then in zip(rest, before[1]))
    assert difference(first[1], second[1]) == 0


def test_float32_stays_float32_and_large_logits_give_no_nan():
    params, *rest = problem(dtype=torch.float32)
    params["V"] *= 1e4
    loss, gradients = bptt.bptt_gradients(params, *rest)
    assert {loss.dtype, *(gradient.dtype for gradient in gradients.values())} == {torch.float32}
    assert loss.isfinite()
    assert all(gradient.isfinite().all() for gradient in gradients.values())


def wrong_problems():
    def case(words, name=None, value=None, **others):
        params, inputs, targets, h0 = problem(**SIZES)
        given = {"inputs": inputs, "targets": targets, "h0": h0, **others}
        if name:
            params[name] = value
        return pytest.param(params, *given.values(), words, id=words)

    params, inputs, targets, h0 = problem(**SIZES)
    yield pytest.param(
        {"W": params["W"]}, inputs, targets, h0, "keys W, U, V, b_1, b_2, but got: W", id="a key missing"
    )
    yield pytest.param({**params, "b": h0}, inputs, targets, h0, "but got: W, U, V, b_1, b_2, b", id="a key too many")
    yield pytest.param({}, inputs, targets, h0, "but got: none", id="no key")
    yield pytest.param([1], inputs, targets, h0, "must be a mapping .* but got: list", id="a list")
    yield case("W must be a tensor, but it is of type list", "W", [[1.0]])
    yield case("W must hold real numbers, .* but it is torch.int64", "W", params["W"].long())
    yield case(r"U must have the shape \(d_h, d_h\).*\(6, 5\): d_h must be 6, as in W, not 5", "U", params["U"][:, :5])
    yield case(r"W must have the shape .* 2 axes, but its shape is \(6,\)", "W", params["W"][:, 0])
    yield case(r"b_1 must have the shape \(d_h,\).*d_h must be 6, as in W, not 7", "b_1", params["b_2"])
    yield case(r"b_2 must have .*d_out must be 7, as in V, not 6", "b_2", params["b_1"])
    yield case("V must be torch.float64 .the number type of W., but it is torch.float32", "V", params["V"].float())
    yield case(r"targets must have .*T must be 3, as in inputs, not 5", inputs=inputs.transpose(0, 1))
    yield case("inputs must have the shape .T, N, d_in., 3 axes", inputs=inputs[0])
    yield case("inputs must have .* at least 1 on every axis", inputs=inputs[:0], targets=targets[:0])
    yield case("targets must be torch.int64 .class indices are whole numbers.*float32", targets=targets.float())
    yield case("targets must have .*T must be 5, as in inputs, not 3", targets=targets.T)
    yield case(
        "targets must be class indices from 0 to 6, .* but they go from 3 to 7", targets=targets.clamp(max=5) + 2
    )
    yield case("targets must be class indices from 0 to 6, .* from -1 to", targets=targets - targets.min() - 1)
    yield case("h0 must have .*N must be 3, as in inputs, not 2", h0=h0[:2])
    yield case('h0 must be on "cpu" like W, but it is on "meta"', h0=h0.to("meta"))


@pytest.mark.parametrize(("params", "inputs", "targets", "h0", "words"), list(wrong_problems()))
def test_wrong_arguments_get_a_sentence(params, inputs, targets, h0, words):
    with pytest.raises(ValueError, match=words):
        bptt.bptt_gradients(params, inputs, targets, h0)


# The famous mistakes: what stands in the function, and what stands there in the wrong version.
WRONG = {
    "overwritten": [(f'grads["{name}"] +=', f'grads["{name}"] =') for name in ("W", "U", "b_1", "V", "b_2")],
    "future missing": [("@ V + delta @ U)", "@ V)")],
    "U transposed": [("delta @ U)", "delta @ U.T)")],
    "W's gradient transposed": [("delta.T @ inputs[t - 1]", "inputs[t - 1].T @ delta")],
    "W transposed": [("x @ W.T", "x @ W")],
    "bias forgotten in the state": [("@ U.T + b_1)", "@ U.T)")],
    "bias's gradient forgotten": [('grads["b_1"] += delta.sum(0)', "pass")],
    "output bias's gradient forgotten": [('grads["b_2"] += error[t - 1].sum(0)', "pass")],
    "slope forgotten": [("(1 - h[t] ** 2) * ", "")],
    "state one step late": [("delta.T @ h[t - 1]", "delta.T @ h[t]")],
    "sum over the batch": [("- y) / N", "- y)")],
}


def wrong_version(name):
    """bptt_gradients with one mistake written into its source."""
    source = textwrap.dedent(inspect.getsource(bptt.bptt_gradients))
    for right, wrong in WRONG[name]:
        assert source.count(right) == 1, f"{right!r} must stand once in bptt_gradients"
        source = source.replace(right, wrong)
    names = dict(vars(gradients_module))
    exec(source, names)
    return names["bptt_gradients"]


def seen(name, case):
    """Whether comparing with autograd shows the mistake on these inputs."""
    return difference(wrong_version(name)(*case)[1], by_autograd(*case)[1]) > 1e-10


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("name", WRONG)
def test_a_famous_mistake_is_seen(name, seed):
    assert seen(name, problem(T=4, N=3, d_in=5, d_h=5, d_out=6, seed=seed))


@pytest.mark.parametrize("name", ["W's gradient transposed", "W transposed"])
def test_a_transposed_w_is_an_error_where_the_sizes_differ(name):
    with pytest.raises(RuntimeError):
        wrong_version(name)(*problem(d_in=4, d_h=6))


def with_(case, **changes):
    params, *rest = case
    return ({name: changes[name](value) if name in changes else value for name, value in params.items()}, *rest)


def symmetric(matrix):
    return (matrix + matrix.T) / 2


@pytest.mark.parametrize(
    ("name", "case"),
    [
        ("overwritten", problem(T=1)),
        ("future missing", problem(T=1)),
        ("future missing", with_(problem(), U=torch.zeros_like)),
        ("U transposed", problem(T=1)),
        ("U transposed", problem(d_h=1)),
        ("U transposed", with_(problem(), U=symmetric)),
        ("W's gradient transposed", problem(d_in=1, d_h=1)),
        ("W transposed", problem(d_in=1, d_h=1)),
        ("W transposed", with_(problem(d_in=6), W=symmetric)),
        ("bias forgotten in the state", with_(problem(), b_1=torch.zeros_like)),
        ("sum over the batch", problem(N=1)),
    ],
)
def test_inputs_that_hide_a_famous_mistake(name, case):
    assert not seen(name, case)


def test_a_missing_detach_between_two_chunks_is_seen_and_what_hides_it():
    def gradients(case, *, detach):
        params, inputs, targets, h = case
        leaves = {name: value.clone().requires_grad_() for name, value in params.items()}
        loss = 0
        for chunk in (slice(0, 3), slice(3, 6)):
            loss = loss + loss_of(leaves, inputs[chunk], targets[chunk], h)
            for x in inputs[chunk]:
                h = torch.tanh(x @ leaves["W"].T + h @ leaves["U"].T + leaves["b_1"])
            h = h.detach() if detach else h
        return dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values()))))

    def by_hand(case):
        """Two calls: what is handed over is a number, so nothing flows back."""
        params, inputs, targets, h0 = case
        middle = h0
        for x in inputs[:3]:
            middle = torch.tanh(x @ params["W"].T + middle @ params["U"].T + params["b_1"])
        _, first = bptt.bptt_gradients(params, inputs[:3], targets[:3], h0)
        _, second = bptt.bptt_gradients(params, inputs[3:], targets[3:], middle)
        return {name: first[name] + second[name] for name in first}

    case = problem(T=6)
    assert difference(by_hand(case), gradients(case, detach=True)) <= 1e-10
    assert difference(by_hand(case), gradients(case, detach=False)) > 1e-3
    assert difference(gradients(case, detach=False), bptt.bptt_gradients(*case)[1]) <= 1e-10
    without_a_way_back = with_(case, U=torch.zeros_like)
    assert difference(by_hand(without_a_way_back), gradients(without_a_way_back, detach=False)) <= 1e-10


def pair(cell, *args, seed=0, **kwargs):
    """Our layer and torch's, built alike: the same seed must give the same weights."""
    layers = []
    for library in (bptt, nn):
        torch.manual_seed(seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # dropout with one layer
            layers.append(getattr(library, cell)(*args, **kwargs))
    return layers


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_layer_gives_torchs_outputs_states_and_gradients_on_a_grid(variant, form):
    cell, extra = VARIANTS[variant]
    for layers, bidirectional, bias, given_state in itertools.product((1, 3), *[(False, True)] * 3):
        options = {"num_layers": layers, "bidirectional": bidirectional, "bias": bias, **extra}
        ours, theirs = pair(cell, 4, 3, batch_first=form == "batch first", dtype=torch.float64, **options)
        input = make_input(form, steps=5, batch=3, features=4)
        assert_same(ours, theirs, input, make_state(theirs, form, batch=3) if given_state else None)


@st.composite
def cases(draw):
    """A layer, the lengths of its sequences (ragged only where packed), and the form of the input."""
    cell, extra = VARIANTS[draw(st.sampled_from(list(VARIANTS)))]
    options = {
        "input_size": draw(st.integers(1, 5)),
        "hidden_size": draw(st.integers(1, 5)),
        "num_layers": draw(st.integers(1, 3)),
        **{name: draw(st.booleans()) for name in ("bias", "batch_first", "bidirectional")},
        "dropout": draw(st.sampled_from((0.0, 0.4))),
        **extra,
    }
    return cell, options, draw(st.sampled_from(("unbatched", "padded", "packed"))), draw(st.booleans())


@settings(derandomize=True, max_examples=150, deadline=None, database=None)
@given(case=cases(), lengths=st.lists(st.integers(1, 6), min_size=1, max_size=5), seed=st.integers(0, 9))
def test_a_layer_gives_torchs_outputs_states_and_gradients_on_settings_drawn_at_random(case, lengths, seed):
    cell, options, form, given_state = case
    ours, theirs = pair(cell, **options, dtype=torch.float64, seed=seed)
    if form == "packed":
        rows = [torch.randn(length, options["input_size"], dtype=torch.float64) for length in lengths]
        input = pack_sequence(rows, enforce_sorted=False)
    else:
        form = form if form == "unbatched" else ("batch first" if options["batch_first"] else "time first")
        input = make_input(form, lengths[0], len(lengths), options["input_size"])
    hx = make_state(theirs, form, len(lengths)) if given_state else None
    assert_same(ours.eval(), theirs.eval(), input, hx)


@pytest.mark.parametrize("variant", VARIANTS)
@pytest.mark.parametrize("size", [1, 3])
def test_a_layer_gives_torchs_gradients_where_all_sizes_coincide(variant, size):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, size, size, size, bidirectional=True, dtype=torch.float64, **extra)
    assert_same(ours, theirs, make_input("time first", size, size, size), make_state(theirs, "time first", size))


@pytest.mark.parametrize("lengths", [[1], [4], [3, 3], [4, 2, 1], [1, 4, 4, 2]])
@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_pass_torchs_check_by_finite_differences(variant, bidirectional, lengths):
    cell, extra = VARIANTS[variant]
    layer, theirs = pair(cell, 2, 3, bidirectional=bidirectional, dtype=torch.float64, **extra)
    packed = pack_sequence([torch.randn(n, 2, dtype=torch.float64) for n in lengths], enforce_sorted=False)
    names = [name for name, _ in layer.named_parameters()]

    def run(rows, hx, *weights):
        output = torch.func.functional_call(layer, dict(zip(names, weights)), (packed._replace(data=rows), hx))
        return tuple(tensors(output))

    leaves = [packed.data, make_state(theirs, "packed", len(lengths)), *theirs.parameters()]
    assert torch.autograd.gradcheck(run, [leaf.detach().requires_grad_() for leaf in leaves])


@pytest.mark.parametrize("read", ["output", "h_n", "last output", "first output", "second layer of h_n"])
@pytest.mark.parametrize("form", ["time first", "packed unsorted"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_gradients_through_a_part_of_what_comes_out(variant, form, read):
    cell, extra = VARIANTS[variant]
    both = []
    for layer in pair(cell, 4, 3, 2, bidirectional=True, dtype=torch.float64, **extra):
        torch.manual_seed(3)
        input = make_input(form, 5, 3, 4)
        [leaf] = tensors(input)
        leaf.requires_grad_()
        output, h_n = layer(input)
        [rows] = tensors(output)
        part = {"output": rows, "h_n": h_n, "last output": rows[-1], "first output": rows[0]}.get(read, h_n[1])
        both.append(torch.autograd.grad((part**2).sum(), [leaf, *layer.parameters()], allow_unused=True))
    for got, wanted in zip(*both):
        assert_equal([got], [wanted if wanted is not None else torch.zeros_like(got)])


@pytest.mark.parametrize("variant", VARIANTS)
def test_only_what_asks_for_a_gradient_gets_one(variant):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, 4, 3, dtype=torch.float64, **extra)
    names = [name for name, _ in ours.named_parameters()]
    for chosen in [*itertools.combinations(names, 1), *itertools.combinations(names, 2), ()]:
        for with_input, with_state in itertools.product((False, True), repeat=2):
            gradients = []
            for layer in (ours, theirs):
                torch.manual_seed(1)
                for name, weight in layer.named_parameters():
                    weight.grad = None
                    weight.requires_grad_(name in chosen)
                input = torch.randn(5, 2, 4, dtype=torch.float64, requires_grad=with_input)
                h_0 = torch.randn(1, 2, 3, dtype=torch.float64, requires_grad=with_state)
                output, h_n = layer(input, h_0)
                assert output.requires_grad == h_n.requires_grad == bool(chosen or with_input or with_state)
                if output.requires_grad:
                    (output.sum() + (h_n**2).sum()).backward()
                gradients.append([leaf.grad for leaf in (input, h_0, *layer.parameters())])
            for got, wanted in zip(*gradients):
                assert (got is None) == (wanted is None)
                if got is not None:
                    assert_equal([got], [wanted])


def products(layer, input):
    """How many matrix products a backward pass takes beside those of its walk, which work in place."""
    loss = layer(input)[0].sum()
    with profile(use_kineto=False) as profiled:
        loss.backward()
    return sum(event.count for event in profiled.key_averages() if event.key == "aten::mm")


@pytest.mark.parametrize("cell", CELLS)
def test_each_weight_takes_one_product_for_all_steps_and_an_input_without_gradient_none(cell):
    layer, _ = pair(cell, 4, 3)
    for steps in (2, 9):
        assert products(layer, torch.randn(steps, 2, 4)) == 2
        assert products(layer, torch.randn(steps, 2, 4, requires_grad=True)) == 3


@pytest.mark.parametrize("cell", CELLS)
def test_inputs_states_and_gradients_may_lie_in_memory_in_any_order(cell):
    ours, theirs = pair(cell, 4, 3, 2, bidirectional=True, dtype=torch.float64)
    base, state = torch.randn(4, 2, 10, dtype=torch.float64), torch.randn(3, 2, 4, dtype=torch.float64)
    for input, hx in (
        (base.permute(2, 1, 0)[::2], state.permute(2, 1, 0)),
        (
            torch.randn(1, 2, 4, dtype=torch.float64).expand(5, 2, 4),
            torch.zeros((), dtype=torch.float64).expand(4, 2, 3),
        ),
    ):
        gradients = []
        for layer in (ours, theirs):
            output, h_n = layer(input, hx)
            loss = (output.transpose(0, 2) * torch.arange(2)[None, :, None]).sum() + h_n.sum()
            gradients.append(torch.autograd.grad(loss, list(layer.parameters())))
        assert_equal(*gradients)


@pytest.mark.parametrize("given_state", [False, True])
@pytest.mark.parametrize("cell", CELLS)
def test_an_empty_batch_trains_nothing_as_in_torch(cell, given_state):
    for layer in pair(cell, 4, 3, 2, bidirectional=True):
        input = torch.zeros(5, 0, 4)
        output, h_n = layer(input, torch.zeros(4, 0, 3) if given_state else None)
        assert (output.shape, h_n.shape) == ((5, 0, 6), (4, 0, 3))
        (output.sum() + h_n.sum()).backward()
        assert not any(weight.grad.any() for weight in layer.parameters())


def asks_twice():
    """Ways to ask for a second derivative, each from a layer's input, state and loss."""
    yield "of the input", lambda layer, input, h_0, loss: [input]
    yield "of the initial state", lambda layer, input, h_0, loss: [h_0]
    yield "of W", lambda layer, input, h_0, loss: [layer.weight_ih_l0]
    yield "of U", lambda layer, input, h_0, loss: [layer.weight_hh_l0]
    yield "of a bias", lambda layer, input, h_0, loss: [layer.bias_hh_l0]
    yield "of everything", lambda layer, input, h_0, loss: [input, h_0, *layer.parameters()]


@pytest.mark.parametrize("leaves", [pytest.param(leaves, id=name) for name, leaves in asks_twice()])
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_second_derivative_gets_a_sentence_and_the_first_stays_right(variant, packed, leaves):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, 4, 3, dtype=torch.float64, **extra)
    firsts = []
    for layer in (ours, theirs):
        torch.manual_seed(2)
        rows = [torch.randn(n, 4, dtype=torch.float64) for n in ((3, 2) if packed else (3, 3))]
        data = (pack_sequence(rows).data if packed else torch.stack(rows, 1)).requires_grad_()
        input = pack_sequence(rows)._replace(data=data) if packed else data
        h_0 = torch.randn(1, 2, 3, dtype=torch.float64, requires_grad=True)
        output, h_n = layer(input, h_0)
        loss = (tensors(output)[0] ** 2).sum() + h_n.sum()
        firsts.append(torch.autograd.grad(loss, leaves(layer, data, h_0, loss), create_graph=True))
    assert_equal(*firsts)
    for first in firsts[0]:
        assert first.requires_grad
        with pytest.raises(RuntimeError, match=r"know first derivatives only.*lecture_utils\.rnn"):
            (first**2).sum().backward(retain_graph=True)


@pytest.mark.parametrize("variant", VARIANTS)
def test_torchs_check_of_second_derivatives_is_refused(variant):
    cell, extra = VARIANTS[variant]
    layer, _ = pair(cell, 2, 3, dtype=torch.float64, **extra)
    input = torch.randn(2, 1, 2, dtype=torch.float64, requires_grad=True)
    with pytest.raises(RuntimeError, match="know first derivatives only"):
        torch.autograd.gradgradcheck(lambda x: layer(x)[0], input)


@pytest.mark.parametrize("by", range(7))
@pytest.mark.parametrize("of", range(6))
@pytest.mark.parametrize("variant", VARIANTS)
def test_no_pair_of_second_derivatives_comes_out_as_nothing(variant, of, by):
    cell, extra = VARIANTS[variant]
    layer, _ = pair(cell, 4, 3, dtype=torch.float64, **extra)
    input, h_0 = (torch.randn(shape, dtype=torch.float64, requires_grad=True) for shape in ((5, 2, 4), (1, 2, 3)))
    seed = torch.ones(5, 2, 3, dtype=torch.float64, requires_grad=True)  # the gradient that comes from above
    leaves = [input, h_0, *layer.parameters()]
    first = torch.autograd.grad(layer(input, h_0)[0], leaves, seed, create_graph=True)
    with pytest.raises(RuntimeError, match="know first derivatives only"):
        torch.autograd.grad(first[of].sum(), [*leaves, seed][by], allow_unused=True)


@pytest.mark.parametrize("cell", CELLS)
def test_the_readable_layer_knows_second_derivatives_and_takes_the_same_weights(cell):
    fast = getattr(bptt, cell)(4, 3, 2, bidirectional=True, dtype=torch.float64)
    readable, theirs = (
        getattr(library, cell)(4, 3, 2, bidirectional=True, dtype=torch.float64) for library in (rnn, nn)
    )
    for other in (readable, theirs):
        other.load_state_dict(fast.state_dict())
        assert_same(fast, other, make_input("packed unsorted", 5, 3, 4))
        fresh = copy.deepcopy(fast)
        fresh.reset_parameters()
        fresh.load_state_dict(other.state_dict())
        assert all(torch.equal(p, q) for p, q in zip(fresh.parameters(), fast.parameters()))
    x = torch.randn(3, 2, 4, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradgradcheck(lambda x: readable(x)[0], x)


@pytest.mark.parametrize("variant", VARIANTS)
def test_a_second_backward_pass_over_a_kept_graph_gives_the_same(variant):
    cell, extra = VARIANTS[variant]
    layer, _ = pair(cell, 4, 3, 2, bidirectional=True, dtype=torch.float64, **extra)
    input = torch.randn(5, 3, 4, dtype=torch.float64, requires_grad=True)
    loss = (layer(input)[0] ** 2).sum()
    leaves = [input, *layer.parameters()]
    first, second = (torch.autograd.grad(loss, leaves, retain_graph=True) for _ in range(2))
    assert all(torch.equal(a, b) for a, b in zip(first, second))


CHANGES = {"itself": lambda x: x.mul_(3), "detached": lambda x: x.detach().mul_(3), "a part": lambda x: x[0].zero_()}


def change_output(layer, change, watched):
    """The gradients of a layer's weights after its output was changed in place, seen by autograd or not."""
    torch.manual_seed(4)
    output, h_n = layer(torch.randn(5, 2, 4, dtype=torch.float64))
    with torch.set_grad_enabled(watched):
        CHANGES[change](output)
    ((output**2).sum() + h_n.sum()).backward()
    return [weight.grad for weight in layer.parameters()]


@pytest.mark.parametrize("watched", [False, True])
@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("cell", CELLS)
def test_an_output_changed_in_place_is_an_error_never_a_wrong_gradient(cell, change, watched):
    layer, _ = pair(cell, 4, 3, dtype=torch.float64)
    with pytest.raises(RuntimeError, match="inplace"):
        change_output(layer, change, watched)
    two_way = pair(cell, 4, 3, bidirectional=True, dtype=torch.float64)  # there the output is joined: a copy
    assert_equal(*[change_output(layer, change, watched) for layer in two_way])


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_share_no_memory(cell):
    layer, _ = pair(cell, 4, 3, dtype=torch.float64)
    h_0 = torch.zeros(1, 2, 3, dtype=torch.float64, requires_grad=True)
    gradients = torch.autograd.grad(
        layer(torch.randn(5, 2, 4, dtype=torch.float64), h_0)[0].sum(), [h_0, *layer.parameters()]
    )
    copies = [gradient.clone() for gradient in gradients]
    for k, gradient in enumerate(gradients):
        gradient.zero_()
        assert all(torch.equal(a, b) for a, b in zip(gradients[k + 1 :], copies[k + 1 :]))


@pytest.mark.parametrize("variant", VARIANTS)
def test_training_takes_torchs_steps(variant):
    cell, extra = VARIANTS[variant]
    ours, theirs = pair(cell, 4, 3, 2, dropout=0.3, bidirectional=True, dtype=torch.float64, **extra)
    for layer in (ours, theirs):
        optimiser = torch.optim.Adam(layer.parameters(), 0.01)
        torch.manual_seed(0)
        h = None
        for _ in range(15):
            output, h = layer(torch.randn(6, 3, 4, dtype=torch.float64), h)
            optimiser.zero_grad()
            (output - 0.5).square().mean().backward()
            optimiser.step()
            h = h.detach()
    assert_equal(list(ours.parameters()), list(theirs.parameters()), 1e-7)


@pytest.mark.parametrize("cell", CELLS)
def test_a_missing_detach_between_chunks_is_torchs_error(cell):
    layer, _ = pair(cell, 4, 3)
    output, h = layer(torch.randn(3, 2, 4))
    output.sum().backward()
    output, _ = layer(torch.randn(3, 2, 4), h)
    with pytest.raises(RuntimeError, match="backward through the graph a second time"):
        output.sum().backward()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_dropout_drops_what_torch_drops_and_the_gradients_agree(variant, form):
    cell, extra = VARIANTS[variant]
    options = {"dropout": 0.5, "bidirectional": True, "batch_first": form == "batch first", **extra}
    input, outcomes = make_input(form, 6, 4, 4), []
    for layer in pair(cell, 4, 3, 3, dtype=torch.float64, **options):
        torch.manual_seed(2)
        returned, gradients = results(layer, input, None)
        outcomes.append([*tensors(returned), *gradients])
    assert_equal(*outcomes)


@pytest.mark.parametrize("half", ["nothing", "input", "state"])
@pytest.mark.parametrize("variant", VARIANTS)
def test_under_autocast_a_layer_stays_in_the_precision_of_its_weights(variant, half):
    cell, extra = VARIANTS[variant]
    layer, _ = pair(cell, 4, 3, 2, bidirectional=True, **extra)
    input, h_0 = torch.randn(5, 3, 4), torch.randn(4, 3, 3)
    input = input.bfloat16() if half == "input" else input
    h_0 = h_0.bfloat16() if half == "state" else h_0
    wanted, wanted_gradients = results(layer, input.float(), h_0.float())
    with torch.autocast("cpu", torch.bfloat16):
        got, gradients = results(layer, input.detach(), h_0.detach())
    assert_equal(tensors(got), tensors(wanted), 1e-6)
    assert_equal(gradients[2:], wanted_gradients[2:], 1e-5)


@pytest.mark.parametrize("variant", VARIANTS)
def test_outputs_and_gradients_are_torchs_in_float32(variant):
    cell, extra = VARIANTS[variant]
    for input_size, hidden_size, steps in ((20, 10, 5), (64, 64, 64), (100, 128, 30)):
        ours, theirs = pair(cell, input_size, hidden_size, 2, bidirectional=True, **extra)
        torch.manual_seed(0)
        (got, gradients), (wanted, wanted_gradients) = (
            results(layer, torch.randn(steps, 8, input_size, generator=torch.Generator().manual_seed(1)), None)
            for layer in (ours, theirs)
        )
        assert_equal(tensors(got), tensors(wanted), 1e-5)
        assert_equal(gradients, wanted_gradients, 1e-4)


@pytest.mark.parametrize("cell", CELLS)
def test_a_layer_is_the_readable_one_in_all_but_its_walk(cell):
    fast, readable = getattr(bptt, cell), getattr(rnn, cell)
    assert issubclass(fast, readable)
    assert inspect.signature(fast) == inspect.signature(readable)
    layer = fast(4, 3, 2, bidirectional=True)
    assert repr(layer) == repr(readable(4, 3, 2, bidirectional=True))
    assert RecurrentShape.from_module(layer) == layer.spec
    input = torch.randn(5, 2, 4)
    for twin in (copy.deepcopy(layer), pickle.loads(pickle.dumps(layer))):
        assert torch.equal(twin(input)[0], layer(input)[0])


@pytest.mark.parametrize("cell", CELLS)
def test_wrong_settings_and_inputs_get_a_sentence(cell):
    with pytest.raises(ValueError, match=f"proj_size must be 0 for bptt.{cell}, but it is 2: only an LSTM projects"):
        getattr(bptt, cell)(4, 3, proj_size=2)
    assert getattr(bptt, cell)(4, 3, proj_size=0).spec.proj_size == 0
    with pytest.raises(ValueError, match="hidden_size must be"):
        getattr(bptt, cell)(4, 0)
    with pytest.raises(RuntimeError, match="the feature axis must be 4, not 5"):
        getattr(bptt, cell)(4, 3)(torch.zeros(5, 2, 5))
    with pytest.raises(RuntimeError, match="at least one step on its time axis"):
        getattr(bptt, cell)(4, 3)(torch.zeros(0, 2, 4))


@settings(derandomize=True, max_examples=200, deadline=None, database=None)
@given(lengths=st.lists(st.integers(1, 6), min_size=1, max_size=6), backward=st.booleans())
def test_a_path_leads_from_each_row_to_the_one_before_it(lengths, backward):
    lengths = sorted(lengths, reverse=True)
    sizes = [sum(length > t for length in lengths) for t in range(lengths[0])]
    path = Path(sizes, backward)
    labels = [(t, item) for t, size in enumerate(sizes) for item in range(size)]  # of the rows
    number = {label: k for k, label in enumerate(labels)}
    room = path.room(torch.arange(-len(lengths), 0)[:, None])  # h_0 of sequence i is i - N
    path.rows(room)[:] = torch.arange(len(labels))[:, None]
    steps = list(zip(*path.steps(room), strict=True))
    for before, now in steps:
        for was, row in zip(before[:, 0].tolist(), now[:, 0].tolist(), strict=True):
            t, item = labels[row]
            assert was == number.get((t + 1 if backward else t - 1, item), item - len(lengths))
    assert [now.tolist() for _, now in steps] == [piece.tolist() for piece in path.pieces(path.rows(room))]
    walked = [row for _, now in steps for row in now[:, 0].tolist()]
    assert sorted(walked) == list(range(len(labels)))
    seen_rows = set(range(-len(lengths), 0))
    for before, now in steps:
        assert set(before[:, 0].tolist()) <= seen_rows
        seen_rows |= set(now[:, 0].tolist())
    ends = [number[0 if backward else length - 1, item] for item, length in enumerate(lengths)]
    assert path.end(path.rows(room))[:, 0].tolist() == ends


def test_a_packed_output_keeps_its_layout():
    packed = pack_sequence([torch.randn(n, 4) for n in (2, 5, 3)], enforce_sorted=False)
    output, _ = bptt.GRU(4, 3, bidirectional=True)(packed)
    assert isinstance(output, PackedSequence)
    assert all(torch.equal(a, b) for a, b in zip(output[1:], packed[1:]))
