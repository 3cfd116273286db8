"""Rows of the case table for gather and scatter: one list of positions for all of them."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

import window_references as ref
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.types import BOOL, DTYPES
from samples import FLOAT64, Arg, Case, Dtypes

__all__ = ["WINDOWS"]

INT32 = np.dtype("int32")


class Windows(NamedTuple):
    """Windows of an operand: its shape, the indices, the sizes of a window and the dimension numbers."""

    label: str
    shape: tuple[int, ...]
    indices: Any
    sizes: tuple[int, ...]
    offset: tuple[int, ...] = ()
    collapsed: tuple[int, ...] = ()
    axes: tuple[int, ...] = (0,)
    batching: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
    outside: bool = False
    unique: bool = False
    dtype: np.dtype = INT32

    @property
    def numbers(self) -> dict[str, tuple[int, ...]]:
        return {
            "offset_dims": self.offset,
            "collapsed_slice_dims": self.collapsed,
            "start_index_map": self.axes,
            "operand_batching_dims": self.batching[0],
            "start_indices_batching_dims": self.batching[1],
        }

    @property
    def index(self) -> Arg:
        values = np.array(self.indices, self.dtype)
        return Arg(values.shape, dtype=self.dtype, values=values)

    @property
    def result(self) -> tuple[int, ...]:
        gone = (*self.collapsed, *self.batching[0])
        window = iter(n for d, n in enumerate(self.sizes) if d not in gone)
        batch = iter(self.index.shape[:-1])
        rank = len(self.offset) + len(self.index.shape) - 1
        return tuple(next(window) if d in self.offset else next(batch) for d in range(rank))


ROWS: dict[str, Any] = {"offset": (1,), "collapsed": (0,)}
TABLE = (
    Windows("rows", (5, 3), [[4], [0], [2]], (1, 3), **ROWS, unique=True),
    Windows("rows again and again", (5, 3), [[4], [0], [4], [4], [1]], (1, 3), **ROWS),
    Windows("wide rows", (4, 37), [[3], [0], [3]], (1, 37), **ROWS),
    Windows("rows outside", (3, 2), [[4], [-1], [1], [2], [-9], [3]], (1, 2), **ROWS, outside=True),
    Windows("columns", (2, 4), [[3], [0], [3]], (2, 1), (0,), (1,), (1,)),
    Windows("elements", (7,), [[6], [0], [3], [3], [9]], (1,), (), (0,), outside=True),
    Windows(
        "two components in reverse", (3, 4), [[3, 0], [1, 2], [3, 0], [1, 5]], (1, 1), (), (0, 1), (1, 0)
    ),
    Windows("windows", (6, 5), [[1, 2], [0, 0], [1, 1]], (2, 3), (1, 2), (), (0, 1)),
    Windows(
        "windows outside", (6, 5), [[5, 2], [-1, 0], [2, 3], [4, 2]], (2, 3), (0, 2), (), (0, 1), outside=True
    ),
    Windows("part of a row", (4, 5), [[3], [1], [3]], (1, 2), **ROWS),
    Windows("grid of indices", (4, 3), [[[0], [3]], [[1], [1]], [[2], [0]]], (1, 3), (1,), (0,)),
    Windows(
        "batching", (2, 4, 3), [[[1], [3], [1]], [[0], [2], [2]]], (1, 1, 3), (2,), (1,), (1,), ((0,), (0,))
    ),
    Windows(
        "batching last", (4, 2), [[[1, 0]], [[3, 0]], [[1, 5]]], (1, 1), (), (), (), ((1,), (1,))
    )._replace(indices=np.zeros((3, 2, 0)), collapsed=(0,)),
    Windows("one window", (4, 3), [2], (2, 3), (0, 1)),
    Windows("no component", (2, 3), np.zeros((2, 0)), (2, 3), (1, 2), (), ()),
    Windows("rank 0", (), np.zeros((2, 0)), (), (), (), ()),
    Windows("no indices", (3, 2), np.zeros((0, 1)), (1, 2), **ROWS),
    Windows("empty windows", (3, 0), [[1], [2]], (1, 0), **ROWS),
    Windows("bytes", (300,), [[255], [0], [128], [255]], (1,), (), (0,), dtype=np.dtype("uint8")),
    Windows(
        "negative bytes", (5,), [[-128], [4], [127]], (1,), (), (0,), outside=True, dtype=np.dtype("int8")
    ),
    Windows(
        "huge", (5,), [[2**63 + 1], [4], [2**32]], (1,), (), (0,), outside=True, dtype=np.dtype("uint64")
    ),
    Windows("wide", (5,), [[-(2**62)], [4], [2**32]], (1,), (), (0,), outside=True, dtype=np.dtype("int64")),
)


def _modes(windows: Windows, other: str) -> Iterator[tuple[str, str]]:
    """Label and mode: windows that reach outside are tried in both."""
    yield windows.label, "clip"
    if windows.outside or windows.label == "rows":
        yield f"{windows.label}, {other}", other


def _gathers() -> Iterator[Case]:
    for windows in TABLE:
        for label, mode in _modes(windows, "fill"):

            def attrs(dtype: np.dtype, windows: Windows = windows, mode: str = mode) -> dict[str, Any]:
                fill = ScalarValue(1 if dtype in BOOL else 77, dtype)
                return {**windows.numbers, "slice_sizes": windows.sizes, "mode": mode, "fill_value": fill}

            dtypes: Dtypes = (
                frozenset(DTYPES) if label == "rows, fill" else frozenset({np.dtype(bool), FLOAT64})
            )
            yield Case(
                "gather", label, (Arg(windows.shape, -9, 9), windows.index), ref.gathered, dtypes, attrs
            )


SCATTERS: tuple[tuple[str, Callable[[Any, Any], Any], Dtypes], ...] = (
    ("scatter", lambda old, new: new, frozenset(DTYPES)),
    ("scatter_add", operator.add, frozenset(DTYPES) - BOOL),
    ("scatter_mul", operator.mul, frozenset(DTYPES) - BOOL),
    ("scatter_min", ref.smaller, frozenset(DTYPES)),
    ("scatter_max", ref.larger, frozenset(DTYPES)),
)
# All ops of the family go to the same places: those that combine are tried at some of them only.
FEW = ("rows", "rows outside", "wide rows", "windows", "rank 0", "no indices")


def _scatters() -> Iterator[Case]:
    for op, combine, dtypes in SCATTERS:
        for windows in TABLE:
            if op not in ("scatter", "scatter_add") and windows.label not in FEW:
                continue
            for label, mode in _modes(windows, "drop"):
                args = (Arg(windows.shape, -3, 3), windows.index, Arg(windows.result, -3, 3))
                attrs = {**windows.numbers, "mode": mode, "unique_indices": int(windows.unique)}
                tried = dtypes if label == "rows, drop" else frozenset({FLOAT64})
                # A product has no derivative with respect to factors that meet in one element.
                smooth = op != "scatter_mul" or windows.unique
                exact = op in ("scatter_add", "scatter_mul")
                yield Case(op, label, args, ref.combined(combine), tried, attrs, exact=exact, smooth=smooth)


WINDOWS: tuple[Case, ...] = (*_gathers(), *_scatters())
