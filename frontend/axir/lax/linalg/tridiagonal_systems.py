"""Systems of equations with tridiagonal matrices."""

from __future__ import annotations

import numpy as np

from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.messages import located
from axir.lax._operands import same_dtype
from axir.lax.control_flow import scan
from axir.lax.elementwise import abs as _abs
from axir.lax.elementwise import add, convert_element_type, div, eq, lt, max, mul, neg, real, select, sub
from axir.lax.linalg._lapack import DTYPES
from axir.lax.reductions import reduce_max, reduce_or
from axir.lax.shapes import broadcast_in_dim, concatenate, expand_dims, full_like, transpose
from axir.lax.slicing import slice_in_dim
from axir.lax.solving import custom_linear_solve
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import COMPLEX

__all__ = ["tridiagonal_solve"]

_Rows = tuple[Array, Array, Array, Array]
"""Diagonal, the two diagonals above it and the right sides, along the first axis."""


def tridiagonal_solve(
    dl: ArrayLike, d: ArrayLike, du: ArrayLike, b: ArrayLike, *, perturb_singular: bool = False
) -> Array:
    """``x`` with ``A x = b`` for tridiagonal ``A``, by elimination with partial pivoting.

    There are derivatives with respect to all operands.

    Args:
        dl: Below the diagonal, ``dl[i] = A[i, i - 1]``, ``f[..., m]``; the first element does not count.
        d: The diagonal, ``f[..., m]``.
        du: Above the diagonal, ``du[i] = A[i, i + 1]``, ``f[..., m]``; the last element does not count.
        b: Right sides ``f[..., m, k]``.
        perturb_singular: Replace pivots that are smaller than rounding errors, so that a singular matrix has a large
            but finite result. Without it the result is NaN if a pivot is zero.

    Returns: ``f[..., m, k]``.
    Raises: ShapeError, DTypeError if operands do not fit together.
    """
    (below, middle, above, right), _ = same_dtype("linalg.tridiagonal_solve", (dl, d, du, b))
    _check(below, middle, above, right)
    if not right.size:
        return right
    return _implicit(*_bordered(below, middle, above), right, perturb_singular)


def _check(below: Array, middle: Array, above: Array, right: Array) -> None:
    if middle.dtype not in DTYPES:
        known = ", ".join(sorted(map(str, DTYPES)))
        raise located(DTypeError(f"linalg.tridiagonal_solve: takes arrays of {known}; got {middle.aval}."))
    fits = below.shape == middle.shape == above.shape and right.shape[:-1] == middle.shape
    if not fits or middle.ndim == 0:
        raise located(
            ShapeError(
                "linalg.tridiagonal_solve: dl, d and du must be [..., m] and b [..., m, k]; "
                f"got {below.aval}, {middle.aval}, {above.aval} and {right.aval}."
            )
        )


def _moved(x: Array, by: int) -> Array:
    """``x[i - by]`` along the last axis, for ``by`` 1 or -1, and zero at the border."""
    axis, n = x.ndim - 1, x.shape[-1]
    border = full_like(slice_in_dim(x, 0, 1, axis=axis), 0)
    if by > 0:
        return concatenate([border, slice_in_dim(x, 0, n - 1, axis=axis)], axis)
    return concatenate([slice_in_dim(x, 1, n, axis=axis), border], axis)


def _bordered(below: Array, middle: Array, above: Array) -> tuple[Array, Array, Array]:
    """The diagonals with zeros for the elements that do not count."""
    return _moved(_moved(below, -1), 1), middle, _moved(_moved(above, 1), -1)


def _implicit(below: Array, middle: Array, above: Array, right: Array, perturb: bool) -> Array:
    """The solution, whose derivatives are solutions of systems with the same matrix."""

    def product(x: Array) -> Array:
        at = [broadcast_in_dim(v, x.shape, range(v.ndim)) for v in (below, middle, above)]
        rows = x.ndim - 2
        turned = transpose(x, (*range(rows), rows + 1, rows))
        before, after = (transpose(_moved(turned, by), (*range(rows), rows + 1, rows)) for by in (1, -1))
        return add(add(mul(at[0], before), mul(at[1], x)), mul(at[2], after))

    def forward(_: object, given: Array) -> Array:
        return _solved(below, middle, above, given, perturb)

    def backward(_: object, given: Array) -> Array:
        return _solved(_moved(above, 1), middle, _moved(below, -1), given, perturb)

    return custom_linear_solve(product, right, forward, backward)


