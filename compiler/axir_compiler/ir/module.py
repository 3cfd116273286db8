"""Functions, symbols and copying of ops: the plumbing that rewrites of whole functions share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from axir_compiler.errors import VerificationError
from axir_compiler.ir.op import YieldOp, listed
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.mlir import context, func, ir

__all__ = [
    "JIT",
    "FunctionBuilder",
    "adopt_block",
    "attributes_of",
    "blocks_of",
    "body_of",
    "call",
    "callees_of",
    "copy_function",
    "copy_functions",
    "copy_module",
    "copy_op",
    "definitions",
    "functions",
    "is_jit",
    "is_private",
    "is_terminator",
    "lookup",
    "new_module",
    "parse_module",
    "position_of",
    "rename_callees",
    "return_op",
    "set_type",
    "signature",
    "terminator_of",
    "unique_name",
    "walk",
]

JIT = "axir.jit"
"""Marks a function that was traced for ``jit``: a call of it from an evaluated program runs compiled."""


def new_module() -> ir.Module:
    """An empty module in axir's context."""
    with ir.Location.unknown(context()):
        return ir.Module.create()


def parse_module(text: str, name: str = "<text>") -> ir.Module:
    """Parse MLIR text.

    Raises:
        VerificationError: the text is not valid MLIR; the message says where.
    """
    import axir_compiler.dialects.axir  # noqa: F401  (registers the ops)

    try:
        return ir.Module.parse(text, context())
    except ir.MLIRError as error:
        first = error.error_diagnostics[0]
        raise VerificationError(
            f"{name}: {first.message} at {first.location}.", position=position_of(first.location)
        ) from None


def position_of(location: Any) -> tuple[int, int] | None:
    """Line and column of an op in the text that its module was parsed from, if no other location is given there."""
    # The location of a diagnostic has no attributes, only a text.
    found = re.fullmatch(r'loc\("-":(\d+):(\d+)\)', str(location))
    return (int(found[1]), int(found[2])) if found else None


def copy_module(module: ir.Module) -> ir.Module:
    """A module with copies of all functions."""
    result = new_module()
    for function in functions(module).values():
        function.operation.clone(ip=ir.InsertionPoint(result.body))
    return result


def functions(module: ir.Module) -> dict[str, func.FuncOp]:
    """The functions of a module by symbol, in order."""
    return {op.sym_name.value: op for op in module.body.operations if isinstance(op, func.FuncOp)}


def definitions(module: ir.Module) -> list[func.FuncOp]:
    """The functions of a lowered module that have a body; the others are provided by the runtime."""
    return [f for f in functions(module).values() if len(f.regions[0].blocks)]


def lookup(module: ir.Module, symbol: str) -> func.FuncOp:
    """The function of a symbol.

    Raises:
        VerificationError: there is none.
    """
    table = ir.SymbolTable(module.operation)
    if symbol not in table:
        raise VerificationError(f"module: there is no function @{symbol}.")
    found = table[symbol]
    assert isinstance(found, func.FuncOp)
    return found


def unique_name(module: ir.Module, wanted: str) -> str:
    """``wanted``, numbered if the module has such a symbol."""
    table = ir.SymbolTable(module.operation)
    name, number = wanted, 0
    while name in table:
        number += 1
        name = f"{wanted}_{number}"
    return name


def body_of(function: func.FuncOp) -> ir.Block:
    """The one block of a function."""
    return function.regions[0].blocks[0]


def blocks_of(function: func.FuncOp) -> list[ir.Block]:
    """The block of a function and those of all regions in it, outer ones first."""
    found = [body_of(function)]
    for block in found:
        for op in block.operations:
            if getattr(op, "has_regions", False):
                found.extend(region.blocks[0] for region in op.regions)
    return found


def walk(function: func.FuncOp) -> Iterator[ir.OpView]:
    """The ops of a function, those of regions in it too."""
    for block in blocks_of(function):
        yield from block.operations


def is_terminator(op: ir.OpView) -> bool:
    """Whether an op ends the block of a function or a region."""
    return isinstance(op, func.ReturnOp | YieldOp)


def terminator_of(block: ir.Block) -> ir.OpView:
    """What a block ends with; its operands are the results of the function or region."""
    return block.operations[len(block.operations) - 1]


def return_op(function: func.FuncOp) -> ir.OpView:
    """The terminator of a function."""
    return terminator_of(body_of(function))


def signature(function: func.FuncOp) -> tuple[tuple[Aval, ...], tuple[Aval, ...]]:
    """Argument and result types."""
    kind = function.type
    return tuple(map(aval_of, kind.inputs)), tuple(map(aval_of, kind.results))


def is_jit(function: func.FuncOp) -> bool:
    """Whether the function was traced for ``jit``, or derives from one that was."""
    return JIT in function.attributes


def is_private(function: func.FuncOp) -> bool:
    """Whether only this module can call the function."""
    visibility = function.sym_visibility
    return visibility is not None and visibility.value == "private"


def callees_of(op: ir.OpView) -> dict[str, str]:
    """The symbols of functions that an op names, by attribute."""
    if isinstance(op, func.CallOp):
        return {"callee": op.callee.value}
    return {name: getattr(op, name) for name in getattr(op, "symbol_names", ())}


