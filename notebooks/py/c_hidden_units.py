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
# # C · What hidden units learn
#
# A network that predicts the next character of a program has to remember things: is a bracket open, does this line
# belong to a comment? Somewhere in its state that must stand. In this appendix you look for single units that keep such
# a count, give each a score, ask how good a score chance would reach, and switch units off to see what they are for.
#
# | | |
# |---|---|
# | **After it you can** | search for a unit that tracks something, and say whether it does or only seems to |
# | **Outcomes served** | `define` `generation` (each in part): what a state holds |
# | **Time** | 30 minutes alone; no part of the live lecture |
# | **Only 15 minutes?** | Read sections 1 to 4 and 7 |
# | **Only 30 minutes?** | That is the whole appendix |
# | **You need** | [02 The forward pass](02_forward_pass.ipynb), [04 Training](04_training.ipynb) |
#
# Before: [04 Training](04_training.ipynb), [06 Stacked RNNs](06_stacked.ipynb), where a probe reads whole states. After:
# [D On real corpora](d_real_corpora.ipynb).

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

from lecture_utils.view import show, show_table

# the network here is small: a second thread gains next to nothing
torch.set_num_threads(1)

# %% [markdown]
# ## 1 · A network that has read Python
#
# The network was trained before, so that you need not wait: a GRU that reads Python's own standard library character by
# character and predicts what comes next. Nobody told it what a string, a comment or a bracket is.

# %%
from lecture_utils.models.trained import Stored, find, load_trained

model = load_trained("python_code")
count = sum(weight.numel() for weight in model.parameters())
d_h = model.rnn.hidden_size
kind, facts = type(model.rnn).__name__, Stored(find("python_code").path).facts
print(
    f"{kind}: {len(model.vocabulary)} characters and signs, {d_h} units, {count:,} parameters"
)
print(f"{facts['figure']:.2f} {facts['unit']}, when it was trained")

# %% [markdown]
# Everything below is measured on modules of the library that the network has **not** read. They come in two heaps: on
# the first you choose a unit, on the second you judge it. The reason stands in section 4.

# %%
from lecture_utils.models.trained import python_code
from lecture_utils.units import character_bits, signals, unit_states

length = 3000  # characters of each module: enough, and quick
choosing, judging = (
    [text[:length] for text in python_code(split)] for split in ("valid", "test")
)
bits = character_bits(model, judging)  # (n,): one for each character
assert bits.mean() < 3
print("modules in both heaps:", len(set(choosing) & set(judging)))

# %% [markdown]
# ## 2 · Colour a text by one unit
#
# A state $h_t$ has one number for each unit. Take one unit, and write its number after each character as a colour: blue
# below zero, vermilion above. Such pictures are known from Karpathy, Johnson and Li (2015).

# %% tags=["nbval-ignore-output"]
from lecture_utils.diagrams.coloured import coloured_text

program = '''\
def greet(names, mark="!"):
    """Say hello to everybody in a list."""
    # an empty list gets no greeting,
    # and nobody is greeted twice
    for name in sorted(set(names)):
        print("hello, " + name + mark)
    return {"greeted": len(names)}
'''


def coloured(unit, text, theme="card"):
    """The text on the colours of one unit."""
    values = unit_states(model, [text])[:, unit]  # (n,)
    title, unit_name = f"Unit {unit} reads a program", f"state of unit {unit}"
    return coloured_text(
        list(text), values, title=title, unit=unit_name, limit=1, theme=theme
    )


show(*coloured(0, program))

# %% [markdown]
# This is the first unit, taken for no reason. Look at it for a minute, and you will begin to see what it does. Perhaps
# you are right. But people find a pattern in any picture, and the network has many more units to pick the finest
# picture from. So do not look for a story: say first what you look for, and then measure.

# %% [markdown]
# ## 3 · What could be tracked?
#
# Six *signals*, computed from the text alone. Each has a value after every character, and none
# knows what comes next, just like a state. The first three are on or off, the others count.

# %%
line = 'f("a(", [1]) #k'
print(f"{'':<22}{line}")
for name, values in signals(line).items():
    print(f"{name:<22}{''.join(f'{int(value):x}' for value in values)}")

# %% [markdown]
# Read one column. After the first `"` a string is open; the bracket inside it does not count. (The last row is written
# with one sign a character: after 9 comes *a*.)
#
# **Question.** Why is a closing quote no longer inside the quotes?
#
# <details><summary>Answer</summary>
#
# The value says what is open *after* the character has been read. That is what the network needs for the next one.
#
# </details>

