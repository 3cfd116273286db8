"""Transposition: a linear function turned around, from cotangents of its results to cotangents of its arguments.

The ops that do not depend on the linear arguments are copied; the others are visited in reverse order, and
the transpose rule of each hands the cotangent of its result on to its operands.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from axir_compiler import ops
from axir_compiler.errors import MissingRuleError
from axir_compiler.ir.module import FunctionBuilder, body_of, call, is_jit, lookup, return_op
from axir_compiler.ir.op import AxirOp, listed
from axir_compiler.ir.places import NamesPlace
from axir_compiler.ir.region import CALLING, HigherOrderOp, dependent_results
from axir_compiler.mlir import func, ir
from axir_compiler.transforms.known import LinearOp, copy_known

__all__ = ["Transposed", "Transposer"]

Value = ir.Value
Positions = tuple[int, ...]


class Transposed(NamedTuple):
    """``symbol(other args, cotangents of the seeds) -> cotangents of the arguments listed in nonzero``."""

    symbol: str
    nonzero: Positions


class Transposer:
    """Transposes the functions of one module, each once for each set of linear arguments and seeds."""

    def __init__(self, module: ir.Module):
        self.module = module
        self.expand: Callable[[str], None] = lambda symbol: None
        """Expands the transformation ops of a function that comes up on the way."""
        self._transposed: dict[tuple[str, Positions, Positions], Transposed] = {}

    def transpose(self, symbol: str, linear: Positions, seeds: Positions) -> Transposed:
        """Transpose with respect to the arguments ``linear``; results outside ``seeds`` have no cotangent."""
        key = (symbol, linear, seeds)
        found = self._transposed.get(key)
        if found is None:
            found = self._transposed[key] = self._transpose(*key)
        return found

    def _transpose(self, symbol: str, linear: Positions, seeds: Positions) -> Transposed:
        function = lookup(self.module, symbol)
        arguments = list(body_of(function).arguments)
        others = [a for i, a in enumerate(arguments) if i not in linear]
        results = list(return_op(function).operands)
        inputs = [a.type for a in others] + [results[i].type for i in seeds]
        builder = FunctionBuilder(self.module, f"{symbol}_transpose", inputs, jit=is_jit(function))
        values = dict(zip(others, builder.arguments, strict=False))
        linear_values = {arguments[i] for i in linear}
        with builder:
            pending = self._copy_nonlinear(function, linear_values, values)
            cotangents: dict[Value, Value] = {}
            with ir.Location.unknown():
                for i, ct in zip(seeds, builder.arguments[len(others) :], strict=True):
                    if results[i] in linear_values:
                        _accumulate(cotangents, results[i], ct)
            with NamesPlace() as place:
                for one in reversed(pending):
                    place.op = one[0]
                    self._transpose_op(one, linear_values, values, cotangents)
        nonzero = tuple(i for i in linear if arguments[i] in cotangents)
        builder.finish([cotangents[arguments[i]] for i in nonzero])
        return Transposed(builder.name, nonzero)

    def _copy_nonlinear(
        self, function: func.FuncOp, linear_values: set[Value], values: dict[Value, Value]
    ) -> list[LinearOp]:
        """Copy the ops that do not depend on linear values; give the others, in order."""
        pending = []
        for op in list(body_of(function).operations)[:-1]:
            operands, results = listed(op.operands), listed(op.results)
            if linear_values.isdisjoint(operands):
                linear = []
            elif isinstance(op, CALLING):
                linear = dependent_results(self.module, op, linear_values)
            else:
                linear = results
            if len(linear) < len(results):
                with op.location:
                    copy_known(op, linear_values, values)
            if linear:
                linear_values.update(linear)
                pending.append((op, operands, results))
        return pending

    def _transpose_op(
        self,
        one: LinearOp,
        linear_values: set[Value],
        values: dict[Value, Value],
        cotangents: dict[Value, Value],
    ) -> None:
        op, operands, results = one
        if cotangents.keys().isdisjoint(results):
            return
        cts = [cotangents.pop(r, None) for r in results]
        known = [None if x in linear_values else values[x] for x in operands]
        with op.location:
            if isinstance(op, func.CallOp):
                shares = self._transpose_call(op, known, cts)
            elif isinstance(op, HigherOrderOp):
                shares = op.transpose_with(self, cts, known)
            else:
                assert isinstance(op, AxirOp)
                _check_linear(op, [i for i, k in enumerate(known) if k is None])
                shares = op.transpose(cts[0] if len(cts) == 1 else tuple(cts), *known)
            for x, k, share in zip(operands, known, shares, strict=True):
                if k is None and share is not None:
                    _accumulate(cotangents, x, share)

    def _transpose_call(
        self, op: func.CallOp, known: Sequence[Value | None], cts: Sequence[Value | None]
    ) -> list[Value | None]:
        linear = tuple(i for i, k in enumerate(known) if k is None)
        seeds = tuple(i for i, ct in enumerate(cts) if ct is not None)
        rule = self.transpose(op.callee.value, linear, seeds)
        operands = [x for x in (*known, *cts) if x is not None]
        found = call(rule.symbol, operands, [op.operands[i].type for i in rule.nonzero])
        shares: list[Value | None] = [None] * len(known)
        for i, share in zip(rule.nonzero, found, strict=True):
            shares[i] = share
        return shares


def _check_linear(op: AxirOp, unknown: Sequence[int]) -> None:
    """Refuse an op that is not linear in the operands that depend on linear arguments, taken together."""
    jointly = bool(op.linear_in) or len(unknown) == 1
    if not jointly or not all(map(op.may_be_linear_in, unknown)):
        operands = ", ".join(str(i) for i in unknown)
        raise MissingRuleError(
            f"transpose: {op.OPERATION_NAME} is not linear in its operands {operands}, which depend on the linear "
            "arguments. Only linear functions can be transposed; linearize others first."
        )


def _accumulate(cotangents: dict[Value, Value], value: Value, share: Value) -> None:
    known = cotangents.get(value)
    cotangents[value] = share if known is None else ops.add(known, share)
