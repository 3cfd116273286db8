"""Python's garbage collector and the rewriting of programs."""

from __future__ import annotations

import gc
import threading
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["collector_paused"]

_lock = threading.Lock()
# How many blocks are inside, in all threads, and whether the collector was on before the first of them.
_inside = 0
_was_enabled = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """Let the cyclic garbage collector rest inside the block; it goes on as it was after the last such block.

    Rewriting keeps a handle on each value of a program. They are not in cycles, yet the collector looks through all
    of them again and again: a fifth of the time of linearizing 10,000 ops.
    """
    global _inside, _was_enabled
    with _lock:
        if not _inside:
            _was_enabled = gc.isenabled()
            gc.disable()
        _inside += 1
    try:
        yield
    finally:
        with _lock:
            _inside -= 1
            if not _inside and _was_enabled:
                gc.enable()
