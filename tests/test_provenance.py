"""Provenance against torch: shapes by evaluation, cells by planting NaN, reach by autograd in float64."""

import itertools
import re

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lecture_utils.shapes import Cell, RecurrentShape

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}

# Sizes that all differ, then T = N = d_h = D, where a right shape proves little; one step, one item, unbatched.
LENGTHS = {"rnn": [(4, 3), (2, 2), (1, 3), (3, 1), (4, None)], "gru": [(4, 3), (2, 2)], "lstm": [(2, 2), (4, None)]}
SPECS = [
    RecurrentShape(cell, 3, 2, layers, two_way, first)
    for cell, layers, two_way, first in itertools.product(LENGTHS, [1, 2], [False, True], [False, True])
]
SPECS += [RecurrentShape("lstm", 3, 3, layers, two_way, proj_size=2) for layers in (1, 3) for two_way in (False, True)]
CASES = [(spec, steps, items) for spec in SPECS for steps, items in LENGTHS[spec.cell]]

EXPRESSIONS = """
output
output[-1]
output[:, -1]
output[0]
output[..., -1]
output[1:3]
output[::2]
output[5:2]
output[:, 0, None]
output[-1, ..., :d_h]
output[-1:][0]
output[[1, 0], [0, -1]]
output[[1, 0]]
output[:, [0]]
output[[1, 0], :, [0, -1]]
output[[1], None, [0]]
output[:, [1, 0], [0, 1]]
output[0, :, [0, 1]]
output.transpose(0, 1)
output.transpose(0, 1)[0]
output.mean(0)
output.mean(dim=1)
output.sum(dim=(0, 1))
output.mean()
output.amax(dim=0)
output.max(dim=0).values
output.max(0)[0]
output[:0].mean(1)
output[:, :0].sum(0)
output.amax().flatten(0, 1)
output.amax().flatten(-2)
output.amax().flatten(-1, 0)
output.amax().transpose(0, -1)
output.amax().transpose(0, 1)
output.amax().movedim(0, 0)
output.amax().movedim(0, 1)
output.amax().max(0).values
output.amax().max(1).values
output.flatten()
output.flatten(0, 1)
output.view(T * N, -1)
output.view(N, -1)
output.view(N, T, -1)
output.reshape(N, -1)
output.reshape(T, N, D, -1)[-1, :, 0]
output.unflatten(-1, (D, -1))[..., 1, :]
output.transpose(0, 1).view(N, -1)
output.transpose(0, 1).reshape(N, -1)
output.transpose(0, 1).contiguous().view(N, -1)
output.chunk(2, dim=-1)[0]
output.split(d_h, dim=-1)[-1]
output.permute(1, 2, 0)
output.flip(0)[0]
torch.flip(output, [0])
output.unbind(1)[-1]
output.select(0, -1)
output.narrow(0, 1, 2)
output.view(output.shape[0], -1)
output.view(output.size(0), -1)
h_n
h_n[-1]
h_n[-2]
h_n[0]
h_n[:, -1]
h_n[::2]
h_n.squeeze(0)
h_n.unsqueeze(0)
h_n.mT
h_n.movedim(0, -1)
h_n.view(N, -1)
h_n.view(L, D, N, -1)
h_n.view(L, D, N, -1)[-1].transpose(0, 1).reshape(N, -1)
h_n.transpose(0, 1).reshape(N, -1)
h_n.permute(1, 0, 2).flatten(1)
h_n[-2] + h_n[-1]
(h_n[-2] + h_n[-1]) / 2
h_n[-2] * h_n[-1]
-h_n[-1] * 2 + 1
torch.cat([h_n[-2], h_n[-1]], dim=1)
torch.cat((h_n[-2], h_n[-1]), -1)
torch.cat(h_n.unbind(0), dim=-1)
torch.cat(h_n.unbind(0)[-2:], dim=-1)
torch.stack([h_n[-2], h_n[-1]])
torch.stack([h_n[0], h_n[-1]], dim=1).flatten(1)
torch.cat([output[-1], h_n[-1]], dim=-1)
output[-1] * h_n[-1]
output[0] + output
c_n
c_n[-1]
c_n.view(N, -1)
torch.cat([c_n[-1], h_n[-1]], dim=-1)
""".strip().splitlines()


