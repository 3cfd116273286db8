"""Roots: sqrt, rsqrt, cbrt."""

from __future__ import annotations

import math

from axir_compiler.lowering.scalar import expression
from axir_compiler.lowering.scalar.coefficients import CBRT
from axir_compiler.lowering.scalar.expression import Real, fma, polynomial, select


def sqrt(x: Real) -> Real:
    """Square root, correctly rounded."""
    return expression.sqrt(x)


def rsqrt(x: Real) -> Real:
    """``1 / sqrt(x)``."""
    return 1.0 / expression.sqrt(x)


def cbrt(x: Real) -> Real:
    """Cube root: a polynomial guess for ``|x| = 8**k a``, ``1 <= a < 8``, then Halley's iteration.

    One step triples the number of correct digits: ``y - y (y**3 - a) / (2 y**3 + a)``."""
    format = x.format
    field = x.bits().shift_right(format.fraction_bits) & (2 * format.bias + 1)
    # (exponent + 3 bias) // 3 by a multiplication: 43691 / 2**17 is just above 1/3.
    thirds = ((field + 2 * format.bias) * 43691).shift_right(17)
    remainder = field + 2 * format.bias - thirds * 3
    mantissa = x.bits() & ((1 << format.fraction_bits) - 1)
    a = (mantissa | (remainder + format.bias << format.fraction_bits)).float_from_bits()
    y = polynomial(a, CBRT[format.width])
    for _ in range(1 if format.width == 32 else 2):
        y = _halley(y, a)
    root = (y.bits() + (thirds - format.bias << format.fraction_bits)).float_from_bits()
    finite = select(abs(x) < math.inf, root, x)
    return select(x.equals(0.0), x, finite.with_sign_of(x))


def _halley(y: Real, a: Real) -> Real:
    cube = y * y * y
    return fma(-y, (cube - a) / fma(cube, 2.0, a), y)
