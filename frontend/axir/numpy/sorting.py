"""Sorted arrays, and positions in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.axes import axis_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import is_eager, promoted
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_int, requested
from axir._src.remember import remembered
from axir._src.trace import bind
from axir.lax.sorting import take_along
from axir.numpy.elementwise import refuse_complex
from axir.numpy.logic import choose_by
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX
from axir_compiler.ops.sort import stable_order

__all__ = [
    "argpartition",
    "argsort",
    "digitize",
    "lexsort",
    "partition",
    "searchsorted",
    "sort",
    "sort_complex",
]


def _operand(
    name: str, a: ArrayLike, axis: int | None, kind: Any = None, order: Any = None
) -> tuple[Array, int]:
    """The array and the axis to sort along; without an axis the raveled array."""
    if kind is not None or order is not None:
        raise located(
            DTypeError(
                f"{name}: kind and order must be None; got {kind!r} and {order!r}. Sorting is always stable."
            )
        )
    x = to_array(a)
    if axis is None:
        return lax.reshape(x, (x.size,)), 0
    return x, axis_of(axis, x.ndim, name)


@remembered
def sort(
    a: ArrayLike,
    axis: int | None = -1,
    *,
    kind: None = None,
    order: None = None,
    stable: bool = True,
    descending: bool = False,
) -> Array:
    """``a`` in ascending order along an axis, NaN last; complex numbers by real, then by imaginary parts.

    Args:
        a: Array.
        axis: Axis to sort along; ``None`` sorts the raveled array.
        kind, order: Must be ``None``.
        stable: Has no effect.
        descending: Whether to give the reverse of the ascending order.

    Raises: AxisError if the axis is out of bounds.
    """
    x, at = _operand("sort", a, axis, kind, order)
    found = bind(OPS["sort"], x, dimension=at, num_keys=1)
    return lax.rev(found, (at,)) if descending else found


def sort_complex(a: ArrayLike) -> Array:
    """``a`` in ascending order along the last axis, as complex numbers, which are ordered by their real parts first."""
    x = to_array(a)
    if x.dtype in COMPLEX:
        return lax.complex(*lax.sort((lax.real(x), lax.imag(x)), num_keys=2))
    return convert(lax.sort(x), np.dtype("complex128" if x.dtype.itemsize > 4 else "complex64"))


@remembered
def argsort(
    a: ArrayLike,
    axis: int | None = -1,
    *,
    kind: None = None,
    order: None = None,
    stable: bool = True,
    descending: bool = False,
    dtype: DTypeLike = None,
) -> Array:
    """Positions along an axis that put ``a`` in order; equal elements keep theirs.

    The arguments are those of ``sort``, and ``dtype``, which is that of the result, by default the default integer
    dtype.

    Raises: AxisError if the axis is out of bounds.
    """
    x, at = _operand("argsort", a, axis, kind, order)
    wanted = default_int() if dtype is None else requested(dtype, "argsort")
    if not descending:
        return _order([x], at, wanted)
    # The reverse of a stable order of the reverse keeps equal elements in place.
    found = lax.rev(_order([lax.rev(x, (at,))], at, wanted), (at,))
    return lax.sub(x.shape[at] - 1, found)


def _order(xs: Sequence[Array], axis: int, dtype: np.dtype) -> Array:
    """Positions in the stable order of arrays of one shape, the first array first."""
    if is_eager(xs):
        return ConcreteArray(stable_order([x.to_numpy() for x in xs], axis).astype(dtype))
    positions = lax.broadcasted_iota(dtype, xs[0].shape, axis)
    return lax.sort((*xs, positions), axis, num_keys=len(xs))[-1]


def lexsort(keys: Any, axis: int = -1) -> Array:
    """Positions that put several keys in order, the *last* key first.

    Args:
        keys: Sequence of arrays of one shape, or an array whose items along the first axis they are.
        axis: Axis to sort along.

    Returns: Array of the shape of a key, of the default integer dtype.
    Raises: ShapeError if there is no key or shapes differ; AxisError if the axis is out of bounds.
    """
    xs = [to_array(k) for k in keys]
    if not xs or len({x.shape for x in xs}) > 1:
        given = ", ".join(str(x.aval) for x in xs) or "none"
        raise located(ShapeError(f"lexsort: keys must be arrays of one shape, at least one; got {given}."))
    if not xs[0].ndim:
        return to_array(np.zeros((), default_int()))
    return _order(xs[::-1], axis_of(axis, xs[0].ndim, "lexsort"), default_int())


def partition(a: ArrayLike, kth: int, axis: int = -1) -> Array:
    """``a`` with element ``kth`` of the sorted array in its place, smaller ones before and larger ones behind it.

    The order of those is that of ``sort``.

    Raises: AxisError if ``kth`` or the axis is out of bounds.
    """
    x, at = _operand("partition", a, axis)
    refuse_complex("partition", x)
    axis_of(kth, x.shape[at], "partition: position kth along that axis")
    return sort(x, at)


def argpartition(a: ArrayLike, kth: int, axis: int = -1) -> Array:
    """Positions along an axis that partition ``a``; see ``partition``.

    Args:
        a: Array of any rank but 0.
        kth: Position of the element that the others are compared with.
        axis: The axis.

    Returns: integers of the shape of ``a``.

    Raises: AxisError; ShapeError if ``kth`` is out of range.
    """
    x, at = _operand("argpartition", a, axis)
    refuse_complex("argpartition", x)
    axis_of(kth, x.shape[at], "argpartition: position kth along that axis")
    return argsort(x, at)


_METHODS = ("scan", "scan_unrolled", "sort", "compare_all")


@remembered
def searchsorted(
    a: ArrayLike, v: ArrayLike, side: str = "left", sorter: ArrayLike | None = None, *, method: str = "scan"
) -> Array:
    """Where the elements of ``v`` belong in the ascending vector ``a``.

    Args:
        a: Vector, in ascending order (NaN last) unless ``sorter`` is given.
        v: Array of any shape; promoted to a common dtype with ``a``.
        side: ``"left"`` for positions before equal elements, ``"right"`` for those behind them.
        sorter: Positions that put ``a`` in order.
        method: One of JAX's methods; has no effect, the search is always a bisection.

    Returns: Array of the shape of ``v`` and dtype int32.
    Raises: ShapeError if ``a`` is no vector, or ``side`` or ``method`` is unknown.
    """
    if side not in ("left", "right") or method not in _METHODS:
        raise located(
            ShapeError(
                f"searchsorted: side must be 'left' or 'right', method one of {', '.join(_METHODS)}; got {side!r} "
                f"and {method!r}."
            )
        )
    (x, values), _ = promoted(a, v)
    if x.ndim != 1:
        raise located(ShapeError(f"searchsorted: the sorted array must be a vector; got {x.aval}."))
    if sorter is not None:
        x = take_along(x, to_array(sorter), 0)
    flat = lax.reshape(values, (values.size,))
    if x.dtype in COMPLEX:
        x, flat = _ranks(x, flat)
    found = bind(OPS["searchsorted"], x, flat, weak=False, right=side == "right")
    return lax.reshape(found, values.shape)


def _ranks(x: Array, values: Array) -> tuple[Array, Array]:
    """Integers in the order of all elements of two vectors, equal ones for equal elements."""
    together = lax.concatenate([x, values], 0)
    positions = lax.iota("int32", together.size)
    ordered, order = lax.sort((together, positions), num_keys=1)
    last = max(together.size - 1, 0)
    real, imag = (
        _differs(lax.slice_in_dim(part, 1, None), lax.slice_in_dim(part, 0, last))
        for part in (lax.real(ordered), lax.imag(ordered))
    )
    steps = lax.bitwise_or(real, imag)
    ranks = lax.cumsum(lax.pad(convert(steps, np.dtype("int32")), 0, [(together.size - last, 0, 0)]))
    found = lax.sort((order, ranks), num_keys=1)[1]
    return lax.slice_in_dim(found, 0, x.size), lax.slice_in_dim(found, x.size, None)


def _differs(x: Array, y: Array) -> Array:
    """Whether numbers differ; NaN is NaN."""
    return lax.bitwise_and(lax.ne(x, y), lax.bitwise_or(lax.eq(x, x), lax.eq(y, y)))


@remembered
def digitize(x: ArrayLike, bins: ArrayLike, right: bool = False, *, method: str | None = None) -> Array:
    """Numbers of the bins that elements fall into: 0 before the first edge, ``len(bins)`` behind the last one.

    Args:
        x: Array of any shape.
        bins: Vector of edges, ascending or descending.
        right: Whether bins contain their right edge instead of the left one.
        method: See ``searchsorted``.

    Returns: Array of the shape of ``x`` and dtype int32.
    Raises: ShapeError if ``bins`` is no vector.
    """
    edges = to_array(bins)
    if edges.ndim != 1:
        raise located(ShapeError(f"digitize: bins must be a vector; got {edges.aval}."))
    count, side, how = edges.size, "left" if right else "right", method or "scan"
    ascending = searchsorted(edges, x, side, method=how)
    if count < 2:
        return ascending
    first, last = (lax.index_in_dim(edges, i, keepdims=False) for i in (0, count - 1))
    descending = lax.sub(count, searchsorted(lax.rev(edges, (0,)), x, side, method=how))
    return convert(choose_by(lax.ge(last, first), ascending, descending), ascending.dtype)
