"""The authors' command line and the gates, on tiny lectures made here: one for each way things can go wrong."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import nbformat
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output, new_raw_cell

from lecture_utils.authoring import execution, figures, normal_form, notebooks, pairing, project, syncing, validation
from lecture_utils.authoring.__main__ import main
from lecture_utils.authoring.gates import GATES, compared_share
from lecture_utils.authoring.pairing import Verdict
from lecture_utils.authoring.sources import digest
from lecture_utils.diagrams import Picture

REPOSITORY = Path(__file__).parents[1]

HEADER = """\
# ---
# jupyter:
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

"""
SCRIPT = (
    HEADER
    + """\
# %% [markdown]
# # A tiny lecture

# %%
import os
import sys
import time

print(os.environ["OMP_NUM_THREADS"], end=" ")
print(os.path.basename(os.getcwd()))

# %%
from IPython.display import display
from ipywidgets import IntSlider, Output

widget = IntSlider()
display({"text/html": "<img src='data:image/svg+xml;base64,AAAA' alt='a line'>"}, raw=True)
display({"application/vnd.jupyter.widget-view+json": {"model_id": widget.model_id}}, raw=True)

# %% tags=["nbval-ignore-output"]
from tqdm import tqdm

for _ in tqdm(range(3), file=sys.stderr):
    display({"text/plain": " "}, raw=True)
print("40 %\\r100 %")

# %% tags=["nbval-ignore-output"] slideshow={"slide_type": "slide"}
display(IntSlider())
with Output():
    print("inside")
time.time_ns()

