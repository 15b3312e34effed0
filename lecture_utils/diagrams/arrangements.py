"""Which steps of an RNN read an input, whose outputs are used, and where the losses sit: the five arrangements."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from lecture_utils.diagrams.blocks import (
    GAP,
    HALF_HEIGHT,
    HALF_WIDTH,
    PADDING,
    UNIT_PITCH,
    Part,
    connect,
    counted,
    quoted,
    row_names,
    sideways,
    tensor,
    units,
    upward,
    word,
)
from lecture_utils.diagrams.common import Span, fold, listed, sentence
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import SMALL, Drawing, label_width, shorten, visible
from lecture_utils.notation import Label, plain

FEEDS = {
    "": "",
    "sampled": "Dashed arrows: what the network writes at one step it reads at the next,",
    "true": "Arrows: the true symbol of one step is the input of the next,",
}
MOST = {1: 8, 2: 5}  # columns of each part, before its middle is folded
RETURN = 14.0  # from an input's edge to the arrow that comes down to it
NAMES = 18.0  # from the names of the rows to the first step
ABOVE = 13.0  # from an arrow to its letter


@dataclass(frozen=True)
class Arrangement:
    """Which steps read an input, whose outputs are used, and where a loss sits. Steps count from 1.

    The first `encoder` steps, if any, belong to an RNN of their own, whose last state starts the decoder. `read` holds
    a word for every input, `written` one for every output that is used: the target where a loss sits, else what the
    network chooses. `feeds` says what returns as the next step's input: nothing "", the "sampled" output, or the
    "true" one. Raises ValueError when the parts contradict each other.
    """

    name: str
    steps: int
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    losses: tuple[int, ...] = ()
    encoder: int = 0
    read: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    feeds: str = ""
    task: str = ""

    def __post_init__(self) -> None:
        if self.steps < 1:
            raise ValueError(f"steps is the number of time steps and must be at least 1, but it is {self.steps}.")
        for name in ("inputs", "outputs", "losses"):
            _checked_steps(name, getattr(self, name), self.steps)
        if not self.outputs:
            raise ValueError("outputs must name at least one step: a network whose outputs all go unused does nothing.")
        if stray := sorted(set(self.losses) - set(self.outputs)):
            raise ValueError(f"a loss needs an output to judge, but there is none at step {listed(stray)}.")
        if not 0 <= self.encoder < self.steps:
            raise ValueError(
                f"encoder must leave a step of the {self.steps:,} to the decoder, but it is {self.encoder}."
            )
        for name, words, places in (("read", self.read, self.inputs), ("written", self.written, self.outputs)):
            if words and len(words) != len(places):
                raise ValueError(f"{name} must hold {counted(len(places), 'word')}, but it holds {len(words):,}.")
        if self.feeds not in FEEDS:
            raise ValueError(f'feeds must be "", "sampled" or "true", but it is {self.feeds!r:.40}.')

    @property
    def unused(self) -> tuple[int, ...]:
        """The steps whose output nobody reads."""
        used = set(self.outputs)
        return tuple(step for step in range(1, self.steps + 1) if step not in used)

    @property
    def fed(self) -> tuple[int, ...]:
        """The steps that read what stands at the output of the step before; an encoder feeds nothing back."""
        inputs, outputs = set(self.inputs), set(self.outputs)
        later = range(self.encoder + 2, self.steps + 1)
        return tuple(step for step in later if self.feeds and step in inputs and step - 1 in outputs)

    def local(self, step: int) -> int:
        """The number of a step within its own RNN, encoder or decoder."""
        return step - self.encoder if step > self.encoder else step

    def side(self, step: int) -> str:
        """Whose a step is where there are two RNNs: e or d."""
        return "" if not self.encoder else "d" if step > self.encoder else "e"

    def label(self, letter: str, step: int) -> Label:
        """A symbol of one step."""
        return Label(letter, str(self.local(step)), "" if letter == "L" else self.side(step))


def _checked_steps(name: str, places: Sequence[int], steps: int) -> None:
    if list(places) != sorted(set(places)) or not all(1 <= place <= steps for place in places):
        shown = ", ".join(map(str, places[:8]))
        raise ValueError(f"{name} must be rising steps from 1 to {steps:,}, but they are {shown}.")


class Sizes(NamedTuple):
    """How large an arrangement is drawn: half a tensor's box, from step to step, from row to row, and a loss."""

    half_width: float
    half_height: float
    pitch: float
    rise: float
    loss: float

    @property
    def half(self) -> tuple[float, float]:
        """Half the width and half the height of a tensor's box."""
        return self.half_width, self.half_height


