"""Numbers of events: Poisson, binomial and multinomial distributions.

Where few events are expected their waiting times are added up, elsewhere a hat function is inverted and what it has too
much is rejected.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, shape_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to, promoted
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_float, default_int, inexact, requested
from axir._src.scalar_types import finfo
from axir.random.drawing import common_shape, fitting_shape, float_dtype, int_dtype, uniform_floats
from axir.random.keys import Key, key_data, parts, split_words, words_of
from axir_compiler.errors import ShapeError

__all__ = ["binomial", "multinomial", "poisson"]

_FLOAT32 = np.dtype("float32")


def _until_done(
    key: Array,
    limit: float,
    start: tuple[Array, Array],
    step: Callable[[Array, Array, Array], tuple[Array, Array, Array]],
    missing: Callable[[Array], Array],
) -> Array:
    """Repeat ``step(key, found, progress)`` while any progress is missing, at most ``limit`` times; gives ``found``."""
    counter = default_int()
    most = min(int(limit), int(np.iinfo(counter).max))

    def more(state: tuple[Array, Array, Array, Array]) -> Array:
        return lax.bitwise_and(anp.any(missing(state[3])), lax.lt(state[0], most))

    def advance(state: tuple[Array, Array, Array, Array]) -> tuple[Array, Array, Array, Array]:
        i, key, found, progress = state
        return lax.add(i, 1), *step(key, found, progress)

    return lax.while_loop(more, advance, (lax.full((), 0, counter), key, *start))[2]


def poisson(key: Key, lam: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None) -> Array:
    """Integers of the Poisson distribution, ``lam**k * exp(-lam) / k!``.

    Args:
        key: A key.
        lam: Mean, not negative; computed with as float32.
        shape: Shape of the result, to which ``lam`` broadcasts; by default that of ``lam``.
        dtype: An integer dtype, by default the default one.

    Raises: DTypeError if the dtype is no integer dtype, ShapeError if ``lam`` does not fit ``shape``.
    """
    wanted = int_dtype(dtype, "poisson")
    words_of(key, "poisson")
    sizes = common_shape(shape, "poisson", lam)
    mean = broadcast_to(convert(to_array(lam), _FLOAT32), sizes)
    few = lax.bitwise_or(lax.ne(mean, mean), lax.lt(mean, 10.0))
    words, limit = key_data(key), float(np.iinfo(wanted).max)
    added = _poisson_by_products(words, lax.select(few, mean, lax.full_like(mean, 0.0)), wanted, limit)
    rejected = _poisson_by_rejection(words, lax.select(few, lax.full_like(mean, 1e5), mean), limit)
    found = lax.select(few, added, convert(rejected, wanted))
    return lax.select(lax.eq(mean, 0.0), lax.full_like(found, 0), found)


def _poisson_by_products(key: Array, lam: Array, dtype: np.dtype, limit: float) -> Array:
    """How many uniform numbers can be multiplied before the product falls below ``exp(-lam)``.

    D. E. Knuth, "The art of computer programming", volume 2, section 3.4.1.
    """
    bound = lax.neg(lam)

    def step(key: Array, count: Array, logs: Array) -> tuple[Array, Array, Array]:
        key, drawn = parts(key, 2, "poisson")
        count = lax.select(lax.gt(logs, bound), lax.add(count, 1), count)
        unit = uniform_floats(drawn, lam.shape, _FLOAT32, "poisson")
        return key, count, lax.add(logs, lax.log(unit))

    start = (lax.full_like(lam, 0, dtype), lax.full_like(lam, 0.0))
    return lax.sub(_until_done(key, limit, start, step, lambda logs: lax.gt(logs, bound)), 1)


def _poisson_by_rejection(key: Array, lam: Array, limit: float) -> Array:
    """Transformed rejection: W. Hörmann, "The transformed rejection method for generating Poisson random variables",
    Insurance: Mathematics and Economics 12, 1993.
    """
    log_lam = lax.log(lam)
    b = 0.931 + 2.53 * lax.sqrt(lam)
    a = -0.059 + 0.02483 * b
    inv_alpha = 1.1239 + 1.1328 / (b - 3.4)
    v_r = 0.9277 - 3.6224 / (b - 2)

    def step(key: Array, found: Array, accepted: Array) -> tuple[Array, Array, Array]:
        key, for_u, for_v = parts(key, 3, "poisson")
        u = uniform_floats(for_u, lam.shape, lam.dtype, "poisson") - 0.5
        v = uniform_floats(for_v, lam.shape, lam.dtype, "poisson")
        distance = 0.5 - lax.abs(u)
        k = lax.floor((2 * a / distance + b) * u + lam + 0.43)
        s = lax.log(v * inv_alpha / (a / (distance * distance) + b))
        bound = -lam + k * log_lam - lax.lgamma(k + 1)
        inside = (distance >= 0.07) & (v <= v_r)
        outside = (k < 0) | ((distance < 0.013) & (v > distance))
        good = inside | (~outside & (s <= bound))
        return key, lax.select(good, k, found), accepted | good

    start = (lax.full_like(lam, -1.0), lax.full_like(lam, False, np.bool_))
    return _until_done(key, limit, start, step, lax.bitwise_not)


def binomial(
    key: Key, n: ArrayLike, p: ArrayLike, shape: Shape | None = None, dtype: DTypeLike = None
) -> Array:
    """Numbers of successes in ``n`` trials, ``n! / (k! * (n - k)!) * p**k * (1 - p)**(n - k)``.

    Args:
        key: A key.
        n: Number of trials; its fraction is cut off.
        p: Probability of success.
        shape: Shape of the result, to which ``n`` and ``p`` broadcast; by default their common one.
        dtype: A float dtype, by default the default one.

    Returns: Floats that are whole numbers; NaN where ``n`` is negative or NaN, or ``p`` is above 1 or NaN.
    Raises: DTypeError if the dtype is no float dtype, ShapeError if shapes do not fit.
    """
    wanted = float_dtype(dtype, "binomial")
    words_of(key, "binomial")
    sizes = common_shape(shape, "binomial", n, p)
    return _binomial(key_data(key), to_array(n), to_array(p), sizes, wanted)


def _binomial(key: Array, n: Array, p: Array, shape: tuple[int, ...], dtype: np.dtype) -> Array:
    prob = broadcast_to(convert(p, inexact(p.dtype)), shape)
    count = broadcast_to(convert(n, prob.dtype), shape)
    below_half = lax.lt(prob, 0.5)
    q = lax.select(below_half, prob, lax.sub(1.0, prob))
    no_count = lax.bitwise_or(lax.ne(count, count), lax.lt(count, 0.0))
    no_prob = lax.ne(q, q)
    wrong = lax.bitwise_or(no_prob, lax.lt(q, 0.0))
    endless = anp.isinf(count)
    q = lax.select(wrong, lax.full_like(q, 0.01), q)
    few = lax.bitwise_or(no_count, lax.le(lax.mul(count, q), 10.0))
    count = lax.floor(count)
    found = convert(_successes(key, count, q, few, float(finfo(dtype).max)), dtype)
    invalid = lax.bitwise_or(wrong, no_count)
    found = lax.select(
        lax.bitwise_and(endless, lax.bitwise_not(invalid)), lax.full_like(found, np.inf), found
    )
    found = lax.select(invalid, lax.full_like(found, np.nan), found)
    as_drawn = below_half | no_count | no_prob | endless
    return lax.select(as_drawn, found, lax.sub(convert(count, dtype), found))


def _successes(key: Array, count: Array, q: Array, few: Array, limit: float) -> Array:
    """Numbers of successes of probability ``q``, at most about 1/2; ``few`` says where few are expected."""
    added = _binomial_by_waiting(key, lax.select(few, count, lax.full_like(count, 0.0)), q, limit)
    # Where the result of rejection is not used it runs on numbers that it is quick for.
    many = lax.select(few, lax.full_like(count, 1e4), count)
    return lax.select(
        few, added, _binomial_by_rejection(key, many, lax.select(few, lax.full_like(q, 0.5), q), limit)
    )


def _binomial_by_waiting(key: Array, count: Array, prob: Array, limit: float) -> Array:
    """How many geometric waiting times fit into ``count`` trials.

    L. Devroye, "Non-uniform random variate generation", Springer 1986, chapter X.4.3.
    """
    log_failure = lax.log1p(lax.neg(prob))

    def step(key: Array, times: Array, total: Array) -> tuple[Array, Array, Array]:
        drawn, key = parts(key, 2, "binomial")
        times = lax.select(lax.le(total, count), lax.add(times, 1.0), times)
        unit = uniform_floats(drawn, prob.shape, prob.dtype, "binomial")
        return key, times, lax.add(total, lax.ceil(lax.div(lax.log(unit), log_failure)))

    zero = lax.full_like(prob, 0.0)
    return lax.sub(_until_done(key, limit, (zero, zero), step, lambda total: lax.le(total, count)), 1.0)


def _binomial_by_rejection(key: Array, count: Array, prob: Array, limit: float) -> Array:
    """Transformed rejection with squeeze (BTRS): W. Hörmann, "The generation of binomial random variates", Journal of
    Statistical Computation and Simulation 46, 1993.
    """
    deviation = lax.sqrt(count * prob * (1 - prob))
    b = 1.15 + 2.53 * deviation
    a = -0.0873 + 0.0248 * b + 0.01 * prob
    c = count * prob + 0.5
    v_r = 0.92 - 4.2 / b
    odds = prob / (1 - prob)
    alpha = (2.83 + 5.1 / b) * deviation
    mode = lax.floor((count + 1) * prob)

    def step(key: Array, found: Array, accepted: Array) -> tuple[Array, Array, Array]:
        key, for_u, for_v = parts(key, 3, "binomial")
        u = uniform_floats(for_u, prob.shape, prob.dtype, "binomial") - 0.5
        v = uniform_floats(for_v, prob.shape, prob.dtype, "binomial")
        distance = 0.5 - lax.abs(u)
        k = lax.floor((2 * a / distance + b) * u + c)
        height = lax.log(v * alpha / (a / (distance * distance) + b))
        bound = _log_of_ratio(count, odds, mode, k)
        inside = (distance >= 0.07) & (v <= v_r)
        good = inside | (~((k < 0) | (k > count)) & (height <= bound))
        return key, lax.select(good, k, found), accepted | good

    start = (lax.full_like(prob, -1.0), lax.full_like(prob, False, np.bool_))
    return _until_done(key, limit, start, step, lax.bitwise_not)


def _log_of_ratio(count: Array, odds: Array, mode: Array, k: Array) -> Array:
    """The logarithm of the probability of ``k`` over that of the mode, factorials by Stirling's formula."""
    return (
        (mode + 0.5) * lax.log((mode + 1) / (odds * (count - mode + 1)))
        + (count + 1) * lax.log((count - mode + 1) / (count - k + 1))
        + (k + 0.5) * lax.log(odds * (count - k + 1) / (k + 1))
        + _stirling_rest(mode)
        + _stirling_rest(count - mode)
        - _stirling_rest(k)
        - _stirling_rest(count - k)
    )