# %% [markdown]
# ## 4 · A score, and a choice that is judged elsewhere
#
# The score of a unit is the [correlation](glossary.md#correlation) of its values with the signal: 1 or −1 when one is a
# straight line of the other, 0 when there is none. Its square is the share of the signal's ups and downs that the unit
# accounts for. The sign does not matter.
#
# For each signal, the unit with the best score on the first heap is chosen. That score is flattering: it is the best of
# many. So it is **measured again on the second heap**, where nothing was chosen.

# %% tags=["nbval-ignore-output"]
from lecture_utils.diagrams import Table
from lecture_utils.units import unit_scores


def joined(texts):
    """The signals of all texts, one text after the other."""
    each = [signals(text) for text in texts]
    return {name: torch.cat([one[name] for one in each]) for name in each[0]}


first, second = joined(choosing), joined(judging)
first_states, second_states = (unit_states(model, t) for t in (choosing, judging))

best, score, rows = {}, {}, []
for name in first:
    scores = unit_scores(first_states, first[name]).abs()  # (d_h,)
    best[name] = int(scores.argmax())
    again = unit_scores(second_states, second[name])  # (d_h,)
    score[name] = float(again[best[name]].abs())
    figures = (scores[best[name]], scores.sort().values[-2], score[name])
    rows.append((name, str(best[name]), *(f"{value:.2f}" for value in figures)))
header = ("signal", "best unit", "its score", "second best unit", "best unit, second heap")
show_table(Table("Correlation of single units with six signals", header, tuple(rows)))
assert min(score.values()) > 0.3

# %% [markdown]
# The last column is the one to believe. Most units keep their score on text that had no part in the choice. For
# brackets, comments and quotes the gap to the second best unit is wide: here, one unit has taken a job.
#
# This is the one that follows the brackets. Compare it with unit 0 above.

# %% tags=["nbval-ignore-output"]
show(*coloured(best["bracket depth"], program))

# %% [markdown]
# Look where the colour changes. The unit turns **one character after** the bracket: the state that has read `(` does
# not show it yet. Give it that character, and the score rises.

# %%
unit, signal = best["bracket depth"], second["bracket depth"]
late = float(unit_scores(second_states[1:], signal[:-1])[unit].abs())
print("one character late, it scores higher:", late > score["bracket depth"])

# %% [markdown]
# And the one for comments. Notice where it goes up, and what it does between the two lines of the comment.

# %% tags=["nbval-ignore-output"]
show(*coloured(best["inside a comment"], program))

# %% [markdown]
# ## 5 · How good is the best of many by chance?
#
# Give the same search a signal that these units cannot track: the signal of *another place*. Move it along the text, by
# some hundreds or thousands of characters, and look for the best unit again. Whatever score comes out is chance. Do it
# many times: that is the [null distribution](glossary.md#null-distribution) of the best score.
#
# Beside it, the same with values dealt out at random, one by one. It looks like a control too.

# %% tags=["nbval-ignore-output"]
from lecture_utils.units import shuffled_control
from lecture_utils.view import PALETTE, QUIET, plot_axes

real, chance, dealt = {}, {}, {}
for name, signal in first.items():
    real[name] = float(unit_scores(first_states, signal).abs().max())
    moved = shuffled_control(first_states, signal, draws=200)  # (200,)
    chance[name] = float(moved.quantile(0.95))
    dealt[name] = float(
        shuffled_control(first_states, signal, draws=40, permuted=True).max()
    )


def dots(title, xlabel, kinds):
    """For each signal a row, and in it a point of each kind."""
    figure, axes = plot_axes(title, xlabel, "")
    for label, values, marker, number in kinds:
        found = [values[name] for name in best]
        axes.plot(found, range(len(best)), marker, color=PALETTE[number], label=label)
    below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.18), "ncols": len(kinds)}
    axes.legend(frameon=False, **below)
    axes.invert_yaxis()
    axes.set_yticks(range(len(best)), list(best))
    axes.set(xlim=(0, 1))
    rows = [(n, *(f"{values[n]:.2f}" for _, values, _, _ in kinds)) for n in best]
    header = ("signal", *(label for label, *_ in kinds))
    facts = "; ".join(f"{n}: {', '.join(values)}" for n, *values in rows)
    words = f"{title}. In the order {', '.join(header[1:])}: {facts}."
    show(figure, words, Table(title, header, tuple(rows)))


