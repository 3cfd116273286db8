"""erf, erfc and the inverse of erf.

Sources: M. M. Shepherd and J. G. Laframboise, "Chebyshev approximation of (1 + 2x) exp(x**2) erfc(x) in
0 <= x < infinity", Math. Comp. 1981; M. Giles, "Approximating the erfinv function", GPU Computing Gems 2012 (the
variable ``w = -log(1 - x**2)``); M. J. Wichura, algorithm AS 241, 1988 (centre and tail of the f64 inverse).
The fits are our own.
"""

from __future__ import annotations

import math

from axir_compiler.lowering.scalar import coefficients as table
from axir_compiler.lowering.scalar.double_word import two_product
from axir_compiler.lowering.scalar.exponential import exp_unbounded
from axir_compiler.lowering.scalar.expression import Real, fma, polynomial, select, sqrt
from axir_compiler.lowering.scalar.logarithm import log_normal

# Centre of the variable t = (x - c)/(x + c), and its polynomial.
SCALED_ERFC = {32: (2.0, table.ERFC32[32]), 64: (3.75, table.ERFC64[64])}


def erf(x: Real) -> Real:
    """A polynomial below 1, else one minus the complement."""
    a = abs(x)
    complement = _erfc_rough(a) if x.format.width == 32 else _erfc_positive(a)
    return select(a < 1.0, _erf_small(a), 1.0 - complement).with_sign_of(x)


def erfc(x: Real) -> Real:
    """``1 - erf(x)`` without cancellation for positive x."""
    a = abs(x)
    right = _erfc_positive(a)
    outer = select(x < 0.0, 2.0 - right, right)
    return select(a < 0.5, 1.0 - _erf_small(x), outer)


def _erf_small(x: Real) -> Real:
    """erf on [-1, 1]."""
    z = x * x
    high, low = table.TWO_OVER_SQRT_PI[x.format.width]
    return fma(x * z, polynomial(z, table.ERF[x.format.width]), fma(x, high, x * low))


def _erfc_rough(a: Real) -> Real:
    """erfc from 1 on, precise enough to be subtracted from 1.

    The reciprocal 8th power of a polynomial, a form of C. Hastings, "Approximations for Digital Computers", 1955."""
    root = polynomial(a, table.ERFC_ROOT[32])
    square = root * root
    fourth = square * square
    return 1.0 / (fourth * fourth)


def _erfc_positive(a: Real) -> Real:
    """``exp(-a**2) p(t) / (1 + 2a)``, the square taken exactly."""
    format = a.format
    center, coefficients = SCALED_ERFC[format.width]
    # Beyond, exp(-a**2) is no normal number.
    bound = math.sqrt(-math.log(format.smallest))
    inside = select(a > bound, a.constant(bound), a)
    square = two_product(inside, inside)
    t = (inside - center) / (inside + center)
    scaled = polynomial(t, coefficients) / fma(inside, 2.0, 1.0)
    result = exp_unbounded(-square.high, -square.low) * scaled
    return select(a > bound, a.constant(0.0), result)


def erf_inv(x: Real) -> Real:
    """The y with ``erf(y) = x``; infinite at -1 and 1, NaN outside."""
    a = abs(x)
    result = _inverse_narrow(a) if x.format.width == 32 else _inverse_wide(a)
    result = select(a < 1.0, result, select(a.equals(1.0), x.constant(math.inf), math.nan))
    return result.with_sign_of(x)


def _inverse_narrow(a: Real) -> Real:
    """``a P(w)/Q(w)`` with ``w = -log(1 - a**2)``."""
    w = -log_normal(fma(-a, a, 1.0))
    return a * polynomial(w, table.ERF_INV[32]) / polynomial(w, table.ERF_INV_DENOMINATOR[32])


def _inverse_wide(a: Real) -> Real:
    """``sqrt(pi)/2 a + a**3 R(a**2)`` up to 0.85, beyond ``r - R(r)`` with ``r = sqrt(-log((1 - a)/2))``."""
    central = a <= 0.85
    z = a * a
    r = sqrt(-log_normal(fma(a, -0.5, 0.5)))
    u, s = 0.7225 - z, r - 1.6
    numerator = select(
        central, polynomial(u, table.ERF_INV_CENTER[64]), polynomial(s, table.ERF_INV_TAIL[64])
    )
    denominator = select(
        central,
        polynomial(u, table.ERF_INV_CENTER_DENOMINATOR[64]),
        polynomial(s, table.ERF_INV_TAIL_DENOMINATOR[64]),
    )
    factor = select(central, a * z, -1.0)
    high, low = table.HALF_SQRT_PI[64]
    return fma(factor, numerator / denominator, select(central, fma(a, high, a * low), r))
