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
# # 07 · Bidirectional RNNs
#
# So far every state knows what came before its word. Often the words *behind* it decide. In this notebook you let a
# second RNN read from the end to the beginning, join both, see what that is worth on words and on Python source, fill
# blanks with it, and find out where it must not be used.
#
# | | |
# |---|---|
# | **After it you can** | build a two-way RNN, say what each of its states has read, and say when it helps, when it is wrong and what it costs |
# | **Outcomes served** | `stacked-bidirectional` `shapes` |
# | **Time** | 6 minutes live (the sections marked as slides), 60 minutes alone |
# | **Only 15 minutes?** | Read sections 1, 2, 5, 8 and 13 |
# | **Only 30 minutes?** | Add sections 3, 6, 9 and 11 |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb), [03 Weight shapes](03_weight_shapes.ipynb), [06 Stacked RNNs](06_stacked.ipynb) |
#
# Before: [06 Stacked RNNs](06_stacked.ipynb). After: [08 Summary](08_summary.ipynb).

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
# ## 1 · Which *Teddy*?
#
# - He said , " **Teddy** Roosevelt was a great president ! "
# - He said , " **Teddy** bears are on sale ! "
#
# Tag each word with its [part of speech](glossary.md#part-of-speech). In the first sentence *Teddy* is a name (PROPN). In the second it says what
# kind of bears (NOUN). Both sentences begin with the same five words: what tells you which it is comes **after**
# *Teddy*.

# %% [markdown] slideshow={"slide_type": "skip"}
# Train two taggers on a few thousand sentences drawn from a small grammar of English; these two are not among them. The
# taggers are alike, except that one reads from left to right only, and the other from both sides. (How a tagger is
# built is [notebook 05](05_architectures.ipynb); what "from both sides" means comes next.)

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.datasets import load
from lecture_utils.models.tagging import ADAM, Tagger, tagged_batches, tagging_loss
from lecture_utils.training import falling, fit


def train_tagger(documents, two_way, size, steps):
    """A tagger that reads one way or both, trained on sentences with a tag for each word."""
    torch.manual_seed(0)
    tagger = Tagger.of(documents, bidirectional=two_way, d_embedding=size, d_h=size)
    batches = tagged_batches(tagger, documents, batch_size=64, seed=0)
    settings = {"lr": falling(4e-3, 0.05), "clip": 5.0, "seed": 0, "optimiser": ADAM}
    fit(tagger, batches, loss=tagging_loss, steps=steps, **settings)
    return tagger


WAYS = ("one-way", "two-way")
english = {split: load("english", split).documents for split in ("train", "test")}
taggers = {w: train_tagger(english["train"], w == "two-way", 32, 300) for w in WAYS}
for tagger in taggers.values():
    assert tagger.tags(["I", "am", "not", "hungry"]) == ["PRON", "AUX", "PART", "ADJ"]

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.diagrams.tagged import tagged_sentence

by_hand = {
    'He said , " Teddy Roosevelt was a great president ! "': (
        "PRON VERB PUNCT PUNCT PROPN PROPN AUX DET ADJ NOUN PUNCT PUNCT"
    ),
    'He said , " Teddy bears are on sale ! "': (
        "PRON VERB PUNCT PUNCT NOUN NOUN AUX ADP NOUN PUNCT PUNCT"
    ),
}
teddy, said = 4, {}
for sentence, tags in by_hand.items():
    rows = [("by hand", tags.split())]
    rows += [(way, tagger.tags(sentence)) for way, tagger in taggers.items()]
    show(*tagged_sentence(sentence.split(), rows, marks=[teddy]))
    said[sentence] = [row[teddy] for _, row in rows]
right = [gold == two_way for gold, _, two_way in said.values()]
assert all(right)

# %% [markdown] slideshow={"slide_type": "skip"}
# The one-way tagger has to say the *same* in both sentences, so one of the two answers must be wrong. Which one it gets
# right depends on what is more frequent after these four words in its training text. The next cell shows how sure each
# tagger is.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.tagging import look_up, most_frequent_tags, tag_accuracy
from lecture_utils.view import show_scores

sure = {
    f"{way}, {' '.join(sentence.split()[teddy : teddy + 2])}": float(
        tagger.distribution(sentence)[teddy][tagger.tag_names.index("PROPN")]
    )
    for way, tagger in taggers.items()
    for sentence in by_hand
}
show_scores(
    "How probable it is that Teddy is a name", sure, "", digits=2, own=list(sure)[2:]
)

words = [sentence.words for sentence in english["test"]]
gold = [sentence.tags for sentence in english["test"]]
table = most_frequent_tags(english["train"])
accuracy = {"most frequent tag": tag_accuracy(gold, look_up(table, words))}
for way, tagger in taggers.items():
    accuracy[way] = tag_accuracy(gold, tagger.tag_all(words))
show_scores("Held-out words with the right tag", accuracy, "%", own=["two-way"])
assert accuracy["two-way"] > accuracy["one-way"] + 0.02 > 0.9

# %% [markdown] slideshow={"slide_type": "slide"}
# ### Up to *Teddy*, the states are the same bits
#
# A longer training or more units cannot mend this. A one-way state is computed from the words so far, and these are
# equal: so the states are equal, to the last bit.

# %%
sentences = [sentence.split() for sentence in by_hand]
for way, tagger in taggers.items():
    one, other = (tagger.states(words)[: teddy + 1] for words in sentences)  # (5, D d_h)
    equal = [torch.equal(*pair) for pair in zip(one, other)]
    print(f"{way}: states equal at {sum(equal)} of the {len(equal)} words up to Teddy")

# %% [markdown]
# `torch.equal` forgives nothing: not one of the numbers differs. The two-way states differ at every word, the first one
# included.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · Two RNNs, opposite ways

# %%
from lecture_utils.diagrams import stacked

show(*stacked.bidirectional())

