"""Calls that say themselves how they are differentiated.

Each names a private function, its ``callee``, and may name others that stand for its derivatives. They are calls
of the callee to everything but differentiation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from axir_compiler import ops
from axir_compiler.errors import InternalError, MissingRuleError, VerificationError
from axir_compiler.ir.attributes import Int, Ints, Str, Symbol, Tensors
from axir_compiler.ir.effects import has_effect
from axir_compiler.ir.module import (
    FunctionBuilder,
    body_of,
    copy_op,
    is_terminator,
    lookup,
    return_op,
    signature,
    terminator_of,
)
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.region import Build, HigherOrderOp, build_function, dependents
from axir_compiler.ir.types import Aval, aval_of, is_inexact, mlir_type
from axir_compiler.mlir import ir
from axir_compiler.ops.transformation import VmapOp, with_batch_axis
from axir_compiler.passes.inline import inline_calls
from axir_compiler.transforms.silence import silent_copy

__all__ = ["NamedFunctionsOp", "Signatures", "Slots", "batched_function", "in_front"]

Signatures = Mapping[str, tuple[tuple[Aval, ...], tuple[Aval, ...]]]
Slots = list[Value | None]


class NamedFunctionsOp(HigherOrderOp, same_dtype=False):
    """An op that names functions by symbol."""

    arguments: Tensors

    @staticmethod
    def infer(*xs: Aval, **attrs: Any) -> Aval:
        raise InternalError("the type of a call depends on its callee.")

    @classmethod
    def append(cls, operands: Sequence[Value], results: Sequence[Aval], **attrs: Any) -> list[Value]:
        """Append the op at the current insertion point."""
        return list(cls.create(operands, results, attrs).results)

    def verify_functions(self, functions: Signatures) -> None:
        """Check the op against the types of the functions that it names.

        Raises:
            VerificationError: they do not fit.
        """
        raise NotImplementedError

    def _reached(self, module: ir.Module, operands: set[int]) -> set[int]:
        """What of the callee's results depends on these operands."""
        block = body_of(lookup(module, self.attrs["callee"]))
        found = dependents(block, [block.arguments[i] for i in sorted(operands)], module)
        return {i for i, x in enumerate(terminator_of(block).operands) if x in found}

    def _check(self, what: str, expected: Sequence[Aval], actual: Sequence[Aval]) -> None:
        if tuple(expected) != tuple(actual):
            wanted, given = (", ".join(map(str, side)) for side in (expected, actual))
            raise VerificationError(f"{self.OPERATION_NAME}: {what} must be ({wanted}); got ({given}).")

    def _check_call(self, functions: Signatures) -> tuple[list[Aval], list[Aval]]:
        inputs, outputs = functions["callee"]
        operands, results = ([aval_of(x) for x in side] for side in (self.operands, self.results))
        self._check("operands", inputs, operands)
        self._check("results", outputs, results)
        return operands, results


def _floats(avals: Sequence[Aval]) -> list[Aval]:
    return [a for a in avals if is_inexact(a.dtype)]


class CustomCall(NamedFunctionsOp, same_dtype=False):
    """A call of ``callee``; operands from number ``inputs`` on are values from outside, which have no derivative."""

    callee: Symbol
    inputs: Int
    is_call: ClassVar[bool] = True

    dependent_results = NamedFunctionsOp._reached

    def _refuse_outside(self, tangents: Sequence[Value | None]) -> None:
        if any(t is not None for t in tangents[self.inputs :]):
            raise MissingRuleError(
                f"{self.short_name}: the function uses a value from outside that derivatives are taken with respect "
                "to, for which its rule gives none. Make it an argument of the function."
            )

    def _float_inputs(self, operands: Sequence[Value]) -> list[int]:
        return [i for i in range(self.inputs) if is_inexact(aval_of(operands[i]).dtype)]

    def _float_results(self) -> list[int]:
        return [i for i, r in enumerate(self.results) if is_inexact(aval_of(r).dtype)]

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> Slots:
        """That of the callee, which is linear."""
        linear = tuple(i for i, x in enumerate(operands) if x is None)
        seeds = tuple(i for i, ct in enumerate(cts) if ct is not None)
        rule = transposer.transpose(self.callee, linear, seeds)
        known = [x for x in (*operands, *cts) if x is not None]
        found = ops.call(transposer.module, rule.symbol, known)
        return ops.spread(found, rule.nonzero, len(operands))


