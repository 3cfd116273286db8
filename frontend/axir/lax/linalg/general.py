"""Eigenvalues of general matrices, Schur, Hessenberg and tridiagonal forms: LAPACK, called from the program."""

from __future__ import annotations

import enum
import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.convert import ArrayLike, to_array
from axir._src.custom import custom_jvp
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax.elementwise import abs as _abs
from axir.lax.elementwise import add, conj, convert_element_type, div, eq, imag, mul, neg, real, select, sub
from axir.lax.elementwise import complex as _complex
from axir.lax.linalg._lapack import call_lapack, checked_square, complex_dtype
from axir.lax.linalg.factorizations import adjoint
from axir.lax.reductions import argmax, batch_matmul, reduce_sum
from axir.lax.shapes import broadcast_in_dim, broadcasted_iota, full_like
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, real_dtype

__all__ = ["EigImplementation", "eig", "hessenberg", "schur", "tridiagonal"]


class EigImplementation(enum.Enum):
    """Names of implementations of `eig`; there is one, LAPACK's."""

    CUSOLVER = "cusolver"
    MAGMA = "magma"
    LAPACK = "lapack"


def eig(
    x: ArrayLike,
    *,
    compute_left_eigenvectors: bool = True,
    compute_right_eigenvectors: bool = True,
    enable_eigvec_derivs: bool = False,
    implementation: EigImplementation | None = None,
    use_magma: bool | None = None,
) -> list[Array]:
    """Eigenvalues and eigenvectors of general matrices.

    Args:
        x: Matrices ``f[..., n, n]``.
        compute_left_eigenvectors: Give ``vl``.
        compute_right_eigenvectors: Give ``vr``.
        enable_eigvec_derivs: Give eigenvectors a derivative. It holds if all eigenvalues differ and each vector has one
            element that is larger than the others, which is real.
        implementation: ``None`` or ``EigImplementation.LAPACK``.
        use_magma: Has no effect.

    Returns: complex eigenvalues ``w`` ``c[..., n]`` in no particular order and, as columns of ``c[..., n, n]``, ``vl``
        with ``vl^H x = diag(w) vl^H`` and ``vr`` with ``x vr = vr diag(w)``; of length one, their largest element real.
        NaN for a matrix that is not finite. Eigenvalues alone always have a derivative.
    Raises: ShapeError if the matrices are not square or for another implementation, DTypeError for other dtypes,
        MissingRuleError for the derivative of vectors without ``enable_eigvec_derivs``.
    """
    if implementation not in (None, EigImplementation.LAPACK):
        raise located(
            ShapeError(
                f"linalg.eig: implementation must be None or EigImplementation.LAPACK; got {implementation}."
            )
        )
    array = checked_square(to_array(x), "linalg.eig")
    left, right = bool(compute_left_eigenvectors), bool(compute_right_eigenvectors)
    if enable_eigvec_derivs or not (left or right):
        return list(_differentiable_eig(left, right)(array))
    return _eig(array, left, right)


def _eig(x: Array, left: bool, right: bool) -> list[Array]:
    n, dtype = x.shape[-1], complex_dtype(x.dtype)
    items = [((n,), dtype), *[((n, n), dtype)] * (left + right)]
    why = "Vectors have one with enable_eigvec_derivs=True if eigenvalues differ; eigenvalues alone always have."
    return call_lapack("linalg.eig with eigenvectors", _geev, x, items, left, right, instead=why)


def _geev(x: np.ndarray, left: bool, right: bool) -> tuple[np.ndarray, ...]:
    from scipy.linalg import eig as decompose

    found = decompose(x, left=left, right=right, check_finite=False)
    return found if isinstance(found, tuple) else (found,)


@functools.cache
def _differentiable_eig(left: bool, right: bool) -> Callable[..., Any]:
    """`_eig` with a derivative rule."""

    @custom_jvp
    def eig(x: Array) -> tuple[Array, ...]:
        return tuple(_eig(x, left, right))

    @eig.defjvp
    def eig_jvp(primals: Any, tangents: Any) -> tuple[Any, Any]:
        (x,), (dx,) = primals, tangents
        w, *rest = _differentiable_eig(left, True)(x)
        vr = rest[-1]
        dx = convert_element_type(dx, vr.dtype)
        if not (left or right):
            return (w,), (_values_tangent(vr, dx),)
        dw, dvr = _tangents(w, vr, dx)
        values, slopes = [w], [dw]
        if left:
            # They are the right ones of the adjoint, whose eigenvalues are the conjugates.
            values.append(rest[0])
            slopes.append(_tangents(conj(w), rest[0], adjoint(dx))[1])
        if right:
            values.append(vr)
            slopes.append(dvr)
        return tuple(values), tuple(slopes)

    return eig


def _solved(a: Array, b: Array) -> Array:
    return bind(OPS["solve"], a, b, transpose_a=0)


def _values_tangent(v: Array, dx: Array) -> Array:
    """The diagonal of ``v^-1 dA v``, which is right for the sum of repeated eigenvalues too."""
    turned = conj(adjoint(v))
    return reduce_sum(mul(_solved(v, dx), turned), [v.ndim - 1])


