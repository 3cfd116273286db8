"""References of gather and scatter: one element after the other, from the definition of the dimension numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from references import fold_extremum

__all__ = ["combined", "gathered"]

Array = np.ndarray


def _starts(
    shape: Sequence[int], sizes: Sequence[int], indices: Array, at: tuple[int, ...], numbers: dict[str, Any]
) -> tuple[list[int], bool]:
    """Where a window starts after it has been moved inside, and whether it had to be moved."""
    start, moved = [0] * len(shape), False
    for axis, batch_axis in zip(
        numbers["operand_batching_dims"], numbers["start_indices_batching_dims"], strict=True
    ):
        start[axis] = at[batch_axis]
    for k, axis in enumerate(numbers["start_index_map"]):
        wanted = int(indices[(*at, k)])
        start[axis] = min(max(wanted, 0), shape[axis] - sizes[axis])
        moved |= wanted != start[axis]
    return start, moved


def _pairs(
    shape: Sequence[int],
    result: Sequence[int],
    sizes: Sequence[int],
    indices: Array,
    numbers: dict[str, Any],
) -> Iterator[tuple[tuple[int, ...], tuple[int, ...], bool]]:
    """Each index of the result, the element of the operand that belongs to it, and whether its window was moved."""
    gone = (*numbers["collapsed_slice_dims"], *numbers["operand_batching_dims"])
    window = [d for d in range(len(shape)) if d not in gone]
    for i in np.ndindex(*result):
        batch = tuple(n for d, n in enumerate(i) if d not in numbers["offset_dims"])
        target, moved = _starts(shape, sizes, indices, batch, numbers)
        for axis, offset in zip(window, numbers["offset_dims"], strict=True):
            target[axis] += i[offset]
        yield i, tuple(target), moved


def gathered(
    x: Array, indices: Array, *, slice_sizes: tuple[int, ...], mode: str, fill_value: Any, **numbers: Any
) -> Array:
    gone = (*numbers["collapsed_slice_dims"], *numbers["operand_batching_dims"])
    window = iter(n for d, n in enumerate(slice_sizes) if d not in gone)
    batch = iter(indices.shape[:-1])
    rank = len(numbers["offset_dims"]) + indices.ndim - 1
    shape = [next(window) if d in numbers["offset_dims"] else next(batch) for d in range(rank)]
    result = np.empty(shape, x.dtype)
    for i, source, moved in _pairs(x.shape, shape, slice_sizes, indices, numbers):
        result[i] = fill_value.value if moved and mode == "fill" else x[source]
    return result


def _sizes(x: Array, updates: Array, numbers: dict[str, Any]) -> list[int]:
    gone = (*numbers["collapsed_slice_dims"], *numbers["operand_batching_dims"])
    offsets = iter(numbers["offset_dims"])
    return [1 if d in gone else updates.shape[next(offsets)] for d in range(x.ndim)]


def combined(combine: Callable[[Any, Any], Any]) -> Callable[..., Array]:
    """A scatter that makes a new element out of the old one and an update; in the order of the updates."""

    def call(
        x: Array, indices: Array, updates: Array, *, mode: str, unique_indices: int, **numbers: Any
    ) -> Array:
        result = np.array(x)
        sizes = _sizes(x, updates, numbers)
        for i, target, moved in _pairs(x.shape, updates.shape, sizes, indices, numbers):
            if not (moved and mode == "drop"):
                with np.errstate(all="ignore"):
                    result[target] = combine(result[target], updates[i])
        return result

    return call


def larger(old: Any, new: Any) -> Any:
    return fold_extremum([old, new], True)


def smaller(old: Any, new: Any) -> Any:
    return fold_extremum([old, new], False)
