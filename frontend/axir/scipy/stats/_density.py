"""Densities estimated from samples: ``gaussian_kde``."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from axir import lax, random
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike, isscalar
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.pytree import register_pytree_node_class
from axir.nn import logsumexp
from axir.scipy.special import ndtr
from axir_compiler.errors import MissingRuleError, ShapeError

__all__ = ["gaussian_kde"]


def _columns(where: str, points: ArrayLike) -> Array:
    """Points as columns ``[d, count]``, of a real float dtype."""
    (found,), _ = promoted(anp.atleast_2d(points), to_float=True)
    if found.dtype.kind == "c":
        raise located(MissingRuleError(f"gaussian_kde: {where} must be real; got {found.aval}. Take parts."))
    if found.ndim != 2:
        raise located(ShapeError(f"gaussian_kde: {where} must be [d, n] or [n]; got {found.aval}."))
    return found


@register_pytree_node_class
class gaussian_kde:
    """Density of a sample as a sum of normal densities around its points.

    D. W. Scott, "Multivariate density estimation", 1992; B. W. Silverman, "Density estimation for statistics and data
    analysis", 1986. The object is immutable, and a pytree: it may be an argument or a result of compiled functions.

    Args:
        dataset: Points as columns, ``[d, n]``, or ``[n]`` numbers.
        bw_method: The factor by which the standard deviation of the points is scaled: ``"scott"`` (the default),
            ``"silverman"``, a number, or a function of the object, which has ``d``, ``n`` and ``neff`` by then.
        weights: Weights of the points, ``[n]``; they are scaled to sum to 1.

    Attributes:
        dataset, weights: As given, in a common float dtype.
        neff: Effective number of points, ``1 / sum(weights**2)``.
        covariance, inv_cov: Covariance of each normal density, ``[d, d]``, and its inverse.

    Raises: ShapeError (a ValueError) for shapes that do not fit and for an unknown method; MissingRuleError for
    complex data.
    """

    neff: Any
    dataset: Any
    weights: Any
    covariance: Any
    inv_cov: Any

    def __init__(
        self,
        dataset: ArrayLike,
        bw_method: str | ArrayLike | Callable[[Any], Any] | None = None,
        weights: ArrayLike | None = None,
    ) -> None:
        data = _columns("dataset", dataset)
        if data.size < 2:
            raise located(ShapeError(f"gaussian_kde: dataset must have several elements; got {data.aval}."))
        if weights is None:
            shares = anp.full(data.shape[1], 1.0 / data.shape[1], data.dtype)
        else:
            (data, shares), _ = promoted(data, anp.atleast_1d(weights), to_float=True)
            if shares.shape != data.shape[1:]:
                given = f"{shares.aval} for {data.aval}"
                raise located(
                    ShapeError(f"gaussian_kde: weights must be [n], one for each point; got {given}.")
                )
            shares = shares / anp.sum(shares)
        self._set("dataset", data)
        self._set("weights", shares)
        self._set("neff", 1.0 / anp.sum(lax.square(shares)))
        factor = self._factor("scott" if bw_method is None else bw_method)
        covariance = anp.atleast_2d(anp.cov(data, bias=False, aweights=shares))
        self._set("covariance", covariance * factor**2)
        self._set("inv_cov", anp.linalg.inv(covariance) / factor**2)

    def _factor(self, method: Any) -> Any:
        if isinstance(method, str):
            if method not in ("scott", "silverman"):
                known = "'scott', 'silverman', a number or a function"
                raise located(ShapeError(f"gaussian_kde: bw_method must be {known}; got {method!r}."))
            base = self.neff if method == "scott" else self.neff * (self.d + 2) / 4.0
            return anp.power(base, -1.0 / (self.d + 4))
        if isscalar(method):
            return method
        if not callable(method):
            given = type(method).__name__
            raise located(
                ShapeError(f"gaussian_kde: bw_method must be a name, number or function; got {given}.")
            )
        return method(self)

    def _set(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(
            f"gaussian_kde: the object is immutable; {name!r} cannot be set. Make a new one."
        )

    def tree_flatten(self) -> tuple[tuple[Any, ...], None]:
        """The arrays of the object."""
        return (self.neff, self.dataset, self.weights, self.covariance, self.inv_cov), None

    @classmethod
    def tree_unflatten(cls, aux: None, children: Any) -> gaussian_kde:
        """The object of arrays."""
        found = cls.__new__(cls)
        for name, value in zip(
            ("neff", "dataset", "weights", "covariance", "inv_cov"), children, strict=True
        ):
            found._set(name, value)
        return found

    @property
    def d(self) -> int:
        """Number of coordinates."""
        return self.dataset.shape[0]

    @property
    def n(self) -> int:
        """Number of points."""
        return self.dataset.shape[1]

    def evaluate(self, points: ArrayLike) -> Array:
        """The density at points, columns ``[d, m]``, or ``[m]`` numbers, or one point ``[d]``: ``[m]``."""
        exponents = self._exponents(points)
        return anp.sum(self.weights * lax.exp(exponents), axis=-1)

    __call__ = evaluate

    def pdf(self, x: ArrayLike) -> Array:
        """``evaluate``."""
        return self.evaluate(x)

    def logpdf(self, x: ArrayLike) -> Array:
        """Logarithm of the density at points; see ``evaluate``."""
        found: Any = logsumexp(anp.log(self.weights) + self._exponents(x), axis=-1)
        return found

    def _exponents(self, points: ArrayLike) -> Array:
        """Logarithms of the normal densities around each point of the sample, ``[m, n]``."""
        at = _columns("points", points)
        if at.shape[0] != self.d:
            if at.shape != (1, self.d):
                raise located(ShapeError(f"gaussian_kde: points must have {self.d} rows; got {at.aval}."))
            at = anp.reshape(at, (self.d, 1))
        root = anp.linalg.cholesky(self.inv_cov)
        # Differences of whitened coordinates: squares of the coordinates themselves would cancel.
        ours, theirs = anp.matmul(root.T, self.dataset), anp.matmul(root.T, at)
        square = anp.sum(lax.square(theirs[:, :, None] - ours[:, None, :]), axis=0)
        norm = anp.sum(anp.log(anp.diagonal(root))) - 0.5 * self.d * math.log(2 * math.pi)
        return norm - 0.5 * square

    def integrate_gaussian(self, mean: ArrayLike, cov: ArrayLike) -> Array:
        """The integral of the density times a normal one of the given mean, ``[d]``, and covariance, ``[d, d]``."""
        center, spread = anp.atleast_1d(anp.squeeze(mean)), anp.atleast_2d(cov)
        if center.shape != (self.d,) or spread.shape != (self.d, self.d):
            given = f"{center.aval} and {spread.aval}"
            raise located(
                ShapeError(
                    f"gaussian_kde: mean must be [{self.d}] and cov [{self.d}, {self.d}]; got {given}."
                )
            )
        overlap = _overlaps(self.covariance + spread, self.dataset, center[:, None])
        return anp.sum(overlap[0] * self.weights)

    def integrate_box_1d(self, low: ArrayLike, high: ArrayLike) -> Array:
        """The integral between two numbers of a density of numbers."""
        if self.d != 1:
            raise located(ShapeError(f"gaussian_kde: integrate_box_1d needs numbers; points have {self.d}."))
        if anp.ndim(low) != 0 or anp.ndim(high) != 0:
            raise located(ShapeError("gaussian_kde: the limits of integrate_box_1d must be numbers."))
        sigma = anp.sqrt(self.covariance[0, 0])
        upper, lower = ((limit - self.dataset[0]) / sigma for limit in (high, low))
        return anp.sum(self.weights * (ndtr(upper) - ndtr(lower)))

    def integrate_kde(self, other: gaussian_kde) -> Array:
        """The integral of the product of two densities."""
        if other.d != self.d:
            raise located(ShapeError(f"gaussian_kde: densities must agree in d; got {self.d} and {other.d}."))
        overlap = _overlaps(self.covariance + other.covariance, self.dataset, other.dataset)
        return anp.sum(anp.matmul(overlap, self.weights) * other.weights)

    def resample(self, key: Any, shape: tuple[int, ...] = ()) -> Array:
        """Random points of the density, ``[d, *shape]``, from a random key."""
        for_points, for_noise = random.split(key)
        chosen = random.choice(for_points, self.n, shape=shape, p=self.weights)
        center = anp.zeros(self.d, self.covariance.dtype)
        noise = random.multivariate_normal(
            for_noise, center, self.covariance, shape=shape, dtype=self.dataset.dtype
        )
        return anp.take(self.dataset, chosen, axis=1, mode="clip") + anp.moveaxis(noise, -1, 0)

    def integrate_box(self, low_bounds: Any, high_bounds: Any, maxpts: Any = None) -> Any:
        """Not available in more than one dimension. Raises: MissingRuleError (a NotImplementedError)."""
        raise located(
            MissingRuleError("gaussian_kde: boxes are integrated for numbers. Use integrate_box_1d.")
        )

    def set_bandwidth(self, bw_method: Any = None) -> Any:
        """The object is immutable. Raises: MissingRuleError (a NotImplementedError)."""
        raise located(
            MissingRuleError("gaussian_kde: the object is immutable. Make a new one with bw_method.")
        )


def _overlaps(covariance: Array, points: Array, centers: Array) -> Array:
    """Normal densities ``[m, n]`` of points ``[d, n]`` around centers ``[d, m]``."""
    root = anp.linalg.cholesky(covariance)
    white = [
        lax.linalg.triangular_solve(root, v, left_side=True, lower=True)
        for v in promoted(points, centers, to_float=True)[0]
    ]
    square = anp.sum(lax.square(white[1][:, :, None] - white[0][:, None, :]), axis=0)
    norm = math.sqrt(2 * math.pi) ** points.shape[0] * anp.prod(anp.diagonal(root))
    return lax.exp(-0.5 * square) / norm