LARGE = Sizes(HALF_WIDTH, HALF_HEIGHT, pitch=96, rise=84, loss=19)
COMPACT = Sizes(half_width=15, half_height=15, pitch=42, rise=56, loss=13)
WIDE = LARGE._replace(pitch=116)  # with room for an arrow that returns
NARROW = LARGE._replace(half_width=25, pitch=78)
THREE = (1, 2, 3)
ARRANGEMENTS: Mapping[str, Arrangement] = {
    a.name: a
    for a in (
        Arrangement("one-to-one", 1, (1,), (1,), (1,), task="word → class"),
        Arrangement("one-to-many", 3, (1,), THREE, THREE, task="picture → caption"),
        Arrangement("many-to-one", 3, THREE, (3,), (3,), task="review → opinion"),
        Arrangement("many-to-many, aligned", 3, THREE, THREE, THREE, task="words → tags"),
        Arrangement("many-to-many, encoder–decoder", 6, THREE, (4, 5, 6), (4, 5, 6), 3, task="sentence → translation"),
    )
}


def arrangement(kind: str | Arrangement = "many-to-many, aligned", theme: str = "card") -> Picture:
    """One arrangement: its inputs, states, outputs and losses, step by step; unused outputs are dashed and hollow.

    `kind` is one of the five names in `ARRANGEMENTS`, or an arrangement of your own. Raises ValueError for others.
    """
    spec = _find(kind)
    d = Drawing(f"An RNN, {spec.name}", theme, PADDING)
    plan = _plan(spec, WIDE if spec.fed else LARGE, apart=50)
    _draw(d, plan, letters=True)
    names = {"outputs": "outputs"}
    if spec.encoder:
        _frame_both(d, plan)
    else:
        names["states"] = "hidden states"
    if spec.inputs:
        names["inputs"] = "inputs"
    if spec.losses:
        names["losses"] = "losses"
    if spec.written:
        names["written"] = "targets" if spec.losses else "written"
    row_names(d, plan.left - NAMES, {plan.rows[row]: name for row, name in names.items()})
    alt = _alt(spec)
    return Picture(d.svg(alt), alt, _table(plan))


def _find(kind: str | Arrangement) -> Arrangement:
    if isinstance(kind, Arrangement):
        return kind
    if not isinstance(kind, str) or kind not in ARRANGEMENTS:
        raise ValueError(f"kind must be one of {'; '.join(ARRANGEMENTS)}, but it is {kind!r:.60}.")
    return ARRANGEMENTS[kind]


# from a specification to places


class _Column(NamedTuple):
    """One step, or several that are folded; `span` counts from 0."""

    x: float
    span: Span

    @property
    def step(self) -> int:
        return self.span.first + 1

    def steps(self, places: Iterable[int]) -> list[int]:
        """Those of the steps that lie in this column."""
        return [place for place in places if self.span.first < place <= self.span.last + 1]


class _Plan(NamedTuple):
    """Where everything of one arrangement stands."""

    spec: Arrangement
    columns: list[_Column]
    rows: dict[str, float]
    sizes: Sizes
    left: float
    right: float

    def part(self, encoder: bool) -> list[_Column]:
        """The columns of the encoder, or those of the decoder (without an encoder: all)."""
        return [column for column in self.columns if (column.step <= self.spec.encoder) == encoder]

    def at(self, step: int) -> float | None:
        """Where a step stands, unless it is folded away."""
        return next((c.x for c in self.columns if c.step == step and not c.span.folded), None)


def _plan(spec: Arrangement, sizes: Sizes = LARGE, left: float = 0.0, apart: float = 24.0) -> _Plan:
    """A column for every step, the long middle of a part folded; the decoder stands `apart` from the encoder."""
    ends = [count for count in (spec.encoder, spec.steps - spec.encoder) if count]
    changes = _changes(spec)
    columns, x, start = [], left + sizes.half_width, 0
    for index, count in enumerate(ends):
        x += apart * bool(index)
        keep = [[change - start for change in changes if start <= change < start + count]]
        for span in fold(count, keep, MOST[len(ends)]):
            columns.append(_Column(x, Span(span.first + start, span.last + start)))
            x += sizes.pitch
        start += count
    heights = {"inputs": 0.0, "states": -sizes.rise, "outputs": -2 * sizes.rise}
    top = -2 * sizes.rise
    if spec.losses:
        heights["losses"] = top = top - sizes.half_height - sizes.loss - 0.3 * sizes.rise
        heights["written"] = top - sizes.loss - 34
    else:
        heights["written"] = top - sizes.half_height - 0.3 * sizes.rise - 18
    return _Plan(spec, columns, heights, sizes, left, columns[-1].x + sizes.half_width)


