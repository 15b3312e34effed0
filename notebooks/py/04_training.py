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
# # 04 · Training: backpropagation through time
#
# You have a network that reads. Now it learns. In this notebook you derive the gradient of a recurrent network with a
# pencil, write it in code without autograd, train a complete model with nothing but NumPy, and find out why learning
# over long distances is hard.
#
# | | |
# |---|---|
# | **After it you can** | explain backpropagation through time, derive it for a small case, and read what goes wrong |
# | **Outcomes served** | `backward`, and in part `sharing` and `generation` |
# | **Time** | 15 minutes live (the sections marked as slides), 120 minutes alone |
# | **Only 15 minutes?** | Read sections 2, 4, 6 and 7 |
# | **Only 30 minutes?** | Add sections 9, 14, 19, 22 and 23 |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb), backpropagation in a feed-forward network |
#
# Before: [03 Weight shapes](03_weight_shapes.ipynb). After: [05 Architectures](05_architectures.ipynb), then
# [06 Stacked RNNs](06_stacked.ipynb).

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
# ## 1 · A text that labels itself
#
# Training needs three things: examples with the right answers (the training set), a loss that says how wrong the
# network is, and the [gradient](glossary.md#gradient) of that loss, which says how to change each parameter.
#
# For a [language model](glossary.md#language-model) the right answers cost nothing. At every step the
# [target](glossary.md#target) is the next word, and the text already holds it. Nobody has to label anything: this is
# [self-supervised learning](glossary.md#self-supervised-learning).

# %%
from itertools import pairwise

from lecture_utils.text import tokenize

words = [*tokenize("Cherry blossoms are beautiful."), "</s>"]
for t, (word, following) in enumerate(pairwise(words), start=1):
    print(f"step {t}: read {word:<10} target {following}")

# %% [markdown]
# Five steps, five targets; `</s>` marks the end. Compare a classifier of spam or of sentiment, which gets *one* label
# per text, and only after somebody has written it down.
#
# The parameters to learn are the three matrices $W$, $U$, $V$ and the two biases $b_1$, $b_2$. Gradient descent then
# takes a small step against the gradient, $\theta \leftarrow \theta - \eta\, \partial L / \partial \theta$, for each of
# the five. Everything in this notebook is about that gradient.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · One loss at every step, and one sum
#
# The loss of step $t$ is the [cross-entropy](glossary.md#cross-entropy) $L_t = -\ln p_t[y_t]$. The loss of the sequence
# is the sum, $L = L_1 + \dots + L_T$.

# %%
from lecture_utils.diagrams import training as drawings

show(*drawings.loss_over_time())

# %% [markdown]
# Solid arrows are the forward pass. $L_t$ needs $p_t$, which needs $h_t$, which needs $h_{t-1}$, and so on down to
# $h_1$. Dashed arrows are the way back: they run against the solid ones, from each loss down, and from each state to
# the state before it.
#
# Look at $h_2$: everything that comes back to it is drawn dark. Two dashed arrows arrive there, one from the loss
# above, one from the state after it, and the second brings what $L_3$ and $L_4$ have to say. For **$h_t$ reaches the
# loss at step $t$ and every loss after it**, and the gradient has to collect from all of them.

# %% [markdown] slideshow={"slide_type": "subslide"}
# See it happen. The next cell computes the five losses of a small network, then nudges one state at a time and marks
# the losses that move.

# %%
torch.manual_seed(0)
d_in, d_h, d_out, T = 4, 3, 6, 5  # numbers in an input, a state, an output; steps
W, U, V = torch.randn(d_h, d_in), torch.randn(d_h, d_h), torch.randn(d_out, d_h)
x, y = torch.randn(T, d_in), torch.randint(d_out, (T,))


def losses(nudged=None):
    """The losses L_1 … L_T; the state of the step `nudged` is moved a little."""
    h, found = torch.zeros(d_h), []
    for t in range(1, T + 1):
        h = torch.tanh(U @ h + W @ x[t - 1])  # (d_h,)
        if t == nudged:
            h = h + 0.01
        found.append(-(V @ h).log_softmax(dim=0)[y[t - 1]])
    return torch.stack(found)  # (T,)


print("nudged   " + "  ".join(f"L_{t}" for t in range(1, T + 1)))
for k in range(1, T + 1):
    moved = losses(nudged=k) != losses()
    print(f"h_{k}      " + "  ".join(" * " if yes else " . " for yes in moved))

# %% [markdown]
# A triangle. A state never reaches a loss before it, and it reaches every loss from its own step on. So the first state
# collects from five losses, the last from one.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 3 · Shared weights: the gradients add up
#
# One more thing is unlike a feed-forward network: the same $U$ is used at every step. What is the gradient of a
# parameter that is used in five places?
#
# Pretend for a moment that it is five parameters, $U_1, \dots, U_5$, one for each step, which happen to hold the same
# numbers. A step on the shared $U$ moves all five at once, so by the chain rule the gradients *add up*:
#
# $$\frac{\partial L}{\partial U} = \sum_{t=1}^{T} \frac{\partial L}{\partial U_t}$$

# %% slideshow={"slide_type": "skip"}
copies = [U.clone().requires_grad_() for _ in range(T)]  # one U for each step
shared = U.clone().requires_grad_()


def loss_with(matrices):
    """The summed loss of a network whose step t multiplies by the t-th of these matrices."""
    h, total = torch.zeros(d_h), 0.0
    for U_t, x_t, y_t in zip(matrices, x, y):
        h = torch.tanh(U_t @ h + W @ x_t)  # (d_h,)
        total = total - (V @ h).log_softmax(dim=0)[y_t]
    return total


per_step = torch.autograd.grad(loss_with(copies), copies)
(of_shared,) = torch.autograd.grad(loss_with([shared] * T), shared)
same = torch.allclose(of_shared, torch.stack(per_step).sum(dim=0), atol=1e-5)
print("gradient of the shared U = sum over the steps:", same)
print("the first step's share is zero:", bool((per_step[0] == 0).all()))

# %% [markdown] slideshow={"slide_type": "skip"}
# This is [parameter sharing](glossary.md#parameter-sharing) seen from the backward pass. The first step's share of
# $U$ is zero because $U$ meets $h_0 = 0$ there. Whatever the length of the text, there are five gradients to compute,
# each of them a sum over the steps.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · The equations
#
# Call what stands inside tanh $a_t = U h_{t-1} + W x_t + b_1$, and write $y_t$ as a
# [one-hot vector](glossary.md#one-hot-vector). Go backwards, from the last step to the first, with $\delta_{T+1} = 0$:
#
# $$
# \begin{aligned}
# \frac{\partial L}{\partial o_t} &= p_t - y_t && \text{at the logits} \\
# \delta_t = \frac{\partial L}{\partial a_t} &= (1 - h_t^2) \odot \bigl(\,
#   \underbrace{V^\top (p_t - y_t)}_{\text{from the loss above}}
#   + \underbrace{U^\top \delta_{t+1}}_{\text{from the future}} \,\bigr)
#   && \text{inside tanh}
# \end{aligned}
# $$
#
# This is [backpropagation through time](glossary.md#backpropagation-through-time) (BPTT): the plain chain rule,
# applied to the unrolled network.

# %% [markdown]
# Read it from right to left. $V^\top$ and $U^\top$ carry back what $V$ and $U$ carried forward: the two dashed arrows
# of section 2. Their sum is the gradient of $L$ at $h_t$. The factor $1 - h_t^2$ is the slope of tanh; $\odot$
# multiplies element by element.
#
# **$p_t - y_t$** deserves a second look. It is the whole derivative of softmax *and* cross-entropy together: what the
# network said minus what was right. Give the right answer the probability 1, and nothing flows back from this loss.

# %% [markdown] slideshow={"slide_type": "subslide"}
# With $\delta_t$ in hand, each of the five gradients is one sum over the steps. A weight's gradient is what arrives at
# its output times what entered at its input:
#
# $$
# \begin{aligned}
# \frac{\partial L}{\partial V} &= \sum_t (p_t - y_t)\, h_t^\top &
# \frac{\partial L}{\partial U} &= \sum_t \delta_t\, h_{t-1}^\top &
# \frac{\partial L}{\partial W} &= \sum_t \delta_t\, x_t^\top \\
# \frac{\partial L}{\partial b_2} &= \sum_t (p_t - y_t) &
# \frac{\partial L}{\partial b_1} &= \sum_t \delta_t
# \end{aligned}
# $$
#
# A check that costs nothing: every gradient has the shape of its parameter. $\delta_t\, h_{t-1}^\top$ is
# $d_h \times d_h$, like $U$; $(p_t - y_t)\, h_t^\top$ is $d_{out} \times d_h$, like $V$. (The start state has a
# gradient too, $U^\top \delta_1$: you need it when $h_0$ is learned.)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 5 · Two derivatives with one name
#
# "The derivative of $h_t$ with respect to $U$" can mean two things, and mixing them up is a common slip with a
# pencil.
#
# - The **immediate** derivative treats $h_{t-1}$ as a constant: how does $h_t$ move if $U$ changes *at this step only*?
# - The **total** derivative lets $U$ change everywhere: $h_{t-1}$ moves as well, because it was made with $U$ too.
#
# With states of size 1 they are one line each (the slope is $s_t = 1 - h_t^2$):
#
# $$
# \underbrace{\frac{\partial^{+} h_t}{\partial U} = s_t\, h_{t-1}}_{\text{immediate}}
# \qquad
# \underbrace{\frac{d h_t}{d U} = s_t \Bigl( h_{t-1} + U\, \frac{d h_{t-1}}{d U} \Bigr)}_{\text{total}}
# $$
#
# The total derivative is a recursion of its own: it carries the influence of $U$ forward from step to step.

# %% slideshow={"slide_type": "skip"}
W_1, U_1, inputs = 0.5, 0.8, (1.0, 0.0, 0.0)  # the numbers of notebook 02, section 7


def last_state(U):
    h = torch.tensor(0.0, dtype=torch.float64)
    for x_t in inputs:
        h = torch.tanh(U * h + W_1 * x_t)
    return h


h, total = torch.tensor(0.0, dtype=torch.float64), 0.0
for t, x_t in enumerate(inputs, start=1):
    before, h = h, torch.tanh(U_1 * h + W_1 * x_t)
    immediate = (1 - h**2) * before
    total = (1 - h**2) * (before + U_1 * total)
    print(f"h_{t}: immediate {immediate:.3f}, total {total:.3f}")
