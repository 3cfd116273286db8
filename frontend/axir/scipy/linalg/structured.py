"""Matrices that a vector of their elements, or their size alone, describes."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence

import numpy as np

from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike, DTypeLike, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir._src.promotion import default_float
from axir._src.scalar_types import canonicalize_dtype
from axir.scipy.linalg.matrices import toeplitz
from axir_compiler.errors import DTypeError, ShapeError

__all__ = [
    "circulant",
    "companion",
    "convolution_matrix",
    "dft",
    "fiedler",
    "fiedler_companion",
    "hadamard",
    "hankel",
    "helmert",
    "hilbert",
    "invhilbert",
    "invpascal",
    "leslie",
    "pascal",
]


# Of elements. -------------------------------------------------------------------------------------------


def circulant(c: ArrayLike) -> Array:
    """Matrices ``[..., n, n]`` whose columns are the first one, ``c`` ``[..., n]``, turned by one place each."""
    column = anp.atleast_1d(to_array(c))
    i = np.arange(column.shape[-1])
    return column[..., (i[:, None] - i) % max(i.size, 1)]


def hankel(c: ArrayLike, r: ArrayLike | None = None) -> Array:
    """Matrices with constant antidiagonals: first column ``c`` ``[..., m]``, last row ``r`` ``[..., n]``.

    ``r`` is zero if it is not given; its first element does not count. Leading axes broadcast.

    Raises: ShapeError for operands without axes.
    """
    column = to_array(c)
    row = anp.zeros_like(column) if r is None else to_array(r)
    for name, x in (("c", column), ("r", row)):
        if x.ndim == 0:
            raise located(ShapeError(f"hankel: {name} must have at least one axis; got {x.aval}."))
    (column, row), _ = promoted(column, row)
    batch = broadcast_shapes(column.shape[:-1], row.shape[:-1], where="hankel")
    column, row = (broadcast_to(x, (*batch, x.shape[-1])) for x in (column, row))
    places = np.arange(column.shape[-1])[:, None] + np.arange(row.shape[-1])
    return anp.concatenate([column, row[..., 1:]], -1)[..., places]


def convolution_matrix(a: ArrayLike, n: int, mode: str = "full") -> Array:
    """Matrices ``A`` with ``n`` columns for which ``A @ v`` is ``convolve(a, v, mode)``.

    Args:
        a: Vectors ``[..., m]``, not empty.
        n: Length of ``v``, at least 1.
        mode: "full", "same" or "valid", as of ``convolve``, for ``m + n - 1``, ``max(m, n)`` or
            ``max(m, n) - min(m, n) + 1`` rows.

    Raises: ShapeError for other sizes and modes.
    """
    x, n = to_array(a), operator.index(n)
    if x.ndim == 0 or x.shape[-1] == 0 or n <= 0:
        raise located(
            ShapeError(
                f"convolution_matrix: vectors must not be empty, and n must be positive; got {x.aval}, {n}."
            )
        )
    if mode not in ("full", "same", "valid"):
        raise located(
            ShapeError(f"convolution_matrix: mode must be 'full', 'same' or 'valid'; got {mode!r}.")
        )
    m = x.shape[-1]
    removed = {"full": 0, "same": min(m, n) - 1, "valid": 2 * (min(m, n) - 1)}[mode]
    first = removed // 2
    padding = [(0, 0)] * (x.ndim - 1) + [(0, n - 1)]
    whole = toeplitz(anp.pad(x, padding), anp.zeros((n,), x.dtype))
    return whole[..., first : m + n - 1 - (removed - first), :]


def fiedler(a: ArrayLike) -> Array:
    """Symmetric matrices ``[..., n, n]`` of the distances ``abs(a[i] - a[j])`` between elements of ``a``."""
    x = anp.atleast_1d(to_array(a))
    return anp.abs(x[..., :, None] - x[..., None, :])


def companion(a: ArrayLike) -> Array:
    """Companion matrices ``f[..., n, n]`` of polynomials with coefficients ``a`` ``[..., n + 1]``, highest power first.

    Their eigenvalues are the roots. Where the first coefficient is 0, elements are infinite or NaN.

    Raises: ShapeError for less than two coefficients.
    """
    lower = _monic(a, "companion", 2)
    n = lower.shape[-1]
    # Places in (0, 1, coefficients).
    places = np.eye(n, k=-1, dtype=int)
    places[0] = 2 + np.arange(n)
    return _placed(-lower, places)


def fiedler_companion(a: ArrayLike) -> Array:
    """Pentadiagonal companion matrices ``f[..., n, n]`` of polynomials, given as for ``companion``.

    The product of Fiedler's elementary factors with odd numbers and of those with even ones (M. Fiedler, A note on
    companion matrices, Linear Algebra and its Applications 372, 2003).

    Raises: ShapeError if there are no coefficients.
    """
    lower = _monic(a, "fiedler_companion", 1)
    n = lower.shape[-1]
    odd, even = _factors(n, 0), _factors(n, 1)
    places = np.zeros((n, n), int)
    for i, j, k in np.argwhere((odd != 0)[:, :, None] & (even != 0)[None]):
        # At least one of two factors that meet is 1.
        places[i, k] = max(odd[i, j], even[j, k])
    return _placed(-lower, places)


def _factors(n: int, first: int) -> np.ndarray:
    """The product of every second of Fiedler's factors, as places in (0, 1, negative coefficients)."""
    found = np.eye(n, dtype=int)
    for k in range(first, n - 1, 2):
        found[k : k + 2, k : k + 2] = [[2 + k, 1], [1, 0]]
    if n and (n - 1 - first) % 2 == 0:
        found[-1, -1] = 1 + n
    return found


