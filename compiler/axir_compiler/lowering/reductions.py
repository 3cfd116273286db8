"""Reductions along axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from axir_compiler.ir.types import BOOL, is_float, is_inexact
from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.emit import is_half, signless, signless_type
from axir_compiler.lowering.generic import (
    Size,
    element_type_of,
    elementwise,
    fill,
    full,
    generic,
    identity_map,
    is_empty,
    map_of_dims,
    rank_of,
    shape_of,
    sizes_of,
    zeros,
)
from axir_compiler.mlir import arith, ir, linalg

__all__ = ["KINDS", "argmax", "argmin", "reduce"]

_FLOAT32 = np.dtype("float32")


def _lowest(dtype: np.dtype) -> float | int:
    if dtype in BOOL:
        return 0
    return -np.inf if is_inexact(dtype) else int(np.iinfo(dtype).min)


def _highest(dtype: np.dtype) -> float | int:
    if dtype in BOOL:
        return 1
    return np.inf if is_inexact(dtype) else int(np.iinfo(dtype).max)


_Combine = Callable[[np.dtype, ir.Value, ir.Value], ir.Value]
KINDS: dict[str, tuple[_Combine, Callable[[np.dtype], float | int]]] = {
    "sum": (scalar.add, lambda dtype: 0),
    "prod": (scalar.mul, lambda dtype: 1),
    "max": (scalar.fold_max, _lowest),
    "min": (scalar.fold_min, _highest),
    "and": (scalar.and_, lambda dtype: -1),
    "or": (scalar.or_, lambda dtype: 0),
    "xor": (scalar.xor, lambda dtype: 0),
}


def reduce(kind: str, x: ir.Value, axes: Sequence[int], dtype: np.dtype) -> ir.Value:
    """Combine the elements along ``axes``, which disappear; nothing to combine gives the identity.

    Args:
        kind: One of sum prod max min and or xor.
        x: Tensor of elements of ``dtype``.
        axes: Axes that are reduced.
        dtype: Tells signed from unsigned. 16-bit floats are combined in float32 and rounded once.
    """
    if not axes:
        return x
    combine, identity = KINDS[kind]
    wide = _FLOAT32 if is_half(dtype) else dtype
    kept = [d for d in range(rank_of(x)) if d not in axes]
    sizes = sizes_of(x)
    rest = [sizes[d] for d in kept]
    if is_empty(sizes):
        return _narrow(full(rest, signless(wide), identity(dtype)), dtype)
    init = fill(rest, emit.constant(signless(wide), identity(dtype)))

    def body(element: ir.Value, total: ir.Value) -> ir.Value:
        return combine(wide, scalar.convert(dtype, wide, element), total)

    maps = [identity_map(len(sizes)), map_of_dims(len(sizes), kept)]
    return _narrow(generic([x], [init], maps, body, reduced=list(axes))[0], dtype)


def _narrow(x: ir.Value, dtype: np.dtype) -> ir.Value:
    """Totals of 16-bit floats, which are in float32, back in their dtype."""
    if not is_half(dtype):
        return x
    return elementwise(lambda value: arith.truncf(signless(dtype), value), [x], signless(dtype))


def argmax(x: ir.Value, axis: int, index_type: ir.Type, dtype: np.dtype) -> ir.Value:
    """Index of the largest element along an axis: the first of equal ones, and the first NaN wins."""
    return _arg_extremum("max", x, axis, index_type, dtype)


def argmin(x: ir.Value, axis: int, index_type: ir.Type, dtype: np.dtype) -> ir.Value:
    """Index of the smallest element along an axis: the first of equal ones, and the first NaN wins."""
    return _arg_extremum("min", x, axis, index_type, dtype)


def _arg_extremum(kind: str, x: ir.Value, axis: int, index_type: ir.Type, dtype: np.dtype) -> ir.Value:
    """The extreme value first, then the lowest index that holds it.

    Both are plain reductions, which become vector code; one reduction of (value, index) pairs would not, and
    takes twenty times as long.
    """
    rank, sizes = rank_of(x), sizes_of(x)
    kept = [d for d in range(rank) if d != axis]
    rest: list[Size] = [sizes[d] for d in kept]
    index_type = signless_type(index_type)
    if is_empty(rest):
        return zeros(rest, index_type)
    counter = _counter_type(shape_of(x)[axis], index_type)
    best = reduce(kind, x, [axis], dtype)
    last = (1 << (emit.bit_width(counter) - 1)) - 1

    def body(value: ir.Value, extreme: ir.Value, lowest: ir.Value) -> ir.Value:
        at = arith.index_cast(counter, linalg.IndexOp(axis).result)
        candidate = arith.select(_matches(dtype, value, extreme), at, emit.constant(counter, last))
        return arith.minsi(candidate, lowest)

    inits = [fill(rest, emit.constant(counter, last))]
    maps = [identity_map(rank), map_of_dims(rank, kept), map_of_dims(rank, kept)]
    return _as_index(generic([x, best], inits, maps, body, reduced=[axis])[0], index_type)


def _matches(dtype: np.dtype, value: ir.Value, extreme: ir.Value) -> ir.Value:
    """Whether an element is the extreme one; that is NaN as soon as there is a NaN."""
    equal = scalar.compare(dtype, "eq", value, extreme)
    if not is_float(dtype):
        return equal
    # Not equal to itself is NaN.
    return arith.ori(equal, scalar.compare(dtype, "ne", value, value))


def _counter_type(size: int, index_type: ir.Type) -> ir.Type:
    """Type in which indices are counted: the wanted one, unless its range is too small for the axis."""
    width = emit.bit_width(index_type)
    needed = 64 if size > 1 << 31 else 32
    return index_type if width >= needed else emit.integer_type(needed)


def _as_index(index: ir.Value, index_type: ir.Type) -> ir.Value:
    if element_type_of(index) == index_type:
        return index
    return elementwise(lambda value: arith.trunci(index_type, value), [index], index_type)
