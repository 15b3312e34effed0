"""`make lab` on computers that lack something: played with small fake programs, nothing is installed."""

import ast
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from lecture_utils import bootstrap
from lecture_utils.bootstrap import NoNetwork, Trouble, Venv

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "lecture_utils" / "bootstrap.py"

FAKE_PYTHON = """\
echo "$*" >> {calls}
case "$*" in
  *version_info*) echo 3 12 1 ;;
  *"-m venv"*) for folder; do :; done; rm -rf "$folder"; mkdir -p "$folder/bin"; cp {script} "$folder/bin/python" ;;
  *"pip --quiet"*) if [ -e {failing} ]; then cat {failing} >&2; exit 1; fi ;;
esac
"""

# What pip says, shortened, when the ordinary index answers and PyTorch's own does not; and when neither does.
CPU_INDEX_SILENT = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('…')': /whl/cpu/torch/
ERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu (from versions: 2.12.0, 2.13.0)
ERROR: No matching distribution found for torch==2.13.0+cpu
"""
ALL_SILENT = """\
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('…')': /simple/torch/
WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError('…')': /whl/cpu/torch/
ERROR: Could not find a version that satisfies the requirement torch==2.13.0+cpu (from versions: none)
ERROR: No matching distribution found for torch==2.13.0+cpu
"""


def program(path, body):
    """Write an executable shell script; its own commands are found although the test's PATH is bare."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\nPATH=/usr/bin:/bin\n{body}\n", "utf-8")
    path.chmod(0o755)
    return path


@pytest.fixture
def path(tmp_path, monkeypatch):
    """The only folder on the PATH; no variable of the person's own interferes."""
    folder = tmp_path / "path"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "playwright"))
    for name in ("PYTHON", "TORCH", "UNROLLED_CHROMIUM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    return folder


def raising(error):
    """A function that takes anything and raises `error`."""

    def call(*_, **__):
        raise error

    return call


class Clone:
    """A clone with only the two files that matter, and a fake Python to install into it."""

    def __init__(self, folder):
        self.root = folder / "clone"
        self.root.mkdir()
        (self.root / "pyproject.toml").write_text("[project]\n", "utf-8")
        (self.root / "constraints.txt").write_text("torchmetrics==1.0\ntorch==2.13.0\n", "utf-8")
        self.calls_file, self.failing, self.script = folder / "calls", folder / "failing", folder / "python3"
        program(
            self.script,
            FAKE_PYTHON.format(calls=self.calls_file, failing=self.failing, script=self.script),
        )

    def prepare(self, goal="lab"):
        """Run the bootstrap; return the calls it made, each in a word or two."""
        self.calls_file.write_text("", "utf-8")
        bootstrap.prepare(goal, str(self.root))
        return self.calls()

    def calls(self):
        lines = self.calls_file.read_text("utf-8").splitlines()
        interesting = (line.split(" -m ", 1)[-1].removeprefix("-m ") for line in lines if "-m " in line)
        return [line.split()[-1] if line.startswith("pip --quiet") else line.split()[0] for line in interesting]


@pytest.fixture
def clone(tmp_path, path, monkeypatch):
    made = Clone(tmp_path)
    monkeypatch.setattr(bootstrap, "this_python", lambda: str(made.script))
    return made


def test_the_first_run_installs_and_the_second_does_nothing(clone):
    assert clone.prepare() == ["venv", "torch==2.13.0+cpu", "."]
    assert clone.prepare() == []
    assert clone.calls_file.read_text("utf-8") == "", "not even a question"


def test_the_cpu_build_comes_from_pytorchs_own_index(clone):
    clone.prepare()
    [line] = [line for line in clone.calls_file.read_text("utf-8").splitlines() if "torch==" in line]
    assert f"--extra-index-url {bootstrap.CPU_WHEELS} " in line
    assert "--no-deps" in line


def test_everything_keeps_to_the_pins(clone):
    clone.prepare()
    [line] = [line for line in clone.calls_file.read_text("utf-8").splitlines() if "--editable" in line]
    assert f"--constraint {clone.root / 'constraints.txt'} --editable ." in line


def test_the_tests_add_what_authors_need_and_the_lecture_keeps_it(clone, path):
    program(path / "chromium", "exit 0")
    clone.prepare("lab")
    assert clone.prepare("test") == ["torch==2.13.0+cpu", ".[authors]"]
    assert clone.prepare("lab") == clone.prepare("check") == clone.prepare("test") == []


def append(file, text):
    file.write_text(file.read_text("utf-8") + text, "utf-8")


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("constraints.txt", "numpy==2.4.6\n"),
        ("pyproject.toml", 'dependencies = ["numpy"]\n'),
        ("pyproject.toml", '[project.optional-dependencies]\nauthors = ["ruff"]\n'),
        ("pyproject.toml", '[build-system]\nrequires = ["hatchling>=2"]\n'),
        ("pyproject.toml", '[tool.hatch.build.targets.wheel]\npackages = ["lecture_utils"]\n'),
    ],
)
def test_changed_requirements_are_installed_into_the_same_folder(clone, name, line):
    clone.prepare("check")
    append(clone.root / name, line)
    assert clone.prepare("lab") == ["torch==2.13.0+cpu", ".[authors]"], "and what authors have stays"


