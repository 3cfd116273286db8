"""A repair of IREE's virtual machine code: branches that hand buffers to block arguments.

IREE gives block arguments registers, and an argument may stay in the register where the reference is that a branch
passes to it. It does so even if that reference is needed again. Passed twice, the second one is *moved* out of the
register, and the first argument becomes null: of a buffer, that is an error when the program runs; of a fence, it is
a wait that does not happen. Needed further on, as when several loops start from windows of one buffer, the loop
writes its own buffers over it. So each reference that is used more than once is copied for the branch.
"""

from __future__ import annotations

from axir_compiler.mlir import ir

__all__ = ["separate_shared_refs"]

_BRANCHES = frozenset({"vm.br", "vm.cond_br"})


def separate_shared_refs(module: ir.Operation) -> int:
    """Copy references that a branch passes and something else uses too; gives the number of copies.

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
    copies = 0
    for i, value in enumerate(branch.operands):
        if not _is_reference(value) or len(list(value.uses)) < 2:
            continue
        with ir.InsertionPoint(branch), branch.location:
            copy = ir.Operation.create("vm.assign.ref", results=[value.type], operands=[value])
        branch.operands[i] = copy.result
        copies += 1
    return copies


def _is_reference(value: ir.Value) -> bool:
    return str(value.type).startswith("!vm.")
