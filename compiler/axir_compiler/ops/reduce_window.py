"""Reductions of the elements under a window that slides over an array, and what their derivatives need."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import MissingRuleError, ShapeError
from axir_compiler.ir.attributes import Ints, Str, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import COMPLEX, FLOATING, NUMERIC, Aval, aval_of, is_complex, is_float
from axir_compiler.ir.windows import Window, dilated, padded_array, unpadded_array, window_slices
from axir_compiler.later import builders
from axir_compiler.ops.elementwise import align_batch, in_float32
from axir_compiler.ops.reduce import highest, lowest

Windows = tuple[Window, ...]
Array = np.ndarray
_NAMES = (
    "window_dimensions",
    "window_strides",
    "padding_low",
    "padding_high",
    "base_dilation",
    "window_dilation",
)
_TRIVIAL = (1, 1, 0, 0, 1, 1)


def windows_of(attrs: dict[str, Any]) -> Windows:
    """One window for each axis, from the attributes of an op."""
    return tuple(Window(*row) for row in zip(*(attrs[name] for name in _NAMES), strict=True))


def window_attrs(windows: Sequence[Window]) -> dict[str, tuple[int, ...]]:
    """The attributes that stand for windows."""
    columns = zip(*windows, strict=True) if windows else [()] * len(_NAMES)
    return dict(zip(_NAMES, map(tuple, columns), strict=True))


def _check_windows(x: Aval, attrs: dict[str, Any]) -> None:
    for name in _NAMES:
        if len(attrs[name]) != x.ndim:
            raise ShapeError(f"{name} needs one number for each axis of {x}; got {attrs[name]}.")
        if not name.startswith("padding") and any(n < 1 for n in attrs[name]):
            raise ShapeError(f"{name} must be positive; got {attrs[name]}.")
    if any(w.padded(n) < 0 for n, w in zip(x.shape, windows_of(attrs), strict=True)):
        raise ShapeError(
            f"negative padding cuts off more than there is; got padding_low={attrs['padding_low']}, "
            f"padding_high={attrs['padding_high']} for {x}."
        )


def _counts(shape: Sequence[int], windows: Windows) -> tuple[int, ...]:
    return tuple(w.count(n) for n, w in zip(shape, windows, strict=True))


class Windowed(AxirOp):
    """Base of the ops of this family: windows over all axes, described by attributes."""

    @property
    def windows(self) -> Windows:
        """One window for each axis."""
        return windows_of(self.attrs)

    def _with_axis(self, axis: int) -> dict[str, tuple[int, ...]]:
        """Attributes for an operand with a further axis, along which nothing happens."""
        given = {name: getattr(self, name) for name in _NAMES}
        return {
            name: (*given[name][:axis], one, *given[name][axis:])
            for name, one in zip(_NAMES, _TRIVIAL, strict=True)
        }


# Reductions. --------------------------------------------------------------------------------------------


def _reduced(combine: Callable[[Array, Array], Array], identity: Callable[[np.dtype], Any]) -> Any:
    """Evaluation of a reduction, one axis after the other."""

    def call(x: Array, **attrs: Any) -> Array:
        windows = windows_of(attrs)
        x = padded_array(x, windows, identity(x.dtype))
        for axis, w in enumerate(windows):
            x = _reduced_along(x, axis, w, combine)
        # As if started from the identity, which makes the sum of -0.0 alone 0.0.
        return combine(x, np.array(identity(x.dtype), x.dtype))

    return in_float32(call)


def _reduced_along(x: Array, axis: int, w: Window, combine: Callable[[Array, Array], Array]) -> Array:
    """Windows over adjacent elements along one axis.

    Windows of 2, 4, 8... elements come from two of half the size each; one of any size is made of those.
    """
    count = Window(w.size, w.stride, dilation=w.dilation).count(x.shape[axis])

    def part(values: Array, offset: int) -> Array:
        places = slice(offset, offset + dilated(count, w.stride), w.stride)
        return values[(slice(None),) * axis + (places,)]

    if count == 0:
        return part(x, 0)
    total, done, length = None, 0, 1
    while True:
        if w.size & length:
            piece = part(x, done * w.dilation)
            total = piece if total is None else combine(total, piece)
            done += length
        if done == w.size:
            assert total is not None
            return np.array(total)
        shift = length * w.dilation
        ahead, behind = ((slice(None),) * axis + (s,) for s in (slice(shift, None), slice(None, -shift)))
        x = combine(x[behind], x[ahead])
        length *= 2


def _larger(a: Array, b: Array) -> Array:
    """Maximum; 0.0 is larger than -0.0, which NumPy leaves open."""
    found = np.maximum(a, b)
    return np.where((a == 0) & (b == 0), a + b, found) if is_float(a.dtype) else found


def _smaller(a: Array, b: Array) -> Array:
    """Minimum; -0.0 is smaller than 0.0."""
    found = np.minimum(a, b)
    return np.where((a == 0) & (b == 0), -(-a - b), found) if is_float(a.dtype) else found


class ReduceWindow(Windowed, dtypes=NUMERIC):
    """Combines the elements under a window in each of its positions; holes count as the identity."""

    operand: Tensor
    window_dimensions: Ints
    window_strides: Ints
    padding_low: Ints
    padding_high: Ints
    base_dilation: Ints
    window_dilation: Ints
    kind: ClassVar[str]

    @staticmethod
    def infer(x: Aval, **attrs: Any) -> Aval:
        _check_windows(x, attrs)
        return Aval(_counts(x.shape, windows_of(attrs)), x.dtype)

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        axis = axes[0]
        assert axis is not None
        return self.rebuild(x, **self._with_axis(axis)), axis

    def lower(self, x: Value) -> Value:
        return builders.reduce_window(self.kind, x, self.windows, aval_of(self.operand).dtype)

    def flops(self) -> int:
        sizes = aval_of(self.operand).shape
        pairs = math.prod(w.pairs(n) for n, w in zip(sizes, self.windows, strict=True))
        return max(pairs - aval_of(self.result).size, 0) * (
            2 if is_complex(aval_of(self.result).dtype) else 1
        )


class ReduceWindowSumOp(
    ReduceWindow, name="reduce_window_sum", dtypes=NUMERIC | COMPLEX, linear_in=("operand",)
):
    """Sum under a window; half types are accumulated in float32."""

    kind = "sum"
    numpy = _reduced(np.add, lambda dtype: 0)

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        own = aval_of(self.operand)
        if 0 in own.shape or 0 in aval_of(ct).shape:
            return [ops.zeros(own)]
        back = [w.transposed(n) for w, n in zip(self.windows, own.shape, strict=True)]
        return [ops.reduce_window_sum(ct, **window_attrs(back))]


# A window of more elements has no derivative: the program would be too long.
_MOST_FACTORS = 256


class ReduceWindowProdOp(ReduceWindow, name="reduce_window_prod", dtypes=NUMERIC | COMPLEX):
    """Product under a window; half types are accumulated in float32."""

    kind = "prod"
    numpy = _reduced(np.multiply, lambda dtype: 1)

    def jvp(self, dx: Value) -> Value | None:
        """Products of dual numbers, pair by pair: right also where factors are zero."""
        if 0 in aval_of(self.result).shape:
            return None
        sizes = [w.size for w in self.windows]
        if math.prod(sizes) > _MOST_FACTORS:
            raise MissingRuleError(
                f"jvp: products under a window are differentiated up to {_MOST_FACTORS} elements; got a window "
                f"{tuple(sizes)}. Use several steps, or the sum of logarithms."
            )
        factors = list(zip(self._parts(self.operand, 1), self._parts(dx, 0), strict=True))
        while len(factors) > 1:
            pairs = zip(factors[::2], factors[1::2], strict=False)
            joined = [(ops.mul(a, b), ops.add(ops.mul(da, b), ops.mul(a, db))) for (a, da), (b, db) in pairs]
            factors = joined + factors[len(factors) - len(factors) % 2 :]
        return factors[0][1]

    def _parts(self, x: Value, fill: float) -> list[Value]:
        """For each element of the window what lies under it, in all positions."""
        windows = self.windows
        padded = ops.pad(
            x,
            ops.constant(value=ops.scalar_value(fill, aval_of(x).dtype)),
            low=self.padding_low,
            high=self.padding_high,
            interior=tuple(n - 1 for n in self.base_dilation),
        )
        counts, found = aval_of(self.result).shape, []
        for index in np.ndindex(*(w.size for w in windows)):
            places = window_slices(index, windows, counts)
            found.append(
                ops.slice(
                    padded,
                    start=tuple(p.start for p in places),
                    limit=tuple(p.stop for p in places),
                    stride=tuple(p.step for p in places),
                )
            )
        return found


class _ReduceWindowExtremum(ReduceWindow):
    """Maximum or minimum; the tangent is that of the first extreme element of the window."""

    def jvp(self, dx: Value) -> Value:
        attrs = {name: getattr(self, name) for name in _NAMES}
        return ops.select_and_gather_add(dx, self.operand, **attrs, extremum=self.kind)


class ReduceWindowMaxOp(_ReduceWindowExtremum, name="reduce_window_max"):
    """Largest element under a window; NaN if there is one."""

    kind = "max"
    numpy = _reduced(_larger, lowest)


class ReduceWindowMinOp(_ReduceWindowExtremum, name="reduce_window_min"):
    """Smallest element under a window; NaN if there is one."""

    kind = "min"
    numpy = _reduced(_smaller, highest)


# Selection. ---------------------------------------------------------------------------------------------


def _winners(x: Array, windows: Windows, extremum: str) -> Array:
    """Number of the first extreme element of the window in each position, -1 if all are holes; NaN wins."""
    counts = _counts(x.shape, windows)
    values = padded_array(x, windows, 0)
    there = padded_array(np.ones(x.shape, bool), windows, False)
    beats = np.greater if extremum == "max" else np.less
    winner, best = np.full(counts, -1), np.zeros(counts, x.dtype)
    for number, index in enumerate(np.ndindex(*(w.size for w in windows))):
        places = window_slices(index, windows, counts)
        value = values[places]
        better = beats(value, best) | (np.isnan(value) & ~np.isnan(best)) | (winner < 0)
        taken = better & there[places]
        winner = np.where(taken, number, winner)
        best = np.where(taken, value, best)
    return winner


def _scattered(source: Array, x: Array, **attrs: Any) -> Array:
    """Evaluation of ``select_and_scatter_add``."""
    windows = windows_of(attrs)
    winner = _winners(x, windows, attrs["extremum"])
    total = np.zeros([w.padded(n) for n, w in zip(x.shape, windows, strict=True)], source.dtype)
    for number, index in enumerate(np.ndindex(*(w.size for w in windows))):
        total[window_slices(index, windows, winner.shape)] += np.where(winner == number, source, 0)
    return unpadded_array(total, x.shape, windows)


class Selection(Windowed, dtypes=FLOATING, linear_in=("source",)):
    """Moves numbers between positions of a window and the extreme elements that it sees there.

    ``extremum`` is ``max`` or ``min``; of equal elements the first one is meant, in row-major order, and NaN counts
    as extreme. A window that sees holes only has no extreme element.
    """

    source: Tensor
    operand: Tensor
    window_dimensions: Ints
    window_strides: Ints
    padding_low: Ints
    padding_high: Ints
    base_dilation: Ints
    window_dilation: Ints
    extremum: Str

    def jvp(self, d_source: Value | None, _: Value | None) -> Value | None:
        """Which elements are extreme does not change near a point."""
        return None if d_source is None else self.rebuild(d_source, self.operand)

    def batch(self, axes: Sequence[int | None], source: Value, operand: Value) -> tuple[Value, int]:
        (source, operand), axis = align_batch(axes, (source, operand))
        return self.rebuild(source, operand, **self._with_axis(axis)), axis

    def lower(self, source: Value, operand: Value) -> Value:
        build = getattr(builders, self.short_name)
        return build(source, operand, self.windows, self.extremum, aval_of(self.operand).dtype)

    def flops(self) -> int:
        """A comparison for each element under a window, and an addition for each window."""
        pairs = math.prod(w.pairs(n) for n, w in zip(aval_of(self.operand).shape, self.windows, strict=True))
        return pairs + math.prod(_counts(aval_of(self.operand).shape, self.windows))


def _check_selection(source: Aval, expected: Sequence[int], x: Aval, attrs: dict[str, Any]) -> None:
    if source.shape != tuple(expected):
        raise ShapeError(f"source must have shape {tuple(expected)} for operand {x}; got {source}.")
    if attrs["extremum"] not in ("max", "min"):
        raise ShapeError(f"extremum must be 'max' or 'min'; got {attrs['extremum']!r}.")


class SelectAndGatherAddOp(Selection, name="select_and_gather_add"):
    """In each position of the window the element of ``source`` where ``operand`` is extreme; 0 if there is none.

    This is the derivative of maxima and minima under windows.
    """

    @staticmethod
    def infer(source: Aval, x: Aval, **attrs: Any) -> Aval:
        _check_windows(x, attrs)
        _check_selection(source, x.shape, x, attrs)
        return Aval(_counts(x.shape, windows_of(attrs)), x.dtype)

    @staticmethod
    def numpy(source: Array, x: Array, **attrs: Any) -> Array:
        windows = windows_of(attrs)
        winner = _winners(x, windows, attrs["extremum"])
        values = padded_array(source, windows, 0)
        found = np.zeros(winner.shape, source.dtype)
        for number, index in enumerate(np.ndindex(*(w.size for w in windows))):
            places = window_slices(index, windows, winner.shape)
            found = np.where(winner == number, values[places], found)
        return found

    def transpose(self, ct: Value, source: Value | None, operand: Value) -> list[Value | None]:
        return [ops.select_and_scatter_add(ct, operand, **self.attrs), None]


class SelectAndScatterAddOp(Selection, name="select_and_scatter_add"):
    """Adds the element of ``source`` for each position of the window where ``operand`` is extreme in it.

    The transpose of ``select_and_gather_add``; half types are added in float32.
    """

    @staticmethod
    def infer(source: Aval, x: Aval, **attrs: Any) -> Aval:
        _check_windows(x, attrs)
        _check_selection(source, _counts(x.shape, windows_of(attrs)), x, attrs)
        return x

    numpy = in_float32(_scattered)

    def transpose(self, ct: Value, source: Value | None, operand: Value) -> list[Value | None]:
        return [ops.select_and_gather_add(ct, operand, **self.attrs), None]