# %%
{"answer": 42}
"""
)


def git(root, *arguments):
    names = ["-c", "user.name=A", "-c", "user.email=a@b.c", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *names, *arguments], cwd=root, check=True, capture_output=True, text=True
    ).stdout.strip()


@pytest.fixture
def root(tmp_path):
    """A repository with the pairing and no lecture yet."""
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "notebooks" / "py").mkdir(parents=True)
    return tmp_path


def add_script(root, name="01_tiny", text=SCRIPT):
    pair = project.Pair(root, name)
    pair.script.write_text(text, encoding="utf-8")
    return pair


def simple(*sources):
    """A script with one code cell for each source."""
    return HEADER + "\n\n".join(f"# %%\n{source}" for source in sources) + "\n"


def as_run(pair, *outputs):
    """Write the pair as if the command had just executed it: each cell printed its text."""
    inputs = pairing.parse_script(pair.script.read_text(encoding="utf-8"))
    notebook = normal_form.build(
        pair.name, inputs, [[new_output("stream", text=text)] if text else [] for text in outputs]
    )
    pair.script.write_text(pairing.script_text(inputs), encoding="utf-8")
    pair.notebook.write_text(pairing.notebook_text(notebook), encoding="utf-8")
    return notebook


def edit_notebook(pair, old, new):
    """Change a source as an editor outside JupyterLab does: the script is left behind."""
    notebook = nbformat.read(pair.notebook, as_version=4)
    assert any(old in cell.source for cell in notebook.cells)
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new)
    nbformat.write(notebook, pair.notebook)


def edit_script(pair, old, new):
    text = pair.script.read_text(encoding="utf-8")
    assert old in text
    pair.script.write_text(text.replace(old, new), encoding="utf-8")


def sources(pair):
    return normal_form.code_sources(nbformat.read(pair.notebook, as_version=4))


def snapshot(root):
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {path.relative_to(root).as_posix(): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def call(root, monkeypatch, *arguments):
    monkeypatch.chdir(root)
    return main([*arguments])


def test_notebooks_are_reproducible_to_the_byte(root, monkeypatch, capsys):
    pair = add_script(root)
    git(root, "init", "-q")
    assert call(root, monkeypatch, "notebooks") == 0
    assert re.search(r"01_tiny: \d+\.\d s, \d+ MB, written", capsys.readouterr().out)
    git(root, "add", ".")
    git(root, "commit", "-qm", "a lecture")
    notebook = nbformat.read(pair.notebook, as_version=4)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == [1, 2, 3, 4, 5]
    assert [output.get("text") for output in code[0].outputs] == ["1 notebooks\n"], "one thread, in notebooks/"
    assert [list(output.data) for output in code[1].outputs] == [["text/html"]], "the widget is gone"
    assert [output.text for output in code[2].outputs] == ["100 %\n"], "progress bars are gone"
    assert [list(output.data) for output in code[3].outputs] == [["text/plain"]], "the time remains"
    assert code[3].metadata == {"tags": ["nbval-ignore-output"], "slideshow": {"slide_type": "slide"}}
    assert "widgets" not in notebook.metadata
    assert "version" not in notebook.metadata.language_info
    assert call(root, monkeypatch, "notebooks", "--check") == 0, capsys.readouterr().out

    before = snapshot(root)
    pair.notebook.unlink()
    assert call(root, monkeypatch, "notebooks") == 0
    assert {name: data for name, (data, _) in snapshot(root).items()} == {n: data for n, (data, _) in before.items()}
    assert git(root, "status", "--porcelain") == ""

    strict = validation.run_nbval(pair.notebook)
    assert strict.passed, strict.text
    assert strict.megabytes > 20

    assert call(root, monkeypatch, "notebooks", "--refresh", "01") == 0
    fresh = [cell.outputs for cell in nbformat.read(pair.notebook, as_version=4).cells if cell.cell_type == "code"]
    assert fresh[3] != code[3].outputs, "--refresh renews the time"
    assert fresh[:3] + fresh[4:] == [cell.outputs for i, cell in enumerate(code) if i != 3]


def test_a_failing_cell_is_named_and_nothing_is_written(root, monkeypatch, capsys):
    good = simple("x = 1", "print(x)\nfor i in range(3):\n    i / 0\n    print(i)")
    add_script(root, text=good)
    before = snapshot(root)
    assert call(root, monkeypatch, "notebooks") == 1
    said = capsys.readouterr().out
    assert "01_tiny: FAILED" in said
    assert "cell [2] fails: ZeroDivisionError: division by zero\n    print(x)\n    for i in range(3):" in said
    assert snapshot(root) == before


def test_what_cannot_be_committed_is_refused(root, monkeypatch, capsys):
    bad = ["import warnings\nwarnings.warn('old')", "object()", "from ipywidgets import IntSlider\nIntSlider()"]
    bad += ["import sys\nfrom tqdm import tqdm\nlist(tqdm([1], file=sys.stderr))[0]"]
    add_script(root, text=simple(*bad))
    before = snapshot(root)
    assert call(root, monkeypatch, "notebooks") == 1
    said = capsys.readouterr().out
    assert re.search(r"cell \[1\] writes to stderr: .*UserWarning: old", said)
    assert re.search(r"cell \[2\] shows a memory address \(0x\w+\)", said)
    assert "cell [3] shows the widget 'IntSlider(value=0)'" in said
    assert "cell [4] shows a progress bar" in said
    assert snapshot(root) == before


def test_an_empty_cell_is_refused_before_anything_runs(root, monkeypatch, capsys):
    add_script(root, text=simple("x = 1", "", "x"))
    before = snapshot(root)
    monkeypatch.setattr(execution, "execute", lambda *_, **settings: pytest.fail("it ran"))
    assert call(root, monkeypatch, "notebooks") == 1
    assert "cell [2] is empty: delete" in capsys.readouterr().out
    assert snapshot(root) == before


def test_a_cell_that_takes_too_long_is_named():
    slow = new_notebook(cells=[new_code_cell("1"), new_code_cell("import time\ntime.sleep(9)")])
    with pytest.raises(project.AuthoringError, match=r"cell \[2\] fails: it took longer than 1 s"):
        execution.execute(slow, Path.cwd(), timeout=1)


def keeping(pair, outputs):
    """What a run whose ignored cells print `outputs` would commit."""
    inputs = pairing.parse_script(pair.script.read_text(encoding="utf-8"))
    fresh = [[new_output("stream", text=text)] for text in outputs]
    notebooks._keep_old(inputs, fresh, notebooks._known_outputs(pair))
    return [out[0].text for out in fresh]


IGNORING = (
    simple("a = 1", "train()").replace("# %%\ntrain", '# %% tags=["nbval-ignore-output"]\ntrain') + "\n# %%\nprint(3)\n"
)


def test_an_ignored_output_is_kept_while_all_code_up_to_it_is_unchanged(root):
    pair = add_script(root, text=IGNORING)
    as_run(pair, "one", "loss 0.5", "3")
    assert keeping(pair, ["uno", "loss 0.4", "tre"]) == ["uno", "loss 0.5", "tre"]
    edit_script(pair, "print(3)", "print(4)")
    assert keeping(pair, ["uno", "loss 0.4", "tre"]) == ["uno", "loss 0.5", "tre"], "later code does not matter"
    edit_script(pair, "a = 1", "a = 2")
    assert keeping(pair, ["uno", "loss 0.4", "tre"]) == ["uno", "loss 0.4", "tre"], "earlier code does"


def test_outputs_from_elsewhere_are_not_kept_but_those_of_git_are(root):
    pair = add_script(root, text=IGNORING)
    as_run(pair, "one", "loss 0.5", "3")
    git(root, "init", "-q")
    git(root, "add", ".")
    pair.notebook.write_text(pair.notebook.read_text(encoding="utf-8").replace("loss 0.5", "loss 9.9"), "utf-8")
    assert keeping(pair, ["", "loss 0.4", ""])[1] == "loss 0.5", "9.9 was not written by the command"
    pair.notebook.unlink()
    assert keeping(pair, ["", "loss 0.4", ""])[1] == "loss 0.5", "from the index"
    git(root, "commit", "-qm", "a lecture")
    git(root, "rm", "-q", "--cached", "notebooks/01_tiny.ipynb")
    assert keeping(pair, ["", "loss 0.4", ""])[1] == "loss 0.5", "from the last commit"
    as_run(pair, "one", "loss 0.3", "3")
    assert keeping(pair, ["", "loss 0.4", ""])[1] == "loss 0.3", "a renewed output comes before git's"
    pair.notebook.unlink()
    shutil.rmtree(root / ".git")
    assert keeping(pair, ["", "loss 0.4", ""])[1] == "loss 0.4", "from nowhere"


@pytest.fixture
def pair(root):
    pair = add_script(root, text=simple("a = 1", "b = 2") + "\n# %% [markdown]\n# text\n")
    as_run(pair, "one", "two")
    return pair


def make_older(path):
    os.utime(path, (time.time() - 5000, time.time() - 5000))


@pytest.mark.parametrize("older", ["notebook", "script"])
def test_an_edit_outside_jupyterlab_is_found_whenever_it_was_saved(pair, root, monkeypatch, older):
    edit_notebook(pair, "b = 2", "b = 3")
    make_older(getattr(pair, older))
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert "b = 3" in pair.script.read_text(encoding="utf-8")
    assert sources(pair) == ["a = 1", "b = 3"]
    edit_script(pair, "# text", "# prose")
    make_older(getattr(pair, older))
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert [cell.source for cell in nbformat.read(pair.notebook, as_version=4).cells][2] == "prose"


def test_an_edited_notebook_runs_with_its_edit(pair, root, monkeypatch):
    edit_notebook(pair, "b = 2", "print('edited outside')")
    make_older(pair.notebook)
    assert call(root, monkeypatch, "notebooks") == 0
    assert "edited outside" in pair.script.read_text(encoding="utf-8")
    outputs = nbformat.read(pair.notebook, as_version=4).cells[1].outputs
    assert [output.text for output in outputs] == ["edited outside\n"]


def test_the_edited_side_is_known_without_git_and_again_after_each_sync(pair):
    assert pairing.compare(pair) is Verdict.AGREE
    for number in range(2):
        edit_script(pair, "a = 1" + "0" * number, "a = 1" + "0" * (number + 1))
        assert pairing.compare(pair) is Verdict.SCRIPT
        syncing.run([pair], print)
        edit_notebook(pair, "b = 2" + "0" * number, "b = 2" + "0" * (number + 1))
        assert pairing.compare(pair) is Verdict.NOTEBOOK
        syncing.run([pair], print)
    assert sources(pair) == ["a = 100", "b = 200"]


def test_a_lost_stamp_is_made_up_for_by_git(pair, root):
    git(root, "init", "-q")
    git(root, "add", ".")
    notebook = nbformat.read(pair.notebook, as_version=4)
    del notebook.metadata["unrolled"]
    nbformat.write(notebook, pair.notebook)
    edit_notebook(pair, "b = 2", "b = 3")
    assert pairing.compare(pair) is Verdict.NOTEBOOK
    shutil.rmtree(root / ".git")
    assert pairing.compare(pair) is Verdict.CONFLICT


def test_syncing_a_fresh_clone_changes_nothing_and_says_nothing(pair, root, monkeypatch, capsys):
    make_older(pair.script)
    before = snapshot(root)
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert snapshot(root) == before
    assert capsys.readouterr().out == ""


def test_two_different_edits_stop_the_authors_until_they_say_which_counts(pair, root, monkeypatch, capsys):
    edit_script(pair, "a = 1", "a = 7")
    edit_notebook(pair, "a = 1", "a = 8")
    before = snapshot(root)
    assert call(root, monkeypatch, "notebooks") == 1
    said = capsys.readouterr().out
    assert "notebooks/py/01_tiny.py and notebooks/01_tiny.ipynb were both edited and disagree" in said
    assert snapshot(root) == before
    monkeypatch.setattr(execution, "execute", lambda notebook, _, **settings: execution.Execution(notebook, 1.0, 100))
    assert call(root, monkeypatch, "notebooks", "--from", "ipynb") == 0
    assert sources(pair)[0] == "a = 8"
    assert "a = 8" in pair.script.read_text(encoding="utf-8")


@pytest.mark.parametrize(("older", "winner", "lost"), [("script", "a = 8", "a = 7"), ("notebook", "a = 7", "a = 8")])
def test_sync_settles_two_different_edits_and_keeps_both(pair, root, monkeypatch, capsys, older, winner, lost):
    edit_script(pair, "a = 1", "a = 7")
    edit_notebook(pair, "a = 1", "a = 8")
    make_older(getattr(pair, older))
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert sources(pair)[0] == winner
    assert winner in pair.script.read_text(encoding="utf-8")
    copies = list((root / "notebooks" / "kept").iterdir())
    assert len(copies) == 1
    assert lost in copies[0].read_text(encoding="utf-8")
    assert copies[0].name in capsys.readouterr().out
    if copies[0].suffix == ".ipynb":
        copy = nbformat.read(copies[0], as_version=4)
        assert copy.metadata.jupytext.formats == "ipynb", "JupyterLab shall not pair it either"


def test_sync_against_the_edited_side_keeps_the_edit(pair, root, monkeypatch):
    edit_notebook(pair, "a = 1", "a = 8")
    assert call(root, monkeypatch, "notebooks", "--sync", "--from", "py") == 0
    assert sources(pair)[0] == "a = 1"
    copies = list((root / "notebooks" / "kept").iterdir())
    assert len(copies) == 1
    assert "a = 8" in copies[0].read_text(encoding="utf-8")


@pytest.fixture
def in_git(pair, root):
    git(root, "init", "-q")
    git(root, "add", ".")
    git(root, "commit", "-qm", "a lecture")
    return pair


def kept(root):
    folder = root / "notebooks" / "kept"
    return [path.read_text(encoding="utf-8") for path in sorted(folder.iterdir())] if folder.is_dir() else []


def restore(pair, side):
    git(pair.root, "checkout", "--", getattr(pair, side).relative_to(pair.root).as_posix())


def test_an_edit_survives_the_sync_after_its_script_was_taken_back_from_git(in_git, root, monkeypatch, capsys):
    edit_notebook(in_git, "a = 1", "a = 8")
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert kept(root) == [], "git had the script that was overwritten"
    restore(in_git, "script")
    capsys.readouterr()
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert sources(in_git)[0] == "a = 1"
    assert len(kept(root)) == 1
    assert "a = 8" in kept(root)[0]
    assert "What notebooks/01_tiny.ipynb said before is kept in notebooks/kept/01_tiny." in capsys.readouterr().out


def test_an_edit_that_only_a_script_still_has_is_kept_too(in_git, root):
    edit_script(in_git, "a = 1", "a = 8")
    syncing.run([in_git], print)
    edit_notebook(in_git, "a = 8", "a = 9")
    syncing.run([in_git], print)
    assert "a = 9" in in_git.script.read_text(encoding="utf-8")
    assert len(kept(root)) == 1
    assert "a = 8" in kept(root)[0]


@pytest.mark.parametrize("stage", [["add", "."], ["commit", "-qam", "an edit"]])
def test_what_git_has_is_not_copied(in_git, root, stage):
    edit_script(in_git, "a = 1", "a = 8")
    syncing.run([in_git], print)
    git(root, *stage)
    edit_script(in_git, "a = 8", "a = 9")
    syncing.run([in_git], print)
    assert sources(in_git)[0] == "a = 9"
    assert kept(root) == []


def test_a_version_of_git_that_cannot_be_read_holds_nothing(in_git, root):
    in_git.notebook.write_text("<<<<<<< HEAD", encoding="utf-8")
    in_git.script.write_text("# ---\n# jupyter: [\n# ---\n", encoding="utf-8")
    git(root, "commit", "-qam", "a merge gone wrong")
    add_script(root, text=simple("a = 1"))
    as_run(in_git, "one")
    edit_script(in_git, "a = 1", "a = 2")
    assert syncing.run([in_git], print) == 0
    assert ["a = 1" in text for text in kept(root)] == [True]
    edit_script(in_git, "a = 2", "a = 3")
    edit_notebook(in_git, "a = 2", "a = 4")
    assert pairing.compare(in_git) is Verdict.CONFLICT


@pytest.mark.parametrize("text", ["", " \n\n"])
@pytest.mark.parametrize("mode", [["--sync"], ["--check"], []])
def test_an_empty_script_is_refused(in_git, root, monkeypatch, capsys, mode, text):
    edit_notebook(in_git, "a = 1", "a = 8")
    syncing.run([in_git], print)
    in_git.script.write_text(text, encoding="utf-8")
    before = snapshot(root)
    capsys.readouterr()
    assert call(root, monkeypatch, "notebooks", *mode) == 1
    said = capsys.readouterr().out
    assert "notebooks/py/01_tiny.py is empty; delete it to have it written again from its notebook." in said
    assert snapshot(root) == before
    in_git.script.unlink()
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert "a = 8" in in_git.script.read_text(encoding="utf-8")


def test_copies_made_within_one_second_have_names_of_their_own(in_git, root, monkeypatch):
    monkeypatch.setattr(time, "strftime", lambda _: "20260102-030405")
    for number in range(2, 6):
        edit_script(in_git, f"a = {number - 1}", f"a = {number}")
        syncing.run([in_git], print)
    assert sources(in_git)[0] == "a = 5"
    names = [f"01_tiny.20260102-030405{end}.ipynb" for end in ("-2", "-3", "")]
    assert sorted(path.name for path in (root / "notebooks" / "kept").iterdir()) == names
    assert [re.search("a = (.)", text)[1] for text in kept(root)] == ["3", "4", "2"]


@pytest.mark.parametrize("mode", [["--sync"], []])
def test_a_missing_file_cannot_be_the_side_that_counts(pair, root, monkeypatch, capsys, mode):
    pair.script.unlink()
    before = snapshot(root)
    assert call(root, monkeypatch, "notebooks", "--from", "py", *mode) == 1
    assert "does not exist" in capsys.readouterr().out
    assert snapshot(root) == before


def test_equal_cells_have_different_ids_and_the_same_ones_every_time():
    first, second = (new_notebook(cells=[new_code_cell("1"), new_code_cell("1")]) for _ in range(2))
    for notebook in (first, second):
        normal_form.with_stable_ids(notebook, "01_tiny")
    assert first.cells == second.cells
    assert first.cells[0].id != first.cells[1].id


def test_sync_drops_the_outputs_of_changed_cells_only(pair):
    edit_script(pair, "a = 1", "a = 5")
    syncing.run([pair], print)
    code = nbformat.read(pair.notebook, as_version=4).cells[:2]
    assert [[output.text for output in cell.outputs] for cell in code] == [[], ["two"]]


@pytest.mark.parametrize("side", ["notebook", "script"])
def test_a_missing_side_is_written_from_the_other(pair, side):
    getattr(pair, side).unlink()
    syncing.run([pair], print)
    assert pairing.compare(pair) is Verdict.AGREE
    assert sources(pair) == ["a = 1", "b = 2"]


@pytest.mark.parametrize(("lost", "other"), [("py/01_tiny.py", "01_tiny.ipynb"), ("01_tiny.ipynb", "py/01_tiny.py")])
def test_a_missing_side_is_said_to_be_missing(pair, root, monkeypatch, capsys, lost, other):
    (root / "notebooks" / lost).unlink()
    assert call(root, monkeypatch, "notebooks", "--sync") == 0
    assert capsys.readouterr().out == f"notebooks/{lost} is missing: written again from notebooks/{other}.\n"
    assert kept(root) == []


def test_a_side_that_was_not_edited_is_not_said_to_be(pair):
    edit_notebook(pair, "a = 1", "a = 8")
    sentence = syncing.sync(pair, Verdict.SCRIPT)
    assert sentence.startswith("notebooks/01_tiny.ipynb now follows notebooks/py/01_tiny.py, as asked. What ")


def sync_without(root, *modules):
    """The exit status of a sync in an installation that lacks these modules."""
    block = f"import sys; sys.modules.update(dict.fromkeys({modules}));"
    code = f"{block} from lecture_utils.authoring.__main__ import main; sys.exit(main(['notebooks', '--sync']))"
    return subprocess.run([sys.executable, "-c", code], cwd=root).returncode


def test_sync_needs_only_what_students_have_and_next_to_nothing_when_idle(pair, root):
    assert sync_without(root, "jupytext", "nbformat", "nbclient", "psutil", "torch") == 0
    edit_notebook(pair, "a = 1", "a = 5")
    assert sync_without(root, "nbclient", "psutil", "torch") == 0
    assert "a = 5" in pair.script.read_text(encoding="utf-8")


METADATA = st.fixed_dictionaries(
    {}, optional={"tags": st.lists(st.sampled_from("xyz"), unique=True), "slideshow": st.just({"slide_type": "slide"})}
)
CELLS = st.one_of(
    st.builds(new_code_cell, st.text("ab=1 \n#%'!?\"\\", max_size=30), metadata=METADATA),
    st.builds(new_markdown_cell, st.text("ab# \n%-*`|$é", max_size=30), metadata=METADATA),
    st.builds(new_raw_cell, st.text("ab \n#", max_size=20), metadata=METADATA),
)


@settings(max_examples=40)
@example([new_code_cell("# %%\na = 1")])
@given(st.lists(CELLS, max_size=5))
def test_a_script_says_the_same_from_either_file_however_often_it_is_written(cells):
    notebook = new_notebook(cells=cells)
    text = pairing.script_text(notebook)
    assert pairing.script_text(pairing.parse_script(text)) == text
    assert pairing.script_text(pairing.parse_notebook(pairing.notebook_text(notebook), "")) == text


def test_the_version_of_jupytext_is_not_in_a_script():
    assert "jupytext_version" not in pairing.script_text(new_notebook())


def test_pairing_is_that_of_pyproject():
    config = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    expected = {f"{project.NOTEBOOKS}/": "ipynb", f"{project.SCRIPTS}/": pairing.FORMAT}
    assert config["tool"]["jupytext"]["formats"] == expected


def test_exercises_copies_and_checkpoints_get_no_script(pair, root):
    exercise = new_notebook(metadata={"jupytext": {"formats": "ipynb"}})
    nbformat.write(exercise, root / "notebooks" / "exercise.ipynb")
    for folder in ("kept", ".ipynb_checkpoints"):
        (root / "notebooks" / folder).mkdir()
        nbformat.write(new_notebook(), root / "notebooks" / folder / "01_tiny.ipynb")
    assert project.find_pairs(root) == [pair]


@pytest.mark.parametrize("mode", [["--sync"], ["--check"], []])
@pytest.mark.parametrize("name", ["Untitled", "my_own", "2_x", "e_x", "A_x", "0203_x", "02", "a", "solutions/Untitled"])
def test_a_notebook_of_the_students_own_is_left_alone(in_git, root, monkeypatch, capsys, name, mode):
    monkeypatch.setattr(execution, "execute", lambda notebook, _, **settings: execution.Execution(notebook, 1.0, 100))
    own = project.Pair(root, name)
    own.notebook.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(cells=[new_code_cell("mine")]), own.notebook)
    before = own.notebook.read_bytes()
    assert project.find_pairs(root) == [in_git]
    assert call(root, monkeypatch, "notebooks", *mode) == 0, capsys.readouterr().out
    assert own.notebook.read_bytes() == before
    assert not own.script.exists()


def test_a_script_of_the_students_own_is_left_alone_too(pair, root):
    project.Pair(root, "untitled").script.write_text(SCRIPT, encoding="utf-8")
    assert project.find_pairs(root) == [pair]


@pytest.mark.parametrize("mode", [["--sync"], ["--check"], []])
def test_a_notebook_of_the_students_own_that_is_named_gets_a_sentence(pair, root, monkeypatch, capsys, mode):
    nbformat.write(new_notebook(), root / "notebooks" / "Untitled.ipynb")
    before = snapshot(root)
    assert call(root, monkeypatch, "notebooks", *mode, "notebooks/Untitled.ipynb") == 2
    said = capsys.readouterr().err
    assert "there is no notebook 'notebooks/Untitled.ipynb' in the lecture" in said
    assert "Names of the lecture start like 02_ or a_; any other notebook is left alone." in said
    assert snapshot(root) == before


@pytest.mark.parametrize("name", ["00_start", "08_end", "a_more", "d_last", "solutions/02_forward_pass"])
def test_names_of_the_lecture_are_paired(pair, root, name):
    new = project.Pair(root, name)
    new.notebook.parent.mkdir(exist_ok=True)
    nbformat.write(new_notebook(), new.notebook)
    assert set(project.find_pairs(root)) == {pair, new}


def stale(pair):
    said = []
    assert bool(notebooks.check([pair], said.append)) == bool(said)
    return "\n".join(said)


def test_a_fresh_pair_is_not_stale(pair):
    assert stale(pair) == ""


def with_notebook(change):
    def apply(pair):
        notebook = nbformat.read(pair.notebook, as_version=4)
        change(notebook)
        pair.notebook.write_text(pairing.notebook_text(notebook), encoding="utf-8")

    return apply


def edit_both(pair):
    edit_script(pair, "a = 1", "a = 2")
    syncing.run([pair], print)


STALE = {
    "the notebook is missing": (lambda pair: pair.notebook.unlink(), "01_tiny.ipynb is missing"),
    "the script is missing": (lambda pair: pair.script.unlink(), "py/01_tiny.py is missing"),
    "the notebook is broken": (lambda pair: pair.notebook.write_text("<<<<<<< HEAD"), "is not a notebook"),
    "the sides disagree": (lambda pair: edit_script(pair, "text", "prose"), "disagree"),
    "never run": (with_notebook(lambda nb: nb.metadata.pop("unrolled")), "do not come from this command"),
    "synced, not run": (edit_both, "code has changed since its outputs"),
    "run elsewhere": (with_notebook(lambda nb: nb.cells[0].outputs.clear()), "outputs have changed"),
    "random ids": (with_notebook(lambda nb: nb.cells[0].update(id="random")), "not in its normal form: has the line"),
    "kernel version": (with_notebook(lambda nb: nb.metadata.language_info.update(version="3.1")), "normal form"),
    "widget state": (with_notebook(lambda nb: nb.metadata.update(widgets={})), "normal form"),
    "counts": (with_notebook(lambda nb: nb.cells[0].update(execution_count=9)), '"execution_count": 9'),
    "timing": (with_notebook(lambda nb: nb.cells[0].metadata.update(execution={"at": "1"})), "normal form"),
    "header": (lambda pair: edit_script(pair, "#   kernelspec", "#   author: A\n#   kernelspec"), "author"),
}


@pytest.mark.parametrize(("change", "reason"), STALE.values(), ids=STALE.keys())
def test_whatever_is_stale_is_reported(pair, change, reason):
    change(pair)
    assert reason in stale(pair)


def test_check_says_what_to_do_and_writes_nothing(pair, root, monkeypatch, capsys):
    edit_script(pair, "a = 1", "a = 2")
    before = snapshot(root)
    assert call(root, monkeypatch, "notebooks", "--check") == 1
    assert "run `python -m lecture_utils.authoring notebooks`" in capsys.readouterr().out
    assert snapshot(root) == before


def test_an_unknown_notebook_gets_a_suggestion(pair, root, monkeypatch, capsys):
    assert call(root, monkeypatch, "notebooks", "--check", "01_tinny") == 2
    assert "did you mean '01_tiny'?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["01", "01_tiny", "notebooks/01_tiny.ipynb", "./notebooks/py/01_tiny.py"])
def test_a_notebook_has_several_names(pair, name):
    assert project.choose([pair, project.Pair(pair.root, "02_other")], [name, name]) == [pair]


def test_outside_the_repository_the_command_says_so(tmp_path, monkeypatch, capsys):
    assert call(tmp_path, monkeypatch, "figures") == 2
    assert "run this in the repository" in capsys.readouterr().err


@pytest.mark.parametrize("command", [["--help"], ["notebooks", "--help"], ["figures", "--help"]])
def test_help_tells_the_exit_status_or_the_options(command, capsys):
    with pytest.raises(SystemExit) as stop:
        main(command)
    assert stop.value.code == 0
    assert re.search(r"Exit status|--check", capsys.readouterr().out)


def test_files_are_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "file.txt"
    assert project.write_if_changed(path, "old\n")
    assert not project.write_if_changed(path, "old\n")
    monkeypatch.setattr(os, "replace", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        project.write_if_changed(path, "new\n")
    assert snapshot(tmp_path).keys() == {"file.txt"}
    assert path.read_text(encoding="utf-8") == "old\n"


def picture(svg="<svg>é</svg>", alt="A [line] | of é"):
    return lambda: Picture(svg, alt, None)


@pytest.fixture
def fake(monkeypatch):
    drawn = {"one": picture(), "two": picture("<svg>2</svg>", "Two.")}
    monkeypatch.setattr(figures, "catalogue", lambda: drawn)
    return drawn


def test_figures_are_written_once_and_orphans_deleted(root, monkeypatch, fake, capsys):
    (root / "img").mkdir()
    (root / "img" / "orphan.svg").write_text("<svg/>", encoding="utf-8")
    (root / "img" / "photo.png").write_bytes(b"by hand")
    assert call(root, monkeypatch, "figures") == 0
    assert {path.name for path in (root / "img").iterdir()} == {"one.svg", "two.svg", "README.md", "photo.png"}
    assert (root / "img" / "one.svg").read_bytes() == "<svg>é</svg>\n".encode()
    assert "| ![one, described beside it](one.svg) | A [line] \\| of é |" in (root / "img" / "README.md").read_text(
        encoding="utf-8"
    )
    before = snapshot(root)
    assert call(root, monkeypatch, "figures") == 0
    assert snapshot(root) == before
    assert call(root, monkeypatch, "figures", "--check") == 0
    assert "orphan.svg deleted" in capsys.readouterr().out


def test_figures_check_lists_missing_stale_and_orphaned(root, monkeypatch, fake, capsys):
    call(root, monkeypatch, "figures")
    fake["one"], fake["three"] = picture("<svg>new</svg>"), picture()
    del fake["two"]
    before = snapshot(root)
    assert call(root, monkeypatch, "figures", "--check") == 1
    said = capsys.readouterr().out
    for sentence in ("one.svg is stale", "three.svg is missing", "two.svg is orphaned", "README.md is stale"):
        assert f"img/{sentence}" in said
    assert snapshot(root) == before


def test_a_figure_that_changes_by_itself_is_refused(root, monkeypatch, fake, capsys):
    numbers = iter(range(9))
    fake["counter"] = lambda: Picture(f"<svg>{next(numbers)}</svg>", "A counter.", None)
    assert call(root, monkeypatch, "figures") == 2
    assert "'counter' comes out differently" in capsys.readouterr().err
    fake["counter"] = picture(alt=" ")
    assert call(root, monkeypatch, "figures") == 2
    assert "'counter' has no alt text" in capsys.readouterr().err


def code(source, *outputs, tags=(), count=1):
    metadata = {"tags": list(tags)} if tags else {}
    return new_code_cell(source, outputs=list(outputs), execution_count=count, metadata=metadata)


def shows(**data):
    kinds = {"html": "text/html", "plain": "text/plain", "png": "image/png", "svg": "image/svg+xml"}
    return new_output("display_data", {kinds[key]: value for key, value in data.items()})


def prints(text):
    return new_output("stream", text=text)


def raises(name):
    return new_output("error", ename=name, evalue="sorry", traceback=[])


GOOD_IMAGE = '<img src="data:image/svg+xml;base64,L2hvbWUvbWU=" alt="A line that rises.">'
OPENING = "# Title\n\n**Outcomes:** forward, shapes. About 20 minutes."
SUMMARY = "## Summary\n\nAll done. Next: [the second](02_b.ipynb#The-second-part)"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "img").mkdir()
    (tmp_path / "img" / "a.svg").write_text("<svg/>", encoding="utf-8")
    second = new_notebook(cells=[new_markdown_cell("# B\n\n## The `second` *part*")])
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "notebooks" / "words.md").write_text("# Words\n\n## Time step\n\nOne.\n", encoding="utf-8")
    nbformat.write(second, tmp_path / "notebooks" / "02_b.ipynb")
    return tmp_path / "notebooks"


def violations(folder, *cells, opening=OPENING, summary=SUMMARY):
    """The gates that complain of a good notebook with these cells in its middle."""
    notebook = new_notebook(cells=[new_markdown_cell(opening), *cells, new_markdown_cell(summary)])
    return {name for name, gate in GATES.items() if gate(notebook, folder / "01_a.ipynb")}


def test_a_good_notebook_passes_every_gate(folder):
    good = [
        new_markdown_cell("![A line](../img/a.svg) [there](#Summary) [out](https://example.org) `![](code)`"),
        new_markdown_cell("[page](words.md) [word](words.md#time-step)"),
        new_markdown_cell("```python\n# not a title\n![](nothing.svg)\n```"),
        code("show()", shows(html=GOOD_IMAGE, plain="A line that rises.")),
        code("history = fit(model)"),
        code("%time\nassert history.x < 1", prints("1e-3 /2 a/tmp/b"), tags=["nbval-ignore-output", "trained"]),
        code("plot()", shows(html=GOOD_IMAGE), tags=["nbval-ignore-output", "hide-input"]),
        code("1 / 0", raises("ZeroDivisionError"), tags=["raises-exception"]),
    ]
    assert violations(folder, *good) == set()


BAD_CELLS = {
    "no count": (code("1", count=None), "unrun_cells"),
    "an error": (code("1 / 0", raises("ZeroDivisionError")), "error_outputs"),
    "an img without alt": (code("1", shows(html='<img src="data:image/png;base64,AA">')), "pictures_without_alt"),
    "an empty alt": (code("1", shows(html='<p><IMG alt=" " src="data:image/png;">')), "pictures_without_alt"),
    "a bare png": (code("1", shows(png="AA", plain="<Figure>")), "pictures_without_alt"),
    "Markdown image": (new_markdown_cell("![](../img/a.svg)"), "pictures_without_alt"),
    "Markdown img": (new_markdown_cell('<img src="../img/a.svg">'), "pictures_without_alt"),
    "an unknown tag": (code("1", tags=["nbval-skip"]), "unknown_tags"),
    "a comment for nbval": (code("# NBVAL_IGNORE_OUTPUT\n1"), "unknown_tags"),
    "a dead link": (new_markdown_cell("[x](03_c.ipynb)"), "broken_links"),
    "a dead reference": (new_markdown_cell("[x][y]\n\n[y]: 03_c.ipynb"), "broken_links"),
    "a dead picture": (new_markdown_cell("![x](../img/b.svg)"), "broken_links"),
    "a dead anchor": (new_markdown_cell("[x](#summary)"), "broken_links"),
    "a dead anchor elsewhere": (new_markdown_cell("[x](02_b.ipynb#The-third-part)"), "broken_links"),
    "a dead anchor in a page": (new_markdown_cell("[x](words.md#time)"), "broken_links"),
    "an absolute link": (new_markdown_cell("[x](/etc/hosts)"), "broken_links"),
    "a dead HTML link": (code("1", shows(html='<a href="no.html">x</a>')), "broken_links"),
    "no assert": (code("f()", prints("1.23"), tags=["nbval-ignore-output"]), "unasserted"),
    "a vacuous assert": (code("assert True", prints("1"), tags=["nbval-ignore-output"]), "unasserted"),
    "an assert not run": (code("def f():\n    assert x", prints("1"), tags=["nbval-ignore-output"]), "unasserted"),
    "a second title": (new_markdown_cell("# Another"), "missing_parts"),
    "bare SVG": (code("1", shows(svg="<svg/>")), "unportable_outputs"),
    "a path": (code("1", prints("in /home/me/lecture/x.py")), "unportable_outputs"),
    "a Windows path": (code("1", shows(plain=r"'C:\Users\me'")), "unportable_outputs"),
    "a local address": (code("1", shows(html="http://localhost:8888/lab")), "unportable_outputs"),
    "an unreported fit": (code("history = fit(model)"), "unreported_fits"),
    "another unreported fit": (code("h = training.fit(model)"), "unreported_fits"),
}


@pytest.mark.parametrize(("cell", "gate"), BAD_CELLS.values(), ids=BAD_CELLS.keys())
def test_each_failure_is_noticed_by_its_gate(folder, cell, gate):
    assert gate in violations(folder, cell)


def test_a_host_name_is_noticed(folder, monkeypatch):
    monkeypatch.setattr("platform.node", lambda: "ward-7")
    assert "unportable_outputs" in violations(folder, code("1", prints("on ward-7, today")))


@pytest.mark.parametrize(
    "broken",
    [
        {"opening": OPENING.replace("# Title", "Title")},
        {"opening": OPENING.replace("Outcomes", "Aims")},
        {"opening": OPENING.replace("20 minutes", "some time")},
        {"summary": SUMMARY.replace("## Summary", "## End")},
        {"summary": "## Summary\n\nAll done."},
    ],
    ids=["title", "outcomes", "minutes", "summary", "next"],
)
def test_each_missing_part_is_noticed(folder, broken):
    assert "missing_parts" in violations(folder, code("1"), **broken)


def test_a_notebook_of_the_students_own_does_not_follow_any(folder):
    nbformat.write(new_notebook(), folder / "02 notes.ipynb")
    assert violations(folder, code("1")) == set()


def test_a_result_reported_before_the_training_is_none(folder):
    early = code("assert x < 1", tags=["trained"])
    assert violations(folder, early, code("history = fit(model)")) == {"unreported_fits"}


def test_a_method_called_fit_is_no_training(folder):
    assert violations(folder, code("CountVectorizer().fit(texts)")) == set()


def test_the_compared_share_leaves_pictures_and_silent_cells_out():
    ignored = ["nbval-ignore-output"]
    cells = [code("1", prints("1")), code("2", prints("2"), tags=ignored), code("3", prints("3"))]
    silent = [code("x = 1"), code("y = 1", tags=ignored)]
    pictures = [code("p()", shows(html=GOOD_IMAGE)), code("q()", shows(html=GOOD_IMAGE), tags=ignored)]
    first = '<div class="unrolled-static"><table></table></div>'
    widgets = [code("w()", shows(html=first), tags=ignored), code("t()", shows(html="<table></table>"), tags=ignored)]
    assert compared_share([new_notebook(cells=cells), new_notebook(cells=silent + pictures)]) == (2, 3)
    assert compared_share([new_notebook(cells=cells + widgets)]) == (2, 4)


@pytest.mark.notebook
def test_strict_nbval_notices_a_wrong_output_and_a_budget_its_excess(tmp_path):
    wrong = new_notebook(cells=[code("print(1)", prints("1\n")), code("print(2)", prints("3\n"), count=2)])
    nbformat.write(wrong, tmp_path / "wrong.ipynb")
    validated = validation.run_nbval(tmp_path / "wrong.ipynb")
    assert not validated.passed
    assert "wrong.ipynb::Cell 1" in validated.text
    assert "wrong.ipynb::Cell 0" not in validated.text
    for name, seconds, megabytes in [("03_x", 60, 500), ("04_x", 120, 500), ("d_x", 360, 1000)]:
        rows = validation.budget_rows(name, validation.Validation(True, seconds + 1, megabytes + 1, ""))
        assert [(row["bar"], row["ok"]) for row in rows] == [(seconds, False), (megabytes, False)]
        rows = validation.budget_rows(name, validation.Validation(True, seconds - 1, megabytes - 1, ""))
        assert all(row["ok"] for row in rows)


@pytest.mark.notebook
def test_what_the_kernel_computes_counts_and_what_it_waits_for_does_not(tmp_path):
    seconds = {}
    for clock in ("process_time", "monotonic"):
        busy = f"import time\nstart = time.{clock}()\nwhile time.{clock}() < start + 5:\n    "
        source = busy + ("pass" if clock == "process_time" else "time.sleep(0.1)")
        nbformat.write(new_notebook(cells=[code(source)]), tmp_path / f"{clock}.ipynb")
        seconds[clock] = validation.run_nbval(tmp_path / f"{clock}.ipynb").seconds
    assert seconds["process_time"] > seconds["monotonic"] + 3


def test_a_report_replaces_rows_of_the_same_name(tmp_path):
    report = tmp_path / "reports" / "notebooks.json"
    for value in (1.0, 2.0):
        rows = validation.budget_rows("02_x", validation.Validation(True, value, 100, ""))
        validation.add_to_report(report, rows)
    values = {row["name"]: row["value"] for row in json.loads(report.read_text(encoding="utf-8"))}
    assert values == {"02_x: nbval": 2.0, "02_x: kernel memory": 100}


TRAINING = """\
import torch
from lecture_utils.training import fit

