"""Common subexpression elimination."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from axir_compiler.ir.effects import has_effect
from axir_compiler.ir.module import blocks_of, functions
from axir_compiler.ir.op import AxirOp, listed
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass

__all__ = ["CommonSubexpressionsPass", "EqualOps", "eliminate_common_subexpressions"]


def eliminate_common_subexpressions(function: func.FuncOp) -> int:
    """Replace an op by an earlier one of the same name, operands, attributes and regions, which give its type.

    Gives the number of ops that were removed. In one block the earlier op dominates; blocks of regions use
    nothing from outside, so each is treated by itself.
    """
    removed = 0
    for block in blocks_of(function):
        equal = EqualOps()
        for op in list(block.operations):
            if isinstance(op, AxirOp | func.CallOp):
                removed += equal.merge(op, listed(op.operands))
    return removed


class EqualOps:
    """The ops of one block, as they are met in order, by what they compute."""

    def __init__(self) -> None:
        self._seen: dict[Any, ir.OpView] = {}

    def merge(self, op: ir.OpView, operands: Sequence[ir.Value]) -> bool:
        """Replace an op by an earlier one that is equal; whether there was one."""
        key = (op.OPERATION_NAME, tuple(operands), *_attributes(op), *_regions(op))
        first = self._seen.setdefault(key, op)
        if first is op or has_effect(op):
            return False
        for old, new in zip(op.results, first.results, strict=True):
            old.replace_all_uses_with(new)
        op.operation.erase()
        return True


def _regions(op: ir.OpView) -> tuple[Any, ...]:
    """Equal for ops whose regions compute the same in the same order."""
    if not getattr(op, "has_regions", False):
        return ()
    return tuple(_block_key(region.blocks[0]) for region in op.regions)


def _block_key(block: ir.Block) -> tuple[Any, ...]:
    """A block of a region, with its values numbered: it uses nothing from outside."""
    numbers = {x: i for i, x in enumerate(block.arguments)}
    rows = []
    for op in block.operations:
        operands = tuple(numbers[x] for x in op.operands)
        rows.append((op.OPERATION_NAME, operands, *_attributes(op), *_regions(op)))
        for result in op.results:
            numbers[result] = len(numbers)
    return tuple(x.type for x in block.arguments), tuple(rows)


def _attributes(op: ir.OpView) -> Iterable[Any]:
    """Names and values of attributes; most ops have none, which their class knows."""
    return op.attributes.items() if getattr(op, "attribute_kinds", True) else ()


@dataclass(frozen=True)
class CommonSubexpressionsPass(Pass):
    """Compute each value once.

    Derivative rules repeat parts of the original function (``cos(x)`` beside ``sin(x)``, constants, shapes);
    ops without effects are pure, so equal ones on equal operands give equal results.
    """

    name: ClassVar[str] = "cse"

    def run(self, module: ir.Module) -> None:
        for function in functions(module).values():
            eliminate_common_subexpressions(function)
