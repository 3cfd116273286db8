"""Grids and joined arrays written as indices: ``mgrid[0:3, 0:2]``, ``r_[1:4, 0, 9]``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.convert import array
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir.numpy.creation import arange, linspace, meshgrid
from axir.numpy.shapes import concatenate, stack, transpose
from axir_compiler.errors import ShapeError

__all__ = ["c_", "index_exp", "mgrid", "ogrid", "r_", "s_"]


def _range_of(item: slice, where: str) -> Array:
    """The values of a slice; a complex step is the number of values, both ends included."""
    if item.stop is None:
        raise located(ShapeError(f"{where}: a slice needs a stop; got {item}."))
    start = 0 if item.start is None else item.start
    step = 1 if item.step is None else item.step
    if isinstance(step, complex | np.complexfloating):
        return linspace(start, item.stop, int(abs(step)))
    return arange(start, item.stop, step)


class _Grid:
    """Makes coordinate arrays of slices."""

    def __init__(self, name: str, sparse: bool, doc: str):
        self._name = name
        self._sparse = sparse
        self.__doc__ = doc

    def __getitem__(self, key: slice | tuple[slice, ...]) -> Any:
        if isinstance(key, slice):
            return _range_of(key, self._name)
        ranges = [_range_of(k, self._name) for k in key]
        if not ranges:
            return [] if self._sparse else arange(0)
        grids = meshgrid(*promoted(*ranges)[0], indexing="ij", sparse=self._sparse)
        return grids if self._sparse else stack(grids)

    def __repr__(self) -> str:
        return f"axir.numpy.{self._name}"


class _Joined:
    """Joins arrays, numbers and the ranges of slices along an axis."""

    def __init__(self, name: str, axis: int, rank: int, place: int, doc: str):
        self._name = name
        self._defaults = (axis, rank, place)
        self.__doc__ = doc

    def __getitem__(self, key: Any) -> Array:
        items = list(key) if isinstance(key, tuple) else [key]
        (axis, rank, place), new_axis = self._defaults, None
        if items and isinstance(items[0], str):
            directive = items.pop(0)
            if directive in ("r", "c"):
                new_axis = ("r", "c").index(directive)
            else:
                axis, rank, place = self._parsed(directive)
        found = concatenate([self._item(item, rank, place) for item in items], axis)
        return found if new_axis is None or found.ndim != 1 else lax.expand_dims(found, (new_axis,))

    def _parsed(self, directive: str) -> Sequence[int]:
        parts = directive.split(",")
        try:
            given = [int(p) for p in parts[:3]]
        except ValueError:
            raise located(
                ShapeError(
                    f"{self._name}: a directive is 'r', 'c' or up to three integers; got {directive!r}."
                )
            ) from None
        return [*given, *self._defaults[len(given) :]]

    def _item(self, item: Any, rank: int, place: int) -> Array:
        if isinstance(item, str):
            raise located(ShapeError(f"{self._name}: a directive must come first; got {item!r}."))
        found = _range_of(item, self._name) if isinstance(item, slice) else array(item)
        own = 0 if isinstance(item, slice) else found.ndim
        found = array(found, ndmin=rank)
        if place == -1 or rank <= own:
            return found
        # The new axes stand in front; they are rotated until the array's own begin at ``place``.
        shift = rank - abs(rank + place + 1) % rank
        order = list(range(rank))
        return transpose(found, order[shift:] + order[:shift])

    def __len__(self) -> int:
        return 0

    def __repr__(self) -> str:
        return f"axir.numpy.{self._name}"


class _Index:
    """Gives what stands between the brackets."""

    def __init__(self, name: str, as_tuple: bool, doc: str):
        self._name = name
        self._as_tuple = as_tuple
        self.__doc__ = doc

    def __getitem__(self, key: Any) -> Any:
        return (key,) if self._as_tuple and not isinstance(key, tuple) else key

    def __repr__(self) -> str:
        return f"axir.numpy.{self._name}"


mgrid = _Grid(
    "mgrid",
    False,
    "Coordinates of a grid, ``mgrid[0:2, 0:3]`` of shape ``[2, 2, 3]``; a step ``5j`` means 5 values, ends included.",
)
ogrid = _Grid(
    "ogrid", True, "Coordinates of a grid as a list of arrays that broadcast; slices are those of ``mgrid``."
)
r_ = _Joined(
    "r_",
    0,
    1,
    -1,
    "Items joined along the first axis: arrays, numbers and slices as ranges.\n\n"
    "    A first item 'r' or 'c' makes a vector a row or column; 'axis,rank,place' sets the axis, the least rank, and\n"
    "    where the axes of items of lower rank go. Raises: ShapeError for another directive, or one further behind.",
)
c_ = _Joined(
    "c_",
    -1,
    2,
    0,
    "Items joined along the last axis, vectors as columns; see ``r_`` for what may stand in it.",
)
s_ = _Index("s_", False, "An index as an object: ``s_[1:3]`` is ``slice(1, 3)``.")
index_exp = _Index("index_exp", True, "An index as a tuple: ``index_exp[1:3]`` is ``(slice(1, 3),)``.")
