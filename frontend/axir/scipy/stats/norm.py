"""The normal distribution of mean ``loc`` and standard deviation ``scale``."""

from __future__ import annotations

import math

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import promoted
from axir.scipy import special

__all__ = ["cdf", "isf", "logcdf", "logpdf", "logsf", "pdf", "ppf", "sf"]


def _standard(x: ArrayLike, loc: ArrayLike, scale: ArrayLike) -> tuple[Array, Array]:
    """``(x - loc) / scale``, and the scale."""
    (x, loc, scale), _ = promoted(x, loc, scale, to_float=True)
    return lax.div(lax.sub(x, loc), scale), scale


def logpdf(x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """Logarithm of the density."""
    z, scale = _standard(x, loc, scale)
    constant = lax.add(lax.mul(lax.log(scale), 2.0), math.log(2 * math.pi))
    return lax.div(lax.add(lax.square(z), constant), -2.0)


def pdf(x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """Density."""
    return lax.exp(logpdf(x, loc, scale))


def cdf(x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """Probability of at most ``x``."""
    return special.ndtr(_standard(x, loc, scale)[0])


def logcdf(x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """Logarithm of ``cdf`` without underflow."""
    return special.log_ndtr(_standard(x, loc, scale)[0])


def sf(x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """Probability of more than ``x``."""
    return special.ndtr(lax.neg(_standard(x, loc, scale)[0]))


def logsf(x: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """Logarithm of ``sf`` without underflow."""
    return special.log_ndtr(lax.neg(_standard(x, loc, scale)[0]))


def ppf(q: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """The place up to which the probability is ``q``."""
    (q, loc, scale), _ = promoted(q, loc, scale, to_float=True)
    return lax.add(lax.mul(special.ndtri(q), scale), loc)


def isf(q: ArrayLike, loc: ArrayLike = 0, scale: ArrayLike = 1) -> Array:
    """The place beyond which the probability is ``q``."""
    (q, loc, scale), _ = promoted(q, loc, scale, to_float=True)
    return lax.add(lax.mul(special.ndtri(lax.sub(1.0, q)), scale), loc)
