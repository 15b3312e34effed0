"""The banner of the collection: its name, written letter by letter by an unrolled network."""

from __future__ import annotations

from lecture_utils.diagrams.blocks import NOTE, PADDING, Part, joined, sideways, tensor, upward
from lecture_utils.diagrams.picture import Picture, Table
from lecture_utils.diagrams.svg import Drawing
from lecture_utils.notation import Label

NAME, SUBTITLE = "Unrolled", ("an interactive lecture on", "recurrent neural networks")
START = "<s>"  # what a generator reads before it has written anything
PITCH, RISE, SIDE = 72.0, 74.0, 18.0  # from step to step, from row to row, and half a box
BOX = SIDE, SIDE


def banner(theme: str = "card") -> Picture:
    """The name beside an unrolled network that writes it: each letter is read to predict the next one."""
    letters = NAME.lower()
    d = Drawing(f"{NAME}, {' '.join(SUBTITLE)}", theme, PADDING + 6)
    d.text(-336, -22, NAME, size=46, anchor="start", bold=True)
    for line, words in enumerate(SUBTITLE):
        d.text(-334, 24 + 22 * line, words, size=16, anchor="start", muted=True)
    tensor(d, 0, 0, Label("h", "0"), "h", BOX)
    for step, (read, written) in enumerate(zip((START, *letters), letters), start=1):
        _column(d, step, read, written)
    alt = (
        f"{NAME}, {' '.join(SUBTITLE)}. Beside the name an unrolled network of {len(letters)} steps: it reads "
        f"{joined([START, *letters[:-1]])} at the bottom, hands its hidden state from step to step, "
        f"and writes {joined(letters)} at the top: “{letters}”."
    )
    rows = tuple((str(t), a, b) for t, (a, b) in enumerate(zip((START, *letters), letters), start=1))
    return Picture(d.svg(alt), alt, Table("What the network reads and writes", ("step", "reads", "writes"), rows))


def _column(d: Drawing, step: int, read: str, written: str) -> None:
    """One step: the letter read, the state, the letter written; the arrows named in the first column only."""
    x = step * PITCH
    tensor(d, x, RISE, "", "x", BOX)
    tensor(d, x, 0, Label("h", str(step)), "h", BOX)
    tensor(d, x, -RISE, "", "y", BOX)
    d.text(x, RISE, read, size=NOTE if read == START else 18)
    d.text(x, -RISE, written, size=18)
    upward(d, x, RISE - SIDE, SIDE, "W")
    upward(d, x, -SIDE, -RISE + SIDE, "V")
    if step == 1:
        names: tuple[tuple[Part, float, float], ...] = ((Label("W"), x + 8, RISE / 2), (Label("V"), x + 8, -RISE / 2))
        for label, left, y in names:
            d.text(left, y, label, anchor="start")
    sideways(d, x - PITCH + SIDE, x - SIDE, 0, "U", Label("U") if step == 1 else "")