def _solved(below: Array, middle: Array, above: Array, right: Array, perturb: bool) -> Array:
    """The solution by rows, which are brought to the first axis."""
    batch = range(right.ndim - 2)
    order = (right.ndim - 2, *batch, right.ndim - 1)
    diagonals = [transpose(expand_dims(x, [-1]), order) for x in (below, middle, above)]
    rows = _eliminated(diagonals, transpose(right, order))
    pivots = rows[0]
    singular = reduce_or(eq(pivots, full_like(pivots, 0)), [0])
    rows = (_perturbed(rows) if perturb else pivots, *rows[1:])
    zero = full_like(slice_in_dim(rows[3], 0, 1), 0).reshape(rows[3].shape[1:])
    _, found = scan(_back, (zero, zero), rows, reverse=True)
    if not perturb:
        bad = broadcast_in_dim(singular, found.shape, range(1, found.ndim))
        found = select(bad, full_like(found, np.nan), found)
    return transpose(found, (*(i + 1 for i in batch), 0, right.ndim - 1))


def _eliminated(diagonals: list[Array], right: Array) -> _Rows:
    """Rows of the upper triangular matrix and their right sides; a pivot of zero has zeros below it."""
    below, middle, above = diagonals
    n = middle.shape[0]
    first = (middle[0], above[0], right[0])
    low, d, u, b = (slice_in_dim(x, 1, n) for x in (below, middle, above, right))
    last, rows = scan(_step, first, (low, d, u, b))
    ends = (last[0], last[1], full_like(last[1], 0), last[2])
    p, q, r, b = (concatenate([x, expand_dims(y, [0])], 0) for x, y in zip(rows, ends, strict=True))
    return p, q, r, b


def _step(row: tuple[Array, Array, Array], following: _Rows) -> tuple[tuple[Array, Array, Array], _Rows]:
    """The row with the larger element is the pivot's, the other one loses that element."""
    (p, q, r), (low, d, u, b) = row, following
    swap = lt(_abs(p), _abs(low))
    pivot, other = select(swap, low, p), select(swap, p, low)
    none = eq(pivot, full_like(pivot, 0))
    factor = div(other, select(none, full_like(pivot, 1), pivot))
    zero = full_like(u, 0)
    kept = (select(swap, d, q), select(swap, u, zero), _select(swap, b, r))
    changed = (select(swap, q, d), select(swap, zero, u), _select(swap, r, b))
    p, q, r = (sub(x, mul(_like(factor, x), y)) for x, y in zip(changed, kept, strict=True))
    return (p, q, r), (pivot, *kept)


def _like(x: Array, y: Array) -> Array:
    """A column repeated for all right sides."""
    return x if x.shape == y.shape else broadcast_in_dim(x, y.shape, range(x.ndim))


def _select(which: Array, x: Array, y: Array) -> Array:
    return select(_like(which, x), x, y)


def _back(after: tuple[Array, Array], row: _Rows) -> tuple[tuple[Array, Array], Array]:
    pivot, first, second, right = row
    known = add(mul(_like(first, right), after[0]), mul(_like(second, right), after[1]))
    found = div(sub(right, known), _like(pivot, right))
    return (found, after[0]), found


def _perturbed(rows: _Rows) -> Array:
    """Pivots of at least ``eps max |U|``, with the sign that they have."""
    pivots = rows[0]
    sizes = [_abs(x) for x in rows[:3]]
    largest = reduce_max(max(max(sizes[0], sizes[1]), sizes[2]), [0])
    limits = np.finfo(largest.dtype)
    least = max(mul(largest, float(limits.eps)), full_like(largest, float(limits.tiny)))
    least = broadcast_in_dim(least, pivots.shape, range(1, pivots.ndim))
    part = real(pivots) if pivots.dtype in COMPLEX else pivots
    signed = select(lt(part, full_like(part, 0)), neg(least), least)
    return select(lt(sizes[0], least), convert_element_type(signed, pivots.dtype), pivots)