measured = (last_state(U_1 + 1e-6) - last_state(U_1 - 1e-6)) / 2e-6
print(f"nudge U and watch h_3 move: {measured:.3f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# The nudge agrees with the *total* derivative. From step 3 on the two differ: at step 1 the state before is zero, at
# step 2 the state before does not depend on $U$ yet.
#
# BPTT never computes the total derivatives one by one. It gathers, in $\delta_t$, all that the future wants from step
# $t$, and then needs immediate derivatives only. That is why the five sums of section 4 contain a plain $h_{t-1}^\top$,
# and why one sweep backwards is enough.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 6 · Two steps by hand
#
# Take a pencil. Every size is 1, except that there are two classes:
#
# | | |
# |---|---|
# | parameters | $W = 0.5$, $U = 0.8$, $V = \begin{bmatrix} 1 \\ -1 \end{bmatrix}$, no biases |
# | inputs | $x_1 = 1$, $x_2 = 0$, and $h_0 = 0$ |
# | targets | the first class at step 1, the second class at step 2 |
#
# **Forward** (the states are those of notebook 02, section 7):
#
# | $t$ | $h_t$ | $o_t = V h_t$ | $p_t$ | $p_t - y_t$ |
# |---|---|---|---|---|
# | 1 | $\tanh(0.5) = 0.462$ | $(0.462, -0.462)$ | $(0.716, 0.284)$ | $(-0.284, 0.284)$ |
# | 2 | $\tanh(0.8 \cdot 0.462) = 0.354$ | $(0.354, -0.354)$ | $(0.670, 0.330)$ | $(0.670, -0.670)$ |
#
# The network says "first class" twice, so step 1 goes well and step 2 does not.

# %% [markdown] slideshow={"slide_type": "subslide"}
# **Backward**, from the last step to the first:
#
# | $t$ | slope $1 - h_t^2$ | from the loss, $V^\top (p_t - y_t)$ | from the future, $U \delta_{t+1}$ | $\delta_t$ |
# |---|---|---|---|---|
# | 2 | $0.875$ | $0.670 + 0.670 = 1.340$ | $0$ | $0.875 \cdot 1.340 = 1.172$ |
# | 1 | $0.786$ | $-0.284 - 0.284 = -0.568$ | $0.8 \cdot 1.172 = 0.938$ | $0.786 \cdot 0.370 = 0.291$ |
#
# **The sums:** $\partial L / \partial U = \delta_1 h_0 + \delta_2 h_1 = 0 + 1.172 \cdot 0.462 = 0.542$, and
# $\partial L / \partial W = \delta_1 x_1 + \delta_2 x_2 = 0.291$.

# %% [markdown]
# Look at step 1. Its own loss pulls $h_1$ *up* ($-0.568$: a larger state would make the first class likelier). The
# future pulls it *down*, and harder ($0.938$), because through $h_2$ a smaller state would repair step 2. Forget the
# future term, and $\delta_1$ does not just come out inaccurate: it gets the wrong sign.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 7 · The same in code, without autograd
#
# Here is BPTT for a batch, in plain PyTorch operations. A batch stands in *rows*, so $V^\top e$ for a column $e$
# becomes `e @ V` for a row, and $\sum \delta_t\, x_t^\top$ becomes `delta.T @ x`, which sums over the batch as it goes.
# The loss is summed over the steps and averaged over the batch.

# %% slideshow={"slide_type": "skip"}
NAMES = ("W", "U", "V", "b_1", "b_2")


def bptt(params, inputs, targets, h_0):
    """Loss and its five gradients; inputs (T, N, d_in), targets (T, N), h_0 (N, d_h)."""
    W, U, V, b_1, b_2 = (params[name] for name in NAMES)
    rows = torch.arange(len(h_0))  # (N,)
    states, errors, loss = [h_0], [], 0.0
    for x, y in zip(inputs, targets):  # forward, from the first step to the last
        h = torch.tanh(x @ W.T + states[-1] @ U.T + b_1)  # (N, d_h)
        p = (h @ V.T + b_2).softmax(dim=1)  # (N, d_out)
        loss = loss - p[rows, y].log().mean()
        p[rows, y] -= 1  # p − y
        states.append(h)
        errors.append(p / len(rows))

    grads = {name: torch.zeros_like(params[name]) for name in NAMES}
    from_future = torch.zeros_like(h_0)
    for t in reversed(range(len(inputs))):  # backward, from the last step to the first
        x, error, h, h_before = inputs[t], errors[t], states[t + 1], states[t]
        delta = (1 - h**2) * (error @ V + from_future)  # (N, d_h)
        grads["V"] += error.T @ h
        grads["U"] += delta.T @ h_before
        grads["W"] += delta.T @ x
        grads["b_2"] += error.sum(dim=0)
        grads["b_1"] += delta.sum(dim=0)
        from_future = delta @ U
    return loss, grads


# %% [markdown] slideshow={"slide_type": "skip"}
# The body of the second loop is section 4, line by line. First try: the example that you worked by hand.

# %% slideshow={"slide_type": "skip"}
by_hand = {"W": 0.291, "U": 0.542}
example = {
    "W": torch.tensor([[0.5]]),
    "U": torch.tensor([[0.8]]),
    "V": torch.tensor([[1.0], [-1.0]]),
    "b_1": torch.zeros(1),
    "b_2": torch.zeros(2),
}
two_inputs = torch.tensor([1.0, 0.0]).view(2, 1, 1)  # (T, N, d_in)
two_targets = torch.tensor([[0], [1]])  # (T, N)
loss, grads = bptt(example, two_inputs, two_targets, torch.zeros(1, 1))
for name, value in by_hand.items():
    print(f"{name}: by hand {value:.3f}, by code {grads[name].item():.3f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 8 · Checked twice
#
# A gradient that is almost right still trains, only worse. So never trust one that you have not checked, and check it
# in two ways that find the derivative differently:
#
# 1. **Against autograd:** PyTorch differentiates the *forward* pass by itself.
# 2. **Against finite differences:** move one number of one parameter by $\varepsilon$ up and down, and see how the loss
#    moves, $\bigl(L(\theta + \varepsilon) - L(\theta - \varepsilon)\bigr) / 2 \varepsilon$. No derivative is used at
#    all.
#
# Both start from the same forward pass, so a mistake *there* shows in neither; that one was checked against `nn.RNN`
# in notebook 02, section 11. And both run in float64: a difference of two nearly equal losses would drown in
# float32's rounding.

# %% slideshow={"slide_type": "skip"}
from torch.nn.functional import cross_entropy


def total_loss(params, inputs, targets, h):
    """The forward pass alone: what autograd differentiates."""
    total = 0.0
    for x, y in zip(inputs, targets):
        h = torch.tanh(x @ params["W"].T + h @ params["U"].T + params["b_1"])  # (N, d_h)
        total = total + cross_entropy(h @ params["V"].T + params["b_2"], y)
    return total


def by_autograd(params, *data):
    leaves = {name: value.clone().requires_grad_() for name, value in params.items()}
    found = torch.autograd.grad(total_loss(leaves, *data), leaves.values())
    return dict(zip(leaves, found))


def by_differences(params, *data, step=1e-6):
    found = {name: torch.zeros_like(value) for name, value in params.items()}
    for name, value in params.items():
        for place in range(value.numel()):
            up, down = ({**params, name: value.clone()} for _ in range(2))
            up[name].view(-1)[place] += step
            down[name].view(-1)[place] -= step
            rise = total_loss(up, *data) - total_loss(down, *data)
            found[name].view(-1)[place] = rise / (2 * step)
    return found


# %% slideshow={"slide_type": "skip"}
def problem(T=5, N=3, d_in=4, d_h=6, d_out=5, seed=0):
    """Random parameters and data in float64: params, inputs, targets, h_0."""
    draw = torch.Generator().manual_seed(seed)
    shapes = {"W": (d_h, d_in), "U": (d_h, d_h), "V": (d_out, d_h), "b_1": (d_h,)}
    shapes |= {"b_2": (d_out,)}
    params = {
        name: 0.5 * torch.randn(shape, generator=draw, dtype=torch.float64)
        for name, shape in shapes.items()
    }
    inputs = torch.randn(T, N, d_in, generator=draw, dtype=torch.float64)
    targets = torch.randint(d_out, (T, N), generator=draw)
    return params, inputs, targets, torch.randn(N, d_h, generator=draw, dtype=torch.float64)


def apart(ours, theirs):
    """The largest relative difference among the five gradients."""
    return max((ours[name] - theirs[name]).norm() / theirs[name].norm() for name in NAMES)


# %% slideshow={"slide_type": "skip"}
from lecture_utils.bptt import bptt_gradients

params, *data = problem()
our_loss, ours = bptt(params, *data)
print(
    "autograd, below 1e-12:          ",
    bool(apart(ours, by_autograd(params, *data)) < 1e-12),
)
differ = apart(ours, by_differences(params, *data))
print("finite differences, below 1e-7: ", bool(differ < 1e-7))
package_loss, package_grads = bptt_gradients(params, *data)
print("the package's bptt_gradients:   ", bool(apart(ours, package_grads) < 1e-12))
for other_loss in (total_loss(params, *data), package_loss):
    torch.testing.assert_close(our_loss, other_loss, rtol=1e-12, atol=0)
print("the three losses agree")

# %% [markdown] slideshow={"slide_type": "skip"}
# Look at the two bounds. Autograd agrees to nearly all the digits that float64 has. Finite differences agree to fewer,
# and that is their nature: over a larger $\varepsilon$ the loss is not a straight line, and a smaller one loses digits
# in the subtraction. They tell right from wrong, and need no theory to do it.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 9 · Famous wrong versions, and what hides them
#
# Each of these mistakes changes one line of `bptt`. All of them look reasonable, and most of them run without an error.
# The next cell makes each wrong version by editing the source of the right one.

# %% slideshow={"slide_type": "skip"}
import inspect

MISTAKES = {  # what went wrong: the right text, the wrong text
    "overwritten, not added": ('grads["U"] += delta', 'grads["U"] = delta'),
    "future term missing": ("(error @ V + from_future)", "(error @ V)"),
    "U transposed": ("delta @ U", "delta @ U.T"),
    "W's gradient transposed": ("delta.T @ x", "x.T @ delta"),
    "bias forgotten": (" + b_1)", ")"),
}


def wrong_version(mistake):
    right, wrong = MISTAKES[mistake]
    source = inspect.getsource(bptt)
    assert source.count(right) == 1, "the edit must change exactly one place"
    names = dict(globals())
    exec(source.replace(right, wrong), names)
    return names["bptt"]


for mistake, (right, wrong) in MISTAKES.items():
    print(f"{mistake:<24} {right:<26} ->  {wrong}")

# %% [markdown] slideshow={"slide_type": "skip"}
# Now check every wrong version on five kinds of input. Guess first: which input lets which mistake through?

# %% slideshow={"slide_type": "skip"}
T_is_1, symmetric, no_bias = problem(T=1), problem(), problem()
symmetric[0]["U"] += symmetric[0]["U"].T.clone()
no_bias[0]["b_1"].zero_()
PROBLEMS = {
    "ordinary": problem(),
    "T = 1": T_is_1,
    "U = Uᵀ": symmetric,
    "d_in = d_h": problem(d_in=6, d_h=6),
    "b_1 = 0": no_bias,
}


def verdict(version, params, *data):
    try:
        found = version(params, *data)[1]
    except RuntimeError:  # two shapes that do not fit
        return "error"
    return "caught" if apart(found, by_autograd(params, *data)) > 1e-9 else "HIDDEN"


print(f"{'':<24}" + "".join(f"{kind:>12}" for kind in PROBLEMS))
for mistake in MISTAKES:
    verdicts = [verdict(wrong_version(mistake), *case) for case in PROBLEMS.values()]
    print(f"{mistake:<24}" + "".join(f"{word:>12}" for word in verdicts))

# %% [markdown] slideshow={"slide_type": "skip"}
# *caught* means that the gradients differ from autograd's, *error* that the shapes do not even fit, *HIDDEN* that a
# wrong program passes the check. Read the columns:
#
# - **$T = 1$** has no future and nothing to add up: two mistakes pass at once, and a transposed $U$, which is never used,
#   makes it three.
# - **A symmetric $U$** is its own transpose. An identity matrix is symmetric, and some people start $U$ there.
# - **$d_{in} = d_h$** turns a loud error into silent wrong numbers. A check of shapes alone lets this one through;
#   comparing numbers catches it.
# - **$b_1 = 0$** hides a forgotten bias, and zero is where many people start their biases.
#
# So check gradients on *ordinary* data: several steps, several sequences, sizes that all differ, nothing zero, nothing
# symmetric. One more famous mistake, a missing `detach` between two chunks, needs two chunks to show; it waits in
# section 15.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 10 · A hundred lines
#
# All that you have derived fits into about a hundred lines of NumPy: a character-level
# [language model](glossary.md#language-model), complete with data, forward pass, backward pass, optimiser, training and
# sampling. No framework, no autograd. Andrej Karpathy's script of 112 lines made this exercise famous; the code here is
# our own, with batches, and arranged to be quick.
#
# What makes it quick is a question that you can ask of any recurrent network: **which work really has to wait for the
# step before?** Only the recurrence, $U h_{t-1}$ forward and $U^\top \delta_{t+1}$ backward. All other work is done for
# all steps at once.
#
# | work | one step at a time | all steps at once |
# |---|---|---|
# | $W x_t$ | a product with a one-hot vector | look up columns of $W$ |
# | $V h_t$, softmax, $V^\top(p_t - y_t)$ | $T$ small products | one large product |
# | gradients of $W$, $U$, $V$ | $T$ small products each, added up | one large product each |
# | $U h_{t-1}$ and $U^\top \delta_{t+1}$ | a loop | a loop |

# %% [markdown] slideshow={"slide_type": "skip"}
# **Part 1: a text becomes numbers.** The text is the prose of Python's own documentation; it is plain ASCII. A
# character is its place in the alphabet.

# %% slideshow={"slide_type": "skip"}
# the hundred lines, part 1
import numpy as np

from lecture_utils.datasets import load

ALPHABET = "\n" + "".join(map(chr, range(32, 127)))  # line break, space, letters, digits, …
PLACE = {character: place for place, character in enumerate(ALPHABET)}


def encode(text):
    """The place of each character in the alphabet: (characters,) integers."""
    return np.array([PLACE[character] for character in text])


train_ids, test_ids = (encode(load("python_docs", part).text) for part in ("train", "test"))

# %% [markdown] slideshow={"slide_type": "skip"}
# **Part 2: parameters and the forward pass.** Before the loop, row $t$ of `states` holds $W x_t + b_1$, for all steps,
# fetched by one look-up. The loop turns each row into $h_t$ in place.

# %% slideshow={"slide_type": "skip"}
# the hundred lines, part 2
LARGEST = 5.0  # clipping: the longest gradient that a step may take, per time step


def new_parameters(rng, d_h, dtype=np.float32):
    """As PyTorch starts them: uniform between -1/√d_h and 1/√d_h."""
    C, bound = len(ALPHABET), d_h**-0.5
    shapes = {"W": (d_h, C), "U": (d_h, d_h), "V": (C, d_h), "b_1": d_h, "b_2": C}
    return {name: rng.uniform(-bound, bound, s).astype(dtype) for name, s in shapes.items()}


def forward(params, ids, h_0):
    """Read ids (T, N), starting from h_0 (N, d_h): the states h_0 … h_T, (T + 1, N, d_h)."""
    W, b_1, U_T = params["W"], params["b_1"], np.ascontiguousarray(params["U"].T)
    states = np.concatenate([h_0[None], W.T[ids] + b_1])  # a one-hot product is a look-up
    for t in range(1, len(states)):
        states[t] += states[t - 1] @ U_T  # (N, d_h)
        np.tanh(states[t], out=states[t])
    return states


def predict(params, h):
    """Probabilities (rows, C) of the next character, from states (rows, d_h)."""
    logits = h @ params["V"].T + params["b_2"]
    p = np.exp(logits - logits.max(axis=1, keepdims=True))  # the maximum keeps exp small
    return p / p.sum(axis=1, keepdims=True)


# %% [markdown] slideshow={"slide_type": "slide"}
# **Part 3: the backward pass.** Compare it with section 4: the loop holds the two lines of $\delta_t$, and the five
# sums over the steps have become five single operations. All steps of all sequences stand one below the other, in
# $T \cdot N$ rows.

# %%
# the hundred lines, part 3
EPSILON = 1e-8  # keeps Adam from dividing by zero


def loss_and_gradients(params, ids, targets, h_0):
    """Loss (sum over steps, mean over sequences), its five gradients, and the last state."""
    (T, N), d_h = ids.shape, len(params["U"])
    states = forward(params, ids, h_0)  # (T + 1, N, d_h)
    h, h_before = states[1:].reshape(-1, d_h), states[:-1].reshape(-1, d_h)  # (T·N, d_h)
    p, right = predict(params, h), (np.arange(T * N), targets.ravel())
    loss = -np.log(p[right]).sum() / N
    p[right] -= 1
    error = p / N  # (T·N, C): p − y, and a share of the mean

    from_loss = (error @ params["V"]).reshape(T, N, d_h)
    delta = 1 - states[1:] ** 2  # (T, N, d_h): the slopes, soon the deltas
    from_future = 0
    for t in reversed(range(T)):
        delta[t] *= from_loss[t] + from_future
        from_future = delta[t] @ params["U"]  # (N, d_h)
    rows = delta.reshape(-1, d_h)  # (T·N, d_h)

    x = np.eye(len(error.T), dtype=p.dtype)[ids.ravel()]  # (T·N, C): one-hot, all at once
    grads = {"W": rows.T @ x, "U": rows.T @ h_before, "V": error.T @ h}
    grads |= {"b_1": rows.sum(axis=0), "b_2": error.sum(axis=0)}
    return loss, grads, states[-1]


# %% [markdown] slideshow={"slide_type": "skip"}
# **Part 4: training.** The text is cut into $N$ long rows that are read side by side, $T$ characters at a time; the
# last state of a chunk starts the next (section 14 says why). The gradient is cut back where it is too long (section
# 21). Adam divides each step by the usual size of the gradient (Kingma and Ba, 2015). The learning rate falls to zero
# in a straight line.

# %% slideshow={"slide_type": "skip"}
# the hundred lines, part 4
BETA_1, BETA_2 = 0.9, 0.99  # how slowly Adam's running means forget


def clip(grads, largest):
    """Shorten all gradients by one factor, so that together they are no longer than largest."""
    norm = np.sqrt(sum((g**2).sum() for g in grads.values()))
    for g in grads.values():
        g *= min(1, largest / norm)


def adam_step(params, grads, memory, step, lr):
    """One step against the running mean of the gradient, divided by its running size."""
    for name, g in grads.items():
        mean, square = memory[name]
        mean += (1 - BETA_1) * (g - mean)
        square += (1 - BETA_2) * (g**2 - square)
        size = np.sqrt(square / (1 - BETA_2**step)) + EPSILON
        params[name] -= lr / (1 - BETA_1**step) * mean / size


def train(params, ids, steps, T=32, N=4, lr=1e-2):
    """Truncated BPTT on N rows of text, T characters at a time; the loss per character."""
    columns = ids[: len(ids) // N * N].reshape(N, -1).T  # (characters / N, N)
    memory = {
        name: np.zeros((2, *value.shape), value.dtype) for name, value in params.items()
    }
    h = np.zeros((N, len(params["U"])), params["U"].dtype)
    losses, start = [], 0
    for step in range(1, steps + 1):
        if start + T >= len(columns):  # the end of the text: begin again, with nothing read
            start, h = 0, np.zeros_like(h)
        chunk = columns[start : start + T + 1]  # (T + 1, N)
        loss, grads, h = loss_and_gradients(params, chunk[:-1], chunk[1:], h)
        clip(grads, LARGEST * T)
        adam_step(params, grads, memory, step, lr * (1 - (step - 1) / steps))
        losses.append(loss / T)
        start += T
    return losses


# %% [markdown] slideshow={"slide_type": "skip"}
# **Part 5: using it.** `bits_per_character` reads a text once, from its first character to its last. `sample` draws a
# character from the prediction, feeds it back as the next input, and so on.

# %% slideshow={"slide_type": "skip"}
# the hundred lines, part 5
from math import log


def bits_per_character(params, ids):
    """What a character of a text costs, read in one go from an empty state."""
    h_0 = np.zeros((1, len(params["U"])), params["U"].dtype)
    p = predict(params, forward(params, ids[:-1, None], h_0)[1:, 0])  # (characters − 1, C)
    return -np.log(p[np.arange(len(p)), ids[1:]]).mean() / log(2)


def sample(params, rng, length, text="The "):
    """Go on from a text, character by character."""
    h, latest = np.zeros((1, len(params["U"])), params["U"].dtype), text
    while len(text) < length:
        h = forward(params, encode(latest)[:, None], h)[-1]  # (1, d_h)
        p = predict(params, h)[0].astype(np.float64)  # (C,)
        latest = ALPHABET[rng.choice(len(p), p=p / p.sum())]
        text += latest
    return text


# %% [markdown] slideshow={"slide_type": "skip"}
# That is all of it. Before it trains, its gradients face autograd, in float64: the parameters go to PyTorch, the
# characters go there as one-hot vectors, and the forward pass of section 8 does the rest.

# %% slideshow={"slide_type": "skip"}
rng = np.random.default_rng(0)
small = new_parameters(rng, d_h=9, dtype=np.float64)
ids, h_0 = rng.integers(len(ALPHABET), size=(8, 3)), rng.normal(size=(3, 9))  # (T + 1, N)
loss, grads, _ = loss_and_gradients(small, ids[:-1], ids[1:], h_0)

one_hot = nn.functional.one_hot(torch.from_numpy(ids), len(ALPHABET)).double()
in_torch = {name: torch.from_numpy(value) for name, value in small.items()}
theirs = by_autograd(
    in_torch, one_hot[:-1], torch.from_numpy(ids[1:]), torch.from_numpy(h_0)
)
ours = {name: torch.from_numpy(g) for name, g in grads.items()}
print("look-ups equal one-hot products, to 1e-12:", bool(apart(ours, theirs) < 1e-12))

# %% [markdown] slideshow={"slide_type": "slide"}
# ### How it writes

# %%
from lecture_utils.diagrams import arrangements

show(*arrangements.text_generation())

# %% [markdown]
# This is `sample` in a picture. The network gives every character a probability; one is drawn, and the dashed arrow
# takes it back as the next input. What it has written so far is in the state, so it can go on as long as you like. In
# training nothing is drawn: there the true character goes in, whatever the network would have said. That is called
# [teacher forcing](glossary.md#teacher-forcing).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 11 · Train it
#
# 64 hidden units, chunks of 32 characters, four rows side by side. Here is what it writes before it has learned
# anything; then the training.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
import time

rng = np.random.default_rng(0)
params = new_parameters(rng, d_h=64)
untrained = bits_per_character(params, test_ids)
print(repr(sample(params, np.random.default_rng(1), length=120)))
print(f"untrained: {untrained:.2f} bits per character of held-out text")

began = time.perf_counter()
losses = train(params, train_ids, steps=12_000)
seconds = time.perf_counter() - began
trained = bits_per_character(params, test_ids)
print(
    f"12,000 steps in {seconds:.0f} s: {12_000 * 32 * 4 / seconds:,.0f} characters per second"
)
print(f"trained:   {trained:.2f} bits per character of held-out text\n")
print(sample(params, np.random.default_rng(1), length=400))
assert trained < 2.4 < 6 < untrained

# %% [markdown] slideshow={"slide_type": "skip"}
# Spaces, short words, some endings: it has learned all of this from which character follows which. Is the number any
# good? Never report a number without something to compare it to: here are
# [n-gram models](glossary.md#n-gram-model) of characters on the same text, smoothed after Kneser and Ney. Order 3, for
# example, looks at the two characters before.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
from lecture_utils.ngrams import NGram

train_text, test_text = (load("python_docs", part).text for part in ("train", "test"))
ngram_bits = {
    order: NGram(order).fit([train_text], vocabulary=ALPHABET).bits_per_token([test_text])
    for order in range(1, 6)
}
for order, bits in ngram_bits.items():
    print(f"{order}-gram {bits:.2f} bits per character")
beaten = max(order for order, bits in ngram_bits.items() if bits > trained)
print(f"our network {trained:.2f}: better than counting up to order {beaten}")
assert beaten >= 3
assert trained < ngram_bits[3] - 0.2

# %% [markdown] slideshow={"slide_type": "skip"}
# The network beats the counts up to the order printed, by a wide margin at order 3: a sign that its state holds more
# than the last two characters. On a text this
# small, and after so few seconds, counting longer runs is still better: a count learns from a single look.
# [Notebook 05](05_architectures.ipynb#15-·-A-network-that-writes) builds larger generators and samples from them more
# cleverly; here the point is that nothing was hidden.
# These hundred lines are the whole machine.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 12 · A surprise: faster than `nn.RNN`
#
# You would expect that a backward pass written in Python is a teaching toy, and that PyTorch's own layer, which is
# written in C++, leaves it far behind. Time it, on a CPU, with one thread (the set-up cell asks for that).
# `lecture_utils.bptt.RNN` is a layer like `nn.RNN`, with the ideas of section 10 and a backward pass by hand; the
# weights are the same, and so are the gradients, up to rounding.

# %%
from lecture_utils import bptt as by_hand_layers

torch.manual_seed(0)
theirs, ours = nn.RNN(28, 32), by_hand_layers.RNN(28, 32)
ours.load_state_dict(theirs.state_dict())
x = torch.randn(128, 32, 28)  # (T, N, d_in)
for layer in (theirs, ours):
    layer(x)[0].square().sum().backward()
for (name, a), b in zip(theirs.named_parameters(), ours.parameters()):
    relative = ((a.grad - b.grad).norm() / a.grad.norm()).item()
    print(f"{name:<13} gradients agree to 1e-5, relative: {relative < 1e-5}")

# %% [markdown] slideshow={"slide_type": "subslide"}
# Now the clock: one forward and one backward pass over 128 steps. The two layers take turns, so that whatever else your
# computer does hits both alike, and the median of the ratios counts. (GRU and LSTM are recurrent layers with
# [gates](glossary.md#gate); section 22 says what gates are good for. Here only their speed counts.)

# %% tags=["nbval-ignore-output"]
from lecture_utils.experiments.speed import ratio, training_step


def contest(kind, hidden, N):
    """Our layer's time in units of theirs: lower quartile, median, upper quartile."""
    x = torch.randn(128, N, 28)  # (T, N, d_in)
    layers = (getattr(library, kind)(28, hidden) for library in (by_hand_layers, nn))
    return ratio(*(training_step(layer, x) for layer in layers), repeats=15)


contests = [("RNN", 32, 1), ("RNN", 32, 32), ("RNN", 128, 32), ("GRU", 32, 1)]
measured = {sizes: contest(*sizes) for sizes in contests}
for (kind, hidden, N), (low, middle, high) in measured.items():
    print(
        f"our {kind}, d_h = {hidden:<3} N = {N:<2} takes {middle:.2f} of the time of nn.{kind}"
    )
    print(f"    ({low:.2f} to {high:.2f} in half of the pairs)")
assert sum(middle < 1 for _, middle, _ in measured.values()) >= 3

# %% [markdown]
# Below 1 means that ours is faster. The gain is largest for small states and small batches, where the arithmetic is
# next to nothing and what remains is the cost of *asking* for it. Change the sizes in `contests` and run the cell again.
#
# Here are more sizes, measured at leisure. The last two columns ask another question: what about `nn.LSTM`?

# %%
from lecture_utils.experiments.common import find, stored

speed = stored("speed")
columns = "bptt.RNN / nn.RNN", "bptt.GRU / nn.GRU", "nn.LSTM / nn.GRU", "bptt.GRU / nn.LSTM"
print(f"{'':<22}" + "".join(f"{name:>20}" for name in columns))
for hidden, N in speed.config["sizes"]:
    place = f"hidden {hidden}, batch {N}"
    medians = (speed.band(name, place).middle for name in columns)
    print(f"{place:<22}" + "".join(f"{value:>20.2f}" for value in medians))
assert speed.band(columns[0], "hidden 32, batch 32").middle < 1

# %% [markdown]
# An LSTM has a gate more than a GRU, and yet at the smaller sizes `nn.LSTM` leaves both `nn.GRU` and our GRU behind.
# On most computers it is a *fused kernel*, a single operation written for the purpose. PyTorch has that on the CPU for
# the LSTM alone, without a projection (a smaller state handed on), in float32 and, on some processors, in 16-bit
# formats; and where asking is what costs, it is not beaten. (For large states the products take the time, and a GRU has
# fewer of them. On NVIDIA GPUs cuDNN, NVIDIA's library, brings fused kernels for all three kinds.)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 13 · Why: a profile
#
# A profiler notes every operation that runs, and for how long. This is one pass at $d_h = 32$, $N = 32$. "Bookkeeping"
# is everything that is neither a product nor arithmetic on single numbers: transposes, views, new tensors, autograd's
# own work. Noting takes time itself, at every operation, so many small ones look a little worse here than they are;
# section 12 has the honest ratio.

# %% slideshow={"slide_type": "skip"}
kinds = ("products", "arithmetic", "bookkeeping")
print(f"{'':<10}{'operations':>12}" + "".join(f"{kind + ', ms':>17}" for kind in kinds))
calls = {}
for name in ("nn.RNN", "bptt.RNN"):
    calls[name] = speed.band("profile", name, "operators").middle
    parts = (speed.band("profile", name, kind).middle for kind in kinds)
    print(f"{name:<10}{calls[name]:>12,.0f}" + "".join(f"{part:>17.2f}" for part in parts))
assert calls["bptt.RNN"] < calls["nn.RNN"]
saved = {
    kind: speed.mean("profile", "nn.RNN", kind) - speed.mean("profile", "bptt.RNN", kind)
    for kind in kinds
}
assert saved["bookkeeping"] > 0.5 * sum(saved.values())

# %% [markdown] slideshow={"slide_type": "skip"}
# The numbers computed are the same; the number of operations is not. Notice the last column: most of what is saved is
# saved there. To see where it comes from, look into autograd's
# books. While the forward pass runs, autograd writes down each operation, so that it can take the derivative of each,
# one by one, on the way back.

# %% slideshow={"slide_type": "skip"}
from collections import Counter


def books(loss):
    """The operations that autograd has written down for a loss: how often each."""
    seen, waiting = set(), [loss.grad_fn]
    while waiting:
        entry = waiting.pop()
        if entry is not None and entry not in seen:
            seen.add(entry)
            waiting += [before for before, _ in entry.next_functions]
    return Counter(type(entry).__name__.split("Backward")[0] for entry in seen)


x = torch.randn(128, 32, 28)  # (T, N, d_in)
for name, layer in (("nn.RNN", nn.RNN(28, 32)), ("our RNN", by_hand_layers.RNN(28, 32))):
    written = books(layer(x)[0].sum())
    often = sorted(written.items(), key=lambda entry: (-entry[1], entry[0]))[:4]
    print(
        f"{name:<8}{written.total():>4} entries: " + ", ".join(f"{k} {n}" for k, n in often)
    )

# %% [markdown] slideshow={"slide_type": "skip"}
# The two RNNs compute the same numbers. But on a CPU `nn.RNN` is a loop of small operations, and each of them (`T` is
# a transpose, `Addmm` a product plus a sum) has its entry. On the way back each entry gets its derivative by itself,
# and the derivative of a product means *two* products: one for $U^\top \delta_t$, and one for this step's share of
# the gradient of $U$. In ours all 128 steps are a single entry, `ElmanWalk`.

# %% [markdown] slideshow={"slide_type": "skip"}
# How much does each of these matter? Time the pieces by themselves.

# %% slideshow={"slide_type": "skip"}
T, N, d_h = 128, 32, 32
deltas, sums = torch.randn(T, N, d_h), torch.randn(T, N, d_h)
U_T = (0.1 * torch.randn(d_h, d_h)).requires_grad_()


def states_written_down():
    """The loop over the states as everybody writes it, autograd taking notes."""
    states = [sums[0]]
    for a in sums[1:]:
        states.append(torch.tanh(a + states[-1] @ U_T))  # (N, d_h)
    return torch.stack(states)


@torch.no_grad()
def states_without_notes():
    return states_written_down()


@torch.no_grad()
def states_in_place():
    states = sums.clone()
    for before, now in pairwise(states):
        now.addmm_(before, U_T).tanh_()  # in place: no new memory
    return states


def gradient_by_steps():
    total = torch.zeros(d_h, d_h)
    for delta, h in zip(deltas, sums):
        total += delta.T @ h
    return total


def gradient_at_once():
    return deltas.flatten(0, 1).T @ sums.flatten(0, 1)  # (d_h, T·N) @ (T·N, d_h)


# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
pieces = {
    "forward loop, without autograd's notes": (states_without_notes, states_written_down),
    "… and in place": (states_in_place, states_written_down),
    "gradient of U, one product for all steps": (gradient_at_once, gradient_by_steps),
}
shares = {}
for name, (quick, plain) in pieces.items():
    torch.testing.assert_close(quick(), plain().detach(), rtol=1e-3, atol=1e-2)  # equal
    shares[name] = ratio(quick, plain, repeats=15).middle
    print(f"{name:<42}{shares[name]:.2f} of the time")
assert max(shares.values()) < 1

# %% [markdown] slideshow={"slide_type": "skip"}
# In each pair both sides compute the same numbers. What differs is how often somebody has to ask for them. At these
# sizes asking costs more than computing, which also tells you when the advantage fades: when states and batches are so
# large that the products themselves take the time.
#
# So three habits make a recurrent layer quick on a CPU: give autograd **one entry** for the whole walk, work **in
# place** inside the loop, and form each weight's gradient in **one product** after it. A fused kernel goes the same
# way in compiled code.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 14 · Truncated BPTT: long texts in chunks
#
# A novel has half a million characters. BPTT over all of them would keep half a million states, and would take a single
# step after reading the whole book. So the text is cut into chunks. At each border
#
# - **the state goes on:** the last state of a chunk starts the next, so the *forward* pass knows no border;
# - **the gradient stops:** the new chunk treats that state as a given number.
#
# This is [truncated BPTT](glossary.md#truncated-bptt).

# %%
show(*drawings.truncated_bptt())

# %% [markdown]
# Solid arrows run through the whole text. The dashed arrows, which carry the gradient back, are cut by the scissors
# wherever a new chunk begins.
#
# Now look at the bars: they count how many earlier steps each loss can reach. The horizon is *uneven*. The first loss
# of a chunk reaches nothing but its own step, the last one reaches back through the whole chunk. On average a loss
# sees half a chunk. If what must be learned lies 20 steps back, chunks of 20 are too short: inside one, no gradient
# goes back further than 19 steps.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 15 · One word in the code: `detach`
#
# In PyTorch the scissors are `h.detach()`: the same numbers, without their history.

# %% slideshow={"slide_type": "skip"}
LENGTH = 4  # steps in a chunk


def truncated(params, inputs, targets, h, cut):
    """Gradients by autograd, in chunks; `cut` says whether the state is detached between them."""
    leaves = {name: value.clone().requires_grad_() for name, value in params.items()}
    total = 0.0
    for x, y in zip(inputs.split(LENGTH), targets.split(LENGTH)):
        total = total + total_loss(leaves, x, y, h)
        h = last_of(leaves, x, h)
        if cut:
            h = h.detach()
    return total, dict(zip(leaves, torch.autograd.grad(total, leaves.values())))


def last_of(params, inputs, h):
    for x in inputs:
        h = torch.tanh(x @ params["W"].T + h @ params["U"].T + params["b_1"])  # (N, d_h)
    return h


# %% [markdown] slideshow={"slide_type": "skip"}
# What *should* come out is clear: run our `bptt` on each chunk alone, start it from the state that came before, and add
# up the gradients. Compare that with autograd, with and without `detach`, on one chunk and on two.

# %% slideshow={"slide_type": "skip"}
for chunks in (1, 2):
    params_64, inputs_64, targets_64, h = problem(T=chunks * LENGTH)
    wanted = dict.fromkeys(NAMES, 0.0)
    for x, y in zip(inputs_64.split(LENGTH), targets_64.split(LENGTH)):
        part = bptt(params_64, x, y, h)[1]
        wanted = {name: wanted[name] + part[name] for name in NAMES}
        h = last_of(params_64, x, h)
    whole_loss = total_loss(*problem(T=chunks * LENGTH))
    for cut in (True, False):
        loss, found = truncated(*problem(T=chunks * LENGTH), cut)
        same_loss = torch.allclose(loss, whole_loss)
        right = bool(apart(found, wanted) < 1e-12)
        label = "with detach" if cut else "without detach"
        print(
            f"{chunks} chunk(s), {label:<15} same loss: {same_loss}, gradient as wanted: {right}"
        )

# %% [markdown] slideshow={"slide_type": "skip"}
# This is the last of the famous wrong versions. The loss is the same with and without `detach`, since the forward pass
# is the same; only the gradient tells. And a test with a *single* chunk hides it.
#
# Without `detach` you get the gradient of the whole sequence: not wrong in itself, only not truncated, and it keeps
# the states of all chunks in memory. But that happens only if you add up the losses and go backward once, as here. The
# usual loop goes backward after every chunk, and then this happens:

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 16 · "Trying to backward through the graph a second time"

# %% slideshow={"slide_type": "skip"}
from textwrap import fill

torch.manual_seed(0)
rnn, head = nn.RNN(8, 16), nn.Linear(16, 5)
text, answers = torch.randn(40, 8), torch.randint(5, (40,))  # (T, d_in), (T,)
chunks = list(zip(text.split(10), answers.split(10)))

h, done = torch.zeros(1, 16), 0
try:
    for x, y in chunks:
        output, h = rnn(x, h)  # and no detach
        cross_entropy(head(output), y).backward()
        done += 1
except RuntimeError as error:
    print(f"chunks done before the error: {done}")
    print(fill(str(error), 88))

# %% [markdown] slideshow={"slide_type": "skip"}
# Read it slowly. The first `backward()` worked, and *freed* what it had used. The second starts in chunk 2, follows $h$
# over the border into chunk 1, and finds the saved values gone. The message proposes `retain_graph=True`. That silences
# it. It is not the cure: you did not *want* to go back into chunk 1.

# %% [markdown] slideshow={"slide_type": "skip"}
# See what it does instead. The cell counts the entries in autograd's books (section 13) that each
# backward pass has to walk through.

# %% slideshow={"slide_type": "skip"}
h_kept = h_cut = torch.zeros(1, 16)
first = None


def size(loss):
    return sum(books(loss).values())


for number, (x, y) in enumerate(chunks, start=1):
    output, h_kept = rnn(x, h_kept)
    kept = cross_entropy(head(output), y)
    kept.backward(retain_graph=True)
    output, h_cut = rnn(x, h_cut.detach())
    cut = cross_entropy(head(output), y)
    cut.backward()
    first = first or size(cut)
    growth = size(kept) / first
    print(f"chunk {number}: with detach × {size(cut) / first:.1f}, retained × {growth:.1f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# With `detach` every chunk costs the same. With `retain_graph=True` the graph grows chunk by chunk: chunk 1,000 would
# walk back through a thousand chunks, and keep the states of all of them. The program gets slower and slower and ends
# when the memory is full.
#
# And as soon as you really train, it breaks anyway, with a second message.

# %% slideshow={"slide_type": "skip"}
optimiser, h = torch.optim.SGD([*rnn.parameters(), *head.parameters()], lr=0.1), None
try:
    for x, y in chunks:
        output, h = rnn(x, h)
        optimiser.zero_grad()
        cross_entropy(head(output), y).backward(retain_graph=True)
        optimiser.step()
except RuntimeError as error:
    print(str(error).split(":")[0])

# %% [markdown] slideshow={"slide_type": "skip"}
# The step has changed the weights in place. Going back into chunk 1 needs the weights as they *were* when chunk 1 was
# read, and these are gone. **The cure** for both messages is one line after every chunk: `h = h.detach()`. (For an LSTM
# there are two: `h, c = h.detach(), c.detach()`.)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 17 · Rows that go on, and when to reset
#
# A carried state must meet the text that really follows. With a batch this takes care: cut the text into $N$ long rows,
# one for each place in the batch. Row $n$ of the next chunk then continues row $n$ of this one. Below, three readers
# share one text.

# %% slideshow={"slide_type": "skip"}
story = (
    "the cherry trees bloom in april and the petals fall in may and then come the cherries"
)
N, T = 3, 7
rows = len(story) // N
readers = [story[n * rows : (n + 1) * rows] for n in range(N)]  # contiguous
for n, reader in enumerate(readers):
    pieces = [reader[start : start + T] for start in range(0, rows, T)]
    print(f"row {n}: " + " | ".join(piece.replace(" ", "_") for piece in pieces))

# %% [markdown] slideshow={"slide_type": "skip"}
# Read along a row: the text goes on over every border. That is what `train` of section 10 does. Chunks from *random*
# places, as `next_token_batches` cuts them, are a fine choice too, but then nothing may be carried: each chunk starts
# from zeros.
#
# **When to reset** the state to zeros:
#
# - where the text really ends: a new document, a new user, the end of the corpus;
# - when you change over from training to evaluation: a test text should not start with the memory of a training text;
# - *not* at the border of a chunk: that is the break that carrying avoids.
#
# If the documents in a batch end at different steps, reset only the rows that end: multiply the state by 0 there and by
# 1 elsewhere.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 18 · What truncation costs
#
# How long must a chunk be? An *echo* task has a known answer: a stream of random bits, and the target at every step is
# the bit of ten steps ago. Every model reads the same bits in the same order and takes the same number of updates; the
# one thing that differs is how often the gradient is cut.

# %% slideshow={"slide_type": "skip"}
from lecture_utils.view import QUIET, plot_axes, spread

cuts = stored("truncation")
lengths, delay = cuts.config["chunks"], cuts.config["delay"]
middles = [cuts.band("accuracy", place).middle for place in range(len(lengths))]
title = f"No echo of {delay} steps ago before the chunk is longer than that"
figure, axes = plot_axes(title, "steps in a chunk", "bits echoed rightly")
spread(axes, lengths, cuts.values("accuracy"), "")
axes.axhline(cuts.values("chance")[0], **QUIET)
axes.text(lengths[-1], cuts.values("chance")[0] - 0.01, "guessing", ha="right", va="top")
axes.axvline(delay, **QUIET)
axes.text(delay * 0.96, 0.8, f"chunk = {delay}", ha="right")
axes.set(xscale="log", ylim=(0.4, 1.05))
axes.set_xticks(lengths, labels=lengths)
axes.minorticks_off()
facts = ", ".join(f"{length}: {value:.2f}" for length, value in zip(lengths, middles))
show(figure, f"Share of bits echoed rightly by the length of a chunk, medians. {facts}.")

# %% slideshow={"slide_type": "skip"}
for place, length in enumerate(lengths):
    bits = cuts.band("bits", place)
    print(
        f"chunk of {length:>3}: echo {cuts.band('accuracy', place).middle:4.0%},"
        f" English prose {bits.middle:.2f} bits per character ({bits.low:.2f} to {bits.high:.2f})"
    )
print(f"without any memory: {cuts.values('unigram_bits')[0]:.2f} bits per character")

# %% [markdown] slideshow={"slide_type": "skip"}
# The picture shows medians over the seeds as a line, and the lowest and highest as a band. With chunks no longer than
# the delay, no gradient ever crosses from a target to the bit that it depends on, and the model does little better
# than guessing; the little may come from traces of old inputs that a state holds without having been taught to.
# Inside a longer chunk every step sends a gradient that far, except the first ones, as many as the delay; and that is
# enough to learn.
#
# The printed column tells the same story for English prose, more softly: it seems that much of what helps to guess the
# next character lies only a few characters back. One of these models, trained here and now:

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
NEW_SEED = 9  # none of the stored ones
LIVE_CHUNK = next(length for length in lengths if length > delay)
live = find("truncation").measure(NEW_SEED, tasks=["echo"], chunks=[LIVE_CHUNK])
band = cuts.band("accuracy", lengths.index(LIVE_CHUNK))
print(f"echo with chunks of {LIVE_CHUNK}: {live['accuracy'][0]:.0%}")
print(f"over the stored seeds: {band.low:.0%} to {band.high:.0%}")
assert band.holds(live["accuracy"][0], margin=0.05)
assert live["accuracy"][0] > 0.8

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 19 · Vanishing and exploding gradients
#
# How much does the loss at step $t$ tell a state far back? Follow the chain: one step back multiplies the gradient by
# the slopes and by $U^\top$,
#
# $$\frac{\partial L_t}{\partial h_{k-1}} = U^\top \left( (1 - h_k^2) \odot \frac{\partial L_t}{\partial h_k} \right).$$
#
# From $t$ down to $k$ that happens $t - k$ times, with the *same* $U$. What is multiplied again and again grows or
# shrinks exponentially.

# %%
show(*drawings.gradient_over_distance())

# %% [markdown]
# The vertical axis is logarithmic, so a constant factor per step is a straight line. The lower lines fall: the
# gradient [vanishes](glossary.md#vanishing-gradient). Over 40 steps a factor of 0.6 leaves about a billionth. With a
# large gain of $U$ the line rises: the gradient [explodes](glossary.md#exploding-gradient). Between the two there is
# little room.
#
# The lowest line is close to where PyTorch starts every `nn.RNN` (notebook 03, section 5). **A plain RNN begins its
# life nearly deaf to anything a few dozen steps back.** It goes the other way, too: the trace that an old input leaves
# in the state fades by the same product of matrices and slopes. Training has to mend both, and begins with hardly any
# gradient to say so. (An explorer for this place, with gain and distance to drag, is planned.)

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Which factor?
#
# Let $U$ be *gain* times a random orthogonal matrix (one that turns and mirrors, and leaves every length as it is), or a
# random matrix whose entries have the standard deviation gain$/\sqrt{d_h}$. Such a $U$ turns a vector into a random
# direction, which has nothing to do with the slopes, and makes it about gain times as long. The
# slopes multiply the numbers of that vector, and a length is a root of a sum of *squares*. So a step multiplies the
# length by
#
# $$\text{gain} \times \sqrt{\text{mean of the squared slopes}},$$
#
# the root-mean-square slope, not the mean slope. The difference is not small. For ReLU about half of the slopes are 1
# and half are 0: the mean slope is near 0.5, the root-mean-square slope near 0.7.

# %% slideshow={"slide_type": "skip"}
from itertools import product

distance = stored("gradient_distance")
print(f"{'':<9}{'U':<11}{'gain':>5}{'measured':>10}{'gain × rms':>12}{'gain × mean':>13}")
for activation, starts in (
    ("tanh", "orthogonal gaussian"),
    ("relu", "orthogonal gaussian"),
):
    for start in starts.split():
        for gain in distance.config["gains"]:
            path = ("chain", activation, start, str(gain))
            shown = [
                distance.band(*path, k) for k in ("rate", "predicted", "by_mean_slope")
            ]
            numbers = "".join(f"{b.middle:>{w}.2f}" for b, w in zip(shown, (10, 12, 13)))
            print(f"{activation:<9}{start:<11}{gain:>5}{numbers}")

# %% [markdown] slideshow={"slide_type": "skip"}
# Medians over several seeds; the factor is measured over 40 steps by autograd. The root-mean-square slope predicts it
# closely in every row (least well where ReLU explodes), the mean slope in none. (Notice tanh with a large gain: the
# factor does not grow in proportion to the gain, since large states sit where tanh is flat.)
#
# The same gain has a smaller factor here than in the picture above. There the inputs are small; here they are larger,
# drive the states further out, and so meet flatter slopes. A gain alone does not fix the factor: the inputs have a say.
#
# Here are the gradients themselves, for a gain of 1 and three activations. *Identity* means that there is none: its
# slope is 1 everywhere.

# %% slideshow={"slide_type": "skip"}
steps_back = distance.config["distances"]
LEADER = {"arrowstyle": "-", "color": "0.6", "linewidth": 0.6, "shrinkA": 0, "shrinkB": 0}


def name_ends(axes, x, ends):
    """Name lines at their right ends, and move names apart where they would overlap."""
    to_page, to_axes = axes.transData, axes.transAxes.inverted()
    lowest = 0.03
    for name in sorted(ends, key=ends.get):
        height = to_axes.transform(to_page.transform((x, ends[name])))[1]
        place = {"xytext": (1.04, max(height, lowest)), "textcoords": "axes fraction"}
        axes.annotate(name, (x, ends[name]), va="center", arrowprops=LEADER, **place)
        lowest = max(height, lowest) + 0.08


starts = {"orthogonal": "orthogonal U", "gaussian": "random U"}
title = "At gain 1 the gradient fades only where slopes take from it"
figure, axes = plot_axes(
    title, "distance t − k (steps)", "gradient, relative to distance 0"
)
ends = {}
for number, (activation, start) in enumerate(
    product(distance.config["activations"], starts)
):
    path = ("chain", activation, start, "1.0", "norms")
    spread(axes, steps_back, distance.values(*path), "", number)
    name = activation.replace("relu", "ReLU") + ", " + starts[start]
    ends[name] = distance.band(*path, -1).middle
axes.set(yscale="log", xlim=(0, steps_back[-1]))
name_ends(axes, steps_back[-1], ends)
facts = "; ".join(f"{name}: {value:.0e}" for name, value in ends.items())
show(figure, f"Gradient norm by distance at gain 1; at distance {steps_back[-1]}: {facts}.")
assert ends["ReLU, orthogonal U"] < 1e-3 < 0.05 < ends["identity, random U"] < 20

# %% [markdown] slideshow={"slide_type": "skip"}
# Three pairs of lines, one pair for each activation. Without slopes and with an orthogonal $U$ the line is level: every
# length is kept. With a random $U$ a step keeps it only about, and over many steps the little that is off adds up: the
# line drifts, and the band widens (section 20 comes back to this). ReLU falls, and tanh, at these inputs, falls faster.
# There it matters little how $U$ was drawn. Measure one seed more yourself:

# %% slideshow={"slide_type": "skip"}
live = find("gradient_distance").measure(NEW_SEED, activations=["tanh"], kinds=[])
for gain in distance.config["gains"]:
    found = live["chain"]["tanh"]["orthogonal"][str(gain)]["rate"]
    band = distance.band("chain", "tanh", "orthogonal", str(gain), "rate")
    print(f"gain {gain}: within 0.02 of the stored band: {band.holds(found, margin=0.02)}")

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 20 · One step, and the long run
#
# Two numbers of a matrix are often mixed up here.
#
# - The [singular values](glossary.md#singular-value) bound **one step**: $U$ makes no vector longer than its largest
#   singular value times, nor shorter than its smallest times. With a slope of at most 1, tanh adds to the shrinking
#   only. So if the largest singular value is below 1, the gradient must vanish.
# - The [spectral radius](glossary.md#spectral-radius) says where **the long run** goes, and only for the linear part:
#   many times $U$, no slopes.
#
# They can disagree for a long time. This matrix has a spectral radius of 0.8, and its largest singular value is above
# 5:

# %% slideshow={"slide_type": "skip"}
skewed = torch.tensor([[0.8, 5.0], [0.0, 0.8]])
largest, smallest = torch.linalg.svdvals(skewed)
radius = torch.linalg.eigvals(skewed).abs().max()
print(f"singular values {largest:.2f} and {smallest:.2f}, spectral radius {radius:.2f}")
vector = torch.tensor([0.0, 1.0])
for steps in (1, 3, 5, 10, 30, 100):
    length = (torch.linalg.matrix_power(skewed, steps) @ vector).norm()
    print(f"after {steps:>3} steps the vector is {length:.2g} long")

# %% [markdown] slideshow={"slide_type": "skip"}
# First it grows tenfold, and in the end it vanishes all the same. Random matrices do so too, more gently. Here
# is the factor per step of section 19 once more, now without any slopes:

# %% slideshow={"slide_type": "skip"}
print(f"{'gain':>4}{'measured':>10}{'gain × rms':>12}{'spectral radius':>17}")
for gain in distance.config["gains"]:
    path = ("chain", "identity", "gaussian", str(gain))
    keys = ("rate", "predicted", "spectral_radius")
    rate, predicted, radius = (distance.band(*path, key).middle for key in keys)
    print(f"{gain:>4}{rate:>10.2f}{predicted:>12.2f}{radius:>17.2f}")

# %% [markdown] slideshow={"slide_type": "skip"}
# The measured factor lies between the two: the first steps follow the gain, and the longer the way, the more the
# spectral radius has its say.
#
# For an orthogonal $U$ there is nothing to mix up:
# every singular value and every $|\text{eigenvalue}|$ is 1, and a step without slopes keeps every length. That is why
# people like to start there: what is left to lose is lost to the slopes alone.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 21 · Clipping mends explosion, not vanishing
#
# A single huge gradient can throw the weights far away and undo hours of training. So bound it: this is
# [gradient clipping](glossary.md#gradient-clipping). (A smaller learning rate would help too, but then every step is
# small; clipping shortens the few that need it.) There are two ways:
#
# - **By norm:** if the gradient of all parameters together is longer than $c$, shorten it to the length $c$. Its
#   *direction stays*.
# - **By value:** cut every single number to the range from $-c$ to $c$. That bends the gradient: its *direction
#   changes*.

# %%
g = torch.tensor([3.0, 0.4])
by_norm, by_value = g / g.norm().clamp(min=1), g.clamp(-1, 1)
for name, clipped in (("by norm", by_norm), ("by value", by_value)):
    cosine = nn.functional.cosine_similarity(g, clipped, dim=0)
    rounded = [round(number, 2) for number in clipped.tolist()]
    print(f"{name:<9} {rounded}, cosine with the whole gradient {cosine:.2f}")

# %% [markdown]
# In PyTorch these are `clip_grad_norm_` and `clip_grad_value_`, called between `backward()` and `step()`. They see the
# gradients of the *parameters*, in which the shares of all steps have already been added up. If the share of a distant
# step is a billionth of the sum, it stays a billionth of the sum, however you scale it. **No clipping brings back what
# has vanished.**

# %% [markdown] slideshow={"slide_type": "skip"}
# ### Measured
#
# Plain RNNs read English prose by plain gradient descent with a large learning rate, from an orthogonal $U$. The same
# start, the same batches; only the clipping differs. The last lines are about the opposite trouble: networks have to
# recall a symbol from so far back that at the start next to no gradient is left.

# %% slideshow={"slide_type": "skip"}
from statistics import median

clipping = stored("clipping")
runs = len(clipping.seeds)
for activation in clipping.config["activations"]:
    for method in clipping.config["methods"]:
        path = ("explosion", activation, method)
        bits = [value for value in clipping.values(*path, "bits") if value is not None]
        end = f"diverged, {runs} of {runs}"
        if bits:
            low, high = min(bits), max(bits)
            end = f"{median(bits):>5.2f} bits per character ({low:.2f} to {high:.2f})"
        print(f"{activation:<5}clipping {method:<6}{end}")
        if 0 < len(bits) < runs:
            print(f"    diverged: {runs - len(bits)} of {runs}")
        if method != "none":
            share, cosine = (
                clipping.band(*path, key).middle for key in ("clipped", "cosine")
            )
            least = clipping.band(*path, "smallest_cosine").low
            print(
                f"    {share:.0%} of the steps clipped, mean cosine {cosine:.2f}, smallest {least:.2f}"
            )
unigram = clipping.values("unigram_bits")[0]
print(f"counting single characters: {unigram:.2f} bits per character")
assert median(clipping.values("explosion", "tanh", "none", "bits")) > unigram

# %% slideshow={"slide_type": "skip"}
print(
    f"recall after {clipping.config['lag']} steps, guessing: {clipping.values('chance')[0]:.1%}"
)
for kind in clipping.config["recall_kinds"]:
    for method in ("none", "norm"):
        path = ("vanishing", kind, method)
        shares = ", ".join(f"{share:>4.0%}" for share in clipping.values(*path, "accuracy"))
        norm = clipping.band(*path, "largest_norm").high
        print(
            f"{kind:<5}clipping {method:<5} seed by seed {shares}; largest norm {norm:.1f}"
        )
assert clipping.values("vanishing", "LSTM", "none") == clipping.values(
    "vanishing", "LSTM", "norm"
)

# %% [markdown] slideshow={"slide_type": "skip"}
# One seed more, trained here and now, with ReLU:

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
live = find("clipping").measure(NEW_SEED, activations=["relu"], recall_clips=[])
for method, found in live["explosion"]["relu"].items():
    diverged = f"diverged after {found['steps']} steps"
    end = diverged if found["bits"] is None else f"{found['bits']:.2f} bits per character"
    print(f"relu clipping {method:<6}{end}")
    if method == "none":
        assert found["diverged"]
    else:
        band = clipping.band("explosion", "relu", method, "bits")
        assert band.holds(found["bits"], margin=0.15)

# %% [markdown] slideshow={"slide_type": "skip"}
# Without clipping ReLU, which has no ceiling, runs away to infinity. Tanh keeps every state between −1 and 1, so
# nothing becomes infinite; but the weights are thrown to where counting single characters does better. Either way of
# clipping mends that. By norm, a few steps are shortened and none is turned: the cosine is 1. By value, with the
# small bound used here, nearly every step is turned: a little on average, some by much. (The numbers are medians over
# the seeds, with the lowest and the highest beside them; the smallest cosine is that of any step of any seed.)
#
# Now recall, seed by seed. The LSTM, as PyTorch starts it, guesses: too little gradient reaches the first symbol. And
# clipping does not change a single digit, because no gradient was ever as long as the bound of 1. There is nothing to
# clip. The plain RNN has longer gradients at times, so there the trainings with and without clipping part ways; who
# succeeds depends on the seed more than on clipping.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 22 · Why gates help: an additive path
#
# In a plain RNN the past reaches the present through a *multiplication* at every step. A gated layer adds a second
# road. This is the [cell state](glossary.md#cell-state) of an LSTM (Hochreiter and Schmidhuber, 1997; the forget gate
# came with Gers and others, 2000):
#
# $$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$
#
# The old cell state is *kept*, scaled by the [forget gate](glossary.md#forget-gate) $f_t$, and something new is
# *added*: a candidate $g_t$, let in by the input gate $i_t$. No matrix stands in the way. So along this road
#
# $$\frac{\partial c_t}{\partial c_{t-1}} \approx \operatorname{diag}(f_t).$$
#
# It is exact for the direct path, with $h_{t-1}$ held fixed; "≈" because the gates read $h_{t-1}$, which depends on
# $c_{t-1}$ too. A GRU has the same road: $h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}$.

# %%
torch.manual_seed(0)
cell = nn.LSTMCell(4, 6)
x_t, h, c = torch.randn(4), torch.randn(6), torch.randn(6)
jacobian = torch.autograd.functional.jacobian(lambda c: cell(x_t, (h, c))[1], c)  # (6, 6)
rows_of_f = slice(6, 12)  # PyTorch stacks the gates i, f, g, o
a = cell.weight_ih @ x_t + cell.bias_ih + cell.weight_hh @ h + cell.bias_hh
f = torch.sigmoid(a[rows_of_f])
print(
    "∂c_t/∂c_(t-1), direct path = diag(f):", torch.allclose(jacobian, f.diag(), atol=1e-6)
)

# %% [markdown] slideshow={"slide_type": "subslide"}
# How far does it carry? Over $k$ steps the road multiplies by $f^k$. And before training,
# $f = \sigma(\text{bias} + \dots)$ is decided mainly by its **bias**:

# %%
print(
    f"{'bias of f':>9} {'f':>6}   "
    + "".join(f"{f'{k} steps':>10}" for k in (10, 20, 40, 80))
)
for bias in (0.0, 1.0, 2.0, 4.0):
    gate = torch.sigmoid(torch.tensor(bias)).item()
    print(
        f"{bias:>9} {gate:>6.2f}   "
        + "".join(f"{gate**k:>10.1e}" for k in (10, 20, 40, 80))
    )

# %% [markdown]
# With a bias of 0 the gate starts half open, and after 20 steps a millionth is left on this road: no better than a plain
# RNN. So
# it is not the gate alone that helps: it is the gate *with a bias that opens it* (Jozefowicz and others, 2015). PyTorch
# has two biases that add up, and starts both near 0. To start at 2, add 2 to one of them, in the rows of $f$:
#
# ```python
# with torch.no_grad():
#     lstm.bias_ih_l0[hidden : 2 * hidden] += 2.0  # rows of f; bias_hh_l0 adds to it
# ```

# %% [markdown] slideshow={"slide_type": "skip"}
# Here is how much of the gradient arrives before any training, for whole layers. The measure is
# $\lVert \partial L_t / \partial x_k \rVert$, how much the loss at step $t$ tells the *input* of step $k$, relative to
# $k = t$.

# %% slideshow={"slide_type": "skip"}
kinds = distance.config["kinds"]
title = "At the start, the forget bias and U = I keep the gradient alive"
figure, axes = plot_axes(
    title, "distance t − k (steps)", "gradient, relative to distance 0"
)
for number, kind in enumerate(kinds):
    spread(axes, steps_back, distance.values("layers", kind), "", number)
axes.set(yscale="log", xlim=(0, steps_back[-1]))
name_ends(axes, steps_back[-1], {k: distance.band("layers", k, -1).middle for k in kinds})
axes.set_xticks([0, 10, 20, 30, 40])
ends = ", ".join(f"{kind} {distance.band('layers', kind, -1).middle:.0e}" for kind in kinds)
show(
    figure, f"Gradient norm by distance for untrained layers; at the last distance: {ends}."
)

# %% [markdown] slideshow={"slide_type": "skip"}
# The scale is logarithmic. The plain RNN, the GRU and the LSTM fall steeply and lie close together: as PyTorch starts
# them, gates are half open and gain little. An orthogonal $U$ loses only what the slopes take. The forget bias keeps
# the road open. The identity ReLU is a plain RNN again, with ReLU, $U = I$ and no biases (after Le, Jaitly and Hinton,
# 2015): at the start almost nothing stands in the way, since $U$ hands everything on and a unit that is on has the
# slope 1. But nothing protects it later, when training moves $U$ away from there.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 23 · Can it learn to remember?
#
# A gradient that arrives is a promise. Here is the test: the network reads a random symbol out of eight, then
# random other symbols, and has to name the first one at the end. All kinds get the same training.

# %%
recall = stored("recall")
lags, kinds = recall.config["lags"], recall.config["kinds"]
medians = {
    k: [recall.band("accuracy", k, i).middle for i in range(len(lags))] for k in kinds
}
reach = {
    k: max((lag for lag, share in zip(lags, medians[k]) if share > 0.9), default=0)
    for k in kinds
}
scores = {
    k: sum(recall.mean("accuracy", k, i) for i in range(len(lags))) / len(lags)
    for k in kinds
}
ranking = sorted(kinds, key=scores.get, reverse=True)
title = f"The {ranking[0]} remembers furthest, but at long lags the seed decides"
figure, axes = plot_axes(
    title, "lag (steps between the symbol and the question)", "accuracy"
)
for number, kind in enumerate(kinds):
    spread(axes, lags, recall.values("accuracy", kind), "", number)
axes.axhline(recall.values("chance")[0], **QUIET)
axes.text(lags[0], recall.values("chance")[0] + 0.02, "guessing")
axes.set(xscale="log", xlim=(lags[0] * 0.95, lags[-1]), ylim=(0, 1.05))
axes.set_xticks(lags, labels=lags)
axes.minorticks_off()
name_ends(axes, lags[-1], {kind: medians[kind][-1] for kind in kinds})
furthest = ", ".join(f"{kind} {lag}" for kind, lag in reach.items())
show(
    figure, f"Accuracy of recall by lag. Longest lag with a median above 90 %: {furthest}."
)
for kind in ranking:
    print(
        f"{kind:<22} above 90 % up to lag {reach[kind]:<3} mean over lags and seeds {scores[kind]:.0%}"
    )
settings, tries = recall.config, len(recall.seeds)
print(
    f"\nevery training: {settings['steps']} steps, learning rate {settings['lr']}, "
    f"{settings['hidden']} hidden units; {tries} seeds"
)
assert recall.band("accuracy", "RNN", lags.index(20)).low > 0.9
assert ranking[0] == "orthogonal RNN"
assert reach["LSTM"] < min(reach["RNN"], reach["LSTM with forget bias"])

# %% [markdown]
# Read each line from left to right: it stays at the top as long as the network learns to remember, and then falls
# towards guessing. Where a band is wide, the seed decides: one training names every symbol, another stays near
# guessing, a third is stopped half way, for all get the same number of steps.
#
# All kinds get the same number of steps and the same learning rate (the cell prints them); with more steps some would
# get further.
#
# Compare this with the gradients at the start (the last picture of section 22). The orthogonal RNN, which begins with
# far more gradient than the plain one, gets furthest. The forget bias alone takes the LSTM past the lag where it fails
# without. But the gradient at the start is not all that counts: the LSTM as PyTorch starts it begins with more of it
# than the plain RNN, and gets less far. And the plain RNN learns lag 20 in every seed, though almost no gradient arrived
# there at the start: training itself changes $U$.
#
# Two of these trainings, live, which differ in nothing but the bias:

# %% tags=["nbval-ignore-output", "trained"]
LAG = 20
for kind in ("LSTM", "LSTM with forget bias"):
    live = find("recall").measure(NEW_SEED, kinds=[kind], lags=[LAG])
    [share] = live["accuracy"][kind]
    band = recall.band("accuracy", kind, lags.index(LAG))
    print(
        f"{kind:<22} lag {LAG}: {share:.0%}; stored seeds {band.low:.0%} to {band.high:.0%}"
    )
    assert band.holds(share, margin=0.1)
assert share > 0.5

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 24 · The loop closes: doctor, lawyer, historian
#
# Notebook 01 left you with a sentence that a Markov model cannot finish: *I am studying **law** at UBC because I want
# to work as a ___.* The word that decides lies ten words back. An order of 5 does not see it; an order of 11 just
# does, on this sentence. Now you can train an RNN on such sentences.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.datasets.professions import EXAMPLES
from lecture_utils.experiments.professions import LONGER, blank, blanks, train_filler

known = [[*each.words, each.answer] for each in blanks("train")]
questions = [blank(sentence) for sentence in EXAMPLES]
models = {
    "order 5": lambda: NGram(5).fit(known),
    "order 11": lambda: NGram(11).fit(known),
    "RNN, U from I": lambda: train_filler(seed=0),
}
answers = {}
for name, trained_model in models.items():
    model = trained_model()
    chances = [model.distribution(each.words) for each in questions]
    answers[name] = [max(found.items(), key=lambda item: item[1]) for found in chances]

print(f"{'subject':<10}" + "".join(f"{name:>22}" for name in answers))
for place, each in enumerate(questions):
    guesses = (
        f"{word} ({chance:.0%})" for word, chance in (a[place] for a in answers.values())
    )
    print(
        f"{each.words[-each.distance]:<10}" + "".join(f"{guess:>22}" for guess in guesses)
    )
right = [each.answer for each in questions]
assert [word for word, _ in answers["RNN, U from I"]] == right
assert [word for word, _ in answers["order 5"]] != right

# %% [markdown] slideshow={"slide_type": "skip"}
# Each column gives the likeliest word and its probability. Order 5 sees the same four words in every row, so it has to
# give the same answer three times. The RNN gets all three. (Its $U$ starts as the identity matrix, after Le, Jaitly and
# Hinton, 2015, who did so with ReLU; you see below why.)
#
# Is order 11 as good, then? On *this* sentence, yes. But in English the distance varies. Here are all held-out
# sentences, sorted by how far back the subject lies.

# %% slideshow={"slide_type": "skip"}
professions = stored("professions")
orders = [f"order {order}" for order in professions.config["orders"]]
kinds = {
    "rnn": "RNN",
    "rnn for longer": "RNN, for longer",
    "rnn from identity": "RNN, U from I",
    "gru": "GRU",
}
names = [*orders, *kinds]
spans = sorted(
    professions.values("by distance", names[0])[0], key=lambda s: int(s.split()[0])
)
heads = "".join(f"{span:>10}" for span in spans)
print(f"{'words back':<17}{heads}{'all':>8}   lowest to highest")
for name in names:
    shares = [professions.band("by distance", name, span).middle for span in spans]
    row = "".join(f"{share:>10.0%}" for share in shares)
    total = professions.band("accuracy", name)
    label, extremes = kinds.get(name, name), f"{total.low:.0%} to {total.high:.0%}"
    print(f"{label:<17}{row}{total.middle:>8.0%}   {extremes}")
steps = professions.config["steps"]
print(f"\nnetworks: {steps:,} steps, for longer {LONGER * steps:,}")
print("for longer, seed by seed:", end=" ")
longer = professions.values("accuracy", "rnn for longer")
print(", ".join(f"{share:.0%}" for share in longer))
assert professions.band("accuracy", "rnn").high < 0.2
assert min(longer) < 0.2 < 0.9 < max(longer)
assert min(professions.band("accuracy", k).low for k in ("gru", "rnn from identity")) > 0.95

# %% slideshow={"slide_type": "skip"}
for name in orders:
    seen = professions.band("contexts seen", name).middle
    print(f"{name}: of the held-out contexts, {seen:.0%} were counted before")

# %% [markdown] slideshow={"slide_type": "skip"}
# Each order fails beyond its window. And a longer window soon stops to pay, since hardly any context that long was ever
# counted before (the last lines). A GRU, and an RNN whose $U$ starts at the identity, get nearly all of them, at every
# distance: a state has no window.
#
# Now look at the plain RNN, as PyTorch starts it: after these 1,000 steps it does little better than guessing among
# twelve professions. The start of $U$ is the one thing in which it differs from the row *U from I*. With PyTorch's
# start the subject fades twice: its trace on the way forward into the last state, and its gradient on the way back,
# by the same product of matrices and slopes (section 19). So learning begins very slowly. The row *for longer* shows
# what four times as many steps bring, and the line below the table says it seed by seed: some trainings now fill most
# of the blanks, others have hardly moved. So it can be learned from there, late, and the seed decides when.
#
# But the gradient at the start is not everything: the GRU begins with hardly more of it, and learns. It has a road
# that training can open (section 22). (Fine print: the table shows medians over the seeds; all have their loss at the
# blank alone, the one place where the distant word matters.)

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 25 · In practice
#
# **Learning rate first.** In a large comparison of LSTMs it mattered most of all settings (Greff and others, 2017).
# Too low, and nothing happens; too high, and the loss jumps or turns into NaN. Try factors of 3.
#
# **Watch the gradient norm.** It often tells of trouble before the loss does: peaks of a hundred times the usual call
# for clipping; a slow slide to zero while the loss is still high means that the gradient vanishes, or that units are
# saturated (sit where tanh is flat). `fit` keeps it for every step. A usual bound for clipping is a little above the
# norms of quiet times.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
from lecture_utils.text import next_token_batches
from lecture_utils.training import TrainingDiverged, fit, next_token_loss


class CharacterModel(nn.Module):
    """Characters in, logits out; ReLU, and U starts as the identity."""

    def __init__(self):
        super().__init__()
        self.table = nn.Embedding(len(ALPHABET), 32)
        self.rnn, self.head = (
            nn.RNN(32, 64, nonlinearity="relu"),
            nn.Linear(64, len(ALPHABET)),
        )
        nn.init.eye_(self.rnn.weight_hh_l0)

    def forward(self, ids):  # (T, N)
        return self.head(self.rnn(self.table(ids))[0])  # (T, N, C)


stream = next_token_batches(torch.from_numpy(train_ids), seq_len=50, batch_size=16, seed=0)
settings = {"loss": next_token_loss, "steps": 150, "lr": 3e-3, "seed": 0}
torch.manual_seed(0)
history = fit(CharacterModel(), stream, clip=1.0, **settings)
usual, worst = median(history.grad_norms), max(history.grad_norms)
print(history.sentence())
print(f"gradient norm: usually {usual:.2f}, at worst {worst:.2f}")
assert history.losses[-1] < 0.8 * history.losses[0]

# %% [markdown] slideshow={"slide_type": "skip"}
# **What a NaN tells.** A loss that is `nan` or `inf` is most often the *last* act of an explosion: look at the
# steps before. Next in line are a logarithm of zero (softmax and log written one after the other, where
# `cross_entropy` wants the logits) and bad data. `fit` stops there, puts the last finite weights back, and says what
# it saw. Ask for it: a learning rate far too high, ReLU, which has no ceiling, and no clipping.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output", "trained"]
torch.manual_seed(0)
message = ""
try:
    fit(CharacterModel(), stream, clip=None, **{**settings, "lr": 1.0})
except TrainingDiverged as error:
    message = str(error)
print(fill(message, 88))
assert "lower lr" in message

# %% [markdown] slideshow={"slide_type": "skip"}
# **[Dropout](glossary.md#dropout) goes between layers.** `nn.LSTM(…, num_layers=2, dropout=0.3)` drops parts of what
# the lower layer hands *up* to the upper, never of what a layer hands on *in time*. So with one layer it does
# nothing, and PyTorch warns. On the top layer's output put an `nn.Dropout` of your own, as notebook 02 does.

# %% slideshow={"slide_type": "skip"}
import warnings

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    lonely = nn.LSTM(4, 8, dropout=0.5)
print("one layer:", "a warning" if caught else "no warning")

torch.manual_seed(0)
x, lstm = torch.randn(6, 1, 4), nn.LSTM(4, 8, num_layers=2, dropout=0.5)
print("one layer, train mode, twice the same:  ", torch.equal(lonely(x)[0], lonely(x)[0]))
print("two layers, train mode, twice the same: ", torch.equal(lstm(x)[0], lstm(x)[0]))
lstm.eval()
print("two layers, eval mode, twice the same:  ", torch.equal(lstm(x)[0], lstm(x)[0]))

# %% [markdown] slideshow={"slide_type": "skip"}
# **Train and eval mode.** `model.train()` switches dropout on, `model.eval()` switches it off. Forget `eval()`, and
# every evaluation is noisier, and as a rule worse, than your model. Forget `train()` afterwards, and from then on you
# train without dropout. `eval()` does *not* switch off gradients: that is `torch.no_grad()`.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - The loss of a sequence is a sum over its steps. A state reaches its own loss and all later ones; the gradient comes
#   back from all of them.
# - $\delta_t = (1 - h_t^2) \odot (V^\top (p_t - y_t) + U^\top \delta_{t+1})$, and each of the five gradients is one sum
#   over the steps.
# - Check a gradient twice: against autograd and against finite differences, in float64, on ordinary data. $T = 1$,
#   symmetric $U$, equal sizes and zero biases hide mistakes.
# - Only the recurrence has to wait for the step before. Do everything else for all steps at once, and a backward pass
#   written by hand is faster than `nn.RNN` on one CPU thread, at the sizes measured here.
# - Truncated BPTT: the state goes on, the gradient stops. Write `detach`, never `retain_graph=True`.
# - A step back multiplies the gradient by gain × root-mean-square slope. Clipping mends explosion, never vanishing.
# - Gates add an additive road; an open forget gate, by its bias, makes it carry.
#
# **Next:** [05 Architectures](05_architectures.ipynb), then [06 Stacked RNNs](06_stacked.ipynb). **Back:**
# [03 Weight shapes](03_weight_shapes.ipynb). All terms: [glossary](glossary.md).
#
# **Sources.** P. Werbos, *Backpropagation through time: what it does and how to do it*, Proceedings of the IEEE 78
# (1990). R. J. Williams and J. Peng, *An efficient gradient-based algorithm for on-line training of recurrent network
# trajectories*, Neural Computation 2 (1990): truncated BPTT. S. Hochreiter and J. Schmidhuber, *Long short-term
# memory*, Neural Computation 9 (1997). F. A. Gers, J. Schmidhuber and F. Cummins, *Learning to forget*, Neural
# Computation 12 (2000). R. Pascanu, T. Mikolov and Y. Bengio, *On the difficulty of training recurrent neural
# networks*, ICML 2013: clipping by norm. D. P. Kingma and J. Ba, *Adam*, ICLR 2015. Q. V. Le, N. Jaitly and G. E.
# Hinton, *A simple way to initialize recurrent networks of rectified linear units*, 2015. R. Jozefowicz, W. Zaremba and
# I. Sutskever, *An empirical exploration of recurrent network architectures*, ICML 2015. R. Kneser and H. Ney,
# *Improved backing-off for m-gram language modeling*, ICASSP 1995. K. Greff and others, *LSTM: a search space odyssey*,
# IEEE Transactions on Neural Networks and Learning Systems 28 (2017). A. Karpathy, *min-char-rnn.py* (2015), the
# script of 112 lines.
