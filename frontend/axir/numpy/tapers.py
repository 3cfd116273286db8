"""Window functions for signals, and the Bessel function that one of them needs."""

from __future__ import annotations

import math
from collections.abc import Callable

from axir import lax
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import default_float, inexact
from axir.numpy.elementwise import multiply
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import FLOATING

__all__ = ["bartlett", "blackman", "hamming", "hanning", "i0", "kaiser"]


def _taper(M: int, where: str, shape: Callable[[Array, int], Array]) -> Array:
    """A window of ``M`` values: ``shape`` of the positions; ones where there are less than two."""
    count = static_int(M, where)
    if count < 0:
        raise located(ShapeError(f"{where}: the number of values must not be negative; got {count}."))
    dtype = default_float()
    if count <= 1:
        return lax.full((count,), 1, dtype)
    return shape(lax.iota(dtype, count), count)


def _cosines(M: int, where: str, *weights: float) -> Array:
    """``w0 + w1 cos(t) + w2 cos(2t) + ...`` for ``t`` from 0 to 2 pi."""

    def shape(n: Array, count: int) -> Array:
        parts = [
            multiply(w, lax.cos(multiply(n, 2 * math.pi * k / (count - 1)))) for k, w in enumerate(weights)
        ][1:]
        found = lax.full_like(n, weights[0])
        for part in parts:
            found = lax.add(found, part)
        return found

    return _taper(M, where, shape)


def bartlett(M: int) -> Array:
    """Triangular window of ``M`` values, 0 at both ends.

    Raises: ShapeError if ``M`` is negative, ConcretizationError if it is traced. So do the other windows.
    """
    return _taper(M, "bartlett", lambda n, count: 1 - abs(2 * n + (1 - count)) / (count - 1))


def blackman(M: int) -> Array:
    """Blackman's window of ``M`` values, ``0.42 - 0.5 cos(t) + 0.08 cos(2t)`` for ``t`` from 0 to 2 pi."""
    return _cosines(M, "blackman", 0.42, -0.5, 0.08)


def hamming(M: int) -> Array:
    """Hamming's window of ``M`` values, ``0.54 - 0.46 cos(t)`` for ``t`` from 0 to 2 pi."""
    return _cosines(M, "hamming", 0.54, -0.46)


def hanning(M: int) -> Array:
    """Von Hann's window of ``M`` values, ``0.5 - 0.5 cos(t)`` for ``t`` from 0 to 2 pi."""
    return _cosines(M, "hanning", 0.5, -0.5)


def kaiser(M: int, beta: ArrayLike) -> Array:
    """Kaiser's window of ``M`` values, ``i0(beta sqrt(1 - t**2)) / i0(beta)`` for ``t`` from -1 to 1."""

    def shape(n: Array, count: int) -> Array:
        half = 0.5 * (count - 1)
        inside = lax.sqrt(1 - lax.integer_pow((n - half) / half, 2))
        return i0(multiply(beta, inside)) / i0(beta)

    return _taper(M, "kaiser", shape)


def i0(x: ArrayLike) -> Array:
    """Modified Bessel function of the first kind and order 0.

    Raises: ShapeError for complex numbers.
    """
    given = to_array(x)
    z = lax.abs(convert(given, inexact(given.dtype), given.weak_type))
    if given.dtype not in FLOATING and z.dtype != inexact(given.dtype):
        raise located(ShapeError(f"i0: is not defined for complex numbers; got {given.aval}."))
    return lax.mul(lax.exp(z), lax.bessel_i0e(z))
