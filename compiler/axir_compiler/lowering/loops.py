"""Loops and branches of the program, in scf: each step launches the kernels of the body."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from axir_compiler.ir.types import Aval
from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import (
    element_type_of,
    empty,
    optimization_barrier,
    rank_of,
    shape_of,
    zeros,
)
from axir_compiler.lowering.kernels import index, loop
from axir_compiler.mlir import arith, ir, scf, tensor

__all__ = ["scan", "switch", "while_loop"]

Value = ir.Value
_DYNAMIC = ir.ShapedType.get_dynamic_stride_or_offset()


def scan(
    body: Callable[..., list[Value]],
    carry: Sequence[Value],
    xs: Sequence[Value],
    consts: Sequence[Value],
    stacks: Sequence[Aval],
    *,
    length: int,
    reverse: bool,
) -> list[Value]:
    """Run ``body(*carry, *slices, *consts)`` for each step; gives the last carry and the stacked outputs."""
    outputs = [_storage(a) for a in stacks]

    def step(i: Value, *state: Value) -> list[Value]:
        t = arith.subi(index(length - 1), i) if reverse else i
        slices = [_row(x, t) for x in xs]
        found = body(*state[: len(carry)], *slices, *consts)
        rows = zip(found[len(carry) :], state[len(carry) :], strict=True)
        return [*found[: len(carry)], *(_with_row(out, y, t) for y, out in rows)]

    return loop(length, [*carry, *outputs], step)


def _storage(aval: Aval) -> Value:
    # Nothing is written into an empty stack, and reading memory that nothing wrote is undefined.
    return (empty if aval.size else zeros)(aval.shape, emit.signless(aval.dtype))


def _window(x: Value) -> tuple[list[int], list[int], list[int]]:
    rank = rank_of(x)
    return [_DYNAMIC, *[0] * (rank - 1)], [1, *shape_of(x)[1:]], [1] * rank


def _row(x: Value, t: Value) -> Value:
    """``x[t]``."""
    kind = ir.RankedTensorType.get(shape_of(x)[1:], element_type_of(x))
    return tensor.extract_slice(kind, x, [t], [], [], *_window(x))


def _with_row(x: Value, row: Value, t: Value) -> Value:
    """``x`` with ``x[t] = row``."""
    return tensor.insert_slice(row, x, [t], [], [], *_window(x))


def while_loop(
    condition: Callable[..., list[Value]],
    body: Callable[..., list[Value]],
    carry: Sequence[Value],
    consts: Sequence[Value],
) -> list[Value]:
    """Run ``body(*carry, *consts)`` as long as ``condition(*carry, *consts)`` holds."""
    kinds = [x.type for x in carry]
    op = ir.Operation.create("scf.while", results=kinds, operands=list(carry), regions=2)
    location = op.location
    before, after = (r.blocks.append(*kinds, arg_locs=[location] * len(kinds)) for r in op.regions)
    with ir.InsertionPoint(before):
        (holds,) = condition(*before.arguments, *consts)
        scf.ConditionOp(tensor.extract(holds, []), list(before.arguments))
    with ir.InsertionPoint(after):
        scf.YieldOp(_distinct(body(*after.arguments, *consts)))
    _read_all(after)
    return list(op.results)


def _distinct(values: Sequence[Value]) -> list[Value]:
    """The values, each one another: IREE's compiler takes apart wrongly what a loop yields twice, or dies of it."""
    return [optimization_barrier(x) if x in values[:i] else x for i, x in enumerate(values)]


def _read_all(body: ir.Block) -> None:
    """Have a body read all that it is given.

    IREE's compiler dies of a carried value that the body replaces without having read it.
    """
    with ir.InsertionPoint.at_block_begin(body), body.owner.location:
        for value in body.arguments:
            if not list(value.uses):
                optimization_barrier(value)


def switch(
    number: Value, branches: Sequence[Callable[[], list[Value]]], results: Sequence[Aval]
) -> list[Value]:
    """The results of the branch with a number, of the nearest one that exists."""
    chosen = tensor.extract(number, [])

    def between(first: int, last: int) -> list[Value]:
        if first == last:
            return branches[first]()
        middle = (first + last) // 2
        lower = emit.compare_int("le", chosen, emit.constant(chosen.type, middle))
        op = ir.Operation.create("scf.if", results=list(kinds), operands=[lower], regions=2)
        for region, ends in zip(op.regions, ((first, middle), (middle + 1, last)), strict=True):
            with ir.InsertionPoint(region.blocks.append()):
                scf.YieldOp(between(*ends))
        return list(op.results)

    kinds = [ir.RankedTensorType.get(a.shape, emit.signless(a.dtype)) for a in results]
    return between(0, len(branches) - 1)
