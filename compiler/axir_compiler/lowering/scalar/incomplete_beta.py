"""The regularized incomplete beta function: the continued fraction DLMF 8.17.22 on the side where it is fast.

All is in float64, whatever the dtype of the operands. The number of steps grows with the root of the larger parameter.
"""

from __future__ import annotations

import math
from typing import Any

from axir_compiler.lowering.scalar.arithmetic import Arithmetic
from axir_compiler.lowering.scalar.incomplete_gamma import (
    EPSILON,
    STIRLING_START,
    gamma_tail,
    log_deviation,
    log_gamma,
)

__all__ = ["incomplete_beta"]

Number = Any
STEPS = 20000.0


def incomplete_beta(m: Arithmetic, a: Number, b: Number, x: Number) -> Number:
    """``I_x(a, b)``; a distribution at 0 for ``a = 0`` or ``b = inf``, at 1 for ``b = 0`` or ``a = inf``."""
    at_zero = m.equal(a, 0.0) | m.equal(b, math.inf)
    at_one = m.equal(b, 0.0) | m.equal(a, math.inf)
    known = m.equal(a, a) & m.equal(b, b)
    invalid = ~known | (a < 0.0) | (b < 0.0) | ~((x >= 0.0) & (x <= 1.0)) | (at_zero & at_one)
    begin, end = m.equal(x, 0.0), m.equal(x, 1.0)
    zero = (at_one & ~end) | (begin & ~(at_zero & ~begin))
    one = (at_zero & ~begin) | end
    plain = ~(invalid | zero | one)
    a, b, x = (m.select(plain, v, m.full(v, 0.5)) for v in (a, b, x))
    near = x * (a + b + 2.0) < a + 1.0
    p, q = m.select(near, a, b), m.select(near, b, a)
    y = 1.0 - x
    s, t = m.select(near, x, y), m.select(near, y, x)
    log_x, log_y = m.call("log", x), m.call("log1p", -x)
    logs = m.select(near, log_x, log_y), m.select(near, log_y, log_x)
    found = _power(m, p, q, s, t, logs) * _fraction(m, p, q, s, plain)
    found = m.select(near, found, 1.0 - found)
    found = m.select(one, 1.0, m.select(zero, 0.0, found))
    return m.select(invalid, math.nan, found)


def _power(m: Arithmetic, a: Number, b: Number, x: Number, y: Number, logs: tuple[Number, Number]) -> Number:
    """``x**a y**b / (a B(a, b))``, with as little cancellation as the sizes of a and b allow."""
    start = m.full(a, STIRLING_START)
    big_a, big_b = a >= STIRLING_START, b >= STIRLING_START
    larger, smaller = m.select(a > b, a, b), m.select(a > b, b, a)
    large = m.select(larger >= STIRLING_START, larger, start)
    ratio = smaller / large
    growth = (large + smaller - 0.5) * m.call("log1p", ratio) + smaller * (m.call("log", large) - 1.0)
    growth = growth + gamma_tail(m, large + smaller) - gamma_tail(m, large)
    rest = m.select(a > b, log_gamma(m, smaller) + m.call("log", a), log_gamma(m, smaller + 1.0))
    both_small = log_gamma(m, a + b) - log_gamma(m, a + 1.0) - log_gamma(m, b)
    constant = m.select(big_a | big_b, growth - rest, both_small)
    plain = m.call("exp", a * logs[0] + b * logs[1] + constant)
    return m.select(big_a & big_b, _power_of_large(m, a, b, x, y), plain)


def _power_of_large(m: Arithmetic, a: Number, b: Number, x: Number, y: Number) -> Number:
    """The same for large a and b by Stirling's series, from the distance of x to ``a / (a + b)``."""
    start = m.full(a, STIRLING_START)
    a, b = m.select(a >= STIRLING_START, a, start), m.select(b >= STIRLING_START, b, start)
    total = a + b
    distance = x * b - y * a
    exponent = a * log_deviation(m, distance / a, x * (total / a))
    exponent = exponent + b * log_deviation(m, -distance / b, y * (total / b))
    tails = gamma_tail(m, total) - gamma_tail(m, a) - gamma_tail(m, b)
    size = m.call("sqrt", b / (a * total)) / math.sqrt(2 * math.pi)
    return m.call("exp", tails - exponent) * size


def _fraction(m: Arithmetic, a: Number, b: Number, x: Number, plain: Any) -> Number:
    """``1/(1 + d1/(1 + d2/(1 + ...)))``, two terms at a step."""
    one, nothing = m.full(a, 1.0), m.full(a, 0.0)

    def going(k: Number, change: Number, *state: Number) -> Any:
        return (change > EPSILON) & (k < STEPS)

    def step(k: Number, _: Number, a0: Number, b0: Number, a1: Number) -> list[Number]:
        even = a + 2.0 * k
        odd_term = -(a + k) / even * ((a + b + k) / (even + 1.0)) * x
        a2, b2 = a1 + odd_term * a0, 1.0 + odd_term * b0
        n = k + 1.0
        even_term = n / (even + 1.0) * ((b - n) / (even + 2.0)) * x
        scale = 1.0 / (b2 + even_term)
        a3 = (a2 + even_term * a1) * scale
        return [n, abs(a3 - a1) / abs(a3), a2 * scale, b2 * scale, a3]

    # A0/B0 = 0/1 and A1/B1 = 1/1.
    start = [nothing, m.select(plain, one, nothing), nothing, one, one]
    return m.loop(going, step, start)[-1]
