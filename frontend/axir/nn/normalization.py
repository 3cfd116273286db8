"""Functions of whole axes: logarithms of sums, softmax, normalization, and classes as unit vectors."""

from __future__ import annotations

import math

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Axes, axis_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to, promoted
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_float, requested
from axir._src.remember import remembered
from axir.nn.activations import real
from axir_compiler.errors import ShapeError

__all__ = ["log_softmax", "logmeanexp", "logsumexp", "one_hot", "softmax", "standardize"]


@remembered
def logsumexp(
    a: ArrayLike,
    axis: Axes = None,
    b: ArrayLike | None = None,
    keepdims: bool = False,
    return_sign: bool = False,
    where: ArrayLike | None = None,
) -> Array | tuple[Array, Array]:
    """``log(sum(b * exp(a)))`` along axes without overflow.

    Args:
        a: Array.
        axis: Axis or axes, by default all.
        b: Factors that broadcast; 1 if not given.
        keepdims: Whether the axes stay, with size 1.
        return_sign: Whether to give the logarithm of the absolute value, and the sign; without it a negative sum
            is NaN.
        where: Mask of the elements that take part.
    """
    if b is None:
        x, factors = real(a), None
    else:
        (x, factors), _ = promoted(a, b, to_float=True)
        # Elements without weight must not set the scale.
        x = anp.where(anp.equal(factors, 0), -math.inf, x)
    largest = anp.max(x, axis, keepdims=True, where=where, initial=-math.inf)
    largest = lax.stop_gradient(lax.select(lax.is_finite(largest), largest, lax.full_like(largest, 0)))
    terms = lax.exp(anp.subtract(x, largest))
    if factors is not None:
        terms = anp.multiply(factors, terms)
    total = anp.sum(terms, axis, keepdims=keepdims, where=where)
    shift = largest if keepdims else lax.reshape(largest, total.shape)
    if not return_sign:
        return lax.add(lax.log(total), shift)
    return lax.add(lax.log(lax.abs(total)), shift), lax.sign(total)


@remembered
def logmeanexp(
    x: ArrayLike, axis: Axes = None, where: ArrayLike | None = None, keepdims: bool = False
) -> Array:
    """``log(mean(exp(x)))`` along axes without overflow; see ``logsumexp``.

    Args:
        x: Floats ``f[..., n, ...]``; integers become floats.
        axis: Axis or axes that are taken together, by default all.
        where: Bools that broadcast to ``x``: the elements that count; by default all.
        keepdims: Whether the axes stay, with size 1.

    Raises: AxisError; ShapeError if ``where`` does not broadcast.
    """
    total = logsumexp(x, axis, keepdims=keepdims, where=where)
    assert isinstance(total, Array)
    taking_part = anp.ones(anp.shape(x), total.dtype)
    count = anp.sum(taking_part, axis, keepdims=keepdims, where=where)
    return lax.sub(total, lax.log(count))


def _shifted(x: ArrayLike, axis: Axes, where: ArrayLike | None) -> Array:
    """``x`` minus its largest element, which leaves ``softmax`` as it is."""
    array = real(x)
    largest = anp.max(array, axis, keepdims=True, where=where, initial=-math.inf)
    return lax.sub(array, broadcast_to(lax.stop_gradient(largest), array.shape))


@remembered
def softmax(x: ArrayLike, axis: Axes = -1, where: ArrayLike | None = None) -> Array:
    """``exp(x)`` along axes, scaled so that the sum is 1; 0 where a mask leaves elements out.

    Args:
        x: Floats ``f[..., n, ...]``; integers become floats.
        axis: Axis or axes that are taken together; None for all.
        where: Bools that broadcast to ``x``: the elements that count; by default all.

    Returns: array of the shape of ``x``.

    Raises: AxisError; ShapeError if ``where`` does not broadcast.
    """
    powers = lax.exp(_shifted(x, axis, where))
    if where is not None:
        powers = anp.where(where, powers, 0)
    return anp.divide(powers, anp.sum(powers, axis, keepdims=True))


@remembered
def log_softmax(x: ArrayLike, axis: Axes = -1, where: ArrayLike | None = None) -> Array:
    """``log(softmax(x))`` without underflow; -inf where a mask leaves elements out.

    Args:
        x: Floats ``f[..., n, ...]``; integers become floats.
        axis: Axis or axes that are taken together; None for all.
        where: Bools that broadcast to ``x``: the elements that count; by default all.

    Returns: array of the shape of ``x``.

    Raises: AxisError; ShapeError if ``where`` does not broadcast.
    """
    shifted = _shifted(x, axis, where)
    total = anp.sum(lax.exp(shifted), axis, keepdims=True, where=where)
    found = anp.subtract(shifted, lax.log(total))
    return found if where is None else anp.where(where, found, -math.inf)


@remembered
def standardize(
    x: ArrayLike,
    axis: Axes = -1,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    epsilon: ArrayLike = 1e-5,
    where: ArrayLike | None = None,
    algorithm: str = "fast",
) -> Array:
    """``x`` scaled to mean 0 and variance 1 along axes.

    The ``"fast"`` variance ``mean(x**2) - mean(x)**2`` is 0 where rounding makes it negative; the ``"stable"`` one is
    ``mean((x - mean(x))**2)``.

    Raises: ShapeError (a ValueError) for another ``algorithm``.
    """
    array = real(x)
    if algorithm not in ("fast", "stable"):
        raise located(ShapeError(f"standardize: algorithm must be 'fast' or 'stable'; got {algorithm!r}."))
    center = anp.mean(array, axis, keepdims=True, where=where) if mean is None else mean
    if variance is None and algorithm == "stable":
        variance = anp.mean(anp.square(anp.subtract(array, center)), axis, keepdims=True, where=where)
    elif variance is None:
        squares = anp.mean(lax.integer_pow(array, 2), axis, keepdims=True, where=where)
        variance = anp.maximum(anp.subtract(squares, anp.square(center)), 0)
    return anp.multiply(anp.subtract(array, center), lax.rsqrt(real(anp.add(variance, epsilon))))


@remembered
def one_hot(x: ArrayLike, num_classes: int, *, dtype: DTypeLike = None, axis: int = -1) -> Array:
    """1 at position ``x`` of a new axis, 0 elsewhere; all 0 if ``x`` is outside ``[0, num_classes)``.

    Args:
        x: Integers.
        num_classes: Static size of the new axis.
        dtype: By default the default float dtype.
        axis: The new axis.
    """
    index = to_array(x)
    at = axis_of(axis, index.ndim + 1, "one_hot")
    column = [1] * (index.ndim + 1)
    column[at] = num_classes
    classes = lax.reshape(
        lax.iota(index.dtype if index.dtype.kind in "iu" else np.dtype("int32"), num_classes), column
    )
    wanted = default_float() if dtype is None else requested(dtype, "one_hot")
    return convert(anp.equal(lax.expand_dims(index, (at,)), classes), wanted)