def _changes(spec: Arrangement) -> list[int]:
    """The steps, counted from 0, at which something begins or ends: these are not folded away."""
    sets = [set(places) for places in (spec.inputs, spec.outputs, spec.losses)]
    kinds = [tuple(step in places for places in sets) for step in range(1, spec.steps + 1)]
    found = {step for step in range(1, spec.steps) if kinds[step] != kinds[step - 1]}
    return sorted(found | {step - 1 for step in found})


# from places to a drawing


def _draw(d: Drawing, plan: _Plan, *, letters: bool = False, strong: int = 0) -> None:
    """All rows, with the weights' letters at their arrows if wanted; the state of the step `strong` is marked."""
    _draw_states(d, plan, letters=letters, strong=strong)
    _draw_inputs(d, plan, letters=letters)
    _draw_outputs(d, plan, letters=letters)
    halves = _draw_losses(d, plan)
    _draw_feeds(d, plan, halves)


def _draw_states(d: Drawing, plan: _Plan, *, letters: bool = False, strong: int = 0) -> None:
    y, sizes, fed = plan.rows["states"], plan.sizes, set(plan.spec.fed)
    for before, column in zip([None, *plan.columns], plan.columns):
        if before is not None:
            left, right = before.x + sizes.half_width, column.x - sizes.half_width
            beside = column.step in fed  # the arrow that brings the last output back stands there too
            letter = Label("U", "", plan.spec.side(column.step))
            share, half = 0.28 if beside else 0.5, label_width(letter) / 2
            fits = half + 2 < share * (right - left) < right - left - RETURN * beside - half - 2
            sideways(d, left, right, y, "U", letter if letters and fits else "", share=share, above=ABOVE)
        if column.span.folded:
            d.text(column.x, y - 3, "…", size=20)
            d.text(column.x, y + 18, f"{column.span.size:,} more", size=SMALL, muted=True)
        else:
            label = plan.spec.label("h", column.step)
            tensor(d, column.x, y, label, "h", sizes.half, strong=column.step == strong)


def _draw_inputs(d: Drawing, plan: _Plan, *, letters: bool = False) -> None:
    spec, sizes, y = plan.spec, plan.sizes, plan.rows["inputs"]
    words = dict(zip(spec.inputs, spec.read))
    for column in plan.columns:
        inside = column.steps(spec.inputs)
        if column.span.folded and inside:
            _folded(d, column, y, len(inside))
        elif inside:
            letter = Label("W", "", spec.side(column.step)) if letters else ""
            upward(d, column.x, y - sizes.half_height, plan.rows["states"] + sizes.half_height, "W", letter)
            tensor(d, column.x, y, spec.label("x", column.step), "x", sizes.half)
            if words:
                word(d, column.x, y + sizes.half_height + 17, words[column.step], sizes.pitch - 8)


def _folded(d: Drawing, column: _Column, y: float, count: int) -> None:
    """Three dots for what is folded away, and its number where that is not the number of steps."""
    d.text(column.x, y - 3, "…", size=20)
    if count != column.span.size:
        d.text(column.x, y + 18, f"{count:,} more", size=SMALL, muted=True)


def _draw_outputs(d: Drawing, plan: _Plan, *, letters: bool = False, only_unused: bool = False) -> None:
    """Outputs that are used, and, dashed and hollow, those that nobody reads."""
    spec, sizes, y = plan.spec, plan.sizes, plan.rows["outputs"]
    for column in plan.columns:
        used = column.steps(spec.outputs)
        if only_unused and used:
            continue
        if column.span.folded:
            _folded(d, column, y, len(used) or column.span.size)
            continue
        below = plan.rows["states"] - sizes.half_height
        letter = Label("V", "", spec.side(column.step)) if letters and used else ""
        upward(d, column.x, below, y + sizes.half_height, "V", letter, dashed=not used)
        label = spec.label("p", column.step) if used else ""
        tensor(d, column.x, y, label, "y", sizes.half, dashed=not used, hollow=not used)
        if not used and sizes.half_width > COMPACT.half_width:
            d.text(column.x, y, "unused", size=SMALL, muted=True)


