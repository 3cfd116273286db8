"""Floats rounded to fewer bits."""

from __future__ import annotations

import numpy as np

from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import Int
from axir_compiler.ir.types import FLOATING, Aval
from axir_compiler.later import emit
from axir_compiler.ops.elementwise import ElementwiseUnary


class ReducePrecisionOp(ElementwiseUnary, name="reduce_precision", dtypes=FLOATING, linear_in=("operand",)):
    """Rounded to the nearest number with so many bits of exponent and fraction, ties to even (of exponents, if there is
    no fraction).

    What is larger than all of those becomes infinite, what is smaller than the normal ones 0; NaN stays. Tangents are
    rounded likewise.
    """

    exponent_bits: Int
    mantissa_bits: Int

    @staticmethod
    def infer(x: Aval, *, exponent_bits: int, mantissa_bits: int) -> Aval:
        if exponent_bits < 1 or mantissa_bits < 0:
            raise ShapeError(
                "exponent_bits must be positive and mantissa_bits not negative; got "
                f"exponent_bits={exponent_bits}, mantissa_bits={mantissa_bits}."
            )
        return x

    @staticmethod
    def numpy(x: np.ndarray, *, exponent_bits: int, mantissa_bits: int) -> np.ndarray:
        layout = emit.format_of(x.dtype)
        bits = np.ascontiguousarray(x).view(f"u{x.dtype.itemsize}").reshape(x.shape)
        one = bits.dtype.type(1)
        found, dropped = bits, layout.fraction - mantissa_bits
        if dropped > 0:
            last = (bits >> bits.dtype.type(dropped)) & one
            found = bits + last + bits.dtype.type((1 << (dropped - 1)) - 1)
            found = found & bits.dtype.type(layout.sign * 2 - (1 << dropped))
        if exponent_bits < layout.width - 1 - layout.fraction:
            bias, narrow = layout.one >> layout.fraction, (1 << (exponent_bits - 1)) - 1
            sign = bits & bits.dtype.type(layout.sign)
            exponent = found & bits.dtype.type(layout.infinity)
            found = np.where(
                exponent > (bias + narrow) << layout.fraction, sign | bits.dtype.type(layout.infinity), found
            )
            found = np.where(exponent <= (bias - narrow) << layout.fraction, sign, found)
        return np.where(np.isnan(x), x, found.astype(bits.dtype, copy=False).view(x.dtype))
