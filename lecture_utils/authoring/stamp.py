"""The stamp in a notebook's metadata: digests of what its pair said when both sides last agreed.

Standard library only, so that `make lab` can see in a moment that nothing was edited.
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from lecture_utils.authoring.project import Pair

STAMP = "unrolled"  # our key in the notebook's metadata


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def stamp_of(notebook: Any) -> dict[str, str]:
    """What an earlier run wrote into the notebook's metadata; empty when there was none."""
    stamp = notebook["metadata"].get(STAMP, {})
    return dict(stamp) if isinstance(stamp, dict) else {}


def pair_stamp(notebook: Any, script: str) -> dict[str, str]:
    """The stamp of a notebook and the text of its script, which agree."""
    return {"pair_sha256": digest(script), "input_sha256": _input_digest(notebook)}


def _input_digest(notebook: Any) -> str:
    """What the cells say, without their outputs."""
    cells = [(cell["cell_type"], "".join(cell["source"]), cell["metadata"]) for cell in notebook["cells"]]
    return digest(json.dumps(cells, sort_keys=True))


def is_untouched(pair: Pair) -> bool:
    """Whether both files still say exactly what the stamp holds. False may also mean a harmless difference."""
    try:
        notebook = json.loads(pair.notebook.read_text(encoding="utf-8"))
        script = pair.script.read_text(encoding="utf-8")
        return stamp_of(notebook).items() >= pair_stamp(notebook, script).items()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # missing or broken: look closely
        return False
