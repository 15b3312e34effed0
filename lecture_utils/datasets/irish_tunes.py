"""`irish_tunes`: Irish dance tunes in ABC notation, header lines and music.

Tunes that share a title or `WINDOW` characters in a row are settings of one tune, and stand in one split together.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from lecture_utils.datasets.corpus import SPLITS, Entry, split_of
from lecture_utils.datasets.download import File, github

FILE = File(
    place="irish_abc/irish.abc",
    address=github(
        "aamini/introtodeeplearning", "fd8023c7804bd352fc7212ac3aa587bd90912653", "mitdeeplearning/data/irish.abc"
    ),
    sha256="df3782d5f7b5a2f4c66aa7c13f13008d5f48757b3f5f51620cd6c1ceb2c53023",
)
WINDOW = 50  # characters
_NEXT_TUNE = re.compile(r"\n+(?=X:\d)")  # a blank line alone does not end a tune: two have one inside
_TITLE = re.compile(r"^T:.*", re.MULTILINE)


def _read(path: Path) -> dict[str, list[str]]:
    splits: dict[str, list[str]] = {split: [] for split in SPLITS}
    first: dict[str, str] = {}  # mark → the first tune that bears it
    for tune in _NEXT_TUNE.split(path.read_bytes().decode("utf-8").strip("\n")):
        marks = list(_marks(tune))
        family = next((first[mark] for mark in marks if mark in first), tune)
        first.update((mark, family) for mark in marks if mark not in first)
        splits[split_of(family)].append(tune)
    return splits


def _marks(tune: str) -> Iterator[str]:
    """What settings of one tune share: the title, or a run of characters."""
    yield from _TITLE.findall(tune)
    yield from (tune[i : i + WINDOW] for i in range(len(tune) - WINDOW + 1))


ENTRY = Entry(
    name="irish_tunes",
    description="Irish dance tunes in ABC notation, title, metre and key on lines above the music",
    size="about 196,000 characters",
    licence="MIT (its repository)",
    citation="Alexander Amini and Ava Amini, MIT Introduction to Deep Learning, "
    "https://github.com/aamini/introtodeeplearning; who wrote the tunes down is not stated there",
    read=_read,
    source="download",
    files=(FILE,),
)
