"""The shape explorer: every shape, weight and count of an RNN, GRU or LSTM, and where a slice comes from."""

from __future__ import annotations

import re
from html import escape
from typing import Any, NamedTuple

import ipywidgets as widgets

from lecture_utils.diagrams import Picture, Table
from lecture_utils.diagrams.network import network
from lecture_utils.diagrams.tensors import tensors
from lecture_utils.diagrams.weights import weights
from lecture_utils.explorers.shape_code import code_lines, constructor
from lecture_utils.explorers.shape_predict import answer, questions
from lecture_utils.shapes import RecurrentShape
from lecture_utils.view.explorer import Explorer, Field, guarded, number_field, whole_number
from lecture_utils.view.pictures import folded_table, image_html, table_html
from lecture_utils.view.stage import Stage

SYSTEMS = [("lecture: W, U", "lecture"), ("d2l: W_xh, W_hh", "d2l"), ("PyTorch: weight_ih_l0", "pytorch")]
FORMS = [("columns: W x", "column"), ("rows: x W", "row")]
LABEL_WIDTH = "120px"
COUNTING = (
    "Symbols count from 1, as formulas do; layers, time steps and batch items in words and in [ ] count from 0, "
    "as Python does. Dashed is the backward direction."
)
SLICE_HINT = (
    "Type a slice of output, h_n or c_n, such as output[:, -1] or h_n.view(N, -1): ● marks the states in it, "
    "✓ the inputs that it can depend on."
)


class Settings(NamedTuple):
    """Everything that the pictures depend on."""

    spec: RecurrentShape
    seq_len: int
    batch_size: int | None
    classes: int
    system: str
    form: str


def shape_explorer(module: Any = None) -> ShapeExplorer:
    """Show every shape of a recurrent layer, and let the learner change it.

    `module` is an `nn.RNN`, `nn.GRU` or `nn.LSTM` (or one of `lecture_utils.rnn`), whose settings are the first
    to be shown; without one the explorer starts from `nn.RNN(20, 10)`. Raises `TypeError` for anything else.
    """
    return ShapeExplorer(module)


