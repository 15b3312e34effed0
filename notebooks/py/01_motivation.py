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

# %% [markdown] slideshow={"slide_type": "slide"}
# # 01 · Motivation
#
# Why does language need a model with a memory? In this notebook you hear what such a model can do. Then you take the
# models you already know, counts, n-grams and feed-forward networks, and find out what each of them loses. At the end
# you connect two of those networks, and hold the idea of the whole lecture in your hands.
#
# | | |
# |---|---|
# | **After it you can** | say why language needs a model with memory, and what counts, Markov models and windows lose |
# | **Outcomes served** | `motivate`, and in part `feed-forward` |
# | **Time** | 10 minutes live (the sections marked as slides), 50 minutes alone |
# | **Only 15 minutes?** | Read sections 4, 7, 11 and 12 |
# | **Only 30 minutes?** | Add sections 1, 3, 5, 6 and 8 |
# | **You need** | feed-forward networks, n-gram models, a little Python |
#
# Before: [00 Start here](00_start_here.ipynb). After: [02 The forward pass](02_forward_pass.ipynb).

# %% [markdown] slideshow={"slide_type": "skip"}
# **Set up.** The next cell looks for the repository in the folder above, so it works from JupyterLab and from VS Code.
# It prints nothing when all is well.

# %% slideshow={"slide_type": "skip"}
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

import torch
from torch import nn

from lecture_utils.datasets import load
from lecture_utils.view import show

# the text of sections 5 and 8, read first: the memory that takes is then free for the rest
docs = load("python_docs")