def test_comments_and_the_settings_of_other_tools_change_no_installation(clone):
    append(clone.root / "pyproject.toml", 'dependencies = [\n    "numpy",\n]\n')
    clone.prepare()
    append(clone.root / "constraints.txt", "\n# tested in May\n")
    text = (clone.root / "pyproject.toml").read_text("utf-8").replace('"numpy",', '"numpy",  # arrays')
    tools = '\n[tool.ruff]\nline-length = 99\n[[tool.mypy.overrides]]\nmodule = [\n    "tqdm",\n]\n'
    (clone.root / "pyproject.toml").write_text("# What is needed.\n" + text + tools, "utf-8")
    assert clone.prepare() == []


def test_a_clone_that_moved_gets_a_new_folder(clone, tmp_path):
    clone.prepare()
    clone.root = clone.root.rename(tmp_path / "elsewhere")
    assert clone.prepare()[0] == "venv"


def test_a_python_that_was_removed_is_noticed(clone):
    clone.prepare()
    (clone.root / ".venv" / "bin" / "python").unlink()
    assert clone.prepare()[0] == "venv"


def interrupt(clone, monkeypatch):
    """Run the bootstrap and stop it, as with Ctrl-C, while pip is at the lecture's packages."""
    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "install_rest", raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            clone.prepare()


def test_an_interrupted_install_goes_on_where_it_was(clone, monkeypatch):
    interrupt(clone, monkeypatch)
    downloaded = clone.root / ".venv" / "downloaded"
    downloaded.touch()
    assert clone.prepare() == ["pip", "torch==2.13.0+cpu", "."]
    assert downloaded.exists()
    assert clone.prepare() == []


def test_an_interrupted_update_and_then_no_network_delete_nothing(clone, monkeypatch):
    clone.prepare("check")
    append(clone.root / "constraints.txt", "numpy==2.4.6\n")
    interrupt(clone, monkeypatch)
    package = clone.root / ".venv" / "package"
    package.touch()
    clone.failing.write_text(ALL_SILENT, "utf-8")
    with pytest.raises(NoNetwork):
        clone.prepare()
    clone.failing.unlink()
    assert clone.prepare() == ["pip", "torch==2.13.0+cpu", ".[authors]"], "and authors keep their tools"
    assert package.exists()


