# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#       format_version: '1.3'
#   kernelspec:
#     display_name: Python 3 (ipykernel)
#     language: python
#     name: python3
# ---

# %% [markdown]
# # D · On real corpora
#
# Notebook 05 trains its models on text that every installation already has. Here the same models meet public corpora
# that papers report on: parts of speech, named entities, film reviews, Shakespeare, Irish tunes. Each model trains for
# less than a minute, and each stands beside baselines that learned from the same text.
#
# | | |
# |---|---|
# | **After it you can** | train the models of notebook 05 on real data, and say what a fair comparison needs |
# | **Outcomes served** | `architectures` |
# | **Time** | no live minutes; 60 minutes alone, about five of them waiting for trainings |
# | **Only 15 minutes?** | Read section 1 |
# | **Only 30 minutes?** | Add section 4 |
# | **You need** | [05 Architectures](05_architectures.ipynb) |
#
# Before: [05 Architectures](05_architectures.ipynb). After: [08 Summary](08_summary.ipynb).
#
# The corpora are not part of this repository. Each is downloaded when it is asked for, from a fixed address, and its
# content is checked. It is kept, so the next time needs no network. Without a network the notebook says which corpus
# it misses and what it would have trained, and goes on.

# %% [markdown]
# **Set up.** The next cell looks for the repository in the folder above, so it works from JupyterLab and from VS Code.
# It prints nothing when all is well.

# %%
import sys
from pathlib import Path

folders = [Path.cwd(), *Path.cwd().parents]
root = next((folder for folder in folders if (folder / "lecture_utils").is_dir()), None)
if root is None:
    raise ModuleNotFoundError(
        "There is no folder lecture_utils here or above: open this notebook inside "
        "the cloned repository. In Colab, first run !git clone ADDRESS unrolled, "
        "with the address of the repository, and then %cd unrolled/notebooks"
    )
sys.path.insert(0, str(root))

import time

import torch
from IPython.display import display

from lecture_utils.datasets import SPLITS, available, load, try_load
from lecture_utils.diagrams import Table
from lecture_utils.training import falling, fit, pick_device, seed_everything
from lecture_utils.view import own_input, show_table

# the networks here are small: a second thread gains next to nothing
torch.set_num_threads(1)

# %% [markdown]
# What there is, and what is here already:

# %% tags=["nbval-ignore-output"]
corpora = available()
assert {"ud_english_ewt", "tiny_shakespeare"} <= {entry.name for entry in corpora}
corpora

# %% [markdown]
# **How long a training takes** is fixed below, in seconds of the processor: so other work on your machine costs you
# time, but takes none from the model. A faster processor takes more steps, and your figures differ a little from those
# you see here. Give each model more, and look what it does with it.
#
# `results` collects what each model and its baselines reach. The last section prints all of it in one table.

# %%
SECONDS = {"tagger": 30, "names": 18, "film": 12, "plays": 40, "tunes": 50}
results = []


def documents_of(name, model):
    """The documents of each split; None, with a sentence, where the corpus cannot be had."""
    if try_load(name) is None:
        print(f"This section would have trained {model} on {name}.")
        return None
    return {split: load(name, split).documents for split in SPLITS}


def timed(task):
    """Settings of `fit`: stop when the seconds are over, by the clock of the processor."""
    return {"steps": 1_000_000, "seconds": SECONDS[task], "clock": time.process_time}


# %% [markdown]
# ## 1 · Parts of speech in English from the web
#
# The treebank UD English EWT (Silveira et al., 2014) holds blogs, mail, reviews and answers, with a universal part of
# speech for every word, given by people. Its splits are those of the treebank. The words are given, too: nothing here
# has to cut a text.
#
# Settings were chosen on the validation sentences. The test sentences are looked at once, at the end.

# %% tags=["nbval-ignore-output"]
from lecture_utils.models.tagging import look_up, most_frequent_tags, tag_accuracy

ewt = documents_of("ud_english_ewt", "a one-way and a two-way tagger")
if ewt:
    ewt_words = [sentence.words for sentence in ewt["test"]]
    ewt_gold = [sentence.tags for sentence in ewt["test"]]
    known = {word for sentence in ewt["train"] for word in sentence.words}
    unseen = [[word not in known for word in words] for words in ewt_words]
    share = sum(map(sum, unseen)) / sum(map(len, unseen))
    ewt_said = {"most frequent tag": look_up(most_frequent_tags(ewt["train"]), ewt_words)}
    print(f"{len(ewt['train']):,} sentences to train on, {len(ewt['test']):,} to test")
    print(f"{share:.1%} of the test words were never seen in training")
    right = tag_accuracy(ewt_gold, ewt_said["most frequent tag"])
    print(f"most frequent tag of each word: {right:.1%} right")
    assert 0.8 < right < 0.9

