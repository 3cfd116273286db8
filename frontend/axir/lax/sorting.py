"""Sorting along one axis, the largest elements, and elements at given positions."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax.elementwise import add, bitcast_convert_type, bitwise_not, div, lt, mul, neg, rem, select
from axir.lax.elementwise import bitwise_xor as xor
from axir.lax.reductions import reduce_min
from axir.lax.shapes import broadcast_in_dim, broadcasted_iota, pad, reshape, transpose
from axir.lax.slicing import slice_in_dim
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, FLOATING

_LONG = 1000
"""Elements of an axis from which the largest ones are looked for in parts of it."""

__all__ = ["approx_max_k", "approx_min_k", "sort", "sort_key_val", "top_k"]


@overload
def sort(
    operand: Sequence[Array], dimension: int = ..., is_stable: bool = ..., num_keys: int = ...
) -> tuple[Array, ...]: ...
@overload
def sort(operand: ArrayLike, dimension: int = ..., is_stable: bool = ..., num_keys: int = ...) -> Array: ...
def sort(operand: Any, dimension: int = -1, is_stable: bool = True, num_keys: int = 1) -> Any:
    """Arrays of one shape in the ascending order of the first ``num_keys`` of them along an axis.

    Both zeros are equal; every NaN is equal to NaN and comes last. Later keys decide between equal earlier ones.
    Complex numbers are ordered by their real, then by their imaginary parts.

    Args:
        operand: Array, or a sequence of arrays of one shape.
        dimension: Axis to sort along.
        is_stable: Has no effect: what is equal keeps its order anyway.
        num_keys: How many arrays are compared.

    Returns: One array, or a tuple for a sequence.
    Raises: AxisError if the axis is out of bounds, ShapeError if shapes differ or ``num_keys`` is out of range.
    """
    several = isinstance(operand, list | tuple)
    xs = [to_array(x) for x in operand] if several else [to_array(operand)]
    if not xs:
        raise located(ShapeError("lax.sort: needs at least one array; got none."))
    axis = axis_of(dimension, xs[0].ndim, "lax.sort")
    found = bind(OPS["sort"], *xs, weak=False, dimension=axis, num_keys=static_int(num_keys, "lax.sort"))
    if len(xs) == 1:
        return (found,) if several else found
    return found


def sort_key_val(
    keys: ArrayLike, values: ArrayLike, dimension: int = -1, is_stable: bool = True
) -> tuple[Array, Array]:
    """``keys`` sorted along an axis, and ``values`` in the same order.

    Args:
        keys: Array of any rank but 0.
        values: Array of the same shape, of any dtype.
        dimension: Axis to sort along.
        is_stable: Whether equal keys keep their order; they always do.

    Raises: AxisError; ShapeError if the shapes differ.
    """
    found, moved = sort((to_array(keys), to_array(values)), dimension, is_stable)
    return found, moved


def top_k(operand: ArrayLike, k: int, *, axis: int = -1) -> tuple[Array, Array]:
    """The ``k`` largest elements along an axis in descending order, and their indices.

    Of equal elements the first one comes first. The order is a total one: -0.0 is below 0.0, a NaN is above all
    numbers, one whose sign bit is set below all.

    Args:
        operand: Array of numbers or bools with at least one axis.
        k: How many, at most the size of the axis; static.
        axis: Axis to search along.

    Returns: Values, and indices of dtype int32.
    Raises: AxisError, ShapeError if ``k`` does not fit, DTypeError for complex numbers.
    """
    x = to_array(operand)
    if x.dtype in COMPLEX:
        raise located(
            DTypeError(f"lax.top_k: is not defined for complex numbers; got {x.aval}. Use lax.sort.")
        )
    at = axis_of(axis, x.ndim, "lax.top_k")
    count = static_int(k, "lax.top_k")
    if not 0 <= count <= x.shape[at]:
        raise located(
            ShapeError(f"lax.top_k: k must be in [0, {x.shape[at]}], the size of the axis; got {count}.")
        )
    last = [*(d for d in range(x.ndim) if d != at), at]
    back = sorted(range(x.ndim), key=last.__getitem__)
    first = transpose(_smallest(transpose(_descending(x), last), count), back)
    return take_along(x, first, at), first


def _smallest(x: Array, count: int) -> Array:
    """Positions of the smallest elements along the last axis, in ascending order, the first one of equal ones first.

    Of a long axis cut into parts, they lie in the ``count`` parts whose own smallest elements are the smallest:
    each of these parts has an element that goes before all those of other parts.
    """
    *lead, size = x.shape
    part = max(1, math.isqrt(size // max(count, 1)))
    # Nothing is left over if one of these divides the size.
    part = next((p for p in range(part, part // 2, -1) if size % p == 0), part)
    if x.dtype == bool or count == 0 or size < _LONG or size < 8 * count * part:
        positions = broadcasted_iota("int32", x.shape, x.ndim - 1)
        return slice_in_dim(sort((x, positions))[1], 0, count, axis=-1)
    parts = -(-size // part)
    filled = pad(x, np.iinfo(x.dtype).max, [(0, 0, 0)] * len(lead) + [(0, parts * part - size, 0)])
    table = reshape(filled, (*lead, parts, part))
    # In ascending order, so that positions within what is left grow with those within the whole.
    chosen = sort(_smallest(reduce_min(table, (len(lead) + 1,)), count))
    rows = broadcast_in_dim(chosen, (*lead, count, part), range(len(lead) + 1))
    left = reshape(take_along(table, rows, len(lead)), (*lead, count * part))
    found = _smallest(left, count)
    return add(mul(take_along(chosen, div(found, part), len(lead)), part), rem(found, part))


def _descending(x: Array) -> Array:
    """Integers or bools that fall where the elements grow."""
    if x.dtype not in FLOATING:
        return bitwise_not(x)
    signed = np.dtype(f"int{8 * x.dtype.itemsize}")
    bits = bitcast_convert_type(x, signed)
    # Negative numbers grow with falling bit patterns.
    return bitwise_not(select(lt(bits, 0), xor(bits, int(np.iinfo(signed).max)), bits))


def take_along(x: Array, indices: Array, axis: int) -> Array:
    """``x[.., indices[.., i, ..], ..]`` along one axis, indices clamped to it."""
    return bind(OPS["take_along"], x, indices, weak=x.weak_type, axis=axis)


def add_along(updates: Array, indices: Array, axis: int, size: int) -> Array:
    """Zeros of ``size`` along an axis, to which updates are added at indices, clamped."""
    return bind(OPS["add_along"], updates, indices, weak=False, axis=axis, size=size)


def approx_max_k(
    operand: ArrayLike,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Array, Array]:
    """The ``k`` largest elements of a float array along an axis and their indices: exact, as ``top_k``.

    The arguments that trade exactness for speed have no effect.

    Raises: DTypeError if the array does not hold floats; see also ``top_k``.
    """
    return top_k(_floats("approx_max_k", operand), k, axis=reduction_dimension)


def approx_min_k(
    operand: ArrayLike,
    k: int,
    reduction_dimension: int = -1,
    recall_target: float = 0.95,
    reduction_input_size_override: int = -1,
    aggregate_to_topk: bool = True,
) -> tuple[Array, Array]:
    """The ``k`` smallest elements of a float array along an axis and their indices; see ``approx_max_k``.

    Args:
        operand: Floats ``[..., n, ...]``.
        k: How many, at most ``n``.
        reduction_dimension: The axis.
        recall_target, reduction_input_size_override, aggregate_to_topk: As in ``approx_max_k``; results are
            exact.

    Raises: AxisError; ShapeError for ``k`` out of range; DTypeError if ``operand`` is not of floats.
    """
    values, indices = top_k(neg(_floats("approx_min_k", operand)), k, axis=reduction_dimension)
    return neg(values), indices


def _floats(name: str, operand: ArrayLike) -> Array:
    x = to_array(operand)
    if x.dtype not in FLOATING:
        raise located(DTypeError(f"lax.{name}: needs an array of floats; got {x.aval}. Use lax.top_k."))
    return x
