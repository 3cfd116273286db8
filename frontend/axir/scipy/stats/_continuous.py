"""Continuous distributions of numbers."""

from __future__ import annotations

import math
from typing import Any

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir.scipy import special
from axir.scipy.stats._distribution import Distribution

__all__ = [
    "beta",
    "cauchy",
    "chi2",
    "expon",
    "gamma",
    "gennorm",
    "gumbel_l",
    "gumbel_r",
    "laplace",
    "logistic",
    "norm",
    "pareto",
    "t",
    "truncnorm",
    "uniform",
    "vonmises",
    "wrapcauchy",
]

_LOG_ROOT_TWO_PI = 0.5 * math.log(2 * math.pi)
_POSITIVE = (0.0, math.inf)


def _normal_density(y: Array) -> Array:
    return -0.5 * y * y - _LOG_ROOT_TWO_PI


norm = Distribution(
    "norm",
    "Normal distribution.",
    (),
    {
        "logpdf": _normal_density,
        "cdf": special.ndtr,
        "logcdf": special.log_ndtr,
        "sf": lambda y: special.ndtr(-y),
        "logsf": lambda y: special.log_ndtr(-y),
        "ppf": special.ndtri,
        "isf": lambda q: -special.ndtri(q),
    },
)


def _cauchy_cdf(y: Array) -> Array:
    """``atan2(1, -y) / pi``, which does not cancel for large negative y."""
    return lax.atan2(lax.full_like(y, 1.0), -y) / math.pi


cauchy = Distribution(
    "cauchy",
    "Cauchy distribution.",
    (),
    {
        "logpdf": lambda y: -math.log(math.pi) - lax.log1p(y * y),
        "cdf": _cauchy_cdf,
        "logcdf": lambda y: lax.log(_cauchy_cdf(y)),
        "sf": lambda y: _cauchy_cdf(-y),
        "logsf": lambda y: lax.log(_cauchy_cdf(-y)),
        "ppf": lambda q: lax.tan(math.pi * (q - 0.5)),
        "isf": lambda q: lax.tan(math.pi * (0.5 - q)),
    },
)

expon = Distribution(
    "expon",
    "Exponential distribution.",
    (),
    {
        "logpdf": lambda y: -y,
        "cdf": lambda y: -lax.expm1(-y),
        "logcdf": lambda y: lax.log(-lax.expm1(-y)),
        "sf": lambda y: lax.exp(-y),
        "logsf": lambda y: -y,
        "ppf": lambda q: -lax.log1p(-q),
    },
    support=_POSITIVE,
)


def _gamma_density(y: Array, a: Array) -> Array:
    return special.xlogy(a - 1.0, y) - y - special.gammaln(a)


gamma = Distribution(
    "gamma",
    "Gamma distribution of shape ``a``.",
    ("a",),
    {
        "logpdf": _gamma_density,
        "cdf": lambda y, a: lax.igamma(a, y),
        "logcdf": lambda y, a: lax.log(lax.igamma(a, y)),
        "sf": lambda y, a: lax.igammac(a, y),
        "logsf": lambda y, a: lax.log(lax.igammac(a, y)),
    },
    support=_POSITIVE,
)

chi2 = Distribution(
    "chi2",
    "Chi-square distribution with ``df`` degrees of freedom.",
    ("df",),
    {
        "logpdf": lambda y, df: _gamma_density(0.5 * y, 0.5 * df) - math.log(2),
        "cdf": lambda y, df: lax.igamma(0.5 * df, 0.5 * y),
        "logcdf": lambda y, df: lax.log(lax.igamma(0.5 * df, 0.5 * y)),
        "sf": lambda y, df: lax.igammac(0.5 * df, 0.5 * y),
        "logsf": lambda y, df: lax.log(lax.igammac(0.5 * df, 0.5 * y)),
    },
    support=_POSITIVE,
)


def _beta_density(y: Array, a: Array, b: Array) -> Array:
    found = special.xlogy(a - 1.0, y) + special.xlog1py(b - 1.0, -y) - special.betaln(a, b)
    return anp.where(anp.logical_and(lax.gt(a, 0.0), lax.gt(b, 0.0)), found, math.nan)


