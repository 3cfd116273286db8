"""Windows whose position is a value of the program."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import Ints, Tensor, Tensors
from axir_compiler.ir.dimension_numbers import Numbers
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import INTEGER, Aval, aval_of
from axir_compiler.later import builders


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


def _index_vectors(
    starts: Sequence[Value], axes: Sequence[int | None], room: Sequence[int], size: int
) -> tuple[Value, tuple[int, ...]]:
    """Start positions of a batch of windows as index vectors ``[size, k]``, and the axes that have one."""
    moving = tuple(d for d, most in enumerate(room) if most)
    wide = any(aval_of(s).dtype.itemsize > 4 for s in starts) or max(room, default=0) >= 2**31 - 1
    kind = np.dtype("int64" if wide else "int32")
    columns = []
    for d in moving:
        start = ops.convert_to(_signed(starts[d], room[d]), kind)
        columns.append(ops.reshape(ops.batch_in_front(start, axes[d], size), shape=(size, 1)))
    if not columns:
        return ops.zeros(Aval((size, 0), kind)), ()
    return columns[0] if len(columns) == 1 else ops.concatenate(*columns, dimension=1), moving


def _signed(start: Value, last: int) -> Value:
    """Start positions that fit into signed integers of their width; what is outside stays outside."""
    dtype = aval_of(start).dtype
    if dtype.kind == "i" or dtype.itemsize < 4:
        return start
    return ops.min(start, ops.full_like(start, last + 1))


def _batch_size(axes: Sequence[int | None], operands: Sequence[Value]) -> int:
    return next(aval_of(x).shape[a] for a, x in zip(axes, operands, strict=True) if a is not None)


class DynamicSliceOp(AxirOp, name="dynamic_slice", linear_in=("operand",), same_dtype=False, arithmetic=0):
    """Window of static ``sizes`` at ``starts``, which are clamped so that the window fits."""

    access = "part"

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
        return self._gathered(axes, x, starts), 0

    def _gathered(self, axes: Sequence[int | None], x: Value, starts: Sequence[Value]) -> Value:
        """One window for each item, which has positions of its own."""
        size = _batch_size(axes, (x, *starts))
        shape = aval_of(self.operand).shape
        room = [n - m for n, m in zip(shape, self.sizes, strict=True)]
        indices, moving = _index_vectors(starts, axes[1:], room, size)
        numbers = Numbers(tuple(range(len(shape))), (), moving, (), ())
        sizes = self.sizes
        if axes[0] is None:
            numbers = numbers.with_indices_batch()
        else:
            x, numbers, sizes = ops.move_axis(x, axes[0], 0), numbers.with_batch(), (min(1, size), *sizes)
        fill = ops.scalar_value(0, aval_of(x).dtype)
        return ops.gather(x, indices, slice_sizes=sizes, mode="clip", fill_value=fill, **numbers._asdict())

    def lower(self, x: Value, *starts: Value) -> Value:
        return builders.dynamic_slice(x, self._index_operands(starts), self.sizes)

    def _index_operands(self, starts: Sequence[Value]) -> Any:
        return builders.index_operands(starts, [aval_of(s).dtype for s in self.starts])


class DynamicUpdateSliceOp(
    AxirOp, name="dynamic_update_slice", linear_in=("operand", "update"), same_dtype=False, arithmetic=0
):
    """Operand with the window at ``starts`` (clamped so that it fits) replaced by ``update``."""

    access = "update"

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
        shape, window = aval_of(self.operand).shape, aval_of(self.update).shape
        room = [n - m for n, m in zip(shape, window, strict=True)]
        indices, moving = _index_vectors(starts, axes[2:], room, size)
        numbers = Numbers(tuple(range(len(shape))), (), moving, (), ()).with_batch()
        found = ops.scatter(x, indices, update, mode="clip", unique_indices=1, **numbers._asdict())
        return found, 0

    def lower(self, x: Value, update: Value, *starts: Value) -> Value:
        indices = builders.index_operands(starts, [aval_of(s).dtype for s in self.starts])
        return builders.dynamic_update_slice(x, update, indices)
