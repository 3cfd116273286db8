"""Ops without operands."""

from __future__ import annotations

import numpy as np

from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import DType, Int, Ints, Scalar, ScalarValue
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import COMPLEX, NUMERIC, Aval
from axir_compiler.later import builders


class ConstantOp(AxirOp, name="constant", arithmetic=0):
    """A scalar known at compile time, of shape ``[]``. Larger data are arguments, never constants."""

    value: Scalar

    @staticmethod
    def infer(*, value: ScalarValue) -> Aval:
        return Aval((), value.dtype)

    @staticmethod
    def numpy(*, value: ScalarValue) -> np.ndarray:
        return np.asarray(value.value)

    def lower(self) -> Value:
        return builders.constant(np.asarray(self.value.value))


class IotaOp(AxirOp, name="iota", arithmetic=0):
    """``0, 1, 2, ...`` along one axis, repeated along the others."""

    shape: Ints
    dimension: Int
    dtype: DType

    @staticmethod
    def infer(*, shape: tuple[int, ...], dimension: int, dtype: np.dtype) -> Aval:
        if not 0 <= dimension < len(shape):
            raise ShapeError(f"dimension must be an axis of the shape {shape}; got {dimension}.")
        if any(n < 0 for n in shape):
            raise ShapeError(f"sizes must not be negative; got shape {shape}.")
        if dtype not in NUMERIC | COMPLEX:
            raise DTypeError(f"dtype must be an integer, float or complex dtype; got {dtype}.")
        return Aval(shape, dtype)

    @staticmethod
    def numpy(*, shape: tuple[int, ...], dimension: int, dtype: np.dtype) -> np.ndarray:
        column = [1] * len(shape)
        column[dimension] = shape[dimension]
        count = np.arange(shape[dimension]).astype(dtype).reshape(column)
        return np.broadcast_to(count, shape)

    def lower(self) -> Value:
        return builders.iota(self.shape, self.dimension, self.dtype)