def _draw_losses(d: Drawing, plan: _Plan) -> dict[int, float]:
    """Above the outputs: losses, and targets or what is written; returns half the width of each of these words."""
    spec, sizes, rows = plan.spec, plan.sizes, plan.rows
    words, halves = dict(zip(spec.outputs, spec.written)), {}
    room = 2 * (sizes.half_width + RETURN) - 12 if spec.fed else sizes.pitch - 16
    for column in plan.columns:
        losses, used = column.steps(spec.losses), column.steps(spec.outputs)
        if column.span.folded:
            if losses:
                _folded(d, column, rows["losses"], len(losses))
            if used and words:
                _folded(d, column, rows["written"], len(used))
            continue
        top = rows["outputs"] - sizes.half_height
        if losses:
            upward(d, column.x, top, rows["losses"] + sizes.loss, "")
            label = spec.label("L", column.step) if sizes.loss > COMPACT.loss else ""
            _loss(d, column.x, rows["losses"], label, sizes.loss)
        if used and words:
            y = rows["written"]
            halves[column.step] = word(d, column.x, y, words[column.step], room, framed=True)
            if losses:  # both the output and the target enter the loss
                d.arrow([(column.x, y + 12), (column.x, rows["losses"] - sizes.loss - GAP)], width=1.3)
            else:
                upward(d, column.x, top, y + 12, "")
    return halves


def _loss(d: Drawing, x: float, y: float, label: Part, radius: float) -> None:
    """A loss: a diamond around (x, y), with its symbol where there is room for one."""
    d.diamond(x, y, radius)
    if label:
        d.text(x, y, label, size=12)


def _draw_feeds(d: Drawing, plan: _Plan, halves: Mapping[int, float]) -> None:
    """What returns as an input one step later: dashed where the network wrote it, solid where it is the truth."""
    sizes, own = plan.sizes, plan.spec.feeds == "sampled"
    start, end = plan.rows["written" if plan.spec.written else "outputs"], plan.rows["inputs"]
    for step in plan.spec.fed:
        x, goal = plan.at(step - 1), plan.at(step)
        if x is not None and goal is not None:
            turn = goal - sizes.half_width - RETURN
            path = [(x + halves.get(step - 1, sizes.half_width), start), (turn, start), (turn, end)]
            d.arrow([*path, (goal - sizes.half_width - 1, end)], "y" if own else "", dashed=own, width=1.5)


def _frame(
    d: Drawing,
    plan: _Plan,
    title: str = "RNN",
    note: str = "one W, U, V",
    *,
    encoder: bool = False,
    at_right: bool = False,
) -> float:
    """A frame around the states of one part: one RNN, its name at the side; returns the end of that side."""
    columns, sizes, y = plan.part(encoder), plan.sizes, plan.rows["states"]
    room, margin = max(label_width(title, bold=True), label_width(note, SMALL)) + 26, 12
    left, right = columns[0].x - sizes.half_width - margin, columns[-1].x + sizes.half_width + margin
    middle = right + room / 2 - 6 if at_right else left - room / 2 + 6
    left, right = (left, right + room) if at_right else (left - room, right)
    top, bottom = y - sizes.half_height - margin, y + sizes.half_height + margin
    corners = [(left, top), (right, top), (right, bottom), (left, bottom), (left, top)]
    d.line(corners, faint=True, width=1.5)
    d.text(middle, y - 8, title, bold=True)
    d.text(middle, y + 10, note, size=SMALL, muted=True)
    return right if at_right else left


def _frame_both(d: Drawing, plan: _Plan) -> None:
    """Encoder and decoder, each with the weights that it has for itself."""
    spec = plan.spec
    for encoder in (True, False):
        reads, writes = ([(step <= spec.encoder) == encoder for step in part] for part in (spec.inputs, spec.outputs))
        own = ", ".join("W" * any(reads) + "U" + "V" * any(writes))
        _frame(d, plan, "encoder" if encoder else "decoder", f"own {own}", encoder=encoder, at_right=not encoder)


# in words


def _part(spec: Arrangement, places: Sequence[int]) -> str:
    """Steps in words: "at steps 1–3", "at step 2 of the decoder", "at no step"."""
    if not places:
        return "at no step"
    parts = []
    for encoder, owner in ((True, " of the encoder"), (False, " of the decoder" if spec.encoder else "")):
        local = [spec.local(place) for place in places if (place <= spec.encoder) == encoder]
        if local:
            parts.append(f"step{'s' * (len(local) > 1)} {listed(local)}{owner}")
    return "at " + " and ".join(parts)


