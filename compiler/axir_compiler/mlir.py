"""The one place where axir imports the MLIR bindings (as bundled in iree-base-compiler).

Everything else in the compiler writes ``from axir_compiler.mlir import ir, arith``.

All IR of a process lives in one MLIR context, the context of an IREE compiler session, so that a
finished module is compiled without being printed and parsed again. The context is made on first use.
"""

from __future__ import annotations

import ctypes
import importlib
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import iree.compiler.version as _version
from iree.compiler import ir, rewrite
from iree.compiler import passmanager as passmanager  # pyright: ignore[reportAttributeAccessIssue]
from iree.compiler._mlir_libs._mlir import globals as _globals
from iree.compiler._mlir_libs._mlir import register_dialect, register_operation
from iree.compiler.api import Invocation, Output, Session, Source, ctypes_dl
from iree.compiler.dialects import func

if TYPE_CHECKING:
    from iree.compiler.dialects import _linalg_ops_gen as linalg
    from iree.compiler.dialects import arith, complex, flow, math, scf, tensor, util, vector

__all__ = [
    "PROCESS_FLAGS",
    "Invocation",
    "Output",
    "Session",
    "Source",
    "arith",
    "collect_diagnostics",
    "compiler_version",
    "complex",
    "context",
    "flow",
    "func",
    "ir",
    "linalg",
    "linker_path",
    "main_session",
    "math",
    "new_session",
    "passmanager",
    "register_dialect",
    "register_operation",
    "resume_from_phase",
    "rewrite",
    "run_to_phase",
    "scf",
    "tensor",
    "util",
    "vector",
]

_DIALECTS = {
    **{name: name for name in ("arith", "complex", "flow", "math", "scf", "tensor", "util", "vector")},
    # The package ``dialects.linalg`` imports a library of named ops, which takes longer than all other modules.
    "linalg": "_linalg_ops_gen",
}


def __getattr__(name: str) -> Any:
    """The dialects that programs are lowered to: they are imported when something is lowered."""
    if name not in _DIALECTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = globals()[name] = importlib.import_module(f"iree.compiler.dialects.{_DIALECTS[name]}")
    return found


# The bindings look the class of each op up in a module named like its dialect. Without one, every op
# handed to Python costs a failing import (60 us instead of 1 us).
_globals.dialect_search_modules = ["axir_compiler.dialects", *_globals.dialect_search_modules]


PROCESS_FLAGS = (
    # Once there are process-wide flags, an optimization level set on a session has no effect on the passes.
    "--iree-opt-level=O3",
    # Loops over sizes that are no multiple of the vector length get a scalar rest, instead of masked loads
    # and stores in every iteration. IREE offers this to the whole process only.
    "--iree-llvmcpu-vector-pproc-strategy=peel",
)
"""Flags of IREE's compiler that hold for all sessions of the process."""

# IREE ends the process if its flags are set twice: sessions are made one at a time.
_lock = threading.RLock()
_main: list[Session] = []


def new_session(*flags: str) -> Session:
    """A session of IREE's compiler with a context of its own.

    Raises:
        ValueError: a flag does not exist.
    """
    with _lock:
        main_session()
        session = Session()
    session.set_flags(*flags)
    # Functions carry attributes of axir, whose dialect MLIR does not know.
    session.context.allow_unregistered_dialects = True
    return session


def main_session() -> Session:
    """The IREE session whose context holds all of axir's IR; it lives as long as the process."""
    if _main:
        return _main[0]
    with _lock:
        if not _main:
            ctypes_dl._initializeGlobalCL("axir", *PROCESS_FLAGS)
            session = Session()
            # Ops of dialects that are not loaded yet would be created in the wrong layout, and the
            # compiler would crash on them later.
            session.context.load_all_available_dialects()
            session.context.allow_unregistered_dialects = True
            _main.append(session)
        return _main[0]


def context() -> ir.Context:
    """The MLIR context of axir's IR."""
    return main_session().context


def compiler_version() -> str:
    """Version of IREE's compiler, which decides what compiled bytes look like."""
    return str(_version.VERSION)


def run_to_phase(invocation: Invocation, phase: str) -> Any:
    """The loaded module after a phase of IREE's pipeline, such as ``flow``; ``None`` if it does not compile.

    It is valid while the invocation is open.
    """
    _stop_at_phase(invocation, phase)
    return invocation.export_module() if invocation.execute() else None


def resume_from_phase(invocation: Invocation, phase: str) -> None:
    """Let an invocation go on from a phase to the end. (The Python API has no name for this.)"""
    start = ctypes_dl._dylib.ireeCompilerInvocationSetCompileFromPhase
    start.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    start.restype = None
    start(invocation._inv_p, phase.encode())
    _stop_at_phase(invocation, "end")


def _stop_at_phase(invocation: Invocation, phase: str) -> None:
    stop = ctypes_dl._dylib.ireeCompilerInvocationSetCompileToPhase
    stop.argtypes = [ctypes.c_void_p, ctypes.c_char_p]
    stop.restype = None
    stop(invocation._inv_p, phase.encode())


def linker_path() -> str:
    """The linker that comes with IREE's compiler."""
    return str(Path(ctypes_dl.__file__).parents[1] / "_mlir_libs" / "iree-lld")


_Callback = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t, ctypes.c_void_p)


def collect_diagnostics(invocation: Invocation, sink: Callable[[int, str], None]) -> object:
    """Send each diagnostic of an invocation to ``sink(severity, text)``; severity 2 is an error.

    The result must be kept until the invocation is closed. (The Python API can only print to stderr; the
    C API underneath it takes a callback.)
    """

    def receive(severity: int, text: bytes, length: int, _: object) -> None:
        sink(severity, text[:length].decode(errors="replace"))

    callback = _Callback(receive)
    enable = ctypes_dl._dylib.ireeCompilerInvocationEnableCallbackDiagnostics
    enable.argtypes = [ctypes.c_void_p, ctypes.c_int, _Callback, ctypes.c_void_p]
    enable.restype = None
    enable(invocation._inv_p, 0, callback, None)
    return callback
