"""Windows at positions that arrays of indices give: ``gather`` reads them, the ``scatter`` functions write them."""

from __future__ import annotations

import enum
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir._src.array import Array, ConcreteArray
from axir._src.axes import axes_of, shape_of
from axir._src.convert import ArrayLike, convert, is_number, to_array
from axir._src.elementwise import scalar_like
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax.control_flow import while_loop
from axir.lax.elementwise import add, gt, lt, neg, rem, select
from axir.lax.reductions import reduce_max
from axir.lax.shapes import concatenate, expand_dims, full
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.dimension_numbers import Numbers
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import FLOATING, SIGNED

__all__ = [
    "GatherDimensionNumbers",
    "GatherScatterMode",
    "ScatterDimensionNumbers",
    "gather",
    "index_take",
    "scatter",
    "scatter_add",
    "scatter_apply",
    "scatter_max",
    "scatter_min",
    "scatter_mul",
    "scatter_sub",
]

Axes = Sequence[int]


class GatherDimensionNumbers(NamedTuple):
    """Which axes of a gather are what; see ``gather``.

    Attributes:
        offset_dims: Axes of the result that run through a window, ascending.
        collapsed_slice_dims: Axes of the operand of which windows hold one element and which the result lacks.
        start_index_map: For each component of an index vector the axis of the operand that it belongs to.
        operand_batching_dims: Axes of the operand along which item ``i`` belongs to item ``i`` of the indices.
        start_indices_batching_dims: The axes of the indices that those belong to, in the same order.
    """

    offset_dims: Axes
    collapsed_slice_dims: Axes
    start_index_map: Axes
    operand_batching_dims: Axes = ()
    start_indices_batching_dims: Axes = ()


class ScatterDimensionNumbers(NamedTuple):
    """Which axes of a scatter are what: the numbers of the gather that reads where the scatter writes.

    Attributes:
        update_window_dims: Axes of the updates that run through a window, ascending.
        inserted_window_dims: Axes of the operand of which windows hold one element and which the updates lack.
        scatter_dims_to_operand_dims: For each component of an index vector the axis of the operand it belongs to.
        operand_batching_dims: Axes of the operand along which item ``i`` belongs to item ``i`` of the indices.
        scatter_indices_batching_dims: The axes of the indices that those belong to, in the same order.
    """

    update_window_dims: Axes
    inserted_window_dims: Axes
    scatter_dims_to_operand_dims: Axes
    operand_batching_dims: Axes = ()
    scatter_indices_batching_dims: Axes = ()


class GatherScatterMode(enum.Enum):
    """What becomes of windows that are not inside the operand.

    - ``CLIP``: they are moved until they fit.
    - ``FILL_OR_DROP``: a gather fills them with a value, a scatter leaves them out, as a whole.
    - ``PROMISE_IN_BOUNDS``: there are none. If there are, gathers clip and scatters drop.
    - ``ONE_HOT``: the same, with a hint on how to compute it, which has no effect.
    """

    CLIP = enum.auto()
    FILL_OR_DROP = enum.auto()
    PROMISE_IN_BOUNDS = enum.auto()
    ONE_HOT = enum.auto()

    @staticmethod
    def from_any(s: str | GatherScatterMode | None) -> GatherScatterMode:
        """The mode of a name: ``clip``, ``fill``, ``drop`` or ``promise_in_bounds``; ``None`` means ``fill``.

        Raises: ValueError if there is no such mode.
        """
        if isinstance(s, GatherScatterMode):
            return s
        found = _MODES.get(s)
        if found is None:
            names = ", ".join(repr(name) for name in _MODES if name)
            raise located(ShapeError(f"mode: there is no mode {s!r} for indices. Use one of {names}."))
        return found


_MODES = {
    None: GatherScatterMode.FILL_OR_DROP,
    "fill": GatherScatterMode.FILL_OR_DROP,
    "drop": GatherScatterMode.FILL_OR_DROP,
    "clip": GatherScatterMode.CLIP,
    "promise_in_bounds": GatherScatterMode.PROMISE_IN_BOUNDS,
    "one_hot": GatherScatterMode.ONE_HOT,
}
Mode = str | GatherScatterMode | None


def _numbers(dimension_numbers: Sequence[Axes]) -> dict[str, tuple[int, ...]]:
    axes = (tuple(int(a) for a in group) for group in dimension_numbers)
    return Numbers(*axes)._asdict()


def _default_fill(dtype: np.dtype) -> Any:
    """What marks an element that does not exist: NaN, the lowest signed, the highest unsigned integer, true."""
    if dtype in FLOATING or dtype.kind == "c":
        return np.nan
    if dtype.kind == "b":
        return True
    info = np.iinfo(dtype)
    return info.min if dtype in SIGNED else info.max


