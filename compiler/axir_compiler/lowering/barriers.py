"""Barriers that keep ops in kernels apart, and are gone once IREE has made the kernels.

A ``util.optimization_barrier`` means more to IREE than that: memory that goes through one is not freed before the call
ends, and what comes before and behind are two pieces of work that are handed to the device one after the other. Buffers
that are left to be freed by the end of the call are worse than late: the allocator of ``local-task`` keeps such memory
in slabs of 64 MB, looks for free space in the slab of the last one only, and takes new memory for ever.
"""

from __future__ import annotations

from axir_compiler.mlir import ir

__all__ = ["drop_kernel_barriers", "has_kernel_barriers", "kernel_barrier"]

_BARRIER, _MARK = "util.optimization_barrier", "axir.kernel_barrier"


def kernel_barrier(x: ir.Value, mark: str = _MARK) -> ir.Value:
    """The same tensor, in memory: one kernel computes it, others read it."""
    attributes = {mark: ir.UnitAttr.get()}
    return ir.Operation.create(_BARRIER, results=[x.type], operands=[x], attributes=attributes).result


def has_kernel_barriers(top: ir.Operation) -> bool:
    """Whether there are such barriers in a program."""
    return bool(_found(top, _MARK))


def drop_kernel_barriers(top: ir.Operation, mark: str = _MARK) -> None:
    """Take them, or those with another mark, out of a program whose kernels are made."""
    for op in _found(top, mark):
        op.results[0].replace_all_uses_with(op.operands[0])
        op.erase()


def _found(top: ir.Operation, mark: str) -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "flow.executable":
            return ir.WalkResult.SKIP
        if op.name == _BARRIER and mark in op.attributes:
            found.append(op)
        return ir.WalkResult.ADVANCE

    top.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found
