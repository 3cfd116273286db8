"""Batches of matrices at the level of tensors: what happens before and after a kernel."""

from __future__ import annotations

from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import (
    element_type_of,
    empty,
    generic,
    identity_map,
    map_of_dims,
    rank_of,
    shape_of,
)
from axir_compiler.lowering.movement import slice, transpose
from axir_compiler.mlir import arith, ir, linalg

__all__ = ["cut", "swapped", "triangle"]


def cut(x: ir.Value, rows: tuple[int, int], columns: tuple[int, int]) -> ir.Value:
    """A window of each matrix of a batch: first and last (exclusive) row and column."""
    batch = shape_of(x)[:-2]
    none, ones = (0,) * len(batch), (1,) * (len(batch) + 2)
    return slice(x, (*none, rows[0], columns[0]), (*batch, rows[1], columns[1]), ones)


def swapped(x: ir.Value) -> ir.Value:
    """Transposed matrices."""
    rank = rank_of(x)
    return transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def triangle(x: ir.Value, n: int, *, lower: bool, transposed: bool = False) -> ir.Value:
    """The square triangles in the upper left corners of (transposed) matrices, zero elsewhere."""
    kind, rank = element_type_of(x), rank_of(x)
    corner = cut(x, (0, n), (0, n))
    zero = emit.constant(kind, 0)

    def body(value: ir.Value, _: ir.Value) -> ir.Value:
        row, column = linalg.IndexOp(rank - 2).result, linalg.IndexOp(rank - 1).result
        inside = emit.compare_int("le" if lower else "ge", column, row)
        return arith.select(inside, value, zero)

    order = (*range(rank - 2), rank - 1, rank - 2) if transposed else tuple(range(rank))
    maps = [map_of_dims(rank, order), identity_map(rank)]
    return generic([corner], [empty(shape_of(corner), kind)], maps, body)[0]
