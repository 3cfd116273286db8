"""Copies of functions without their effects, for a second computation of what is computed already."""

from __future__ import annotations

from axir_compiler.ir.effects import function_has_effect
from axir_compiler.ir.module import blocks_of, lookup, unique_name
from axir_compiler.ir.op import AxirOp
from axir_compiler.mlir import func, ir
from axir_compiler.passes.inline import inline_calls

__all__ = ["silent_copy"]


def silent_copy(module: ir.Module, symbol: str) -> str | None:
    """A copy of a function in which ops with effects that give nothing are dropped; itself if it has no effect.

    ``None`` if an op with an effect gives results, so that it cannot be dropped.
    """
    function = lookup(module, symbol)
    if not function_has_effect(function):
        return symbol
    with module.context:
        copy = function.operation.clone(ip=ir.InsertionPoint(module.body)).opview
        assert isinstance(copy, func.FuncOp)
        copy.attributes["sym_name"] = ir.StringAttr.get(unique_name(module, f"{symbol}_silent"))
    inline_calls(module, copy)
    for op in [op for block in blocks_of(copy) for op in block.operations]:
        if isinstance(op, AxirOp) and op.has_effect:
            if len(op.results):
                copy.operation.erase()
                return None
            op.operation.erase()
    return copy.sym_name.value
