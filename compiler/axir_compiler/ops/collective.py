"""What the items of a batch know of each other: values and positions along a named batch axis.

Vectorization over the axis of the name replaces these ops; all others treat them as any op.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError, UnboundAxisError
from axir_compiler.ir.attributes import Int, Str, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import Aval, aval_of


def _unbound(axis: str) -> UnboundAxisError:
    return UnboundAxisError(
        f"there is no batch axis {axis!r} here. Name it by vmap(..., axis_name={axis!r}) around the function."
    )


class CollectiveOp(AxirOp, same_dtype=False):
    """An op that refers to a batch axis by its name."""

    axis: Str

    def batch_named(self, size: int, axes: Sequence[int | None], *operands: Value) -> tuple[Value, int]:
        """What replaces the op over the batch that it refers to: the result and its batch axis, -1 for none."""
        raise NotImplementedError

    def lower(self, *operands: Value) -> Value:
        raise _unbound(self.axis)


def _check_size(size: int) -> None:
    if size < 0:
        raise ShapeError(f"the size of a batch axis must not be negative; got {size}.")


class AllGatherOp(CollectiveOp, name="all_gather", linear_in=("operand",), arithmetic=0):
    """The values of all items along the batch axis ``axis`` of a known ``size``, stacked in front."""

    operand: Tensor
    size: Int

    @staticmethod
    def infer(x: Aval, *, axis: str, size: int) -> Aval:
        _check_size(size)
        return Aval((size, *x.shape), x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, axis: str, size: int) -> np.ndarray:
        raise _unbound(axis)

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        # Item k has a share in row i of the result of each item: it takes the sum of all cotangents, row k.
        total = ops.reduce_sum(ops.all_gather(ct, axis=self.axis, size=self.size), axes=(0,))
        shape = aval_of(self.operand).shape
        here = ops.axis_index(axis=self.axis, size=self.size)
        zero = ops.zeros(Aval((), np.dtype("int32")))
        row = ops.dynamic_slice(total, here, *(zero for _ in shape), sizes=(1, *shape))
        return [ops.reshape(row, shape=shape)]

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        """Over another axis."""
        (axis,) = axes
        assert axis is not None
        return self.rebuild(x), axis + 1

    def batch_named(self, size: int, axes: Sequence[int | None], *operands: Value) -> tuple[Value, int]:
        return ops.batch_in_front(operands[0], axes[0], size), -1


class AxisIndexOp(CollectiveOp, name="axis_index", arithmetic=0):
    """The position of the item along the batch axis ``axis`` of a known ``size``."""

    size: Int

    @staticmethod
    def infer(*, axis: str, size: int) -> Aval:
        _check_size(size)
        return Aval((), np.dtype("int32"))

    @staticmethod
    def numpy(*, axis: str, size: int) -> np.ndarray:
        raise _unbound(axis)

    def jvp(self, *tangents: Value | None) -> Any:
        return None

    def batch_named(self, size: int, axes: Sequence[int | None], *operands: Value) -> tuple[Value, int]:
        return ops.iota(shape=(size,), dimension=0, dtype=np.dtype("int32")), 0
