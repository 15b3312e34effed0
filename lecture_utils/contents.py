"""The table of contents: what each notebook says of itself, and which outcomes the lecture serves, where.

Needs the standard library only. The facts stand in the opening tables of the notebooks' scripts and in
`notebooks/outcomes.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
MAP = "outcomes.toml"

_CHAPTER = re.compile(r"(\d\d|[a-d])_\w+\.py")
_OPENING = re.compile(r"^# %% \[markdown\].*\n((?:#.*\n)+)", re.MULTILINE)
_TITLE = re.compile(r"^# (.+)$", re.MULTILINE)
_SERVED = re.compile(r"\*\*Outcomes served\*\*\s*\|(.+)\|")
_LIVE = re.compile(r"(\d+) minutes live")
_ALONE = re.compile(r"(\d+) minutes alone")


@dataclass(frozen=True)
class Chapter:
    """One notebook: its file, its title, the outcomes it names, its minutes in class and alone (0: not in class)."""

    file: str
    title: str
    outcomes: tuple[str, ...]
    live: int
    alone: int
    planned: bool = False

    @property
    def link(self) -> str:
        """The title, as a Markdown link where the notebook exists."""
        return f"{self.title} (planned)" if self.planned else f"[{self.title}]({self.file})"


@dataclass(frozen=True)
class Outcome:
    """What a student can do after the lecture, and what serves it; `planned` names what is still missing."""

    id: str
    can: str
    sections: tuple[str, ...]  # file.ipynb#anchor
    pictures: tuple[str, ...]  # stems of files in img/
    explorers: tuple[str, ...]  # file.ipynb: the call
    experiments: tuple[str, ...]  # file.ipynb: the experiment's name
    exercises: tuple[str, ...]  # ids
    tests: tuple[str, ...]  # as pytest collects them
    planned: tuple[str, ...] = ()


def chapters(folder: Path = FOLDER) -> list[Chapter]:
    """Every notebook of the lecture in order of reading, those that are planned among them."""
    found = [_chapter(path) for path in (folder / "py").glob("*.py") if _CHAPTER.fullmatch(path.name)]
    written = {chapter.file for chapter in found}
    planned = (entry for entry in _read_map(folder).get("planned", []) if entry["file"] not in written)
    found += [Chapter(**_frozen(entry), planned=True) for entry in planned]
    return sorted(found, key=lambda chapter: chapter.file)


def outcomes(folder: Path = FOLDER) -> list[Outcome]:
    """Every outcome, in the order of the lecture."""
    return [Outcome(**_frozen(entry)) for entry in _read_map(folder)["outcome"]]


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A Markdown table; a bar inside a cell is escaped."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(str(cell).replace("|", "\\|") for cell in line) + " |" for line in lines)


def _chapter(path: Path) -> Chapter:
    opening = re.sub(r"^# ?", "", _first(_OPENING, path.read_text(encoding="utf-8")), flags=re.MULTILINE)
    named = re.findall(r"`([\w-]+)`", _first(_SERVED, opening))
    title = _first(_TITLE, opening) or path.stem
    return Chapter(f"{path.stem}.ipynb", title, tuple(named), *_minutes(opening))


def _minutes(opening: str) -> tuple[int, int]:
    live, alone = (int(_first(pattern, opening) or 0) for pattern in (_LIVE, _ALONE))
    return live, alone


def _first(pattern: re.Pattern[str], text: str) -> str:
    match = pattern.search(text)
    return match.group(1) if match else ""


def _frozen(entry: dict[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in entry.items()}


def _read_map(folder: Path) -> dict[str, Any]:
    return tomllib.loads((folder / MAP).read_text(encoding="utf-8"))
