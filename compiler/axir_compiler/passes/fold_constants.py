"""Constant folding of splats: scalars, and tensors that repeat one scalar."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.evaluate import evaluate_op
from axir_compiler.ir.module import blocks_of, functions
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import aval_of
from axir_compiler.mlir import func, ir
from axir_compiler.ops.constant import ConstantOp
from axir_compiler.ops.elementwise import Elementwise
from axir_compiler.ops.shape import BroadcastInDimOp, ReshapeOp, ReverseOp, SliceOp, TransposeOp
from axir_compiler.passes.base import Pass

__all__ = ["FoldConstantsPass", "fold_constants"]

_SHAPE_ONLY = (BroadcastInDimOp, ReshapeOp, TransposeOp, ReverseOp, SliceOp)


def fold_constants(function: func.FuncOp) -> None:
    """Evaluate elementwise and shape ops whose operands are splats.

    The result is again a scalar constant, broadcast where its shape is not ``[]``; no data enter the IR.
    """
    splats: dict[ir.Value, ScalarValue] = {}
    for op in [op for block in blocks_of(function) for op in block.operations]:
        if isinstance(op, ConstantOp):
            splats[op.result] = op.value
        elif isinstance(op, (Elementwise, *_SHAPE_ONLY)) and all(x in splats for x in op.operands):
            result = op.result
            splats[result] = value = _fold(op, [splats[x] for x in op.operands])
            if not isinstance(op, BroadcastInDimOp) or not isinstance(op.operand.owner, ConstantOp):
                with ir.InsertionPoint(op), op.location:
                    new = ops.full(aval_of(result).shape, value.value, value.dtype)
                splats[new] = splats.pop(result)
                result.replace_all_uses_with(new)
                op.operation.erase()


def _fold(op: AxirOp, values: list[ScalarValue]) -> ScalarValue:
    if isinstance(op, _SHAPE_ONLY):
        return values[0]
    found: Any = evaluate_op(type(op), [np.asarray(v.value) for v in values], op.attrs)
    return ScalarValue(found, aval_of(op.result).dtype)


@dataclass(frozen=True)
class FoldConstantsPass(Pass):
    """Evaluate ops on constants while compiling.

    Derivative rules multiply and add literal factors; each op that is left costs time in every later phase.
    Denormal results are kept as NumPy gives them.
    """

    name: ClassVar[str] = "fold-constants"

    def run(self, module: ir.Module) -> None:
        for function in functions(module).values():
            fold_constants(function)
