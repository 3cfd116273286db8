"""sin, cos and tan for every finite argument.

``x = q pi/2 + r`` with ``|r| <= pi/4``. Moderate arguments: Cody and Waite's reduction, pi/2 in three parts and
fused multiply-adds. Huge ones: the method of M. Payne and R. Hanek, "Radian reduction for trigonometric
functions", SIGNUM 1983: only those bits of 2/pi enter that matter for ``x mod 2 pi``, in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

from axir_compiler.lowering.scalar.coefficients import COS, HALF_PI, SIN, TWO_OVER_PI
from axir_compiler.lowering.scalar.double_word import DoubleWord, fast_two_sum, two_product
from axir_compiler.lowering.scalar.exponential import nearest_integer
from axir_compiler.lowering.scalar.expression import (
    Condition,
    Integer,
    Real,
    fma,
    polynomial,
    select,
    select_integer,
)

# Where the integer reduction takes over: below, q times the third part of pi/2 is exact enough.
# tools/fit_polynomials.py lays out the bits of 2/pi for exactly these exponents.
HUGE_EXPONENT = {32: 17, 64: 30}


@dataclass(frozen=True)
class Angle:
    """An angle of ``quadrant * pi/2 + rest + low``; only the two lowest bits of the quadrant count.

    ``low`` corrects the rounding of the rest. Where it is not used, the compiler drops its computation."""

    quadrant: Integer
    rest: Real
    low: Real

    def is_odd(self) -> Condition:
        return (self.quadrant & 1).differs(0)

    def flip(self, value: Real, turn: int = 0) -> Real:
        """The negative of the value in the lower half plane, after a turn by so many quadrants."""
        sign = ((self.quadrant + turn) & 2) << (value.format.width - 2)
        return _with_sign(value, sign)


def reduce_angle(x: Real) -> Angle:
    """Writes x as a multiple of pi/2 and a rest; the rest is NaN for infinities."""
    huge = abs(x) >= 2.0 ** HUGE_EXPONENT[x.format.width]
    small, large = cody_waite(x), payne_hanek(x)
    quadrant = select_integer(huge, large.quadrant, small.quadrant)
    return Angle(quadrant, select(huge, large.rest + (x - x), small.rest), select(huge, large.low, small.low))


def cody_waite(x: Real) -> Angle:
    """Subtracts the multiple of pi/2 in three parts, of which the first difference is exact."""
    first, second, third = HALF_PI[x.format.width]
    n, quadrant = nearest_integer(x, 1.0 / first)
    rough = fma(n, -first, x)
    rest = fma(n, -third, fma(n, -second, rough))
    # The same difference once more without rounding errors. fast_two_sum is exact, although the product may be
    # the larger one: rough is a multiple of the product's last place.
    product = two_product(n, n.constant(second))
    exact = fast_two_sum(rough, -product.high)
    low = (exact.high - rest) + fma(n, -third, exact.low - product.low)
    return Angle(quadrant, rest, low)


def payne_hanek(x: Real) -> Angle:
    """``x * 2/pi mod 4`` in fixed point: two bits of quadrant and a fraction of two words.

    With ``x = m 2**E`` a window of three words of 2/pi starts at the bit of weight ``2**(1 - E)``: the bits
    before it contribute multiples of 4. Meaningful from `HUGE_EXPONENT` on."""
    format = x.format
    width, fraction_bits = format.width, format.fraction_bits
    bits = x.bits()
    exponent = bits.shift_right(fraction_bits) & (2 * format.bias + 1)
    mantissa = (bits & ((1 << fraction_bits) - 1)) | (1 << fraction_bits)
    top, middle, bottom = _window(exponent - (format.bias + HUGE_EXPONENT[width]))
    middle_high, middle_low = multiply_wide(mantissa, middle)
    bottom_high, _ = multiply_wide(mantissa, bottom)
    low = middle_low + bottom_high
    carry = select_integer(low.below(bottom_high), low.constant(1), 0)
    high = mantissa * top + middle_high + carry
    # Two bits up, the sign bit rounds the quadrant to the nearest one.
    fraction = (high << 2) | low.shift_right(width - 2)
    quadrant = high.shift_right(width - 2) + fraction.shift_right(width - 1)
    turn = _fraction(fraction, low << 2)
    rest = turn.high * HALF_PI[width][0]
    correction = fma(turn.high, HALF_PI[width][0], -rest)
    correction = fma(turn.high, HALF_PI[width][1], fma(turn.low, HALF_PI[width][0], correction))
    # The sign of the fraction and that of x.
    sign = (fraction ^ bits) & (1 << (width - 1))
    quadrant = select_integer(bits < 0, 0 - quadrant, quadrant)
    return Angle(quadrant, _with_sign(rest, sign), _with_sign(correction, sign))


def _with_sign(value: Real, sign: Integer) -> Real:
    return (value.bits() ^ sign).float_from_bits()


def _window(position: Integer) -> list[Integer]:
    """Three words of 2/pi from a bit position on: a barrel shifter, as tables cannot be looked up."""
    width = position.format.width
    words = [position.constant(word) for word in TWO_OVER_PI[width]]
    step, bit = len(words) - 3, width.bit_length() - 1
    for stage in reversed(range((step - 1).bit_length())):
        taken = (position & (1 << (bit + stage))).differs(0)
        ahead = 1 << stage
        words = [select_integer(taken, words[i + ahead], words[i]) for i in range(len(words) - ahead)]
    shift = position & (width - 1)
    # Two shifts, because a shift by the whole width is undefined.
    rest = shift ^ (width - 1)
    return [(words[i] << shift) | words[i + 1].shift_right(1).shift_right(rest) for i in range(3)]


def _fraction(high: Integer, low: Integer) -> DoubleWord:
    """``|high 2**-w + low 2**-2w|`` of a signed two-word fraction, whatever its leading zeros."""
    format = high.format
    width, chunk = format.width, format.fraction_bits
    spare = width - chunk
    sign = high >> (width - 1)
    high, low = high ^ sign, low ^ sign
    first = high.shift_right(spare)
    second = (high << chunk).shift_right(spare) | low.shift_right(2 * spare)
    third = low & ((1 << (2 * spare)) - 1)
    tail = fma(second.fraction_real(), 2.0 ** (-2 * chunk), third.fraction_real() * 2.0 ** (-2 * width))
    return fast_two_sum(first.fraction_real() * 2.0**-chunk, tail)


def multiply_wide(a: Integer, b: Integer) -> tuple[Integer, Integer]:
    """The high and the low word of the unsigned product."""
    if a.format.width == 32:
        return a.multiply_extended(b)
    # Vector units multiply 32-bit halves.
    mask = 0xFFFFFFFF
    a_low, a_high, b_low, b_high = a & mask, a.shift_right(32), b & mask, b.shift_right(32)
    bottom, cross = a_low * b_low, a_low * b_high
    middle = bottom.shift_right(32) + (cross & mask) + a_high * b_low
    high = a_high * b_high + cross.shift_right(32) + middle.shift_right(32)
    return high, (middle << 32) | (bottom & mask)


def sin_cos_kernel(r: Real) -> tuple[Real, Real]:
    """Sine and cosine for ``|r| <= pi/4``."""
    width = r.format.width
    z = r * r
    sine = fma(r * z, polynomial(z, SIN[width]), r)
    cosine = fma(z * z, polynomial(z, COS[width]), fma(z, -0.5, 1.0))
    return sine, cosine


def sin_cos_extended(r: Real, low: Real) -> tuple[Real, Real]:
    """Sine and cosine of ``r + low``, each with little more than the rounding error of its last sum."""
    width = r.format.width
    z = r * r
    half = z * 0.5
    sine = r + fma(r * z, polynomial(z, SIN[width]), fma(-half, low, low))
    rough = 1.0 - half
    rounded_off = (1.0 - rough) - half
    cosine = rough + fma(z * z, polynomial(z, COS[width]), fma(-r, low, rounded_off))
    return sine, cosine


def sin(x: Real) -> Real:
    """Sine; NaN for infinities."""
    angle = reduce_angle(x)
    sine, cosine = sin_cos_kernel(angle.rest)
    result = angle.flip(select(angle.is_odd(), cosine, sine))
    return select(x.equals(0.0), x, result)


def cos(x: Real) -> Real:
    """Cosine; NaN for infinities."""
    angle = reduce_angle(x)
    sine, cosine = sin_cos_kernel(angle.rest)
    return angle.flip(select(angle.is_odd(), sine, cosine), turn=1)


def tan(x: Real) -> Real:
    """Tangent as a quotient of sine and cosine; NaN for infinities."""
    angle = reduce_angle(x)
    sine, cosine = sin_cos_extended(angle.rest, angle.low)
    odd = angle.is_odd()
    result = select(odd, -cosine, sine) / select(odd, sine, cosine)
    return select(x.equals(0.0), x, result)
