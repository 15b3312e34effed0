"""Reads a slice such as `torch.cat([h_n[-2], h_n[-1]], dim=1)` off its syntax tree, without ever running it."""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Callable
from typing import Any

from .axes import label
from .operations import ATTRIBUTES, FUNCTIONS, METHODS, copied, elementwise
from .origins import Traced, index, integer, spelt_out
from .shape import shown
from .source import Source

LONGEST = 500
DEEPEST = 40

_INTEGERS: dict[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
}

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div)


def parse(expression: object) -> ast.expr:
    """Turn text into a syntax tree; ValueError with a sentence for whatever is no single expression."""
    if not isinstance(expression, str) or not expression.strip():
        raise ValueError('Type a slice of output, h_n or c_n, such as "output[-1]" or "h_n[-2]".')
    if not expression.isascii():
        odd = next(letter for letter in expression if not letter.isascii())
        raise ValueError(f"A slice is written in plain ASCII characters, but this one holds {odd!a}.")
    if len(expression) > LONGEST:
        raise ValueError(f"A slice may have {LONGEST} characters, but this one has {len(expression):,}.")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python comments on odd spellings such as `1or 2`
            return ast.parse(expression.strip(), mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise ValueError(f"This is not one whole Python expression: {shown(expression.strip())[9:]}.") from None


class Reader:
    """Reads one expression: names stand for the tensors and sizes of a source, everything else is refused."""

    def __init__(self, expression: str, source: Source) -> None:
        self.tree = parse(expression)
        self.text = expression.strip()
        self.source = source
        self.used: set[str] = set()  # tensors that were named
        self.last_of: set[str] = set()  # axes along which [-1] was asked for
        self._depth = 0

    def read(self) -> Traced:
        """The tensor the expression stands for."""
        result = self.value(self.tree)
        if not isinstance(result, Traced):
            raise ValueError("The expression must give one tensor, made from output, h_n or c_n.")
        return result

    def value(self, node: ast.AST) -> Any:
        """The tensor, number, tuple or index a part of the expression stands for."""
        if self._depth >= DEEPEST:
            raise ValueError(f"The expression is nested more than {DEEPEST} levels deep.")
        self._depth += 1
        try:
            return self._value(node)
        finally:
            self._depth -= 1

    def _value(self, node: ast.AST) -> Any:
        match node:
            case ast.Constant(value=value) if value is None or value is ... or type(value) in (bool, int, float):
                return value
            case ast.Name(id=name):
                return self._name(name)
            case ast.Tuple(elts=parts):
                return tuple(self.value(part) for part in parts)
            case ast.List(elts=parts):
                return [self.value(part) for part in parts]
            case ast.Slice(lower=lower, upper=upper, step=step):
                return slice(*(part and self.value(part) for part in (lower, upper, step)))
            case ast.UnaryOp(op=ast.USub() | ast.UAdd(), operand=operand):
                return self._signed(node, self.value(operand), isinstance(node.op, ast.USub))
            case ast.BinOp(left=left, op=operation, right=right):
                return self._combined(node, self.value(left), operation, self.value(right))
            case ast.Subscript(value=whole, slice=part):
                return self._subscript(node, self.value(whole), self.value(part))
            case ast.Attribute(value=whole, attr=name):
                return self._attribute(node, self.value(whole), name)
            case ast.Call(func=ast.Attribute(value=ast.Name(id="torch"), attr=name)) if name in FUNCTIONS:
                return self._call(node, FUNCTIONS[name], f"torch.{name}")
            case ast.Call(func=ast.Attribute(value=whole, attr=name)) if name in METHODS:
                return self._method(node, self.value(whole), name)
        raise self._refusal(node)

    def _name(self, name: str) -> Any:
        if name in self.source.shapes:
            self.used.add(name)
            return self.source.tensor(name)
        if name in self.source.sizes:
            return self.source.sizes[name]
        if name == "c_n":
            raise ValueError("There is no c_n here: only an LSTM keeps a cell state.")
        if name == "N":
            raise ValueError("N has no value here: the input is unbatched.")
        raise ValueError(f"The name {shown(name)[9:]} is not understood. {self._understood()}")

    def _signed(self, node: ast.AST, value: Any, negative: bool) -> Any:
        if isinstance(value, Traced):
            return copied(value)
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            raise self._refusal(node)
        return -value if negative else value

    def _combined(self, node: ast.AST, left: Any, operation: ast.operator, right: Any) -> Any:
        both = (left, right)
        tensors = [value for value in both if isinstance(value, Traced)]
        numbers = [value for value in both if type(value) in (int, float)]
        if tensors and len(tensors + numbers) == 2 and isinstance(operation, _ARITHMETIC):
            return elementwise(left, right) if len(tensors) == 2 else copied(tensors[0])
        if type(left) is not int or type(right) is not int or type(operation) not in _INTEGERS:
            raise self._refusal(node)
        if isinstance(operation, ast.FloorDiv) and right == 0:
            raise ValueError(f"This divides by zero: {self._text(node)}.")
        return _INTEGERS[type(operation)](left, right)

    def _subscript(self, node: ast.AST, whole: Any, part: Any) -> Any:
        if isinstance(whole, Traced):
            items = spelt_out(whole, part if isinstance(part, tuple) else (part,))
            self._note_last(whole, items)
            return index(whole, items)
        if not isinstance(whole, (tuple, list)):
            raise self._refusal(node)
        if isinstance(part, slice):
            bounds = (part.start, part.stop, part.step)
            return whole[slice(*(None if bound is None else integer("A bound", bound) for bound in bounds))]
        number = integer("An index", part)
        if not -len(whole) <= number < len(whole):
            raise ValueError(f"Index {shown(number)} is out of range: there are {len(whole)} to choose from.")
        return whole[number]

    def _note_last(self, tensor: Traced, items: list[Any]) -> None:
        """Remember an index -1, by which people mean the last step, and the axis it really runs along."""
        for axis, item in zip(tensor.axes, (item for item in items if item is not None)):
            if type(item) is int and item == -1:
                self.last_of.add(label(axis))

    def _attribute(self, node: ast.AST, whole: Any, name: str) -> Any:
        if isinstance(whole, Traced) and name in ATTRIBUTES:
            return ATTRIBUTES[name](whole)
        if name == "values" and isinstance(whole, tuple) and len(whole) == 2 and isinstance(whole[1], str):
            return whole[0]
        raise self._refusal(node)

    def _method(self, node: ast.Call, whole: Any, name: str) -> Any:
        if not isinstance(whole, Traced):
            raise self._refusal(node)
        return self._call(node, METHODS[name], f".{name}", whole)

    def _call(self, node: ast.Call, function: Callable[..., Any], name: str, *first: Traced) -> Any:
        if any(isinstance(argument, ast.Starred) for argument in node.args):
            raise self._refusal(node)
        values = [*first, *(self.value(argument) for argument in node.args)]
        named = {keyword.arg or "**": self.value(keyword.value) for keyword in node.keywords}
        signature = inspect.signature(function)
        for parameter in signature.parameters.values():
            if parameter.kind is parameter.VAR_POSITIONAL and parameter.name in named:
                values.append(named.pop(parameter.name))  # flip(dims=[0]) for flip([0])
        try:
            signature.bind(*values, **named)
        except TypeError:
            wanted = ", ".join(list(signature.parameters)[len(first) :])
            raise ValueError(f"{name} takes ({wanted}), which does not fit {self._text(node)}.") from None
        return function(*values, **named)

    @property
    def called(self) -> str:
        """The expression, short enough for a sentence."""
        return self._text(self.tree)

    def _text(self, node: ast.AST) -> str:
        text = " ".join((ast.get_source_segment(self.text, node) or self.text).split())
        return text if len(text) <= 60 else text[:57] + "…"

    def _refusal(self, node: ast.AST) -> ValueError:
        return ValueError(f"This part is not understood: {self._text(node)}. {self._understood()}")

    def _understood(self) -> str:
        methods = ", ".join(f".{name}" for name in (*METHODS, *ATTRIBUTES))
        functions = ", ".join(f"torch.{name}" for name in ("cat", "stack", "flip"))
        return (
            f"Understood are {', '.join(self.source.shapes)}; indices and slices; {methods}; {functions} and the like; "
            f"+ - * / between tensors; and whole numbers with {', '.join(self.source.sizes)}."
        )
