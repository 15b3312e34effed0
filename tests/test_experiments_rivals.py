"""The experiment on rivals: what each judge may see, what is held out, and what it stored."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest
import torch
from torch import nn

from lecture_utils.datasets import Labelled, load
from lecture_utils.experiments import rivals as module
from lecture_utils.experiments.common import find, stored

TINY = {
    "tagging": {"size": 4, "batch": 8, "steps": 2, "lr": 0.01, "warm_up": 0.0},
    "tweets": {"folds": 5, "batch": 8, "steps": 1, "lr": 0.01, "warm_up": 0.0},
}
NOTEBOOK = Path(__file__).parents[1] / "notebooks/py/05_architectures.py"


def test_a_run_holds_what_was_asked_for_and_repeats_itself() -> None:
    experiment, settings = find("rivals"), {"tasks": ["tweets"], "tweets": {**TINY["tweets"], "folds": 2}}
    found = experiment.measure(0, **settings)
    assert json.loads(json.dumps(found)) == found
    assert found == experiment.measure(0, **settings)
    assert list(found) == ["tweets"]
    assert all(0 <= share <= 1 for share in found["tweets"].values())


@pytest.mark.parametrize("change", [{"split": "train"}, {"tasks": ["names", "nouns"]}, {"tasks": "names"}])
def test_what_is_not_there_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"must be|each of tasks"):
        find("rivals").measure(0, **change)


def test_the_split_is_where_judges_are_judged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A table of tags, by hand, on both splits."""

    class Slow:  # not wanted here
        def __init__(self, documents: object, exact: bool) -> None: ...

        def tag_all(self, sentences: list[tuple[str, ...]]) -> list[list[str]]:
            return [["NOUN"] * len(words) for words in sentences]

    monkeypatch.setattr(module, "FeatureTagger", Slow)
    module.counted_tags.cache_clear()
    for split in ("valid", "test"):
        held_out = load("english", split).documents
        seen: dict[str, list[str]] = {}
        for document in load("english", "train").documents:
            for word, tag in zip(document.words, document.tags):
                seen.setdefault(word, []).append(tag)
        best = {word: max(sorted(set(tags)), key=tags.count) for word, tags in seen.items()}
        words = [pair for d in held_out for pair in zip(d.words, d.tags) if pair[0] in best]
        right = sum(best[word] == tag for word, tag in words)
        total = sum(len(d.words) for d in held_out)
        unseen = total - len(words)
        assert right / total <= module.counted_tags(split)["most frequent tag"] <= (right + unseen) / total
    module.counted_tags.cache_clear()


def test_every_fold_is_held_out_once_and_never_learned_from(monkeypatch: pytest.MonkeyPatch) -> None:
    folds: list[tuple[set[str], set[str]]] = []
    learned: list[set[str]] = []

    def watched(model: nn.Module, examples: list[Labelled], **settings: int) -> None:
        learned.append({example.text for example in examples})

    def judged(judge: object, examples: list[Labelled]) -> float:
        folds.append((learned[-1], {example.text for example in examples}))
        return 0.0

    monkeypatch.setattr(module, "labelled_batches", watched)
    monkeypatch.setattr(module, "train", lambda *arguments, **settings: None)
    monkeypatch.setattr(module, "accuracy", judged)
    module.tweets(0, "test", **TINY["tweets"])
    every = {document.text for document in load("tweets").documents}
    assert len(folds) == 5 * 4
    assert set.union(*(held_out for _, held_out in folds)) == every
    assert all(not seen & held_out and seen | held_out == every for seen, held_out in folds)


def test_lengths_divide_the_names_and_both_ends_count() -> None:
    class OfThree:
        def labels_for(self, texts: list[str]) -> list[str]:
            return ["yes" if len(text) == 3 else "no" for text in texts]

    examples = [Labelled("a" * n, "yes") for n in (1, 2, 3, 4)]
    assert module.by_length(OfThree(), examples, ((1, 2), (3, 4), (3, 3), (2, 3))) == [0, 0.5, 1, 0.5]
    lengths = find("rivals").config["names"]["lengths"]
    names = [len(name.text) for name in load("place_names", "test").documents]
    assert all(sum(low <= length <= high for low, high in lengths) == 1 for length in names)


