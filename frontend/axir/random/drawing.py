"""What distributions are made of: their arguments, checked, and uniform and normal floats of random bits."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import Shape, shape_of
from axir._src.convert import ArrayLike, convert, is_number, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to
from axir._src.messages import located
from axir._src.promotion import DTypeLike, common, default_float, default_int, requested
from axir._src.scalar_types import finfo
from axir.random.keys import Key, parts, random_bits
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import COMPLEX, FLOATING, INEXACT, INTEGER, real_dtype

__all__ = [
    "common_shape",
    "drawn_width",
    "fitting_shape",
    "float_dtype",
    "from_normal_bits",
    "inexact_dtype",
    "int_dtype",
    "mode_of",
    "normal_floats",
    "parameter",
    "scaled",
    "uniform_floats",
    "unit_floats",
]


def _checked_dtype(dtype: np.dtype, where: str, kinds: Any, what: str) -> np.dtype:
    if dtype not in kinds:
        raise located(DTypeError(f"random.{where}: dtype must be {what} dtype; got {dtype}."))
    return dtype


def float_dtype(dtype: DTypeLike, where: str) -> np.dtype:
    """The float dtype of a result, by default the default one."""
    wanted = default_float() if dtype is None else requested(dtype, f"random.{where}")
    return _checked_dtype(wanted, where, FLOATING, "a float")


def inexact_dtype(dtype: DTypeLike, where: str) -> np.dtype:
    """The float or complex dtype of a result, by default the default float dtype."""
    wanted = default_float() if dtype is None else requested(dtype, f"random.{where}")
    return _checked_dtype(wanted, where, INEXACT, "a float or complex")


def int_dtype(dtype: DTypeLike, where: str) -> np.dtype:
    """The integer dtype of a result, by default the default one."""
    wanted = default_int() if dtype is None else requested(dtype, f"random.{where}")
    return _checked_dtype(wanted, where, INTEGER, "an integer")


def mode_of(mode: str | None, where: str, allowed: tuple[str, ...] = ("high", "low")) -> str:
    """How many bits are drawn for a number, by default few."""
    if mode is None:
        return "low"
    if mode not in allowed:
        raise ValueError(f"random.{where}: mode must be one of {', '.join(allowed)}; got {mode!r}.")
    return mode


def common_shape(shape: Shape | None, where: str, *parameters: ArrayLike) -> tuple[int, ...]:
    """The shape of the result, to which the parameters must broadcast; by default their common one."""
    return fitting_shape(shape, where, *[to_array(p).shape for p in parameters])


def fitting_shape(shape: Shape | None, where: str, *shapes: tuple[int, ...]) -> tuple[int, ...]:
    """``common_shape`` of the shapes of parameters."""
    if shape is None:
        return broadcast_shapes(*shapes, where=f"random.{where}")
    target = shape_of(shape, f"random.{where}")
    if broadcast_shapes(target, *shapes, where=f"random.{where}") != target:
        given = ", ".join(map(str, shapes))
        raise located(
            ShapeError(f"random.{where}: parameters of shapes {given} do not broadcast to {target}.")
        )
    return target


def parameter(x: ArrayLike, dtype: np.dtype, shape: tuple[int, ...], where: str = "") -> Array:
    """A parameter in the dtype and shape of the result.

    With ``where`` its own dtype must not be a wider one, which would lose digits.
    """
    array = to_array(x)
    if where and common([(array.dtype, array.weak_type), (dtype, False)])[0] != dtype:
        raise located(
            DTypeError(
                f"random.{where}: the parameter {array.aval} loses digits in a result of {dtype}. Convert it, or "
                "give another dtype."
            )
        )
    return broadcast_to(convert(array, dtype), shape)


def drawn_width(dtype: np.dtype) -> int:
    """How many random bits a float of a dtype needs: 8, 16, 32 or 64."""
    return 8 if finfo(dtype).nmant < 8 else 8 * dtype.itemsize


def unit_floats(bits: Array, dtype: np.dtype) -> Array:
    """Floats in [0, 1) of ``drawn_width`` random bits: the mantissa of one in [1, 2), less 1."""
    width = 8 * dtype.itemsize
    unsigned = np.dtype(f"uint{width}")
    one = int(np.array(1, dtype).view(unsigned))
    surplus = drawn_width(dtype) - finfo(dtype).nmant
    pattern = lax.bitwise_or(lax.shift_right_logical(convert(bits, unsigned), surplus), one)
    return lax.sub(lax.bitcast_convert_type(pattern, dtype), 1.0)


def scaled(unit: Array, minval: ArrayLike, maxval: ArrayLike) -> Array:
    """Floats in [0, 1) scaled to ``[minval, maxval)``."""
    if is_number(minval) and is_number(maxval) and (minval, maxval) == (0, 1):
        return unit
    low, high = (parameter(bound, unit.dtype, unit.shape) for bound in (minval, maxval))
    return lax.max(low, lax.add(lax.mul(unit, lax.sub(high, low)), low))


def uniform_floats(
    key: Key,
    shape: tuple[int, ...],
    dtype: np.dtype,
    where: str,
    minval: ArrayLike = 0.0,
    maxval: ArrayLike = 1.0,
) -> Array:
    """Uniformly distributed floats in ``[minval, maxval)``."""
    return scaled(unit_floats(random_bits(key, drawn_width(dtype), shape, where), dtype), minval, maxval)


def from_normal_bits(bits: Array, dtype: np.dtype) -> Array:
    """Normally distributed floats of ``drawn_width`` random bits, by the inverse of the distribution function."""
    low = np.nextafter(np.array(-1, dtype), np.array(0, dtype))
    drawn = scaled(unit_floats(bits, dtype), float(low), 1.0)
    return lax.mul(lax.erf_inv(drawn), float(np.array(math.sqrt(2), dtype)))


def normal_floats(key: Key, shape: tuple[int, ...], dtype: np.dtype, where: str) -> Array:
    """Floats of the normal distribution of mean 0 and variance 1."""
    if dtype in COMPLEX:
        return _complex_normal(key, shape, dtype, where)
    return from_normal_bits(random_bits(key, drawn_width(dtype), shape, where), dtype)


def _complex_normal(key: Key, shape: tuple[int, ...], dtype: np.dtype, where: str) -> Array:
    real = real_dtype(dtype)
    re, im = (normal_floats(k, shape, real, where) for k in parts(key, 2, where))
    root = float(np.array(math.sqrt(2), real))
    return lax.div(lax.complex(re, im), lax.full((), root, dtype))
