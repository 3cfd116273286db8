"""LU factorization with partial pivoting as a kernel."""

from __future__ import annotations

import numpy as np

from axir_compiler.lowering.emit import integer_type
from axir_compiler.lowering.generic import element_type_of, elementwise, iota, is_empty, shape_of, zeros
from axir_compiler.lowering.linalg.complex_numbers import real_parts
from axir_compiler.lowering.linalg.matrices import cut
from axir_compiler.lowering.linalg.numbers import Index, Real, choose, lane_numbers
from axir_compiler.lowering.linalg.rows import pivots_to_permutation
from axir_compiler.lowering.linalg.tiles import ROWS, Layout, clear, read_padded, subtract_products
from axir_compiler.lowering.linalg.triangular import solve_rows
from axir_compiler.lowering.linalg.workspace import Array, Workspace, lanes_of, round_up, run
from axir_compiler.lowering.movement import reshape
from axir_compiler.mlir import arith, ir

__all__ = ["lu"]


def lu(x: ir.Value) -> list[ir.Value]:
    """``L`` and ``U`` in one array, pivots and permutation of a batch of matrices.

    Right-looking, with panels as wide as a register tile: the panel is eliminated column by column, then its
    rows of ``U`` are solved for and the rest is updated by matrix products in register tiles (Golub & Van Loan,
    Matrix Computations, 4th ed., section 3.4.6). A column without a pivot that is not zero is left as it is.
    """
    *shape, m, n = shape_of(x)
    kind, count, integer = element_type_of(x), min(m, n), integer_type(32)
    if is_empty(shape_of(x)):
        order = iota((*shape, m), len(shape), np.dtype("int32"))
        return [zeros((*shape, m, n), kind), zeros((*shape, count), integer), order]
    if m == 1:
        # Nothing to do; a kernel would consist of constants, which IREE does not write into its results.
        return [x, zeros((*shape, count), integer), zeros((*shape, m), integer)]
    layout = Layout(n, lanes_of(kind))
    rows = round_up(m, ROWS)

    def body(space: Workspace, source: Array, a: Array) -> None:
        read_padded(space, lambda i, j: source[i, j], m, n, a, layout)
        space.loop(m, rows + 1, lambda i: clear(space, a, i, layout))

        def panel(first: Index) -> None:
            last = (first + layout.tile).at_most(count)
            space.loop(first, last, lambda j: _column(space, a, rows, first, j, m, layout))
            rest = first + layout.tile
            space.loop(
                rest, layout.width, lambda j: _update(space, a, first, j, m, count, layout), step=layout.tile
            )

        space.loop(0, count, panel, step=layout.tile)

    # The pivots are a further row of the only result: one that nobody uses would have to fit on the stack.
    (a,) = run(shape, [((rows + 1, layout.width), kind)], [x], body)
    found = real_parts(reshape(cut(a, (rows, rows + 1), (0, count)), (*shape, count)))
    pivots = elementwise(lambda value: arith.fptosi(integer, value), [found], integer)
    return [cut(a, (0, m), (0, n)), pivots, pivots_to_permutation(pivots, m)]


def _column(space: Workspace, a: Array, pivots: int, first: Index, j: Index, m: int, layout: Layout) -> None:
    """Eliminate column ``j`` of the panel that starts at column ``first``."""

    def better(i: Index, at: Index, best: Real) -> tuple[Index, Real]:
        size = a[i, j].magnitude()
        larger = size.compare("gt", best)
        return choose(larger, i, at), choose(larger, size, best)

    at, _ = space.loop(j + 1, m, better, j, a[j, j].magnitude())
    a[pivots, j] = at.as_real(a.element)
    space.when(at.compare("ne", j), lambda: _swap(space, a, j, at, layout))
    pivot = a[j, j]
    # Columns up to j keep what they hold: the factors, which are assigned one by one.
    right = [
        choose(lane_numbers(first + p * layout.lanes, layout.lanes).above(j), u, u.zero())
        for p, u in enumerate(layout.get(a, j, first))
    ]
    singular = pivot.magnitude().compare("eq", 0.0)

    def row(i: Index) -> None:
        value = a[i, j]
        factor = choose(singular, value, value / pivot)
        old = layout.get(a, i, first)
        layout.put([v.minus_product(factor, u) for v, u in zip(old, right, strict=True)], a, i, first)
        a[i, j] = factor

    space.loop(j + 1, m, row)


def _swap(space: Workspace, a: Array, i: Index, j: Index, layout: Layout) -> None:
    def columns(k: Index) -> None:
        upper, lower = layout.get(a, i, k), layout.get(a, j, k)
        layout.put(lower, a, i, k)
        layout.put(upper, a, j, k)

    space.loop(0, layout.width, columns, step=layout.tile)


def _update(space: Workspace, a: Array, first: Index, j: Index, m: int, count: int, layout: Layout) -> None:
    """Rows of ``U`` of the panel at ``first``, and what they take from the rest, in one tile of columns."""
    rest = first + layout.tile

    def upper(i: Index) -> None:
        solve_rows(space, a, i, first, j, layout, lambda i, k: a[i, k], unit=True)

    space.loop(first, rest.at_most(count), upper, step=ROWS)

    def lower(i: Index) -> None:
        tile = [layout.get(a, i + r, j) for r in range(ROWS)]
        tile = subtract_products(
            space, first, rest, tile, lambda r, k: a[i + r, k], lambda k: layout.get(a, k, j)
        )
        for r, values in enumerate(tile):
            layout.put(values, a, i + r, j)

    space.loop(rest, m, lower, step=ROWS)
