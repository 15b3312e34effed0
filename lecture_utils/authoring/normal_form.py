"""The one form in which executed notebooks are committed: equal sources and results make equal bytes."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import nbformat

from lecture_utils.authoring.pairing import KERNEL, script_text
from lecture_utils.authoring.stamp import STAMP, digest, pair_stamp, stamp_of

IGNORED = "nbval-ignore-output"
WIDGET = "application/vnd.jupyter.widget-view+json"
LANGUAGE = {  # as the kernel reports it, but without the patch version
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}

_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{7,16}\b")
_DATA_URI = re.compile(r"data:[\w/+.-]+;base64,[A-Za-z0-9+/=]+")
# " 40%|████      | 4/10 [00:01<00:02, 2.5it/s]", "12it [00:03, 4.00it/s]"
_PROGRESS = re.compile(r"(\d+%\|.*\||\b\d+\S*it\b).*\[.*\]")


def is_code(cell: Any) -> bool:
    """Whether a cell is code."""
    return bool(cell.cell_type == "code")


def tags(cell: Any) -> list[str]:
    """The tags of a cell."""
    return list(cell.metadata.get("tags", []))


def build(name: str, inputs: Any, outputs: Sequence[list[Any]]) -> Any:
    """The committed notebook: the cells of a script, one list of outputs for each code cell, and the stamp."""
    cells, count = [], 0
    for cell in inputs.cells:
        new = getattr(nbformat.v4, f"new_{cell.cell_type}_cell")(cell.source, metadata=cell.metadata)
        if is_code(cell):
            count += 1
            new.execution_count = count
            new.outputs = clean_outputs(outputs[count - 1], count)
        cells.append(new)
    metadata = {"kernelspec": dict(KERNEL), "language_info": LANGUAGE}
    notebook = nbformat.v4.new_notebook(cells=cells, metadata=nbformat.from_dict(metadata))
    with_stable_ids(notebook, name)
    notebook.metadata[STAMP] = {
        **pair_stamp(notebook, script_text(notebook)),
        "source_sha256": source_digest(notebook),
        "output_sha256": output_digest(notebook),
    }
    return notebook


def with_stable_ids(notebook: Any, name: str) -> None:
    """Give every cell an id that follows from its content, so that the same lecture always has the same ids."""
    notebook.nbformat_minor = 5  # the first to have ids
    seen: Counter[tuple[str, str]] = Counter()
    for cell in notebook.cells:
        key = (cell.cell_type, cell.source)
        seen[key] += 1
        cell.id = hashlib.sha256("\0".join([name, *key, str(seen[key])]).encode()).hexdigest()[:12]


def code_sources(notebook: Any) -> list[str]:
    """The sources of the code cells, in order."""
    return [cell.source.rstrip() for cell in notebook.cells if is_code(cell)]


def source_digest(notebook: Any) -> str:
    """What the outputs were computed from."""
    return digest(json.dumps(code_sources(notebook)))


def output_digest(notebook: Any) -> str:
    """What the outputs are."""
    outputs = [cell.outputs for cell in notebook.cells if is_code(cell)]
    return digest(json.dumps(outputs, sort_keys=True))


def prefix_digests(sources: Sequence[str]) -> Iterator[str]:
    """For each code cell a digest of its own source and of all code before it: what decides its output."""
    running = hashlib.sha256()
    for source in sources:
        running.update(json.dumps(source).encode())
        yield running.hexdigest()


def trusted_outputs(notebook: Any) -> dict[str, list[Any]]:
    """The outputs of a notebook by prefix digest, when they are what a run of this command wrote; else none."""
    stamp = stamp_of(notebook)
    expected = {"source_sha256": source_digest(notebook), "output_sha256": output_digest(notebook)}
    if any(stamp.get(key) != value for key, value in expected.items()):
        return {}
    outputs = [cell.outputs for cell in notebook.cells if is_code(cell)]
    return dict(zip(prefix_digests(code_sources(notebook)), outputs))


def clean_outputs(outputs: Sequence[Any], count: int) -> list[Any]:
    """Outputs without widgets, stderr and tracebacks; neighbouring pieces of one stream joined."""
    cleaned: list[Any] = []
    for output in (nbformat.from_dict(dict(output)) for output in outputs):
        if output.output_type == "stream":
            _add_stream(cleaned, output)
        elif output.output_type == "error":
            # the traceback holds this machine's paths, and nbval compares name and value only
            output.traceback = [f"{output.ename}: {output.evalue}"]
            cleaned.append(output)
        elif not _is_only_widget(output) and not _is_blank(output):
            output.data.pop(WIDGET, None)
            if output.output_type == "execute_result":
                output.execution_count = count
            cleaned.append(output)
    for output in cleaned:
        if output.output_type == "stream":
            output.text = _as_on_a_terminal(output.text)
    return cleaned


def _add_stream(cleaned: list[Any], output: Any) -> None:
    if output.name == "stderr":  # progress bars; anything else was complained of before it came here
        return
    if cleaned and cleaned[-1].output_type == "stream":
        cleaned[-1].text += output.text
    else:
        cleaned.append(nbformat.v4.new_output("stream", name=output.name, text=output.text))


def _as_on_a_terminal(text: str) -> str:
    """A carriage return goes back to the start of the line: what follows it replaces what stood there."""
    return re.sub(r"^.*\r(?=[^\n])", "", text, flags=re.MULTILINE)


def _is_only_widget(output: Any) -> bool:
    return WIDGET in output.data and set(output.data) <= {WIDGET, "text/plain"}


def _is_blank(output: Any) -> bool:
    """The place of a progress line that has been wiped."""
    return set(output.data) == {"text/plain"} and not output.data["text/plain"].strip()


def complaints(cell: Any, outputs: Sequence[Any]) -> list[str]:
    """What a freshly run code cell holds that cannot be committed; each a sentence without its subject."""
    found = []
    if warning := _warning(outputs):
        found.append(f"writes to stderr: {warning!r}; mend the cause, or say it with print")
    for text in texts(clean_outputs(outputs, 0)):
        if address := _ADDRESS.search(text):
            found.append(f"shows a memory address ({address.group()}), which differs in every run")
    if IGNORED not in tags(cell):
        found += [_bare_widget(output) for output in outputs if _shows_text_of_widget(output)]
        if _shows_progress(outputs):
            found.append(f"shows a progress bar, which strict nbval compares: tag it {IGNORED}, and assert its result")
    return found


def _warning(outputs: Sequence[Any]) -> str:
    """The first line on stderr that belongs to no progress bar; empty when there is none."""
    return next((line[:200] for line in _stderr_lines(outputs) if not _PROGRESS.search(line)), "")


def _stderr_lines(outputs: Sequence[Any]) -> list[str]:
    stderr = "".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stderr")
    return [line.strip() for line in re.split(r"[\r\n]+", stderr) if line.strip()]


def _shows_progress(outputs: Sequence[Any]) -> bool:
    wiped = any("data" in output and _is_blank(output) for output in outputs)
    return wiped or any(_PROGRESS.search(line) for line in _stderr_lines(outputs))


def _shows_text_of_widget(output: Any) -> bool:
    return "data" in output and _is_only_widget(output) and "text/plain" in output.data


def _bare_widget(output: Any) -> str:
    plain = output.data["text/plain"].partition("\n")[0][:60]
    return (
        f"shows the widget {plain!r} together with that text, which is not committed but which nbval compares: "
        "show it through lecture_utils.view, which sends the widget alone"
    )


def texts(outputs: Sequence[Any]) -> Iterator[str]:
    """Everything in the outputs that a person may read; the bytes of pictures left out."""
    for output in outputs:
        if output.output_type == "stream":
            yield output.text
        elif output.output_type == "error":
            yield f"{output.ename}: {output.evalue}"
        else:
            for kind, value in output.data.items():
                if isinstance(value, str) and not kind.startswith("image/"):
                    yield _DATA_URI.sub("", value)
