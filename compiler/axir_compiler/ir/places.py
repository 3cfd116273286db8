"""The places in the user's program that ops come from, as errors name them."""

from __future__ import annotations

import linecache
import os
from types import TracebackType
from typing import Any

from axir_compiler.errors import MissingRuleError
from axir_compiler.mlir import ir

__all__ = ["NamesPlace", "place_of"]


def place_of(op: ir.OpView) -> str:
    """``file.py:12: the text of that line``; empty for an op that comes from nowhere."""
    found = _file_of(op.location)
    if found is None:
        return ""
    name, line = found
    if name == "-":
        return ""
    text = linecache.getline(name, line).strip()
    return f"{os.path.basename(name)}:{line}" + (f": {text}" if text else "")


def _file_of(location: Any) -> tuple[str, int] | None:
    """File and line of a location; of one that names or joins others the first there is."""
    if hasattr(location, "filename"):
        return location.filename, location.start_line
    inner = [location.child_loc] if hasattr(location, "child_loc") else getattr(location, "locations", [])
    return next((found for x in inner if (found := _file_of(x)) is not None), None)


class NamesPlace:
    """A context in which rules of ops run: the error that there is no rule says where ``op`` comes from."""

    __slots__ = ("op",)

    def __init__(self) -> None:
        self.op: ir.OpView | None = None

    def __enter__(self) -> NamesPlace:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if isinstance(error, MissingRuleError) and not error.has_place and self.op is not None:
            place = place_of(self.op)
            if place:
                located = MissingRuleError(f"{error} At {place}")
                located.has_place = True
                raise located from None
