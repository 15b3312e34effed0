"""Shapes, parameter counts and provenance of recurrent layers, by arithmetic alone: importing it loads no torch.

>>> from lecture_utils.shapes import RecurrentShape
>>> RecurrentShape("lstm", input_size=20, hidden_size=10).weights()["weight_ih_l0"].named
'(gate × hidden 40, input 20)'
"""

from .packed import PackedLayout
from .provenance import Cell, Provenance
from .shape import Shape
from .spec import GATES, RecurrentShape, Term

__all__ = ["GATES", "Cell", "PackedLayout", "Provenance", "RecurrentShape", "Shape", "Term"]
