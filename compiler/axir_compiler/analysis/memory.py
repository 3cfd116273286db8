"""Memory of a program: what its values take, and when."""

from __future__ import annotations

from typing import NamedTuple

from axir_compiler.analysis.fusion import fused_values
from axir_compiler.ir.module import body_of, is_terminator, lookup, terminator_of
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.region import RegionOp
from axir_compiler.ir.types import aval_of
from axir_compiler.mlir import func, ir

__all__ = ["Memory", "memory_of"]


class Memory(NamedTuple):
    """Bytes that a function needs.

    Attributes:
        arguments: All arguments, which live as long as the call.
        outputs: All results.
        peak: The most that lives at one time, arguments included; an estimate that takes fused values for free and
            lets go of others after their last use.
        peak_op: The op that runs at that time.
    """

    arguments: int
    outputs: int
    peak: int
    peak_op: AxirOp | None

    @property
    def temporaries(self) -> int:
        """What lives at the peak besides arguments and results."""
        return max(self.peak - self.arguments - self.outputs, 0)


def memory_of(module: ir.Module, symbol: str) -> Memory:
    """The memory of a function whose transformations are expanded."""
    block = body_of(lookup(module, symbol))
    arguments = sum(aval_of(a).nbytes for a in block.arguments)
    outputs = sum(aval_of(x).nbytes for x in {*terminator_of(block).operands})
    peak, op = _peak(module, block)
    return Memory(arguments, outputs, max(arguments + peak, arguments), op)


def _peak(module: ir.Module, block: ir.Block) -> tuple[int, AxirOp | None]:
    """The most that values made in a block take at one time, and where."""
    fused = fused_values(block)
    roots = _roots(block)
    last = _last_uses(block, roots, fused)
    live: dict[ir.Value | None, int] = {}
    total, peak, where = 0, 0, None
    ending: dict[int, list[ir.Value | None]] = {}
    for x, number in last.items():
        ending.setdefault(number, []).append(x)
    for number, op in enumerate(block.operations):
        if is_terminator(op):
            break
        for r in op.results:
            if roots.get(r, r) == r and r not in fused:
                live[r] = aval_of(r).nbytes
                total += live[r]
        now = total + _inner_peak(module, op)
        if now > peak:
            peak, where = now, op if isinstance(op, AxirOp) else None
        unused = [r for r in op.results if r not in last]
        for x in (*ending.get(number, ()), *unused):
            total -= live.pop(x, 0)
    return peak, where


def _inner_peak(module: ir.Module, op: ir.OpView) -> int:
    """What an op needs besides operands and results."""
    if isinstance(op, func.CallOp):
        return _peak(module, body_of(lookup(module, op.callee.value)))[0]
    if isinstance(op, RegionOp):
        return max(_peak(module, block)[0] for block in op.blocks)
    return 0


def _roots(block: ir.Block) -> dict[ir.Value | None, ir.Value | None]:
    """For each value that is another one under a new shape or name, that one."""
    found: dict[ir.Value | None, ir.Value | None] = {}
    for op in block.operations:
        if isinstance(op, AxirOp) and op.access == "nothing":
            found[op.results[0]] = found.get(op.operands[0], op.operands[0])
    return found


def _last_uses(
    block: ir.Block, roots: dict[ir.Value | None, ir.Value | None], fused: set[ir.Value]
) -> dict[ir.Value | None, int]:
    """The number of the last op that uses each value, under whatever name; fused ops use their operands late."""
    found: dict[ir.Value | None, int] = {}
    for number, op in enumerate(block.operations):
        for x in op.operands:
            found[roots.get(x, x)] = number
    # A fused value reads its operands when it is used itself.
    for op in reversed(list(block.operations)):
        until = max((found.get(r, -1) for r in op.results), default=-1)
        if until >= 0 and any(r in fused for r in op.results):
            for x in op.operands:
                root = roots.get(x, x)
                found[root] = max(found.get(root, -1), until)
    return found
