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
# # 03 · Weight shapes
#
# Most bugs in recurrent networks are shape bugs, and the worst of them raise no error. In this notebook you learn to
# say the shape of every weight, state and output before you run anything, and you meet seven mistakes that run without
# complaint.
#
# | | |
# |---|---|
# | **After it you can** | give the shape of every weight, state and output, count parameters, find silent mistakes |
# | **Outcomes served** | `shapes` `three-matrices` `sharing` `pytorch` |
# | **Time** | 13 minutes live (the sections marked as slides), 60 minutes alone |
# | **Only 10 minutes?** | Read sections 1, 4 and 8 |
# | **Only 25 minutes?** | Add sections 2, 3, 6, 7 and 10 to 16 |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb) |
#
# Before: [02 The forward pass](02_forward_pass.ipynb). After:
# [04 Training: backpropagation through time](04_training.ipynb).

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
# ## 1 · A worked example
#
# Your words are vectors of 300 numbers, your hidden state has 100, and you tag each word with one of 60 tags. How many
# weights does the network have?

# %%
from lecture_utils.diagrams import lecture

show(*lecture.weight_shapes())

# %% [markdown]
# The picture writes the two equations with every matrix drawn to scale. Read a shape as *rows × columns* =
# *what comes out × what goes in*:
#
# - $W$ takes 300 numbers and gives 100: it is $100 \times 300$.
# - $U$ takes the old state and gives a part of the new one: $100 \times 100$, always square.
# - $V$ takes a state and gives 60 scores: $60 \times 100$.
#
# Notice the areas. $W$ is by far the largest, because the input is the largest vector.

# %%
d_in, d_h, d_out = 300, 100, 60
W, U, V = torch.zeros(d_h, d_in), torch.zeros(d_h, d_h), torch.zeros(d_out, d_h)
weights = W.numel() + U.numel() + V.numel()
print(f"{W.numel():,} + {U.numel():,} + {V.numel():,} = {weights:,} weights")

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · Add the biases: two answers
#
# The lecture's equations have two [biases](glossary.md#bias): $b_1$ in the hidden layer (100 numbers) and $b_2$ in the
# output layer (60). PyTorch counts 100 more.

# %%
lecture_count = weights + d_h + d_out
rnn, head = nn.RNN(d_in, d_h), nn.Linear(d_h, d_out)
torch_count = sum(
    parameter.numel() for module in (rnn, head) for parameter in module.parameters()
)
print(f"with the lecture's biases: {lecture_count:,}")
print(f"as PyTorch counts:         {torch_count:,}")

# %% [markdown]
# The 100 extra numbers are a second hidden bias: `bias_ih_l0` stands beside $W$, `bias_hh_l0` beside $U$, and the layer
# adds the two. They are kept for cuDNN, the library that runs the layer on NVIDIA GPUs. Section 17 asks whether the
# second one does anything.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · A sentence ten times longer
#
# Which of these grow when the sentence grows from 40 words to 400: the parameters, or the memory that training needs?
# Guess before you run the cell. It counts the bytes that autograd keeps for the backward pass. (You need not understand
# how it counts; read the next cell's output.)

# %%
lengths = (40, 400)  # words
rnn = nn.RNN(d_in, d_h)  # W, U and the hidden biases of the example


def kept_bytes(T):
    """Bytes that autograd keeps for the backward pass over T steps, parameters not counted."""
    kept, own = {}, {parameter.data_ptr() for parameter in rnn.parameters()}

    def keep(tensor):
        memory = tensor.untyped_storage()
        if memory.data_ptr() not in own:
            # tensors may share memory: count it once
            kept[memory.data_ptr()] = memory.nbytes()
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        rnn(torch.zeros(T, d_in))
    return sum(kept.values())


# %%
kept, parameters = {}, {}
for T in lengths:
    kept[T] = kept_bytes(T)
    parameters[T] = sum(parameter.numel() for parameter in rnn.parameters())
    print(f"after reading {T:>3} words the layer has {parameters[T]:,} parameters")
print(f"memory kept for the backward pass: {kept[400] / kept[40]:.0f} times as much")