_RESTS = (
    0.0810614667953272,
    0.0413406959554092,
    0.0276779256849983,
    0.02079067210376509,
    0.0166446911898211,
    0.0138761288230707,
    0.0118967099458917,
    0.0104112652619720,
    0.00925546218271273,
    0.00833056343336287,
)
"""``_stirling_rest`` of 0 to 9."""


def _stirling_rest(k: Array) -> Array:
    """``log(k!)`` less Stirling's approximation of it, ``log(2 * pi) / 2 + (k + 1/2) * log(k + 1) - (k + 1)``."""
    place = convert(lax.floor(lax.clamp(0.0, k, 9.0)), np.dtype("int32"))
    square = (k + 1) * (k + 1)
    series = (1.0 / 12 - (1.0 / 360 - 1.0 / 1260 / square) / square) / (k + 1)
    exact = anp.take(to_array(np.array(_RESTS, k.dtype)), place, mode="clip")
    return lax.select(lax.le(k, 9.0), exact, series)


def multinomial(
    key: Key,
    n: ArrayLike,
    p: ArrayLike,
    *,
    shape: Shape | None = None,
    dtype: DTypeLike = None,
    unroll: int | bool = 1,
) -> Array:
    """How often each of several outcomes comes in ``n`` trials, ``n! / (x1! * ... * xk!) * p1**x1 * ... * pk**xk``.

    One outcome after the other gets its binomial share of the trials that are left.

    Args:
        key: A key.
        n: Number of trials, of a shape that broadcasts to that of the result without its last axis.
        p: Probability of each outcome, ``f32[..., k]``.
        shape: Shape of the result with its last axis, to which ``p`` broadcasts; by default that of ``p``.
        dtype: A float dtype, by default the default one.
        unroll: As for ``axir.lax.scan``.

    Returns: ``f32[..., k]``, whole numbers that add up to ``n`` along the last axis.
    Raises: DTypeError if the dtype is no float dtype, ShapeError if shapes do not fit.
    """
    wanted = default_float() if dtype is None else requested(dtype, "random.multinomial")
    words_of(key, "multinomial")
    (trials, probs), _ = promoted(n, p, to_float=True)
    if not probs.ndim:
        raise located(ShapeError(f"random.multinomial: p needs an axis of outcomes; got {probs.aval}."))
    sizes = probs.shape if shape is None else shape_of(shape, "random.multinomial")
    fitting_shape(sizes, "multinomial", probs.shape)
    probs = anp.moveaxis(broadcast_to(probs, sizes), -1, 0)
    left = broadcast_to(trials, fitting_shape(sizes[:-1], "multinomial", trials.shape))
    rest = lax.cumsum(probs, 0, reverse=True)
    shares = lax.clamp(
        0.0, lax.div(probs, lax.select(lax.eq(rest, 0.0), lax.full_like(rest, 1.0), rest)), 1.0
    )
    draw = functools.partial(_binomial, shape=left.shape, dtype=left.dtype)

    def step(left: Array, share_key: tuple[Array, Array]) -> tuple[Array, Array]:
        count = draw(share_key[1], left, share_key[0])
        return lax.sub(left, count), count

    keys = split_words(key, (shares.shape[0],), "multinomial")
    counts = lax.scan(step, left, (shares, keys), unroll=unroll)[1]
    return convert(anp.moveaxis(counts, 0, -1), wanted)
