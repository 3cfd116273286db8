"""Evaluation with NumPy of functions of float32 that it computes number by number: in float64 they are vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["expm1", "has_zeros", "log1p"]

Array = np.ndarray[Any, Any]


def _near_identity(
    exact: Callable[[Array], Array], wide: Callable[[Array], Array]
) -> Callable[[Array], Array]:
    """``exact``; of float32 by ``wide``, whose error must be of the size of float64's, and that is ``x`` near 0."""

    def call(x: Array) -> Array:
        if x.dtype != np.float32:
            return exact(x)
        # Half of x^2, which is left out, and what `wide` errs by are both far below half a spacing here.
        result = wide(x.astype(np.float64)).astype(np.float32)
        near = np.abs(x) < 1e-8
        return np.where(near, x, result) if near.any() else result

    return call


expm1 = _near_identity(np.expm1, lambda x: np.exp(x) - 1)
log1p = _near_identity(np.log1p, lambda x: np.log(1 + x))


_FEW = 256


def has_zeros(x: Array) -> bool:
    """Whether an element is zero."""
    if x.size < _FEW:
        return np.count_nonzero(x) != x.size
    return bool((x == 0).any())
