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
# # B · A toy character RNN on one word
#
# The word is *hello*. The network reads *h*, *e*, *l*, *l* and is to answer *e*, *l*, *l*, *o*. It has forty weights and
# biases, and you see every one of them: forward, backward, before training and after it.
#
# | | |
# |---|---|
# | **After it you can** | follow each number of an RNN from the input to the loss and back to the weights |
# | **Outcomes served** | `forward` `backward` `three-matrices` `generation` (each in part) |
# | **Time** | 20 minutes alone; no part of the live lecture |
# | **Only 15 minutes?** | Read sections 1 to 5 and 8 to 10 |
# | **Only 30 minutes?** | That is the whole appendix |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb); for sections 6 and 7 also [04 Training](04_training.ipynb) |
#
# Before: [02 The forward pass](02_forward_pass.ipynb). After: [04 Training](04_training.ipynb), where the same equations
# train a model of real text.

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

import numpy as np
import torch

from lecture_utils.view import show

# %% [markdown]
# ## 1 · One word becomes numbers
#
# The vocabulary holds the four different letters of *hello*. Each letter becomes a
# [one-hot vector](glossary.md#one-hot-vector): 1 in its own place, 0 elsewhere. The inputs are the first four letters.
# The [target](glossary.md#target) at each step is simply the letter that comes next.

# %%
word = "hello"
vocab = ["h", "e", "l", "o"]
targets = [vocab.index(letter) for letter in word[1:]]  # (T,)
x = np.eye(4)[[vocab.index(letter) for letter in word[:-1]]]  # (T, d_in)

print("step   reads   one-hot x_t    target y_t")
for t, (letter, row, y) in enumerate(zip(word, x.astype(int), targets), start=1):
    print(f"{t:>4}   {letter:>5}   {row}      {y} ({vocab[y]})")

# %% [markdown]
# Look at steps 3 and 4. The network reads the same letter, *l*, and must give two different answers: *l* the first time,
# *o* the second time. The input alone cannot decide that. Only the state can.

# %% [markdown]
# ## 2 · The network

# %%
from lecture_utils.diagrams import lecture

show(*lecture.unrolled(words=tuple(word[:-1])))

# %% [markdown]
# Four letters in, four predictions out, and one [hidden state](glossary.md#hidden-state) that is handed on. It has three
# numbers. Here are all the weights. They were drawn at random once, rounded to one decimal, and typed in, so that you
# can check every result on paper.

# %%
W = np.array([[0.4, -0.3, -0.7, -0.3], [0.8, 0.5, -0.9, -0.5], [-0.4, 0.8, -0.2, -0.6]])
U = np.array([[0.6, 0.7, -0.4], [-0.3, 0.5, -0.4], [0.5, -0.1, 0.3]])
V = np.array([[0.7, -0.8, -0.3], [0.5, 0.2, -0.7], [0.7, 0.8, -0.9], [-0.1, -0.3, 0.7]])
b_1, b_2 = np.zeros(3), np.zeros(4)
start = {"W": W, "U": U, "V": V, "b_1": b_1, "b_2": b_2}


def line(name, numbers, digits=2):
    """A name and its numbers on one line, rounded; a rounded −0 is shown as 0."""
    rounded = np.round(np.atleast_1d(numbers), digits) + 0.0
    print(f"{name:<18}" + "".join(f"{number:9.{digits}f}" for number in rounded))


for name, array in start.items():
    for row in np.atleast_2d(array):
        line(name, row, digits=1)
print("\nnumbers to learn:", sum(array.size for array in start.values()))

# %% [markdown]
# ## 3 · The first step, number by number
#
# The first letter is *h*, and the state before it is $h_0 = 0$. So $U h_0 = 0$, and $W x_1$ is the first column of $W$:
# multiplying by a one-hot vector picks a column. $a_t$ is the sum that enters tanh. The lines of the
# [logits](glossary.md#logits), of exp and of softmax have one number for each letter, in the order h, e, l, o.

# %%
h_0 = np.zeros(3)
a_1 = U @ h_0 + W @ x[0] + b_1  # (d_h,)
h_1 = np.tanh(a_1)  # (d_h,)
o_1 = V @ h_1 + b_2  # (d_out,)
p_1 = np.exp(o_1) / np.exp(o_1).sum()  # (d_out,)

line("W x_1", W @ x[0])
line("U h_0", U @ h_0)
line("sum a_1", a_1)
line("h_1 = tanh(a_1)", h_1)
line("logits o_1", o_1)
line("exp(o_1)", np.exp(o_1))
line("p_1 = softmax", p_1)
line("loss", -np.log(p_1[targets[0]]))

