"""QR iterations on a bidiagonal matrix, after Golub and Reinsch."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from axir_compiler.lowering import emit
from axir_compiler.lowering.linalg.numbers import Flag, Index, Real, choose, constant_index, largest
from axir_compiler.lowering.linalg.scaling import hypotenuse, normalized
from axir_compiler.lowering.linalg.workspace import Array, Workspace

__all__ = ["SWEEPS", "Bidiagonal"]

SWEEPS = 30
"""Iterations for each singular value, after which the method has failed; two are usual."""

Rotate = Callable[[Index, Index, Real, Real], None]


class _Line:
    """One row of an array as a vector."""

    def __init__(self, x: Array, row: int):
        self._x, self._row = x, row

    def __getitem__(self, at: Index) -> Real:
        return self._x[self._row, at]

    def __setitem__(self, at: Index, value: Real) -> None:
        self._x[self._row, at] = value


class Bidiagonal:
    """An upper bidiagonal matrix in rows of an array, and the factors of the reflectors that made it.

    ``above[k]`` is the element above ``diagonal[k]``.
    """

    def __init__(self, values: Array):
        self.diagonal, self.above = _Line(values, 0), _Line(values, 1)
        self.left_tau, self.right_tau = _Line(values, 2), _Line(values, 3)
        self._zero = values.number(0)

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
            c, s, self.above[j] = _rotation(f, h)
            f, g = x * c + g * s, g * c - x * s
            h, y = y * s, y * c
            rotate_right(j, i, c, s)
            c, s, self.diagonal[j] = _rotation(f, h)
            rotate_left(j, i, c, s)
            return [c * g + s * y, c * y - s * g, c, s]

        start = self._shifted(first, last)
        f, x, _, _ = space.loop(first, last, chase, start, self.diagonal[first], one, one)
        self.above[first] = self._zero
        self.above[last] = f
        self.diagonal[last] = x


def _rotation(f: Real, h: Real) -> tuple[Real, Real, Real]:
    """Cosine and sine that take ``(f, h)`` to ``(z, 0)``, and ``z``."""
    z = hypotenuse(f, h)
    usable = z.compare("gt", 0.0)
    divisor = choose(usable, z, z.constant(1.0))
    c, s = normalized(choose(usable, f / divisor, z.constant(1.0)), h / divisor)
    return c, s, z