# %% [markdown]
# A [bidirectional RNN](glossary.md#direction), here also called *two-way*, is two RNNs over the same inputs
# (Schuster and Paliwal, 1997). One reads from left to right, the other from right to left:
#
# $$\overrightarrow{h}_t = \tanh\!\left(\overrightarrow{U}\,\overrightarrow{h}_{t-1} + \overrightarrow{W} x_t + \overrightarrow{b}_1\right),
# \qquad
# \overleftarrow{h}_t = \tanh\!\left(\overleftarrow{U}\,\overleftarrow{h}_{t+1} + \overleftarrow{W} x_t + \overleftarrow{b}_1\right)$$
#
# Each has weights of its own, and a first state of its own: $\overrightarrow{h}_0$ before the first word,
# $\overleftarrow{h}_{T+1}$ behind the last. **No arrow leads from one to the other.** Only the output reads both:
#
# $$o_t = V \left[\overrightarrow{h}_t ; \overleftarrow{h}_t\right] + b_2$$
#
# So $V$ is $d_{out} \times 2 d_h$, and one joined state has $2 d_h$ numbers.

# %% [markdown] slideshow={"slide_type": "subslide"}
# What does each state know? $\overrightarrow{h}_t$ has read $x_1 \dots x_t$, and $\overleftarrow{h}_t$ has read
# $x_T \dots x_t$. Both have read $x_t$ itself.
#
# If you know the forward and backward probabilities of a hidden Markov model, $\alpha_t$ and $\beta_t$: there $x_t$ is
# counted once, in $\alpha_t$; $\beta_t$ starts behind it. Here both states include $x_t$. That does no harm for a tag,
# and it matters when $x_t$ is what you want to predict (section 9).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 3 · From scratch: reverse in, reverse out, join
#
# Nothing new has to be written. Take two RNNs of [notebook 02](02_forward_pass.ipynb). The second reads the reversed
# sequence, and what it puts out is reversed again, so that its states stand beside their own words.

# %% slideshow={"slide_type": "skip"}
from lecture_utils import rnn as scratch

T, N, d_in, d_h = 5, 3, 20, 10


def two_way(forward, backward, x, h_0):
    """Two one-way layers read x (T, N, d_in), each from its own first state: h_0 (2, N, d_h)."""
    right, right_n = forward(x, h_0[:1])  # (T, N, d_h), (1, N, d_h)
    left, left_n = backward(x.flip(0), h_0[1:])  # reverse in …
    joined = torch.cat([right, left.flip(0)], dim=-1)  # … reverse out, join: (T, N, 2 d_h)
    return joined, torch.cat([right_n, left_n])  # a pair of states: (2, N, d_h)


torch.manual_seed(0)
forward, backward = scratch.RNN(d_in, d_h), scratch.RNN(d_in, d_h)
x, h_0 = torch.randn(T, N, d_in), torch.randn(2, N, d_h)
output, h_n = two_way(forward, backward, x, h_0)
print("joined states:", tuple(output.shape), "  pair of final states:", tuple(h_n.shape))

# %% [markdown] slideshow={"slide_type": "skip"}
# PyTorch's layer has one argument for it, `bidirectional=True`, and calls the second network's weights `…_reverse`.
# Copy both networks' weights there and compare. The same function takes two GRUs.

# %% slideshow={"slide_type": "skip"}
KINDS = ("RNN", "GRU")


def as_one(module, forward, backward):
    """Both networks' weights in one two-way layer of PyTorch's."""
    reverse = {f"{name}_reverse": weight for name, weight in backward.state_dict().items()}
    module.load_state_dict({**forward.state_dict(), **reverse})
    return module


