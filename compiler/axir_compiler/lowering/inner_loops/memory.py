"""Tensors inside a kernel that stay in memory: those from outside, and those that it writes."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from axir_compiler.lowering import emit
from axir_compiler.lowering.inner_loops.values import (
    MOST_SINGLE,
    Lanes,
    Unsupported,
    spread,
    strides_of,
    vector_type,
    zeros,
)
from axir_compiler.lowering.kernels import index
from axir_compiler.mlir import arith, ir, tensor, vector

__all__ = ["Buffer", "Memory", "Part", "constant_lanes"]

# Of a constant vector that stays in the kernel.
_MOST_BYTES = 256

Value = ir.Value
Positions = np.ndarray  # of integers, one axis


class Buffer:
    """A tensor of one axis in memory.

    Attributes:
        value: It, as it is at the point of the kernel that is being made.
    """

    def __init__(self, value: Value):
        self.value = value


class Part:
    """The part of a buffer that one tensor of the program has.

    The program's tensors are values, and a part has one at a time: writing ends what was before. `version` counts
    them, so that reading what is gone is noticed.
    """

    def __init__(self, buffer: Buffer, start: int, shape: tuple[int, ...], element: ir.Type, writable: bool):
        self.buffer = buffer
        self.start = start
        self.shape = shape
        self.element = element
        self.writable = writable
        self.version = 0

    def now(self) -> Memory:
        """The tensor as it is."""
        return Memory(self, self.version, self.shape, strides_of(self.shape), self.start, None)

    def renewed(self) -> Memory:
        """The tensor at the start of a step, which is another one at each step."""
        self.version += 1
        return self.now()


@dataclass(frozen=True, eq=False)
class Memory:
    """A view of a tensor in memory.

    Attributes:
        part: Where it is.
        version: Which of the tensors that were there.
        shape, strides: Of the view, in elements.
        start: Where it begins in the buffer.
        moved: How much further, if that is known at run time only.
    """

    part: Part
    version: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    start: int
    moved: Value | None

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def element(self) -> ir.Type:
        return self.part.element

    @property
    def is_current(self) -> bool:
        """Whether it is all of its part, as that is now."""
        whole = self.shape == self.part.shape and self.start == self.part.start and self.moved is None
        return whole and self.version == self.part.version

    def in_registers(self) -> Lanes:
        """All elements, read here."""
        grid = np.indices(self.shape).reshape(len(self.shape), self.size)
        positions = np.asarray(self.strides, np.int64) @ grid if self.shape else np.zeros(1, np.int64)
        return Lanes(self.shape, self.element, self.read(positions))

    def read(self, positions: Positions) -> Value:
        """The elements at positions relative to the start."""
        if self.version != self.part.version:
            raise Unsupported("an array is read after it was replaced")
        low, high = int(positions.min()), int(positions.max())
        width = high - low + 1
        if width == 1:
            return self._known(spread(tensor.extract(self._flat, [self._at(low)]), len(positions)))
        if width <= 2 * len(np.unique(positions)):
            run = Lanes((width,), self._stored, self._run(low, width))
            return self._known(run.read(positions - low))
        found = Lanes((len(positions),), self._stored, None)
        for lanes, first in _runs(positions):
            found = found.written(lanes, self._run(first, len(lanes)))
        return self._known(found.defined())

    def read_from(self, start: Value, positions: Positions) -> Value:
        """The elements at positions that are counted from one known at run time."""
        return self._from(start).read(positions)

    def written(self, positions: Positions, value: Value) -> Memory:
        """The tensor with other elements at positions relative to the start, in place."""
        if not self.part.writable or self.version != self.part.version:
            raise Unsupported("a new array as large as one that is needed further on")
        source = Lanes((len(positions),), self._stored, self._bytes(value))
        for lanes, first in _runs(positions):
            one, place, flat = source.read(lanes), self._at(first), self._flat
            if len(lanes) == 1:
                self.part.buffer.value = tensor.insert(one, flat, [place])
            else:
                self.part.buffer.value = vector.transfer_write(flat.type, one, flat, [place], _line(), [True])
        self.part.version += 1
        return replace(self, version=self.part.version)

    def written_from(self, start: Value, positions: Positions, value: Value) -> Memory:
        """The tensor with other elements at positions that are counted from one known at run time."""
        return replace(self._from(start).written(positions, value), moved=self.moved)

    def _from(self, start: Value) -> Memory:
        return replace(self, moved=start if self.moved is None else arith.addi(start, self.moved))

    @property
    def _flat(self) -> Value:
        return self.part.buffer.value

    @property
    def _stored(self) -> ir.Type:
        """How elements are kept: truth values as bytes, positions as integers."""
        return ir.RankedTensorType(self._flat.type).element_type

    def _at(self, position: int) -> Value:
        place = index(self.start + position)
        return place if self.moved is None else arith.addi(place, self.moved)

    def _run(self, first: int, count: int) -> Value:
        if count == 1:
            return tensor.extract(self._flat, [self._at(first)])
        kind = vector_type(count, self._stored)
        padding = zeros(1, self._stored)
        return vector.transfer_read(kind, self._flat, [self._at(first)], _line(), padding, [True])

    def _known(self, stored: Value) -> Value:
        """Elements as the program has them, of elements as they are kept."""
        if self._stored == self.element:
            return stored
        convert = arith.index_cast if isinstance(self.element, ir.IndexType) else arith.trunci
        return convert(_like(stored, self.element), stored)

    def _bytes(self, value: Value) -> Value:
        return value if self._stored == self.element else arith.extui(_like(value, self._stored), value)


def _like(value: Value, element: ir.Type) -> ir.Type:
    kind = value.type
    return ir.VectorType.get(kind.shape, element) if isinstance(kind, ir.VectorType) else element


def _line() -> ir.AffineMap:
    return ir.AffineMap.get_minor_identity(1, 1)


def _runs(positions: Positions) -> list[tuple[np.ndarray, int]]:
    """Lanes whose positions follow each other, and the first position, in order."""
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    if len(breaks) >= MOST_SINGLE:
        raise Unsupported(f"{len(breaks)} pieces that are not side by side")
    return [(lanes, int(positions[lanes[0]])) for lanes in np.split(np.arange(len(positions)), breaks)]


def constant_lanes(numbers: np.ndarray, element: ir.Type) -> Value:
    """Integers or floats as a vector."""
    flat = np.ascontiguousarray(numbers.reshape(-1))
    if (flat == flat[0]).all():
        return spread(emit.constant(element, flat[0]), flat.size)
    if flat.nbytes > _MOST_BYTES:
        return _loaded_constant(flat, element)
    kind = ir.VectorType.get([flat.size], element)
    if flat.dtype == np.bool_:
        return arith.constant(kind, ir.DenseElementsAttr.get([ir.BoolAttr.get(bool(x)) for x in flat], kind))
    return arith.constant(kind, ir.DenseElementsAttr.get(flat, type=kind))


def _loaded_constant(flat: np.ndarray, element: ir.Type) -> Value:
    """A constant in memory: IREE hands larger ones over to the kernel, and dies of those that are vectors."""
    stored = flat.astype(np.int8) if flat.dtype == np.bool_ else flat
    dense = ir.DenseElementsAttr.get(stored)
    buffer = Buffer(arith.constant(dense.type, dense))
    return Part(buffer, 0, flat.shape, element, False).now().read(np.arange(flat.size))
