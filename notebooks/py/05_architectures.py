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
# # 05 · Architectures
#
# One network, many tasks. What changes from task to task is which steps read an input, whose outputs are used, and
# where the losses sit. In this notebook you meet the five arrangements, and for each task of the lecture you train a
# model that works: it tags, classifies, writes, translates dates and captions pictures, beside a baseline that it has
# to beat.
#
# | | |
# |---|---|
# | **After it you can** | pick the arrangement for a task, build and train it, and sample from a model that writes |
# | **Outcomes served** | `architectures` `generation` |
# | **Time** | 12 minutes live (the sections marked as slides), 90 minutes alone |
# | **Only 15 minutes?** | Read sections 1, 3, 9, 15 and 17 |
# | **Only 30 minutes?** | Add sections 2, 7, 12, 19 and 20 |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb), [04 Training](04_training.ipynb) |
#
# Before: [04 Training](04_training.ipynb). After: [06 Stacked RNNs](06_stacked.ipynb),
# [07 Bidirectional RNNs](07_bidirectional.ipynb).

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

from lecture_utils.view import show

# the networks here are small: a second thread gains next to nothing
torch.set_num_threads(1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · Five arrangements

# %%
from lecture_utils.diagrams import arrangements

show(*arrangements.five_arrangements())

# %% [markdown] slideshow={"slide_type": "skip"}
# Each column is one arrangement of the same unit. One **RNN** block stands for the whole unrolled network: at every
# step the same $W$, $U$ and $V$. A diamond is a loss. A dashed, hollow box is an output that the network could give
# and nobody reads.
#
# - **One-to-one**: one input, one output. With a single step the recurrence has nothing to do: this is a feed-forward
#   network.
# - **One-to-many**: a picture goes in, a caption comes out.
# - **Many-to-one**: a whole sentence goes in, one label comes out.
# - **Many-to-many, aligned**: a label for every word, at the word's own step.
# - **Many-to-many, encoder–decoder**: a sequence goes in, another one comes out, of another length.

# %% [markdown] slideshow={"slide_type": "skip"}
# **A question.** Which arrangement would you take to find the spam among your letters, to mark every misspelt word of a
# letter, and to answer the letter?
#
# <details><summary>Answer</summary>
#
# Spam: one label for the whole letter, many-to-one. Misspelt words: a label for each word, many-to-many, aligned. The
# answer is a new text of its own length: encoder–decoder.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 2 · Where the losses sit decides what is learned
#
# The forward pass is the same in all five. What differs is which $\delta_t$ get a term of their own. The next cell
# builds three of the losses on *one* network, and asks autograd which steps' logits $o_t$, and which steps' inputs
# $x_t$, each of them reaches.

# %% slideshow={"slide_type": "skip"}
T, d_in, d_h, d_out = 5, 4, 8, 3

torch.manual_seed(0)
rnn, V = nn.RNN(d_in, d_h), nn.Linear(d_h, d_out)
x, y = torch.randn(T, d_in, requires_grad=True), torch.randint(d_out, (T,))


def reached(steps):
    """For each step, whether the loss at `steps` reaches its logits, and whether it reaches its input."""
    logits = V(rnn(x)[0])  # (T, d_out)
    loss = nn.functional.cross_entropy(logits[steps], y[steps])
    at_logits, at_inputs = torch.autograd.grad(loss, (logits, x))
    return [
        " ".join("●" if row.any() else "·" for row in rows)
        for rows in (at_logits, at_inputs)
    ]


losses = {
    "at every step": [0, 1, 2, 3, 4],
    "at the last step": [4],
    "at the last two": [3, 4],
}
for name, steps in losses.items():
    at_logits, at_inputs = reached(steps)
    print(f"loss {name:17} reaches the logits {at_logits}   the inputs {at_inputs}")

# %% [markdown] slideshow={"slide_type": "skip"}
# Read the left column: logits without a loss of their own get no gradient, so $V$ learns nothing from these steps.
# Now the right one: every input up to the last loss is reached, through $U$. **One loss at the end trains the whole
# chain.** It only has further to go, and [notebook 04](04_training.ipynb#19-·-Vanishing-and-exploding-gradients)
# showed what happens to it on the way.
#
# So an arrangement is a choice of *losses*, and hardly any code: the network's call stays the same, and the slice that
# goes into the loss changes.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · A tag for every word
#
# [Sequence labelling](glossary.md#sequence-labelling) answers at every step. The example here is the
# [part of speech](glossary.md#part-of-speech): is *watch* a noun or a verb in this sentence? Word vectors go in, a
# probability for every tag comes out, and every word has a loss of its own. The vectors are often
# [pre-trained](glossary.md#pre-training) on other text; here they are learned along with the rest.

# %%
show(*arrangements.sequence_labelling())

# %% [markdown]
# Read one column: a word vector $x_t$, a state $h_t$, the probabilities $p_t$, the true tag, and a loss. The loss of
# the sentence is the sum over the columns; over a batch one takes the mean over all words. The last column is
# [padding](glossary.md#padding): it fills the batch, and it has no loss.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 4 · Sentences with tags, and a first baseline
#
# The corpus `english` is drawn from a grammar. Many of its words have more than one tag, and the words around them say
# which. The tags are the universal ones, as in treebanks of many languages.
#
# The baseline needs no network: a table that gives each word its most frequent tag.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.datasets import load
from lecture_utils.models.tagging import look_up, most_frequent_tags, tag_accuracy

tagged_train = load("english", "train").documents
tagged_test = load("english", "test").documents
test_words = [sentence.words for sentence in tagged_test]
test_tags = [sentence.tags for sentence in tagged_test]

tags_of = {}
for sentence in tagged_train:
    for word, tag in zip(sentence.words, sentence.tags):
        tags_of.setdefault(word, set()).add(tag)
several = {word for word, tags in tags_of.items() if len(tags) > 1}

table_of_tags = most_frequent_tags(tagged_train)
by_table = look_up(table_of_tags, test_words)
baseline = tag_accuracy(test_tags, by_table)

print(f"{len(tagged_train):,} sentences to train on, {len(tagged_test):,} to test")
print(f"{len(tags_of):,} different words, {len(several)} of them with more than one tag")
print(f"watch is {' or '.join(sorted(tags_of['watch']))}")
print(f"most frequent tag of each word: {baseline:.1%} of the test words are right")
assert 0.85 < baseline < 0.97

# %% [markdown] slideshow={"slide_type": "skip"}
# A table is right most of the time, as it is on real text: most words have one tag, or one that is far more frequent.
# What it cannot do is tell two uses of one word apart. That is what is left for a network with a state.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 5 · The tagger, step by step
#
# A word enters as the sum of a few vectors, one for each of its **features**: the word itself, the word in small
# letters, its shape, its beginnings and its ends. So a word never seen before is not a blank: *-ing* and a capital
# letter say a lot. Then comes a GRU, and then $V$, at every step.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.models.tagging import Tagger, tagged_batches, word_features
from lecture_utils.text import pack, unpack

print(word_features("Watches"), "\n")

torch.manual_seed(0)
small_tagger = Tagger.of(tagged_train, bidirectional=True, d_embedding=48, d_h=48).eval()
two_sentences = [s for s in tagged_train if len(s.words) in (6, 9)][:40]
batches = tagged_batches(small_tagger, two_sentences, batch_size=40, seed=0)
features, lengths, targets = next(iter(batches))
T, N, F = features.shape  # steps, sentences, features of a word

with torch.no_grad():
    x = small_tagger.vectors(features.reshape(T * N, F))  # (T N, d_embedding): the sums
    x = x.reshape(T, N, -1)  # (T, N, d_embedding)
    packed_states, _ = small_tagger.rnn(pack(x, lengths))  # the padding stays outside
    h, _ = unpack(packed_states)  # (T, N, 2 d_h): both directions side by side
    o = small_tagger.V(h)  # (T, N, d_out)

shapes = {"features": features, "x": x, "h": h, "o": o, "targets": targets}
for name, tensor in shapes.items():
    print(f"{name:9} {tuple(tensor.shape)}")
same = torch.equal(o, small_tagger(features, lengths))
print("the same as the tagger's own forward pass:", same)
assert same

# %% [markdown] slideshow={"slide_type": "skip"}
# These few lines are the whole forward pass. `targets` has the shape of `o` without its last axis: one class for each
# word of each sentence.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 6 · Padding must change nothing
#
# Sentences in a batch differ in length, so the short ones are filled up. Two things keep the filling out. `pack` hides
# it from the RNN: a direction that reads backwards starts at the last *word*. And a mask hides it from the loss: only
# real words are averaged.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.text import padding_mask


def masked_loss(logits, targets, lengths):
    real = padding_mask(lengths, len(targets))  # (T, N), True on words
    return nn.functional.cross_entropy(logits[real], targets[real])


spoiled = targets.masked_fill(~padding_mask(lengths), 3)  # nonsense on the padding
loss, loss_spoiled = (masked_loss(o, some, lengths) for some in (targets, spoiled))
shortest = int(lengths.argmin())
alone = small_tagger(features[: lengths[shortest], [shortest]], lengths[[shortest]])
same = torch.allclose(o[: lengths[shortest], shortest], alone[:, 0], atol=1e-5)

every = o.flatten(0, 1)  # (T N, d_out), padding and all
plain, plain_spoiled = (
    nn.functional.cross_entropy(every, some.flatten()) for some in (targets, spoiled)
)
changed = not torch.equal(loss, loss_spoiled), not torch.equal(plain, plain_spoiled)
print("words:", int(lengths.sum()), " padding:", T * N - int(lengths.sum()))
print("masked loss, nonsense on the padding changes it:", changed[0])
print("loss without a mask, nonsense changes it:       ", changed[1])
print("a short sentence gets the same logits alone:    ", same)
assert changed == (False, True)
assert same

# %% [markdown] slideshow={"slide_type": "skip"}
# Without the mask, the network would be rewarded for tagging filling, and short sentences would be judged mostly by it.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · Train it in one direction and in two
#
# The one-way tagger knows the words up to the one it tags. The two-way tagger has a second RNN that reads from the end,
# and so it knows both sides ([notebook 07](07_bidirectional.ipynb) builds one from scratch). Same features, same sizes,
# same number of steps.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.experiments import stored
from lecture_utils.models.tagging import ADAM, tagging_loss
from lecture_utils.training import falling, fit, seed_everything

del small_tagger, x, h, o, features, targets
rivals, SEED = stored("rivals"), 5  # what was measured before, with other seeds
taggers, predicted = {}, {}
for name, bidirectional in (("one-way", False), ("two-way", True)):
    seed_everything(SEED)
    tagger = Tagger.of(tagged_train, bidirectional=bidirectional, d_embedding=48, d_h=48)
    fit(
        tagger,
        tagged_batches(tagger, tagged_train, batch_size=32, seed=SEED),
        loss=tagging_loss,
        steps=300,
        lr=falling(5e-3, warm_up=0.05),
        clip=5.0,
        seed=SEED,
        optimiser=ADAM,
    )
    taggers[name], predicted[name] = tagger, tagger.tag_all(test_words)
scores = {f"{name} GRU": tag_accuracy(test_tags, tags) for name, tags in predicted.items()}
assert scores["two-way GRU"] > scores["one-way GRU"] + 0.02 > baseline + 0.02

# %% [markdown] slideshow={"slide_type": "skip"}
# One training proves little. So the same was done beforehand with other seeds, and with one more rival: logistic
# regression on the features of the word and of two words on each side. It has no RNN and no state.

# %% tags=["nbval-ignore-output", "trained"]
from lecture_utils.diagrams import Table
from lecture_utils.view import PALETTE, plot_axes


def compare(title, task, kind, live):
    """Every judge's share right, a bar from its lowest to its highest seed; `live` are crosses."""
    names = [
        name for name, share in rivals.runs[0][task].items() if isinstance(share, float)
    ]
    bands = {name: rivals.band(task, name) for name in names}
    ordered = sorted(bands, key=lambda name: bands[name].middle)
    figure, axes = plot_axes(title, f"held-out {kind} right", "")
    for row, name in enumerate(ordered):
        low, middle, high = bands[name]
        network = "GRU" in name
        axes.plot((low, high), (row, row), color=PALETTE[network], linewidth=6, alpha=0.4)
        axes.plot(middle, row, marker="os"[network], color=PALETTE[network])
        if name in live:
            axes.plot(live[name], row, marker="x", markersize=9, color="black")
    axes.set_yticks(range(len(ordered)), ordered)
    axes.xaxis.set_major_formatter("{x:.0%}")
    cells = [
        (
            name,
            *(f"{share:.1%}" for share in bands[name]),
            f"{live[name]:.1%}" if name in live else "",
        )
        for name in reversed(ordered)
    ]
    table = Table(title, ("", "lowest", "median", "highest", "here"), tuple(cells))
    said = "; ".join(
        f"{name}: {row[1]}" + (f", here {row[3]}" if row[3] else "") for name, *row in cells
    )
    show(figure, f"{title}. Median of {len(rivals.seeds)} seeds: {said}.", table)
    return all(bands[name].holds(share, margin=0.06) for name, share in live.items())


assert compare(
    "Two directions, or a window, beat one direction", "tagging", "words", scores
)

# %% [markdown]
# Squares are networks, circles are rules and counts. A bar reaches from the lowest seed to the highest, and a cross is
# what was trained just now.
#
# The one-way tagger beats the table, because the words to the left help: after *to* comes a verb, after *a* a noun. The
# two-way tagger gets rid of nearly all that is left.
#
# Look at the window before you praise the RNN. A linear model that sees two words on each side does as well: in
# this grammar the word that decides is seldom further away. A state has no such limit. Appendix D holds the same
# three against each other on real text.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Which words go wrong
#
# A number alone hides what a model has not understood. Here are the words that the one-way tagger gets wrong most
# often, and how often the two-way tagger makes the same kind of mistake.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from collections import Counter

from lecture_utils.view import show_table


def mistakes(tags):
    """How often each (word, true tag, tag it got) comes."""
    triples = Counter()
    for sentence, gold, guess in zip(test_words, test_tags, tags):
        triples.update(t for t in zip(sentence, gold, guess) if t[1] != t[2])
    return triples


one_way, two_way = mistakes(predicted["one-way"]), mistakes(predicted["two-way"])
rows = [(*triple, str(n), str(two_way[triple])) for triple, n in one_way.most_common(10)]
header = ("word", "its tag here", "one-way says", "times one-way", "times two-way")
show_table(Table("The most frequent mistakes of the one-way tagger", header, rows))
assert one_way.total() > 3 * two_way.total()

# %% [markdown] slideshow={"slide_type": "skip"}
# Read the rows aloud: most are words with two tags, and what comes *after* them decides. Where two sentences begin
# alike, the one-way tagger's state at that word is the same in both. More training does not help; the best it can do
# is to bet on the more frequent tag.

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.diagrams.tagged import tagged_sentence

garden_path = {
    "The old man the boats .": ["DET", "ADJ", "VERB", "DET", "NOUN", "PUNCT"],
    "The old man saw the boats .": ["DET", "ADJ", "NOUN", "VERB", "DET", "NOUN", "PUNCT"],
}
at_man = {name: [] for name in taggers}
for text, meant in garden_path.items():
    said = [(name, tagger.tags(text)) for name, tagger in taggers.items()]
    rows = [("meant", meant), *said]
    show(*tagged_sentence(text.split(), rows, marks=[2], title=text))
    for name, tags in said:
        at_man[name].append(tags[2])
assert at_man["one-way"][0] == at_man["one-way"][1]
assert at_man["two-way"] == ["VERB", "NOUN"]

# %% [markdown]
# The first is a *garden-path* sentence. You read *the old man* as a person, and when *the boats* arrives you go back:
# the verb is *man*, the old (people) man the boats. A reader can go back. The one-way tagger gives *man* the same tag
# in both sentences, because it has read the same three words, so it is wrong in one of them, whatever it says.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Try your own sentence
#
# The taggers know a small English of a few hundred words. For a word they have never seen they go by its ends, its
# shape and its neighbours.

# %% tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.tagging import checked_words
from lecture_utils.view import own_input


def say_tags(text, theme="card"):
    words = checked_words(text)
    rows = [(name, taggers[name].tags(words)) for name in ("two-way", "one-way")]
    return tagged_sentence(words, rows, title="Tags, two-way and one-way", theme=theme)


presets = (
    "Time flies like an arrow .",
    "Fruit flies like a banana .",
    "Water the flowers !",
    "Water pipes are old .",
    "They can fish in the river .",
    "We saw her duck behind the wall .",
)
assert taggers["two-way"].tags("Water the flowers !")[0] == "VERB"
own_input("Tag a sentence", say_tags, presets[3], label="Your sentence", presets=presets)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 8 · Named entities are tags, too
#
# *Ada Lovelace lived in London* names a person and a place: two [named entities](glossary.md#named-entity). One can
# be several words long, and yet a tagger can find it: it gives every word one of the tags **B-PER** (a person's name
# begins), **I-PER** (it goes on), the same for LOC, ORG and others, or **O**, outside of any name. This code is
# called IOB.
#
# Accuracy misleads here, because most words are O. So one counts *entities*: one is found when its type and both its
# ends are right. [F1](glossary.md#f1) is the harmonic mean of precision (how many of those found are right) and
# recall (how many of those there are were found).

# %% slideshow={"slide_type": "skip"}
from lecture_utils.models.entities import entities, entity_score

sentences = (
    "Ada/B-PER Lovelace/I-PER lived/O in/O London/B-LOC for/O most/O of/O her/O life/O ./O",
    "She/O wrote/O about/O a/O machine/O that/O Charles/B-PER Babbage/I-PER never/O finished/O ./O",
    "The/O Royal/B-ORG Society/I-ORG gave/O him/O money/O ./O",
    "Few/O people/O read/O what/O she/O had/O written/O in/O those/O years/O ./O",
    "The/O notes/O were/O found/O again/O a/O hundred/O years/O later/O in/O Cambridge/B-LOC ./O",
)
pairs = [[token.rsplit("/", 1) for token in sentence.split()] for sentence in sentences]
gold = [[tag for _, tag in sentence] for sentence in pairs]
for kind, start, stop in entities(gold[0]):
    print(kind, " ".join(word for word, _ in pairs[0][start:stop]))

always_o = [["O"] * len(tags) for tags in gold]
halves = [[tag if tag[0] == "B" else "O" for tag in tags] for tags in gold]
answers = {"always O": always_o, "first word of each": halves, "perfect": gold}
print(f"{'':18}  accuracy  precision  recall    F1")
for name, tags in answers.items():
    precision, recall, f1 = entity_score(gold, tags)
    right = tag_accuracy(gold, tags)
    print(f"{name:18}  {right:8.0%}  {precision:9.0%}  {recall:6.0%}  {f1:4.0%}")
assert tag_accuracy(gold, always_o) > 0.8
assert entity_score(gold, always_o).f1 == 0

# %% [markdown] slideshow={"slide_type": "skip"}
# The tagger that always says O looks good by accuracy and has found nothing: its F1 is 0. The second one has spoiled
# every name of two words, though it is wrong on a few words only.
#
# Everything else stays as it was: the same network, the same loss at every step, other tags.
# Appendix D trains it on Wikipedia sentences. (In IOB2, used here, every name starts with B-. The older IOB1 writes I-
# there too, and B- only where a name follows another of the same type; `entities` reads both.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 9 · One label for the whole text
#
# Is this film review friendly? Is this e-mail spam? Which language is this name in? One input per step, **one** answer
# for the whole sequence: [sequence classification](glossary.md#sequence-classification) is many-to-one.

# %%
show(*arrangements.sequence_classification())

# %% [markdown]
# The RNN reads to the end. Its last state is a compressed representation of the whole sequence: $d_h$ numbers, however
# long the text was. A feed-forward classifier with weights of its own turns them into logits, and softmax turns those
# into probabilities.
#
# Notice how little of the picture is filled: no output is read before the last step, and there is one loss. Everything
# that the network learns about the first word, it learns through that last state.

# %% [markdown] slideshow={"slide_type": "skip"}
# In code it is short. [Packing](glossary.md#packed-sequence) tells the layer how long each text is, and
# `h_n` is then the state after each text's own last word.

# %% slideshow={"slide_type": "skip"}
from torch.nn.utils.rnn import pack_padded_sequence


class ReadToTheEnd(nn.Module):
    """Embeddings → GRU → last state → feed-forward classifier."""

    def __init__(self, tokens, classes, d_in=32, d_h=48):
        super().__init__()
        self.embedding = nn.Embedding(tokens, d_in)
        self.rnn = nn.GRU(d_in, d_h)
        self.classifier = nn.Sequential(
            nn.Linear(d_h, d_h), nn.ReLU(), nn.Linear(d_h, classes)
        )

    def forward(self, ids, lengths):  # (T, N), (N,)
        x = self.embedding(ids)  # (T, N, d_in)
        packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
        _, h_n = self.rnn(packed)  # (1, N, d_h)
        return self.classifier(h_n[-1])  # (N, classes)


two_texts = torch.randint(20, (6, 2)), torch.tensor([6, 2])  # ids (T, N), lengths (N,)
print("logits:", tuple(ReadToTheEnd(tokens=20, classes=3)(*two_texts).shape))

# %% [markdown] slideshow={"slide_type": "skip"}
# ### The last step of a padded batch
#
# One line is easy to get wrong: it says `h_n[-1]`, and not `output[-1]`. Put two texts of 6 and 2 words side by side,
# and compare both with the state that the shorter text reaches alone.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
small_reader, lengths = ReadToTheEnd(tokens=20, classes=2), torch.tensor([6, 2])
ids = torch.randint(1, 20, (6, 2))  # (T, N)
ids[2:, 1] = 0  # padding below the shorter text
with torch.no_grad():
    x = small_reader.embedding(ids)
    padded_output, _ = small_reader.rnn(x)
    _, h_n = small_reader.rnn(pack_padded_sequence(x, lengths, enforce_sorted=False))
    _, alone = small_reader.rnn(x[:2, 1:])  # the shorter text without any padding
for name, state in (("output[-1]", padded_output[-1, 1]), ("packed h_n", h_n[-1, 1])):
    same = torch.allclose(state, alone[0, 0], atol=1e-6)
    print(f"{name} is the shorter text's last state: {same}")

# %% [markdown] slideshow={"slide_type": "skip"}
# `output[-1]` has read four steps of padding. Nothing fails, and the shape is right: see
# [silent mistake 6](03_weight_shapes.ipynb#15-·-Silent-mistake-6:-the-last-step-of-a-padded-batch) in notebook 03.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 10 · One loss at the end: where does its gradient go?
#
# With a loss at every step, every word gets a gradient from close by. Here there is a single loss, at the end. Its
# gradient runs through the classifier's own weights, and then back through $U$ at every step, where it may vanish, as
# in [notebook 04](04_training.ipynb#19-·-Vanishing-and-exploding-gradients).
#
# So measure it: 64 texts of 30 random words, three untrained networks, and at each step $t$ the norm of
# $\partial L / \partial x_t$.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.models.classification import Classifier
from lecture_utils.text import Vocabulary

letters = Vocabulary("abcdefghijklmnopqrst")
T, N = 30, 64
networks = {
    "plain RNN": {"cell": "RNN", "bidirectional": False},
    "GRU": {"cell": "GRU", "bidirectional": False},
    "two-way GRU": {"cell": "GRU", "bidirectional": True},
}
reach = {}
for name, settings in networks.items():
    torch.manual_seed(0)
    network = Classifier(letters, ["no", "yes"], tokens="characters", **settings).eval()
    x = torch.randn(T, N, 64, requires_grad=True)  # (T, N, d_in)
    logits = network.read(x, torch.full((N,), T))  # (N, classes)
    nn.functional.cross_entropy(logits, torch.randint(2, (N,))).backward()
    norms = x.grad.norm(dim=(1, 2))  # (T,): over texts and numbers of a word
    reach[name] = (norms / norms.max()).tolist()
for name, shares in reach.items():
    first, middle = shares[0], shares[T // 2]
    print(f"{name:<12} step 1: {first:.0e}  step {T // 2 + 1}: {middle:.0e}")

# %% slideshow={"slide_type": "skip"}
from lecture_utils.view import MARKERS

title = "The gradient of one loss at the end, step by step"
figure, axes = plot_axes(title, "step t", "norm of ∂L/∂x_t (largest = 1)")
for number, (name, shares) in enumerate(reach.items()):
    axes.semilogy(
        range(1, T + 1), shares, color=PALETTE[number], marker=MARKERS[number], markersize=4
    )
    aside = (0, 10) if name == "two-way GRU" else (10, -14)
    axes.annotate(name, (8, shares[7]), xytext=aside, textcoords="offset points")
alt = "; ".join(
    f"{name}: {s[0]:.0e} at step 1, {s[T // 2]:.0e} at step {T // 2 + 1}, {s[-1]:.0e} at step {T}"
    for name, s in reach.items()
)
show(figure, f"Norm of the gradient by each input, the largest being 1. {alt}.")

# %% [markdown] slideshow={"slide_type": "skip"}
# The axis is logarithmic. In the one-way networks the last words get nearly all of the gradient and the first words
# next to nothing. The two-way network has two ends: its backward direction *finishes* at the first word, so both edges
# are well served and the middle is not.
#
# That is before training. It says where learning starts, not where it ends: once the states carry something, the
# gradient carries too. Joining the final states of both directions is still the usual choice, because no word is then
# far from both.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 11 · Real or shuffled? A task in which order is everything
#
# [Notebook 01](01_motivation.ipynb) shuffled sentences, and the counts did not move. Now make that the task: is this a
# sentence of Python's documentation, or are these the words of one in another order?
#
# The first word, the last word and every mark stay in their places. Both versions of a sentence stand in the same
# split, and where a shuffle changes nothing both are dropped. So a bag of words is at 50 % *by construction*.

# %%
from lecture_utils.models.classification import (
    TableRule,
    accuracy,
    shuffled_split,
    words,
)

ordered_train, ordered_test = shuffled_split("train"), shuffled_split("test")
pairs = zip(ordered_test[::2], ordered_test[1::2])
some = [pair for pair in pairs if 30 < len(pair[0].text) < 60]
for real, shuffled in some[:3]:
    both = real.text.split(), [("shuffled", shuffled.text.split())]
    show(*tagged_sentence(*both, title=f"Real: {real.text}"))

# %% [markdown] slideshow={"slide_type": "skip"}
# What have you got to beat? First, rules without a network, each a table learned from the training texts: for this
# first word, last word or length, which label came more often? The last rule looks at the first two words together.
# The second of them moves, so that this pair has seen some order.

# %% slideshow={"slide_type": "skip"}
rules = {
    "the first word": lambda text: words(text)[0],
    "the last mark or word": lambda text: words(text)[-1],
    "the length": lambda text: len(words(text)),
    "the first two words": lambda text: tuple(words(text)[:2]),
}
by_rule = {
    name: accuracy(TableRule(feature, ordered_train), ordered_test)
    for name, feature in rules.items()
}
for name, share in list(by_rule.items())[:3]:
    print(f"{share:>6.1%}  {name}")
more = by_rule["the first two words"]
print("the first two words do better than these:", more > 0.5)
assert list(by_rule.values())[:3] == [0.5] * 3

# %% [markdown] slideshow={"slide_type": "skip"}
# At exactly 50 % these rules have seen nothing: both versions of a sentence look the same to them. The bag of words
# fares alike. Runs of neighbouring words, counted, see more; they follow beside the network.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 12 · Train the reader
#
# `Classifier` in `lecture_utils.models.classification` is the class above with three more things: a second direction,
# whose final state is joined to the first's; [dropout](glossary.md#dropout); and a share of words that is hidden as
# `<unk>` in training, so that the network learns what to do with words it has never seen.
#
# Real sentences are scarce, shuffles are not: each round of training gets new ones. A sentence and its shuffle go into
# the same batch (`together=2`), so that the words cancel and the order is what is left to learn from.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.datasets.shuffled import real_and_shuffled
from lecture_utils.models.classification import (
    classification_loss,
    labelled_batches,
    labels_of,
    sentences_of,
    vocabulary_of,
)

documentation = sentences_of(load("python_docs", "train").documents)


def new_shuffles(number):
    """The examples of one round: every sentence, and a shuffle that was not there before."""
    return real_and_shuffled(documentation, seed=1000 * (1 + SEED) + number)


seed_everything(SEED)
known_words = vocabulary_of(ordered_train, min_count=2)
order_reader = Classifier(known_words, labels_of(ordered_train), unknown=0.15)
fit(
    order_reader,
    labelled_batches(order_reader, new_shuffles, batch_size=64, seed=SEED, together=2),
    loss=classification_loss,
    steps=420,
    lr=falling(5e-3, warm_up=0.05),
    clip=1.0,
    seed=SEED,
)
live = {"two-way GRU": accuracy(order_reader, ordered_test)}
assert live["two-way GRU"] > 0.7

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output", "trained"]
assert compare("The order is in the state, and in neighbours", "order", "texts", live)

# %% [markdown]
# The bag of words knows every word and is at chance. The GRU reads the same words one after another, and tells most
# sentences from their shuffles: **order is in the state**.
#
# Then look at who leads. Counts of runs of two and three words do better still, after a fraction of the work: much of
# what a shuffle breaks is local, and a pair of neighbours that never occurs in documentation gives it away.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Where it goes wrong
#
# The mistakes that it is surest of, with the probability it gave to the wrong label.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
p = order_reader.logits_of([example.text for example in ordered_test]).softmax(
    dim=1
)  # (N, C)
wrong = [
    (p[n].max().item(), example.label, example.text)
    for n, example in enumerate(ordered_test)
    if order_reader.labels[p[n].argmax()] != example.label
]
worst = sorted(wrong, reverse=True)[:8]
rows = [(label, f"{chance:.0%}", text[:110]) for chance, label, text in worst]
header = ("it is", "sure of the other label", "text (its beginning)")
show_table(Table("Eight confident mistakes", header, tuple(rows)))
assert len(wrong) < 0.2 * len(ordered_test)

# %% [markdown] slideshow={"slide_type": "skip"}
# Read them before you blame the network. Sentences about code are full of names and marks. Marks never move, so
# little is left for a shuffle to change; and names are rare, so the network has hardly met them.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Type a sentence, then move its words about
#
# Type a sentence about programming. The network knows the words of Python's
# documentation and no others; a word it has never seen counts as `<unk>`. Below
# each word stands what it reads, and at the left the probability that it gives to *real*.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
typed = "The value of the variable is used when the function is called."
mixed = "The is of variable value the when the is used function called."


def real_or_shuffled(text, theme="card"):
    """The text as the network reads it, and how likely it finds it to be real."""
    chance = order_reader.chances(text)["real"]
    read = [word if word in order_reader.vocabulary else "<unk>" for word in words(text)]
    row = (f"real: {chance:.0%}", read)
    return tagged_sentence(words(text), [row], title="Real or shuffled?", theme=theme)


assert order_reader.label(typed) != order_reader.label(mixed)
own_input("Real or shuffled?", real_or_shuffled, typed, presets=(typed, mixed))

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 13 · The sentiment of three hundred tweets: counting wins
#
# An RNN is not always the tool. These tweets are our own, in the style of what people write to airlines: a third
# complain, a third praise, a third do neither. There are so few that a single test split would say little. Five-fold
# cross-validation trains on four fifths, tests on the rest, and does so five times.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
import random

del ordered_train, tagged_train
tweets = list(load("tweets").documents)
random.Random(SEED).shuffle(tweets)
shares, folds = [], 5
for fold in range(folds):
    held_out = tweets[fold::folds]
    rest = [tweet for n, tweet in enumerate(tweets) if n % folds != fold]
    seed_everything(SEED + fold)
    mood_reader = Classifier(vocabulary_of(rest), labels_of(rest), d_h=32, dropout=0.5)
    learned = fit(
        mood_reader,
        labelled_batches(mood_reader, rest, batch_size=16, seed=SEED),
        loss=classification_loss,
        steps=60,
        lr=falling(5e-3),
        clip=1.0,
        seed=SEED,
    )
    shares.append(accuracy(mood_reader, held_out))
assert sum(learned.losses[-10:]) < sum(learned.losses[:10]) - 0.5

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
live = {"two-way GRU": sum(shares) / folds}
assert compare("Of few tweets, counts learn more than a network", "tweets", "tweets", live)
assert learned.losses[-1] < learned.losses[0]

# %% [markdown] slideshow={"slide_type": "skip"}
# A few hundred short texts are next to nothing for a network. It has to learn from a handful of examples what
# *delayed* means, and how words go together, and it has thousands of parameters to learn it with. Logistic regression
# needs one weight for each word, and puts it to use at once. More text, or embeddings that were
# [pre-trained](glossary.md#pre-training) on other text, are the usual cure.
#
# No judge does well here, and that is the tweets' doing: *thanks for nothing* is praise to whoever counts single words.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 14 · Which language is this place name in?
#
# *Allemagne*, *Saksa*, *Niemcy*, *Ujerumani*: one country, four languages. Now the steps are letters. The names of
# countries, regions, languages and currencies come from the locale data that the package Babel carries. A name that two
# of the languages share is left out, and the names of one thing all stand in one split.

# %% slideshow={"slide_type": "skip"}
train_names, test_names = (
    load("place_names", split).documents for split in ("train", "test")
)
print(f"{len(train_names):,} names to train on, {len(test_names):,} to test; for example")
print(", ".join(f"{name.text} ({name.label})" for name in train_names[::900]))

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
seed_everything(SEED)
letters = vocabulary_of(train_names, "characters")
settings = {"tokens": "characters", "d_embedding": 32, "unknown": 0.03}
name_reader = Classifier(letters, labels_of(train_names), **settings)
fit(
    name_reader,
    labelled_batches(name_reader, train_names, batch_size=64, seed=SEED),
    loss=classification_loss,
    steps=520,
    lr=falling(8e-3, warm_up=0.05),
    clip=1.0,
    seed=SEED,
)
live = {"two-way GRU": accuracy(name_reader, test_names)}
assert live["two-way GRU"] > 0.6

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
assert compare("Runs of three letters name the language", "names", "names", live)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Why the RNN does not win here
#
# Cut the test names by length. If memory were what is wanted, long names would bring the GRU forward.

# %% slideshow={"slide_type": "skip"}
ranges = rivals.config["names"]["lengths"]
print(f"{'letters':<12}{'counts':>8}{'GRU':>8}")
for place, (low, high) in enumerate(ranges):
    middles = [
        rivals.band("names", f"{who} by length", place).middle for who in ("counts", "GRU")
    ]
    upto = f"{low} to {high}" if high < 99 else f"{low} or more"
    print(f"{upto:<12}" + "".join(f"{middle:>8.1%}" for middle in middles))

# %% [markdown] slideshow={"slide_type": "skip"}
# The counts, of runs of up to five letters, lead at every length. The evidence is *local*: an ending, a double vowel, a
# letter that only one language has. A run of a few letters holds it, wherever it stands, and a linear model needs one
# weight for each. Nothing has to be carried over a distance, and
# carrying is what an RNN is for. It has to find the same runs through its state, from a few thousand short names.

# %% [markdown] slideshow={"slide_type": "skip"}
# Which languages does it take for which?

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
answers = name_reader.labels_for([name.text for name in test_names])
mixed_up = Counter((n.label, a) for n, a in zip(test_names, answers) if n.label != a)
example = {(n.label, a): n.text for n, a in zip(test_names, answers)}
rows = [
    (truth, answer, str(times), example[truth, answer])
    for (truth, answer), times in mixed_up.most_common(8)
]
header = ("it is", "the GRU says", "times", "for example")
show_table(Table("The most frequent confusions", header, tuple(rows)))
assert sum(mixed_up.values()) < 0.5 * len(test_names)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Type the name of a place
#
# The examples are towns; there were none among the names to learn from.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
towns = (
    "Jyväskylä",
    "Székesfehérvár",
    "Düsseldorf",
    "Bełchatów",
    "Eskişehir",
    "Bournemouth",
)


def language_of(text, theme="card"):
    """The three likeliest languages."""
    likeliest = sorted(name_reader.chances(text).items(), key=lambda one: -one[1])[:3]
    languages, chances = zip(*likeliest)
    row = ("probability", [f"{chance:.1%}" for chance in chances])
    return tagged_sentence(languages, [row], title=f"{text}: likeliest first", theme=theme)


assert sum(name_reader.label(name.text) == name.label for name in test_names[:50]) > 25
own_input("Which language?", language_of, towns[0], label="A place name", presets=towns)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 15 · A network that writes
#
# A [Markov model](glossary.md#markov-model) writes like this: look at the last few characters, draw the next one, go
# on. A recurrent network does the same, but what it looks at is its state, and that has seen everything so far.

# %%
show(*arrangements.text_generation())

# %% [markdown]
# The text begins with `<s>`, a symbol that says nothing but *here it starts*, or with a **seed text** of yours. The
# network gives a probability to every symbol. One symbol is drawn, and it is the next input. This goes on until `</s>`
# is drawn, or until the text is as long as you allow. Notice the dashed arrows: the network reads what it wrote.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### In training, somebody else writes
#
# In training the next input is the *true* symbol, whatever the network would have drawn. This is
# [teacher forcing](glossary.md#teacher-forcing). So all steps can be computed in one go, and every step has a loss.

# %%
show(*arrangements.text_generation(forced=True))

# %% [markdown] slideshow={"slide_type": "skip"}
# The labels cost nothing: the target of a step is the input of the next one. Let us train such a model on the prose
# of Python's own documentation, character by character. First, what is there to learn from, and what has to be
# beaten: a counting model with Kneser–Ney [smoothing](glossary.md#smoothing), its order chosen on validation text,
# and xz, a program that compresses files.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
import lzma

from lecture_utils.models.generation import bits
from lecture_utils.ngrams import NGram

docs = {split: load("python_docs", split) for split in ("train", "valid", "test")}
alphabet = sorted(set("".join(corpus.text for corpus in docs.values())))


def paragraphs(split):
    return [[*paragraph, "</s>"] for paragraph in docs[split].documents]


def count_runs(order):
    return NGram(order).fit(paragraphs("train"), vocabulary=alphabet)


def counted_by(model, split):
    """The probability of every character and every end."""
    chances = [torch.from_numpy(model.probabilities(p)) for p in paragraphs(split)]
    return torch.cat(chances)


tried = {n: count_runs(n).bits_per_token(paragraphs("valid")) for n in (5, 6, 7)}
best = min(tried, key=tried.get)
counts = count_runs(best)
counted = counted_by(counts, "test")

texts = docs["train"].text, docs["train"].text + docs["test"].text
small = [{"id": lzma.FILTER_LZMA2, "preset": 9, "dict_size": 2**20}]  # needs less memory
less, more = (len(lzma.compress(text.encode(), filters=small)) for text in texts)
compressed = 8 * (more - less) / len(docs["test"].text)
assert bits(counted) < compressed < 8

# %% [markdown] slideshow={"slide_type": "skip"}
# ### The model
#
# A vector for each character, a GRU, and logits. That is all; read `Generator` in `lecture_utils/models/generation.py`,
# which also knows how to draw.

# %% slideshow={"slide_type": "skip"}
from lecture_utils import bptt


class CharacterModel(nn.Module):
    """The heart of `Generator`."""

    def __init__(self, characters, d_embed=32, d_h=192):
        super().__init__()
        self.table = nn.Embedding(characters, d_embed)
        self.rnn = bptt.GRU(d_embed, d_h)  # as nn.GRU, faster on a CPU
        self.head = nn.Linear(d_h, characters)

    def run(self, ids, state=None):
        states, last = self.rnn(self.table(ids), state)  # (T, N, d_h)
        return self.head(states), last  # logits (T, N, C), and the state to go on with


logits, state = CharacterModel(90).run(torch.randint(90, (64, 16)))
print("logits:", tuple(logits.shape), "  state:", tuple(state.shape))

# %% [markdown] slideshow={"slide_type": "skip"}
# The text is cut into sixteen rows, and each row into windows of 64 characters. A window begins with the state that the
# window before it ended with, detached: truncated backpropagation through time, from notebook 04.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.generation import Generator, character_vocabulary, fit_carried
from lecture_utils.training import pick_device

seed_everything(0)
writer = Generator(character_vocabulary("".join(alphabet)), d_embed=32, d_h=192)
writer = writer.to(pick_device())


def given_by(model, split):
    """The probability of every character and every end."""
    ids = torch.tensor(model.encode(docs[split].documents))
    return model.probabilities(ids, rows=2)[ids != model.vocabulary["<s>"]]


untrained = bits(given_by(writer, "test"))
paragraphs_read = docs["train"].documents
fit_carried(writer, paragraphs_read, seq_len=64, batch_size=16, steps=400, lr=6e-3, seed=0)
ours = given_by(writer, "test")
assert bits(ours) < 0.6 * untrained

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Beside its rivals
#
# The last row mixes network and counts: $w$ times the one probability plus $1 - w$ times the other, $w$ chosen on
# validation text. The row before it is a wider network after a longer training; its weights come with this repository.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.generation import best_weight, mixed_bits
from lecture_utils.models.trained import load_trained

practised = load_trained("python_docs")
w = best_weight(given_by(practised, "valid"), counted_by(counts, "valid"))
theirs = given_by(practised, "test")
rows = {
    "GRU, untrained": untrained,
    "xz": compressed,
    f"Kneser–Ney, order {best}": bits(counted),
    "GRU, trained here": bits(ours),
    "GRU, trained for longer": bits(theirs),
    f"mixed, w = {w:.2f}": mixed_bits(theirs, counted, w),
}
print(
    f"{len(docs['train'].text):,} characters to learn from, {len(alphabet)} different ones"
)
for name, value in rows.items():
    print(f"{name:<24}{value:.2f} bits per character of test text")
assert min(rows, key=rows.get).startswith("mixed")
assert bits(theirs) < bits(ours) < untrained

# %% [markdown] slideshow={"slide_type": "skip"}
# The network that was trained here for some seconds is far behind the counts. Documentation says the same thing in
# the same words again and again, and a count knows a phrase after seeing it once or twice. A network learns a phrase
# by many small steps, so a longer training helps it.
#
# Then look at the mixture: it is better than both. The two models are wrong in different places. Counts know by heart;
# the network reads further back, and shares what it learns between similar contexts.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Draw
#
# The loop of the picture, in a few lines: read the seed text, draw a character, read it, and so on.

# %% slideshow={"slide_type": "skip"}
opening = "The statement"


@torch.no_grad()
def write(model, seed_text, length):
    """Draw up to `length` characters after the seed text, until the end of a paragraph."""
    ids = torch.tensor([model.vocabulary.encode(["<s>", *seed_text])]).T  # (T, 1)
    state, drawn = None, []
    for _ in range(length):
        logits, state = model.run(ids, state)
        chances = logits[-1, 0].softmax(dim=-1)  # (C,)
        ids = torch.multinomial(chances, 1).view(1, 1)  # the next input: (1, 1)
        if ids.item() == model.vocabulary["</s>"]:
            break
        drawn.append(ids.item())
    return "".join(model.vocabulary.decode(drawn))


seed_everything(1)
written = write(practised, opening, 200)
print(opening + written)
assert len(written) > 5

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Temperature, greedy, top-k
#
# Before the softmax the logits may be divided by a [temperature](glossary.md#temperature). Below 1 the likely
# characters become likelier still; above 1 the unlikely ones get their turn. Here is one distribution at three
# temperatures.

# %% tags=["nbval-ignore-output"]
before = "The value of the expression is "
temperatures = (0.5, 1.0, 2.0)
chances = {t: practised.distribution(before, temperature=t) for t in temperatures}
shown = list(chances[1.0])[:10]
figure, axes = plot_axes(
    "A low temperature sharpens the distribution, a high one flattens it",
    f"next character after “… {before[-14:]}”",
    "probability",
)
for number, t in enumerate(temperatures):
    places = [place + 0.27 * (number - 1) for place in range(len(shown))]
    heights = [chances[t][character] for character in shown]
    axes.bar(
        places,
        heights,
        width=0.25,
        color=PALETTE[number],
        hatch=("//", "", "..")[number],
        label=f"temperature {t}",
    )
axes.set_xticks(range(len(shown)), [repr(character) for character in shown])
axes.legend(frameon=False)
cells = [(repr(c), *(f"{chances[t][c]:.3f}" for t in temperatures)) for c in shown]
table = Table("Probabilities", ("next", "0.5", "1.0", "2.0"), tuple(cells))
alt = "Bars: the ten likeliest next characters at temperatures 0.5, 1 and 2; the lower, the steeper."
show(figure, alt, table)
assert chances[0.5][shown[0]] > chances[1.0][shown[0]] > chances[2.0][shown[0]]

# %% [markdown] slideshow={"slide_type": "skip"}
# At temperature 0 only the likeliest character would remain. One cannot divide by 0, but one can take the likeliest:
# this is the [greedy](glossary.md#greedy) choice. [Top-k](glossary.md#top-k) keeps the k likeliest characters and
# forgets the others, so that no die can pick nonsense.

# %% slideshow={"slide_type": "skip"}
from textwrap import fill

ways = {
    "greedy": {"greedy": True},
    "temperature 0.5": {"temperature": 0.5},
    "temperature 1": {},
    "temperature 1.5": {"temperature": 1.5},
    "temperature 1, top-k 5": {"top_k": 5},
}
for name, settings in ways.items():
    drawn = practised.sample("The value of", 160, stop=None, seed=3, **settings)
    print(fill(f"{name}: The value of{drawn}", 88).replace("</s>", "¶"), end="\n\n")
try:
    practised.sample("The value of", temperature=0)
except ValueError as error:
    print(error)

# %% [markdown] slideshow={"slide_type": "skip"}
# Greedy text soon goes round in circles: the likeliest continuation of a phrase is the phrase again. At temperature 1.5
# words fall apart. ¶ stands for `</s>`, the end of a paragraph.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Trained on true text, left alone with its own
#
# Teacher forcing has a price. In training the model saw true text only. When it writes, it reads its own text, errors
# and all. This is called [exposure bias](glossary.md#exposure-bias). Does the text get worse, the further it is from
# the seed?
#
# The next cell starts from 64 characters of 40 held-out paragraphs and writes on. Two things are measured, for the
# model's text and for the true continuation: the share of words that never occur in the training text, and how
# surprised the counting model is.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
import re

GIVEN, PART, PARTS = 64, 100, 4
vocabulary = set(re.findall(r"\w+", docs["train"].text))
long = [p for p in docs["test"].documents + docs["valid"].documents if len(p) > 470][:40]


@torch.no_grad()
def written_on(model, seeds, length, temperature=1.0):
    """What the model writes after each seed, all side by side."""
    ids = torch.tensor([model.vocabulary.encode(["<s>", *s]) for s in seeds]).T  # (T, N)
    state, drawn = None, []
    for _ in range(length):
        logits, state = model.run(ids, state)
        logits = logits[-1] / temperature  # (N, C)
        logits[:, : len(model.vocabulary.specials)] = -torch.inf  # no end: all as long
        ids = torch.multinomial(logits.softmax(dim=-1), 1).T  # (1, N)
        drawn.append(ids[0])
    return ["".join(model.vocabulary.decode(row)) for row in torch.stack(drawn, dim=1)]


def unknown_words(texts):
    """The share of whole words that do not occur in the training text."""
    words = [word for text in texts for word in re.findall(r"\w+", text)[1:-1]]
    return sum(word not in vocabulary for word in words) / len(words)


seed_everything(2)
seeds = [paragraph[:GIVEN] for paragraph in long]
continued = {
    "true text": [p[GIVEN : GIVEN + PART * PARTS] for p in long],
    "model, temperature 1": written_on(practised, seeds, PART * PARTS),
    "model, temperature 0.6": written_on(practised, seeds, PART * PARTS, 0.6),
}
print("characters from the seed   " + "".join(f"{PART * k:>6} +" for k in range(PARTS)))
for name, texts in continued.items():
    parts = [[t[PART * k : PART * (k + 1)] for t in texts] for k in range(PARTS)]
    shares = [unknown_words(part) for part in parts]
    print(f"{name:<24} unknown words" + "".join(f"{share:>8.1%}" for share in shares))
    surprise = [
        bits(torch.cat([
            torch.from_numpy(counts.probabilities(s + t))[GIVEN + PART * k :][:PART]
            for s, t in zip(seeds, texts)
        ]))
        for k in range(PARTS)
    ]  # fmt: skip
    print(f"{'':<24} bits by counts" + "".join(f"{value:>8.2f}" for value in surprise))
    continued[name] = shares
own, true = continued["model, temperature 1"], continued["true text"]
print(
    f"all in all: {sum(own) / PARTS:.1%} unknown words of its own, {sum(true) / PARTS:.1%} in true text"
)
assert sum(own) / PARTS < 0.5  # words, not noise
del counts

# %% [markdown] slideshow={"slide_type": "skip"}
# Compare two things. From row to row: at temperature 1 the model invents many more words than a writer would. At a low
# temperature it invents few, and the counting model is even less surprised than by the true text: it repeats what is
# common. From left to right: if errors fed on one another, the numbers would climb. Here most of the gap is there from
# the start. It is the model's own weakness, and what exposure adds to it is small. A state that forgets can also forget
# its own slips: one odd word is soon out of sight.

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### Your turn
#
# Type the beginning of a sentence. The box shows what the model writes on, and how likely it finds each next character.

# %%
beginnings = ("A class definition", "The", "", "Teddy bears are on sale")


def go_on(seed_text):
    """What the model writes after a seed text, and the likeliest next characters."""
    if len(seed_text) > 300:
        raise ValueError(f"Up to 300 characters, please: these are {len(seed_text)}.")
    likely = list(practised.distribution(seed_text).items())[:6]
    rows = [(f"next: {c!r}", f"{chance:.0%}") for c, chance in likely]
    for t in (0.5, 1.0):
        drawn = practised.sample(seed_text, 120, temperature=t, seed=0)
        rows.append((f"temperature {t}", f"{seed_text}{drawn}"))
    return Table("What comes next", ("", ""), tuple(rows))


own_input(
    "A seed text and what the model makes of it",
    go_on,
    "If the name is not",
    label="Seed text",
    presets=beginnings,
)

# %% [markdown] slideshow={"slide_type": "skip"}
# Try an empty text: then the model has nothing but `<s>` to start from. Try something that no documentation would say.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 16 · The same for music
#
# Replace characters by notes, and the same class writes tunes. Notebook 01 began with one. Here are tunes of sixteen
# bars: four phrases of four bars each, the first of which comes back; a half close, which waits, and a full close,
# which ends. Most examples were composed by rules (`lecture_utils/datasets/tunes.py`), a few belong to everybody.
#
# Is what the network writes like what it has read? Count, for the rules' own held-out tunes, for tunes by the network
# and for tunes by counting models.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
from lecture_utils.datasets.tunes import TRADITIONAL
from lecture_utils.models.trained import tunes as in_words
from lecture_utils.music import LABELS, measured, parse, play, well_formed

del writer, counted, ours, theirs, continued
composer = load_trained("tunes")
examples = load("tunes", "train").documents
traditional = {tune.abc for tune in TRADITIONAL}
by_rule = [t for t in load("tunes", "test").documents if t not in traditional][:60]
authors = {"rules": by_rule, "network": composer.samples(60, 160, seed=0)}
authors["network, temperature 0.7"] = composer.samples(60, 160, seed=0, temperature=0.7)
sentences = [[*words, "</s>"] for words in in_words("train")]
for order, smoothing in ((5, "none"), (8, "none"), (8, "kneser-ney")):
    model = NGram(order, smoothing).fit(sentences)
    drawn = (model.sample(160, seed=seed, stop="</s>") for seed in range(60))
    name = f"counts of order {order}" + (", smoothed" if smoothing != "none" else "")
    authors[name] = ["".join(w for w in words if w != "</s>") for words in drawn]
del model
judged = {name: measured(tunes, examples) for name, tunes in authors.items()}
rows = [
    (label, *(f"{getattr(judged[name], field):.0%}" for name in judged))
    for label, field in list(zip(LABELS, judged["rules"]._fields))[1:]
]
title = f"Of {judged['rules'].tunes} tunes each; the first row counts bars"
show_table(Table(title, ("", *judged), tuple(rows)))


def written_out(tune):
    """Whether bars 13 to 15 are bars 1 to 3, and bars 9 to 11 are not."""
    bars = [[(n.pitch, n.length) for n in bar.notes] for bar in parse(tune).bars]
    return len(bars) == 16 and bars[12:15] == bars[:3] != bars[8:11]


for name in ("rules", "network"):
    good = list(filter(well_formed, authors[name]))
    count = sum(map(written_out, good))
    print(f"{name}: the first phrase is written out at the end in {count} of {len(good)}")
assert judged["network"].mostly_new > max(
    judged[name].mostly_new for name in judged if name.startswith("counts")
)
assert judged["network"].copies <= 0.02
del sentences, examples

# %% [markdown] slideshow={"slide_type": "skip"}
# Look at the column of the network first. Most tunes have sixteen bars, take the first phrase up again, rest where
# the rules rest, and come home. Hardly any is a copy. Not all are well-formed: a single bar that is too long spoils a
# tune. At a lower temperature more come right, and they differ less from one another. The models that count lose the
# bar when they look back a few words, and lose the new when they look back many.
#
# The last line asks for more. In some examples the first phrase is *written out* once more at the end, after a phrase
# in between. The sign `:|` costs the network one symbol. Writing the phrase out would mean keeping a dozen notes in
# mind over thirty others, and that is too much for this state: it is a lossy memory.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Side by side
#
# The first tune that the rules made for the test split, and the first by the network that is well-formed, has sixteen
# bars and takes its first phrase up again.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
from IPython.display import display

from lecture_utils.diagrams import score
from lecture_utils.music import first_phrase_returns


def chosen(tunes):
    good = (
        t for t in tunes if measured([t]).well_formed and first_phrase_returns(parse(t))
    )
    return next(good)


for author in ("rules", "network"):
    tune = parse(chosen(authors[author]), f"Composed by the {author}")
    assert first_phrase_returns(tune)
    show(*score.draw(tune))
    display(play(tune))

# %% [markdown] slideshow={"slide_type": "skip"}
# Listen to both. The network was never told about bars, closes or forms. It was told, word by word, what came next.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 17 · Encoder and decoder
#
# A tag for each word, a class for the whole: so far the output has a length that the input decides. A translation has
# a length of its own. The answer here is two RNNs, an [encoder–decoder](glossary.md#encoder–decoder). The *encoder*
# reads the source to its end; its last state starts the *decoder*, which writes the target, one symbol at a time,
# until it writes an end symbol.

# %%
show(*arrangements.encoder_decoder())

# %% [markdown]
# Two things to notice. The encoder's outputs go unused: no loss sits there, and its gradient comes from the decoder,
# back through that one state. And the state is all that the decoder gets: whatever it is to write has to fit in there.
#
# The task here is small enough for a laptop and real enough to be useful: dates as people write them, in seven
# languages, into ISO dates such as 1998-05-03. The names of months and their order come from Babel, which many programs
# use for this purpose.

# %% slideshow={"slide_type": "skip"}
dates = {split: load("dates", split).documents for split in ("train", "test")}
for pair in dates["train"][:7]:
    print(f"{pair.language}  {pair.source:<32}{pair.target}")
print({split: f"{len(pairs):,} pairs" for split, pairs in dates.items()})

# %% [markdown] slideshow={"slide_type": "skip"}
# Each date is written once in every language. If the pairs were split at random, a date of the test set would stand in
# the training set in another language, and an answer could be copied from there. So the *calendar dates* are split.

# %% slideshow={"slide_type": "skip"}
days = {split: {pair.target for pair in pairs} for split, pairs in dates.items()}
print("dates in both train and test:", len(days["train"] & days["test"]))
assert not days["train"] & days["test"]

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 18 · The model in code
#
# Reading and writing are two calls. This is the whole forward pass of `EncoderDecoder`; `pack` leaves the padding of
# short sources out, so that each source's state is the one after its own last character.
#
# ```python
# def encode(self, sources, lengths):           # (T, N), (N,)
#     x = self.source_table(sources)            # (T, N, d_embedding)
#     _, state = self.encoder(pack(x, lengths))
#     return state                              # (1, N, d_h)
#
# def decode(self, inputs, state):              # (T', N), (1, N, d_h)
#     output, state = self.decoder(self.target_table(inputs), state)
#     return self.V(output), state              # (T', N, symbols)
# ```
#
# In training the decoder's inputs are `<s>` and the true target (teacher forcing). In use it reads what it wrote
# itself, always its likeliest symbol, until it writes `</s>`.
#
# One thing at the start matters much here. A GRU's gate $z$ says how much of the old state is kept, and as PyTorch
# draws its weights, about half is lost at each step. The model adds 1 to that gate's bias and starts with orthogonal
# matrices $U$: then more of the first characters is left when the last one is read.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.translation import (
    EncoderDecoder,
    copied_digits,
    exact,
    translation_batches,
    translation_loss,
    vocabularies,
)

seed_everything(0)
translator = EncoderDecoder(*vocabularies(dates["train"]), d_h=128)
batches = translation_batches(translator, dates["train"], batch_size=32, seed=0)
fit(
    translator,
    batches,
    loss=translation_loss,
    steps=1150,
    lr=falling(0.01, warm_up=0.05),
    clip=1.0,
    seed=0,
)
answers = translator.translate_all([pair.source for pair in dates["test"]], batch_size=100)
assert exact(answers, dates["test"]) > 0.9

# %% [markdown] slideshow={"slide_type": "skip"}
# ### What is there to beat?
#
# A rule that is *told* how dates work: the long number is the year, the short one the day, and both are copied. It can
# always say January. Or it can learn the month: for every word it counts the months that came with it in training, and
# it trusts the word that is least often wrong.

# %% slideshow={"slide_type": "skip"}
import re

months = {}
for pair in dates["train"]:
    for word in re.findall(r"[^\W\d]+", pair.source.lower()):
        months.setdefault(word, Counter())[pair.target[5:7]] += 1


def month_of(text):
    """The month of the word that goes with one month most faithfully."""
    seen = [months[w] for w in re.findall(r"[^\W\d]+", text.lower()) if w in months]
    best = max(seen, key=lambda counts: max(counts.values()) / counts.total())
    return best.most_common(1)[0][0]


texts = [pair.source for pair in dates["test"]]
rules = {
    "copy the digits, say January": [copied_digits(text) for text in texts],
    "copy the digits, look up the month": [
        copied_digits(text, month=month_of(text)) for text in texts
    ],
}
for name, said in rules.items():
    print(f"{name:<36}{exact(said, dates['test']):6.1%}")

# %% [markdown] slideshow={"slide_type": "skip"}
# Both are judged on the network's test dates; what the network itself gets right stands above the next table. Read
# the second line with care: a rule that is told what the digits are, and that there are months, does very well. A
# person who knows the task writes it in a minute. The network was told nothing: not that digits are copied, not where
# the month stands, not that there are months. It found all of it in pairs of strings.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
wrong = [(pair, said) for pair, said in zip(dates["test"], answers) if pair.target != said]
rows = tuple((pair.source, pair.target, said, pair.language) for pair, said in wrong[:8])
header = ("source", "right", "the model says", "language")
share = exact(answers, dates["test"])
caption = f"{share:.1%} of dates never seen are right. The first wrong ones:"
if rows:
    show_table(Table(caption, header, rows))
else:
    print("no wrong answer")
assert len(wrong) < 0.1 * len(answers)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Your own date
#
# Write one in English, German, French, Spanish, Italian, Polish or Finnish, between 1900 and 2099. Then try what the
# model has never seen: another language, a date without a year, no date at all. It always writes an ISO date, and it
# never says that it does not know.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
assert sum(translator.translate(p.source) == p.target for p in dates["test"][:20]) > 10
own_input(
    "A date in words, and as an ISO date",
    translator.translate,
    "the 3rd of May 1998",
    label="A date in words",
    presets=("Sonntag, der 3. Mai 1998", "le 14 juillet 1989", "toukokuun 3. päivä 1998"),
)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 19 · The bottleneck
#
# A date is short. What happens to a longer source? The next experiment asks for the simplest translation there is: copy
# a string of random digits. Every length up to 20 comes equally often in training. The states have 32, 64 or 128
# numbers; all get the same steps. One more decoder may look back: at every step it
# also gets a weighted mean of *all* the encoder's states.

# %%
from lecture_utils.experiments.common import find
from lecture_utils.view import spread

bottleneck = stored("bottleneck")
lengths, widths = bottleneck.config["lengths"], bottleneck.config["widths"]
figure, axes = plot_axes(
    "Through one state of fixed size, long strings do not fit",
    "length of the string, digits",
    "copied without a mistake, share",
)
places = {32: -0.05, 64: 0.0, 128: 0.05}
for number, width in enumerate(widths):
    spread(axes, lengths, bottleneck.values("accuracy", str(width)), "", number)
    middles = [
        bottleneck.band("accuracy", str(width), k).middle for k in range(len(lengths))
    ]
    at = next(k for k, value in enumerate(middles) if value < 0.5)
    axes.annotate(
        f"{width} numbers" if width == max(widths) else str(width),
        (lengths[at], middles[at]),
        xytext=(6, 4),
        textcoords="offset points",
    )
spread(axes, lengths, bottleneck.values("attention"), "", 3)
axes.text(
    lengths[-1],
    0.9,
    f"state of {bottleneck.config['attentive']}, and looking back",
    ha="right",
    va="top",
)
axes.set(xlim=(1, 21), ylim=(-0.03, 1.05))
rows = tuple(
    (
        str(length),
        *(f"{bottleneck.band('accuracy', str(w), k).middle:.0%}" for w in widths),
        f"{bottleneck.band('attention', k).middle:.0%}",
    )
    for k, length in enumerate(lengths)
)
table = Table(
    "Strings copied without a mistake, medians over the seeds",
    ("digits", *(f"state of {w}" for w in widths), "64, looking back"),
    rows,
)
alt = "Share of strings copied without a mistake, by length: it falls for every state, later for wider ones. "
show(
    figure,
    alt + "; ".join(f"{row[0]} digits: {', '.join(row[1:])}" for row in rows) + ".",
    table,
)

# %% [markdown]
# Lines are medians over the seeds, bands reach from the lowest to the highest. At each falling line stands the size
# of the state. Each line falls: the longer the string, the fewer copies are whole. A wider state moves the fall to
# the right; it does not remove it. (A state of 64 real numbers has room for 20 digits in principle. What you see is
# what training finds in a fixed number of steps.)
#
# The decoder that looks back stays nearly level, with a state of 64 numbers: nothing needs to pass the bottleneck when
# the decoder can look at all states. That is [attention](glossary.md#attention), and it is where the story goes on.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
live = find("bottleneck").measure(
    9, widths=[32], attentive=0, steps=250, longest=6, lengths=[2, 6]
)
short, long = live["accuracy"]["32"]
assert short > 0.5
assert short > long

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 20 · A picture in, a sentence out
#
# Text generation starts from a start symbol and an empty state. Now let the state say something. A convolutional
# network (CNN) reads a picture; its last layer is the RNN's start state; and the RNN writes the caption, word by
# word, until the end symbol. This is one-to-many: one picture, many words.

# %%
show(*arrangements.image_captioning())

# %% [markdown]
# Notice where the picture enters: once, before the first word. Everything the RNN will say about it has to pass through
# that one state, as in the encoder–decoder. There the encoder was an RNN, here it is a CNN; the decoder is the same.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### The pictures
#
# They are drawn by code: 32 × 32 pixels, two objects. Each has one of three sizes, six colours and four shapes, and it
# stands left of, right of, above or below the other. Place, size, shade and background differ from picture to picture.
# A picture has one right caption: the two differ in size, and the smaller one is named first.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
from lecture_utils.datasets.scenes import COLOURS, SHAPES, draw_scenes
from lecture_utils.diagrams.scenes import scenes as draw

del dates, days, rules, texts, answers, batches
show(*draw(draw_scenes(8, seed=1)))

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 21 · The model, trained
#
# The forward pass (`Captioner` in the package):
#
# ```python
# def forward(self, pictures, inputs):          # (N, H, W, 3), (T, N)
#     features = self.look(pictures)            # three convolutions: (N, C, H/8, W/8)
#     columns, rows = features.amax(dim=2), features.amax(dim=3)
#     seen = torch.cat((columns, rows), dim=2)  # (N, C, W/8 + H/8)
#     state = torch.tanh(self.prime(seen.flatten(1)))           # (N, d_h)
#     output, _ = self.gru(self.table(inputs), state[None])     # (T, N, d_h)
#     return self.V(output)                     # (T, N, words)
# ```
#
# Each of the $C$ filters looks for something of its own. What it finds is kept by column and by row, at its strongest:
# enough to say what is there, and where. Besides, the mean colour of each picture is taken away first, and batch
# normalisation brings each layer's sums to mean 0 and variance 1.
#
# In the next cell the model trains for a short time, on pictures with only three colours and two shapes.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.captioning import (
    Captioner,
    caption_batches,
    caption_loss,
    caption_words,
    exact,
    most_frequent_captions,
)

