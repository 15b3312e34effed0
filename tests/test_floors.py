"""A module of lecture_utils imports only from floors below its own, or from its own package."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "lecture_utils"

FLOORS = {
    **dict.fromkeys(["shapes", "notation", "contents"], 0),
    **dict.fromkeys(["rnn", "datasets", "text", "diagrams", "music"], 1),
    **dict.fromkeys(["bptt", "ngrams", "probes", "training", "units", "view"], 2),
    **dict.fromkeys(["models"], 3),
    **dict.fromkeys(["environment", "experiments", "explorers", "practice"], 4),
    "authoring": 5,
}


def dotted_name(path):
    """lecture_utils/diagrams/__init__.py -> ["lecture_utils", "diagrams", "__init__"]."""
    return list(path.relative_to(ROOT).with_suffix("").parts)


def imported_names(tree, module):
    """Every dotted name that a module imports, wherever in it the import stands, and its line.

    A relative import is written out in full; import_module("…") with a plain string counts too.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = module[: len(module) - node.level] if node.level else []
            base = [*base, *(node.module.split(".") if node.module else [])]
            yield from ((".".join([*base, alias.name]), node.lineno) for alias in node.names)
        elif is_dynamic_import(node):
            yield str(node.args[0].value), node.lineno


def is_dynamic_import(node):
    """import_module("…") or __import__("…") with a plain string."""
    called = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1]
    return called in ("import_module", "__import__") and node.args and isinstance(node.args[0], ast.Constant)


def floor_mistakes(source, module):
    """Sentences about the imports of `module` (a list of names) that break the rule."""
    here = module[1]
    for name, line in imported_names(ast.parse(source), module):
        parts = name.split(".")
        if parts[0] != "lecture_utils" or len(parts) < 2 or parts[1] == here:
            continue
        where = f"{'/'.join(module)}.py:{line} imports lecture_utils.{parts[1]}"
        if parts[1] not in FLOORS:
            yield f"{where}, which stands on no floor"
        elif here not in FLOORS:
            yield f"{where}, but {here} stands apart and imports nothing of ours"
        elif FLOORS[parts[1]] >= FLOORS[here]:
            yield f"{where} (floor {FLOORS[parts[1]]}), but stands on floor {FLOORS[here]}: only lower floors"


def modules():
    return sorted(path for path in PACKAGE.rglob("*.py") if "__pycache__" not in path.parts)


def test_every_import_goes_to_a_lower_floor():
    mistakes = [text for path in modules() for text in floor_mistakes(path.read_text("utf-8"), dotted_name(path))]
    assert not mistakes, "\n" + "\n".join(mistakes)


def test_every_module_stands_on_a_floor():
    names = {dotted_name(path)[1] for path in modules()} - {"__init__", "bootstrap"}
    assert names, "no modules were found"
    assert names <= set(FLOORS), f"give these a floor in {Path(__file__).name}: {sorted(names - set(FLOORS))}"


def test_bootstrap_needs_nothing_but_the_standard_library():
    source = (PACKAGE / "bootstrap.py").read_text("utf-8")
    names = {name.split(".")[0] for name, _ in imported_names(ast.parse(source), ["lecture_utils", "bootstrap"])}
    assert names <= sys.stdlib_module_names, sorted(names - sys.stdlib_module_names)


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("shapes", "from lecture_utils import rnn"),
        ("shapes", "import lecture_utils.notation"),
        ("shapes/core", "from ..rnn import RNN"),
        ("rnn", "def late():\n    from lecture_utils.training import fit"),
        ("rnn", "if TYPE_CHECKING:\n    from lecture_utils.models import Tagger"),
        ("training", "import importlib\nimportlib.import_module('lecture_utils.models')"),
        ("view/page", "from .. import explorers"),
        ("explorers/shape", "from lecture_utils.practice import check"),
        ("practice/engine", "import lecture_utils.authoring.notebooks"),
        ("view", "from lecture_utils.bootstrap import find_browser"),
        ("__init__", "from lecture_utils.shapes import RecurrentShape"),
        ("bootstrap", "from lecture_utils import shapes"),
    ],
)
def test_a_wrong_import_is_found(module, source):
    [mistake] = floor_mistakes(source, ["lecture_utils", *module.split("/")])
    assert "imports lecture_utils." in mistake


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rnn", "import torch\nfrom lecture_utils.shapes import RecurrentShape"),
        ("diagrams/unrolled", "from . import svg\nfrom .svg import Box\nfrom ..notation import plain"),
        ("diagrams/__init__", "from .unrolled import unrolled\nfrom lecture_utils.diagrams import svg"),
        ("explorers/__init__", "import importlib\nimportlib.import_module('.shape', __name__)"),
        ("explorers/shape", "from lecture_utils.view import show"),
        ("authoring/notebooks", "from lecture_utils.explorers import shape_explorer"),
    ],
)
def test_a_right_import_is_left_alone(module, source):
    assert list(floor_mistakes(source, ["lecture_utils", *module.split("/")])) == []
