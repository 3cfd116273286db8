"""The stable order of elements along an axis, by steps that all elements take at once.

Short axes are ranked by comparing all pairs. Longer ones go through a bitonic network: K. E. Batcher, "Sorting
networks and their applications", AFIPS Spring Joint Computer Conference, 1968. All its steps are one loop, so that what
is compiled does not grow with the axis.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import aval_of, is_complex, is_float
from axir_compiler.ops.stepping import repeat

__all__ = ["network_order"]

_INT32 = np.dtype("int32")
# All pairs of so many elements are compared in less time than a loop takes to start.
_RANKED = 64


def network_order(keys: Sequence[Value], axis: int) -> Value:
    """Positions along an axis, as int32, in the order of keys of one shape; the first key counts most."""
    shape = aval_of(keys[0]).shape
    size, last = shape[axis], len(shape) - 1
    numbers = [number for key in keys for number in _numbers(ops.move_axis(key, axis, last))]
    order = _ranked(numbers, size) if size <= _RANKED else _merged(numbers, size)
    return ops.move_axis(order, last, axis)


def _numbers(key: Value) -> list[Value]:
    """Integers that ascend with the elements, two for complex ones."""
    dtype = aval_of(key).dtype
    if is_complex(dtype):
        return [*_numbers(ops.real(key)), *_numbers(ops.imag(key))]
    if not is_float(dtype):
        return [ops.convert_to(key, _INT32) if dtype.itemsize < 4 else key]
    if dtype.itemsize == 2:
        key, dtype = ops.convert_to(key, np.dtype("float32")), np.dtype("float32")
    integer = np.dtype(f"int{8 * dtype.itemsize}")
    return [_ordered(ops.bitcast(key, dtype=integer), int(np.array(np.inf, dtype).view(integer)))]


def _ordered(bits: Value, infinity: int) -> Value:
    """Bit patterns of floats as signed integers of their order: equal zeros, every NaN last."""
    largest = np.iinfo(aval_of(bits).dtype).max
    magnitude = ops.and_(bits, ops.full_like(bits, largest))
    negative = ops.compare(bits, ops.zeros_like(bits), direction="lt")
    signed = ops.select(negative, ops.neg(magnitude), magnitude)
    is_nan = ops.compare(magnitude, ops.full_like(bits, infinity), direction="gt")
    return ops.select(is_nan, ops.full_like(bits, largest), signed)


def _precedes(xs: Sequence[Value], ys: Sequence[Value]) -> Value:
    """Whether one tuple comes before another one."""
    found = ops.compare(xs[-1], ys[-1], direction="lt")
    for x, y in reversed(list(zip(xs[:-1], ys[:-1], strict=True))):
        equal = ops.compare(x, y, direction="eq")
        found = ops.or_(ops.compare(x, y, direction="lt"), ops.and_(equal, found))
    return found


def _ranked(numbers: Sequence[Value], size: int) -> Value:
    """Each element's place is the number of elements before it; the order is the inverse of the places."""
    shape = aval_of(numbers[0]).shape
    axis = len(shape) - 1
    pairs = (*shape, size)
    # In memory: a kernel that computes them would share them between its threads, and IREE has none of them wait.
    numbers = [ops.optimization_barrier(x) for x in numbers]
    columns, rows = (
        [
            *(ops.broadcast_axis(x, at, size) for x in numbers),
            ops.iota(shape=pairs, dimension=d, dtype=_INT32),
        ]
        for at, d in ((axis + 1, axis), (axis, axis + 1))
    )
    before = ops.convert(_precedes(columns, rows), dtype=_INT32)
    place = ops.optimization_barrier(ops.reduce_sum(before, axes=(axis,)))
    wanted = ops.iota(shape=(*shape, size), dimension=axis + 1, dtype=_INT32)
    here = ops.compare(ops.broadcast_axis(place, axis + 1, size), wanted, direction="eq")
    position = ops.iota(shape=(*shape, size), dimension=axis, dtype=_INT32)
    found = ops.reduce_sum(ops.select(here, position, ops.zeros_like(position)), axes=(axis,))
    return ops.optimization_barrier(found)


def _merged(numbers: Sequence[Value], size: int) -> Value:
    """The network on an axis that is filled up to a power of two."""
    shape = aval_of(numbers[0]).shape
    axis, bits = len(shape) - 1, (size - 1).bit_length()
    whole = (*shape[:-1], 1 << bits)
    lines = [_filled(x, whole) for x in numbers]
    # Positions differ, so that no two elements tie, and filling comes last.
    lines.append(ops.iota(shape=whole, dimension=axis, dtype=_INT32))

    def step(_: Value, carry: Sequence[Value], consts: Sequence[Value]) -> list[Value]:
        block, distance, *mine = carry
        position = ops.iota(shape=whole, dimension=axis, dtype=_INT32)
        spread_block, spread_distance = (
            ops.broadcast_in_dim(x, shape=whole, dimensions=()) for x in (block, distance)
        )
        partner = ops.xor(position, spread_distance)
        others = [ops.take_along(x, partner, axis=axis) for x in mine]
        # The smaller one goes first where the block ascends, last where it descends.
        descends, is_second = (_has_bit(position, mask) for mask in (spread_block, spread_distance))
        keeps_larger = ops.xor(descends, is_second)
        keep = ops.xor(_precedes(mine, others), keeps_larger)
        kept = [ops.select(keep, x, y) for x, y in zip(mine, others, strict=True)]
        return [*_next_step(block, distance), *kept]

    start = [ops.constant(value=ops.scalar_value(n, _INT32)) for n in (2, 1)]
    found = repeat(bits * (bits + 1) // 2, [*start, *lines], [], step)[-1]
    none = (0,) * len(shape)
    return ops.slice(found, start=none, limit=shape, stride=(1,) * len(shape))


def _next_step(block: Value, distance: Value) -> list[Value]:
    """Distances are halved down to 1, then blocks are doubled."""
    one = ops.full_like(block, 1)
    is_last = ops.compare(distance, one, direction="eq")
    halved = ops.shift_right_logical(distance, one)
    return [ops.select(is_last, ops.add(block, block), block), ops.select(is_last, block, halved)]


def _has_bit(x: Value, mask: Value) -> Value:
    return ops.compare(ops.and_(x, mask), ops.zeros_like(x), direction="ne")


def _filled(x: Value, shape: tuple[int, ...]) -> Value:
    """The largest integer behind the last axis."""
    given, dtype = aval_of(x)
    none = (0,) * len(given)
    most = ops.constant(value=ops.scalar_value(int(np.iinfo(dtype).max), dtype))
    return ops.pad(x, most, low=none, high=(*none[1:], shape[-1] - given[-1]), interior=none)