# %% [markdown]
# The right answer is *e*, the second letter, so its probability is the second number of $p_1$. The loss of the step, the
# [cross-entropy](glossary.md#cross-entropy), is minus the logarithm of that number.

# %% [markdown]
# ## 4 · All four steps
#
# Now the loop: the same $W$, $U$ and $V$ at every step. The function keeps everything, since the way back will need it.

# %%
names = ("W", "U", "V", "b_1", "b_2")


def forward(weights, inputs):
    """States h_0 … h_T, (T + 1, d_h), and predictions p_1 … p_T, (T, d_out)."""
    W, U, V, b_1, b_2 = (weights[name] for name in names)
    h, p = [np.zeros(3)], []
    for x_t in inputs:
        h.append(np.tanh(U @ h[-1] + W @ x_t + b_1))
        scores = np.exp(V @ h[-1] + b_2)  # (d_out,)
        p.append(scores / scores.sum())
    return np.array(h), np.array(p)


h, p = forward(start, x)
for t in range(4):
    print(f"step {t + 1} reads {word[t]}, should answer {word[t + 1]}")
    line("   U h_(t-1)", U @ h[t])
    line("   W x_t", W @ x[t])
    line("   h_t", h[t + 1])
    line("   p_t  (h e l o)", p[t])

# %% [markdown]
# At steps 3 and 4 the line $W x_t$ is the same, as it must be for the same letter. The line $U h_{t-1}$ is not: another
# past arrives. So $h_3$ and $h_4$ differ, and so do the predictions. The difference is of no use yet, but there it is.
#
# The explorer shows the same numbers in their places. Choose a step and a phase; the arrow keys work too.

# %%
from lecture_utils.diagrams.step import step_frame, trace_forward
from lecture_utils.explorers.forward import ForwardStepper

trace = trace_forward(start, x, words=tuple(word[:-1]), classes=tuple(vocab))
ForwardStepper(trace)

# %% [markdown]
# ## 5 · The loss
#
# The loss of the word is the sum over its steps. A network that knows nothing gives each of the four letters the
# probability 1/4; its loss would be $4 \ln 4$.

# %%
per_step = -np.log(p[np.arange(4), targets])  # (T,)
line("loss per step", per_step)
line("their sum", per_step.sum())
line("knowing nothing", 4 * np.log(4))

# %% [markdown]
# The untrained network is a little worse than that: it is wrong with some confidence.

# %% [markdown]
# ## 6 · Backward, by hand
#
# How does the loss change when one of the forty numbers changes? Call $\delta_t$ the
# [gradient](glossary.md#gradient) with respect to $a_t$, the sum that enters tanh at step $t$. It collects what $h_t$
# does to the loss of its own step, through $V$, and what it does to all later steps, through $U$:
#
# $$\delta_t = (1 - h_t^2) \odot \big(V^\top (p_t - y_t) + U^\top \delta_{t+1}\big), \qquad \delta_5 = 0$$
#
# Here $y_t$ is the target as a one-hot vector. The steps are visited from the last to the first; that is
# [backpropagation through time](glossary.md#backpropagation-through-time).

# %%
delta = np.zeros((5, 3))  # one row per step, and a row of zeros after the last
error = p - np.eye(4)[targets]  # (T, d_out): p_t - y_t
for t in reversed(range(4)):
    arriving = V.T @ error[t] + U.T @ delta[t + 1]  # (d_h,)
    delta[t] = (1 - h[t + 1] ** 2) * arriving
    line(f"p_{t + 1} - y_{t + 1}", error[t])
    line(f"   from V, step {t + 1}", V.T @ error[t])
    line("   from U, later", U.T @ delta[t + 1])
    line(f"   delta_{t + 1}", delta[t])

# %% [markdown]
# Each weight is used at every step, so its gradient is a sum over the steps. Take one number: the weight in the first
# row and second column of $U$, which leads from the second number of $h_{t-1}$ to the first number of $a_t$. At each step
# its share is $\delta_t$'s first number times $h_{t-1}$'s second number. (The code multiplies with all digits and
# rounds only what it prints.)

# %%
shares = [delta[t, 0] * h[t, 1] for t in range(4)]
for t, share in enumerate(shares):
    print(f"step {t + 1}: {delta[t, 0]:6.3f} × {h[t, 1]:6.3f} = {share + 0.0:6.3f}")
print(f"their sum, the gradient of U[0, 1]: {sum(shares):.3f}")

# %% [markdown]
# The same for all forty, as sums of products:

