"""Errors and warnings that point at the user's line."""

from __future__ import annotations

import sys
import threading
import warnings
from typing import TypeVar

from axir._src.source import source_line, user_frame, where
from axir_compiler.errors import AxirError
from axir_runtime import MixedDevicesError

__all__ = ["located", "user_depth", "warn", "warned"]

E = TypeVar("E", bound=AxirError | MixedDevicesError)


def located(error: E) -> E:
    """The error with the user's place and source line added to its message, unless it names the place already."""
    place = where()
    if not place or f"At {place}" in str(error):
        return error
    return type(error)(f"{error} At {place}: {source_line()}")


def user_depth() -> int:
    """The ``stacklevel`` that makes a warning of the calling function point at the user's line."""
    target, depth = user_frame(), 1
    frame = sys._getframe(1)
    while frame is not target and frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth


class _Count(threading.local):
    warnings = 0


_count = _Count()


def warn(message: str, category: type[Warning] = UserWarning) -> None:
    """Warn of the user's line."""
    _count.warnings += 1
    # One call up from here is where ``user_depth`` begins to count.
    warnings.warn(message, category, stacklevel=user_depth())


def warned() -> int:
    """How often this thread has called ``warn``."""
    return _count.warnings