def _fill(value: ArrayLike | None, dtype: np.dtype) -> ScalarValue:
    if value is None:
        return ScalarValue(_default_fill(dtype), dtype)
    given = to_array(value)
    if given.ndim:
        raise located(ShapeError(f"gather: the fill value must be a scalar; got shape {given.shape}."))
    return ScalarValue(OPS["convert"].numpy(given.to_numpy("a fill value"), dtype=dtype), dtype)


def gather(
    operand: ArrayLike,
    start_indices: ArrayLike,
    dimension_numbers: GatherDimensionNumbers,
    slice_sizes: Sequence[int],
    *,
    unique_indices: bool = False,
    indices_are_sorted: bool = False,
    mode: Mode = None,
    fill_value: ArrayLike | None = None,
) -> Array:
    """One window of ``operand`` for each index vector; the general form of indexing.

    Args:
        operand: Array that is read.
        start_indices: Integers ``[..., k]``: along the last axis the start of a window on ``k`` axes.
        dimension_numbers: Which axis is what.
        slice_sizes: Size of a window on each axis of the operand.
        unique_indices: Promise that windows do not overlap; changes nothing.
        indices_are_sorted: Promise that the indices ascend; changes nothing.
        mode: What becomes of windows that are not inside; by default a promise that all are.
        fill_value: What windows hold that are not inside, in mode ``fill``; by default NaN, the lowest signed
            integer, the highest unsigned one, or true.

    Returns: Array with an axis for each batch axis of the indices and each kept axis of the windows.
    Raises: ShapeError, DTypeError if the arguments do not fit together.
    """
    x, indices = to_array(operand), to_array(start_indices)
    chosen = GatherScatterMode.PROMISE_IN_BOUNDS if mode is None else GatherScatterMode.from_any(mode)
    filled = chosen is GatherScatterMode.FILL_OR_DROP
    return bind(
        OPS["gather"],
        x,
        indices,
        weak=x.weak_type,
        slice_sizes=shape_of(slice_sizes, "gather"),
        mode="fill" if filled else "clip",
        fill_value=_fill(fill_value if filled else 0, x.dtype),
        **_numbers(dimension_numbers),
    )


def _scatter(
    name: str,
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    unique_indices: bool,
    mode: Mode,
) -> Array:
    x, indices = to_array(operand), to_array(scatter_indices)
    new = scalar_like(updates, x) if is_number(updates) else to_array(updates)
    clipped = GatherScatterMode.from_any(mode) is GatherScatterMode.CLIP
    return bind(
        OPS[name],
        x,
        indices,
        new,
        weak=x.weak_type,
        mode="clip" if clipped else "drop",
        unique_indices=int(unique_indices),
        **_numbers(dimension_numbers),
    )


