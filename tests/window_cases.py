"""The rows of the case table for ops whose windows slide over the operand, and what these ops compute."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from axir_compiler.ir.types import BFLOAT16, NUMERIC, is_float
from references import by_index, wrap
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
    _conv("one axis, many features", (2, 2, 9), (33, 2, 3), padding_high=(1,), dtypes=FLOATS),
    _conv("one axis, one feature", (1, 1, 9), (1, 1, 4), padding_low=(3,), padding_high=(3,)),
    _conv("one axis, dilated and strided", (1, 2, 4), (2, 2, 3), lhs_dilation=(3,), window_strides=(2,)),
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

WINDOWED: tuple[Case, ...] = CONVOLUTIONS
