"""Tables of roots of unity: constants where they are small, else computed by the program."""

from __future__ import annotations

import math

import numpy as np

from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.lowering.emit import compare_int, signless
from axir_compiler.lowering.generic import constant, empty, generic, identity_map
from axir_compiler.mlir import arith, ir, linalg

__all__ = ["roots_of_unity"]

# Attributes stay in the context for the life of the process.
_LARGEST_CONSTANT = 1024


def roots_of_unity(length: int, forward: bool, dtype: np.dtype, *, squares: bool = False) -> list[ir.Value]:
    """Real and imaginary parts of ``exp(-2 pi i k / length)``, of ``exp(-pi i k**2 / length)`` with ``squares``.

    Inverse transforms take the conjugates. Angles are reduced to ``[0, pi/4]`` in integers, so that every part is
    right to the last place or two.
    """
    order = 2 * length if squares else length
    if length <= _LARGEST_CONSTANT:
        k = np.arange(length, dtype=np.int64)
        parts = _exact(k * k % order if squares else k, order)
        return [constant(part.astype(dtype)) for part in (parts[0], -parts[1] if forward else parts[1])]
    kind = signless(dtype)
    wide = emit.integer_type(64)

    def body(*_: ir.Value) -> list[ir.Value]:
        k = arith.index_cast(wide, linalg.IndexOp(0).result)
        k = arith.remsi(arith.muli(k, k), emit.constant(wide, order)) if squares else k
        cosine, sine = _computed(k, order, dtype)
        return [cosine, scalar.neg(dtype, sine) if forward else sine]

    inits = [empty([length], kind) for _ in range(2)]
    # IREE would copy what has no operands into the kernels that read it.
    return [kernel_barrier(part) for part in generic([], inits, [identity_map(1)] * 2, body)]


def _exact(k: np.ndarray, order: int) -> tuple[np.ndarray, np.ndarray]:
    """Cosine and sine of ``2 pi k / order``; symmetric points have the same digits."""
    octant, rest = np.divmod(8 * k, order)
    rest = np.where(octant % 2 == 1, order - rest, rest)
    angle = rest * (math.pi / 4 / order)
    cosine, sine = np.cos(angle), np.sin(angle)
    swapped = np.isin(octant % 4, (1, 2))
    x, y = np.where(swapped, sine, cosine), np.where(swapped, cosine, sine)
    return np.where(np.isin(octant, (2, 3, 4, 5)), -x, x), np.where(octant >= 4, -y, y)


def _computed(k: ir.Value, order: int, dtype: np.dtype) -> tuple[ir.Value, ir.Value]:
    """The same by ops: cosine and sine of ``2 pi k / order`` for a 64-bit integer k below the order."""
    wide, kind = k.type, signless(dtype)

    def number(n: int) -> ir.Value:
        return emit.constant(wide, n)

    eight = arith.muli(k, number(8))
    octant = arith.divsi(eight, number(order))
    rest = arith.subi(eight, arith.muli(octant, number(order)))
    odd = compare_int("ne", arith.andi(octant, number(1)), number(0))
    rest = arith.select(odd, arith.subi(number(order), rest), rest)
    angle = arith.mulf(arith.sitofp(kind, rest), emit.constant(kind, math.pi / 4 / order))
    cosine, sine = scalar.cos(dtype, angle), scalar.sin(dtype, angle)
    # Bits of octant + 1: the second one tells those that exchange the two.
    swapped = compare_int("ne", arith.andi(arith.addi(octant, number(1)), number(2)), number(0))
    x, y = arith.select(swapped, sine, cosine), arith.select(swapped, cosine, sine)
    left = compare_int("ne", arith.andi(arith.addi(octant, number(2)), number(4)), number(0))
    below = compare_int("ge", octant, number(4))
    return arith.select(left, scalar.neg(dtype, x), x), arith.select(below, scalar.neg(dtype, y), y)
