"""What is computed from factorizations: solutions, determinants, generalized inverses."""

from __future__ import annotations

import numpy as np

from axir_compiler.lowering import emit
from axir_compiler.lowering.contractions import dot_general
from axir_compiler.lowering.generic import (
    element_type_of,
    elementwise,
    full,
    is_empty,
    rank_of,
    shape_of,
    zeros,
)
from axir_compiler.lowering.linalg.complex_numbers import conjugated, is_complex_type, part_type
from axir_compiler.lowering.linalg.lu import lu
from axir_compiler.lowering.linalg.numbers import Real
from axir_compiler.lowering.linalg.rows import add_rows, determinant, take_rows
from axir_compiler.lowering.linalg.svd import svd
from axir_compiler.lowering.linalg.triangular import triangular_solve
from axir_compiler.lowering.movement import broadcast_in_dim, slice
from axir_compiler.mlir import arith, ir
from axir_compiler.mlir import complex as complex_dialect

__all__ = ["det", "pinv", "solve"]


def solve(a: ir.Value, b: ir.Value, *, transpose_a: bool) -> ir.Value:
    """``X`` with ``a X = b`` or ``a^T X = b``."""
    if is_empty(shape_of(b)):
        return zeros(shape_of(b), element_type_of(b))
    factors, _, order = lu(a)
    lower = {"left_side": True, "lower": True, "transpose_a": transpose_a, "unit_diagonal": True}
    upper = {"left_side": True, "lower": False, "transpose_a": transpose_a, "unit_diagonal": False}
    if transpose_a:
        inner = triangular_solve(factors, triangular_solve(factors, b, **upper), **lower)
        return add_rows(inner, order, shape_of(b)[-2])
    return triangular_solve(factors, triangular_solve(factors, take_rows(b, order), **lower), **upper)


def det(x: ir.Value) -> ir.Value:
    """Determinants; one of matrices without elements."""
    shape = shape_of(x)[:-2]
    if is_empty(shape_of(x)):
        return full(shape, element_type_of(x), 1)
    factors, pivots, _ = lu(x)
    return determinant(factors, pivots)


def pinv(x: ir.Value, rtol: ir.Value) -> ir.Value:
    """Moore-Penrose inverses from singular values, those up to ``rtol`` times the largest being dropped."""
    *batch, m, n = shape_of(x)
    kind, rank = element_type_of(x), rank_of(x)
    if is_empty(shape_of(x)):
        return zeros([*batch, n, m], kind)
    dtype = _dtype_of(kind)
    s, u, vh = svd(x, full=False, vectors=True)
    count = min(m, n)
    first = slice(s, (0,) * (rank - 1), (*batch, 1), (1,) * (rank - 1))
    limits = broadcast_in_dim(rtol, (*batch, count), tuple(range(rank - 2)))
    most = broadcast_in_dim(first, (*batch, count), tuple(range(rank - 1)))

    def inverse(value: ir.Value, limit: ir.Value, most: ir.Value) -> ir.Value:
        v, zero = Real(value), emit.constant(part_type(kind), 0)
        # NaN stays what it is.
        dropped = v.compare("le", Real(limit) * Real(most))
        return arith.select(dropped.value, zero, (1.0 / v).value)

    factors = elementwise(inverse, [s, limits, most], part_type(kind))
    spread = broadcast_in_dim(factors, (*batch, count, n), tuple(range(rank - 1)))
    scaled = elementwise(_scaled, [vh, spread], kind)
    axes = tuple(range(rank - 2))
    return conjugated(dot_general(scaled, u, (rank - 2,), (rank - 1,), axes, axes, dtype, dtype))


def _dtype_of(kind: ir.Type) -> np.dtype:
    width = emit.bit_width(part_type(kind)) // 8
    return np.dtype(f"c{2 * width}" if is_complex_type(kind) else f"f{width}")


def _scaled(x: ir.Value, factor: ir.Value) -> ir.Value:
    """A real or complex number times a real one."""
    if not is_complex_type(x.type):
        return arith.mulf(x, factor)
    parts = complex_dialect.ReOp(x).result, complex_dialect.ImOp(x).result
    return complex_dialect.CreateOp(x.type, *(arith.mulf(p, factor) for p in parts)).result