def _alt(spec: Arrangement, subject: str = "") -> str:
    """What is where: steps, inputs, outputs used and unused, losses, feedback."""
    later = spec.steps - spec.encoder
    body = f"an RNN over {counted(spec.steps, 'time step')}"
    if spec.encoder:
        body = (
            f"an encoder RNN over {counted(spec.encoder, 'time step')}, and a decoder RNN with weights of its own over "
            f"{counted(later, 'time step')}, which starts from the encoder's last state"
        )
    said = [f"{subject or sentence(spec.name)}: {body}, from left to right."]
    read = f": {quoted(spec.read, 12, 2)}" if spec.read else ""
    said.append(f"Inputs enter {_part(spec, spec.inputs)}{read}.")
    said.append(f"Outputs are used {_part(spec, spec.outputs)}.")
    if spec.written:
        said.append(f"{'Targets' if spec.losses else 'The network writes'}: {quoted(spec.written, 12, 2)}.")
    if spec.unused:
        many = len(spec.unused) > 1
        said.append(
            f"{counted(len(spec.unused), 'output')} {_part(spec, spec.unused)} {'go' if many else 'goes'} unused, "
            f"drawn dashed and hollow."
        )
    if spec.losses:
        shape = "diamonds" if len(spec.losses) > 1 else "a diamond"
        said.append(f"{counted(len(spec.losses), 'loss')}, {shape}, {_part(spec, spec.losses)}.")
    if spec.fed:
        said.append(f"{FEEDS[spec.feeds]} {_part(spec, spec.fed)}.")
    return " ".join(said)


def _table(plan: _Plan) -> Table:
    """A row for every column of the drawing."""
    spec, rows = plan.spec, []
    read, written = dict(zip(spec.inputs, spec.read)), dict(zip(spec.outputs, spec.written))
    for column in plan.columns:
        owner = ("encoder " if column.step <= spec.encoder else "decoder ") if spec.encoder else ""
        names = owner + listed(spec.local(step + 1) for step in range(column.span.first, column.span.last + 1))
        parts = [column.steps(places) for places in (spec.inputs, spec.outputs, spec.unused, spec.losses)]
        if column.span.folded:
            nouns = ("input", "output", "unused output", "loss")
            inputs, used, unused, losses = (
                counted(len(part), noun) if part else "" for part, noun in zip(parts, nouns)
            )
            rows.append((names, inputs or "–", ", ".join(filter(None, (used, unused))), losses or "–"))
        else:
            rows.append(
                (
                    names,
                    _named(spec, "x", parts[0], read) or "–",
                    _named(spec, "p", parts[1], written) or "unused",
                    _named(spec, "L", parts[3], {}) or "–",
                )
            )
    return Table(sentence(spec.name), ("step", "input", "output", "loss"), tuple(rows))


def _named(spec: Arrangement, letter: str, places: Sequence[int], words: Mapping[int, str]) -> str:
    """A symbol and its word on one line, or nothing."""
    return "".join(
        plain(spec.label(letter, place)) + (f" ‘{visible(words[place])}’" if place in words else "") for place in places
    )


# the figures


def five_arrangements(theme: str = "card") -> Picture:
    """The five arrangements side by side: where inputs enter, where losses sit, which outputs nobody reads."""
    d = Drawing("The five arrangements of inputs and outputs", theme, PADDING)
    x = 0.0
    for spec in ARRANGEMENTS.values():
        x = _panel(d, spec, x) + 30
    _legend(d, 0, 108)
    alt = "Five arrangements of an RNN, side by side. " + " ".join(_panel_words(spec) for spec in ARRANGEMENTS.values())
    rows = [
        (
            spec.name,
            spec.task,
            _part(spec, spec.inputs),
            _part(spec, spec.outputs),
            _part(spec, spec.unused),
            f"{len(spec.losses)}",
        )
        for spec in ARRANGEMENTS.values()
    ]
    header = ("arrangement", "for example", "inputs", "outputs used", "outputs unused", "losses")
    return Picture(d.svg(alt), alt, Table("The five arrangements", header, tuple(rows)))


