"""Elementwise functions of two and three operands."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import Str, Tensor
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import (
    BOOL,
    COMPLEX,
    FLOATING,
    INTEGER,
    NUMERIC,
    Aval,
    aval_of,
    is_complex,
    is_float,
)
from axir_compiler.later import scalar
from axir_compiler.ops import complex_numbers
from axir_compiler.ops.elementwise import Elementwise, ElementwiseBinary, by_pieces, of_elements
from axir_compiler.ops.real_numbers import has_zeros
from axir_compiler.ops.shape import splat_of


class AddOp(ElementwiseBinary, name="add", dtypes=NUMERIC | COMPLEX, linear_in=("lhs", "rhs")):
    """``x + y``; integers wrap around."""

    numpy = np.add

    def jvp(self, dx: Value | None, dy: Value | None) -> Value | None:
        return ops.add_tangents(dx, dy)

    def transpose(self, ct: Value, x: Value | None, y: Value | None) -> list[Value | None]:
        return [ct if x is None else None, ct if y is None else None]


class SubOp(ElementwiseBinary, name="sub", dtypes=NUMERIC | COMPLEX, linear_in=("lhs", "rhs")):
    """``x - y``; integers wrap around."""

    numpy = np.subtract

    def jvp(self, dx: Value | None, dy: Value | None) -> Value | None:
        if dx is None or dy is None:
            return dx if dy is None else ops.neg(dy)
        return ops.sub(dx, dy)

    def transpose(self, ct: Value, x: Value | None, y: Value | None) -> list[Value | None]:
        return [ct if x is None else None, ops.neg(ct) if y is None else None]


class MulOp(ElementwiseBinary, name="mul", dtypes=NUMERIC | COMPLEX, multilinear_in=("lhs", "rhs")):
    """``x * y``; integers wrap around."""

    numpy = np.multiply

    def transpose(self, ct: Value, x: Value | None, y: Value | None) -> list[Value | None]:
        return [ops.mul(ct, y) if x is None else None, ops.mul(x, ct) if y is None else None]

    def flops(self) -> int:
        return aval_of(self.result).size * (6 if is_complex(aval_of(self.result).dtype) else 1)


def _truncated_quotient(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Quotient toward zero and remainder of integers; ``x / 0`` is -1 (all ones) with remainder ``x``."""
    unsigned = x.dtype.kind == "u"
    if y.all() and (unsigned or not (y == -1).any()):
        remainder = np.fmod(x, y)
        return (np.floor_divide(x, y) if unsigned else np.floor_divide(x - remainder, y)), remainder
    safe = np.where(y == 0, np.ones((), y.dtype), y)
    overflow = np.zeros((), bool)
    if not unsigned:
        overflow = (x == np.iinfo(x.dtype).min) & (y == -1)
        safe = np.where(overflow, np.ones((), y.dtype), safe)
    remainder = np.fmod(x, safe)
    quotient = (x - remainder) // safe
    ones = np.invert(np.zeros((), x.dtype))
    quotient = np.where(y == 0, ones, np.where(overflow, x, quotient))
    remainder = np.where(y == 0, x, np.where(overflow, 0, remainder))
    return quotient.astype(x.dtype), remainder.astype(x.dtype)


class DivOp(ElementwiseBinary, name="div", dtypes=NUMERIC | COMPLEX, linear_in=("lhs",)):
    """``x / y``; integers round toward zero, and division by zero gives -1 (all bits one)."""

    partials = ("_partial_lhs", "_partial_rhs")

    @staticmethod
    def numpy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        kind = x.dtype.kind
        if kind == "c":
            return complex_numbers.divide(x, y)
        return np.divide(x, y) if kind not in "iu" else _truncated_quotient(x, y)[0]

    def _partial_lhs(self, dx: Value) -> Value:
        return ops.div(dx, self.rhs)

    def _partial_rhs(self, dy: Value) -> Value:
        return ops.neg(ops.mul(dy, ops.div(self.result, self.rhs)))

    def transpose(self, ct: Value, x: Value | None, y: Value | None) -> list[Value | None]:
        return [ops.div(ct, y), None]

    def flops(self) -> int:
        return aval_of(self.result).size * (11 if is_complex(aval_of(self.result).dtype) else 1)


