import builtins
import itertools
import random
import re
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lecture_utils import datasets
from lecture_utils.datasets import SPLITS, available, load, professions, python_docs, split_of, split_sentences
from lecture_utils.datasets.python_docs import WINDOW


def windows(text):
    return [text[i : i + WINDOW] for i in range(len(text) - WINDOW + 1)]


def leaked(held_out, train):
    """The share of held-out windows that stand in train."""
    known = set(windows(train))
    held = windows(held_out)
    return sum(window in known for window in held) / len(held)


def test_the_leak_measure_sees_a_leak():
    train = load("python_docs", "train").text
    assert leaked(train[:5000], train) == 1
    assert leaked(train[:5000].swapcase(), train) < 0.01


@pytest.mark.parametrize("split", ["valid", "test"])
def test_at_most_one_percent_of_held_out_windows_stand_in_train(split):
    assert leaked(load("python_docs", split).text, load("python_docs", "train").text) <= 0.01


def test_without_removing_repeats_there_would_be_a_leak(monkeypatch):
    monkeypatch.setattr(python_docs, "_without_repeats", list)
    parts = {split: [] for split in SPLITS}
    for place, paragraph in enumerate(python_docs._read_python_docs()):
        parts[SPLITS[place % 3]].append(paragraph)
    assert leaked("\n".join(parts["test"]), "\n".join(parts["train"])) > 0.05


def test_the_splits_are_the_whole_in_its_order():
    whole = load("python_docs").documents
    for split in SPLITS:
        assert load("python_docs", split).documents == tuple(d for d in whole if split_of(d) == split)
    assert Counter(whole) == Counter(itertools.chain(*(load("python_docs", s).documents for s in SPLITS)))


def test_four_fifths_train_and_a_tenth_each_held_out():
    size = {split: len(load("python_docs", split).text) for split in SPLITS}
    whole = sum(size.values())
    assert size["train"] / whole == pytest.approx(0.8, abs=0.05)
    assert size["valid"] / whole == pytest.approx(0.1, abs=0.03)
    assert size["test"] / whole == pytest.approx(0.1, abs=0.03)


def test_a_split_is_decided_by_the_words_alone():
    # The last decimal digit of what sha256sum prints for each word, taken outside this code.
    digits = {"tea": 0, "river": 1, "snow": 1, "blossoms": 2, "bird": 5, "cherry": 6, "are": 8, "mountain": 9}
    assert {word: split_of(word) for word in digits} == {
        word: {0: "test", 1: "valid"}.get(digit, "train") for word, digit in digits.items()
    }


def test_the_documentation_is_prose():
    corpus = load("python_docs")
    size = len(corpus.text)
    assert 150_000 < size < 600_000  # Python's versions differ
    assert corpus.text.isascii()
    assert "\n" not in "".join(corpus.documents)
    assert "  " not in corpus.text
    assert sum(c.isalpha() or c == " " for c in corpus.text) / size > 0.9
    for code in ("::=", ">>>", "====", "----", "+--"):
        assert code not in corpus.text
    assert all(re.search(r"[.:!?][])\"]?$", document) for document in corpus.documents)
    assert sum("import" in document for document in corpus.documents) > 10


def test_the_size_in_the_catalogue_is_about_right():
    for entry in available():
        stated = int("".join(filter(str.isdigit, entry.size)))
        assert len(load(entry.name).text) == pytest.approx(stated, rel=0.4)  # Python's versions differ


BLOCKS = {
    "   The value is\n   a double-\n   quoted string.": "The value is a double-quoted string.",
    "Both single-\nand double-quoted strings do.": "Both single- and double-quoted strings do.",
    "* The *first* argument is **always** the object itself.": "The first argument is always the object itself.",
    "[1] It isn’t “really” needed … here.": 'It isn\'t "really" needed ... here.',
    'The arguments "*args" and "**kwargs" are passed on.': 'The arguments "*args" and "**kwargs" are passed on.',
}


@pytest.mark.parametrize("block", BLOCKS)
def test_a_wrapped_block_becomes_a_line(block):
    assert python_docs._unwrap(block) == BLOCKS[block]


def test_prose_is_told_from_code_grammar_and_headings():
    assert python_docs._is_prose('Methods support "__getattr__()" and everything else here.')
    for other in (
        "class A: x = C() # Automatically calls: x.__set_name__(A, 'x')",
        'comparison ::= or_expr (comp_operator or_expr)* comp_operator ::= "<" | ">"',
        "Interaction with dynamic features ---------------------------------",
        ">>> print(1) 1",
        "See also.",
        "The sum is (a + b) * [c] == 1 + 2 / 3 - 4.",
    ):
        assert not python_docs._is_prose(other), other


@given(st.lists(st.text("ab ", max_size=90), max_size=12))
def test_no_window_stands_in_two_kept_paragraphs(paragraphs):
    kept = python_docs._without_repeats(paragraphs)
    assert len(kept) == len(set(kept))
    for one, other in itertools.combinations(kept, 2):
        assert not set(windows(one)) & set(windows(other))
    assert python_docs._without_repeats(kept) == kept


