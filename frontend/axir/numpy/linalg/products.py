"""Products of matrices, diagonals and traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.promotion import DTypeLike
from axir.numpy.contractions import cross as _cross
from axir.numpy.contractions import diagonal as _diagonal
from axir.numpy.contractions import matmul as _matmul
from axir.numpy.contractions import outer as _outer
from axir.numpy.contractions import tensordot as _tensordot
from axir.numpy.contractions import trace as _trace
from axir.numpy.creation import eye
from axir.numpy.linalg.systems import inv
from axir_compiler.errors import ShapeError

__all__ = ["cross", "diagonal", "matmul", "matrix_power", "multi_dot", "outer", "tensordot", "trace"]


def matmul(
    x1: ArrayLike, x2: ArrayLike, /, *, precision: Any = None, preferred_element_type: DTypeLike = None
) -> Array:
    """Matrix product; see ``axir.numpy.matmul``.

    Args:
        x1, x2: ``[..., n, k]`` and ``[..., k, m]``, or vectors ``[k]``.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Raises: ShapeError if the shapes do not fit.
    """
    return _matmul(x1, x2, precision=precision, preferred_element_type=preferred_element_type)


def tensordot(
    x1: ArrayLike,
    x2: ArrayLike,
    /,
    *,
    axes: Any = 2,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """Sum of products over pairs of axes; see ``axir.numpy.tensordot``.

    Args:
        x1, x2: Arrays.
        axes: Number of axes, or pairs of sequences of axes.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Raises: ShapeError if the sizes of a pair differ.
    """
    return _tensordot(x1, x2, axes, precision=precision, preferred_element_type=preferred_element_type)


def cross(x1: ArrayLike, x2: ArrayLike, /, *, axis: int = -1) -> Array:
    """Cross product of vectors of 3 components along an axis, the other axes broadcast.

    Raises: ShapeError for another number of components.
    """
    x, y = to_array(x1), to_array(x2)
    if any(v.ndim == 0 or v.shape[axis_of(axis, v.ndim, "cross")] != 3 for v in (x, y)):
        raise located(ShapeError(f"cross: vectors must have 3 components; got {x.aval} and {y.aval}."))
    return _cross(x, y, axis=axis)


def outer(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Products of each element of a vector with each of another, ``[n, m]``.

    Raises: ShapeError unless both are vectors.
    """
    x, y = to_array(x1), to_array(x2)
    if x.ndim != 1 or y.ndim != 1:
        raise located(ShapeError(f"outer: operands must be vectors; got {x.aval} and {y.aval}."))
    return _outer(x, y)


def matrix_power(a: ArrayLike, n: int) -> Array:
    """Product of ``n`` equal square matrices, by repeated squaring; of their inverses for negative ``n``.

    Raises: ShapeError if the last two axes differ.
    """
    x = to_array(a)
    count = static_int(n, "matrix_power")
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise located(ShapeError(f"matrix_power: needs square matrices; got {x.aval}."))
    if count < 0:
        x, count = inv(x), -count
    if count == 0:
        return lax.broadcast(eye(x.shape[-1], dtype=x.dtype), x.shape[:-2])
    result = None
    while count:
        if count & 1:
            result = x if result is None else matmul(result, x)
        count >>= 1
        if count:
            x = matmul(x, x)
    assert result is not None
    return result


def multi_dot(arrays: Sequence[ArrayLike], *, precision: Any = None) -> Array:
    """Product of several matrices, in the order that takes the fewest multiplications.

    The first and last may be vectors.

    Raises: ShapeError for fewer than 2 operands or other ranks.
    """
    items = [to_array(x) for x in arrays]
    ranks = [x.ndim for x in items]
    if len(items) < 2 or any(r != 2 for r in ranks[1:-1]) or not {ranks[0], ranks[-1]} <= {1, 2}:
        raise located(
            ShapeError("multi_dot: needs at least 2 matrices; only the first and last may be vectors.")
        )
    from opt_einsum import get_symbol as letters

    terms = [letters(i) + letters(i + 1) for i in range(len(items))]
    terms[0] = terms[0][-items[0].ndim :]
    terms[-1] = terms[-1][: items[-1].ndim]
    from axir.numpy.einstein import einsum

    target = (terms[0][0] if ranks[0] == 2 else "") + (terms[-1][1] if ranks[-1] == 2 else "")
    return einsum(f"{','.join(terms)}->{target}", *items)


def diagonal(x: ArrayLike, /, *, offset: int = 0) -> Array:
    """Diagonals of the matrices in the last two axes."""
    return _diagonal(x, offset, -2, -1)


def trace(x: ArrayLike, /, *, offset: int = 0, dtype: Any = None) -> Array:
    """Sums of the diagonals of the matrices in the last two axes.

    Args:
        x: Matrices ``[..., m, n]``.
        offset: Which diagonal; positive ones lie above the main one.
        dtype: Dtype of the sums.

    Raises: ShapeError for vectors.
    """
    return _trace(x, offset, -2, -1, dtype)
