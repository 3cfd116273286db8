"""The parts of the singular value decomposition: to bidiagonal form, and from there, after Golub and Reinsch."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from axir_compiler.lowering import emit
from axir_compiler.lowering.linalg.householder import EXTRA, Rows
from axir_compiler.lowering.linalg.numbers import Flag, Index, Real, choose, constant_index, largest
from axir_compiler.lowering.linalg.scaling import hypotenuse, is_finite, normalized, rotation, safe_factors
from axir_compiler.lowering.linalg.tiles import ROWS, clear, fill, read_padded
from axir_compiler.lowering.linalg.workspace import Array, Workspace

__all__ = ["SIZE", "VALUES", "Bidiagonal", "Bidiagonalization", "Iteration"]

SWEEPS = 30
"""Iterations for each singular value, after which the method has failed; two are usual."""

Rotate = Callable[[Index, Index, Real, Real], None]


# Rows of the array: diagonal, what is above it, factors of the reflectors from either side, size of the matrix, and
# the products of the matrix with the last reflectors.
SIZE, _SUMS, _TOTALS, VALUES = 4, 5, 6, 7


class Job(Protocol):
    """Sizes of a decomposition: ``m >= n``, left vectors, lanes, first rows of the parts of the state."""

    m: int
    n: int
    vectors: int
    lanes: int
    matrix: int
    reflectors: int


class _Line:
    """One row of an array as a vector."""

    def __init__(self, x: Array, row: int):
        self._x, self._row = x, row

    def __getitem__(self, at: Index) -> Any:
        return self._x[self._row, at]

    def __setitem__(self, at: Index, value: Any) -> None:
        self._x[self._row, at] = value


class Bidiagonal:
    """An upper bidiagonal matrix in rows of an array, and the factors of the reflectors that made it.

    ``above[k]`` is the element above ``diagonal[k]``.
    """

    def __init__(self, values: Array):
        self.diagonal, self.above = _Line(values.real, 0), _Line(values.real, 1)
        self.left_tau, self.right_tau = _Line(values, 2), _Line(values, 3)
        self._zero = values.real.number(0)

    def negligible(self, space: Workspace, n: int) -> Real:
        """What is not larger counts as zero: the rounding error of the norm."""

        def most(i: Index, size: Real) -> list[Real]:
            return [largest(size, abs(self.diagonal[i]) + abs(self.above[i]))]

        epsilon = float(np.finfo(f"f{emit.bit_width(self._zero.element) // 8}").eps)
        return space.loop(0, n, most, self._zero) * epsilon

    def block(self, space: Workspace, last: Index, small: Real, n: int) -> tuple[Index, Flag]:
        """The first row of the block that ends at ``last``; and whether it is coupled to a zero before it."""

        def coupled(k: Index) -> Flag:
            return k.compare("gt", 0) & abs(self.above[k]).compare("gt", small)

        def going(k: Index) -> Flag:
            return coupled(k) & abs(self.diagonal[(k - 1).at_least(0)]).compare("gt", small)

        first = space.repeat(n, going, lambda k: [k - 1], last)
        return first, coupled(first)

    def cancel(self, space: Workspace, first: Index, last: Index, small: Real, rotate: Rotate) -> None:
        """Remove what couples row ``first`` to the zero before it by rotations with that row."""
        one = self._zero.constant(1.0)

        def going(i: Index, c: Real, s: Real, moving: Flag) -> Flag:
            return moving & i.compare("le", last)

        def body(i: Index, c: Real, s: Real, moving: Flag) -> list:
            f, g = s * self.above[i], self.diagonal[i]
            self.above[i] = c * self.above[i]
            moving = abs(f).compare("gt", small)

            def turn() -> list[Real]:
                h = hypotenuse(f, g)
                self.diagonal[i] = h
                cosine, sine = normalized(g / h, -(f / h))
                rotate(first - 1, i, cosine, sine)
                return [cosine, sine]

            c, s = space.when(moving, turn, kinds=[c, s])
            return [i + 1, c, s, moving]

        true = constant_index(0).compare("eq", 0)
        space.repeat(last + 1, going, body, first, self._zero, one, true)

    def _shifted(self, first: Index, last: Index) -> Real:
        """The first element of ``B^T B`` minus the shift, divided by that of ``B``."""
        x, y, z = self.diagonal[first], self.diagonal[last - 1], self.diagonal[last]
        g, h = self.above[last - 1], self.above[last]
        f = ((y - z) * (y + z) + (g - h) * (g + h)) / (h * y * 2.0)
        root = hypotenuse(f, f.constant(1.0)).with_sign_of(f)
        return ((x - z) * (x + z) + h * (y / (f + root) - h)) / x

    def step(
        self, space: Workspace, first: Index, last: Index, rotate_left: Rotate, rotate_right: Rotate
    ) -> None:
        """One implicit QR step with a shift from the last two rows."""
        one = self._zero.constant(1.0)

        def chase(j: Index, f: Real, x: Real, c: Real, s: Real) -> list[Real]:
            i = j + 1
            g, y = self.above[i], self.diagonal[i]
            h, g = s * g, c * g
            self.above[j], c, s = rotation(space, h, f)
            f, g = (x * c).plus_product(g, s), (g * c).minus_product(x, s)
            h, y = y * s, y * c
            # The vectors are turned by closer approximations of rotations, for which the next one does not wait.
            rotate_right(j, i, *normalized(c, s))
            self.diagonal[j], c, s = rotation(space, h, f)
            rotate_left(j, i, *normalized(c, s))
            return [(c * g).plus_product(s, y), (c * y).minus_product(s, g), c, s]

        start = self._shifted(first, last)
        f, x, _, _ = space.loop(first, last, chase, start, self.diagonal[first], one, one)
        self.above[first] = self._zero
        self.above[last] = f
        self.diagonal[last] = x


class Bidiagonalization:
    """Householder reflectors from both sides, which leave an upper bidiagonal matrix."""

    def __init__(self, space: Workspace, state: Array, job: Job):
        self.space, self.n = space, job.n
        self.long, self.short = Rows(space, job.m, job.lanes), Rows(space, job.n, job.lanes)
        self.b = Bidiagonal(state)
        self.state = state
        self.matrix, self.reflectors = state.below(job.matrix), state.below(job.reflectors)

    def read(self, element: Callable[[Index, Index], Any], rows: int, columns: int) -> None:
        """Take the elements of the transposed matrix; what lacks is zero."""
        space, layout = self.space, self.long.layout
        read_padded(space, element, rows, columns, self.matrix, layout)
        space.loop(rows, self.n + EXTRA, lambda i: clear(space, self.matrix, i, layout))
        space.loop(0, VALUES, lambda i: clear(space, self.state, i, layout))

    def run(self) -> None:
        """Reflectors from the left and from the right in turn; the rows of the matrix become those from the left.

        A step subtracts ``s_j v + conj(u_j) w`` from each row ``x_j``, with the reflectors ``v``, ``u`` from the left
        and from the right, the sums ``s_j`` and the totals ``w``. That is done in the next step, in the same pass as
        its sums, so that a step reads the matrix twice and writes it once (G. W. Howell, J. W. Demmel, C. T. Fulton,
        S. Hammarling, K. Marmol, Cache efficient bidiagonalization using BLAS 2.5 operators, ACM Transactions on
        Mathematical Software 34, 2008).
        """
        b, n, matrix, reflectors = self.b, self.n, self.matrix, self.reflectors
        # Before the first step nothing is subtracted; behind the last reflector a panel finds zeros.
        clear(self.space, reflectors, constant_index(0), self.short.layout)
        self.space.loop(n, n + EXTRA, lambda i: clear(self.space, reflectors, i, self.short.layout))

        def step(k: Index) -> None:
            self._subtract(k)
            b.diagonal[k], tau = self.long.reflector(matrix, k, k, matrix, k)
            b.left_tau[k] = tau
            self._sums(k, tau.conjugate())
            clear(self.space, reflectors, k, self.short.layout)
            self.space.loop(
                k + 1,
                n,
                lambda j: reflectors.set((k, j), (matrix[j, k] - self.state[_SUMS, j]).conjugate()),
            )
            self.space.when((k + 1).compare("lt", n), lambda: right(k))

        def right(k: Index) -> None:
            b.above[k + 1], tau = self.short.reflector(reflectors, k, k + 1, reflectors, k)
            b.right_tau[k] = tau
            self._totals(k, tau)

        self.space.loop(0, n, step)

    def _columns(self, k: Index, body: Callable[..., Any], *carried: Any) -> Any:
        lanes = self.long.lanes
        return self.space.loop(k.down_to_multiple(lanes), self.long.layout.width, body, *carried, step=lanes)

    def _pending(self, k: Index, rows: list[Index]) -> Callable[[Index], list[Any]]:
        """Vectors of rows after the step before ``k``, by column. Before the first step there are zeros to subtract."""
        lanes, matrix, state = self.long.lanes, self.matrix, self.state
        before = (k - 1).at_least(0)
        factors = [
            (state[_SUMS, r], self.reflectors[before, r].conjugate())
            for r in (row.at_most(self.n - 1) for row in rows)
        ]

        def vectors(c: Index) -> list[Any]:
            v, w = matrix.get(before, c, lanes=lanes), state.get(_TOTALS, c, lanes=lanes)
            return [
                matrix.get(row, c, lanes=lanes).minus_product(of_v, v).minus_product(of_w, w)
                for row, (of_v, of_w) in zip(rows, factors, strict=True)
            ]

        return vectors

    def _subtract(self, k: Index) -> None:
        """Bring row ``k`` up to date."""
        vectors = self._pending(k, [k])
        self._columns(k, lambda c: self.matrix.put(vectors(c)[0], k, c))

    def _sums(self, k: Index, factor: Any) -> None:
        """Bring the rows behind ``k`` up to date, and take their products with the reflector from the left."""
        lanes, matrix, state, n = self.long.lanes, self.matrix, self.state, self.n
        zero = matrix.number(0).spread(lanes)

        def some(j: Index) -> None:
            rows = [j + r for r in range(ROWS)]
            vectors = self._pending(k, rows)

            def add(c: Index, *sums: Any) -> list[Any]:
                found, right = vectors(c), matrix.get(k, c, lanes=lanes).conjugate()
                for row, value in zip(rows, found, strict=True):
                    matrix.put(value, row, c)
                return [total.plus_product(value, right) for total, value in zip(sums, found, strict=True)]

            for row, total in zip(rows, self._columns(k, add, *[zero] * ROWS), strict=True):
                at = row.at_most(n - 1)
                state[_SUMS, at] = choose(row.compare("lt", n), factor * total.sum(), state[_SUMS, at])

        self.space.loop(k + 1, n, some, step=ROWS)

    def _totals(self, k: Index, factor: Any) -> None:
        """Rows combined by the reflector from the right, as they will be after that from the left."""
        lanes, matrix, state, n = self.long.lanes, self.matrix, self.state, self.n
        zero = matrix.number(0)
        clear(self.space, state, constant_index(_TOTALS), self.long.layout)

        def some(j: Index, both: Any) -> list[Any]:
            rows = [j + r for r in range(ROWS)]
            factors = []
            for row in rows:
                at = row.at_most(n - 1)
                u = choose(row.compare("lt", n), self.reflectors[k, at], zero)
                both = both.plus_product(u, state[_SUMS, at])
                factors.append(u)

            def add(c: Index) -> None:
                total = state.get(_TOTALS, c, lanes=lanes)
                for row, u in zip(rows, factors, strict=True):
                    total = total.plus_product(u, matrix.get(row, c, lanes=lanes))
                state.put(total, _TOTALS, c)

            self._columns(k, add)
            return [both]

        both = self.space.loop(k + 1, n, some, zero, step=ROWS)

        def finish(c: Index) -> None:
            total = state.get(_TOTALS, c, lanes=lanes)
            state.put(total.minus_product(both, matrix.get(k, c, lanes=lanes)) * factor, _TOTALS, c)

        self._columns(k, finish)


class Iteration:
    """QR iterations on the bidiagonal matrix, whose rotations turn the rows of ``left`` and ``right``, if given."""

    def __init__(self, space: Workspace, arrays: Sequence[Array], job: Job):
        self.space, self.n, self.vectors = space, job.n, job.vectors
        self.long, self.short = Rows(space, job.m, job.lanes), Rows(space, job.n, job.lanes)
        self.values, self.wanted = arrays[0], len(arrays) > 1
        if self.wanted:
            _, self.left, self.right = arrays

    def run(self, size: Real) -> None:
        """Singular values of a matrix of this size, which is that before it was scaled; NaN if it is not finite."""
        space = self.space

        def solve() -> list[Flag]:
            fine = self._iterate(Bidiagonal(self.values))
            _, up = safe_factors(size)
            self.short.scale(self.values, constant_index(0), up)
            self._sort()
            return [fine]

        finite = is_finite(size)
        fine = space.when(finite, solve, kinds=[finite])
        space.when(~fine, self._fail)

    def _fail(self) -> None:
        fill(self.space, self.values, 1, self.short.layout, math.nan)
        if self.wanted:
            fill(self.space, self.left, self.vectors, self.long.layout, math.nan)
            fill(self.space, self.right, self.n, self.short.layout, math.nan)

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
