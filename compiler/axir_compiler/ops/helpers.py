"""Short names for combinations of ops that rules use often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.module import call as append_call
from axir_compiler.ir.module import lookup
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.mlir import ir

__all__ = [
    "add_tangents",
    "batch_in_front",
    "broadcast_axis",
    "call",
    "convert_to",
    "full",
    "full_like",
    "merge_axes",
    "move_axis",
    "one_minus_square",
    "permute",
    "scalar_value",
    "scale",
    "select_along",
    "shift",
    "split_axis",
    "spread",
    "square",
    "zeros",
    "zeros_like",
]


def call(module: ir.Module, symbol: str, operands: Sequence[Value]) -> list[Value]:
    """Append a call of a function of the module; gives its results."""
    return append_call(symbol, operands, lookup(module, symbol).type.results)


def scalar_value(value: Any, dtype: np.dtype) -> ScalarValue:
    """A scalar attribute of a dtype."""
    return ScalarValue(value, dtype)


def full(shape: tuple[int, ...], value: Any, dtype: np.dtype) -> Value:
    """A tensor filled with one number."""
    scalar = ops.constant(value=ScalarValue(value, dtype))
    return ops.broadcast_in_dim(scalar, shape=shape, dimensions=()) if shape else scalar


def full_like(x: Value, value: Any) -> Value:
    """A tensor of the shape and dtype of ``x`` filled with one number."""
    shape, dtype = aval_of(x)
    return full(shape, value, dtype)


def zeros(aval: Aval) -> Value:
    """Zeros of a shape and dtype."""
    return full(aval.shape, 0, aval.dtype)


def zeros_like(x: Value) -> Value:
    """Zeros of the shape and dtype of ``x``."""
    return zeros(aval_of(x))


def scale(x: Value, factor: float) -> Value:
    """``factor * x``."""
    return ops.mul(x, full_like(x, factor))


def spread(values: Sequence[Value], positions: Sequence[int], count: int) -> list[Value | None]:
    """Values at their positions among ``count``, ``None`` elsewhere."""
    slots: list[Value | None] = [None] * count
    for i, value in zip(positions, values, strict=True):
        slots[i] = value
    return slots


def shift(x: Value, offset: float) -> Value:
    """``x + offset``."""
    return ops.add(x, full_like(x, offset))


def square(x: Value) -> Value:
    """``x * x``."""
    return ops.mul(x, x)


def one_minus_square(x: Value) -> Value:
    """``1 - x**2`` as ``(1 - x)(1 + x)``, which does not cancel near 1."""
    one = full_like(x, 1)
    return ops.mul(ops.sub(one, x), ops.add(one, x))


def add_tangents(a: Value | None, b: Value | None) -> Value | None:
    """Sum of tangents or cotangents, ``None`` being zero."""
    if a is None or b is None:
        return b if a is None else a
    return ops.add(a, b)


def convert_to(x: Value, dtype: np.dtype) -> Value:
    """``x`` in a dtype; nothing to do if it has it."""
    return x if aval_of(x).dtype == dtype else ops.convert(x, dtype=dtype)


def permute(x: Value, permutation: tuple[int, ...]) -> Value:
    """Transpose, unless the axes are in order already."""
    return x if permutation == tuple(range(len(permutation))) else ops.transpose(x, permutation=permutation)


def move_axis(x: Value, source: int, destination: int) -> Value:
    """``x`` with one axis moved, the others in their order."""
    if source == destination:
        return x
    order = [d for d in range(aval_of(x).ndim) if d != source]
    order.insert(destination, source)
    return permute(x, tuple(order))


def broadcast_axis(x: Value, axis: int, size: int) -> Value:
    """``x`` repeated along a new axis."""
    shape = aval_of(x).shape
    dimensions = tuple(d + (d >= axis) for d in range(len(shape)))
    return ops.broadcast_in_dim(x, shape=(*shape[:axis], size, *shape[axis:]), dimensions=dimensions)


def batch_in_front(x: Value, axis: int | None, size: int) -> Value:
    """A value with its batch axis first; repeated if it has none."""
    return broadcast_axis(x, 0, size) if axis is None else move_axis(x, axis, 0)


def select_along(predicate: Value, on_true: Value, on_false: Value) -> Value:
    """For each item along the first axis one of two values; ``predicate`` has rank 1."""
    shape = aval_of(on_true).shape
    return ops.select(ops.broadcast_in_dim(predicate, shape=shape, dimensions=(0,)), on_true, on_false)


def split_axis(x: Value, axis: int, outer: int, inner: int) -> Value:
    """An axis of size ``outer * inner`` as two axes."""
    shape = aval_of(x).shape
    return ops.reshape(x, shape=(*shape[:axis], outer, inner, *shape[axis + 1 :]))


def merge_axes(x: Value, outer: int, inner: int) -> Value:
    """Axis ``outer`` made part of axis ``inner``, in whose order its elements are far apart."""
    position = inner - (outer < inner)
    x = move_axis(x, outer, position)
    shape = aval_of(x).shape
    merged = shape[position] * shape[position + 1]
    return ops.reshape(x, shape=(*shape[:position], merged, *shape[position + 2 :]))
