"""Creation of arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.axes import Shape, axis_of, shape_of, static_int
from axir._src.convert import (
    ArrayLike,
    asarray,
    check_device,
    convert,
    creation,
    is_number,
    shaped,
    to_array,
    typed,
)
from axir._src.elementwise import broadcast_shapes, broadcast_to, operands, promoted
from axir._src.messages import located
from axir._src.placement import PlacedArray, settled
from axir._src.promotion import BOOL, DTypeLike, canonical, common, default_float, requested
from axir._src.remember import remembered
from axir._src.trace import current_frame
from axir.numpy.arithmetic import power
from axir.numpy.elementwise import floor
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import COMPLEX, INEXACT

__all__ = [
    "arange",
    "astype",
    "copy",
    "diag_indices",
    "empty",
    "empty_like",
    "eye",
    "full",
    "full_like",
    "geomspace",
    "identity",
    "indices",
    "linspace",
    "logspace",
    "meshgrid",
    "ones",
    "ones_like",
    "tri",
    "tril",
    "tril_indices",
    "triu",
    "triu_indices",
    "zeros",
    "zeros_like",
]


@creation
def zeros(shape: Shape, dtype: DTypeLike = None, *, device: Any = None) -> Array:
    """Zeros, by default of the default float dtype.

    Raises: ShapeError, DTypeError for bad arguments.
    """
    return _filled("zeros", shape, 0, dtype)


@creation
def ones(shape: Shape, dtype: DTypeLike = None, *, device: Any = None) -> Array:
    """Ones, by default of the default float dtype.

    Raises: ShapeError, DTypeError for bad arguments.
    """
    return _filled("ones", shape, 1, dtype)


@creation
def empty(shape: Shape, dtype: DTypeLike = None, *, device: Any = None) -> Array:
    """Zeros: an immutable array has no use for undefined elements.

    Args:
        shape: Size, or sizes of each axis.
        dtype: By default the default float.
        device: Where it is to be; by default where others are made.

    Raises: ShapeError for negative sizes, DTypeError for an unknown dtype.
    """
    return _filled("empty", shape, 0, dtype)


def _filled(where: str, shape: Shape, value: int, dtype: DTypeLike) -> Array:
    wanted = default_float() if dtype is None else requested(dtype, where)
    return lax.full(shape_of(shape, where), value, wanted)


@creation
def full(shape: Shape, fill_value: Any, dtype: DTypeLike = None, *, device: Any = None) -> Array:
    """An array filled with a value that broadcasts to ``shape``.

    Args:
        shape: Size, or sizes of each axis.
        fill_value: Scalar or array.
        dtype: By default that of ``fill_value``.
        device: Where it is to be; by default where others are made.

    Raises: ShapeError if the value does not broadcast, DTypeError for an unknown dtype.
    """
    sizes = shape_of(shape, "full")
    if is_number(fill_value):
        return lax.full(sizes, fill_value, dtype)
    value = asarray(fill_value, dtype)
    broadcast_shapes(value.shape, sizes, where="full")
    return broadcast_to(value, sizes)


def _like(where: str, x: ArrayLike, value: Any, dtype: DTypeLike, shape: Shape | None) -> Array:
    array = shaped(x)
    if dtype is None and array.weak_type and is_number(value):
        found = lax.full_like(array, value, shape=shape)
    else:
        wanted = array.dtype if dtype is None else requested(dtype, where)
        found = full(array.shape if shape is None else shape, value, wanted)
    stays = isinstance(array, PlacedArray) and array.committed and shape is None
    return settled(found, array.device) if stays else found


@creation
def zeros_like(
    a: ArrayLike, dtype: DTypeLike = None, shape: Shape | None = None, *, device: Any = None
) -> Array:
    """Zeros of the shape and dtype of ``a`` where none is given.

    Args:
        a: Array, or anything with a shape and a dtype.
        dtype: Dtype instead.
        shape: Shape instead.
        device: Where it is to be; by default where others are made.

    Raises: ShapeError for negative sizes, DTypeError for an unknown dtype.
    """
    return _like("zeros_like", a, 0, dtype, shape)


@creation
def ones_like(
    a: ArrayLike, dtype: DTypeLike = None, shape: Shape | None = None, *, device: Any = None
) -> Array:
    """Ones of the shape and dtype of ``a`` where none is given.

    Args:
        a: Array, or anything with a shape and a dtype.
        dtype: Dtype instead.
        shape: Shape instead.
        device: Where it is to be; by default where others are made.

    Raises: ShapeError for negative sizes, DTypeError for an unknown dtype.
    """
    return _like("ones_like", a, 1, dtype, shape)


@creation
def empty_like(
    prototype: ArrayLike, dtype: DTypeLike = None, shape: Shape | None = None, *, device: Any = None
) -> Array:
    """Zeros of the shape and dtype of ``prototype`` where none is given.

    Args:
        prototype: Array, or anything with a shape and a dtype.
        dtype: Dtype instead.
        shape: Shape instead.
        device: Where it is to be; by default where others are made.

    Raises: ShapeError for negative sizes, DTypeError for an unknown dtype.
    """
    return _like("empty_like", prototype, 0, dtype, shape)


@creation
def full_like(
    a: ArrayLike, fill_value: Any, dtype: DTypeLike = None, shape: Shape | None = None, *, device: Any = None
) -> Array:
    """An array filled with a value, of the shape and dtype of ``a`` where none is given.

    Args:
        a: Array, or anything with a shape and a dtype.
        fill_value: Scalar or array that broadcasts to the shape.
        dtype: Dtype instead.
        shape: Shape instead.
        device: Where it is to be; by default where others are made.

    Raises: ShapeError if the value does not broadcast, DTypeError for an unknown dtype.
    """
    return _like("full_like", a, fill_value, dtype, shape)


def copy(a: Any, order: str | None = None) -> Array:
    """``a`` as an array; arrays are immutable, so one is its own copy. The layout ``order`` is not observable."""
    return asarray(a, order=order)


def astype(x: ArrayLike, dtype: DTypeLike = None, /, *, copy: bool = False, device: Any = None) -> Array:
    """``x`` in another dtype; floats round toward zero on the way to integers, and saturate.

    Args:
        x: Array of any shape.
        dtype: By default the default float.
        copy: Has no effect: arrays are immutable.
        device: Where it is to be; by default where others are made.

    Raises: DTypeError for an unknown dtype; complex numbers lose their imaginary parts with a warning.
    """
    check_device("astype", device)
    found = convert(to_array(x), default_float() if dtype is None else requested(dtype, "astype"))
    return found if device is None else settled(found, device)


@creation
def arange(
    start: Any, stop: Any = None, step: Any = None, dtype: DTypeLike = None, *, device: Any = None
) -> Array:
    """``start, start + step, ...`` up to ``stop``, which is not included; ``arange(n)`` counts from 0.

    Args:
        start, stop, step: Static numbers; ``step`` is not 0.
        dtype: By default that in which the numbers meet.

    Raises: ConcretizationError if a number is traced: the shape would depend on it.
    """
    given = [x for x in (start, stop, step) if x is not None]
    wanted = common([typed(x) for x in operands(given)])[0] if dtype is None else requested(dtype, "arange")
    numbers: list[Any] = [
        x if is_number(x) else to_array(x).to_numpy("a bound of arange").item() for x in given
    ]
    if any(isinstance(x, complex) for x in numbers):
        raise located(DTypeError(f"arange: bounds must be real; got {tuple(numbers)}. Multiply the result."))
    if stop is None:
        numbers.insert(0, 0)
    by = numbers[2] if len(numbers) > 2 else 1
    if by == 0:
        raise located(ShapeError("arange: step must not be 0."))
    size = max(math.ceil((numbers[1] - numbers[0]) / by), 0)
    return _progression(numbers[0], by, size, canonical(wanted))


def _progression(start: Any, step: Any, size: int, dtype: np.dtype) -> Array:
    frame = current_frame()
    if frame is None or not frame.staged:
        work = dtype if dtype.kind in "iuf" and dtype.itemsize >= 4 else np.dtype("float64")
        first = np.asarray(start, np.dtype("float64") if isinstance(start, float) else np.dtype("int64"))
        values = (first + np.arange(size) * step).astype(work)
        return convert(ConcreteArray(values), dtype)
    if dtype == BOOL:
        return convert(_progression(start, step, size, np.dtype("int32")), BOOL)
    count = lax.iota(dtype, size)
    scalars = [lax.full((), v, dtype) for v in (step, start)]
    return count * scalars[0] + scalars[1] if (start, step) != (0, 1) else count


@creation
@remembered
def linspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike = None,
    axis: int = 0,
    *,
    device: Any = None,
) -> Any:
    """``num`` evenly spaced values from ``start`` to ``stop``.

    Args:
        start, stop: Arrays, which may be traced; the values run along a new axis.
        num: Static count.
        endpoint: Whether ``stop`` is the last value.
        retstep: Whether to give the distance too.
        dtype: By default the float dtype of the bounds; integers are rounded down.
        axis: The new axis.
        device: One of ``axir.devices()``, as for all functions that create arrays.

    Raises: ShapeError if ``num`` is negative.
    """
    count = static_int(num, "linspace")
    if count < 0:
        raise located(ShapeError(f"linspace: num must not be negative; got {count}."))
    (first, last), _ = promoted(start, stop, to_float=True)
    shape = broadcast_shapes(first.shape, last.shape, where="linspace")
    first, last = (broadcast_to(convert(v, v.dtype), shape) for v in (first, last))
    intervals = count - 1 if endpoint else count
    values = _interpolated(first, last, count, intervals, endpoint)
    at = axis_of(axis, len(shape) + 1, "linspace")
    if at:
        order = list(range(1, len(shape) + 1))
        order.insert(at, 0)
        values = lax.transpose(values, order)
    if dtype is not None:
        wanted = requested(dtype, "linspace")
        values = convert(values if wanted in INEXACT else floor(values), wanted)
    if not retstep:
        return values
    distance = (last - first) / intervals if intervals > 0 else lax.full(shape, math.nan, first.dtype)
    return values, distance


def _interpolated(first: Array, last: Array, count: int, intervals: int, endpoint: bool) -> Array:
    """Values along axis 0; each bound is exact where it is reached."""
    shape = first.shape
    inner = count - 1 if endpoint and count > 1 else count
    column = (inner, *(1,) * len(shape))
    dtype = first.dtype if first.dtype.itemsize > 2 else np.dtype("float32")
    part = lax.reshape(lax.iota(dtype, inner), column) / max(intervals, 1)
    values = convert(convert(first, dtype) * (1 - part) + convert(last, dtype) * part, first.dtype)
    values = broadcast_to(values, (inner, *shape))
    return values if inner == count else lax.concatenate((values, lax.expand_dims(last, (0,))), 0)


@remembered
def logspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    base: ArrayLike = 10.0,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Array:
    """``base`` to the power of ``linspace(start, stop, ...)``.

    Args:
        start, stop: Exponents of the first value and of the last; arrays broadcast.
        num: Number of values.
        endpoint: Whether ``stop`` is the last exponent, or the one behind.
        base: The base.
        dtype: By default the common float dtype.
        axis: Where the axis of the values comes.

    Raises: ShapeError for a negative ``num``, AxisError.
    """
    values = power(base, linspace(start, stop, num, endpoint, axis=axis))
    return values if dtype is None else astype(values, dtype)


@remembered
def geomspace(
    start: ArrayLike,
    stop: ArrayLike,
    num: int = 50,
    endpoint: bool = True,
    dtype: DTypeLike = None,
    axis: int = 0,
) -> Array:
    """``num`` values from ``start`` to ``stop`` with a constant ratio; real ones have the same sign.

    Args:
        start, stop: First value and last, not 0; arrays broadcast.
        num: Number of values.
        endpoint: Whether ``stop`` is the last value, or the one behind.
        dtype: By default the common float dtype.
        axis: Where the axis of the values comes.

    Raises: ShapeError for a negative ``num``, AxisError.
    """
    (first, last), _ = promoted(start, stop, to_float=True)
    if first.dtype in COMPLEX:
        return _geometric(first, last, num, endpoint, dtype, axis)
    sign = lax.sign(first)
    bounds = [lax.div(lax.log(lax.abs(v)), math.log(10)) for v in (first, last)]
    values = logspace(bounds[0], bounds[1], num, endpoint, axis=axis)
    at = axis_of(axis, values.ndim, "geomspace")
    values = values * lax.expand_dims(broadcast_to(sign, broadcast_shapes(first.shape, last.shape)), (at,))
    return values if dtype is None else astype(values, dtype)


def _geometric(first: Array, last: Array, num: int, endpoint: bool, dtype: DTypeLike, axis: int) -> Array:
    """A geometric progression of complex numbers, on a logarithmic spiral."""
    first, last = (broadcast_to(v, broadcast_shapes(first.shape, last.shape)) for v in (first, last))
    exponents = linspace(lax.full_like(first, 0.0), lax.log(lax.div(last, first)), num, endpoint, axis=axis)
    at = axis_of(axis, exponents.ndim, "geomspace")
    values = lax.exp(exponents) * lax.expand_dims(first, (at,))
    return values if dtype is None else astype(values, dtype)


@creation
@remembered
def eye(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = None, *, device: Any = None) -> Array:
    """Matrix ``[N, M]`` with ones on diagonal ``k`` (positive: above the main one), zeros elsewhere.

    Args:
        N, M: Numbers of rows and columns; by default as many columns as rows.
        k: Number of the diagonal.
        dtype: By default the default float.
        device: Where it is to be; by default where others are made.

    Raises: ShapeError for negative sizes.
    """
    rows, columns = shape_of((N, N if M is None else M), "eye")
    at = _diagonal_number(k, rows, columns, "eye")
    return convert(_difference(rows, columns) == -at, _or_float(dtype, "eye"))


def identity(n: int, dtype: DTypeLike = None) -> Array:
    """Identity matrix ``[n, n]``."""
    return eye(n, dtype=dtype)


@remembered
def tri(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = None) -> Array:
    """Matrix ``[N, M]`` with ones on and below diagonal ``k``, zeros above.

    Args:
        N, M: Numbers of rows and columns; by default as many columns as rows.
        k: Number of the diagonal; positive ones lie above the main one.
        dtype: By default the default float.

    Raises: ShapeError for negative sizes.
    """
    rows, columns = shape_of((N, N if M is None else M), "tri")
    at = _diagonal_number(k, rows, columns, "tri")
    return convert(_difference(rows, columns) >= -at, _or_float(dtype, "tri"))


def _diagonal_number(k: int, rows: int, columns: int, where: str) -> int:
    """The number of a diagonal; those outside the matrix, which may not fit into int32, are all the same."""
    return min(max(static_int(k, where), -rows), columns)


def _or_float(dtype: DTypeLike, where: str) -> np.dtype:
    return default_float() if dtype is None else requested(dtype, where)


def _difference(rows: int, columns: int) -> Array:
    """Row number minus column number, ``i32[rows, columns]``."""
    return lax.broadcasted_iota("int32", (rows, columns), 0) - lax.broadcasted_iota(
        "int32", (rows, columns), 1
    )


@remembered
def tril(m: ArrayLike, k: int = 0) -> Array:
    """The last two axes with zeros above diagonal ``k``.

    Raises: ShapeError for arrays of less than 2 axes.
    """
    return _triangle("tril", m, k, lower=True)


@remembered
def triu(m: ArrayLike, k: int = 0) -> Array:
    """The last two axes with zeros below diagonal ``k``.

    Raises: ShapeError for arrays of less than 2 axes.
    """
    return _triangle("triu", m, k, lower=False)


def _triangle(where: str, m: ArrayLike, k: int, *, lower: bool) -> Array:
    x = to_array(m)
    if x.ndim < 2:
        raise located(ShapeError(f"{where}: needs at least 2 axes; got {x.aval}."))
    rows, columns = x.shape[-2:]
    difference, at = _difference(rows, columns), _diagonal_number(k, rows, columns, where)
    kept = difference >= -at if lower else difference <= -at
    return lax.select(broadcast_to(kept, x.shape), x, lax.full(x.shape, 0, x.dtype))


def tril_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, Array]:
    """Row and column numbers of the elements on and below a diagonal, in the order of rows.

    Args:
        n: Static number of rows.
        k: Number of the diagonal, positive above the main one.
        m: Static number of columns, by default ``n``.
    """
    rows, columns = np.tril_indices(n, k, m)
    return to_array(rows), to_array(columns)


def triu_indices(n: int, k: int = 0, m: int | None = None) -> tuple[Array, Array]:
    """Row and column numbers of the elements on and above a diagonal, in the order of rows.

    Args:
        n: Static number of rows.
        k: Number of the diagonal, positive above the main one.
        m: Static number of columns, by default ``n``.
    """
    rows, columns = np.triu_indices(n, k, m)
    return to_array(rows), to_array(columns)


def diag_indices(n: int, ndim: int = 2) -> tuple[Array, ...]:
    """Index arrays of the main diagonal of an array with ``ndim`` axes of size ``n``."""
    return (lax.iota(int, n),) * ndim


def indices(dimensions: Sequence[int], dtype: DTypeLike = None, sparse: bool = False) -> Any:
    """Arrays that hold, at each position, its index along each axis of ``dimensions``.

    Returns: One array ``[len(dimensions), *dimensions]``, or a tuple of arrays that broadcast if ``sparse``.
    """
    shape = shape_of(dimensions, "indices")
    wanted = int if dtype is None else dtype
    counts = [lax.iota(wanted, n) for n in shape]
    grids = meshgrid(*counts, indexing="ij", sparse=sparse)
    if sparse:
        return tuple(grids)
    return lax.concatenate([lax.expand_dims(g, (0,)) for g in grids], 0) if grids else zeros((0,), wanted)


@remembered
def meshgrid(*xi: ArrayLike, copy: bool = True, sparse: bool = False, indexing: str = "xy") -> list[Array]:
    """Coordinate arrays of a grid whose axes have the coordinates ``xi``.

    Args:
        xi: Arrays of one axis, or scalars.
        copy: Has no effect.
        sparse: Whether to leave axes at size 1 that a coordinate does not vary along.
        indexing: ``"xy"`` exchanges the first two axes, ``"ij"`` keeps the order.

    Raises: ShapeError for arrays of more axes or another ``indexing``.
    """
    arrays = [to_array(x) for x in xi]
    if any(x.ndim > 1 for x in arrays) or indexing not in ("xy", "ij"):
        raise located(ShapeError("meshgrid: needs arrays of one axis, and indexing 'xy' or 'ij'."))
    order = list(range(len(arrays)))
    if indexing == "xy" and len(arrays) > 1:
        order[:2] = 1, 0
    sizes = [1] * len(arrays)
    for x, at in zip(arrays, order, strict=True):
        sizes[at] = x.size
    return [_along(x, at, sizes, sparse) for x, at in zip(arrays, order, strict=True)]


def _along(x: Array, axis: int, sizes: Sequence[int], sparse: bool) -> Array:
    column = [1] * len(sizes)
    column[axis] = x.size
    result = lax.reshape(x, column)
    return result if sparse else broadcast_to(result, tuple(sizes))
