"""Padding of arrays."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import is_sequence, static_int
from axir._src.convert import ArrayLike, convert, is_number, to_array
from axir._src.elementwise import scalar_like
from axir._src.messages import located
from axir._src.remember import remembered
from axir_compiler.errors import ShapeError

__all__ = [
    "pad",
]


def _pairs(value: Any, ndim: int, what: str) -> list[tuple[Any, Any]]:
    """``(before, after)`` for each axis of what is given for all, for each side, or for each axis."""
    if isinstance(value, Array) and value.ndim == 0:
        return [(value, value)] * ndim
    entries: Any = value.tolist() if isinstance(value, np.ndarray) else value
    if not is_sequence(entries):
        return [(entries, entries)] * ndim
    rows = [tuple(e) if is_sequence(e) else e for e in entries]
    if len(rows) == 1:
        row = rows[0]
        both = (
            row
            if isinstance(row, tuple) and len(row) == 2
            else (row[0] if isinstance(row, tuple) else row,) * 2
        )
        return [both] * ndim
    if len(rows) == 2 and not any(isinstance(r, tuple) for r in rows):
        return [(rows[0], rows[1])] * ndim
    if len(rows) == ndim and all(isinstance(r, tuple) and len(r) in (1, 2) for r in rows):
        return [(r[0], r[-1]) for r in rows]
    raise located(
        ShapeError(f"pad: {what} must be a number, a pair, or a pair for each of {ndim} axes; got {value}.")
    )


@remembered
def pad(array: ArrayLike, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Array:
    """``array`` with elements added at the ends of its axes.

    Args:
        array: Array.
        pad_width: How many: a number, a pair ``(before, after)``, or a pair for each axis; or a dictionary from
            axes to those.
        mode: ``constant`` (with ``constant_values``, 0), ``edge``, ``reflect`` and ``symmetric`` (without and with
            the edge repeated), ``wrap``, ``empty`` (zeros).
        kwargs: ``constant_values`` in the form of ``pad_width``.

    Raises: ShapeError for negative widths, an unknown mode, or nothing to repeat.
    """
    x = to_array(array)
    if isinstance(pad_width, dict):
        given = {(a + x.ndim if a < 0 else a): w for a, w in pad_width.items()}
        pad_width = [
            (w, w) if isinstance(w := given.get(a, 0), int) else tuple(w) for a in range(x.ndim)
        ] or 0
    widths = [tuple(static_int(n, "pad") for n in pair) for pair in _pairs(pad_width, x.ndim, "pad_width")]
    if any(n < 0 for pair in widths for n in pair):
        raise located(ShapeError(f"pad: pad_width must not be negative; got {pad_width}."))
    allowed = {"constant_values"} if mode == "constant" else set()
    if set(kwargs) - allowed or mode not in ("constant", "empty", *_MODES):
        known = ", ".join(("constant", "empty", *_MODES))
        raise located(
            ShapeError(f"pad: mode must be one of {known}, with constant_values for constant; got {mode!r}.")
        )
    if mode in ("constant", "empty"):
        return _constant(x, widths, _pairs(kwargs.get("constant_values", 0), x.ndim, "constant_values"))
    for axis, (before, after) in enumerate(widths):
        x = _extended(x, axis, before, after, mode)
    return x


def _constant(x: Array, widths: list[Any], values: list[tuple[Any, Any]]) -> Array:
    if len({id(v) if isinstance(v, Array) else v for pair in values for v in pair}) <= 1:
        value = values[0][0] if values else 0
        return lax.pad(x, _fill(value, x), [(a, b, 0) for a, b in widths])
    for axis, ((before, after), (low, high)) in enumerate(zip(widths, values, strict=True)):
        for value, sides in ((low, (before, 0, 0)), (high, (0, after, 0))):
            x = lax.pad(x, _fill(value, x), [sides if d == axis else (0, 0, 0) for d in range(x.ndim)])
    return x


def _fill(value: Any, x: Array) -> Array:
    if is_number(value) and not (isinstance(value, float) and x.dtype.kind in "iu"):
        return scalar_like(value, x)
    return convert(to_array(value), x.dtype)


def _edge(n: int) -> tuple[int, list[int]]:
    return 1, [0]


def _reflect(n: int) -> tuple[int, list[int]]:
    period = 2 * n - 2 if n > 1 else 1
    return period, [min(i, period - i) for i in range(period)]


def _symmetric(n: int) -> tuple[int, list[int]]:
    return 2 * n, [*range(n), *range(n - 1, -1, -1)]


def _wrap(n: int) -> tuple[int, list[int]]:
    return n, list(range(n))


_MODES: dict[str, Callable[[int], tuple[int, list[int]]]] = {
    "edge": _edge,
    "reflect": _reflect,
    "symmetric": _symmetric,
    "wrap": _wrap,
}


def _extended(x: Array, axis: int, before: int, after: int, mode: str) -> Array:
    """One axis extended by elements of its own: the pieces are runs of it, forward or reversed."""
    n = x.shape[axis]
    if before == after == 0:
        return x
    if n == 0:
        raise located(
            ShapeError(f"pad: axis {axis} of {x.aval} is empty; mode {mode!r} has nothing to repeat.")
        )
    if mode == "edge":
        ends = lax.slice_in_dim(x, 0, 1, axis=axis), lax.slice_in_dim(x, n - 1, n, axis=axis)
        pieces = [_repeated(ends[0], axis, before), x, _repeated(ends[1], axis, after)]
        return lax.concatenate([p for p in pieces if p.shape[axis]], axis)
    period, pattern = _MODES[mode](n)
    positions = [pattern[i % period] for i in range(-before, n + after)]
    return lax.concatenate([_run(x, axis, first, last) for first, last in _runs(positions)], axis)


def _repeated(x: Array, axis: int, count: int) -> Array:
    shape = [count if d == axis else n for d, n in enumerate(x.shape)]
    return lax.broadcast_in_dim(x, shape, range(x.ndim))


def _runs(positions: list[int]) -> list[tuple[int, int]]:
    """First and last position of each maximal run in steps of 1 or of -1."""
    runs: list[list[int]] = []
    for p in positions:
        run = runs[-1] if runs else None
        if (run is not None and len(run) == 1 and abs(p - run[-1]) == 1) or (
            run is not None and len(run) > 1 and p - run[-1] == run[1] - run[0]
        ):
            run.append(p)
        else:
            runs.append([p])
    return [(run[0], run[-1]) for run in runs]


def _run(x: Array, axis: int, first: int, last: int) -> Array:
    piece = lax.slice_in_dim(x, min(first, last), max(first, last) + 1, axis=axis)
    return lax.rev(piece, (axis,)) if last < first else piece