def _panel(d: Drawing, spec: Arrangement, left: float) -> float:
    """One arrangement with its name above and its losses counted below; returns its right end."""
    name, _, detail = spec.name.partition(", ")
    lines = (
        spec.task,
        counted(len(spec.losses), "loss"),
        f"{counted(len(spec.unused), 'output')} unused" if spec.unused else "",
    )
    width = max(label_width(name, 13, bold=True), *(label_width(line, 12) for line in (detail, *lines)))
    trial = _plan(spec, COMPACT, apart=16)
    width = max(width, trial.right)
    plan = _plan(spec, COMPACT, left + (width - trial.right) / 2, apart=16)
    _draw(d, plan)
    middle, top = left + width / 2, plan.rows["outputs"] - 2 * COMPACT.rise
    d.text(middle, top, name, size=13, bold=True)
    d.text(middle, top + 18, detail, size=12)
    for index, line in enumerate(lines):
        if line:
            d.text(middle, 36 + 17 * index, line, size=12, muted=index > 0)
    return left + width


def _panel_words(spec: Arrangement) -> str:
    unused = f"; unused are the outputs {_part(spec, spec.unused)}" if spec.unused else ""
    return (
        f"{sentence(spec.name)} ({spec.task}): inputs {_part(spec, spec.inputs)}, "
        f"{counted(len(spec.losses), 'loss')} {_part(spec, spec.losses)}{unused}."
    )


def _legend(d: Drawing, x: float, y: float) -> None:
    """The marks, and what each means."""
    for letter, meaning in (("W", "input → state"), ("U", "state → next state"), ("V", "state → output")):
        ends = [(x, y), (x + 20, y)] if letter == "U" else [(x + 10, y + 10), (x + 10, y - 10)]
        d.arrow(ends, letter, width=2)
        d.text(x + 27, y, Label(letter), anchor="start")
        d.text(x + 48, y, meaning, size=12, anchor="start")
        x += 48 + label_width(meaning, 12) + 26
    d.diamond(x + 9, y, 9)
    d.text(x + 25, y, "loss", size=12, anchor="start")
    x += 25 + label_width("loss", 12) + 26
    d.box(x, y - 9, 18, 18, "y", dashed=True, hollow=True, radius=4)
    d.text(x + 26, y, "output that nobody reads", size=12, anchor="start")
    note = (
        "Where outputs follow one another without inputs, a step usually reads the output of the step before as "
        "well (in training: the true one). Not drawn here."
    )
    _small_print(d, 0, y + 30, note)


def _small_print(d: Drawing, x: float, y: float, text: str) -> None:
    d.text(x, y, text, size=SMALL, anchor="start", muted=True)


TAGGED = (("Cherry", "NOUN"), ("blossoms", "NOUN"), ("are", "AUX"), ("beautiful", "ADJ"), (".", "PUNCT"))


def sequence_labelling(tagged: Sequence[tuple[str, str]] = TAGGED, padding: int = 1, theme: str = "card") -> Picture:
    """A tag for every word: one loss per step, none for the padding that fills a batch.

    `tagged` holds words and their tags. Raises ValueError without words or with negative padding.
    """
    if padding < 0:
        raise ValueError(f"padding is the number of steps that fill the batch and cannot be negative: {padding}.")
    words = tuple(word for word, _ in tagged)
    inputs, real = _counting(len(words) + padding), _counting(len(words))
    read, tags = (*words, *("<pad>",) * padding), tuple(tag for _, tag in tagged)
    spec = Arrangement("sequence labelling", len(inputs), inputs, real, real, read=read, written=tags)
    d = Drawing("Sequence labelling", theme, PADDING)
    plan = _plan(spec)
    _draw(d, plan, letters=True)
    left = _frame(d, plan)
    _name_rows(d, plan, "word vectors", "tag probabilities", "true tags")
    total = (
        f"The loss of the sentence is {f'the sum of the {len(real):,} losses' if len(real) > 1 else 'that of its word'}"
    )
    alt = f"{_alt(spec)} {total}{'; a padding step has none' if padding else ''}."
    _small_print(d, left, 76, f"{total}.{' A padding step has none.' if padding else ''}")
    return Picture(d.svg(alt), alt, _table(plan))


def _name_rows(d: Drawing, plan: _Plan, inputs: str, outputs: str, written: str) -> None:
    """The rows' names, left of the first step."""
    rows = plan.rows
    names = {rows["inputs"]: inputs, rows["outputs"]: outputs, rows["written"]: written}
    if plan.spec.losses:
        names[rows["losses"]] = "losses"
    row_names(d, plan.left - NAMES, names)


def _counting(count: int) -> tuple[int, ...]:
    return tuple(range(1, count + 1))


