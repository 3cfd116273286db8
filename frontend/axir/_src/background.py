"""Work in the background: threads that compile while the program goes on.

At the end of the process what has begun is waited for, since compiled code must not be torn down under a thread, and
what has not begun is dropped. ``fork`` waits for what has begun too: a child must not inherit the locks of the compiler
in the hands of a thread that it does not have.
"""

from __future__ import annotations

import os
import threading
from collections import deque
from collections.abc import Callable

__all__ = ["submit"]

_THREADS = max(1, min(4, (os.cpu_count() or 1) // 2))
"""Half of the cores: the other half evaluates."""


class _Workers:
    """Threads that take jobs from a queue and end when it is empty."""

    def __init__(self) -> None:
        self.changed = threading.Condition()
        self.jobs: deque[Callable[[], None]] = deque()
        self.threads = 0
        self.running = 0
        self.paused = False

    def submit(self, job: Callable[[], None]) -> None:
        with self.changed:
            if self.threads < _THREADS:
                # No daemon: the interpreter waits for it before it ends.
                threading.Thread(target=self._work, name="axir compiler").start()
                self.threads += 1
            self.jobs.append(job)
            self.changed.notify_all()

    def _work(self) -> None:
        while (job := self._next()) is not None:
            try:
                job()
            finally:
                with self.changed:
                    self.running -= 1
                    self.changed.notify_all()

    def _next(self) -> Callable[[], None] | None:
        with self.changed:
            while self.paused:
                self.changed.wait()
            if not self.jobs or not threading.main_thread().is_alive():
                self.threads -= 1
                return None
            self.running += 1
            return self.jobs.popleft()

    def pause(self) -> None:
        """Begin nothing new, and wait for what runs."""
        with self.changed:
            self.paused = True
            while self.running:
                self.changed.wait()

    def resume(self) -> None:
        with self.changed:
            self.paused = False
            self.changed.notify_all()


_workers = _Workers()


def submit(job: Callable[[], None]) -> None:
    """Run a function, which raises nothing, in the background.

    Raises:
        RuntimeError: no thread can be started, because the process ends.
    """
    _workers.submit(job)


def _begin_anew() -> None:
    global _workers
    _workers = _Workers()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=lambda: _workers.pause(),
        after_in_parent=lambda: _workers.resume(),
        after_in_child=_begin_anew,
    )
