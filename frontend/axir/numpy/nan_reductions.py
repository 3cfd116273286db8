"""Reductions of what is not NaN."""

from __future__ import annotations

import math
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.axes import Axes
from axir._src.convert import ArrayLike, to_array
from axir._src.elementwise import broadcast_to
from axir._src.promotion import DTypeLike
from axir._src.remember import remembered
from axir.numpy.elementwise import truth
from axir.numpy.logic import choose_by, isnan
from axir.numpy.reductions import all, argmax, argmin, max, mean, min, prod, std, sum, var
from axir_compiler.ir.types import INEXACT

__all__ = [
    "nanargmax",
    "nanargmin",
    "nanmax",
    "nanmean",
    "nanmin",
    "nanprod",
    "nanstd",
    "nansum",
    "nanvar",
]


def _without_nan(name: str, a: ArrayLike, neutral: float) -> tuple[Array, Array | None]:
    """``a`` with NaN replaced, and where it was."""
    x = to_array(a)
    if x.dtype not in INEXACT:
        return x, None
    missing = isnan(x)
    return choose_by(missing, neutral, x), missing


@remembered
def nansum(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
) -> Array:
    """``sum`` of what is not NaN; 0 where there is nothing else.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear; by default all.
        dtype: Dtype of the result, as for ``sum``.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        initial: Added to the sum.
        where: Mask of the elements that take part.
    """
    return sum(_without_nan("nansum", a, 0.0)[0], axis, dtype, out, keepdims, initial, where)


@remembered
def nanprod(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
) -> Array:
    """``prod`` of what is not NaN; 1 where there is nothing else.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear; by default all.
        dtype: Dtype of the result, as for ``prod``.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        initial: Multiplies the product.
        where: Mask of the elements that take part.
    """
    return prod(_without_nan("nanprod", a, 1.0)[0], axis, dtype, out, keepdims, initial, where)


def _nan_extremum(name: str, reduce: Any, neutral: float) -> Any:
    def function(
        a: ArrayLike,
        axis: Axes = None,
        out: None = None,
        keepdims: bool = False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
    ) -> Array:
        x, missing = _without_nan(name, a, neutral)
        found = reduce(x, axis, out, keepdims, initial, where)
        if missing is None or initial is not None:
            return found
        return choose_by(all(missing, axis, keepdims=keepdims), math.nan, found)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = f"""``{name[3:]}`` of what is not NaN; NaN where there is nothing else.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear; by default all.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        initial: One more number to choose from; where there is nothing else it is the result.
        where: Mask of the elements that take part; it needs ``initial``.
    """
    return remembered(function)


nanmax = _nan_extremum("nanmax", max, -math.inf)
nanmin = _nan_extremum("nanmin", min, math.inf)


def _nan_arg(name: str, find: Any, neutral: float) -> Any:
    def function(
        a: ArrayLike, axis: int | None = None, out: None = None, keepdims: bool | None = None
    ) -> Array:
        x, missing = _without_nan(name, a, neutral)
        found = find(x, axis, out, keepdims)
        if missing is None:
            return found
        return choose_by(all(missing, axis, keepdims=bool(keepdims)), -1, found)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = f"""``{name[3:]}`` of what is not NaN; -1 where there is nothing else.

    Args:
        a: Array of any shape.
        axis: Axis to search, by default all elements in order.
        out: Must be ``None``.
        keepdims: Whether the axis stays, with size 1.
    """
    return remembered(function)


nanargmax = _nan_arg("nanargmax", argmax, -math.inf)
nanargmin = _nan_arg("nanargmin", argmin, math.inf)


def _present(a: ArrayLike, where: ArrayLike | None) -> Array:
    x = to_array(a)
    present = lax.bitwise_not(isnan(x))
    return present if where is None else lax.bitwise_and(present, broadcast_to(truth(where), x.shape))


@remembered
def nanmean(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    keepdims: bool = False,
    where: ArrayLike | None = None,
) -> Array:
    """``mean`` of what is not NaN; NaN where there is nothing else.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear; by default all.
        dtype: Dtype of the result, as for ``mean``.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        where: Mask of the elements that take part.
    """
    return mean(a, axis, dtype, out, keepdims, where=_present(a, where))


@remembered
def nanvar(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    mean: ArrayLike | None = None,
) -> Array:
    """``var`` of what is not NaN; NaN where no more than ``ddof`` elements are left.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear; by default all.
        dtype: Dtype of the result, as for ``var``.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        ddof: The sum of squares is divided by the number of elements less this.
        where: Mask of the elements that take part.
        mean: The mean, if it is known, with the axes kept.
    """
    return var(a, axis, dtype, out, ddof, keepdims, where=_present(a, where), mean=mean)


@remembered
def nanstd(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    where: ArrayLike | None = None,
    mean: ArrayLike | None = None,
) -> Array:
    """``std`` of what is not NaN: the square root of ``nanvar``.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear; by default all.
        dtype: Dtype of the result, as for ``std``.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        ddof: The sum of squares is divided by the number of elements less this.
        where: Mask of the elements that take part.
        mean: The mean, if it is known, with the axes kept.
    """
    return std(a, axis, dtype, out, ddof, keepdims, where=_present(a, where), mean=mean)
