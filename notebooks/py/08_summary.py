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
# # 08 · Summary
#
# You have met one idea, a state that is handed from step to step, and a good deal that follows from it. This notebook
# gathers the ideas in ten lines, asks you eleven questions across the whole lecture, and looks over the fence: what does
# attention do differently, and what does it cost?
#
# | | |
# |---|---|
# | **After it you can** | say what matters about RNNs in ten sentences, and what transformers change |
# | **Outcomes served** | `architectures` in part; `motivate` `define` `sharing` `backward` `stacked-bidirectional` once more |
# | **Time** | 3 minutes live (the sections marked as slides), 30 minutes alone |
# | **Only 5 minutes?** | Read section 1 |
# | **You need** | the notebooks before |
#
# Before: [07 Bidirectional RNNs](07_bidirectional.ipynb). After: the appendices, beginning with
# [A GRU and LSTM from scratch](a_gru_lstm.ipynb).

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

# the networks here are small: a second thread gains next to nothing
torch.set_num_threads(1)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · Ten lines
#
# 1. Language needs a memory that does not end after a fixed number of words: counts lose the order, windows lose what lies outside them.
#    [01, section 12](01_motivation.ipynb#12-·-Connect-the-hidden-layers)
# 2. An RNN keeps one vector: $h_t = \tanh(U h_{t-1} + W x_t + b_1)$.
#    [02, section 6](02_forward_pass.ipynb#6-·-The-equations)
# 3. The same $W$, $U$ and $V$ serve at every step, so a longer text costs no parameter.
#    [02, section 5](02_forward_pass.ipynb#5-·-The-same-weights-at-every-step)
# 4. A shape is *out × in*; `output` is the top layer at every step, `h_n` the final state of every layer and direction.
#    [03, section 7](03_weight_shapes.ipynb#7-·-Layers,-directions-and-batches:-what-goes-in-and-out)
# 5. A shape that fits proves nothing: change an input, and see what moves.
#    [03, section 15](03_weight_shapes.ipynb#15-·-Silent-mistake-6:-the-last-step-of-a-padded-batch)
# 6. Training is backpropagation through the unrolled network: a state is answerable for its own loss and for all later
#    ones. [04, section 4](04_training.ipynb#4-·-The-equations)
# 7. Gradients shrink or grow by a factor at every step. Clipping mends growing; gates and careful starts help against
#    shrinking. [04, section 19](04_training.ipynb#19-·-Vanishing-and-exploding-gradients)
# 8. The task decides the arrangement: a label for each word, one for the sentence, or a new sentence.
#    [Section 2](#2-·-Which-arrangement-for-which-task?), and
#    [05, section 1](05_architectures.ipynb#1-·-Five-arrangements)
# 9. RNNs stack: the states of one are the inputs of the next. Depth costs, and often, not always, helps.
#    [06, section 11](06_stacked.ipynb#11-·-Does-depth-help?)
# 10. Two directions see both sides of a word, and must not be used to predict the next one.
#     [07, section 13](07_bidirectional.ipynb#13-·-When-it-is-wrong:-the-next-word)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 2 · Which arrangement for which task?
#
# Before you write any code, ask two questions: what goes in, and where does an answer have to come out?

# %%
from lecture_utils.diagrams import arrangements
from lecture_utils.view import show

show(*arrangements.five_arrangements())

# %% [markdown]
# Each column is one arrangement of the same network. A diamond is a loss; a dashed box is an output that nobody reads.
#
# **Question.** Which column fits: a tag for every word; spam or not; a caption for a picture; a date in words to a date in
# digits? And which one is a language model?
#
# <details><summary>Answer</summary>
#
# Many-to-many, aligned; many-to-one; one-to-many; encoder–decoder, since the digits come in another number and order. A
# language model is many-to-many, aligned: at every word it has to name the next one, so there is a loss at every step.
#
# </details>

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · What comes next: how far is it from one word to another?
#
# Count the arrows between two words $k$ steps apart in the drawing of a network. Each arrow is at least a
# product with a matrix, and each is a place where information or gradient can fade. The next cell builds the drawings as graphs
# (who reads whom) and looks for the shortest way from the first input to the last state.

# %% slideshow={"slide_type": "skip"}
from collections import deque


def recurrent(T, layers=1):
    """Who reads whom: node (layer, step) reads the layer below and its own past; layer 0 is the input."""
    reads = {}
    for layer in range(1, layers + 1):
        for t in range(T):
            past = [(layer, t - 1)] if t else []
            reads[layer, t] = [(layer - 1, t), *past]
    return reads, (layers, T - 1)


