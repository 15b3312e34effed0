import functools
import io
import itertools
import math
import random
import types
from typing import NamedTuple

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lecture_utils import training
from lecture_utils.datasets import load
from lecture_utils.text import Vocabulary, next_token_batches, next_token_pass, pack
from lecture_utils.training import (
    History,
    TrainingDiverged,
    devices,
    falling,
    fit,
    next_token_loss,
    pick_device,
    progress,
    seed_everything,
)

# pick_device


@pytest.fixture
def machine(monkeypatch):
    """Pretend to be a machine with or without CUDA and MPS, and to wish for a device."""

    def pretend(cuda=False, mps=False, wish=None):
        monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
        monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
        monkeypatch.delenv("LECTURE_UTILS_DEVICE", raising=False)
        if wish is not None:
            monkeypatch.setenv("LECTURE_UTILS_DEVICE", wish)

    return pretend


@pytest.mark.parametrize(
    ("cuda", "mps", "device"),
    [(True, True, "cuda"), (True, False, "cuda"), (False, True, "mps"), (False, False, "cpu")],
)
def test_the_fastest_device_present_is_picked(machine, cuda, mps, device):
    machine(cuda, mps)
    assert pick_device() == torch.device(device)
    machine(cuda, mps, wish=" CPU ")
    assert pick_device() == torch.device("cpu")
    machine(cuda, mps, wish="")
    assert pick_device() == torch.device(device)


@pytest.mark.parametrize("wish", ["cuda", "mps"])
def test_a_device_that_is_absent_is_said_to_be(machine, wish):
    machine(wish=wish)
    with pytest.raises(RuntimeError, match=f"asks for {wish}, but .* finds no such device here"):
        pick_device()


def test_a_misspelt_device_gets_the_nearest(machine):
    machine(wish="cudda")
    with pytest.raises(ValueError, match=r"must be cpu, cuda or mps, got 'cudda'\. Did you mean cuda\?"):
        pick_device()


# seed_everything


def test_a_seed_may_come_from_numpy_or_pytorch():
    seed_everything(3)
    first = draws()
    for seed in (np.int64(3), np.uint8(3), torch.tensor(3)):
        seed_everything(seed)
        assert draws() == first


def draws():
    return random.random(), np.random.rand(), torch.rand(1).item()


def test_a_seed_fixes_the_random_numbers_of_all_three():
    seed_everything(5)
    first = draws()
    draws()
    seed_everything(5)
    assert draws() == first
    seed_everything(6)
    assert all(a != b for a, b in zip(draws(), first))


@pytest.mark.parametrize("seed", [-1, 2**32, 1.0, "1", None, True, np.True_, np.float64(1), torch.tensor(True)])
def test_a_seed_is_a_whole_number(seed):
    with pytest.raises(ValueError, match=r"seed must be a whole number from 0 to 2\*\*32 - 1, got"):
        seed_everything(seed)


# fit, on a small regression


def mean_square(model, x, y):
    return ((model(x) - y) ** 2).mean()


def regression(count=7):
    """Batches of one linear task, the same at every call."""
    generator = torch.Generator().manual_seed(3)
    xs = torch.randn(count, 16, 4, generator=generator)  # (batches, N, features)
    return [(x, x @ torch.ones(4, 2) + 1) for x in xs]


def network(dropout=0.0):
    """A small network with the same weights at every call."""
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(4, 8), nn.Tanh(), nn.Dropout(dropout), nn.Linear(8, 2))


def train(model, batches=None, **settings):
    settings = {"loss": mean_square, "steps": 20, "lr": 0.01, "clip": None, "seed": 0, **settings}
    return fit(model, regression() if batches is None else batches, **settings)


def weights(model):
    return [parameter.detach().clone() for parameter in model.parameters()]


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("clip", [None, 0.5])
@pytest.mark.parametrize("optimiser", [torch.optim.Adam, torch.optim.SGD])
def test_fit_does_what_the_loop_written_out_does(clip, optimiser):
    model, twin, batches = network(), network(), regression()
    history = train(model, batches, steps=20, clip=clip, optimiser=optimiser)
    by_hand = optimiser(twin.parameters(), lr=0.01)
    for step in range(20):
        by_hand.zero_grad()
        loss = mean_square(twin, *batches[step % len(batches)])
        loss.backward()
        norm = torch.cat([p.grad.flatten() for p in twin.parameters()]).norm()
        if clip and norm > clip:
            for p in twin.parameters():
                p.grad *= clip / (norm + 1e-6)
        by_hand.step()
        assert history.losses[step] == pytest.approx(loss.item(), rel=1e-4)
        assert history.grad_norms[step] == pytest.approx(norm.item(), rel=1e-4)
    assert max(history.grad_norms) > 0.5  # the bound was felt
    for a, b in zip(weights(model), weights(twin)):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("steps", [1, 6, 7, 8, 50])