kinds = (
    ("best unit", real, "o", 1),
    ("moved signal: 95 in 100 below", chance, "s", 0),
    ("dealt out: highest of 40", dealt, "^", 2),
)
dots("Every best unit beats chance, and triple quotes the least", "|correlation|", kinds)
assert all(score[name] > chance[name] and real[name] > chance[name] for name in best)

# %% [markdown]
# Circles are the real scores. All six lie to the right of the squares, which only 5 in 100 moved signals pass, and five of
# them far to the right. Compare squares and triangles: dealing the values out at random destroys the rhythm of the
# signal. A comment lasts for dozens of characters, a state changes slowly too, and two slow curves often go together for
# a while by accident. **A control must keep everything but the one thing in question.** The random deal would call many
# an accident a discovery.
#
# How long the text is matters most. A person who colours a text looks at a few hundred characters.

# %% tags=["nbval-ignore-output"]
name, dice = "bracket depth", torch.Generator().manual_seed(0)
lengths, bests = (300, 1000, 3000, 10_000, 25_000), []
for n in lengths:
    found = []
    while len(found) < 60:
        start = int(torch.randint(len(first_states) - n, (), generator=dice))
        piece = slice(start, start + n)
        if first[name][piece].std() > 0:  # some brackets open or close here
            states, signal = first_states[piece], first[name][piece]
            found.append(float(shuffled_control(states, signal, draws=1, seed=len(found))))
    bests.append(torch.tensor(found).quantile(torch.tensor([0.05, 0.5, 0.95])).tolist())

low, middle, high = zip(*bests)
title = "In a short text, some unit follows brackets by chance"
axes_names = ("characters looked at", "best |correlation| of all units")
figure, axes = plot_axes(title, *axes_names)
axes.set(xscale="log", ylim=(0, 1), xlim=(250, 110_000))
axes.plot(lengths, middle, marker="o", color="#0072B2")
axes.fill_between(lengths, low, high, color="#0072B2", alpha=0.2, linewidth=0)
axes.annotate("by chance", (lengths[-1], middle[-1]), (8, 0), textcoords="offset points")
axes.axhline(score[name], **QUIET)
axes.annotate(
    "the bracket unit,\nnew text", (27_000, score[name]), va="bottom", color="0.3"
)
facts = "; ".join(f"{n:,}: {m:.2f}" for n, m in zip(lengths, middle))
rows = [
    (f"{n:,}", *(f"{value:.2f}" for value in three)) for n, three in zip(lengths, bests)
]
table = Table(title, ("characters", "5 % below", "median", "95 % below"), tuple(rows))
show(figure, f"{title}. Median by number of characters: {facts}.", table)
assert middle[0] > 2 * middle[-1]

# %% [markdown]
# The line is the median of sixty moved signals, the band holds nine in ten of them. Look at the left end: with a
# screenful of text the best of all units reaches a fine score for brackets *that are not there*. This is why a
# coloured picture proves little, and why the choice and the judgement need separate text.

# %% [markdown]
# ## 6 · Is it learned? Two more baselines
#
# - **An untrained network** of the same size, with the weights it starts from. Its units are random mixtures of the
#   last few characters.
# - **The last character alone.** A network without memory could use it: after `#` a comment is open. This baseline gives
#   each character the average of the signal after it.

# %% tags=["nbval-ignore-output"]
from lecture_utils.models.generation import Generator

torch.manual_seed(0)
untrained = Generator(model.vocabulary, **model.settings).eval()
states = unit_states(untrained, choosing)
picked = {n: int(unit_scores(states, s).abs().argmax()) for n, s in first.items()}
del states
states = unit_states(untrained, judging)
at_start = {n: float(unit_scores(states, second[n])[picked[n]].abs()) for n in best}
del states

C, alone = len(model.vocabulary), {}
ids, new_ids = (
    torch.tensor(model.vocabulary.encode("".join(t))) for t in (choosing, judging)
)
for name, signal in first.items():
    sums = torch.bincount(ids, weights=signal, minlength=C)  # (C,)
    means = sums / torch.bincount(ids, minlength=C).clamp(min=1)
    alone[name] = float(unit_scores(means[new_ids].unsqueeze(1), second[name])[0].abs())

title = "A single trained unit holds more than either baseline"
kinds = (
    ("one unit, trained", score, "o", 1),
    ("one unit, untrained", at_start, "s", 0),
    ("last character alone", alone, "^", 2),
)
dots(title, "|correlation| with the signal, on new text", kinds)
assert all(score[name] > max(at_start[name], alone[name]) for name in best)

