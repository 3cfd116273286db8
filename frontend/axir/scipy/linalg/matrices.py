"""Matrices of a given form."""

from __future__ import annotations

from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir_compiler.errors import ShapeError

__all__ = ["block_diag", "toeplitz"]


def block_diag(*arrs: ArrayLike) -> Array:
    """A matrix with the given matrices (vectors are rows) along its diagonal, zeros elsewhere.

    Raises: ShapeError for an operand with more than two axes.
    """
    items, _ = promoted(*(arrs or (anp.zeros((1, 0)),)))
    if any(x.ndim > 2 for x in items):
        raise located(ShapeError("block_diag: operands must have at most two axes."))
    blocks = [anp.atleast_2d(x) for x in items]
    width, before, rows = sum(x.shape[1] for x in blocks), 0, []
    for x in blocks:
        rows.append(anp.pad(x, ((0, 0), (before, width - before - x.shape[1]))))
        before += x.shape[1]
    return anp.concatenate(rows, 0)


def toeplitz(c: ArrayLike, r: ArrayLike | None = None) -> Array:
    """Matrices with constant diagonals: first column ``c`` ``[..., m]``, first row ``r`` ``[..., n]``.

    ``r`` is the conjugate of ``c`` if it is not given; its first element does not count. Leading axes broadcast.
    """
    column = anp.atleast_1d(to_array(c))
    row = anp.conj(column) if r is None else anp.atleast_1d(to_array(r))
    (column, row), _ = promoted(column, row)
    batch = broadcast_shapes(column.shape[:-1], row.shape[:-1], where="toeplitz")
    column, row = (broadcast_to(x, (*batch, x.shape[-1])) for x in (column, row))
    m, n = column.shape[-1], row.shape[-1]
    if m == 0 or n == 0:
        return anp.zeros((*batch, m, n), column.dtype)
    # Row i of the result is a window of the diagonals' values, which starts one place earlier each time.
    values = anp.concatenate([anp.flip(column, -1), row[..., 1:]], -1)
    return anp.stack([values[..., m - 1 - i : m - 1 - i + n] for i in range(m)], -2)
