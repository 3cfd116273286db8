"""Loops that run as long as a condition holds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import CheckError, DTypeError, MissingRuleError, ShapeError
from axir_compiler.ir.attributes import Int
from axir_compiler.ir.module import callees_of, copy_op, lookup, walk
from axir_compiler.ir.op import Value
from axir_compiler.ir.region import RegionOp, Signature, build_function
from axir_compiler.ir.types import Aval
from axir_compiler.later import builders
from axir_compiler.mlir import ir
from axir_compiler.ops.check import CheckOp
from axir_compiler.transforms.silence import silent_copy

Evaluator = Callable[..., list[np.ndarray]]
_PREDICATE = Aval((), np.dtype(bool))


class WhileLoopOp(RegionOp, name="while_loop"):
    """``while condition(carry, consts): carry = body(carry, consts)``.

    Operands: the initial carry, and what the regions use besides; ``carry`` is the number of the former.
    """

    carry: Int
    conditions = (0,)

    @classmethod
    def results_for(
        cls, operands: Sequence[Aval], bodies: Sequence[Signature], **attrs: Any
    ) -> tuple[Aval, ...]:
        carry = attrs["carry"]
        condition, body = bodies
        for what, region in (("condition", condition), ("body", body)):
            if region.inputs != tuple(operands):
                wanted, given = (", ".join(map(str, side)) for side in (operands, region.inputs))
                raise ShapeError(
                    f"the {what} of a loop must take the operands ({wanted}); it takes ({given})."
                )
        if condition.outputs != (_PREDICATE,):
            given = ", ".join(map(str, condition.outputs))
            raise DTypeError(f"the condition of a loop must give one bool scalar; it gives ({given}).")
        if body.outputs != tuple(operands[:carry]):
            wanted, given = (", ".join(map(str, side)) for side in (operands[:carry], body.outputs))
            raise ShapeError(f"the body of a loop must give the carry ({wanted}); it gives ({given}).")
        return body.outputs

    @property
    def carried(self) -> int:
        return self.carry

    def attrs_for(self, operands: Sequence[bool]) -> dict[str, Any]:
        return {"carry": sum(operands[: self.carry])}

    @staticmethod
    def numpy(bodies: Sequence[Evaluator], outputs: Sequence[Aval], *, carry: int) -> Evaluator:
        condition, body = bodies

        def evaluate(*arrays: np.ndarray) -> list[np.ndarray]:
            state, consts = list(arrays[:carry]), arrays[carry:]
            while condition(*state, *consts)[0]:
                state = body(*state, *consts)
            return state

        return evaluate

    @staticmethod
    def _assemble(
        module: ir.Module,
        carry: Sequence[Value],
        consts: Sequence[Value],
        condition: Callable[[list[Value]], Sequence[Value]],
        body: Callable[[list[Value]], Sequence[Value]],
    ) -> list[Value]:
        operands = [*carry, *consts]
        kinds = [x.type for x in operands]
        regions = [
            build_function(module, name, kinds, build)
            for name, build in (("while_condition", condition), ("while_body", body))
        ]
        return WhileLoopOp.assemble(operands, regions, {"carry": len(carry)})

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        return self._differentiated(linearizer, operands, tangents, lambda symbol: symbol)

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        # The results are computed apart from the tangents, for which the loop runs again without its effects.
        results = copy_op(self, dict(zip(self.operands, operands, strict=True))).results
        module = linearizer.module
        found = self._differentiated(linearizer, operands, tangents, lambda f: _without_effects(module, f))
        return list(results), found[1]

    def _differentiated(
        self,
        linearizer: Any,
        operands: Sequence[Value],
        tangents: Sequence[Value | None],
        used: Callable[[str], str],
    ) -> tuple[list[Value], list[Value | None]]:
        """The loop on values and tangents; ``used`` gives the form of a function in which it is part of the loop."""
        module, n = linearizer.module, self.carry
        condition, body = self.outlined(module)
        active = {i for i, t in enumerate(tangents) if t is not None}
        while True:
            rule = linearizer.jvp(body, tuple(sorted(active)))
            grown = active | set(rule.nonzero)
            if grown == active:
                break
            active = grown
        condition, symbol = used(condition), used(rule.symbol)
        slopes = [_or_zeros(tangents[i], operands[i]) for i in sorted(active)]
        moving = [i for i in sorted(active) if i < n]
        first, count = n + len(moving), len(operands)

        def primal(args: list[Value]) -> list[Value]:
            return [*args[:n], *args[first : first + count - n]]

        def step(args: list[Value]) -> list[Value]:
            dots = [*args[n:first], *args[first + count - n :]]
            found = ops.call(module, symbol, [*primal(args), *dots])
            given = dict(zip(rule.nonzero, found[n:], strict=True))
            return [*found[:n], *(given.get(i) or ops.zeros_like(found[i]) for i in moving)]

        found = self._assemble(
            module,
            [*operands[:n], *slopes[: len(moving)]],
            [*operands[n:], *slopes[len(moving) :]],
            lambda args: ops.call(module, condition, primal(args)),
            step,
        )
        slots: list[Value | None] = [None] * n
        for i, t in zip(moving, found[n:], strict=True):
            slots[i] = t
        return found[:n], slots

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> list[Value | None]:
        raise MissingRuleError(
            "while_loop: reverse-mode differentiation needs the number of steps while the program is traced, and "
            "that of a while_loop is only known when it runs. Use scan, or fori_loop with static bounds, or forward "
            "mode (jvp, jacfwd)."
        )

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        module, n = vectorizer.module, self.carry
        condition, body = self.outlined(module)
        batched = {i for i, axis in enumerate(axes) if axis is not None}
        while True:
            inner = [
                -1 if i not in batched else 0 if i < n or axis is None else axis
                for i, axis in enumerate(axes)
            ]
            test, rule = vectorizer.vectorize(condition, inner, size), vectorizer.vectorize(body, inner, size)
            differing = test.out_axes[0] != -1
            grown = batched | {i for i in range(n) if differing or rule.out_axes[i] != -1}
            if grown == batched:
                break
            batched = grown
        if differing and _has_checks(module, (condition, body)):
            raise CheckError(
                "check: the items of a batch leave this while_loop after different numbers of steps, and its checks "
                "would test those that have left, too. Use vmap(checkify(f)) instead of checkify(vmap(f))."
            )
        carry = [
            x if i not in batched else ops.batch_in_front(x, axis, size)
            for i, (x, axis) in enumerate(zip(operands[:n], axes, strict=False))
        ]

        def continues(args: list[Value]) -> list[Value]:
            found = ops.call(module, test.symbol, args)
            # The loop runs until it is over for all items.
            return [ops.reduce_or(found[0], axes=(0,))] if differing else found

        def step(args: list[Value]) -> list[Value]:
            found = [
                ops.batch_in_front(y, None if axis == -1 else axis, size) if i in batched else y
                for i, (y, axis) in enumerate(
                    zip(ops.call(module, rule.symbol, args), rule.out_axes, strict=True)
                )
            ]
            if not differing:
                return found
            (running,) = ops.call(module, test.symbol, args)
            return [ops.select_along(running, new, old) for new, old in zip(found, args, strict=False)]

        found = self._assemble(module, carry, operands[n:], continues, step)
        return found, [0 if i in batched else -1 for i in range(n)]

    def lower_with(self, lower: Callable[..., list[Value]], operands: Sequence[Value]) -> list[Value]:
        n = self.carry
        return builders.while_loop(
            lambda *args: lower(0, args), lambda *args: lower(1, args), operands[:n], operands[n:]
        )


def _without_effects(module: ir.Module, symbol: str) -> str:
    found = silent_copy(module, symbol)
    if found is None:
        raise MissingRuleError(
            "linearize: a while_loop uses the results of a callback with effects, which must run once, and the loop "
            "would run a second time for its tangents. Use pure_callback, scan, or forward mode (jvp, jacfwd)."
        )
    return found


def _has_checks(module: ir.Module, symbols: Sequence[str]) -> bool:
    """Whether a function, or what it calls, has a check."""
    reached = list(symbols)
    for symbol in reached:
        for op in walk(lookup(module, symbol)):
            if isinstance(op, CheckOp):
                return True
            callee = callees_of(op).get("callee")
            if callee is not None and callee not in reached:
                reached.append(callee)
    return False


def _or_zeros(tangent: Value | None, like: Value) -> Value:
    return ops.zeros_like(like) if tangent is None else tangent