# %% [markdown]
# Each row is a signal. The trained unit lies to the right of both baselines in every row. But the untrained network is
# not at zero, least of all for the position in the line, and the last character alone does better still. Without these
# two beside it, a poor score would look like something learned.

# %% [markdown]
# ## 7 · Does the network *use* it?
#
# A correlation says that the unit knows. It does not say that anybody listens. So switch the unit off: [freeze](glossary.md#freezing-a-unit) it at
# its average, so that everything that reads it always sees the same number. (Why not at zero? Zero may be a value
# that the unit never takes, and then you measure the shock and not the loss of what it knew.) Then look where the
# predictions get worse.

# %%
import inspect

from lecture_utils.units import frozen

print(inspect.getsource(frozen))

# %% [markdown]
# The unit's columns in $U$ and in the output layer go to zero, and what it would add at its average goes into the
# biases. Now measure the loss at the characters that the signal should help with, and at all others.

# %%
texts, average = judging, first_states.mean(dim=0)


def places(text):
    """For each signal, the characters that it should help to predict: True (n,)."""
    one = signals(text)
    before = {name: torch.cat([torch.zeros(1), s[:-1]]) for name, s in one.items()}
    fell = {name: one[name] < before[name] for name in one}
    rose = {name: one[name] > before[name] for name in one}
    column, blanks = one["position in line"], one["indentation"]
    return {
        "inside quotes": fell["inside quotes"],
        "inside triple quotes": fell["inside triple quotes"],
        "inside a comment": rose["inside a comment"],
        "bracket depth": fell["bracket depth"],
        "indentation": (column == blanks + 1) & (column > 1),
        "position in line": fell["position in line"],
    }


where = {name: torch.cat([places(text)[name] for text in texts]) for name in best}
elsewhere = ~torch.stack(list(where.values())).any(dim=0)  # (n,)


def harm(unit):
    """Bits lost per character when a unit is frozen: at each kind of place, and elsewhere."""
    lost = character_bits(frozen(model, [unit], average[[unit]]), texts) - bits
    return {
        name: float(lost[at].mean()) for name, at in {**where, "rest": elsewhere}.items()
    }


draw = torch.Generator().manual_seed(0)
drawn = [u for u in torch.randperm(d_h, generator=draw).tolist() if u not in best.values()]
others = [harm(unit) for unit in drawn[:20]]
chosen = {name: harm(best[name]) for name in best}

# %% [markdown]
# Twenty other units, drawn at random, were frozen one by one as a control.

# %% tags=["nbval-ignore-output"]
after = {
    "inside quotes": "closing quote",
    "inside triple quotes": "closing triple quote",
    "inside a comment": "# of a comment",
    "bracket depth": "closing bracket",
    "indentation": "first character after blanks",
    "position in line": "line end",
}
title = "Without the bracket unit, closing brackets come as a surprise"
figure, axes = plot_axes(title, "bits lost per character by freezing one unit", "")
for height, name in enumerate(best):
    strokes = [one[name] for one in others]
    axes.plot(strokes, [height] * len(others), "|", color="0.5", label="20 other units")
    axes.plot(chosen[name][name], height, "o", color="#D55E00", label="its unit")
    rest = chosen[name]["rest"]
    axes.plot(rest, height, "s", color="#0072B2", ms=4, label="its unit, elsewhere")
axes.legend(
    *(some[:3] for some in axes.get_legend_handles_labels()),
    loc="lower right",
    frameon=False,
)
axes.invert_yaxis()
axes.set_yticks(range(len(best)), [f"{name}:\n{after[name]}" for name in best], fontsize=8)
rows = []
for name in best:
    extremes = [f(one[name] for one in others) for f in (min, max)]
    values = (chosen[name][name], *extremes, chosen[name]["rest"])
    count = f"{int(where[name].sum())}"
    rows.append((name, after[name], count, *(f"{v:+.2f}" for v in values)))
header = (
    "signal",
    "at",
    "how many",
    "its unit",
    "others, lowest",
    "highest",
    "its unit, rest",
)
facts = "; ".join(f"{row[1]} {row[3]}, others up to {row[5]}" for row in rows)
show(figure, f"{title}. Bits lost: {facts}.", Table(title, header, tuple(rows)))
assert chosen["bracket depth"]["bracket depth"] > 1
assert chosen["bracket depth"]["bracket depth"] > max(o["bracket depth"] for o in others)