# %% [markdown]
# Three models go beyond the table. One is linear: logistic regression on the features of a word and of one word on each
# side. Two are RNNs, with the features of *one* word at every step, in one direction and in both. All read the same
# features: the word, its shape, its beginnings and its ends.

# %% tags=["nbval-ignore-output"]
from lecture_utils.models.tagging import (
    ADAM,
    FeatureTagger,
    Tagger,
    tagged_batches,
    tagging_loss,
)

if ewt:
    started = time.process_time()
    linear = FeatureTagger(ewt["train"], exact=False, window=1)
    ewt_said["window of three"] = linear.tag_all(ewt_words)
    print(f"window of three: {time.process_time() - started:.0f} s")
    right = tag_accuracy(ewt_gold, ewt_said["window of three"])
    assert tag_accuracy(ewt_gold, ewt_said["most frequent tag"]) < right
    del linear

# %% [markdown]
# The learning rate rises for a moment and then falls, to 0 when the time is over.

# %% tags=["nbval-ignore-output", "trained"]
PEAK = 4e-3  # the highest learning rate of the taggers


def train_tagger(task, documents, batch_size, **settings):
    """A tagger, trained for the seconds of its task."""
    torch.manual_seed(0)
    tagger = Tagger.of(documents, **settings)
    history = fit(
        tagger,
        tagged_batches(tagger, documents, batch_size=batch_size, seed=0),
        loss=tagging_loss,
        lr=falling(PEAK, warm_up=0.05),
        clip=5.0,
        seed=0,
        optimiser=ADAM,
        **timed(task),
    )
    return tagger, history


if ewt:
    tagger, history = train_tagger("tagger", ewt["train"], 64, bidirectional=False)
    ewt_said["one-way"] = tagger.tag_all(ewt_words)
    print(f"one-way: {history.sentence()}")
    assert tag_accuracy(ewt_gold, ewt_said["one-way"]) > 0.88

# %% tags=["nbval-ignore-output", "trained"]
if ewt:
    tagger, history = train_tagger("tagger", ewt["train"], 64, bidirectional=True)
    ewt_said["two-way"] = tagger.tag_all(ewt_words)
    print(f"two-way: {history.sentence()}")
    assert tag_accuracy(ewt_gold, ewt_said["two-way"]) > 0.9


# %% tags=["nbval-ignore-output", "trained"]
def share_right(said, unseen_only):
    """The share of words with the right tag, among all of them or among those never seen."""
    marks = [
        one == other
        for new, gold, guess in zip(unseen, ewt_gold, said)
        for is_new, one, other in zip(new, gold, guess)
        if is_new or not unseen_only
    ]
    return sum(marks) / len(marks)


if ewt:
    scores = {n: (share_right(s, False), share_right(s, True)) for n, s in ewt_said.items()}
    rows = [(name, f"{all_:.1%}", f"{new:.1%}") for name, (all_, new) in scores.items()]
    header = ("tagger", "all words", "words never seen")
    show_table(Table("Right tags on the test sentences of UD English EWT", header, rows))
    results += [("UD English EWT, tags right", name, row) for name, row, _ in rows]
    gap = 100 * (scores["two-way"][0] - scores["one-way"][0])
    print(f"two-way minus one-way: {gap:.1f} points")
    assert scores["two-way"][0] > scores["most frequent tag"][0]
    assert gap > 0.5

# %% [markdown]
# Compare the last column first. For a word never seen, the table of tags has one answer for all of them. The other
# taggers read its beginning and its end, and win much there.
#
# Then compare one-way and two-way. Features and seconds are equal, and the two-way network even has fewer steps, since
# each costs more: the difference is what the words to the *right* are worth.
#
# The window of three is a strong rival. It sees a neighbour on each side, and for most tags that is all one needs to
# know. Look where the two-way tagger stands beside it: an RNN has to learn what to carry from word to word, and half a
# minute is little for that. Give it twice as long, and look again.

# %% tags=["nbval-ignore-output", "trained"]
from collections import Counter

