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
# # 00 · Start here
#
# This is a lecture on [recurrent neural networks](glossary.md#recurrent-neural-network) (RNNs) that you run while you
# read it. Ideas come with pictures, with code that you run, and with things to try. Once it is installed, nothing needs
# the internet, and nothing needs a graphics card.
#
# | | |
# |---|---|
# | **After it you can** | run the notebooks, find your way through them, and tell what you should know beforehand |
# | **Outcomes served** | none yet: here you see them all |
# | **Time** | 2 minutes live (the sections marked as slides), 20 minutes alone |
# | **Only 5 minutes?** | Run the cell in section 2 and read section 3 |
# | **You need** | a computer with this repository on it |
#
# After: [01 Motivation](01_motivation.ipynb).

# %% [markdown] slideshow={"slide_type": "skip"}
# **Set up.** The next cell looks for the repository in the folder above, so it works from JupyterLab and from VS Code.
# It prints nothing when all is well. To run a cell, click into it and press Shift and Enter together.

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

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 1 · One picture to keep in mind

# %%
from lecture_utils.diagrams import banner
from lecture_utils.view import show

show(*banner.banner())

# %% [markdown]
# A network reads one letter after the other. What it has read so far lives in one vector, the hidden state, which is
# handed from step to step. That is all of the idea; the lecture is about what follows from it.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 2 · Is everything here?
#
# The next cell looks around on your computer and says in words what it finds and, where something is missing, what to
# do about it.

# %% slideshow={"slide_type": "skip"} tags=["nbval-ignore-output"]
import platform

from lecture_utils.environment import look_around

report = look_around()
print(report)
assert {finding.what for finding in report.findings} >= {"Python", "PyTorch", "widgets"}
assert platform.python_version() in report.findings[0].found

# %% [markdown] slideshow={"slide_type": "skip"}
# Installed is one thing, alive another. Run the next cell, click on the slider above the picture and press → a few
# times. The picture should walk through one step of a network, number by number.
#
# <details><summary>Nothing moves, or there is no slider?</summary>
#
# - Did you run the cell? Before that you see a still picture.
# - In JupyterLab: save, close the browser's tab, stop JupyterLab with Ctrl and C in its terminal, run `make lab` again.
# - In VS Code: allow it to load widgets when it asks, and choose the Python in `.venv` as the kernel.
# - In Colab: put `from google.colab import output; output.enable_custom_widget_manager()` into a cell and run it.
# - Still nothing: go on. Each explorer leaves a picture and a table of its first state, and everything else works.
#
# </details>

# %% slideshow={"slide_type": "skip"}
from lecture_utils.explorers import forward_stepper

forward_stepper()

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 3 · The plan
#
# The table is read from the notebooks themselves. *Live* are the minutes in class; alone, with everything run and
# tried, you need the longer time.

# %%
from IPython.display import Markdown, display

from lecture_utils.contents import chapters, markdown_table

plan = chapters()
header = ("notebook", "minutes live", "minutes alone", "outcomes")
rows = [
    (
        chapter.link,
        chapter.live or "–",
        chapter.alone or "–",
        " ".join(f"`{name}`" for name in chapter.outcomes) or "–",
    )
    for chapter in plan
]
display(Markdown(markdown_table(header, rows)))
minutes = sum(chapter.live for chapter in plan)
print("in class, all together:", minutes, "minutes")
assert minutes == 80

# %% [markdown]
# In class there is a break after notebook 03. Notebooks a to d are appendices: nothing later needs them.
#
# **If you have only half an hour,** read sections 1, 4, 6, 8, 9 and 10 of
# [02 The forward pass](02_forward_pass.ipynb), then sections 1 and 8 of [03 Weight shapes](03_weight_shapes.ipynb). You
# will know what an RNN is, how to run one, and what shape everything has.

# %% [markdown] slideshow={"slide_type": "slide"}
# ## 4 · What you will be able to do
#
# These are the twelve outcomes of the lecture. Come back to the list at the end, and tick off what you can do.

