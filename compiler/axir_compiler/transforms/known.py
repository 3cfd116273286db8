"""Ops of which only some results depend on the values that a function is linear in.

The derivative of a loop is one loop, with results and tangents. Where its tangents are to be turned around, the results
are computed apart from them: by a copy of the loop whose tangents are zero, of which dead code elimination leaves
what the results need.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from axir_compiler import ops
from axir_compiler.ir.module import copy_op
from axir_compiler.ir.region import dependent_results
from axir_compiler.mlir import ir

__all__ = ["Separated", "copy_known", "separate_known"]

Value = ir.Value


def copy_known(op: ir.OpView, linear: set[Value], values: dict[Value, Value]) -> None:
    """Append a copy of an op for the results that do not depend on ``linear`` values; ``values`` maps them to it."""
    mapping = {x: ops.zeros_like(x) if x in linear else values[x] for x in op.operands}
    copy_op(op, mapping)
    values.update({r: mapping[r] for r in op.results})


class Separated(NamedTuple):
    """The values of a block that depend on some seeds, and its ops apart: those that give none, and those that do."""

    linear: set[Value]
    known_ops: list[ir.OpView]
    linear_ops: list[ir.OpView]


def separate_known(module: ir.Module, block: ir.Block, seeds: Sequence[Value]) -> Separated:
    """Give each op of a block results that all depend on ``seeds``, or none that does."""
    linear, known_ops, linear_ops = set(seeds), [], []
    for op in list(block.operations)[:-1]:
        if not any(x in linear for x in op.operands):
            known_ops.append(op)
            continue
        found = dependent_results(module, op, linear)
        if len(found) < len(op.results):
            known_ops.append(_known_copy(op, linear, found))
        linear.update(found)
        # Without such results nothing uses it any more.
        linear_ops.append(op)
    return Separated(linear, known_ops, linear_ops)


def _known_copy(op: ir.OpView, linear: set[Value], dependent: Sequence[Value]) -> ir.OpView:
    """A copy of an op in front of it that gives, instead of it, the results that are not ``dependent``."""
    values = {x: x for x in op.operands}
    with ir.InsertionPoint(op), op.location:
        copy_known(op, linear, values)
    for r in op.results:
        if r not in dependent:
            r.replace_all_uses_with(values[r])
    return values[op.results[0]].owner.opview
