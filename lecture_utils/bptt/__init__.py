"""Backpropagation through time by hand: its equations (``gradients``), and layers that train with them (``layers``)."""

from lecture_utils.bptt.gradients import bptt_gradients
from lecture_utils.bptt.layers import GRU, RNN

__all__ = ["GRU", "RNN", "bptt_gradients"]
