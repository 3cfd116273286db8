"""Functions of integers: divisors, multiples, packed bits."""

from __future__ import annotations

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast, promoted
from axir._src.messages import located
from axir._src.promotion import BOOL
from axir.numpy.elementwise import absolute, multiply
from axir.numpy.logic import choose_by
from axir.numpy.shapes import moveaxis, ravel
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import INTEGER

__all__ = ["gcd", "lcm", "packbits", "unpackbits"]

_UINT8 = np.dtype("uint8")


def _sizes(where: str, x1: ArrayLike, x2: ArrayLike) -> list[Array]:
    (x, y), _ = promoted(x1, x2)
    if x.dtype not in INTEGER:
        raise located(ShapeError(f"{where}: operands must be integers; got {x.aval} and {y.aval}."))
    return broadcast([absolute(x), absolute(y)], where)


def gcd(x1: ArrayLike, x2: ArrayLike) -> Array:
    """Greatest common divisor by Euclid's algorithm, never negative; that of 0 and 0 is 0.

    Raises: ShapeError if an operand is no integer, or they do not broadcast.
    """
    x, y = _sizes("gcd", x1, x2)
    return lax.while_loop(_unfinished, _reduced, (x, y))[0] if x.size else x


def _unfinished(pair: tuple[Array, Array]) -> Array:
    return lax.ne(pair[1], lax.full_like(pair[1], 0)).any()


def _reduced(pair: tuple[Array, Array]) -> tuple[Array, Array]:
    x, y = pair
    done = lax.eq(y, lax.full_like(y, 0))
    rest = lax.rem(x, lax.select(done, lax.full_like(y, 1), y))
    return lax.select(done, x, y), lax.select(done, y, rest)


def lcm(x1: ArrayLike, x2: ArrayLike) -> Array:
    """Least common multiple, never negative; 0 if an operand is 0. Too large ones wrap around.

    Raises: ShapeError if an operand is no integer, or they do not broadcast.
    """
    x, y = _sizes("lcm", x1, x2)
    divisor = gcd(x, y)
    none = lax.eq(divisor, lax.full_like(divisor, 0))
    return choose_by(none, 0, multiply(x, lax.div(y, choose_by(none, 1, divisor))))


def _bit_places(bitorder: str, where: str) -> Array:
    if bitorder not in ("big", "little"):
        raise located(ShapeError(f"{where}: bitorder must be 'big' or 'little'; got {bitorder!r}."))
    places = lax.iota(_UINT8, 8)
    return lax.rev(places, (0,)) if bitorder == "big" else places


def _rows(x: Array, axis: int | None, where: str) -> tuple[Array, int]:
    """The array with the axis at the end, and where it was."""
    if axis is None:
        return ravel(x), 0
    at = axis_of(axis, x.ndim, where)
    return moveaxis(x, at, -1), at


def packbits(a: ArrayLike, axis: int | None = None, bitorder: str = "big") -> Array:
    """Bools, or integers as whether they are not zero, eight to a byte.

    Args:
        a: Array of integers or bools.
        axis: Axis to pack, by default that of the raveled array; what is missing to whole bytes is 0.
        bitorder: ``"big"`` makes the first one the highest bit, ``"little"`` the lowest.

    Returns: Bytes, an eighth as many along the axis.
    Raises: DTypeError for other dtypes, ShapeError for another order, AxisError.
    """
    x = to_array(a)
    if x.dtype not in INTEGER and x.dtype != BOOL:
        raise located(DTypeError(f"packbits: needs integers or bools; got {x.aval}."))
    places = _bit_places(bitorder, "packbits")
    bits, at = _rows(convert(convert(x, BOOL), _UINT8), axis, "packbits")
    missing = -bits.shape[-1] % 8
    bits = lax.pad(bits, lax.full((), 0, _UINT8), [*[(0, 0, 0)] * (bits.ndim - 1), (0, missing, 0)])
    bits = lax.reshape(bits, (*bits.shape[:-1], bits.shape[-1] // 8, 8))
    shifted = lax.shift_left(bits, lax.broadcast_in_dim(places, bits.shape, (bits.ndim - 1,)))
    return moveaxis(lax.reduce_sum(shifted, (bits.ndim - 1,)), -1, at)


def unpackbits(
    a: ArrayLike, axis: int | None = None, count: int | None = None, bitorder: str = "big"
) -> Array:
    """The bits of bytes, as bytes 0 and 1.

    Args:
        a: Array of uint8.
        axis: Axis to unpack, by default that of the raveled array.
        count: How many bits to give along the axis: the first ones, or all and zeros.
        bitorder: See ``packbits``.

    Returns: Bytes, eight times as many along the axis.
    Raises: DTypeError for another dtype, ShapeError for another order, AxisError.
    """
    x = to_array(a)
    if x.dtype != _UINT8:
        raise located(DTypeError(f"unpackbits: needs bytes, uint8; got {x.aval}."))
    places = _bit_places(bitorder, "unpackbits")
    rows, at = _rows(x, axis, "unpackbits")
    shape = (*rows.shape, 8)
    spread = lax.broadcast_in_dim(rows, shape, range(rows.ndim))
    shifts = lax.broadcast_in_dim(places, shape, (rows.ndim,))
    bits = lax.bitwise_and(lax.shift_right_logical(spread, shifts), lax.full(shape, 1, _UINT8))
    bits = lax.reshape(bits, (*rows.shape[:-1], rows.shape[-1] * 8))
    if count is not None:
        wanted, has = static_int(count, "unpackbits"), bits.shape[-1]
        wanted = max(wanted + has, 0) if wanted < 0 else wanted
        padding = [*[(0, 0, 0)] * (bits.ndim - 1), (0, max(wanted - has, 0), 0)]
        bits = lax.pad(bits, lax.full((), 0, _UINT8), padding)
        bits = lax.slice_in_dim(bits, 0, wanted, axis=bits.ndim - 1)
    return moveaxis(bits, -1, at)
