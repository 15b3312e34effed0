"""The Python side of the explorers: what they say equals torch, and no input brings them down."""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import sys
from html import unescape

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import lecture_utils.rnn
from lecture_utils.explorers import forward_stepper, shape_explorer
from lecture_utils.explorers.forward import example_trace
from lecture_utils.explorers.shape_code import code_lines, constructor
from lecture_utils.explorers.shape_predict import COUNT, answer, questions, read_guess, shape_of
from lecture_utils.shapes import RecurrentShape

MODULES = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM}


@st.composite
def specs(draw: st.DrawFn) -> RecurrentShape:
    cell = draw(st.sampled_from(["rnn", "gru", "lstm"]))
    hidden = draw(st.integers(1, 6))
    return RecurrentShape(
        cell,
        draw(st.integers(1, 6)),
        hidden,
        num_layers=draw(st.integers(1, 3)),
        bidirectional=draw(st.booleans()),
        batch_first=draw(st.booleans()),
        bias=draw(st.booleans()),
        proj_size=draw(st.integers(0, hidden - 1)) if cell == "lstm" else 0,
        nonlinearity=draw(st.sampled_from(["tanh", "relu"])) if cell == "rnn" else "tanh",
    )


BATCHES = st.one_of(st.none(), st.integers(1, 4))


def text_of(html: str) -> str:
    return unescape(re.sub(r"<[^>]*>", " ", html))


# --- loading


def measure_start() -> dict[str, float]:
    """Import and first explorer in a fresh interpreter, beyond the import of ipywidgets.

    Milliseconds of the processor: on a busy machine the clock on the wall measures its neighbours too.
    """
    program = """
import json, sys, time
import ipywidgets
start = time.process_time()
import lecture_utils.shapes
from lecture_utils.explorers import shape_explorer
shape_explorer()
print(json.dumps({"ms": 1000 * (time.process_time() - start), "torch": "torch" in sys.modules}))
"""
    return json.loads(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    )


def test_a_first_explorer_needs_no_torch_and_little_time() -> None:
    runs = [measure_start() for _ in range(3)]
    assert not any(run["torch"] for run in runs)
    assert statistics.median(run["ms"] for run in runs) < 400


def test_an_unknown_explorer_is_answered_with_the_known_ones() -> None:
    import lecture_utils.explorers as explorers

    with pytest.raises(AttributeError, match="shape_explorer"):
        explorers.shape_explorr  # noqa: B018


# --- the PyTorch lines


@given(specs(), st.integers(1, 6), BATCHES, st.integers(1, 5))
@settings(max_examples=150, deadline=None)
def test_the_lines_run_and_every_shape_in_them_is_true(
    spec: RecurrentShape, seq_len: int, batch_size: int | None, classes: int
) -> None:
    code = code_lines(spec, seq_len, batch_size, classes)
    space: dict[str, object] = {}
    exec(code, space)
    assert f"output {tuple(space['output'].shape)}" in code  # type: ignore[attr-defined]
    assert f"h_n {tuple(space['h_n'].shape)}" in code  # type: ignore[attr-defined]
    assert f"logits = V(output)  # {tuple(space['logits'].shape)}" in code  # type: ignore[attr-defined]
    layer = space["rnn"]
    assert f"{sum(weight.numel() for weight in layer.parameters()):,} parameters" in code  # type: ignore[attr-defined]
    assert RecurrentShape.from_module(layer) == spec


@given(specs(), st.integers(1, 6), BATCHES, st.integers(1, 5))
@settings(max_examples=50, deadline=None)
def test_the_lines_without_answers_show_no_shape_of_a_result(
    spec: RecurrentShape, seq_len: int, batch_size: int | None, classes: int
) -> None:
    code = code_lines(spec, seq_len, batch_size, classes, with_shapes=False)
    assert "#" not in code
    assert constructor(spec) in code
    assert "zeros" not in code  # the states' shapes are among the questions


# --- predict first


@given(specs(), st.integers(1, 6), BATCHES, st.data())
@settings(max_examples=150, deadline=None)
def test_only_the_truth_is_right(
    spec: RecurrentShape, seq_len: int, batch_size: int | None, data: st.DataObject
) -> None:
    question = data.draw(st.sampled_from(questions(spec)))
    truth = tuple(shape_of(spec, seq_len, batch_size, question))
    assert answer(spec, seq_len, batch_size, question, str(truth)).right
    wrong = data.draw(st.tuples(*(st.integers(1, 30) for _ in truth)).filter(lambda guess: guess != truth))
    got = answer(spec, seq_len, batch_size, question, str(wrong))
    assert not got.right
    assert str(truth) not in got.sentence


