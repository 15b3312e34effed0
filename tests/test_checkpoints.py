"""Checkpoints: what was saved comes back, and every fault of a file is one sentence that leaves the model as it was."""

import enum
import os
import pickle

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from lecture_utils.training import checkpoints, fit, load_checkpoint, save_checkpoint
from lecture_utils.training.history import History


def network(seed, hidden=3):
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return nn.Sequential(nn.Linear(2, hidden), nn.BatchNorm1d(hidden), nn.Linear(hidden, 1))


def same(one, other):
    return all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.pt"


def test_weights_buffers_facts_and_history_come_back(path):
    saved, model = network(0), network(1)
    saved(torch.randn(8, 2))  # moves the running means, which are no parameters
    history = History(2, (2.0, 1.0), (0.5, 0.25), ((0, 3.0), (2, 1.5)), 2, None, 1.0)
    facts = {"words": ["a", "b"], "width": 3, "tied": True, "nested": {"pair": (1.5, None)}, "mean": torch.ones(2)}
    save_checkpoint(path, saved, history=history, **facts)
    assert not same(model, saved)
    found = load_checkpoint(path, model)
    assert same(model, saved)
    assert torch.equal(found.pop("mean"), torch.ones(2))
    assert found == {**{k: v for k, v in facts.items() if k != "mean"}, "history": history}
    assert found["history"].seconds == 1.0


plain = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5)
nested = st.recursive(plain, lambda s: st.lists(s) | st.tuples(s, s) | st.dictionaries(st.text(max_size=3), s))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(nested)
def test_plain_facts_come_back_as_they_were(path, value):
    save_checkpoint(path, network(0), value=value)
    found = load_checkpoint(path, network(1))["value"]
    assert found == value
    assert type(found) is type(value)


def test_numbers_of_numpy_are_saved_as_numbers(path):
    save_checkpoint(path, network(0), accuracy=np.float64(0.5), right=np.int32(3), ok=np.bool_(True))
    assert load_checkpoint(path, network(0)) == {"accuracy": 0.5, "right": 3, "ok": True}


def test_a_weight_kept_as_a_fact_is_a_plain_tensor(path):
    saved = network(0)
    save_checkpoint(path, saved, first=saved[0].weight, doubled=2 * saved[0].weight)
    found = load_checkpoint(path, network(1))
    assert torch.equal(found["first"], saved[0].weight)
    assert torch.equal(found["doubled"], 2 * saved[0].weight)
    assert not found["first"].requires_grad
    assert not found["doubled"].requires_grad


def test_a_model_loaded_goes_on_as_the_one_saved_would(path):
    batch = torch.randn(8, 2), torch.randn(8, 1)
    how = {"loss": lambda m, x, y: ((m(x) - y) ** 2).mean(), "lr": 0.01, "clip": None, "seed": 0}
    saved, model = network(0), network(1)
    fit(saved, [batch], steps=3, **how)
    save_checkpoint(path, saved)
    load_checkpoint(path, model)
    assert fit(saved, [batch], steps=3, **how) == fit(model, [batch], steps=3, **how)
    assert same(saved, model)


@pytest.mark.filterwarnings("ignore:.*which is a no-op")
def test_weights_are_loaded_to_where_the_model_is(path, monkeypatch):
    places = []
    load = torch.load
    watched = lambda *a, map_location, weights_only: places.append((map_location, weights_only)) or load(*a)  # noqa: E731
    save_checkpoint(path, network(0))
    monkeypatch.setattr(torch, "load", watched)
    load_checkpoint(path, network(1).to("meta"))
    load_checkpoint(path, network(1))
    assert places == [(torch.device("meta"), True), (torch.device("cpu"), True)]


# Faults


class Wicked:
    """Writes a file as soon as it is unpickled."""

    def __init__(self, trace):
        self.trace = str(trace)

    def __reduce__(self):
        return os.mkdir, (self.trace,)