def _batched(vectorizer: Any, size: int, symbol: str, axes: Sequence[int]) -> Build:
    """Applies a function to a batch; results have their batch axis in front.

    It is vectorized when it is used: a rule may use the function that it belongs to, without end.
    """
    outputs = signature(lookup(vectorizer.module, symbol))[1]
    attrs: dict[str, Any] = {"in_axes": tuple(axes), "out_axes": (0,) * len(outputs), "size": size}
    attrs["axis_name"] = vectorizer.axis_name
    results = VmapOp.results_for((), outputs, **attrs)

    def build(args: list[Value]) -> list[Value]:
        return list(VmapOp.create(args, results, {**attrs, "callee": symbol}).results)

    return build


def batched_function(vectorizer: Any, size: int, symbol: str, axes: Sequence[int]) -> str:
    """A function that applies another one to a batch; results have their batch axis in front."""
    module = vectorizer.module
    inputs = signature(lookup(module, symbol))[0]
    kinds = [mlir_type(with_batch_axis(a, axis, size)) for a, axis in zip(inputs, axes, strict=True)]
    function = build_function(module, f"{symbol}_batched", kinds, _batched(vectorizer, size, symbol, axes))
    return function.sym_name.value


def in_front(vectorizer: Any, size: int, symbol: str, axes: Sequence[int]) -> str:
    """The vectorized function with all results batched, in front."""
    rule, module = vectorizer.vectorize(symbol, axes, size), vectorizer.module

    def build(args: list[Value]) -> list[Value]:
        found = ops.call(module, rule.symbol, args)
        given = zip(found, rule.out_axes, strict=True)
        return [ops.batch_in_front(x, None if axis == -1 else axis, size) for x, axis in given]

    kinds = list(lookup(module, rule.symbol).type.inputs)
    return build_function(module, f"{symbol}in_front", kinds, build).sym_name.value


def _given_axes(axes: Sequence[int | None]) -> list[int]:
    return [-1 if a is None else a for a in axes]


class CustomJvpOp(CustomCall, name="custom_jvp"):
    """Call of ``callee``, whose derivative is ``rule``.

    The rule takes the inputs, a tangent for each float one of them and the operands from outside, and gives the
    results, then a tangent for each float result.
    """

    rule: Symbol

    def verify_functions(self, functions: Signatures) -> None:
        operands, results = self._check_call(functions)
        inputs, outputs = functions["rule"]
        own, others = operands[: self.inputs], operands[self.inputs :]
        self._check("arguments of the rule", [*own, *_floats(own), *others], inputs)
        self._check("results of the rule", [*results, *_floats(results)], outputs)

    def _with_tangents(self, operands: Sequence[Value], tangents: Sequence[Value | None]) -> list[Value]:
        self._refuse_outside(tangents)
        given = [(operands[i], tangents[i]) for i in self._float_inputs(operands)]
        slopes = [ops.zeros_like(x) if t is None else t for x, t in given]
        return [*operands[: self.inputs], *slopes, *operands[self.inputs :]]

    def _spread(self, tangents: Sequence[Value]) -> Slots:
        return ops.spread(tangents, self._float_results(), len(self.results))

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        linearizer.expand(self.rule)
        found = ops.call(linearizer.module, self.rule, self._with_tangents(operands, tangents))
        count = len(self.results)
        return found[:count], self._spread(found[count:])

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        # The rule's own ops go in here, so that those on tangents can be told from the others.
        module = linearizer.module
        linearizer.expand(self.rule)
        rule = lookup(module, self.rule)
        # Functions with rules of their own keep them for the derivatives of this derivative.
        inline_calls(module, rule, keep_rules=True)
        mapping = dict(zip(body_of(rule).arguments, self._with_tangents(operands, tangents), strict=True))
        for op in body_of(rule).operations:
            if not is_terminator(op):
                copy_op(op, mapping)
        found = [mapping[x] for x in return_op(rule).operands]
        # The results keep the rule, for the derivatives of this derivative; the effects are those of the rule.
        callee, count = silent_copy(module, self.callee), len(self.results)
        results = found[:count]
        if callee is not None:
            avals = [aval_of(r) for r in self.results]
            results = CustomJvpOp.append(operands, avals, **{**self.attrs, "callee": callee})
        return results, self._spread(found[count:])

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        given, floats = _given_axes(axes), self._float_inputs(operands)
        # Tangents are batched as their operands are.
        all_axes = [*given[: self.inputs], *(given[i] for i in floats), *given[self.inputs :]]
        callee = in_front(vectorizer, size, self.callee, given)
        rule = batched_function(vectorizer, size, self.rule, all_axes)
        avals = signature(lookup(vectorizer.module, callee))[1]
        found = CustomJvpOp.append(operands, avals, callee=callee, rule=rule, inputs=self.inputs)
        return found, [0] * len(found)


