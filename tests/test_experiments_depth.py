"""The experiment on depth: its models, its counts, its two ways to deepen, and what it stored."""

from __future__ import annotations

import json
import math

import pytest
import torch
from torch import nn

from lecture_utils.experiments import depth as module
from lecture_utils.experiments.common import find, stored
from lecture_utils.experiments.depth import (
    StackedModel,
    bits,
    corpus,
    multiplications,
    parameters,
    train_stacked,
    width_for,
)
from lecture_utils.text import next_token_pass

TINY = {"width": 8, "widest": 12, "embedding": 4, "steps": 4, "every": 2, "seq_len": 6, "batch_size": 3}
TRAINING = {"embedding": 4, "every": 2, "seq_len": 6, "batch_size": 3, "lr": 0.01, "clip": 1.0}


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_parameters_are_those_of_the_model(depth: int) -> None:
    model = StackedModel(30, 6, 7, depth)
    assert parameters(30, 6, 7, depth) == sum(p.numel() for p in model.parameters())


@pytest.mark.parametrize("depth", [1, 2, 5])
def test_multiplications_are_the_weights_that_one_character_meets(depth: int) -> None:
    model = StackedModel(30, 6, 7, depth)
    matrices = [p for p in [*model.rnn.parameters(), *model.head.parameters()] if p.dim() == 2]
    assert multiplications(30, 6, 7, depth) == sum(p.numel() for p in matrices)


def test_the_model_is_embedding_stack_and_output_layer() -> None:
    torch.manual_seed(0)
    model, ids = StackedModel(30, 6, 7, 3), torch.randint(30, (5, 2))
    h = [torch.zeros(2, 7) for _ in range(3)]
    for t in range(5):
        below = model.table.weight[ids[t]]  # (N, d_in)
        for k, (W, U, b_ih, b_hh) in enumerate(model.rnn.all_weights):
            h[k] = below = torch.tanh(below @ W.T + b_ih + h[k] @ U.T + b_hh)
        expected = below @ model.head.weight.T + model.head.bias
        torch.testing.assert_close(model(ids)[t], expected)


@pytest.mark.parametrize("depth", [1, 2, 3, 4])
@pytest.mark.parametrize("budget", [3_000, 35_870, 36_000])
def test_no_other_width_comes_nearer_to_the_budget(budget: int, depth: int) -> None:
    width = width_for(budget, 94, 32, depth)
    gaps = {w: abs(parameters(94, 32, w, depth) - budget) for w in range(1, 200)}
    assert gaps[width] == min(gaps.values())


def test_bits_are_the_mean_over_all_characters() -> None:
    model = StackedModel(10, 3, 4, 1)
    nn.init.zeros_(model.head.weight)
    nn.init.zeros_(model.head.bias)
    uneven = next_token_pass(torch.arange(50) % 10, seq_len=7, batch_size=4)
    assert bits(model, uneven) == pytest.approx(math.log2(10), abs=1e-6)  # every character equally likely
    with torch.no_grad():
        model.head.bias[0] = 3.0
    torch.manual_seed(0)
    x = torch.cat([inputs.flatten() for inputs, _ in uneven])
    y = torch.cat([targets.flatten() for _, targets in uneven])
    flat = nn.functional.cross_entropy(model(x[None])[0], y).item() / math.log(2)
    assert len(uneven[-1][0][0]) < len(uneven[0][0][0])  # the last batch is narrower: a mean of means would differ
    assert bits(model, uneven) == pytest.approx(flat, abs=1e-6)


def test_splits_are_the_three_texts_and_differ() -> None:
    vocabulary, ids = corpus()
    assert set(ids) == {"train", "valid", "test"}
    assert len(ids["train"]) > 6 * len(ids["valid"]) > 0
    assert not torch.equal(ids["valid"][:1000], ids["test"][:1000])
    assert max(int(split.max()) for split in ids.values()) < len(vocabulary)


def test_training_learns_from_the_train_text_alone_in_the_order_of_the_seed(monkeypatch: pytest.MonkeyPatch) -> None:
    _, ids = corpus()
    seen = []

    def watched(numbers: torch.Tensor, **settings: int) -> object:
        seen.append((numbers, settings["seed"]))
        return original(numbers, **settings)

    original = module.next_token_batches
    monkeypatch.setattr(module, "next_token_batches", watched)
    train_stacked(1, 8, seed=5, steps=2, **TRAINING)
    [(read, seed)] = seen
    assert torch.equal(read, ids["train"])
    assert seed == 5


