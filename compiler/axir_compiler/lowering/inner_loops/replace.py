"""Finds the loops that become kernels, and makes the kernels."""

from __future__ import annotations

import logging
import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.ir.module import definitions
from axir_compiler.lowering import emit
from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.lowering.generic import elementwise
from axir_compiler.lowering.inner_loops.bodies import Budget
from axir_compiler.lowering.inner_loops.conversion import Conversion, is_small, shape_of_type
from axir_compiler.lowering.inner_loops.memory import Buffer, Memory, Part
from axir_compiler.lowering.inner_loops.values import Lanes, Unsupported
from axir_compiler.lowering.kernels import index, kernel, load, loop, store
from axir_compiler.mlir import arith, ir, tensor

__all__ = ["with_inner_loops"]

_log = logging.getLogger("axir_compiler")
_RESHAPES = ("tensor.expand_shape", "tensor.collapse_shape")
_LOOPS = ("scf.for", "scf.while")
# Ops on a part of a tensor, and which operand the tensor is.
_PARTS = {"tensor.extract_slice": 0, "tensor.insert_slice": 1}
# Vector instructions of a kernel; more take LLVM seconds.
_MOST_CODE = 20_000
# A kernel of IREE's local devices takes 32.
_MOST_BUFFERS = 30

Value = ir.Value


def with_inner_loops(module: ir.Module) -> ir.Module:
    """The module itself if none of its loops is small, else a copy in which those are kernels."""
    if not any(_loops(f.regions[0].blocks[0]) for f in definitions(module)):
        return module
    with module.context, ir.Location.unknown():
        copy = ir.Module.parse(module.operation.get_asm(enable_debug_info=True))
        for function in definitions(copy):
            _replace_in(function.regions[0].blocks[0])
    return copy


def _loops(block: ir.Block) -> list[ir.OpView]:
    return [op for op in block.operations if op.operation.name.startswith("scf.")]


def _replace_in(block: ir.Block) -> None:
    """Replace the loops of a block; of those that cannot be, the loops inside."""
    for op in _loops(block):
        if op.operation.name in _LOOPS and _replaced(op):
            continue
        for region in op.regions:
            for inner in region.blocks:
                _replace_in(inner)


def _replaced(op: ir.OpView) -> bool:
    """Put a kernel in place of a loop, if that can be."""
    with ir.InsertionPoint(op), op.location:
        mark = index(0).owner
        try:
            results = _kernel_of(op)
        except Unsupported as error:
            _log.debug("the loop at %s is not one kernel: %s", op.location, error)
            _erase_between(mark, op)
            return False
    for old, new in zip(op.results, results, strict=True):
        old.replace_all_uses_with(new)
    op.operation.erase()
    return True


def _erase_between(mark: ir.Operation, op: ir.OpView) -> None:
    """Take back what was inserted in front of a loop, from a mark on."""
    inserted = []
    for other in op.operation.block.operations:
        if other == op:
            break
        if inserted or other.operation == mark:
            inserted.append(other)
    for other in reversed(inserted):
        other.operation.erase()


def _kernel_of(op: Any) -> list[Value]:
    """A kernel that does what a loop does; gives what stands for the results of the loop."""
    kinds = [r.type for r in op.results]
    if not kinds or not all(isinstance(kind, ir.RankedTensorType) for kind in kinds):
        raise Unsupported("a loop that does not give tensors")
    captured = _captured(op)
    roots = _passed_in(captured)
    in_memory = [_stays_in_memory(x) for x in _state_of(op)]
    places = _places(kinds, in_memory, _MOST_BUFFERS - len({root.flat for root in roots.values()}))
    inits = list(op.operands)[-len(kinds) :]

    def body(*targets: Value) -> list[Value]:
        buffers = [Buffer(target) for target in targets]
        parts = [
            Part(buffers[place.buffer], place.start, shape_of_type(kind), kind.element_type, True)
            for place, kind in zip(places, kinds, strict=True)
        ]
        known = {value: _taken_in(value, roots) for value in captured}
        conversion = Conversion(known, parts, Budget(_MOST_CODE))
        carried = [
            _copied(known[x], part) if stays else conversion.in_registers(x)
            for x, part, stays in zip(inits, parts, in_memory, strict=True)
        ]
        for found, part in zip(conversion.loop(op, carried), parts, strict=True):
            if isinstance(found, Lanes):
                _write(found, part)
        return [buffer.value for buffer in buffers]

    targets = kernel(_forms(kinds, places), body)
    # Reshapes behind a barrier stay out of the kernel; where there is none, a barrier would be a copy.
    alone = len(kinds) == 1 and kinds[0] == targets[0].type and _is_only_returned(op.results[0])
    flat = targets if alone else [kernel_barrier(x) for x in targets]
    return [
        _passed_out(flat[place.buffer], place.start, kind) for place, kind in zip(places, kinds, strict=True)
    ]


