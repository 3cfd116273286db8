"""Discrete Fourier transforms.

Lengths with prime factors up to 13: Stockham's self-sorting algorithm with mixed radices, after C. Temperton,
"Self-sorting mixed-radix fast Fourier transforms", J. Comput. Phys. 52(1), 1983, and C. Van Loan, "Computational
Frameworks for the Fast Fourier Transform", SIAM 1992, section 1.7. All rows of a batch are one kernel; inner loops
run over neighbouring elements with one twiddle factor, so that they are vector code.

Other lengths: as a convolution with a chirp, L. I. Bluestein, "A linear filtering approach to the computation of
the discrete Fourier transform", IEEE Trans. AU 18(4), 1970, by transforms whose length is a power of two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from axir_compiler.ir.types import real_dtype
from axir_compiler.lowering import butterfly, scalar
from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.lowering.butterfly import Pair
from axir_compiler.lowering.emit import signless
from axir_compiler.lowering.generic import (
    constant,
    element_type_of,
    elementwise,
    empty,
    full,
    generic,
    identity_map,
    is_empty,
    map_of_dims,
    optimization_barrier,
    shape_of,
)
from axir_compiler.lowering.kernels import index, kernel, load, loop
from axir_compiler.lowering.movement import concatenate, pad, reshape, reverse, slice, transpose
from axir_compiler.lowering.roots import roots_of_unity
from axir_compiler.mlir import arith, ir

__all__ = ["fft"]

_RADICES = (4, 2, 3, 5, 7, 11, 13)


def fft(x: ir.Value, kind: str, lengths: Sequence[int], dtype: np.dtype) -> ir.Value:
    """A transform over the last ``len(lengths)`` axes.

    Args:
        x: Tensor of complex numbers, for ``rfft`` of real ones.
        kind: One of fft ifft rfft irfft. Inverse transforms are divided by the number of elements.
        lengths: Sizes of the axes, for ``irfft`` of those of the result.
        dtype: The complex dtype in which to compute.
    """
    first = len(shape_of(x)) - len(lengths)
    axes = list(range(first, first + len(lengths)))
    if kind == "rfft":
        real = real_dtype(dtype)
        x = elementwise(lambda v: scalar.convert(real, dtype, v), [x], signless(dtype))
    forward = kind in ("fft", "rfft")
    scale = 1.0 if forward else 1.0 / math.prod(lengths)
    if kind == "irfft":
        return _inverse_of_half(x, axes, lengths, scale, dtype)
    for axis in reversed(axes):
        x = _along(x, axis, forward, scale if axis == axes[0] else 1.0, dtype)
        if kind == "rfft" and axis == axes[-1]:
            x = _first(x, axis, lengths[-1] // 2 + 1)
    return x


def _inverse_of_half(
    x: ir.Value, axes: Sequence[int], lengths: Sequence[int], scale: float, dtype: np.dtype
) -> ir.Value:
    """The real inverse of a half spectrum: its other half are the conjugates in reverse order."""
    for axis in axes[:-1]:
        x = _along(x, axis, False, 1.0, dtype)
    last, length = axes[-1], lengths[-1]
    rest = _window(x, last, 1, (length + 1) // 2)
    conjugates = elementwise(lambda v: scalar.conjugate(dtype, v), [reverse(rest, [last])], signless(dtype))
    # The first element, and the middle one of an even length, count with their real parts alone.
    whole = _along(concatenate([x, conjugates], last), last, False, scale, dtype)
    return elementwise(lambda v: scalar.real_part(dtype, v), [whole], signless(real_dtype(dtype)))


def _first(x: ir.Value, axis: int, count: int) -> ir.Value:
    return _window(x, axis, 0, count)


def _window(x: ir.Value, axis: int, start: int, stop: int) -> ir.Value:
    shape = shape_of(x)
    low, high = [0] * len(shape), list(shape)
    low[axis], high[axis] = start, max(start, stop)
    return slice(x, low, high, [1] * len(shape))


def _along(x: ir.Value, axis: int, forward: bool, scale: float, dtype: np.dtype) -> ir.Value:
    """A complex transform along one axis."""
    shape = shape_of(x)
    if is_empty(shape):
        return full(shape, signless(dtype), 0)
    order = [*(d for d in range(len(shape)) if d != axis), axis]
    moved = transpose(x, order)
    rows = math.prod(shape) // shape[axis]
    found = _rows(reshape(moved, [rows, shape[axis]]), forward, scale, dtype)
    found = reshape(found, shape_of(moved))
    return transpose(found, [order.index(d) for d in range(len(shape))])


def _rows(x: ir.Value, forward: bool, scale: float, dtype: np.dtype) -> ir.Value:
    """A complex transform of each row of ``[rows, length]``."""
    factors = factors_of(shape_of(x)[1])
    if factors is None:
        return _bluestein(x, forward, scale, dtype)
    if not factors:
        return x
    re, im = _stockham(x, factors, forward, real_dtype(dtype))
    part = real_dtype(dtype)

    def join(a: ir.Value, b: ir.Value) -> ir.Value:
        if scale != 1.0:
            a, b = (arith.mulf(v, _number(part, scale)) for v in (a, b))
        return scalar.make_complex(part, a, b)

    return elementwise(join, [re, im], signless(dtype))


def _number(dtype: np.dtype, value: float) -> ir.Value:
    return arith.constant(signless(dtype), ir.FloatAttr.get(signless(dtype), value))


def factors_of(length: int) -> list[int] | None:
    """The radices of a length, ``None`` if it has a large prime factor."""
    found = []
    for radix in _RADICES:
        while length % radix == 0:
            found.append(radix)
            length //= radix
    return found if length == 1 else None


def _stockham(x: ir.Value, factors: Sequence[int], forward: bool, part: np.dtype) -> list[ir.Value]:
    """Real and imaginary parts of the transforms of all rows."""
    rows, length = shape_of(x)
    # IREE would copy what has no operands into the kernel, where it does not compile as it should.
    x = kernel_barrier(x)
    table = roots_of_unity(length, forward, part)
    kind = signless(part)
    results = [((rows, length), kind)] * 2
    if len(factors) > 1:
        # Passes alternate between the result and one row of scratch.
        results += [((1, length), kind)] * 2

    def row(at: ir.Value, *tensors: ir.Value) -> Sequence[ir.Value]:
        target, scratch = list(tensors[:2]), list(tensors[2:])
        places = {True: (target, at), False: (scratch, index(0))}
        size, stride = length, 1
        for number, radix in enumerate(factors):
            into_target = (len(factors) - number) % 2 == 1
            source = ([x], at) if number == 0 else places[not into_target]
            _pass(source, places[into_target], radix, size, stride, table, forward)
            size, stride = size // radix, stride * radix
        return [*target, *scratch]

    found = kernel(results, lambda *tensors: loop(rows, tensors, row))
    # What is not used would be memory on the stack.
    for scratch in found[2:]:
        optimization_barrier(scratch)
    return found[:2]


Place = tuple[list[ir.Value], ir.Value]


def _pass(
    source: Place,
    target: Place,
    radix: int,
    size: int,
    stride: int,
    table: Sequence[ir.Value],
    forward: bool,
) -> None:
    """One pass over a row of ``size * stride`` elements, each ``stride``-th of which belong to one transform.

    The tensors of the target are replaced in place by those after the pass.
    """
    count, width = size // radix, math.gcd(stride, butterfly.lanes(table[0]))

    def block(p: ir.Value | None, tensors: Sequence[ir.Value]) -> list[ir.Value]:
        factors = [_twiddle(table, p, j * stride, width) for j in range(1, radix)] if p is not None else None

        def step(q: ir.Value, *tensors: ir.Value) -> list[ir.Value]:
            read = q if p is None else arith.addi(q, arith.muli(p, index(stride)))
            write = q if p is None else arith.addi(q, arith.muli(p, index(stride * radix)))
            values = [
                butterfly.read(source[0], source[1], _shifted(read, k * count * stride), width)
                for k in range(radix)
            ]
            values = butterfly.transform(values, forward)
            if factors is not None:
                values = [values[0], *(v * w for v, w in zip(values[1:], factors, strict=True))]
            return butterfly.write(
                values, tensors, target[1], [_shifted(write, j * stride) for j in range(radix)]
            )

        return list(step(index(0), *tensors)) if stride == width else loop(stride, tensors, step, step=width)

    tensors = list(target[0])
    # The last pass has nothing to turn.
    target[0][:] = block(None, tensors) if count == 1 else loop(count, tensors, lambda p, *ts: block(p, ts))


def _shifted(at: ir.Value, offset: int) -> ir.Value:
    return arith.addi(at, index(offset)) if offset else at


def _twiddle(table: Sequence[ir.Value], p: ir.Value, step: int, width: int) -> Pair:
    at = arith.muli(p, index(step))
    return Pair(*(butterfly.spread(load(part, at), width) for part in table))


# Lengths with large prime factors. ----------------------------------------------------------------------


def _bluestein(x: ir.Value, forward: bool, scale: float, dtype: np.dtype) -> ir.Value:
    """``y[j] = c[j] sum_k (x[k] c[k]) conj(c[j - k])`` with ``c[k] = exp(-i pi k**2 / n)``, from
    ``j k = (j**2 + k**2 - (j - k)**2) / 2``."""
    length = shape_of(x)[1]
    size = 1 << (2 * length - 2).bit_length()
    chirp = roots_of_unity(length, forward, real_dtype(dtype), squares=True)
    zero = constant(np.zeros((), dtype))
    padded = pad(_times(x, chirp, 1.0, dtype), zero, [0, 0], [0, size - length], [0, 0])
    spectrum = _rows(padded, True, 1.0, dtype)
    filtered = _product(spectrum, _rows(_chirp_filter(chirp, length, size, dtype), True, 1.0, dtype), dtype)
    found = _window(_rows(filtered, False, 1.0 / size, dtype), 1, 0, length)
    return _times(found, chirp, scale, dtype)


def _chirp_filter(chirp: Sequence[ir.Value], length: int, size: int, dtype: np.dtype) -> ir.Value:
    """``conj(c[|k|])`` for ``-length < k < length``, as a row of a cyclic convolution."""
    part = real_dtype(dtype)
    conjugate = elementwise(
        lambda re, im: scalar.make_complex(part, re, scalar.neg(part, im)), chirp, signless(dtype)
    )
    mirrored = reverse(slice(conjugate, [1], [length], [1]), [0])
    gap = full([size - 2 * length + 1], signless(dtype), 0)
    parts = [v for v in (conjugate, gap, mirrored) if not is_empty(shape_of(v))]
    return reshape(concatenate(parts, 0), [1, size])


def _times(x: ir.Value, chirp: Sequence[ir.Value], scale: float, dtype: np.dtype) -> ir.Value:
    """Each row times the chirp and a number."""
    part = real_dtype(dtype)

    def body(z: ir.Value, re: ir.Value, im: ir.Value, _: ir.Value) -> ir.Value:
        if scale != 1.0:
            re, im = (arith.mulf(v, _number(part, scale)) for v in (re, im))
        return scalar.mul(dtype, z, scalar.make_complex(part, re, im))

    maps = [identity_map(2), map_of_dims(2, [1]), map_of_dims(2, [1]), identity_map(2)]
    return generic([x, *chirp], [empty(shape_of(x), element_type_of(x))], maps, body)[0]


def _product(x: ir.Value, row: ir.Value, dtype: np.dtype) -> ir.Value:
    """Each row of ``x`` times one row."""
    flat = reshape(row, [shape_of(row)[1]])
    maps = [identity_map(2), map_of_dims(2, [1]), identity_map(2)]
    init = empty(shape_of(x), element_type_of(x))
    return generic([x, flat], [init], maps, lambda a, b, _: scalar.mul(dtype, a, b))[0]
