"""Special functions by mpmath, at the points where the case table looks; results of the limits by hand."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import mpmath as mp

__all__ = [
    "bessel",
    "igamma",
    "igamma_grad_a",
    "igammac",
    "random_gamma_grad",
    "regularized_incomplete_beta",
    "zeta",
]

HUGE, TINY = 1e30, 1e-30


def _digits(*xs: float) -> int:
    return 400 if any(0 < abs(x) < TINY for x in xs) else 50


def bessel(order: int) -> Callable[[float], float]:
    """``exp(-|x|) I(x)``; far out the first terms of Hankel's expansion."""

    def value(x: float) -> float:
        if math.isnan(x) or math.isinf(x):
            return math.copysign(0.0, x if order else 1.0) if math.isinf(x) else math.nan
        size = abs(x)
        with mp.workdps(_digits(x)):
            if size > 1e6:
                inverse = 1 / mp.mpf(size)
                first, second = (
                    (mp.mpf(1) / 8, mp.mpf(9) / 128) if order == 0 else (-mp.mpf(3) / 8, -mp.mpf(15) / 128)
                )
                found = (1 + inverse * (first + inverse * second)) / mp.sqrt(2 * mp.pi * size)
            else:
                found = mp.exp(-mp.mpf(size)) * mp.besseli(order, mp.mpf(size))
            return math.copysign(float(found), x) if order else float(found)

    return value


def _outside(a: float, x: float) -> bool:
    return not (a >= 0 and x >= 0) or (a == 0 and x == 0) or (math.isinf(a) and math.isinf(x))


def _limit(a: float, x: float) -> float | None:
    """P(a, x) where it is that of a limit."""
    if x == 0 or math.isinf(a):
        return 0.0
    if a == 0 or math.isinf(x):
        return 1.0
    if max(a, x) > HUGE:
        return 0.5 if a == x else float(x > a)
    return None


def _is_far(a: float, x: float) -> bool:
    """Where the power series would need thousands of digits."""
    return x > 2000 and x > 2 * a


def _power(a: Any, x: Any) -> Any:
    """``x**a exp(-x) / Gamma(a + 1)``."""
    return mp.exp(a * mp.log(x) - x - mp.loggamma(a + 1))


def _series(a: Any, x: Any) -> Any:
    """``1 + x/(a+1) + x**2/((a+1)(a+2)) + ...``."""
    term = total = mp.mpf(1)
    n = 0
    while term > total * mp.eps / 16:
        n += 1
        term *= x / (a + n)
        total += term
    return total


def _expansion(a: Any, x: Any) -> Any:
    """``Gamma(a, x) / (x**a exp(-x))`` for large x by its asymptotic series."""
    term = total = 1 / x
    for k in range(1, 14):
        term *= (a - k) / x
        total += term
    return total


@functools.cache
def _exact(a: float, x: float, upper: bool) -> float:
    if _is_far(a, x):
        return float(not upper)  # exp(-1000) and less
    if a > 2000 and a > 2 * x:
        return float(upper)
    with mp.workdps(_digits(a, x) + int(min(x, 2000))):
        lower = _power(mp.mpf(a), mp.mpf(x)) * _series(mp.mpf(a), mp.mpf(x))
        return float(1 - lower if upper else lower)


def igamma(a: float, x: float) -> float:
    if _outside(a, x):
        return math.nan
    limit = _limit(a, x)
    return float(_exact(a, x, False)) if limit is None else limit


def igammac(a: float, x: float) -> float:
    if _outside(a, x):
        return math.nan
    limit = _limit(a, x)
    return float(_exact(a, x, True)) if limit is None else 1.0 - limit


@functools.cache
def _sample_slope(a: float, x: float) -> Any:
    """``-(dP/da) / (dP/dx)``; what remains of the powers is differentiated by a central difference."""
    far = _is_far(a, x)
    with mp.workdps(_digits(a, x) + 60 + (0 if far or x < a else int(min(x, 2000)))):
        shape, sample = mp.mpf(a), mp.mpf(x)
        step = shape * mp.mpf(10) ** -(mp.mp.dps // 3)
        f = _expansion if far else _series
        slope = (f(shape + step, sample) - f(shape - step, sample)) / (2 * step)
        whole = f(shape, sample) * (mp.log(sample) - mp.digamma(shape if far else shape + 1)) + slope
        return whole * sample if far else -whole * sample / shape


def igamma_grad_a(a: float, x: float) -> float:
    if _outside(a, x) or a == 0:
        return math.nan
    if x == 0 or math.isinf(a) or math.isinf(x) or (max(a, x) > HUGE and a != x):
        return 0.0
    if max(a, x) > HUGE:
        return -1 / math.sqrt(2 * math.pi) / math.sqrt(a)
    with mp.workdps(_digits(a, x)):
        return float(-_sample_slope(a, x) * _power(mp.mpf(a), mp.mpf(x)) * a / x)


def random_gamma_grad(a: float, x: float) -> float:
    if _outside(a, x) or a == 0 or math.isinf(a) or math.isinf(x):
        return math.nan
    if x == 0:
        return 0.0
    if a > HUGE:
        # The expansion around 0: log(a/x) x/a; on the diagonal the sample grows as the shape does.
        return 1.0 if x == a else x / a * math.log(a / x)
    return float(_sample_slope(a, x))


def regularized_incomplete_beta(a: float, b: float, x: float) -> float:
    at_zero, at_one = a == 0 or math.isinf(b), b == 0 or math.isinf(a)
    if not (a >= 0 and b >= 0 and 0 <= x <= 1) or (at_zero and at_one):
        return math.nan
    if at_zero or at_one or x in (0, 1):
        return float(x > 0 if at_zero else x == 1)
    with mp.workdps(40):
        return float(mp.betainc(a, b, 0, mp.mpf(x), regularized=True))


def zeta(s: float, q: float) -> float:
    if not s >= 1 or not q > -math.inf:
        return math.nan
    pole = q <= 0 and q % 1 == 0
    if q < 0 and not pole and s % 1 != 0:
        return math.nan
    if pole or s == 1:
        return math.inf
    if math.isinf(s):
        return 0.0 if q > 1 else 1.0 if q == 1 else math.inf
    if math.isinf(q) or (q > 1 and s > HUGE):
        return 0.0
    if s > HUGE:
        return 1.0 if q == 1 else math.inf
    with mp.workdps(50):
        if q > HUGE:
            return float(mp.mpf(q) ** (1 - mp.mpf(s)) / (s - 1))
        return float(_hurwitz(mp.mpf(s), mp.mpf(q)))


def _hurwitz(s: Any, q: Any) -> Any:
    """Of large exponents the first terms, else mpmath's."""
    if s > 60:
        return mp.fsum((q + k) ** -s for k in range(60 if q < 60 else 2000))
    return mp.zeta(s, q)
