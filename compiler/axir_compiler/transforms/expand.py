"""Expansion of transformation ops into calls of transformed functions, innermost first."""

from __future__ import annotations

from collections.abc import Sequence

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.module import call, callees_of, functions, lookup, signature, walk
from axir_compiler.ir.types import aval_of, is_inexact
from axir_compiler.mlir import ir
from axir_compiler.ops.transformation import JvpOp, LinearTransposeOp, TransformationOp, VjpOp, VmapOp
from axir_compiler.passes.inline import inline_calls
from axir_compiler.transforms.jvp import Linearizer
from axir_compiler.transforms.transpose import Transposer
from axir_compiler.transforms.vmap import UNBATCHED, Vectorizer

__all__ = ["Expander"]

Value = ir.Value


class Expander:
    """Replaces the transformation ops of one module; each function is rewritten once for each signature."""

    def __init__(self, module: ir.Module):
        self.module = module
        self.linearizer = Linearizer(module)
        self.transposer = Transposer(module)
        self.vectorizer = Vectorizer(module)
        self.linearizer.expand = self.transposer.expand = self.expand
        self._done: set[str] = set()
        self._made: list[list[str]] = []

    def expand_all(self) -> None:
        """Expand every function of the module."""
        for symbol in functions(self.module):
            self.expand(symbol)

    def expand(self, symbol: str) -> None:
        """Expand one function and all that it calls."""
        if symbol in self._done:
            return
        self._done.add(symbol)
        for op in list(walk(lookup(self.module, symbol))):
            callee = callees_of(op).get("callee")
            if callee is None:
                continue
            # The rules that an op may name besides are expanded where they are used: they may be recursive.
            self.expand(callee)
            if isinstance(op, TransformationOp):
                with ir.InsertionPoint(op), op.location:
                    self._made.append([])
                    results = self._replacement(op)
                    made = self._made.pop()
                for old, new in zip(op.results, results, strict=True):
                    old.replace_all_uses_with(new)
                op.operation.erase()
                for called in made:
                    self.expand(called)

    def _replacement(self, op: TransformationOp) -> Sequence[Value]:
        if isinstance(op, JvpOp):
            return self._jvp(op)
        if isinstance(op, VjpOp):
            return self._vjp(op)
        if isinstance(op, LinearTransposeOp):
            return self._linear_transpose(op)
        assert isinstance(op, VmapOp)
        return self._vmap(op)

    def _call(self, symbol: str, operands: Sequence[Value]) -> list[Value]:
        self._made[-1].append(symbol)
        return call(symbol, operands, lookup(self.module, symbol).type.results)

    def _jvp(self, op: JvpOp) -> list[Value]:
        rule = self.linearizer.jvp(op.callee, op.wrt)
        found = self._call(rule.symbol, op.operands)
        outputs = found[: len(found) - len(rule.nonzero)]
        tangents = dict(zip(rule.nonzero, found[len(outputs) :], strict=True))
        for i, output in enumerate(outputs):
            if i not in tangents and is_inexact(aval_of(output).dtype):
                tangents[i] = ops.zeros_like(output)
        return outputs + [tangents[i] for i in sorted(tangents)]

    def _vjp(self, op: VjpOp) -> list[Value]:
        operands = list(op.operands)
        count = len(operands) - len(op.seeds)
        rule = self.linearizer.linearize(op.callee, op.wrt)
        found = self._call(rule.forward, operands[:count])
        outputs = found[: len(found) - rule.residuals]
        seeds = dict(zip(op.seeds, operands[count:], strict=True))
        used = [i for i in rule.nonzero if i in seeds]
        linear = tuple(range(rule.residuals, rule.residuals + len(op.wrt)))
        turned = self.transposer.transpose(rule.linear, linear, tuple(map(rule.nonzero.index, used)))
        cotangents = self._call(turned.symbol, [*found[len(outputs) :], *(seeds[i] for i in used)])
        by_argument = {
            op.wrt[i - rule.residuals]: ct for i, ct in zip(turned.nonzero, cotangents, strict=True)
        }
        return outputs + [_or_zeros(by_argument.get(i), operands[i]) for i in op.wrt]

    def _linear_transpose(self, op: LinearTransposeOp) -> list[Value]:
        callee = lookup(self.module, op.callee)
        inline_calls(self.module, callee, keep_rules=True)
        inputs, outputs = signature(callee)
        turned = self.transposer.transpose(op.callee, op.wrt, tuple(range(len(outputs))))
        found = dict(zip(turned.nonzero, self._call(turned.symbol, op.operands), strict=True))
        return [found[i] if i in found else ops.zeros(inputs[i]) for i in op.wrt]

    def _vmap(self, op: VmapOp) -> list[Value]:
        rule = self.vectorizer.vectorize(op.callee, op.in_axes, op.size, op.axis_name)
        found = self._call(rule.symbol, op.operands)
        placed = zip(found, rule.out_axes, op.out_axes, strict=True)
        return [_place(x, axis, wanted, op.size, i) for i, (x, axis, wanted) in enumerate(placed)]


def _or_zeros(value: Value | None, like: Value) -> Value:
    return ops.zeros_like(like) if value is None else value


def _place(x: Value, axis: int, wanted: int, size: int, index: int) -> Value:
    """A result of a batched function with its batch axis where it is wanted."""
    if wanted == UNBATCHED:
        if axis != UNBATCHED:
            raise ShapeError(
                f"vmap: out_axes is None for result {index}, but that result differs between the items of the "
                "batch. Give it an axis."
            )
        return x
    return ops.broadcast_axis(x, wanted, size) if axis == UNBATCHED else ops.move_axis(x, axis, wanted)