if ewt:
    triples = {}
    for name in ("two-way", "one-way"):
        triples[name] = Counter()
        for words, gold, guess in zip(ewt_words, ewt_gold, ewt_said[name]):
            wrong = zip((word.lower() for word in words), gold, guess)
            triples[name].update(t for t in wrong if t[1] != t[2])
    rows = [
        (*triple, str(times), str(triples["one-way"][triple]))
        for triple, times in triples["two-way"].most_common(12)
    ]
    header = ("word", "its tag here", "two-way says", "times two-way", "times one-way")
    show_table(Table("The most frequent mistakes of the two-way tagger", header, rows))
    assert triples["two-way"].total() < triples["one-way"].total()
    assert triples["two-way"].total() < 0.1 * sum(map(len, ewt_words))

# %% [markdown]
# Most rows are small words with several jobs, and the rest of the sentence decides which one it is. Look at a few: would
# you have known?

# %% tags=["nbval-ignore-output"]
from lecture_utils.diagrams.tagged import tagged_sentence
from lecture_utils.models.tagging import checked_words


def say_web_tags(text, theme="card"):
    words = checked_words(text)
    rows = [("two-way", tagger.tags(words))]
    return tagged_sentence(words, rows, title="Tags of the two-way tagger", theme=theme)


if ewt:
    assert len(tagger.tags("The old man the boats .")) == 6
    presets = (
        "The old man the boats .",
        "Time flies like an arrow .",
        "Buffalo buffalo buffalo .",
    )
    box = own_input("Tag any English", say_web_tags, presets[0], presets=presets)
    display(box)

# %% [markdown]
# ## 2 · Names in Wikipedia
#
# wikigold (Balasuriya et al., 2009) marks people, places, organisations and other names in sentences of Wikipedia. About
# a fifth of them is held out for the test. Its code is IOB1: a name is a run of I- tags, and B- stands only where a
# second name of the same type follows at once. A name counts as found when its type and both its ends are right; the
# score is entity F1.
#
# The baseline is logistic regression again, now on five words around.

# %% tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.entities import entities, entity_score

gold_names = documents_of("wikigold", "a two-way tagger of names")
if gold_names:
    words_of = {split: [s.words for s in some] for split, some in gold_names.items()}
    tags_of = {split: [s.tags for s in some] for split, some in gold_names.items()}

    # the linear tagger's regularisation is chosen on the validation sentences
    linear = [
        FeatureTagger(gold_names["train"], C=C, min_count=1) for C in (1.0, 10.0, 100.0)
    ]
    valid = [
        entity_score(tags_of["valid"], m.tag_all(words_of["valid"])).f1 for m in linear
    ]
    linear = linear[valid.index(max(valid))]

    names_tagger, history = train_tagger(
        "names", gold_names["train"], 16, min_count=2, dropout_in=0.3, dropout=0.5
    )
    print(f"two-way: {history.sentence()}")
    said = {
        "always O": [["O"] * len(words) for words in words_of["test"]],
        "window of five": linear.tag_all(words_of["test"]),
        "two-way": names_tagger.tag_all(words_of["test"]),
    }
    rows = []
    for name, tags in said.items():
        values = (tag_accuracy(tags_of["test"], tags), *entity_score(tags_of["test"], tags))
        rows.append((name, *(f"{value:.1%}" for value in values)))
    header = ("tagger", "accuracy", "precision", "recall", "entity F1")
    show_table(Table("Names on the held-out fifth of wikigold", header, rows))
    results += [("wikigold, entity F1", row[0], row[-1]) for row in rows]
    f1 = {name: entity_score(tags_of["test"], tags).f1 for name, tags in said.items()}
    assert f1["always O"] == 0 < f1["window of five"]
    assert f1["two-way"] > 0.4

# %% [markdown]
# The first row is the trap: saying O to every word is right for most words, and finds nothing.
#
# These sentences are few. A tagger that has read other text before, through pre-trained vectors or as a whole
# pre-trained network, knows many more names, and is what one would use today. What you see here is what these sentences
# alone teach.

