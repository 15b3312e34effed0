"""The hundred lines of notebook 04: NumPy alone, gradients equal to autograd's, a training that can be repeated."""

import ast

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.bench_numpy import hundred_lines, lines_of_code, model, one_step_at_a_time

MODEL = model()


def draw(seed=0, dtype=np.float64, *, T=6, N=3, d_h=7):
    """Random parameters and data: params, ids (T, N), targets (T, N), h_0 (N, d_h)."""
    rng = np.random.default_rng(seed)
    params = MODEL["new_parameters"](rng, d_h, dtype)
    ids = rng.integers(len(MODEL["ALPHABET"]), size=(T + 1, N))
    return params, ids[:-1], ids[1:], rng.normal(size=(N, d_h)).astype(dtype)


def by_autograd(params, ids, targets, h_0):
    """Loss, gradients and last state of the same network, written plainly in torch."""
    leaves = {name: torch.tensor(value, requires_grad=True) for name, value in params.items()}
    W, U, V, b_1, b_2 = leaves.values()
    h, loss = torch.tensor(h_0), torch.zeros((), dtype=W.dtype)
    for x, y in zip(torch.tensor(ids), torch.tensor(targets)):
        x = torch.nn.functional.one_hot(x, W.shape[1]).to(W.dtype)  # (N, C)
        h = torch.tanh(x @ W.T + h @ U.T + b_1)
        loss = loss + torch.nn.functional.cross_entropy(h @ V.T + b_2, y)
    grads = torch.autograd.grad(loss, list(leaves.values()))
    return loss.item(), {name: g.numpy() for name, g in zip(leaves, grads)}, h.detach().numpy()


def apart(ours, theirs):
    return np.linalg.norm(ours - theirs) / np.linalg.norm(theirs)


@pytest.fixture(scope="module")
def little_text():
    return "the cherry trees bloom in april and the petals fall in may.\n" * 8


def test_it_is_about_a_hundred_lines_long():
    assert 60 < lines_of_code() <= 110


def test_it_needs_nothing_but_numpy_and_a_text():
    imported = set()
    for cell in hundred_lines():
        for node in ast.walk(ast.parse(cell)):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    assert imported == {"numpy", "math", "lecture_utils.datasets"}


@settings(max_examples=25, deadline=None)
@given(T=st.integers(1, 7), N=st.integers(1, 4), d_h=st.integers(1, 9), seed=st.integers(0, 1000))
def test_gradients_are_those_of_autograd(T, N, d_h, seed):
    data = draw(seed, T=T, N=N, d_h=d_h)
    loss, grads, h = MODEL["loss_and_gradients"](*data)
    wanted_loss, wanted, last = by_autograd(*data)
    assert loss == pytest.approx(wanted_loss, rel=1e-12)
    assert apart(h, last) <= 1e-12
    assert list(grads) == list(wanted)
    for name in wanted:
        assert grads[name].shape == wanted[name].shape
        assert apart(grads[name], wanted[name]) <= 1e-10, name


def test_gradients_are_those_of_finite_differences():
    params, *data = draw()
    _, grads, _ = MODEL["loss_and_gradients"](params, *data)
    rng = np.random.default_rng(1)
    for name, value in params.items():
        way = rng.normal(size=value.shape)  # a random direction reaches every number of the parameter at once
        up, down = ({**params, name: value + sign * 1e-6 * way} for sign in (1, -1))
        rise = MODEL["loss_and_gradients"](up, *data)[0] - MODEL["loss_and_gradients"](down, *data)[0]
        assert rise / 2e-6 == pytest.approx((grads[name] * way).sum(), rel=1e-6), name


def test_float32_stays_float32():
    params, *data = draw(dtype=np.float32)
    usual = MODEL["new_parameters"](np.random.default_rng(0), 5)
    assert {value.dtype for value in usual.values()} == {np.dtype(np.float32)}
    _, grads, h = MODEL["loss_and_gradients"](params, *data)
    assert {value.dtype for value in (*grads.values(), h)} == {np.dtype(np.float32)}