# %% [markdown]
# Not one parameter more: the same $W$, $U$ and $b_1$ are used at every step
# ([parameter sharing](glossary.md#parameter-sharing)). The *activations*, the numbers computed on the way, do grow,
# because the backward pass needs the state of every step. A long text fills the memory with states, not with weights.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · What is inside `nn.RNN(20, 10)`
#
# Two weights and two biases, under PyTorch's names: `ih` is input → hidden, `hh` is hidden → hidden, `l0` is layer 0.

# %%
rnn = nn.RNN(20, 10)
for name, parameter in rnn.named_parameters():
    print(f"{name:<13} {tuple(parameter.shape)!s:<9} {parameter.numel():>4} numbers")
print(
    f"{'in all':<23} {sum(parameter.numel() for parameter in rnn.parameters()):>4} numbers"
)

# %% [markdown]
# `weight_ih_l0` is $W$, with shape $(10, 20)$ = $d_h \times d_{in}$: the constructor takes the input size *first*, the
# matrix has it *second*. `weight_hh_l0` is $U$. There is no $V$: the output layer is a separate `nn.Linear`.
#
# `lecture_utils.shapes` computes the same without PyTorch, term by term.

# %%
spec = RecurrentShape("rnn", 20, 10)
for term in spec.parameter_terms():
    print(f"{term.name:<13} {term.formula:>8} = {term.count:>3}   {term.meaning}")
total = sum(parameter.numel() for parameter in rnn.parameters())
print("the same number as PyTorch:", spec.num_parameters == total)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 5 · How the weights start
#
# PyTorch draws every number of a recurrent layer, biases too, uniformly between $-1/\sqrt{d_h}$ and $+1/\sqrt{d_h}$.
# What does that do to $U$? Its [spectral radius](glossary.md#spectral-radius) $\rho$, the largest absolute eigenvalue,
# tells how a state grows or shrinks when $U$ is applied many times. Measure it over twenty seeds for each size.

# %% slideshow={"slide_type": "skip"}
sizes = (10, 30, 100, 200)


def eigenvalues(d_h, seed):
    """Eigenvalues of a freshly started U."""
    torch.manual_seed(seed)
    return torch.linalg.eigvals(nn.RNN(20, d_h).weight_hh_l0.detach())  # (d_h,) complex


everything = torch.cat([parameter.flatten() for parameter in nn.RNN(20, 100).parameters()])
inside = bool((everything.abs() <= 0.1).all())
print(f"d_h = 100: all {len(everything):,} numbers within ±0.1: {inside}")
for d_h in sizes:
    largest = [eigenvalues(d_h, seed).abs().max() for seed in range(20)]
    radii = torch.tensor(largest)  # (20,)
    spread = f"from {radii.min():.2f} to {radii.max():.2f}"
    print(f"d_h = {d_h:<4} mean spectral radius {radii.mean():.2f}, {spread}")

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
from lecture_utils.view import QUIET, plot_axes

points, angle = eigenvalues(200, 0), torch.linspace(0, 2 * torch.pi, 200)
title = "A freshly started U: every eigenvalue is well inside the unit circle"
figure, axes = plot_axes(title, "real part", "imaginary part")
axes.plot(points.real, points.imag, "o", color="#D55E00", markersize=3)
for radius, name in ((1, "radius 1: neither grows nor shrinks"), (3**-0.5, "radius 1/√3")):
    axes.plot(radius * angle.cos(), radius * angle.sin(), **QUIET)
    at = (0.7 * radius, 0.7 * radius)
    axes.annotate(name, at, (1.2, 0.75 * radius), arrowprops={"arrowstyle": "-"})
axes.set(aspect="equal", xlim=(-1.2, 3.2), xticks=(-1, 0, 1), yticks=(-1, 0, 1))
largest = points.abs().max()
show(
    figure,
    f"200 eigenvalues of a freshly started U; the largest has absolute value {largest:.2f}.",
)
assert 0.5 < largest < 0.75

