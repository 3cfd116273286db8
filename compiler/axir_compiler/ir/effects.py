"""Which ops do more than give results: callbacks with effects, and all that contains or calls them.

Such ops are neither dropped nor merged nor repeated, and stay in order.
"""

from __future__ import annotations

from axir_compiler.ir.module import body_of, callees_of, walk
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.mlir import func, ir

__all__ = ["effect_results", "function_has_effect", "has_effect"]


def has_effect(op: ir.OpView) -> bool:
    """Whether an op, one in its regions or one of a function that it calls has an effect."""
    return _has_effect(op, set())


def function_has_effect(function: func.FuncOp) -> bool:
    """Whether an op of a function has an effect."""
    return any(has_effect(op) for op in body_of(function).operations)


def effect_results(block: ir.Block) -> list[Value]:
    """The results of the ops of a block that have effects; they may differ from one run to the next."""
    return [r for op in block.operations if has_effect(op) for r in op.results]


def _has_effect(op: ir.OpView, seen: set[str]) -> bool:
    if isinstance(op, AxirOp):
        if op.has_effect:
            return True
        if op.has_regions:
            return any(_has_effect(o, seen) for region in op.regions for o in region.blocks[0].operations)
        if not op.symbol_names:
            return False
    callees = callees_of(op)
    # What names rules besides is a call of its callee; rules may use the function that they belong to.
    new = ({callees["callee"]} if "callee" in callees else {*callees.values()}) - seen
    if not new:
        return False
    seen |= new
    table = _symbols_around(op)
    return any(_has_effect(o, seen) for symbol in new for o in walk(table[symbol]))


def _symbols_around(op: ir.OpView) -> ir.SymbolTable:
    """The functions of the module that an op is in."""
    outer = op.operation
    while (parent := outer.parent) is not None:
        outer = parent.operation
    return ir.SymbolTable(outer)
