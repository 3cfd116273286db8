"""Sylvester's equation."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir.lax import linalg as lax_linalg
from axir.lax.linalg.factorizations import adjoint
from axir.numpy.linalg import eig as _eig
from axir.numpy.linalg import solve as _solve
from axir.scipy.linalg.schur_forms import schur
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import COMPLEX

__all__ = ["solve_sylvester"]


class _Factors(NamedTuple):
    """``A = u r u^-1``, with upper triangular or diagonal ``r``."""

    u: Array
    r: Array
    values: Array


_Solve = Callable[[_Factors, _Factors, Array], Array]


def solve_sylvester(
    A: ArrayLike, B: ArrayLike, C: ArrayLike, *, method: str = "schur", tol: float = 1e-8
) -> Array:
    """``X`` with ``A X + X B = C``.

    ``"schur"`` is the method of R. H. Bartels and G. W. Stewart (Solution of the matrix equation AX + XB = C,
    Communications of the ACM 15, 1972) with complex Schur forms; ``"eigen"`` divides in the bases of eigenvectors, and
    needs matrices that have such. Forms and eigenvectors come from LAPACK on the machine that calls the program.
    There are derivatives with respect to all operands.

    Args:
        A: Matrices ``f[..., m, m]``.
        B: Matrices ``f[..., n, n]``.
        C: Matrices ``f[..., m, n]``; leading axes broadcast.
        method: ``"schur"`` or ``"eigen"``.
        tol: Where the sum of an eigenvalue of ``A`` and one of ``B`` is smaller than this, the result is NaN.

    Returns: ``f[..., m, n]``.
    Raises: ShapeError if the operands do not fit or for another method.
    """
    if method not in _METHODS:
        raise located(ShapeError(f"solve_sylvester: method must be 'schur' or 'eigen'; got {method!r}."))
    (a, b, c), _ = promoted(A, B, C, to_float=True)
    if c.ndim < 2 or a.shape[-2:] != c.shape[-2:-1] * 2 or b.shape[-2:] != c.shape[-1:] * 2:
        raise located(
            ShapeError(
                "solve_sylvester: A must be [..., m, m], B [..., n, n] and C [..., m, n]; "
                f"got {a.aval}, {b.aval} and {c.aval}."
            )
        )
    batch = broadcast_shapes(a.shape[:-2], b.shape[:-2], c.shape[:-2], where="solve_sylvester")
    a, b, c = (broadcast_to(x, (*batch, *x.shape[-2:])) for x in (a, b, c))
    return _implicit(a, b, c, method, tol) if c.size else c


def _implicit(a: Array, b: Array, c: Array, method: str, tol: float) -> Array:
    """The solution, whose derivatives are solutions of equations with the same matrices."""
    factor, solve = _METHODS[method]
    left, right = (factor(lax.stop_gradient(x)) for x in (a, b))

    def forward(_: object, given: Array) -> Array:
        return _checked(solve, left, right, given, tol)

    def backward(_: object, given: Array) -> Array:
        # A^T Y + Y B^T = C is B Y^T + Y^T A = C^T.
        turned = anp.matrix_transpose(given)
        return anp.matrix_transpose(_checked(solve, right, left, turned, tol))

    def matvec(x: Array) -> Array:
        return anp.matmul(a, x) + anp.matmul(x, b)

    return lax.custom_linear_solve(matvec, c, forward, backward)


def _checked(solve: _Solve, left: _Factors, right: _Factors, c: Array, tol: float) -> Array:
    """The solution in the dtype of ``c``, NaN if the equation is singular."""
    found = solve(left, right, c.astype(left.r.dtype))
    sums = abs(left.values[..., :, None] + right.values[..., None, :])
    bad = anp.any(sums < tol, (-2, -1), keepdims=True)
    return anp.where(bad, np.nan, found if c.dtype in COMPLEX else anp.real(found))


def _schur_factors(x: Array) -> _Factors:
    t, z = schur(x, output="complex")
    return _Factors(z, t, anp.diagonal(t, axis1=-2, axis2=-1))


def _eigen_factors(x: Array) -> _Factors:
    values, vectors = _eig(x)
    return _Factors(vectors, values[..., None, :], values)


def _by_columns(left: _Factors, right: _Factors, c: Array) -> Array:
    """``R Y + Y S = U^H C V`` with triangular ``R`` and ``S``: column ``j`` of ``Y`` from those before it."""
    given = anp.matmul(anp.matmul(adjoint(left.u), c), right.u)
    one = anp.eye(given.shape[-2], dtype=given.dtype)
    index = anp.arange(given.shape[-1])

    def step(j: Array, y: Array) -> Array:
        column = lax.dynamic_slice_in_dim(right.r, j, 1, -1)
        own = lax.dynamic_slice_in_dim(column, j, 1, -2)
        # Columns of y from j on are zero yet.
        rest = lax.dynamic_slice_in_dim(given, j, 1, -1) - anp.matmul(y, column)
        found = lax_linalg.triangular_solve(left.r + own * one, rest, left_side=True)
        return anp.where(index == j, found, y)

    y = lax.fori_loop(0, given.shape[-1], step, anp.zeros_like(given))
    return anp.matmul(anp.matmul(left.u, y), adjoint(right.u))


def _by_eigenvectors(left: _Factors, right: _Factors, c: Array) -> Array:
    """``U^-1 C V`` divided by the sums of eigenvalues, in the bases of the eigenvectors."""
    given = _solve(left.u, anp.matmul(c, right.u))
    y = given / (anp.matrix_transpose(left.r) + right.r)
    found = _solve(anp.matrix_transpose(right.u), anp.matrix_transpose(anp.matmul(left.u, y)))
    return anp.matrix_transpose(found)


_METHODS: dict[str, tuple[Callable[[Array], _Factors], _Solve]] = {
    "schur": (_schur_factors, _by_columns),
    "eigen": (_eigen_factors, _by_eigenvectors),
}
