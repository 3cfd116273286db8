"""Repairs for Vulkan, where drivers compute something else than what a program says.

Without the decoration ``NoContraction`` drivers may reassociate: Mesa's turn ``(x + c) - c``, by which numbers are
rounded, and the error terms of compensated sums into nothing, so that ``exp(1)`` is 2. IREE has no flag for it, but
writes out what it finds as an attribute of that name.

Kernels that IREE makes of two steps keep what is between them in memory that a workgroup shares. Where the first one
widens numbers, as bool to int32, IREE forgets to have the threads wait for each other.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from axir_compiler.mlir import ir

__all__ = ["add_barriers", "make_exact"]

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


def add_barriers(module: ir.Operation) -> bool:
    """Have threads wait for each other between steps that write and read memory which they share.

    Steps are the ops of a kernel's outermost block, which all threads come to. Gives whether that is enough: within a
    step, which some threads may skip, none can wait for others.
    """
    kernels: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "spirv.func" and len(op.regions[0].blocks):
            kernels.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    found = [_synchronized(block) for kernel in kernels for block in kernel.regions[0].blocks]
    return all(found)


@dataclass
class _Accesses:
    """What a step does with shared memory: pointers that it reads and writes, and whether it waits."""

    read: set[ir.Value] = field(default_factory=set)
    written: set[ir.Value] = field(default_factory=set)
    waits: bool = False


def _synchronized(block: ir.Block) -> bool:
    """Put the barriers that are missing into a block; whether no step reads what other threads write in it."""
    written, read, fine = False, False, True
    for op in list(block.operations):
        found = _shared_accesses(op.operation)
        if not found.waits and ((written and (found.read or found.written)) or (read and found.written)):
            _insert_barrier(op.operation)
            written = read = False
        if found.waits:
            written = read = False
        elif found.written and not found.read <= found.written:
            fine = False
        written, read = written or bool(found.written), read or bool(found.read)
    return fine


def _insert_barrier(before: ir.Operation) -> None:
    context = before.context
    attributes = {name: ir.Attribute.parse(text, context) for name, text in _BARRIER.items()}
    with before.location:
        ir.Operation.create("spirv.ControlBarrier", attributes=attributes, ip=ir.InsertionPoint(before))


def _shared_accesses(op: ir.Operation) -> _Accesses:
    found = _Accesses()

    def visit(inner: ir.Operation) -> ir.WalkResult:
        if inner.name == "spirv.ControlBarrier":
            found.waits = True
        elif inner.name in ("spirv.Load", "spirv.Store"):
            pointer = inner.operands[0]
            if str(pointer.type).endswith("Workgroup>"):
                (found.read if inner.name == "spirv.Load" else found.written).add(pointer)
        return ir.WalkResult.ADVANCE

    op.walk(visit)
    return found