EASY = {"red", "green", "blue", "circle", "cross"}
others = [(c, s) for c in COLOURS for s in SHAPES if not {c, s} <= EASY]
few, new = draw_scenes(3000, 5, others), draw_scenes(300, 6, others)
seed_everything(0)
captioner = Captioner(caption_words(few), d_h=128)
batches = caption_batches(captioner.words, few, batch_size=32, seed=0)
history = fit(
    captioner,
    batches,
    loss=caption_loss,
    steps=750,
    lr=falling(0.01, warm_up=0.05),
    clip=1.0,
    seed=0,
)
assert sum(history.losses[-50:]) < 0.5 * sum(history.losses[:50])

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Against what?
#
# The baseline is told a great deal: the true colours and shapes of both objects, in order. It answers with the caption
# that was most frequent for that pair in training. What it cannot know are the sizes and the relation.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
said = captioner.captions([scene.image() for scene in new], batch_size=50)
told = most_frequent_captions(few, new)
print(f"new pictures: {len(new)}")
print(f"told the objects, most frequent caption  {exact(told, new):6.1%} exact")
print(f"CNN and RNN, told nothing                {exact(said, new):6.1%} exact")
assert exact(said, new) > exact(told, new) + 0.3

parts = ("size", "colour", "shape", "relation", "size", "colour", "shape")


