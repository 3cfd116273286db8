"""Eigenvalues and eigenvectors of symmetric and hermitian matrices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import element_type_of, is_empty, shape_of, zeros
from axir_compiler.lowering.linalg.complex_numbers import Complex, part_type, real_parts
from axir_compiler.lowering.linalg.householder import EXTRA, Rows
from axir_compiler.lowering.linalg.matrices import cut, first_row, swapped
from axir_compiler.lowering.linalg.numbers import Flag, Index, Real, choose, constant_index
from axir_compiler.lowering.linalg.panels import multiply_out
from axir_compiler.lowering.linalg.scaling import (
    hypotenuse,
    is_finite,
    largest_element,
    normalized,
    rotation,
    safe_factors,
)
from axir_compiler.lowering.linalg.tiles import ROWS, Layout, clear, fill, read_padded
from axir_compiler.lowering.linalg.workspace import Array, Workspace, lanes_of, run
from axir_compiler.mlir import ir

__all__ = ["eigh"]

# Rows of the array of vectors: diagonal, subdiagonal, factors of reflectors, a product.
_DIAGONAL, _BESIDE, _TAU, _PRODUCT = range(4)
_SWEEPS = 30
"""Iterations for each eigenvalue, after which the method has failed; two are usual."""


def eigh(x: ir.Value, *, lower: bool) -> tuple[ir.Value, ir.Value]:
    """Ascending eigenvalues ``w`` and orthonormal eigenvectors (columns of ``v``) of a batch of matrices.

    Only one triangle is read. Householder's tridiagonalization (Golub & Van Loan, Matrix Computations, 4th ed.,
    section 8.3.1), then QL iterations with implicit shifts (A. Dubrulle, R. S. Martin, J. H. Wilkinson, The implicit
    QL algorithm, Numerische Mathematik 12, 1968). All results of a matrix that is not finite are NaN.
    """
    *batch, n, _ = shape_of(x)
    kind = element_type_of(x)
    if is_empty([*batch, n]):
        return zeros([*batch, n], part_type(kind)), zeros([*batch, n, n], kind)

    def body(space: Workspace, source: Array, matrices: Array, vectors: Array) -> None:
        rows = Rows(space, n, lanes_of(kind))

        def element(i: Index, j: Index) -> Any:
            """Of the transposed matrix, whose rows are columns."""
            first, last = i.at_most(j), i.at_least(j)
            found = source[last, first] if lower else source[first, last]
            return _mirrored(found, j.compare("lt" if lower else "gt", i), i.compare("eq", j))

        size = largest_element(space, element, n, n, vectors)
        space.when(
            is_finite(size),
            lambda: _decompose(rows, element, size, matrices, vectors, n),
            lambda: _fail(rows, matrices, vectors, n),
        )

    layout = Layout(n, lanes_of(kind))
    results = [((2 * (n + EXTRA), layout.width), kind), ((4, layout.width), kind)]
    matrices, vectors = run(batch, results, [x], body)
    return real_parts(first_row(vectors, n)), swapped(cut(matrices, (0, n), (0, n)))


def _mirrored(x: Any, other: Flag, middle: Flag) -> Any:
    """An element of a hermitian matrix: the conjugate if it is that of the other triangle, real on the diagonal."""
    if not isinstance(x, Complex):
        return x
    return Complex(x.re, choose(middle, x.im.zero(), choose(other, -x.im, x.im)))


def _fail(rows: Rows, matrices: Array, vectors: Array, n: int) -> None:
    fill(rows.space, matrices, n, rows.layout, math.nan)
    fill(rows.space, vectors, 1, rows.layout, math.nan)


def _decompose(rows: Rows, element, size: Real, matrices: Array, vectors: Array, n: int) -> None:
    space = rows.space
    down, up = safe_factors(size)
    z, a = matrices, matrices.below(n + EXTRA)
    read_padded(space, lambda i, j: element(i, j) * down, n, n, a, rows.layout)
    space.loop(n, n + EXTRA, lambda i: clear(space, a, i, rows.layout))
    space.loop(0, 4, lambda i: clear(space, vectors, i, rows.layout))
    _tridiagonalize(rows, a, vectors, n)
    rows.identity(z, n)
    _multiply_out(rows, a, z, vectors, n)
    fine = _iterate(rows, z, vectors.real, n)
    rows.scale(vectors.real, constant_index(_DIAGONAL), up)
    _sort(rows, z, vectors.real, n)
    space.when(~fine, lambda: _fail(rows, matrices, vectors, n))


def _tridiagonalize(rows: Rows, a: Array, vectors: Array, n: int) -> None:
    """Leave reflectors in the rows of ``a``, and the diagonals and their factors in ``vectors``."""
    space, diagonals = rows.space, vectors.real

    def step(k: Index) -> None:
        diagonals[_DIAGONAL, k] = a[k, k].re
        # The reflector takes the place of the row: what it needs of the matrix is below.
        beta, tau = rows.reflector(a, k, k + 1, a, k)
        diagonals[_BESIDE, k] = beta
        vectors[_TAU, k] = tau
        _two_sided(rows, a, vectors, k, tau, n)

    count = _reflectors(a, n)
    if count:
        space.loop(0, count, step)
    for k in range(count, n):
        diagonals[_DIAGONAL, k] = a[k, k].re
        if k + 1 < n:
            diagonals[_BESIDE, k] = a[k, k + 1].re


def _reflectors(a: Array, n: int) -> int:
    """How many reflectors make a matrix tridiagonal; of complex numbers one more makes the last element real."""
    return max(n - 1 if a.is_complex else n - 2, 0)


def _two_sided(rows: Rows, a: Array, vectors: Array, k: Index, tau: Any, n: int) -> None:
    """``H^H A H`` for what is below row ``k``: ``A - v w^H - w v^H``, ``w = tau A v - (|tau|^2 v^H A v / 2) v``."""
    space, lanes = rows.space, rows.lanes
    first = k + 1
    start = first.down_to_multiple(lanes)
    clear(space, vectors, constant_index(_PRODUCT), rows.layout)

    def product(i: Index) -> None:
        for r, value in enumerate(rows.dots(a, [i + r for r in range(ROWS)], a, k, first)):
            vectors[_PRODUCT, (i + r).at_most(n - 1)] = choose(
                (i + r).compare("lt", n), tau * value.conjugate(), vectors[_PRODUCT, (i + r).at_most(n - 1)]
            )

    space.loop(first, n, product, step=ROWS)
    (inner,) = rows.dots(a, [k], vectors, _PRODUCT, first)
    half = tau * inner * 0.5

    def shift(j: Index) -> None:
        old = vectors.get(_PRODUCT, j, lanes=lanes)
        vectors.put(old.minus_product(half, a.get(k, j, lanes=lanes)), _PRODUCT, j)

    space.loop(start, rows.layout.width, shift, step=lanes)

    def update(i: Index) -> None:
        some = [i + r for r in range(ROWS)]
        last = [r.at_most(n - 1) for r in some]
        factors = [(a[k, r], vectors[_PRODUCT, r]) for r in last]

        def columns(j: Index) -> None:
            v, w = a.get(k, j, lanes=lanes), vectors.get(_PRODUCT, j, lanes=lanes)
            for r, (of_v, of_w) in zip(some, factors, strict=True):
                old = a.get(r, j, lanes=lanes)
                value = old.minus_product(of_v.conjugate(), w).minus_product(of_w.conjugate(), v)
                a.put(value, r, j)

        space.loop(start, rows.layout.width, columns, step=lanes)

    space.loop(first, n, update, step=ROWS)


def _multiply_out(rows: Rows, a: Array, z: Array, vectors: Array, n: int) -> None:
    """The product of the reflectors, transposed, in the rows of ``z``."""
    multiply_out(rows, z, n, a, _reflectors(a, n), 1, lambda k: vectors[_TAU, k])


def _iterate(rows: Rows, z: Array, vectors: Array, n: int) -> Flag:
    """QL iterations on the tridiagonal matrix, whose rotations turn the rows of ``z``; whether all converged."""
    space = rows.space
    epsilon = _epsilon(vectors)

    def going(first: Index) -> Flag:
        return first.compare("lt", n - 1)

    def body(first: Index) -> list[Index]:
        last = _end_of_block(space, vectors, first, epsilon, n)
        single = last.compare("eq", first)
        space.when(~single, lambda: _ql_step(rows, z, vectors, first, last))
        return [choose(single, first + 1, first)]

    if n == 1:
        return constant_index(1).compare("eq", 1)
    done = space.repeat((_SWEEPS + 1) * n, going, body, constant_index(0))
    return done.compare("ge", n - 1)


def _epsilon(like: Array) -> float:
    return float(np.finfo(f"f{emit.bit_width(like.element) // 8}").eps)


def _end_of_block(space: Workspace, vectors: Array, first: Index, epsilon: float, n: int) -> Index:
    """The first place from ``first`` on where the subdiagonal is negligible.

    Where the diagonal vanishes, what is left of underflow would never become so: its square counts as zero.
    """
    least = 2.0 ** (-63 if emit.bit_width(vectors.element) == 32 else -511)

    def going(k: Index) -> Flag:
        at = k.at_most(n - 2)
        scale = abs(vectors[_DIAGONAL, at]) + abs(vectors[_DIAGONAL, at + 1])
        coupled = abs(vectors[_BESIDE, at]).compare("gt", scale * epsilon + least)
        return k.compare("lt", n - 1) & coupled

    return space.repeat(n, going, lambda k: [k + 1], first)


def _ql_step(rows: Rows, z: Array, vectors: Array, first: Index, last: Index) -> None:
    """One implicit QL step with Wilkinson's shift on rows ``first``, ..., ``last``."""
    space = rows.space
    start, beside = vectors[_DIAGONAL, first], vectors[_BESIDE, first]
    ratio = (vectors[_DIAGONAL, first + 1] - start) / (beside * 2.0)
    root = hypotenuse(ratio, ratio.constant(1.0)).with_sign_of(ratio)
    g = vectors[_DIAGONAL, last] - start + beside / (ratio + root)

    def rotate(count: Index, g: Real, c: Real, s: Real, p: Real) -> list[Real]:
        i = last - count
        f, b = s * vectors[_BESIDE, i], c * vectors[_BESIDE, i]
        r, c, s = rotation(space, f, g)
        vectors[_BESIDE, i + 1] = r
        g = vectors[_DIAGONAL, i + 1] - p
        r = (c * (b * 2.0)).plus_product(vectors[_DIAGONAL, i] - g, s)
        p = s * r
        vectors[_DIAGONAL, i + 1] = g + p
        # z_i = c z_i - s z_{i+1}, z_{i+1} = s z_i + c z_{i+1}; the next rotation does not wait for that.
        cosine, sine = normalized(c, s)
        rows.rotate(z, i, i + 1, cosine, -sine)
        return [(-b).plus_product(c, r), c, s, p]

    one, zero = g.constant(1.0), g.constant(0.0)
    g, _, _, p = space.loop(1, last - first + 1, rotate, g, one, one, zero)
    vectors[_DIAGONAL, first] = vectors[_DIAGONAL, first] - p
    vectors[_BESIDE, first] = g
    vectors[_BESIDE, last] = zero


def _sort(rows: Rows, z: Array, vectors: Array, n: int) -> None:
    """Ascending order by selection: as many swaps of rows as there are eigenvalues."""
    space = rows.space

    def place(i: Index) -> None:
        def smaller(j: Index, at: Index, least: Real) -> list:
            value = vectors[_DIAGONAL, j]
            found = value.compare("lt", least)
            return [choose(found, j, at), choose(found, value, least)]

        old = vectors[_DIAGONAL, i]
        at, least = space.loop(i + 1, n, smaller, i, old)

        def swap() -> None:
            vectors[_DIAGONAL, i] = least
            vectors[_DIAGONAL, at] = old
            rows.swap(z, i, at)

        space.when(at.compare("ne", i), swap)

    space.loop(0, n - 1, place)
