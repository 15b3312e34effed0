"""What single hidden units keep track of: signals in Python source, scores for units, and controls for the scores."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from lecture_utils.text import pad_batch

START = "<s>"  # what a model of characters reads before a text
OPENING, CLOSING, QUOTES = "([{", ")]}", "'\""
CHUNK, GROUP = 256, 8  # characters of a text, and texts, that are read at once
NEAR = 20  # a shift moves a signal by at least one part in so many


class _Place(NamedTuple):
    """What is open after a character of Python source."""

    quote: str  # "", one quote character, or three
    depth: int
    comment: bool
    indent: int
    column: int


def signals(text: str) -> dict[str, Tensor]:
    """What a reader of Python source keeps in mind after each character: six signals, each float32 (n,).

    Two say whether a string is open, in quotes on one line or in triple quotes, one whether a comment is: 0 or 1.
    The others count: open brackets, blanks at the start of the line, characters since the line began. The value at a
    place depends on the text up to that place alone, and no text is refused.
    """
    places = _read(text)
    named = {
        "inside quotes": [len(place.quote) == 1 for place in places],
        "inside triple quotes": [len(place.quote) == 3 for place in places],
        "inside a comment": [place.comment for place in places],
        "bracket depth": [place.depth for place in places],
        "indentation": [place.indent for place in places],
        "position in line": [place.column for place in places],
    }
    return {name: torch.tensor(values, dtype=torch.float32) for name, values in named.items()}


def _read(text: str) -> list[_Place]:
    """Character by character: strings and comments hide brackets, and brackets hide nothing."""
    found = []
    quote, start, run, escaped = "", -9, 0, False
    depth, comment, indent, column = 0, False, 0, 0
    for place, c in enumerate(text):
        column, indent = (0, 0) if c == "\n" else (column + 1, indent + (c == " " and indent == column))
        comment = comment and c != "\n"
        if quote:
            run = run + 1 if c == quote[0] and not escaped else 0
            ended = run == len(quote) or (len(quote) == 1 and c == "\n" and not escaped)
            escaped = c == "\\" and not escaped
            quote = "" if ended else quote
        elif comment:
            pass
        elif c in QUOTES:  # the third in a row: what looked like an empty string begins a long one
            third = start == place - 2 and text[start:place] == 2 * c
            quote, start, run, escaped = (3 * c if third else c), place, 0, False
        elif c == "#":
            comment = True
        else:
            depth = max(0, depth + (c in OPENING) - (c in CLOSING))
        found.append(_Place(quote, depth, comment, indent, column))
    return found


# --- scores


def unit_scores(states: Tensor, signal: Tensor) -> Tensor:
    """The correlation of each unit with a signal: (d,) from states (n, d) and signal (n,); 0 for a unit at rest.

    Pearson's coefficient, from -1 to 1; its square is the share of the signal's variance that a straight line through
    the unit's values explains. Raises ValueError where the two do not fit, and for a signal that never changes.
    """
    return _correlations(states, _checked(states, signal), _spread(states))


def shuffled_control(
    states: Tensor, signal: Tensor, *, draws: int = 200, seed: int = 0, permuted: bool = False
) -> Tensor:
    """The best |score| of all units for signals that belong to another place of the text: (draws,).

    Each draw moves the signal round by a number of characters (at least a twentieth of the text), so it keeps its
    rhythm and loses its place; `permuted` deals its values out at random instead, and then the rhythm is lost too.
    Whatever remains is chance, with the choice of the best unit in it. Raises ValueError as `unit_scores` does.
    """
    signal, dice = _checked(states, signal), torch.Generator().manual_seed(seed)
    n, spread, least = len(signal), _spread(states), max(1, len(signal) // NEAR)
    best = []
    for _ in range(draws):
        by = int(torch.randint(least, max(least + 1, n - least), (), generator=dice))
        another = signal[torch.randperm(n, generator=dice)] if permuted else signal.roll(by)
        best.append(_correlations(states, another, spread).abs().max())
    return torch.stack(best)


def linear_reading(states: Tensor, signal: Tensor, new_states: Tensor, *, ridge: float = 0.01) -> Tensor:
    """What a linear map of *all* units says of a signal: (M,) for new states (M, d), learned from (n, d) and (n,).

    Ridge regression on features brought to mean 0 and spread 1, with a free constant. Raises ValueError as
    `unit_scores` does.
    """
    y = _checked(states, signal)
    mean, spread = states.mean(dim=0), states.std(dim=0, correction=0) + 1e-6
    covariance = (states.T @ states / len(states) - torch.outer(mean, mean)) / torch.outer(spread, spread)  # (d, d)
    target = states.T @ (y - y.mean()) / len(states) / spread  # (d,)
    penalty = ridge * torch.eye(len(mean)).to(states)
    weights = torch.linalg.solve(covariance + penalty, target) / spread  # (d,), for features as they come
    return new_states @ weights + (y.mean() - mean @ weights)  # (M,)


def _correlations(states: Tensor, signal: Tensor, spread: Tensor) -> Tensor:
    """Of every unit with the signal: (d,)."""
    y = signal - signal.mean()
    covariance = y @ states / len(states)  # (d,), since the mean of y is 0
    both = spread * _spread(y)
    return torch.where(both > 1e-9, covariance / both.clamp(min=1e-9), 0.0)


def _spread(rows: Tensor) -> Tensor:
    return rows.std(dim=0, correction=0)


def _checked(states: Tensor, signal: Tensor) -> Tensor:
    if states.dim() != 2 or signal.shape != states.shape[:1]:
        raise ValueError(
            f"states must be (n, d) and the signal (n,), but their shapes are {tuple(states.shape)} and "
            f"{tuple(signal.shape)}."
        )
    if len(signal) < 2 or bool((signal == signal[0]).all()):
        raise ValueError("the signal never changes in this text: there is nothing to keep track of.")
    return signal.to(states)


# --- what a model of characters does


@torch.no_grad()
def unit_states(model: Any, texts: Sequence[str]) -> Tensor:
    """The state after each character of each text, the texts one after the other: (n, d_h).

    `model` has a `vocabulary`, a `table` of embeddings and an `rnn`; it begins every text anew, with `<s>`.
    """
    found = torch.empty(sum(map(len, texts)), model.rnn.hidden_size)
    first = 0
    for states in _each(model, texts, lambda states: states):
        found[first : first + len(states) - 1] = states[1:]  # without the one at <s>
        first += len(states) - 1
    return found


@torch.no_grad()
def character_bits(model: Any, texts: Sequence[str]) -> Tensor:
    """-log2 of what the model gave to each character after those before it, the texts one after the other: (n,).

    `model` has a `head` for the logits besides what `unit_states` needs.
    """
    found = []
    for text, logits in zip(texts, _each(model, texts, model.head)):
        ids = torch.tensor(model.vocabulary.encode(text), dtype=torch.int64)
        found.append(cross_entropy(logits[:-1], ids, reduction="none") / torch.tensor(2.0).log())
    return torch.cat(found)


def _each(model: Any, texts: Sequence[str], put_out: Callable[[Tensor], Tensor]) -> Iterator[Tensor]:
    """What `put_out` makes of the states at `<s>` and at each character: (length + 1, …) for every text.

    A few texts are read side by side, for speed, and not all, for memory.
    """
    for first in range(0, len(texts), GROUP):
        some = [model.vocabulary.encode([START, *text]) for text in texts[first : first + GROUP]]
        ids, lengths = pad_batch(some)  # (T, N)
        found, state = [], None
        for part in ids.split(CHUNK):
            states, state = model.rnn(model.table(part), state)  # (T', N, d_h)
            found.append(put_out(states))
        whole = torch.cat(found)
        yield from (whole[:length, n] for n, length in enumerate(lengths.tolist()))


@torch.no_grad()
def frozen(model: Any, units: Sequence[int], values: Tensor) -> Any:
    """A copy of the model in which nothing notices these units: all that reads them sees `values` (units,) for ever.

    Their columns of U and of the output layer are set to 0, and what they would add to the sums at those values goes
    into the biases. Raises ValueError for a network of several layers or directions, and for a unit it does not have.
    """
    rnn = model.rnn
    if rnn.num_layers != 1 or rnn.bidirectional:
        raise ValueError("frozen knows networks of one layer and one direction only.")
    missing = [unit for unit in units if not 0 <= unit < rnn.hidden_size]
    if missing:
        raise ValueError(f"units must lie between 0 and {rnn.hidden_size - 1}, but there is {missing[0]}.")
    still, chosen = copy.deepcopy(model), list(units)
    pairs = [(still.rnn.weight_hh_l0, still.rnn.bias_hh_l0), (still.head.weight, still.head.bias)]
    for weight, bias in pairs:
        bias += weight[:, chosen] @ values
        weight[:, chosen] = 0
    return still
