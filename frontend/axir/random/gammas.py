"""The gamma distribution, and distributions that are made of gamma numbers."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, shape_of, static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.custom import custom_jvp
from axir._src.messages import located
from axir._src.promotion import DTypeLike
from axir._src.scalar_types import finfo
from axir.lax.elementwise import threefry2x32
from axir.random.discrete import rademacher
from axir.random.distributions import exponential_floats
from axir.random.drawing import (
    common_shape,
    drawn_width,
    fitting_shape,
    float_dtype,
    from_normal_bits,
    normal_floats,
    parameter,
    unit_floats,
)
from axir.random.keys import Key, bits_of, parts, split_pairs
from axir_compiler.errors import ShapeError

__all__ = ["ball", "beta", "chisquare", "dirichlet", "f", "gamma", "generalized_normal", "loggamma", "t"]

Words = tuple[Array, Array]
"""The words of one key for each element of an array."""


def _child(keys: Words, number: int) -> Words:
    """Key ``number`` of those that each key splits into."""
    zero = lax.full_like(keys[0], 0)
    return threefry2x32(*keys, zero, lax.full_like(zero, number))


def _bits(keys: Words, dtype: np.dtype) -> Array:
    """The random bits of one float for each key."""
    return bits_of(*_child(keys, 0), drawn_width(dtype))


def _where(mask: Array, new: Words, old: Words) -> Words:
    return lax.select(mask, new[0], old[0]), lax.select(mask, new[1], old[1])


def _any(mask: Array) -> Array:
    return anp.any(mask)


def _positive_cube_root(keys: Words, active: Array, c: Array) -> tuple[Array, Array]:
    """Normal numbers ``x``, drawn until ``v = 1 + c * x`` is positive, and ``v``."""

    def draw(state: tuple[Words, Array, Array, Array]) -> tuple[Words, Array, Array, Array]:
        keys, x, v, missing = state
        drawn = from_normal_bits(_bits(_child(keys, 1), c.dtype), c.dtype)
        x = lax.select(missing, drawn, x)
        v = lax.select(missing, lax.add(lax.mul(drawn, c), 1.0), v)
        return _where(missing, _child(keys, 0), keys), x, v, lax.bitwise_and(missing, lax.le(v, 0.0))

    start = (keys, lax.full_like(c, 0.0), lax.full_like(c, -1.0), active)
    _, x, v, _ = lax.while_loop(lambda state: _any(state[3]), draw, start)
    return x, v


def _accepted_cube(keys: Words, d: Array) -> Array:
    """Numbers ``v`` such that ``d * v`` has the gamma distribution of shape ``d + 1/3``, for shapes of at least 1.

    G. Marsaglia, W. W. Tsang, "A simple method for generating gamma variables", ACM TOMS 26(3), 2000.
    """
    c = lax.div(1.0 / 3.0, lax.sqrt(d))

    def attempt(state: tuple[Words, Array, Array]) -> tuple[Words, Array, Array]:
        keys, cube, active = state
        x, v = _positive_cube_root(_child(keys, 1), active, c)
        square, found = lax.mul(x, x), lax.mul(lax.mul(v, v), v)
        u = unit_floats(_bits(_child(keys, 2), d.dtype), d.dtype)
        doubtful = lax.ge(u, lax.sub(1.0, lax.mul(lax.mul(square, square), 0.0331)))
        bound = lax.add(lax.mul(square, 0.5), lax.mul(d, lax.add(lax.sub(1.0, found), lax.log(found))))
        rejected = lax.bitwise_and(doubtful, lax.ge(lax.log(u), bound))
        cube = lax.select(active, found, cube)
        return _where(active, _child(keys, 0), keys), cube, lax.bitwise_and(active, rejected)

    start = (keys, lax.full_like(d, 1.0), lax.full_like(d, True, np.bool_))
    return lax.while_loop(lambda state: _any(state[2]), attempt, start)[1]


@functools.partial(custom_jvp, nondiff_argnums=(2,))
def _gamma(keys: Words, a: Array, log: bool) -> Array:
    """Gamma numbers of shapes ``a``, each drawn with a key of its own, or their logarithms.

    A shape below 1 is raised by 1, and the number multiplied by a power of a uniform one, ``u**(1 / a)``.
    """
    large = lax.ge(a, 1.0)
    d = lax.sub(lax.select(large, a, lax.add(a, 1.0)), 1.0 / 3.0)
    cube = _accepted_cube(_child(keys, 0), d)
    unit = unit_floats(_bits(_child(keys, 1), a.dtype), a.dtype)
    exponent = lax.div(1.0, a)
    if log:
        drawn = lax.log1p(lax.neg(unit))
        boost = lax.select(
            lax.bitwise_or(large, lax.eq(drawn, 0.0)), lax.full_like(a, 0.0), lax.mul(drawn, exponent)
        )
        return lax.add(lax.add(lax.log(d), lax.log(cube)), boost)
    boost = lax.select(large, lax.full_like(a, 1.0), lax.pow(lax.sub(1.0, unit), exponent))
    return lax.mul(lax.mul(d, cube), boost)


@_gamma.defjvp
def _gamma_jvp(log: bool, primals: tuple[Words, Array], tangents: tuple[Any, Array]) -> tuple[Array, Array]:
    """By implicit differentiation of the distribution function, which stays the same while the shape moves.

    M. Figurnov, S. Mohamed, A. Mnih, "Implicit reparameterization gradients", NeurIPS 2018.
    """
    keys, a = primals
    found = _gamma(keys, a, log)
    if not log:
        return found, lax.mul(tangents[1], lax.random_gamma_grad(a, found))
    value = lax.exp(found)
    value = lax.select(lax.eq(value, 0.0), lax.full_like(value, float(finfo(a.dtype).tiny)), value)
    return found, lax.mul(tangents[1], lax.div(lax.random_gamma_grad(a, value), value))


def _gamma_floats(key: Key, a: Array, where: str, log: bool = False) -> Array:
    """Gamma numbers of one key."""
    keys = split_pairs(key, a.shape, where)
    return _gamma(keys, a, log) if a.size else a


def _two_logs(key: Key, first: Array, second: Array, where: str) -> tuple[Array, Array]:
    """Logarithms of gamma numbers of two shapes, of the two keys that ``key`` splits into, drawn in one loop."""
    shapes = anp.stack([first, second])
    if not shapes.size:
        return first, second
    each = [split_pairs(k, first.shape, where) for k in parts(key, 2, where)]
    keys = anp.stack([each[0][0], each[1][0]]), anp.stack([each[0][1], each[1][1]])
    found = _gamma(keys, shapes, True)
    return lax.index_in_dim(found, 0, 0, False), lax.index_in_dim(found, 1, 0, False)


def _checked_gamma(
    key: Key, a: ArrayLike, shape: Shape | None, dtype: DTypeLike, where: str, log: bool = False
) -> Array:
    wanted = float_dtype(dtype, where)
    return _gamma_floats(key, parameter(a, wanted, common_shape(shape, where, a)), where, log)


def gamma(key: Key, a: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the gamma distribution of shape ``a`` and scale 1, proportional to ``x**(a - 1) * exp(-x)``.

    Args:
        key: A key.
        a: Shape parameter, positive; derivatives with respect to it are those of implicit reparametrization.
        shape: Shape of the result, to which ``a`` broadcasts; by default that of ``a``.
        dtype: A float dtype, by default the default one.

    Raises: DTypeError if the dtype is no float dtype, ShapeError if ``a`` does not broadcast to ``shape``.
    """
    return _checked_gamma(key, a, shape, dtype, "gamma")