beta = Distribution(
    "beta",
    "Beta distribution; distribution functions are differentiable in ``x``, ``loc`` and ``scale`` only.",
    ("a", "b"),
    {
        "logpdf": _beta_density,
        "cdf": lambda y, a, b: lax.betainc(a, b, y),
        "logcdf": lambda y, a, b: lax.log(lax.betainc(a, b, y)),
        "sf": lambda y, a, b: lax.betainc(b, a, 1.0 - y),
        "logsf": lambda y, a, b: lax.log(lax.betainc(b, a, 1.0 - y)),
    },
    support=(0.0, 1.0),
)

uniform = Distribution(
    "uniform",
    "Uniform distribution on ``[loc, loc + scale]``.",
    (),
    {"logpdf": lambda y: lax.full_like(y, 0.0), "cdf": lambda y: y, "ppf": lambda q: q},
    support=(0.0, 1.0),
)


def _laplace_cdf(y: Array) -> Array:
    tail = 0.5 * lax.exp(-lax.abs(y))
    return anp.where(lax.le(y, 0.0), tail, 1.0 - tail)


laplace = Distribution(
    "laplace",
    "Laplace distribution.",
    (),
    {"logpdf": lambda y: -lax.abs(y) - math.log(2), "cdf": _laplace_cdf},
)


def _logistic_density(y: Array) -> Array:
    size = lax.abs(y)
    return -size - 2.0 * lax.log1p(lax.exp(-size))


logistic = Distribution(
    "logistic",
    "Logistic distribution.",
    (),
    {
        "logpdf": _logistic_density,
        "cdf": special.expit,
        "sf": lambda y: special.expit(-y),
        "ppf": special.logit,
        "isf": lambda q: -special.logit(q),
    },
)

gumbel_r = Distribution(
    "gumbel_r",
    "Gumbel distribution of largest values.",
    (),
    {
        "logpdf": lambda y: -(y + lax.exp(-y)),
        "logcdf": lambda y: -lax.exp(-y),
        "cdf": lambda y: lax.exp(-lax.exp(-y)),
        "sf": lambda y: -lax.expm1(-lax.exp(-y)),
        "logsf": lambda y: lax.log(-lax.expm1(-lax.exp(-y))),
        "ppf": lambda q: -lax.log(-lax.log(q)),
    },
)

gumbel_l = Distribution(
    "gumbel_l",
    "Gumbel distribution of smallest values.",
    (),
    {
        "logpdf": lambda y: y - lax.exp(y),
        "logcdf": lambda y: lax.log(-lax.expm1(-lax.exp(y))),
        "cdf": lambda y: -lax.expm1(-lax.exp(y)),
        "sf": lambda y: lax.exp(-lax.exp(y)),
        "logsf": lambda y: -lax.exp(y),
        "ppf": lambda q: lax.log(-lax.log1p(-q)),
    },
)

pareto = Distribution(
    "pareto",
    "Pareto distribution of shape ``b``.",
    ("b",),
    {
        "logpdf": lambda y, b: lax.log(b) - (b + 1.0) * lax.log(y),
        "cdf": lambda y, b: -lax.expm1(-b * lax.log(y)),
        "logcdf": lambda y, b: lax.log(-lax.expm1(-b * lax.log(y))),
        "sf": lambda y, b: lax.exp(-b * lax.log(y)),
        "logsf": lambda y, b: -b * lax.log(y),
        "ppf": lambda q, b: lax.exp(-lax.log1p(-q) / b),
    },
    support=(1.0, math.inf),
    inside=2.0,
)


def _student(y: Array, df: Array) -> Array:
    norm = lax.lgamma(0.5 * (df + 1.0)) - lax.lgamma(0.5 * df) - 0.5 * lax.log(math.pi * df)
    return norm - 0.5 * (df + 1.0) * lax.log1p(y * y / df)


t = Distribution("t", "Student's distribution with ``df`` degrees of freedom.", ("df",), {"logpdf": _student})