def _is_only_returned(value: Value) -> bool:
    return all(use.owner.operation.name == "func.return" for use in value.uses)


class _Place(NamedTuple):
    """Where a result of a loop lies: the number of a buffer, and the position in it."""

    buffer: int
    start: int


def _places(kinds: Sequence[Any], in_memory: Sequence[bool], most: int) -> list[_Place]:
    """A place for each result, in at most so many buffers, no two of which are of one type.

    Two results of a kernel that MLIR finds to be equal become one, and IREE then gives wrong ones: what could be
    equal lies in one buffer.
    """
    for together in (False, True):
        found: dict[Any, int] = {}
        ends: list[int] = []
        places = []
        for kind, large in zip(kinds, in_memory, strict=True):
            count = _count(kind)
            key = (_stored(kind), count if large and not together else None)
            buffer = found.setdefault(key, len(found))
            ends.extend([0] * (len(found) - len(ends)))
            places.append(_Place(buffer, ends[buffer]))
            ends[buffer] += count
        if len(ends) <= most:
            return places
    raise Unsupported("too many buffers")


def _forms(kinds: Sequence[Any], places: Sequence[_Place]) -> list[tuple[list[int], ir.Type]]:
    """Size and element type of each buffer, no two of which are the same."""
    ends = {
        place.buffer: (place.start + _count(kind), _stored(kind))
        for place, kind in zip(places, kinds, strict=True)
    }
    forms: list[tuple[list[int], ir.Type]] = []
    for number in range(len(ends)):
        size, element = ends[number]
        while ([size], element) in forms:
            size += 1
        forms.append(([size], element))
    return forms


def _captured(op: ir.OpView) -> list[Value]:
    """The values from outside that a loop uses."""
    inside: set[Value] = set()
    used: dict[Value, None] = dict.fromkeys(op.operands)

    def visit(block: ir.Block) -> None:
        inside.update(block.arguments)
        for inner in block.operations:
            inside.update(inner.results)
            used.update(dict.fromkeys(inner.operands))
            for region in inner.regions:
                for nested in region.blocks:
                    visit(nested)

    for region in op.regions:
        for block in region.blocks:
            visit(block)
    return [value for value in used if value not in inside]


# What goes into a kernel and comes out. -------------------------------------------------------------------


def _count(kind: ir.Type) -> int:
    return math.prod(shape_of_type(kind)) if isinstance(kind, ir.RankedTensorType) else 1


def _stored(kind: ir.Type) -> ir.Type:
    """The type of an element in memory: truth values are bytes."""
    element = kind.element_type if isinstance(kind, ir.RankedTensorType) else kind
    if isinstance(element, ir.IntegerType) and element.width == 1:
        return emit.integer_type(8)
    if isinstance(element, (ir.F32Type, ir.F64Type, ir.IntegerType, ir.IndexType)):
        return element
    raise Unsupported(f"elements of type {element}")


def _is_undefined(value: Value) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.name == "tensor.empty"


class _Root(NamedTuple):
    """A tensor as a kernel gets it, in one axis, and where in it a tensor of the program begins."""

    flat: Value
    start: int


def _passed_in(values: Sequence[Value]) -> dict[Value, _Root]:
    """What a kernel gets for each tensor from outside; results of one other kernel come as they lie there.

    Small constants become part of the kernel, unless there is nothing else: IREE runs a kernel without arguments
    when the program is loaded, and mixes up its results.
    """
    tensors = [x for x in values if isinstance(x.type, ir.RankedTensorType) and not _is_undefined(x)]
    passed = [x for x in tensors if _constant_of(x) is None] or tensors
    found: dict[Value, _Root] = {}
    barriers: dict[Value, Value] = {}
    for value in passed:
        source, start = _window_of(value) or (_flat(value), 0)
        if source not in barriers:
            # Of an argument as it is, a barrier would be a copy.
            is_argument = isinstance(source.owner, ir.Block)
            barriers[source] = source if is_argument else kernel_barrier(source)
        found[value] = _Root(barriers[source], start)
    if not 0 < len(barriers) < _MOST_BUFFERS:
        raise Unsupported("no buffer, or too many")
    return found


