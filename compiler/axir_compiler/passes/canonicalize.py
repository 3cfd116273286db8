"""Local simplifications, applied by MLIR's greedy pattern driver until none matches.

Each rule takes an op and gives what replaces its result: a value, or a function that builds it, or ``None`` if
the rule does not match. No rule changes a number: ``x + 0`` stays, since it turns -0 into 0, and so does a product
with a complex 1.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.types import aval_of, is_inexact
from axir_compiler.mlir import context, ir, rewrite
from axir_compiler.ops.contract import DotGeneralOp
from axir_compiler.ops.elementwise_binary import AddOp, DivOp, MulOp, SelectOp, SubOp
from axir_compiler.ops.elementwise_unary import ConvertOp, IntegerPowOp, NegOp, NotOp
from axir_compiler.ops.reduce import (
    ReduceAndOp,
    ReduceMaxOp,
    ReduceMinOp,
    ReduceOrOp,
    ReduceProdOp,
    ReduceSumOp,
    Reduction,
)
from axir_compiler.ops.shape import (
    BroadcastInDimOp,
    ConcatenateOp,
    PadOp,
    ReshapeOp,
    ReverseOp,
    SliceOp,
    TransposeOp,
    splat_of,
)
from axir_compiler.passes.base import Pass

__all__ = ["CanonicalizePass"]

Value = ir.Value
Replacement = Value | Callable[[], Value] | None
Rule = Callable[[Any], Replacement]


def _defined_by(value: Value, kind: type) -> Any:
    owner = value.owner
    return owner if isinstance(owner, kind) else None


def _is_negative_zero(value: Any) -> bool:
    """Whether a number, or both parts of a complex one, is -0."""
    parts = (value.real, value.imag) if np.iscomplexobj(value) else (value,)
    return all(part == 0 and np.signbit(part) for part in parts)


def _add_nothing(op: AddOp) -> Replacement:
    exact = _is_negative_zero if is_inexact(aval_of(op.result).dtype) else (lambda v: v == 0)
    for x, other in ((op.lhs, op.rhs), (op.rhs, op.lhs)):
        value = splat_of(other)
        if value is not None and exact(value):
            return x
    return None


def _subtract_nothing(op: SubOp) -> Replacement:
    value = splat_of(op.rhs)
    return op.lhs if value is not None and value == 0 and not (_negative(value)) else None


def _negative(value: Any) -> bool:
    return bool(np.signbit(np.float64(value.real)) or np.signbit(np.float64(value.imag)))


def _multiply_by_one(op: MulOp) -> Replacement:
    for x, other in ((op.lhs, op.rhs), (op.rhs, op.lhs)):
        value = splat_of(other)
        if value is not None and value == 1 and not np.iscomplexobj(value):
            return x
    return None


def _divide_by_one(op: DivOp) -> Replacement:
    value = splat_of(op.rhs)
    return op.lhs if value is not None and value == 1 and not np.iscomplexobj(value) else None


def _twice(op: Any) -> Replacement:
    inner = _defined_by(op.operand, type(op))
    return inner.operand if inner else None


def _same_type(op: Any) -> Replacement:
    return op.operand if op.operand.type == op.result.type else None


def _reshape(op: ReshapeOp) -> Replacement:
    if same := _same_type(op):
        return same
    inner = _defined_by(op.operand, ReshapeOp)
    return (lambda: ops.reshape(inner.operand, shape=op.shape)) if inner else None


def _transpose(op: TransposeOp) -> Replacement:
    if op.permutation == tuple(range(len(op.permutation))):
        return op.operand
    inner = _defined_by(op.operand, TransposeOp)
    if inner is None:
        return None
    permutation = tuple(inner.permutation[p] for p in op.permutation)
    return lambda: ops.transpose(inner.operand, permutation=permutation)


def _broadcast(op: BroadcastInDimOp) -> Replacement:
    if same := _same_type(op):
        return same
    inner = _defined_by(op.operand, BroadcastInDimOp)
    if inner is None:
        return None
    dimensions = tuple(op.dimensions[d] for d in inner.dimensions)
    return lambda: ops.broadcast_in_dim(inner.operand, shape=op.shape, dimensions=dimensions)


def _reverse(op: ReverseOp) -> Replacement:
    moving = tuple(d for d in op.dimensions if aval_of(op.operand).shape[d] > 1)
    if not moving:
        return op.operand
    return (lambda: ops.reverse(op.operand, dimensions=moving)) if moving != op.dimensions else None


def _pad(op: PadOp) -> Replacement:
    return op.operand if not any((*op.low, *op.high, *op.interior)) else None


def _concatenate(op: ConcatenateOp) -> Replacement:
    full = [x for x in op.operands if aval_of(x).shape[op.dimension]]
    if len(full) == 1:
        return full[0]
    if not 0 < len(full) < len(op.operands):
        return None
    return lambda: ops.concatenate(*full, dimension=op.dimension)


def _reduce_nothing(op: Reduction) -> Replacement:
    if not op.axes:
        return op.operand
    return None


def _select(op: SelectOp) -> Replacement:
    chosen = splat_of(op.predicate)
    if chosen is not None:
        return op.on_true if chosen else op.on_false
    return op.on_true if op.on_true == op.on_false else None


def _integer_pow(op: IntegerPowOp) -> Replacement:
    if op.exponent == 1:
        return op.operand
    return (lambda: ops.square(op.operand)) if op.exponent == 2 else None


def _fold_transpose_into_dot(op: DotGeneralOp) -> Replacement:
    """Contract the axes of the untransposed operand, where the free axes keep their order."""
    x, y = _defined_by(op.lhs, TransposeOp), _defined_by(op.rhs, TransposeOp)
    changes: dict[str, Any] = {}
    operands = [op.lhs, op.rhs]
    for i, (side, inner) in enumerate((("lhs", x), ("rhs", y))):
        if inner is None:
            continue
        used = (*getattr(op, f"{side}_contract"), *getattr(op, f"{side}_batch"))
        free = [inner.permutation[d] for d in range(len(inner.permutation)) if d not in used]
        if free == sorted(free):
            operands[i] = inner.operand
            for kind in ("contract", "batch"):
                axes = getattr(op, f"{side}_{kind}")
                changes[f"{side}_{kind}"] = tuple(inner.permutation[d] for d in axes)
    return (lambda: op.rebuild(*operands, **changes)) if changes else None


RULES: tuple[tuple[type, Rule], ...] = (
    (AddOp, _add_nothing),
    (SubOp, _subtract_nothing),
    (MulOp, _multiply_by_one),
    (DivOp, _divide_by_one),
    (NegOp, _twice),
    (NotOp, _twice),
    (ConvertOp, _same_type),
    (ReshapeOp, _reshape),
    (TransposeOp, _transpose),
    (BroadcastInDimOp, _broadcast),
    (ReverseOp, _reverse),
    (SliceOp, _same_type),
    (PadOp, _pad),
    (ConcatenateOp, _concatenate),
    (SelectOp, _select),
    (IntegerPowOp, _integer_pow),
    (DotGeneralOp, _fold_transpose_into_dot),
    *(
        (kind, _reduce_nothing)
        for kind in (ReduceSumOp, ReduceProdOp, ReduceMaxOp, ReduceMinOp, ReduceAndOp, ReduceOrOp)
    ),
)


def _pattern(rule: Rule) -> Callable[[Any, Any], bool]:
    """A pattern callback: true means that the rule did not match."""

    def apply(op: Any, rewriter: Any) -> bool:
        new = rule(op)
        if new is None:
            return True
        if not isinstance(new, Value):
            with rewriter.ip, op.location:
                new = new()
        rewriter.replace_op(op, [new])
        return False

    return apply


@functools.cache
def _patterns() -> rewrite.FrozenRewritePatternSet:
    patterns = rewrite.RewritePatternSet(context())
    for kind, rule in RULES:
        patterns.add(kind, _pattern(rule))
    return patterns.freeze()


@dataclass(frozen=True)
class CanonicalizePass(Pass):
    """Apply local simplifications until none is left: neutral elements, double transposes, empty pads.

    Derivative and batching rules are written for clarity and produce such ops; what is left is smaller
    and easier to read and to fuse.
    """

    name: ClassVar[str] = "canonicalize"

    def run(self, module: ir.Module) -> None:
        rewrite.apply_patterns_and_fold_greedily(module, _patterns())
