"""The one place where axir imports the MLIR bindings (as bundled in iree-base-compiler).

Everything else in the compiler writes ``from axir_compiler.mlir import ir, arith``.

All IR of a process lives in one MLIR context, the context of an IREE compiler session, so that a
finished module is compiled without being printed and parsed again. The context is made on first use.
"""

from __future__ import annotations

import functools

from iree.compiler import ir, passmanager, rewrite
from iree.compiler._mlir_libs._mlir import globals as _globals
from iree.compiler._mlir_libs._mlir import register_dialect, register_operation
from iree.compiler.api import Invocation, Output, Session, Source
from iree.compiler.dialects import arith, complex, flow, func, linalg, math, scf, tensor, util

__all__ = [
    "Invocation",
    "Output",
    "Session",
    "Source",
    "arith",
    "complex",
    "context",
    "flow",
    "func",
    "ir",
    "linalg",
    "main_session",
    "math",
    "passmanager",
    "register_dialect",
    "register_operation",
    "rewrite",
    "scf",
    "tensor",
    "util",
]

# The bindings look the class of each op up in a module named like its dialect. Without one, every op
# handed to Python costs a failing import (60 us instead of 1 us).
_globals.append_dialect_search_prefix("axir_compiler.dialects")


@functools.cache
def main_session() -> Session:
    """The IREE session whose context holds all of axir's IR; it lives as long as the process."""
    session = Session()
    # Ops of dialects that are not loaded yet would be created in the wrong layout, and the compiler
    # would crash on them later.
    session.context.load_all_available_dialects()
    session.context.allow_unregistered_dialects = True
    return session


def context() -> ir.Context:
    """The MLIR context of axir's IR."""
    return main_session().context