# %% [markdown] slideshow={"slide_type": "skip"}
# The dots are the eigenvalues of one $U$ with $d_h = 200$. They fill a disc of radius about $1/\sqrt 3 \approx 0.58$
# and stay far from the circle of radius 1. The reason is a known law: independent numbers with mean 0 and variance
# $\sigma^2$ put the eigenvalues of a large square matrix in a disc of radius $\sigma\sqrt{d_h}$ (Girko's circular law), and a uniform
# number in $\pm 1/\sqrt{d_h}$ has variance $1/(3 d_h)$.
#
# So a long chain of $U$'s shrinks what passes through it, by a factor near 0.6 at each step, and the slope of tanh, at
# most 1, shrinks it further. What goes forward fades, and gradients going back fade too.
# **Vanishing is built into the start.** [Notebook 04](04_training.ipynb) measures it and shows what helps.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
U, h = nn.RNN(20, 100).weight_hh_l0.detach(), torch.randn(100)
for steps in (1, 10, 20):
    left = (torch.linalg.matrix_power(U, steps) @ h).norm() / h.norm()
    print(f"after {steps:>2} times U: {left:.1e} of the length is left")
longest = torch.linalg.matrix_norm(U, 2)  # the largest singular value
print(f"the most that one step can make of a vector of length 1: {longest:.2f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# The last line keeps you honest: in a *single* step some vectors grow, since the largest singular value is above 1. It
# is the long run that the eigenvalues decide.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Layers, directions and gates: the weights
#
# A recurrent layer of PyTorch can hold more than one simple RNN. Three settings change the weights, each in its own
# way.
#
# - **Gates** multiply the *rows* of every weight: $d_h$ rows for `nn.RNN`, $3 d_h$ for `nn.GRU` (two
#   [gates](glossary.md#gate) and a candidate state), $4 d_h$ for `nn.LSTM` (three and one). These blocks of $d_h$ rows
#   lie on top of one another.
# - **[Directions](glossary.md#direction)** add a second set of weights, named `…_reverse`, and double the *columns* of
#   the input weights of the layer above.
# - **[Layers](glossary.md#layer)** add one set each, `l0`, `l1`, …; from `l1` on, the input is the output of the layer
#   below: $D \cdot d_h$ columns.
#
# Inputs of 30 numbers, states of 10, two layers, two ways: say the shape of `weight_ih_l1` for all three kinds before
# you look.

# %%
names = "weight_ih_l0", "weight_hh_l0", "weight_ih_l1", "weight_ih_l1_reverse"
print(f"{'':<6}" + "".join(f"{name:>22}" for name in names))
for cell in (nn.RNN, nn.GRU, nn.LSTM):
    module = cell(30, 10, num_layers=2, bidirectional=True)
    spec = RecurrentShape(cell.__name__, 30, 10, num_layers=2, bidirectional=True)
    real = {name: tuple(parameter.shape) for name, parameter in module.named_parameters()}
    print(f"{cell.__name__:<6}" + "".join(f"{real[name]!s:>22}" for name in names))
    assert list(spec.weights().items()) == list(real.items())
print("every name, order and shape agrees with RecurrentShape")

# %% [markdown]
# The rows are 10, 30 and 40: one, three and four blocks of $d_h = 10$. The columns of `l1` are 20: layer 1 reads both directions of
# layer 0. `RecurrentShape` is the arithmetic behind the explorer below; it does not run PyTorch. (An LSTM can also
# shrink the state that it hands on, by `proj_size`. The explorer shows what that changes.)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 7 · Layers, directions and batches: what goes in and out
#
# Shapes are easier to read when every axis has a name. Here is a two-layer, two-way LSTM that reads 3 sentences of 5
# words, with `batch_first=True`.

# %%
spec = RecurrentShape("lstm", 30, 10, num_layers=2, bidirectional=True, batch_first=True)
for name, shape in {**spec.inputs(5, 3), **spec.outputs(5, 3)}.items():
    print(f"{name:<7} {shape!s:<11} {shape.named}")

# %% [markdown]
# Two rules carry you through:
#
# - **`output`** holds the *top layer at every step*. Its features are the two directions, side by side: $D \cdot d_h$.
# - **`h_n`** holds the *final step of every layer and direction*. Its first axis counts them, layer by layer, and
#   within a layer forward before backward. `c_n`, the final [cell state](glossary.md#cell-state), exists for
#   the LSTM alone.
#
# So both contain the top layer's final forward state, in different places.

# %%
torch.manual_seed(0)
lstm = nn.LSTM(30, 10, num_layers=2, bidirectional=True, batch_first=True)
output, (h_n, c_n) = lstm(torch.randn(3, 5, 30))
by_layer = h_n.view(2, 2, 3, 10)  # (layer, direction, batch, feature)
print("h_n[-2] is the top layer, forward: ", torch.equal(h_n[-2], by_layer[1, 0]))
print("… and stands in output at step 5:  ", torch.equal(h_n[-2], output[:, -1, :10]))
print("h_n[-1] is the top layer, backward:", torch.equal(h_n[-1], by_layer[1, 1]))
print("… and stands in output at step 1:  ", torch.equal(h_n[-1], output[:, 0, 10:]))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · The shape explorer
#
# **Try:** go from RNN to LSTM, then to two ways, then to two layers, and say each time which boxes will change before
# you look; tick *Predict first* and let the explorer ask you. **Notice** what the sequence length changes, and what it
# leaves alone. (In its symbols the first layer is (1), as in formulas; in PyTorch's names it is `l0`.)

# %%
from lecture_utils.explorers import shape_explorer

shape_explorer()

# %% [markdown]
# **Question.** Which control changes the shape of `h_n` but not of `output`? And which one does the reverse, for a
# batch?
#
# <details><summary>Answer</summary>
#
# The number of layers: `h_n` has a row per layer (and direction), `output` shows the top layer only. The reverse:
# `batch_first`, which swaps two axes of `output` and does nothing to `h_n`. (So does the sequence length: `output` has
# a row per step, `h_n` has final states only.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 9 · The explorer on your own layer
#
# **Try:** hand it a layer you have built, and type slices such as `output[:, -1]` and `h_n[-2]` into its two slice
# fields. **Notice** that it reads every setting off the module, and that two slices of the same shape can hold
# different things.

# %% slideshow={"slide_type": "skip"}
my_lstm = nn.LSTM(20, 10, num_layers=2, bidirectional=True, batch_first=True)
shape_explorer(my_lstm)

# %% [markdown] slideshow={"slide_type": "skip"}
# **Question.** In this layer, what do the last ten numbers of `output[:, -1]` know about the sentence?
#
# <details><summary>Answer</summary>
#
# They are the top layer's backward states at the last step. That direction has only begun there: it has read one step
# of the layer below. (With two layers that one step has itself seen the whole sentence, because layer 0 has read it
# both ways. With one layer it is the last word and nothing else: section 13.)
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 10 · Silent mistake 1: `batch_first` forgotten
#
# From here to section 16 you meet seven mistakes that run without an error. Each time there are two candidates
# **of the same shape**, and only one is what you want.
#
# Your batch has 3 sentences of 5 words: (3, 5, 20). By default PyTorch reads the first axis as *time*.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
x = torch.randn(3, 5, 20)  # (N, T, d_in)


def versus(one, other):
    """Print the shapes of two candidates, and whether they hold the same numbers."""
    same = one.shape == other.shape and torch.allclose(one, other, atol=1e-5)
    print(f"shapes {tuple(one.shape)} and {tuple(other.shape)}, same numbers: {same}")


right = nn.RNN(20, 10, batch_first=True)
wrong = nn.RNN(20, 10)
wrong.load_state_dict(right.state_dict())  # the same weights
versus(right(x)[0], wrong(x)[0])

# %% [markdown] slideshow={"slide_type": "skip"}
# The wrong layer takes word 1 of sentence 1, then word 1 of sentence 2, then word 1 of sentence 3 for a sentence of
# three words. Nothing stops you from training it, and that makes the mistake expensive.
#
# **The check:** change one sentence and see whether the others' outputs move.

# %% slideshow={"slide_type": "skip"}
changed = x.clone()
changed[0] += 1  # the first sentence only
for name, layer in (("right", right), ("wrong", wrong)):
    same = torch.equal(layer(x)[0][2], layer(changed)[0][2])
    print(f"{name} layer: the last sentence is untouched: {same}")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 11 · Silent mistake 2: `batch_first` and the states
#
# `batch_first` swaps two axes of `input` and `output`. It does **nothing** to `h_0`, `h_n`, `c_0` and `c_n`: there,
# layers and directions always come first. And it does nothing to unbatched input, which has no batch axis to move.
#
# Most wrong states are refused. But a two-layer network and a batch of two sentences have $L = N = 2$, and then nothing
# can be refused.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
rnn = nn.RNN(20, 10, num_layers=2, batch_first=True)
x, h_0 = torch.randn(2, 5, 20), torch.randn(2, 2, 10)  # (N, T, d_in), (layers, N, d_h)
swapped = h_0.transpose(0, 1).contiguous()  # (N, layers, d_h): wrong, and accepted
versus(rnn(x, h_0)[0], rnn(x, swapped)[0])
h_n = rnn(x, h_0)[1]  # (layers, N, d_h)
versus(h_n[-1], h_n[:, -1])  # top layer of both sentences; both layers of the last sentence

one = torch.randn(5, 20)  # one unbatched sentence (T, d_in)
time_first = nn.RNN(20, 10, num_layers=2)
time_first.load_state_dict(rnn.state_dict())
same = torch.equal(rnn(one)[0], time_first(one)[0])
print("unbatched: batch_first changes nothing:", same)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 12 · Silent mistake 3: two axes are *one sentence*
#
# You have three sentences of one word each and hand over a matrix of shape (3, 20). PyTorch reads a 2-D input as
# **one unbatched sentence** of three words.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
rnn, x = nn.RNN(20, 10, batch_first=True), torch.randn(3, 20)
as_one_sentence = rnn(x)[0]  # (T, d_h): three words of one sentence
as_three = rnn(x.unsqueeze(1))[0]  # (N, 1, d_h): three sentences
as_three = as_three.squeeze(1)  # (N, d_h)
versus(as_three, as_one_sentence)
versus(as_three[0], as_one_sentence[0])

# %% [markdown] slideshow={"slide_type": "skip"}
# The first rows agree, since both start from $h_0 = 0$; a test that looks at the first row only would pass. The others
# differ: word 2 has been given word 1 as its past.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 13 · Silent mistake 4: `output[:, -1]` of a two-way network
#
# You want one vector per sentence: what the network knows after reading it. With one direction, `batch_first` and no
# padding, `output[:, -1]` is just that. With two directions, half of it is not.

# %%
# versus (section 10) prints two shapes and whether the numbers agree
torch.manual_seed(0)
rnn, x = nn.RNN(20, 10, bidirectional=True, batch_first=True), torch.randn(3, 5, 20)
output, h_n = rnn(x)  # (N, T, 2 d_h), (2, N, d_h)
wrong = output[:, -1]  # (N, 2 d_h)
right = torch.cat([h_n[-2], h_n[-1]], dim=1)  # (N, 2 d_h): both final states
versus(right, wrong)
versus(right[:, :10], wrong[:, :10])  # forward halves
versus(right[:, 10:], wrong[:, 10:])  # backward halves

# %% [markdown]
# The forward halves agree. The backward direction starts at the *last* word, so at the last word it has read one word.
# Change the four words before it and see who notices.

# %%
changed = x.clone()
changed[:, :4] += 1  # every word but the last
new_output, new_h_n = rnn(changed)
old_half, new_half = output[:, -1, 10:], new_output[:, -1, 10:]  # (N, d_h)
print("output[:, -1], backward half, notices:", not torch.equal(old_half, new_half))
print("h_n[-1] notices:                      ", not torch.equal(h_n[-1], new_h_n[-1]))

# %% [markdown]
# `RecurrentShape` can tell you the same in words: where a slice comes from, and what it can depend on.

# %%
import textwrap

spec = RecurrentShape.from_module(rnn)
answer = spec.provenance("output[:, -1]", seq_len=5, batch_size=3)
print(textwrap.fill(answer.words, 88))

# %% [markdown]
# These words count from 0, as Python does: step 4 is the fifth and last word. *Every step* is said of the whole slice,
# thanks to its forward half; the warning at the end is about the backward half.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 14 · Silent mistake 5: `h_n.view(N, -1)`
#
# You want all final states of a sentence in one row. `h_n` has the axes (layer·direction, batch, feature), and `view`
# does not move axes: it cuts the numbers in the order in which they lie in memory.

# %%
torch.manual_seed(0)
rnn, x = nn.RNN(20, 10, num_layers=2), torch.randn(5, 3, 20)  # (T, N, d_in)
h_n = rnn(x)[1]  # (2, N, d_h)
wrong = h_n.view(3, -1)  # (N, 2 d_h)
right = h_n.transpose(0, 1).reshape(3, -1)  # (N, 2, d_h), then (N, 2 d_h)
versus(right, wrong)

changed = x.clone()
changed[:, 1] += 1  # the second sentence only
new_h_n = rnn(changed)[1]
new_right, new_wrong = new_h_n.transpose(0, 1).reshape(3, -1), new_h_n.view(3, -1)
print("first row of the right one moves:", not torch.equal(right[0], new_right[0]))
print("first row of the wrong one moves:", not torch.equal(wrong[0], new_wrong[0]))
spec = RecurrentShape.from_module(rnn)
view = spec.provenance("h_n.view(3, -1)", seq_len=5, batch_size=3)
print("a row mixes sentences:", view.mixed)

# %% [markdown]
# In the wrong one a row holds numbers of *two sentences*. With one layer in one direction `view` is harmless: that is
# why the mistake appears on the day you add a layer. First bring the batch axis to the front, then reshape.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 15 · Silent mistake 6: the last step of a padded batch
#
# Sentences of 5, 4 and 2 words make a rectangle only with [padding](glossary.md#padding). The last step of the
# rectangle is the last word of the longest sentence; for the others it is padding. And padding is not neutral: with an
# input of zeros the state still changes, to $\tanh(U h_{t-1} + b_1)$.

# %%
from torch.nn.utils.rnn import pack_padded_sequence

torch.manual_seed(0)
rnn, lengths = nn.RNN(20, 10), torch.tensor([5, 4, 2])
is_word = torch.arange(5)[:, None] < lengths  # (T, N)
x = torch.randn(5, 3, 20) * is_word[..., None]  # (T, N, d_in), zeros after each end
output, h_n = rnn(x)
wrong = output[-1]  # (N, d_h): step 5 for all
right = output[lengths - 1, torch.arange(3)]  # (N, d_h): each sentence's own last word
versus(right, wrong)
versus(right[0], wrong[0])  # the longest sentence
versus(h_n[0], wrong)  # h_n of padded input is no better

# %% [markdown]
# A [packed sequence](glossary.md#packed-sequence) tells the layer the lengths. Then it stops each sentence where it
# ends, and `h_n` is right: also for two directions, where picking rows of `output` no longer helps, because the
# backward direction would start in the padding.

# %%
packed = pack_padded_sequence(x, lengths, enforce_sorted=False)
packed_output, h_n = rnn(packed)
versus(right, h_n[0])
layout = RecurrentShape.from_module(rnn).packed(lengths.tolist())
print("packed data:", tuple(packed_output.data.shape), " batch sizes:", layout.batch_sizes)
last_rows = packed_output.data[list(layout.last_rows)]  # (N, d_h)
print("last words in rows", layout.last_rows, "hold h_n:", torch.equal(last_rows, h_n[0]))

# %% [markdown]
# Packed data has 5 + 4 + 2 = 11 rows and no padding. The batch sizes say how many sentences are still running at each
# step: 3, 3, 2, 2, 1. So the last words do not lie together: row 10 belongs to the sentence of five words, row 9 to that
# of four, row 5 to that of two.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 16 · Silent mistake 7: the fourth positional argument
#
# The first three arguments are the same for all layers: input size, hidden size, layers. The fourth is not.
#
# | layer | 4th | 5th | 6th |
# |---|---|---|---|
# | `nn.RNN` | `nonlinearity` | `bias` | `batch_first` |
# | `nn.GRU`, `nn.LSTM` | `bias` | `batch_first` | `dropout` |
#
# So `nn.LSTM(20, 10, 1, True)` does not turn on `batch_first`: it says `bias=True`, which was true anyway.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
x = torch.randn(3, 5, 20)
written, meant = nn.LSTM(20, 10, 1, True), nn.LSTM(20, 10, 1, batch_first=True)
meant.load_state_dict(written.state_dict())
print("batch_first of nn.LSTM(20, 10, 1, True):", written.batch_first)
versus(meant(x)[0], written(x)[0])

# False is meant for batch_first, and takes away the biases
written, meant = nn.LSTM(20, 10, 1, False), nn.LSTM(20, 10, 1, batch_first=False)
written.load_state_dict(meant.state_dict(), strict=False)  # the same weights
print("parameters of nn.LSTM(20, 10, 1, False):", *dict(written.named_parameters()))
versus(meant(x)[0], written(x)[0])

# %% [markdown] slideshow={"slide_type": "skip"}
# `True` asked for the biases, which were there anyway, and left the batch axis where it was; `False` removed both biases.
# In `nn.RNN` the fourth argument is the nonlinearity: it takes `"relu"` without a word, and at least complains that there
# is no nonlinearity called True. **The cure:** write names, `nn.LSTM(20, 10, num_layers=1, batch_first=True)`.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 17 · Two biases: does the second one do anything?
#
# In $\tanh(W x_t + b_{ih} + U h_{t-1} + b_{hh})$ only the *sum* of the biases matters. Move a half from one to the
# other, block by block, and see whether any output changes.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
x = torch.randn(5, 20)
for cell, blocks in ((nn.RNN, "h"), (nn.LSTM, "ifgo"), (nn.GRU, "rzn")):
    for k, block in enumerate(blocks):
        net, rows = cell(20, 10), slice(10 * k, 10 * (k + 1))  # the rows of one block
        before = net(x)[0]
        with torch.no_grad():
            net.bias_ih_l0[rows] += 0.5
            net.bias_hh_l0[rows] -= 0.5
        same = torch.allclose(before, net(x)[0], atol=1e-5)
        print(f"{cell.__name__:<4} block {block}: only the sum matters: {same}")

# %% [markdown] slideshow={"slide_type": "skip"}
# As a function the second bias is redundant in the RNN, in every block of the LSTM, and in the GRU's $r$ and $z$. It is
# **not** in the GRU's $n$: there PyTorch computes $\tanh(W_n x_t + b_{in} + r \odot (U_n h_{t-1} + b_{hn}))$, and the
# reset gate $r$ multiplies $b_{hn}$ but not $b_{in}$.
#
# *In training* the second bias does something even where it is redundant. Both get the same gradient, both take a step,
# so their sum takes two.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
rnn = nn.RNN(20, 10)
optimiser = torch.optim.SGD(rnn.parameters(), lr=0.1)
before = (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach()
rnn(x)[0].square().sum().backward()
same = torch.allclose(rnn.bias_ih_l0.grad, rnn.bias_hh_l0.grad)
print("the two gradients are equal:", same)
optimiser.step()
moved = (rnn.bias_ih_l0 + rnn.bias_hh_l0).detach() - before
one_step = -0.1 * rnn.bias_ih_l0.grad
ratio = (moved.norm() / one_step.norm()).item()
print(f"the sum moved by {ratio:.2f} times the step of one bias")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 18 · One thing, three names
#
# The lecture, d2l.ai (*Dive into Deep Learning*) and PyTorch name the same things differently. The table is the
# lecture's notation. (Formulas count steps from 1, Python from 0: what the table calls `input[t]` is, in code,
# `input[t - 1]`.)

# %% slideshow={"slide_type": "skip"}
from IPython.display import Markdown, display

from lecture_utils.notation import SYMBOLS

header = "| symbol | meaning | shape | d2l | PyTorch |\n|---|---|---|---|---|"
rows = [f"| `{symbol}` | {' | '.join(rest)} |" for symbol, *rest in SYMBOLS]
display(Markdown("\n".join([header, *rows])))

# %% [markdown] slideshow={"slide_type": "skip"}
# Books that write a vector as a *row* compute $X W$ where this lecture computes $W x$. Their matrices are the
# transposes of ours: d2l's $W_{xh}$ is $d_{in} \times d_h$. The explorers switch between the names, and between row and
# column form.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
W, x_t = torch.randn(10, 20), torch.randn(20)
W_xh = W.T  # the same numbers in row form
print("column form", tuple(W.shape), " row form", tuple(W_xh.shape))
print("W x and x W_xh agree:", torch.allclose(W @ x_t, x_t @ W_xh, atol=1e-5))

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 19 · Where a change of names is not enough: the GRU
#
# d2l and Cho et al. (2014), as published, apply the [reset gate](glossary.md#gate) *before* the matrix:
# $U_n (r \odot h_{t-1})$. PyTorch applies it *after*: $r \odot (U_n h_{t-1} + b_{hn})$. (So did the paper's first draft
# on arXiv, according to Keras's documentation.) No renaming and no transposing turns one into the other: they are
# different functions. Here is one step of each with the same weights.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
gru, x_t, h = nn.GRU(20, 10), torch.randn(20), torch.rand(10)
from_input = gru.weight_ih_l0 @ x_t + gru.bias_ih_l0  # (3 d_h,)
x_r, x_z, x_n = from_input.chunk(3)  # (d_h,) each: W x_t + b_ih, gate by gate
U_r, U_z, U_n = gru.weight_hh_l0.chunk(3)  # (d_h, d_h) each
b_hr, b_hz, b_hn = gru.bias_hh_l0.chunk(3)  # (d_h,) each
r, z = torch.sigmoid(x_r + U_r @ h + b_hr), torch.sigmoid(x_z + U_z @ h + b_hz)

after = torch.tanh(x_n + r * (U_n @ h + b_hn))  # PyTorch
before = torch.tanh(x_n + U_n @ (r * h) + b_hn)  # d2l, the paper as published
by_torch = gru(x_t[None], h[None])[0][0]  # one unbatched step
for name, n in (("after", after), ("before", before)):
    gap = ((1 - z) * n + z * h - by_torch).abs().max()
    print(f"reset {name:<6} the matrix: largest difference from nn.GRU {gap:.3f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# So weights trained by one formula do not fit the other. A test with a single hidden unit and $b_{hn} = 0$ would not
# notice: for numbers, $U_n (r h) = r (U_n h)$.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 20 · A question for the class
#
# **Which of these are true? Select all.** Decide for each before you open the answers.
#
# - **A.** What the network has read so far reaches the next step through the hidden layer.
# - **B.** Recurrent networks are made for text; for other kinds of data they are of no use.
# - **C.** Every step brings a new input and makes a new state, and every step multiplies by one and the same $U$.
# - **D.** A language model built on an RNN needs more parameters to read longer sentences.
# - **E.** In a plain RNN with one layer and one direction, $h_t$ depends *directly* on nothing but $x_t$, $h_{t-1}$ and
#   the parameters.
#
# <details><summary>Answers, with reasons</summary>
#
# - **A is true.** The hidden state is all that one step hands to the next.
# - **B is false.** Anything that comes in order will do: sound, music, measurements over time, moves in a game.
# - **C is true.** $x_t$ and $h_t$ change with $t$; $W$, $U$ and $V$ do not. That is parameter sharing.
# - **D is false.** The parameters depend on $d_{in}$, $d_h$ and $d_{out}$. More steps need more computing and, in
#   training, more memory for the states (section 3).
# - **E is true.** Look at the equation: nothing else stands on its right-hand side. All older inputs act *through*
#   $h_{t-1}$. "Directly" is the important word: without it the sentence would be false.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - A shape is *rows × columns* = *out × in*: $W$ is $d_h \times d_{in}$, $U$ is $d_h \times d_h$, $V$ is
#   $d_{out} \times d_h$.
# - The sentence's length appears in no weight. It appears in the activations.
# - Gates multiply rows; a second direction doubles the sets, and the columns of the layer above's input weights; every
#   layer has its own set.
# - `output`: the top layer at every step. `h_n`: the final state of every layer and direction, layer by layer.
# - Freshly started, $U$ has a spectral radius near 0.6: what passes through many steps fades.
# - A shape that fits proves nothing. Ask where the numbers *come from*: change one input and see what moves.
# - PyTorch's second hidden bias is redundant as a function, except in the GRU's $n$; in training the step on the sum of
#   the two doubles.
#
# **Next:** [04 Training: backpropagation through time](04_training.ipynb). **Back:**
# [02 The forward pass](02_forward_pass.ipynb). All terms: [glossary](glossary.md).
#
# **Sources.** K. Cho et al.,
# *Learning phrase representations using RNN encoder–decoder for statistical machine translation*, EMNLP 2014. V. L.
# Girko, *Circular law*, Theory of Probability and its Applications 29 (1985). A. Zhang,
# Z. C. Lipton, M. Li and A. J. Smola, *Dive into Deep Learning*, d2l.ai. The documentation of `torch.nn.RNN`,
# `torch.nn.GRU` and `torch.nn.LSTM` (pytorch.org) and of `keras.layers.GRU` (keras.io).
