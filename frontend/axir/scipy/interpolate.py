"""Interpolation of samples on grids."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Any

from axir import numpy as anp
from axir._src import pytree
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir_compiler.errors import DTypeError, ShapeError

__all__ = ["RegularGridInterpolator"]


class RegularGridInterpolator:
    """A function given by its values on a grid of any spacing; it is a pytree of the grid and the values.

    Args:
        points: For each axis of the grid its places, ascending, at least two.
        values: Values on the grid; further axes make them vectors, matrices, ...
        method: ``"linear"`` or ``"nearest"``.
        bounds_error: Must be false.
        fill_value: What is outside of the grid; ``None`` for extrapolation.

    Raises: ValueError for another method or shapes that do not fit, NotImplementedError for ``bounds_error``.
    """

    def __init__(
        self,
        points: Sequence[ArrayLike],
        values: ArrayLike,
        method: str = "linear",
        bounds_error: bool = False,
        fill_value: ArrayLike | None = math.nan,
    ):
        if bounds_error:
            raise NotImplementedError(
                "RegularGridInterpolator: bounds_error must be false: compiled programs cannot raise errors."
            )
        self.method = _checked(method)
        self.bounds_error = bounds_error
        array = to_array(values)
        self.values = convert(array, inexact(array.dtype))
        self.grid = tuple(to_array(p) for p in points)
        self._check_grid()
        self.fill_value = None if fill_value is None else to_array(fill_value)
        if (
            self.fill_value is not None
            and self.fill_value.dtype.kind == "c"
            and self.values.dtype.kind != "c"
        ):
            raise located(DTypeError("RegularGridInterpolator: fill_value must be real as the values are."))

    def _check_grid(self) -> None:
        sizes = tuple(p.size for p in self.grid)
        if any(p.ndim != 1 or p.size < 2 for p in self.grid) or sizes != self.values.shape[: len(sizes)]:
            given = ", ".join(str(p.aval) for p in self.grid)
            raise located(
                ShapeError(
                    "RegularGridInterpolator: points must be vectors of at least two places, as many as the values "
                    f"have along that axis; got {given} for values {self.values.aval}."
                )
            )

    def __call__(self, xi: Any, method: str | None = None) -> Array:
        """Values at places ``[..., axes]``, or at a tuple of arrays with the places along each axis.

        Returns: Array ``[..., *axes of values that are not the grid's]``.
        Raises: ShapeError if there is not a coordinate for each axis of the grid.
        """
        how = self.method if method is None else _checked(method)
        places = _places(xi, len(self.grid))
        outside = anp.zeros(places.shape[:-1], bool)
        cells, fractions = [], []
        for d, grid in enumerate(self.grid):
            x = places[..., d]
            cell = anp.clip(anp.searchsorted(grid, x) - 1, 0, grid.size - 2)
            cells.append(cell)
            fractions.append((x - grid[cell]) / (grid[cell + 1] - grid[cell]))
            outside = outside | (x < grid[0]) | (x > grid[-1])
        found = self._linear(cells, fractions) if how == "linear" else self._nearest(cells, fractions)
        if self.fill_value is None:
            return found
        return anp.where(self._spread(outside), self.fill_value, found)

    def _spread(self, x: Array) -> Array:
        """An array of the shape of places with axes of size 1 for those of single values."""
        return anp.reshape(x, (*x.shape, *[1] * (self.values.ndim - len(self.grid))))

    def _linear(self, cells: list[Array], fractions: list[Array]) -> Array:
        total: Any = 0.0
        for corner in itertools.product((0, 1), repeat=len(cells)):
            weight: Any = 1.0
            for upper, fraction in zip(corner, fractions, strict=True):
                weight = weight * (fraction if upper else 1 - fraction)
            index = tuple(cell + upper for cell, upper in zip(cells, corner, strict=True))
            total = total + self.values[index] * self._spread(anp.asarray(weight))
        return total

    def _nearest(self, cells: list[Array], fractions: list[Array]) -> Array:
        return self.values[
            tuple(anp.where(f <= 0.5, c, c + 1) for c, f in zip(cells, fractions, strict=True))
        ]


def _checked(method: str) -> str:
    if method not in ("linear", "nearest"):
        raise ValueError(
            f"RegularGridInterpolator: the method must be 'linear' or 'nearest'; got {method!r}."
        )
    return method


def _places(xi: Any, axes: int) -> Array:
    """Places ``[..., axes]``."""
    if isinstance(xi, tuple) and len(xi) == 1:
        xi = xi[0]
    if isinstance(xi, tuple):
        x = anp.stack(anp.broadcast_arrays(*xi), axis=-1)
    else:
        x = anp.asarray(xi)
        if x.ndim == 1:
            x = anp.reshape(x, (-1, axes))
    if x.ndim == 0 or x.shape[-1] != axes:
        raise located(
            ShapeError(f"RegularGridInterpolator: places must have {axes} coordinates; got {x.aval}.")
        )
    return convert(x, inexact(x.dtype))


def _restored(aux: tuple[str, bool], children: Any) -> RegularGridInterpolator:
    """The object without checks, since the leaves of a pytree can be anything."""
    made = object.__new__(RegularGridInterpolator)
    made.grid, made.values, made.fill_value = children
    made.method, made.bounds_error = aux
    return made


pytree.register_pytree_node(
    RegularGridInterpolator,
    lambda x: ((x.grid, x.values, x.fill_value), (x.method, x.bounds_error)),
    _restored,
)