def test_fit_takes_exactly_the_steps_asked_for(monkeypatch, steps):
    taken = []
    step = training._optimiser_step
    monkeypatch.setattr(training, "_optimiser_step", lambda optimiser: taken.append(step(optimiser)))
    history = train(network(), steps=steps)
    assert len(taken) == history.steps == len(history.losses) == len(history.grad_norms) == steps
    assert history.kept_step == steps
    assert history.stopped_early is None


def test_batches_are_started_again_and_not_read_further_than_needed():
    given = []

    class Watched:
        def __iter__(self):
            for number, batch in enumerate(regression(3)):
                given.append(number)
                yield batch

    train(network(), Watched(), steps=8)
    assert given == [0, 1, 2, 0, 1, 2, 0, 1]


def test_with_the_one_inner_step_patched_away_nothing_is_learned(monkeypatch):
    monkeypatch.setattr(training, "_optimiser_step", lambda optimiser: None)
    model = network()
    train(model, evaluate=lambda model: 0.0)
    assert same(weights(model), weights(network()))


def test_the_same_seed_gives_the_same_weights_whatever_was_drawn_before():
    runs = []
    for before in (0, 1):
        torch.manual_seed(before)
        random.seed(before)
        model = network(dropout=0.5)
        runs.append((train(model, seed=4), weights(model)))
    assert runs[0][0] == runs[1][0]
    assert same(runs[0][1], runs[1][1])
    model = network(dropout=0.5)
    assert train(model, seed=5) != runs[0][0]


def test_evaluating_does_not_change_the_training():
    seen = []

    def evaluate(model):
        seen.append((model.training, torch.is_grad_enabled()))
        torch.rand(100)
        return -len(seen)  # always better: the last model is kept

    plain, watched = network(dropout=0.5), network(dropout=0.5)
    train(plain)
    history = train(watched, evaluate=evaluate, evaluate_every=6)
    assert same(weights(plain), weights(watched))
    assert set(seen) == {(False, False)}
    assert history.evaluations == ((0, -1), (6, -2), (12, -3), (18, -4), (20, -5))


def drawing(model, x, y):
    """A loss that draws from all three generators."""
    return mean_square(model, x, y) * (1 + sum(draws()))


def test_an_evaluation_may_draw_random_numbers_of_python_and_numpy_too():
    plain, watched = network(dropout=0.5), network(dropout=0.5)
    expected = train(plain, loss=drawing)
    history = train(watched, loss=drawing, evaluate=lambda model: -sum(draws()) - np.random.randn(), evaluate_every=20)
    assert history.losses == expected.losses
    after = draws()
    train(network(dropout=0.5), loss=drawing)
    assert draws() == after


def test_an_evaluation_that_fails_puts_the_random_numbers_and_the_mode_back():
    def evaluate(model):
        draws()
        raise KeyError("mine")

    seed_everything(0)
    expected = draws()
    model = network()
    seed_everything(0)
    with pytest.raises(KeyError):
        training._evaluated(evaluate, model, torch.device("cpu"))
    assert model.training
    assert draws() == expected


def test_the_random_numbers_of_mps_are_put_back(monkeypatch):
    states = ["before"]
    monkeypatch.setattr(torch.mps, "get_rng_state", lambda: states[-1])
    monkeypatch.setattr(torch.mps, "set_rng_state", states.append)
    evaluate = lambda model: states.append("drawn") or 1.0  # noqa: E731
    assert training._evaluated(evaluate, network(), torch.device("mps")) == 1.0
    assert states == ["before", "drawn", "before"]


def test_modes_come_back_as_they_were():
    model = network(dropout=0.5).eval()
    model[0].train()
    modes = [module.training for module in model.modules()]
    inside = []
    train(model, loss=lambda m, x, y: inside.append(m.training) or mean_square(m, x, y), evaluate=lambda m: 1.0)
    assert all(inside)
    assert [module.training for module in model.modules()] == modes


def test_the_best_evaluated_model_is_kept():
    states = {}

    def evaluate(model):
        states[len(states)] = weights(model)
        return [5.0, 2.0, 1.0, math.nan, 4.0][len(states) - 1]

    model = network()
    history = train(model, steps=20, evaluate=evaluate, evaluate_every=5)
    assert history.kept_step == 10
    assert same(weights(model), states[2])
    assert not same(weights(model), states[4])
    assert "the model of step 10, which was kept" in history.sentence()
    assert "from 5.000 to 1.000" in history.sentence()


def interrupted(batches, after):
    yield from itertools.islice(itertools.cycle(batches), after)
    raise KeyboardInterrupt


