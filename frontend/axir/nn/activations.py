"""Activations: functions of each element."""

from __future__ import annotations

import math
from collections.abc import Callable

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.custom import custom_jvp
from axir._src.promotion import inexact
from axir._src.remember import remembered

__all__ = [
    "celu",
    "elu",
    "gelu",
    "glu",
    "hard_sigmoid",
    "hard_silu",
    "hard_swish",
    "hard_tanh",
    "identity",
    "leaky_relu",
    "log1mexp",
    "log_sigmoid",
    "mish",
    "relu",
    "relu6",
    "selu",
    "sigmoid",
    "silu",
    "soft_sign",
    "softplus",
    "sparse_plus",
    "sparse_sigmoid",
    "squareplus",
    "swish",
    "tanh",
]


def real(x: ArrayLike) -> Array:
    """An array of numbers that are not integers."""
    array = to_array(x)
    return convert(array, inexact(array.dtype), array.weak_type)


def identity(x: ArrayLike) -> Array:
    """``x`` as it is."""
    return to_array(x)


@remembered
def relu(x: ArrayLike) -> Array:
    """``max(x, 0)``; the derivative at 0 is 0."""
    array = to_array(x)
    zero = lax.full_like(array, 0)
    return lax.select(lax.gt(array, zero), array, lax.select(lax.ne(array, array), array, zero))


@remembered
def relu6(x: ArrayLike) -> Array:
    """``min(max(x, 0), 6)``."""
    return anp.minimum(relu(x), 6.0)


@remembered
def sigmoid(x: ArrayLike) -> Array:
    """``1 / (1 + exp(-x))``."""
    return lax.logistic(real(x))


@remembered
def log_sigmoid(x: ArrayLike) -> Array:
    """``log(sigmoid(x))`` without underflow."""
    return lax.neg(softplus(lax.neg(real(x))))


@remembered
def softplus(x: ArrayLike) -> Array:
    """``log(1 + exp(x))`` without overflow."""
    return anp.logaddexp(real(x), 0.0)


@remembered
def soft_sign(x: ArrayLike) -> Array:
    """``x / (1 + |x|)``."""
    array = real(x)
    return lax.div(array, lax.add(lax.abs(array), 1.0))


@remembered
def silu(x: ArrayLike) -> Array:
    """``x * sigmoid(x)``."""
    array = real(x)
    return lax.mul(array, sigmoid(array))


swish = silu


def tanh(x: ArrayLike) -> Array:
    """Hyperbolic tangent."""
    return lax.tanh(real(x))


@remembered
def mish(x: ArrayLike) -> Array:
    """``x * tanh(softplus(x))``."""
    array = real(x)
    return lax.mul(array, lax.tanh(softplus(array)))


@remembered
def hard_tanh(x: ArrayLike) -> Array:
    """``x`` limited to [-1, 1]."""
    return anp.clip(real(x), -1, 1)


@remembered
def hard_sigmoid(x: ArrayLike) -> Array:
    """``relu6(x + 3) / 6``."""
    return lax.div(relu6(lax.add(real(x), 3.0)), 6.0)


@remembered
def hard_silu(x: ArrayLike) -> Array:
    """``x * hard_sigmoid(x)``."""
    array = real(x)
    return lax.mul(array, hard_sigmoid(array))


hard_swish = hard_silu


@remembered
def leaky_relu(x: ArrayLike, negative_slope: ArrayLike = 1e-2) -> Array:
    """``x``, times ``negative_slope`` where negative."""
    array = real(x)
    return anp.where(lax.ge(array, 0.0), array, anp.multiply(negative_slope, array))


def _exponential_unit(x: Array, alpha: ArrayLike, scale: Callable[[Array], Array]) -> Array:
    """``x``, and ``alpha * expm1(scale(x))`` where negative; the unused branch must not overflow."""
    positive = lax.gt(x, 0.0)
    safe = lax.select(positive, lax.full_like(x, 0), x)
    return anp.where(positive, x, anp.multiply(alpha, lax.expm1(scale(safe))))


@remembered
def elu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """``x``, and ``alpha * (exp(x) - 1)`` where negative."""
    return _exponential_unit(real(x), alpha, lambda v: v)


@remembered
def celu(x: ArrayLike, alpha: ArrayLike = 1.0) -> Array:
    """``x``, and ``alpha * (exp(x / alpha) - 1)`` where negative."""
    return _exponential_unit(real(x), alpha, lambda v: anp.divide(v, alpha))


@remembered
def selu(x: ArrayLike) -> Array:
    """Scaled ``elu`` under which means and variances converge to 0 and 1.

    G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural networks", NIPS 2017.
    """
    return anp.multiply(1.0507009873554804934193349852946, elu(x, 1.6732632423543772848170429916717))


@remembered
def gelu(x: ArrayLike, approximate: bool = True) -> Array:
    """``x`` times the normal distribution function of ``x``, or its approximation by tanh.

    D. Hendrycks, K. Gimpel, "Gaussian error linear units", 2016.
    """
    array = real(x)
    if not approximate:
        return lax.mul(lax.mul(array, 0.5), lax.erfc(lax.mul(array, -math.sqrt(0.5))))
    cubic = lax.add(array, lax.mul(lax.integer_pow(array, 3), 0.044715))
    factor = lax.add(lax.tanh(lax.mul(cubic, math.sqrt(2 / math.pi))), 1.0)
    return lax.mul(array, lax.mul(factor, 0.5))


@remembered
def glu(x: ArrayLike, axis: int = -1) -> Array:
    """First half of an axis times the sigmoid of the second.

    Raises: ShapeError if the size is odd.
    """
    first, second = anp.split(real(x), 2, axis)
    return lax.mul(first, sigmoid(second))


@remembered
def squareplus(x: ArrayLike, b: ArrayLike = 4) -> Array:
    """``(x + sqrt(x**2 + b)) / 2``."""
    array = real(x)
    return lax.div(lax.add(array, lax.sqrt(anp.add(lax.integer_pow(array, 2), b))), 2.0)


@remembered
def sparse_plus(x: ArrayLike) -> Array:
    """0 up to -1, ``(x + 1)**2 / 4`` up to 1, ``x`` above: ``softplus`` with an output that is 0.

    M. Blondel, A. Martins, V. Niculae, "Learning with Fenchel-Young losses", JMLR 2020.
    """
    array = real(x)
    middle = lax.div(lax.integer_pow(lax.add(array, 1.0), 2), 4.0)
    return anp.where(lax.le(array, -1.0), 0.0, anp.where(lax.ge(array, 1.0), array, middle))


@remembered
def sparse_sigmoid(x: ArrayLike) -> Array:
    """``(x + 1) / 2`` limited to [0, 1]: the derivative of ``sparse_plus``."""
    return lax.mul(anp.clip(lax.add(real(x), 1.0), 0.0, 2.0), 0.5)


@custom_jvp
def _log1mexp(x: Array) -> Array:
    near = lax.log(lax.neg(lax.expm1(lax.neg(x))))
    far = lax.log1p(lax.neg(lax.exp(lax.neg(x))))
    return lax.select(lax.lt(x, math.log(2)), near, far)


# The derivative of the branch that is not taken is no number at 0 and infinity.
_log1mexp.defjvps(lambda dx, result, x: lax.div(dx, lax.expm1(x)))


@remembered
def log1mexp(x: ArrayLike) -> Array:
    """``log(1 - exp(-x))`` without cancellation; NaN for negative ``x``.

    M. Maechler, "Accurately computing log(1 - exp(-|a|))", 2012: ``expm1`` below log(2), ``log1p`` above.
    """
    return _log1mexp(real(x))
