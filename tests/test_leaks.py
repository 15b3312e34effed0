"""What is held out is new: no document in two splits, and hardly a window of 50 characters from train in the others.

The offline corpora are measured everywhere, the public ones where they are at hand (a folder in LECTURE_UTILS_DATA).
"""

import os
from collections import Counter

import pytest

from lecture_utils.datasets import NAMES, SPLITS, available, download, irish_tunes, load, python_docs, text_of

WINDOW = 50  # characters
MOST = 0.01  # of the held-out windows may stand in train

# Text that people wrote, and melodies: measured by windows.
BY_WINDOWS = {
    "python_docs",
    "tunes",
    "tweets",
    "ud_english_ewt",
    "tiny_shakespeare",
    "time_machine",
    "sentence_polarity",
    "wikigold",
    "irish_tunes",
}
# Elsewhere long runs are alike by nature: a grammar writes the same phrases everywhere, every module imports the same
# names. What must not stand in two splits is the thing that a document is about.
BY_THING = {
    "professions": text_of,
    "english": lambda sentence: sentence.text.lower().rstrip(' .!"'),
    "dates": lambda written: written.target,
    "python_source": lambda line: line.module,
    "place_names": lambda name: name.entity,
    "scenes": tuple,  # all that is drawn; that two pictures have one caption is wanted
}
# Two splits of this treebank share short sentences ("Thank you .") which people write again and again.
SHARES_SHORT_ONES = "ud_english_ewt"


def here():
    """The corpora that can be loaded without a download."""
    return [entry.name for entry in available() if entry.here not in (download.ABSENT, download.UNUSABLE)]


HERE = here()


def parts(name, seen_as=text_of):
    """The documents of each split, as texts or as told."""
    return {split: [seen_as(document) for document in load(name, split).documents] for split in SPLITS}


def windows(texts):
    return (text[i : i + WINDOW] for text in texts for i in range(len(text) - WINDOW + 1))


def leaked(held_out, train):
    """The share of held-out windows that stand in train."""
    held = Counter(windows(held_out))
    known = {window for window in windows(train) if window in held}
    return sum(held[window] for window in known) / max(held.total(), 1)


def shared(texts, others):
    """Those of the texts that stand among the others too."""
    others = set(others)
    return [text for text in texts if text in others]


def test_every_corpus_is_measured_one_way_or_the_other():
    assert BY_WINDOWS | BY_THING.keys() == set(NAMES)
    assert not BY_WINDOWS & BY_THING.keys()


def test_every_offline_corpus_is_here_and_with_a_folder_of_data_every_public_one():
    assert {entry.name for entry in available() if entry.source == "offline"} <= set(HERE)
    if os.environ.get(download.VARIABLE):
        assert [name for name in NAMES if name not in HERE] == [], "the folder of data lacks these"


def test_no_corpus_is_here_but_unusable():
    """A wrong file and a wrong hash in the registry look alike: neither may leave its corpus unmeasured."""
    assert [entry.name for entry in available() if entry.here == download.UNUSABLE] == []


def test_the_measure_sees_a_leak():
    train = parts("python_docs")["train"]
    assert leaked([train[0][:200], "x" * 49], train) == 1
    assert leaked([train[0].swapcase()], train) == 0
    assert leaked([train[0] + "#"], train) == pytest.approx(1 - 1 / (len(train[0]) - WINDOW + 2))


@pytest.mark.parametrize("name", [name for name in HERE if name in BY_WINDOWS])
def test_at_most_one_percent_of_held_out_windows_stand_in_train(name):
    texts = parts(name)
    for split in ("valid", "test"):
        assert sum(max(len(text) - WINDOW + 1, 0) for text in texts[split]) > 200, "too little to measure"
        assert leaked(texts[split], texts["train"]) <= MOST
    assert leaked(texts["test"], texts["valid"]) <= MOST


@pytest.mark.parametrize("name", HERE)
def test_no_document_stands_in_two_splits(name):
    texts = parts(name, BY_THING["scenes"] if name == "scenes" else text_of)
    for one, other in (("test", "train"), ("valid", "train"), ("test", "valid")):
        both = shared(texts[one], texts[other])
        if name == SHARES_SHORT_ONES:
            assert len(both) < 0.05 * len(texts[one])
            assert sum(map(len, both)) < 0.01 * sum(map(len, texts[one]))
            assert sum(len(text) > WINDOW for text in both) <= 1
        else:
            assert both == []


@pytest.mark.parametrize("name", [name for name in HERE if name in BY_THING])
def test_nothing_is_spoken_of_in_two_splits(name):
    things = {split: set(map(BY_THING[name], load(name, split).documents)) for split in SPLITS}
    assert all(things.values())
    assert not things["train"] & things["test"]
    assert not things["train"] & things["valid"]
    assert not things["valid"] & things["test"]


def test_without_removing_repeats_the_documentation_would_leak(monkeypatch):
    monkeypatch.setattr(python_docs, "_without_repeats", list)
    thirds = {split: [] for split in SPLITS}
    for place, paragraph in enumerate(python_docs._read_python_docs()):
        thirds[SPLITS[place % 3]].append(paragraph)
    assert leaked(thirds["test"], thirds["train"]) > 0.05


TUNES = """\
X:1
T:The Lark
K:D Major
(3ABc|dAFA DFAd|fdcd FAdf|gfge fefd|(3efe (3dcB A2 (3ABc|!

X:2
T:The Wren
K:G Major
GF|DGGB d2GB|d2GF Gc (3AGF|DGGB d2GB|dBcA F2GF|!

X:1{number}
T:The Lark
K:A Dorian
ed|cAAB cBcd|eaaf gedB|c2Ac B2Bc|d2de dBGB|!


eaab aged|!

X:{number}
T:Another Bird
K:D Major
(3ABc|dAFA DFAd|fdcd FAdf|gfge fefd|(3efe (3dcB A2 (3ABc|!
"""


def test_settings_of_one_irish_tune_stand_in_one_split(tmp_path):
    """By title (1 and 3) or by a run of characters (1 and the last), wherever chance throws each."""
    path, seen = tmp_path / "irish.abc", set()
    for number in range(4, 30):
        path.write_text(TUNES.replace("{number}", str(number)).replace("Wren", f"Wren {number}"))
        splits = irish_tunes._read(path)
        assert sum(map(len, splits.values())) == 4
        assert all(tune.startswith("X:") for split in SPLITS for tune in splits[split])
        [lark] = [split for split in SPLITS if any("The Lark" in tune for tune in splits[split])]
        assert sum("Bird" in tune for tune in splits[lark]) == 1
        seen |= {split for split in SPLITS if any("Wren" in tune for tune in splits[split])}
    assert seen == set(SPLITS)
