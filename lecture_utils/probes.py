"""What the states of a finished network tell: the states of every layer, and a linear classifier that reads them."""

from __future__ import annotations

import re
from itertools import chain, pairwise

import torch
from torch import Tensor, nn
from torch.nn.functional import one_hot, pad


@torch.no_grad()
def layer_states(rnn: nn.RNN | nn.GRU | nn.LSTM, x: Tensor) -> list[Tensor]:
    """The states of every layer, the lowest first, each (T, N, D d_h), from x (T, N, d_in); unbatched input too.

    PyTorch's layers give the top one's alone. Each starts from zeros, and nothing is dropped between them.
    """
    ways = 2 if rnn.bidirectional else 1
    kind = {"nonlinearity": rnn.nonlinearity} if isinstance(rnn, nn.RNN) else {}
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


@torch.no_grad()
def linear_probe(states: Tensor, answers: Tensor, new_states: Tensor, *, ridge: float = 0.01) -> Tensor:
    """The answers (M,) that a linear classifier reads off new states (M, d).

    It learns from states (P, d) and their answers (P,), which are numbers from 0: ridge regression to one-hot
    answers, on features brought to mean 0 and spread 1. One system of equations, and no training loop.
    """
    mean, spread = states.mean(dim=0), states.std(dim=0) + 1e-6

    def features(rows: Tensor) -> Tensor:
        return pad((rows - mean) / spread, (0, 1), value=1.0)  # a column of ones, for the constant

    A, Y = features(states), one_hot(answers).to(states)  # (P, d + 1), (P, answers)
    penalty = ridge * len(A) * torch.eye(A.shape[1]).to(A)
    weights = torch.linalg.solve(A.T @ A + penalty, A.T @ Y)  # (d + 1, answers)
    return (features(new_states) @ weights).argmax(dim=1)


def words_before(text: str) -> dict[int, str]:
    """For each letter's place in the text, the word before the one it stands in, in small letters.

    A word is a run of the letters a to z; the first one has none before it.
    """
    words = re.finditer("[A-Za-z]+", text)
    return {t: one.group().lower() for one, word in pairwise(words) for t in range(*word.span())}
