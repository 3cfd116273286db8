"""Hypergeometric functions of real arguments in ``axir.scipy.special``: ``hyp1f1``, ``hyp2f1``."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, Final

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.autodiff import jvp
from axir._src.convert import ArrayLike
from axir._src.custom import custom_jvp
from axir.scipy._special_waves import widened

__all__ = ["hyp1f1", "hyp2f1"]

Form = Callable[..., Array]
_LONGEST: Final = 20000
"""Of a series, against parameters for which it does not end."""


def _precision(x: Array) -> float:
    return float(np.finfo(x.dtype).eps)


def _whole(x: Array) -> Array:
    """Whether an element is 0, -1, -2, ..."""
    return anp.logical_and(lax.le(x, 0.0), lax.eq(lax.floor(x), x))


def _series(ratio: Form, x: Array, least: Array | float) -> tuple[Array, Array]:
    """Sum of the terms 1, ``ratio(0)``, ``ratio(0) ratio(1)``, ..., and the sum of their numbers times them.

    It ends for each element where terms are small and fall, and not before the number ``least`` of terms, up to which
    derivatives of vanishing terms matter.
    """
    eps = _precision(x)

    def active(k: Array, term: Array, total: Array, factor: Array) -> Array:
        large = lax.gt((k + 1.0) * lax.abs(term), 0.1 * eps * lax.abs(total))
        rising = anp.logical_and(lax.gt(lax.abs(factor), 0.95), lax.ne(term, 0.0))
        known = lax.eq(total, total)
        return anp.logical_and(known, anp.logical_or(anp.logical_or(large, rising), lax.lt(k, least)))

    def unfinished(state: Any) -> Array:
        return anp.logical_and(lax.lt(state[0], float(_LONGEST)), anp.any(state[-1]))

    def step(state: Any) -> Any:
        k, term, total, weighted, on = state
        factor = anp.where(on, ratio(k), 0.0)
        term = anp.where(on, term * factor, term)
        total = anp.where(on, total + term, total)
        weighted = anp.where(on, weighted + (k + 1.0) * term, weighted)
        return k + 1.0, term, total, weighted, anp.logical_and(on, active(k, term, total, factor))

    one = lax.full_like(x, 1.0)
    start = (anp.zeros((), x.dtype), one, one, lax.full_like(x, 0.0), lax.eq(x, x))
    _, _, total, weighted, _ = lax.while_loop(unfinished, step, start)
    return total, weighted


def _smooth(value: Form, by_argument: Form) -> Form:
    """``value`` with derivatives: in parameters by forward mode, in the last argument by a formula.

    ``value`` takes a number beside its arguments: which parameter moves, so that it is no whole number, or -1 for none.

    So nothing has to run a loop backwards, unless derivatives in parameters are differentiated once more.
    """
    function = custom_jvp(lambda *xs: value(-1, *xs))

    def slope(i: int, *xs: Array) -> Array:
        tangents = tuple(lax.full_like(x, float(i == j)) for j, x in enumerate(xs))
        return jvp(functools.partial(value, i), xs, tangents)[1]

    def rule(primals: Any, tangents: Any) -> tuple[Array, Array]:
        slopes = [slope(i, *primals) for i in range(len(primals) - 1)]
        slopes.append(by_argument(*primals))
        return function(*primals), functools.reduce(lax.add, map(lax.mul, slopes, tangents))

    function.defjvp(rule)
    return function


def _log_gamma_ratio(a: Array, b: Array) -> tuple[Array, Array]:
    """Logarithm of ``|gamma(a) / gamma(b)|``, and its sign."""
    from axir.scipy.special import gammasgn

    return lax.lgamma(a) - lax.lgamma(b), lax.stop_gradient(gammasgn(a) * gammasgn(b))


# Kummer's function.


def _kummer(moving: int, a: Array, b: Array, x: Array) -> Array:
    """J. W. Pearson, S. Olver, M. A. Porter, "Numerical methods for the computation of the confluent and Gauss
    hypergeometric functions", 2017: the power series, for large x the asymptotic one; DLMF 13.2.39 for negative x.
    """
    deep = moving >= 0
    polynomial = lax.full_like(x, False, bool) if moving == 0 else _whole(a)
    mirrored = anp.logical_and(lax.lt(x, 0.0), anp.logical_not(polynomial))
    upper, y = anp.where(mirrored, b - a, a), anp.where(mirrored, -x, x)
    limit = 600.0 if x.dtype == "float64" else 80.0
    ends = polynomial if deep else anp.where(mirrored, _whole(upper), polynomial)
    large = anp.logical_and(lax.gt(y, limit), anp.logical_not(ends))
    near = anp.where(large, 1.0, y)
    least = 3.0 * lax.abs(near) + 40.0 if deep else 0.0
    total, _ = _series(lambda k: (upper + k) / (b + k) * near / (k + 1.0), near, least)
    total = total * anp.where(anp.logical_and(mirrored, anp.logical_not(large)), lax.exp(-near), 1.0)
    tail = _kummer_tail(
        anp.where(large, upper, 1.0), b, anp.where(large, y, limit), mirrored, 25.0 if deep else 0.0
    )
    found = anp.where(large, tail, total)
    pole = anp.logical_and(_whole(b), anp.logical_not(anp.logical_and(polynomial, lax.ge(a, b))))
    return anp.where(pole, math.inf, found)


def _kummer_tail(a: Array, b: Array, y: Array, mirrored: Array, least: float) -> Array:
    """DLMF 13.7.1, up to the least term; without its factor ``exp(y)`` for mirrored arguments.

    ``least`` terms are added in any case, if they fall.
    """
    eps = _precision(y)

    def unfinished(state: Any) -> Array:
        return anp.logical_and(lax.lt(state[0], 500.0), anp.any(state[-1]))

    def step(state: Any) -> Any:
        k, term, total, on = state
        factor = (b - a + k) * (1.0 - a + k) / ((k + 1.0) * y)
        on = anp.logical_and(on, lax.lt(lax.abs(factor), 1.0))
        term = anp.where(on, term * factor, term)
        total = anp.where(on, total + term, total)
        more = anp.logical_or(lax.gt(lax.abs(term), eps * lax.abs(total)), lax.lt(k, least))
        return k + 1.0, term, total, anp.logical_and(on, more)

    one = lax.full_like(y, 1.0)
    start = (anp.zeros((), y.dtype), one, one, lax.eq(y, y))
    total = lax.while_loop(unfinished, step, start)[2]
    size, sign = _log_gamma_ratio(b, a)
    exponent = size + (a - b) * lax.log(y) + anp.where(mirrored, 0.0, y)
    return sign * lax.exp(exponent) * total


def _by_kummers_argument(a: Array, b: Array, x: Array) -> Array:
    """DLMF 13.3.15."""
    return a / b * _hyp1f1(a + 1.0, b + 1.0, x)


_hyp1f1 = _smooth(_kummer, _by_kummers_argument)


def hyp1f1(a: ArrayLike, b: ArrayLike, x: ArrayLike) -> Array:
    """Confluent hypergeometric function ``sum of (a)_k / (b)_k x**k / k!``, of real numbers.

    It is infinite where ``b`` is 0, -1, ..., unless the sum ends before. Derivatives exist in all arguments.
    """
    (p, q, value), back = widened("hyp1f1", a, b, x)
    return back(anp.where(anp.logical_and(lax.eq(p, 0.0), lax.eq(q, 0.0)), 1.0, _hyp1f1(p, q, value)))


# Gauss' function.


def _gauss(moving: int, a: Array, b: Array, c: Array, x: Array) -> Array:
    """The power series up to 0.9, then Taylor series of the differential equation; DLMF 15.8.1 for negative x."""
    none = lax.full_like(x, False, bool)
    ends = anp.logical_or(none if moving == 0 else _whole(a), none if moving == 1 else _whole(b))
    below = anp.logical_and(lax.lt(x, 0.0), anp.logical_not(ends))
    low, high = anp.minimum(a, b), anp.maximum(a, b)
    p, q = anp.where(below, low, a), anp.where(below, c - high, b)
    inside = lax.lt(x, 1.0)
    rest = anp.where(inside, 1.0 - x, 1.0)
    z, s = anp.where(below, x / (x - 1.0), x), anp.where(below, 1.0 / rest, rest)
    scale = anp.where(below, lax.pow(rest, -low), 1.0)
    far = anp.logical_and(lax.lt(s, 0.1), anp.logical_and(inside, anp.logical_not(ends)))
    near = anp.where(far, 0.9, anp.where(anp.logical_or(inside, ends), z, 0.0))
    total, weighted = _series(
        lambda k: (p + k) * (q + k) / ((c + k) * (k + 1.0)) * near, near, 400.0 if moving >= 0 else 0.0
    )
    found = scale * _continued(p, q, c, total, weighted / 0.9, anp.where(far, s, 0.1))
    # Where the function is infinite its derivative is NaN.
    beyond = math.inf if moving < 0 else math.nan * (a + b + c)
    outside = anp.where(lax.eq(x, 1.0), _at_one(a, b, c), beyond)
    found = anp.where(anp.logical_or(inside, ends), found, outside)
    # The sum ends in time if a or b is a whole number that c does not come before.
    early = [anp.logical_and(_whole(v), lax.ge(v, c)) for v in (a, b)]
    pole = anp.logical_and(_whole(c), anp.logical_not(anp.logical_or(*early)))
    return anp.where(anp.logical_and(pole, lax.ne(x, 0.0)), math.inf, found)


def _continued(a: Array, b: Array, c: Array, value: Array, slope: Array, s: Array) -> Array:
    """From the value and the derivative at 0.9 to ``1 - s``, by steps that halve the distance to 1."""

    def unfinished(state: Any) -> Array:
        return anp.any(lax.gt(state[0], s))

    def step(state: Any) -> Any:
        start, y, dy = state
        end = anp.maximum(0.5 * start, s)
        move = start - end
        total, weighted = _taylor((a, b, c), start, y, dy, move)
        moved = lax.gt(move, 0.0)
        slope_there = weighted / anp.where(moved, move, 1.0)
        return end, anp.where(moved, total, y), anp.where(moved, slope_there, dy)

    return lax.while_loop(unfinished, step, (lax.full_like(s, 0.1), value, slope))[1]


def _taylor(
    parameters: tuple[Array, Array, Array], s: Array, y: Array, dy: Array, move: Array
) -> tuple[Array, Array]:
    """The solution of DLMF 15.10.1 with y and dy at ``1 - s``: value, and derivative times ``move``, that far on."""
    a, b, c = parameters
    eps, center = 0.01 * _precision(y), 1.0 - s
    constant = c - (a + b + 1.0) * center

    def unfinished(state: Any) -> Array:
        n, first, second, total, _ = state
        large = lax.gt((n + 1.0) * (lax.abs(first) + lax.abs(second)), eps * lax.abs(total))
        return anp.logical_and(lax.lt(n, 1000.0), anp.any(large))

    def step(state: Any) -> Any:
        n, first, second, total, weighted = state
        bend = ((1.0 - 2.0 * center) * n + constant) * (n + 1.0) * move * second
        after = ((n + a) * (n + b) * move * move * first - bend) / (center * s * (n + 2.0) * (n + 1.0))
        return n + 1.0, second, after, total + after, weighted + (n + 2.0) * after

    second = dy * move
    start = (anp.zeros((), y.dtype), y, second, y + second, second)
    return lax.while_loop(unfinished, step, start)[3:]


def _at_one(a: Array, b: Array, c: Array) -> Array:
    """Gauss' sum, DLMF 15.4.20; infinite unless ``c > a + b``."""
    d = c - a - b
    finite = lax.gt(d, 0.0)
    rest = anp.where(finite, d, 1.0)
    nothing = anp.logical_or(_whole(c - a), _whole(c - b))
    p, q = (anp.where(nothing, 1.0, v) for v in (c - a, c - b))
    (one, sign), (two, other) = _log_gamma_ratio(c, p), _log_gamma_ratio(rest, q)
    found = anp.where(nothing, 0.0, sign * other * lax.exp(one + two))
    return anp.where(finite, found, math.inf)


def _by_gauss_argument(a: Array, b: Array, c: Array, x: Array) -> Array:
    """DLMF 15.5.1."""
    return a * b / c * _hyp2f1(a + 1.0, b + 1.0, c + 1.0, x)


_hyp2f1 = _smooth(_gauss, _by_gauss_argument)


def hyp2f1(a: ArrayLike, b: ArrayLike, c: ArrayLike, x: ArrayLike) -> Array:
    """Gauss' hypergeometric function ``sum of (a)_k (b)_k / (c)_k x**k / k!``, of real numbers.

    It is continued for ``x < -1``. It is infinite for ``x > 1``, unless ``a`` or ``b`` is 0, -1, ..., which makes it a
    polynomial; and where ``c`` is 0, -1, ..., unless the sum ends before. Derivatives exist in all arguments.
    """
    (p, q, r, value), back = widened("hyp2f1", a, b, c, x)
    return back(_hyp2f1(p, q, r, value))
