"""Complex numbers as pairs of `Real` numbers: arithmetic, absolute value, sign, roots.

Products round like those of NumPy and XLA: each part is a sum of two rounded products, so that errors are small
against the absolute value of the result, not against each part of it. Nothing overflows or underflows between
operands and result: where numbers are very large or small they are scaled by powers of two first.

Sources: C99, Annex G, for infinities and NaN in quotients and for branch cuts and signed zeros everywhere;
W. Kahan, "Branch cuts for complex elementary functions, or much ado about nothing's sign bit", in "The State of the
Art in Numerical Analysis", 1987, for the square root.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from axir_compiler.lowering.scalar.expression import Condition, Format, Real, fma, real, select, sqrt
from axir_compiler.mlir import complex as complex_dialect
from axir_compiler.mlir import ir

__all__ = [
    "Complex",
    "absolute",
    "balance",
    "complex_value",
    "conjugate",
    "divide",
    "equal",
    "imaginary_part",
    "integer_power",
    "is_finite",
    "larger",
    "larger_or_nan",
    "make_complex",
    "maximum",
    "on_values",
    "real_part",
    "reciprocal_square_root",
    "select_complex",
    "sign",
    "smaller",
    "smaller_or_nan",
    "square_root",
]

INFINITY, NAN = math.inf, math.nan


@dataclass(frozen=True, eq=False)
class Complex:
    """A complex number ``re + i im``."""

    re: Real
    im: Real

    def __add__(self, other: Complex) -> Complex:
        return Complex(self.re + other.re, self.im + other.im)

    def __sub__(self, other: Complex) -> Complex:
        return Complex(self.re - other.re, self.im - other.im)

    def __mul__(self, other: Complex) -> Complex:
        return Complex(
            self.re * other.re - self.im * other.im,
            self.re * other.im + self.im * other.re,
        )

    def __neg__(self) -> Complex:
        return Complex(-self.re, -self.im)

    def scaled(self, factor: Real | float) -> Complex:
        """Times a real number."""
        return Complex(self.re * factor, self.im * factor)

    def swapped(self) -> Complex:
        """Real and imaginary part exchanged, ``i conj(z)``."""
        return Complex(self.im, self.re)

    def is_zero(self) -> Condition:
        return self.re.equals(0.0) & self.im.equals(0.0)

    def is_infinite(self) -> Condition:
        return abs(self.re).equals(INFINITY) | abs(self.im).equals(INFINITY)

    def is_nan(self) -> Condition:
        return ~(self.re.equals(self.re) & self.im.equals(self.im))

    def value(self) -> ir.Value:
        """The number as one IR value."""
        kind = ir.ComplexType.get(self.re.format.float_type)
        return complex_dialect.CreateOp(kind, self.re.value, self.im.value).result


def complex_value(value: ir.Value) -> Complex:
    """Wraps an IR value of complex type."""
    return Complex(real(complex_dialect.ReOp(value).result), real(complex_dialect.ImOp(value).result))


def on_values(function: Callable[..., Complex | Real | Condition], *xs: ir.Value, **attrs: Any) -> ir.Value:
    """A function of complex numbers on IR values."""
    found = function(*map(complex_value, xs), **attrs)
    return found.value() if isinstance(found, Complex) else found.value


def select_complex(condition: Condition, yes: Complex, no: Complex) -> Complex:
    """``yes`` where the condition holds, else ``no``."""
    return Complex(select(condition, yes.re, no.re), select(condition, yes.im, no.im))


def is_above(x: Complex, y: Complex) -> Condition:
    """Whether ``x`` comes behind ``y`` in the order of real parts, then of imaginary parts; not with NaN in those."""
    return (x.re > y.re) | (x.re.equals(y.re) & (x.im > y.im))


def larger(x: Complex, y: Complex) -> Complex:
    """``x`` if it is above ``y``, else ``y``."""
    return select_complex(is_above(x, y), x, y)


def smaller(x: Complex, y: Complex) -> Complex:
    """``x`` if it is below ``y``, else ``y``."""
    return select_complex(is_above(y, x), x, y)


def larger_or_nan(x: Complex, y: Complex) -> Complex:
    """``x`` if it is NaN or above ``y``; ``y`` if not, and if that is NaN."""
    return select_complex((x.is_nan() | is_above(x, y)) & ~y.is_nan(), x, y)


def smaller_or_nan(x: Complex, y: Complex) -> Complex:
    """``x`` if it is NaN or below ``y``; ``y`` if not, and if that is NaN."""
    return select_complex((x.is_nan() | is_above(y, x)) & ~y.is_nan(), x, y)


def minimum(a: Real, b: Real) -> Real:
    """The smaller of two numbers; the second if one is NaN."""
    return select(a < b, a, b)


def maximum(a: Real, b: Real) -> Real:
    """The larger of two numbers; the second if one is NaN."""
    return select(a > b, a, b)


@dataclass(frozen=True)
class Balanced:
    """``z = number / scale`` with the larger part of ``number`` far from overflow and underflow of its square.

    ``scale`` and ``inverse`` are 1 or ``2**(3 (bias + 1)/4)`` or one divided by that."""

    number: Complex
    scale: Real
    inverse: Real


def scale_exponent(format: Format) -> int:
    """The number of binades that `balance` moves a number by; divisible by 4."""
    return 3 * (format.bias + 1) // 4


def balance(z: Complex) -> Balanced:
    """The number scaled by a power of two such that squares of its parts stay in range."""
    format = z.re.format
    unit, step = (format.bias + 1) / 1024, float(scale_exponent(format))
    size = maximum(abs(z.re), abs(z.im))
    large, small = size > 2.0 ** (480 * unit), size < 2.0 ** (-400 * unit)
    up, down, one = (z.re.constant(2.0**e) for e in (step, -step, 0.0))
    scale = select(large, down, select(small, up, one))
    inverse = select(large, up, select(small, down, one))
    return Balanced(z.scaled(scale), scale, inverse)


def square_of_absolute(z: Complex) -> Real:
    """``re**2 + im**2``."""
    return fma(z.re, z.re, z.im * z.im)


def absolute(z: Complex) -> Real:
    """``|z|``; infinite if a part is, even if the other is NaN."""
    balanced = balance(z)
    size = sqrt(square_of_absolute(balanced.number)) * balanced.inverse
    return select(z.is_infinite(), z.re.constant(INFINITY), size)


def sign(z: Complex) -> Complex:
    """``z / |z|``; zeros stay themselves, and the directions of infinities are those of the axes or NaN."""
    balanced = balance(z).number
    size = sqrt(square_of_absolute(balanced))
    finite = Complex(balanced.re / size, balanced.im / size)
    return select_complex(z.is_zero(), z, finite)


def divide(x: Complex, y: Complex) -> Complex:
    """``x / y`` with the conventions of C99, Annex G, for infinities; ``x / 0`` takes 0 as positive."""
    a, b = balance(x), balance(y)
    p, q = a.number, b.number
    size = square_of_absolute(q)
    re = (p.re * q.re + p.im * q.im) / size
    im = (p.im * q.re - p.re * q.im) / size
    # Factors that cancel are left out: their product with the quotient could overflow.
    cancel = (b.scale * a.inverse).equals(1.0)
    first, second = (select(cancel, x.re.constant(1.0), s) for s in (b.scale, a.inverse))
    quotient = Complex(re * first * second, im * first * second)
    return _repaired_quotient(quotient, x, y)


def _repaired_quotient(quotient: Complex, x: Complex, y: Complex) -> Complex:
    """Quotients by zero, by infinities and of infinities, where the formula gives NaN."""
    by_zero = Complex(x.re / 0.0, x.im / 0.0)
    quotient = select_complex(y.is_zero(), by_zero, quotient)
    lost = quotient.re.is_nan() & quotient.im.is_nan() & ~y.is_zero()
    direction = _direction(x)
    infinite = Complex(
        direction.re * y.re + direction.im * y.im, direction.im * y.re - direction.re * y.im
    ).scaled(INFINITY)
    quotient = select_complex(lost & x.is_infinite() & _is_finite(y), infinite, quotient)
    direction = _direction(y)
    vanishing = Complex(
        x.re * direction.re + x.im * direction.im, x.im * direction.re - x.re * direction.im
    ).scaled(0.0)
    return select_complex(lost & y.is_infinite() & _is_finite(x), vanishing, quotient)


def _direction(z: Complex) -> Complex:
    """An infinite number with infinite parts replaced by 1 and finite ones by 0, of their signs."""

    def part(x: Real) -> Real:
        return select(abs(x).equals(INFINITY), x.constant(1.0), 0.0).with_sign_of(x)

    return Complex(part(z.re), part(z.im))


def _is_finite(z: Complex) -> Condition:
    return (abs(z.re) < INFINITY) & (abs(z.im) < INFINITY)


def is_finite(z: Complex) -> Condition:
    """Whether both parts are finite."""
    return _is_finite(z)


def equal(x: Complex, y: Complex) -> Condition:
    """Whether both parts are equal."""
    return x.re.equals(y.re) & x.im.equals(y.im)


def square_root(z: Complex) -> Complex:
    """The square root in the right half plane, cut along the negative real axis."""
    format = z.re.format
    balanced = balance(z)
    number, half = balanced.number, float(scale_exponent(format) // 2)
    a = abs(number.re)
    root = sqrt(0.5 * (a + sqrt(square_of_absolute(number))))
    # The root of the inverse of the scale.
    back = select(
        balanced.scale > 1.0, a.constant(2.0**-half), select(balanced.scale < 1.0, a.constant(2.0**half), 1.0)
    )
    other = abs(number.im) / (2.0 * root) * back
    root = root * back
    right = z.re >= 0.0
    found = Complex(select(right, root, other), select(right, other, root).with_sign_of(z.im))
    return _root_limits(found, z)


def _root_limits(root: Complex, z: Complex) -> Complex:
    """The square root of zeros and infinities."""
    zero, infinity = z.re.constant(0.0), z.re.constant(INFINITY)
    root = select_complex(z.is_zero(), Complex(zero, z.im), root)
    finite_im = abs(z.im) < INFINITY
    flat = select(finite_im, zero.with_sign_of(z.im), z.im)
    root = select_complex(z.re.equals(INFINITY), Complex(infinity, flat), root)
    upward = select(finite_im, zero, NAN)
    left = Complex(upward, infinity.with_sign_of(z.im))
    root = select_complex(z.re.equals(-INFINITY), left, root)
    return select_complex(abs(z.im).equals(INFINITY), Complex(infinity, z.im), root)


def reciprocal_square_root(z: Complex) -> Complex:
    """``1 / sqrt(z)``."""
    one = z.re.constant(1.0)
    return divide(Complex(one, z.re.constant(0.0)), square_root(z))


def integer_power(z: Complex, exponent: int) -> Complex:
    """``z ** exponent`` by repeated squaring; a negative exponent gives ``1 / z**-exponent``."""
    one = Complex(z.re.constant(1.0), z.re.constant(0.0))
    result, remaining = None, abs(exponent)
    while remaining:
        if remaining & 1:
            result = z if result is None else result * z
        remaining >>= 1
        if remaining:
            z = z * z
    result = one if result is None else result
    return result if exponent >= 0 else divide(one, result)


# The parts of numbers, on IR values. --------------------------------------------------------------------


def make_complex(dtype: np.dtype, re: ir.Value, im: ir.Value) -> ir.Value:
    """``re + i im`` of two real numbers."""
    return complex_dialect.CreateOp(ir.ComplexType.get(re.type), re, im).result


def real_part(dtype: np.dtype, z: ir.Value) -> ir.Value:
    """The real part."""
    return complex_dialect.ReOp(z).result


def imaginary_part(dtype: np.dtype, z: ir.Value) -> ir.Value:
    """The imaginary part."""
    return complex_dialect.ImOp(z).result


def conjugate(dtype: np.dtype, z: ir.Value) -> ir.Value:
    """The number with the sign of its imaginary part changed."""
    return on_values(lambda x: Complex(x.re, -x.im), z)
