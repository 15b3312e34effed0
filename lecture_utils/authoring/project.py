"""Where things lie in the repository, and how files get there whole."""

from __future__ import annotations

import difflib
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

NOTEBOOKS = "notebooks"  # these two are the pairing of pyproject.toml; a test compares them
SCRIPTS = "notebooks/py"
COPIES = "notebooks/kept"  # what a student's sync put aside

_LECTURE = re.compile(r"(\d\d|[a-d])_")  # 00_… to 08_…, and a_… to d_…


class AuthoringError(Exception):
    """Something the author can mend; the message is a sentence that says what."""


@dataclass(frozen=True)
class Pair:
    """A notebook and the percent script beside it: two files, one lecture."""

    root: Path
    name: str  # "02_forward_pass", or "solutions/02_forward_pass"

    @property
    def notebook(self) -> Path:
        """The .ipynb, executed: what people open."""
        return self.root / NOTEBOOKS / f"{self.name}.ipynb"

    @property
    def script(self) -> Path:
        """The .py: what people edit and review."""
        return self.root / SCRIPTS / f"{self.name}.py"

    def shown(self, path: Path) -> str:
        """A path as it is written in messages: from the repository's top, with forward slashes."""
        return path.relative_to(self.root).as_posix()


def find_root(start: Path) -> Path:
    """The nearest folder, from `start` upwards, that holds pyproject.toml and notebooks/."""
    for folder in (start, *start.parents):
        if (folder / "pyproject.toml").is_file() and (folder / NOTEBOOKS).is_dir():
            return folder
    raise AuthoringError(
        f"no pyproject.toml with a {NOTEBOOKS}/ folder beside it in {start} or above: run this in the repository."
    )


def find_pairs(root: Path) -> list[Pair]:
    """Every pair of which at least one side exists, in the order of the lecture.

    The file name of a pair, in whatever subfolder, starts with two digits or a letter from a to d, and an underscore.
    Any other notebook is a student's own and left alone.
    """
    scripts = {_name(path, root / SCRIPTS) for path in (root / SCRIPTS).rglob("*.py") if is_of_lecture(path)}
    files = (path for path in _notebook_files(root) if is_of_lecture(path) and not _is_unpaired(path))
    notebooks = {_name(path, root / NOTEBOOKS) for path in files}
    return [Pair(root, name) for name in sorted(scripts | notebooks)]


def is_of_lecture(path: Path) -> bool:
    """Whether a file is named as the lecture's notebooks and scripts are, and not as a student's own."""
    return _LECTURE.match(path.name) is not None


def _notebook_files(root: Path) -> Iterator[Path]:
    aside = (root / SCRIPTS, root / COPIES)
    for path in (root / NOTEBOOKS).rglob("*.ipynb"):
        hidden = any(part.startswith(".") for part in path.relative_to(root).parts)
        if not hidden and not any(path.is_relative_to(folder) for folder in aside):
            yield path


def _name(path: Path, folder: Path) -> str:
    return path.relative_to(folder).with_suffix("").as_posix()


def _is_unpaired(path: Path) -> bool:
    """Students' exercises name their formats themselves, so that no script is written for them."""
    try:
        metadata = json.loads(path.read_text(encoding="utf-8")).get("metadata", {})
    except (ValueError, AttributeError):
        return False  # broken, which is reported when it is read
    return bool(metadata.get("jupytext", {}).get("formats"))


def choose(pairs: Sequence[Pair], wanted: Iterable[str]) -> list[Pair]:
    """The pairs that `wanted` names: "02", "02_forward_pass", or the path of either file; all when it is empty."""
    chosen = [_find(pairs, name) for name in wanted]
    return list(dict.fromkeys(chosen)) or list(pairs)


def _find(pairs: Sequence[Pair], wanted: str) -> Pair:
    plain = wanted.replace("\\", "/").removesuffix(".ipynb").removesuffix(".py").removeprefix("./")
    plain = plain.removeprefix(f"{SCRIPTS}/").removeprefix(f"{NOTEBOOKS}/")
    fits = [pair for pair in pairs if pair.name == plain] or [p for p in pairs if p.name.startswith(plain)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        raise AuthoringError(f"{wanted!r} may be {' or '.join(pair.name for pair in fits)}: say which.")
    names = [pair.name for pair in pairs]
    near = difflib.get_close_matches(plain, names, n=1, cutoff=0.4)
    hint = f"did you mean {near[0]!r}?" if near else f"there are {', '.join(names) or 'none yet'}."
    if not is_of_lecture(Path(plain)):
        hint += " Names of the lecture start like 02_ or a_; any other notebook is left alone."
    raise AuthoringError(f"there is no notebook {wanted!r} in the lecture: {hint}")


def write_if_changed(path: Path, text: str) -> bool:
    """Put `text` at `path`, whole or not at all; say whether the file had to change."""
    data = text.encode("utf-8")
    if path.is_file() and path.read_bytes() == data:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.chmod(temporary, path.stat().st_mode & 0o777 if path.exists() else 0o644)
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return True
