"""Positions of elements: where something holds, in how many elements, and how indices become one number."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import items_of, shape_of, static_int
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.elementwise import scalar_like
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_int, requested
from axir._src.scalar_types import result_type
from axir._src.trace import Tracer
from axir.numpy.arithmetic import divmod as _divmod
from axir.numpy.arithmetic import remainder
from axir.numpy.creation import diag_indices, tril_indices, triu_indices
from axir.numpy.elementwise import truth
from axir.numpy.logic import choose_by, clip
from axir_compiler.errors import ConcretizationError, DTypeError, ShapeError
from axir_compiler.ir.types import UNSIGNED

__all__ = [
    "argwhere",
    "bincount",
    "diag_indices_from",
    "flatnonzero",
    "ix_",
    "mask_indices",
    "nonzero",
    "ravel_multi_index",
    "tril_indices_from",
    "triu_indices_from",
    "unravel_index",
]

Fill = ArrayLike | tuple[ArrayLike, ...] | None
_SIZE = "Give the number of results with size=, which may be more than there are."


def _needs_size(where: str, x: Array) -> np.ndarray:
    """The value of an array of which the shape of a result depends."""
    if isinstance(x, Tracer) and not x.known:
        raise located(
            ConcretizationError(
                f"{where}: the shape of the result depends on values of the traced {x.aval}. {_SIZE}"
            )
        )
    return x.to_numpy()


def nonzero(a: ArrayLike, *, size: int | None = None, fill_value: Fill = None) -> tuple[Array, ...]:
    """Indices of the elements that are not zero, one array for each axis.

    Args:
        a: Array with at least one axis.
        size: Number of indices in the result; the first ones, or all and ``fill_value`` behind them. Without it
            ``a`` must be concrete.
        fill_value: What is behind the indices: a number, or one for each axis; by default 0.

    Raises: ConcretizationError if ``a`` is traced and there is no ``size``; ShapeError for a scalar array.
    """
    x = to_array(a)
    value = _needs_size("nonzero", x) if size is None else None
    if not x.ndim:
        raise located(ShapeError("nonzero: a scalar array has no indices. Use axir.numpy.atleast_1d."))
    if value is not None:
        return tuple(convert(to_array(i), default_int()) for i in np.nonzero(value))
    (count,) = shape_of(size, "nonzero")
    fills = fill_value if isinstance(fill_value, tuple) else (fill_value,) * x.ndim
    if len(fills) != x.ndim:
        raise located(
            ShapeError(f"nonzero: needs one fill value for each axis of {x.aval}; got {len(fills)}.")
        )
    mask = lax.reshape(truth(x), (x.size,))
    flat = _first_positions(mask, count)
    exists = lax.lt(lax.iota(np.int32, count), _total(mask))
    found = unravel_index(flat, x.shape) if x.size else (lax.full((count,), 0, default_int()),) * x.ndim
    return tuple(
        choose_by(exists, at, convert(to_array(0 if fill is None else fill), at.dtype))
        for at, fill in zip(found, fills, strict=True)
    )


def _total(mask: Array) -> Array:
    return lax.reduce_sum(lax.convert_element_type(mask, np.int32), (0,))


def running_count(mask: Array) -> Array:
    """How many of the elements up to each one hold."""
    return lax.cumsum(lax.convert_element_type(mask, np.int32))


def _first_positions(mask: Array, count: int) -> Array:
    """The positions of the first ``count`` elements that hold, 0 behind them."""
    n = mask.shape[0]
    numbers = lax.select(mask, lax.sub(running_count(mask), 1), lax.full((n,), count, np.int32))
    found = lax.full((count,), 0, default_int())
    return found.at[numbers].set(lax.iota(default_int(), n), mode="drop")


def flatnonzero(a: ArrayLike, *, size: int | None = None, fill_value: Fill = None) -> Array:
    """``nonzero`` of the raveled array: positions in row-major order.

    Args:
        a: Array of any shape.
        size: Number of results, needed under ``jit``.
        fill_value: What fills up, by default 0.

    Raises: ConcretizationError if ``a`` is traced and no ``size`` is given.
    """
    return nonzero(lax.reshape(to_array(a), (-1,)), size=size, fill_value=fill_value)[0]


def argwhere(a: ArrayLike, *, size: int | None = None, fill_value: ArrayLike | None = None) -> Array:
    """``nonzero`` with one row for each element that is not zero: ``[n, a.ndim]``.

    Args:
        a: Array of any shape.
        size: Number of rows, needed under ``jit``.
        fill_value: What fills up, by default 0.

    Raises: ConcretizationError if ``a`` is traced and no ``size`` is given.
    """
    x = to_array(a)
    found = nonzero(lax.reshape(x, x.shape or (1,)), size=size, fill_value=fill_value)
    rows = lax.concatenate([lax.expand_dims(i, (1,)) for i in found], 1)
    return rows if x.ndim else lax.slice_in_dim(rows, 0, 0, axis=1)


def bincount(
    x: ArrayLike, weights: ArrayLike | None = None, minlength: int = 0, *, length: int | None = None
) -> Array:
    """How often each number occurs, or the sum of the weights of its occurrences.

    Args:
        x: Integers ``[n]``; negative ones count as 0.
        weights: A weight for each element.
        minlength: Least length of the result.
        length: Its length; numbers from it on are left out. Without it ``x`` must be concrete.

    Raises: ConcretizationError if ``x`` is traced and there is no ``length``; DTypeError, ShapeError.
    """
    given = to_array(x)
    if given.dtype.kind not in "iu" or given.ndim != 1:
        raise located(DTypeError(f"bincount: needs integers along one axis; got {given.aval}."))
    amounts = convert(to_array(1), default_int()) if weights is None else to_array(weights)
    if weights is not None and amounts.shape != given.shape:
        raise located(ShapeError(f"bincount: needs a weight for each of {given.aval}; got {amounts.aval}."))
    if length is None:
        value = _needs_size("bincount", given)
        length = max(static_int(minlength, "bincount"), int(value.max(initial=-1)) + 1)
    counts = lax.full((static_int(length, "bincount"),), 0, amounts.dtype)
    return counts.at[clip(given, 0)].add(amounts, mode="drop")


def ix_(*args: ArrayLike) -> tuple[Array, ...]:
    """Index arrays for every combination of positions: the ``k``-th runs along axis ``k``.

    Raises: ShapeError if one has not exactly one axis.
    """
    found = []
    for axis, given in enumerate(args):
        index = asarray(given)
        if index.ndim != 1:
            raise located(ShapeError(f"ix_: each argument must have one axis; got {index.aval}."))
        if index.dtype == bool:
            (index,) = nonzero(index)
        found.append(lax.expand_dims(index, [d for d in range(len(args)) if d != axis]))
    return tuple(found)


def unravel_index(indices: ArrayLike, shape: Any) -> tuple[Array, ...]:
    """Indices along each axis of ``shape`` of positions in row-major order; those outside are the nearest corner.

    Negative positions count from the end.
    """
    rest = to_array(indices)
    sizes = tuple(static_int(n, "unravel_index") for n in items_of(shape))
    found: list[Array] = []
    for n in reversed(sizes):
        rest, at = _divmod(rest, scalar_like(n, rest))
        found.append(at)
    above = lax.gt(rest, 0)
    below = None if rest.dtype in UNSIGNED else lax.lt(rest, -1)
    result = []
    for n, at in zip(sizes, reversed(found), strict=True):
        kept = at if below is None else choose_by(below, scalar_like(0, at), at)
        result.append(choose_by(above, scalar_like(n - 1, at), kept))
    return tuple(result)


def ravel_multi_index(
    multi_index: Sequence[ArrayLike],
    dims: Sequence[int],
    mode: str = "raise",
    order: str = "C",
    *,
    dtype: DTypeLike = None,
) -> Array:
    """Positions in an array of shape ``dims`` of indices along its axes.

    Args:
        multi_index: An array of integers for each axis.
        dims: Size of each axis.
        mode: What becomes of indices out of bounds: ``raise`` (for concrete ones), ``wrap``, ``clip``, ``ignore``.
        order: ``C`` if the last axis runs fastest, ``F`` if the first does.
        dtype: Integer dtype of the result.

    Raises: ShapeError, DTypeError; ConcretizationError for traced indices in mode ``raise``.
    """
    sizes = tuple(static_int(n, "ravel_multi_index") for n in dims)
    given = [to_array(i) for i in multi_index]
    if len(given) != len(sizes) or order not in ("C", "F"):
        raise located(
            ShapeError(
                f"ravel_multi_index: needs one array for each of dims={sizes} and order 'C' or 'F'; got {len(given)} "
                f"arrays and order={order!r}."
            )
        )
    wanted = result_type(int, *given) if dtype is None else requested(dtype, "ravel_multi_index")
    if wanted.kind not in "iu" or any(i.dtype.kind not in "iu" for i in given):
        raise located(DTypeError("ravel_multi_index: indices and dtype must be integers."))
    if math.prod(sizes) - 1 > np.iinfo(wanted).max:
        raise located(
            DTypeError(f"ravel_multi_index: {wanted} cannot hold positions in {sizes}. Use a wider dtype.")
        )
    inside = [_inside(i, n, mode) for i, n in zip(given, sizes, strict=True)]
    total: Array = to_array(np.zeros((), wanted))
    for d, index in enumerate(inside):
        stride = math.prod(sizes[d + 1 :] if order == "C" else sizes[:d])
        total = total + convert(index, wanted) * stride
    return total


def _inside(index: Array, size: int, mode: str) -> Array:
    """Indices along one axis after what the mode does to those out of bounds."""
    if mode == "raise":
        value = index.to_numpy("its values, to check their bounds (use mode='wrap' or mode='clip')")
        if value.size and (value.min() < 0 or value.max() >= size):
            raise located(
                ShapeError(f"ravel_multi_index: an index is outside [0, {size}). Use another mode.")
            )
        return index
    if mode == "wrap":
        return remainder(index, scalar_like(size, index))
    if mode == "clip":
        return clip(index, 0, size - 1)
    if mode != "ignore":
        raise located(
            ShapeError(f"ravel_multi_index: mode must be raise, wrap, clip or ignore; got {mode!r}.")
        )
    return index


def diag_indices_from(arr: ArrayLike) -> tuple[Array, ...]:
    """Index arrays of the main diagonal of an array whose axes are equally long.

    Raises: ShapeError if they are not, or there are fewer than two.
    """
    x = to_array(arr)
    if x.ndim < 2 or len(set(x.shape)) > 1:
        raise located(ShapeError(f"diag_indices_from: needs two or more axes of equal size; got {x.aval}."))
    return diag_indices(x.shape[0], x.ndim)


def tril_indices_from(arr: ArrayLike, k: int = 0) -> tuple[Array, Array]:
    """``tril_indices`` of the shape of a matrix."""
    rows, columns = _matrix_shape("tril_indices_from", arr)
    return tril_indices(rows, k, columns)


def triu_indices_from(arr: ArrayLike, k: int = 0) -> tuple[Array, Array]:
    """``triu_indices`` of the shape of a matrix."""
    rows, columns = _matrix_shape("triu_indices_from", arr)
    return triu_indices(rows, k, columns)


def _matrix_shape(where: str, arr: ArrayLike) -> tuple[int, int]:
    shape = to_array(arr).shape
    if len(shape) != 2:
        raise located(ShapeError(f"{where}: needs a matrix; got shape {shape}."))
    return shape[0], shape[1]


def mask_indices(
    n: int, mask_func: Callable[[Array, int], ArrayLike], k: int = 0, *, size: int | None = None
) -> tuple[Array, Array]:
    """Indices where ``mask_func`` of an ``[n, n]`` array of ones and ``k`` is not zero.

    Args:
        n: Size of the matrix.
        mask_func: A function of matrix and ``k``, such as ``triu``.
        k: Handed to it.
        size: Number of results, needed under ``jit``.

    Returns: row and column numbers.

    Raises: ConcretizationError if the mask is traced and no ``size`` is given.
    """
    rows, columns = nonzero(mask_func(lax.full((n, n), 1.0), k), size=size)
    return rows, columns