class CustomVjpOp(CustomCall, name="custom_vjp"):
    """Call of ``callee`` with a reverse-mode derivative of its own.

    ``forward`` takes the operands and gives the results, then residuals; ``backward`` takes the residuals, a cotangent
    for each float result and the operands from outside, and gives a cotangent for each float input.
    """

    forward: Symbol
    backward: Symbol

    def verify_functions(self, functions: Signatures) -> None:
        operands, results = self._check_call(functions)
        inputs, outputs = functions["forward"]
        self._check("arguments of forward", operands, inputs)
        self._check("first results of forward", results, outputs[: len(results)])
        residuals = outputs[len(results) :]
        inputs, outputs = functions["backward"]
        expected = [*residuals, *_floats(results), *operands[self.inputs :]]
        self._check("arguments of backward", expected, inputs)
        self._check("results of backward", _floats(operands[: self.inputs]), outputs)

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        raise _forward_mode()

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        self._refuse_outside(tangents)
        count, active = (
            len(self.results),
            [i for i in self._float_inputs(operands) if tangents[i] is not None],
        )
        linearizer.expand(self.forward)
        found = ops.call(linearizer.module, self.forward, operands)
        residuals = [*found[count:], *operands[self.inputs :]]
        slopes = [t for i in active if (t := tangents[i]) is not None]
        results = self._float_results()
        floats = self._float_inputs(operands)
        dots = CustomLinearOp.append(
            [*residuals, *slopes],
            [aval_of(self.results[i]) for i in results],
            backward=self.backward,
            residuals=len(found) - count,
            known=len(residuals),
            active=tuple(floats.index(i) for i in active),
        )
        return found[:count], ops.spread(dots, results, count)

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        module, given, count = vectorizer.module, _given_axes(axes), len(self.results)
        residuals = len(signature(lookup(module, self.forward))[1]) - count
        fronts = [0] * (residuals + len(self._float_results()))
        wanted = [given[i] for i in self._float_inputs(operands)]
        attrs = {
            "callee": in_front(vectorizer, size, self.callee, given),
            "forward": batched_function(vectorizer, size, self.forward, given),
            "backward": _summed(vectorizer, size, self.backward, [*fronts, *given[self.inputs :]], wanted),
        }
        avals = signature(lookup(module, attrs["callee"]))[1]
        found = CustomVjpOp.append(operands, avals, inputs=self.inputs, **attrs)
        return found, [0] * count


def _summed(vectorizer: Any, size: int, symbol: str, axes: Sequence[int], wanted: Sequence[int]) -> str:
    """A backward rule over a batch: the cotangent of an input that all items share is the sum of theirs."""
    module = vectorizer.module
    inputs = signature(lookup(module, symbol))[0]
    kinds = [mlir_type(with_batch_axis(a, axis, size)) for a, axis in zip(inputs, axes, strict=True)]
    apply = _batched(vectorizer, size, symbol, axes)

    def build(args: list[Value]) -> list[Value]:
        return [
            ops.reduce_sum(x, axes=(0,)) if at == -1 else ops.move_axis(x, 0, at)
            for x, at in zip(apply(args), wanted, strict=True)
        ]

    return build_function(module, f"{symbol}_batched", kinds, build).sym_name.value


