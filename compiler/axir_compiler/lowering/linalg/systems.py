"""What is computed from an LU factorization: solutions and determinants."""

from __future__ import annotations

from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import element_type_of, fill, is_empty, shape_of
from axir_compiler.lowering.linalg.lu import lu
from axir_compiler.lowering.linalg.rows import add_rows, determinant, take_rows
from axir_compiler.lowering.linalg.triangular import triangular_solve
from axir_compiler.mlir import ir

__all__ = ["det", "solve"]


def solve(a: ir.Value, b: ir.Value, *, transpose_a: bool) -> ir.Value:
    """``X`` with ``a X = b`` or ``a^T X = b``."""
    if is_empty(shape_of(b)):
        return fill(shape_of(b), emit.constant(element_type_of(b), 0))
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
        return fill(shape, emit.constant(element_type_of(x), 1))
    factors, pivots, _ = lu(x)
    return determinant(factors, pivots)
