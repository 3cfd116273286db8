"""Numbers inside a kernel, with operators: floats and vectors of floats, positions, truth values.

A product followed by a sum may be fused by LLVM where the machine has such an instruction (`Real.plus_product`);
nothing else is reassociated or contracted. A scalar meets a vector by being repeated; Python numbers become
constants of the other operand's type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from axir_compiler.lowering import emit
from axir_compiler.mlir import arith, context, ir, math, vector

__all__ = ["Flag", "Index", "Real", "choose", "constant_index", "lane_numbers", "largest", "wrap"]

_PREDICATES = {"eq": 0, "ne": 1, "lt": 2, "le": 3, "gt": 4, "ge": 5}


@dataclass(frozen=True, eq=False)
class Flag:
    """A truth value, or a vector of them."""

    value: ir.Value

    def __and__(self, other: Flag) -> Flag:
        return Flag(arith.andi(self.value, other.value))

    def __or__(self, other: Flag) -> Flag:
        return Flag(arith.ori(self.value, other.value))

    def __invert__(self) -> Flag:
        return Flag(arith.xori(self.value, emit.constant(emit.integer_type(1), 1)))


@dataclass(frozen=True, eq=False)
class Index:
    """A position; arithmetic and comparisons are signed."""

    value: ir.Value

    def _lift(self, other: Index | int) -> ir.Value:
        return (constant_index(other) if isinstance(other, int) else other).value

    def __add__(self, other: Index | int) -> Index:
        return Index(arith.addi(self.value, self._lift(other)))

    def __sub__(self, other: Index | int) -> Index:
        return Index(arith.subi(self.value, self._lift(other)))

    def __rsub__(self, other: int) -> Index:
        return constant_index(other) - self

    def __mul__(self, other: Index | int) -> Index:
        return Index(arith.muli(self.value, self._lift(other)))

    def down_to_multiple(self, step: int) -> Index:
        """The largest multiple of a positive constant that is not larger; for positions from 0."""
        return Index(arith.divui(self.value, self._lift(step))) * step

    def at_most(self, other: Index | int) -> Index:
        return Index(arith.minsi(self.value, self._lift(other)))

    def at_least(self, other: Index | int) -> Index:
        return Index(arith.maxsi(self.value, self._lift(other)))

    def compare(self, direction: str, other: Index | int) -> Flag:
        return Flag(arith.cmpi(_PREDICATES[direction], self.value, self._lift(other)))

    def above(self, other: Index) -> Flag:
        """Which of a vector of positions are larger than one."""
        bound = vector.broadcast(self.value.type, other.value)
        return Flag(arith.cmpi(_PREDICATES["gt"], self.value, bound))

    def equals(self, other: Index) -> Flag:
        """Which of a vector of positions are one."""
        return Flag(arith.cmpi(_PREDICATES["eq"], self.value, vector.broadcast(self.value.type, other.value)))

    def as_integer(self, kind: ir.Type) -> ir.Value:
        return arith.index_cast(kind, self.value)

    def chosen(self, condition: Flag, no: Index | int) -> Index:
        """This position if the condition holds, else the other."""
        return Index(arith.select(condition.value, self.value, self._lift(no)))

    def as_real(self, kind: ir.Type) -> Real:
        """As a float; exact up to ``2^24`` in float32."""
        return Real(arith.sitofp(kind, self.as_integer(emit.integer_type(32))))


def constant_index(number: int) -> Index:
    """A constant position."""
    return Index(emit.constant(ir.IndexType.get(context()), number))


@dataclass(frozen=True, eq=False)
class Real:
    """A float or a vector of floats."""

    value: ir.Value

    @property
    def element(self) -> ir.Type:
        kind = self.value.type
        return kind.element_type if isinstance(kind, ir.VectorType) else kind

    @property
    def is_vector(self) -> bool:
        return isinstance(self.value.type, ir.VectorType)

    def constant(self, number: float) -> Real:
        """A scalar of the same element type."""
        return Real(emit.constant(self.element, number))

    def zero(self) -> Real:
        """Zero, or a vector of zeros."""
        zero = self.constant(0.0)
        return Real(vector.broadcast(self.value.type, zero.value)) if self.is_vector else zero

    def _with(self, other: Real | float) -> tuple[ir.Value, ir.Value]:
        """Both operands, of one type."""
        y = other if isinstance(other, Real) else self.constant(other)
        if self.is_vector == y.is_vector:
            return self.value, y.value
        if self.is_vector:
            return self.value, vector.broadcast(self.value.type, y.value)
        return vector.broadcast(y.value.type, self.value), y.value

    def __add__(self, other: Real | float) -> Real:
        return Real(arith.addf(*self._with(other)))

    def __sub__(self, other: Real | float) -> Real:
        if not isinstance(other, (Real, int, float)):
            return NotImplemented
        return Real(arith.subf(*self._with(other)))

    def __rsub__(self, other: float) -> Real:
        return self.constant(other) - self

    def __mul__(self, other: Real | float) -> Real:
        if not isinstance(other, (Real, int, float)):
            return NotImplemented
        return Real(arith.mulf(*self._with(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Real | float) -> Real:
        return Real(arith.divf(*self._with(other)))

    def __rtruediv__(self, other: float) -> Real:
        return self.constant(other) / self

    def __neg__(self) -> Real:
        return Real(arith.negf(self.value))

    def __abs__(self) -> Real:
        return Real(math.absf(self.value))

    def conjugate(self) -> Real:
        return self

    @property
    def re(self) -> Real:
        return self

    def bound(self) -> Real:
        """The absolute value, as complex numbers have something like it."""
        return abs(self)

    magnitude = bound

    def added_square(self, total: Real) -> Real:
        """``total + self^2``."""
        return total.plus_product(self, self)

    def chosen(self, condition: Flag, no: Real | float) -> Real:
        """This number where the condition holds, else the other."""
        return Real(arith.select(condition.value, *self._with(no)))

    def sqrt(self) -> Real:
        return Real(math.sqrt(self.value))

    def with_sign_of(self, other: Real) -> Real:
        return Real(math.copysign(self.value, other.value))

    def plus_product(self, a: Real, b: Real) -> Real:
        """``self + a b``, rounded once or twice."""
        product = arith.mulf(*a._with(b), fastmath=arith.FastMathFlags.contract)
        left, right = self._with(Real(product))
        return Real(arith.addf(left, right, fastmath=arith.FastMathFlags.contract))

    def minus_product(self, a: Real, b: Real) -> Real:
        """``self - a b``, rounded once or twice."""
        product = arith.mulf(*a._with(b), fastmath=arith.FastMathFlags.contract)
        left, right = self._with(Real(product))
        return Real(arith.subf(left, right, fastmath=arith.FastMathFlags.contract))

    def sum(self) -> Real:
        """Of the elements of a vector, in any order."""
        kind = ir.Attribute.parse("#vector.kind<add>", context())
        order = arith.FastMathFlags.reassoc
        return Real(vector.reduction(self.element, kind, self.value, fastmath=order))

    def largest_element(self) -> Real:
        """Of a vector; NaN if one is."""
        kind = ir.Attribute.parse("#vector.kind<maximumf>", context())
        return Real(vector.reduction(self.element, kind, self.value))

    def spread(self, lanes: int) -> Real:
        """A scalar repeated in a vector."""
        return Real(vector.broadcast(ir.VectorType.get([lanes], self.element), self.value))

    def compare(self, direction: str, other: Real | float) -> Flag:
        """As IEEE 754: false with NaN except for ``ne``."""
        return Flag(emit.compare_float(direction, *self._with(other)))


def largest(a: Real, b: Real) -> Real:
    """The larger number; NaN if one is."""
    return Real(arith.maximumf(*a._with(b)))


def choose(condition: Flag, yes: Any, no: Any) -> Any:
    """``yes`` where the condition holds, else ``no``; both of one kind."""
    return yes.chosen(condition, no)


def lane_numbers(first: Index, lanes: int) -> Index:
    """The vector ``first, first + 1, ...``."""
    kind = ir.VectorType.get([lanes], ir.IndexType.get(context()))
    steps = ir.Operation.create("vector.step", results=[kind]).result
    return Index(arith.addi(steps, vector.broadcast(kind, first.value)))


def wrap(value: ir.Value) -> Any:
    """A value by its type."""
    kind = value.type
    if isinstance(kind, ir.IndexType):
        return Index(value)
    if isinstance(kind, ir.IntegerType):
        return Flag(value)
    return Real(value)
