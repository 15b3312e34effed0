"""Every notebook runs strictly under nbval, within its budget, and notices when nothing is learned."""

from pathlib import Path

import nbformat
import pytest

from lecture_utils.authoring.normal_form import is_code, tags
from lecture_utils.authoring.project import find_pairs
from lecture_utils.authoring.validation import (
    TRAINED,
    add_to_report,
    blind_to_training,
    budget_rows,
    run_nbval,
)

ROOT = Path(__file__).parents[2]
PAIRED = {pair.notebook for pair in find_pairs(ROOT)}  # what else lies there is a student's own
PATHS = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb") if path in PAIRED)
REPORT = ROOT / "reports" / "notebooks.json"

pytestmark = pytest.mark.notebook


def reports_training(path):
    cells = nbformat.read(path, as_version=4).cells
    return any(is_code(cell) and TRAINED in tags(cell) for cell in cells)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_strict_nbval(path):
    validation = run_nbval(path)
    rows = budget_rows(path.stem, validation)
    add_to_report(REPORT, rows)
    assert validation.passed, f"\n{validation.text}"
    over = [f"{row['name']} {row['value']} {row['unit']}, at most {row['bar']}" for row in rows if not row["ok"]]
    assert not over, "; ".join(over)


@pytest.mark.parametrize("path", [p for p in PATHS if reports_training(p)], ids=lambda path: path.stem)
def test_a_training_that_learns_nothing_is_noticed(path):
    found = blind_to_training(nbformat.read(path, as_version=4), path.parent)
    assert not found, "\n" + "\n".join(found)
