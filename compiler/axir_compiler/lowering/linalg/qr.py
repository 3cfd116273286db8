"""QR factorization as a kernel."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from axir_compiler.lowering.generic import element_type_of, is_empty, shape_of, zeros
from axir_compiler.lowering.linalg.complex_numbers import is_complex_type
from axir_compiler.lowering.linalg.householder import EXTRA, Rows
from axir_compiler.lowering.linalg.matrices import cut, identity, swapped, triangle_of
from axir_compiler.lowering.linalg.numbers import Index, Real, choose, constant_index, lane_numbers
from axir_compiler.lowering.linalg.panels import PANEL, Panel
from axir_compiler.lowering.linalg.tiles import Layout, clear, read_padded
from axir_compiler.lowering.linalg.workspace import Array, Workspace, lanes_of, round_up, run
from axir_compiler.mlir import ir

__all__ = ["qr"]


def qr(x: ir.Value, *, full: bool) -> tuple[ir.Value, ir.Value]:
    """``Q`` and ``R`` of ``x = Q R`` for a batch of matrices.

    Householder reflectors are found in panels, and the product of those of a panel, ``H_1 ... H_p = I - V T V^H``,
    is applied to the rest by two matrix products in register tiles (Schreiber & Van Loan, A storage-efficient WY
    representation for products of Householder transformations, 1989). ``Q`` is the product of all, multiplied out
    from the last panel to the first.
    """
    *batch, m, n = shape_of(x)
    kind, count = element_type_of(x), min(m, n)
    columns = m if full else count
    if is_empty([*batch, m, n]):
        return identity([*batch, m, columns], kind), zeros([*batch, columns, n], kind)
    width = Layout(m, lanes_of(kind)).width
    first_q = n + EXTRA
    scratch = first_q + columns + EXTRA

    def body(space: Workspace, source: Array, all_rows: Array) -> None:
        rows = Rows(space, m, lanes_of(kind))
        panels = _Panels(rows, all_rows, all_rows.below(scratch), 2 if is_complex_type(kind) else 4)
        read_padded(space, lambda i, j: source[j, i], n, m, all_rows, rows.layout)
        # Reflectors of the last panel beyond the last column are found in rows of zeros: they do nothing.
        space.loop(n, first_q, lambda i: clear(space, all_rows, i, rows.layout))

        def reflect(k: Index) -> None:
            panels.factorize(k)
            panels.apply(all_rows, k + PANEL, n, k, adjoint=True)

        space.loop(0, count, reflect, step=PANEL)
        q = all_rows.below(first_q)
        rows.identity(q, columns)

        def multiply(i: Index) -> None:
            k = (round_up(count, PANEL) - PANEL) - i
            panels.restore(k)
            panels.apply(q, k, columns, k, adjoint=False)

        space.loop(0, count, multiply, step=PANEL)

    (all_rows,) = run(batch, [((scratch + 2 * PANEL, width), kind)], [x], body)
    upper = swapped(cut(all_rows, (0, n), (0, columns)))
    q = swapped(cut(all_rows, (first_q, first_q + columns), (0, m)))
    return q, triangle_of(upper, lower=False)


@dataclass
class _Panels:
    """The reflectors of a matrix, a few at a time.

    Attributes:
        rows: How rows are cut into vectors.
        r: The matrix, its columns along rows; a reflector is stored behind the diagonal of its row.
        v: The reflectors of one panel, then, at its columns, ``T``.
        height: Rows that a panel is applied to at once.
    """

    rows: Rows
    r: Array
    v: Array
    height: int

    def factorize(self, k: Index) -> None:
        """Reduce the panel whose first row is ``k``."""

        def reflect(p: Index) -> None:
            row = k + p
            beta, tau = self.rows.reflector(self.r, row, row, self.v, p)
            self._keep(row, p, beta)
            self.v[p + PANEL, row] = tau
            self._apply_one(row, k + PANEL, p, tau.conjugate())

        self.rows.space.loop(0, PANEL, reflect)
        self._triangle(k)

    def restore(self, k: Index) -> None:
        """Write the reflectors that are stored in a panel to rows of their own."""

        def one(p: Index) -> None:
            row = k + p
            self._columns(0, lambda j: self.v.put(self.rows.tail(self.r, row, j, row + 1), p, j))
            self.v[p, row] = self.v.number(1)

        self.rows.space.loop(0, PANEL, one)

    def apply(self, x: Array, first: Index, last: int, k: Index, *, adjoint: bool) -> None:
        """Multiply rows of ``x`` by the panel's product or its adjoint; up to three further rows change too."""
        t = {(p, q): self.v[PANEL + p, k + q] for q in range(PANEL) for p in range(q + 1)}
        self._panel(k).apply(x, first, last, t, self.height, adjoint=adjoint)

    def _panel(self, k: Index) -> Panel:
        return Panel(self.rows, self.v, constant_index(0), k)

    def _columns(self, start: Index | int, body: Any) -> None:
        first = start if isinstance(start, int) else start.down_to_multiple(self.rows.lanes)
        self.rows.space.loop(first, self.rows.layout.width, body, step=self.rows.lanes)

    def _keep(self, row: Index, p: Index, beta: Real) -> None:
        """Store a reflector behind the diagonal of its row."""
        lanes = self.rows.lanes

        def columns(j: Index) -> None:
            late = lane_numbers(j, lanes).above(row)
            self.r.put(choose(late, self.v.get(p, j, lanes=lanes), self.r.get(row, j, lanes=lanes)), row, j)

        self._columns(row, columns)
        self.r[row, row] = beta

    def _apply_one(self, row: Index, last: Index, p: Index, tau: Any) -> None:
        """Apply a reflector to the other rows of its panel."""

        def other(i: Index) -> None:
            (product,) = self.rows.dots(self.r, [i], self.v, p, row)
            self._columns(row, lambda j: self._subtract(i, j, tau * product, p))

        self.rows.space.loop(row + 1, last, other)

    def _subtract(self, i: Index, j: Index, factor: Any, p: Index) -> None:
        lanes = self.rows.lanes
        self.r.put(self.r.get(i, j, lanes=lanes).minus_product(factor, self.v.get(p, j, lanes=lanes)), i, j)

    def _triangle(self, k: Index) -> None:
        """Complete ``T``, whose diagonal is there: the factors of the reflectors."""
        t = self._panel(k).triangle([self.v[PANEL + p, k + p] for p in range(PANEL)])
        for (p, q), value in t.items():
            if p < q:
                self.v[PANEL + p, k + q] = value
