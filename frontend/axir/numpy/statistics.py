"""Covariance and correlation."""

from __future__ import annotations

from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir._src.remember import remembered
from axir.numpy.complex_parts import conj
from axir.numpy.contractions import diag, dot
from axir.numpy.creation import zeros
from axir.numpy.elementwise import absolute, multiply, true_divide
from axir.numpy.logic import clip
from axir.numpy.reductions import average
from axir.numpy.reductions import sum as sum_of
from axir.numpy.shapes import atleast_2d, concatenate, squeeze, transpose
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import COMPLEX, INEXACT, INTEGER

__all__ = ["corrcoef", "cov"]


def _observations(where: str, x: Array, rowvar: bool) -> Array:
    """Variables along the first axis, observations along the second."""
    if x.ndim > 2:
        raise located(ShapeError(f"{where}: needs at most 2 axes; got {x.aval}."))
    rows = atleast_2d(x)
    return transpose(rows) if not rowvar and x.ndim == 2 else rows


@remembered
def cov(
    m: ArrayLike,
    y: ArrayLike | None = None,
    rowvar: bool = True,
    bias: bool = False,
    ddof: int | None = None,
    fweights: ArrayLike | None = None,
    aweights: ArrayLike | None = None,
    dtype: DTypeLike = None,
) -> Array:
    """Covariance of variables.

    Args:
        m: Observations ``[variables, n]``, or ``[n]`` of one variable.
        y: More variables, with as many observations.
        rowvar: Whether variables are rows; else they are columns.
        bias: Whether to divide by ``n`` rather than ``n - 1``; ``ddof`` says it in full, ``n - ddof``.
        fweights: How often each observation was made, integers ``[n]``.
        aweights: How much each observation counts, ``[n]``.
        dtype: Float or complex dtype of the result.

    Returns: Matrix ``[variables, variables]``, a scalar for one variable.
    Raises: ShapeError if shapes do not fit, DTypeError if ``fweights`` are no integers or ``dtype`` is no float.
    """
    wanted = None if dtype is None else requested(dtype, "cov")
    if wanted is not None and wanted not in INEXACT:
        raise located(ShapeError(f"cov: dtype must be a float or complex one; got {wanted}."))
    parts = promoted(*[v for v in (m, y) if v is not None], to_float=True)[0]
    rows = [_observations("cov", part, rowvar) for part in parts]
    x = concatenate(rows, 0)
    if not x.shape[0]:
        return zeros((0, 0), x.dtype if wanted is None else wanted)
    weights = _weights(fweights, aweights, x.shape[1])
    if wanted is not None:
        x = convert(x, wanted)
        weights = None if weights is None else convert(weights, wanted)
    dof = ddof if ddof is not None else 0 if bias else 1
    mean, total = average(x, 1, weights, returned=True)
    divisor = _divisor(x.shape[1], dof, weights, aweights, total[0])
    x = x - lax.expand_dims(mean, (1,))
    other = conj(x if weights is None else multiply(x, weights))
    return squeeze(true_divide(dot(x, transpose(other)), divisor))


def _weights(fweights: ArrayLike | None, aweights: ArrayLike | None, count: int) -> Array | None:
    given = [None if w is None else to_array(w) for w in (fweights, aweights)]
    for w in given:
        if w is not None and w.shape != (count,):
            raise located(ShapeError(f"cov: there must be {count} weights; got {w.aval}."))
    if given[0] is not None and given[0].dtype not in INTEGER:
        raise located(DTypeError(f"cov: fweights must be integers; got {given[0].aval}."))
    sizes = [absolute(w) for w in given if w is not None]
    return multiply(*sizes) if len(sizes) == 2 else sizes[0] if sizes else None


def _divisor(count: int, ddof: int, weights: Array | None, aweights: ArrayLike | None, total: Array) -> Any:
    """The sum of weights, less what ``ddof`` takes away: unequal weights count as fewer observations."""
    if weights is None:
        return count - ddof
    if aweights is None or ddof == 0:
        return total - ddof
    return total - ddof * sum_of(multiply(weights, absolute(aweights))) / total


@remembered
def corrcoef(x: ArrayLike, y: ArrayLike | None = None, rowvar: bool = True, dtype: DTypeLike = None) -> Array:
    """Correlation of variables, between -1 and 1; arguments and shapes are those of ``cov``.

    Both parts of complex correlations are limited to [-1, 1].
    """
    found = cov(x, y, rowvar, dtype=dtype)
    if not found.ndim:
        return found / found
    deviation = convert(lax.sqrt(lax.real(v) if (v := diag(found)).dtype in COMPLEX else v), found.dtype)
    found = found / lax.expand_dims(deviation, (1,)) / lax.expand_dims(deviation, (0,))
    if found.dtype not in COMPLEX:
        return clip(found, -1, 1)
    return lax.complex(clip(lax.real(found), -1, 1), clip(lax.imag(found), -1, 1))
