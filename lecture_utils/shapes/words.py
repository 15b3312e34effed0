"""Says in plain sentences where a slice comes from, and warns of the mistakes that raise no error."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .origins import Traced
    from .provenance import Cell
    from .reader import Reader
    from .source import Source

_WAYS = ("forward", "backward")
_NOUNS = {"output": "hidden states", "h_n": "final hidden states", "c_n": "final cell states"}


def describe(
    source: Source, reader: Reader, result: Traced, cells: Collection[Cell], reach: Collection[tuple[int, int]]
) -> list[str]:
    """Sentences: what the slice holds, how its last axis is divided, what it can depend on."""
    if not cells:
        return [f"{reader.called} is empty: its shape is {result.shape.named}."]
    return [
        _holds(source, reader, cells),
        *_unequal_items(source, cells),
        *_divided(source, result),
        _depends(source, cells, reach),
        "Layers, steps and batch items are counted from 0.",
    ]


def spans(numbers: Iterable[int]) -> str:
    """Write numbers as ranges: "0–2, 5"."""
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    short = [str(first) if first == last else f"{first}–{last}" for first, last in runs]
    return ", ".join(short if len(short) <= 8 else [*short[:7], f"… ({len(short) - 7} more)"])


def _among(name: str, chosen: Collection[int], count: int) -> str:
    """Write "step 4", "steps 0–2" or, where it is all of several, "every step (0–4)"."""
    if len(chosen) == count > 1:
        return f"every {name} ({spans(chosen)})"
    return f"{name}{'s' * (len(chosen) > 1)} {spans(chosen)}"


def _holds(source: Source, reader: Reader, cells: Collection[Cell]) -> str:
    layers: dict[int, dict[int, set[int]]] = defaultdict(lambda: defaultdict(set))
    for layer, direction, step, _ in cells:
        layers[layer][direction].add(step)
    alike: dict[str, list[int]] = defaultdict(list)
    for layer in sorted(layers):
        alike[_when(source, layers[layer])].append(layer)
    groups = "; ".join(_which(source, found) + when for when, found in alike.items())
    colon = ":" * (source.spec.num_layers > 1 or source.spec.bidirectional)
    nouns = " and ".join(_NOUNS[name] for name in source.shapes if name in reader.used)
    items = {cell.item for cell in cells}
    batch = f", of {_among('batch item', items, source.items)}" if source.batched else ""
    return f"{reader.called} holds {nouns}{colon} {groups}{batch}."


def _when(source: Source, directions: dict[int, set[int]]) -> str:
    parts = []
    for direction in sorted(directions):
        way = f"{_WAYS[direction]} " if source.spec.bidirectional else ""
        parts.append(f"{way}at {_among('step', directions[direction], source.steps)}")
    return " and ".join(parts)


def _which(source: Source, layers: list[int]) -> str:
    count = source.spec.num_layers
    if count == 1:
        return ""
    if len(layers) == count:
        return f"every layer ({spans(layers)}) "
    return f"layer{'s' * (len(layers) > 1)} {spans(layers)}{' (the top one)' * (layers == [count - 1])} "


def _unequal_items(source: Source, cells: Collection[Cell]) -> list[str]:
    """Tell the steps item by item where they are not the same for all."""
    steps: dict[int, set[int]] = defaultdict(set)
    for cell in cells:
        steps[cell.item].add(cell.step)
    if len({frozenset(found) for found in steps.values()}) == 1:
        return []
    return [f"Not the same steps of each: {_by_item(steps)}."]


def _by_item(steps: dict[int, set[int]]) -> str:
    listed = [f"item {item} at step{'s' * (len(found) > 1)} {spans(found)}" for item, found in sorted(steps.items())]
    return ", ".join(listed if len(listed) <= 5 else [*listed[:4], f"… ({len(listed) - 4} more)"])


def _divided(source: Source, result: Traced) -> list[str]:
    blocks = source.blocks(result)
    if not 2 <= len(blocks) <= 8:
        return []
    one_layer = len({layer for _, _, layer, _ in blocks}) == 1
    parts = []
    for first, last, layer, direction in blocks:
        place = [] if one_layer else [f"layer {layer}"]
        way = [_WAYS[direction]] if source.spec.bidirectional else []
        parts.append(f"{spans(range(first, last + 1))} {' '.join(place + way)}")
    return [f"Along its last axis: {', '.join(parts)}."]


def _depends(source: Source, cells: Collection[Cell], reach: Collection[tuple[int, int]]) -> str:
    steps: dict[int, set[int]] = defaultdict(set)
    for step, item in reach:
        steps[item].add(step)
    if len({frozenset(found) for found in steps.values()}) > 1:
        inputs = f"the inputs of {_by_item(steps)}"
    else:
        inputs = f"the inputs at {_among('step', next(iter(steps.values())), source.steps)}"
        inputs += " of the same batch items" * (source.items > 1)
    return f"{_rule(source, cells)}, so it can depend on {inputs}."


def _rule(source: Source, cells: Collection[Cell]) -> str:
    """Say which inputs the states have read, in the words that fit their layers and directions."""
    if source.spec.bidirectional and any(cell.layer > 0 for cell in cells):
        return "Above the first two-way layer a state has read both directions, which together saw every step"
    ways = {cell.direction for cell in cells}
    if ways == {0, 1}:
        return "A forward state has read its own step and those before, a backward one its own and those after"
    way = f"{_WAYS[min(ways)]} " * source.spec.bidirectional
    return f"A {way}state has read its own step and those {'after' if 1 in ways else 'before'}"


def find_mistakes(source: Source, reader: Reader, mixing: str, cells: Collection[Cell]) -> tuple[str, ...]:
    """Warnings, one sentence or two each, about what runs without an error and is seldom meant."""
    found = [
        _mixed(mixing, reader),
        _last_item(source, reader, cells),
        _last_feature(source, reader, cells),
        _half_read(source, reader, cells),
        _backward_alone(source, reader, cells),
    ]
    return tuple(sentence for sentence in found if sentence)


def _mixed(mixing: str, reader: Reader) -> str:
    if not mixing:
        return ""
    if mixing == "number":
        return "Watch out: single numbers combine several batch items, which have nothing to do with one another."
    states = sorted(reader.used - {"output"})
    if states and "output" not in reader.used:
        name = states[0]
        way_out = (
            f"In {name} layers and directions come first: {name}.transpose(0, 1).reshape(N, -1) keeps items apart."
        )
    else:
        way_out = "Keep the batch axis whole and in front when you cut the numbers anew."
    return f"Watch out: rows mix numbers of several batch items. {way_out}"


def _last_item(source: Source, reader: Reader, cells: Collection[Cell]) -> str:
    if "batch" not in reader.last_of or source.items == 1 or {cell.item for cell in cells} != {source.items - 1}:
        return ""
    if "output" not in reader.used:
        name = min(reader.used)
        shape = source.shapes[name].named
        told = f"Watch out: the index -1 takes the last batch item, because {name} is {shape}, batch_first or not."
        return "" if "layer·direction" in reader.last_of else told
    if source.steps == 1 or len({cell.step for cell in cells}) < source.steps:
        return ""
    last = "output[:, -1]" if source.spec.batch_first else "output[-1]"
    shape = source.shapes["output"].named
    return f"Watch out: this is the last batch item, not the last step. output is {shape}; its last step is {last}."


def _last_feature(source: Source, reader: Reader, cells: Collection[Cell]) -> str:
    everything = len({cell.step for cell in cells}) == source.steps > 1
    if source.batched or reader.used != {"output"} or "feature" not in reader.last_of or not everything:
        return ""
    shape = source.shapes["output"].named
    return (
        f"Watch out: this is the last feature of every step. Unbatched, output is {shape}; its last step is output[-1]."
    )


def _half_read(source: Source, reader: Reader, cells: Collection[Cell]) -> str:
    """The end of output where one direction has only begun to read."""
    if reader.used != {"output"} or source.steps == 1:
        return ""
    steps = [{cell.step for cell in cells if cell.direction == way} for way in (0, 1)]
    last = source.steps - 1
    for way, begin in ((1, last), (0, 0)):
        if steps[way] == {begin} and (way == 1 or steps[1]):
            what = "input" if source.spec.num_layers == 1 else "step of the layer below"
            return (
                f"Watch out: at step {begin} the {_WAYS[way]} direction has only begun and read a single {what}; "
                "the final states of both directions are h_n[-2] and h_n[-1]."
            )
    return ""


def _backward_alone(source: Source, reader: Reader, cells: Collection[Cell]) -> str:
    states = sorted(reader.used - {"output"})
    alone = {cell.direction for cell in cells} == {1} and "output" not in reader.used
    if not alone or "layer·direction" not in reader.last_of:
        return ""
    name = states[0]
    return (
        f"Watch out: {name}[-1] is the backward direction alone, {name}[-2] the forward one; "
        f"torch.cat([{name}[-2], {name}[-1]], dim=-1) joins them."
    )
