"""Loops with a known number of steps, which carry values and run over arrays."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import Bool, Int
from axir_compiler.ir.effects import effect_results, has_effect
from axir_compiler.ir.module import FunctionBuilder, body_of, copy_op, lookup, return_op, signature
from axir_compiler.ir.op import Value
from axir_compiler.ir.region import RegionOp, Signature, build_function, dependents
from axir_compiler.ir.types import Aval, aval_of, mlir_type
from axir_compiler.later import builders
from axir_compiler.mlir import ir

Evaluator = Callable[..., list[np.ndarray]]


class Parts(NamedTuple):
    """Operands of a scan, or arguments of its body, by role."""

    carry: list[Any]
    xs: list[Any]
    consts: list[Any]


def _stacked(aval: Aval, length: int) -> Aval:
    return Aval((length, *aval.shape), aval.dtype)


class ScanOp(RegionOp, name="scan"):
    """``for t in range(length): carry, ys[t] = body(carry, xs[t], consts)``; the last step first if ``reverse``.

    Operands: the initial carry, arrays with the inputs of all steps, and what every step uses. Results: the
    final carry and the outputs of all steps, stacked along a new first axis.
    """

    carry: Int
    xs: Int
    length: Int
    reverse: Bool

    @classmethod
    def results_for(
        cls, operands: Sequence[Aval], bodies: Sequence[Signature], **attrs: Any
    ) -> tuple[Aval, ...]:
        carry, xs, length = attrs["carry"], attrs["xs"], attrs["length"]
        ((inputs, outputs),) = bodies
        steps = [_stacked(a, length) if carry <= i < carry + xs else a for i, a in enumerate(inputs)]
        if list(operands) != steps or length < 0:
            wanted, given = (", ".join(map(str, side)) for side in (steps, operands))
            raise ShapeError(f"a scan over {length} steps takes ({wanted}); got ({given}).")
        if outputs[:carry] != inputs[:carry]:
            wanted, given = (", ".join(map(str, side[:carry])) for side in (inputs, outputs))
            raise ShapeError(f"the body of a scan must give the carry ({wanted}) first; got ({given}).")
        return (*outputs[:carry], *(_stacked(a, length) for a in outputs[carry:]))

    @property
    def carried(self) -> int:
        return self.carry

    def attrs_for(self, operands: Sequence[bool]) -> dict[str, Any]:
        n, m = self.carry, self.xs
        return {**self.attrs, "carry": sum(operands[:n]), "xs": sum(operands[n : n + m])}

    def parts(self, values: Sequence[Any]) -> Parts:
        """Operands, or what belongs to each, by role."""
        n, m = self.carry, self.xs
        return Parts(list(values[:n]), list(values[n : n + m]), list(values[n + m :]))

    @staticmethod
    def numpy(
        bodies: Sequence[Evaluator],
        outputs: Sequence[Aval],
        *,
        carry: int,
        xs: int,
        length: int,
        reverse: bool,
    ) -> Evaluator:
        (body,) = bodies

        def evaluate(*arrays: np.ndarray) -> list[np.ndarray]:
            state, inputs, consts = list(arrays[:carry]), arrays[carry : carry + xs], arrays[carry + xs :]
            stacks = [np.empty(a.shape, a.dtype) for a in outputs[carry:]]
            for t in reversed(range(length)) if reverse else range(length):
                found = body(*state, *(x[t, ...] for x in inputs), *consts)
                state = found[:carry]
                for stack, y in zip(stacks, found[carry:], strict=True):
                    stack[t] = y
            return state + stacks

        return evaluate

    def _assemble(
        self,
        module: ir.Module,
        parts: Parts,
        build: Callable[[Parts], Sequence[Value]],
        *,
        reverse: bool | None = None,
    ) -> list[Value]:
        """A scan with the length of this one over other operands; ``build`` makes its body."""
        carry, xs, consts = parts
        n, m = len(carry), len(xs)
        kinds = [x.type for x in carry]
        kinds += [mlir_type(Aval(a.shape[1:], a.dtype)) for a in map(aval_of, xs)]
        kinds += [x.type for x in consts]
        body = build_function(
            module, "scan_body", kinds, lambda args: build(Parts(args[:n], args[n : n + m], args[n + m :]))
        )
        reverse = self.reverse if reverse is None else reverse
        attrs = {"carry": n, "xs": m, "length": self.length, "reverse": reverse}
        return ScanOp.assemble([*carry, *xs, *consts], [body], attrs)

    # Derivatives. -------------------------------------------------------------------------------

    def _active(
        self, differentiate: Callable[..., Any], tangents: Sequence[Value | None]
    ) -> tuple[Any, set[int]]:
        """The derivative of the body, and the positions that carry tangents: a carry does if a step gives it one."""
        active = {i for i, t in enumerate(tangents) if t is not None}
        while True:
            rule = differentiate(tuple(sorted(active)))
            grown = active | {i for i in rule.nonzero if i < self.carry}
            if grown == active:
                return rule, active
            active = grown

    def _tangent_parts(
        self, operands: Sequence[Value], tangents: Sequence[Value | None], active: set[int]
    ) -> Parts:
        """Tangents of the operands that carry some, zeros where a tangent only comes up later."""
        given = [
            (ops.zeros_like(x) if t is None else t) if i in active else None
            for i, (x, t) in enumerate(zip(operands, tangents, strict=True))
        ]
        return Parts(*([t for t in part if t is not None] for part in self.parts(given)))

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        (body,) = self.outlined(linearizer.module)
        rule, active = self._active(lambda wrt: linearizer.jvp(body, wrt), tangents)
        primal, slopes = self.parts(operands), self._tangent_parts(operands, tangents, active)
        n, count = self.carry, len(self.results)
        moving = [i for i in range(n) if i in active]
        ys = [i for i in rule.nonzero if i >= n]

        def build(args: Parts) -> list[Value]:
            values, dots = zip(*(_cut(a, len(p)) for a, p in zip(args, primal, strict=True)), strict=True)
            found = ops.call(linearizer.module, rule.symbol, [*_flat(values), *_flat(dots)])
            given = dict(zip(rule.nonzero, found[count:], strict=True))
            new = [given.get(i) or ops.zeros_like(found[i]) for i in moving]
            return [*found[:n], *new, *found[n:count], *(given[i] for i in ys)]

        both = Parts(*(a + b for a, b in zip(primal, slopes, strict=True)))
        found = self._assemble(linearizer.module, both, build)
        first = n + len(moving)
        results = [*found[:n], *found[first : first + count - n]]
        slots: list[Value | None] = [None] * count
        for i, t in zip((*moving, *ys), (*found[n:first], *found[first + count - n :]), strict=True):
            slots[i] = t
        return results, slots

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        module = linearizer.module
        (body,) = self.outlined(module)
        rule, active = self._active(lambda wrt: linearizer.linearize(body, wrt), tangents)
        n, count = self.carry, len(self.results)
        found, residuals = self._forward(module, rule, operands)
        slopes = self._tangent_parts(operands, tangents, active)
        moving = [i for i in range(n) if i in active]
        ys = [i for i in rule.nonzero if i >= n]

        def build(args: Parts) -> list[Value]:
            stacked, dx = _cut(args.xs, len(residuals.xs))
            fixed, dk = _cut(args.consts, len(residuals.consts))
            given = residuals.in_order(stacked, fixed)
            slots = dict(
                zip(rule.nonzero, ops.call(module, rule.linear, [*given, *args.carry, *dx, *dk]), strict=True)
            )
            new = [slots.get(i) or ops.zeros_like(old) for i, old in zip(moving, args.carry, strict=True)]
            return [*new, *(slots[i] for i in ys)]

        both = Parts(slopes.carry, residuals.xs + slopes.xs, residuals.consts + slopes.consts)
        dots = self._assemble(module, both, build)
        result: list[Value | None] = [None] * count
        for i, t in zip((*moving, *ys), dots, strict=True):
            result[i] = t
        return found, result

    def _forward(
        self, module: ir.Module, rule: Any, operands: Sequence[Value]
    ) -> tuple[list[Value], _Residuals]:
        """The scan with its residuals, stacked only where they differ from step to step."""
        count, parts = len(self.results), self.parts(operands)
        kinds = _residual_kinds(module, rule.forward, count, self.carry, self.xs)
        stacked = [j for j, kind in enumerate(kinds) if kind == "stacked"]

        def build(args: Parts) -> list[Value]:
            found = ops.call(module, rule.forward, _flat(args))
            return [*found[:count], *(found[count + j] for j in stacked)]

        found = self._assemble(module, parts, build)
        arrays: dict[int, Value] = dict(zip(stacked, found[count:], strict=True))
        arrays.update({j: parts.xs[kind] for j, kind in enumerate(kinds) if isinstance(kind, int)})
        fixed = [j for j, kind in enumerate(kinds) if kind == "fixed"]
        symbol = _invariants(module, rule.forward, [count + j for j in fixed], self.carry + self.xs)
        consts = dict(zip(fixed, ops.call(module, symbol, parts.consts), strict=True))
        return found[:count], _Residuals(arrays, consts)

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> list[Value | None]:
        return _Transposition(self, transposer, cts, operands).shares()

    # Batching. ----------------------------------------------------------------------------------

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        (body,) = self.outlined(vectorizer.module)
        n, m = self.carry, self.xs
        batched = {i for i, axis in enumerate(axes) if axis is not None}
        while True:
            inner = [_inner_axis(i, axis, n + m) if i in batched else -1 for i, axis in enumerate(axes)]
            rule = vectorizer.vectorize(body, inner, size)
            grown = batched | {i for i in range(n) if rule.out_axes[i] != -1}
            if grown == batched:
                break
            batched = grown
        given = []
        for i, (x, axis) in enumerate(zip(operands, axes, strict=True)):
            place = 0 if i < n else 1
            if i not in batched or i >= n + m:
                given.append(x)
            elif axis is None:
                given.append(ops.broadcast_axis(x, place, size))
            else:
                given.append(ops.move_axis(x, axis, place))

        def build(args: Parts) -> list[Value]:
            found = ops.call(vectorizer.module, rule.symbol, _flat(args))
            return [
                _at_front(y, axis, size if i < n and i in batched else None)
                for i, (y, axis) in enumerate(zip(found, rule.out_axes, strict=True))
            ]

        found = self._assemble(vectorizer.module, self.parts(given), build)
        carry_axes = [0 if i in batched else -1 for i in range(n)]
        return found, carry_axes + [1 if axis != -1 else -1 for axis in rule.out_axes[n:]]

    def lower_with(self, lower: Callable[..., list[Value]], operands: Sequence[Value]) -> list[Value]:
        parts = self.parts(operands)
        stacks = [aval_of(r) for r in list(self.results)[self.carry :]]
        return builders.scan(
            lambda *args: lower(0, args), *parts, stacks, length=self.length, reverse=self.reverse
        )


class _Residuals:
    """What the linear part of a step needs of the forward part: numbered, from arrays or fixed."""

    def __init__(self, arrays: dict[int, Value], consts: dict[int, Value]):
        self._arrays, self._consts = sorted(arrays), sorted(consts)
        self.xs = [arrays[j] for j in self._arrays]
        self.consts = [consts[j] for j in self._consts]

    def in_order(self, xs: Sequence[Value], consts: Sequence[Value]) -> list[Value]:
        """The residuals of a step by number."""
        found = dict(zip((*self._arrays, *self._consts), (*xs, *consts), strict=True))
        return [found[j] for j in sorted(found)]


def _flat(parts: Sequence[Sequence[Value]]) -> list[Value]:
    return [x for part in parts for x in part]


def _cut(values: Sequence[Value], at: int) -> tuple[list[Value], list[Value]]:
    return list(values[:at]), list(values[at:])


def _inner_axis(position: int, axis: int | None, arrays: int) -> int:
    """The batch axis of an argument of the body: in front, but consts stay as they are."""
    return axis if position >= arrays and axis is not None else 0


def _at_front(x: Value, axis: int, size: int | None) -> Value:
    """A result of the batched body with its batch axis in front; ``size`` if it must have one."""
    if axis != -1:
        return ops.move_axis(x, axis, 0)
    return x if size is None else ops.broadcast_axis(x, 0, size)


def _residual_kinds(module: ir.Module, forward: str, first: int, carry: int, xs: int) -> list[str | int]:
    """For each residual: ``fixed`` if it depends on consts only, the number of the input that it is, or ``stacked``."""
    function = lookup(module, forward)
    arguments = list(body_of(function).arguments)
    block = body_of(function)
    moving = dependents(block, [*arguments[: carry + xs], *effect_results(block)])
    inputs = {a: i for i, a in enumerate(arguments[carry : carry + xs])}
    residuals = list(return_op(function).operands)[first:]
    return ["fixed" if r not in moving else inputs.get(r, "stacked") for r in residuals]


def _invariants(module: ir.Module, forward: str, results: Sequence[int], first: int) -> str:
    """A function of the consts that gives some results of ``forward``, which depend on nothing else."""
    block = body_of(lookup(module, forward))
    arguments = list(block.arguments)
    moving = dependents(block, [*arguments[:first], *effect_results(block)])
    builder = FunctionBuilder(module, f"{forward}_invariants", [a.type for a in arguments[first:]])
    mapping = dict(zip(arguments[first:], builder.arguments, strict=True))
    with builder, ir.Location.unknown():
        for op in list(block.operations)[:-1]:
            if not any(r in moving for r in op.results) and not has_effect(op):
                copy_op(op, mapping)
    returned = return_op(lookup(module, forward)).operands
    builder.finish([mapping[returned[i]] for i in results])
    return builder.name


class _Transposition:
    """The transpose of a scan: the steps in the opposite order, each transposed.

    It carries the cotangents of the carry, and adds up those of what every step uses. What the scan carries besides,
    without being linear, is computed first by a scan of its own.
    """

    def __init__(
        self, op: ScanOp, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ):
        self.op, self.transposer, self.module = op, transposer, transposer.module
        self.cts, self.operands = cts, operands
        (self.body,) = op.outlined(self.module)
        self.inputs, outputs = signature(lookup(self.module, self.body))
        self.linear, moving = self._linear()
        self.seeds = [i for i in range(len(outputs)) if i in moving and (i < op.carry or cts[i] is not None)]
        self.outputs = outputs

    def _linear(self) -> tuple[set[int], set[int]]:
        """The arguments and the results of a step that depend on linear operands."""
        block = body_of(lookup(self.module, self.body))
        arguments, returned = list(block.arguments), list(return_op(lookup(self.module, self.body)).operands)
        linear = {i for i, x in enumerate(self.operands) if x is None}
        while True:
            found = dependents(block, [arguments[i] for i in linear], self.module)
            moving = {i for i, r in enumerate(returned) if r in found}
            grown = linear | {i for i in moving if i < self.op.carry}
            if grown == linear:
                return linear, moving
            linear = grown

    def shares(self) -> list[Value | None]:
        """Cotangents of the operands."""
        op, n, m = self.op, self.op.carry, self.op.xs
        count = len(self.operands)
        carry, xs, consts = (
            [i for i in part if i in self.linear] for part in (range(n), range(n, n + m), range(n + m, count))
        )
        known_xs = [i for i in range(n, n + m) if i not in self.linear]
        known_consts = [i for i in range(n + m, count) if i not in self.linear]
        known_carry = [i for i in range(n) if i not in self.linear]
        ys = [i for i in self.seeds if i >= n]
        rule = self.transposer.transpose(self.body, tuple(sorted(self.linear)), tuple(self.seeds))

        def build(args: Parts) -> list[Value]:
            ct_carry, sums = _cut(args.carry, len(carry))
            ct_ys, rest = _cut(args.xs, len(ys))
            given = dict(zip((*known_xs, *known_carry, *known_consts), (*rest, *args.consts), strict=True))
            by_result = dict(zip((*carry, *ys), (*ct_carry, *ct_ys), strict=True))
            known = [given[i] for i in sorted(given)]
            found = ops.call(self.module, rule.symbol, [*known, *(by_result[i] for i in self.seeds)])
            new = dict(zip(rule.nonzero, found, strict=True))
            return [
                *(new.get(i) or ops.zeros(self.inputs[i]) for i in carry),
                *(ops.add(s, new[i]) if i in new else s for i, s in zip(consts, sums, strict=True)),
                *(new.get(i) or ops.zeros(self.inputs[i]) for i in xs),
            ]

        start = [*(self._seed(i) for i in carry), *(ops.zeros(self.inputs[i]) for i in consts)]
        arrays = [*(self._seed(i) for i in ys), *self._values(known_xs), *self._known_states(known_carry)]
        found = op._assemble(
            self.module, Parts(start, arrays, self._values(known_consts)), build, reverse=not op.reverse
        )
        result: list[Value | None] = [None] * count
        for i, ct in zip((*carry, *consts, *xs), found, strict=True):
            result[i] = ct
        return result

    def _seed(self, i: int) -> Value:
        ct = self.cts[i]
        return ops.zeros(self.outputs[i]) if ct is None else ct

    def _values(self, positions: Sequence[int]) -> list[Value]:
        found = [self.operands[i] for i in positions]
        assert all(x is not None for x in found)
        return [x for x in found if x is not None]

    def _known_states(self, carry: Sequence[int]) -> list[Value]:
        """The carry that is not linear, as it is before each step."""
        if not carry:
            return []
        n = self.op.carry
        known = [i for i in range(len(self.operands)) if i not in self.linear]
        parts = [[i for i in known if i in part] for part in (range(n), range(n, n + self.op.xs))]
        parts.append([i for i in known if i >= n + self.op.xs])

        def build(args: Parts) -> list[Value]:
            given = dict(zip(known, _flat(args), strict=True))
            values = [given[i] if i in given else ops.zeros(a) for i, a in enumerate(self.inputs)]
            found = ops.call(self.module, self.body, values)
            return [*(found[i] for i in carry), *args.carry]

        found = self.op._assemble(self.module, Parts(*(self._values(p) for p in parts)), build)
        return found[len(carry) :]
