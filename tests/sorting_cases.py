"""Rows of the case table for sorting, running reductions and positions along an axis."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

import sorting_references as ref
from axir_compiler.ir.types import BFLOAT16, BOOL, COMPLEX, DTYPES, FLOATING, INTEGER, NUMERIC
from samples import Arg, Case, Dtypes

__all__ = ["SORTING"]

ALL: Dtypes = frozenset(DTYPES) - COMPLEX
FLOAT32, FLOAT64 = np.dtype("float32"), np.dtype("float64")
INT32, UINT32 = np.dtype("int32"), np.dtype("uint32")
FEW: Dtypes = frozenset({FLOAT32, FLOAT64})
DOUBLE: Dtypes = frozenset({FLOAT64})
COMPLEX_DOUBLE: Dtypes = frozenset({np.dtype("complex128")})
NAN, INF = math.nan, math.inf
TIED = Arg((2, 4, 3), 0, 2, INT32)


def _sort(
    label: str,
    args: Sequence[Arg],
    dimension: int,
    keys: int = 1,
    dtypes: Dtypes = DOUBLE,
    smooth: bool = True,
) -> Case:
    attrs = {"dimension": dimension, "num_keys": keys}
    return Case("sort", label, tuple(args), ref.sort, dtypes, attrs, smooth=smooth)


def _positions(count: int) -> Arg:
    return Arg((count,), dtype=INT32, values=tuple(range(count)))


# More than a row of 24 elements takes another algorithm than less.
SORTS = (
    _sort("few", (Arg((5,)), _positions(5)), 0, dtypes=FEW | {BFLOAT16}),
    _sort("edge cases", (Arg(special=True), Arg(special=True, dtype=np.dtype(bool))), 0, 1, ALL, False),
    _sort("alone", (Arg((3, 30)),), 1, dtypes=frozenset({np.dtype("int8")})),
    _sort("edge cases alone", (Arg(special=True),), 0, 1, frozenset({FLOAT32, BFLOAT16}), False),
    _sort("two keys with edge cases", (Arg(special=True),) * 2, 0, 2, frozenset({BFLOAT16}), False),
    _sort("long", (Arg((2, 300), -(2**31), 2**31 - 1), Arg((2, 300))), 1, 1, frozenset({INT32})),
    _sort("long, unsigned", (Arg((300,), 0, 2**32 - 1), _positions(300)), 0, 1, frozenset({UINT32})),
    _sort("first axis", (Arg((30, 2)), Arg((30, 2))), 0),
    _sort("middle axis", (Arg((2, 4, 3)), Arg((2, 4, 3), dtype=np.dtype("int8"))), 1),
    _sort("ties", (TIED, Arg((2, 4, 3))), 1),
    _sort("ties of two keys", (TIED, TIED, Arg((2, 4, 3)), Arg((2, 4, 3))), 1, 2),
    _sort("many ties", (Arg((70,), 0, 3, INT32), Arg((70,), 0, 3, INT32), Arg((70,))), 0, 2),
    _sort("many operands", (Arg((2, 26), 0, 1, INT32),) * 9 + (Arg((2, 26)),), 1, 9, DOUBLE, False),
    _sort("digits that are the same", (Arg((40,), 0, 255, np.dtype("int64")), Arg((40,))), 0),
    _sort("all the same", (Arg((40,), dtype=INT32, values=(7,) * 40), Arg((40,))), 0),
    _sort("one", (Arg((1,)), Arg((1,))), 0),
    _sort("size 1", (Arg((3, 1)), Arg((3, 1))), 1),
    _sort("empty axis", (Arg((2, 0)), Arg((2, 0))), 1),
    _sort("no rows", (Arg((0, 3)),), 1),
    _sort("complex", (Arg((2, 5)), Arg((2, 5), dtype=INT32)), 1, 1, frozenset(COMPLEX)),
    _sort("complex key behind a real one", (TIED, Arg((2, 4, 3)), Arg((2, 4, 3))), 1, 2, COMPLEX_DOUBLE),
    _sort("complex, long", (Arg((30,), dtype=INT32), Arg((30,))), 0, 1, COMPLEX_DOUBLE),
    _sort("complex edge cases", (Arg(special=True), Arg(special=True)), 0, 1, COMPLEX_DOUBLE, False),
)


class Running(NamedTuple):
    """A running reduction: reference, dtypes, allowed errors."""

    op: str
    reference: Callable[..., Any]
    dtypes: Dtypes = NUMERIC
    ulp: float = 0
    kernel_ulp: float = 0


RUNNING = (
    Running("cumsum", ref.running(ref.total), NUMERIC | COMPLEX),
    Running("cumprod", ref.running(ref.product), NUMERIC | COMPLEX),
    Running("cummax", ref.running_extreme(True), NUMERIC | COMPLEX),
    Running("cummin", ref.running_extreme(False), NUMERIC | COMPLEX),
    Running("cumlogsumexp", ref.running(ref.log_sum_exp), FLOATING, ulp=8, kernel_ulp=16),
)
SHAPES = (
    ("last axis", (2, 5), 1, False),
    ("reverse", (7,), 0, True),
    ("first axis", (5, 3), 0, False),
    ("middle axis, reverse", (2, 3, 4), 1, True),
    ("two", (2,), 0, False),
    ("size 1", (2, 1, 2), 1, True),
    ("one", (1,), 0, False),
    ("empty axis", (2, 0), 1, False),
    ("no lines", (0, 3), 1, True),
)
EDGES = (
    (INF, 1, 2),
    (-INF, -INF, 1),
    (-0.0, 0.0, -0.0),
    (0.0, -0.0, -1),
    (1, INF, 3),
    (NAN, 1, 2),
    (2, NAN, 9),
)
# No sum of infinities of both signs, no product of 0 and infinity: the sign of the NaN would be anyone's.
EXTREME = ((0, 0, 0), (1, 0, 127), (127, 127, 127), (100, 27, 3))


def _running_cases(row: Running) -> Iterator[Case]:
    for label, shape, axis, reverse in SHAPES:
        dtypes = row.dtypes if label == "last axis" else row.dtypes & (DOUBLE | COMPLEX_DOUBLE)
        attrs = {"axis": axis, "reverse": reverse}
        is_exact = row.op != "cumlogsumexp"
        # Sums of exponentials of larger numbers, whose logarithm is not near 0.
        arg = Arg(shape, -3, 3) if is_exact else Arg(shape, 0.5, 4)
        yield _running(row, label, arg, dtypes, attrs, exact=is_exact)
    attrs = {"axis": 1, "reverse": False}
    yield _running(row, "edge cases", Arg((7, 3), values=EDGES), FLOATING, attrs, smooth=False)
    if row.dtypes & INTEGER:
        extreme = Arg((4, 3), values=EXTREME)
        yield _running(row, "extreme", extreme, row.dtypes & INTEGER, attrs, smooth=False)


def _running(row: Running, label: str, arg: Arg, dtypes: Dtypes, attrs: Any, **options: Any) -> Case:
    errors = {"ulp": row.ulp, "kernel_ulp": row.kernel_ulp}
    return Case(row.op, label, (arg,), row.reference, dtypes, attrs, **errors, **options)


def _indices(values: Any, dtype: str = "int32") -> Arg:
    return Arg(np.shape(values), dtype=np.dtype(dtype), values=values)


INSIDE = ((2, 0, 3, 3), (1, 1, 0, 2))
OUTSIDE = ((-1, 4, -100, 100), (3, 2, 127, -128))
COLUMNS = ((2, 0, 0), (1, 0, 1))


def _take(label: str, shape: tuple[int, ...], indices: Arg, axis: int, dtypes: Dtypes = DOUBLE) -> Case:
    args = (Arg(shape, -9, 9), indices)
    return Case("take_along", label, args, ref.take_along, dtypes, {"axis": axis})


def _add(
    label: str, shape: tuple[int, ...], indices: Arg, axis: int, size: int, dtypes: Dtypes = DOUBLE
) -> Case:
    args = (Arg(shape, -9, 9), indices)
    attrs = {"axis": axis, "size": size}
    return Case("add_along", label, args, ref.add_along, dtypes, attrs, exact=True)


ALONG = (
    _take("last axis", (2, 4), _indices(INSIDE), 1, ALL | COMPLEX),
    _take("first axis", (4, 3), _indices(COLUMNS, "int64"), 0),
    _take("outside", (2, 4), _indices(OUTSIDE, "int8"), 1),
    _take("unsigned", (5,), _indices((255, 0, 4, 7), "uint8"), 0),
    _take("huge", (5,), _indices((2**64 - 1, 3, 2**63), "uint64"), 0),
    _take("middle axis", (2, 4, 2), _indices(np.arange(12).reshape(2, 3, 2) % 4), 1),
    _take("one", (1,), _indices((0,)), 0),
    _take("nothing taken", (3,), _indices(()), 0),
    _take("nothing there", (0,), _indices(()), 0),
    _add("last axis", (2, 4), _indices(INSIDE), 1, 5, NUMERIC | COMPLEX),
    _add("first axis", (2, 3), _indices(COLUMNS, "int64"), 0, 3),
    _add("outside", (2, 4), _indices(OUTSIDE, "int8"), 1, 4),
    _add("unsigned", (4,), _indices((255, 0, 4, 7), "uint8"), 0, 5),
    _add("middle axis", (2, 3, 2), _indices(np.arange(12).reshape(2, 3, 2) % 4), 1, 4),
    _add("one", (1,), _indices((0,)), 0, 1),
    _add("nothing added", (0,), _indices(()), 0, 3),
    _add("nothing there", (0,), _indices(()), 0, 0),
)


def _search(
    label: str, args: Sequence[Arg], right: bool = False, dtypes: Dtypes = DOUBLE, smooth: bool = True
) -> Case:
    return Case("searchsorted", label, tuple(args), ref.searchsorted, dtypes, {"right": right}, smooth=smooth)


# Both kinds of zeros, and of NaN, and what is between; exact in every float.
SORTED_EDGES = (-INF, -2.5, -0.0, 0.0, 2.5, INF, NAN, NAN)
FALSE_TRUE = Arg((3,), dtype=np.dtype(bool), values=(False, True, True))
SEARCHES = (
    _search("left", (Arg((7,), values=tuple(range(7))), Arg((9,), -1, 8)), False, NUMERIC),
    _search(
        "right",
        (Arg((7,), values=tuple(range(7))), Arg((7,), values=(0, 6, 3, 3, 5, 1, 2))),
        True,
        frozenset({INT32}),
    ),
    _search(
        "bools", (FALSE_TRUE, Arg((2,), dtype=np.dtype(bool), values=(True, False))), False, frozenset(BOOL)
    ),
    _search("edge cases", (Arg((8,), values=SORTED_EDGES), Arg(special=True)), False, FLOATING, False),
    _search(
        "edge cases, right",
        (Arg((8,), values=SORTED_EDGES), Arg(special=True)),
        True,
        frozenset({BFLOAT16}),
        False,
    ),
    _search("rows", (Arg((2, 3), values=((1, 2, 3), (-3, 0, 0.5))), Arg((2, 4))), True),
    _search("one", (Arg((1,)), Arg((1,)))),
    _search("nothing sorted", (Arg((0,)), Arg((3,)))),
    _search("no values", (Arg((3,), values=(1, 2, 3)), Arg((0,)))),
)

SORTING: tuple[Case, ...] = (
    *SORTS,
    *SEARCHES,
    *(case for row in RUNNING for case in _running_cases(row)),
    *ALONG,
)
