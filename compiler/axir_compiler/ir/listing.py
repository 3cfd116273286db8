"""Programs as lists of lines that know what they define, use, and where they come from.

``pretty_lines`` has one short line for each op of the dialect, ``c: f32[8] = mul a b``; ``text_lines`` reads such lines
out of MLIR text of any dialect. Both can be filtered, compared and put beside the user's source.
"""

from __future__ import annotations

import itertools
import re
import string
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.module import body_of, callees_of, functions, is_private, is_terminator, walk
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import Aval, aval_of, dtype_name
from axir_compiler.mlir import func, ir
from axir_compiler.ops.constant import ConstantOp

__all__ = ["Line", "Place", "number_ops", "pretty_lines", "selected", "text_lines", "user_place"]


class Place(NamedTuple):
    """A line of the user's program."""

    function: str
    file: str
    line: int


class Line(NamedTuple):
    """A line of a program.

    Attributes:
        text: As it is printed.
        op: Name of its op; empty for lines that only open or close something.
        defines, uses: Names of values.
        place: Where its op comes from.
        function: Number of the function that it is in; -1 outside.
        origin: Number of the op that it was made from; see ``number_ops``.
    """

    text: str
    op: str = ""
    defines: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()
    place: Place | None = None
    function: int = -1
    origin: int | None = None


_LOCATION = re.compile(r'(?:"(?P<name>[^"]*)"\()?"(?P<file>[^"]*)":(?P<line>\d+):\d+')
_ORIGIN = re.compile(r'loc\("op (\d+)"')


def user_place(location: ir.Location) -> Place | None:
    """The user's line that a location names."""
    found = _LOCATION.search(str(location))
    return Place(found["name"] or "", found["file"], int(found["line"])) if found else None


def number_ops(module: ir.Module) -> None:
    """Give each op a number that its location carries, so that what passes make of it can be told."""
    ops = [op for function in functions(module).values() for op in walk(function)]
    for number, op in enumerate(ops):
        op.operation.location = ir.Location.name(f"op {number}", op.location)


def _origin(location: ir.Location) -> int | None:
    found = _ORIGIN.match(str(location))
    return int(found[1]) if found else None


# The short form. ----------------------------------------------------------------------------------------


def pretty_lines(module: ir.Module) -> list[Line]:
    """The functions of a module of the dialect in short form."""
    lines: list[Line] = []
    for number, function in enumerate(functions(module).values()):
        if lines:
            lines.append(Line(""))
        lines += [line._replace(function=number) for line in _Printer().function(function)]
    return lines


def _letters() -> Iterator[str]:
    """a, b, ..., z, aa, ab, ..."""
    for size in itertools.count(1):
        yield from map("".join, itertools.product(string.ascii_lowercase, repeat=size))


class _Printer:
    """Names the values of one function."""

    def __init__(self) -> None:
        self._free = _letters()
        self._names: dict[ir.Value, str] = {}

    def function(self, function: func.FuncOp) -> Iterator[Line]:
        block = body_of(function)
        arguments = ", ".join(map(self._define, block.arguments))
        results = ", ".join(_type(t) for t in function.type.results)
        private = "private " if is_private(function) else ""
        head = f"{private}{function.sym_name.value}({arguments}) -> ({results}):"
        yield Line(head, defines=tuple(map(self._name, block.arguments)), place=user_place(function.location))
        yield from self._block(block, "  ")

    def _block(self, block: ir.Block, indent: str) -> Iterator[Line]:
        for op in block.operations:
            if isinstance(op, ConstantOp):
                self._names[op.result] = _literal(op.value)
                continue
            uses = tuple(map(self._name, op.operands))
            if is_terminator(op):
                yield Line(f"{indent}return {' '.join(uses)}".rstrip(), "return", (), uses)
                continue
            defines = ", ".join(map(self._define, op.results))
            name = _op_name(op)
            words = (f"{name}{_attributes(op)}", *uses)
            text = f"{indent}{defines} = {' '.join(words)}" if defines else indent + " ".join(words)
            names = tuple(map(self._name, op.results))
            place = user_place(op.location)
            yield Line(text, name, names, uses, place, origin=_origin(op.location))
            if getattr(op, "has_regions", False):
                for number, region in enumerate(op.regions):
                    inner = region.blocks[0]
                    arguments = ", ".join(map(self._define, inner.arguments))
                    names = tuple(map(self._name, inner.arguments))
                    yield Line(f"{indent}  region {number} ({arguments}):", defines=names)
                    yield from self._block(inner, indent + "    ")

    def _define(self, value: ir.Value) -> str:
        self._names[value] = next(self._free)
        return f"{self._names[value]}: {_type(value)}"

    def _name(self, value: ir.Value) -> str:
        return self._names[value]


def _type(value: ir.Value | ir.Type) -> str:
    return str(aval_of(value)).replace(", ", ",")