def refused(path, sentence, error=ValueError):
    """Loading raises one sentence and leaves the model as it was."""
    model, before = network(1), network(1)
    with pytest.raises(error, match=sentence) as caught:
        load_checkpoint(path, model)
    assert same(model, before)
    assert "\n" not in str(caught.value)
    assert str(caught.value).endswith(".")
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("bare", [False, True])
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_file_that_wants_to_run_code_is_refused_and_nothing_runs(path, tmp_path, bare, protocol):
    trace = tmp_path / "trace"
    if bare:
        path.write_bytes(pickle.dumps(Wicked(trace), protocol))
    else:
        content = {"format": checkpoints._FORMAT, "weights": network(0).state_dict(), "facts": {"it": Wicked(trace)}}
        torch.save(content, path, pickle_protocol=protocol)
    refused(path, r"model\.pt was refused: it holds more than weights and plain facts, which could run code")
    assert not trace.exists()
    pickle.loads(pickle.dumps(Wicked(trace)))
    assert trace.exists()  # any other reader would have run it


def test_a_whole_model_is_more_than_weights(path):
    torch.save(network(0), path)
    refused(path, "was refused")


@pytest.mark.parametrize("part", [0.0, 0.01, 0.3, 0.5, 0.9, 0.999])
def test_half_a_file_is_refused(path, part):
    save_checkpoint(path, network(0))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(part * len(whole))])
    refused(path, "is no checkpoint, or was cut short")


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_other_bytes_are_no_checkpoint(path, content):
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"is no checkpoint|was refused"):
        load_checkpoint(path, network(0))


OTHERS = [
    network(0).state_dict(),
    [1, 2],
    3,
    {"format": checkpoints._FORMAT},
    {"format": checkpoints._FORMAT, "weights": {"0.weight": 3}, "facts": {}},
    {"format": checkpoints._FORMAT, "weights": {}, "facts": {"history": {"a": 1}}},
    {"format": "another", "weights": network(0).state_dict(), "facts": {}},
]


@pytest.mark.parametrize("content", OTHERS, ids=str)
def test_a_file_that_torch_wrote_for_another_purpose_is_no_checkpoint(path, content):
    torch.save(content, path)
    refused(path, r"is no checkpoint: save_checkpoint did not write it")


def test_weights_that_do_not_fit_are_named_all_of_them(path):
    save_checkpoint(path, network(0, hidden=5))
    refused(path, r"left as it was: 0\.weight has shape \(5, 2\) in the file and \(3, 2\) in the model; 0\.bias .*2\.w")
    save_checkpoint(path, nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Tanh(), nn.Linear(3, 1, bias=False)))
    refused(path, r"the file lacks 1\.weight, .*, 2\.weight, 2\.bias; the model lacks 3\.weight\.$")


def test_a_file_that_may_not_be_read_is_not_called_a_broken_one(path, monkeypatch):
    def forbidden(*_arguments, **_settings):
        raise PermissionError(13, "Permission denied", str(path))

    save_checkpoint(path, network(0))
    monkeypatch.setattr(torch, "load", forbidden)
    with pytest.raises(PermissionError, match="Permission denied"):
        load_checkpoint(path, network(1))


def test_a_missing_file_is_said_to_be(path, tmp_path):
    refused(path, r"There is no checkpoint .*model\.pt", FileNotFoundError)
    refused(tmp_path / "nowhere" / "model.pt", r"there is no folder .*nowhere either", FileNotFoundError)
    refused(tmp_path, "that is a folder", FileNotFoundError)
    for wrong in ("", None, 3):
        refused(wrong, "needs the path of a file")


class Size(enum.IntEnum):
    LARGE = 1