# %% tags=["nbval-ignore-output", "trained"]
if gold_names:
    missed = []
    for words, gold, guess in zip(words_of["test"], tags_of["test"], said["two-way"]):
        found = set(entities(guess))
        missed += [(words, e, guess) for e in entities(gold) if e not in found]
    rows = [
        (" ".join(words[e.start : e.stop]), e.kind, " ".join(guess[e.start : e.stop]))
        for words, e, guess in missed[:12]
    ]
    show_table(
        Table("Names it missed", ("name", "what it is", "its words were tagged"), rows)
    )
    assert 0 < len(missed) < 0.7 * sum(len(entities(gold)) for gold in tags_of["test"])

# %% [markdown]
# ## 3 · Film sentences: positive or negative?
#
# Ten thousand sentences from film reviews (Pang & Lee, 2005), half of them positive. The split is fixed: a sentence's own
# text decides whether it is for training, validation or test, so it is the same on every machine. Settings were chosen
# on the validation sentences; the test sentences are looked at once, at the end.

# %% tags=["nbval-ignore-output"]
film = documents_of("sentence_polarity", "three two-way GRUs")
if film:
    for split, sentences in film.items():
        print(f"{split:<6}{len(sentences):>6,} sentences; {sentences[0].text[:60]} …")
    assert not {e.text for e in film["train"]} & {e.text for e in film["test"]}

# %% [markdown]
# **What to beat.** Logistic regression on which words, pairs and triples stand in a sentence, or which runs of up to five
# letters. Length of the runs and strength of the regularisation are chosen on the validation sentences.

# %% tags=["nbval-ignore-output"]
from lecture_utils.models.classification import (
    Classifier,
    Committee,
    accuracy,
    best_counting,
    classification_loss,
    labelled_batches,
    labels_of,
    start_from_counts,
    vocabulary_of,
)

candidates = [
    *({"longest": n, "C": 1.0} for n in (1, 2, 3)),
    *({"longest": 5, "tokens": "characters", "C": C} for C in (0.1, 0.3)),
]
if film:
    counts = best_counting(candidates, film["train"], film["valid"])
    print(f"chosen: runs of up to {counts.longest} {counts.tokens}, C = {counts.C}")
    share = accuracy(counts, film["valid"])
    print(f"{counts.features:,} features, {share:.1%} right on valid")
    assert share > 0.7

# %% [markdown]
# **The networks** are three two-way GRUs. One averages its states over the sentence, two take the largest value of each
# unit (*max pooling*). Half of each vector is dropped in training, and three words in ten are hidden: with eight
# thousand sentences, a network soon knows them by heart. The last network also reads the *pieces* of a word, its runs of
# three to five letters, each with a vector of its own (Bojanowski et al., 2017): so it has something to say about a word
# that it has never seen.
#
# One thing they take from counting. The first number of every word's embedding starts as its log-count ratio: how much
# more often the word stands in positive sentences than in negative ones (after Wang & Manning, 2012). So the network can
# spend its time on what the words around do to that number.

# %% tags=["nbval-ignore-output", "trained"]
PIECES = 20_000  # different numbers for runs of letters


def trained_reader(seed, summary, scale, pieces=0):
    """A two-way GRU, trained on the film sentences."""
    torch.manual_seed(seed)
    reader = Classifier(
        vocabulary_of(film["train"], min_count=2),
        labels_of(film["train"]),
        summary=summary,
        d_embedding=32,
        d_h=32,
        dropout=0.5,
        unknown=0.3,
        pieces=pieces,
    )
    start_from_counts(reader, film["train"], scale)
    history = fit(
        reader,
        labelled_batches(reader, film["train"], batch_size=64, seed=seed),
        loss=classification_loss,
        lr=falling(2e-3, warm_up=0.05),
        clip=1.0,
        seed=seed,
        **timed("film"),
    )
    print(f"{summary}, {pieces:,} pieces: {history.sentence()}")
    return reader


if film:
    readers = {
        "GRU, mean": trained_reader(0, "mean", 0.3),
        "GRU, max": trained_reader(1, "max", 0.5),
        "GRU, max, pieces": trained_reader(2, "max", 0.3, pieces=PIECES),
    }
    members = list(readers.values())
    together, all_four = Committee(members), Committee([*members, counts])
    assert min(accuracy(reader, film["train"][::10]) for reader in members) > 0.75

# %% [markdown]
# Each network judges the test sentences alone; then the log probabilities of the three are averaged, which evens out some
# of the chance in each training; then the counts join them.

# %% tags=["nbval-ignore-output", "trained"]
from math import sqrt

