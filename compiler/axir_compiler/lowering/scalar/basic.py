"""Arithmetic, comparison, rounding and bit operations on single numbers of any dtype.

Every function takes the dtype of its operands first: operands are signless, so that the dtype alone tells
signed from unsigned integers. 16-bit floats compute in float32 and round once; operations that only look at
or change bits (neg, abs, sign, nextafter, ...) work in the format itself and are exact also for denormal
numbers, which IREE's CPU kernels otherwise flush to zero.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from axir_compiler.ir.types import BOOL, is_complex, is_float
from axir_compiler.lowering.emit import (
    bits_of,
    compare_float,
    compare_int,
    constant,
    float_of,
    format_of,
    is_half,
    is_unsigned,
    signless,
)
from axir_compiler.lowering.scalar import complex as complex_numbers
from axir_compiler.lowering.scalar.complex import on_values
from axir_compiler.lowering.scalar.expression import Condition
from axir_compiler.mlir import arith, ir, math

__all__ = [
    "abs",
    "add",
    "and_",
    "ceil",
    "clamp",
    "compare",
    "floor",
    "in_float32",
    "integer_pow",
    "is_finite",
    "max",
    "min",
    "mul",
    "neg",
    "nextafter",
    "not_",
    "or_",
    "round_half_away",
    "round_half_even",
    "select",
    "sign",
    "sub",
    "xor",
]

_FLOAT32 = np.dtype("float32")


def in_float32(function: Callable[..., ir.Value], dtype: np.dtype, *xs: ir.Value) -> ir.Value:
    """``function(*xs)`` on floats; 16-bit floats are widened to float32 and the result rounded back."""
    if not is_half(dtype):
        return function(*xs)
    wide = signless(_FLOAT32)
    return arith.truncf(signless(dtype), function(*(arith.extf(wide, x) for x in xs)))


def _arithmetic(
    on_float: Callable[..., Any], on_int: Callable[..., Any], on_complex: Callable[..., Any]
) -> Callable[..., ir.Value]:
    def call(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
        if is_complex(dtype):
            return on_values(on_complex, x, y)
        return in_float32(on_float, dtype, x, y) if is_float(dtype) else on_int(x, y)

    return call


add = _arithmetic(arith.addf, arith.addi, operator.add)
sub = _arithmetic(arith.subf, arith.subi, operator.sub)
mul = _arithmetic(arith.mulf, arith.muli, operator.mul)


def _extremum(on_float: Any, on_signed: Any, on_unsigned: Any, on_complex: Any) -> Callable[..., ir.Value]:
    def call(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
        if is_complex(dtype):
            return on_values(on_complex, x, y)
        if is_float(dtype):
            return in_float32(on_float, dtype, x, y)
        return (on_unsigned if is_unsigned(dtype) else on_signed)(x, y)

    return call


# maximumf and minimumf propagate NaN and order -0 before 0; maxnumf and minnumf do neither.
_maxima = arith.maximumf, arith.maxsi, arith.maxui
_minima = arith.minimumf, arith.minsi, arith.minui
max = _extremum(*_maxima, complex_numbers.larger)
min = _extremum(*_minima, complex_numbers.smaller)
# The same for many elements: also a complex NaN stays when it is the second operand, what was found so far.
fold_max = _extremum(*_maxima, complex_numbers.larger_or_nan)
fold_min = _extremum(*_minima, complex_numbers.smaller_or_nan)


def clamp(dtype: np.dtype, lower: ir.Value, x: ir.Value, upper: ir.Value) -> ir.Value:
    """``min(max(x, lower), upper)``; NaN in any operand gives NaN."""
    return min(dtype, max(dtype, x, lower), upper)


def select(predicate: ir.Value, on_true: ir.Value, on_false: ir.Value) -> ir.Value:
    """``on_true`` if the bool holds, else ``on_false``."""
    if isinstance(on_true.type, ir.ComplexType):
        chosen = Condition(predicate)
        return on_values(lambda yes, no: complex_numbers.select_complex(chosen, yes, no), on_true, on_false)
    return arith.select(predicate, on_true, on_false)


def compare(dtype: np.dtype, direction: str, x: ir.Value, y: ir.Value) -> ir.Value:
    """``x <direction> y`` as bool, direction one of eq ne lt le gt ge; false with NaN except for ne.

    Complex numbers are equal or not, they have no order."""
    if is_complex(dtype):
        equal = on_values(complex_numbers.equal, x, y)
        return equal if direction == "eq" else arith.xori(equal, constant(equal.type, 1))
    if not is_float(dtype):
        return compare_int(direction, x, y, unsigned=is_unsigned(dtype))
    if is_half(dtype):
        wide = signless(_FLOAT32)
        x, y = arith.extf(wide, x), arith.extf(wide, y)
    return compare_float(direction, x, y)


def neg(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """``-x``; integers wrap around."""
    if is_complex(dtype):
        return on_values(lambda z: -z, x)
    if not is_float(dtype):
        return arith.subi(constant(x.type, 0), x)
    if not is_half(dtype):
        return arith.negf(x)
    bits = bits_of(dtype, x)
    return float_of(dtype, arith.xori(bits, constant(bits.type, format_of(dtype).sign)))


def abs(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """``|x|``; the most negative integer stays itself."""
    if is_complex(dtype):
        return on_values(complex_numbers.absolute, x)
    if is_float(dtype):
        return float_of(dtype, _magnitude(dtype, x)) if is_half(dtype) else math.absf(x)
    return x if is_unsigned(dtype) else arith.maxsi(x, arith.subi(constant(x.type, 0), x))


def _magnitude(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Bits of ``|x|``; they order like the numbers, with NaN above infinity."""
    bits = bits_of(dtype, x)
    return arith.andi(bits, constant(bits.type, format_of(dtype).magnitude))