def seven(caption):
    """A caption as its seven choices."""
    words = caption.replace(" of ", " ").split()
    return [word for word in words if word != "a"]


wrong = Counter(
    part
    for scene, caption in zip(new, said)
    for part, right, word in zip(parts, seven(scene.text), seven(caption))
    if right != word
)
for part in ("size", "colour", "shape", "relation"):
    print(f"{part:<9} wrong {wrong[part]:>4} times in {len(new) * parts.count(part):,}")
assert wrong["relation"] < 0.5 * len(new)

# %% [markdown] slideshow={"slide_type": "subslide"}
# ### What it says
#
# Under each picture stands the right caption, and below it what the model said. A thick dashed frame marks an error.

# %% tags=["nbval-ignore-output", "trained"]
order = sorted(range(len(new)), key=lambda i: said[i] == new[i].text)  # errors first
chosen = [*order[:4], *order[-4:]]
show(*draw([new[i] for i in chosen], [said[i] for i in chosen]))
assert sum(caption == scene.text for scene, caption in zip(new, said)) > len(new) // 2

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Describe a scene, and let the model read it back
#
# Your words are drawn, with place, shade and background by chance; the model sees the picture alone. Name the smaller
# object first. Then try a colour or a shape that this model has not been trained on, such as yellow or a triangle: it
# can only answer with words that it knows.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.datasets.scenes import scene_of


