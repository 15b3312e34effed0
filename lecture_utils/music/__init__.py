"""Tunes: a small part of ABC notation in, notes out, and their sound as numbers or as a player on a page."""

from lecture_utils.music.abc_notation import ABCError, parse, tokens, well_formed
from lecture_utils.music.measures import LABELS, Measures, first_phrase_returns, longest_shared, measured
from lecture_utils.music.sound import Player, play, synthesise, wav_bytes
from lecture_utils.music.tune import Bar, Note, Tune

__all__ = [
    "LABELS",
    "ABCError",
    "Bar",
    "Measures",
    "Note",
    "Player",
    "Tune",
    "first_phrase_returns",
    "longest_shared",
    "measured",
    "parse",
    "play",
    "synthesise",
    "tokens",
    "wav_bytes",
    "well_formed",
]
