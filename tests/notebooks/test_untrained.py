"""Every notebook notices when nothing is learned: a file of its own, so that it runs beside nbval."""

import nbformat
import pytest

from lecture_utils.authoring.normal_form import is_code, tags
from lecture_utils.authoring.validation import TRAINED, blind_to_training
from tests.notebooks.test_nbval import PATHS

pytestmark = pytest.mark.notebook


def reports_training(path):
    cells = nbformat.read(path, as_version=4).cells
    return any(is_code(cell) and TRAINED in tags(cell) for cell in cells)


@pytest.mark.parametrize("path", [p for p in PATHS if reports_training(p)], ids=lambda path: path.stem)
def test_a_training_that_learns_nothing_is_noticed(path):
    found = blind_to_training(nbformat.read(path, as_version=4), path.parent)
    assert not found, "\n" + "\n".join(found)
