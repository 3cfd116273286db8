"""Functions that take elements out of an array, or put them in, at positions that are arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.elementwise import broadcast, broadcast_shapes, broadcast_to, promoted, scalar_like
from axir._src.indexing import getitem
from axir._src.messages import located
from axir._src.remember import remembered
from axir._src.windows import positions
from axir.numpy.arithmetic import remainder
from axir.numpy.elementwise import truth
from axir.numpy.logic import clip
from axir.numpy.positions import nonzero, running_count
from axir.numpy.shapes import moveaxis, ravel, tile
from axir_compiler.errors import AxisError, DTypeError, ShapeError

__all__ = [
    "choose",
    "compress",
    "extract",
    "fill_diagonal",
    "insert",
    "place",
    "put",
    "put_along_axis",
    "take",
    "take_along_axis",
]

_WHOLE = slice(None)


def _no_out(where: str, out: Any) -> None:
    if out is not None:
        raise located(DTypeError(f"{where}: arrays are immutable, so there is no out=."))


def _not_in_place(where: str, inplace: bool) -> None:
    if inplace:
        raise located(
            ShapeError(
                f"{where}: arrays are immutable. Pass inplace=False and use the array that is returned."
            )
        )


def _integers(where: str, given: Any) -> Array:
    index = to_array(given)
    if index.dtype.kind not in "iu":
        raise located(DTypeError(f"{where}: indices must be integers; got {index.aval}."))
    return index


@remembered
def take(
    a: ArrayLike,
    indices: ArrayLike,
    axis: int | None = None,
    out: None = None,
    mode: str | None = None,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    fill_value: ArrayLike | None = None,
) -> Array:
    """Elements, or slices along an axis, at positions.

    Args:
        a: Array; without an axis it is raveled.
        indices: Integers of any shape.
        axis: Axis that the positions are on.
        out: Not supported.
        mode: What positions out of bounds give. ``fill`` (the default): ``fill_value``, by default NaN, the lowest
            signed or highest unsigned integer, or true; negative positions count from the end. ``clip``: the
            nearest element, negative ones the first. ``wrap``: positions modulo the size.
        unique_indices, indices_are_sorted: Promises, which change nothing.
        fill_value: See ``mode``.

    Returns: Array with the axis replaced by the axes of ``indices``.
    Raises: AxisError for an empty axis; ShapeError for another mode.
    """
    _no_out("take", out)
    x, index = to_array(a), _integers("take", indices)
    if axis is None:
        x, axis = ravel(x), 0
    at = axis_of(axis, x.ndim, "take")
    if x.shape[at] == 0 and index.size:
        raise located(AxisError(f"take: axis {at} of {x.aval} is empty and has no element to take."))
    if mode == "wrap":
        index, mode = remainder(index, scalar_like(x.shape[at], index)) if index.size else index, "clip"
    if mode not in (None, "fill", "clip"):
        raise located(ShapeError(f"take: mode must be 'fill', 'clip' or 'wrap'; got {mode!r}."))
    selected = x.at[(*[_WHOLE] * at, index)]
    if mode == "clip":
        return selected.get(mode="clip", wrap_negative_indices=False)
    return selected.get(mode="fill", fill_value=fill_value)


@remembered
def take_along_axis(
    arr: ArrayLike,
    indices: ArrayLike,
    axis: int | None = -1,
    mode: Any = None,
    fill_value: ArrayLike | None = None,
    *,
    wrap_negative_indices: bool | None = None,
) -> Array:
    """Elements at positions along an axis that differ from line to line, such as those that ``argsort`` gives.

    Args:
        arr: Array; without an axis it is raveled.
        indices: Integers with as many axes; the others are broadcast against those of ``arr``.
        axis: Axis that the positions are on.
        mode: What positions out of bounds give, see ``axir.lax.gather``; by default they are filled.
        fill_value: What they are filled with, by default NaN and the like.
        wrap_negative_indices: Whether negative positions count from the end; by default unless ``mode`` is
            ``promise_in_bounds``.

    Raises: ShapeError if the axes do not fit, DTypeError if positions are no integers.
    """
    x, index = to_array(arr), _integers("take_along_axis", indices)
    if axis is None:
        if index.ndim != 1:
            raise located(ShapeError(f"take_along_axis: without an axis indices have one; got {index.aval}."))
        x, axis = ravel(x), 0
    if x.ndim != index.ndim:
        raise located(
            ShapeError(
                f"take_along_axis: array and indices must have as many axes; got {x.aval} and {index.aval}."
            )
        )
    at = axis_of(axis, x.ndim, "take_along_axis")
    x, index = _lines(x, index, at, "take_along_axis")
    if not x.shape[at] or not index.size:
        return lax.full(index.shape, 0, x.dtype)
    promised = lax.GatherScatterMode.PROMISE_IN_BOUNDS
    chosen = lax.GatherScatterMode.from_any(mode)
    wrap = chosen is not promised if wrap_negative_indices is None else wrap_negative_indices
    vectors, numbers = _along(x, index, at, wrap)
    sizes = (1,) * x.ndim
    return lax.gather(x, vectors, numbers, sizes, mode=chosen, fill_value=fill_value)


def _lines(x: Array, index: Array, axis: int, where: str) -> tuple[Array, Array]:
    """Array and positions with equal axes except for the one that the positions are on."""
    others = [(*a.shape[:axis], 1, *a.shape[axis + 1 :]) for a in (x, index)]
    common = broadcast_shapes(*others, where=where)
    shapes = [(*common[:axis], a.shape[axis], *common[axis + 1 :]) for a in (x, index)]
    return broadcast_to(x, shapes[0]), broadcast_to(index, shapes[1])


def _along(x: Array, index: Array, axis: int, wrap: bool) -> tuple[Array, lax.GatherDimensionNumbers]:
    """Index vectors and dimension numbers for positions that belong to the lines of an array."""
    found = positions(index, x.shape[axis], wrap)
    others = tuple(d for d in range(x.ndim) if d != axis)
    numbers = lax.GatherDimensionNumbers((), (axis,), (axis,), others, others)
    return lax.expand_dims(found, (x.ndim,)), numbers


def put_along_axis(
    arr: ArrayLike,
    indices: ArrayLike,
    values: ArrayLike,
    axis: int | None,
    inplace: bool = True,
    *,
    mode: str | None = None,
) -> Array:
    """An array with the elements that ``take_along_axis`` takes replaced by ``values``, which are broadcast.

    Positions out of bounds are left out unless ``mode`` is ``clip``. ``inplace`` must be ``False``.

    Raises: ShapeError if the axes do not fit; DTypeError if positions are no integers.
    """
    _not_in_place("put_along_axis", inplace)
    x, index, new = to_array(arr), _integers("put_along_axis", indices), to_array(values)
    if axis is None:
        return lax.reshape(put_along_axis(ravel(x), index, new, 0, False, mode=mode), x.shape)
    if x.ndim != index.ndim:
        raise located(
            ShapeError(
                f"put_along_axis: array and indices must have as many axes; got {x.aval} and {index.aval}."
            )
        )
    at = axis_of(axis, x.ndim, "put_along_axis")
    shape = (*x.shape[:at], index.shape[at], *x.shape[at + 1 :])
    given = broadcast_shapes(shape, index.shape, new.shape, where="put_along_axis")
    if given != shape:
        raise located(
            ShapeError(
                f"put_along_axis: indices and values must broadcast to {shape}; got {index.aval} and {new.aval}."
            )
        )
    if not x.size or 0 in shape:
        return x
    vectors, numbers = _along(x, broadcast_to(index, shape), at, True)
    new = convert(broadcast_to(new, shape), x.dtype, x.weak_type)
    return lax.scatter(x, vectors, new, lax.ScatterDimensionNumbers(*numbers), mode=mode)


def put(
    a: ArrayLike, ind: ArrayLike, v: ArrayLike, mode: str | None = None, *, inplace: bool = True
) -> Array:
    """An array with ``v``, repeated as often as needed, at positions of the raveled array.

    Args:
        a: Array of any shape.
        ind: Integers, raveled; negative ones count from the end.
        v: Values, raveled.
        mode: What becomes of positions out of bounds: left out, ``clip`` or ``wrap``.
        inplace: Must be ``False``.
    """
    _not_in_place("put", inplace)
    x, index, new = to_array(a), ravel(_integers("put", ind)), ravel(to_array(v))
    if mode not in (None, "clip", "wrap"):
        raise located(ShapeError(f"put: mode must be 'clip' or 'wrap'; got {mode!r}."))
    if not x.size or not index.size or not new.size:
        return x
    if mode == "clip":
        index = clip(index, 0, x.size - 1)
    if mode == "wrap":
        index = remainder(index, scalar_like(x.size, index))
    flat = ravel(x).at[index].set(_repeated(new, index.size), mode="drop")
    return lax.reshape(flat, x.shape)


def _repeated(x: Array, count: int) -> Array:
    """The elements repeated until there are ``count``."""
    if x.size == 1:
        return broadcast_to(lax.reshape(x, ()), (count,))
    return lax.slice_in_dim(tile(x, max(-(-count // x.size), 1)), 0, count)


def place(arr: ArrayLike, mask: ArrayLike, vals: ArrayLike, *, inplace: bool = True) -> Array:
    """An array with the elements where ``mask`` holds replaced by the first, second, ... of ``vals``.

    ``vals`` is raveled, and repeated as often as needed; ``inplace`` must be ``False``.

    Raises: ShapeError if the mask has another size or there are no values.
    """
    _not_in_place("place", inplace)
    x, chosen, new = to_array(arr), ravel(truth(to_array(mask))), ravel(to_array(vals))
    if x.size != chosen.size or not new.size:
        raise located(
            ShapeError(
                f"place: needs a mask of {x.size} elements and a value; got {chosen.size} and {new.size}."
            )
        )
    if not x.size:
        return x
    number = lax.sub(running_count(chosen), 1)
    at = remainder(number, new.size)
    taken = convert(getitem(new, at), x.dtype)
    return lax.reshape(lax.select(chosen, taken, ravel(x)), x.shape)


def choose(a: ArrayLike, choices: Any, out: None = None, mode: str = "raise") -> Array:
    """At each position the element of one of several arrays, all of them broadcast.

    Args:
        a: Integers: which array.
        choices: Sequence of arrays, or an array whose first axis runs through them.
        out: Not supported.
        mode: What numbers out of bounds mean: ``raise`` (for concrete ones), ``wrap``, ``clip``.

    Raises: ShapeError, DTypeError; ConcretizationError for traced numbers in mode ``raise``.
    """
    _no_out("choose", out)
    which = _integers("choose", a)
    options, _ = promoted(*choices)
    which = _which(which, len(options), mode)
    index, *arrays = broadcast([which, *options], "choose")
    if not index.size:
        return arrays[0]
    stacked = lax.concatenate([lax.expand_dims(x, (0,)) for x in arrays], 0)
    return lax.squeeze(take_along_axis(stacked, lax.expand_dims(index, (0,)), 0), (0,))


def _which(which: Array, count: int, mode: str) -> Array:
    if mode == "wrap":
        return remainder(which, scalar_like(count, which))
    if mode == "clip":
        return clip(which, 0, count - 1)
    if mode != "raise":
        raise located(ShapeError(f"choose: mode must be raise, wrap or clip; got {mode!r}."))
    value = which.to_numpy("its values, to check their bounds (use mode='wrap' or mode='clip')")
    if value.size and (value.min() < 0 or value.max() >= count):
        raise located(
            ShapeError(f"choose: a number is outside [0, {count}). Use mode='wrap' or mode='clip'.")
        )
    return which


def compress(
    condition: ArrayLike,
    a: ArrayLike,
    axis: int | None = None,
    *,
    size: int | None = None,
    fill_value: ArrayLike = 0,
    out: None = None,
) -> Array:
    """The slices along an axis for which ``condition`` holds.

    Args:
        condition: Bools ``[n]``; behind its end there is nothing to take.
        a: Array; without an axis it is raveled.
        axis: Axis of the slices.
        size: Number of slices in the result: the first ones, or all and ``fill_value`` behind them. Without it the
            condition must be concrete.
        fill_value: See ``size``.
        out: Not supported.

    Raises: ShapeError if the condition has more than one axis or holds outside the array, or the size is larger than
        the axis; ConcretizationError if the condition is traced and there is no size.
    """
    _no_out("compress", out)
    x, mask = to_array(a), truth(to_array(condition))
    if mask.ndim != 1:
        raise located(ShapeError(f"compress: the condition must have one axis; got {mask.aval}."))
    if axis is None:
        x, axis = ravel(x), 0
    at = axis_of(axis, x.ndim, "compress")
    if size is None:
        (found,) = nonzero(mask)
        if found.size and int(found[-1]) >= x.shape[at]:
            raise located(ShapeError(f"compress: the condition holds outside axis {at} of {x.aval}."))
        return getitem(x, (*[_WHOLE] * at, found))
    if not 0 <= static_int(size, "compress") <= x.shape[at]:
        raise located(ShapeError(f"compress: the size must be in [0, {x.shape[at]}]; got {size}."))
    count = min(mask.shape[0], x.shape[at])
    (found,) = nonzero(lax.slice_in_dim(mask, 0, count), size=size, fill_value=x.shape[at])
    return x.at[(*[_WHOLE] * at, found)].get(mode="fill", fill_value=fill_value)


def extract(
    condition: ArrayLike, arr: ArrayLike, *, size: int | None = None, fill_value: ArrayLike = 0
) -> Array:
    """The elements for which ``condition`` holds, both raveled; see ``compress``.

    Args:
        condition: Array of bools, or numbers that count as such.
        arr: Array of the same size.
        size: Number of results, needed under ``jit``.
        fill_value: What fills up.

    Returns: a vector.

    Raises: ConcretizationError if the condition is traced and no ``size`` is given.
    """
    return compress(ravel(to_array(condition)), ravel(to_array(arr)), size=size, fill_value=fill_value)


def fill_diagonal(a: ArrayLike, val: ArrayLike, wrap: bool = False, *, inplace: bool = True) -> Array:
    """An array with ``val``, repeated as often as needed, on its main diagonal.

    Args:
        a: Matrix, or array of more axes of equal size.
        val: Values, raveled.
        wrap: Must be ``False``.
        inplace: Must be ``False``.

    Raises: ShapeError if the array has fewer than two axes, or more of different sizes.
    """
    _not_in_place("fill_diagonal", inplace)
    x, new = to_array(a), ravel(to_array(val))
    if wrap or x.ndim < 2 or (x.ndim > 2 and len(set(x.shape)) > 1):
        raise located(
            ShapeError(
                f"fill_diagonal: needs a matrix or axes of equal size, and wrap=False; got {x.aval}, {wrap=}."
            )
        )
    count = min(x.shape)
    along = np.arange(count)
    return x.at[(along,) * x.ndim].set(_repeated(new, count), unique_indices=True)


def insert(arr: ArrayLike, obj: Any, values: ArrayLike, axis: int | None = None) -> Array:
    """An array with ``values`` inserted before positions of an axis.

    Args:
        arr: Array; without an axis it is raveled.
        obj: Position, positions or slice in the array as it is; negative ones count from the end.
        values: What is inserted, broadcast to it.
        axis: Axis that grows.

    Raises: ShapeError, DTypeError if positions or values do not fit.
    """
    x = to_array(arr)
    if axis is None:
        x, axis = ravel(x), 0
    at = axis_of(axis, x.ndim, "insert")
    n = x.shape[at]
    index = _inserted_before(obj, n)
    new = convert(to_array(values), x.dtype)
    new = lax.reshape(new, (*(1,) * (x.ndim - new.ndim), *new.shape))
    if index.ndim == 0:
        new = moveaxis(new, 0, at)
    count = new.shape[at] if index.size == 1 else index.size
    index = broadcast_to(ravel(index), (count,))
    where = clip(positions(index, n, True), 0, n)
    where = _after_earlier(where)
    kept = lax.full((n + count,), True).at[where].set(False)
    (old,) = nonzero(kept, size=n)
    shape = (*x.shape[:at], n + count, *x.shape[at + 1 :])
    front = (_WHOLE,) * at
    result = lax.full(shape, 0, x.dtype).at[(*front, where)].set(new)
    return result.at[(*front, old)].set(x)


def _inserted_before(obj: Any, size: int) -> Array:
    index = asarray(np.arange(*obj.indices(size)) if isinstance(obj, slice) else obj)
    if index.dtype.kind not in "iu" and not index.size:
        index = convert(index, np.dtype("int32"))
    if index.dtype.kind not in "iu" or index.ndim > 1:
        raise located(
            DTypeError(f"insert: needs an integer, integers along one axis or a slice; got {index.aval}.")
        )
    return index


def _after_earlier(where: Any) -> Array:
    """Positions moved by what is inserted in front of them, or at the same place but earlier."""
    index = asarray(where)
    count = index.shape[0]
    one, other = lax.expand_dims(index, (1,)), lax.expand_dims(index, (0,))
    one, other = (broadcast_to(v, (count, count)) for v in (one, other))
    earlier = asarray(np.tri(count, k=-1, dtype=bool))
    before = lax.bitwise_or(lax.lt(other, one), lax.bitwise_and(lax.eq(other, one), earlier))
    return lax.add(index, lax.reduce_sum(lax.convert_element_type(before, index.dtype), (1,)))
