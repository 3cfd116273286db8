"""Ops that move elements without computing on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import Int, Ints, Tensor, Tensors
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import BFLOAT16, Aval, aval_of
from axir_compiler.later import builders
from axir_compiler.ops.constant import ConstantOp


def _check_axes(what: str, axes: Sequence[int], rank: int) -> None:
    if len(set(axes)) != len(axes) or not all(0 <= a < rank for a in axes):
        raise ShapeError(f"{what} must be distinct axes in [0, {rank}); got {tuple(axes)}.")


def _shift_axes(axes: Sequence[int], inserted: int) -> tuple[int, ...]:
    """Axis numbers after an axis has been inserted."""
    return tuple(a + (a >= inserted) for a in axes)


def _insert(items: Sequence[int], at: int, item: int) -> tuple[int, ...]:
    return (*items[:at], item, *items[at:])


def _axis(axes: Sequence[int | None]) -> int:
    axis = axes[0]
    assert axis is not None
    return axis


def splat_of(value: Value) -> Any:
    """The number that a tensor repeats, or ``None`` if it is not known."""
    owner = value.owner
    constant = owner.operand.owner if isinstance(owner, BroadcastInDimOp) else owner
    return constant.value.value if isinstance(constant, ConstantOp) else None


class BroadcastInDimOp(AxirOp, name="broadcast_in_dim", linear_in=("operand",), arithmetic=0):
    """Operand axis ``i`` becomes axis ``dimensions[i]`` of ``shape``; size-1 axes are repeated."""

    operand: Tensor
    shape: Ints
    dimensions: Ints

    @staticmethod
    def infer(x: Aval, *, shape: tuple[int, ...], dimensions: tuple[int, ...]) -> Aval:
        _check_axes("dimensions", dimensions, len(shape))
        fits = len(dimensions) == x.ndim and list(dimensions) == sorted(dimensions)
        if not fits or any(n not in (1, shape[d]) for n, d in zip(x.shape, dimensions, strict=True)):
            raise ShapeError(f"{x} cannot be broadcast to shape {shape} along dimensions {dimensions}.")
        if any(n < 0 for n in shape):
            raise ShapeError(f"sizes must not be negative; got shape {shape}.")
        return Aval(shape, x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, shape: tuple[int, ...], dimensions: tuple[int, ...]) -> np.ndarray:
        column = [1] * len(shape)
        for n, d in zip(x.shape, dimensions, strict=True):
            column[d] = n
        wide = x.reshape(column)
        # NumPy does not give out the memory of dtypes that it does not know.
        if not wide.flags.c_contiguous or wide.dtype == BFLOAT16 or not wide.size:
            return np.broadcast_to(wide, shape)
        # The same in less time.
        strides = tuple([0 if n == 1 else s for n, s in zip(column, wide.strides, strict=True)])
        found = np.ndarray(shape, wide.dtype, wide, strides=strides)
        found.flags.writeable = False
        return found

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        old, dimensions = aval_of(self.operand).shape, self.dimensions
        kept = {d for n, d in zip(old, dimensions, strict=True) if n == self.shape[d]}
        summed = ops.reduce_sum(ct, axes=tuple(d for d in range(len(self.shape)) if d not in kept))
        return [ops.reshape(summed, shape=old)]

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        axis = _axis(axes)
        x = ops.move_axis(x, axis, 0)
        size = aval_of(x).shape[0]
        shifted = (0, *(d + 1 for d in self.dimensions))
        return ops.broadcast_in_dim(x, shape=(size, *self.shape), dimensions=shifted), 0

    def lower(self, x: Value) -> Value:
        return builders.broadcast_in_dim(x, self.shape, self.dimensions)


class ReshapeOp(AxirOp, name="reshape", linear_in=("operand",), arithmetic=0):
    """The same elements in row-major order under another shape."""

    access = "nothing"

    operand: Tensor
    shape: Ints

    @staticmethod
    def infer(x: Aval, *, shape: tuple[int, ...]) -> Aval:
        if math.prod(shape) != x.size or any(n < 0 for n in shape):
            raise ShapeError(f"shape must hold {x.size} elements; got shape {shape} for {x}.")
        return Aval(shape, x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, shape: tuple[int, ...]) -> np.ndarray:
        return x.reshape(shape)

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        return [ops.reshape(ct, shape=aval_of(self.operand).shape)]

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        x = ops.move_axis(x, _axis(axes), 0)
        return ops.reshape(x, shape=(aval_of(x).shape[0], *self.shape)), 0

    def lower(self, x: Value) -> Value:
        return builders.reshape(x, self.shape)


class TransposeOp(AxirOp, name="transpose", linear_in=("operand",), arithmetic=0):
    """Axis ``i`` of the result is axis ``permutation[i]`` of the operand."""

    operand: Tensor
    permutation: Ints

    @staticmethod
    def infer(x: Aval, *, permutation: tuple[int, ...]) -> Aval:
        if sorted(permutation) != list(range(x.ndim)):
            raise ShapeError(f"permutation must order the {x.ndim} axes of {x}; got {permutation}.")
        return Aval(tuple(x.shape[p] for p in permutation), x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, permutation: tuple[int, ...]) -> np.ndarray:
        return np.transpose(x, permutation)

    # The rule of the linear map and the op share a name; the class attribute below is the rule.
    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        inverse = tuple(int(i) for i in np.argsort(self.permutation))
        return [ops.transpose(ct, permutation=inverse)]

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        axis = _axis(axes)
        moved = (axis, *_shift_axes(self.permutation, axis))
        return ops.transpose(x, permutation=moved), 0

    def lower(self, x: Value) -> Value:
        return builders.transpose(x, self.permutation)


class ReverseOp(AxirOp, name="reverse", linear_in=("operand",), arithmetic=0):
    """Elements in opposite order along some axes."""

    operand: Tensor
    dimensions: Ints

    @staticmethod
    def infer(x: Aval, *, dimensions: tuple[int, ...]) -> Aval:
        _check_axes("dimensions", dimensions, x.ndim)
        return x

    @staticmethod
    def numpy(x: np.ndarray, *, dimensions: tuple[int, ...]) -> np.ndarray:
        return np.flip(x, dimensions)

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        return [self.rebuild(ct)]

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        axis = _axis(axes)
        return ops.reverse(x, dimensions=_shift_axes(self.dimensions, axis)), axis

    def lower(self, x: Value) -> Value:
        return builders.reverse(x, self.dimensions)


class ConcatenateOp(AxirOp, name="concatenate", linear_in=("operands_",), arithmetic=0):
    """Operands joined along one axis."""

    operands_: Tensors
    dimension: Int

    @staticmethod
    def infer(*xs: Aval, dimension: int) -> Aval:
        if not xs:
            raise ShapeError("needs at least one operand.")
        _check_axes("dimension", (dimension,), xs[0].ndim)
        rest = {(*x.shape[:dimension], *x.shape[dimension + 1 :]) for x in xs}
        if len(rest) > 1 or len({x.ndim for x in xs}) > 1:
            given = ", ".join(map(str, xs))
            raise ShapeError(f"shapes must agree except along axis {dimension}; got {given}.")
        total = sum(x.shape[dimension] for x in xs)
        shape = (*xs[0].shape[:dimension], total, *xs[0].shape[dimension + 1 :])
        return Aval(shape, xs[0].dtype)

    @staticmethod
    def numpy(*xs: np.ndarray, dimension: int) -> np.ndarray:
        return np.concatenate(xs, dimension)

    def transpose(self, ct: Value, *operands: Value | None) -> list[Value | None]:
        result: list[Value | None] = []
        start = 0
        rank = aval_of(ct).ndim
        for given, operand in zip(operands, self.operands, strict=True):
            shape = aval_of(operand).shape
            low = [0] * rank
            low[self.dimension] = start
            start += shape[self.dimension]
            high = tuple(a + b for a, b in zip(low, shape, strict=True))
            window = {"start": tuple(low), "limit": high, "stride": (1,) * rank}
            result.append(ops.slice(ct, **window) if given is None else None)
        return result

    def batch(self, axes: Sequence[int | None], *xs: Value) -> tuple[Value, int]:
        from axir_compiler.ops.elementwise import align_batch

        # Only the batch axis must agree: a broadcast operand keeps its own size along the joined axis.
        aligned, axis = align_batch(axes, xs)
        return ops.concatenate(*aligned, dimension=_shift_axes((self.dimension,), axis)[0]), axis

    def lower(self, *xs: Value) -> Value:
        return builders.concatenate(xs, self.dimension)


class PadOp(AxirOp, name="pad", linear_in=("operand", "padding_value"), arithmetic=0):
    """Operand with ``low`` and ``high`` elements added at the ends of each axis, ``interior`` between.

    Negative ``low`` and ``high`` cut elements off.
    """

    operand: Tensor
    padding_value: Tensor
    low: Ints
    high: Ints
    interior: Ints

    @staticmethod
    def infer(
        x: Aval, value: Aval, *, low: tuple[int, ...], high: tuple[int, ...], interior: tuple[int, ...]
    ) -> Aval:
        if {len(low), len(high), len(interior)} != {x.ndim} or any(i < 0 for i in interior):
            raise ShapeError(f"low, high and interior >= 0 need one number for each axis of {x}.")
        if value.shape != ():
            raise ShapeError(f"the padding value must be a scalar; got {value}.")
        shape = tuple(
            a + b + n + i * max(n - 1, 0) for n, a, b, i in zip(x.shape, low, high, interior, strict=True)
        )
        if any(n < 0 for n in shape):
            raise ShapeError(f"negative padding cuts off more than there is: {x}, low={low}, high={high}.")
        return Aval(shape, x.dtype)

    @staticmethod
    def numpy(
        x: np.ndarray,
        value: np.ndarray,
        *,
        low: tuple[int, ...],
        high: tuple[int, ...],
        interior: tuple[int, ...],
    ) -> np.ndarray:
        spread = tuple(n + i * max(n - 1, 0) for n, i in zip(x.shape, interior, strict=True))
        inner = np.full(spread, value, x.dtype)
        inner[tuple(slice(None, None, i + 1) for i in interior)] = x
        ends = [(max(a, 0), max(b, 0)) for a, b in zip(low, high, strict=True)]
        whole = np.pad(inner, ends, constant_values=value[()]) if ends else inner
        return whole[
            tuple(slice(max(-a, 0), n - max(-b, 0)) for n, a, b in zip(whole.shape, low, high, strict=True))
        ]

    def transpose(self, ct: Value, x: Value | None, value: Value | None) -> list[Value | None]:
        shape = aval_of(self.operand).shape
        inside = self._window(ct, shape) if x is None or value is None else None
        outside = None
        if value is None:
            assert inside is not None
            axes = tuple(range(len(shape)))
            outside = ops.sub(ops.reduce_sum(ct, axes=axes), ops.reduce_sum(inside, axes=axes))
        return [inside if x is None else None, outside]

    def _window(self, ct: Value, shape: tuple[int, ...]) -> Value:
        """The elements of a cotangent that belong to the operand; 0 for those that were cut off."""
        zero = ops.constant(value=ops.scalar_value(0, aval_of(ct).dtype))
        none = (0,) * len(shape)
        low, high = (tuple(-p for p in side) for side in (self.low, self.high))
        uncut = ops.pad(ct, zero, low=low, high=high, interior=none)
        if 0 in shape:
            # Interior padding adds nothing to an empty axis, which a strided window cannot express.
            limit = tuple(min(n, m) for n, m in zip(shape, aval_of(uncut).shape, strict=True))
            stride = (1,) * len(shape)
        else:
            limit = aval_of(uncut).shape
            stride = tuple(i + 1 for i in self.interior)
        return ops.slice(uncut, start=none, limit=limit, stride=stride)

    def batch(self, axes: Sequence[int | None], x: Value, value: Value) -> tuple[Value, int]:
        axis, value_axis = axes
        if value_axis is None:
            assert axis is not None
            none = {name: _insert(getattr(self, name), axis, 0) for name in ("low", "high", "interior")}
            return ops.pad(x, value, **none), axis
        # Each item has its own value: pad with a mask and choose.
        size = aval_of(value).shape[0]
        x = ops.broadcast_axis(x, 0, size) if axis is None else ops.move_axis(x, axis, 0)
        sides = {name: (0, *getattr(self, name)) for name in ("low", "high", "interior")}
        dtype = aval_of(x).dtype
        padded = ops.pad(x, ops.constant(value=ops.scalar_value(0, dtype)), **sides)
        true = ops.full(aval_of(x).shape, True, np.dtype(bool))
        mask = ops.pad(true, ops.constant(value=ops.scalar_value(False, np.dtype(bool))), **sides)
        fill = ops.broadcast_in_dim(value, shape=aval_of(padded).shape, dimensions=(0,))
        return ops.select(mask, padded, fill), 0

    def lower(self, x: Value, value: Value) -> Value:
        return builders.pad(x, value, self.low, self.high, self.interior)


class SliceOp(AxirOp, name="slice", linear_in=("operand",), arithmetic=0):
    """Static window ``operand[start:limit:stride]`` on every axis."""

    access = "part"

    operand: Tensor
    start: Ints
    limit: Ints
    stride: Ints

    @staticmethod
    def infer(x: Aval, *, start: tuple[int, ...], limit: tuple[int, ...], stride: tuple[int, ...]) -> Aval:
        if {len(start), len(limit), len(stride)} != {x.ndim}:
            raise ShapeError(
                f"start, limit and stride need one number for each axis of {x}; got {start}, {limit}, {stride}."
            )
        for axis, (n, a, b, s) in enumerate(zip(x.shape, start, limit, stride, strict=True)):
            if not 0 <= a <= b <= n or s < 1:
                raise ShapeError(
                    f"0 <= start <= limit <= size and stride >= 1 must hold; got start={start}, limit={limit}, "
                    f"stride={stride} for {x} (axis {axis})."
                )
        return Aval(tuple(-(-(b - a) // s) for a, b, s in zip(start, limit, stride, strict=True)), x.dtype)

    @staticmethod
    def numpy(
        x: np.ndarray, *, start: tuple[int, ...], limit: tuple[int, ...], stride: tuple[int, ...]
    ) -> np.ndarray:
        return x[tuple(slice(a, b, s) for a, b, s in zip(start, limit, stride, strict=True))]

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        size, got = aval_of(self.operand).shape, aval_of(ct).shape
        covered = (
            a + (1 + (n - 1) * s if n else 0) for a, n, s in zip(self.start, got, self.stride, strict=True)
        )
        high = tuple(n - c for n, c in zip(size, covered, strict=True))
        zero = ops.constant(value=ops.scalar_value(0, aval_of(ct).dtype))
        return [ops.pad(ct, zero, low=self.start, high=high, interior=tuple(s - 1 for s in self.stride))]

    def batch(self, axes: Sequence[int | None], x: Value) -> tuple[Value, int]:
        axis = _axis(axes)
        size = aval_of(x).shape[axis]
        window = {
            "start": _insert(self.start, axis, 0),
            "limit": _insert(self.limit, axis, size),
            "stride": _insert(self.stride, axis, 1),
        }
        return ops.slice(x, **window), axis

    def lower(self, x: Value) -> Value:
        return builders.slice(x, self.start, self.limit, self.stride)