def convolutional(T, width=3):
    """Layers in which each place reads `width` places below, until the last place sees the first input."""
    layers = -(-(T - 1) // (width - 1))
    reads = {
        (layer, t): [(layer - 1, s) for s in range(max(0, t - width + 1), t + 1)]
        for layer in range(1, layers + 1)
        for t in range(T)
    }
    return reads, (layers, T - 1)


def attentive(T):
    """One layer of self-attention: every place reads every input."""
    return {(1, t): [(0, s) for s in range(T)] for t in range(T)}, (1, T - 1)


def shortest(reads, top):
    """Arrows on the shortest way from the first input up to `top`."""
    arrows, waiting = {top: 0}, deque([top])
    while waiting:
        node = waiting.popleft()
        for below in reads.get(node, []):
            if below not in arrows:
                arrows[below] = arrows[node] + 1
                waiting.append(below)
    return arrows[0, 0]


# %%
print(f"{'words':>6}{'RNN':>6}{'3-layer RNN':>13}{'convolution':>13}{'attention':>11}")
for T in (2, 10, 50, 200):
    ways = recurrent(T), recurrent(T, 3), convolutional(T), attentive(T)
    one, three, conv, att = (shortest(*way) for way in ways)
    print(f"{T:>6}{one:>6}{three:>13}{conv:>13}{att:>11}")

# %% [markdown]
# Read the columns downwards. In an RNN the way grows by one arrow with each word between; more layers make it longer,
# not shorter. A stack of convolutions that read three neighbours halves it, and one whose gaps double from layer to layer
# needs only the logarithm of it (van den Oord et al., 2016). [Self-attention](glossary.md#self-attention) needs one arrow, however far the words are apart: every word may
# look at every other directly.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 4 · Attention in four lines
#
# How does one word look at all others? It asks each how well it fits (a product of two vectors), turns the answers into
# weights that sum to 1 (softmax), and takes the weighted mean. Here is one self-attention layer on the states of an RNN.

# %% slideshow={"slide_type": "skip"}
from math import sqrt

torch.manual_seed(0)
d = 16
states, _ = nn.RNN(8, d)(torch.randn(5, 8))  # (T, d)
query, key, value = (nn.Linear(d, d, bias=False) for _ in range(3))

scores = query(states) @ key(states).T / sqrt(d)  # (T, T): how well word s answers word t
weights = scores.softmax(dim=-1)  # (T, T): each row sums to 1
looked_up = weights @ value(states)  # (T, d): a weighted mean for each word
print("weights", tuple(weights.shape), " result", tuple(looked_up.shape))
attend = nn.functional.scaled_dot_product_attention
by_torch = attend(query(states), key(states), value(states))
print("PyTorch's own gives the same:", torch.allclose(looked_up, by_torch, atol=1e-6))

# %% [markdown] slideshow={"slide_type": "skip"}
# Each word asks (`query`), every word answers (`key`) and offers what it has (`value`). There is no mask here: a word sees
# the later ones too. Nothing in the attention itself knows the order of the words: shuffle the rows of `states`, and the rows of the result are shuffled in the same way. A
# transformer therefore tells each word its place; the first one (Vaswani et al., 2017) added
# a vector for the position. An RNN needs no such thing: it
# reads in order.

# %% slideshow={"slide_type": "skip"}
order = torch.tensor([3, 0, 4, 1, 2])
shuffled = attend(query(states[order]), key(states[order]), value(states[order]))
same = torch.allclose(shuffled, looked_up[order], atol=1e-6)
print("attention, shuffled: the same rows in the new order:", same)
reader = nn.RNN(d, d)
same = torch.allclose(reader(states[order])[0], reader(states)[0][order], atol=1e-3)
print("an RNN, shuffled:    the same rows in the new order:", same)

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 5 · What it costs: one after another, or all at once
#
# An RNN must finish step $t-1$ before it can begin step $t$. Attention computes all words at once, but compares each with
# each: $T^2$ comparisons. The next cell reads texts of growing length with one layer of each, without a mask, and then
# asks for one *new* word at the end of a text, as in generation. There attention keeps the keys and values of all words
# before.

# %% tags=["nbval-ignore-output"]
from statistics import median
from time import perf_counter

torch.manual_seed(0)
d = 64
rnn, attention = nn.RNN(d, d), nn.MultiheadAttention(d, num_heads=1)
step = nn.RNNCell(d, d)
query, key, value, out = (nn.Linear(d, d) for _ in range(4))


def seconds(function, times=9):
    """Median time of several calls, after one to warm up."""
    function()
    taken = []
    for _ in range(times):
        start = perf_counter()
        function()
        taken.append(perf_counter() - start)
    return median(taken)


@torch.no_grad()
def compare(T):
    """RNN's time over attention's, for reading T words at once and for one new word after T words."""
    x, h, new = torch.randn(T, d), torch.zeros(1, d), torch.randn(1, d)
    keys, values = torch.randn(T, d), torch.randn(T, d)  # kept from the words before

    def look_back():
        keys[-1:], values[-1:] = key(new), value(new)
        return out((query(new) @ keys.T / sqrt(d)).softmax(dim=-1) @ values)  # (1, d)

    reading = seconds(lambda: rnn(x)) / seconds(
        lambda: attention(x, x, x, need_weights=False)
    )
    one_more = seconds(lambda: step(new, h)) / seconds(look_back)
    return reading, one_more


ratios = {T: compare(T) for T in (64, 256, 1024, 4096)}
print("time of the RNN divided by that of attention (above 1: attention is quicker)")
print(f"{'words':>7}{'reading all':>14}{'one new word':>15}")
for T, (reading, one_more) in ratios.items():
    print(f"{T:>7,}{reading:>14.2f}{one_more:>15.2f}")
assert ratios[256][0] > 1 > ratios[4096][1]
assert ratios[4096][0] < ratios[256][0]
assert ratios[4096][1] < ratios[64][1]

# %% [markdown]
# The middle column: while the text is short, attention is much quicker (for very short texts the fixed price of a call
# hides a part of it), on one core of a CPU too, since a few large
# products beat many small ones. (Part of the RNN's price is PyTorch's loop: notebook 04, section 12.) Further down the
# advantage turns round, as $T^2$ comparisons catch up. A graphics card is made for large products, and an RNN gives it
# $T$ small ones in a row: the authors of the transformer name training in parallel as a reason for it (Vaswani et al.,
# 2017).
#
# The last column is the other side. For one new word the RNN does the same small step whatever came before: the text
# is in its state. Attention looks at all words again, and it must keep them all, so its part grows with the text. That is why recurrent ideas are coming
# back for very long texts (section 7 names some).

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 6 · Eleven questions across the lecture
#
# **1.** Which of these can a bag of words tell apart: *the dog bit the man* and *the man bit the dog*; *good* and *not
# good*?
# <details><summary>Answer</summary>
#
# The second pair only: there the counts differ. The first two sentences have the same words, each equally often.
#
# </details>
#
# **2.** A model looks at the last four words. What is its order as a Markov (n-gram) model, and what can it never learn?
# <details><summary>Answer</summary>
#
# Order 5: four words of context and the one it predicts. It cannot learn anything that depends on a word further back.
#
# </details>
#
# **3.** Set one of the three matrices to zero, in an RNN without biases that starts from $h_0 = 0$. What is lost with $W$,
# with $U$, with $V$?
# <details><summary>Answer</summary>
#
# Without $W$ nothing enters: all states are 0. Without $U$ every word is alone: no memory. Without $V$ the states are as
# before, but every prediction gives all answers the same probability.
#
# </details>
#
# **4.** `nn.GRU(30, 50, num_layers=2)` is to get a second direction. Which of its weights change their *shape*?
# <details><summary>Answer</summary>
#
# `weight_ih_l1` alone: from (150, 50) to (150, 100). The layer above now reads both directions. New weights appear
# (`…_reverse`), but the others keep their shape.
#
# </details>
#
# **5.** Your classifier takes `output[:, -1]` of a two-way layer with `batch_first=True`. What is wrong?
# <details><summary>Answer</summary>
#
# The backward half at the last step has read one word only: the last. The final backward state stands at the first
# step. Use `h_n[-2]` and `h_n[-1]`.
#
# </details>
#
# **6.** The loss is the sum over 5 steps. Through how many losses does $h_3$ reach the total loss?
# <details><summary>Answer</summary>
#
# Three: its own, and those of steps 4 and 5, which it reaches through $U$.
#
# </details>
#
# **7.** Gradients explode in your training. Does clipping help? And if they vanish?
# <details><summary>Answer</summary>
#
# Clipping shortens a gradient that is too long: it helps against explosion. A vanished gradient has lost the distant part
# of its sum, and no factor brings that back.
#
# </details>
#
# **8.** You carry the state from chunk to chunk and forget `detach()`. What happens at the second chunk?
# <details><summary>Answer</summary>
#
# The backward pass runs on into the first chunk, whose graph was freed: PyTorch refuses to go *backward through the
# graph a second time*.
#
# </details>
#
# **9.** Why is an LSTM's forget gate often given a bias of 1 or 2 at the start?
# <details><summary>Answer</summary>
#
# Then $f_t$ starts nearer to 1 (0.73 or 0.88 in place of 0.5), and $c_t = f_t \odot c_{t-1} + \dots$ keeps its content, and
# its gradient, over more steps: see the table in [notebook 04](04_training.ipynb#22-·-Why-gates-help:-an-additive-path).
#
# </details>
#
# **10.** You sample from a character model at a lower and lower [temperature](glossary.md#temperature). What does it
# become, and what is its perplexity if it gives the right one of 27 characters the probability 1/27 every time?
# <details><summary>Answer</summary>
#
# Greedy: all the probability moves to the largest logit, and the text repeats itself soon. The perplexity is 27: as
# surprised as by 27 equally likely characters.
#
# </details>
#
# **11.** Does a stacked RNN with three layers read the text three times, one layer after the other?
# <details><summary>Answer</summary>
#
# It can be computed that way: all steps of the first layer, then all of the second, then all of the third. It need not be:
# the second can take step $t$ as soon as the first has, so a text that arrives word by word is no problem.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 7 · Where to go on
#
# **Books and courses**
#
# - D. Jurafsky and J. H. Martin, *Speech and Language Processing*, 3rd edition draft, the chapter on RNNs and LSTMs:
#   [web.stanford.edu/~jurafsky/slp3](https://web.stanford.edu/~jurafsky/slp3/)
# - A. Zhang, Z. C. Lipton, M. Li and A. J. Smola, *Dive into Deep Learning*, the two chapters on recurrent networks:
#   [d2l.ai](https://d2l.ai/chapter_recurrent-neural-networks/index.html)
# - Stanford CS231n (2017), lecture 10:
#   [slides](http://cs231n.stanford.edu/slides/2017/cs231n_2017_lecture10.pdf); Stanford CS224d, lecture 8:
#   [slides](http://cs224d.stanford.edu/lectures/CS224d-Lecture8.pdf)
# - The course on sequence models of the Deep Learning Specialization on Coursera:
#   [coursera.org/learn/nlp-sequence-models](https://www.coursera.org/learn/nlp-sequence-models)
#
# **Classics to read**
#
# - A. Karpathy, *The Unreasonable Effectiveness of Recurrent Neural Networks* (2015):
#   [karpathy.github.io/2015/05/21/rnn-effectiveness](https://karpathy.github.io/2015/05/21/rnn-effectiveness/), and his
#   112-line script: [gist.github.com/karpathy/d4dee566867f8291f086](https://gist.github.com/karpathy/d4dee566867f8291f086)
# - The slides of his talk: [cs.stanford.edu/people/karpathy/sfmltalk.pdf](https://cs.stanford.edu/people/karpathy/sfmltalk.pdf)
# - J. L. Elman, *Finding structure in time*, Cognitive Science 14 (1990)
# - S. Hochreiter and J. Schmidhuber, *Long short-term memory*, Neural Computation 9 (1997)
# - M. Schuster and K. K. Paliwal, *Bidirectional recurrent neural networks*, IEEE Transactions on Signal Processing 45
#   (1997)
#
# **Reference:** [`torch.nn.RNN`](https://docs.pytorch.org/docs/stable/generated/torch.nn.RNN.html)
#
# **After RNNs.** D. Bahdanau, K. Cho and Y. Bengio, *Neural machine translation by jointly learning to align and
# translate*, ICLR 2015 (attention). A. van den Oord et al., *WaveNet: a generative
# model for raw audio*, 2016 (convolutions over time). A. Vaswani et al., *Attention is all you need*, NeurIPS 2017 (the transformer).
# A. Katharopoulos et al., *Transformers are RNNs*, ICML 2020, and A. Gu and T. Dao, *Mamba*, 2023: recurrent again, for
# long texts.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## Summary
#
# - One vector, handed from step to step by the same three matrices: that is an RNN.
# - Its strength is its weakness: the whole past has to go through one state, one step at a time.
# - Attention shortens the way between two words to one arrow, and pays with $T^2$ comparisons and a growing memory.
#
# **Next:** [A GRU and LSTM from scratch](a_gru_lstm.ipynb). **Back to the plan:** [00 Start here](00_start_here.ipynb).
# All terms: [glossary](glossary.md).
