"""Errors as results: a function with checks becomes one that gives, before its results, what failed first.

That is a code, an ``i32`` scalar that is 0 as long as nothing failed, and *slots* with the values that the message
is about; checks with values of the same types share slots. Every function with checks starts from no error, and its
caller keeps the first of the errors: so calls need no further arguments, and rules of derivatives stay as they are.
Loops carry the error along.

Apart from the user's own checks (``axir.check``), ops whose results are NaN, divisions by zero and indices outside
their operand are found where that is asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler import ops
from axir_compiler.ir.host_functions import host_object
from axir_compiler.ir.module import (
    FunctionBuilder,
    body_of,
    callees_of,
    copy_op,
    is_jit,
    lookup,
    return_op,
    signature,
    walk,
)
from axir_compiler.ir.op import AxirOp, Value, listed
from axir_compiler.ir.region import Build, RegionOp, build_function
from axir_compiler.ir.types import Aval, aval_of, is_inexact, mlir_type
from axir_compiler.mlir import func, ir
from axir_compiler.ops.check import CheckMessage, CheckOp
from axir_compiler.ops.custom import CheckpointOp, CustomJvpOp, CustomVjpOp
from axir_compiler.ops.custom_vmap import CustomVmapOp
from axir_compiler.ops.scan import Parts, ScanOp
from axir_compiler.ops.switch import SwitchOp, shared_slots
from axir_compiler.ops.while_loop import WhileLoopOp
from axir_compiler.transforms.automatic_checks import Failure, checks_before, checks_of, failures_behind

__all__ = ["Checked", "Functionalizer"]

State = list[Value] | None
_CODE = Aval((), np.dtype("int32"))
_CALLS = (func.CallOp, CheckpointOp, CustomJvpOp, CustomVjpOp, CustomVmapOp)


class Checked(NamedTuple):
    """A function that gives a code and slots before its results.

    Attributes:
        symbol: The function.
        checks: What failed by its code, from 1: ``("check", number of the error)``, ``("nan", op)``, ``("div", "")`` or
            ``("index", shape of the operand)``.
        places: For each check the slots of the values that it is about.
        slots: Types of the slots.
    """

    symbol: str
    checks: tuple[tuple[str, Any], ...]
    places: tuple[tuple[int, ...], ...]
    slots: tuple[Aval, ...]


class Functionalizer:
    """Makes errors of the enabled kinds results of the functions of one module, whose transformations are expanded."""

    def __init__(self, module: ir.Module, enabled: frozenset[str]):
        self.module = module
        self.enabled = enabled
        self._codes: dict[tuple[str, Any], int] = {}
        self._payloads: list[tuple[Aval, ...]] = []
        self._failing: dict[str, bool] = {}
        self._done: dict[str, str] = {}
        self._places: list[list[int]] = []
        self._slots: list[Aval] = []

    def run(self, symbol: str) -> Checked:
        """The function that gives errors, too."""
        self._collect(symbol)
        self._places, self._slots = shared_slots(self._payloads)
        return Checked(
            self._function(symbol), tuple(self._codes), tuple(map(tuple, self._places)), tuple(self._slots)
        )

    # What may fail. -----------------------------------------------------------------------------

    def _collect(self, symbol: str) -> bool:
        """Whether a function has checks; numbers those that are enabled."""
        known = self._failing.get(symbol)
        if known is not None:
            return known
        self._failing[symbol] = found = False
        for op in walk(lookup(self.module, symbol)):
            found |= self._note(op)
        self._failing[symbol] = found
        return found

    def _note(self, op: ir.OpView) -> bool:
        if isinstance(op, CheckOp):
            if host_object(op.error, CheckMessage).kind in self.enabled:
                self._number(("check", op.error), tuple(aval_of(x) for x in op.payload))
            return True
        if isinstance(op, _CALLS):
            return self._collect(callees_of(op)["callee"])
        given = checks_of(op, self.enabled) if isinstance(op, AxirOp) else {}
        for check, payload in given.items():
            self._number(check, payload)
        return bool(given)

    def _number(self, check: tuple[str, Any], payload: tuple[Aval, ...]) -> None:
        if check not in self._codes:
            self._codes[check] = len(self._codes) + 1
            self._payloads.append(payload)

    def _block_fails(self, block: ir.Block) -> bool:
        return any(self._fails(op) for op in block.operations)

    def _fails(self, op: ir.OpView) -> bool:
        if isinstance(op, RegionOp):
            return any(map(self._block_fails, op.blocks))
        if isinstance(op, _CALLS):
            return self._failing[callees_of(op)["callee"]]
        return isinstance(op, CheckOp) or (isinstance(op, AxirOp) and bool(checks_of(op, self.enabled)))

    # States: the code and the slots, ``None`` as long as nothing can have failed. ------------------

    @property
    def _width(self) -> int:
        return 1 + len(self._slots)

    @property
    def _kinds(self) -> list[Aval]:
        return [_CODE, *self._slots]

    def _values(self, state: State) -> list[Value]:
        return list(map(ops.zeros, self._kinds)) if state is None else state

    def _merged(self, state: State, new: Sequence[Value]) -> list[Value]:
        """The first of two errors."""
        if state is None:
            return list(new)
        had = ops.compare(state[0], ops.zeros_like(state[0]), direction="ne")
        return [_choice(had, a, b) for a, b in zip(state, new, strict=True)]

    def _recorded(self, state: State, failures: Sequence[Failure]) -> State:
        for check, failed, payload in failures:
            code = ops.select(
                failed, ops.full((), self._codes[check], _CODE.dtype), ops.full((), 0, _CODE.dtype)
            )
            given = dict(zip(self._places[self._codes[check] - 1], payload, strict=True))
            slots = [given[i] if i in given else ops.zeros(a) for i, a in enumerate(self._slots)]
            state = self._merged(state, [code, *slots])
        return state

    # Rewriting. ---------------------------------------------------------------------------------

    def _function(self, symbol: str) -> str:
        found = self._done.get(symbol)
        if found is None:
            function = lookup(self.module, symbol)
            inputs = list(function.type.inputs)
            builder = FunctionBuilder(self.module, f"{symbol}_checked", inputs, jit=is_jit(function))
            mapping = dict(zip(body_of(function).arguments, builder.arguments, strict=True))
            state: State = None
            with builder:
                for op in list(body_of(function).operations)[:-1]:
                    with op.location:
                        state = self._op(op, mapping, state)
                with ir.Location.unknown():
                    first = self._values(state)
            builder.finish([*first, *(mapping[x] for x in return_op(function).operands)])
            found = self._done[symbol] = builder.name
        return found

    def _op(self, op: ir.OpView, mapping: dict[Value, Value], state: State) -> State:
        operands = [mapping[x] for x in listed(op.operands)]
        if isinstance(op, CheckOp):
            if host_object(op.error, CheckMessage).kind not in self.enabled:
                return state
            return self._recorded(state, [Failure(("check", op.error), operands[0], operands[1:])])
        if isinstance(op, (RegionOp, *_CALLS)):
            if not self._fails(op):
                copy_op(op, mapping)
                return state
            found = self._region(op, operands) if isinstance(op, RegionOp) else self._call(op, operands)
            mapping.update(zip(listed(op.results), found[self._width :], strict=True))
            return self._merged(state, found[: self._width])
        if not isinstance(op, AxirOp):
            copy_op(op, mapping)
            return state
        state = self._recorded(state, checks_before(op, operands, self.enabled))
        results = listed(copy_op(op, mapping).results)
        return self._recorded(state, failures_behind(op, results, self.enabled))

    def _region(self, op: RegionOp, operands: list[Value]) -> list[Value]:
        bodies = self._bodies(op)
        if isinstance(op, SwitchOp):
            builds = [self._calling(body) for body in bodies]
            return op._assemble(self.module, operands[0], operands[1:], builds)
        if isinstance(op, ScanOp):
            return self._scan(op, bodies[0], operands)
        assert isinstance(op, WhileLoopOp)
        return self._while_loop(op, bodies[0], bodies[1], operands)

    def _bodies(self, op: RegionOp) -> list[str]:
        symbols = op.outlined(self.module)
        for symbol in symbols:
            self._collect(symbol)
        return [self._function(symbol) for symbol in symbols]

    def _calling(self, symbol: str) -> Build:
        return lambda args: ops.call(self.module, symbol, args)

    def _scan(self, op: ScanOp, body: str, operands: list[Value]) -> list[Value]:
        width = self._width
        carry, xs, consts = op.parts(operands)

        def build(args: Parts) -> list[Value]:
            given = [*args.carry[width:], *args.xs, *args.consts]
            found = ops.call(self.module, body, given)
            return [*self._merged(args.carry[:width], found[:width]), *found[width:]]

        return op._assemble(self.module, Parts([*self._values(None), *carry], xs, consts), build)

    def _while_loop(self, op: WhileLoopOp, condition: str, body: str, operands: list[Value]) -> list[Value]:
        """The condition may fail, too: before the loop, and behind each step for the next one."""
        width, n = self._width, op.carry

        def test(args: list[Value]) -> list[Value]:
            return ops.call(self.module, condition, args[width:])[width:]

        def step(args: list[Value]) -> list[Value]:
            found = ops.call(self.module, body, args[width:])
            state = self._merged(args[:width], found[:width])
            again = ops.call(self.module, condition, [*found[width:], *args[width + n :]])
            return [*self._merged(state, again[:width]), *found[width:]]

        first = ops.call(self.module, condition, operands)[:width]
        return op._assemble(self.module, [*first, *operands[:n]], operands[n:], test, step)

    def _call(self, op: ir.OpView, operands: list[Value]) -> list[Value]:
        callee = self._function(callees_of(op)["callee"])
        outputs = signature(lookup(self.module, callee))[1]
        if isinstance(op, CheckpointOp):
            return CheckpointOp.append(operands, outputs, callee=callee, policy=op.policy)
        if isinstance(op, CustomJvpOp):
            rule = self._rule(op.rule, len(op.results), tangents=True)
            return CustomJvpOp.append(operands, outputs, callee=callee, rule=rule, inputs=op.inputs)
        if isinstance(op, CustomVjpOp):
            attrs = {"forward": self._rule(op.forward, 0), "backward": self._backward(op)}
            return CustomVjpOp.append(operands, outputs, callee=callee, inputs=op.inputs, **attrs)
        # What a custom_vmap is over a batch has no errors: the function itself is vectorized.
        return ops.call(self.module, callee, operands)

    # Rules of derivatives, which give no errors. ---------------------------------------------------

    def _float_slots(self) -> list[Aval]:
        return [a for a in self._slots if is_inexact(a.dtype)]

    def _rule(self, symbol: str, count: int, *, tangents: bool = False) -> str:
        """A rule that gives no error before its results; ``count`` of them come before tangents."""

        def build(args: list[Value]) -> list[Value]:
            found = ops.call(self.module, symbol, args)
            slopes = map(ops.zeros, self._float_slots()) if tangents else ()
            return [*self._values(None), *found[:count], *slopes, *found[count:]]

        return self._wrapped(symbol, lookup(self.module, symbol).type.inputs, build)

    def _backward(self, op: CustomVjpOp) -> str:
        """The backward rule behind cotangents of the slots, which nobody needs."""
        inputs = list(lookup(self.module, op.backward).type.inputs)
        residuals = len(signature(lookup(self.module, op.forward))[1]) - len(op.results)
        extra = list(map(mlir_type, self._float_slots()))

        def build(args: list[Value]) -> list[Value]:
            given = [*args[:residuals], *args[residuals + len(extra) :]]
            return ops.call(self.module, op.backward, given)

        return self._wrapped(op.backward, [*inputs[:residuals], *extra, *inputs[residuals:]], build)

    def _wrapped(self, symbol: str, inputs: Sequence[ir.Type], build: Build) -> str:
        return build_function(self.module, f"{symbol}_checked", list(inputs), build).sym_name.value


def _choice(predicate: Value, on_true: Value, on_false: Value) -> Value:
    """One of two values by a scalar."""
    shape = aval_of(on_true).shape
    return ops.select(ops.broadcast_in_dim(predicate, shape=shape, dimensions=()), on_true, on_false)
