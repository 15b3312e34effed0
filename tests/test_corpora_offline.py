"""The corpora that need no download: what is in them, that it stays so, and that no split knows another."""

import builtins
import itertools
import keyword
import os
import random
import re
import subprocess
import sys
from collections import Counter, defaultdict

import pytest

from lecture_utils.datasets import SPLITS, Tagged, english, load, place_names, python_source, split_of, tweets
from lecture_utils.datasets.english import EXAMPLES, LEXICON, RULES, TOPICS, UPOS, Sentence, derives
from lecture_utils.datasets.python_source import LONGEST, MODULES, OTHERS, SCORED, tagged_lines

OWN = {"english": english, "python_source": python_source, "place_names": place_names, "tweets": tweets}


@pytest.mark.parametrize("name", OWN)
def test_no_key_stands_in_two_splits_and_no_split_is_empty(name):
    key = OWN[name].ENTRY.key
    keys = {split: {key(document) for document in load(name, split).documents} for split in SPLITS}
    assert all(keys.values())
    for one, other in itertools.combinations(SPLITS, 2):
        assert not keys[one] & keys[other]


@pytest.mark.parametrize("name", OWN)
def test_no_document_stands_twice(name):
    texts = [document.text.casefold() for document in load(name).documents]
    if name == "python_source":  # there, capitals make another name
        texts = [document.words for document in load(name).documents]
    assert len(set(texts)) == len(texts) > 300


READ = """
import hashlib
from lecture_utils.datasets import english, place_names, python_source, tweets
lines = list(python_source.tagged_lines(open(python_source.__file__, encoding="utf-8").read()))
found = [english._read_english(), place_names._read_place_names(), tweets._read_tweets(), lines]
print(*(hashlib.sha256(repr(documents).encode()).hexdigest() for documents in found))
"""


def test_the_documents_are_the_same_in_every_process():
    seen = set()
    for seed in ("1", "2"):
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-c", READ]
        seen.add(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)
    assert len(seen) == 1


def most_frequent_tag(train, judged, scored=None):
    """The share of tags that are right when each word takes its most frequent one, and strangers the overall one."""
    counts, overall = defaultdict(Counter), Counter()
    for document in train:
        for word, tag in zip(document.words, document.tags):
            if scored is None or tag in scored:
                counts[word][tag] += 1
                overall[tag] += 1
    usual = overall.most_common(1)[0][0]
    guess = {word: count.most_common(1)[0][0] for word, count in counts.items()}
    pairs = [
        (guess.get(word, usual), tag)
        for document in judged
        for word, tag in zip(document.words, document.tags)
        if scored is None or tag in scored
    ]
    return sum(guessed == tag for guessed, tag in pairs) / len(pairs)


# --- python_source

PROGRAM = """
from os import path as where
class Basket(Container):
    def total(self, prices: list, rate=0, *rest, **more):
        '''Not a line: there is no name in it.'''
        best = item.price  # a remark
        item.price = -3.5
        basket.append(price)
        return sorted(prices, key=lambda p: p.size, reverse=True)
"""
ROLES = [
    "from os/import import path/import as where/import",
    "class Basket/class ( Container/read ) :",
    "def total/function ( self/parameter , prices/parameter : list/read , rate/parameter = 0 , * rest/parameter ,"
    " ** more/parameter ) :",
    "best/assigned = item/read . price/attribute",
    "item/read . price/field = - 0",
    "basket/read . append/method ( price/read )",
    "return sorted/call ( prices/read , key/argument = lambda p/parameter : p/read . size/attribute ,"
    " reverse/argument = True )",
]


def written(line):
    return " ".join(f"{word}/{tag}" if tag in SCORED else word for word, tag in zip(line.words, line.tags))


def test_each_role_of_the_docstring():
    assert [written(line) for line in tagged_lines(PROGRAM)] == ROLES
    assert {tag for line in tagged_lines(PROGRAM) for tag in line.tags} == {*SCORED, *OTHERS} - {"string"}
    for role in SCORED:
        assert re.search(rf"^    {role} +\w+ +in ", python_source.__doc__, re.MULTILINE)


