"""Functions of integer orders in ``axir.scipy.special``: ``bessel_jn``, ``sph_harm_y``."""

from __future__ import annotations

import functools
import math
from typing import Any, Final

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.custom import custom_jvp
from axir._src.elementwise import broadcast, promoted
from axir._src.messages import located
from axir._src.trace import Tracer
from axir.scipy._special_waves import widened
from axir_compiler.errors import ConcretizationError, DTypeError, MissingRuleError, ShapeError

__all__ = ["bessel_jn", "sph_harm_y"]

_LARGE: Final = 25.0


def _hankel(order: int) -> list[float]:
    """Coefficients of Hankel's expansion, DLMF 10.17.1."""
    found = [1.0]
    for k in range(1, 24):
        found.append(found[-1] * (4.0 * order**2 - (2 * k - 1) ** 2) / (8.0 * k))
    return found


def _alternating(coefficients: list[float], square: Array) -> Array:
    total = lax.full_like(square, 0.0)
    for c in reversed(coefficients):
        total = c - square * total
    return total


def _first_orders(z: Array) -> list[Array]:
    """J_0 and J_1 for z from 25 on: DLMF 10.17.3, with the eighth and three eighths of a turn written out."""
    inverse = 1.0 / z
    square = inverse * inverse
    scale = lax.sqrt(inverse * (1.0 / math.pi))
    sine, cosine = lax.sin(z), lax.cos(z)
    turned = ((cosine + sine, sine - cosine), (sine - cosine, -sine - cosine))
    found: list[Array] = []
    for order, (c, s) in enumerate(turned):
        terms = _hankel(order)
        even, odd = _alternating(terms[::2], square), inverse * _alternating(terms[1::2], square)
        found.append(scale * (c * even - s * odd))
    return found


def _upward(z: Array, orders: int) -> list[Array]:
    """Orders 0 to ``orders`` for z above both 25 and ``orders``, where the recurrence DLMF 10.6.1 is stable."""
    found = _first_orders(z)
    for k in range(1, orders):
        found.append((2.0 * k) / z * found[k] - found[k - 1])
    return found[: orders + 1]


def _downward(z: Array, orders: int, start: int) -> list[Array]:
    """Orders 0 to ``orders`` by quotients of neighbours, from order ``start`` down.

    The quotients ``r_k = J_(k+1) / J_k = 1 / (2 (k+1) / z - r_(k+1))`` (DLMF 10.33.1) neither overflow nor underflow,
    and ``1 / J_0 = 1 + 2 q_0`` with ``q_k = r_k r_(k+1) (1 + q_(k+2))``, which is DLMF 10.12.4.
    """
    tiny = float(np.finfo(z.dtype).tiny) ** 0.5

    def step(carry: Any, k: Array) -> Any:
        after, q_one, q_two = carry
        below = 2.0 * (k + 1.0) / z - after
        quotient = 1.0 / anp.where(lax.eq(below, 0.0), tiny, below)
        q = quotient * after * (1.0 + q_two)
        return (quotient, q, q_one), quotient

    zero = lax.full_like(z, 0.0)
    ks = lax.iota(z.dtype, start + 1)
    (_, total, _), quotients = lax.scan(step, (zero, zero, zero), ks, reverse=True)
    found = [1.0 / (1.0 + 2.0 * total)]
    for k in range(orders):
        found.append(found[-1] * quotients[k])
    return found


@functools.lru_cache(maxsize=64)
def _bessel(orders: int, steps: int) -> Any:
    """J of orders 0 to ``orders``, stacked, as a differentiable function."""
    border = max(_LARGE, float(orders))
    start = max(steps, orders + 20, int(border + 30 + 4 * border ** (1 / 3)))

    def value(z: Array) -> Array:
        size = lax.abs(z)
        large, zero = lax.gt(size, border), lax.eq(size, 0.0)
        middle = anp.where(anp.logical_or(large, zero), 1.0, size)
        infinite = lax.eq(size, math.inf)
        high = _upward(anp.where(anp.logical_and(large, lax.ne(size, math.inf)), size, border), orders)
        rows = []
        for k, (up, down) in enumerate(zip(high, _downward(middle, orders, start), strict=True)):
            found = anp.where(infinite, 0.0, anp.where(large, up, down))
            found = anp.where(zero, float(k == 0), found)
            rows.append(found if k % 2 == 0 else lax.sign(z) * found)
        return anp.where(lax.ne(z, z), math.nan, anp.stack(rows))

    function = custom_jvp(value)

    def rule(primals: Any, tangents: Any) -> tuple[Array, Array]:
        rows, z = function(*primals), primals[0]
        return rows, _slopes(rows, z) * tangents[0]

    function.defjvp(rule)
    return function


def _slopes(rows: Array, z: Array) -> Array:
    """Derivatives of orders 0 to k, which is at least 1: DLMF 10.6.1 and 10.6.3, for the last one 10.6.2."""
    last = rows.shape[0] - 1
    zero = lax.eq(z, 0.0)
    # J_k(z) / z at 0, with its slope there.
    limit = {1: lax.full_like(z, 0.5), 2: 0.125 * z}.get(last, lax.full_like(z, 0.0))
    quotient = anp.where(zero, limit, rows[-1] / anp.where(zero, 1.0, z))
    end = rows[-2] - float(last) * quotient
    return anp.concatenate([-rows[1:2], 0.5 * (rows[:-2] - rows[2:]), end[None]])