def torch_module(spec):
    """Torch's module in float64, so that a dependence over several steps does not round to nothing."""
    torch.manual_seed(0)
    more = {"proj_size": spec.proj_size} if spec.proj_size else {}
    return MODULES[spec.cell](
        spec.input_size,
        spec.hidden_size,
        spec.num_layers,
        bidirectional=spec.bidirectional,
        batch_first=spec.batch_first,
        dtype=torch.float64,
        **more,
    )


def run(module, inputs):
    """What a module returns, by name."""
    output, final = module(inputs)
    states = final if isinstance(final, tuple) else (final,)
    return {"output": output, **dict(zip(["h_n", "c_n"], states))}


def evaluate(expression, tensors, spec, steps, items):
    """Let torch itself work out an expression; None if it cannot."""
    names = {"T": steps, "N": items, "L": spec.num_layers, "D": spec.num_directions, "d_h": spec.hidden_size}
    try:
        return eval(expression, {"torch": torch, **names, **tensors})
    except (RuntimeError, IndexError, TypeError, ValueError, NameError):
        return None


def trace(spec, expression, steps, items):
    """The provenance, or None with its sentence checked."""
    try:
        return spec.provenance(expression, steps, items)
    except ValueError as error:
        sentence = str(error)
    assert re.fullmatch(r"[A-Z.0-9a-z].*\.", sentence), sentence
    return None


def places(name, spec, steps, items):
    """Every hidden state in a tensor with the index at which its numbers stand."""
    layers, ways, width = spec.num_layers, spec.num_directions, spec.output_size
    for item in range(items or 1):
        at_item = () if items is None else (item,)
        if name == "output":
            for step, way in itertools.product(range(steps), range(ways)):
                at = (*at_item, step) if spec.batch_first else (step, *at_item)
                yield Cell(layers - 1, way, step, item), (*at, slice(way * width, (way + 1) * width))
        else:
            for layer, way in itertools.product(range(layers), range(ways)):
                step = 0 if way else steps - 1
                yield Cell(layer, way, step, item), (layer * ways + way, *at_item)


def planted_cells(expression, tensors, spec, steps, items):
    """The states whose numbers an expression uses: make one NaN at a time and see whether it comes through."""
    found = set()
    for name in tensors:
        for cell, place in places(name, spec, steps, items):
            spoilt = tensors[name].detach().clone()  # keeps torch's own layout in memory
            spoilt[place] = torch.nan
            if evaluate(expression, tensors | {name: spoilt}, spec, steps, items).isnan().any():
                found.add(cell)
    return found


def measure(result, inputs, tensors, spec, steps, items):
    """The states and the inputs, as (step, item), on which a result has a gradient."""
    weights = torch.rand(result.shape, dtype=result.dtype) + 0.5  # so that nothing cancels
    sources = [inputs, *tensors.values()]
    of_inputs, *of_tensors = torch.autograd.grad(
        (result * weights).sum(), sources, retain_graph=True, allow_unused=True
    )
    cells = {
        cell
        for name, gradient in zip(tensors, of_tensors)
        if gradient is not None
        for cell, place in places(name, spec, steps, items)
        if gradient[place].any()
    }
    used = torch.zeros_like(inputs) if of_inputs is None else of_inputs
    used = used.any(-1) if items else used.any(-1)[:, None]
    return cells, {tuple(at) for at in (used.T if items and spec.batch_first else used).nonzero().tolist()}


