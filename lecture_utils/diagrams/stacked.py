"""The figures of stacked and bidirectional RNNs, and of what each output can depend on."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import NamedTuple

from lecture_utils.diagrams.blocks import (
    GAP,
    HALF_HEIGHT,
    HALF_WIDTH,
    NOTE,
    PADDING,
    Part,
    between,
    counted,
    quoted,
    row_names,
    sideways,
    tensor,
    time_axis,
    upward,
    word,
)
from lecture_utils.diagrams.common import Span, fold
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import Drawing, label_width, visible
from lecture_utils.notation import Label, weight_label
from lecture_utils.notation import plain as name_of
from lecture_utils.shapes import RecurrentShape

SENTENCE = ("I", "am", "not", "hungry")
GAPPED = ("I", "am", "___", "hungry")
RISE = 92.0  # from one row to the next


# several layers


def stacked(layers: int = 3, steps: int = 4, theme: str = "card") -> Picture:
    """Several RNNs, one above the other: the states of one layer are the inputs of the next.

    Beyond eight steps, the middle is folded into "…". Raises ValueError unless `layers` is between 1 and 6 and
    `steps` between 1 and a million.
    """
    between("layers", layers, 1, 6)
    between("steps", steps, 1, 1_000_000)
    d = Drawing(f"A stacked RNN with {counted(layers, 'layer')}", theme, PADDING)
    spans, pitch = fold(steps), 122.0
    for layer in range(layers):
        y = -layer * RISE
        tensor(d, 0, y, _state(layer, "0", layers), "h")
        for column, span in enumerate(spans, start=1):
            x = column * pitch
            sideways(d, x - pitch + HALF_WIDTH, x - HALF_WIDTH, y, "U", _weight("hh", layer, layers))
            _stacked_step(d, x, y, span, layer, layers)
    _stacked_ends(d, spans, pitch, layers)
    _stacked_names(d, layers)
    time_axis(d, pitch - HALF_WIDTH, len(spans) * pitch + HALF_WIDTH, RISE + 44, -HALF_WIDTH - 18)
    alt, table = _stacked_words(layers, steps)
    return Picture(d.svg(alt), alt, table)


def _weight(part: str, layer: int, layers: int) -> Label:
    return weight_label(f"weight_{part}_l{layer}", "lecture", layers=layers)


def _state(layer: int, step: str, layers: int) -> Label:
    return Label("h", step, f"({layer + 1})" if layers > 1 else "")


def _stacked_step(d: Drawing, x: float, y: float, span: Span, layer: int, layers: int) -> None:
    """A state, and the arrow into it from the row below."""
    if span.folded:
        d.text(x, y, "…", size=20)
        return
    tensor(d, x, y, _state(layer, str(span.first + 1), layers), "h")
    upward(d, x, y + RISE - HALF_HEIGHT, y + HALF_HEIGHT, "W", _weight("ih", layer, layers))


def _stacked_ends(d: Drawing, spans: Sequence[Span], pitch: float, layers: int) -> None:
    """The inputs under the first layer, the predictions over the last."""
    top = -layers * RISE
    for column, span in enumerate(spans, start=1):
        x = column * pitch
        if span.folded:
            for y in (RISE, top):
                d.text(x, y, "…", size=20)
            d.text(x, RISE + 24, f"{span.size:,} more", size=NOTE, muted=True)
            continue
        tensor(d, x, RISE, Label("x", str(span.first + 1)), "x")
        tensor(d, x, top, Label("p", str(span.first + 1)), "y")
        upward(d, x, top + RISE - HALF_HEIGHT, top + HALF_HEIGHT, "V", Label("V"))


def _stacked_names(d: Drawing, layers: int) -> None:
    """Each row in words; between two rows the shape of the weights that lead from one to the other."""
    left = -HALF_WIDTH - 18
    row_names(d, left, {RISE: "inputs", -layers * RISE: "predictions"})
    for layer in range(layers):
        row_names(d, left, {-layer * RISE: f"layer {layer + 1}" if layers > 1 else "states"})
        parts = (_weight("ih", layer, layers), " is ", Label("d", "h"), " × ", Label("d", "h" if layer else "in"))
        d.phrase(left, (0.5 - layer) * RISE, parts, size=NOTE, anchor="end", muted=True)
    d.phrase(
        left,
        (0.5 - layers) * RISE,
        (Label("V"), " is ", Label("d", "out"), " × ", Label("d", "h")),
        size=NOTE,
        anchor="end",
        muted=True,
    )


def _input_shape(layer: int) -> str:
    return "d_h × d_in" if layer == 0 else "d_h × d_h"


def _stacked_words(layers: int, steps: int) -> tuple[str, Table]:
    rows = []
    for layer in range(layers):
        W, U = name_of(_weight("ih", layer, layers)), name_of(_weight("hh", layer, layers))
        b = name_of(weight_label(f"bias_l{layer}", "lecture", layers=layers))
        mark = f"^({layer + 1})" if layers > 1 else ""
        below = "x_t" if layer == 0 else f"h_t^({layer})"
        equation = f"h_t{mark} = tanh({U} h_(t−1){mark} + {W} {below} + {b})"
        rows.append((str(layer + 1), below, equation, _input_shape(layer)))
    header = ("layer", "reads", "state", "shape of its W")
    upper = "" if layers == 1 else " Each further layer reads the states of the layer below it in place of inputs."
    alt = (
        f"A stacked RNN of {counted(layers, 'layer')}, unrolled over {counted(steps, 'step')}; time runs to the right, "
        f"depth upwards. The first layer reads the inputs x_t.{upper} Every layer has matrices W and U and a first "
        f"state of its own. V leads from the states of layer {layers} to the predictions p_t. "
        f"The state of the top layer is {rows[-1][2]}."
    )
    return alt, Table("The layers, from bottom to top", header, tuple(rows))


# two directions


FORWARD, BACKWARD = "→", "←"
OUTPUT_SHAPE: tuple[Part, ...] = (Label("V"), " is ", Label("d", "out"), " × 2 ", Label("d", "h"))


class _TwoWay(NamedTuple):
    """Where the rows and columns of a two-way layer are drawn."""

    words: tuple[str, ...]
    pitch: float = 130.0
    shift: float = 24.0  # the forward states stand left of the middle, the backward ones right of it
    half: float = 23.0  # of a state's box
    forward: float = 0.0
    backward: float = -78.0
    inputs: float = 86.0

    @property
    def steps(self) -> int:
        return len(self.words)

    def x(self, step: int, direction: str = "") -> float:
        """The middle of a column, or of its state in one direction; step 0 and the one after the last are ends."""
        return step * self.pitch + {"": 0.0, FORWARD: -self.shift, BACKWARD: self.shift}[direction]

    def y(self, direction: str) -> float:
        return self.forward if direction == FORWARD else self.backward

    @property
    def left(self) -> float:
        """Where the names of the rows end."""
        return self.x(0, FORWARD) - self.half - 18


def bidirectional(words: Sequence[str] = SENTENCE, theme: str = "card") -> Picture:
    """Two RNNs over the same words in opposite directions; above each word their two states, joined.

    Raises ValueError unless there are between 1 and 8 words.
    """
    net = _two_way(words)
    d = Drawing("A bidirectional RNN", theme, PADDING)
    _draw_two_way(d, net)
    pill, top = net.backward - 70, net.backward - 150
    for step in range(1, net.steps + 1):
        _join(d, net, step, pill)
        tensor(d, net.x(step), top, Label("p", str(step)), "y")
        upward(d, net.x(step), pill - 11, top + HALF_HEIGHT, "V", Label("V"))
    row_names(d, net.left, {pill: "states, joined"})
    d.phrase(net.left, (pill + top) / 2 + 4, OUTPUT_SHAPE, size=NOTE, anchor="end", muted=True)
    row_names(d, net.left, {top: "predictions"})
    alt, table = _two_way_words(net)
    return Picture(d.svg(alt), alt, table)


def _two_way(words: Sequence[str], fewest: int = 1) -> _TwoWay:
    between("the number of words", len(words), fewest, 8)
    return _TwoWay(tuple(words))


def _arrowed(letter: str, direction: str, step: str = "") -> Label:
    return Label(letter, step, direction)


def _draw_two_way(d: Drawing, net: _TwoWay, chosen: Sequence[tuple[str, int]] = ()) -> None:
    """Words, inputs, both rows of states with their first states; of the states, `chosen` stand out."""
    for step, text in enumerate(net.words, start=1):
        x = net.x(step)
        tensor(d, x, net.inputs, Label("x", str(step)), "x", (net.shift + net.half, HALF_HEIGHT))
        word(d, x, net.inputs + 36, text, net.pitch - 14)
        for direction in (FORWARD, BACKWARD):
            _two_way_state(d, net, step, direction, strong=(direction, step) in chosen)
    for direction, start in ((FORWARD, 0), (BACKWARD, net.steps + 1)):
        _two_way_box(d, net, start, direction)
    row_names(d, net.left, {net.inputs: "inputs", net.inputs + 36: "words"})
    row_names(d, net.left, {net.forward: "forward states", net.backward: "backward states"})


def _two_way_box(d: Drawing, net: _TwoWay, step: int, direction: str, strong: bool = False) -> None:
    x, y, dashed = net.x(step, direction), net.y(direction), direction == BACKWARD
    label = _arrowed("h", direction, str(step))
    tensor(d, x, y, label, "h", (net.half, 17), dashed=dashed, strong=strong)


def _two_way_state(d: Drawing, net: _TwoWay, step: int, direction: str, strong: bool) -> None:
    """A state with W from the input under it, and U from the state read before it."""
    _two_way_box(d, net, step, direction, strong)
    x, y = net.x(step, direction), net.y(direction)
    upward(d, x, net.inputs - HALF_HEIGHT, y + 17, "W")
    edge = -7 if direction == FORWARD else 7
    anchor = "end" if direction == FORWARD else "start"
    height = (net.inputs - HALF_HEIGHT + net.forward + 17) / 2
    d.text(x + edge, height, _arrowed("W", direction), anchor=anchor)
    way = 1 if direction == FORWARD else -1
    before = net.x(step - way, direction)
    d.arrow([(before + way * (net.half + GAP), y), (x - way * (net.half + GAP), y)], "U", width=2)
    d.text((before + x) / 2 + (8 if direction == FORWARD else -8), y - 13, _arrowed("U", direction))


def _join(d: Drawing, net: _TwoWay, step: int, y: float) -> None:
    """Both states of a step side by side in one vector: the forward half solid, the backward half dashed."""
    middle, width = net.x(step), net.shift + net.half
    for direction, left in ((FORWARD, middle - width), (BACKWARD, middle)):
        x = net.x(step, direction)
        d.line([(x, net.y(direction) - 17), (x, y + 11)], "h", width=1.5)
        d.box(left, y - 11, width, 22, "h", dashed=direction == BACKWARD, radius=3)
        d.text(left + width / 2, y, direction, size=NOTE)


def _two_way_alt(net: _TwoWay) -> str:
    return (
        f"Two RNNs read the same {counted(net.steps, 'word')}, {quoted(net.words)}. The forward one, solid outlines, "
        f"goes from left to right, from h_0^→ to h_{net.steps}^→ through U^→; the backward one, above it "
        f"with dashed outlines, from right to left, from h_{net.steps + 1}^← to h_1^← through U^←. "
        "Each has a W and a U of its own, and both read the same inputs."
    )


def _two_way_words(net: _TwoWay) -> tuple[str, Table]:
    alt = (
        f"{_two_way_alt(net)} Above each word its two states are joined into one vector of 2 d_h numbers, from which V "
        "leads up to the prediction p_t."
    )
    rows = [
        (
            str(t),
            visible(word),
            f"h_{t}^→ = tanh(U^→ h_{t - 1}^→ + W^→ x_{t} + b_1^→)",
            f"h_{t}^← = tanh(U^← h_{t + 1}^← + W^← x_{t} + b_1^←)",
            f"p_{t} = softmax(V [h_{t}^→; h_{t}^←] + b_2)",
        )
        for t, word in enumerate(net.words, start=1)
    ]
    return alt, Table("A bidirectional RNN", ("step", "word", "forward", "backward", "prediction"), tuple(rows))


def bidirectional_classification(words: Sequence[str] = SENTENCE, theme: str = "card") -> Picture:
    """A text classified by both directions: the final state of each, joined; not the last row of the output.

    Raises ValueError unless there are between 2 and 8 words.
    """
    net = _two_way(words, fewest=2)
    d = Drawing("Classification with a bidirectional RNN", theme, PADDING)
    finals = {FORWARD: net.steps, BACKWARD: 1}
    _draw_two_way(d, net, tuple(finals.items()))
    joined_y, top = net.backward - 98, net.backward - 178
    middle, width = net.x(1) + (net.steps - 1) / 2 * net.pitch, 74.0
    for direction, left in ((FORWARD, middle - width), (BACKWARD, middle)):
        d.box(left, joined_y - 15, width, 30, "h", dashed=direction == BACKWARD, radius=4)
        d.text(left + width / 2, joined_y, _arrowed("h", direction, str(finals[direction])))
    _lead_up(d, net, FORWARD, finals[FORWARD], middle - width / 2, joined_y, lane=joined_y + 37)
    _lead_up(d, net, BACKWARD, finals[BACKWARD], middle + width / 2, joined_y, lane=joined_y + 59)
    upward(d, middle, joined_y - 15, top + HALF_HEIGHT, "V", Label("V"))
    tensor(d, middle, top, Label("p"), "y")
    row_names(d, net.left, {joined_y: "final states, joined", (joined_y + top) / 2 - 6: "classifier"})
    d.phrase(net.left, (joined_y + top) / 2 + 11, OUTPUT_SHAPE, size=NOTE, anchor="end", muted=True)
    row_names(d, net.left, {top: "one prediction"})
    _final_notes(d, net, middle, width, joined_y)
    alt, table = _final_words(net)
    return Picture(d.svg(alt), alt, table)


def _lead_up(d: Drawing, net: _TwoWay, direction: str, step: int, x: float, y: float, lane: float) -> None:
    """From a final state up and across into its half of the joined vector."""
    start = net.x(step, direction)
    d.arrow([(start, net.y(direction) - 17), (start, lane), (x, lane), (x, y + 15 + GAP)], "h", width=2)


def _final_notes(d: Drawing, net: _TwoWay, middle: float, width: float, y: float) -> None:
    """PyTorch's names beside the halves, and the mistake under the picture."""
    d.text(middle - width - 8, y, "h_n[-2]", size=NOTE, anchor="end", mono=True)
    d.text(middle + width + 8, y, "h_n[-1]", size=NOTE, anchor="start", mono=True)
    last = str(net.steps)
    words: list[Part] = ["Not output[:, -1]: it holds ", _arrowed("h", FORWARD, last), " and "]
    words += [_arrowed("h", BACKWARD, last), ", and that backward state has read only one word, the last."]
    d.phrase(net.x(1, FORWARD) - net.half, net.inputs + 72, words, size=NOTE, anchor="start")


