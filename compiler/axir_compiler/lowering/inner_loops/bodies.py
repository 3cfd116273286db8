"""One linalg op on vectors: its body is evaluated for all elements of the result at once."""

from __future__ import annotations

import itertools
import math
import operator
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.lowering.inner_loops.memory import Memory, constant_lanes
from axir_compiler.lowering.inner_loops.values import (
    LARGEST,
    Lanes,
    Unsupported,
    spread,
    vector_type,
    with_type_of,
)
from axir_compiler.mlir import arith, context, ir, vector

__all__ = ["Budget", "evaluate_generic"]

Value = ir.Value
Grid = Mapping[int, np.ndarray]  # for each loop its number in each lane

# What `vector.reduction` calls the ops that combine elements.
_COMBINERS = {
    "arith.addf": "add",
    "arith.addi": "add",
    "arith.mulf": "mul",
    "arith.muli": "mul",
    "arith.andi": "and",
    "arith.ori": "or",
    "arith.xori": "xor",
    "arith.maximumf": "maximumf",
    "arith.minimumf": "minimumf",
    "arith.maxsi": "maxsi",
    "arith.minsi": "minsi",
    "arith.maxui": "maxui",
    "arith.minui": "minui",
}
_LANES_OF_A_REGISTER = 8
_INDEX_RULES = {"AffineAddExpr": operator.add, "AffineMulExpr": operator.mul}


