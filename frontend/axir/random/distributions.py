"""Random numbers of several distributions, each a function of uniform bits.

Formulas are such that the numbers equal JAX's, up to the last place where a function of the reals is involved.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, axis_of, shape_of
from axir._src.convert import ArrayLike, convert, is_number, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_float, default_int, inexact, requested
from axir._src.scalar_types import finfo
from axir.random.keys import Key, parts, random_bits
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import FLOATING, INTEGER

__all__ = [
    "bernoulli",
    "categorical",
    "cauchy",
    "exponential",
    "gumbel",
    "laplace",
    "logistic",
    "lognormal",
    "normal",
    "pareto",
    "rademacher",
    "randint",
    "rayleigh",
    "triangular",
    "truncated_normal",
    "uniform",
    "weibull_min",
]


def _float_dtype(dtype: DTypeLike, where: str) -> np.dtype:
    wanted = default_float() if dtype is None else requested(dtype, f"random.{where}")
    if wanted not in FLOATING:
        raise located(DTypeError(f"random.{where}: dtype must be a float dtype; got {wanted}."))
    return wanted


def _shape(shape: Shape | None, where: str, *parameters: ArrayLike) -> tuple[int, ...]:
    """The shape of the result, to which the parameters must broadcast; by default their common one."""
    shapes = [to_array(p).shape for p in parameters]
    if shape is None:
        return broadcast_shapes(*shapes, where=f"random.{where}")
    target = shape_of(shape, f"random.{where}")
    if broadcast_shapes(target, *shapes, where=f"random.{where}") != target:
        given = ", ".join(map(str, shapes))
        raise located(
            ShapeError(f"random.{where}: parameters of shapes {given} do not broadcast to {target}.")
        )
    return target


def _parameter(x: ArrayLike, dtype: np.dtype, shape: tuple[int, ...]) -> Array:
    return broadcast_to(convert(to_array(x), dtype), shape)


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
    wanted = _float_dtype(dtype, "uniform")
    sizes = _shape(shape, "uniform", minval, maxval)
    return _uniform(key, sizes, wanted, minval, maxval, "uniform")


def _uniform(
    key: Key, shape: tuple[int, ...], dtype: np.dtype, minval: Any, maxval: Any, where: str
) -> Array:
    """Random bits as the mantissa of a float in [1, 2), shifted and scaled to the bounds."""
    width, mantissa = 8 * dtype.itemsize, finfo(dtype).nmant
    drawn = 8 if mantissa < 8 else width
    bits = convert(random_bits(key, drawn, shape, where), np.dtype(f"uint{width}"))
    one = int(np.array(1, dtype).view(f"uint{width}"))
    pattern = lax.bitwise_or(lax.shift_right_logical(bits, drawn - mantissa), one)
    unit = lax.sub(lax.bitcast_convert_type(pattern, dtype), 1.0)
    if is_number(minval) and is_number(maxval) and (minval, maxval) == (0, 1):
        return unit
    low, high = _parameter(minval, dtype, shape), _parameter(maxval, dtype, shape)
    return lax.max(low, lax.add(lax.mul(unit, lax.sub(high, low)), low))


def normal(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Normally distributed floats of mean 0 and variance 1.

    >>> from axir import random
    >>> random.normal(random.key(135), (2,))
    Array([0.5797745, 1.2436472], dtype=float32)
    """
    wanted = _float_dtype(dtype, "normal")
    return _normal(key, shape_of(shape, "random.normal"), wanted, "normal")


def _normal(key: Key, shape: tuple[int, ...], dtype: np.dtype, where: str) -> Array:
    low = np.nextafter(np.array(-1, dtype), np.array(0, dtype))
    drawn = _uniform(key, shape, dtype, float(low), 1.0, where)
    return lax.mul(lax.erf_inv(drawn), float(np.array(math.sqrt(2), dtype)))


def _limits(dtype: np.dtype) -> tuple[int, int]:
    info = np.iinfo(dtype)
    return int(info.min), int(info.max)


