"""Refuses programs that a target cannot compute, where IREE would not say so: it crashes, or gives wrong numbers."""

from __future__ import annotations

import re

from axir_compiler.errors import CompileError
from axir_compiler.ir.places import place_of
from axir_compiler.ir.types import DTYPES, dtype_name
from axir_compiler.mlir import ir
from axir_compiler.targets.base import Target
from axir_compiler.targets.vulkan import vulkan_with

__all__ = ["check_abilities"]

# Kernels of our own, with loops over single elements. On CUDA and ROCm IREE's compiler dies on them.
_KERNELS = frozenset({"flow.dispatch.region", "flow.dispatch.workgroups"})
_LOOPS = "loops over single elements (factorizations, FFT, scatters), for CPUs only"
_FLOATS = re.compile(r"\b(?:bf16|f16|f64)\b")
# Single integers of any width are fine: lowering computes products of 32-bit ones in 64 bits, and IREE does so too.
_ELEMENTS = re.compile(r"\btensor<(?:[\d?]+x)*(\w+)")
_CODES = {code: dtype for dtype, code in DTYPES.items()}


def check_abilities(module: ir.Module, target: Target) -> None:
    """Refuse what the target cannot compute.

    Raises:
        CompileError: names the first such op's place in the user's program.
    """
    refused = {code for code, dtype in _CODES.items() if dtype not in target.dtypes}
    if target.kernels and not refused:
        return
    found: list[tuple[ir.Operation, str]] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if not target.kernels and op.name in _KERNELS:
            found.append((op, _LOOPS))
        for value in (*op.operands, *op.results) if refused else ():
            found.extend((op, code) for code in _numbers(value.type) & refused)
        return ir.WalkResult.INTERRUPT if found else ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    if found:
        raise _refusal(target, *found[0])


def _refusal(target: Target, op: ir.Operation, what: str) -> CompileError:
    """The error for an op with numbers of a code, or of another kind."""
    more, place = "", place_of(op.opview)
    if what in _CODES:
        other = vulkan_with(target.name, _CODES[what])
        more = f" or {other}" if other else ""
        what = f"{dtype_name(_CODES[what])} numbers"
    return CompileError(
        f"compile: {target.name} cannot compute this program, which has {what}. Compile it for a CPU{more}, or write "
        f"it without them.{f' At {place}' if place else ''}"
    )


def _numbers(kind: ir.Type) -> set[str]:
    """What a type is made of: 16-bit and 64-bit floats, and the elements of tensors."""
    text = str(kind)
    return {*_FLOATS.findall(text), *_ELEMENTS.findall(text)}