class CustomLinearOp(NamedFunctionsOp, name="custom_linear"):
    """The linear part of a function with a reverse-mode rule: known by its transpose ``backward`` alone.

    Operands: the residuals, the values from outside, and a tangent for each input listed in ``active``, by its number
    among the float inputs.
    """

    backward: Symbol
    residuals: Int
    known: Int
    active: Ints

    def verify_functions(self, functions: Signatures) -> None:
        operands, results = ([aval_of(x) for x in side] for side in (self.operands, self.results))
        inputs, outputs = functions["backward"]
        expected = [*operands[: self.residuals], *results, *operands[self.residuals : self.known]]
        self._check("arguments of backward", expected, inputs)
        self._check("tangents", [outputs[i] for i in self.active], operands[self.known :])

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> Slots:
        known = [x for x in operands[: self.known] if x is not None]
        if len(known) < self.known:
            raise MissingRuleError(
                "transpose: the residuals of a custom_vjp function depend on linear arguments."
            )
        seeds = [ops.zeros(aval_of(r)) if ct is None else ct for r, ct in zip(self.results, cts, strict=True)]
        arguments = [*known[: self.residuals], *seeds, *known[self.residuals :]]
        transposer.expand(self.backward)
        found = ops.call(transposer.module, self.backward, arguments)
        return [*([None] * self.known), *(found[i] for i in self.active)]

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        raise _forward_mode()

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        raise _forward_mode()

    @staticmethod
    def numpy(*xs: Any, **attrs: Any) -> Any:
        raise _forward_mode()

    def lower(self, *operands: Value) -> Value:
        raise _forward_mode()


def _forward_mode() -> MissingRuleError:
    return MissingRuleError(
        "custom_vjp: the function has a reverse-mode rule only, and forward mode (jvp, jacfwd, linearize) was asked "
        "for. Use custom_jvp, whose rule serves both."
    )


class CheckpointOp(NamedFunctionsOp, name="checkpoint"):
    """Call of ``callee`` whose derivative computes what it needs again instead of keeping it.

    ``policy`` says which values are kept after all: ``nothing``, ``everything``, ``dots``, ``dots_without_batch``,
    ``names:a:b`` or ``others:a:b`` (all but these names).
    """

    callee: Symbol
    policy: Str
    is_call: ClassVar[bool] = True

    def verify_functions(self, functions: Signatures) -> None:
        self._check_call(functions)
        if self.policy.partition(":")[0] not in _POLICIES:
            raise VerificationError(
                f"{self.OPERATION_NAME}: there is no policy {self.policy!r}; the policies are {', '.join(_POLICIES)}."
            )

    dependent_results = NamedFunctionsOp._reached
    transpose_with = CustomCall.transpose_with

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        wrt = tuple(i for i, t in enumerate(tangents) if t is not None)
        rule, count = linearizer.jvp(self.callee, wrt), len(self.results)
        outputs = signature(lookup(linearizer.module, rule.symbol))[1]
        given = [*operands, *(t for t in tangents if t is not None)]
        found = CheckpointOp.append(given, outputs, callee=rule.symbol, policy=self.policy)
        return found[:count], ops.spread(found[count:], rule.nonzero, count)

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        module, count = linearizer.module, len(self.results)
        wrt = tuple(i for i, t in enumerate(tangents) if t is not None)
        rule = linearizer.linearize(self.callee, wrt)
        parts = _Recomputation(module, rule.forward, count, self.policy)
        found = ops.call(module, parts.forward, operands)
        saved = found[count:]

        def build(args: list[Value]) -> list[Value]:
            known, dots = args[: len(operands) + len(saved)], args[len(operands) + len(saved) :]
            # Without the barrier the two computations would be found equal, and merged.
            again = ops.call(module, parts.again, [ops.optimization_barrier(x) for x in known])
            return ops.call(module, rule.linear, [*again, *dots])

        given = [*operands, *saved, *(t for t in tangents if t is not None)]
        linear = build_function(module, f"{self.callee}_again", [x.type for x in given], build)
        dots = ops.call(module, linear.sym_name.value, given)
        return found[:count], ops.spread(dots, rule.nonzero, count)

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        rule = vectorizer.vectorize(self.callee, _given_axes(axes), size)
        outputs = signature(lookup(vectorizer.module, rule.symbol))[1]
        found = CheckpointOp.append(operands, outputs, callee=rule.symbol, policy=self.policy)
        return found, list(rule.out_axes)


