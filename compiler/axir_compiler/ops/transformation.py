"""Transformations of functions as ops: each names a private function and stands for a call of its transform.

The pass ``expand-transforms`` replaces them, innermost first, by calls of rewritten functions. Their result
types follow from the callee's type, so they are checked with the module at hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from axir_compiler.errors import InternalError, ShapeError
from axir_compiler.ir.attributes import Int, Ints, Str, Symbol, Tensors
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.types import Aval, is_inexact

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
    def check(cls, inputs: Avals, outputs: Avals, **attrs: tuple[int, ...]) -> None:
        """Check the attributes against the callee's argument and result types.

        Raises:
            ShapeError: a position does not exist, or belongs to a value that has no derivative.
        """
        for name, avals, what in (("wrt", inputs, "arguments"), ("seeds", outputs, "results")):
            _check_positions(name, attrs.get(name, ()), avals, what)

    @classmethod
    def results_for(cls, inputs: Avals, outputs: Avals, **attrs: object) -> tuple[Aval, ...]:
        """Result types for a callee with these argument and result types."""
        raise NotImplementedError

    @classmethod
    def operands_for(cls, inputs: Avals, outputs: Avals, **attrs: object) -> tuple[Aval, ...]:
        """Operand types for a callee with these argument and result types."""
        raise NotImplementedError


def _check_positions(name: str, positions: tuple[int, ...], avals: Avals, what: str) -> None:
    floats = [i for i, a in enumerate(avals) if is_inexact(a.dtype)]
    if len(set(positions)) != len(positions) or not set(positions) <= set(floats):
        raise ShapeError(
            f"{name} must list distinct float {what} of the callee, of {floats}; got {positions}."
        )


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
        return (*outputs, *(a for a in outputs if is_inexact(a.dtype)))


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

    ``in_axes`` and ``out_axes`` say where the batch axis is; -1 marks one that is the same for all items. Ops of the
    callee may refer to the batch by ``axis_name``, unless that is empty.
    """

    in_axes: Ints
    out_axes: Ints
    size: Int
    axis_name: Str

    @classmethod
    def check(
        cls,
        inputs: Avals,
        outputs: Avals,
        *,
        in_axes: tuple[int, ...],
        out_axes: tuple[int, ...],
        size: int,
        axis_name: str,
    ) -> None:
        for name, axes, avals in (("in_axes", in_axes, inputs), ("out_axes", out_axes, outputs)):
            if len(axes) != len(avals):
                raise ShapeError(f"{name} must have one axis for each of {len(avals)} values; got {axes}.")
        if size < 0:
            raise ShapeError(f"size must not be negative; got {size}.")

    @classmethod
    def operands_for(
        cls,
        inputs: Avals,
        outputs: Avals,
        *,
        in_axes: tuple[int, ...],
        out_axes: tuple[int, ...],
        size: int,
        axis_name: str,
    ) -> tuple[Aval, ...]:
        return tuple(with_batch_axis(a, axis, size) for a, axis in zip(inputs, in_axes, strict=True))

    @classmethod
    def results_for(
        cls,
        inputs: Avals,
        outputs: Avals,
        *,
        in_axes: tuple[int, ...],
        out_axes: tuple[int, ...],
        size: int,
        axis_name: str,
    ) -> tuple[Aval, ...]:
        return tuple(with_batch_axis(a, axis, size) for a, axis in zip(outputs, out_axes, strict=True))


def with_batch_axis(aval: Aval, axis: int, size: int) -> Aval:
    """The type of a value with a batch axis, -1 for none."""
    if axis == -1:
        return aval
    if not 0 <= axis <= aval.ndim:
        raise ShapeError(f"batch axis must be in [0, {aval.ndim}] for {aval}; got {axis}.")
    return Aval((*aval.shape[:axis], size, *aval.shape[axis:]), aval.dtype)
