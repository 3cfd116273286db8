"""One line on the terminal while something takes long."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["progress"]

_DELAY = 1.0
_busy = threading.Lock()


class _Line:
    """A line that appears after a second and goes away at the end."""

    def __init__(self, text: str):
        self._text = text
        self._lock = threading.Lock()
        self._ended = False
        self._status: Any = None

    def show(self) -> None:
        """Show the line, unless the work has ended."""
        from rich.console import Console

        with self._lock:
            if not self._ended:
                self._status = Console(stderr=True).status(self._text)
                self._status.start()

    def end(self) -> None:
        """Take the line away."""
        with self._lock:
            self._ended = True
            if self._status is not None:
                self._status.stop()


@contextmanager
def progress(text: str) -> Iterator[None]:
    """Say what is being done if it takes more than a second and standard error is a terminal.

    One line at a time is shown; it goes away with the work, also when that is interrupted.
    """
    if not _is_terminal() or not _busy.acquire(blocking=False):
        yield
        return
    line = _Line(text)
    timer = threading.Timer(_DELAY, line.show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        line.end()
        _busy.release()


def _is_terminal() -> bool:
    try:
        return sys.stderr is not None and sys.stderr.isatty()
    except ValueError:  # closed
        return False