def _clipped(x: Array, dtype: np.dtype) -> Array:
    """An integer in another integer dtype, limited to its range."""
    low, high = _limits(x.dtype)
    least, most = _limits(dtype)
    limited = x if least <= low and high <= most else lax.clamp(max(low, least), x, min(high, most))
    return convert(limited, dtype)


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
    wanted = default_int() if dtype is None else requested(dtype, "random.randint")
    if wanted not in INTEGER:
        raise located(DTypeError(f"random.randint: dtype must be an integer dtype; got {wanted}."))
    first, last = _integer(minval), _integer(maxval)
    sizes = _shape(shape, "randint", first, last)
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


def bernoulli(key: Key, p: ArrayLike = 0.5, shape: Shape | None = None) -> Array:
    """Bools that are true with probability ``p``; by default of its shape."""
    chance = to_array(p)
    chance = convert(chance, inexact(chance.dtype))
    sizes = _shape(shape, "bernoulli", chance)
    return lax.lt(_uniform(key, sizes, chance.dtype, 0.0, 1.0, "bernoulli"), broadcast_to(chance, sizes))


def rademacher(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """-1 and 1 with equal probability, by default of the default integer dtype."""
    wanted = default_int() if dtype is None else requested(dtype, "random.rademacher")
    drawn = convert(bernoulli(key, 0.5, shape), wanted)
    one = 1.0 if wanted in FLOATING else 1
    return lax.sub(lax.add(drawn, drawn), one)


def exponential(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Exponentially distributed floats of mean 1."""
    wanted = _float_dtype(dtype, "exponential")
    drawn = _uniform(key, shape_of(shape, "random.exponential"), wanted, 0.0, 1.0, "exponential")
    return lax.neg(lax.log1p(lax.neg(drawn)))


def gumbel(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the Gumbel distribution, ``-log(-log(u))``."""
    wanted = _float_dtype(dtype, "gumbel")
    sizes = shape_of(shape, "random.gumbel")
    drawn = _uniform(key, sizes, wanted, float(finfo(wanted).tiny), 1.0, "gumbel")
    return lax.neg(lax.log(lax.neg(lax.log(drawn))))


def laplace(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the Laplace distribution of mean 0 and scale 1."""
    wanted = _float_dtype(dtype, "laplace")
    low = -1.0 + float(finfo(wanted).epsneg)
    drawn = _uniform(key, shape_of(shape, "random.laplace"), wanted, low, 1.0, "laplace")
    return lax.mul(lax.sign(drawn), lax.log1p(lax.neg(lax.abs(drawn))))


def logistic(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the logistic distribution of mean 0 and scale 1."""
    wanted = _float_dtype(dtype, "logistic")
    sizes = shape_of(shape, "random.logistic")
    drawn = _uniform(key, sizes, wanted, float(finfo(wanted).tiny), 1.0, "logistic")
    return lax.sub(lax.log(drawn), lax.log1p(lax.neg(drawn)))


def cauchy(key: Key, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the Cauchy distribution of median 0 and scale 1."""
    wanted = _float_dtype(dtype, "cauchy")
    sizes = shape_of(shape, "random.cauchy")
    drawn = _uniform(key, sizes, wanted, float(finfo(wanted).eps), 1.0, "cauchy")
    return lax.tan(lax.mul(lax.sub(drawn, 0.5), math.pi))


def pareto(key: Key, b: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the Pareto distribution of shape ``b``, at least 1."""
    wanted = _float_dtype(dtype, "pareto")
    sizes = _shape(shape, "pareto", b)
    return lax.exp(lax.div(exponential(key, sizes, wanted), _parameter(b, wanted, sizes)))


def rayleigh(key: Key, scale: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the Rayleigh distribution."""
    wanted = _float_dtype(dtype, "rayleigh")
    sizes = _shape(shape, "rayleigh", scale)
    drawn = _uniform(key, sizes, wanted, 0.0, 1.0, "rayleigh")
    return lax.mul(_parameter(scale, wanted, sizes), lax.sqrt(lax.mul(lax.log(drawn), -2.0)))


def weibull_min(
    key: Key, scale: ArrayLike, concentration: ArrayLike, shape: Shape = (), dtype: DTypeLike = None
) -> Array:
    """Floats of the Weibull distribution of minima."""
    wanted = _float_dtype(dtype, "weibull_min")
    sizes = _shape(shape, "weibull_min", scale, concentration)
    drawn = _uniform(key, sizes, wanted, 0.0, 1.0, "weibull_min")
    exponent = lax.div(1.0, _parameter(concentration, wanted, sizes))
    return lax.mul(lax.pow(lax.neg(lax.log1p(lax.neg(drawn))), exponent), _parameter(scale, wanted, sizes))


def lognormal(key: Key, sigma: ArrayLike = 1.0, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Exponentials of normally distributed floats of standard deviation ``sigma``."""
    wanted = _float_dtype(dtype, "lognormal")
    sizes = _shape(shape, "lognormal", sigma)
    return lax.exp(lax.mul(_normal(key, sizes, wanted, "lognormal"), _parameter(sigma, wanted, sizes)))


def triangular(
    key: Key,
    left: ArrayLike,
    mode: ArrayLike,
    right: ArrayLike,
    shape: Shape | None = None,
    dtype: DTypeLike = None,
) -> Array:
    """Floats of the triangular distribution on ``[left, right]`` with its peak at ``mode``."""
    wanted = _float_dtype(dtype, "triangular")
    sizes = _shape(shape, "triangular", left, mode, right)
    a, c, b = (_parameter(x, wanted, sizes) for x in (left, mode, right))
    drawn = _uniform(key, sizes, wanted, 0.0, 1.0, "triangular")
    width = lax.sub(b, a)
    rising = lax.add(a, lax.sqrt(lax.mul(lax.mul(drawn, width), lax.sub(c, a))))
    falling = lax.sub(b, lax.sqrt(lax.mul(lax.mul(lax.sub(1.0, drawn), width), lax.sub(b, c))))
    return lax.select(lax.lt(drawn, lax.div(lax.sub(c, a), width)), rising, falling)


def truncated_normal(
    key: Key,
    lower: ArrayLike,
    upper: ArrayLike,
    shape: Shape | None = None,
    dtype: DTypeLike = None,
) -> Array:
    """Normally distributed floats between ``lower`` and ``upper``, both excluded."""
    wanted = _float_dtype(dtype, "truncated_normal")
    sizes = _shape(shape, "truncated_normal", lower, upper)
    low, high = _parameter(lower, wanted, sizes), _parameter(upper, wanted, sizes)
    root = float(np.array(math.sqrt(2), wanted))
    bounds = [lax.erf(lax.div(b, root)) for b in (low, high)]
    drawn = _uniform(key, sizes, wanted, bounds[0], bounds[1], "truncated_normal")
    found = lax.mul(lax.erf_inv(drawn), root)
    # Rounding must not reach the bounds.
    inside = [
        lax.nextafter(lax.stop_gradient(b), lax.full_like(b, away))
        for b, away in ((low, math.inf), (high, -math.inf))
    ]
    return lax.clamp(inside[0], found, inside[1])


def categorical(key: Key, logits: ArrayLike, axis: int = -1, shape: Shape | None = None) -> Array:
    """Indices along an axis, each with a probability proportional to ``exp(logits)``.

    Args:
        key: A key.
        logits: Logarithms of probabilities that need not add up to 1.
        axis: Axis of the alternatives.
        shape: Shape of the result; its last axes are those of ``logits`` without ``axis``.

    Raises: ShapeError if the shapes do not fit.
    """
    scores = to_array(logits)
    at = axis_of(axis, scores.ndim, "random.categorical")
    batch = (*scores.shape[:at], *scores.shape[at + 1 :])
    sizes = batch if shape is None else shape_of(shape, "random.categorical")
    if broadcast_shapes(sizes, batch, where="random.categorical") != sizes:
        raise located(ShapeError(f"random.categorical: {scores.aval} does not broadcast to shape {sizes}."))
    leading = len(sizes) - len(batch)
    drawn = list(sizes[leading:])
    drawn.insert(at, scores.shape[at])
    noise = gumbel(key, (*sizes[:leading], *drawn), inexact(scores.dtype))
    return anp.argmax(anp.add(noise, scores), at + leading)
