"""Coefficients of series that have a closed form, as exact fractions."""

from __future__ import annotations

import functools
import math
from fractions import Fraction

__all__ = ["bernoulli", "stirling", "stirling_products", "uniform_expansion", "zeta_minus_one"]


@functools.cache
def bernoulli(n: int) -> Fraction:
    """The Bernoulli number ``B_n`` with ``B_1 = -1/2``, by ``sum_{k<=m} binomial(m+1, k) B_k = 0``."""
    known = sum((math.comb(n + 1, k) * bernoulli(k) for k in range(n)), Fraction(0))
    return Fraction(1) if n == 0 else -known / (n + 1)


def stirling(count: int) -> list[Fraction]:
    """``c_k`` of ``log Gamma(a) - (a - 1/2) log a + a - log(2 pi)/2 ~ sum_k c_k a**(1-2k)``, k = 1, 2, ..."""
    return [bernoulli(2 * k) / (2 * k * (2 * k - 1)) for k in range(1, count + 1)]


def stirling_products(count: int) -> list[Fraction]:
    """``g_k`` of ``Gamma(a) ~ sqrt(2 pi / a) (a / e)**a sum_k g_k a**-k``: the exponential of `stirling`."""
    logs = [Fraction(0)] * (count + 1)
    for k, c in enumerate(stirling(count // 2 + 1), 1):
        if 2 * k - 1 <= count:
            logs[2 * k - 1] = c
    g = [Fraction(1)]
    for n in range(1, count + 1):
        g.append(sum((k * logs[k] * g[n - k] for k in range(1, n + 1)), Fraction(0)) / n)
    return g


@functools.cache
def uniform_expansion(orders: int, terms: int) -> tuple[tuple[float, ...], ...]:
    """Taylor coefficients of ``c_k(eta)`` in Temme's uniform expansion of the incomplete gamma functions.

    With ``eta**2 / 2 = mu - log(1 + mu)``: ``c_0 = 1/mu - 1/eta`` and
    ``c_k = c_{k-1}' / eta + (-1)**k g_k / mu``, in which the pole cancels (DLMF 8.12.7 to 8.12.11).
    """
    length = terms + 2 * orders + 2
    # mu = sum alpha_n eta**n solves mu mu' = eta (1 + mu).
    alpha = [Fraction(0), Fraction(1)]
    for m in range(3, length + 2):
        inner = sum((alpha[i] * alpha[m - i] for i in range(2, m - 1)), Fraction(0))
        alpha.append((alpha[m - 2] * Fraction(2, m) - inner) / 2)
    # eta / mu
    inverse = [Fraction(1)]
    for n in range(1, length):
        inverse.append(-sum((alpha[i + 1] * inverse[n - i] for i in range(1, n + 1)), Fraction(0)))
    row = inverse[1:]
    rows, g = [row], stirling_products(orders)
    for k in range(1, orders):
        sign = (-1) ** k
        row = [(n + 2) * row[n + 2] + sign * g[k] * inverse[n + 1] for n in range(len(row) - 2)]
        rows.append(row)
    return tuple(tuple(map(float, row[:terms])) for row in rows)


def zeta_minus_one(s: int) -> float:
    """``2**-s + 3**-s + ...`` for an integer ``s >= 2``, by the Euler-Maclaurin formula."""
    start = 20
    total = float(start) ** (1 - s) / (s - 1) + 0.5 * float(start) ** -s
    rising = 1.0
    for j in range(1, 8):
        rising = math.prod(range(s, s + 2 * j - 1))
        total += float(bernoulli(2 * j)) / math.factorial(2 * j) * rising * float(start) ** (1 - s - 2 * j)
    return total + math.fsum(float(n) ** -s for n in range(2, start))
