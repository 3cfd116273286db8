"""Functions of large arrays, evaluated piece by piece on all cores.

NumPy and SciPy let go of the interpreter's lock while they compute, and what a function makes of a piece on the
way stays in the processor's cache.
"""

from __future__ import annotations

import itertools
import os
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np

__all__ = ["in_pieces"]

Array = np.ndarray[Any, Any]

_PIECE = 1 << 15
_LARGE = 4 * _PIECE
"""Elements from which on handing out the work costs little of the time that it takes."""

_lock = threading.Lock()
_pool: ThreadPoolExecutor | None = None


def in_pieces(function: Callable[..., Array], xs: Sequence[Array], **attrs: Any) -> Array:
    """``function(*xs, **attrs)``, a function of the elements of arrays of one shape."""
    size, shape = xs[0].size, xs[0].shape
    flat: list[Array] = [x for x in map(_flat, xs) if x is not None] if size >= _LARGE else []
    if len(flat) < len(xs):
        return function(*xs, **attrs)

    def piece(start: int, stop: int) -> Array:
        # What is set by the calling thread does not hold in others.
        with np.errstate(all="ignore"):
            return function(*(x[start:stop] for x in flat), **attrs)

    first = piece(0, _PIECE)
    result = np.empty(size, first.dtype)
    result[:_PIECE] = first

    def share(start: int, stop: int) -> None:
        for at in range(start, stop, _PIECE):
            end = min(at + _PIECE, stop)
            result[at:end] = piece(at, end)

    bounds = np.linspace(_PIECE, size, _cores() + 1).astype(int).tolist()
    others = [_workers().submit(share, *some) for some in itertools.pairwise(bounds[1:])]
    try:
        share(*bounds[:2])
    finally:
        wait(others)
    for one in others:
        one.result()  # raises what it raised
    return result.reshape(shape)


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
