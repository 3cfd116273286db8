"""Distributions of integers, bools and indices."""

from __future__ import annotations

import math

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, axis_of, shape_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_int, inexact, requested
from axir._src.remember import remembered
from axir._src.scalar_types import finfo
from axir.random.distributions import gumbel
from axir.random.drawing import common_shape, int_dtype, mode_of, uniform_floats
from axir.random.keys import Key, parts, random_bits
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import FLOATING, INTEGER

__all__ = ["bernoulli", "categorical", "geometric", "rademacher", "randint"]


def _limits(dtype: np.dtype) -> tuple[int, int]:
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _clipped(x: Array, dtype: np.dtype) -> Array:
    """An integer in another integer dtype, limited to its range."""
    low, high = _limits(x.dtype)
    least, most = _limits(dtype)
    limited = x if least <= low and high <= most else lax.clamp(max(low, least), x, min(high, most))
    return convert(limited, dtype)


@remembered
def randint(key: Key, shape: Shape, minval: ArrayLike, maxval: ArrayLike, dtype: DTypeLike = None) -> Array:
    """Uniformly distributed integers in ``[minval, maxval)``; ``minval`` where that is empty.

    Two draws are combined modulo the span, so the bias is at most the span over ``2**(2 * width)``.

    Args:
        key: A key.
        shape: Shape of the result, to which the bounds broadcast.
        minval, maxval: Bounds, limited to the range of the dtype.
        dtype: An integer dtype, by default the default one.

    Raises: DTypeError if the dtype is no integer dtype.
    """
    wanted = int_dtype(dtype, "randint")
    first, last = _integer(minval), _integer(maxval)
    sizes = common_shape(shape, "randint", first, last)
    if wanted.itemsize < 4:
        # Narrow integers are drawn in 32 bits, against bias.
        least, most = _limits(wanted)
        low, high = (_clipped(b, np.dtype("int32")) for b in (first, last))
        low, high = lax.clamp(least, low, most), lax.clamp(least, high, most + 1)
        beyond = lax.full((), False)
    else:
        low, high = _clipped(first, wanted), _clipped(last, wanted)
        # A bound above the largest integer means that the largest is included.
        beyond = (
            lax.gt(last, _limits(wanted)[1])
            if _limits(wanted)[1] < _limits(last.dtype)[1]
            else lax.full((), False)
        )
    return convert(_randint(key, *(broadcast_to(b, sizes) for b in (low, high, beyond))), wanted)


def _integer(x: ArrayLike) -> Array:
    array = to_array(x)
    return array if array.dtype in INTEGER else convert(array, default_int())