# %%
gradient = {
    "W": sum(np.outer(delta[t], x[t]) for t in range(4)),  # (d_h, d_in)
    "U": sum(np.outer(delta[t], h[t]) for t in range(4)),  # (d_h, d_h)
    "V": sum(np.outer(error[t], h[t + 1]) for t in range(4)),  # (d_out, d_h)
    "b_1": delta.sum(axis=0),
    "b_2": error.sum(axis=0),
}
for name, array in gradient.items():
    for row in np.atleast_2d(array):
        line(f"gradient of {name}", row, digits=3)

# %% [markdown]
# Two things are worth a look. The gradient of $W$ has a column for each letter, and the column of *o* is zero: the
# network never *reads* an *o* here. And the gradient of $b_2$ adds up to zero, because each $p_t$ and each $y_t$ add up
# to one.

# %% [markdown]
# ## 7 · The same gradients from autograd
#
# PyTorch records the forward pass and does the rest. If the equations above are right, all forty numbers agree.

# %%
tensors = {name: torch.tensor(start[name], requires_grad=True) for name in names}
state, nats = torch.zeros(3, dtype=torch.float64), 0.0
for x_t, y in zip(torch.tensor(x), targets):
    state = torch.tanh(tensors["U"] @ state + tensors["W"] @ x_t + tensors["b_1"])
    logits = tensors["V"] @ state + tensors["b_2"]
    nats = nats - torch.log_softmax(logits, dim=0)[y]
nats.backward()

print("same loss:", np.isclose(nats.item(), per_step.sum(), rtol=1e-12))
for name in names:
    gap = np.abs(tensors[name].grad.numpy() - gradient[name]).max()
    print(
        f"{name:<4} {gradient[name].size:>2} gradients agree to 12 decimals: {gap < 1e-12}"
    )

# %% [markdown]
# ## 8 · A hundred steps downhill
#
# A step of gradient descent moves each weight a little against its gradient: new weight = old weight − 0.3 × gradient.
# No autograd and no ready-made optimiser: the equations of section 6 in one function, and a loop.

# %%
rate, steps = 0.3, 100


def loss_and_gradient(weights):
    """The loss of the word, and its gradient for each array of weights: section 6 once more."""
    h, p = forward(weights, x)
    error, after = p - np.eye(4)[targets], np.zeros(3)
    gradient = {name: np.zeros_like(array) for name, array in weights.items()}
    for t in reversed(range(4)):
        arriving = weights["V"].T @ error[t] + weights["U"].T @ after
        after = (1 - h[t + 1] ** 2) * arriving  # delta_t
        gradient["W"] += np.outer(after, x[t])
        gradient["U"] += np.outer(after, h[t])
        gradient["V"] += np.outer(error[t], h[t + 1])
        gradient["b_1"] += after
        gradient["b_2"] += error[t]
    return -np.log(p[np.arange(4), targets]).sum(), gradient


def descend(weights, fixed=()):
    """Weights after each step of gradient descent, the first ones included, and the losses."""
    history, losses = [weights], []
    for _ in range(steps):
        loss, gradient = loss_and_gradient(weights)
        weights = {
            name: array if name in fixed else array - rate * gradient[name]
            for name, array in weights.items()
        }
        history.append(weights)
        losses.append(loss)
    return history, [*losses, loss_and_gradient(weights)[0]]


history, losses = descend(start)
print("after     loss   p of the right letter at steps 1 to 4")
for step in (0, 1, 2, 5, 10, 20, 50, 100):
    right = forward(history[step], x)[1][np.arange(4), targets]
    print(
        f"{step:>5} {losses[step]:8.2f}   {'  '.join(f'{chance:.2f}' for chance in right)}"
    )

# %% [markdown]
# Each row is the network after so many steps. The first step already helps, the next one hardly, and then things go
# fast. The loss at 0 steps is the one from section 5.

# %% [markdown]
# ## 9 · What the state has learned
#
# First the weights after a hundred steps. Compare them with section 2.

# %%
trained = history[-1]
for name in names:
    for row in np.atleast_2d(trained[name]):
        line(name, row)

# %% [markdown]
# Now the two steps that read *l*, after training:

# %%
h_end, p_end = forward(trained, x)
for t in (2, 3):
    print(f"step {t + 1} reads {word[t]}, should answer {word[t + 1]}")
    line("   U h_(t-1)", trained["U"] @ h_end[t])
    line("   W x_t", trained["W"] @ x[t])
    line("   h_t", h_end[t + 1])
    line("   p_t  (h e l o)", p_end[t])

