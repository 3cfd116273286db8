"""Reductions along axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from axir_compiler.ir.types import BOOL, is_float
from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.emit import compare_int, is_half, signless, signless_type
from axir_compiler.lowering.generic import (
    Size,
    element_type_of,
    elementwise,
    fill,
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

__all__ = ["argmax", "argmin", "reduce"]

_FLOAT32 = np.dtype("float32")


def _lowest(dtype: np.dtype) -> float | int:
    if dtype in BOOL:
        return 0
    return -np.inf if is_float(dtype) else int(np.iinfo(dtype).min)


def _highest(dtype: np.dtype) -> float | int:
    if dtype in BOOL:
        return 1
    return np.inf if is_float(dtype) else int(np.iinfo(dtype).max)


_Combine = Callable[[np.dtype, ir.Value, ir.Value], ir.Value]
_KINDS: dict[str, tuple[_Combine, Callable[[np.dtype], float | int]]] = {
    "sum": (scalar.add, lambda dtype: 0),
    "prod": (scalar.mul, lambda dtype: 1),
    "max": (scalar.max, _lowest),
    "min": (scalar.min, _highest),
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
    combine, identity = _KINDS[kind]
    wide = _FLOAT32 if is_half(dtype) else dtype
    kept = [d for d in range(rank_of(x)) if d not in axes]
    sizes = sizes_of(x)
    init = fill([sizes[d] for d in kept], emit.constant(signless(wide), identity(dtype)))
    if is_empty(sizes):
        return _narrow(init, dtype)

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
    return _arg_extremum("gt", _lowest(dtype), x, axis, index_type, dtype)


def argmin(x: ir.Value, axis: int, index_type: ir.Type, dtype: np.dtype) -> ir.Value:
    """Index of the smallest element along an axis: the first of equal ones, and the first NaN wins."""
    return _arg_extremum("lt", _highest(dtype), x, axis, index_type, dtype)


def _arg_extremum(
    direction: str, worst: float | int, x: ir.Value, axis: int, index_type: ir.Type, dtype: np.dtype
) -> ir.Value:
    """A reduction of (value, index) pairs.

    Ties go to the lower index by comparison, not by order of evaluation: the compiler may split the
    reduction and combine parts in any order.
    """
    rank, sizes = rank_of(x), sizes_of(x)
    kept = [d for d in range(rank) if d != axis]
    rest: list[Size] = [sizes[d] for d in kept]
    counter = _counter_type(shape_of(x)[axis], signless_type(index_type))
    if is_empty(rest):
        return zeros(rest, signless_type(index_type))
    last = (1 << (emit.bit_width(counter) - 1)) - 1
    inits = [
        fill(rest, emit.constant(element_type_of(x), worst)),
        fill(rest, emit.constant(counter, last)),
    ]

    def body(value: ir.Value, best: ir.Value, best_at: ir.Value) -> tuple[ir.Value, ir.Value]:
        at = arith.index_cast(counter, linalg.IndexOp(axis).result)
        better, equal = _order(direction, dtype, value, best)
        taken = arith.ori(better, arith.andi(equal, compare_int("lt", at, best_at)))
        return arith.select(taken, value, best), arith.select(taken, at, best_at)

    maps = [identity_map(rank), map_of_dims(rank, kept), map_of_dims(rank, kept)]
    _, index = generic([x], inits, maps, body, reduced=[axis])
    return _as_index(index, signless_type(index_type))


def _order(direction: str, dtype: np.dtype, value: ir.Value, best: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Whether ``value`` comes before ``best``, and whether they tie; NaN comes before all and ties with NaN."""
    better = scalar.compare(dtype, direction, value, best)
    equal = scalar.compare(dtype, "eq", value, best)
    if not is_float(dtype):
        return better, equal
    value_nan, best_nan = (scalar.compare(dtype, "ne", v, v) for v in (value, best))
    true = emit.constant(value_nan.type, 1)
    better = arith.ori(better, arith.andi(value_nan, arith.xori(best_nan, true)))
    return better, arith.ori(equal, arith.andi(value_nan, best_nan))


def _counter_type(size: int, index_type: ir.Type) -> ir.Type:
    """Type in which indices are counted: the wanted one, unless its range is too small for the axis."""
    width = emit.bit_width(index_type)
    needed = 64 if size > 1 << 31 else 32
    return index_type if width >= needed else emit.integer_type(needed)


def _as_index(index: ir.Value, index_type: ir.Type) -> ir.Value:
    if element_type_of(index) == index_type:
        return index
    return elementwise(lambda value: arith.trunci(index_type, value), [index], index_type)