def sequence_classification(
    words: Sequence[str] = ("What", "a", "wonderful", "slow", "film"),
    classes: tuple[str, str] = ("negative", "positive"),
    target: int = 1,
    theme: str = "card",
) -> Picture:
    """One class for the whole sequence: the last state → feed-forward classifier → softmax, and a single loss.

    `target` counts the classes from 0. Raises ValueError without words or when the target is neither class.
    """
    if target not in (0, 1):
        raise ValueError(f"target must be 0 or 1, one of the two classes, but it is {target}.")
    steps = _counting(len(words))
    spec = Arrangement(
        "sequence classification",
        len(words),
        steps,
        steps[-1:],
        steps[-1:],
        read=tuple(words),
        written=(classes[target],),
    )
    d = Drawing("Sequence classification", theme, PADDING)
    plan = _plan(spec)
    _draw_states(d, plan, letters=True, strong=spec.steps)
    _draw_inputs(d, plan, letters=True)
    _draw_outputs(d, plan, only_unused=True)
    _classifier(d, plan, classes, target)
    _frame(d, plan, note="one W, U")
    row_names(d, plan.left - NAMES, {plan.rows["inputs"]: "word vectors"})
    alt = (
        f"{_alt(spec)} The last state, h_{spec.steps}, is what the classifier reads: a compressed representation of "
        f"the whole sequence. A feed-forward network with weights of its own turns it into probabilities of the "
        f"classes {quoted(classes)} by softmax. The one loss is propagated back through the classifier, and from "
        "there through U and W at every step."
    )
    return Picture(d.svg(alt), alt, _table(plan))


def _classifier(d: Drawing, plan: _Plan, classes: tuple[str, str], target: int) -> None:
    """Above the last state: two small layers, the softmax, the loss and the true class, each named at its right."""
    x, state, sizes = plan.columns[-1].x, plan.rows["states"], plan.sizes
    hidden_y, output_y = state - 84, state - 158
    hidden, outputs = units(d, x, hidden_y, 3, ""), units(d, x, output_y, 2, "y")
    connect(d, [(x, state - sizes.half_height)], hidden, "", 1)
    connect(d, hidden, outputs, "", 1)
    for side, name in zip((-1, 1), classes):
        anchor = "end" if side < 0 else "start"
        d.text(x + side * (UNIT_PITCH / 2 + 18), output_y, shorten(visible(name), 110, 12), size=12, anchor=anchor)
    loss_y = output_y - 60
    upward(d, x, output_y - 12, loss_y + sizes.loss, "")
    _loss(d, x, loss_y, Label("L"), sizes.loss)
    half = word(d, x + 84, loss_y, classes[target], 110, framed=True)
    d.arrow([(x + 84 - half, loss_y), (x + sizes.loss + GAP, loss_y)], width=1.3)
    note = x + 84 + half + 22
    for y, (first, second) in {
        state: ("the last state", "the whole sequence, compressed"),
        hidden_y: ("feed-forward classifier", "with weights of its own"),
        output_y: ("softmax", "a probability for each class"),
        loss_y: ("one loss", "against the true class"),
    }.items():
        d.text(note, y - 8, first, size=12, anchor="start")
        d.text(note, y + 9, second, size=SMALL, anchor="start", muted=True)


def text_generation(
    symbols: Sequence[str] = ("t", "u", "n", "e"), forced: bool = False, theme: str = "card"
) -> Picture:
    """From the start symbol on, every symbol that is sampled becomes the next input, until the end symbol.

    `forced` draws training with teacher forcing: the true symbols are the inputs, and every step has a loss.
    """
    steps = _counting(len(symbols) + 1)
    spec = Arrangement(
        "text generation, trained with teacher forcing" if forced else "text generation",
        len(steps),
        steps,
        steps,
        steps if forced else (),
        read=("<s>", *symbols),
        written=(*symbols, "</s>"),
        feeds="true" if forced else "sampled",
    )
    d = Drawing("Text generation: training with teacher forcing" if forced else "Text generation", theme, PADDING)
    plan = _plan(spec, WIDE)
    _draw(d, plan, letters=True)
    left = _frame(d, plan)
    _name_rows(d, plan, "inputs", "probabilities", "true symbols" if forced else "sampled symbols")
    meaning = (
        "Teacher forcing: the true symbol is the next input, whatever the network would have written."
        if forced
        else "A symbol is drawn from the probabilities and becomes the next input, until </s> or a length limit."
    )
    _small_print(d, left, 76, meaning)
    alt = f"{_alt(spec)} {meaning}"
    return Picture(d.svg(alt), alt, _table(plan))


