"""Several programs in one module, with the arrays that they share as parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from axir_compiler.errors import CompileError
from axir_compiler.ir.host_functions import HostFunction, host_object
from axir_compiler.ir.module import definitions, functions, new_module, walk
from axir_compiler.ir.places import place_of
from axir_compiler.mlir import context, func, ir
from axir_compiler.ops.callback import CallbackOp

__all__ = ["Member", "check_no_callbacks", "make_library"]


class Member(NamedTuple):
    """One function of a library.

    ``module`` holds it alone, lowered to linalg; ``parameters`` are the keys of the arrays that its last arguments
    (but for storage of results) stand for.
    """

    name: str
    module: ir.Module
    parameters: tuple[str, ...]


def check_no_callbacks(name: str, module: ir.Module) -> None:
    """Refuse a program that calls Python functions, which are not there when it runs elsewhere.

    Raises:
        CompileError: names the first such call and the user's line.
    """
    for function in functions(module).values():
        for op in walk(function):
            if isinstance(op, CallbackOp):
                what = host_object(op.function, HostFunction).title or "a Python function"
                place = place_of(op)
                raise CompileError(
                    f"export: {name} calls {what} on the machine that runs it, where there will be no Python. Leave it "
                    f"out of the exported function.{f' At {place}' if place else ''}"
                )


def make_library(name: str, members: Sequence[Member]) -> ir.Module:
    """A linalg-level module with one exported function for each member.

    Arrays that are parameters become globals, which IREE reads from an archive of scope ``name`` when the module is
    loaded; those of one key are one.
    """
    library = new_module()
    library.operation.attributes["sym_name"] = ir.StringAttr.get(name, context())
    declared: dict[str, str] = {}
    with ir.Location.unknown(context()):
        for member in members:
            (main,) = definitions(member.module)
            main.attributes["sym_name"] = ir.StringAttr.get(member.name)
            _bind_parameters(main, member.parameters, name, library, declared)
            main.operation.clone(ip=ir.InsertionPoint(library.body))
    return library


def _bind_parameters(
    function: func.FuncOp, keys: Sequence[str], scope: str, library: ir.Module, declared: dict[str, str]
) -> None:
    """Let a function read its last arguments (but for storage of results) from globals."""
    if not keys:
        return
    block = function.regions[0].blocks[0]
    marks = [_mark(function, i) for i in range(len(block.arguments))]
    stored = sum("iree.abi.output" in mark for mark in marks)
    first = len(block.arguments) - stored - len(keys)
    for number, key in reversed(list(enumerate(keys, first))):
        argument = block.arguments[number]
        if len(list(argument.uses)):
            symbol = _declare(library, declared, scope, key, argument.type)
            load = _load(symbol, argument.type, ir.InsertionPoint.at_block_begin(block))
            argument.replace_all_uses_with(load)
        block.erase_argument(number)
        del marks[number]
    kind = ir.FunctionType.get([a.type for a in block.arguments], function.type.results)
    function.attributes["function_type"] = ir.TypeAttr.get(kind)
    if marks:
        function.arg_attrs = ir.ArrayAttr.get([ir.DictAttr.get(mark) for mark in marks])
    elif "arg_attrs" in function.attributes:
        del function.attributes["arg_attrs"]


def _mark(function: func.FuncOp, number: int) -> Mapping[str, ir.Attribute]:
    """The attributes of an argument."""
    if "arg_attrs" not in function.attributes:
        return {}
    found = ir.DictAttr(function.arg_attrs[number])
    return {found[i].name: found[i].attr for i in range(len(found))}


def _declare(library: ir.Module, declared: dict[str, str], scope: str, key: str, kind: ir.Type) -> str:
    """The symbol of the global of a key, declared at its first use."""
    symbol = declared.get(key)
    if symbol is None:
        symbol = declared[key] = f"__parameter_{len(declared)}"
        value = ir.Attribute.parse(f'#flow.parameter.named<"{scope}"::"{key}"> : {kind}')
        attributes = {
            "sym_name": ir.StringAttr.get(symbol),
            "sym_visibility": ir.StringAttr.get("private"),
            "type": ir.TypeAttr.get(kind),
            "initial_value": value,
        }
        place = ir.InsertionPoint.at_block_begin(library.body)
        ir.Operation.create("util.global", attributes=attributes, ip=place)
    return symbol


def _load(symbol: str, kind: ir.Type, place: ir.InsertionPoint) -> ir.Value:
    name = ir.FlatSymbolRefAttr.get(symbol)
    return ir.Operation.create(
        "util.global.load", results=[kind], attributes={"global": name}, ip=place
    ).result
