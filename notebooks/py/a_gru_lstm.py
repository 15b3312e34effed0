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
# # A · GRU and LSTM from scratch
#
# A plain RNN writes its whole state anew at every step. The GRU and the LSTM decide, number by number, what to keep. In
# this appendix you write both in a dozen lines, find every gate in PyTorch's packed weights, meet a GRU that goes by
# the same name and is another function, and run one layer in PyTorch, in NumPy and, where you have it, in JAX.
#
# | | |
# |---|---|
# | **After it you can** | write a GRU and an LSTM, find each gate's weights, move weights between libraries |
# | **Outcomes served** | `define` `shapes` `pytorch` (each in part) |
# | **Time** | 30 minutes alone; no part of the live lecture |
# | **Only 15 minutes?** | Read sections 1 to 3, 5, 7 and 8 |
# | **Only 30 minutes?** | Read all; if that is too long, leave out sections 6 and 11 |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb), [03 Weight shapes](03_weight_shapes.ipynb) |
#
# Before: [04 Training](04_training.ipynb), which shows *why* gates help. After: [B "hello"](b_hello.ipynb).

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

import torch
from torch import nn, sigmoid, tanh

from lecture_utils.shapes import RecurrentShape
from lecture_utils.view import show

# the networks here are small: a second thread gains next to nothing
torch.set_num_threads(1)

# %% [markdown]
# ## 1 · One idea: gates
#
# In $h_t = \tanh(U h_{t-1} + W x_t + b_1)$ everything old goes through $U$ and through tanh, at every step. To keep one
# number unchanged for fifty steps, $U$ and tanh together must come out as almost the identity for it, fifty times over;
# nothing in the formula makes that easy.
#
# A [gate](glossary.md#gate) is a vector of numbers between 0 and 1, computed from $x_t$ and $h_{t-1}$ by weights of its
# own and a sigmoid. Multiplied with another vector, it lets each number of it pass, or stops it, or something between.
# With gates a network can *learn* to leave a part of its state alone. [Notebook 04](04_training.ipynb) measures how much
# further back it then learns to look.

# %% [markdown]
# ## 2 · The GRU

# %%
from lecture_utils.diagrams import cells

show(*cells.gru_cell())

# %% [markdown]
# The picture is one step of the gated recurrent unit, GRU (Cho et al., 2014), in PyTorch's form. Follow the thick line:
# the old state goes to the new one by a product and a sum, and through no matrix.
#
# - $r_t$, the **reset gate**, says how much of the past the candidate may see.
# - $n_t$, the **candidate**, is what a plain RNN would compute, but for $r_t$.
# - $z_t$, the **update gate**, mixes: $h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$. Where $z_t = 1$ the state
#   stays; where $z_t = 0$ it is replaced.
#
# $\odot$ multiplies number by number.

# %% [markdown]
# ## 3 · The GRU from scratch
#
# PyTorch lays the three blocks of $W$ on top of one another in one matrix of $3 d_h$ rows, in the order $r$, $z$, $n$,
# and likewise $U$ and the biases. The code first takes them apart. Vectors are rows here, as in a batch, so $W x$ is
# `x @ W.T`.

# %%
d_in, d_h = 20, 10  # numbers in an input, in a state


def gru_step(x, h, W, U, b_ih, b_hh):
    """One step of a GRU in PyTorch's form: x (N, d_in), h (N, d_h)."""
    W_r, W_z, W_n = W.chunk(3)  # (d_h, d_in) each
    U_r, U_z, U_n = U.chunk(3)  # (d_h, d_h) each
    b_ir, b_iz, b_in = b_ih.chunk(3)  # (d_h,) each
    b_hr, b_hz, b_hn = b_hh.chunk(3)
    r = sigmoid(x @ W_r.T + b_ir + h @ U_r.T + b_hr)  # (N, d_h)
    z = sigmoid(x @ W_z.T + b_iz + h @ U_z.T + b_hz)
    n = tanh(x @ W_n.T + b_in + r * (h @ U_n.T + b_hn))
    return (1 - z) * n + z * h  # (N, d_h)


def run_gru(step, x, h, weights):
    """All states (T, N, d_h) from x (T, N, d_in), and the last."""
    states = []
    for x_t in x:
        h = step(x_t, h, *weights)
        states.append(h)
    return torch.stack(states), h


