"""Whether two programs are the same but for names, locations and the order of ops that do not depend on each other."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection
from typing import Any

from axir_compiler.ir.module import callees_of, functions
from axir_compiler.mlir import func, ir

__all__ = ["op_counts", "structure_of"]

_IGNORED = {"sym_name", "sym_visibility", "axir.jit"}


def structure_of(module: ir.Module) -> dict[str, str]:
    """A hash of each function of a module; functions that it calls count, not the names they have."""
    return _Hasher(module).functions()


def op_counts(function: func.FuncOp) -> Counter[str]:
    """How many ops of each name a function holds, those in regions too."""
    found: Counter[str] = Counter()

    def visit(op: ir.Operation) -> ir.WalkResult:
        found[op.name.removeprefix("axir.")] += 1
        return ir.WalkResult.ADVANCE

    for region in function.operation.regions:
        for block in region.blocks:
            for op in block.operations:
                op.operation.walk(visit)
    return found


def _digest(*parts: Any) -> str:
    return hashlib.sha256("\0".join(map(str, parts)).encode()).hexdigest()


class _Hasher:
    def __init__(self, module: ir.Module):
        self._table = functions(module)
        self._found: dict[str, str] = {}

    def functions(self) -> dict[str, str]:
        return {name: self._function(name) for name in self._table}

    def _function(self, name: str) -> str:
        if name not in self._found:
            self._found[name] = "recursive"
            op = self._table[name].operation
            self._found[name] = _digest(self._attributes(op), *(self._region(r, {}) for r in op.regions))
        return self._found[name]

    def _region(self, region: ir.Region, outer: dict[ir.Value, str]) -> str:
        values = dict(outer)
        blocks = list(region.blocks)
        for number, block in enumerate(blocks):
            for i, argument in enumerate(block.arguments):
                values[argument] = _digest("argument", len(outer), number, i, argument.type)
        numbers = {block: i for i, block in enumerate(blocks)}
        return _digest(*(self._block(block, values, numbers) for block in blocks))

    def _block(self, block: ir.Block, values: dict[ir.Value, str], numbers: dict[ir.Block, int]) -> str:
        """The ops of a block in any order; each knows what its operands are, so that order is theirs to say."""
        found = []
        for op in block.operations:
            own = self._op(op, values, numbers)
            found.append(own)
            for i, result in enumerate(op.operation.results):
                values[result] = _digest(own, i)
        return _digest(*sorted(found))

    def _op(self, op: Any, values: dict[ir.Value, str], numbers: dict[ir.Block, int]) -> str:
        operation = op.operation
        operands = [values.get(x, "unknown") for x in operation.operands]
        types = [str(r.type) for r in operation.results]
        successors = [numbers.get(b, -1) for b in operation.successors]
        regions = [self._region(r, values) for r in operation.regions]
        callees = [self._function(s) if s in self._table else s for s in callees_of(op).values()]
        attributes = self._attributes(operation, skip=set(callees_of(op)))
        return _digest(operation.name, attributes, types, operands, successors, regions, callees)

    @staticmethod
    def _attributes(op: ir.Operation, skip: Collection[str] = ()) -> list[str]:
        names = sorted(set(dict(op.attributes.items())) - _IGNORED - {*skip})
        return [f"{name}={op.attributes[name]}" for name in names]
