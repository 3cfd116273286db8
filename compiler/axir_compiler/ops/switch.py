"""Choice of one of several functions by a number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.module import lookup, signature
from axir_compiler.ir.op import Value
from axir_compiler.ir.region import Build, RegionOp, Signature, build_function
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.later import builders
from axir_compiler.mlir import ir

Evaluator = Callable[..., list[np.ndarray]]
_INDEX = Aval((), np.dtype("int32"))


class SwitchOp(RegionOp, name="switch"):
    """The region number ``index``, of the nearest one that exists, on the other operands."""

    first = 1

    @classmethod
    def results_for(
        cls, operands: Sequence[Aval], bodies: Sequence[Signature], **attrs: Any
    ) -> tuple[Aval, ...]:
        if operands[0] != _INDEX:
            raise DTypeError(f"the index of a switch must be an i32 scalar; got {operands[0]}.")
        for k, body in enumerate(bodies):
            if body.inputs != tuple(operands[1:]):
                wanted, given = (", ".join(map(str, side)) for side in (operands[1:], body.inputs))
                raise ShapeError(f"branch {k} of a switch must take ({wanted}); it takes ({given}).")
            if body.outputs != bodies[0].outputs:
                wanted, given = (", ".join(map(str, b.outputs)) for b in (bodies[0], body))
                raise ShapeError(
                    f"branch {k} of a switch must give what branch 0 gives, ({wanted}); it gives ({given})."
                )
        return bodies[0].outputs

    @staticmethod
    def numpy(bodies: Sequence[Evaluator], outputs: Sequence[Aval]) -> Evaluator:
        def evaluate(index: np.ndarray, *arrays: np.ndarray) -> list[np.ndarray]:
            return bodies[min(max(int(index), 0), len(bodies) - 1)](*arrays)

        return evaluate

    @staticmethod
    def _assemble(
        module: ir.Module, index: Value, operands: Sequence[Value], builds: Sequence[Build]
    ) -> list[Value]:
        kinds = [x.type for x in operands]
        bodies = [build_function(module, "switch_body", kinds, build) for build in builds]
        return SwitchOp.assemble([index, *operands], bodies, {})

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        module, count = linearizer.module, len(self.results)
        wrt = tuple(i for i, t in enumerate(tangents[1:]) if t is not None)
        rules = [linearizer.jvp(body, wrt) for body in self.outlined(module)]
        moving = sorted({i for rule in rules for i in rule.nonzero})
        slopes = [t for t in tangents if t is not None]

        def branch(rule: Any) -> Build:
            def build(args: list[Value]) -> list[Value]:
                found = ops.call(module, rule.symbol, args)
                given = dict(zip(rule.nonzero, found[count:], strict=True))
                return [*found[:count], *(given.get(i) or ops.zeros_like(found[i]) for i in moving)]

            return build

        found = self._assemble(module, operands[0], [*operands[1:], *slopes], list(map(branch, rules)))
        return found[:count], ops.spread(found[count:], moving, count)

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        module, count = linearizer.module, len(self.results)
        wrt = tuple(i for i, t in enumerate(tangents[1:]) if t is not None)
        rules = [linearizer.linearize(body, wrt) for body in self.outlined(module)]
        moving = sorted({i for rule in rules for i in rule.nonzero})
        slopes = [t for t in tangents if t is not None]
        avals = [aval_of(r) for r in self.results]
        places, slots = shared_slots([signature(lookup(module, r.forward))[1][count:] for r in rules])

        def forward(rule: Any, own: Sequence[int]) -> Build:
            def build(args: list[Value]) -> list[Value]:
                found = ops.call(module, rule.forward, args)
                given = dict(zip(own, found[count:], strict=True))
                return [*found[:count], *(given.get(i) or ops.zeros(a) for i, a in enumerate(slots))]

            return build

        def linear(rule: Any, own: Sequence[int]) -> Build:
            def build(args: list[Value]) -> list[Value]:
                residuals, dots = args[: len(slots)], args[len(slots) :]
                found = ops.call(module, rule.linear, [*(residuals[i] for i in own), *dots])
                given = dict(zip(rule.nonzero, found, strict=True))
                return [given.get(i) or ops.zeros(avals[i]) for i in moving]

            return build

        index = operands[0]
        found = self._assemble(module, index, operands[1:], list(map(forward, rules, places)))
        dots = self._assemble(module, index, [*found[count:], *slopes], list(map(linear, rules, places)))
        return found[:count], ops.spread(dots, moving, count)

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> list[Value | None]:
        module, index = transposer.module, operands[0]
        assert index is not None
        linear = tuple(i for i, x in enumerate(operands[1:]) if x is None)
        seeds = tuple(i for i, ct in enumerate(cts) if ct is not None)
        bodies = self.outlined(module)
        inputs = signature(lookup(module, bodies[0]))[0]
        rules = [transposer.transpose(body, linear, seeds) for body in bodies]
        moving = sorted({i for rule in rules for i in rule.nonzero})

        def branch(rule: Any) -> Build:
            def build(args: list[Value]) -> list[Value]:
                given = dict(zip(rule.nonzero, ops.call(module, rule.symbol, args), strict=True))
                return [given.get(i) or ops.zeros(inputs[i]) for i in moving]

            return build

        known = [x for x in (*operands[1:], *cts) if x is not None]
        found = self._assemble(module, index, known, list(map(branch, rules)))
        return [None, *ops.spread(found, moving, len(operands) - 1)]

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        module, count = vectorizer.module, len(self.results)
        inner = [-1 if a is None else a for a in axes[1:]]
        rules = [vectorizer.vectorize(body, inner, size) for body in self.outlined(module)]
        chosen = axes[0] is not None
        batched = [chosen or any(r.out_axes[i] != -1 for r in rules) for i in range(count)]

        def branch(rule: Any) -> Build:
            def build(args: list[Value]) -> list[Value]:
                return [
                    ops.batch_in_front(y, None if axis == -1 else axis, size) if b else y
                    for y, axis, b in zip(
                        ops.call(module, rule.symbol, args), rule.out_axes, batched, strict=True
                    )
                ]

            return build

        builds = list(map(branch, rules))
        if chosen:
            found = _select(operands[0], [build(list(operands[1:])) for build in builds])
        else:
            found = self._assemble(module, operands[0], operands[1:], builds)
        return found, [0 if b else -1 for b in batched]

    def lower_with(self, lower: Callable[..., list[Value]], operands: Sequence[Value]) -> list[Value]:
        branches = [lambda k=k: lower(k, operands[1:]) for k in range(len(self.regions))]
        return builders.switch(operands[0], branches, list(map(aval_of, self.results)))


def _select(index: Value, branches: Sequence[Sequence[Value]]) -> list[Value]:
    """For each item of a batch the results of the branch that its index names."""
    found = list(branches[-1])
    for k in reversed(range(len(branches) - 1)):
        direction = "le" if k == 0 else "eq"
        here = ops.compare(index, ops.full_like(index, k), direction=direction)
        found = [ops.select_along(here, x, y) for x, y in zip(branches[k], found, strict=True)]
    return found


def shared_slots(needs: Sequence[Sequence[Aval]]) -> tuple[list[list[int]], list[Aval]]:
    """Places for the values of each branch, shared between branches where types are equal; and their types."""
    slots: list[Aval] = []
    places = []
    for avals in needs:
        own: list[int] = []
        for aval in avals:
            free = (i for i, a in enumerate(slots) if a == aval and i not in own)
            place = next(free, len(slots))
            if place == len(slots):
                slots.append(aval)
            own.append(place)
        places.append(own)
    return places, slots
