"""Permuted rows, permutations and what else follows a factorization."""

from __future__ import annotations

from typing import Any

from axir_compiler.lowering.emit import integer_type
from axir_compiler.lowering.generic import (
    element_type_of,
    empty,
    generic,
    identity_map,
    is_empty,
    map_of_dims,
    shape_of,
    zeros,
)
from axir_compiler.lowering.linalg.numbers import Index, Real, choose
from axir_compiler.lowering.linalg.workspace import Array, Workspace, run
from axir_compiler.mlir import arith, context, ir, linalg, tensor

__all__ = ["add_rows", "determinant", "pivots_to_permutation", "take_rows"]


def take_rows(x: ir.Value, rows: ir.Value) -> ir.Value:
    """Row ``i`` of each result is row ``rows[i]`` of the matrix; positions outside are clamped."""
    shape = [*shape_of(rows), shape_of(x)[-1]]
    rank, kind = len(shape), element_type_of(x)
    if is_empty(shape):
        return zeros(shape, kind)
    last = shape_of(x)[-2] - 1
    position = ir.IndexType.get(context())

    def body(row: ir.Value, _: ir.Value) -> ir.Value:
        at = Index(arith.index_cast(position, row)).at_least(0).at_most(last)
        batch = [linalg.IndexOp(d).result for d in range(rank - 2)]
        return tensor.extract(x, [*batch, at.value, linalg.IndexOp(rank - 1).result])

    maps = [map_of_dims(rank, tuple(range(rank - 1))), identity_map(rank)]
    return generic([rows], [empty(shape, kind)], maps, body)[0]


def add_rows(x: ir.Value, rows: ir.Value, size: int) -> ir.Value:
    """Transpose of `take_rows`: row ``rows[i]`` of ``size`` rows gathers row ``i`` of the matrix."""
    *batch, count, columns = shape_of(x)
    kind = element_type_of(x)
    if is_empty([*batch, size, count, columns]):
        return zeros([*batch, size, columns], kind)

    def body(space: Workspace, source: Array, position: Array, total: Array) -> None:
        zero = total.number(0)

        def clear(i: Index) -> None:
            space.loop(0, columns, lambda j: total.set((i, j), zero))

        def add(i: Index) -> None:
            at = position.integer(i).at_least(0).at_most(size - 1)

            def element(j: Index) -> None:
                total[at, j] = _sum(total[at, j], source[i, j])

            space.loop(0, columns, element)

        space.loop(0, size, clear)
        space.loop(0, count, add)

    return run(batch, [((size, columns), kind)], [x, rows], body)[0]


def _sum(a: Any, b: Any) -> Any:
    """Of numbers of any kind, integers too."""
    integers = isinstance(a, Real) and isinstance(a.value.type, ir.IntegerType)
    return Real(arith.addi(a.value, b.value)) if integers else a + b


def pivots_to_permutation(pivots: ir.Value, size: int) -> ir.Value:
    """The permutation that is made by swapping ``i`` and ``pivots[i]`` one after the other."""
    *batch, count = shape_of(pivots)
    if is_empty([*batch, size]) or size == 1:
        return zeros([*batch, size], integer_type(32))

    def body(space: Workspace, source: Array, order: Array) -> None:
        space.loop(0, size, lambda i: order.set_integer(i, i))

        def swap(i: Index) -> None:
            at = source.integer(i).at_least(0).at_most(size - 1)
            upper, lower = order.integer(i), order.integer(at)
            order.set_integer(i, lower)
            order.set_integer(at, upper)

        space.loop(0, count, swap)

    return run(batch, [((size,), integer_type(32))], [pivots], body)[0]


def determinant(factors: ir.Value, pivots: ir.Value) -> ir.Value:
    """Product of the diagonal of ``U``, with the sign of the permutation."""
    *batch, n, _ = shape_of(factors)

    def body(space: Workspace, u: Array, pivot: Array, result: Array) -> None:
        def factor(i: Index, product: Any) -> list[Any]:
            value = u[i, i]
            return [product * choose(pivot.integer(i).compare("ne", i), -value, value)]

        result.set((), space.loop(0, n, factor, result.number(1)))

    return run(batch, [((), element_type_of(factors))], [factors, pivots], body)[0]
