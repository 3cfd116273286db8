"""A repair of IREE's virtual machine code: memory that is given back although it belongs to somebody else.

A loop carries the buffer that it starts from until its first turn has made another one. IREE gives back what a loop
leaves once it is used no more, and forgets that this may be the buffer that it started from: an argument, which the
caller still has, or a constant that is computed once, when the program is loaded. After a loop of no turns neither can
be used: runs fail with "transient buffer has not been committed", or compute with other numbers. So buffers that may be
of another's are not given back; the last reference to those that are not frees them.
"""

from __future__ import annotations

from axir_compiler.mlir import ir

__all__ = ["keep_foreign_buffers"]

_DEALLOCATE, _BARRIER = "hal.device.queue.dealloca", "hal.device.queue.barrier"
# Operand of the first, and argument of its declaration, that the second does not have.
_BUFFER = 4
_BRANCHES = {"vm.br": 0, "vm.cond_br": 1}
"""Branches that pass on all operands from this one on: first those of the first successor."""


def keep_foreign_buffers(module: ir.Operation) -> int:
    """Let programs wait where they would give back a buffer of somebody else; gives the number of places.

    Args:
        module: what IREE's passes leave, in the dialect of its virtual machine; rewritten in place.
    """
    ops: list[ir.Operation] = []

    def visit(op: ir.Operation) -> ir.WalkResult:
        ops.append(op)
        return ir.WalkResult.ADVANCE

    module.walk(visit)
    deallocations = [op for op in ops if _callee(op) == f"@{_DEALLOCATE}"]
    foreign = _reached([x for op in ops for x in _foreign(op)], [e for op in ops for e in _passed_on(op)])
    found = [op for op in deallocations if op.operands[_BUFFER] in foreign]
    if found:
        _declare_barrier(ops)
    for op in found:
        _wait_instead(op)
    return len(found)


def _callee(op: ir.Operation) -> str:
    return str(op.attributes["callee"]) if "callee" in op.attributes else ""


def _foreign(op: ir.Operation) -> list[ir.Value]:
    """References that an op gets from elsewhere: from globals, arguments, and functions of the program itself."""
    if op.name == "vm.func":
        return list(op.regions[0].blocks[0].arguments) if len(op.regions[0].blocks) else []
    callee = _callee(op)
    own = callee.startswith("@") and not callee.startswith("@hal.")
    given = own or callee == "@hal.buffer_view.buffer" or op.name == "vm.global.load.ref"
    return list(op.results) if given else []


def _passed_on(op: ir.Operation) -> list[tuple[ir.Value, ir.Value]]:
    """Values and what an op or a branch makes the same buffer of."""
    if op.name in _BRANCHES:
        taken = [x for block in op.successors for x in block.arguments]
        return list(zip(list(op.operands)[_BRANCHES[op.name] :], taken, strict=True))
    if op.successors and not _callee(op):  # tables of branches: anything may go anywhere
        return [(x, y) for x in op.operands for block in op.successors for y in block.arguments]
    if _callee(op):
        return []
    return [(x, y) for x in op.operands for y in op.results]


def _reached(start: list[ir.Value], edges: list[tuple[ir.Value, ir.Value]]) -> set[ir.Value]:
    """All values that some go to."""
    further: dict[ir.Value, list[ir.Value]] = {}
    for source, target in edges:
        further.setdefault(source, []).append(target)
    found, left = set(start), list(start)
    while left:
        new = [x for x in further.get(left.pop(), ()) if x not in found]
        found.update(new)
        left += new
    return found


def _declare_barrier(ops: list[ir.Operation]) -> None:
    declared = {str(op.attributes["sym_name"]).strip('"'): op for op in ops if op.name == "vm.import"}
    if _BARRIER in declared:
        return
    model = declared[_DEALLOCATE]
    with ir.InsertionPoint(model), model.location:
        new = model.clone()
    kind = ir.FunctionType(ir.TypeAttr(model.attributes["function_type"]).value)
    inputs = [x for i, x in enumerate(kind.inputs) if i != _BUFFER]
    new.attributes["sym_name"] = ir.StringAttr.get(_BARRIER, model.context)
    new.attributes["function_type"] = ir.TypeAttr.get(ir.FunctionType.get(inputs, [], model.context))
    marks = [x for i, x in enumerate(ir.ArrayAttr(model.attributes["arg_attrs"])) if i != _BUFFER]
    new.attributes["arg_attrs"] = ir.ArrayAttr.get(marks, model.context)


def _wait_instead(op: ir.Operation) -> None:
    device, affinity, wait, signal = list(op.operands)[:_BUFFER]
    with ir.InsertionPoint(op), op.location:
        flags = ir.Operation.create("vm.const.i64.zero", results=[ir.IntegerType.get_signless(64)]).result
        ir.Operation.create(
            "vm.call",
            operands=[device, affinity, wait, signal, flags],
            attributes={"callee": ir.FlatSymbolRefAttr.get(_BARRIER)},
        )
    op.erase()
