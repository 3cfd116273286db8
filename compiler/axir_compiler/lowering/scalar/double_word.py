"""Double-word arithmetic: a number as the unevaluated sum of a high and a low part.

Sources: T. J. Dekker, "A floating-point technique for extending the available precision", 1971; D. E. Knuth,
TAOCP vol. 2, 4.2.2; M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for basic building
blocks of double-word arithmetic", ACM TOMS 2017.

The target must have a fused multiply-add for f64; of those IREE compiles for, baseline x86-64 has none (x86-64-v3
and AArch64 do). There IREE splits f64 ``math.fma`` into a product and a sum without notice: sin, cos, tan and fmod
of f64 become wrong, even for arguments of 100, pow and erfc lose up to 9 bits. f32 stays right but is slow.
"""

from __future__ import annotations

from dataclasses import dataclass

from axir_compiler.lowering.scalar.expression import Real, fma


@dataclass(frozen=True, eq=False)
class DoubleWord:
    """``high + low`` with ``|low| <= ulp(high)/2``, about twice the digits of the format."""

    high: Real
    low: Real

    def __add__(self, other: DoubleWord | Real) -> DoubleWord:
        if isinstance(other, Real):
            total = two_sum(self.high, other)
            return fast_two_sum(total.high, total.low + self.low)
        total = two_sum(self.high, other.high)
        return fast_two_sum(total.high, total.low + (self.low + other.low))

    def __sub__(self, other: DoubleWord | Real) -> DoubleWord:
        return self + -other

    def __neg__(self) -> DoubleWord:
        return DoubleWord(-self.high, -self.low)

    def __mul__(self, other: DoubleWord | Real) -> DoubleWord:
        if isinstance(other, Real):
            product = two_product(self.high, other)
            return fast_two_sum(product.high, fma(self.low, other, product.low))
        product = two_product(self.high, other.high)
        cross = fma(self.high, other.low, self.low * other.high)
        return fast_two_sum(product.high, product.low + cross)

    def __truediv__(self, other: DoubleWord) -> DoubleWord:
        quotient = self.high / other.high
        # The remainder of the leading quotient is exact with a fused multiply-add.
        remainder = fma(-quotient, other.high, self.high)
        remainder = fma(-quotient, other.low, remainder + self.low)
        return fast_two_sum(quotient, remainder / other.high)

    def scaled(self, power_of_two: Real | float) -> DoubleWord:
        """Times a power of two, which is exact."""
        return DoubleWord(self.high * power_of_two, self.low * power_of_two)

    def sum(self) -> Real:
        return self.high + self.low


def two_sum(a: Real, b: Real) -> DoubleWord:
    """``a + b`` exactly."""
    high = a + b
    b_part = high - a
    return DoubleWord(high, (a - (high - b_part)) + (b - b_part))


def fast_two_sum(a: Real, b: Real) -> DoubleWord:
    """``a + b`` exactly, for ``|a| >= |b|`` or ``a = 0``."""
    high = a + b
    return DoubleWord(high, b - (high - a))


def two_product(a: Real, b: Real) -> DoubleWord:
    """``a * b`` exactly, unless the low part is denormal."""
    high = a * b
    return DoubleWord(high, fma(a, b, -high))


def constant_pair(like: Real, parts: tuple[float, ...]) -> DoubleWord:
    """A constant given by its two leading parts, in the format of ``like``."""
    return DoubleWord(like.constant(parts[0]), like.constant(parts[1]))
