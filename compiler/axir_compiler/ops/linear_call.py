"""Calls of linear functions whose transpose a function of the user gives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from axir_compiler import ops
from axir_compiler.errors import MissingRuleError
from axir_compiler.ir.attributes import Int, Symbol
from axir_compiler.ir.module import lookup, signature
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import aval_of
from axir_compiler.ops.custom import NamedFunctionsOp, Signatures, Slots, batched_function, in_front

__all__ = ["LinearCallOp"]


class LinearCallOp(NamedFunctionsOp, name="linear_call"):
    """``callee(residuals, linear, outside)``, linear in the operands from ``residuals`` up to ``inputs``.

    ``transposed(residuals, cotangents of the results, outside)`` gives the cotangents of the linear operands. A
    transposed call is a call of ``transposed`` whose transpose is ``callee``.
    """

    callee: Symbol
    transposed: Symbol
    residuals: Int
    inputs: Int
    is_call: ClassVar[bool] = True

    def verify_functions(self, functions: Signatures) -> None:
        operands, results = self._check_call(functions)
        inputs, outputs = functions["transposed"]
        residuals, linear, outside = self._parts(operands)
        self._check("arguments of transposed", [*residuals, *results, *outside], inputs)
        self._check("results of transposed", linear, outputs)

    def _parts(self, values: Sequence[Any]) -> tuple[list[Any], list[Any], list[Any]]:
        r, n = self.residuals, self.inputs
        return list(values[:r]), list(values[r:n]), list(values[n:])

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        residuals, linear, outside = self._parts(operands)
        moving, slopes, around = self._parts(tangents)
        if any(t is not None for t in (*moving, *around)):
            raise MissingRuleError(
                "linear_call: the function is linear in its linear arguments only, and has no derivative with respect "
                "to residuals and values from outside. Apply stop_gradient to them, or use custom_vjp."
            )
        avals = [aval_of(r) for r in self.results]
        given = [ops.zeros_like(x) if t is None else t for x, t in zip(linear, slopes, strict=True)]
        results = LinearCallOp.append(operands, avals, **self.attrs)
        return results, list(LinearCallOp.append([*residuals, *given, *outside], avals, **self.attrs))

    linearize_with = jvp_with

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> Slots:
        residuals, linear, outside = self._parts(operands)
        if any(x is None for x in (*residuals, *outside)):
            raise MissingRuleError("transpose: a linear_call is not linear in its residuals.")
        transposer.expand(self.transposed)
        seeds = [ops.zeros(aval_of(r)) if ct is None else ct for r, ct in zip(self.results, cts, strict=True)]
        changes = {
            "callee": self.transposed,
            "transposed": self.callee,
            "inputs": self.residuals + len(seeds),
        }
        avals = [aval_of(x) for x in self._parts(self.operands)[1]]
        found = LinearCallOp.append([*residuals, *seeds, *outside], avals, **{**self.attrs, **changes})
        shares = [ct if x is None else None for x, ct in zip(linear, found, strict=True)]
        return [*([None] * len(residuals)), *shares, *([None] * len(outside))]

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        residuals, linear, outside = self._parts(operands)
        linear = [ops.batch_in_front(x, a, size) for x, a in zip(linear, self._parts(axes)[1], strict=True)]
        before, _, behind = self._parts([-1 if a is None else a for a in axes])
        callee = in_front(vectorizer, size, self.callee, [*before, *([0] * len(linear)), *behind])
        fronts = [0] * len(self.results)
        transposed = batched_function(vectorizer, size, self.transposed, [*before, *fronts, *behind])
        avals = signature(lookup(vectorizer.module, callee))[1]
        changes = {"callee": callee, "transposed": transposed}
        found = LinearCallOp.append([*residuals, *linear, *outside], avals, **{**self.attrs, **changes})
        return found, fronts
