"""Programs that axir and JAX both run: written once, against a namespace that is either ``axir`` or ``jax``."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Case", "floats", "labels"]


class Case(NamedTuple):
    """A function ``function(lib, *args)``, compiled and called by both libraries.

    ``args`` are pytrees of NumPy arrays; ``double`` runs it with 64-bit numbers. The two libraries must agree up to
    ``tolerance``, relative to the largest element of each result; ``None`` where there is nothing to compare, as with
    the signs of vectors.
    """

    name: str
    function: Callable[..., Any]
    args: tuple[Any, ...]
    double: bool = False
    tolerance: float | None = 1e-3


_seeds = count()


def floats(*shape: int, dtype: Any = np.float32) -> np.ndarray:
    """Normal random numbers, others at each call, the same ones in each run."""
    return np.random.default_rng(next(_seeds)).standard_normal(shape).astype(dtype)


def labels(size: int, classes: int) -> np.ndarray:
    """Random classes."""
    return np.random.default_rng(next(_seeds)).integers(0, classes, size).astype(np.int32)