def test_a_stop_by_hand_keeps_the_last_model_while_the_loss_falls(capsys):
    stopped, twin = network(), network()
    history = train(stopped, interrupted(regression(), 33), steps=50)
    train(twin, steps=33)
    assert same(weights(stopped), weights(twin))
    assert (history.steps, history.kept_step) == (33, 33)
    assert capsys.readouterr().out == f"{history.stopped_early}\n"
    assert history.stopped_early.startswith("Stopped by hand after 33 of 50 steps; the model of step 33 was kept")
    assert history.sentence().count("kept") == 1


def test_a_stop_by_hand_goes_back_to_the_best_model_when_the_loss_rises(capsys):
    def turning(model, x, y):  # from the 20th step on, training makes it worse
        calls.append(1)
        return mean_square(model, x, y) if len(calls) <= 20 else 100 - mean_square(model, x, y)

    calls = []
    stopped, twin = network(), network()
    history = train(stopped, interrupted(regression(), 40), loss=turning, steps=100)
    train(twin, steps=20)
    assert history.kept_step == 20
    assert same(weights(stopped), weights(twin))
    assert "step 20 was kept" in capsys.readouterr().out


def test_a_stop_by_hand_keeps_the_best_evaluated_model():
    scores = iter([3.0, 1.0, 2.0, 2.5])
    stopped, twin = network(), network()
    history = train(stopped, interrupted(regression(), 12), steps=50, evaluate=lambda m: next(scores), evaluate_every=5)
    train(twin, steps=5)
    assert history.evaluations == ((0, 3.0), (5, 1.0), (10, 2.0), (12, 2.5))
    assert history.kept_step == 5
    assert same(weights(stopped), weights(twin))


def test_a_stop_before_the_first_step_is_a_history_too():
    model = network()
    history = train(model, interrupted([], 0))
    assert same(weights(model), weights(network()))
    assert (history.steps, history.losses, history.kept_step) == (0, (), 0)
    assert history.sentence().startswith("0 steps in 0.0 s. Stopped by hand after 0 of 20 steps")


def test_stopping_twice_ends_the_last_evaluation():
    def evaluate(model):
        looks.append(1)
        if len(looks) > 1:
            raise KeyboardInterrupt
        return 1.0

    looks = []
    history = train(network(), steps=10, evaluate=evaluate, evaluate_every=5)
    assert len(looks) == 3
    assert (history.steps, history.kept_step) == (5, 0)


def stopped_half_way(monkeypatch, after):
    """Ctrl-C within a step of the optimiser, `after` whole ones: the first tensor is new, the others are old."""
    whole_step, taken = training._optimiser_step, []

    def step(optimiser):
        before = [p.detach().clone() for p in optimiser.param_groups[0]["params"]]
        whole_step(optimiser)
        taken.append(1)
        if len(taken) > after:
            for p, old in zip(optimiser.param_groups[0]["params"][1:], before[1:]):
                p.data.copy_(old)
            raise KeyboardInterrupt

    monkeypatch.setattr(training, "_optimiser_step", step)


@pytest.mark.parametrize("evaluate", [None, lambda model: mean_square(model, *regression()[0])])
@pytest.mark.parametrize("after", [0, 13])
def test_a_stop_within_a_step_leaves_no_half_updated_weights(monkeypatch, after, evaluate):
    stopped, twin = network(), network()
    if after:
        train(twin, steps=after)
    stopped_half_way(monkeypatch, after)
    history = train(stopped, steps=50, evaluate=evaluate)
    assert (history.steps, history.kept_step) == (after, after)
    assert len(history.losses) == len(history.grad_norms) == after
    assert same(weights(stopped), weights(twin))


def test_a_stop_while_a_step_is_written_down_undoes_it():
    class Stopping(list):
        def append(self, value):
            raise KeyboardInterrupt

    model = network()
    run = training._Run(model, None, 1, training._Limits(10))
    run.grad_norms = Stopping()
    with pytest.raises(KeyboardInterrupt):
        run.step(regression()[0], mean_square, torch.optim.SGD(model.parameters(), lr=0.1), None)
    assert not same(weights(model), weights(network()))
    run.undo_half_step()
    assert same(weights(model), weights(network()))
    assert run.losses == run.grad_norms == []


def test_a_stop_while_the_best_weights_are_copied_copies_them_again(monkeypatch):
    overwrite, calls = training._overwrite, []

    def half(kept, model):
        if kept is not best[0]:
            return overwrite(kept, model)
        calls.append(1)
        if len(calls) == 2:
            next(iter(kept.values())).zero_()
            raise KeyboardInterrupt
        return overwrite(kept, model)

    best = []
    start = training._Run.__init__
    monkeypatch.setattr(training._Run, "__init__", lambda run, *a: start(run, *a) or best.append(run.best_weights))
    monkeypatch.setattr(training, "_overwrite", half)
    scores = iter([2.0, 1.0])
    stopped, twin = network(), network()
    history = train(stopped, evaluate=lambda model: next(scores), evaluate_every=5)
    train(twin, steps=5)
    assert history.kept_step == 5
    assert history.evaluations == ((0, 2.0), (5, 1.0))
    assert same(weights(stopped), weights(twin))