if film:
    judges = {
        "best counts": counts,
        **readers,
        "three GRUs": together,
        "all four": all_four,
    }
    right = {name: accuracy(judge, film["test"]) for name, judge in judges.items()}
    N = len(film["test"])
    for name, share in right.items():
        print(f"{name:<18}{share:>6.1%} ± {sqrt(share * (1 - share) / N):.1%}")
        results.append(("film sentences, right", name, f"{share:.1%}"))
    ahead = {name: 100 * (share - right["best counts"]) for name, share in right.items()}
    print(f"three GRUs minus best counts: {ahead['three GRUs']:+.1f} points")
    print(
        f"single GRUs minus best counts: {', '.join(f'{ahead[n]:+.1f}' for n in readers)}"
    )
    assert min(right[name] for name in readers) > 0.7

# %% [markdown]
# What follows ± is the standard error that a test of this size leaves: smaller differences may be chance. On this corpus a
# network without pre-training and a good count are neighbours, and there are reasons for it. Much of the sentiment sits
# in single words, and those the counts see. A few thousand sentences are little to learn from what order does to them.
# And a network that is large enough to learn order also learns the sentences by heart. Networks that leave these figures
# far behind were pre-trained on other text.
#
# *Three GRUs* has three times the seconds of one. *All four* is no RNN alone: where it does better than both, they had
# found different things.

# %% [markdown]
# Where the two disagree, you see what each looks at.

