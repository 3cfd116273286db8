"""Integer operations whose machine instructions trap or are undefined for some operands.

Division by zero and ``INT_MIN / -1`` raise SIGFPE on x86, and a shift by the width or more gives different
results in vector and in scalar code. The functions here are defined for all operands, as in XLA.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from axir_compiler.lowering.emit import compare_int, constant, is_unsigned, width_of
from axir_compiler.mlir import arith, ir, math, scf

__all__ = [
    "clz",
    "div",
    "popcnt",
    "pow",
    "rem",
    "shift_left",
    "shift_right_arithmetic",
    "shift_right_logical",
]


def _safe_divisor(dtype: np.dtype, x: ir.Value, y: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Whether ``y`` is 0, and ``y`` with 1 in place of every divisor that would trap.

    ``INT_MIN / 1`` and ``INT_MIN rem 1`` are also the wanted results for the divisor -1.
    """
    is_zero = compare_int("eq", y, constant(y.type, 0))
    traps = is_zero
    if not is_unsigned(dtype):
        lowest = compare_int("eq", x, constant(x.type, 1 << (width_of(dtype) - 1)))
        minus_one = compare_int("eq", y, constant(y.type, -1))
        traps = arith.ori(traps, arith.andi(lowest, minus_one))
    return is_zero, arith.select(traps, constant(y.type, 1), y)


def div(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Quotient rounded toward zero; ``x / 0`` is -1 (all bits one), ``INT_MIN / -1`` is ``INT_MIN``."""
    is_zero, divisor = _safe_divisor(dtype, x, y)
    quotient = (arith.divui if is_unsigned(dtype) else arith.divsi)(x, divisor)
    return arith.select(is_zero, constant(x.type, -1), quotient)


def rem(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Remainder with the sign of ``x``; ``x rem 0`` is ``x``, ``INT_MIN rem -1`` is 0."""
    is_zero, divisor = _safe_divisor(dtype, x, y)
    remainder = (arith.remui if is_unsigned(dtype) else arith.remsi)(x, divisor)
    return arith.select(is_zero, x, remainder)


def _guarded_shift(
    dtype: np.dtype, shift: Callable[..., ir.Value], x: ir.Value, y: ir.Value, overflow: ir.Value
) -> ir.Value:
    """Shift by ``y``, or ``overflow`` if ``y`` (read as unsigned) is the width or more."""
    outside = compare_int("ge", y, constant(y.type, width_of(dtype)), unsigned=True)
    amount = arith.select(outside, constant(y.type, 0), y)
    return arith.select(outside, overflow, shift(x, amount))


def shift_left(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Left shift; an amount outside [0, width) gives 0."""
    return _guarded_shift(dtype, arith.shli, x, y, constant(x.type, 0))


def shift_right_logical(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Right shift that fills with zeros; an amount outside [0, width) gives 0."""
    return _guarded_shift(dtype, arith.shrui, x, y, constant(x.type, 0))


def shift_right_arithmetic(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Right shift that fills with the sign bit; an amount outside [0, width) leaves only sign bits."""
    last = constant(y.type, width_of(dtype) - 1)
    return arith.shrsi(x, arith.minui(y, last))


def popcnt(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Number of one bits."""
    return math.ctpop(x)


def clz(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """Number of leading zero bits; the width for 0."""
    return math.ctlz(x)


def pow(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """``x ** y`` modulo ``2**width`` by repeated squaring.

    A negative exponent gives ``1 / x**-y`` rounded toward zero: 1 and -1 have powers, all else is 0.
    """
    if is_unsigned(dtype):
        return _power(dtype, x, y)
    kind = x.type
    zero, one, minus_one = (constant(kind, n) for n in (0, 1, -1))
    is_odd = compare_int("ne", arith.andi(y, one), zero)
    of_minus_one = arith.select(is_odd, minus_one, one)
    inverse = arith.select(compare_int("eq", x, minus_one), of_minus_one, zero)
    inverse = arith.select(compare_int("eq", x, one), one, inverse)
    return arith.select(compare_int("lt", y, zero), inverse, _power(dtype, x, y))


def _power(dtype: np.dtype, x: ir.Value, y: ir.Value) -> ir.Value:
    """Power for an exponent read as unsigned, one bit of it per iteration."""
    index = ir.IndexType.get()
    first, last, step = (constant(index, n) for n in (0, width_of(dtype), 1))
    zero, one = constant(x.type, 0), constant(x.type, 1)
    loop = scf.ForOp(first, last, step, [one, x, y])
    with ir.InsertionPoint(loop.body):
        result, power, rest = loop.inner_iter_args
        is_odd = compare_int("ne", arith.andi(rest, one), zero)
        result = arith.select(is_odd, arith.muli(result, power), result)
        scf.yield_([result, arith.muli(power, power), arith.shrui(rest, one)])
    return loop.results[0]
