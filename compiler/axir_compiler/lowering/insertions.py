"""Keeps IREE from writing two tensors into one buffer.

``concatenate(a, b)`` and ``concatenate(a, c)`` are insertions into empty tensors, of which IREE finds the first ones
equal. Of two insertions into what an insertion gave, IREE drops the copy that one of them needs, and one result has
parts of the other. Here the second one gets a barrier in front, which keeps the copy.
"""

from __future__ import annotations

from typing import Any

from axir_compiler.lowering.generic import optimization_barrier
from axir_compiler.mlir import ir

__all__ = ["separate_insertions"]

_INSERTION = "tensor.insert_slice"
# What IREE finds equal without looking into regions.
_PLAIN = frozenset(
    (
        "arith.constant",
        _INSERTION,
        "tensor.collapse_shape",
        "tensor.empty",
        "tensor.expand_shape",
        "tensor.extract_slice",
    )
)


def separate_insertions(block: ir.Block) -> None:
    """Put a barrier between an insertion and all but the first of the insertions into its result."""
    numbers: dict[Any, int] = {}
    number_of: dict[ir.Value, int] = {}
    inserted: set[int] = set()
    first: dict[int, int] = {}

    def number(value: ir.Value) -> int:
        if value not in number_of:
            number_of[value] = numbers.setdefault(("value", value), len(numbers))
        return number_of[value]

    for op in list(block.operations):
        if op.operation.name not in _PLAIN or len(op.results) != 1:
            continue
        attributes = tuple((name, str(value)) for name, value in op.operation.attributes.items())
        key = (op.operation.name, attributes, str(op.results[0].type))
        found = numbers.setdefault((*key, *(number(x) for x in op.operands)), len(numbers))
        number_of[op.results[0]] = found
        if op.operation.name != _INSERTION:
            continue
        inserted.add(found)
        into = number(op.operands[1])
        if into in inserted and first.setdefault(into, found) != found:
            with ir.InsertionPoint(op), op.location:
                op.operation.operands[1] = optimization_barrier(op.operands[1])
