"""How a gamma number moves with the shape of its distribution, at a fixed value of the distribution function ``P``.

With the density ``p`` that is ``-(dP/da) / p``. ``P`` is a power series where ``x <= max(a, 1)``, and 1 less a
continued fraction elsewhere; both are differentiated term by term.

M. Abramowitz, I. A. Stegun, "Handbook of mathematical functions", 6.5.29 and 6.5.31. R. J. Moore, "Algorithm AS 187:
derivatives of the incomplete gamma integral", Applied Statistics 31, 1982.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.scalar_types import finfo
from axir._src.trace import bind
from axir_compiler.ir.op import OPS

__all__ = ["gamma_slope"]

_MOST_TERMS = 2000


class _Series(NamedTuple):
    """Sums of the terms so far, the last term, and their derivatives with respect to ``a``."""

    active: Array
    divisor: Array
    term: Array
    term_slope: Array
    total: Array
    slope: Array


class _Fraction(NamedTuple):
    """The last two convergents as numerators and denominators, their derivatives, and the value so far."""

    active: Array
    number: Array
    before: tuple[Array, Array, Array, Array]
    last: tuple[Array, Array, Array, Array]
    value: Array
    slope: Array


def gamma_slope(a: Array, x: Array) -> Array:
    """The derivative of a gamma number ``x`` with respect to the shape ``a``, which is positive.

    It is 0 where ``x`` is, and NaN for other numbers that are not positive.

    Numbers of 16 bits are computed with as float32.
    """
    if a.dtype.itemsize < 4:
        wide = np.dtype("float32")
        return gamma_slope(a.astype(wide), x.astype(wide)).astype(a.dtype)
    valid = (a > 0) & (x > 0) & (x < np.inf) & (a < np.inf)
    at_zero, one = (a > 0) & (x == 0), lax.full_like(a, 1.0)
    a, x = lax.select(valid, a, one), lax.select(valid, x, one)
    small = x <= lax.max(a, one)
    log_x = lax.log(x)
    found = lax.select(small, _by_series(a, x, log_x, small), _by_fraction(a, x, log_x, ~small))
    # At zero the number has no room to move.
    other = lax.select(at_zero, lax.full_like(a, 0.0), lax.full_like(a, np.nan))
    return lax.select(valid, found, other)


def _digamma(x: Array) -> Array:
    return bind(OPS["digamma"], x)


def _epsilon(x: Array) -> float:
    return float(finfo(x.dtype).eps)


def _by_series(a: Array, x: Array, log_x: Array, active: Array) -> Array:
    """``P(a, x) = x**a * exp(-x) / gamma(a + 1) * (1 + x / (a + 1) + x**2 / ((a + 1) * (a + 2)) + ...)``."""
    epsilon, one, zero = _epsilon(a), lax.full_like(a, 1.0), lax.full_like(a, 0.0)

    def step(s: _Series) -> _Series:
        divisor = s.divisor + 1
        ratio = x / divisor
        term_slope = s.term_slope * ratio - s.term * ratio / divisor
        term = s.term * ratio
        slope = s.slope + term_slope
        rough = lax.abs(term_slope) > epsilon * lax.abs(slope)
        active = s.active & rough & (divisor < a + _MOST_TERMS)
        kept = lax.select(s.active, s.total + term, s.total), lax.select(s.active, slope, s.slope)
        return _Series(active, divisor, term, term_slope, *kept)

    start = _Series(active, a, one, zero, one, zero)
    end = lax.while_loop(lambda s: anp.any(s.active), step, start)
    return -(end.slope + end.total * (log_x - _digamma(a + 1))) * x / a


def _by_fraction(a: Array, x: Array, log_x: Array, active: Array) -> Array:
    """``1 - P(a, x) = x**a * exp(-x) / gamma(a) * (1 / (x + 1 - a - (1 - a) / (x + 3 - a - 2 * (2 - a) / (...))))``."""
    epsilon, one, zero = _epsilon(a), lax.full_like(a, 1.0), lax.full_like(a, 0.0)

    def step(s: _Fraction) -> _Fraction:
        number = s.number + 1
        y, z = number + 1 - a, 2 * number + x + 2 - a
        product = y * number
        p1, q1, dp1, dq1 = s.last
        p2, q2, dp2, dq2 = s.before
        p, q = p1 * z - p2 * product, q1 * z - q2 * product
        dp = dp1 * z - p1 - dp2 * product + p2 * number
        dq = dq1 * z - q1 - dq2 * product + q2 * number
        safe = lax.select(q == 0, one, q)
        value = lax.select(q == 0, s.value, p / safe)
        slope = lax.select(q == 0, s.slope, (dp - value * dq) / safe)
        rough = lax.abs(slope - s.slope) > epsilon * lax.max(lax.abs(slope), one)
        active = s.active & rough & (number < _MOST_TERMS)
        scale = lax.select(lax.abs(p) > 1 / epsilon, lax.full_like(p, epsilon), one)
        last = (p * scale, q * scale, dp * scale, dq * scale)
        before = (p1 * scale, q1 * scale, dp1 * scale, dq1 * scale)
        kept = lax.select(s.active, value, s.value), lax.select(s.active, slope, s.slope)
        return _Fraction(active, number, before, last, *kept)

    denominator = (x + 2 - a) * x
    value = (x + 1) / denominator
    start = _Fraction(
        active,
        zero,
        (one, x, zero, zero),
        (x + 1, denominator, zero, -x),
        value,
        value * x / denominator,
    )
    end = lax.while_loop(lambda s: anp.any(s.active), step, start)
    return (end.slope + end.value * (log_x - _digamma(a))) * x