for kind in KINDS:
    own, torchs = getattr(scratch, kind), getattr(nn, kind)
    forward, backward = own(d_in, d_h), own(d_in, d_h)
    module = as_one(torchs(d_in, d_h, bidirectional=True), forward, backward)
    ours, theirs = two_way(forward, backward, x, h_0), module(x, h_0)
    equal = [torch.allclose(a, b, atol=1e-6) for a, b in zip(ours, theirs)]
    print(
        f"{kind}: output {tuple(theirs[0].shape)} equal: {equal[0]}, h_n equal: {equal[1]}"
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# ### When the sequences differ in length
#
# `x.flip(0)` reverses the *padding* too: for a short sentence, the backward network would read zeros first and meet the
# words with a state that the zeros have changed. Each sequence has to be turned round within its own length.

# %% slideshow={"slide_type": "skip"}
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

lengths = torch.tensor([5, 3, 2])
padded = (
    x * (torch.arange(T)[:, None] < lengths)[..., None]
)  # (T, N, d_in), zeros behind the end
module = nn.GRU(d_in, d_h, bidirectional=True)
plain, _ = module(padded)
packed, h_n = module(pack_padded_sequence(padded, lengths, enforce_sorted=False))
right_way, _ = pad_packed_sequence(packed, total_length=T)
with torch.no_grad():
    for n, length in enumerate(lengths.tolist()):
        own, _ = module(x[:length, n : n + 1])  # alone, without padding
        alike = [
            torch.allclose(some[:length, n], own[:, 0], atol=1e-6)
            for some in (plain, right_way)
        ]
        print(
            f"length {length}: padded as it is gives the same states: {alike[0]}, packed: {alike[1]}"
        )

# %% [markdown] slideshow={"slide_type": "skip"}
# Only the longest sentence, which has no padding, survives a plain call. In a one-way network the padding comes after
# all that matters; in a two-way one it comes first. Pack your batches: then PyTorch, and our layers too, turn each
# sequence round where it ends.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 4 · Ways to combine the two
#
# Joining keeps both states side by side. Their sum, or their element-wise product, keeps the size $d_h$, and can no
# longer tell which network said what.

# %% slideshow={"slide_type": "skip"}
right, left = output.split(d_h, dim=-1)  # (T, N, d_h) each
d_out = 4
for name, states in {
    "joined": output,
    "sum": right + left,
    "product": right * left,
}.items():
    V = nn.Linear(states.shape[-1], d_out)
    print(
        f"{name:8} state {tuple(states.shape)}   V {tuple(V.weight.shape)}   logits {tuple(V(states).shape)}"
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# Joined and then multiplied by $V$ is a sum too, of $\overrightarrow{V}\overrightarrow{h}_t$ and
# $\overleftarrow{V}\overleftarrow{h}_t$, where $V = [\overrightarrow{V}\ \overleftarrow{V}]$: adding the states first
# is the special case in which both halves of $V$ are equal. So joining can do all that adding can, for $d_{out} \cdot
# d_h$ more weights.
#
# The next two-way layer of a stack reads joined states, so its $W$ has $2 d_h$ columns, for each direction
# ([06, section 5](06_stacked.ipynb#5-·-The-upper-layers'-weights)).

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · One vector for the whole sentence: the *final* states of both

# %%
show(*stacked.bidirectional_classification())

# %% [markdown]
# To classify a sentence you want one vector that has read all of it. The last state of a one-way network has, but the
# sentence's beginning lies many steps back. A two-way network has a second one: the backward network *ends* at the
# first word. Join the two **final** states. They stand at opposite ends of the output, and PyTorch gives both as
# `h_n[-2]` and `h_n[-1]` (of the top layer; for packed or unpadded input).

# %% slideshow={"slide_type": "subslide"}
torch.manual_seed(0)
module = nn.GRU(d_in, d_h, bidirectional=True)
x = torch.randn(T, N, d_in, requires_grad=True)
output, h_n = module(x)
final = torch.cat([h_n[-2], h_n[-1]], dim=-1)  # (N, 2 d_h)


def seen(state):
    """The steps whose input reaches a state, found by its gradient."""
    (grad,) = torch.autograd.grad(state.sum(), x, retain_graph=True)
    return [t + 1 for t in range(T) if grad[t].any()]


print("final states, forward half: ", seen(final[:, :d_h]))
print("final states, backward half:", seen(final[:, d_h:]))
print("output[-1],   forward half: ", seen(output[-1, :, :d_h]))
print("output[-1],   backward half:", seen(output[-1, :, d_h:]))

# %% [markdown]
# `output[-1]` has the same shape and is wrong: its backward half has just begun and has read one word. It runs, it
# trains, and half of it is nearly useless ([03, section
# 13](03_weight_shapes.ipynb#13-·-Silent-mistake-4:-output[:,--1]-of-a-two-way-network)).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 6 · The role of every name in Python
#
# Python source is text where the word to the *right* often decides. `total (` is a call, `total =` an assignment, and
# `total =` inside brackets names an argument. Python's own parser knows the role of every name, so labels cost nothing:
# the corpus `python_source` holds the lines of Python's standard library, with eleven roles. It is split by module, so
# the taggers are judged on files they have not seen.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.datasets.python_source import SCORED

source = {split: load("python_source", split).documents for split in ("train", "test")}
source["train"] = source["train"][::4]  # a quarter of the lines will do here
role_taggers = {"one-way": train_tagger(source["train"], False, 64, 400)}
assert (
    role_taggers["one-way"].tags(["def", "total", "(", "rate", ")", ":"])[1] == "function"
)

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.diagrams import Table
from lecture_utils.view import MARKERS, PALETTE, plot_axes

role_taggers["two-way"] = train_tagger(source["train"], True, 64, 400)

words = [line.words for line in source["test"]]
gold = [line.tags for line in source["test"]]
read = {"most frequent": look_up(most_frequent_tags(source["train"]), words)}
read |= {way: tagger.tag_all(words) for way, tagger in role_taggers.items()}
roles = {name: tag_accuracy(gold, tags, SCORED) for name, tags in read.items()}
show_scores("Names with the right role", roles, "%", own=["two-way"])

figure, axes = plot_axes(
    "Where the right side decides", "names of that role with the right tag, %", ""
)
shares = {
    way: [100 * tag_accuracy(gold, read[way], [role]) for role in SCORED] for way in WAYS
}
for number, way in enumerate(WAYS):
    axes.plot(shares[way], SCORED, MARKERS[number], color=PALETTE[number])
    axes.annotate(
        way,
        (shares[way][-1], len(SCORED) - 1),
        (0, 9),
        textcoords="offset points",
        ha="center",
    )
axes.set(ylim=(-0.5, len(SCORED)))
rows = tuple(
    (role, *(f"{shares[way][k]:.1f} %" for way in WAYS)) for k, role in enumerate(SCORED)
)
said_of = "; ".join(f"{role}: one-way {one}, two-way {two}" for role, one, two in rows)
show(
    figure,
    f"The share of right tags by role. {said_of}.",
    Table("By role", ("", *WAYS), rows),
)
assert roles["two-way"] > 0.95
assert roles["two-way"] > roles["one-way"] + 0.08
assert roles["one-way"] > roles["most frequent"] + 0.2

# %% [markdown] slideshow={"slide_type": "skip"}
# Read the plot by rows. After `def`, `class` and `import` the left side says it all, and one direction is enough.
# For *call*, *argument* and *method*, and for *field* and *assigned*, what comes next decides: there the one-way tagger
# has to guess what the two-way tagger sees.
#
# Only names are counted. The brackets, strings and keywords between them have a tag too, which their form gives away.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Look at the mistakes
#
# These are the three lines of the held-out files with the largest share of names that only the one-way tagger gets
# wrong, among lines of six to eleven tokens. Below them stand the mistakes that the
# two-way tagger makes most often.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from collections import Counter


def only_one_way_fails(n):
    """How much of a line is lost where nobody looks to the right."""
    lost = sum(
        g != o and g == t
        for g, o, t in zip(gold[n], read["one-way"][n], read["two-way"][n])
    )
    return lost / len(gold[n])


short = [n for n, line in enumerate(words) if 6 <= len(line) <= 11]
for n in sorted(short, key=only_one_way_fails, reverse=True)[:3]:
    rows = [("the parser", gold[n]), *((way, read[way][n]) for way in WAYS)]
    show(*tagged_sentence(words[n], rows))
pairs = [pair for line in zip(gold, read["two-way"]) for pair in zip(*line)]
often = Counter((g, t) for g, t in pairs if g in SCORED and g != t)
most = {f"{wrong} where {true} is right": n for (true, wrong), n in often.most_common(4)}
show_scores("What the two-way tagger still mixes up", most, "times", digits=0)
assert roles["two-way"] > 0.95

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 7 · Type a line of Python
#
# Python's parser labels your line, and both taggers try. **Try** a call without an argument, then one with
# `key=value` inside. **Notice** where the one-way tagger fails: at names whose role the next sign decides. (As in the
# corpus, every number is shown as `0` and every string as `"..."`.)

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
import tokenize

from lecture_utils.datasets.python_source import tagged_lines
from lecture_utils.view import own_input


def parsed(text):
    """The first line of some Python with a name in it; a line that opens a block may stand alone."""
    for whole in (text, f"{text}\n    pass"):
        try:
            return next(tagged_lines(f"{whole}\n"), None)
        except (SyntaxError, ValueError, tokenize.TokenError, RecursionError, MemoryError):
            continue
    return None


def roles_of(text, theme="card"):
    """The line with the role of every name: what the parser says, and what both taggers say."""
    line = parsed(text.strip())
    if line is None:
        raise ValueError(
            "Type a line that Python can read, with a name in it: total(prices)."
        )
    rows = [("the parser", line.tags)]
    rows += [(way, tagger.tags(line.words)) for way, tagger in role_taggers.items()]
    return tagged_sentence(line.words, rows, title="The role of every name", theme=theme)


examples = (
    "best = max(prices, key=rate)",
    "item.price = basket.total()",
    "def total(prices, rate=0):",
    "for name in names:",
)
assert role_taggers["two-way"].tags(parsed(examples[0]).words)[2] == "call"
assert roles["two-way"] > 0.95
own_input("Roles of names", roles_of, examples[0], label="Your line", presets=examples)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · Who can see what

# %%
show(*stacked.who_sees_what())

# %% [markdown]
# Each square says whether the output of a step (row) can depend on an input (column). A one-way network fills the lower
# triangle; a two-way one fills everything; so does a stack of two-way layers. The drawing counts paths. The next cell
# measures: it changes one input at a time and looks which outputs move.

# %% slideshow={"slide_type": "skip"}
STEPS = 5


def influence(network, steps=STEPS):
    """Whether output t (row) moves when input s (column) is changed: (steps, steps) of True and False."""
    torch.manual_seed(0)
    x = torch.randn(steps, 1, d_in)
    with torch.no_grad():
        before = network(x)  # (steps, 1, features)
        moved = []
        for s in range(steps):
            changed = x.clone()
            changed[s] += 1.0
            moved.append((network(changed) - before).abs().amax(dim=(1, 2)) > 0)
    return torch.stack(moved, dim=1)


def shifted(module):
    """The state before a word from the left, joined with the state behind it from the right."""

    def read(x):
        right, left = module(x)[0].split(d_h, dim=-1)
        nothing = torch.zeros_like(right[:1])
        return torch.cat(
            [torch.cat([nothing, right[:-1]]), torch.cat([left[1:], nothing])], dim=-1
        )

    return read


one_way, both = nn.GRU(d_in, d_h), nn.GRU(d_in, d_h, bidirectional=True)
deep = nn.GRU(d_in, d_h, num_layers=2, bidirectional=True)
networks = {
    "one-way": lambda x: one_way(x)[0],
    "two-way": lambda x: both(x)[0],
    "two-way, shifted": shifted(both),
    "two layers, shifted": shifted(deep),
}
for name, network in networks.items():
    print(name)
    for row in influence(network):
        print("   ", " ".join("■" if seen else "·" for seen in row))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 9 · Fill the blank
#
# - I am \_\_\_ .
# - I am \_\_\_ hungry .
# - I am \_\_\_ hungry , and I can eat half a pig .
#
# What would you write? *happy*; then *not*, or *very*; and in the third, *not* hardly fits any more. The words before
# the blank are the same each time.

# %% slideshow={"slide_type": "skip"}
show(*stacked.around_a_blank())

# %% [markdown] slideshow={"slide_type": "skip"}
# ### No mask is needed
#
# To learn this from raw text, let every word of a sentence be a blank in turn. But a two-way state at a word has *read*
# the word. So guess the word from the two states beside it, which have not:
#
# $$o_t = V \left[\overrightarrow{h}_{t-1} ; \overleftarrow{h}_{t+1}\right] + b_2$$
#
# This is the panel "two-way, around a gap" of the picture in section 8: all but the diagonal. One pass over a sentence
# gives a prediction for each of its words, and nothing had to be covered. Check it on a small untrained filler: change
# one word, and look which predictions move.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.models.filling import Filler, train_filler
from lecture_utils.text import Vocabulary, pad_batch

torch.manual_seed(0)
filler = Filler(Vocabulary("abcdef", specials=("<pad>", "<unk>")), d_embedding=4, d_h=5)
ids, lengths = pad_batch([filler.vocabulary.encode("abcde")])  # (5, 1), (1,)
with torch.no_grad():
    for t in range(5):
        changed = ids.clone()
        changed[t] = filler.vocabulary["f"]
        moved = (filler(changed, lengths) != filler(ids, lengths)).any(dim=-1)[:, 0]
        hit = [s + 1 for s in range(5) if moved[s]]
        print(f"word {t + 1} changed: predictions {hit} move")

# %% [markdown] slideshow={"slide_type": "skip"}
# A one-way filler predicts from $\overrightarrow{h}_{t-1}$ alone: it is a usual language model. Train both on the
# sentences of the generated English corpus, and fill the blanks.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
lines = {split: [s.words for s in english[split]] for split in english}
fillers = {}
for way in WAYS:
    fillers[way], _ = train_filler(
        lines["train"], bidirectional=way == "two-way", steps=400
    )
perplexity = {way: filler.perplexity(lines["test"]) for way, filler in fillers.items()}
show_scores(
    "Perplexity of held-out words: lower is better", perplexity, "", own=["two-way"]
)
assert perplexity["two-way"] < 0.6 * perplexity["one-way"] < 15

# %% slideshow={"slide_type": "subslide"} tags=["nbval-ignore-output", "trained"]
hungry = (
    "I am ___ .",
    "I am ___ hungry .",
    "I am ___ hungry , and I can eat half a pig .",
)
chance = {way: [filler.fill(s) for s in hungry] for way, filler in fillers.items()}
for way in WAYS:
    print(way)
    for sentence, chances in zip(hungry, chance[way]):
        best = ", ".join(f"{word} {p:.2f}" for word, p in list(chances.items())[:4])
        print(f"   {sentence:<46} {best:<46} (not {chances['not']:.2f})")
one, two = ([chances["not"] for chances in chance[way]] for way in WAYS)
assert max(one) - min(one) < 1e-6
assert two[1] > 0.2
assert max(two[0], two[2]) < 0.5 * two[1]

# %% [markdown]
# The one-way model gives one answer for all three: it has read *I am*. The two-way model fills the first with
# a feeling, the second with *not* or a degree, and in the third it prefers the degrees, while *not* loses most of its
# probability. It loses it because of *pig*, many words behind the blank.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 10 · Your own blank
#
# Write a sentence with one blank, `___`. The models know the few hundred words of a small grammar, and nothing else; a
# word they have never seen reads as unknown. **Try** the blank at the beginning of a sentence, and at its end.
# **Notice** that at the beginning the one-way model has nothing to go by, and at the end the two know the same.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.models.filling import BLANK, words_with_blank


def fill_in(text):
    """The most probable words for the blank, by both models."""
    known = fillers["two-way"].vocabulary
    new = [word for word in words_with_blank(text) if word != BLANK and word not in known]
    columns = [list(fillers[way].fill(text).items())[:6] for way in WAYS]
    rows = zip(*([f"{word} {p:.3f}" for word, p in column] for column in columns))
    unknown = f" Unknown here: {', '.join(new)}." if new else ""
    numbered = tuple((str(n), *row) for n, row in enumerate(rows, start=1))
    return Table(f"In the blank.{unknown}", ("", *WAYS), numbered)


examples = (
    *hungry,
    "The ___ barked at the cat .",
    "He went to the ___ to deposit cash .",
    'He said , " ___ Roosevelt was a great president ! "',
    "We walked to the ___",
)
assert "not" in str(fill_in(hungry[1]))
assert perplexity["two-way"] < 8
own_input("Fill the blank", fill_in, hungry[1], label="Your sentence", presets=examples)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 11 · Two layers leak
#
# Would a second two-way layer make a better filler? Train one in the same way, with the prediction between the two
# states beside the word, as before.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from math import log2

deep, _ = train_filler(lines["train"], num_layers=2, steps=400)


def with_real_blanks(filler, sentences):
    """Perplexity when ``___`` stands where the word is to be guessed: now nobody can have read it."""
    found = []
    for words in sentences:
        for t, word in enumerate(words):
            if word in filler.vocabulary:
                blanked = " ".join([*words[:t], BLANK, *words[t + 1 :]])
                found.append(filler.fill(blanked)[word])
    return torch.tensor(found).log().mean().neg().exp().item()


some, bits = lines["test"][::16], {}
for name, filler in {**fillers, "two layers": deep}.items():
    training, blanks = filler.perplexity(some), with_real_blanks(filler, some)
    bits[f"{name}, as in training"], bits[f"{name}, real blanks"] = (
        log2(training),
        log2(blanks),
    )
title = "Surprise at held-out words: two layers know too much, and then nothing"
show_scores(title, bits, "bits per word", own=[name for name in bits if "layers" in name])
assert training < 0.5 * perplexity["two-way"]
assert blanks > 2 * perplexity["one-way"]

# %% [markdown] slideshow={"slide_type": "skip"}
# As in training, two layers need next to no bits for a held-out word: the model is nearly certain, and nearly always
# right. (A perplexity of 2 is one bit, one of 4 two bits.) Be suspicious. Put a real blank in the sentence, and it knows less than the *one-way* model: it has learned to
# copy.
#
# The word takes a detour. In the first layer, the backward state of the word *before* the blank has read the blank's
# word. The second layer's forward state reads both first-layer states of that neighbour. So
# $\overrightarrow{h}^{(2)}_{t-1}$ knows
# $x_t$: section 8 showed the full square. (The columns of the single layers differ
# a little: with a real blank, rare words, which were learned as unknown, are left out.)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Two ways out, both famous
#
# **Keep the directions apart until the top.** ELMo (Peters et al., 2018) stacks two LSTM layers that read to the right,
# and two that read to the left. Both are ordinary language models, so no state has read the word it predicts. Only
# afterwards are their states put side by side, and given to a model for another task.
#
# **Cover the word.** BERT (Devlin et al., 2018) chooses 15 in 100 tokens of a text for prediction; most of them are
# replaced by a sign that stands for a blank, a few by a random token, and a few are left as they are. Then the layers
# may look wherever they like. (BERT's layers are not recurrent: they are a transformer's, and each one sees the whole
# text. See [08](08_summary.ipynb).)
#
# Neither was made to fill blanks. Guessing hidden words needs no labels, so a model can be [pre-trained](glossary.md#pre-training) on a great
# deal of raw text. Afterwards the small set of labelled examples for the real task [fine-tunes](glossary.md#fine-tuning) all of its weights
# (BERT), or trains a new model on top of its states (ELMo, as it was first used).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 12 · One word, two senses
#
# An embedding gives *bank* one vector, whatever is meant. The states at *bank* depend on the sentence: they are
# [contextual vectors](glossary.md#contextual-vector). *Dive into Deep Learning* asks: does a two-way model tell apart the *bank* of "i went to the
# bank to deposit cash" and that of "i went to the bank to sit down"?
#
# Nobody has told the fillers about senses. The corpus knows which one each sentence means, for scoring only: a
# linear [probe](glossary.md#probe) learns the sense from the vectors of the training sentences, and is judged on
# held-out ones. Untrained models, and the embedding, which is the same for every *bank*, are the controls.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.datasets.english import SENSES
from lecture_utils.probes import linear_probe

banks = {
    split: [s for s in english[split] if s.topic in SENSES and "bank" in s.words]
    for split in english
}
sense = {s: torch.tensor([SENSES.index(b.topic) for b in banks[s]]) for s in banks}


def at_bank(filler, words):
    """The contextual vector of the word bank: (D d_h,)."""
    return filler.vectors(words)[words.index("bank")]


def something_follows(sentence):
    return any(
        word.isalnum() for word in sentence.words[sentence.words.index("bank") + 1 :]
    )


known = fillers["two-way"].vocabulary
readers = dict(fillers)
for way in WAYS:
    torch.manual_seed(0)
    readers[f"{way}, untrained"] = Filler(known, bidirectional=way == "two-way")
vectors = {
    name: {s: torch.stack([at_bank(filler, b.words) for b in banks[s]]) for s in banks}
    for name, filler in readers.items()
}
static = fillers["two-way"].embedding.weight[known["bank"]].detach()
vectors["embedding"] = {s: static.expand(len(banks[s]), -1) for s in banks}

follows = torch.tensor([something_follows(b) for b in banks["test"]])
told, told_behind = {}, {}
for name, found in vectors.items():
    right = linear_probe(found["train"], sense["train"], found["test"]) == sense["test"]
    told[name] = right.float().mean().item()
    told_behind[name] = right[follows].float().mean().item()
title = f"The right sense, of {len(sense['test'])} held-out sentences"
show_scores(title, told, "%", own=list(WAYS))
title = f"The same, of the {int(follows.sum())} with words behind bank"
show_scores(title, told_behind, "%", own=list(WAYS))
assert told["two-way"] > told["one-way"] + 0.1 > told["embedding"] + 0.1
assert perplexity["two-way"] < 8  # the trained ones are trained

# %% [markdown] slideshow={"slide_type": "skip"}
# The embedding is at chance. One-way vectors tell the sense as far as the words on the left do. Two-way vectors tell
# it in most sentences. So yes: the two banks come apart.
#
# But look at the untrained two-way network, whose weights are random numbers: it does about as well. **So training did
# not put the sense there.** A state that reads both sides, whatever its weights, holds a blurred copy of the words
# around it. The probe, which *was* told the senses, finds the words in it that give them away. Section 10 of
# [notebook 06](06_stacked.ipynb#10-·-Do-higher-layers-hold-something-more-abstract?) met the same trap. What this table
# measures is how far a state can see.

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Where in the space?
#
# Look at the held-out sentences along two directions that the *training* sentences fix. Across: the direction that
# separates the two senses best, relative to the spread within each (Fisher, 1936). Up: the direction of the largest
# spread that is left.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from matplotlib.figure import Figure


def plane(X, senses):
    """The middle of X (M, d), and two directions (d, 2): between the senses, and the widest one left."""
    means = torch.stack([X[senses == k].mean(dim=0) for k in (0, 1)])
    within = X - means[senses]
    spread = within.T @ within / len(X)  # (d, d)
    ridge = 0.05 * spread.diagonal().mean() * torch.eye(len(spread))
    between = torch.linalg.solve(spread + ridge, means[1] - means[0])
    between = between / between.norm()
    middle = means.mean(dim=0)
    rest = (X - middle) - ((X - middle) @ between)[:, None] * between
    return middle, torch.stack([between, torch.linalg.svd(rest)[2][0]], dim=1)


def share_between(X, senses):
    """The share of the vectors' whole spread that the means of the two senses account for."""
    left = sum(
        X[senses == k].var(0, correction=0).sum() * (senses == k).float().mean()
        for k in (0, 1)
    )
    return (1 - left / X.var(0, correction=0).sum()).item()


lecture = ("i went to the bank to deposit cash", "i went to the bank to sit down")
figure = Figure(figsize=(7, 3.5))
rows, apart, between = [], {}, {}
for axes, way in zip(figure.subplots(1, 2), WAYS):
    middle, directions = plane(vectors[way]["train"], sense["train"])
    between[way] = share_between(vectors[way]["train"], sense["train"])
    points = (vectors[way]["test"] - middle) @ directions  # (M, 2)
    for k, name in enumerate(SENSES):
        some = points[sense["test"] == k]
        axes.scatter(*some.T, s=14, alpha=0.5, color=PALETTE[k], marker=MARKERS[k])
        rows.append(
            (way, name, *(f"{v:.2f}" for v in (some[:, 0].mean(), some[:, 0].std())))
        )
    ends = [(at_bank(fillers[way], s.split()) - middle) @ directions for s in lecture]
    apart[way] = (ends[1] - ends[0])[0].item() / points[:, 0].std().item()
    for k, (x, y) in enumerate(ends):
        axes.scatter(x, y, s=70, color=PALETTE[k], marker=MARKERS[k], edgecolor="black")
        axes.annotate(
            ("deposit cash", "sit down")[k],
            (x, y),
            (0, 9 if k else -16),
            textcoords="offset points",
            ha="center",
            fontweight="bold",
        )
    axes.spines[["top", "right"]].set_visible(False)
    axes.set(xlabel="between the senses", ylabel="widest direction left", title=way)
figure.suptitle("Two-way vectors of bank lean to their sense", x=0.02, ha="left")
figure.tight_layout()
table = Table(
    "Along the first direction", ("model", "sense", "mean", "spread"), tuple(rows)
)
facts = " ".join(f"{way}, {name}: mean {m}, spread {s}." for way, name, m, s in rows)
show(
    figure,
    "Two scatter plots of held-out sentences with bank: circles for the money bank, squares "
    f"for the river bank, and the two sentences of the lecture named. Across: {facts}",
    table,
)
show_scores("How much of the spread lies between the senses", between, "%", own=["two-way"])
assert apart["one-way"] == 0 < apart["two-way"]
assert perplexity["two-way"] < 8

# %% [markdown] slideshow={"slide_type": "skip"}
# Circles are money banks, squares are river banks. In the one-way panel the lecture's two sentences lie on one point:
# up to *bank* they are the same sentence. In the two-way panel they come apart along the first direction.
#
# They are not two clouds with empty space between. The sense is *one direction* among many, and carries a very small
# part of the spread. The rest is about who went, whether a full stop follows, where in the sentence the word stands.
# Why should it be otherwise? These vectors serve to predict neighbours: the forward state at *bank* the next word, the
# backward state the word before. The sense matters to a prediction only where that neighbour depends on it.
#
# Models that are much larger, trained on much more text, have more use for it: Peters et al. (2018) told senses apart
# by the nearest neighbours of ELMo's states. Which architecture would one choose today? After language models in two
# directions, such as ELMo, came transformers that are pre-trained on blanks, such as BERT, and larger ones since.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 13 · When it is wrong: the next word
#
# Train a two-way network to predict the *next* character, at every step. What could go wrong?
#
# $\overleftarrow{h}_t$ has read $x_T \dots x_{t+1}, x_t$. The target at step $t$ *is* $x_{t+1}$. The network need not
# predict: it can look up the answer.

# %%
from lecture_utils.experiments.common import find, stored

leak = stored("leak")
kinds = {
    "whole windows": "whole windows,\nas in training",
    "next, unseen": "the character\nbehind a window",
    "written": "what it writes,\njudged by another model",
}
title = "Too good to be true, and then worse than one way"
figure, axes = plot_axes(title, "", "bits per character (lower is better)")
rows = []
for number, way in enumerate(WAYS):
    bands = [leak.band(way, kind) for kind in kinds]
    for place, (kind, band) in enumerate(zip(kinds, bands)):
        x = place + (number - 0.5) * 0.3
        seeds = leak.values(way, kind)
        axes.scatter([x] * len(seeds), seeds, color=PALETTE[number], marker=MARKERS[number])
        axes.annotate(
            f"{way}\n{band.middle:.2f}",
            (x, band.high),
            (0, 6),
            textcoords="offset points",
            ha="center",
            fontsize=9,
        )
    rows.append((way, *(f"{b.middle:.2f} ({b.low:.2f} to {b.high:.2f})" for b in bands)))
axes.set_xticks(range(len(kinds)), kinds.values())
axes.set(xlim=(-0.5, 2.5), ylim=(0, 6))
table = Table("Bits per character: median (and range)", ("", *kinds), tuple(rows))
facts = " ".join(
    f"{way}: {', '.join(f'{kind} {v}' for kind, v in zip(kinds, vs))}." for way, *vs in rows
)
show(figure, f"Bits per character of two models, {len(leak.seeds)} seeds. {facts}", table)

# %% [markdown]
# - **Whole windows:** the two-way model seems to need next to nothing for a character. No honest model of English comes
#   near this: people who guessed a text letter by letter needed around one bit (Shannon, 1951).
# - **The character behind a window**, which nobody has shown it: worse than the one-way model.
# - **What it writes:** at the end of a text there is nothing to look up, and it was hardly trained for that.
#
# The loss goes down, also on held-out text, and nothing in the code fails. A figure that is too good is the only
# warning.

# %% [markdown] slideshow={"slide_type": "skip"}
# Try it yourself with a new seed: a quarter of the steps, and smaller networks.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
small = find("leak").measure(seed=3, width=32, steps=100)
live = {
    f"{way}, {kind}": value for way, own in small.items() for kind, value in own.items()
}
two_ways = [name for name in live if name.startswith("two")]
show_scores("Bits per character, one new seed", live, "bits", digits=2, own=two_ways)
assert small["two-way"]["whole windows"] < 0.5 * small["one-way"]["whole windows"]
assert small["two-way"]["next, unseen"] > small["one-way"]["next, unseen"]

# %% [markdown] slideshow={"slide_type": "skip"}
# **Question.** A colleague pads a two-way network's input so that the text is shifted by one: the loss at step $t$ asks
# for $x_t$, and the network reads $x_1 \dots x_{t-1}$ *and* $x_{t+1} \dots x_T$. Does the answer leak?
#
# <details><summary>Answer</summary>
#
# No: that is the blank of section 9, and it is honest. But it is no longer a model of the next word: it needs the words
# behind the blank, and a writer does not have them yet. You cannot generate text with it from left to right.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Input that comes in a stream
#
# A one-way network can take a word as it comes, and its old outputs stay as they are. Feed it word by word, hand on the
# state, and you get what it gives for the whole. For a two-way network every new word changes *all* outputs.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
one_way, both = nn.GRU(d_in, d_h), nn.GRU(d_in, d_h, bidirectional=True)
x = torch.randn(6, 1, d_in)
with torch.no_grad():
    h, pieces = None, []
    for x_t in x.split(1):  # (1, 1, d_in): one word at a time
        output, h = one_way(x_t, h)
        pieces.append(output)
    together = torch.allclose(torch.cat(pieces), one_way(x)[0], atol=1e-6)
    print("one-way, word by word, gives the same states:", together)
    for t in range(2, 7):
        before, after = both(x[: t - 1])[0], both(x[:t])[0]
        changed = (before != after[: t - 1]).any(dim=-1).sum().item()
        print(f"two-way: word {t} comes, {changed} of {t - 1} earlier outputs change")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 14 · What two directions cost
#
# You may read that two-way networks are very slow to train because their chains of gradients are long. Test it. A chain
# runs within one direction: from a state back to the state before it *in its own reading order*. There are two of
# them, and neither is longer than the chain of a one-way network. The next cell walks through autograd's graph of the
# scratch layers and finds the longest chain of steps.

# %% slideshow={"slide_type": "skip"}
INPUTS = 50


def longest_chain(node):
    """Operations that compute a new state (tanh) on the longest way back from a node of autograd's graph."""
    waiting, lengths = [node], {}
    while waiting:
        node = waiting[-1]
        before = [child for child, _ in node.next_functions if child is not None]
        todo = [child for child in before if child not in lengths]
        if todo:
            waiting += todo
            continue
        own = "Tanh" in type(node).__name__
        lengths[node] = max((lengths[child] for child in before), default=0) + own
        waiting.pop()
    return max(lengths.values())


chains, sizes = {}, {}
for name, ways in {"one-way": 1, "two-way": 2}.items():
    layer = scratch.RNN(d_in, d_h, bidirectional=ways == 2)
    chains[name] = longest_chain(layer(torch.randn(50, 1, d_in))[0].sum().grad_fn)
    sizes[name] = sum(weight.numel() for weight in layer.parameters())
    print(
        f"{name}: longest chain over 50 inputs {chains[name]} steps, {sizes[name]} parameters"
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# What doubles is the work, and the states that are kept for the backward pass. Time it: pairs of one training step
# each, interleaved, and the median of the ratios.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
import time
from statistics import median


def seconds(layer, x):
    """Processor time of one forward and backward pass."""
    start = time.process_time()
    layer(x)[0].sum().backward()
    return time.process_time() - start


x = torch.randn(50, 32, 64)
one_way, both = nn.GRU(64, 64), nn.GRU(64, 64, bidirectional=True)
ratios = [seconds(both, x) / seconds(one_way, x) for _ in range(40)]
print(
    f"two-way takes {median(ratios):.2f} times as long as one-way (median of {len(ratios)} pairs)"
)
assert 1.2 < median(ratios) < 4

# %% [markdown] slideshow={"slide_type": "skip"}
# So: twice the parameters, twice the states, about twice the time, and no longer chain. The two directions do not even
# wait for one another, so hardware with room can run them side by side. The real price is another one: the backward
# network cannot begin before the last word is there. A two-way network **cannot work on a stream**.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 15 · Three exercises from a textbook
#
# The chapter on two-way networks in *Dive into Deep Learning* (d2l.ai) ends with three questions. Here are answers that
# run.
#
# **If the two directions have states of different size, what is the shape of the joined state?** The sum of both sizes.
# PyTorch's layers have one `hidden_size` for both, so take two modules:

# %% slideshow={"slide_type": "skip"}
rightward, leftward = nn.GRU(d_in, 10), nn.GRU(d_in, 6)
x = torch.randn(T, N, d_in)
joined = torch.cat([rightward(x)[0], leftward(x.flip(0))[0].flip(0)], dim=-1)
print(
    "joined:",
    tuple(joined.shape),
    "  V for 4 classes:",
    tuple(nn.Linear(10 + 6, 4).weight.shape),
)

# %% [markdown] slideshow={"slide_type": "skip"}
# It is rarely done: both sides have as much to say, and one size is one number less to choose.
#
# **Make it deep.** Every further layer reads joined states, so its inputs are $2 d_h$ wide:

# %% slideshow={"slide_type": "skip"}
deep = nn.GRU(d_in, d_h, num_layers=3, bidirectional=True)
for name, weight in deep.named_parameters():
    if name.startswith("weight_ih"):
        print(f"{name:22} {tuple(weight.shape)}")
output, h_n = deep(x)
print(
    "output",
    tuple(output.shape),
    "  h_n",
    tuple(h_n.shape),
    "(layer-major: layers × directions)",
)

# %% [markdown] slideshow={"slide_type": "skip"}
# **A word with several senses.** This is [section 12](#12-·-One-word,-two-senses).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 16 · Good for, and not for
#
# | | |
# |---|---|
# | **Good for** encoding a whole sequence: a sentence to classify, a source sentence to translate | it is there, and both ends count |
# | **Good for** estimating something *inside* a sequence, from both sides: tags, names, phonemes, blanks | the left side and the right side both have evidence |
# | **Wrong for** predicting what comes next | the backward half has read it |
# | **Wrong for** writing text from left to right, so for a *decoder* | there is nothing behind the end yet |
# | **Wrong for** live input that needs an answer at once: speech as it is spoken, a keyboard | the backward half waits for the end |
#
# Graves and Schmidhuber (2005) labelled every frame of recorded speech with its phoneme: two directions beat one. For
# live speech a compromise is to let the backward network read a short piece ahead, and to answer that much later.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - A two-way RNN is two RNNs with weights of their own. They read the same inputs in opposite directions, and meet only
#   in what reads their states.
# - $\overrightarrow{h}_t$ has read $x_1 \dots x_t$, and $\overleftarrow{h}_t$ has read $x_T \dots x_t$. Joined they have
#   $2 d_h$ numbers, so $V$ is $d_{out} \times 2 d_h$.
# - For the whole sequence, join the two **final** states, `h_n[-2]` and `h_n[-1]`, and pack what is padded. Do not take
#   `output[-1]`.
# - Where the right side decides, as for *Teddy* and for names in Python, a one-way network cannot know. No training
#   mends this.
# - One two-way layer fills blanks without a mask, from the states beside the blank. Two stacked layers leak.
# - Never predict the next word with it: the answer leaks, and the loss looks splendid.
# - It costs twice the parameters, states and work. The chains are no longer than before, and it cannot work on a stream.
#
# **Next:** [08 Summary](08_summary.ipynb). **Back:** [06 Stacked RNNs](06_stacked.ipynb). All terms:
# [glossary](glossary.md).
#
# **Sources.** J. Devlin, M.-W. Chang, K. Lee and K. Toutanova, *BERT: pre-training of deep bidirectional transformers
# for language understanding*, arXiv:1810.04805 (2018). R. A. Fisher, *The use of multiple measurements in taxonomic
# problems*, Annals of Eugenics 7 (1936). A. Graves and J. Schmidhuber, *Framewise phoneme classification with
# bidirectional LSTM and other neural network architectures*, Neural Networks 18 (2005). M. E. Peters et al., *Deep
# contextualized word representations*, NAACL 2018. M. Schuster and K. K. Paliwal, *Bidirectional recurrent neural
# networks*, IEEE Transactions on Signal Processing 45 (1997). C. E. Shannon, *Prediction and entropy of printed
# English*, Bell System Technical Journal 30 (1951). A. Zhang, Z. C. Lipton, M. Li and A. J. Smola, *Dive into Deep
# Learning*, d2l.ai, chapter on bidirectional recurrent neural networks.
