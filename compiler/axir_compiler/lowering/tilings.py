"""How IREE's CPU backend cuts a reduction whose columns lie side by side in memory, such as ``sum(x, axis=0)``.

By itself it takes tiles that divide the number of columns, and computes one column at a time where only odd numbers
do: a quarter to a tenth of the speed. Here each task takes a part of the columns, and adds rows to sums that stay in
vector registers; what is left over at the end is done apart (peeling).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from axir_compiler.mlir import ir, passmanager

__all__ = ["with_tilings"]

_SMALLEST, _FEWEST_ROWS = 1 << 12, 32
"""Elements, and rows, from which tiles matter."""
_TASK = 1 << 14
"""Elements that a task reads at least."""
_BITS = 2048
"""Of the sums that a kernel keeps in registers."""
_LEAST_LANES = 16
# IREE forgets the tiles of an op that it fuses into another, or whose axes of size 1 it drops.
_SETTLE = (
    "builtin.module(func.func(linalg-fold-unit-extent-dims,linalg-fuse-elementwise-ops,canonicalize,cse))"
)
_PIPELINE = (
    "translation_info = #iree_codegen.translation_info<pipeline = #iree_cpu.pipeline<DoubleTilingExpert>, "
    "{enable_loop_peeling}>"
)
_PARALLEL, _REDUCTION = "parallel", "reduction"


def with_tilings(module: ir.Module) -> ir.Module:
    """The program with tiles for its reductions of columns: a copy if there are some, else the program itself."""
    found = list(_reductions(module.operation))
    if not found:
        return module
    copy = ir.Module.parse(module.operation.get_asm(enable_debug_info=True), module.context)
    with module.context:
        if any(_is_unsettled(op, loops) for op, loops in found):
            passmanager.PassManager.parse(_SETTLE).run(copy.operation)
        tiled = list(_reductions(copy.operation))
        for op, loops in tiled:
            config = _tiling(loops)
            if any(_reads(other, op) for other, _ in tiled):
                op.attributes["lowering_config"] = ir.Attribute.parse(config)
            else:
                op.attributes["compilation_info"] = ir.Attribute.parse(
                    f"#iree_codegen.compilation_info<lowering_config = {config}, {_PIPELINE}>"
                )
    return copy


class _Loops(NamedTuple):
    """Sizes of the loops of a reduction, and the width of its numbers."""

    kept: Sequence[int]
    reduced: Sequence[int]
    bits: int


def _reductions(top: ir.Operation) -> Iterator[tuple[ir.Operation, _Loops]]:
    found: list[tuple[ir.Operation, _Loops]] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "linalg.generic":
            loops = _loops_of(op)
            if loops:
                found.append((op, loops))
            return ir.WalkResult.SKIP
        return ir.WalkResult.ADVANCE

    top.walk(visit, ir.WalkOrder.PRE_ORDER)
    yield from found


def _loops_of(op: ir.Operation) -> _Loops | None:
    """The loops of a large reduction of columns of known number; ``None`` of any other op."""
    kinds = [str(kind).partition("<")[2].rstrip(">") for kind in op.attributes["iterator_types"]]
    if len(op.results) != 1 or _REDUCTION not in kinds or "compilation_info" in op.attributes:
        return None
    maps = [attribute.value for attribute in op.attributes["indexing_maps"]]
    kept = [d for d, kind in enumerate(kinds) if kind == _PARALLEL]
    whole = [
        (_positions(m), ir.RankedTensorType(x.type))
        for x, m in zip(op.operands, maps, strict=True)
        if m.is_permutation
    ]
    if not kept or not whole or _positions(maps[-1]) != kept:
        return None
    order, kind = whole[0]
    if order[-1] != kept[-1] or any(n < 0 for n in kind.shape) or math.prod(kind.shape) < _SMALLEST:
        return None
    sizes = dict(zip(order, kind.shape, strict=True))
    reduced = [sizes[d] for d in range(len(kinds)) if d not in kept]
    if math.prod(reduced) < _FEWEST_ROWS:
        return None
    return _Loops([sizes[d] for d in kept], reduced, _bits_of(op.results[0].type.element_type))


def _positions(m: ir.AffineMap) -> list[int]:
    return [ir.AffineDimExpr(e).position for e in m.results] if m.is_projected_permutation else []


def _bits_of(element: ir.Type) -> int:
    return max(element.width, 8) if isinstance(element, ir.FloatType | ir.IntegerType) else _BITS


def _is_unsettled(op: ir.Operation, loops: _Loops) -> bool:
    """Whether IREE would change the op: it has loops of one step, or reads what another one computes."""
    owners = [x.owner for x in op.operands]
    computed = any(not isinstance(owner, ir.Block) and owner.name == "linalg.generic" for owner in owners)
    return computed or 1 in (*loops.kept, *loops.reduced)


def _reads(op: ir.Operation, other: ir.Operation) -> bool:
    """Whether an op reads the result of another, or what elementwise ops made of it."""
    owners = [x.owner for x in op.operands]
    generics = [o for o in owners if not isinstance(o, ir.Block) and o.name == "linalg.generic"]
    return any(o == other or _reads(o, other) for o in generics)


def _tiling(loops: _Loops) -> str:
    """The attribute. Loops are in the order that IREE brings them into: those that are kept come first."""
    *outer, columns = loops.kept
    lanes = min(columns, max(_BITS // loops.bits, _LEAST_LANES))
    part = min(columns, 2 * lanes)
    ones, none = [1] * len(outer), [0] * len(loops.reduced)
    parts = []
    left = max(1, _TASK // (part * math.prod(loops.reduced)))
    for size in reversed(outer):
        parts.insert(0, min(size, left))
        left = max(1, left // size)
    config = (
        f"distribution = {[*parts, part, *none]}, vector_common_parallel = {[*ones, lanes, *none]}, "
        f"vector_reduction = {[*(0 for _ in loops.kept), *(1 for _ in loops.reduced)]}"
    )
    return f"#iree_cpu.lowering_config<{config}>"
