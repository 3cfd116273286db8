"""Families of elementwise ops: operands and result have one shape.

A member declares its name, dtypes, ``numpy`` and ``jvp``. Its lowering is the scalar function of the same
name in ``axir_compiler.lowering.scalar``, applied inside one ``linalg.generic``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import Tensor
from axir_compiler.ir.op import AxirOp, Tangents, Value, first_batched
from axir_compiler.ir.types import BFLOAT16, Aval, aval_of, element_type
from axir_compiler.later import builders, scalar
from axir_compiler.ops.pieces import in_pieces

__all__ = [
    "Elementwise",
    "ElementwiseBinary",
    "ElementwiseUnary",
    "align_batch",
    "by_pieces",
    "in_float32",
    "of_elements",
]

_HALF = (np.dtype("float16"), BFLOAT16)


def in_float32(function: Any) -> Any:
    """The NumPy function, with half types computed in float32 and rounded once.

    Its attribute ``exact`` is the function itself, for other types.
    """

    def call(*xs: np.ndarray, **attrs: Any) -> np.ndarray:
        dtype = xs[0].dtype
        if dtype not in _HALF:
            return function(*xs, **attrs)
        result = function(*(x.astype(np.float32) for x in xs), **attrs)
        return result.astype(dtype) if result.dtype == np.float32 else result

    call.exact = getattr(function, "__func__", function)
    return staticmethod(call)


def by_pieces(function: Any) -> Any:
    """The NumPy function of elements, of any dtypes; large arrays are cut into pieces. ``whole`` is the function."""

    def call(*xs: np.ndarray, **attrs: Any) -> np.ndarray:
        return in_pieces(function, xs, **attrs)

    call.whole = function
    return staticmethod(call)


def of_elements(function: Any) -> Any:
    """As ``in_float32``, for a function of the elements of arrays of one shape: large ones are cut into pieces."""
    return in_float32(by_pieces(function))


def align_batch(axes: Sequence[int | None], operands: Sequence[Value]) -> tuple[list[Value], int]:
    """Give every operand the batch axis of the first batched one; others are moved or broadcast."""
    first = first_batched(axes)
    axis = axes[first]
    if axes.count(axis) == len(axes):
        assert axis is not None
        return list(operands), axis
    assert axis is not None
    size = aval_of(operands[first]).shape[axis]
    aligned = [
        ops.broadcast_axis(x, axis, size) if at is None else ops.move_axis(x, at, axis)
        for x, at in zip(operands, axes, strict=True)
    ]
    return aligned, axis


class Elementwise(AxirOp):
    """One result element for each position of operands of equal shape."""

    elementwise: ClassVar[bool] = True

    @staticmethod
    def infer(*xs: Aval, **attrs: Any) -> Aval:
        shapes = {x.shape for x in xs}
        if len(shapes) > 1:
            given = ", ".join(map(str, xs))
            raise ShapeError(f"operands must have equal shapes; got {given}. Broadcast them first.")
        return xs[0]

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Value, int]:
        aligned, axis = align_batch(axes, operands)
        return self.rebuild(*aligned), axis

    def lower(self, *operands: Value) -> Value:
        return builders.elementwise(self.scalar, operands, element_type(aval_of(self.result).dtype))

    def scalar(self, *xs: Value) -> Value:
        """The op on scalars of signless types."""
        function = getattr(scalar, self.short_name)
        return function(aval_of(self.operands[0]).dtype, *xs, **self.attrs)


class ElementwiseUnary(Elementwise):
    """Function of one operand."""

    operand: Tensor

    def transpose(self, ct: Value, operand: Value | None) -> list[Value | None]:
        if self.linear_in:
            return [self.rebuild(ct)]
        return super().transpose(ct, operand)  # pyright: ignore[reportReturnType]


class ElementwiseBinary(Elementwise):
    """Function of two operands of one shape and dtype.

    ``partials`` names one method for each operand: tangent of the operand -> its share of the result's.
    """

    lhs: Tensor
    rhs: Tensor
    partials: ClassVar[tuple[str, str] | None] = None

    def jvp(self, *tangents: Value | None) -> Tangents:
        if self.partials is None:
            return super().jvp(*tangents)
        shares = [
            getattr(self, rule)(t) for rule, t in zip(self.partials, tangents, strict=True) if t is not None
        ]
        return shares[0] if len(shares) == 1 else ops.add(*shares)
