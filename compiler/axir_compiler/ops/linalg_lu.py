"""LU factorization, its permutations, determinants."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import Int, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.later import builders
from axir_compiler.ops.factor_steps import lu_by_columns, permutation_by_swaps
from axir_compiler.ops.linalg import solve_triangular
from axir_compiler.ops.matrices import (
    MATRIX_DTYPES,
    MatrixOp,
    align_leading,
    check_matrices,
    check_square,
    diagonal,
    each_matrix,
    eye,
    matmul,
    on_diagonal,
    triangle,
)
from axir_compiler.ops.row_updates import add_rows_by_steps

__all__ = ["AddRowsOp", "DetOp", "LuOp", "LuPivotsToPermutationOp", "TakeRowsOp", "factorize"]

_INT32 = np.dtype("int32")


class LuOp(MatrixOp, name="lu"):
    """``P A = L U`` with partial pivoting, of matrices of any shape ``[m, n]``; three results.

    The factors in one array (``L`` has a unit diagonal), the pivots ``i32[min(m, n)]`` (row ``i`` was swapped with row
    ``pivots[i]``), and the permutation ``i32[m]`` (``A[permutation] = L U``). Singular matrices have a ``U`` with
    zeros on the diagonal.
    """

    operand: Tensor

    @staticmethod
    def infer(x: Aval) -> tuple[Aval, Aval, Aval]:
        check_matrices(x)
        *batch, m, n = x.shape
        return x, Aval((*batch, min(m, n)), _INT32), Aval((*batch, m), _INT32)

    @staticmethod
    def numpy(x: np.ndarray) -> tuple[np.ndarray, ...]:
        results = LuOp.infer(Aval(x.shape, x.dtype))
        if not x.size:
            rows = np.broadcast_to(np.arange(x.shape[-2], dtype=_INT32), results[2].shape)
            return np.zeros(x.shape, x.dtype), np.zeros(results[1].shape, _INT32), rows.copy()
        return each_matrix(factorize, [x], [2], results)

    def jvp(self, dx: Value) -> tuple[Value | None, ...]:
        """``dL = L tril(M, -1)``, ``dU = triu(M) U`` with ``M = L^-1 P dA U^-1``.

        S. F. Walter, L. Lehmann, Algorithmic differentiation of linear algebra functions with application in optimum
        experimental design, 2010 (arXiv:1001.1654). Factors that are not square get the identity for what they lack.
        """
        factors, _, permutation = self.results
        m, n = aval_of(factors).shape[-2:]
        count = min(m, n)
        left = _completed(triangle(_corner(factors, m, count), "lt"), m, count, everywhere=True)
        right = _completed(triangle(_corner(factors, count, n), "ge"), n, count, everywhere=False)
        inner = solve_triangular(left, ops.take_rows(dx, permutation), unit=True)
        inner = solve_triangular(right, inner, left=False, upper=True)
        moved = ops.add(matmul(left, triangle(inner, "lt")), matmul(triangle(inner, "ge"), right))
        return moved, None, None

    def lower(self, x: Value) -> Sequence[Value]:
        return builders.lu(x)

    def without_kernels(self, x: Value) -> Sequence[Value]:
        return lu_by_columns(x)

    def flops_of_matrix(self, m: int, n: int) -> float:
        """Twice the multiplications, the sum of ``(m - k)(n - k)`` over the pivots."""
        k = min(m, n)
        return 2 * (m * n * k - (m + n) * k**2 / 2 + k**3 / 3)


def _corner(x: Value, rows: int, columns: int) -> Value:
    """The upper left corner of the matrices."""
    shape = aval_of(x).shape
    return ops.slice(x, start=(0,) * len(shape), limit=(*shape[:-2], rows, columns), stride=(1,) * len(shape))


def _completed(x: Value, size: int, count: int, *, everywhere: bool) -> Value:
    """Square matrices of zeros around a factor, with ones on the diagonal: everywhere, or from ``count`` on."""
    aval = aval_of(x)
    none = (0,) * aval.ndim
    high = (*none[2:], size - aval.shape[-2], size - aval.shape[-1])
    zero = ops.constant(value=ops.scalar_value(0, aval.dtype))
    padded = ops.pad(x, zero, low=none, high=high, interior=none)
    ones = eye(padded)
    if not everywhere:
        position = ops.iota(shape=aval_of(ones).shape, dimension=aval.ndim - 1, dtype=_INT32)
        late = ops.compare(position, ops.full_like(position, count), direction="ge")
        ones = ops.select(late, ones, ops.zeros_like(ones))
    return ops.add(padded, ones)


def factorize(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Factors, pivots and permutation of one matrix that is not empty."""
    from scipy.linalg import get_lapack_funcs

    (getrf,) = get_lapack_funcs(("getrf",), (x,))
    factors, pivots, _ = getrf(x)
    return factors, pivots, _permutation(pivots, x.shape[0])


