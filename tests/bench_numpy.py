"""How much faster the hundred lines of notebook 04 are than the same mathematics one step at a time.

Both do the forward and the backward pass for one chunk of the notebook's training, in float32, in turn; the median of
the ratios counts. `make bench` reads `rows()`.
"""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import numpy as np

from lecture_utils.experiments.speed import Ratio, ratio
from tests.bench_layers import Row

SCRIPT = Path(__file__).parents[1] / "notebooks" / "py" / "04_training.py"
MARK = "# the hundred lines, part"
BAR = 3.0  # at least so many times the characters per second
HIDDEN, PAIRS = 64, 300


def hundred_lines() -> list[str]:
    """The cells of the notebook's script that make up the model, in order."""
    cells = re.split(r"^# %%.*\n", SCRIPT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return [cell.strip() for cell in cells if cell.startswith(MARK)]


def lines_of_code() -> int:
    """How many lines these cells have, blank lines left out."""
    return sum(bool(line.strip()) for cell in hundred_lines() for line in cell.splitlines())


def model() -> dict[str, Any]:
    """The names that the cells define, from running them."""
    names: dict[str, Any] = {"__name__": "hundred_lines"}
    for cell in hundred_lines():
        exec(cell, names)
    return names


def one_step_at_a_time(params: dict, ids: np.ndarray, targets: np.ndarray, h_0: np.ndarray) -> tuple:
    """Loss, gradients and last state as the equations stand: one-hot inputs, products and sums step by step."""
    W, U, V, b_1, b_2 = (params[name] for name in ("W", "U", "V", "b_1", "b_2"))
    T, N = ids.shape
    one_hot = np.eye(W.shape[1], dtype=W.dtype)
    x, h, error, loss = {}, {0: h_0}, {}, 0.0
    for t in range(1, T + 1):
        x[t] = one_hot[ids[t - 1]]  # (N, C)
        h[t] = np.tanh(x[t] @ W.T + h[t - 1] @ U.T + b_1)  # (N, d_h)
        o = h[t] @ V.T + b_2  # (N, C)
        p = np.exp(o - o.max(axis=1, keepdims=True))
        p /= p.sum(axis=1, keepdims=True)
        right = np.arange(N), targets[t - 1]
        loss -= np.log(p[right]).sum() / N
        p[right] -= 1
        error[t] = p / N  # (N, C)

    grads = {name: np.zeros_like(value) for name, value in params.items()}
    from_future = np.zeros_like(h_0)
    for t in range(T, 0, -1):
        delta = (1 - h[t] ** 2) * (error[t] @ V + from_future)  # (N, d_h)
        grads["W"] += delta.T @ x[t]
        grads["U"] += delta.T @ h[t - 1]
        grads["V"] += error[t].T @ h[t]
        grads["b_1"] += delta.sum(axis=0)
        grads["b_2"] += error[t].sum(axis=0)
        from_future = delta @ U
    return loss, grads, h[T]


def measure(pairs: int = PAIRS) -> Ratio:
    """The time of one step at a time in units of the hundred lines', on a chunk of the notebook's text and sizes."""
    names = model()
    settings = inspect.signature(names["train"]).parameters
    T, N = settings["T"].default, settings["N"].default
    params = names["new_parameters"](np.random.default_rng(0), HIDDEN)
    chunk = names["train_ids"][: (T + 1) * N].reshape(N, T + 1).T  # (T + 1, N)
    data = params, chunk[:-1], chunk[1:], np.zeros((N, HIDDEN), np.float32)
    return ratio(lambda: one_step_at_a_time(*data), lambda: names["loss_and_gradients"](*data), repeats=pairs)


def rows() -> list[Row]:
    """How many times the characters per second, beside the bar."""
    low, middle, high = measure()
    return [Row("NumPy character model / one step at a time, characters per second", middle, low, high, BAR, "≥")]


if __name__ == "__main__":
    for row in rows():
        print(f"{row.name}: {row.ratio:.2f} ({row.low:.2f} to {row.high:.2f}), at least {row.bar}")
