"""The environment check says what is there and what to do, and never raises."""

import builtins
import sys
from importlib import metadata

import pytest
import torch

from lecture_utils import environment
from lecture_utils.environment import Finding, Report, look_around


def finding(what):
    [found] = [each for each in look_around().findings if each.what == what]
    return found


def without(monkeypatch, package, problem):
    real = builtins.__import__

    def refuse(name, *rest, **named):
        if name.split(".")[0] == package:
            raise problem
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", refuse)


def test_here_everything_is_ready(monkeypatch):
    monkeypatch.setenv("LECTURE_UTILS_DEVICE", "cpu")
    report = look_around()
    assert report.complete
    assert torch.__version__ in str(report)
    assert finding("device").found.startswith("cpu: no graphics card")
    assert "What to do" not in str(report)
    assert str(report).endswith("You have all you need.")


def test_an_old_python_is_told_what_to_install(monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 10, 4))
    assert not finding("Python").right
    assert "install Python 3.11 or newer" in str(finding("Python"))


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (ModuleNotFoundError("No module named 'torch'", name="torch"), "PyTorch is not installed"),
        (ImportError("libgomp.so.1: cannot open"), "does not start: libgomp.so.1: cannot open"),
        (OSError("[WinError 126] c10.dll"), "does not start: [WinError 126] c10.dll"),
    ],
)
def test_without_pytorch_the_rest_is_still_said(monkeypatch, problem, words):
    without(monkeypatch, "torch", problem)
    assert words in str(finding("PyTorch"))
    assert "make lab" in str(finding("PyTorch"))
    assert not finding("device").right
    assert "LECTURE_UTILS_DEVICE" not in str(finding("device"))
    assert finding("Python").right
    assert finding("widgets").right


def test_a_device_that_is_not_there_is_explained(monkeypatch):
    monkeypatch.setenv("LECTURE_UTILS_DEVICE", "abacus")
    assert not finding("device").right
    assert "abacus" in str(finding("device"))
    assert "unset LECTURE_UTILS_DEVICE" in str(finding("device"))


def test_a_missing_widget_package_is_named(monkeypatch):
    def version(package):
        if package == "anywidget":
            raise metadata.PackageNotFoundError(package)
        return "1"

    monkeypatch.setattr(environment.metadata, "version", version)
    assert "anywidget is not installed" in str(finding("widgets"))


def test_a_report_with_a_gap_asks_to_run_the_cell_again():
    report = Report((Finding("Python", "3.9", False, "install a newer one"),))
    assert not report.complete
    assert "✗ missing" in str(report)
    assert str(report).endswith("run this cell again.")
