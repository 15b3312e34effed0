"""What the states of a finished network tell: the states of every layer, and a linear classifier that reads them."""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, pad

INTEGERS = (torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64)


@torch.no_grad()
def layer_states(rnn: nn.RNN | nn.GRU | nn.LSTM, x: Tensor) -> list[Tensor]:
    """The states of every layer, the lowest first, each (T, N, D d_h), from x (T, N, d_in); unbatched input too.

    PyTorch's layers, and ours of the same names, give the top one's alone. Each starts from zeros, and nothing is
    dropped between them. Raises ValueError for what is no recurrent layer, for one that projects its states, and for
    an x that does not fit it.
    """
    _check_layer(rnn, x)
    ways = 2 if rnn.bidirectional else 1
    kind = {"nonlinearity": rnn.nonlinearity} if rnn.mode.startswith("RNN") else {}  # whoever's RNN it is
    settings = {"bias": rnn.bias, "batch_first": rnn.batch_first, "bidirectional": rnn.bidirectional, **kind}
    found = []
    for first in range(0, rnn.num_layers * ways, ways):
        with torch.random.fork_rng(devices=[]):  # the start that PyTorch draws is of no use: leave no trace of it
            layer = type(rnn)(x.shape[-1], rnn.hidden_size, **settings).to(x)
        own = chain.from_iterable(rnn.all_weights[first : first + ways])
        layer.load_state_dict(dict(zip(layer.state_dict(), own, strict=True)))
        x = layer(x)[0]
        found.append(x)
    return found


def _check_layer(rnn: Any, x: Any) -> None:
    if not hasattr(rnn, "all_weights"):
        raise ValueError(f"rnn must be a recurrent layer (RNN, GRU or LSTM), but it is of type {type(rnn).__name__}.")
    if rnn.proj_size:
        raise ValueError(f"rnn must not project its states, but its proj_size is {rnn.proj_size}.")
    if not (isinstance(x, Tensor) and x.is_floating_point()):
        kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise ValueError(f"x must be a tensor of floating-point numbers, but it is of type {kind}.")
    if x.dim() not in (2, 3) or x.shape[-1] != rnn.input_size:
        raise ValueError(
            f"x must have 2 or 3 axes and {rnn.input_size} features on the last, but its shape is {tuple(x.shape)}."
        )


@torch.no_grad()
def linear_probe(states: Tensor, answers: Tensor, new_states: Tensor, *, ridge: float = 0.01) -> Tensor:
    """The answers (M,) that a linear classifier reads off new states (M, d).

    It learns from states (P, d) and their answers (P,), which are numbers from 0: ridge regression to one-hot
    answers, on features brought to mean 0 and spread 1. One system of equations, and no training loop. Raises
    ValueError where states and answers do not fit together.
    """
    _check_examples(states, answers, new_states)
    mean, spread = states.mean(dim=0), states.std(dim=0) + 1e-6

    def features(rows: Tensor) -> Tensor:
        return pad((rows - mean) / spread, (0, 1), value=1.0)  # a column of ones, for the constant

    A, Y = features(states), one_hot(answers.long()).to(states)  # (P, d + 1), (P, answers)
    penalty = ridge * len(A) * torch.eye(A.shape[1]).to(A)
    weights = torch.linalg.solve(A.T @ A + penalty, A.T @ Y)  # (d + 1, answers)
    return (features(new_states) @ weights).argmax(dim=1)


def _check_examples(states: Tensor, answers: Tensor, new_states: Tensor) -> None:
    for name, rows in (("states", states), ("new_states", new_states)):
        if rows.dim() != 2 or not rows.is_floating_point():
            raise ValueError(
                f"{name} must be floating-point numbers on 2 axes, (rows, features), but it is {rows.dtype} of shape "
                f"{tuple(rows.shape)}."
            )
    if states.shape[1] != new_states.shape[1]:
        raise ValueError(
            f"states and new_states must have the same features, but they have {states.shape[1]} and "
            f"{new_states.shape[1]}."
        )
    if len(states) < 2 or answers.shape != states.shape[:1]:
        raise ValueError(
            f"answers must be one for each row of states, and more than one, but the shapes are "
            f"{tuple(answers.shape)} and {tuple(states.shape)}."
        )
    if answers.dtype not in INTEGERS or answers.min() < 0:
        raise ValueError(f"answers must be whole numbers from 0, but they are {answers.dtype}: {answers[:8].tolist()}.")


def words_before(text: str) -> dict[int, str]:
    """For each letter's place in the text, the word before the one it stands in, in small letters.

    A word is a run of the letters a to z; the first one has none before it.
    """
    words = re.finditer("[A-Za-z]+", text)
    return {t: one.group().lower() for one, word in pairwise(words) for t in range(*word.span())}
