"""Exponentially scaled modified Bessel functions of orders 0 and 1.

Below `LARGE` the power series DLMF 10.25.2, whose terms are all positive; above it Hankel's expansion 10.40.1.
"""

from __future__ import annotations

import math
from fractions import Fraction

from axir_compiler.lowering.scalar import exponential, expression
from axir_compiler.lowering.scalar.expression import Real, polynomial, select

__all__ = ["bessel_i0e", "bessel_i1e"]

# Where the expansion takes over, terms of the power series, terms of the expansion.
PLAN = {32: (10.0, 26, 12), 64: (20.0, 50, 30)}


def _series(order: int, count: int) -> tuple[float, ...]:
    """Of ``I(x) / (x/2)**order`` in ``(x/2)**2``."""
    return tuple(float(Fraction(1, math.factorial(k) * math.factorial(k + order))) for k in range(count))


def _expansion(order: int, count: int) -> tuple[float, ...]:
    """Of ``sqrt(2 pi x) exp(-x) I(x)`` in ``1/x``."""
    terms, term = [], Fraction(1)
    for k in range(count):
        terms.append(float(term))
        term *= Fraction(-(4 * order * order - (2 * k + 1) ** 2), 8 * (k + 1))
    return tuple(terms)


def _scaled(x: Real, order: int) -> Real:
    """``exp(-a) I(a)`` of ``a = |x|``."""
    large, terms, tail = PLAN[x.format.width]
    a = abs(x)
    half = select(a < large, a, 1.0) * 0.5
    near = polynomial(half * half, _series(order, terms)) * exponential.exp(-a)
    if order:
        near = near * half
    far_a = select(a < large, x.constant(large), a)
    root = expression.sqrt(far_a) * math.sqrt(2 * math.pi)
    far = polynomial(1.0 / far_a, _expansion(order, tail)) / root
    return select(a < large, near, select(a.is_nan(), a, far))


def bessel_i0e(x: Real) -> Real:
    """``exp(-|x|) I0(x)``."""
    return _scaled(x, 0)


def bessel_i1e(x: Real) -> Real:
    """``exp(-|x|) I1(x)``."""
    return _scaled(x, 1).with_sign_of(x)