def drawn_and_read(caption):
    """A scene for a caption, and the model's caption for its picture."""
    scene = scene_of(caption)
    return draw([scene], [captioner.caption(scene.image())])


assert sum(captioner.caption(scene.image()) == scene.text for scene in new[:20]) > 10
own_input(
    "Draw a scene, and read it",
    drawn_and_read,
    "small red circle left of large blue cross",
    label="Two objects, the smaller first",
    presets=(
        "medium green cross above large red circle",
        "small yellow cross below medium blue circle",
    ),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Pairs it has never seen
#
# A person who knows red things and triangles can name the first red triangle they meet. Does a captioner? In the corpus
# `scenes` four pairs of a colour and a shape are held out of training, while each word of them is well known.
# `make bench-tasks` trains on all colours and shapes and reports two figures apart: new pictures of known pairs, and
# pictures with a pair never seen. Nothing in the loss asks the CNN to see colour and shape as two things, and the
# decoder has never met the one word after the other. Expect the second figure to be far lower than the first.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - One unit, five arrangements: what differs is which steps read, whose outputs are used, and where the losses sit. A
#   loss at the last step trains the whole chain.
# - **A tag for every word**: a loss at every step, padding masked. What the right side decides, a one-way network can only
#   guess.
# - **One label for a text**: the final state, one loss. Where order is everything, a bag of words stands at chance and the
#   RNN does not; where neighbours, single words or letters decide, counting is hard to beat.
# - **Writing**: trained on true text (teacher forcing), it reads its own when it writes. Temperature, top-k and greedy
#   choose from the same probabilities.
# - **Encoder–decoder**: one state carries all of the source. That is a bottleneck, and looking back at all states mends it.
# - **Captioning**: the same decoder, started by a CNN instead of an RNN.
# - Every model stands beside a baseline, and the errors are there to be read. A score without either says little.
#
# **Next:** [06 Stacked RNNs](06_stacked.ipynb). The same tasks on public corpora, with a minute of training each:
# [D On real corpora](d_real_corpora.ipynb). **Back:** [04 Training](04_training.ipynb),
# [00 Start here](00_start_here.ipynb).
#
# **Sources.** Sutskever, Vinyals and Le, *Sequence to Sequence Learning with Neural Networks* (2014); Cho et al.,
# *Learning Phrase Representations using RNN Encoder–Decoder for Statistical Machine Translation* (2014); Vinyals et
# al., *Show and Tell: A Neural Image Caption Generator* (2015); Bengio et al., *Scheduled Sampling for Sequence
# Prediction with Recurrent Neural Networks* (2015), on exposure bias; Bahdanau, Cho and Bengio, *Neural Machine
# Translation by Jointly Learning to Align and Translate* (2015), on looking back.
