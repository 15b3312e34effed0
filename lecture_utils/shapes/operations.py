"""Torch's operations on tensors of origins: moving axes about, cutting the numbers anew, combining them."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .axes import Axis, label, piece, regroup
from .origins import (
    Ids,
    Traced,
    chunk,
    integer,
    narrow,
    replaced,
    select,
    split,
    unbind,
    unsqueeze,
    within_limits,
)
from .shape import shown


def transpose(tensor: Traced, dim0: object, dim1: object) -> Traced:
    """Swap two axes."""
    if not tensor.axes:
        return _as_one_axis(transpose, tensor, dim0, dim1)
    order = list(range(len(tensor.axes)))
    first, second = tensor.axis(dim0), tensor.axis(dim1)
    order[first], order[second] = second, first
    return permute(tensor, order)


def permute(tensor: Traced, *dims: Any) -> Traced:
    """Put the axes in the given order."""
    order = [tensor.axis(dim) for dim in _spread(dims)]
    if sorted(order) != list(range(len(tensor.axes))):
        raise ValueError(f"permute must name each of the {len(tensor.axes)} axes of {tensor.shape.named} once.")
    return Traced(tensor.ids.transpose(*order, len(order)), tuple(tensor.axes[at] for at in order))


def movedim(tensor: Traced, source: object, destination: object) -> Traced:
    """Move one axis to another place."""
    if not tensor.axes:
        return _as_one_axis(movedim, tensor, source, destination)
    old, new = tensor.axis(source), tensor.axis(destination)
    order = [at for at in range(len(tensor.axes)) if at != old]
    return permute(tensor, [*order[:new], old, *order[new:]])


def _as_one_axis(operation: Callable[..., Traced], number: Traced, *dims: object) -> Traced:
    """Treat a single number as an axis of size 1, as torch does: dims 0 and -1 pass, others do not."""
    return select(operation(unsqueeze(number, 0), *dims), 0, 0)


def reverse_axes(tensor: Traced) -> Traced:
    """Turn the order of all axes around: `.T`."""
    return permute(tensor, list(range(len(tensor.axes)))[::-1])


def matrix_transpose(tensor: Traced) -> Traced:
    """Swap the last two axes: `.mT`."""
    if len(tensor.axes) < 2:
        raise ValueError(f".mT needs at least two axes, but the tensor is {tensor.shape.named}.")
    return transpose(tensor, -2, -1)


def squeeze(tensor: Traced, *dim: Any) -> Traced:
    """Drop axes of size 1: the named ones, or all if none is named."""
    named = tensor.all_axes(list(_spread(dim))) if dim else range(len(tensor.axes))
    gone = {at for at in named if tensor.sizes[at] == 1}
    axes = [axis for at, axis in enumerate(tensor.axes) if at not in gone]
    return Traced(tensor.ids.squeeze(tuple(gone)), tuple(axes))


def flip(tensor: Traced, *dims: Any) -> Traced:
    """Turn the order along the named axes around."""
    flipped = tensor.all_axes(list(_spread(dims)))
    ids = np.flip(tensor.ids, tuple(flipped)).copy(order="K")
    pieces = [piece(a, tensor.sizes[at]) if at in flipped else a for at, a in enumerate(tensor.axes)]
    return Traced(ids, tuple(pieces))


def reshape(tensor: Traced, *shape: Any) -> Traced:
    """Cut the numbers anew, in the order in which they are read."""
    sizes = _resolved(tensor, _spread(shape))
    within_limits(0, len(sizes))
    ids = tensor.ids.reshape(*sizes, tensor.ids.shape[-1])
    return Traced(ids, regroup(tensor.axes, sizes))


def view(tensor: Traced, *shape: Any) -> Traced:
    """Cut the numbers anew without moving them, which their order in memory may not allow."""
    result = reshape(tensor, *shape)
    if result.ids.size and not np.may_share_memory(result.ids, tensor.ids):
        raise ValueError(
            f"view cannot cut {tensor.shape.named} into {result.sizes}, because neighbours there do not lie side by "
            "side in memory (torch raises RuntimeError). Use .reshape(…), which copies where it must."
        )
    return result


def flatten(tensor: Traced, start_dim: object = 0, end_dim: object = -1) -> Traced:
    """Merge neighbouring axes into one."""
    if not tensor.axes:
        tensor = reshape(tensor, 1)  # so that dims 0 and -1 pass, as in torch
    first, last = tensor.axis(start_dim), tensor.axis(end_dim)
    if first > last:
        raise ValueError(f"flatten needs start_dim before end_dim, but they are axes {first} and {last}.")
    sizes = tensor.sizes
    return reshape(tensor, *sizes[:first], math.prod(sizes[first : last + 1]), *sizes[last + 1 :])


def unflatten(tensor: Traced, dim: object, sizes: Any) -> Traced:
    """Split one axis into several."""
    axis, old = tensor.axis(dim), tensor.sizes
    if not isinstance(sizes, (tuple, list)):
        raise ValueError(f"unflatten needs a tuple of sizes such as (D, -1), but it is {shown(sizes)}.")
    probe = Traced(np.empty((old[axis], 1), dtype=np.int64), (tensor.axes[axis],))
    return reshape(tensor, *old[:axis], *_resolved(probe, tuple(sizes)), *old[axis + 1 :])


def contiguous(tensor: Traced) -> Traced:
    """Lay the numbers out in memory in the order in which they are read."""
    return Traced(np.ascontiguousarray(tensor.ids), tensor.axes)


def _spread(arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Accept both f(2, 3) and f((2, 3))."""
    one = len(arguments) == 1 and isinstance(arguments[0], (tuple, list))
    return tuple(arguments[0]) if one else arguments


