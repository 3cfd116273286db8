"""Householder reflectors in panels of a few, whose product is applied at once.

The product of the reflectors of a panel is ``H_1 ... H_p = I - V T V^H`` with an upper triangular ``T`` (R. Schreiber,
C. Van Loan, A storage-efficient WY representation for products of Householder transformations, SIAM Journal on
Scientific and Statistical Computing 10, 1989). Reflectors are rows, as in `householder`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from axir_compiler.lowering.linalg.householder import Rows
from axir_compiler.lowering.linalg.numbers import Index, constant_index
from axir_compiler.lowering.linalg.workspace import Array, round_up

__all__ = ["PANEL", "Panel", "Triangle", "multiply_out"]

PANEL = 4
"""Reflectors in a panel."""

Triangle = dict[tuple[int, int], Any]


@dataclass
class Panel:
    """Reflectors in rows ``first``, ..., ``first + PANEL - 1`` of ``v``, which are zero before column ``start``."""

    rows: Rows
    v: Array
    first: Index
    start: Index

    def _reflectors(self, j: Index) -> list[Any]:
        return [self.v.get(self.first + p, j, lanes=self.rows.lanes) for p in range(PANEL)]

    def _columns(self, body: Callable[..., Any], *carried: Any) -> Any:
        lanes = self.rows.lanes
        start = self.start.down_to_multiple(lanes)
        return self.rows.space.loop(start, self.rows.layout.width, body, *carried, step=lanes)

    def products(self, x: Array, some: Sequence[Index]) -> list[list[Any]]:
        """``v_p^H x_r`` for each of some rows of ``x`` and each reflector."""
        lanes, zero = self.rows.lanes, x.number(0).spread(self.rows.lanes)

        def add(j: Index, *sums: Any) -> list[Any]:
            reflectors = [v.conjugate() for v in self._reflectors(j)]
            values = [x.get(r, j, lanes=lanes) for r in some]
            pairs = [(value, reflector) for value in values for reflector in reflectors]
            return [s.plus_product(*pair) for s, pair in zip(sums, pairs, strict=True)]

        count = len(some) * PANEL
        sums = [s.sum() for s in self._columns(add, *[zero] * count)]
        return [sums[i : i + PANEL] for i in range(0, count, PANEL)]

    def triangle(self, taus: Sequence[Any]) -> Triangle:
        """``T``, for the factors of the reflectors; with one that is zero the reflector does nothing."""
        products = self.products(self.v, [self.first + p for p in range(PANEL)])
        t: Triangle = {(p, p): tau for p, tau in enumerate(taus)}
        for q in range(1, PANEL):
            # products[q][p] is v_p^H v_q.
            column = [-(t[q, q] * products[q][p]) for p in range(q)]
            for p in range(q):
                t[p, q] = sum((t[p, s] * column[s] for s in range(p + 1, q)), t[p, p] * column[p])
        return t

    def apply(self, x: Array, first: Index, last: int, t: Triangle, height: int, *, adjoint: bool) -> None:
        """Multiply rows ``first``, ..., ``last - 1`` of ``x`` by the product or its adjoint.

        ``height`` rows are taken at once, so that some after the last change too.
        """
        lanes = self.rows.lanes

        def some(i: Index) -> None:
            rows = [i + r for r in range(height)]
            factors = [_times(t, found, adjoint) for found in self.products(x, rows)]

            def subtract(j: Index) -> None:
                reflectors = self._reflectors(j)
                for row, each in zip(rows, factors, strict=True):
                    value = x.get(row, j, lanes=lanes)
                    for factor, reflector in zip(each, reflectors, strict=True):
                        value = value.minus_product(factor, reflector)
                    x.put(value, row, j)

            self._columns(subtract)

        self.rows.space.loop(first, last, some, step=height)


def _times(t: Triangle, x: list[Any], adjoint: bool) -> list[Any]:
    """``T x``, or ``T^H x``, for an upper triangular ``T``."""
    found = []
    for p in range(PANEL):
        terms = [
            (t[q, p].conjugate() if adjoint else t[p, q]) * x[q]
            for q in (range(p + 1) if adjoint else range(p, PANEL))
        ]
        found.append(sum(terms[1:], terms[0]))
    return found


def multiply_out(
    rows: Rows, x: Array, last: int, v: Array, count: int, offset: int, tau: Callable[[Index], Any]
) -> None:
    """Multiply rows of ``x`` by reflectors ``0``, ..., ``count - 1``, the last one first.

    Reflector ``k`` is row ``k`` of ``v`` and starts at column ``k + offset``; what the last panel has beyond ``count``
    must be finite, with a ``tau`` of zero. Rows of ``x`` before ``offset`` and up to `householder.EXTRA` after ``last``
    may be anything; those before the first column of a panel must be zero in its columns.
    """
    height = 2 if x.is_complex else 4

    def apply(i: Index) -> None:
        k = constant_index(round_up(count, PANEL) - PANEL) - i
        panel = Panel(rows, v, k, k + offset)
        t = panel.triangle([tau(k + p) for p in range(PANEL)])
        panel.apply(x, k + offset, last, t, height, adjoint=False)

    if count:
        rows.space.loop(0, count, apply, step=PANEL)
