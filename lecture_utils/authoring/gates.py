"""What every committed notebook must keep: each gate takes a notebook and returns sentences on what is wrong.

The tests apply them to the lecture's notebooks; tiny notebooks, one for each way to fail, prove that they notice.
"""

from __future__ import annotations

import ast
import platform
import re
from collections.abc import Callable, Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import nbformat
from IPython.core.inputtransformer2 import TransformerManager

from lecture_utils.authoring.normal_form import IGNORED, is_code, tags, texts
from lecture_utils.authoring.project import is_of_lecture

TRAINED = "trained"  # the cell reports what a training reached, and asserts it
RAISES = "raises-exception"
ALLOWED_TAGS = frozenset({IGNORED, TRAINED, RAISES, "hide-input", "remove-cell"})
LEAST_COMPARED = 0.8  # of the code cells that have an output other than a picture or a widget
WIDGET = "application/vnd.jupyter.widget-view"

_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_INLINE_CODE = re.compile(r"(`+)(.+?)\1")
_IMAGE = re.compile(r"!\[([^\]]*)\]\(")
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?(?:\s+\"[^\"]*\")?\s*\)|^\[[^\]]+\]:\s+(\S+)", re.MULTILINE)
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*\s*$", re.MULTILINE)
_NBVAL_COMMENT = re.compile(r"^\s*#\s*(?:NBVAL_\w+|PYTEST_VALIDATE_IGNORE_OUTPUT)\b", re.MULTILINE)
_ABSOLUTE_PATH = re.compile(
    r"(?<![\w/.:-])(?:/(?:home|Users|root|tmp|var|opt|usr|mnt|private|work|content)/\w[\w./-]*|[A-Z]:\\\w[\w.\\-]*)"
)
_LOCAL_HOST = re.compile(r"\b(?:localhost|127\.0\.0\.1)(?::\d+)?\b")


def unrun_cells(notebook: Any, path: Path) -> list[str]:
    """A code cell without an execution count is compared with nothing."""
    return [f"{where} has no execution count" for where, cell in code_cells(notebook) if cell.execution_count is None]


def error_outputs(notebook: Any, path: Path) -> list[str]:
    """No cell ends in an error unless its tag says that it shall."""
    return [
        f"{where} shows the error {output.ename}"
        for where, cell in code_cells(notebook)
        for output in cell.outputs
        if output.output_type == "error" and RAISES not in tags(cell)
    ]


def pictures_without_alt(notebook: Any, path: Path) -> list[str]:
    """Every picture says in words what it shows."""
    found = []
    for where, html in _html_outputs(notebook):
        found += [f"{where}: a picture without alt text" for alt in _Page.of(html).alts if not alt.strip()]
    for where, text in _markdown(notebook):
        alts = [*_Page.of(text).alts, *_IMAGE.findall(_without_code(text))]
        found += [f"{where}: a picture without alt text" for alt in alts if not alt.strip()]
    for where, kind in _data_kinds(notebook):
        if kind.startswith("image/"):
            found.append(f"{where}: a picture as bare {kind} has no alt text; show it through lecture_utils.view")
    return found


def unknown_tags(notebook: Any, path: Path) -> list[str]:
    """Only tags with a meaning here, and no comments that steer nbval past them."""
    found = []
    for number, cell in enumerate(notebook.cells, start=1):
        found += [f"cell {number} has the unknown tag {tag!r}" for tag in tags(cell) if tag not in ALLOWED_TAGS]
        if is_code(cell) and (comment := _NBVAL_COMMENT.search(cell.source)):
            found.append(f"cell {number} steers nbval by the comment {comment.group().strip()!r}: use a tag")
    return found


def broken_links(notebook: Any, path: Path) -> list[str]:
    """Links to notebooks, files, pictures and headings lead somewhere."""
    places = [(where, _Page.of(text).targets + _markdown_targets(text)) for where, text in _markdown(notebook)]
    places += [(where, _Page.of(html).targets) for where, html in _html_outputs(notebook)]
    own = anchors(text for _, text in _markdown(notebook))
    return [
        f"{where}: {target!r} {fault}"
        for where, targets in places
        for target in targets
        if (fault := _link_fault(target, path, own))
    ]


