"""`ud_english_ewt`: sentences from the web with a part of speech for each word, with the splits of the treebank."""

import sys
from collections.abc import Iterator
from pathlib import Path

import conllu

from lecture_utils.datasets.corpus import Entry, Tagged
from lecture_utils.datasets.download import File, github

REPOSITORY, COMMIT = "UniversalDependencies/UD_English-EWT", "15d613d8447b3478787d4c278730a1e48a945efb"
SHA256 = {
    "train": "3fb78e2b55482c8ee00caa653af436c88c9e5bc9a73ce26e4ae3ddc79d2b7e7b",
    "dev": "531a54ff90d6ab12201c5a50c3e78e6ddac4de69abc4bce5d275d3cd29efe2b6",
    "test": "e266e515a0a7547657ed3d90d9ba46487d6bd251f27ad4269d4e8a427c8555cd",
}
COLUMNS = ("id", "form", "lemma", "upos")  # the first four of ten; the rest is not parsed


def _file(part: str) -> File:
    name = f"en_ewt-ud-{part}.conllu"
    return File(f"UD_English-EWT/{name}", github(REPOSITORY, COMMIT, name), SHA256[part])


def _read(train: Path, dev: Path, test: Path) -> dict[str, list[Tagged]]:
    """The treebank's own splits; its dev is "valid" here."""
    return {"train": list(_sentences(train)), "valid": list(_sentences(dev)), "test": list(_sentences(test))}


def _sentences(path: Path) -> Iterator[Tagged]:
    """Words with universal tags; what stands for two words (id 1-2) or for none that was written (8.1) is left out."""
    try:
        with path.open(encoding="utf-8") as lines:
            for sentence in conllu.parse_incr(lines, fields=COLUMNS):
                words = [token for token in sentence if isinstance(token["id"], int)]
                # Interned: a word is kept in memory once, however often it occurs.
                forms, tags = (tuple(sys.intern(token[column]) for token in words) for column in ("form", "upos"))
                yield Tagged(forms, tags)
    except conllu.exceptions.ParseException as error:
        raise ValueError(str(error)) from error


ENTRY = Entry(
    name="ud_english_ewt",
    description="English from the web (blogs, mail, reviews, answers), a universal part of speech for each word",
    size="16,622 sentences",
    licence="CC BY-SA 4.0",
    citation="Natalia Silveira and others (2014), A Gold Standard Dependency Corpus for English, Proceedings of LREC, "
    "https://universaldependencies.org/treebanks/en_ewt/",
    read=_read,
    source="download",
    files=tuple(map(_file, SHA256)),
)
