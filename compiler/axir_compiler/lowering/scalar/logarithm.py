"""Logarithms and inverse hyperbolic functions: log, log1p, asinh, acosh, atanh.

``u = 2**k m`` with m between sqrt(1/2) and sqrt(2), then ``log(u) = k log(2) + log(1 + f)``, ``f = m - 1``.
f32: a minimax polynomial in f. f64: the method of Sun's fdlibm (K. C. Ng): ``s = f/(2 + f)``,
``log(1 + f) = log((1 + s)/(1 - s)) = f - (f**2/2 - s (f**2/2 + R(s**2)))``.
"""

from __future__ import annotations

import math

from axir_compiler.lowering.scalar.coefficients import (
    LN2,
    LN2_PAIR,
    LOG1P,
    LOG_RATIO,
    LOG_SERIES,
    LOG_SERIES_LOW,
)
from axir_compiler.lowering.scalar.double_word import (
    DoubleWord,
    constant_pair,
    fast_two_sum,
    polynomial_double_word,
    two_sum,
)
from axir_compiler.lowering.scalar.expression import (
    Condition,
    Integer,
    Real,
    fma,
    polynomial,
    select,
    select_integer,
    sqrt,
)

INFINITY, NAN = math.inf, math.nan
SQRT_HALF = math.sqrt(0.5)


def split_exponent(u: Real) -> tuple[Integer, Real]:
    """``u = 2**k m`` with ``sqrt(1/2) <= m < sqrt(2)``, for positive normal u."""
    format = u.format
    base = u.constant(SQRT_HALF).bits()
    shifted = u.bits() - base
    k = shifted >> format.fraction_bits
    fraction = shifted & ((1 << format.fraction_bits) - 1)
    return k, (fraction + base).float_from_bits()


def log1p_kernel(f: Real) -> tuple[Real, Real]:
    """``log(1 + f)`` for ``sqrt(1/2) <= 1 + f <= sqrt(2)`` as a large and a small term."""
    half_square = 0.5 * f * f
    if f.format.width == 32:
        return f, fma(f * f * f, polynomial(f, LOG1P[32]), -half_square)
    s = f / (f + 2.0)
    z = s * s
    correction = s * (half_square + z * polynomial(z, LOG_RATIO[64]))
    return f, correction - half_square


def log_of_parts(k: Integer, f: Real) -> Real:
    """``k log(2) + log(1 + f)``; the leading product is exact."""
    n = k.real()
    large, small = log1p_kernel(f)
    high, low = LN2[f.format.width]
    return fma(n, high, large + fma(n, low, small))


def log_domain(result: Real, x: Real) -> Real:
    """The special values of a logarithm: -inf at 0, NaN below, infinity at infinity."""
    result = select(x < INFINITY, result, x)
    return select(x > 0.0, result, select(x.equals(0.0), x.constant(-INFINITY), NAN))


def log(x: Real) -> Real:
    """Natural logarithm."""
    return log_domain(log_normal(x), x)


def log_normal(x: Real) -> Real:
    """Natural logarithm of a positive normal number."""
    k, m = split_exponent(x)
    return log_of_parts(k, m - 1.0)


def log_double_word(x: Real, low: Real | None = None) -> DoubleWord:
    """The logarithm of a positive normal number ``x + low`` with a few more digits than the format has.

    Only the small term of the kernel is rounded, which is below 0.09. Next to 1 the relative error is small too."""
    k, m = split_exponent(x)
    n, f = k.real(), m - 1.0
    if low is not None:
        f = fma(low, power_of_two(x, k), f)
    large, small = log1p_kernel(f)
    high_part, low_part = LN2[x.format.width]
    total = two_sum(n * high_part, large)
    return fast_two_sum(total.high, total.low + fma(n, low_part, small))


def power_of_two(like: Real, k: Integer) -> Real:
    """``2**-k``; 0 for the largest k."""
    bits = like.constant(1.0).bits() - (k << like.format.fraction_bits)
    return bits.at_least(0).float_from_bits()


def log_extended(x: Real) -> DoubleWord:
    """The logarithm of a positive normal number to about twice the digits of the format.

    ``log(m) = s (2 + s**2 R(s**2))`` with ``s = (m - 1)/(m + 1)``, all of it in double-word arithmetic."""
    width = x.format.width
    k, m = split_exponent(x)
    s = DoubleWord(m - 1.0, x.constant(0.0)) / fast_two_sum(x.constant(1.0), m)
    series = polynomial_double_word(
        s * s, (2.0, *LOG_SERIES[width]), (0.0, *LOG_SERIES_LOW[width]), decreasing=True
    )
    return constant_pair(x, LN2_PAIR[width]) * k.real() + s * series


def log1p_unbounded(x: Real, extra: Integer | None = None) -> Real:
    """``log(1 + x) + extra*log(2)`` for finite x > -1.

    ``1 + x`` is taken exactly as ``u + c``; f gets ``c`` scaled like u, so that ``f = x`` for k = 0."""
    total = two_sum(x, x.constant(1.0))
    k, m = split_exponent(total.high)
    # k may reach bias + 1, where 2**-k is no normal number; c does not matter there.
    f = (m - 1.0) + total.low * power_of_two(x, k)
    return log_of_parts(k if extra is None else k + extra, f)


def log1p(x: Real) -> Real:
    """``log(1 + x)``."""
    result = select(x < INFINITY, log1p_unbounded(x), x)
    result = select(x > -1.0, result, select(x.equals(-1.0), x.constant(-INFINITY), NAN))
    return result.with_sign_of(x)


def asinh(x: Real) -> Real:
    """``log1p(a + a**2/(1 + sqrt(1 + a**2)))`` with ``a = |x|``; ``log(2a)`` where the square would swamp 1."""
    a = abs(x)
    large = a > 2.0 ** (x.format.digits + 2)
    square = select(large, 0.0 * a, a * a)
    w = a + square / (1.0 + sqrt(1.0 + square))
    return _log1p_or_log_twice(w, a, large).with_sign_of(x)


def acosh(x: Real) -> Real:
    """``log1p(t + sqrt(t (t + 2)))`` with ``t = x - 1``; ``log(2x)`` for large x."""
    large = x > 2.0 ** (x.format.digits + 2)
    t = x - 1.0
    w = t + sqrt(select(large, t, t * (t + 2.0)))
    return select(x >= 1.0, _log1p_or_log_twice(select(large, x, w), x, large), NAN)


def _log1p_or_log_twice(w: Real, x: Real, large: Condition) -> Real:
    """``log1p(w)``, and ``log(2x)`` where x is large (there w is x)."""
    extra = select_integer(large, w.integer_constant(1), 0)
    return select(x < INFINITY, log1p_unbounded(w, extra), x)


def atanh(x: Real) -> Real:
    """``log1p(2a/(1 - a)) / 2`` with ``a = |x|``."""
    a = abs(x)
    w = 2.0 * a / (1.0 - a)
    result = 0.5 * log1p_unbounded(w)
    result = select(a < 1.0, result, select(a.equals(1.0), x.constant(INFINITY), NAN))
    return result.with_sign_of(x)
