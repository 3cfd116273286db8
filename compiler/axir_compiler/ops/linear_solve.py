"""Solutions of linear systems of which a function gives the product, found by a function of the user."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from axir_compiler import ops
from axir_compiler.errors import MissingRuleError
from axir_compiler.ir.attributes import Int, Symbol
from axir_compiler.ir.module import lookup, signature
from axir_compiler.ir.op import Value
from axir_compiler.ir.region import build_function
from axir_compiler.ir.types import aval_of
from axir_compiler.mlir import ir
from axir_compiler.ops.custom import NamedFunctionsOp, Signatures, Slots, batched_function, in_front

__all__ = ["LinearSolveOp"]


class LinearSolveOp(NamedFunctionsOp, name="linear_solve"):
    """``x`` with ``matvec(x, outside) = b``, computed by ``callee(b, outside)``.

    The first ``inputs`` operands are ``b``, the others values from outside that all functions take last. The first
    ``inputs`` results are ``x``, the others by-products without derivative. ``transposed`` solves the transposed
    system; without one it is ``callee`` itself, and ``can_transpose`` is 0.

    Differentiation is implicit: from ``A x = b`` follows ``dx = A^-1 (db - dA x)``, and the transpose of ``A^-1``
    solves the transposed system. How ``callee`` computes does not matter.
    """

    callee: Symbol
    matvec: Symbol
    transposed: Symbol
    inputs: Int
    can_transpose: Int
    is_call: ClassVar[bool] = True

    dependent_results = NamedFunctionsOp._reached

    def verify_functions(self, functions: Signatures) -> None:
        operands, results = self._check_call(functions)
        n = self.inputs
        for name in ("matvec", "transposed"):
            inputs, outputs = functions[name]
            self._check(f"arguments of {name}", operands, inputs)
            self._check(f"results of {name}", results[:n], outputs[:n])
        self._check("solutions", operands[:n], results[:n])

    def _solve(self, module: ir.Module, operands: Sequence[Value], **changes: Any) -> list[Value]:
        attrs = {**self.attrs, **changes}
        results = signature(lookup(module, attrs["callee"]))[1]
        return LinearSolveOp.append(operands, results, **attrs)

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        module, n = linearizer.module, self.inputs
        results = self._solve(module, operands)
        outside = [i for i in range(n, len(operands)) if tangents[i] is not None]
        sides: Slots = list(tangents[:n])
        if outside:
            linearizer.expand(self.matvec)
            rule = linearizer.linearize(self.matvec, tuple(outside))
            point = [*results[:n], *operands[n:]]
            residuals = ops.call(module, rule.forward, point)[n:]
            slopes = [tangents[i] for i in outside]
            moved = ops.call(module, rule.linear, [*residuals, *(t for t in slopes if t is not None)])
            for i, t in zip(rule.nonzero, moved, strict=True):
                sides[i] = ops.add_tangents(sides[i], ops.neg(t))
        if all(t is None for t in sides):
            return results, [None] * len(results)
        right = [ops.zeros_like(b) if t is None else t for b, t in zip(operands, sides, strict=False)]
        found = self._solve(module, [*right, *operands[n:]])[:n]
        return results, [*found, *([None] * (len(results) - n))]

    linearize_with = jvp_with

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> Slots:
        n = self.inputs
        outside = [x for x in operands[n:] if x is not None]
        if len(outside) < len(operands) - n:
            raise MissingRuleError("transpose: a linear_solve is not linear in what its matrix depends on.")
        if not self.can_transpose:
            raise MissingRuleError(
                "custom_linear_solve: reverse-mode differentiation needs the solution of the transposed system. Pass "
                "transpose_solve, or symmetric=True."
            )
        right = [
            ops.zeros(aval_of(b)) if ct is None else ct for b, ct in zip(self.operands, cts[:n], strict=False)
        ]
        changes = {
            "callee": self.transposed,
            "transposed": self.callee,
            "matvec": self._transposed_product(transposer),
        }
        transposer.expand(self.transposed)
        found = self._solve(transposer.module, [*right, *outside], **changes)
        return [
            *(x if b is None else None for x, b in zip(found, operands[:n], strict=False)),
            *([None] * len(outside)),
        ]

    def _transposed_product(self, transposer: Any) -> str:
        """The function that multiplies by the transposed matrix."""
        n, module = self.inputs, transposer.module
        linear = tuple(range(n))
        transposer.expand(self.matvec)
        rule = transposer.transpose(self.matvec, linear, linear)

        def build(args: list[Value]) -> list[Value]:
            found = ops.call(module, rule.symbol, [*args[n:], *args[:n]])
            given = dict(zip(rule.nonzero, found, strict=True))
            return [given[i] if i in given else ops.zeros_like(args[i]) for i in linear]

        kinds = [x.type for x in self.operands]
        return build_function(module, f"{self.matvec}_transposed", kinds, build).sym_name.value

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        n = self.inputs
        right = [ops.batch_in_front(x, a, size) for x, a in zip(operands[:n], axes, strict=False)]
        given = [*([0] * n), *(-1 if a is None else a for a in axes[n:])]
        attrs = {
            "callee": in_front(vectorizer, size, self.callee, given),
            "matvec": batched_function(vectorizer, size, self.matvec, given),
            "transposed": batched_function(vectorizer, size, self.transposed, given),
        }
        found = self._solve(vectorizer.module, [*right, *operands[n:]], **attrs)
        return found, [0] * len(found)