def _monic(a: ArrayLike, where: str, least: int) -> Array:
    """The coefficients behind the first, divided by it."""
    (x,), _ = promoted(anp.atleast_1d(to_array(a)), to_float=True)
    if x.shape[-1] < least:
        raise located(ShapeError(f"{where}: there must be at least {least} coefficients; got {x.aval}."))
    return x[..., 1:] / x[..., :1]


def _placed(values: Array, places: np.ndarray) -> Array:
    """Matrices of the elements of (0, 1, values)."""
    constants = broadcast_to(anp.array([0, 1], values.dtype), (*values.shape[:-1], 2))
    return anp.concatenate([constants, values], -1)[..., places]


def leslie(f: ArrayLike, s: ArrayLike) -> Array:
    """Leslie matrices ``[..., n, n]`` of a population: fecundities ``f`` ``[..., n]`` above survival rates ``s``.

    ``s`` ``[..., n - 1]`` is the first subdiagonal. Leading axes broadcast.

    Raises: ShapeError for other lengths, or less than two fecundities.
    """
    (top, rates), _ = promoted(anp.atleast_1d(to_array(f)), anp.atleast_1d(to_array(s)))
    n = top.shape[-1]
    if n < 2 or rates.shape[-1] != n - 1:
        raise located(
            ShapeError(
                f"leslie: s must be one shorter than f, which has 2 or more; got {top.aval}, {rates.aval}."
            )
        )
    batch = broadcast_shapes(top.shape[:-1], rates.shape[:-1], where="leslie")
    parts = [broadcast_to(x, (*batch, x.shape[-1])) for x in (top, rates)]
    places = np.zeros((n, n), int)
    places[0] = 1 + np.arange(n)
    places[np.arange(1, n), np.arange(n - 1)] = 1 + n + np.arange(n - 1)
    return anp.concatenate([anp.zeros((*batch, 1), top.dtype), *parts], -1)[..., places]


# Of sizes. ----------------------------------------------------------------------------------------------


def dft(n: int, scale: str | None = None, *, dtype: DTypeLike | None = None) -> Array:
    """The matrix ``c[n, n]`` of the discrete Fourier transform: ``dft(n) @ x`` is ``fft(x)``.

    Args:
        n: Its size.
        scale: "sqrtn" or "n" to divide by ``sqrt(n)`` or ``n``.
        dtype: A complex dtype; by default the complex numbers of default floats.

    Raises: ShapeError for another scale; DTypeError for a dtype that is not complex.
    """
    size = _size(n, "dft", 0)
    if scale not in (None, "sqrtn", "n"):
        raise located(ShapeError(f"dft: scale must be None, 'sqrtn' or 'n'; got {scale!r}."))
    kind = np.result_type(default_float(), np.complex64) if dtype is None else canonicalize_dtype(dtype)
    if kind.kind != "c":
        raise located(DTypeError(f"dft: dtype must be complex; got {kind}."))
    i = np.arange(size)
    # Reduced by whole turns, the angles are exact to rounding.
    matrix = np.exp(-2j * np.pi * (np.outer(i, i) % max(size, 1)) / max(size, 1))
    divisor = {None: 1.0, "sqrtn": math.sqrt(size), "n": float(size)}[scale]
    return anp.asarray((matrix / max(divisor, 1.0)).astype(kind))


