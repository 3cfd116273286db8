"""Batches of matrices at the level of tensors: what happens before and after a kernel."""

from __future__ import annotations

from collections.abc import Sequence

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
from axir_compiler.lowering.movement import reshape, slice, transpose
from axir_compiler.mlir import arith, ir, linalg

__all__ = ["cut", "first_row", "identity", "swapped", "triangle", "triangle_of"]


def cut(x: ir.Value, rows: tuple[int, int], columns: tuple[int, int]) -> ir.Value:
    """A window of each matrix of a batch: first and last (exclusive) row and column."""
    batch = shape_of(x)[:-2]
    none, ones = (0,) * len(batch), (1,) * (len(batch) + 2)
    return slice(x, (*none, rows[0], columns[0]), (*batch, rows[1], columns[1]), ones)


def first_row(x: ir.Value, columns: int) -> ir.Value:
    """The beginning of the first row of each matrix of a batch."""
    return reshape(cut(x, (0, 1), (0, columns)), [*shape_of(x)[:-2], columns])


def swapped(x: ir.Value) -> ir.Value:
    """Transposed matrices."""
    rank = rank_of(x)
    return transpose(x, (*range(rank - 2), rank - 1, rank - 2))


def triangle(x: ir.Value, n: int, *, lower: bool, transposed: bool = False) -> ir.Value:
    """The square triangles in the upper left corners of (transposed) matrices, zero elsewhere."""
    return triangle_of(cut(x, (0, n), (0, n)), lower=lower, transposed=transposed)


def triangle_of(x: ir.Value, *, lower: bool, transposed: bool = False) -> ir.Value:
    """The triangles of (transposed square) matrices, zero elsewhere."""
    kind, rank = element_type_of(x), rank_of(x)
    zero = emit.constant(kind, 0)

    def body(value: ir.Value, _: ir.Value) -> ir.Value:
        inside = emit.compare_int("le" if lower else "ge", *_column_and_row(rank))
        return arith.select(inside, value, zero)

    order = (*range(rank - 2), rank - 1, rank - 2) if transposed else tuple(range(rank))
    maps = [map_of_dims(rank, order), identity_map(rank)]
    return generic([x], [empty(shape_of(x), kind)], maps, body)[0]


def _column_and_row(rank: int) -> tuple[ir.Value, ir.Value]:
    return linalg.IndexOp(rank - 1).result, linalg.IndexOp(rank - 2).result


def identity(shape: Sequence[int], kind: ir.Type) -> ir.Value:
    """Identity matrices, which need not be square."""
    zero, one = emit.constant(kind, 0), emit.constant(kind, 1)

    def body(_: ir.Value) -> ir.Value:
        return arith.select(emit.compare_int("eq", *_column_and_row(len(shape))), one, zero)

    return generic([], [empty(list(shape), kind)], [identity_map(len(shape))], body)[0]