def _resolved(tensor: Traced, wanted: tuple[Any, ...]) -> list[int]:
    """Work out -1 and check that the new shape holds exactly the numbers there are."""
    sizes, total = [integer("A size", size) for size in wanted], math.prod(tensor.sizes)
    if any(size < -1 for size in sizes) or sizes.count(-1) > 1:
        raise ValueError("A shape may hold one -1, for the size to be worked out, and no other negative number.")
    rest = math.prod(size for size in sizes if size != -1)
    if -1 in sizes and rest and total % rest == 0:
        sizes[sizes.index(-1)] = total // rest
    if -1 in sizes or math.prod(sizes) != total:
        shape = shown(tuple(wanted))
        raise ValueError(f"The shape {shape} does not hold the {total} numbers of {tensor.shape.named}.")
    return sizes


def reduce(tensor: Traced, dim: Any = None, keepdim: object = False) -> Traced:
    """Make one number out of all those along the named axes: a mean, a sum, a maximum."""
    gone = list(range(len(tensor.axes))) if dim in (None, ()) else tensor.all_axes(dim)
    if not isinstance(keepdim, bool):
        raise ValueError(f"keepdim must be True or False, but it is {shown(keepdim)}.")
    if any(tensor.sizes[at] == 0 for at in gone):
        raise ValueError(f"There is nothing to combine along an axis of size 0 in {tensor.shape.named}.")
    rest = [at for at in range(len(tensor.axes)) if at not in gone]
    last = len(tensor.axes)  # the origins, which grow by those of every number combined
    origins = math.prod(tensor.sizes[at] for at in gone) * tensor.ids.shape[last]  # -1 fails where rest has a size 0
    merged = tensor.ids.transpose(*rest, *gone, last).reshape(*(tensor.sizes[at] for at in rest), origins)
    result = Traced(np.ascontiguousarray(merged), tuple(tensor.axes[at] for at in rest))
    if not keepdim:
        return result
    axes = [piece(axis, 1) if at in gone else axis for at, axis in enumerate(tensor.axes)]
    return Traced(np.expand_dims(result.ids, tuple(gone)), tuple(axes))


def extreme(tensor: Traced, dim: Any = None, keepdim: object = False) -> Traced | tuple[Traced, str]:
    """The largest or smallest along one axis with its positions, or of all numbers."""
    result = reduce(tensor, dim if dim is None else integer("dim", dim), keepdim)
    return result if dim is None else (result, "the positions of the extreme values")


def copied(tensor: Traced) -> Traced:
    """The tensor after arithmetic with a plain number: new memory, in the order of the old."""
    return Traced(tensor.ids.copy(order="K"), tensor.axes)


def elementwise(first: Traced, second: Traced) -> Traced:
    """Combine two tensors number by number."""
    try:
        sizes = np.broadcast_shapes(first.sizes, second.sizes)
    except ValueError:
        raise ValueError(
            f"Tensors of shapes {first.shape.named} and {second.shape.named} do not fit together."
        ) from None
    within_limits(math.prod(sizes) * (first.ids.shape[-1] + second.ids.shape[-1]), len(sizes))
    both = [np.broadcast_to(_padded(one, len(sizes)), (*sizes, one.ids.shape[-1])) for one in (first, second)]
    return Traced(np.concatenate(both, axis=-1), _broadcast_axes(first, second))


