"""Exponentials and hyperbolic functions: exp, exp2, expm1, logistic, sinh, cosh, tanh.

Method of W. J. Cody and W. Waite, "Software Manual for the Elementary Functions", 1980: ``x = n log 2 + r``
with ``|r| <= log(2)/2``, then ``exp(x) = 2**n exp(r)`` with a minimax polynomial for ``exp(r)``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from axir_compiler.lowering.scalar.coefficients import EXP, LN2, LOG2_E, SINH
from axir_compiler.lowering.scalar.double_word import DoubleWord
from axir_compiler.lowering.scalar.expression import (
    Format,
    Integer,
    Real,
    fma,
    polynomial,
    select,
    select_integer,
)

INFINITY = math.inf


@dataclass(frozen=True)
class Reduced:
    """``x = exponent * log(2) + rest``; ``exponent`` is right in its low bits (enough for a shift left)."""

    exponent: Integer
    rest: Real

    def times_power(self, y: Real, extra: int = 0) -> Real:
        """``y * 2**(exponent + extra)`` for y near 1 and a normal result."""
        bits = y.bits() + (self.exponent + extra << y.format.fraction_bits)
        return bits.float_from_bits()


def rounding_constant(format: Format) -> float:
    """Adding it rounds to an integer, which then stands in the low bits of the sum."""
    return 1.5 * 2.0**format.fraction_bits


def nearest_integer(x: Real, scale: float = 1.0) -> tuple[Real, Integer]:
    """The integer next to ``x*scale`` as a float, and an integer with the same low bits."""
    magic = rounding_constant(x.format)
    shifted = fma(x, scale, magic)
    return shifted - magic, shifted.bits()


def reduce_exp(x: Real, low: Real | None = None) -> Reduced:
    """Splits ``x + low`` into a multiple of log(2) and a rest."""
    width = x.format.width
    n, exponent = nearest_integer(x, LOG2_E[width][0])
    rest = fma(n, -LN2[width][0], x)
    rest = fma(n, -LN2[width][1], rest if low is None else rest + low)
    return Reduced(exponent, rest)


def expm1_kernel(r: Real) -> Real:
    """``exp(r) - 1`` for ``|r| <= log(2)/2``."""
    return fma(r * r, polynomial(r, EXP[r.format.width]), r)


def limits(format: Format) -> tuple[float, float]:
    """The smallest and the largest x whose exp(x) is a normal number."""
    return format.round_up(math.log(format.smallest)), format.round_down(math.log(format.largest))


def saturate(result: Real, x: Real, low: float, high: float) -> Real:
    """Zero below ``low``, infinity above ``high``, NaN for NaN."""
    result = select(x < low, result.constant(0.0), result)
    return select(x <= high, result, x + INFINITY)


def exp(x: Real) -> Real:
    """``e**x``; results below the smallest normal number are zero."""
    return saturate(exp_unbounded(x), x, *limits(x.format))


def exp_unbounded(x: Real, low: Real | None = None, extra: int = 0) -> Real:
    """``exp(x + low) * 2**extra`` where that is a normal number, anything elsewhere."""
    reduced = reduce_exp(x, low)
    return reduced.times_power(1.0 + expm1_kernel(reduced.rest), extra)


def exp_double_word(x: DoubleWord) -> Real:
    """``exp(high + low)``: the low part decides where the result overflows or becomes denormal."""
    high = x.high
    rising = high > 0.0
    reduced = reduce_exp(high, x.low)
    y = 1.0 + expm1_kernel(reduced.rest)
    # One binade less, made up for by a product that overflows and flushes as it should.
    shift = select_integer(rising, reduced.exponent.constant(-1), 1)
    scaled = Reduced(reduced.exponent + shift, reduced.rest).times_power(y)
    low_limit, high_limit = limits(high.format)
    return saturate(scaled * select(rising, high.constant(2.0), 0.5), high, low_limit - 0.1, high_limit + 0.1)


LN2_WHOLE = math.log(2.0)


def exp2(x: Real) -> Real:
    """``2**x``: the integer part is split off exactly."""
    format = x.format
    n, exponent = nearest_integer(x)
    rest = (x - n) * LN2_WHOLE
    result = Reduced(exponent, rest).times_power(1.0 + expm1_kernel(rest))
    top = (format.bias + 1) * (1 - 2.0**-format.digits)
    return saturate(result, x, float(1 - format.bias), top)


def expm1(x: Real) -> Real:
    """``e**x - 1`` as ``2**n (exp(r) - 1) + (2**n - 1)``, which is exact for n = 0."""
    result = expm1_unbounded(x)
    result = select(x < -(x.format.digits + 2) * LN2_WHOLE, x.constant(-1.0), result)
    result = select(x <= limits(x.format)[1], result, x + INFINITY)
    # Also keeps the sign of zero, and the halves below clear of the denormal range.
    return select(abs(x) < x.format.epsilon / 4, x, result)


def expm1_unbounded(x: Real) -> Real:
    """`expm1` for arguments whose exponential is neither below epsilon/4 nor too large."""
    reduced = reduce_exp(x)
    # Half the power, so that 2**n may reach the top binade.
    half_power = reduced.times_power(x.constant(0.5))
    return 2.0 * fma(half_power, expm1_kernel(reduced.rest), half_power - 0.5)


def logistic(x: Real) -> Real:
    """``1 / (1 + exp(-x))``."""
    return 1.0 / (1.0 + exp(-x))


def half_exp(a: Real) -> Real:
    """``exp(a)/2`` for a >= 0, finite as long as sinh(a) is."""
    high = a.format.round_down(math.log(a.format.largest) + LN2_WHOLE)
    return saturate(exp_unbounded(a, extra=-1), a, -1.0, high)


def cosh(x: Real) -> Real:
    """``h + 1/(4h)`` with ``h = exp(|x|)/2``."""
    h = half_exp(abs(x))
    return h + 0.25 / h


def sinh(x: Real) -> Real:
    """``h - 1/(4h)`` with ``h = exp(|x|)/2``; a polynomial below 1, where the difference cancels."""
    a = abs(x)
    h = half_exp(a)
    z = x * x
    small = fma(a * z, polynomial(z, SINH[x.format.width]), a)
    return select(a < 1.0, small, h - 0.25 / h).with_sign_of(x)


def tanh(x: Real) -> Real:
    """``t/(t + 2)`` with ``t = expm1(2|x|)``; from 20 on tanh rounds to 1."""
    a = abs(x)
    t = expm1_unbounded(2.0 * select(a > 20.0, x.constant(20.0), a))
    return (t / (t + 2.0)).with_sign_of(x)
