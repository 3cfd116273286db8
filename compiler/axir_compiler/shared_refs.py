"""A repair of IREE's virtual machine code: branches that hand one buffer to several block arguments.

IREE gives block arguments registers. If a branch passes a reference twice, and its first argument may stay in the
register where the reference is, the second one is *moved* out of that register: the first argument becomes null. Of a
buffer, that is an error when the program runs; of a fence, it is a wait that does not happen. Loops and branches of a
program whose results are equal, or constants that share memory, lead to such code. Here each of these arguments gets
a reference of its own.
"""

from __future__ import annotations

from axir_compiler.mlir import ir

__all__ = ["separate_shared_refs"]

_BRANCHES = frozenset({"vm.br", "vm.cond_br"})


def separate_shared_refs(module: ir.Operation) -> int:
    """Copy references that a branch passes more than once to the same block; gives the number of copies.

    Args:
        module: what IREE's passes leave, in the dialect of its virtual machine; rewritten in place.
    """
    branches: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in _BRANCHES:
            branches.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    return sum(map(_separate, branches))


def _separate(branch: ir.Operation) -> int:
    copies, start = 0, 0
    for count in _successor_operands(branch):
        seen: set[ir.Value] = set()
        for i in range(start, start + count):
            value = branch.operands[i]
            if value in seen and _is_reference(value):
                with ir.InsertionPoint(branch), branch.location:
                    copy = ir.Operation.create("vm.assign.ref", results=[value.type], operands=[value])
                branch.operands[i] = copy.result
                copies += 1
            seen.add(value)
        start += count
    return copies


def _successor_operands(branch: ir.Operation) -> list[int]:
    """How many operands go to the condition and to each successor."""
    if "operandSegmentSizes" in branch.attributes:
        return list(ir.DenseI32ArrayAttr(branch.attributes["operandSegmentSizes"]))
    return [len(branch.operands)]


def _is_reference(value: ir.Value) -> bool:
    return str(value.type).startswith("!vm.")
