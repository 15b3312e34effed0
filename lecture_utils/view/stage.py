"""The stage of an explorer: a widget that shows HTML from Python and switches prepared frames by itself."""

from __future__ import annotations

from pathlib import Path

import anywidget
import traitlets

_HERE = Path(__file__).parent


class Stage(anywidget.AnyWidget):
    """What an explorer draws on.

    `parts` maps names to HTML, shown in order; only parts that changed touch the page. `frames` are dicts with
    `html`, `caption` and `group`; they are switched in the front end, so scrubbing never waits for the kernel.
    Every focusable element of the explorer around the stage is told to keep its keys from the notebook's shortcuts.
    Everything that arrives here is HTML already: whoever fills it escapes what a person typed.
    """

    _esm = _HERE / "stage.js"
    _css = _HERE / "stage.css"

    parts = traitlets.Dict(key_trait=traitlets.Unicode(), value_trait=traitlets.Unicode()).tag(sync=True)
    frames = traitlets.List(trait=traitlets.Dict()).tag(sync=True)
    frame = traitlets.Int(0).tag(sync=True)
    frames_label = traitlets.Unicode("Frame").tag(sync=True)