# %% [markdown]
# Both steps have the same $W x_t$. The past makes the difference: the first number of $U h_{t-1}$ is positive at the
# first *l* and negative at the second, and so is the first number of $h_t$. The first column of $V$ does the rest: its
# entry for *l* (third row) is positive, its entry for *o* (fourth row) negative. The state knows which *l* it is reading.
#
# The picture shows the last step in full: above, the output; below, the two products and their sum.

# %%
after = trace_forward(trained, x, words=tuple(word[:-1]), classes=tuple(vocab))
show(*step_frame(after, 3, "softmax"))

# %% [markdown]
# ### The same network without a memory
#
# Hold $U$ at zero and train again, for as long.

# %%
no_memory, its_losses = descend({**start, "U": np.zeros((3, 3))}, fixed=("U",))
_, p_without = forward(no_memory[-1], x)
for t in range(4):
    line(f"step {t + 1} reads {word[t]}", p_without[t])
line("loss", its_losses[-1])
line("2 ln 2", 2 * np.log(2))

# %% [markdown]
# Without $U$ the two *l* get one and the same answer. The best that a single answer can do is to share its probability
# between *l* and *o*, one half each, and then the two steps cost $\ln 2$ each. No amount of training gets below
# $2 \ln 2$. What the network lacks is not training but the nine numbers of $U$.

# %% tags=["nbval-ignore-output"]
from lecture_utils.diagrams import Table
from lecture_utils.view import QUIET, plot_axes

figure, axes = plot_axes(
    "Without U, the loss stays above 2 ln 2", "steps", "loss of the word (nats)"
)
for name, style, curve in (("with U", "k-", losses), ("U = 0", "k--", its_losses)):
    axes.plot(curve, style)
    axes.text(steps + 1, curve[-1], name, va="center")
floor = 2 * np.log(2)
axes.axhline(floor, **QUIET)
axes.text(steps / 2, floor - 0.1, "2 ln 2", va="top")
axes.set(xlim=(0, steps), ylim=(0, 6.2))
rows = tuple(
    (f"{at}", f"{losses[at]:.2f}", f"{its_losses[at]:.2f}") for at in (0, 5, 20, 100)
)
ends = f"with U {losses[-1]:.2f}, with U = 0 {its_losses[-1]:.2f}"
alt = f"Loss of the word over a hundred steps of gradient descent. At the end: {ends}."
show(figure, alt, Table("Loss of the word", ("step", "with U", "U = 0"), rows))
assert losses[-1] < 0.1 < floor < min(its_losses)

# %% [markdown]
# The solid line falls to almost nothing. The dashed line comes down to the thin one and stays above it.

# %% [markdown]
# ## 10 · Generate
#
# Give the trained network an *h*, take the likeliest letter, and feed it back in as the next input. Four times.

# %%
longest = len(word) - 1


def generate(weights, letter, length):
    """Letters one after the other, each the likeliest one after those before it."""
    W, U, V, b_1, b_2 = (weights[name] for name in names)
    text, state = letter, np.zeros(3)
    for _ in range(length):
        state = np.tanh(U @ state + W[:, vocab.index(text[-1])] + b_1)
        text += vocab[(V @ state + b_2).argmax()]
    return text


print("untrained:     ", generate(start, "h", longest))
print("trained:       ", generate(trained, "h", longest))
print("without memory:", generate(no_memory[-1], "h", longest))

# %% [markdown]
# The trained network spells its word. In training every input was a letter of the true word, which is called
# [teacher forcing](glossary.md#teacher-forcing); here the network reads its own answers. One wrong letter would bring
# it to a place that it has never seen.
#
# What would it say after *o*? Something, but nothing taught it what: no *o* was ever an input, and the column of $W$ that
# belongs to *o* is as it was at the start. A real model learns an end symbol, so that it can stop.

# %% [markdown]
# ## Summary
#
# - A one-hot vector picks a column of $W$. What is left of the forward pass, at each step: two products, three sums,
#   tanh and softmax.
# - The gradient of a weight is a sum over the steps, since the weight is used at every step.
# - Equations by hand and autograd agree in all forty numbers.
# - The same input may need different answers. $U$ makes that possible; with $U = 0$ no training does.
# - To generate is to feed each answer back in as the next input.
#
# [04 Training](04_training.ipynb) does the same with more than one word: a character model of real text in a hundred
# lines.
#
# **Next:** [C What hidden units learn](c_hidden_units.ipynb). **Back:** [A GRU and LSTM from scratch](a_gru_lstm.ipynb),
# [02 The forward pass](02_forward_pass.ipynb). All terms: [glossary](glossary.md).
