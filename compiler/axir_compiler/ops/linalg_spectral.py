"""Orthogonal factorizations: QR, eigenvalues of symmetric or hermitian matrices, singular values.

A matrix that holds an infinity or NaN, or on which an iteration fails, has NaN for eigenvalues, singular values and
vectors.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError
from axir_compiler.ir.attributes import Int, Tensor
from axir_compiler.ir.op import Tangents, Value
from axir_compiler.ir.types import Aval, aval_of, is_complex, real_dtype
from axir_compiler.later import builders
from axir_compiler.ops.factor_steps import qr_by_columns
from axir_compiler.ops.jacobi import eigh_by_rotations, pinv_by_values, svd_by_rotations
from axir_compiler.ops.linalg import solve_triangular
from axir_compiler.ops.matrices import (
    MatrixOp,
    adjoint,
    check_matrices,
    check_square,
    diagonal,
    each_matrix,
    eye,
    hermitian,
    imaginary_diagonal,
    like,
    matmul,
    not_a_number,
    real_part,
    triangle,
)


class QrOp(MatrixOp, name="qr"):
    """``Q`` with orthonormal columns and upper triangular ``R``, ``operand = Q R``.

    For matrices ``[m, n]``, ``Q`` is ``[m, m]`` if ``full_matrices``, else ``[m, min(m, n)]``.
    """

    operand: Tensor
    full_matrices: Int

    @staticmethod
    def infer(x: Aval, *, full_matrices: int) -> tuple[Aval, Aval]:
        check_matrices(x)
        *batch, m, n = x.shape
        count = m if full_matrices else min(m, n)
        return Aval((*batch, m, count), x.dtype), Aval((*batch, count, n), x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, full_matrices: int) -> tuple[np.ndarray, ...]:
        q, r = np.linalg.qr(x, "complete" if full_matrices else "reduced")
        return q, r

    def jvp(self, dx: Value) -> Tangents:
        """``dQ = Q (W - M) + dA R^-1``, ``dR = (M - W) R`` with ``M = Q^H dA R^-1`` and antihermitian ``W``.

        The lower triangle of ``W`` is that of ``M``, so that ``dR`` is upper triangular (S. F. Walter, L. Lehmann,
        arXiv:1001.1654); so are the imaginary parts of its diagonal, since that of ``R`` is real.

        Raises: MissingRuleError where ``Q`` or ``R`` is not determined by that: wide matrices, and the full ``Q`` of
            tall ones.
        """
        m, n = aval_of(self.operand).shape[-2:]
        if m < n or (self.full_matrices and m != n):
            raise MissingRuleError(
                f"jvp: axir.qr has no derivative for {aval_of(self.operand)} with "
                f"full_matrices={bool(self.full_matrices)}. It has one for matrices with at least as many rows as "
                "columns, with full_matrices=False unless they are square."
            )
        q, r = self.results
        scaled = solve_triangular(r, dx, left=False, upper=True)
        inner = matmul(adjoint(q), scaled)
        below = triangle(inner, "lt")
        change = ops.sub(ops.sub(below, adjoint(below)), inner)
        if is_complex(aval_of(inner).dtype):
            change = ops.add(change, imaginary_diagonal(inner))
        return ops.add(matmul(q, change), scaled), ops.neg(matmul(change, r))

    def lower(self, x: Value) -> Sequence[Value]:
        return builders.qr(x, full=bool(self.full_matrices))

    def without_kernels(self, x: Value) -> Sequence[Value]:
        return qr_by_columns(x, full=bool(self.full_matrices))

    def flops_of_matrix(self, m: int, n: int) -> float:
        """Householder's R, and as much again for Q."""
        large, small = max(m, n), min(m, n)
        return 4 * (large - small / 3) * small**2


