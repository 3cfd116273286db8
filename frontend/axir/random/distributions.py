"""Continuous distributions of one variable that are elementary functions of uniform or normal numbers.

Formulas are such that the numbers equal JAX's, up to the last place where a function of the reals is involved.
Inversion of distribution functions: L. Devroye, "Non-uniform random variate generation", Springer 1986, chapter II.2.
"""

from __future__ import annotations

import math

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, shape_of
from axir._src.convert import ArrayLike, to_array
from axir._src.elementwise import broadcast_shapes
from axir._src.promotion import DTypeLike
from axir._src.remember import remembered
from axir._src.scalar_types import finfo
from axir.random.drawing import (
    common_shape,
    float_dtype,
    inexact_dtype,
    mode_of,
    normal_floats,
    parameter,
    uniform_floats,
)
from axir.random.keys import Key, parts, random_bits

__all__ = [
    "cauchy",
    "double_sided_maxwell",
    "exponential",
    "gumbel",
    "laplace",
    "logistic",
    "lognormal",
    "maxwell",
    "normal",
    "pareto",
    "rayleigh",
    "triangular",
    "truncated_normal",
    "uniform",
    "wald",
    "weibull_min",
]


@remembered
def uniform(
    key: Key,
    shape: Shape = (),
    dtype: DTypeLike = None,
    minval: ArrayLike = 0.0,
    maxval: ArrayLike = 1.0,
) -> Array:
    """Uniformly distributed floats in ``[minval, maxval)``.

    Args:
        key: A key.
        shape: Shape of the result, to which the bounds broadcast.
        dtype: A float dtype, by default the default one.
        minval, maxval: Bounds.

    Raises: DTypeError if the dtype is no float dtype.
    """
    wanted = float_dtype(dtype, "uniform")
    sizes = common_shape(shape, "uniform", minval, maxval)
    return uniform_floats(key, sizes, wanted, "uniform", minval, maxval)