# the networks here are small: a second thread gains next to nothing
torch.set_num_threads(1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · A machine that makes music
#
# A tune is a sequence, as a sentence is: one note comes after another, and what fits next depends on what came before.
# Here is a tune that you may know, first as a line of text, then on a staff.

# %% slideshow={"slide_type": "fragment"}
from lecture_utils.datasets.tunes import TRADITIONAL
from lecture_utils.diagrams import score
from lecture_utils.music import parse, tokens

known = TRADITIONAL[0]
print(known.abc)
print(f"\n{len(tokens(known.abc))} words: {' '.join(tokens(known.abc)[:12])} …")
show(*score.draw(parse(known.abc, known.title)))

# %% [markdown]
# The text is in ABC notation. A letter is a note, and the number after it is its length in eighths: `C2` is a quarter
# note (a crotchet), `G4` a half note (a minim). A stroke ends a bar. So notes, strokes and the metre are the *words* of
# a little language. Its grammar is strict: in 4/4, every bar lasts exactly four quarters.
#
# Could a network learn this language from examples, and then write in it? It would have to keep count of the bar
# while it writes. In the next cells a small one learns, in a few seconds. Run them now and listen; you need not follow
# the code yet: notebooks 02 and 05 explain what it does.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### The examples
#
# They come with this repository. A few are melodies that belong to everybody. The others are composed by a page of
# rules, which you can read in `lecture_utils/datasets/tunes.py`: sixteen bars, in four phrases of four. Each bar has a
# chord and a rhythm, with steps between the chord's notes. The first and the third phrase end on a resting point, the
# second and the last come home to C, and the first phrase comes back: what stands between `|:` and `:|` is played
# twice. So there is a grammar to be found here, and no Mozart.

# %%
from lecture_utils.text import Vocabulary

examples = load("tunes", "train").documents
sentences = [["<s>", *tokens(tune), "</s>"] for tune in examples]
vocab = Vocabulary(
    (word for sentence in sentences for word in sentence), specials=("<s>", "</s>")
)
print(f"{len(sentences):,} tunes to learn from, {len(vocab)} different words")
print("one of them:", examples[-1])

# %% [markdown]
# ### Models that count
#
# First, let models that you know write a hundred tunes each. They count which word follows which: an
# [n-gram model](glossary.md#n-gram-model) of order 2 looks one word back, one of order 8 looks seven words back.
# *Smoothed* means that a part of the probability goes to what was never seen. You see below how they fare.

# %%
from itertools import takewhile

from lecture_utils.ngrams import NGram


def joined(words):
    return "".join(takewhile(lambda word: word not in ("<s>", "</s>"), words))


def count_and_write(order, smoothing, count):
    """That many tunes from a model that counts runs of words, drawn word by word."""
    model = NGram(order, smoothing).fit(words[1:] for words in sentences)
    drawn = (model.sample(120, seed=seed, stop="</s>") for seed in range(count))
    return [joined(words) for words in drawn]


from_counts = {
    f"order {order}": count_and_write(order, "none", 100) for order in (2, 5, 6, 7, 8)
}
from_counts["order 8 smoothed"] = count_and_write(8, "kneser-ney", 100)

# %% [markdown]
# ### The network
#
# It reads a tune word by word and, at every word, says how likely each word is to come next. What it remembers of the
# words so far is one vector of 96 numbers, the [state](glossary.md#hidden-state). (This network is a GRU, a recurrent
# network whose state is guarded by [gates](glossary.md#gate); notebook 04 shows why gates help.)

# %% tags=["nbval-ignore-output", "trained"]
from torch.nn.utils.rnn import pad_sequence

from lecture_utils.training import fit, next_token_loss, pick_device, seed_everything


class Composer(nn.Module):
    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(len(vocab), 32)  # a vector for each word
        self.rnn = nn.GRU(32, 96)  # the state: 96 numbers
        self.head = nn.Linear(96, len(vocab))  # from the state to a score for each word

    def forward(self, ids):  # (T, N)
        return self.head(self.rnn(self.table(ids))[0])  # (T, N, C)


def batch(tunes):
    """Inputs and targets (T, N); -100 marks a place without a target, which the loss passes over."""
    inputs = pad_sequence([tune[:-1] for tune in tunes])
    return inputs, pad_sequence([tune[1:] for tune in tunes], padding_value=-100)


ids = sorted((torch.tensor(vocab.encode(sentence)) for sentence in sentences), key=len)
batches = [batch(ids[i : i + 32]) for i in range(0, len(ids), 32)]
device = pick_device()
seed_everything(0)
composer = Composer().to(device)
history = fit(composer, batches, loss=next_token_loss, steps=500, lr=1e-2, clip=1.0, seed=0)
print(history.sentence())
assert history.losses[-1] < 0.6 * history.losses[0]

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Does it keep count?
#
# Now the network writes a hundred tunes, too. Each begins with nothing but the sign `<s>`. A die, loaded with the
# network's probabilities, decides the next word; that word is read in turn, and so on until `</s>`.
#
# A tune is **well-formed** if all its bars are as long as its metre says. A **copy** stands in the examples, word for
# word. Between a copy and a new tune there is much room, so take the longest run of words that a tune shares with any
# one example. A tune is **mostly new** if that run is at most half the tune.

# %%
from statistics import median

from lecture_utils.music import well_formed

read_from = " ".join(" ".join(sentence) for sentence in sentences)  # all the examples


def longest_shared(words):
    """The length of the longest run of these words that stands in one example."""
    longest = 0
    for i in range(len(words)):  # only a run that is longer still is looked for
        while (j := i + longest + 1) <= len(words):
            if f" {' '.join(words[i:j])} " not in read_from:
                break
            longest += 1
    return longest


def judged(tunes):
    """Well-formed tunes, copies, median words, median longest shared run, good and mostly new."""
    good = [well_formed(tune) for tune in tunes]
    sizes = [len(tokens(tune)) for tune in tunes]
    shared = [longest_shared(tokens(tune)) for tune in tunes]
    new = [2 * run <= size for run, size in zip(shared, sizes)]
    both = sum(map(all, zip(good, new)))
    return sum(good), sum(t in examples for t in tunes), median(sizes), median(shared), both


# %% tags=["nbval-ignore-output", "trained"]
@torch.no_grad()
def compose(model, count, longest=120):
    """That many tunes, drawn word by word."""
    ids, h, drawn = torch.full((1, count), vocab["<s>"], device=device), None, []
    for _ in range(longest):
        output, h = model.rnn(model.table(ids), h)  # (1, N, d_h)
        chances = model.head(output[0]).softmax(dim=-1)  # (N, C)
        ids = torch.multinomial(chances, 1).T  # (1, N)
        drawn.append(ids[0])
    return [joined(vocab.decode(row)) for row in torch.stack(drawn, dim=1).cpu()]


seed_everything(1)
written = {"network": compose(composer, 100), **from_counts}
assert sum(map(well_formed, written["network"])) > 20, "few tunes can be read"
verdicts = {name: judged(tunes) for name, tunes in written.items()}
print("""\
                      well-           words in   longest run shared   well-formed and
of 100 tunes         formed  copies     a tune     with one example        mostly new""")
for name, (good, copies, size, shared, both) in verdicts.items():
    print(f"{name:<18}{good:>9}{copies:>8}{size:>11.0f}{shared:>21.0f}{both:>18}")
print("(words in a tune, longest run: medians, in words)")
assert verdicts["network"][1] <= 2 < 20 < verdicts["order 8"][1]
assert verdicts["network"][3] < verdicts["order 7"][3]
assert verdicts["network"][4] > max(verdicts[name][4] for name in from_counts)

# %% [markdown]
# Look at the counting models first. One word back says next to nothing about how full the bar is, so hardly a tune
# comes out right. The longer the runs of words they look at, the more tunes come out right. But look at the longest
# shared run: the tunes are then pasted together from ever longer pieces of single examples, and at order 8 many are
# whole examples. Smoothing stops the copying, and the bars fall apart. Section 8 returns to such models.
#
# The network makes mistakes, too: in many of its tunes, some bar is too short or too long. But no other model here
# writes as many tunes that are both well-formed and mostly new.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Listen
#
# Here is one of the hundred: the first that is well-formed and lasts sixteen bars, repeats included.

# %% tags=["nbval-ignore-output", "trained"]
import re

from lecture_utils.music import play


def ends_on_c(tune):
    return bool(re.search(r"(?<![\^_])C\d*:?\|\]$", tune))


def sixteen(tune):
    return well_formed(tune) and len(parse(tune).bars) == 16


wanted = list(filter(sixteen, written["network"]))
assert wanted, "none of the tunes is well-formed and sixteen bars long: train once more"
tune = parse(wanted[0], "Written by the network")
show(*score.draw(tune))
words, ending = tokens(wanted[0]), sum(map(ends_on_c, written["network"]))
print(
    f"{len(words)} words, at most {longest_shared(words)} in a row shared with one example\n"
)
usual, last = sum(map(sixteen, examples)), sum(map(ends_on_c, examples))
print(f"of {len(examples):,} examples: {usual:,} have sixteen bars, {last:,} end on C")
print(f"of 100 written: {len(wanted)} are well-formed and have sixteen, {ending} end on C")
assert wanted[0] not in examples
assert len(wanted) < 50 < 80 < ending
assert last == len(examples)
play(tune)

# %% [markdown]
# Press the triangle. The sound is part of this notebook, so it plays without a network connection. *The same facts as a
# table* names every note.
#
# It is a small tune, and it was chosen: its bars are full because we asked for one whose bars are full, and there are
# sixteen because we asked for sixteen: nearly all examples have sixteen, and not half of the hundred are well-formed
# *and* that long. The end was not chosen. Every example ends on C, nobody told the network so, and its tunes end
# there too. Look, as well, for the resting points at the ends of the phrases. All of this passed through a state that
# was updated word by word. That state is what this lecture is about. (Notebook 05 trains such a network for longer,
# and measures what its tunes have in common with the examples.)
#
# The famous relative of this network is Performance RNN, from Google's Magenta project (Simon and Oore, 2017): a
# recurrent network that learned from piano performances, with their timing and their loudness. If you are online, you
# can [hear it play](https://magenta.tensorflow.org/performance-rnn).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · Language is a sequence
#
# Our own words for language say that it moves. A conversation *flows*. News comes in as a *feed* or a *stream*. You
# *follow* an argument, and you lose the *thread*.
#
# When you listen, the words reach you one after another. You do not wait for the end before you understand: at every
# word you have a meaning so far, and the next word changes it. And what you keep in mind
# depends less on how many words ago it was said than on whether it still matters.
#
# Three kinds of models that you know do something else. The next sections take them one by one: counts, Markov models,
# and feed-forward networks on a window.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · A text as an input of fixed length
#
# A support vector machine, logistic regression or a feed-forward network (an MLP) wants a *feature matrix* $X$, with a
# row for each text and always the same number of columns, and the labels $y$. Texts differ in length. The usual way out
# is to count: one column for each word of the vocabulary. This is a [bag of words](glossary.md#bag-of-words).
#
# Here are three tweets to an airline. The label says whether the writer is happy.

# %%
from sklearn.feature_extraction.text import CountVectorizer

tweets = [
    "my flight is late again and my bag is lost",
    "thank you, a kind crew and my flight is on time",
    "two hours on a hot plane, thank you for nothing",
]
y = ["unhappy", "happy", "unhappy"]

counter = CountVectorizer()
X = counter.fit_transform(tweets)  # (tweets, words of the vocabulary)
print("X has the shape", X.shape)
columns = ("bag", "flight", "is", "late", "my", "thank", "time", "you")
print("\n" + " ".join(f"{word:>6}" for word in columns))
for row, label in zip(X.toarray(), y):
    counts = (row[counter.vocabulary_[word]] for word in columns)
    print(" ".join(f"{count:>6}" for count in counts), "  ", label)

# %% [markdown]
# The table shows eight columns of $X$. Every tweet has become a row of the same length, mostly zeros. The model sees the
# *whole* text at once: no word is out of reach. That is the strength of this input. And *thank* and *you* stand in a
# happy and in an unhappy tweet: what decides is what they stand next to.
#
# (Two things are missing from $X$. By default, scikit-learn drops punctuation and words of one letter, such as *a*.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · What counts cannot see
#
# Shuffle the words of each tweet, and count again.

# %%
from random import Random

words = tweets[0].split()
shuffled = [" ".join(Random(0).sample(t.split(), len(t.split()))) for t in tweets]
print("before:", tweets[0])
print("after: ", shuffled[0])
print("counts moved:", bool((counter.transform(shuffled) != X).nnz))

# %% [markdown]
# Not one count has moved. Whatever model you put behind $X$, however large and however well trained, it answers the
# same before and after.
#
# Sometimes order *is* the meaning. Compare these two.

# %%
good = "The crew was not rude, it was kind."
bad = "The crew was not kind, it was rude."
one, other = CountVectorizer().fit_transform([good, bad]).toarray()
print(good)
print(bad)
print("equal counts:", bool((one == other).all()))

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 5 · Runs of words win some order back. At what size?
#
# The known remedy is to count pairs of neighbours too, and triples. Now the two sentences differ.

# %% slideshow={"slide_type": "skip"}
pairs = CountVectorizer(ngram_range=(1, 2))  # single words and pairs
one, other = pairs.fit_transform([good, bad]).toarray() > 0
names = pairs.get_feature_names_out()
print("only in the first: ", ", ".join(names[one & ~other]))
print("only in the second:", ", ".join(names[other & ~one]))

# %% [markdown] slideshow={"slide_type": "skip"}
# How much does that help on real text, and what does it cost? Take every sentence of Python's documentation, and beside
# it the same words shuffled. Which of the two is the real one? The first word, the last word and all punctuation
# marks stay in their places, so no simple rule about edges or marks gives the answer away. Both versions stand in the
# same split, and where a shuffle changes nothing both are dropped.
#
# The figures come from five runs with different splits and shuffles (they are stored beside this notebook).

# %% slideshow={"slide_type": "skip"}
from lecture_utils.experiments.common import find, stored

order_lost = stored("word_order")
print(f"{'counted':<20}{'features':>9}{'right':>8}   lowest to highest of five runs")
for i, longest in enumerate(order_lost.config["longest"]):
    right, features = order_lost.band("accuracy", i), order_lost.band("features", i)
    name = "single words" if longest == 1 else f"runs of 1 to {longest} words"
    row = f"{name:<20}{features.middle:>9,}{right.middle:>8.1%}"
    print(f"{row}   {right.low:.1%} to {right.high:.1%}")
print("\nrules that look at no neighbours, and one that does:")
for rule in sorted(order_lost.runs[0]["rules"], key=lambda r: order_lost.mean("rules", r)):
    print(f"{order_lost.mean('rules', rule):>6.1%}  {rule}")

# %% slideshow={"slide_type": "skip"}
from lecture_utils.view import QUIET, plot_axes, spread

xs = [order_lost.band("features", i).middle for i in range(3)]
runs = order_lost.values("accuracy")
title = "Runs of words win order back, and multiply the features"
figure, axes = plot_axes(title, "features (columns of X)", "right answers (%)")
spread(axes, xs, [[100 * a for a in run] for run in runs], "up to 3 words")
axes.axhline(50, **QUIET)
axes.text(xs[-1], 51, "chance", ha="right", va="bottom")
middles = [100 * order_lost.band("accuracy", i).middle for i in range(3)]
axes.annotate("single words", (xs[0], middles[0]), (1.15 * xs[0], 44))
axes.annotate("up to 2 words", (xs[1], middles[1]), (xs[1], 95), ha="center")
axes.set(xscale="log", ylim=(40, 100), xlim=(2000, 200_000))
axes.set_xticks([3000, 10_000, 30_000, 100_000], ["3,000", "10,000", "30,000", "100,000"])
axes.minorticks_off()
points = "; ".join(f"{x:,} features, {m:.0f} % right" for x, m in zip(xs, middles))
show(figure, f"Right answers against the number of features: {points}. Chance is 50 %.")
print(f"pairs: {xs[1] / xs[0]:.0f} times the features; triples: {xs[2] / xs[0]:.0f} times")

# %% [markdown] slideshow={"slide_type": "skip"}
# Read the picture from the left. Single words stand *exactly* at chance, and no amount of training can change that: the
# two versions give the same row of $X$. With pairs, most sentences can be told from their shuffled versions. Triples
# multiply the number of columns once more, and gain nothing that stands out from the spread of the runs.
#
# So neighbours are cheap enough. But a pair knows nothing of a word ten places away, and runs of eleven words are of
# little use: most of those in a new text were never counted. Section 8 shows how soon that begins.
#
# Do not take stored figures on trust: here is a sixth run, with a new split, new shuffles, and fewer paragraphs to learn
# from.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
again = find("word_order").measure(5, longest=[1, 2], documents=400)
print(f"single words {again['accuracy'][0]:.1%}, up to 2 words {again['accuracy'][1]:.1%}")
assert again["accuracy"][0] == 0.5
assert order_lost.band("accuracy", 1).holds(again["accuracy"][1], margin=0.05)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Markov models: the last few words
#
# A [language model](glossary.md#language-model) predicts each word from *all* words before it:
#
# $$P(w_1, \dots, w_T) = \prod_{t=1}^{T} P(w_t \mid w_1, \dots, w_{t-1})$$
#
# This much is always true. But you cannot count how often each possible past occurred: most pasts occur once. A
# [Markov model](glossary.md#markov-model) cuts the past off and keeps the last few words:
#
# $$P(w_t \mid w_1, \dots, w_{t-1}) \;\approx\; P(w_t \mid w_{t-n+1}, \dots, w_{t-1})$$
#
# The model counts runs of $n$ words: $n - 1$ that it looks at, and the one it predicts. This is the $n$ of the
# [n-gram model](glossary.md#n-gram-model); in this lecture it is called the **order**. (Take care with other books: a
# *Markov chain* of order 2 looks at two words, and so is the same as an n-gram model of order 3.)

# %%
text = (
    "the crew was kind . the crew was rude . the flight was late . the flight was on time ."
)
for order, context in ((2, "was"), (3, "crew was"), (3, "flight was")):
    model = NGram(order, smoothing="none").fit([text.split()])
    following = model.distribution(context.split())
    chances = ", ".join(f"{word} {p:.2f}" for word, p in following.items())
    print(f"order {order}, after “{context}”: {chances}")

# %% [markdown]
# With order 2 the model has only *was* to go by, and *kind* is as likely as *late*. One word more, and it knows whether
# the crew or the flight is meant.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · How far back is the word that matters?
#
# *I am studying **medicine** at UBC because I want to work as a ___.* You know the answer. Now say **law** in place of
# medicine, and then **history**.

# %%
from lecture_utils.diagrams import motivation

show(*motivation.markov_window())

# %% [markdown]
# The bars under the sentence are what two Markov models look at. The model of order 5 sees *to work as a*. It is the
# same four words, whatever you study: medicine lies outside the window. Count the words from *medicine* to the blank:
# ten, with *medicine* itself. One more is the blank. So 11 is the smallest order at which the subject is in the window.
#
# Try it. The corpus is drawn from a small grammar of our own, in which the subject always decides the profession. The
# three sentences themselves are *not* in it.

# %%
from lecture_utils.experiments.professions import blanks, counted

subjects = ("medicine", "law", "history")
sentence = "I am studying {} at UBC because I want to work as a"


def fillings(order):
    """What a model of that order puts in the blank: one distribution for each subject."""
    model = counted(order)
    return [model.distribution(sentence.format(s).split()) for s in subjects]


print(f"{len(blanks('train')):,} sentences to count; one of them:")
print(" ".join((*blanks("train")[1].words, blanks("train")[1].answer)), "\n")
print(f"{'order':>5}   " + "".join(f"{subject:<18}" for subject in subjects))
for order in (5, 10, 11):
    found = fillings(order)
    first = (max(chances.items(), key=lambda item: item[1]) for chances in found)
    row = "".join(f"{f'{word} {p:.2f}':<18}" for word, p in first)
    alike = "the same distribution three times" if found[0] == found[1] == found[2] else ""
    print(f"{order:>5}   {row}{alike}")

# %% [markdown]
# The table shows each model's first choice and its probability. At order 5, and still at order 10, the three
# distributions are the same to the last digit. The model has to say the same profession three times, with little
# confidence. At order 11 it says *doctor*, *lawyer*, *historian*.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 8 · What a longer memory costs
#
# Then why not order 11 for everything? Count runs of words in Python's documentation, order by order, and try each model
# on paragraphs it has not seen. The models are [smoothed](glossary.md#smoothing) after Kneser and Ney (1995): they
# always mix in shorter runs, and where a long one was never seen the shorter ones answer alone. Words that occur once
# count as `<unk>`. The last column is the [perplexity](glossary.md#perplexity) on the new paragraphs: lower is better.

# %% slideshow={"slide_type": "skip"}
memory = stored("ngram_memory")
orders = memory.config["orders"]


def middle(figure, i):
    return memory.band(figure, i).middle


words_to_count = memory.band("words", 0).middle
print(f"{words_to_count:,} words to count; every number is the median of five splits\n")
print("order   entries stored    bytes   new contexts   perplexity")
for i, order in enumerate(orders):
    size = f"{middle('entries', i):>14,}{middle('bytes', i) / 1e6:>7.1f} M"
    new = f"{middle('contexts unseen', i):>13.0%}"
    print(f"{order:>5}{size}{new}{middle('perplexity', i):>15.1f}")

# %% slideshow={"slide_type": "skip"}
title = "Most contexts of three words or more were never seen before"
figure, axes = plot_axes(title, "order", "share of held-out text (%)")
for number, (key, label) in enumerate(
    (("contexts unseen", "context new"), ("runs unseen", "with the next word"))
):
    spread(
        axes, orders, [[100 * v for v in run] for run in memory.values(key)], label, number
    )
axes.axhline(50, **QUIET)
axes.text(1, 51, "half", va="bottom")
axes.set(xlim=(0.8, 8.9), ylim=(-3, 100), xticks=orders)
ends = ", ".join(
    f"order {o} {middle('contexts unseen', i):.0%}" for i, o in enumerate(orders)
)
show(figure, f"Share of held-out contexts that were never counted: {ends}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# The lower line is for contexts, the upper one for contexts together with the word after them. Both rise fast. At order
# 3, two words of context, most contexts in new text are familiar. At order 4, three words, more than half of them were
# never seen, and the longer the run, the more are new. This is **sparsity**: there are so many possible runs that any
# corpus shows you only a few. It is why so many tunes of order 8 in section 1 were copies.
#
# Now look at the last column of the table. Perplexity falls fast at first. From order 4 on, each step stores tens of
# thousands of runs more and gains next to nothing.

# %% slideshow={"slide_type": "skip"}
title = "From order 4 on, more memory gains next to nothing"
figure, axes = plot_axes(title, "megabytes stored", "perplexity on new text")
megabytes = [middle("bytes", i) / 1e6 for i in range(len(orders))]
spread(axes, megabytes, memory.values("perplexity"), "order 7")
for i in (0, 1, 2):
    axes.annotate(
        f" order {orders[i]}", (megabytes[i], middle("perplexity", i)), va="bottom"
    )
worst = memory.band("vocabulary").middle
axes.text(
    0.012, 345, f"all {worst:,.0f} words equally likely: perplexity {worst:,.0f}, far above"
)
axes.set(xscale="log", yscale="log", ylim=(35, 400), xlim=(0.01, 12))
axes.set_yticks([50, 100, 200], ["50", "100", "200"])
axes.set_xticks([0.01, 0.1, 1, 10], ["0.01", "0.1", "1", "10"])
axes.minorticks_off()
points = (
    f"order {o}: {m:.2f} megabytes, perplexity {middle('perplexity', i):.0f}"
    for i, (o, m) in enumerate(zip(orders, megabytes))
)
show(figure, f"Perplexity against memory. {'; '.join(points)}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# The curve bends: the first steps down are large and nearly free, the last ones are flat and dear.
#
# A sixth split, counted now:

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
again = find("ngram_memory").measure(5, orders=[1, 2, 3])
for place, order in enumerate((1, 2, 3)):
    new, surprise = again["contexts unseen"][place], again["perplexity"][place]
    print(f"order {order}: {new:.0%} of the contexts are new, perplexity {surprise:.1f}")
    i = orders.index(order)
    assert memory.band("contexts unseen", i).holds(new, margin=0.03)
    assert memory.band("perplexity", i).holds(surprise, margin=0.15 * surprise)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 9 · A window that is long enough is not enough
#
# Back to the professions. In that corpus the subject stands 4 to 17 words before the blank. So an order of 18 always has
# it in the window. Does it always know the answer? Sort the held-out sentences by distance.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.experiments.professions import DISTANCES

far = stored("professions")
groups = [f"{low} to {high}" for low, high in DISTANCES]
counting = [f"order {order}" for order in far.config["orders"]]
print(
    f"{'right answers':<15}" + "".join(f"{group:>10}" for group in groups) + "   words back"
)
for name in counting:
    row = (far.band("by distance", name, group).middle for group in groups)
    seen = far.band("contexts seen", name).middle
    print(
        f"{name:<15}" + "".join(f"{r:>10.0%}" for r in row),
        f"  {seen:.1%} of the contexts seen",
    )

# %% slideshow={"slide_type": "skip"}
title = "Where the subject is outside the window, counting guesses"
distance = "words from the subject to the blank"
figure, axes = plot_axes(title, distance, "right answers (%)")
for number, name in enumerate(counting[:2] + counting[3:]):
    shares = [
        [100 * run[group] for group in groups] for run in far.values("by distance", name)
    ]
    spread(axes, range(4), shares, name, number)
axes.axhline(100 / 12, **QUIET)
axes.text(-0.15, 100 / 12 + 1, "one in twelve", va="bottom")
axes.set(xlim=(-0.2, 3.7), ylim=(0, 100))
axes.set_xticks(range(4), groups)
shares = "; ".join(
    f"{name}: "
    + ", ".join(f"{far.band('by distance', name, g).middle:.0%}" for g in groups)
    for name in counting
)
show(figure, f"Right answers by distance, {', '.join(groups)} words. {shares}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# The thin line is a blind guess among the twelve professions. Follow the others from left to right. (Order 14 is in the
# table only.) Order 5 is lost from the start: only the shortest sentences let it see the subject. Order 11 does well up
# to ten words and then falls to where order 5 is, around or below a blind guess (what it saw most often is not what is
# asked). Order 18 sees the subject every time, and still its line sinks: the
# longer the stretch of words, the rarer it is that exactly this stretch was counted. To the counting model, *law at UBC
# because I want to work as a* and *law in Vancouver so that I can work as a* have nothing in common.
#
# What you want is a model that *picks out* the subject, keeps it, and lets the rest go by. In
# [notebook 04](04_training.ipynb) three recurrent networks read these same sentences, and not all of them learn to.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 10 · A feed-forward network on a window
#
# A feed-forward network can look at the last few words too. Lay their vectors side by side, and you have an input of
# fixed length *with* an order: each place in the window has weights of its own.

# %%
show(*motivation.window_network())

# %% [markdown]
# Left of the bracket the sentence goes on, but no line leads from there: those words are out of sight. This is the idea
# of Bengio et al. (2003). It improves on counting in one way that matters. Words with similar vectors lead to similar
# predictions, so the network has something to say about a run it has never seen. And its size grows with the window in
# proportion, while the number of possible runs is multiplied by the size of the vocabulary for each word more.

# %%
d_in, d_h = 100, 100  # numbers in a word vector, hidden units; a vocabulary of 10^4 words
print("window   possible contexts   weights from the window to the hidden layer")
for window in (1, 2, 4, 10):
    hidden = nn.Linear(window * d_in, d_h, bias=False)
    print(f"{window:>6}{f'10^{4 * window}':>20}{hidden.weight.numel():>46,}")

# %% [markdown]
# And yet it is a window. Take two texts that differ in one word, further back than the window reaches.

# %%
torch.manual_seed(0)
window_network = nn.Sequential(nn.Linear(3 * 4, 5), nn.Tanh(), nn.Linear(5, 4))
text = torch.randn(13, 4)  # 13 words, each a vector of 4 numbers
changed = text.clone()
changed[3] = torch.randn(4)  # another word in the place of “medicine”

answer, other_answer = (window_network(words[-3:].flatten()) for words in (text, changed))
print("same answer for both texts:", torch.equal(answer, other_answer))

# %% [markdown]
# The answer is the same, bit for bit. Make the window longer and the problem moves; it does not go away. And what the
# first layer learns about a word in one place of the window it has to learn again for each other place, which has
# weights of its own.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 11 · One network for each word
#
# Start again, from the smallest case. Give each word a vector of size 4, and each word a feed-forward network. Two
# words, two networks.

# %%
show(*motivation.networks_per_word())

# %% [markdown]
# Each network reads one word and gives an output for it; you could ask each for the word's part of speech. Nothing has
# to be padded or cut: as many words, so many networks. Both use the same weights $W$ and $V$, for a word should mean the
# same in either place.
#
# But they do not know of each other. Put another word first, and see what the second network says.

# %%
torch.manual_seed(0)
W, V, U = torch.randn(3, 4), torch.randn(2, 3), torch.randn(3, 3)
cherry, blossoms, apple = torch.randn(3, 4)  # three word vectors of size 4


def network(x):
    """The output (2,) for one word (4,): biases are left out."""
    return V @ torch.tanh(W @ x)


# whichever word stands first, the network of the second reads "blossoms" alone
after_cherry = [network(x) for x in (cherry, blossoms)][1]
after_apple = [network(x) for x in (apple, blossoms)][1]
print("“blossoms” after “cherry” and after “apple”:")
print("the same output:", torch.equal(after_cherry, after_apple))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 12 · Connect the hidden layers

# %%
show(*motivation.joined_networks())

# %% [markdown]
# One thing is new: the vermilion lines. The second hidden layer now reads its own word *and* the first hidden layer.
# Their weights are a third matrix, $U$. Add a third word and a fourth; use the same $W$, $U$ and $V$ each time. This is
# a [recurrent neural network](glossary.md#recurrent-neural-network).

# %%
sentence = torch.stack([cherry, blossoms, *torch.randn(3, 4)])  # (5, 4): five words


def outputs(words):
    """One output per word: words (T, 4)."""
    h, found = torch.zeros(3), []  # nothing was read yet
    for x in words:  # one word at a time
        h = torch.tanh(W @ x + U @ h)  # (3,): this word, and all before it through h
        found.append(V @ h)  # (2,)
    return torch.stack(found)  # (T, 2)


other_start = torch.cat([apple[None], sentence[1:]])  # only the first word differs
difference = (outputs(sentence) - outputs(other_start)).abs().max(dim=1).values  # (T,)
for t, d in enumerate(difference.tolist(), start=1):
    print(f"output {t}: {'differs' if d > 1e-4 else 'the same'}")

# %% [markdown]
# The first word reaches every output, the second, the third, the fifth. Look at what the code does *not* contain: a
# window size. The words come in one at a time, and each leaves its trace in $h$. There is no fixed limit on how far
# back the context can come from.
#
# No limit in principle. Whether the trace is still legible after ten words, or a hundred, is a matter of training, and
# of what $U$ does to it on the way: [notebook 04](04_training.ipynb).

# %% [markdown] slideshow={"slide_type": "skip"}
# **Question.** In what sense is the network above still a feed-forward network?
#
# <details><summary>Answer</summary>
#
# Written out over five words it has no loop: every line leads up or to the right. It is a feed-forward network with
# five hidden layers, an input and an output at each, and the same weights in all. What an ordinary feed-forward network
# lacks is $U$, from one hidden layer to the next *word's* hidden layer. Notebook 02 takes this up.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# | model | sees | loses |
# |---|---|---|
# | counts of words | the whole text, at once | the order |
# | counts of runs | neighbours, in order | everything further apart; the number of columns multiplies |
# | Markov model | the last few words, in order | what lies before them; and most long runs are new |
# | feed-forward network on a window | the last few words, and which words are alike | what lies before them |
# | recurrent network | all words so far, through a state of fixed size | what the state fails to keep |
#
# - Language is a sequence, and what decides a word can be far away from it.
# - *I am studying medicine at UBC because I want to work as a ___*: order 5 has no chance, order 11 is the first that has.
# - A higher order costs memory, and on new text it is of ever less use: most long runs were never counted.
# - One network per word, hidden layers connected, the same weights each time: that is an RNN.
#
# **Next:** [02 The forward pass](02_forward_pass.ipynb) writes this network down, draws it in three ways, and runs
# PyTorch's version of it.
#
# **Sources.** R. Kneser and H. Ney, *Improved backing-off for m-gram language modeling*, ICASSP 1995. Y. Bengio, R.
# Ducharme, P. Vincent and C. Jauvin, *A neural probabilistic language model*, Journal of Machine Learning Research 3
# (2003). I. Simon and S. Oore, *Performance RNN: generating music with expressive timing and dynamics*, Magenta blog
# (2017).
