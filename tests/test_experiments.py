"""The stored experiments: the command that measures them, and each experiment on a tiny configuration."""

import dataclasses
import json
import math
import signal
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from lecture_utils.authoring import experiments as command
from lecture_utils.authoring import sources
from lecture_utils.authoring.__main__ import main
from lecture_utils.experiments import clipping, common, gradient_distance, recall, truncation
from lecture_utils.experiments.common import Band, Experiment
from lecture_utils.training import fit

REPOSITORY = Path(__file__).parents[1]


# The command, on a repository with one experiment that takes no time.


class Tiny:
    """An experiment whose `run` notes which seeds it was asked for."""

    def __init__(self, root):
        self.root, self.measured, self.failure = root, [], {}
        self.experiment = Experiment("How large?", {"size": 2, "rates": (0.1, 0.25)}, (0, 1, 2), self.run)

    def run(self, *, seed, size, rates):
        self.measured.append(seed)
        if seed in self.failure:
            raise self.failure[seed]
        return {"third": (seed + size) / 3, "list": [seed, *rates], "none": None}

    def change(self, **changes):
        self.experiment = dataclasses.replace(self.experiment, **changes)

    @property
    def file(self):
        return self.root / "notebooks/results/tiny.json"

    def write(self, name, text):
        path = self.root / "lecture_utils" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@pytest.fixture
