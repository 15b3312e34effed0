"""Why language wants a model with memory: windows over a sentence, one network per word, and the networks joined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from lecture_utils.diagrams.blocks import (
    PADDING,
    UNIT,
    UNIT_PITCH,
    abridged,
    at_least,
    bracket,
    connect,
    counted,
    half_row,
    units,
)
from lecture_utils.diagrams.common import Span, fold
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, Drawing, Point, label_width, shorten, visible
from lecture_utils.notation import Label

TEXT = "I am studying medicine at UBC because I want to work as a"  # and what follows is to be guessed
SENTENCE = tuple(TEXT.split())
SUBJECT = "medicine"
BLANK = "___"
WORD_GAP, WIDEST = 11.0, 110.0


def order_that_sees(word: str, context: Sequence[str]) -> int:
    """The least order of a Markov model whose window still holds `word` when it predicts what follows `context`.

    The order counts the predicted word too. Raises ValueError when the word is not in the context.
    """
    if word not in context:
        raise ValueError(f"the context must hold the word {word!r}, but it is {' '.join(context)!r:.80}.")
    behind = list(reversed(context)).index(word)  # words between it and the one to predict
    return behind + 2


def markov_window(
    context: Sequence[str] = SENTENCE,
    subject: str = SUBJECT,
    orders: Sequence[int] = (5, 11),
    others: Sequence[str] = ("law", "history"),
    theme: str = "card",
) -> Picture:
    """A sentence without its last word, and under it the windows that Markov models of several orders look through.

    `others` are words that could stand in the place of `subject`. Raises ValueError when the subject is not in the
    context, or an order is below 2.
    """
    needed = order_that_sees(subject, context)
    for order in orders:
        at_least(2, orders=order)
    d = Drawing("Markov windows over a sentence", theme, PADDING)
    marked = len(context) + 1 - needed
    slots = _sentence(d, (*context, BLANK), 0, marked)
    at = next(slot for slot in slots if slot.span.first == marked)
    for row, other in enumerate(others):
        d.text(at.middle, -34 - 20 * row, f"or {shorten(visible(other), WIDEST)}", size=12, muted=True)
    for row, order in enumerate(orders):
        _window(d, slots, 40 + 78 * row, order, subject, order >= needed)
    alt = _markov_alt(context, subject, orders, others, needed)
    rows = [(f"{order:,}", _inside(context, order), "yes" if order >= needed else "no") for order in orders]
    header = ("order", "words that the model sees", f"‘{visible(subject)}’ among them")
    return Picture(d.svg(alt), alt, Table("What a Markov model sees", header, tuple(rows)))


class _Slot(NamedTuple):
    """Where a word stands, or several that are folded away: indices and left and right end."""

    span: Span
    left: float
    right: float

    @property
    def middle(self) -> float:
        return (self.left + self.right) / 2


def _sentence(d: Drawing, words: Sequence[str], y: float, marked: int) -> list[_Slot]:
    """The words in a row, one of them marked; the middle of a long sentence is folded, the last word is missing."""
    slots, x = [], 0.0
    for span in fold(len(words), [[marked]], most=16):
        boxed = {marked: "x", len(words) - 1: "y"}.get(span.first, "")
        text = f"… {span.size:,} more …" if span.folded else shorten(visible(words[span.first]), WIDEST)
        width = label_width(text, bold=boxed == "x") + (18 if boxed else 0)
        if boxed:
            d.box(x, y - 15, width, 30, boxed)
        d.text(x + width / 2, y, text, muted=span.folded, bold=boxed == "x")
        slots.append(_Slot(span, x, x + width))
        x += width + WORD_GAP
    return slots


def _window(d: Drawing, slots: Sequence[_Slot], y: float, order: int, subject: str, sees: bool) -> None:
    """One window as a bar, the word to predict as another at its right, and in words what that means."""
    last = slots[-1]
    first = last.span.last + 1 - order
    left = min((slot.left for slot in slots if slot.span.last >= first), default=slots[0].left)
    seen = min(order - 1, last.span.last)
    d.box(left, y - 6, last.left - WORD_GAP / 2 - left, 12, "x")
    d.box(last.left, y - 6, last.right - last.left, 12, "y")
    word = f"‘{shorten(visible(subject), WIDEST)}’"
    d.text(last.right, y + 21, f"order {order:,}: {counted(seen, 'word')} seen and 1 to predict", size=12, anchor="end")
    says = f"{word} is inside" if sees else f"{word} is outside: it cannot change the prediction"
    d.text(last.right, y + 38, says, size=12, anchor="end", bold=sees, muted=not sees)


def _inside(context: Sequence[str], order: int) -> str:
    """The end of the context that a model of this order looks at, a long one cut in the middle."""
    seen = [visible(word) for word in context[-(order - 1) :]]
    return " ".join(abridged(seen, most=16, last=7))


def _markov_alt(context: Sequence[str], subject: str, orders: Sequence[int], others: Sequence[str], needed: int) -> str:
    shown = _inside(context, len(context) + 1)
    windows = " ".join(
        f"Order {order:,} sees ‘{_inside(context, order)}’: {visible(subject)} is "
        f"{'inside' if order >= needed else 'outside'}."
        for order in orders
    )
    instead = f" In the place of {visible(subject)} there could stand {' or '.join(map(visible, others))}."
    return (
        f"The sentence ‘{shown} {BLANK}’, whose last word is to be predicted.{instead if others else ''} "
        f"Under it the windows of Markov models; the order counts the predicted word too. {windows} "
        f"The least order whose window holds {visible(subject)} is {needed:,}."
    )


def window_network(
    context: Sequence[str] = SENTENCE,
    window: int = 3,
    vector_size: int = 4,
    hidden_size: int = 5,
    guesses: Sequence[str] = ("doctor", "lawyer", "teacher"),
    subject: str = SUBJECT,
    theme: str = "card",
) -> Picture:
    """A feed-forward network that predicts the next word from the vectors of the last few, every unit drawn.

    `guesses` name some of the outputs. Raises ValueError unless `window` is between 1 and 5 and no longer than the
    context, and the sizes are positive.
    """
    at_least(1, vector_size=vector_size, hidden_size=hidden_size, guesses=len(guesses))
    if not 1 <= window <= min(5, len(context)):
        raise ValueError(
            f"window must be between 1 and 5 in this figure and at most the {counted(len(context), 'word')} of the "
            f"context, but it is {window}."
        )
    d = Drawing("A feed-forward network on a window of words", theme, PADDING)
    outside, inside = context[:-window], context[-window:]
    left = _outside(d, outside, subject)
    pitch = max(2 * half_row(vector_size), *(label_width(shorten(visible(w), WIDEST)) for w in inside)) + 14
    vectors = [_vector(d, left + (k + 0.5) * pitch, word, vector_size) for k, word in enumerate(inside)]
    right = left + window * pitch
    clear = min(left, _above(d, (left + right) / 2, vectors, hidden_size, guesses))
    bracket(d, left + 4, right - 4, 54)
    d.text((left + right) / 2, 68, f"the window: {counted(window, 'word')}", size=12)
    width = label_width(BLANK) + 18
    d.box(right + 8, 19, width, 30, "y")
    d.text(right + 8 + width / 2, 34, BLANK)
    _window_captions(d, clear - 24, window * vector_size, hidden_size, vector_size)
    counts = _window_counts(window, vector_size, hidden_size, len(guesses))
    alt = _network_alt(context, window, vector_size, hidden_size, guesses)
    return Picture(d.svg(alt), alt, Table("The network, from bottom to top", ("layer", "units", "what"), counts))


RISE = 108.0  # from layer to layer


def _outside(d: Drawing, words: Sequence[str], subject: str) -> float:
    """The words left of the window, in two or more short lines, and that they are not seen; returns their right end."""
    if not words:
        return 0.0
    shown = [
        f"… {span.size:,} more …" if span.folded else shorten(visible(words[span.first]), WIDEST)
        for span in fold(len(words), [[words.index(subject)]] if subject in words else [], most=12)
    ]
    x = 0.0
    for text in shown:
        width = label_width(text, bold=text == subject)
        d.text(x + width / 2, 34, text, muted=True, bold=text == subject)
        x += width + 6
    bracket(d, 0, x - 6, 54)
    d.text((x - 6) / 2, 68, "out of sight: whatever stands here, the prediction is the same", size=12)
    return x + 8


def _vector(d: Drawing, x: float, word: str, size: int) -> list[Point]:
    """One word of the window, and over it the units of its vector, on one tray."""
    half = half_row(size) + 4
    d.line([(x - half, UNIT - 3), (x - half, UNIT + 5), (x + half, UNIT + 5), (x + half, UNIT - 3)], "x", width=1.5)
    d.text(x, 34, shorten(visible(word), WIDEST))
    return units(d, x, 0, size, "x")


def _above(
    d: Drawing, centre: float, vectors: Sequence[Sequence[Point]], hidden_size: int, guesses: Sequence[str]
) -> float:
    """The hidden layer and the prediction over the middle of the window, joined with it; returns their left end."""
    hidden = units(d, centre, -RISE, hidden_size, "h")
    spans = fold(len(guesses))
    texts = ["…" if span.folded else shorten(visible(guesses[span.first]), WIDEST, 12) for span in spans]
    pitch = max(UNIT_PITCH, *(label_width(text, 12) + 14 for text in texts))
    outputs = []
    for index, text in enumerate([*texts, "…"]):
        x = centre + (index - len(texts) / 2) * pitch
        d.circle(x, -2 * RISE, UNIT)
        d.circle(x, -2 * RISE, UNIT, "y")
        d.text(x, -2 * RISE - 25, text, size=12)
        outputs.append((x, -2 * RISE))
    connect(d, [place for vector in vectors for place in vector], hidden, "W", width=1)
    connect(d, hidden, outputs, "V", width=1)
    return centre - max(half_row(hidden_size), len(texts) / 2 * pitch + pitch / 2)


def _window_captions(d: Drawing, right: float, inputs: int, hidden_size: int, vector_size: int) -> None:
    """At the left, level with what they name: the layers, and the weights between them."""
    rows = {
        0.0: ("word vectors, side by side", f"{counted(inputs, 'input')}, {vector_size:,} for each word"),
        -RISE: ("hidden layer", counted(hidden_size, "unit")),
        -2 * RISE: ("the next word", "a probability for every word"),
    }
    for y, (name, size) in rows.items():
        d.text(right, y - 8, name, size=12, anchor="end")
        d.text(right, y + 9, size, size=SMALL, anchor="end", muted=True)
    for letter, y in (("W", -RISE / 2), ("V", -1.5 * RISE)):
        d.arrow([(right - 28, y + 11), (right - 28, y - 11)], letter, width=2)
        d.text(right, y, Label(letter), anchor="end")


def _window_counts(window: int, vector_size: int, hidden_size: int, guesses: int) -> tuple[tuple[str, ...], ...]:
    inputs = f"{window:,} × {vector_size:,} = {window * vector_size:,}"
    return (
        ("inputs", inputs, f"the vectors of the last {counted(window, 'word')}, side by side"),
        ("hidden layer", f"{hidden_size:,}", "joined with every input"),
        ("prediction", f"{guesses:,} drawn", "one for every word of the vocabulary"),
    )


def _network_alt(
    context: Sequence[str], window: int, vector_size: int, hidden_size: int, guesses: Sequence[str]
) -> str:
    seen, unseen = _inside(context, window + 1), context[:-window]
    rest = f"The {counted(len(unseen), 'word')} before them, ‘{_inside(unseen, len(unseen) + 1)}’, "
    return (
        f"A feed-forward network on a window. The vectors of the last {counted(window, 'word')}, ‘{seen}’, "
        f"{counted(vector_size, 'unit')} each, stand side by side as its {window * vector_size:,} inputs; every one is "
        f"joined with {counted(hidden_size, 'hidden unit')}, and these with the probabilities of the next word, of "
        f"which {len(guesses):,} are drawn: {', '.join(map(visible, guesses))}. "
        + (f"{rest}lie left of the window, out of sight: they cannot change the prediction." if unseen else "")
    ).strip()


def networks_per_word(
    words: Sequence[str] = ("Cherry", "blossoms"),
    vector_size: int = 4,
    hidden_size: int = 3,
    output_size: int = 2,
    theme: str = "card",
) -> Picture:
    """One feed-forward network for every word, side by side and not connected; every unit drawn.

    Raises ValueError unless there are 1 to 4 words and the sizes are positive.
    """
    return _networks(words, (vector_size, hidden_size, output_size), theme, joined=False)


def joined_networks(
    words: Sequence[str] = ("Cherry", "blossoms"),
    vector_size: int = 4,
    hidden_size: int = 3,
    output_size: int = 2,
    theme: str = "card",
) -> Picture:
    """The same networks, each hidden layer connected with the next one from left to right: a recurrent network.

    Raises ValueError unless there are 2 to 4 words and the sizes are positive.
    """
    return _networks(words, (vector_size, hidden_size, output_size), theme, joined=True)


LIFT = 26.0  # hidden layers rise to the right, so that the lines between two of them can be told apart


def _networks(words: Sequence[str], sizes: tuple[int, int, int], theme: str, joined: bool) -> Picture:
    d_in, d_h, d_out = sizes
    at_least(1, vector_size=d_in, hidden_size=d_h, output_size=d_out)
    if not 1 + joined <= len(words) <= 4:
        raise ValueError(f"words must be {1 + joined} to 4 in this figure, but there are {len(words):,}.")
    d = Drawing("Networks joined from left to right" if joined else "One network per word", theme, PADDING)
    texts = [shorten(visible(word), WIDEST) for word in words]
    pitch = max(2 * max(map(half_row, sizes)), *(label_width(text) for text in texts)) + 90
    low = RISE + len(fold(d_h)) * LIFT / 2
    high = -low
    before: list[Point] = []
    for index, text in enumerate(texts):
        x = index * pitch
        inputs, hidden = units(d, x, low, d_in, "x"), units(d, x, 0, d_h, "h", lift=LIFT)
        outputs = units(d, x, high, d_out, "y")
        connect(d, inputs, hidden, "W")
        connect(d, hidden, outputs, "V")
        if joined:
            connect(d, before, hidden, "U")
        d.text(x, low + 34, text)
        before = hidden
    _network_captions(d, (len(words) - 0.5) * pitch - 20, (high, low), sizes, joined)
    alt = _networks_alt(words, sizes, joined)
    return Picture(d.svg(alt), alt, _networks_table(words, sizes, joined))


def _network_captions(
    d: Drawing, x: float, ends: tuple[float, float], sizes: tuple[int, int, int], joined: bool
) -> None:
    """At the right, what each layer and each set of lines is."""
    (high, low), (d_in, d_h, d_out) = ends, sizes
    layers = {high: counted(d_out, "output"), 0.0: counted(d_h, "hidden unit"), low: counted(d_in, "input")}
    for y, text in layers.items():
        d.text(x + 52, y, f"{text} per word", size=12, anchor="start")
    d.text(x + 52, low + 18, "(its word vector)", size=12, anchor="start", muted=True)
    same = "the same for every word" if joined else ""
    lines = [("V", high / 2, same), ("W", low / 2 + 10, same)]
    if joined:
        lines.append(("U", 30, "new: from each word to the next"))
    for letter, y, text in lines:
        ends_of_arrow = [(x - 5, y), (x + 15, y)] if letter == "U" else [(x + 5, y + 11), (x + 5, y - 11)]
        d.arrow(ends_of_arrow, letter, width=2)
        d.text(x + 26, y, Label(letter), anchor="start")
        if text:
            d.text(x + 52, y, text, size=12, anchor="start")


def _networks_alt(words: Sequence[str], sizes: tuple[int, int, int], joined: bool) -> str:
    d_in, d_h, d_out = sizes
    named = " and ".join(f"‘{visible(word)}’" for word in words)
    each = (
        f"{counted(d_in, 'input')} (its word vector) at the bottom, {counted(d_h, 'hidden unit')} in the middle, "
        f"{counted(d_out, 'output')} at the top, every unit joined with all units of the next layer"
    )
    if not joined:
        return (
            f"One feed-forward network per word, side by side: {named}. Each has {each}. "
            "Nothing leads from one network to the other, so no output knows of another word."
        )
    new = (len(words) - 1) * d_h**2
    return (
        f"A feed-forward network per word, side by side: {named}. Each has {each}. New are the lines U from the hidden "
        f"units of each word to those of the next, {d_h:,} × {d_h:,} = {counted(d_h**2, 'weight')}, {new:,} lines "
        "in all. With the same W, U and V for every word, this is a recurrent network: "
        "what was read before reaches every later output."
    )


def _networks_table(words: Sequence[str], sizes: tuple[int, int, int], joined: bool) -> Table:
    d_in, d_h, d_out = sizes
    rows = []
    for index, word in enumerate(words):
        reached = "–" if not joined or not index else f"{counted(d_h**2, 'line')} from ‘{visible(words[index - 1])}’"
        rows.append((visible(word), f"{d_in:,}", f"{d_h:,}", f"{d_out:,}", reached))
    header = ("word", "inputs", "hidden units", "outputs", "what comes from the word before")
    return Table("The networks, word by word", header, tuple(rows))
