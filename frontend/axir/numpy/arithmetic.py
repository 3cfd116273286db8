"""Arithmetic that takes several ops: division and remainder, powers, parts of floats."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.convert import ArrayLike, convert, is_number, to_array, typed
from axir._src.elementwise import apply, apply_binary, broadcast, promoted
from axir._src.messages import located
from axir._src.promotion import inexact
from axir._src.remember import remembered
from axir._src.ufunc import binary_ufunc
from axir.numpy.elementwise import (
    absolute,
    exp2,
    greater,
    less,
    log,
    log1p,
    logical_or,
    maximum,
    minimum,
    multiply,
    no_out,
    number,
    trunc,
)
from axir.numpy.logic import choose_by, isinf, isnan, signbit
from axir_compiler.errors import DTypeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import FLOATING, INTEGER, UNSIGNED

__all__ = [
    "copysign",
    "deg2rad",
    "degrees",
    "divmod",
    "float_power",
    "floor_divide",
    "fmax",
    "fmin",
    "fmod",
    "frexp",
    "heaviside",
    "hypot",
    "ldexp",
    "log2",
    "log10",
    "logaddexp",
    "logaddexp2",
    "mod",
    "modf",
    "pow",
    "power",
    "rad2deg",
    "radians",
    "remainder",
    "sinc",
    "spacing",
]


@remembered
def float_power(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``x1 ** x2`` as floats."""
    return apply_binary(OPS["pow"], x1, x2, True)


def _static_exponent(x: Any) -> int | None:
    """The value of an integer scalar that is known while tracing."""
    if type(x) is int:
        return x
    scalar = isinstance(x, ConcreteArray | np.ndarray | np.integer) and not x.ndim and x.dtype in INTEGER
    return int(x) if scalar else None