def _randint(key: Key, low: Array, high: Array, beyond: Array) -> Array:
    dtype = low.dtype
    width = 8 * dtype.itemsize
    unsigned = np.dtype(f"uint{width}")
    upper, lower = (random_bits(k, width, low.shape, "randint") for k in parts(key, 2, "randint"))
    span = lax.bitcast_convert_type(lax.sub(high, low), unsigned)
    span = lax.select(lax.le(high, low), lax.full_like(span, 1), span)
    span = lax.select(lax.bitwise_and(beyond, lax.gt(high, low)), lax.add(span, 1), span)
    # 2**width modulo the span, by way of its square root.
    factor = lax.rem(lax.full_like(span, 1 << (width // 2)), span)
    factor = lax.rem(lax.mul(factor, factor), span)
    offset = lax.add(lax.mul(lax.rem(upper, span), factor), lax.rem(lower, span))
    return lax.add(low, lax.bitcast_convert_type(lax.rem(offset, span), dtype))


@remembered
def bernoulli(key: Key, p: ArrayLike = 0.5, shape: Shape | None = None, mode: str = "low") -> Array:
    """Bools that are true with probability ``p``.

    Args:
        key: A key.
        p: Probabilities, floats.
        shape: Shape of the result, to which ``p`` broadcasts; by default that of ``p``.
        mode: ``"high"`` draws twice as many bits, for probabilities below the spacing of floats near 1.

    Raises: DTypeError if ``p`` is not of a float dtype, ValueError for an unknown mode.
    """
    chosen = mode_of(mode, "bernoulli")
    chance = to_array(p)
    if chance.dtype not in FLOATING:
        raise located(DTypeError(f"random.bernoulli: p must be of a float dtype; got {chance.aval}."))
    chance = convert(chance, chance.dtype)
    sizes = common_shape(shape, "bernoulli", chance)
    limit = broadcast_to(chance, sizes)
    if chosen == "low":
        return lax.lt(uniform_floats(key, sizes, chance.dtype, "bernoulli"), limit)
    both = uniform_floats(key, (2, *sizes), chance.dtype, "bernoulli")
    high, low = (lax.index_in_dim(both, i, 0, False) for i in (0, 1))
    return lax.lt(lax.mul(low, 2.0 ** -finfo(chance.dtype).nmant), lax.sub(limit, high))


@remembered
def rademacher(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """-1 and 1 with equal probability, by default of the default integer dtype.

    Args:
        key: A random key.
        shape: Shape of the result.
        dtype: Numeric dtype of the result.

    Raises: ShapeError for negative sizes.
    """
    wanted = default_int() if dtype is None else requested(dtype, "random.rademacher")
    drawn = convert(bernoulli(key, 0.5, shape), wanted)
    if wanted == np.bool_:
        return lax.full_like(drawn, True)
    one = 1 if wanted in INTEGER else 1.0
    return lax.sub(lax.add(drawn, drawn), one)


def geometric(key: Key, p: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Numbers of trials up to the first success, ``p * (1 - p)**(k - 1)`` for ``k >= 1``.

    Args:
        key: A key.
        p: Probability of success.
        shape: Shape of the result, to which ``p`` broadcasts; by default that of ``p``.
        dtype: An integer dtype, by default the default one.

    Raises: DTypeError if the dtype is no integer dtype.
    """
    wanted = int_dtype(dtype, "geometric")
    chance = to_array(p)
    chance = convert(chance, inexact(chance.dtype))
    sizes = common_shape(shape, "geometric", chance)
    drawn = uniform_floats(key, sizes, chance.dtype, "geometric")
    drawn = lax.select(lax.eq(drawn, 0.0), lax.full_like(drawn, 1.0), drawn)
    failure = broadcast_to(lax.log1p(lax.neg(chance)), sizes)
    return convert(lax.add(lax.floor(lax.div(lax.log(drawn), failure)), 1.0), wanted)


@remembered
def categorical(
    key: Key,
    logits: ArrayLike,
    axis: int = -1,
    shape: Shape | None = None,
    replace: bool = True,
    mode: str | None = None,
) -> Array:
    """Indices along an axis, each with a probability proportional to ``exp(logits)``.

    They are the places of the largest sums of logits and Gumbel noise; without replacement those of the several
    largest: W. Kool, H. van Hoof, M. Welling, "Stochastic beams and where to find them", ICML 2019, section 2.3.

    Args:
        key: A key.
        logits: Logarithms of probabilities that need not add up to 1.
        axis: Axis of the alternatives.
        shape: Shape of the result; its last axes are those of ``logits`` without ``axis``.
        replace: Whether an alternative can be taken again along the leading axes of ``shape``.
        mode: That of ``gumbel``.

    Raises: ShapeError if the shapes do not fit, or there are not enough alternatives.
    """
    scores = to_array(logits)
    at = axis_of(axis, scores.ndim, "random.categorical")
    batch = (*scores.shape[:at], *scores.shape[at + 1 :])
    sizes = batch if shape is None else shape_of(shape, "random.categorical")
    if broadcast_shapes(sizes, batch, where="random.categorical") != sizes:
        raise located(ShapeError(f"random.categorical: {scores.aval} does not broadcast to shape {sizes}."))
    leading = len(sizes) - len(batch)
    if not replace:
        return _distinct(key, scores, at, sizes, mode)
    drawn = list(sizes[leading:])
    drawn.insert(at, scores.shape[at])
    noise = gumbel(key, (*sizes[:leading], *drawn), inexact(scores.dtype), mode)
    return anp.argmax(anp.add(noise, scores), at + leading)


def _distinct(key: Key, scores: Array, at: int, shape: tuple[int, ...], mode: str | None) -> Array:
    """Different alternatives along the leading axes of ``shape``."""
    batch = (*scores.shape[:at], *scores.shape[at + 1 :])
    leading = shape[: len(shape) - len(batch)]
    count = math.prod(leading)
    if count > scores.shape[at]:
        raise located(
            ShapeError(
                f"random.categorical: cannot take {count} different ones of {scores.shape[at]} alternatives."
            )
        )
    if shape != (*leading, *batch):
        raise located(
            ShapeError(f"random.categorical: without replacement shape must end in {batch}; got {shape}.")
        )
    noisy = anp.add(gumbel(key, scores.shape, inexact(scores.dtype), mode), scores)
    places = lax.top_k(anp.moveaxis(noisy, at, -1), count)[1]
    return lax.reshape(anp.moveaxis(places, -1, 0), shape)
