"""Forward differentiation, and its split into a forward part and a linear part.

``jvp`` copies a function op by op; behind each op with a tangent it appends the op's jvp rule.
``linearize`` does the same, then cuts the result in two: what depends on tangents becomes a function of
its own, linear in them, and the values that it needs from the other part are handed over as residuals.
Calls stay calls: a callee is differentiated once for each set of arguments that carry tangents.
Tangents that are zero are not represented at all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from axir_compiler import ops
from axir_compiler.ir.module import (
    FunctionBuilder,
    body_of,
    call,
    copy_op,
    finish_function,
    is_jit,
    lookup,
    return_op,
)
from axir_compiler.ir.op import AxirOp, listed
from axir_compiler.ir.places import NamesPlace
from axir_compiler.ir.region import HigherOrderOp
from axir_compiler.ir.types import aval_of, is_inexact
from axir_compiler.mlir import func, ir
from axir_compiler.passes.dce import eliminate_dead_code
from axir_compiler.transforms.known import LinearOp, separate_known

__all__ = ["Differentiated", "Linearized", "Linearizer"]

Value = ir.Value
Wrt = tuple[int, ...]


class Differentiated(NamedTuple):
    """``symbol(args, tangents of wrt) -> (results, tangents of the results listed in nonzero)``."""

    symbol: str
    nonzero: tuple[int, ...]


class Linearized(NamedTuple):
    """``forward(args) -> (results, residuals)`` and ``linear(residuals, tangents of wrt) -> tangents of nonzero``."""

    forward: str
    linear: str
    residuals: int
    nonzero: tuple[int, ...]


class Linearizer:
    """Differentiates the functions of one module, each once for each set of active arguments."""

    def __init__(self, module: ir.Module):
        self.module = module
        self.expand: Callable[[str], None] = lambda symbol: None
        """Expands the transformation ops of a function that comes up on the way."""
        self._jvps: dict[tuple[str, Wrt], Differentiated] = {}
        self._linearized: dict[tuple[str, Wrt], Linearized] = {}

    def jvp(self, symbol: str, wrt: Wrt) -> Differentiated:
        """Forward derivative of a function with respect to the arguments ``wrt``."""
        found = self._jvps.get((symbol, wrt))
        if found is None:
            _, nonzero, name = self._walk(symbol, wrt, "jvp", linear=False)
            found = self._jvps[symbol, wrt] = Differentiated(name, nonzero)
        return found

    def linearize(self, symbol: str, wrt: Wrt) -> Linearized:
        """Forward part and linear part of a function with respect to the arguments ``wrt``."""
        found = self._linearized.get((symbol, wrt))
        if found is None:
            builder, nonzero, name = self._walk(symbol, wrt, "forward", linear=True)
            linear, residuals = self._split(builder.op, len(wrt), len(nonzero), f"{symbol}_linear")
            found = self._linearized[symbol, wrt] = Linearized(name, linear, residuals, nonzero)
        return found

    def _walk(
        self, symbol: str, wrt: Wrt, suffix: str, linear: bool
    ) -> tuple[FunctionBuilder, tuple[int, ...], str]:
        function = lookup(self.module, symbol)
        arguments = body_of(function).arguments
        inputs = [a.type for a in arguments]
        inputs += [inputs[i] for i in wrt]
        builder = FunctionBuilder(self.module, f"{symbol}_{suffix}", inputs, jit=is_jit(function))
        values = dict(zip(arguments, builder.arguments, strict=False))
        tangents: dict[Value, Value] = {
            arguments[i]: t for i, t in zip(wrt, builder.arguments[len(arguments) :], strict=True)
        }
        with builder:
            results = self._differentiate_body(function, values, tangents, linear)
        nonzero = tuple(i for i, r in enumerate(results) if r in tangents)
        builder.finish([*(values[r] for r in results), *(tangents[results[i]] for i in nonzero)])
        return builder, nonzero, builder.name

    def _differentiate_body(
        self,
        function: func.FuncOp,
        values: dict[Value, Value],
        tangents: dict[Value, Value],
        linear: bool,
    ) -> list[Value]:
        """Copy ops and append their jvp rules; fills both maps, gives the old results."""
        differentiate_call = self._call_linearized if linear else self._call_jvp
        for op in body_of(function).operations:
            if isinstance(op, func.ReturnOp):
                return list(op.operands)
            active = list(map(tangents.get, listed(op.operands)))
            with op.location, NamesPlace(op):
                if not any(t is not None for t in active):
                    copy_op(op, values)
                elif isinstance(op, func.CallOp):
                    found = differentiate_call(op, values, active)
                    tangents.update({r: t for r, t in zip(op.results, found, strict=True) if t is not None})
                elif isinstance(op, HigherOrderOp):
                    rule = op.linearize_with if linear else op.jvp_with
                    results, found = rule(self, [values[x] for x in op.operands], active)
                    values.update(zip(op.results, results, strict=True))
                    tangents.update({r: t for r, t in zip(op.results, found, strict=True) if t is not None})
                else:
                    new = copy_op(op, values).opview
                    assert isinstance(new, AxirOp)
                    if any(is_inexact(aval_of(r).dtype) for r in op.results):
                        found = new.jvp(*active)
                        pairs = zip(op.results, found if isinstance(found, tuple) else (found,), strict=True)
                        tangents.update({r: t for r, t in pairs if t is not None})
        raise AssertionError("a function ends in a return")

    def _call_jvp(
        self, op: func.CallOp, values: dict[Value, Value], active: Sequence[Value | None]
    ) -> list[Value | None]:
        wrt = tuple(i for i, t in enumerate(active) if t is not None)
        rule = self.jvp(op.callee.value, wrt)
        old = listed(op.results)
        kinds = [r.type for r in old]
        operands = [*(values[x] for x in op.operands), *(t for t in active if t is not None)]
        new = call(rule.symbol, operands, kinds + [kinds[i] for i in rule.nonzero])
        values.update(zip(old, new, strict=False))
        return ops.spread(new[len(old) :], rule.nonzero, len(old))

    def _call_linearized(
        self, op: func.CallOp, values: dict[Value, Value], active: Sequence[Value | None]
    ) -> list[Value | None]:
        wrt = tuple(i for i, t in enumerate(active) if t is not None)
        rule = self.linearize(op.callee.value, wrt)
        old = listed(op.results)
        kinds = list(lookup(self.module, rule.forward).type.results)
        new = call(rule.forward, [values[x] for x in op.operands], kinds)
        values.update(zip(old, new, strict=False))
        operands = [*new[len(old) :], *(t for t in active if t is not None)]
        found = call(rule.linear, operands, [old[i].type for i in rule.nonzero])
        return ops.spread(found, rule.nonzero, len(old))

    def _split(self, function: func.FuncOp, tangents: int, outputs: int, name: str) -> tuple[str, int]:
        """Move what depends on the last ``tangents`` arguments into a function of its own."""
        block = body_of(function)
        arguments = list(block.arguments)
        seeds = arguments[len(arguments) - tangents :]
        linear, linear_ops = separate_known(self.module, block, seeds)
        terminator = return_op(function)
        returned = list(terminator.operands)
        primal, tangent = returned[: len(returned) - outputs], returned[len(returned) - outputs :]
        terminator.operation.erase()
        moved = _live(linear_ops, tangent)
        residuals = _residuals([x for one in moved for x in one.operands] + tangent, linear)

        inputs = [r.type for r in residuals] + [s.type for s in seeds]
        builder = FunctionBuilder(self.module, name, inputs, jit=is_jit(function))
        mapping = dict(zip([*residuals, *seeds], builder.arguments, strict=True))
        with builder, ir.Location.unknown():
            for op, operands, _ in moved:
                _rematerialize([x for x in operands if x not in linear], mapping)
                builder.block.append(op.operation)
                for i, x in enumerate(operands):
                    if x in mapping:
                        op.operands[i] = mapping[x]
            _rematerialize([t for t in tangent if t not in linear], mapping)
        returned = [mapping.get(t) or t for t in tangent]
        builder.finish(returned)

        for index in reversed(range(len(arguments) - tangents, len(arguments))):
            block.erase_argument(index)
        finish_function(function, [*primal, *residuals])
        eliminate_dead_code(function)
        return builder.name, len(residuals)


_CHEAP = ("axir.constant", "axir.iota")


def _recipe(value: Value) -> ir.OpView | None:
    """The op to repeat in the linear part instead of handing its result over, if that is cheap."""
    owner = value.owner
    if isinstance(owner, ir.Block):
        return None
    op = owner if isinstance(owner, ir.OpView) else owner.opview
    if op.OPERATION_NAME in _CHEAP:
        return op
    broadcast = op.OPERATION_NAME == "axir.broadcast_in_dim"
    return op if broadcast and _recipe(op.operands[0]) is not None else None


def _live(ops: Sequence[LinearOp], results: Sequence[Value]) -> list[LinearOp]:
    """The ops that ``results`` need, in order; the others are erased."""
    needed = set(results)
    found = []
    for one in reversed(ops):
        if needed.isdisjoint(one.results):
            one.op.operation.erase()
        else:
            needed.update(one.operands)
            found.append(one)
    return found[::-1]


def _residuals(used: Sequence[Value], linear: set[Value]) -> list[Value]:
    """Values from outside the linear part among those that it uses, each once."""
    return [x for x in dict.fromkeys(used) if x not in linear and _recipe(x) is None]


def _rematerialize(values: Sequence[Value] | ir.OpOperandList, mapping: dict[Value, Value]) -> None:
    """Repeat the cheap ops that define ``values`` where they are not there yet."""
    for value in values:
        if value not in mapping:
            op = _recipe(value)
            assert op is not None
            _rematerialize(op.operands, mapping)
            copy_op(op, mapping)
