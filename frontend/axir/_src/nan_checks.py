"""Searching results for nan and inf: ``axir_debug_nans``, ``axir_debug_infs``.

Every eager operation is checked, and the results of compiled functions. Where one of these has a nan, the function is
evaluated once more op by op, to find the first that gives one.
"""

from __future__ import annotations

import linecache
import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src.config import Mode
from axir._src.source import source_line, where
from axir_compiler import pipeline
from axir_compiler.ir.evaluate import make_plan
from axir_compiler.ir.host_functions import without_effects
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import INEXACT
from axir_compiler.mlir import context, ir
from axir_compiler.passes.expand import ExpandTransformsPass

__all__ = ["check_call", "check_op"]


def _wrong_value(found: Any, mode: Mode) -> str | None:
    """``nan`` or ``inf`` if one of the arrays holds one that is looked for."""
    for x in found if isinstance(found, tuple | list) else (found,):
        value = np.asarray(x)
        if value.dtype not in INEXACT:
            continue
        if mode.nans and np.isnan(value).any():
            return "nan"
        if mode.infs and np.isinf(value).any():
            return "inf"
    return None


def check_op(name: str, found: Any, mode: Mode) -> None:
    """Check the results of an eager operation.

    Raises:
        FloatingPointError: they hold nan or inf.
    """
    wrong = _wrong_value(found, mode)
    if wrong is not None:
        at = where()
        raise FloatingPointError(_message(wrong, name, f"{at}: {source_line()}" if at else ""))


def _message(wrong: str, name: str, place: str) -> str:
    return f"invalid value ({wrong}) encountered in {name}." + (f" At {place}" if place else "")


def check_call(
    title: str,
    module: ir.Module,
    symbol: str,
    arguments: Sequence[np.ndarray],
    found: Sequence[np.ndarray],
    mode: Mode,
) -> None:
    """Check the results of a function; on a finding evaluate it op by op on the same arguments.

    Raises:
        FloatingPointError: they hold nan or inf.
    """
    wrong = _wrong_value(found, mode)
    if wrong is None:
        return
    with context():
        program = pipeline.extract(module, symbol, "main")
        pipeline.run_passes(program, (ExpandTransformsPass(),))
        plan = make_plan(program, "main", watch=lambda op, function: _watched(op, function, mode))
    with without_effects():
        plan(*arguments)
    raise FloatingPointError(
        f"invalid value ({wrong}) encountered in the compiled form of {title}; evaluated op by op it gives none."
    )


def _watched(op: AxirOp, function: Callable[..., Any], mode: Mode) -> Callable[..., Any]:
    """The evaluation of an op that fails where it gives nan or inf."""
    name, place = op.short_name, _place(op.location)

    def evaluate(*arrays: Any, **attrs: Any) -> Any:
        found = function(*arrays, **attrs)
        wrong = _wrong_value(found, mode)
        if wrong is not None:
            raise FloatingPointError(_message(wrong, name, place))
        return found

    return evaluate


def _place(location: ir.Location) -> str:
    """The user's line of an op, with its text; empty if the op has none."""
    place: Any = location
    while hasattr(place, "child_loc"):  # a name around a place
        place = place.child_loc
    if not hasattr(place, "filename"):
        return ""
    path, line = place.filename, place.start_line
    return f"{os.path.basename(path)}:{line}: {linecache.getline(path, line).strip()}"
