"""Predict first: read a learner's guess at a shape, and say what it would have been right for."""

from __future__ import annotations

import dataclasses
import re
from typing import NamedTuple

from lecture_utils.shapes import RecurrentShape, Shape

COUNT = "number of parameters"


class Answer(NamedTuple):
    """Whether a guess is right, and a sentence that says why or why not."""

    right: bool
    sentence: str


def questions(spec: RecurrentShape) -> list[str]:
    """What can be asked about these settings: results, weights, and the parameter count."""
    return [*spec.outputs(1, 1), *spec.weights(), COUNT]


def answer(spec: RecurrentShape, seq_len: int, batch_size: int | None, question: str, guess: str) -> Answer:
    """Compare a typed guess with the truth; a wrong one is explained without giving the truth away."""
    numbers = read_guess(guess, count=question == COUNT)
    if numbers is None:
        shown = guess if len(guess) <= 30 else guess[:30] + "…"
        wanted = "one whole number, such as 320" if question == COUNT else "a shape, such as (5, 3, 20)"
        return Answer(False, f"Expected {wanted}, but got {shown!r}.")
    truth = shape_of(spec, seq_len, batch_size, question)
    if numbers == tuple(truth):
        return Answer(True, _praise(spec, question, truth))
    return Answer(False, _explain(spec, seq_len, batch_size, question, numbers, truth))


def read_guess(text: str, count: bool = False) -> tuple[int, ...] | None:
    """The numbers in "(5, 3, 20)", "5 3 20", "5 × 3 × 20" or "torch.Size([5, 3, 20])"; None for anything else.

    A `count` is one number and may be written with its thousands apart: "5,148".
    """
    text = text.strip().removeprefix("torch.Size")
    if count:
        text = re.sub(r"(?<=[0-9])[,_ ](?=[0-9]{3}(?![0-9]))", "", text)
    if len(text) > 200 or not re.fullmatch(r"[\s0-9,x×*·()\[\]]*", text):
        return None
    return tuple(int(number) for number in re.findall(r"[0-9]+", text)) or None


def shape_of(spec: RecurrentShape, seq_len: int, batch_size: int | None, question: str) -> Shape:
    """The true answer to one of `questions`, the count as a shape with one axis."""
    if question == COUNT:
        return Shape((spec.num_parameters,), ("parameters",))
    return {**spec.outputs(seq_len, batch_size), **spec.weights()}[question]


def _praise(spec: RecurrentShape, question: str, truth: Shape) -> str:
    if question == COUNT:
        return "Right. The sequence length plays no part in it: every step uses the same weights."
    if question in ("h_n", "c_n"):
        note = "batch_first does not reach the states: layers and directions always come first."
    elif question == "output":
        note = "it holds the states of the top layer alone, at every time step."
    elif len(spec.gates) > 1 and truth.axes[0].startswith("gate"):
        note = f"the rows are {len(spec.gates)} blocks, one for each gate: {', '.join(spec.gates)}."
    else:
        note = "as many rows as numbers come out, as many columns as go in."
    return f"Right: {truth.named}. Notice that {note}" if question != "output" else f"Right: {truth.named}; {note}"


def _explain(
    spec: RecurrentShape,
    seq_len: int,
    batch_size: int | None,
    question: str,
    guess: tuple[int, ...],
    truth: Shape,
) -> str:
    for words, other, items in _other_settings(spec, batch_size):
        if question in questions(other) and guess == tuple(shape_of(other, seq_len, items, question)):
            return f"Not yet. Your answer would be right {words}."
    if question == COUNT:
        return "Not yet. Count rows × columns of every weight, gates and directions included, then both biases."
    if len(guess) != len(truth):
        return f"Not yet. {question} has {len(truth)} axes ({', '.join(truth.axes)}); your answer has {len(guess)}."
    if sorted(guess) == sorted(truth):
        return f"The right numbers in another order. The axes of {question} are ({', '.join(truth.axes)})."
    marks = ", ".join(f"{axis} {'✓' if got == want else '✗'}" for axis, got, want in zip(truth.axes, guess, truth))
    return f"Not yet. Axis by axis: {marks}."


def _other_settings(spec: RecurrentShape, batch_size: int | None) -> list[tuple[str, RecurrentShape, int | None]]:
    """Settings that learners often have in mind in place of the ones shown, with words for each."""
    change = dataclasses.replace
    others: list[tuple[str, RecurrentShape, int | None]] = [
        (
            "without batch_first" if spec.batch_first else "with batch_first=True",
            change(spec, batch_first=not spec.batch_first),
            batch_size,
        ),
    ]
    if spec.bidirectional:
        others.append(("for one direction; here there are two", change(spec, bidirectional=False), batch_size))
    if spec.num_layers > 1:
        words = f"for one layer; here there are {spec.num_layers}"
        others.append((words, change(spec, num_layers=1), batch_size))
        if spec.bidirectional:
            words += ", each in two directions"
            others.append((words, change(spec, num_layers=1, bidirectional=False), batch_size))
    if spec.proj_size:
        others.append(("without the projection", change(spec, proj_size=0), batch_size))
    if spec.cell != "rnn":
        plain = change(spec, cell="rnn", proj_size=0)
        others.append((f"for a plain RNN, which has one block of rows and not {len(spec.gates)}", plain, batch_size))
    if spec.bias:
        others.append(
            ("without biases; PyTorch adds two for each layer and direction", change(spec, bias=False), batch_size)
        )
    if batch_size is None:
        others.append(("for a batch of one; unbatched input has no batch axis", spec, 1))
    else:
        others.append(("for unbatched input; here there is a batch axis", spec, None))
    return others
