"""LAPACK on the machine that calls the program, for decompositions of which there is no kernel."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.callbacks import call_library
from axir._src.messages import located
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import COMPLEX, Aval, real_dtype

__all__ = ["DTYPES", "call_lapack", "checked_square", "complex_dtype"]

DTYPES = frozenset(map(np.dtype, ("float32", "float64", "complex64", "complex128")))


def complex_dtype(dtype: np.dtype) -> np.dtype:
    """The dtype of complex numbers whose parts have the given one; or that dtype itself."""
    return np.dtype(f"complex{16 * real_dtype(dtype).itemsize}")


def checked_square(x: Array, where: str) -> Array:
    """Square matrices of a dtype that LAPACK knows.

    Raises:
        ShapeError, DTypeError: they are not.
    """
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise located(ShapeError(f"{where}: needs square matrices in the last two axes; got {x.aval}."))
    if x.dtype not in DTYPES:
        known = ", ".join(sorted(map(str, DTYPES)))
        raise located(DTypeError(f"{where}: takes matrices of {known}; got {x.aval}. Convert them."))
    return x


@dataclass(frozen=True)
class _OfEach:
    """A function of one matrix, called for each of a batch.

    Results are NaN for a matrix that is not finite, and where the function fails.
    """

    function: Callable[..., tuple[np.ndarray, ...]]
    options: tuple[Any, ...]

    def __call__(self, arrays: Sequence[np.ndarray], outputs: Sequence[Any]) -> list[np.ndarray]:
        (x,) = arrays
        found = [np.zeros(a.shape, a.dtype) for a in outputs]
        if x.size:
            for at in np.ndindex(*x.shape[:-2]):
                values = self._one(x[at]) or [_not_a_number(a.dtype) for a in found]
                for whole, value in zip(found, values, strict=True):
                    whole[at] = value
        return found

    def _one(self, x: np.ndarray) -> Sequence[Any] | None:
        try:
            return self.function(x, *self.options) if np.isfinite(x).all() else None
        except np.linalg.LinAlgError:
            return None


def _not_a_number(dtype: np.dtype) -> Any:
    return complex(np.nan, np.nan) if dtype in COMPLEX else np.nan


def call_lapack(
    name: str,
    function: Callable[..., tuple[np.ndarray, ...]],
    x: Array,
    items: Sequence[tuple[Sequence[int], np.dtype]],
    *options: Any,
    instead: str = "Use stop_gradient on its argument.",
) -> list[Array]:
    """``function(matrix, *options)`` for each matrix of a batch.

    Args:
        name: What the user called.
        function: Gives arrays.
        x: ``f[..., m, n]``.
        items: Shape and dtype of the results for one matrix.
        *options: Hashable values.
        instead: What to do without a derivative.
    """
    outputs = tuple(Aval((*x.shape[:-2], *shape), dtype) for shape, dtype in items)
    missing = f"jvp: {name} has no derivative rule. {instead}"
    return list(call_library(_OfEach(function, options), [x], outputs, missing, name))
