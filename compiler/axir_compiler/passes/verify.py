"""Verification of modules: MLIR does not verify ops of a Python dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.errors import AxirError, VerificationError
from axir_compiler.ir.module import body_of, callee_of, functions, return_op, signature
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.mlir import func, ir
from axir_compiler.ops.transformation import TransformationOp
from axir_compiler.passes.base import Pass

__all__ = ["VerifyPass", "location_text", "verify_module"]


def location_text(location: ir.Location) -> str:
    """A location as a user reads it: ``file.py:12`` where it is known."""
    text = str(location).removeprefix("loc(").removesuffix(")")
    start = text.rfind("(") + 1
    inner = text[start:].rstrip(")")
    parts = inner.replace('"', "").split(":")
    return ":".join(parts[:2]) if len(parts) >= 2 else text


def verify_module(module: ir.Module) -> None:
    """Check every op against its type rule, and every call against its callee.

    Raises:
        VerificationError: names the op, the rule and the place.
    """
    try:
        module.operation.verify()
    except ir.MLIRError as error:
        first = error.error_diagnostics[0]
        raise VerificationError(f"{first.message} at {location_text(first.location)}.") from None
    table = functions(module)
    for function in table.values():
        if len(function.regions[0].blocks) != 1:
            raise VerificationError(f"@{function.sym_name.value}: a function has exactly one block.")
        for op in body_of(function).operations:
            try:
                _verify_op(op, table)
            except AxirError as error:
                raise VerificationError(f"{error} At {location_text(op.location)}.") from None
        returned = tuple(aval_of(x) for x in return_op(function).operands)
        if returned != signature(function)[1]:
            raise VerificationError(f"@{function.sym_name.value}: returned types differ from its signature.")


def _verify_op(op: ir.OpView, table: dict[str, func.FuncOp]) -> None:
    callee = callee_of(op)
    if callee is not None:
        if callee not in table:
            raise VerificationError(f"{op.OPERATION_NAME}: there is no function @{callee}.")
        _verify_call(op, *signature(table[callee]))
    elif isinstance(op, AxirOp):
        op.verify_types()
    elif not isinstance(op, func.ReturnOp):
        raise VerificationError(f"{op.OPERATION_NAME} is not an op of the axir dialect.")


def _verify_call(op: ir.OpView, inputs: tuple[Aval, ...], outputs: tuple[Aval, ...]) -> None:
    if isinstance(op, TransformationOp):
        inputs, outputs = (
            op.operands_for(inputs, outputs, **op.attrs),
            op.results_for(inputs, outputs, **op.attrs),
        )
    for what, expected, values in (("operands", inputs, op.operands), ("results", outputs, op.results)):
        actual = tuple(aval_of(x) for x in values)
        if actual != expected:
            wanted, given = (", ".join(map(str, side)) for side in (expected, actual))
            raise VerificationError(f"{op.OPERATION_NAME}: {what} must be ({wanted}); got ({given}).")


@dataclass(frozen=True)
class VerifyPass(Pass):
    """Check every op against the dialect's rules and every call against its callee."""

    name: ClassVar[str] = "verify"

    def run(self, module: ir.Module) -> None:
        verify_module(module)
