"""Discrete cosine transforms, as ``scipy.fft``."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as onp

from axir import lax
from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir.numpy.elementwise import multiply
from axir.numpy.shapes import moveaxis
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import COMPLEX

__all__ = ["dct", "dctn", "idct", "idctn"]

Axes = Sequence[int]


def dct(x: ArrayLike, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None) -> Array:
    """Discrete cosine transform of type 2 or 3 along an axis.

    Type 2: ``y[k] = 2 sum_j x[j] cos(pi k (2j + 1) / (2n))``. Type 3 is its inverse up to the factor ``2n``.

    Args:
        x: Real array.
        type: 2 or 3.
        n: Length to which the axis is cut or padded with zeros.
        axis: Axis of the transform.
        norm: ``"ortho"`` makes the transform orthogonal; ``None`` or ``"backward"`` leaves it as it is.

    Raises: ShapeError for other types, norms or lengths, DTypeError for complex numbers.
    """
    rows = _rows("dct", x, n, axis, norm)
    _check_type("dct", type)
    found = _second(rows, norm) if type == 2 else _third(rows, norm)
    return moveaxis(found, -1, axis)


def idct(x: ArrayLike, type: int = 2, n: int | None = None, axis: int = -1, norm: str | None = None) -> Array:
    """Inverse of ``dct`` of the same type; the arguments are those of ``dct``.

    Args:
        x, type, n, axis, norm: As in ``dct``.

    Raises: AxisError; ShapeError for other sizes and types.
    """
    rows = _rows("idct", x, n, axis, norm)
    _check_type("idct", type)
    found = _third(rows, norm) if type == 2 else _second(rows, norm)
    scale = 1.0 if norm == "ortho" else 1 / (2 * rows.shape[-1])
    return moveaxis(multiply(found, scale), -1, axis)


def dctn(
    x: ArrayLike, type: int = 2, s: Axes | None = None, axes: Axes | None = None, norm: str | None = None
) -> Array:
    """``dct`` along several axes, by default all.

    Args:
        x: Real array.
        type: As in ``dct``.
        s: Sizes along the axes: shorter ones cut, longer ones pad with zeros.
        axes: The axes.
        norm: As in ``dct``.

    Returns: floats.

    Raises: AxisError; ShapeError for other types.
    """
    return _along_all(dct, x, type, s, axes, norm)


def idctn(
    x: ArrayLike, type: int = 2, s: Axes | None = None, axes: Axes | None = None, norm: str | None = None
) -> Array:
    """``idct`` along several axes, by default all.

    Args:
        x: Real array.
        type: As in ``dct``.
        s: Sizes along the axes: shorter ones cut, longer ones pad with zeros.
        axes: The axes.
        norm: As in ``dct``.

    Returns: floats.

    Raises: AxisError; ShapeError for other types.
    """
    return _along_all(idct, x, type, s, axes, norm)


def _along_all(
    transform, x: ArrayLike, type: int, s: Axes | None, axes: Axes | None, norm: str | None
) -> Array:
    found = to_array(x)
    if axes is None:
        axes = range(found.ndim - len(s), found.ndim) if s is not None else range(found.ndim)
    lengths = [None] * len(axes) if s is None else list(s)
    if len(lengths) != len(axes):
        raise located(
            ShapeError(f"{transform.__name__}n: needs a length for each axis; got s={s}, axes={axes}.")
        )
    for axis, n in zip(axes, lengths, strict=True):
        found = transform(found, type, n, axis, norm)
    return found


def _check_type(name: str, type: int) -> None:
    if type not in (2, 3):
        raise located(ShapeError(f"{name}: type must be 2 or 3; got {type!r}."))


def _rows(name: str, x: ArrayLike, n: int | None, axis: int, norm: str | None) -> Array:
    """The operand as floats, cut or padded to the length, with the transformed axis last."""
    array = to_array(x)
    if array.dtype in COMPLEX:
        raise located(DTypeError(f"{name}: the operand must be real; got {array.aval}. Transform its parts."))
    if norm not in (None, "backward", "ortho"):
        raise located(ShapeError(f"{name}: norm must be None, 'backward' or 'ortho'; got {norm!r}."))
    array = moveaxis(convert(array, inexact(array.dtype)), axis_of(axis, array.ndim, name), -1)
    if array.dtype.itemsize == 2:
        array = convert(array, onp.dtype("float32"))
    length = array.shape[-1] if n is None else static_int(n, name)
    if length < 1:
        raise located(ShapeError(f"{name}: the length must be at least 1; got {length} for {array.aval}."))
    sides = [(0, 0, 0)] * (array.ndim - 1) + [(0, length - array.shape[-1], 0)]
    return lax.pad(array, lax.full((), 0, array.dtype), sides)


def _turns(rows: Array, sign: float) -> Array:
    """``exp(sign i pi k / (2n))`` for the positions of the last axis."""
    length = rows.shape[-1]
    at = lax.broadcasted_iota(rows.dtype, rows.shape, rows.ndim - 1)
    angle = lax.mul(at, math.pi / (2 * length))
    return lax.complex(lax.cos(angle), lax.mul(lax.sin(angle), sign))


def _second(rows: Array, norm: str | None) -> Array:
    """By one transform of the even elements followed by the odd ones in reverse order.

    J. Makhoul, "A fast cosine transform in one and two dimensions", IEEE Trans. ASSP 28(1), 1980.
    """
    last, length = rows.ndim - 1, rows.shape[-1]
    even = lax.slice_in_dim(rows, 0, length, 2, axis=last)
    odd = lax.rev(lax.slice_in_dim(rows, 1, length, 2, axis=last), (last,)) if length > 1 else None
    order = even if odd is None else lax.concatenate((even, odd), last)
    spectrum = lax.fft(order, "fft", (length,))
    found = lax.mul(lax.real(lax.mul(spectrum, _turns(rows, -1.0))), 2.0)
    return lax.mul(found, _weights(found, 1.0)) if norm == "ortho" else found


def _third(rows: Array, norm: str | None) -> Array:
    """The transpose of ``_second``: the inverse transform, with its elements put back where they came from."""
    last, length = rows.ndim - 1, rows.shape[-1]
    if norm == "ortho":
        rows = lax.mul(rows, _weights(rows, 2.0))
    mirrored = lax.rev(rows, (last,))
    # x[n] counts as 0: element k of the imaginary part is -x[n - k].
    zero = lax.full((), 0, rows.dtype)
    shifted = lax.pad(mirrored, zero, [(0, 0, 0)] * last + [(1, -1, 0)])
    spectrum = lax.mul(lax.complex(rows, lax.neg(shifted)), _turns(rows, 1.0))
    values = lax.mul(lax.real(lax.fft(spectrum, "ifft", (length,))), float(length))
    half = (length + 1) // 2
    even = lax.slice_in_dim(values, 0, half, axis=last)
    odd = lax.rev(lax.slice_in_dim(values, half, length, axis=last), (last,))
    spread = [(0, 0, 0)] * last
    first = lax.pad(even, zero, [*spread, (0, length - (2 * half - 1), 1)])
    if length == 1:
        return first
    count = length - half
    return lax.add(first, lax.pad(odd, zero, [*spread, (1, length - 2 * count, 1)]))


def _weights(rows: Array, first: float) -> Array:
    """Factors that make a transform of type 2 orthogonal, for type 3 with ``first = 2``."""
    length, last = rows.shape[-1], rows.ndim - 1
    at = lax.broadcasted_iota("int32", rows.shape, last)
    rest = 1 / math.sqrt(2 * length)
    start = math.sqrt(1 / length) if first == 2.0 else math.sqrt(1 / (4 * length))
    return lax.select(
        lax.eq(at, 0), lax.full(rows.shape, start, rows.dtype), lax.full(rows.shape, rest, rows.dtype)
    )
