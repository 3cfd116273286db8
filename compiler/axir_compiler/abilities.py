"""Refuses programs that a target cannot compute, where IREE would not say so: it crashes, or gives wrong numbers."""

from __future__ import annotations

import re

from axir_compiler.errors import CompileError
from axir_compiler.ir.places import place_of
from axir_compiler.ir.types import DTYPES, dtype_name
from axir_compiler.mlir import ir
from axir_compiler.targets.base import Target

__all__ = ["check_abilities"]

# Kernels of our own, with loops over single elements. On CUDA and ROCm IREE's compiler dies on them.
_KERNELS = frozenset({"flow.dispatch.region", "flow.dispatch.workgroups"})
_FLOATS = re.compile(r"\b(?:bf16|f16|f64)\b")
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
            found.append(
                (op, "loops over single elements (sorting, running sums, factorizations, FFT), for CPUs only")
            )
        for value in op.results if refused else ():
            found.extend((op, f"{dtype_name(_CODES[c])} numbers") for c in _floats(value.type) & refused)
        return ir.WalkResult.INTERRUPT if found else ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    if found:
        op, what = found[0]
        place = place_of(op.opview)
        raise CompileError(
            f"compile: {target.name} cannot compute this program, which has {what}. Compile it for a CPU, or write it "
            f"without them.{f' At {place}' if place else ''}"
        )


def _floats(kind: ir.Type) -> set[str]:
    """The 16-bit and 64-bit floats in a type."""
    return set(_FLOATS.findall(str(kind)))
