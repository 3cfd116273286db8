"""Norms of vectors and matrices."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.axes import axes_of, axis_of, items_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir._src.remember import remembered
from axir.lax import linalg as lax_linalg
from axir.numpy.reductions import max as _max
from axir.numpy.reductions import min as _min
from axir.numpy.reductions import sum as _sum
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import COMPLEX

__all__ = ["matrix_norm", "norm", "vector_norm"]


@remembered
def norm(
    x: ArrayLike, ord: Any = None, axis: int | Sequence[int] | None = None, keepdims: bool = False
) -> Array:
    """Norm of vectors or matrices.

    Args:
        x: Array.
        ord: For vectors a number, ``inf`` or ``-inf``, by default 2; for matrices ``"fro"``, 1, -1, ``inf``,
            ``-inf`` or by singular values 2, -2 and ``"nuc"``, by default ``"fro"``.
        axis: One axis for vectors, two for matrices; by default the whole array, which ``ord=None`` ravels.
        keepdims: Whether the axes stay, with size 1.

    Raises: ShapeError for another ``ord`` or number of axes.
    """
    array = _inexact(x)
    if axis is None and ord is None:
        axes = axes_of(None, array.ndim, "norm")
        return lax.expand_dims(_euclidean(array, axes), axes) if keepdims else _euclidean(array, axes)
    given = axes_of(None, array.ndim, "norm") if axis is None else _in_order(axis, array.ndim)
    if len(given) == 1:
        return vector_norm(array, axis=given[0], keepdims=keepdims, ord=2 if ord is None else ord)
    if len(given) == 2:
        return _matrix_norm(array, given, "fro" if ord is None else ord, keepdims)
    raise located(ShapeError(f"norm: needs 1 axis or 2; got {len(given)} for {array.aval}."))


def _inexact(x: ArrayLike) -> Array:
    array = to_array(x)
    return convert(array, inexact(array.dtype))


def _in_order(axis: Any, ndim: int) -> tuple[int, ...]:
    given = items_of(axis)
    axes_of(given, ndim, "norm")
    return tuple(axis_of(a, ndim, "norm") for a in given)


def _euclidean(x: Array, axes: Sequence[int]) -> Array:
    size = lax.abs(x) if x.dtype in COMPLEX else x
    return lax.sqrt(_sum(lax.integer_pow(size, 2), axes))


@remembered
def vector_norm(
    x: ArrayLike, /, *, axis: int | Sequence[int] | None = None, keepdims: bool = False, ord: Any = 2
) -> Array:
    """``sum(|x|**ord)**(1/ord)`` along axes; the largest or smallest ``|x|`` for ``inf`` and ``-inf``.

    ``ord=0`` counts the elements that are not zero.
    """
    array = _inexact(x)
    axes = axes_of(axis, array.ndim, "vector_norm")
    found = _vector_norm(array, axes, ord)
    return lax.expand_dims(found, axes) if keepdims else found


def _vector_norm(x: Array, axes: Sequence[int], ord: Any) -> Array:
    if isinstance(ord, str):
        raise located(ShapeError(f"norm: ord of vectors must be a number; got {ord!r}."))
    if ord == 2:
        return _euclidean(x, axes)
    size = lax.abs(x)
    if ord in (math.inf, -math.inf):
        return (_max if ord > 0 else _min)(size, axes)
    if ord == 0:
        return _sum(lax.ne(x, 0.0), axes, x.dtype)
    if ord == 1:
        return _sum(size, axes)
    total = _sum(lax.pow(size, float(ord)), axes)
    return lax.pow(total, 1 / float(ord))


@remembered
def matrix_norm(x: ArrayLike, /, *, keepdims: bool = False, ord: Any = "fro") -> Array:
    """Norm of the matrices in the last two axes; see ``norm``.

    Args:
        x: Matrices ``[..., m, n]``.
        keepdims: Whether the last axes stay, with size 1.
        ord: ``"fro"``, ``"nuc"``, 1, -1, 2, -2, inf or -inf.

    Returns: floats ``[...]``.

    Raises: ShapeError for vectors or another ``ord``.
    """
    array = _inexact(x)
    if array.ndim < 2:
        raise located(ShapeError(f"matrix_norm: needs at least 2 axes; got {array.aval}."))
    return _matrix_norm(array, (array.ndim - 2, array.ndim - 1), ord, keepdims)


def _matrix_norm(x: Array, axes: tuple[int, ...], ord: Any, keepdims: bool) -> Array:
    rows, columns = axes
    if ord in ("nuc", 2, -2):
        found = _spectral(x, axes, ord)
        return lax.expand_dims(found, sorted(axes)) if keepdims else found
    if ord == "fro":
        found = _euclidean(x, axes)
    elif ord in (1, -1, math.inf, -math.inf):
        inner, left = (rows, columns) if abs(ord) == 1 else (columns, rows)
        sums = _sum(lax.abs(x), inner)
        found = (_max if ord > 0 else _min)(sums, left - (left > inner))
    else:
        raise located(
            ShapeError(f"norm: ord of matrices must be 'fro', 'nuc', 1, -1, 2, -2, inf or -inf; got {ord!r}.")
        )
    return lax.expand_dims(found, axes) if keepdims else found


def _spectral(x: Array, axes: Sequence[int], ord: Any) -> Array:
    """The largest or smallest singular value, or the sum of all."""
    rest = [d for d in range(x.ndim) if d not in axes]
    s = lax_linalg.svd(lax.transpose(x, [*rest, *axes]), compute_uv=False)
    if ord == "nuc":
        return _sum(s, -1)
    return (_max if ord > 0 else _min)(s, -1)
