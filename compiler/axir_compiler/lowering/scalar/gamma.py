"""lgamma and digamma.

Large arguments: Stirling's series with a fitted tail. Between 3 and 8 the recurrence leads to [2, 3), and around
1 and 2 rational functions with the zeros taken out keep the relative error below 4 ulp. Negative arguments:
``Gamma(x) Gamma(-x) = -pi / (x sin(pi x))`` (M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 6.1.17
and 6.3.7). Near the zeros between the poles two large terms cancel, and relative accuracy is lost altogether
next to them. What holds for negative arguments is an absolute error of at most 4 epsilon times
``max(1, |f(x)|, |f(|x|)|)``; at the zeros nearest to 0 it was measured as 2 (lgamma) and 3 epsilon (digamma).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from axir_compiler.lowering.scalar import coefficients as table
from axir_compiler.lowering.scalar.double_word import DoubleWord, two_product
from axir_compiler.lowering.scalar.expression import Condition, Real, fma, polynomial, select
from axir_compiler.lowering.scalar.logarithm import log_double_word, log_normal
from axir_compiler.lowering.scalar.trigonometry import sin_cos_extended

# From here on Stirling's series; below, the recurrence takes STEPS steps down to [2, 3).
STIRLING_START = 8.0
STEPS = 5


@dataclass(frozen=True)
class Reflection:
    """``sin(pi a)`` and ``cos(pi a)`` up to the same sign, and whether a is an integer."""

    sine: Real
    cosine: Real
    pole: Condition


def reflect(a: Real) -> Reflection:
    """The functions of ``pi a`` for a >= 0, exact at multiples of 1/2."""
    unit = 2.0**a.format.fraction_bits
    nearest = select(a < unit, (a + unit) - unit, a)
    late, distance = a < nearest, abs(a - nearest)
    near_half = distance > 0.25
    rest = select(near_half, 0.5 - distance, distance)
    high, low, _ = table.PI[a.format.width]
    product = two_product(rest, rest.constant(high))
    sine, cosine = sin_cos_extended(product.high, fma(rest, low, product.low))
    tangent_sign = select(late, a.constant(-1.0), 1.0)
    return Reflection(
        select(near_half, cosine, sine), select(near_half, sine, cosine) * tangent_sign, distance.equals(0.0)
    )


def lgamma(x: Real) -> Real:
    """``log|Gamma(x)|``; infinite at 0, at the negative integers and at both infinities."""
    format = x.format
    a = abs(x)
    high, low = _log_gamma_positive(a)
    # Below, Gamma(-a) and Gamma(a) agree.
    negative = (x < 0.0) & (a > 2.0**-format.digits)
    reflection = reflect(a)
    sine = select(reflection.pole, x.constant(1.0), reflection.sine)
    other = log_double_word(math.pi / (select(negative, a, 1.0) * sine))
    reflected = (other.high - high) + (other.low - low)
    result = select(negative, reflected, high + low)
    pole = (reflection.pole & (x <= 0.0)) | a.equals(math.inf)
    return select(pole, x.constant(math.inf), select(x.is_nan(), x, result))


def _log_gamma_positive(a: Real) -> tuple[Real, Real]:
    """lgamma of a >= 0 as a large and a small term."""
    width = a.format.width
    tiny, small, large = a < 0.75, a < 3.0, a >= STIRLING_START
    y, product = a, a.constant(1.0)
    for _ in range(STEPS):
        above = y >= 3.0
        y = select(above, y - 1.0, y)
        product = select(above, product * y, product)
    log = log_double_word(select(tiny | large, a, product))
    t = select(tiny, a + 0.25, y - 0.75)
    ratio = polynomial(t, table.LGAMMA[width]) / polynomial(t, table.LGAMMA_DENOMINATOR[width])
    kernel = select(tiny, a - 1.0, y - 2.0) * select(tiny, a, y - 1.0) * (ratio + 0.4375)
    below_high = select(tiny, -log.high, select(small, kernel, log.high))
    below_low = select(tiny, kernel - log.low, select(small, a.constant(0.0), kernel + log.low))
    above_high, above_low = _stirling(a, log)
    return select(large, above_high, below_high), select(large, above_low, below_low)


def _stirling(a: Real, log: DoubleWord) -> tuple[Real, Real]:
    """``(a - 1/2)(log a - 1) + log(2 pi)/2 - 1/2 + tail(1/a**2)/a`` as a large and a small term."""
    width = a.format.width
    inverse = 1.0 / a
    tail = fma(
        inverse, polynomial(inverse * inverse, table.STIRLING[width]), table.STIRLING_CONSTANT[width][0]
    )
    # Exact: the logarithm is above 2.
    shifted = log.high - 1.0
    product = two_product(a, shifted)
    low = product.low + fma(a, log.low, fma(shifted, -0.5, tail))
    return product.high, select(product.high < math.inf, low, 0.0)


def digamma(x: Real) -> Real:
    """The derivative of lgamma; NaN at 0 and at the negative integers."""
    a = abs(x)
    negative, tiny, large = x < 0.0, a < 1.0, a >= STIRLING_START
    y, harmonic = _recurrence(a, negative, tiny, large)
    inverse = 1.0 / a
    tail = polynomial(inverse * inverse, table.DIGAMMA_TAIL[x.format.width])
    asymptotic = fma(inverse * inverse, tail, log_normal(a))
    result = harmonic + select(large, asymptotic, _digamma_kernel(y, a, tiny))
    reflection = reflect(a)
    result = select(negative, result + math.pi * reflection.cosine / reflection.sine, result)
    pole = (reflection.pole & (x <= 0.0)) | x.equals(-math.inf)
    return select(pole, x.constant(math.nan), select(x.equals(math.inf), x, result))


def _recurrence(a: Real, negative: Condition, tiny: Condition, large: Condition) -> tuple[Real, Real]:
    """The argument in [1, 3) that the recurrence leads to, and the sum of reciprocals on the way.

    The sum also holds the term ``-1/(2a)`` of the asymptotic series, ``-1/a`` of the step up from below 1, and
    ``1/a`` of the reflection, all over one denominator."""
    zero, one = a.constant(0.0), a.constant(1.0)
    start = select(large, a.constant(-0.5), select(tiny, -one, zero))
    numerator = select(negative, start + 1.0, start)
    y, denominator = select(large, a.constant(2.0), a), a
    for _ in range(STEPS):
        above = y >= 3.0
        y = select(above, y - 1.0, y)
        numerator = select(above, fma(numerator, y, denominator), numerator)
        denominator = select(above, denominator * y, denominator)
    return y, numerator / denominator


def _digamma_kernel(y: Real, a: Real, tiny: Condition) -> Real:
    """digamma(y) for 1 <= y < 3, and digamma(1 + a) where a is below 1: its zero is taken out exactly."""
    width = y.format.width
    t = select(tiny, a, y - 1.0)
    root, shifted = table.DIGAMMA_ROOT[width], table.DIGAMMA_ROOT_LESS_1[width]
    high, low = (select(tiny, a.constant(shifted[i]), root[i]) for i in range(2))
    distance = (select(tiny, a, y) - high) - low
    ratio = polynomial(t, table.DIGAMMA[width]) / polynomial(t, table.DIGAMMA_DENOMINATOR[width])
    return distance * (ratio + 0.75)
