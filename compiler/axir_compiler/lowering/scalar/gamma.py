"""lgamma and digamma.

lgamma, large arguments: Stirling's series with a fitted tail. Between 3 and 8 the recurrence leads to [2, 3), and
around 1 and 2 rational functions with the zeros taken out keep the relative error below 4 ulp. Negative arguments
``x = t - n``, n the nearest integer: next to the zeros between the poles ``|Gamma(x)|`` must be known to more digits
than the format has, so in double-word arithmetic

    1/Gamma(x) = 1/Gamma(1 + t) * t (t - 1) (t - 2) ... (t - n)

by the recurrence. Next to 1 only the difference from 1 counts, which the logarithm takes exactly. For larger n no
number lies near a zero (they are ``1/n!`` from the poles); there ``Gamma(x) Gamma(-x) = -pi/(x sin(pi x))`` is enough
(M. Abramowitz, I. A. Stegun, Handbook of Mathematical Functions, 6.1.15 and 6.1.17).

digamma, everywhere: with ``a = |x|`` one of

    psi(a) = psi(1 + a) - 1/a        psi(-a) = psi(1 + a) - pi cot(pi t)

(6.3.5, 6.3.7). The terms cancel next to the zeros, one between any two poles, so all of it is in double-word
arithmetic: the asymptotic series 6.3.18 from 8 on, below it after 8 steps of the recurrence. The error is at most
1 ulp plus ``epsilon**2 max(1, log a)``. Only a number closer to a zero than one expects among so many makes more than
4 ulp of that: a sweep of all of f32 finds a single one, whose value is `CLOSEST_TO_ZERO`.
"""

from __future__ import annotations

import math

from axir_compiler.lowering.scalar import coefficients as table
from axir_compiler.lowering.scalar.double_word import (
    DoubleWord,
    polynomial_double_word,
    product_double_word,
    select_pair,
    two_product,
    two_sum,
)
from axir_compiler.lowering.scalar.expression import Real, fma, polynomial, select
from axir_compiler.lowering.scalar.logarithm import log_double_word, log_extended
from axir_compiler.lowering.scalar.trigonometry import sin_cos_kernel

# From here on Stirling's series; below, the recurrence takes STEPS steps down to [2, 3).
STIRLING_START = 8.0
STEPS = 5
# Next to the poles -1 ... -LAST_ZERO, numbers may be close to a zero of lgamma.
LAST_ZERO = {32: 10, 64: 17}
# The steps of the recurrence of digamma; an even number.
SHIFT = 8
# The number of each format, if any, that lies too close to a zero of digamma for double-word arithmetic, and its value.
CLOSEST_TO_ZERO = {32: [(-66.79590606689453, -6.681547759512796e-09)], 64: []}


def nearest_whole(a: Real) -> Real:
    """The integer nearest to a >= 0; ``nearest - a`` is exact."""
    unit = 2.0**a.format.fraction_bits
    return select(a < unit, (a + unit) - unit, a)


def lgamma(x: Real) -> Real:
    """``log|Gamma(x)|``; infinite at 0, at the negative integers and at both infinities."""
    a = abs(x)
    high, low = _log_gamma_positive(a)
    nearest = nearest_whole(a)
    t = nearest - a
    near = nearest <= float(LAST_ZERO[x.format.width])
    product = _reciprocal_gamma(a, nearest, t)
    sine = a * _sine(abs(t)) * (1.0 / math.pi)
    zero = x.constant(0.0)
    log = log_double_word(select(near, product.high, sine), select(near, product.low, zero))
    reflected = (log.high + select(near, zero, high)) + (log.low + select(near, zero, low))
    result = select(x < 0.0, -reflected, high + low)
    pole = (t.equals(0.0) & (x <= 0.0)) | a.equals(math.inf)
    return select(pole, x.constant(math.inf), select(x.is_nan(), x, result))


def _reciprocal_gamma(a: Real, nearest: Real, t: Real) -> DoubleWord:
    """``|1/Gamma(-a)|`` for a next to an integer up to `LAST_ZERO`: the factors ``a - k`` are exact."""
    width, zero = a.format.width, a.constant(0.0)
    high, low = table.RECIPROCAL_GAMMA[width], table.RECIPROCAL_GAMMA_LOW[width]
    first = polynomial_double_word(DoubleWord(t, zero), high, low)
    steps = map(float, range(LAST_ZERO[width]))
    return product_double_word(first, [abs(t), *(select(nearest > k, a - k, 1.0) for k in steps)])


