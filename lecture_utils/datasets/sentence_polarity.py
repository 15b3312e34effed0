"""`sentence_polarity`: sentences from film reviews, one half positive and one half negative."""

from collections.abc import Iterator
from pathlib import Path
from zipfile import ZipFile

from lecture_utils.datasets.corpus import Entry, Labelled
from lecture_utils.datasets.download import File, github

FILE = File(
    place="sentence_polarity/sentence_polarity.zip",
    address=github(
        "nltk/nltk_data", "5db857e6f7df11eabb5e5665836db9ec8df07e28", "packages/corpora/sentence_polarity.zip"
    ),
    sha256="6e1ed4405b65c7eabf1d199a7f7c437091ac21da0ea7467b410a74062574566b",
)
MEMBERS = {"positive": "sentence_polarity/rt-polarity.pos", "negative": "sentence_polarity/rt-polarity.neg"}


def _read(path: Path) -> Iterator[Labelled]:
    """A sentence a line. `splitlines` would also cut at the odd control characters that stand in some of them."""
    with ZipFile(path) as archive:
        for label, member in MEMBERS.items():
            for line in archive.read(member).decode("latin-1").split("\n"):
                if sentence := line.strip():
                    yield Labelled(sentence, label)


ENTRY = Entry(
    name="sentence_polarity",
    description="Sentences from film reviews, each labelled positive or negative, in lower case, words apart",
    size="10,662 sentences",
    licence="CC BY 4.0",
    citation="Bo Pang and Lillian Lee (2005), Seeing stars, Proceedings of ACL, https://aclanthology.org/P05-1015/",
    read=_read,
    source="download",
    files=(FILE,),
)
