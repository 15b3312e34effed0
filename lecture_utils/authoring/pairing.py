"""One lecture in two files: when do notebook and script agree, and which one to believe when they do not.

Modification times cannot answer that: after `git clone` they are arbitrary. So the notebook carries a stamp, with a
digest of what both sides said when they last agreed. The side that still says so was not edited; the other one was.
Only when both have moved on does git's version decide, and where that does not help either, a person.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import jupytext
import nbformat

from lecture_utils.authoring.project import AuthoringError, Pair
from lecture_utils.authoring.stamp import digest, stamp_of

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
FORMAT = "py:percent"

# The version of jupytext changes with the machine and means nothing here.
_VERSION_LINE = re.compile(r"^#       jupytext_version: .*\n", re.MULTILINE)
_LAYOUT = ("lines_to_next_cell", "lines_to_end_of_cell_marker")  # blank lines are jupytext's business


class Verdict(Enum):
    """What the two files of a pair say about each other."""

    AGREE = "agree"
    SCRIPT = "py"  # the script was edited, or is the only side there is
    NOTEBOOK = "ipynb"  # the notebook was edited, or is the only side there is
    CONFLICT = "conflict"  # both were, and they disagree


def parse_script(text: str) -> Any:
    """A percent script as a notebook without outputs."""
    notebook = jupytext.reads(text, FORMAT)
    for cell in notebook.cells:
        for key in _LAYOUT:
            cell.metadata.pop(key, None)
        cell.source = cell.source.rstrip()
    return notebook


def script_text(notebook: Any) -> str:
    """A notebook as the one percent script that says the same, whoever saved it."""
    once = _as_script(notebook)
    return _as_script(parse_script(once))  # a code line "# %%" splits its cell: settle that now


def _as_script(notebook: Any) -> str:
    plain = nbformat.v4.new_notebook(metadata={"kernelspec": dict(KERNEL)})
    for cell in notebook.cells:
        kept = {key: value for key, value in sorted(cell.metadata.items()) if key not in _LAYOUT}
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")
        plain.cells.append(new(cell.source.rstrip(), metadata=kept))
    return _VERSION_LINE.sub("", jupytext.writes(plain, FORMAT))


def parse_notebook(text: str, shown: str) -> Any:
    """The notebook in a .ipynb's text; a sentence that names the file when it is no notebook."""
    try:
        notebook = nbformat.reads(text, as_version=4)
        nbformat.validate(notebook, relax_add_props=True)
    except Exception as error:  # broken JSON and broken notebooks raise a dozen kinds of error
        reason = str(error).partition("\n")[0]
        raise AuthoringError(
            f"{shown} is not a notebook ({reason}). If a merge left marks in it, delete it: "
            "the next run writes it again from its script."
        ) from error
    return notebook


def notebook_text(notebook: Any) -> str:
    """The text of a .ipynb file."""
    return nbformat.writes(notebook).rstrip("\n") + "\n"


def read_notebook(pair: Pair) -> Any | None:
    """The notebook of a pair, or None where there is no such file."""
    if not pair.notebook.is_file():
        return None
    return parse_notebook(pair.notebook.read_text(encoding="utf-8"), pair.shown(pair.notebook))


def read_script(pair: Pair) -> Any | None:
    """The script of a pair as a notebook, or None where there is no such file."""
    if not pair.script.is_file():
        return None
    text = pair.script.read_text(encoding="utf-8")
    if not text.strip():  # no author's wish: an editor or a full disk did it
        shown = pair.shown(pair.script)
        raise AuthoringError(f"{shown} is empty; delete it to have it written again from its notebook.")
    try:
        return parse_script(text)
    except Exception as error:  # jupytext hands on whatever its YAML and JSON parsers raise
        reason = str(error).partition("\n")[0]
        raise AuthoringError(f"{pair.shown(pair.script)} is not a percent script ({reason}).") from error


def committed(root: Path, path: Path) -> Iterator[str]:
    """The texts git has of a file: what is staged, then what the last commit holds; nothing without git."""
    for version in ("", "HEAD"):
        where = f"{version}:./{path.relative_to(root).as_posix()}"
        try:
            shown = subprocess.run(["git", "show", where], cwd=root, capture_output=True, check=False)
        except OSError:  # no git here
            return
        if shown.returncode == 0:
            yield shown.stdout.decode("utf-8", errors="replace").replace("\r\n", "\n")


def committed_scripts(pair: Pair, path: Path) -> Iterator[str]:
    """What git's versions of either file of a pair say, each as a script; one that cannot be read is left out."""
    for text in committed(pair.root, path):
        try:
            parsed = parse_script(text) if path == pair.script else parse_notebook(text, pair.shown(path))
        except Exception:  # jupytext hands on whatever its YAML and JSON parsers raise
            continue
        yield script_text(parsed)


def compare(pair: Pair) -> Verdict:
    """Which side of a pair to believe."""
    notebook, script = read_notebook(pair), read_script(pair)
    if script is None:
        return Verdict.NOTEBOOK
    if notebook is None:
        return Verdict.SCRIPT
    left, right = script_text(script), script_text(notebook)
    if left == right:
        return Verdict.AGREE
    return _edited_side(pair, digest(left), digest(right), stamp_of(notebook).get("pair_sha256"))


def _edited_side(pair: Pair, script: str, notebook: str, stamp: str | None) -> Verdict:
    for base in _bases(pair, stamp):
        if script == base:
            return Verdict.NOTEBOOK
        if notebook == base:
            return Verdict.SCRIPT
    return Verdict.CONFLICT


def _bases(pair: Pair, stamp: str | None) -> Iterator[str]:
    """Digests of earlier states on which both sides agreed, the latest first."""
    if stamp:
        yield stamp
    for script in committed_scripts(pair, pair.script):
        yield digest(script)


def conflict_sentence(pair: Pair) -> str:
    """What to do when both sides were edited."""
    newer = max((pair.script, pair.notebook), key=lambda path: path.stat().st_mtime)
    return (
        f"{pair.shown(pair.script)} and {pair.shown(pair.notebook)} were both edited and disagree "
        f"({newer.name} was saved last). Say which one counts with --from py or --from ipynb; the other is overwritten."
    )
