"""`authoring notebooks`: pair, execute and normalise; with `--check`, say what is stale."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Sequence
from typing import Any

from lecture_utils.authoring import normal_form, pairing
from lecture_utils.authoring.pairing import Verdict
from lecture_utils.authoring.project import NOTEBOOKS, AuthoringError, Pair, write_if_changed
from lecture_utils.authoring.stamp import stamp_of

Say = Callable[[str], None]


def run(pairs: Sequence[Pair], say: Say, *, refresh: bool = False, side: Verdict | None = None) -> int:
    """Execute every pair and write both of its files; the number of pairs that failed, whose files are untouched."""
    failed = 0
    for pair in pairs:
        say(f"{pair.name}: running …")
        try:
            say(f"{pair.name}: {_update(pair, refresh, side)}")
        except AuthoringError as error:
            failed += 1
            say(f"{pair.name}: FAILED, nothing written. {error}")
    return failed


def _update(pair: Pair, refresh: bool, side: Verdict | None) -> str:
    from lecture_utils.authoring.execution import cell_timeout, execute  # nbclient: not needed to check or to pair

    script = _inputs(pair, side)
    inputs = pairing.parse_script(script)
    _refuse_empty(inputs)
    execution = execute(inputs, pair.root / NOTEBOOKS, timeout=cell_timeout(pair.name))
    outputs = [cell.outputs for cell in execution.notebook.cells if normal_form.is_code(cell)]
    _refuse_unfit(inputs, outputs)
    if not refresh:
        _keep_old(inputs, outputs, _known_outputs(pair))
    notebook = normal_form.build(pair.name, inputs, outputs)
    wrote = write_if_changed(pair.notebook, pairing.notebook_text(notebook))
    wrote = write_if_changed(pair.script, script) or wrote
    result = "written" if wrote else "unchanged"
    return f"{execution.seconds:.1f} s, {execution.megabytes:.0f} MB, {result}"


def _inputs(pair: Pair, side: Verdict | None) -> str:
    """The script's text that both files shall say, from the side that counts."""
    verdict = pairing.compare(pair)
    if verdict is Verdict.CONFLICT and side is None:
        raise AuthoringError(pairing.conflict_sentence(pair))
    chosen = verdict if side is None or verdict is Verdict.AGREE else side
    notebook, script = pairing.read_notebook(pair), pairing.read_script(pair)
    if notebook is not None and any(cell.get("attachments") for cell in notebook.cells):
        raise AuthoringError("A picture was pasted into a Markdown cell: draw it by code, or put it into img/.")
    counts = notebook if chosen is Verdict.NOTEBOOK else script
    if counts is None:
        raise AuthoringError(f"--from {chosen.value} asks for a file that does not exist.")
    return pairing.script_text(counts)


def _refuse_empty(inputs: Any) -> None:
    """Say so before a run of minutes, not after it."""
    code = [cell for cell in inputs.cells if normal_form.is_code(cell)]
    if empty := [f"cell [{number}]" for number, cell in enumerate(code, start=1) if not cell.source.strip()]:
        verb = "is" if len(empty) == 1 else "are"
        raise AuthoringError(f"{', '.join(empty)} {verb} empty: delete what has nothing to run or to compare.")


def _refuse_unfit(inputs: Any, outputs: Sequence[list[Any]]) -> None:
    code = [cell for cell in inputs.cells if normal_form.is_code(cell)]
    found = [
        f"cell [{number}] {complaint}"
        for number, (cell, out) in enumerate(zip(code, outputs), start=1)
        for complaint in normal_form.complaints(cell, out)
    ]
    if found:
        raise AuthoringError("It ran, but" + "".join(f"\n    {sentence}" for sentence in found))


def _known_outputs(pair: Pair) -> dict[str, list[Any]]:
    """Outputs of earlier runs by prefix digest: from the working tree, else what git has staged or committed."""
    known: dict[str, list[Any]] = {}
    texts = [pair.notebook.read_text(encoding="utf-8")] if pair.notebook.is_file() else []
    for text in (*texts, *pairing.committed(pair.root, pair.notebook)):
        try:
            old = pairing.parse_notebook(text, pair.shown(pair.notebook))
        except AuthoringError:  # an old version that cannot be read has nothing to keep
            continue
        known = normal_form.trusted_outputs(old) | known
    return known


def _keep_old(inputs: Any, outputs: list[list[Any]], known: dict[str, list[Any]]) -> None:
    """Where nbval ignores a cell's output, an earlier one is as good: numbers of a training do not churn."""
    code = [cell for cell in inputs.cells if normal_form.is_code(cell)]
    for i, prefix in enumerate(normal_form.prefix_digests(normal_form.code_sources(inputs))):
        if normal_form.IGNORED in normal_form.tags(code[i]) and prefix in known:
            outputs[i] = known[prefix]


def check(pairs: Sequence[Pair], say: Say) -> int:
    """Say what is stale, without running anything; the number of stale pairs."""
    stale = 0
    for pair in pairs:
        try:
            reasons = _reasons(pair)
        except AuthoringError as error:
            reasons = [str(error)]
        for reason in reasons:
            say(f"{pair.name}: {reason}")
        stale += bool(reasons)
    if stale:
        say(f"{stale} of {len(pairs)} notebooks are stale: run `python -m lecture_utils.authoring notebooks`.")
    return stale


def _reasons(pair: Pair) -> list[str]:
    notebook, script = pairing.read_notebook(pair), pairing.read_script(pair)
    if notebook is None or script is None:
        missing = pair.notebook if notebook is None else pair.script
        return [f"{pair.shown(missing)} is missing."]
    if pairing.compare(pair) is not Verdict.AGREE:
        return [f"{pair.shown(pair.notebook)} and {pair.shown(pair.script)} disagree."]
    return _stale_outputs(notebook) or _abnormal(pair, notebook, script)


def _stale_outputs(notebook: Any) -> list[str]:
    stamp = stamp_of(notebook)
    if "source_sha256" not in stamp:
        return ["its outputs do not come from this command."]
    if stamp["source_sha256"] != normal_form.source_digest(notebook):
        return ["its code has changed since its outputs were computed."]
    if stamp.get("output_sha256") != normal_form.output_digest(notebook):
        return ["its outputs have changed since this command wrote them (run in JupyterLab?)."]
    return []


def _abnormal(pair: Pair, notebook: Any, script: Any) -> list[str]:
    outputs = [cell.outputs for cell in notebook.cells if normal_form.is_code(cell)]
    wanted = {
        pair.notebook: pairing.notebook_text(normal_form.build(pair.name, script, outputs)),
        pair.script: pairing.script_text(script),
    }
    found = []
    for path, text in wanted.items():
        if difference := _first_difference(path.read_text(encoding="utf-8"), text):
            found.append(f"{pair.shown(path)} is not in its normal form: {difference}.")
    return found


def _first_difference(is_now: str, should_be: str) -> str:
    for line in difflib.unified_diff(is_now.splitlines(), should_be.splitlines(), n=0, lineterm=""):
        if line[:1] in "+-" and line[:3] not in ("+++", "---"):
            return f"{'lacks' if line[0] == '+' else 'has'} the line {line[1:].strip()[:80]!r}"
    return "" if is_now == should_be else "its line ends"
