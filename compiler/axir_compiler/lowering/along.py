"""Elements taken from, and added to, positions along one axis that are values of the program."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.emit import is_half, is_unsigned, signless
from axir_compiler.lowering.generic import (
    element_type_of,
    elementwise,
    empty,
    generic,
    identity_map,
    is_empty,
    shape_of,
    zeros,
)
from axir_compiler.lowering.kernels import index, kernel, load, loop, store
from axir_compiler.lowering.movement import reshape
from axir_compiler.mlir import arith, ir, linalg, tensor

__all__ = ["add_along", "lines_of", "take_along"]

Value = ir.Value


def lines_of(shape: Sequence[int], axis: int) -> list[int]:
    """The shape with all axes before and all axes behind one taken together."""
    return [math.prod(shape[:axis]), shape[axis], math.prod(shape[axis + 1 :])]


def take_along(x: Value, indices: Value, axis: int, index_dtype: np.dtype) -> Value:
    """``result[.., i, ..] = x[.., indices[.., i, ..], ..]``; indices are clamped to the axis."""
    shape = shape_of(indices)
    if is_empty(shape):
        return zeros(shape, element_type_of(x))
    last = shape_of(x)[axis] - 1

    def body(position: Value, _: Value) -> Value:
        at = [linalg.IndexOp(d).result for d in range(len(shape))]
        at[axis] = _clamped(position, last, index_dtype)
        return tensor.extract(x, at)

    maps = [identity_map(len(shape))] * 2
    return generic([indices], [empty(shape, element_type_of(x))], maps, body)[0]


def add_along(
    updates: Value, indices: Value, axis: int, size: int, dtype: np.dtype, index_dtype: np.dtype
) -> Value:
    """``result[.., indices[.., i, ..], ..] += updates[.., i, ..]`` from zeros, in the order of ``i``.

    Indices are clamped to the axis, whose size is given. 16-bit floats are summed in float32.
    """
    shape = shape_of(updates)
    final = [*shape[:axis], size, *shape[axis + 1 :]]
    if is_empty(shape) or is_empty(final):
        return zeros(final, element_type_of(updates))
    wide = np.dtype("float32") if is_half(dtype) else dtype
    # Flat, since IREE fails on kernels that read what they wrote in a tensor with axes of size 1.
    count = math.prod(shape)
    total = _added(
        reshape(updates, [count]), reshape(indices, [count]), lines_of(shape, axis), size, dtype, index_dtype
    )
    if wide != dtype:
        total = elementwise(lambda v: scalar.convert(wide, dtype, v), [total], signless(dtype))
    return reshape(total, final)


def _added(
    updates: Value, indices: Value, lines: Sequence[int], size: int, dtype: np.dtype, index_dtype: np.dtype
) -> Value:
    """On flat tensors, which stand for ones of three axes, along the middle one."""
    outer, n, inner = lines
    wide = np.dtype("float32") if is_half(dtype) else dtype
    kind = signless(wide)

    def add(o: Value, k: Value, i: Value, out: Value) -> Value:
        here = _flat(o, i, k, n, inner)
        at = _flat(o, _clamped(load(indices, here), size - 1, index_dtype), k, size, inner)
        update = scalar.convert(dtype, wide, load(updates, here))
        return store(scalar.add(wide, load(out, at), update), out, at)

    def body(out: Value) -> list[Value]:
        zero = emit.constant(kind, 0)
        (out,) = loop(outer * size * inner, [out], lambda i, out: [store(zero, out, i)])

        def line(o: Value, out: Value) -> list[Value]:
            def step(i: Value, out: Value) -> list[Value]:
                return loop(inner, [out], lambda k, out: [add(o, k, i, out)])

            return loop(n, [out], step)

        return loop(outer, [out], line)

    return kernel([([outer * size * inner], kind)], body)[0]


def _flat(o: Value, i: Value, k: Value, n: int, inner: int) -> Value:
    """Position in a flat tensor of three axes."""
    return arith.addi(arith.muli(arith.addi(arith.muli(o, index(n)), i), index(inner)), k)


def _clamped(position: Value, last: int, dtype: np.dtype) -> Value:
    """A position in ``[0, last]`` as an index: a read outside a tensor kills the process."""
    unsigned = is_unsigned(dtype)
    kind = emit.integer_type(64)
    if emit.bit_width(position.type) < 64:
        position = (arith.extui if unsigned else arith.extsi)(kind, position)
    most = emit.constant(kind, last)
    if unsigned:
        position = arith.minui(position, most)
    else:
        position = arith.maxsi(arith.minsi(position, most), emit.constant(kind, 0))
    return arith.index_cast(ir.IndexType.get(), position)
