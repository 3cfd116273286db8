"""Elements taken from, and added to, positions along one axis that are an operand."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import Int, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import BOOL, COMPLEX, INTEGER, NUMERIC, Aval, aval_of, is_float
from axir_compiler.later import builders
from axir_compiler.ops.elementwise import align_batch
from axir_compiler.ops.row_updates import add_by_steps


class _Along(AxirOp, same_dtype=False):
    """Family of ops whose positions along an axis are an operand."""

    @staticmethod
    def _check(x: Aval, indices: Aval, axis: int) -> None:
        if not 0 <= axis < x.ndim:
            raise ShapeError(f"the axis must be in [0, {x.ndim}); got {axis} for {x}.")
        if indices.dtype not in INTEGER:
            raise DTypeError(f"indices must be integers; got {indices}.")

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Value, int]:
        aligned, batch = align_batch(axes, operands)
        axis = self.attrs["axis"]
        return self.rebuild(*aligned, axis=axis + (axis >= batch)), batch


def _positions(indices: np.ndarray, axis: int, size: int) -> tuple[np.ndarray, ...]:
    """What NumPy takes as index: clamped positions along the axis, each place's own along the others."""
    last = min(max(size - 1, 0), np.iinfo(indices.dtype).max)
    clamped = np.minimum(np.maximum(indices, 0), last).astype(np.intp)
    rank = indices.ndim
    return tuple(
        clamped if d == axis else np.arange(n).reshape((n, *(1,) * (rank - d - 1)))
        for d, n in enumerate(indices.shape)
    )


class TakeAlongOp(
    _Along, name="take_along", dtypes=NUMERIC | BOOL | COMPLEX, linear_in=("operand",), arithmetic=0
):
    """``result[.., i, ..] = operand[.., indices[.., i, ..], ..]``; indices are clamped to the axis.

    Shapes agree but for the axis, which has the size of ``indices`` in the result.
    """

    access = "part"

    operand: Tensor
    indices: Tensor
    axis: Int

    @staticmethod
    def infer(x: Aval, indices: Aval, *, axis: int) -> Aval:
        _Along._check(x, indices, axis)
        if (*x.shape[:axis], *x.shape[axis + 1 :]) != (*indices.shape[:axis], *indices.shape[axis + 1 :]):
            raise ShapeError(f"shapes must agree except along axis {axis}; got {x} and indices {indices}.")
        if x.shape[axis] == 0 and indices.size:
            raise ShapeError(f"there is nothing to take from an empty axis; got {x} and indices {indices}.")
        return Aval(indices.shape, x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, indices: np.ndarray, *, axis: int) -> np.ndarray:
        return x[_positions(indices, axis, x.shape[axis])]

    def transpose(self, ct: Value, operand: Value | None, indices: Value) -> list[Value | None]:
        size = aval_of(self.operand).shape[self.axis]
        return [ops.add_along(ct, indices, axis=self.axis, size=size), None]

    def lower(self, x: Value, indices: Value) -> Value:
        return builders.take_along(x, indices, self.axis, aval_of(self.indices).dtype)


class AddAlongOp(_Along, name="add_along", dtypes=NUMERIC | COMPLEX, linear_in=("updates",)):
    """``result[.., indices[.., i, ..], ..] += updates[.., i, ..]`` from zeros; indices are clamped to the axis.

    The axis has ``size`` elements in the result. Half types are summed in float32.
    """

    updates: Tensor
    indices: Tensor
    axis: Int
    size: Int

    @staticmethod
    def infer(updates: Aval, indices: Aval, *, axis: int, size: int) -> Aval:
        _Along._check(updates, indices, axis)
        if updates.shape != indices.shape:
            raise ShapeError(f"updates and indices must have one shape; got {updates} and {indices}.")
        if size < 0 or (size == 0 and updates.size):
            raise ShapeError(f"there is no place for the updates; got size={size} for {updates}.")
        return Aval((*updates.shape[:axis], size, *updates.shape[axis + 1 :]), updates.dtype)

    @staticmethod
    def numpy(updates: np.ndarray, indices: np.ndarray, *, axis: int, size: int) -> np.ndarray:
        is_half = is_float(updates.dtype) and updates.dtype.itemsize == 2
        shape = (*updates.shape[:axis], size, *updates.shape[axis + 1 :])
        total = np.zeros(shape, np.float32 if is_half else updates.dtype)
        np.add.at(total, _positions(indices, axis, size), updates)
        return total.astype(updates.dtype, copy=False)

    def transpose(self, ct: Value, updates: Value | None, indices: Value) -> list[Value | None]:
        return [ops.take_along(ct, indices, axis=self.axis), None]

    def lower(self, updates: Value, indices: Value) -> Value:
        dtypes = aval_of(self.updates).dtype, aval_of(self.indices).dtype
        return builders.add_along(updates, indices, self.axis, self.size, *dtypes)

    def without_kernels(self, updates: Value, indices: Value) -> Value:
        return add_by_steps(updates, indices, self.axis, self.size)

    def flops(self) -> int:
        return aval_of(self.updates).size
