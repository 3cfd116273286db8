"""``axir stats``: what a program costs, by op and by source line.

$ axir stats prog.py:loss 'f32[3,2]' 'f32[4,3]' --transform grad
$ axir stats program.mlir --func f
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Callable, Sequence
from typing import Annotated, Any, NamedTuple

import typer

from axir_compiler import pipeline
from axir_compiler.analysis.cost import Cost, OpCost, op_costs, total_cost
from axir_compiler.analysis.memory import Memory, memory_of
from axir_compiler.ir.listing import Place, user_place
from axir_compiler.ir.module import functions, parse_module
from axir_compiler.mlir import context, ir
from axir_compiler.passes.verify import verify_module
from axir_tools.console import (
    CommandError,
    command,
    human_bytes,
    human_number,
    human_time,
    print_json,
    print_table,
    styled,
)
from axir_tools.machine import Roofline, roofline
from axir_tools.opt import read_input
from axir_tools.programs import ArgsFrom, Specs, Transform, trace

__all__ = ["Analysis", "analyse", "stats"]


class Analysis(NamedTuple):
    """The ops of a program with their costs, and its memory."""

    ops: list[OpCost]
    memory: Memory


def analyse(module: ir.Module, symbol: str = "main") -> Analysis:
    """The costs of a function of a module in which no transformations are left."""
    with context():
        return Analysis(op_costs(module, symbol), memory_of(module, symbol))


_Func = Annotated[str, typer.Option(help="Function of an MLIR file; by default its first.")]
_Top = Annotated[int, typer.Option(help="Rows of each table.", min=1)]
_Measure = Annotated[bool, typer.Option("--measure", help="Measure this machine again.")]
_Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
_What = Annotated[str, typer.Argument(help="file.py:name, package.module:name, or an MLIR file.")]


@command("stats")
def stats(
    program: _What,
    specs: Specs = None,
    args_from: ArgsFrom = "",
    transform: Transform = "",
    func: _Func = "",
    top: _Top = 20,
    measure: _Measure = False,
    json: _Json = False,
) -> None:
    """Count operations, bytes and memory of a program, and estimate its time."""
    if program.endswith(".mlir") or program == "-":
        if specs or args_from or transform:
            raise CommandError(
                f"{program} is an MLIR file, which has its types: give no types, nor --transform."
            )
        module = _module_from_file(program, func)
    else:
        module = trace(program, specs, args_from, transform).compiler_ir("axir")
    found = analyse(module)
    machine = roofline(measure=measure)
    tables = {"by op": _table(found.ops, machine, _op_name), "by line": _table(found.ops, machine, _line)}
    summary = _summary(found, machine)
    if json:
        print_json({**summary, **tables})
        return
    _print_summary(summary)
    for title, rows in tables.items():
        _print_rows(title, rows, top)


def _module_from_file(path: str, name: str) -> ir.Module:
    module = parse_module(*read_input(path))
    verify_module(module)
    names = list(functions(module))
    if not names or (name and name not in names):
        raise CommandError(f"{path}: there is no function @{name}; it has {', '.join(names) or 'none'}.")
    with context():
        return pipeline.rewritten_form(module, name or names[0])


def _op_name(cost: OpCost) -> str:
    return cost.op.short_name


def _line(cost: OpCost) -> str:
    place = user_place(cost.op.location)
    if place is None:
        return "no place"
    source = linecache.getline(place.file, place.line).strip()
    return f"{_named(place)}: {source}".removesuffix(": ")


def _named(place: Place) -> str:
    """File and line; ``-`` stands for the module that was read."""
    return f"line {place.line}" if place.file == "-" else f"{os.path.basename(place.file)}:{place.line}"


def _table(
    ops: Sequence[OpCost], machine: Roofline, key: Callable[[OpCost], str]
) -> dict[str, dict[str, Any]]:
    """Figures of the ops with the same key, the most expensive first."""
    groups: dict[str, list[OpCost]] = {}
    for one in ops:
        groups.setdefault(key(one), []).append(one)
    rows = {
        name: {"ops": len(own), "runs": sum(c.count for c in own), **_figures(total_cost(own), own, machine)}
        for name, own in groups.items()
    }
    return dict(sorted(rows.items(), key=lambda item: -item[1]["estimated seconds"]))


def _figures(cost: Cost, ops: Sequence[OpCost], machine: Roofline) -> dict[str, Any]:
    return {
        "flops": cost.flops,
        "transcendentals": cost.transcendentals,
        "bytes": cost.bytes,
        "fused bytes": cost.fused_bytes,
        "intensity": round(cost.intensity, 4),
        "estimated seconds": sum(machine.seconds(c.cost) for c in ops),
    }


def _summary(found: Analysis, machine: Roofline) -> dict[str, Any]:
    cost, memory = total_cost(found.ops), found.memory
    return {
        "total": {
            "ops": len(found.ops),
            **_figures(cost, found.ops, machine),
            "bound by": machine.bound(cost),
        },
        "unbounded loops": cost.unbounded_loops,
        "memory": {
            "arguments": memory.arguments,
            "outputs": memory.outputs,
            "peak": memory.peak,
            "temporaries": memory.temporaries,
            "peak at": f"{memory.peak_op.short_name}, {_place(memory.peak_op)}" if memory.peak_op else None,
        },
        "machine": machine._asdict(),
    }


def _place(op: Any) -> str:
    place = user_place(op.location)
    return _named(place) if place else "no place"


def _print_summary(summary: dict[str, Any]) -> None:
    total, memory, machine = summary["total"], summary["memory"], summary["machine"]
    lines = {
        "ops": f"{total['ops']}",
        "operations": f"{human_number(total['flops'])} flop, {human_number(total['transcendentals'])} functions",
        "bytes moved": f"{human_bytes(total['fused bytes'])} fused, {human_bytes(total['bytes'])} op by op",
        "intensity": f"{total['intensity']:.3g} operations for each byte",
        "memory": (
            f"{human_bytes(memory['peak'])} at the peak ({memory['peak at'] or 'at the start'}): "
            f"{human_bytes(memory['arguments'])} arguments, {human_bytes(memory['outputs'])} results, "
            f"{human_bytes(memory['temporaries'])} temporaries"
        ),
        "estimate": f"{human_time(total['estimated seconds'])} at least, bound by {total['bound by']}",
        "machine": (
            f"{human_number(machine['flops'])} flop/s, {human_number(machine['transcendentals'])} functions/s, "
            f"{human_bytes(machine['bytes'])}/s"
        ),
    }
    if summary["unbounded loops"]:
        lines["loops"] = f"{summary['unbounded loops']} of unknown length, counted as one step each"
    for name, text in lines.items():
        typer.echo(f"{styled(name.rjust(12), bold=True)}  {text}")


_COLUMNS = ("ops", "runs", "flop", "func", "bytes", "fused", "flop/B", "time", "share", "name")


def _print_rows(title: str, rows: dict[str, dict[str, Any]], top: int) -> None:
    total = sum(r["estimated seconds"] for r in rows.values()) or 1.0
    shown = [
        {
            "name": name,
            "ops": r["ops"],
            "runs": r["runs"],
            "flop": human_number(r["flops"]),
            "func": human_number(r["transcendentals"]),
            "bytes": human_bytes(r["bytes"]),
            "fused": human_bytes(r["fused bytes"]),
            "flop/B": human_number(r["intensity"]),
            "time": human_time(r["estimated seconds"]),
            "share": f"{100 * r['estimated seconds'] / total:.1f}%",
        }
        for name, r in list(rows.items())[:top]
    ]
    # Ops run as often as there are, but for those in loops.
    columns = [c for c in _COLUMNS if c != "runs" or any(r["runs"] != r["ops"] for r in shown)]
    typer.echo()
    print_table(columns, shown, title=title, right=_COLUMNS[:-1])
    if len(rows) > top:
        typer.echo(f"and {len(rows) - top} more; see --top")
