"""Factorizations column by column, for targets that run no loops over single elements.

Each step is a few ops on whole matrices or their columns, and all steps are one loop, so that what is compiled does not
grow with the matrices. Matrices are ``[batch, rows, columns]`` here. The algorithms are those of G. H. Golub, C. F. Van
Loan, Matrix Computations, 4th edition, 2013.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import Aval, aval_of, is_complex
from axir_compiler.ops.matrices import (
    adjoint,
    conjugate,
    diagonal,
    eye,
    like,
    matmul,
    not_a_number,
    real_part,
    transposed,
    triangle,
)
from axir_compiler.ops.stepping import repeat

__all__ = [
    "apart",
    "cholesky_by_columns",
    "flat",
    "lu_by_columns",
    "magnitude",
    "permutation_by_swaps",
    "qr_by_columns",
    "shaped",
    "triangular_solve_by_rows",
]

_INT32 = np.dtype("int32")


def flat(x: Value, rank: int = 2) -> Value:
    """All leading axes taken together."""
    shape = aval_of(x).shape
    split = len(shape) - rank
    return ops.reshape(x, shape=(math.prod(shape[:split]), *shape[split:]))


def shaped(x: Value, batch: Sequence[int]) -> Value:
    """The leading axes again that ``flat`` took together."""
    return ops.reshape(x, shape=(*batch, *aval_of(x).shape[1:]))


def magnitude(x: Value) -> Value:
    """Absolute values, of complex numbers the sums of those of their parts."""
    if not is_complex(aval_of(x).dtype):
        return ops.abs(x)
    return ops.add(ops.abs(ops.real(x)), ops.abs(ops.imag(x)))


def apart(x: Value) -> Value:
    """What a reduction gives, in memory.

    IREE would fuse it with ops that read what other threads have summed, and have none of them wait.
    """
    return ops.optimization_barrier(x)


def _zero() -> Value:
    return ops.constant(value=ops.scalar_value(0, _INT32))


def _column(x: Value, k: Value) -> Value:
    batch, rows, _ = aval_of(x).shape
    return ops.dynamic_slice(x, _zero(), _zero(), k, sizes=(batch, rows, 1))


def _row(x: Value, k: Value) -> Value:
    batch, _, columns = aval_of(x).shape
    return ops.dynamic_slice(x, _zero(), k, _zero(), sizes=(batch, 1, columns))


def _with_column(x: Value, column: Value, k: Value) -> Value:
    return ops.dynamic_update_slice(x, column, _zero(), _zero(), k)


def _is_place(x: Value, axis: int, direction: str, k: Value) -> Value:
    """Where the position along an axis is before, at or behind ``k``."""
    shape = aval_of(x).shape
    place = ops.iota(shape=shape, dimension=axis, dtype=_INT32)
    return ops.compare(place, ops.broadcast_in_dim(k, shape=shape, dimensions=()), direction=direction)


def _spread(x: Value, like_: Value) -> Value:
    """Axes of size 1 repeated."""
    shape = aval_of(like_).shape
    given = aval_of(x).shape
    kept = tuple(d for d in range(len(shape)) if given[d] != 1 or shape[d] == 1)
    squeezed = ops.reshape(x, shape=tuple(given[d] for d in kept))
    return ops.broadcast_in_dim(squeezed, shape=shape, dimensions=kept)


def _last_step(count: int, k: Value) -> Value:
    """Steps counted from the last one."""
    return ops.sub(ops.full_like(k, count - 1), k)


def cholesky_by_columns(x: Value) -> Value:
    """``L`` with ``x = L L^H``, from the lower triangle of ``x``; section 4.2.5, algorithm 4.2.1 by columns."""
    (*batch, n, _), dtype = aval_of(x)
    if not aval_of(x).size:
        return x

    def step(k: Value, carry: Sequence[Value], consts: Sequence[Value]) -> list[Value]:
        (factor,), (matrix,) = carry, consts
        done = apart(matmul(factor, adjoint(_row(factor, k))))
        column = ops.sub(_column(matrix, k), done)
        root = ops.sqrt(real_part(_row(column, k)))
        root = _spread(like(root, column), column)
        below = ops.select(_is_place(column, 1, "gt", k), ops.div(column, root), ops.zeros_like(column))
        return [_with_column(factor, ops.select(_is_place(column, 1, "eq", k), root, below), k)]

    matrices = flat(x)
    (factor,) = repeat(n, [ops.zeros_like(matrices)], [matrices], step)
    pivots = real_part(apart(diagonal(factor)))
    positive = ops.compare(pivots, ops.zeros_like(pivots), direction="gt")
    fine = apart(ops.reduce_and(positive, axes=(1,)))
    nan = triangle(ops.full(aval_of(factor).shape, not_a_number(dtype), dtype), "le")
    return shaped(ops.select_along(fine, factor, nan), batch)


def triangular_solve_by_rows(
    a: Value, b: Value, *, left: bool, upper: bool, transpose: bool, conjugated: bool, unit: bool
) -> Value:
    """``x`` with ``op(a) x = b`` or ``x op(a) = b``: one row after the other by substitution, section 3.1."""
    if not aval_of(b).size:
        return b
    batch = aval_of(a).shape[:-2]
    a, b = flat(a), flat(b)
    if not left:
        b, transpose = transposed(b), not transpose
    a = conjugate(a) if conjugated else a
    if transpose:
        a, upper = transposed(a), not upper
    count = aval_of(a).shape[-1]
    pivots = apart(diagonal(a))
    beside = triangle(a, "gt" if upper else "lt")

    def step(t: Value, carry: Sequence[Value], consts: Sequence[Value]) -> list[Value]:
        (found,), (beside, pivots, b) = carry, consts
        k = _last_step(count, t) if upper else t
        row = ops.sub(_row(b, k), apart(matmul(_row(beside, k), found)))
        if not unit:
            row = ops.div(row, _spread(_row(pivots, k), row))
        return [ops.dynamic_update_slice(found, row, _zero(), k, _zero())]

    column = ops.reshape(pivots, shape=(*aval_of(pivots).shape, 1))
    (found,) = repeat(count, [ops.zeros_like(b)], [beside, column, b], step)
    return shaped(found if left else transposed(found), batch)


def lu_by_columns(x: Value) -> list[Value]:
    """Factors in one array, pivots and permutation, as of ``axir.lu``; algorithm 3.4.1, outer products."""
    *batch, m, n = aval_of(x).shape
    count, lines = min(m, n), math.prod(batch)
    order = ops.iota(shape=(lines, m), dimension=1, dtype=_INT32)
    pivots = ops.zeros(Aval((lines, count), _INT32))
    matrices = flat(x)
    if aval_of(x).size:
        matrices, pivots, order = repeat(count, [matrices, pivots, order], [], _eliminate)
    return [shaped(v, batch) for v in (matrices, pivots, order)]


def _eliminate(k: Value, carry: Sequence[Value], _: Sequence[Value]) -> list[Value]:
    """One step of Gaussian elimination: the largest element of a column becomes its pivot."""
    matrix, pivots, order = carry
    size = ops.reshape(magnitude(_column(matrix, k)), shape=aval_of(order).shape)
    size = ops.select(_is_place(size, 1, "lt", k), ops.full_like(size, -1), size)
    best = apart(ops.argmax(apart(size), axis=1, index_dtype=_INT32))
    swapped = _swap(order, k, best)
    matrix, order = ops.take_rows(matrix, swapped), ops.take_along(order, swapped, axis=1)
    chosen = ops.broadcast_axis(best, 1, aval_of(pivots).shape[1])
    pivots = ops.select(_is_place(pivots, 1, "eq", k), chosen, pivots)
    column, row = _column(matrix, k), _row(matrix, k)
    pivot = _spread(_row(column, k), column)
    regular = ops.compare(pivot, ops.zeros_like(pivot), direction="ne")
    factors = _spread(ops.select(regular, ops.div(column, pivot), column), matrix)
    behind = ops.sub(matrix, ops.mul(factors, _spread(row, matrix)))
    below = ops.select(_is_place(matrix, 2, "gt", k), behind, matrix)
    below = ops.select(_is_place(matrix, 2, "eq", k), factors, below)
    return [ops.select(_is_place(matrix, 1, "gt", k), below, matrix), pivots, order]


def _swap(order: Value, k: Value, other: Value) -> Value:
    """Positions ``[batch, n]`` of which ``k`` and another one, ``[batch]``, have changed places."""
    shape = aval_of(order).shape
    place = ops.iota(shape=shape, dimension=1, dtype=_INT32)
    other = ops.broadcast_axis(other, 1, shape[1])
    here = ops.broadcast_in_dim(k, shape=shape, dimensions=())
    moved = ops.select(ops.compare(place, other, direction="eq"), here, place)
    return ops.select(_is_place(place, 1, "eq", k), other, moved)


def permutation_by_swaps(pivots: Value, size: int) -> Value:
    """The permutation that is made by swapping ``i`` and ``pivots[i]`` for each ``i`` in turn."""
    *batch, count = aval_of(pivots).shape
    lines = math.prod(batch)
    order = ops.iota(shape=(lines, size), dimension=1, dtype=_INT32)

    def step(k: Value, carry: Sequence[Value], consts: Sequence[Value]) -> list[Value]:
        (order,), (pivots,) = carry, consts
        other = ops.reshape(ops.dynamic_slice(pivots, _zero(), k, sizes=(lines, 1)), shape=(lines,))
        other = ops.min(ops.max(other, ops.zeros_like(other)), ops.full_like(other, size - 1))
        return [ops.take_along(order, _swap(order, k, other), axis=1)]

    if lines * count:
        (order,) = repeat(count, [order], [flat(pivots, 1)], step)
    return shaped(order, batch)


def qr_by_columns(x: Value, *, full: bool) -> list[Value]:
    """``Q`` and ``R`` by Householder reflections, section 5.2.2; the signs are those of LAPACK."""
    (*batch, m, n), dtype = aval_of(x)
    count, lines = min(m, n), math.prod(batch)
    columns = m if full else count
    q = eye(ops.zeros(Aval((lines, m, columns), dtype)))
    if not lines * count:
        return [shaped(v, batch) for v in (q, ops.zeros(Aval((lines, columns, n), dtype)))]
    vectors, factors = ops.zeros(Aval((lines, m, count), dtype)), ops.zeros(Aval((lines, 1, count), dtype))
    r, vectors, factors = repeat(count, [flat(x), vectors, factors], [], _reflect)

    def back(t: Value, carry: Sequence[Value], consts: Sequence[Value]) -> list[Value]:
        (q,), (vectors, factors) = carry, consts
        k = _last_step(count, t)
        return [_reflected(q, _column(vectors, k), _column(factors, k))]

    (q,) = repeat(count, [q], [vectors, factors], back)
    upper = ops.slice(r, start=(0, 0, 0), limit=(lines, columns, n), stride=(1, 1, 1))
    return [shaped(v, batch) for v in (q, triangle(upper, "ge"))]


def _reflect(k: Value, carry: Sequence[Value], _: Sequence[Value]) -> list[Value]:
    """Turn column ``k`` below the diagonal into zeros by ``1 - factor v v^H``, where ``v`` is 1 at ``k``."""
    r, vectors, factors = carry
    column = _column(r, k)
    column = ops.select(_is_place(column, 1, "ge", k), column, ops.zeros_like(column))
    size = apart(ops.reduce_max(magnitude(column), axes=(1,)))
    size = ops.select(ops.compare(size, ops.zeros_like(size), direction="eq"), ops.full_like(size, 1), size)
    size = ops.reshape(size, shape=(*aval_of(size).shape, 1))
    scaled = ops.div(column, like(_spread(size, column), column))
    alpha = _row(scaled, k)
    rest = ops.select(_is_place(scaled, 1, "gt", k), scaled, ops.zeros_like(scaled))
    beta, is_done = _length(alpha, rest)
    wide = like(beta, alpha)
    zero, one = ops.zeros_like(alpha), ops.full_like(alpha, 1)
    factor = ops.select(is_done, zero, ops.div(ops.sub(wide, alpha), wide))
    divisor = ops.select(is_done, one, ops.sub(alpha, wide))
    vector = ops.div(rest, _spread(divisor, rest))
    vector = ops.select(_is_place(vector, 1, "eq", k), ops.full_like(vector, 1), vector)
    r = _reflected(r, vector, conjugate(factor))
    end = ops.mul(ops.select(is_done, alpha, wide), like(size, alpha))
    old = _column(r, k)
    new = ops.select(_is_place(old, 1, "eq", k), _spread(end, old), ops.zeros_like(old))
    new = ops.select(_is_place(old, 1, "lt", k), old, new)
    return [_with_column(r, new, k), _with_column(vectors, vector, k), _with_column(factors, factor, k)]


def _length(alpha: Value, rest: Value) -> tuple[Value, Value]:
    """The new element on the diagonal, and whether nothing is to be done."""
    squares = ops.add(ops.square(real_part(rest)), _imaginary_square(rest))
    total = apart(ops.reduce_sum(squares, axes=(1,)))
    total = ops.reshape(total, shape=(*aval_of(total).shape, 1))
    first, turned = real_part(alpha), _imaginary_square(alpha)
    others = ops.add(total, turned)
    norm = ops.sqrt(ops.add(ops.square(first), others))
    negative = ops.compare(first, ops.zeros_like(first), direction="lt")
    return ops.select(negative, norm, ops.neg(norm)), ops.compare(
        others, ops.zeros_like(others), direction="eq"
    )


def _imaginary_square(x: Value) -> Value:
    if not is_complex(aval_of(x).dtype):
        return ops.zeros_like(x)
    return ops.square(ops.imag(x))


def _reflected(x: Value, vector: Value, factor: Value) -> Value:
    """``x - factor v (v^H x)``."""
    product = apart(matmul(adjoint(vector), x))
    scaled = ops.mul(vector, _spread(factor, vector))
    return ops.sub(x, ops.mul(_spread(scaled, x), _spread(product, x)))