torch.manual_seed(0)
model = torch.nn.Linear(1, 1)
batch = torch.ones(4, 1), torch.full((4, 1), 3.0)
history = fit(
    model, [batch], loss=lambda m, x, y: ((m(x) - y) ** 2).mean(), steps=60, lr=0.1, clip=None, seed=0
)"""


@pytest.mark.notebook
def test_a_trained_result_that_needs_no_training_is_noticed(tmp_path):
    cells = [
        code(TRAINING),
        code("assert history.losses[-1] < 0.1 * history.losses[0]", tags=["trained"]),
        code("assert history.steps == 60", tags=["trained"]),
        code("assert undefined", tags=["trained"]),
    ]
    found = validation.blind_to_training(new_notebook(cells=cells), tmp_path)
    assert len(found) == 2
    assert "cell [3] reports a trained result, but without any training it does not fail" in found[0]
    assert "cell [4]" in found[1]
    assert "raises NameError" in found[1]


@pytest.mark.notebook
def test_a_training_bounded_by_time_is_cut_short_where_nothing_is_learned(tmp_path):
    bounded = TRAINING.replace("steps=60", "steps=10**9, seconds=100")
    cells = [code(bounded), code("assert history.seconds > 50", tags=["trained"])]
    assert validation.blind_to_training(new_notebook(cells=cells), tmp_path) == []


def test_a_training_that_cannot_be_stopped_is_noticed(tmp_path):
    found = validation.blind_to_training(new_notebook(), tmp_path, patch="import no_such_module")
    assert found == ["the training could not be stopped: ModuleNotFoundError"]


# What the stored figures of an experiment depend on.

DEPENDS = [
    'load("tunes", "train")',
    "text = load('tunes').text",
    'datasets.load(split="test", name="tunes")',
    'try_load("tunes")',
    'lecture_utils.datasets.load("tunes")',
]
DEPENDS_NOT = ['load("dates")', 'load("no_such_corpus")', 'torch.load("tunes.pt")', 'save("tunes")', "load(tunes)"]


@pytest.mark.parametrize("line", [*DEPENDS, *DEPENDS_NOT])
def test_figures_depend_on_the_file_of_a_corpus_that_is_loaded_by_name(tmp_path, line):
    package = tmp_path / "lecture_utils"
    (package / "datasets").mkdir(parents=True)
    for name in ("__init__", "datasets/__init__", "datasets/dates"):
        (package / f"{name}.py").touch()
    (package / "m.py").write_text(f"from lecture_utils import n\n\ndef run():\n    {line}\n")
    (package / "n.py").write_text("a = 1\n")

    def digest_with(tunes, download=""):
        (package / "datasets" / "tunes.py").write_text(f"from lecture_utils.datasets import download\n{tunes}\n")
        (package / "datasets" / "download.py").write_text(download)
        return digest(tmp_path, "lecture_utils.m")

    assert (digest_with("a = 1") != digest_with("a = 2")) == (line in DEPENDS)
    assert digest_with("a = 1") == digest_with("a = 1  # a comment", download="print('another progress bar')")
