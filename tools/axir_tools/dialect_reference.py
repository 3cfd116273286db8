"""The reference of the dialect, made of the declarations of its ops.

    $ python -m axir_tools.dialect_reference docs/dialect.md

What an op takes and which rules it has is read from its class. The examples are in ``dialect_examples.mlir``.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np

import axir_compiler.ops  # noqa: F401  (declares the ops)
from axir_compiler.ir.op import OPS, AxirOp
from axir_compiler.ir.region import HigherOrderOp, RegionOp
from axir_compiler.ir.types import BOOL, COMPLEX, FLOATING, INTEGER, dtype_name
from axir_compiler.ops.collective import CollectiveOp
from axir_compiler.ops.transformation import TransformationOp
from axir_compiler.pipeline import PASSES
from axir_tools.markdown import first_sentence, from_docstring

__all__ = ["FAMILIES", "RULES", "dialect_page", "examples"]

FAMILIES: dict[str, tuple[str, ...]] = {
    "Constants": ("constant",),
    "Functions of one operand": ("elementwise_unary", "precision"),
    "Functions of two and three operands": ("elementwise_binary",),
    "Complex numbers": ("complex_parts",),
    "Special functions": ("special",),
    "Shapes": ("shape",),
    "Windows at computed positions": ("index", "gather", "scatter", "along"),
    "Reductions": ("reduce", "reduce_window"),
    "Running reductions": ("cumulative",),
    "Products and convolutions": ("contract", "convolution"),
    "Sorting and searching": ("sort",),
    "Linear algebra": ("linalg", "linalg_lu", "linalg_spectral", "linear_solve"),
    "Fourier transforms": ("fourier",),
    "Random bits": ("random",),
    "Loops and branches": ("op", "scan", "while_loop", "switch"),
    "Transformations": ("transformation",),
    "Calls with rules of their own": ("custom", "custom_vmap", "linear_call"),
    "Named batch axes": ("collective",),
    "Python functions": ("callback",),
    "Checks": ("check",),
}
"""Titles of the sections, and the modules that their ops are declared in."""

RULES = ("infer", "numpy", "jvp", "transpose", "batch", "lower")
_OTHER_NAMES = {"infer": ("results_for", "check", "operands_for"), "jvp": ("linearize_with",)}
_EXAMPLES = Path(__file__).with_name("dialect_examples.mlir")
_HEAD = """\
# The dialect

*Written by `python -m axir_tools.dialect_reference` from the declarations of the ops.*

A program is an MLIR module of functions on ranked tensors. Ops of the dialect are written in MLIR's generic form: name,
operands, attributes, types. They are pure but for callbacks, and have no data but scalars: arrays are arguments.

Element types: `i1` (bool), `i8` to `i64` (signed), `ui8` to `ui64`, `bf16`, `f16`, `f32`, `f64`, `complex<f32>`,
`complex<f64>`. Unless an op says otherwise, its operands have one dtype, and elementwise ops one shape: broadcasting
and promotion are visible ops.

Kinds of attributes:

| Kind | In Python | In MLIR |
|---|---|---|
| bool | `True` | `true` |
| int | `3` | `3 : i64` |
| ints | `(1, 2)` | `array<i64: 1, 2>` |
| str | `"lt"` | `"lt"` |
| dtype | `np.dtype("float32")` | `f32` |
| types | shapes and dtypes | `[tensor<3xf32>]` |
| scalar | a number of a dtype | `dense<1.0> : tensor<f32>` |
| symbol | name of a function | `@f` |

Rules of an op:

