"""Integrals of samples."""

from __future__ import annotations

from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike

__all__ = ["trapezoid"]


def trapezoid(y: ArrayLike, x: ArrayLike | None = None, dx: ArrayLike = 1.0, axis: int = -1) -> Array:
    """Integral along an axis by the trapezoidal rule; see ``axir.numpy.trapezoid``.

    Args:
        y: Values ``[..., n, ...]``.
        x: Where they are, a vector or an array like ``y``; by default at distances ``dx``.
        dx: Distance of points.
        axis: The axis, which disappears.

    Raises: ShapeError if ``x`` does not fit, AxisError.
    """
    return anp.trapezoid(y, x, dx, axis)
