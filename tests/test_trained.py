"""The trained models in files: each loads, and reaches the figure that its file states; the command that makes them."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import save

from lecture_utils.authoring import checkpoints
from lecture_utils.authoring.__main__ import main
from lecture_utils.authoring.project import AuthoringError, find_root
from lecture_utils.models import trained
from lecture_utils.models.generation import Generator, character_vocabulary
from lecture_utils.models.trained import LARGEST, TRAINED, Stored, find, load_trained

ROOT = find_root(trained.FOLDER)


# --- the files


@pytest.mark.parametrize("name", TRAINED)
def test_a_trained_model_reaches_its_figure(name):
    recipe, model = find(name), load_trained(name)
    facts = Stored(recipe.path).facts
    assert recipe.measure(model) == pytest.approx(facts["figure"], abs=facts["tolerance"])
    assert facts["unit"] == recipe.unit
    assert not model.training
    assert recipe.path.stat().st_size <= LARGEST


@pytest.mark.parametrize("name", ["tunes", "english_two_way"])
def test_spoiled_weights_do_not_reach_it(name):
    recipe, model = find(name), load_trained(name)
    with torch.no_grad():
        next(iter(model.parameters())).zero_()
    assert abs(recipe.measure(model) - Stored(recipe.path).facts["figure"]) > recipe.tolerance


@pytest.mark.parametrize("name", TRAINED)
def test_a_file_is_in_its_normal_form(name):
    stored = Stored(find(name).path)
    assert find(name).path.read_bytes() == trained.file_of(stored.facts, stored.weights)


def test_an_unknown_name_gets_the_nearest():
    with pytest.raises(ValueError, match="no trained model called 'tune'\\. Did you mean 'tunes'"):
        load_trained("tune")


# --- the command, on a model that takes a moment


def toy(**changes):
    def train(settings):
        torch.manual_seed(settings["seed"])
        return Generator(character_vocabulary("ab"), d_embed=2, d_h=settings["d_h"])

    recipe = trained.Trained(
        "toy",
        "A toy",
        "bits",
        tolerance=0.01,
        sources=("lecture_utils.text.checks",),
        settings={"seed": 0, "d_h": 3},
        train=train,
        measure=lambda model: model.bits_per_character("ab"),
        facts=trained.generator_facts,
        build=trained.build_generator,
    )
    return replace(recipe, **changes)


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A repository with one recipe, and what the command said there."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "pyproject.toml").touch()
    source = tmp_path / "lecture_utils" / "text" / "checks.py"
    source.parent.mkdir(parents=True)
    source.write_text("A = 1\n")
    monkeypatch.setattr(trained, "TRAINED", {"toy": toy()})
    monkeypatch.setattr(trained, "FOLDER", tmp_path / checkpoints.FOLDER)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(command, root, *args, **settings):
    sentences = []
    return command(root, sentences.append, *args, **settings), "\n".join(sentences)


def test_what_is_missing_is_trained_once(project):
    assert said(checkpoints.check, project) == (1, "notebooks/checkpoints/toy.safetensors is missing.\n"
                                                   "Run `python -m lecture_utils.authoring checkpoints`.")  # fmt: skip
    failed, words = said(checkpoints.run, project)
    assert failed == 0
    assert "training" in words
    assert "1 of 1" in words
    assert said(checkpoints.check, project) == (0, "")
    before = (project / checkpoints.FOLDER / "toy.safetensors").read_bytes()
    assert "training" not in said(checkpoints.run, project)[1]
    assert said(checkpoints.run, project, refresh=True)[0] == 0
    assert (project / checkpoints.FOLDER / "toy.safetensors").read_bytes() == before


def test_a_loaded_model_is_the_one_that_was_trained(project):
    checkpoints.run(project, print)
    model, fresh = load_trained("toy"), toy().train(toy().settings)
    assert model.vocabulary.tokens == fresh.vocabulary.tokens
    assert model.settings == fresh.settings
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), fresh.state_dict().values()))


@pytest.mark.parametrize(
    ("changes", "word"),
    [({"settings": {"seed": 0, "d_h": 4}}, "settings"), ({"tolerance": 0.2}, "tolerance"), ({"unit": "nats"}, "unit")],
)
def test_a_changed_recipe_makes_it_stale(project, monkeypatch, changes, word):
    checkpoints.run(project, print)
    monkeypatch.setattr(trained, "TRAINED", {"toy": toy(**changes)})
    failed, words = said(checkpoints.check, project)
    assert (failed, f"stale: {word} changed" in words) == (1, True)
    assert said(checkpoints.run, project)[0] == 0
    assert said(checkpoints.check, project)[0] == 0


def test_changed_code_makes_it_stale_and_a_changed_comment_does_not(project):
    checkpoints.run(project, print)
    source = project / "lecture_utils" / "text" / "checks.py"
    source.write_text("A = 1  # one\n")
    assert said(checkpoints.check, project)[0] == 0
    source.write_text("A = 2\n")
    assert "stale: source changed" in said(checkpoints.check, project)[1]


def test_another_figure_fails_the_refresh_and_leaves_the_file(project, monkeypatch):
    checkpoints.run(project, print)
    path = project / checkpoints.FOLDER / "toy.safetensors"
    before = path.read_bytes()
    monkeypatch.setattr(trained, "TRAINED", {"toy": toy(measure=lambda model: 9.0)})
    failed, words = said(checkpoints.run, project, refresh=True)
    assert failed == 1
    assert "FAILED, the file says" in words
    assert path.read_bytes() == before


def test_a_file_edited_by_hand_broken_or_too_large_is_named(project, monkeypatch):
    checkpoints.run(project, print)
    path = project / checkpoints.FOLDER / "toy.safetensors"
    stored, whole = Stored(path), path.read_bytes()
    path.write_bytes(save(stored.weights, {"unrolled": json.dumps(stored.facts, indent=1)}))
    assert "not in its normal form" in said(checkpoints.check, project)[1]
    path.write_bytes(whole[: len(whole) // 2])
    assert "cannot be read" in said(checkpoints.check, project)[1]
    path.write_bytes(b"")
    assert "cannot be read" in said(checkpoints.check, project)[1]
    path.write_bytes(whole)
    monkeypatch.setattr(checkpoints, "LARGEST", 100)
    assert "may have 100 at most" in said(checkpoints.check, project)[1]


def test_a_model_that_is_too_large_is_not_stored(project, monkeypatch):
    monkeypatch.setattr(checkpoints, "LARGEST", 100)
    with pytest.raises(AuthoringError, match="may have 100 at most"):
        checkpoints.run(project, print)
    assert not list((project / checkpoints.FOLDER).glob("*"))


def test_an_orphan_is_named_and_deleted(project):
    checkpoints.run(project, print)
    orphan = project / checkpoints.FOLDER / "gone.safetensors"
    orphan.touch()
    assert "gone.safetensors is orphaned" in said(checkpoints.check, project)[1]
    assert said(checkpoints.run, project)[0] == 0
    assert not orphan.exists()


def test_a_missing_file_says_what_makes_it(project):
    with pytest.raises(FileNotFoundError, match="authoring checkpoints toy"):
        load_trained("toy")


def test_the_command_line(project, capsys):
    assert main(["checkpoints", "--check"]) == 1
    assert main(["checkpoints", "toy"]) == 0
    assert main(["checkpoints", "--check", "toy"]) == 0
    assert main(["checkpoints", "toys"]) == 2
    assert "Did you mean 'toy'" in capsys.readouterr().err
