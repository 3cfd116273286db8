"""Arrays at places between their elements."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Sequence

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir_compiler.errors import ShapeError

__all__ = ["map_coordinates"]

_INT32 = np.dtype("int32")


def _mirrored(index: Array, size: int) -> Array:
    """A triangular wave of period ``2 * (size - 1)``."""
    last = size - 1
    if last == 0:
        return lax.full_like(index, 0)
    return anp.abs((index + last) % (2 * last) - last)


def _reflected(index: Array, size: int) -> Array:
    """As ``_mirrored``, but with edges twice: on half steps, so that the turn lies between elements."""
    return anp.floor_divide(_mirrored(2 * index + 1, 2 * size + 1) - 1, 2)


_MODES: dict[str, Callable[[Array, int], Array]] = {
    "constant": lambda index, size: index,
    "nearest": lambda index, size: anp.clip(index, 0, size - 1),
    "wrap": lambda index, size: index % size,
    "mirror": _mirrored,
    "reflect": _reflected,
}


def map_coordinates(
    input: ArrayLike,
    coordinates: Sequence[ArrayLike],
    order: int,
    mode: str = "constant",
    cval: ArrayLike = 0.0,
) -> Array:
    """An array at places given by a coordinate for each of its axes.

    Args:
        input: Array ``[n1, n2, ...]`` that is not empty.
        coordinates: An array of places along each axis, all of one shape.
        order: 0 for the nearest element (halves are rounded away from 0), 1 for linear interpolation.
        mode: What is beyond the edges: ``"constant"`` for ``cval``, ``"nearest"`` for the element at the edge,
            ``"wrap"`` for the other end, ``"mirror"`` for the reflection at the middle of the element at the edge,
            ``"reflect"`` for that at its end.
        cval: The constant.

    Returns: Array of the shape of the coordinates and the dtype of ``input``; for integers the rounded values.
    Raises: ShapeError if there is not one coordinate for each axis, NotImplementedError for another order or mode.
    """
    x = to_array(input)
    if len(coordinates) != x.ndim or x.size == 0:
        raise located(
            ShapeError(
                f"map_coordinates: needs coordinates for each axis of an array that is not empty; got {x.aval} and "
                f"{len(coordinates)} coordinates."
            )
        )
    if mode not in _MODES or order not in (0, 1):
        raise NotImplementedError(
            f"map_coordinates: order must be 0 or 1 and mode one of {', '.join(_MODES)}; got {order} and {mode!r}."
        )
    parts = [_neighbours(to_array(c), n, order, mode) for c, n in zip(coordinates, x.shape, strict=True)]
    fill = anp.asarray(cval, x.dtype)
    terms = [_term(x, nodes, fill) for nodes in itertools.product(*parts)]
    total = functools.reduce(anp.add, terms)
    return convert(lax.round(total) if x.dtype.kind in "iub" else total, x.dtype)


def _neighbours(place: Array, size: int, order: int, mode: str) -> list[tuple[Array, Array | None, Array]]:
    """Along one axis the elements at a place: index, whether there is one, and weight."""
    place = convert(place, inexact(place.dtype))
    if order == 0:
        found = [(convert(lax.round(place), _INT32), lax.full_like(place, 1))]
    else:
        lower = lax.floor(place)
        upper = lax.sub(place, lower)
        index = convert(lower, _INT32)
        found = [(index, lax.sub(1.0, upper)), (index + 1, upper)]
    fixed = _MODES[mode]
    return [
        (fixed(i, size), anp.logical_and(i >= 0, i < size) if mode == "constant" else None, weight)
        for i, weight in found
    ]


def _term(x: Array, nodes: Sequence[tuple[Array, Array | None, Array]], fill: Array) -> Array:
    """One corner of the cell around a place, times its weight."""
    value = x[tuple(index for index, _, _ in nodes)]
    there = [valid for _, valid, _ in nodes if valid is not None]
    if there:
        value = anp.where(functools.reduce(anp.logical_and, there), value, fill)
    return anp.multiply(functools.reduce(anp.multiply, (weight for _, _, weight in nodes)), value)