class ShapeExplorer(Explorer):
    """Controls on top; below them the network, its weights, its tensors, two slices, the count and the code."""

    def __init__(self, module: Any = None) -> None:
        spec = RecurrentShape("rnn", 20, 10) if module is None else RecurrentShape.from_module(module)
        whose = "Shapes of a recurrent layer" if module is None else f"Shapes of your {constructor(spec)}"
        super().__init__(whose)
        self.module_spec = None if module is None else spec
        self.module_words = "" if module is None else _compare(module, spec)
        self._make_controls(spec)
        self.main, self.slices, self.facts = Stage(), Stage(), Stage()
        self.shown = self._read()
        self._lay_out()
        for field in self._settings_fields():
            field.control.observe(self._changed, "value")
        for field in (self.slice_a, self.slice_b):
            field.control.observe(self._slices_changed, "value")
        self.predict.observe(self._changed, "value")
        self.question.control.observe(lambda _: self.guess.say(""), "value")  # a verdict is on one question
        self.guess.control.observe(self._check, "value")
        self.check.on_click(self._check)
        self.reveal.on_click(self._reveal)
        self.reset.on_click(self._reset)
        self.resetting = False
        self._first = {
            field: field.value for field in (*self._settings_fields(), self.slice_a, self.slice_b, self.guess)
        }
        self._changed()

    # --- controls

    def _make_controls(self, spec: RecurrentShape) -> None:
        self.cell = _choice("Cell", [("RNN", "rnn"), ("GRU", "gru"), ("LSTM", "lstm")], spec.cell)
        self.input_size = number_field("Input size", spec.input_size)
        self.hidden_size = number_field("Hidden size", spec.hidden_size)
        self.layers = _slider("Layers", spec.num_layers, 6)
        self.directions = _choice("Directions", [("one way →", False), ("two ways ⇄", True)], spec.bidirectional)
        self.seq_len = _slider("Sequence length", 5, 30)
        self.batch = _choice("Input", [("batched", True), ("unbatched", False)], True)
        self.batch_size = number_field("Batch size", 3)
        self.batch_first = _flag("batch_first", spec.batch_first)
        self.bias = _flag("bias", spec.bias)
        self.proj_size = number_field("Projection (LSTM)", spec.proj_size)
        self.classes = number_field("Output size of V", 4)
        self.system = _choice("Notation", SYSTEMS, "lecture")
        self.form = _choice("Vectors as", FORMS, "column")
        self.slice_a, self.slice_b = _text("Slice A", "output[-1]"), _text("Slice B", "h_n[-1]")
        self.predict = widgets.Checkbox(value=False, description="Predict first: hide the answers", indent=False)
        self.question = _choice("What shape has", questions(spec), "output")
        self.guess = _text("Your answer", "", placeholder="(5, 3, 20)")
        self.guess.control.continuous_update = False  # sent as a whole, with Enter or on the way to the next control
        self.check = widgets.Button(description="Check", tooltip="Compare your answer with the shape")
        self.reveal = widgets.Button(description="Reveal", tooltip="Show all shapes again")
        self.reset = widgets.Button(description="Reset", tooltip="Back to the first settings")

    def _settings_fields(self) -> list[Field]:
        return [
            *(self.cell, self.input_size, self.hidden_size, self.layers, self.directions, self.proj_size),
            *(self.seq_len, self.batch, self.batch_size, self.batch_first, self.bias, self.classes),
            *(self.system, self.form),
        ]

    def _lay_out(self) -> None:
        controls = widgets.Box([*(field.box for field in self._settings_fields()), self.reset])
        controls.add_class("unrolled-controls")
        self.quiz = widgets.Box([self.question.box, self.guess.box, self.check, self.reveal])
        slices = widgets.Box([self.slice_a.box, self.slice_b.box])
        for row in (self.quiz, slices):
            row.add_class("unrolled-row")
        self.quiz.add_class("unrolled-form")
        self.predict.add_class("unrolled-predict")
        self.place(controls, self.predict, self.quiz, self.main, slices, self.slices, self.facts)

    # --- reading the controls

    def _read(self) -> Settings | None:
        """The settings, or None where some control holds nonsense; each such control gets a sentence."""
        for field in self._settings_fields():
            field.say("")
        sizes = {
            "input_size": self._number(self.input_size, "input_size"),
            "hidden_size": self._number(self.hidden_size, "hidden_size"),
            "proj_size": self._number(self.proj_size, "proj_size", least=0),
            "batch_size": self._number(self.batch_size, "batch_size"),
            "classes": self._number(self.classes, "the output size of V"),
        }
        if None in sizes.values():
            return None
        try:
            spec = RecurrentShape(
                self.cell.value,
                sizes["input_size"],  # type: ignore[arg-type]
                sizes["hidden_size"],  # type: ignore[arg-type]
                num_layers=self.layers.value,
                bidirectional=self.directions.value,
                batch_first=self.batch_first.value,
                bias=self.bias.value,
                proj_size=sizes["proj_size"],  # type: ignore[arg-type]
                **self._kept(),
            )
            batch_size = sizes["batch_size"] if self.batch.value else None
            spec.outputs(self.seq_len.value, batch_size)
        except ValueError as problem:
            self._field_of(str(problem)).say(str(problem))
            return None
        return Settings(
            spec,
            self.seq_len.value,
            batch_size,
            sizes["classes"],  # type: ignore[arg-type]
            self.system.value,
            self.form.value,
        )

    def _kept(self) -> dict[str, Any]:
        """What the learner's module has and no control shows."""
        if self.module_spec is None:
            return {}
        same_cell = self.cell.value == self.module_spec.cell
        nonlinearity = self.module_spec.nonlinearity if same_cell else "tanh"
        return {"dropout": self.module_spec.dropout, "nonlinearity": nonlinearity}

    def _number(self, field: Field, name: str, least: int = 1) -> int | None:
        try:
            return whole_number(field.value, name, least)
        except ValueError as problem:
            field.say(str(problem))
            return None

    def _field_of(self, message: str) -> Field:
        """The control that a sentence speaks of first."""
        fields = {
            "input_size": self.input_size,
            "hidden_size": self.hidden_size,
            "proj_size": self.proj_size,
            "batch_size": self.batch_size,
            "num_layers": self.layers,
            "seq_len": self.seq_len,
        }
        found = [(message.index(name), field) for name, field in fields.items() if name in message]
        return min(found, key=lambda pair: pair[0])[1] if found else self.cell

    # --- drawing

    @guarded
    def _changed(self, _change: Any = None) -> None:
        if self.resetting:
            return
        settings = self._read() or self.shown  # while a control holds nonsense, the pictures stay as they were
        if settings is None:
            return
        self.shown = settings
        hide = self.predict.value
        self._ask(settings, hide)
        self.main.parts = {
            name: f'<h4>{heading}</h4><div class="unrolled-scroll">{picture.svg}</div>{folded_table(picture.table)}'
            for name, heading, picture in pictures(settings, "page", hide)
        } | {"counting": f'<p class="unrolled-hint">{COUNTING}</p>'}
        self.facts.parts = self._facts(settings, hide)
        self._draw_slices()

    @guarded
    def _slices_changed(self, _change: Any = None) -> None:
        if not self.resetting:
            self._draw_slices()

    def _draw_slices(self) -> None:
        if self.shown is None:
            return
        found = [self._slice(name, field) for name, field in (("A", self.slice_a), ("B", self.slice_b))]
        widths = (float(size) for html in found for size in re.findall(r'<svg [^>]*? width="([\d.]+)"', html))
        width = max(widths, default=380.0)  # side by side where both fit, else one above the other
        columns = f"grid-template-columns: repeat(auto-fit, minmax(min(100%, {width:.0f}px), 1fr))"
        self.slices.parts = {
            "slices": f'<h4>Where a slice comes from</h4><p class="unrolled-hint">{SLICE_HINT}</p>'
            f'<div class="unrolled-columns" style="{columns}">{"".join(found)}</div>'
        }

    def _slice(self, name: str, field: Field) -> str:
        settings = self.shown
        assert settings is not None
        try:
            found = settings.spec.provenance(field.value, settings.seq_len, settings.batch_size)
        except ValueError as problem:
            field.say("This slice does not fit; reveal the shapes to see why." if self.predict.value else str(problem))
            return f"<div><p><strong>Slice {name}</strong>: not shown; see the sentence above.</p></div>"
        field.say("")
        picture = network(
            settings.spec,
            settings.seq_len,
            settings.batch_size,
            system=settings.system,
            form=settings.form,
            cells=found.cells,
            reach=found.reach,
            compact=True,
            title=f"Where {field.value} comes from",
            theme="page",
        )
        warned = found.warnings
        words = found.words.removesuffix(" ".join(warned)).strip()
        if self.predict.value:
            words, warned = "Reveal the shapes to read what it holds; the picture marks where it comes from.", ()
        shape = "?" if self.predict.value else f"{tuple(found.shape)} {escape(found.shape.named)}"
        warnings = "".join(f'<p class="unrolled-warning">{escape(warning)}</p>' for warning in warned)
        drawn = f'<div class="unrolled-scroll">{picture.svg}</div>{folded_table(picture.table)}'
        return (
            f"<div><p><strong>Slice {name}</strong>: <code>{escape(field.value)}</code>, shape {shape}</p>"
            f"<p>{escape(words)}</p>{warnings}{drawn}</div>"
        )

    def _facts(self, settings: Settings, hide: bool) -> dict[str, str]:
        spec = settings.spec
        code = code_lines(spec, settings.seq_len, settings.batch_size, settings.classes, with_shapes=not hide)
        copy = f'<button type="button" data-copy="{escape(code)}">Copy</button>'
        lines = f"<div><h4>The PyTorch lines</h4><pre>{escape(code)}</pre>{copy}</div>"
        count = "" if hide else f"<div><h4>The parameters</h4>{_count_html(settings)}</div>"
        words = f"<p>{escape(self._module_sentence(spec))}</p>" if self.module_spec else ""
        output = settings.spec.outputs(settings.seq_len, settings.batch_size)
        shapes = ", ".join(f"{name} {tuple(shape)}" for name, shape in output.items())
        heard = "Shapes hidden." if hide else f"{shapes}, {spec.num_parameters:,} parameters."
        return {"heard": f'<p class="unrolled-heard">{heard}</p>', "facts": f"{words}{lines}{count}"}

    def _module_sentence(self, spec: RecurrentShape) -> str:
        assert self.module_spec is not None
        if spec == self.module_spec:
            return self.module_words
        return f"You have changed the settings. Your module is still {constructor(self.module_spec)}."

    # --- predict first

    def _ask(self, settings: Settings, hide: bool) -> None:
        self.quiz.layout.display = "" if hide else "none"
        options = questions(settings.spec)
        if list(self.question.control.options) != options:
            keep = self.question.value if self.question.value in options else "output"
            self.question.control.options = options
            self.question.control.value = keep
        self.guess.say("")

    @guarded
    def _check(self, _cause: Any = None) -> None:
        settings = self.shown
        if settings is None or self.resetting:
            return
        got = answer(settings.spec, settings.seq_len, settings.batch_size, self.question.value, self.guess.value)
        self.guess.say(got.sentence, right=got.right)

    @guarded
    def _reveal(self, _button: Any = None) -> None:
        self.predict.value = False

    @guarded
    def _reset(self, _button: Any = None) -> None:
        self.resetting = True
        for field, value in self._first.items():
            field.control.value = value
        self.predict.value = self.resetting = False
        self._changed()

    # --- without a kernel

    def static_html(self) -> str:
        """The first state: the three pictures, the count and the code."""
        assert self.shown is not None
        images = "".join(
            f"<h4>{heading}</h4>{image_html(picture.svg, picture.alt)}"
            for _, heading, picture in pictures(self.shown, "card", hide=False)
        )
        code = code_lines(self.shown.spec, self.shown.seq_len, self.shown.batch_size, self.shown.classes)
        words = f"<p>{COUNTING}</p>{_count_html(self.shown)}<pre><code>{escape(code)}</code></pre>"
        return f"<h3>{escape(self.title)}</h3>{images}{words}"


