"""Lowering of the dialect to linalg, arith, math, tensor and scf."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from axir_compiler.errors import InternalError
from axir_compiler.ir.module import body_of, functions, is_terminator, terminator_of
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.region import RegionOp
from axir_compiler.ir.types import UNSIGNED, Aval, aval_of, mlir_type
from axir_compiler.later import fusion, host_calls, insertions
from axir_compiler.mlir import func, ir
from axir_compiler.passes.base import Pass
from axir_compiler.passes.replace_kernels import replace_kernels

__all__ = ["LowerToLinalgPass", "lowered_type"]


def lowered_type(aval: Aval) -> ir.Type:
    """The signless tensor type that stands for a value in linalg."""
    dtype = np.dtype(f"int{aval.dtype.itemsize * 8}") if aval.dtype in UNSIGNED else aval.dtype
    return mlir_type(Aval(aval.shape, dtype))


def lower_function(function: func.FuncOp, result_storage: bool) -> None:
    """Replace a function by its lowered form of the same name."""
    old = body_of(function)
    inputs = [lowered_type(aval_of(a)) for a in old.arguments]
    results = [lowered_type(aval_of(t)) for t in function.type.results]
    name, location = function.sym_name.value, function.location
    with ir.InsertionPoint(function), location:
        # IREE does not read what a loop carries back from memory that is given for a result.
        given = result_storage and not any(isinstance(op, RegionOp) for op in old.operations)
        stored = [i for i, r in enumerate(results) if given and aval_of(r).size]
        new = func.FuncOp(name, (inputs + [results[i] for i in stored], results), visibility="public")
        if stored:
            marks = [{}] * len(inputs) + [
                {"iree.abi.output": ir.IntegerAttr.get(ir.IndexType.get(), i)} for i in stored
            ]
            new.arg_attrs = ir.ArrayAttr.get([ir.DictAttr.get(m) for m in marks])
        block = new.add_entry_block()
    values: dict[ir.Value, ir.Value] = dict(zip(old.arguments, block.arguments, strict=False))
    with ir.InsertionPoint(block):
        returned = _lower_block(old, values)
        with terminator_of(old).location:
            func.ReturnOp(returned)
    for part in fusion.program_blocks(block):
        fusion.separate_kernels(part)
        fusion.separate_reductions(part)
        fusion.limit_bindings(part)
        insertions.separate_insertions(part)
    function.operation.erase()


def _lower_block(block: ir.Block, values: dict[ir.Value, ir.Value]) -> list[ir.Value]:
    """Append the lowered ops of a block; gives what it returns."""
    for op in block.operations:
        operands = [values[x] for x in op.operands]
        if is_terminator(op):
            return operands
        with op.location:
            if isinstance(op, RegionOp):
                found = op.lower_with(functools.partial(_lower_region, op), operands)
            elif isinstance(op, AxirOp):
                found = op.lower(*operands)
            else:
                raise InternalError(
                    f"lower-to-linalg: {op.OPERATION_NAME} cannot be lowered; inline calls first."
                )
        found = [found] if isinstance(found, ir.Value) else found
        values.update(zip(op.results, found, strict=True))
    raise AssertionError("a block ends in a terminator")


def _lower_region(op: RegionOp, number: int, arguments: Sequence[ir.Value]) -> list[ir.Value]:
    block = op.blocks[number]
    return _lower_block(block, dict(zip(block.arguments, arguments, strict=True)))


@dataclass(frozen=True)
class LowerToLinalgPass(Pass):
    """Replace every op by linalg, arith, math, tensor and scf ops on signless tensors.

    Each op lowers by its own rule. IREE takes nothing of the dialect: it would crash on ops that it does
    not know. With ``result-storage`` the caller gives memory for the results in further arguments: IREE's
    allocator for programs on several cores does not reuse what results leave. Programs with loops or branches
    allocate their results. Without ``kernels`` ops that would need loops over single elements are written in
    other ops first.
    """

    name: ClassVar[str] = "lower-to-linalg"
    result_storage: bool = False
    kernels: bool = True

    def run(self, module: ir.Module) -> None:
        for function in functions(module).values():
            if not self.kernels:
                replace_kernels(function)
            lower_function(function, self.result_storage)
        host_calls.declare_host_calls(module)