# %% [markdown]
# Each row has its signal, and below it the characters where that signal should help. A circle is the signal's unit there,
# a stroke is another unit there, and a square is the signal's unit at all characters that no row names. Three circles lie far out: without its unit, the network is surprised by closing
# brackets, by closing quotes or by the `#` of a comment, and at all other characters it loses next to nothing. It *uses*
# these units.
#
# The other three circles lie among the strokes or near them. There the score was fair, and yet the network does well
# without the unit. Do others know what it knew?

# %% [markdown]
# ## 8 · One unit, or many?
#
# A unit is one direction in the space of states, and a signal may lie along another. Read a signal from **all** units
# with a linear map ([probe](glossary.md#probe)), learned on the first heap. Then do it again without the best unit.

# %% tags=["nbval-ignore-output"]
from lecture_utils.units import linear_reading

everything, without = {}, {}
for name, signal in first.items():
    rest = torch.arange(d_h) != best[name]
    for found, units in ((everything, slice(None)), (without, rest)):
        read = linear_reading(first_states[:, units], signal, second_states[:, units])
        found[name] = float(unit_scores(read.unsqueeze(1), second[name])[0])

title = "Brackets sit in one unit, triple quotes in many"
kinds = (
    ("best unit", score, "o", 1),
    ("all units", everything, "D", 3),
    ("all but the best", without, "v", 5),
)
dots(title, "correlation with the signal, on new text", kinds)
assert everything["bracket depth"] - score["bracket depth"] < 0.1
assert everything["inside triple quotes"] - score["inside triple quotes"] > 0.1

# %% [markdown]
# Compare circles and diamonds. For brackets, one unit says nearly as much as all of them together. For triple quotes it
# says far less than the whole state: the knowledge is there, spread over many units. That is called a [distributed
# representation](glossary.md#distributed-representation). The downward triangles say that even the bracket unit is not alone: the others together hold much of
# what it knows.
#
# So "no unit does it" does not mean "the network does not know it".

# %% [markdown]
# ## 9 · Your own text
#
# Type a program, or anything else. The colours are those of the unit for brackets; put another name in the first line
# and run the cell again.
#
# **Try:** close a bracket that was never opened. Open three. Leave a bracket open and write on for some lines: how long
# does the unit hold it? Write a bracket inside quotes. Write English.

# %% tags=["nbval-ignore-output"]
from lecture_utils.view import own_input

name = "bracket depth"


def answer(text, theme="card"):
    if not text:
        raise ValueError("Type at least one character.")
    return coloured(best[name], text[:600], theme)


examples = [
    ("a program", program),
    ("three brackets", "x = f(g(h(1, 2), 3), 4)\ny = [1, 2]\n"),
    (
        "a bracket that stays open",
        "total = sum(\n    one,\n    two,\n    three\nprint(total)\n",
    ),
    ("a bracket in quotes", "print('a ( in quotes', 1)\nprint(2)\n"),
    ("English", "A sentence (with a remark in it) is read, too.\n"),
]
own_input(f"Unit {best[name]}: {name}", answer, program, presets=examples)

# %% [markdown]
# ## 10 · What this shows, and what it does not
#
# - You found what you looked for. Nothing says that these six signals are the ones the network cares about, and a unit
#   that follows one of them may follow something else as well.
# - The numbers of the units mean nothing. Another seed gives other units their jobs, and may spread a job over several.
# - This is one network, one language and one training. Karpathy, Johnson and Li (2015) saw such units in LSTMs that had
#   read the source of Linux and a novel: for quotes, for the position in the line, for comments, and many more whose
#   meaning they could not name.
# - A high correlation is not a count. In the coloured text you saw the value drift: the unit is a good hint, and no counter.

# %% [markdown]
# ## Summary
#
# - A picture of one unit invites stories. Say what you look for first, then give it a score.
# - The best of many units is high by chance, the more so the shorter the text. Choose on one text, judge on another.
# - A control keeps everything but the thing in question: move the signal, do not deal it out.
# - Put the untrained network and the last character beside every score.
# - To know is not to use: freeze the unit, and look where the loss rises.
# - Some jobs rest on one unit, others on many. Ask all units together before you say that a network does not know.
#
# **Next:** [D On real corpora](d_real_corpora.ipynb). **Back:** [B A toy character RNN](b_hello.ipynb),
# [06 Stacked RNNs](06_stacked.ipynb). All terms: [glossary](glossary.md).
#
# **Sources.** A. Karpathy, J. Johnson and F.-F. Li, *Visualizing and understanding recurrent networks*,
# arXiv:1506.02078 (2015).
