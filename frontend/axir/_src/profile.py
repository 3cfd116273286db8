"""What is recorded while a trace of ``axir.profiler`` is taken."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["Recorder", "active", "span", "start", "stop"]

_LIMIT = 1_000_000


class Recorder:
    """Events in the form of Chrome's trace format: spans with start and duration in microseconds."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.dropped = 0
        self._origin = time.perf_counter()
        self._lock = threading.Lock()
        self._threads: set[int] = set()

    def add(self, name: str, category: str, start: float, end: float, args: dict[str, Any]) -> None:
        """Note a span of ``time.perf_counter()``; beyond a million they are counted only."""
        thread = threading.get_ident()
        event = {
            "name": name,
            "cat": category,
            "ph": "X",
            "ts": (start - self._origin) * 1e6,
            "dur": (end - start) * 1e6,
            "pid": os.getpid(),
            "tid": thread,
            "args": {key: str(value) for key, value in args.items()},
        }
        with self._lock:
            if len(self.events) >= _LIMIT:
                self.dropped += 1
                return
            if thread not in self._threads:
                self._threads.add(thread)
                self.events.append(_named("thread_name", thread, threading.current_thread().name))
            self.events.append(event)


def _named(kind: str, thread: int, name: str) -> dict[str, Any]:
    return {"name": kind, "ph": "M", "pid": os.getpid(), "tid": thread, "args": {"name": name}}


_recorder: Recorder | None = None
_lock = threading.Lock()


def active() -> Recorder | None:
    """The recorder of the trace that is being taken."""
    return _recorder


def start() -> Recorder | None:
    """Begin recording; ``None`` if that was done before."""
    global _recorder
    with _lock:
        if _recorder is not None:
            return None
        _recorder = Recorder()
        return _recorder


def stop() -> Recorder | None:
    """End recording; gives what was recorded, or ``None`` if nothing was."""
    global _recorder
    with _lock:
        found, _recorder = _recorder, None
        return found


@contextmanager
def span(name: str, category: str, **args: Any) -> Iterator[None]:
    """Record how long a block takes, if a trace is being taken."""
    begin = time.perf_counter()
    try:
        yield
    finally:
        recorder = _recorder
        if recorder is not None:
            recorder.add(name, category, begin, time.perf_counter(), args)
