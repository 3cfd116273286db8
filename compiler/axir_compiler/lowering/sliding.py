"""Reductions of what lies under a window that slides over an array, and selection by such reductions.

Operands are padded first, so that windows slide over adjacent elements; then each is a reduction whose operand is
read at ``position * stride + element * dilation``. IREE takes the sizes of the window from an operand that is never
read. No kernel computes an address: nothing can be read out of bounds.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from axir_compiler.ir.types import is_float
from axir_compiler.ir.windows import Window, dilated
from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.convolutions import sliding_map
from axir_compiler.lowering.emit import compare_int, is_half, signless
from axir_compiler.lowering.generic import (
    constant,
    element_type_of,
    elementwise,
    empty,
    fill,
    generic,
    identity_map,
    is_empty,
    shape_of,
    zeros,
)
from axir_compiler.lowering.movement import broadcast_in_dim, pad, reshape, slice, transpose
from axir_compiler.lowering.reductions import KINDS
from axir_compiler.mlir import arith, ir, linalg

__all__ = ["reduce_window", "select_and_gather_add", "select_and_scatter_add"]

_FLOAT32, _INT32 = np.dtype("float32"), np.dtype("int32")
Windows = Sequence[Window]
Row = list[tuple[int, int]]


def _padded(x: ir.Value, windows: Windows, value: float | int, dtype: np.dtype) -> ir.Value:
    low, high = tuple(w.low for w in windows), tuple(w.high for w in windows)
    interior = tuple(w.base_dilation - 1 for w in windows)
    if not any((*low, *high, *interior)):
        return x
    return pad(x, constant(np.array(value, dtype)), low, high, interior)


def _counts(x: ir.Value, windows: Windows) -> list[int]:
    return [w.count(n) for n, w in zip(shape_of(x), windows, strict=True)]


class _Loops:
    """Loops over all positions, then over the elements of the window along axes where there are several.

    Along an axis the windows lie side by side (a ``block``) or overlap. An operand is given one more axis for
    each block, so that IREE sees a plain reduction there.
    """

    def __init__(self, windows: Windows):
        self.rank = len(windows)
        self.inside = [d for d, w in enumerate(windows) if w.size > 1]
        self.blocks = [
            d for d in self.inside if windows[d].size == windows[d].stride and windows[d].dilation == 1
        ]
        self.count = self.rank + len(self.inside)
        self.windows = windows

    @property
    def reduced(self) -> range:
        """The loops over the window."""
        return range(self.rank, self.count)

    def seen(self, x: ir.Value) -> tuple[ir.Value, ir.AffineMap]:
        """A padded operand, and how what lies under the window is read from it."""
        shape, limits, rows = [], list(shape_of(x)), []
        for d, w in enumerate(self.windows):
            inside = self.rank + self.inside.index(d) if d in self.inside else 0
            if d in self.blocks:
                count = limits[d] // w.size
                limits[d] = count * w.size
                shape += [count, w.size]
                rows += [[(d, 1)], [(inside, 1)]]
            else:
                shape.append(limits[d])
                rows.append([(d, w.stride), (inside, w.dilation)] if inside else [(d, w.stride)])
        x = slice(x, [0] * self.rank, limits, [1] * self.rank)
        return reshape(x, shape), sliding_map(self.count, rows)

    def positions(self) -> ir.AffineMap:
        """One element for each position."""
        return sliding_map(self.count, [[(d, 1)] for d in range(self.rank)])

    def sizes(self, kind: ir.Type) -> tuple[list[ir.Value], list[ir.AffineMap]]:
        """An operand that has the sizes of windows that overlap, if there are any, and how it is indexed."""
        inside = [d for d in self.inside if d not in self.blocks]
        if not inside:
            return [], []
        rows = [[(self.rank + self.inside.index(d), 1)] for d in inside]
        return [empty([self.windows[d].size for d in inside], kind)], [sliding_map(self.count, rows)]

    def number(self, *, backwards: bool = False) -> ir.Value:
        """Row-major number of the element of the window, inside a body."""
        kind = emit.integer_type(32)
        total, factor = emit.constant(kind, 0), 1
        for i, d in reversed(list(enumerate(self.inside))):
            at = arith.index_cast(kind, linalg.IndexOp(self.rank + i).result)
            if backwards:
                at = arith.subi(emit.constant(kind, self.windows[d].size - 1), at)
            total = arith.addi(total, arith.muli(at, emit.constant(kind, factor)))
            factor *= self.windows[d].size
        return total


# Reduction. ---------------------------------------------------------------------------------------------

# From this size on a window is put together from windows of half the size.
_LARGE = 32


def reduce_window(kind: str, x: ir.Value, windows: Windows, dtype: np.dtype) -> ir.Value:
    """Combine the elements under a window in each of its positions; holes count as the identity.

    Args:
        kind: One of sum prod max min.
        x: Tensor of elements of ``dtype``.
        windows: One for each axis.
        dtype: Tells signed from unsigned. 16-bit floats are summed and multiplied in float32.
    """
    counts = _counts(x, windows)
    if is_empty(counts):
        return zeros(counts, element_type_of(x))
    identity = KINDS[kind][1](dtype)
    x, windows = _spread(x, windows, identity, dtype)
    x = _padded(x, windows, identity, dtype)
    windows = [Window(w.size, w.stride, dilation=w.dilation) for w in windows]
    wide = _FLOAT32 if is_half(dtype) and kind in ("sum", "prod") else dtype
    if wide != dtype and any(w.size > 1 for w in windows):
        x = _converted(x, dtype, wide)
    for axis, w in enumerate(windows):
        if w.size >= _LARGE and w.stride < w.size:
            x = _doubled(kind, x, axis, w, wide)
            windows[axis] = Window()
    if any(w.size > 1 for w in windows):
        found = _reduced(kind, x, windows, counts, wide)
    else:
        x = slice(x, [0] * len(counts), shape_of(x), [w.stride for w in windows])
        combine, zero = KINDS[kind][0], emit.constant
        found = elementwise(lambda v: combine(wide, v, zero(v.type, identity)), [x], signless(wide))
    return _converted(found, wide, dtype) if element_type_of(found) != signless(dtype) else found


def _spread(
    x: ir.Value, windows: Windows, identity: float | int, dtype: np.dtype
) -> tuple[ir.Value, list[Window]]:
    """Along axes where a window sees one element at most, each element in all positions that see it.

    That is what the sum of a cotangent becomes, where windows lie side by side; gives the windows that remain.
    """
    left = list(windows)
    for axis, w in enumerate(windows):
        shape = list(shape_of(x))
        size = shape[axis]
        if w.stride != 1 or w.dilation != 1 or w.base_dilation < max(w.size, 2) or size == 0:
            continue
        count, step = w.count(size), w.base_dilation
        wide = [*shape[: axis + 1], w.size, *shape[axis + 1 :]]
        x = broadcast_in_dim(x, wide, [d + (d > axis) for d in range(len(shape))])
        x = _padded_end(x, axis + 1, 0, step - w.size, identity, dtype)
        x = reshape(x, [*shape[:axis], size * step, *shape[axis + 1 :]])
        low = w.low - (w.size - 1)
        x = _padded_end(x, axis, low, count - size * step - low, identity, dtype)
        left[axis] = Window()
    return x, left


def _padded_end(x: ir.Value, axis: int, low: int, high: int, value: float | int, dtype: np.dtype) -> ir.Value:
    """``x`` padded, or cut off, at the ends of one axis."""
    windows = [Window(low=low, high=high) if d == axis else Window() for d in range(len(shape_of(x)))]
    return _padded(x, windows, value, dtype)


def _converted(x: ir.Value, source: np.dtype, target: np.dtype) -> ir.Value:
    return elementwise(lambda v: scalar.convert(source, target, v), [x], signless(target))


def _reduced(kind: str, x: ir.Value, windows: Windows, counts: Sequence[int], dtype: np.dtype) -> ir.Value:
    combine, identity = KINDS[kind]
    loops = _Loops(windows)
    x, seen = loops.seen(x)
    sizes, sizes_maps = loops.sizes(signless(dtype))
    init = fill(list(counts), emit.constant(signless(dtype), identity(dtype)))

    def body(*elements: ir.Value) -> ir.Value:
        return combine(dtype, elements[0], elements[-1])

    return generic([x, *sizes], [init], [seen, *sizes_maps, loops.positions()], body, reduced=loops.reduced)[
        0
    ]


def _doubled(kind: str, x: ir.Value, axis: int, w: Window, dtype: np.dtype) -> ir.Value:
    """A large window along one axis from windows of 1, 2, 4... elements, in log2(size) steps."""
    combine, _ = KINDS[kind]
    count = w.count(shape_of(x)[axis])

    def part(values: ir.Value, start: int, places: int, stride: int) -> ir.Value:
        shape = shape_of(values)
        low = [start if d == axis else 0 for d in range(len(shape))]
        high = [start + dilated(places, stride) if d == axis else n for d, n in enumerate(shape)]
        return slice(values, low, high, [stride if d == axis else 1 for d in range(len(shape))])

    def joined(a: ir.Value, b: ir.Value) -> ir.Value:
        return elementwise(lambda u, v: combine(dtype, u, v), [a, b], signless(dtype))

    total, done, length = None, 0, 1
    while True:
        if w.size & length:
            piece = part(x, done * w.dilation, count, w.stride)
            total = piece if total is None else joined(total, piece)
            done += length
        if done == w.size:
            assert total is not None
            return total
        shift = length * w.dilation
        rest = shape_of(x)[axis] - shift
        x = joined(part(x, 0, rest, 1), part(x, shift, rest, 1))
        length *= 2


# Selection. ---------------------------------------------------------------------------------------------


def _winners(x: ir.Value, windows: Windows, extremum: str, dtype: np.dtype) -> ir.Value:
    """Number of the first extreme element of the window in each position; a huge one if it sees only holes.

    The extreme value first, then the lowest number of an element that has it: two plain reductions.
    """
    sizes = shape_of(x)
    best = reduce_window(extremum, x, windows, dtype)
    loops = _Loops(windows)
    shape, shape_maps = loops.sizes(signless(dtype))
    last = (1 << 31) - 1
    identity = KINDS[extremum][1](dtype)

    def body(value: ir.Value, extreme: ir.Value, *rest: ir.Value) -> ir.Value:
        equal = scalar.compare(dtype, "eq", value, extreme)
        if is_float(dtype):
            # Not equal to itself is NaN, the extreme value as soon as there is one.
            equal = arith.ori(equal, scalar.compare(dtype, "ne", value, value))
        there = _is_element(windows, loops, sizes)
        if there is not None:
            equal = arith.andi(equal, there)
        candidate = arith.select(equal, loops.number(), emit.constant(emit.integer_type(32), last))
        return arith.minsi(candidate, rest[-1])

    init = fill(list(shape_of(best)), emit.constant(emit.integer_type(32), last))
    values, seen = loops.seen(_padded(x, windows, identity, dtype))
    maps = [seen, loops.positions(), *shape_maps, loops.positions()]
    return generic([values, best, *shape], [init], maps, body, reduced=loops.reduced)[0]


def _is_element(windows: Windows, loops: _Loops, sizes: Sequence[int]) -> ir.Value | None:
    """Whether an element lies under the window where the loops are, not a hole; ``None`` if there are no holes."""
    index = ir.IndexType.get()
    found: ir.Value | None = None
    for d, w in enumerate(windows):
        if w.low <= 0 and w.high <= 0 and w.base_dilation == 1:
            continue
        place = arith.muli(linalg.IndexOp(d).result, emit.constant(index, w.stride))
        if d in loops.inside:
            inside = linalg.IndexOp(loops.rank + loops.inside.index(d)).result
            place = arith.addi(place, arith.muli(inside, emit.constant(index, w.dilation)))
        place = arith.subi(place, emit.constant(index, w.low))
        last = emit.constant(index, dilated(sizes[d], w.base_dilation) - 1)
        checks = [compare_int("ge", place, emit.constant(index, 0)), compare_int("le", place, last)]
        if w.base_dilation > 1:
            rest = arith.remsi(place, emit.constant(index, w.base_dilation))
            checks.append(compare_int("eq", rest, emit.constant(index, 0)))
        for check in checks:
            found = check if found is None else arith.andi(found, check)
    return found


def select_and_gather_add(
    source: ir.Value, x: ir.Value, windows: Windows, extremum: str, dtype: np.dtype
) -> ir.Value:
    """In each position of the window the element of ``source`` where ``x`` is extreme; 0 if there is none."""
    counts = _counts(x, windows)
    if is_empty(counts) or is_empty(shape_of(x)):
        return zeros(counts, signless(dtype))
    winner = _winners(x, windows, extremum, dtype)
    loops = _Loops(windows)
    values, seen = loops.seen(_padded(source, windows, 0, dtype))
    return _chosen(values, seen, winner, loops, counts, dtype)


def select_and_scatter_add(
    source: ir.Value, x: ir.Value, windows: Windows, extremum: str, dtype: np.dtype
) -> ir.Value:
    """Adds the element of ``source`` for each position of the window where ``x`` is extreme in it.

    Where windows overlap, each element looks at the positions that see it: a window that slides over the positions,
    backwards.
    """
    sizes = shape_of(x)
    if is_empty(sizes) or is_empty(shape_of(source)):
        return zeros(sizes, signless(dtype))
    winner = _winners(x, windows, extremum, dtype)
    if all(w.size <= w.stride and w.dilation == 1 and w.base_dilation == 1 for w in windows):
        return _given_to_blocks(source, winner, windows, sizes, dtype)
    back = [w.transposed(n) for w, n in zip(windows, sizes, strict=True)]
    loops = _Loops(back)
    winner, _ = loops.seen(_padded(winner, back, -1, _INT32))
    values, seen = loops.seen(_padded(source, back, 0, dtype))
    return _chosen(values, seen, winner, loops, sizes, dtype, backwards=True)


def _given_to_blocks(
    source: ir.Value, winner: ir.Value, windows: Windows, sizes: Sequence[int], dtype: np.dtype
) -> ir.Value:
    """The source at the element that won, for windows that do not overlap; 0 elsewhere."""
    loops = _Loops(windows)
    counts, kind = shape_of(source), signless(dtype)
    inner = [w.size for w in windows if w.size > 1]
    init = empty([*counts, *inner], kind)

    def body(value: ir.Value, won: ir.Value, _: ir.Value) -> ir.Value:
        return arith.select(compare_int("eq", won, loops.number()), value, emit.constant(kind, 0))

    maps = [loops.positions(), loops.positions(), identity_map(loops.count)]
    found = generic([source, winner], [init], maps, body)[0]
    order = [
        axis
        for d in range(loops.rank)
        for axis in ((d, loops.rank + loops.inside.index(d)) if d in loops.inside else (d,))
    ]
    found = transpose(found, order)
    shape: list[int] = []
    for d, w in enumerate(windows):
        shape += [counts[d], w.size]
    found = reshape(found, shape)
    for d, w in enumerate(windows):
        found = _padded_end(found, 2 * d + 1, 0, w.stride - w.size, 0, dtype)
    found = reshape(found, [n * w.stride for n, w in zip(counts, windows, strict=True)])
    ends = [
        Window(low=-w.low, high=n - (count * w.stride - w.low))
        for n, count, w in zip(sizes, counts, windows, strict=True)
    ]
    return _padded(found, ends, 0, dtype)


def _chosen(
    values: ir.Value,
    seen: ir.AffineMap,
    winner: ir.Value,
    loops: _Loops,
    counts: Sequence[int],
    dtype: np.dtype,
    *,
    backwards: bool = False,
) -> ir.Value:
    """Sum over the window of the values where it is at the element that won.

    With ``backwards`` it is ``winner``, too, over which the window slides, and it does so backwards.
    """
    wide = _FLOAT32 if is_half(dtype) else dtype
    shape, shape_maps = loops.sizes(signless(dtype))
    zero = emit.constant(signless(wide), 0)

    def body(value: ir.Value, won: ir.Value, *rest: ir.Value) -> ir.Value:
        here = compare_int("eq", won, loops.number(backwards=backwards))
        value = scalar.convert(dtype, wide, value)
        return scalar.add(wide, rest[-1], arith.select(here, value, emit.constant(signless(wide), 0)))

    init = fill(list(counts), zero)
    maps = [seen, seen if backwards else loops.positions(), *shape_maps, loops.positions()]
    found = generic([values, winner, *shape], [init], maps, body, reduced=loops.reduced)[0]
    return _converted(found, wide, dtype) if wide != dtype else found
