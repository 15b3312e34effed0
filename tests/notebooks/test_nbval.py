"""Every notebook runs strictly under nbval, within its budget."""

from pathlib import Path

import pytest

from lecture_utils.authoring.project import find_pairs
from lecture_utils.authoring.validation import add_to_report, budget_rows, run_nbval

ROOT = Path(__file__).parents[2]
PAIRED = {pair.notebook for pair in find_pairs(ROOT)}  # what else lies there is a student's own
PATHS = sorted(path for path in (ROOT / "notebooks").glob("*.ipynb") if path in PAIRED)
REPORT = ROOT / "reports" / "notebooks.json"

pytestmark = pytest.mark.notebook


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_strict_nbval(path):
    validation = run_nbval(path)
    rows = budget_rows(path.stem, validation)
    add_to_report(REPORT, rows)
    assert validation.passed, f"\n{validation.text}"
    over = [f"{row['name']} {row['value']} {row['unit']}, at most {row['bar']}" for row in rows if not row["ok"]]
    assert not over, "; ".join(over)