def unasserted(notebook: Any, path: Path) -> list[str]:
    """What nbval does not compare, the notebook itself asserts; pictures alone need no assertion."""
    return [
        f"{where} is tagged {IGNORED} but asserts nothing"
        for where, cell in code_cells(notebook)
        if IGNORED in tags(cell) and not _asserts(cell.source) and not _shows_only_pictures(cell)
    ]


def missing_parts(notebook: Any, path: Path) -> list[str]:
    """A title, outcomes and minutes before the first code, a summary, and after it a link to the next notebook."""
    opening = "\n".join(text for _, text in _markdown(notebook, until_code=True))
    text = "\n\n".join(text for _, text in _markdown(notebook))
    heads = [(len(marks), title) for marks, title in headings(text)]
    found = []
    if not opening.startswith("# ") or [level for level, _ in heads].count(1) != 1:
        found.append("does not start with its title, as its only heading of level 1")
    if "outcome" not in opening.lower():
        found.append("does not say before its first code which outcomes it serves")
    if not re.search(r"\b\d+\s+minutes\b", opening):
        found.append("does not say before its first code how many minutes it takes")
    if not any(level == 2 and "summary" in title.lower() for level, title in heads):
        found.append("has no section called Summary")
    following = _following(path)
    ending = re.split(r"^#.*summary.*$", text.lower(), flags=re.MULTILINE)[-1]  # a link may hold the word too
    if following and f"({following.lower()}" not in ending:
        found.append(f"does not link to the next notebook, {following}, after its summary")
    return found


def unportable_outputs(notebook: Any, path: Path) -> list[str]:
    """Nothing in an output belongs to one machine, or is dropped where the notebook is not trusted."""
    found = [
        f"{where} shows image/svg+xml, which JupyterLab drops in a fresh clone; show it through lecture_utils.view"
        for where, kind in _data_kinds(notebook)
        if kind == "image/svg+xml"
    ]
    for where, cell in code_cells(notebook):
        for text in texts(cell.outputs):
            if machine := _machine_text(text):
                found.append(f"{where} shows {machine!r}, which is so on one machine only")
    return found


def unreported_fits(notebook: Any, path: Path) -> list[str]:
    """Whoever trains reports it: a call of `fit` comes before or in a cell tagged `trained`."""
    cells = list(code_cells(notebook))
    return [
        f"{where} calls fit, but neither it nor a later cell is tagged {TRAINED!r}"
        for i, (where, cell) in enumerate(cells)
        if _calls_fit(cell.source) and not any(TRAINED in tags(later) for _, later in cells[i:])
    ]


Gate = Callable[[Any, Path], list[str]]
GATES: Mapping[str, Gate] = {
    gate.__name__: gate
    for gate in (
        unrun_cells,
        error_outputs,
        pictures_without_alt,
        unknown_tags,
        broken_links,
        unasserted,
        missing_parts,
        unportable_outputs,
        unreported_fits,
    )
}


def compared_share(notebooks: list[Any]) -> tuple[int, int]:
    """How many code cells strict nbval compares, of how many that have an output other than a picture or widget."""
    cells = [cell for notebook in notebooks for _, cell in code_cells(notebook)]
    counted = [cell for cell in cells if cell.outputs and not _shows_only_pictures(cell)]
    return sum(IGNORED not in tags(cell) for cell in counted), len(counted)


def code_cells(notebook: Any) -> Iterator[tuple[str, Any]]:
    """Every code cell with the words to point at it."""
    numbered = enumerate((cell for cell in notebook.cells if is_code(cell)), start=1)
    return ((f"cell [{number}]", cell) for number, cell in numbered)


def _markdown(notebook: Any, *, until_code: bool = False) -> Iterator[tuple[str, str]]:
    for number, cell in enumerate(notebook.cells, start=1):
        if until_code and is_code(cell):
            return
        if cell.cell_type == "markdown":
            yield f"Markdown cell {number}", cell.source


def _html_outputs(notebook: Any) -> Iterator[tuple[str, str]]:
    for where, cell in code_cells(notebook):
        for output in cell.outputs:
            if html := output.get("data", {}).get("text/html"):
                yield where, html


def _data_kinds(notebook: Any) -> Iterator[tuple[str, str]]:
    for where, cell in code_cells(notebook):
        for output in cell.outputs:
            for kind in output.get("data", {}):
                yield where, kind


