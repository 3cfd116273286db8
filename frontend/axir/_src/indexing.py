"""Indexing of arrays: ``x[...]`` in NumPy's notation, out-of-bounds positions as in JAX.

Integers, slices, ``...`` and ``None`` are static windows; a traced integer is a dynamic window; arrays of integers are
a gather. Positions that are out of bounds mean the nearest element unless another mode is asked for. Bool arrays
must be concrete, since they give the shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.convert import ArrayLike, asarray
from axir._src.elementwise import broadcast_to, is_eager
from axir._src.messages import located
from axir._src.trace import Tracer
from axir._src.windows import Windows, slice_bounds, windows
from axir_compiler.errors import AxisError, ConcretizationError, DTypeError

__all__ = ["get", "getitem", "indexed_windows", "is_static", "iterate", "parse", "take_static"]


def getitem(x: Array, index: Any) -> Array:
    """``x[index]``.

    Raises:
        AxisError: more indices than axes, arrays that do not broadcast, or an index into an empty axis.
        DTypeError: an index is neither an integer, a slice, ``...``, ``None`` nor an integer or bool array.
        ConcretizationError: a traced bound of a slice, or a traced bool array.
    """
    items = parse(x, index)
    if any(isinstance(i, bool) or (isinstance(i, np.ndarray | Tracer) and i.ndim) for i in items):
        return _advanced(x, items)
    bounded = _bounded(x, items)
    if is_eager((x,)) and not any(isinstance(i, Tracer) for i in items):
        return ConcreteArray(_released(x.to_numpy()[tuple(bounded)]), x.weak_type)
    if _outside(x, items):
        # In the program it stays what it is, so that it can be found.
        return _gathered(x, windows(x.shape, items), "clip")
    return _basic(x, bounded)


def get(
    x: Array,
    index: Any,
    *,
    mode: Any = None,
    fill_value: ArrayLike | None = None,
    wrap_negative_indices: bool = True,
) -> Array:
    """``x[index]`` with a choice of what out-of-bounds positions give; see ``axir.lax.gather``."""
    default = mode is None or lax.GatherScatterMode.from_any(mode) is not lax.GatherScatterMode.FILL_OR_DROP
    if default and wrap_negative_indices:
        return getitem(x, index)
    where = indexed_windows(x, index, wrap_negative_indices)
    return _gathered(x, where, "clip" if default else "fill", fill_value)


def indexed_windows(x: Array, index: Any, wrap: bool = True) -> Windows:
    """The gather or scatter of ``x[index]``."""
    return windows(x.shape, parse(x, index), wrap)


def _gathered(x: Array, where: Windows, mode: str, fill_value: ArrayLike | None = None) -> Array:
    if 0 in where.shape:
        return broadcast_to(lax.full_like(x, 0, shape=()), where.shape)
    for axis in where.numbers.collapsed_slice_dims:
        if where.source[axis] == 0:
            raise _empty(x, axis)
    source = lax.reshape(x, where.source)
    found = lax.gather(source, where.indices, where.numbers, where.sizes, mode=mode, fill_value=fill_value)
    return lax.reshape(lax.rev(found, where.reversed_axes), where.shape)


def _empty(x: Array, axis: int) -> Exception:
    return located(AxisError(f"array: axis {axis} of {x.aval} is empty and has no element to take."))


# Windows up to this many bytes are copied, so that a small one does not keep a large array alive.
_SMALL = 1 << 16


def _released(window: np.ndarray) -> np.ndarray:
    return window.copy() if window.nbytes <= _SMALL else window


def iterate(x: Array) -> Any:
    """The items along the first axis, one by one."""
    if not x.ndim:
        raise TypeError("array: a scalar array cannot be iterated over.")
    return (getitem(x, i) for i in range(x.shape[0]))


def parse(x: Array, index: Any) -> list[Any]:
    """One item for each axis, ``None`` for each new one, and bool scalars; no ``...``.

    An item is an int, a slice, a NumPy array of integers, or a tracer of integers.
    """
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
    return _without_masks(x, items)


def _without_masks(x: Array, items: Sequence[Any]) -> list[Any]:
    """Bool arrays replaced by the positions where they hold, one array for each of their axes."""
    axis, found = 0, []
    for item in items:
        used = _axes_used(item)
        if isinstance(item, np.ndarray) and item.dtype == bool:
            size = x.shape[axis : axis + used]
            if any(n not in (0, m) for n, m in zip(item.shape, size, strict=True)):
                raise located(
                    AxisError(
                        f"array: a bool index must have the shape {size} of its axes; got {item.shape}."
                    )
                )
            found.extend(np.nonzero(item))
        else:
            found.append(item)
        axis += used
    return found


def _checked(item: Any) -> Any:
    """An item as ``None``, ``...``, a slice, an int, a bool, a NumPy array, or a tracer of integers."""
    if item is None or item is Ellipsis:
        return item
    if isinstance(item, slice):
        return _static_slice(item)
    if isinstance(item, str):
        raise located(DTypeError(f"array: a string is no index; got {item!r}."))
    if isinstance(item, bool | np.bool_):
        return bool(item)
    if isinstance(item, int | np.integer):
        return int(item)
    array = asarray(item)
    if array.dtype.kind not in "iub" or array.dtype.name == "bfloat16":
        if isinstance(item, list | tuple) and not array.size:
            return np.zeros(array.shape, np.int32)
        raise located(DTypeError(f"array: indices must be integers or bools; got {array.aval}."))
    if isinstance(array, Tracer) and (array.dtype.kind != "b" or not array.known):
        return array if array.dtype.kind in "iu" else array.to_numpy("the positions of a bool index")
    value = array.to_numpy()
    return value.item() if value.ndim == 0 else value


def _static_slice(item: slice) -> slice:
    try:
        bounds = [
            v if v is None or isinstance(v, int) else v.__index__()
            for v in (item.start, item.stop, item.step)
        ]
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
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    return item.ndim if isinstance(item, np.ndarray) and item.dtype == bool else 1


def _bounded(x: Array, items: Sequence[Any]) -> list[Any]:
    """Integers wrapped once if negative, then limited to the axis."""
    axis, found = 0, []
    for item in items:
        if isinstance(item, int | np.ndarray):
            found.append(_limited(item, x, axis))
        else:
            found.append(item)
        axis += _axes_used(item)
    return found


def _outside(x: Array, items: Sequence[Any]) -> bool:
    """Whether an integer is not inside its axis."""
    axis = 0
    for item in items:
        if isinstance(item, int) and not -x.shape[axis] <= item < x.shape[axis]:
            return True
        axis += _axes_used(item)
    return False


def _limited(item: Any, x: Array, axis: int) -> Any:
    n = x.shape[axis]
    if n == 0 and np.size(item):
        raise _empty(x, axis)
    if isinstance(item, int):
        return min(max(item + n if item < 0 else item, 0), n - 1)
    low, high = (0, n - 1) if item.dtype.kind == "u" else (-n, n - 1)
    info = np.iinfo(item.dtype)
    wide = np.clip(item, max(low, info.min), min(max(high, low), info.max)).astype(np.int64)
    return np.where(wide < 0, wide + n, wide)


def _advanced(x: Array, items: Sequence[Any]) -> Array:
    concrete = is_eager((x,)) and not any(isinstance(i, Tracer | bool) for i in items)
    if not concrete:
        return _gathered(x, windows(x.shape, items), "clip")
    try:
        return ConcreteArray(x.to_numpy()[tuple(_bounded(x, items))], x.weak_type)
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
    start, _, step, count = slice_bounds(item, n)
    if count == 0:
        return 0, 0, 1, 0
    last = start + (count - 1) * step
    return (start, last + 1, step, count) if step > 0 else (last, start + 1, step, count)


def _dynamic(x: Array, items: Sequence[Any]) -> Array:
    if not any(isinstance(i, Tracer) for i in items):
        return x
    starts = [i if isinstance(i, Tracer) else 0 for i in items]
    for axis, i in enumerate(items):
        if isinstance(i, Tracer) and x.shape[axis] == 0:
            raise located(AxisError(f"array: axis {axis} of {x.aval} is empty and has no element to take."))
    sizes = [1 if isinstance(i, Tracer) else n for i, n in zip(items, x.shape, strict=True)]
    return lax.dynamic_slice(x, starts, sizes)


def take_static(x: Array, positions: np.ndarray, axis: int) -> Array:
    """The positions of an axis that a static array names."""
    return getitem(x, (*[slice(None)] * axis, np.asarray(positions)))


def is_static(items: Sequence[Any], shape: Sequence[int]) -> bool:
    """Whether parsed items are a window of ``shape`` that is known: integers in bounds and slices of step 1 or -1."""
    sizes = iter(shape)
    for item in items:
        if item is None:
            continue
        n = next(sizes) if not isinstance(item, bool) else 0
        if isinstance(item, slice):
            taken = range(*item.indices(n))
            if abs(taken.step) != 1 and len(taken) > 1:
                return False
        elif isinstance(item, bool) or not isinstance(item, int) or not -n <= item < n:
            return False
    return True
