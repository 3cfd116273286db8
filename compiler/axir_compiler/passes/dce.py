"""Dead code elimination. MLIR leaves ops of a Python dialect alone, since it does not know their effects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.ir.module import body_of, callee_of, functions, is_private
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass

__all__ = ["DeadCodePass", "DeadFunctionsPass", "eliminate_dead_code", "eliminate_dead_functions"]


def eliminate_dead_code(function: func.FuncOp) -> int:
    """Remove ops whose results nobody uses, from last to first; gives their number.

    Every op of the dialect, and every call of a function of it, is free of side effects.
    """
    live = set()
    dead = []
    for op in reversed(list(body_of(function).operations)):
        if isinstance(op, func.ReturnOp) or any(r in live for r in op.results):
            live.update(op.operands)
        else:
            dead.append(op)
    for op in dead:
        op.operation.erase()
    return len(dead)


def eliminate_dead_functions(module: ir.Module) -> None:
    """Remove private functions that no public function reaches."""
    table = functions(module)
    pending = [name for name, f in table.items() if not is_private(f)]
    reached = set(pending)
    while pending:
        for op in body_of(table[pending.pop()]).operations:
            callee = callee_of(op)
            if callee is not None and callee not in reached:
                reached.add(callee)
                pending.append(callee)
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