def rename_callees(op: ir.OpView, names: dict[str, str]) -> None:
    """Let an op name other functions: ``names`` gives the new symbol of each."""
    for attribute, symbol in callees_of(op).items():
        op.attributes[attribute] = ir.FlatSymbolRefAttr.get(names[symbol], context())


def call(symbol: str, operands: Sequence[ir.Value], results: Iterable[ir.Type]) -> list[ir.Value]:
    """Append a call at the current insertion point."""
    op = ir.Operation.create(
        "func.call",
        results=list(results),
        operands=operands,
        attributes={"callee": ir.FlatSymbolRefAttr.get(symbol, context())},
    )
    return listed(op.results)


def attributes_of(op: ir.OpView | ir.Operation) -> dict[str, ir.Attribute] | None:
    """Attributes of an op in the form that creating one takes."""
    attributes = op.attributes
    if not len(attributes):
        return None
    return dict(attributes.items())


def copy_op(op: ir.OpView, mapping: dict[ir.Value, ir.Value]) -> ir.Operation:
    """Append a copy of an op, operands and results going through ``mapping``.

    (A clone that is not in a block would be destroyed after the operands that it uses, which corrupts
    memory when the process ends; this one is created in place.)
    """
    old = listed(op.results)
    if getattr(op, "has_regions", False):
        new = op.operation.clone(ip=ir.InsertionPoint.current)
        for i, x in enumerate(op.operands):
            new.operands[i] = mapping[x]
        mapping.update(zip(old, new.results, strict=True))
        return new
    new = ir.Operation.create(
        op.OPERATION_NAME,
        results=[r.type for r in old],
        operands=[mapping[x] for x in listed(op.operands)],
        attributes=attributes_of(op),
    )
    mapping.update(zip(old, listed(new.results), strict=True))
    return new


def copy_function(module: ir.Module, symbol: str, name: str) -> func.FuncOp:
    """A private copy of a function at the end of its module, under ``name`` or that with a number."""
    free = unique_name(module, name)
    copy = lookup(module, symbol).operation.clone(ip=ir.InsertionPoint(module.body))
    with context():
        copy.attributes["sym_name"] = ir.StringAttr.get(free)
        copy.attributes["sym_visibility"] = ir.StringAttr.get("private")
    for attribute in ("arg_attrs", "res_attrs"):
        if attribute in copy.attributes:
            del copy.attributes[attribute]
    found = copy.opview
    assert isinstance(found, func.FuncOp)
    return found


def copy_functions(source: ir.Module, target: ir.Module, symbol: str) -> str:
    """Copy a function and all that it calls under names that are free; gives the new name of ``symbol``."""
    table = functions(source)
    reached = [symbol]
    for name in reached:
        callees = {symbol for op in walk(table[name]) for symbol in callees_of(op).values()}
        reached.extend(sorted(callees - {*reached}))
    names: dict[str, str] = {}
    copies = []
    with context():
        for name in reached:
            names[name] = unique_name(target, name)
            copy = table[name].operation.clone(ip=ir.InsertionPoint(target.body))
            copy.attributes["sym_name"] = ir.StringAttr.get(names[name])
            copy.attributes["sym_visibility"] = ir.StringAttr.get("private")
            copies.append(copy)
        for copy in copies:
            for op in walk(copy):
                rename_callees(op, names)
    return names[symbol]


class FunctionBuilder:
    """A private function under construction at the end of a module.

    Use it as a context manager: inside, new ops go to its body.
    """

    def __init__(self, module: ir.Module, name: str, inputs: Sequence[ir.Type], *, jit: bool = False):
        self.name = unique_name(module, name)
        with ir.InsertionPoint(module.body), ir.Location.unknown(context()):
            self.op = func.FuncOp(self.name, (list(inputs), []), visibility="private")
            if jit:
                self.op.attributes[JIT] = ir.UnitAttr.get()
            self.block = self.op.add_entry_block()
        self._ip = ir.InsertionPoint(self.block)

    @property
    def arguments(self) -> list[ir.Value]:
        return list(self.block.arguments)

    def __enter__(self) -> FunctionBuilder:
        self._ip.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._ip.__exit__(*error)

    def finish(self, results: Sequence[ir.Value]) -> func.FuncOp:
        """Return ``results`` and fix the function's type."""
        finish_function(self.op, results)
        return self.op


def adopt_block(module: ir.Module, name: str, block: ir.Block) -> str:
    """Move the block of a region into a private function of its own; gives its symbol."""
    terminator = terminator_of(block)
    results = list(terminator.operands)
    terminator.operation.erase()
    symbol = unique_name(module, name)
    with ir.InsertionPoint(module.body), ir.Location.unknown(context()):
        function = func.FuncOp(symbol, ([a.type for a in block.arguments], []), visibility="private")
    block.append_to(function.regions[0])
    finish_function(function, results)
    return symbol


def finish_function(function: func.FuncOp, results: Sequence[ir.Value]) -> None:
    """Append the terminator and set the type from the block's arguments and the results."""
    block = body_of(function)
    with ir.InsertionPoint(block), ir.Location.unknown(context()):
        func.ReturnOp(list(results))
    set_type(function)


def set_type(function: func.FuncOp) -> None:
    """Set the type of a function from its block's arguments and results."""
    results = return_op(function).operands
    with context():
        kind = ir.FunctionType.get([a.type for a in body_of(function).arguments], [r.type for r in results])
        function.attributes["function_type"] = ir.TypeAttr.get(kind)