def _sine(distance: Real) -> Real:
    """``sin(pi distance)`` for distances up to 1/2."""
    near_half = distance > 0.25
    sine, cosine = sin_cos_kernel(select(near_half, 0.5 - distance, distance) * math.pi)
    return select(near_half, cosine, sine)


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
    a, one = abs(x), x.constant(1.0)
    t = nearest_whole(a) - a
    numerator, denominator = _cotangent(t)
    negative = x < 0.0
    numerator = select_pair(negative, numerator, DoubleWord(one, x.constant(0.0)))
    denominator = select_pair(negative, denominator, DoubleWord(a, x.constant(0.0)))
    result = (_digamma_above(a) - numerator / denominator).sum()
    for number, value in CLOSEST_TO_ZERO[x.format.width]:
        result = select(x.equals(number), x.constant(value), result)
    pole = (t.equals(0.0) & (x <= 0.0)) | x.equals(-math.inf)
    return select(pole, x.constant(math.nan), select(x.equals(math.inf), x, result))


def _cotangent(t: Real) -> tuple[DoubleWord, DoubleWord]:
    """``pi cot(pi t)`` as a quotient, ``|t| <= 1/2``: one zero and one pole are taken out of the polynomial."""
    width = t.format.width
    z = two_product(t, t)
    smooth = polynomial_double_word(z, table.COTANGENT[width], table.COTANGENT_LOW[width], decreasing=True)
    return (-z + t.constant(0.25)) * smooth, (-z + t.constant(1.0)) * t


def _digamma_above(a: Real) -> DoubleWord:
    """digamma(1 + a) for a >= 0: ``log y +- 1/(2y) + tail(1/y**2)/y**2`` less the terms of the recurrence.

    ``y = a + SHIFT`` below `SHIFT`, else ``y = a``, where ``1/a - 1/(2a)`` has the other sign."""
    width, zero = a.format.width, a.constant(0.0)
    small = a < float(SHIFT)
    shifted = two_sum(a, a.constant(float(SHIFT)))
    y = select_pair(small, shifted, DoubleWord(a, zero))
    inverse = DoubleWord(a.constant(1.0), zero) / y
    square = inverse * inverse
    high, low = table.DIGAMMA_TAIL[width], table.DIGAMMA_TAIL_LOW[width]
    tail = square * polynomial_double_word(square, high, low, decreasing=True)
    log = log_extended(y.high) + y.low * inverse.high
    corrections = inverse.scaled(select(small, a.constant(-0.5), 0.5)) + tail
    series = log + corrections
    return select_pair(small, series - _harmonic(a, shifted), series)


def _harmonic(a: Real, shifted: DoubleWord) -> DoubleWord:
    """``1/(a + 1) + ... + 1/(a + SHIFT - 1)``.

    With ``c = a + SHIFT/2`` and ``v = a (a + SHIFT)``, the terms j before and after the middle are
    ``2c / (v + SHIFT**2/4 - j**2)``. Over one denominator: polynomials in v with positive integers."""
    half = SHIFT // 2
    product = [1]
    for j in range(1, half):
        product = _times_linear(product, half * half - j * j)
    derivative = [k * c for k, c in enumerate(product)][1:]
    numerator = [2 * c for c in _times_linear(derivative, half * half)]
    numerator = [c + d for c, d in zip(numerator, product, strict=True)]
    v, center = shifted * a, two_sum(a, a.constant(float(half)))
    return _integer_polynomial(v, numerator) / (center * _integer_polynomial(v, product))


def _times_linear(coefficients: list[int], root: int) -> list[int]:
    """The product of a polynomial and ``v + root``."""
    shifted = [0, *coefficients]
    return [root * c + d for c, d in zip([*coefficients, 0], shifted, strict=True)]


def _integer_polynomial(x: DoubleWord, coefficients: list[int]) -> DoubleWord:
    """A polynomial with integer coefficients, exact in the format."""
    assert max(coefficients) < 2**x.high.format.digits
    return polynomial_double_word(x, tuple(map(float, coefficients)), (0.0,) * len(coefficients))