# %% [markdown]
# Is it PyTorch's? Compare every state, and the gradient of every weight, with those of `nn.GRU`. (Gradients are
# compared relative to their own size.)

# %%
torch.manual_seed(0)
x, h_0 = torch.randn(12, 3, d_in), torch.randn(1, 3, d_h)  # T = 12, N = 3
gru = nn.GRU(d_in, d_h)


def gradients(module, *results):
    """The gradient of every parameter, for the sum of the squares of the results."""
    return torch.autograd.grad(
        sum(r.square().sum() for r in results), list(module.parameters())
    )


def compare(name, ours, theirs):
    gap = max(((a - b).norm() / b.norm()).item() for a, b in zip(ours, theirs, strict=True))
    print(f"{name:<12} within 1e-6 of PyTorch: {gap < 1e-6}")


states, last = run_gru(gru_step, x, h_0[0], gru.all_weights[0])
output, h_n = gru(x, h_0)
compare("output", [states], [output])
compare("h_n", [last], [h_n[0]])
compare("4 gradients", gradients(gru, states, last), gradients(gru, output, h_n))

# %% [markdown]
# ## 4 · Every gate's block

# %%
from lecture_utils.diagrams.weights import weights

show(*weights(RecurrentShape("gru", d_in, d_h)))

# %% [markdown]
# This is the GRU's $W$, $U$ and the two biases, to scale. Each is three blocks of $d_h = 10$ rows: rows 0 to 9 belong to
# $r$, 10 to 19 to $z$, 20 to 29 to $n$.
#
# How do you know that the order is right, and not $z$, $r$, $n$? Ask the layer. Open or close one gate by a large number
# in its bias, and watch what happens.

# %%
block = {"r": slice(0, 10), "z": slice(10, 20), "n": slice(20, 30)}


def gru_with(changes):
    """A copy of `gru` with large numbers in the blocks of its bias."""
    copy = nn.GRU(d_in, d_h)
    copy.load_state_dict(gru.state_dict())
    with torch.no_grad():
        for name, number in changes.items():
            copy.bias_ih_l0[block[name]] += number
    return copy


with torch.no_grad():
    kept = gru_with({"z": 50})(x, h_0)[0]
    one, other = (gru_with({"z": -50, "r": -50})(x, start)[0] for start in (h_0, -h_0))
    full = gru_with({"n": 50})(x, 0 * h_0)[0]
claims = {
    "z open: the state never changes": torch.allclose(kept, h_0, atol=1e-6),
    "z and r closed: the past is gone": torch.allclose(one, other, atol=1e-6),
    "n pushed up: states rise towards 1": bool((full.diff(dim=0) >= 0).all()),
}
for claim, holds in claims.items():
    print(f"{claim:<36} {holds}")

# %% [markdown]
# With $z = 1$ all twelve states equal the start state. With both gates closed, two opposite start states lead to the same
# states: nothing of the past is seen.

# %% [markdown]
# ## 5 · One name, two functions: d2l's GRU
#
# In d2l, and in Cho et al. (2014) as published, the reset gate acts *before* the matrix; in PyTorch, *after* it:
#
# $$\tanh\bigl(W_n x_t + U_n (r_t \odot h_{t-1}) + b_n\bigr) \qquad\text{and}\qquad
# \tanh\bigl(W_n x_t + b_{in} + r_t \odot (U_n h_{t-1} + b_{hn})\bigr)$$
#
# PyTorch's form needs only *one* product with $h_{t-1}$ for all three blocks, since it does not have to wait for $r_t$.
# Keras offers both, by its argument `reset_after`, and its documentation traces both to one paper: to the first draft on
# arXiv (after) and to the published version (before).

# %% [markdown]
# ### How far apart are they?
#
# Give both the same weights: first as PyTorch draws them, then twice and four times as large. The loop multiplies
# matrices and biases alike.

# %%
x = torch.randn(50, 200, d_in)  # T = 50 steps, N = 200 sequences


