"""Sorting along one axis by kernels that carry all operands along.

Rows of a few elements are ranked by comparing all pairs. Longer ones go through a radix sort from the lowest digit
to the highest (D. E. Knuth, The Art of Computer Programming, vol. 3, 5.2.5): each pass counts the digits, turns the
counts into first places, and moves the elements there. Both are stable. All passes over a row are one loop nest
in one dispatch, between the two halves of a scratch tensor of twice the row's length.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from axir_compiler.errors import ShapeError
from axir_compiler.ir.types import BOOL, UNSIGNED, is_complex, is_float, real_dtype
from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.along import take_along
from axir_compiler.lowering.emit import bits_of, compare_int, format_of, integer_type, signless, width_of
from axir_compiler.lowering.generality import is_for_any_size
from axir_compiler.lowering.generic import (
    element_type_of,
    elementwise,
    empty,
    generic,
    identity_map,
    iota,
    is_empty,
    shape_of,
    zeros,
)
from axir_compiler.lowering.kernels import index, kernel, load, loop, store
from axir_compiler.lowering.movement import reshape, transpose
from axir_compiler.mlir import arith, ir, linalg, tensor

__all__ = ["searchsorted", "sort"]

Value = ir.Value

_DIGIT_BITS = 8
_BUCKETS = 1 << _DIGIT_BITS
# Measured: clearing and summing the buckets costs as much as comparing all pairs of so many elements.
_RANKED = 24
# Elements are counted in int32.
_LONGEST = 2**31 - 1
# A kernel takes 32 buffers, and a sorted operand needs three.
_MOST_CARRIED = 8


def sort(xs: Sequence[Value], dimension: int, num_keys: int, dtypes: Sequence[np.dtype]) -> list[Value]:
    """Tensors of one shape, ordered along an axis by the first ``num_keys`` of them; stable.

    Args:
        xs: Tensors of signless types.
        dimension: Axis to sort along.
        num_keys: How many tensors are compared, the first one first.
        dtypes: What the elements of the tensors mean.

    Raises:
        ShapeError: the axis has 2**31 elements or more.
    """
    shape = shape_of(xs[0])
    if shape[dimension] > _LONGEST:
        raise ShapeError(
            f"sort: an axis of at most {_LONGEST} elements can be sorted; got {shape[dimension]}."
        )
    if is_empty(shape) or shape[dimension] == 1:
        return list(xs)
    if any(is_complex(dtype) for dtype in dtypes):
        return _sorted_by_parts(xs, dimension, num_keys, dtypes)
    order = [*(d for d in range(len(shape)) if d != dimension), dimension]
    moved = [shape[d] for d in order]
    lines = [reshape(transpose(_storable(x), order), [math.prod(moved[:-1]), moved[-1]]) for x in xs]
    found = _sorted_rows(lines, num_keys, dtypes)
    back = [order.index(d) for d in range(len(shape))]
    whole = [transpose(reshape(x, moved), back) for x in found]
    return [_restored(x, element_type_of(y)) for x, y in zip(whole, xs, strict=True)]


def _sorted_by_parts(
    xs: Sequence[Value], dimension: int, num_keys: int, dtypes: Sequence[np.dtype]
) -> list[Value]:
    """Complex tensors as two real ones each, the real parts first."""
    parts, kinds = [], []
    for x, dtype in zip(xs, dtypes, strict=True):
        pieces = _parts_of(x, dtype)
        parts += pieces
        kinds += [real_dtype(dtype)] * len(pieces)
    keys = num_keys + sum(is_complex(dtype) for dtype in dtypes[:num_keys])
    found = iter(sort(parts, dimension, keys, kinds))
    return [
        _of_parts(next(found), next(found), dtype) if is_complex(dtype) else next(found) for dtype in dtypes
    ]


def _parts_of(x: Value, dtype: np.dtype) -> list[Value]:
    if not is_complex(dtype):
        return [x]
    kind = signless(real_dtype(dtype))
    parts = scalar.real_part, scalar.imaginary_part
    return [elementwise(lambda v, part=part: part(dtype, v), [x], kind) for part in parts]


def _of_parts(re: Value, im: Value, dtype: np.dtype) -> Value:
    return elementwise(lambda x, y: scalar.make_complex(real_dtype(dtype), x, y), [re, im], signless(dtype))


def _storable(x: Value) -> Value:
    """Bools as bytes: IREE cannot compile kernels that write tensors of i1."""
    if emit.bit_width(element_type_of(x)) > 1:
        return x
    kind = integer_type(_DIGIT_BITS)
    return elementwise(lambda v: arith.extui(kind, v), [x], kind)


def _restored(x: Value, kind: ir.Type) -> Value:
    if element_type_of(x) == kind:
        return x
    return elementwise(lambda v: arith.trunci(kind, v), [x], kind)


def _sorted_rows(xs: Sequence[Value], num_keys: int, dtypes: Sequence[np.dtype]) -> list[Value]:
    if len(xs) > _MOST_CARRIED:
        order = _order_by_single_keys(xs[:num_keys], dtypes)
        return [take_along(x, order, 1, np.dtype("int32")) for x in xs]
    build = _ranked if shape_of(xs[0])[1] <= _RANKED and not is_for_any_size() else _radix_sorted
    return build(xs, num_keys, dtypes)


def _order_by_single_keys(keys: Sequence[Value], dtypes: Sequence[np.dtype]) -> Value:
    """The order of rows by any number of keys, one sort for each, the last key first."""
    int32 = np.dtype("int32")
    order = iota(shape_of(keys[0]), 1, int32)
    for key, dtype in reversed(list(zip(keys, dtypes, strict=False))):
        taken = take_along(key, order, 1, int32)
        order = _sorted_rows([taken, order], 1, [dtype, int32])[1]
    return order


def _ranked(xs: Sequence[Value], num_keys: int, dtypes: Sequence[np.dtype]) -> list[Value]:
    """Each element goes to the place that is the number of elements before it."""
    rows, n = shape_of(xs[0])
    keys = [_sortable(dtype) for dtype in dtypes[:num_keys]]

    def body(*results: Value) -> list[Value]:
        def row(r: Value, *outs: Value) -> list[Value]:
            def place(i: Value, *outs: Value) -> list[Value]:
                mine = [key(load(x, r, i)) for key, x in zip(keys, xs, strict=False)]

                def count(j: Value, total: Value) -> list[Value]:
                    other = [key(load(x, r, j)) for key, x in zip(keys, xs, strict=False)]
                    return [arith.addi(total, _as_index(_is_before(other, mine, compare_int("lt", j, i))))]

                (at,) = loop(n, [index(0)], count)
                return [store(load(x, r, i), out, r, at) for x, out in zip(xs, outs, strict=True)]

            return loop(n, outs, place)

        return loop(rows, results, row)

    return kernel([([rows, n], element_type_of(x)) for x in xs], body)


def _is_before(xs: Sequence[Value], ys: Sequence[Value], on_tie: Value) -> Value:
    """Whether one tuple of unsigned integers comes before another one."""
    found = on_tie
    for x, y in reversed(list(zip(xs, ys, strict=True))):
        less = compare_int("lt", x, y, unsigned=True)
        found = arith.ori(less, arith.andi(compare_int("eq", x, y), found))
    return found


def _radix_sorted(xs: Sequence[Value], num_keys: int, dtypes: Sequence[np.dtype]) -> list[Value]:
    rows, n = shape_of(xs[0])
    count = len(xs)

    def body(*tensors: Value) -> list[Value]:
        def row(r: Value, *carried: Value) -> list[Value]:
            outs, scratch = carried[:count], list(carried[count:])
            scratch = _copied(xs, scratch, n, lambda i: ((r, i), (index(0), i)))
            half = index(0)
            for k in reversed(range(num_keys)):
                half, scratch = _sorted_by_digits(scratch, half, k, dtypes[k], n)
            return [*_copied(scratch, outs, n, lambda i: ((half, i), (r, i))), *scratch]

        return loop(rows, tensors, row)

    kinds = [element_type_of(x) for x in xs]
    found = kernel([*(([rows, n], kind) for kind in kinds), *(([2, n], kind) for kind in kinds)], body)
    for scratch in found[count:]:
        # Results that nobody uses are dropped, and would lie on the stack then.
        ir.Operation.create("util.optimization_barrier", results=[scratch.type], operands=[scratch])
    return found[:count]


def _copied(
    sources: Sequence[Value],
    targets: Sequence[Value],
    n: int,
    places: Callable[[Value], tuple[tuple[Value, ...], tuple[Value, ...]]],
) -> list[Value]:
    """Targets with elements of the sources; ``places`` says from where and to where for each step."""

    def step(i: Value, *targets: Value) -> list[Value]:
        source, target = places(i)
        return [store(load(x, *source), t, *target) for x, t in zip(sources, targets, strict=True)]

    return loop(n, targets, step)


def _sorted_by_digits(
    scratch: Sequence[Value], half: Value, k: int, dtype: np.dtype, n: int
) -> tuple[Value, list[Value]]:
    """Sort what is in one half of the scratch tensors by tensor ``k``; gives the half that holds the result."""
    key = _sortable(dtype)

    def digit(tensors: Sequence[Value], half: Value, i: Value, shift: Value) -> Value:
        bits = key(load(tensors[k], half, i))
        if emit.bit_width(bits.type) > _DIGIT_BITS:
            bits = arith.shrui(bits, arith.index_castui(bits.type, shift))
        return arith.index_castui(_index(), arith.andi(bits, emit.constant(bits.type, _BUCKETS - 1)))

    def one_pass(number: Value, half: Value, *tensors: Value) -> list[Value]:
        shift = arith.muli(number, index(_DIGIT_BITS))
        counts = _counts(lambda i: digit(tensors, half, i, shift), n)
        first = load(counts, digit(tensors, half, index(0), shift))
        # A digit that all elements share leaves them where they are.
        is_shared = compare_int("eq", first, emit.constant(first.type, n))
        other = arith.subi(index(1), half)

        def move(i: Value, places: Value, *tensors: Value) -> list[Value]:
            d = digit(tensors, half, i, shift)
            place = load(places, d)
            places = store(arith.addi(place, emit.constant(place.type, 1)), places, d)
            at = arith.index_castui(_index(), place)
            return [places, *(store(load(t, half, i), t, other, at) for t in tensors)]

        steps = arith.select(is_shared, index(0), index(n))
        _, *moved = loop(steps, [_first_places(counts), *tensors], move)
        return [arith.select(is_shared, half, other), *moved]

    passes = max(width_of(dtype), _DIGIT_BITS) // _DIGIT_BITS
    half, *found = loop(passes, [half, *scratch], one_pass)
    return half, found


def _counts(digit: Callable[[Value], Value], n: int) -> Value:
    """How often each digit occurs; 1 KB on the stack."""
    kind = integer_type(32)
    zero, one = emit.constant(kind, 0), emit.constant(kind, 1)
    (counts,) = loop(_BUCKETS, [empty([_BUCKETS], kind)], lambda b, counts: [store(zero, counts, b)])

    def tally(i: Value, counts: Value) -> list[Value]:
        d = digit(i)
        return [store(arith.addi(load(counts, d), one), counts, d)]

    return loop(n, [counts], tally)[0]


def _first_places(counts: Value) -> Value:
    """Sums of the counts of all smaller digits."""

    def add(b: Value, counts: Value, total: Value) -> list[Value]:
        # Read before it is overwritten: otherwise the tensor would have to be copied.
        here = load(counts, b)
        return [store(total, counts, b), arith.addi(total, here)]

    return loop(_BUCKETS, [counts, emit.constant(element_type_of(counts), 0)], add)[0]


def searchsorted(x: Value, values: Value, right: bool, dtype: np.dtype) -> Value:
    """The number of elements of ``x`` below (not above, if ``right``) each value, by bisection of the last axis.

    One kernel of loops that read single elements, which other targets than CPUs can compile as well.
    """
    shape, n = shape_of(values), shape_of(x)[-1]
    kind = integer_type(32)
    if is_empty(shape) or n == 0:
        return zeros(shape, kind)
    key = _sortable(dtype)

    def body(value: Value, _: Value) -> Value:
        row = [linalg.IndexOp(d).result for d in range(len(shape) - 1)]
        wanted = key(value)

        def halve(_: Value, first: Value, last: Value) -> list[Value]:
            middle = arith.shrui(arith.addi(first, last), index(1))
            # At the end, where nothing is left to halve, the middle may lie behind the row.
            found = key(tensor.extract(x, [*row, arith.minui(middle, index(n - 1))]))
            is_behind = compare_int("le" if right else "lt", found, wanted, unsigned=True)
            is_behind = arith.andi(is_behind, compare_int("lt", first, last))
            first = arith.select(is_behind, arith.addi(middle, index(1)), first)
            return [first, arith.select(is_behind, last, middle)]

        first, _ = loop(n.bit_length(), [index(0), index(n)], halve)
        return arith.index_castui(kind, first)

    return generic([values], [empty(shape, kind)], [identity_map(len(shape))] * 2, body)[0]


def _sortable(dtype: np.dtype) -> Callable[[Value], Value]:
    """The function from elements to unsigned integers of the same order."""
    if dtype in UNSIGNED or dtype in BOOL:
        return lambda x: x
    if is_float(dtype):
        return lambda x: _sortable_float(dtype, x)
    width = width_of(dtype)
    return lambda x: arith.xori(x, emit.constant(integer_type(width), 1 << (width - 1)))


def _sortable_float(dtype: np.dtype, x: Value) -> Value:
    """Equal zeros, every NaN last. On integers alone, since kernels take denormal floats for zeros."""
    layout, kind = format_of(dtype), integer_type(width_of(dtype))

    def number(value: int) -> Value:
        return emit.constant(kind, value)

    bits = bits_of(dtype, x)
    magnitude = arith.andi(bits, number(layout.magnitude))
    bits = arith.select(compare_int("eq", magnitude, number(0)), magnitude, bits)
    is_nan = compare_int("gt", magnitude, number(layout.infinity), unsigned=True)
    bits = arith.select(is_nan, number(layout.magnitude), bits)
    # Negative numbers grow with falling bit patterns: turn all their bits around, of the others the sign.
    negative = arith.shrsi(bits, number(layout.width - 1))
    return arith.xori(bits, arith.ori(negative, number(layout.sign)))


def _index() -> ir.Type:
    return ir.IndexType.get()


def _as_index(condition: Value) -> Value:
    return arith.index_castui(_index(), condition)
