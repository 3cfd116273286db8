"""Conversion of single numbers between dtypes."""

from __future__ import annotations

import numpy as np

from axir_compiler.ir.types import BFLOAT16, BOOL, is_complex, is_float, real_dtype
from axir_compiler.lowering.emit import (
    bits_of,
    compare_float,
    compare_int,
    constant,
    float_of,
    format_of,
    integer_type,
    is_half,
    is_unsigned,
    signless,
    width_of,
)
from axir_compiler.mlir import arith, complex, ir

__all__ = ["bitcast", "convert"]

_FLOAT32, _FLOAT64 = np.dtype("float32"), np.dtype("float64")


def convert(source: np.dtype, target: np.dtype, x: ir.Value) -> ir.Value:
    """``x`` as the target dtype.

    Floats to integers round toward zero and saturate, NaN gives 0; to bool, everything but 0 is true.
    Floats round to the nearest, ties to even. Complex numbers lose their imaginary
    part. Integers to smaller integers keep the low bits.
    """
    if source == target:
        return x
    if is_complex(source) or is_complex(target):
        return _convert_complex(source, target, x)
    if target in BOOL:
        return _to_bool(source, x)
    if is_float(source):
        return _float_to_float(source, target, x) if is_float(target) else _float_to_int(source, target, x)
    return _int_to_float(source, target, x) if is_float(target) else _int_to_int(source, target, x)


def _convert_complex(source: np.dtype, target: np.dtype, x: ir.Value) -> ir.Value:
    """Real numbers get the imaginary part 0; complex ones lose theirs on the way to real dtypes."""
    part, wanted = real_dtype(source), real_dtype(target)
    parts = [complex.ReOp(x).result, complex.ImOp(x).result] if is_complex(source) else [x]
    if target in BOOL:
        return arith.ori(*(_to_bool(part, p) for p in parts))
    if not is_complex(target):
        return convert(part, wanted, parts[0])
    re = convert(part, wanted, parts[0])
    im = convert(part, wanted, parts[1]) if is_complex(source) else constant(signless(wanted), 0)
    return complex.CreateOp(signless(target), re, im).result


def bitcast(source: np.dtype, target: np.dtype, x: ir.Value) -> ir.Value:
    """The same bits as another dtype of equal width."""
    kind = signless(target)
    return x if x.type == kind else arith.bitcast(kind, x)


def _to_bool(source: np.dtype, x: ir.Value) -> ir.Value:
    if is_float(source):
        # By bits: a comparison of floats would take a denormal number for 0.
        bits = bits_of(source, x)
        x = arith.andi(bits, constant(bits.type, format_of(source).magnitude))
    return compare_int("ne", x, constant(x.type, 0))


def _int_to_int(source: np.dtype, target: np.dtype, x: ir.Value) -> ir.Value:
    kind, old, new = signless(target), width_of(source), width_of(target)
    if old == new:
        return x
    if new < old:
        return arith.trunci(kind, x)
    return (arith.extui if is_unsigned(source) else arith.extsi)(kind, x)


def _int_to_float(source: np.dtype, target: np.dtype, x: ir.Value) -> ir.Value:
    wide = _FLOAT32 if is_half(target) else target
    result = (arith.uitofp if is_unsigned(source) else arith.sitofp)(signless(wide), x)
    return _rounded_to_bfloat16(result) if target == BFLOAT16 else _float_to_float(wide, target, result)


def _rounded_to_bfloat16(x: ir.Value) -> ir.Value:
    """A finite float32 as bfloat16, by its bits: the nearest, ties to the even one.

    MLIR would join ``sitofp`` and ``truncf`` to one op, for which IREE links nothing, and of which it dies for wasm32.
    """
    bits = bits_of(_FLOAT32, x)
    half = constant(bits.type, 16)
    odd = arith.andi(arith.shrui(bits, half), constant(bits.type, 1))
    rounded = arith.addi(arith.addi(bits, constant(bits.type, 0x7FFF)), odd)
    return float_of(BFLOAT16, arith.trunci(integer_type(16), arith.shrui(rounded, half)))


def _float_to_float(source: np.dtype, target: np.dtype, x: ir.Value) -> ir.Value:
    if source == target:
        return x
    if is_half(source) and target != _FLOAT32:
        return _float_to_float(_FLOAT32, target, arith.extf(signless(_FLOAT32), x))
    if target == _FLOAT64 or is_half(source):
        return arith.extf(signless(target), x)
    if is_half(target) and source == _FLOAT64:
        x = _round_to_odd(x)
    return arith.truncf(signless(target), x)


def _round_to_odd(x: ir.Value) -> ir.Value:
    """float64 to float32, an inexact result truncated and its last bit set.

    Rounding such a number once more, to a format at least two bits shorter, gives the same as rounding the
    float64 directly: S. Boldo, G. Melquiond, "Emulation of FMA and correctly rounded sums: proved
    algorithms using rounding to odd", IEEE Trans. Comput. 57(4), 2008.
    """
    nearest = arith.truncf(signless(_FLOAT32), x)
    back = arith.extf(signless(_FLOAT64), nearest)
    bits = bits_of(_FLOAT32, nearest)
    one = constant(bits.type, 1)
    away = _magnitude_above(back, x)
    truncated = arith.select(away, arith.subi(bits, one), bits)
    inexact = arith.select(compare_float("unordered", x, x), _false(), compare_float("ne", back, x))
    return float_of(_FLOAT32, arith.select(inexact, arith.ori(truncated, one), bits))


def _magnitude_above(x: ir.Value, y: ir.Value) -> ir.Value:
    def magnitude(value: ir.Value) -> ir.Value:
        bits = bits_of(_FLOAT64, value)
        return arith.andi(bits, constant(bits.type, format_of(_FLOAT64).magnitude))

    return compare_int("gt", magnitude(x), magnitude(y))


def _false() -> ir.Value:
    return constant(ir.IntegerType.get_signless(1), 0)


def _float_to_int(source: np.dtype, target: np.dtype, x: ir.Value) -> ir.Value:
    """Saturating conversion; the machine's own gives different garbage in vector and in scalar code."""
    if is_half(source):
        return _float_to_int(_FLOAT32, target, arith.extf(signless(_FLOAT32), x))
    kind, info = signless(target), np.iinfo(target)
    # Bounds that are floats: the smallest power of two above the range, and the lower end itself.
    too_large = compare_float("ge", x, constant(x.type, float(int(info.max) + 1)))
    too_small = compare_float("le", x, constant(x.type, float(info.min)))
    is_nan = compare_float("unordered", x, x)
    outside = arith.ori(is_nan, arith.ori(too_large, too_small))
    inside = arith.select(outside, constant(x.type, 0.0), x)
    result = (arith.fptoui if is_unsigned(target) else arith.fptosi)(kind, inside)
    result = arith.select(too_small, constant(kind, info.min), result)
    return arith.select(too_large, constant(kind, info.max), result)