def test_a_loss_that_explodes_stops_with_an_explanation_and_finite_weights():
    model = nn.Linear(4, 2)
    batches = regression(1)
    with pytest.raises(TrainingDiverged, match=r"loss became (inf|nan) at step") as caught:
        train(model, batches, lr=1e6, steps=1000, optimiser=torch.optim.SGD)
    error = caught.value
    assert isinstance(error, FloatingPointError)
    assert 1 < error.step == len(error.losses) + 1
    assert all(map(math.isfinite, error.losses + error.grad_norms))
    for part in (f"{error.losses[-1]:.4g}", f"{error.grad_norms[-1]:.4g}", "lower lr", "clip"):
        assert part in str(error)
    assert mean_square(model, *batches[0]).item() == pytest.approx(error.losses[-1], rel=1e-6)


def test_a_first_loss_that_is_not_finite_blames_data_and_loss():
    model = network()
    with pytest.raises(TrainingDiverged, match=r"loss became nan at step 1\. Nothing was learned yet"):
        train(model, loss=lambda m, x, y: mean_square(m, x, y) * math.nan)
    assert same(weights(model), weights(network()))


def test_a_gradient_that_is_not_finite_is_not_stepped_on():
    model = network()
    with pytest.raises(TrainingDiverged, match=r"gradient norm became (inf|nan) at step 1"):
        train(model, loss=lambda m, x, y: torch.sqrt((m(x) * 0).square().sum()), clip=1.0)
    assert same(weights(model), weights(network()))


def test_frozen_weights_stay_and_extra_parts_of_a_batch_reach_the_loss():
    model = network()
    model[0].requires_grad_(False)
    lengths = [3, 1]
    batches = [(x, lengths, y) for x, y in regression()]
    train(model, batches, loss=lambda m, x, got, y: mean_square(m, x, y) if got is lengths else None)
    start = network()
    assert same(weights(model[0]), weights(start[0]))
    assert not same(weights(model[3]), weights(start[3]))


def test_tensors_go_where_the_model_is():
    model = network().to("meta")
    batch = devices.batch_to_device((torch.zeros(2), [1]), next(model.parameters()).device)
    assert batch[0].device.type == "meta"
    assert batch[1] == [1]


REFUSED = [
    ({"steps": 0}, "steps must be a whole number from 1 on, got 0"),
    ({"steps": 1.5}, "steps must be a whole number from 1 on, got 1.5"),
    ({"steps": None}, "steps must be a whole number from 1 on, got None"),
    ({"evaluate_every": 0}, "evaluate_every must be a whole number from 1 on, got 0"),
    ({"lr": 0}, "lr, the learning rate, must be a number above 0, got 0"),
    ({"lr": math.nan}, "lr, the learning rate, must be a number above 0, got nan"),
    ({"clip": 0}, "clip must be the largest gradient norm allowed, above 0, or None, got 0"),
    ({"seed": -1}, "seed must be"),
    ({"steps": True}, "steps must be a whole number from 1 on, got True"),
    ({"lr": True}, "lr, the learning rate, must be a number above 0, or a function .* to one, got True"),
    ({"clip": True}, "clip must be the largest gradient norm allowed, above 0, or None, got True"),
    ({"evaluate": lambda m: math.nan}, "evaluate must return a number, got nan from the untrained model"),
    ({"evaluate": lambda m: None}, "evaluate must return a single number, lower is better, got None"),
    ({"evaluate": lambda m: (1.0, 2.0)}, "evaluate must return a single number, .* got tuple"),
    ({"evaluate": lambda m: "0.5"}, "evaluate must return a single number, .* got str"),
    ({"evaluate": lambda m: torch.ones(2)}, r"evaluate must return .* got a tensor of shape \(2,\)"),
    ({"evaluate": lambda m: np.ones(2)}, r"evaluate must return .* got an array of shape \(2,\)"),
    ({"loss": lambda m, x, y: None}, "a single number as a tensor, got None"),
    ({"model": nn.Tanh()}, "no weights that can be trained"),
    ({"batches": []}, "batches gave 0 of the 20 batches asked for"),
    ({"batches": (batch for batch in regression(3))}, "batches gave 3 of the 20 .* a generator runs only once"),
    ({"batches": [torch.zeros(2, 4)]}, r"tuple such as \(inputs, targets\), got Tensor"),
    ({"batches": [pack(torch.zeros(2, 1, 4), [2])]}, r"tuple such as \(inputs, targets\), got PackedSequence"),
    ({"lr": "0.1"}, r"lr, .* a number above 0, or a function from the progress \(0 to 1\) to one, got '0.1'"),
    ({"lr": lambda progress: -1}, "lr must return a finite number from 0 on, but at progress 0 gave -1"),
    ({"seconds": 0}, "seconds must be the longest time allowed, above 0, or None, got 0"),
    ({"seconds": math.nan}, "seconds must be .* got nan"),
    ({"seconds": "60"}, "seconds must be .* got '60'"),
    ({"seconds": True}, "seconds must be .* got True"),
    ({"patience": 3}, "patience counts evaluations without a new best: pass evaluate too"),
    ({"patience": 0, "evaluate": lambda m: 1.0}, "patience must be a whole number from 1 on, got 0"),
    ({"loss": lambda m, x, y: (m(x) - y) ** 2}, r"a single number as a tensor, got a tensor of shape \(16, 2\)"),
    ({"loss": lambda m, x, y: 0.5}, "a single number as a tensor, got float"),
    ({"loss": lambda m, x, y: mean_square(m, x, y).detach()}, "does not depend on weights"),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED)
