"""The map of outcomes leads somewhere: every section, picture, explorer, experiment, exercise and test is there."""

import ast
import json
import re
import subprocess
import sys
from functools import cache

import pytest

from lecture_utils import contents, experiments
from lecture_utils.authoring.gates import anchors
from lecture_utils.contents import FOLDER, Chapter, Outcome, chapters, markdown_table, outcomes
from lecture_utils.diagrams.catalogue import FIGURES

ROOT = FOLDER.parent
OUTCOMES = outcomes()
KINDS = {"sections", "pictures", "explorers", "experiments", "exercises", "tests"}
PLANNED = 15  # what the map still promises; when it falls, lower this number too
LIVE = 80  # minutes in class


@cache
def cells(notebook, kind):
    loaded = json.loads((FOLDER / notebook).read_text(encoding="utf-8"))
    return tuple("".join(cell["source"]) for cell in loaded["cells"] if cell["cell_type"] == kind)


def calls(notebook):
    """Every call in a notebook's code, as ast writes it."""
    code = "\n".join(line for source in cells(notebook, "code") for line in source.splitlines() if line[:1] not in "%!")
    return {ast.unparse(node) for node in ast.walk(ast.parse(code)) if isinstance(node, ast.Call)}


def unchecked(exercises):
    """Those of "notebook: id" whose id is not checked in that notebook."""
    pairs = in_notebooks(exercises)
    return [name for notebook, name in pairs if not any(c.startswith(f"check('{name}'") for c in calls(notebook))]


def in_notebooks(entries):
    """ "notebook: what" in two parts."""
    return [entry.split(": ", 1) for entry in entries]


def test_there_are_twelve_outcomes_each_once():
    names = [outcome.id for outcome in OUTCOMES]
    assert len(names) == len(set(names)) == 12
    assert all(outcome.can for outcome in OUTCOMES)


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.id)
def test_nothing_that_should_serve_an_outcome_is_forgotten(outcome):
    there = {kind for kind in KINDS if getattr(outcome, kind)} | set(outcome.planned)
    if there & {"explorers", "experiments"}:
        there |= {"explorers", "experiments"}  # one of them will do
    assert there >= KINDS, "missing, and not said to be planned"
    assert set(outcome.planned) <= KINDS


def test_what_is_planned_only_falls():
    count = sum(len(outcome.planned) for outcome in OUTCOMES)
    assert count == PLANNED, f"the map plans {count} things, the test says {PLANNED}: it may only fall"


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.id)
def test_every_section_is_a_heading_of_its_notebook(outcome):
    for section in outcome.sections:
        notebook, anchor = section.split("#")
        assert anchor in anchors(cells(notebook, "markdown")), section
        [chapter] = [chapter for chapter in chapters() if chapter.file == notebook]
        assert outcome.id in chapter.outcomes, f"{notebook} does not say that it serves {outcome.id}"


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.id)
def test_every_picture_is_drawn_and_shown_in_a_section_of_the_outcome(outcome):
    notebooks = {section.split("#")[0] for section in outcome.sections}
    for stem in outcome.pictures:
        assert (ROOT / "img" / f"{stem}.svg").is_file(), stem
        drawn = FIGURES[stem].__name__
        shown = [call for notebook in notebooks for call in calls(notebook) if re.match(rf"([\w.]+\.)?{drawn}\(", call)]
        assert shown, f"{stem} is not shown in {', '.join(sorted(notebooks))}"


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.id)
def test_every_explorer_is_called_and_every_experiment_read_where_the_map_says(outcome):
    for notebook, call in in_notebooks(outcome.explorers):
        assert call in calls(notebook), f"{call} in {notebook}"
    for notebook, name in in_notebooks(outcome.experiments):
        assert name in experiments.names()
        assert f"stored('{name}')" in calls(notebook), f"stored({name!r}) in {notebook}"


@pytest.mark.parametrize("outcome", OUTCOMES, ids=lambda outcome: outcome.id)
def test_every_exercise_is_checked_in_a_notebook(outcome):
    assert unchecked(outcome.exercises) == []


def test_an_exercise_that_its_notebook_does_not_check_is_found(tmp_path, monkeypatch):
    cell = {"cell_type": "code", "source": ["def answer():\n", "    return 1\n", 'check("a.first", answer)']}
    (tmp_path / "05_some.ipynb").write_text(json.dumps({"cells": [cell]}), encoding="utf-8")
    monkeypatch.setattr(sys.modules[__name__], "FOLDER", tmp_path)
    assert unchecked(["05_some.ipynb: a.first", "05_some.ipynb: a.second"]) == ["a.second"]


def test_every_test_of_the_map_is_collected():
    wanted = sorted({test for outcome in OUTCOMES for test in outcome.tests})
    assert all("::" in test for test in wanted), "name a test, not a file"
    files = sorted({test.split("::")[0] for test in wanted})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", "-p", "no:cacheprovider", *files]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100).stdout.splitlines()
    collected = {line.split("[")[0] for line in listed}
    assert [test for test in wanted if test not in collected] == []


def test_every_outcome_a_notebook_names_exists():
    known = {outcome.id for outcome in OUTCOMES}
    for chapter in chapters():
        assert set(chapter.outcomes) <= known, chapter.file


def test_the_minutes_in_class_add_up():
    assert sum(chapter.live for chapter in chapters()) == LIVE


def test_a_notebooks_opening_is_read(tmp_path):
    table = "# | **Outcomes served** | `define` `shapes` |\n# | **Time** | 7 minutes live, 31 minutes alone |\n"
    opening = f'# ---\n# # not this\n# ---\n\n# %% [markdown] tags=["x"]\n# # 02 · Forward\n#\n{table}\n# %%\nx = 1\n'
    (tmp_path / "py").mkdir()
    (tmp_path / "py" / "02_forward.py").write_text(opening, encoding="utf-8")
    (tmp_path / "py" / "scratch.py").write_text("not a notebook", encoding="utf-8")
    planned = '[[planned]]\nfile = "{}"\ntitle = "T"\noutcomes = ["define"]\nlive = 3\nalone = 20\n'
    text = planned.format("02_forward.ipynb") + planned.format("05_more.ipynb")
    (tmp_path / contents.MAP).write_text(text, encoding="utf-8")
    written, planned = chapters(tmp_path)
    assert written == Chapter("02_forward.ipynb", "02 · Forward", ("define", "shapes"), 7, 31)
    assert planned == Chapter("05_more.ipynb", "T", ("define",), 3, 20, planned=True)
    assert (written.link, planned.link) == ("[02 · Forward](02_forward.ipynb)", "T (planned)")


def test_a_bar_in_a_table_stays_in_its_cell():
    assert markdown_table(("a", "b"), [("x|y", 1)]).splitlines() == ["| a | b |", "| --- | --- |", "| x\\|y | 1 |"]


def test_a_misspelt_entry_of_the_map_is_refused(tmp_path):
    (tmp_path / contents.MAP).write_text('[[outcome]]\nid = "x"\ncann = "y"\n', encoding="utf-8")
    with pytest.raises(TypeError, match="cann"):
        outcomes(tmp_path)
    assert Outcome.__dataclass_fields__.keys() >= KINDS
