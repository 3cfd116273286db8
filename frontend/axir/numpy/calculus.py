"""Numerical differentiation, integration and interpolation."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import axes_of, axis_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import inexact
from axir._src.remember import remembered
from axir._src.scalar_types import finfo
from axir.numpy.arithmetic import floor_divide, mod
from axir.numpy.cumulative import cumsum, diff
from axir.numpy.elementwise import absolute, logical_and, multiply, true_divide
from axir.numpy.logic import choose_by, clip
from axir.numpy.reductions import sum as sum_of
from axir.numpy.shapes import concatenate, moveaxis
from axir.numpy.sorting import searchsorted
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError
from axir_compiler.ir.types import COMPLEX, INEXACT

__all__ = ["gradient", "interp", "trapezoid", "unwrap"]


@remembered
def gradient(
    f: ArrayLike,
    *varargs: ArrayLike,
    axis: int | Sequence[int] | None = None,
    edge_order: int | None = None,
) -> Any:
    """Derivative along axes by central differences, at the edges by one-sided ones.

    Args:
        f: Values on a grid.
        varargs: Distance of the points: one for all axes, or one for each; a vector holds the coordinates themselves.
        axis: Axis or axes, by default all.
        edge_order: Must be ``None``.

    Returns: One array of the shape of ``f`` for a single axis, else a list with one for each.
    Raises: ShapeError if an axis has less than 2 points or coordinates do not fit, DTypeError for a wrong number of
        distances.
    """
    if edge_order is not None:
        raise located(MissingRuleError("gradient: edge_order must be None; edges are of first order."))
    x, *spacing = promoted(f, *varargs, to_float=True)[0]
    axes = axes_of(axis, x.ndim, "gradient") if axis is None else _in_order(axis, x.ndim)
    if any(x.shape[d] < 2 for d in axes):
        raise located(ShapeError(f"gradient: needs at least 2 points along an axis; got {x.aval}."))
    if len(spacing) not in (0, 1, len(axes)):
        raise located(
            DTypeError(
                f"gradient: needs no distance, 1 or {len(axes)}, one for each axis; got {len(spacing)}."
            )
        )
    given = spacing if len(spacing) > 1 else [spacing[0] if spacing else None] * len(axes)
    found = [_derivative(x, h, d) for d, h in zip(axes, given, strict=True)]
    return found[0] if len(found) == 1 else found


def _in_order(axis: int | Sequence[int], rank: int) -> list[int]:
    given = [axis] if isinstance(axis, int) else list(axis)
    return [axis_of(d, rank, "gradient") for d in given]


def _differences(x: Array, axis: int, distance: int) -> Array:
    n = x.shape[axis]
    return lax.slice_in_dim(x, distance, n, axis=axis) - lax.slice_in_dim(x, 0, n - distance, axis=axis)


def _derivative(x: Array, h: Array | None, axis: int) -> Array:
    n = x.shape[axis]
    steps = _differences(x, axis, 1)
    first, last = (lax.slice_in_dim(steps, k, k + 1, axis=axis) for k in (0, n - 2))
    if h is None or h.ndim == 0:
        inner = _differences(x, axis, 2) * 0.5
        found = concatenate([first, inner, last], axis)
        return found if h is None else found / h
    if h.shape != (n,):
        raise located(ShapeError(f"gradient: coordinates of axis {axis} are a vector [{n}]; got {h.aval}."))
    widths = lax.reshape(_differences(h, 0, 1), [n - 1 if d == axis else 1 for d in range(x.ndim)])
    slopes = steps / widths
    # The derivative of the parabola through three points: slopes weighted by the other side's width.
    low, high = (lax.slice_in_dim(widths, k, n - 2 + k, axis=axis) for k in (0, 1))
    left, right = (lax.slice_in_dim(slopes, k, n - 2 + k, axis=axis) for k in (0, 1))
    inner = (left * high + right * low) / (low + high)
    ends = (lax.slice_in_dim(slopes, k, k + 1, axis=axis) for k in (0, n - 2))
    return concatenate([next(ends), inner, next(ends)], axis)


@remembered
def trapezoid(y: ArrayLike, x: ArrayLike | None = None, dx: ArrayLike = 1.0, axis: int = -1) -> Array:
    """Integral along an axis by the trapezoidal rule.

    Args:
        y: Values.
        x: Coordinates, a vector or an array that broadcasts with ``y``.
        dx: Distance of the points if there are no coordinates.
        axis: Axis.
    """
    if x is None:
        (values,) = promoted(y, to_float=True)[0]
        widths = to_array(dx)
    else:
        values, points = promoted(y, x, to_float=True)[0]
        widths = diff(points) if points.ndim == 1 else moveaxis(diff(points, axis=axis), axis, -1)
    if values.ndim == 0:
        raise located(ShapeError("trapezoid: values lie along an axis; got a scalar."))
    at = axis_of(axis, values.ndim, "trapezoid")
    values = moveaxis(values, at, -1)
    if x is None and widths.ndim:
        grown = lax.reshape(widths, (*(1,) * (values.ndim - widths.ndim), *widths.shape))
        widths = moveaxis(grown, at, -1)
    last = values.ndim - 1
    n = values.shape[last]
    pairs = lax.slice_in_dim(values, 1, n, axis=last) + lax.slice_in_dim(values, 0, max(n - 1, 0), axis=last)
    return multiply(0.5, sum_of(multiply(widths, pairs), -1))


@remembered
def unwrap(
    p: ArrayLike, discont: ArrayLike | None = None, axis: int = -1, period: ArrayLike = 2 * math.pi
) -> Array:
    """Angles without jumps: steps of more than ``discont`` are changed by whole periods.

    Args:
        p: Angles, or any quantity with a period.
        discont: Smallest step that counts as a jump, half a period by default.
        axis: Axis along which they follow each other.
        period: The period.

    Raises: ShapeError for complex numbers.
    """
    (x, cycle), _ = promoted(p, period)
    if x.dtype in COMPLEX:
        raise located(ShapeError(f"unwrap: is not defined for complex numbers; got {x.aval}."))
    at = axis_of(axis, x.ndim, "unwrap")
    n = x.shape[at]
    if not n:
        return x
    half = true_divide(cycle, 2) if x.dtype in INEXACT else floor_divide(cycle, 2)
    steps = diff(x, axis=at)
    # A step of exactly half a period keeps its direction.
    inside = mod(steps + half, cycle) - half
    inside = choose_by(logical_and(lax.eq(*promoted_pair(inside, -half)), steps > 0), half, inside)
    bound = true_divide(cycle, 2) if discont is None else discont
    corrections = choose_by(absolute(steps) < bound, 0, inside - steps)
    rest = lax.slice_in_dim(x, 1, n, axis=at) + cumsum(corrections, at)
    return concatenate([lax.slice_in_dim(x, 0, 1, axis=at), rest], at)


def promoted_pair(x: Array, y: Array) -> tuple[Array, Array]:
    """``y``, a scalar, repeated to the shape of ``x``."""
    return x, lax.broadcast(y, x.shape)


@remembered
def interp(
    x: ArrayLike,
    xp: ArrayLike,
    fp: ArrayLike,
    left: ArrayLike | str | None = None,
    right: ArrayLike | str | None = None,
    period: ArrayLike | None = None,
) -> Array:
    """Linear interpolation between points.

    Args:
        x: Where to evaluate, array of any shape.
        xp: Ascending vector of the points.
        fp: Values at the points.
        left, right: Values before the first and behind the last point, by default those at the ends; the text
            ``"extrapolate"`` continues the lines.
        period: Period of the coordinates; points need no order then, and ``left`` and ``right`` have no effect.

    Raises: ShapeError if ``xp`` and ``fp`` are no vectors of equal size, ``x`` is complex, ``period`` no scalar, or
        another text is given.
    """
    _check_sides(left, right)
    points, values = to_array(xp), to_array(fp)
    if points.ndim != 1 or points.shape != values.shape:
        raise located(
            ShapeError(f"interp: xp and fp are vectors of equal size; got {points.aval} and {values.aval}.")
        )
    (at, points), _ = promoted(x, points, to_float=True)
    values = convert(values, inexact(values.dtype))
    if at.dtype in COMPLEX:
        raise located(ShapeError(f"interp: points must be real; got {at.aval}."))
    if period is not None:
        at, points, values = _periodic(at, points, values, to_array(period))
    found = _on_lines(at, points, values)
    if period is None and not isinstance(left, str):
        found = choose_by(at < points[0], values[0] if left is None else left, found)
    if period is None and not isinstance(right, str):
        found = choose_by(at > points[-1], values[-1] if right is None else right, found)
    return found


def _check_sides(*sides: Any) -> None:
    for side in sides:
        if isinstance(side, str) and side != "extrapolate":
            raise located(ShapeError(f"interp: the only text for a side is 'extrapolate'; got {side!r}."))


def _periodic(x: Array, xp: Array, fp: Array, period: Array) -> tuple[Array, Array, Array]:
    """Points of one period in order, with a neighbour on each side."""
    if period.ndim:
        raise located(ShapeError(f"interp: the period must be a scalar; got {period.aval}."))
    cycle = convert(absolute(period), xp.dtype)
    xp, fp = lax.sort_key_val(mod(xp, cycle), fp)
    points = concatenate([xp[-1:] - cycle, xp, xp[:1] + cycle])
    return mod(x, cycle), points, concatenate([fp[-1:], fp, fp[:1]])


def _on_lines(x: Array, xp: Array, fp: Array) -> Array:
    i = clip(searchsorted(xp, x, "right"), 1, xp.size - 1)
    low, high = xp[i - 1], xp[i]
    start, end = fp[i - 1], fp[i]
    width = high - low
    # Points that coincide are a step; the line through them must not divide by zero, nor may its derivative.
    same = lax.abs(width) <= float(np.spacing(finfo(xp.dtype).eps))
    slope = (end - start) * ((x - low) / choose_by(same, 1, width))
    return choose_by(same, start, start + slope)
