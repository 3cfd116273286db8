"""Calls of Python functions from programs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir_compiler import ops
from axir_compiler.errors import MissingRuleError, ShapeError, VerificationError
from axir_compiler.ir.attributes import Int, Str, Tensors, Types
from axir_compiler.ir.host_functions import HostFunction, host_object, why_no_derivative
from axir_compiler.ir.module import functions, walk
from axir_compiler.ir.op import Value
from axir_compiler.ir.region import HigherOrderOp, build_function
from axir_compiler.ir.types import Aval, aval_of
from axir_compiler.later import builders
from axir_compiler.mlir import ir
from axir_compiler.ops.scan import ScanOp

__all__ = ["EFFECTS", "VMAP_METHODS", "CallbackOp", "number_callbacks"]

EFFECTS = ("pure", "io", "ordered_io", "debug", "ordered_debug")
"""Kinds of callbacks. All but the pure ones are neither dropped nor merged, and run in the order of the program."""

VMAP_METHODS = (
    "none",
    "sequential",
    "sequential_unrolled",
    "expand_dims",
    "broadcast_all",
    "legacy_vectorized",
)
"""What a pure callback does over a batch."""


class CallbackOp(HigherOrderOp, name="callback", same_dtype=False, arithmetic=0):
    """Call of the Python function number ``function``, which gives arrays of the types ``outputs``.

    ``effect`` is ``pure``, ``io``, ``ordered_io``, ``debug`` or ``ordered_debug``: all but pure ones run as often
    as the program says, in its order. ``vmap_method`` says what a pure one does over a batch: ``none`` (an error),
    ``sequential``, ``sequential_unrolled``, ``expand_dims``, ``broadcast_all`` or ``legacy_vectorized``.
    """

    arguments: Tensors
    function: Int
    outputs: Types
    effect: Str
    vmap_method: Str

    @staticmethod
    def infer(
        *xs: Aval, function: int, outputs: tuple[Aval, ...], effect: str, vmap_method: str
    ) -> tuple[Aval, ...]:
        for name, given, known in (("effect", effect, EFFECTS), ("vmap_method", vmap_method, VMAP_METHODS)):
            if given not in known:
                raise VerificationError(f"{name} must be one of {', '.join(known)}; got {given!r}.")
        if outputs and "debug" in effect:
            raise ShapeError(f"a callback for debugging gives no results; got {len(outputs)}.")
        return outputs

    @staticmethod
    def numpy(*xs: Any, function: int, outputs: tuple[Aval, ...], effect: str, vmap_method: str) -> Any:
        return _evaluator(function, outputs, effect)(*xs)

    def evaluation(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        # Holds the function for as long as the plan lives.
        return _evaluator(self.function, self.outputs, self.effect), {}

    @property
    def has_effect(self) -> bool:
        return self.effect != "pure"

    @property
    def repeatable(self) -> bool:
        # The user may count on a call for each evaluation.
        return False

    # Differentiation. ---------------------------------------------------------------------------

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        if "debug" not in self.effect:
            raise MissingRuleError(
                why_no_derivative(self.function)
                or f"jvp: {_TITLES[self.effect]} has no derivative rule, since axir cannot look into a Python "
                "function. Wrap it in a function with custom_jvp or custom_vjp, or use stop_gradient on its arguments."
            )
        self.rebuild(*operands)
        return [], []

    linearize_with = jvp_with

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> list[Value | None]:
        raise MissingRuleError(
            f"transpose: {_TITLES[self.effect]} is not linear in its arguments. Wrap it in a function with custom_vjp."
        )

    # Batching. ----------------------------------------------------------------------------------

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        if self.effect == "ordered_io":
            raise MissingRuleError(
                "vmap: io_callback with ordered=True has no place in a batch, whose items have no order. Use "
                "ordered=False, or axir.lax.map instead of vmap."
            )
        fronts = [
            x if axis is None else ops.move_axis(x, axis, 0) for x, axis in zip(operands, axes, strict=True)
        ]
        batched = [axis is not None for axis in axes]
        if self.effect != "pure" or "sequential" in self.vmap_method:
            found = self._for_each(vectorizer.module, size, batched, fronts)
        else:
            found = self._at_once(size, batched, fronts)
        return found, [0] * len(found)

    def _for_each(
        self, module: ir.Module, size: int, batched: Sequence[bool], operands: Sequence[Value]
    ) -> list[Value]:
        """One call for each item."""
        xs = [x for x, b in zip(operands, batched, strict=True) if b]
        consts = [x for x, b in zip(operands, batched, strict=True) if not b]
        items = [ir.RankedTensorType.get(x.type.shape[1:], x.type.element_type) for x in xs]

        def build(args: list[Value]) -> list[Value]:
            own, shared = iter(args[: len(xs)]), iter(args[len(xs) :])
            return _results(self.rebuild(*(next(own if b else shared) for b in batched)))

        body = build_function(module, "callback_body", [*items, *(x.type for x in consts)], build)
        attrs = {"carry": 0, "xs": len(xs), "length": size, "reverse": False}
        return ScanOp.assemble([*xs, *consts], [body], attrs)

    def _at_once(self, size: int, batched: Sequence[bool], operands: Sequence[Value]) -> list[Value]:
        """One call for all items, on arguments with a further axis in front."""
        method = self.vmap_method
        if method == "none":
            known = ", ".join(repr(m) for m in VMAP_METHODS[1:])
            raise MissingRuleError(
                f"vmap: a pure_callback must say what it does over a batch; give it a vmap_method, one of {known}."
            )
        width = {"expand_dims": 1, "broadcast_all": size}.get(method)
        given = [
            x if b or width is None else ops.broadcast_axis(x, 0, width)
            for x, b in zip(operands, batched, strict=True)
        ]
        outputs = tuple(Aval((size, *a.shape), a.dtype) for a in self.outputs)
        return _results(self.rebuild(*given, outputs=outputs))

    def lower(self, *operands: Value) -> list[Value]:
        arguments = [aval_of(x) for x in self.operands]
        return builders.host_call(self.function, operands, arguments, self.outputs, effect=self.has_effect)


_TITLES = {
    "pure": "pure_callback",
    "io": "io_callback",
    "ordered_io": "io_callback",
    "debug": "debug.callback",
    "ordered_debug": "debug.callback",
}


def _results(built: Any) -> list[Value]:
    """What building an op gave, as a list."""
    return list(built) if isinstance(built, tuple) else [built]


def _evaluator(number: int, outputs: tuple[Aval, ...], effect: str) -> Callable[..., Any]:
    host = host_object(number, HostFunction)

    def evaluate(*arrays: Any) -> Any:
        found = host.evaluate(arrays, outputs, effect != "pure")
        return found[0] if len(found) == 1 else found

    return evaluate


def number_callbacks(module: ir.Module) -> tuple[int, ...]:
    """Number the Python functions that a module calls by their first use, 0, 1, ...; gives the old numbers in order.

    What is compiled depends on these positions only: in another process the same program calls other functions.
    """
    positions: dict[int, int] = {}
    for function in functions(module).values():
        for op in walk(function):
            if isinstance(op, CallbackOp):
                position = positions.setdefault(op.function, len(positions))
                op.attributes["function"] = CallbackOp.encode({"function": position})["function"]
    return tuple(positions)
