"""Vectorization: a function over a batch, by the batching rule of each op that meets a batched value.

The batch axis of each value is tracked, and moved only where a rule needs it elsewhere; ops on values that
are the same for all items stay as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from axir_compiler.ir.module import (
    FunctionBuilder,
    body_of,
    call,
    callees_of,
    copy_op,
    is_jit,
    lookup,
    walk,
)
from axir_compiler.ir.op import AxirOp, listed
from axir_compiler.ir.places import NamesPlace
from axir_compiler.ir.region import HigherOrderOp, RegionOp
from axir_compiler.ir.types import Aval, aval_of, mlir_type
from axir_compiler.mlir import func, ir
from axir_compiler.ops.collective import CollectiveOp

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
        self.axis_name = ""
        """The name of the batch axis in the function that is being vectorized, empty for none."""
        self._vectorized: dict[tuple[str, tuple[int, ...], int, str], Vectorized] = {}
        self._referring: dict[str, frozenset[str]] = {}

    def vectorize(
        self, symbol: str, axes: Sequence[int], size: int, axis_name: str | None = None
    ) -> Vectorized:
        """The function over ``size`` items, argument ``i`` batched along ``axes[i]`` (-1: not batched).

        Ops of the function may refer to the batch by ``axis_name``, by default the name that is in force.
        """
        outer = self.axis_name
        name = outer if axis_name is None else axis_name
        key = (symbol, tuple(axes), size, name)
        found = self._vectorized.get(key)
        if found is None:
            self.axis_name = name
            try:
                found = self._vectorized[key] = self._vectorize(symbol, tuple(axes), size)
            finally:
                self.axis_name = outer
        return found

    def _refers(self, op: ir.OpView) -> bool:
        """Whether an op, or a function that it holds or calls, refers to the batch by name."""
        if not self.axis_name:
            return False
        if isinstance(op, CollectiveOp):
            return op.axis == self.axis_name
        inner = (
            [o for region in op.regions for o in region.blocks[0].operations]
            if isinstance(op, RegionOp)
            else []
        )
        callee = callees_of(op).get("callee")
        return any(map(self._refers, inner)) or (callee is not None and self.axis_name in self._names(callee))

    def _names(self, symbol: str) -> frozenset[str]:
        """The names of batch axes that a function, or what it calls, refers to."""
        found = self._referring.get(symbol)
        if found is None:
            names: set[str] = set()
            for op in walk(lookup(self.module, symbol)):
                if isinstance(op, CollectiveOp):
                    names.add(op.axis)
                elif callee := callees_of(op).get("callee"):
                    names |= self._names(callee)
            found = self._referring[symbol] = frozenset(names)
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
        *ops, terminator = list(body_of(function).operations)
        with NamesPlace() as place:
            for op in ops:
                place.op = op
                self._vectorize_op(op, values, batched, size)
        return list(terminator.operands)

    def _vectorize_op(
        self, op: ir.OpView, values: dict[Value, Value], batched: dict[Value, int], size: int
    ) -> None:
        given = listed(op.operands)
        with op.location:
            if batched.keys().isdisjoint(given) and not self._refers(op):
                copy_op(op, values)
                return
            axes = [batched.get(x) for x in given]
            operands = [values[x] for x in given]
            if isinstance(op, func.CallOp):
                new, found = self._call(op, operands, axes, size)
            elif isinstance(op, HigherOrderOp):
                new, found = op.batch_with(self, size, axes, operands)
            else:
                assert isinstance(op, AxirOp)
                if isinstance(op, CollectiveOp) and op.axis == self.axis_name:
                    result, axis = op.batch_named(size, axes, *operands)
                else:
                    result, axis = op.batch(axes, *operands)
                new = result if isinstance(result, tuple) else (result,)
                found = [axis] * len(new)
        for old, result, axis in zip(listed(op.results), new, found, strict=True):
            values[old] = result
            if axis != UNBATCHED:
                batched[old] = axis

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