def _final_words(net: _TwoWay) -> tuple[str, Table]:
    last = net.steps
    alt = (
        f"{_two_way_alt(net)} For one prediction about the whole text, the final state of each direction is taken: "
        f"h_{last}^→, which stands at the last word, and h_1^←, which stands at the first. Joined, they lead through "
        f"the classifier V, d_out × 2 d_h, to the prediction p. In PyTorch these are h_n[-2] and h_n[-1]. "
        f"output[:, -1] would be h_{last}^→ with h_{last}^←, and the second of these has read the last word only."
    )
    rows = (
        (f"h_{last}^→", "forward", f"the last word, {last}", "all words", "h_n[-2]"),
        ("h_1^←", "backward", "the first word, 1", "all words", "h_n[-1]"),
        (f"h_{last}^←, not taken", "backward", f"the last word, {last}", "the last word only", "half of output[:, -1]"),
    )
    return alt, Table("Final states", ("state", "direction", "stands at", "has read", "in PyTorch"), rows)


def around_a_blank(words: Sequence[str] = GAPPED, blank: int = 3, theme: str = "card") -> Picture:
    """A word guessed from the two states beside it, neither of which has read it; `blank` counts words from 1.

    Raises ValueError unless there are between 2 and 8 words, and the blank is one of them.
    """
    net = _two_way(words, fewest=2)
    between("blank", blank, 1, net.steps)
    beside = {FORWARD: blank - 1, BACKWARD: blank + 1}
    d = Drawing("A word guessed from the states beside it", theme, PADDING)
    _draw_two_way(d, net, tuple(beside.items()))
    joined_y, top, middle, width = net.backward - 76, net.backward - 156, net.x(blank), 62.0
    for direction, left in ((FORWARD, middle - width), (BACKWARD, middle)):
        d.box(left, joined_y - 15, width, 30, "h", dashed=direction == BACKWARD, radius=4)
        d.text(left + width / 2, joined_y, _arrowed("h", direction, str(beside[direction])))
        _lead_up(d, net, direction, beside[direction], left + width / 2, joined_y, lane=joined_y + 37)
    upward(d, middle, joined_y - 15, top + HALF_HEIGHT, "V", Label("V"))
    tensor(d, middle, top, Label("p", str(blank)), "y")
    row_names(d, net.left, {joined_y: "states beside the blank", top: "the word in the blank"})
    alt, table = _blank_words(net, blank)
    return Picture(d.svg(alt), alt, table)


