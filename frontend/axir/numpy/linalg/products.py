"""Products of matrices, diagonals and traces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir.numpy.contractions import diagonal as _diagonal
from axir.numpy.contractions import matmul
from axir.numpy.contractions import trace as _trace
from axir.numpy.creation import eye
from axir.numpy.linalg.systems import inv
from axir_compiler.errors import ShapeError

__all__ = ["diagonal", "matrix_power", "multi_dot", "trace"]


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
    """Sums of the diagonals of the matrices in the last two axes."""
    return _trace(x, offset, -2, -1, dtype)
