"""Running sums, products and extremes along one axis: one kernel, each element visited once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.along import lines_of
from axir_compiler.lowering.emit import is_half, signless
from axir_compiler.lowering.generic import elementwise, is_empty, shape_of
from axir_compiler.lowering.kernels import index, kernel, load, loop, store
from axir_compiler.lowering.movement import reshape
from axir_compiler.mlir import arith, ir

__all__ = ["cumulative"]

Value = ir.Value


def _log_add_exp(dtype: np.dtype, x: Value, y: Value) -> Value:
    """``log(exp(x) + exp(y))`` as ``max + log1p(exp(-|x - y|))``; equal infinities stay what they are."""
    distance = scalar.neg(dtype, scalar.abs(dtype, arith.subf(x, y)))
    tail = scalar.log1p(dtype, scalar.exp(dtype, distance))
    half = emit.constant(x.type, math.log(2))
    tail = arith.select(scalar.compare(dtype, "eq", x, y), half, tail)
    return arith.addf(scalar.max(dtype, x, y), tail)


def _behind(fold: Callable[[np.dtype, Value, Value], Value]) -> Callable[[np.dtype, Value, Value], Value]:
    """A combination with what was found so far as first operand."""
    return lambda dtype, found, element: fold(dtype, element, found)


_COMBINE: dict[str, Callable[[np.dtype, Value, Value], Value]] = {
    "cumsum": scalar.add,
    "cumprod": scalar.mul,
    "cummax": _behind(scalar.fold_max),
    "cummin": _behind(scalar.fold_min),
    "cumlogsumexp": _log_add_exp,
}


def cumulative(kind: str, x: Value, axis: int, reverse: bool, dtype: np.dtype) -> Value:
    """Each element combined with all before it along an axis, or with all behind it if ``reverse``.

    16-bit floats are combined in float32 and rounded once.
    """
    shape = shape_of(x)
    if is_empty(shape) or shape[axis] == 1:
        return x
    wide = np.dtype("float32") if is_half(dtype) else dtype
    # Flat, since IREE fails on kernels that read what they wrote in a tensor with axes of size 1.
    flat = reshape(x, [math.prod(shape)])
    found = _running(_COMBINE[kind], flat, lines_of(shape, axis), reverse, dtype, wide)
    if wide != dtype:
        found = elementwise(lambda v: scalar.convert(wide, dtype, v), [found], signless(dtype))
    return reshape(found, shape)


def _running(
    combine: Callable[[np.dtype, Value, Value], Value],
    x: Value,
    lines: Sequence[int],
    reverse: bool,
    dtype: np.dtype,
    wide: np.dtype,
) -> Value:
    """On a flat tensor, which stands for one of three axes, along the middle one."""
    outer, n, inner = lines

    def at(o: Value, i: int | Value, k: Value) -> Value:
        position = i if isinstance(i, Value) else index(i)
        position = arith.subi(index(n - 1), position) if reverse else position
        return arith.addi(arith.muli(arith.addi(arith.muli(o, index(n)), position), index(inner)), k)

    def element(place: Value) -> Value:
        return scalar.convert(dtype, wide, load(x, place))

    def line(o: Value, out: Value) -> list[Value]:
        """A single line: the last result stays in a register."""
        first = at(o, 0, index(0))
        total = element(first)

        def step(i: Value, out: Value, total: Value) -> list[Value]:
            place = at(o, i, index(0))
            total = combine(wide, total, element(place))
            return [store(total, out, place), total]

        return loop(n, [store(total, out, first), total], step, start=1)[:1]

    def plane(o: Value, out: Value) -> list[Value]:
        """Many lines at once, so that neighbours in memory are visited one after the other."""
        (out,) = loop(inner, [out], lambda k, out: [store(element(at(o, 0, k)), out, at(o, 0, k))])

        def step(i: Value, out: Value) -> list[Value]:
            before = arith.subi(i, index(1))

            def one(k: Value, out: Value) -> list[Value]:
                here = at(o, i, k)
                return [store(combine(wide, load(out, at(o, before, k)), element(here)), out, here)]

            return loop(inner, [out], one)

        return loop(n, [out], step, start=1)

    body = line if inner == 1 else plane
    return kernel([(shape_of(x), signless(wide))], lambda out: loop(outer, [out], body))[0]
