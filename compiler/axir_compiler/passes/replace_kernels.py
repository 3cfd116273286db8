"""Ops that need loops over single elements, written in other ops for targets that cannot run such loops."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.ir.module import functions, walk
from axir_compiler.ir.op import AxirOp
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass

__all__ = ["ReplaceKernelsPass", "replace_kernels"]


def replace_kernels(function: func.FuncOp) -> None:
    """Replace the ops of a function by what their ``without_kernels`` gives, and the ops in that likewise."""
    while sum(_replaced(op) for op in list(walk(function)) if isinstance(op, AxirOp)):
        pass


def _replaced(op: AxirOp) -> bool:
    """Whether the op has been replaced: it may lower without kernels as it is."""
    with ir.InsertionPoint(op), op.location:
        found = op.without_kernels(*op.operands)
    if found is None:
        return False
    results = [found] if isinstance(found, ir.Value) else list(found)
    for old, new in zip(op.results, results, strict=True):
        old.replace_all_uses_with(new)
    op.operation.erase()
    return True


@dataclass(frozen=True)
class ReplaceKernelsPass(Pass):
    """Write ops that run in loops over single elements in other ops, by the rule that stands with each op.

    GPUs run many elements at once, and IREE's compiler has no code for the loops that CPUs take.
    """

    name: ClassVar[str] = "replace-kernels"

    def run(self, module: ir.Module) -> None:
        for function in functions(module).values():
            replace_kernels(function)
