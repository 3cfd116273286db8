"""Reductions along axes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import DType, Int, Ints, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import (
    BOOL,
    COMPLEX,
    INTEGER,
    NUMERIC,
    Aval,
    aval_of,
    element_type,
    is_complex,
    is_float,
    is_inexact,
)
from axir_compiler.later import builders
from axir_compiler.ops.elementwise import in_float32
from axir_compiler.ops.real_numbers import has_zeros


def _check_axes(x: Aval, axes: tuple[int, ...]) -> None:
    if list(axes) != sorted(set(axes)) or not all(0 <= a < x.ndim for a in axes):
        raise ShapeError(f"axes must be ascending, distinct and in [0, {x.ndim}); got {axes} for {x}.")


def _combinations(op: AxirOp) -> int:
    """Operations that leave one element of many, twice as many for complex ones."""
    x = aval_of(op.operands[0])
    return max(x.size - aval_of(op.results[0]).size, 0) * (2 if is_complex(x.dtype) else 1)


def _without(shape: Sequence[int], axes: Sequence[int]) -> tuple[int, ...]:
    return tuple(n for d, n in enumerate(shape) if d not in axes)


def _batched_axes(axes: Sequence[int | None], reduced: Sequence[int]) -> tuple[tuple[int, ...], int]:
    """Reduced axes of the operand with its batch axis, and the batch axis of the result."""
    axis = axes[0]
    assert axis is not None
    shifted = tuple(a + (a >= axis) for a in reduced)
    return shifted, axis - sum(a < axis for a in shifted)


class Reduction(AxirOp):
    """Combines the elements along ``axes``, which disappear; nothing to combine gives the identity."""

    operand: Tensor
    axes: Ints
    kind: ClassVar[str]

    @staticmethod
    def infer(x: Aval, *, axes: tuple[int, ...]) -> Aval:
        _check_axes(x, axes)
        return Aval(_without(x.shape, axes), x.dtype)

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        shifted, axis = _batched_axes(axes, self.axes)
        return self.rebuild(x, axes=shifted), axis

    def lower(self, x: Value) -> Value:
        return builders.reduce(self.kind, x, self.axes, aval_of(self.operand).dtype)

    def _spread(self, x: Value) -> Value:
        """A reduced value repeated along the reduced axes."""
        shape = aval_of(self.operand).shape
        kept = tuple(d for d in range(len(shape)) if d not in self.axes)
        return ops.broadcast_in_dim(x, shape=shape, dimensions=kept)

    def flops(self) -> int:
        return _combinations(self)


class ReduceSumOp(Reduction, name="reduce_sum", dtypes=NUMERIC | COMPLEX, linear_in=("operand",)):
    """Sum; half types are accumulated in float32."""

    kind = "sum"
    numpy = in_float32(lambda x, *, axes: np.add.reduce(x, axes, dtype=x.dtype))

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        return [self._spread(ct)]


class ReduceProdOp(Reduction, name="reduce_prod", dtypes=NUMERIC | COMPLEX):
    """Product; half types are accumulated in float32."""

    kind = "prod"
    numpy = in_float32(lambda x, *, axes: np.multiply.reduce(x, axes, dtype=x.dtype))

    def jvp(self, dx: Value) -> Value:
        """Products of dual numbers, pair by pair: right also where factors are zero."""
        shape = aval_of(self.operand).shape
        kept = [d for d in range(len(shape)) if d not in self.axes]
        count = math.prod(shape[a] for a in self.axes)
        flat = (*(shape[d] for d in kept), count)
        order = (*kept, *self.axes)
        value, slope = (
            ops.reshape(ops.transpose(t, permutation=order), shape=flat) for t in (self.operand, dx)
        )
        value, slope = _pad_last(value, 1), _pad_last(slope, 0)
        while aval_of(value).shape[-1] > 1:
            (a, b), (da, db) = _halves(value), _halves(slope)
            value, slope = ops.mul(a, b), ops.add(ops.mul(da, b), ops.mul(a, db))
        return ops.reshape(slope, shape=flat[:-1])


def _pad_last(x: Value, fill: float) -> Value:
    """Pad the last axis to a power of two."""
    shape, dtype = aval_of(x)
    missing = (1 << max(shape[-1] - 1, 0).bit_length()) - shape[-1]
    none = (0,) * len(shape)
    value = ops.constant(value=ops.scalar_value(fill, dtype))
    return ops.pad(x, value, low=none, high=(*none[1:], missing), interior=none)


def _halves(x: Value) -> list[Value]:
    shape = aval_of(x).shape
    middle = shape[-1] // 2
    none, ones = (0,) * len(shape), (1,) * len(shape)
    bounds = [(0, middle), (middle, 2 * middle)]
    return [ops.slice(x, start=(*none[1:], a), limit=(*shape[:-1], b), stride=ones) for a, b in bounds]


def lowest(dtype: np.dtype) -> Any:
    """The identity of maximum."""
    return -np.inf if is_inexact(dtype) else np.iinfo(dtype).min


def highest(dtype: np.dtype) -> Any:
    """The identity of minimum."""
    return np.inf if is_inexact(dtype) else np.iinfo(dtype).max


class _ReduceExtremum(Reduction, dtypes=NUMERIC | COMPLEX):
    """Maximum or minimum, of complex numbers by their real and then their imaginary parts; tied elements share the
    tangent equally."""

    def jvp(self, dx: Value) -> Value | None:
        if any(aval_of(self.operand).shape[a] == 0 for a in self.axes):
            return None
        best = ops.compare(self.operand, self._spread(self.result), direction="eq")
        mask = ops.convert(best, dtype=aval_of(dx).dtype)
        count = ops.reduce_sum(mask, axes=self.axes)
        return ops.div(ops.reduce_sum(ops.mul(dx, mask), axes=self.axes), count)


def _signed_zeros(found: np.ndarray, x: np.ndarray, axes: tuple[int, ...], *, positive: bool) -> np.ndarray:
    """Extrema that are zero, with the sign that wins if there is one; NumPy leaves it open."""
    if not is_float(x.dtype) or not has_zeros(found):
        return found
    wins = np.any((x == 0) & (np.signbit(x) != positive), axes)
    zero = np.array(0.0 if positive else -0.0, x.dtype)
    return np.where((found == 0) & wins, zero, found)


class ReduceMaxOp(_ReduceExtremum, name="reduce_max"):
    """Largest element; NaN if there is one."""

    kind = "max"

    @staticmethod
    def numpy(x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
        found = np.maximum.reduce(x, axes, initial=lowest(x.dtype)).astype(x.dtype)
        return _signed_zeros(found, x, axes, positive=True)


class ReduceMinOp(_ReduceExtremum, name="reduce_min"):
    """Smallest element; NaN if there is one."""

    kind = "min"

    @staticmethod
    def numpy(x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
        found = np.minimum.reduce(x, axes, initial=highest(x.dtype)).astype(x.dtype)
        return _signed_zeros(found, x, axes, positive=False)


class ReduceAndOp(Reduction, name="reduce_and", dtypes=INTEGER | BOOL, zero_tangent=True):
    """Bitwise or logical and."""

    kind = "and"

    @staticmethod
    def numpy(x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
        return np.bitwise_and.reduce(x, axes, dtype=x.dtype)


class ReduceOrOp(Reduction, name="reduce_or", dtypes=INTEGER | BOOL, zero_tangent=True):
    """Bitwise or logical or."""

    kind = "or"

    @staticmethod
    def numpy(x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
        return np.bitwise_or.reduce(x, axes, dtype=x.dtype)


class ReduceXorOp(Reduction, name="reduce_xor", dtypes=INTEGER | BOOL, zero_tangent=True):
    """Bitwise or logical exclusive or."""

    kind = "xor"

    @staticmethod
    def numpy(x: np.ndarray, *, axes: tuple[int, ...]) -> np.ndarray:
        return np.bitwise_xor.reduce(x, axes, dtype=x.dtype)


class _ArgExtremum(AxirOp, dtypes=NUMERIC | BOOL, zero_tangent=True):
    """Index of the extreme element along one axis, which disappears; the first of equal ones, NaN wins."""

    operand: Tensor
    axis: Int
    index_dtype: DType

    @staticmethod
    def infer(x: Aval, *, axis: int, index_dtype: np.dtype) -> Aval:
        _check_axes(x, (axis,))
        if x.shape[axis] == 0:
            raise ShapeError(f"there is no extreme element along an empty axis; got {x}, axis {axis}.")
        if index_dtype not in INTEGER:
            raise DTypeError(f"index_dtype must be an integer dtype; got {index_dtype}.")
        return Aval(_without(x.shape, (axis,)), index_dtype)

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        (shifted,), axis = _batched_axes(axes, (self.axis,))
        return self.rebuild(x, axis=shifted), axis

    def lower(self, x: Value) -> Value:
        build = getattr(builders, self.short_name)
        return build(x, self.axis, element_type(self.index_dtype), aval_of(self.operand).dtype)

    def flops(self) -> int:
        return _combinations(self)


class ArgmaxOp(_ArgExtremum, name="argmax"):
    """Index of the largest element along an axis."""

    @staticmethod
    def numpy(x: np.ndarray, *, axis: int, index_dtype: np.dtype) -> np.ndarray:
        return np.argmax(x, axis).astype(index_dtype)


class ArgminOp(_ArgExtremum, name="argmin"):
    """Index of the smallest element along an axis."""

    @staticmethod
    def numpy(x: np.ndarray, *, axis: int, index_dtype: np.dtype) -> np.ndarray:
        return np.argmin(x, axis).astype(index_dtype)
