"""Functions of large arrays, evaluated piece by piece on all cores.

NumPy and SciPy let go of the interpreter's lock while they compute, and what a function makes of a piece on the
way stays in the processor's cache.
"""

from __future__ import annotations

import math
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np

__all__ = ["LARGE", "in_pieces", "several_in_pieces"]

Array = np.ndarray[Any, Any]

_PIECE = 1 << 15
LARGE = 4 * _PIECE
"""Elements from which on handing out the work costs little of the time that it takes."""

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def in_pieces(function: Callable[..., Array], xs: Sequence[Array], **attrs: Any) -> Array:
    """``function(*xs, **attrs)``, a function of the elements of arrays that broadcast."""
    for x in xs:
        if x.size >= LARGE:
            break
    else:
        return function(*xs, **attrs)
    return several_in_pieces(lambda *parts: (function(*parts, **attrs),), xs)[0]


def several_in_pieces(function: Callable[..., Sequence[Array]], xs: Sequence[Array]) -> Sequence[Array]:
    """As ``in_pieces``, for a function with several results."""
    if max([x.size for x in xs]) < LARGE:
        return function(*xs)
    shape = np.broadcast_shapes(*[x.shape for x in xs])
    rows, width = _rows([np.broadcast_to(x, shape) if x.shape != shape else x for x in xs])
    size = rows[0].shape[0]
    step = max(_PIECE // width, 1)
    if size < 4 * step:
        return function(*xs)

    # Some of NumPy's loops take five times longer with one number repeated than with an array of it.
    repeated = [None if any(x.strides) else np.array(x[:step]) for x in rows]

    def piece(start: int, stop: int) -> Sequence[Array]:
        parts = [
            x[start:stop] if same is None else same[: stop - start]
            for x, same in zip(rows, repeated, strict=True)
        ]
        # What is set by the calling thread does not hold in others.
        with np.errstate(all="ignore"):
            return function(*parts)

    first = piece(0, step)
    results = [np.empty((size, *x.shape[1:]), x.dtype) for x in first]
    _store(results, first, 0, step)

    # Whoever has time takes the next piece: on a busy machine a thread may begin late, or not in time at all.
    starts = iter(range(step, size, step))

    def work() -> None:
        for at in starts:
            end = min(at + step, size)
            _store(results, piece(at, end), at, end)

    others = [_workers().submit(work) for _ in range(_cores() - 1)]
    try:
        work()
    finally:
        wait([one for one in others if not one.cancel()])
    for one in others:
        if not one.cancelled():
            one.result()  # raises what it raised
    return [x.reshape(shape) for x in results]


def _store(results: Sequence[Array], pieces: Sequence[Array], start: int, stop: int) -> None:
    for result, piece in zip(results, pieces, strict=True):
        result[start:stop] = piece


def _rows(xs: Sequence[Array]) -> tuple[Sequence[Array], int]:
    """Arrays of one shape as what can be cut along the first axis, and the number of elements of a row.

    All elements are in line if they are so in memory or one element repeated; else arrays stay as they are.
    """
    flat = [x for x in map(_flat, xs) if x is not None]
    if len(flat) == len(xs):
        return flat, 1
    return xs, max(math.prod(xs[0].shape[1:]), 1)


def _flat(x: Array) -> Array | None:
    """The elements in order, if they are so in memory or if it is one element repeated."""
    if x.flags.c_contiguous:
        return x.reshape(-1)
    return None if any(x.strides) else np.broadcast_to(x[(0,) * x.ndim], x.size)


def _workers() -> ThreadPoolExecutor:
    global _pool
    with _lock:
        if _pool is None:
            _pool = ThreadPoolExecutor(max(_cores() - 1, 1), "axir-evaluate")
        return _pool


def _cores() -> int:
    """``AXIR_NUM_THREADS``, or as many as this process may use."""
    asked = os.environ.get("AXIR_NUM_THREADS", "")
    available = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(asked)) if asked.isdecimal() else min(available, 64)


def _forget_workers() -> None:
    """In a forked child: the parent's threads do not exist here."""
    global _pool, _lock
    _pool, _lock = None, threading.Lock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_workers)
