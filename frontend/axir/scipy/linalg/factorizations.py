"""Factorizations, and systems of equations by them."""

from __future__ import annotations

from typing import Any

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax import linalg as lax_linalg
from axir.lax.linalg.factorizations import adjoint
from axir.numpy.linalg import det as _det
from axir.numpy.linalg import inv as _inv
from axir.numpy.linalg import solve as _solve
from axir.numpy.linalg.systems import floating, square
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS

__all__ = [
    "cho_factor",
    "cho_solve",
    "cholesky",
    "det",
    "eigh",
    "inv",
    "lu",
    "lu_factor",
    "lu_solve",
    "qr",
    "solve",
    "solve_triangular",
    "svd",
]


def cholesky(
    a: ArrayLike, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Array:
    """``U`` with ``a = U^H U``, or ``L`` with ``a = L L^H`` if ``lower``.

    Only the hermitian part ``(a + a^H) / 2`` counts. NaN for a matrix that is not positive definite.

    Raises: ShapeError if the matrices are not square.
    """
    return anp.linalg.cholesky(a, upper=not lower)


def cho_factor(
    a: ArrayLike, lower: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[Array, bool]:
    """The Cholesky factor and ``lower``, for `cho_solve`.

    Raises: ShapeError if the matrices are not square.
    """
    return cholesky(a, lower), lower


def _system(a: Array, b: Array, where: str) -> tuple[Array, Array, bool]:
    """Matrices and right sides with the same leading axes, and whether ``b`` was one vector."""
    vector = b.ndim == 1
    if vector:
        b = lax.expand_dims(b, [1])
    if b.ndim < 2 or b.shape[-2] != a.shape[-1]:
        raise located(
            ShapeError(f"{where}: b must have as many rows as the matrix; got {a.aval} and {b.aval}.")
        )
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2], where=where)
    a, b = (broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b))
    return a, b, vector


def _without_column(x: Array, vector: bool) -> Array:
    return lax.squeeze(x, [x.ndim - 1]) if vector else x


def cho_solve(
    c_and_lower: tuple[ArrayLike, bool], b: ArrayLike, overwrite_b: bool = False, check_finite: bool = True
) -> Array:
    """``x`` with ``a x = b``, from the result of `cho_factor` for ``a``.

    Args:
        c_and_lower: Factor ``f[..., n, n]`` and whether it is lower triangular.
        b: One vector ``f[n]``, or right sides ``f[..., n, m]``.

    Raises: ShapeError if the operands do not fit.
    """
    c, lower = c_and_lower
    (factor, right), _ = promoted(c, b, to_float=True)
    factor, right, vector = _system(square(factor, "cho_solve"), right, "cho_solve")
    for transposed in (not lower, lower):
        right = lax_linalg.triangular_solve(
            factor, right, left_side=True, lower=lower, transpose_a=transposed, conjugate_a=transposed
        )
    return _without_column(right, vector)


_TRANSPOSED: dict[Any, bool] = {0: False, "N": False, 1: True, "T": True, 2: True, "C": True}


def solve_triangular(
    a: ArrayLike,
    b: ArrayLike,
    trans: int | str = 0,
    lower: bool = False,
    unit_diagonal: bool = False,
    overwrite_b: bool = False,
    debug: Any = None,
    check_finite: bool = True,
) -> Array:
    """``x`` with ``op(a) x = b`` for triangular ``a``.

    Args:
        a: Matrices ``f[..., n, n]``, of which one triangle is read.
        b: One vector ``f[n]``, or right sides ``f[..., n, m]``; leading axes broadcast.
        trans: 0 or ``"N"`` for ``a``, 1 or ``"T"`` for its transpose, 2 or ``"C"`` for its conjugate transpose.
        lower: Which triangle is read.
        unit_diagonal: The diagonal is not read but taken to be ones.

    Raises: ShapeError if the operands do not fit or for another ``trans``.
    """
    if trans not in _TRANSPOSED:
        raise located(ShapeError(f"solve_triangular: trans must be 0, 1, 2, 'N', 'T' or 'C'; got {trans!r}."))
    (matrix, right), _ = promoted(a, b, to_float=True)
    matrix, right, vector = _system(square(matrix, "solve_triangular"), right, "solve_triangular")
    found = lax_linalg.triangular_solve(
        matrix,
        right,
        left_side=True,
        lower=lower,
        transpose_a=_TRANSPOSED[trans],
        conjugate_a=trans in (2, "C"),
        unit_diagonal=unit_diagonal,
    )
    return _without_column(found, vector)