def test_a_package_stopped_halfway_is_installed_again_and_a_whole_one_kept(clone, monkeypatch):
    interrupt(clone, monkeypatch)
    packages = clone.root / ".venv" / "lib" / "python3.12" / "site-packages"
    half, whole = packages / "torch-2.13.0.dist-info", packages / "numpy-2.4.6.dist-info"
    half.mkdir(parents=True)
    whole.mkdir()
    (whole / "INSTALLER").write_text("pip\n", "utf-8")
    clone.prepare()
    assert not half.exists()
    assert whole.exists()


def test_an_unfinished_folder_that_will_not_do_is_made_afresh(clone, tmp_path, monkeypatch):
    interrupt(clone, monkeypatch)
    monkeypatch.setenv("TORCH", "cuda")
    assert clone.prepare()[0] == "venv", "another PyTorch"
    monkeypatch.delenv("TORCH")
    append(clone.root / "constraints.txt", "numpy==2.4.6\n")
    interrupt(clone, monkeypatch)
    clone.root = clone.root.rename(tmp_path / "elsewhere")
    assert clone.prepare()[0] == "venv", "a clone that moved"
    append(clone.root / "constraints.txt", "tqdm==4.70.1\n")
    interrupt(clone, monkeypatch)
    program(clone.root / ".venv" / "bin" / "python", "exit 127")
    assert clone.prepare()[0] == "venv", "a Python that does not run"


def test_a_clearing_stopped_halfway_leaves_nothing_to_adopt(clone, monkeypatch):
    clone.prepare()
    venv = Venv(str(clone.root))
    with monkeypatch.context() as patch:
        patch.setattr(bootstrap.subprocess, "Popen", raising(KeyboardInterrupt()))
        with pytest.raises(KeyboardInterrupt):
            venv.create(str(clone.script))
    assert not venv.usable()
    assert not venv.adoptable()


def test_a_failed_install_is_repaired_by_the_next_run(clone):
    clone.failing.write_text("ERROR: something odd\n", "utf-8")
    for _ in range(2):
        with pytest.raises(Trouble, match="something odd"):
            clone.prepare()
    clone.failing.unlink()
    assert clone.prepare() == ["pip", "torch==2.13.0+cpu", "."]


def test_a_half_written_record_is_no_record(clone):
    clone.prepare()
    (clone.root / ".venv" / "unrolled.json").write_text('{"state": "rea', "utf-8")
    assert clone.prepare() == ["pip", "torch==2.13.0+cpu", "."], "adopted, as if made by hand"


def test_a_folder_made_by_hand_is_kept(clone):
    shutil.copy(clone.script, program(clone.root / ".venv" / "bin" / "python", ""))
    mine = clone.root / ".venv" / "mine"
    mine.touch()
    assert clone.prepare() == ["pip", "torch==2.13.0+cpu", "."]
    assert mine.exists()


def test_the_network_going_down_leaves_last_times_packages_usable(clone):
    clone.prepare()
    (clone.root / "constraints.txt").write_text("torch==2.14.0\n", "utf-8")
    clone.failing.write_text(ALL_SILENT, "utf-8")
    with pytest.raises(Trouble, match=r"network is down(.|\n)*packages of last time work"):
        clone.prepare("check")
    clone.failing.unlink()
    assert clone.prepare() == ["torch==2.14.0+cpu", "."], "nothing was thrown away"


def test_new_pins_without_a_network_do_not_keep_the_lecture_closed(clone, monkeypatch, capsys):
    clone.prepare()
    (clone.root / "constraints.txt").write_text("torch==2.14.0\n", "utf-8")
    clone.failing.write_text(ALL_SILENT, "utf-8")
    prepare = bootstrap.prepare
    monkeypatch.setattr(bootstrap, "prepare", lambda goal: prepare(goal, str(clone.root)))
    capsys.readouterr()
    assert bootstrap.main(["lab"]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        "The pinned versions changed, and the network is down: opening with the packages of last time."
    )
    assert bootstrap.main(["check"]) == 1, "the checks want what is pinned"
    clone.failing.unlink()
    clone.calls_file.write_text("", "utf-8")
    assert bootstrap.main(["lab"]) == 0
    assert clone.calls() == ["torch==2.14.0+cpu", "."], "made good when the network is back"


