"""Which axes of a gather or scatter are what, and the positions that follow from its indices.

A gather cuts one window out of its operand for each index vector; the vectors lie along the last axis of the
indices. A scatter with the same numbers writes such windows. In the terms of XLA's operation semantics
("Gather", "Scatter"), which JAX follows:

- axes of the result are *offset* axes, which run through a window, or *batch* axes, which run through the index
  vectors;
- axes of the operand are *window* axes, each with its offset axis, *collapsed* axes, of which a window holds one
  element, or *batching* axes, which go together with an axis of the indices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

__all__ = ["Numbers", "Positions", "clamped_starts"]

Axes = tuple[int, ...]


class Numbers(NamedTuple):
    """The dimension numbers of a gather, or of the scatter that writes where the gather reads.

    Attributes:
        offset_dims: Axes of the result that run through a window, ascending.
        collapsed_slice_dims: Axes of the operand that windows do not keep, ascending.
        start_index_map: For each component of an index vector the axis of the operand that it belongs to.
        operand_batching_dims: Axes of the operand along which item ``i`` belongs to item ``i`` of the indices.
        start_indices_batching_dims: The axes of the indices that those belong to, in the same order.
    """

    offset_dims: Axes
    collapsed_slice_dims: Axes
    start_index_map: Axes
    operand_batching_dims: Axes
    start_indices_batching_dims: Axes

    def window_dims(self, rank: int) -> Axes:
        """Axes of an operand that have an offset axis, in order."""
        gone = {*self.collapsed_slice_dims, *self.operand_batching_dims}
        return tuple(d for d in range(rank) if d not in gone)

    def batch_dims(self, rank: int) -> Axes:
        """Axes of a result that run through the index vectors, in order."""
        return tuple(d for d in range(rank) if d not in self.offset_dims)

    def result_shape(self, indices: Sequence[int], sizes: Sequence[int]) -> Axes:
        """Shape of the windows of ``sizes`` for indices of a shape."""
        window = iter(sizes[d] for d in self.window_dims(len(sizes)))
        batch = iter(indices[:-1])
        rank = len(self.offset_dims) + len(indices) - 1
        return tuple(next(window) if d in self.offset_dims else next(batch) for d in range(rank))

    def window_sizes(self, operand: Sequence[int], updates: Sequence[int]) -> Axes:
        """Sizes of the windows that updates of a shape fill."""
        sizes = [min(1, n) for n in operand]
        for axis, offset in zip(self.window_dims(len(operand)), self.offset_dims, strict=True):
            sizes[axis] = updates[offset]
        return tuple(sizes)

    def with_operand_batch(self) -> Numbers:
        """For an operand with a new first axis, which becomes a window axis and the first of the result."""
        return Numbers(
            (0, *_shifted(self.offset_dims)),
            _shifted(self.collapsed_slice_dims),
            _shifted(self.start_index_map),
            _shifted(self.operand_batching_dims),
            self.start_indices_batching_dims,
        )

    def with_indices_batch(self) -> Numbers:
        """For indices with a new first axis, which becomes the first of the result."""
        return self._replace(
            offset_dims=_shifted(self.offset_dims),
            start_indices_batching_dims=_shifted(self.start_indices_batching_dims),
        )

    def with_batch(self) -> Numbers:
        """For an operand and indices with new first axes that go together."""
        return Numbers(
            _shifted(self.offset_dims),
            _shifted(self.collapsed_slice_dims),
            _shifted(self.start_index_map),
            (0, *_shifted(self.operand_batching_dims)),
            (0, *_shifted(self.start_indices_batching_dims)),
        )


def _shifted(axes: Axes) -> Axes:
    return tuple(a + 1 for a in axes)


def clamped_starts(
    numbers: Numbers, shape: Sequence[int], sizes: Sequence[int], indices: np.ndarray
) -> tuple[dict[int, np.ndarray], np.ndarray]:
    """Where windows start along the axes of ``start_index_map``, limited so that each window fits.

    Returns: start positions by axis, and whether each window was inside before; both of the shape of the batch.
    """
    inside = np.ones(indices.shape[:-1], bool)
    starts = {}
    for k, axis in enumerate(numbers.start_index_map):
        room = shape[axis] - sizes[axis]
        given = indices[..., k]
        if given.dtype == np.uint64:
            given = np.minimum(given, np.uint64(np.iinfo(np.int64).max))
        given = given.astype(np.int64)
        starts[axis] = np.clip(given, 0, room)
        inside &= given == starts[axis]
    return starts, inside


class Positions:
    """The elements of an operand that windows cover, as NumPy index arrays.

    The axes of the operand are brought into the order *indexed*, *whole*: windows start anywhere along the first and
    span the others. The index arrays have the axes of the batch, then one for each indexed axis of the window.
    """

    def __init__(
        self, numbers: Numbers, shape: tuple[int, ...], sizes: tuple[int, ...], indices: np.ndarray
    ) -> None:
        starts, self.inside = clamped_starts(numbers, shape, sizes, indices)
        rank, batch = len(shape), indices.shape[:-1]
        window = numbers.window_dims(rank)
        whole = [d for d in window if sizes[d] == shape[d]]
        indexed = [d for d in range(rank) if d not in whole]
        spanned = [d for d in indexed if d in window]
        self.order = (*indexed, *whole)
        self.shape = (*batch, *(sizes[d] for d in spanned))
        self.extents = tuple(shape[d] for d in indexed)
        self._rest = tuple(shape[d] for d in whole)
        self.index = [self._along(d, numbers, starts, spanned, sizes) for d in indexed]
        self._to_result = _result_order(numbers, len(batch), window, (*spanned, *whole))

    def _along(
        self,
        axis: int,
        numbers: Numbers,
        starts: dict[int, np.ndarray],
        spanned: Sequence[int],
        sizes: Sequence[int],
    ) -> np.ndarray:
        """Positions along one axis, of a shape that broadcasts to that of the index arrays."""
        rank = len(self.shape)
        batch = rank - len(spanned)
        found = np.zeros((1,) * rank, np.int64)
        if axis in starts:
            found = starts[axis].reshape((*self.shape[:batch], *(1,) * len(spanned)))
        if axis in numbers.operand_batching_dims:
            at = numbers.start_indices_batching_dims[numbers.operand_batching_dims.index(axis)]
            found = found + _arange_along(self.shape[at], at, rank)
        if axis in spanned:
            found = found + _arange_along(sizes[axis], batch + spanned.index(axis), rank)
        return found

    def read(self, x: np.ndarray) -> np.ndarray:
        """The windows of an operand, in the order of the result's axes."""
        moved = np.transpose(x, self.order)
        if not self.index:
            found = np.broadcast_to(moved, (*self.shape, *self._rest))
        else:
            # One array of the full shape makes NumPy broadcast the others to it.
            first = np.broadcast_to(self.index[0], self.shape)
            found = moved[(first, *self.index[1:])]
        return np.transpose(found, self._to_result)

    def linear(self) -> np.ndarray:
        """Numbers of the covered positions among those of the indexed axes in row-major order, flat."""
        total = np.zeros((1,) * len(self.shape), np.int64)
        for at, extent in zip(self.index, self.extents, strict=True):
            total = total * extent + at
        return np.broadcast_to(total, self.shape).reshape(-1)

    def rows(self, x: np.ndarray) -> np.ndarray:
        """The operand with one row for each position of the indexed axes; a copy."""
        moved = np.transpose(x, self.order)
        return np.array(moved, order="C").reshape(
            int(np.prod(self.extents, dtype=np.int64)), -1 if x.size else 0
        )

    def update_rows(self, updates: np.ndarray) -> np.ndarray:
        """Updates with one row for each covered position."""
        moved = np.transpose(updates, np.argsort(self._to_result))
        count = int(np.prod(self.shape, dtype=np.int64))
        return moved.reshape(count, -1 if updates.size else 0)

    def unrowed(self, rows: np.ndarray) -> np.ndarray:
        """The operand that rows make up."""
        moved = rows.reshape((*self.extents, *self._rest))
        return np.transpose(moved, np.argsort(self.order))


def _arange_along(count: int, axis: int, rank: int) -> np.ndarray:
    shape = [1] * rank
    shape[axis] = count
    return np.arange(count, dtype=np.int64).reshape(shape)


def _result_order(numbers: Numbers, batch: int, window: Axes, read: Axes) -> list[int]:
    """Axes of what was read, batch first and then those of the operand in the order ``read``, for the result."""
    offsets = iter(batch + read.index(d) for d in window)
    batches = iter(range(batch))
    rank = batch + len(window)
    return [next(offsets) if d in numbers.offset_dims else next(batches) for d in range(rank)]
