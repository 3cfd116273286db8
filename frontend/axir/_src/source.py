"""Where in the user's program an operation comes from."""

from __future__ import annotations

import linecache
import os
import sys
import threading
from types import FrameType

import optree as optree

from axir_compiler.mlir import context, ir

__all__ = ["is_user_frame", "mlir_location", "scopes", "source_line", "user_frame", "where"]

# Frames of these are no user's: optree calls back from tree_map.
_PACKAGES = tuple(
    os.path.dirname(os.path.abspath(sys.modules[name].__file__ or "")) + os.sep
    for name in ("axir", "axir_compiler", "optree")
)
# Where the frames of a function that is traced by a tool end: a module with this name at its top is no user's either.
_ENTRY = "__axir_entry__"
_USER, _INTERNAL, _OUTSIDE = range(3)
_kinds: dict[str, int] = {}
_locations: dict[tuple[str, str, int, str], ir.Location] = {}
_LIMIT = 20_000


class _Scopes(threading.local):
    prefix: str = ""
    """The names of the scopes that this thread is in, each followed by a slash."""


scopes = _Scopes()


def user_frame() -> FrameType | None:
    """The innermost Python frame outside axir."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        kind = _kinds.get(file)
        if kind is None:
            if len(_kinds) > _LIMIT:
                _kinds.clear()
            kind = _kinds[file] = _kind(frame)
        if kind != _INTERNAL:
            return frame if kind == _USER else None
        frame = frame.f_back
    return None


def is_user_frame(frame: FrameType) -> bool:
    """Whether a frame belongs neither to axir nor to what calls it for tools."""
    return _kind(frame) == _USER


def _kind(frame: FrameType) -> int:
    if frame.f_code.co_filename.startswith((*_PACKAGES, "<frozen", "<string>")):
        return _INTERNAL
    return _OUTSIDE if _ENTRY in frame.f_globals else _USER


def mlir_location() -> ir.Location:
    """The user's line as an MLIR location, named after the function that it is in."""
    frame = user_frame()
    if frame is None:
        return ir.Location.unknown(context())
    code, line, prefix = frame.f_code, frame.f_lineno, scopes.prefix
    # Not by the code object: those of equal functions in different files are equal.
    key = (code.co_filename, code.co_name, line, prefix)
    found = _locations.get(key)
    if found is None:
        if len(_locations) > _LIMIT:
            _locations.clear()
        place = ir.Location.file(code.co_filename, line, 0, context=context())
        found = ir.Location.name(prefix + code.co_name, place, context=context())
        _locations[key] = found
    return found


def where() -> str:
    """The user's place as ``file.py:12``; empty if there is none."""
    frame = user_frame()
    if frame is None:
        return ""
    return f"{os.path.basename(frame.f_code.co_filename)}:{frame.f_lineno}"


def source_line() -> str:
    """The text of the user's line; empty if it cannot be read."""
    frame = user_frame()
    if frame is None:
        return ""
    return linecache.getline(frame.f_code.co_filename, frame.f_lineno).strip()
