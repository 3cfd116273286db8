"""Checks of the user's in a program: what fails is reported by whoever makes them part of its results, or raised."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import CheckError, DTypeError, MissingRuleError
from axir_compiler.ir.attributes import Bool, Int, Tensor, Tensors
from axir_compiler.ir.host_functions import HostObject, effects_are_silent, host_object
from axir_compiler.ir.op import Value
from axir_compiler.ir.region import HigherOrderOp
from axir_compiler.ir.types import Aval, aval_of

__all__ = ["CheckMessage", "CheckOp"]

_PREDICATE = Aval((), np.dtype(bool))


class CheckMessage(HostObject):
    """What there is to say where a check fails; ``kind`` is that of the error."""

    __slots__ = ("kind",)

    named_by = "check"

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind

    def fail(self, payload: Sequence[np.ndarray]) -> NoReturn:
        """Raise the error of a check that failed with these values.

        Raises:
            CheckError: always.
        """
        raise NotImplementedError


class CheckOp(HigherOrderOp, name="check", same_dtype=False, arithmetic=0):
    """The error number ``error`` of this process, about the values of ``payload``, if ``failed`` holds.

    The rewrite that makes errors part of the results replaces it (``transforms/checks.py``). Evaluated without that it
    raises, or does nothing if it is for ``debug`` only; a compiled program cannot raise.
    """

    failed: Tensor
    payload: Tensors
    error: Int
    debug: Bool

    @staticmethod
    def infer(*xs: Aval, error: int, debug: bool) -> tuple[Aval, ...]:
        if xs[0] != _PREDICATE:
            raise DTypeError(f"whether a check failed must be a bool scalar; got {xs[0]}.")
        return ()

    @staticmethod
    def numpy(*xs: Any, error: int, debug: bool) -> Any:
        return _evaluator(error, debug)(*xs)

    def evaluation(self) -> tuple[Callable[..., Any], dict[str, Any]]:
        # Holds the message for as long as the plan lives.
        return _evaluator(self.error, self.debug), {}

    @property
    def has_effect(self) -> bool:
        return True

    def jvp_with(
        self, linearizer: Any, operands: Sequence[Value], tangents: Sequence[Value | None]
    ) -> tuple[list[Value], list[Value | None]]:
        self.rebuild(*operands)
        return [], []

    linearize_with = jvp_with

    def transpose_with(
        self, transposer: Any, cts: Sequence[Value | None], operands: Sequence[Value | None]
    ) -> list[Value | None]:
        raise MissingRuleError(
            "transpose: a check is not linear in what it tests. Apply stop_gradient to it, or take the check out of "
            "the linear function."
        )

    def batch_with(
        self, vectorizer: Any, size: int, axes: Sequence[int | None], operands: Sequence[Value]
    ) -> tuple[list[Value], list[int]]:
        """The check of whether any item fails, about the values of the last one that does."""
        if size:
            failed, *payload = (
                ops.batch_in_front(x, axis, size) for x, axis in zip(operands, axes, strict=True)
            )
            backwards = ops.argmax(
                ops.reverse(failed, dimensions=(0,)), axis=0, index_dtype=np.dtype("int32")
            )
            item = ops.sub(ops.full((), size - 1, np.dtype("int32")), backwards)
            self.rebuild(ops.reduce_or(failed, axes=(0,)), *(_item(x, item) for x in payload))
        return [], []

    def lower(self, *operands: Value) -> list[Value]:
        if not self.debug:
            raise CheckError(
                "check: a compiled program cannot raise the error of a check. Apply "
                "axir.experimental.checkify.checkify to the function under jit, or use debug_check."
            )
        return []


def _item(x: Value, index: Value) -> Value:
    shape = aval_of(x).shape
    zero = ops.zeros_like(index)
    row = ops.dynamic_slice(x, index, *([zero] * (len(shape) - 1)), sizes=(1, *shape[1:]))
    return ops.reshape(row, shape=shape[1:])


def _evaluator(number: int, debug: bool) -> Callable[..., Any]:
    message = host_object(number, CheckMessage)

    def evaluate(failed: Any, *payload: Any) -> tuple[()]:
        if failed and not debug and not effects_are_silent():
            message.fail([np.asarray(x) for x in payload])
        return ()

    return evaluate