def _permutation(pivots: np.ndarray, size: int) -> np.ndarray:
    order = np.arange(size, dtype=_INT32)
    for i, pivot in enumerate(pivots):
        at = min(max(int(pivot), 0), size - 1)
        order[i], order[at] = order[at], order[i]
    return order


class LuPivotsToPermutationOp(AxirOp, name="lu_pivots_to_permutation", zero_tangent=True, arithmetic=0):
    """The permutation that is made by swapping ``i`` and ``pivots[i]`` for each ``i`` in turn.

    Positions outside ``[0, permutation_size)`` are clamped.
    """

    dtypes = frozenset({_INT32})
    pivots: Tensor
    permutation_size: Int

    @staticmethod
    def infer(pivots: Aval, *, permutation_size: int) -> Aval:
        if pivots.ndim < 1 or permutation_size < pivots.shape[-1]:
            raise ShapeError(
                f"permutation_size must not be smaller than the number of pivots; got {permutation_size} for {pivots}."
            )
        return Aval((*pivots.shape[:-1], permutation_size), pivots.dtype)

    @staticmethod
    def numpy(pivots: np.ndarray, *, permutation_size: int) -> np.ndarray:
        flat = pivots.reshape(-1, pivots.shape[-1]) if pivots.size else np.zeros((0, 0), _INT32)
        shape = (*pivots.shape[:-1], permutation_size)
        found = np.empty(shape, _INT32)
        found[...] = np.arange(permutation_size)
        if len(flat):
            found = np.stack([_permutation(row, permutation_size) for row in flat]).reshape(shape)
        return found

    def batch(self, axes: Sequence[int | None], pivots: Value) -> tuple[Any, int]:
        return self.rebuild(*align_leading(axes, [pivots])), 0

    def lower(self, pivots: Value) -> Value:
        return builders.pivots_to_permutation(pivots, self.permutation_size)

    def without_kernels(self, pivots: Value) -> Value:
        return permutation_by_swaps(pivots, self.permutation_size)


class _RowsOp(AxirOp, dtypes=MATRIX_DTYPES | {_INT32}, same_dtype=False):
    """Rows of matrices moved to or from given places; places outside are clamped."""

    operand: Tensor
    rows: Tensor

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Any, int]:
        return self.rebuild(*align_leading(axes, operands)), 0


def _check_rows(x: Aval, rows: Aval) -> None:
    check_matrices(x)
    if rows.dtype != _INT32:
        raise DTypeError(f"positions must be int32; got {rows}.")
    if rows.shape[:-1] != x.shape[:-2]:
        raise ShapeError(f"matrices and positions must have the same leading axes; got {x} and {rows}.")


def _clipped(rows: np.ndarray, size: int) -> np.ndarray:
    return np.clip(rows, 0, max(size - 1, 0)).astype(np.intp)


class TakeRowsOp(_RowsOp, name="take_rows", linear_in=("operand",), arithmetic=0):
    """Row ``i`` of the result is row ``rows[i]`` of the operand."""

    access = "part"

    @staticmethod
    def infer(x: Aval, rows: Aval) -> Aval:
        _check_rows(x, rows)
        if rows.shape[-1] and not x.shape[-2]:
            raise ShapeError(f"there are no rows to take; got {x} and {rows}.")
        return Aval((*rows.shape, x.shape[-1]), x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, rows: np.ndarray) -> np.ndarray:
        return np.take_along_axis(x, _clipped(rows, x.shape[-2])[..., None], -2)

    def transpose(self, ct: Value, operand: Value | None, rows: Value | None) -> list[Value | None]:
        return [ops.add_rows(ct, rows, size=aval_of(self.operand).shape[-2]), None]

    def lower(self, x: Value, rows: Value) -> Value:
        return builders.take_rows(x, rows)


