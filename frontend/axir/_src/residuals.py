"""``axir.ad_checkpoint.print_saved_residuals``: what reverse mode keeps of a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from axir._src import pytree
from axir._src.array import Array
from axir._src.autodiff import forward_half
from axir._src.call import flatten_arrays, name_of, trace_flat
from axir._src.execute import transform
from axir._src.trace import Frame
from axir_compiler.ir.module import body_of, is_terminator, lookup, terminator_of
from axir_compiler.ir.op import AxirOp
from axir_compiler.ir.places import place_of
from axir_compiler.ir.types import aval_of, is_inexact
from axir_compiler.mlir import func, ir
from axir_compiler.ops.elementwise_unary import CheckpointNameOp

__all__ = ["print_saved_residuals"]


def print_saved_residuals(f: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
    """Print the values that ``linearize``, ``vjp`` and ``grad`` of a function keep, a line for each.

    A line gives the type of the value and where it comes from: the argument, a value from outside, or an operation with
    the user's line. Nothing is computed.

    Args:
        f: A function of pytrees of arrays, such as one under ``axir.checkpoint``.
        *args, **kwargs: Its arguments; derivatives are taken with respect to all floats among them.

    Raises: DTypeError if an argument is no array; MissingRuleError if ``f`` has no derivative.

    Example:
        >>> import axir, axir.numpy as np
        >>> axir.ad_checkpoint.print_saved_residuals(lambda x, y: x * y, np.ones(3), np.ones(3))
        f32[3] from argument 0
        f32[3] from argument 1
    """
    title = f"print_saved_residuals({name_of(f)})"
    leaves, tree = flatten_arrays(title, (args, kwargs), pytree.call_names)
    wrt = tuple(i for i, x in enumerate(leaves) if is_inexact(x.dtype))
    lines: list[str] = []

    def flat(tracers: Sequence[Array]) -> list[Array]:
        given, named = pytree.unflatten(tree, tracers)
        return flatten_arrays(title, f(*given, **named))[0]

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        function = trace_flat(frame, name_of(f), flat, arrays)
        forward = forward_half(frame, function, wrt)
        body = body_of(lookup(frame.program.module, forward.symbol))
        lines[:] = _described(
            frame.program.module, body, len(function.outputs), pytree.call_names((args, kwargs))
        )
        return []

    transform("main", run, leaves)
    for line in lines:
        print(line)


def _described(module: ir.Module, body: ir.Block, results: int, names: Sequence[str]) -> Iterator[str]:
    """A line for each value that a function gives beyond its results."""
    kept = set(list(terminator_of(body).operands)[results:])
    for i, x in enumerate(body.arguments):
        if x in kept:
            yield f"{aval_of(x)} from {names[i] if i < len(names) else 'outside'}"
    for op in body.operations:
        if not is_terminator(op):
            for i, x in enumerate(op.results):
                if x in kept:
                    yield f"{aval_of(x)} {_source(module, op, i)}"


def _source(module: ir.Module, op: ir.OpView, number: int) -> str:
    """The operation behind a result, within the function if it is that of a call."""
    if isinstance(op, func.CallOp):
        inner = body_of(lookup(module, op.callee.value))
        value = terminator_of(inner).operands[number]
        for below in inner.operations:
            if value in list(below.results):
                return _source(module, below, list(below.results).index(value))
        return f"argument of {op.callee.value} at {place_of(op)}"
    label = op.attrs["label"] if isinstance(op, CheckpointNameOp) else None
    place = place_of(op)
    return (f"named {label!r}" if label else f"output of {_name(op)}") + (f" at {place}" if place else "")


def _name(op: ir.OpView) -> str:
    return op.short_name if isinstance(op, AxirOp) else op.operation.name
