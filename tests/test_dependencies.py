"""pyproject.toml says what is needed; constraints.txt, environment.yml and the documents follow it."""

import re
import tomllib
from importlib import metadata
from pathlib import Path

import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]

# conda-forge's names where they differ; matplotlib-base is matplotlib without a window system.
CONDA_NAMES = {"torch": "pytorch", "matplotlib": "matplotlib-base"}
# PyTorch names the exact versions of its CUDA parts itself, and only for builds that have them.
CUDA_PARTS = ("nvidia-", "cuda-", "triton")
# Asked for on some systems only: macOS, Windows, everywhere but Windows.
ELSEWHERE = {"appnope", "colorama", "pywinpty", "pexpect", "ptyprocess"}


def requirements(lines):
    parsed = map(Requirement, lines)
    return {canonicalize_name(requirement.name): requirement.specifier for requirement in parsed}


def students():
    return requirements(PROJECT["dependencies"])


def everyone():
    return students() | requirements(line for extra in EXTRAS.values() for line in extra)


def pins():
    lines = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
    return requirements(line for line in lines if line and not line.startswith("#"))


def environment():
    """environment.yml's conda packages by name, and its pip lines."""
    entries = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
    packages = (re.match(r"([\w.-]+)(.*)", entry).groups() for entry in entries if isinstance(entry, str))
    [pip] = [entry["pip"] for entry in entries if isinstance(entry, dict)]
    return {name: SpecifierSet(versions) for name, versions in packages}, pip


def installed_closure(distribution, extras, seen):
    """Names of everything installed here because `distribution` asks for it, and what they ask for."""
    for requirement in map(Requirement, metadata.requires(distribution) or []):
        name = canonicalize_name(requirement.name)
        wanted = requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras)
        if wanted and name not in seen:
            seen.add(name)
            installed_closure(name, ["", *requirement.extras], seen)
    return seen


def test_every_pin_is_one_exact_public_version():
    for name, specifier in pins().items():
        [pin] = specifier
        assert pin.operator == "==", name
        assert Version(pin.version).local is None, f"{name}: a local version exists on one machine only"


def test_every_dependency_is_pinned_inside_its_range():
    pinned = pins()
    for name, allowed in everyone().items():
        assert name in pinned, f"constraints.txt gives no version for {name}"
        [pin] = pinned[name]
        assert pin.version in allowed, f"{name}: constraints.txt has {pin.version}, pyproject.toml {allowed}"


def test_everything_the_dependencies_need_is_pinned():
    needed = installed_closure("unrolled", ["", *EXTRAS], set())
    assert {"torch", "pytest", "traitlets"} <= needed
    missing = [name for name in needed - pins().keys() if not name.startswith(CUDA_PARTS)]
    assert missing == [], "constraints.txt gives no version for these"


def test_nothing_else_is_pinned():
    needed = installed_closure("unrolled", ["", *EXTRAS], set())
    superfluous = sorted(pins().keys() - needed - ELSEWHERE)
    assert superfluous == [], "constraints.txt pins what nothing here asks for"


def test_conda_users_get_what_students_get():
    packages, pip = environment()
    assert packages.pop("pip") == SpecifierSet()
    python = packages.pop("python")
    assert packages == {CONDA_NAMES.get(name, name): versions for name, versions in students().items()}
    assert SpecifierSet(PROJECT["requires-python"]) & SpecifierSet("<3.15") == python
    assert pip == ["--editable ."], "pip has nothing to add to conda's packages but the lecture itself"


def test_documented_pip_lines_name_extras_that_exist():
    lines = [
        line
        for name in ("README.md", "CONTRIBUTING.md", ".github/workflows/ci.yml")
        for line in (ROOT / name).read_text("utf-8").splitlines()
        if "pip install" in line
    ]
    assert lines, "the documents should say how to install without make"
    for line in lines:
        [extras] = re.findall(r"-e \"?\.(\[[\w,]+\])?", line)
        assert set(extras.strip("[]").split(",")) <= {"", *EXTRAS}, line


def test_the_readme_says_how_to_install_without_make():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert "pip install -e . -c constraints.txt" in readme


def test_the_citation_names_this_version():
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text("utf-8"))
    assert citation["version"] == PROJECT["version"]
    assert citation["cff-version"] == "1.2.0"
    assert citation["authors"]
    assert citation["title"].lower().endswith(PROJECT["description"].lower())
