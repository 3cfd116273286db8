"""Scalar expressions over MLIR values, so that the algorithms of this package read as mathematics.

`Real`, `Integer` and `Condition` wrap one `ir.Value` each; their operators append arith and math ops at the
current insertion point. Plain Python numbers in an expression become constants of the other operand's type.
All three are branch free: a case distinction is a `select`, so that IREE can vectorize the surrounding loop.

Nothing here is marked fast-math and nothing is contracted behind our back: a product and a sum round
twice, `fma` rounds once. IREE's CPU kernels flush denormal inputs and results to zero.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from axir_compiler.mlir import arith, ir, math


@dataclass(frozen=True)
class Format:
    """An IEEE binary format: ``width`` bits, ``digits`` significant bits, exponent ``bias``."""

    width: int
    digits: int
    bias: int

    @property
    def fraction_bits(self) -> int:
        """Bits of the fraction field; the exponent field starts above it."""
        return self.digits - 1

    @property
    def float_type(self) -> ir.Type:
        return ir.F32Type.get() if self.width == 32 else ir.F64Type.get()

    @property
    def int_type(self) -> ir.Type:
        return ir.IntegerType.get_signless(self.width)

    @property
    def largest(self) -> float:
        """The largest finite number."""
        return (2.0 - 2.0 ** (1 - self.digits)) * 2.0**self.bias

    @property
    def smallest(self) -> float:
        """The smallest positive normal number."""
        return 2.0 ** (1 - self.bias)

    @property
    def epsilon(self) -> float:
        """The distance from 1 to the next number."""
        return 2.0 ** (1 - self.digits)

    def round_down(self, number: float) -> float:
        """The largest number of the format that is not above ``number``."""
        if self.width == 64:
            return number
        nearest = struct.unpack("f", struct.pack("f", number))[0]
        return nearest if nearest <= number else _neighbour(nearest, -1 if number > 0 else 1)

    def round_up(self, number: float) -> float:
        """The smallest number of the format that is not below ``number``."""
        return -self.round_down(-number)


def _neighbour(number: float, steps: int) -> float:
    """The binary32 number so many steps further away from zero."""
    bits = struct.unpack("i", struct.pack("f", number))[0]
    return struct.unpack("f", struct.pack("i", bits + steps))[0]


BINARY32 = Format(32, 24, 127)
BINARY64 = Format(64, 53, 1023)

# Predicate numbers of arith.cmpf (O = false on NaN, U = true on NaN) and arith.cmpi.
_OEQ, _OGT, _OGE, _OLT, _OLE, _UNE, _UNO = 1, 2, 3, 4, 5, 13, 14
_IEQ, _INE, _ISLT, _ISLE, _ISGT, _ISGE, _IULT = 0, 1, 2, 3, 4, 5, 6


@dataclass(frozen=True, eq=False)
class Condition:
    """A truth value, ``i1``."""

    value: ir.Value

    def __and__(self, other: Condition) -> Condition:
        return Condition(arith.andi(self.value, other.value))

    def __or__(self, other: Condition) -> Condition:
        return Condition(arith.ori(self.value, other.value))

    def __xor__(self, other: Condition) -> Condition:
        return Condition(arith.xori(self.value, other.value))

    def __invert__(self) -> Condition:
        true = arith.constant(ir.IntegerType.get_signless(1), 1)
        return Condition(arith.xori(self.value, true))


@dataclass(frozen=True, eq=False)
class Integer:
    """An integer as wide as the floating point format it belongs to; arithmetic wraps around.

    Comparisons and ``>>`` are signed, `shift_right` fills with zeros. Shift amounts must be below the width.
    """

    value: ir.Value
    format: Format

    def constant(self, number: int) -> Integer:
        return integer_constant(number, self.format)

    def _lift(self, other: Integer | int) -> ir.Value:
        return (self.constant(other) if isinstance(other, int) else other).value

    def _new(self, value: ir.Value) -> Integer:
        return Integer(value, self.format)

    def __add__(self, other: Integer | int) -> Integer:
        return self._new(arith.addi(self.value, self._lift(other)))

    def __sub__(self, other: Integer | int) -> Integer:
        return self._new(arith.subi(self.value, self._lift(other)))

    def __rsub__(self, other: int) -> Integer:
        return self.constant(other) - self

    def __mul__(self, other: Integer | int) -> Integer:
        return self._new(arith.muli(self.value, self._lift(other)))

    def __and__(self, other: Integer | int) -> Integer:
        return self._new(arith.andi(self.value, self._lift(other)))

    def __or__(self, other: Integer | int) -> Integer:
        return self._new(arith.ori(self.value, self._lift(other)))

    def __xor__(self, other: Integer | int) -> Integer:
        return self._new(arith.xori(self.value, self._lift(other)))

    def __lshift__(self, other: Integer | int) -> Integer:
        return self._new(arith.shli(self.value, self._lift(other)))

    def __rshift__(self, other: Integer | int) -> Integer:
        return self._new(arith.shrsi(self.value, self._lift(other)))

    def shift_right(self, other: Integer | int) -> Integer:
        """Logical shift to the right."""
        return self._new(arith.shrui(self.value, self._lift(other)))

    def _compare(self, predicate: int, other: Integer | int) -> Condition:
        attribute = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), predicate)
        return Condition(arith.cmpi(attribute, self.value, self._lift(other)))

    def __lt__(self, other: Integer | int) -> Condition:
        return self._compare(_ISLT, other)

    def __le__(self, other: Integer | int) -> Condition:
        return self._compare(_ISLE, other)

    def __gt__(self, other: Integer | int) -> Condition:
        return self._compare(_ISGT, other)

    def __ge__(self, other: Integer | int) -> Condition:
        return self._compare(_ISGE, other)

    def equals(self, other: Integer | int) -> Condition:
        return self._compare(_IEQ, other)

    def differs(self, other: Integer | int) -> Condition:
        return self._compare(_INE, other)

    def below(self, other: Integer | int) -> Condition:
        """Unsigned ``<``."""
        return self._compare(_IULT, other)

    def at_least(self, bound: int) -> Integer:
        """The larger of the two."""
        return self._new(arith.maxsi(self.value, self._lift(bound)))

    def real(self) -> Real:
        """The same number, if its magnitude is below ``2**(fraction_bits - 1)``.

        An addition to the bits of a float: vector units lack the conversion of 64-bit integers."""
        magic = real_constant(1.5 * 2.0**self.format.fraction_bits, self.format)
        return (self + magic.bits()).float_from_bits() - magic

    def fraction_real(self) -> Real:
        """The same number, if it lies in ``[0, 2**fraction_bits)``."""
        magic = 2.0**self.format.fraction_bits
        base = real_constant(magic, self.format)
        return (self | base.bits()).float_from_bits() - base

    def multiply_extended(self, other: Integer) -> tuple[Integer, Integer]:
        """The high and the low word of the unsigned product of 32-bit integers.

        By way of 64 bits: ``arith.mului_extended`` does not compile for vectors of rank 2.
        """
        wide = ir.IntegerType.get_signless(64)
        product = arith.muli(arith.extui(wide, self.value), arith.extui(wide, other.value))
        high = arith.shrui(product, arith.constant(wide, 32))
        narrow = self.value.type
        return self._new(arith.trunci(narrow, high)), self._new(arith.trunci(narrow, product))

    def float_from_bits(self) -> Real:
        """The floating point number with these bits."""
        return Real(arith.bitcast(self.format.float_type, self.value), self.format)


@dataclass(frozen=True, eq=False)
class Real:
    """A floating point number, ``f32`` or ``f64``; comparisons are false on NaN (`differs` is true)."""

    value: ir.Value
    format: Format

    def constant(self, number: float) -> Real:
        return real_constant(number, self.format)

    def integer_constant(self, number: int) -> Integer:
        """An integer of the same width."""
        return integer_constant(number, self.format)

    def _lift(self, other: Real | float) -> ir.Value:
        return (other if isinstance(other, Real) else self.constant(other)).value

    def _new(self, value: ir.Value) -> Real:
        return Real(value, self.format)

    def __add__(self, other: Real | float) -> Real:
        return self._new(arith.addf(self.value, self._lift(other)))

    def __radd__(self, other: float) -> Real:
        return self.constant(other) + self

    def __sub__(self, other: Real | float) -> Real:
        return self._new(arith.subf(self.value, self._lift(other)))

    def __rsub__(self, other: float) -> Real:
        return self.constant(other) - self

    def __mul__(self, other: Real | float) -> Real:
        return self._new(arith.mulf(self.value, self._lift(other)))

    def __rmul__(self, other: float) -> Real:
        return self * other

    def __truediv__(self, other: Real | float) -> Real:
        return self._new(arith.divf(self.value, self._lift(other)))

    def __rtruediv__(self, other: float) -> Real:
        return self.constant(other) / self

    def __neg__(self) -> Real:
        return self._new(arith.negf(self.value))

    def __abs__(self) -> Real:
        return self._new(math.absf(self.value))

    def _compare(self, predicate: int, other: Real | float) -> Condition:
        attribute = ir.IntegerAttr.get(ir.IntegerType.get_signless(64), predicate)
        return Condition(arith.cmpf(attribute, self.value, self._lift(other)))

    def __lt__(self, other: Real | float) -> Condition:
        return self._compare(_OLT, other)

    def __le__(self, other: Real | float) -> Condition:
        return self._compare(_OLE, other)

    def __gt__(self, other: Real | float) -> Condition:
        return self._compare(_OGT, other)

    def __ge__(self, other: Real | float) -> Condition:
        return self._compare(_OGE, other)

    def equals(self, other: Real | float) -> Condition:
        return self._compare(_OEQ, other)

    def differs(self, other: Real | float) -> Condition:
        """``!=``, true on NaN."""
        return self._compare(_UNE, other)

    def is_nan(self) -> Condition:
        return self._compare(_UNO, self)

    def bits(self) -> Integer:
        """The bit pattern."""
        return Integer(arith.bitcast(self.format.int_type, self.value), self.format)

    def with_sign_of(self, other: Real) -> Real:
        return self._new(math.copysign(self.value, other.value))


def real(value: ir.Value) -> Real:
    """Wraps an f32 or f64 value.

    Raises: TypeError for any other type; the lowering widens half precision before it comes here."""
    if isinstance(value.type, ir.F32Type):
        return Real(value, BINARY32)
    if isinstance(value.type, ir.F64Type):
        return Real(value, BINARY64)
    raise TypeError(f"scalar expression: the operand must be f32 or f64; got {value.type}. Widen it first.")


def real_constant(number: float, format: Format) -> Real:
    """A floating point constant, rounded to the format."""
    return Real(arith.constant(format.float_type, float(number)), format)


def integer_constant(number: int, format: Format) -> Integer:
    """An integer constant; numbers up to ``2**width - 1`` are taken as bit patterns."""
    signed = number - (1 << format.width) if number >= 1 << (format.width - 1) else number
    return Integer(arith.constant(format.int_type, signed), format)


def select(condition: Condition, yes: Real, no: Real | float) -> Real:
    """``yes`` where the condition holds, else ``no``."""
    other = no if isinstance(no, Real) else yes.constant(no)
    return Real(arith.select(condition.value, yes.value, other.value), yes.format)


def select_integer(condition: Condition, yes: Integer, no: Integer | int) -> Integer:
    """``yes`` where the condition holds, else ``no``."""
    other = no if isinstance(no, Integer) else yes.constant(no)
    return Integer(arith.select(condition.value, yes.value, other.value), yes.format)


def fma(a: Real, b: Real | float, c: Real | float) -> Real:
    """``a*b + c``, rounded once."""
    factor = b if isinstance(b, Real) else a.constant(b)
    term = c if isinstance(c, Real) else a.constant(c)
    return Real(math.fma(a.value, factor.value, term.value), a.format)


def sqrt(x: Real) -> Real:
    """Square root; NaN below 0."""
    return Real(math.sqrt(x.value), x.format)


def polynomial(x: Real, coefficients: tuple[float, ...]) -> Real:
    """``coefficients[0] + coefficients[1]*x + ...`` by Horner's rule."""
    result = x.constant(coefficients[-1])
    for coefficient in reversed(coefficients[:-1]):
        result = fma(result, x, coefficient)
    return result
