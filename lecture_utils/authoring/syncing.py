"""Make notebook and script of a pair say the same without running anything: what `make lab` does first."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import nbformat

from lecture_utils.authoring.normal_form import with_stable_ids
from lecture_utils.authoring.pairing import (
    KERNEL,
    Verdict,
    committed_scripts,
    compare,
    notebook_text,
    parse_notebook,
    read_notebook,
    read_script,
    script_text,
)
from lecture_utils.authoring.project import COPIES, AuthoringError, Pair, write_if_changed
from lecture_utils.authoring.stamp import STAMP, pair_stamp, stamp_of


def run(pairs: Sequence[Pair], say: Callable[[str], None], side: Verdict | None = None) -> int:
    """Sync each pair, and say only what had to be done; the number of pairs that cannot be read."""
    failed = 0
    for pair in pairs:
        try:
            sentence = sync(pair, side)
        except AuthoringError as error:
            failed += 1
            sentence = str(error)
        if sentence:
            say(sentence)
    return failed


def sync(pair: Pair, side: Verdict | None = None) -> str | None:
    """Bring both files of a pair together; a sentence on what was done, None when there was nothing to do.

    `side` says which file counts, whatever was edited. Without it the edited one does. Where both were edited it is
    the one saved last: both were written on this machine then, so here modification times mean something. What is
    overwritten is first copied into notebooks/kept/, unless git has it: an earlier sync may have made both files
    agree on a student's edits, and then neither looks edited any more.
    """
    verdict = compare(pair)
    if verdict is Verdict.AGREE:
        _stamp(pair)
        return None
    winner = side or (_saved_last(pair) if verdict is Verdict.CONFLICT else verdict)
    source, target = (pair.script, pair.notebook) if winner is Verdict.SCRIPT else (pair.notebook, pair.script)
    if not source.is_file():
        raise AuthoringError(f"{pair.shown(source)} shall count, but does not exist.")
    sentence = _what_is_done(pair, source, target, edited=verdict in (winner, Verdict.CONFLICT))
    if target.is_file() and not _is_in_git(pair, target):
        sentence += f" What {pair.shown(target)} said before is kept in {pair.shown(_keep_copy(pair, target))}."
    follow_script(pair) if winner is Verdict.SCRIPT else _follow_notebook(pair)
    return sentence


def _what_is_done(pair: Pair, source: Path, target: Path, edited: bool) -> str:
    if not target.is_file():
        return f"{pair.shown(target)} is missing: written again from {pair.shown(source)}."
    if edited:
        return f"{pair.shown(source)} was edited, {pair.shown(target)} now follows it."
    return f"{pair.shown(target)} now follows {pair.shown(source)}, as asked."


def _is_in_git(pair: Pair, path: Path) -> bool:
    """Whether git has what the cells of a file say, so that they can be had back."""
    says = script_text(read_script(pair) if path == pair.script else read_notebook(pair))
    return says in committed_scripts(pair, path)


def _saved_last(pair: Pair) -> Verdict:
    script, notebook = pair.script.stat().st_mtime, pair.notebook.stat().st_mtime
    return Verdict.SCRIPT if script > notebook else Verdict.NOTEBOOK


def _follow_notebook(pair: Pair) -> None:
    write_if_changed(pair.script, script_text(read_notebook(pair)))
    _stamp(pair)


def _stamp(pair: Pair) -> None:
    """Note in the notebook that both sides agree now; nothing else in it changes."""
    notebook: Any = read_notebook(pair)
    old = stamp_of(notebook)
    new = old | pair_stamp(notebook, script_text(notebook))
    if new != old:
        notebook.metadata[STAMP] = new
        write_if_changed(pair.notebook, notebook_text(notebook))


def follow_script(pair: Pair) -> None:
    """Rewrite the notebook's cells from the script; a cell whose source is unchanged keeps its outputs."""
    script, old = read_script(pair), read_notebook(pair)
    fresh = nbformat.v4.new_notebook(cells=script.cells, metadata={"kernelspec": dict(KERNEL)})  # type: ignore[union-attr]
    if old is not None:
        fresh.metadata = old.metadata
        _carry_over(old.cells, fresh.cells)
    with_stable_ids(fresh, pair.name)
    fresh.metadata[STAMP] = stamp_of(fresh) | pair_stamp(fresh, script_text(fresh))
    write_if_changed(pair.notebook, notebook_text(fresh))


def _carry_over(old: list[Any], new: list[Any]) -> None:
    """Give each new cell what only the notebook knows about the old cell of the same source."""
    before, after = ([(cell.cell_type, cell.source.rstrip()) for cell in cells] for cells in (old, new))
    for start, at, size in SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks():
        for was, now in zip(old[start : start + size], new[at : at + size]):
            now.update({key: was[key] for key in ("outputs", "execution_count", "attachments") if key in was})


def _keep_copy(pair: Pair, path: Path) -> Path:
    """A dated copy of one side of a pair; a copied notebook says that it has no script."""
    text = path.read_text(encoding="utf-8")
    if path == pair.notebook:
        notebook = parse_notebook(text, pair.shown(path))
        notebook.metadata["jupytext"] = {"formats": "ipynb"}
        text = notebook_text(notebook)
    copy = _free_name(pair.root / COPIES / f"{pair.name}.{time.strftime('%Y%m%d-%H%M%S')}{path.suffix}")
    write_if_changed(copy, text)
    return copy


def _free_name(path: Path) -> Path:
    """`path`, or with a number from 2 on behind its stem while a file of that name exists."""
    free, number = path, 1
    while free.exists():
        number += 1
        free = path.with_name(f"{path.stem}-{number}{path.suffix}")
    return free