@given(st.text())
def test_any_guess_gets_a_sentence(text: str) -> None:
    got = answer(RecurrentShape("lstm", 20, 10), 5, 3, "output", text)
    assert got.sentence.endswith(".")
    assert len(got.sentence) < 300


WAYS = ["(5, 3, 20)", "5 3 20", "5,3,20", "5 × 3 × 20", "[5, 3, 20]", "5x3x20", "(5,3,20,)", "torch.Size([5, 3, 20])"]


@pytest.mark.parametrize("text", WAYS)
def test_a_guess_may_be_written_in_many_ways(text: str) -> None:
    assert read_guess(text) == (5, 3, 20)


@pytest.mark.parametrize("text", ["5148", "5,148", "5 148", "5_148"])
def test_a_count_may_be_written_with_its_thousands_apart(text: str) -> None:
    assert read_guess(text, count=True) == (5148,)


@pytest.mark.parametrize("text", ["(٣, 5, 14)", "3 5 14.0", "", "()", "five"])
def test_what_is_no_shape_is_not_read_as_one(text: str) -> None:
    assert read_guess(text) is None


def test_no_number_of_a_guess_is_dropped() -> None:
    spec = RecurrentShape("rnn", 20, 14)
    assert answer(spec, 5, 3, "output", "(5, 3, 14)").right
    assert not answer(spec, 5, 3, "output", "5 3 99999999999999999999 14").right


@pytest.mark.parametrize(
    ("spec", "question", "guess", "words"),
    [
        (RecurrentShape("rnn", 20, 10), "output", "(3, 5, 10)", "with batch_first=True"),
        (RecurrentShape("rnn", 20, 10, bidirectional=True), "output", "(5, 3, 10)", "for one direction"),
        (RecurrentShape("rnn", 20, 10, num_layers=2), "h_n", "(1, 3, 10)", "for one layer"),
        (RecurrentShape("lstm", 20, 10), "weight_ih_l0", "(10, 20)", "for a plain RNN"),
        (RecurrentShape("lstm", 20, 10, proj_size=4), "output", "(5, 3, 10)", "without the projection"),
        (RecurrentShape("rnn", 20, 10), COUNT, "300", "without biases"),
        (RecurrentShape("rnn", 20, 10), "output", "(5, 10)", "for unbatched input"),
        (RecurrentShape("rnn", 20, 10), "output", "(10, 3, 5)", "in another order"),
        (RecurrentShape("rnn", 20, 10), "output", "(5, 3, 20)", "time ✓, batch ✓, feature ✗"),
    ],
)
def test_a_familiar_mistake_is_named(spec: RecurrentShape, question: str, guess: str, words: str) -> None:
    got = answer(spec, 5, 3, question, guess)
    assert not got.right
    assert words in got.sentence


# --- the shape explorer


@pytest.mark.parametrize("home", [nn, lecture_utils.rnn])
@pytest.mark.parametrize("name", ["RNN", "GRU", "LSTM"])
def test_a_learners_module_is_shown_as_it_is(home: object, name: str) -> None:
    module = getattr(home, name)(7, 9, num_layers=2, bidirectional=True, batch_first=True, bias=False)
    explorer = shape_explorer(module)
    facts = text_of(explorer.facts.parts["facts"])
    assert explorer.shown.spec == RecurrentShape.from_module(module)
    assert f"Your module's {len(list(module.parameters()))} parameter tensors have exactly" in facts
    assert f"{sum(weight.numel() for weight in module.parameters()):,}" in facts
    explorer.hidden_size.control.value = "5"
    assert "Your module is still nn." in text_of(explorer.facts.parts["facts"])


def test_a_module_with_more_than_the_slider_holds_is_shown_too() -> None:
    assert shape_explorer(nn.RNN(3, 2, num_layers=9)).shown.spec.num_layers == 9


