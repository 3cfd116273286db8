"""Keeps calls with effects in the order of the program, by a token that goes through them.

IREE sorts the ops of a block by what they need: a call whose argument is ready later comes after a loop that stands
behind it. So each call with an effect takes a token, an i32, and gives one; loops and branches with such calls carry
it.
"""

from __future__ import annotations

from collections.abc import Sequence

from axir_compiler.ir.module import attributes_of
from axir_compiler.lowering import emit
from axir_compiler.lowering.fusion import barrier
from axir_compiler.mlir import ir, scf

__all__ = ["EFFECT", "thread_token", "use_results_around"]

Value = ir.Value
EFFECT = "axir.effect"
"""Marks a call with an effect until it has its token."""


def thread_token(block: ir.Block) -> None:
    """Let a token go through the calls with effects of a function's block, if there are any."""
    if not any(map(_acts, block.operations)):
        return
    with ir.InsertionPoint.at_block_begin(block), ir.Location.unknown():
        token = emit.constant(emit.integer_type(32), 0)
    _through(block, token)


def use_results_around(call: ir.Operation) -> None:
    """Let the results of all loops and branches around a call be used.

    IREE does not come to an end with such a loop whose results nobody uses: it tries to drop it over and over.
    """
    outer = call.parent.operation
    while outer.name.startswith("scf."):
        with ir.InsertionPoint.after(outer), outer.location:
            for result in outer.results:
                if next(iter(result.uses), None) is None:
                    barrier(result)
        outer = outer.parent.operation


def _acts(op: ir.OpView) -> bool:
    """Whether an op is a call with an effect or holds one."""
    if EFFECT in op.operation.attributes:
        return True
    if not op.operation.name.startswith("scf."):
        return False
    return any(_acts(o) for region in op.regions for b in region.blocks for o in b.operations)


def _through(block: ir.Block, token: Value) -> Value:
    """The token behind a block, given the one in front of it."""
    for op in list(block.operations):
        if _acts(op):
            with ir.InsertionPoint(op), op.location:
                token = _RULES[op.operation.name](op, token)
    return token


def _call(op: ir.OpView, token: Value) -> Value:
    attributes = attributes_of(op) or {}
    del attributes[EFFECT]
    new = ir.Operation.create(
        "func.call",
        # The token comes last: the runtime's bindings read references behind a number at the wrong place.
        results=[*(r.type for r in op.results), token.type],
        operands=[*op.operands, token],
        attributes=attributes,
    )
    return _replace(op, list(new.results)[:-1], new.results[len(op.results)])


def _loop(op: ir.OpView, token: Value) -> Value:
    """A ``for`` or ``while``: the token is carried, by both regions of the latter."""
    new = _with_token(op, [*op.operands, token])
    for region in new.regions:
        block = region.blocks[0]
        argument = block.add_argument(token.type, op.location)
        _give(block, _through(block, argument))
    return _replace(op, list(new.results)[:-1], new.results[len(op.results)])


def _branch(op: ir.OpView, token: Value) -> Value:
    new = _with_token(op, list(op.operands))
    for region in new.regions:
        block = region.blocks[0]
        _give(block, _through(block, token))
    return _replace(op, list(new.results)[:-1], new.results[len(op.results)])


_RULES = {"func.call": _call, "scf.for": _loop, "scf.while": _loop, "scf.if": _branch}


def _with_token(op: ir.OpView, operands: Sequence[Value]) -> ir.Operation:
    """The op with a token as its last result, and with the blocks of the old one."""
    kinds = [*(r.type for r in op.results), emit.integer_type(32)]
    new = ir.Operation.create(
        op.operation.name,
        results=kinds,
        operands=list(operands),
        attributes=attributes_of(op),
        regions=len(op.regions),
    )
    for old, region in zip(list(op.regions), new.regions, strict=True):
        old.blocks[0].append_to(region)
    return new


def _give(block: ir.Block, token: Value) -> None:
    """Let a block give a token last."""
    end = block.operations[len(block.operations) - 1]
    values = [*end.operands, token]
    with ir.InsertionPoint(end), end.location:
        if end.operation.name == "scf.condition":
            scf.ConditionOp(values[0], values[1:])
        else:
            scf.YieldOp(values)
    end.operation.erase()


def _replace(op: ir.OpView, results: Sequence[Value], token: Value) -> Value:
    for old, new in zip(op.results, results, strict=True):
        old.replace_all_uses_with(new)
    op.operation.erase()
    return token
