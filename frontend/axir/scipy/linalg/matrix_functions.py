"""Functions of matrices from their Schur forms, one diagonal after the other."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.custom import custom_jvp
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir.lax.linalg.factorizations import adjoint
from axir.numpy.linalg.systems import square
from axir.scipy.linalg.functions import expm
from axir.scipy.linalg.schur_forms import schur
from axir.scipy.linalg.sylvester import solve_sylvester
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import real_dtype

__all__ = ["expm_frechet", "funm", "sqrtm"]


def _product(*factors: Array) -> Array:
    found = factors[0]
    for x in factors[1:]:
        found = anp.matmul(found, x, precision="highest")
    return found


def _diagonal(x: Array) -> Array:
    return anp.diagonal(x, axis1=-2, axis2=-1)


def _shifted(x: Array, by: Array) -> Array:
    """``x[i + by]`` along the last axis; what is beyond the end begins again at the start."""
    return lax.dynamic_slice_in_dim(anp.concatenate([x, x], -1), by, x.shape[-1], -1)


def _over(f: Array, t: Array, by: Array) -> Array:
    """``sum_l f[i, l] t[l, i + by]`` for each ``i``; of what is strictly upper triangular, those between the two."""
    return anp.sum(f * anp.matrix_transpose(_shifted(t, by)), -1)


def _at(x: Array, by: Array) -> Array:
    """``x[i, i + by]`` for each ``i``."""
    return _diagonal(_shifted(x, by))


def _filled(x: Array, by: Array, values: Array) -> Array:
    """``x`` with ``values[i]`` at ``[i, i + by]``."""
    n = x.shape[-1]
    index = anp.arange(n)
    return anp.where(index - index[:, None] == by, values[..., None], x)


def _as_matrix(x: Array) -> Array:
    return x[..., None] * anp.eye(x.shape[-1], dtype=x.dtype)


def _sqrt_of_triangle(t: Array) -> Array:
    """``u`` with ``u^2 = t``, upper triangular: ``u_ij = (t_ij - sum_l u_il u_lj) / (u_ii + u_jj)``, 0 for ``0 / 0``.

    A. Bjorck, S. Hammarling, A Schur method for the square root of a matrix, Linear Algebra and its Applications 52,
    1983.
    """
    roots = anp.sqrt(_diagonal(t))

    def step(by: Array, above: Array) -> Array:
        rest = _at(t, by) - _over(above, above, by)
        divisor = roots + _shifted(roots, by)
        nothing = rest == 0
        return _filled(above, by, anp.where(nothing, 0, rest / anp.where(nothing, 1, divisor)))

    return lax.fori_loop(1, t.shape[-1], step, anp.zeros_like(t)) + _as_matrix(roots)


@custom_jvp
def _sqrtm(a: Array) -> Array:
    t, z = schur(a, output="complex")
    return _product(z, _sqrt_of_triangle(t), adjoint(z))


@_sqrtm.defjvp
def _sqrtm_jvp(primals: Any, tangents: Any) -> tuple[Array, Array]:
    """``dR`` of ``R^2 = A`` solves ``R dR + dR R = dA``."""
    found = _sqrtm(*primals)
    return found, solve_sylvester(found, found, tangents[0].astype(found.dtype), tol=0.0)


def sqrtm(A: ArrayLike, blocksize: int = 1) -> Array:
    """Principal square roots ``R`` of matrices, ``R R = A``.

    The Schur form comes from LAPACK on the machine that calls the program, the root of it is computed by the program.
    There are derivatives where ``R`` and ``-R`` have no eigenvalue in common.

    Args:
        A: Matrices ``f[..., n, n]``.
        blocksize: Must be 1.

    Returns: ``c[..., n, n]``, complex also for real matrices; infinities or NaN where there is no root.
    Raises: ShapeError if the matrices are not square or for another ``blocksize``.
    """
    if blocksize > 1:
        raise located(ShapeError(f"sqrtm: blocksize must be 1; got {blocksize}. Leave it out."))
    return _sqrtm(square(A, "sqrtm"))


@overload
def funm(A: ArrayLike, func: Callable[[Array], Array], disp: Literal[True] = True) -> Array: ...
@overload
def funm(A: ArrayLike, func: Callable[[Array], Array], disp: bool) -> Any: ...
def funm(A: ArrayLike, func: Callable[[Array], Array], disp: bool = True) -> Any:
    """A function of a matrix, by the recurrence of Parlett on its complex Schur form ``T``.

    ``F_ij (T_jj - T_ii) = T_ij (F_jj - F_ii) + sum_l T_il F_lj - F_il T_lj`` (G. H. Golub, C. F. Van Loan, Matrix
    Computations, 4th edition, 2013, section 9.1.4). It is inaccurate if eigenvalues are close to each other, and does
    not divide where they are equal. There are no derivatives.

    Args:
        A: Matrix ``f[n, n]``.
        func: Takes and gives a vector ``c[n]``, the eigenvalues.
        disp: Give the result alone, without an estimate of the error.

    Returns: ``c[n, n]``, complex also for real matrices; or that and a relative error, at most 1.
    Raises: ShapeError if it is not one square matrix, or if ``func`` does not give a vector of that length.
    """
    matrix = square(A, "funm")
    if matrix.ndim != 2:
        raise located(ShapeError(f"funm: needs one square matrix; got {matrix.aval}. Use vmap for a batch."))
    t, z = schur(matrix, output="complex")
    values = anp.asarray(func(_diagonal(t))).astype(t.dtype)
    if values.shape != t.shape[:1]:
        raise located(
            ShapeError(f"funm: func must give one value for each of {t.shape[0]}; got {values.aval}.")
        )
    f, gap = _parlett(values, t)
    found = _product(z, f, adjoint(z))
    return found if disp else (found, _error(found, t, gap))


def _parlett(values: Array, t: Array) -> tuple[Array, Array]:
    """The function of the triangle ``t``, and the smallest distance of two eigenvalues."""
    own, n = _diagonal(t), t.shape[-1]
    upper = anp.triu(t, 1)

    def step(by: Array, state: tuple[Array, Array]) -> tuple[Array, Array]:
        above, gap = state
        found = _at(t, by) * (_shifted(values, by) - values) + _over(upper, above, by)
        found = found - _over(above, upper, by)
        apart = _shifted(own, by) - own
        equal = apart == 0
        inside = anp.arange(n) < n - by
        gap = anp.minimum(gap, anp.min(anp.where(inside, abs(apart), np.inf), initial=np.inf))
        return _filled(above, by, anp.where(equal, found, found / anp.where(equal, 1, apart))), gap

    start = abs(own[0]) if n else anp.zeros((), real_dtype(t.dtype))
    above, gap = lax.fori_loop(1, n, step, (anp.zeros_like(t), start))
    return above + _as_matrix(values), gap


def _error(found: Array, t: Array, gap: Array) -> Array:
    """``eps / gap`` times the size of what is above the diagonal of ``t``, kept within ``[eps, 1]``."""
    eps = anp.finfo(gap.dtype).eps
    size = anp.max(anp.sum(abs(anp.triu(t, 1)), -2), initial=0)
    bound = anp.clip(eps / anp.where(gap == 0, eps, gap) * size, eps, 1)
    return anp.where(anp.any(anp.isinf(found)), np.inf, bound)


@overload
def expm_frechet(
    A: ArrayLike, E: ArrayLike, *, method: str | None = None, compute_expm: Literal[True] = True
) -> tuple[Array, Array]: ...
@overload
def expm_frechet(A: ArrayLike, E: ArrayLike, *, method: str | None = None, compute_expm: bool) -> Any: ...
def expm_frechet(A: ArrayLike, E: ArrayLike, *, method: str | None = None, compute_expm: bool = True) -> Any:
    """Matrix exponentials and their derivatives in the direction ``E``.

    Args:
        A, E: Matrices ``f[..., n, n]`` of one shape.
        method: Has no effect.
        compute_expm: Give ``expm(A)`` too.

    Returns: ``(expm(A), derivative)``, or the derivative alone; each ``f[..., n, n]``.
    Raises: ShapeError if the matrices are not square or differ in shape.
    """
    from axir import jvp

    (matrix, direction), _ = promoted(square(A, "expm_frechet"), square(E, "expm_frechet"), to_float=True)
    if matrix.shape != direction.shape:
        raise located(
            ShapeError(f"expm_frechet: A and E must have one shape; got {matrix.aval} and {direction.aval}.")
        )
    found, slope = jvp(expm, (matrix,), (direction,))
    return (found, slope) if compute_expm else slope
