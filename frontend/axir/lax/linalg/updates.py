"""Products with reflectors, symmetric products and the update of a Cholesky factor."""

from __future__ import annotations

from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir.lax._operands import same_dtype
from axir.lax.control_flow import scan
from axir.lax.elementwise import abs as _abs
from axir.lax.elementwise import add, div, eq, max, mul, rsqrt, select, sub
from axir.lax.linalg.factorizations import adjoint, compact_wy
from axir.lax.reductions import batch_matmul
from axir.lax.shapes import broadcast_in_dim, broadcasted_iota, full_like, transpose
from axir.lax.slicing import dynamic_index_in_dim
from axir_compiler.errors import DTypeError, ShapeError

__all__ = ["cholesky_update", "ormqr", "symmetric_product"]

_REAL = frozenset(map(np.dtype, ("float32", "float64")))


def _real_operands(where: str, operands: tuple[Any, ...]) -> list[Array]:
    arrays, _ = same_dtype(f"linalg.{where}", operands)
    if arrays[0].dtype not in _REAL:
        raise located(
            DTypeError(f"linalg.{where}: takes float32 and float64; got {arrays[0].aval}. Convert them.")
        )
    return arrays


def ormqr(
    a: ArrayLike, taus: ArrayLike, c: ArrayLike, *, left: bool = True, transpose: bool = False
) -> Array:
    """Products with the unitary ``Q = H_1 H_2 ... H_k`` of a QR factorization, without ``Q`` itself.

    Args:
        a: ``f[..., m, n]``, whose columns below the diagonal hold the reflectors, as for `householder_product`.
        taus: ``f[..., k]`` with ``k <= min(m, n)``.
        c: ``f[..., m, p]``, or ``f[..., p, m]`` unless ``left``.
        left: Give ``Q c``, otherwise ``c Q``.
        transpose: Use ``Q^H`` in place of ``Q``.

    Returns: Array of the shape of ``c``.
    Raises: ShapeError, DTypeError if operands do not fit together.
    """
    (array, factors, matrix), _ = same_dtype("linalg.ormqr", (a, taus, c))
    _check_reflectors(array, factors, matrix, left)
    vectors, inner = compact_wy(array, factors)
    if transpose:
        inner = adjoint(inner)
    if left:
        change = batch_matmul(vectors, batch_matmul(inner, batch_matmul(adjoint(vectors), matrix)))
    else:
        change = batch_matmul(batch_matmul(batch_matmul(matrix, vectors), inner), adjoint(vectors))
    return sub(matrix, change)


def _check_reflectors(array: Array, factors: Array, matrix: Array, left: bool) -> None:
    fits = array.ndim >= 2 and factors.ndim == array.ndim - 1 and matrix.ndim == array.ndim
    fits = fits and array.shape[:-2] == factors.shape[:-1] == matrix.shape[:-2]
    if not fits or factors.shape[-1] > min(array.shape[-2:]):
        raise located(
            ShapeError(
                "linalg.ormqr: a must be [..., m, n], taus [..., k] with k <= min(m, n) and c a matrix with the same "
                f"leading axes; got {array.aval}, {factors.aval} and {matrix.aval}."
            )
        )
    if matrix.shape[-2 if left else -1] != array.shape[-2]:
        kind = "rows" if left else "columns"
        raise located(
            ShapeError(
                f"linalg.ormqr: with left={left}, c must have as many {kind} as a has rows; "
                f"got {matrix.aval} and {array.aval}."
            )
        )


def symmetric_product(
    a_matrix: ArrayLike,
    c_matrix: ArrayLike,
    *,
    alpha: float = 1.0,
    beta: float = 0.0,
    symmetrize_output: bool = False,
) -> Array:
    """``alpha A A^T + beta C``.

    Args:
        a_matrix: Real matrices ``f[..., m, n]``.
        c_matrix: Symmetric matrices ``f[..., m, m]``.
        alpha, beta: Scalars.
        symmetrize_output: Give the lower triangle on both sides of the diagonal.

    Returns: ``f[..., m, m]``.
    Raises: ShapeError, DTypeError if operands do not fit together or are complex.
    """
    a, c = _real_operands("symmetric_product", (a_matrix, c_matrix))
    if a.ndim < 2 or c.shape != (*a.shape[:-1], a.shape[-2]):
        raise located(
            ShapeError(
                "linalg.symmetric_product: a_matrix must be [..., m, n] and c_matrix [..., m, m]; "
                f"got {a.aval} and {c.aval}."
            )
        )
    found = add(mul(batch_matmul(a, _transposed(a)), float(alpha)), mul(c, float(beta)))
    if not symmetrize_output:
        return found
    rows = broadcasted_iota(np.dtype("int32"), found.shape, found.ndim - 2)
    columns = broadcasted_iota(np.dtype("int32"), found.shape, found.ndim - 1)
    return select(rows >= columns, found, _transposed(found))


def _transposed(x: Array) -> Array:
    return transpose(x, (*range(x.ndim - 2), x.ndim - 1, x.ndim - 2))


def cholesky_update(r_matrix: ArrayLike, w_vector: ArrayLike) -> Array:
    """The upper Cholesky factor of ``R^T R + w w^T``, by one rotation for each row.

    P. E. Gill, G. H. Golub, W. Murray, M. A. Saunders, Methods for modifying matrix factorizations, Mathematics of
    Computation 28, 1974.

    Args:
        r_matrix: Upper triangular real matrices ``f[..., n, n]``.
        w_vector: ``f[..., n]``.

    Returns: ``f[..., n, n]``.
    Raises: ShapeError, DTypeError if operands do not fit together or are complex.
    """
    r, w = _real_operands("cholesky_update", (r_matrix, w_vector))
    if r.ndim < 2 or r.shape[-1] != r.shape[-2] or w.shape != r.shape[:-1]:
        raise located(
            ShapeError(
                "linalg.cholesky_update: r_matrix must be [..., n, n] and w_vector [..., n]; "
                f"got {r.aval} and {w.aval}."
            )
        )
    last = r.ndim - 2
    rows = transpose(r, (last, *range(last), last + 1))
    counter = to_array(np.arange(r.shape[-1], dtype=np.int32))
    _, found = scan(_rotated, w, (rows, counter))
    return transpose(found, (*range(1, last + 1), 0, last + 1))


def _rotated(rest: Array, item: tuple[Array, Array]) -> tuple[Array, Array]:
    """One row of the factor and what is left of the vector, turned so that its element at the diagonal is zero."""
    row, k = item
    x, y = (dynamic_index_in_dim(v, k, v.ndim - 1) for v in (row, rest))
    cosine, sine = (broadcast_in_dim(v, row.shape, tuple(range(row.ndim))) for v in _rotation(x, y))
    return sub(mul(cosine, rest), mul(sine, row)), add(mul(cosine, row), mul(sine, rest))


def _rotation(x: Array, y: Array) -> tuple[Array, Array]:
    """``(x, y)`` divided by its length; ``(1, 0)`` where ``y`` is zero."""
    nothing = eq(y, full_like(y, 0))
    x = select(nothing, full_like(x, 1), x)
    largest = max(_abs(x), _abs(y))
    x, y = div(x, largest), div(y, largest)
    scale = rsqrt(add(mul(x, x), mul(y, y)))
    return mul(x, scale), mul(y, scale)