def _without_batch(op: AxirOp) -> bool:
    return op.short_name == "dot_general" and not op.attrs["lhs_batch"]


_POLICIES = {
    "nothing": lambda op, names: False,
    "everything": lambda op, names: True,
    "dots": lambda op, names: op.short_name in ("dot_general", "convolution"),
    "dots_without_batch": lambda op, names: _without_batch(op),
    "names": lambda op, names: op.short_name == "checkpoint_name" and op.label in names,
    "others": lambda op, names: op.short_name != "checkpoint_name" or op.label not in names,
}


class _Recomputation:
    """A forward part cut in two: what gives the results and the values that are kept, and what makes the residuals.

    ``forward(args) -> (results, saved)``; ``again(args, saved) -> residuals``.
    """

    def __init__(self, module: ir.Module, symbol: str, results: int, policy: str):
        self._function = lookup(module, symbol)
        inline_calls(module, self._function, keep_rules=True)
        kind, *names = policy.split(":")
        self._saves = lambda op: isinstance(op, AxirOp) and _POLICIES[kind](op, names)
        returned = list(return_op(self._function).operands)
        saved = self._saved(returned[results:])
        self.forward = self._copy(module, f"{symbol}_saving", [], [*returned[:results], *saved])
        # Effects are those of the first computation.
        self.again = self._copy(module, f"{symbol}_residuals", saved, returned[results:], effects=False)

    def _saved(self, residuals: Sequence[Value]) -> list[Value]:
        """The values to keep: those nearest to the residuals that the policy takes."""
        needed, kept = set(residuals), []
        for op in reversed(list(body_of(self._function).operations)):
            used = [r for r in op.results if r in needed]
            named = getattr(op, "short_name", "") == "checkpoint_name"
            if named and op.operands[0] in needed:
                used = [op.operands[0]]
            if used and ((self._saves(op) and len(op.operands)) or has_effect(op)):
                # What a name is given to is the same value.
                kept.extend(op.operands if named else used)
            elif used:
                needed.update(op.operands)
        return list(dict.fromkeys(kept))

    def _copy(
        self,
        module: ir.Module,
        name: str,
        given: Sequence[Value],
        results: Sequence[Value],
        effects: bool = True,
    ) -> str:
        """The function with some of its values as further arguments, and other results."""
        block = body_of(self._function)
        sources = [*block.arguments, *given]
        builder = FunctionBuilder(module, name, [x.type for x in sources])
        mapping = dict(zip(sources, builder.arguments, strict=True))
        acting = {i for i, op in enumerate(block.operations) if effects and has_effect(op)}
        wanted = [x for i in acting for x in block.operations[i].operands]
        needed = _slice(block, [*results, *wanted], set(sources))
        with builder:
            for i, op in enumerate(block.operations):
                if not is_terminator(op) and (i in acting or any(r in needed for r in op.results)):
                    with op.location:
                        copied = {**mapping}
                        copy_op(op, copied)
                        mapping = {**copied, **mapping}
        builder.finish([mapping[x] for x in results])
        return builder.name


def _slice(block: ir.Block, results: Sequence[Value], known: set[Value]) -> set[Value]:
    """The values that must be computed for ``results`` where ``known`` ones are given."""
    needed = set(results) - known
    for op in reversed(list(block.operations)):
        if any(r in needed for r in op.results):
            needed.update(x for x in op.operands if x not in known)
    return needed
