"""How IREE's CPU backend cuts reductions of columns, such as ``sum(x, axis=0)``, and products of matrix and vector.

By itself it takes tiles that divide the number of columns, and computes one column at a time where only odd numbers
do: a quarter to a tenth of the speed. Here each task takes a part of the columns, and adds rows to sums that stay in
vector registers; what is left over at the end is done apart (peeling). Rows, and products with a vector, go one row at
a time, several vectors in each step: adding up the lanes of a vector takes longer than adding vectors. What combines
all numbers to one is computed by several tasks, each of a part, and the parts combined at the end.

A kernel in which something larger is made of the result (layer normalization) is cut by IREE, which takes care of all
of it; maxima of rows are computed by kernels of their own before that (``lowering.row_maxima``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from axir_compiler.lowering.barriers import drop_kernel_barriers, kernel_barrier
from axir_compiler.lowering.cpu_tiles import lowering_config, set_tiles
from axir_compiler.lowering.row_maxima import maxima_of_rows, put_apart
from axir_compiler.mlir import ir, passmanager, tensor

__all__ = ["with_tilings"]

_SMALLEST, _FEWEST_ROWS = 1 << 12, 32
"""Elements, and rows, from which tiles matter."""
_TASK = 1 << 14
"""Elements that a task reads at least."""
_PART, _TASKS = 1 << 16, 16
"""Elements of a part of what is combined to one number, at least, and into how many parts it goes at most."""
_BITS = 2048
"""Of the sums that a kernel keeps in registers."""
_LEAST_LANES = 16
# IREE forgets the tiles of an op that it fuses into another, or whose axes of size 1 it drops.
_SETTLE = (
    "builtin.module(func.func(linalg-fold-unit-extent-dims,linalg-fuse-elementwise-ops,canonicalize,cse))"
)
_FREE = ("tensor.empty", "linalg.fill", "arith.constant")
_PARALLEL, _REDUCTION = "parallel", "reduction"


def with_tilings(module: ir.Module) -> ir.Module:
    """The program with tiles for such reductions: a copy if there are some, else the program itself."""
    if not _reductions(module.operation) and not maxima_of_rows(module.operation):
        return module
    copy = ir.Module.parse(module.operation.get_asm(enable_debug_info=True), module.context)
    with module.context:
        apart = maxima_of_rows(copy.operation)
        for op in apart:
            put_apart(op)
        if any(_is_unsettled(op, loops) for op, loops in _reductions(copy.operation)):
            _settle(copy.operation)
        tiled = _alone(_reductions(copy.operation))
        to_one = [(op, loops) for op, loops in tiled if not loops.kept]
        others = [(op, loops) for op, loops in tiled if loops.kept]
        for op, loops in others:
            if any(_joins(other, op) for other, _ in others):
                op.attributes["lowering_config"] = ir.Attribute.parse(_tiling(loops))
            else:
                set_tiles(op, _tiling(loops))
        for op, loops in to_one:
            op, loops = _in_parts(op, loops)
            set_tiles(op, _tiling(loops))
    return copy if tiled or apart else module


_GUARD = "axir.settling"


def _settle(top: ir.Operation) -> None:
    """Do to the reductions what IREE would do to them, and leave other ones as they are.

    A product of matrices with an elementwise op in it is no product to IREE, and takes ten times as long.
    """

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name != "linalg.generic":
            return ir.WalkResult.ADVANCE
        if _REDUCTION in _iterators(op) and _loops_of(op) is None:
            others.append(op)
        return ir.WalkResult.SKIP

    others: list[ir.Operation] = []
    top.walk(visit, ir.WalkOrder.PRE_ORDER)
    for op in others:
        with ir.InsertionPoint(op), op.location:
            for i, x in enumerate(op.operands):
                if not isinstance(x.owner, ir.Block) and x.owner.name not in _FREE:
                    op.operands[i] = kernel_barrier(x, _GUARD)
    passmanager.PassManager.parse(_SETTLE).run(top)
    drop_kernel_barriers(top, _GUARD)


class _Loops(NamedTuple):
    """Sizes of the loops of a reduction, and the width of its numbers."""

    kept: Sequence[int]
    reduced: Sequence[int]
    bits: int
    by_rows: bool  # what is combined lies side by side


def _reductions(top: ir.Operation) -> list[tuple[ir.Operation, _Loops]]:
    found: list[tuple[ir.Operation, _Loops]] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "linalg.generic":
            loops = _loops_of(op)
            if loops:
                found.append((op, loops))
            return ir.WalkResult.SKIP
        return ir.WalkResult.ADVANCE

    top.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def _loops_of(op: ir.Operation) -> _Loops | None:
    """The loops of a large reduction that is cut here; ``None`` of any other op."""
    kinds = _iterators(op)
    if len(op.results) != 1 or _REDUCTION not in kinds or "compilation_info" in op.attributes:
        return None
    maps = _maps(op)
    kept = [d for d, kind in enumerate(kinds) if kind == _PARALLEL]
    whole = [
        (_positions(m), ir.RankedTensorType(x.type))
        for x, m in zip(op.operands, maps, strict=True)
        if m.is_permutation
    ]
    if not whole or _positions(maps[-1]) != kept:
        return None
    order, kind = whole[0]
    if any(n < 0 for n in kind.shape) or math.prod(kind.shape) < _SMALLEST:
        return None
    sizes = dict(zip(order, kind.shape, strict=True))
    reduced = [sizes[d] for d in range(len(kinds)) if d not in kept]
    by_rows = kinds[order[-1]] == _REDUCTION and order[-1] == len(kinds) - 1
    loops = _Loops([sizes[d] for d in kept], reduced, _bits_of(op.results[0].type.element_type), by_rows)
    if not kept:
        return loops if by_rows and math.prod(reduced) >= 2 * _PART else None
    if math.prod(reduced) < _FEWEST_ROWS or not (by_rows or order[-1] == kept[-1]):
        return None
    return loops if _stays_small(op, len(kept)) else None


def _positions(m: ir.AffineMap) -> list[int]:
    """Which loops the axes of an operand belong to; none if they are sums of loops."""
    return [ir.AffineDimExpr(e).position for e in m.results] if m.is_projected_permutation else []


def _bits_of(element: ir.Type) -> int:
    return max(element.width, 8) if isinstance(element, ir.FloatType | ir.IntegerType) else _BITS


def _is_unsettled(op: ir.Operation, loops: _Loops) -> bool:
    """Whether IREE would change the op: it has loops of one step, or reads what another one computes."""
    owners = [x.owner for x in op.operands]
    computed = any(not isinstance(owner, ir.Block) and owner.name == "linalg.generic" for owner in owners)
    return computed or 1 in (*loops.kept, *loops.reduced)


def _alone(found: list[tuple[ir.Operation, _Loops]]) -> list[tuple[ir.Operation, _Loops]]:
    """Without the rows of which a kernel combines something else, too: it is IREE's tiles that suit those."""
    return [
        (op, loops)
        for op, loops in found
        if not loops.by_rows
        or not loops.kept
        or _is_product_with_vector(op)
        or not any(_joins(op, other) or _joins(other, op) for other, _ in found)
    ]


