"""Hand-scheduled kernels: loops over single elements that stay inside one dispatch.

A loop at the level of the program costs microseconds a step, one inside a dispatch nanoseconds. Rules that IREE
does not check but relies on:

- the body holds scf, arith, math, vector and tensor.extract/insert ops only, no linalg op;
- what the loops carry starts from the tensors that `kernel` hands over, which are its results: any other tensor
  lives on the stack, 32 KB in all at most;
- a result that nobody uses is dropped, and its tensor then counts as one on the stack;
- a position outside a tensor kills the process: clamp it first.

CPU only.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import Size, empty
from axir_compiler.mlir import context, ir, scf, tensor

__all__ = ["index", "kernel", "load", "loop", "store"]

Value = ir.Value


def kernel(
    results: Sequence[tuple[Sequence[Size], ir.Type]], body: Callable[..., Sequence[Value]]
) -> list[Value]:
    """One dispatch.

    Args:
        results: Sizes and element type of each result.
        body: Gets an uninitialized tensor for each result; gives the results, which must come from them.
    """
    kinds = [
        ir.RankedTensorType.get([n for n in sizes if isinstance(n, int)], kind) for sizes, kind in results
    ]
    op = ir.Operation.create(
        "flow.dispatch.region",
        results=kinds,
        attributes={"operandSegmentSizes": ir.DenseI32ArrayAttr.get([0, 0])},
        regions=2,
    )
    block = op.regions[0].blocks.append()
    with ir.InsertionPoint(block):
        found = body(*(empty(sizes, kind) for sizes, kind in results))
        ir.Operation.create("flow.return", operands=list(found))
    return list(op.results)


def index(number: int) -> Value:
    """A constant position."""
    return emit.constant(ir.IndexType.get(context()), number)


def loop(
    stop: int | Value,
    carried: Sequence[Value],
    body: Callable[..., Sequence[Value]],
    *,
    start: int | Value = 0,
    step: int | Value = 1,
) -> list[Value]:
    """``for i in range(start, stop, step): carried = body(i, *carried)``; ``step`` must be positive."""
    first, end, stride = (x if isinstance(x, Value) else index(x) for x in (start, stop, step))
    op = scf.ForOp(first, end, stride, list(carried))
    with ir.InsertionPoint(op.body):
        scf.YieldOp(list(body(op.induction_variable, *op.inner_iter_args)))
    return list(op.results)


def load(x: Value, *at: Value) -> Value:
    """One element."""
    return tensor.extract(x, list(at))


def store(value: Value, x: Value, *at: Value) -> Value:
    """The tensor with one element replaced, in place where it comes from `kernel`."""
    return tensor.insert(value, x, list(at))
