"""Triangular systems as a kernel."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from axir_compiler.lowering.generic import element_type_of, is_empty, shape_of, zeros
from axir_compiler.lowering.linalg.complex_numbers import Number
from axir_compiler.lowering.linalg.matrices import cut, swapped
from axir_compiler.lowering.linalg.numbers import Index
from axir_compiler.lowering.linalg.tiles import ROWS, Layout, read_padded, subtract_products
from axir_compiler.lowering.linalg.workspace import Array, Workspace, lanes_of, round_up, run
from axir_compiler.mlir import ir

__all__ = ["solve_rows", "triangular_solve"]


def triangular_solve(
    a: ir.Value,
    b: ir.Value,
    *,
    left_side: bool,
    lower: bool,
    transpose_a: bool,
    unit_diagonal: bool,
    conjugate_a: bool = False,
) -> ir.Value:
    """``X`` with ``op(a) X = b``, or ``X op(a) = b`` if not ``left_side``, for a batch of systems.

    Only one triangle of ``a`` is read, without its diagonal if that is ``unit_diagonal``.
    """
    shape = shape_of(b)
    if is_empty(shape):
        return zeros(shape, element_type_of(b))
    if not left_side:
        # X op(a) = b is op(a)^T X^T = b^T.
        b, transpose_a = swapped(b), not transpose_a
    n, columns = shape_of(b)[-2:]
    forward = lower != transpose_a
    layout = Layout(columns, lanes_of(element_type_of(b)))
    rows = round_up(n, ROWS)

    def old(i: Index) -> Index:
        """Row of the system that is solved as number ``i``; further ones repeat the last."""
        i = i.at_most(n - 1)
        return i if forward else (n - 1) - i

    def place(i: Index) -> Index:
        return i if forward else (rows - 1) - i

    def body(space: Workspace, factor: Array, source: Array, x: Array) -> None:
        read_padded(space, lambda i, j: source[old(i), j], rows, columns, x, layout, place)

        def element(i: Index, k: Index) -> Number:
            found = factor[old(k), old(i)] if transpose_a else factor[old(i), old(k)]
            return found.conjugate() if conjugate_a else found

        def panel(j: Index) -> None:
            space.loop(
                0,
                rows,
                lambda i: solve_rows(space, x, i, 0, j, layout, element, place, unit=unit_diagonal),
                step=ROWS,
            )

        space.loop(0, layout.width, panel, step=layout.tile)

    (x,) = run(shape[:-2], [((rows, layout.width), element_type_of(b))], [a, b], body)
    first = 0 if forward else rows - n
    found = cut(x, (first, first + n), (0, columns))
    return found if left_side else swapped(found)


def solve_rows(
    space: Workspace,
    x: Array,
    i: Index,
    start: Index | int,
    j: Index,
    layout: Layout,
    element: Callable[[Index, Index], Any],
    place: Callable[[Index], Index] = lambda i: i,
    *,
    unit: bool,
) -> None:
    """Solve for `ROWS` rows of one tile of columns, those from ``start`` up to ``i`` being known.

    ``element(i, k)`` is that of the lower triangle; row ``i`` of ``x`` is found at ``place(i)``.
    """
    tile = [layout.get(x, place(i + r), j) for r in range(ROWS)]
    tile = subtract_products(
        space, start, i, tile, lambda r, k: element(i + r, k), lambda k: layout.get(x, place(k), j)
    )
    for r in range(ROWS):
        for s in range(r):
            factor = element(i + r, i + s)
            tile[r] = [v.minus_product(factor, u) for v, u in zip(tile[r], tile[s], strict=True)]
        if not unit:
            pivot = element(i + r, i + r)
            tile[r] = [v / pivot for v in tile[r]]
        layout.put(tile[r], x, place(i + r), j)
