"""Convolution and correlation of signals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import DTypeLike
from axir.numpy.complex_parts import conj
from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import COMPLEX, real_dtype

__all__ = ["convolve", "correlate"]


def correlated(x: Array, y: Array, pads: Sequence[tuple[int, int]], dtype: DTypeLike = None) -> Array:
    """Sums of products of ``x``, padded with zeros, with ``y`` in all positions where it fits."""
    if x.dtype in COMPLEX:
        part = None if dtype is None else real_dtype(np.dtype(dtype))
        left, right = ((lax.real(v), lax.imag(v)) for v in (x, y))
        real, cross1, cross2, imaginary = (correlated(u, v, pads, part) for u in left for v in right)
        return lax.complex(lax.sub(real, imaginary), lax.add(cross1, cross2))
    x, y = (lax.expand_dims(v, (0, 1)) for v in (x, y))
    found = lax.conv_general_dilated(x, y, (1,) * len(pads), pads, preferred_element_type=dtype)
    return lax.squeeze(found, (0, 1))


def checked_mode(mode: str, where: str) -> str:
    """The name of a mode.

    Raises: ShapeError if there is no such mode.
    """
    if mode not in ("full", "same", "valid"):
        raise located(ShapeError(f"{where}: mode must be 'full', 'same' or 'valid'; got {mode!r}."))
    return mode


def convolve(
    a: ArrayLike,
    v: ArrayLike,
    mode: str = "full",
    *,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """Convolution of two vectors, ``sum over m of a[m] * v[n - m]``, computed directly.

    Args:
        a, v: Vectors that are not empty; integers become floats unless ``preferred_element_type`` is given.
        mode: ``"full"`` for all positions where they overlap, ``"valid"`` where one lies inside the other, ``"same"``
            for as many as the longer one has elements.
        precision: Has no effect: products are never computed in less than the precision of the operands.
        preferred_element_type: Dtype of the sums.

    Raises: ShapeError if an operand is no vector or empty, or for another mode.
    """
    x, y = _vectors("convolve", a, v, preferred_element_type)
    x, y = (x, y) if x.size >= y.size else (y, x)
    return correlated(x, lax.rev(y, (0,)), _pads(y.size, mode, "convolve"), preferred_element_type)


def correlate(
    a: ArrayLike,
    v: ArrayLike,
    mode: str = "valid",
    *,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """Correlation of two vectors, ``sum over m of a[m + n] * conj(v[m])``; see ``convolve``.

    Args:
        a, v: Vectors, not empty.
        mode: ``"full"``, ``"same"`` or ``"valid"``.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Returns: a vector.

    Raises: ShapeError if they are no vectors, or empty, or for another mode.
    """
    x, y = _vectors("correlate", a, conj(v), preferred_element_type)
    if x.size >= y.size:
        return correlated(x, y, _pads(y.size, mode, "correlate"), preferred_element_type)
    found = correlated(y, x, _pads(x.size, mode, "correlate"), preferred_element_type)
    return lax.rev(found, (0,))


def _vectors(name: str, a: ArrayLike, v: ArrayLike, dtype: DTypeLike) -> list[Array]:
    arrays, _ = promoted(a, v, to_float=dtype is None)
    if any(x.ndim != 1 or x.size == 0 for x in arrays):
        given = " and ".join(str(x.aval) for x in arrays)
        raise located(ShapeError(f"{name}: operands must be vectors that are not empty; got {given}."))
    return arrays


def _pads(size: int, mode: str, where: str) -> list[tuple[int, int]]:
    """Zeros around the longer vector, for a kernel of ``size`` elements."""
    low, high = {
        "full": (size - 1, size - 1),
        "same": (size // 2, size - 1 - size // 2),
        "valid": (0, 0),
    }[checked_mode(mode, where)]
    return [(low, high)]
