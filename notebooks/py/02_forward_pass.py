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
# # 02 · The forward pass
#
# You read a sentence one word at a time, and you keep in mind what you have read so far. A
# [recurrent neural network](glossary.md#recurrent-neural-network) (RNN) does the same with numbers: at every word it
# updates one vector. In this notebook you draw that network in three ways, write it in a dozen lines, run PyTorch's
# version of it, and train it on real text.
#
# | | |
# |---|---|
# | **After it you can** | define an RNN, compute its forward pass on paper and in code, run `nn.RNN`, read its loss |
# | **Outcomes served** | `define` `feed-forward` `three-matrices` `sharing` `forward` `pytorch` |
# | **Time** | 15 minutes live (the sections marked as slides), 75 minutes alone |
# | **Only 15 minutes?** | Read sections 1, 6, 8, 9 and 10 |
# | **Only 30 minutes?** | Add sections 4, 5 and 14 to 19 |
# | **You need** | feed-forward networks, softmax, cross-entropy, n-gram models, a little PyTorch |
#
# Before: [01 Motivation](01_motivation.ipynb). After: [03 Weight shapes](03_weight_shapes.ipynb).

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
# ## 1 · One network, drawn step by step
#
# Take five words: *Cherry blossoms are beautiful .* Each word is a vector $x_t$, where $t$ counts the words; one word
# is one [time step](glossary.md#time-step), and there are $T = 5$ of them.
#
# A feed-forward network turns an input into a hidden layer and the hidden layer into an output. Now connect the hidden
# layers: the one at step $t$ also receives the one at step $t-1$. That hidden layer is called the
# [hidden state](glossary.md#hidden-state) $h_t$. A network with this one loop, from the hidden layer back to itself, is
# a [vanilla RNN](glossary.md#vanilla-rnn), or Elman network (Elman, 1990).

# %%
from lecture_utils.diagrams import lecture

show(*lecture.unrolled())

# %% [markdown]
# The picture is [unrolled](glossary.md#unrolled): the network is drawn once for every step, and time runs from left to
# right. Blue arrows ($W$) carry the input up, vermilion arrows ($U$) carry the state to the right, green arrows ($V$)
# carry the state up to the output.
#
# Notice the labels. Every blue arrow says $W$, every vermilion arrow $U$, every green arrow $V$. There are three weight
# matrices here, not three for each word. The top row, $p_t$, is what the network answers at each word: a probability for
# every possible answer. $h_0$, at the left, is a start state, usually zeros.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · The same network, drawn with a loop

# %%
show(*lecture.recursive())

# %% [markdown]
# This is the recursive drawing: one copy of the network, and an arrow from the hidden state back to itself. The loop
# takes one time step to go round, so $h_t$ never waits for itself: it reads $h_{t-1}$.
#
# Notice what is missing: the number of steps. The loop says what happens at *each* step, so the same drawing stands for
# a sentence of five words and for one of fifty. To unroll it, write it out once per word; to roll it up again, lay the
# copies on top of each other.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · The same network, drawn as a graphical model

# %%
show(*lecture.graphical_model())

# %% [markdown]
# In a graphical model a circle is a variable, and arrows say what it depends on. Filled circles are given, single
# circles are drawn at random, double circles follow from what enters them. On the left is the RNN. On the right is a
# [hidden Markov model](glossary.md#hidden-markov-model) (HMM): it, too, is a chain of hidden states, each depending on
# the one before. Three things differ.
#
# - **What the state is.** An HMM is in one of $K$ states. An RNN's state is a vector of $d_h$ real numbers.
# - **Chance.** An HMM's state is drawn at random. An RNN's state is *deterministic given the inputs* (and $h_0$): the
#   same words give the same state. Only the right answer $y_t$ (the word that really follows, say) is random, with the
#   probabilities $p_t$.
# - **The arrows.** An HMM's state *emits* the word. In an RNN the word *enters* the state.
#
# So $h_t$ is a function of $x_1, \dots, x_t$: it **can** carry the whole past. It does so lossily: $d_h$ numbers of
# limited precision summarise a past of any length, and training decides what they keep.

# %% [markdown]
# > **For those who know HMMs well.** The nearest relative of $h_t$ is not the HMM's state but its vector of forward
# > probabilities $\alpha_t$: it, too, is a summary of fixed size, computed step by step from $x_1, \dots, x_t$ alone.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · A feed-forward network with one extra set of weights

# %%
show(*lecture.feed_forward())

# %% [markdown]
# This is one step, unit by unit. Cover the vermilion lines, and an ordinary feed-forward network remains: input, hidden
# layer, output, with weights $W$ and $V$. The RNN adds **one** set of weights, $U$, from the old hidden layer to the
# new one. So one step is a fully connected layer whose input is $h_{t-1}$ and $x_t$ side by side:
#
# $$U h_{t-1} + W x_t = [\,U \;\; W\,] \begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}$$
#
# In this sense an RNN *is* a feed-forward network: unrolled over $T$ steps it has no loop left, $T$ layers, a new input
# at each layer, and the same weights in all of them.

# %%
torch.manual_seed(0)
d_in, d_h = 20, 10  # numbers in an input, numbers in a state
W, U = torch.randn(d_h, d_in), torch.randn(d_h, d_h)
x_t, h_before = torch.randn(d_in), torch.randn(d_h)

two_products = U @ h_before + W @ x_t  # (d_h,)
wide = torch.cat([U, W], dim=1)  # (d_h, d_h + d_in)
one_product = wide @ torch.cat([h_before, x_t])  # (d_h,)
same = torch.allclose(two_products, one_product, atol=1e-4)
print("two products and one wide one agree:", same)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### What separates the two
#
# Take the extra weights away, and the memory goes with them. The next cell computes the five states twice (with
# tanh, as in section 6), once with $U = 0$ and once with $U$; each time it asks whether the state at the last word
# changes when you swap the first two.

# %% slideshow={"slide_type": "skip"}
x = torch.randn(5, d_in)  # (T, d_in)
swapped = x[[1, 0, 2, 3, 4]]  # the first two words change places