@pytest.mark.parametrize("thing", [nn.Linear(2, 3), nn.RNN, "rnn", 7])
def test_what_is_no_recurrent_layer_gets_a_sentence(thing: object) -> None:
    with pytest.raises(TypeError, match=r"Expected an nn\.RNN, nn\.GRU or nn\.LSTM"):
        shape_explorer(thing)


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("hidden_size", "0", "hidden_size must be a whole number from 1"),
        ("input_size", "ten", "but it is 'ten'"),
        ("hidden_size", "99999999999999999999", "hidden_size must be a whole number"),
        ("proj_size", "3", "only an LSTM projects"),
        ("batch_size", "-1", "batch_size must be a whole number"),
        ("classes", "<img src=x onerror=alert(1)>", "<img src=x onerror"),
    ],
)
def test_nonsense_gets_a_sentence_beside_the_control_and_loses_nothing(field: str, text: str, words: str) -> None:
    explorer = shape_explorer()
    before = dict(explorer.main.parts)
    getattr(explorer, field).control.value = text
    assert words in unescape(getattr(explorer, field).note.value)
    assert "<img" not in getattr(explorer, field).note.value
    assert explorer.main.parts == before
    getattr(explorer, field).control.value = "1" if field != "proj_size" else "0"
    assert getattr(explorer, field).note.value == ""


def test_a_projection_as_wide_as_the_state_is_refused_beside_its_field() -> None:
    explorer = shape_explorer(nn.LSTM(20, 10))
    explorer.proj_size.control.value = "10"
    assert "proj_size must be smaller than hidden_size" in explorer.proj_size.note.value


def test_slices_are_explained_and_bad_ones_answered() -> None:
    explorer = shape_explorer(nn.GRU(20, 10, bidirectional=True, batch_first=True))
    explorer.slice_a.control.value = "output[:, -1]"
    explorer.slice_b.control.value = "__import__('os').system('true')"
    assert "(3, 20)" in text_of(explorer.slices.parts["slices"])
    assert explorer.slice_b.note.value != ""
    assert explorer.slice_a.note.value == ""
    explorer.slice_b.control.value = "<script>alert(1)</script>"
    assert "<script" not in explorer.slices.parts["slices"] + explorer.slice_b.note.value


def test_predict_first_hides_every_answer_until_reveal() -> None:
    explorer = shape_explorer(nn.LSTM(23, 17, num_layers=2, bidirectional=True))
    explorer.predict.value = True
    page = text_of(
        "".join([*explorer.main.parts.values(), *explorer.facts.parts.values(), *explorer.slices.parts.values()])
    )
    hidden = {
        tuple(shape) for name, shape in {**explorer.shown.spec.outputs(5, 3), **explorer.shown.spec.weights()}.items()
    }
    assert not [shape for shape in hidden if str(shape) in page]
    assert f"{explorer.shown.spec.num_parameters:,}" not in page
    explorer.question.control.value = "h_n"
    explorer.guess.control.value = "(4, 3, 17)"
    explorer.check.click()
    assert "✓ Right" in text_of(explorer.guess.note.value)
    explorer.reveal.click()
    assert explorer.predict.value is False
    assert f"{explorer.shown.spec.num_parameters:,}" in text_of(explorer.facts.parts["facts"])


@pytest.mark.parametrize("slice_text", ["output[-1]", "h_n.view(7, 7)", "output[1:1]", "output[9]"])
def test_hidden_slices_say_no_shape(slice_text: str) -> None:
    module = nn.LSTM(23, 11, num_layers=2, bidirectional=True, batch_first=True, proj_size=7)
    explorer = shape_explorer(module)
    explorer.predict.value = True
    explorer.slice_a.control.value = slice_text
    page = text_of(explorer.slices.parts["slices"] + explorer.slice_a.note.value)
    assert "14" not in page
    assert "feature" not in page


def test_predict_and_reveal_work_while_a_control_holds_nonsense() -> None:
    explorer = shape_explorer()
    explorer.hidden_size.control.value = "x"
    explorer.predict.value = True
    assert explorer.quiz.layout.display == ""
    assert "output (" not in text_of(explorer.facts.parts["facts"])
    explorer.reveal.click()
    assert explorer.quiz.layout.display == "none"
    assert "output (5, 3, 10)" in text_of(explorer.facts.parts["facts"])


def test_a_verdict_goes_with_its_question_and_answer() -> None:
    explorer = shape_explorer()
    explorer.predict.value = True
    explorer.guess.control.value = "(5, 3, 10)"  # Enter, or the way to the next control, sends the answer
    assert "Right" in explorer.guess.note.value
    explorer.guess.control.value = "(5, 3, 11)"
    assert "Not yet" in explorer.guess.note.value
    explorer.question.control.value = "h_n"
    assert explorer.guess.note.value == ""
    explorer.check.click()
    assert "Not yet" in explorer.guess.note.value


