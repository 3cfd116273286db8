"""Exponential integrals, the dilogarithm and the scaled error function of ``axir.scipy.special``."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.custom import custom_jvp
from axir._src.messages import located
from axir.scipy._special_more import floats
from axir_compiler.errors import ShapeError

__all__ = ["erfcx", "exp1", "expi", "expn", "spence"]

_EULER = 0.5772156649015329
_DEPTH = 60


def _horner(x: Array, coefficients: Sequence[float]) -> Array:
    total = lax.full_like(x, coefficients[-1])
    for c in reversed(coefficients[:-1]):
        total = lax.add(lax.mul(total, x), c)
    return total


def _with_slope(value: Callable[[Array], Array], slope: Callable[[Array, Array], Array]) -> Any:
    """A function of one array with its derivative, given the array and the value."""
    function = custom_jvp(value)

    def rule(primals: Any, tangents: Any) -> tuple[Array, Array]:
        y = function(*primals)
        return y, lax.mul(slope(primals[0], y), tangents[0])

    function.defjvp(rule)
    return function


def _series_of_integral(x: Array) -> Array:
    """``x + x**2 / (2 2!) + x**3 / (3 3!) + ...``."""
    terms = [1.0 / (k * math.factorial(k)) for k in range(1, 121)]
    return lax.mul(x, _horner(x, terms))


def _fraction(n: int, x: Array) -> Array:
    """``E_n(x) exp(x)`` for x from 2 on: ``1/(x + n - 1 n/(x + n + 2 - 2 (n+1)/(...)))`` (DLMF 8.19.17)."""
    below = lax.add(x, float(n + 2 * _DEPTH))
    for k in range(_DEPTH, 0, -1):
        below = lax.sub(lax.add(x, float(n + 2 * k - 2)), lax.div(float(k * (n + k - 1)), below))
    return lax.reciprocal(below)


def _exp1_value(x: Array) -> Array:
    """The power series DLMF 6.6.2 below 2, the continued fraction above."""
    small = lax.lt(x, 2.0)
    near = anp.where(small, x, 1.0)
    series = lax.sub(lax.neg(lax.add(lax.log(near), _EULER)), _series_of_integral(lax.neg(near)))
    far = anp.where(small, 2.0, x)
    tail = lax.mul(lax.exp(lax.neg(far)), _fraction(1, far))
    return anp.where(lax.lt(x, 0.0), math.nan, anp.where(small, series, tail))


_exp1 = _with_slope(_exp1_value, lambda x, _: lax.neg(lax.div(lax.exp(lax.neg(x)), x)))


def exp1(x: ArrayLike) -> Array:
    """Exponential integral: of ``exp(-t) / t`` from ``x`` to infinity; infinite at 0, NaN below."""
    return _exp1(*floats("exp1", x))


def _expi_value(x: Array) -> Array:
    """The power series DLMF 6.6.1 up to 40, the asymptotic one 6.12.2 from there on."""
    below, large = lax.lt(x, 0.0), lax.gt(x, 40.0)
    middle = anp.where(anp.logical_or(below, large), 1.0, x)
    series = lax.add(lax.add(lax.log(middle), _EULER), _series_of_integral(middle))
    far = anp.where(large, x, 40.0)
    inverse = lax.reciprocal(far)
    tail = lax.mul(_horner(lax.mul(inverse, 40.0), [math.factorial(k) / 40.0**k for k in range(40)]), inverse)
    # In two factors: exp overflows before the integral does.
    half = lax.exp(lax.mul(far, 0.5))
    upper = lax.mul(lax.mul(half, tail), half)
    upper = anp.where(lax.eq(x, math.inf), math.inf, upper)
    lower = lax.neg(_exp1(anp.where(below, lax.neg(x), 1.0)))
    return anp.where(below, lower, anp.where(large, upper, series))


_expi = _with_slope(_expi_value, lambda x, _: lax.div(lax.exp(x), x))


def expi(x: ArrayLike) -> Array:
    """Exponential integral: the principal value of that of ``exp(t) / t`` from -infinity to ``x``."""
    return _expi(*floats("expi", x))


def expn(n: int, x: ArrayLike) -> Array:
    """Generalized exponential integral: of ``exp(-x t) / t**n`` from 1 to infinity; NaN for negative ``x``.

    ``n`` is a static Python integer. Raises: ShapeError (a ValueError) for a negative one.
    """
    order = int(n)
    if order < 0:
        raise located(ShapeError(f"expn: the order must not be negative; got {n}. Use the gamma functions."))
    (value,) = floats("expn", x)
    if order == 0:
        return anp.where(lax.lt(value, 0.0), math.nan, lax.div(lax.exp(lax.neg(value)), value))
    if order == 1:
        return _exp1(value)
    return _with_slope(lambda v: _expn_value(order, v), lambda v, _: lax.neg(expn(order - 1, v)))(value)


def _expn_value(order: int, x: Array) -> Array:
    """Below 2 by the recurrence DLMF 8.19.12 from `exp1`."""
    small = lax.lt(x, 2.0)
    zero = lax.eq(x, 0.0)
    near = anp.where(anp.logical_or(zero, lax.gt(x, 2.0)), 1.0, x)
    power, found = lax.exp(lax.neg(near)), _exp1(near)
    for k in range(1, order):
        found = lax.div(lax.sub(power, lax.mul(near, found)), float(k))
    far = anp.where(small, 2.0, x)
    tail = lax.mul(lax.exp(lax.neg(far)), _fraction(order, far))
    found = anp.where(zero, 1.0 / (order - 1), anp.where(small, found, tail))
    return anp.where(lax.lt(x, 0.0), math.nan, found)


def _erfcx_value(x: Array) -> Array:
    """The product below 3, the continued fraction DLMF 7.9.1 above."""
    small = lax.lt(x, 3.0)
    near = anp.where(small, x, 0.0)
    product = lax.mul(lax.exp(lax.square(near)), lax.erfc(near))
    far = anp.where(small, 3.0, x)
    below = far
    for k in range(_DEPTH, 0, -1):
        below = lax.add(far, lax.div(0.5 * k, below))
    return anp.where(small, product, lax.div(1.0 / math.sqrt(math.pi), below))


_erfcx = _with_slope(
    _erfcx_value, lambda x, y: lax.sub(lax.mul(lax.mul(x, y), 2.0), 2.0 / math.sqrt(math.pi))
)


def erfcx(x: ArrayLike) -> Array:
    """Scaled complementary error function ``exp(x**2) erfc(x)``."""
    return _erfcx(*floats("erfcx", x))


def _spence_value(x: Array) -> Array:
    """The series of the dilogarithm after the reflections DLMF 25.12.4 and 25.12.6."""
    large = lax.gt(x, 1.5)
    y = anp.where(large, lax.reciprocal(anp.where(large, x, 1.0)), x)
    small = lax.lt(y, 0.5)
    z = anp.where(small, y, lax.sub(1.0, y))
    series = lax.mul(z, _horner(z, [1.0 / (k * k) for k in range(1, 56)]))
    inside = anp.where(anp.logical_and(small, lax.gt(y, 0.0)), y, 0.5)
    logs = lax.mul(lax.log(inside), lax.log1p(lax.neg(inside)))
    logs = anp.where(lax.eq(y, 0.0), 0.0, logs)
    found = anp.where(small, lax.sub(lax.sub(math.pi**2 / 6, logs), series), series)
    turned = lax.sub(lax.mul(lax.square(lax.log(anp.where(large, x, 1.0))), -0.5), found)
    return anp.where(lax.lt(x, 0.0), math.nan, anp.where(large, turned, found))


def _spence_slope(x: Array, _: Array) -> Array:
    one = lax.eq(x, 1.0)
    safe = anp.where(one, 2.0, x)
    return anp.where(one, -1.0, lax.div(lax.log(safe), lax.sub(1.0, safe)))


_spence = _with_slope(_spence_value, _spence_slope)


def spence(x: ArrayLike) -> Array:
    """Dilogarithm: the integral of ``log(t) / (1 - t)`` from 1 to ``x``; NaN for negative ``x``."""
    return _spence(*floats("spence", x))