def test_training_learns_and_is_measured_on_the_valid_text() -> None:
    model, valid = train_stacked(2, 16, seed=0, steps=60, **TRAINING | {"every": 30})
    assert list(valid) == ["30", "60"]
    _, ids = corpus()
    whole = next_token_pass(ids["valid"], **module.EVALUATION)
    assert min(valid.values()) == pytest.approx(bits(model, whole), abs=1e-4)  # the best model is kept
    assert min(valid.values()) < math.log2(len(corpus()[0])) - 1


def test_a_stopped_training_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*arguments: object, **settings: object) -> object:
        return type("History", (), {"stopped_early": "Stopped by hand.", "evaluations": ()})()

    monkeypatch.setattr(module, "fit", stopped)
    with pytest.raises(KeyboardInterrupt):
        train_stacked(1, 8, seed=0, steps=2, **TRAINING)


def test_a_run_holds_every_depth_both_ways_and_repeats_itself() -> None:
    experiment = find("depth")
    found = experiment.measure(0, depths=(1, 3), **TINY)
    again = experiment.measure(0, depths=(1, 3), **TINY)
    other = experiment.measure(1, depths=(1, 3), **TINY)
    assert found == again != other
    assert json.loads(json.dumps(found)) == found
    assert list(found) == ["same width", "same parameters"]
    for way in found.values():
        assert list(way) == ["1", "3"]
        assert all(set(figures["valid"]) == {"2", "4"} for figures in way.values())
    assert [found["same width"][d]["width"] for d in "13"] == [8, 8]
    shallow, deep = (found["same parameters"][d] for d in "13")
    assert (shallow["width"], deep["width"]) == (12, width_for(shallow["parameters"], len(corpus()[0]), 4, 3))
    assert found["same parameters"]["1"]["test"] != found["same width"]["1"]["test"]


def test_the_test_text_is_what_test_reports() -> None:
    _, ids = corpus()
    found = find("depth").measure(0, depths=(1,), ways=("same width",), **TINY)["same width"]["1"]
    settings = {key: TINY[key] for key in ("embedding", "steps", "every", "seq_len", "batch_size")}
    model, _ = train_stacked(1, 8, seed=0, lr=4e-3, clip=1.0, **settings)
    assert found["test"] == round(bits(model, next_token_pass(ids["test"], **module.EVALUATION)), 4)


def test_the_stored_figures_are_sound() -> None:
    figures = stored("depth")
    assert len(figures.seeds) >= 3
    assert 0 not in figures.seeds  # it chose the settings
    embedding, characters = figures.config["embedding"], set()
    for way in figures.config["ways"]:
        for depth in figures.config["depths"]:
            assert 1 < figures.band(way, str(depth), "test").middle < 3
            counts, widths = (figures.values(way, str(depth), key) for key in ("parameters", "width"))
            for count, width in zip(counts, widths, strict=True):
                found, rest = divmod(count - parameters(0, embedding, width, depth), embedding + width + 1)
                assert rest == 0
                characters.add(found)
    assert len(characters) == 1  # the corpus has a few characters more or fewer with another Python: not this one's


def test_depth_helps_and_not_always() -> None:
    """What notebook 06 says of the stored figures."""
    figures = stored("depth")
    width = {d: figures.band("same width", str(d), "test") for d in (1, 2, 3, 4)}
    fixed = {d: figures.band("same parameters", str(d), "test") for d in (1, 2, 3, 4)}
    assert width[2].high < width[1].low - 0.1
    assert width[3].high < width[2].low
    assert width[4].low > width[3].high  # the fourth layer costs, and brings nothing
    assert fixed[2].high < fixed[1].low < fixed[2].high + 0.1
    assert fixed[3].low < fixed[1].middle < fixed[3].high
    assert fixed[4].low > fixed[1].high
    assert fixed[1].high < min(band.low for band in width.values())  # one wide layer beats all of the narrower stacks


def test_the_deepest_stack_starts_slowly() -> None:
    figures = stored("depth")
    for way in figures.config["ways"]:
        early = {d: figures.band(way, d, "valid", "250") for d in "14"}
        late = {d: figures.band(way, d, "valid", "1000") for d in "14"}
        assert early["4"].low > early["1"].high + 0.1
        assert late["4"].middle < late["1"].middle + 0.1