REFUSED = [
    ({"fact": print}, "fact must be text, a number, a tensor, .* got <built-in function print>, a builtin_function"),
    ({"fact": [1, {"a": {3}}]}, r"fact must be .* got \{3\}, a set"),
    ({"fact": {print: 1}}, "fact must be .* got <built-in"),
    ({"fact": Size.LARGE}, "fact must be .* got <Size.LARGE: 1>, a Size"),
    ({"fact": np.ones(3)}, r"fact must be .* got array\(\[1., 1., 1.\]\), a ndarray"),
]


@pytest.mark.parametrize(("facts", "sentence"), REFUSED)
def test_facts_that_could_not_be_read_back_are_not_written(path, facts, sentence):
    with pytest.raises(ValueError, match=sentence):
        save_checkpoint(path, network(0), **facts)
    assert not path.exists()


def test_a_place_that_cannot_be_written_is_said_to_be(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"no folder .*nowhere to write model\.pt to: make it first"):
        save_checkpoint(tmp_path / "nowhere" / "model.pt", network(0))
    with pytest.raises(ValueError, match="is a folder: name a file in it"):
        save_checkpoint(tmp_path, network(0))
    for wrong in ("", None):
        with pytest.raises(ValueError, match="needs the path of a file"):
            save_checkpoint(wrong, network(0))


@pytest.mark.parametrize("stop", [OSError(28, "No space left on device"), KeyboardInterrupt()])
def test_a_writing_that_fails_leaves_the_old_file_and_nothing_else(path, monkeypatch, stop):
    save_checkpoint(path, network(0), step=1)
    save = torch.save

    def half(content, target):
        save(content, target)
        target.write_bytes(target.read_bytes()[:100])
        raise stop

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(type(stop)):
        save_checkpoint(path, network(1), step=2)
    assert os.listdir(path.parent) == ["model.pt"]
    model = network(1)
    assert load_checkpoint(path, model) == {"step": 1}
    assert same(model, network(0))


# Saved by fit


def regression():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(16, 2, generator=generator)
    return [(x, x.sum(dim=1, keepdim=True))]


def train(model, path, batches=None, **how):
    how = {"loss": lambda m, x, y: ((m(x) - y) ** 2).mean(), "steps": 20, "lr": 0.01, "clip": None, **how}
    return fit(model, batches or regression(), seed=0, checkpoint=path, **how)


def test_fit_leaves_a_checkpoint_of_the_model_that_remains(path):
    model, loaded = network(0), network(1)
    history = train(model, path)
    assert load_checkpoint(path, loaded) == {"step": 20, "history": history}
    assert same(model, loaded)


def test_the_best_so_far_is_in_the_file_while_the_training_goes_on(path):
    seen = []

    def evaluate(model):
        seen.append(load_checkpoint(path, network(1))["step"] if path.exists() else None)
        return [5.0, 3.0, 1.0, 2.0, 4.0][len(seen) - 1]

    history = train(network(0), path, evaluate=evaluate, evaluate_every=5)
    assert seen == [None, None, 5, 10, 10]
    assert history.kept_step == load_checkpoint(path, network(1))["step"] == 10


def test_after_a_stop_by_hand_the_file_holds_the_best_model(path):
    def stopped():
        for _ in range(12):
            yield from regression()
        raise KeyboardInterrupt

    model, loaded = network(0), network(1)
    scores = iter([3.0, 1.0, 2.0, 2.5])
    history = train(model, path, stopped(), evaluate=lambda model: next(scores), evaluate_every=5)
    facts = load_checkpoint(path, loaded)
    assert facts == {"step": 5, "history": history}
    assert facts["history"].stopped_early.startswith("Stopped by hand after 12 of 20 steps")
    assert same(model, loaded)


def test_a_checkpoint_that_could_not_be_written_is_refused_before_training(tmp_path):
    calls = []
    with pytest.raises(FileNotFoundError, match="make it first"):
        train(network(0), tmp_path / "nowhere" / "model.pt", evaluate=lambda model: calls.append(1) or 1.0)
    assert not calls
