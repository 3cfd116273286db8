"""``axir diff``: what tells two programs apart, names and locations aside.

    $ axir diff before.mlir after.mlir

Exit code 0: they are the same, 1: they differ, 2: one cannot be read.
"""

from __future__ import annotations

from collections import Counter
from typing import Annotated, NamedTuple

import typer

from axir_compiler.errors import AxirError
from axir_compiler.ir.listing import Line, pretty_lines, text_lines
from axir_compiler.ir.module import functions, parse_module
from axir_compiler.ir.structure import op_counts, structure_of
from axir_compiler.mlir import context, ir
from axir_compiler.passes.verify import verify_module
from axir_tools.console import command, print_json, styled
from axir_tools.opt import read_input
from axir_tools.pass_diff import coloured, diff_lines

__all__ = ["Difference", "compare", "diff"]


class Difference(NamedTuple):
    """How a function differs: ``removed``, ``added`` or ``changed``; ops gained and lost, and a diff of its lines."""

    function: str
    kind: str
    ops: dict[str, int]
    lines: list[str]


def compare(before: ir.Module, after: ir.Module) -> list[Difference]:
    """The functions that differ in more than names, locations and the order of independent ops."""
    with context():
        old, new = structure_of(before), structure_of(after)
        tables = functions(before), functions(after)
        found = []
        for name in dict.fromkeys((*old, *new)):
            if old.get(name) == new.get(name):
                continue
            kind = "added" if name not in old else "removed" if name not in new else "changed"
            counts = [op_counts(t[name]) if name in t else Counter[str]() for t in tables]
            counts[1].subtract(counts[0])
            ops = {op: n for op, n in sorted(counts[1].items()) if n}
            texts = [_lines(m, name) for m in (before, after)]
            found.append(Difference(name, kind, ops, diff_lines(texts[0], texts[1])))
        return found


def _lines(module: ir.Module, name: str) -> list[Line]:
    """The lines of one function, in short form if it is of the dialect."""
    table = functions(module)
    if name not in table:
        return []
    try:
        verify_module(module)
    except AxirError:
        return text_lines(str(table[name]))
    lines = pretty_lines(module)
    number = list(table).index(name)
    return [line for line in lines if line.function == number]


_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_Brief = Annotated[bool, typer.Option("--brief", help="Name the functions that differ, and no more.")]


@command("diff", code=2)
def diff(
    before: Annotated[str, typer.Argument(help="MLIR file; '-' reads standard input.")],
    after: Annotated[str, typer.Argument(help="MLIR file.")],
    brief: _Brief = False,
    json: _Json = False,
) -> None:
    """Compare two modules by structure."""
    modules = [parse_module(*read_input(path)) for path in (before, after)]
    found = compare(*modules)
    if json:
        print_json([d._asdict() for d in found])
    for one in () if json else found:
        changes = ", ".join(f"{n:+d} {op}" for op, n in one.ops.items())
        typer.echo(styled(f"@{one.function}: {one.kind}{f' ({changes})' if changes else ''}", bold=True))
        for line in () if brief else one.lines:
            typer.echo(coloured(line))
    if found:
        raise typer.Exit(1)
