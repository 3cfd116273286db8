"""Which values of a program never reach memory: an estimate of what IREE fuses.

IREE computes chains of elementwise ops, and reductions of them, in one kernel. A value that only such ops use stays
in registers if one op uses it, or if it is made of nothing (a constant, a position, a repetition).
"""

from __future__ import annotations

from axir_compiler.ir.module import is_terminator
from axir_compiler.ir.op import AxirOp
from axir_compiler.mlir import ir
from axir_compiler.ops.constant import ConstantOp, IotaOp
from axir_compiler.ops.elementwise import Elementwise
from axir_compiler.ops.elementwise_unary import OptimizationBarrierOp
from axir_compiler.ops.random import Threefry2x32Op
from axir_compiler.ops.reduce import ArgmaxOp, ArgminOp, Reduction
from axir_compiler.ops.shape import BroadcastInDimOp, ReshapeOp, TransposeOp

__all__ = ["fused_values"]

_CHEAP = (ConstantOp, IotaOp, BroadcastInDimOp)
_PRODUCERS = (*_CHEAP, Elementwise, Threefry2x32Op, TransposeOp)
_CONSUMERS = (Elementwise, Threefry2x32Op, BroadcastInDimOp, TransposeOp, Reduction, ArgmaxOp, ArgminOp)


def fused_values(block: ir.Block) -> set[ir.Value]:
    """The results of ops of a block that are computed where they are used: they are neither stored nor moved."""
    found: set[ir.Value] = set()
    for op in block.operations:
        if isinstance(op, ReshapeOp):
            found.update(op.results if op.operand in found else ())
        elif _is_producer(op):
            found.update(r for r in op.results if _is_fused(op, r))
    return found


def _is_producer(op: ir.OpView) -> bool:
    return isinstance(op, _PRODUCERS) and not isinstance(op, OptimizationBarrierOp)


def _is_fused(op: ir.OpView, value: ir.Value) -> bool:
    users = _users(value)
    if not users or any(is_terminator(u) for u in users):
        return False
    return (len(users) == 1 or isinstance(op, _CHEAP)) and all(isinstance(u, _CONSUMERS) for u in users)


def _users(value: ir.Value) -> list[ir.OpView]:
    """The ops that use a value, reshapes replaced by what uses their results."""
    found: dict[AxirOp | ir.OpView, None] = {}
    pending = [value]
    for one in pending:
        for use in one.uses:
            owner = use.owner
            op = owner if isinstance(owner, ir.OpView) else owner.opview
            if isinstance(op, ReshapeOp):
                pending.append(op.result)
            else:
                found[op] = None
    return list(found)