def tiny(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    tiny = Tiny(tmp_path)
    tiny.write("__init__.py", "")
    tiny.write("experiments/__init__.py", "")
    tiny.write("experiments/common.py", "from lecture_utils.frame import thing\n")
    tiny.write(
        "experiments/tiny.py", "from lecture_utils.experiments.common import X\nfrom lecture_utils import near\n"
    )
    tiny.write("near.py", "def f(x):\n    '''Words.'''\n    import lecture_utils.far.deep\n    return x  # why\n")
    tiny.write("far/__init__.py", "from . import deeper\n")
    tiny.write("far/deeper/__init__.py", "from ..deepest import A\n")
    tiny.write("far/deepest.py", "A = 1\n")
    tiny.write("far/deep.py", "A = 1\n")
    tiny.write("frame.py", "B = 1\n")
    tiny.write("stranger.py", "C = 1\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(common, "names", lambda: ["tiny"])
    real = common.find
    monkeypatch.setattr(common, "find", lambda name: tiny.experiment if name == "tiny" else real(name))
    return tiny


def call(*arguments):
    return main(["experiments", *arguments])


def test_results_are_written_in_their_normal_form_once(tiny, capsys):
    assert call() == 0
    text = tiny.file.read_text(encoding="utf-8")
    data = json.loads(text)
    assert text.endswith("}\n")
    assert not text.endswith("\n\n")
    assert list(data) == sorted(data) == ["config", "question", "runs", "seeds", "source", "versions"]
    assert data["runs"][1] == {"third": 1.0, "list": [1, 0.1, 0.25], "none": None}
    assert data["runs"][0]["third"] == 0.666667
    assert '"list": [0, 0.1, 0.25]' in text, "a list of figures is one line of a diff"
    assert sorted(data["versions"]) == ["numpy", "python", "torch"]
    assert call() == 0
    assert call("--check") == 0
    assert tiny.measured == [0, 1, 2], "measured again without a reason"
    assert "1 of 1 experiments are up to date" in capsys.readouterr().out
    assert call("--refresh") == 0
    assert tiny.measured == [0, 1, 2] * 2
    assert tiny.file.read_text(encoding="utf-8") == text


CAUSES = {
    "the question": lambda tiny: tiny.change(question="How small?"),
    "the settings (size)": lambda tiny: tiny.change(config={"size": 3, "rates": (0.1, 0.25)}),
    "the settings (rates, size)": lambda tiny: tiny.change(config={}),
    "the seeds (0 dropped)": lambda tiny: tiny.change(seeds=(1, 2)),
    "the code": lambda tiny: tiny.write("experiments/tiny.py", "from lecture_utils import near\nA = 2\n"),
}
FAR = {
    "near.py": "def f(x):\n    import lecture_utils.far.deep\n    return -x\n",
    "far/__init__.py": "from .deeper import A\n",
    "far/deep.py": "A = 2\n",
    "far/deepest.py": "A = 2\n",
    "__init__.py": "A = 1\n",
}


def now_accepting_anything(tiny):
    """Changed settings need a run that takes them."""
    tiny.change(run=lambda *, seed, **config: {"seed": seed})


@pytest.mark.parametrize("cause", CAUSES)
def test_each_cause_makes_a_result_stale_until_the_next_run(tiny, capsys, cause):
    call()
    CAUSES[cause](tiny)
    before = tiny.file.read_bytes()
    assert call("--check") == 1
    out = capsys.readouterr().out
    assert f"notebooks/results/tiny.json is stale: {cause} changed" in out
    assert "Run `python -m lecture_utils.authoring experiments`." in out
    assert tiny.file.read_bytes() == before, "--check wrote something"
    now_accepting_anything(tiny)
    assert call() == 0
    assert call("--check") == 0
    runs = json.loads(tiny.file.read_text(encoding="utf-8"))["runs"]
    measured_again = cause.startswith(("the settings", "the code"))
    assert all((list(run) == ["seed"]) == measured_again for run in runs)


@pytest.mark.parametrize("name", FAR)
def test_code_that_is_imported_however_far_off_counts(tiny, capsys, name):
    call()
    tiny.write(name, FAR[name])
    assert call("--check") == 1
    assert "the code changed" in capsys.readouterr().out


def test_comments_docstrings_format_frame_and_strangers_do_not_count(tiny):
    call()
    tiny.write("near.py", 'def f( x ):\n    """Other words."""\n\n    import lecture_utils.far.deep\n    return (x)\n')
    tiny.write("experiments/common.py", "from lecture_utils.stranger import thing\nA = 1\n")
    tiny.write("frame.py", "B = 2\n")
    tiny.write("stranger.py", "C = 2\n")
    assert call("--check") == 0


def test_a_changed_question_needs_no_new_figures(tiny):
    call()
    CAUSES["the question"](tiny)
    assert call() == 0
    assert tiny.measured == [0, 1, 2]
    assert json.loads(tiny.file.read_text(encoding="utf-8"))["question"] == "How small?"


def test_seeds_are_added_and_dropped_without_measuring_the_others_again(tiny):
    call()
    tiny.change(seeds=(4, 2, 0))
    assert call() == 0
    assert tiny.measured == [0, 1, 2, 4]
    assert json.loads(tiny.file.read_text(encoding="utf-8"))["seeds"] == [4, 2, 0]


def test_figures_of_other_versions_are_not_mixed(tiny, monkeypatch):
    call()
    tiny.change(seeds=(0, 1, 2, 3))
    monkeypatch.setattr(command, "versions", lambda: {"python": "3.99", "torch": "9", "numpy": "9"})
    call()
    assert tiny.measured == [0, 1, 2, 0, 1, 2, 3]


def test_other_versions_alone_make_nothing_stale(tiny, monkeypatch):
    call()
    monkeypatch.setattr(command, "versions", lambda: {"python": "3.99", "torch": "9", "numpy": "9"})
    assert call("--check") == 0


def test_what_is_missing_or_orphaned_is_said_and_mended(tiny, capsys):
    assert call("--check") == 1
    assert "tiny.json is missing." in capsys.readouterr().out
    call()
    orphan = tiny.file.with_name("old.json")
    orphan.write_text("{}\n", encoding="utf-8")
    assert call("--check") == 1
    assert "old.json is orphaned" in capsys.readouterr().out
    assert call("tiny", "--check") == 0, "whoever names an experiment asks for that one alone"
    assert call("tiny") == 0
    assert orphan.exists()
    assert call() == 0
    assert not orphan.exists()
    assert call("--check") == 0


@pytest.mark.parametrize("text", ["", "[]\n", "{}\n", '{"seeds": 1}\n', "null\n"])
def test_a_file_that_is_no_result_is_measured_again(tiny, capsys, text):
    call()
    good = tiny.file.read_bytes()
    tiny.file.write_text(text, encoding="utf-8")
    assert call("--check") == 1
    assert "cannot be read" in capsys.readouterr().out
    assert call() == 0
    assert tiny.file.read_bytes() == good


def test_a_file_out_of_its_normal_form_is_written_again_without_measuring(tiny, capsys):
    call()
    good = tiny.file.read_bytes()
    tiny.file.write_text(json.dumps(json.loads(good)), encoding="utf-8")
    assert call("--check") == 1
    assert "not in its normal form" in capsys.readouterr().out
    assert call() == 0
    assert tiny.file.read_bytes() == good
    assert tiny.measured == [0, 1, 2]


def test_ctrl_c_keeps_the_seeds_that_are_complete(tiny, capsys):
    tiny.failure = {1: KeyboardInterrupt()}
    assert call() == 1
    assert "Stopped by hand" in capsys.readouterr().out
    assert json.loads(tiny.file.read_text(encoding="utf-8"))["seeds"] == [0]
    assert call("--check") == 1
    assert "is incomplete: it has seed 0 of seeds 0, 1, 2." in capsys.readouterr().out
    tiny.failure = {}
    assert call() == 0
    assert tiny.measured == [0, 1, 1, 2], "seed 0 was good"
    assert call("--check") == 0


def test_ctrl_c_is_not_swallowed_by_a_training(tiny, capsys):
    """`fit` makes the best of a KeyboardInterrupt and returns; that would be stored as if it were complete."""
    steps = []

    def loss(model, x):
        steps.append(1)
        if len(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return model(x).square().mean()

    def run(*, seed, size, rates):
        fit(nn.Linear(2, 1), [(torch.ones(1, 2),)], loss=loss, steps=5, lr=0.1, clip=None, seed=seed)
        return {"seed": seed}

    tiny.change(run=run)
    before = signal.getsignal(signal.SIGINT)
    assert call() == 1
    assert len(steps) == 3
    assert not tiny.file.exists()
    assert "Stopped by hand" in capsys.readouterr().out
    assert signal.getsignal(signal.SIGINT) is before


def test_a_failing_run_is_reported_and_the_figures_before_it_are_kept(tiny, capsys):
    tiny.failure = {2: RuntimeError("no such thing")}
    assert call() == 1
    out = capsys.readouterr().out
    assert "tiny: FAILED at seed 2" in out
    assert "RuntimeError: no such thing" in out
    assert "0 of 1 experiments are up to date" in out
    assert json.loads(tiny.file.read_text(encoding="utf-8"))["seeds"] == [0, 1]


@pytest.mark.parametrize(
    ("figures", "where"),
    [
        ({"a": [1.0, math.nan]}, "figures.a[1] is nan"),
        ({"a": {"b": math.inf}}, "figures.a.b is inf"),
        ({"a": torch.ones(1)}, "figures.a is of type Tensor"),
        ({1: 2}, "figures is of type dict"),
    ],
)
def test_figures_that_json_does_not_hold_get_a_sentence(tiny, capsys, figures, where):
    tiny.change(run=lambda *, seed, size, rates: figures)
    assert call() == 1
    assert where in capsys.readouterr().out
    assert not tiny.file.exists()


def test_an_unknown_name_gets_a_suggestion(capsys):
    assert call("--check", "gradient_distanse") == 2
    assert "Did you mean 'gradient_distance'?" in capsys.readouterr().err


def test_a_file_that_cannot_be_imported_gets_a_sentence(tiny, monkeypatch, capsys):
    def find(name):
        raise ModuleNotFoundError("No module named 'nothing'")

    monkeypatch.setattr(common, "find", find)
    assert call("--check") == 2
    err = capsys.readouterr().err
    assert (
        "lecture_utils/experiments/tiny.py cannot be imported: ModuleNotFoundError: No module named 'nothing'." in err
    )


def test_the_command_works_in_one_thread_and_leaves_the_others_alone(tiny):
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        tiny.change(run=lambda *, seed, size, rates: {"threads": torch.get_num_threads()})
        call()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    assert json.loads(tiny.file.read_text(encoding="utf-8"))["runs"][0] == {"threads": 1}


def test_a_real_experiment_comes_out_alike_to_the_last_byte(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text("", encoding="utf-8")
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "lecture_utils").symlink_to(REPOSITORY / "lecture_utils")
    monkeypatch.chdir(tmp_path)
    small = {**recall.EXPERIMENT.config, "kinds": ["RNN", "LSTM"], "lags": [2], "steps": 5, "test": 100}
    monkeypatch.setattr(common, "find", lambda name: dataclasses.replace(recall.EXPERIMENT, config=small, seeds=(0, 1)))
    path = tmp_path / "notebooks/results/recall.json"
    assert call("recall") == 0
    first = path.read_bytes()
    torch.rand(7)
    assert call("recall", "--refresh") == 0
    assert path.read_bytes() == first
    runs = json.loads(first)["runs"]
    assert runs[0] != runs[1]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_the_normal_form_is_one_and_loses_nothing_but_digits(value):
    text = command.text_of(value)
    assert json.loads(text) == command.plain(value, "value")
    assert command.text_of(json.loads(text)) == text
    assert text.endswith("\n")


def test_equal_code_in_equal_words_has_the_digest_it_had(tmp_path):
    """A fixed number: it is the same in every version of Python, so results are not stale in another one."""
    path = tmp_path / "lecture_utils" / "m.py"
    path.parent.mkdir()
    path.write_text('"""Doc."""\nfrom a import b\n\n\ndef f(x: int = 1, *y) -> str:\n    return f"{x!r:>4} {1.5}"\n')
    assert sources.digest(tmp_path, "lecture_utils.m")[:16] == "6b7ab7d5d7fbe247"


# Reading the stored figures.


def test_a_band_holds_what_lies_in_it_and_within_the_margin():
    band = Band(1.0, 2.0, 3.0)
    assert band.holds(1.0)
    assert band.holds(3.0)
    assert not band.holds(3.1)
    assert band.holds(3.1, margin=0.2)
    assert not band.holds(0.7, margin=0.2)


def test_stored_figures_are_found_by_their_path(tiny, monkeypatch):
    call()
    monkeypatch.setattr(common, "FOLDER", tiny.file.parent)
    stored = common.stored("tiny")
    assert stored.seeds == (0, 1, 2)
    assert stored.values("list", 0) == [0, 1, 2]
    assert stored.band("third") == (0.666667, 1.0, 1.33333)
    assert stored.mean("list", 0) == 1
    with pytest.raises(ValueError, match=r"There is no experiment called 'tini'\. Did you mean 'tiny'"):
        common.stored("tini")


def test_an_experiment_takes_known_settings_only():
    with pytest.raises(ValueError, match=r"unknown settings lag; there are: .*lags"):
        recall.EXPERIMENT.measure(0, lag=3)


@pytest.mark.parametrize("name", common.names())
def test_each_experiment_asks_a_question_of_several_seeds(name):
    experiment = common.find(name)
    assert experiment.question.endswith("?")
    assert len(set(experiment.seeds)) == len(experiment.seeds) >= 3
    assert experiment.timed is (name == "speed")
    json.dumps(dict(experiment.config))


def test_a_file_without_an_experiment_is_said_to_have_none(monkeypatch):
    monkeypatch.delattr(recall, "EXPERIMENT")
    with pytest.raises(ValueError, match=r"experiments/recall\.py defines no EXPERIMENT"):
        common.find("recall")


# gradient_distance


@pytest.fixture(scope="module")
def distances():
    changes = {"gains": [0.5, 1.5], "distances": [0, 1, 5, 20], "hidden": 96}
    return [gradient_distance.EXPERIMENT.measure(seed, **changes) for seed in (0, 1)]


def chains(runs):
    return [
        (activation, start, float(gain), figures)
        for run in runs
        for activation, starts in run["chain"].items()
        for start, gains in starts.items()
        for gain, figures in gains.items()
    ]


def test_an_orthogonal_linear_chain_changes_by_its_gain_exactly(distances):
    exact = [
        (gain, f)
        for activation, start, gain, f in chains(distances)
        if (activation, start) == ("identity", "orthogonal")
    ]
    assert len(exact) == 4
    for gain, figures in exact:
        for key in ("rate", "predicted", "by_mean_slope", "largest_step", "smallest_step", "spectral_radius"):
            assert figures[key] == pytest.approx(gain, rel=1e-4)
        assert figures["norms"] == pytest.approx([gain**d for d in (0, 1, 5, 20)], rel=1e-3)


def test_singular_values_bound_every_step(distances):
    for activation, _, _, figures in chains(distances):
        largest, smallest = figures["singular_values"]
        assert figures["largest_step"] <= largest * 1.0001
        assert figures["smallest_step"] <= figures["rate"] <= figures["largest_step"]
        if activation == "identity":
            assert figures["smallest_step"] >= smallest * 0.9999


def test_the_root_mean_square_slope_predicts_the_rate_and_the_mean_slope_does_not(distances):
    bent = [(activation, figures) for activation, _, _, figures in chains(distances) if activation != "identity"]
    assert len(bent) == 20
    for activation, figures in bent:
        share = 0.03 if activation == "tanh" else 0.15  # growing ReLU states and their slopes are not independent
        assert figures["predicted"] == pytest.approx(figures["rate"], rel=share)
        assert figures["by_mean_slope"] < 0.95 * figures["rate"]
        assert figures["slope_mean"] < figures["slope_rms"] <= 1


def test_what_pytorch_draws_has_a_spectral_radius_near_six_tenths(distances):
    for _, start, _, figures in chains(distances):
        if start == "default":
            assert 0.54 < figures["spectral_radius"] < 0.72
            assert figures["rate"] < 0.7


def test_the_spectral_radius_is_the_rate_of_a_long_linear_run(distances):
    for _, _, _, figures in chains(distances):
        assert figures["long_linear_rate"] == pytest.approx(figures["spectral_radius"], rel=0.02)


def test_the_chain_is_that_of_nn_rnn():
    torch.manual_seed(0)
    layer = nn.RNN(5, 5, bias=False).double()
    nn.init.eye_(layer.weight_ih_l0)
    inputs = torch.randn(7, 2, 5, dtype=torch.float64)
    sums, states = gradient_distance.walk(layer.weight_hh_l0.detach(), "tanh", inputs)
    assert torch.allclose(torch.stack(states), layer(inputs)[0])
    assert torch.allclose(gradient_distance.slopes(sums, "tanh"), 1 - torch.stack(states) ** 2)


def test_gradients_of_untrained_layers_fade_in_the_known_order(distances):
    for run in distances:
        far = {kind: figures[-1] for kind, figures in run["layers"].items()}
        assert all(figures[0] == 1 for figures in run["layers"].values())
        assert far["RNN"] < far["LSTM"] < far["orthogonal RNN"] < far["LSTM with forget bias"] < far["identity ReLU"]


def test_an_unknown_start_is_refused():
    with pytest.raises(ValueError, match="start must be"):
        gradient_distance.recurrent_matrix("identity", 1.0, 4)


# recall


def test_recall_asks_for_the_first_symbol_which_no_other_can_be():
    stream = iter(recall.RecallBatches(symbols=8, lag=5, batch=300, seed=0))
    inputs, targets = next(stream)
    assert inputs.shape == (6, 300)
    assert torch.equal(inputs[0], targets)
    assert set(targets.tolist()) == set(range(8))
    assert set(inputs[1:].flatten().tolist()) == set(range(8, 16))
    again, _ = next(stream)
    assert not torch.equal(inputs, again)
    assert torch.equal(inputs, next(iter(recall.RecallBatches(8, 5, 300, 0)))[0])


def weights(kind, seed=0):
    torch.manual_seed(seed)
    return recall.recurrent_layer(kind, 6, 4).state_dict()


def test_the_forget_bias_is_two_in_one_block_of_one_bias():
    plain, lifted = weights("LSTM"), weights("LSTM with forget bias")
    for name in plain:
        difference = lifted[name] - plain[name]
        if name == "bias_ih_l0":
            assert torch.allclose(difference, torch.tensor([0.0] * 4 + [2.0] * 4 + [0.0] * 8), atol=1e-6)
        else:
            assert torch.equal(lifted[name], plain[name])
    layer = recall.recurrent_layer("LSTM with forget bias", 6, 4)
    for name in ("weight_ih_l0", "weight_hh_l0", "bias_hh_l0"):
        nn.init.zeros_(getattr(layer, name))
    with torch.no_grad():
        layer.bias_ih_l0[:4] = layer.bias_ih_l0[8:] = 0
        layer.bias_ih_l0[4:8] = 2
        _, (_, c) = layer(torch.zeros(1, 1, 6), (torch.zeros(1, 1, 4), torch.ones(1, 1, 4)))
    assert torch.allclose(c, torch.sigmoid(torch.tensor(2.0))), "the second block is the forget gate"


def test_the_orthogonal_rnn_is_one_and_the_others_are_drawn_as_in_torch():
    U = weights("orthogonal RNN")["weight_hh_l0"]
    assert torch.allclose(U @ U.T, torch.eye(4), atol=1e-5)
    assert torch.equal(weights("identity ReLU")["weight_hh_l0"], torch.eye(4))
    for kind, torchs in (("RNN", nn.RNN), ("GRU", nn.GRU), ("LSTM", nn.LSTM)):
        torch.manual_seed(0)
        reference = torchs(6, 4).state_dict()
        assert all(torch.equal(tensor, reference[name]) for name, tensor in weights(kind).items())


def test_an_unknown_kind_of_layer_is_refused():
    with pytest.raises(ValueError, match="no kind of layer called 'LTSM'"):
        recall.recurrent_layer("LTSM", 6, 4)


SMALL = {"lags": [1, 3], "steps": 60, "hidden": 32, "test": 400}


def test_recall_learns_a_short_lag_and_a_part_of_it_is_the_same_alone():
    both = recall.EXPERIMENT.measure(0, kinds=["RNN", "LSTM"], **SMALL)
    assert set(both) == {"accuracy", "chance"}
    assert both["chance"] == 1 / 8
    assert both["accuracy"]["RNN"][0] > 0.9
    assert all(0 <= share <= 1 for shares in both["accuracy"].values() for share in shares)
    alone = recall.EXPERIMENT.measure(0, kinds=["LSTM"], **{**SMALL, "lags": [3]})
    assert alone["accuracy"]["LSTM"] == both["accuracy"]["LSTM"][1:]


def test_the_answer_is_read_from_the_last_state():
    torch.manual_seed(0)
    model = recall.Recaller("GRU", 4, 8)
    inputs, _ = next(iter(recall.RecallBatches(4, 6, 3, 0)))
    _, h_n = model.layer(nn.functional.one_hot(inputs, 8).float())
    assert torch.allclose(model(inputs), model.V(h_n[0]))


def test_an_untrained_model_recalls_by_chance():
    torch.manual_seed(0)
    model = recall.Recaller("GRU", 8, 32)
    shares = [recall.accuracy(model, 20, test=1000, seed=seed) for seed in range(3)]
    assert all(abs(share - 1 / 8) < 0.05 for share in shares)


@pytest.fixture
def stopped(monkeypatch):
    """Every training is stopped by hand after its first steps."""

    def stop(model, batches, **settings):
        def loss(*batch):
            raise KeyboardInterrupt

        return fit(model, batches, **{**settings, "loss": loss})

    for module in (recall, truncation, clipping):
        monkeypatch.setattr(module, "fit", stop)


@pytest.mark.parametrize("name", ["recall", "truncation", "clipping"])
def test_a_stopped_training_is_no_figure(stopped, name):
    changes = {"recall_clips": []} if name == "clipping" else {}  # recall has the same guard of its own
    with pytest.raises(KeyboardInterrupt):
        common.find(name).measure(0, **changes)


# truncation


def one_window(window=12, batch=3, symbols=5):
    torch.manual_seed(0)
    model = truncation.Reader(symbols, 8).double()
    inputs, targets = torch.randint(symbols, (2, 2, window, batch))
    return model, inputs, targets


def cut_in_a_loop(model, windows, chunk):
    """The usual form: chunk after chunk, with detach() in between; loss and gradients of the last window."""
    state = None
    for inputs, targets in windows:
        model.zero_grad()
        logits = []
        for piece in inputs.split(chunk):
            one_hot = nn.functional.one_hot(piece, model.symbols).double()
            output, state = model.layer(one_hot, state)
            state = state.detach()
            logits.append(model.V(output))
        loss = nn.functional.cross_entropy(torch.cat(logits).flatten(0, 1), targets.flatten())
    loss.backward()
    return loss.detach(), [p.grad.clone() for p in model.parameters()]


def cut_side_by_side(model, windows, chunk):
    loss_of = truncation.TruncatedLoss(chunk)
    for i, (inputs, targets) in enumerate(windows):
        model.zero_grad()
        loss = loss_of(model, inputs, targets, i == 0)
    loss.backward()
    return loss.detach(), [p.grad.clone() for p in model.parameters()]


@pytest.mark.parametrize("chunk", [1, 2, 3, 4, 6, 12])
def test_chunks_side_by_side_are_chunks_one_after_the_other(chunk):
    model, inputs, targets = one_window()
    windows = list(zip(inputs, targets))
    loss, gradients = cut_side_by_side(model, windows, chunk)
    expected, references = cut_in_a_loop(model, windows, chunk)
    assert torch.allclose(loss, expected, rtol=1e-12)
    for gradient, reference in zip(gradients, references):
        assert torch.allclose(gradient, reference, rtol=1e-10, atol=1e-14)


def test_only_the_cuts_differ():
    """The loss and V's gradient are the same for every chunk length; what passes through time is not."""
    model, inputs, targets = one_window()
    names = [name for name, _ in model.named_parameters()]
    full_loss, full = cut_side_by_side(model, list(zip(inputs, targets)), 12)
    for chunk in (1, 4):
        loss, gradients = cut_side_by_side(model, list(zip(inputs, targets)), chunk)
        assert torch.allclose(loss, full_loss, rtol=1e-12)
        for name, gradient, reference in zip(names, gradients, full):
            assert torch.allclose(gradient, reference, rtol=1e-10) == name.startswith("V."), name


def test_rows_of_text_run_on_from_window_to_window():
    stream = iter(truncation.TextRows(torch.arange(64), window=5, batch=3))
    windows = [next(stream) for _ in range(5)]
    inputs = torch.cat([w[0] for w in windows[:4]])
    assert inputs.shape == (20, 3)
    assert torch.equal(inputs[1:], inputs[:-1] + 1)
    assert all(torch.equal(targets, inputs + 1) for inputs, targets, _ in windows)
    assert [starts for _, _, starts in windows] == [True, False, False, False, True]
    assert torch.equal(windows[4][0], windows[0][0])


def test_an_echo_comes_after_its_delay_across_windows_too():
    stream = iter(truncation.Echo(delay=3, window=5, batch=2, seed=0))
    windows = [next(stream) for _ in range(4)]
    inputs, targets = (torch.cat([w[i] for w in windows]) for i in (0, 1))
    assert torch.equal(targets[3:], inputs[:-3])
    assert [starts for _, _, starts in windows] == [True, False, False, False]
    assert 0 < inputs.float().mean() < 1


def test_an_untrained_reader_needs_about_as_much_as_guessing():
    torch.manual_seed(0)
    _, symbols = truncation.characters("train")
    bits = truncation.bits_per_character(truncation.Reader(symbols, 16), "test")
    assert bits == pytest.approx(math.log2(symbols), abs=0.3)
    assert 3.5 < truncation.unigram_bits("test") < 5 < bits


def test_an_echo_is_learned_only_through_chunks_that_are_long_enough():
    figures = truncation.EXPERIMENT.measure(101, tasks=["echo"], chunks=[5, 50])
    assert set(figures) == {"accuracy", "chance", "unigram_bits"}
    short, long = figures["accuracy"]
    assert long > 0.95
    assert short < 0.8


def test_chunks_that_do_not_fill_the_window_are_refused():
    with pytest.raises(ValueError, match=r"divide the window of 50 steps, but these do not: \[7\]"):
        truncation.EXPERIMENT.measure(0, chunks=[5, 7])


def test_truncation_measures_what_it_is_asked_for():
    figures = truncation.EXPERIMENT.measure(0, tasks=["characters"], chunks=[5, 50], updates=2, hidden=8)
    assert set(figures) == {"bits", "chance", "unigram_bits"}
    assert len(figures["bits"]) == 2
    assert all(4 < bits < 8 for bits in figures["bits"])


# clipping


def clipped(method, bound, gradients=((3.0, -4.0), (0.5,))):
    parameters = [nn.Parameter(torch.zeros(len(g))) for g in gradients]
    for parameter, gradient in zip(parameters, gradients):
        parameter.grad = torch.tensor(gradient)
    cosines = []
    clipping.ClippedDescent(parameters, lr=1.0, method=method, bound=bound, cosines=cosines).step()
    return -torch.cat([p.detach() for p in parameters]), cosines


def test_by_norm_the_direction_stays_and_by_value_it_does_not():
    raw = torch.tensor([3.0, -4.0, 0.5])
    step, cosines = clipped("norm", 1.0)
    assert torch.allclose(step, raw / raw.norm(), atol=1e-5)
    assert cosines == pytest.approx([1.0], abs=1e-9)
    step, cosines = clipped("value", 1.0)
    assert torch.equal(step, torch.tensor([1.0, -1.0, 0.5]))
    assert cosines == pytest.approx([float(raw @ step / raw.norm() / step.norm())], abs=1e-6)
    assert cosines[0] < 0.99
    step, cosines = clipped("none", 0.0)
    assert torch.equal(step, raw)
    assert cosines == []


@pytest.mark.parametrize("method", ["norm", "value"])
def test_a_gradient_below_the_bound_is_left_alone(method):
    step, cosines = clipped(method, 100.0)
    assert torch.equal(step, torch.tensor([3.0, -4.0, 0.5]))
    assert cosines == []


def test_an_unknown_method_is_refused():
    with pytest.raises(ValueError, match="method must be one of none, norm, value"):
        clipped("sign", 1.0)


def test_relu_explodes_unless_it_is_clipped():
    changes = {"activations": ["relu"], "steps": 20, "recall_clips": [], "lr": 1.0, "gain": 1.5}
    figures = clipping.EXPERIMENT.measure(0, **changes)
    assert set(figures) == {"explosion", "unigram_bits", "vanishing", "chance"}
    free, norm, value = (figures["explosion"]["relu"][method] for method in ("none", "norm", "value"))
    assert free["diverged"]
    assert free["bits"] is None
    assert free["steps"] < 20
    assert free["cosine"] is None
    for mended in (norm, value):
        assert not mended["diverged"]
        assert mended["steps"] == 20
        assert mended["bits"] < 8
        assert mended["largest_norm"] > 1
    assert norm["cosine"] == norm["smallest_cosine"] == 1
    assert value["smallest_cosine"] <= value["cosine"] < 1


def test_clipping_leaves_a_recall_below_the_bound_as_it_was():
    tiny = {**clipping.EXPERIMENT.config["recall"], "steps": 5, "hidden": 8}
    figures = clipping.EXPERIMENT.measure(0, activations=[], lag=2, recall=tiny, recall_clips=[None, 1e9])
    assert set(figures["vanishing"]) == {"RNN", "LSTM"}
    for found in figures["vanishing"].values():
        assert found["none"] == found["norm"]
        assert found["none"]["largest_norm"] > 0
    assert figures["explosion"] == {}