def _blank_words(net: _TwoWay, blank: int) -> tuple[str, Table]:
    before, behind = net.words[: blank - 1], net.words[blank:]
    rows = (
        (f"h_{blank - 1}^→", "forward", quoted(before) if before else "nothing", "taken"),
        (f"h_{blank + 1}^←", "backward", quoted(behind) if behind else "nothing", "taken"),
        (f"h_{blank}^→ and h_{blank}^←", "both", f"the word at step {blank} too", "not taken"),
    )
    alt = (
        f"{_two_way_alt(net)} The word at step {blank} is guessed from the two states beside it: {rows[0][0]}, which "
        f"has read {rows[0][2]}, and {rows[1][0]}, which has read {rows[1][2]}. Joined, they lead through V to the "
        f"prediction p_{blank}. The states at step {blank} have read the word itself, and are not taken."
    )
    return alt, Table("What the states beside a blank have read", ("state", "direction", "has read", "use"), rows)


# who can see what


class _Panel(NamedTuple):
    """One way of reading a text, and how its outputs come from the states."""

    name: str
    output: tuple[Part, ...]
    spec: RecurrentShape
    gap: int = 0  # the forward half is taken this many steps before the output's own, the backward half as many after


def _panels() -> dict[str, _Panel]:
    two_way = RecurrentShape("rnn", 1, 1, bidirectional=True)
    forward, backward = _arrowed("h", FORWARD, "t"), _arrowed("h", BACKWARD, "t")
    return {
        "one-way": _Panel("one-way", (Label("h", "t"),), RecurrentShape("rnn", 1, 1)),
        "two-way": _Panel("two-way", (forward, " with ", backward), two_way),
        "two-way, 2 layers": _Panel(
            "two-way, 2 layers",
            (Label("h", "t", "(2)→"), " with ", Label("h", "t", "(2)←")),
            RecurrentShape("rnn", 1, 1, num_layers=2, bidirectional=True),
        ),
        "two-way, around a gap": _Panel(
            "two-way, around a gap",
            (_arrowed("h", FORWARD, "t−1"), " with ", _arrowed("h", BACKWARD, "t+1")),
            two_way,
            gap=1,
        ),
    }