def test_pip_is_not_led_out_of_the_folder(clone, monkeypatch):
    for name in ("PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONPATH"):
        monkeypatch.setenv(name, "1")
    names = clone.root.parent / "environment"
    clone.script.write_text(clone.script.read_text("utf-8").replace('case "$*"', f'env >> {names}\ncase "$*"', 1))
    venv = Venv(str(clone.root))
    venv.create(str(clone.script))
    names.unlink()
    venv.pip("nothing")
    given = {line.split("=")[0] for line in names.read_text("utf-8").splitlines()}
    assert "PIP_RETRIES" in given
    assert given.isdisjoint({"PIP_USER", "PIP_TARGET", "PIP_PREFIX", "PYTHONPATH"})


def test_another_python_or_pytorch_asked_for_means_a_new_folder(clone, monkeypatch):
    clone.prepare()
    monkeypatch.setenv("TORCH", "cuda")
    assert clone.prepare() == ["venv", "torch==2.13.0", "."]
    monkeypatch.delenv("TORCH")
    assert clone.prepare() == [], "what was chosen once stays"
    monkeypatch.setenv("PYTHON", "python3.9")  # the fake says 3.12, this Python says something else
    monkeypatch.setattr(bootstrap, "sys", SimpleNamespace(version_info=(3, 13, 0), platform="linux", stdout=sys.stdout))
    assert clone.prepare()[0] == "venv"


def run_as(monkeypatch, version, executable="/usr/bin/python3"):
    fake = SimpleNamespace(version_info=version, executable=executable, platform="linux")
    monkeypatch.setattr(bootstrap, "sys", fake)


def test_an_old_python_alone_gets_a_sentence(path, monkeypatch):
    run_as(monkeypatch, (3, 8, 1, "final", 0))
    with pytest.raises(Trouble) as trouble:
        bootstrap.find_python()
    assert str(trouble.value) == (
        "Unrolled needs Python 3.11 or newer; this is 3.8.1 at /usr/bin/python3. "
        "Install one, or say which one to use: make lab PYTHON=python3.12"
    )


def test_a_python_too_new_for_pytorch_gets_a_sentence(path, monkeypatch):
    run_as(monkeypatch, (3, 99, 0))
    with pytest.raises(Trouble, match=r"packages exist for Python 3\.11 to 3\.14; this is 3\.99\.0 at"):
        bootstrap.find_python()


def test_a_newer_python_on_the_path_is_taken_and_a_broken_one_passed_over(path, monkeypatch):
    program(path / "python3.14", "exit 127")
    program(path / "python3.13", "echo 3 9 0")
    good = program(path / "python3.12", "echo 3 12 4")
    run_as(monkeypatch, (3, 8, 1))
    assert bootstrap.find_python() == str(good)
    monkeypatch.setenv("PYTHON", "python3.8")
    with pytest.raises(Trouble, match=r"this is 3\.8\.1"):
        bootstrap.find_python()


def test_an_old_python_can_read_the_bootstrap():
    tree = ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 7))
    for node in ast.walk(tree):
        assert not isinstance(node, ast.ImportFrom | ast.AnnAssign), f"line {node.lineno}: keep to plain imports"
        if isinstance(node, ast.FunctionDef):
            notes = [node.returns, *(argument.annotation for argument in node.args.args)]
            assert all(isinstance(note, ast.Name | ast.Constant | None) for note in notes), (
                f"{node.name}: an annotation such as list[str] stands in quotes, or Python 3.8 stops there"
            )


def make(*arguments, **environment):
    command = [shutil.which("make"), *arguments]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("goal", ["lab", "test", "check"])
def test_make_without_any_python_says_so(tmp_path, goal):
    result = make(goal, PATH=str(tmp_path))
    assert result.returncode != 0
    assert "Unrolled needs Python 3.11 or newer, and none was found. Install one" in result.stdout