# the factors 0.3 and 0.2 keep tanh away from its flat ends
for name, extra in (("U = 0", torch.zeros(d_h, d_h)), ("with U", 0.3 * U)):
    h = h_swapped = torch.zeros(d_h)
    for x_t, x_swapped in zip(x, swapped):
        h = torch.tanh(extra @ h + 0.2 * W @ x_t)  # (d_h,)
        h_swapped = torch.tanh(extra @ h_swapped + 0.2 * W @ x_swapped)
    notices = not torch.allclose(h, h_swapped, atol=1e-3)
    print(f"{name:<7} the last state notices the swap: {notices}")

# %% [markdown] slideshow={"slide_type": "skip"}
# With $U = 0$ the hidden layer at the last word sees the last word and nothing else. With $U$ it has seen them all,
# *in order*. A bag of words cannot tell the two sentences apart either; an RNN can.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · The same weights at every step
#
# $W$, $U$ and $V$ do not depend on $t$. This is [parameter sharing](glossary.md#parameter-sharing), and three things
# follow from it.
#
# - **Any length.** The network is defined for 5 words and for 5,000, with the same parameters.
# - **Any place.** What is learned about a word at position 2 is used when the word appears at position 20.
# - **Few parameters.** Their number depends on the three sizes $d_{in}$, $d_h$ and $d_{out}$, and not on $T$.
#
# A convolution shares its weights over positions of an image; an RNN shares them over steps in time.

# %%
show(*lecture.sharing())

# %% [markdown]
# Left, every step uses the same $W$, $U$ and $V$. Right, each step has matrices of its own, as the layers of an ordinary
# deep network have. Compare the counts below them: on the left they stay, on the right they grow with the sentence.
#
# A feed-forward network with a window of the last words pays in the same way: it has a separate set of weights for each
# place in the window.

# %%
d_out = 6
shared = d_h * d_in + d_h * d_h + d_out * d_h
print(f"{'T':>5} {'RNN':>8} {'window of T words':>19}")
for T in (1, 5, 50, 500):
    window = d_h * (T * d_in) + d_out * d_h  # one block of weights per place in the window
    print(f"{T:>5} {shared:>8,} {window:>19,}")

# %% [markdown]
# The RNN's column stays the same; the window's grows with every word you add. (Weights only, biases left out.) For one
# word the RNN is the larger of the two: it pays for $U$, which has nothing to do yet.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · The equations
#
# Start from $h_0 = 0$. Then, for $t = 1, \dots, T$:
#
# $$
# \begin{aligned}
# h_t &= \tanh(U h_{t-1} + W x_t + b_1) && \text{new state} \\
# o_t &= V h_t + b_2 && \text{logits} \\
# p_t &= \operatorname{softmax}(o_t) && \text{prediction}
# \end{aligned}
# $$
#
# | symbol | what it does | shape |
# |---|---|---|
# | $W$ | input → hidden: what the new word says | $d_h \times d_{in}$ |
# | $U$ | hidden → hidden: what the past says | $d_h \times d_h$ |
# | $V$ | hidden → output: what to answer | $d_{out} \times d_h$ |
# | $b_1$, $b_2$ | hidden bias, output bias | $d_h$, $d_{out}$ |
#
# The [logits](glossary.md#logits) $o_t$ are scores of any size; softmax turns them into probabilities $p_t$, which sum
# to 1. The [target](glossary.md#target) $y_t$, the right answer, is the number of a class.

# %% [markdown] slideshow={"slide_type": "subslide"}
# In pseudo-code the whole forward pass is a loop over the words:
#
# ```text
# h = 0
# for each word vector x:
#     h = tanh(U h + W x + b_1)      # the new state replaces the old one
#     o = V h + b_2                  # logits
#     p = softmax(o)                 # prediction at this word
# ```
#
# The loop carries one thing from word to word: $h$. Whatever the network knows about the past at step $t$, it knows
# through $h_{t-1}$.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 7 · On paper
#
# Do it once by hand, with sizes of 1, so that every matrix is a number: $W = 0.5$, $U = 0.8$, $b_1 = 0$, and the inputs
# $x = (1, 0, 0)$. Take a pencil before you read on.
#
# <details><summary>The three states</summary>
#
# $h_1 = \tanh(0.8 \cdot 0 + 0.5 \cdot 1) = \tanh(0.5) \approx 0.462$<br>
# $h_2 = \tanh(0.8 \cdot 0.462 + 0.5 \cdot 0) = \tanh(0.370) \approx 0.354$<br>
# $h_3 = \tanh(0.8 \cdot 0.354 + 0.5 \cdot 0) = \tanh(0.283) \approx 0.276$
#
# </details>

# %% slideshow={"slide_type": "skip"}
h, by_hand = torch.tensor(0.0), []
for x_t in (1.0, 0.0, 0.0):
    h = torch.tanh(0.8 * h + 0.5 * x_t)
    by_hand.append(round(h.item(), 3))
print(by_hand)

# %% [markdown] slideshow={"slide_type": "skip"}
# The input is 1 at the first step and 0 after it, and yet $h_3$ is not 0: the first word is still there, fainter with
# each step. Training has to find weights that keep what matters and let the rest fade.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 8 · From scratch, in a dozen lines
#
# The code is the pseudo-code. It reads one sentence, a matrix with a row per word.

# %%
d_in, d_h, d_out = 20, 10, 6  # numbers in an input, in a state, in an output


def forward(x, h, W, U, V, b_1, b_2):
    """Read x (T, d_in), starting from h (d_h,); return states, logits and the last state."""
    states, logits = [], []
    for x_t in x:  # (d_in,)
        h = torch.tanh(U @ h + W @ x_t + b_1)  # (d_h,)
        states.append(h)
        logits.append(V @ h + b_2)  # (d_out,)
    return torch.stack(states), torch.stack(logits), h


# %% [markdown]
# For our sentence, let the task be to name the next word, out of six: the five words of the sentence and an end symbol.
# So $d_{out} = 6$. The word vectors are random numbers for now, $d_{in} = 20$ of them per word; sections 14 and 15 give
# them a meaning.