NETWORKS = tuple(_panels())


@cache
def dependence(network: str, steps: int) -> tuple[tuple[str, ...], ...]:
    """What the output of each step (row) can depend on: for each input (column) "→", "←", "↔" (both) or "".

    The arrow is the direction of the top layer whose state brings it. Found by following the states back to the
    inputs. `network` is one of `NETWORKS`. Raises ValueError.
    """
    if network not in NETWORKS:
        raise ValueError(f"network must be one of {'; '.join(NETWORKS)}, but it is {network!r}.")
    panel = _panels()[network]
    rows = []
    for step in range(steps):
        seen = [_reach(panel.spec, step - panel.gap, 0, steps), _reach(panel.spec, step + panel.gap, 1, steps)]
        marks = {(True, True): "↔", (True, False): FORWARD, (False, True): BACKWARD, (False, False): ""}
        rows.append(tuple(marks[k in seen[0], k in seen[1]] for k in range(steps)))
    return tuple(rows)


def _reach(spec: RecurrentShape, step: int, direction: int, steps: int) -> frozenset[int]:
    """The inputs that one direction's state of the top layer can depend on; none before the start or after the end."""
    if direction >= spec.num_directions or not 0 <= step < steps:
        return frozenset()
    source = spec.provenance(f"output[{step}, {direction}]", seq_len=steps, batch_size=None)
    return frozenset(k for k, _ in source.reach)