def pictures(settings: Settings, theme: str, hide: bool) -> list[tuple[str, str, Picture]]:
    """The three pictures of the explorer with their names and headings."""
    spec, steps, items = settings.spec, settings.seq_len, settings.batch_size
    words = {"system": settings.system, "hide": hide, "theme": theme}
    form = {"form": settings.form, "output_size": settings.classes}
    return [
        ("network", "The network, unrolled", network(spec, steps, items, **form, **words)),  # type: ignore[arg-type]
        ("weights", "Its weights, drawn to scale", weights(spec, **form, **words)),  # type: ignore[arg-type]
        ("tensors", "What goes in and what comes out", tensors(spec, steps, items, **words)),  # type: ignore[arg-type]
    ]


def _count_html(settings: Settings) -> str:
    """The parameter count term by term, and what a longer sequence adds to it."""
    spec, longer = settings.spec, 10 * settings.seq_len
    rows = [(term.name, term.meaning, term.formula, f"{term.count:,}") for term in spec.parameter_terms()]
    top = spec.num_directions * spec.output_size
    rows += [("sum", "PyTorch's count of this layer", "", f"{spec.num_parameters:,}")]
    rows += [
        (
            "V and b_2",
            "output layer, not part of it",
            f"{settings.classes} · {top} + {settings.classes}",
            f"{settings.classes * top + settings.classes:,}",
        )
    ]
    table = Table("Every parameter, term by term", ("name", "what it is", "product", "count"), tuple(rows))
    return (
        f"{table_html(table)}<p>A sequence of {longer} steps instead of {settings.seq_len} needs not one parameter "
        f"more: every step uses the same {spec.num_parameters:,}.</p>"
    )


