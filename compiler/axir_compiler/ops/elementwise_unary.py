"""Elementwise functions of one operand."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError
from axir_compiler.ir.attributes import DType, Int, Str
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import (
    BOOL,
    COMPLEX,
    DTYPES,
    FLOATING,
    INEXACT,
    INTEGER,
    NUMERIC,
    Aval,
    aval_of,
    is_complex,
    is_inexact,
    real_dtype,
)
from axir_compiler.later import builders, scalar
from axir_compiler.ops import complex_numbers, real_numbers
from axir_compiler.ops.conversion import converted
from axir_compiler.ops.elementwise import ElementwiseUnary, by_pieces, of_elements


def _special(name: str) -> Callable[..., Any]:
    """A function of scipy.special, which takes long to import and is imported at the first call."""

    @functools.cache
    def function() -> Callable[..., Any]:
        import scipy.special

        return getattr(scipy.special, name)

    return lambda *xs: function()(*xs)


def _logistic(x: np.ndarray) -> np.ndarray:
    return real_numbers.logistic(x) if x.dtype == np.float32 else _special("expit")(x)


_MANY = 512
"""From so many elements on many steps of NumPy take less time than SciPy, which goes from one element to the next."""


def _erf_inv(x: np.ndarray) -> np.ndarray:
    if x.dtype == np.float32 and x.size >= _MANY:
        return real_numbers.erf_inv(x)
    # SciPy loses the sign of zero.
    return np.where(x == 0, x, _special("erfinv")(x))


class NegOp(ElementwiseUnary, name="neg", dtypes=NUMERIC | COMPLEX, linear_in=("operand",)):
    """``-x``; integers wrap around."""

    numpy = np.negative


class AbsOp(ElementwiseUnary, name="abs", dtypes=NUMERIC | COMPLEX):
    """``|x|``; the most negative integer stays itself. Of complex numbers it is real."""

    numpy = np.abs

    @staticmethod
    def infer(x: Aval) -> Aval:
        return Aval(x.shape, real_dtype(x.dtype))

    def jvp(self, dx: Value) -> Value:
        direction = ops.sign(self.operand)
        if is_complex(aval_of(dx).dtype):
            return ops.real(ops.mul(dx, ops.conj(direction)))
        return ops.mul(dx, direction)


class SignOp(ElementwiseUnary, name="sign", dtypes=NUMERIC | COMPLEX):
    """-1, 0 or 1; keeps signed zeros and NaN. Of complex numbers ``x / |x|``, and 0 at 0."""

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        if is_complex(x.dtype):
            return complex_numbers.sign(x)
        return np.where(x == 0, x, np.sign(x))

    def jvp(self, dx: Value) -> Value | None:
        """Zero for real numbers; of complex ones the part that turns, ``i s Im(conj(s) dx) / |x|``."""
        if not is_complex(aval_of(dx).dtype):
            return None
        direction, size = self.result, ops.abs(self.operand)
        turn = ops.imag(ops.mul(ops.conj(direction), dx))
        at_zero = ops.compare(size, ops.zeros_like(size), direction="eq")
        rate = ops.select(at_zero, ops.zeros_like(size), ops.div(turn, size))
        return ops.mul(direction, ops.complex(ops.zeros_like(rate), rate))


class FloorOp(ElementwiseUnary, name="floor", dtypes=FLOATING, zero_tangent=True):
    """Largest integer not above ``x``."""

    numpy = np.floor


class CeilOp(ElementwiseUnary, name="ceil", dtypes=FLOATING, zero_tangent=True):
    """Smallest integer not below ``x``."""

    numpy = np.ceil


class RoundHalfEvenOp(ElementwiseUnary, name="round_half_even", dtypes=FLOATING, zero_tangent=True):
    """Nearest integer, ties to the even one."""

    numpy = np.rint


class RoundHalfAwayOp(ElementwiseUnary, name="round_half_away", dtypes=FLOATING, zero_tangent=True):
    """Nearest integer, ties away from zero."""

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        whole = np.trunc(x)
        away = whole + np.copysign(np.ones((), x.dtype), x)
        return np.where(np.abs(x - whole) >= 0.5, away, whole)


class ExpOp(ElementwiseUnary, name="exp", dtypes=INEXACT, transcendental=True):
    """``e**x``."""

    numpy = of_elements(np.exp)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, self.result)


class Exp2Op(ElementwiseUnary, name="exp2", dtypes=INEXACT, transcendental=True):
    """``2**x``."""

    numpy = of_elements(np.exp2)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.scale(self.result, math.log(2)))


class Expm1Op(ElementwiseUnary, name="expm1", dtypes=INEXACT, transcendental=True):
    """``e**x - 1``, accurate near 0."""

    numpy = of_elements(complex_numbers.or_real(complex_numbers.expm1, real_numbers.expm1))

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.shift(self.result, 1))


class LogOp(ElementwiseUnary, name="log", dtypes=INEXACT, transcendental=True):
    """Natural logarithm; NaN below 0, -inf at 0."""

    numpy = of_elements(np.log)

    def jvp(self, dx: Value) -> Value:
        return ops.div(dx, self.operand)


class Log1pOp(ElementwiseUnary, name="log1p", dtypes=INEXACT, transcendental=True):
    """``log(1 + x)``, accurate near 0."""

    numpy = of_elements(complex_numbers.or_real(complex_numbers.log1p, real_numbers.log1p))

    def jvp(self, dx: Value) -> Value:
        return ops.div(dx, ops.shift(self.operand, 1))


class SqrtOp(ElementwiseUnary, name="sqrt", dtypes=INEXACT, transcendental=True):
    """Square root; NaN below 0."""

    numpy = of_elements(np.sqrt)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.div(ops.full_like(self.result, 0.5), self.result))


class RsqrtOp(ElementwiseUnary, name="rsqrt", dtypes=INEXACT, transcendental=True):
    """``1 / sqrt(x)``."""

    @staticmethod
    def _root(x: np.ndarray) -> np.ndarray:
        one = np.ones((), x.dtype)
        return (complex_numbers.divide if is_complex(x.dtype) else np.divide)(one, np.sqrt(x))

    numpy = of_elements(_root)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.scale(ops.div(self.result, self.operand), -0.5))


class CbrtOp(ElementwiseUnary, name="cbrt", dtypes=FLOATING, transcendental=True):
    """Real cube root."""

    numpy = of_elements(np.cbrt)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.scale(ops.div(self.result, self.operand), 1 / 3))


class SinOp(ElementwiseUnary, name="sin", dtypes=INEXACT, transcendental=True):
    """Sine; the operand is in radians."""

    numpy = of_elements(np.sin)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.cos(self.operand))


class CosOp(ElementwiseUnary, name="cos", dtypes=INEXACT, transcendental=True):
    """Cosine; the operand is in radians."""

    numpy = of_elements(np.cos)

    def jvp(self, dx: Value) -> Value:
        return ops.neg(ops.mul(dx, ops.sin(self.operand)))


class TanOp(ElementwiseUnary, name="tan", dtypes=INEXACT, transcendental=True):
    """Tangent; the operand is in radians."""

    numpy = of_elements(np.tan)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.shift(ops.square(self.result), 1))


class AsinOp(ElementwiseUnary, name="asin", dtypes=INEXACT, transcendental=True):
    """Inverse sine in radians; NaN outside [-1, 1]."""

    numpy = of_elements(np.arcsin)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.rsqrt(ops.one_minus_square(self.operand)))


class AcosOp(ElementwiseUnary, name="acos", dtypes=INEXACT, transcendental=True):
    """Inverse cosine in radians; NaN outside [-1, 1]."""

    numpy = of_elements(np.arccos)

    def jvp(self, dx: Value) -> Value:
        return ops.neg(ops.mul(dx, ops.rsqrt(ops.one_minus_square(self.operand))))


class AtanOp(ElementwiseUnary, name="atan", dtypes=INEXACT, transcendental=True):
    """Inverse tangent in radians."""

    numpy = of_elements(np.arctan)

    def jvp(self, dx: Value) -> Value:
        return ops.div(dx, ops.shift(ops.square(self.operand), 1))


class SinhOp(ElementwiseUnary, name="sinh", dtypes=INEXACT, transcendental=True):
    """Hyperbolic sine."""

    numpy = of_elements(np.sinh)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.cosh(self.operand))


class CoshOp(ElementwiseUnary, name="cosh", dtypes=INEXACT, transcendental=True):
    """Hyperbolic cosine."""

    numpy = of_elements(np.cosh)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.sinh(self.operand))


class TanhOp(ElementwiseUnary, name="tanh", dtypes=INEXACT, transcendental=True):
    """Hyperbolic tangent."""

    numpy = of_elements(np.tanh)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.one_minus_square(self.result))


class AsinhOp(ElementwiseUnary, name="asinh", dtypes=INEXACT, transcendental=True):
    """Inverse hyperbolic sine."""

    numpy = of_elements(np.arcsinh)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.rsqrt(ops.shift(ops.square(self.operand), 1)))


class AcoshOp(ElementwiseUnary, name="acosh", dtypes=INEXACT, transcendental=True):
    """Inverse hyperbolic cosine; NaN below 1."""

    numpy = of_elements(np.arccosh)

    def jvp(self, dx: Value) -> Value:
        below, above = ops.shift(self.operand, -1), ops.shift(self.operand, 1)
        if is_complex(aval_of(dx).dtype):
            # The root of the product would be the other one in the left half plane.
            return ops.mul(dx, ops.mul(ops.rsqrt(below), ops.rsqrt(above)))
        return ops.mul(dx, ops.rsqrt(ops.mul(below, above)))


class AtanhOp(ElementwiseUnary, name="atanh", dtypes=INEXACT, transcendental=True):
    """Inverse hyperbolic tangent; NaN outside [-1, 1]."""

    numpy = of_elements(np.arctanh)

    def jvp(self, dx: Value) -> Value:
        return ops.div(dx, ops.one_minus_square(self.operand))


class ErfOp(ElementwiseUnary, name="erf", dtypes=FLOATING, transcendental=True):
    """Error function, ``2/sqrt(pi)`` times the integral of ``exp(-t**2)`` from 0 to ``x``."""

    numpy = of_elements(_special("erf"))

    def jvp(self, dx: Value) -> Value:
        gaussian = ops.exp(ops.neg(ops.square(self.operand)))
        return ops.mul(dx, ops.scale(gaussian, 2 / math.sqrt(math.pi)))


class ErfcOp(ElementwiseUnary, name="erfc", dtypes=FLOATING, transcendental=True):
    """Complementary error function ``1 - erf(x)``, accurate for large ``x``."""

    numpy = of_elements(_special("erfc"))

    def jvp(self, dx: Value) -> Value:
        gaussian = ops.exp(ops.neg(ops.square(self.operand)))
        return ops.mul(dx, ops.scale(gaussian, -2 / math.sqrt(math.pi)))


class ErfInvOp(ElementwiseUnary, name="erf_inv", dtypes=FLOATING, transcendental=True):
    """Inverse of ``erf``; infinite at -1 and 1, NaN outside."""

    numpy = of_elements(_erf_inv)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.scale(ops.exp(ops.square(self.result)), math.sqrt(math.pi) / 2))


class LgammaOp(ElementwiseUnary, name="lgamma", dtypes=FLOATING, transcendental=True):
    """Logarithm of ``|gamma(x)|``; infinite at the poles 0, -1, -2, ..."""

    # SciPy gives -inf at -inf, C and this dialect inf.
    numpy = of_elements(lambda x: np.where(x == -np.inf, -x, _special("gammaln")(x)))

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.digamma(self.operand))


class DigammaOp(ElementwiseUnary, name="digamma", dtypes=FLOATING, transcendental=True):
    """Derivative of ``log(gamma(x))``; NaN at the poles 0, -1, -2, ..."""

    @staticmethod
    def _psi(x: np.ndarray) -> np.ndarray:
        pole = (x <= 0) & (x == np.floor(x))
        return np.where(pole, np.nan, _special("digamma")(x)).astype(x.dtype)

    numpy = of_elements(_psi)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.polygamma(self.operand, order=1))


class PolygammaOp(ElementwiseUnary, name="polygamma", dtypes=FLOATING, transcendental=True):
    """Derivative number ``order`` of digamma, order >= 1, for ``x > 0``; NaN for ``x <= 0``."""

    order: Int

    @staticmethod
    def infer(x: Aval, *, order: int) -> Aval:
        if order < 1:
            raise DTypeError(f"order must be at least 1; got {order}. Use digamma for order 0.")
        return x

    @staticmethod
    def _derivative(x: np.ndarray, *, order: int) -> np.ndarray:
        return np.where(x > 0, _special("polygamma")(order, x), np.nan).astype(x.dtype)

    numpy = of_elements(_derivative)

    def jvp(self, dx: Value) -> Value:
        return ops.mul(dx, ops.polygamma(self.operand, order=self.order + 1))


class LogisticOp(ElementwiseUnary, name="logistic", dtypes=INEXACT, transcendental=True):
    """``1 / (1 + exp(-x))``."""

    numpy = of_elements(complex_numbers.or_real(complex_numbers.logistic, _logistic))

    def jvp(self, dx: Value) -> Value:
        y = self.result
        return ops.mul(dx, ops.mul(y, ops.sub(ops.full_like(y, 1), y)))


class StopGradientOp(ElementwiseUnary, name="stop_gradient", zero_tangent=True, arithmetic=0):
    """The operand itself, taken as constant by differentiation."""

    access = "nothing"

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        return x

    def lower(self, operand: Value) -> Value:
        return operand


class OptimizationBarrierOp(
    ElementwiseUnary, name="optimization_barrier", linear_in=("operand",), arithmetic=0
):
    """The operand itself; what is computed from it is not merged with what is computed from the operand."""

    access = "nothing"

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        return x

    def lower(self, operand: Value) -> Value:
        return builders.optimization_barrier(operand)


class CheckpointNameOp(ElementwiseUnary, name="checkpoint_name", linear_in=("operand",), arithmetic=0):
    """The operand itself, under a ``label`` by which policies of ``checkpoint`` find it."""

    access = "nothing"

    label: Str

    @staticmethod
    def numpy(x: np.ndarray, *, label: str) -> np.ndarray:
        return x

    def lower(self, operand: Value) -> Value:
        return operand


class IntegerPowOp(ElementwiseUnary, name="integer_pow", dtypes=NUMERIC | COMPLEX):
    """``x ** exponent`` for a static integer exponent; negative exponents for floats and complex numbers only."""

    exponent: Int

    @staticmethod
    def infer(x: Aval, *, exponent: int) -> Aval:
        if exponent < 0 and not is_inexact(x.dtype):
            raise DTypeError(f"integers cannot be raised to the negative power {exponent}; got {x}.")
        return x

    @staticmethod
    def _power(x: np.ndarray, *, exponent: int) -> np.ndarray:
        if exponent == 0:
            return np.ones_like(x)
        # Not starting from 1: a product with a complex 1 loses infinities and signs of zeros.
        power: Any = x
        result: Any = None
        remaining = abs(exponent)
        while remaining:
            if remaining & 1:
                result = power if result is None else result * power
            remaining >>= 1
            if remaining:
                power = power * power
        if exponent >= 0:
            return result
        one = np.ones((), x.dtype)
        return (complex_numbers.divide if is_complex(x.dtype) else np.divide)(one, result)

    numpy = of_elements(_power)

    def jvp(self, dx: Value) -> Value | None:
        n = self.exponent
        if n == 0:
            return None
        if n == 1:
            return dx
        slope = self.operand if n == 2 else ops.integer_pow(self.operand, exponent=n - 1)
        return ops.mul(dx, ops.scale(slope, n))

    def flops(self) -> int:
        """Products by repeated squaring, and a division for negative exponents."""
        n = abs(self.exponent)
        products = max(n.bit_length() - 1 + n.bit_count() - 1, 0) + (self.exponent < 0)
        return aval_of(self.result).size * products * (6 if is_complex(aval_of(self.result).dtype) else 1)


class NotOp(ElementwiseUnary, name="not", dtypes=INTEGER | BOOL, zero_tangent=True):
    """Bitwise complement of integers, logical complement of bools."""

    numpy = np.invert


class PopcntOp(ElementwiseUnary, name="popcnt", dtypes=INTEGER, zero_tangent=True):
    """Number of one bits."""

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        return np.bitwise_count(x.view(f"u{x.dtype.itemsize}")).astype(x.dtype)


class ClzOp(ElementwiseUnary, name="clz", dtypes=INTEGER, zero_tangent=True):
    """Number of leading zero bits; the bit width for 0."""

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        bits = np.asarray(x).view(f"u{x.dtype.itemsize}").copy()
        count = np.full(x.shape, x.dtype.itemsize * 8, bits.dtype)
        while np.any(bits):
            count -= (bits != 0).astype(bits.dtype)
            bits >>= np.ones((), bits.dtype)
        return count.astype(x.dtype)


class IsFiniteOp(ElementwiseUnary, name="is_finite", dtypes=INEXACT, zero_tangent=True):
    """Whether the element is neither infinite nor NaN; gives bool."""

    numpy = np.isfinite

    @staticmethod
    def infer(x: Aval) -> Aval:
        return Aval(x.shape, np.dtype(bool))


class ConvertOp(ElementwiseUnary, name="convert", linear_in=("operand",)):
    """Conversion to another dtype.

    Floats to integers round toward zero and saturate, NaN gives 0; to bool, everything but 0 is true. Complex
    numbers lose their imaginary part on the way to real dtypes.
    """

    dtype: DType

    @staticmethod
    def infer(x: Aval, *, dtype: np.dtype) -> Aval:
        return Aval(x.shape, dtype)

    numpy = by_pieces(converted)

    def jvp(self, dx: Value) -> Value | None:
        if not is_inexact(self.dtype):
            return None
        return ops.convert(dx, dtype=self.dtype)

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        return [ops.convert(ct, dtype=aval_of(self.operand).dtype)]

    def scalar(self, *xs: Value) -> Value:
        return scalar.convert(aval_of(self.operand).dtype, self.dtype, *xs)


class BitcastOp(ElementwiseUnary, name="bitcast", zero_tangent=True, arithmetic=0):
    """The same bits as another dtype of equal width."""

    dtype: DType

    @staticmethod
    def infer(x: Aval, *, dtype: np.dtype) -> Aval:
        excluded = any(d in BOOL | COMPLEX for d in (x.dtype, dtype))
        if dtype.itemsize != x.dtype.itemsize or (excluded and dtype != x.dtype):
            raise DTypeError(
                f"dtypes must have the same width, bool and complex excluded; got {x} to {DTYPES[dtype]}."
            )
        return Aval(x.shape, dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, dtype: np.dtype) -> np.ndarray:
        return np.asarray(x).view(dtype)

    def scalar(self, *xs: Value) -> Value:
        return scalar.bitcast(aval_of(self.operand).dtype, self.dtype, *xs)