class Budget:
    """Bounds how much code a kernel becomes."""

    def __init__(self, most: int):
        self.left = most

    def spend(self, lanes: int) -> None:
        """For an op on so many lanes.

        Raises:
            Unsupported: there would be too much code.
        """
        self.left -= -(-lanes // _LANES_OF_A_REGISTER)
        if self.left < 0:
            raise Unsupported("too much code")


class _Form(NamedTuple):
    """A ``linalg.generic``, taken apart."""

    inputs: Sequence[Any]
    outputs: Sequence[Lanes]
    maps: Sequence[ir.AffineMap]
    sizes: Mapping[int, int]
    order: Sequence[int]  # loops of the axes of the result
    reduced: Sequence[int]
    block: ir.Block


def evaluate_generic(
    op: ir.OpView, inputs: Sequence[Any], outputs: Sequence[Lanes], known: Mapping[Value, Any], budget: Budget
) -> list[Lanes]:
    """The results of a ``linalg.generic``.

    Args:
        op: The op.
        inputs, outputs: What stands for its operands.
        known: What stands for the values from outside that its body uses.
        budget: Pays for each op.
    """
    form = _taken_apart(op, inputs, outputs)
    shape = [form.sizes[d] for d in form.order]
    lanes = math.prod(shape)
    if not 0 < lanes <= LARGEST or not math.prod(form.sizes[d] for d in form.reduced):
        raise Unsupported(f"a tensor of shape {shape}")
    grid: Grid = dict(zip(form.order, np.indices(shape).reshape(len(shape), lanes), strict=True))
    across = _combined(form, grid, lanes, known, budget)
    found = _one_after_the_other(form, grid, lanes, known, budget) if across is None else [across]
    kinds = [ir.RankedTensorType(r.type).element_type for r in op.results]
    return [Lanes(tuple(shape), kind, value) for kind, value in zip(kinds, found, strict=True)]


def _taken_apart(op: ir.OpView, inputs: Sequence[Any], outputs: Sequence[Lanes]) -> _Form:
    maps = [attribute.value for attribute in op.attributes["indexing_maps"]]
    reduced = [d for d, kind in enumerate(op.attributes["iterator_types"]) if "reduction" in str(kind)]
    sizes: dict[int, int] = {}
    for x, affine in zip((*inputs, *outputs), maps, strict=True):
        for axis, expression in enumerate(affine.results):
            if isinstance(expression, ir.AffineDimExpr):
                sizes[expression.position] = x.shape[axis]
    target = maps[-1]
    order = [e.position for e in target.results if isinstance(e, ir.AffineDimExpr)]
    parallel = set(range(target.n_dims)) - set(reduced)
    if (
        len(order) != len(target.results)
        or set(order) != parallel
        or any(m != target for m in maps[len(inputs) :])
    ):
        raise Unsupported(f"a result by the map {target}")
    if set(sizes) != set(range(target.n_dims)):
        raise Unsupported("a loop without a size")
    return _Form(inputs, outputs, maps, sizes, order, reduced, op.regions[0].blocks[0])


def _one_after_the_other(
    form: _Form, grid: Grid, lanes: int, known: Mapping[Value, Any], budget: Budget
) -> list[Value]:
    """Each element of the results in a lane, steps of a reduction in order."""
    outputs: list[Value | None] = [x.defined() if x.is_written else None for x in form.outputs]
    for step in itertools.product(*(range(form.sizes[d]) for d in form.reduced)):
        here = {**grid, **{d: np.full(lanes, i) for d, i in zip(form.reduced, step, strict=True)}}
        inputs = [_read(x, m, here, lanes) for x, m in zip(form.inputs, form.maps, strict=False)]
        kinds = [x.element for x in form.outputs]
        states = [_state(v, k, lanes) for v, k in zip(outputs, kinds, strict=True)]
        outputs = [*evaluate_body(form.block, [*inputs, *states], here, lanes, known, budget)]
    return [x for x in outputs if x is not None]


def _state(value: Value | None, element: ir.Type, lanes: int) -> Value:
    return Lanes((lanes,), element, value).defined()


def _combined(
    form: _Form, grid: Grid, lanes: int, known: Mapping[Value, Any], budget: Budget
) -> Value | None:
    """A reduction to few elements: all that is reduced in lanes, then across them; ``None`` if it has not that form."""
    count = math.prod(form.sizes[d] for d in form.reduced)
    last = form.block.operations[len(form.block.operations) - 1]
    if 4 * lanes > count or count > LARGEST or len(form.outputs) != 1:
        return None
    total = form.block.arguments[len(form.inputs)]
    combiner = last.operands[0].owner
    if isinstance(combiner, ir.Block) or combiner.name not in _COMBINERS or len(list(total.uses)) != 1:
        return None
    others = [x for x in combiner.operands if x != total]
    if len(others) != 1 or next(iter(total.uses)).owner.operation != combiner.operation:
        return None
    steps = np.indices([form.sizes[d] for d in form.reduced]).reshape(len(form.reduced), count)
    start, found = form.outputs[0].defined(), []
    for lane in range(lanes):
        here = {d: np.full(count, numbers[lane]) for d, numbers in grid.items()}
        here |= dict(zip(form.reduced, steps, strict=True))
        inputs = [_read(x, m, here, count) for x, m in zip(form.inputs, form.maps, strict=False)]
        arguments = [*inputs, spread(start if lanes == 1 else vector.extract(start, [], [lane]), count)]
        elements = evaluate_body(form.block, arguments, here, count, known, budget, wanted=others)[0]
        first = start if lanes == 1 else vector.extract(start, [], [lane])
        found.append(_across(combiner, elements, first))
        budget.spend(4 * count)
    return found[0] if lanes == 1 else vector.from_elements(vector_type(lanes, found[0].type), found)


def _across(combiner: ir.OpView, elements: Value, start: Value) -> Value:
    kind = ir.Attribute.parse(f"#vector.kind<{_COMBINERS[combiner.operation.name]}>", context())
    options = {}
    if combiner.operation.name in ("arith.addf", "arith.mulf"):
        options["fastmath"] = arith.FastMathFlags.reassoc
    return vector.reduction(start.type, kind, elements, acc=start, **options)


def _read(x: Any, affine: ir.AffineMap, grid: Grid, lanes: int) -> Value:
    """The element of an operand in each lane."""
    if isinstance(x, Value):
        return spread(x, lanes)
    positions = np.zeros(lanes, np.int64)
    for expression, stride in zip(affine.results, x.strides, strict=True):
        positions = positions + stride * _evaluate(expression, grid)
    return x.read(positions)


def _evaluate(expression: ir.AffineExpr, grid: Grid) -> Any:
    if isinstance(expression, ir.AffineDimExpr):
        return grid[expression.position]
    if isinstance(expression, ir.AffineConstantExpr):
        return expression.value
    combine = _INDEX_RULES.get(type(expression).__name__)
    if combine is not None:
        sides: Any = expression
        return combine(_evaluate(sides.lhs, grid), _evaluate(sides.rhs, grid))
    raise Unsupported(f"the index {expression}")


def evaluate_body(
    block: ir.Block,
    arguments: Sequence[Value],
    grid: Grid,
    lanes: int,
    known: Mapping[Value, Any],
    budget: Budget,
    wanted: Sequence[Value] | None = None,
) -> list[Value]:
    """What a body yields, or the values in it that are wanted, for all lanes."""
    values: dict[Value, Value] = dict(zip(block.arguments, arguments, strict=True))

    def operand(x: Value) -> Value:
        if x in values:
            return values[x]
        outside = known[x]
        if not isinstance(outside, Value):
            raise Unsupported("a tensor inside of a body")
        return spread(outside, lanes)

    for op in block.operations:
        name = op.operation.name
        if name == "linalg.yield":
            return [operand(x) for x in (op.operands if wanted is None else wanted)]
        budget.spend(lanes)
        if name == "linalg.index":
            numbers = np.asarray(grid[op.attributes["dim"].value], np.int64)
            values[op.results[0]] = constant_lanes(np.broadcast_to(numbers, lanes), ir.IndexType.get())
        elif name == "arith.constant":
            values[op.results[0]] = with_type_of(lanes, op.attributes["value"])
        elif name == "tensor.extract":
            values[op.results[0]] = _picked(
                op, known, [operand(x) for x in list(op.operands)[1:]], lanes, budget
            )
        else:
            values.update(zip(op.results, same_op(op, [operand(x) for x in op.operands], lanes), strict=True))
    raise AssertionError("a body ends in a terminator")


def same_op(op: ir.OpView, operands: Sequence[Value], lanes: int) -> list[Value]:
    """An op of one element, on all lanes.

    Raises:
        Unsupported: the op is none that computes elements.
    """
    operation = op.operation
    if not operation.name.startswith(("arith.", "math.")) or len(operation.regions):
        raise Unsupported(f"the op {operation.name}")
    kinds = [vector_type(lanes, r.type) for r in op.results]
    attributes = {name: operation.attributes[name] for name in operation.attributes}
    return list(
        ir.Operation.create(
            operation.name, results=kinds, operands=list(operands), attributes=attributes
        ).results
    )


def _picked(
    op: ir.OpView, known: Mapping[Value, Any], indices: Sequence[Value], lanes: int, budget: Budget
) -> Value:
    """Elements of a tensor at computed positions, one by one."""
    source = known.get(op.operands[0])
    if not isinstance(source, (Lanes, Memory)) or lanes > 32:
        raise Unsupported("elements of a tensor at computed positions")
    budget.spend(8 * lanes)
    zero = np.zeros(1, np.int64)
    found = []
    for lane in range(lanes):
        at = constant_lanes(zero, ir.IndexType.get())
        for number, stride in zip(indices, source.strides, strict=True):
            one = number if lanes == 1 else vector.extract(number, [], [lane])
            at = arith.addi(at, arith.muli(one, constant_lanes(zero + stride, ir.IndexType.get())))
        found.append(source.read_from(at, zero))
    return found[0] if lanes == 1 else vector.from_elements(vector_type(lanes, found[0].type), found)
