"""A loop with all that is in it, turned into one that carries vectors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from axir_compiler.lowering.inner_loops.bodies import Budget, evaluate_generic, same_op
from axir_compiler.lowering.inner_loops.memory import Memory, Part, constant_lanes
from axir_compiler.lowering.inner_loops.values import (
    LARGEST,
    Lanes,
    Unsupported,
    vector_type,
)
from axir_compiler.lowering.kernels import index
from axir_compiler.mlir import arith, ir, scf

__all__ = ["Conversion", "is_small", "shape_of_type"]

Value = ir.Value
Known = Any  # Lanes, Memory, or the Value of a scalar
_DYNAMIC = ir.ShapedType.get_dynamic_stride_or_offset()
_TERMINATORS = ("scf.yield", "scf.condition", "tensor.yield")


def shape_of_type(kind: ir.Type) -> tuple[int, ...]:
    """The sizes of a tensor.

    Raises:
        Unsupported: they are not known, or there is no element.
    """
    ranked = ir.RankedTensorType(kind)
    if not ranked.has_static_shape or 0 in ranked.shape:
        raise Unsupported(f"the type {kind}")
    return tuple(ranked.shape)


def is_small(kind: ir.Type) -> bool:
    """Whether a tensor is kept in registers."""
    return math.prod(shape_of_type(kind)) <= LARGEST


class Conversion:
    """Appends what stands for the ops of a loop at the current insertion point.

    Attributes:
        known: What stands for each value: `Lanes` or `Memory` for tensors, values for numbers.
    """

    def __init__(self, known: dict[Value, Known], parts: Sequence[Part], budget: Budget):
        self.known = known
        self._parts = parts
        self._buffers = list(dict.fromkeys(part.buffer for part in parts))
        self._budget = budget
        self._rules: dict[str, Callable[[Any], Known | list[Known]]] = {
            "arith.constant": self.constant,
            "linalg.fill": self._fill,
            "linalg.generic": self._generic,
            "scf.for": self._loop,
            "scf.if": self._branch,
            "scf.while": self._loop,
            "tensor.collapse_shape": self._reshaped,
            "tensor.empty": lambda op: self._undefined(op.results[0].type),
            "tensor.expand_shape": self._reshaped,
            "tensor.extract": self._element,
            "tensor.extract_slice": self._slice,
            "tensor.insert_slice": self._with_slice,
            "tensor.pad": self._padded,
            "util.optimization_barrier": lambda op: self._operands(op),
        }

    def _operands(self, op: ir.OpView) -> list[Known]:
        return [self.known[x] for x in op.operands]

    def in_registers(self, value: Value) -> Lanes:
        """What stands for a tensor, read from memory if that is where it is."""
        found = self.known[value]
        if isinstance(found, Lanes):
            return found
        if found.size > LARGEST:
            raise Unsupported(f"a tensor of shape {found.shape}, which is large")
        return found.in_registers()

    def block(self, block: ir.Block, arguments: Sequence[Known]) -> list[Known]:
        """Append the ops of a block; gives what its last op hands on."""
        self.known.update(zip(block.arguments, arguments, strict=True))
        for op in block.operations:
            name = op.operation.name
            if name in _TERMINATORS:
                return self._operands(op)
            self._append(op)
        raise AssertionError("a block ends in a terminator")

    def _append(self, op: ir.OpView) -> None:
        """Append what stands for an op, unless that was done before."""
        if len(op.results) and op.results[0] in self.known:
            return
        with op.location:
            rule = self._rules.get(op.operation.name)
            found = self._scalars(op) if rule is None else rule(op)
        self.known.update(zip(op.results, found if isinstance(found, list) else [found], strict=True))

    # Scalars and constants. ---------------------------------------------------------------------------

    def _scalars(self, op: ir.OpView) -> list[Known]:
        operands = self._operands(op)
        if not all(isinstance(x, Value) for x in operands):
            raise Unsupported(f"the op {op.operation.name}")
        return [*same_op(op, operands, 1)]

    def constant(self, op: Any) -> Known:
        """A constant, of a number or a small tensor."""
        kind, value = op.results[0].type, op.attributes["value"]
        if not isinstance(kind, ir.RankedTensorType):
            return arith.constant(kind, value)
        shape, element = shape_of_type(kind), kind.element_type
        if value.is_splat:
            number = value.get_splat_value()
            return Lanes(shape, element, None, arith.constant(number.type, number))
        if not is_small(kind):
            raise Unsupported("a large constant")
        return Lanes(shape, element, constant_lanes(np.array(value), element))

    def _undefined(self, kind: ir.Type) -> Lanes:
        if not is_small(kind):
            raise Unsupported(f"a tensor of type {kind}")
        return Lanes(shape_of_type(kind), ir.RankedTensorType(kind).element_type, None)

    def _fill(self, op: Any) -> Lanes:
        number, target = self._operands(op)
        return replace(target, value=None, number=number)

    def _generic(self, op: Any) -> list[Known]:
        count = op.attributes["operandSegmentSizes"][0]
        inputs, outputs = (
            self._operands(op)[:count],
            [self.in_registers(x) for x in list(op.operands)[count:]],
        )
        return [*evaluate_generic(op, inputs, outputs, self.known, self._budget)]

    # Shapes. ------------------------------------------------------------------------------------------

    def _reshaped(self, op: Any) -> Known:
        return self.in_registers(op.operands[0]).reshaped(shape_of_type(op.results[0].type))

    def _element(self, op: Any) -> Value:
        source, *at = self._operands(op)
        return (
            source.read_from(_linear(at, source.strides), np.zeros(1, np.int64))
            if at
            else source.read(np.zeros(1, int))
        )

    def _slice(self, op: Any) -> Known:
        source = self.known[op.operands[0]]
        start, moved, sizes, strides = self._window(op, source)
        shape = shape_of_type(op.results[0].type)
        if isinstance(source, Memory) and math.prod(shape) > LARGEST:
            if len(shape) != len(sizes):
                raise Unsupported("a large part of lower rank")
            further = source.moved if moved is None else _sum(source.moved, moved)
            return replace(source, shape=shape, strides=strides, start=source.start + start, moved=further)
        positions = start + _positions(sizes, strides)
        self._budget.spend(len(positions))
        value = source.read(positions) if moved is None else source.read_from(moved, positions)
        return Lanes(shape, source.element, value)

    def _with_slice(self, op: Any) -> Known:
        part, target = self.in_registers(op.operands[0]), self.known[op.operands[1]]
        if isinstance(target, Memory):
            self._read_before(op)
        start, moved, sizes, strides = self._window(op, target)
        positions = start + _positions(sizes, strides)
        self._budget.spend(2 * len(positions))
        value = part.defined()
        return (
            target.written(positions, value)
            if moved is None
            else target.written_from(moved, positions, value)
        )

    def _read_before(self, op: Any) -> None:
        """Read now what the program reads of an array after a part of it is replaced, where that can be."""
        for use in op.operands[1].uses:
            reader = use.owner
            is_part = reader.operation.name == "tensor.extract_slice"
            if is_part and reader.operation.block == op.operation.block:
                self._append_if_known(reader)

    def _append_if_known(self, op: ir.OpView) -> None:
        if all(x in self.known for x in op.operands):
            self._append(op)

    def _window(self, op: Any, x: Lanes | Memory) -> tuple[int, Value | None, list[int], tuple[int, ...]]:
        """The first position of a window, how much further at run time, its sizes and strides."""
        offsets, sizes, steps = (list(op.attributes[f"static_{n}"]) for n in ("offsets", "sizes", "strides"))
        if _DYNAMIC in sizes or _DYNAMIC in steps:
            raise Unsupported("a part whose size is known at run time")
        strides = tuple(a * b for a, b in zip(steps, x.strides, strict=True))
        given = iter(op.offsets)
        start, moved = 0, None
        for offset, stride in zip(offsets, x.strides, strict=True):
            if offset != _DYNAMIC:
                start += offset * stride
                continue
            moved = _sum(moved, arith.muli(self.known[next(given)], index(stride)))
        return start, moved, sizes, strides

    def _padded(self, op: Any) -> Lanes:
        source = self.in_registers(op.operands[0])
        low, high = (list(op.attributes[f"static_{name}"]) for name in ("low", "high"))
        body = op.regions[0].blocks[0]
        if any(list(x.uses) for x in body.arguments) or _DYNAMIC in (*low, *high):
            raise Unsupported("this padding")
        (number,) = self.block(body, [None] * len(body.arguments))
        if any(n < 0 for n in (*low, *high)):
            raise Unsupported("padding that cuts")
        target = self._undefined(op.results[0].type)
        start = sum(a * b for a, b in zip(low, target.strides, strict=True))
        self._budget.spend(2 * target.size)
        whole = replace(target, number=number)
        return whole.written(start + _positions(source.shape, target.strides), source.defined())

    # Loops and branches. ------------------------------------------------------------------------------

    def loop(self, op: Any, carried: Sequence[Known]) -> list[Known]:
        """An ``scf.for`` or ``scf.while`` that starts from ``carried``; gives what it ends with."""
        return self._for(op, carried) if op.operation.name == "scf.for" else self._while(op, carried)

    def _loop(self, op: Any) -> list[Known]:
        return self.loop(op, self._operands(op)[len(op.operands) - len(op.results) :])

    def _for(self, op: Any, carried: Sequence[Known]) -> list[Known]:
        first, end, step = self._operands(op)[:3]
        new = scf.ForOp(first, end, step, self._carried(carried))
        with ir.InsertionPoint(new.body):
            number = new.induction_variable
            scf.YieldOp(self._step(op.regions[0].blocks[0], carried, new.inner_iter_args, [number])[1])
        return self._renewed(carried, new.results)

    def _while(self, op: Any, carried: Sequence[Known]) -> list[Known]:
        inits = self._carried(carried)
        kinds = [x.type for x in inits]
        new = ir.Operation.create("scf.while", results=kinds, operands=inits, regions=2)
        condition, body = (r.blocks.append(*kinds, arg_locs=[new.location] * len(kinds)) for r in new.regions)
        with ir.InsertionPoint(condition):
            (holds,), state = self._step(op.regions[0].blocks[0], carried, condition.arguments)
            scf.ConditionOp(holds, state)
        with ir.InsertionPoint(body):
            scf.YieldOp(self._step(op.regions[1].blocks[0], carried, body.arguments)[1])
        return self._renewed(carried, new.results)

    def _step(
        self, block: ir.Block, carried: Sequence[Known], values: Sequence[Value], first: Sequence[Value] = ()
    ) -> tuple[list[Value], list[Value]]:
        """Append a block of a loop that carries like ``carried``; gives what else it hands on, and what it carries."""
        state = self._renewed(carried, values)
        kept = {
            part: part.version for part in self._parts if all(x.part is not part for x in _memories(carried))
        }
        found = self.block(block, [*first, *state])
        if any(part.version != version for part, version in kept.items()):
            raise Unsupported("an array that is replaced for one step only")
        more = len(found) - len(carried)
        return found[:more], self._carried([_like(x, y) for x, y in zip(found[more:], carried, strict=True)])

    def _carried(self, values: Sequence[Known]) -> list[Value]:
        """What a loop carries: numbers and vectors, and the buffers that are written."""
        found = [x.defined() if isinstance(x, Lanes) else x for x in values if not isinstance(x, Memory)]
        return [*found, *(b.value for b in self._buffers)]

    def _renewed(self, like: Sequence[Known], values: Sequence[Value]) -> list[Known]:
        """The carried values as tensors again; buffers are what they are there."""
        given = iter(values)
        simple = {i: next(given) for i, x in enumerate(like) if not isinstance(x, Memory)}
        for buffer, value in zip(self._buffers, given, strict=True):
            buffer.value = value
        found: list[Known] = []
        for i, x in enumerate(like):
            if isinstance(x, Memory):
                found.append(x.part.renewed())
            else:
                found.append(Lanes(x.shape, x.element, simple[i]) if isinstance(x, Lanes) else simple[i])
        return found

    def _branch(self, op: Any) -> list[Known]:
        results = [
            self._undefined(r.type) if isinstance(r.type, ir.RankedTensorType) else r for r in op.results
        ]
        kinds = [
            vector_type(x.size, x.element) if isinstance(x, Lanes) else r.type
            for x, r in zip(results, op.results, strict=True)
        ]
        if len(op.regions[1].blocks) == 0:
            raise Unsupported("a branch without another")
        new = ir.Operation.create("scf.if", results=kinds, operands=self._operands(op), regions=2)
        versions = [part.version for part in self._parts]
        for region, old in zip(new.regions, op.regions, strict=True):
            with ir.InsertionPoint(region.blocks.append()):
                found = self.block(old.blocks[0], [])
                values = [_like(x, y) for x, y in zip(found, results, strict=True)]
                scf.YieldOp([x.defined() if isinstance(x, Lanes) else x for x in values])
        if versions != [part.version for part in self._parts]:
            raise Unsupported("an array that is replaced in a branch only")
        return [
            Lanes(x.shape, x.element, value) if isinstance(x, Lanes) else value
            for x, value in zip(results, new.results, strict=True)
        ]


def _memories(values: Sequence[Known]) -> list[Memory]:
    return [x for x in values if isinstance(x, Memory)]


def _like(new: Known, old: Known) -> Known:
    """What a step hands on in place of what it was given, kept in the same way."""
    if isinstance(old, Memory):
        if not isinstance(new, Memory) or new.part is not old.part or not new.is_current:
            raise Unsupported("an array that takes the place of another one")
        return new
    return new.in_registers() if isinstance(new, Memory) else new


def _sum(a: Value | None, b: Value) -> Value:
    return b if a is None else arith.addi(a, b)


def _linear(at: Sequence[Value], strides: Sequence[int]) -> Value:
    found: Value | None = None
    for number, stride in zip(at, strides, strict=True):
        found = _sum(found, arith.muli(number, index(stride)))
    assert found is not None
    return found


def _positions(sizes: Sequence[int], strides: Sequence[int]) -> np.ndarray:
    """Of the elements of a window, relative to its first."""
    grid = np.indices(list(sizes)).reshape(len(sizes), math.prod(sizes))
    return np.asarray(strides, np.int64) @ grid if len(sizes) else np.zeros(1, np.int64)