@pytest.mark.parametrize(
    ("source", "roles"),
    [
        ("except_ = 1", ["except_/assigned = 0"]),
        ("try:\n    pass\nexcept OSError as error:\n    pass", ["except OSError/read as error/assigned :"]),
        ("for a, b in c: d(e)", ["for a/assigned , b/assigned in c/read : d/call ( e/read )"]),
        ("with f() as g: pass", ["with f/call ( ) as g/assigned : pass"]),
        ("del x, y.z", ["del x/assigned , y/read . z/field"]),
        ("@decorator\ndef f(): pass", ["@ decorator/read", "def f/function ( ) : pass"]),
        ("f(*a, **b)(c)", ["f/call ( * a/read , ** b/read ) ( c/read )"]),
        ("x = (\n  y  # remark\n  .z\n)", ["x/assigned = ( y/read . z/attribute )"]),
        ("é = ü.ö(è='ß', à=ñ)", ['é/assigned = ü/read . ö/method ( è/argument = "..." , à/argument = ñ/read )']),
        ("x = f'{a!r:>{b}} {f(c)} {{}}' 'd' + rb'e' + y", ['x/assigned = "..." "..." + "..." + y/read']),
        ("match = type(case)", ["match/assigned = type/call ( case/read )"]),
        # names that the parser does not place: the line is left out
        ("global x", []),
        ("match x:\n    case y:\n        z", []),
        # nothing to score
        ("else_ = 1 if True else None", ["else_/assigned = 0 if True else None"]),
        ("'a docstring'", []),
        ("x", []),
        ("", []),
        ("x = [" + "a, " * 40 + "]", []),
    ],
)
def test_roles_in_corners_of_the_grammar(source, roles):
    assert [written(line) for line in tagged_lines(source)] == roles


def test_a_program_that_python_cannot_parse_raises():
    with pytest.raises(SyntaxError):
        list(tagged_lines("def f(:"))


def test_the_tokens_beside_a_name_agree_with_its_role():
    before = {"function": {"def"}, "class": {"class"}, "attribute": {"."}, "method": {"."}, "field": {"."}}
    after = {"call": {"(", ")"}, "method": {"(", ")"}, "argument": {"="}, "function": {"(", "["}}
    for line in load("python_source").documents:
        assert len(line.words) == len(line.tags)
        assert 1 < len(line.words) <= LONGEST
        assert line.module in MODULES
        for place, (word, tag) in enumerate(zip(line.words, line.tags)):
            assert (tag == "keyword") == keyword.iskeyword(word)
            assert (tag in SCORED) == (word.isidentifier() and tag != "keyword")
            assert line.words[place - 1] in before.get(tag, {line.words[place - 1]})
            assert place + 1 == len(line.words) or line.words[place + 1] in after.get(tag, {line.words[place + 1]})


def test_the_standard_library_has_lines_of_every_role():
    tags = Counter(tag for line in load("python_source").documents for tag in line.tags)
    assert set(tags) == {*SCORED, *OTHERS}
    assert sum(tags[role] for role in SCORED) > 70_000
    assert min(tags[role] for role in SCORED) > 300
    assert len(set(MODULES)) == len(MODULES) >= 120
    assert len({line.module for line in load("python_source").documents}) > 0.9 * len(MODULES)


def test_the_most_frequent_role_is_far_from_enough():
    train, valid = (load("python_source", split).documents for split in ("train", "valid"))
    assert 0.45 < most_frequent_tag(train, valid, SCORED) < 0.65


def test_a_missing_module_is_left_out_and_a_missing_library_explained(monkeypatch, tmp_path):
    monkeypatch.setattr(python_source.sysconfig, "get_path", lambda name: str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match=r"0 of \d+ files.*install a complete Python"):
        python_source._read_python_source()
    (tmp_path / "one.py").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "__init__.py").write_text("# -*- coding: latin-1 -*-\nx = 1\ny = x\n", encoding="latin-1")
    monkeypatch.setattr(python_source, "MODULES", ("one", "two", "three"))
    found = python_source._read_python_source()
    assert [(line.text, line.module) for line in found] == [("x = 0", "one"), ("y = x", "two")]


# --- english


def test_every_sentence_follows_from_the_rules_and_a_wrong_tag_or_a_lost_word_does_not():
    dice, known = random.Random(1), tags_of()
    for sentence in dice.sample(load("english").documents, 250):
        assert derives(sentence), sentence
        # a word with one tag only, so that no second reading is right too
        places = [place for place, word in enumerate(sentence.words) if len(known[word.lower()]) == 1]
        place = dice.choice(places)
        tag = dice.choice([tag for tag in UPOS if tag != sentence.tags[place]])
        assert not derives(sentence._replace(tags=(*sentence.tags[:place], tag, *sentence.tags[place + 1 :])))
        assert not derives(sentence._replace(words=sentence.words[:-2], tags=sentence.tags[:-2]))
        assert not derives(sentence._replace(words=(), tags=()))