def gru_step_d2l(x, h, W, U, b_ih, b_hh):
    """One step of a GRU as in d2l: the reset gate acts on h, before U_n."""
    W_r, W_z, W_n = W.chunk(3)
    U_r, U_z, U_n = U.chunk(3)
    b_r, b_z, b_n = (b_ih + b_hh).chunk(3)  # one bias a block
    r = sigmoid(x @ W_r.T + h @ U_r.T + b_r)
    z = sigmoid(x @ W_z.T + h @ U_z.T + b_z)
    n = tanh(x @ W_n.T + (r * h) @ U_n.T + b_n)
    return (1 - z) * n + z * h


@torch.no_grad()
def apart(weights, x, h):
    """Root-mean-square gap between the two GRUs, relative to PyTorch's states."""
    after, before = (run_gru(step, x, h, weights)[0] for step in (gru_step, gru_step_d2l))
    return ((after - before).norm() / after.norm()).item()


start = torch.zeros(200, d_h)
for scale in (1, 2, 4):
    W, U, b_ih, b_hh = (scale * w.detach() for w in gru.all_weights[0])
    without = torch.cat([b_hh[: 2 * d_h], torch.zeros(d_h)])  # b_hn = 0
    gaps = [apart((W, U, b_ih, b), x, start) for b in (b_hh, without)]
    print(f"weights times {scale}: {gaps[0]:.0%} apart, with b_hn = 0: {gaps[1]:.0%}")

# %% [markdown]
# As freshly drawn, the two differ mostly by $b_{hn}$, which PyTorch multiplies by $r$ and d2l does not. When the weights
# are larger, as training usually makes them, the order of $r$ and $U_n$ counts more and more. So weights trained in one
# form are *wrong* in the other. No error tells you: every shape fits.

# %% [markdown]
# ### When do the two agree?
#
# They agree where $r_t \odot (U_n h_{t-1} + b_{hn})$ equals $U_n (r_t \odot h_{t-1}) + b_{hn}$. Each line of the next
# cell changes the weights in another way, or takes a single step, and asks whether the two are now the same.

# %%
r_rows, n_rows = block["r"], block["n"]


def ask(name, *edits, steps=50):
    """Change copies of the weights in place, then say whether the two GRUs are within 1e-5."""
    W, U, b_ih, b_hh = (w.detach().clone() for w in gru.all_weights[0])
    for edit in edits:
        edit(W, U, b_ih, b_hh)
    print(f"{name:<36} {apart([W, U, b_ih, b_hh], x[:steps], start) < 1e-5}")


def r_one(W, U, b_ih, b_hh):
    b_ih[r_rows] = 50


def no_b_hn(W, U, b_ih, b_hh):
    b_hh[n_rows] = 0


def one_r(W, U, b_ih, b_hh):
    for part in (W, U, b_ih, b_hh):
        part[r_rows] = part[:1].clone()  # every unit gets the first unit's reset gate


def diagonal(W, U, b_ih, b_hh):
    U[n_rows] = U[n_rows].diag().diag()


ask("as drawn")
ask("r = 1", r_one)
ask("b_hn = 0", no_b_hn)
ask("b_hn = 0, one r for all units", no_b_hn, one_r)
ask("b_hn = 0, U_n diagonal", no_b_hn, diagonal)
ask("b_hn = 0, one step from zeros", no_b_hn, steps=1)
ask("U_n diagonal", diagonal)
ask("one step from zeros", steps=1)

# %% [markdown]
# So a test with $r$ near 1 sees no difference; nor, without $b_{hn}$, does one with a single unit, a diagonal $U_n$, or
# one step from zeros. Test a port on random weights, with several units and several steps, and with biases.

# %% [markdown]
# ## 6 · A difference that is only a name
#
# Chung et al. (2014) write $h_t = (1 - z_t) \odot h_{t-1} + z_t \odot n_t$: the two factors have changed places. *That*
# is a renaming, since $1 - \sigma(a) = \sigma(-a)$: what they call $z_t$ is called $1 - z_t$ here. Weights move between
# the two by a change of sign in all of block $z$.

# %%
x = torch.randn(12, 3, d_in)


