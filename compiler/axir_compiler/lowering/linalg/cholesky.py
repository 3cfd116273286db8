"""Cholesky factorization as a kernel."""

from __future__ import annotations

import math

from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import element_type_of, is_empty, shape_of, zeros
from axir_compiler.lowering.linalg.complex_numbers import conjugated
from axir_compiler.lowering.linalg.matrices import triangle
from axir_compiler.lowering.linalg.numbers import Flag, Index
from axir_compiler.lowering.linalg.tiles import ROWS, Layout, clear, fill, read_padded, subtract_products
from axir_compiler.lowering.linalg.workspace import Array, Workspace, lanes_of, round_up, run
from axir_compiler.mlir import ir

__all__ = ["cholesky"]


def cholesky(x: ir.Value) -> ir.Value:
    """Lower triangular ``L`` with ``x = L L^H``, of the lower triangles of a batch of matrices.

    Row by row of ``U = L^H``, `ROWS` rows at a time: what earlier blocks contribute is a matrix product in
    register tiles, what rows of the same block contribute follows row by row (Golub & Van Loan, Matrix
    Computations, 4th ed., section 4.2). All of ``L`` is NaN if a pivot is not positive.
    """
    shape, kind = shape_of(x), element_type_of(x)
    if is_empty(shape):
        return zeros(shape, kind)
    n = shape[-1]
    layout = Layout(n, lanes_of(kind))
    rows = round_up(n, ROWS)

    def body(space: Workspace, source: Array, u: Array) -> None:
        # First the padding: one row of it, written between other rows and what reads them, would let IREE copy all.
        space.loop(n, rows, lambda i: clear(space, u, i, layout))
        read_padded(space, lambda i, j: source[j, i].conjugate(), n, n, u, layout)
        fine = space.loop(0, rows, lambda i, fine: [_block(space, u, i, fine, n, layout)], _true(), step=ROWS)
        space.when(~fine, lambda: fill(space, u, n, layout, math.nan))

    (u,) = run(shape[:-2], [((rows, layout.width), kind)], [x], body)
    return conjugated(triangle(u, n, lower=True, transposed=True))


def _true() -> Flag:
    return Flag(emit.constant(emit.integer_type(1), 1))


def _block(space: Workspace, u: Array, first: Index, fine: Flag, n: int, layout: Layout) -> Flag:
    """Complete rows ``first``, ...; gives whether all pivots so far were positive."""

    def columns(j: Index) -> None:
        tile = [layout.get(u, first + r, j) for r in range(ROWS)]
        tile = subtract_products(
            space, 0, first, tile, lambda r, k: u[k, first + r].conjugate(), lambda k: layout.get(u, k, j)
        )
        for r, values in enumerate(tile):
            layout.put(values, u, first + r, j)

    space.loop(first.down_to_multiple(layout.tile), layout.width, columns, step=layout.tile)
    return space.loop(first, first + ROWS, lambda i, fine: [_row(space, u, first, i, fine, n, layout)], fine)


def _row(space: Workspace, u: Array, first: Index, i: Index, fine: Flag, n: int, layout: Layout) -> Flag:
    """Complete one row, whose block starts at ``first``."""
    rest = space.loop(first, i, lambda k, s: [s.minus_product(u[k, i].conjugate(), u[k, i])], u[i, i])
    square = rest.re
    pivot = square.sqrt()

    def columns(j: Index) -> None:
        tile = [layout.get(u, i, j)]
        (values,) = subtract_products(
            space, first, i, tile, lambda _, k: u[k, i].conjugate(), lambda k: layout.get(u, k, j)
        )
        layout.put([v / pivot for v in values], u, i, j)

    space.loop(i.down_to_multiple(layout.tile), layout.width, columns, step=layout.tile)
    u[i, i] = pivot
    return fine & (square.compare("gt", 0.0) | i.compare("ge", n))
