"""Distributions of vectors."""

from __future__ import annotations

import math

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir.scipy import special
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError

__all__ = ["dirichlet", "multinomial", "multivariate_normal"]


class dirichlet:
    """Dirichlet distribution."""

    @staticmethod
    def logpdf(x: ArrayLike, alpha: ArrayLike) -> Array:
        """Log density of points along axis 0 of ``x``, ``(d, ...)`` or without the last coordinate ``(d - 1, ...)``.

        -inf where coordinates are not positive or do not sum to 1 up to 1e-6.

        Raises: ShapeError if ``alpha`` is not of shape ``(d,)`` or ``x`` does not fit.
        """
        (x, weights), _ = promoted(x, alpha, to_float=True)
        if weights.ndim != 1 or x.ndim == 0 or x.shape[0] not in (weights.size, weights.size - 1):
            given = f"x {x.aval} and alpha {weights.aval}"
            raise located(
                ShapeError(f"dirichlet: alpha must be (d,) and x (d, ...) or (d - 1, ...); got {given}.")
            )
        if x.shape[0] != weights.size:
            x = anp.concatenate([x, 1.0 - anp.sum(x, axis=0, keepdims=True)], axis=0)
        simplex = anp.logical_and(anp.all(x > 0, axis=0), anp.abs(anp.sum(x, axis=0) - 1.0) < 1e-6)
        norm = anp.sum(special.gammaln(weights)) - special.gammaln(anp.sum(weights))
        column = anp.reshape(weights, (weights.size,) + (1,) * (x.ndim - 1))
        return anp.where(simplex, anp.sum(special.xlogy(column - 1.0, x), axis=0) - norm, -math.inf)

    @staticmethod
    def pdf(x: ArrayLike, alpha: ArrayLike) -> Array:
        """``exp(logpdf)``."""
        return lax.exp(dirichlet.logpdf(x, alpha))


class multinomial:
    """Multinomial distribution."""

    @staticmethod
    def logpmf(x: ArrayLike, n: ArrayLike, p: ArrayLike) -> Array:
        """Log probability of counts ``x`` (integers along the last axis) in ``n`` trials of probabilities ``p``.

        Raises: DTypeError (also a TypeError) if counts are not integers.
        """
        counts, trials = anp.asarray(x), anp.asarray(n)
        if counts.dtype.kind not in "iu" or trials.dtype.kind not in "iu":
            given = f"{counts.aval} and {trials.aval}"
            raise located(DTypeError(f"multinomial: x and n must be integers; got {given}. Convert them."))
        (chances,), _ = promoted(p, to_float=True)
        k, total = counts.astype(chances.dtype), trials.astype(chances.dtype)
        terms = special.xlogy(k, chances) - special.gammaln(k + 1.0)
        found = special.gammaln(total + 1.0) + anp.sum(terms, axis=-1)
        return anp.where(anp.sum(counts, axis=-1) == trials, found, -math.inf)

    @staticmethod
    def pmf(x: ArrayLike, n: ArrayLike, p: ArrayLike) -> Array:
        """``exp(logpmf)``."""
        return lax.exp(multinomial.logpmf(x, n, p))


class multivariate_normal:
    """Normal distribution of vectors."""

    @staticmethod
    def logpdf(x: ArrayLike, mean: ArrayLike, cov: ArrayLike, allow_singular: None = None) -> Array:
        """Log density of points ``(..., d)`` for means ``(..., d)`` and covariances ``(..., d, d)`` or a number.

        Leading axes are broadcast. A mean without axes is one of numbers, with variances ``cov``.

        Raises: ShapeError if shapes do not fit; MissingRuleError for ``allow_singular``, which must be ``None``.
        """
        if allow_singular is not None:
            raise located(MissingRuleError("multivariate_normal: allow_singular must be None."))
        (x, center, spread), _ = promoted(x, mean, cov, to_float=True)
        y = x - center
        if center.ndim == 0:
            return -0.5 * (y * y / spread + math.log(2 * math.pi) + anp.log(spread))
        size = center.shape[-1]
        if spread.ndim == 0:
            return -0.5 * (
                anp.sum(y * y, axis=-1) / spread + size * (math.log(2 * math.pi) + anp.log(spread))
            )
        if spread.shape[-2:] != (size, size):
            given = f"mean {center.aval} and cov {spread.aval}"
            raise located(
                ShapeError(f"multivariate_normal: cov must be a number or (..., d, d); got {given}.")
            )
        factor = lax.linalg.cholesky(spread)
        white = _whitened(factor, y)
        logs = anp.sum(anp.log(anp.diagonal(factor, axis1=-2, axis2=-1)), axis=-1)
        return -0.5 * (anp.sum(white * white, axis=-1) + size * math.log(2 * math.pi)) - logs

    @staticmethod
    def pdf(x: ArrayLike, mean: ArrayLike, cov: ArrayLike) -> Array:
        """``exp(logpdf)``."""
        return lax.exp(multivariate_normal.logpdf(x, mean, cov))


def _whitened(factor: Array, y: Array) -> Array:
    """Solutions of ``factor @ w = y`` for vectors along the last axis; all vectors of one factor are one system."""
    if factor.ndim == 2:
        flat = anp.reshape(y, (-1, y.shape[-1]))
        white = lax.linalg.triangular_solve(factor, flat.T, left_side=True, lower=True)
        return anp.reshape(white.T, y.shape)
    outer = anp.broadcast_shapes(factor.shape[:-2], y.shape[:-1])
    factor = anp.broadcast_to(factor, (*outer, *factor.shape[-2:]))
    columns = anp.broadcast_to(y, (*outer, y.shape[-1]))[..., None]
    return lax.linalg.triangular_solve(factor, columns, left_side=True, lower=True)[..., 0]