# %%
from lecture_utils.contents import outcomes

rows = [(f"`{outcome.id}`", outcome.can) for outcome in outcomes()]
display(Markdown(markdown_table(("outcome", "after the lecture you can …"), rows)))

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 5 · What you should know already
#
# Answer each question before you open it. If three or more are new to you, read up on them first; the last section says
# where.
#
# **1.** What does one layer of a feed-forward network compute from its input $x$?
# <details><summary>Answer</summary>
#
# $f(W x + b)$: a matrix of weights times the input, plus a bias, through a nonlinear function $f$ such as tanh or ReLU.
# Every number of the layer is connected to every number of the input, and nothing runs in a circle.
#
# </details>
#
# **2.** Softmax turns the scores (2, 1, 1) into probabilities. Which number is largest, and what do they sum to?
# <details><summary>Answer</summary>
#
# The first; together they make 1. Softmax is $e^{o_i} / \sum_j e^{o_j}$, here about 0.58, 0.21 and 0.21.
#
# </details>
#
# **3.** The right class got the probability 0.25. What is the cross-entropy?
# <details><summary>Answer</summary>
#
# $-\ln 0.25 \approx 1.39$ nats, or $-\log_2 0.25 = 2$ bits.
#
# </details>
#
# **4.** What does backpropagation compute, and by which rule of calculus?
# <details><summary>Answer</summary>
#
# The derivative of the loss with respect to every parameter, by the chain rule, from the output back to the input.
#
# </details>
#
# **5.** What does a bigram model of language know about the past?
# <details><summary>Answer</summary>
#
# One word: the one just before. It is an n-gram (or Markov) model of order 2, counting the word that is predicted.
#
# </details>
#
# **6.** In PyTorch, what is the shape of `nn.Linear(20, 10)(torch.zeros(3, 20))`, and of the layer's weight?
# <details><summary>Answer</summary>
#
# (3, 10), and (10, 20): the weight has the outputs first.
#
# </details>

# %% [markdown] slideshow={"slide_type": "skip"}
# ## 6 · How to work with these notebooks
#
# - **Run.** Shift and Enter runs a cell and goes to the next; *Run → Run All Cells* runs them all. The ■ button stops
#   what is running: a training keeps the best model it has found so far.
# - **Restart.** If a cell complains about a name it does not know, an earlier cell was not run: *Kernel → Restart Kernel
#   and Run All Cells*.
# - **Change things.** Every number in a cell is there to be changed. `git checkout notebooks/00_start_here.ipynb` brings
#   the original of this notebook back, and so for the others.
# - **Explorers.** They work with the mouse and from the keyboard: Tab goes to the next control, the arrows move it. Under
#   each picture the same facts stand in a table.
# - **Terms.** The first time a term appears, it is a link to the [glossary](glossary.md).
# - **Numbers.** Every measured number is printed by a cell. Trainings and timings depend on the machine, so yours may
#   differ a little from what you see here; the text is meant to stay true.

# %% [markdown] slideshow={"slide_type": "skip"}
# ## Summary
#
# - The lecture has nine notebooks and four appendices; section 3 lists them.
# - Run a cell with Shift and Enter; run all of them when in doubt.
# - You should know feed-forward networks, softmax, cross-entropy, backpropagation, n-gram models and a little PyTorch.
#
# **Next:** [01 Motivation](01_motivation.ipynb) begins with a tune.
#
# **To read up.** D. Jurafsky and J. H. Martin, *Speech and Language Processing*, 3rd edition draft,
# [web.stanford.edu/~jurafsky/slp3](https://web.stanford.edu/~jurafsky/slp3/): the chapters on n-gram models and on
# neural networks. A. Zhang, Z. C. Lipton, M. Li and A. J. Smola, *Dive into Deep Learning*, [d2l.ai](https://d2l.ai):
# multilayer perceptrons. PyTorch's own tutorial, [pytorch.org/tutorials](https://pytorch.org/tutorials/).
