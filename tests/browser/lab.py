"""JupyterLab in a browser: a server on a copy of the notebooks, and the few moves that the tests need."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Browser, Page, Playwright, expect

from lecture_utils.bootstrap import find_browser

ROOT = Path(__file__).resolve().parents[2]
REPORTS = ROOT / "reports" / "screenshots"
FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
PATIENCE = 60_000  # milliseconds: shared machines can be slow to start a kernel


class Lab:
    """A running JupyterLab server with its own settings, its token, and the folder that it serves."""

    def __init__(self, folder: Path, home: Path) -> None:
        self.folder, self.home, self.token, self.port = folder, home, secrets.token_hex(16), _free_port()
        self.log = home / "jupyterlab.log"
        _write_settings(home, "light")
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                self._command(),
                cwd=folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self._wait()

    def _command(self) -> list[str]:
        return [
            *(sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={self.port}"),
            *("--ip=127.0.0.1", f"--IdentityProvider.token={self.token}", "--LabApp.expose_app_in_browser=True"),
            *("--ServerApp.port_retries=0", f"--ServerApp.root_dir={self.folder}"),
        ]

    def _environment(self) -> dict[str, str]:
        places = {
            "JUPYTER_CONFIG_DIR": "config",
            "JUPYTER_DATA_DIR": "data",
            "JUPYTER_RUNTIME_DIR": "runtime",
            "JUPYTERLAB_SETTINGS_DIR": "settings",
            "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
            "IPYTHONDIR": "ipython",
        }
        return {**os.environ, "OMP_NUM_THREADS": "1", **{name: str(self.home / at) for name, at in places.items()}}

    def _wait(self) -> None:
        deadline = time.monotonic() + PATIENCE / 1000
        while time.monotonic() < deadline:
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/status?token={self.token}", timeout=2)
                return
            if self.process.poll() is not None:
                break
            time.sleep(0.2)
        self.stop()
        raise RuntimeError(f"JupyterLab did not start; its log says:\n{self.log.read_text()[-3000:]}")

    def stop(self) -> None:
        """End the server and its kernels."""
        self.process.terminate()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()

    def set_theme(self, theme: str) -> None:
        """Choose "light" or "dark" for pages opened from now on."""
        _write_settings(self.home, theme)

    def address(self, notebook: str) -> str:
        """The page of a notebook, in a workspace of its own so that nothing else opens beside it."""
        workspace = secrets.token_hex(4)
        return f"http://127.0.0.1:{self.port}/lab/workspaces/{workspace}/tree/{notebook}?token={self.token}"


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _write_settings(home: Path, theme: str) -> None:
    settings = {
        "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
        "apputils-extension/themes": {"theme": THEMES[theme]},
        # every cell stays in the page, so that a test can look at all of them
        "notebook-extension/tracker": {"windowingMode": "none"},
        "docmanager-extension/plugin": {"autosave": False},
    }
    for name, values in settings.items():
        file = home / "settings" / "@jupyterlab" / f"{name}.jupyterlab-settings"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(json.dumps(values))


def copy_of_clone(target: Path) -> Path:
    """The files that a clone would bring (tracked, or new and not ignored), copied to `target`."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    ).stdout
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, target / name)  # times of now, in the order of a clone
    return target


@contextlib.contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    """The machine's Chromium, or the one that Playwright installed."""
    browser = playwright.chromium.launch(executable_path=find_browser(), args=FLAGS)
    yield browser
    browser.close()


def write_notebook(folder: Path, name: str, *sources: str) -> str:
    """A small notebook with these code cells; returns its name."""
    import nbformat

    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(source) for source in sources],
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
    )
    nbformat.write(notebook, folder / name)
    return name


def open_notebook(page: Page, lab: Lab, notebook: str) -> None:
    """Log in with the token and wait until the notebook's cells are on the page."""
    page.goto(lab.address(notebook))
    expect(page.locator(".jp-NotebookPanel .jp-Cell").first).to_be_visible(timeout=PATIENCE)
    page.wait_for_function("() => window.jupyterapp?.shell.currentWidget?.sessionContext?.isReady", timeout=PATIENCE)


def run_all(page: Page) -> None:
    """Run All, and wait until the last cell has run; an error in a cell fails here, with its words."""
    page.wait_for_function(
        "() => jupyterapp.shell.currentWidget.sessionContext.session?.kernel?.status === 'idle'", timeout=PATIENCE
    )
    reached_the_end = page.evaluate("() => jupyterapp.commands.execute('notebook:run-all-cells')")
    problems = page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").all_inner_texts()
    assert reached_the_end, "\n".join(problems)
    assert problems == []


def cells(page: Page) -> list[dict[str, object]]:
    """Type and source of every cell of the open notebook, as JupyterLab holds them."""
    return page.evaluate(
        "() => [...jupyterapp.shell.currentWidget.content.model.cells].map("
        "(cell) => ({type: cell.type, source: cell.sharedModel.source}))"
    )


def screenshot(page: Page, name: str, locator: str | None = None) -> Path:
    """Keep a picture under reports/, which git ignores."""
    REPORTS.mkdir(parents=True, exist_ok=True)
    path = REPORTS / f"{name}.png"
    if locator is None:
        page.screenshot(path=str(path))
        return path
    size, place = page.viewport_size, page.locator(locator).first
    height = place.evaluate("(node) => node.getBoundingClientRect().height")
    page.set_viewport_size({"width": size["width"], "height": int(height) + 400})  # what is outside stays blank
    place.screenshot(path=str(path))
    page.set_viewport_size(size)
    return path
