"""Repairs for Vulkan, where drivers compute something else than what a program says.

Without the decoration ``NoContraction`` drivers may reassociate: Mesa's turn ``(x + c) - c``, by which numbers are
rounded, and the error terms of compensated sums into nothing, so that ``exp(1)`` is 2. IREE has no flag for it, but
writes out what it finds as an attribute of that name.

Kernels that IREE makes of two steps keep what is between them in memory that a workgroup shares. Where the first one
widens numbers, as bool to int32, IREE forgets to have the threads wait for each other.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from axir_compiler.mlir import arith, ir, math

__all__ = [
    "add_barriers",
    "leading_zeros",
    "make_exact",
    "safe_remainders",
    "split_fma",
]

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


class _Float(NamedTuple):
    """A kind of floats: its width, the bits of the lower half of a significand, and those of the exponent."""

    width: int
    low_half: int
    exponent: int


_FLOATS = {"f32": _Float(32, 12, 0x7F800000), "f64": _Float(64, 27, 0x7FF0000000000000)}


def split_fma(module: ir.Operation) -> None:
    """Compute multiply-add of float32 and float64 from products and sums, for devices that round in between.

    The error of the product is found from the halves of its factors, that of the sum by comparing it with its terms,
    and both are added to it (T. J. Dekker, "A floating-point technique for extending the available precision", 1971;
    O. Møller, "Quasi double-precision in floating point addition", 1965). The result may differ from one rounding in
    its last bit. Before kernels are translated this would be too early: IREE copies what several ops use, and would
    not come to an end.

    Args:
        module: as for ``make_exact``, which comes after.
    """
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "spirv.GL.Fma" and _element(op.results[0].type) in _FLOATS:
            found.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    for op in found:
        if _element(op.results[0].type) == "f64":
            _declare_int64(op)
        with ir.InsertionPoint(op), op.location:
            op.results[0].replace_all_uses_with(_rounded_once(op))
        op.erase()


def _element(kind: ir.Type) -> str:
    return str(ir.VectorType(kind).element_type if isinstance(kind, ir.VectorType) else kind)


def _like(kind: ir.Type, element: ir.Type) -> ir.Type:
    """A type of the same form with other elements."""
    return (
        ir.VectorType.get(ir.VectorType(kind).shape, element) if isinstance(kind, ir.VectorType) else element
    )


def _declare_int64(op: ir.Operation) -> None:
    """Let the shader of an op declare that it computes with 64-bit integers."""
    while op.name != "spirv.module":
        op = op.parent.operation
    declared = str(op.attributes["vce_triple"])
    if "Int64" not in declared:
        op.attributes["vce_triple"] = ir.Attribute.parse(declared.replace("[", "[Int64, ", 1), op.context)


class _Shader:
    """Builds arithmetic of one type in a shader: floats, or vectors of them."""

    def __init__(self, kind: ir.Type):
        self.kind = kind
        self.form = _FLOATS[_element(kind)]
        self._word = ir.IntegerType.get_signless(self.form.width)
        self._bits = _like(kind, self._word)

    def new(self, name: str, *operands: ir.Value, result: ir.Type | None = None) -> ir.Value:
        kind = self.kind if result is None else result
        return ir.Operation.create(f"spirv.{name}", results=[kind], operands=operands).result

    def halves(self, x: ir.Value) -> tuple[ir.Value, ir.Value]:
        """The upper bits of a significand, and the rest of the number."""
        high = self.new("Bitcast", self._masked(x, self._constant(-1 << self.form.low_half)))
        return high, self.new("FSub", x, high)

    def is_finite(self, x: ir.Value) -> ir.Value:
        """Told from its bits: drivers need not compare NaN as one expects."""
        largest = self._constant(self.form.exponent)
        truth = _like(self.kind, ir.IntegerType.get_signless(1))
        return self.new("INotEqual", self._masked(x, largest), largest, result=truth)

    def _masked(self, x: ir.Value, mask: ir.Value) -> ir.Value:
        bits = self.new("Bitcast", x, result=self._bits)
        return self.new("BitwiseAnd", bits, mask, result=self._bits)

    def _constant(self, number: int) -> ir.Value:
        value: ir.Attribute = ir.IntegerAttr.get(self._word, number)
        if self._bits != self._word:
            value = ir.DenseElementsAttr.get_splat(self._bits, value)
        return ir.Operation.create("spirv.Constant", results=[self._bits], attributes={"value": value}).result


def _rounded_once(op: ir.Operation) -> ir.Value:
    x, y, z = op.operands
    shader = _Shader(x.type)
    new = shader.new
    product = new("FMul", x, y)
    total = new("FAdd", product, z)
    (x_high, x_low), (y_high, y_low) = shader.halves(x), shader.halves(y)
    error = new("FSub", new("FMul", x_high, y_high), product)
    for left, right in ((x_high, y_low), (x_low, y_high), (x_low, y_low)):
        error = new("FAdd", error, new("FMul", left, right))
    added = new("FSub", total, product)
    lost = new("FAdd", new("FSub", product, new("FSub", total, added)), new("FSub", z, added))
    repaired = new("FAdd", total, new("FAdd", lost, error))
    # Infinities and NaN have no halves: of them, the plain sum is right.
    return new("Select", shader.is_finite(total), repaired, total)


def leading_zeros(module: ir.Operation) -> None:
    """Count the leading zeros of integers that SPIR-V cannot count them of through 32-bit ones."""
    context = module.context
    word = ir.IntegerType.get_signless(32, context)

    def of_narrow(width: int, op: ir.Operation) -> ir.Value:
        (x,) = op.operands
        found = arith.subi(math.ctlz(arith.extui(word, x)), arith.constant(word, 32 - width))
        return arith.trunci(x.type, found)

    def of_two_words(op: ir.Operation) -> ir.Value:
        (x,) = op.operands
        low = arith.trunci(word, x)
        high = arith.trunci(word, arith.shrui(x, arith.constant(x.type, 32)))
        none = arith.cmpi(arith.CmpIPredicate.eq, high, arith.constant(word, 0))
        below = arith.addi(math.ctlz(low), arith.constant(word, 32))
        return arith.extui(x.type, arith.select(none, below, math.ctlz(high)))

    for width in (8, 16):
        kind = ir.IntegerType.get_signless(width, context)
        _replace(module, "math.ctlz", kind, functools.partial(of_narrow, width))
    _replace(module, "math.ctlz", ir.IntegerType.get_signless(64, context), of_two_words)


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
