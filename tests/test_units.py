"""Units and signals: the signals are Python's own tokens, scores are correlations, and a frozen unit stands still."""

from __future__ import annotations

import io
import math
import tokenize
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from lecture_utils import bptt, units
from lecture_utils.text import Vocabulary
from lecture_utils.units import (
    character_bits,
    frozen,
    linear_reading,
    shuffled_control,
    signals,
    unit_scores,
    unit_states,
)

SOURCES = sorted(Path(units.__file__).parent.rglob("*.py"))[::4]
TEXTS = ["def f(x):\n    return 'a'\n", "x = 1\n", "y"]


class Model(nn.Module):
    """As little as a model of characters can be."""

    def __init__(self, rnn: nn.Module, seed: int = 0) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.vocabulary = Vocabulary("".join(TEXTS), specials=("<s>", "<unk>"))
        self.table = nn.Embedding(len(self.vocabulary), 5)
        self.rnn = rnn
        self.head = nn.Linear(rnn.hidden_size, len(self.vocabulary))
        for weight in self.parameters():
            nn.init.normal_(weight, std=0.5)


def said(text: str) -> dict[str, list[float]]:
    return {name: signal.tolist() for name, signal in signals(text).items()}


# signals


def tokens_say(text: str) -> dict[str, list[float]]:
    """Open strings, comments and brackets as Python's own tokenizer sees them, after each character."""
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    single, triple, comment, change = ([0.0] * len(text) for _ in range(4))
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        first, last = (starts[row - 1] + column for row, column in (token.start, token.end))
        if token.type == tokenize.STRING:
            first += next(place for place, c in enumerate(token.string) if c in "'\"")
            long = text[first : first + 3] == 3 * text[first] and last - first >= 6
            for place in range(first, last - 1):
                (triple if long else single)[place] = 1.0
            if long:  # the first two of three quotes look like an empty string
                triple[first], triple[first + 1], single[first] = 0.0, 0.0, 1.0
        elif token.type == tokenize.COMMENT:
            comment[first:last] = [1.0] * (last - first)
        elif token.type == tokenize.OP and token.string in "()[]{}":
            change[first] = 1.0 if token.string in "([{" else -1.0
    return {
        "inside quotes": single,
        "inside triple quotes": triple,
        "inside a comment": comment,
        "bracket depth": np.cumsum(change).tolist(),
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_signals_are_what_pythons_tokenizer_says(path: Path) -> None:
    text = path.read_text("utf-8")
    if "FSTRING_START" in vars(tokenize):  # since 3.12 the tokenizer looks into f-strings
        text = text.replace('f"', '"').replace("f'", "'")
    found = said(text)
    for name, wanted in tokens_say(text).items():
        assert found[name] == wanted, name


def test_lines_are_counted_from_their_beginning() -> None:
    found = said("if x:\n    y  = 1\n\n  z")
    assert found["position in line"] == [1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 0, 0, 1, 2, 3]
    assert found["indentation"] == [0] * 6 + [1, 2, 3, 4, 4, 4, 4, 4, 4, 4, 0, 0, 1, 2, 2]


@pytest.mark.parametrize(
    ("text", "name", "wanted"),
    [
        ("'a'b", "inside quotes", [1, 1, 0, 0]),
        ("'\\'a'", "inside quotes", [1, 1, 1, 1, 0]),
        ('"\'"', "inside quotes", [1, 1, 0]),
        ("'a\nb", "inside quotes", [1, 1, 0, 0]),
        ("''''''", "inside triple quotes", [0, 0, 1, 1, 1, 0]),
        ("'''\\''''", "inside triple quotes", [0, 0, 1, 1, 1, 1, 1, 0]),
        ("'' '", "inside quotes", [1, 0, 0, 1]),
        ("#'(\n(", "inside a comment", [1, 1, 1, 0, 0]),
        ("#'(\n(", "bracket depth", [0, 0, 0, 0, 1]),
        ("'#('", "inside a comment", [0, 0, 0, 0]),
        ("([)])", "bracket depth", [1, 2, 1, 0, 0]),
    ],
)
def test_strings_and_comments_hide_what_is_in_them(text: str, name: str, wanted: list[int]) -> None:
    assert said(text)[name] == wanted


@given(st.text("'\"\\#([])\n a", max_size=40), st.integers(0, 40))
def test_a_signal_knows_nothing_of_what_follows(text: str, cut: int) -> None:
    whole, part = signals(text), signals(text[:cut])
    for name, signal in part.items():
        assert signal.dtype == torch.float32
        assert torch.equal(signal, whole[name][:cut]), name


# scores


@given(st.integers(3, 40), st.integers(1, 6), st.integers(0, 10**6))
def test_scores_are_numpys_correlations(n: int, d: int, seed: int) -> None:
    rows = torch.Generator().manual_seed(seed)
    states, signal = torch.randn(n, d, generator=rows), torch.randn(n, generator=rows)
    wanted = [np.corrcoef(states[:, unit], signal)[0, 1] for unit in range(d)]
    assert unit_scores(states, signal) == pytest.approx(wanted, abs=1e-5)


def test_a_unit_that_counts_is_found_whatever_its_sign_and_scale() -> None:
    torch.manual_seed(0)
    signal = torch.randn(500).cumsum(0)
    states = torch.randn(500, 20)
    states[:, 7] = -0.001 * signal + 5
    states[:, 3] = 1.0  # at rest
    scores = unit_scores(states, signal)
    assert scores.abs().argmax() == 7
    assert scores[7] == pytest.approx(-1, abs=1e-3)
    assert scores[3] == 0


def waves(n: int, d: int) -> tuple[Tensor, Tensor]:
    """Slow units and a slow signal that have nothing to do with one another."""
    torch.manual_seed(1)
    smooth = torch.randn(d + 1, 1, n + 200).cumsum(-1)
    smooth = smooth - nn.functional.avg_pool1d(smooth, 401, 1, 200)
    rows = smooth[:, 0, :n]
    return rows[:d].T, rows[d]


def test_the_control_keeps_the_rhythm_and_a_permutation_does_not() -> None:
    states, signal = waves(2000, 50)
    real = unit_scores(states, signal).abs().max()
    moved = shuffled_control(states, signal, draws=100)
    dealt = shuffled_control(states, signal, draws=100, permuted=True)
    assert moved.shape == dealt.shape == (100,)
    assert real < moved.quantile(0.99)  # nothing is tracked, and the control says so
    assert real > dealt.max()  # the wrong control would have called it a discovery
    assert torch.equal(moved, shuffled_control(states, signal, draws=100))
    assert not torch.equal(moved, shuffled_control(states, signal, draws=100, seed=1))


def test_every_draw_of_the_control_is_a_best_score_of_a_moved_signal() -> None:
    states, signal = waves(60, 4)
    possible = torch.stack([unit_scores(states, signal.roll(-by)).abs().max() for by in range(3, 57)])
    for best in shuffled_control(states, signal, draws=30):
        assert (possible - best).abs().min() < 1e-6


def test_more_units_make_a_better_best_unit_by_chance() -> None:
    states, signal = waves(2000, 50)
    assert shuffled_control(states, signal).median() > shuffled_control(states[:, :1], signal).median() + 0.1


def test_a_linear_reading_sums_what_many_units_know() -> None:
    torch.manual_seed(0)
    signal = torch.randn(2000)
    states = torch.randn(2000, 30) + 0.3 * signal.unsqueeze(1)
    read = linear_reading(states[:1000], signal[:1000], states[1000:])
    one = unit_scores(states[1000:], signal[1000:]).abs().max()
    together = unit_scores(read.unsqueeze(1), signal[1000:])[0]
    assert together > one + 0.3


def test_a_linear_reading_solves_the_ridge_equations() -> None:
    torch.manual_seed(0)
    states, signal, new = 3 + 2 * torch.randn(50, 3).double(), torch.randn(50).double(), torch.randn(7, 3).double()
    mean, spread = states.mean(0), states.std(0, correction=0)
    A, B = ((rows - mean) / spread for rows in (states, new))

    def loss(w: Tensor) -> Tensor:
        return ((A @ w[:3] + w[3] - signal) ** 2).mean() + 0.5 * (w[:3] ** 2).sum()

    w = torch.zeros(4, dtype=torch.float64)
    step = torch.linalg.solve(torch.autograd.functional.hessian(loss, w), torch.autograd.functional.jacobian(loss, w))
    wanted = B @ -step[:3] - step[3]  # Newton's method needs one step where the loss is quadratic
    assert linear_reading(states, signal, new, ridge=0.5).tolist() == pytest.approx(wanted.tolist(), abs=1e-4)


@pytest.mark.parametrize("score", [unit_scores, shuffled_control, lambda s, y: linear_reading(s, y, s)])
@pytest.mark.parametrize(
    ("states", "signal", "sentence"),
    [
        (torch.zeros(4, 2), torch.arange(5.0), r"their shapes are \(4, 2\) and \(5,\)"),
        (torch.zeros(4), torch.arange(4.0), r"their shapes are \(4,\) and \(4,\)"),
        (torch.zeros(4, 2), torch.ones(4), "the signal never changes"),
        (torch.zeros(1, 2), torch.ones(1), "the signal never changes"),
    ],
)
def test_what_cannot_be_scored_gets_a_sentence(score: object, states: Tensor, signal: Tensor, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        score(states, signal)  # type: ignore[operator]


# what a model does


LAYERS = {"rnn": nn.RNN, "gru": nn.GRU, "lstm": nn.LSTM, "our gru": bptt.GRU}


@pytest.mark.parametrize("name", LAYERS)
def test_states_are_those_of_each_text_alone(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model(LAYERS[name](5, 6))
    whole = unit_states(model, TEXTS)
    alone = []
    for text in TEXTS:
        ids = torch.tensor(model.vocabulary.encode(["<s>", *text])).unsqueeze(1)
        alone.append(model.rnn(model.table(ids))[0][1:, 0])
    assert torch.allclose(whole, torch.cat(alone), atol=1e-6)
    monkeypatch.setattr(units, "CHUNK", 4)
    monkeypatch.setattr(units, "GROUP", 2)
    assert torch.allclose(unit_states(model, TEXTS), whole, atol=1e-6)


def test_bits_are_those_of_the_model_read_character_by_character() -> None:
    model = Model(nn.GRU(5, 6))
    wanted = []
    for text in TEXTS:
        ids = model.vocabulary.encode(["<s>", *text])
        for place in range(1, len(ids)):
            before = torch.tensor(ids[:place]).unsqueeze(1)
            chances = model.head(model.rnn(model.table(before))[0][-1, 0]).softmax(-1)
            wanted.append(-math.log2(chances[ids[place]].item()))
    assert character_bits(model, TEXTS).tolist() == pytest.approx(wanted, abs=1e-4)


@pytest.mark.parametrize("name", LAYERS)
def test_what_reads_a_frozen_unit_sees_its_value_at_every_step(name: str) -> None:
    model = Model(LAYERS[name](5, 6))
    chosen, values = [1, 4], torch.tensor([0.3, -0.8])
    ids = torch.randint(len(model.vocabulary), (9, 2))
    h = torch.zeros(1, 2, 6)
    c = torch.zeros(1, 2, 6)
    wanted = []
    for step in model.table(ids):  # (N, d)
        h[..., chosen] = values
        _, last = model.rnn(step.unsqueeze(0), (h, c) if name == "lstm" else h)
        h, c = (last[0].clone(), last[1]) if name == "lstm" else (last.clone(), c)
        seen = h.clone()
        seen[..., chosen] = values
        wanted.append(model.head(seen[0]))
    still = frozen(model, chosen, values)
    assert torch.allclose(still.head(still.rnn(still.table(ids))[0]), torch.stack(wanted), atol=1e-5)
    assert not torch.allclose(model.head(model.rnn(model.table(ids))[0]), torch.stack(wanted), atol=1e-2)


def test_freezing_leaves_the_model_as_it_was() -> None:
    model = Model(nn.GRU(5, 6))
    before = character_bits(model, TEXTS)
    frozen(model, [0], torch.ones(1))
    assert torch.equal(character_bits(model, TEXTS), before)
    assert torch.equal(character_bits(frozen(model, [], torch.ones(0)), TEXTS), before)


def test_what_cannot_be_frozen_gets_a_sentence() -> None:
    with pytest.raises(ValueError, match="one layer and one direction"):
        frozen(Model(nn.GRU(5, 6, num_layers=2)), [0], torch.zeros(1))
    with pytest.raises(ValueError, match="between 0 and 5, but there is 6"):
        frozen(Model(nn.GRU(5, 6)), [6], torch.zeros(1))