class AddRowsOp(_RowsOp, name="add_rows", linear_in=("operand",)):
    """Row ``rows[i]`` of the result, which has ``size`` rows, is the sum of such rows ``i`` of the operand."""

    size: Int

    @staticmethod
    def infer(x: Aval, rows: Aval, *, size: int) -> Aval:
        _check_rows(x, rows)
        if rows.shape[-1] != x.shape[-2]:
            raise ShapeError(f"each row needs one position; got {x} and {rows}.")
        if size < 0 or (size == 0 and x.shape[-2]):
            raise ShapeError(f"there is no row to add to; got size={size} for {x}.")
        return Aval((*x.shape[:-2], size, x.shape[-1]), x.dtype)

    @staticmethod
    def numpy(x: np.ndarray, rows: np.ndarray, *, size: int) -> np.ndarray:
        found = np.zeros((*x.shape[:-2], size, x.shape[-1]), x.dtype)
        if not x.size:
            return found
        flat = found.reshape(-1, *found.shape[-2:])
        places = _clipped(rows, size).reshape(-1, rows.shape[-1])
        for total, source, place in zip(flat, x.reshape(-1, *x.shape[-2:]), places, strict=True):
            np.add.at(total, place, source)
        return found

    def transpose(self, ct: Value, operand: Value | None, rows: Value | None) -> list[Value | None]:
        return [ops.take_rows(ct, rows), None]

    def lower(self, x: Value, rows: Value) -> Value:
        return builders.add_rows(x, rows, self.size)

    def without_kernels(self, x: Value, rows: Value) -> Value:
        return add_rows_by_steps(x, rows, self.size)

    def flops(self) -> int:
        return aval_of(self.operand).size


class DetOp(MatrixOp, name="det"):
    """Determinant, by LU factorization."""

    operand: Tensor

    @staticmethod
    def infer(x: Aval) -> Aval:
        check_square(x)
        return Aval(x.shape[:-2], x.dtype)

    @staticmethod
    def numpy(x: np.ndarray) -> np.ndarray:
        return np.linalg.det(x).astype(x.dtype)

    def jvp(self, dx: Value) -> Value:
        """``trace(adj(A) dA)``, right also where one pivot is zero: the adjugate of ``U`` then has rank one.

        With two pivots that are zero the rank is taken to be less than ``n - 1``, whose adjugate is zero.
        """
        factors, pivots, permutation = ops.lu(self.operand)
        pivot = diagonal(factors)
        missing = ops.compare(pivot, ops.zeros_like(pivot), direction="eq")
        ones = ops.convert(missing, dtype=aval_of(pivot).dtype)
        upper = ops.add(triangle(factors, "ge"), on_diagonal(ones))
        right = solve_triangular(factors, ops.take_rows(dx, permutation), unit=True)
        inner = solve_triangular(upper, right, upper=True)
        regular = ops.mul(self.result, _sum_last(diagonal(inner)))
        return _by_missing_pivots(ones, regular, lambda: _rank_one(upper, inner, pivot, ones, pivots))

    def lower(self, x: Value) -> Value:
        return builders.det(x)

    def without_kernels(self, x: Value) -> Value:
        factors, pivots, _ = ops.lu(x)
        found = ops.mul(diagonal(factors), _signs(pivots, aval_of(x).dtype))
        return ops.reduce_prod(found, axes=(aval_of(found).ndim - 1,))

    def flops_of_matrix(self, m: int, n: int) -> float:
        return 2 / 3 * n**3


def _sum_last(x: Value) -> Value:
    return ops.reduce_sum(x, axes=(aval_of(x).ndim - 1,))


def _by_missing_pivots(ones: Value, regular: Value, singular: Any) -> Value:
    count = _sum_last(ones)
    none, one = (ops.compare(count, ops.full_like(count, k), direction="eq") for k in (0, 1))
    return ops.select(none, regular, ops.select(one, singular(), ops.zeros_like(regular)))


def _signs(pivots: Value, dtype: np.dtype) -> Value:
    """-1 for each pivot for which rows were swapped, 1 for the others."""
    position = ops.iota(shape=aval_of(pivots).shape, dimension=aval_of(pivots).ndim - 1, dtype=_INT32)
    swapped = ops.convert(ops.compare(pivots, position, direction="ne"), dtype=dtype)
    return ops.sub(ops.full_like(swapped, 1), ops.scale(swapped, 2))


def _rank_one(upper: Value, inner: Value, pivot: Value, ones: Value, pivots: Value) -> Value:
    """``trace(adj(U) M)`` for one pivot ``k`` that is zero: ``c (e_k V^-1 M) (V^-1 e_k)``.

    ``V`` is ``U`` with one for that pivot, ``inner`` is ``V^-1 M``, ``c`` the product of the other pivots.
    """
    factors = ops.mul(ops.add(pivot, ones), _signs(pivots, aval_of(pivot).dtype))
    product = ops.reduce_prod(factors, axes=(aval_of(pivot).ndim - 1,))
    shape = (*aval_of(ones).shape, 1)
    column = solve_triangular(upper, ops.reshape(ones, shape=shape), upper=True)
    row = matmul(ops.reshape(ones, shape=(*shape[:-2], 1, shape[-2])), inner)
    return ops.mul(product, ops.reshape(matmul(row, column), shape=shape[:-2]))
