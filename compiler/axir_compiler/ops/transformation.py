"""Transformations of functions as ops: each names a private function and stands for a call of its transform.

The pass ``expand-transforms`` replaces them, innermost first, by calls of rewritten functions. Their result
types follow from the callee's type, so they are checked with the module at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from axir_compiler.errors import InternalError, ShapeError
from axir_compiler.ir.attributes import Int, Ints, Symbol, Tensors
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import Aval, is_float

Avals = Sequence[Aval]


class TransformationOp(AxirOp, same_dtype=False):
    """Call of a transformed ``callee``."""

    arguments: Tensors
    callee: Symbol
    is_transformation: ClassVar[bool] = True

    @staticmethod
    def infer(*xs: Aval, **attrs: object) -> Aval:
        raise InternalError("the type of a transformation depends on its callee; use results_for.")

    @classmethod
    def results_for(cls, inputs: Avals, outputs: Avals, **attrs: object) -> tuple[Aval, ...]:
        """Result types for a callee with these argument and result types."""
        raise NotImplementedError

    @classmethod
    def operands_for(cls, inputs: Avals, outputs: Avals, **attrs: object) -> tuple[Aval, ...]:
        """Operand types for a callee with these argument and result types."""
        raise NotImplementedError


class JvpOp(TransformationOp, name="jvp"):
    """Results of ``callee``, then the tangents of its float results.

    Operands: the callee's arguments, then the tangents of the arguments listed in ``wrt``.
    """

    wrt: Ints

    @classmethod
    def operands_for(cls, inputs: Avals, outputs: Avals, *, wrt: tuple[int, ...]) -> tuple[Aval, ...]:
        return (*inputs, *(inputs[i] for i in wrt))

    @classmethod
    def results_for(cls, inputs: Avals, outputs: Avals, *, wrt: tuple[int, ...]) -> tuple[Aval, ...]:
        return (*outputs, *(a for a in outputs if is_float(a.dtype)))


class VjpOp(TransformationOp, name="vjp"):
    """Results of ``callee``, then the cotangents of its arguments listed in ``wrt``.

    Operands: the callee's arguments, then the cotangents of the results listed in ``seeds``. It stands for
    linearization followed by transposition of the linear part.
    """

    wrt: Ints
    seeds: Ints

    @classmethod
    def operands_for(
        cls, inputs: Avals, outputs: Avals, *, wrt: tuple[int, ...], seeds: tuple[int, ...]
    ) -> tuple[Aval, ...]:
        return (*inputs, *(outputs[i] for i in seeds))

    @classmethod
    def results_for(
        cls, inputs: Avals, outputs: Avals, *, wrt: tuple[int, ...], seeds: tuple[int, ...]
    ) -> tuple[Aval, ...]:
        return (*outputs, *(inputs[i] for i in wrt))


class LinearTransposeOp(TransformationOp, name="linear_transpose"):
    """Cotangents of the arguments listed in ``wrt``, in which ``callee`` is linear.

    Operands: the callee's other arguments, then the cotangents of all its results.
    """

    wrt: Ints

    @classmethod
    def operands_for(cls, inputs: Avals, outputs: Avals, *, wrt: tuple[int, ...]) -> tuple[Aval, ...]:
        return (*(a for i, a in enumerate(inputs) if i not in wrt), *outputs)

    @classmethod
    def results_for(cls, inputs: Avals, outputs: Avals, *, wrt: tuple[int, ...]) -> tuple[Aval, ...]:
        return tuple(inputs[i] for i in wrt)


class VmapOp(TransformationOp, name="vmap"):
    """``callee`` over a batch of ``size``: one axis more on the arguments and results.

    ``in_axes`` and ``out_axes`` say where the batch axis is; -1 marks one that is the same for all items.
    """

    in_axes: Ints
    out_axes: Ints
    size: Int

    @classmethod
    def operands_for(
        cls, inputs: Avals, outputs: Avals, *, in_axes: tuple[int, ...], out_axes: tuple[int, ...], size: int
    ) -> tuple[Aval, ...]:
        return tuple(_with_axis(a, axis, size) for a, axis in zip(inputs, in_axes, strict=True))

    @classmethod
    def results_for(
        cls, inputs: Avals, outputs: Avals, *, in_axes: tuple[int, ...], out_axes: tuple[int, ...], size: int
    ) -> tuple[Aval, ...]:
        return tuple(_with_axis(a, axis, size) for a, axis in zip(outputs, out_axes, strict=True))


def _with_axis(aval: Aval, axis: int, size: int) -> Aval:
    if axis == -1:
        return aval
    if not 0 <= axis <= aval.ndim:
        raise ShapeError(f"batch axis must be in [0, {aval.ndim}] for {aval}; got {axis}.")
    return Aval((*aval.shape[:axis], size, *aval.shape[axis:]), aval.dtype)