@remembered
def normal(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the normal distribution of mean 0 and variance 1, ``exp(-x**2 / 2) / sqrt(2 * pi)``.

    Complex numbers have independent parts of variance 1/2.

    >>> from axir import random
    >>> print(random.normal(random.key(135), (2,)).round(4))
    [0.5798 1.2436]
    """
    wanted = inexact_dtype(dtype, "normal")
    return normal_floats(key, shape_of(shape, "random.normal"), wanted, "normal")


@remembered
def exponential(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the exponential distribution of mean 1, ``exp(-x)`` for ``x >= 0``.

    Args:
        key: A random key.
        shape: Shape of the result.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError for negative sizes.
    """
    wanted = float_dtype(dtype, "exponential")
    return exponential_floats(key, shape_of(shape, "random.exponential"), wanted, "exponential")


def exponential_floats(key: Key, shape: tuple[int, ...], dtype: np.dtype, where: str) -> Array:
    """``exponential`` with its arguments checked."""
    return lax.neg(lax.log1p(lax.neg(uniform_floats(key, shape, dtype, where))))


@remembered
def gumbel(key: Key, shape: Shape = (), dtype: DTypeLike = None, mode: str | None = None) -> Array:
    """Floats of the Gumbel distribution, ``exp(-(x + exp(-x)))``.

    Args:
        key: A key.
        shape: Shape of the result.
        dtype: A float dtype, by default the default one.
        mode: With ``"low"``, the default, numbers of float32 are at most about 16; with ``"high"`` twice as many bits
            are drawn, and they are at most about 32; ``"highest"`` has float32 numbers of full precision on both sides.

    Raises: DTypeError if the dtype is no float dtype, ValueError for an unknown mode.
    """
    wanted = float_dtype(dtype, "gumbel")
    sizes = shape_of(shape, "random.gumbel")
    chosen = mode_of(mode, "gumbel", ("highest", "high", "low"))
    if chosen == "low":
        drawn = uniform_floats(key, sizes, wanted, "gumbel", float(finfo(wanted).tiny), 1.0)
        return lax.neg(lax.log(lax.neg(lax.log(drawn))))
    if chosen == "highest" and wanted == np.float32:
        return _finest_gumbel(key, sizes)
    both = uniform_floats(key, (2, *sizes), wanted, "gumbel")
    high, low = (lax.index_in_dim(both, i, 0, False) for i in (0, 1))
    fine = lax.add(lax.add(high, lax.mul(low, 2.0 ** -finfo(wanted).nmant)), float(finfo(wanted).tiny))
    chosen_ones = lax.select(lax.ge(high, 0.5), high, fine)
    return lax.neg(lax.log(lax.neg(lax.log1p(lax.neg(chosen_ones)))))


def _finest_gumbel(key: Key, shape: tuple[int, ...]) -> Array:
    """Of fractions of 64 bits: what is next to 1 is computed from its distance to 1."""
    bits = random_bits(key, 32, (2, *shape), "gumbel")
    high, low = (lax.index_in_dim(bits, i, 0, False) for i in (0, 1))
    carry = anp.where(lax.eq(low, 0), np.uint32(1), np.uint32(0))
    is_low = lax.lt(high, 1 << 31)
    # 1 - x, which is the negative of a fixed-point number.
    high = lax.select(is_low, high, lax.add(lax.bitwise_not(high), carry))
    low = lax.select(is_low, low, lax.add(lax.bitwise_not(low), 1))
    x = _fraction(high, low)
    inner = lax.select(is_low, lax.log1p(lax.neg(x)), lax.log(x))
    return lax.neg(lax.log(lax.neg(inner)))


def _fraction(high: Array, low: Array) -> Array:
    """The float32 of ``(high * 2**32 + low) / 2**64``, rounded down."""
    zeros = lax.clz(high)
    empty = lax.eq(zeros, 32)
    shifted_low = lax.select(
        empty, lax.shift_left(low, lax.clz(low)), lax.shift_right_logical(low, lax.sub(32, zeros))
    )
    leading = lax.select(empty, lax.add(lax.clz(low), 32), zeros)
    mantissa = lax.bitwise_or(lax.shift_left(high, zeros), shifted_low)
    mantissa = lax.bitwise_and(lax.shift_right_logical(mantissa, 8), (1 << 23) - 1)
    exponent = lax.bitwise_and(lax.shift_left(lax.sub(126, leading), 23), (1 << 30) - (1 << 22))
    return lax.bitcast_convert_type(lax.bitwise_or(exponent, mantissa), np.float32)


@remembered
def laplace(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the Laplace distribution of mean 0 and scale 1, ``exp(-abs(x)) / 2``.

    Args:
        key: A random key.
        shape: Shape of the result.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError for negative sizes.
    """
    wanted = float_dtype(dtype, "laplace")
    low = -1.0 + float(finfo(wanted).epsneg)
    drawn = uniform_floats(key, shape_of(shape, "random.laplace"), wanted, "laplace", low, 1.0)
    return lax.mul(lax.sign(drawn), lax.log1p(lax.neg(lax.abs(drawn))))


@remembered
def logistic(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the logistic distribution of mean 0 and scale 1, ``exp(-x) / (1 + exp(-x))**2``.

    Args:
        key: A random key.
        shape: Shape of the result.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError for negative sizes.
    """
    wanted = float_dtype(dtype, "logistic")
    sizes = shape_of(shape, "random.logistic")
    drawn = uniform_floats(key, sizes, wanted, "logistic", float(finfo(wanted).tiny), 1.0)
    return lax.sub(lax.log(drawn), lax.log1p(lax.neg(drawn)))


@remembered
def cauchy(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the Cauchy distribution of median 0 and scale 1, ``1 / (pi * (1 + x**2))``.

    Args:
        key: A random key.
        shape: Shape of the result.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError for negative sizes.
    """
    wanted = float_dtype(dtype, "cauchy")
    sizes = shape_of(shape, "random.cauchy")
    drawn = uniform_floats(key, sizes, wanted, "cauchy", float(finfo(wanted).eps), 1.0)
    return lax.tan(lax.mul(lax.sub(drawn, 0.5), math.pi))


def pareto(key: Key, b: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the Pareto distribution of shape ``b``, ``b / x**(b + 1)`` for ``x >= 1``.

    Args:
        key: A random key.
        b: Positive numbers.
        shape: Shape of the result, to which the parameters broadcast; by default theirs.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError if the parameters do not broadcast to ``shape``.
    """
    wanted = float_dtype(dtype, "pareto")
    sizes = common_shape(shape, "pareto", b)
    drawn = exponential_floats(key, sizes, wanted, "pareto")
    return lax.exp(lax.div(drawn, parameter(b, wanted, sizes, "pareto")))


def rayleigh(key: Key, scale: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the Rayleigh distribution, ``x / scale**2 * exp(-x**2 / (2 * scale**2))`` for ``x >= 0``.

    Args:
        key: A random key.
        scale: Positive numbers.
        shape: Shape of the result, to which the parameters broadcast; by default theirs.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError if the parameters do not broadcast to ``shape``.
    """
    wanted = float_dtype(dtype, "rayleigh")
    sizes = common_shape(shape, "rayleigh", scale)
    drawn = uniform_floats(key, sizes, wanted, "rayleigh")
    root = lax.sqrt(lax.mul(lax.log(drawn), -2.0))
    return lax.mul(parameter(scale, wanted, sizes, "rayleigh"), root)


def weibull_min(
    key: Key, scale: ArrayLike, concentration: ArrayLike, shape: Shape = (), dtype: DTypeLike = None
) -> Array:
    """Floats of the Weibull distribution of minima, proportional to ``z**(c - 1) * exp(-z**c)`` for ``z = x / scale``.

    Args:
        key: A key.
        scale: Scale.
        concentration: The exponent ``c``.
        shape: How many numbers are drawn; parameters of other shapes share them by broadcasting.
        dtype: A float dtype, by default the default one.
    """
    wanted = float_dtype(dtype, "weibull_min")
    drawn = uniform_floats(key, shape_of(shape, "random.weibull_min"), wanted, "weibull_min")
    hazard = lax.neg(lax.log1p(lax.neg(drawn)))
    return anp.multiply(anp.power(hazard, anp.divide(1.0, concentration)), scale)


def lognormal(key: Key, sigma: ArrayLike = 1.0, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Exponentials of normally distributed numbers of standard deviation ``sigma``.

    The density is ``exp(-log(x)**2 / (2 * sigma**2)) / (x * sigma * sqrt(2 * pi))`` for ``x > 0``.
    """
    wanted = inexact_dtype(dtype, "lognormal")
    sizes = common_shape(shape, "lognormal", sigma)
    drawn = normal_floats(key, sizes, wanted, "lognormal")
    return lax.exp(lax.mul(drawn, parameter(sigma, wanted, sizes, "lognormal")))


def triangular(
    key: Key,
    left: ArrayLike,
    mode: ArrayLike,
    right: ArrayLike,
    shape: Shape | None = None,
    dtype: DTypeLike = None,
) -> Array:
    """Floats of the triangular distribution on ``[left, right]``.

    The density rises from 0 at ``left`` to ``2 / (right - left)`` at ``mode`` and falls to 0 at ``right``.
    """
    wanted = float_dtype(dtype, "triangular")
    sizes = common_shape(shape, "triangular", left, mode, right)
    a, c, b = (parameter(x, wanted, sizes, "triangular") for x in (left, mode, right))
    drawn = uniform_floats(key, sizes, wanted, "triangular")
    width = lax.sub(b, a)
    rising = lax.add(a, lax.sqrt(lax.mul(lax.mul(drawn, width), lax.sub(c, a))))
    falling = lax.sub(b, lax.sqrt(lax.mul(lax.mul(lax.sub(1.0, drawn), width), lax.sub(b, c))))
    return lax.select(lax.lt(drawn, lax.div(lax.sub(c, a), width)), rising, falling)


@remembered
def truncated_normal(
    key: Key,
    lower: ArrayLike,
    upper: ArrayLike,
    shape: Shape | None = None,
    dtype: DTypeLike = None,
) -> Array:
    """Normally distributed floats between ``lower`` and ``upper``, both excluded: a density like ``exp(-x**2 / 2)``.

    Args:
        key: A random key.
        lower, upper: Limits, which broadcast.
        shape: Shape of the result, to which the parameters broadcast; by default theirs.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError if the parameters do not broadcast to ``shape``.
    """
    wanted = float_dtype(dtype, "truncated_normal")
    sizes = common_shape(shape, "truncated_normal", lower, upper)
    low, high = parameter(lower, wanted, sizes), parameter(upper, wanted, sizes)
    root = float(np.array(math.sqrt(2), wanted))
    bounds = [lax.erf(lax.div(b, root)) for b in (low, high)]
    drawn = uniform_floats(key, sizes, wanted, "truncated_normal", bounds[0], bounds[1])
    found = lax.mul(lax.erf_inv(drawn), root)
    # Rounding must not reach the bounds.
    inside = [
        lax.nextafter(lax.stop_gradient(b), lax.full_like(b, away))
        for b, away in ((low, math.inf), (high, -math.inf))
    ]
    return lax.clamp(inside[0], found, inside[1])


def maxwell(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Lengths of vectors of three normally distributed numbers.

    The density is proportional to ``x**2 * exp(-x**2 / 2)`` for ``x >= 0``.
    """
    wanted = float_dtype(dtype, "maxwell")
    return _maxwell(key, shape_of(shape, "random.maxwell"), wanted, "maxwell")


def _maxwell(key: Key, shape: tuple[int, ...], dtype: np.dtype, where: str) -> Array:
    drawn = normal_floats(key, (*shape, 3), dtype, where)
    return lax.sqrt(anp.sum(lax.mul(drawn, drawn), -1))


def double_sided_maxwell(
    key: Key, loc: ArrayLike, scale: ArrayLike, shape: Shape = (), dtype: DTypeLike = None
) -> Array:
    """Floats with a density proportional to ``z**2 * exp(-z**2 / 2)`` for ``z = (x - loc) / scale``.

    Args:
        key: A key.
        loc, scale: Centre and scale.
        shape: Axes in front of the common ones of ``loc`` and ``scale``; without any the latter come twice, as in JAX.
        dtype: A float dtype, by default the default one.
    """
    where = "double_sided_maxwell"
    wanted = float_dtype(dtype, where)
    own = broadcast_shapes(to_array(loc).shape, to_array(scale).shape, where=f"random.{where}")
    sizes = (*(shape_of(shape, f"random.{where}") or own), *own)
    lengths, signs = parts(key, 2, where)
    positive = lax.lt(uniform_floats(signs, sizes, anp.result_type(float), where), 0.5)
    found = _maxwell(lengths, sizes, wanted, where)
    return anp.add(anp.multiply(lax.select(positive, found, lax.neg(found)), scale), loc)


def wald(key: Key, mean: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the Wald (inverse Gaussian) distribution, for ``x > 0``.

    The density is ``exp(-(x - mean)**2 / (2 * mean**2 * x)) / sqrt(2 * pi * x**3)``. J. R. Michael, W. R. Schucany,
    R. W. Haas, "Generating random variates using transformations with multiple roots", The American Statistician 30,
    1976.
    """
    wanted = float_dtype(dtype, "wald")
    sizes = common_shape(shape, "wald", mean)
    mu = parameter(mean, wanted, sizes, "wald")
    first, second = parts(key, 2, "wald")
    z = normal_floats(first, sizes, wanted, "wald")
    y = lax.mul(z, z)
    squared = lax.mul(mu, mu)
    root = lax.sqrt(lax.add(lax.mul(lax.mul(mu, 4.0), y), lax.mul(squared, lax.mul(y, y))))
    x = lax.sub(lax.add(mu, lax.div(lax.mul(squared, y), 2.0)), lax.mul(lax.div(mu, 2.0), root))
    drawn = uniform_floats(second, sizes, wanted, "wald")
    return lax.select(lax.le(drawn, lax.div(mu, lax.add(mu, x))), x, lax.div(squared, x))
