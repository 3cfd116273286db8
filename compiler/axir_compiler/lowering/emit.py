"""Constants, comparisons and bit patterns of single numbers: the vocabulary of the scalar functions."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from axir_compiler.ir.types import BFLOAT16, BOOL, UNSIGNED, element_type, is_inexact
from axir_compiler.mlir import arith, complex, context, ir

__all__ = [
    "Format",
    "bit_width",
    "bits_of",
    "compare_float",
    "compare_int",
    "constant",
    "float_of",
    "format_of",
    "integer_attribute",
    "integer_type",
    "is_half",
    "is_unsigned",
    "signless",
    "signless_type",
    "width_of",
]

_HALF = frozenset({np.dtype("float16"), BFLOAT16})


class Format(NamedTuple):
    """Bit layout of a float format: the sign is the top bit, then the exponent, then the fraction."""

    width: int
    fraction: int
    sign: int
    magnitude: int
    infinity: int
    one: int


def _format(width: int, fraction: int) -> Format:
    sign = 1 << (width - 1)
    infinity = sign - (1 << fraction)
    one = (sign // 2 - (1 << fraction)) & infinity
    return Format(width, fraction, sign, sign - 1, infinity, one)


_FORMATS = {
    np.dtype("float16"): _format(16, 10),
    BFLOAT16: _format(16, 7),
    np.dtype("float32"): _format(32, 23),
    np.dtype("float64"): _format(64, 52),
}


def format_of(dtype: np.dtype) -> Format:
    """Bit layout of a float dtype."""
    return _FORMATS[dtype]


def is_half(dtype: np.dtype) -> bool:
    """Whether the dtype is a 16-bit float, which computes in float32."""
    return dtype in _HALF


def is_unsigned(dtype: np.dtype) -> bool:
    """Whether integers of the dtype compare, divide and extend as unsigned numbers; bool does."""
    return dtype in UNSIGNED or dtype in BOOL


def width_of(dtype: np.dtype) -> int:
    """Bits of an element; 1 for bool."""
    return 1 if dtype in BOOL else dtype.itemsize * 8


def integer_type(width: int) -> ir.Type:
    """Signless integer type of a width."""
    return ir.IntegerType.get_signless(width, context())


def signless(dtype: np.dtype) -> ir.Type:
    """The element type that carries values of a dtype in lowered code."""
    return element_type(dtype) if is_inexact(dtype) else integer_type(width_of(dtype))


def signless_type(kind: ir.Type) -> ir.Type:
    """An element type without its signedness."""
    if isinstance(kind, ir.IntegerType) and not kind.is_signless:
        return integer_type(kind.width)
    return kind


def constant(kind: ir.Type, value: Any) -> ir.Value:
    """A number of a scalar type; integers may be given signed or as their unsigned bit pattern."""
    if isinstance(kind, ir.ComplexType):
        # IREE crashes on constants of complex type.
        parts = (value.real, value.imag)
        return complex.CreateOp(kind, *(constant(kind.element_type, part) for part in parts)).result
    if isinstance(kind, ir.FloatType):
        attribute: ir.Attribute = ir.FloatAttr.get(kind, float(value))
    elif isinstance(kind, ir.IndexType):
        attribute = ir.IntegerAttr.get(kind, int(value))
    else:
        attribute = integer_attribute(kind, int(value))
    return arith.constant(kind, attribute)


def integer_attribute(kind: ir.Type, value: int) -> ir.Attribute:
    """An integer of a signless type, given signed or as its unsigned bit pattern."""
    width = ir.IntegerType(kind).width
    bits = value & ((1 << width) - 1)
    # Attributes take the bits as a signed number.
    return ir.IntegerAttr.get(kind, bits - (1 << width) if bits >> (width - 1) else bits)


def bit_width(kind: ir.Type) -> int:
    """Bits of an integer or float type."""
    return (ir.IntegerType if isinstance(kind, ir.IntegerType) else ir.FloatType)(kind).width


_INT_PREDICATES = {
    "eq": (0, 0),
    "ne": (1, 1),
    "lt": (2, 6),
    "le": (3, 7),
    "gt": (4, 8),
    "ge": (5, 9),
}
_FLOAT_PREDICATES = {"eq": 1, "gt": 2, "ge": 3, "lt": 4, "le": 5, "ne": 13, "unordered": 14}


def compare_int(direction: str, x: ir.Value, y: ir.Value, *, unsigned: bool = False) -> ir.Value:
    """``x <direction> y`` of integers."""
    return arith.cmpi(_INT_PREDICATES[direction][unsigned], x, y)


def compare_float(direction: str, x: ir.Value, y: ir.Value) -> ir.Value:
    """``x <direction> y`` of floats, as IEEE 754: false with NaN except for ``ne`` and ``unordered``."""
    return arith.cmpf(_FLOAT_PREDICATES[direction], x, y)


def bits_of(dtype: np.dtype, x: ir.Value) -> ir.Value:
    """The bit pattern of a float."""
    return arith.bitcast(integer_type(format_of(dtype).width), x)


def float_of(dtype: np.dtype, bits: ir.Value) -> ir.Value:
    """The float of a bit pattern."""
    return arith.bitcast(element_type(dtype), bits)
