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
    is_empty,
    shape_of,
    zeros,
)
from axir_compiler.lowering.movement import pad, slice
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
    """Loops over all positions, then over the elements of the window along axes where there are several."""

    def __init__(self, windows: Windows):
        self.rank = len(windows)
        self.inside = [d for d, w in enumerate(windows) if w.size > 1]
        self.count = self.rank + len(self.inside)
        self.windows = windows

    @property
    def reduced(self) -> range:
        """The loops over the window."""
        return range(self.rank, self.count)

    def seen(self) -> ir.AffineMap:
        """What lies under the window."""
        rows: list[Row] = [[(d, w.stride)] for d, w in enumerate(self.windows)]
        for i, d in enumerate(self.inside):
            rows[d].append((self.rank + i, self.windows[d].dilation))
        return sliding_map(self.count, rows)

    def positions(self) -> ir.AffineMap:
        """One element for each position."""
        return sliding_map(self.count, [[(d, 1)] for d in range(self.rank)])

    def sizes(self, kind: ir.Type) -> tuple[ir.Value, ir.AffineMap]:
        """An operand that has the sizes of the window, and how it is indexed."""
        shape = empty([self.windows[d].size for d in self.inside], kind)
        return shape, sliding_map(self.count, [[(self.rank + i, 1)] for i in range(len(self.inside))])

    def number(self, *, reversed_: bool = False) -> ir.Value:
        """Row-major number of the element of the window, inside a body."""
        kind = emit.integer_type(32)
        total, factor = emit.constant(kind, 0), 1
        for i, d in reversed(list(enumerate(self.inside))):
            at = arith.index_cast(kind, linalg.IndexOp(self.rank + i).result)
            if reversed_:
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
    x = _padded(x, windows, identity, dtype)
    windows = [Window(w.size, w.stride, dilation=w.dilation) for w in windows]
    wide = _FLOAT32 if is_half(dtype) and kind in ("sum", "prod") else dtype
    if wide != dtype and any(w.size > 1 for w in windows):
        x = _converted(x, dtype, wide)
    for axis, w in enumerate(windows):
        if w.size >= _LARGE:
            x = _doubled(kind, x, axis, w, wide)
            windows[axis] = Window()
    if any(w.size > 1 for w in windows):
        found = _reduced(kind, x, windows, counts, wide)
    else:
        x = slice(x, [0] * len(counts), shape_of(x), [w.stride for w in windows])
        combine, zero = KINDS[kind][0], emit.constant
        found = elementwise(lambda v: combine(wide, v, zero(v.type, identity)), [x], signless(wide))
    return _converted(found, wide, dtype) if element_type_of(found) != signless(dtype) else found


def _converted(x: ir.Value, source: np.dtype, target: np.dtype) -> ir.Value:
    return elementwise(lambda v: scalar.convert(source, target, v), [x], signless(target))


def _reduced(kind: str, x: ir.Value, windows: Windows, counts: Sequence[int], dtype: np.dtype) -> ir.Value:
    combine, identity = KINDS[kind]
    loops = _Loops(windows)
    sizes, sizes_map = loops.sizes(signless(dtype))
    init = fill(list(counts), emit.constant(signless(dtype), identity(dtype)))
    maps = [loops.seen(), sizes_map, loops.positions()]
    return generic(
        [x, sizes],
        [init],
        maps,
        lambda value, _, total: combine(dtype, value, total),
        reduced=loops.reduced,
    )[0]


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
    shape, shape_map = loops.sizes(signless(dtype))
    last = (1 << 31) - 1
    identity = KINDS[extremum][1](dtype)

    def body(value: ir.Value, extreme: ir.Value, _: ir.Value, lowest: ir.Value) -> ir.Value:
        equal = scalar.compare(dtype, "eq", value, extreme)
        if is_float(dtype):
            # Not equal to itself is NaN, the extreme value as soon as there is one.
            equal = arith.ori(equal, scalar.compare(dtype, "ne", value, value))
        there = _is_element(windows, loops, sizes)
        if there is not None:
            equal = arith.andi(equal, there)
        candidate = arith.select(equal, loops.number(), emit.constant(emit.integer_type(32), last))
        return arith.minsi(candidate, lowest)

    init = fill(list(shape_of(best)), emit.constant(emit.integer_type(32), last))
    maps = [loops.seen(), loops.positions(), shape_map, loops.positions()]
    padded = _padded(x, windows, identity, dtype)
    return generic([padded, best, shape], [init], maps, body, reduced=loops.reduced)[0]


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
    values = _padded(source, windows, 0, dtype)
    return _chosen(values, winner, loops, loops.seen(), loops.positions(), counts, dtype, False)


def select_and_scatter_add(
    source: ir.Value, x: ir.Value, windows: Windows, extremum: str, dtype: np.dtype
) -> ir.Value:
    """Adds the element of ``source`` for each position of the window where ``x`` is extreme in it.

    Each element looks at the positions that see it: a window that slides over the positions, backwards.
    """
    sizes = shape_of(x)
    if is_empty(sizes) or is_empty(shape_of(source)):
        return zeros(sizes, signless(dtype))
    winner = _winners(x, windows, extremum, dtype)
    back = [w.transposed(n) for w, n in zip(windows, sizes, strict=True)]
    loops = _Loops(back)
    winner = _padded(winner, back, -1, _INT32)
    values = _padded(source, back, 0, dtype)
    return _chosen(values, winner, loops, loops.seen(), loops.seen(), sizes, dtype, True)


def _chosen(
    values: ir.Value,
    winner: ir.Value,
    loops: _Loops,
    values_map: ir.AffineMap,
    winner_map: ir.AffineMap,
    counts: Sequence[int],
    dtype: np.dtype,
    reversed_: bool,
) -> ir.Value:
    """Sum over the window of the values where it is at the element that won."""
    wide = _FLOAT32 if is_half(dtype) else dtype
    shape, shape_map = loops.sizes(signless(dtype))
    zero = emit.constant(signless(wide), 0)

    def body(value: ir.Value, won: ir.Value, _: ir.Value, total: ir.Value) -> ir.Value:
        here = compare_int("eq", won, loops.number(reversed_=reversed_))
        value = scalar.convert(dtype, wide, value)
        return scalar.add(wide, total, arith.select(here, value, emit.constant(signless(wide), 0)))

    init = fill(list(counts), zero)
    maps = [values_map, winner_map, shape_map, loops.positions()]
    found = generic([values, winner, shape], [init], maps, body, reduced=loops.reduced)[0]
    return _converted(found, wide, dtype) if wide != dtype else found
