"""Shapes, axes, joining and splitting."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import Shape, axes_of, axis_of, is_sequence, items_of, shape_of, static_int
from axir._src.convert import ArrayLike, asarray, convert, shaped, to_array
from axir._src.elementwise import broadcast, promoted
from axir._src.elementwise import broadcast_shapes as _broadcast_shapes
from axir._src.elementwise import broadcast_to as _broadcast_to
from axir._src.indexing import take_static
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir._src.remember import remembered
from axir._src.trace import bind
from axir_compiler.errors import AxisError, ShapeError
from axir_compiler.ir.op import OPS

__all__ = [
    "append",
    "array_split",
    "atleast_1d",
    "atleast_2d",
    "atleast_3d",
    "broadcast_arrays",
    "broadcast_shapes",
    "broadcast_to",
    "column_stack",
    "concat",
    "concatenate",
    "delete",
    "dsplit",
    "dstack",
    "expand_dims",
    "flip",
    "fliplr",
    "flipud",
    "hsplit",
    "hstack",
    "matrix_transpose",
    "moveaxis",
    "ndim",
    "permute_dims",
    "ravel",
    "repeat",
    "reshape",
    "roll",
    "rot90",
    "shape",
    "size",
    "split",
    "squeeze",
    "stack",
    "swapaxes",
    "tile",
    "transpose",
    "unstack",
    "vsplit",
    "vstack",
]

Arrays = Sequence[Any] | Array
"""Several arrays: a sequence of them, or an array along whose first axis they lie."""


def shape(a: ArrayLike) -> tuple[int, ...]:
    """Size of each axis."""
    return shaped(a).shape


def ndim(a: ArrayLike) -> int:
    """Number of axes."""
    return shaped(a).ndim


def size(a: ArrayLike, axis: int | Sequence[int] | None = None) -> int:
    """Number of elements, or of positions along an axis or several."""
    x = to_array(a)
    return math.prod(x.shape[i] for i in axes_of(axis, x.ndim, "size"))


def reshape(a: ArrayLike, shape: Any, order: str = "C", *, copy: bool | None = None) -> Array:
    """The same elements under another shape, one size of which may be -1.

    ``order`` is ``"C"`` (last axis fastest) or ``"F"`` (first axis fastest). ``copy`` has no effect, since whether
    memory is copied is not observable.

    Raises: ShapeError if the number of elements differs.
    """
    x = to_array(a)
    if order in ("C", "A"):
        return lax.reshape(x, shape)
    if order != "F":
        raise located(ShapeError(f"reshape: order must be 'C' or 'F'; got {order!r}."))
    return transpose(lax.reshape(transpose(x), items_of(shape)[::-1]))


def ravel(a: ArrayLike, order: str = "C") -> Array:
    """All elements along one axis."""
    return reshape(a, -1, order) if to_array(a).size else reshape(a, 0)


def transpose(a: ArrayLike, axes: Sequence[int] | None = None) -> Array:
    """Axis ``i`` of the result is axis ``axes[i]`` of ``a``; by default all in opposite order.

    Raises: ShapeError if ``axes`` is no permutation.
    """
    x = to_array(a)
    if axes is None:
        return lax.transpose(x, range(x.ndim)[::-1])
    return lax.transpose(x, [axis_of(i, x.ndim, "transpose") for i in axes])


permute_dims = transpose


def matrix_transpose(x: ArrayLike, /) -> Array:
    """The last two axes exchanged.

    Raises: AxisError for less than 2 axes.
    """
    return swapaxes(x, -1, -2)


def swapaxes(a: ArrayLike, axis1: int, axis2: int) -> Array:
    """Two axes exchanged.

    Args:
        a: Array.
        axis1, axis2: The axes; negative ones count from the last.

    Raises: AxisError if there is no such axis.
    """
    x = to_array(a)
    order = list(range(x.ndim))
    i, j = (axis_of(k, x.ndim, "swapaxes") for k in (axis1, axis2))
    order[i], order[j] = j, i
    return lax.transpose(x, order)


def moveaxis(a: ArrayLike, source: Any, destination: Any) -> Array:
    """Axes moved to other places, the rest in their order.

    Raises: ShapeError if there are not as many places as axes.
    """
    x = to_array(a)
    sources, places = ([axis_of(k, x.ndim, "moveaxis") for k in items_of(v)] for v in (source, destination))
    if len(sources) != len(places) or len(set(sources)) != len(sources) or len(set(places)) != len(places):
        raise located(
            ShapeError(f"moveaxis: needs distinct axes and places; got {source} and {destination}.")
        )
    order = [d for d in range(x.ndim) if d not in sources]
    for place, axis in sorted(zip(places, sources, strict=True)):
        order.insert(place, axis)
    return lax.transpose(x, order)


def expand_dims(a: ArrayLike, axis: int | Sequence[int]) -> Array:
    """Axes of size 1 inserted at the places ``axis`` of the result."""
    return lax.expand_dims(a, items_of(axis))


def squeeze(a: ArrayLike, axis: int | Sequence[int] | None = None) -> Array:
    """Axes of size 1 removed, all of them or those given.

    Raises: ShapeError if a given one has another size.
    """
    x = to_array(a)
    if axis is None:
        return lax.squeeze(x, [d for d, n in enumerate(x.shape) if n == 1])
    return lax.squeeze(x, axes_of(axis, x.ndim, "squeeze"))


def broadcast_to(array: ArrayLike, shape: Shape) -> Array:
    """``array`` repeated to a shape that it broadcasts to.

    Raises: ShapeError if it does not.
    """
    x, target = to_array(array), shape_of(shape, "broadcast_to")
    if x.ndim > len(target) or _broadcast_shapes(x.shape, target, where="broadcast_to") != target:
        raise located(ShapeError(f"broadcast_to: {x.aval} does not broadcast to shape {target}."))
    return _broadcast_to(x, target)


def broadcast_shapes(*shapes: Shape) -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to.

    Raises: ShapeError if two sizes of one axis differ and neither is 1.
    """
    return _broadcast_shapes(*[shape_of(s, "broadcast_shapes") for s in shapes])


