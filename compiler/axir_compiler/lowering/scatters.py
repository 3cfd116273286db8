"""Scatters: one kernel that copies the operand, then goes through the updates one after the other.

In a loop, a scatter of one window (``x.at[i].set(y)``) replaces a part of its operand instead.

``iree_linalg_ext.scatter`` is three times slower and does not compile when the computation of its indices is fused
into it. Operand and updates are taken flat, so that a window that is contiguous in memory is one run. No
position outside the operand is written, whatever the mode: that would kill the process.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from axir_compiler.ir.dimension_numbers import Numbers
from axir_compiler.ir.types import BOOL
from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.emit import is_half, signless
from axir_compiler.lowering.gathers import components, window_start
from axir_compiler.lowering.generality import is_for_any_size
from axir_compiler.lowering.generic import element_type_of, elementwise, is_empty, shape_of, splat_of
from axir_compiler.lowering.kernels import index, kernel, load, loop, store
from axir_compiler.lowering.movement import extract_slice, reshape
from axir_compiler.mlir import arith, context, ir, scf, tensor, vector

__all__ = ["scatter"]

Value = ir.Value
_COMBINE: dict[str, Callable[[np.dtype, Value, Value], Value]] = {
    "add": scalar.add,
    "mul": scalar.mul,
    "min": lambda dtype, old, new: scalar.fold_min(dtype, new, old),
    "max": lambda dtype, old, new: scalar.fold_max(dtype, new, old),
}
_VECTOR_BITS = 512
_BYTE = np.dtype("uint8")


def scatter(
    kind: str,
    x: Value,
    indices: Value,
    updates: Value,
    numbers: Numbers,
    drop: bool,
    dtypes: tuple[np.dtype, np.dtype],
) -> Value:
    """``x`` with its windows at ``indices`` combined with ``updates``.

    Args:
        kind: ``add``, ``mul``, ``min``, ``max``, or empty to put updates in place of the old elements.
        x: Tensor that the windows belong to.
        indices: Tensor of index vectors, along its last axis.
        updates: Tensor of the windows.
        numbers: Which axis is what.
        drop: Leave windows out that are not inside, instead of moving them until they fit.
        dtypes: Those of ``x`` and ``indices``, which tell the signedness.
    """
    shape = shape_of(x)
    if is_empty(shape) or is_empty(shape_of(updates)):
        return x
    dtype, index_dtype = dtypes
    if dtype in BOOL:
        # Loops cannot carry tensors of bits.
        wide = [_converted(v, dtype, _BYTE) for v in (x, updates)]
        found = scatter(kind, wide[0], indices, wide[1], numbers, drop, (_BYTE, index_dtype))
        return _converted(found, _BYTE, dtype)
    if _is_one_window(numbers, shape_of(updates)) and _is_in_loop():
        return _with_window(kind, x, indices, updates, numbers, drop, dtypes)
    # Vectors hold real numbers.
    width = 1 if is_half(dtype) or dtype.kind == "c" else _VECTOR_BITS // (8 * dtype.itemsize)
    plan = _plan(numbers, shape, shape_of(updates))
    old, new = _flat(x), _flat(updates)

    def element(out: Value, at: Value, source: Value, lanes: int) -> Value:
        update = _read(new, source, lanes)
        if kind:
            update = _COMBINE[kind](dtype, _read(out, at, lanes), update)
        return _write(update, out, at, lanes)

    def window(out: Value, batch: Sequence[Value]) -> Value:
        sizes = numbers.window_sizes(shape, shape_of(updates))
        starts, inside = window_start(numbers, shape, sizes, components(indices, batch), batch, index_dtype)
        at, source = _address(starts, plan.strides), _address(batch, plan.batch_strides)

        def write() -> Value:
            return plan.write_window(out, at, source, element, width)

        return write() if inside is None or not drop else _when(inside, write, out)

    def body(out: Value) -> list[Value]:
        copied = _run(math.prod(shape), width, out, lambda t, i, n: _write(_read(old, i, n), t, i, n))
        return [_nest(plan.batch_shape, copied, window)]

    count = math.prod(shape)
    # IREE cannot carry a tensor of one element through a loop.
    (flat,) = kernel([((max(count, 2),), element_type_of(x))], body)
    return reshape(flat if count > 1 else extract_slice(flat, [0], [1], [1]), shape)


def _is_one_window(numbers: Numbers, updates: Sequence[int]) -> bool:
    return not numbers.operand_batching_dims and all(
        updates[d] == 1 for d in numbers.batch_dims(len(updates))
    )


def _is_in_loop() -> bool:
    """Whether a step of a loop of the program is being lowered; in branches IREE overwrites what others still read."""
    return ir.InsertionPoint.current.block.owner.operation.name in ("scf.for", "scf.while")


def _with_window(
    kind: str,
    x: Value,
    indices: Value,
    updates: Value,
    numbers: Numbers,
    drop: bool,
    dtypes: tuple[np.dtype, np.dtype],
) -> Value:
    """A scatter of one window, which a loop does in place: what was there is read and written back if it is dropped."""
    shape = shape_of(x)
    sizes = numbers.window_sizes(shape, shape_of(updates))
    batch = [index(0)] * len(numbers.batch_dims(len(shape_of(updates))))
    starts, inside = window_start(numbers, shape, sizes, components(indices, batch), batch, dtypes[1])
    moving = [at for at in starts if at is not None]
    dynamic = ir.ShapedType.get_dynamic_stride_or_offset()
    window = [0 if at is None else dynamic for at in starts], list(sizes), [1] * len(shape)
    element = element_type_of(x)
    old = tensor.extract_slice(ir.RankedTensorType.get(sizes, element), x, moving, [], [], *window)
    new = reshape(updates, sizes)
    if kind:
        new = elementwise(lambda a, b: _COMBINE[kind](dtypes[0], a, b), [old, new], element)
    if drop and inside is not None:
        new = elementwise(lambda a, b: arith.select(inside, a, b), [new, old], element)
    return tensor.insert_slice(new, x, moving, [], [], *window)


def _converted(x: Value, source: np.dtype, target: np.dtype) -> Value:
    return elementwise(lambda value: scalar.convert(source, target, value), [x], signless(target))


Element = Callable[[Value, Value, Value, int], Value]


class _Plan(NamedTuple):
    """How the updates of one window lie in flat memory.

    Attributes:
        strides: Of the axes of the operand.
        batch_shape, batch_strides: Sizes of the axes of the batch, and their strides in the updates.
        outer: Size, stride in the operand and stride in the updates of the window's axes that are no run.
        run: Number of elements that are neighbours in both.
    """

    strides: tuple[int, ...]
    batch_shape: tuple[int, ...]
    batch_strides: tuple[int, ...]
    outer: tuple[tuple[int, int, int], ...]
    run: int

    def write_window(self, out: Value, at: Value, source: Value, element: Element, width: int) -> Value:
        """Write one window whose first element belongs ``at`` and is at ``source`` of the updates."""

        def line(out: Value, steps: Sequence[Value]) -> Value:
            target = arith.addi(at, _address(steps, [a for _, a, _ in self.outer]))
            origin = arith.addi(source, _address(steps, [b for *_, b in self.outer]))

            def step(out: Value, i: Value, lanes: int) -> Value:
                return element(out, arith.addi(target, i), arith.addi(origin, i), lanes)

            return _run(self.run, width, out, step)

        return _nest([n for n, *_ in self.outer], out, line)


def _plan(numbers: Numbers, shape: Sequence[int], updates: Sequence[int]) -> _Plan:
    strides, source = _strides(shape), _strides(updates)
    batch = numbers.batch_dims(len(updates))
    window = list(zip(numbers.window_dims(len(shape)), numbers.offset_dims, strict=True))
    axes = [(updates[offset], strides[axis], source[offset]) for axis, offset in window]
    axes = [a for a in axes if a[0] != 1]
    run = 1
    # From the last axis on, as long as elements follow each other in both.
    while axes and axes[-1][1] == axes[-1][2] == run:
        run *= axes.pop()[0]
    return _Plan(
        strides,
        tuple(updates[d] for d in batch),
        tuple(source[d] for d in batch),
        tuple(axes),
        run,
    )


def _strides(shape: Sequence[int]) -> tuple[int, ...]:
    return tuple(math.prod(shape[d + 1 :]) for d in range(len(shape)))


def _flat(x: Value) -> Value | ir.Attribute:
    """A tensor with one axis; the number itself where it repeats one."""
    number = splat_of(x)
    if number is None or isinstance(number, ir.ArrayAttr):
        return reshape(x, (math.prod(shape_of(x)),))
    return number


def _address(at: Sequence[Value | None], strides: Sequence[int]) -> Value:
    """``sum(at * strides)``, where ``None`` is 0."""
    total: Value | None = None
    for position, stride in zip(at, strides, strict=True):
        if position is not None:
            term = position if stride == 1 else arith.muli(position, index(stride))
            total = term if total is None else arith.addi(total, term)
    return index(0) if total is None else total


def _nest(sizes: Sequence[int], out: Value, body: Callable[[Value, Sequence[Value]], Value]) -> Value:
    """``for i in ndindex(sizes): out = body(out, i)``."""

    def level(out: Value, at: list[Value]) -> Value:
        if len(at) == len(sizes):
            return body(out, at)
        if sizes[len(at)] == 1:
            return level(out, [*at, index(0)])
        return loop(sizes[len(at)], [out], lambda i, t: [level(t, [*at, i])])[0]

    return level(out, [])


def _run(count: int, width: int, out: Value, step: Callable[[Value, Value, int], Value]) -> Value:
    """``step`` over neighbouring elements, ``width`` at a time, and the rest in shorter and shorter vectors."""
    if width > 1 and is_for_any_size():
        lanes = index(width)
        some = arith.muli(arith.divui(index(count), lanes), lanes)
        out = loop(some, [out], lambda i, t: [step(t, i, width)], step=width)[0]
        return loop(count, [out], lambda i, t: [step(t, i, 1)], start=some)[0]
    whole = count - count % width if width > 1 else 0
    if whole:
        out = loop(whole, [out], lambda i, t: [step(t, i, width)], step=width)[0]
    while whole < count and width > 1:
        width //= 2
        if count - whole >= width:
            out = step(out, index(whole), width)
            whole += width
    if count - whole == 1:
        return step(out, index(whole), 1)
    if whole < count:
        out = loop(count, [out], lambda i, t: [step(t, i, 1)], start=whole)[0]
    return out


def _when(condition: Value, then: Callable[[], Value], otherwise: Value) -> Value:
    op = scf.IfOp(condition, [otherwise.type], has_else=True)
    with ir.InsertionPoint(op.then_block):
        scf.YieldOp([then()])
    with ir.InsertionPoint(op.else_block):
        scf.YieldOp([otherwise])
    return op.results[0]


def _vector(kind: ir.Type, lanes: int) -> ir.Type:
    return ir.VectorType.get([lanes], kind)


def _read(x: Value | ir.Attribute, at: Value, lanes: int) -> Value:
    """One element of a flat tensor, or a vector of them."""
    if isinstance(x, ir.Attribute):
        number = arith.constant(x.type, x)  # pyright: ignore[reportAttributeAccessIssue]
        return number if lanes == 1 else vector.broadcast(_vector(number.type, lanes), number)
    if lanes == 1:
        return load(x, at)
    kind = element_type_of(x)
    padding = emit.constant(kind, 0)
    line = ir.AffineMap.get_identity(1, context())
    return vector.transfer_read(_vector(kind, lanes), x, [at], line, padding, [True])


def _write(value: Value, x: Value, at: Value, lanes: int) -> Value:
    if lanes == 1:
        return store(value, x, at)
    line = ir.AffineMap.get_identity(1, context())
    return vector.transfer_write(x.type, value, x, [at], line, [True])
