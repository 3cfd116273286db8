"""A repair for Vulkan: commands that copy or fill are recorded again for each call.

IREE records the commands of a program when it is loaded, and hands the buffers of each call to them. Its Vulkan driver
does so for kernels only: copies and fills go on with the buffers of the first call, and later calls give what happens
to be in their memory. Commands that run kernels alone stay recorded.
"""

from __future__ import annotations

from axir_compiler.mlir import ir

__all__ = ["record_copies_again"]

_MOVING = frozenset(f"hal.command_buffer.{name}_buffer" for name in ("copy", "fill", "update"))


def record_copies_again(module: ir.Operation) -> int:
    """Call what records copies wherever the recording is used; gives the number of uses.

    Args:
        module: what IREE's passes leave when programs are made of commands; rewritten in place.
    """
    moving = {f.attributes["sym_name"].value for f in _all(module, "util.func") if _moves(f)}
    recorders: dict[str, ir.Attribute] = {}
    for store in _all(module, "util.global.store"):
        source = store.operands[0].owner
        if isinstance(source, ir.Operation | ir.OpView) and source.operation.name == "util.call":
            callee = source.operation.attributes["callee"]
            if callee.value in moving:
                recorders[store.attributes["global"].value] = callee
    loads = [op for op in _all(module, "util.global.load") if op.attributes["global"].value in recorders]
    for load in loads:
        with ir.InsertionPoint(load), load.location:
            attributes = {"callee": recorders[load.attributes["global"].value]}
            kinds = [load.results[0].type]
            again = ir.Operation.create("util.call", results=kinds, attributes=attributes)
        load.results[0].replace_all_uses_with(again.result)
        load.erase()
    return len(loads)


def _moves(function: ir.Operation) -> bool:
    return any(_all(function, name) for name in _MOVING)


def _all(module: ir.Operation, name: str) -> list[ir.Operation]:
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == name:
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    return found
