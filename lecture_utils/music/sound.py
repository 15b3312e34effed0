"""The sound of a tune as numbers, as a WAV file in memory, and as a player on a page."""

from __future__ import annotations

import base64
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lecture_utils.music.tune import Tune

RATE = 8000  # samples a second: enough for the tones of a tune, and small in a notebook
TEMPO = 160.0  # quarter notes a minute
ATTACK, RELEASE = 0.008, 0.08  # seconds: a tone that begins or ends at once clicks
HARMONICS = 6
LEVELS = np.array([((2 * place + 33) << segment) - 33 for segment in range(8) for place in range(16)]) / 8191  # µ-law

Wave = NDArray[np.float64]


def synthesise(tune: Tune, tempo: float = TEMPO, rate: int = RATE) -> Wave:
    """The sound of `tune`, samples (n,) between −0.9 and 0.9; `tempo` in quarter notes a minute, `rate` in hertz.

    Each tone is a plucked string: a few harmonics that fade, the higher the faster. Raises TypeError for what is
    no tune, ValueError for a tempo that is no number from 20 to 600 or a rate that is none from 4,000 to 48,000.
    """
    _check_tune("synthesise", tune)
    _check_number("tempo", tempo, 20, 600, "quarter notes a minute")
    _check_number("rate", rate, 4000, 48_000, "samples a second")
    quarter = 60 / tempo  # seconds
    wave = np.zeros(round((float(tune.length) * quarter + RELEASE) * rate) + 1)
    for pitch, start, length in _tones(tune):
        tone = _tone(440 * 2 ** ((pitch - 69) / 12), length * quarter, rate)
        begin = round(start * quarter * rate)
        wave[begin : begin + len(tone)] += tone[: len(wave) - begin]
    loudest = np.abs(wave).max()
    return wave * (0.9 / loudest) if loudest else wave


def _check_tune(caller: str, tune: Any) -> None:
    if not isinstance(tune, Tune):
        raise TypeError(f"{caller} takes a tune, got {type(tune).__name__}: read a text with parse(text) first.")


def _check_number(name: str, value: Any, low: int, high: int, unit: str) -> None:
    if not (_is_number(value) and low <= value <= high):
        raise ValueError(f"{name} must be between {low:,} and {high:,} {unit}, got {value!r:.40}.")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.integer | np.floating)


def _tones(tune: Tune) -> Iterator[tuple[int, float, float]]:
    """Pitch, start and length of everything that sounds; tied notes of one pitch are one tone."""
    begun = None  # the start of a tone that is tied on
    notes = tune.notes
    for note, following in zip(notes, (*notes[1:], None)):
        if note.pitch is None:
            continue
        start = note.start if begun is None else begun
        if note.tied and following is not None and following.pitch == note.pitch:
            begun = start
            continue
        yield note.pitch, float(start), float(note.start + note.length - start)
        begun = None


def _tone(frequency: float, seconds: float, rate: int) -> Wave:
    """One plucked tone; it rises in `ATTACK` seconds and dies away in the `RELEASE` seconds after its length."""
    t = np.arange(round((seconds + RELEASE) * rate)) / rate  # (n,)
    orders = [k for k in range(1, HARMONICS + 1) if k * frequency < 0.45 * rate]
    waves = (np.sin(2 * np.pi * k * frequency * t) * np.exp(-(1 + 0.8 * k) * t) / k**1.4 for k in orders)
    rise, fall = np.clip(t / ATTACK, 0, 1), np.clip((seconds + RELEASE - t) / RELEASE, 0, 1)
    envelope = (1 - np.cos(np.pi * rise)) * (1 - np.cos(np.pi * fall)) / 4
    return sum(waves, np.zeros(len(t))) * envelope


def wav_bytes(wave: Wave, rate: int = RATE) -> bytes:
    """A WAV file: one channel, one byte a sample by the µ-law of telephony (ITU-T G.711).

    Of its 128 loudnesses the soft ones lie close together, which the ear likes better than equal steps. They are
    coarse enough for the last digits of a sine, which differ between machines, to make no difference.
    """
    steps = np.searchsorted((LEVELS[:-1] + LEVELS[1:]) / 2, np.abs(wave)).astype(np.uint8)  # the nearest level
    data = np.where(wave < 0, 0x7F - steps, 0xFF - steps).astype(np.uint8).tobytes()
    head = struct.pack("<HHIIHHH", 7, 1, rate, rate, 1, 8, 0)  # format 7: µ-law
    chunks = ((b"fmt ", head), (b"fact", struct.pack("<I", len(data))), (b"data", data + b"\0" * (len(data) % 2)))
    body = b"WAVE"
    for name, content in chunks:
        size_field = len(data) if name == b"data" else len(content)
        body += name + struct.pack("<I", size_field) + content
    return b"RIFF" + struct.pack("<I", len(body)) + body


@dataclass(frozen=True)
class Player:
    """A tune to press "play" on: a page shows the controls, other places the words."""

    label: str
    wav: bytes = field(repr=False)

    def _repr_html_(self) -> str:
        # JupyterLab drops <source> and aria-label from a notebook it does not trust; src and title it keeps
        sound, label = base64.b64encode(self.wav).decode(), escape(self.label)
        return (
            f'<figure class="unrolled-player"><figcaption>{label}</figcaption>'
            f'<audio controls preload="metadata" title="{label}" aria-label="{label}" '
            f'src="data:audio/wav;base64,{sound}"></audio></figure>'
        )

    def __repr__(self) -> str:
        return f"Player: {self.label}"


def play(tune: Tune, tempo: float = TEMPO, seconds: float = 15.0) -> Player:
    """A player for at most the first `seconds` of `tune`; it needs no network, and no running kernel.

    What it holds is part of the notebook, about 11 kB for each second. Draw the tune beside it
    (`lecture_utils.diagrams.score`): the drawing's table says in words what sounds here. Raises
    TypeError for what is no tune, ValueError for a tempo that is no number from 20 to 600 or for seconds that are no
    finite number above 0.
    """
    _check_tune("play", tune)
    if not (_is_number(seconds) and 0 < seconds < float("inf")):
        raise ValueError(f"seconds must be above 0 and finite, got {seconds!r:.40}.")
    wave = synthesise(tune, tempo)
    whole = len(wave) / RATE
    most = round(min(seconds, whole + 1) * RATE)
    label = f"{tune.title or 'A tune'}, {whole:.0f} seconds"
    if len(wave) > most:
        wave = wave[:most] * np.minimum(1, np.arange(most, 0, -1) / (RATE / 2))  # fade out over half a second
        label = f"{tune.title or 'A tune'}, its first {seconds:.0f} of {whole:.0f} seconds"
    return Player(label, wav_bytes(wave))