# %%
from lecture_utils.text import tokenize

words = tokenize("Cherry blossoms are beautiful.")
T = len(words)
torch.manual_seed(0)
x = torch.randn(T, d_in)  # (T, d_in)
W, U = 0.1 * torch.randn(d_h, d_in), 0.1 * torch.randn(d_h, d_h)
V = 0.1 * torch.randn(d_out, d_h)
h_0, b_1, b_2 = torch.zeros(d_h), torch.zeros(d_h), torch.zeros(d_out)

states, logits, h_last = forward(x, h_0, W, U, V, b_1, b_2)
p = logits.softmax(dim=-1)  # (T, d_out)
for name, tensor in (("states", states), ("logits", logits), ("last state", h_last)):
    print(f"{name:<11}{tuple(tensor.shape)}")
print("each row of p sums to 1:", torch.allclose(p.sum(dim=-1), torch.ones(T)))

# %% [markdown]
# One row per word in `states`, one row per word in `logits`. That is all of the forward pass.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 9 · PyTorch's version
#
# `nn.RNN(20, 10, 1)` is a layer with inputs of size 20, states of size 10, and one layer. It does the recurrent part:
# $W$, $U$ and the hidden biases. There is **no $V$** in it; the output layer is a separate `nn.Linear`.
#
# It wants a start state $h_0$ of shape (1, 10): one row for the one layer. Our input has no batch axis, so it is
# [unbatched](glossary.md#batch): the shape is (words, features).

# %%
torch.manual_seed(0)
rnn = nn.RNN(20, 10, 1)  # tanh unless you ask for something else
h_0 = torch.zeros(1, 10)  # (layers, d_h)

output, h_n = rnn(x, h_0)
print("input ", tuple(x.shape))
print("h_0   ", tuple(h_0.shape))
print("output", tuple(output.shape))
print("h_n   ", tuple(h_n.shape))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 10 · What `nn.RNN` gives back
#
# It returns two things that are easily mixed up.
#
# - `output` holds the hidden state at **every step**: $h_t$ is `output[t - 1]`, since formulas count from 1 and Python
#   from 0. Despite its name it is not the prediction.
# - `h_n` holds the **final** state, one row per layer (and per direction: notebook 03).
#
# For one layer in one direction, the last row of `output` **is** `h_n`: not close to it, but the same numbers.

# %%
print("output[-1] equals h_n[0], bit for bit:", torch.equal(output[-1], h_n[0]))
print("every state lies between -1 and 1:   ", bool((output.abs() <= 1).all()))

head = nn.Linear(10, 6)  # V and b_2
print("logits", tuple(head(output).shape), "= one row of scores per word")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 11 · Do the two agree?
#
# Copy PyTorch's weights into the scratch version. They have other names there: `weight_ih_l0` is $W$, `weight_hh_l0` is
# $U$, and the hidden bias comes in two parts that you add. (Why two? Notebook 03.)

# %% slideshow={"slide_type": "skip"}
W, U = rnn.weight_ih_l0, rnn.weight_hh_l0  # (d_h, d_in), (d_h, d_h)
b_1 = rnn.bias_ih_l0 + rnn.bias_hh_l0  # (d_h,)


def scratch_states(x, h_0):
    """The states (T, d_h) of `rnn`, computed by our own loop."""
    return forward(x, h_0[0], W, U, head.weight, b_1, head.bias)[0]


ours, theirs = scratch_states(x, h_0), rnn(x, h_0)[0]
print("same shape:", ours.shape == theirs.shape)
print("largest difference below 1e-6:", (ours - theirs).abs().max().item() < 1e-6)

# %% [markdown] slideshow={"slide_type": "skip"}
# Equal states are half of the proof. Training needs equal *gradients* too. A gradient may be large or small, so you
# compare it relative to its own size.

# %% slideshow={"slide_type": "skip"}
parameters = dict(rnn.named_parameters())
ours = torch.autograd.grad(scratch_states(x, h_0).square().sum(), parameters.values())
theirs = torch.autograd.grad(rnn(x, h_0)[0].square().sum(), parameters.values())
for name, a, b in zip(parameters, ours, theirs):
    relative = ((a - b).norm() / b.norm()).item()
    print(f"{name:<13} relative difference of the gradients below 1e-5: {relative < 1e-5}")

# %% [markdown] slideshow={"slide_type": "skip"}
# The two are the same function, computed in a different order of operations; float32 leaves a difference in the last
# digits. This was computed on the CPU: a GPU rounds differently, and the difference can be larger there.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 12 · Where $h_0$ comes from
#
# The recursion needs a start. You have four choices.
#
# - **Zeros:** PyTorch's default when you pass nothing. Right for separate sentences: each starts from the same blank
#   state.
# - **Carried over:** for one long text cut into pieces. The final state of a piece starts the next.
# - **Learned:** a vector of parameters, trained with the rest. Worth a try when the first steps matter, as in short
#   sequences.
# - **Random:** new noise for each training sequence, so that the network does not come to rely on one exact start. Not
#   when you use the network: its answer would change from run to run.

# %% slideshow={"slide_type": "skip"}
nothing = rnn(x)[0]  # no h_0 at all
print("no h_0 is the same as zeros:", torch.equal(nothing, output))

first, h = rnn(x[:3])  # three words …
second, _ = rnn(x[3:], h)  # … and then two, from where the first piece stopped
pieces = torch.cat([first, second])  # (T, d_h)
print("carried over, two pieces equal one run:", torch.allclose(pieces, output, atol=1e-6))

h_learned = nn.Parameter(torch.zeros(1, 10))  # hand it to the optimiser with the rest
rnn(x, h_learned)[0].sum().backward()
print("a learned h_0 gets a gradient of shape", tuple(h_learned.grad.shape))

# %% [markdown] slideshow={"slide_type": "skip"}
# ### How long does the start matter?
#
# Start the same network twice on the same forty vectors: once from zeros, once from noise. Then measure how far apart
# the two runs are.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(1)
long = torch.randn(40, 20)  # (T, d_in)
from_zeros, from_noise = rnn(long)[0], rnn(long, torch.randn(1, 10))[0]  # (T, d_h) each
distance = (from_zeros - from_noise).norm(dim=1)  # (T,)
for t in (1, 5, 10):
    print(f"after step {t:>2}: distance {distance[t - 1]:.3f}")
