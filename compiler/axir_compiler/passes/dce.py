"""Dead code elimination. MLIR leaves ops of a Python dialect alone, since it does not know their effects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.ir.effects import has_effect
from axir_compiler.ir.module import body_of, callees_of, functions, is_private, walk
from axir_compiler.ir.op import listed
from axir_compiler.ir.region import RegionOp, prune
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass

__all__ = [
    "DeadCodePass",
    "DeadFunctionsPass",
    "eliminate_dead_code",
    "eliminate_dead_functions",
    "eliminate_unused",
]


def eliminate_dead_code(function: func.FuncOp) -> int:
    """Remove ops without effects whose results nobody uses, from last to first; gives their number."""
    return eliminate_unused(list(body_of(function).operations)[:-1])


def eliminate_unused(ops: Sequence[ir.OpView]) -> int:
    """The same among ``ops`` of one block, given in order, without its terminator."""
    removed = 0
    for op in reversed(ops):
        if not _is_used(op) and not has_effect(op):
            op.operation.erase()
            removed += 1
        elif isinstance(op, RegionOp):
            kept = prune(op)
            removed += sum(eliminate_unused(list(block.operations)[:-1]) for block in kept.blocks)
    return removed


def _is_used(op: ir.OpView) -> bool:
    for result in listed(op.results):
        for _ in result.uses:
            return True
    return False


def eliminate_dead_functions(module: ir.Module) -> None:
    """Remove private functions that no public function reaches."""
    table = functions(module)
    pending = [name for name, f in table.items() if not is_private(f)]
    reached = set(pending)
    while pending:
        for op in walk(table[pending.pop()]):
            new = {*callees_of(op).values()} - reached
            reached |= new
            pending.extend(new)
    for name, function in table.items():
        if name not in reached:
            function.operation.erase()


@dataclass(frozen=True)
class DeadCodePass(Pass):
    """Remove ops whose results are unused.

    Rewrites leave such ops behind: a derivative rule asks for a value that turns out not to be needed.
    """

    name: ClassVar[str] = "dce"

    def run(self, module: ir.Module) -> None:
        for function in functions(module).values():
            eliminate_dead_code(function)


@dataclass(frozen=True)
class DeadFunctionsPass(Pass):
    """Remove private functions that no public function reaches.

    Expanding transformations leaves the functions that they started from.
    """

    name: ClassVar[str] = "symbol-dce"

    def run(self, module: ir.Module) -> None:
        eliminate_dead_functions(module)