def _gennorm_cdf(y: Array, power: Array) -> Array:
    return 0.5 * (1.0 + lax.sign(y) * lax.igamma(1.0 / power, lax.pow(lax.abs(y), power)))


gennorm = Distribution(
    "gennorm",
    "Generalized normal distribution of shape ``beta``.",
    ("beta",),
    {
        "logpdf": lambda y, p: lax.log(0.5 * p) - lax.lgamma(1.0 / p) - lax.pow(lax.abs(y), p),
        "cdf": _gennorm_cdf,
    },
    loc=False,
    scale=False,
)


def _vonmises_density(y: Array, kappa: Array) -> Array:
    # cos(y) - 1 without cancellation.
    turn = -2.0 * lax.square(lax.sin(0.5 * y))
    found = kappa * turn - lax.log(2 * math.pi * lax.bessel_i0e(kappa))
    return anp.where(lax.gt(kappa, 0.0), found, math.nan)


vonmises = Distribution(
    "vonmises",
    "Von Mises distribution of concentration ``kappa``.",
    ("kappa",),
    {"logpdf": _vonmises_density},
    loc=False,
    scale=False,
)


def _wrapcauchy_density(y: Array, c: Array) -> Array:
    found = lax.log1p(-c * c) - math.log(2 * math.pi) - lax.log(1.0 + c * c - 2.0 * c * lax.cos(y))
    return anp.where(anp.logical_and(lax.gt(c, 0.0), lax.lt(c, 1.0)), found, math.nan)


wrapcauchy = Distribution(
    "wrapcauchy",
    "Wrapped Cauchy distribution on ``[0, 2 pi]``.",
    ("c",),
    {"logpdf": _wrapcauchy_density},
    support=(0.0, 2 * math.pi),
    loc=False,
    scale=False,
)


def _log_mass(a: Array, b: Array) -> Array:
    """Logarithm of the normal probability of ``[a, b]``, in the tail where it does not cancel."""
    right = lax.gt(a, 0.0)
    low, high = anp.where(right, -b, a), anp.where(right, -a, b)
    upper, lower = special.log_ndtr(high), special.log_ndtr(low)
    ordered = lax.lt(lower, upper)
    gap = anp.where(ordered, lower - upper, -1.0)
    gap = anp.where(lax.eq(lower, -math.inf), -math.inf, gap)
    return anp.where(ordered, upper + lax.log(-lax.expm1(gap)), -math.inf)


def _truncated_density(y: Array, a: Array, b: Array) -> Array:
    inside = anp.logical_and(lax.ge(y, a), lax.le(y, b))
    found = anp.where(inside, _normal_density(y) - _log_mass(a, b), -math.inf)
    return anp.where(lax.ge(a, b), math.nan, found)


def _truncated_logcdf(y: Array, a: Array, b: Array) -> Array:
    within = anp.clip(y, a, b)
    found = _log_mass(a, within) - _log_mass(a, b)
    # Near 1 the upper tail is more accurate.
    rest = lax.exp(_log_mass(within, b) - _log_mass(a, b))
    found = anp.where(lax.gt(found, -0.1), lax.log1p(-anp.minimum(rest, 0.5)), found)
    found = anp.where(lax.ge(y, b), 0.0, anp.where(lax.le(y, a), -math.inf, found))
    return anp.where(lax.ge(a, b), math.nan, found)


def _truncated_logsf(y: Array, a: Array, b: Array) -> Any:
    return _truncated_logcdf(-y, -b, -a)


truncnorm = Distribution(
    "truncnorm",
    "Normal distribution between ``a`` and ``b``, which count from ``loc`` in units of ``scale``.",
    ("a", "b"),
    {
        "logpdf": _truncated_density,
        "logcdf": _truncated_logcdf,
        "cdf": lambda y, a, b: lax.exp(_truncated_logcdf(y, a, b)),
        "logsf": _truncated_logsf,
        "sf": lambda y, a, b: lax.exp(_truncated_logsf(y, a, b)),
    },
)
