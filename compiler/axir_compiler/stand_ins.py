"""Ops that a target lacks, or computes in another way, written in others."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from axir_compiler.mlir import arith, ir, math

__all__ = ["STAND_INS", "replace_ops"]


def _leading_zeros(op: ir.Operation) -> ir.Value | None:
    """Through integers of 32 bits, the only ones of which SPIR-V counts them."""
    (x,) = op.operands
    width = ir.IntegerType(x.type).width
    word = ir.IntegerType.get_signless(32)
    if width < 32:
        found = arith.subi(math.ctlz(arith.extui(word, x)), arith.constant(word, 32 - width))
        return arith.trunci(x.type, found)
    if width == 32:
        return None
    low = arith.trunci(word, x)
    high = arith.trunci(word, arith.shrui(x, arith.constant(x.type, 32)))
    none = arith.cmpi(arith.CmpIPredicate.eq, high, arith.constant(word, 0))
    below = arith.addi(math.ctlz(low), arith.constant(word, 32))
    return arith.extui(x.type, arith.select(none, below, math.ctlz(high)))


def _remainder(op: ir.Operation) -> ir.Value:
    """From the quotient: SPIR-V has none for negative numbers, and IREE's way is wrong for the least integer."""
    x, y = op.operands
    return arith.subi(x, arith.muli(arith.divsi(x, y), y))


def _round_even(op: ir.Operation) -> ir.Value:
    """A sum with a number that leaves no room for a fraction is rounded; for WebAssembly IREE links no other way."""
    (x,) = op.operands
    large = arith.constant(x.type, 2.0**52 if isinstance(x.type, ir.F64Type) else 2.0**23)
    size = math.absf(x)
    whole = arith.subf(arith.addf(size, large), large)
    has_fraction = arith.cmpf(arith.CmpFPredicate.OLT, size, large)
    return math.copysign(arith.select(has_fraction, whole, size), x)


def _ceil(op: ir.Operation) -> ir.Value:
    """From the floor, which IREE links for CPUs without an instruction for either."""
    return arith.negf(math.floor(arith.negf(op.operands[0])))


STAND_INS: dict[str, Callable[[ir.Operation], ir.Value | None]] = {
    "arith.remsi": _remainder,
    "math.ceil": _ceil,
    "math.ctlz": _leading_zeros,
    "math.roundeven": _round_even,
}
"""Builds, before an op on single numbers, what gives its result; or nothing, if the op may stay."""


def replace_ops(module: ir.Operation, names: Iterable[str]) -> None:
    """Replace all ops of these names, which are in ``STAND_INS``, in place."""
    wanted, found = frozenset(names), list[ir.Operation]()

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name in wanted:
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    for op in found:
        with ir.InsertionPoint(op), op.location:
            result = STAND_INS[op.name](op)
        if result is not None:
            op.results[0].replace_all_uses_with(result)
            op.erase()
