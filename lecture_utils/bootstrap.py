"""Prepare the folder `.venv` for `make lab`, `make check` and `make test`.

Standard library only, run by whatever Python the computer has, and written in syntax that Python 3.6
can read: an old Python has to get far enough to say that it is too old.
"""

import glob
import hashlib
import importlib.util
import json
import os
import platform
import re
import shutil
import subprocess
import sys

OLDEST, NEWEST = (3, 11), (3, 14)  # the Pythons for which the pinned packages exist
CPU_WHEELS = "https://download.pytorch.org/whl/cpu"
ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
EXTRAS = {"lab": "", "check": "authors", "test": "authors"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NO_NETWORK = re.compile(
    r"NewConnectionError|ConnectTimeoutError|ReadTimeoutError|NameResolutionError|ProxyError|SSLError"
    r"|Temporary failure in name resolution|Network is unreachable|Connection refused|timed out"
)


class Trouble(Exception):
    """Something the person at the keyboard can mend; its text is the sentence that says how."""


class NoNetwork(Trouble):
    """pip could not reach its index; it has changed nothing."""


def say(sentence: str) -> None:
    """Print one line of progress at once."""
    print(sentence, flush=True)


def dotted(version: "tuple[int, ...]") -> str:
    """Write (3, 11, 7) as 3.11.7."""
    return ".".join(str(part) for part in version)


def this_python() -> str:
    """Return the interpreter that runs this, outside any virtual environment (which may be about to go)."""
    return getattr(sys, "_base_executable", None) or sys.executable


def supported(version: "tuple[int, ...]") -> bool:
    """Tell whether the pinned packages exist for this Python version."""
    return OLDEST <= tuple(version[:2]) <= NEWEST


def version_of(python: str) -> "tuple[int, ...]":
    """Ask an interpreter for its version; () where it does not run (a shim without a Python behind it)."""
    question = "import sys; print(*sys.version_info[:3])"
    try:
        command = [python, "-I", "-c", question]
        answer = subprocess.check_output(command, stderr=subprocess.DEVNULL, timeout=20)
        return tuple(int(part) for part in answer.split())
    except (OSError, ValueError, subprocess.SubprocessError):
        return ()


def other_pythons() -> "list[str]":
    """List python3.14, python3.13 … wherever the PATH has them, newest first."""
    names = [f"python3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]
    paths = [os.path.join(folder, name) for name in names for folder in os.get_exec_path()]
    return [path for path in paths if os.access(path, os.X_OK)]


def find_python() -> str:
    """Return this interpreter if it will do, else another from the PATH; raise Trouble where there is none."""
    if supported(sys.version_info[:2]):
        return this_python()
    if "PYTHON" not in os.environ:  # a Python asked for by name is not replaced behind the person's back
        for path in other_pythons():
            if supported(version_of(path)):
                return path
    raise Trouble(wrong_python(tuple(sys.version_info[:3]), sys.executable))


def wrong_python(version: "tuple[int, ...]", path: str) -> str:
    """Say which Python is needed, which one this is, and what to do."""
    this = f"this is {dotted(version)} at {path}"
    if version < OLDEST:
        need = f"Unrolled needs Python {dotted(OLDEST)} or newer; {this}."
    else:
        need = f"Unrolled's packages exist for Python {dotted(OLDEST)} to {dotted(NEWEST)}; {this}."
    return f"{need} Install one, or say which one to use: make lab PYTHON=python3.12"


def check_venv_module(python: str) -> None:
    """Raise Trouble where Debian and Ubuntu left the venv module out of their Python."""
    if python == this_python():
        complete = all(importlib.util.find_spec(name) for name in ("venv", "ensurepip"))
    else:
        command = [python, "-I", "-c", "import venv, ensurepip"]
        complete = subprocess.call(command, stderr=subprocess.DEVNULL) == 0
    if not complete:
        package = f"python{dotted(version_of(python)[:2])}-venv"
        raise Trouble(
            f"The Python at {python} comes without its venv module. "
            f"On Debian and Ubuntu that is a package of its own: sudo apt install {package}"
        )


def check_mac() -> None:
    """Raise Trouble under an Intel Python on a Mac, for which PyTorch is no longer built."""
    if sys.platform == "darwin" and platform.machine() == "x86_64":
        raise Trouble(
            "PyTorch is no longer built for Intel Macs, and this is an Intel Python. On an Apple-silicon Mac "
            "install an arm64 Python; on an Intel Mac use conda: conda env create -f environment.yml"
        )


def has_nvidia_gpu() -> bool:
    """Tell whether nvidia-smi is there and lists a GPU."""
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return False
    try:
        return b"GPU " in subprocess.check_output([tool, "-L"], stderr=subprocess.DEVNULL, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False


def torch_build() -> str:
    """Choose "cpu" or "ordinary", the build that the package index offers by itself.

    Only on Linux do the two differ: there the ordinary build brings gigabytes of CUDA along.
    TORCH=cpu or TORCH=cuda in the environment overrides what the computer would choose.
    """
    asked = os.environ.get("TORCH", "")
    if asked not in ("", "cpu", "cuda"):
        raise Trouble(f"TORCH is {asked!r}, but can be cpu or cuda; leave it out to let the computer choose.")
    if not sys.platform.startswith("linux"):
        return "ordinary"
    return "cpu" if asked == "cpu" or not (asked or has_nvidia_gpu()) else "ordinary"


class Venv:
    """The virtual environment of one clone, and the record in it of what was installed."""

    def __init__(self, root: str) -> None:
        self.root = root
        self.folder = os.path.join(root, ".venv")
        self.python = os.path.join(self.folder, "Scripts" if os.name == "nt" else "bin", "python")
        self.record_file = os.path.join(self.folder, "unrolled.json")
        self.log_file = os.path.join(self.folder, "install.log")
        self.constraints = os.path.join(root, "constraints.txt")

    def record(self) -> "dict[str, object]":
        """Return what the last run wrote; empty where there is nothing readable."""
        try:
            with open(self.record_file, encoding="utf-8") as file:
                return dict(json.load(file))
        except (OSError, ValueError):
            return {}

    def write(self, record: "dict[str, object]") -> None:
        """Replace the record in one step, so that it is never half a record."""
        with open(self.record_file + ".new", "w", encoding="utf-8") as file:
            json.dump(record, file, indent=1)
        os.replace(self.record_file + ".new", self.record_file)

    def digest(self) -> str:
        """Hash what pyproject.toml and constraints.txt say about the installation."""
        with open(os.path.join(self.root, "pyproject.toml"), encoding="utf-8") as file:
            lines = installing_lines(meaningful_lines(file.read()))
        with open(self.constraints, encoding="utf-8") as file:
            lines += meaningful_lines(file.read())
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()

    def usable(self) -> bool:
        """Tell whether all packages of some time are in the folder, and it is the one asked for."""
        return self.record().get("state") == "ready" and self.as_asked()

    def as_asked(self) -> bool:
        """Tell from the record whether the folder was not moved and has the Python and PyTorch asked for."""
        record = self.record()
        return (
            record.get("folder") == self.folder
            and os.path.exists(self.python)
            and (not os.environ.get("TORCH") or record.get("torch") in (None, torch_build()))
            and ("PYTHON" not in os.environ or record.get("python") == list(sys.version_info[:2]))
        )

    def ready_for(self, goal: str) -> bool:
        """Tell, without starting a process, whether nothing has to be done."""
        record = self.record()
        enough = EXTRAS[goal] in ("", record.get("extra"))
        return self.usable() and enough and record.get("files") == self.digest()

    def adoptable(self) -> bool:
        """Tell whether pip can go on in the folder: left unfinished, or made by hand (no record in it)."""
        record = self.record()
        if record and not (record.get("state") == "unfinished" and self.as_asked()):
            return False
        version = version_of(self.python)
        if not supported(version) or ("PYTHON" in os.environ and version[:2] != tuple(sys.version_info[:2])):
            return False
        return subprocess.call([self.python, "-m", "pip", "--version"], stdout=subprocess.DEVNULL) == 0

    def create(self, python: str) -> None:
        """Make the folder afresh; what is in it goes."""
        if os.path.isdir(self.folder):
            say("The folder .venv was moved, does not run or was made for something else; making it again.")
            self.write({"state": "going"})  # stopped halfway through the clearing, it is not to be adopted
        say(f"Making .venv with {python}")
        command = [python, "-m", "venv", "--clear", self.folder]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        words = process.communicate()[0].decode(errors="replace").split("\n")
        if process.returncode:
            last = [line for line in words if line.strip()][-1:]
            raise Trouble(f"Python could not make the folder {self.folder}. {' '.join(last)}")
        self.write_unfinished()

    def write_unfinished(self, **more: str) -> None:
        """Record that pip has work to do, and what the next run needs to go on where this one may be stopped."""
        python = list(version_of(self.python)[:2])
        self.write(dict(self.record(), state="unfinished", folder=self.folder, python=python, **more))

    def forget_halves(self) -> None:
        """Remove the marks of packages that a stopped pip left half copied, or pip would believe they are there.

        The file INSTALLER is what pip writes once all of a package is in its place.
        """
        library = os.path.join("Lib" if os.name == "nt" else os.path.join("lib", "python3*"), "site-packages")
        for mark in glob.glob(os.path.join(glob.escape(self.folder), library, "*.dist-info")):
            if not os.path.exists(os.path.join(mark, "INSTALLER")):
                shutil.rmtree(mark)

    def pip(self, *arguments: str) -> "tuple[int, str]":
        """Run `pip install`; return its exit status and, where it failed, what it wrote.

        The progress bar of a large download is left on the screen; everything else goes to the log.
        """
        bar = "on" if sys.stdout.isatty() else "off"
        command = [self.python, "-m", "pip", "--quiet", "--log", self.log_file]
        command += ["install", "--progress-bar", bar, *arguments]
        # As variables, not options: the pip that pip starts to build the lecture obeys them too.
        environment = dict(os.environ, PIP_RETRIES="1", PIP_DEFAULT_TIMEOUT="15", PIP_NO_INPUT="1")
        environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
        for name in ("PYTHONPATH", "PIP_USER", "PIP_TARGET", "PIP_PREFIX"):  # would lead pip out of .venv
            environment.pop(name, None)
        before = os.path.getsize(self.log_file) if os.path.exists(self.log_file) else 0
        process = subprocess.Popen(command, cwd=self.root, env=environment, stderr=subprocess.PIPE)
        words = process.communicate()[1].decode(errors="replace")
        return process.returncode, self.log_since(before) + words if process.returncode else ""

    def log_since(self, position: int) -> str:
        """Return what the log has gained, without the time that starts each line."""
        if not os.path.exists(self.log_file):
            return ""
        with open(self.log_file, "rb") as file:
            file.seek(position)
            return re.sub(r"(?m)^\d{4}-\S+ ", "", file.read().decode(errors="replace"))


def meaningful_lines(text: str) -> "list[str]":
    """Return the lines without comments and without the space around them; empty ones go."""
    lines = (re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines())
    return [line for line in lines if line]


def installing_lines(lines: "list[str]") -> "list[str]":
    """Keep the sections of pyproject.toml that an installation depends on; the settings of other tools go.

    A scan for headers, because Pythons before 3.11 cannot read TOML.
    """
    kept, matters = [], False
    for line in lines:
        header = re.match(r"\[+([\w.\-]+)", line)
        if header:
            matters = re.match(r"(build-system|project|tool\.hatch)(\.|$)", header.group(1)) is not None
        if matters:
            kept.append(line)
    return kept


def pinned(package: str, constraints: str) -> str:
    """Return the version that the constraints file gives a package."""
    with open(constraints, encoding="utf-8") as file:
        found = re.search(rf"^{re.escape(package)}==([^\s;]+)", file.read(), re.MULTILINE)
    if found is None:
        raise Trouble(f"{constraints} gives no version for {package}.")
    return found.group(1)


def install_torch(venv: Venv, build: str, goal: str) -> None:
    """Install the pinned PyTorch alone; its own requirements come with the rest."""
    version = pinned("torch", venv.constraints)
    if build == "cpu":
        say(f"Installing PyTorch {version} (the CPU build, about 200 MB)")
        status, complaints = install_cpu_torch(venv, version)
    else:
        size = "the CUDA build, several gigabytes" if sys.platform.startswith("linux") else "about 100 MB"
        say(f"Installing PyTorch {version} ({size})")
        status, complaints = venv.pip("--constraint", venv.constraints, "torch==" + version)
    if status and build == "cpu" and only_cpu_build_missing(complaints):
        raise Trouble(
            f"This computer has no NVIDIA GPU, so the lecture wants PyTorch's CPU build, and {CPU_WHEELS} "
            "cannot be reached or has none for it. Try again on another network, or accept the CUDA build "
            f"of several gigabytes: make {goal} TORCH=cuda"
        )
    if status:
        raise failure(complaints, goal)


def install_cpu_torch(venv: Venv, version: str) -> "tuple[int, str]":
    """Install a CPU build or nothing: the tag +cpu matches no CUDA wheel, so none can be downloaded."""
    answer = venv.pip("--no-deps", "--extra-index-url", CPU_WHEELS, f"torch=={version}+cpu")
    if answer[0] and local_cpu_wheel(venv, version):
        answer = venv.pip("--no-deps", "--no-index", "torch==" + version)
    return answer


def local_cpu_wheel(venv: Venv, version: str) -> bool:
    """Tell whether a wheel on this computer (pip's find-links) is a CPU build without the tag +cpu.

    pip is kept off the network here: to read a wheel's requirements it may download all of the wheel.
    """
    report = os.path.join(venv.folder, "torch.json")
    look = ["--no-deps", "--no-index", "--dry-run", "--ignore-installed", "--report", report]
    if venv.pip(*look, "torch==" + version)[0]:
        return False
    with open(report, encoding="utf-8") as file:
        [wheel] = json.load(file)["install"]
    return not needs_cuda(wheel["metadata"].get("requires_dist", []))


def needs_cuda(requirements: "list[str]") -> bool:
    """Tell from a wheel's requirements whether it would pull CUDA packages in."""
    return any(re.match(r"(nvidia|cuda|triton)\b", requirement) for requirement in requirements)


def only_cpu_build_missing(complaints: str) -> bool:
    """Tell from pip's words that the ordinary index answered, and that no CPU build was found."""
    unanswered = re.findall(r"Retrying .*: (/\S*)", complaints)
    elsewhere = [path for path in unanswered if not path.startswith("/whl/cpu")]
    return "No matching distribution found for torch" in complaints and not elsewhere


def install_rest(venv: Venv, extra: str, goal: str) -> None:
    """Install the lecture itself, editable, with everything it asks for."""
    say("Installing JupyterLab and the other packages (a minute or two)")
    lecture = f".[{extra}]" if extra else "."
    status, complaints = venv.pip("--constraint", venv.constraints, "--editable", lecture)
    if status:
        raise failure(complaints, goal)


def failure(complaints: str, goal: str) -> Trouble:
    """Turn pip's complaints into one sentence and the last line of pip's that says something."""
    lines = [line.strip() for line in complaints.splitlines() if line.strip()]
    errors = [line for line in lines if re.match(r"ERROR: (?!Exception:|\[present)", line)]
    silence = [line.split("connection broken by ")[-1] for line in lines if NO_NETWORK.search(line)]
    last = (silence or errors or lines or ["none"])[-1]
    end = f"\npip's last words: {last}\nThe whole log: .venv/install.log"
    if silence:
        return NoNetwork(
            "The network is down or a proxy blocks it: pip cannot reach its package index. "
            f"Connect, then run make {goal} again; what was downloaded is kept.{end}"
        )
    if "No space left on device" in complaints:
        return Trouble(f"The disk is full. Make room (about 2 GB), then run make {goal} again.{end}")
    return Trouble(f"pip could not install the packages.{end}")


def install(venv: Venv, goal: str) -> None:
    """Bring .venv to what pyproject.toml and constraints.txt say; record it only when all of it is there."""
    check_mac()
    before = venv.record() if venv.usable() else {}
    if not before:
        resume_or_create(venv)
    build = str(venv.record().get("torch") or torch_build())
    extra = EXTRAS[goal] or str(venv.record().get("extra", ""))
    venv.write_unfinished(torch=build, extra=extra)
    try:
        install_torch(venv, build, goal)
        install_rest(venv, extra, goal)
    except NoNetwork as trouble:
        if not before:
            raise
        venv.write(before)  # pip stopped before it changed anything
        do_without_network(goal, trouble)
    else:
        finish(venv, build, extra)


def resume_or_create(venv: Venv) -> None:
    """Let pip go on in the folder that is there; only where it cannot, make a new one."""
    if venv.adoptable():
        if venv.record():
            venv.forget_halves()
        return
    python = find_python()
    check_venv_module(python)
    venv.create(python)


def do_without_network(goal: str, trouble: NoNetwork) -> None:
    """Let the lecture open with the packages of last time; the checks need the pinned ones and raise Trouble."""
    if goal != "lab":
        raise Trouble(f"{trouble}\nUntil then the packages of last time work: make lab") from None
    say("The pinned versions changed, and the network is down: opening with the packages of last time.")


def finish(venv: Venv, build: str, extra: str) -> None:
    """Write the record that makes the next run quick."""
    version = version_of(venv.python)
    venv.write(
        {
            "state": "ready",
            "folder": venv.folder,
            "files": venv.digest(),
            "python": list(version[:2]),
            "torch": build,
            "extra": extra,
        }
    )
    say(f"Ready: .venv with Python {dotted(version)}")


def find_browser() -> "str | None":
    """Return the path of a Chromium: UNROLLED_CHROMIUM, one on the PATH, or the one Playwright fetched."""
    asked = os.environ.get("UNROLLED_CHROMIUM")
    if asked:
        return shutil.which(asked)
    for path in map(shutil.which, BROWSERS):
        if path and not complaint_of(path):  # Ubuntu's is a stub that only asks for a snap
            return path
    return playwright_browser()


def playwright_browser() -> "str | None":
    """Return the newest Chromium in Playwright's own folder, or None."""
    caches = {
        "darwin": "~/Library/Caches/ms-playwright",
        "win32": os.path.join(os.environ.get("LOCALAPPDATA", "~"), "ms-playwright"),
    }
    cache = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or caches.get(sys.platform, "~/.cache/ms-playwright")
    programs = ("chrome-linux*/chrome", "chrome-mac*/*.app/Contents/MacOS/*", "chrome-win*/chrome.exe")
    folder = os.path.join(os.path.expanduser(cache), "chromium-*")
    found = [path for program in programs for path in glob.glob(os.path.join(folder, program))]
    return max(found, key=os.path.getmtime, default=None)


def browser_commands(venv: Venv) -> "list[list[str]]":
    """List what to try: Debian's Chromium where apt and root are there, then Playwright's own."""
    playwright = [venv.python, "-m", "playwright", "install", "chromium"]
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return [playwright]
    install = ["apt-get", "install", "--yes", "--no-install-recommends", "chromium", "fonts-dejavu-core"]
    return [["apt-get", "update"], install, playwright]


def install_browser(venv: Venv) -> None:
    """Try one command after the other until there is a browser; their words go to the log."""
    environment = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    with open(venv.log_file, "ab") as log:
        for command in browser_commands(venv):
            if find_browser() is None:
                say("Installing a browser for the tests: " + " ".join(command))
                subprocess.call(command, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)


def ensure_browser(venv: Venv) -> None:
    """Install a Chromium for the browser tests where there is none; Trouble where none can be had."""
    browser = find_browser()
    if browser:
        check_browser(browser)
        return
    if os.environ.get("UNROLLED_CHROMIUM"):
        raise Trouble(f"UNROLLED_CHROMIUM names no program: {os.environ['UNROLLED_CHROMIUM']}")
    install_browser(venv)
    browser = find_browser()
    if browser is None:
        raise Trouble(
            "The browser tests need Chromium, and none could be installed (the log: .venv/install.log). "
            "Install Chromium or Chrome, or name one: make test UNROLLED_CHROMIUM=/path/to/chromium"
        )
    check_browser(browser)


def complaint_of(browser: str) -> str:
    """Start the browser for its version alone; return "" where that works, else its reason."""
    command = [browser, "--version"]
    try:
        process = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, timeout=60)
    except (OSError, subprocess.SubprocessError) as error:
        return str(error)
    words = process.stderr.decode(errors="replace").strip()
    return (words or "it gave no reason") if process.returncode else ""


def check_browser(browser: str) -> None:
    """Raise Trouble where the browser does not start, mostly for want of a system library."""
    complaint = complaint_of(browser)
    if complaint:
        raise Trouble(
            f"Chromium at {browser} does not start: {complaint}\n"
            "Mend it, or name another one: make test UNROLLED_CHROMIUM=/path/to/chromium"
        )


def prepare(goal: str, root: str = ROOT) -> None:
    """Do what is still to be done for `make lab`, `make check` or `make test`."""
    venv = Venv(root)
    if not venv.ready_for(goal):
        install(venv, goal)
    if goal == "test":
        ensure_browser(venv)


def main(arguments: "list[str]") -> int:
    """Run from the command line: lab, check or test; or browser, which prints where one is."""
    if arguments == ["browser"]:
        browser = find_browser()
        print(browser or "none")
        return 0 if browser else 1
    if len(arguments) != 1 or arguments[0] not in EXTRAS:
        print("usage: bootstrap.py {lab,check,test,browser}", file=sys.stderr)
        return 2
    try:
        prepare(arguments[0])
    except Trouble as trouble:
        print(f"\n{trouble}\n", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"\nStopped. Run make {arguments[0]} again to go on.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