@pytest.mark.parametrize(
    ("spec", "steps", "items"),
    CASES,
    ids=[f"{c.cell}-{c.num_layers}-{c.num_directions}-{c.batch_first}-{c.proj_size}-{t}-{n}" for c, t, n in CASES],
)
def test_slices_agree_with_torch(spec, steps, items):
    module = torch_module(spec)
    inputs = torch.rand(spec.inputs(steps, items)["input"], dtype=torch.float64, requires_grad=True)
    tensors = run(module, inputs)
    for expression in EXPRESSIONS:
        result = evaluate(expression, tensors, spec, steps, items)
        provenance = trace(spec, expression, steps, items)
        assert (provenance is None) == (result is None), expression
        if result is None:
            continue
        assert provenance.shape == tuple(result.shape), expression
        if "max" in expression:  # a maximum has a gradient only where the largest number stands
            assert provenance.cells == planted_cells(expression, tensors, spec, steps, items), expression
            continue
        cells, reach = measure(result, inputs, tensors, spec, steps, items)
        assert provenance.cells == cells, expression
        assert provenance.reach == reach, expression


NUMBER = st.integers(-2, 2).map(str) | st.sampled_from(["T", "N", "D", "L", "d_h", "T - 1", "D * d_h", "N * T", "-1"])
INDEX = NUMBER | st.sampled_from([":", "...", "None", "1:", ":-1", "::2", "-2:", "[0, 1]", "[1, 0, -1]", "[-1]"])
INDICES = st.lists(INDEX, min_size=1, max_size=4).filter(lambda items: items.count("...") < 2)
NUMBERS = st.lists(NUMBER, min_size=1, max_size=4).map(", ".join)
STEP = st.one_of(
    INDICES.map(", ".join).map("[{}]".format),
    st.builds(".{}({})".format, st.sampled_from(["view", "reshape", "permute", "flip"]), NUMBERS),
    st.builds(
        ".{}({})".format,
        st.sampled_from(["flatten", "transpose", "squeeze", "unsqueeze", "mean", "sum", "select", "narrow", "movedim"]),
        NUMBERS,
    ),
    st.builds(".{}({}, dim={})[{}]".format, st.sampled_from(["chunk", "split", "unbind"]), NUMBER, NUMBER, NUMBER),
    st.builds(".unbind({})[{}]".format, NUMBER, NUMBER),
    st.builds(".unflatten({}, ({}))".format, NUMBER, NUMBERS),
    st.builds(".mean(dim=({}), keepdim=True)".format, NUMBERS),
    st.sampled_from([".mT", ".flatten()", ".squeeze()", ".contiguous()", ".clone()", ".view(-1)", ".sum()"]),
)
CHAIN = st.builds(
    lambda name, steps: name + "".join(steps), st.sampled_from(["output", "h_n"]), st.lists(STEP, max_size=3)
)
WRITTEN = st.one_of(
    CHAIN,
    st.builds("torch.cat([{}, {}], dim={})".format, CHAIN, CHAIN, NUMBER),
    st.builds("torch.stack([{}, {}], {})".format, CHAIN, CHAIN, NUMBER),
    st.builds("({} + {}){}".format, CHAIN, CHAIN, STEP),
    st.builds("({} * 2){}".format, CHAIN, STEP),
)


@pytest.fixture(scope="module")
def networks():
    """Two networks that have run: sizes that differ with batch_first, and sizes that coincide."""
    made = []
    for spec, steps, items in [
        (RecurrentShape("rnn", 3, 2, 2, True, batch_first=True), 4, 3),
        (RecurrentShape("rnn", 2, 2, 1, True), 2, 2),
    ]:
        module = torch_module(spec)
        inputs = torch.rand(spec.inputs(steps, items)["input"], dtype=torch.float64, requires_grad=True)
        made.append((spec, steps, items, inputs, run(module, inputs)))
    return made


