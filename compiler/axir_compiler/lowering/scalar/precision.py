"""Floats rounded to fewer bits."""

from __future__ import annotations

import numpy as np

from axir_compiler.lowering.emit import bits_of, compare_int, constant, float_of, format_of
from axir_compiler.mlir import arith, ir

__all__ = ["reduce_precision"]


def reduce_precision(dtype: np.dtype, x: ir.Value, exponent_bits: int, mantissa_bits: int) -> ir.Value:
    """``x`` rounded to the nearest number of a format with fewer bits, ties to even; see the op."""
    layout, bits = format_of(dtype), bits_of(dtype, x)
    kind = bits.type

    def number(value: int) -> ir.Value:
        return constant(kind, value)

    found = bits
    dropped = layout.fraction - mantissa_bits
    if dropped > 0:
        last = arith.andi(arith.shrui(bits, number(dropped)), number(1))
        found = arith.addi(found, arith.addi(last, number((1 << (dropped - 1)) - 1)))
        found = arith.andi(found, number(-1 << dropped))
    if exponent_bits < layout.width - 1 - layout.fraction:
        bias, narrow = layout.one >> layout.fraction, (1 << (exponent_bits - 1)) - 1
        sign = arith.andi(bits, number(layout.sign))
        exponent = arith.andi(found, number(layout.infinity))
        is_large = compare_int("gt", exponent, number((bias + narrow) << layout.fraction))
        is_small = compare_int("le", exponent, number((bias - narrow) << layout.fraction))
        found = arith.select(is_large, arith.ori(sign, number(layout.infinity)), found)
        found = arith.select(is_small, sign, found)
    magnitude = arith.andi(bits, number(layout.magnitude))
    is_nan = compare_int("gt", magnitude, number(layout.infinity))
    return float_of(dtype, arith.select(is_nan, bits, found))
