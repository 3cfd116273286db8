"""Inlining of calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.ir.module import body_of, callees_of, copy_op, functions, is_jit, is_private, walk
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass

__all__ = ["InlinePass", "inline_calls"]


def inline_calls(
    module: ir.Module, function: func.FuncOp, *, keep_jit: bool = False, keep_rules: bool = False
) -> None:
    """Replace every call in a function by the body of its callee, callees first.

    The callees stay in the module. With ``keep_rules`` calls that say how they are differentiated stay too.
    """
    _Inliner(module, keep_jit, move=False, keep_rules=keep_rules).inline(function)


class _Inliner:
    def __init__(self, module: ir.Module, keep_jit: bool, move: bool, keep_rules: bool = False):
        self._functions = functions(module)
        self._keep_rules = keep_rules
        self._keep_jit = keep_jit
        self._move = move
        self._uses = Counter(
            callee for f in self._functions.values() for op in walk(f) for callee in callees_of(op).values()
        )
        self._done: set[str] = set()

    def __contains__(self, symbol: str) -> bool:
        """Whether the function is still there."""
        return symbol in self._functions

    def inline(self, function: func.FuncOp) -> None:
        name = function.sym_name.value
        if name in self._done:
            return
        self._done.add(name)
        for op in list(walk(function)):
            is_special = not self._keep_rules and getattr(op, "is_call", False)
            if not (isinstance(op, func.CallOp) or is_special):
                continue
            symbol = callees_of(op)["callee"]
            callee = self._functions[symbol]
            if self._keep_jit and is_jit(callee) and isinstance(op, func.CallOp):
                continue
            self.inline(callee)
            if self._move and self._uses[symbol] == 1 and is_private(callee):
                _move_body(callee, op)
                del self._functions[symbol]
            else:
                _copy_body(callee, op)
                self._uses[symbol] -= 1


def _move_body(callee: func.FuncOp, call: ir.OpView) -> None:
    block = body_of(callee)
    for argument, operand in zip(block.arguments, call.operands, strict=True):
        argument.replace_all_uses_with(operand)
    for inner in list(block.operations):
        if isinstance(inner, func.ReturnOp):
            returned = list(inner.operands)
            inner.operation.erase()
            _replace(call, returned)
        else:
            inner.operation.move_before(call.operation)
    call.operation.erase()
    callee.operation.erase()


def _copy_body(callee: func.FuncOp, call: ir.OpView) -> None:
    mapping: dict[ir.Value, ir.Value] = dict(zip(body_of(callee).arguments, call.operands, strict=True))
    with ir.InsertionPoint(call):
        for inner in body_of(callee).operations:
            if isinstance(inner, func.ReturnOp):
                _replace(call, [mapping[x] for x in inner.operands])
            else:
                with inner.location:
                    copy_op(inner, mapping)
    call.operation.erase()


def _replace(call: ir.OpView, values: Sequence[ir.Value]) -> None:
    for old, new in zip(call.results, values, strict=True):
        old.replace_all_uses_with(new)


@dataclass(frozen=True)
class InlinePass(Pass):
    """Replace calls by the bodies of their callees.

    Runs before lowering, so that IREE sees one function and can fuse across what were calls. With
    ``keep-jit`` calls of functions that were traced for jit stay, for evaluation.
    """

    name: ClassVar[str] = "inline"
    keep_jit: bool = False

    def run(self, module: ir.Module) -> None:
        # A private callee without other callers is moved, which is cheaper than a copy, and removed.
        inliner = _Inliner(module, self.keep_jit, move=True)
        for symbol, function in functions(module).items():
            if symbol in inliner:
                inliner.inline(function)