def test_what_cannot_be_trained_is_refused_with_a_sentence(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        train(**{"model": network(), **settings})


# History


def test_the_sentence_says_what_was_measured():
    history = History(20, (4.0, 2.0, *[1.5] * 16, 1.0, 0.5), (2.5,) * 20, ((0, 3.0), (20, 0.75)), 20, None, 1.25)
    assert history.sentence() == (
        "20 steps in 1.2 s: training loss from 3.000 to 0.750 (means over 2 steps), "
        "largest gradient norm 2.5; evaluation from 3.000 to 0.750."
    )


def test_a_single_step_is_spoken_of_in_the_singular():
    assert History(1, (4.0,), (2.5,), kept_step=1).sentence() == (
        "1 step in 0.0 s: training loss from 4.000 to 4.000 (mean over 1 step), largest gradient norm 2.5."
    )
    history = train(network(), interrupted([], 0), steps=1)
    assert "Stopped by hand after 0 of 1 step; the" in history.sentence()


@pytest.mark.parametrize("score", [0.5, np.float32(0.5), torch.tensor(0.5), torch.tensor([0.5]), np.array(0.5)])
def test_one_number_of_any_kind_is_a_score(score):
    assert train(network(), steps=1, evaluate=lambda model: score).evaluations == ((0, 0.5), (1, 0.5))


def test_histories_are_equal_but_for_their_seconds_and_cannot_be_changed():
    assert History(1, (2.0,), (1.0,), seconds=1.0) == History(1, (2.0,), (1.0,), seconds=2.0)
    assert History(1, (2.0,), (1.0,)) != History(1, (2.5,), (1.0,))
    with pytest.raises(AttributeError):
        History(1, (2.0,), (1.0,)).steps = 2


# The progress line


class Screen:
    """Stands for a notebook's output: one display, updated in place."""

    def __init__(self):
        self.shown = []

    def display(self, data, raw, display_id):
        self.shown.append(data)
        return self

    def update(self, data, raw):
        self.shown[-1] = data


def test_the_line_in_a_notebook_shows_the_loss_and_leaves_nothing_to_read(monkeypatch):
    screen = Screen()
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr(progress, "_in_notebook", lambda: True)
    monkeypatch.setattr("IPython.display.display", screen.display)
    monkeypatch.setattr(progress, "tqdm", tqdm_at_once)
    seen = []
    train(network(), evaluate=lambda m: seen.extend(map(dict, screen.shown)) or 1.0, evaluate_every=10)
    assert any("10/20" in data["text/plain"] and "loss" in data["text/plain"] for data in seen)
    assert screen.shown == [{"text/plain": ""}]


def tqdm_at_once(**settings):
    from tqdm import tqdm

    return tqdm(**{**settings, "delay": 0, "mininterval": 0, "miniters": 1})


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_the_line_in_a_terminal_is_wiped_at_the_end(monkeypatch):
    terminal = Terminal()
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "tqdm", tqdm_at_once)
    train(network())
    shown = terminal.getvalue().split("\r")
    assert any("20/20" in line and "loss" in line for line in shown)
    assert "\n" not in terminal.getvalue()
    assert not "".join(shown[-2:]).strip()


def test_nothing_is_printed_where_nobody_looks(capfd):
    train(network())
    assert capfd.readouterr() == ("", "")


