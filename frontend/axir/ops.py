"""Reductions over segments: elements with one number are combined, as in ``jax.ops``."""

from __future__ import annotations

from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.windows import windows
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import INEXACT

__all__ = ["segment_max", "segment_min", "segment_prod", "segment_sum"]


def _limits(dtype: np.dtype) -> tuple[Any, Any]:
    """The smallest and the largest number of a dtype."""
    if dtype in INEXACT:
        return -np.inf, np.inf
    if dtype.kind == "b":
        return False, True
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


# The scatter of each reduction, what an empty segment gives, and the reduction of an axis.
_KINDS = {
    "segment_sum": (lax.scatter_add, lambda dtype: 0, lax.reduce_sum),
    "segment_prod": (lax.scatter_mul, lambda dtype: 1, lax.reduce_prod),
    "segment_max": (lax.scatter_max, lambda dtype: _limits(dtype)[0], lax.reduce_max),
    "segment_min": (lax.scatter_min, lambda dtype: _limits(dtype)[1], lax.reduce_min),
}


def _segments(
    where: str,
    data: ArrayLike,
    segment_ids: ArrayLike,
    num_segments: int | None,
    unique_indices: bool,
    bucket_size: int | None,
    mode: Any,
) -> Array:
    scatter, identity, reduce = _KINDS[where]
    x, ids = to_array(data), to_array(segment_ids)
    if ids.dtype.kind not in "iu":
        raise located(DTypeError(f"{where}: segment numbers must be integers; got {ids.aval}."))
    if ids.shape != x.shape[: ids.ndim] or not x.ndim:
        raise located(
            ShapeError(f"{where}: needs a number for each item of {x.aval}; got segment_ids {ids.aval}.")
        )
    if num_segments is None:
        largest = ids.to_numpy("its largest number, which gives the number of segments (num_segments)")
        num_segments = int(largest.max(initial=-1)) + 1
    count = static_int(num_segments, where)
    if count < 0:
        raise located(ShapeError(f"{where}: num_segments must not be negative; got {count}."))
    rest = x.shape[ids.ndim :]
    start = lax.full((count, *rest), identity(x.dtype), x.dtype)
    if not count or not x.size:
        return start
    index: list[Any] = [ids, *[slice(None)] * len(rest)]
    if bucket_size is not None:
        buckets = np.arange(x.shape[0]) // max(static_int(bucket_size, where), 1)
        start = lax.broadcast(start, (int(buckets[-1]) + 1,))
        index.insert(0, buckets.reshape(-1, *(1,) * (ids.ndim - 1)))
    at = windows(start.shape, index, wrap=False)
    numbers = lax.ScatterDimensionNumbers(*at.numbers)
    found = scatter(start, at.indices, x, numbers, unique_indices=unique_indices, mode=mode)
    return found if bucket_size is None else reduce(found, (0,))


def segment_sum(
    data: ArrayLike,
    segment_ids: ArrayLike,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
) -> Array:
    """Sum of the items of each segment; 0 for a segment without items.

    Args:
        data: Items ``[n, ...]``.
        segment_ids: Integers ``[n]``: the segment of each item. Items of a segment that does not exist are left out;
            negative numbers do not count from the end.
        num_segments: How many segments there are; by default one more than the largest number, which must then be
            concrete.
        indices_are_sorted: Promise that the numbers ascend; changes nothing.
        unique_indices: Promise that each segment has one item at most.
        bucket_size: Combine this many items at a time and then the results, which is more accurate for long data.
        mode: What becomes of items of a segment that does not exist; see ``axir.lax.scatter``.

    Returns: ``[num_segments, ...]`` in the dtype of ``data``.
    Raises: ShapeError, DTypeError if the numbers do not fit; ConcretizationError for traced numbers without
        ``num_segments``.

    Example:
        >>> import axir, axir.numpy as np
        >>> axir.ops.segment_sum(np.array([1.0, 2.0, 4.0]), np.array([1, 0, 1]))
        Array([2., 5.], dtype=float32)
    """
    return _segments("segment_sum", data, segment_ids, num_segments, unique_indices, bucket_size, mode)


def segment_prod(
    data: ArrayLike,
    segment_ids: ArrayLike,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
) -> Array:
    """Product of the items of each segment, 1 without items; see ``segment_sum``.

    Its derivative needs ``unique_indices``.
    """
    return _segments("segment_prod", data, segment_ids, num_segments, unique_indices, bucket_size, mode)


def segment_max(
    data: ArrayLike,
    segment_ids: ArrayLike,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
) -> Array:
    """Largest item of each segment, the lowest number of the dtype without items; see ``segment_sum``.

    Args:
        data: Items ``[n, ...]``.
        segment_ids: Integers ``i[n]``: the segment of each item; items out of range are left out.
        num_segments: Number of segments, needed under ``jit``; by default one more than the largest of
            ``segment_ids``.
        indices_are_sorted, unique_indices, bucket_size, mode: As in ``segment_sum``.

    Returns: ``[num_segments, ...]``.

    Raises: ShapeError if there is not one number for each item; DTypeError if they are no integers.
    """
    return _segments("segment_max", data, segment_ids, num_segments, unique_indices, bucket_size, mode)


def segment_min(
    data: ArrayLike,
    segment_ids: ArrayLike,
    num_segments: int | None = None,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    bucket_size: int | None = None,
    mode: Any = None,
) -> Array:
    """Smallest item of each segment, the highest number of the dtype without items; see ``segment_sum``.

    Args:
        data: Items ``[n, ...]``.
        segment_ids: Integers ``i[n]``: the segment of each item; items out of range are left out.
        num_segments: Number of segments, needed under ``jit``; by default one more than the largest of
            ``segment_ids``.
        indices_are_sorted, unique_indices, bucket_size, mode: As in ``segment_sum``.

    Returns: ``[num_segments, ...]``.

    Raises: ShapeError if there is not one number for each item; DTypeError if they are no integers.
    """
    return _segments("segment_min", data, segment_ids, num_segments, unique_indices, bucket_size, mode)
