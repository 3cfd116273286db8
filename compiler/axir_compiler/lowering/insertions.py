"""Keeps IREE from writing two tensors into one buffer.

``concatenate(a, b)`` and ``concatenate(a, c)`` are insertions into empty tensors, of which IREE finds the first ones
equal. Of two insertions into what an insertion gave, IREE drops the copy that one of them needs, and one result has
parts of the other. Here the others begin once more from the empty tensor, with something that IREE does not find
equal: what goes through a barrier. (A barrier behind the first insertion would not do: buffers go through it as they
are, so that of three results two would still be one.)
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
    """Let no two insertions go into the result of a third one."""
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
                op.operation.operands[1] = _once_more(op.operands[1])


def _once_more(inserted: ir.Value) -> ir.Value:
    """The result of the same insertions, in memory of its own."""
    source, into = list(inserted.owner.operands)[:2]
    if _is_insertion(into):
        into = _once_more(into)
    else:
        source = optimization_barrier(source)
    copy = inserted.owner.operation.clone()
    copy.operands[0], copy.operands[1] = source, into
    return copy.result


def _is_insertion(value: ir.Value) -> bool:
    return not isinstance(value.owner, ir.Block) and value.owner.operation.name == _INSERTION
