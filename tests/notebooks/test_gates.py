"""Every gate holds for every notebook of the lecture; nothing is executed here."""

from pathlib import Path

import nbformat
import pytest

from lecture_utils.authoring import notebooks
from lecture_utils.authoring.gates import GATES, LEAST_COMPARED, compared_share
from lecture_utils.authoring.project import find_pairs

ROOT = Path(__file__).parents[2]
PAIRED = {pair.notebook for pair in find_pairs(ROOT)}  # what else lies there is a student's own
PATHS = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb") if path in PAIRED)


def read(path):
    return nbformat.read(path, as_version=4)


def test_there_are_notebooks():
    assert len(PATHS) >= 2, f"found {len(PATHS)} notebooks in {ROOT / 'notebooks'}"


@pytest.mark.parametrize("gate", GATES.values(), ids=GATES.keys())
def test_gate(gate):
    found = [f"{path.name}: {sentence}" for path in PATHS for sentence in gate(read(path), path)]
    assert not found, "\n" + "\n".join(found)


# Appendix D reads corpora that are not in the repository and trains by the clock: no output of it is alike everywhere.
COMPARABLE = [path for path in PATHS if path.stem != "d_real_corpora"]


def test_strict_nbval_compares_most_outputs():
    shares = {path.name: compared_share([read(path)]) for path in COMPARABLE}
    compared, total = (sum(numbers) for numbers in zip(*shares.values()))
    assert compared >= LEAST_COMPARED * total, f"{compared} of {total} cells are compared: {shares}"


def test_committed_notebooks_are_fresh():
    said = []
    assert notebooks.check(find_pairs(ROOT), said.append) == 0, "\n".join(said)