def bessel_jn(z: ArrayLike, *, v: int, n_iter: int = 50) -> Array:
    """Bessel functions of the first kind, of orders 0 to ``v``.

    Args:
        z: Real array.
        v: Static order that is not negative.
        n_iter: Order at which the downward recurrence starts at least; it starts high enough in any case.

    Returns: Array ``[v + 1, *z.shape]``.
    Raises: ShapeError (a ValueError) for a negative order; DTypeError for complex numbers.
    """
    (value,), back = widened("bessel_jn", z)
    orders, steps = static_int(v, "bessel_jn"), static_int(n_iter, "bessel_jn")
    if orders < 0:
        raise located(ShapeError(f"bessel_jn: v must not be negative; got {v}."))
    # One order more than asked for, for the derivative of the last one.
    return back(_bessel(orders + 1, steps)(value)[:-1])


def sph_harm_y(
    n: ArrayLike,
    m: ArrayLike,
    theta: ArrayLike,
    phi: ArrayLike,
    diff_n: int | None = None,
    n_max: int | None = None,
) -> Array:
    """Spherical harmonics, orthonormal on the sphere, with the sign ``(-1)**m`` of Condon and Shortley.

    The normalized Legendre functions come from their recurrence in the degree: S. A. Holmes, W. E. Featherstone, "A
    unified approach to the Clenshaw summation and the recursive computation of very high degree and order normalised
    associated Legendre functions", 2002.

    Args:
        n: Degrees, integers; greater ones are taken for ``n_max``. 0 is the result for negative ones.
        m: Orders, integers; 0 is the result where ``|m| > n``.
        theta: Polar angles, radians from 0 to pi.
        phi: Azimuths, radians.
        diff_n: Must be ``None``.
        n_max: Static greatest degree; by default the greatest of ``n``, which must then not be traced.

    Returns: Complex array, of the shape of all operands after broadcasting.
    Raises: DTypeError if n or m are not integers; ConcretizationError; MissingRuleError for ``diff_n``.
    """
    if diff_n is not None:
        raise located(MissingRuleError("sph_harm_y: diff_n must be None. Use axir.grad for derivatives."))
    degree, order = to_array(n), to_array(m)
    if degree.dtype.kind not in "iu" or order.dtype.kind not in "iu":
        given = f"{degree.aval} and {order.aval}"
        raise located(DTypeError(f"sph_harm_y: n and m must be integers; got {given}. Convert them."))
    (polar, azimuth), _ = promoted(theta, phi, to_float=True)
    limit = _greatest_degree(n) if n_max is None else static_int(n_max, "sph_harm_y")
    (degree, order), _ = promoted(degree, order)
    degree, order, polar, azimuth = broadcast((degree, order, polar, azimuth), "sph_harm_y")
    degree = anp.minimum(degree, limit)
    size = lax.abs(order)
    legendre = _legendre(degree, size, polar, max(limit, 0))
    odd_negative = anp.logical_and(lax.lt(order, 0), lax.eq(lax.rem(size, lax.full_like(size, 2)), 1))
    legendre = anp.where(odd_negative, -legendre, legendre)
    angle = convert(order, polar.dtype) * azimuth
    return lax.complex(legendre * lax.cos(angle), legendre * lax.sin(angle))


def _greatest_degree(degree: ArrayLike) -> int:
    if isinstance(degree, Tracer):
        raise located(ConcretizationError("sph_harm_y: n is traced. Give the greatest degree as n_max."))
    return int(np.max(np.asarray(degree), initial=0))


def _legendre(degree: Array, order: Array, polar: Array, limit: int) -> Array:
    """Normalized functions at ``cos(polar)``, for orders that are not negative and degrees up to ``limit``."""
    x, y = lax.cos(polar), lax.sin(polar)
    # sin(polar) is not negative on the sphere but for rounding at pi.
    m, scale = convert(order, x.dtype), math.sqrt(0.25 / math.pi)

    def step(carry: Any, k: Array) -> Any:
        diagonal, before, current, found = carry
        on, above = lax.eq(k, m), lax.gt(k, m)
        grown = -lax.sqrt((2.0 * k + 1.0) / anp.maximum(2.0 * k, 1.0)) * y * diagonal
        diagonal = anp.where(anp.logical_and(lax.gt(k, 0.0), lax.le(k, m)), grown, diagonal)
        free = anp.where(above, (k - m) * (k + m), 1.0)
        last = anp.maximum((k - 1.0 - m) * (k - 1.0 + m), 0.0) / anp.maximum(2.0 * k - 3.0, 1.0)
        factor = (2.0 * k + 1.0) / free
        rise = lax.sqrt(factor * anp.abs(2.0 * k - 1.0)) * x * current
        fall = lax.sqrt(factor) * _root(last) * before
        now = anp.where(on, diagonal, anp.where(above, rise - fall, 0.0))
        return (diagonal, current, now, anp.where(lax.eq(k, convert(degree, x.dtype)), now, found)), None

    zero = lax.full_like(x, 0.0)
    start = (lax.full_like(x, scale), zero, zero, zero)
    (_, _, _, found), _ = lax.scan(step, start, lax.iota(x.dtype, limit + 1))
    return found


def _root(x: Array) -> Array:
    positive = lax.gt(x, 0.0)
    return anp.where(positive, lax.sqrt(anp.where(positive, x, 1.0)), 0.0)
