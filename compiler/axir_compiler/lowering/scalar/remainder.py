"""fmod: the exact remainder, however large the quotient."""

from __future__ import annotations

import math

from axir_compiler.lowering.scalar.double_word import two_product
from axir_compiler.lowering.scalar.exponential import nearest_integer
from axir_compiler.lowering.scalar.expression import Format, Integer, Real, fma, select

# Low bits of the exponent difference that take a squaring each; the others start as an exact power of two.
SQUARINGS = {32: 3, 64: 5}
TOP_MASK = {32: 31, 64: 63}


def fmod(x: Real, y: Real) -> Real:
    """The exact remainder of ``x/y`` rounded towards zero, with the sign of x.

    With ``|x| = m 2**k`` and ``|y| = n`` in units of y's last place: ``m 2**k mod n`` by square and multiply, in
    exact modular products; no quotient is too large."""
    format = x.format
    difference = _exponent(x) - _exponent(y)
    modulus = Modulus(_significand(y))
    remainder = modulus.product(modulus.power_of_two(difference), modulus.reduce(_significand(x)))
    remainder = select(remainder < 0.0, remainder + modulus.value, remainder)
    unit = (_exponent(y) << format.fraction_bits).float_from_bits()
    result = remainder * 2.0**-format.fraction_bits * unit
    result = select(abs(x) < abs(y), abs(x), result).with_sign_of(x)
    invalid = ~(abs(x) < math.inf) | ~(abs(y) > 0.0)
    return select(invalid, x.constant(math.nan), result)


def _exponent(x: Real) -> Integer:
    """The biased exponent."""
    return x.bits().shift_right(x.format.fraction_bits) & (2 * x.format.bias + 1)


def _significand(x: Real) -> Real:
    """The significand of a normal number as an integer of ``digits`` bits, in floating point."""
    format = x.format
    fraction = x.bits() & ((1 << format.fraction_bits) - 1)
    scale = x.constant(2.0**format.fraction_bits).bits()
    return (fraction | scale).float_from_bits()


class Modulus:
    """Arithmetic modulo an integer of exactly ``digits`` bits, on residues of least magnitude.

    A product of residues is below ``n**2/4``: its rounded quotient by n is off by less than 0.9, so that the
    remainder fits the format and both operations on it are exact."""

    def __init__(self, value: Real) -> None:
        self.value = value
        self.half = value * 0.5
        self.inverse = 1.0 / value

    def product(self, a: Real, b: Real) -> Real:
        """``a*b`` modulo n."""
        exact = two_product(a, b)
        quotient, _ = nearest_integer(exact.high * self.inverse)
        return self._fold(fma(-quotient, self.value, exact.high) + exact.low)

    def reduce(self, a: Real) -> Real:
        """An integer below ``2**(digits + 10)`` with at most ``digits`` significant bits, modulo n."""
        quotient, _ = nearest_integer(a * self.inverse)
        return self._fold(fma(-quotient, self.value, a))

    def _fold(self, a: Real) -> Real:
        """One step towards zero for a number of magnitude up to 3n/2."""
        return select(abs(a) > self.half, a - self.value.with_sign_of(a), a)

    def power_of_two(self, exponent: Integer) -> Real:
        """``2**exponent`` modulo n for a non-negative exponent."""
        format = self.value.format
        squarings = SQUARINGS[format.width]
        top = (exponent >> squarings) & TOP_MASK[format.width]
        result = self.reduce(_power(top, format))
        for bit in reversed(range(squarings)):
            result = self.product(result, result)
            doubled = self._fold(result + result)
            result = select((exponent & (1 << bit)).differs(0), doubled, result)
        return result


def _power(exponent: Integer, format: Format) -> Real:
    """``2**exponent`` for a small non-negative exponent."""
    return (exponent + format.bias << format.fraction_bits).float_from_bits()