@given(WRITTEN)
def test_whatever_torch_understands_is_understood_alike(networks, expression):
    for spec, steps, items, inputs, tensors in networks:
        result = evaluate(expression, tensors, spec, steps, items)
        provenance = trace(spec, expression, steps, items)
        nothing_to_combine = result is not None and result.isnan().any()
        assert (provenance is None) == (result is None) or nothing_to_combine
        if provenance is None:
            continue
        cells, reach = measure(result, inputs, tensors, spec, steps, items)
        assert provenance.shape == tuple(result.shape)
        assert (provenance.cells, provenance.reach) == (cells, reach)


TOKENS = """
output h_n c_n torch .view .cat .T .shape [ ] ( ) { } , : ... - + * / // % ** @ = None True 0 1 -1 9999999999999 1.5
1e400 'a' T N d_h lambda x if else for in not and is := await yield # ; é __class__ __import__ \\
"""
PIECES = st.sampled_from([*TOKENS.split(), "\n", "\x00"])


@given(st.text() | st.lists(PIECES, max_size=12).map("".join) | st.lists(PIECES, max_size=12).map(" ".join) | st.none())
def test_no_text_raises_anything_but_a_sentence(expression):
    spec = RecurrentShape("lstm", 3, 2, 2, bidirectional=True)
    provenance = trace(spec, expression, 4, 3)
    assert provenance is None or provenance.words


@pytest.mark.parametrize(
    "expression",
    [
        "x" * 10_000,
        "(" * 5_000,
        "(" * 240 + "output" + ")" * 240,
        "[" * 200 + "]" * 200,
        "-" * 480 + "output",
        "output" + "[0]" * 160,
        "output" + ".T" * 240,
        "output" + "+output" * 60,
        "not " * 100 + "output",
        "9" * 490,
        "output[" + "9" * 480 + "]",
        "output.view(" + "9" * 200 + "*" + "9" * 200 + ")",
        "torch.stack([" * 30 + "output" + "])" * 30,
        "output" + "[None]" * 30,
        "output" + ".unsqueeze(0)" * 36,
    ],
)
def test_monstrous_expressions_get_a_sentence(expression):
    assert trace(RecurrentShape("rnn", 3, 2), expression, 4, 3) is None


def test_nothing_is_ever_run(tmp_path):
    trap = tmp_path / "trap"
    for expression in (
        f"open({str(trap)!r}, 'w')",
        f"output[open({str(trap)!r}, 'w')]",
        f"output.view(open('{trap}', 'w'))",
    ):
        assert trace(RecurrentShape("rnn", 3, 2), expression, 4, 3) is None
    assert not trap.exists()


def test_memory_stays_bounded():
    large = RecurrentShape("rnn", 1, 1_000_000, num_layers=1_000, bidirectional=True)
    assert trace(large, "output", 1_000_000, 1_000_000) is None
    assert trace(large, "h_n", 1, 1) is None
    spec = RecurrentShape("rnn", 3, 100)
    assert trace(spec, "torch.stack([" + "output, " * 60 + "])", 100, 100) is None
    assert trace(spec, "output[:, None] + output[None]", 100, 100) is None
    assert trace(spec, "h_n[-1]", 100, 100).shape == (100, 100)