def _tangents(w: Array, v: Array, dx: Array) -> tuple[Array, Array]:
    """Tangents of eigenvalues and eigenvectors ``v_j``.

    With ``M = v^-1 dA v``: ``dw = diag(M)`` and ``dv_j = u_j + c_j v_j`` where ``u = v (F * M)``, ``F_ij = 1 / (w_j -
    w_i)``, 0 for ``i = j`` (M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic
    differentiation, 2008, section 3.1). The length of one and the real largest element ``v_kj`` determine
    ``c_j = -Re(v_j^H u_j) - i Im(u_kj) / v_kj``.
    """
    inner = batch_matmul(_solved(v, dx), v)
    rows, columns = _positions(v)
    ones = convert_element_type(eq(rows, columns), v.dtype)
    batch = tuple(range(v.ndim - 2))
    along, across = (broadcast_in_dim(w, v.shape, (*batch, v.ndim - k)) for k in (1, 2))
    factors = sub(div(full_like(ones, 1), add(sub(along, across), ones)), ones)
    u = batch_matmul(v, mul(factors, inner))
    dw = reduce_sum(mul(inner, ones), [v.ndim - 1])
    at = broadcast_in_dim(argmax(_abs(v), v.ndim - 2, np.dtype("int32")), v.shape, (*batch, v.ndim - 1))
    largest = eq(rows, at)
    length = neg(_down(real(mul(conj(v), u))))
    none = full_like(real(v), 0)
    turn = neg(div(_down(select(largest, imag(u), none)), _down(select(largest, real(v), none))))
    change = broadcast_in_dim(_complex(length, turn), v.shape, (*batch, v.ndim - 1))
    return dw, add(u, mul(change, v))


def _down(x: Array) -> Array:
    """Sums of columns."""
    return reduce_sum(x, [x.ndim - 2])


def _positions(x: Array) -> tuple[Array, Array]:
    rows = broadcasted_iota(np.dtype("int32"), x.shape, x.ndim - 2)
    return rows, broadcasted_iota(np.dtype("int32"), x.shape, x.ndim - 1)


def schur(
    x: ArrayLike,
    *,
    compute_schur_vectors: bool = True,
    sort_eig_vals: bool = False,
    select_callable: Callable[..., Any] | None = None,
) -> tuple[Array, ...]:
    """Schur decomposition ``x = Q T Q^H``.

    Args:
        x: Matrices ``f[..., n, n]``.
        compute_schur_vectors: Give ``Q``.
        sort_eig_vals, select_callable: Have no effect.

    Returns: ``T``, upper triangular (of real matrices with blocks of two rows for pairs of complex eigenvalues), and
        ``Q``, unitary; each ``f[..., n, n]``. NaN for a matrix that is not finite. There are no derivatives.
    Raises: ShapeError if the matrices are not square, DTypeError for other dtypes.
    """
    array = checked_square(to_array(x), "linalg.schur")
    items = [(array.shape[-2:], array.dtype)] * (1 + bool(compute_schur_vectors))
    return tuple(call_lapack("linalg.schur", _gees, array, items, len(items)))


def _gees(x: np.ndarray, count: int) -> tuple[np.ndarray, ...]:
    from scipy.linalg import schur as decompose

    found = decompose(x, output="complex" if np.iscomplexobj(x) else "real", check_finite=False)
    return tuple(map(np.asarray, found[:count]))


def hessenberg(a: ArrayLike) -> tuple[Array, Array]:
    """Reduction to upper Hessenberg form, ``a = Q H Q^H``.

    Args:
        a: Matrices ``f[..., n, n]``.

    Returns: ``H`` in the upper triangle and the first subdiagonal of ``f[..., n, n]``, with the Householder reflectors
        below; and their factors ``f[..., n - 1]``. `householder_product` of what is below makes ``Q`` of them. NaN for
        a matrix that is not finite. There are no derivatives.
    Raises: ShapeError if the matrices are not square, DTypeError for other dtypes.
    """
    array = checked_square(to_array(a), "linalg.hessenberg")
    items = [(array.shape[-2:], array.dtype), ((max(array.shape[-1] - 1, 0),), array.dtype)]
    found, factors = call_lapack("linalg.hessenberg", _gehrd, array, items)
    return found, factors


def _gehrd(x: np.ndarray) -> tuple[np.ndarray, ...]:
    from scipy.linalg import get_lapack_funcs

    if len(x) == 1:
        return x, np.zeros(0, x.dtype)
    (reduce,) = get_lapack_funcs(("gehrd",), (x,))
    found, factors, _ = reduce(x)
    return found, factors


def tridiagonal(a: ArrayLike, *, lower: bool = True) -> tuple[Array, Array, Array, Array]:
    """Reduction of symmetric or hermitian matrices to real tridiagonal form, ``a = Q T Q^H``.

    Args:
        a: Matrices ``f[..., n, n]``.
        lower: Which triangle is read.

    Returns: the diagonal and the elements beside it in ``f[..., n, n]``, with the Householder reflectors beyond them
        in the same triangle; the diagonal ``[..., n]`` and what is beside it ``[..., n - 1]`` as real numbers; and the
        factors of the reflectors ``f[..., n - 1]``. NaN for a matrix that is not finite. There are no derivatives.
    Raises: ShapeError if the matrices are not square or have no rows, DTypeError for other dtypes.
    """
    array = checked_square(to_array(a), "linalg.tridiagonal")
    n, part = array.shape[-1], real_dtype(array.dtype)
    if n == 0:
        raise located(ShapeError(f"linalg.tridiagonal: needs matrices with rows; got {array.aval}."))
    items = [((n, n), array.dtype), ((n,), part), ((n - 1,), part), ((n - 1,), array.dtype)]
    found, d, e, factors = call_lapack("linalg.tridiagonal", _sytrd, array, items, bool(lower))
    return found, d, e, factors


def _sytrd(x: np.ndarray, lower: bool) -> tuple[np.ndarray, ...]:
    from scipy.linalg import get_lapack_funcs

    (reduce,) = get_lapack_funcs(("hetrd" if x.dtype in COMPLEX else "sytrd",), (x,))
    return tuple(reduce(x, lower=int(lower))[:4])
