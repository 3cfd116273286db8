"""Sorting along one axis."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import Bool, Int, Tensor, Tensors
from axir_compiler.ir.op import AxirOp, Tangents, Value
from axir_compiler.ir.types import BOOL, COMPLEX, NUMERIC, Aval, aval_of, is_complex, is_float
from axir_compiler.later import builders
from axir_compiler.ops.elementwise import align_batch
from axir_compiler.ops.real_numbers import has_zeros
from axir_compiler.ops.sorting_network import network_order

__all__ = ["stable_order", "totally_ordered"]

_INT32 = np.dtype("int32")
# From so many elements on packing pays.
_PACKED_FROM = 256


class SortOp(AxirOp, name="sort", dtypes=NUMERIC | BOOL | COMPLEX, same_dtype=False):
    """Operands of one shape, put in the ascending order of the first ``num_keys`` of them along an axis.

    Later keys decide between equal earlier ones; what is equal in all keys keeps its order. Both zeros are
    equal, and NaN, whatever its sign, is equal to NaN and larger than all other numbers. A complex key stands for two,
    its real and its imaginary part.

        %v, %i = "axir.sort"(%x, %iota) {dimension = 0, num_keys = 1}
    """

    operands_: Tensors
    dimension: Int
    num_keys: Int

    @staticmethod
    def infer(*xs: Aval, dimension: int, num_keys: int) -> tuple[Aval, ...]:
        if len({x.shape for x in xs}) != 1:
            raise ShapeError(f"operands must have one shape; got {', '.join(map(str, xs)) or 'none'}.")
        if not 0 <= dimension < xs[0].ndim:
            raise ShapeError(f"dimension must be in [0, {xs[0].ndim}); got {dimension} for {xs[0]}.")
        if not 1 <= num_keys <= len(xs):
            raise ShapeError(f"num_keys must be in [1, {len(xs)}], the number of operands; got {num_keys}.")
        return xs

    @staticmethod
    def numpy(*xs: np.ndarray, dimension: int, num_keys: int) -> Any:
        if len(xs) == 1:
            return _sorted_alone(xs[0], dimension)
        order = stable_order(xs[:num_keys], dimension)
        return tuple(np.take_along_axis(x, order, dimension) for x in xs)

    def jvp(self, *tangents: Value | None) -> Tangents:
        """Tangents go where their elements go."""
        if all(t is None for t in tangents):
            return None
        keys = list(self.operands)[: self.num_keys]
        positions = ops.iota(shape=aval_of(keys[0]).shape, dimension=self.dimension, dtype=_INT32)
        order = ops.sort(*keys, positions, dimension=self.dimension, num_keys=self.num_keys)[-1]
        moved = [None if t is None else ops.take_along(t, order, axis=self.dimension) for t in tangents]
        return tuple(moved) if len(moved) > 1 else moved[0]

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Any, int]:
        aligned, axis = align_batch(axes, operands)
        return self.rebuild(*aligned, dimension=self.dimension + (self.dimension >= axis)), axis

    def lower(self, *operands: Value) -> list[Value]:
        dtypes = [aval_of(x).dtype for x in self.operands]
        return builders.sort(operands, self.dimension, self.num_keys, dtypes)

    def without_kernels(self, *operands: Value) -> list[Value]:
        """By a sorting network for the order, in which all operands are taken then."""
        shape = aval_of(operands[0]).shape
        if shape[self.dimension] < 2 or 0 in shape:
            return list(operands)
        order = network_order(operands[: self.num_keys], self.dimension)
        return [ops.take_along(x, order, axis=self.dimension) for x in operands]

    def flops(self) -> int:
        """``n log2(n)`` comparisons of all keys along the axis."""
        x = aval_of(self.operands[0])
        return round(self.num_keys * x.size * math.log2(max(x.shape[self.dimension], 1)))


class SearchsortedOp(AxirOp, name="searchsorted", dtypes=NUMERIC | BOOL, zero_tangent=True):
    """Where the elements of ``values`` belong among those of ``sorted_``, which ascend along the last axis.

    ``sorted_`` is ``[..., n]``, ``values`` is ``[..., m]``; the result, of dtype int32 and the shape of
    ``values``, is the number of smaller elements, or with ``right`` of those that are not larger. Numbers compare
    as in ``sort``.
    """

    sorted_: Tensor
    values: Tensor
    right: Bool

    @staticmethod
    def infer(x: Aval, values: Aval, *, right: bool) -> Aval:
        if not x.ndim or x.ndim != values.ndim or x.shape[:-1] != values.shape[:-1]:
            raise ShapeError(f"shapes must agree except along the last axis; got {x} and {values}.")
        return Aval(values.shape, _INT32)

    @staticmethod
    def numpy(x: np.ndarray, values: np.ndarray, *, right: bool) -> np.ndarray:
        keys, wanted = sortable(x), sortable(values)
        if x.ndim == 1:
            return np.searchsorted(keys, wanted, "right" if right else "left").astype(np.int32)
        result = np.empty(values.shape, np.int32)
        for row in np.ndindex(*x.shape[:-1]):
            result[row] = np.searchsorted(keys[row], wanted[row], "right" if right else "left")
        return result

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Value, int]:
        size = next(aval_of(x).shape[a] for x, a in zip(operands, axes, strict=True) if a is not None)
        x, values = (
            ops.broadcast_axis(x, 0, size) if a is None else ops.move_axis(x, a, 0)
            for x, a in zip(operands, axes, strict=True)
        )
        return self.rebuild(x, values), 0

    def lower(self, x: Value, values: Value) -> Value:
        return builders.searchsorted(x, values, self.right, aval_of(self.sorted_).dtype)

    def flops(self) -> int:
        """A binary search for each value."""
        return aval_of(self.values).size * aval_of(self.sorted_).shape[-1].bit_length()


def sortable(x: np.ndarray) -> np.ndarray:
    """Integers in the order of the elements: equal zeros, every NaN last."""
    if x.dtype in BOOL:
        return x.view(np.uint8)
    if not is_float(x.dtype):
        return x
    ordered = totally_ordered(x)
    largest = np.iinfo(ordered.dtype).max
    ordered[x == 0] = 0
    ordered[np.isnan(x)] = largest
    return ordered


def _parts(x: Any) -> tuple[np.ndarray, ...]:
    """What is compared one after the other."""
    return (x.real, x.imag) if is_complex(x.dtype) else (x,)


def totally_ordered(x: np.ndarray) -> np.ndarray:
    """Signed integers in the order of floats, -0.0 below 0.0; on those integers as floats its own inverse."""
    signed = np.dtype(f"int{8 * x.dtype.itemsize}")
    bits = np.ascontiguousarray(x).view(signed).reshape(x.shape)
    # Negative numbers grow with falling bit patterns.
    return np.where(bits < 0, bits ^ np.iinfo(signed).max, bits)


def _sorted_alone(x: np.ndarray, axis: int) -> np.ndarray:
    """Without other operands only zeros of both signs show whether the order is stable."""
    if not is_float(x.dtype) and not is_complex(x.dtype):
        return np.sort(x, axis)
    # Not float16: NumPy 2.4 can leave millions of them in the wrong order.
    if is_float(x.dtype) and x.dtype.itemsize > 2 and not (has_zeros(x) and np.any(np.signbit(x) & (x == 0))):
        return np.sort(x, axis)
    return np.take_along_axis(x, stable_order([x], axis), axis)


def stable_order(xs: Sequence[np.ndarray], axis: int) -> np.ndarray:
    """Positions along an axis in the order of arrays of one shape, the first array first."""
    keys = [sortable(part) for x in xs for part in _parts(x)]
    if len(keys) > 1:
        return np.lexsort(tuple(reversed(keys)), axis)
    key = keys[0]
    if key.dtype.itemsize != 4 or key.shape[axis] < _PACKED_FROM:
        return np.argsort(key, axis, kind="stable")
    # Key and position in one integer: NumPy's unstable sort of those is many times faster than its stable ones.
    column = [-1 if d == axis else 1 for d in range(key.ndim)]
    wide = np.uint64 if key.dtype.kind == "u" else np.int64
    packed = (key.astype(wide) << 32) | np.arange(key.shape[axis], dtype=wide).reshape(column)
    packed.sort(axis)
    return (packed & 0xFFFFFFFF).astype(np.intp)
