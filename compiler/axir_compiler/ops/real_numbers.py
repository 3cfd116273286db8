"""Evaluation with NumPy of functions of float32 that it or SciPy computes number by number: here they are vectors."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from axir_compiler.lowering.scalar import coefficients

__all__ = ["erf_inv", "expm1", "has_zeros", "log1p", "logistic"]

Array = np.ndarray[Any, Any]


@functools.cache
def _is_vector(name: str) -> bool:
    """Whether NumPy's function of float32 takes several numbers at once on this processor."""
    introspect = getattr(np.lib, "introspect", None)
    if introspect is None:
        return False
    found = introspect.opt_func_info(func_name=f"^{name}$", signature="float32")
    return any("baseline" not in way["current"] for ways in found.values() for way in ways.values())


def _near_identity(
    exact: Callable[[Array], Array], wide: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    """``exact``; of float32 where that is no vector by ``wide``, whose error is of float64's size, and ``x`` near 0."""
    name = exact.__name__

    def call(x: Array) -> Array:
        if x.dtype != np.float32 or _is_vector(name):
            return exact(x)
        # Half of x^2, which is left out, and what `wide` errs by are both far below half a spacing here.
        result = wide(x.astype(np.float64)).astype(np.float32)
        near = np.abs(x) < 1e-8
        return np.where(near, x, result) if near.any() else result

    return call


expm1 = _near_identity(np.expm1, lambda x: np.exp(x) - 1)
log1p = _near_identity(np.log1p, lambda x: np.log(1 + x))


def logistic(x: Array) -> Array:
    """``1 / (1 + exp(-x))`` of float32, by at most 4 spacings off."""
    result = np.asarray(np.negative(x))
    np.exp(result, out=result)
    result += np.float32(1)
    return np.divide(np.float32(1), result, out=result)


def erf_inv(x: Array) -> Array:
    """``y`` with ``erf(y) = x`` of float32: ``x P(w) / Q(w)`` of ``w = -log(1 - x**2)``, as in compiled code.

    In float64, since NumPy does not fuse multiplications with additions.
    """
    wide = np.asarray(x.astype(np.float64))
    w = np.asarray(np.log((1 - wide) * (1 + wide)))
    np.negative(w, out=w)
    result = _polynomial(w, "ERF_INV")
    result /= _polynomial(w, "ERF_INV_DENOMINATOR")
    result *= wide
    size = np.abs(wide)
    if not size.size or not size.max() < 1:
        result[size == 1] = np.inf
    return np.copysign(result.astype(np.float32), x)


def _polynomial(x: Array, table: str) -> Array:
    """The value at ``x`` of a polynomial whose coefficients are those of compiled code, by Horner's rule."""
    first, *others = reversed(getattr(coefficients, table)[32])
    result = np.full_like(x, first)
    for c in others:
        result *= x
        result += c
    return result


_FEW = 256


def has_zeros(x: Array) -> bool:
    """Whether an element is zero."""
    if x.size < _FEW:
        return np.count_nonzero(x) != x.size
    return bool((x == 0).any())
