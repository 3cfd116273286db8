"""QR factorizations with exchanges of columns."""

from __future__ import annotations

import numpy as np

from axir._src.array import Array
from axir.lax.elementwise import convert_element_type, eq, select, stop_gradient, sub
from axir.lax.linalg._lapack import call_lapack
from axir.lax.reductions import batch_matmul
from axir.lax.shapes import broadcast_in_dim, broadcasted_iota, full_like

__all__ = ["exchanged"]


def exchanged(x: Array) -> tuple[Array, Array]:
    """Matrices with columns in the order in which QR chooses them, and that order, ``i32[..., n]``.

    Always the column with the largest rest comes next (P. Businger, G. H. Golub, Linear least squares solutions by
    Householder transformations, Numerische Mathematik 7, 1965), as LAPACK finds them on the machine that calls the
    program.
    """
    known = stop_gradient(x)
    zero = full_like(known, 0)
    # What is not finite makes the factors NaN in any order.
    known = select(eq(sub(known, known), zero), known, zero)
    n = x.shape[-1]
    (order,) = call_lapack("linalg.qr", _geqp3, known, [((n,), np.dtype("int32"))])
    shape = (*x.shape[:-2], n, n)
    chosen = broadcast_in_dim(order, shape, (*range(x.ndim - 2), x.ndim - 1))
    moves = convert_element_type(eq(chosen, broadcasted_iota(np.dtype("int32"), shape, x.ndim - 2)), x.dtype)
    return batch_matmul(x, moves, precision="highest"), order


def _geqp3(x: np.ndarray) -> tuple[np.ndarray, ...]:
    if not x.size:
        return (np.arange(x.shape[1], dtype=np.int32),)
    from scipy.linalg import qr

    *_, order = qr(x, mode="r", pivoting=True, check_finite=False)
    return (np.asarray(order, np.int32),)
