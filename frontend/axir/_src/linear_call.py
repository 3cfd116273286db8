"""Linear functions whose transpose is given by another function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir._src import pytree
from axir._src.array import Array
from axir._src.call import flatten_arrays, name_of, trace_flat
from axir._src.convert import convert
from axir._src.execute import transform
from axir._src.messages import located
from axir._src.trace import Frame, Spec, current_frame
from axir_compiler.errors import DTypeError, TreeError
from axir_compiler.ir.types import is_inexact
from axir_compiler.ops.linear_call import LinearCallOp

__all__ = ["linear_call"]


def linear_call(
    fun: Callable[..., Any], fun_transpose: Callable[..., Any], residual_args: Any, linear_args: Any
) -> Any:
    """``fun(residual_args, linear_args)``, whose transpose in ``linear_args`` is ``fun_transpose``.

    Nothing checks that ``fun`` is linear, or that the other function is its transpose. The transposed call is a linear
    call too, whose transpose is ``fun``.

    Args:
        fun: Function of two pytrees, linear in the second.
        fun_transpose: Takes the residuals and cotangents like the result of ``fun``; gives what is like
            ``linear_args``.
        residual_args: Pytree of arrays in which neither is linear. There is no derivative with respect to it.
        linear_args: Pytree of float or complex arrays.

    Returns: what ``fun`` gives, a pytree of float or complex arrays.

    Raises:
        TreeError: ``fun_transpose`` gives another structure than that of ``linear_args`` (when ``fun`` is traced).
        DTypeError: a linear argument or a result is not of float or complex dtype, or ``fun_transpose`` gives other
            shapes or dtypes than those of ``linear_args``.
        MissingRuleError: a derivative with respect to residuals, or to values from outside.

    Example:
        >>> import axir
        >>> from axir.custom_derivatives import linear_call
        >>> def half(x):
        ...     return linear_call(lambda r, x: x / r, lambda r, ct: 7 * ct, 2.0, x)
        >>> print(half(3.0), axir.jvp(half, (3.0,), (1.0,))[1], axir.grad(half)(3.0))
        1.5 0.5 7.0
    """
    title = f"linear_call({name_of(fun)})"
    residuals, residual_tree = flatten_arrays(title, residual_args)
    linear, linear_tree = flatten_arrays(title, linear_args)
    _check_inexact(title, "linear arguments", linear)
    if current_frame() is None:
        found, tree = flatten_arrays(title, fun(residual_args, linear_args))
        _check_inexact(title, "results", found)
        return pytree.unflatten(tree, found)
    count, trees = len(residuals), [linear_tree]

    def flat(tracers: Sequence[Array]) -> list[Array]:
        given = (residual_tree, tracers[:count]), (linear_tree, tracers[count:])
        found, tree = flatten_arrays(title, fun(*(pytree.unflatten(t, x) for t, x in given)))
        _check_inexact(title, "results", found)
        trees[:] = [tree]
        return found

    def flat_transpose(tracers: Sequence[Array]) -> list[Array]:
        given = (residual_tree, tracers[:count]), (trees[0], tracers[count:])
        found = fun_transpose(*(pytree.unflatten(t, x) for t, x in given))
        return _like(title, found, linear_tree, linear)

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        callee = trace_flat(frame, name_of(fun), flat, arrays)
        specs = [*map(Spec.of, arrays[:count]), *callee.outputs]
        turned = trace_flat(frame, name_of(fun_transpose), flat_transpose, arrays[:count], specs=specs)
        attrs = {"residuals": count, "inputs": len(arrays)}
        return frame.emit_named(LinearCallOp, {"callee": callee, "transposed": turned}, arrays, attrs)

    found = transform("main", run, [*residuals, *linear])
    return pytree.unflatten(trees[0], found)


def _check_inexact(title: str, what: str, arrays: Sequence[Array]) -> None:
    for x in arrays:
        if not is_inexact(x.dtype):
            raise located(DTypeError(f"{title}: {what} must be of float or complex dtype; got {x.aval}."))


def _like(title: str, found: Any, tree: pytree.TreeDef, wanted: Sequence[Array]) -> list[Array]:
    """The cotangents that the transposed function gives, which must be like the linear arguments."""
    leaves, given = flatten_arrays(f"{title}: fun_transpose", found)
    if given != tree:
        raise located(
            TreeError(f"{title}: fun_transpose must give the structure {tree} of linear_args; got {given}.")
        )
    for x, w in zip(leaves, wanted, strict=True):
        if x.shape != w.shape or not (x.dtype == w.dtype or x.weak_type):
            raise located(
                DTypeError(f"{title}: fun_transpose must give {w.aval} as linear_args; got {x.aval}.")
            )
    return [convert(x, w.dtype, w.weak_type) for x, w in zip(leaves, wanted, strict=True)]
