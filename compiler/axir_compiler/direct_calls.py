"""Calls without what only devices that work apart from the caller need.

IREE's programs make a fence for each piece of work, wait for it, and compare each argument with what they were
compiled for. A CPU device that computes while it is asked has no use for the fences, and who calls the program knows
what it takes: IREE's part of a call takes a third less time without them, a turn of a program's loop a fifth less.
"""

from __future__ import annotations

from axir_compiler.mlir import ir

__all__ = ["make_direct"]

_CALLS = frozenset({"vm.call", "vm.call.variadic", "vm.call.variadic.yieldable"})
_MADE = frozenset({"@hal.fence.create", "@hal.fence.join"})
_AWAITED = "@hal.fence.await"
_ASSERTIONS = frozenset({"@hal.buffer.assert", "@hal.buffer_view.assert"})


def make_direct(module: ir.Operation) -> bool:
    """Take fences and the checks of arguments out of a program; whether that was possible.

    It must be called with arguments of the right shapes and element types from then on, on a device of which every
    operation is done when it returns (IREE's ``local-sync``).

    Args:
        module: what IREE's passes leave, in the dialect of its virtual machine; rewritten in place.
    """
    calls: list[tuple[ir.Operation, str]] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in _CALLS:
            calls.append((op, str(op.attributes["callee"])))
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    if any(name.startswith("@hal.fence.") and name not in _MADE | {_AWAITED} for _, name in calls):
        return False
    for op, name in calls:
        with ir.InsertionPoint(op), op.location:
            if name in _MADE:
                nothing = ir.Operation.create("vm.const.ref.zero", results=[op.results[0].type])
                op.results[0].replace_all_uses_with(nothing.result)
            elif name == _AWAITED:
                success = ir.Operation.create("vm.const.i32.zero", results=[ir.IntegerType.get_signless(32)])
                ir.Operation.create("vm.br", operands=[success.result], successors=list(op.successors))
            elif name not in _ASSERTIONS:
                continue
        op.erase()
    return True
