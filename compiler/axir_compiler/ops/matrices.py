"""What the rules of linear algebra share: families of ops on matrices in the last two axes, and short names.

Transposes in formulas are adjoints throughout, so that the formulas hold for complex matrices too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import Aval, aval_of, is_complex

__all__ = [
    "MATRIX_DTYPES",
    "MatrixOp",
    "adjoint",
    "align_leading",
    "check_matrices",
    "check_square",
    "conjugate",
    "diagonal",
    "each_matrix",
    "eye",
    "hermitian",
    "imaginary_diagonal",
    "like",
    "matmul",
    "not_a_number",
    "on_diagonal",
    "real_part",
    "transposed",
    "triangle",
]

MATRIX_DTYPES = frozenset(map(np.dtype, ("float32", "float64", "complex64", "complex128")))


def align_leading(axes: Sequence[int | None], operands: Sequence[Value]) -> list[Value]:
    """Operands with the batch axis in front; those without one are repeated."""
    size = next(aval_of(x).shape[a] for x, a in zip(operands, axes, strict=True) if a is not None)
    return [
        ops.broadcast_axis(x, 0, size) if axis is None else ops.move_axis(x, axis, 0)
        for x, axis in zip(operands, axes, strict=True)
    ]


class MatrixOp(AxirOp, dtypes=MATRIX_DTYPES):
    """Works on each of the matrices in the last axes: leading axes are a batch."""

    def batch(self, axes: Sequence[int | None], *operands: Value) -> tuple[Any, int]:
        return self.rebuild(*align_leading(axes, operands)), 0

    def flops(self) -> int:
        """The leading terms of the usual algorithms.

        G. H. Golub, C. F. Van Loan, Matrix Computations, 4th edition, 2013; a complex operation counts as four.
        """
        x = aval_of(self.operands[0])
        batch = math.prod(x.shape[:-2])
        return round(batch * self.flops_of_matrix(*x.shape[-2:])) * (4 if is_complex(x.dtype) else 1)

    def flops_of_matrix(self, m: int, n: int) -> float:
        """Operations for one matrix ``[m, n]``, the first operand, of real numbers."""
        return m * n


def check_matrices(x: Aval) -> None:
    """Refuse what has less than two axes."""
    if x.ndim < 2:
        raise ShapeError(f"needs matrices in the last two axes; got {x}.")


def check_square(x: Aval) -> None:
    """Refuse what does not hold square matrices."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2]:
        raise ShapeError(f"needs square matrices in the last two axes; got {x}.")


def each_matrix(
    function: Callable[..., Any], arrays: Sequence[np.ndarray], ranks: Sequence[int], results: Sequence[Aval]
) -> Any:
    """``function`` of the corresponding items of arrays, whose last ``ranks`` axes make up an item.

    ``results`` are the types of a batch of its results; it is not called for items without elements.
    """
    found = [np.zeros(a.shape, a.dtype) for a in results]
    batch = arrays[0].shape[: arrays[0].ndim - ranks[0]]
    if all(x.size for x in arrays):
        for at in np.ndindex(*batch):
            values = function(*(x[at] for x in arrays))
            for whole, value in zip(found, values if isinstance(values, tuple) else (values,), strict=True):
                whole[at] = value
    return tuple(found) if len(found) > 1 else found[0]


def matmul(x: Value, y: Value) -> Value:
    """Products of matrices in the last two axes; leading axes are equal."""
    rank, dtype = aval_of(x).ndim, aval_of(x).dtype
    batch = tuple(range(rank - 2))
    return ops.dot_general(
        x,
        y,
        lhs_contract=(rank - 1,),
        rhs_contract=(rank - 2,),
        lhs_batch=batch,
        rhs_batch=batch,
        dtype=dtype,
    )


def transposed(x: Value) -> Value:
    """Transposes of the matrices in the last two axes."""
    rank = aval_of(x).ndim
    return ops.transpose(x, permutation=(*range(rank - 2), rank - 1, rank - 2))


def conjugate(x: Value) -> Value:
    """Conjugates of complex numbers; real ones are what they are."""
    return ops.conj(x) if is_complex(aval_of(x).dtype) else x


def adjoint(x: Value) -> Value:
    """Conjugate transposes of the matrices in the last two axes."""
    return conjugate(transposed(x))


def hermitian(x: Value, *, upper: bool = False) -> Value:
    """Matrices that equal their adjoints, of which ``x`` holds the lower triangle (or the ``upper`` one).

    Imaginary parts on the diagonal do not count.
    """
    beside = triangle(x, "gt" if upper else "lt")
    middle = triangle(x, "eq")
    if is_complex(aval_of(x).dtype):
        middle = ops.scale(ops.add(middle, adjoint(middle)), 0.5)
    return ops.add(ops.add(beside, middle), adjoint(beside))


def imaginary_diagonal(x: Value) -> Value:
    """Diagonal matrices with the imaginary parts of the diagonals of square complex matrices."""
    middle = triangle(x, "eq")
    return ops.scale(ops.sub(middle, adjoint(middle)), 0.5)


def real_part(x: Value) -> Value:
    """Real parts; real numbers are what they are."""
    return ops.real(x) if is_complex(aval_of(x).dtype) else x


def like(x: Value, other: Value) -> Value:
    """Real numbers in the dtype of ``other``, which may be complex."""
    wanted = aval_of(other).dtype
    return x if aval_of(x).dtype == wanted else ops.convert(x, dtype=wanted)


def not_a_number(dtype: np.dtype) -> Any:
    """NaN, of complex dtypes in both parts."""
    return dtype.type(complex(np.nan, np.nan) if is_complex(dtype) else np.nan)


def _compare_positions(x: Value, direction: str, offset: int) -> Value:
    """Where ``column - row <direction> offset`` holds."""
    shape = aval_of(x).shape
    rank, dtype = len(shape), np.dtype("int32")
    row = ops.iota(shape=shape, dimension=rank - 2, dtype=dtype)
    column = ops.iota(shape=shape, dimension=rank - 1, dtype=dtype)
    return ops.compare(ops.sub(column, row), ops.full(shape, offset, dtype), direction=direction)


def triangle(x: Value, direction: str, offset: int = 0) -> Value:
    """Elements where ``column - row <direction> offset`` holds (``"le"``: lower triangle), zero elsewhere."""
    return ops.select(_compare_positions(x, direction, offset), x, ops.zeros_like(x))


def eye(x: Value) -> Value:
    """Identity matrices of the shape and dtype of ``x``."""
    return ops.convert(_compare_positions(x, "eq", 0), dtype=aval_of(x).dtype)


def diagonal(x: Value) -> Value:
    """Diagonals of square matrices."""
    return ops.reduce_sum(triangle(x, "eq"), axes=(aval_of(x).ndim - 1,))


def on_diagonal(x: Value) -> Value:
    """Square matrices with the given diagonals."""
    shape = aval_of(x).shape
    rows = ops.broadcast_in_dim(x, shape=(*shape, shape[-1]), dimensions=tuple(range(len(shape))))
    return triangle(rows, "eq")