def _sign_bit(dtype: np.dtype, x: ir.Value) -> ir.Value:
    bits = bits_of(dtype, x)
    return arith.andi(bits, constant(bits.type, format_of(dtype).sign))


def sign(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """-1, 0 or 1; signed zeros and NaN stay themselves. Of a complex number ``x / |x|``."""
    if is_complex(dtype):
        return on_values(complex_numbers.sign, x)
    if not is_float(dtype):
        return _sign_of_integer(dtype, x)
    layout, magnitude = format_of(dtype), _magnitude(dtype, x)
    kind = magnitude.type
    # NaN and zero: magnitude - 1 is outside [0, infinity), read as unsigned.
    below = arith.subi(magnitude, constant(kind, 1))
    plain = compare_int("lt", below, constant(kind, layout.infinity), unsigned=True)
    one = float_of(dtype, arith.ori(_sign_bit(dtype, x), constant(kind, layout.one)))
    return arith.select(plain, one, x)


def _sign_of_integer(dtype: np.dtype, x: ir.Value) -> ir.Value:
    zero, one = constant(x.type, 0), constant(x.type, 1)
    if is_unsigned(dtype):
        return arith.minui(x, one)
    return arith.maxsi(arith.minsi(x, one), arith.subi(zero, one))


def is_finite(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Whether ``x`` is neither infinite nor NaN."""
    if is_complex(dtype):
        return on_values(complex_numbers.is_finite, x)
    magnitude = _magnitude(dtype, x)
    return compare_int("lt", magnitude, constant(magnitude.type, format_of(dtype).infinity))


def nextafter(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """The float after ``x`` in the direction of ``y``, as C's ``nextafter``, denormal numbers included.

    Works on the integers that order like the floats: the magnitude's bits, negated below zero.
    """
    layout = format_of(dtype)
    size_x, size_y = _magnitude(dtype, x), _magnitude(dtype, y)
    kind = size_x.type
    zero, one, infinity = (constant(kind, n) for n in (0, 1, layout.infinity))
    rank_x, rank_y = _rank(dtype, x, size_x), _rank(dtype, y, size_y)
    up = compare_int("lt", rank_x, rank_y)
    next_rank = arith.addi(rank_x, arith.select(up, one, constant(kind, -1)))
    size = arith.maxsi(next_rank, arith.subi(zero, next_rank))
    # Stepping from a denormal number to zero keeps the sign of x; every other step has that of the rank.
    signed = arith.select(compare_int("eq", size, zero), bits_of(dtype, x), next_rank)
    step = arith.ori(size, arith.andi(signed, constant(kind, layout.sign)))
    result = arith.select(compare_int("eq", rank_x, rank_y), y, float_of(dtype, step))
    result = arith.select(compare_int("gt", size_y, infinity), y, result)
    return arith.select(compare_int("gt", size_x, infinity), x, result)


def _rank(dtype: np.dtype, x: ir.Value, magnitude: ir.Value) -> ir.Value:
    zero = constant(magnitude.type, 0)
    negative = compare_int("lt", bits_of(dtype, x), zero)
    return arith.select(negative, arith.subi(zero, magnitude), magnitude)


def floor(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Largest integer not above ``x``."""
    return in_float32(math.floor, dtype, x)


def ceil(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Smallest integer not below ``x``."""
    return in_float32(math.ceil, dtype, x)


def round_half_even(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Nearest integer, ties to the even one."""
    return in_float32(math.roundeven, dtype, x)


def round_half_away(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Nearest integer, ties away from zero."""

    def rounded(x: ir.Value) -> ir.Value:
        # floor, not trunc: for CPUs without a rounding instruction IREE links no trunc.
        size = math.absf(x)
        whole = math.floor(size)
        above = arith.addf(whole, constant(x.type, 1.0))
        is_tie_or_above = compare_float("ge", arith.subf(size, whole), constant(x.type, 0.5))
        return math.copysign(arith.select(is_tie_or_above, above, whole), x)

    return in_float32(rounded, dtype, x)


def integer_pow(dtype: np.dtype, x: ir.Value, exponent: int) -> ir.Value:
    """``x ** exponent`` by repeated squaring; a negative exponent gives ``1 / x**-exponent``."""
    if is_complex(dtype):
        return on_values(complex_numbers.integer_power, x, exponent=exponent)
    if not is_float(dtype):
        return _power(arith.muli, x, exponent)

    def power(x: ir.Value) -> ir.Value:
        result = _power(arith.mulf, x, exponent if exponent >= 0 else -exponent)
        return result if exponent >= 0 else arith.divf(constant(x.type, 1.0), result)

    return in_float32(power, dtype, x)


def _power(multiply: Callable[..., ir.Value], x: ir.Value, exponent: int) -> ir.Value:
    result: ir.Value | None = None
    while exponent:
        if exponent & 1:
            result = x if result is None else multiply(result, x)
        exponent >>= 1
        if exponent:
            x = multiply(x, x)
    return constant(x.type, 1) if result is None else result


def and_(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Bitwise and; logical for bools."""
    return arith.andi(x, y)


def or_(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Bitwise or; logical for bools."""
    return arith.ori(x, y)


def xor(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Bitwise exclusive or; logical for bools."""
    return arith.xori(x, y)


def not_(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Bitwise complement; logical for bools."""
    return arith.xori(x, constant(x.type, 1 if dtype in BOOL else -1))