def test_nothing_that_was_handed_in_is_changed():
    data = draw()
    params, *arrays = data
    before = [value.copy() for value in (*params.values(), *arrays)]
    MODEL["loss_and_gradients"](*data)
    assert all(np.array_equal(a, b) for a, b in zip(before, (*params.values(), *arrays)))


def test_the_bench_compares_the_same_mathematics():
    data = draw()
    loss, grads, h = MODEL["loss_and_gradients"](*data)
    slow_loss, slow_grads, slow_h = one_step_at_a_time(*data)
    assert slow_loss == pytest.approx(loss, rel=1e-12)
    assert apart(slow_h, h) <= 1e-12
    assert all(apart(slow_grads[name], grads[name]) <= 1e-10 for name in grads)


def test_two_chunks_add_up_to_one_reading():
    """The last state of a chunk, handed on, gives the next chunk the loss it has inside one long reading."""
    params, ids, targets, h_0 = draw(T=8)
    whole, _, last = MODEL["loss_and_gradients"](params, ids, targets, h_0)
    first, _, h = MODEL["loss_and_gradients"](params, ids[:4], targets[:4], h_0)
    second, _, end = MODEL["loss_and_gradients"](params, ids[4:], targets[4:], h)
    assert first + second == pytest.approx(whole, rel=1e-12)
    assert apart(end, last) <= 1e-12


def test_clipping_bounds_the_norm_and_keeps_the_direction():
    _, grads, _ = MODEL["loss_and_gradients"](*draw())
    flat = np.concatenate([g.ravel() for g in grads.values()])
    for largest in (0.5 * np.linalg.norm(flat), 2 * np.linalg.norm(flat)):
        clipped = {name: g.copy() for name, g in grads.items()}
        MODEL["clip"](clipped, largest)
        after = np.concatenate([g.ravel() for g in clipped.values()])
        assert np.linalg.norm(after) == pytest.approx(min(largest, np.linalg.norm(flat)))
        assert apart(after / np.linalg.norm(after), flat / np.linalg.norm(flat)) < 1e-12


def test_adam_takes_the_steps_of_torchs_adam():
    params, *data = draw()
    ours = {name: value.copy() for name, value in params.items()}
    memory = {name: np.zeros((2, *value.shape)) for name, value in ours.items()}
    theirs = [torch.tensor(value) for value in params.values()]
    betas = MODEL["BETA_1"], MODEL["BETA_2"]
    adam = torch.optim.Adam(theirs, lr=0.01, betas=betas, eps=MODEL["EPSILON"])
    for step in (1, 2, 3):
        _, grads, _ = MODEL["loss_and_gradients"](ours, *data)
        for tensor, g in zip(theirs, grads.values()):
            tensor.grad = torch.tensor(g)
        adam.step()
        MODEL["adam_step"](ours, grads, memory, step, 0.01)
    assert all(apart(a, b.numpy()) < 1e-9 for a, b in zip(ours.values(), theirs))


def test_training_learns_and_can_be_repeated(little_text):
    ids, runs = MODEL["encode"](little_text), []
    for _ in range(2):
        params = MODEL["new_parameters"](np.random.default_rng(3), 24)
        before = MODEL["bits_per_character"](params, ids)
        losses = MODEL["train"](params, ids, 400, T=20, N=4)
        runs.append((losses, MODEL["bits_per_character"](params, ids), params))
    assert len(losses) == 400
    assert runs[0][0] == runs[1][0]
    assert all(np.array_equal(runs[0][2][name], runs[1][2][name]) for name in params)
    assert runs[0][1] < 1.5 < 6 < before


def test_training_reads_every_chunk_in_order_and_starts_afresh_at_the_end(monkeypatch):
    """Row n of a chunk goes on where row n of the chunk before it stopped; at the text's end the state is zero."""
    read, real = [], MODEL["loss_and_gradients"]
    text = np.arange(40)

    def watched(params, ids, targets, h):
        read.append((ids, targets, h))
        return real(params, ids, targets, h)

    monkeypatch.setitem(MODEL, "loss_and_gradients", watched)
    MODEL["train"](MODEL["new_parameters"](np.random.default_rng(0), 5), text, 6, T=5, N=2)
    for ids, targets, _ in read:
        assert ids.shape == (5, 2)
        assert (targets == ids + 1).all()
    firsts = [ids[0].tolist() for ids, _, _ in read]
    assert firsts == [[0, 20], [5, 25], [10, 30], [0, 20], [5, 25], [10, 30]]
    assert [bool(h.any()) for _, _, h in read] == [False, True, True, False, True, True]