def power(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``x1 ** x2``.

    An integer scalar that is known is taken by repeated multiplication, in the dtype of ``x1``. Arrays of integers to
    negative powers out of an array round toward zero.

    Args:
        x1, x2: Numeric arrays whose shapes broadcast; bools count as integers.

    Raises: DTypeError for a known negative power of integers, ShapeError if the shapes do not broadcast.
    """
    known = _static_exponent(x2)
    if known is not None:
        return lax.integer_pow(number(x1), known)
    exponent = to_array(x2)
    (x, y), weak = promoted(x1, x2)
    # The dtype of an integer exponent has no part in the result's, but its being strong has.
    weak = weak and (exponent.weak_type or exponent.dtype not in INTEGER)
    return apply(OPS["pow"], (number(x), number(y)), weak)


pow = power


def _quotient_operands(where: str, x1: ArrayLike, x2: ArrayLike) -> tuple[Array, Array]:
    (x, y), _ = promoted(x1, x2)
    x, y = broadcast((number(x), number(y)), where)
    return x, y


def _zero(x: Array) -> Array:
    return lax.full_like(x, 0)


@remembered
def floor_divide(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Largest integer not above ``x1 / x2``, in the common dtype.

    Integer division by zero gives -1 before rounding, that of floats an infinity or NaN.
    """
    x, y = _quotient_operands("floor_divide", x1, x2)
    if x.dtype in UNSIGNED:
        return lax.div(x, y)
    if x.dtype in INTEGER:
        quotient = lax.div(x, y)
        differ = lax.bitwise_and(lax.ne(lax.sign(x), lax.sign(y)), lax.ne(lax.rem(x, y), 0))
        return lax.select(differ, lax.sub(quotient, 1), quotient)
    return _float_divmod(x, y)[0]


def _float_divmod(x: Array, y: Array) -> tuple[Array, Array]:
    """Quotient and remainder of floats; by way of the remainder, since ``x / y`` may round up to an integer."""
    left = lax.rem(x, y)
    quotient = lax.div(lax.sub(x, left), y)
    differ = lax.bitwise_and(lax.ne(lax.sign(y), lax.sign(left)), lax.ne(left, 0.0))
    left = lax.select(differ, lax.add(left, y), left)
    quotient = lax.round(lax.select(differ, lax.sub(quotient, 1.0), quotient))
    return lax.select(lax.eq(y, 0.0), lax.div(x, y), quotient), left


def _integer_remainder(x: Array, y: Array) -> Array:
    """Remainder with the sign of ``x``; 0 modulo 0."""
    return lax.select(lax.eq(y, 0), _zero(x), lax.rem(x, y))


@remembered
def remainder(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Remainder of ``floor_divide``, with the sign of ``x2``; modulo 0 it is 0 of integers, NaN of floats."""
    x, y = _quotient_operands("remainder", x1, x2)
    if x.dtype in UNSIGNED:
        return _integer_remainder(x, y)
    left = lax.rem(x, y) if x.dtype in FLOATING else _integer_remainder(x, y)
    differ = lax.ne(lax.lt(left, _zero(left)), lax.lt(y, _zero(y)))
    return lax.select(lax.bitwise_and(differ, lax.ne(left, _zero(left))), lax.add(left, y), left)


mod = remainder


@remembered
def fmod(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Remainder with the sign of ``x1``; modulo 0 it is 0 of integers, NaN of floats."""
    x, y = _quotient_operands("fmod", x1, x2)
    return lax.rem(x, y) if x.dtype in FLOATING else _integer_remainder(x, y)


@remembered
def divmod(x1: ArrayLike, x2: ArrayLike, /) -> tuple[Array, Array]:
    """``floor_divide`` and ``remainder`` at once."""
    x, y = _quotient_operands("divmod", x1, x2)
    return _float_divmod(x, y) if x.dtype in FLOATING else (floor_divide(x, y), remainder(x, y))


@remembered
def fmax(x1: ArrayLike, x2: ArrayLike) -> Array:
    """Larger operand; NaN only if both are."""
    (x, y), _ = promoted(x1, x2)
    return choose_by(logical_or(greater(x, y), isnan(y)), x, y)


@remembered
def fmin(x1: ArrayLike, x2: ArrayLike) -> Array:
    """Smaller operand; NaN only if both are."""
    (x, y), _ = promoted(x1, x2)
    return choose_by(logical_or(less(x, y), isnan(y)), x, y)


def _to_float(x: ArrayLike) -> Array:
    array = to_array(x)
    return convert(array, inexact(array.dtype), array.weak_type)


def _scaled(name: str, factor: float, doc: str):
    def function(x: ArrayLike, /) -> Array:
        return multiply(_to_float(x), factor)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = doc
    return function


deg2rad = radians = _scaled("deg2rad", math.pi / 180, "Degrees as radians.")
rad2deg = degrees = _scaled("rad2deg", 180 / math.pi, "Radians as degrees.")


def _strong(x: Array) -> Array:
    return convert(x, x.dtype)


def _settled(result: Array, *args: ArrayLike) -> Array:
    """A result whose type is weak only if that of every operand is."""
    weak = all(typed(x if is_number(x) else to_array(x))[1] for x in args)
    return convert(result, result.dtype, weak)


@remembered
def log2(x: ArrayLike, /) -> Array:
    """Logarithm to base 2, as ``log(x) / log(2)``."""
    return _strong(lax.div(log(x), math.log(2)))


@remembered
def log10(x: ArrayLike, /) -> Array:
    """Logarithm to base 10, as ``log(x) / log(10)``."""
    return _strong(lax.div(log(x), math.log(10)))


@remembered
def hypot(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``sqrt(x1**2 + x2**2)`` without overflow; infinite if an operand is, even if the other is NaN."""
    (x, y), _ = promoted(x1, x2, to_float=True)
    x, y = absolute(x), absolute(y)
    large, small = maximum(x, y), minimum(x, y)
    safe = choose_by(lax.eq(large, 0.0), 1.0, large)
    ratio = lax.div(broadcast((small, safe))[0], safe)
    found = lax.mul(large, lax.sqrt(lax.add(lax.integer_pow(ratio, 2), 1.0)))
    found = choose_by(lax.eq(large, 0.0), 0.0, found)
    return _settled(choose_by(logical_or(isinf(x), isinf(y)), math.inf, found), x1, x2)


@binary_ufunc
@remembered
def logaddexp(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``log(exp(x1) + exp(x2))`` without overflow.

    Args:
        x1, x2: Arrays that broadcast; integers are converted to the default float.
        out, where: Must be ``None``.
    """
    return _logaddexp(x1, x2, lax.exp, log1p)


@binary_ufunc
@remembered
def logaddexp2(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``log2(2**x1 + 2**x2)`` without overflow.

    Args:
        x1, x2: Arrays that broadcast; integers are converted to the default float.
        out, where: Must be ``None``.
    """
    return _logaddexp(x1, x2, exp2, lambda v: lax.div(log1p(v), math.log(2)))


def _logaddexp(x1: ArrayLike, x2: ArrayLike, power_of, log_of_1_plus) -> Array:
    (x, y), _ = promoted(x1, x2, to_float=True)
    x, y = broadcast((x, y), "logaddexp")
    # Equal infinities have no difference; there the result is the operand itself.
    same = lax.bitwise_and(lax.eq(x, y), isinf(x))
    delta = lax.select(same, lax.full_like(x, 0.0), lax.sub(x, y))
    found = lax.add(maximum(x, y), log_of_1_plus(power_of(lax.neg(lax.abs(delta)))))
    return lax.select(same, x, found)


@remembered
def copysign(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``|x1|`` with the sign of ``x2``, as floats."""
    (x, y), _ = promoted(x1, x2, to_float=True)
    return choose_by(lax.ne(*broadcast((signbit(x), signbit(y)))), lax.neg(x), x)


@remembered
def heaviside(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """0 for negative ``x1``, 1 for positive, ``x2`` at 0; NaN stays."""
    (x, y), _ = promoted(x1, x2, to_float=True)
    step = choose_by(lax.lt(x, 0.0), 0.0, choose_by(lax.gt(x, 0.0), 1.0, y))
    return _settled(choose_by(isnan(x), x, step), x1, x2)


@remembered
def sinc(x: ArrayLike, /) -> Array:
    """``sin(pi x) / (pi x)``, 1 at 0; derivatives of every order are right there up to the eighth."""
    z = multiply(_to_float(x), math.pi)
    near = lax.lt(lax.abs(z), 0.1)
    safe = lax.select(near, lax.full_like(z, 1.0), z)
    square = lax.select(near, lax.integer_pow(z, 2), lax.full_like(z, 0.0))
    # Taylor series, sum of (-z**2)**n / (2n + 1)!; its next term is below 3e-18.
    series = lax.full_like(z, 1.0)
    for n in range(8, 0, -2):
        series = lax.sub(1.0, lax.mul(lax.mul(square, 1 / (n * (n + 1))), series))
    return lax.select(near, series, lax.div(lax.sin(safe), safe))


_MANTISSA = {"float16": 10, "bfloat16": 7, "float32": 23, "float64": 52}


def _exponent_layout(x: Array) -> tuple[np.dtype, int, int]:
    """Integer dtype of the same width, mantissa bits and bias of the exponent."""
    width = 8 * x.dtype.itemsize
    mantissa = _MANTISSA[x.dtype.name]
    return np.dtype(f"int{width}"), mantissa, (1 << (width - mantissa - 2)) - 1


def _power_of_two(n: Array, like: Array) -> Array:
    """``2**n`` as a float of the dtype of ``like``, for exponents of normal numbers."""
    _, mantissa, bias = _exponent_layout(like)
    return lax.bitcast_convert_type(lax.shift_left(lax.add(n, bias), mantissa), like.dtype)


@remembered
def ldexp(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """``x1 * 2**x2`` for integers ``x2``.

    Raises: DTypeError if ``x2`` is no integer.
    """
    x, n = _to_float(x1), to_array(x2)
    if n.dtype not in INTEGER:
        raise located(DTypeError(f"ldexp: exponents must be integers; got {n.aval}."))
    integer, _, bias = _exponent_layout(x)
    # Four factors of normal size reach every float from every other.
    n = (
        convert(lax.clamp(-4 * (bias - 1), n, 4 * (bias - 1)), integer)
        if n.dtype.itemsize > 1
        else convert(n, integer)
    )
    x, n = broadcast((x, n), "ldexp")
    quarter = lax.shift_right_arithmetic(n, 2)
    factor = _power_of_two(quarter, x)
    for _step in range(3):
        x = lax.mul(x, factor)
    return lax.mul(x, _power_of_two(lax.sub(n, lax.mul(quarter, 3)), x))


def frexp(x: ArrayLike, /) -> tuple[Array, Array]:
    """Mantissa in ``[0.5, 1)`` and int32 exponent: ``x == mantissa * 2**exponent``.

    Zeros, infinities and NaN are their own mantissa, with exponent 0.
    """
    value = _to_float(x)
    integer, mantissa, bias = _exponent_layout(value)
    # Subnormal numbers are scaled to normal ones first.
    tiny = lax.lt(lax.abs(value), 2.0 ** (1 - bias))
    scaled = lax.select(tiny, lax.mul(value, 2.0 ** (mantissa + 1)), value)
    bits = lax.bitcast_convert_type(scaled, integer)
    field = lax.bitwise_and(lax.shift_right_logical(bits, mantissa), 2 * bias + 1)
    exponent = lax.sub(field, bias - 1)
    exponent = lax.select(tiny, lax.sub(exponent, mantissa + 1), exponent)
    mask = ((2 * bias + 1) << mantissa) | 0
    fraction = lax.bitwise_or(lax.bitwise_and(bits, ~mask), (bias - 1) << mantissa)
    plain = lax.bitwise_or(lax.eq(value, 0.0), lax.bitwise_not(lax.is_finite(value)))
    fraction = lax.select(plain, value, lax.bitcast_convert_type(fraction, value.dtype))
    exponent = convert(exponent, np.dtype("int32"))
    return fraction, lax.select(plain, lax.full_like(exponent, 0), exponent)


@remembered
def modf(x: ArrayLike, /, out: None = None) -> tuple[Array, Array]:
    """Fractional and integral part, both with the sign of ``x``."""
    no_out("modf", out)
    value = _to_float(x)
    whole = trunc(value)
    fraction = choose_by(isinf(value), 0.0, lax.sub(value, whole))
    return copysign(fraction, value), copysign(whole, value)


def spacing(x: ArrayLike, /) -> Array:
    """Distance to the next float away from zero."""
    value = _to_float(x)
    outward = lax.select(signbit(value), lax.full_like(value, -math.inf), lax.full_like(value, math.inf))
    return lax.sub(lax.nextafter(value, outward), value)
