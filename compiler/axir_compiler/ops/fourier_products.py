"""Discrete Fourier transforms as products with small matrices, for targets that run no loops over single elements.

A transform of length ``r m`` is ``m`` transforms of length ``r``, a product with roots of unity, and ``r`` transforms
of length ``m``: J. W. Cooley, J. W. Tukey, "An algorithm for the machine calculation of complex Fourier series",
Mathematics of Computation 19, 1965. Short ones are products with the matrix of the transform. Lengths with a large
prime factor are convolutions with a chirp: L. I. Bluestein, "A linear filtering approach to the computation of the
discrete Fourier transform", IEEE Trans. AU 18(4), 1970.

Complex numbers are real tensors here, whose first axis holds real and imaginary parts: a complex product of matrices is
then one of real matrices.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import Aval, aval_of, is_complex

__all__ = ["fft_by_products"]

_INT32 = np.dtype("int32")
_INT64 = np.dtype("int64")
# Matrices of transforms up to this length; larger prime factors are left to convolutions.
_DIRECT = 64
_LARGEST_FACTOR = 128
# The largest number whose square is an int32.
_SQUARED = 46340


def fft_by_products(x: Value, kind: str, lengths: Sequence[int], result: Aval) -> Value:
    """A transform of the last ``len(lengths)`` axes, as of ``axir.fft``, with a result of the given type."""
    if not aval_of(x).size:
        return ops.zeros(result)
    first = aval_of(x).ndim - len(lengths)
    sign = -1 if kind in ("fft", "rfft") else 1
    planes = _planes(x)
    order = range(len(lengths)) if kind == "irfft" else reversed(range(len(lengths)))
    for k in order:
        last, axis = k == len(lengths) - 1, first + k + 1
        if last and kind == "irfft":
            planes = _whole(planes, axis, lengths[k])
        planes = _along(planes, axis, sign)
        if last and kind == "rfft":
            planes = _window(planes, axis, 0, lengths[k] // 2 + 1)
    if sign > 0:
        planes = ops.scale(planes, 1 / math.prod(lengths))
    re, im = _plane(planes, 0), _plane(planes, 1)
    return ops.complex(re, im) if is_complex(result.dtype) else re


def _planes(x: Value) -> Value:
    """Real and imaginary parts in a new first axis."""
    re, im = (ops.real(x), ops.imag(x)) if is_complex(aval_of(x).dtype) else (x, ops.zeros_like(x))
    re, im = (ops.broadcast_axis(part, 0, 2) for part in (re, im))
    return ops.select(_is_imaginary(re), im, re)


def _is_imaginary(planes: Value, axis: int = 0) -> Value:
    """Whether elements are imaginary parts."""
    plane = ops.iota(shape=aval_of(planes).shape, dimension=axis, dtype=_INT32)
    return ops.compare(plane, ops.zeros_like(plane), direction="ne")


def _plane(planes: Value, number: int) -> Value:
    return ops.reshape(_window(planes, 0, number, number + 1), shape=aval_of(planes).shape[1:])


def _window(x: Value, axis: int, start: int, limit: int) -> Value:
    shape = aval_of(x).shape
    low, high = [0] * len(shape), list(shape)
    low[axis], high[axis] = start, max(start, limit)
    return ops.slice(x, start=tuple(low), limit=tuple(high), stride=(1,) * len(shape))


def _conjugate(planes: Value) -> Value:
    return ops.select(_is_imaginary(planes), ops.neg(planes), planes)


def _times(planes: Value, re: Value, im: Value) -> Value:
    """Products of complex numbers; the parts of the factors are given for both planes."""
    crossed = ops.mul(ops.reverse(planes, dimensions=(0,)), im)
    crossed = ops.select(_is_imaginary(crossed), crossed, ops.neg(crossed))
    return ops.add(ops.mul(planes, re), crossed)


def _whole(planes: Value, axis: int, length: int) -> Value:
    """A half spectrum and its other half, the conjugates in reverse order."""
    rest = _window(planes, axis, 1, (length + 1) // 2)
    return ops.concatenate(planes, _conjugate(ops.reverse(rest, dimensions=(axis,))), dimension=axis)


def _along(planes: Value, axis: int, sign: int) -> Value:
    last = aval_of(planes).ndim - 1
    moved = ops.move_axis(planes, axis, last)
    shape = aval_of(moved).shape
    flat = ops.reshape(moved, shape=(2, math.prod(shape[1:-1]), shape[-1]))
    found = ops.reshape(_transform(flat, sign), shape=shape)
    return ops.move_axis(found, last, axis)


def _transform(x: Value, sign: int) -> Value:
    """``sum_k x[k] exp(sign 2 pi i j k / n)`` along the last axis of ``[2, rows, n]``."""
    _, rows, length = aval_of(x).shape
    if length == 1:
        return x
    if _largest_prime(length) > _LARGEST_FACTOR:
        return _bluestein(x, sign)
    radix = _radix(length)
    others = length // radix
    spread = ops.reshape(x, shape=(2, rows, radix, others))
    found = _multiplied(spread, radix, sign)
    if others > 1:
        found = _times(found, *_twiddles(found, length, sign))
        found = _transform(ops.reshape(found, shape=(2, radix * rows, others)), sign)
    found = ops.reshape(found, shape=(2, radix, rows, others))
    return ops.reshape(ops.permute(found, (0, 2, 3, 1)), shape=(2, rows, length))


def _largest_prime(number: int) -> int:
    factor, largest = 2, 1
    while number > 1:
        if factor * factor > number:
            return max(largest, number)
        while number % factor == 0:
            number, largest = number // factor, factor
        factor += 1
    return largest


def _radix(length: int) -> int:
    """The factor that is split off: such that all factors are of about one size."""
    if length <= _DIRECT:
        return length
    stages = math.ceil(math.log(length) / math.log(_DIRECT))
    factors = [n for n in range(2, _LARGEST_FACTOR + 1) if length % n == 0]
    return min(factors, key=lambda n: abs(math.log(n) - math.log(length) / stages))


def _multiplied(x: Value, radix: int, sign: int) -> Value:
    """Transforms along the axis of size ``radix`` of ``[2, rows, radix, others]``: ``[2, radix, rows, others]``."""
    dtype, shape = aval_of(x).dtype, (2, radix, 2, radix)
    row, column = (ops.iota(shape=shape, dimension=d, dtype=_INT32) for d in (1, 3))
    exponent = ops.rem(ops.mul(row, column), ops.full_like(row, radix))
    cosine, sine = _root(exponent, radix, sign, dtype)
    # Parts come from the same parts by the cosine, from the others by the sine, real ones from its opposite.
    to_imaginary, from_imaginary = _is_imaginary(sine), _is_imaginary(sine, 2)
    crossed = ops.select(to_imaginary, sine, ops.neg(sine))
    matrix = ops.select(ops.xor(to_imaginary, from_imaginary), crossed, cosine)
    return ops.dot_general(
        matrix, x, lhs_contract=(2, 3), rhs_contract=(0, 2), lhs_batch=(), rhs_batch=(), dtype=dtype
    )


def _twiddles(x: Value, length: int, sign: int) -> tuple[Value, Value]:
    """Parts of the roots by which ``[2, radix, rows, others]`` is multiplied between two transforms."""
    shape, dtype = aval_of(x)
    row, column = (ops.iota(shape=shape, dimension=d, dtype=_INT32) for d in (1, 3))
    return _root(ops.mul(row, column), length, sign, dtype)


def _root(exponent: Value, length: int, sign: int, dtype: np.dtype) -> tuple[Value, Value]:
    """Parts of ``exp(sign 2 pi i exponent / length)`` for exponents in ``[0, length)``.

    The angle is brought into the first eighth of the circle in integers, so that it is exact but for one division.
    """
    eighth = ops.scale(exponent, 8)
    octant = ops.div(eighth, ops.full_like(exponent, length))
    rest = ops.sub(eighth, ops.scale(octant, length))
    rest = ops.select(_has_bit(octant, 1), ops.sub(ops.full_like(rest, length), rest), rest)
    part = ops.div(ops.convert(rest, dtype=dtype), ops.full(aval_of(rest).shape, length, dtype))
    angle = ops.scale(part, math.pi / 4)
    # Cosine and sine change places in the octants 1, 2, 5 and 6.
    swapped = _has_bit(ops.add(octant, ops.full_like(octant, 1)), 2)
    sine, cosine = _series(angle, 1), _series(angle, 0)
    x, y = ops.select(swapped, sine, cosine), ops.select(swapped, cosine, sine)
    left = _has_bit(ops.add(octant, ops.full_like(octant, 2)), 4)
    below = _has_bit(octant, 4)
    if sign < 0:
        below = ops.not_(below)
    return ops.select(left, ops.neg(x), x), ops.select(below, ops.neg(y), y)


def _series(angle: Value, first: int) -> Value:
    """Sine (``first`` is 1) or cosine (0) of angles in ``[0, pi / 4]``, by their power series."""
    square, total = ops.square(angle), None
    for k in reversed(range(first, 11 + first if aval_of(angle).dtype.itemsize == 4 else 19 + first, 2)):
        term = ops.full_like(angle, (-1) ** (k // 2) / math.factorial(k))
        total = term if total is None else ops.add(ops.mul(total, square), term)
    assert total is not None
    return ops.mul(total, angle) if first else total


def _has_bit(x: Value, mask: int) -> Value:
    return ops.compare(ops.and_(x, ops.full_like(x, mask)), ops.zeros_like(x), direction="ne")


def _bluestein(x: Value, sign: int) -> Value:
    """``2 j k = j^2 + k^2 - (k - j)^2``: a product with a chirp, a convolution with it, and a product again."""
    (_, rows, length), dtype = aval_of(x)
    whole = 1 << (2 * length - 2).bit_length()
    place = ops.iota(shape=aval_of(x).shape, dimension=2, dtype=_INT32)
    chirp = _chirp(place, length, sign, dtype)
    none = (0, 0, 0)
    zero = ops.constant(value=ops.scalar_value(0, dtype))
    padded = ops.pad(_times(x, *chirp), zero, low=none, high=(0, 0, whole - length), interior=none)
    factors = _transform(_kernel(whole, length, -sign, dtype), -1)
    re, im = (
        ops.broadcast_in_dim(_plane(factors, k), shape=(2, rows, whole), dimensions=(1, 2)) for k in (0, 1)
    )
    found = ops.scale(_transform(_times(_transform(padded, -1), re, im), 1), 1 / whole)
    return _times(_window(found, 2, 0, length), *chirp)


def _kernel(whole: int, length: int, sign: int, dtype: np.dtype) -> Value:
    """The chirp that ``[2, 1, whole]`` is convolved with; that of negative places stands at the end."""
    place = ops.iota(shape=(2, 1, whole), dimension=2, dtype=_INT32)
    place = ops.min(place, ops.sub(ops.full_like(place, whole), place))
    there = ops.compare(place, ops.full_like(place, length), direction="lt")
    re, im = _chirp(ops.select(there, place, ops.zeros_like(place)), length, sign, dtype)
    chirp = ops.select(_is_imaginary(re), im, re)
    return ops.select(there, chirp, ops.zeros_like(chirp))


def _chirp(place: Value, length: int, sign: int, dtype: np.dtype) -> tuple[Value, Value]:
    """Parts of ``exp(sign pi i place^2 / length)``."""
    place = place if length <= _SQUARED else ops.convert(place, dtype=_INT64)
    exponent = ops.rem(ops.square(place), ops.full_like(place, 2 * length))
    return _root(ops.convert_to(exponent, _INT32), 2 * length, sign, dtype)
