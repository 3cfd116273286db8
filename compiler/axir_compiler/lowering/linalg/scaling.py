"""Matrices brought into a range in which squares neither overflow nor underflow; infinities and NaN found."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from axir_compiler.lowering import emit
from axir_compiler.lowering.linalg.numbers import Flag, Index, Real, choose, largest
from axir_compiler.lowering.linalg.workspace import Array, Workspace

__all__ = ["hypotenuse", "is_finite", "largest_element", "normalized", "rotation", "safe_factors"]

# Powers of two: numbers between 2^-safe and 2^safe stay, others are moved by so many binary places into that range.
_SAFE = {32: (40, 86), 64: (400, 622)}


def largest_element(
    space: Workspace, source: Callable[[Index, Index], Any], rows: int, columns: int, like: Array
) -> Real:
    """The largest absolute value of a matrix; NaN if there is one."""

    def row(i: Index, most: Real) -> list[Real]:
        return [space.loop(0, columns, lambda j, most: [largest(most, source(i, j).bound())], most)]

    return space.loop(0, rows, row, like.real.number(0))


def is_finite(x: Real) -> Flag:
    """False for infinities and NaN."""
    return x.compare("lt", math.inf)


def safe_factors(size: Real) -> tuple[Real, Real]:
    """A power of two that takes numbers up to ``size`` into a safe range, and its inverse."""
    safe, move = _SAFE[emit.bit_width(size.element)]
    large, small = size.compare("gt", 2.0**safe), size.compare("lt", 2.0**-safe)

    def factor(if_large: float, if_small: float) -> Real:
        one = size.constant(1.0)
        return choose(large, size.constant(if_large), choose(small, size.constant(if_small), one))

    return factor(2.0**-move, 2.0**move), factor(2.0**move, 2.0**-move)


def hypotenuse(x: Real, y: Real) -> Real:
    """``sqrt(x^2 + y^2)`` without overflow or underflow; 0 for zeros."""
    a, b = abs(x), abs(y)
    most, least = largest(a, b), choose(a.compare("lt", b), a, b)
    ratio = least / choose(most.compare("gt", 0.0), most, most.constant(1.0))
    # A quotient is rounded without bias; with a product by an inverse, many rotations would shrink vectors.
    return most * most.constant(1.0).plus_product(ratio, ratio).sqrt()


def rotation(space: Workspace, f: Real, g: Real) -> tuple[Real, Real, Real]:
    """``r = sqrt(f^2 + g^2)``, ``g / r`` and ``f / r``; 0, 1 and 0 for zeros.

    The numbers are those of a matrix in the safe range, so that squares do not overflow. Rotations follow from each
    other: the time of one is that of its longest chain of operations, which is short where squares do not underflow.
    """
    square = (f * f).plus_product(g, g)

    def careful() -> list[Real]:
        r = hypotenuse(f, g)
        usable = r.compare("gt", 0.0)
        divisor = choose(usable, r, r.constant(1.0))
        return [r, choose(usable, g / divisor, r.constant(1.0)), f / divisor]

    def quick() -> list[Real]:
        r = square.sqrt()
        return [r, g / r, f / r]

    enough = square.compare("gt", 2.0 ** (-100 if emit.bit_width(f.element) == 32 else -960))
    return space.when(enough, quick, careful, kinds=[f, f, f])


def normalized(c: Real, s: Real) -> tuple[Real, Real]:
    """A cosine and a sine closer to the unit circle, so that many rotations keep lengths."""
    excess = c.constant(1.0).minus_product(c, c).minus_product(s, s) * 0.5
    return c.plus_product(c, excess), s.plus_product(s, excess)
