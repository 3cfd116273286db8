"""Products of matrices that are given as small numbers times scales of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, TypeAlias

from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir.lax.elementwise import mul
from axir.lax.reductions import dot_general
from axir.lax.shapes import broadcast_in_dim, reshape
from axir_compiler.errors import DTypeError, ShapeError

__all__ = ["DotDimensionNumbers", "scaled_dot"]

DotDimensionNumbers: TypeAlias = tuple[
    tuple[Sequence[int], Sequence[int]], tuple[Sequence[int], Sequence[int]]
]
"""Contracted axes of both operands, then their batch axes."""


def scaled_dot(
    lhs: ArrayLike,
    rhs: ArrayLike,
    *,
    lhs_scale: ArrayLike | None = None,
    rhs_scale: ArrayLike | None = None,
    dimension_numbers: DotDimensionNumbers | None = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """``dot_general`` of ``lhs * lhs_scale`` and ``rhs * rhs_scale``, each scale for a block of contracted elements.

    Products and sums are those of float32, or of float64 if that is asked for.

    Args:
        lhs, rhs: Operands.
        lhs_scale, rhs_scale: Arrays like the operands, but shorter along contracted axes, by a factor of at least 2;
            ``None`` for no scale.
        dimension_numbers: By default ``[m, k]`` times ``[k, n]``, or ``[b, m, k]`` times ``[b, k, n]``.
        preferred_element_type: The float dtype of the result, bfloat16 by default.

    Raises: DTypeError (a TypeError) if a scale does not fit its operand; ShapeError.
    """
    x, y = to_array(lhs), to_array(rhs)
    numbers = _plain(x, y) if dimension_numbers is None else dimension_numbers
    dtype = requested("bfloat16" if preferred_element_type is None else preferred_element_type, "scaled_dot")
    wide = dtype if dtype == "float64" else requested("float32", "scaled_dot")
    left = _scaled("lhs", convert(x, wide), lhs_scale, tuple(numbers[0][0]))
    right = _scaled("rhs", convert(y, wide), rhs_scale, tuple(numbers[0][1]))
    found = dot_general(left, right, numbers, preferred_element_type=wide)
    return convert(found, dtype)


def _plain(x: Array, y: Array) -> DotDimensionNumbers:
    """All axes but the last two are batch axes."""
    rank = x.ndim
    if rank != y.ndim or rank < 2:
        given = f"{x.aval} and {y.aval}"
        raise located(ShapeError(f"scaled_dot: operands must have the same rank, at least 2; got {given}."))
    batch = tuple(range(rank - 2))
    return ((rank - 1,), (rank - 2,)), (batch, batch)


def _scaled(name: str, x: Array, scale: Any, contracted: tuple[int, ...]) -> Array:
    if scale is None:
        return x
    factors = convert(to_array(scale), x.dtype)
    inside = {d % x.ndim for d in contracted}
    fits = factors.ndim == x.ndim and all(
        (n % m == 0 and n // m >= 2) if d in inside and m else n == m
        for d, (n, m) in enumerate(zip(x.shape, factors.shape, strict=False))
    )
    if not fits:
        rule = (
            f"{name}_scale must be like {name}, and shorter by a factor of at least 2 along axes {contracted}"
        )
        raise located(DTypeError(f"scaled_dot: {rule}; got {factors.aval} for {x.aval}."))
    return mul(x, spread(factors, x.shape))


def spread(scale: Array, shape: tuple[int, ...]) -> Array:
    """Each element repeated, so that the array has a shape whose sizes are multiples of its own."""
    blocks = [s for m, n in zip(scale.shape, shape, strict=True) for s in (m, n // m if m else 0)]
    if math.prod(shape) == 0:
        return broadcast_in_dim(convert(to_array(0.0), scale.dtype), shape, ())
    return reshape(broadcast_in_dim(scale, blocks, tuple(range(0, 2 * scale.ndim, 2))), shape)
