"""Gathers: kernels that read their operand where an array of indices says.

Every position is limited to the operand inside the kernel, whatever the mode: a read outside a buffer kills the
process.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.dimension_numbers import Numbers
from axir_compiler.lowering import emit
from axir_compiler.lowering.emit import compare_int, is_unsigned
from axir_compiler.lowering.generic import (
    element_type_of,
    empty,
    generic,
    identity_map,
    is_empty,
    shape_of,
    zeros,
)
from axir_compiler.mlir import arith, ir, linalg, tensor

__all__ = ["gather", "window_start"]


def gather(
    x: ir.Value,
    indices: ir.Value,
    numbers: Numbers,
    sizes: Sequence[int],
    fill: ScalarValue | None,
    index_dtype: np.dtype,
) -> ir.Value:
    """Windows of ``x`` at ``indices``.

    Args:
        x: Tensor that is read.
        indices: Tensor of index vectors, along its last axis.
        numbers: Which axis is what.
        sizes: Size of a window along each axis of ``x``.
        fill: What windows that are not inside hold; ``None`` to move them until they fit.
        index_dtype: Tells the signedness of the indices.
    """
    shape = numbers.result_shape(shape_of(indices), sizes)
    kind = element_type_of(x)
    if is_empty(shape):
        return zeros(shape, kind)

    def body(_: ir.Value) -> ir.Value:
        batch = [linalg.IndexOp(d).result for d in numbers.batch_dims(len(shape))]
        at, inside = window_start(numbers, shape_of(x), sizes, indices, batch, index_dtype)
        for axis, offset in zip(numbers.window_dims(len(sizes)), numbers.offset_dims, strict=True):
            if sizes[axis] != 1:
                step = linalg.IndexOp(offset).result
                start = at[axis]
                at[axis] = step if start is None else arith.addi(start, step)
        zero = emit.constant(ir.IndexType.get(), 0)
        found = tensor.extract(x, [zero if a is None else a for a in at])
        if inside is None:
            return found
        if fill is None:
            return arith.select(_always(inside), found, emit.constant(kind, 0))
        return arith.select(inside, found, emit.constant(kind, fill.value))

    return generic([], [empty(shape, kind)], [identity_map(len(shape))], body)[0]


def _always(inside: ir.Value) -> ir.Value:
    """A condition that is true, which IREE does not see before it has chosen the loops.

    Of a kernel that gives nothing but what it reads it would make one flat loop, with a division for each element.
    """
    return arith.ori(inside, arith.xori(inside, emit.constant(inside.type, 1)))


def window_start(
    numbers: Numbers,
    shape: Sequence[int],
    sizes: Sequence[int],
    indices: ir.Value,
    batch: Sequence[ir.Value],
    index_dtype: np.dtype,
) -> tuple[list[ir.Value | None], ir.Value | None]:
    """Where a window starts, moved until it fits, and whether it was inside before.

    Args:
        numbers: Which axis is what.
        shape: Shape of the operand.
        sizes: Size of a window along each of its axes.
        indices: Tensor of index vectors.
        batch: Position in the batch of index vectors.
        index_dtype: Tells the signedness of the indices.

    Returns: the start along each axis with ``None`` for 0, and an ``i1`` or ``None`` where there is no index.
    """
    index = ir.IndexType.get()
    at: list[ir.Value | None] = [None] * len(shape)
    inside: ir.Value | None = None
    for axis, position in zip(
        numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True
    ):
        at[axis] = batch[position]
    for k, axis in enumerate(numbers.start_index_map):
        given = tensor.extract(indices, [*batch, emit.constant(index, k)])
        start, fits = _limited(given, shape[axis] - sizes[axis], is_unsigned(index_dtype))
        at[axis] = start
        inside = fits if inside is None else arith.andi(inside, fits)
    return at, inside


def _limited(value: ir.Value, most: int, unsigned: bool) -> tuple[ir.Value, ir.Value]:
    """An index limited to ``[0, most]``, and whether it was there."""
    kind = emit.integer_type(max(32 if most < 2**31 else 64, emit.bit_width(value.type)))
    if value.type != kind:
        value = (arith.extui if unsigned else arith.extsi)(kind, value)
    last = emit.constant(kind, most)
    zero = emit.constant(kind, 0)
    limited = arith.minui(value, last) if unsigned else arith.maxsi(arith.minsi(value, last), zero)
    return arith.index_cast(ir.IndexType.get(), limited), compare_int("eq", limited, value)
