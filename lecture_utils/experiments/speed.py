"""How fast a layer trains whose backward pass is written by hand, beside torch.nn's, and where the time goes."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn
from torch.autograd.profiler import profile

from lecture_utils import bptt
from lecture_utils.experiments.common import Experiment

Step = Callable[[], object]
# Seconds of this process alone, whatever else the machine does; some systems count them too coarsely.
CLOCK = time.process_time if time.get_clock_info("process_time").resolution < 1e-5 else time.perf_counter
PRODUCTS = "mm addmm addmm_ bmm mv addmv_"
ARITHMETIC = (
    "add add_ sub mul mul_ addcmul addcmul_ lerp rsub pow sum relu relu_ threshold_backward "
    "tanh tanh_ tanh_backward sigmoid sigmoid_ sigmoid_backward"
)


class Ratio(NamedTuple):
    """The time of one thing in units of another's: the median over the pairs, and the two quartiles."""

    low: float
    middle: float
    high: float


def interleaved(first: Step, second: Step, repeats: int) -> list[float]:
    """The time of `first` in units of the time of `second`, once for each of `repeats` pairs, with one thread.

    The two take turns, and in every other pair the second goes first: what slows the machine down for a while slows
    both. Three pairs before that warm up and are not counted.
    """
    ratios = []
    with one_thread():
        for pair in range(-3, repeats):
            order = (first, second) if pair % 2 else (second, first)
            seconds = {function: _seconds(function) for function in order}
            if pair >= 0:
                ratios.append(seconds[first] / seconds[second])
    return ratios


def ratio(first: Step, second: Step, repeats: int) -> Ratio:
    """The median of `interleaved`, between its quartiles."""
    return Ratio(*statistics.quantiles(interleaved(first, second, repeats), n=4))


def training_step(layer: nn.Module, inputs: Tensor) -> Step:
    """Forward and backward of a recurrent layer, from a fixed gradient of its output, without an optimiser's step."""
    output, _ = layer(inputs)
    gradient = torch.randn(output.shape, generator=torch.Generator().manual_seed(0))

    def step() -> None:
        layer.zero_grad()
        layer(inputs)[0].backward(gradient)

    return step


@contextmanager
def one_thread() -> Iterator[None]:
    """Let torch work with one thread for a while."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def operators(step: Step, repeats: int = 5) -> dict[str, float]:
    """What one call of `step` is made of: calls of operators, and the milliseconds that they take under the profiler.

    Products are matrix products, arithmetic goes number by number; the rest is bookkeeping: views, transposes, new
    tensors, autograd's nodes, Python. Each call of an operator counts with its median over the repeats. Measuring
    takes time at every call, so many small ones look a little worse than they are.
    """
    with one_thread():
        step()
        calls = list(zip(*[_profiled(step) for _ in range(repeats)], strict=True))
    names = [same[0][0] for same in calls]
    times = [statistics.median(time for _, time in same) / 1000 for same in calls]

    def total(wanted: str) -> float:
        keys = {f"aten::{name}" for name in wanted.split()}
        return sum(time for name, time in zip(names, times) if name in keys)

    products, arithmetic = total(PRODUCTS), total(ARITHMETIC)
    return {
        "operators": sum(name.startswith("aten::") for name in names),
        "products": round(products, 3),
        "arithmetic": round(arithmetic, 3),
        "bookkeeping": round(sum(times) - products - arithmetic, 3),
    }


def _profiled(step: Step) -> list[tuple[str, float]]:
    """Every operator that one call of `step` runs, in order, with the microseconds spent in itself."""
    os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # else the profiler writes notes to stderr
    with profile() as profiled:
        step()
    events = sorted(profiled.function_events, key=lambda event: event.time_range.start)
    return [(event.name, event.self_cpu_time_total) for event in events]


def run(
    *, seed: int, input_size: int, steps: int, sizes: Sequence[Sequence[int]], profiled: Sequence[int], repeats: int
) -> dict[str, Any]:
    """Ratios of training times over (hidden size, batch size), then a profile of nn.RNN and bptt.RNN at one size."""
    torch.manual_seed(seed)

    def both(layers: Sequence[Callable[..., nn.Module]], hidden: int, batch: int) -> tuple[Step, Step]:
        inputs = torch.randn(steps, batch, input_size)
        first, second = (training_step(layer(input_size, hidden), inputs) for layer in layers)
        return first, second

    contests = {
        "bptt.RNN / nn.RNN": (bptt.RNN, nn.RNN),
        "bptt.GRU / nn.GRU": (bptt.GRU, nn.GRU),
        "nn.LSTM / nn.GRU": (nn.LSTM, nn.GRU),  # one fused operation, though an LSTM has a gate more
        "bptt.GRU / nn.LSTM": (bptt.GRU, nn.LSTM),
    }
    figures: dict[str, Any] = {
        name: {
            place(hidden, batch): round(ratio(*both(layers, hidden, batch), repeats=repeats).middle, 3)
            for hidden, batch in sizes
        }
        for name, layers in contests.items()
    }
    hidden, batch = profiled
    ours, theirs = both((bptt.RNN, nn.RNN), hidden, batch)
    figures["profile"] = {"nn.RNN": operators(theirs), "bptt.RNN": operators(ours)}
    return figures


def place(hidden: int, batch: int) -> str:
    """The name under which the figures of one size are stored."""
    return f"hidden {hidden}, batch {batch}"


def _seconds(function: Step) -> float:
    start = CLOCK()
    function()
    return CLOCK() - start


EXPERIMENT = Experiment(
    question="How does a backward pass written by hand compare with torch.nn's on one CPU thread, and why?",
    config={
        "input_size": 28,
        "steps": 128,
        "sizes": [[32, 1], [32, 32], [128, 32], [256, 32], [256, 128]],
        "profiled": [32, 32],
        "repeats": 15,
    },
    seeds=(0, 1, 2),
    run=run,
    timed=True,
)
