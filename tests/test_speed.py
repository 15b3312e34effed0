"""What measures speed measures it fairly, and its report keeps what others wrote."""

import json
from itertools import pairwise

import pytest
import torch
from torch import nn

from lecture_utils import bptt
from lecture_utils.experiments import speed
from lecture_utils.experiments.common import find
from tests import bench_layers


def test_pairs_take_turns_and_a_ratio_is_the_first_in_units_of_the_second(monkeypatch):
    seconds, order = [0.0], []

    def work(name, cost):
        def function():
            order.append(name)
            seconds[0] += cost

        return function

    monkeypatch.setattr(speed, "CLOCK", lambda: seconds[0])
    first, second = work("first", 3), work("second", 4)
    assert speed.interleaved(first, second, 6) == pytest.approx([0.75] * 6)
    assert len(order) == 2 * (6 + 3)  # three pairs warm up
    pairs = [tuple(order[k : k + 2]) for k in range(0, len(order), 2)]
    assert all(pair != other for pair, other in pairwise(pairs))
    assert set(pairs) == {("first", "second"), ("second", "first")}
    assert speed.ratio(first, second, 8) == pytest.approx((0.75, 0.75, 0.75))


def test_one_thread_ends_with_the_threads_there_were(monkeypatch):
    threads = [7]
    monkeypatch.setattr(torch, "get_num_threads", lambda: threads[-1])
    monkeypatch.setattr(torch, "set_num_threads", threads.append)
    with speed.one_thread():
        assert threads[-1] == 1
    assert threads == [7, 1, 7]


def test_a_training_step_leaves_the_gradients_of_one_backward_pass():
    layer, inputs = nn.RNN(4, 3), torch.randn(5, 2, 4)
    step = speed.training_step(layer, inputs)
    step()
    once = [weight.grad.clone() for weight in layer.parameters()]
    step()
    assert all(torch.equal(weight.grad, first) for weight, first in zip(layer.parameters(), once))
    assert all(gradient.any() for gradient in once)


def test_by_hand_takes_fewer_operators_and_for_more_steps_a_few_each():
    counts = {}
    for library, steps in ((bptt, 10), (bptt, 20), (nn, 20)):
        step = speed.training_step(library.RNN(4, 3), torch.randn(steps, 2, 4))
        counts[library, steps] = speed.operators(step, repeats=2)["operators"]
    assert counts[bptt, 20] < counts[nn, 20] / 2
    assert 0 < counts[bptt, 20] - counts[bptt, 10] <= 20 * 10


def test_a_small_run_answers_the_experiments_question():
    figures = find("speed").measure(0, steps=8, sizes=[[4, 2]], profiled=[4, 2], repeats=3)
    assert json.loads(json.dumps(figures)) == figures
    contests = {name: ratios for name, ratios in figures.items() if name != "profile"}
    assert all(
        ratios.keys() == {"hidden 4, batch 2"} and ratios["hidden 4, batch 2"] > 0 for ratios in contests.values()
    )
    assert figures["profile"]["bptt.RNN"]["operators"] < figures["profile"]["nn.RNN"]["operators"]


def test_a_bar_may_be_a_ceiling_or_a_floor():
    assert bench_layers.Row("a", 0.4, 0.3, 0.5, 0.4).ok
    assert not bench_layers.Row("a", 0.41, 0.3, 0.5, 0.4).ok
    assert bench_layers.Row("a", 3.1, 3, 4, 3, "≥").ok
    assert not bench_layers.Row("a", 2.9, 2, 4, 3, "≥").ok


def test_one_part_of_the_report_leaves_the_others_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(bench_layers, "REPORT", tmp_path / "reports" / "bench.json")
    row = bench_layers.Row("a", 0.4, 0.3, 0.5, 0.4)
    bench_layers.save("layers", [row])
    bench_layers.save("explorers", [row, row])
    bench_layers.save("layers", [row._replace(ratio=2.0)])
    report = json.loads(bench_layers.REPORT.read_text("utf-8"))
    assert {key: [entry["ok"] for entry in entries] for key, entries in report.items()} == {
        "layers": [False],
        "explorers": [True, True],
    }