def test_new_shuffles_differ_from_seed_to_seed_and_from_round_to_round(monkeypatch: pytest.MonkeyPatch) -> None:
    seeds: list[int] = []
    real = module.real_and_shuffled

    def watched(sentences: list[list[str]], seed: int) -> list[Labelled]:
        seeds.append(seed)
        return real(sentences[:40], seed)

    monkeypatch.setattr(module, "real_and_shuffled", watched)
    monkeypatch.setattr(module, "counted_order", lambda split: {})
    for seed in (0, 1):
        module.order(seed, "test", batch=40, steps=4, lr=0.01, warm_up=0.0)
    assert len(seeds) == len(set(seeds)) >= 4


def test_a_stopped_training_is_no_figure(monkeypatch: pytest.MonkeyPatch) -> None:
    stopped = type("History", (), {"stopped_early": "Stopped by hand."})()
    monkeypatch.setattr(module, "fit", lambda *arguments, **settings: stopped)
    with pytest.raises(KeyboardInterrupt):
        module.train(nn.Linear(1, 1), [], torch.nn.functional.mse_loss, 0, steps=1, lr=0.1, warm_up=0.0)


def test_the_notebook_trains_as_the_experiment_did() -> None:
    """Each call of `fit` on one of the four tasks has the experiment's steps and learning rate."""
    config = find("rivals").config
    wanted = {(config[task]["steps"], config[task]["lr"]) for task in config["tasks"]}
    code = "\n".join(
        "" if line.startswith(("#", "%", "!")) else line for line in NOTEBOOK.read_text("utf-8").splitlines()
    )
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "fit":
            given = {keyword.arg: keyword.value for keyword in node.keywords}
            steps, rate = given["steps"], given["lr"]
            assert isinstance(rate, ast.Call)
            found.add((ast.literal_eval(steps), ast.literal_eval(rate.args[0])))
    assert wanted <= found


def test_what_notebook_05_says_of_the_stored_figures() -> None:
    figures = stored("rivals")
    assert len(figures.seeds) >= 3
    assert figures.config["split"] == "test"
    tag = {name: figures.band("tagging", name) for name in figures.runs[0]["tagging"]}
    assert tag["most frequent tag"].high + 0.01 < tag["one-way GRU"].low
    assert tag["one-way GRU"].high + 0.03 < tag["two-way GRU"].low
    assert abs(tag["window of five words"].middle - tag["two-way GRU"].middle) < 0.003  # it does as well
    order = {name: figures.band("order", name) for name in figures.runs[0]["order"]}
    for name in ("the first word", "the last mark or word", "the length", "words, counted"):
        assert order[name] == (0.5, 0.5, 0.5)
    assert 0.5 < order["the first two words"].low < order["two-way GRU"].low - 0.2
    assert order["two-way GRU"].middle < min(order[f"runs of up to {n} words, counted"].low for n in (2, 3))
    tweets = {name: figures.band("tweets", name) for name in figures.runs[0]["tweets"]}
    assert tweets["majority"].high < tweets["two-way GRU"].low
    assert tweets["two-way GRU"].high < tweets["words, counted"].low
    names = figures.runs[0]["names"]
    assert names["majority"] < names["letters, counted"]
    assert figures.band("names", "two-way GRU").high < names["runs of up to 3 letters, counted"]
    assert figures.band("names", "two-way GRU").low > names["letters, counted"]
    for place, _ in enumerate(figures.config["names"]["lengths"]):
        counts, network = (figures.band("names", f"{who} by length", place) for who in ("counts", "GRU"))
        assert counts.middle > network.middle
