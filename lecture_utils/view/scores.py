"""Measured figures beside one another: a bar for each, its number at its end, and the same in words and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from textwrap import shorten

from lecture_utils.diagrams import Table
from lecture_utils.view.pictures import show
from lecture_utils.view.plots import PALETTE

LONGEST_NAME = 60


def show_scores(
    title: str,
    scores: Mapping[str, float | Sequence[float]],
    unit: str,
    *,
    digits: int = 1,
    own: Sequence[str] = (),
) -> None:
    """Show a bar for each of the `scores`, by name, in the order given; `title` is a sentence that says what to see.

    With the unit "%" a score is a share from 0 to 1. A score of three numbers is the lowest, the median and the highest
    of several runs. The names in `own` (the models of the lesson, not its baselines) are hatched. Raises ValueError
    when there is nothing to show, and for a name in `own` that has no score.
    """
    if not scores:
        raise ValueError("show_scores needs at least one score: a mapping from names to numbers.")
    if strangers := [name for name in own if name not in scores]:
        raise ValueError(f"own names {', '.join(map(repr, strangers))}, but there are scores of: {', '.join(scores)}.")
    bands = {name: _band(name, score) for name, score in scores.items()}
    said = {name: _said(band, unit, digits) for name, band in bands.items()}
    alt = f"{title}. {'; '.join(f'{name}: {text}' for name, text in said.items())}."
    table = Table(title, ("", "median (lowest to highest)" if _several(bands) else unit), tuple(said.items()))
    show(_bars(title, bands, said, unit, own), alt, table)


Band = tuple[float, float, float]


def _band(name: str, score: float | Sequence[float]) -> Band:
    if isinstance(score, Sequence):
        if len(score) != 3:
            raise ValueError(f"the score of {name!r} must be a number, or lowest, median and highest, got {score!r}.")
        return float(score[0]), float(score[1]), float(score[2])
    return float(score), float(score), float(score)


def _several(bands: Mapping[str, Band]) -> bool:
    return any(low < high for low, _, high in bands.values())


def _said(band: Band, unit: str, digits: int) -> str:
    low, middle, high = (_number(value, unit, digits) for value in band)
    text = f"{middle} %" if unit == "%" else f"{middle} {unit}".rstrip()
    return text if low == high else f"{text} ({low} to {high})"


def _number(value: float, unit: str, digits: int) -> str:
    return f"{100 * value if unit == '%' else value:,.{digits}f}"


def _bars(title: str, bands: Mapping[str, Band], said: Mapping[str, str], unit: str, own: Sequence[str]) -> object:
    """One horizontal bar for each score, the first at the top."""
    from matplotlib.figure import Figure

    scale = 100 if unit == "%" else 1
    figure = Figure(figsize=(7, 0.7 + 0.34 * len(bands)))
    axes = figure.subplots()
    axes.spines[["top", "right", "bottom"]].set_visible(False)
    axes.set_xticks([])
    places = list(range(len(bands)))[::-1]
    for place, (name, (low, middle, high)) in zip(places, bands.items()):
        ours = name in own
        colour, hatch = (PALETTE[4], "//") if ours else (PALETTE[5], "")
        axes.barh(place, scale * middle, height=0.66, color=colour, hatch=hatch, edgecolor="white", linewidth=0)
        if low < high:
            axes.plot([scale * low, scale * high], [place, place], color="0.2", linewidth=1.5, marker="|")
        axes.annotate(said[name], (scale * max(high, 0), place), xytext=(6, 0), textcoords="offset points", va="center")
    axes.set_yticks(places, [shorten(name, LONGEST_NAME, placeholder="…") for name in bands])
    axes.tick_params(left=False)
    widest = scale * max(1e-9, *(high for _, _, high in bands.values()))
    axes.set_xlim(0, (1.75 if _several(bands) else 1.35) * widest)  # room for the numbers
    axes.set_title(title, loc="left")
    return figure