def test_a_kernel_is_a_notebook_and_a_terminal_is_not(monkeypatch):
    for shell, expected in ((None, False), (types.SimpleNamespace(), False), (types.SimpleNamespace(kernel=1), True)):
        monkeypatch.setattr("IPython.get_ipython", lambda shell=shell: shell)
        assert progress._in_notebook() is expected


# Learning rates, and what ends a training


class Clock:
    """A clock that stands still until something takes time."""

    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now

    def takes(self, seconds, function):
        """The function, but it takes so many seconds."""

        def slow(*arguments):
            self.now += seconds
            return function(*arguments)

        return slow


class Rates(torch.optim.SGD):
    """Writes down the learning rate of every step."""

    def __init__(self, parameters, lr, seen):
        self.seen = seen
        super().__init__(parameters, lr=lr)

    def step(self, closure=None):
        self.seen.append(self.param_groups[0]["lr"])
        return super().step(closure)


def rates(**settings):
    seen = []
    train(network(), optimiser=functools.partial(Rates, seen=seen), **settings)
    return seen


def test_a_function_is_asked_before_every_step_how_far_the_training_has_come():
    assert rates(steps=4, lr=lambda progress: 1 + progress) == [1.0, 1.25, 1.5, 1.75]
    assert rates(steps=3, lr=0.5) == [0.5, 0.5, 0.5]


def test_progress_is_the_larger_of_steps_done_and_seconds_used():
    clock = Clock()
    slow = clock.takes(2.0, mean_square)
    assert rates(steps=100, lr=lambda p: p, loss=slow, seconds=8.0, clock=clock) == [0.0, 0.25, 0.5, 0.75]
    assert rates(steps=4, lr=lambda p: p, loss=slow, seconds=80.0, clock=clock) == [0.0, 0.25, 0.5, 0.75]


def test_a_falling_rate_reaches_every_group_of_weights():
    groups = []

    def optimiser(parameters, lr):
        first, *others = parameters
        groups.append(torch.optim.SGD([{"params": [first], "lr": lr}, {"params": others, "lr": lr}]))
        return groups[0]

    train(network(), steps=4, lr=falling(1e-3), optimiser=optimiser)
    assert [group["lr"] for group in groups[0].param_groups] == [pytest.approx(0.25e-3)] * 2


def test_a_constant_function_does_what_the_number_does():
    one, other = network(dropout=0.5), network(dropout=0.5)
    assert train(one, lr=0.01) == train(other, lr=lambda progress: 0.01, seconds=math.inf)
    assert same(weights(one), weights(other))


@given(st.floats(1e-6, 1e3), st.floats(0, 0.99), st.floats(0, 1))
def test_a_falling_rate_is_two_straight_lines(peak, warm_up, progress):
    rate = falling(peak, warm_up)
    assert rate(warm_up) == pytest.approx(peak)
    assert rate(1.0) == rate(1.5) == 0
    assert rate(0.0) == (0 if warm_up else peak)
    assert 0 <= rate(progress) <= peak * (1 + 1e-12)
    on = [(0.0, warm_up), (warm_up, 1.0)][progress >= warm_up]
    middle = (progress + on[1]) / 2
    assert rate(middle) == pytest.approx((rate(progress) + rate(on[1])) / 2, rel=1e-6, abs=1e-9 * peak)


FALLING = [
    ((0.0,), "peak, the highest learning rate, must be a number above 0, got 0.0"),
    ((math.inf,), "peak, .* got inf"),
    (("1",), "peak, .* got '1'"),
    ((True,), "peak, .* got True"),
    ((1.0, 1.0), "warm_up must be a share of the training, from 0 up to but not 1, got 1.0"),
    ((1.0, -0.1), "warm_up must be .* got -0.1"),
    ((1.0, None), "warm_up must be .* got None"),
]


@pytest.mark.parametrize(("arguments", "sentence"), FALLING)
def test_an_impossible_fall_is_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        falling(*arguments)


@pytest.mark.parametrize("rate", [-1.0, math.nan, math.inf, None, True, "0.1", 1j, torch.ones(2), np.ones(2)])
def test_a_rate_that_is_none_stops_before_its_step(rate):
    model = network()
    with pytest.raises(ValueError, match=r"lr must return a finite number from 0 on, but at progress 0.5 gave"):
        train(model, steps=4, lr=lambda progress: 0.0 if progress < 0.5 else rate)
    assert same(weights(model), weights(network()))


@pytest.mark.parametrize("rate", [0.5, np.float32(0.5), torch.tensor(0.5), torch.tensor([0.5]), np.array(0.5)])
def test_one_number_of_any_kind_is_a_rate(rate):
    assert rates(steps=2, lr=lambda progress: rate) == [0.5, 0.5]


