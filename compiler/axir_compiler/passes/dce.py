"""Dead code elimination. MLIR leaves ops of a Python dialect alone, since it does not know their effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.ir.effects import has_effect
from axir_compiler.ir.module import body_of, callees_of, functions, is_private, is_terminator, walk
from axir_compiler.ir.op import listed
from axir_compiler.ir.region import RegionOp, prune
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass

__all__ = ["DeadCodePass", "DeadFunctionsPass", "eliminate_dead_code", "eliminate_dead_functions"]


def eliminate_dead_code(function: func.FuncOp) -> int:
    """Remove ops without effects whose results nobody uses, from last to first; gives their number."""
    return _eliminate(body_of(function))


def _eliminate(block: ir.Block) -> int:
    removed = 0
    for op in reversed(list(block.operations)):
        if is_terminator(op):
            continue
        if not any(_is_used(r) for r in listed(op.results)) and not has_effect(op):
            op.operation.erase()
            removed += 1
        elif isinstance(op, RegionOp):
            kept = prune(op)
            removed += sum(_eliminate(region.blocks[0]) for region in kept.regions)
    return removed


def _is_used(value: ir.Value) -> bool:
    return next(iter(value.uses), None) is not None


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