def _padded(tensor: Traced, count: int) -> Ids:
    return tensor.ids.reshape((1,) * (count - len(tensor.axes)) + tensor.ids.shape)


def _broadcast_axes(first: Traced, second: Traced) -> tuple[Axis, ...]:
    """Name axes that meet, counted from the last: the longer one's name, both if they differ."""
    count = max(len(first.axes), len(second.axes))
    pairs = []
    for at in range(-count, 0):
        met = [one for one in (first, second) if at >= -len(one.axes)]
        wide = [one for one in met if one.sizes[at] != 1] or met
        names = dict.fromkeys(label(one.axes[at]) for one in wide)
        pairs.append(wide[0].axes[at] if len(names) == 1 else ((" & ".join(names), wide[0].sizes[at]),))
    return tuple(pairs)


def cat(tensors: Any, dim: object = 0) -> Traced:
    """Join tensors along an axis they have."""
    several = _tensors("torch.cat", tensors)
    axis = several[0].axis(dim)
    fixed = {tensor.sizes[:axis] + tensor.sizes[axis + 1 :] for tensor in several}
    if len(fixed) > 1 or len({len(tensor.axes) for tensor in several}) > 1:
        shapes = " and ".join(dict.fromkeys(tensor.shape.named for tensor in several))
        raise ValueError(f"torch.cat joins tensors that differ only along axis {axis}, but these are {shapes}.")
    width = max(tensor.ids.shape[-1] for tensor in several)
    within_limits(sum(math.prod(tensor.sizes) for tensor in several) * width, 0)
    ids = np.concatenate([_widened(tensor.ids, width) for tensor in several], axis=axis)
    return Traced(np.ascontiguousarray(ids), replaced(several[0].axes, axis, _joined(several, axis)))


def _joined(tensors: Sequence[Traced], axis: int) -> Axis:
    names = dict.fromkeys(label(tensor.axes[axis]) for tensor in tensors)
    return ((" & ".join(names), sum(tensor.sizes[axis] for tensor in tensors)),)


def _widened(ids: Ids, width: int) -> Ids:
    """Repeat the last origin of each number until there are `width`."""
    return ids[..., np.minimum(np.arange(width), ids.shape[-1] - 1)]


def stack(tensors: Any, dim: object = 0) -> Traced:
    """Join tensors of one shape along a new axis."""
    several = _tensors("torch.stack", tensors)
    if len({tensor.sizes for tensor in several}) > 1:
        shapes = " and ".join(dict.fromkeys(tensor.shape.named for tensor in several))
        raise ValueError(f"torch.stack joins tensors of one shape, but these are {shapes}.")
    raised = [unsqueeze(tensor, dim) for tensor in several]
    at = integer("dim", dim) % len(raised[0].axes)
    result = cat(raised, at)
    return Traced(result.ids, replaced(result.axes, at, (("stacked", len(several)),)))


def _tensors(name: str, value: Any) -> Sequence[Traced]:
    if not isinstance(value, (list, tuple)) or not value or not all(isinstance(one, Traced) for one in value):
        raise ValueError(f"{name} needs a list of tensors, such as {name}([h_n[-2], h_n[-1]], dim=1).")
    return value


def same(tensor: Traced) -> Traced:
    """Leave a tensor as it is: `.detach()` and the like."""
    return tensor


def size(tensor: Traced, dim: object = None) -> int | tuple[int, ...]:
    """The sizes, or one of them."""
    return tensor.sizes if dim is None else tensor.sizes[tensor.axis(dim)]


METHODS: dict[str, Callable[..., Any]] = {
    "view": view, "reshape": reshape, "flatten": flatten, "unflatten": unflatten,
    "transpose": transpose, "permute": permute, "movedim": movedim, "squeeze": squeeze, "unsqueeze": unsqueeze,
    "flip": flip, "mean": reduce, "sum": reduce, "amax": reduce, "amin": reduce, "max": extreme, "min": extreme,
    "select": select, "narrow": narrow, "chunk": chunk, "split": split, "unbind": unbind,
    "contiguous": contiguous, "detach": same, "clone": same, "size": size,
}  # fmt: skip
_METHODS_ALONE = {"view", "contiguous", "size"}
FUNCTIONS = {name: made for name, made in METHODS.items() if name not in _METHODS_ALONE} | {
    "cat": cat, "concat": cat, "stack": stack,
}  # fmt: skip
ATTRIBUTES: dict[str, Callable[[Traced], Any]] = {"T": reverse_axes, "mT": matrix_transpose, "shape": size}
