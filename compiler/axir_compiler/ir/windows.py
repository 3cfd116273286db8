"""Windows that slide along an axis: how many positions they have, and the elements under them.

Along one axis, with element ``i`` of the operand, position ``o`` of the window and element ``k`` of the window,

    o * stride + k * dilation  =  i * base_dilation + low

tells which element lies under which: ``base_dilation - 1`` holes come between the elements, ``low`` and ``high``
holes before and behind them (negative ones cut off), and a window covers every ``dilation``-th place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Window", "dilated", "padded_array", "unpadded_array", "window_slices", "window_view"]


def dilated(size: int, dilation: int) -> int:
    """Places from the first to the last of ``size`` elements that are ``dilation`` apart."""
    return (size - 1) * dilation + 1 if size else 0


class Window(NamedTuple):
    """A window along one axis; see the module's documentation."""

    size: int = 1
    stride: int = 1
    low: int = 0
    high: int = 0
    base_dilation: int = 1
    dilation: int = 1

    @property
    def span(self) -> int:
        """Places from its first to its last element."""
        return dilated(self.size, self.dilation)

    @property
    def is_trivial(self) -> bool:
        """Whether each position sees exactly the element of the same number."""
        return self == Window()

    def padded(self, size: int) -> int:
        """Places along an axis of ``size`` elements; negative if more is cut off than there is."""
        return dilated(size, self.base_dilation) + self.low + self.high

    def count(self, size: int) -> int:
        """Positions along an axis of ``size`` elements."""
        room = self.padded(size) - self.span
        return room // self.stride + 1 if room >= 0 else 0

    def pairs(self, size: int) -> int:
        """How many pairs of a position and an element of the window meet an element of the operand, not a hole."""
        starts = np.arange(self.count(size), dtype=np.int64) * self.stride - self.low
        last = dilated(size, self.base_dilation)
        total = 0
        for k in range(self.size):
            places = starts + k * self.dilation
            inside = (places >= 0) & (places < last) & (places % self.base_dilation == 0)
            total += int(np.count_nonzero(inside))
        return total

    def transposed(self, size: int) -> Window:
        """The window that slides along the positions of this one and has a position for each of ``size`` elements.

        Its element ``size - 1 - k`` plays the part of this one's element ``k``.
        """
        low = self.span - 1 - self.low
        high = (
            dilated(size, self.base_dilation) - 1 + self.span - dilated(self.count(size), self.stride) - low
        )
        return Window(self.size, self.base_dilation, low, high, self.stride, self.dilation)

    def swapped(self, size: int) -> Window:
        """The window that slides along the same ``size`` elements and has this one's positions as its elements."""
        count = self.count(size)
        high = (self.size - 1) * self.dilation + dilated(count, self.stride)
        high -= dilated(size, self.base_dilation) + self.low
        return Window(count, self.dilation, self.low, high, self.base_dilation, self.stride)


def _placement(
    shape: Sequence[int], windows: Sequence[Window]
) -> tuple[tuple[int, ...], tuple[slice, ...], tuple[slice, ...]]:
    """Padded shape, where the elements that stay go, and which they are."""
    padded = tuple(w.padded(n) for n, w in zip(shape, windows, strict=True))
    into, source = [], []
    for n, w, size in zip(shape, windows, padded, strict=True):
        step = w.base_dilation
        first = max(0, -(w.low // step))
        last = max(first, min(n, -((w.low - size) // step)))
        source.append(slice(first, last))
        start = w.low + first * step
        into.append(slice(start, start + (last - first) * step, step) if last > first else slice(0, 0))
    return padded, tuple(into), tuple(source)


def padded_array(x: np.ndarray, windows: Sequence[Window], fill: Any) -> np.ndarray:
    """An array with its holes filled, so that the windows slide over adjacent elements of it."""
    shape, into, source = _placement(x.shape, windows)
    if shape == x.shape and all(w.low == 0 for w in windows):
        return x
    result = np.full(shape, fill, x.dtype)
    result[into] = x[source]
    return result


def unpadded_array(padded: np.ndarray, shape: Sequence[int], windows: Sequence[Window]) -> np.ndarray:
    """What a padded array has in the places of the elements; 0 for those that were cut off."""
    _, into, source = _placement(shape, windows)
    result = np.zeros(tuple(shape), padded.dtype)
    result[source] = padded[into]
    return result


def window_view(x: np.ndarray, windows: Sequence[Window], fill: Any) -> np.ndarray:
    """The elements under all positions, without copying what is under several: ``[*positions, *window]``."""
    counts = [w.count(n) for n, w in zip(x.shape, windows, strict=True)]
    whole = padded_array(x, windows, fill)
    sizes = [w.size for w in windows]
    if 0 in counts or 0 in sizes:
        return np.empty((*counts, *sizes), x.dtype)
    steps = [s * w.stride for s, w in zip(whole.strides, windows, strict=True)]
    steps += [s * w.dilation for s, w in zip(whole.strides, windows, strict=True)]
    return np.lib.stride_tricks.as_strided(whole, (*counts, *sizes), steps, writeable=False)


def window_slices(
    index: Sequence[int], windows: Sequence[Window], counts: Sequence[int]
) -> tuple[slice, ...]:
    """The part of a padded array that lies under element ``index`` of the window in all its positions."""
    return tuple(
        slice(k * w.dilation, k * w.dilation + dilated(n, w.stride), w.stride)
        for k, w, n in zip(index, windows, counts, strict=True)
    )
