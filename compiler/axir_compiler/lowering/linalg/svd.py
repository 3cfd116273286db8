"""Singular value decomposition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from axir_compiler.lowering.generic import element_type_of, is_empty, shape_of, zeros
from axir_compiler.lowering.linalg.bidiagonal import SIZE, VALUES, Bidiagonal, Bidiagonalization, Iteration
from axir_compiler.lowering.linalg.complex_numbers import conjugated, part_type
from axir_compiler.lowering.linalg.householder import EXTRA, Rows
from axir_compiler.lowering.linalg.matrices import cut, first_row, identity, swapped
from axir_compiler.lowering.linalg.numbers import Index
from axir_compiler.lowering.linalg.panels import multiply_out
from axir_compiler.lowering.linalg.scaling import is_finite, largest_element, safe_factors
from axir_compiler.lowering.linalg.tiles import Layout
from axir_compiler.lowering.linalg.workspace import Array, Workspace, lanes_of, round_up, run
from axir_compiler.mlir import ir

__all__ = ["svd"]


def svd(x: ir.Value, *, full: bool, vectors: bool) -> Sequence[ir.Value]:
    """Descending singular values ``s``, and ``u``, ``vh`` if ``vectors``, of a batch of matrices.

    Householder's bidiagonalization and QR iterations with implicit shifts (G. H. Golub, C. Reinsch, Singular value
    decomposition and least squares solutions, Numerische Mathematik 14, 1970; Golub & Van Loan, Matrix Computations,
    4th ed., section 8.6). All results of a matrix that is not finite are NaN.

    One kernel for each part: the time that IREE takes for a kernel grows with the square of its length.
    """
    *batch, rows, columns = shape_of(x)
    kind = element_type_of(x)
    if is_empty([*batch, rows, columns]):
        return _of_nothing(batch, rows, columns, kind, full=full, vectors=vectors)
    n = min(rows, columns)
    job = _Job(x, full)
    state = job.bidiagonalize()
    if not vectors:
        return [first_row(job.iterate([state]), n)]
    values, left, right = job.iterate([state, job.left(state), job.right(state)])
    left, right = cut(left, (0, job.vectors), (0, max(rows, columns))), cut(right, (0, n), (0, n))
    s, right = first_row(values, n), conjugated(right)
    return [s, swapped(right), left] if job.wide else [s, swapped(left), right]


def _of_nothing(
    batch: Sequence[int], m: int, n: int, kind: ir.Type, *, full: bool, vectors: bool
) -> list[ir.Value]:
    """Results for matrices without elements: orthonormal vectors are those of the identity."""
    count = min(m, n)
    s = zeros([*batch, count], part_type(kind))
    if not vectors:
        return [s]
    u, vh = (m, m if full else count), (n if full else count, n)
    return [s, identity([*batch, *u], kind), identity([*batch, *vh], kind)]


class _Job:
    """The kernels for one tensor; a matrix is held such that ``m >= n``, with its columns as rows.

    The state between them is one tall array: what a kernel computes must be used, or it would have to fit on the
    stack. Its rows are the bidiagonal matrix, the factors of the reflectors, and the reflectors of both sides.
    """

    def __init__(self, x: ir.Value, full: bool):
        *self.batch, rows, columns = shape_of(x)
        self.x, self.kind = x, element_type_of(x)
        self.wide = rows < columns
        self.given = min(rows, columns), max(rows, columns)
        self.vectors = self.given[full]
        # A vector becomes a matrix with a column of zeros: loops of one turn are folded into what IREE cannot compile.
        self.m, self.n = max(self.given[1], 2), max(self.given[0], 2)
        self.lanes = lanes_of(self.kind)
        self.long, self.short = Layout(self.m, self.lanes), Layout(self.n, self.lanes)
        self.matrix = VALUES
        self.reflectors = VALUES + self.n + EXTRA

    def bidiagonalize(self) -> ir.Value:
        """The state after the bidiagonalization; the first value is NaN for a matrix that is not finite."""

        def body(space: Workspace, source: Array, state: Array) -> None:
            def element(i: Index, j: Index) -> Any:
                return source[i, j] if self.wide else source[j, i]

            rows, columns = self.given
            size = largest_element(space, element, rows, columns, state)
            down, _ = safe_factors(size)
            part = Bidiagonalization(space, state, self)
            part.read(lambda i, j: element(i, j) * down, rows, columns)
            space.when(is_finite(size), part.run)
            state[SIZE, 0] = size

        height = self.reflectors + self.n + EXTRA
        return run(self.batch, [((height, self.long.width), self.kind)], [self.x], body)[0]

    def left(self, state: ir.Value) -> ir.Value:
        """The transposed product of the reflectors from the left."""

        def body(space: Workspace, source: Array, left: Array) -> None:
            rows = Rows(space, self.m, self.lanes)
            rows.identity(left, self.vectors)
            matrix, tau = source.below(self.matrix), Bidiagonal(source).left_tau
            multiply_out(rows, left, self.vectors, matrix, self.n, 0, lambda k: tau[k])

        height = round_up(self.vectors, EXTRA) + EXTRA
        return run(self.batch, [((height, self.long.width), self.kind)], [state], body)[0]

    def right(self, state: ir.Value) -> ir.Value:
        """The transposed product of the reflectors from the right."""

        def body(space: Workspace, source: Array, right: Array) -> None:
            rows = Rows(space, self.n, self.lanes)
            rows.identity(right, self.n)
            reflectors, tau = source.below(self.reflectors), Bidiagonal(source).right_tau
            multiply_out(rows, right, self.n, reflectors, self.n - 1, 1, lambda k: tau[k])

        return run(self.batch, [((self.n + EXTRA, self.short.width), self.kind)], [state], body)[0]

    def iterate(self, inputs: Sequence[ir.Value]) -> Any:
        """Sorted singular values in the first row of an array; and transposed vectors, if these are given."""
        shapes = [(VALUES, self.short.width), *(shape_of(v)[-2:] for v in inputs[1:])]
        kinds = [part_type(self.kind), *(self.kind for _ in inputs[1:])]

        def body(space: Workspace, *arrays: Array) -> None:
            sources, results = list(arrays[: len(inputs)]), arrays[len(inputs) :]
            sources[0] = sources[0].real
            for source, result, (height, width) in zip(sources, results, shapes, strict=True):
                _copy(space, source, result, height, width, self.lanes)
            Iteration(space, results, self).run(sources[0][SIZE, 0])

        found = run(self.batch, list(zip(shapes, kinds, strict=True)), inputs, body)
        return found if len(found) > 1 else found[0]


def _copy(space: Workspace, source: Array, target: Array, height: int, width: int, lanes: int) -> None:
    def row(i: Index) -> None:
        space.loop(0, width, lambda j: target.put(source.get(i, j, lanes=lanes), i, j), step=lanes)

    space.loop(0, height, row)
