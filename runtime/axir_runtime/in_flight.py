"""Work that a device does while Python goes on.

Each call of an asynchronous function is a ``Run`` with a fence of its own, which says when its results are there, or
that it failed. Calls that use those results wait for it on the device. Here is kept which runs are still open: there
must not be too many, since each keeps the memory of its call, and the process must not end before they are done.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any
from weakref import ref

from iree.runtime import HalFence

LIMIT = 1024
"""Calls that may be under way; the next one waits for the oldest."""

BYTES = 1 << 27
"""Bytes of results in host memory that may be under way beside those of the last call."""


class Run:
    """A call that is under way.

    Args:
        fence: says when it is done.
        explain: gives the exception that users see for what IREE says when it fails.
        kept: memory that the device uses, and that nothing else keeps alive until then.
        nbytes: how much host memory it fills.
    """

    __slots__ = ("_error", "_explain", "_kept", "fence", "nbytes", "parting")

    def __init__(
        self,
        fence: HalFence,
        explain: Callable[[Exception], Exception] | None = None,
        kept: object = None,
        nbytes: int = 0,
    ) -> None:
        self.fence: HalFence | None = fence
        """``None`` once the work is done, as far as anybody knows."""
        self.nbytes = nbytes
        self.parting: Sequence[ref[Any]] = ()
        """Buffers that are to leave the memory that they share with others when the work is done."""
        self._explain = explain
        self._kept = kept
        self._error: Exception | None = None

    def is_done(self) -> bool:
        """Whether the work is done, or failed."""
        fence = self.fence
        if fence is None or self._error is not None:
            return True
        try:
            return bool(fence.wait(timeout=0))
        except (RuntimeError, ValueError):
            return True

    def wait(self) -> None:
        """Wait until the work is done.

        Raises: the explained exception, if it failed.
        """
        fence = self.fence
        if fence is None:
            return
        if self._error is None:
            try:
                fence.wait()
            except (RuntimeError, ValueError) as error:
                self.fail(error)
        if self._error is not None:
            raise self._error.with_traceback(None)
        # Several threads may do this at once; only then is the memory taken as it is.
        for found in [reference() for reference in self.parting]:
            if found is not None:
                found.part()
        self.fence = self._kept = None
        self.parting = ()

    def fail(self, error: Exception) -> None:
        """Raise this error, explained, wherever the results are waited for."""
        self._error = error if self._explain is None else self._explain(error)
        abandon(self._kept)
        self._kept = None


# Memory of results of runs that failed, to which other threads may still write for a moment.
_abandoned: deque[object] = deque(maxlen=16)
_open: deque[Run] = deque()
_lock = threading.Lock()
_bytes = 0


def abandon(memory: object) -> None:
    """Keep the memory of a run that failed for a while."""
    _abandoned.append(memory)


def add(run: Run) -> None:
    """Remember a run, and forget those that are done."""
    global _bytes
    with _lock:
        _open.append(run)
        _bytes += run.nbytes
    while (oldest := _due()) is not None:
        _finish(oldest)


def _due() -> Run | None:
    """The oldest run, if it is done or has to be waited for; never the only one."""
    with _lock:
        if len(_open) < 2:
            return None
        too_many = len(_open) > LIMIT or _bytes - _open[-1].nbytes > BYTES
        return _open[0] if too_many or _open[0].is_done() else None


def _finish(run: Run) -> None:
    global _bytes
    wait_for(run)
    with _lock:
        if _open and _open[0] is run:  # else another thread was quicker
            _open.popleft()
            _bytes -= run.nbytes


def drain() -> None:
    """Wait for everything that is under way; errors are for those who read the results."""
    for run in list(_open):  # others may go on adding some
        _finish(run)


def forget() -> None:
    """In a forked child: work that other threads began while the parent was forked is done by the parent alone."""
    global _lock, _bytes
    for run in _open:
        run.fail(RuntimeError("this process was forked while it was under way"))
    _lock, _bytes = threading.Lock(), 0
    _open.clear()


def wait_for(run: Run) -> None:
    """Wait for a run, whatever becomes of it."""
    with contextlib.suppress(RuntimeError, ValueError):
        run.wait()


# Threads of a driver that still work while the process tears its memory down would crash it.
atexit.register(drain)
if hasattr(os, "register_at_fork"):  # not on Windows
    # Results in host memory are then there in the child too, which has no threads to compute them.
    os.register_at_fork(before=drain)
