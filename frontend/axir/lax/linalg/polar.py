"""Polar decomposition by dynamically weighted Halley iterations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.axes import static_int
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir.lax.control_flow import cond, scan
from axir.lax.elementwise import abs as _abs
from axir.lax.elementwise import (
    add,
    bitwise_and,
    convert_element_type,
    eq,
    gt,
    lt,
    mul,
    rsqrt,
    select,
    sqrt,
    sub,
)
from axir.lax.linalg._lapack import DTYPES
from axir.lax.linalg.factorizations import adjoint, cholesky, qr, triangular_solve
from axir.lax.reductions import batch_matmul, reduce_max, reduce_sum
from axir.lax.shapes import broadcasted_iota, concatenate, full_like
from axir.lax.slicing import slice_in_dim
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.types import real_dtype

__all__ = ["qdwh"]

_WEIGHTS = tuple[float, float, float]
"""``a``, ``b`` and ``c`` of one iteration ``u (a + b u^H u) (1 + c u^H u)^-1``."""

_State = tuple[Array, Array, Array]
"""Number of iterations, the iterate and the norm of its last change."""

_HALLEY: _WEIGHTS = (3.0, 1.0, 3.0)
_NEEDS_QR = 100.0
"""From this ``c`` on the matrix ``1 + c u^H u`` is too badly conditioned for a Cholesky factorization."""


def qdwh(
    x: ArrayLike,
    *,
    is_hermitian: bool = False,
    max_iterations: int | None = None,
    eps: float | None = None,
    dynamic_shape: tuple[Any, Any] | None = None,
) -> tuple[Array, Array, Array, Array]:
    """Polar decomposition ``x = u h``.

    Y. Nakatsukasa, Z. Bai, F. Gygi, Optimizing Halley's iteration for computing the matrix polar decomposition, SIAM
    Journal on Matrix Analysis and Applications 31, 2010.

    Args:
        x: Matrix ``f[m, n]`` of full rank, ``m >= n``.
        is_hermitian: Has no effect.
        max_iterations: At most so many iterations, 10 if it is not given.
        eps: Smallest singular value over the largest one that is expected, and the accuracy of the result: iterations
            end when ``u`` changes by less than ``(5 eps)^(1/3)``. The unit of rounding if it is not given.
        dynamic_shape: Number of rows and of columns that count; those beyond are taken to be zeros.

    Returns: ``u`` with orthonormal columns, ``f[m, n]``; hermitian ``h``, ``f[n, n]``; the number of iterations, and
        whether they converged, as scalars.
    Raises: ShapeError if it is not one matrix with ``m >= n``, for ``eps`` that is not between 0 and 1 or negative
        ``max_iterations``; DTypeError for other dtypes.
    """
    array = to_array(x)
    _check(array, eps)
    cut = _part(array, dynamic_shape)
    array = cut(array)
    most = 10 if max_iterations is None else static_int(max_iterations, "linalg.qdwh: max_iterations")
    accuracy = float(np.finfo(array.dtype).eps) if eps is None else float(eps)
    if most < 0:
        raise located(ShapeError(f"linalg.qdwh: max_iterations must not be negative; got {most}."))
    u, count, converged = _orthogonal(array, cut, accuracy, most)
    # One step of Newton and Schulz takes away what rounding left.
    u = sub(mul(u, 1.5), mul(batch_matmul(u, batch_matmul(adjoint(u), u)), 0.5))
    h = batch_matmul(adjoint(u), array)
    return u, mul(add(h, adjoint(h)), 0.5), count, converged


def _check(x: Array, eps: float | None) -> None:
    if x.ndim != 2 or x.shape[0] < x.shape[1]:
        raise located(
            ShapeError(
                f"linalg.qdwh: needs one matrix with at least as many rows as columns; got {x.aval}. "
                "Use its adjoint, or vmap for a batch."
            )
        )
    if x.dtype not in DTYPES:
        known = ", ".join(sorted(map(str, DTYPES)))
        raise located(DTypeError(f"linalg.qdwh: takes a matrix of {known}; got {x.aval}. Convert it."))
    if eps is not None and not 0 < eps < 1:
        raise located(ShapeError(f"linalg.qdwh: eps must be between 0 and 1; got {eps}."))


def _part(x: Array, shape: tuple[Any, Any] | None) -> Callable[[Array], Array]:
    """Puts zeros into matrices of the shape of ``x`` beyond the rows and columns that count."""
    if shape is None:
        return lambda y: y
    inside = bitwise_and(
        *(
            lt(broadcasted_iota(np.dtype("int32"), x.shape, d), convert_element_type(n, np.dtype("int32")))
            for d, n in enumerate(shape)
        )
    )
    return lambda y: select(inside, y, full_like(y, 0))


def _weights(eps: float, most: int) -> list[_WEIGHTS]:
    """The weights of all iterations, which depend on a lower bound of singular values alone; it grows to 1."""
    least, found = max(eps, 1e-30), []
    while least + 5 * eps < 1 and len(found) < most:
        square = least * least
        third = (4 * (1 / square - 1) / square) ** (1 / 3)
        root = (1 + third) ** 0.5
        a = root + (2 - third + 2 * (2 - square) / (square * root)) ** 0.5
        b = (a - 1) ** 2 / 4
        c = a + b - 1
        found.append((a, b, c))
        least *= (a + b * square) / (1 + c * square)
    return found


def _norm(x: Array) -> Array:
    size = _abs(x)
    return sqrt(reduce_sum(mul(size, size), [0, 1]))


def _scaled(x: Array) -> Array:
    """``x`` over a bound of its largest singular value, the root of the largest sums of rows and of columns."""
    sums = [reduce_max(reduce_sum(_abs(x), [d]), [0]) for d in (0, 1)]
    bound = mul(rsqrt(sums[0]), rsqrt(sums[1]))
    bound = select(eq(sums[0], full_like(sums[0], 0)), full_like(bound, 1), bound)
    return mul(x, convert_element_type(bound, x.dtype))


def _orthogonal(x: Array, cut: Callable[[Array], Array], eps: float, most: int) -> tuple[Array, Array, Array]:
    """The factor with orthonormal columns, the number of iterations, and whether they converged.

    QR leaves rounding errors where there should be zeros, which iterations would make ones: they are ``cut``.
    """
    weights = _weights(eps, most)
    hard = [w for w in weights if w[2] > _NEEDS_QR]
    easy = weights[len(hard) :]
    u = _scaled(x) if x.size else x
    change = full_like(_norm(u), np.inf)
    limit = float(np.cbrt(5 * eps))
    if hard:
        u, _ = scan(lambda u, w: (cut(_by_qr(u, w)), None), u, _stacked(hard, x))
    if easy:
        u, changes = scan(lambda u, w: _measured(u, w), u, _stacked(easy, x))
        change = changes[-1]

    def step(state: _State, _: None) -> tuple[_State, None]:
        return cond(gt(state[2], limit), _further, lambda *same: same, *state), None

    start = (to_array(np.int32(len(weights))), u, change)
    (count, u, change), _ = scan(step, start, length=most - len(weights))
    return u, count, ~gt(change, limit)


def _further(count: Array, u: Array, _: Array) -> _State:
    return add(count, 1), *_measured(u, _HALLEY)


def _stacked(weights: list[_WEIGHTS], x: Array) -> tuple[Array, Array, Array]:
    """Weights as the vectors that an iteration takes, in the dtype of the matrix: they are real."""
    a, b, c = (to_array(np.array(w, real_dtype(x.dtype)).astype(x.dtype)) for w in zip(*weights, strict=True))
    return a, b, c


def _by_qr(u: Array, weights: Any) -> Array:
    """One iteration, by the factors ``q1`` and ``q2`` of ``[sqrt(c) u; 1] = [q1; q2] r``."""
    a, b, c = weights
    m, n = u.shape
    root = sqrt(c)
    q, _ = qr(concatenate([mul(root, u), _eye(u)], 0), full_matrices=False)
    turned = batch_matmul(slice_in_dim(q, 0, m), adjoint(slice_in_dim(q, m, m + n)))
    return add(mul(b / c, u), mul((a - b / c) / root, turned))


def _by_cholesky(u: Array, weights: Any) -> Array:
    """One iteration, by the Cholesky factor of ``1 + c u^H u``."""
    a, b, c = weights
    factor = cholesky(add(mul(batch_matmul(adjoint(u), u), c), _eye(u)), symmetrize_input=False)
    found = adjoint(u)
    for turned in (False, True):
        found = triangular_solve(
            factor, found, left_side=True, lower=True, transpose_a=turned, conjugate_a=turned
        )
    return add(mul(b / c, u), mul(a - b / c, adjoint(found)))


def _measured(u: Array, weights: Any) -> tuple[Array, Array]:
    found = _by_cholesky(u, weights)
    return found, _norm(sub(found, u))


def _eye(u: Array) -> Array:
    shape = (u.shape[1],) * 2
    rows, columns = (broadcasted_iota(np.dtype("int32"), shape, d) for d in (0, 1))
    return convert_element_type(eq(rows, columns), u.dtype)