def _compare(module: Any, spec: RecurrentShape) -> str:
    """Hold the shapes that were worked out against the module's own parameters."""
    own = {name: tuple(weight.shape) for name, weight in module.named_parameters()}
    if own == spec.weights():
        return f"Your module's {len(own)} parameter tensors have exactly the names and shapes shown here."
    differ = sorted(set(own.items()) ^ {(name, tuple(shape)) for name, shape in spec.weights().items()})
    names = ", ".join(dict.fromkeys(name for name, _ in differ))
    return f"Your module's parameters differ from those of its class in {names}; the pictures show its class."


def _named(control: widgets.ValueWidget) -> Field:
    control.style.description_width = LABEL_WIDTH
    return Field(control)


def _choice(label: str, options: list[Any], value: Any) -> Field:
    return _named(widgets.Dropdown(description=label, options=options, value=value))


def _slider(label: str, value: int, largest: int) -> Field:
    return _named(widgets.IntSlider(description=label, value=value, min=1, max=max(largest, value)))


def _flag(label: str, value: bool) -> Field:
    return Field(widgets.Checkbox(description=label, value=value, indent=False))


def _text(label: str, value: str, placeholder: str = "") -> Field:
    field = _named(widgets.Text(description=label, value=value, placeholder=placeholder))
    field.control.add_class("unrolled-wide")
    return field
