"""Rows of the case table for floats that are rounded to fewer bits."""

from __future__ import annotations

import math
from fractions import Fraction

from axir_compiler.ir.types import FLOATING
from references import each
from samples import Arg, Case

__all__ = ["PRECISION"]


def _rounded(x: float, *, exponent_bits: int, mantissa_bits: int) -> float:
    """By exact fractions; the formats have so few bits that float64 holds their numbers."""
    if x == 0 or not math.isfinite(x):
        return x
    power = math.frexp(x)[1] - 1
    units = abs(Fraction(x)) / Fraction(2) ** (power - mantissa_bits)
    count = round(units)
    if mantissa_bits == 0 and units == Fraction(3, 2):
        # No fraction is even: exponents decide, which are stored with an odd number added.
        count = 1 if power % 2 else 2
    largest, exponent = (1 << (exponent_bits - 1)) - 1, count.bit_length() - 1 + power - mantissa_bits
    if exponent > largest:
        return math.copysign(math.inf, x)
    size = 0.0 if exponent <= -largest else float(count * Fraction(2) ** (power - mantissa_bits))
    return math.copysign(size, x)


def _case(label: str, arg: Arg, exponent_bits: int, mantissa_bits: int) -> Case:
    attrs = {"exponent_bits": exponent_bits, "mantissa_bits": mantissa_bits}
    name = f"{exponent_bits} and {mantissa_bits}, {label}"
    return Case("reduce_precision", name, (arg,), each(_rounded), FLOATING, attrs, smooth=False)


PRECISION = (
    *(_case("special", Arg(special=True), *bits) for bits in ((5, 10), (4, 3), (3, 0), (8, 7), (20, 60))),
    _case("odd", Arg((7,)), 4, 3),
    _case("one", Arg((1,)), 4, 3),
    _case("rank 0", Arg(), 4, 3),
    _case("empty", Arg((2, 0)), 4, 3),
)
