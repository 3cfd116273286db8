"""Functions of neural networks."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Axes, axis_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to, promoted
from axir._src.promotion import DTypeLike, default_float, inexact, requested

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "leaky_relu",
    "log_sigmoid",
    "log_softmax",
    "logsumexp",
    "mish",
    "one_hot",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_sign",
    "softmax",
    "softplus",
    "squareplus",
    "standardize",
    "swish",
    "tanh",
]


def _real(x: ArrayLike) -> Array:
    array = to_array(x)
    return convert(array, inexact(array.dtype), array.weak_type)


def relu(x: ArrayLike) -> Array:
    """``max(x, 0)``; the derivative at 0 is 0."""
    array = to_array(x)
    zero = lax.full_like(array, 0)
    return lax.select(lax.gt(array, zero), array, lax.select(lax.ne(array, array), array, zero))


def relu6(x: ArrayLike) -> Array:
    """``min(max(x, 0), 6)``."""
    return anp.minimum(relu(x), 6)


def sigmoid(x: ArrayLike) -> Array:
    """``1 / (1 + exp(-x))``."""
    return lax.logistic(_real(x))


def log_sigmoid(x: ArrayLike) -> Array:
    """``log(sigmoid(x))`` without underflow."""
    return lax.neg(softplus(lax.neg(_real(x))))


def softplus(x: ArrayLike) -> Array:
    """``log(1 + exp(x))`` without overflow."""
    return anp.logaddexp(_real(x), 0.0)


def soft_sign(x: ArrayLike) -> Array:
    """``x / (1 + |x|)``."""
    array = _real(x)
    return lax.div(array, lax.add(lax.abs(array), 1.0))


def silu(x: ArrayLike) -> Array:
    """``x * sigmoid(x)``."""
    array = _real(x)
    return lax.mul(array, sigmoid(array))


swish = silu


def tanh(x: ArrayLike) -> Array:
    """Hyperbolic tangent."""
    return lax.tanh(_real(x))


def mish(x: ArrayLike) -> Array:
    """``x * tanh(softplus(x))``."""
    array = _real(x)
    return lax.mul(array, lax.tanh(softplus(array)))


def hard_tanh(x: ArrayLike) -> Array:
    """``x`` limited to [-1, 1]."""
    return anp.clip(_real(x), -1, 1)


def hard_sigmoid(x: ArrayLike) -> Array:
    """``relu6(x + 3) / 6``."""
    return lax.div(relu6(lax.add(_real(x), 3.0)), 6.0)


def hard_silu(x: ArrayLike) -> Array:
    """``x * hard_sigmoid(x)``."""
    array = _real(x)
    return lax.mul(array, hard_sigmoid(array))


hard_swish = hard_silu


def leaky_relu(x: ArrayLike, negative_slope: ArrayLike = 1e-2) -> Array:
    """``x``, times ``negative_slope`` where negative."""
    array = _real(x)
    return anp.where(lax.ge(array, 0.0), array, anp.multiply(negative_slope, array))


def _exponential_unit(x: Array, alpha: ArrayLike, scale: Callable[[Array], Array]) -> Array:
    """``x``, and ``alpha * expm1(scale(x))`` where negative; the unused branch must not overflow."""
    positive = lax.gt(x, 0.0)
    safe = lax.select(positive, lax.full_like(x, 0), x)
    return anp.where(positive, x, anp.multiply(alpha, lax.expm1(scale(safe))))


def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """``x``, and ``alpha * (exp(x) - 1)`` where negative."""
    return _exponential_unit(_real(x), alpha, lambda v: v)


def celu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """``x``, and ``alpha * (exp(x / alpha) - 1)`` where negative."""
    return _exponential_unit(_real(x), alpha, lambda v: anp.divide(v, alpha))


def selu(x: ArrayLike) -> Array:
    """Scaled ``elu`` under which means and variances converge to 0 and 1.

    G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural networks", NIPS 2017.
    """
    return anp.multiply(1.0507009873554804934193349852946, elu(x, 1.6732632423543772848170429916717))


def gelu(x: ArrayLike, approximate: bool = True) -> Array:
    """``x`` times the normal distribution function of ``x``, or its approximation by tanh.

    D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016.
    """
    array = _real(x)
    if not approximate:
        return lax.mul(lax.mul(array, 0.5), lax.erfc(lax.mul(array, -math.sqrt(0.5))))
    cubic = lax.add(array, lax.mul(lax.integer_pow(array, 3), 0.044715))
    factor = lax.add(lax.tanh(lax.mul(cubic, math.sqrt(2 / math.pi))), 1.0)
    return lax.mul(array, lax.mul(factor, 0.5))


def glu(x: ArrayLike, axis: int = -1) -> Array:
    """First half of an axis times the sigmoid of the second.

    Raises: ShapeError if the size is odd.
    """
    first, second = anp.split(_real(x), 2, axis)
    return lax.mul(first, sigmoid(second))


def squareplus(x: ArrayLike, b: ArrayLike = 4) -> Array:
    """``(x + sqrt(x**2 + b)) / 2``."""
    array = _real(x)
    return lax.div(lax.add(array, lax.sqrt(anp.add(lax.integer_pow(array, 2), b))), 2.0)


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
        x, factors = _real(a), None
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


def _shifted(x: ArrayLike, axis: Axes, where: ArrayLike | None) -> Array:
    """``x`` minus its largest element, which leaves ``softmax`` as it is."""
    array = _real(x)
    largest = anp.max(array, axis, keepdims=True, where=where, initial=-math.inf)
    return lax.sub(array, broadcast_to(lax.stop_gradient(largest), array.shape))


def softmax(x: ArrayLike, axis: Axes = -1, where: ArrayLike | None = None) -> Array:
    """``exp(x)`` along axes, scaled so that the sum is 1; 0 where a mask leaves elements out."""
    powers = lax.exp(_shifted(x, axis, where))
    if where is not None:
        powers = anp.where(where, powers, 0)
    return anp.divide(powers, anp.sum(powers, axis, keepdims=True))


def log_softmax(x: ArrayLike, axis: Axes = -1, where: ArrayLike | None = None) -> Array:
    """``log(softmax(x))`` without underflow; -inf where a mask leaves elements out."""
    shifted = _shifted(x, axis, where)
    total = anp.sum(lax.exp(shifted), axis, keepdims=True, where=where)
    found = anp.subtract(shifted, lax.log(total))
    return found if where is None else anp.where(where, found, -math.inf)


def standardize(
    x: ArrayLike,
    axis: Axes = -1,
    mean: ArrayLike | None = None,
    variance: ArrayLike | None = None,
    epsilon: ArrayLike = 1e-5,
    where: ArrayLike | None = None,
) -> Array:
    """``x`` scaled to mean 0 and variance 1 along axes."""
    array = _real(x)
    center = anp.mean(array, axis, keepdims=True, where=where) if mean is None else mean
    if variance is None:
        squares = anp.mean(lax.integer_pow(array, 2), axis, keepdims=True, where=where)
        variance = anp.subtract(squares, anp.square(center))
    return anp.multiply(anp.subtract(array, center), lax.rsqrt(_real(anp.add(variance, epsilon))))


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