def tags_of():
    """The tags that each word has in the lexicon and the rules."""
    found = defaultdict(set)
    for line in LEXICON.values():
        tag, *words = line.split()
        for word in words:
            found[word.lower()].add(tag)
    for word, tag in re.findall(r"(\S+)/([A-Z]+)", " ".join(RULES.values())):
        found[word.lower()].add(tag)
    return found


def test_every_word_has_a_tag_that_the_grammar_gives_it():
    known = tags_of()
    assert {tag for tags in known.values() for tag in tags} == set(UPOS)
    for sentence in (*load("english").documents, *EXAMPLES):
        assert len(sentence.words) == len(sentence.tags)
        assert all(tag in known[word.lower()] for word, tag in zip(sentence.words, sentence.tags))


def test_every_name_in_a_rule_is_a_rule_and_every_rule_is_used():
    named = set(re.findall(r"<([^>]+)>", " ".join(RULES.values())))
    assert named | set(TOPICS) == set(RULES) | set(LEXICON)


def test_the_lecture_s_examples_follow_from_the_rules_and_are_in_no_split():
    assert len(EXAMPLES) == 9
    keys = {english._key(sentence) for sentence in load("english").documents}
    for example in EXAMPLES:
        assert derives(example), example
        assert english._key(example) not in keys


def test_not_goes_with_no_sentence_that_goes_on_with_a_feast():
    [feast] = [example for example in EXAMPLES if "pig" in example.words]
    words, tags = (tuple(part) for part in feast[:2])
    place = words.index("very")
    negated = (*words[:place], "not", *words[place + 1 :]), (*tags[:place], "PART", *tags[place + 1 :])
    assert not derives(Sentence(*negated, "feelings"))
    for sentence in load("english").documents:
        if "half" in sentence.words:
            assert "not" not in sentence.words


def test_teddy_is_a_name_or_a_noun_by_what_follows():
    seen = defaultdict(set)
    for sentence in load("english").documents:
        for word, tag, following in zip(sentence.words, sentence.tags, sentence.tags[1:]):
            if word == "Teddy":
                seen[tag].add(following)
    assert seen["NOUN"] == {"NOUN"}
    assert "PROPN" in seen["PROPN"]
    assert not seen["PROPN"] & {"NOUN"}


def test_the_senses_of_bank_have_cues_on_either_side_and_a_few_have_none():
    documents = load("english").documents
    by_topic = defaultdict(list)
    for sentence in documents:
        if "bank" in sentence.words:
            by_topic[sentence.topic].append(sentence)
            assert sentence.tags[sentence.words.index("bank")] == "NOUN"
    assert set(by_topic) == {*english.SENSES, "bank"}
    assert min(len(by_topic[sense]) for sense in english.SENSES) > 400

    def sides(sentence):
        words = [word.lower() for word in sentence.words]
        place = words.index("bank")
        return tuple(words[:place]), tuple(words[place + 1 :])

    lefts, rights = ({sense: {sides(s)[side] for s in by_topic[sense]} for sense in english.SENSES} for side in (0, 1))
    money, river = english.SENSES
    for known in (lefts, rights):  # some sides say which, some do not
        shared = known[money] & known[river]
        assert shared
        assert all(known[sense] - shared for sense in english.SENSES)
    assert any(s.words[0].islower() for s in by_topic[money])


def test_many_words_have_several_tags_and_the_most_frequent_is_not_enough():
    train, valid = (load("english", split).documents for split in ("train", "valid"))
    tags = defaultdict(set)
    for sentence in train:
        for word, tag in zip(sentence.words, sentence.tags):
            tags[word].add(tag)
    several = {word for word in tags if len(tags[word]) > 1}
    words = [word for sentence in train for word in sentence.words]
    assert len(tags) >= 300
    assert sum(word in several for word in words) / len(words) > 0.15
    for word in (
        "can",
        "saw",
        "run",
        "play",
        "light",
        "book",
        "flies",
        "like",
        "that",
        "back",
        "well",
        "duck",
        "watch",
    ):
        assert len(tags_of()[word]) > 1, word
    assert most_frequent_tag(train, valid) < 0.95
    assert all(isinstance(sentence, Sentence) and sentence[:2] == Tagged(*sentence[:2]) for sentence in valid[:9])


