"""Householder reflectors along rows.

A reflector is ``H = I - tau v v^H`` with ``v = (0, ..., 0, 1, v_{k+1}, ...)``. Matrices are held transposed, so that
the columns that are reflected are rows, which vectors run along. Rows are padded with zeros.
"""

from __future__ import annotations

from typing import Any

from axir_compiler.lowering.linalg.complex_numbers import Complex
from axir_compiler.lowering.linalg.numbers import Index, Real, choose, lane_numbers, largest
from axir_compiler.lowering.linalg.tiles import ROWS, Layout, clear
from axir_compiler.lowering.linalg.workspace import Array, Workspace

__all__ = ["EXTRA", "Rows"]

EXTRA = ROWS
"""Rows that an array needs behind those that reflectors are applied to: they are taken `ROWS` at a time."""


class Rows:
    """Operations along the rows of arrays that have one layout."""

    def __init__(self, space: Workspace, columns: int, lanes: int):
        self.space = space
        self.lanes = lanes
        self.layout = Layout(columns, lanes)

    def _from(self, start: Index) -> Index:
        return start.down_to_multiple(self.lanes)

    def tail(self, x: Array, row: Index, j: Index, start: Index) -> Any:
        """The vector at column ``j``, zero before column ``start``."""
        value = x.get(row, j, lanes=self.lanes)
        return choose(lane_numbers(j + 1, self.lanes).above(start), value, value.zero())

    def largest(self, x: Array, row: Index, start: Index) -> Real:
        """The largest absolute value from column ``start`` on; NaN if there is one."""
        zero = x.real.number(0).spread(self.lanes)
        found = self.space.loop(
            self._from(start),
            self.layout.width,
            lambda j, most: [largest(most, self.tail(x, row, j, start).bound())],
            zero,
            step=self.lanes,
        )
        return found.largest_element()

    def norm(self, x: Array, row: Index, start: Index) -> Real:
        """Euclidean norm from column ``start`` on, which neither overflows nor underflows."""
        scale = self.largest(x, row, start)
        usable = scale.compare("gt", 0.0)
        inverse = 1.0 / choose(usable, scale, scale.constant(1.0))

        def add(j: Index, total: Real) -> list[Real]:
            value = self.tail(x, row, j, start) * inverse
            return [value.added_square(total)]

        zero = x.real.number(0).spread(self.lanes)
        total = self.space.loop(self._from(start), self.layout.width, add, zero, step=self.lanes)
        return scale * total.sum().sqrt()

    def reflector(self, x: Array, row: Index, start: Index, v: Array, v_row: Index | int) -> tuple[Real, Any]:
        """Make the reflector whose adjoint takes a row, from ``start`` on, to a multiple of the first unit vector.

        ``v`` is written to a row of its own. Gives the multiple, which is real, and ``tau``, 0 if there is nothing to
        do; as LAPACK's ``larfg`` (Golub & Van Loan, Matrix Computations, 4th ed., algorithm 5.1.1).
        """
        alpha = x[row, start]
        rest = self.largest(x, row, start + 1)
        none = rest.compare("eq", 0.0)
        if isinstance(alpha, Complex):
            none = none & alpha.is_real()
        beta = -self.norm(x, row, start).with_sign_of(alpha.re)
        beta = choose(none, alpha.re, beta)
        one = alpha.constant(1.0)
        tau = choose(none, alpha.zero(), (beta - alpha) / choose(none, one.re, beta))
        factor = 1.0 / choose(none, one, alpha - beta)
        self.space.loop(
            0,
            self.layout.width,
            lambda j: v.put(self.tail(x, row, j, start + 1) * factor, v_row, j),
            step=self.lanes,
        )
        v[v_row, start] = one
        return beta, tau

    def dots(self, x: Array, rows: list[Index], v: Array, v_row: Index | int, start: Index) -> list[Any]:
        """Inner products of some rows with the conjugate of one, which must be zero before column ``start``."""

        def add(j: Index, *sums: Any) -> list[Any]:
            right = v.get(v_row, j, lanes=self.lanes).conjugate()
            return [
                s.plus_product(x.get(r, j, lanes=self.lanes), right) for s, r in zip(sums, rows, strict=True)
            ]

        zero = x.number(0).spread(self.lanes)
        found = self.space.loop(
            self._from(start), self.layout.width, add, *(zero for _ in rows), step=self.lanes
        )
        return [s.sum() for s in (found if isinstance(found, tuple) else (found,))]

    def rotate(self, x: Array, i: Index, j: Index, c: Real, s: Real) -> None:
        """Rows ``i`` and ``j`` become ``c x_i + s x_j`` and ``c x_j - s x_i``."""

        lanes = self.layout.tile

        def columns(k: Index) -> None:
            a, b = x.get(i, k, lanes=lanes), x.get(j, k, lanes=lanes)
            x.put((a * c).plus_product(s, b), i, k)
            x.put((b * c).minus_product(s, a), j, k)

        self.space.loop(0, self.layout.width, columns, step=lanes)

    def swap(self, x: Array, i: Index, j: Index) -> None:
        """Exchange two rows."""

        def columns(k: Index) -> None:
            a, b = x.get(i, k, lanes=self.lanes), x.get(j, k, lanes=self.lanes)
            x.put(b, i, k)
            x.put(a, j, k)

        self.space.loop(0, self.layout.width, columns, step=self.lanes)

    def scale(self, x: Array, row: Index, factor: Real) -> None:
        """Multiply a row by a number."""
        self.space.loop(
            0,
            self.layout.width,
            lambda k: x.put(x.get(row, k, lanes=self.lanes) * factor, row, k),
            step=self.lanes,
        )

    def identity(self, x: Array, rows: int) -> None:
        """Rows of the identity matrix."""

        def row(i: Index) -> None:
            clear(self.space, x, i, self.layout)
            x[i, i] = x.number(1)

        self.space.loop(0, rows, row)