def test_make_with_a_python_that_is_not_there_names_it(tmp_path):
    result = make("lab", "PYTHON=python3.77", PATH=os.environ["PATH"])
    assert result.returncode != 0
    assert "none was found at python3.77" in result.stdout


def test_make_passes_over_a_python_that_does_not_run(tmp_path):
    program(tmp_path / "python3", "exit 127")
    program(tmp_path / "python3.13", "exit 0")
    result = make("-n", "lab", PATH=str(tmp_path))
    assert f'"{tmp_path}/python3.13" -I lecture_utils/bootstrap.py lab' in result.stdout
    assert f"{tmp_path}/python3 " not in result.stdout


def test_make_names_a_missing_python_with_a_space_in_its_path(tmp_path):
    result = make("lab", f"PYTHON={tmp_path}/my python", PATH=os.environ["PATH"])
    assert f"none was found at {tmp_path}/my python. Install" in result.stdout


def test_an_unreadable_pair_does_not_keep_the_others_from_being_touched():
    result = make("-n", "lab", PATH=os.environ["PATH"])
    [line] = [line for line in result.stdout.splitlines() if "--sync" in line]
    assert "--sync; touch" in line


def test_make_alone_lists_the_commands():
    result = make(PATH=os.environ["PATH"])
    assert result.returncode == 0
    assert {"lab", "test", "check"} <= {line.split()[1] for line in result.stdout.splitlines()}


def test_debians_missing_venv_module_gets_a_sentence(path):
    bare = program(path / "python3.12", 'case "$*" in *ensurepip*) exit 1 ;; *) echo 3 12 4 ;; esac')
    with pytest.raises(Trouble, match=r"sudo apt install python3\.12-venv"):
        bootstrap.check_venv_module(str(bare))


@pytest.mark.parametrize(
    ("nvidia_smi", "asked", "build"),
    [
        (None, None, "cpu"),
        ("echo 'No devices were found'", None, "cpu"),
        ("echo 'Failed to initialize NVML: Driver/library version mismatch'; exit 18", None, "cpu"),
        ("echo 'GPU 0: NVIDIA GeForce GTX 1650 (UUID: GPU-1)'", None, "ordinary"),
        ("echo 'GPU 0: NVIDIA GeForce GTX 1650 (UUID: GPU-1)'", "cpu", "cpu"),
        (None, "cuda", "ordinary"),
    ],
)
def test_the_build_of_pytorch_follows_the_computer(path, monkeypatch, nvidia_smi, asked, build):
    if nvidia_smi:
        program(path / "nvidia-smi", nvidia_smi)
    if asked:
        monkeypatch.setenv("TORCH", asked)
    assert bootstrap.torch_build() == build
    for system in ("darwin", "win32"):
        monkeypatch.setattr(sys, "platform", system)
        assert bootstrap.torch_build() == "ordinary"


def test_a_misspelt_build_gets_a_sentence(path, monkeypatch):
    monkeypatch.setenv("TORCH", "gpu")
    with pytest.raises(Trouble, match="TORCH is 'gpu', but can be cpu or cuda"):
        bootstrap.torch_build()


def test_no_cpu_build_stops_before_gigabytes_are_downloaded(clone):
    clone.failing.write_text(CPU_INDEX_SILENT, "utf-8")
    with pytest.raises(Trouble, match=r"no NVIDIA GPU.* make lab TORCH=cuda"):
        clone.prepare()
    downloads = [line for line in clone.calls_file.read_text("utf-8").splitlines() if "pip --quiet" in line]
    assert all("+cpu" in line or "--no-index" in line for line in downloads)


