"""Singular value decomposition."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from axir_compiler.lowering.generic import element_type_of, is_empty, shape_of, zeros
from axir_compiler.lowering.linalg.bidiagonal import SWEEPS, Bidiagonal
from axir_compiler.lowering.linalg.householder import EXTRA, Rows
from axir_compiler.lowering.linalg.matrices import cut, first_row, identity, swapped
from axir_compiler.lowering.linalg.numbers import Flag, Index, Real, choose, constant_index
from axir_compiler.lowering.linalg.scaling import is_finite, largest_element, safe_factors
from axir_compiler.lowering.linalg.tiles import Layout, clear, fill, read_padded
from axir_compiler.lowering.linalg.workspace import Array, Workspace, lanes_of, run
from axir_compiler.mlir import ir

__all__ = ["svd"]


class _Places:
    """Where the parts of the computation are in one tall array, which is the only result of the kernel.

    A result that nobody uses would have to fit on the stack, and singular values alone need most of this too.
    """

    def __init__(self, m: int, n: int, vectors: int, *, wanted: bool):
        self.values = 0
        self.left = 4
        self.right = self.left + (vectors + EXTRA if wanted else 0)
        self.matrix = self.right + (n + EXTRA if wanted else 0)
        self.reflectors = self.matrix + n + EXTRA
        self.rows = self.reflectors + n + EXTRA


def svd(x: ir.Value, *, full: bool, vectors: bool) -> Sequence[ir.Value]:
    """Descending singular values ``s``, and ``u``, ``vh`` if ``vectors``, of a batch of matrices.

    Householder's bidiagonalization and QR iterations with implicit shifts (G. H. Golub, C. Reinsch, Singular value
    decomposition and least squares solutions, Numerische Mathematik 14, 1970; Golub & Van Loan, Matrix Computations,
    4th ed., section 8.6). All results of a matrix that is not finite are NaN.
    """
    *batch, rows, columns = shape_of(x)
    kind = element_type_of(x)
    if is_empty([*batch, rows, columns]):
        return _of_nothing(batch, rows, columns, kind, full=full, vectors=vectors)
    wide = rows < columns
    m, n = max(rows, columns), min(rows, columns)
    left_count = m if full else n
    # A vector becomes a matrix with a column of zeros: loops of one turn are folded into what IREE cannot compile.
    inner = max(m, 2), max(n, 2)
    places = _Places(*inner, left_count, wanted=vectors)

    def body(space: Workspace, source: Array, whole: Array) -> None:
        def element(i: Index, j: Index) -> Real:
            return source[i, j] if wide else source[j, i]

        _Decomposition(space, whole, places, *inner, left_count, vectors).run(element, n, m)

    width = Layout(inner[0], lanes_of(kind)).width
    (whole,) = run(batch, [((places.rows, width), kind)], [x], body)
    s = first_row(whole, n)
    if not vectors:
        return [s]
    left = cut(whole, (places.left, places.left + left_count), (0, m))
    right = cut(whole, (places.right, places.right + n), (0, n))
    return [s, swapped(right), left] if wide else [s, swapped(left), right]


def _of_nothing(
    batch: Sequence[int], m: int, n: int, kind: ir.Type, *, full: bool, vectors: bool
) -> list[ir.Value]:
    """Results for matrices without elements: orthonormal vectors are those of the identity."""
    count = min(m, n)
    s = zeros([*batch, count], kind)
    if not vectors:
        return [s]
    u, vh = (m, m if full else count), (n if full else count, n)
    return [s, identity([*batch, *u], kind), identity([*batch, *vh], kind)]


class _Decomposition:
    """The decomposition of one matrix with ``m >= n``, whose columns are rows here."""

    def __init__(
        self, space: Workspace, whole: Array, places: _Places, m: int, n: int, count: int, wanted: bool
    ):
        lanes = lanes_of(whole.element)
        self.space, self.m, self.n, self.count, self.wanted = space, m, n, count, wanted
        self.long, self.short = Rows(space, m, lanes), Rows(space, n, lanes)
        self.values = whole.below(places.values)
        self.left, self.right = whole.below(places.left), whole.below(places.right)
        self.matrix, self.reflectors = whole.below(places.matrix), whole.below(places.reflectors)

    def run(self, element: Callable[[Index, Index], Real], rows: int, columns: int) -> None:
        """Decompose the matrix whose transpose has these elements."""
        size = largest_element(self.space, element, rows, columns, self.values)
        self.space.when(
            is_finite(size), lambda: self._decompose(element, rows, columns, size), self._fail
        )

    def _fail(self) -> None:
        fill(self.space, self.values, 1, self.short.layout, math.nan)
        if self.wanted:
            fill(self.space, self.left, self.count, self.long.layout, math.nan)
            fill(self.space, self.right, self.n, self.short.layout, math.nan)

    def _decompose(
        self, element: Callable[[Index, Index], Real], rows: int, columns: int, size: Real
    ) -> None:
        space, layout = self.space, self.long.layout
        down, up = safe_factors(size)
        read_padded(space, lambda i, j: element(i, j) * down, rows, columns, self.matrix, layout)
        space.loop(rows, self.n, lambda i: clear(space, self.matrix, i, layout))
        space.loop(0, 4, lambda i: clear(space, self.values, i, self.short.layout))
        bidiagonal = Bidiagonal(self.values)
        self._bidiagonalize(bidiagonal)
        if self.wanted:
            self._multiply_out(bidiagonal)
        fine = self._iterate(bidiagonal)
        self.short.scale(self.values, constant_index(0), up)
        self._sort()
        space.when(~fine, self._fail)

    def _bidiagonalize(self, b: Bidiagonal) -> None:
        """Reflectors from the left and from the right in turn; the rows of the matrix become those from the left."""
        n, matrix, reflectors = self.n, self.matrix, self.reflectors

        def step(k: Index) -> None:
            b.diagonal[k], tau = self.long.reflector(matrix, k, k, matrix, k)
            b.left_tau[k] = tau
            self.long.apply(matrix, k + 1, n, matrix, k, k, tau)
            clear(self.space, reflectors, k, self.short.layout)
            self.space.loop(k + 1, n, lambda j: reflectors.set((k, j), matrix[j, k]))
            self.space.when((k + 1).compare("lt", n), lambda: right(k))

        def right(k: Index) -> None:
            b.above[k + 1], tau = self.short.reflector(reflectors, k, k + 1, reflectors, k)
            b.right_tau[k] = tau
            self._across(k, tau)

        self.space.loop(0, n, step)

    def _across(self, k: Index, tau: Real) -> None:
        """Multiply the matrix by a reflector from the other side: rows are combined."""
        lanes, matrix, reflectors = self.long.lanes, self.matrix, self.reflectors

        def columns(c: Index) -> None:
            zero = matrix.number(0).spread(lanes)

            def add(j: Index, total: Real) -> list[Real]:
                return [total.plus_product(reflectors[k, j], matrix.get(j, c, lanes=lanes))]

            total = self.space.loop(k + 1, self.n, add, zero) * tau

            def subtract(j: Index) -> None:
                old = matrix.get(j, c, lanes=lanes)
                matrix.put(old.minus_product(reflectors[k, j], total), j, c)

            self.space.loop(k + 1, self.n, subtract)

        self.space.loop((k + 1).down_to_multiple(lanes), self.long.layout.width, columns, step=lanes)

    def _multiply_out(self, b: Bidiagonal) -> None:
        n = self.n
        self.long.identity(self.left, self.count)
        self.short.identity(self.right, n)

        def left(i: Index) -> None:
            k = (n - 1) - i
            self.long.apply(self.left, k, self.count, self.matrix, k, k, b.left_tau[k])

        def right(i: Index) -> None:
            k = (n - 2) - i
            self.short.apply(self.right, k + 1, n, self.reflectors, k, k + 1, b.right_tau[k])

        self.space.loop(0, n, left)
        self.space.loop(0, n - 1, right)

    def _rotate_left(self, i: Index, j: Index, c: Real, s: Real) -> None:
        if self.wanted:
            self.long.rotate(self.left, i, j, c, s)

    def _rotate_right(self, i: Index, j: Index, c: Real, s: Real) -> None:
        if self.wanted:
            self.short.rotate(self.right, i, j, c, s)

    def _iterate(self, b: Bidiagonal) -> Flag:
        """Make the bidiagonal matrix diagonal, and its elements positive; whether that was achieved."""
        space = self.space
        small = b.negligible(space, self.n)

        def body(last: Index) -> list[Index]:
            first, broken = b.block(space, last, small, self.n)
            space.when(broken, lambda: b.cancel(space, first, last, small, self._rotate_left))
            single = first.compare("eq", last)
            space.when(
                single,
                lambda: self._make_positive(b, last),
                lambda: b.step(space, first, last, self._rotate_left, self._rotate_right),
            )
            return [choose(single, last - 1, last)]

        limit = (SWEEPS + 1) * self.n
        last = space.repeat(limit, lambda last: last.compare("ge", 0), body, constant_index(self.n - 1))
        return last.compare("lt", 0)

    def _make_positive(self, b: Bidiagonal, k: Index) -> None:
        value = b.diagonal[k]

        def negate() -> None:
            b.diagonal[k] = -value
            if self.wanted:
                self.short.scale(self.right, k, value.constant(-1.0))

        self.space.when(value.compare("lt", 0.0), negate)

    def _sort(self) -> None:
        """Descending order by selection."""
        space, values = self.space, self.values

        def place(i: Index) -> None:
            def larger(j: Index, at: Index, most: Real) -> list:
                value = values[0, j]
                found = value.compare("gt", most)
                return [choose(found, j, at), choose(found, value, most)]

            old = values[0, i]
            at, most = space.loop(i + 1, self.n, larger, i, old)

            def swap() -> None:
                values[0, i] = most
                values[0, at] = old
                if self.wanted:
                    self.long.swap(self.left, i, at)
                    self.short.swap(self.right, i, at)

            space.when(at.compare("ne", i), swap)

        space.loop(0, self.n - 1, place)