@pytest.mark.parametrize(
    ("expression", "sentence"),
    [
        ("", 'Type a slice of output, h_n or c_n, such as "output[-1]" or "h_n[-2]".'),
        ("output[é]", "A slice is written in plain ASCII characters, but this one holds '\\xe9'."),
        ("output[-1], h_n", "The expression must give one tensor, made from output, h_n or c_n."),
        ("output[", "This is not one whole Python expression: 'output['."),
        ("output[9]", "Index 9 is out of range: the axis time has size 4."),
        ("output[:, -4]", "Index -4 is out of range: the axis batch has size 3."),
        ("h_n[2]", "Index 2 is out of range: the axis layer·direction has size 2."),
        ("output[0, 0, 0, 0]", "There are 4 indices for 3 axes, (time 4, batch 3, feature 4)."),
        (
            "output[..., ...]",
            "Write ... once: it already stands for every axis without an index of its own, and what torch makes",
        ),
        ("output[::-1]", "A slice of a tensor needs a step of 1 or more; to run backwards, use .flip(dim)."),
        ("output[1.5]", "An index must be a whole number, but it is 1.5."),
        ("output.transpose(0, 3)", "There is no axis 3 in (time 4, batch 3, feature 4)."),
        ("output.transpose(0)", ".transpose takes (dim0, dim1), which does not fit output.transpose(0)."),
        ("output.view(5, -1)", "The shape (5, -1) does not hold the 48 numbers of (time 4, batch 3, feature 4)."),
        ("c_n", "There is no c_n here: only an LSTM keeps a cell state."),
        ("torch.cat(h_n)", "torch.cat needs a list of tensors, such as torch.cat([h_n[-2], h_n[-1]], dim=1)."),
        ("hidden[-1]", "The name 'hidden' is not understood. Understood are output, h_n; indices and slices; .view,"),
        ("output.numpy()[0]", "This part is not understood: output.numpy(). Understood are output, h_n; indices"),
        ("T // 0", "This divides by zero: T // 0."),
        ("-" * 50 + "T", "The expression is nested more than 40 levels deep."),
    ],
)
def test_what_is_not_understood_gets_a_sentence(expression, sentence):
    with pytest.raises(ValueError, match=f"^{re.escape(sentence)}"):
        RecurrentShape("rnn", 3, 2, bidirectional=True).provenance(expression, 4, 3)


def test_view_across_memory_says_why():
    spec = RecurrentShape("gru", 3, 2, batch_first=True)
    with pytest.raises(ValueError, match=r"^view cannot cut \(batch 3, time 4, feature 2\) .*\.reshape"):
        spec.provenance("output.view(N, -1)", 4, 3)
    with pytest.raises(ValueError, match=r"^N has no value here: the input is unbatched\.$"):
        spec.provenance("output.reshape(N, -1)", 4)


@pytest.mark.parametrize(
    ("expression", "named"),
    [
        ("output", "(time 5, batch 3, feature 8)"),
        ("output[-1]", "(batch 3, feature 8)"),
        ("output[:, None, 1:3]", "(time 5, new 1, batch 2, feature 8)"),
        ("output.transpose(0, 1)", "(batch 3, time 5, feature 8)"),
        ("output.view(T * N, -1)", "(time × batch 15, feature 8)"),
        ("output.view(T, N, D, d_h)", "(time 5, batch 3, direction 2, feature 4)"),
        ("output.view(T, N, D * d_h)", "(time 5, batch 3, feature 8)"),
        ("output.view(T, -1)", "(time 5, batch × feature 24)"),
        ("output.view(N, T, -1)", "(mixed 3, mixed 5, feature 8)"),
        ("output.view(T, N, 4, 2)", "(time 5, batch 3, mixed 4, mixed 2)"),
        ("output.view(T * N, -1).view(T, N, -1)", "(time 5, batch 3, feature 8)"),
        ("output[..., 0].view(5, 1, 3)", "(time 5, new 1, batch 3)"),
        ("h_n", "(layer·direction 4, batch 3, feature 4)"),
        ("h_n.view(L, D, N, d_h)", "(layer 2, direction 2, batch 3, feature 4)"),
        ("h_n.view(N, -1)", "(mixed 3, mixed 16)"),
        ("h_n.transpose(0, 1).reshape(N, -1)", "(batch 3, layer·direction × feature 16)"),
        ("h_n.view(L, D, N, d_h)[-1].transpose(0, 1).flatten(1)", "(batch 3, feature 8)"),
        ("h_n[:, :, :2].reshape(4, 3, 2)", "(layer·direction 4, batch 3, feature 2)"),
        ("h_n.view(4, 3, 2, 2)", "(layer·direction 4, batch 3, part of feature 2, part of feature 2)"),
        ("torch.cat([h_n[-2], h_n[-1]], dim=1)", "(batch 3, feature 8)"),
        ("torch.stack([h_n[-2], h_n[-1]])", "(stacked 2, batch 3, feature 4)"),
        ("output[[4, 2, 3], [0, 1, 2]]", "(time & batch 3, feature 8)"),
        ("output[:, [0, 1], None, [0, 1]]", "(batch & feature 2, time 5, new 1)"),
        ("output.mean(0, keepdim=True)", "(time 1, batch 3, feature 8)"),
        ("output[5:].view(0, 3, 8)", "(time 0, batch 3, feature 8)"),
        ("output.sum()", "()"),
    ],
)
def test_axes_keep_their_names(expression, named):
    spec = RecurrentShape("lstm", 3, 4, num_layers=2, bidirectional=True)
    assert spec.provenance(expression, 5, 3).shape.named == named