def who_sees_what(steps: int = 5, theme: str = "card") -> Picture:
    """Four small matrices, output step × input step: what each output can depend on, and through which direction.

    Raises ValueError unless `steps` is between 2 and 8.
    """
    between("steps", steps, 2, 8)
    d = Drawing("Which output can depend on which input", theme, PADDING)
    side, left = 27.0, 0.0
    for network, panel in _panels().items():
        marks = dependence(network, steps)
        _draw_panel(d, left, panel, marks, side)
        notes = (panel.name, f"{_seen(marks)} of {steps * steps} pairs")
        widest = max(label_width(notes[0], bold=True), *(label_width(note, NOTE) for note in notes[1:]))
        left += max(steps * side, widest) + 52
    _sight_legend(d, steps * side)
    alt, table = _sight_words(steps)
    return Picture(d.svg(alt), alt, table)


def _seen(marks: Sequence[Sequence[str]]) -> int:
    return sum(1 for row in marks for mark in row if mark)


def _draw_panel(d: Drawing, left: float, panel: _Panel, marks: Sequence[Sequence[str]], side: float) -> None:
    """One matrix with its name; a row for every output, from the top, a column for every input."""
    d.text(left, -66, panel.name, anchor="start", bold=True)
    d.phrase(left, -42, panel.output, size=NOTE, anchor="start")
    for t, row in enumerate(marks):
        d.text(left - 8, (t + 0.5) * side, str(t + 1), size=NOTE, anchor="end", muted=True)
        d.text(left + (t + 0.5) * side, -12, str(t + 1), size=NOTE, muted=True)
        for k, mark in enumerate(row):
            x, y = left + k * side, t * side
            d.box(
                x + 1.5,
                y + 1.5,
                side - 3,
                side - 3,
                "h" if mark else "",
                dashed=mark == BACKWARD,
                faint=not mark,
                radius=3,
            )
            if mark:
                d.text(x + side / 2, y + side / 2, mark, size=13)
    d.text(left, len(marks) * side + 16, f"{_seen(marks)} of {len(marks) ** 2} pairs", size=NOTE, anchor="start")


