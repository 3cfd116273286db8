"""Windows of arrays, at static or traced positions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.axes import axis_of, shape_of, static_int
from axir._src.convert import ArrayLike, constant, convert, is_number, to_array
from axir._src.elementwise import scalar_like
from axir._src.messages import located
from axir._src.trace import Tracer, bind
from axir.lax.elementwise import add, lt, select
from axir.lax.shapes import expand_dims, squeeze
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS

__all__ = [
    "dynamic_index_in_dim",
    "dynamic_slice",
    "dynamic_slice_in_dim",
    "dynamic_update_index_in_dim",
    "dynamic_update_slice",
    "dynamic_update_slice_in_dim",
    "index_in_dim",
    "slice",
    "slice_in_dim",
]


def slice(
    operand: ArrayLike,
    start_indices: Sequence[int],
    limit_indices: Sequence[int],
    strides: Sequence[int] | None = None,
) -> Array:
    """Static window ``operand[start:limit:stride]`` on every axis.

    Raises: ShapeError unless ``0 <= start <= limit <= size`` and ``stride >= 1`` on each axis.
    """
    x = to_array(operand)
    step = (1,) * x.ndim if strides is None else tuple(static_int(n, "slice") for n in strides)
    start, limit = (tuple(static_int(n, "slice") for n in ends) for ends in (start_indices, limit_indices))
    return bind(OPS["slice"], x, start=start, limit=limit, stride=step)


def slice_in_dim(
    operand: ArrayLike, start_index: int | None, limit_index: int | None, stride: int = 1, axis: int = 0
) -> Array:
    """``slice`` along one axis; negative indices count from the end, ``None`` means the end.

    Args:
        operand: Array ``[..., n, ...]``.
        start_index, limit_index: First position, and the one after the last.
        stride: Distance of positions, at least 1.
        axis: The axis that is cut.

    Raises: AxisError; ShapeError if ``0 <= start <= limit <= n`` does not hold.
    """
    x = to_array(operand)
    axis = axis_of(axis, x.ndim, "slice_in_dim")
    size = x.shape[axis]
    ends = [0 if start_index is None else int(start_index), size if limit_index is None else int(limit_index)]
    ends = [n + size if n < 0 else n for n in ends]
    start, limit, step = [0] * x.ndim, list(x.shape), [1] * x.ndim
    start[axis], limit[axis], step[axis] = ends[0], ends[1], int(stride)
    return slice(x, start, limit, step)


def index_in_dim(operand: ArrayLike, index: int, axis: int = 0, keepdims: bool = True) -> Array:
    """Element ``index`` of one axis, static; the axis goes unless ``keepdims``.

    Raises: AxisError if the index is out of bounds.
    """
    x = to_array(operand)
    axis = axis_of(axis, x.ndim, "index_in_dim")
    at = axis_of(index, x.shape[axis], "index_in_dim: index along that axis")
    window = slice_in_dim(x, at, at + 1, axis=axis)
    return window if keepdims else squeeze(window, (axis,))


def _starts(x: Array, start_indices: Any, where: str, negative: bool | Sequence[bool]) -> list[Array]:
    """Start indices as integer scalars; negative ones count from the end where that is allowed."""
    if isinstance(start_indices, Array | np.ndarray):
        start_indices = [
            index_in_dim(start_indices, i, keepdims=False) for i in range(to_array(start_indices).size)
        ]
    if len(start_indices) != x.ndim:
        raise located(
            ShapeError(f"{where}: needs one start index for each axis of {x.aval}; got {len(start_indices)}.")
        )
    wrapped = (negative,) * x.ndim if isinstance(negative, bool) else negative
    return [_start(s, n, where, w) for s, n, w in zip(start_indices, x.shape, wrapped, strict=True)]


def _start(start: Any, size: int, where: str, wrapped: bool) -> Array:
    index = to_array(start)
    if index.dtype.kind not in "iu" or index.ndim:
        raise located(DTypeError(f"{where}: start indices must be integer scalars; got {index.aval}."))
    if index.dtype.kind == "u" or not wrapped:
        return index
    if index.dtype.itemsize < 4:
        # The size of the axis may not fit into the dtype.
        index = convert(index, np.dtype("int32"))
    if not isinstance(index, Tracer):
        value = int(index.to_numpy())
        return index if value >= 0 else constant(value + size, index.dtype, False)
    from_end = (
        add(index, constant(size, index.dtype, False, True)) if size <= np.iinfo(index.dtype).max else index
    )
    return select(lt(index, 0), from_end, index)


def dynamic_slice(
    operand: ArrayLike,
    start_indices: Any,
    slice_sizes: Sequence[int],
    *,
    allow_negative_indices: bool | Sequence[bool] = True,
) -> Array:
    """Window of static ``slice_sizes`` at traced ``start_indices``.

    Args:
        operand: Array of any shape.
        start_indices: One integer scalar for each axis. Negative ones count from the end; then they are clamped
            so that the window fits.
        slice_sizes: Shape of the result.
        allow_negative_indices: Whether negative indices count from the end, for all axes or for each.

    Raises: ShapeError if the window is larger than the operand.
    """
    x = to_array(operand)
    starts = _starts(x, start_indices, "dynamic_slice", allow_negative_indices)
    return bind(
        OPS["dynamic_slice"], x, *starts, weak=x.weak_type, sizes=shape_of(slice_sizes, "dynamic_slice")
    )


def dynamic_slice_in_dim(
    operand: ArrayLike,
    start_index: ArrayLike,
    slice_size: int,
    axis: int = 0,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """``dynamic_slice`` along one axis.

    Args:
        operand: Array ``[..., n, ...]``.
        start_index: Integer scalar, which may be traced; moved so that the window is inside.
        slice_size: Static size of the window, at most ``n``.
        axis: The axis that is cut.
        allow_negative_indices: Whether negative starts count from the end.

    Raises: AxisError; ShapeError for a size out of range; DTypeError if the start is no integer.
    """
    x = to_array(operand)
    axis = axis_of(axis, x.ndim, "dynamic_slice_in_dim")
    starts: list[Any] = [0] * x.ndim
    sizes = list(x.shape)
    starts[axis], sizes[axis] = start_index, slice_size
    return dynamic_slice(x, starts, sizes, allow_negative_indices=allow_negative_indices)


def dynamic_index_in_dim(
    operand: ArrayLike,
    index: ArrayLike,
    axis: int = 0,
    keepdims: bool = True,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """Element ``index`` of one axis, which may be traced; the axis goes unless ``keepdims``.

    Args:
        operand: Array ``[..., n, ...]``.
        index: Integer scalar; out of range it is moved inside.
        axis: The axis of the position.
        keepdims: Whether the axis stays, with size 1.
        allow_negative_indices: Whether negative indices count from the end.

    Raises: AxisError; DTypeError if the index is no integer.
    """
    x = to_array(operand)
    window = dynamic_slice_in_dim(x, index, 1, axis, allow_negative_indices=allow_negative_indices)
    return window if keepdims else squeeze(window, (axis_of(axis, x.ndim, "dynamic_index_in_dim"),))


def dynamic_update_slice(
    operand: ArrayLike,
    update: ArrayLike,
    start_indices: Any,
    *,
    allow_negative_indices: bool | Sequence[bool] = True,
) -> Array:
    """``operand`` with the window at ``start_indices`` replaced by ``update``; see ``dynamic_slice``.

    Raises: ShapeError, DTypeError if the update does not fit.
    """
    x = to_array(operand)
    new = scalar_like(update, x) if is_number(update) else to_array(update)
    starts = _starts(x, start_indices, "dynamic_update_slice", allow_negative_indices)
    return bind(OPS["dynamic_update_slice"], x, new, *starts, weak=x.weak_type)


def dynamic_update_slice_in_dim(
    operand: ArrayLike,
    update: ArrayLike,
    start_index: ArrayLike,
    axis: int,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """``dynamic_update_slice`` along one axis, from the start of the others.

    Args:
        operand: Array ``[..., n, ...]``.
        update: Array of the same rank and dtype, nowhere larger.
        start_index: Integer scalar, which may be traced; moved so that the window is inside.
        axis: The axis along which the window is placed.
        allow_negative_indices: Whether negative starts count from the end.

    Raises: AxisError; ShapeError, DTypeError if ``update`` does not fit.
    """
    x = to_array(operand)
    starts: list[Any] = [0] * x.ndim
    starts[axis_of(axis, x.ndim, "dynamic_update_slice_in_dim")] = start_index
    return dynamic_update_slice(x, update, starts, allow_negative_indices=allow_negative_indices)


def dynamic_update_index_in_dim(
    operand: ArrayLike,
    update: ArrayLike,
    index: ArrayLike,
    axis: int,
    *,
    allow_negative_indices: bool = True,
) -> Array:
    """``operand`` with element ``index`` of one axis replaced; ``update`` may lack that axis.

    Args:
        operand: Array ``[..., n, ...]``.
        update: Array of the same dtype, with size 1 along ``axis`` or without that axis.
        index: Integer scalar, which may be traced; out of range it is moved inside.
        axis: The axis of the position.
        allow_negative_indices: Whether negative indices count from the end.

    Raises: AxisError; ShapeError, DTypeError if ``update`` does not fit.
    """
    x, new = to_array(operand), to_array(update)
    axis = axis_of(axis, x.ndim, "dynamic_update_index_in_dim")
    if new.ndim != x.ndim:
        new = expand_dims(new, (axis,))
    return dynamic_update_slice_in_dim(x, new, index, axis, allow_negative_indices=allow_negative_indices)