def _joins(op: ir.Operation, other: ir.Operation) -> bool:
    """Whether one kernel computes both: for each result, the op reads that of the other, or what was made of it."""
    kinds, maps = _iterators(op), _maps(op)
    for x, m in zip(op.operands, maps, strict=True):
        made_by = x.owner
        if isinstance(made_by, ir.Block) or made_by.name != "linalg.generic":
            continue
        if all(kinds[d] == _PARALLEL for d in _positions(m)) and (made_by == other or _joins(made_by, other)):
            return True
    return False


def _is_product_with_vector(op: ir.Operation) -> bool:
    inputs = _maps(op)[:-1]
    along = len(_iterators(op)) - 1
    return len(inputs) == 2 and any(not m.is_permutation and along in _positions(m) for m in inputs)


def _stays_small(op: ir.Operation, kept: int) -> bool:
    """Whether nothing is made of the result that has more axes: IREE would compute it in the same kernel, whole."""
    for use in op.results[0].uses:
        user = use.owner.operation
        if user.name != "linalg.generic":
            continue
        is_large = _REDUCTION not in _iterators(user) and len(_iterators(user)) > kept
        if is_large or not _stays_small(user, kept):
            return False
    return True


def _iterators(op: ir.Operation) -> list[str]:
    return [str(kind).partition("<")[2].rstrip(">") for kind in op.attributes["iterator_types"]]


