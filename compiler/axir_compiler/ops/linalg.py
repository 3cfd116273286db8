"""Cholesky factorization and systems of linear equations.

Evaluation is LAPACK's and BLAS's, through NumPy and SciPy.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import Int, Tensor
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.later import builders
from axir_compiler.ops.factor_steps import cholesky_by_columns, triangular_solve_by_rows
from axir_compiler.ops.matrices import (
    MatrixOp,
    adjoint,
    check_square,
    conjugate,
    each_matrix,
    hermitian,
    matmul,
    not_a_number,
    transposed,
    triangle,
)


class CholeskyOp(MatrixOp, name="cholesky"):
    """Lower triangular ``L`` with ``operand = L L^H``; only the lower triangle of the operand is read.

    All of ``L``'s lower triangle is NaN if the matrix is not positive definite.
    """

    operand: Tensor

    @staticmethod
    def infer(x: Aval) -> Aval:
        check_square(x)
        return x

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        try:
            return np.linalg.cholesky(x)
        except np.linalg.LinAlgError:
            # Some matrix of the batch is not positive definite; which one, NumPy does not say.
            return each_matrix(_cholesky, [x], [2], [Aval(x.shape, x.dtype)])

    def jvp(self, dx: Value) -> Value:
        """``dL = L Phi(L^-1 dA L^-H)``, ``Phi`` the lower triangle with half the diagonal.

        I. Murray, Differentiation of the Cholesky decomposition, 2016 (arXiv:1602.07527), equation 8. The
        tangent is taken as hermitian like the operand: its lower triangle counts.
        """
        factor = self.result
        half = solve_triangular(factor, hermitian(dx))
        inner = solve_triangular(factor, adjoint(half))
        halved = ops.scale(triangle(inner, "eq"), 0.5)
        return matmul(factor, ops.add(triangle(inner, "lt"), halved))

    def lower(self, x: Value) -> Value:
        return builders.cholesky(x)

    def without_kernels(self, x: Value) -> Value:
        return cholesky_by_columns(x)

    def flops_of_matrix(self, m: int, n: int) -> float:
        return n**3 / 3


def _cholesky(x: np.ndarray) -> np.ndarray:
    try:
        return np.linalg.cholesky(x)
    except np.linalg.LinAlgError:
        return np.tril(np.full_like(x, not_a_number(x.dtype)))


def _check_system(a: Aval, b: Aval, *, left: bool = True) -> None:
    check_square(a)
    axis = -2 if left else -1
    if b.ndim != a.ndim or b.shape[:-2] != a.shape[:-2] or b.shape[axis] != a.shape[-1]:
        raise ShapeError(
            f"the matrices of a and b must have the same leading axes, and as many {'rows' if left else 'columns'} "
            f"in b as in a; got {a} and {b}."
        )


class TriangularSolveOp(MatrixOp, name="triangular_solve", linear_in=("b",)):
    """``x`` with ``op(a) x = b``, or ``x op(a) = b`` if not ``left_side``, for triangular ``a``.

    ``op`` transposes with ``transpose_a``, and conjugates with ``conjugate_a``. Only the lower triangle is read, or
    the ``upper`` one; its diagonal counts as ones if ``unit_diagonal``. Singular systems give infinities and NaN.
    """

    a: Tensor
    b: Tensor
    left_side: Int
    upper: Int
    transpose_a: Int
    conjugate_a: Int
    unit_diagonal: Int

    @staticmethod
    def infer(a: Aval, b: Aval, *, left_side: int, **_: int) -> Aval:
        _check_system(a, b, left=bool(left_side))
        return b

    @staticmethod
    def numpy(
        a: np.ndarray,
        b: np.ndarray,
        *,
        left_side: int,
        upper: int,
        transpose_a: int,
        conjugate_a: int,
        unit_diagonal: int,
    ) -> np.ndarray:
        a = a.conj() if conjugate_a else a

        def solve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
            return _trsm(a, b, left_side, upper, transpose_a, unit_diagonal)

        return each_matrix(solve, [a, b], [2, 2], [Aval(b.shape, b.dtype)])

    def jvp(self, da: Value | None, db: Value | None) -> Value | None:
        """``op(a) dx = db - op(da) x``, where ``da`` counts in the triangle that is read."""
        moved = None if db is None else self.rebuild(self.a, db)
        if da is None:
            return moved
        if self.unit_diagonal:
            tangent = triangle(da, "gt" if self.upper else "lt")
        else:
            tangent = triangle(da, "ge" if self.upper else "le")
        tangent = transposed(tangent) if self.transpose_a else tangent
        tangent = conjugate(tangent) if self.conjugate_a else tangent
        product = matmul(tangent, self.result) if self.left_side else matmul(self.result, tangent)
        turned = ops.neg(self.rebuild(self.a, product))
        return turned if moved is None else ops.add(moved, turned)

    def transpose(self, ct: Value, a: Value | None, b: Value | None) -> list[Value | None]:
        assert a is not None
        return [None, self.rebuild(a, ct, transpose_a=1 - self.transpose_a)]

    def batch(self, axes: Sequence[int | None], a: Value, b: Value) -> tuple[Value, int]:
        if axes[0] is not None or aval_of(a).ndim > 2:
            return super().batch(axes, a, b)
        # One matrix for all right sides: they become columns (rows) of one system.
        side = 2 if self.left_side else 0
        b = ops.move_axis(b, axes[1] or 0, side)
        shape = aval_of(b).shape
        flat = (shape[0], shape[1] * shape[2]) if self.left_side else (shape[0] * shape[1], shape[2])
        found = self.rebuild(a, ops.reshape(b, shape=flat))
        return ops.reshape(found, shape=shape), side

    def lower(self, a: Value, b: Value) -> Value:
        return builders.triangular_solve(
            a,
            b,
            left_side=bool(self.left_side),
            lower=not self.upper,
            transpose_a=bool(self.transpose_a),
            conjugate_a=bool(self.conjugate_a),
            unit_diagonal=bool(self.unit_diagonal),
        )

    def without_kernels(self, a: Value, b: Value) -> Value:
        return triangular_solve_by_rows(
            a,
            b,
            left=bool(self.left_side),
            upper=bool(self.upper),
            transpose=bool(self.transpose_a),
            conjugated=bool(self.conjugate_a),
            unit=bool(self.unit_diagonal),
        )

    def flops_of_matrix(self, m: int, n: int) -> float:
        rows, columns = aval_of(self.b).shape[-2:]
        return n**2 * (columns if self.left_side else rows)


def _trsm(a: np.ndarray, b: np.ndarray, left: int, upper: int, transposed: int, unit: int) -> np.ndarray:
    """BLAS checks nothing, unlike LAPACK: singular systems have infinite solutions.

    BLAS orders by columns, so that it sees transposed arrays: of everything the other side, the other triangle.
    """
    from scipy.linalg import get_blas_funcs

    (solve,) = get_blas_funcs(("trsm",), (a, b))
    return solve(1.0, a.T, b.T, side=left, lower=upper, trans_a=transposed, diag=unit).T


def solve_triangular(
    a: Value, b: Value, *, left: bool = True, upper: bool = False, adjoint: bool = False, unit: bool = False
) -> Value:
    """``triangular_solve`` with names and defaults that suit derivative rules."""
    return ops.triangular_solve(
        a,
        b,
        left_side=int(left),
        upper=int(upper),
        transpose_a=int(adjoint),
        conjugate_a=int(adjoint),
        unit_diagonal=int(unit),
    )


class SolveOp(MatrixOp, name="solve", linear_in=("b",)):
    """``x`` with ``a x = b``, or ``a^T x = b`` if ``transpose_a``, by LU factorization with partial pivoting.

    Singular systems give infinities and NaN.
    """

    a: Tensor
    b: Tensor
    transpose_a: Int

    @staticmethod
    def infer(a: Aval, b: Aval, *, transpose_a: int) -> Aval:
        _check_system(a, b)
        return b

    @staticmethod
    def numpy(a: np.ndarray, b: np.ndarray, *, transpose_a: int) -> np.ndarray:
        a = a.swapaxes(-1, -2) if transpose_a else a
        try:
            return np.linalg.solve(a, b)
        except np.linalg.LinAlgError:
            return each_matrix(_solve, [a, b], [2, 2], [Aval(b.shape, b.dtype)])

    def jvp(self, da: Value | None, db: Value | None) -> Value | None:
        """``op(a) dx = db - op(da) x``: one system for both tangents."""
        right = db
        if da is not None:
            product = matmul(transposed(da) if self.transpose_a else da, self.result)
            right = ops.neg(product) if db is None else ops.sub(db, product)
        return None if right is None else self.rebuild(self.a, right)

    def transpose(self, ct: Value, a: Value | None, b: Value | None) -> list[Value | None]:
        assert a is not None
        return [None, self.rebuild(a, ct, transpose_a=1 - self.transpose_a)]

    def batch(self, axes: Sequence[int | None], a: Value, b: Value) -> tuple[Value, int]:
        if axes[0] is not None or aval_of(a).ndim > 2:
            return super().batch(axes, a, b)
        # One factorization for all right sides, which become columns of one system.
        b = ops.move_axis(b, axes[1] or 0, 2)
        shape = aval_of(b).shape
        found = self.rebuild(a, ops.reshape(b, shape=(shape[0], shape[1] * shape[2])))
        return ops.reshape(found, shape=shape), 2

    def lower(self, a: Value, b: Value) -> Value:
        return builders.solve(a, b, transpose_a=bool(self.transpose_a))

    def without_kernels(self, a: Value, b: Value) -> Value:
        factors, _, order = ops.lu(transposed(a) if self.transpose_a else a)
        inner = solve_triangular(factors, ops.take_rows(b, order), unit=True) if aval_of(b).size else b
        return solve_triangular(factors, inner, upper=True)

    def flops_of_matrix(self, m: int, n: int) -> float:
        return 2 / 3 * n**3 + 2 * n**2 * aval_of(self.b).shape[-1]


def _solve(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The solution of one system that may be singular."""
    from axir_compiler.ops.linalg_lu import factorize

    factors, _, order = factorize(a)
    inner = _trsm(factors, b[order], 1, 0, 0, 1)
    return _trsm(factors, inner, 1, 1, 0, 0)