@pytest.mark.parametrize(
    ("settings", "expression", "mixed"),
    [
        ({"num_layers": 2}, "h_n.view(N, -1)", True),
        ({"num_layers": 3}, "h_n.view(N, -1)", True),  # L = N: even the first axis fits
        ({"bidirectional": True}, "h_n.view(N, -1)", True),
        ({"num_layers": 2}, "h_n.reshape(N, -1)", True),
        ({}, "h_n.view(N, -1)", False),
        ({"num_layers": 2}, "h_n.transpose(0, 1).reshape(N, -1)", False),
        ({"num_layers": 2}, "h_n.flatten(0, 1)", False),
        ({}, "output.view(N, T, -1)", True),
        ({}, "output.reshape(T, -1)", True),
        ({}, "output.view(T * N, -1)", False),
        ({}, "output.permute(2, 0, 1)", False),
        ({}, "output[..., 0].flatten()", False),
        ({}, "output.flatten()", True),
        ({}, "output.mean(1)", True),
        ({}, "output.mean(0)", False),
        ({"batch_first": True}, "output.mean(0)", True),
        ({}, "output[:, 0].flatten()", False),
        ({}, "torch.cat([output[:, 0], output[:, 1]], dim=-1)", True),
        ({"hidden_size": 1, "bidirectional": True}, "output.view(T, -1)", True),
    ],
)
def test_rows_that_mix_batch_items_are_told(settings, expression, mixed):
    spec = RecurrentShape(**{"cell": "gru", "input_size": 3, "hidden_size": 4} | settings)
    provenance = spec.provenance(expression, 5, 3)
    assert provenance.mixed is mixed
    assert any("several batch items" in warning for warning in provenance.warnings) is mixed


@pytest.mark.parametrize("expression", ["h_n.view(N, -1)", "output.mean(1)", "output.flatten()", "output[:, -1]"])
def test_one_batch_item_alone_is_never_mixed(expression):
    assert RecurrentShape("gru", 3, 4, num_layers=2).provenance(expression, 5, 1).mixed is False


@pytest.mark.parametrize(
    ("settings", "items", "expression", "warning"),
    [
        ({"batch_first": True}, 3, "output[-1]", "the last batch item, not the last step. .* is output[:, -1]."),
        ({}, 3, "output[:, -1]", "the last batch item, not the last step. .* is output[-1]."),
        (
            {"batch_first": True},
            3,
            "h_n[:, -1]",
            "the index -1 takes the last batch item, because h_n is (layer·direction 1,",
        ),
        ({}, None, "output[:, -1]", "the last feature of every step"),
        (
            {"bidirectional": True},
            3,
            "output[-1]",
            "at step 4 the backward direction has only begun and read a single input",
        ),
        (
            {"bidirectional": True, "batch_first": True, "num_layers": 2},
            3,
            "output[:, -1]",
            "at step 4 the backward direction has only begun and read a single step of the layer below",
        ),
        ({"bidirectional": True}, 3, "output[0]", "at step 0 the forward direction has only begun"),
        ({"bidirectional": True}, 3, "h_n[-1]", "h_n[-1] is the backward direction alone, h_n[-2] the forward one"),
        ({"num_layers": 2}, 3, "h_n.view(N, -1)", "rows mix .*h_n.transpose(0, 1).reshape(N, -1) keeps items apart."),
        ({}, 3, "output.mean(1)", "single numbers combine several batch items"),
    ],
)
def test_silent_mistakes_are_warned_of(settings, items, expression, warning):
    spec = RecurrentShape("gru", 3, 4, **settings)
    provenance = spec.provenance(expression, 5, items)
    pattern = re.escape(warning).replace(r"\.\*", ".*")
    assert len(provenance.warnings) == 1
    assert re.search(f"^Watch out: .*{pattern}", provenance.warnings[0])
    assert provenance.words.endswith(provenance.warnings[0])


