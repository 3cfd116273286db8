"""Windows whose position is a value of the program.

Start positions are read inside the kernels, never on the host, which would have to wait for the device.
They are clamped so that the window fits: a read outside a buffer kills the process.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from axir_compiler.lowering import emit
from axir_compiler.lowering.emit import compare_int, is_unsigned
from axir_compiler.lowering.generic import (
    element_type_of,
    empty,
    generic,
    identity_map,
    is_empty,
    map_of_dims,
    rank_of,
    shape_of,
    splat_of,
    zeros,
)
from axir_compiler.lowering.movement import extract_slice, insert_slice
from axir_compiler.mlir import arith, ir, linalg, tensor

__all__ = ["Start", "dynamic_slice", "dynamic_update_slice", "index_operands"]


class Start(NamedTuple):
    """A start position: a rank-0 integer tensor and the dtype that tells its signedness."""

    value: ir.Value
    dtype: np.dtype


def index_operands(starts: Sequence[ir.Value], dtypes: Sequence[np.dtype]) -> list[Start]:
    """Start positions for the builders of this module."""
    return [Start(value, dtype) for value, dtype in zip(starts, dtypes, strict=True)]


def dynamic_slice(x: ir.Value, starts: Sequence[Start], sizes: Sequence[int]) -> ir.Value:
    """Window of static ``sizes`` at ``starts``, which are clamped so that the window fits."""
    shape, rank = shape_of(x), rank_of(x)
    if tuple(sizes) == shape:
        return x
    if is_empty(sizes):
        return zeros(sizes, element_type_of(x))
    room = [n - m for n, m in zip(shape, sizes, strict=True)]
    known = _known(starts, room)
    if known is not None:
        return extract_slice(x, known, sizes, [1] * rank)

    def body(*elements: ir.Value) -> ir.Value:
        at = [
            arith.addi(_position(start, value, most), linalg.IndexOp(d).result)
            for d, (start, value, most) in enumerate(zip(starts, elements, room, strict=False))
        ]
        return tensor.extract(x, at)

    maps = [*[map_of_dims(rank, ())] * rank, identity_map(rank)]
    return generic([s.value for s in starts], [empty(sizes, element_type_of(x))], maps, body)[0]


def dynamic_update_slice(x: ir.Value, update: ir.Value, starts: Sequence[Start]) -> ir.Value:
    """``x`` with the window at ``starts`` (clamped so that it fits) replaced by ``update``."""
    shape, sizes, rank = shape_of(x), shape_of(update), rank_of(x)
    if sizes == shape:
        return update
    if is_empty(sizes):
        return x
    room = [n - m for n, m in zip(shape, sizes, strict=True)]
    known = _known(starts, room)
    # IREE loses one of two windows that are inserted into the same background of 128-bit elements.
    if known is not None and not isinstance(element_type_of(x), ir.ComplexType):
        return insert_slice(update, x, known, [1] * rank)

    def body(old: ir.Value, *elements: ir.Value) -> ir.Value:
        inside: ir.Value | None = None
        at = []
        for d, (start, value) in enumerate(zip(starts, elements, strict=False)):
            relative = arith.subi(linalg.IndexOp(d).result, _position(start, value, room[d]))
            here, clamped = _within(relative, sizes[d])
            inside = here if inside is None else arith.andi(inside, here)
            at.append(clamped)
        assert inside is not None
        return arith.select(inside, tensor.extract(update, at), old)

    maps = [identity_map(rank), *[map_of_dims(rank, ())] * rank, identity_map(rank)]
    return generic([x, *(s.value for s in starts)], [empty(shape, element_type_of(x))], maps, body)[0]


def _known(starts: Sequence[Start], room: Sequence[int]) -> list[int] | None:
    """Clamped positions, if all of them are constants or have no room to move."""
    known = []
    for start, most in zip(starts, room, strict=True):
        number = splat_of(start.value)
        if most == 0:
            known.append(0)
        elif number is None:
            return None
        else:
            width = emit.bit_width(element_type_of(start.value))
            bits = ir.IntegerAttr(number).value & ((1 << width) - 1)
            signed = bits if is_unsigned(start.dtype) or not bits >> (width - 1) else bits - (1 << width)
            known.append(min(max(signed, 0), most))
    return known


def _position(start: Start, value: ir.Value, most: int) -> ir.Value:
    """A start position in ``[0, most]`` as an index."""
    index = ir.IndexType.get()
    if most == 0:
        return emit.constant(index, 0)
    unsigned = is_unsigned(start.dtype)
    kind = emit.integer_type(64)
    if emit.bit_width(value.type) < 64:
        value = (arith.extui if unsigned else arith.extsi)(kind, value)
    if unsigned:
        value = arith.minui(value, emit.constant(kind, most))
    else:
        value = arith.maxsi(arith.minsi(value, emit.constant(kind, most)), emit.constant(kind, 0))
    return arith.index_cast(index, value)


def _within(relative: ir.Value, size: int) -> tuple[ir.Value, ir.Value]:
    """Whether a position lies in ``[0, size)``, and the position clamped to it."""
    index = ir.IndexType.get()
    zero, last = emit.constant(index, 0), emit.constant(index, size - 1)
    inside = arith.andi(compare_int("ge", relative, zero), compare_int("le", relative, last))
    return inside, arith.minsi(arith.maxsi(relative, zero), last)
