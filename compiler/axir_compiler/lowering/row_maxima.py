"""Maxima of rows from which larger arrays are made, as in ``softmax`` and ``logsumexp``, in kernels of their own.

IREE computes them in one kernel with what is made of them, with tiles that suit the whole: the largest element of a
row then takes as long as the exponentials. Apart it is cut like any other reduction of rows (``lowering.tilings``), and
so is the sum that comes after it, which is worth more than reading the rows once again from a cache. It is not worth
writing the rows to memory first, where they are computed in the same kernel.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.mlir import ir

__all__ = ["maxima_of_rows", "put_apart"]

_SMALLEST, _FEWEST = 1 << 15, 32
"""Elements of all rows, and of a row, from which this takes less time than launching another kernel."""
_EXTREMA = ("arith.maximumf", "arith.minimumf")
_RESHAPES = ("tensor.expand_shape", "tensor.collapse_shape")


def maxima_of_rows(top: ir.Operation) -> list[ir.Operation]:
    """Largest or smallest elements of rows that are used for each element of their row."""
    found: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name != "linalg.generic":
            return ir.WalkResult.ADVANCE
        if _is_extremum_of_rows(op) and _spreads(op.results[0], _size(op.results[0])):
            found.append(op)
        return ir.WalkResult.SKIP

    top.walk(visit, ir.WalkOrder.PRE_ORDER)
    return found


def put_apart(op: ir.Operation) -> None:
    """Let the result be computed by a kernel apart from all that reads it."""
    (result,) = op.results
    uses = [use for use in result.uses if use.owner.operation.name != "func.return"]
    with ir.InsertionPoint.after(op), op.location:
        barrier = kernel_barrier(result)
    for use in uses:
        use.owner.operands[use.operand_number] = barrier


def _is_extremum_of_rows(op: ir.Operation) -> bool:
    body = [inner.operation.name for inner in op.regions[0].blocks[0].operations]
    if len(op.results) != 1 or len(op.operands) != 2 or len(body) != 2 or body[0] not in _EXTREMA:
        return False
    rows, result = (ir.RankedTensorType(x.type) for x in op.operands)
    if not (rows.has_static_shape and result.has_static_shape):
        return False
    whole, kept = (attribute.value for attribute in op.attributes["indexing_maps"])
    lies_in_rows = whole.is_permutation and list(kept.results) == list(whole.results)[: result.rank]
    sizes = _size(op.operands[0]), _size(op.operands[1])
    if _is_elementwise(op.operands[0]):
        return False
    return lies_in_rows and sizes[0] >= _SMALLEST and sizes[0] >= _FEWEST * sizes[1] and sizes[1] > 1


def _is_elementwise(x: ir.Value) -> bool:
    """Whether a tensor is computed by an op that a kernel of its reductions would compute, too."""
    while not isinstance(x.owner, ir.Block) and x.owner.name in _RESHAPES:
        x = x.owner.operands[0]
    if isinstance(x.owner, ir.Block) or x.owner.name != "linalg.generic":
        return False
    return not any("reduction" in str(kind) for kind in x.owner.attributes["iterator_types"])


def _size(x: ir.Value) -> int:
    """Elements; of an unknown number, none."""
    kind = ir.RankedTensorType(x.type)
    return math.prod(kind.shape) if kind.has_static_shape else 0


def _spreads(x: ir.Value, size: int) -> bool:
    """Whether something with more elements is made of a tensor without reducing it."""
    return any(_size(y) > size or _spreads(y, size) for y in _made_of(x))


def _made_of(x: ir.Value) -> Iterator[ir.Value]:
    for use in x.uses:
        op = use.owner.operation
        if op.name == "linalg.generic" or op.name in _RESHAPES:
            yield from op.results