def _finite_or_nan(
    function: Callable[..., Any], x: np.ndarray, results: Sequence[Aval], **options: Any
) -> Any:
    """``function`` of each matrix that is finite, NaN for the others and where it fails."""

    def call(one: np.ndarray) -> tuple[np.ndarray, ...]:
        try:
            if np.all(np.isfinite(one)):
                found = function(one, **options)
                return found if isinstance(found, tuple) else (found,)
        except np.linalg.LinAlgError:
            pass
        return tuple(np.full(a.shape[x.ndim - 2 :], not_a_number(a.dtype), a.dtype) for a in results)

    return each_matrix(call, [x], [2], results)


class EighOp(MatrixOp, name="eigh"):
    """Eigenvalues in ascending order and eigenvectors of symmetric (hermitian) matrices: two results, ``w`` and ``v``.

    ``operand = v diag(w) v^H``. Only the lower triangle is read, or the ``upper`` one.
    """

    operand: Tensor
    upper: Int

    @staticmethod
    def infer(x: Aval, *, upper: int) -> tuple[Aval, Aval]:
        check_square(x)
        return Aval(x.shape[:-1], real_dtype(x.dtype)), x

    @staticmethod
    def numpy(x: np.ndarray, *, upper: int) -> tuple[np.ndarray, ...]:
        results = EighOp.infer(Aval(x.shape, x.dtype), upper=upper)

        def decompose(one: np.ndarray) -> tuple[np.ndarray, ...]:
            w, v = np.linalg.eigh(one, "U" if upper else "L")
            return w, v

        return _finite_or_nan(decompose, x, results)

    def jvp(self, dx: Value) -> Tangents:
        """``dw = diag(M)``, ``dv = v (F * M)`` with ``M = v^H dA v`` and ``F_ij = 1 / (w_j - w_i)``, 0 for ``i = j``.

        M. B. Giles, Collected matrix derivative results for forward and reverse mode algorithmic differentiation, 2008.
        Eigenvectors of repeated eigenvalues have no derivative: infinities and NaN.
        """
        w, v = self.results
        inner = matmul(adjoint(v), matmul(hermitian(dx, upper=bool(self.upper)), v))
        gaps = ops.sub(_along_rows(w), _along_columns(w))
        ones = eye(gaps)
        factors = ops.sub(ops.div(ops.full_like(ones, 1), ops.add(gaps, ones)), ones)
        return real_part(diagonal(inner)), matmul(v, ops.mul(like(factors, inner), inner))

    def lower(self, x: Value) -> Sequence[Value]:
        return builders.eigh(x, lower=not self.upper)

    def without_kernels(self, x: Value) -> Sequence[Value]:
        return eigh_by_rotations(x, upper=bool(self.upper))

    def flops_of_matrix(self, m: int, n: int) -> float:
        return 9 * n**3


def _along_rows(x: Value) -> Value:
    """Square matrices whose rows are all ``x``."""
    shape = aval_of(x).shape
    axes = (*range(len(shape) - 1), len(shape))
    return ops.broadcast_in_dim(x, shape=(*shape, shape[-1]), dimensions=axes)


def _along_columns(x: Value) -> Value:
    """Square matrices whose columns are all ``x``."""
    shape = aval_of(x).shape
    return ops.broadcast_in_dim(x, shape=(*shape, shape[-1]), dimensions=tuple(range(len(shape))))


