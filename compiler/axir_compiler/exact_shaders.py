"""Repairs for Vulkan, where drivers compute something else than what a program says.

Without the decoration ``NoContraction`` drivers may reassociate: Mesa's turn ``(x + c) - c``, by which numbers are
rounded, and the error terms of compensated sums into nothing, so that ``exp(1)`` is 2. IREE has no flag for it, but
writes out what it finds as an attribute of that name.

Kernels that IREE makes of two steps keep what is between them in memory that a workgroup shares. Where the first one
widens numbers, as bool to int32, IREE forgets to have the threads wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable

from axir_compiler.mlir import arith, ir

__all__ = ["add_barriers", "make_exact", "safe_remainders", "widen_fma"]

_ARITHMETIC = frozenset(
    f"spirv.{name}" for name in ("FAdd", "FSub", "FMul", "FDiv", "FNegate", "FRem", "FMod", "Dot")
)


def make_exact(module: ir.Operation) -> int:
    """Decorate the arithmetic of all shaders; gives the number of ops.

    Args:
        module: what IREE's passes leave when kernels are translated; rewritten in place.
    """
    count = 0
    with module.context:
        mark = ir.UnitAttr.get()

    def visit(op: ir.Operation) -> ir.WalkResult:
        nonlocal count
        if op.name in _ARITHMETIC:
            op.attributes["no_contraction"] = mark
            count += 1
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    return count


_BARRIER = {
    "execution_scope": "#spirv.scope<Workgroup>",
    "memory_scope": "#spirv.scope<Workgroup>",
    "memory_semantics": "#spirv.memory_semantics<AcquireRelease|WorkgroupMemory>",
}


def add_barriers(module: ir.Operation) -> int:
    """Have threads wait for each other between steps that write and read memory which they share.

    Gives the number of barriers that were missing. Steps are the ops of a kernel's outermost block, which all threads
    come to.
    """
    kernels: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "spirv.func" and len(op.regions[0].blocks):
            kernels.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    return sum(_add_barriers_to(block) for kernel in kernels for block in kernel.regions[0].blocks)


def _add_barriers_to(block: ir.Block) -> int:
    count, written, read = 0, False, False
    for op in list(block.operations):
        found = _shared_accesses(op.operation)
        if (written and found & {"spirv.Load", "spirv.Store"}) or (read and "spirv.Store" in found):
            if "spirv.ControlBarrier" not in found:
                _insert_barrier(op.operation)
                count += 1
            written = read = False
        elif "spirv.ControlBarrier" in found:
            written = read = False
        written |= "spirv.Store" in found
        read |= "spirv.Load" in found
    return count


def _insert_barrier(before: ir.Operation) -> None:
    context = before.context
    attributes = {name: ir.Attribute.parse(text, context) for name, text in _BARRIER.items()}
    with before.location:
        ir.Operation.create("spirv.ControlBarrier", attributes=attributes, ip=ir.InsertionPoint(before))


def _shared_accesses(op: ir.Operation) -> set[str]:
    """Names of the ops in an op, or of itself, that read or write shared memory, or wait."""
    found: set[str] = set()

    def visit(inner: ir.Operation) -> ir.WalkResult:
        if inner.name == "spirv.ControlBarrier" or (
            inner.name in ("spirv.Load", "spirv.Store") and str(inner.operands[0].type).endswith("Workgroup>")
        ):
            found.add(inner.name)
        return ir.WalkResult.ADVANCE

    op.walk(visit)
    return found


def widen_fma(module: ir.Operation) -> None:
    """Compute float32 ``math.fma`` in float64, which holds the product exactly, for devices that round in between."""
    wide, narrow = ir.F64Type.get(module.context), ir.F32Type.get(module.context)

    def widened(op: ir.Operation) -> ir.Value:
        x, y, z = (arith.extf(wide, operand) for operand in op.operands)
        return arith.truncf(narrow, arith.addf(arith.mulf(x, y), z))

    _replace(module, "math.fma", narrow, widened)


def safe_remainders(module: ir.Operation) -> None:
    """Compute signed remainders from quotients.

    SPIR-V has none for negative numbers, and what IREE makes of absolute values is wrong for the least integer.
    """

    def by_division(op: ir.Operation) -> ir.Value:
        x, y = op.operands
        return arith.subi(x, arith.muli(arith.divsi(x, y), y))

    _replace(module, "arith.remsi", None, by_division)


def _replace(
    module: ir.Operation, name: str, kind: ir.Type | None, build: Callable[[ir.Operation], ir.Value]
) -> None:
    """Replace all ops of a name, and of a type if one is given."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == name and kind in (None, op.results[0].type):
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    for op in found:
        with ir.InsertionPoint(op), op.location:
            op.results[0].replace_all_uses_with(build(op))
        op.erase()
