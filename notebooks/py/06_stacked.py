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
# # 06 · Stacked RNNs
#
# An RNN turns a sequence into a sequence: vectors $x_t$ go in, states $h_t$ come out. So its output can be the input of
# another RNN. In this notebook you put one on top of another, say what shape every weight of the upper one has, look
# into the layers of a trained stack, and measure whether depth is worth its price.
#
# | | |
# |---|---|
# | **After it you can** | build a stacked RNN, give the shape of its weights and states, say what depth costs and brings |
# | **Outcomes served** | `stacked-bidirectional` `shapes` |
# | **Time** | 4 minutes live (the sections marked as slides), 45 minutes alone |
# | **Only 15 minutes?** | Read sections 1, 2, 4, 5 and 11 |
# | **Only 30 minutes?** | Add sections 3, 6, 7, 8 and 12 |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb), [03 Weight shapes](03_weight_shapes.ipynb) |
#
# Before: [04 Training](04_training.ipynb), [05 Architectures](05_architectures.ipynb). After: [07 Bidirectional RNNs](07_bidirectional.ipynb),
# [08 Summary](08_summary.ipynb).

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

from lecture_utils.shapes import RecurrentShape
from lecture_utils.view import show

# the networks here are small: a second thread gains next to nothing
torch.set_num_threads(1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · One RNN reads another

# %%
from lecture_utils.diagrams import stacked

show(*stacked.stacked())

# %% [markdown]
# A [stacked RNN](glossary.md#stacked-rnn) has several [layers](glossary.md#layer). The first reads the inputs. Each
# further layer reads the states of the layer below, at the same step, as if they were inputs. Only the top layer is
# read by $V$.
#
# Look at the labels. Along a row they are equal: every layer shares its weights over time, as before. From row to row
# they differ: $W^{(1)}$, $W^{(2)}$ and $W^{(3)}$ are three matrices, and so are the $U$'s. **Weights are shared over
# time, not over depth.** Each layer also has a first state $h_0^{(\ell)}$ of its own.

# %% [markdown] slideshow={"slide_type": "subslide"}
# Layer $\ell$ of $L$ computes, with $h_t^{(0)} = x_t$ as the lowest row:
#
# $$h_t^{(\ell)} = \tanh\!\left(U^{(\ell)} h_{t-1}^{(\ell)} + W^{(\ell)} h_t^{(\ell-1)} + b_1^{(\ell)}\right), \qquad
# o_t = V h_t^{(L)} + b_2$$
#
# A state has two neighbours: the state before it in its own layer, and the state below it at its own step. (Formulas
# count layers from 1, names from 0: $W^{(1)}$ is `weight_ih_l0`.)
#
# An ordinary deep network is a stack too, over one input. And an RNN with one layer is deep already, *along time*:
# unrolled over 50 steps it has 50 layers. Stacking makes it deep within a step.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · From scratch, in a dozen lines
#
# The loop over time is the one of [notebook 02](02_forward_pass.ipynb), for a batch: vectors are rows now, so $W x$
# becomes `x_t @ W.T`. Around it goes a loop over layers, and one line does the stacking.

# %%
d_in, d_h, L = 20, 10, 3  # numbers in an input, in a state; layers


def read(x, h, W, U, b):
    """One layer reads x (T, N, d_in), starting from h (N, d_h)."""
    states = []
    for x_t in x:  # (N, d_in)
        h = torch.tanh(x_t @ W.T + h @ U.T + b)  # (N, d_h)
        states.append(h)
    return torch.stack(states)  # (T, N, d_h)


def read_stacked(x, h_0, layers):
    """A stack reads x (T, N, d_in), starting from h_0 (L, N, d_h)."""
    finals = []
    for h, (W, U, b) in zip(h_0, layers):
        x = read(x, h, W, U, b)  # what this layer puts out, the next one takes in
        finals.append(x[-1])
    return x, torch.stack(finals)  # (T, N, d_h), (L, N, d_h)


# %% [markdown]
# `x` starts as the input, and after each layer it is that layer's states. A layer does not know whether it reads word
# vectors or states.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 3 · The same as PyTorch's, and as the package's
#
# In PyTorch the stack is one argument, `num_layers`. Copy the weights into the scratch version and into
# `lecture_utils.rnn.RNN`, start all three from the same states, and compare.

# %% slideshow={"slide_type": "skip"}
from lecture_utils import rnn as package

torch.manual_seed(0)
x, h_0 = torch.randn(7, 4, d_in), torch.randn(L, 4, d_h)  # T = 7 steps, N = 4 sequences
net = nn.RNN(d_in, d_h, num_layers=L)
ours = package.RNN(d_in, d_h, num_layers=L)
ours.load_state_dict(net.state_dict())


def scratch(x, h_0):
    """The scratch version with the weights of `net`; PyTorch's two hidden biases are added."""
    layers = [(W, U, b_ih + b_hh) for W, U, b_ih, b_hh in net.all_weights]
    return read_stacked(x, h_0, layers)


output, h_n = net(x, h_0)
for name, run in (("scratch", scratch), ("lecture_utils.rnn", ours)):
    for what, a, b in zip(("output", "h_n"), run(x, h_0), (output, h_n)):
        gap = (a - b).abs().max().item()
        print(f"{name:<18}{what:<7}{tuple(a.shape)!s:<12}within 1e-6: {gap < 1e-6}")

# %% [markdown] slideshow={"slide_type": "skip"}
# Training needs the gradients too. The loss here is the sum of the squares of all outputs and final states; the gap is
# relative to the size of each gradient, and the largest over all weights and the start state is judged.

# %% slideshow={"slide_type": "skip"}
tolerance = 1e-6


def gradients(run, module):
    start = h_0.clone().requires_grad_()
    output, h_n = run(x, start)
    loss = output.square().sum() + h_n.square().sum()
    return torch.autograd.grad(loss, [*module.parameters(), start])


theirs = gradients(net, net)
for name, run, module in (("scratch", scratch, net), ("lecture_utils.rnn", ours, ours)):
    gaps = [
        ((a - b).norm() / b.norm()).item() for a, b in zip(gradients(run, module), theirs)
    ]
    print(f"{name:<18}{len(gaps)} gradients within 1e-6: {max(gaps) < tolerance}")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 4 · What a stack gives back
#
# - `output` holds the **top** layer at every step.
# - `h_n` holds the final state of **every** layer: `h_n[0]` is the first layer's, `h_n[-1]` the top layer's.
#
# The states of the lower layers at the steps between appear nowhere. If you want them, stack the layers yourself: an
# `nn.RNN` of two layers is two `nn.RNN`s, one after the other.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
x = torch.randn(7, 4, d_in)
both = nn.RNN(d_in, d_h, num_layers=2)
lower, upper = nn.RNN(d_in, d_h), nn.RNN(d_h, d_h)  # the upper one reads d_h numbers
for k, layer in enumerate((lower, upper)):
    own = {name: p for name, p in both.state_dict().items() if name.endswith(f"l{k}")}
    layer.load_state_dict({name.replace(f"l{k}", "l0"): p for name, p in own.items()})

output, h_n = both(x)
states_1, h_1 = lower(x)  # the first layer, all steps
states_2, h_2 = upper(states_1)
finals = torch.cat([h_1, h_2])  # (L, N, d_h)
elsewhere = torch.isclose(output, h_n[0]).all(dim=-1)  # (T, N)
print("the chain's output is the stack's: ", torch.allclose(states_2, output, atol=1e-6))
print("the final states are those in h_n: ", torch.allclose(finals, h_n, atol=1e-6))
print("h_n[-1] is the last row of output: ", torch.equal(h_n[-1], output[-1]))
print("h_n[0] is in no row of output:     ", not elsewhere.any())

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · The upper layers' weights
#
# The first layer's $W$ has as many columns as the input has numbers. An upper layer reads a *state*, so its $W$ has
# $d_h$ columns, and is square. In a two-way stack it reads the states of **both** directions side by side: $2 d_h$
# columns. Gates multiply the rows: 3 blocks of $d_h$ rows for a GRU, 4 for an LSTM.
#
# Inputs of 30 numbers, states of 10: say each shape before you look.

# %%
names = ("weight_ih_l0", "weight_ih_l1", "weight_hh_l1")
print(f"{'':<12}" + "".join(f"{name:>14}" for name in names))
for ways in (1, 2):
    for cell in (nn.RNN, nn.GRU, nn.LSTM):
        layers = cell(30, 10, num_layers=2, bidirectional=ways == 2)
        weights = {name: tuple(p.shape) for name, p in layers.named_parameters()}
        spec = RecurrentShape.from_module(layers)
        row = "".join(f"{weights[name]!s:>14}" for name in names)
        print(f"{cell.__name__:<5}{ways}-way  {row}")
        assert dict(spec.weights()) == weights

# %% [markdown]
# `weight_ih_l0` depends on the input, `weight_ih_l1` does not. `weight_ih_l2`, and all above it, would look like
# `weight_ih_l1`.
#
# **Question.** You replace word vectors of 30 numbers by better ones of 300. Which weights of the stack change their
# shape?
#
# <details><summary>Answer</summary>
#
# `weight_ih_l0`, and in a two-way stack `weight_ih_l0_reverse`. Nothing above them knows how wide the input is.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 6 · To scale, and counted

# %% slideshow={"slide_type": "skip"}
from lecture_utils.diagrams.weights import weights

show(*weights(RecurrentShape("gru", 30, 10, num_layers=2, bidirectional=True)))

# %% [markdown] slideshow={"slide_type": "skip"}
# These are the weights of a two-way GRU with two layers; the layers lie one above the other, as in the network. Compare
# the blue boxes: $30$ columns below, $2 \cdot 10$ above. The other boxes are the same size in both layers.
#
# With $G$ blocks of rows and $D$ directions, an upper layer has $D \cdot G \cdot (d_h \cdot D d_h + d_h \cdot d_h
# + 2 d_h)$ parameters, PyTorch's two biases included. The next cell counts a stack of plain RNNs, layer by layer.

# %% slideshow={"slide_type": "skip"}
d_in, d_h = 300, 100
print(f"{'layers':>6} {'one-way':>9} {'two-way':>9}")
for L in (1, 2, 3, 4):
    counts = []
    for ways in (1, 2):
        spec = RecurrentShape("rnn", d_in, d_h, num_layers=L, bidirectional=ways == 2)
        first = ways * (d_h * d_in + d_h * d_h + 2 * d_h)
        further = ways * (d_h * ways * d_h + d_h * d_h + 2 * d_h)
        assert spec.num_parameters == first + (L - 1) * further
        counts.append(spec.num_parameters)
    print(f"{L:>6} {counts[0]:>9,} {counts[1]:>9,}")
one = RecurrentShape("rnn", d_in, d_h, num_layers=2).parameter_terms()
print("\nthe second layer, one-way:", *(f"{t.formula} = {t.count:,};" for t in one[4:]))

# %% [markdown] slideshow={"slide_type": "skip"}
# Every layer after the first costs the same. A layer is cheap here beside the first one, since the input is three times
# as wide as a state.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 7 · The shape explorer, on a stack
#
# **Try:** add layers and watch which weights come, and which shapes stay. Switch to one way, and say first which boxes
# become narrower. Type `h_n[0]` and `output[-1]` into the slice boxes. **Notice** that `output` keeps its shape however
# deep you go, while `h_n` gets new rows.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.explorers import shape_explorer

shape_explorer(nn.GRU(30, 10, num_layers=2, bidirectional=True))

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 8 · In which order? The diagonals
#
# The scratch code finishes one layer before it starts the next. You can also go step by step, all layers at each step.
# Neither order is needed. A state waits for two others only, its left neighbour and the one below. So all states on one
# **diagonal** can be computed at the same time: $h_1^{(3)}$ together with $h_2^{(2)}$ and $h_3^{(1)}$.

# %% slideshow={"slide_type": "skip"}
T, L = 8, 3
waves = [[(k, s - k) for k in range(L) if 0 <= s - k < T] for s in range(T + L - 1)]
number = {cell: s for s, wave in enumerate(waves, start=1) for cell in wave}
for k in reversed(range(L)):
    row = "".join(f"{number[k, t]:>4}" for t in range(T))
    print(f"layer {k + 1}  {row}")
print(f"{'step':<9}" + "".join(f"{t + 1:>4}" for t in range(T)))
widest = max(map(len, waves))
print(f"\n{T * L} states in {len(waves)} waves, at most {widest} at once")

# %% [markdown] slideshow={"slide_type": "skip"}
# Each number says in which wave a state can be computed. The $T \cdot L$ states need $T + L - 1$ waves. A computer that
# does one thing at a time gains nothing from this. One that computes a whole wave at once needs hardly more time for
# three layers than for one: this is how deep RNNs were made fast on GPUs (Appleyard et al., 2016). The next cell computes
# wave by wave, and compares.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
net = nn.RNN(20, 10, num_layers=L)
x = torch.randn(T, 20)  # one unbatched sequence
h = {(k, -1): torch.zeros(10) for k in range(L)}  # index -1: the start states
with torch.no_grad():
    for wave in waves:
        for k, t in wave:  # none of these reads another of the same wave
            W, U, b_ih, b_hh = net.all_weights[k]
            below = h[k - 1, t] if k else x[t]  # (d_h,) or (d_in,)
            h[k, t] = torch.tanh(W @ below + U @ h[k, t - 1] + b_ih + b_hh)
    top = torch.stack([h[L - 1, t] for t in range(T)])  # (T, d_h)
    print("wave by wave equals nn.RNN:", torch.allclose(top, net(x)[0], atol=1e-6))

# %% [markdown] slideshow={"slide_type": "skip"}
# **Question.** Do the diagonals work for a two-way stack?
#
# <details><summary>Answer</summary>
#
# No. Layer 2 reads, at its first step, the backward state of layer 1, which has already seen the last word. So layer 1
# must be finished, in both directions, before layer 2 can start. What remains is that the two directions of one layer
# can run side by side.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 9 · Dropout between the layers
#
# `nn.RNN(…, num_layers=3, dropout=0.2)` puts [dropout](glossary.md#dropout) **between** the layers: on what layer 1
# hands to layer 2, and layer 2 to layer 3. It is not put on the path from step to step, and not on the top layer's
# output. The extreme case shows where it acts: with a share of 1, everything between the layers is hidden.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
net = nn.RNN(20, 10, num_layers=2, dropout=1.0)
one, other = torch.randn(2, 5, 20)  # two sentences of 5 words
for mode in ("train", "eval"):
    net.train(mode == "train")
    (output, h_n), (other_output, other_h_n) = net(one), net(other)
    layer_1 = not torch.allclose(h_n[0], other_h_n[0])
    layer_2 = not torch.allclose(output, other_output)
    print(f"{mode:<6}layer 1 notices the input: {layer_1}   layer 2 notices it: {layer_2}")

# %% [markdown] slideshow={"slide_type": "skip"}
# In training mode layer 2 is cut off, and layer 1 works as ever: nothing was hidden inside it. In evaluation mode
# nothing is dropped at all. With one layer there is no "between", and PyTorch warns you:

# %% slideshow={"slide_type": "skip"}
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    nn.RNN(20, 10, num_layers=1, dropout=0.2)
print(str(caught[0].message).split(",")[0])

# %% [markdown] slideshow={"slide_type": "skip"}
# Dropout on the output of the top layer is yours to add, with `nn.Dropout` before the output layer, as in
# [notebook 02](02_forward_pass.ipynb).
#
# Which numbers are hidden is drawn anew at every step. (Gal and Ghahramani, 2016, hide the same numbers at all steps of
# a sequence instead; `nn.RNN` does not offer it.) To see it, take two layers that do nothing but pass on ones:

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
net = nn.RNN(8, 8, num_layers=2, nonlinearity="relu", bias=False, dropout=0.5)
with torch.no_grad():
    for W, U in net.all_weights:
        W.copy_(torch.eye(8))  # what comes in …
        U.zero_()  # … goes out, and nothing is remembered
    passed = net(torch.ones(20, 8))[0]  # (T, d_h)
print("numbers in the output:", sorted(set(passed.flatten().tolist())))
print("the same ones hidden at every step:", bool((passed == passed[0]).all()))

# %% [markdown] slideshow={"slide_type": "skip"}
# About half of the numbers become 0 and the others double, so that the mean stays the same on average.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 10 · Do higher layers hold something more abstract?
#
# Layers are often called levels of abstraction: letters below, words and meaning above. Look, rather than believe it.
#
# Train a character model on the Python documentation, with three plain layers of 64 units. Beside it, train one
# with a single layer, and keep a copy of the stack as it was *before* training. Then ask each layer what its states
# tell. All this is done once, with one seed.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.experiments.depth import StackedModel, corpus, train_stacked
from lecture_utils.training import seed_everything

vocab, ids = corpus()  # the characters, and the three splits as numbers
settings = {"embedding": 32, "seq_len": 32, "batch_size": 32, "lr": 4e-3, "clip": 1.0}
nets, reached, steps = {}, {}, 500
for name, depth in (("three layers", 3), ("one layer", 1)):
    nets[name], valid = train_stacked(
        depth, 64, seed=0, steps=steps, every=steps, **settings
    )
    reached[name] = valid[str(steps)]  # bits per character on the valid text

seed_everything(0)  # the very numbers that the stack above started from
nets["untrained"] = StackedModel(len(vocab), 32, 64, depth=3)
assert reached["three layers"] < reached["one layer"] < 3

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Four questions to the states
#
# A [probe](glossary.md#probe) is a small classifier that sees the states of one layer, and nothing else, and must
# answer a question about the text (Alain and Bengio, 2016). The network is not changed. If a *linear* probe
# succeeds on new text, the answer stands in the states in a simple form. Four questions:
#
# - Which character was **just read**?
# - Which one came **before** it?
# - Which **word** came before this one (asked at each letter of a word, for the 30 most frequent answers)?
# - Which character comes **next**? This is what the network was trained for.

# %% slideshow={"slide_type": "skip"}
from collections import Counter

from lecture_utils.probes import words_before

# the probe learns on one text and is judged on the other
seen, new = ids["valid"][:10_000], ids["test"][:10_000]


def previous_words(ids):
    """For each letter's place in the text, the word before the one it stands in."""
    text = "".join(c if len(c) == 1 else "?" for c in vocab.decode(ids))  # <unk>: one place
    return words_before(text)


frequent = [word for word, _ in Counter(previous_words(seen).values()).most_common(30)]


def questions(ids):
    """Each question as two tensors: places in the text, and the right answers there, as numbers."""
    places = torch.arange(1, len(ids) - 1)
    word = {t: frequent.index(w) for t, w in previous_words(ids).items() if w in frequent}
    return {
        "just read": (places, ids[places]),
        "one before": (places, ids[places - 1]),
        "word before": (torch.tensor(list(word)), torch.tensor(list(word.values()))),
        "next": (places, ids[places + 1]),
    }


# %% [markdown] slideshow={"slide_type": "skip"}
# ### Ask every layer
#
# `layer_states` stacks the layers by hand, as in section 4, to see the states of each. The probe is linear regression
# to one-hot answers, with a little ridge: one system of equations, and no training loop.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.probes import layer_states, linear_probe

to_learn, to_judge = questions(seen), questions(new)


@torch.no_grad()
def levels(net, ids):
    """The embeddings (T, 32), and the states of every layer, each (T, 64), from one pass over the text."""
    embedded = net.table(ids)
    return [embedded, *layer_states(net.rnn, embedded)]


def success(question, states, new_states):
    """Share of right answers on the new text, from states (T, features) alone."""
    (places, answers), (new_places, right) = to_learn[question], to_judge[question]
    read = linear_probe(states[places], answers, new_states[new_places])
    return (read == right).float().mean().item()


share = {}
for name, net in nets.items():
    pairs = list(zip(levels(net, seen), levels(net, new)))
    share[name] = {q: [success(q, A, B) for A, B in pairs] for q in to_judge}
guessed = {
    q: (right == to_learn[q][1].mode().values).float().mean().item()
    for q, (_, right) in to_judge.items()
}

for name, bits in reached.items():
    print(f"{name:<13} {bits:.2f} bits per character after {steps} steps")
print(f"\n{'right answers':<27}" + "".join(f"{question:>13}" for question in to_judge))
row = "".join(f"{guess:>13.0%}" for guess in guessed.values())
print(f"{'most frequent answer':<27}{row}")
for name, depth in (("three layers", 3), ("one layer", 1), ("untrained", 3)):
    for k in range(depth + 1):
        row = "".join(f"{share[name][q][k]:>13.0%}" for q in to_judge)
        print(f"{name:<14}{f'layer {k}' if k else 'embedding':<13}{row}")
trained, untrained = share["three layers"], share["untrained"]
up = {question: shares[3] - shares[1] for question, shares in trained.items()}
assert up["next"] > 0.05
assert max(up["just read"], up["one before"]) < -0.03
assert trained["next"][3] > untrained["next"][3] + 0.1
assert share["one layer"]["next"][1] > trained["next"][1]
assert max(trained["word before"]) < max(untrained["word before"])
assert trained["one before"][3] < untrained["one before"][3] - 0.1

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.diagrams import Table
from lecture_utils.view import MARKERS, PALETTE, QUIET, plot_axes

title = "Going up, less of what was read, more of what comes next"
figure, axes = plot_axes(title, "what the probe sees", "right answers (share)")
heights, rows = ("embedding", "layer 1", "layer 2", "layer 3"), []
for number, question in enumerate(("just read", "next")):
    for name, line in (("three layers", "-"), ("untrained", "--")):
        values = share[name][question]
        colour, marker = PALETTE[number], MARKERS[number]
        axes.plot(heights, values, color=colour, marker=marker, linestyle=line)
        end = question + (", trained" if line == "-" else ", untrained")
        axes.text(3.1, values[-1], end, va="center")
        rows.append((end, *(f"{value:.2f}" for value in values)))
axes.axhline(guessed["next"], **QUIET)
axes.text(3.1, guessed["next"], "most frequent answer", va="center")
axes.set(ylim=(0, 1.05), xlim=(-0.1, 3.05))
facts = " ".join(f"{name}: {', '.join(values)}." for name, *values in rows)
table = Table("Share of right answers", ("question, network", *heights), tuple(rows))
show(figure, f"Share of right answers, from the embedding up to layer 3. {facts}", table)
assert up["next"] > 0.05

# %% [markdown] slideshow={"slide_type": "skip"}
# ### What the numbers say
#
# - **Something changes with height.** In the trained stack, what was just read fades from layer to layer, and the next
#   character becomes easier to read out. In the untrained stack the second trend is absent.
# - **But it is the way to the answer, not a ladder of ideas.** The single layer of the small model tells the next
#   character better than layer 1 of the stack does. Whichever layer $V$ reads must have the answer ready; the layers
#   below it need not.
# - **The word before is hardly there.** No layer of the trained stack tells it much better than the most frequent answer
#   does, and the *untrained* stack tells it better, most of all at its top. This fits the column *one before*: random
#   weights keep a smeared copy of recent characters, and training seems to trade it for what helps to predict.
#
# So an untrained network is the baseline that a probe needs: much can be read out of random features (Zhang and Bowman,
# 2018, found so for LSTMs). And a probe tells what *can* be read out of a state, not what the network does with it.
#
# This is a small model after a short training, and one seed. In a large two-layer model of language, Peters et al.
# (2018) did find such levels: parts of speech were read best from the first layer, meanings of ambiguous words from the
# second.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 11 · Does depth help?
#
# The number of layers is a hyper-parameter: you choose it by trying. Here are plain RNNs of one to four layers on the
# same text. All get the same batches, the same number of steps and the same learning rate: none of this was tuned for
# the depth of a model. Two ways to make a network deeper are compared: every layer keeps its **width**, so depth adds
# parameters; or the number of **parameters** stays, so that each layer becomes narrower.

# %%
from lecture_utils.experiments.common import find, stored

depth_runs = stored("depth")
depths = depth_runs.config["depths"]
print(
    f"bits per character, test text: median (and range) of {len(depth_runs.seeds)} seeds\n"
)
print(f"{'':<17}{'layers':>6}{'width':>7}{'parameters':>12}{'multiplications':>17}    bits")
for way in depth_runs.config["ways"]:
    for depth in map(str, depths):
        sizes = depth_runs.runs[0][way][depth]
        low, middle, high = depth_runs.band(way, depth, "test")
        row = f"{way:<17}{depth:>6}{sizes['width']:>7}{sizes['parameters']:>12,}"
        row += f"{sizes['multiplications']:>17,}    {middle:.2f} ({low:.2f} to {high:.2f})"
        print(row)

# %% slideshow={"slide_type": "subslide"}
from lecture_utils.view import spread

title = "A second layer pays; a fourth does not"
figure, axes = plot_axes(title, "layers", "bits per character, test text")
rows, names = [], ("64 units in each layer", "about 36,000 parameters")
for number, (way, name) in enumerate(zip(depth_runs.config["ways"], names)):
    columns = [depth_runs.values(way, str(depth), "test") for depth in depths]
    spread(axes, depths, list(zip(*columns)), "", number)
    axes.annotate(name, (1, max(columns[0])), (12, 0), textcoords="offset points")
    rows.append((name, *(f"{min(c):.2f} to {max(c):.2f}" for c in columns)))
axes.set_xticks(depths)
facts = " ".join(f"{name}: {', '.join(values)}." for name, *values in rows)
header = ("", "1 layer", *(f"{depth} layers" for depth in depths[1:]))
table = Table("Bits per character on the test text", header, tuple(rows))
show(figure, f"Bits per character for 1 to 4 layers, lowest to highest. {facts}", table)

# %% [markdown]
# Each point is a median, and the band goes from the lowest seed to the highest. Lower is better. Read the two lines
# apart:
#
# - **At the same width** a second layer helps much, and a third a little; but the deeper network is also the larger one.
#   The fourth layer adds cost and no gain.
# - **At the same number of parameters** the gain is small: two layers are a little better than a single wide one, three
#   lie level with it, four are worse. And that single wide layer beats every stack of the upper line, the larger one of
#   four layers too: at this length of training, most of what depth seemed to bring there was size.
#
# So depth often helps, and not always. This is one text, one kind of cell and one length of training. On another
# problem the best depth is another, and you find it as you find the width: on validation text.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 12 · Deep stacks start slowly
#
# The same runs on the validation text, while they train: after a quarter of the steps, and at the end.

# %% slideshow={"slide_type": "skip"}
steps = depth_runs.config["steps"], depth_runs.config["every"]
for way in depth_runs.config["ways"]:
    for after in sorted(steps):
        row = ", ".join(
            f"{depth}: {depth_runs.band(way, str(depth), 'valid', str(after)).middle:.2f}"
            for depth in depths
        )
        print(f"{way:<16} after {after:>5,} steps   bits by depth   {row}")

end = {
    (way, depth): depth_runs.band(way, depth, "valid", str(max(steps)))
    for way in depth_runs.config["ways"]
    for depth in ("1", "4")
}
assert end["same width", "4"].high < end["same width", "1"].low
assert end["same parameters", "4"].low > end["same parameters", "1"].high

# %% [markdown] slideshow={"slide_type": "skip"}
# After a quarter of the training the four layers are the worst of all, and by far. At the end they have overtaken the
# single layer of the same width, and are still behind the single layer with the same number of parameters. Had we
# stopped early, four layers would have looked useless; with a longer training they might look better than here. So a
# comparison of depths holds *for a given amount of training*.
#
# You need not take the stored numbers on trust. The next cell trains the shallowest and the deepest of the first kind
# again, with a seed that is not among the stored ones, up to the first of the two rows.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
early = depth_runs.config["every"]
changes = {"ways": ["same width"], "depths": [1, 4], "steps": early}
live = find("depth").measure(seed=0, **changes)["same width"]
for depth in ("1", "4"):
    bits = live[depth]["valid"][str(early)]
    band = depth_runs.band("same width", depth, "valid", str(early))
    print(f"depth {depth}: {bits:.2f} bits; stored: {band.low:.2f} to {band.high:.2f}")
    assert band.holds(bits, margin=0.25)

# %% [markdown] slideshow={"slide_type": "skip"}
# A fresh seed may fall a little outside a band of three: the cell allows a quarter of a bit.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 13 · The same multiplications, more time
#
# One layer of 128 units and four layers of 60 multiply about equally often for a character (section 11). Do they take
# equally long? Time the forward and backward pass of both, in turn.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
from statistics import median
from time import perf_counter

from lecture_utils.training import next_token_loss

torch.manual_seed(0)
x, y = torch.randint(len(vocab), (2, 32, 32))  # (T, N) each
wide, deep = StackedModel(len(vocab), 32, 128, 1), StackedModel(len(vocab), 32, 60, 4)


def seconds(net):
    started = perf_counter()
    next_token_loss(net, x, y).backward()
    return perf_counter() - started


ratios = [seconds(deep) / seconds(wide) for _ in range(30)]
print(f"four layers of 60 take {median(ratios):.1f} times as long as one of 128")
assert median(ratios) > 1

# %% [markdown] slideshow={"slide_type": "skip"}
# They take longer. $T \cdot L$ states are computed one after another, and each has a fixed price, however narrow it
# is: calls, memory, bookkeeping for the gradient. A wide layer hides that price in its large products. A machine that
# works along the diagonals (section 8) pays it $T + L - 1$ times, and depth costs it less.
#
# So "cost" has three answers: parameters (memory), multiplications (arithmetic), and the number of steps that
# must wait for one another (time).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 14 · How deep, then?
#
# - Begin with one or two layers. Add one when the validation loss asks for it, and look at the width at the same time.
# - Put dropout between the layers when the model learns its training text by heart.
# - Two to four layers have been usual. Sutskever et al. (2014) translated with LSTMs of four layers. They report that
#   each further layer lowered the perplexity by nearly a tenth, and name the larger state as a possible reason: compare
#   section 11. In speech recognition, Graves et al. (2013) found depth to matter more than the size of a layer.
# - Beyond that, plain stacking gets hard to train. Wu et al. (2016) stacked eight LSTM layers, with
#   [residual connections](glossary.md#residual-connection): what enters an upper layer is also added to what leaves it,
#   so that the gradient has a path around each layer.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - Stacking: the states of one layer are the inputs of the next, step by step. In PyTorch: `num_layers`.
# - Every layer has weights of its own. From the second layer on, $W$ is $d_h \times d_h$ one-way and
#   $d_h \times 2 d_h$ two-way, with 3 blocks of $d_h$ rows for a GRU and 4 for an LSTM; the input size plays no part.
# - `output` is the top layer at every step; `h_n` is the final state of every layer.
# - Dropout acts between layers, in training only.
# - States on a diagonal do not wait for one another: $T \cdot L$ states, $T + L - 1$ waves.
# - Layers differ: towards the top, what was read fades and what is predicted emerges. Whether that is abstraction, ask
#   a probe, and an untrained network beside it.
# - Depth is a hyper-parameter. It costs, it often helps, and not always.
#
# **Next:** [07 Bidirectional RNNs](07_bidirectional.ipynb), then [08 Summary](08_summary.ipynb). **Back:**
# [04 Training](04_training.ipynb). All terms: [glossary](glossary.md).
#
# **Sources.** G. Alain and Y. Bengio, *Understanding intermediate layers using linear classifier probes*,
# arXiv:1610.01644 (2016). J. Appleyard, T. Kočiský and P. Blunsom, *Optimizing performance of recurrent neural networks
# on GPUs*, arXiv:1604.01946 (2016). Y. Gal and Z. Ghahramani, *A theoretically grounded application of dropout in
# recurrent neural networks*, NeurIPS 2016. A. Graves, A. Mohamed and G. Hinton, *Speech recognition with deep recurrent
# neural networks*, ICASSP 2013. M. E. Peters et al., *Deep contextualized word representations*, NAACL 2018.
# I. Sutskever, O. Vinyals and Q. V. Le, *Sequence to sequence learning with neural networks*, NeurIPS 2014. Y. Wu et
# al., *Google's neural machine translation system*, arXiv:1609.08144 (2016). K. Zhang and S. R. Bowman, *Language
# modeling teaches you more than translation does*, BlackboxNLP 2018.
