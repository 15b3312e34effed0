"""The two colour scales of the visual language, and the contrast of text on them."""

from __future__ import annotations

import math

DARK, LIGHT = "#222222", "#FFFFFF"  # text on tinted cells, whatever the theme
UNKNOWN = "#D9D9D9"  # not a number
_NEGATIVE, _POSITIVE = "#0072B2", "#D55E00"
_DEEPEST = 0.75  # the scale stops short of the full colour, so that dark numbers stay readable on every cell

# cividis (Nuñez, Anderton & Renslow, 2018) at equal distances; straight lines between them
_CIVIDIS = (
    *("#00224E", "#002B62", "#083370", "#243C6E", "#35456C", "#434E6C", "#4F576C"),
    *("#5B606E", "#666970", "#727274", "#7D7C78", "#888578", "#948E77", "#A19975"),
    *("#AEA371", "#BCAE6C", "#C8B866", "#D6C35D", "#E5CF52", "#F3DB42", "#FEE838"),
)


def diverging(value: float, limit: float) -> str:
    """The colour of a signed value: blue below zero, white at zero, vermilion above; the deepest from ±`limit` on.

    Dark text on it has a contrast of at least 4.5:1. Raises ValueError unless `limit` is positive.
    """
    if not limit > 0:
        raise ValueError(f"limit is the size of the largest value and must be positive, but it is {limit}.")
    if math.isnan(value):
        return UNKNOWN
    share = min(1.0, abs(value) / limit) * _DEEPEST
    return mix(LIGHT, _POSITIVE if value > 0 else _NEGATIVE, share)


def cividis(fraction: float) -> str:
    """The colour of a magnitude between 0 (dark blue) and 1 (yellow); what lies outside gets the nearer end."""
    if math.isnan(fraction):
        return UNKNOWN
    place = min(1.0, max(0.0, fraction)) * (len(_CIVIDIS) - 1)
    below = min(int(place), len(_CIVIDIS) - 2)
    return mix(_CIVIDIS[below], _CIVIDIS[below + 1], place - below)


def mix(first: str, second: str, share: float) -> str:
    """The colour that lies `share` of the way from `first` to `second`."""
    pairs = zip(_channels(first), _channels(second))
    return "#" + "".join(f"{round(a + (b - a) * share):02X}" for a, b in pairs)


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, from 1 to 21, as WCAG 2.1 defines it."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def ink_on(colour: str) -> str:
    """Black or white text, whichever is easier to read on `colour`: the contrast is at least 4.5:1."""
    return max(("#000000", LIGHT), key=lambda ink: contrast(ink, colour))


def _channels(colour: str) -> list[int]:
    return [int(colour[i : i + 2], 16) for i in (1, 3, 5)]


def _luminance(colour: str) -> float:
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
