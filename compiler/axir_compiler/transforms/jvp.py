"""Forward differentiation, and its split into a forward part and a linear part.

``jvp`` copies a function; behind each op with a tangent it appends the op's jvp rule.
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
    copy_function,
    copy_op,
    finish_function,
    is_jit,
    lookup,
)
from axir_compiler.ir.op import AxirOp, listed
from axir_compiler.ir.places import NamesPlace
from axir_compiler.ir.region import CALLING, HigherOrderOp
from axir_compiler.ir.types import INEXACT, aval_of
from axir_compiler.mlir import context, func, ir
from axir_compiler.passes.dce import eliminate_unused
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
            function, nonzero = self._walk(symbol, wrt, "jvp", linear=False)
            found = self._jvps[symbol, wrt] = Differentiated(function.sym_name.value, nonzero)
        return found

    def linearize(self, symbol: str, wrt: Wrt) -> Linearized:
        """Forward part and linear part of a function with respect to the arguments ``wrt``."""
        found = self._linearized.get((symbol, wrt))
        if found is None:
            function, nonzero = self._walk(symbol, wrt, "forward", linear=True)
            linear, residuals = self._split(function, len(wrt), len(nonzero), f"{symbol}_linear")
            found = self._linearized[symbol, wrt] = Linearized(
                function.sym_name.value, linear, residuals, nonzero
            )
        return found

    def _walk(self, symbol: str, wrt: Wrt, suffix: str, linear: bool) -> tuple[func.FuncOp, tuple[int, ...]]:
        """A copy of a function with tangents of ``wrt`` as further arguments and tangents of the results listed."""
        function = copy_function(self.module, symbol, f"{symbol}_{suffix}")
        block = body_of(function)
        arguments = [block.arguments[i] for i in wrt]
        with ir.Location.unknown(context()):
            tangents = {x: block.add_argument(x.type, ir.Location.unknown()) for x in arguments}
        *ops, terminator = list(block.operations)
        with NamesPlace() as place:
            for op in ops:
                place.op = op
                self._differentiate(op, tangents, linear)
        results = list(terminator.operands)
        terminator.operation.erase()
        nonzero = tuple(i for i, r in enumerate(results) if r in tangents)
        finish_function(function, [*results, *(tangents[results[i]] for i in nonzero)])
        return function, nonzero

    def _differentiate(self, op: ir.OpView, tangents: dict[Value, Value], linear: bool) -> None:
        """Append the jvp rule of an op behind it; what replaces the op is removed."""
        operands = listed(op.operands)
        if tangents.keys().isdisjoint(operands):
            return
        active = list(map(tangents.get, operands))
        results = listed(op.results)
        with ir.InsertionPoint.after(op), op.location:
            if isinstance(op, CALLING):
                if isinstance(op, HigherOrderOp):
                    rule = op.linearize_with if linear else op.jvp_with
                    new, found = rule(self, operands, active)
                else:
                    rule = self._call_linearized if linear else self._call_jvp
                    new, found = rule(op, operands, active)
                for old, result in zip(results, new, strict=True):
                    old.replace_all_uses_with(result)
                op.operation.erase()
                results = new
            elif not INEXACT.isdisjoint([aval_of(r).dtype for r in results]):
                assert isinstance(op, AxirOp)
                found = op.jvp(*active)
                found = found if isinstance(found, tuple) else (found,)
            else:
                return
        for result, tangent in zip(results, found, strict=True):
            if tangent is not None:
                tangents[result] = tangent

    def _call_jvp(
        self, op: func.CallOp, operands: Sequence[Value], active: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        wrt = tuple(i for i, t in enumerate(active) if t is not None)
        rule = self.jvp(op.callee.value, wrt)
        kinds = [r.type for r in op.results]
        given = [*operands, *(t for t in active if t is not None)]
        new = call(rule.symbol, given, kinds + [kinds[i] for i in rule.nonzero])
        count = len(kinds)
        return new[:count], ops.spread(new[count:], rule.nonzero, count)

    def _call_linearized(
        self, op: func.CallOp, operands: Sequence[Value], active: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        wrt = tuple(i for i, t in enumerate(active) if t is not None)
        rule = self.linearize(op.callee.value, wrt)
        count = len(op.results)
        kinds = list(lookup(self.module, rule.forward).type.results)
        new = call(rule.forward, operands, kinds)
        given = [*new[count:], *(t for t in active if t is not None)]
        found = call(rule.linear, given, [kinds[i] for i in rule.nonzero])
        return new[:count], ops.spread(found, rule.nonzero, count)

    def _split(self, function: func.FuncOp, tangents: int, outputs: int, name: str) -> tuple[str, int]:
        """Move what depends on the last ``tangents`` arguments into a function of its own."""
        block = body_of(function)
        arguments = list(block.arguments)
        seeds = arguments[len(arguments) - tangents :]
        *ops, terminator = list(block.operations)
        linear, linear_ops, known = separate_known(self.module, ops, seeds)
        returned = list(terminator.operands)
        primal, tangent = returned[: len(returned) - outputs], returned[len(returned) - outputs :]
        terminator.operation.erase()
        builder = FunctionBuilder(self.module, name, (), jit=is_jit(function))
        outside = _Outside(builder.block, known)
        with builder, ir.Location.unknown():
            for op, operands, _ in _live(linear_ops, tangent):
                for i, x in enumerate(operands):
                    if x not in linear:
                        op.operands[i] = outside.stand_in(x)
                builder.block.append(op.operation)
            returned = [t if t in linear else outside.stand_in(t) for t in tangent]
            own = {s: builder.block.add_argument(s.type, ir.Location.unknown()) for s in seeds}
        for seed, argument in own.items():
            seed.replace_all_uses_with(argument)
        builder.finish([own.get(t, t) for t in returned])

        for index in reversed(range(len(arguments) - tangents, len(arguments))):
            block.erase_argument(index)
        finish_function(function, [*primal, *outside.residuals])
        eliminate_unused(known)
        return builder.name, len(outside.residuals)


_CHEAP = ("axir.constant", "axir.iota")


class _Outside:
    """What the linear part uses of the rest: values that are handed over, and cheap ops, which it repeats instead."""

    def __init__(self, block: ir.Block, known: Sequence[ir.OpView]):
        self.residuals: list[Value] = []
        self._block = block
        self._inside: dict[Value, Value] = {}
        self._recipes: dict[Value, ir.OpView] = {}
        for op in known:
            name = op.OPERATION_NAME
            if name in _CHEAP or (name == "axir.broadcast_in_dim" and op.operands[0] in self._recipes):
                self._recipes[op.results[0]] = op

    def stand_in(self, value: Value) -> Value:
        """What stands for a value from outside: an argument, or the result of the op that is repeated."""
        found = self._inside.get(value)
        if found is None:
            op = self._recipes.get(value)
            if op is None:
                found = self._block.add_argument(value.type, ir.Location.unknown())
                self._inside[value] = found
                self.residuals.append(value)
            else:
                for x in op.operands:
                    self.stand_in(x)
                copy_op(op, self._inside)
                found = self._inside[value]
        return found


def _live(ops: Sequence[LinearOp], outputs: Sequence[Value]) -> list[LinearOp]:
    """The ops that ``outputs`` need, in order; the others are erased."""
    needed = set(outputs)
    found = []
    for one in reversed(ops):
        op, operands, results = one
        if needed.isdisjoint(results):
            op.operation.erase()
        else:
            needed.update(operands)
            found.append(one)
    return found[::-1]
