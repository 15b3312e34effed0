"""`tiny_shakespeare`: speeches from Shakespeare's plays in one file, a usual first text for character models."""

from pathlib import Path

from lecture_utils.datasets.corpus import Entry, contiguous
from lecture_utils.datasets.download import File, github

FILE = File(
    place="tinyshakespeare/input.txt",
    address=github("karpathy/char-rnn", "6f9487a6fe5b420b7ca9afb0d7c078e37c1d1b4e", "data/tinyshakespeare/input.txt"),
    sha256="86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed",
)


def _read(path: Path) -> dict[str, list[str]]:
    """The first 80 % of the file to train on, the next 10 % to choose by, the last 10 % to test on."""
    return contiguous(path.read_bytes().decode("utf-8"))


ENTRY = Entry(
    name="tiny_shakespeare",
    description="Speeches from Shakespeare's plays; one long text a split, the test split is the last tenth",
    size="1,115,394 characters",
    licence="public domain (the text)",
    citation="William Shakespeare; put together by Andrej Karpathy for char-rnn (2015), "
    "https://github.com/karpathy/char-rnn",
    read=_read,
    source="download",
    files=(FILE,),
)