def _sight_legend(d: Drawing, bottom: float) -> None:
    x, y = 0.0, bottom + 50
    d.text(
        x,
        y,
        "Row: output at step t. Column: input at step k. The output can depend on the input through",
        size=NOTE,
        anchor="start",
    )
    for mark, words in (
        (FORWARD, "the forward state"),
        (BACKWARD, "the backward state"),
        ("↔", "both"),
        ("", "neither: it cannot"),
    ):
        d.box(x, y + 16, 20, 20, "h" if mark else "", dashed=mark == BACKWARD, faint=not mark, radius=3)
        if mark:
            d.text(x + 10, y + 26, mark, size=13)
        d.text(x + 28, y + 26, words, size=NOTE, anchor="start")
        x += 28 + label_width(words, NOTE) + 26


def _sight_words(steps: int) -> tuple[str, Table]:
    rows, sentences = [], []
    for network, panel in _panels().items():
        marks = dependence(network, steps)
        output, name = "".join(p if isinstance(p, str) else _named(Label(*p)) for p in panel.output), panel.name
        for t, row in enumerate(marks, start=1):
            rows.append((name, output, str(t), *(mark or "–" for mark in row)))
        sentences.append(f"{name} ({output}): {_seen(marks)} of {steps * steps} pairs, {_pattern(marks)}")
    alt = (
        f"Four matrices of {steps} output steps by {steps} input steps. A mark says through which direction an output "
        f"can depend on an input. {'. '.join(s[:1].upper() + s[1:] for s in sentences)}."
    )
    header = ("network", "output", "step t", *(f"x_{k}" for k in range(1, steps + 1)))
    return alt, Table("What the output at step t can depend on", header, tuple(rows))


def _named(label: Label) -> str:
    """A label on one line: "h_(t−1)^→"."""
    return name_of(Label(label.base, f"({label.sub})" if len(label.sub) > 1 else label.sub, label.sup))


def _pattern(marks: Sequence[Sequence[str]]) -> str:
    """A matrix in words: what is seen of the past, of the step itself and of the future."""
    places = range(len(marks))
    parts = {
        "earlier inputs": {marks[t][k] for t in places for k in places if k < t},
        "its own": {marks[t][t] for t in places},
        "later ones": {marks[t][k] for t in places for k in places if k > t},
    }
    words = {
        "": "not",
        FORWARD: "through the forward state",
        BACKWARD: "through the backward state",
        "↔": "through both",
    }
    return ", ".join(f"{name} {' or '.join(sorted(words[mark] for mark in found))}" for name, found in parts.items())