class SvdOp(MatrixOp, name="svd"):
    """Singular values in descending order, and vectors if ``compute_uv``: ``s``, ``u`` and ``vh``.

    ``operand = u[:, :k] diag(s) vh[:k]`` for ``k = min(m, n)``; ``u`` and ``vh`` are square if ``full_matrices``.
    """

    operand: Tensor
    full_matrices: Int
    compute_uv: Int

    @staticmethod
    def infer(x: Aval, *, full_matrices: int, compute_uv: int) -> tuple[Aval, ...]:
        check_matrices(x)
        *batch, m, n = x.shape
        count = min(m, n)
        s = Aval((*batch, count), real_dtype(x.dtype))
        if not compute_uv:
            return (s,)
        rows, columns = (m, n) if full_matrices else (count, count)
        return s, Aval((*batch, m, rows), x.dtype), Aval((*batch, columns, n), x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, *, full_matrices: int, compute_uv: int) -> Any:
        aval = Aval(x.shape, x.dtype)
        results = SvdOp.infer(aval, full_matrices=full_matrices, compute_uv=compute_uv)
        if not x.size and compute_uv:
            u, s, vh = np.linalg.svd(x, bool(full_matrices))
            return s, u, vh

        def decompose(one: np.ndarray) -> tuple[np.ndarray, ...]:
            if not compute_uv:
                return (np.linalg.svd(one, compute_uv=False),)
            u, s, vh = np.linalg.svd(one, bool(full_matrices))
            return s, u, vh

        return _finite_or_nan(decompose, x, results)

    def jvp(self, dx: Value) -> Tangents:
        """Derivatives of all results for simple singular values that are not zero; see `_svd_tangents`.

        Raises: MissingRuleError for full matrices of vectors that are not square, which are not determined.
        """
        m, n = aval_of(self.operand).shape[-2:]
        if self.compute_uv and self.full_matrices and m != n:
            raise MissingRuleError(
                f"jvp: axir.svd has no derivative for {aval_of(self.operand)} with full_matrices=True. "
                "Use full_matrices=False."
            )
        if self.compute_uv:
            return _svd_tangents(dx, *self.results)
        _, u, vh = ops.svd(self.operand, full_matrices=0, compute_uv=1)
        return real_part(diagonal(matmul(adjoint(u), matmul(dx, adjoint(vh)))))

    def lower(self, x: Value) -> Sequence[Value]:
        return builders.svd(x, full=bool(self.full_matrices), vectors=bool(self.compute_uv))

    def without_kernels(self, x: Value) -> Sequence[Value]:
        return svd_by_rotations(x, full=bool(self.full_matrices), vectors=bool(self.compute_uv))

    def flops_of_matrix(self, m: int, n: int) -> float:
        large, small = max(m, n), min(m, n)
        if not self.compute_uv:
            return 4 * large * small**2 - 4 / 3 * small**3
        return 14 * large * small**2 + 8 * small**3


def _svd_tangents(dx: Value, s: Value, u: Value, vh: Value) -> tuple[Value, Value, Value]:
    """Tangents of singular values and vectors.

    With ``M = u^H dA v``: ``ds = diag(M)``, ``du = u (F * (M S + S M^H) + D)``, ``dv = v (F * (S M + M^H S))``, where
    ``F_ij = 1 / (s_j^2 - s_i^2)``, 0 if they are equal, and ``D`` is ``i Im(diag(M)) S^-1`` (complex matrices only).
    What ``u`` or ``v`` lacks to a square matrix adds ``(1 - u u^H) dA v S^-1`` (J. Townsend, Differentiating the
    singular value decomposition, 2016).
    """
    v = adjoint(vh)
    inner = matmul(adjoint(u), matmul(dx, v))
    by_row, by_column = _along_rows(s), _along_columns(s)
    gaps = ops.mul(ops.add(by_row, by_column), ops.sub(by_row, by_column))
    equal = ops.convert(ops.compare(gaps, ops.zeros_like(gaps), direction="eq"), dtype=aval_of(s).dtype)
    factors = ops.sub(ops.div(ops.full_like(gaps, 1), ops.add(gaps, equal)), equal)
    factors = like(factors, inner)
    right, left = ops.mul(inner, like(by_row, inner)), ops.mul(like(by_column, inner), inner)
    change = ops.mul(factors, ops.add(right, adjoint(right)))
    if is_complex(aval_of(inner).dtype):
        change = ops.add(change, _turned(inner, by_row))
    du = matmul(u, change)
    dv = matmul(v, ops.mul(factors, ops.add(left, adjoint(left))))
    m, n = aval_of(dx).shape[-2:]
    if m > n:
        du = ops.add(du, _outside(u, matmul(dx, v), s))
    if m < n:
        dv = ops.add(dv, _outside(v, matmul(adjoint(dx), u), s))
    return real_part(diagonal(inner)), du, adjoint(dv)


