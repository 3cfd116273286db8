"""The block cipher behind random bits."""

from __future__ import annotations

from axir_compiler.lowering.emit import constant
from axir_compiler.mlir import arith, ir

__all__ = ["threefry2x32"]

_ROTATIONS = ((13, 15, 26, 6), (17, 29, 16, 24))
_PARITY = 0x1BD11BDA


def threefry2x32(key0: ir.Value, key1: ir.Value, x0: ir.Value, x1: ir.Value) -> tuple[ir.Value, ir.Value]:
    """Threefry-2x32 with 20 rounds: the counter ``(x0, x1)`` enciphered under ``(key0, key1)``.

    J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
    SC 2011: four rounds of add, rotate and xor, then a key injection, five times over.
    """
    kind = x0.type
    parity = arith.xori(arith.xori(key0, key1), constant(kind, _PARITY))
    keys = (key0, key1, parity)
    x0, x1 = arith.addi(x0, key0), arith.addi(x1, key1)
    for group in range(5):
        for amount in _ROTATIONS[group % 2]:
            x0 = arith.addi(x0, x1)
            x1 = arith.xori(_rotate_left(x1, amount), x0)
        x0 = arith.addi(x0, keys[(group + 1) % 3])
        count = constant(kind, group + 1)
        x1 = arith.addi(x1, arith.addi(keys[(group + 2) % 3], count))
    return x0, x1


def _rotate_left(x: ir.Value, amount: int) -> ir.Value:
    left = arith.shli(x, constant(x.type, amount))
    return arith.ori(left, arith.shrui(x, constant(x.type, 32 - amount)))