@pytest.mark.parametrize(
    ("settings", "items", "expression"),
    [
        ({}, 3, "output[-1]"),
        ({"batch_first": True}, 3, "output[:, -1]"),
        ({}, 1, "output[:, -1]"),
        ({}, 3, "output[-1, -1]"),
        ({}, 3, "output[:, 2]"),
        ({}, 3, "h_n[-1, -1]"),
        ({"bidirectional": True}, 3, "h_n[1]"),
        ({}, None, "output[-1]"),
        ({"num_layers": 2}, 3, "h_n[-1]"),
        ({"bidirectional": True}, 3, "h_n[-2]"),
        ({"bidirectional": True}, 3, "torch.cat([h_n[-2], h_n[-1]], dim=1)"),
        ({"bidirectional": True}, 3, "output[-1, :, :d_h]"),
        ({"bidirectional": True}, 3, "output[0, :, :d_h]"),
        ({"bidirectional": True}, 3, "output.mean(0)"),
        ({"num_layers": 2, "bidirectional": True}, 3, "h_n.view(L, D, N, -1)"),
    ],
)
def test_what_is_right_is_not_warned_of(settings, items, expression):
    assert RecurrentShape("gru", 3, 4, **settings).provenance(expression, 5, items).warnings == ()


def test_the_words_say_layer_direction_steps_items_and_reach():
    spec = RecurrentShape("rnn", 20, 10, bidirectional=True)
    assert spec.provenance("output[1]", 5, 3).words == (
        "output[1] holds hidden states: forward at step 1 and backward at step 1, of every batch item (0–2). "
        "Along its last axis: 0–9 forward, 10–19 backward. "
        "A forward state has read its own step and those before, a backward one its own and those after, "
        "so it can depend on the inputs at every step (0–4) of the same batch items. "
        "Layers, steps and batch items are counted from 0."
    )
    one_way = RecurrentShape("lstm", 20, 10, num_layers=3)
    assert one_way.provenance("c_n[:2, 1]", 5, 3).words == (
        "c_n[:2, 1] holds final cell states: layers 0–1 at step 4, of batch item 1. "
        "A state has read its own step and those before, "
        "so it can depend on the inputs at every step (0–4) of the same batch items. "
        "Layers, steps and batch items are counted from 0."
    )
    ragged = RecurrentShape("rnn", 20, 10).provenance("output[[4, 0], [0, 2]]", 5, 3).words
    assert "Not the same steps of each: item 0 at step 4, item 2 at step 0." in ragged
    assert "on the inputs of item 0 at steps 0–4, item 2 at step 0." in ragged
    layers = one_way.provenance("torch.cat([h_n[1], h_n[2]], dim=-1)", 5, 3).words
    assert "Along its last axis: 0–9 layer 1, 10–19 layer 2." in layers
    assert RecurrentShape("rnn", 2, 2).provenance("output[3:3]", 5).words.startswith("output[3:3] is empty")


def test_the_tensors_used_are_named():
    spec = RecurrentShape("lstm", 3, 2)
    assert spec.provenance("output[0]", 4, 3).tensor == "output"
    assert spec.provenance(" c_n[0] ", 4, 3).tensor == "c_n"
    assert spec.provenance(" c_n[0] ", 4, 3).expression == "c_n[0]"
    assert spec.provenance("h_n[-1] + output[-1]", 4, 3).tensor == "output and h_n"
