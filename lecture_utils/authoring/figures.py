"""`authoring figures`: every figure of the catalogue into img/, and img/README.md, which describes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from lecture_utils.authoring.project import AuthoringError, write_if_changed
from lecture_utils.diagrams import Picture

Figures = Mapping[str, Callable[[], Picture]]
Say = Callable[[str], None]

FOLDER = "img"
INDEX = "README.md"
_PREFACE = """\
# Figures

Drawn by code: `python -m lecture_utils.authoring figures` writes every file of this folder. Do not edit them here;
the functions that draw them are listed in `lecture_utils/diagrams/catalogue.py`.

| figure | what it shows |
|---|---|
"""


def catalogue() -> Figures:
    """The figures of the lecture: file stem → function that draws it."""
    from lecture_utils.diagrams.catalogue import FIGURES

    return FIGURES


def draw(figures: Figures) -> dict[str, str]:
    """The text of every file that belongs into img/, by file name."""
    pictures = {stem: _drawn_twice(stem, figures[stem]) for stem in sorted(figures)}
    files = {f"{stem}.svg": picture.svg.rstrip("\n") + "\n" for stem, picture in pictures.items()}
    rows = (f"| ![{stem}, described beside it]({stem}.svg) | {_cell(p.alt)} |\n" for stem, p in pictures.items())
    return {**files, INDEX: _PREFACE + "".join(rows)}


def _drawn_twice(stem: str, function: Callable[[], Picture]) -> Picture:
    """A picture whose bytes depend on what was drawn before it would change without a reason."""
    picture = function()
    if function().svg != picture.svg:
        raise AuthoringError(f"figure {stem!r} comes out differently when it is drawn a second time.")
    if not picture.alt.strip():
        raise AuthoringError(f"figure {stem!r} has no alt text.")
    return picture


def _cell(text: str) -> str:
    """Text that stays within one cell of a Markdown table."""
    return " ".join(text.split()).replace("|", "\\|")


def _orphans(folder: Path, files: Mapping[str, str]) -> list[Path]:
    return sorted(path for path in folder.glob("*.svg") if path.name not in files)


def run(root: Path, say: Say, figures: Figures) -> int:
    """Write what changed, delete what no function draws any more; always 0."""
    files, folder = draw(figures), root / FOLDER
    for name, text in files.items():
        if write_if_changed(folder / name, text):
            say(f"{FOLDER}/{name} written")
    for path in _orphans(folder, files):
        path.unlink()
        say(f"{FOLDER}/{path.name} deleted: nothing draws it")
    say(f"{len(files) - 1} figures are up to date.")
    return 0


def check(root: Path, say: Say, figures: Figures) -> int:
    """Say which files are missing, stale or orphaned; their number."""
    files, folder, found = draw(figures), root / FOLDER, []
    for name, text in files.items():
        path = folder / name
        if not path.is_file():
            found.append(f"{FOLDER}/{name} is missing.")
        elif path.read_text(encoding="utf-8") != text:
            found.append(f"{FOLDER}/{name} is stale: its code draws something else now.")
    found += [f"{FOLDER}/{path.name} is orphaned: nothing draws it." for path in _orphans(folder, files)]
    for sentence in found:
        say(sentence)
    if found:
        say("Run `python -m lecture_utils.authoring figures`.")
    return len(found)
