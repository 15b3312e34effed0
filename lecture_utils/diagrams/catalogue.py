"""Every figure in `img/`: the stem of its file, and the function without arguments that draws it."""

from __future__ import annotations

from collections.abc import Callable

from lecture_utils.diagrams import lecture
from lecture_utils.diagrams.network import network
from lecture_utils.diagrams.picture import Picture
from lecture_utils.shapes import RecurrentShape


def shape_explorer() -> Picture:
    """What the shape explorer draws for an LSTM with two layers, read in both directions."""
    return network(RecurrentShape("lstm", 20, 10, num_layers=2, bidirectional=True), 5, 3, output_size=4)


FIGURES: dict[str, Callable[[], Picture]] = {
    "unrolled": lecture.unrolled,
    "recursive": lecture.recursive,
    "graphical_model": lecture.graphical_model,
    "sharing": lecture.sharing,
    "feed_forward": lecture.feed_forward,
    "weight_shapes": lecture.weight_shapes,
    "shape_explorer": shape_explorer,
}
