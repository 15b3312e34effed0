"""What a module's results depend on: a digest of its code and of every module of ours that it imports."""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

OURS = "lecture_utils"
# What no figure depends on, so that a better error message there makes nothing stale: the frame that experiments stand
# in, and the download, which hands over the bytes of one SHA-256 or nothing.
FRAME = ("lecture_utils.experiments", "lecture_utils.experiments.common", "lecture_utils.datasets.download")


def digest(root: Path, module: str) -> str:
    """The SHA-256 of `module` (its dotted name) and, transitively, of the modules of ours that it imports.

    The file of a corpus that it loads by name, `load("tunes")`, counts too, though it is imported on demand only.

    The same for code that means the same: comments, docstrings and formatting do not count.
    """
    trees = {name: trees_of for name, trees_of in _closure(root, module).items() if name not in FRAME}
    text = "\n".join(f"{name} {_canonical(trees[name])!r}" for name in sorted(trees))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _closure(root: Path, module: str) -> dict[str, ast.Module]:
    """`module` and all that it imports or loads, wherever in them that stands: dotted name → syntax tree."""
    found: dict[str, ast.Module] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        if name in found or (path := _file(root, name)) is None:
            continue
        found[name] = ast.parse(path.read_text(encoding="utf-8"))
        if name not in FRAME:
            package = name if path.name == "__init__.py" else name.rpartition(".")[0]
            waiting += _imports(found[name], package)
            waiting += _corpora(found[name])
    return found


def _file(root: Path, module: str) -> Path | None:
    """The file of a module or package of ours; None for any other name, such as that of a function."""
    if module.split(".")[0] != OURS:
        return None
    stem = root.joinpath(*module.split("."))
    return next((path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None)


def _imports(tree: ast.Module, package: str) -> Iterator[str]:
    """Every dotted name that may be an imported module, and the packages around it, which are run on the way."""
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            around = package.split(".")[: 1 - node.level or None] if node.level else []
            base = ".".join([*around, *([node.module] if node.module else [])])
            names = [base, *(f"{base}.{alias.name}" for alias in node.names)]
        for name in names:
            parts = name.split(".")
            yield from (".".join(parts[: i + 1]) for i in range(len(parts)))


def _corpora(tree: ast.Module) -> Iterator[str]:
    """The module of every corpus that is loaded by a name written out: `load("…")`, `datasets.try_load(name="…")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] in ("load", "try_load"):
            named = [keyword.value for keyword in node.keywords if keyword.arg == "name"]
            for argument in (*node.args[:1], *named):
                value = argument.value if isinstance(argument, ast.Constant) else None
                if isinstance(value, str) and value.isidentifier():
                    yield f"{OURS}.datasets.{value}"


def _canonical(value: Any) -> Any:
    """A syntax tree as nested lists, alike in every version of Python: without places, and without what is empty."""
    if isinstance(value, ast.AST):
        fields = {name: _canonical(item) for name, item in ast.iter_fields(_without_docstring(value))}
        return [type(value).__name__, *(pair for pair in fields.items() if pair[1] not in (None, []))]
    if isinstance(value, list):
        return [_canonical(item) for item in value]
    return f"{type(value).__name__} {value!r}" if isinstance(value, (int, float, complex, bytes, str)) else value


def _without_docstring(node: ast.AST) -> ast.AST:
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    if isinstance(node, documented) and ast.get_docstring(node, clean=False) is not None:
        node.body = node.body[1:]
    return node
