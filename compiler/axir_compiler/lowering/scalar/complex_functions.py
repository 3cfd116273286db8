"""Elementary functions of complex numbers over those of real numbers.

Each error is small against the absolute value of the result. Branch cuts, signed zeros and infinities are those of
C99, Annex G. ``f(iz)`` relates the circular to the hyperbolic functions: with ``w = f(swap(z))`` for a hyperbolic f
the circular function is ``swap(w)``, where swap exchanges real and imaginary part.

Sources: W. Kahan, "Branch cuts for complex elementary functions, or much ado about nothing's sign bit", 1987, for
tanh and atanh; T. E. Hull, T. F. Fairgrieve, P. T. P. Tang, "Implementing the complex arcsine and arccosine
functions using exception handling", ACM TOMS 23(3), 1997, for asin, acos and what follows from them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from axir_compiler.lowering.scalar import exponential, inverse_trigonometry, logarithm, power, trigonometry
from axir_compiler.lowering.scalar.complex import (
    INFINITY,
    NAN,
    Complex,
    absolute,
    balance,
    divide,
    maximum,
    reciprocal_square_root,
    scale_exponent,
    select_complex,
    square_of_absolute,
    square_root,
)
from axir_compiler.lowering.scalar.double_word import two_product
from axir_compiler.lowering.scalar.exponential import LN2_WHOLE, expm1_kernel, limits, reduce_exp
from axir_compiler.lowering.scalar.expression import Real, fma, select, select_integer, sqrt

__all__ = ["COMPLEX_FUNCTIONS"]


# Exponentials. ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class ScaledExp:
    """``exp(x) = number * scale * scale``: beyond the range of the format, a product with less than 1 is in it."""

    number: Real
    scale: Real

    def times(self, factor: Real) -> Real:
        return self.number * factor * self.scale * self.scale


def scaled_exp(x: Real) -> ScaledExp:
    """The exponential of a number, up to the square of what the format can hold."""
    format = x.format
    low, high = limits(format)
    large = x > high / 2
    # From here on everything overflows, whatever it is multiplied by.
    clamped = select(x < low, x.constant(low), select(x > 1.99 * high, x.constant(1.99 * high), x))
    reduced = reduce_exp(clamped)
    shift = format.bias + 1
    extra = select_integer(large, reduced.exponent.constant(-shift), 0)
    bits = (1.0 + expm1_kernel(reduced.rest)).bits() + (reduced.exponent + extra << format.fraction_bits)
    number = select(x < low, x.constant(0.0), bits.float_from_bits())
    number = select(x.equals(INFINITY), x, select(x.is_nan(), x, number))
    return ScaledExp(number, select(large, x.constant(2.0 ** (shift // 2)), 1.0))


def exp(z: Complex) -> Complex:
    """``e**z``."""
    size = scaled_exp(z.re)
    sine, cosine = trigonometry.sin(z.im), trigonometry.cos(z.im)
    flat = z.im.equals(0.0)
    result = Complex(size.times(cosine), select(flat, z.im, size.times(sine)))
    lost = ~(abs(z.im) < INFINITY)
    zero = z.re.constant(0.0)
    result = select_complex(lost & z.re.equals(-INFINITY), Complex(zero, zero.with_sign_of(z.im)), result)
    return Complex(select(lost & z.re.equals(INFINITY), z.re, result.re), result.im)


def exp2(z: Complex) -> Complex:
    """``2**z``."""
    return exp(z.scaled(LN2_WHOLE))


def expm1(z: Complex) -> Complex:
    """``e**z - 1`` as ``(expm1(x) cos(y) - 2 sin(y/2)**2) + i exp(x) sin(y)`` for ``z = x + iy`` that is not large."""
    whole = exp(z)
    half_sine = trigonometry.sin(0.5 * z.im)
    near = fma(exponential.expm1(z.re), trigonometry.cos(z.im), -2.0 * half_sine * half_sine)
    small = (abs(z.re) < 1.0) & (abs(z.im) < INFINITY)
    re = select(small, near, whole.re - 1.0)
    return Complex(re, whole.im)


def logistic(z: Complex) -> Complex:
    """``1 / (1 + exp(-z))``, for ``re < 0`` as ``exp(z) / (1 + exp(z))``."""
    left = z.re < 0.0
    power_of_e = exp(select_complex(left, z, -z))
    one, zero = z.re.constant(1.0), z.re.constant(0.0)
    denominator = Complex(power_of_e.re + 1.0, power_of_e.im)
    return divide(select_complex(left, power_of_e, Complex(one, zero)), denominator)


def _hyperbolic(x: Real) -> tuple[Real, Real, Real]:
    """``sinh(x)``, ``cosh(x)`` and a scale by whose square both must be multiplied."""
    a = abs(x)
    size = scaled_exp(a)
    large = size.scale > 1.0
    half = 0.5 * size.number
    small = select(large, a.constant(0.0), a)
    sine = select(large, half, exponential.sinh(small)).with_sign_of(x)
    return sine, select(large, half, exponential.cosh(small)), size.scale


def sinh(z: Complex) -> Complex:
    """``sinh(x) cos(y) + i cosh(x) sin(y)``."""
    sine, cosine, scale = _hyperbolic(z.re)
    re = sine * trigonometry.cos(z.im) * scale * scale
    im = cosine * trigonometry.sin(z.im) * scale * scale
    lost = ~(abs(z.im) < INFINITY)
    # sinh(0) cos(y) is 0 for every y, and an infinite x gives an infinite result.
    re = select(lost & abs(z.re).equals(INFINITY), abs(z.re), select(lost & z.re.equals(0.0), z.re, re))
    return Complex(re, select(z.im.equals(0.0), z.im, im))


def cosh(z: Complex) -> Complex:
    """``cosh(x) cos(y) + i sinh(x) sin(y)``."""
    sine, cosine, scale = _hyperbolic(z.re)
    re = cosine * trigonometry.cos(z.im) * scale * scale
    im = sine * trigonometry.sin(z.im) * scale * scale
    lost = ~(abs(z.im) < INFINITY)
    re = select(lost & abs(z.re).equals(INFINITY), abs(z.re), re)
    zero = z.re.constant(0.0)
    signed = zero.with_sign_of(select(z.re.is_nan(), zero, z.re))
    im = select(z.im.equals(0.0), select(z.im.bits() < 0, -signed, signed), im)
    return Complex(re, select(lost & z.re.equals(0.0), zero, im))


def tanh(z: Complex) -> Complex:
    """Kahan's formula: with ``t = tan(y)``, ``s = sinh(x)``, ``b = 1 + t**2``, ``(b r s + i t) / (1 + b s**2)``,
    ``r = sqrt(1 + s**2)``; far out ``+-1 + 4 i sin(y) cos(y) exp(-2 |x|)``."""
    a = abs(z.re)
    bound = (z.re.format.digits + 3) * LN2_WHOLE / 2
    far = a > bound
    t = trigonometry.tan(z.im)
    s = exponential.sinh(select(far, a.constant(1.0), a))
    b = fma(t, t, 1.0)
    denominator = fma(b * s, s, 1.0)
    near = Complex(b * sqrt(fma(s, s, 1.0)) * s / denominator, t / denominator)
    damping = 4.0 * exponential.exp(-2.0 * a)
    tail = trigonometry.sin(z.im) * trigonometry.cos(z.im) * damping
    # Of an infinite x the imaginary part is a zero, whatever y is.
    finite_im = abs(z.im) < INFINITY
    infinite = a.equals(INFINITY)
    tail = select(finite_im, tail, select(infinite, a.constant(0.0).with_sign_of(z.im), NAN))
    result = select_complex(far, Complex(select(finite_im | infinite, a.constant(1.0), NAN), tail), near)
    re = result.re.with_sign_of(z.re)
    return Complex(select(z.re.equals(0.0), z.re, re), select(z.im.equals(0.0), z.im, result.im))


def sin(z: Complex) -> Complex:
    """``sin(x) cosh(y) + i cos(x) sinh(y)``."""
    return sinh(z.swapped()).swapped()


def cos(z: Complex) -> Complex:
    """``cosh(iz)``."""
    return cosh(Complex(-z.im, z.re))


def tan(z: Complex) -> Complex:
    """``-i tanh(iz)``."""
    return tanh(z.swapped()).swapped()


# Logarithms. --------------------------------------------------------------------------------------------


def log_absolute(z: Complex) -> Real:
    """``log|z|``: next to 1 by log1p of ``|z|**2 - 1``, which is taken from the exact squares."""
    balanced = balance(z)
    number = balanced.number
    large, small = maximum(abs(number.re), abs(number.im)), _minimum_part(number)
    first, second = two_product(large, large), two_product(small, small)
    excess = ((first.high - 1.0) + second.high) + (first.low + second.low)
    size = fma(number.re, number.re, number.im * number.im)
    near = (size > 0.5) & (size < 2.0)
    one = logarithm.log1p(select(near, excess, 0.0 * size))
    binades = scale_exponent(z.re.format) * LN2_WHOLE
    shift = select(
        balanced.scale > 1.0,
        size.constant(-binades),
        select(balanced.scale < 1.0, size.constant(binades), 0.0),
    )
    result = select(near, 0.5 * one, fma(logarithm.log(size), 0.5, shift))
    return select(z.is_infinite(), z.re.constant(INFINITY), result)


def _minimum_part(z: Complex) -> Real:
    a, b = abs(z.re), abs(z.im)
    return select(a > b, b, a)


def log(z: Complex) -> Complex:
    """``log|z| + i arg(z)``, cut along the negative real axis."""
    return Complex(log_absolute(z), inverse_trigonometry.atan2(z.im, z.re))


def log1p(z: Complex) -> Complex:
    """``log(1 + z)``; near 0 the real part is ``log1p(x (x + 2) + y**2) / 2``."""
    shifted = Complex(z.re + 1.0, z.im)
    near = maximum(abs(z.re), abs(z.im)) < 0.5
    small = select_complex(near, z, z.scaled(0.0))
    excess = fma(small.re, small.re + 2.0, small.im * small.im)
    re = select(near, 0.5 * logarithm.log1p(excess), log_absolute(shifted))
    return Complex(re, inverse_trigonometry.atan2(z.im, shifted.re))


def pow(x: Complex, y: Complex) -> Complex:
    """``exp(y log(x))`` as ``|x|**c exp(-d a)`` at the angle ``c a + d log|x|``, ``y = c + id`` and ``a = arg(x)``.

    ``x**0`` is 1; a power of 0 is 0 if the exponent is real and positive, else NaN."""
    angle, size = inverse_trigonometry.atan2(x.im, x.re), absolute(x)
    logarithm_of_size = log_absolute(x)
    length = power.power(size, y.re) * exponential.exp(-(y.im * angle))
    turn = fma(y.re, angle, y.im * logarithm_of_size)
    one, zero, nan = (x.re.constant(n) for n in (1.0, 0.0, NAN))
    found = Complex(length * trigonometry.cos(turn), length * trigonometry.sin(turn))
    positive = (y.re > 0.0) & y.im.equals(0.0)
    of_zero = select_complex(positive, Complex(zero, zero), Complex(nan, nan))
    found = select_complex(x.is_zero(), of_zero, found)
    return select_complex(y.is_zero(), Complex(one, zero), found)


# Inverse functions. -------------------------------------------------------------------------------------


def _arc(z: Complex) -> tuple[Real, Real]:
    """``(d, l)`` for ``x = |re|``, ``y = |im|``: ``asin(x + iy) = atan2(x, d) + il``, ``acos = atan2(d, x) - il``.

    Hull, Fairgrieve and Tang: ``r, s = |x + 1 + iy|, |x - 1 + iy|``, ``a = (r + s)/2``, ``l = log(a + sqrt(a**2 - 1))``
    and ``d = sqrt(a**2 - x**2)``, the differences without cancellation."""
    format = z.re.format
    x, y = abs(z.re), abs(z.im)
    one = x.constant(1.0)
    bound = 2.0 ** (format.bias // 2 - 3)
    far = (x > bound) | (y > bound)
    u, v = select(far, one, x), select(far, one, y)
    after, before = u + 1.0, u - 1.0
    r, s = absolute(Complex(after, v)), absolute(Complex(before, v))
    a = 0.5 * (r + s)
    inside = u <= 1.0
    # s + (1 - x) inside, s + (x - 1) outside: both add positive numbers; 0 only at the branch point.
    gap = s + abs(before)
    safe_gap = select(gap.equals(0.0), one, gap)
    plus, minus = v / (r + after), select(gap.equals(0.0), gap, v / safe_gap)
    half_sum = 0.5 * (a + u)
    d = select(
        inside, sqrt(half_sum * (v * plus + gap)), v * sqrt(half_sum * _reciprocals(r + after, safe_gap))
    )
    # a - 1, and its product with a + 1; y is taken out of the root, where its square would vanish.
    excess = 0.5 * select(inside, v * (plus + minus), v * plus + gap)
    slope = 0.5 * (a + 1.0) * _reciprocals(r + after, safe_gap)
    root = select(inside, v * sqrt(slope), sqrt(excess * (a + 1.0)))
    length = logarithm.log1p(excess + root)
    far_length = log_absolute(Complex(x, y)) + LN2_WHOLE
    return select(far, y, d), select(far, far_length, length)


def _reciprocals(a: Real, b: Real) -> Real:
    return 1.0 / a + 1.0 / b


def asin(z: Complex) -> Complex:
    """Inverse sine, cut along the real axis outside [-1, 1]."""
    return asinh(z.swapped()).swapped()


def asinh(z: Complex) -> Complex:
    """Inverse hyperbolic sine, cut along the imaginary axis outside [-i, i]."""
    flipped = z.swapped()
    d, length = _arc(flipped)
    angle = inverse_trigonometry.atan2(abs(flipped.re), d)
    result = Complex(length.with_sign_of(z.re), angle.with_sign_of(z.im))
    real_axis = z.im.equals(0.0)
    return Complex(result.re, select(real_axis, z.im, result.im))


def acos(z: Complex) -> Complex:
    """Inverse cosine, cut along the real axis outside [-1, 1]."""
    angle, length = _angle_and_length(z)
    return Complex(angle, -length.with_sign_of(z.im))


def acosh(z: Complex) -> Complex:
    """Inverse hyperbolic cosine, cut along the real axis below 1."""
    angle, length = _angle_and_length(z)
    return Complex(length, angle.with_sign_of(z.im))


def _angle_and_length(z: Complex) -> tuple[Real, Real]:
    """Real part and size of the imaginary part of the inverse cosine."""
    d, length = _arc(z)
    upright = z.re.equals(0.0) & z.im.is_nan()
    return select(upright, d.constant(math.pi / 2), inverse_trigonometry.atan2(d, z.re)), length


def atanh(z: Complex) -> Complex:
    """Inverse hyperbolic tangent, cut along the real axis outside [-1, 1].

    Kahan: ``log1p(4x / ((1 - x)**2 + y**2)) / 4 + i atan2(2y, (1 - x)(1 + x) - y**2) / 2``; close to 1 half the
    difference of the logarithms of ``|1 + z|`` and ``|1 - z|``, far out ``Re(1/z) + i pi/2``."""
    format = z.re.format
    x, y = abs(z.re), abs(z.im)
    bound = 2.0 ** (3 * format.bias // 8)
    far = (x > bound) | (y > bound)
    zero = x.constant(0.0)
    u, v = select(far, zero, x), select(far, zero, y)
    left = 1.0 - u
    distance = fma(left, left, v * v)
    close = maximum(abs(left), v) < 2.0 ** (-format.bias // 4)
    plain = 0.25 * logarithm.log1p(4.0 * u / select(close, x.constant(1.0), distance))
    next_to_one = 0.5 * (log_absolute(Complex(1.0 + u, v)) - log_absolute(Complex(left, v)))
    balanced = balance(Complex(x, y))
    reciprocal = balanced.number.re / square_of_absolute(balanced.number) * balanced.scale
    vanishing = select(z.is_infinite(), zero, reciprocal)
    re = select(far, vanishing, select(close, next_to_one, plain))
    re = select(x.equals(0.0), x, re)
    turn = 0.5 * inverse_trigonometry.atan2(2.0 * v, fma(left, 1.0 + u, -(v * v)))
    im = select(far, select(y.is_nan(), y, math.pi / 2), turn)
    return Complex(re.with_sign_of(z.re), im.with_sign_of(z.im))


def atan(z: Complex) -> Complex:
    """Inverse tangent, cut along the imaginary axis outside [-i, i]."""
    return atanh(z.swapped()).swapped()


COMPLEX_FUNCTIONS: dict[str, Callable[..., Complex]] = {
    "acos": acos,
    "acosh": acosh,
    "asin": asin,
    "asinh": asinh,
    "atan": atan,
    "atanh": atanh,
    "cos": cos,
    "cosh": cosh,
    "exp": exp,
    "exp2": exp2,
    "expm1": expm1,
    "log": log,
    "log1p": log1p,
    "logistic": logistic,
    "pow": pow,
    "rsqrt": reciprocal_square_root,
    "sin": sin,
    "sinh": sinh,
    "sqrt": square_root,
    "tan": tan,
    "tanh": tanh,
}
"""The functions by the names of their ops."""