def _op_name(op: ir.OpView) -> str:
    return op.short_name if isinstance(op, AxirOp) else op.operation.name.removeprefix("func.")


def _attributes(op: ir.OpView) -> str:
    if not isinstance(op, AxirOp):
        return "".join(f"[@{symbol}]" for symbol in callees_of(op).values())
    parts = [f"{name}={_value(name in op.symbol_names, value)}" for name, value in op.attrs.items()]
    return f"[{' '.join(parts)}]" if parts else ""


def _value(symbol: bool, value: Any) -> str:
    if symbol:
        return f"@{value}"
    if isinstance(value, np.dtype):
        return dtype_name(value)
    if isinstance(value, ScalarValue):
        return _literal(value)
    if isinstance(value, Aval):
        return str(value).replace(", ", ",")
    if isinstance(value, tuple):
        return f"({','.join(_value(False, v) for v in value)})"
    return str(value)


def _literal(value: ScalarValue) -> str:
    """A scalar as a number; of other dtypes than float32, int32 and bool with the dtype."""
    number = value.value
    text = str(number.item()) if hasattr(number, "item") else str(number)
    name = dtype_name(value.dtype)
    return text if name in ("f32", "i32", "bool") else f"{text}:{name}"


# MLIR text. ---------------------------------------------------------------------------------------------

_REFERENCE = re.compile(r' loc\((#loc\d*|unknown|"[^"]*"\(#loc\d*\)|"[^"]*":\d+:\d+)\)')
_DEFINITION = re.compile(r"^(#loc\d*) = loc\((.*)\)$", re.MULTILINE)
_FILE = re.compile(r'"([^"]*)":(\d+):\d+')
_NAMED = re.compile(r'^"(.*)"\((#loc\d*)\)$')
_VALUE = re.compile(r"%[\w$.-]+")
_OP = re.compile(r"^\s*(?:%[^=]*= )?\"?([a-z_][\w$]*\.[\w$.]+|return|func\.func)\b")
_FUNCTION = re.compile(r"^\s*(?:func|util|vm)\.func\b|^\s*flow\.executable\b|^\s*hal\.executable\b")


def text_lines(text: str) -> list[Line]:
    """The lines of MLIR text, which may have been printed with locations; these are taken off."""
    definitions = dict(_DEFINITION.findall(text))
    lines: list[Line] = []
    number = -1
    for raw in _DEFINITION.sub("", text).rstrip().splitlines():
        references = _REFERENCE.findall(raw)
        place = _resolve(references[-1], definitions) if raw.endswith(")") and references else None
        line = _REFERENCE.sub("", raw)
        if not line.strip() and not lines:
            continue
        number += bool(_FUNCTION.match(line))
        lines.append(_line(line, place, number))
    return [line for line in lines if line.text.strip()]


def _line(text: str, place: Place | None, number: int) -> Line:
    found = _OP.match(text)
    left, equals, right = text.partition(" = ")
    values = _VALUE.findall
    opens = text.lstrip().startswith(("func.func", "^"))
    defined = values(left) if equals and left.strip().startswith("%") else values(text) if opens else []
    used = [] if opens else values(right) if defined else values(text)
    name = found[1].removeprefix("axir.") if found else ""
    return Line(text, name, tuple(defined), tuple(used), place, number)


def _resolve(reference: str, definitions: dict[str, str]) -> Place | None:
    definition = definitions.get(reference, reference)
    named = _NAMED.match(definition)
    if named:
        inner = _resolve(named[2], definitions)
        return None if inner is None else inner._replace(function=named[1])
    place = _FILE.search(definition)
    return Place("", place[1], int(place[2])) if place else None


def selected(lines: Sequence[Line], name: str, *, around: bool) -> list[Line]:
    """The lines with an op, or also those ``around`` it: what defines its operands and what uses its results.

    What opens the function that they are in stays; each gap becomes a line of dots.
    """
    chosen = {i for i, line in enumerate(lines) if _is_op(line.op, name)}
    if around:
        chosen |= {j for i in chosen for j in _neighbours(lines, i)}
    heads = {_head(lines, i) for i in chosen}
    found: list[Line] = []
    last = -1
    for i in sorted(chosen | heads):
        if i - last > 1 and found:
            indent = re.match(r"\s*", lines[i].text)
            found.append(Line(f"{indent[0] if indent else ''}..."))
        found.append(lines[i])
        last = i
    return found


def _is_op(op: str, name: str) -> bool:
    return op == name.removeprefix("axir.") or op.rpartition(".")[2] == name


def _neighbours(lines: Sequence[Line], at: int) -> Iterator[int]:
    line = lines[at]
    for j, other in enumerate(lines):
        if other.function == line.function and (
            {*other.defines} & {*line.uses} or {*other.uses} & {*line.defines}
        ):
            yield j


def _head(lines: Sequence[Line], at: int) -> int:
    return next((i for i, line in enumerate(lines) if line.function == lines[at].function), at)