| Rule | What it does |
|---|---|
| infer | gives the types of the results, and refuses operands and attributes that do not fit |
| numpy | evaluates the op |
| jvp | gives the tangent of the result; [forward derivative](transformations.md#jvp) |
| transpose | gives cotangents of the operands that it is linear in; [reverse mode](transformations.md#vjp-and-grad) |
| batch | carries a batch axis through; [vmap](transformations.md#vmap) |
| lower | writes the op in linalg, for IREE |

Differentiating an op that has no derivative raises an error that names it. `axir opt` runs passes over a file with a
program, as in [transformations](transformations.md); the [list of passes](#passes) is at the end.
"""


def examples() -> dict[str, str]:
    """A module for each op, by its name without prefix, as text."""
    parts = re.split(r"^// axir\.(\w+)\n", _EXAMPLES.read_text(), flags=re.MULTILINE)
    return {name: text.strip() for name, text in zip(parts[1::2], parts[2::2], strict=True)}


def dialect_page() -> str:
    """The page as Markdown."""
    shown = examples()
    lines = [_HEAD, *_overview()]
    for title, modules in FAMILIES.items():
        lines += [f"## {title}", ""]
        for name, op in _ops_of(modules):
            lines += [*_entry(name, op), "```mlir", shown[name], "```", ""]
    return "\n".join([*lines, *_passes()])


def _ops_of(modules: tuple[str, ...]) -> Iterator[tuple[str, type[AxirOp]]]:
    for module in modules:
        yield from ((name, op) for name, op in OPS.items() if op.__module__.rpartition(".")[2] == module)


def _overview() -> Iterator[str]:
    """A table of all ops."""
    yield from ("| Section | Ops |", "|---|---|")
    for title, modules in FAMILIES.items():
        links = " ".join(f"[`{name}`](#axir{name})" for name, _ in _ops_of(modules))
        yield f"| {title} | {links} |"
    yield ""


def _entry(name: str, op: type[AxirOp]) -> Iterator[str]:
    """Heading, documentation and declaration of one op."""
    yield from (f"### axir.{name}", "", from_docstring(op.__doc__ or ""), "")
    yield f"- operands: {_operands(op)}"
    if op.attribute_kinds:
        kinds = ", ".join(f"`{field}` ({kind.name})" for field, kind in op.attribute_kinds.items())
        yield f"- attributes: {kinds}"
    if op.operand_names and op.dtypes is not None:
        yield f"- dtypes: {_dtypes(op.dtypes)}"
    yield f"- derivative: {_derivative(op)}"
    yield from (f"- rules: {', '.join(_rules(op)) or 'none'}", "")


def _operands(op: type[AxirOp]) -> str:
    names = [f"`{name.rstrip('_')}`" for name in op.operand_names]
    if op.variadic:
        names[-1] += " (any number)"
    return ", ".join(names) or "none"


def _dtypes(dtypes: frozenset[np.dtype]) -> str:
    """A set of dtypes by the names of the kinds that it consists of."""
    named = (("bool", BOOL), ("integers", INTEGER), ("floats", FLOATING), ("complex numbers", COMPLEX))
    parts: list[str] = []
    for title, kind in named:
        part = kind & dtypes
        parts += [title] if part == kind else sorted(map(dtype_name, part))
    return ", ".join(parts)


def _overrides(op: type[AxirOp], rule: str) -> bool:
    """Whether an op or its family defines a rule under any of its names."""
    bases = (AxirOp, HigherOrderOp, RegionOp)
    for name in (rule, f"{rule}_with", *_OTHER_NAMES.get(rule, ())):
        own = inspect.getattr_static(op, name, None)
        if own is not None and all(own is not inspect.getattr_static(base, name, None) for base in bases):
            return True
    return False


def _rules(op: type[AxirOp]) -> list[str]:
    """The rules that an op has; a jvp rule follows from linearity, and only linear ops are transposed."""
    linear = bool(op.linear_in or op.multilinear_in)
    found = {rule for rule in RULES if _overrides(op, rule)} | ({"jvp"} if linear else set())
    if not linear and not issubclass(op, HigherOrderOp):
        found.discard("transpose")  # its family has one
    return [rule for rule in RULES if rule in found]


def _derivative(op: type[AxirOp]) -> str:
    if issubclass(op, TransformationOp | CollectiveOp):
        return "taken after the op is expanded"
    if op.zero_tangent:
        return "zero wherever it exists"
    linear = [f"`{name.rstrip('_')}`" for name in op.linear_in or op.multilinear_in]
    how = "jointly" if op.linear_in else "each by itself"
    parts = [f"linear in {', '.join(linear)}" + (f", {how}" if len(linear) > 1 else "")] if linear else []
    if _overrides(op, "jvp") and len(linear) < len(op.operand_names):
        parts.append("a rule of its own")
    return "; ".join(parts) or "none"


def _passes() -> Iterator[str]:
    """A table of the passes."""
    yield from ("## Passes", "", "| Pass | Options | |", "|---|---|---|")
    for name, one in PASSES.items():
        options = ", ".join(f"`{option}`" for option in one.option_names())
        yield f"| `{name}` | {options} | {first_sentence(one)} |"
    yield ""


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(dialect_page())
