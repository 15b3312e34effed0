"""What this computer has of what the lecture needs, said in words, and what to do about what is missing."""

from __future__ import annotations

import platform
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import metadata

LEAST_PYTHON = (3, 11)
WIDGETS = ("ipywidgets", "anywidget")
AGAIN = "run `make lab` again in the folder of the clone, or the pip line of the README"


@dataclass(frozen=True)
class Finding:
    """One thing the lecture needs: what was found, whether it will do, and what to do where it will not."""

    what: str
    found: str
    right: bool
    advice: str = ""

    def __str__(self) -> str:
        line = f"{'✓ ready  ' if self.right else '✗ missing'}  {self.what:<8} {self.found}"
        return line if self.right else f"{line}\n           What to do: {self.advice}."


@dataclass(frozen=True)
class Report:
    """All findings; prints as a list."""

    findings: tuple[Finding, ...]

    @property
    def complete(self) -> bool:
        """Whether nothing is missing."""
        return all(finding.right for finding in self.findings)

    def __str__(self) -> str:
        end = "You have all you need." if self.complete else "Mend what is missing, then run this cell again."
        return "\n".join([*map(str, self.findings), "", end])


def look_around() -> Report:
    """Look for Python, PyTorch, a device to compute on, and widgets; nothing raises, nothing is changed."""
    return Report((_python(), _torch(), _device(), _widgets()))


def _python() -> Finding:
    least = ".".join(map(str, LEAST_PYTHON))
    right = sys.version_info >= LEAST_PYTHON
    found = f"{platform.python_version()} (needed: {least} or newer)"
    return Finding("Python", found, right, f"install Python {least} or newer, then {AGAIN}")


def _torch() -> Finding:
    try:
        import torch
    except (ImportError, OSError) as problem:  # OSError: on Windows, a library that PyTorch needs is missing
        return Finding("PyTorch", _cannot("PyTorch", problem), False, AGAIN)
    return Finding("PyTorch", str(torch.__version__), True)


def _device() -> Finding:
    try:
        name, words = _named_device()
    except (ImportError, OSError):
        return Finding("device", "not known without PyTorch", False, AGAIN)
    except (ValueError, RuntimeError) as problem:
        return Finding("device", str(problem), False, "unset LECTURE_UTILS_DEVICE, or set it to cpu")
    return Finding("device", f"{name}: {words}", True)


def _named_device() -> tuple[str, str]:
    import torch

    from lecture_utils.training import pick_device

    words: dict[str, Callable[[], str]] = {
        "cuda": lambda: f"the graphics card {torch.cuda.get_device_name()}; every training here runs without one too",
        "mps": lambda: "the graphics part of this Apple computer; every training here runs without one too",
        "cpu": lambda: "no graphics card is used; every training here is made for this",
    }
    name = pick_device().type
    return name, words[name]()


def _widgets() -> Finding:
    versions = []
    for package in WIDGETS:
        try:
            versions.append(f"{package} {metadata.version(package)}")
        except metadata.PackageNotFoundError:
            found = f"{package} is not installed"
            return Finding("widgets", found, False, f"{AGAIN}; then close the browser's tab and open it again")
    return Finding("widgets", ", ".join(versions), True)


def _cannot(what: str, problem: Exception) -> str:
    if isinstance(problem, ModuleNotFoundError) and problem.name == "torch":
        return f"{what} is not installed"
    return f"{what} is installed but does not start: {problem}"