def solve(
    a: ArrayLike,
    b: ArrayLike,
    lower: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    debug: bool = False,
    check_finite: bool = True,
    assume_a: str = "gen",
) -> Array:
    """``x`` with ``a x = b``.

    Args:
        a: Matrices ``f[..., n, n]``.
        b: One vector ``f[n]``, or right sides ``f[..., n, m]``; leading axes broadcast.
        lower: With ``assume_a="pos"``, which triangle of ``a`` is read.
        assume_a: ``"pos"`` for positive definite matrices, factorized after Cholesky; the others by LU: ``"gen"``,
            ``"sym"`` and ``"her"``.

    Raises: ShapeError if the operands do not fit or for another ``assume_a``.
    """
    if assume_a not in ("gen", "sym", "her", "pos"):
        raise located(ShapeError(f"solve: assume_a must be 'gen', 'sym', 'her' or 'pos'; got {assume_a!r}."))
    if assume_a != "pos":
        return _solve(a, b)
    matrix = square(a, "solve")
    matrix = matrix if lower else adjoint(matrix)
    return cho_solve((lax_linalg.cholesky(matrix, symmetrize_input=False), True), b)


def inv(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True) -> Array:
    """Inverses of square matrices; infinities and NaN for a singular one.

    Raises: ShapeError if the matrices are not square.
    """
    return _inv(a)


def det(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True) -> Array:
    """Determinants of square matrices.

    Raises: ShapeError if the matrices are not square.
    """
    return _det(a)


def lu_factor(a: ArrayLike, overwrite_a: bool = False, check_finite: bool = True) -> tuple[Array, Array]:
    """``L`` and ``U`` in one array, and pivots, for `lu_solve`; see ``axir.lax.linalg.lu``.

    Args:
        a: Matrices ``[..., m, n]``.
        overwrite_a, check_finite: Have no effect.

    Returns: ``[..., m, n]`` and pivots ``i32[..., min(m, n)]``: row ``i`` was exchanged with row
        ``pivots[i]``.

    Raises: ShapeError for vectors.
    """
    factors, pivots, _ = lax_linalg.lu(floating(a))
    return factors, pivots


def lu_solve(
    lu_and_piv: tuple[ArrayLike, ArrayLike],
    b: ArrayLike,
    trans: int = 0,
    overwrite_b: bool = False,
    check_finite: bool = True,
) -> Array:
    """``x`` with ``a x = b`` from `lu_factor` of ``a``; ``trans`` 1 takes the transpose of ``a``, 2 its adjoint.

    Args:
        lu_and_piv: Factors ``f[..., n, n]`` and pivots ``i32[..., n]``.
        b: One vector ``f[n]``, or right sides ``f[..., n, m]``.
        trans: 0, 1 or 2.

    Raises: ShapeError if the operands do not fit or for another ``trans``.
    """
    if trans not in (0, 1, 2):
        raise located(ShapeError(f"lu_solve: trans must be 0, 1 or 2; got {trans!r}."))
    (factors, right), _ = promoted(lu_and_piv[0], b, to_float=True)
    factors, right, vector = _system(square(factors, "lu_solve"), right, "lu_solve")
    order = lax_linalg.lu_pivots_to_permutation(lu_and_piv[1], factors.shape[-1])
    order = broadcast_to(order, right.shape[:-1])
    turned = {"transpose_a": trans != 0, "conjugate_a": trans == 2}
    lower = {"left_side": True, "lower": True, "unit_diagonal": True, **turned}
    upper = {"left_side": True, "lower": False, **turned}
    if trans == 0:
        right = bind(OPS["take_rows"], right, order, weak=right.weak_type)
        inner = lax_linalg.triangular_solve(factors, right, **lower)
        found = lax_linalg.triangular_solve(factors, inner, **upper)
    else:
        inner = lax_linalg.triangular_solve(factors, right, **upper)
        inner = lax_linalg.triangular_solve(factors, inner, **lower)
        found = bind(OPS["add_rows"], inner, order, weak=inner.weak_type, size=order.shape[-1])
    return _without_column(found, vector)


