"""The forward stepper: one step of an RNN after another, every number in sight."""

from __future__ import annotations

from html import escape

import numpy as np

from lecture_utils.diagrams.step import PHASES, ForwardTrace, step_frame, trace_forward
from lecture_utils.view.explorer import Explorer
from lecture_utils.view.pictures import folded_table, image_html
from lecture_utils.view.stage import Stage

WORDS = ("Cherry", "blossoms", "are", "beautiful", ".")
SIZES = {"input": 4, "hidden": 3}


def forward_stepper() -> ForwardStepper:
    """Walk through the forward pass of a small RNN over five words, phase by phase.

    Every number is computed: x_t, W x_t, U h_{t-1}, their sum with b_1, tanh, logits and softmax. The weights
    are drawn at random with one decimal, so that each result can be worked out on paper.
    """
    return ForwardStepper(example_trace())


def example_trace(seed: int = 0) -> ForwardTrace:
    """The lecture's five words with random embeddings (5, 4), W (3, 4), U (3, 3), V (5, 3) and biases."""
    draw = np.random.default_rng(seed)

    def tenths(*shape: int) -> np.ndarray:
        return np.round(draw.uniform(-1, 1, shape), 1) + 0.0  # + 0.0 turns −0.0 into 0.0

    d_in, d_h, classes = SIZES["input"], SIZES["hidden"], len(WORDS)
    weights = {
        "W": tenths(d_h, d_in),
        "U": tenths(d_h, d_h),
        "V": tenths(classes, d_h),
        "b_1": tenths(d_h),
        "b_2": tenths(classes),
    }
    return trace_forward(weights, inputs=tenths(len(WORDS), d_in), words=WORDS, classes=WORDS)


class ForwardStepper(Explorer):
    """All phases of all steps as frames, switched in the front end."""

    def __init__(self, trace: ForwardTrace) -> None:
        super().__init__("The forward pass, step by step")
        self.trace = trace
        frames = []
        for step in range(len(trace.words)):
            for phase in PHASES:
                picture = step_frame(trace, step, phase, theme="page")
                table = folded_table(picture.table, "These numbers as a table")
                html = f'<div class="unrolled-scroll">{picture.svg}</div>{table}'
                frames.append({"html": html, "caption": picture.alt, "group": str(step)})
        self.place(Stage(frames=frames, frames_label="Phase of the forward pass"))

    def static_html(self) -> str:
        """The last phase of the first step."""
        picture = step_frame(self.trace, 0, PHASES[-1], theme="card")
        return f"<h3>{escape(self.title)}</h3>{image_html(picture.svg, picture.alt)}{folded_table(picture.table)}"
