"""`time_machine`: H. G. Wells' novel, the text of the chapters on recurrent networks in Dive into Deep Learning."""

from pathlib import Path

from lecture_utils.datasets.corpus import Entry, contiguous
from lecture_utils.datasets.download import File, github

FILE = File(
    place="timemachine/timemachine.txt",
    address=github("d2l-ai/d2l-zh", "592fbef84a684e752393edbf267c07dbc53e082b", "data/timemachine.txt"),
    sha256="8424dbd9532ac81f7e5f0b6add90e6952baea29158309d7d1bf3884f4e12c516",
)


def _read(path: Path) -> dict[str, list[str]]:
    """The first 80 % of the file to train on, the next 10 % to choose by, the last 10 % to test on."""
    return contiguous(path.read_bytes().decode("utf-8"))


ENTRY = Entry(
    name="time_machine",
    description="A novel, The Time Machine; one long text a split, the test split is the last tenth",
    size="178,979 characters",
    licence="public domain (the text)",
    citation="H. G. Wells, The Time Machine (1895), as used by Dive into Deep Learning, https://d2l.ai",
    read=_read,
    source="download",
    files=(FILE,),
)
