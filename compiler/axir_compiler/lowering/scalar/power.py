"""pow: ``exp(y log|x|)`` with the logarithm in double-word arithmetic.

The exponential turns an absolute error into a relative one, so that ``y log|x|``, up to 745, must be right to
about ten digits more than the format has. Sources: W. J. Cody and W. Waite 1980 (the problem);
J.-M. Muller et al., "Handbook of Floating-Point Arithmetic", section on pow; special cases: C99, annex F.
"""

from __future__ import annotations

import functools
import math
import operator

from axir_compiler.lowering.scalar.coefficients import LN2, LOG_RATIO_TAIL, TWO_THIRDS
from axir_compiler.lowering.scalar.double_word import DoubleWord, constant_pair, fast_two_sum, two_sum
from axir_compiler.lowering.scalar.exponential import exp_double_word
from axir_compiler.lowering.scalar.expression import Condition, Real, polynomial, select, sqrt
from axir_compiler.lowering.scalar.logarithm import split_exponent

INFINITY, NAN = math.inf, math.nan


def power(x: Real, y: Real) -> Real:
    """``x**y`` with C99's conventions: ``pow(x, 0) = pow(1, y) = 1``, NaN for a negative base and a broken exponent."""
    a = abs(x)
    integral, odd = _parity(y)
    zero, infinite = a.equals(0.0), a.equals(INFINITY)
    falling = y < 0.0
    result = _magnitude(a, y)
    limit = select(falling ^ zero, x.constant(0.0), INFINITY)
    result = select(zero | infinite, limit, result)
    result = select((x < 0.0) & ~integral & ~infinite, x.constant(NAN), result)
    result = select(odd, result.with_sign_of(x), result)
    result = select(x.is_nan() | y.is_nan(), x.constant(NAN), result)
    return select(x.equals(1.0) | y.equals(0.0), x.constant(1.0), result)


def is_short_power(exponent: float) -> bool:
    """Whether a power is a few products and a square root, which is about as exact and takes a tenth of the time."""
    return exponent != 0 and abs(exponent) <= 3 and (2 * exponent).is_integer()


def short_power(x: Real, exponent: float) -> Real:
    """``x**exponent`` for such an exponent, with the conventions of ``power``."""
    whole, half = divmod(abs(exponent), 1)
    factors = [x] * int(whole) + ([sqrt(x)] if half else [])
    result = functools.reduce(operator.mul, factors)
    if half:
        # A root of -0 is -0, and of -inf NaN; powers that are not whole are 0 and inf.
        result = select(x.equals(-INFINITY), x.constant(INFINITY), result + 0.0)
    return result if exponent > 0 else 1.0 / result


def _parity(y: Real) -> tuple[Condition, Condition]:
    """Whether y is an integer, and whether an odd one."""
    a, unit = abs(y), 2.0**y.format.fraction_bits
    # The sum has a last place of 1: it is the nearest integer, and its last bit tells the parity.
    shifted = a + unit
    fractional = a < unit
    integral = ~fractional | (shifted - unit).equals(a)
    last_bit = select(fractional, shifted, a).bits() & 1
    return integral, integral & last_bit.differs(0) & (a < 2.0 * unit)


def _magnitude(a: Real, y: Real) -> Real:
    """``a**y`` for a positive normal a."""
    # From here on every a but 1 overflows or vanishes; infinity would give NaN in the low part.
    bound = 2.0 ** (a.format.digits + 12)
    clamped = select(y > bound, y.constant(bound), select(y < -bound, y.constant(-bound), y))
    return exp_double_word(_log(a) * clamped)


def _log(a: Real) -> DoubleWord:
    """``log(a)`` with a relative error of about ``2**-(digits + 11)``.

    ``k log 2 + 2 s + s (2/3 s**2 + s**4 T(s**2))`` with ``s = f/(2 + f)``; all but T in double words."""
    width = a.format.width
    k, m = split_exponent(a)
    n = k.real()
    f = m - 1.0
    s = DoubleWord(f, a.constant(0.0)) / two_sum(a.constant(2.0), f)
    square = s * s
    series = constant_pair(a, TWO_THIRDS[width]) + square.high * polynomial(
        square.high, LOG_RATIO_TAIL[width]
    )
    series = square * series
    factor = fast_two_sum(a.constant(2.0), series.high)
    log_m = s * DoubleWord(factor.high, factor.low + series.low)
    high, low = LN2[width]
    return fast_two_sum(n * high, n * low) + log_m