assert distance[9] < 0.001 * distance[0]

# %% [markdown] slideshow={"slide_type": "skip"}
# The runs meet: in the last line nothing of the start is left in the digits shown. A freshly started network forgets it
# that fast; notebook 03 shows why. So $h_0$ matters most for short sequences, and carrying it over pays only if the
# trained network remembers that far.
#
# (If you carry a state over *during training*, detach it from the old graph: otherwise the backward pass runs on into the
# piece before, and PyTorch refuses with *Trying to backward through the graph a second time*.
# [Notebook 04](04_training.ipynb) shows how.)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 13 · ReLU on request
#
# `nn.RNN` takes tanh by default and ReLU if you ask: `nonlinearity="relu"`. Tanh keeps every state between −1 and 1. A
# ReLU state has no ceiling, and in a loop that matters. Below, both networks get the same weights, scaled so that $U$
# alone makes the state grow.

# %% slideshow={"slide_type": "skip"}
from math import log10

torch.manual_seed(0)
by_tanh, by_relu = nn.RNN(20, 10), nn.RNN(20, 10, nonlinearity="relu")
with torch.no_grad():
    by_tanh.weight_hh_l0.copy_(1.5 * torch.eye(10))  # U: makes a state half as large again
by_relu.load_state_dict(by_tanh.state_dict())

