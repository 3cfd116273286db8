"""Whether a program is worth a thread on every core of a CPU.

Sharing work out costs time at each call, and again at each kernel: the others wait until all threads are done with it.
So what counts is not how large the arguments are but how much there is to do between two such moments. A loop of many
short kernels is quicker on one thread, however long it runs; a function of few numbers may compute many.
"""

from __future__ import annotations

from axir_compiler.analysis.cost import OpCost, op_costs
from axir_compiler.mlir import ir

__all__ = ["gains_from_threads"]

# Seconds that one thread takes, on a core with vectors of 512 bits.
_PER_FLOP, _PER_FUNCTION, _PER_BYTE = 1 / 150e9, 0.2e-9, 1 / 50e9
# Seconds of work from which two threads take less time than one: in a call, and for each kernel.
_CALL, _KERNEL = 50e-6, 6e-6


def gains_from_threads(module: ir.Module, symbol: str) -> bool:
    """Whether a function, all of whose transformations are expanded, should run on all cores.

    Loops that run until a condition holds count as if they took one step.
    """
    costs = op_costs(module, symbol)
    needed = _CALL + _KERNEL * sum(one.count for one in costs if one.stored)
    return sum(map(_seconds, costs)) > needed


def _seconds(one: OpCost) -> float:
    cost = one.cost
    return cost.flops * _PER_FLOP + cost.transcendentals * _PER_FUNCTION + cost.fused_bytes * _PER_BYTE