def gru_step_chung(x, h, W, U, b_ih, b_hh):
    """PyTorch's step, but z is the share of the new."""
    W_r, W_z, W_n = W.chunk(3)
    U_r, U_z, U_n = U.chunk(3)
    b_ir, b_iz, b_in = b_ih.chunk(3)
    b_hr, b_hz, b_hn = b_hh.chunk(3)
    r = sigmoid(x @ W_r.T + b_ir + h @ U_r.T + b_hr)
    z = sigmoid(x @ W_z.T + b_iz + h @ U_z.T + b_hz)
    n = tanh(x @ W_n.T + b_in + r * (h @ U_n.T + b_hn))
    return (1 - z) * h + z * n


flipped = [w.detach().clone() for w in gru.all_weights[0]]
for part in flipped:
    part[block["z"]] *= -1
with torch.no_grad():
    output = gru(x, h_0)[0]
    for name, parts in (("the same weights", gru.all_weights[0]), ("z flipped", flipped)):
        states, _ = run_gru(gru_step_chung, x, h_0[0], parts)
        print(f"{name:<17} equal to nn.GRU: {torch.allclose(states, output, atol=1e-6)}")

# %% [markdown]
# ## 7 · The LSTM

# %%
show(*cells.lstm_cell())

# %% [markdown]
# The long short-term memory (Hochreiter and Schmidhuber, 1997) carries *two* vectors from step to step. The
# [cell state](glossary.md#cell-state) $c_t$ is the thick line: a product, a sum, and nothing else. The hidden state $h_t$
# is what the cell shows of it.
#
# - $f_t$, the **[forget gate](glossary.md#forget-gate)**: how much of $c_{t-1}$ stays (added by Gers et al., 2000).
# - $i_t$, the **input gate**, and $g_t$, the **candidate**: what is added, and how much of it.
# - $o_t$, the **output gate**: how much of $\tanh(c_t)$ shows in $h_t$. (The letter is taken twice: elsewhere in the
#   lecture $o_t$ are the [logits](glossary.md#logits). In this notebook it is the gate.)
#
# Unlike the GRU's $z_t$ and $1 - z_t$, the shares $f_t$ and $i_t$ need not sum to 1: an LSTM can keep all and add
# more, so $c_t$ is not bound to lie between $-1$ and $1$; $h_t$ is.

# %% [markdown]
# ## 8 · The LSTM from scratch

# %%
lstm = nn.LSTM(d_in, d_h)


def lstm_step(x, h, c, W, U, b_ih, b_hh):
    """One step of an LSTM: x (N, d_in), h and c (N, d_h); the blocks are i, f, g, o."""
    W_i, W_f, W_g, W_o = W.chunk(4)  # (d_h, d_in) each
    U_i, U_f, U_g, U_o = U.chunk(4)  # (d_h, d_h) each
    b_i, b_f, b_g, b_o = (b_ih + b_hh).chunk(4)  # only the sum counts
    i = sigmoid(x @ W_i.T + h @ U_i.T + b_i)  # (N, d_h)
    f = sigmoid(x @ W_f.T + h @ U_f.T + b_f)
    g = tanh(x @ W_g.T + h @ U_g.T + b_g)
    o = sigmoid(x @ W_o.T + h @ U_o.T + b_o)
    c = f * c + i * g  # (N, d_h)
    return o * tanh(c), c


def run_lstm(x, h, c, weights):
    """All states (T, N, d_h) from x (T, N, d_in), and the last h and c."""
    states = []
    for x_t in x:
        h, c = lstm_step(x_t, h, c, *weights)
        states.append(h)
    return torch.stack(states), h, c


c_0 = torch.randn(1, 3, d_h)
states, last_h, last_c = run_lstm(x, h_0[0], c_0[0], lstm.all_weights[0])
output, (h_n, c_n) = lstm(x, (h_0, c_0))
compare("output", [states], [output])
compare("h_n and c_n", [last_h, last_c], [h_n[0], c_n[0]])
compare("4 gradients", gradients(lstm, states, last_c), gradients(lstm, output, c_n))

# %% [markdown]
# The code says what makes gates cheap to write: every block is the same line with other weights. PyTorch multiplies the
# four blocks of $W$ at once, and cuts the *result* into four, which gives the same numbers with fewer, larger products.

# %% [markdown]
# ## 9 · The LSTM's blocks

# %%
show(*weights(RecurrentShape("lstm", d_in, d_h)))

