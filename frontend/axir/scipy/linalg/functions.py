"""Functions of matrices."""

from __future__ import annotations

import math

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import broadcast_to
from axir.numpy.linalg import solve as _solve
from axir.numpy.linalg.systems import square
from axir.scipy.linalg.factorizations import solve_triangular
from axir_compiler.ir.types import real_dtype

__all__ = ["expm"]

# Coefficients of the diagonal Pade approximants of exp, and the norms up to which they are exact to rounding:
# N. J. Higham, The scaling and squaring method for the matrix exponential revisited, SIAM Journal on Matrix Analysis
# and Applications 26, 2005, table 2.3; for float32 N. J. Higham, Functions of Matrices, 2008, section 10.3.
_PADE = {
    4: (7, 3.925724783138660),
    8: (13, 5.371920351148152),
}


def expm(A: ArrayLike, *, upper_triangular: bool = False, max_squarings: int = 16) -> Array:
    """Matrix exponentials, by a Pade approximant of the scaled matrix that is then squared again and again.

    Args:
        A: Matrices ``f[..., n, n]``.
        upper_triangular: Says that the matrices are upper triangular, which is used in solving a system.
        max_squarings: How often to square at most; results are NaN for matrices of a norm that needs more.

    Raises: ShapeError if the matrices are not square.
    """
    matrix = square(A, "expm")
    order, limit = _PADE[real_dtype(matrix.dtype).itemsize]
    size = anp.linalg.norm(matrix, 1, (-2, -1))
    count = anp.maximum(0, anp.ceil(anp.log2(size / limit)))
    scaled = matrix * lax.expand_dims(anp.exp2(-count).astype(matrix.dtype), [-2, -1])
    odd, even = _pade(scaled, order)
    divide = solve_triangular if upper_triangular else _solve
    found = divide(even - odd, even + odd)
    found = _squared(found, count, max_squarings)
    too_large = lax.expand_dims(~(count <= max_squarings), [-2, -1])
    return anp.where(too_large, anp.nan, found)


def _squared(x: Array, count: Array, most: int) -> Array:
    """Matrices squared ``count`` times each: a loop of ``most`` steps, which reverse mode can go back."""

    def step(k: Array, found: Array) -> Array:
        again = lax.expand_dims(lax.gt(count, k.astype(count.dtype)), [-2, -1])
        return anp.where(again, anp.matmul(found, found), found)

    return lax.fori_loop(0, most, step, x)


def _pade(a: Array, order: int) -> tuple[Array, Array]:
    """Odd and even part of the numerator of the approximant of the given order, by Horner's rule in ``a^2``."""
    weights = [
        math.comb(order, k) * math.factorial(2 * order - k) / math.factorial(order) for k in range(order + 1)
    ]
    square_, one = anp.matmul(a, a), broadcast_to(anp.eye(a.shape[-1], dtype=a.dtype), a.shape)
    even, odd = one * (weights[order - 1] / weights[0]), one * (weights[order] / weights[0])
    for k in range(order - 3, -1, -2):
        even = anp.matmul(square_, even) + one * (weights[k] / weights[0])
        odd = anp.matmul(square_, odd) + one * (weights[k + 1] / weights[0])
    return anp.matmul(a, odd), even