for T in (1, 10, 50):
    same_word = long[:1].expand(T, -1)  # (T, d_in)
    tanh, relu = (net(same_word)[0].abs().max().item() for net in (by_tanh, by_relu))
    print(
        f"largest state after {T:>2} steps: tanh {tanh:.1f}, ReLU about 10^{log10(relu):.0f}"
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# Tanh saturates; ReLU grows without end, since $U$ multiplies it by 1.5 at every step. The price of saturation comes in
# training: a saturated tanh passes almost no gradient ([notebook 04](04_training.ipynb)).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 14 · Words as one-hot vectors
#
# So far the word vectors were random. The plainest choice is a [one-hot vector](glossary.md#one-hot-vector): as long as
# the vocabulary of $C$ words, 1 in the place of the word, 0 elsewhere. Take a sentence from Python's own documentation.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.datasets import load
from lecture_utils.text import Vocabulary

sentence = "A scope defines the visibility of a name within a block."
tokens = tokenize(sentence.lower())
small = Vocabulary(tokens, specials=())  # a vocabulary of this sentence alone
ids = torch.tensor(small.encode(tokens))  # (T,)
one_hot = nn.functional.one_hot(ids, len(small)).float()  # (T, C)
print(tokens)
print("word numbers:", ids.tolist())
print("one-hot:", tuple(one_hot.shape), "with", int(one_hot.sum()), "ones")

# %% [markdown] slideshow={"slide_type": "skip"}
# Twelve tokens (a token is a word or a punctuation mark), ten *different* ones: *a* occurs three times. Now read the sentence with an RNN.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
reader = nn.RNN(len(small), 10)
states, _ = reader(one_hot)  # (T, d_h)
W = reader.weight_ih_l0  # (d_h, C)
Wx = one_hot @ W.T  # (T, d_h): W x_t, row by row
first, second, third = (t for t, token in enumerate(tokens) if token == "a")
print("'a' stands at steps", first + 1, second + 1, third + 1)
print("W x_t at the first equals the second:", torch.equal(Wx[first], Wx[second]))
same_state = torch.allclose(states[first], states[second], atol=1e-3)
print("h_t at the first equals the second:  ", same_state)
print("W x_t is a column of W:              ", torch.equal(Wx[first], W[:, small["a"]]))

# %% [markdown] slideshow={"slide_type": "skip"}
# The same word enters in the same way each time, and meets a different past: its state differs. That is what a state is
# for.
#
# The last line is worth a second look. $W$ times a one-hot vector picks **one column of $W$**. So an RNN on one-hot
# vectors already has a vector per word: the columns of $W$.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 15 · Words as embeddings
#
# A one-hot vector is as long as the vocabulary, and every word is equally far from every other. An
# [embedding](glossary.md#embedding) is a table with one short row per word; the rows are parameters, learned with the
# rest. `nn.Embedding(C, d_in)` looks a row up by its number.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
table = nn.Embedding(len(small), 4)  # (C, d_in)
vectors = table(ids)  # (T, d_in)
print("word numbers", tuple(ids.shape), "-> vectors", tuple(vectors.shape))
print("the same as one-hot times the table:", torch.equal(vectors, one_hot @ table.weight))
print("the RNN reads them as before:", tuple(nn.RNN(4, 10)(vectors)[0].shape))

# %% [markdown] slideshow={"slide_type": "skip"}
# Looking a row up *is* multiplying by a one-hot vector, without the multiplications by zero. The two ways of reading
# differ in what stands between word and state: one-hot goes through $W$ alone ($d_h \times C$ weights), an embedding
# $E$ ($C \times d_{in}$) through $W E^\top$. In section 22 both learn from real text.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 16 · Watch one step at a time
#
# **Try:** press → and ← to walk through the sentence, and follow one number from $x_t$ and $h_{t-1}$ through the two
# products, the sum, tanh, the logits and softmax. **Notice** how $h_t$ at one step turns into $h_{t-1}$ at the next,
# while $W$, $U$ and $V$ never change. (The weights are random and small enough for pencil and paper, so the predictions,
# over the five words alone, mean nothing yet.)

# %%
from lecture_utils.explorers import forward_stepper

forward_stepper()

# %% [markdown]
# **Question.** At the first step one of the two products is zero. Which one, and why?
#
# <details><summary>Answer</summary>
#
# $U h_{t-1}$: at step 1 it is $U h_0$, and $h_0 = 0$. The first state depends on the first word and the biases alone.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 17 · From probabilities to a loss
#
# At step $t$ the network gives the right answer $y_t$ the probability $p_t[y_t]$. The
# [cross-entropy](glossary.md#cross-entropy) of this step is $-\ln p_t[y_t]$: 0 if the network was certain and right,
# and larger the more surprised it is. Its unit is the *nat*; with $\log_2$ instead of $\ln$ it is the *bit*.
#
# A [language model](glossary.md#language-model) predicts the next word at every step, so there is a loss at **every**
# step. For our five words the targets are the sentence shifted by one.

# %%
targets = torch.tensor([1, 2, 3, 4, 5])  # (T,): blossoms are beautiful . end
by_hand = -p[torch.arange(5), targets].log()  # (T,) nats, one per step
by_torch = nn.functional.cross_entropy(logits, targets, reduction="none")  # (T,)
print("loss per step:", tuple(by_torch.shape))
print("by hand and by PyTorch agree:", torch.allclose(by_hand, by_torch, atol=1e-6))

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 18 · Perplexity, and bits per character
#
# The mean loss per word is easy to compute and hard to picture. Two translations help.
#
# **[Perplexity](glossary.md#perplexity)** is $\exp(\text{mean loss in nats})$: the number of equally likely words that
# would surprise you as much. A model that knows nothing of $C$ words has perplexity $C$.
#
# **[Bits per character](glossary.md#bits-per-character)** is the loss divided by $\ln 2$, when each step is a
# character. It is also how far the text could be compressed with this model, up to rounding: 2 bits per character is a
# quarter of the 8 bits of a plain text file.

# %%
from math import exp, log

print(f"{'p of the right word':>20} {'nats':>6} {'bits':>6} {'perplexity':>11}")
for probability in (1.0, 0.5, 0.25, 1 / 6, 0.01):
    nats = log(1 / probability)
    print(f"{probability:>20.3f} {nats:>6.2f} {nats / log(2):>6.2f} {exp(nats):>11.1f}")

knows_nothing = nn.functional.cross_entropy(torch.zeros(5, 6), targets)
print(f"equal logits for six words: perplexity {exp(knows_nothing):.1f}")

# %% [markdown]
# Two warnings. Perplexities compare only over the same vocabulary and the same cutting into words: a model with fewer
# words to choose from has an easier task. And a mean of perplexities is not the perplexity: take the mean of the
# *losses*, then exp.
#
# What does a character cost, to begin with? Here is the price of held-out Python documentation for a model that knows
# only how frequent each character is.

# %% tags=["nbval-ignore-output"]
from collections import Counter
from math import log2

seen, held_out = (load("python_docs", split).text for split in ("train", "test"))
count, C = Counter(seen), len(set(seen) | set(held_out))
bits = -sum(log2((count[c] + 1) / (len(seen) + C)) for c in held_out) / len(held_out)
print(f"all {C} characters equally likely: {log2(C):.2f} bits per character")
print(f"frequencies known:               {bits:.2f} bits per character")
assert 3.5 < bits < 5 < log2(C) < 8

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 19 · Give the loss logits, never probabilities
#
# `nn.CrossEntropyLoss` applies (log-)softmax itself. So it wants the **logits**. If you apply softmax first, nothing
# fails: shapes fit, the loss is a number, it even goes down. See what is lost.

# %% slideshow={"slide_type": "skip"}
C = 1000
right = torch.tensor([7])
sure = torch.zeros(1, C)
sure[0, 7] = 50.0  # logits that put all the probability on the right answer
cross_entropy = nn.functional.cross_entropy
print(f"a perfect prediction, from logits:        {cross_entropy(sure, right):.3f}")
twice = cross_entropy(sure.softmax(-1), right)
print(f"a perfect prediction, softmax before it:  {twice:.3f}")
nothing = cross_entropy(torch.zeros(1, C), right)
print(f"knowing nothing, from logits:             {nothing:.3f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# The second softmax sees numbers between 0 and 1 and can make little of them. With $C$ classes even the *perfect*
# prediction costs $\ln(1 + (C-1)/e)$ nats instead of 0. Knowing nothing costs $\ln C$, which is less
# than one nat more, however many classes there are: there is little left to gain. The gradient shrinks as well; here is
# how much at the start.

# %% slideshow={"slide_type": "skip"}
wrong = torch.zeros(1, C, requires_grad=True)  # knows nothing: there is everything to learn
(from_logits,) = torch.autograd.grad(cross_entropy(wrong, right), wrong)
(from_softmax,) = torch.autograd.grad(cross_entropy(wrong.softmax(-1), right), wrong)
ratio = (from_logits.norm() / from_softmax.norm()).item()
print(f"with {C:,} classes the gradient from logits is {ratio:,.0f} times larger")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 20 · Where the class axis goes, and what you average
#
# The RNN and the output layer give logits of shape $(T, N, C)$: steps, sequences, classes. `cross_entropy` wants the
# classes on the **second** axis. Two ways are right: put all steps of all sequences in one column, $(T \cdot N, C)$, or
# move the axis, $(N, C, T)$. And one way runs and is wrong: `reshape` gives the shape and mixes up the numbers.

# %% slideshow={"slide_type": "skip"}
torch.manual_seed(0)
T, N, C = 5, 3, 6
o, y = torch.randn(T, N, C), torch.randint(C, (T, N))
column = cross_entropy(o.flatten(0, 1), y.flatten())  # (T·N, C) and (T·N,)
moved = cross_entropy(o.permute(1, 2, 0), y.T)  # (N, C, T) and (N, T)
mixed_up = cross_entropy(o.reshape(N, C, T), y.T)  # the right shape, the wrong numbers
print("column and moved axis agree:", torch.allclose(column, moved))
print("reshape agrees:             ", torch.allclose(column, mixed_up, atol=1e-3))

# %% [markdown] slideshow={"slide_type": "skip"}
# **Mean or sum?** By default `cross_entropy` takes the mean over all $T \cdot N$ predictions. The sum over steps (and
# mean over sequences) is $T$ times as large, and so is its gradient. Neither is wrong. But a learning rate tuned for
# one is $T$ times off for the other under plain gradient descent, and with a sum long sequences weigh more. In this
# collection derivations use the sum over $t$; trainings use the mean; perplexity needs the mean.

# %% slideshow={"slide_type": "skip"}
# summed over the steps, mean over the sequences
total = cross_entropy(o.flatten(0, 1), y.flatten(), reduction="sum") / N
print("sum over steps = T × mean:", torch.allclose(total, T * column))

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 21 · Real text, and what to beat
#
# Now let an RNN predict the next word of real text: the prose of Python's documentation, in lower case. Words seen
# fewer than three times in training become `<unk>`; `<s>` stands before each sentence, and so also marks the end of the
# one before.
#
# Before you train anything, know what to beat. An [n-gram model](glossary.md#n-gram-model) of order 3 looks at the two
# words before. The ones here come from `lecture_utils.ngrams` and are smoothed in the way of Kneser and Ney (1995), which
# is hard to beat by counting: what is taken off every count goes to the next shorter order, and there a word counts by how
# many *different* words it follows, not by how often it occurs. (Notebook 01 keeps rarer words in its vocabulary and splits
# the text in another way, so its perplexities cannot be compared with these.)

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
splits = ("train", "valid", "test")


def running_words(split):
    """All sentences of a split as one list of words, each sentence after its `<s>`."""
    sentences = load("python_docs", split).sentences()
    return [word for sentence in sentences for word in ("<s>", *tokenize(sentence.lower()))]


words = {split: running_words(split) for split in splits}
vocab = Vocabulary(words["train"], min_count=3, specials=("<unk>", "<s>"))
ids = [torch.tensor(vocab.encode(words[split])) for split in splits]
train, valid, test = ids  # (words,) each
unknown = (test == vocab["<unk>"]).float().mean()
print(f"{len(train):,} words to learn from, {len(test):,} to test on")
print(f"{len(vocab):,} entries in the vocabulary")
print(f"{unknown:.0%} of the test words are <unk>")
assert len(train) > 30_000
assert unknown < 0.12

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Counting models, smoothed

# %% slideshow={"slide_type": "skip"}
from lecture_utils.ngrams import NGram

orders = {"unigram": 1, "bigram": 2, "trigram": 3}
as_words = vocab.decode(train)  # with <unk> for the rare ones
ngrams = {name: NGram(order).fit([as_words]) for name, order in orders.items()}


def ngram_nats(name, ids):
    """Nats for each word, from the third on: every model predicts the same words."""
    model, words = ngrams[name], vocab.decode(ids)
    chances = [model.probability(words[t], words[t - 2 : t]) for t in range(2, len(ids))]
    return -torch.tensor(chances).log()  # (words − 2,)


# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
perplexity = {name: exp(ngram_nats(name, test).mean()) for name in ngrams}
for name, value in perplexity.items():
    print(f"{name:<8} perplexity on the test text {value:6.1f}")
assert perplexity["bigram"] < perplexity["unigram"] < len(vocab)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 22 · Train it, on one-hot vectors and on embeddings
#
# The model is what you have built so far: words to vectors, an RNN, an output layer. Only the first part differs, and
# section 15 tells how: a table of embeddings is learned, and one-hot vectors are the rows of a table that never
# changes, the identity matrix. In training, [dropout](glossary.md#dropout) hides a random part of each state from the output
# layer, against learning a small text by heart. What is handed to the next step stays whole.

# %% slideshow={"slide_type": "skip"}
d_h, hidden_share = 64, 0.3  # hidden units; the share of each state hidden from V


class LanguageModel(nn.Module):
    def __init__(self, table):  # table (C, d_in): row by row, the vector of each word
        super().__init__()
        self.table, self.dropout = table, nn.Dropout(hidden_share)
        self.rnn = nn.RNN(table.embedding_dim, d_h)  # W, U and b_1
        self.head = nn.Linear(d_h, len(vocab))  # V and b_2

    def forward(self, ids):  # (T, N)
        output, _ = self.rnn(self.table(ids))  # (T, N, d_h)
        return self.head(self.dropout(output))  # (T, N, C): logits, no softmax


# %% [markdown] slideshow={"slide_type": "skip"}
# ### Batches
#
# A batch is $N = 16$ pieces of text of $T = 20$ words; the targets are the same pieces one word later. The model is
# judged on the *validation* text while it trains. The *test* text is kept for the end.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.text import next_token_batches, next_token_pass
from lecture_utils.training import next_token_loss, pick_device

device = pick_device()
batches = next_token_batches(train, seq_len=20, batch_size=16, seed=0)
valid_batches = next_token_pass(valid, seq_len=20, batch_size=16)
inputs, targets = next(iter(batches))
print("inputs", tuple(inputs.shape), " targets", tuple(targets.shape))
print("a target is the next input:", torch.equal(inputs[1:], targets[:-1]))


@torch.no_grad()
def valid_loss(model):
    """Mean loss over all words of the validation text; its last batch may be narrower."""
    words, nats = 0, 0.0
    for x, y in valid_batches:
        words += y.numel()
        nats += y.numel() * next_token_loss(model, x.to(device), y.to(device)).item()
    return nats / words


# %% [markdown] slideshow={"slide_type": "skip"}
# ### The training
#
# `fit` is the training loop of this collection: a fixed number of steps of Adam, with gradients cut back when they are
# too long (clipping: [notebook 04](04_training.ipynb)). It keeps the model that did best on the validation text, which need not be
# the last. First the one-hot vectors …

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.training import fit, seed_everything

settings = {
    "loss": next_token_loss,
    "evaluate": valid_loss,
    "steps": 1000,
    "lr": 4e-3,
    "clip": 1.0,
}
models, histories = {}, {}

seed_everything(0)
identity = nn.Embedding.from_pretrained(torch.eye(len(vocab)))  # (C, C), frozen
models["one-hot"] = LanguageModel(identity).to(device)
histories["one-hot"] = fit(models["one-hot"], batches, seed=0, **settings)
print(histories["one-hot"].sentence())
assert histories["one-hot"].losses[-1] < 0.75 * histories["one-hot"].losses[0]

# %% [markdown] slideshow={"slide_type": "skip"}
# … and then embeddings. Their rows start small, so that what is learned soon outweighs the chance they start from.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
seed_everything(0)
table = nn.Embedding(len(vocab), 64)
nn.init.normal_(table.weight, std=0.1)
models["embeddings"] = LanguageModel(table).to(device)
histories["embeddings"] = fit(models["embeddings"], batches, seed=0, **settings)
print(histories["embeddings"].sentence())
assert histories["embeddings"].losses[-1] < 0.75 * histories["embeddings"].losses[0]

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 23 · How they learn
#
# Here is the perplexity on the validation text while the two models learn; lower is better. The thin lines in the
# picture are the n-gram models on the same text. (There the networks start from $h_0 = 0$ every 20 words.)

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
curves = {
    kind: {step: exp(loss) for step, loss in history.evaluations if step}
    for kind, history in histories.items()
}
levels = {name: exp(ngram_nats(name, valid).mean()) for name in ngrams}
leader = min(curves, key=lambda kind: curves[kind][100])
for kind, curve in curves.items():
    print(
        f"{kind:<11}after 100 steps {curve[100]:.0f}, after 1,000 steps {curve[1000]:.0f}"
    )
    assert curve[1000] < 0.6 * curve[100]

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.view import QUIET, plot_axes

title = f"The model with {leader} is quicker off the mark"
figure, axes = plot_axes(title, "training steps", "perplexity")
for kind, style, ha, va in (
    ("one-hot", "k--", "left", "bottom"),
    ("embeddings", "k-", "right", "top"),
):
    axes.plot(curves[kind].keys(), curves[kind].values(), style)
    axes.text(200, curves[kind][200], f" {kind} ", ha=ha, va=va)
for name, level in levels.items():
    axes.axhline(level, **QUIET)
    axes.text(1015, level, name, va="center")
axes.set(xlim=(0, 1000), ylim=(38, 200), yscale="log")
axes.set_yticks([40, 50, 75, 100, 150], labels=["40", "50", "75", "100", "150"])
axes.minorticks_off()
ends = (
    f"{kind}: {c[100]:.0f} after 100, {c[1000]:.0f} after 1,000"
    for kind, c in curves.items()
)
show(figure, f"Validation perplexity against training steps. {'; '.join(ends)}.")
# one-hot has caught up at the end
assert 0.9 < curves["one-hot"][1000] / curves["embeddings"][1000] < 1.1
assert leader == "embeddings"
assert curves[leader][1000] < 0.6 * curves[leader][100]

# %% [markdown] slideshow={"slide_type": "skip"}
# Read it from the left: the model with embeddings starts faster, and the one-hot model catches up. The two can compute
# *the same functions*: one goes through $W$, the other through $W E^\top$, and with rows of 64 numbers for 64 hidden
# units $W E^\top$ can be any matrix that $W$ can be. What differs is the path that training takes.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 24 · Who wins on the test text?
#
# The test text is read once, from its first word to its last. It comes in pieces, to save memory, and the state is
# carried over from each piece to the next (section 12): for the network there is no break.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
piece = 500  # words


@torch.no_grad()
def test_nats(model):
    """Nats for each word, from the third on, as for the n-gram models."""
    model.eval()  # from here on no dropout
    _, h = model.rnn(model.table(test[:1].to(device)))  # the first word only sets the state
    nats = []
    for x, y in zip(test[1:-1].split(piece), test[2:].split(piece)):
        output, h = model.rnn(model.table(x.to(device)), h)  # (words, d_h)
        loss = cross_entropy(model.head(output), y.to(device), reduction="none")
        nats.append(loss.cpu())
    return torch.cat(nats)  # (words − 2,)


nats = {kind: test_nats(model) for kind, model in models.items()}
both = (nats["embeddings"].neg().exp() + ngram_nats("trigram", test).neg().exp()) / 2
nats["half and half"] = -both.log()  # the mean of two probabilities, word by word
perplexity |= {kind: exp(each.mean()) for kind, each in nats.items()}
ranking = sorted(perplexity, key=perplexity.get)
for name in ranking:
    bits = log2(perplexity[name])
    print(f"{name:<14}perplexity {perplexity[name]:6.1f}, or {bits:.2f} bits per word")
best = min(models, key=perplexity.get)
behind = perplexity[best] / perplexity["trigram"] - 1
print(f"\nThe better network ({best}) lies {behind:.0%} above the trigram model.")
assert max(perplexity[kind] for kind in models) < 0.5 * perplexity["unigram"]
assert perplexity["half and half"] < perplexity["trigram"] < perplexity[best]
assert max(perplexity[kind] for kind in models) < perplexity["bigram"]

# %% [markdown] slideshow={"slide_type": "skip"}
# Read the list from below. Each network beats the bigram model, and each loses to the trigram model: on a text this
# small, careful counting is a strong opponent, and it needs no training beyond counting. But the two are surprised by different words.
# *Half and half* is the plain mean of the probabilities that the network with embeddings and the trigram model give,
# and it beats both.
#
# Two cautions. One training is one throw of the dice: with another seed, close neighbours in the list may change places.
# And `<unk>` and `<s>` are easy to guess: the one puts all rare words in one class, the other follows nearly every full stop.
# Every perplexity here is lower than it would be without them.
#
# What the RNN has beyond the n-grams is the state: nothing in it limits the past to two words.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 25 · Cross-entropy, word by word
#
# A mean hides *where* a model is surprised. Here is the loss at each step of the sentence from section 14. Each diamond
# stands above the word that had to be predicted; a word too rare for the vocabulary stands there as `<unk>`.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
read = torch.tensor(vocab.encode(["<s>", *tokens]))  # [:-1] goes in, [1:] is the target
with torch.no_grad():
    logits = models["embeddings"](read[:-1, None].to(device))[:, 0]  # (T, C)
losses = cross_entropy(logits, read[1:].to(device), reduction="none").cpu()  # (T,)
shown = vocab.decode(read[1:])  # what had to be predicted: a rare word counts as <unk>
hardest, easiest = shown[losses.argmax()], shown[losses.argmin()]
home = [split for split in splits if sentence in load("python_docs", split).sentences()]
print("a sentence from:", ", ".join(home) or "no split of this Python's documentation")
print(f"mean loss {losses.mean():.2f} nats; dearest word: {hardest}")
assert losses.mean() < 0.75 * log(len(vocab))

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.diagrams import Table

chance = log(len(vocab))
title = f"“{hardest}” surprises the network most, “{easiest}” least"
figure, axes = plot_axes(title, "word to predict", "loss at this step (nats)")
axes.stem(range(len(shown)), losses, linefmt="k-", markerfmt="kD", basefmt=" ")
axes.axhline(chance, **QUIET)
axes.text(len(shown) - 0.4, chance, "every word\nequally likely", va="center")
axes.set(xlim=(-0.5, len(shown) - 0.5), ylim=(0, 1.3 * chance))
axes.set_xticks(range(len(shown)), labels=shown, rotation=30, ha="right")
facts = tuple((word, f"{nats:.1f}") for word, nats in zip(shown, losses.tolist()))
words_and_nats = ", ".join(f"{word} {nats}" for word, nats in facts)
alt = f"Loss at each word, in nats: {words_and_nats}."
show(figure, alt, Table("Loss at each step", ("word", "nats"), facts))
assert losses.mean() < 0.75 * chance

# %% [markdown] slideshow={"slide_type": "skip"}
# Cheap words are those that often follow what came before. Dear words are those that training has rarely shown in such
# a place. A dear word can even stand above the line: the model expects other words there, with good reason, and a blind
# guess would have been luckier.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 26 · What the embeddings have learned
#
# Nobody told the model what a word means. It was trained to predict the next word, and words that are followed by the
# same words get similar rows. The cell prints the nearest rows by cosine: for the embeddings, and for the columns of
# $W$ that the one-hot model has learned (section 14).

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
modals = vocab.encode(["may", "can", "must", "should", "will", "could"])


def unit_rows(vectors):
    """Rows (C, d) moved to mean zero and scaled to length 1: products become cosines."""
    vectors = vectors.detach().cpu()
    return nn.functional.normalize(vectors - vectors.mean(dim=0), dim=1)


columns = models["one-hot"].rnn.weight_ih_l0.T  # (C, d_h): the columns of W, as rows
for name, rows in (
    ("embeddings", unit_rows(table.weight)),
    ("columns of W", unit_rows(columns)),
):
    print(name)
    for word in ("may", "is", "method", "the", "list"):
        nearest = (rows @ rows[vocab[word]]).topk(5).indices[1:]
        print(f"   {word:<6} is near  {', '.join(vocab.decode(nearest))}")
    alike = ((rows[modals] @ rows[modals].T).sum().item() - 6) / 30  # 30 pairs differ
    anybody = (rows @ rows.T).mean()
    print(
        f"   mean cosine among six modal verbs {alike:.2f}, among all words {anybody:.2f}"
    )
    assert alike > 0.3

# %% [markdown] slideshow={"slide_type": "skip"}
# Some rows make sense: modal verbs find one another. Others, such as those near *list*, are mostly noise: a text this
# small has little to say about most words.
#
# That is why **pre-trained** embeddings are usual: rows learned beforehand on far more text. The GloVe vectors, for
# example, come from six billion words and more (Pennington et al., 2014). They bring sensible neighbours for words that
# your own training text shows rarely or never. They also bring the vocabulary and the habits of someone else's text. In
# code, `nn.Embedding.from_pretrained(vectors, freeze=True)` keeps them fixed; `freeze=False` trains them on.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 27 · Check yourself
#
# **1.** You compute `output, h_n = nn.RNN(20, 10)(x)` for an `x` of shape (7, 20). What are the two shapes?
# <details><summary>Answer</summary>
# (7, 10) and (1, 10). The input is one unbatched sentence of seven words.
# </details>
#
# **2.** A friend says that `output` holds the network's predictions. What do you answer?
# <details><summary>Answer</summary>
# It holds the hidden states of the top layer. Predictions need an output layer, V and b_2, and softmax.
# </details>
#
# **3.** With U = 0, what is left of the RNN?
# <details><summary>Answer</summary>
# An ordinary feed-forward network, applied to each word alone.
# </details>
#
# **4.** A model of 27 characters has a loss of 0.693 nats per character. Perplexity? Bits per character?
# <details><summary>Answer</summary>
# exp(0.693) = 2: as surprised as by a fair coin. And 0.693 / ln 2 = 1 bit per character.
# </details>
#
# **5.** With a thousand classes your loss falls from 6.9 to 5.9 and no further. What do you look for first?
# <details><summary>Answer</summary>
# A softmax before the loss: ln(1 + 999/e), about 5.9, is the lowest value it can then reach.
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - One RNN, three drawings: unrolled, with a loop, as a graphical model.
# - $h_t = \tanh(U h_{t-1} + W x_t + b_1)$, $o_t = V h_t + b_2$, $p_t = \operatorname{softmax}(o_t)$, from $h_0 = 0$.
# - $W$, $U$, $V$ are the same at every step. $U$ is the one set of weights that a feed-forward network lacks.
# - The state is a function of all inputs so far, in order: it can carry the past, lossily.
# - `nn.RNN` returns every state (`output`) and the final one (`h_n`). The output layer is yours to add.
# - One-hot vectors pick columns of $W$; embeddings are short rows, learned here or brought along.
# - The loss wants logits. $\exp$ of the mean loss is the perplexity; a loss per character over $\ln 2$ is bits.
#
# **Next:** [03 Weight shapes](03_weight_shapes.ipynb) gives every weight, state and output its shape, with layers,
# directions and batches. Then [04 Training](04_training.ipynb) shows how an RNN learns.
#
# **Sources.** J. L. Elman, *Finding structure in time*, Cognitive Science 14 (1990). R. Kneser and
# H. Ney, *Improved backing-off for m-gram language modeling*, ICASSP 1995. J. Pennington, R. Socher and C. D.
# Manning, *GloVe: global vectors for word representation*, EMNLP 2014.
