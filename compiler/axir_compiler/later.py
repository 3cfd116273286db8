"""Modules that are loaded when something of them is first used.

Programs are traced, rewritten and evaluated without a lowering or a compiler. Without these, and the bindings of the
dialects that nothing else uses, axir is imported in three quarters of the time.
"""

from __future__ import annotations

import importlib
from types import ModuleType
from typing import TYPE_CHECKING, Any

__all__ = [
    "arithmetic",
    "backend",
    "builders",
    "convolutions",
    "emit",
    "fusion",
    "host_calls",
    "hurwitz",
    "incomplete_gamma",
    "insertions",
    "scalar",
]


class _Later(ModuleType):
    """Stands for a module; the import system sees to it that one thread loads it."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(importlib.import_module(self.__name__), name)
        if not name.startswith("__"):
            setattr(self, name, found)
        return found


if TYPE_CHECKING:
    from axir_compiler import backend
    from axir_compiler.lowering import builders, convolutions, emit, fusion, host_calls, insertions, scalar
    from axir_compiler.lowering.scalar import arithmetic, hurwitz, incomplete_gamma
else:
    backend = _Later("axir_compiler.backend")
    builders = _Later("axir_compiler.lowering.builders")
    convolutions = _Later("axir_compiler.lowering.convolutions")
    emit = _Later("axir_compiler.lowering.emit")
    fusion = _Later("axir_compiler.lowering.fusion")
    host_calls = _Later("axir_compiler.lowering.host_calls")
    insertions = _Later("axir_compiler.lowering.insertions")
    scalar = _Later("axir_compiler.lowering.scalar")
    arithmetic = _Later("axir_compiler.lowering.scalar.arithmetic")
    hurwitz = _Later("axir_compiler.lowering.scalar.hurwitz")
    incomplete_gamma = _Later("axir_compiler.lowering.scalar.incomplete_gamma")
