"""Indexing of arrays: ``x[...]`` in NumPy's notation, out-of-bounds positions as in JAX.

Integers, slices, ``...`` and ``None`` are static windows; a traced integer is a dynamic window. Integers that are
out of bounds mean the nearest element. Arrays of integers or bools as indices are evaluated for concrete
arrays only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.convert import asarray
from axir._src.elementwise import is_eager
from axir._src.messages import located
from axir._src.trace import Tracer
from axir_compiler.errors import AxisError, ConcretizationError, DTypeError, MissingRuleError

__all__ = ["getitem", "iterate", "take_static"]


def getitem(x: Array, index: Any) -> Array:
    """``x[index]``.

    Raises:
        AxisError: more indices than axes, or an integer index into an empty axis.
        DTypeError: an index is neither an integer, a slice, ``...``, ``None`` nor an integer or bool array.
        MissingRuleError: an array index in a function that is being traced.
        ConcretizationError: a traced bound of a slice, or a traced bool array.
    """
    items = _expanded(x, index)
    if any(isinstance(i, np.ndarray) for i in items):
        return _advanced(x, items)
    if is_eager((x,)) and not any(isinstance(i, Tracer) for i in items):
        return ConcreteArray(_released(x.to_numpy()[tuple(items)]), x.weak_type)
    return _basic(x, items)


# Windows up to this many bytes are copied, so that a small one does not keep a large array alive.
_SMALL = 1 << 16


def _released(window: np.ndarray) -> np.ndarray:
    return window.copy() if window.nbytes <= _SMALL else window


def iterate(x: Array) -> Any:
    """The items along the first axis, one by one."""
    if not x.ndim:
        raise TypeError("array: a scalar array cannot be iterated over.")
    return (getitem(x, i) for i in range(x.shape[0]))


def _expanded(x: Array, index: Any) -> list[Any]:
    """One item for each axis, and ``None`` for each new one: checked, integers in bounds, no ``...``."""
    if isinstance(index, list):
        raise located(DTypeError("array: a list is no index. Use an array: x[axir.numpy.array(index)]."))
    items = [_checked(i) for i in (index if isinstance(index, tuple) else (index,))]
    used = sum(_axes_used(i) for i in items)
    if used > x.ndim:
        raise located(AxisError(f"array: {used} indices for an array of {x.ndim} axes, {x.aval}."))
    ellipses = [n for n, i in enumerate(items) if i is Ellipsis]
    if len(ellipses) > 1:
        raise located(AxisError("array: an index may hold one '...' only."))
    at = ellipses[0] if ellipses else len(items)
    items[at : at + 1] = [slice(None)] * (x.ndim - used)
    return _bounded(x, items)


def _checked(item: Any) -> Any:
    """An item as ``None``, ``...``, a slice, an int, a NumPy array, or a tracer of an integer scalar."""
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        return _static_slice(item)
    if isinstance(item, str):
        raise located(DTypeError(f"array: a string is no index; got {item!r}."))
    if isinstance(item, bool | np.bool_):
        # A true scalar is a new axis of size 1.
        return None if item else np.asarray(False)
    if isinstance(item, int | np.integer):
        return int(item)
    array = asarray(item)
    if array.dtype.kind not in "iub" or array.dtype.name == "bfloat16":
        raise located(DTypeError(f"array: indices must be integers or bools; got {array.aval}."))
    if isinstance(array, Tracer):
        return array if array.ndim == 0 and array.dtype.kind in "iu" else _array_index(array)
    value = array.to_numpy()
    return int(value) if value.ndim == 0 and value.dtype.kind in "iu" else value


def _array_index(array: Tracer) -> Any:
    if array.dtype.kind == "b":
        array.to_numpy("the positions of a bool index")
    raise located(
        MissingRuleError(
            f"array: indexing by the traced array {array.aval} has no rule. Use integers, slices or "
            "axir.lax.dynamic_slice."
        )
    )


def _static_slice(item: slice) -> slice:
    try:
        bounds = [None if v is None else v.__index__() for v in (item.start, item.stop, item.step)]
    except ConcretizationError:
        raise located(
            ConcretizationError(
                "array: bounds of a slice must be static, since they give the shape. Use axir.lax.dynamic_slice "
                "with a static size."
            )
        ) from None
    except (AttributeError, TypeError):
        raise located(DTypeError(f"array: bounds of a slice must be integers or None; got {item}.")) from None
    if bounds[2] == 0:
        raise located(DTypeError("array: the step of a slice must not be 0."))
    return slice(*bounds)


def _axes_used(item: Any) -> int:
    if item is None or item is Ellipsis:
        return 0
    return item.ndim if isinstance(item, np.ndarray) and item.dtype == bool else 1


def _bounded(x: Array, items: Sequence[Any]) -> list[Any]:
    """Integers wrapped once if negative, then limited to the axis."""
    axis, found = 0, []
    for item in items:
        if isinstance(item, int | np.ndarray) and not (isinstance(item, np.ndarray) and item.dtype == bool):
            found.append(_limited(item, x, axis))
        else:
            found.append(item)
        axis += _axes_used(item)
    return found


def _limited(item: Any, x: Array, axis: int) -> Any:
    n = x.shape[axis]
    if n == 0 and np.size(item):
        raise located(AxisError(f"array: axis {axis} of {x.aval} is empty and has no element to take."))
    if isinstance(item, int):
        return min(max(item + n if item < 0 else item, 0), n - 1)
    wide = item.astype(np.int64)
    return np.clip(np.where(wide < 0, wide + n, wide), 0, max(n - 1, 0))


def _advanced(x: Array, items: Sequence[Any]) -> Array:
    if not is_eager((x,)) or any(isinstance(i, Tracer) for i in items):
        raise located(
            MissingRuleError(
                f"array: indexing the traced array {x.aval} by an array has no rule. Use integers, slices, "
                "axir.numpy.where or a product with a one-hot matrix."
            )
        )
    try:
        return ConcreteArray(x.to_numpy()[tuple(items)], x.weak_type)
    except IndexError as error:
        raise located(AxisError(f"array: {error}.")) from None


def _basic(x: Array, items: Sequence[Any]) -> Array:
    """Dynamic windows, then static ones, then the axes that go and come."""
    x = _dynamic(x, [i for i in items if i is not None])
    start, limit, stride, reverse, shape = [], [], [], [], []
    axis = 0
    for item in items:
        if item is None:
            shape.append(1)
            continue
        n = x.shape[axis]
        first, last, step, count = _window(0 if isinstance(item, Tracer) else item, n)
        start.append(first)
        limit.append(last)
        stride.append(abs(step))
        if step < 0:
            reverse.append(axis)
        if isinstance(item, slice):
            shape.append(count)
        axis += 1
    whole = all(a == 0 and b == n for a, b, n in zip(start, limit, x.shape, strict=True)) and set(stride) <= {
        1
    }
    result = x if whole else lax.slice(x, start, limit, stride)
    return lax.reshape(lax.rev(result, reverse), shape)


def _window(item: int | slice, n: int) -> tuple[int, int, int, int]:
    """Start, limit, step and number of the elements of an axis that an index takes."""
    if isinstance(item, int):
        return item, item + 1, 1, 1
    taken = range(*item.indices(n))
    if not taken:
        return 0, 0, 1, 0
    low, high = min(taken[0], taken[-1]), max(taken[0], taken[-1])
    return low, high + 1, taken.step, len(taken)


def _dynamic(x: Array, items: Sequence[Any]) -> Array:
    if not any(isinstance(i, Tracer) for i in items):
        return x
    starts = [i if isinstance(i, Tracer) else 0 for i in items]
    for axis, i in enumerate(items):
        if isinstance(i, Tracer) and x.shape[axis] == 0:
            raise located(AxisError(f"array: axis {axis} of {x.aval} is empty and has no element to take."))
    sizes = [1 if isinstance(i, Tracer) else n for i, n in zip(items, x.shape, strict=True)]
    return lax.dynamic_slice(x, starts, sizes)


def take_static(x: Array, positions: np.ndarray, axis: int, where: str) -> Array:
    """The positions of an axis that a static array names, as slices of its runs joined together."""
    if is_eager((x,)):
        return ConcreteArray(np.take(x.to_numpy(), positions, axis), x.weak_type)
    breaks = np.flatnonzero(np.diff(positions) != 1) + 1
    runs = np.split(positions, breaks) if positions.size else []
    pieces = [lax.slice_in_dim(x, int(r[0]), int(r[-1]) + 1, axis=axis) for r in runs]
    return lax.concatenate(pieces, axis) if pieces else lax.slice_in_dim(x, 0, 0, axis=axis)
