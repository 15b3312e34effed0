"""No notebook needs the network: 00 to 08 and a to c read what is installed, and d says which corpora it misses."""

import ast
from importlib import import_module
from pathlib import Path

import nbformat
import pytest

from lecture_utils.authoring.execution import execute
from lecture_utils.authoring.normal_form import is_code
from lecture_utils.authoring.project import find_pairs
from lecture_utils.datasets import NAMES

ROOT = Path(__file__).parents[2]
PUBLIC = "d_real_corpora"
SCRIPTS = {pair.name: pair.script for pair in find_pairs(ROOT)}
OFFLINE = [name for name in sorted(SCRIPTS) if name != PUBLIC]
ASKED = ("ud_english_ewt", "wikigold", "sentence_polarity", "tiny_shakespeare", "irish_tunes")
DEAD = "http://127.0.0.1:9"  # the port where nobody answers


def downloads(name):
    return import_module(f"lecture_utils.datasets.{name}").ENTRY.source == "download"


def loaded(source):
    """The corpora that code asks for; "?" for one that it does not name on the spot."""
    calls = (node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Call) and node.args)
    asked = [call for call in calls if ast.unparse(call.func).rpartition(".")[2] in ("load", "try_load")]
    firsts = [call.args[0].value if isinstance(call.args[0], ast.Constant) else "?" for call in asked]
    return {first for first in firsts if first in NAMES or first == "?"}


def test_what_is_asked_for_is_read_from_the_code():
    source = 'x = {s: load("tunes", s) for s in t}\nif try_load("wikigold"): datasets.load(name)\njson.loads("x")'
    assert loaded(source) == {"tunes", "wikigold", "?"}
    assert downloads("wikigold")
    assert not downloads("tunes")


@pytest.mark.parametrize("name", OFFLINE)
def test_a_notebook_names_its_corpora_and_all_are_installed(name):
    source = SCRIPTS[name].read_text(encoding="utf-8")
    asked = loaded(source)
    assert "?" not in asked
    assert [corpus for corpus in asked if downloads(corpus)] == []


def test_what_notebooks_call_asks_for_installed_corpora():
    package = ROOT / "lecture_utils"
    parts = [path for path in package.rglob("*.py") if path.parent.name not in ("datasets", "authoring")]
    asked = {corpus for path in parts for corpus in loaded(path.read_text(encoding="utf-8"))} - {"?"}
    assert {"python_docs", "tunes"} <= asked
    assert [corpus for corpus in asked if downloads(corpus)] == []


@pytest.mark.notebook
def test_without_network_and_data_the_public_corpora_are_missed_by_name(tmp_path, monkeypatch):
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, DEAD)
    for name in ("NO_PROXY", "no_proxy", "LECTURE_UTILS_DATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    path = ROOT / "notebooks" / f"{PUBLIC}.ipynb"
    ran = execute(nbformat.read(path, as_version=4), path.parent, timeout=30)  # raises where a cell fails
    outputs = [output for cell in ran.notebook.cells if is_code(cell) for output in cell.outputs]
    said = "".join(output.text for output in outputs if output.output_type == "stream")
    missed = [line for line in said.splitlines() if line.startswith("This section would have trained ")]
    assert [line.removesuffix(".").rpartition(" on ")[2] for line in missed] == list(ASKED)
    assert said.count("there is no way to the server") == len(ASKED)
    assert "nothing to sum up" in said
    assert ran.seconds < 30
    assert [path for path in (tmp_path / "unrolled").rglob("*") if path.is_file()] == []