# %% [markdown]
# Four blocks now: rows 0 to 9 are $i$, 10 to 19 $f$, 20 to 29 $g$, 30 to 39 $o$. The same test as before shows that
# each is what it is called. (Other libraries have other orders: Keras packs a GRU as $z$, $r$, candidate. Ask before you
# copy.)

# %%
block = {name: slice(10 * k, 10 * (k + 1)) for k, name in enumerate("ifgo")}


@torch.no_grad()
def lstm_with(**changes):
    """Outputs and last cell state of a copy of `lstm` with large numbers in the blocks of its bias."""
    copy = nn.LSTM(d_in, d_h)
    copy.load_state_dict(lstm.state_dict())
    for name, number in changes.items():
        copy.bias_ih_l0[block[name]] += number
    output, (_, c_n) = copy(x, (h_0, c_0))
    return output, c_n


added = lstm_with(f=50, i=50, g=50)[1] - c_0
claims = {
    "f open, i closed: c never changes": torch.equal(lstm_with(f=50, i=-150)[1], c_0),
    "f and i closed: c is empty": not lstm_with(f=-150, i=-150)[1].any(),
    "f, i, g open: c grows by 1 a step": torch.allclose(added, torch.tensor(12.0)),
    "o closed: nothing shows in h": not lstm_with(o=-150)[0].any(),
}
for claim, holds in claims.items():
    print(f"{claim:<36} {holds}")

# %% [markdown]
# The third line shows the cell as a counter: with open gates it adds 1 at every step.
#
# An LSTM's forget gate starts near a half, though: $\sigma$ of numbers near 0. So a fresh LSTM forgets about half of its
# cell at every step. Adding 1 or 2 to the bias of block $f$ at the start makes it keep more
# ([notebook 04](04_training.ipynb) measures how much that helps). PyTorch adds both biases: put it into *one* of them.

# %%
with torch.no_grad():
    fresh = nn.LSTM(d_in, d_h)
    fresh.bias_ih_l0.zero_()
    fresh.bias_hh_l0.zero_()  # so that the numbers below are exact
    print("at x = h = 0")
    for added in (0, 1, 2):
        fresh.bias_ih_l0[block["f"]] = added
        kept = sigmoid(fresh.bias_ih_l0 + fresh.bias_hh_l0)[block["f"]][0].item()
        print(f"forget bias {added}: {kept:.2f} kept at a step, {kept**20:.1e} after 20")

# %% [markdown]
# ## 10 · Two biases
#
# PyTorch's layers have two hidden biases, `bias_ih` and `bias_hh` (kept for cuDNN). Where only their *sum* enters, the
# second is redundant: move a half from one to the other, and no output changes. Where do they enter apart? Ask each
# block; then take one step of training and see how far the sum of the two moves.

# %%
torch.manual_seed(0)
kinds = ((nn.RNN, "h"), (nn.GRU, "rzn"), (nn.LSTM, "ifgo"))


def same_after_a_shift(layer, rows):
    """Whether outputs stay when a half moves from one bias to the other."""
    before = layer(x)[0]
    with torch.no_grad():
        layer.bias_ih_l0[rows] += 0.5
        layer.bias_hh_l0[rows] -= 0.5
    return torch.allclose(before, layer(x)[0], atol=1e-5)


def moves(layer, rows, optimiser):
    """How far one step moves the sum of the biases, in steps of the first bias."""
    layer(x)[0].square().sum().backward()
    first, second = layer.bias_ih_l0, layer.bias_hh_l0
    before, total = first.detach().clone(), (first + second).detach()
    optimiser(layer.parameters(), lr=0.01).step()
    moved = (first + second).detach() - total
    return (moved[rows].norm() / (first.detach() - before)[rows].norm()).item()


print("block     only the sum counts    step of the sum: SGD   Adam")
for kind, names in kinds:
    for k, name in enumerate(names):
        rows = slice(10 * k, 10 * (k + 1))
        redundant = same_after_a_shift(kind(d_in, d_h), rows)
        by_sgd = moves(kind(d_in, d_h), rows, torch.optim.SGD)
        by_adam = moves(kind(d_in, d_h), rows, torch.optim.Adam)
        print(
            f"{kind.__name__:<4} {name}    {redundant!s:<22} {by_sgd:>21.1f} {by_adam:>6.1f}"
        )