# %% tags=["nbval-ignore-output", "trained"]
if film:
    texts = [example.text for example in film["test"]]
    sides = zip(film["test"], counts.labels_for(texts), together.labels_for(texts))
    rows = [(e.label, a, b, e.text[:100]) for e, a, b in sides if a != b]
    header = ("it is", "counts", "GRUs", "sentence (its beginning)")
    some = tuple(rows[:: max(1, len(rows) // 10)][:10])
    show_table(Table(f"Ten of the {len(rows)} sentences they disagree on", header, some))
    assert 0 < len(rows) < len(texts) / 3
    assert accuracy(together, film["test"]) > 0.7

# %% tags=["nbval-ignore-output"]
if film:

    def sentiment(text):
        """Both answers, and the probability of each label by the third network."""
        chances = members[2].chances(text).items()
        said = ", ".join(f"{label} {chance:.0%}" for label, chance in chances)
        rows = (
            ("counts", counts.label(text)),
            ("three GRUs", together.labels_for([text])[0]),
        )
        return Table(f"The GRU that reads pieces: {said}", ("who", "says"), rows)

    assert members[2].label("wonderfulness") in members[2].labels
    box = own_input(
        "Positive or negative?",
        sentiment,
        "a slow film , and a wonderful one",
        presets=("not a bad film at all", "good actors , and nothing for them to do"),
    )
    display(box)

# %% [markdown]
# ## 4 · Shakespeare, character by character
#
# Some million characters of plays. The last tenth is held out; the tenth before it served to choose the settings: 256
# units, windows of 64 characters in sixteen rows, a learning rate that falls from 0.004 to 0, counts of order 6, and a
# mixture half and half. Now the model learns from everything before the test text.

# %% tags=["nbval-ignore-output"]
plays = documents_of("tiny_shakespeare", "a GRU of 256 units")
if plays:
    known, test = "".join(plays["train"] + plays["valid"]), "".join(plays["test"])
    print(f"{len(known):,} characters to learn from, {len(test):,} to judge by")
    assert test[:1000] not in known

# %% tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.generation import (
    Generator,
    bits,
    character_vocabulary,
    fit_carried,
    fit_whole,
    mixed_bits,
    xz_bits_per_character,
)
from lecture_utils.ngrams import NGram

if plays:
    alphabet = sorted(set(known + test))
    seed_everything(0)
    playwright = Generator(character_vocabulary("".join(alphabet)), d_embed=32, d_h=256)
    playwright = playwright.to(pick_device())
    untrained = playwright.bits_per_character(test[:5000])
    history = fit_carried(
        playwright,
        known,
        seq_len=64,
        batch_size=16,
        lr=4e-3,
        seed=0,
        **timed("plays"),
    )
    print(history.sentence())
    ours = playwright.probabilities(playwright.encode(test))
    counting = NGram(6).fit([known], vocabulary=alphabet)
    theirs = torch.from_numpy(counting.probabilities(test))
    del counting
    needed = {
        "xz": xz_bits_per_character(known, test),
        "Kneser–Ney, order 6": bits(theirs),
        "GRU": bits(ours),
        "both, half and half": mixed_bits(ours, theirs, 0.5),
    }
    for name, value in needed.items():
        print(f"{name:<20}{value:.3f} bits per character")
        results.append(("tiny Shakespeare, bits per character", name, f"{value:.2f}"))
    assert needed["both, half and half"] < needed["Kneser–Ney, order 6"]
    assert needed["GRU"] < 0.6 * untrained

# %% [markdown]
# *xz* is a compression program: it knows nothing of language, only repetitions. Kneser–Ney counts runs of up to six
# characters. The last row averages the two probabilities of each character: where that needs fewer bits than both alone,
# the network and the counts know different things.

# %% tags=["nbval-ignore-output"]
if plays:
    for temperature in (0.5, 1.0):
        speech = playwright.sample("ROMEO:\n", 300, temperature=temperature, seed=1)
        print(f"temperature {temperature}\n\nROMEO:\n{speech}\n")
        assert len(speech) == 300

# %% [markdown]
# Look at the form before you read the words: a name, a colon, lines of verse, an empty line. All of it was learned one
# character at a time.

# %% [markdown]
# ## 5 · Irish tunes
#
# Dance tunes as people wrote them down, with title, metre and key above the notes. Settings of one tune stand in one
# split together. The model reads characters, those of the lines above the music, too.

# %% tags=["nbval-ignore-output"]
irish = documents_of("irish_tunes", "a GRU of 256 units")
if irish:
    print(len(irish["train"]), "tunes to learn from. One of them:\n")
    print(irish["train"][0])
    assert not set(irish["train"]) & set(irish["test"])

# %% tags=["nbval-ignore-output", "trained"]
if irish:
    seed_everything(0)
    held_out = irish["test"]
    alphabet = sorted(set("".join([*irish["train"], *held_out])))
    fiddler = Generator(
        character_vocabulary("".join(alphabet)), d_embed=32, d_h=256, dropout=0.2
    )
    fiddler = fiddler.to(pick_device())
    untrained = fiddler.bits_per_character(irish["test"][:10])
    history = fit_whole(
        fiddler,
        irish["train"],
        batch_size=16,
        lr=4e-3,
        seed=0,
        **timed("tunes"),
    )
    print(history.sentence())

    def tune_bits(probabilities):
        """Bits per character of the held-out tunes: their beginnings and ends do not count."""
        return bits(torch.cat([torch.as_tensor(probabilities(tune)) for tune in held_out]))

    counting = NGram(6).fit(irish["train"], vocabulary=alphabet)
    needed = {
        "Kneser–Ney, order 6": tune_bits(counting.probabilities),
        "GRU": tune_bits(lambda tune: fiddler.probabilities(fiddler.encode(tune))),
    }
    for name, value in needed.items():
        print(f"{name:<20}{value:.2f} bits per character")
        results.append(("Irish tunes, bits per character", name, f"{value:.2f}"))
    assert needed["GRU"] < 0.6 * untrained

# %% [markdown]
# Does what it writes hold together as music? Add up the notes of every bar: they should last as long as the metre says.
# This little reader knows notes, lengths and triplets, and skips ornaments and chord names.

# %%
import re
from fractions import Fraction

NOTE = re.compile(r"(\(3)|[_^=]*[A-Ga-gz][,']*(\d*)(/*)(\d*)")
LEFT_OUT = re.compile(r'"[^"]*"|\{[^}]*\}|!|\[\d|(?<=[A-Ga-gz\d\]])\](?=\d)')


def field(tune, letter):
    """What stands after `letter:` on a line above the music; empty where there is none."""
    found = re.search(rf"^{letter}:\s*(\S+)", tune, re.MULTILINE)
    return found[1] if found else ""


def full_bars(tune):
    """For each bar whether its notes last as long as the metre says; [] without metre or unit."""
    metre, unit = (
        {"C": "4/4", "C|": "2/2"}.get(f, f) for f in (field(tune, "M"), field(tune, "L"))
    )
    if not (re.fullmatch(r"\d+/[1-9]\d*", metre) and re.fullmatch(r"1/[1-9]\d*", unit)):
        return []
    music = re.sub(r"^[A-Za-z]:.*$", "", tune, flags=re.MULTILINE)
    bars = [
        bar for bar in re.split(r"[|:]+\d?", LEFT_OUT.sub("", music)) if NOTE.search(bar)
    ]
    return [length_of(bar) == Fraction(metre) / Fraction(unit) for bar in bars]


def length_of(bar):
    """The length of a bar in units; a triplet (3 gives three notes the time of two."""
    length, in_triplet = Fraction(0), 0
    for triplet, times, slashes, parts in NOTE.findall(bar):
        if triplet:
            in_triplet = 3
            continue
        divided = int(parts) if parts else 2 ** len(slashes)
        note = Fraction(int(times or 1), max(1, divided))
        length += note * Fraction(2, 3) if in_triplet else note
        in_triplet = max(0, in_triplet - 1)
    return length


example = "M:6/8\nL:1/8\nK:D\n(3ABc|d2A (3ABc d2|e3 f3|"
print(full_bars(example))
assert full_bars(example) == [False, False, True]

# %% tags=["nbval-ignore-output", "trained"]
if irish:
    written = fiddler.samples(40, 600, temperature=0.7, seed=0)
    rows, shares = [], []
    for name, tunes in (("held-out tunes", held_out), ("by the network", written)):
        bars = [full for tune in tunes for full in full_bars(tune)]
        headed = [all(field(tune, letter) for letter in "TMK") for tune in tunes]
        copied = [tune in irish["train"] for tune in tunes]
        shares.append(sum(bars) / max(1, len(bars)))
        parts = (sum(headed) / len(tunes), shares[-1], sum(copied) / len(tunes))
        rows.append((name, str(len(tunes)), *(f"{share:.0%}" for share in parts)))
    header = ("tunes", "how many", "title, metre and key", "full bars", "copies")
    show_table(Table("Real tunes and written ones", header, rows))
    assert parts[0] > 0.5  # of the written ones: nobody told the network what a heading is
    assert shares[1] > 0.05

# %% [markdown]
# Not all bars of real tunes are full by this count: a tune often begins with a pickup, and people make mistakes, or use
# signs that the little reader does not know. So compare the two rows with one another, not with 100%.
#
# The network has learned the look of a tune, heading and bars and repeats. To fill a bar it would have to add up lengths,
# and nothing in its loss asks for the sum: it predicts one character at a time.

# %% tags=["nbval-ignore-output"]
if irish:
    best = max(written, key=lambda tune: sum(full_bars(tune)))
    print(best)
    assert best not in irish["train"]

# %% [markdown]
# ## 6 · Everything in one table
#
# Each corpus, what learned from it, and what that reaches on text held out.

# %% tags=["nbval-ignore-output"]
if results:
    header = ("corpus and measure", "who", "figure")
    show_table(Table("Models and baselines on the test text", header, results))
    assert len({corpus for corpus, _, _ in results}) <= 5
else:
    print("No corpus could be had, so there is nothing to sum up.")

# %% [markdown]
# Shares and F1 are better when they are larger, bits when they are smaller. All of it is one training each, with one seed:
# a second seed gives other figures, and a small lead may turn.

# %% [markdown]
# ## Summary
#
# - A result on real text needs four things beside the model: a split that nobody tuned on, a baseline that learned from
#   the same text, the spread over seeds, and a look at the errors.
# - Simple rivals are strong: three words and their endings for tags, counted words for sentiment. Without them in the same
#   table, any figure looks good.
# - `make bench-tasks` trains the tagger, the tagger of names, the classifier and the writer of plays with three seeds each,
#   as long as a minute, and holds the medians to fixed bars.
# - What a small network without pre-training reaches in less than a minute is not what the best systems reach: those have
#   read much other text before.
#
# **Back:** [05 Architectures](05_architectures.ipynb), [C What hidden units learn](c_hidden_units.ipynb),
# [00 Start here](00_start_here.ipynb).
#
# **Sources.** Silveira and others, *A Gold Standard Dependency Corpus for English* (2014), for the UD English Web Treebank;
# Balasuriya and others, *Named Entity Recognition in Wikipedia* (2009), for wikigold; Pang and Lee, *Seeing stars* (2005),
# for the film sentences; Karpathy's selection of Shakespeare's plays, from the repository char-rnn (2015); Irish tunes from
# the course material of MIT's Introduction to Deep Learning. Wang and Manning, *Baselines and Bigrams* (2012), for log-count
# ratios; Bojanowski and others, *Enriching Word Vectors with Subword Information* (2017), for pieces of words. Each corpus
# prints its licence when it is loaded.
