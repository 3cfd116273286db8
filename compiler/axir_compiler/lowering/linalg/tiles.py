"""Register tiles: a few rows by a few vectors of a matrix product, from which the factorizations are built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir_compiler.lowering.linalg.numbers import Index
from axir_compiler.lowering.linalg.workspace import Array, Workspace, round_up

__all__ = ["ROWS", "Layout", "clear", "fill", "read_padded", "subtract_products"]

ROWS = 4
"""Rows of a tile: each vector that is loaded serves as many products."""


# Terms that are summed by themselves before the sum joins the others: errors grow with the number of such sums.
_PIECE = 64


class Layout:
    """How the columns of a matrix are cut into vectors.

    Attributes:
        lanes: Floats in a vector.
        vectors: Vectors in a tile.
        tile: Columns of a tile.
        width: Number of columns with padding, a multiple of ``tile``.
    """

    def __init__(self, columns: int, lanes: int):
        self.lanes = lanes
        self.vectors = 1 if columns <= lanes else 2
        self.tile = self.vectors * lanes
        self.width = round_up(max(columns, 1), self.tile)

    def get(self, x: Array, row: Index, column: Index) -> list[Any]:
        """The vectors of one row of a tile."""
        return [x.get(row, column + p * self.lanes, lanes=self.lanes) for p in range(self.vectors)]

    def put(self, values: Sequence[Any], x: Array, row: Index, column: Index) -> None:
        for p, value in enumerate(values):
            x.put(value, row, column + p * self.lanes)


def subtract_products(
    space: Workspace,
    start: Index | int,
    stop: Index | int,
    tile: list[list[Any]],
    left: Callable[[int, Index], Any],
    right: Callable[[Index], list[Any]],
) -> list[list[Any]]:
    """``tile[r] - sum(left(r, k) right(k) for k in range(start, stop))`` for each row ``r``."""
    count, vectors = len(tile), len(tile[0])
    old = [v for row in tile for v in row]
    zero = old[0].zero()

    def term(k: Index, *sums: Any) -> list[Any]:
        columns = right(k)
        factors = [left(r, k) for r in range(count)]
        pairs = [(factor, column) for factor in factors for column in columns]
        return [s.plus_product(*pair) for s, pair in zip(sums, pairs, strict=True)]

    def piece(k: Index, *values: Any) -> list[Any]:
        sums = space.loop(k, (k + _PIECE).at_most(stop), term, *(zero for _ in values))
        sums = sums if isinstance(sums, tuple) else (sums,)
        return [v - s for v, s in zip(values, sums, strict=True)]

    new = space.loop(start, stop, piece, *old, step=_PIECE)
    new = new if isinstance(new, tuple) else (new,)
    return [list(new[r * vectors : (r + 1) * vectors]) for r in range(count)]


def clear(space: Workspace, x: Array, row: Index, layout: Layout) -> None:
    """Fill a row with zeros, its padding too."""
    zero = x.number(0).spread(layout.lanes)
    space.loop(0, layout.width, lambda j: x.put(zero, row, j), step=layout.lanes)


def read_padded(
    space: Workspace,
    source: Callable[[Index, Index], Any],
    rows: int,
    columns: int,
    x: Array,
    layout: Layout,
    place: Callable[[Index], Index] = lambda i: i,
) -> None:
    """Fill row ``place(i)`` of an array with ``source(i, j)`` for each column; the padding is zero."""

    def row(i: Index) -> None:
        at = place(i)
        clear(space, x, at, layout)

        def one(j: Index) -> None:
            x[at, j] = source(i, j)

        space.loop(0, columns, one)

    space.loop(0, rows, row)


def fill(space: Workspace, x: Array, rows: int, layout: Layout, number: float) -> None:
    """Let the first rows of an array repeat one number."""
    value = x.number(number).spread(layout.lanes)

    def row(i: Index) -> None:
        space.loop(0, layout.width, lambda j: x.put(value, i, j), step=layout.lanes)

    space.loop(0, rows, row)
