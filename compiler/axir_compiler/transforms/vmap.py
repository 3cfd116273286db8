"""Vectorization: a function over a batch, by the batching rule of each op that meets a batched value.

The batch axis of each value is tracked, and moved only where a rule needs it elsewhere; ops on values that
are the same for all items stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from axir_compiler.ir.module import FunctionBuilder, body_of, call, copy_op, is_jit, lookup
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.region import HigherOrderOp
from axir_compiler.ir.types import Aval, aval_of, mlir_type
from axir_compiler.mlir import func, ir

__all__ = ["UNBATCHED", "Vectorized", "Vectorizer"]

Value = ir.Value
UNBATCHED = -1
"""The batch axis of a value that is the same for all items."""


class Vectorized(NamedTuple):
    """The batched function, and the batch axis of each of its results."""

    symbol: str
    out_axes: tuple[int, ...]


class Vectorizer:
    """Vectorizes the functions of one module, each once for each list of batch axes."""

    def __init__(self, module: ir.Module):
        self.module = module
        self._vectorized: dict[tuple[str, tuple[int, ...], int], Vectorized] = {}

    def vectorize(self, symbol: str, axes: Sequence[int], size: int) -> Vectorized:
        """The function over ``size`` items, argument ``i`` batched along ``axes[i]`` (-1: not batched)."""
        key = (symbol, tuple(axes), size)
        found = self._vectorized.get(key)
        if found is None:
            found = self._vectorized[key] = self._vectorize(*key)
        return found

    def _vectorize(self, symbol: str, axes: tuple[int, ...], size: int) -> Vectorized:
        function = lookup(self.module, symbol)
        arguments = list(body_of(function).arguments)
        inputs = [
            mlir_type(with_axis(aval_of(a), axis, size)) for a, axis in zip(arguments, axes, strict=True)
        ]
        builder = FunctionBuilder(self.module, f"{symbol}_vmap", inputs, jit=is_jit(function))
        values = dict(zip(arguments, builder.arguments, strict=True))
        batched = {a: axis for a, axis in zip(arguments, axes, strict=True) if axis != UNBATCHED}
        with builder:
            results = self._vectorize_body(function, values, batched, size)
        builder.finish([values[r] for r in results])
        return Vectorized(builder.name, tuple(batched.get(r, UNBATCHED) for r in results))

    def _vectorize_body(
        self, function: func.FuncOp, values: dict[Value, Value], batched: dict[Value, int], size: int
    ) -> list[Value]:
        for op in body_of(function).operations:
            if isinstance(op, func.ReturnOp):
                return list(op.operands)
            axes = [batched.get(x) for x in op.operands]
            with op.location:
                if all(axis is None for axis in axes):
                    copy_op(op, values)
                    continue
                operands = [values[x] for x in op.operands]
                if isinstance(op, func.CallOp):
                    new, found = self._call(op, operands, axes, size)
                elif isinstance(op, HigherOrderOp):
                    new, found = op.batch_with(self, size, axes, operands)
                else:
                    assert isinstance(op, AxirOp)
                    result, axis = op.batch(axes, *operands)
                    new = list(result) if isinstance(result, tuple) else [result]
                    found = [axis] * len(new)
            values.update(zip(op.results, new, strict=True))
            batched.update({r: a for r, a in zip(op.results, found, strict=True) if a != UNBATCHED})
        raise AssertionError("a function ends in a return")

    def _call(
        self, op: func.CallOp, operands: list[Value], axes: Sequence[int | None], size: int
    ) -> tuple[list[Value], Sequence[int]]:
        given = [UNBATCHED if axis is None else axis for axis in axes]
        rule = self.vectorize(op.callee.value, given, size)
        return call(rule.symbol, operands, lookup(self.module, rule.symbol).type.results), rule.out_axes


def with_axis(aval: Aval, axis: int, size: int) -> Aval:
    """The type of a value with a batch axis."""
    if axis == UNBATCHED:
        return aval
    return Aval((*aval.shape[:axis], size, *aval.shape[axis:]), aval.dtype)