def _window_of(value: Value) -> tuple[Value, int] | None:
    """The tensor of one axis that a tensor is a contiguous part of, and where it begins."""
    owner = value.owner
    if not isinstance(owner, ir.Block) and owner.name in _RESHAPES:
        owner = owner.operands[0].owner
    if isinstance(owner, ir.Block) or owner.name != "tensor.extract_slice":
        return None
    source = owner.operands[0]
    offsets, strides = (list(owner.attributes[f"static_{name}"]) for name in ("offsets", "strides"))
    if (
        len(offsets) != 1
        or len(owner.operands) != 1
        or strides != [1]
        or _stored(source.type) != _stored(value.type)
    ):
        return None
    return source, offsets[0]


def _flat(value: Value) -> Value:
    """A tensor in one axis."""
    kind = ir.RankedTensorType(value.type)
    element, shape = _stored(kind), shape_of_type(kind)
    if element != kind.element_type:
        value = elementwise(lambda x: arith.extui(element, x), [value], element)
    flat = ir.RankedTensorType.get([math.prod(shape)], element)
    if len(shape) == 0:
        return tensor.expand_shape(flat, value, [], [], [1])
    return value if len(shape) == 1 else tensor.collapse_shape(flat, value, [list(range(len(shape)))])


def _constant_of(value: Value) -> ir.OpView | None:
    """The op of a constant that is small or repeats one number."""
    owner = value.owner
    if isinstance(owner, ir.Block) or owner.name != "arith.constant":
        return None
    return owner if is_small(value.type) or owner.attributes["value"].is_splat else None


def _taken_in(value: Value, roots: dict[Value, _Root]) -> Any:
    """What stands for a value from outside, in a kernel."""
    kind = value.type
    if not isinstance(kind, ir.RankedTensorType):
        return value
    shape, element = shape_of_type(kind), kind.element_type
    if value in roots:
        flat, start = roots[value]
        return Part(Buffer(flat), start, shape, element, False).now()
    constant = _constant_of(value)
    if constant is None:
        return Lanes(shape, element, None)  # of any size: it is never read
    return Conversion({}, [], Budget(_MOST_CODE)).constant(constant)


def _state_of(op: Any) -> list[Value]:
    """What a loop carries, as its body sees it."""
    arguments = list(op.regions[len(op.regions) - 1].blocks[0].arguments)
    return arguments[len(arguments) - len(op.results) :]


def _stays_in_memory(carried: Value) -> bool:
    """Whether a carried tensor is large, or read and written in parts that are known at run time only."""
    places = [(u.owner, _PARTS.get(u.owner.operation.name) == u.operand_number) for u in carried.uses]
    moving = any(is_whole and len(op.offsets) for op, is_whole in places)
    return not is_small(carried.type) or (_count(carried.type) > 1 and moving)


def _copied(known: Lanes | Memory, part: Part) -> Memory:
    """The part of a result, with what a tensor is before the first step."""
    if isinstance(known, Lanes) and known.is_written and known.number is None:
        return _write(known, part)
    if isinstance(known, Memory) or known.is_written:
        buffer = part.buffer

        def element(i: Value) -> Value:
            if isinstance(known, Memory):
                return load(known.part.buffer.value, arith.addi(i, index(known.start)))
            number = known.read(np.zeros(1, np.int64))
            return (
                number
                if _stored(part.element) == part.element
                else arith.extui(_stored(part.element), number)
            )

        steps = math.prod(part.shape)
        (buffer.value,) = loop(
            steps, [buffer.value], lambda i, t: [store(element(i), t, arith.addi(i, index(part.start)))]
        )
    return part.now()


def _write(found: Lanes, part: Part) -> Memory:
    """A small result in the memory that it has outside."""
    return part.now().written(np.arange(found.size), found.defined())


def _passed_out(flat: Value, start: int, kind: Any) -> Value:
    """A result of a kernel with the type that the program knows."""
    shape, element = shape_of_type(kind), ir.RankedTensorType(flat.type).element_type
    count = math.prod(shape)
    if list(ir.RankedTensorType(flat.type).shape) != [count]:
        line = ir.RankedTensorType.get([count], element)
        flat = tensor.extract_slice(line, flat, [], [], [], [start], [count], [1])
    stored = ir.RankedTensorType.get(list(shape), element)
    if len(shape) == 0:
        flat = tensor.collapse_shape(stored, flat, [])
    elif len(shape) > 1:
        flat = tensor.expand_shape(stored, flat, [list(range(len(shape)))], [], list(shape))
    if kind.element_type == element:
        return flat
    return elementwise(lambda x: arith.trunci(kind.element_type, x), [flat], kind.element_type)
