"""The line that a training shows while it runs."""

import io
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

Report = Callable[[float, "float | None"], None]  # the loss, and the seconds left where there is a limit

_WITH_LIMIT = "{l_bar}{bar}| {n_fmt}/{total_fmt} [{elapsed}, {rate_fmt}{postfix}]"  # no guess at all the steps


@contextmanager
def progress_line(steps: int, *, limited: bool) -> Iterator[Report]:
    """A line with the live loss, in a terminal or a notebook, gone when the training ends; silent elsewhere."""
    line = _NotebookLine() if _in_notebook() else None
    silent = True if os.environ.get("TQDM_DISABLE") else None  # None: silent unless a person is looking
    look: dict[str, Any] = {"leave": False, "delay": 0.5, "mininterval": 0.2, "unit": "step"}
    if limited:
        look["bar_format"] = _WITH_LIMIT
    with tqdm(total=steps, file=line, disable=silent, **look) as bar:

        def report(loss: float, seconds_left: float | None) -> None:
            left = "" if seconds_left is None else f", {max(0.0, seconds_left):.0f} s left"
            bar.set_postfix_str(f"loss {loss:.3f}{left}", refresh=False)
            bar.update()

        yield report


class _NotebookLine(io.StringIO):
    """A one-line terminal in a notebook's output, which leaves nothing to read behind."""

    handle: Any = None

    def isatty(self) -> bool:
        return True

    def write(self, text: str) -> int:
        line = {"text/plain": text.strip()}
        if self.handle is not None:
            self.handle.update(line, raw=True)
        elif text.strip():
            from IPython.display import display

            self.handle = display(line, raw=True, display_id=True)
        return len(text)


def _in_notebook() -> bool:
    ipython = sys.modules.get("IPython")
    return ipython is not None and hasattr(ipython.get_ipython(), "kernel")
