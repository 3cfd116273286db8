"""Systems of linear equations, determinants and the Cholesky factorization."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from axir import lax
from axir._src.array import Array
from axir._src.axes import axis_of, items_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir._src.promotion import inexact
from axir._src.remember import remembered
from axir._src.trace import bind
from axir.lax import linalg as lax_linalg
from axir.lax.linalg.factorizations import adjoint
from axir.numpy.contractions import diagonal as _diagonal
from axir.numpy.creation import eye
from axir.numpy.reductions import prod as _prod
from axir.numpy.reductions import sum as _sum
from axir.numpy.shapes import moveaxis
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS

__all__ = [
    "SlogdetResult",
    "cholesky",
    "det",
    "inv",
    "slogdet",
    "solve",
    "tensorinv",
    "tensorsolve",
]


class SlogdetResult(NamedTuple):
    """Sign and logarithm of the absolute value of a determinant."""

    sign: Array
    logabsdet: Array


def floating(x: ArrayLike) -> Array:
    """An array of a float or complex dtype: integers and bools are taken to the default one."""
    array = to_array(x)
    return convert(array, inexact(array.dtype), array.weak_type)


def square(x: ArrayLike, where: str) -> Array:
    """Square matrices of a float or complex dtype.

    Raises:
        ShapeError: they are not square.
    """
    array = floating(x)
    if array.ndim < 2 or array.shape[-1] != array.shape[-2]:
        raise located(ShapeError(f"{where}: needs square matrices in the last two axes; got {array.aval}."))
    return array


def cholesky(a: ArrayLike, *, upper: bool = False, symmetrize_input: bool = True) -> Array:
    """Lower triangular ``L`` with ``a = L L^H``, or ``U = L^H``.

    Args:
        a: Positive definite matrices, ``f[..., n, n]``.
        upper: Give ``U``.
        symmetrize_input: Take ``(a + a^H) / 2`` first.

    Returns: ``f[..., n, n]``; NaN in the triangle of a matrix that is not positive definite.
    Raises: ShapeError if the matrices are not square.
    """
    factor = lax_linalg.cholesky(square(a, "cholesky"), symmetrize_input=symmetrize_input)
    return adjoint(factor) if upper else factor


@remembered
def solve(a: ArrayLike, b: ArrayLike) -> Array:
    """``x`` with ``a x = b``, by LU factorization with partial pivoting.

    Args:
        a: Matrices ``f[..., n, n]``.
        b: One vector ``f[n]``, or right sides ``f[..., n, m]``; leading axes broadcast.

    Returns: Vectors ``f[..., n]`` or ``f[..., n, m]``; infinities and NaN for a singular matrix.
    Raises: ShapeError if matrices are not square or do not fit ``b``.
    """
    (matrix, right), _ = promoted(a, b, to_float=True)
    matrix = square(matrix, "solve")
    vector = right.ndim == 1
    if vector:
        right = lax.expand_dims(right, [1])
    if right.ndim < 2 or right.shape[-2] != matrix.shape[-1]:
        raise located(
            ShapeError(f"solve: b must have as many rows as a; got {matrix.aval} and {to_array(b).aval}.")
        )
    batch = broadcast_shapes(matrix.shape[:-2], right.shape[:-2], where="solve")
    matrix = broadcast_to(matrix, (*batch, *matrix.shape[-2:]))
    right = broadcast_to(right, (*batch, *right.shape[-2:]))
    found = bind(OPS["solve"], matrix, right, transpose_a=0)
    return lax.squeeze(found, [found.ndim - 1]) if vector else found


@remembered
def inv(a: ArrayLike) -> Array:
    """Inverses of matrices ``f[..., n, n]``; infinities and NaN for a singular one.

    Raises: ShapeError if the matrices are not square.
    """
    matrix = square(a, "inv")
    return solve(matrix, broadcast_to(eye(matrix.shape[-1], dtype=matrix.dtype), matrix.shape))


@remembered
def det(a: ArrayLike) -> Array:
    """Determinants of matrices ``f[..., n, n]``.

    Derivatives are right for singular matrices too, if the rank is ``n - 1``: the gradient is the matrix of cofactors.

    Raises: ShapeError if the matrices are not square.
    """
    matrix = square(a, "det")
    if 1 <= matrix.shape[-1] <= 3:
        return _by_cofactors(matrix)
    return bind(OPS["det"], matrix)


def _by_cofactors(x: Array) -> Array:
    """Small determinants as sums of products, whose derivatives hold at every matrix."""
    n = x.shape[-1]
    if n == 1:
        return x[..., 0, 0]
    if n == 2:
        return x[..., 0, 0] * x[..., 1, 1] - x[..., 0, 1] * x[..., 1, 0]
    total = None
    for k in range(3):
        i, j = (k + 1) % 3, (k + 2) % 3
        term = x[..., 0, k] * (x[..., 1, i] * x[..., 2, j] - x[..., 1, j] * x[..., 2, i])
        total = term if total is None else total + term
    assert total is not None
    return total


def slogdet(a: ArrayLike, *, method: str | None = None) -> SlogdetResult:
    """Sign and logarithm of the absolute value of determinants, which neither overflow nor underflow.

    Args:
        a: Matrices ``f[..., n, n]``.
        method: ``"lu"``, the only one.

    Returns: ``sign`` (-1, 0 or 1; a complex number of length one or 0) and ``logabsdet`` (``-inf``
        for a singular matrix), each ``f[...]``.
    Raises: ShapeError if the matrices are not square or for another ``method``.
    """
    if method not in (None, "lu"):
        raise located(ShapeError(f"slogdet: method must be 'lu'; got {method!r}."))
    matrix = square(a, "slogdet")
    factors, pivots, _ = lax_linalg.lu(matrix)
    pivot = _diagonal(factors, 0, -2, -1)
    place = lax.broadcasted_iota(pivots.dtype, pivots.shape, pivots.ndim - 1)
    swapped = lax.convert_element_type(lax.ne(pivots, place), pivot.dtype)
    signs = lax.sign(pivot) * (1 - 2 * swapped)
    return SlogdetResult(_prod(signs, -1), _sum(lax.log(lax.abs(pivot)), -1))


def tensorsolve(a: ArrayLike, b: ArrayLike, axes: Any = None) -> Array:
    """``x`` with ``tensordot(a, x, x.ndim) = b``.

    Args:
        a: Array whose first axes are those of ``b``, with as many elements in the others as in these.
        b: Right side.
        axes: Axes of ``a`` that are moved to the end first.

    Raises: ShapeError if numbers of elements differ.
    """
    matrix, right = to_array(a), to_array(b)
    if axes is not None:
        moved = [axis_of(k, matrix.ndim, "tensorsolve") for k in items_of(axes)]
        matrix = moveaxis(matrix, moved, list(range(matrix.ndim - len(moved), matrix.ndim)))
    shape = matrix.shape[right.ndim :]
    size = math.prod(shape)
    if matrix.size != size**2 or right.size != size:
        raise located(
            ShapeError(
                "tensorsolve: a must hold as many elements for each of b's as b does; "
                f"got {matrix.aval} and {right.aval}."
            )
        )
    found = solve(lax.reshape(matrix, (size, size)), lax.reshape(right, (size,)))
    return lax.reshape(found, shape)


def tensorinv(a: ArrayLike, ind: int = 2) -> Array:
    """The inverse for ``tensordot(., ., ind)``: ``tensordot(tensorinv(a), a, ind)`` is the identity.

    Args:
        a: Array with as many elements in its first ``ind`` axes as in the others.
        ind: Number of axes, positive.

    Raises: ShapeError if numbers of elements differ or ``ind`` is not positive.
    """
    matrix, count = to_array(a), static_int(ind, "tensorinv")
    if count <= 0:
        raise located(ShapeError(f"tensorinv: ind must be positive; got {count}."))
    first, rest = matrix.shape[:count], matrix.shape[count:]
    if math.prod(first) != math.prod(rest):
        raise located(
            ShapeError(
                f"tensorinv: the first {count} axes must hold as many elements as the others; got {matrix.aval}."
            )
        )
    size = math.prod(first)
    return lax.reshape(inv(lax.reshape(matrix, (size, size))), (*rest, *first))
