"""Derivatives of the digamma function."""

from __future__ import annotations

import math

from axir_compiler.lowering.scalar.expression import Real, select
from axir_compiler.lowering.scalar.series import bernoulli

__all__ = ["polygamma"]


def polygamma(x: Real, order: int) -> Real:
    """Derivative number ``order >= 1`` of digamma for ``x > 0``; NaN for ``x <= 0``.

    ``(-1)**(n + 1) n! zeta(n + 1, x)`` with the Hurwitz zeta function by the Euler-Maclaurin formula
    (M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 6.4.10 and 23.1.30): for ``y = x + N``

        zeta(s, x) = sum_{k<N} (x+k)**-s + y**(1-s)/(s-1) + y**-s/2 + sum_j c_j y**(1-s-2j)

    with ``c_j = B_2j / (2j)! * s (s+1) ... (s+2j-2)``; ``N = 0`` where x is large enough without a shift.
    The terms are positive but for the small ones of the last sum, and are added smallest first. Errors grow
    with the order: about ``3 + order / 2`` ulp.
    """
    s, factorial = order + 1, float(math.factorial(order))
    shift, count = (10 + s, 8) if x.format.width == 64 else (4 + s, 4)
    is_large = x >= float(shift)
    head = x.constant(0.0)
    for k in reversed(range(shift)):
        head = head + _quotient(factorial, x + float(k) if k else x, s)
    y = select(is_large, x, x + float(shift))
    tail = _quotient(factorial, y, s - 1) * _correction(1.0 / y, s, count)
    result = select(is_large, tail, head + tail)
    return select(x > 0.0, result if order % 2 else -result, x.constant(math.nan))


def _correction(inverse: Real, s: int, count: int) -> Real:
    """``1/(s-1) + 1/(2y) + sum_j c_j y**(-2j)`` for ``inverse = 1/y``."""
    square = inverse * inverse
    series = inverse.constant(_coefficient(s, count))
    for j in reversed(range(1, count)):
        series = series * square + _coefficient(s, j)
    return series * square + inverse * 0.5 + 1.0 / (s - 1)


def _coefficient(s: int, j: int) -> float:
    rising = math.prod(range(s, s + 2 * j - 1))
    return float(bernoulli(2 * j) * rising / math.factorial(2 * j))


def _quotient(numerator: float, x: Real, exponent: int) -> Real:
    """``numerator / x**exponent`` by two divisions, so that no power leaves the range before the result."""
    first = (exponent + 1) // 2
    result = numerator / _power(x, first)
    return result / _power(x, exponent - first) if exponent > first else result


def _power(x: Real, exponent: int) -> Real:
    """By repeated squaring, ``exponent >= 1``."""
    result: Real | None = None
    while exponent:
        if exponent & 1:
            result = x if result is None else result * x
        exponent >>= 1
        if exponent:
            x = x * x
    assert result is not None
    return result
