"""Running sums, products and extremes along one axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import Bool, Int, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import COMPLEX, FLOATING, NUMERIC, Aval, aval_of, is_complex, is_float
from axir_compiler.later import builders
from axir_compiler.ops.elementwise import in_float32
from axir_compiler.ops.sort import totally_ordered

Pair = tuple[Value, Value]


def _accumulated(function: Callable[[np.ndarray, int], np.ndarray]) -> Any:
    """The NumPy rule of a running reduction given in ascending order."""

    def rule(x: np.ndarray, *, axis: int, reverse: bool) -> np.ndarray:
        return np.flip(function(np.flip(x, axis), axis), axis) if reverse else function(x, axis)

    return rule


class Cumulative(AxirOp):
    """Each element combined with all before it along ``axis``; with all behind it if ``reverse``."""

    operand: Tensor
    axis: Int
    reverse: Bool
    binary: ClassVar[str]

    @staticmethod
    def infer(x: Aval, *, axis: int, reverse: bool) -> Aval:
        if not 0 <= axis < x.ndim:
            raise ShapeError(f"the axis must be in [0, {x.ndim}); got {axis} for {x}.")
        return x

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        batch = axes[0]
        assert batch is not None
        return self.rebuild(x, axis=self.axis + (self.axis >= batch)), batch

    def lower(self, x: Value) -> Value:
        return builders.cumulative(self.short_name, x, self.axis, self.reverse, aval_of(self.operand).dtype)

    def without_kernels(self, x: Value) -> Value:
        """Each element combined with the one 1, 2, 4, ... places before it.

        W. D. Hillis, G. L. Steele, "Data parallel algorithms", CACM 29(12), 1986.
        """
        dtype, size = aval_of(x).dtype, aval_of(x).shape[self.axis]
        is_narrow = is_float(dtype) and dtype.itemsize == 2
        y = self._directed(ops.convert_to(x, np.dtype("float32")) if is_narrow else x)
        step = 1
        while step < size:
            first, others = _part(y, self.axis, 0, step), _part(y, self.axis, step, size)
            others = self._combined(_part(y, self.axis, 0, size - step), others)
            y = ops.concatenate(first, others, dimension=self.axis)
            step *= 2
        return ops.convert_to(self._directed(y), dtype)

    def _combined(self, found: Value, x: Value) -> Value:
        """What was found so far and what follows, in one."""
        return getattr(ops, self.binary)(found, x)

    def _scanned(self, combine: Callable[[Pair, Pair], Pair], *pair: Value) -> Value:
        """Running combination of pairs in the direction of the op; its second part."""
        first, second = (self._directed(x) for x in pair)
        return self._directed(_scan(combine, (first, second), self.axis)[1])

    def _directed(self, x: Value) -> Value:
        return ops.reverse(x, dimensions=(self.axis,)) if self.reverse else x

    def flops(self) -> int:
        x = aval_of(self.operand)
        return (x.size - x.size // max(x.shape[self.axis], 1)) * (2 if is_complex(x.dtype) else 1)


class CumsumOp(Cumulative, name="cumsum", dtypes=NUMERIC | COMPLEX, linear_in=("operand",)):
    """Running sum; half types are accumulated in float32."""

    binary = "add"

    numpy = in_float32(_accumulated(lambda x, axis: np.add.accumulate(x, axis, dtype=x.dtype)))

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        return [self.rebuild(ct, reverse=not self.reverse)]


class CumprodOp(Cumulative, name="cumprod", dtypes=NUMERIC | COMPLEX):
    """Running product; half types are accumulated in float32."""

    binary = "mul"

    numpy = in_float32(_accumulated(lambda x, axis: np.multiply.accumulate(x, axis, dtype=x.dtype)))

    def jvp(self, dx: Value) -> Value:
        """Products of dual numbers: right also behind factors that are zero."""
        return self._scanned(_times, self.operand, dx)

    def flops(self) -> int:
        return super().flops() * (3 if is_complex(aval_of(self.operand).dtype) else 1)


def _times(left: Pair, right: Pair) -> Pair:
    (x, dx), (y, dy) = left, right
    return ops.mul(x, y), ops.add(ops.mul(dx, y), ops.mul(x, dy))


def _running_extreme(largest: bool) -> Any:
    def function(x: np.ndarray, axis: int) -> np.ndarray:
        pick = np.maximum if largest else np.minimum
        if not is_float(x.dtype):
            return pick.accumulate(x, axis)
        # On integers, where NaN is extreme and -0.0 below 0.0.
        key = totally_ordered(x)
        extreme = np.iinfo(key.dtype).max if largest else np.iinfo(key.dtype).min
        found = pick.accumulate(np.where(np.isnan(x), extreme, key).astype(key.dtype), axis)
        return totally_ordered(found).view(x.dtype)

    return staticmethod(_accumulated(function))


class _CumulativeExtreme(Cumulative, dtypes=NUMERIC | COMPLEX):
    """Running extreme, of complex numbers by their real and then their imaginary parts; two tied elements share the
    tangent."""

    def jvp(self, dx: Value) -> Value:
        return self._scanned(self._extreme, self.operand, dx)

    def _extreme(self, left: Pair, right: Pair) -> Pair:
        """The extreme value with its tangent; that of NaN is 0, as of the op on two operands."""
        (x, dx), (y, _) = left, right
        best = getattr(ops, self.binary)(x, y)
        zero = ops.zeros_like(dx)
        first, second = (
            ops.select(ops.compare(value, best, direction="eq"), tangent, zero)
            for value, tangent in (left, right)
        )
        total = ops.add(first, second)
        return best, ops.select(ops.compare(x, y, direction="eq"), ops.scale(total, 0.5), total)


class CummaxOp(_CumulativeExtreme, name="cummax"):
    """Running maximum; NaN from the first NaN on."""

    binary = "max"
    numpy = _running_extreme(True)


class CumminOp(_CumulativeExtreme, name="cummin"):
    """Running minimum; NaN from the first NaN on."""

    binary = "min"
    numpy = _running_extreme(False)


class CumlogsumexpOp(Cumulative, name="cumlogsumexp", dtypes=FLOATING):
    """``log(sum(exp(x[: i + 1])))`` without overflow; half types are accumulated in float32."""

    numpy = in_float32(_accumulated(np.logaddexp.accumulate))

    def jvp(self, dx: Value) -> Value:
        """``dy[i] = exp(y[i-1] - y[i]) dy[i-1] + exp(x[i] - y[i]) dx[i]``, a recurrence without overflow."""
        x, y, dx = (self._directed(t) for t in (self.operand, self.result, dx))
        keep, share = _ratio(_delayed(y, self.axis), y), ops.mul(_ratio(x, y), dx)
        return self._directed(_scan(_recur, (keep, share), self.axis)[1])

    def _combined(self, found: Value, x: Value) -> Value:
        """``max + log1p(exp(-|found - x|))``; equal infinities stay what they are."""
        tail = ops.log1p(ops.exp(ops.neg(ops.abs(ops.sub(found, x)))))
        tail = ops.select(ops.compare(found, x, direction="eq"), ops.full_like(x, math.log(2)), tail)
        return ops.add(ops.max(found, x), tail)

    def flops(self) -> int:
        """Maximum, difference and sum for each step."""
        return 3 * super().flops()

    def transcendentals(self) -> int:
        """An exponential and a logarithm for each step."""
        return 2 * super().flops()


def _recur(left: Pair, right: Pair) -> Pair:
    """Two steps ``y -> a y + b`` in one."""
    (a, b), (c, d) = left, right
    return ops.mul(a, c), ops.add(ops.mul(c, b), d)


def _ratio(x: Value, y: Value) -> Value:
    """``exp(x - y)``; 1 for equal infinities."""
    is_infinite = ops.and_(ops.compare(x, y, direction="eq"), ops.not_(ops.is_finite(x)))
    return ops.exp(ops.select(is_infinite, ops.zeros_like(x), ops.sub(x, y)))


def _delayed(x: Value, axis: int) -> Value:
    """Each element replaced by the one before it; the first one stays."""
    size = aval_of(x).shape[axis]
    first, others = _part(x, axis, 0, min(size, 1)), _part(x, axis, 0, max(size - 1, 0))
    return ops.concatenate(first, others, dimension=axis)


def _part(x: Value, axis: int, start: int, limit: int, stride: int = 1) -> Value:
    shape = aval_of(x).shape
    bounds = {"start": (0,) * len(shape), "limit": shape, "stride": (1,) * len(shape)}
    given = {"start": start, "limit": limit, "stride": stride}
    return ops.slice(x, **{k: (*v[:axis], given[k], *v[axis + 1 :]) for k, v in bounds.items()})


def _scan(combine: Callable[[Pair, Pair], Pair], xs: Pair, axis: int) -> Pair:
    """Running combination of pairs by an associative function, in a logarithmic number of steps.

    Neighbours are combined, those scanned, and the places between filled in: G. E. Blelloch, "Prefix sums and
    their applications", CMU-CS-90-190, 1990.
    """
    size = aval_of(xs[0]).shape[axis]
    if size < 2:
        return xs

    def parts(pair: Pair, *bounds: int) -> Pair:
        first, second = (_part(x, axis, *bounds) for x in pair)
        return first, second

    whole = size - size % 2
    odd = _scan(combine, combine(parts(xs, 0, whole, 2), parts(xs, 1, whole, 2)), axis)
    head = parts(xs, 0, 1)
    if size == 2:
        even = head
    else:
        rest = combine(parts(odd, 0, (size - 1) // 2), parts(xs, 2, size, 2))
        even = tuple(ops.concatenate(a, b, dimension=axis) for a, b in zip(head, rest, strict=True))
    first, second = (_interleaved(a, b, axis, size) for a, b in zip(even, odd, strict=True))
    return first, second


def _interleaved(even: Value, odd: Value, axis: int, size: int) -> Value:
    """The elements of two inexact tensors in turns."""

    def spread(x: Value, before: int) -> Value:
        shape, dtype = aval_of(x)
        zero = ops.constant(value=ops.scalar_value(0, dtype))
        after = size - before - (2 * shape[axis] - 1)
        low, high, interior = (
            tuple(n if d == axis else 0 for d in range(len(shape))) for n in (before, after, 1)
        )
        return ops.pad(x, zero, low=low, high=high, interior=interior)

    return ops.add(spread(even, 0), spread(odd, 1))
