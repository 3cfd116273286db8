"""The Hurwitz zeta function by the Euler-Maclaurin formula (DLMF 25.11.5), in float64."""

from __future__ import annotations

import math
from typing import Any

from axir_compiler.lowering.scalar.arithmetic import Arithmetic
from axir_compiler.lowering.scalar.series import bernoulli

__all__ = ["LOWEST", "hurwitz_zeta"]

Number = Any
SHIFT = 10.0
NEGLIGIBLE = 2.0**-60
# Below, the sum over the numbers up to 0 would take too long: the result is NaN.
LOWEST = -65536.0


def hurwitz_zeta(m: Arithmetic, s: Number, q: Number) -> Number:
    """``q**-s + (q+1)**-s + ...``; infinite at ``s = 1``, NaN below.

    At the poles q = 0, -1, ... infinite; NaN for other negative q unless s is an integer."""
    whole = m.equal(s, _floor(m, s)) & (s < math.inf)
    pole = (q <= 0.0) & (q > -math.inf) & m.equal(q, _floor(m, q))
    invalid = ~(s >= 1.0) | ~m.equal(q, q) | ((q < 0.0) & ~whole & ~pole) | ((q < LOWEST) & ~pole)
    unit = m.equal(s, 1.0)
    plain = ~(invalid | pole | unit)
    s, y = m.select(plain, s, m.full(s, 2.0)), m.select(plain, q, m.full(q, SHIFT))
    far = m.equal(s, math.inf)
    power = m.select(far, 2.0, s)

    enough = power + SHIFT

    def going(y: Number, term: Number, total: Number) -> Any:
        return (y < enough) & ((y < 1.0) | (term > total * NEGLIGIBLE))

    def step(y: Number, term: Number, total: Number) -> list[Number]:
        term = m.call("pow", y, -power)
        return [y + 1.0, term, total + term]

    y, _, total = m.loop(going, step, [y, m.full(y, 1.0), m.full(y, 0.0)])
    # The formula needs an argument of the size of s, unless what is left is too small to count.
    counts, y = y >= enough, m.select(y >= enough, y, enough)
    inverse = 1.0 / y
    correction, factor = 1.0 / (power - 1.0) + 0.5 * inverse, power * inverse * inverse
    for j in range(1, 11):
        correction = correction + factor * (float(bernoulli(2 * j)) / math.factorial(2 * j))
        factor = factor * ((power + float(2 * j - 1)) * inverse) * ((power + float(2 * j)) * inverse)
    head = m.call("pow", y, 1.0 - power)
    found = total + m.select(counts & (head > 0.0), head * correction, m.full(head, 0.0))
    limit = m.select(q > 1.0, 0.0, m.select(m.equal(q, 1.0), m.full(q, 1.0), m.full(q, math.inf)))
    found = m.select(far, limit, found)
    found = m.select(pole | unit, math.inf, found)
    return m.select(invalid, math.nan, found)


def _floor(m: Arithmetic, x: Number) -> Number:
    """The largest integer up to x, for numbers below ``2**52`` by adding and subtracting that."""
    unit = 2.0**52
    size = abs(x)
    rounded = (size + unit) - unit
    rounded = m.select(size < unit, rounded, size)
    rounded = m.select(x < 0.0, -rounded, rounded)
    return m.select(rounded > x, rounded - 1.0, rounded)