def lu(
    a: ArrayLike, permute_l: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> tuple[Array, ...]:
    """``a = P L U`` with partial pivoting.

    Args:
        a: Matrices ``f[..., m, n]``.
        permute_l: Give ``P L`` and ``U``.

    Returns: ``P`` ``f[..., m, m]``, ``L`` ``f[..., m, k]`` and ``U`` ``f[..., k, n]`` with ``k = min(m, n)``.
    Raises: ShapeError for less than two axes.
    """
    matrix = floating(a)
    factors, _, order = lax_linalg.lu(matrix)
    m, n = factors.shape[-2:]
    count = min(m, n)
    lower = anp.tril(factors[..., :, :count], -1) + anp.eye(m, count, dtype=factors.dtype)
    upper = anp.triu(factors[..., :count, :])
    if permute_l:
        return bind(OPS["add_rows"], lower, order, weak=lower.weak_type, size=m), upper
    ones = broadcast_to(anp.eye(m, dtype=factors.dtype), (*factors.shape[:-1], m))
    return bind(OPS["add_rows"], ones, order, weak=False, size=m), lower, upper


def qr(
    a: ArrayLike,
    overwrite_a: bool = False,
    lwork: Any = None,
    mode: str = "full",
    pivoting: bool = False,
    check_finite: bool = True,
) -> Any:
    """``Q`` and ``R`` of ``a = Q R``.

    Args:
        a: Matrices ``f[..., m, n]``.
        mode: ``"full"`` for a square ``Q``, ``"economic"`` for ``min(m, n)`` columns, ``"r"`` for ``R`` alone.
        pivoting: Exchange columns, ``a[:, P] = Q R``, and give ``P`` ``i32[..., n]`` last; see ``axir.lax.linalg.qr``.

    Raises: ShapeError for another mode.
    """
    if mode not in ("full", "economic", "r"):
        raise located(ShapeError(f"qr: mode must be 'full', 'economic' or 'r'; got {mode!r}."))
    q, *rest = lax_linalg.qr(floating(a), pivoting=pivoting, full_matrices=mode != "economic")
    return tuple(rest) if mode == "r" else (q, *rest)


def svd(
    a: ArrayLike,
    full_matrices: bool = True,
    compute_uv: bool = True,
    overwrite_a: bool = False,
    check_finite: bool = True,
    lapack_driver: str = "gesdd",
) -> Any:
    """``U``, ``s`` and ``Vh`` of ``a = U diag(s) Vh``, or ``s`` alone; see ``axir.numpy.linalg.svd``.

    Args:
        a: Matrices ``[..., m, n]``.
        full_matrices: Whether ``U`` and ``Vh`` are square.
        compute_uv: Whether to give them.
        overwrite_a, check_finite, lapack_driver: Have no effect.

    Raises: ShapeError for vectors.
    """
    found = anp.linalg.svd(a, full_matrices, compute_uv)
    return tuple(found) if compute_uv else found


def eigh(
    a: ArrayLike,
    b: ArrayLike | None = None,
    lower: bool = True,
    eigvals_only: bool = False,
    overwrite_a: bool = False,
    overwrite_b: bool = False,
    turbo: bool = True,
    eigvals: None = None,
    type: int = 1,
    check_finite: bool = True,
) -> Any:
    """Ascending eigenvalues, and eigenvectors unless ``eigvals_only``, of symmetric or hermitian matrices.

    Args:
        a: Matrices ``f[..., n, n]``.
        b: Must be ``None``: the generalized problem is not supported.
        lower: Which triangle is read.
        eigvals_only: Give the eigenvalues alone.

    Raises: ShapeError if the matrices are not square; or if ``b``, ``eigvals`` or another ``type`` is given.
    """
    if b is not None or eigvals is not None or type != 1:
        raise located(
            ShapeError("eigh: b, eigvals and types other than 1 are not supported. Leave them out.")
        )
    v, w = lax_linalg.eigh(square(a, "eigh"), lower=lower, symmetrize_input=False)
    return w if eigvals_only else (w, v)