def scatter(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """``operand`` with windows replaced by ``updates``; of several updates of one element the last one stays.

    Args:
        operand: Array that the windows belong to.
        scatter_indices: Integers ``[..., k]``: along the last axis the start of a window on ``k`` axes.
        updates: Array of the windows, in the dtype of ``operand``.
        dimension_numbers: Which axis is what.
        indices_are_sorted: Promise that the indices ascend; changes nothing.
        unique_indices: Promise that windows do not overlap; makes derivatives simpler.
        mode: What becomes of windows that are not inside; by default they are left out.

    Raises: ShapeError, DTypeError if the arguments do not fit together.
    """
    return _scatter("scatter", operand, scatter_indices, updates, dimension_numbers, unique_indices, mode)


def scatter_add(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """``operand`` with ``updates`` added to its windows; see ``scatter``.

    Args:
        operand: Array of any rank.
        scatter_indices, updates, dimension_numbers, indices_are_sorted, unique_indices, mode: As in
            ``scatter``.

    Raises: ShapeError, DTypeError if indices or updates do not fit the operand.
    """
    return _scatter("scatter_add", operand, scatter_indices, updates, dimension_numbers, unique_indices, mode)


def scatter_sub(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """``operand`` with ``updates`` subtracted from its windows; see ``scatter``.

    Args:
        operand: Array of any rank.
        scatter_indices, updates, dimension_numbers, indices_are_sorted, unique_indices, mode: As in
            ``scatter``.

    Raises: ShapeError, DTypeError if indices or updates do not fit the operand.
    """
    return _scatter(
        "scatter_add", operand, scatter_indices, neg(updates), dimension_numbers, unique_indices, mode
    )


def scatter_mul(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """``operand`` with its windows multiplied by ``updates``; see ``scatter``.

    The derivative with respect to the updates needs ``unique_indices``.
    """
    return _scatter("scatter_mul", operand, scatter_indices, updates, dimension_numbers, unique_indices, mode)


def scatter_min(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """``operand`` with the smaller of its elements and ``updates`` in its windows; see ``scatter``.

    Args:
        operand: Array of any rank.
        scatter_indices, updates, dimension_numbers, indices_are_sorted, unique_indices, mode: As in
            ``scatter``.

    Raises: ShapeError, DTypeError if indices or updates do not fit the operand.
    """
    return _scatter("scatter_min", operand, scatter_indices, updates, dimension_numbers, unique_indices, mode)


def scatter_max(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    updates: ArrayLike,
    dimension_numbers: ScatterDimensionNumbers,
    *,
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """``operand`` with the larger of its elements and ``updates`` in its windows; see ``scatter``.

    Args:
        operand: Array of any rank.
        scatter_indices, updates, dimension_numbers, indices_are_sorted, unique_indices, mode: As in
            ``scatter``.

    Raises: ShapeError, DTypeError if indices or updates do not fit the operand.
    """
    return _scatter("scatter_max", operand, scatter_indices, updates, dimension_numbers, unique_indices, mode)


# More applications than this to one element are a loop.
_MOST_APPLICATIONS = 16


def scatter_apply(
    operand: ArrayLike,
    scatter_indices: ArrayLike,
    func: Callable[[Array], ArrayLike],
    dimension_numbers: ScatterDimensionNumbers,
    *,
    update_shape: Sequence[int] = (),
    indices_are_sorted: bool = False,
    unique_indices: bool = False,
    mode: Mode = None,
) -> Array:
    """``operand`` with ``func`` applied to the elements of its windows, once for each window that holds one.

    Args:
        operand: Array that the windows belong to.
        scatter_indices: Integers ``[..., k]``, see ``scatter``.
        func: Elementwise function that keeps the dtype.
        dimension_numbers: Which axis is what.
        update_shape: Shape that updates would have.
        indices_are_sorted: Promise that the indices ascend; changes nothing.
        unique_indices: Promise that windows do not overlap.
        mode: What becomes of windows that are not inside; by default they are left out.

    Raises:
        ShapeError: ``func`` changes the shape, or the arguments do not fit together.
        DTypeError: ``func`` changes the dtype.

    Reverse mode does not go through more than 16 traced index vectors without ``unique_indices``: how often ``func`` is
    applied is then known only when the program runs.
    """
    x, indices = to_array(operand), to_array(scatter_indices)
    sizes = shape_of(update_shape, "scatter_apply")
    times = _scatter(
        "scatter_add",
        full(x.shape, 0, np.int32),
        indices,
        full(sizes, 1, np.int32),
        dimension_numbers,
        unique_indices,
        mode,
    )
    count = _applications(indices, times, unique_indices)
    if count is None:
        most = reduce_max(times, range(times.ndim))
        step = lambda s: (add(s[0], 1), _applied(func, s[1], times, s[0]))  # noqa: E731
        return while_loop(lambda s: lt(s[0], most), step, (to_array(np.int32(0)), x))[1]
    for k in range(count):
        x = _applied(func, x, times, k)
    return x


def _applied(func: Callable[[Array], ArrayLike], x: Array, times: Array, k: ArrayLike) -> Array:
    """The function applied where it is to be applied more than ``k`` times."""
    new = to_array(func(x))
    if new.shape != x.shape:
        raise located(
            ShapeError(f"scatter_apply: the function must keep the shape {x.shape}; got {new.shape}.")
        )
    if new.dtype != x.dtype:
        raise located(
            DTypeError(f"scatter_apply: the function must keep the dtype {x.dtype}; got {new.dtype}.")
        )
    return select(gt(times, k), convert(new, x.dtype, x.weak_type), x)


def _applications(indices: Array, times: Array, unique_indices: bool) -> int | None:
    """How often a function is applied to one element at most; ``None`` if that is large or not known."""
    if unique_indices:
        return 1
    if isinstance(times, ConcreteArray):
        return int(np.max(times.to_numpy(), initial=0))
    vectors = int(np.prod(indices.shape[:-1], dtype=np.int64))
    return vectors if vectors <= _MOST_APPLICATIONS else None


def index_take(src: ArrayLike, idxs: Sequence[ArrayLike], axes: Sequence[int]) -> Array:
    """Elements, or windows that span the other axes, at positions on some axes.

    Args:
        src: Array that is read.
        idxs: For each of ``axes`` the positions ``[n]``, taken modulo the size of the axis.
        axes: The axes.

    Returns: Array of ``n`` and the sizes of the other axes.
    """
    x = to_array(src)
    chosen = axes_of(axes, x.ndim, "index_take")
    columns = []
    for axis, given in zip(axes, idxs, strict=True):
        left = rem(given, x.shape[axis])
        columns.append(expand_dims(select(lt(left, 0), add(left, x.shape[axis]), left), (1,)))
    sizes = tuple(1 if d in chosen else n for d, n in enumerate(x.shape))
    numbers = GatherDimensionNumbers(tuple(range(1, x.ndim - len(chosen) + 1)), chosen, tuple(axes))
    return gather(x, concatenate(columns, 1), numbers, sizes)
