"""Histograms."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import is_sequence, static_int
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import default_int, inexact
from axir.lax.sorting import add_along
from axir.numpy.creation import linspace
from axir.numpy.cumulative import diff
from axir.numpy.elementwise import true_divide
from axir.numpy.logic import choose_by
from axir.numpy.reductions import max as largest
from axir.numpy.reductions import min as smallest
from axir.numpy.reductions import sum as sum_of
from axir.numpy.sorting import searchsorted
from axir_compiler.errors import ShapeError

__all__ = ["histogram", "histogram2d", "histogram_bin_edges", "histogramdd"]

# Arguments are named ``range``.
iterate = range


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
    """Sums of shares in bins."""
    sums = add_along(share, _places(x, edges), 0, edges.size + 1)
    return lax.slice_in_dim(sums, 1, max(edges.size, 1))


def _places(x: Array, edges: Array) -> Array:
    """Numbers of bins, from 1; 0 and the number of edges are for what lies outside."""
    count = edges.size
    place = searchsorted(edges, x, "right")
    if not count:
        return place
    at_end = lax.eq(x, convert(lax.index_in_dim(edges, count - 1, keepdims=False), x.dtype))
    return choose_by(at_end, count - 1, place)


def histogramdd(
    sample: ArrayLike,
    bins: Any = 10,
    range: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
    density: bool | None = None,
) -> tuple[Array, list[Array]]:
    """How many points fall into each box of a grid.

    Args:
        sample: Points ``[n, axes]``.
        bins: Number of bins along each axis, or what ``histogram`` takes for each of them in a list.
        range: For each axis the ends of the first and the last bin, or ``None``.
        weights: What each point counts, ``[n]``.
        density: Whether to divide by the sum and the volumes, so that the integral is 1.

    Returns: Counts, integers unless there are weights or a density, ``[bins, ...]``, and a list of the edges.
    Raises: ShapeError if shapes do not fit, or there is not one entry for each axis.
    """
    given = [sample] if weights is None else [sample, weights]
    points, *shares = promoted(*given, to_float=True)[0]
    if points.ndim != 2 or any(w.shape != points.shape[:1] for w in shares):
        raise located(
            ShapeError(
                f"histogramdd: needs points [n, axes] and a weight for each; got {[a.aval for a in (points, *shares)]}."
            )
        )
    columns = [lax.index_in_dim(points, d, 1, False) for d in iterate(points.shape[1])]
    entries = _per_axis("bins", list(bins) if is_sequence(bins) else [bins] * len(columns), len(columns))
    ends = _per_axis("range", [None] * len(columns) if range is None else list(range), len(columns))
    edges = [histogram_bin_edges(c, b, r) for c, b, r in zip(columns, entries, ends, strict=True)]
    place, sizes = lax.full((points.shape[0],), 0, "int32"), [e.size + 1 for e in edges]
    for column, edge, size in zip(columns, edges, sizes, strict=True):
        place = place * size + convert(_places(column, edge), place.dtype)
    share = shares[0] if shares else lax.full(place.shape, 1, default_int())
    counts = lax.reshape(add_along(share, place, 0, math.prod(sizes)), sizes)
    counts = counts[tuple(slice(1, -1) for _ in sizes)]
    return (_normed(convert(counts, points.dtype), edges) if density else counts), edges


def _per_axis(name: str, entries: list[Any], count: int) -> list[Any]:
    if len(entries) != count:
        raise located(
            ShapeError(f"histogramdd: {name} needs {count} entries, one for each axis; got {entries}.")
        )
    return entries


def _normed(counts: Array, edges: Sequence[Array]) -> Array:
    counts = counts / sum_of(counts)
    for d, edge in enumerate(edges):
        others = [k for k in iterate(counts.ndim) if k != d]
        counts = counts / lax.expand_dims(diff(edge), others)
    return counts


def histogram2d(
    x: ArrayLike,
    y: ArrayLike,
    bins: Any = 10,
    range: Sequence[Any] | None = None,
    weights: ArrayLike | None = None,
    density: bool | None = None,
) -> tuple[Array, Array, Array]:
    """How many points fall into each rectangle of a grid; ``histogramdd`` of two axes.

    Args:
        x, y: Coordinates ``[n]``.
        bins: Number of bins, edges for both axes, or a list of one for each axis.
        range, weights, density: See ``histogramdd``.

    Returns: Counts ``[bins of x, bins of y]``, and the edges along both axes.
    """
    columns = promoted(x, y)[0]
    if any(c.ndim != 1 for c in columns) or columns[0].size != columns[1].size:
        given = " and ".join(str(c.aval) for c in columns)
        raise located(ShapeError(f"histogram2d: coordinates are vectors of equal size; got {given}."))
    sample = lax.concatenate([lax.expand_dims(c, (1,)) for c in columns], 1)
    if is_sequence(bins) and len(bins) not in (1, 2):
        bins = [asarray(bins)] * 2
    counts, edges = histogramdd(sample, bins, range, weights, density)
    return counts, edges[0], edges[1]
