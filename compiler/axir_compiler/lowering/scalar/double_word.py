"""Double-word arithmetic: a number as the unevaluated sum of a high and a low part.

Sources: T. J. Dekker, "A floating-point technique for extending the available precision", 1971; D. E. Knuth,
TAOCP vol. 2, 4.2.2; M. Joldes, J.-M. Muller, V. Popescu, "Tight and rigorous error bounds for basic building
blocks of double-word arithmetic", ACM TOMS 2017; S. Graillat, P. Langlois, N. Louvet, "Compensated Horner scheme",
2005, for the polynomials; T. Ogita, S. M. Rump, S. Oishi, "Accurate sum and dot product", SIAM J. Sci. Comput. 2005,
in the same way for products.

Multiply-add must round once, or nearly so: of two roundings sin, cos, tan and fmod of f64 become wrong, even for
arguments of 100, and pow and erfc lose up to 9 bits. CPUs that have none (x86-64 before v3) get it by ``split_fma``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from axir_compiler.lowering.scalar.expression import Condition, Real, fma, polynomial, select


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


def select_pair(condition: Condition, yes: DoubleWord, no: DoubleWord) -> DoubleWord:
    """``yes`` where the condition holds, else ``no``."""
    return DoubleWord(select(condition, yes.high, no.high), select(condition, yes.low, no.low))


def polynomial_double_word(
    x: DoubleWord, high: tuple[float, ...], low: tuple[float, ...], decreasing: bool = False
) -> DoubleWord:
    """A polynomial whose leading coefficients have a low part too; the rest is evaluated in one word.

    Horner's rule, with its rounding errors summed in a second one. ``decreasing``: each coefficient is at least as
    large as all that follows it in the sum, which saves operations."""
    last = min(len(low), len(high) - 1)
    value = polynomial(x.high, high[last:])
    error = x.high.constant(low[last] if last < len(low) else 0.0)
    for coefficient, rest in zip(reversed(high[:last]), reversed(low[:last]), strict=True):
        constant, product = x.high.constant(coefficient), two_product(value, x.high)
        total = fast_two_sum(constant, product.high) if decreasing else two_sum(constant, product.high)
        rounded_off = product.low + total.low
        small = fma(value, x.low, rounded_off + rest if rest else rounded_off)
        error = fma(error, x.high, small)
        value = total.high
    return fast_two_sum(value, error)


def product_double_word(first: DoubleWord, factors: Iterable[Real]) -> DoubleWord:
    """The product of many factors; the rounding errors are summed up in the low part."""
    high, low = first.high, first.low
    for factor in factors:
        product = two_product(high, factor)
        high, low = product.high, fma(low, factor, product.low)
    return fast_two_sum(high, low)