def _turned(inner: Value, s: Value) -> Value:
    """``i Im(diag(M)) S^-1``, 0 where the singular value is; ``s`` repeats the singular values in rows."""
    none = ops.convert(ops.compare(s, ops.zeros_like(s), direction="eq"), dtype=aval_of(s).dtype)
    inverse = ops.sub(ops.div(ops.full_like(s, 1), ops.add(s, none)), none)
    return ops.mul(imaginary_diagonal(inner), like(inverse, inner))


def _outside(vectors: Value, moved: Value, s: Value) -> Value:
    """``(1 - q q^H) moved diag(s)^-1``."""
    rest = ops.sub(moved, matmul(vectors, matmul(adjoint(vectors), moved)))
    shape = aval_of(rest).shape
    axes = (*range(len(shape) - 2), len(shape) - 1)
    return ops.div(rest, ops.broadcast_in_dim(like(s, rest), shape=shape, dimensions=axes))


class PinvOp(MatrixOp, name="pinv", same_dtype=False):
    """Moore-Penrose inverses; singular values up to ``rtol`` times the largest count as zero.

    ``rtol`` has the leading axes of the operand, and the dtype of its singular values.
    """

    operand: Tensor
    rtol: Tensor

    @staticmethod
    def infer(x: Aval, rtol: Aval) -> Aval:
        check_matrices(x)
        if rtol.shape != x.shape[:-2]:
            raise ShapeError(f"rtol must have the leading axes of the matrices; got {rtol} for {x}.")
        if rtol.dtype != real_dtype(x.dtype):
            raise DTypeError(f"rtol must have the dtype of the singular values; got {rtol} for {x}.")
        return Aval((*x.shape[:-2], x.shape[-1], x.shape[-2]), x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, rtol: np.ndarray) -> np.ndarray:
        result = PinvOp.infer(Aval(x.shape, x.dtype), Aval(rtol.shape, rtol.dtype))
        s, u, vh = SvdOp.numpy(x, full_matrices=0, compute_uv=1)
        if not x.size:
            return np.zeros(result.shape, x.dtype)
        kept = s > rtol[..., None] * s[..., :1]
        inverse = np.where(kept, 1 / np.where(kept, s, 1), np.where(np.isnan(s), s, 0))
        return np.matmul(vh.conj().swapaxes(-1, -2) * inverse[..., None, :], u.conj().swapaxes(-1, -2))

    def jvp(self, dx: Value | None, drtol: Value | None) -> Value | None:
        """``dP = -P dA P + P P^H dA^H (1 - A P) + (1 - P A) dA^H P^H P``.

        For tangents that do not change the rank. G. H. Golub, V. Pereyra, The differentiation of pseudo-inverses and
        nonlinear least squares problems whose variables separate, SIAM Journal on Numerical Analysis 10, 1973.
        """
        if dx is None:
            return None
        a, p, dxh = self.operand, self.result, adjoint(dx)
        moved = ops.neg(matmul(p, matmul(dx, p)))
        left = matmul(matmul(p, adjoint(p)), dxh)
        left = ops.sub(left, matmul(matmul(left, a), p))
        right = matmul(dxh, matmul(adjoint(p), p))
        right = ops.sub(right, matmul(p, matmul(a, right)))
        return ops.add(moved, ops.add(left, right))

    def lower(self, x: Value, rtol: Value) -> Value:
        return builders.pinv(x, rtol)

    def without_kernels(self, x: Value, rtol: Value) -> Value:
        return pinv_by_values(x, rtol)

    def flops_of_matrix(self, m: int, n: int) -> float:
        """The singular value decomposition and a product."""
        large, small = max(m, n), min(m, n)
        return 14 * large * small**2 + 8 * small**3 + 2 * m * n * small
