"""Builders that move elements without computing on them."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence

from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.generic import (
    Size,
    element_type_of,
    empty,
    generic,
    identity_map,
    is_empty,
    map_of_dims,
    rank_of,
    scalar_of,
    shape_of,
    sizes_of,
    splat,
    splat_of,
    zeros,
)
from axir_compiler.mlir import arith, context, ir, linalg, tensor

__all__ = [
    "broadcast_in_dim",
    "broadcast_scalar",
    "concatenate",
    "extract_slice",
    "insert_slice",
    "pad",
    "reshape",
    "reverse",
    "slice",
    "transpose",
]


def broadcast_in_dim(x: ir.Value, shape: Sequence[int], dimensions: Sequence[int]) -> ir.Value:
    """Axis ``i`` of ``x`` becomes axis ``dimensions[i]`` of ``shape``; size-1 axes are repeated."""
    number = splat_of(x)
    if number is not None:
        return splat(shape, number)
    if is_empty(shape):
        return zeros(shape, element_type_of(x))
    old = shape_of(x)
    kept = [d for n, d in zip(old, dimensions, strict=True) if n == shape[d]]
    if len(kept) < len(old):
        x = reshape(x, [n for n, d in zip(old, dimensions, strict=True) if n == shape[d]])
    if math.prod(shape[d] for d in range(len(shape)) if d not in kept) == 1 and kept == sorted(kept):
        return reshape(x, shape)
    rank = len(shape)
    maps = [map_of_dims(rank, kept), identity_map(rank)]
    return generic([x], [empty(shape, element_type_of(x))], maps, lambda value, _: value)[0]


def broadcast_scalar(x: ir.Value, sizes: Sequence[Size]) -> ir.Value:
    """A rank-0 tensor repeated."""
    number = splat_of(x)
    if number is not None and all(isinstance(n, int) for n in sizes):
        return splat(sizes, number)
    maps = [map_of_dims(len(sizes), ()), identity_map(len(sizes))]
    return generic([x], [empty(sizes, element_type_of(x))], maps, lambda value, _: value)[0]


def reshape(x: ir.Value, shape: Sequence[int]) -> ir.Value:
    """The same elements in row-major order under another shape."""
    old, new = shape_of(x), tuple(shape)
    if old == new:
        return x
    if is_empty(new):
        return zeros(new, element_type_of(x))
    number = splat_of(x)
    if number is not None:
        return splat(new, number)
    groups = _common_factors(old, new)
    common = tuple(math.prod(old[d] for d in left) for left, _ in groups)
    x = _collapse(x, common, [left for left, _ in groups])
    return _expand(x, new, [right for _, right in groups])


def _common_factors(old: tuple[int, ...], new: tuple[int, ...]) -> list[tuple[list[int], list[int]]]:
    """Finest split of both shapes into consecutive groups of equal size.

    ``(4, 6)`` and ``(2, 2, 3, 2)`` give ``[([0], [0, 1]), ([1], [2, 3])]``.
    """
    groups: list[tuple[list[int], list[int]]] = []
    i = j = 0
    while i < len(old) and j < len(new):
        left, right = [i], [j]
        a, b = old[i], new[j]
        i, j = i + 1, j + 1
        while a != b:
            if a < b:
                a *= old[i]
                left.append(i)
                i += 1
            else:
                b *= new[j]
                right.append(j)
                j += 1
        groups.append((left, right))
    return _absorb_units(groups, list(range(i, len(old))), list(range(j, len(new))))


def _absorb_units(
    groups: list[tuple[list[int], list[int]]], left: list[int], right: list[int]
) -> list[tuple[list[int], list[int]]]:
    """Give size-1 axes that are left over at the end to the last group, if there is one."""
    if groups:
        groups[-1] = (groups[-1][0] + left, groups[-1][1] + right)
    return groups


def _reassociation(groups: Sequence[Sequence[int]]) -> ir.Attribute:
    index = ir.IntegerType.get_signless(64, context())
    return ir.ArrayAttr.get([ir.ArrayAttr.get([ir.IntegerAttr.get(index, d) for d in g]) for g in groups])


def _collapse(x: ir.Value, shape: Sequence[int], groups: Sequence[Sequence[int]]) -> ir.Value:
    if rank_of(x) == len(shape):
        return x
    kind = ir.RankedTensorType.get(list(shape), element_type_of(x))
    return tensor.collapse_shape(kind, x, _reassociation(groups))


def _expand(x: ir.Value, shape: Sequence[int], groups: Sequence[Sequence[int]]) -> ir.Value:
    if rank_of(x) == len(shape):
        return x
    kind = ir.RankedTensorType.get(list(shape), element_type_of(x))
    return tensor.expand_shape(kind, x, _reassociation(groups), [], list(shape))


def transpose(x: ir.Value, permutation: Sequence[int]) -> ir.Value:
    """Axis ``i`` of the result is axis ``permutation[i]`` of ``x``."""
    old = shape_of(x)
    moved = [p for p in permutation if old[p] != 1]
    if moved == sorted(moved) and all(n >= 0 for n in old):
        return reshape(x, [old[p] for p in permutation])
    sizes = sizes_of(x)
    rank = len(old)
    position = [0] * rank
    for i, p in enumerate(permutation):
        position[p] = i
    init = empty([sizes[p] for p in permutation], element_type_of(x))
    return generic([x], [init], [map_of_dims(rank, position), identity_map(rank)], lambda value, _: value)[0]


def reverse(x: ir.Value, dimensions: Sequence[int]) -> ir.Value:
    """Elements in opposite order along some axes."""
    shape, rank = shape_of(x), rank_of(x)
    flipped = [d for d in dimensions if shape[d] != 1]
    if not flipped or is_empty(shape):
        return x

    def body(_: ir.Value) -> ir.Value:
        return tensor.extract(x, [_mirrored(d, shape[d]) if d in flipped else _loop(d) for d in range(rank)])

    # An indexing map with ``last - i`` is valid linalg, but IREE tiles it wrongly.
    return generic([], [empty(shape, element_type_of(x))], [identity_map(rank)], body)[0]


def _loop(axis: int) -> ir.Value:
    return linalg.IndexOp(axis).result


def _mirrored(axis: int, size: int) -> ir.Value:
    return arith.subi(emit.constant(ir.IndexType.get(), size - 1), _loop(axis))


def extract_slice(
    x: ir.Value, offsets: Sequence[int], sizes: Sequence[int], strides: Sequence[int]
) -> ir.Value:
    """Static window of ``x``."""
    kind = ir.RankedTensorType.get(list(sizes), element_type_of(x))
    return tensor.extract_slice(kind, x, [], [], [], list(offsets), list(sizes), list(strides))


def insert_slice(x: ir.Value, into: ir.Value, offsets: Sequence[int], strides: Sequence[int]) -> ir.Value:
    """``into`` with a static window replaced by ``x``."""
    return tensor.insert_slice(x, into, [], [], [], list(offsets), list(shape_of(x)), list(strides))


def slice(x: ir.Value, start: Sequence[int], limit: Sequence[int], stride: Sequence[int]) -> ir.Value:
    """Window ``x[start:limit:stride]`` on every axis."""
    sizes = [-(-(b - a) // s) for a, b, s in zip(start, limit, stride, strict=True)]
    if tuple(sizes) == shape_of(x):
        return x
    if is_empty(sizes):
        return zeros(sizes, element_type_of(x))
    return extract_slice(x, start, sizes, stride)


def concatenate(xs: Sequence[ir.Value], dimension: int) -> ir.Value:
    """Tensors joined along one axis."""
    parts = [x for x in xs if shape_of(x)[dimension] != 0]
    if not parts:
        return xs[0]
    if len(parts) == 1:
        return parts[0]
    sizes = list(shape_of(parts[0]))
    sizes[dimension] = sum(shape_of(x)[dimension] for x in parts)
    kind = element_type_of(parts[0])
    if is_empty(sizes):
        return zeros(sizes, kind)
    result, at = empty(sizes, kind), 0
    for x in parts:
        offsets = [at if d == dimension else 0 for d in range(len(sizes))]
        result = insert_slice(x, result, offsets, [1] * len(sizes))
        at += shape_of(x)[dimension]
    return result


def pad(
    x: ir.Value, value: ir.Value, low: Sequence[int], high: Sequence[int], interior: Sequence[int]
) -> ir.Value:
    """``x`` with ``low`` and ``high`` elements added at the ends of each axis, ``interior`` between.

    Negative ``low`` and ``high`` cut elements off. Element ``i`` of an axis goes to ``low + i * step`` with
    ``step = interior + 1``; those that land inside the result are inserted, with stride ``step``.
    """
    shape = shape_of(x)
    axes = [_padded_axis(n, a, b, i + 1) for n, a, b, i in zip(shape, low, high, interior, strict=True)]
    sizes = [axis[0] for axis in axes]
    kept = [last - first for _, first, last, _ in axes]
    if is_empty(sizes):
        return zeros(sizes, element_type_of(x))
    if is_empty(kept):
        return broadcast_scalar(value, sizes)
    number = splat_of(value)
    if isinstance(element_type_of(x), ir.ComplexType):
        return _pad_by_index(x, value, sizes, low, [i + 1 for i in interior])
    if number is not None and not any(interior) and all(n >= 0 for n in (*low, *high)):
        return _pad_outside(x, number, low, high, sizes)
    window = slice(x, [first for _, first, _, _ in axes], [last for _, _, last, _ in axes], [1] * len(axes))
    if tuple(kept) == tuple(sizes):
        return window
    background = broadcast_scalar(value, sizes)
    return insert_slice(window, background, [offset for *_, offset in axes], [i + 1 for i in interior])


def _pad_outside(
    x: ir.Value, number: ir.Attribute, low: Sequence[int], high: Sequence[int], sizes: Sequence[int]
) -> ir.Value:
    """``tensor.pad``, which IREE fuses with what makes ``x``."""
    kind = ir.RankedTensorType.get(list(sizes), element_type_of(x))
    op = tensor.PadOp(kind, x, [], [], list(low), list(high))
    index = ir.IndexType.get()
    block = op.regions[0].blocks.append(*[index] * len(sizes), arg_locs=[op.location] * len(sizes))
    with ir.InsertionPoint(block):
        tensor.yield_(scalar_of(number))
    return op.result


def _pad_by_index(
    x: ir.Value, value: ir.Value, sizes: Sequence[int], low: Sequence[int], steps: Sequence[int]
) -> ir.Value:
    """Each element is looked up where it comes from, or is the value of the padding.

    IREE cannot tile ``tensor.pad`` of complex numbers, and loses one of two windows that are inserted into the same
    background of 128-bit elements.
    """
    rank = len(sizes)
    index = ir.IndexType.get()
    zero = emit.constant(index, 0)

    def body(fill: ir.Value, _: ir.Value) -> ir.Value:
        inside: ir.Value | None = None
        at = []
        for d, (size, before, step) in enumerate(zip(shape_of(x), low, steps, strict=True)):
            from_start = arith.subi(_loop(d), emit.constant(index, before))
            position = arith.floordivsi(from_start, emit.constant(index, step))
            last = emit.constant(index, size - 1)
            clamped = arith.minsi(arith.maxsi(position, zero), last)
            # Equal only for positions of elements: neither between nor outside of them.
            back = arith.muli(clamped, emit.constant(index, step))
            here = emit.compare_int("eq", back, from_start)
            inside = here if inside is None else arith.andi(inside, here)
            at.append(clamped)
        found = tensor.extract(x, at)
        return found if inside is None else scalar.select(inside, found, fill)

    maps = [map_of_dims(rank, ()), identity_map(rank)]
    return generic([value], [empty(sizes, element_type_of(x))], maps, body)[0]


def _padded_axis(size: int, low: int, high: int, step: int) -> tuple[int, int, int, int]:
    """Padded size, first and past-the-last element that stay, and where the first goes."""
    padded = low + high + (size - 1) * step + 1 if size else low + high
    first = builtins.max(0, -(low // step))
    last = builtins.min(size, -((low - padded) // step))
    return padded, first, builtins.max(first, last), low + first * step