def test_a_paragraph_quoted_inside_another_is_dropped():
    first = "It is an error to use a yield from expression inside the body of a coroutine."
    assert python_docs._without_repeats([first, "Note. " + first, "Something else entirely.", first]) == [
        first,
        "Something else entirely.",
    ]


SENTENCES = [
    (
        "It returns None. See also the section on calls, e.g. Python's own.",
        ["It returns None.", "See also the section on calls, e.g. Python's own."],
    ),
    (
        'He said "Stop." Then (they say.) "Nobody" did! Really? Version 3.11 it was.',
        ['He said "Stop."', "Then (they say.)", '"Nobody" did!', "Really?", "Version 3.11 it was."],
    ),
    ("no full stop", ["no full stop"]),
    ("", []),
]


@pytest.mark.parametrize(("paragraph", "sentences"), SENTENCES)
def test_paragraphs_are_cut_into_sentences(paragraph, sentences):
    assert split_sentences(paragraph) == sentences


def test_sentences_keep_every_word_of_the_corpus():
    corpus = load("python_docs", "valid")
    assert " ".join(corpus.sentences()) == " ".join(corpus.documents)
    assert len(corpus.sentences()) > 1.5 * len(corpus.documents)


def test_an_unknown_name_gets_the_nearest_and_the_list():
    with pytest.raises(ValueError, match=r"'pyton_doc'.*Did you mean 'python_docs'\?.*There is: .*python_docs"):
        load("pyton_doc")
    with pytest.raises(ValueError, match=r"^There is no corpus called 'zzz'\. There is: "):
        load("zzz")


@pytest.mark.parametrize("name", [["a"], {}, None, 3])
def test_what_is_no_name_is_an_unknown_one(name):
    with pytest.raises(ValueError, match=r"^There is no corpus called .* There is: python_docs"):
        load(name)
    if name is not None:
        with pytest.raises(ValueError, match=r"^There is no split called .* There is: train, valid, test"):
            load("python_docs", name)


def test_an_unknown_split_gets_the_nearest_and_the_list():
    with pytest.raises(ValueError, match=r"'tset'.*Did you mean 'test'\?.*train, valid, test"):
        load("python_docs", "tset")


def test_a_python_without_its_documentation_says_so(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **named):
        if name.startswith("pydoc_data"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    for name in [name for name in sys.modules if name.startswith("pydoc_data")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ModuleNotFoundError, match=r"pydoc_data.*install a complete Python"):
        python_docs._read_python_docs()


def test_the_catalogue_prints_as_a_table():
    lines = str(available()).splitlines()
    assert len(lines) == 1 + len(available())
    for line, entry in zip(lines[1:], available()):
        columns = [lines[0].index(title) for title in ("size", "licence", "offline or download")]
        for column, cell in zip(columns, (entry.size, entry.licence, entry.source)):
            assert line[column:].startswith(cell)


def test_the_catalogue_escapes_what_it_shows():
    entry = datasets.Entry("<b>", "a & b", "1", "none", "nobody", list, "download")
    shown = datasets.Catalogue((entry,))._repr_html_()
    assert "<td>&lt;b&gt;</td><td>a &amp; b</td>" in shown
    assert shown.count('<th scope="col">') == 5


def test_a_corpus_says_what_it_is_and_cannot_be_changed():
    corpus = load("python_docs", "test")
    assert f"{len(corpus.documents):,} documents" in repr(corpus)
    assert corpus.licence
    assert corpus.citation
    with pytest.raises(AttributeError):
        corpus.documents = ()


def test_reading_twice_reads_once(monkeypatch):
    load("python_docs")
    monkeypatch.setattr(python_docs, "_is_prose", lambda line: pytest.fail("read again"))
    assert load("python_docs") == load("python_docs")


def test_the_subject_alone_decides_the_profession_in_every_split():
    for split in SPLITS:
        asked = Counter()
        for sentence in load("professions", split).documents:
            [subject] = [word for word in sentence.split() if word in professions.PROFESSIONS]
            assert sentence.endswith(f" a {professions.PROFESSIONS[subject]}.")
            asked[subject] += 1
        assert set(asked) == set(professions.PROFESSIONS)
        assert max(asked.values()) < 0.2 * sum(asked.values())


def test_held_out_professions_are_new_sentences_and_the_examples_are_in_no_split():
    whole = load("professions").documents
    assert len(set(whole)) == len(whole)
    assert not set(whole) & set(professions.EXAMPLES)
    train, test = (set(load("professions", split).documents) for split in ("train", "test"))
    assert not train & test
    assert len(test) > 200


def test_every_opening_and_filler_occurs_and_each_example_is_a_sentence_of_the_grammar():
    text = load("professions", "train").text
    phrases = [*professions.PLACES, *professions.WAYS]
    phrases += [
        phrase for person in ("I", "she") for phrase in (*professions.OPENINGS[person], *professions.PURPOSES[person])
    ]
    assert all(phrase in text for phrase in phrases)
    for example in professions.EXAMPLES:
        assert example.removeprefix("I am studying ").removesuffix(".") in text


def test_the_generated_corpus_is_the_same_each_time():
    first = professions._read_professions()
    random.seed(1)
    assert professions._read_professions() == first