def _shows_only_pictures(cell: Any) -> bool:
    """Pictures, or widgets, whose first state stands in an element of the class unrolled-static."""
    data = [output.get("data", {}) for output in cell.outputs]
    return bool(data) and all(
        any(kind.startswith(("image/", WIDGET)) for kind in kinds)
        or any(mark in kinds.get("text/html", "") for mark in ("<img", 'class="unrolled-static"'))
        for kinds in data
    )


class _Page(HTMLParser):
    """The alt texts of a page's pictures, and what its links and pictures point to."""

    def __init__(self) -> None:
        super().__init__()
        self.alts: list[str] = []
        self.targets: list[str] = []

    @classmethod
    def of(cls, html: str) -> _Page:
        page = cls()
        page.feed(html)
        return page

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag == "img":
            self.alts.append(values.get("alt") or "")
        if target := {"img": values.get("src"), "a": values.get("href")}.get(tag):
            self.targets.append(target)


def _without_code(text: str) -> str:
    return _INLINE_CODE.sub("code", _FENCE.sub("", text))


def _markdown_targets(text: str) -> list[str]:
    return [inline or reference for inline, reference in _LINK.findall(_without_code(text))]


def headings(text: str) -> list[tuple[str, str]]:
    """The headings of a Markdown text: their # marks and their titles."""
    return _HEADING.findall(_FENCE.sub("", text))


def anchors(markdown: Any) -> set[str]:
    """The anchors JupyterLab makes of the headings: the title as shown, each space a hyphen."""
    return {_plain(title).replace(" ", "-") for text in markdown for _, title in headings(text)}


def _plain(title: str) -> str:
    linked = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
    return re.sub(r"[`*]|(?<!\w)_|_(?!\w)", "", linked)


def _link_fault(target: str, path: Path, own: set[str]) -> str:
    """What is wrong with a link; empty when it leads somewhere, or out of the repository by a full address."""
    if re.match(r"(https?:|mailto:|data:image/)", target):
        return ""
    file, _, anchor = unquote(target).partition("#")
    if file.startswith("/") or re.match(r"\w+:", file):
        return "is not a relative path"
    if file and not (path.parent / file).exists():
        return "leads nowhere"
    if anchor and anchor not in (own if not file else _anchors_of(path.parent / file, anchor)):
        return "names a heading that does not exist"
    return ""


def _anchors_of(file: Path, wanted: str) -> set[str]:
    """The anchors of another notebook or Markdown page; of other files we know none, and believe the link."""
    if file.suffix == ".ipynb":
        return anchors(text for _, text in _markdown(nbformat.read(file, as_version=4)))
    if file.suffix == ".md":
        found = anchors([file.read_text(encoding="utf-8")])
        return found | {anchor.lower() for anchor in found}  # as GitHub writes them
    return {wanted}


def _following(path: Path) -> str | None:
    others = filter(is_of_lecture, path.parent.glob("*.ipynb"))
    later = sorted(other.name for other in others if other.name > path.name)
    return later[0] if later else None


def _machine_text(text: str) -> str:
    node = platform.node()
    patterns = [_ABSOLUTE_PATH, _LOCAL_HOST]
    if len(node) > 3 and not node.isalpha():  # a host called "lecture" could be an honest word
        patterns.append(re.compile(rf"\b{re.escape(node)}\b"))
    matches = (pattern.search(text) for pattern in patterns)
    return next((match.group() for match in matches if match), "")


def _tree(source: str) -> ast.Module:
    try:
        return ast.parse(TransformerManager().transform_cell(source))  # %magics and !commands become calls
    except SyntaxError:
        return ast.Module(body=[], type_ignores=[])


def _asserts(source: str) -> bool:
    """Whether running the cell reaches an assertion that can fail: not one inside a function it only defines."""
    return any(
        isinstance(node, ast.Assert) and not isinstance(node.test, ast.Constant) for node in _executed(_tree(source))
    )


def _executed(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            yield child
            yield from _executed(child)


def _calls_fit(source: str) -> bool:
    """Whether `fit(…)` or `training.fit(…)` is called; other objects have methods of that name."""
    calls = (node.func for node in ast.walk(_tree(source)) if isinstance(node, ast.Call))
    return any(
        (isinstance(called, ast.Name) and called.id == "fit")
        or (isinstance(called, ast.Attribute) and called.attr == "fit" and ast.unparse(called.value) == "training")
        for called in calls
    )
