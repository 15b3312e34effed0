"""Every figure of the lecture as a pure function: spec or trace in, a `Picture` (SVG, alt text, table) out."""

from lecture_utils.diagrams.picture import Picture, Table

__all__ = ["Picture", "Table"]
