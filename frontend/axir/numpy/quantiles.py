"""Medians and quantiles along axes, by sorting."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import Axes, axes_of
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.elementwise import broadcast_to
from axir._src.messages import located
from axir._src.promotion import inexact
from axir._src.remember import remembered
from axir.lax.sorting import take_along
from axir.numpy.elementwise import no_out
from axir.numpy.logic import choose_by, isnan
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError
from axir_compiler.ir.types import COMPLEX

__all__ = [
    "median",
    "nanmedian",
    "nanpercentile",
    "nanquantile",
    "percentile",
    "quantile",
]

_METHODS = ("linear", "lower", "higher", "midpoint", "nearest")


def _quantile(
    name: str, a: ArrayLike, q: Any, axis: Axes, method: str, keepdims: bool, skip_nan: bool, weights: Any
) -> Array:
    x, levels = to_array(a), asarray(q)
    if x.dtype in COMPLEX or levels.dtype in COMPLEX:
        raise located(
            DTypeError(f"{name}: is not defined for complex numbers; got {x.aval}. Take real parts.")
        )
    if method not in _METHODS:
        raise located(ShapeError(f"{name}: method must be one of {', '.join(_METHODS)}; got {method!r}."))
    if weights is not None:
        raise located(MissingRuleError(f"{name}: weights have no rule. Repeat elements instead."))
    if levels.ndim > 1:
        raise located(ShapeError(f"{name}: q must be a scalar or vector; got {levels.aval}."))
    axes = axes_of(axis, x.ndim, name)
    rows = _rows(convert(x, inexact(x.dtype)), axes)
    if rows.shape[-1] == 0:
        raise located(ShapeError(f"{name}: there is no element along axes {axes} of {x.aval}."))
    found = _at_levels(rows, lax.reshape(levels, (levels.size,)), method, skip_nan)
    kept = [1 if d in axes else n for d, n in enumerate(x.shape) if keepdims or d not in axes]
    return lax.reshape(lax.transpose(found, (1, 0)), (*levels.shape, *kept))


def _rows(x: Array, axes: tuple[int, ...]) -> Array:
    """The reduced axes as one, which comes last, the others as one before it."""
    kept = [d for d in range(x.ndim) if d not in axes]
    shape = (math.prod(x.shape[d] for d in kept), math.prod(x.shape[d] for d in axes))
    return lax.reshape(lax.transpose(x, (*kept, *axes)), shape)


def _at_levels(rows: Array, levels: Array, method: str, skip_nan: bool) -> Array:
    """Quantiles ``[row, level]`` of rows."""
    ordered = lax.sort(rows)
    missing = isnan(ordered)
    count, size = levels.shape[0], rows.shape[1]
    # Half types do not hold positions.
    work = np.dtype("float64") if np.dtype("float64") in (levels.dtype, rows.dtype) else np.dtype("float32")
    shape = (rows.shape[0], count)
    level = broadcast_to(lax.expand_dims(convert(levels, work), (0,)), shape)
    if skip_nan:
        present = lax.reduce_sum(convert(lax.bitwise_not(missing), work), (1,))
    else:
        present = lax.full(shape[:1], float(size), work)
    last = lax.broadcast_in_dim(lax.sub(present, 1.0), shape, (0,))
    position = lax.mul(level, last)
    low, high = lax.floor(position), lax.ceil(position)
    values = [_taken(ordered, p, last) for p in (low, high)]
    found = _between(values[0], values[1], lax.sub(position, low), method)
    if skip_nan:
        return found
    has_nan = lax.broadcast_in_dim(lax.index_in_dim(missing, size - 1, 1, keepdims=False), shape, (0,))
    return choose_by(has_nan, math.nan, found)


def _taken(rows: Array, position: Array, last: Array) -> Array:
    """Elements of each row at whole positions, given as floats and limited to ``[0, last]``."""
    inside = lax.max(lax.min(position, last), 0.0)
    return take_along(rows, convert(inside, np.dtype("int32")), 1)


def _between(low: Array, high: Array, fraction: Array, method: str) -> Array:
    """What a method makes of the elements on both sides of a position."""
    if method == "lower":
        return low
    if method == "higher":
        return high
    if method == "nearest":
        return lax.select(lax.le(fraction, 0.5), low, high)
    if method == "midpoint":
        return lax.mul(lax.add(low, high), 0.5)
    wide = fraction.dtype
    mixed = lax.add(
        lax.mul(convert(low, wide), lax.sub(1.0, fraction)), lax.mul(convert(high, wide), fraction)
    )
    return convert(mixed, low.dtype)


def _quantile_function(name: str, scale: float, skip_nan: bool, doc: str) -> Any:
    def function(
        a: ArrayLike,
        q: Any,
        axis: Axes = None,
        out: None = None,
        overwrite_input: bool = False,
        method: str = "linear",
        keepdims: bool = False,
        *,
        weights: ArrayLike | None = None,
    ) -> Array:
        no_out(name, out)
        _keep_input(name, overwrite_input)
        levels = asarray(q)
        levels = convert(levels, inexact(levels.dtype))
        levels = levels if scale == 1 else lax.div(levels, float(scale))
        return _quantile(name, a, levels, axis, method, keepdims, skip_nan, weights)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = (
        f"{doc}\n\n    Args:\n        a: Array; integers and bools become floats.\n"
        f"        q: Scalar or vector of numbers in [0, {scale:g}].\n"
        "        axis: Axis or axes, by default all.\n"
        "        out, overwrite_input, weights: Must be left out.\n"
        "        method: What is given between two elements: linear, lower, higher, midpoint or nearest.\n"
        "        keepdims: Whether the axes stay, with size 1.\n\n"
        "    Returns: Array of the remaining axes, those of ``q`` in front.\n"
        "    Raises: ShapeError if there is no element, ``q`` has 2 axes or the method is unknown; AxisError."
    )
    return remembered(function)


def _keep_input(name: str, overwrite_input: bool) -> None:
    if overwrite_input:
        raise located(ShapeError(f"{name}: overwrite_input must be False, since arrays are immutable."))


quantile = _quantile_function("quantile", 1, False, "Quantiles along axes; NaN if an element is NaN.")
percentile = _quantile_function("percentile", 100, False, "Quantiles along axes, with levels in percent.")
nanquantile = _quantile_function("nanquantile", 1, True, "Quantiles of what is not NaN.")
nanpercentile = _quantile_function("nanpercentile", 100, True, "Quantiles of what is not NaN, in percent.")


@remembered
def median(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """The middle element along axes, or the mean of the two in the middle; NaN if an element is NaN.

    Raises: ShapeError if there is no element, AxisError if an axis is out of bounds.
    """
    no_out("median", out)
    _keep_input("median", overwrite_input)
    return _quantile("median", a, 0.5, axis, "midpoint", keepdims, False, None)


@remembered
def nanmedian(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    overwrite_input: bool = False,
    keepdims: bool = False,
) -> Array:
    """``median`` of what is not NaN.

    Args:
        a: Real array of any shape.
        axis: Axis or axes, by default all.
        out: Must be None.
        overwrite_input: Must be False.
        keepdims: Whether the axes stay, with size 1.

    Returns: floats; NaN where there is nothing else.

    Raises: AxisError.
    """
    no_out("nanmedian", out)
    _keep_input("nanmedian", overwrite_input)
    return _quantile("nanmedian", a, 0.5, axis, "midpoint", keepdims, True, None)
