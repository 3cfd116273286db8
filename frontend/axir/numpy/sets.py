"""Arrays as sets: distinct elements, unions, intersections, membership.

The number of distinct elements depends on values. Outside ``jit`` the functions give arrays of just that size; with
the argument ``size`` they give arrays of that size, cut off or filled up, and can be compiled.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import is_eager, promoted
from axir._src.indexing import take_static
from axir._src.messages import located
from axir._src.promotion import BOOL, default_int
from axir.lax.sorting import add_along, take_along
from axir.numpy.elementwise import equal, logical_and, logical_not, not_equal
from axir.numpy.logic import choose_by, isnan
from axir.numpy.shapes import concatenate, moveaxis
from axir.numpy.sorting import argsort, lexsort, searchsorted
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import FLOATING

__all__ = [
    "intersect1d",
    "isin",
    "setdiff1d",
    "setxor1d",
    "union1d",
    "unique",
    "unique_all",
    "unique_counts",
    "unique_inverse",
    "unique_values",
]

_ASKED = "its distinct elements (under jit the argument size gives their number)"


class UniqueAllResult(NamedTuple):
    """What ``unique_all`` gives."""

    values: Array
    indices: Array
    inverse_indices: Array
    counts: Array


class UniqueCountsResult(NamedTuple):
    """What ``unique_counts`` gives."""

    values: Array
    counts: Array


class UniqueInverseResult(NamedTuple):
    """What ``unique_inverse`` gives."""

    values: Array
    inverse_indices: Array


def unique(
    ar: ArrayLike,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
    *,
    equal_nan: bool = True,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
    sorted: bool = True,
) -> Any:
    """Distinct elements of an array, in ascending order.

    Args:
        ar: Array.
        return_index: Whether to give as well where each one occurs first.
        return_inverse: Whether to give as well the position of each element of ``ar`` among them.
        return_counts: Whether to give as well how often each one occurs.
        axis: Axis along which parts are compared as wholes; by default single elements are.
        equal_nan: Whether all NaN are one element.
        size: Size of the results. Fewer elements are filled up, more are cut off. Needed under ``jit``.
        fill_value: What to fill up with, by default the smallest element.
        sorted: Has no effect.

    Returns: The elements, or a tuple of them and what was asked for, in the order of the arguments.
    Raises: ConcretizationError for a traced array without ``size``; AxisError; ShapeError if an empty array must be
        filled up and there is no ``fill_value``.
    """
    x = to_array(ar)
    at = None if axis is None else axis_of(axis, x.ndim, "unique")
    if size is None:
        found = _distinct(x, at, equal_nan)
    else:
        found = _distinct_sized(x, at, equal_nan, static_int(size, "unique"), fill_value)
    wanted = (True, return_index, return_inverse, return_counts)
    results = [r for r, w in zip(found, wanted, strict=True) if w]
    return tuple(results) if len(results) > 1 else results[0]


def _distinct(x: Array, axis: int | None, equal_nan: bool) -> tuple[Array, Array, Array, Array]:
    value = _plain(x)
    values, index, inverse, counts = np.unique(
        value, return_index=True, return_inverse=True, return_counts=True, axis=axis, equal_nan=equal_nan
    )
    shape = x.shape if axis is None else (x.shape[axis],)
    if is_eager((x,)):
        found: Array = ConcreteArray(values.astype(x.dtype))
    else:
        flat = lax.reshape(x, (x.size,)) if axis is None else x
        found = take_static(flat, index, axis or 0)
    index, inverse, counts = (
        to_array(i.astype(default_int())) for i in (index, inverse.reshape(shape), counts)
    )
    return found, index, inverse, counts


def _plain(x: Array) -> np.ndarray:
    """The values in a dtype that NumPy sorts: it does not know bfloat16, and large arrays of float16 go wrong."""
    value = x.to_numpy(_ASKED)
    return value.astype(np.float32) if x.dtype in FLOATING and x.dtype.itemsize == 2 else value


def _distinct_sized(
    x: Array, axis: int | None, equal_nan: bool, size: int, fill_value: ArrayLike | None
) -> tuple[Array, Array, Array, Array]:
    whole = lax.reshape(x, (x.size,)) if axis is None else moveaxis(x, axis, 0)
    n, rest = whole.shape[0], whole.shape[1:]
    if n == 0:
        return _filled_up(whole, size, fill_value, axis)
    rows = lax.reshape(whole, (n, whole.size // n))
    order = _row_order(rows)
    ordered = _rows_at(rows, order)
    is_first = _is_first(ordered, equal_nan)
    starts, count = _places(is_first, size + 1)
    first = choose_by(lax.lt(starts, n), starts, 0)
    values = lax.reshape(_rows_at(ordered, lax.slice_in_dim(first, 0, size)), (size, *rest))
    if fill_value is not None:
        is_there = lax.broadcast_in_dim(_is_within(count, size), values.shape, (0,))
        values = choose_by(is_there, values, convert(to_array(fill_value), values.dtype))
    index = take_along(order, lax.slice_in_dim(first, 0, size), 0)
    number = lax.sub(lax.cumsum(convert(is_first, default_int())), 1)
    inverse = lax.reshape(add_along(number, order, 0, n), x.shape if axis is None else (n,))
    counts = lax.sub(lax.slice_in_dim(starts, 1, size + 1), lax.slice_in_dim(starts, 0, size))
    return moveaxis(values, 0, axis or 0), index, inverse, counts


def _filled_up(
    whole: Array, size: int, fill_value: ArrayLike | None, axis: int | None
) -> tuple[Array, Array, Array, Array]:
    """What there is of an empty array."""
    if fill_value is None and size:
        raise located(ShapeError(f"unique: an empty array gives {size} elements only with a fill_value."))
    value = convert(to_array(0 if fill_value is None else fill_value), whole.dtype)
    values = lax.broadcast(value, (size, *whole.shape[1:]))
    none = lax.full((size,), 0, default_int())
    inverse = lax.full(whole.shape if axis is None else (0,), 0, default_int())
    return moveaxis(values, 0, axis or 0), none, inverse, none


def _row_order(rows: Array) -> Array:
    """The order of rows, compared from their first element on."""
    columns = [lax.index_in_dim(rows, j, 1, keepdims=False) for j in range(rows.shape[1])]
    return lexsort(columns[::-1]) if columns else lax.iota(default_int(), rows.shape[0])


def _rows_at(rows: Array, positions: Array) -> Array:
    if rows.ndim == 1:
        return take_along(rows, positions, 0)
    return take_along(rows, lax.broadcast_in_dim(positions, (positions.size, rows.shape[1]), (0,)), 0)


def _is_first(rows: Array, equal_nan: bool) -> Array:
    """Which rows differ from the row before."""
    n = rows.shape[0]
    before, behind = lax.slice_in_dim(rows, 0, n - 1), lax.slice_in_dim(rows, 1, n)
    differs = lax.ne(before, behind)
    if equal_nan and rows.dtype in FLOATING:
        differs = logical_and(differs, logical_not(logical_and(isnan(before), isnan(behind))))
    return lax.concatenate([lax.full((1,), True), lax.reduce_or(differs, (1,))], 0)


def _places(mask: Array, size: int) -> tuple[Array, Array]:
    """The first ``size`` positions where a mask holds, filled up with its size, and how many there are."""
    n = mask.shape[0]
    ordered = argsort(logical_not(mask))
    count = lax.reduce_sum(convert(mask, default_int()), (0,))
    if size > n:
        ordered = lax.concatenate([ordered, lax.full((size - n,), n, ordered.dtype)], 0)
    return choose_by(_is_within(count, size), lax.slice_in_dim(ordered, 0, size), n), count


def _is_within(count: Array, size: int) -> Array:
    return lax.lt(lax.iota(default_int(), size), count)


def unique_values(x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None) -> Array:
    """``unique`` with each NaN for itself.

    Args:
        x: Array of any shape, taken as raveled.
        size: Number of results, needed under ``jit``; what is too much is cut off.
        fill_value: What fills up; by default the smallest element.

    Raises: ConcretizationError if ``x`` is traced and no ``size`` is given.
    """
    return unique(x, equal_nan=False, size=size, fill_value=fill_value)


def unique_counts(
    x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> UniqueCountsResult:
    """Distinct elements and how often each occurs, as a named tuple; each NaN for itself.

    Args:
        x: Array of any shape, taken as raveled.
        size: Number of results, needed under ``jit``; what is too much is cut off.
        fill_value: What fills up; by default the smallest element.

    Raises: ConcretizationError if ``x`` is traced and no ``size`` is given.
    """
    found = unique(x, return_counts=True, equal_nan=False, size=size, fill_value=fill_value)
    return UniqueCountsResult(*found)


def unique_inverse(
    x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> UniqueInverseResult:
    """Distinct elements and the position of each element among them, as a named tuple; each NaN for itself.

    Args:
        x: Array of any shape, taken as raveled.
        size: Number of results, needed under ``jit``; what is too much is cut off.
        fill_value: What fills up; by default the smallest element.

    Raises: ConcretizationError if ``x`` is traced and no ``size`` is given.
    """
    found = unique(x, return_inverse=True, equal_nan=False, size=size, fill_value=fill_value)
    return UniqueInverseResult(*found)


def unique_all(
    x: ArrayLike, /, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> UniqueAllResult:
    """Distinct elements with all that ``unique`` tells of them, as a named tuple; each NaN for itself.

    Args:
        x: Array of any shape, taken as raveled.
        size: Number of results, needed under ``jit``; what is too much is cut off.
        fill_value: What fills up; by default the smallest element.

    Raises: ConcretizationError if ``x`` is traced and no ``size`` is given.
    """
    found = unique(x, True, True, True, equal_nan=False, size=size, fill_value=fill_value)
    return UniqueAllResult(*found)


def _vectors(*args: ArrayLike) -> list[Array]:
    """Arrays of their common dtype, raveled."""
    return [lax.reshape(x, (x.size,)) for x in promoted(*args)[0]]


def _chosen(
    values: Array, mask: Array, size: int, fill_value: ArrayLike | None
) -> tuple[Array, Array, Array]:
    """The first ``size`` elements where a mask holds, filled up; their positions; how many there are.

    Without a ``fill_value`` the first one is repeated; if there is none, 0.
    """
    places, count = _places(mask, size)
    found = take_along(values, lax.max(lax.min(places, values.shape[0] - 1), 0), 0)
    if fill_value is None:
        there_is_one = lax.broadcast(lax.gt(count, 0), (size,))
        fill = choose_by(there_is_one, lax.broadcast(lax.index_in_dim(found, 0, keepdims=False), (size,)), 0)
    else:
        fill = lax.broadcast(convert(to_array(fill_value), values.dtype), (size,))
    return convert(choose_by(_is_within(count, size), found, fill), values.dtype), places, count


def union1d(
    ar1: ArrayLike, ar2: ArrayLike, *, size: int | None = None, fill_value: ArrayLike | None = None
) -> Array:
    """Distinct elements of two arrays together, in ascending order; ``size`` and ``fill_value`` as in ``unique``.

    Args:
        ar1, ar2: Arrays of any shape, taken as raveled.
        size: Number of results, needed under ``jit``.
        fill_value: What fills up.

    Raises: ConcretizationError if an array is traced and no ``size`` is given.
    """
    return unique(concatenate(_vectors(ar1, ar2)), size=size, fill_value=fill_value)


def setdiff1d(
    ar1: ArrayLike,
    ar2: ArrayLike,
    assume_unique: bool = False,
    *,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
) -> Array:
    """Distinct elements of ``ar1`` that are not in ``ar2``.

    Args:
        ar1, ar2: Arrays.
        assume_unique: Whether elements are distinct already; those of ``ar1`` then stay in their order.
        size: See ``unique``.
        fill_value: What to fill up with, by default 0.
    """
    dtype = to_array(ar1).dtype
    x, y = _vectors(ar1, ar2)
    if size is None:
        return to_array(np.setdiff1d(_plain(x), _plain(y), assume_unique).astype(dtype))
    values, is_there = (x, lax.full(x.shape, True)) if assume_unique else _distinct_of(x)
    mask = logical_and(is_there, isin(values, y, invert=True))
    fill = 0 if fill_value is None else fill_value
    return convert(_chosen_or_filled(values, mask, static_int(size, "setdiff1d"), fill), dtype)


def _distinct_of(x: Array) -> tuple[Array, Array]:
    """Distinct elements in an array of the same size, and which of them are there."""
    if x.size == 0:
        return x, lax.full(x.shape, False)
    values, _, _, counts = _distinct_sized(x, None, True, x.size, None)
    return values, lax.gt(counts, 0)


def _chosen_or_filled(values: Array, mask: Array, size: int, fill_value: ArrayLike | None) -> Array:
    if values.shape[0] == 0 or size == 0:
        return lax.full((size,), 0 if fill_value is None else fill_value, values.dtype)
    return _chosen(values, mask, size, fill_value)[0]


def intersect1d(
    ar1: ArrayLike,
    ar2: ArrayLike,
    assume_unique: bool = False,
    return_indices: bool = False,
    *,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
) -> Any:
    """Distinct elements that are in both arrays, in ascending order.

    Args:
        ar1, ar2: Arrays.
        assume_unique: Whether the elements of each are distinct already.
        return_indices: Whether to give as well where they occur first in the raveled arrays; filled up with the
            sizes of those.
        size: See ``unique``.
        fill_value: What to fill up with, by default the smallest element of the intersection.
    """
    x, y = _vectors(ar1, ar2)
    if size is None:
        values, *indices = np.intersect1d(_plain(x), _plain(y), assume_unique, True)
        found = to_array(values.astype(x.dtype))
        return (found, *(to_array(i.astype(default_int())) for i in indices)) if return_indices else found
    count = static_int(size, "intersect1d")
    if 0 in (x.size, y.size, count):
        values = lax.full((count,), 0 if fill_value is None else fill_value, x.dtype)
        rest = [lax.full((count,), a.size, default_int()) for a in (x, y)]
        return (values, *rest) if return_indices else values
    distinct, index, _, counts = _distinct_sized(x, None, True, x.size, None)
    mask = logical_and(lax.gt(counts, 0), isin(distinct, y))
    values, places, number = _chosen(distinct, mask, count, fill_value)
    if not return_indices:
        return values
    inside = lax.min(places, x.size - 1)
    is_there = _is_within(number, count)
    first = choose_by(is_there, take_along(index, inside, 0), x.size)
    order = argsort(y)
    behind = searchsorted(take_along(y, order, 0), values)
    second = choose_by(is_there, take_along(order, lax.min(behind, y.size - 1), 0), y.size)
    return values, first, second


def setxor1d(
    ar1: ArrayLike,
    ar2: ArrayLike,
    assume_unique: bool = False,
    *,
    size: int | None = None,
    fill_value: ArrayLike | None = None,
) -> Array:
    """Distinct elements that are in just one of two arrays, in ascending order.

    ``assume_unique`` says that the elements of each are distinct already. ``size`` as in ``unique``; the default
    for ``fill_value`` is the smallest element of the result.
    """
    x, y = _vectors(ar1, ar2)
    if size is None:
        return to_array(np.setxor1d(_plain(x), _plain(y), assume_unique).astype(x.dtype))
    values, is_there = _distinct_of(lax.concatenate([x, y], 0))
    in_one = not_equal(isin(values, x), isin(values, y))
    count = static_int(size, "setxor1d")
    return _chosen_or_filled(values, logical_and(is_there, in_one), count, fill_value)


_METHODS = ("auto", "compare_all", "binary_search", "sort")


def isin(
    element: ArrayLike,
    test_elements: ArrayLike,
    assume_unique: bool = False,
    invert: bool = False,
    *,
    method: str = "auto",
) -> Array:
    """Whether each element is among ``test_elements``; NaN never is.

    Args:
        element: Array of any shape.
        test_elements: Array; its shape does not matter.
        assume_unique: Has no effect.
        invert: Whether to ask for the opposite.
        method: One of JAX's methods; has no effect.

    Returns: Bools of the shape of ``element``.
    Raises: ShapeError if ``method`` is unknown.
    """
    if method not in _METHODS:
        raise located(ShapeError(f"isin: method must be one of {', '.join(_METHODS)}; got {method!r}."))
    shape = to_array(element).shape
    x, y = _vectors(element, test_elements)
    if is_eager((x, y)):
        values, among = _plain(x), _plain(y)
        return ConcreteArray(np.isin(values, among, invert=invert).reshape(shape))
    found = _among(x, y)
    return lax.reshape(logical_not(found) if invert else found, shape)


def _among(x: Array, y: Array) -> Array:
    if y.size == 0:
        return lax.full(x.shape, False, BOOL)
    ordered = lax.sort(y)
    place = lax.min(searchsorted(ordered, x), y.size - 1)
    return equal(take_along(ordered, place, 0), x)
