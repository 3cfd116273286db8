"""Calls of functions that say themselves what they are over a batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from axir_compiler import ops
from axir_compiler.errors import MissingRuleError
from axir_compiler.ir.attributes import Int
from axir_compiler.ir.host_functions import HostObject, host_object
from axir_compiler.ir.module import functions, lookup, signature, walk
from axir_compiler.ir.op import Value
from axir_compiler.ir.region import build_function
from axir_compiler.ir.types import Aval, aval_of, is_inexact, mlir_type
from axir_compiler.mlir import ir
from axir_compiler.ops.custom import CustomCall, Signatures, Slots
from axir_compiler.ops.transformation import JvpOp, with_batch_axis

__all__ = ["BatchingRule", "CustomVmapOp", "TracedRule", "names_batching_rules"]


class TracedRule(NamedTuple):
    """A private function that a rule made, and which of its results have a batch axis, in front."""

    symbol: str
    batched: tuple[bool, ...]


class BatchingRule(HostObject):
    """What a function is over a batch."""

    __slots__ = ("_jvps",)

    named_by = "custom_vmap"

    def __init__(self) -> None:
        super().__init__()
        self._jvps: dict[tuple[tuple[int, ...], tuple[int, ...]], BatchingRule] = {}

    def trace(
        self, module: ir.Module, size: int, batched: tuple[bool, ...], inputs: Sequence[Aval]
    ) -> TracedRule:
        """Add the function over ``size`` items to the module; batched arguments have their batch axis in front.

        Args:
            module: where the function goes.
            size: length of the batch.
            batched: which of the arguments are batched.
            inputs: types of the arguments, with the batch axis.
        """
        raise NotImplementedError

    def jvp(self, wrt: tuple[int, ...], nonzero: tuple[int, ...]) -> BatchingRule:
        """The rule of the forward derivative: arguments, tangents of ``wrt`` to results, tangents of ``nonzero``."""
        found = self._jvps.get((wrt, nonzero))
        if found is None:
            found = self._jvps.setdefault((wrt, nonzero), _JvpRule(self, wrt, nonzero))
        return found


class _JvpRule(BatchingRule):
    """The forward derivative of what another rule makes."""

    __slots__ = ("_nonzero", "_rule", "_wrt")

    def __init__(self, rule: BatchingRule, wrt: tuple[int, ...], nonzero: tuple[int, ...]):
        super().__init__()
        self._rule = rule
        self._wrt = wrt
        self._nonzero = nonzero

    def trace(
        self, module: ir.Module, size: int, batched: tuple[bool, ...], inputs: Sequence[Aval]
    ) -> TracedRule:
        count = len(batched) - len(self._wrt)
        # An argument and its tangent are batched together.
        both = list(batched[:count])
        for i, b in zip(self._wrt, batched[count:], strict=True):
            both[i] |= b
        wanted = [*both, *(both[i] for i in self._wrt)]
        kinds = [
            with_batch_axis(a, 0, size) if w and not b else a
            for a, b, w in zip(inputs, batched, wanted, strict=True)
        ]
        rule = self._rule.trace(module, size, tuple(both), kinds[:count])
        primals, outputs = signature(lookup(module, rule.symbol))
        results = JvpOp.results_for(primals, outputs, wrt=self._wrt)
        floats = [i for i, a in enumerate(outputs) if is_inexact(a.dtype)]

        def build(args: list[Value]) -> list[Value]:
            given = [
                ops.broadcast_axis(x, 0, size) if w and not b else x
                for x, b, w in zip(args, batched, wanted, strict=True)
            ]
            found = JvpOp.create(given, results, {"callee": rule.symbol, "wrt": self._wrt}).results
            slopes = dict(zip(floats, list(found)[len(outputs) :], strict=True))
            return [*list(found)[: len(outputs)], *(slopes[i] for i in self._nonzero)]

        function = build_function(module, f"{rule.symbol}_jvp", list(map(mlir_type, inputs)), build)
        return TracedRule(function.sym_name.value, (*rule.batched, *(rule.batched[i] for i in self._nonzero)))


class CustomVmapOp(CustomCall, name="custom_vmap"):
    """Call of ``callee``, which the batching rule number ``rule`` replaces under vmap.

    The rule takes the first ``inputs`` operands; the others are values from outside that ``callee`` uses.
    """

    rule: Int

    def verify_functions(self, functions: Signatures) -> None:
        self._check_call(functions)

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        self._refuse_outside(tangents)
        module, count = linearizer.module, self.inputs
        wrt = tuple(i for i, t in enumerate(tangents) if t is not None)
        derived = linearizer.jvp(self.callee, wrt)
        outputs = signature(lookup(module, derived.symbol))[1]
        dots = [t for t in tangents if t is not None]
        given = [*operands[:count], *dots, *operands[count:]]

        def build(args: list[Value]) -> list[Value]:
            own, slopes, outside = args[:count], args[count : count + len(wrt)], args[count + len(wrt) :]
            return ops.call(module, derived.symbol, [*own, *outside, *slopes])

        callee = build_function(module, f"{self.callee}_jvp", [x.type for x in given], build)
        found = CustomVmapOp.append(
            given,
            outputs,
            callee=callee.sym_name.value,
            inputs=count + len(wrt),
            rule=host_object(self.rule, BatchingRule).jvp(wrt, derived.nonzero).number,
        )
        results = len(self.results)
        return found[:results], ops.spread(found[results:], derived.nonzero, results)

    def linearize_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], Slots]:
        """That of the callee: the two halves have no batching rule of their own."""
        module, count = linearizer.module, len(self.results)
        dots = [t for t in tangents if t is not None]
        rule = linearizer.linearize(self.callee, tuple(i for i, t in enumerate(tangents) if t is not None))
        found = ops.call(module, rule.forward, operands)
        slopes = ops.call(module, rule.linear, [*found[count:], *dots])
        return found[:count], ops.spread(slopes, rule.nonzero, count)

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        if any(axis is not None for axis in axes[self.inputs :]):
            raise MissingRuleError(
                "custom_vmap: the function uses a batched value from outside, which its rule does not see. Make it an "
                "argument of the function."
            )
        given = [
            x if axis is None else ops.move_axis(x, axis, 0)
            for x, axis in zip(operands[: self.inputs], axes, strict=False)
        ]
        batched = tuple(axis is not None for axis in axes[: self.inputs])
        rule = host_object(self.rule, BatchingRule).trace(
            vectorizer.module, size, batched, list(map(aval_of, given))
        )
        found = ops.call(vectorizer.module, rule.symbol, given)
        return found, [0 if b else -1 for b in rule.batched]


def names_batching_rules(module: ir.Module) -> bool:
    """Whether a module names rules of this process, which mean nothing in another one."""
    return any(isinstance(op, CustomVmapOp) for f in functions(module).values() for op in walk(f))