def test_often_only_the_words_to_the_right_decide():
    seen = {"left": defaultdict(set), "whole": defaultdict(set)}
    for sentence in load("english").documents:
        for place, tag in enumerate(sentence.tags):
            seen["left"][sentence.words[: place + 1]].add(tag)
            seen["whole"][sentence.words, place].add(tag)
    assert all(len(tags) == 1 for tags in seen["whole"].values())
    undecided = {words for words, tags in seen["left"].items() if len(tags) > 1}
    assert {("Teddy",), ("Ivy",), ("Ivy", "leaves"), ("Water",), ("Can",)} <= undecided
    assert sum(sentence.words[:1] in undecided for sentence in load("english").documents) > 500


# --- place_names


def test_every_name_belongs_to_one_language_only():
    languages = defaultdict(set)
    for document in load("place_names").documents:
        languages[document.text.casefold()].add(document.label)
        assert re.fullmatch(r"(territory|language|currency)/\w+", document.entity)
        assert not re.search(r"[\d()_.,/]", document.text)
    assert all(len(known) == 1 for known in languages.values())
    assert "peru" not in languages
    assert languages["saksa"] == {"Finnish"}


def test_twelve_languages_none_of_them_large():
    counts = Counter(document.label for document in load("place_names", "train").documents)
    assert set(counts) == set(place_names.LANGUAGES.values())
    assert len(counts) == 12
    assert max(counts.values()) < 0.15 * sum(counts.values())
    assert min(counts.values()) > 0.04 * sum(counts.values())


def test_all_names_of_one_thing_share_a_split():
    germany = {d.label: d.text for d in load("place_names").documents if d.entity == "territory/DE"}
    assert germany["French"] == "Allemagne"
    assert germany["Hungarian"] == "Németország"
    texts = {d.text for d in load("place_names", split_of("territory/DE")).documents}
    assert set(germany.values()) <= texts


def test_without_babel_a_sentence_says_what_to_install(monkeypatch):
    real = builtins.__import__

    def without(name, *rest, **named):
        if name.startswith("babel"):
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return real(name, *rest, **named)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ModuleNotFoundError, match=r"Babel.*pip install babel"):
        place_names._read_place_names()


# --- tweets

# Companies that fly, or did, written as people write them; none is to be praised or blamed here.
REAL = """
aer lingus|aeroflot|air canada|air france|air india|air new zealand|airasia|alaska air|alitalia|american air|british air
|brussels airlines|cathay|condor|delta|easyjet|emirates|etihad|eurowings|finnair|flybe|frontier|iberia|icelandair|indigo
|jet2|jetblue|jetstar|klm|lufthansa|norwegian|pan am|pegasus|qantas|qatar|ryanair|sabena|scoot|singapore air|southwest
|spirit|swiss|tap air|transavia|tui|turkish|united|vietjet|virgin|volotea|vueling|westjet|wizz
"""


def test_the_tweets_are_many_balanced_short_and_plain():
    documents = load("tweets").documents
    counts = Counter(document.label for document in documents)
    assert set(counts) == {"negative", "neutral", "positive"}
    assert len(documents) >= 300
    assert min(counts.values()) > 0.3 * len(documents)
    assert all(document.text.isascii() and 10 <= len(document.text) <= 280 for document in documents)
    assert all(document.text == " ".join(document.text.split()) for document in documents)


def test_no_tweet_names_a_real_airline():
    names = re.compile(rf"\b({REAL.replace(chr(10), '')})\b")
    assert names.search("thank you, ryanair")
    for document in load("tweets").documents:
        assert not names.search(re.sub(r"[@#]", "", document.text.lower())), document


def test_every_address_is_one_of_the_invented_airlines_and_says_nothing():
    where = defaultdict(Counter)
    for document in load("tweets").documents:
        for airline in set(re.findall(r"@(\w+)", document.text)):
            where[airline][document.label] += 1
    assert set(where) == {"TeapotAir", "FlyMarmot", "AirPudding", "KipperJet", "WombatWings", "BluePuddleAir"}
    for airline, labels in where.items():
        assert len(labels) == 3, airline
        assert max(labels.values()) < 0.5 * sum(labels.values()), airline


def test_some_negations_praise_and_some_thanks_complain():
    label = {document.text: document.label for document in load("tweets").documents}
    assert {tag for text, tag in label.items() if re.search(r"\b(not|never|no|nothing)\b", text.lower())} == {
        "negative",
        "neutral",
        "positive",
    }
    assert [tag for text, tag in label.items() if "Thanks for nothing" in text] == ["negative"]
    assert [tag for text, tag in label.items() if "Not bad at all" in text] == ["positive"]
