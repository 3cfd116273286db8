"""Histograms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir.lax.sorting import add_along
from axir.numpy.creation import linspace
from axir.numpy.cumulative import diff
from axir.numpy.elementwise import true_divide
from axir.numpy.logic import choose_by
from axir.numpy.reductions import max as largest
from axir.numpy.reductions import min as smallest
from axir.numpy.sorting import searchsorted
from axir_compiler.errors import ShapeError

__all__ = ["histogram", "histogram_bin_edges"]


def histogram_bin_edges(
    a: ArrayLike,
    bins: Any = 10,
    range: Sequence[ArrayLike] | None = None,
    weights: ArrayLike | None = None,
) -> Array:
    """Edges of the bins of ``histogram``.

    Args:
        a: Array.
        bins: Number of bins of equal width, or the vector of edges.
        range: Ends of the first and the last bin, by default the extremes of ``a``. Equal ends are moved apart by 1.
        weights: Has no effect.

    Returns: Vector of floats, one more than there are bins; given edges as they are.
    Raises: ShapeError if ``bins`` is a name, has 2 axes, or is less than 1.
    """
    x = to_array(a)
    if isinstance(bins, str):
        raise located(ShapeError(f"histogram: bins must be a number or edges; got {bins!r}."))
    edges = asarray(bins)
    if edges.ndim:
        if edges.ndim != 1:
            raise located(ShapeError(f"histogram: edges of bins must be a vector; got {edges.aval}."))
        return edges
    count = static_int(bins, "histogram")
    if count < 1:
        raise located(ShapeError(f"histogram: there must be a bin at least; got bins={count}."))
    dtype = inexact(x.dtype)
    if range is not None:
        low, high = (convert(to_array(end), dtype) for end in range)
    elif x.size:
        low, high = convert(smallest(x), dtype), convert(largest(x), dtype)
    else:
        low, high = to_array(np.zeros((), dtype)), to_array(np.ones((), dtype))
    half = choose_by(lax.eq(low, high), 0.5, 0.0)
    return linspace(
        lax.sub(low, convert(half, dtype)), lax.add(high, convert(half, dtype)), count + 1, dtype=dtype
    )


def histogram(
    a: ArrayLike,
    bins: Any = 10,
    range: Sequence[ArrayLike] | None = None,
    weights: ArrayLike | None = None,
    density: bool | None = None,
) -> tuple[Array, Array]:
    """How many elements fall into each of some bins.

    A bin contains its left edge, the last one its right edge too. Elements outside are not counted.

    Args:
        a: Array of any shape.
        bins: Number of bins of equal width, or the ascending vector of their edges.
        range: Ends of the first and the last bin; see ``histogram_bin_edges``.
        weights: What each element counts, of the shape of ``a``.
        density: Whether to divide by the sum and the widths, so that the integral is 1.

    Returns: Floats, one for each bin, and the edges.
    Raises: ShapeError if weights do not fit; see also ``histogram_bin_edges``.
    """
    x = to_array(a)
    x = convert(x, inexact(x.dtype))
    if weights is None:
        share = lax.full(x.shape, 1.0, x.dtype)
    else:
        share = to_array(weights)
        if share.shape != x.shape:
            raise located(ShapeError(f"histogram: weights must have the shape {x.shape}; got {share.aval}."))
    share = lax.reshape(convert(share, inexact(share.dtype)), (x.size,))
    edges = histogram_bin_edges(a, bins, range)
    counts = _counts(lax.reshape(x, (x.size,)), edges, share)
    if density:
        counts = true_divide(counts, lax.reduce_sum(counts, (0,)) * convert(diff(edges), counts.dtype))
    return counts, edges


def _counts(x: Array, edges: Array, share: Array) -> Array:
    """Sums of shares; places 0 and one behind the last edge take what lies outside."""
    count = edges.size
    place = searchsorted(edges, x, "right")
    if count:
        at_end = lax.eq(x, convert(lax.index_in_dim(edges, count - 1, keepdims=False), x.dtype))
        place = choose_by(at_end, count - 1, place)
    sums = add_along(share, place, 0, count + 1)
    return lax.slice_in_dim(sums, 1, max(count, 1))
