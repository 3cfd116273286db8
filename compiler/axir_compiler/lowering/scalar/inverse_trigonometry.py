"""asin, acos, atan and atan2."""

from __future__ import annotations

import math

from axir_compiler.lowering.scalar.coefficients import ASIN, ATAN, HALF_PI, PI
from axir_compiler.lowering.scalar.expression import Condition, Real, fma, polynomial, select, sqrt


def _half_angle(a: Real) -> tuple[Condition, Real]:
    """Whether ``a >= 1/2``, and then ``asin(sqrt((1 - a)/2))``, else ``asin(a)``, for ``0 <= a <= 1``.

    ``asin(a) = pi/2 - 2 asin(sqrt((1 - a)/2))`` keeps the polynomial's argument below 1/2."""
    large = a >= 0.5
    z = select(large, fma(a, -0.5, 0.5), a * a)
    s = select(large, sqrt(z), a)
    return large, fma(s * z, polynomial(z, ASIN[a.format.width]), s)


def asin(x: Real) -> Real:
    """Arc sine; NaN outside ``[-1, 1]``."""
    large, angle = _half_angle(abs(x))
    high, low, _ = HALF_PI[x.format.width]
    return select(large, high - fma(angle, 2.0, -low), angle).with_sign_of(x)


def acos(x: Real) -> Real:
    """Arc cosine: ``2 asin(sqrt((1 - x)/2))`` near 1; NaN outside ``[-1, 1]``."""
    large, angle = _half_angle(abs(x))
    high, low, _ = HALF_PI[x.format.width]
    signed = angle.with_sign_of(x)
    middle = high - (signed - low)
    twice = 2.0 * angle
    outer = select(x > 0.0, twice, 2.0 * high - (twice - 2.0 * low))
    return select(large, outer, middle)


def _octant(numerator: Real, denominator: Real) -> tuple[Real, Real, Real]:
    """``atan(numerator/denominator)`` for ``0 <= numerator <= denominator``.

    Above tan(pi/8), ``pi/4 + atan((n - d)/(n + d))``. Returns the angle of the base direction in two parts
    and the angle from there."""
    width = numerator.format.width
    upper = numerator > (math.sqrt(2.0) - 1.0) * denominator
    t = select(upper, numerator - denominator, numerator) / select(
        upper, numerator + denominator, denominator
    )
    z = t * t
    angle = fma(t * z, polynomial(z, ATAN[width]), t)
    high, low, _ = HALF_PI[width]
    zero = t.constant(0.0)
    return select(upper, t.constant(high / 2), zero), select(upper, t.constant(low / 2), zero), angle


def atan(x: Real) -> Real:
    """Arc tangent."""
    a = abs(x)
    steep = a > 1.0
    one = x.constant(1.0)
    # For infinity 1/a is taken as 0; NaN stays in the numerator.
    high, low, angle = _octant(select(steep, one, a), select(steep, a, one))
    base_high, base_low, _ = HALF_PI[x.format.width]
    rising = high + (low + angle)
    falling = (base_high - high) + ((base_low - low) - angle)
    return select(steep, falling, rising).with_sign_of(x)


def atan2(y: Real, x: Real) -> Real:
    """The angle of the point (x, y), from -pi to pi, with C99's conventions for zeros and infinities."""
    a, b = abs(y), abs(x)
    steep = a > b
    small, large = _normal_ratio(select(steep, b, a), select(steep, a, b))
    high, low, angle = _octant(small, large)
    # The sign bit of x decides, for zeros too.
    left = x.bits() < 0
    falls = steep ^ left
    sign = select(falls, x.constant(-1.0), 1.0)
    half, whole = HALF_PI[x.format.width], PI[x.format.width]
    zero = x.constant(0.0)
    base_high, base_low = (
        select(steep, x.constant(half[i]), select(left, x.constant(whole[i]), zero)) for i in range(2)
    )
    near = fma(sign, low + angle, base_low)
    return (fma(sign, high, base_high) + near).with_sign_of(y)


def _normal_ratio(small: Real, large: Real) -> tuple[Real, Real]:
    """Two numbers of the same ratio, far from overflow and underflow: 0/0 counts as 0, infinity/infinity as 1."""
    format = small.format
    half_range = 2.0 ** (format.bias // 2)
    scale = select(large > format.largest / 4, small.constant(0.25), 1.0)
    scale = select(large < 1.0 / half_range, small.constant(half_range), scale)
    both_infinite = small.equals(math.inf) & large.equals(math.inf)
    one = small.constant(1.0)
    return (
        select(both_infinite, one, small * scale),
        select(both_infinite | large.equals(0.0), one, large * scale),
    )
