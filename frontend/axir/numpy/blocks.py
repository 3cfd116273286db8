"""Arrays put together from blocks, filled up, and cut to what is not zero."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import Shape, axes_of, axis_of, shape_of, static_int
from axir._src.convert import ArrayLike, asarray, to_array
from axir._src.messages import located
from axir.numpy.creation import zeros
from axir.numpy.shapes import concatenate, moveaxis, ravel, tile
from axir_compiler.errors import AxisError, ShapeError

__all__ = ["block", "resize", "rollaxis", "trim_zeros"]


def block(arrays: Any) -> Array:
    """An array of nested lists of blocks: the innermost lists are joined along the last axis, and so on.

    Raises: ShapeError for tuples, empty lists, or lists of different depths.

    >>> import axir.numpy as np
    >>> np.block([[np.ones((1, 1)), np.zeros((1, 2))], [np.full((1, 3), 5.0)]])
    Array([[1., 0., 0.],
           [5., 5., 5.]], dtype=float32)
    """
    return _joined(arrays)[0]


def _joined(item: Any) -> tuple[Array, int]:
    """The array of nested lists, and the axis, counted from the last one as 1, for the next level."""
    if isinstance(item, tuple):
        raise located(ShapeError("block: blocks are nested lists; got a tuple. Use a list."))
    if not isinstance(item, list):
        return asarray(item), 1
    if not item:
        raise located(ShapeError("block: a list of blocks must not be empty."))
    parts = [_joined(part) for part in item]
    depths = {depth for _, depth in parts}
    if len(depths) > 1:
        raise located(ShapeError(f"block: lists must be nested equally deep; got depths {sorted(depths)}."))
    depth = depths.pop()
    rank = max(depth, *(x.ndim for x, _ in parts))
    grown = [lax.reshape(x, (*(1,) * (rank - x.ndim), *x.shape)) for x, _ in parts]
    return concatenate(grown, -depth), depth + 1


def resize(a: ArrayLike, new_shape: Shape) -> Array:
    """The elements in order under another shape, repeated as often as is needed; zeros if there are none.

    Raises: ShapeError for a negative size.
    """
    flat, shape = ravel(a), shape_of(new_shape, "resize")
    size = math.prod(shape)
    if not flat.size or not size:
        return zeros(shape, flat.dtype)
    repeated = tile(flat, -(-size // flat.size))
    return lax.reshape(lax.slice_in_dim(repeated, 0, size), shape)


def rollaxis(a: ArrayLike, axis: int, start: int = 0) -> Array:
    """An axis moved in front of the one that is at ``start``; ``moveaxis`` says the same more simply.

    Raises: AxisError if ``axis`` or ``start`` is out of bounds.
    """
    x = to_array(a)
    source, place = axis_of(axis, x.ndim, "rollaxis"), static_int(start, "rollaxis")
    if not -x.ndim <= place <= x.ndim:
        raise located(AxisError(f"rollaxis: start {place} is out of bounds for an array of {x.ndim} axes."))
    place += x.ndim if place < 0 else 0
    return moveaxis(x, source, place - 1 if source < place else place)


def trim_zeros(filt: ArrayLike, trim: str = "fb", axis: int | Sequence[int] | None = None) -> Array:
    """An array without the zeros at its ends.

    Args:
        filt: Array whose values are known.
        trim: Which ends: ``"f"`` the front, ``"b"`` the back.
        axis: Axes to cut, by default all; a position goes where everything at it is zero.

    Raises: ConcretizationError if ``filt`` is traced, since the size of the result follows from its values.
    """
    x = to_array(filt if not isinstance(filt, list | tuple) else asarray(filt))
    value = x.to_numpy("where it is zero, which gives the size of the result")
    ends = trim.lower()
    axes = axes_of(axis, x.ndim, "trim_zeros")
    kept = [slice(None)] * x.ndim
    for d in axes if "f" in ends or "b" in ends else ():
        filled = np.flatnonzero(value.any(axis=tuple(i for i in range(x.ndim) if i != d)))
        low, high = (int(filled[0]), int(filled[-1]) + 1) if filled.size else (0, 0)
        front = low if "f" in ends or not filled.size else 0
        kept[d] = slice(front, high if "b" in ends or not filled.size else x.shape[d])
    return x[tuple(kept)]
