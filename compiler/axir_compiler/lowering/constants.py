"""Keeps kernels that ignore their inputs away from IREE.

An elementwise kernel may turn out constant: ``x == x``, ``x * 0``, a shift by more than the width. IREE finds that
out, drops the kernel's inputs, and with them the size of the loop of a reduction that the kernel is fused into: the
sum of ``x == x`` over any number of elements is 1. Here such kernels become constants before IREE sees them, of
which it takes sums correctly.
"""

from __future__ import annotations

from axir_compiler.ir.module import definitions
from axir_compiler.lowering.fusion import program_blocks
from axir_compiler.mlir import context, ir, passmanager

__all__ = ["with_constant_kernels_folded"]

_FOLD = "builtin.module(func.func(linalg-fuse-elementwise-ops,canonicalize,cse))"


def with_constant_kernels_folded(module: ir.Module) -> ir.Module:
    """The module itself if no kernel of it is constant, else a copy in which those are constants.

    What IREE will fold is found by folding a copy with MLIR's own passes, until no new constant appears.
    """
    with context():
        copy = ir.Module.parse(module.operation.get_asm(enable_debug_info=True))
        passes = passmanager.PassManager.parse(_FOLD)
        result = module
        passes.run(copy.operation)
        while _fold_kernels(copy):
            result = copy
            passes.run(copy.operation)
    return result


def _fold_kernels(module: ir.Module) -> bool:
    """Replace constant kernels by constants; whether there were any."""
    found = [
        (op, value)
        for function in definitions(module)
        for block in program_blocks(function.regions[0].blocks[0])
        for op in block.operations
        if (value := _constant_of(op)) is not None
    ]
    for op, value in found:
        kind = op.results[0].type
        with ir.InsertionPoint(op), op.location:
            splat = ir.DenseElementsAttr.get_splat(kind, value)
            new = ir.Operation.create("arith.constant", results=[kind], attributes={"value": splat}).result
        op.results[0].replace_all_uses_with(new)
        op.operation.erase()
    return bool(found)


def _constant_of(op: ir.OpView) -> ir.Attribute | None:
    """The number that a kernel of one result gives everywhere, if that is so."""
    if op.operation.name != "linalg.generic" or len(op.results) != 1:
        return None
    if not ir.RankedTensorType(op.results[0].type).has_static_shape:
        return None  # of a program for many sizes, which was made of folded ones
    if any("reduction" in str(kind) for kind in op.attributes["iterator_types"]):
        return None
    block = op.regions[0].blocks[0]
    owner = block.operations[len(block.operations) - 1].operands[0].owner
    if isinstance(owner, ir.Block) or owner.operation.name != "arith.constant":
        return None
    return owner.attributes["value"]