def test_a_local_cpu_wheel_will_do(clone, monkeypatch):
    clone.failing.write_text(CPU_INDEX_SILENT, "utf-8")
    monkeypatch.setattr(bootstrap, "local_cpu_wheel", lambda *_: clone.failing.unlink() is None)
    clone.prepare()
    _, second, _ = [line for line in clone.calls_file.read_text("utf-8").splitlines() if "pip --quiet" in line]
    assert second.endswith("--no-deps --no-index torch==2.13.0")


def test_the_network_down_at_the_first_run_gets_a_sentence(clone):
    clone.failing.write_text(ALL_SILENT, "utf-8")
    with pytest.raises(NoNetwork, match=r"network is down(.|\n)*last words: 'NewConnectionError"):
        clone.prepare()


def test_a_full_disk_gets_a_sentence():
    complaints = "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device\n"
    assert "The disk is full" in str(bootstrap.failure(complaints, "lab"))


@pytest.fixture
def real_pip(tmp_path, monkeypatch):
    """A Venv that runs this Python's own pip, cut off from the network and from every configuration."""
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    monkeypatch.setenv("PIP_DRY_RUN", "1")
    monkeypatch.setenv("PIP_IGNORE_INSTALLED", "1")
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    venv = Venv(str(tmp_path))
    venv.python = sys.executable
    (tmp_path / ".venv").mkdir()
    (tmp_path / "constraints.txt").write_text("torch==2.13.0\n", "utf-8")
    return venv