# %% [markdown]
# As a function the second bias does nothing, in every block but one. In the GRU's $n$ it stands inside the product with
# $r$, so $b_{in}$ and $b_{hn}$ do different things.
#
# In training it does something in *all* of them. Where only the sum enters, both biases get the same gradient and take
# the same step, so the sum takes **two**: biases learn at twice the learning rate. (In block $n$ the gradient of
# $b_{hn}$ is, at each step, that of $b_{in}$ times $r_t$: smaller. Adam divides the size out.) To train a layer with one
# bias alike, double the bias's learning rate there.

# %% [markdown]
# ## 11 · What gates cost
#
# The blocks say it: a GRU has three times the parameters of a plain RNN, an LSTM four times, for the same $d_h$; an
# upper layer or a second direction has the same factor. To compare kinds fairly, ask for the width that each can afford.

# %%
budget = RecurrentShape("lstm", 100, 128).num_parameters
print(f"LSTM, inputs of 100, d_h = 128: {budget:,} parameters. The same number buys:")
for kind in ("rnn", "gru", "lstm"):
    sizes = range(1, 600)
    d = min(sizes, key=lambda d: abs(RecurrentShape(kind, 100, d).num_parameters - budget))
    count = RecurrentShape(kind, 100, d).num_parameters
    same_width = RecurrentShape(kind, 100, 128).num_parameters
    print(f"{kind:<5} d_h = {d:<4} ({count:,} parameters; with d_h = 128: {same_width:,})")

# %% [markdown]
# ## 12 · The same layer in NumPy and in JAX
#
# d2l shows its code in several libraries. A plain RNN is the same few lines in each. In JAX a Python loop works, but it is
# unrolled when it is compiled; the usual way is `jax.lax.scan(step, carry, xs)`, which runs `step` on each row of `xs`,
# hands `carry` from step to step, and stacks the results. In plain Python that is a short function. So you can
# write the layer once for both: `xp` is the library, `scan` is the loop.

# %%
import numpy as np


def scan(step, carry, xs):
    """What jax.lax.scan computes, in plain Python."""
    results = []
    for row in xs:
        carry, result = step(carry, row)
        results.append(result)
    return carry, np.stack(results)


def vanilla(xp, scan, x, h_0, W, U, b):
    """All states (T, N, d_h) of a plain RNN that reads x (T, N, d_in) from h_0 (N, d_h)."""

    def step(h, x_t):
        h = xp.tanh(x_t @ W.T + h @ U.T + b)  # (N, d_h)
        return h, h  # one to hand on, one to keep

    return scan(step, h_0, x)[1]


torch.manual_seed(0)
layer, x = nn.RNN(d_in, d_h), torch.randn(12, 3, d_in)
with torch.no_grad():
    by_torch = layer(x, h_0)[0].numpy()
    W, U = layer.weight_ih_l0.numpy(), layer.weight_hh_l0.numpy()
    b = (layer.bias_ih_l0 + layer.bias_hh_l0).numpy()
arrays = x.numpy(), h_0[0].numpy(), W, U, b
by_numpy = vanilla(np, scan, *arrays)
print("NumPy within 1e-6 of PyTorch:", abs(by_numpy - by_torch).max() < 1e-6)

# %% [markdown]
# ### A GRU's weights for Flax
#
# Flax is a library of layers on JAX. It has had `linen.RNN` since version 0.6.7 and `linen.Bidirectional` since 0.6.8,
# both of spring 2023, whatever older books say. A cell is wrapped in `RNN`, which runs it over time. Its kernels are the
# transposes of PyTorch's weights: rows come in, columns go out. Here are the parameters that its GRU cell wants, made
# from those of `gru`. The names and shapes follow Flax's documentation; the last cell checks them where Flax is
# installed.

# %%
W_3, U_3, b_ih, b_hh = (part.detach().numpy() for part in gru.all_weights[0])
for_flax = {}
for k, gate in enumerate("rzn"):
    rows = slice(k * d_h, (k + 1) * d_h)
    from_x, from_h = {"kernel": W_3[rows].T}, {"kernel": U_3[rows].T}
    if gate == "n":
        from_x["bias"], from_h["bias"] = b_ih[rows], b_hh[rows]
    else:
        from_x["bias"] = b_ih[rows] + b_hh[rows]
    for_flax |= {f"i{gate}": from_x, f"h{gate}": from_h}