def hadamard(n: int, dtype: DTypeLike = int) -> Array:
    """Sylvester's matrix ``[n, n]`` of 1 and -1 with orthogonal rows, for a power of two.

    Raises: ShapeError for other sizes; DTypeError for bool.
    """
    size = _size(n, "hadamard", 1)
    if size & (size - 1):
        raise located(ShapeError(f"hadamard: the size must be a power of two; got {size}."))
    kind = canonicalize_dtype(dtype)
    if kind == np.bool_:
        raise located(DTypeError("hadamard: -1 is no bool. Use a numeric dtype."))
    matrix = np.ones((1, 1), np.int8)
    while matrix.shape[0] < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return anp.asarray(matrix.astype(kind))


def helmert(n: int, full: bool = False) -> Array:
    """Helmert's matrix ``f[n - 1, n]`` of orthonormal rows whose sums are 0; ``full`` adds the constant row."""
    size = _size(n, "helmert", 1)
    k = np.arange(1, size)[:, None]
    j = np.arange(size)
    rows = np.where(j < k, 1.0, np.where(j == k, -k, 0.0)) / np.sqrt(k * (k + 1.0))
    return _default([np.full((1, size), 1 / math.sqrt(size)), rows] if full else [rows])


def hilbert(n: int) -> Array:
    """Hilbert's matrix ``f[n, n]`` of ``1 / (i + j + 1)``."""
    i = np.arange(_size(n, "hilbert", 0))
    return _default([1.0 / (i[:, None] + i + 1)])


def invhilbert(n: int) -> Array:
    """The inverse ``f[n, n]`` of Hilbert's matrix, whose elements are integers, each rounded once.

    ``p_i p_j / (i + j + 1)`` with ``p_i = (-1)^i (n + i)! / (i!^2 (n - i - 1)!)``.
    """
    size = _size(n, "invhilbert", 0)
    p = [(-1) ** i * (size - i) * math.comb(size + i, i) * math.comb(size, i) for i in range(size)]
    exact = [[_float(p[i] * p[j] // (i + j + 1)) for j in range(size)] for i in range(size)]
    return _default([np.reshape(exact, (size, size))])


def _float(number: int) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.copysign(math.inf, number)


def pascal(n: int, kind: str | None = None) -> Array:
    """Pascal's matrix ``float32[n, n]`` of binomial coefficients: symmetric (``binom(i + j, i)``), "lower" or "upper".

    Raises: ShapeError for another kind.
    """
    size = _size(n, "pascal", 0)
    lower = _binomials(size)
    with np.errstate(over="ignore"):
        return anp.asarray(_of_kind(lower, kind, "pascal", lambda: _sums(size)).astype(np.float32))


def invpascal(n: int, kind: str | None = None) -> Array:
    """The inverse ``f[n, n]`` of Pascal's matrix of the same kind; its elements are integers of either sign.

    Raises: ShapeError for another kind.
    """
    size = _size(n, "invpascal", 0)
    i = np.arange(size)
    lower = _binomials(size) * np.where((i[:, None] - i) % 2, -1.0, 1.0)
    with np.errstate(invalid="ignore", over="ignore"):
        return _default([_of_kind(lower, kind, "invpascal", lambda: lower.T @ lower)])


def _of_kind(lower, kind: str | None, where: str, symmetric) -> np.ndarray:
    if kind not in (None, "symmetric", "lower", "upper"):
        raise located(ShapeError(f"{where}: kind must be 'symmetric', 'lower' or 'upper'; got {kind!r}."))
    return lower if kind == "lower" else lower.T if kind == "upper" else symmetric()


def _binomials(n: int) -> np.ndarray:
    """``binom(i, j)``, infinite where they are too large."""
    found = np.zeros((n, n))
    for i in range(n):
        found[i, 0] = 1
        found[i, 1 : i + 1] = found[i - 1, : i + 1][:-1] + found[i - 1, 1 : i + 1] if i else ()
    return found


def _sums(n: int) -> np.ndarray:
    """``binom(i + j, i)``: each row has the running sums of the one above."""
    found = np.ones((n, n))
    for i in range(1, n):
        found[i] = np.cumsum(found[i - 1])
    return found


def _size(n: int, where: str, least: int) -> int:
    size = operator.index(n)
    if size < least:
        raise located(ShapeError(f"{where}: the size must be at least {least}; got {size}."))
    return size


def _default(rows: Sequence[np.ndarray]) -> Array:
    """Rows of a matrix as default floats."""
    with np.errstate(over="ignore"):
        return anp.asarray(np.concatenate(rows).astype(default_float()))
