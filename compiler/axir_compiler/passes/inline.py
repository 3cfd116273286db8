"""Inlining of calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.ir.module import body_of, copy_op, functions, is_jit, lookup
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass

__all__ = ["InlinePass", "inline_calls"]


def inline_calls(module: ir.Module, function: func.FuncOp, *, keep_jit: bool = False) -> None:
    """Replace every call in a function by the body of its callee, callees first."""
    for op in list(body_of(function).operations):
        if not isinstance(op, func.CallOp):
            continue
        callee = lookup(module, op.callee.value)
        if keep_jit and is_jit(callee):
            continue
        inline_calls(module, callee, keep_jit=keep_jit)
        mapping: dict[ir.Value, ir.Value] = dict(zip(body_of(callee).arguments, op.operands, strict=True))
        with ir.InsertionPoint(op):
            for inner in body_of(callee).operations:
                if isinstance(inner, func.ReturnOp):
                    for old, new in zip(op.results, inner.operands, strict=True):
                        old.replace_all_uses_with(mapping[new])
                else:
                    with inner.location:
                        copy_op(inner, mapping)
        op.operation.erase()


@dataclass(frozen=True)
class InlinePass(Pass):
    """Replace calls by the bodies of their callees.

    Runs before lowering, so that IREE sees one function and can fuse across what were calls. With
    ``keep-jit`` calls of functions that were traced for jit stay, for evaluation.
    """

    name: ClassVar[str] = "inline"
    keep_jit: bool = False

    def run(self, module: ir.Module) -> None:
        for function in functions(module).values():
            inline_calls(module, function, keep_jit=self.keep_jit)
