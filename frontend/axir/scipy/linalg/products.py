"""Polar decompositions, and products with the unitary factor of a QR factorization."""

from __future__ import annotations

from typing import Any, Literal, overload

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import broadcast_shapes, promoted
from axir._src.messages import located
from axir.lax import linalg as lax_linalg
from axir.lax.linalg.factorizations import adjoint
from axir.numpy.linalg.systems import floating
from axir_compiler.errors import ShapeError

__all__ = ["polar", "qr_multiply"]


def polar(
    a: ArrayLike,
    side: str = "right",
    *,
    method: str = "qdwh",
    eps: float | None = None,
    max_iterations: int | None = None,
) -> tuple[Array, Array]:
    """Polar decompositions ``a = u p``, or ``a = p u``.

    Args:
        a: Matrices ``f[..., m, n]``.
        side: Where ``p`` stands, ``"right"`` or ``"left"``.
        method: ``"qdwh"`` for `axir.lax.linalg.qdwh`, or ``"svd"`` for the singular value decomposition.
        eps, max_iterations: As for `axir.lax.linalg.qdwh`.

    Returns: ``u`` ``f[..., m, n]`` with orthonormal columns (rows if ``m < n``), and positive semidefinite ``p``,
        ``f[..., n, n]`` on the right or ``f[..., m, m]`` on the left.
    Raises: ShapeError for less than two axes, another side or another method.
    """
    matrix = floating(a)
    if matrix.ndim < 2:
        raise located(ShapeError(f"polar: needs matrices in the last two axes; got {matrix.aval}."))
    if side not in ("right", "left"):
        raise located(ShapeError(f"polar: side must be 'right' or 'left'; got {side!r}."))
    if method == "svd":
        return _by_svd(matrix, side)
    if method != "qdwh":
        raise located(ShapeError(f"polar: method must be 'qdwh' or 'svd'; got {method!r}."))

    def decompose(x: Array) -> tuple[Array, Array]:
        return lax_linalg.qdwh(x, eps=eps, max_iterations=max_iterations)[:2]

    return _by_qdwh(anp.vectorize(decompose, signature="(m,n)->(m,n),(n,n)"), matrix, side)


def _by_svd(a: Array, side: str) -> tuple[Array, Array]:
    u, s, vh = lax_linalg.svd(a, full_matrices=False)
    s = lax.expand_dims(s, [-2]).astype(a.dtype)
    unitary = anp.matmul(u, vh)
    if side == "right":
        return unitary, anp.matmul(adjoint(vh) * s, vh)
    return unitary, anp.matmul(u * s, adjoint(u))


def _by_qdwh(decompose: Any, a: Array, side: str) -> tuple[Array, Array]:
    """``a = u p`` by ``decompose`` for tall matrices, of the adjoint ``a^H = u^H p`` for wide ones."""
    wide = a.shape[-2] < a.shape[-1]
    u, p = decompose(adjoint(a) if wide else a)
    u = adjoint(u) if wide else u
    if wide == (side == "left"):
        return u, p
    other = anp.matmul(adjoint(u), a) if side == "right" else anp.matmul(a, adjoint(u))
    return u, (other + adjoint(other)) / 2


@overload
def qr_multiply(
    a: ArrayLike,
    c: ArrayLike,
    mode: str = "right",
    pivoting: Literal[False] = False,
    conjugate: bool = False,
    overwrite_a: bool = False,
    overwrite_c: bool = False,
) -> tuple[Array, Array]: ...
@overload
def qr_multiply(
    a: ArrayLike,
    c: ArrayLike,
    mode: str = "right",
    pivoting: bool = False,
    conjugate: bool = False,
    overwrite_a: bool = False,
    overwrite_c: bool = False,
) -> Any: ...
def qr_multiply(
    a: ArrayLike,
    c: ArrayLike,
    mode: str = "right",
    pivoting: bool = False,
    conjugate: bool = False,
    overwrite_a: bool = False,
    overwrite_c: bool = False,
) -> Any:
    """``R`` of ``a = Q R``, and a product with ``Q``, which has ``k = min(m, n)`` columns.

    Args:
        a: Matrices ``f[..., m, n]``.
        c: Matrices ``f[..., k, p]`` for the left mode and ``f[..., p, m]`` for the right one, or one vector.
        mode: ``"left"`` for ``Q c``, ``"right"`` for ``c Q``.
        pivoting: Exchange columns, ``a[:, P] = Q R``, and give ``P`` too.
        conjugate: Use the complex conjugate of ``Q``.
        overwrite_a, overwrite_c: Have no effect.

    Returns: the product, ``f[..., m, p]`` or ``f[..., p, k]`` (a vector if ``c`` is one), ``R`` ``f[..., k, n]`` and,
        with pivoting, ``P`` ``i32[..., n]``.
    Raises: ShapeError if the operands do not fit or for another mode.
    """
    if mode not in ("right", "left"):
        raise located(ShapeError(f"qr_multiply: mode must be 'right' or 'left'; got {mode!r}."))
    (matrix, other), _ = promoted(a, c, to_float=True)
    vector = other.ndim == 1
    if vector:
        other = lax.expand_dims(other, [1 if mode == "left" else 0])
    _check_sizes(matrix, other, mode)
    q, r, *order = lax_linalg.qr(matrix, pivoting=pivoting, full_matrices=False)
    q = anp.conj(q) if conjugate else q
    found = anp.matmul(q, other) if mode == "left" else anp.matmul(other, q)
    return (anp.ravel(found) if vector else found, r, *order)


def _check_sizes(matrix: Array, other: Array, mode: str) -> None:
    if matrix.ndim < 2 or other.ndim < 2:
        raise located(
            ShapeError(f"qr_multiply: a and c must be matrices; got {matrix.aval} and {other.aval}.")
        )
    broadcast_shapes(matrix.shape[:-2], other.shape[:-2], where="qr_multiply")
    m, k = matrix.shape[-2], min(matrix.shape[-2:])
    if mode == "left" and other.shape[-2] != k:
        raise located(
            ShapeError(
                f"qr_multiply: c must have {k} rows, as many as Q has columns; got {other.aval}, a is {matrix.aval}."
            )
        )
    if mode == "right" and other.shape[-1] != m:
        raise located(
            ShapeError(
                f"qr_multiply: c must have {m} columns, as many as Q has rows; got {other.aval}, a is {matrix.aval}."
            )
        )