def encoder_decoder(
    source: Sequence[str] = ("ninth", "of", "May", "1987"),
    target: Sequence[str] = ("1987", "-05", "-09"),
    theme: str = "card",
) -> Picture:
    """A date in words is read by one RNN and written as an ISO date by another; one state is all that passes.

    Raises ValueError without a source.
    """
    if not source:
        raise ValueError("source must hold at least one word for the encoder to read.")
    T, S = len(source), len(target) + 1
    later = tuple(range(T + 1, T + S + 1))
    spec = Arrangement(
        "encoder–decoder",
        T + S,
        _counting(T + S),
        later,
        encoder=T,
        read=(*source, "<s>", *target),
        written=(*target, "</s>"),
        feeds="sampled",
    )
    d = Drawing("Encoder–decoder", theme, PADDING)
    plan = _plan(spec, NARROW, apart=56)
    _draw(d, plan, letters=True, strong=T)
    _frame_both(d, plan)
    _bottleneck(d, plan)
    names = {"inputs": "inputs", "outputs": "probabilities", "written": "written"}
    for row, name in names.items():
        d.text(plan.right + 12, plan.rows[row], name, size=12, anchor="start", muted=True)
    alt = (
        f"{_alt(spec)} The encoder's last state is the bottleneck: all that the decoder knows of the input passes "
        "through this one vector."
    )
    return Picture(d.svg(alt), alt, _table(plan))


def _bottleneck(d: Drawing, plan: _Plan) -> None:
    """What the encoder's last state means, over the way to the decoder."""
    last, rows = plan.part(True)[-1], plan.rows
    x = last.x + plan.sizes.half_width + 18
    d.text(x + 10, rows["written"] - 8, "the bottleneck: all that the decoder", size=12, anchor="end")
    d.text(x + 10, rows["written"] + 9, "knows of the input is in this state", size=12, anchor="end")
    d.line([(x, rows["written"] + 20), (x, rows["states"] - 30), (x - 13, rows["states"] - 20)])


def image_captioning(caption: Sequence[str] = ("square", "and", "circle"), theme: str = "card") -> Picture:
    """A picture primes the generator: a CNN's last layer becomes its first state, then it writes a caption."""
    steps = _counting(len(caption) + 1)
    spec = Arrangement(
        "image captioning",
        len(steps),
        steps,
        steps,
        read=("<s>", *caption),
        written=(*caption, "</s>"),
        feeds="sampled",
    )
    d = Drawing("Image captioning", theme, PADDING)
    plan = _plan(spec, WIDE._replace(pitch=104))
    _draw(d, plan, letters=True)
    _frame(d, plan, at_right=True)
    _primed(d, plan)
    names = {"inputs": "inputs", "outputs": "probabilities", "written": "sampled words"}
    row_names(d, plan.left - NAMES, {plan.rows[row]: name for row, name in names.items()})
    alt = (
        f"{_alt(spec)} At the left a picture of a square and a circle runs through a convolutional network, whose "
        "last layer primes the generator: it becomes the first state, h_0. Everything the caption knows of the "
        "picture passes through it."
    )
    return Picture(d.svg(alt), alt, _table(plan))


def _primed(d: Drawing, plan: _Plan) -> None:
    """Left of the first state, from right to left: h_0, the CNN's last layer, its other layers, and the picture."""
    y, half, first = plan.rows["states"], plan.sizes.half_width, plan.columns[0].x
    start = first - plan.sizes.pitch
    tensor(d, start, y, Label("h", "0"), "h")
    sideways(d, start + half, first - half, y, "U", Label("U"), above=ABOVE)
    layer = start - half - 68
    d.box(layer - 7, y - 34, 14, 68, "x", radius=3)
    sideways(d, layer + 7, start - half, y, "")
    d.text((layer + 7 + start - half) / 2, y - 14, "primes", size=12)
    x = layer - 7 - 28
    cnn = [x]
    for height, width in ((40, 18), (64, 13), (88, 8)):  # ever fewer places, ever more features
        d.box(x - width, y - height / 2, width, height, radius=2)
        x -= width + 9
    cnn.append(x + 9)
    sideways(d, cnn[0], layer - 7, y, "")
    side = 96
    picture = cnn[1] - 28 - side
    sideways(d, picture + side, cnn[1], y, "")
    d.box(picture, y - side / 2, side, side, radius=2)
    d.cell(picture + 14, y + 2, 34, 34, d.theme.muted)
    d.circle(picture + 64, y - 20, 17)
    for x, name in ((picture + side / 2, "picture"), (sum(cnn) / 2, "CNN"), (layer, "last layer")):
        d.text(x, y + 64, name, size=12)
