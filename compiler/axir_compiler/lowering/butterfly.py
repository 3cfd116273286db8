"""Butterflies: transforms of a few complex numbers, or of as many vectors of them.

A part of a number is an IR value, a float or a vector of floats: arith ops take both.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from axir_compiler.lowering.generic import element_type_of, shape_of
from axir_compiler.lowering.kernels import load, store
from axir_compiler.mlir import arith, complex, ir

__all__ = ["Pair", "lanes", "read", "spread", "transform", "write"]

Value = ir.Value
# Bytes of the vectors that loops are written for; wider or narrower machines get several or halves.
_VECTOR_BYTES = 32


@dataclass(frozen=True)
class Pair:
    """A complex number, or a vector of them, as real and imaginary part."""

    re: Value
    im: Value

    def __add__(self, other: Pair) -> Pair:
        return Pair(arith.addf(self.re, other.re), arith.addf(self.im, other.im))

    def __sub__(self, other: Pair) -> Pair:
        return Pair(arith.subf(self.re, other.re), arith.subf(self.im, other.im))

    def __mul__(self, other: Pair) -> Pair:
        re = arith.subf(arith.mulf(self.re, other.re), arith.mulf(self.im, other.im))
        return Pair(re, arith.addf(arith.mulf(self.re, other.im), arith.mulf(self.im, other.re)))

    def scaled(self, factor: float) -> Pair:
        """Times a real number."""
        number = _constant(self.re.type, factor)
        return Pair(arith.mulf(self.re, number), arith.mulf(self.im, number))

    def turned(self, forward: bool) -> Pair:
        """Times ``-i``, or ``i`` in inverse transforms."""
        if forward:
            return Pair(self.im, arith.negf(self.re))
        return Pair(arith.negf(self.im), self.re)


def _constant(kind: ir.Type, value: float) -> Value:
    if isinstance(kind, ir.VectorType):
        element = ir.FloatAttr.get(kind.element_type, value)
        return arith.constant(kind, ir.DenseElementsAttr.get_splat(kind, element))
    return arith.constant(kind, ir.FloatAttr.get(kind, value))


def transform(values: Sequence[Pair], forward: bool) -> list[Pair]:
    """The discrete Fourier transform of as many values as the radix: 2, 4, or an odd number."""
    if len(values) == 2:
        return [values[0] + values[1], values[0] - values[1]]
    if len(values) == 4:
        a, b, c, d = values
        sums, turned = (a + c, b + d), (b - d).turned(forward)
        return [sums[0] + sums[1], (a - c) + turned, sums[0] - sums[1], (a - c) - turned]
    return _odd(values, forward)


def _odd(values: Sequence[Pair], forward: bool) -> list[Pair]:
    """Outputs ``j`` and ``radix - j`` share the sums of ``x[k] + x[radix - k]`` and of ``x[k] - x[radix - k]``."""
    radix, half = len(values), len(values) // 2
    sums = [values[k] + values[radix - k] for k in range(1, half + 1)]
    differences = [values[k] - values[radix - k] for k in range(1, half + 1)]
    total = values[0]
    for pair in sums:
        total = total + pair
    found = [total] * radix
    for j in range(1, half + 1):
        angles = [2 * math.pi * (j * k % radix) / radix for k in range(1, half + 1)]
        even = _combination([math.cos(a) for a in angles], sums)
        odd = _combination([math.sin(a) for a in angles], differences).turned(forward)
        found[j], found[radix - j] = (values[0] + even) + odd, (values[0] + even) - odd
    return found


def _combination(factors: Sequence[float], values: Sequence[Pair]) -> Pair:
    total = values[0].scaled(factors[0])
    for factor, value in zip(factors[1:], values[1:], strict=True):
        total = total + value.scaled(factor)
    return total


# Memory. ------------------------------------------------------------------------------------------------


def lanes(x: Value) -> int:
    """Elements of a vector of the dtype of a tensor."""
    return _VECTOR_BYTES // (ir.FloatType(element_type_of(x)).width // 8)


def spread(x: Value, width: int) -> Value:
    """A float, repeated in all lanes of a vector if there is more than one."""
    if width == 1:
        return x
    kind = ir.VectorType.get([width], x.type)
    return ir.Operation.create("vector.broadcast", results=[kind], operands=[x]).result


def read(tensors: Sequence[Value], row: Value, at: Value, width: int) -> Pair:
    """Neighbouring elements of a row: of one tensor of complex numbers, or of two with their parts."""
    if len(tensors) == 1:
        number = load(tensors[0], row, at)
        return Pair(complex.ReOp(number).result, complex.ImOp(number).result)
    if width == 1:
        return Pair(*(load(part, row, at) for part in tensors))
    return Pair(*(_read_vector(part, row, at, width) for part in tensors))


def write(
    values: Sequence[Pair], tensors: Sequence[Value], row: Value, places: Sequence[Value]
) -> list[Value]:
    """The two tensors of parts with values put at places of a row."""
    re, im = tensors
    put = _write_vector if isinstance(values[0].re.type, ir.VectorType) else store
    for value, at in zip(values, places, strict=True):
        re, im = put(value.re, re, row, at), put(value.im, im, row, at)
    return [re, im]


def _transfer(segments: Sequence[int]) -> dict[str, ir.Attribute]:
    minor = ir.AffineMap.get(2, 0, [ir.AffineDimExpr.get(1)])
    return {
        "permutation_map": ir.AffineMapAttr.get(minor),
        "in_bounds": ir.ArrayAttr.get([ir.BoolAttr.get(True)]),
        "operandSegmentSizes": ir.DenseI32ArrayAttr.get(list(segments)),
    }


def _read_vector(x: Value, row: Value, at: Value, width: int) -> Value:
    element = element_type_of(x)
    kind = ir.VectorType.get([width], element)
    padding = _constant(element, 0.0)
    return ir.Operation.create(
        "vector.transfer_read",
        results=[kind],
        operands=[x, row, at, padding],
        attributes=_transfer([1, 2, 1, 0]),
    ).result


def _write_vector(value: Value, x: Value, row: Value, at: Value) -> Value:
    assert len(shape_of(x)) == 2
    return ir.Operation.create(
        "vector.transfer_write",
        results=[x.type],
        operands=[value, x, row, at],
        attributes=_transfer([1, 1, 2, 0]),
    ).result