def test_no_step_begins_after_the_time():
    clock = Clock()
    history = train(network(), steps=1234, loss=clock.takes(3.0, mean_square), seconds=10, clock=clock)
    assert history.steps == 4  # at 0, 3, 6 and 9 seconds
    assert history.seconds == 12.0
    assert history.stopped_early == "Stopped after 10 s, at step 4 of 1,234; the model of step 4 was kept."
    assert history.sentence().endswith(f". {history.stopped_early}")


def test_time_leaves_room_for_the_last_evaluation_which_counts(capfd):
    clock, scores = Clock(), iter([5.0, 4.0, 3.0, 1.0])
    slow = clock.takes(2.0, lambda model: next(scores))
    settings = {"loss": clock.takes(1.0, mean_square), "evaluate": slow, "evaluate_every": 4}
    model, twin = network(), network()
    history = train(model, steps=100, seconds=16.0, clock=clock, **settings)
    # 2 s untrained, 4 steps, 2 s, 4 steps, 2 s: 14 s are gone, and the next look would take the other two
    assert history.evaluations == ((0, 5.0), (4, 4.0), (8, 3.0))
    assert (history.steps, history.seconds) == (8, 14.0)
    clock.now, scores = 0.0, iter([5.0, 4.0, 3.0, 1.0])
    history = train(model, steps=100, seconds=18.0, clock=clock, **settings)
    assert history.evaluations == ((0, 5.0), (4, 4.0), (8, 3.0), (10, 1.0))
    assert (history.kept_step, history.seconds) == (10, 18.0)
    train(twin, steps=8)
    train(twin, steps=10)
    assert same(weights(model), weights(twin))
    assert capfd.readouterr() == ("", "")


def test_the_best_model_is_kept_when_time_is_up():
    clock, scores = Clock(), iter([5.0, 1.0, 3.0])
    model, twin = network(), network()
    settings = {"loss": clock.takes(1.0, mean_square), "evaluate": lambda m: next(scores), "evaluate_every": 5}
    history = train(model, steps=100, seconds=8, clock=clock, **settings)
    train(twin, steps=5)
    assert history.stopped_early == "Stopped after 8 s, at step 8 of 100; the model of step 5 was kept."
    assert same(weights(model), weights(twin))


def test_a_first_evaluation_that_takes_all_the_time_leaves_no_step():
    clock = Clock()
    history = train(network(), evaluate=clock.takes(9.0, lambda model: 1.0), seconds=5.0, clock=clock)
    assert (history.steps, history.evaluations) == (0, ((0, 1.0),))
    assert history.stopped_early == "Stopped after 5 s, at step 0 of 20; the model of step 0 was kept."


def test_a_training_that_ends_in_time_was_not_stopped():
    clock = Clock()
    history = train(network(), loss=clock.takes(1.0, mean_square), steps=5, seconds=5.0, clock=clock)
    assert (history.steps, history.stopped_early) == (5, None)


def test_time_that_is_up_reads_no_further_batch():
    clock, given = Clock(), []

    def batches():
        for batch in regression():
            given.append(1)
            yield batch

    history = train(network(), batches(), loss=clock.takes(1.0, mean_square), seconds=3.0, clock=clock)
    assert history.steps == len(given) == 3


def test_patience_ends_a_training_that_finds_no_new_best():
    scores = iter([5.0, 3.0, 4.0, 2.0, 2.0, math.nan, 6.0])
    model, twin = network(), network()
    history = train(model, steps=100, evaluate=lambda m: next(scores), evaluate_every=2, patience=3)
    train(twin, steps=6)
    assert history.steps == 12
    assert history.stopped_early == (
        "Stopped after 3 evaluations without a new best, at step 12 of 100; the model of step 6 was kept."
    )
    assert same(weights(model), weights(twin))
    history = train(network(), evaluate=lambda m: 1.0, evaluate_every=7, patience=1)
    assert "after 1 evaluation without a new best, at step 7 of 20; the model of step 0 was" in history.stopped_early


def test_patience_lasts_while_the_model_gets_better():
    scores = iter(range(100, 0, -1))
    history = train(network(), evaluate=lambda m: next(scores), evaluate_every=1, patience=1)
    assert (history.steps, history.stopped_early) == (20, None)


def test_a_stop_by_hand_during_the_last_look_is_told_though_time_is_up(capsys):
    def evaluate(model):
        looks.append(1)
        if len(looks) == 2:
            raise KeyboardInterrupt
        return -len(looks)

    looks, clock = [], Clock()
    history = train(
        network(), loss=clock.takes(1.0, mean_square), evaluate=evaluate, evaluate_every=9, seconds=3, clock=clock
    )
    assert history.evaluations == ((0, -1.0), (3, -3.0))
    assert history.stopped_early.startswith("Stopped by hand after 3 of 20 steps; the model of step 3 was kept")
    assert capsys.readouterr().out == f"{history.stopped_early}\n"


