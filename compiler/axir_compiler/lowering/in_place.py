"""Arrays that a loop of the program fills part by part, such as the outputs of a scan, are written in place.

IREE copies what a loop carries before it writes a part of it, at every step: it does not know whether something else
still needs the former contents, so that n steps copy n * n parts. Here that is known: the array has one use, as what
is written into, and begins as memory of its own. A barrier in the body of the loop hides from IREE that the array is
carried; of a value that is computed and used once, it makes no copy.

What such a loop starts from is filled at run time, since undefined arrays of one type would be one array for IREE, and
constants are shared by all calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from axir_compiler.ir.module import definitions
from axir_compiler.lowering.fusion import program_blocks
from axir_compiler.lowering.generic import fill, optimization_barrier
from axir_compiler.mlir import arith, ir

__all__ = ["with_in_place_loops"]

_SMALLEST = 1 << 10
"""Elements from which a copy costs more than the barrier."""


class _Filled(NamedTuple):
    """An array that a loop fills: the position among what it carries, and the number that it starts with, if any."""

    loop: ir.Operation
    position: int
    number: ir.Attribute | ir.Value | None


def with_in_place_loops(module: ir.Module) -> ir.Module:
    """The program with such loops: a copy if there are some, else the program itself."""
    if not any(True for _ in _found(module)):
        return module
    copy = ir.Module.parse(module.operation.get_asm(enable_debug_info=True), module.context)
    with module.context:
        for filled in list(_found(copy)):
            with filled.loop.location:
                _write_in_place(filled)
    return copy


def _found(module: ir.Module) -> Iterator[_Filled]:
    for function in definitions(module):
        for block in program_blocks(function.regions[0].blocks[0]):
            for op in block.operations:
                if op.operation.name == "scf.for":
                    yield from _filled_by(op.operation)


def _filled_by(loop: ir.Operation) -> Iterator[_Filled]:
    body = loop.regions[0].blocks[0]
    carried, inits = list(body.arguments)[1:], list(loop.operands)[3:]
    handed_on = list(body.operations)[-1].operands
    for position, (argument, init, new) in enumerate(zip(carried, inits, handed_on, strict=True)):
        if _is_large(argument.type) and _is_uniform(init) and _is_written_only(argument, new, body):
            yield _Filled(loop, position, _number_of(init))


def _is_uniform(value: ir.Value) -> bool:
    """Whether an array repeats one number, or is undefined."""
    owner = value.owner
    if isinstance(owner, ir.Block):
        return False
    if owner.name == "arith.constant":
        return owner.attributes["value"].is_splat
    return owner.name in ("tensor.empty", "linalg.fill")


def _number_of(value: ir.Value) -> ir.Attribute | ir.Value | None:
    """What a uniform array repeats; ``None`` of one that is undefined."""
    owner = value.owner
    if owner.name == "arith.constant":
        return owner.attributes["value"].get_splat_value()
    return owner.operands[0] if owner.name == "linalg.fill" else None


def _is_large(kind: ir.Type) -> bool:
    if not isinstance(kind, ir.RankedTensorType) or not kind.has_static_shape:
        return False
    is_number = isinstance(kind.element_type, ir.FloatType | ir.IntegerType)
    return is_number and math.prod(kind.shape) >= _SMALLEST


def _is_written_only(argument: ir.Value, new: ir.Value, body: ir.Block) -> bool:
    """Whether all that happens to an array in a step is that parts of it are replaced, one after the other."""
    value = argument
    while value != new:
        uses = list(value.uses)
        if len(uses) != 1:
            return False
        use = uses[0]
        writes = use.owner.operation.name == "tensor.insert_slice" and use.operand_number == 1
        if not writes or use.owner.operation.block != body:
            return False
        value = use.owner.results[0]
    return value != argument and len(list(value.uses)) == 1


def _write_in_place(filled: _Filled) -> None:
    loop, position, number = filled
    argument = list(loop.regions[0].blocks[0].arguments)[1 + position]
    (use,) = list(argument.uses)
    with ir.InsertionPoint.at_block_begin(loop.regions[0].blocks[0]):
        use.owner.operands[use.operand_number] = optimization_barrier(argument)
    with ir.InsertionPoint(loop):
        loop.operands[3 + position] = _memory(ir.RankedTensorType(argument.type), number)


def _memory(kind: ir.RankedTensorType, number: ir.Attribute | ir.Value | None) -> ir.Value:
    """An array that nothing else shares."""
    element = kind.element_type
    if number is None:
        number = (
            ir.FloatAttr.get(element, 0)
            if isinstance(element, ir.FloatType)
            else ir.IntegerAttr.get(element, 0)
        )
    scalar = number if isinstance(number, ir.Value) else arith.constant(element, number)
    hidden = optimization_barrier(scalar)
    return fill(list(kind.shape), hidden)
