"""Rows written to, or combined with those at, places that the program computes; by steps that all rows take at once.

Few updates are compared with all places. Many are sorted by their places, combined with their neighbours of the same
place 1, 2, 4, ... rows before them, and the last one of each place is taken (a segmented scan: G. E. Blelloch, "Prefix
sums and their applications", CMU-CS-90-190, 1990).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.dimension_numbers import Numbers
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import BOOL, Aval, aval_of, is_complex, is_float
from axir_compiler.ops.stepping import repeat

__all__ = ["add_by_steps", "add_rows_by_steps", "limited", "scatter_by_steps", "with_rows"]

_INT32 = np.dtype("int32")
_FLOAT32 = np.dtype("float32")
# So many comparisons take less time than sorting.
_COMPARED = 1 << 20


def with_rows(kind: str, old: Value, at: Value, new: Value) -> Value:
    """``old[b, at[b, i]]`` combined with ``new[b, i]`` for each ``i``, in their order.

    Args:
        kind: ``add``, ``mul``, ``min``, ``max``, or empty for the last one of the new rows.
        old: ``[batch, rows, columns]``.
        at: ``i32[batch, updates]``; updates at places outside are left out.
        new: ``[batch, updates, columns]``.
    """
    batch, rows, columns = aval_of(old).shape
    count = aval_of(at).shape[1]
    if not batch * rows * columns * count:
        return old
    dtype = aval_of(old).dtype
    wide = _wide(kind, dtype)
    if wide != dtype:
        # In memory: IREE would widen numbers in the kernel that reduces them, whose threads do not wait for that.
        new = ops.optimization_barrier(ops.convert(new, dtype=wide))
        found = with_rows(kind, ops.convert(old, dtype=wide), at, new)
        return ops.convert(found, dtype=dtype)
    compared = batch * rows * count * (columns if kind else 1)
    return (_compared if compared <= _COMPARED else _sorted)(kind, old, at, new)


def _wide(kind: str, dtype: np.dtype) -> np.dtype:
    """What elements are combined in."""
    if dtype in BOOL:
        return _INT32
    return _FLOAT32 if kind and is_float(dtype) and dtype.itemsize == 2 else dtype


def _compared(kind: str, old: Value, at: Value, new: Value) -> Value:
    batch, rows, columns = aval_of(old).shape
    count = aval_of(at).shape[1]
    shape = (batch, rows, count)
    place = ops.iota(shape=shape, dimension=1, dtype=_INT32)
    here = ops.compare(ops.broadcast_axis(at, 1, rows), place, direction="eq")
    number = ops.iota(shape=shape, dimension=2, dtype=_INT32)
    last = ops.reduce_max(ops.select(here, number, ops.full_like(number, -1)), axes=(2,))
    last = ops.optimization_barrier(last)
    if not kind:
        return _chosen(last, old, _rows(new, last))
    wide = (*shape, columns)
    spread = ops.broadcast_in_dim(here, shape=wide, dimensions=(0, 1, 2))
    nothing = ops.full(wide, _neutral(kind, aval_of(new).dtype), aval_of(new).dtype)
    masked = ops.select(spread, ops.broadcast_axis(new, 1, rows), nothing)
    reduce: Callable[..., Value] = {
        "add": ops.reduce_sum,
        "mul": ops.reduce_prod,
        "min": ops.reduce_min,
        "max": ops.reduce_max,
    }[kind]
    return _chosen(last, old, getattr(ops, kind)(old, reduce(masked, axes=(2,))))


def _neutral(kind: str, dtype: np.dtype) -> Any:
    """What changes nothing."""
    if kind in ("add", "mul"):
        return int(kind == "mul")
    sign = 1 if kind == "min" else -1
    if is_complex(dtype):
        return complex(sign * math.inf, sign * math.inf)
    if is_float(dtype):
        return sign * math.inf
    info = np.iinfo(dtype)
    return int(info.max if sign > 0 else info.min)


def _sorted(kind: str, old: Value, at: Value, new: Value) -> Value:
    batch, rows = aval_of(old).shape[:2]
    number = ops.iota(shape=aval_of(at).shape, dimension=1, dtype=_INT32)
    places, order = ops.sort(at, number, dimension=1, num_keys=1)
    wanted = ops.iota(shape=(batch, rows), dimension=1, dtype=_INT32)
    last = ops.sub(ops.searchsorted(places, wanted, right=True), ops.full_like(wanted, 1))
    # Where there are none of a place, the last one before is of another, or is none.
    there = ops.compare(ops.take_along(places, last, axis=1), wanted, direction="eq")
    last = ops.select(there, last, ops.full_like(last, -1))
    if not kind:
        return _chosen(last, old, _rows(new, ops.take_along(order, last, axis=1)))
    total = _rows(_scanned(kind, places, _rows(new, order)), last)
    return _chosen(last, old, getattr(ops, kind)(old, total))


def _scanned(kind: str, places: Value, new: Value) -> Value:
    """Each row combined with all before it that have the same place; places ascend."""
    shape = aval_of(new).shape

    def step(_: Value, carry: Sequence[Value], consts: Sequence[Value]) -> list[Value]:
        distance, rows = carry
        (places,) = consts
        number = ops.iota(shape=shape[:2], dimension=1, dtype=_INT32)
        before = ops.sub(number, ops.broadcast_in_dim(distance, shape=shape[:2], dimensions=()))
        same = ops.compare(ops.take_along(places, before, axis=1), places, direction="eq")
        same = ops.and_(same, ops.compare(before, ops.zeros_like(before), direction="ge"))
        combined = getattr(ops, kind)(_rows(rows, before), rows)
        kept = ops.select(ops.broadcast_axis(same, 2, shape[2]), combined, rows)
        return [ops.add(distance, distance), kept]

    one = ops.constant(value=ops.scalar_value(1, _INT32))
    return repeat((shape[1] - 1).bit_length(), [one, new], [places], step)[1]


def _rows(x: Value, at: Value) -> Value:
    """Rows of ``[batch, rows, columns]`` at places, which are clamped."""
    return ops.take_along(x, ops.broadcast_axis(at, 2, aval_of(x).shape[2]), axis=1)


def _chosen(last: Value, old: Value, new: Value) -> Value:
    """New rows where there is an update, whose number is not negative."""
    there = ops.compare(last, ops.zeros_like(last), direction="ge")
    return ops.select(ops.broadcast_axis(there, 2, aval_of(old).shape[2]), new, old)


def add_by_steps(updates: Value, indices: Value, axis: int, size: int) -> Value:
    """``result[.., indices[.., i, ..], ..] += updates[.., i, ..]`` from zeros; indices are clamped to the axis."""
    shape, dtype = aval_of(updates)
    last = len(shape) - 1
    at, _ = limited(ops.move_axis(indices, axis, last), size - 1)
    new = ops.move_axis(updates, axis, last)
    rest = aval_of(at).shape[:-1]
    lines = math.prod(rest)
    zeros = ops.zeros(Aval((lines, size, 1), dtype))
    at = ops.reshape(at, shape=(lines, shape[axis]))
    found = with_rows("add", zeros, at, ops.reshape(new, shape=(lines, shape[axis], 1)))
    return ops.move_axis(ops.reshape(found, shape=(*rest, size)), last, axis)


def add_rows_by_steps(x: Value, rows: Value, size: int) -> Value:
    """Sums of the rows of matrices that have the same place; places are clamped."""
    (*batch, count, columns), dtype = aval_of(x)
    lines = math.prod(batch)
    at, _ = limited(rows, size - 1)
    zeros = ops.zeros(Aval((lines, size, columns), dtype))
    at, new = ops.reshape(at, shape=(lines, count)), ops.reshape(x, shape=(lines, count, columns))
    return ops.reshape(with_rows("add", zeros, at, new), shape=(*batch, size, columns))


def limited(x: Value, most: int) -> tuple[Value, Value]:
    """Indices of any dtype as int32 limited to ``[0, most]``, and whether they were there before."""
    dtype = aval_of(x).dtype
    if dtype.itemsize < 4:
        x = ops.convert(x, dtype=_INT32)
    found = ops.min(x, ops.full_like(x, max(most, 0)))
    if dtype.kind == "i" or dtype.itemsize < 4:
        found = ops.max(found, ops.zeros_like(found))
    inside = ops.compare(found, x, direction="eq")
    return ops.convert_to(found, _INT32), inside


def scatter_by_steps(
    kind: str, x: Value, indices: Value, updates: Value, numbers: Numbers, drop: bool
) -> Value:
    """A scatter as a combination of rows: the axes along which windows are whole are the columns."""
    shape = aval_of(x).shape
    if not aval_of(x).size or not aval_of(updates).size:
        return x
    plan = _Plan(numbers, shape, aval_of(updates).shape)
    old = ops.reshape(ops.permute(x, plan.order), shape=(plan.batch, plan.rows, plan.columns))
    new = ops.permute(updates, plan.update_order)
    new = ops.reshape(new, shape=(plan.batch, plan.count, plan.columns))
    found = with_rows(kind, old, plan.places(indices, drop), new)
    back = ops.reshape(found, shape=tuple(shape[d] for d in plan.order))
    return ops.permute(back, tuple(int(d) for d in np.argsort(plan.order)))


class _Plan:
    """How the axes of a scatter become a batch, rows and columns.

    Attributes:
        order: Axes of the operand: batch, rows, columns.
        update_order: Axes of the updates: batch, number of the update, columns.
        batch, rows, columns, count: Sizes; ``count`` is the number of updated rows.
    """

    def __init__(self, numbers: Numbers, shape: tuple[int, ...], updates: tuple[int, ...]) -> None:
        self._numbers, self._shape = numbers, shape
        self._sizes = numbers.window_sizes(shape, updates)
        offsets = dict(zip(numbers.window_dims(len(shape)), numbers.offset_dims, strict=True))
        batching, pairs = numbers.operand_batching_dims, numbers.start_indices_batching_dims
        whole = [d for d in offsets if self._sizes[d] == shape[d]]
        self._indexed = [d for d in range(len(shape)) if d not in whole and d not in batching]
        self._spanned = [d for d in self._indexed if d in offsets]
        places = numbers.batch_dims(len(updates))
        self._free = [j for j in range(len(places)) if j not in pairs]
        self.order = (*batching, *self._indexed, *whole)
        counted = [*(places[j] for j in self._free), *(offsets[d] for d in self._spanned)]
        self.update_order = (*(places[j] for j in pairs), *counted, *(offsets[d] for d in whole))
        self._steps = tuple(updates[d] for d in (*(places[j] for j in pairs), *counted))
        self.batch, self.rows, self.columns = (
            math.prod(shape[d] for d in axes) for axes in (batching, self._indexed, whole)
        )
        self.count = math.prod(updates[d] for d in counted)

    def places(self, indices: Value, drop: bool) -> Value:
        """The row of each update, ``i32[batch, count]``; that behind the last one where it is left out."""
        numbers, steps = self._numbers, self._steps
        order = (*numbers.start_indices_batching_dims, *self._free, aval_of(indices).ndim - 1)
        indices = ops.permute(indices, order)
        batch = tuple(range(len(order) - 1))
        total, inside = ops.zeros(Aval(steps, _INT32)), None
        for k, axis in enumerate(numbers.start_index_map):
            start, fits = limited(_component(indices, k), self._shape[axis] - self._sizes[axis])
            start, fits = (ops.broadcast_in_dim(v, shape=steps, dimensions=batch) for v in (start, fits))
            inside = fits if inside is None else ops.and_(inside, fits)
            if axis in self._indexed:
                total = ops.add(total, ops.scale(start, self._stride(axis)))
        for position, axis in enumerate(self._spanned, len(batch)):
            along = ops.iota(shape=steps, dimension=position, dtype=_INT32)
            total = ops.add(total, ops.scale(along, self._stride(axis)))
        if drop and inside is not None:
            total = ops.select(inside, total, ops.full_like(total, self.rows))
        return ops.reshape(total, shape=(self.batch, self.count))

    def _stride(self, axis: int) -> int:
        """Number of rows between neighbours along an axis."""
        return math.prod(self._shape[d] for d in self._indexed[self._indexed.index(axis) + 1 :])


def _component(indices: Value, number: int) -> Value:
    """One component of index vectors, which lie along the last axis."""
    shape = aval_of(indices).shape
    start = (*(0 for _ in shape[:-1]), number)
    part = ops.slice(indices, start=start, limit=(*shape[:-1], number + 1), stride=(1,) * len(shape))
    return ops.reshape(part, shape=shape[:-1])
