"""Eigenvalues of symmetric tridiagonal matrices."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Literal, overload

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.custom import custom_jvp
from axir._src.messages import located
from axir.lax import linalg as lax_linalg
from axir.lax.linalg._lapack import DTYPES
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import COMPLEX

__all__ = ["eigh_tridiagonal"]


@overload
def eigh_tridiagonal(
    d: ArrayLike,
    e: ArrayLike,
    *,
    eigvals_only: Literal[False] = False,
    select: str = "a",
    select_range: tuple[float, float] | None = None,
    tol: float | None = None,
    key: Array | None = None,
) -> tuple[Array, Array]: ...
@overload
def eigh_tridiagonal(
    d: ArrayLike,
    e: ArrayLike,
    *,
    eigvals_only: bool,
    select: str = "a",
    select_range: tuple[float, float] | None = None,
    tol: float | None = None,
    key: Array | None = None,
) -> Any: ...
def eigh_tridiagonal(
    d: ArrayLike,
    e: ArrayLike,
    *,
    eigvals_only: bool = False,
    select: str = "a",
    select_range: tuple[float, float] | None = None,
    tol: float | None = None,
    key: Array | None = None,
) -> Any:
    """Ascending eigenvalues, and eigenvectors unless ``eigvals_only``, of a symmetric or hermitian tridiagonal matrix.

    Eigenvalues alone are found by bisection (W. Barth, R. S. Martin, J. H. Wilkinson, Calculation of the eigenvalues of
    a symmetric tridiagonal matrix by the method of bisection, Numerische Mathematik 9, 1967), in memory proportional to
    ``n``; with eigenvectors both are those of the whole matrix by `axir.lax.linalg.eigh`. There are derivatives, of
    vectors where eigenvalues differ.

    Args:
        d: The diagonal, ``f[n]``, of which the real part counts.
        e: Above the diagonal, ``f[n - 1]``; below it are the conjugates.
        eigvals_only: Give the eigenvalues alone.
        select: ``"a"`` for all eigenvalues, ``"i"`` for those numbered ``select_range``.
        select_range: First and last number, counted from 0.
        tol: Absolute error of eigenvalues that ends the bisection, at least the unit of rounding times the norm.
        key: Has no effect: no random start is needed.

    Returns: eigenvalues ``w``, ``[k]`` of a real dtype; or ``w`` and eigenvectors as columns of ``f[n, k]``.
    Raises: ShapeError if the operands do not fit, for an empty range or another ``select``; DTypeError for other dtypes
        or two different ones.
    """
    diagonal, beside = _checked(to_array(d), to_array(e))
    first, last = _numbers(diagonal.shape[0], select, select_range)
    if eigvals_only:
        return _values(first, last, 0.0 if tol is None else float(tol))(diagonal, beside)
    w, v = _spectrum(diagonal, beside)
    return w[first:last], v[:, first:last]


def _checked(diagonal: Array, beside: Array) -> tuple[Array, Array]:
    if diagonal.dtype != beside.dtype or diagonal.dtype not in DTYPES:
        known = ", ".join(sorted(map(str, DTYPES)))
        raise located(
            DTypeError(
                f"eigh_tridiagonal: d and e must have the same dtype, one of {known}; "
                f"got {diagonal.aval} and {beside.aval}. Convert them."
            )
        )
    if diagonal.ndim != 1 or beside.shape != (max(diagonal.shape[0] - 1, 0),):
        raise located(
            ShapeError(
                "eigh_tridiagonal: d must be a vector [n] and e [n - 1]; "
                f"got {diagonal.aval} and {beside.aval}. Use vmap for a batch."
            )
        )
    return diagonal, beside


def _numbers(n: int, select: str, select_range: tuple[float, float] | None) -> tuple[int, int]:
    """Numbers of the first eigenvalue that is asked for and of the one after the last."""
    if select == "a":
        return 0, n
    if select == "v":
        raise located(
            ShapeError(
                "eigh_tridiagonal: select='v' is not supported, since the number of results would depend on values. "
                "Use select='i', or compare all eigenvalues with the bounds."
            )
        )
    if select != "i":
        raise located(ShapeError(f"eigh_tridiagonal: select must be 'a' or 'i'; got {select!r}."))
    if select_range is None:
        raise located(ShapeError("eigh_tridiagonal: select='i' needs a select_range."))
    first, last = (static_int(k, "eigh_tridiagonal: select_range") for k in select_range)
    if not 0 <= first <= last < n:
        raise located(
            ShapeError(f"eigh_tridiagonal: select_range must lie in 0, ..., {n - 1}; got {select_range}.")
        )
    return first, last + 1


def _spectrum(diagonal: Array, beside: Array) -> tuple[Array, Array]:
    """Eigenvalues and eigenvectors of the whole matrix; `eigh` reads what is below the diagonal."""
    n = diagonal.shape[0]
    index = anp.arange(n)
    middle = anp.where(index == index[:, None], anp.real(diagonal).astype(diagonal.dtype), 0)
    below = anp.pad(anp.conj(beside), (1, 0))[:n, None]
    matrix = middle + anp.where(index[:, None] == index + 1, below, 0)
    v, w = lax_linalg.eigh(matrix, symmetrize_input=False)
    return w, v


def _squares(x: Array) -> Array:
    return anp.real(x * anp.conj(x)) if x.dtype in COMPLEX else x * x


@functools.cache
def _values(first: int, last: int, tol: float) -> Callable[..., Any]:
    """Eigenvalues ``first``, ..., ``last - 1``, with the derivative ``dw_k = v_k^H dT v_k``."""

    @custom_jvp
    def values(diagonal: Array, beside: Array) -> Array:
        return _bisected(anp.real(diagonal), _squares(beside), first, last, tol)

    @values.defjvp
    def values_jvp(primals: Any, tangents: Any) -> tuple[Array, Array]:
        v = _spectrum(*primals)[1][:, first:last]
        d, e = (anp.reshape(x, (-1, 1)) for x in tangents)
        across = anp.conj(v[:-1]) * e * v[1:]
        slope = anp.sum(anp.real(d) * _squares(v), 0) + 2 * anp.sum(anp.real(across), 0)
        return values(*primals), slope

    return values


def _bisected(diagonal: Array, squares: Array, first: int, last: int, tol: float) -> Array:
    """Intervals around all eigenvalues, halved until they are as short as rounding allows."""
    n, limits = diagonal.shape[0], np.finfo(diagonal.dtype)
    if n == 0 or first == last:
        return diagonal[first:last]
    sizes = anp.sqrt(squares)
    radius = anp.pad(sizes, (0, 1)) + anp.pad(sizes, (1, 0))
    low, high = anp.min(diagonal - radius), anp.max(diagonal + radius)
    norm = anp.maximum(abs(low), abs(high))
    least = limits.tiny * anp.maximum(1, anp.max(squares, initial=0))
    slack = 2 * n * limits.eps * norm + 2 * least
    numbers = anp.arange(first, last)
    enough = anp.maximum(tol, limits.eps * norm)

    def halved(_: Array, ends: tuple[Array, Array]) -> tuple[Array, Array]:
        low, high = ends
        middle = (low + high) / 2
        more = _count(diagonal, squares, least, middle) > numbers
        done = high - low <= enough
        return anp.where(more | done, low, middle), anp.where(more & ~done, middle, high)

    start = tuple(anp.full(numbers.shape, x, diagonal.dtype) for x in (low - slack, high + slack))
    low, high = lax.fori_loop(0, limits.nmant + 3, halved, start)
    return (low + high) / 2


def _count(diagonal: Array, squares: Array, least: Array, x: Array) -> Array:
    """How many eigenvalues are smaller than each of ``x``: the negative pivots of ``T - x`` (Sturm's sequence)."""

    def step(state: tuple[Array, Array], row: tuple[Array, Array]) -> tuple[tuple[Array, Array], None]:
        pivot, count = state
        own, square = row
        pivot = own - square / pivot - x
        pivot = anp.where(abs(pivot) <= least, -least, pivot)
        return (pivot, count + (pivot < 0)), None

    rows = (diagonal, anp.pad(squares, (1, 0)))
    start = (anp.ones_like(x), anp.zeros(x.shape, np.int32))
    (_, count), _ = lax.scan(step, start, rows)
    return count
