"""Small tensors inside a kernel: each one is a vector."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from axir_compiler.lowering.kernels import index
from axir_compiler.mlir import arith, ir, vector

__all__ = [
    "LARGEST",
    "MOST_SINGLE",
    "Lanes",
    "Unsupported",
    "spread",
    "strides_of",
    "vector_type",
    "with_type_of",
    "zeros",
]

LARGEST = 1024
"""Elements of the largest tensor that is kept in registers."""

MOST_SINGLE = 64
"""So many lanes are read or written one by one where no vector instruction does it."""
_DYNAMIC = ir.ShapedType.get_dynamic_stride_or_offset()

Value = ir.Value
Positions = np.ndarray  # of integers, one axis


class Unsupported(Exception):
    """The loop holds what such a kernel cannot; it stays a loop of the program."""


def strides_of(shape: Sequence[int]) -> tuple[int, ...]:
    """Of a contiguous array, in elements."""
    return tuple(math.prod(shape[axis + 1 :]) for axis in range(len(shape)))


def vector_type(lanes: int, element: ir.Type) -> ir.Type:
    """The type of so many elements: a vector, or for one the element itself."""
    return element if lanes == 1 else ir.VectorType.get([lanes], element)


def with_type_of(lanes: int, number: ir.Attribute) -> Value:
    """A constant in each lane."""
    if lanes == 1:
        return arith.constant(number.type, number)
    kind = ir.VectorType.get([lanes], number.type)
    return arith.constant(kind, ir.DenseElementsAttr.get_splat(kind, number))


def spread(value: Value, lanes: int) -> Value:
    """A scalar in each lane."""
    return value if lanes == 1 else vector.broadcast(vector_type(lanes, value.type), value)


def zeros(lanes: int, element: ir.Type) -> Value:
    """Zero in each lane."""
    zero = (
        ir.FloatAttr.get(element, 0.0)
        if isinstance(element, ir.FloatType)
        else ir.IntegerAttr.get(element, 0)
    )
    return with_type_of(lanes, zero)


def _as_vector(value: Value, lanes: int) -> Value:
    """A vector also for one lane."""
    return vector.broadcast(ir.VectorType.get([1], value.type), value) if lanes == 1 else value


def _shuffle(a: Value, b: Value, mask: Iterable[int]) -> Value:
    found = vector.shuffle(a, b, [int(i) for i in mask])
    return vector.extract(found, [], [0]) if found.type.shape == [1] else found


@dataclass(frozen=True, eq=False)
class Lanes:
    """A small tensor in registers, row by row.

    Attributes:
        shape: Of the tensor.
        element: Type of an element.
        value: A vector, of one element a scalar; ``None`` if nothing was written yet, or all elements are one.
        number: What all elements are.
    """

    shape: tuple[int, ...]
    element: ir.Type
    value: Value | None
    number: Value | None = None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def is_written(self) -> bool:
        return self.value is not None or self.number is not None

    @property
    def strides(self) -> tuple[int, ...]:
        return strides_of(self.shape)

    def defined(self) -> Value:
        """The vector; zeros if nothing was written."""
        if self.number is not None:
            return spread(self.number, self.size)
        return zeros(self.size, self.element) if self.value is None else self.value

    def reshaped(self, shape: Sequence[int]) -> Lanes:
        return replace(self, shape=tuple(shape))

    def read(self, positions: Positions) -> Value:
        """The elements at positions, counted row by row."""
        count = len(positions)
        if self.number is not None:
            return spread(self.number, count)
        value = self.defined()
        if self.size == 1:
            return spread(value, count)
        if count == self.size and np.array_equal(positions, np.arange(count)):
            return value
        if (positions == positions[0]).all():
            return spread(vector.extract(value, [], [int(positions[0])]), count)
        return _shuffle(value, value, positions)

    def read_from(self, start: Value, positions: Positions) -> Value:
        """The elements at positions that are counted from one known at run time."""
        if self.size == 1 or self.number is not None:
            return self.read(np.zeros_like(positions))
        value = self.defined()
        picked = [vector.extract(value, [at], [_DYNAMIC]) for at in _each(start, positions)]
        return (
            picked[0]
            if len(picked) == 1
            else vector.from_elements(vector_type(len(picked), self.element), picked)
        )

    def written(self, positions: Positions, value: Value) -> Lanes:
        """With other elements at positions."""
        count = len(positions)
        if count == self.size and np.array_equal(positions, np.arange(count)):
            return self._with(value)
        if self.size == 1:
            return self._with(value)
        if count == 1:
            return self._with(vector.insert(value, self.defined(), [], [int(positions[0])]))
        # Both halves of a shuffle have one type.
        wide = _shuffle(value, value, [*range(count), *[0] * (self.size - count)])
        mask = np.arange(self.size)
        mask[positions] = self.size + np.arange(count)
        return self._with(_shuffle(self.defined(), wide, mask))

    def written_from(self, start: Value, positions: Positions, value: Value) -> Lanes:
        """With other elements at positions that are counted from one known at run time."""
        if self.size == 1:
            return self._with(value)
        current = self.defined()
        for lane, at in enumerate(_each(start, positions)):
            one = value if len(positions) == 1 else vector.extract(value, [], [lane])
            current = vector.insert(one, current, [at], [_DYNAMIC])
        return self._with(current)

    def _with(self, value: Value) -> Lanes:
        return Lanes(self.shape, self.element, value)


def _each(start: Value, positions: Positions) -> list[Value]:
    if len(positions) > MOST_SINGLE:
        raise Unsupported(f"{len(positions)} elements at positions known at run time")
    return [arith.addi(start, index(int(at))) if at else start for at in positions]