def broadcast_arrays(*args: ArrayLike) -> list[Array]:
    """Arrays repeated to their common shape, each in its own dtype."""
    return broadcast([to_array(x) for x in args], "broadcast_arrays") if args else []


def _items(arrays: Arrays, where: str) -> list[Array]:
    if isinstance(arrays, Array | np.ndarray):
        return list(to_array(arrays))
    if not is_sequence(arrays):
        raise located(ShapeError(f"{where}: needs a sequence of arrays; got {type(arrays).__name__}."))
    items = [asarray(x) for x in arrays]
    if not items:
        raise located(ShapeError(f"{where}: needs at least one array."))
    return items


def concatenate(arrays: Arrays, axis: int | None = 0, dtype: DTypeLike = None) -> Array:
    """Arrays joined along an axis in their common dtype; ``axis=None`` ravels them first.

    Raises: ShapeError if shapes do not agree except along the axis.
    """
    items = _items(arrays, "concatenate")
    if axis is None:
        items, axis = [ravel(x) for x in items], 0
    if dtype is not None:
        wanted = requested(dtype, "concatenate")
        items, weak = [convert(x, wanted) for x in items], False
    else:
        items, weak = promoted(*items)
    at = axis_of(axis, items[0].ndim, "concatenate")
    return bind(OPS["concatenate"], *items, weak=weak, dimension=at) if len(items) > 1 else items[0]


concat = concatenate


@remembered
def stack(arrays: Arrays, axis: int = 0, out: None = None, dtype: DTypeLike = None) -> Array:
    """Arrays of one shape joined along a new axis.

    Raises: ShapeError if shapes differ.
    """
    items = _items(arrays, "stack")
    shapes = {x.shape for x in items}
    if len(shapes) > 1:
        raise located(ShapeError(f"stack: shapes must be equal; got {', '.join(map(str, sorted(shapes)))}."))
    at = axis_of(axis, items[0].ndim + 1, "stack")
    return concatenate([lax.expand_dims(x, (at,)) for x in items], at, dtype)


@remembered
def vstack(tup: Arrays, dtype: DTypeLike = None) -> Array:
    """Arrays joined along the first axis; those of one axis are rows."""
    return concatenate([atleast_2d(x) for x in _items(tup, "vstack")], 0, dtype)


@remembered
def hstack(tup: Arrays, dtype: DTypeLike = None) -> Array:
    """Arrays joined along the second axis, those of one axis along it."""
    items = [atleast_1d(x) for x in _items(tup, "hstack")]
    return concatenate(items, 0 if items[0].ndim == 1 else 1, dtype)


