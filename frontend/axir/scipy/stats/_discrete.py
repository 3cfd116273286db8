"""Distributions of whole numbers."""

from __future__ import annotations

import math

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir.scipy import special
from axir.scipy._special_more import floats
from axir.scipy.stats._distribution import Distribution

__all__ = ["bernoulli", "betabinom", "binom", "geom", "nbinom", "poisson"]

_NATURAL = (0.0, math.inf)


def _valid(p: Array) -> Array:
    return anp.logical_and(lax.ge(p, 0.0), lax.le(p, 1.0))


def _bernoulli_cdf(k: Array, p: Array) -> Array:
    found = anp.where(lax.lt(k, 0.0), 0.0, anp.where(lax.lt(k, 1.0), 1.0 - p, 1.0))
    return anp.where(anp.logical_and(_valid(p), lax.eq(k, k)), found, math.nan)


def _bernoulli_ppf(q: Array, p: Array) -> Array:
    return anp.where(_valid(p), anp.where(lax.le(q, 1.0 - p), 0.0, 1.0), math.nan)


class _Bernoulli(Distribution):
    """``cdf`` is not limited to the support, which ends at 1."""

    def _at(self, function: str, x: Array, shapes: list[Array], loc: Array, scale: Array) -> Array:
        return (
            _bernoulli_cdf(x - loc, *shapes)
            if function == "cdf"
            else super()._at(function, x, shapes, loc, scale)
        )


bernoulli = _Bernoulli(
    "bernoulli",
    "1 with probability ``p``, else 0.",
    ("p",),
    {
        "logpmf": lambda k, p: special.xlogy(k, p) + special.xlog1py(1.0 - k, -p),
        "cdf": _bernoulli_cdf,
        "ppf": _bernoulli_ppf,
    },
    support=(0.0, 1.0),
    scale=False,
)


def _log_choose(n: Array, k: Array) -> Array:
    return special.gammaln(n + 1.0) - special.gammaln(k + 1.0) - special.gammaln(n - k + 1.0)


def _binomial(k: Array, n: Array, p: Array) -> Array:
    inside = lax.le(k, n)
    k = anp.where(inside, k, 0.0)
    found = _log_choose(n, k) + special.xlogy(k, p) + special.xlog1py(n - k, -p)
    return anp.where(inside, found, -math.inf)


binom = Distribution(
    "binom",
    "Number of successes among ``n`` trials of probability ``p``.",
    ("n", "p"),
    {"logpmf": _binomial},
    support=_NATURAL,
    scale=False,
)


def _beta_binomial(k: Array, n: Array, a: Array, b: Array) -> Array:
    k = lax.floor(k)
    inside = lax.le(k, n)
    k = anp.where(inside, k, 0.0)
    found = _log_choose(n, k) + special.betaln(k + a, n - k + b) - special.betaln(a, b)
    found = anp.where(inside, found, -math.inf)
    valid = anp.logical_and(lax.ge(n, 0.0), anp.logical_and(lax.gt(a, 0.0), lax.gt(b, 0.0)))
    return anp.where(valid, found, math.nan)


betabinom = Distribution(
    "betabinom",
    "Binomial distribution whose probability has a beta distribution.",
    ("n", "a", "b"),
    {"logpmf": _beta_binomial},
    support=_NATURAL,
    scale=False,
)

geom = Distribution(
    "geom",
    "Number of trials of probability ``p`` up to the first success.",
    ("p",),
    {"logpmf": lambda k, p: special.xlog1py(k - 1.0, -p) + lax.log(p)},
    # Anything above 0, as in JAX.
    support=(5e-324, math.inf),
    inside=1.0,
    scale=False,
)


def _negative_binomial(k: Array, n: Array, p: Array) -> Array:
    ways = special.gammaln(k + n) - special.gammaln(n) - special.gammaln(k + 1.0)
    return ways + special.xlogy(n, p) + special.xlog1py(k, -p)


nbinom = Distribution(
    "nbinom",
    "Number of failures before success number ``n``.",
    ("n", "p"),
    {"logpmf": _negative_binomial},
    support=_NATURAL,
    scale=False,
)


def _poisson(k: Array, mu: Array) -> Array:
    found = special.xlogy(k, mu) - special.gammaln(k + 1.0) - mu
    return anp.where(lax.eq(lax.round(k), k), found, -math.inf)


# Of powers of 1/mu, from 0 on: Stirling's series of log(k!) expanded around mu, with the central moments of k.
_ENTROPY = (
    *(1 / 2, -1 / 12, -1 / 24, -19 / 360, -9 / 80, -863 / 2520, -1375 / 1008),
    *(-33953 / 5040, -57281 / 1440, -3250433 / 11880, -378351 / 176),
)


def _poisson_entropy(mu: Array) -> Array:
    """The sum over all values that matter, for large means an asymptotic series.

    The sum cancels as the mean grows: in float32 the series is better from 15 on, where it is good to 1e-8.
    """
    limit = 50.0 if mu.dtype == "float64" else 15.0
    large, zero = lax.gt(mu, limit), lax.eq(mu, 0.0)
    mean = anp.where(anp.logical_or(large, zero), 1.0, mu)[..., None]
    k = np.arange(int(limit + 11 * limit**0.5 + 20))
    factorials = anp.array([math.lgamma(n + 1) for n in k], dtype=mu.dtype)
    logs = anp.array(k, dtype=mu.dtype) * lax.log(mean) - mean - factorials
    total = anp.sum(-logs * lax.exp(logs), axis=-1)
    inverse = lax.reciprocal(anp.where(large, mu, limit))
    series = lax.full_like(mu, _ENTROPY[-1])
    for c in reversed(_ENTROPY[:-1]):
        series = series * inverse + c
    series = series + 0.5 * (math.log(2 * math.pi) - lax.log(inverse))
    return anp.where(zero, 0.0, anp.where(large, series, total))


class _Poisson(Distribution):
    """``cdf`` is 0 below the support, where its formula cannot be continued."""

    @staticmethod
    def entropy(mu: ArrayLike, loc: ArrayLike = 0) -> Array:
        """Entropy, in natural units; NaN for negative means. ``loc`` has no effect but on the shape."""
        mean, _ = floats("poisson.entropy", mu, loc)
        return _poisson_entropy(mean)

    def _at(self, function: str, x: Array, shapes: list[Array], loc: Array, scale: Array) -> Array:
        found = super()._at(function, x, shapes, loc, scale)
        return anp.where(lax.lt(x, loc), 0.0, found) if function == "cdf" else found


poisson = _Poisson(
    "poisson",
    "Poisson distribution of mean ``mu``.",
    ("mu",),
    {"logpmf": _poisson, "cdf": lambda k, mu: lax.igammac(lax.floor(k + 1.0), mu)},
    support=_NATURAL,
    scale=False,
)