def test_training_clips_before_its_step(monkeypatch):
    """A bound of next to nothing, on Adam's first step: the gradient that reaches it has that length."""
    lengths, real = [], MODEL["adam_step"]

    def watched(params, grads, *rest):
        lengths.append(np.sqrt(sum((g**2).sum() for g in grads.values())))
        real(params, grads, *rest)

    monkeypatch.setitem(MODEL, "adam_step", watched)
    monkeypatch.setitem(MODEL, "LARGEST", 1e-3)
    MODEL["train"](MODEL["new_parameters"](np.random.default_rng(0), 5), MODEL["train_ids"][:500], 3, T=10, N=2)
    assert lengths == pytest.approx([0.01] * 3, rel=1e-4)  # 1e-3 for each of ten steps


def test_the_learning_rate_falls_to_zero_in_a_straight_line(monkeypatch):
    rates = []
    monkeypatch.setitem(MODEL, "adam_step", lambda params, grads, memory, step, lr: rates.append((step, lr)))
    params = MODEL["new_parameters"](np.random.default_rng(0), 5)
    MODEL["train"](params, MODEL["train_ids"][:500], 4, T=10, N=2, lr=0.08)
    assert rates == [
        (1, pytest.approx(0.08)),
        (2, pytest.approx(0.06)),
        (3, pytest.approx(0.04)),
        (4, pytest.approx(0.02)),
    ]


def test_bits_per_character_of_a_network_that_knows_nothing():
    params = {name: 0 * value for name, value in draw()[0].items()}
    ids = MODEL["encode"]("any text at all")
    assert MODEL["bits_per_character"](params, ids) == pytest.approx(np.log2(len(MODEL["ALPHABET"])))


def test_bits_per_character_is_the_loss_of_one_long_reading():
    params, *_ = draw()
    ids = MODEL["encode"]("petals fall in may")
    loss, _, _ = MODEL["loss_and_gradients"](params, ids[:-1, None], ids[1:, None], np.zeros((1, 7)))
    assert MODEL["bits_per_character"](params, ids) == pytest.approx(loss / len(ids[1:]) / np.log(2))


def test_samples_go_on_from_a_text_and_follow_the_prediction():
    params, *_ = draw()
    rng = np.random.default_rng
    text = MODEL["sample"](params, rng(5), 40, "The ")
    assert len(text) == 40
    assert text.startswith("The ")
    assert set(text) <= set(MODEL["ALPHABET"])
    assert text == MODEL["sample"](params, rng(5), 40, "The ") != MODEL["sample"](params, rng(6), 40, "The ")
    params["b_2"][MODEL["PLACE"]["z"]] = 1e3  # now z is certain
    assert MODEL["sample"](params, rng(5), 10, "The ") == "The zzzzzz"


def test_a_sample_remembers_all_of_the_text_it_goes_on_from():
    """A network that keeps each letter it has read: a unit for each, which stays on and votes for that letter."""
    eye, none = np.eye(len(MODEL["ALPHABET"])), np.zeros(len(MODEL["ALPHABET"]))
    params = {"W": 3 * eye, "U": 3 * eye, "V": 80 * eye, "b_1": none, "b_2": none}
    for text in ("ba", "ca", "bca"):
        assert set(MODEL["sample"](params, np.random.default_rng(0), 60, text)[len(text) :]) == set(text)


def test_the_corpus_is_coded_and_comes_back():
    ids = MODEL["train_ids"][:200]
    text = "".join(MODEL["ALPHABET"][k] for k in ids)
    assert MODEL["encode"](text).tolist() == ids.tolist()
    assert len(MODEL["train_ids"]) > 5 * len(MODEL["test_ids"]) > 0
