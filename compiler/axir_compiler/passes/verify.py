"""Verification of modules: MLIR does not verify ops of a Python dialect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from axir_compiler.errors import AxirError, VerificationError
from axir_compiler.ir.module import body_of, callees_of, functions, position_of, signature, walk
from axir_compiler.ir.op import AxirOp, YieldOp
from axir_compiler.ir.region import RegionOp
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.mlir import func, ir
from axir_compiler.ops.custom import NamedFunctionsOp
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
        raise VerificationError(
            f"{first.message} at {location_text(first.location)}.", position=position_of(first.location)
        ) from None
    table = functions(module)
    if len(table) != len(module.body.operations):
        raise VerificationError("module: it must hold functions only.")
    for function in table.values():
        _verify_form(function)
    _check_recursion(table)
    for function in table.values():
        _verify_body(function, table)


def _verify_form(function: func.FuncOp) -> None:
    """What must hold before the body can be read: one block, tensor types, callees named."""
    name = function.sym_name.value
    if len(function.regions[0].blocks) != 1:
        raise VerificationError(f"@{name}: a function has exactly one block.")
    try:
        signature(function)
    except AxirError as error:
        raise VerificationError(f"@{name}: {error}") from None
    _verify_regions(body_of(function), name)
    for op in walk(function):
        if isinstance(op, TransformationOp):
            op.verify_attributes()


def _verify_regions(block: ir.Block, name: str) -> None:
    """Each region of an op is one block that uses nothing from outside."""
    for op in block.operations:
        if not isinstance(op, RegionOp):
            continue
        for region in op.regions:
            if len(region.blocks) != 1 or not len(region.blocks[0].operations):
                raise VerificationError(f"@{name}: a region of {op.OPERATION_NAME} has exactly one block.")
            inner = region.blocks[0]
            own = {*inner.arguments, *(r for o in inner.operations for r in o.results)}
            if any(x not in own for o in inner.operations for x in o.operands):
                raise VerificationError(
                    f"@{name}: a region of {op.OPERATION_NAME} uses a value from outside; pass it as an operand."
                )
            _verify_regions(inner, name)


def _verify_body(function: func.FuncOp, table: dict[str, func.FuncOp]) -> None:
    for op in walk(function):
        try:
            _verify_op(op, table)
        except AxirError as error:
            raise VerificationError(
                f"{error} At {location_text(op.location)}.", position=position_of(op.location)
            ) from None


def _verify_op(op: ir.OpView, table: dict[str, func.FuncOp]) -> None:
    callees = callees_of(op)
    for symbol in callees.values():
        if symbol not in table:
            raise VerificationError(f"{op.OPERATION_NAME}: there is no function @{symbol}.")
    if isinstance(op, NamedFunctionsOp):
        op.verify_attributes()
        op.verify_functions({name: signature(table[symbol]) for name, symbol in callees.items()})
    elif callees:
        _verify_call(op, *signature(table[callees["callee"]]))
    elif isinstance(op, YieldOp):
        op.verify_attributes()
    elif isinstance(op, AxirOp):
        op.verify_types()
    elif not isinstance(op, func.ReturnOp):
        raise VerificationError(f"{op.operation.name} is not an op of the axir dialect.")


def _check_recursion(table: dict[str, func.FuncOp]) -> None:
    """Programs are finite: transformations and inlining follow every call."""
    finished: set[str] = set()

    def visit(name: str, callers: tuple[str, ...]) -> None:
        if name in callers:
            cycle = " calls ".join(f"@{c}" for c in (*callers[callers.index(name) :], name))
            raise VerificationError(f"module: functions must not be recursive; {cycle}.")
        if name in finished or name not in table:
            return
        for op in walk(table[name]):
            callees = callees_of(op)
            # The other functions that an op names are rules, which may use the function that they belong to.
            if "callee" in callees:
                visit(callees["callee"], (*callers, name))
        finished.add(name)

    for name in table:
        visit(name, ())


def _transformed_types(
    op: TransformationOp, inputs: tuple[Aval, ...], outputs: tuple[Aval, ...]
) -> tuple[tuple[Aval, ...], tuple[Aval, ...]]:
    """Operand and result types of a transformation of a function with these types."""
    attrs = {name: value for name, value in op.attrs.items() if name != "callee"}
    try:
        op.check(inputs, outputs, **attrs)
        return op.operands_for(inputs, outputs, **attrs), op.results_for(inputs, outputs, **attrs)
    except AxirError as error:
        raise VerificationError(f"{op.OPERATION_NAME}: {error}") from None


def _verify_call(op: ir.OpView, inputs: tuple[Aval, ...], outputs: tuple[Aval, ...]) -> None:
    if isinstance(op, TransformationOp):
        inputs, outputs = _transformed_types(op, inputs, outputs)
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
