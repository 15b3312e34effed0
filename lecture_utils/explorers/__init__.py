"""The explorers, loaded when they are first asked for: importing this package loads none of them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

_HOMES = {"shape_explorer": "shape", "forward_stepper": "forward"}

__all__ = ["forward_stepper", "shape_explorer"]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"there is no explorer called {name!r}; there are {', '.join(__all__)}.")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return __all__
