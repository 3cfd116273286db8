"""Keeps calls with effects in the order of the program, by a token that goes through them.

IREE sorts the ops of a block by what they need: a call whose argument is ready late comes after a loop that stands
behind it. So each call with an effect takes a token, an i32, and gives one; loops and branches around it carry it.

Besides, IREE does not come to an end with a loop around such a call if nobody uses what the loop gives: it tries to
drop it over and over. Such *loose* results go out of the branches around the loop, and there into a barrier.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from axir_compiler.ir.module import attributes_of
from axir_compiler.lowering import emit
from axir_compiler.lowering.generic import element_type_of, empty, optimization_barrier, shape_of
from axir_compiler.mlir import ir, scf

__all__ = ["EFFECT", "thread_token"]

Value = ir.Value
Step = tuple[Value, list[Value]]
"""The token behind an op, and the loose results that came up."""

EFFECT = "axir.effect"
"""Marks a call with an effect until it has its token."""


def thread_token(block: ir.Block) -> None:
    """Let a token go through the calls with effects of a function's block, if there are any."""
    if not any(map(_acts, block.operations)):
        return
    with ir.InsertionPoint.at_block_begin(block), ir.Location.unknown():
        token = emit.constant(emit.integer_type(32), 0)
    _settle(block, _through(block, token)[1])


def _acts(op: ir.OpView) -> bool:
    """Whether an op is a call with an effect or holds one."""
    if EFFECT in op.operation.attributes:
        return True
    if not op.operation.name.startswith("scf."):
        return False
    return any(_acts(o) for region in op.regions for b in region.blocks for o in b.operations)


def _through(block: ir.Block, token: Value) -> Step:
    loose: list[Value] = []
    for op in list(block.operations):
        if _acts(op):
            with ir.InsertionPoint(op), op.location:
                token, more = _RULES[op.operation.name](op, token)
            loose += more
    return token, loose


def _call(op: ir.OpView, token: Value) -> Step:
    attributes = attributes_of(op) or {}
    del attributes[EFFECT]
    # The token comes last: the runtime's bindings read references behind a number at the wrong place.
    new = ir.Operation.create(
        "func.call",
        results=[*(r.type for r in op.results), token.type],
        operands=[*op.operands, token],
        attributes=attributes,
    )
    return _replace(op, new), []


def _loop(op: ir.OpView, token: Value) -> Step:
    """A ``for`` or ``while``: the token is carried, by both regions of the latter."""
    for region in op.regions:
        block = region.blocks[0]
        after, loose = _through(block, block.add_argument(token.type, op.location))
        _settle(block, loose)
        _give(block, [after])
    unused = [i for i, r in enumerate(op.results) if next(iter(r.uses), None) is None]
    new = _with_results(op, [*op.operands, token], [token.type])
    return _replace(op, new), [new.results[i] for i in unused]


def _branch(op: ir.OpView, token: Value) -> Step:
    blocks = [region.blocks[0] for region in op.regions]
    steps = [_through(block, token) for block in blocks]
    for k, (block, (after, _)) in enumerate(zip(blocks, steps, strict=True)):
        with ir.InsertionPoint(_end(block)), op.location:
            given = [x if k == j else _nothing_like(x) for j, (_, loose) in enumerate(steps) for x in loose]
        _give(block, [after, *given])
    kinds = [x.type for _, loose in steps for x in loose]
    new = _with_results(op, list(op.operands), [token.type, *kinds])
    count = len(op.results)
    return _replace(op, new), list(new.results)[count + 1 :]


_RULES: dict[str, Callable[[ir.OpView, Value], Step]] = {
    "func.call": _call,
    "scf.for": _loop,
    "scf.while": _loop,
    "scf.if": _branch,
}


def _end(block: ir.Block) -> ir.OpView:
    return block.operations[len(block.operations) - 1]


def _settle(block: ir.Block, loose: Sequence[Value]) -> None:
    """Use loose results at the end of a block."""
    end = _end(block)
    with ir.InsertionPoint(end), end.location:
        for x in loose:
            optimization_barrier(x)


def _nothing_like(x: Value) -> Value:
    """What the other branch gives in place of a loose result."""
    return empty(shape_of(x), element_type_of(x))


def _give(block: ir.Block, values: Sequence[Value]) -> None:
    """Let a block give further values last."""
    end = _end(block)
    all_values = [*end.operands, *values]
    with ir.InsertionPoint(end), end.location:
        if end.operation.name == "scf.condition":
            scf.ConditionOp(all_values[0], all_values[1:])
        else:
            scf.YieldOp(all_values)
    end.operation.erase()


def _with_results(op: ir.OpView, operands: Sequence[Value], kinds: Sequence[ir.Type]) -> ir.Operation:
    """The op with further results, and with the blocks of the old one."""
    new = ir.Operation.create(
        op.operation.name,
        results=[*(r.type for r in op.results), *kinds],
        operands=list(operands),
        attributes=attributes_of(op),
        regions=len(op.regions),
    )
    for old, region in zip(list(op.regions), new.regions, strict=True):
        old.blocks[0].append_to(region)
    return new


def _replace(op: ir.OpView, new: ir.Operation) -> Value:
    """Put an op in the place of another one, which has fewer results; gives the first of the others, the token."""
    count = len(op.results)
    for old, result in zip(op.results, list(new.results)[:count], strict=True):
        old.replace_all_uses_with(result)
    op.operation.erase()
    return new.results[count]