def torch_wheel(folder, requirement):
    """An empty torch-2.13.0 that asks for one thing."""
    facts = f"Metadata-Version: 2.1\nName: torch\nVersion: 2.13.0\nRequires-Dist: {requirement}\n"
    with zipfile.ZipFile(folder / "torch-2.13.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("torch-2.13.0.dist-info/METADATA", facts)
        wheel.writestr("torch-2.13.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        wheel.writestr("torch-2.13.0.dist-info/RECORD", "")


def test_pips_own_words_for_a_dead_proxy_are_understood(real_pip):
    with pytest.raises(NoNetwork, match=r"last words: 'ProxyError.*/torch/"):
        bootstrap.install_torch(real_pip, "cpu", "lab")


def test_a_dead_proxy_is_recognised_inside_the_build_too(real_pip):
    build = '[build-system]\nrequires = ["unrolled-needs-this"]\nbuild-backend = "nothing"\n'
    (Path(real_pip.root) / "pyproject.toml").write_text(build, "utf-8")
    with pytest.raises(NoNetwork, match=r"last words: 'ProxyError.*/unrolled-needs-this/"):
        bootstrap.install_rest(real_pip, "", "lab")


def test_pytorchs_own_index_alone_out_of_reach_stops_before_cuda_comes(real_pip, tmp_path, monkeypatch):
    monkeypatch.setenv("PIP_INDEX_URL", (tmp_path / "index").as_uri())
    torch_wheel(tmp_path, "nvidia-cudnn-cu13==9.1")
    with pytest.raises(Trouble, match=r"no NVIDIA GPU.* make test TORCH=cuda"):
        bootstrap.install_torch(real_pip, "cpu", "test")


def test_a_local_wheel_without_the_tag_is_looked_into(real_pip, tmp_path):
    assert not bootstrap.local_cpu_wheel(real_pip, "2.13.0"), "there is none"
    torch_wheel(tmp_path, "filelock")
    assert bootstrap.local_cpu_wheel(real_pip, "2.13.0")


@pytest.mark.parametrize("name", ["nvidia-cudnn-cu13==9.1; sys_platform == 'linux'", "cuda-toolkit", "triton==3.5"])
def test_a_wheel_that_asks_for_cuda_is_known_by_its_requirements(name):
    assert bootstrap.needs_cuda(["filelock", name])
    assert not bootstrap.needs_cuda(["filelock", "sympy>=1.13"])


def test_a_browser_is_found_by_name_then_on_the_path_then_in_playwrights_folder(path, tmp_path, monkeypatch):
    assert bootstrap.find_browser() is None
    own = program(tmp_path / "playwright" / "chromium-1200" / "chrome-linux64" / "chrome", "")
    assert bootstrap.find_browser() == str(own)
    on_path = program(path / "google-chrome", "")
    assert bootstrap.find_browser() == str(on_path)
    monkeypatch.setenv("UNROLLED_CHROMIUM", str(own))
    assert bootstrap.find_browser() == str(own)


def test_a_browser_on_the_path_that_does_not_start_is_passed_over(path, tmp_path):
    program(path / "chromium-browser", "echo 'install the snap first' >&2; exit 1")
    (path / "chromium").write_text("no program", "utf-8")
    (path / "chromium").chmod(0o755)
    assert bootstrap.find_browser() is None
    own = program(tmp_path / "playwright" / "chromium-1200" / "chrome-linux64" / "chrome", "")
    assert bootstrap.find_browser() == str(own)


@pytest.fixture
def ready(clone):
    clone.prepare("check")
    return clone


def test_debians_chromium_is_installed_where_apt_and_root_are_there(ready, path, monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    create = f'echo "#!/bin/sh" > {path}/chromium; chmod 755 {path}/chromium'
    program(path / "apt-get", f'case "$*" in "install "*chromium*) {create} ;; esac')
    assert ready.prepare("test") == [], "Playwright is not asked"
    assert bootstrap.find_browser() == str(path / "chromium")


@pytest.mark.parametrize("user", [0, 1000])
def test_playwrights_own_browser_is_the_second_choice(ready, path, monkeypatch, user):
    monkeypatch.setattr(os, "geteuid", lambda: user, raising=False)
    apt = path / "apt-was-called"
    program(path / "apt-get", f"touch {apt}; exit 100")
    own = path.parent / "playwright" / "chromium-1" / "chrome-linux" / "chrome"
    python = ready.root / ".venv" / "bin" / "python"
    program(python, f'mkdir -p {own.parent}; echo "#!/bin/sh" > {own}; chmod 755 {own}')
    ready.prepare("test")
    assert bootstrap.find_browser() == str(own)
    assert apt.exists() is (user == 0)


def test_no_browser_at_all_is_an_error_not_a_skip(ready):
    with pytest.raises(Trouble, match="browser tests need Chromium, and none could be installed"):
        ready.prepare("test")


def test_a_named_browser_that_is_not_there_is_an_error(ready, monkeypatch):
    monkeypatch.setenv("UNROLLED_CHROMIUM", "/no/such/chromium")
    with pytest.raises(Trouble, match="UNROLLED_CHROMIUM names no program: /no/such/chromium"):
        ready.prepare("test")


BARE_BROWSER = "echo libnss3.so is missing >&2; exit 127"


def test_a_new_browser_without_its_libraries_is_an_error_each_time(ready, tmp_path, monkeypatch):
    own = tmp_path / "playwright" / "chromium-1" / "chrome-linux" / "chrome"
    monkeypatch.setattr(bootstrap, "install_browser", lambda _: program(own, BARE_BROWSER))
    for _ in range(2):
        with pytest.raises(Trouble, match=r"does not start: libnss3\.so is missing\n.*UNROLLED_CHROMIUM="):
            ready.prepare("test")


def test_a_named_browser_that_does_not_start_is_an_error(ready, tmp_path, monkeypatch):
    monkeypatch.setenv("UNROLLED_CHROMIUM", str(program(tmp_path / "mine", BARE_BROWSER)))
    with pytest.raises(Trouble, match=r"mine does not start: libnss3\.so is missing"):
        ready.prepare("test")


def test_trouble_is_one_sentence_on_stderr_and_a_failure(monkeypatch, capsys):
    monkeypatch.setattr(bootstrap, "prepare", raising(Trouble("Mend this.")))
    assert bootstrap.main(["lab"]) == 1
    assert capsys.readouterr().err == "\nMend this.\n\n"
    assert bootstrap.main(["nonsense"]) == 2
