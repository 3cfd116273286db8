"""Work that a device does while Python goes on.

Each call of an asynchronous function has a fence of its own, which says when its results are there, or that it failed.
Calls that use those results wait for it on the device. Here is kept which fences are still open: there must not be too
many, since each keeps the memory of its call, and the process must not end before they are done.
"""

from __future__ import annotations

import atexit
import contextlib
from collections import deque

from iree.runtime import HalFence

LIMIT = 1024
"""Calls that may be under way; the next one waits for the oldest."""

_open: deque[HalFence] = deque()


def add(fence: HalFence) -> None:
    """Remember a fence, and forget those that are done."""
    _open.append(fence)
    with contextlib.suppress(IndexError):  # other threads take some too
        while len(_open) > 1 and (len(_open) > LIMIT or _is_done(_open[0])):
            wait_for(_open.popleft())


def drain() -> None:
    """Wait for everything that is under way; errors are for those who read the results."""
    with contextlib.suppress(IndexError):
        while True:
            wait_for(_open.popleft())


def forget() -> None:
    """In a forked child, whose parent does the work."""
    _open.clear()


def wait_for(fence: HalFence) -> None:
    """Wait for a fence, whatever becomes of its call."""
    with contextlib.suppress(RuntimeError, ValueError):
        fence.wait()


def _is_done(fence: HalFence) -> bool:
    try:
        return bool(fence.wait(timeout=0))
    except (RuntimeError, ValueError):
        return True  # it failed


# Threads of a driver that still work while the process tears its memory down would crash it.
atexit.register(drain)
