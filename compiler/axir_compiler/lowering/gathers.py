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
    map_of_dims,
    shape_of,
    zeros,
)
from axir_compiler.lowering.movement import reshape
from axir_compiler.mlir import arith, ir, linalg, tensor

__all__ = ["components", "gather", "window_start"]


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

    batch = numbers.batch_dims(len(shape))
    # Where neighbours in the result have an index each, the index is an operand, and what computes it is fused.
    each = len(numbers.start_index_map) == 1 and bool(batch) and batch[-1] == len(shape) - 1
    inputs = [reshape(indices, shape_of(indices)[:-1])] if each else []

    def body(*elements: ir.Value) -> ir.Value:
        place = [linalg.IndexOp(d).result for d in batch]
        given = [elements[0]] if each else components(indices, place)
        at, inside = window_start(numbers, shape_of(x), sizes, given, place, index_dtype)
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
            return found if each else arith.select(_always(inside), found, emit.constant(kind, 0))
        return arith.select(inside, found, emit.constant(kind, fill.value))

    maps = [*(map_of_dims(len(shape), batch) for _ in inputs), identity_map(len(shape))]
    return generic(inputs, [empty(shape, kind)], maps, body)[0]


def _always(inside: ir.Value) -> ir.Value:
    """A condition that is true, which IREE does not see before it has chosen the loops.

    Of a kernel that gives nothing but what it reads it would make one flat loop, with a division for each element.
    """
    return arith.ori(inside, arith.xori(inside, emit.constant(inside.type, 1)))


def components(indices: ir.Value, batch: Sequence[ir.Value]) -> list[ir.Value]:
    """The components of one index vector."""
    kind = ir.IndexType.get()
    count = shape_of(indices)[-1]
    return [tensor.extract(indices, [*batch, emit.constant(kind, k)]) for k in range(count)]


def window_start(
    numbers: Numbers,
    shape: Sequence[int],
    sizes: Sequence[int],
    vector: Sequence[ir.Value],
    batch: Sequence[ir.Value],
    index_dtype: np.dtype,
) -> tuple[list[ir.Value | None], ir.Value | None]:
    """Where a window starts, moved until it fits, and whether it was inside before.

    Args:
        numbers: Which axis is what.
        shape: Shape of the operand.
        sizes: Size of a window along each of its axes.
        vector: The components of the index vector.
        batch: Position in the batch of index vectors.
        index_dtype: Tells the signedness of the indices.

    Returns: the start along each axis with ``None`` for 0, and an ``i1`` or ``None`` where there is no index.
    """
    at: list[ir.Value | None] = [None] * len(shape)
    inside: ir.Value | None = None
    for axis, position in zip(
        numbers.operand_batching_dims, numbers.start_indices_batching_dims, strict=True
    ):
        at[axis] = batch[position]
    for given, axis in zip(vector, numbers.start_index_map, strict=True):
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
