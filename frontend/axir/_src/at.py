"""Updates of some elements of an array: ``x.at[index].set(values)`` and its relatives give a new array.

Where ``x[index]`` is a static window the update is a slice, an elementwise operation and a slice put back, which the
compiler fuses; everything else is a scatter.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array, typed
from axir._src.elementwise import broadcast_to, promoted
from axir._src.indexing import get, is_static, parse
from axir._src.messages import located, warn
from axir._src.promotion import common_of_two
from axir._src.windows import Windows, windows
from axir_compiler.errors import ShapeError

__all__ = ["At", "AtIndex"]

Combine = Callable[[Array, Array], Array]


class Update(NamedTuple):
    """A way to update elements: the scatter, and the function of old elements and values that it stands for."""

    scatter: Callable[..., Array]
    combine: Combine


_UPDATES = {
    "set": Update(lax.scatter, lambda old, new: new),
    "add": Update(lax.scatter_add, lax.add),
    "sub": Update(lax.scatter_sub, lax.sub),
    "mul": Update(lax.scatter_mul, lax.mul),
    "min": Update(lax.scatter_min, lax.min),
    "max": Update(lax.scatter_max, lax.max),
}


class At:
    """``x.at``: indexing it gives an object whose methods update the elements ``x[index]``.

    =============================  ================================
    ``x.at[index].set(v)``         ``x[index] = v``
    ``x.at[index].add(v)``         ``x[index] += v``
    ``x.at[index].subtract(v)``    ``x[index] -= v``
    ``x.at[index].multiply(v)``    ``x[index] *= v``
    ``x.at[index].divide(v)``      ``x[index] /= v``
    ``x.at[index].power(v)``       ``x[index] **= v``
    ``x.at[index].min(v)``         ``x[index] = minimum(x[index], v)``
    ``x.at[index].max(v)``         ``x[index] = maximum(x[index], v)``
    ``x.at[index].apply(f)``       ``f.at(x, index)``
    ``x.at[index].get()``          ``x[index]``
    =============================  ================================

    Each gives a new array. An element that is named several times gets all updates; of several ``set`` the last
    one stays. Updates of positions out of bounds are dropped, and ``get`` takes the nearest element instead.
    ``mode`` changes that: ``"clip"`` moves positions to the nearest one inside, ``"drop"`` and ``"fill"`` leave updates
    out, ``"fill"`` makes ``get`` give ``fill_value`` (see ``axir.lax.gather``). With
    ``wrap_negative_indices=False`` negative positions are out of bounds. ``unique_indices`` promises that no
    element is named twice; ``indices_are_sorted`` changes nothing.

    Example:
        >>> import axir.numpy as np
        >>> np.zeros(4).at[np.array([1, 1, 9])].add(2)
        Array([0., 4., 0., 0.], dtype=float32)
    """

    __slots__ = ("_array",)

    def __init__(self, array: Array):
        self._array = array

    def __getitem__(self, index: Any) -> AtIndex:
        return AtIndex(self._array, index)

    def __repr__(self) -> str:
        return f"{self._array!r}.at"


class AtIndex:
    """The elements of an array that an index names; see ``At``."""

    __slots__ = ("_array", "_index")

    def __init__(self, array: Array, index: Any):
        self._array = array
        self._index = index

    def __repr__(self) -> str:
        return f"{self._array!r}.at[{self._index!r}]"

    def get(
        self,
        *,
        indices_are_sorted: bool = False,
        unique_indices: bool = False,
        mode: Any = None,
        fill_value: ArrayLike | None = None,
        wrap_negative_indices: bool = True,
    ) -> Array:
        """The elements themselves."""
        return get(
            self._array,
            self._index,
            mode=mode,
            fill_value=fill_value,
            wrap_negative_indices=wrap_negative_indices,
        )

    def set(self, values: ArrayLike, **options: Any) -> Array:
        """The array with the elements replaced by ``values``."""
        return _updated(self._array, self._index, "set", values, **options)

    def add(self, values: ArrayLike, **options: Any) -> Array:
        """The array with ``values`` added to the elements."""
        return _updated(self._array, self._index, "add", values, **options)

    def subtract(self, values: ArrayLike, **options: Any) -> Array:
        """The array with ``values`` subtracted from the elements."""
        return _updated(self._array, self._index, "sub", values, **options)

    def multiply(self, values: ArrayLike, **options: Any) -> Array:
        """The array with the elements multiplied by ``values``."""
        return _updated(self._array, self._index, "mul", values, **options)

    mul = multiply

    def divide(self, values: ArrayLike, **options: Any) -> Array:
        """The array with the elements divided by ``values``; integers become floats."""
        return self._array / _updated(lax.full_like(self._array, 1), self._index, "mul", values, **options)

    def power(self, values: ArrayLike, **options: Any) -> Array:
        """The array with the elements raised to ``values``."""
        return self._array ** _updated(lax.full_like(self._array, 1), self._index, "mul", values, **options)

    def min(self, values: ArrayLike, **options: Any) -> Array:
        """The array with the smaller of the elements and ``values``."""
        return _updated(self._array, self._index, "min", values, **options)

    def max(self, values: ArrayLike, **options: Any) -> Array:
        """The array with the larger of the elements and ``values``."""
        return _updated(self._array, self._index, "max", values, **options)

    def apply(self, func: Callable[[Array], ArrayLike], **options: Any) -> Array:
        """The array with ``func`` applied to the elements, as often as each is named; see ``scatter_apply``."""

        def scatter(x: Array, indices: Array, new: Array, numbers: Any, **rest: Any) -> Array:
            return lax.scatter_apply(x, indices, func, numbers, update_shape=new.shape, **rest)

        update = Update(scatter, lambda old, _: to_array(func(old)))
        zero = lax.full_like(self._array, 0, shape=())
        return _update(self._array, self._index, update, zero, **options)


def _updated(x: Array, index: Any, kind: str, values: ArrayLike, **options: Any) -> Array:
    return _update(x, index, _UPDATES[kind], to_array(values), **options)


def _update(
    x: Array,
    index: Any,
    update: Update,
    values: Array,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Any = None,
    wrap_negative_indices: bool = True,
) -> Array:
    """An array with some elements updated, in its own dtype."""
    chosen = lax.GatherScatterMode.from_any(mode)
    items = parse(x, index)
    where = windows(x.shape, items, wrap_negative_indices)
    new = _fitted(x, values, where.shape)
    if not x.size or 0 in where.shape:
        return x
    (old, new), _ = promoted(x, new)
    if wrap_negative_indices and is_static(items, x.shape):
        found = _replaced(old, where, update.combine, new)
    else:
        found = _scattered(old, where, update.scatter, new, unique_indices, chosen)
    return convert(found, x.dtype, x.weak_type)


def _fitted(x: Array, values: Array, shape: tuple[int, ...]) -> Array:
    """Values of the shape of the elements that they belong to.

    A warning tells that they lose precision in the dtype of the array.
    """
    if common_of_two(*typed(x), *typed(values))[0] != x.dtype:
        warn(
            f"at: values of dtype {values.dtype} become {x.dtype}, the dtype of the array, which may change them. "
            "Convert one of them first.",
            FutureWarning,
        )
    try:
        fits = np.broadcast_shapes(values.shape, shape) == shape
    except ValueError:
        fits = False
    if not fits:
        raise located(
            ShapeError(
                f"at: values must broadcast to the shape {shape} of what is updated; got {values.aval}."
            )
        )
    return broadcast_to(values, shape)


def _arranged(where: Windows, values: Array) -> Array:
    """Values of the shape of ``x[index]`` as the windows of the scatter."""
    return lax.rev(lax.reshape(values, where.gathered), where.reversed_axes)


def _scattered(
    x: Array, where: Windows, scatter: Callable[..., Array], values: Array, unique: bool, mode: Any
) -> Array:
    numbers = lax.ScatterDimensionNumbers(*where.numbers)
    source = lax.reshape(x, where.source)
    new = _arranged(where, values)
    found = scatter(source, where.indices, new, numbers, unique_indices=unique or where.unique, mode=mode)
    return lax.reshape(found, x.shape)


def _replaced(x: Array, where: Windows, combine: Combine, values: Array) -> Array:
    """The update of a static window."""
    start = [0] * x.ndim
    positions = where.indices.to_numpy().reshape(-1)
    for axis, position in zip(where.numbers.start_index_map, positions, strict=True):
        start[axis] = int(position)
    window = lax.slice(x, start, [a + n for a, n in zip(start, where.sizes, strict=True)])
    new = combine(window, lax.reshape(_arranged(where, values), where.sizes))
    return lax.dynamic_update_slice(x, new, start)