for name, parts in for_flax.items():
    print(name, *(f"{part} {array.shape}" for part, array in parts.items()))

# %% [markdown]
# Section 10 comes back: there is *one* bias in $r$, one in $z$, and two in $n$, just those that do something. And Flax's
# GRU applies the reset gate after the matrix, as PyTorch's does.

# %% [markdown]
# ### The comparison
#
# The last cell compares with JAX and Flax where they are installed (`pip install jax flax`; the lecture does not need
# them). What is missing is named, and not compared.

# %% tags=["nbval-ignore-output"]
from importlib.util import find_spec

results = {"NumPy, plain RNN": (by_numpy, by_torch)}
missing = [name for name in ("jax", "flax") if not find_spec(name)]
if "jax" not in missing:
    import jax

    x_, h_, *others = map(jax.numpy.asarray, arrays)
    results["JAX, plain RNN"] = vanilla(jax.numpy, jax.lax.scan, x_, h_, *others), by_torch
if not missing:
    from flax import linen

    def by_flax(cell, parameters):
        wrapped = linen.RNN(cell, time_major=True)
        return wrapped.apply({"params": {"cell": parameters}}, x_, initial_carry=h_)

    plain = {"i": {"kernel": W.T, "bias": b}, "h": {"kernel": U.T}}
    results["Flax, plain RNN"] = by_flax(linen.SimpleCell(d_h), plain), by_torch
    gru_states = gru(x, h_0)[0].detach().numpy()
    results["Flax, GRU"] = by_flax(linen.GRUCell(d_h), for_flax), gru_states

for name, (ours, theirs) in results.items():
    gap = abs(np.asarray(ours) - theirs).max()
    print(f"{name:<17} largest difference from PyTorch {gap:.0e}")
    assert gap < 1e-5
print("not installed, not compared:", ", ".join(missing) or "nothing")

# %% [markdown]
# ## Summary
#
# - A gate is a vector between 0 and 1 that multiplies another. GRU: $r$, $z$ and the candidate $n$. LSTM: $i$, $f$, $o$
#   and the candidate $g$, with a second state $c$.
# - What makes them remember is the path without a matrix: $h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$,
#   $c_t = f_t \odot c_{t-1} + i_t \odot g_t$.
# - Packed weights are blocks of $d_h$ rows: $r, z, n$ in the GRU, $i, f, g, o$ in the LSTM. Open a gate by its bias to
#   see which is which.
# - d2l's GRU and PyTorch's are different functions. Exchanging $z$ and $1 - z$ is only a renaming.
# - Of two hidden biases one is redundant, but for the GRU's $b_{hn}$; in training their sum takes double steps.
# - The same layer in NumPy, JAX or PyTorch gives the same numbers. What differs is who writes the loop, and whether
#   weights are transposed.
#
# **Next:** [B "hello"](b_hello.ipynb). **Back:** [04 Training](04_training.ipynb), [08 Summary](08_summary.ipynb). All
# terms: [glossary](glossary.md).
#
# **Sources.** K. Cho et al., *Learning phrase representations using RNN encoder–decoder for statistical machine
# translation*, EMNLP 2014. J. Chung et al., *Empirical evaluation of gated recurrent neural networks on sequence
# modeling*, arXiv:1412.3555 (2014). S. Hochreiter and J. Schmidhuber, *Long short-term memory*, Neural Computation 9
# (1997). F. A. Gers, J. Schmidhuber and F. Cummins, *Learning to forget*, Neural Computation 12 (2000). A. Zhang,
# Z. C. Lipton, M. Li and A. J. Smola, *Dive into Deep Learning*, d2l.ai. The documentation of `torch.nn.GRU`,
# `torch.nn.LSTM` (pytorch.org), `keras.layers.GRU` (keras.io), `jax.lax.scan` (docs.jax.dev), `flax.linen.RNN` and
# `flax.linen.GRUCell` (flax-linen.readthedocs.io).
