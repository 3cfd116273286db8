"""Distributions of vectors and matrices that are made of normal numbers."""

from __future__ import annotations

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import Shape, shape_of, static_int
from axir._src.convert import ArrayLike
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import DTypeLike
from axir.random.drawing import fitting_shape, float_dtype, inexact_dtype, normal_floats
from axir.random.keys import Key
from axir_compiler.errors import ShapeError

__all__ = ["multivariate_normal", "orthogonal"]

_METHODS = ("cholesky", "eigh", "svd")


def multivariate_normal(
    key: Key,
    mean: ArrayLike,
    cov: ArrayLike,
    shape: Shape | None = None,
    dtype: DTypeLike = None,
    method: str = "cholesky",
) -> Array:
    """Vectors of the normal distribution, proportional to ``exp(-(x - mean) @ inv(cov) @ (x - mean) / 2)``.

    Args:
        key: A key.
        mean: Mean, ``f32[..., n]``.
        cov: Covariance, symmetric and positive definite, ``f32[..., n, n]``.
        shape: Shape of the result without its last axis; by default the common one of the leading axes of ``mean``
            and ``cov``.
        dtype: A float dtype, by default that of ``mean`` and ``cov``.
        method: How ``cov`` is written as ``a @ a.T``: ``"cholesky"``, or ``"eigh"`` or ``"svd"``, which take singular
            matrices too. The signs of columns that the latter two find differ between libraries, and so do the vectors.

    Returns: ``f32[*shape, n]``.
    Raises: ShapeError if shapes do not fit, DTypeError if the dtype is no float dtype, ValueError for another method.
    """
    if method not in _METHODS:
        raise ValueError(
            f"random.multivariate_normal: method must be one of {', '.join(_METHODS)}; got {method!r}."
        )
    (centre, spread), _ = promoted(mean, cov, to_float=True)
    wanted = float_dtype(centre.dtype if dtype is None else dtype, "multivariate_normal")
    n = centre.shape[-1] if centre.ndim else 0
    if not centre.ndim or spread.shape[-2:] != (n, n):
        raise located(
            ShapeError(
                "random.multivariate_normal: mean must be of shape (..., n) and cov of shape (..., n, n); got "
                f"{centre.aval} and {spread.aval}."
            )
        )
    sizes = fitting_shape(shape, "multivariate_normal", centre.shape[:-1], spread.shape[:-2])
    drawn = normal_floats(key, (*sizes, n), wanted, "multivariate_normal")
    return anp.add(centre, anp.einsum("...ij,...j->...i", _factor(spread, method), drawn))


def _factor(cov: Array, method: str) -> Array:
    """A matrix whose product with its transpose is ``cov``."""
    if method == "cholesky":
        return anp.linalg.cholesky(cov)
    if method == "eigh":
        values, vectors = anp.linalg.eigh(cov)
    else:
        vectors, values, _ = anp.linalg.svd(cov)
    return anp.multiply(vectors, anp.sqrt(anp.expand_dims(values, -2)))


def orthogonal(key: Key, n: int, shape: Shape = (), dtype: DTypeLike = None, m: int | None = None) -> Array:
    """Matrices distributed uniformly among the orthogonal ones, or the unitary ones for complex dtypes.

    F. Mezzadri, "How to generate random matrices from the classical compact groups", Notices of the AMS 54(5), 2007.

    Args:
        key: A key.
        n: Number of rows.
        shape: Leading axes of the result.
        dtype: A float or complex dtype, by default the default float dtype.
        m: Number of columns, by default ``n``. With fewer columns than rows these are orthonormal, else the rows.

    Returns: ``f32[*shape, n, m]``.
    """
    wanted = inexact_dtype(dtype, "orthogonal")
    rows = static_int(n, "random.orthogonal")
    columns = rows if m is None else static_int(m, "random.orthogonal")
    sizes = (*shape_of(shape, "random.orthogonal"), max(rows, columns), min(rows, columns))
    q, r = anp.linalg.qr(normal_floats(key, sizes, wanted, "orthogonal"))
    signs = anp.expand_dims(anp.sign(anp.diagonal(r, 0, -2, -1)), -2)
    found = lax.mul(q, anp.broadcast_to(signs, q.shape))
    return anp.matrix_transpose(found) if rows < columns else found
