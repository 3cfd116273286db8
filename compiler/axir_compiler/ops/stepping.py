"""Loops of ops, for rules that write one op as many equal steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.op import Value, YieldOp
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import ir
from axir_compiler.ops.scan import ScanOp
from axir_compiler.ops.while_loop import WhileLoopOp

__all__ = ["repeat", "repeat_while"]


def repeat(
    length: int, carry: Sequence[Value], consts: Sequence[Value], step: Callable[..., Sequence[Value]]
) -> list[Value]:
    """``for t in range(length): carry = step(t, carry, consts)``; ``t`` is an int32 of rank 0."""
    int32 = np.dtype("int32")
    numbers = ops.iota(shape=(length,), dimension=0, dtype=int32)
    kinds = [*(x.type for x in carry), mlir_type(Aval((), int32)), *(x.type for x in consts)]
    count = len(carry)

    attrs = {"carry": count, "xs": 1, "length": length, "reverse": False}
    op = ir.Operation.create(
        ScanOp.OPERATION_NAME,
        results=kinds[:count],
        operands=[*carry, numbers, *consts],
        attributes=ScanOp.encode(attrs),
        regions=1,
    )
    block = op.regions[0].blocks.append(*kinds, arg_locs=[op.location] * len(kinds))
    with ir.InsertionPoint(block):
        arguments = list(block.arguments)
        found = step(arguments[count], arguments[:count], arguments[count + 1 :])
        YieldOp.create(list(found), (), {})
    return list(op.results)


def repeat_while(
    carry: Sequence[Value],
    consts: Sequence[Value],
    condition: Callable[..., Value],
    step: Callable[..., Sequence[Value]],
) -> list[Value]:
    """``while condition(carry, consts): carry = step(carry, consts)``; the condition is a bool of rank 0."""
    operands, count = [*carry, *consts], len(carry)
    kinds = [x.type for x in operands]
    op = ir.Operation.create(
        WhileLoopOp.OPERATION_NAME,
        results=kinds[:count],
        operands=operands,
        attributes=WhileLoopOp.encode({"carry": count}),
        regions=2,
    )

    def fill(region: int, build: Callable[..., Sequence[Value]]) -> None:
        block = op.regions[region].blocks.append(*kinds, arg_locs=[op.location] * len(kinds))
        with ir.InsertionPoint(block):
            arguments = list(block.arguments)
            YieldOp.create(list(build(arguments[:count], arguments[count:])), (), {})

    fill(0, lambda carry, consts: [condition(carry, consts)])
    fill(1, step)
    return list(op.results)
