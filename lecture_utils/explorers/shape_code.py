"""The PyTorch lines that build what the shape explorer shows."""

from __future__ import annotations

from lecture_utils.shapes import RecurrentShape, Shape

CLASSES = {"rnn": "RNN", "gru": "GRU", "lstm": "LSTM"}


def constructor(spec: RecurrentShape) -> str:
    """The call that builds the layer, with only those arguments that differ from PyTorch's defaults."""
    options = {
        "num_layers": spec.num_layers if spec.num_layers > 1 else None,
        "nonlinearity": repr(spec.nonlinearity) if spec.nonlinearity != "tanh" else None,
        "bias": False if not spec.bias else None,
        "batch_first": True if spec.batch_first else None,
        "dropout": spec.dropout or None,
        "bidirectional": True if spec.bidirectional else None,
        "proj_size": spec.proj_size or None,
    }
    extra = "".join(f", {name}={value}" for name, value in options.items() if value is not None)
    return f"nn.{CLASSES[spec.cell]}({spec.input_size}, {spec.hidden_size}{extra})"


def code_lines(
    spec: RecurrentShape, seq_len: int, batch_size: int | None, classes: int, with_shapes: bool = True
) -> str:
    """Lines that run as they are; `with_shapes` writes each result's shape behind it."""
    given, returned = spec.inputs(seq_len, batch_size), spec.outputs(seq_len, batch_size)
    logits = Shape((*returned["output"][:-1], classes), (*returned["output"].axes[:-1], "class"))
    states, finals = ("(h_0, c_0)", "(h_n, c_n)") if spec.cell == "lstm" else ("h_0", "h_n")
    after = {name: f"{name} {tuple(shape)}" for name, shape in returned.items()}
    lines = [
        ("import torch", ""),
        ("from torch import nn", ""),
        ("", ""),
        (f"rnn = {constructor(spec)}", f"{spec.num_parameters:,} parameters"),
        (f"V = nn.Linear({spec.num_directions * spec.output_size}, {classes})", ""),
        (f"input = torch.randn{tuple(given['input'])}", _axes(given["input"])),
        *((f"{name} = torch.zeros{tuple(shape)}", _axes(shape)) for name, shape in given.items() if name != "input"),
        (f"output, {finals} = rnn(input, {states})", ", ".join(after.values())),
        ("logits = V(output)", str(tuple(logits))),
    ]
    if not with_shapes:
        hidden = f"V = nn.Linear({spec.num_directions * spec.output_size}, {classes})"
        return "\n".join(code for code, _ in lines if code != hidden and not code.startswith(("logits", "h_0", "c_0")))
    return "\n".join(f"{code}  # {comment}" if comment else code for code, comment in lines)


def _axes(shape: Shape) -> str:
    return "(" + ", ".join(shape.axes) + ")"
