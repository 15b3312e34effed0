import builtins
import hashlib
import itertools
import random
import re
import sys
import zipfile
from collections import Counter

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from seqeval.scheme import IOB1, IOB2, Entities

from lecture_utils import datasets
from lecture_utils.datasets import (
    SPLITS,
    available,
    download,
    irish_tunes,
    load,
    professions,
    python_docs,
    sentence_polarity,
    split_of,
    split_sentences,
    time_machine,
    tiny_shakespeare,
    ud_english_ewt,
    wikigold,
)
from lecture_utils.datasets.corpus import contiguous
from lecture_utils.datasets.python_docs import WINDOW


def windows(text):
    return [text[i : i + WINDOW] for i in range(len(text) - WINDOW + 1)]


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


OFFLINE = [entry for entry in available() if entry.source == "offline"]


def test_the_size_in_the_catalogue_is_about_right():
    for entry in OFFLINE:
        count, unit = re.fullmatch(r"(?:about )?([\d,]+) (\w+)", entry.size).groups()
        corpus = load(entry.name)
        true = len(corpus.text) if unit == "characters" else len(corpus.documents)
        assert true == pytest.approx(int(count.replace(",", "")), rel=0.4)  # Python's versions differ


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
        columns = [lines[0].index(title) for title in ("size", "licence", "offline or download", "here already")]
        for column, cell in zip(columns, (entry.size, entry.licence, entry.source, entry.here)):
            assert line[column:].startswith(cell)


def test_the_catalogue_escapes_what_it_shows():
    entry = datasets.Entry("<b>", "a & b", "1", "none", "nobody", list, "download")
    shown = datasets.Catalogue((entry,))._repr_html_()
    assert "<td>&lt;b&gt;</td><td>a &amp; b</td>" in shown
    assert shown.count('<th scope="col">') == 6


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
    for sentence in professions.EXAMPLES:
        assert sentence.removeprefix("I am studying ").removesuffix(".") in text


def test_the_generated_corpus_is_the_same_each_time():
    first = professions._read_professions()
    random.seed(1)
    assert professions._read_professions() == first


# The public corpora: their readers on small files of the same form, the corpora themselves where they are at hand.


def test_the_treebank_keeps_syntactic_words_alone(tmp_path):
    rows = [
        "# text = Don't, they said.",
        "1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_",
        "1\tDo\tdo\tAUX\tVB\t_\t0\troot\t_\t_",
        "2\tn't\tnot\tPART\tRB\t_\t1\tadvmod\t_\t_",
        "3\t,\t,\tPUNCT\t,\t_\t1\tpunct\t_\t_",
        "3.1\tthat\tthat\tSCONJ\tIN\t_\t_\t_\t1:mark\t_",
        "",
        "# text = 10 000",
        "1\t10 000\t10 000\tNUM\tCD\t_\t0\troot\t_\t_",
        "",
    ]
    path = tmp_path / "a.conllu"
    path.write_text("\n".join(rows) + "\n", "utf-8")
    assert ud_english_ewt._read(path, path, path)["valid"] == [
        (("Do", "n't", ","), ("AUX", "PART", "PUNCT")),
        (("10 000",), ("NUM",)),
    ]


@given(st.text("ab\n", min_size=30, max_size=400))
@example("a" * 300)  # one line ends beyond both places of a cut
def test_a_long_text_is_cut_in_three_and_nothing_is_lost(text):
    text += "\n" * 10
    parts = contiguous(text)
    assert "\n".join(part for split in SPLITS for part in parts[split]) == text
    line = max(map(len, text.split("\n"))) + 1
    for split, share in (("valid", 0.1), ("test", 0.1)):
        assert abs(len(parts[split][0]) - share * len(text)) <= line + 1
    assert len(parts["test"][0]) <= 0.1 * len(text)


def test_film_sentences_are_latin_1_a_line_each(tmp_path):
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "sentence_polarity/rt-polarity.pos", "a clich\xe9 \x85 well done . \nfine . \n".encode("latin-1")
        )
        archive.writestr("sentence_polarity/rt-polarity.neg", b"dull . \n")
    assert list(sentence_polarity._read(path)) == [
        ("a clich\xe9 \x85 well done .", "positive"),
        ("fine .", "positive"),
        ("dull .", "negative"),
    ]