def test_reset_goes_back_to_the_first_settings() -> None:
    explorer = shape_explorer(nn.GRU(7, 5, num_layers=2))
    explorer.cell.control.value = "lstm"
    explorer.hidden_size.control.value = "nonsense"
    explorer.layers.control.value = 5
    explorer.slice_a.control.value = "h_n[0]"
    explorer.predict.value = True
    explorer.reset.click()
    assert explorer.slice_a.value == "output[-1]"
    assert explorer.predict.value is False
    assert explorer.shown.spec == RecurrentShape("gru", 7, 5, num_layers=2)
    assert explorer.hidden_size.note.value == ""


def test_the_static_state_holds_pictures_with_words_and_no_inline_svg() -> None:
    for explorer in (shape_explorer(), forward_stepper()):
        html = explorer.static_html()
        images = re.findall(r"<img [^>]*>", html)
        assert images
        assert all(re.search(r'alt="[^"]{20,}"', image) for image in images)
        assert "<svg" not in html
        assert "<table" in html


TYPED = st.one_of(
    st.integers(-2, 60).map(str),
    st.text(max_size=30),
    st.sampled_from(["", "0", "<img src=x onerror=alert(1)>", "9" * 10_000, "😀", "שלום", "1e9", "1000000"]),
)
MOVES = st.one_of(
    st.tuples(st.sampled_from(["input_size", "hidden_size", "proj_size", "batch_size", "classes"]), TYPED),
    st.tuples(st.just("cell"), st.sampled_from(["rnn", "gru", "lstm"])),
    st.tuples(st.just("layers"), st.integers(1, 6)),
    st.tuples(st.just("seq_len"), st.integers(1, 30)),
    st.tuples(st.sampled_from(["directions", "batch", "batch_first", "bias"]), st.booleans()),
    st.tuples(st.just("system"), st.sampled_from(["lecture", "d2l", "pytorch"])),
    st.tuples(st.just("form"), st.sampled_from(["column", "row"])),
    st.tuples(
        st.sampled_from(["slice_a", "slice_b"]),
        st.one_of(TYPED, st.sampled_from(["output[-1]", "output[:, -1]", "h_n[-2]", "h_n.view(N, -1)", "c_n[0]"])),
    ),
)


@given(st.lists(MOVES, max_size=12))
@settings(max_examples=40, deadline=None)
def test_any_sequence_of_changes_leaves_a_true_page(moves: list[tuple[str, object]]) -> None:
    explorer = shape_explorer()
    for name, value in moves:
        getattr(explorer, name).control.value = value
    html = "".join([*explorer.main.parts.values(), *explorer.slices.parts.values(), *explorer.facts.parts.values()])
    html += "".join(field.note.value for field in explorer._settings_fields())
    assert "<img" not in html
    assert explorer.errors.value == ""
    shown = explorer.shown
    facts = text_of(explorer.facts.parts["facts"])
    assert f"{shown.spec.num_parameters:,}" in facts
    assert str(tuple(shown.spec.outputs(shown.seq_len, shown.batch_size)["output"])) in facts


# --- the forward stepper


def test_the_steppers_numbers_are_torchs() -> None:
    trace = example_trace()
    d_h, d_in = len(trace.W), len(trace.W[0])
    layer, top = nn.RNN(d_in, d_h, dtype=torch.float64), nn.Linear(d_h, len(trace.V), dtype=torch.float64)
    with torch.no_grad():
        layer.weight_ih_l0.copy_(torch.tensor(trace.W))
        layer.weight_hh_l0.copy_(torch.tensor(trace.U))
        layer.bias_ih_l0.copy_(torch.tensor(trace.b_1))
        layer.bias_hh_l0.zero_()
        top.weight.copy_(torch.tensor(trace.V))
        top.bias.copy_(torch.tensor(trace.b_2))
        inputs = torch.tensor([step.x for step in trace.steps], dtype=torch.float64)
        states, _ = layer(inputs)
        chances = torch.softmax(top(states), dim=-1)
    torch.testing.assert_close(torch.tensor([step.h for step in trace.steps], dtype=torch.float64), states)
    torch.testing.assert_close(torch.tensor([step.p for step in trace.steps], dtype=torch.float64), chances)


def test_the_stepper_has_a_frame_for_every_phase_of_every_step() -> None:
    explorer = forward_stepper()
    (stage,) = [child for child in explorer.widget.children if getattr(child, "frames", None)]
    assert len(stage.frames) == 5 * 7
    assert [frame["group"] for frame in stage.frames] == [str(step) for step in range(5) for _ in range(7)]
    sizes = {re.search(r'viewBox="([^"]*)"', frame["html"]).group(1) for frame in stage.frames}
    assert len(sizes) == 1, "the picture must not jump from frame to frame"
