"""From an index in NumPy's notation to one gather or scatter.

An index names for each axis of an array a position, an array of positions, or a slice. Arrays of positions
broadcast; the axes of their common shape come where the first of them stands if nothing stands between them, else in
front (NumPy's rule of "advanced indexing"). A slice with step 1 or -1 becomes a window of the gather, any other
one an array of positions of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.elementwise import broadcast_to
from axir._src.messages import located
from axir_compiler.errors import AxisError

__all__ = ["Windows", "positions", "slice_bounds", "windows"]

Positions = int | np.ndarray | Array
Item = None | slice | Positions
"""A new axis, or what is taken of an axis."""


class Windows(NamedTuple):
    """What an index reads or writes.

    Attributes:
        source: Shape of the array with an axis of size 1 for each bool scalar of the index.
        shape: Shape of ``x[index]``.
        new_axes: Axes of it that ``None`` made.
        reversed_axes: Axes of what the gather gives that run backwards.
        sizes: Sizes of the gather's windows.
        numbers: Its dimension numbers.
        indices: Its index vectors.
        unique: Whether no element is named twice.
    """

    source: tuple[int, ...]
    shape: tuple[int, ...]
    new_axes: tuple[int, ...]
    reversed_axes: tuple[int, ...]
    sizes: tuple[int, ...]
    numbers: lax.GatherDimensionNumbers
    indices: Array
    unique: bool

    @property
    def gathered(self) -> tuple[int, ...]:
        """Shape of what the gather gives: that of ``x[index]`` without new axes."""
        return tuple(n for d, n in enumerate(self.shape) if d not in self.new_axes)


def positions(given: np.ndarray | Array, size: int, wrap: bool) -> np.ndarray | Array:
    """Positions along an axis, of a signed dtype that holds them, negative ones counted from the end.

    Positions far outside stay outside, but may be others.
    """
    wide = np.dtype("int32" if size <= np.iinfo(np.int32).max else "int64")
    limits = np.iinfo(wide)
    if isinstance(given, np.ndarray):
        low = 0 if given.dtype.kind == "u" else limits.min
        found = np.clip(given, max(low, _least(given.dtype)), min(limits.max, _most(given.dtype))).astype(
            wide
        )
        return np.where(found < 0, found + size, found).astype(wide) if wrap else found
    if given.dtype.itemsize > wide.itemsize or (
        given.dtype.itemsize == wide.itemsize and given.dtype != wide
    ):
        low = 0 if given.dtype.kind == "u" else limits.min
        given = lax.clamp(low, given, limits.max)
    found = lax.convert_element_type(given, wide)
    if not wrap or given.dtype.kind == "u":
        return found
    return lax.select(lax.lt(found, 0), lax.add(found, size), found)


def _least(dtype: np.dtype) -> int:
    return int(np.iinfo(dtype).min)


def _most(dtype: np.dtype) -> int:
    return int(np.iinfo(dtype).max)


class _Axis(NamedTuple):
    """One axis of the array: what is taken of it, and where that goes in the result without new axes."""

    positions: Positions | None
    start: int
    count: int
    first: int


def windows(shape: tuple[int, ...], items: Sequence[Item | bool], wrap: bool = True) -> Windows:
    """The gather of an index.

    Args:
        shape: Shape of the array.
        items: One item for each axis, ``None`` for each new axis, and bool scalars, which are an axis of size 1
            or 0 of the array.
        wrap: Whether negative positions count from the end.

    Raises: AxisError if arrays of positions do not broadcast.
    """
    source = list(shape)
    at, expanded = 0, []
    for item in items:
        if isinstance(item, bool):
            source.insert(at, 1)
            item = np.arange(int(item))
        expanded.append(item)
        at += item is not None
    return _Builder(tuple(source), expanded, wrap).build()


def _common(shapes: Sequence[tuple[int, ...]]) -> tuple[int, ...]:
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        given = ", ".join(map(str, shapes))
        raise located(
            AxisError(f"array: arrays of an index must have shapes that broadcast; got {given}.")
        ) from None


class _Builder:
    """Walks through the items of an index once and lays the axes of the result out."""

    def __init__(self, shape: tuple[int, ...], items: Sequence[Item], wrap: bool):
        self.shape = shape
        self.items = items
        self.wrap = wrap
        advanced = [n for n, item in enumerate(items) if item is not None and not isinstance(item, slice)]
        arrays: list[Any] = [items[n] for n in advanced]
        self.common = _common([np.shape(a) for a in arrays])
        together = advanced == list(range(advanced[0], advanced[-1] + 1)) if advanced else True
        self.place = advanced[0] if advanced and together else 0
        self.result: list[int] = []
        self.new_axes: list[int] = []
        self.reversed: list[int] = []
        self.offset: list[int] = []
        self.collapsed: list[int] = []
        self.columns: dict[int, tuple[Positions, tuple[int, ...]]] = {}
        self.sizes = [1] * len(shape)
        self.many = any(np.ndim(a) for a in arrays)

    def build(self) -> Windows:
        axis, first, advanced = 0, 0, []
        for n, item in enumerate(self.items):
            if n == self.place:
                first = self._add(*self.common)
            if item is None:
                self.new_axes.append(len(self.result))
                self._add(1)
                continue
            if isinstance(item, slice):
                self._slice(axis, item)
            else:
                advanced.append((axis, item))
            axis += 1
        if self.place >= len(self.items):
            first = self._add(*self.common)
        for axis, item in advanced:
            self._take(axis, item, first)
        return self._finished()

    def _add(self, *sizes: int) -> int:
        """Append axes to the result; gives the number of the first."""
        self.result.extend(sizes)
        return len(self.result) - len(sizes)

    def _slice(self, axis: int, item: slice) -> None:
        start, stop, step, count = slice_bounds(item, self.shape[axis])
        at = self._add(count)
        if step in (1, -1) or count < 2:
            if step < 0 and count > 1:
                self.reversed.append(at)
            self.offset.append(at)
            self.sizes[axis] = count
            low = min(start, start + (count - 1) * step) if count else 0
            if low:
                self.columns[axis] = (np.asarray(low), ())
        else:
            self.collapsed.append(axis)
            self.columns[axis] = (np.arange(start, stop, step), (at,))

    def _take(self, axis: int, item: Positions, first: int) -> None:
        given = np.asarray(item) if isinstance(item, int) else item
        found = positions(given, self.shape[axis], self.wrap)
        missing = len(self.common) - np.ndim(found)
        axes = tuple(range(first + missing, first + len(self.common)))
        self.collapsed.append(axis)
        self.columns[axis] = (found, axes)

    def _finished(self) -> Windows:
        shift = {d: d - sum(n < d for n in self.new_axes) for d in range(len(self.result))}
        batch = [d for d in range(len(self.result)) if d not in self.offset and d not in self.new_axes]
        moving = sorted(self.columns)
        return Windows(
            source=self.shape,
            shape=tuple(self.result),
            new_axes=tuple(self.new_axes),
            reversed_axes=tuple(shift[d] for d in self.reversed),
            sizes=tuple(self.sizes),
            numbers=lax.GatherDimensionNumbers(
                tuple(shift[d] for d in self.offset), tuple(sorted(self.collapsed)), tuple(moving)
            ),
            indices=self._vectors(moving, batch),
            unique=not self.many,
        )

    def _vectors(self, moving: Sequence[int], batch: Sequence[int]) -> Array:
        """The index vectors: one column for each axis that has positions, along a new last axis."""
        shape = (*(self.result[d] for d in batch), 1)
        kinds = [np.dtype("int64" if n > np.iinfo(np.int32).max else "int32") for n in self.shape]
        kind = np.result_type(np.int32, *(kinds[axis] for axis in moving))
        columns: list[Any] = []
        for axis in moving:
            found, axes = self.columns[axis]
            placed = [1] * len(shape)
            for n, d in zip(np.shape(found), axes, strict=True):
                placed[batch.index(d)] = n
            if isinstance(found, int | np.ndarray):
                columns.append(np.broadcast_to(np.reshape(found, placed), shape).astype(kind))
            else:
                column = lax.reshape(lax.convert_element_type(found, kind), placed)
                columns.append(broadcast_to(column, shape))
        if not columns:
            return ConcreteArray(np.zeros((*shape[:-1], 0), kind))
        if all(isinstance(c, np.ndarray) for c in columns):
            return ConcreteArray(np.concatenate(columns, -1))
        arrays = [ConcreteArray(c) if isinstance(c, np.ndarray) else c for c in columns]
        return lax.concatenate(arrays, len(shape) - 1)


def slice_bounds(item: slice, n: int) -> tuple[int, int, int, int]:
    """What ``item.indices(n)`` gives, and the number of positions; computed from ``n`` if that is no plain number."""
    if type(n) is int:
        start, stop, step = item.indices(n)
        return start, stop, step, len(range(start, stop, step))
    step = 1 if item.step is None else item.step
    least, most = (0, n) if step > 0 else (-1, n - 1)

    def bound(value: Any, default: int) -> int:
        if value is None:
            return default
        return max(value + n, least) if value < 0 else min(value, most)

    start = bound(item.start, least if step > 0 else most)
    stop = bound(item.stop, most if step > 0 else least)
    length = stop - start if step > 0 else start - stop
    return start, stop, step, (length + abs(step) - 1) // abs(step) if length > 0 else 0
