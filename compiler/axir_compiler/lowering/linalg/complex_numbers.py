"""Complex numbers inside a kernel, with the operators of `numbers.Real`: pairs of floats or of vectors of floats.

Tensors of them are held as two planes, one of real and one of imaginary parts, so that vectors run along either.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.lowering.generic import (
    element_type_of,
    elementwise,
    empty,
    generic,
    identity_map,
    map_of_dims,
    shape_of,
)
from axir_compiler.lowering.linalg.numbers import Flag, Real, choose, largest, wrap
from axir_compiler.lowering.movement import reshape, slice
from axir_compiler.mlir import arith, ir, linalg
from axir_compiler.mlir import complex as complex_dialect

__all__ = [
    "Complex",
    "Number",
    "conjugated",
    "flatten",
    "is_complex_type",
    "joined",
    "part_type",
    "planes_of",
    "real_parts",
    "restore",
]


@dataclass(frozen=True, eq=False)
class Complex:
    """``re + i im``; the other operand may be real, a scalar meets a vector by being repeated."""

    re: Real
    im: Real

    @property
    def element(self) -> ir.Type:
        return self.re.element

    def constant(self, number: float) -> Complex:
        """A scalar of the same element type."""
        return Complex(self.re.constant(number), self.re.constant(0.0))

    def zero(self) -> Complex:
        return Complex(self.re.zero(), self.re.zero())

    def _lift(self, other: Number | float) -> Complex:
        if isinstance(other, Complex):
            return other
        re = other if isinstance(other, Real) else self.re.constant(other)
        return Complex(re, re.zero())

    def __add__(self, other: Number) -> Complex:
        y = self._lift(other)
        return Complex(self.re + y.re, self.im + y.im)

    def __sub__(self, other: Number) -> Complex:
        y = self._lift(other)
        return Complex(self.re - y.re, self.im - y.im)

    def __rsub__(self, other: Number) -> Complex:
        return self._lift(other) - self

    def __mul__(self, other: Number | float) -> Complex:
        if not isinstance(other, Complex):
            return Complex(self.re * other, self.im * other)
        re = (self.re * other.re).minus_product(self.im, other.im)
        return Complex(re, (self.re * other.im).plus_product(self.im, other.re))

    __rmul__ = __mul__

    def __truediv__(self, other: Number) -> Complex:
        if not isinstance(other, Complex):
            return Complex(self.re / other, self.im / other)
        return self * other.inverse()

    def __rtruediv__(self, other: float) -> Complex:
        return self.inverse() * other

    def inverse(self) -> Complex:
        """``1 / z``, whose intermediate results neither overflow nor underflow; NaN for zero."""
        size = self.bound()
        re, im = self.re / size, self.im / size
        square = (re * re).plus_product(im, im) * size
        return Complex(re / square, -(im / square))

    def __neg__(self) -> Complex:
        return Complex(-self.re, -self.im)

    def conjugate(self) -> Complex:
        return Complex(self.re, -self.im)

    def bound(self) -> Real:
        """The larger of the absolute values of both parts; NaN if one is."""
        return largest(abs(self.re), abs(self.im))

    def magnitude(self) -> Real:
        """The sum of the absolute values of both parts."""
        return abs(self.re) + abs(self.im)

    def is_real(self) -> Flag:
        return self.im.compare("eq", 0.0)

    def plus_product(self, a: Number, b: Number) -> Complex:
        """``self + a b``."""
        if isinstance(a, Complex) and isinstance(b, Complex):
            re = self.re.plus_product(a.re, b.re).minus_product(a.im, b.im)
            return Complex(re, self.im.plus_product(a.re, b.im).plus_product(a.im, b.re))
        factor, z = (b, a) if isinstance(a, Complex) else (a, b)
        assert isinstance(factor, Real) and isinstance(z, Complex)
        return Complex(self.re.plus_product(factor, z.re), self.im.plus_product(factor, z.im))

    def minus_product(self, a: Number, b: Number) -> Complex:
        """``self - a b``."""
        return self.plus_product(-a, b)

    def added_square(self, total: Real) -> Real:
        """``total + |z|^2``."""
        return total.plus_product(self.re, self.re).plus_product(self.im, self.im)

    def sum(self) -> Complex:
        """Of the elements of a vector, in any order."""
        return Complex(self.re.sum(), self.im.sum())

    def spread(self, lanes: int) -> Complex:
        """A scalar repeated in a vector."""
        return Complex(self.re.spread(lanes), self.im.spread(lanes))

    def chosen(self, condition: Flag, no: Number) -> Complex:
        """This number where the condition holds, else the other."""
        other = self._lift(no)
        return Complex(choose(condition, self.re, other.re), choose(condition, self.im, other.im))


Number = Real | Complex


def flatten(x: Any) -> list[ir.Value]:
    """The values that make up a number, position or truth value."""
    return [x.re.value, x.im.value] if isinstance(x, Complex) else [x.value]


def restore(likes: Any, values: Iterator[ir.Value]) -> list[Any]:
    """What `flatten` took apart."""
    return [
        Complex(Real(next(values)), Real(next(values))) if isinstance(x, Complex) else wrap(next(values))
        for x in likes
    ]


def is_complex_type(kind: ir.Type) -> bool:
    """Whether a type is that of complex numbers."""
    return isinstance(kind, ir.ComplexType)


def part_type(kind: ir.Type) -> ir.Type:
    """The type of real parts; that of real numbers is their own."""
    return ir.ComplexType(kind).element_type if is_complex_type(kind) else kind


def planes_of(x: ir.Value, batch: int) -> ir.Value:
    """Real and imaginary parts in an axis of size 2 behind the batch axes.

    In memory of their own: IREE would copy into a kernel of loops what computes them, and go wrong.
    """
    shape = [*shape_of(x)[:batch], 2, *shape_of(x)[batch:]]
    kind = part_type(element_type_of(x))

    def body(value: ir.Value, _: ir.Value) -> ir.Value:
        plane = linalg.IndexOp(batch).result
        first = arith.cmpi(0, plane, arith.constant(plane.type, 0))
        return arith.select(first, complex_dialect.ReOp(value).result, complex_dialect.ImOp(value).result)

    maps = [map_of_dims(len(shape), [d for d in range(len(shape)) if d != batch]), identity_map(len(shape))]
    return kernel_barrier(generic([x], [empty(shape, kind)], maps, body)[0])


def joined(planes: ir.Value, batch: int) -> ir.Value:
    """The complex numbers whose parts are in the axis of size 2 behind the batch axes."""
    shape = list(shape_of(planes))
    rest = [*shape[:batch], *shape[batch + 1 :]]

    def plane(k: int) -> ir.Value:
        start, stop = [0] * len(shape), list(shape)
        start[batch], stop[batch] = k, k + 1
        return reshape(slice(planes, start, stop, [1] * len(shape)), rest)

    kind = ir.ComplexType.get(element_type_of(planes))
    return elementwise(lambda a, b: complex_dialect.CreateOp(kind, a, b).result, [plane(0), plane(1)], kind)


def conjugated(x: ir.Value) -> ir.Value:
    """Conjugates; real numbers are what they are."""
    kind = element_type_of(x)
    if not is_complex_type(kind):
        return x

    def body(z: ir.Value) -> ir.Value:
        im = arith.negf(complex_dialect.ImOp(z).result)
        return complex_dialect.CreateOp(kind, complex_dialect.ReOp(z).result, im).result

    return elementwise(body, [x], kind)


def real_parts(x: ir.Value) -> ir.Value:
    """Real parts; real numbers are what they are."""
    kind = element_type_of(x)
    if not is_complex_type(kind):
        return x
    return elementwise(lambda z: complex_dialect.ReOp(z).result, [x], part_type(kind))
