"""Running sums and products, and differences of neighbours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to
from axir._src.messages import located
from axir._src.promotion import BOOL, DTypeLike, default_int, requested
from axir._src.remember import remembered
from axir.numpy.elementwise import no_out, not_equal
from axir.numpy.logic import choose_by, isnan
from axir.numpy.reductions import accumulator
from axir.numpy.shapes import concatenate
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import FLOATING

__all__ = [
    "cumprod",
    "cumsum",
    "cumulative_prod",
    "cumulative_sum",
    "diff",
    "ediff1d",
    "nancumprod",
    "nancumsum",
]


def _running(name: str, combine: Callable[..., Array], doc: str, neutral: float | None = None) -> Any:
    def function(a: ArrayLike, axis: int | None = None, dtype: DTypeLike = None, out: None = None) -> Array:
        no_out(name, out)
        x = to_array(a)
        if neutral is not None and x.dtype in FLOATING:
            x = choose_by(isnan(x), neutral, x)
        flat = lax.reshape(x, (x.size,)) if axis is None else x
        at = axis_of(0 if axis is None else axis, flat.ndim, name)
        narrow = default_int() if x.dtype == BOOL else x.dtype
        return combine(convert(flat, narrow if dtype is None else requested(dtype, name)), at)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = (
        f"{doc}\n\n    Without an axis, of the raveled array. The result has the given dtype, by default that of\n"
        "    ``a``; bools become integers. ``out`` must be ``None``.\n\n"
        "    Raises: AxisError if the axis is out of bounds."
    )
    return remembered(function)


cumsum = _running("cumsum", lax.cumsum, "Sum of all elements up to each one along an axis.")
cumprod = _running("cumprod", lax.cumprod, "Product of all elements up to each one along an axis.")
nancumsum = _running("nancumsum", lax.cumsum, "``cumsum`` with NaN taken as 0.", 0.0)
nancumprod = _running("nancumprod", lax.cumprod, "``cumprod`` with NaN taken as 1.", 1.0)


def _standard(name: str, combine: Callable[..., Array], doc: str, neutral: int) -> Any:
    def function(
        x: ArrayLike,
        /,
        *,
        axis: int | None = None,
        dtype: DTypeLike = None,
        include_initial: bool = False,
    ) -> Array:
        array = to_array(x)
        if array.ndim == 0 or (axis is None and array.ndim > 1):
            raise located(
                ShapeError(f"{name}: needs a vector, or an array and the argument axis; got {array.aval}.")
            )
        at = axis_of(0 if axis is None else axis, array.ndim, name)
        found = combine(convert(array, accumulator(array, dtype, True, name)), at)
        if not include_initial:
            return found
        shape = tuple(1 if d == at else n for d, n in enumerate(found.shape))
        return lax.concatenate([lax.full(shape, neutral, found.dtype), found], at)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = (
        f"{doc}\n\n    Narrow integers and bools take the default integer width, unless ``dtype`` is given.\n"
        f"    ``include_initial`` puts {neutral} in front.\n\n"
        "    Raises: ShapeError without an axis unless ``x`` is a vector; AxisError if it is out of bounds."
    )
    return remembered(function)


cumulative_sum = _standard(
    "cumulative_sum", lax.cumsum, "Sum of all elements up to each one along an axis.", 0
)
cumulative_prod = _standard(
    "cumulative_prod", lax.cumprod, "Product of all elements up to each one along an axis.", 1
)


@remembered
def diff(
    a: ArrayLike,
    n: int = 1,
    axis: int = -1,
    prepend: ArrayLike | None = None,
    append: ArrayLike | None = None,
) -> Array:
    """Differences ``x[i + 1] - x[i]`` of neighbours along an axis, taken ``n`` times.

    Bools are compared instead: True where they differ.

    Args:
        a: Array with at least one axis.
        n: How many times.
        axis: Axis.
        prepend, append: Put at the ends first: arrays with the axes of ``a``, or scalars.

    Raises: ShapeError if ``n`` is negative, ``a`` a scalar, or shapes do not fit; AxisError.
    """
    x, times = to_array(a), static_int(n, "diff")
    if times < 0 or x.ndim == 0:
        raise located(ShapeError(f"diff: needs n >= 0 and an array with axes; got n={times}, {x.aval}."))
    at = axis_of(axis, x.ndim, "diff")
    if times == 0:
        return x
    parts = [_end(x, prepend, at), x, _end(x, append, at)]
    x = (
        concatenate([p for p in parts if p is not None], at)
        if prepend is not None or append is not None
        else x
    )
    subtract = not_equal if x.dtype == BOOL else lax.sub
    for _ in range(min(times, x.shape[at])):
        size = x.shape[at]
        x = subtract(
            lax.slice_in_dim(x, min(1, size), size, axis=at),
            lax.slice_in_dim(x, 0, max(size - 1, 0), axis=at),
        )
    return x


def _end(x: Array, value: ArrayLike | None, axis: int) -> Array | None:
    if value is None:
        return None
    end = to_array(value)
    return end if end.ndim else broadcast_to(end, tuple(1 if d == axis else n for d, n in enumerate(x.shape)))


@remembered
def ediff1d(ary: ArrayLike, to_end: ArrayLike | None = None, to_begin: ArrayLike | None = None) -> Array:
    """Differences of neighbours in the raveled array, with ``to_begin`` and ``to_end`` put at their ends.

    Args:
        ary: Array of any shape.
        to_end, to_begin: Values to append and to put in front, raveled, in the dtype of ``ary``.

    Returns: a vector.
    """
    x = to_array(ary)
    middle = diff(lax.reshape(x, (x.size,)))
    parts = [None if p is None else convert(to_array(p), middle.dtype) for p in (to_begin, to_end)]
    ends = [None if p is None else lax.reshape(p, (p.size,)) for p in parts]
    return lax.concatenate([p for p in (ends[0], middle, ends[1]) if p is not None], 0)