@remembered
def dstack(tup: Arrays, dtype: DTypeLike = None) -> Array:
    """Arrays joined along the third axis."""
    return concatenate([atleast_3d(x) for x in _items(tup, "dstack")], 2, dtype)


def column_stack(tup: Arrays) -> Array:
    """Arrays of one axis as the columns of a matrix; others are joined along the second axis."""
    items = [atleast_1d(x) for x in _items(tup, "column_stack")]
    return concatenate([lax.reshape(x, (-1, 1)) if x.ndim == 1 else x for x in items], 1)


@remembered
def append(arr: ArrayLike, values: Any, axis: int | None = None) -> Array:
    """``values`` joined to the end of ``arr``, both raveled unless an axis is given.

    Args:
        arr: Array.
        values: Array; with an axis, of the same shape but along it.
        axis: The axis along which they are joined.

    Raises: ShapeError if the shapes do not fit, AxisError.
    """
    return concatenate([arr, values], axis)


def unstack(x: ArrayLike, /, *, axis: int = 0) -> tuple[Array, ...]:
    """The items along an axis, which goes."""
    array = to_array(x)
    at = axis_of(axis, array.ndim, "unstack")
    return tuple(lax.index_in_dim(array, i, at, False) for i in range(array.shape[at]))


@remembered
def split(ary: ArrayLike, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Parts of equal size along an axis, or parts between indices.

    Args:
        ary: Array.
        indices_or_sections: Static number of parts, or where each part but the first begins.
        axis: Axis to divide.

    Raises: ShapeError if the parts cannot be of equal size.
    """
    x = to_array(ary)
    n = x.shape[axis_of(axis, x.ndim, "split")]
    if not is_sequence(indices_or_sections):
        parts = static_int(indices_or_sections, "split")
        if parts < 1 or n % parts:
            raise located(ShapeError(f"split: cannot divide {n} positions into {parts} equal parts."))
    return array_split(x, indices_or_sections, axis)


@remembered
def array_split(ary: ArrayLike, indices_or_sections: Any, axis: int = 0) -> list[Array]:
    """Parts of an axis whose sizes differ by one at most, or parts between indices.

    Args:
        ary: Array with at least one axis.
        indices_or_sections: Static number of parts, the first of which are the larger ones, or where each part but the
            first begins; negative ones count from the end.
        axis: Axis to divide.

    Raises: ShapeError for fewer than 1 part; AxisError if there is no such axis.
    """
    x = to_array(ary)
    at = axis_of(axis, x.ndim, "array_split")
    n = x.shape[at]
    if is_sequence(indices_or_sections):
        inner = [static_int(i, "split") for i in indices_or_sections]
        bounds = [0, *(min(max(i + n if i < 0 else i, 0), n) for i in inner), n]
    else:
        parts = static_int(indices_or_sections, "array_split")
        if parts < 1:
            raise located(ShapeError(f"array_split: needs at least 1 part; got {parts}."))
        small, larger = divmod(n, parts)
        bounds = [i * small + min(i, larger) for i in range(parts + 1)]
    return [lax.slice_in_dim(x, a, max(a, b), axis=at) for a, b in pairwise(bounds)]


def vsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """``split`` along the first axis."""
    return split(ary, indices_or_sections, 0)


def hsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """``split`` along the second axis, or the only one."""
    return split(ary, indices_or_sections, 1 if to_array(ary).ndim > 1 else 0)


def dsplit(ary: ArrayLike, indices_or_sections: Any) -> list[Array]:
    """``split`` along the third axis."""
    return split(ary, indices_or_sections, 2)


def _at_least(count: int, arys: Sequence[Any], front: Sequence[int]) -> Any:
    """Each array with at least ``count`` axes; ``front[n]`` new ones go before the ``n`` it has."""
    found = []
    for given in arys:
        x = asarray(given)
        missing = max(count - x.ndim, 0)
        before = front[x.ndim] if missing else 0
        found.append(lax.reshape(x, (*(1,) * before, *x.shape, *(1,) * (missing - before))))
    return found[0] if len(found) == 1 else found


def atleast_1d(*arys: Any) -> Any:
    """Each array with at least 1 axis."""
    return _at_least(1, arys, (1,))


def atleast_2d(*arys: Any) -> Any:
    """Each array with at least 2 axes, new ones in front."""
    return _at_least(2, arys, (2, 1))


def atleast_3d(*arys: Any) -> Any:
    """Each array with at least 3 axes: ``[n]`` becomes ``[1, n, 1]`` and ``[n, m]`` becomes ``[n, m, 1]``."""
    return _at_least(3, arys, (3, 1, 0))


@remembered
def tile(A: ArrayLike, reps: Any) -> Array:
    """``A`` repeated as a whole ``reps`` times along each axis."""
    x = to_array(A)
    counts = shape_of(reps, "tile")
    rank = max(x.ndim, len(counts))
    counts = (*(1,) * (rank - len(counts)), *counts)
    sizes = (*(1,) * (rank - x.ndim), *x.shape)
    pairs = tuple(n for pair in zip(counts, sizes, strict=True) for n in pair)
    spread = bind(
        OPS["broadcast_in_dim"], lax.reshape(x, sizes), shape=pairs, dimensions=tuple(range(1, 2 * rank, 2))
    )
    return lax.reshape(spread, tuple(n * m for n, m in zip(counts, sizes, strict=True)))


@remembered
def repeat(
    a: ArrayLike, repeats: Any, axis: int | None = None, *, total_repeat_length: int | None = None
) -> Array:
    """Each element repeated; ``repeats`` is a static count, or one for each position of the axis.

    Without an axis the array is raveled first. With ``total_repeat_length`` counts may be traced: the result has that
    size, its end cut off or filled with the last element.

    Raises: ShapeError if the counts do not fit the axis; ConcretizationError if they are traced and there is no
        ``total_repeat_length``.
    """
    if total_repeat_length is not None:
        return _repeated(to_array(a), to_array(repeats), axis, static_int(total_repeat_length, "repeat"))
    x = to_array(a)
    if axis is None:
        x, axis = ravel(x), 0
    at = axis_of(axis, x.ndim, "repeat")
    counts = np.asarray(to_array(repeats).to_numpy("the counts of repeat") if np.ndim(repeats) else repeats)
    if counts.dtype.kind not in "iu" or counts.ndim > 1 or (counts < 0).any():
        raise located(ShapeError(f"repeat: counts must be integers that are not negative; got {repeats}."))
    if counts.size == 1:
        times = int(counts.reshape(()))
        spread = (*x.shape[: at + 1], times, *x.shape[at + 1 :])
        kept = tuple(d for d in range(len(spread)) if d != at + 1)
        spread_x = bind(OPS["broadcast_in_dim"], x, shape=spread, dimensions=kept)
        return lax.reshape(spread_x, (*x.shape[:at], x.shape[at] * times, *x.shape[at + 1 :]))
    if counts.shape != (x.shape[at],):
        raise located(
            ShapeError(f"repeat: needs one count for each of {x.shape[at]} positions; got {counts.size}.")
        )
    return take_static(x, np.repeat(np.arange(x.shape[at]), counts), at)


def _repeated(x: Array, counts: Array, axis: int | None, total: int) -> Array:
    """``repeat`` to a size that is known: position ``k`` takes the element whose run contains it."""
    x, axis = (ravel(x), 0) if axis is None else (x, axis)
    at = axis_of(axis, x.ndim, "repeat")
    n = x.shape[at]
    if counts.size not in (1, n) or counts.ndim > 1 or counts.dtype.kind not in "iu" or (total and not n):
        raise located(
            ShapeError(
                f"repeat: needs one integer for each of {n} positions, {total} in all; got {counts.aval}."
            )
        )
    counts = _broadcast_to(lax.reshape(counts, (counts.size,)), (n,))
    if not total:
        return lax.slice_in_dim(x, 0, 0, axis=at)
    ends = lax.cumsum(convert(counts, np.dtype("int32")))
    begun = lax.full((total,), 0, "int32").at[ends].add(1, mode="drop")
    rows = lax.min(lax.cumsum(begun), lax.full((total,), n - 1, "int32"))
    return x[(slice(None),) * at + (rows,)]


@remembered
def flip(m: ArrayLike, axis: int | Sequence[int] | None = None) -> Array:
    """Elements in opposite order along some axes or all."""
    x = to_array(m)
    return lax.rev(x, axes_of(axis, x.ndim, "flip"))


@remembered
def flipud(m: ArrayLike) -> Array:
    """``flip`` along the first axis."""
    return flip(m, 0)


@remembered
def fliplr(m: ArrayLike) -> Array:
    """``flip`` along the second axis."""
    return flip(m, 1)


@remembered
def rot90(m: ArrayLike, k: int = 1, axes: tuple[int, int] = (0, 1)) -> Array:
    """Turned by ``k`` times 90 degrees from the first axis toward the second.

    Raises: ShapeError if the axes are equal.
    """
    x = to_array(m)
    first, second = (axis_of(a, x.ndim, "rot90") for a in axes)
    if first == second:
        raise located(ShapeError(f"rot90: the axes must differ; got {axes}."))
    turns = static_int(k, "rot90") % 4
    if turns == 0:
        return x
    if turns == 2:
        return lax.rev(x, (first, second))
    if turns == 1:
        return swapaxes(lax.rev(x, (second,)), first, second)
    return lax.rev(swapaxes(x, first, second), (second,))


@remembered
def roll(a: ArrayLike, shift: Any, axis: Any = None) -> Array:
    """Elements moved along axes; what leaves at one end enters at the other.

    Args:
        a: Array; without an axis it is rolled as if it had one.
        shift: How far, one number or one for each axis; may be traced.
        axis: Axis or axes.

    Raises: ShapeError if there are not as many shifts as axes.
    """
    x = to_array(a)
    if axis is None:
        return lax.reshape(roll(ravel(x), shift, 0), x.shape)
    axes, shifts = items_of(axis), items_of(shift)
    if len(axes) != len(shifts):
        common = max(len(axes), len(shifts))
        if min(len(axes), len(shifts)) != 1:
            raise located(ShapeError(f"roll: got {len(shifts)} shifts for {len(axes)} axes."))
        axes, shifts = (v * common if len(v) == 1 else v for v in (axes, shifts))
    for by, at in zip(shifts, axes, strict=True):
        x = _roll(x, by, axis_of(at, x.ndim, "roll"))
    return x


def _roll(x: Array, shift: Any, axis: int) -> Array:
    n = x.shape[axis]
    if n == 0:
        return x
    if isinstance(shift, Array) and not isinstance(shift, int):
        from axir.numpy.arithmetic import remainder

        start = remainder(lax.neg(shift), n)
        return lax.dynamic_slice_in_dim(lax.concatenate((x, x), axis), start, n, axis)
    at = -static_int(shift, "roll") % n
    if at == 0:
        return x
    parts = lax.slice_in_dim(x, at, n, axis=axis), lax.slice_in_dim(x, 0, at, axis=axis)
    return bind(OPS["concatenate"], *parts, dimension=axis)


def delete(
    arr: ArrayLike, obj: Any, axis: int | None = None, *, assume_unique_indices: bool = False
) -> Array:
    """``arr`` without the positions ``obj`` of an axis; without an axis it is raveled first.

    ``obj`` is static: an integer, a slice, or an array of integers or bools. With ``assume_unique_indices`` an array of
    integers may be traced; each must be another position.

    Raises: AxisError if a position is out of bounds.
    """
    x = to_array(arr)
    if axis is None:
        x, axis = ravel(x), 0
    at = axis_of(axis, x.ndim, "delete")
    if assume_unique_indices and isinstance(obj, Array) and obj.dtype.kind in "iu":
        return _without_positions(x, obj, at)
    index = obj if isinstance(obj, slice) else np.asarray(obj)
    try:
        kept = np.delete(np.arange(x.shape[at]), index)
    except IndexError as error:
        raise located(AxisError(f"delete: {error}.")) from None
    return take_static(x, kept, at)


def _without_positions(x: Array, gone: Array, axis: int) -> Array:
    """Position ``k`` of the result is ``k`` plus the number of those that are gone before it."""
    n = x.shape[axis]
    gone = lax.sort(lax.reshape(lax.select(gone < 0, gone + n, gone), (gone.size,)))
    first = lax.sub(gone, lax.iota(gone.dtype, gone.size))
    kept = max(n - gone.size, 0)
    steps = lax.full((kept,), 0, "int32").at[first].add(1, mode="drop")
    return x[(slice(None),) * axis + (lax.add(lax.iota("int32", kept), lax.cumsum(steps)),)]
