"""Calls of Python functions: imports of a module that the runtime provides.

A *site* is one import: the position of the function among those of the program, and the types of what goes in and
out. The sites of a module are listed as JSON in the reflection of its functions, where the runtime finds them:
``[position, [[dtype, shape], ...], [[dtype, shape], ...], effect]`` for each. Imports with an effect take and give a
token besides, which keeps them in order.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from axir_compiler.ir.module import body_of, definitions, functions
from axir_compiler.ir.types import Aval
from axir_compiler.lowering import emit
from axir_compiler.lowering.effect_order import EFFECT, thread_token
from axir_compiler.mlir import context, func, ir

__all__ = ["REFLECTION", "declare_host_calls", "host_call"]

Value = ir.Value
REFLECTION = "axir.callbacks"
"""Key of the list of sites in the reflection of a function."""

_MODULE = "axir_callbacks"
_SITE = "axir.site"


def _view() -> ir.Type:
    return ir.Type.parse("!hal.buffer_view", context())


def host_call(
    position: int,
    operands: Sequence[Value],
    arguments: Sequence[Aval],
    results: Sequence[Aval],
    *,
    effect: bool,
) -> list[Value]:
    """Call the function at a position; ``arguments`` and ``results`` are the types with their signs."""
    attributes = _attributes(position, arguments, results, effect)
    if effect:
        attributes[EFFECT] = ir.UnitAttr.get(context())
    call = ir.Operation.create(
        "func.call",
        results=[_view()] * len(results),
        operands=list(map(_exported, operands)),
        attributes=attributes,
    )
    return [_imported(view, aval) for view, aval in zip(call.results, results, strict=True)]


def _attributes(
    position: int, arguments: Sequence[Aval], results: Sequence[Aval], effect: bool
) -> dict[str, ir.Attribute]:
    """Attributes of a call until its import has a name."""
    types = ([[str(a.dtype), list(a.shape)] for a in side] for side in (arguments, results))
    return {
        "callee": ir.FlatSymbolRefAttr.get(_MODULE, context()),
        _SITE: ir.StringAttr.get(json.dumps([position, *types, effect]), context()),
    }


def _exported(x: Value) -> Value:
    return ir.Operation.create(
        "hal.tensor.export",
        results=[_view()],
        operands=[x],
        attributes={"source_encoding": ir.TypeAttr.get(x.type)},
    ).result


def _imported(view: Value, aval: Aval) -> Value:
    kind = ir.RankedTensorType.get(aval.shape, emit.signless(aval.dtype))
    return ir.Operation.create(
        "hal.tensor.import",
        results=[kind],
        operands=[view],
        attributes={
            "target_encoding": ir.TypeAttr.get(kind),
            "operandSegmentSizes": ir.DenseI32ArrayAttr.get([1, 0, 0, 0]),
        },
    ).result


def declare_host_calls(module: ir.Module) -> None:
    """Name the imports that a lowered module calls, declare them, and list them in the reflection of its functions."""
    for function in functions(module).values():
        thread_token(body_of(function))
    calls: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        if op.name == "func.call" and _SITE in op.attributes:
            calls.append(op)
        return ir.WalkResult.ADVANCE

    module.operation.walk(visit)
    if not calls:
        return
    sites: dict[str, str] = {}
    for call in calls:
        site = ir.StringAttr(call.attributes[_SITE]).value
        if site not in sites:
            sites[site] = f"{_MODULE}.site{len(sites)}"
            _declare(module, sites[site], call)
        call.attributes["callee"] = ir.FlatSymbolRefAttr.get(sites[site], context())
        del call.attributes[_SITE]  # pyright: ignore[reportIndexIssue]
    listed = ir.DictAttr.get({REFLECTION: ir.StringAttr.get(f"[{', '.join(sites)}]", context())}, context())
    for function in definitions(module):
        function.attributes["iree.reflection"] = listed


def _declare(module: ir.Module, name: str, call: ir.Operation) -> None:
    kinds = [x.type for x in call.operands], [r.type for r in call.results]
    with ir.InsertionPoint(module.body), ir.Location.unknown(context()):
        func.FuncOp(name, kinds, visibility="private")
