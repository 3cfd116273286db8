"""Creation of arrays and operations that move elements without computing on them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.axes import axes_of, axis_of, items_of, shape_of, static_int
from axir._src.convert import ArrayLike, constant, convert, is_number, shaped, to_array
from axir._src.elementwise import broadcast_shapes as _common_shape
from axir._src.elementwise import broadcast_to, scalar_like
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_int, requested
from axir._src.trace import bind
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import INTEGER

__all__ = [
    "broadcast",
    "broadcast_in_dim",
    "broadcast_like",
    "broadcast_shapes",
    "broadcast_to_rank",
    "broadcasted_iota",
    "collapse",
    "concatenate",
    "dtype",
    "empty",
    "expand_dims",
    "full",
    "full_like",
    "iota",
    "pad",
    "reshape",
    "rev",
    "shape_as_value",
    "split",
    "squeeze",
    "stack",
    "tile",
    "transpose",
    "unstack",
]


def full(shape: Any, fill_value: ArrayLike, dtype: DTypeLike = None) -> Array:
    """An array of ``shape`` filled with a scalar, in its dtype or ``dtype``.

    Raises: ShapeError if the shape is none or the value no scalar.
    """
    sizes = shape_of(shape, "full")
    if is_number(fill_value) and dtype is not None:
        scalar = constant(*_number_for(fill_value, requested(dtype, "full")), False)
    else:
        scalar = to_array(fill_value)
        scalar = scalar if dtype is None else convert(scalar, requested(dtype, "full"))
    if scalar.ndim:
        raise located(ShapeError(f"full: the fill value must be a scalar; got shape {scalar.shape}."))
    return broadcast_to(scalar, sizes)


def _number_for(value: bool | int | float | complex, dtype: np.dtype) -> tuple[Any, np.dtype]:
    """A number to fill with: floats are converted to integer dtypes, while integers must fit into them."""
    if isinstance(value, float) and dtype in INTEGER:
        value = OPS["convert"].numpy(np.asarray(value), dtype=dtype).item()
    return value, dtype


def full_like(x: ArrayLike, fill_value: ArrayLike, dtype: DTypeLike = None, shape: Any = None) -> Array:
    """An array filled with one value, of the shape and dtype of ``x`` where none is given.

    Args:
        x: Array, or anything with a shape and a dtype.
        fill_value: A scalar.
        dtype: Dtype instead of that of ``x``.
        shape: Shape instead of that of ``x``.

    Raises: ShapeError for negative sizes or a value that is no scalar.
    """
    like = shaped(x)
    sizes = like.shape if shape is None else shape
    if dtype is not None or not like.weak_type:
        return full(sizes, fill_value, like.dtype if dtype is None else dtype)
    value = scalar_like(fill_value, like) if is_number(fill_value) else to_array(fill_value)
    return full(sizes, convert(value, like.dtype, True))


def iota(dtype: DTypeLike, size: int) -> Array:
    """``0, 1, ..., size - 1`` of an integer, float or complex dtype."""
    return broadcasted_iota(dtype, (size,), 0)


def broadcasted_iota(dtype: DTypeLike, shape: Sequence[int], dimension: int) -> Array:
    """``0, 1, 2, ...`` along one axis of ``shape``, repeated along the others.

    Args:
        dtype: A numeric dtype.
        shape: Shape of the result.
        dimension: The axis along which it counts.

    Raises: AxisError; ShapeError for negative sizes; DTypeError for bools.
    """
    sizes = shape_of(shape, "broadcasted_iota")
    axis = axis_of(dimension, len(sizes), "broadcasted_iota")
    return bind(OPS["iota"], weak=False, shape=sizes, dimension=axis, dtype=requested(dtype, "iota"))


def broadcast_in_dim(operand: ArrayLike, shape: Sequence[int], broadcast_dimensions: Sequence[int]) -> Array:
    """Operand axis ``i`` becomes axis ``broadcast_dimensions[i]`` of ``shape``; size-1 axes are repeated.

    Raises: ShapeError if it does not fit.
    """
    sizes = shape_of(shape, "broadcast_in_dim")
    return bind(
        OPS["broadcast_in_dim"],
        to_array(operand),
        shape=sizes,
        dimensions=tuple(map(int, broadcast_dimensions)),
    )


def broadcast(operand: ArrayLike, sizes: Sequence[int]) -> Array:
    """``operand`` repeated along new leading axes of the given sizes."""
    x = to_array(operand)
    leading = shape_of(sizes, "broadcast")
    axes = tuple(range(len(leading), len(leading) + x.ndim))
    return bind(OPS["broadcast_in_dim"], x, shape=(*leading, *x.shape), dimensions=axes)


def reshape(operand: ArrayLike, new_sizes: Any, dimensions: Sequence[int] | None = None) -> Array:
    """The same elements in row-major order under another shape; one size may be -1.

    Args:
        operand: Array of any shape.
        new_sizes: Shape of the result.
        dimensions: Order in which the operand's axes are read; by default as they are.

    Raises: ShapeError if the number of elements differs.
    """
    x = to_array(operand)
    if dimensions is not None:
        x = transpose(x, dimensions)
    sizes = [static_int(n, "reshape") for n in items_of(new_sizes)]
    if sizes.count(-1) == 1:
        rest = math.prod(n for n in sizes if n != -1)
        if rest == 0 or x.size % rest:
            raise located(ShapeError(f"reshape: cannot reshape {x.aval} into {tuple(sizes)}."))
        sizes[sizes.index(-1)] = x.size // rest
    shape = tuple(sizes)
    return x if shape == x.shape else bind(OPS["reshape"], x, shape=shape)


def transpose(operand: ArrayLike, permutation: Sequence[int]) -> Array:
    """Axis ``i`` of the result is axis ``permutation[i]`` of the operand.

    Raises: ShapeError if it is no permutation of the axes.
    """
    x = to_array(operand)
    order = tuple(static_int(p, "transpose") for p in permutation)
    return x if order == tuple(range(x.ndim)) else bind(OPS["transpose"], x, permutation=order)


def rev(operand: ArrayLike, dimensions: Sequence[int]) -> Array:
    """Elements in opposite order along ``dimensions``."""
    x = to_array(operand)
    axes = axes_of(dimensions, x.ndim, "rev")
    return bind(OPS["reverse"], x, dimensions=axes) if axes else x


def concatenate(operands: Sequence[ArrayLike], dimension: int) -> Array:
    """Arrays of one dtype joined along an axis.

    Raises: ShapeError, DTypeError if they do not fit together.
    """
    arrays = [to_array(x) for x in operands]
    if not arrays:
        raise located(ShapeError("concatenate: needs at least one array."))
    axis = axis_of(dimension, arrays[0].ndim, "concatenate")
    return arrays[0] if len(arrays) == 1 else bind(OPS["concatenate"], *arrays, dimension=axis)


def pad(
    operand: ArrayLike, padding_value: ArrayLike, padding_config: Sequence[tuple[int, int, int]]
) -> Array:
    """``operand`` with elements added or cut off.

    Args:
        operand: Array of any shape.
        padding_value: Scalar of the same dtype.
        padding_config: For each axis the number of elements added before the first, after the last and
            between neighbours; negative numbers for the first two cut elements off.

    Raises: ShapeError if the configuration does not fit the operand.
    """
    x = to_array(operand)
    value = scalar_like(padding_value, x) if is_number(padding_value) else to_array(padding_value)
    triples = [tuple(static_int(n, "pad") for n in entry) for entry in padding_config]
    if len(triples) != x.ndim or any(len(t) != 3 for t in triples):
        raise located(
            ShapeError(f"pad: needs (low, high, interior) for each axis of {x.aval}; got {padding_config}.")
        )
    low, high, interior = (tuple(t[i] for t in triples) for i in range(3))
    return bind(OPS["pad"], x, value, weak=x.weak_type, low=low, high=high, interior=interior)


def squeeze(array: ArrayLike, dimensions: Sequence[int]) -> Array:
    """``array`` without the axes ``dimensions``, which must have size 1.

    Raises: ShapeError if one has another size.
    """
    x = to_array(array)
    axes = axes_of(dimensions, x.ndim, "squeeze")
    wrong = [a for a in axes if x.shape[a] != 1]
    if wrong:
        raise located(
            ShapeError(f"squeeze: only axes of size 1 can go; got {x.aval} and axes {tuple(wrong)}.")
        )
    return reshape(x, tuple(n for a, n in enumerate(x.shape) if a not in axes))


def expand_dims(array: ArrayLike, dimensions: Sequence[int]) -> Array:
    """``array`` with axes of size 1 inserted, at ``dimensions`` of the result."""
    x = to_array(array)
    axes = axes_of(dimensions, x.ndim + len(tuple(dimensions)), "expand_dims")
    shape = list(x.shape)
    for axis in axes:
        shape.insert(axis, 1)
    return reshape(x, shape)


def collapse(operand: ArrayLike, start_dimension: int, stop_dimension: int | None = None) -> Array:
    """Axes ``start_dimension`` to ``stop_dimension`` (exclusive) as one.

    Args:
        operand: Array of any rank.
        start_dimension, stop_dimension: Positions of axes, negative ones from the end; by default all to the
            last. Out of range they are moved inside, as those of a Python slice.
    """
    x = to_array(operand)
    start, stop, _ = np.s_[start_dimension:stop_dimension].indices(x.ndim)
    return reshape(x, (*x.shape[:start], math.prod(x.shape[start:stop]), *x.shape[stop:]))


def split(operand: ArrayLike, sizes: Sequence[int], axis: int = 0) -> list[Array]:
    """Parts of an array along an axis, one after the other.

    Args:
        operand: Array with at least one axis.
        sizes: Sizes of the parts; their sum is that of the axis.
        axis: Axis to cut.

    Raises: ShapeError if the sizes do not add up; AxisError.
    """
    x = to_array(operand)
    at = axis_of(axis, x.ndim, "split")
    counts = shape_of(sizes, "split")
    if sum(counts) != x.shape[at]:
        raise located(
            ShapeError(f"split: the sizes must add up to {x.shape[at]}, that of axis {at}; got {counts}.")
        )
    ends = [sum(counts[: k + 1]) for k in range(len(counts))]
    return [_window(x, at, end - n, end) for n, end in zip(counts, ends, strict=True)]


def _window(x: Array, axis: int, start: int, limit: int) -> Array:
    first = tuple(start if d == axis else 0 for d in range(x.ndim))
    last = tuple(limit if d == axis else n for d, n in enumerate(x.shape))
    return bind(OPS["slice"], x, start=first, limit=last, stride=(1,) * x.ndim)


def stack(operands: Sequence[ArrayLike], axis: int = 0) -> Array:
    """Arrays of one shape and dtype joined along a new axis.

    Raises: ShapeError, DTypeError if they do not fit together, or there is none; AxisError.
    """
    arrays = [to_array(x) for x in operands]
    if not arrays:
        raise located(ShapeError("stack: needs at least one array."))
    if len({x.shape for x in arrays}) > 1:
        given = ", ".join(str(x.aval) for x in arrays)
        raise located(ShapeError(f"stack: arrays must have one shape; got {given}."))
    at = axis_of(axis, arrays[0].ndim + 1, "stack")
    return concatenate([expand_dims(x, (at,)) for x in arrays], at)


def unstack(x: ArrayLike, axis: int = 0) -> tuple[Array, ...]:
    """The items of an array along an axis, which disappears.

    Raises: AxisError.
    """
    array = to_array(x)
    at = axis_of(axis, array.ndim, "unstack")
    return tuple(squeeze(_window(array, at, i, i + 1), (at,)) for i in range(array.shape[at]))


def tile(operand: ArrayLike, reps: Sequence[int]) -> Array:
    """An array repeated along each of its axes.

    Args:
        operand: Array of any shape.
        reps: How often, for each axis.

    Raises: ShapeError if there is not one number for each axis, or one is negative.
    """
    x, counts = to_array(operand), shape_of(reps, "tile")
    if len(counts) != x.ndim:
        raise located(ShapeError(f"tile: needs a number for each axis of {x.aval}; got reps={counts}."))
    pairs = tuple(n for pair in zip(counts, x.shape, strict=True) for n in pair)
    spread = bind(OPS["broadcast_in_dim"], x, shape=pairs, dimensions=tuple(range(1, 2 * x.ndim, 2)))
    return reshape(spread, [n * m for n, m in zip(counts, x.shape, strict=True)])


def broadcast_shapes(*shapes: Sequence[int]) -> tuple[int, ...]:
    """The shape that arrays of these shapes broadcast to, as in NumPy.

    Raises: ShapeError if they do not.
    """
    return _common_shape(*(shape_of(s, "broadcast_shapes") for s in shapes))


def broadcast_to_rank(x: ArrayLike, rank: int) -> Array:
    """``x`` with leading axes of size 1, so that it has ``rank`` axes; unchanged if it has as many."""
    array = to_array(x)
    missing = static_int(rank, "broadcast_to_rank") - array.ndim
    return reshape(array, ((1,) * missing + array.shape)) if missing > 0 else array


def broadcast_like(arr: ArrayLike, like_arr: ArrayLike) -> Array:
    """``arr`` repeated to the shape of another array, to which it must broadcast.

    Raises: ShapeError if it does not.
    """
    x, shape = to_array(arr), to_array(like_arr).shape
    if _common_shape(x.shape, shape) != shape:
        raise located(ShapeError(f"broadcast_like: {x.aval} does not broadcast to shape {shape}."))
    return broadcast_to(x, shape)


def empty(shape: Any, dtype: DTypeLike, *, out_sharding: None = None) -> Array:
    """An array of which nothing is promised but shape and dtype; it holds zeros.

    Args:
        shape: Shape of the result.
        dtype: Its dtype.
        out_sharding: Must be None.

    Raises: ShapeError for negative sizes.
    """
    if out_sharding is not None:
        raise located(ShapeError(f"empty: out_sharding must be None; got {out_sharding!r}."))
    return full(shape, 0, dtype)


def shape_as_value(shape: Sequence[int]) -> Array:
    """A shape as a vector of integers."""
    return to_array(np.array(shape_of(shape, "shape_as_value"), default_int()))


def dtype(x: Any) -> np.dtype:
    """The dtype of an array, a number, or what stands for a dtype."""
    if isinstance(x, str | type | np.dtype):
        return requested(x, "dtype")
    return to_array(x).dtype
