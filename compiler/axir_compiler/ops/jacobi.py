"""Eigenvalues and singular values by rotations of many pairs of columns at once.

Column ``i`` of the first half meets column ``i`` of the second half; then all but the first one move on by one place,
so that after ``n - 1`` rounds each column has met each other: R. P. Brent, F. T. Luk, "The solution of singular-value
and symmetric eigenvalue problems on multiprocessor arrays", SIAM Journal on Scientific and Statistical Computing 6,
1985.
Rounds are one loop in another one, which ends when rotations have nothing left to do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import Aval, aval_of, is_complex, real_dtype
from axir_compiler.ops.factor_steps import apart, flat, magnitude, shaped
from axir_compiler.ops.matrices import (
    adjoint,
    conjugate,
    diagonal,
    eye,
    hermitian,
    like,
    matmul,
    not_a_number,
    real_part,
    triangle,
)
from axir_compiler.ops.stepping import repeat, repeat_while

__all__ = ["eigh_by_rotations", "pinv_by_values", "svd_by_rotations"]

_INT32 = np.dtype("int32")
# More sweeps than any matrix takes; about ten are usual for large ones.
_SWEEPS = 30


def eigh_by_rotations(x: Value, *, upper: bool) -> list[Value]:
    """Eigenvalues and eigenvectors, as of ``axir.eigh``, by Jacobi's method.

    G. H. Golub, C. F. Van Loan, Matrix Computations, 4th edition, 2013, section 8.5. Complex elements are made real by
    a phase before each rotation.
    """
    (*batch, n, _), dtype = aval_of(x)
    if not aval_of(x).size:
        return [ops.zeros(Aval((*batch, n), real_dtype(dtype))), x]
    matrix, size, fine = _normalized(hermitian(flat(x), upper=upper))
    vectors = eye(matrix)
    if n > 1:
        even = n + n % 2
        matrix, vectors = _swept_eigen(_widened(matrix, even, even), _widened(vectors, n, even))
    values = _first(real_part(apart(diagonal(matrix))), n)
    values, order = _ordered(values, largest_first=False)
    vectors = _columns(_first(vectors, n), order)
    values = ops.mul(values, ops.broadcast_axis(size, 1, n))
    return [shaped(_or_nan(fine, v), batch) for v in (values, vectors)]


def _swept_eigen(matrix: Value, vectors: Value) -> tuple[Value, Value]:
    count = aval_of(matrix).shape[-1]

    def condition(carry: Sequence[Value], _: Sequence[Value]) -> Value:
        return _goes_on(carry[2], carry[3], 100)

    def rounds(_: Value, carry: Sequence[Value], __: Sequence[Value]) -> list[Value]:
        matrix, vectors = carry
        rotation = _rotation(*_pair_elements(matrix))
        # The matrix and what becomes of it are hermitian: turned columns of turned columns.
        turned = adjoint(_turned(matrix, rotation))
        return [_turned(turned, rotation), _turned(vectors, rotation)]

    def sweep(carry: Sequence[Value], _: Sequence[Value]) -> list[Value]:
        matrix, vectors, number, _off = carry
        beside = ops.sub(magnitude(matrix), triangle(magnitude(matrix), "eq"))
        off = ops.reduce_max(beside, axes=(0, 1, 2))
        return [*repeat(count - 1, [matrix, vectors], [], rounds), _next(number), off]

    found = repeat_while([matrix, vectors, *_before(matrix)], [], condition, sweep)
    return found[0], found[1]


def _before(x: Value) -> list[Value]:
    """Number of sweeps so far, and what was left to do, before the first one."""
    real = real_dtype(aval_of(x).dtype)
    return [
        ops.constant(value=ops.scalar_value(value, kind))
        for value, kind in ((0, _INT32), (1, np.dtype(real)))
    ]


def _next(number: Value) -> Value:
    return ops.add(number, ops.full_like(number, 1))


def _goes_on(number: Value, off: Value, units: float) -> Value:
    """Whether the last sweep found something to do."""
    limit = units * float(np.finfo(aval_of(off).dtype).eps)
    some = ops.compare(off, ops.full_like(off, limit), direction="gt")
    return ops.and_(some, ops.compare(number, ops.full_like(number, _SWEEPS), direction="lt"))


def _pair_elements(matrix: Value) -> tuple[Value, Value, Value]:
    """Elements ``pp``, ``pq`` and ``qq`` of each pair of columns, ``[batch, pairs]``."""
    batch, count, _ = aval_of(matrix).shape
    half = count // 2
    spread = ops.reshape(matrix, shape=(batch, 2, half, 2, half))
    row, column = (ops.iota(shape=aval_of(spread).shape, dimension=d, dtype=_INT32) for d in (2, 4))
    same = ops.compare(row, column, direction="eq")
    found = apart(ops.reduce_sum(ops.select(same, spread, ops.zeros_like(spread)), axes=(4,)))

    def element(i: int, j: int) -> Value:
        # The axes are those of batch, row, pair and column.
        start, limit = (0, i, 0, j), (batch, i + 1, half, j + 1)
        part = ops.slice(found, start=start, limit=limit, stride=(1,) * 4)
        return ops.reshape(part, shape=(batch, half))

    return real_part(element(0, 0)), element(0, 1), real_part(element(1, 1))


def _rotation(pp: Value, pq: Value, qq: Value) -> tuple[Value, Value]:
    """What a column and its partner are multiplied by, ``[batch, 2, pairs]`` each.

    The smaller of both angles that make ``pq`` zero: its tangent has ``t^2 + 2 u t = 1``, ``u = (qq - pp) / 2 pq``.
    """
    size = ops.abs(pq)
    none = ops.compare(size, ops.zeros_like(size), direction="eq")
    divisor = ops.select(none, ops.full_like(size, 1), size)
    u = ops.div(ops.scale(ops.sub(qq, pp), 0.5), divisor)
    one = ops.full_like(u, 1)
    t = ops.div(one, ops.add(ops.abs(u), ops.sqrt(ops.add(ops.square(u), one))))
    t = ops.select(ops.compare(u, ops.zeros_like(u), direction="lt"), ops.neg(t), t)
    t = ops.select(none, ops.zeros_like(t), t)
    cosine = ops.rsqrt(ops.add(ops.square(t), one))
    sine = ops.mul(t, cosine)
    # The second column is multiplied by this phase first, which makes the element real and positive.
    phase = ops.select(none, ops.full_like(pq, 1), conjugate(ops.div(pq, like(divisor, pq))))
    cosine, sine = like(cosine, pq), like(sine, pq)
    own = _halves(cosine, ops.mul(cosine, phase))
    return own, _halves(ops.neg(ops.mul(sine, phase)), sine)


def _halves(first: Value, second: Value) -> Value:
    first, second = (ops.broadcast_axis(x, 1, 2) for x in (first, second))
    half = ops.iota(shape=aval_of(first).shape, dimension=1, dtype=_INT32)
    return ops.select(ops.compare(half, ops.zeros_like(half), direction="eq"), first, second)


def _turned(x: Value, rotation: tuple[Value, Value]) -> Value:
    """Columns combined with their partners and moved to where they meet the next ones."""
    batch, rows, count = aval_of(x).shape
    shape = (batch, rows, 2, count // 2)
    own, other = (ops.broadcast_in_dim(v, shape=shape, dimensions=(0, 2, 3)) for v in rotation)
    halves = ops.reshape(x, shape=shape)
    partners = ops.reverse(halves, dimensions=(2,))
    found = ops.add(ops.mul(halves, own), ops.mul(partners, other))
    return _moved_on(ops.reshape(found, shape=(batch, rows, count)))


def _moved_on(x: Value) -> Value:
    """All columns but the first one place further, down the first half and back along the second one."""
    count = aval_of(x).shape[-1]
    half = count // 2
    if half == 1:
        return x
    place = ops.iota(shape=aval_of(x).shape, dimension=2, dtype=_INT32)

    def at(direction: str, number: int) -> Value:
        return ops.compare(place, ops.full_like(place, number), direction=direction)

    source = ops.select(at("lt", half), ops.add(place, ops.full_like(place, -1)), _next(place))
    for here, there in ((0, 0), (1, half), (count - 1, half - 1)):
        source = ops.select(at("eq", here), ops.full_like(place, there), source)
    return ops.take_along(x, source, axis=2)


def _normalized(x: Value) -> tuple[Value, Value, Value]:
    """Matrices divided by their largest elements, those elements, and whether all are finite.

    Matrices that are not become zeros, so that loops end.
    """
    largest = apart(ops.reduce_max(magnitude(x), axes=(1, 2)))
    fine = ops.is_finite(largest)
    none = ops.compare(largest, ops.zeros_like(largest), direction="eq")
    size = ops.select(ops.or_(none, ops.not_(fine)), ops.full_like(largest, 1), largest)
    shape = aval_of(x).shape
    divisor = ops.broadcast_in_dim(like(size, x), shape=shape, dimensions=(0,))
    return ops.select_along(fine, ops.div(x, divisor), ops.zeros_like(x)), size, fine


def _or_nan(fine: Value, x: Value) -> Value:
    shape, dtype = aval_of(x)
    return ops.select_along(fine, x, ops.full(shape, not_a_number(dtype), dtype))


def _widened(x: Value, rows: int, columns: int) -> Value:
    """Matrices with zeros below and beside them."""
    shape, dtype = aval_of(x)
    high = (0, rows - shape[1], columns - shape[2])
    zero = ops.constant(value=ops.scalar_value(0, dtype))
    return ops.pad(x, zero, low=(0, 0, 0), high=high, interior=(0, 0, 0)) if any(high) else x


def _first(x: Value, count: int) -> Value:
    """The first elements along the last axis."""
    shape = aval_of(x).shape
    limit = (*shape[:-1], count)
    return ops.slice(x, start=(0,) * len(shape), limit=limit, stride=(1,) * len(shape))


def _ordered(values: Value, *, largest_first: bool) -> tuple[Value, Value]:
    """Sorted values and their positions."""
    keys = ops.neg(values) if largest_first else values
    number = ops.iota(shape=aval_of(values).shape, dimension=1, dtype=_INT32)
    keys, order = ops.sort(keys, number, dimension=1, num_keys=1)
    return ops.neg(keys) if largest_first else keys, order


def _columns(x: Value, order: Value) -> Value:
    return ops.take_along(x, ops.broadcast_axis(order, 1, aval_of(x).shape[1]), axis=2)


def svd_by_rotations(x: Value, *, full: bool, vectors: bool) -> list[Value]:
    """Singular values and vectors, as of ``axir.svd``, by rotations that make columns orthogonal.

    M. R. Hestenes, "Inversion of matrices by biorthogonalization and related results", Journal of the SIAM 6, 1958.
    Vectors of the other side are those of a QR factorization of what becomes of the matrix, which is diagonal but for
    rounding; there are as many of them as are asked for, whatever the rank.
    """
    (*batch, m, n), dtype = aval_of(x)
    if m < n:
        found = svd_by_rotations(adjoint(x), full=full, vectors=vectors)
        return [found[0], adjoint(found[2]), adjoint(found[1])] if vectors else found
    if not aval_of(x).size:
        return _of_nothing(batch, m, n, dtype, full, vectors)
    matrix, size, fine = _normalized(flat(x))
    right = ops.broadcast_in_dim(
        eye(ops.zeros(Aval((n, n), dtype))), shape=(math.prod(batch), n, n), dimensions=(1, 2)
    )
    if n > 1:
        even = n + n % 2
        matrix, right = (
            _first(v, n) for v in _swept_values(_widened(matrix, m, even), _widened(right, n, even))
        )
    values, order = _ordered(_norms(matrix), largest_first=True)
    scaled = ops.mul(values, ops.broadcast_axis(size, 1, n))
    if not vectors:
        return [shaped(_or_nan(fine, scaled), batch)]
    left = _left(_columns(matrix, order), full)
    found = scaled, left, adjoint(_columns(right, order))
    return [shaped(_or_nan(fine, v), batch) for v in found]


def _of_nothing(
    batch: Sequence[int], m: int, n: int, dtype: np.dtype, full: bool, vectors: bool
) -> list[Value]:
    """Results for matrices without elements."""
    count = min(m, n)
    values = ops.zeros(Aval((*batch, count), real_dtype(dtype)))
    rows, columns = (m, n) if full else (count, count)
    sides = ((*batch, m, rows), (*batch, columns, n)) if vectors else ()
    return [values, *(eye(ops.zeros(Aval(shape, dtype))) for shape in sides)]


def _norms(x: Value) -> Value:
    """Lengths of columns."""
    squares = ops.square(real_part(x))
    if is_complex(aval_of(x).dtype):
        squares = ops.add(squares, ops.square(ops.imag(x)))
    return ops.sqrt(apart(ops.reduce_sum(squares, axes=(1,))))


def _left(matrix: Value, full: bool) -> Value:
    """Orthonormal columns in the directions of orthogonal ones, completed."""
    q, r = ops.qr(matrix, full_matrices=int(full))
    n = aval_of(matrix).shape[-1]
    pivots = real_part(apart(diagonal(_square(r, n))))
    negative = ops.compare(pivots, ops.zeros_like(pivots), direction="lt")
    missing = aval_of(q).shape[-1] - n
    no = ops.constant(value=ops.scalar_value(False, np.dtype(bool)))
    negative = ops.pad(negative, no, low=(0, 0), high=(0, missing), interior=(0, 0)) if missing else negative
    return ops.select(ops.broadcast_axis(negative, 1, aval_of(q).shape[1]), ops.neg(q), q)


def _square(r: Value, n: int) -> Value:
    batch = aval_of(r).shape[0]
    return ops.slice(r, start=(0, 0, 0), limit=(batch, n, n), stride=(1, 1, 1))


def _swept_values(matrix: Value, right: Value) -> tuple[Value, Value]:
    _, rows, count = aval_of(matrix).shape
    units = 10 + 4 * math.sqrt(rows)

    def condition(carry: Sequence[Value], _: Sequence[Value]) -> Value:
        return _goes_on(carry[2], carry[3], units)

    def rounds(_: Value, carry: Sequence[Value], __: Sequence[Value]) -> list[Value]:
        matrix, right, off = carry
        pp, pq, qq = _products(matrix)
        share = _share(pp, pq, qq)
        small = ops.compare(
            share, ops.full_like(share, float(np.finfo(aval_of(share).dtype).eps)), direction="le"
        )
        rotation = _rotation(pp, ops.select(small, ops.zeros_like(pq), pq), qq)
        off = ops.max(off, ops.reduce_max(share, axes=(0, 1)))
        return [_turned(matrix, rotation), _turned(right, rotation), off]

    def sweep(carry: Sequence[Value], _: Sequence[Value]) -> list[Value]:
        matrix, right, number, off = carry
        found = repeat(count - 1, [matrix, right, ops.zeros_like(off)], [], rounds)
        return [found[0], found[1], _next(number), found[2]]

    found = repeat_while([matrix, right, *_before(matrix)], [], condition, sweep)
    return found[0], found[1]


def _products(matrix: Value) -> tuple[Value, Value, Value]:
    """Squared lengths of both columns of each pair, and their inner products between them."""
    batch, rows, count = aval_of(matrix).shape
    half = count // 2

    def part(start: int) -> Value:
        limit = (batch, rows, start + half)
        return ops.slice(matrix, start=(0, 0, start), limit=limit, stride=(1, 1, 1))

    def total(x: Value, y: Value) -> Value:
        return apart(ops.reduce_sum(ops.mul(conjugate(x), y), axes=(1,)))

    p, q = part(0), part(half)
    return real_part(total(p, p)), total(p, q), real_part(total(q, q))


def _share(pp: Value, pq: Value, qq: Value) -> Value:
    """Cosines of the angles between columns; 0 where there is none."""
    lengths = ops.mul(ops.sqrt(pp), ops.sqrt(qq))
    none = ops.compare(lengths, ops.zeros_like(lengths), direction="eq")
    found = ops.div(ops.abs(pq), ops.select(none, ops.full_like(lengths, 1), lengths))
    return ops.select(none, ops.zeros_like(found), found)


def pinv_by_values(x: Value, rtol: Value) -> Value:
    """Pseudoinverses from singular values, those up to ``rtol`` times the largest taken as zero."""
    (*batch, m, n), dtype = aval_of(x)
    if not aval_of(x).size:
        return ops.zeros(Aval((*batch, n, m), dtype))
    s, u, vh = ops.svd(x, full_matrices=0, compute_uv=1)
    shape = aval_of(s).shape
    largest = ops.broadcast_in_dim(
        ops.reduce_max(s, axes=(len(batch),)), shape=shape, dimensions=tuple(range(len(batch)))
    )
    limit = ops.mul(largest, ops.broadcast_in_dim(rtol, shape=shape, dimensions=tuple(range(len(batch)))))
    kept = ops.compare(s, limit, direction="gt")
    missing = ops.compare(s, s, direction="ne")
    inverse = ops.div(ops.full_like(s, 1), ops.select(kept, s, ops.full_like(s, 1)))
    inverse = ops.select(kept, inverse, ops.select(missing, s, ops.zeros_like(s)))
    v = adjoint(vh)
    axes = (*range(len(batch)), len(batch) + 1)
    spread = ops.broadcast_in_dim(like(inverse, v), shape=aval_of(v).shape, dimensions=axes)
    return matmul(ops.mul(v, spread), adjoint(u))