def loggamma(key: Key, a: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Logarithms of the numbers that ``gamma`` gives, which do not vanish where ``a`` is small.

    Args:
        key: A random key.
        a: Positive numbers, the shape parameter.
        shape: Shape of the result, to which the parameters broadcast; by default theirs.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError if the parameters do not broadcast to ``shape``.
    """
    return _checked_gamma(key, a, shape, dtype, "loggamma", log=True)


def beta(key: Key, a: ArrayLike, b: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the beta distribution, proportional to ``x**(a - 1) * (1 - x)**(b - 1)`` for ``0 <= x <= 1``.

    They are ``g / (g + h)`` of gamma numbers of shapes ``a`` and ``b``.
    """
    wanted = float_dtype(dtype, "beta")
    sizes = common_shape(shape, "beta", a, b)
    logs = _two_logs(key, parameter(a, wanted, sizes, "beta"), parameter(b, wanted, sizes, "beta"), "beta")
    largest = lax.max(*logs)
    g, h = (lax.exp(lax.sub(x, largest)) for x in logs)
    return lax.div(g, lax.add(g, h))


def dirichlet(key: Key, alpha: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Vectors of the Dirichlet distribution, proportional to the product of ``x[i]**(alpha[i] - 1)``.

    Args:
        key: A key.
        alpha: Positive numbers, ``f32[..., n]``.
        shape: Shape of the result without its last axis, to which that of ``alpha`` broadcasts.
        dtype: A float dtype, by default the default one.

    Returns: ``f32[*shape, n]``, whose sums along the last axis are 1.
    Raises: ShapeError if ``alpha`` has no axis or does not fit ``shape``.
    """
    wanted = float_dtype(dtype, "dirichlet")
    given = to_array(alpha)
    if not given.ndim:
        raise located(ShapeError(f"random.dirichlet: alpha needs an axis; got {given.aval}."))
    batch = fitting_shape(shape, "dirichlet", given.shape[:-1])
    logs = _gamma_floats(key, parameter(given, wanted, (*batch, given.shape[-1])), "dirichlet", log=True)
    if not logs.size:
        return logs
    scaled = lax.exp(lax.sub(logs, lax.stop_gradient(anp.max(logs, -1, keepdims=True))))
    return lax.div(scaled, anp.broadcast_to(anp.sum(scaled, -1, keepdims=True), scaled.shape))


def chisquare(key: Key, df: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of the chi-square distribution, proportional to ``x**(df / 2 - 1) * exp(-x / 2)`` for ``x >= 0``.

    Args:
        key: A random key.
        df: Positive numbers, the degrees of freedom.
        shape: Shape of the result, to which the parameters broadcast; by default theirs.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError if the parameters do not broadcast to ``shape``.
    """
    wanted = float_dtype(dtype, "chisquare")
    sizes = common_shape(shape, "chisquare", df)
    half = lax.div(parameter(df, wanted, sizes, "chisquare"), 2.0)
    return lax.mul(lax.exp(_gamma_floats(key, half, "chisquare", log=True)), 2.0)


def f(
    key: Key, dfnum: ArrayLike, dfden: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None
) -> Array:
    """Floats of Fisher's F distribution: quotients of chi-square numbers, each divided by its degrees of freedom.

    With ``n = dfnum`` and ``m = dfden`` the density is proportional to ``x**(n/2 - 1) * (1 + n/m * x)**(-(n + m)/2)``.
    """
    wanted = float_dtype(dtype, "f")
    sizes = common_shape(shape, "f", dfnum, dfden)
    num, den = (parameter(x, wanted, sizes, "f") for x in (dfnum, dfden))
    log_den, log_num = _two_logs(key, lax.div(den, 2.0), lax.div(num, 2.0), "f")
    above, below = (
        lax.div(lax.mul(lax.exp(x), 2.0), degrees) for x, degrees in ((log_num, num), (log_den, den))
    )
    return lax.div(above, below)


def t(key: Key, df: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Floats of Student's t distribution, proportional to ``(1 + x**2 / df)**(-(df + 1) / 2)``.

    Args:
        key: A random key.
        df: Positive numbers, the degrees of freedom.
        shape: Shape of the result, to which the parameters broadcast; by default theirs.
        dtype: Float dtype of the result; by default the default float.

    Raises: DTypeError if the dtype is no float, ShapeError if the parameters do not broadcast to ``shape``.
    """
    wanted = float_dtype(dtype, "t")
    sizes = common_shape(shape, "t", df)
    half = lax.div(parameter(df, wanted, sizes, "t"), 2.0)
    for_normal, for_gamma = parts(key, 2, "t")
    drawn = normal_floats(for_normal, sizes, wanted, "t")
    return lax.mul(drawn, lax.sqrt(lax.div(half, _gamma_floats(for_gamma, half, "t"))))


def generalized_normal(key: Key, p: ArrayLike, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Floats of the generalized normal distribution, proportional to ``exp(-abs(x)**p)``.

    Args:
        key: A key.
        p: Exponent, positive.
        shape: Shape of the result, to which ``p`` broadcasts.
        dtype: A float dtype, by default the default one.
    """
    wanted = float_dtype(dtype, "generalized_normal")
    return _generalized_normal(
        key, p, shape_of(shape, "random.generalized_normal"), wanted, "generalized_normal"
    )


def _generalized_normal(key: Key, p: ArrayLike, shape: tuple[int, ...], dtype: np.dtype, where: str) -> Array:
    for_gamma, for_sign = parts(key, 2, where)
    exponent = anp.divide(1, p)
    sizes = fitting_shape(shape, where, exponent.shape)
    size = anp.power(_gamma_floats(for_gamma, parameter(exponent, dtype, sizes), where), exponent)
    return anp.multiply(rademacher(for_sign, sizes, dtype), size)


def ball(key: Key, d: int, p: ArrayLike = 2, shape: Shape = (), dtype: DTypeLike = None) -> Array:
    """Points distributed uniformly in the unit ball of the p-norm, ``sum(abs(x)**p) <= 1``.

    F. Barthe, O. Guédon, S. Mendelson, A. Naor, "A probabilistic approach to the geometry of the l_p^n-ball", Annals of
    Probability 33(2), 2005.

    Args:
        key: A key.
        d: Number of dimensions.
        p: Which norm, a positive number.
        shape: Shape of the result without its last axis.
        dtype: A float dtype, by default the default one.

    Returns: ``f32[*shape, d]``.
    """
    wanted = float_dtype(dtype, "ball")
    sizes = shape_of(shape, "random.ball")
    for_direction, for_radius = parts(key, 2, "ball")
    drawn = _generalized_normal(for_direction, p, (*sizes, static_int(d, "random.ball")), wanted, "ball")
    extra = exponential_floats(for_radius, sizes, wanted, "ball")
    total = anp.add(anp.sum(anp.power(anp.abs(drawn), p), -1), extra)
    return anp.divide(drawn, anp.expand_dims(anp.power(total, anp.divide(1, p)), -1))