def test_wikipedia_sentences_lose_the_marks_of_documents(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("-DOCSTART- O\n\nAda I-PER\nwrites O\n\n-DOCSTART- O\n\n\nUK I-LOC\n", "utf-8")
    found = wikigold._read(path)
    assert sorted(itertools.chain(*found.values())) == [(("Ada", "writes"), ("I-PER", "O")), (("UK",), ("I-LOC",))]


TAGS = st.lists(st.sampled_from(["O", "I-PER", "I-LOC", "B-PER", "B-LOC"]), max_size=12)


@given(TAGS)
def test_iob2_marks_the_same_entities_and_the_first_word_of_each(tags):
    before = ["O", *tags]
    # In IOB1 a B- stands only where an entity of the same type ends just before.
    tags = [tag if tag[0] != "B" or before[i][2:] == tag[2:] else "I" + tag[1:] for i, tag in enumerate(tags)]
    again = wikigold.iob2(tags)
    assert spans(again, IOB2) == spans(tags, IOB1)
    assert sum(tag.startswith("B-") for tag in again) == len(spans(tags, IOB1))
    assert wikigold.iob2(again) == again
    assert all((new == "O") == (old == "O") and new[2:] == old[2:] for new, old in zip(again, tags))


def spans(tags, scheme):
    """What seqeval takes for entities: type, first word, word after the last."""
    return [(e.tag, e.start, e.end) for sentence in Entities([list(tags)], scheme).entities for e in sentence]


def test_what_is_no_iob_tag_is_a_sentence():
    with pytest.raises(ValueError, match=r"^'PER' is no tag of IOB1: expected O, or a type after B- or I-"):
        wikigold.iob2(["O", "PER"])


# Documents in train, valid, test. The generated one is here always, so that the test is never empty.
DOCUMENTS = {
    "professions": (2380, 328, 292),
    "ud_english_ewt": (12_544, 2_001, 2_077),
    "tiny_shakespeare": (1, 1, 1),
    "time_machine": (1, 1, 1),
    "sentence_polarity": (8_560, 1_051, 1_051),
    "wikigold": (1_191, 160, 345),
    "irish_tunes": (656, 72, 76),
}
HERE = [e.name for e in available() if e.name in DOCUMENTS and e.here not in (download.ABSENT, download.UNUSABLE)]


@pytest.mark.parametrize("name", HERE)
def test_a_corpus_has_the_documents_it_should(name):
    assert tuple(len(load(name, split).documents) for split in SPLITS) == DOCUMENTS[name]
    assert all(load(name).documents)


def facts_of_ud_english_ewt():
    words = {split: [len(tagged.words) for tagged in load("ud_english_ewt", split).documents] for split in SPLITS}
    assert {split: sum(lengths) for split, lengths in words.items()} == {
        "train": 204_577,
        "valid": 25_147,
        "test": 25_094,
    }
    assert max(words["train"]) == 159
    assert len({tag for tagged in load("ud_english_ewt").documents for tag in tagged.tags}) == 17


def facts_of_tiny_shakespeare():
    text = load("tiny_shakespeare").text
    assert hashlib.sha256(text.encode()).hexdigest() == tiny_shakespeare.FILE.sha256
    assert (len(text), len(set(text))) == (1_115_394, 65)
    assert len(load("tiny_shakespeare", "test").text) == pytest.approx(0.1 * len(text), abs=70)


def facts_of_time_machine():
    text = load("time_machine").text
    assert hashlib.sha256(text.encode()).hexdigest() == time_machine.FILE.sha256
    assert text.startswith("The Time Machine, by H. G. Wells")


def facts_of_sentence_polarity():
    documents = load("sentence_polarity").documents
    assert Counter(document.label for document in documents) == {"positive": 5331, "negative": 5331}
    assert all(document.text == document.text.strip() for document in documents)
    for split in SPLITS:
        positive = sum(document.label == "positive" for document in load("sentence_polarity", split).documents)
        assert positive / len(load("sentence_polarity", split).documents) == pytest.approx(0.5, abs=0.02)


def facts_of_wikigold():
    documents = load("wikigold").documents
    assert len(documents) == 1_696  # the file counts a line -DOCSTART- for each of its 145 documents besides
    assert sum(len(tagged.words) for tagged in documents) == 39_152 - 145
    assert {tag for tagged in documents for tag in tagged.tags} == {"O", "I-PER", "I-LOC", "I-ORG", "I-MISC"}
    assert len(load("wikigold", "test").documents) == pytest.approx(len(documents) / 5, rel=0.05)


def facts_of_irish_tunes():
    text = "\n\n".join(sorted(load("irish_tunes").documents, key=lambda tune: int(tune[2 : tune.index("\n")])))
    assert text.count("X:") == len(load("irish_tunes").documents) == 804
    assert len(set(text)) == 83
    marks = {
        split: set(itertools.chain(*map(irish_tunes._marks, load("irish_tunes", split).documents))) for split in SPLITS
    }
    assert not any(marks[one] & marks[other] for one, other in itertools.combinations(SPLITS, 2))
    assert all(tune.splitlines()[1].startswith("T:") for tune in load("irish_tunes").documents)


def facts_of_professions():
    assert load("professions").text.isascii()


@pytest.mark.parametrize("name", HERE)
def test_a_corpus_is_what_its_description_says(name):
    globals()[f"facts_of_{name}"]()
