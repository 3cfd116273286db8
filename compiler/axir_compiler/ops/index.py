"""Windows whose position is a value of the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import Ints, Tensor, Tensors
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import INTEGER, Aval, aval_of
from axir_compiler.lowering import builders


def _check_starts(x: Aval, starts: Sequence[Aval], sizes: Sequence[int]) -> None:
    if len(starts) != x.ndim or any(s.shape != () for s in starts):
        raise ShapeError(
            f"needs one scalar start index for each axis of {x}; got {', '.join(map(str, starts))}."
        )
    if any(s.dtype not in INTEGER for s in starts):
        raise DTypeError(f"start indices must be integers; got {', '.join(map(str, starts))}.")
    if len(sizes) != x.ndim or any(not 0 <= n <= m for n, m in zip(sizes, x.shape, strict=False)):
        raise ShapeError(f"the window must fit into the operand; got sizes {tuple(sizes)} for {x}.")


def _window(x: np.ndarray, starts: Sequence[np.ndarray], sizes: Sequence[int]) -> tuple[slice, ...]:
    begins = [min(max(int(s), 0), n - m) for s, n, m in zip(starts, x.shape, sizes, strict=True)]
    return tuple(slice(a, a + m) for a, m in zip(begins, sizes, strict=True))


def _clamped(start: Value, last: int) -> Value:
    """Start indices limited to ``[0, last]``, as int32 or wider."""
    dtype = aval_of(start).dtype
    if dtype.itemsize < 4:
        start, dtype = ops.convert(start, dtype=np.dtype("int32")), np.dtype("int32")
    last = min(last, np.iinfo(dtype).max)
    return ops.clamp(ops.full_like(start, 0), start, ops.full_like(start, last))


def _roll(x: Value, axis: int, amounts: Value, most: int, *, left: bool) -> Value:
    """Shift item ``b`` of ``x`` (axis 0 is the batch) by ``amounts[b] <= most`` along an axis, filling with 0.

    The amount is taken bit by bit, a static shift and a select for each: log2(most) passes, no gather.
    """
    shape, dtype = aval_of(x)
    zero = ops.constant(value=ops.scalar_value(0, dtype))
    none = (0,) * len(shape)
    for k in range(most.bit_length()):
        step = min(1 << k, shape[axis])
        by = tuple(step if d == axis else 0 for d in range(len(shape)))
        back = tuple(-n for n in by)
        low, high = (back, by) if left else (by, back)
        moved = ops.pad(x, zero, low=low, high=high, interior=none)
        bit = ops.and_(ops.shift_right_logical(amounts, ops.full_like(amounts, k)), ops.full_like(amounts, 1))
        taken = ops.compare(bit, ops.full_like(bit, 1), direction="eq")
        x = ops.select(ops.broadcast_in_dim(taken, shape=shape, dimensions=(0,)), moved, x)
    return x


def _batch_size(axes: Sequence[int | None], operands: Sequence[Value]) -> int:
    return next(aval_of(x).shape[a] for a, x in zip(axes, operands, strict=True) if a is not None)


class DynamicSliceOp(AxirOp, name="dynamic_slice", linear_in=("operand",), same_dtype=False):
    """Window of static ``sizes`` at ``starts``, which are clamped so that the window fits."""

    operand: Tensor
    starts: Tensors
    sizes: Ints

    @staticmethod
    def infer(x: Aval, *starts: Aval, sizes: tuple[int, ...]) -> Aval:
        _check_starts(x, starts, sizes)
        return Aval(sizes, x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, *starts: np.ndarray, sizes: tuple[int, ...]) -> np.ndarray:
        return x[_window(x, starts, sizes)]

    def transpose(self, ct: Value, operand: Value | None, *starts: Value) -> list[Value | None]:
        zeros = ops.zeros(aval_of(self.operand))
        return [ops.dynamic_update_slice(zeros, ct, *starts), *(None for _ in starts)]

    def batch(self, axes: Sequence[int | None], x: Value, *starts: Value) -> tuple[Value, int]:
        if all(a is None for a in axes[1:]):
            axis = axes[0]
            assert axis is not None
            zero = ops.zeros_like(starts[0]) if starts else ops.zeros(Aval((), np.dtype("int32")))
            sizes = list(self.sizes)
            sizes.insert(axis, aval_of(x).shape[axis])
            return ops.dynamic_slice(x, *starts[:axis], zero, *starts[axis:], sizes=tuple(sizes)), axis
        size = _batch_size(axes, (x, *starts))
        x = ops.batch_in_front(x, axes[0], size)
        full = aval_of(x).shape
        for d, (start, axis) in enumerate(zip(starts, axes[1:], strict=True), 1):
            most = full[d] - self.sizes[d - 1]
            amounts = _clamped(ops.batch_in_front(start, axis, size), most)
            x = _roll(x, d, amounts, most, left=True)
        limit = (size, *self.sizes)
        return ops.slice(x, start=(0,) * len(full), limit=limit, stride=(1,) * len(full)), 0

    def lower(self, x: Value, *starts: Value) -> Value:
        return builders.dynamic_slice(x, self._index_operands(starts), self.sizes)

    def _index_operands(self, starts: Sequence[Value]) -> Any:
        return builders.index_operands(starts, [aval_of(s).dtype for s in self.starts])


class DynamicUpdateSliceOp(
    AxirOp, name="dynamic_update_slice", linear_in=("operand", "update"), same_dtype=False
):
    """Operand with the window at ``starts`` (clamped so that it fits) replaced by ``update``."""

    operand: Tensor
    update: Tensor
    starts: Tensors

    @staticmethod
    def infer(x: Aval, update: Aval, *starts: Aval) -> Aval:
        if x.dtype != update.dtype or x.ndim != update.ndim:
            raise DTypeError(f"operand and update must have one dtype and rank; got {x} and {update}.")
        _check_starts(x, starts, update.shape)
        return x

    @staticmethod
    def numpy(x: np.ndarray, update: np.ndarray, *starts: np.ndarray) -> np.ndarray:
        result = np.array(x)
        result[_window(x, starts, update.shape)] = update
        return result

    def transpose(
        self, ct: Value, x: Value | None, update: Value | None, *starts: Value
    ) -> list[Value | None]:
        window = aval_of(self.update)
        outside = ops.dynamic_update_slice(ct, ops.zeros(window), *starts) if x is None else None
        inside = ops.dynamic_slice(ct, *starts, sizes=window.shape) if update is None else None
        return [outside, inside, *(None for _ in starts)]

    def batch(self, axes: Sequence[int | None], x: Value, update: Value, *starts: Value) -> tuple[Value, int]:
        size = _batch_size(axes, (x, update, *starts))
        x, update = ops.batch_in_front(x, axes[0], size), ops.batch_in_front(update, axes[1], size)
        if all(a is None for a in axes[2:]):
            zero = ops.zeros_like(starts[0]) if starts else ops.zeros(Aval((), np.dtype("int32")))
            return ops.dynamic_update_slice(x, update, zero, *starts), 0
        full, window = aval_of(x).shape, aval_of(update)
        sides = {
            "low": (0,) * len(full),
            "high": tuple(n - m for n, m in zip(full, window.shape, strict=True)),
            "interior": (0,) * len(full),
        }
        new = ops.pad(update, ops.constant(value=ops.scalar_value(0, window.dtype)), **sides)
        one = ops.full(window.shape, 1, np.dtype("int32"))
        mask = ops.pad(one, ops.constant(value=ops.scalar_value(0, np.dtype("int32"))), **sides)
        for d, (start, axis) in enumerate(zip(starts, axes[2:], strict=True), 1):
            most = full[d] - window.shape[d]
            amounts = _clamped(ops.batch_in_front(start, axis, size), most)
            new = _roll(new, d, amounts, most, left=False)
            mask = _roll(mask, d, amounts, most, left=False)
        return ops.select(ops.compare(mask, ops.full_like(mask, 1), direction="eq"), new, x), 0

    def lower(self, x: Value, update: Value, *starts: Value) -> Value:
        indices = builders.index_operands(starts, [aval_of(s).dtype for s in self.starts])
        return builders.dynamic_update_slice(x, update, indices)