def test_the_line_shows_the_seconds_left(monkeypatch):
    terminal, clock = Terminal(), Clock()
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(progress, "tqdm", tqdm_at_once)
    train(network(), steps=100, loss=clock.takes(10.0, mean_square), seconds=45.0, clock=clock)
    lines = terminal.getvalue().split("\r")
    for step, left in enumerate((35, 25, 15, 5, 0), start=1):
        assert any(f"{step}/100" in line and f", {left} s left]" in line for line in lines)
    assert not any("<" in line for line in lines)  # the time that all the steps would take is no one's business


# Batches on their way to a device


class Pair(NamedTuple):
    first: torch.Tensor
    second: torch.Tensor


def test_all_tensors_of_a_batch_are_moved_however_deep():
    packed = pack(torch.ones(3, 2, 4), [3, 1])
    batch = (torch.zeros(2), packed, [torch.ones(1), "a"], Pair(torch.ones(1), torch.ones(2)), {"mask": torch.ones(3)})
    whole, sequence, (listed, word), pair, named = devices.batch_to_device(batch, torch.device("meta"))
    moved = [whole, sequence.data, listed, *pair, named["mask"]]
    assert {tensor.device.type for tensor in moved} == {"meta"}
    assert type(sequence) is type(packed)
    assert torch.equal(sequence.batch_sizes, packed.batch_sizes)  # PyTorch wants these on the CPU
    assert (word, type(pair)) == ("a", Pair)


def test_what_is_there_already_is_not_copied():
    batch = (torch.zeros(2), [1, 2], (torch.ones(1), [torch.ones(2)]), "text", None)
    assert all(new is old for new, old in zip(devices.batch_to_device(batch, torch.device("cpu")), batch, strict=True))


def test_every_batch_goes_to_the_device_of_the_model(monkeypatch):
    moved, move = [], training.batch_to_device
    monkeypatch.setattr(training, "batch_to_device", lambda b, device: moved.append(device) or move(b, device))
    train(network(), steps=3)
    assert moved == [torch.device("cpu")] * 3


def test_a_recurrent_layer_trains_on_packed_sequences():
    layer = nn.GRU(4, 3)
    batch = pack(torch.randn(5, 3, 4), [5, 2, 4]), torch.randn(3, 3)
    loss = lambda m, x, y: ((m(x)[1][0] - y) ** 2).mean()  # noqa: E731
    history = train(layer, [batch], loss=loss)
    assert history.losses[-1] < history.losses[0]


# A real, tiny training


class Characters(nn.Module):
    """Embedding, RNN, logits: (T, N) numbers in, (T, N, characters) out."""

    def __init__(self, size, width=48):
        super().__init__()
        self.embedding = nn.Embedding(size, width)
        self.rnn = nn.RNN(width, width)
        self.output = nn.Linear(width, size)

    def forward(self, ids):
        states, _ = self.rnn(self.embedding(ids))  # (T, N, width)
        return self.output(states)  # (T, N, characters)


def test_the_loss_is_the_mean_surprise_per_token():
    logits = torch.randn(3, 2, 5)  # (T, N, classes)
    targets = torch.tensor([[0, 1], [2, 3], [4, 0]])  # (T, N)
    surprise = [-logits[t, n].log_softmax(0)[targets[t, n]] for t in range(3) for n in range(2)]
    loss = next_token_loss(lambda inputs: inputs, logits, targets)
    torch.testing.assert_close(loss, torch.stack(surprise).mean())


def test_a_character_rnn_learns_more_than_how_often_each_character_comes():
    corpus = {split: load("python_docs", split).text for split in ("train", "valid")}
    vocabulary = Vocabulary(corpus["train"], specials=("<unk>",))
    ids = {split: torch.tensor(vocabulary.encode(text)) for split, text in corpus.items()}
    counts = torch.bincount(ids["train"], minlength=len(vocabulary)) + 1.0
    unigram = -(counts / counts.sum()).log()[ids["valid"]].mean().item()

    held_out = next_token_pass(ids["valid"], seq_len=32, batch_size=256)
    seed_everything(0)
    model = Characters(len(vocabulary))
    history = fit(
        model,
        next_token_batches(ids["train"], seq_len=32, batch_size=32, seed=0),
        loss=next_token_loss,
        steps=250,
        lr=5e-3,
        clip=1.0,
        seed=0,
        evaluate=lambda model: np.mean([next_token_loss(model, *batch).item() for batch in held_out]),
        evaluate_every=125,
    )
    before, after = history.evaluations[0][1], history.evaluations[-1][1]
    assert before > unigram
    assert after < 0.75 * unigram  # bigram-like at least: the state carries something
    assert history.losses[-1] < history.losses[0]