def _maps(op: ir.Operation) -> list[ir.AffineMap]:
    return [attribute.value for attribute in op.attributes["indexing_maps"]]


def _tiling(loops: _Loops) -> str:
    """The attribute. Loops are in the order that IREE brings them into: those that are kept come first."""
    kept, reduced = [1] * len(loops.kept), [1] * len(loops.reduced)
    lanes = max(_BITS // loops.bits, _LEAST_LANES)
    fast, sizes = (reduced, loops.reduced) if loops.by_rows else (kept, loops.kept)
    fast[-1] = min(sizes[-1], lanes)
    no_kept, no_reduced = [0] * len(kept), [0] * len(reduced)
    parts = _parts(loops, 2 * lanes)
    return lowering_config([*parts, *no_reduced], [*kept, *no_reduced], [*no_kept, *reduced])


def _in_parts(op: ir.Operation, loops: _Loops) -> tuple[ir.Operation, _Loops]:
    """What combines all numbers to one, in one loop, of which several tasks do a part."""
    total = math.prod(loops.reduced)
    part = max(_PART, -(-total // _TASKS) // _BITS * _BITS)
    if len(loops.reduced) > 1:
        op, loops = _flattened(op), loops._replace(reduced=[total])
    size = ir.IntegerAttr.get(ir.IndexType.get(), part)
    op.attributes["iree_linalg_ext.split_reduction"] = ir.ArrayAttr.get([size])
    return op, loops


def _flattened(op: ir.Operation) -> ir.Operation:
    """A reduction of whole tensors and numbers, with one loop instead of several."""
    loop = ir.AffineMap.get_identity(1)
    operands, maps = [], []
    with ir.InsertionPoint(op), op.location:
        for x, m in zip(op.operands, _maps(op), strict=True):
            kind = ir.RankedTensorType(x.type)
            if len(m.results) > 1:
                flat = ir.RankedTensorType.get([math.prod(kind.shape)], kind.element_type)
                x = tensor.collapse_shape(flat, x, [list(range(kind.rank))])
            operands.append(x)
            maps.append(ir.AffineMapAttr.get(loop if m.results else ir.AffineMap.get(1, 0, [])))
        attributes = {name: op.attributes[name] for name in ("operandSegmentSizes",)}
        attributes["indexing_maps"] = ir.ArrayAttr.get(maps)
        attributes["iterator_types"] = ir.ArrayAttr.get([op.attributes["iterator_types"][0]])
        flat_op = ir.Operation.create(op.name, [r.type for r in op.results], operands, attributes, regions=1)
    op.regions[0].blocks[0].append_to(flat_op.regions[0])
    op.results[0].replace_all_uses_with(flat_op.results[0])
    op.erase()
    return flat_op


def _parts(loops: _Loops, columns: int) -> list[int]:
    """How many steps of the loops that are kept one task takes, so that it is worth starting."""
    parts = []
    work = math.prod(loops.reduced)
    sizes = list(loops.kept)
    if not loops.by_rows:
        parts.append(min(sizes.pop(), columns))
        work *= parts[0]
    for size in reversed(sizes):
        parts.insert(0, min(size, max(1, _TASK // work)))
        work *= parts[0]
    return parts
