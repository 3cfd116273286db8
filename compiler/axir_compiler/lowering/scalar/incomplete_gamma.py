"""The regularized incomplete gamma functions P and Q = 1 - P, and their derivatives in the shape a.

Four regions (A. Gil, J. Segura, N. M. Temme, "Efficient and accurate algorithms for the computation and inversion of
the incomplete gamma function ratios", SIAM J. Sci. Comput. 34, 2012, use a similar plan):

- a from 200 on and x within 40 % of it: Temme's uniform expansion, DLMF 8.12;
- x above 1 and a: the continued fraction DLMF 8.9.2 for Q;
- elsewhere the power series DLMF 8.7.1 for P;
- of these, Q for a and x below 1: 8.7.1 with the leading terms of the difference from 1 taken together.

Series and continued fraction are differentiated term by term. All is in float64, whatever the dtype of the operands.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from axir_compiler.lowering.scalar import series
from axir_compiler.lowering.scalar.arithmetic import Arithmetic

__all__ = [
    "gamma_tail",
    "incomplete_gamma",
    "incomplete_gamma_slope",
    "log_deviation",
    "log_gamma",
    "sample_slope",
]

Number = Any
EPSILON = 2.0**-53
STEPS = 2000.0
UNIFORM_START, UNIFORM_WIDTH = 200.0, 0.4
# From here on powers and gamma functions are taken together by Stirling's series.
STIRLING_START = 10.0
ROOT_TWO_PI = math.sqrt(2 * math.pi)


class _Point(NamedTuple):
    """Operands made harmless outside of the domain, the region, and where the result is not from an algorithm."""

    a: Number
    x: Number
    uniform: Any
    fraction: Any
    invalid: Any
    zero: Any
    one: Any


def _point(m: Arithmetic, a: Number, x: Number) -> _Point:
    below = (x < 0.0) | (a < 0.0) | ~(m.equal(a, a) & m.equal(x, x))
    both_zero = m.equal(a, 0.0) & m.equal(x, 0.0)
    far = m.equal(x, math.inf)
    flat = m.equal(a, math.inf)
    invalid = below | both_zero | (far & flat)
    zero = ~invalid & (m.equal(x, 0.0) | flat)
    one = ~invalid & (far | m.equal(a, 0.0))
    plain = ~(invalid | zero | one)
    a, x = m.select(plain, a, m.full(a, 1.0)), m.select(plain, x, m.full(x, 1.0))
    near = (x > (1.0 - UNIFORM_WIDTH) * a) & (x < (1.0 + UNIFORM_WIDTH) * a)
    uniform = plain & near & (a >= UNIFORM_START)
    return _Point(a, x, uniform, plain & ~uniform & (x > 1.0) & (x > a), invalid, zero, one)


def gamma_tail(m: Arithmetic, a: Number) -> Number:
    """``log Gamma(a) - (a - 1/2) log a + a - log(2 pi)/2`` for a from `STIRLING_START` on."""
    inverse = 1.0 / a
    return inverse * m.polynomial(inverse * inverse, list(map(float, series.stirling(9))))


def _shifted(m: Arithmetic, a: Number) -> tuple[Number, Number, Number]:
    """``y = a + n`` from `STIRLING_START` on, ``a (a+1) ... (y-1)`` and ``1/a + 1/(a+1) + ... + 1/(y-1)``."""

    def going(y: Number, product: Number, total: Number) -> Any:
        return y < STIRLING_START

    def step(y: Number, product: Number, total: Number) -> list[Number]:
        return [y + 1.0, product * y, total + 1.0 / y]

    y, product, total = m.loop(going, step, [a, m.full(a, 1.0), m.full(a, 0.0)])
    return y, product, total


def log_gamma(m: Arithmetic, a: Number) -> Number:
    """``log Gamma(a)`` for a > 0 with a small absolute error, which is what an exponent needs.

    The function of the dialect has a small relative error, at the price of ten times the code."""
    y, product, _ = _shifted(m, a)
    large = (y - 0.5) * m.call("log", y) - y + gamma_tail(m, y)
    return large + 0.5 * math.log(2 * math.pi) - m.call("log", product)


def digamma(m: Arithmetic, a: Number) -> Number:
    """The derivative of `log_gamma`, by DLMF 5.11.2."""
    y, _, total = _shifted(m, a)
    inverse = 1.0 / y
    terms = [float(-series.bernoulli(2 * k) / (2 * k)) for k in range(1, 10)]
    square = inverse * inverse
    return m.call("log", y) - 0.5 * inverse + square * m.polynomial(square, terms) - total


def log_deviation(m: Arithmetic, mu: Number, ratio: Number) -> Number:
    """``mu - log(1 + mu)``, accurate also near 0; ``ratio`` is ``1 + mu``.

    Near 0: with ``s = mu / (2 + mu)`` it is ``mu s - 2 (s**3/3 + s**5/5 + ...)``."""
    near = (mu > -0.35) & (mu < 0.5)
    s = m.select(near, mu, m.full(mu, 0.0)) / (mu + 2.0)
    square = s * s
    odd = m.polynomial(square, [2.0 / (2 * k + 3) for k in range(14)])
    return m.select(near, mu * s - s * square * odd, mu - m.call("log", ratio))


def _power(m: Arithmetic, a: Number, x: Number) -> Number:
    """``x**a exp(-x) / Gamma(a + 1)``."""
    large = a >= STIRLING_START
    big = m.select(large, a, m.full(a, STIRLING_START))
    ratio = x / big
    exponent = big * log_deviation(m, (x - big) / big, ratio) + gamma_tail(m, big)
    above = m.call("exp", -exponent) / (m.call("sqrt", big) * ROOT_TWO_PI)
    small = m.select(large, m.full(a, 1.0), a)
    below = m.call("exp", small * m.call("log", x) - x - log_gamma(m, small + 1.0))
    return m.select(large, above, below)


def _series(m: Arithmetic, p: _Point, slope: bool) -> tuple[Number, Number]:
    """``1 + x/(a+1) + x**2/((a+1)(a+2)) + ...`` and its derivative in a."""
    nothing, one = m.full(p.a, 0.0), m.full(p.a, 1.0)
    skipped = p.uniform | p.fraction
    first = m.select(skipped, nothing, one)

    def going(n: Number, term: Number, total: Number, dterm: Number, dtotal: Number) -> Any:
        more = term > total * EPSILON
        if slope:
            more = more | (abs(dterm) > abs(dtotal) * EPSILON)
        return more & (n < STEPS)

    def step(n: Number, term: Number, total: Number, dterm: Number, dtotal: Number) -> list[Number]:
        inverse = 1.0 / (p.a + n)
        term = term * p.x * inverse
        if slope:
            dterm = dterm * p.x * inverse - term * inverse
            dtotal = dtotal + dterm
        return [n + 1.0, term, total + term, dterm, dtotal]

    _, _, total, _, dtotal = m.loop(going, step, [one, first, one, nothing, nothing])
    return total, dtotal


def _fraction(m: Arithmetic, p: _Point, slope: bool) -> tuple[Number, Number]:
    """``1/(x + 1 - a - 1 (1 - a)/(x + 3 - a - 2 (2 - a)/(x + 5 - a - ...)))`` and its derivative in a.

    Numerators and denominators by their recurrence, divided by the last denominator at each step."""
    a, x = m.select(p.fraction, p.a, m.full(p.a, 1.0)), m.select(p.fraction, p.x, m.full(p.x, 2.0))
    nothing, one = m.full(a, 0.0), m.full(a, 1.0)
    first = 1.0 / (x + 1.0 - a)
    # A0/B0 = 0/1 and A1/B1 = 1/(x + 1 - a), all divided by B1.
    start = [
        one,
        m.select(p.fraction, one, nothing),
        nothing,
        first,
        first,
        nothing,
        nothing,
        nothing,
        -first,
    ]

    def going(n: Number, change: Number, *state: Number) -> Any:
        return (change > EPSILON) & (n < STEPS)

    def step(
        n: Number,
        _: Number,
        a0: Number,
        b0: Number,
        a1: Number,
        da0: Number,
        db0: Number,
        da1: Number,
        db1: Number,
    ) -> list[Number]:
        numerator, denominator = n * (a - n), x + 1.0 - a + 2.0 * n
        scale = 1.0 / (denominator + numerator * b0)
        a2 = (denominator * a1 + numerator * a0) * scale
        change = abs(a2 - a1) / abs(a2)
        da2, db2 = nothing, nothing
        if slope:
            da2 = (denominator * da1 - a1 + numerator * da0 + n * a0) * scale
            db2 = (denominator * db1 - 1.0 + numerator * db0 + n * b0) * scale
            found, before = da2 - a2 * db2, da1 - a1 * db1
            moved = abs(found - before) / (abs(found) + abs(a2))
            change = m.select(moved > change, moved, change)
            da1, db1 = da1 * scale, db1 * scale
        return [n + 1.0, change, a1 * scale, scale, a2, da1, db1, da2, db2]

    _, _, _, _, value, _, _, dvalue, ddenominator = m.loop(going, step, start)
    return value, dvalue - value * ddenominator


class _Uniform(NamedTuple):
    """Quantities of the uniform expansion; ``spread`` is ``sqrt(2 pi a)``."""

    eta: Number
    log_ratio: Number
    over_eta: Number
    tail: Number
    dtail_deta: Number
    dtail_da: Number
    exponential: Number
    spread: Number
    a: Number


def _uniform(m: Arithmetic, p: _Point) -> _Uniform:
    a = m.select(p.uniform, p.a, m.full(p.a, UNIFORM_START))
    mu = m.select(p.uniform, (p.x - a) / a, m.full(a, 0.0))
    deviation = log_deviation(m, mu, mu + 1.0)
    size = m.call("sqrt", deviation * 2.0)
    eta = m.select(mu < 0.0, -size, size)
    center = m.equal(eta, 0.0)
    safe = m.select(center, m.full(eta, 1.0), eta)
    inverse = 1.0 / a
    tail, along, by_a = (m.full(a, 0.0) for _ in range(3))
    for k, row in reversed(list(enumerate(series.uniform_expansion(9, 20)))):
        value = m.polynomial(eta, row)
        tail = tail * inverse + value
        by_a = by_a * inverse - value * float(k)
        along = along * inverse + m.polynomial(eta, [n * c for n, c in enumerate(row)][1:])
    log_ratio = m.call("log1p", mu)
    over_eta = m.select(center, 1.0, mu / safe)
    return _Uniform(
        eta,
        log_ratio,
        over_eta,
        tail,
        along,
        by_a * inverse,
        m.call("exp", -(a * deviation)),
        m.call("sqrt", a) * ROOT_TWO_PI,
        a,
    )


def _uniform_value(m: Arithmetic, p: _Point, upper: bool) -> Number:
    """``erfc(+-eta sqrt(a/2))/2 +- exp(-a eta**2/2)/sqrt(2 pi a) sum_k c_k a**-k``."""
    u = _uniform(m, p)
    z = u.eta * m.call("sqrt", u.a * 0.5)
    rest = u.exponential / u.spread * u.tail
    return m.call("erfc", z if upper else -z) * 0.5 + (rest if upper else -rest)


def _near_zero(m: Arithmetic, p: _Point) -> Number:
    """``Q = 1 - exp(L) (1 - a V)`` with ``L = a log x - log Gamma(1 + a)``, for a and x up to 1."""
    inside = (p.a < 1.0) & (p.x <= 1.0)
    a, x = m.select(inside, p.a, m.full(p.a, 0.5)), m.select(inside, p.x, m.full(p.x, 0.5))
    v = m.full(a, 0.0)
    for n in reversed(range(1, 20)):
        v = v * x + (-1.0) ** (n + 1) / math.factorial(n) / (a + float(n))
    power = a * m.call("log", x) - _log_gamma_one_plus(m, a)
    return m.call("exp", power) * a * (v * x) - m.call("expm1", power)


def _log_gamma_one_plus(m: Arithmetic, a: Number) -> Number:
    """``log Gamma(1 + a)`` with a small relative error for 0 <= a < 1 (DLMF 5.7.3)."""
    small = m.select(a < 0.5, a, m.full(a, 0.25))
    terms = [(-1) ** k * series.zeta_minus_one(k) / k for k in range(2, 30)]
    euler = 0.5772156649015329
    near = small * (1.0 - euler + small * m.polynomial(small, terms)) - m.call("log1p", small)
    return m.select(a < 0.5, near, log_gamma(m, a + 1.0))


def incomplete_gamma(m: Arithmetic, a: Number, x: Number, *, upper: bool) -> Number:
    """P(a, x), or Q(a, x) for ``upper``; NaN for negative operands and at (0, 0)."""
    p = _point(m, a, x)
    power = _power(m, p.a, p.x)
    lower = power * _series(m, p, False)[0]
    above = power * p.a * _fraction(m, p, False)[0]
    if upper:
        rest = m.select((p.a < 1.0) & (p.x <= 1.0), _near_zero(m, p), 1.0 - lower)
        found = m.select(p.fraction, above, rest)
    else:
        found = m.select(p.fraction, 1.0 - above, lower)
    found = m.select(p.uniform, _uniform_value(m, p, upper), found)
    found = m.select(p.zero, 1.0 if upper else 0.0, found)
    found = m.select(p.one, 0.0 if upper else 1.0, found)
    return m.select(p.invalid, math.nan, found)


def _slopes(m: Arithmetic, p: _Point) -> Number:
    """``dP/da`` divided by ``x**a exp(-x) / Gamma(a + 1)``."""
    log = m.call("log", p.x)
    total, dtotal = _series(m, p, True)
    below = total * (log - digamma(m, p.a + 1.0)) + dtotal
    value, dvalue = _fraction(m, p, True)
    above = -p.a * ((log - digamma(m, p.a)) * value + dvalue)
    u = _uniform(m, p)
    center = m.equal(u.eta, 0.0)
    ratio = m.select(center, 1.0, u.log_ratio / m.select(center, m.full(u.eta, 1.0), u.eta))
    rest = u.tail * (u.log_ratio - 0.5 / u.a) - u.dtail_deta * u.over_eta / u.a + u.dtail_da
    middle = -(ratio + rest) * m.call("exp", gamma_tail(m, u.a))
    return m.select(p.uniform, middle, m.select(p.fraction, above, below))


def incomplete_gamma_slope(m: Arithmetic, a: Number, x: Number) -> Number:
    """``dP(a, x)/da``; NaN unless a is positive and x is not negative."""
    p = _point(m, a, x)
    found = _slopes(m, p) * _power(m, p.a, p.x)
    found = m.select(p.zero | p.one, 0.0, found)
    return m.select(p.invalid | ~(a > 0.0), math.nan, found)


def sample_slope(m: Arithmetic, a: Number, x: Number) -> Number:
    """``-(dP/da) / (dP/dx)``: how a sample x of the gamma distribution moves with its shape a.

    0 at x = 0; NaN unless a is positive and both are finite, x not negative."""
    p = _point(m, a, x)
    slope = -_slopes(m, p)
    # In an order in which nothing overflows or vanishes before the result does.
    found = m.select((p.a < 1.0) | (p.x < 1.0), slope / p.a * p.x, slope * (p.x / p.a))
    # The limit for large x, of which the reciprocal is a denormal number.
    found = m.select(p.fraction & (p.x > 1e290), m.call("log", p.x) - digamma(m, p.a), found)
    found = m.select(p.zero, 0.0, found)
    infinite = m.equal(a, math.inf) | m.equal(x, math.inf)
    return m.select(p.invalid | infinite | ~(a > 0.0), math.nan, found)