class RemOp(ElementwiseBinary, name="rem", dtypes=NUMERIC):
    """Remainder with the sign of ``x``; integer ``x rem 0`` is ``x``."""

    partials = ("_partial_lhs", "_partial_rhs")

    @staticmethod
    def numpy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.fmod(x, y) if is_float(x.dtype) else _truncated_quotient(x, y)[1]

    def _partial_lhs(self, dx: Value) -> Value:
        return dx

    def _partial_rhs(self, dy: Value) -> Value:
        quotient = ops.div(ops.sub(self.lhs, self.result), self.rhs)
        return ops.neg(ops.mul(dy, ops.round_half_even(quotient)))


def _integer_power(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Power by squaring with wraparound; a negative exponent gives 1/x**|y| rounded toward zero."""
    negative = y < 0
    exponent = np.where(negative, np.zeros((), y.dtype), y)
    result, power = np.ones_like(x), x
    while np.any(exponent):
        result = np.where(exponent & 1, result * power, result)
        exponent = exponent >> 1
        power = power * power
    odd_sign = np.where(y & 1, x, np.ones((), x.dtype))
    inverse = np.where(x == 1, 1, np.where(x + np.ones((), x.dtype) == 0, odd_sign, 0))
    return np.where(negative, inverse, result).astype(x.dtype)


class PowOp(ElementwiseBinary, name="pow", dtypes=NUMERIC | COMPLEX, transcendental=True):
    """``x ** y``; ``x ** 0`` is 1, a negative base takes integral exponents only (else NaN)."""

    partials = ("_partial_lhs", "_partial_rhs")

    @staticmethod
    def _power(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        if is_complex(x.dtype):
            return complex_numbers.power(x, y)
        return np.power(x, y) if is_float(x.dtype) else _integer_power(x, y)

    numpy = of_elements(_power)

    def scalar(self, *xs: Value) -> Value:
        dtype, exponent = aval_of(self.result).dtype, splat_of(self.rhs)
        if is_float(dtype) and exponent is not None and scalar.is_short_power(float(exponent)):
            return scalar.short_power(dtype, xs[0], exponent=float(exponent))
        return super().scalar(*xs)

    def _partial_lhs(self, dx: Value) -> Value:
        x, y = self.lhs, self.rhs
        is_zero = ops.compare(y, ops.zeros_like(y), direction="eq")
        # At y = 0 the slope is 0, also where x ** (y - 1) is infinite.
        safe = ops.select(is_zero, ops.full_like(y, 1), y)
        slope = ops.mul(safe, ops.pow(x, ops.shift(safe, -1)))
        return ops.mul(dx, ops.select(is_zero, ops.zeros_like(y), slope))

    def _partial_rhs(self, dy: Value) -> Value:
        x = self.lhs
        is_zero = ops.compare(x, ops.zeros_like(x), direction="eq")
        logarithm = ops.log(ops.select(is_zero, ops.full_like(x, 1), x))
        return ops.mul(dy, ops.mul(logarithm, self.result))


_BITS = {1: np.int8, 2: np.int16, 4: np.int32, 8: np.int64}
_MANY = 4096


def _select(predicate: np.ndarray, on_true: np.ndarray, on_false: np.ndarray) -> np.ndarray:
    """``np.where``; of many elements without its branch for each, which a processor cannot predict."""
    if predicate.size < _MANY:
        return np.where(predicate, on_true, on_false)
    bits = _BITS.get(on_true.dtype.itemsize)
    if predicate.size < max(on_true.size, on_false.size) or bits is None:
        return np.where(predicate, on_true, on_false)
    # Most choices are guards, which choose the same everywhere: that is quick to see.
    if on_false.shape == predicate.shape and not predicate.any():
        return on_false
    if on_true.shape == predicate.shape and predicate.all():
        return on_true
    # Bool as -1 or 0, widened with its sign: all bits or none.
    mask = np.negative(predicate.view(np.int8)).astype(bits)
    false = on_false.view(bits)
    mask &= on_true.view(bits) ^ false
    mask ^= false
    return mask.view(on_true.dtype)


class _Extremum(ElementwiseBinary, dtypes=NUMERIC | BOOL | COMPLEX):
    """Maximum or minimum; at a tie each operand takes half of the tangent.

    Complex numbers are compared by their real, then by their imaginary parts; where NaN leaves that open the result is
    the second operand.
    """

    partials = ("_partial_lhs", "_partial_rhs")

    def _partial_lhs(self, dx: Value) -> Value:
        return self._share(dx, self.lhs, self.rhs)

    def _partial_rhs(self, dy: Value) -> Value:
        return self._share(dy, self.rhs, self.lhs)

    def _share(self, tangent: Value, own: Value, other: Value) -> Value:
        best = self.result
        half, one = ops.full_like(best, 0.5), ops.full_like(best, 1)
        tie = ops.select(ops.compare(other, best, direction="eq"), half, one)
        taken = ops.compare(own, best, direction="eq")
        return ops.mul(tangent, ops.select(taken, tie, ops.zeros_like(best)))


def _is_above(x: Any, y: Any) -> np.ndarray:
    """Whether a complex number comes behind another one by real parts, then by imaginary ones."""
    return (x.real > y.real) | ((x.real == y.real) & (x.imag > y.imag))


def _signed_zeros(extremum: Any, of_zeros: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Any:
    """NumPy's extremum leaves the sign of zero open; ``max(-0, 0)`` is 0 and ``min(-0, 0)`` is -0 here."""

    def call(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        kind = x.dtype.kind
        if kind == "c":
            return np.where(_is_above(x, y) if extremum is np.maximum else _is_above(y, x), x, y)
        result = extremum(x, y)
        if kind in "iub" or not has_zeros(result):
            return result
        return _select((x == 0) & (y == 0), of_zeros(x, y), result)

    return by_pieces(call)


class MaxOp(_Extremum, name="max"):
    """Larger operand; NaN if either is, and 0 is larger than -0."""

    numpy = _signed_zeros(np.maximum, np.add)


class MinOp(_Extremum, name="min"):
    """Smaller operand; NaN if either is, and -0 is smaller than 0."""

    numpy = _signed_zeros(np.minimum, lambda x, y: -(-x - y))


class Atan2Op(ElementwiseBinary, name="atan2", dtypes=FLOATING, transcendental=True):
    """Angle in radians of the point ``(y, x)``, in [-pi, pi]."""

    numpy = of_elements(np.arctan2)
    partials = ("_partial_lhs", "_partial_rhs")

    def _per_square(self, share: Value) -> Value:
        return ops.div(share, ops.add(ops.square(self.lhs), ops.square(self.rhs)))

    def _partial_lhs(self, dy: Value) -> Value:
        return ops.mul(dy, self._per_square(self.rhs))

    def _partial_rhs(self, dx: Value) -> Value:
        return ops.neg(ops.mul(dx, self._per_square(self.lhs)))


class NextafterOp(ElementwiseBinary, name="nextafter", dtypes=FLOATING):
    """The float after ``x`` in the direction of ``y``; ``y`` itself if they are equal."""

    @staticmethod
    def numpy(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(x == y, y, np.nextafter(x, y))

    def jvp(self, dx: Value | None, dy: Value | None) -> Value | None:
        return dx


class _Bitwise(ElementwiseBinary, dtypes=INTEGER | BOOL, zero_tangent=True):
    """Bitwise on integers, logical on bools."""


class AndOp(_Bitwise, name="and"):
    """Bitwise and."""

    numpy = np.bitwise_and


class OrOp(_Bitwise, name="or"):
    """Bitwise or."""

    numpy = np.bitwise_or


class XorOp(_Bitwise, name="xor"):
    """Bitwise exclusive or."""

    numpy = np.bitwise_xor


def _shift(function: Any, overflow: Callable[[np.ndarray], Any], view: str = "") -> Any:
    """A NumPy shift with the result of amounts outside [0, width) given by ``overflow``."""

    def call(x: np.ndarray, amount: np.ndarray) -> np.ndarray:
        width = x.dtype.itemsize * 8
        inside = (amount >= 0) & (amount < width)
        bits = np.asarray(x).view(f"{view}{x.dtype.itemsize}" if view else x.dtype)
        shifted = function(bits, np.where(inside, amount, 0).astype(bits.dtype)).view(x.dtype)
        return np.where(inside, shifted, overflow(x).astype(x.dtype))

    return staticmethod(call)


class _Shift(ElementwiseBinary, dtypes=INTEGER, zero_tangent=True):
    """Shift by ``y`` bits; an amount outside [0, width) shifts every bit out."""


class ShiftLeftOp(_Shift, name="shift_left"):
    """Left shift."""

    numpy = _shift(np.left_shift, np.zeros_like)


class ShiftRightLogicalOp(_Shift, name="shift_right_logical"):
    """Right shift that fills with zeros."""

    numpy = _shift(np.right_shift, np.zeros_like, view="u")


class ShiftRightArithmeticOp(_Shift, name="shift_right_arithmetic"):
    """Right shift that fills with the sign bit."""

    numpy = _shift(np.right_shift, lambda x: np.where(x.view(f"i{x.dtype.itemsize}") < 0, -1, 0), view="i")


_COMPARISONS = {
    "eq": np.equal,
    "ne": np.not_equal,
    "lt": np.less,
    "le": np.less_equal,
    "gt": np.greater,
    "ge": np.greater_equal,
}


def _check_order(dtype: np.dtype, direction: str) -> None:
    if is_complex(dtype) and direction not in ("eq", "ne"):
        raise DTypeError(f"complex numbers have no order; got {direction!r} of {dtype}. Compare their parts.")


class CompareOp(ElementwiseBinary, name="compare", zero_tangent=True):
    """``x <direction> y`` as bool, direction one of eq ne lt le gt ge; false with NaN except for ne.

    Complex numbers have no order: eq and ne only.
    """

    direction: Str

    @staticmethod
    def infer(x: Aval, y: Aval, *, direction: str) -> Aval:
        if direction not in _COMPARISONS:
            raise ShapeError(f"direction must be one of {', '.join(_COMPARISONS)}; got {direction!r}.")
        _check_order(x.dtype, direction)
        return Aval(Elementwise.infer(x, y).shape, np.dtype(bool))

    @staticmethod
    def numpy(x: np.ndarray, y: np.ndarray, *, direction: str) -> np.ndarray:
        if x.dtype.kind == "c":
            _check_order(x.dtype, direction)
        return _COMPARISONS[direction](x, y)

    def scalar(self, *xs: Value) -> Value:
        return scalar.compare(aval_of(self.lhs).dtype, self.direction, *xs)


class SelectOp(Elementwise, name="select", linear_in=("on_true", "on_false"), same_dtype=False):
    """``on_true`` where the bool ``predicate`` holds, ``on_false`` elsewhere."""

    predicate: Tensor
    on_true: Tensor
    on_false: Tensor

    @staticmethod
    def infer(predicate: Aval, on_true: Aval, on_false: Aval) -> Aval:
        Elementwise.infer(predicate, on_true, on_false)
        if predicate.dtype != np.dtype(bool):
            raise DTypeError(f"the predicate must be bool; got {predicate}. Compare it with 0.")
        if on_true.dtype != on_false.dtype:
            raise DTypeError(f"both branches must have the same dtype; got {on_true} and {on_false}.")
        return on_true

    numpy = by_pieces(_select)

    def transpose(
        self, ct: Value, predicate: Value, on_true: Value | None, on_false: Value | None
    ) -> Sequence[Value | None]:
        zeros = ops.zeros_like(ct)
        return [
            None,
            ops.select(predicate, ct, zeros) if on_true is None else None,
            ops.select(predicate, zeros, ct) if on_false is None else None,
        ]

    def scalar(self, *xs: Value) -> Value:
        return scalar.select(*xs)


class ClampOp(Elementwise, name="clamp", dtypes=NUMERIC):
    """``min(max(x, lower), upper)``: bounds and operand of one shape; NaN in any of them gives NaN."""

    lower_bound: Tensor
    operand: Tensor
    upper_bound: Tensor

    @staticmethod
    def numpy(lower: np.ndarray, x: np.ndarray, upper: np.ndarray) -> np.ndarray:
        return MinOp.numpy(MaxOp.numpy(x, lower), upper)

    def jvp(self, dlower: Value | None, dx: Value | None, dupper: Value | None) -> Value | None:
        lower, x, upper = self.lower_bound, self.operand, self.upper_bound
        above = ops.compare(x, lower, direction="gt")
        below = ops.compare(x, upper, direction="lt")
        inside = ops.and_(above, below)
        at_lower = ops.compare(ops.max(x, lower), upper, direction="lt")
        shares = [
            (ops.and_(ops.not_(above), at_lower), dlower),
            (inside, dx),
            (ops.not_(at_lower), dupper),
        ]
        total = None
        for mask, tangent in shares:
            if tangent is not None:
                total = ops.add_tangents(total, ops.select(mask, tangent, ops.zeros_like(x)))
        return total

    def flops(self) -> int:
        return 2 * aval_of(self.result).size
