"""Ops of which only some results depend on the values that a function is linear in.

The derivative of a loop is one loop, with results and tangents. Where its tangents are to be turned around, the results
are computed apart from them: by a copy of the loop whose tangents are zero, of which dead code elimination leaves
what the results need.
"""

from __future__ import annotations

from collections.abc import Sequence

from axir_compiler import ops
from axir_compiler.ir.module import copy_op
from axir_compiler.ir.op import listed
from axir_compiler.ir.region import CALLING, dependent_results
from axir_compiler.mlir import ir
from axir_compiler.passes.cse import EqualOps

__all__ = ["LinearOp", "copy_known", "separate_known"]

Value = ir.Value


def copy_known(op: ir.OpView, linear: set[Value], values: dict[Value, Value]) -> None:
    """Append a copy of an op for the results that do not depend on ``linear`` values; ``values`` maps them to it."""
    mapping = {x: ops.zeros_like(x) if x in linear else values[x] for x in listed(op.operands)}
    copy_op(op, mapping)
    values.update({r: mapping[r] for r in op.results})


LinearOp = tuple[ir.OpView, list[Value], list[Value]]
"""An op that depends on some seeds, with its operands and results, which are asked for more than once."""


def separate_known(
    module: ir.Module, ops: Sequence[ir.OpView], seeds: Sequence[Value]
) -> tuple[set[Value], list[LinearOp], list[ir.OpView]]:
    """Give each op of a block results that all depend on ``seeds``, or none that does.

    Returns: the values that depend on them, the ops that give such, and the others, of which equal ones are merged.
    """
    linear, equal = set(seeds), EqualOps()
    linear_ops: list[LinearOp] = []
    known: list[ir.OpView] = []
    for op in ops:
        operands = listed(op.operands)
        if linear.isdisjoint(operands):
            if not equal.merge(op, operands):
                known.append(op)
            continue
        results = listed(op.results)
        if isinstance(op, CALLING):
            found = dependent_results(module, op, linear)
            if len(found) < len(results):
                copy = _known_copy(op, linear, found)
                if not equal.merge(copy, listed(copy.operands)):
                    known.append(copy)
            linear.update(found)
        else:
            linear.update(results)
        # Without such results nothing uses it any more.
        linear_ops.append((op, operands, results))
    return linear, linear_ops, known


def _known_copy(op: ir.OpView, linear: set[Value], dependent: Sequence[Value]) -> ir.OpView:
    """A copy of an op in front of it that gives, instead of it, the results that are not ``dependent``."""
    values = {x: x for x in op.operands}
    with ir.InsertionPoint(op), op.location:
        copy_known(op, linear, values)
    for r in op.results:
        if r not in dependent:
            r.replace_all_uses_with(values[r])
    return values[op.results[0]].owner.opview
