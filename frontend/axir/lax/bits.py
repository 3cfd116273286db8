"""Operations on the bits of numbers: high halves of products, and fewer bits of floats."""

from __future__ import annotations

import numpy as np

from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax._operands import same_dtype, same_shape
from axir.lax.elementwise import (
    add,
    bitwise_and,
    lt,
    mul,
    select,
    shift_right_arithmetic,
    shift_right_logical,
    sub,
)
from axir_compiler.errors import DTypeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import INTEGER, UNSIGNED

__all__ = ["mulhi", "reduce_precision"]


def reduce_precision(operand: ArrayLike, exponent_bits: int, mantissa_bits: int) -> Array:
    """Floats rounded to a format with fewer bits, in the dtype that they have.

    Args:
        operand: Array of floats.
        exponent_bits: Bits of the exponent, at least 1. Larger numbers become infinite, smaller ones than the smallest
            normal number 0.
        mantissa_bits: Bits of the fraction, at least 0; ties go to the even one.

    Raises: DTypeError for other dtypes, ShapeError for other counts of bits. The derivative rounds tangents likewise.
    """
    exponent = static_int(exponent_bits, "reduce_precision")
    mantissa = static_int(mantissa_bits, "reduce_precision")
    x = to_array(operand)
    return bind(OPS["reduce_precision"], x, exponent_bits=exponent, mantissa_bits=mantissa)


def mulhi(x: ArrayLike, y: ArrayLike, /) -> Array:
    """The high half of the bits of ``x * y``: what does not fit into the dtype.

    Args:
        x, y: Integers of one dtype, of one shape or scalars.

    Raises: DTypeError, ShapeError if they are not.
    """
    arrays, _ = same_dtype("mulhi", (x, y))
    a, b = same_shape("mulhi", arrays)
    dtype = a.dtype
    if dtype not in INTEGER:
        raise located(DTypeError(f"lax.mulhi: operands must be integers; got {a.aval}. Use lax.mul."))
    width = 8 * dtype.itemsize
    if width < 64:
        wide = np.dtype(f"{dtype.kind}8")
        shift = shift_right_logical if dtype in UNSIGNED else shift_right_arithmetic
        product = mul(convert(a, wide), convert(b, wide))
        return convert(shift(product, width), dtype)
    if dtype in UNSIGNED:
        return _high_of_64(a, b)
    unsigned = [_as_unsigned(v) for v in (a, b)]
    high = bind(OPS["bitcast"], _high_of_64(*unsigned), weak=False, dtype=dtype)
    # A negative number counts 2**64 too much as an unsigned one.
    for own, other in ((a, b), (b, a)):
        high = sub(high, select(lt(own, 0), other, mul(other, 0)))
    return high


def _as_unsigned(x: Array) -> Array:
    """The bits of 64-bit integers as unsigned ones."""
    return bind(OPS["bitcast"], x, weak=False, dtype=np.dtype("uint64"))


def _high_of_64(x: Array, y: Array) -> Array:
    """High halves of products of unsigned 64-bit integers, by those of their halves (Knuth, TAOCP vol. 2, 4.3.1)."""
    (a, b), (c, d) = ((shift_right_logical(v, 32), bitwise_and(v, 0xFFFFFFFF)) for v in (x, y))
    low, left, right = mul(b, d), mul(a, d), mul(b, c)
    middle = add(
        add(shift_right_logical(low, 32), bitwise_and(left, 0xFFFFFFFF)), bitwise_and(right, 0xFFFFFFFF)
    )
    carried = add(shift_right_logical(left, 32), shift_right_logical(right, 32))
    return add(add(mul(a, c), carried), shift_right_logical(middle, 32))
