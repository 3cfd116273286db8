"""The rows of the case table for ops whose windows slide over the operand, and what these ops compute."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.ir.types import BFLOAT16, COMPLEX, FLOATING, NUMERIC, is_complex, is_float
from references import by_index, fold_extremum, wrap
from samples import FLOAT64, Arg, Case, Dtypes

__all__ = ["WINDOWED"]

Array = np.ndarray
FLOAT32, INT32, UINT32 = np.dtype("float32"), np.dtype("int32"), np.dtype("uint32")
FLOATS: Dtypes = frozenset({FLOAT32, FLOAT64})


def _under(o: int, k: int, size: int, stride: int, low: int, base: int, dilation: int) -> int | None:
    """The element of the operand under element ``k`` of a window in position ``o``, if it is not a hole."""
    place = o * stride + k * dilation - low
    found, hole = divmod(place, base)
    return found if hole == 0 and 0 <= found < size else None


def _positions(size: int, window: int, stride: int, low: int, high: int, base: int, dilation: int) -> int:
    """Counted by trying."""
    places = low + high + ((size - 1) * base + 1 if size else 0)
    return sum(o % stride == 0 and o + (window - 1) * dilation < places for o in range(max(places, 0)))


# Convolution. -------------------------------------------------------------------------------------------


def convolution(x: Array, y: Array, **attrs: Any) -> Array:
    """Each result as a sum of products of Python numbers."""
    x, y = x.transpose(attrs["lhs_axes"]), y.transpose(attrs["rhs_axes"])
    features, batches = attrs["feature_group_count"], attrs["batch_group_count"]
    names = ("window_strides", "padding_low", "padding_high", "lhs_dilation", "rhs_dilation")
    rows = list(zip(x.shape[2:], y.shape[2:], *(attrs[n] for n in names), strict=True))
    counts = [_positions(n, k, s, a, b, base, d) for n, k, s, a, b, base, d in rows]
    batch = x.shape[0] // batches
    kind = float if is_float(x.dtype) else int

    def rule(i: tuple[int, ...]) -> Any:
        n, f, *o = i
        group = f // max(y.shape[0] // (features * batches), 1)
        n += batch * group if batches > 1 else 0
        first = y.shape[1] * group if features > 1 else 0
        total = 0
        for c, *k in np.ndindex(*y.shape[1:]):
            at = [
                _under(p, q, size, s, low, base, d)
                for p, q, (size, _, s, low, _, base, d) in zip(o, k, rows, strict=True)
            ]
            if None not in at:
                total += kind(x[(n, first + c, *at)]) * kind(y[(f, c, *k)])
        return total

    found = by_index((batch, y.shape[0], *counts), np.dtype(object), rule)
    found = found.transpose(np.argsort(attrs["out_axes"]))
    dtype = attrs["dtype"]
    return found.astype(np.float64).astype(dtype) if is_float(dtype) else wrap(found, dtype)


WIDER = {BFLOAT16: FLOAT32, np.dtype("float16"): FLOAT32, FLOAT32: FLOAT64, np.dtype("int8"): INT32}
WIDER |= {np.dtype("uint8"): UINT32}
TILED: Dtypes = FLOATS | {BFLOAT16, INT32}


def _conv(
    label: str,
    lhs: tuple[int, ...],
    rhs: tuple[int, ...],
    *,
    dtypes: Dtypes = frozenset({FLOAT64}),
    result: Mapping[np.dtype, np.dtype] | None = None,
    axes: tuple[Any, Any, Any] | None = None,
    groups: tuple[int, int] = (1, 1),
    **windows: tuple[int, ...],
) -> Case:
    """A row; ``windows`` that are not given are trivial."""
    rank = len(lhs)
    usual = tuple(range(rank))
    given = dict.fromkeys(("window_strides", "lhs_dilation", "rhs_dilation"), (1,) * (rank - 2))
    given |= dict.fromkeys(("padding_low", "padding_high"), (0,) * (rank - 2))
    given |= windows
    lhs_axes, rhs_axes, out_axes = axes or (usual, usual, usual)

    def attrs(dtype: np.dtype) -> dict[str, Any]:
        return {
            **given,
            "lhs_axes": lhs_axes,
            "rhs_axes": rhs_axes,
            "out_axes": out_axes,
            "feature_group_count": groups[0],
            "batch_group_count": groups[1],
            "dtype": result[dtype] if result else dtype,
        }

    args = (Arg(lhs, -3, 3), Arg(rhs, -3, 3))
    return Case("convolution", label, args, convolution, dtypes, attrs, exact=True)


# Positions of the axes of NHWC, HWIO and of an order that is like no other.
LAST = ((0, 3, 1, 2), (3, 2, 0, 1), (0, 3, 1, 2))
MIXED = ((2, 0, 3, 1), (1, 3, 0, 2), (3, 1, 2, 0))

CONVOLUTIONS = (
    _conv("two axes", (2, 2, 5, 4), (3, 2, 3, 2), padding_low=(1, 0), padding_high=(1, 1), dtypes=NUMERIC),
    _conv("wider result", (1, 2, 4), (2, 2, 2), dtypes=frozenset(WIDER), result=WIDER),
    _conv("features last", (2, 5, 4, 3), (2, 3, 3, 2), axes=LAST, window_strides=(2, 1), dtypes=FLOATS),
    _conv(
        "mixed axes",
        (2, 4, 2, 5),
        (2, 3, 2, 2),
        axes=MIXED,
        window_strides=(1, 2),
        padding_low=(2, -1),
        padding_high=(-1, 2),
        lhs_dilation=(2, 1),
        rhs_dilation=(1, 2),
    ),
    _conv("one axis", (2, 3, 7), (2, 3, 3), padding_low=(2,), rhs_dilation=(2,), dtypes=FLOATS),
    _conv("one axis, many features", (2, 2, 9), (33, 2, 3), padding_high=(1,), dtypes=TILED),
    _conv("one axis, one feature", (1, 1, 9), (1, 1, 4), padding_low=(3,), padding_high=(3,)),
    _conv("one axis, dilated and strided", (1, 2, 4), (2, 2, 3), lhs_dilation=(3,), window_strides=(2,)),
    _conv(
        "transposed",
        (1, 2, 3, 4),
        (2, 2, 3, 1),
        lhs_dilation=(2, 2),
        padding_low=(2, -1),
        padding_high=(1, 2),
    ),
    _conv("transposed, gaps", (2, 2, 4), (3, 2, 2), lhs_dilation=(3,), padding_low=(1,), dtypes=FLOATS),
    _conv("three axes", (1, 2, 3, 4, 3), (2, 2, 2, 2, 2), window_strides=(1, 2, 1), padding_low=(0, 1, 0)),
    _conv("no axis", (3, 2), (4, 2)),
    _conv("kernel of one", (2, 3, 4, 3), (2, 3, 1, 1), window_strides=(2, 1), padding_high=(0, 1)),
    _conv("kernel of one, grouped", (1, 4, 3), (4, 2, 1), groups=(2, 1)),
    _conv("large kernel", (1, 2, 5, 5), (2, 2, 4, 4)),
    _conv("large kernel, one feature", (1, 1, 9), (1, 1, 7)),
    _conv("kernel larger than all", (1, 2, 3), (2, 2, 5)),
    _conv("feature groups", (2, 4, 5), (6, 2, 3), groups=(2, 1), padding_low=(1,), dtypes=FLOATS),
    _conv("depthwise", (1, 3, 4, 4), (3, 1, 2, 2), groups=(3, 1), rhs_dilation=(2, 1), dtypes=FLOATS),
    _conv("depthwise, two each", (2, 2, 5), (4, 1, 3), groups=(2, 1), window_strides=(2,)),
    _conv(
        "feature groups, mixed axes",
        (4, 4, 2, 3),
        (2, 4, 2, 2),
        axes=((2, 0, 3, 1), (1, 0, 2, 3), (3, 1, 2, 0)),
        groups=(2, 1),
        lhs_dilation=(1, 2),
    ),
    _conv("batch groups", (4, 2, 5), (6, 2, 3), groups=(1, 2), window_strides=(2,), dtypes=FLOATS),
    _conv(
        "batch groups, mixed axes",
        (2, 3, 4, 4),
        (2, 4, 2, 2),
        axes=((2, 0, 3, 1), (1, 0, 2, 3), (3, 1, 2, 0)),
        groups=(1, 2),
        padding_low=(1, 0),
    ),
    _conv("batch groups of one", (3, 1, 4), (3, 1, 2), groups=(1, 3)),
    _conv("no batch", (0, 2, 4), (3, 2, 2)),
    _conv("no features", (2, 0, 4), (3, 0, 2)),
    _conv("no results", (2, 2, 4), (0, 2, 2)),
    _conv("nothing along an axis", (1, 2, 0), (2, 2, 2), padding_low=(2,), padding_high=(1,)),
)


# Reductions and selection. ------------------------------------------------------------------------------

_NAMES = (
    "window_dimensions",
    "window_strides",
    "padding_low",
    "padding_high",
    "base_dilation",
    "window_dilation",
)


def _seen(x: Array, attrs: Mapping[str, Any]) -> tuple[list[int], Callable[..., list[tuple[int, ...]]]]:
    """Number of positions along each axis, and the indices of the elements under the window in one of them."""
    rows = list(zip(x.shape, *(attrs[n] for n in _NAMES), strict=True))

    def elements(o: tuple[int, ...]) -> list[tuple[int, ...]]:
        found = []
        for k in np.ndindex(*(row[1] for row in rows)):
            at = [
                _under(p, q, n, s, a, base, d)
                for p, q, (n, _, s, a, _, base, d) in zip(o, k, rows, strict=True)
            ]
            if None not in at:
                found.append(tuple(n for n in at if n is not None))
        return found

    return [_positions(*row) for row in rows], elements


def reduced(combine: Callable[[Any, Any], Any], identity: Any) -> Callable[..., Array]:
    """Python numbers combined one after the other."""

    def call(x: Array, **attrs: Any) -> Array:
        counts, elements = _seen(x, attrs)
        kind = complex if is_complex(x.dtype) else float if is_float(x.dtype) else int
        found = by_index(
            counts,
            np.dtype(object),
            lambda o: functools.reduce(combine, (kind(x[i]) for i in elements(o)), identity),
        )
        if is_complex(x.dtype):
            return found.astype(x.dtype)
        return found.astype(np.float64).astype(x.dtype) if is_float(x.dtype) else wrap(found, x.dtype)

    return call


def extremum(largest: bool) -> Callable[..., Array]:
    def call(x: Array, **attrs: Any) -> Array:
        counts, elements = _seen(x, attrs)
        if is_float(x.dtype):
            identity: Any = -math.inf if largest else math.inf
        else:
            identity = np.iinfo(x.dtype).min if largest else np.iinfo(x.dtype).max
        return by_index(
            counts, x.dtype, lambda o: fold_extremum([identity, *(x[i] for i in elements(o))], largest)
        )

    return call


def _winner(x: Array, indices: list[tuple[int, ...]], largest: bool) -> tuple[int, ...] | None:
    """Index of the first extreme element."""
    nan = [i for i in indices if x[i] != x[i]]
    if nan or not indices:
        return nan[0] if nan else None
    return (max if largest else min)(indices, key=lambda i: float(x[i]))


def gathered(source: Array, x: Array, *, extremum: str, **attrs: Any) -> Array:
    counts, elements = _seen(x, attrs)

    def rule(o: tuple[int, ...]) -> Any:
        at = _winner(x, elements(o), extremum == "max")
        return 0 if at is None else source[at]

    return by_index(counts, x.dtype, rule)


def scattered(source: Array, x: Array, *, extremum: str, **attrs: Any) -> Array:
    _, elements = _seen(x, attrs)
    total = np.zeros(x.shape)
    for o in np.ndindex(source.shape):
        at = _winner(x, elements(o), extremum == "max")
        if at is not None:
            total[at] += float(source[o])
    return total.astype(x.dtype)


class Slide(NamedTuple):
    """A window over an operand."""

    label: str
    shape: tuple[int, ...]
    window: tuple[int, ...]
    stride: tuple[int, ...] | None = None
    low: tuple[int, ...] | None = None
    high: tuple[int, ...] | None = None
    base: tuple[int, ...] | None = None
    dilation: tuple[int, ...] | None = None

    def attrs(self) -> dict[str, tuple[int, ...]]:
        """Attributes; what is not given is trivial."""
        ones, none = (1,) * len(self.shape), (0,) * len(self.shape)
        values = (
            self.window,
            self.stride or ones,
            self.low or none,
            self.high or none,
            self.base or ones,
            self.dilation or ones,
        )
        return dict(zip(_NAMES, values, strict=True))


SLIDES = (
    Slide("overlapping", (5, 4), (3, 2), (2, 1), (1, 0), (1, 1)),
    Slide("side by side", (4, 6), (2, 3), (2, 3)),
    Slide("one axis", (7,), (3,)),
    Slide("one axis of three", (2, 5, 2), (1, 2, 1), (1, 2, 1)),
    Slide("dilated", (8,), (3,), (1,), (1,), (2,), None, (2,)),
    Slide("with holes", (3, 3), (2, 2), (1, 1), (1, 0), (0, 2), (3, 2)),
    Slide("all at once", (4, 3), (2, 2), (2, 1), (2, -1), (-1, 3), (2, 1), (1, 2)),
    Slide("holes only", (2,), (2,), (1,), (3,), (3,), (4,)),
    Slide("of one element", (5,), (1,), (2,), (1,)),
    Slide("of one element everywhere", (3, 2), (1, 1)),
    Slide("of many elements", (45,), (37,), (3,), (1,), (1,)),
    Slide("of many elements, dilated", (70,), (33,), (2,), None, None, None, (2,)),
    Slide("larger than the operand", (3,), (5,)),
    Slide("rank 0", (), ()),
    Slide("empty operand", (0, 2), (2, 1), None, (2, 0), (1, 0)),
    Slide("no positions", (0, 3), (1, 2)),
)
# What one of two similar ops is tried with.
FEW = tuple(
    s
    for s in SLIDES
    if s.label in ("overlapping", "all at once", "of many elements", "rank 0", "empty operand")
)
MANY = ("of many elements", "of many elements, dilated")
EDGES = (math.nan, 1, 2, -0.0, 0.0, math.inf, -math.inf, -math.inf, -0.0, -0.0, 3, math.nan, math.nan, 0.0)
EXTREME = (0, 0, 1, 0, 127, 127, 127, 100, 27, 3)


class Fold(NamedTuple):
    """A reduction under windows and its reference."""

    op: str
    reference: Callable[..., Any]
    slides: tuple[Slide, ...] = SLIDES
    dtypes: Dtypes = NUMERIC


FOLDS = (
    Fold("reduce_window_sum", reduced(operator.add, 0), dtypes=NUMERIC | COMPLEX),
    Fold("reduce_window_prod", reduced(operator.mul, 1), FEW, NUMERIC | COMPLEX),
    Fold("reduce_window_max", extremum(True)),
    Fold("reduce_window_min", extremum(False), FEW),
)


def _fold_cases(fold: Fold) -> Iterator[Case]:
    for slide in fold.slides:
        dtypes = fold.dtypes if slide.label == "overlapping" else frozenset({FLOAT64})
        # Products of many whole numbers are not exact.
        low, high = (-1, 1) if slide.label in MANY else (-3, 3)
        args = (Arg(slide.shape, low, high),)
        yield Case(fold.op, slide.label, args, fold.reference, dtypes, slide.attrs(), exact=True)
    pair = Slide("", (), (2,)).attrs()
    pair = {name: value or (0 if "padding" in name else 1,) for name, value in pair.items()}
    floats = frozenset(d for d in NUMERIC if is_float(d))
    edges = (Arg((len(EDGES),), values=EDGES),)
    yield Case(fold.op, "edge cases", edges, fold.reference, floats, pair, smooth=False)
    extreme = (Arg((len(EXTREME),), values=EXTREME),)
    yield Case(fold.op, "extreme", extreme, fold.reference, NUMERIC - floats, pair, smooth=False)


def _selection_cases(op: str, reference: Callable[..., Any]) -> Iterator[Case]:
    for number, slide in enumerate(SLIDES):
        dtypes = FLOATING if slide.label == "overlapping" else frozenset({FLOAT64})
        attrs = {**slide.attrs(), "extremum": ("max", "min")[number % 2]}
        counts = [_positions(*row) for row in zip(slide.shape, *slide.attrs().values(), strict=True)]
        shape = slide.shape if op == "select_and_gather_add" else tuple(counts)
        args = (Arg(shape, -3, 3), Arg(slide.shape, -9, 9))
        yield Case(op, slide.label, args, reference, dtypes, attrs, exact=slide.label != "of many elements")
    for extremum_ in ("max", "min"):
        slide = Slide("", (len(EDGES),), (3,), (1,), (1,), (1,))
        attrs = {**slide.attrs(), "extremum": extremum_}
        args = (Arg((len(EDGES),), -3, 3), Arg((len(EDGES),), values=EDGES))
        yield Case(op, f"edge cases, {extremum_}", args, reference, FLOATING, attrs, exact=True, smooth=False)


WINDOWED: tuple[Case, ...] = (
    *CONVOLUTIONS,
    *(case for fold in FOLDS for case in _fold_cases(fold)),
    *_selection_cases("select_and_gather_add", gathered),
    *_selection_cases("select_and_scatter_add", scattered),
)
