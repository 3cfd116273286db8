"""Large memory of results, used again when nobody needs it any more.

What the C library gives back to the system costs as much to get anew as a simple function takes to fill it: each page
is cleared when it is first touched. Runs that are queued one behind the other would do that for each result.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import numpy as np

__all__ = ["Pool"]

_ALIGNMENT = 64
_BYTE = np.dtype(np.uint8)


class Pool:
    """Blocks of memory that were given back, by their sizes.

    Args:
        limit: bytes that are kept; what was not used for the longest time goes first.
        least: bytes of the smallest block that is kept.
    """

    def __init__(self, limit: int, least: int) -> None:
        self._limit = limit
        self._least = least
        self._kept: OrderedDict[int, list[np.ndarray[Any, Any]]] = OrderedDict()
        # Never waited for: memory may be given back at any moment, also while this thread holds the lock, and a
        # forked child may have it locked for ever.
        self._lock = threading.Lock()
        self.nbytes = 0

    def empty(self, nbytes: int) -> np.ndarray[Any, Any]:
        """Uninitialised bytes that start at a multiple of 64; they come back when the last view of them is gone."""
        raw = self._found(nbytes)
        if raw is None:
            raw = np.empty(nbytes + _ALIGNMENT, _BYTE)
        if nbytes < self._least:
            start = -raw.ctypes.data % _ALIGNMENT
            return raw[start : start + nbytes]
        return np.asarray(_Block(self, raw))

    def _found(self, nbytes: int) -> np.ndarray[Any, Any] | None:
        if nbytes not in self._kept or not self._lock.acquire(blocking=False):
            return None
        try:
            return self._taken(nbytes)
        finally:
            self._lock.release()

    def _taken(self, nbytes: int) -> np.ndarray[Any, Any] | None:
        blocks = self._kept.get(nbytes)
        if not blocks:
            return None
        raw = blocks.pop()  # the last one that was used may still be in the processor's caches
        self.nbytes -= raw.nbytes
        if blocks:
            self._kept.move_to_end(nbytes)
        else:
            del self._kept[nbytes]
        return raw

    def give_back(self, raw: np.ndarray[Any, Any]) -> None:
        """Keep a block for the next who needs one of its size."""
        if raw.nbytes > self._limit or not self._lock.acquire(blocking=False):
            return
        try:
            nbytes = raw.nbytes - _ALIGNMENT
            self._kept.setdefault(nbytes, []).append(raw)
            self._kept.move_to_end(nbytes)
            self.nbytes += raw.nbytes
            while self.nbytes > self._limit:
                self._taken_oldest()
        finally:
            self._lock.release()

    def _taken_oldest(self) -> None:
        nbytes, blocks = next(iter(self._kept.items()))
        self.nbytes -= blocks.pop(0).nbytes
        if not blocks:
            del self._kept[nbytes]


class _Block:
    """Memory that goes back to its pool when NumPy lets go of it."""

    def __init__(self, pool: Pool, raw: np.ndarray[Any, Any]) -> None:
        self._pool = pool
        self._raw = raw
        address = raw.ctypes.data
        self.__array_interface__ = {
            "version": 3,
            "shape": (raw.nbytes - _ALIGNMENT,),
            "typestr": "|u1",
            "data": (address + -address % _ALIGNMENT, False),
        }

    def __del__(self) -> None:
        self._pool.give_back(self._raw)
