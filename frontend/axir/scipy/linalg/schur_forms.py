"""Schur and Hessenberg forms."""

from __future__ import annotations

from typing import Any, Literal, overload

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir.lax import linalg as lax_linalg
from axir.lax.linalg._lapack import complex_dtype
from axir.lax.linalg.factorizations import adjoint
from axir.numpy.linalg.systems import square
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import real_dtype

__all__ = ["hessenberg", "rsf2csf", "schur"]


def schur(a: ArrayLike, output: str = "real") -> tuple[Array, Array]:
    """Schur decomposition ``a = Z T Z^H``, by LAPACK on the machine that calls the program.

    Args:
        a: Matrices ``f[..., n, n]``.
        output: ``"complex"`` for triangular ``T`` of real matrices too; ``"real"`` leaves a block of two rows on the
            diagonal for each pair of complex eigenvalues. Complex matrices have the same form either way.

    Returns: ``T`` and unitary ``Z``, ``f[..., n, n]``; NaN for a matrix that is not finite. There are no derivatives.
    Raises: ShapeError if the matrices are not square or for another ``output``.
    """
    if output not in ("real", "complex"):
        raise located(ShapeError(f"schur: output must be 'real' or 'complex'; got {output!r}."))
    matrix = square(a, "schur")
    if output == "complex":
        matrix = matrix.astype(complex_dtype(matrix.dtype))
    t, z = lax_linalg.schur(matrix)
    return t, z


def rsf2csf(T: ArrayLike, Z: ArrayLike, check_finite: bool = True) -> tuple[Array, Array]:
    """The complex Schur form out of the real one: rotations clear one element below the diagonal after the other.

    Args:
        T: Schur forms ``f[..., n, n]``, of which the diagonals, what is above and what is next below count.
        Z: Schur vectors ``f[..., n, n]``; leading axes broadcast.
        check_finite: Has no effect.

    Returns: triangular ``T`` and unitary ``Z`` of a complex dtype, with the same ``Z T Z^H``.
    Raises: ShapeError if the matrices are not square or do not fit.
    """
    (t, z), _ = promoted(T, Z, to_float=True)
    t, z = square(t, "rsf2csf"), square(z, "rsf2csf")
    n = t.shape[-1]
    if z.shape[-1] != n:
        raise located(ShapeError(f"rsf2csf: T and Z must be of one size; got {t.aval} and {z.aval}."))
    batch = broadcast_shapes(t.shape[:-2], z.shape[:-2], where="rsf2csf")
    t, z = (broadcast_to(x, (*batch, n, n)).astype(complex_dtype(t.dtype)) for x in (t, z))
    return lax.fori_loop(1, n, _cleared, (t, z)) if n > 1 else (t, z)


def _cleared(step: Array, forms: tuple[Array, Array]) -> tuple[Array, Array]:
    """Both matrices after the element of ``T`` left of the diagonal in row ``n - step`` has become zero."""
    t, z = forms
    n = t.shape[-1]
    at = n - 1 - step
    turn = _rotation(_window(_window(t, at, -2), at, -1))
    back, index = adjoint(turn), anp.arange(n)
    rows, columns = _window(t, at, -2), index >= at
    t = _replaced(t, anp.where(columns, anp.matmul(turn, anp.where(columns, rows, 0)), rows), at, -2)
    above, both = (index < at + 2)[:, None], _window(t, at, -1)
    t = _replaced(t, anp.where(above, anp.matmul(anp.where(above, both, 0), back), both), at, -1)
    z = _replaced(z, anp.matmul(_window(z, at, -1), back), at, -1)
    below = (index[:, None] == at + 1) & (index == at)
    return anp.where(below, 0, t), z


def _window(x: Array, at: Array, axis: int) -> Array:
    return lax.dynamic_slice_in_dim(x, at, 2, axis)


def _replaced(x: Array, part: Array, at: Array, axis: int) -> Array:
    return lax.dynamic_update_slice_in_dim(x, part, at, axis)


def _rotation(block: Array) -> Array:
    """Rotations ``G`` for which ``G B G^H`` is upper triangular; the identity where the corner is negligible.

    An eigenvector of ``B = [[a, b], [c, d]]`` is ``(mu, c)`` with ``mu = p + sqrt(p^2 + b c)``, ``p = (a - d) / 2``; of
    the two roots the larger one has no cancellation.
    """
    a, b, c, d = (block[..., i, j] for i in (0, 1) for j in (0, 1))
    half = (a - d) / 2
    root = anp.sqrt(half * half + b * c)
    plus, minus = half + root, half - root
    mu = anp.where(abs(minus) > abs(plus), minus, plus)
    small = abs(c) <= anp.finfo(real_dtype(c.dtype)).eps * (abs(a) + abs(d))
    mu, c = anp.where(small, 1, mu), anp.where(small, 0, c)
    length = anp.hypot(abs(mu), abs(c))
    cosine, sine = mu / length, c / length
    top = anp.stack([anp.conj(cosine), anp.conj(sine)], -1)
    return anp.stack([top, anp.stack([-sine, cosine], -1)], -2)


@overload
def hessenberg(
    a: ArrayLike, *, calc_q: Literal[False] = False, overwrite_a: bool = False, check_finite: bool = True
) -> Array: ...
@overload
def hessenberg(
    a: ArrayLike, *, calc_q: bool, overwrite_a: bool = False, check_finite: bool = True
) -> Any: ...
def hessenberg(
    a: ArrayLike, *, calc_q: bool = False, overwrite_a: bool = False, check_finite: bool = True
) -> Any:
    """Hessenberg form ``H`` of ``a = Q H Q^H``, by LAPACK on the machine that calls the program.

    Args:
        a: Matrices ``f[..., n, n]``.
        calc_q: Give ``Q`` too.
        overwrite_a, check_finite: Have no effect.

    Returns: ``H``, zero below the first subdiagonal, or ``(H, Q)`` with unitary ``Q``; each ``f[..., n, n]``. There are
        no derivatives.
    Raises: ShapeError if the matrices are not square.
    """
    matrix = square(a, "hessenberg")
    n = matrix.shape[-1]
    if n == 0:
        return (matrix, matrix) if calc_q else matrix
    found, factors = lax_linalg.hessenberg(matrix)
    h = anp.triu(found, -1)
    if not calc_q:
        return h
    inner = lax_linalg.householder_product(found[..., 1:, :-1], factors)
    around = anp.pad(inner, [(0, 0)] * (matrix.ndim - 2) + [(1, 0), (1, 0)])
    corner = (anp.arange(n)[:, None] == 0) & (anp.arange(n) == 0)
    return h, anp.where(corner, 1, around)
