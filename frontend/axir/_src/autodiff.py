"""Derivatives as users see them: grad, jvp, vjp, linearize."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, Literal, ParamSpec, TypeVar, cast, overload

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.call import flatten_arrays, name_of, trace_flat
from axir._src.convert import convert, to_array
from axir._src.execute import transform
from axir._src.trace import Frame, Function, Key, Spec, Tracer, bind
from axir_compiler.errors import NonDifferentiableError, ShapeError, TreeError
from axir_compiler.ir.attributes import ScalarValue
from axir_compiler.ir.module import lookup, signature
from axir_compiler.ir.types import Aval, is_complex, is_inexact
from axir_compiler.ops.constant import ConstantOp
from axir_compiler.ops.shape import BroadcastInDimOp
from axir_compiler.ops.transformation import JvpOp, LinearTransposeOp, VjpOp

__all__ = [
    "check_inputs",
    "check_outputs",
    "float0",
    "forward_half",
    "full",
    "grad",
    "jvp",
    "linear_transpose",
    "linearize",
    "select_arguments",
    "value_and_grad",
    "vjp",
]

P = ParamSpec("P")
R = TypeVar("R")
A = TypeVar("A")

float0 = np.dtype([("float0", np.void, 0)])
"""Dtype of tangents of integers and bools, which carry nothing."""


def _zeros_float0(x: Array) -> np.ndarray:
    return np.zeros(x.shape, float0)


def select_arguments(name: str, args: Sequence[Any], argnums: int | Sequence[int]) -> list[int]:
    """Positions from ``argnums``, counted from the end if negative."""
    wanted = (argnums,) if isinstance(argnums, int) else tuple(argnums)
    positions = []
    for i in wanted:
        if not isinstance(i, int) or not -len(args) <= i < len(args):
            raise TypeError(
                f"{name}: argnums must be positions of the {len(args)} arguments; got {argnums!r}."
            )
        positions.append(i % len(args))
    return positions


def check_inputs(title: str, leaves: Sequence[Array], names: Sequence[str], holomorphic: bool) -> None:
    """They are taken with respect to floats and complex numbers, those of holomorphic functions to complex ones."""
    for x, name in zip(leaves, names, strict=True):
        if not is_inexact(x.dtype):
            raise NonDifferentiableError(
                f"{title}: derivatives are taken with respect to floats; got {x.aval} for {name}. Convert it to "
                "a float, or choose other arguments with argnums."
            )
        if holomorphic and not is_complex(x.dtype):
            raise NonDifferentiableError(
                f"{title}: with holomorphic=True arguments must be complex; got {x.aval} for {name}. Convert it to "
                "a complex dtype, or use holomorphic=False."
            )


def check_outputs(title: str, leaves: Sequence[Array], holomorphic: bool) -> None:
    """Without holomorphic=True a derivative row by row needs real results, with it complex ones."""
    for x in leaves:
        if holomorphic and not is_complex(x.dtype):
            raise NonDifferentiableError(
                f"{title}: with holomorphic=True results must be complex; got {x.aval}. Use holomorphic=False."
            )
        if not holomorphic and is_complex(x.dtype):
            raise NonDifferentiableError(
                f"{title}: results must be real; got {x.aval}. Use holomorphic=True if the function is holomorphic, "
                "else differentiate its real and imaginary part, or use vjp."
            )


def value_and_grad(
    fun: Callable[P, R],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, tuple[R, Any]]:
    """The function that gives ``(fun(...), gradient)``.

    Args:
        fun: gives a real scalar, or a pair of one and auxiliary data if ``has_aux``.
        argnums: the positional argument, or a sequence of them, to differentiate with respect to; pytrees of
            floats or complex numbers.
        has_aux: the gradient is that of the first of two results; the value is the pair.
        holomorphic: ``fun`` is a holomorphic function of complex numbers, and the gradient its complex derivative.
            Otherwise the result must be real; the gradient with respect to a complex argument ``x + iy`` is
            ``df/dx - i df/dy``.
        allow_int: integer arguments have tangents of dtype ``float0``, which hold nothing.

    Returns: a function of the arguments of ``fun``. The gradient has the structure of the argument, a tuple of
        gradients if ``argnums`` is a sequence.

    Raises:
        NonDifferentiableError: an argument is not of floats, or the result is not a float scalar.

    Example:
        >>> import axir
        >>> value, (dx, dy) = axir.value_and_grad(lambda x, y: x * y**2, argnums=(0, 1))(3.0, 2.0)
        >>> print(value, dx, dy)
        12.0 4.0 12.0
    """
    title = f"grad({name_of(fun)})"

    @functools.wraps(fun)
    def with_gradient(*args: Any, **kwargs: Any) -> Any:
        positions = select_arguments(title, args, argnums)
        chosen = [args[i] for i in positions]
        names = pytree.argument_names(chosen, positions)
        leaves, treedef = flatten_arrays(title, chosen, lambda _: names)
        active = [i for i, x in enumerate(leaves) if is_inexact(x.dtype)] if allow_int else range(len(leaves))
        if not allow_int:
            check_inputs(title, leaves, names, holomorphic)
        inputs = [leaves[i] for i in active]
        trees: list[Any] = []

        def flat(tracers: list[Tracer]) -> list[Array]:
            filled: list[Any] = list(leaves)
            for i, t in zip(active, tracers, strict=True):
                filled[i] = t
            values = list(args)
            for i, x in zip(positions, pytree.unflatten(treedef, filled), strict=True):
                values[i] = x
            out = cast("Callable[..., Any]", fun)(*values, **kwargs)
            out, aux = _split_aux(title, out) if has_aux else (out, None)
            result = _check_scalar(title, out)
            check_outputs(title, [result], holomorphic)
            aux_leaves, aux_tree = flatten_arrays(title, aux)
            trees.append(aux_tree)
            return [result, *aux_leaves]

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            function = trace_flat(frame, name_of(fun), flat, arrays)
            one = frame.emit(ConstantOp, (), {"value": ScalarValue(1, function.outputs[0].aval.dtype)}, False)
            specs = (*function.outputs, *(Spec.of(x) for x in arrays))
            attrs = {"wrt": tuple(range(len(arrays))), "seeds": (0,)}
            return frame.emit_call(VjpOp, function, arrays, specs, attrs, [one])

        found = transform("main", run, inputs)
        value, *rest = found
        aux_tree = trees[0]
        aux = pytree.unflatten(aux_tree, rest[: aux_tree.num_leaves])
        gradients: list[Any] = [_zeros_float0(x) for x in leaves]
        for i, g in zip(active, rest[aux_tree.num_leaves :], strict=True):
            gradients[i] = g
        by_argument = pytree.unflatten(treedef, gradients)
        gradient = by_argument[0] if isinstance(argnums, int) else tuple(by_argument)
        return ((value, aux) if has_aux else value), gradient

    return with_gradient


def _split_aux(name: str, out: Any) -> tuple[Any, Any]:
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise TreeError(
            f"{name}: with has_aux=True the function must give a pair (output, aux); got {type(out)}."
        )
    return out[0], out[1]


def _check_scalar(name: str, out: Any) -> Array:
    leaves = pytree.leaves(out)
    if len(leaves) != 1 or leaves[0] is not out:
        raise NonDifferentiableError(
            f"{name}: the gradient needs a function that gives a scalar; got a pytree {out!r}."
        )
    result = to_array(out)
    if result.shape != () or not is_inexact(result.dtype):
        raise NonDifferentiableError(
            f"{name}: the gradient needs a function that gives a float scalar; got {result.aval}. Use jacrev or vjp "
            "for other results, or sum them."
        )
    return result


@overload
def grad(
    fun: Callable[P, tuple[Any, A]],
    argnums: int | Sequence[int] = 0,
    *,
    has_aux: Literal[True],
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, tuple[Any, A]]: ...
@overload
def grad(
    fun: Callable[P, Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[P, Any]: ...
def grad(
    fun: Callable[..., Any],
    argnums: int | Sequence[int] = 0,
    has_aux: bool = False,
    holomorphic: bool = False,
    allow_int: bool = False,
) -> Callable[..., Any]:
    """The gradient of a scalar function, by reverse-mode differentiation.

    The arguments are those of ``value_and_grad``; with ``has_aux`` the result is ``(gradient, aux)``.

    Example:
        >>> import axir
        >>> print(axir.grad(lambda x: x**2 + 3*x + 2)(2.0))
        7.0
    """
    differentiate = value_and_grad(fun, argnums, has_aux, holomorphic, allow_int)

    @functools.wraps(fun)
    def gradient(*args: Any, **kwargs: Any) -> Any:
        value, found = differentiate(*args, **kwargs)
        return (found, value[1]) if has_aux else found

    return gradient


def _flat_function(
    fun: Callable[..., Any], treedef: pytree.TreeDef, title: str, has_aux: bool, trees: list[Any]
) -> Callable[[Sequence[Array]], list[Array]]:
    """``fun`` on flat arguments; notes the trees of its result and of its aux in ``trees``."""

    def flat(tracers: Sequence[Array]) -> list[Array]:
        out = fun(*pytree.unflatten(treedef, tracers))
        out, aux = _split_aux(title, out) if has_aux else (out, None)
        leaves, tree = flatten_arrays(title, out)
        aux_leaves, aux_tree = flatten_arrays(title, aux)
        trees[:] = [tree, aux_tree]
        return leaves + aux_leaves

    return flat


def _with_aux(result: Any, aux_tree: pytree.TreeDef, aux: Sequence[Array], has_aux: bool, *more: Any) -> Any:
    parts = (result, *more, *((pytree.unflatten(aux_tree, aux),) if has_aux else ()))
    return parts


@overload
def jvp(
    fun: Callable[..., R], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[False] = False
) -> tuple[R, R]: ...
@overload
def jvp(
    fun: Callable[..., tuple[R, A]], primals: Sequence[Any], tangents: Sequence[Any], has_aux: Literal[True]
) -> tuple[R, R, A]: ...
@overload
def jvp(fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool) -> Any: ...
def jvp(
    fun: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any], has_aux: bool = False
) -> Any:
    """The value of a function and its directional derivative, by forward-mode differentiation.

    Args:
        fun: any function of arrays.
        primals: where to evaluate it, a tuple of positional arguments.
        tangents: the direction, of the structure, shapes and dtypes of ``primals``; ``float0`` for integers.
        has_aux: ``fun`` gives a pair (output, aux).

    Returns: ``(output, tangent of the output)``, and aux as a third if ``has_aux``.

    Raises:
        TreeError, ShapeError: primals and tangents differ in structure, shape or dtype.

    Example:
        >>> import axir
        >>> y, dy = axir.jvp(lambda x: x**3, (2.0,), (1.0,))
        >>> print(y, dy)
        8.0 12.0
    """
    title = f"jvp({name_of(fun)})"
    if not isinstance(primals, tuple | list) or not isinstance(tangents, tuple | list):
        raise TypeError(
            f"{title}: primals and tangents must be tuples; got {type(primals)} and {type(tangents)}."
        )
    leaves, treedef = flatten_arrays(title, tuple(primals), pytree.argument_names)
    raw, tangent_tree = pytree.flatten(tuple(tangents))
    if tangent_tree != treedef:
        raise TreeError(
            f"{title}: tangents must have the structure of primals; got {tangent_tree} for {treedef}."
        )
    wrt = tuple(i for i, x in enumerate(leaves) if is_inexact(x.dtype))
    directions = [_tangent(title, leaves[i], raw[i]) for i in wrt]
    trees: list[Any] = []
    flat = _flat_function(fun, treedef, title, has_aux, trees)

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        points, slopes = arrays[: len(leaves)], arrays[len(leaves) :]
        function = trace_flat(frame, name_of(fun), flat, points)
        moving = [s for s in function.outputs if is_inexact(s.aval.dtype)]
        return frame.emit_call(JvpOp, function, points, (*function.outputs, *moving), {"wrt": wrt}, slopes)

    found = transform("main", run, [*leaves, *directions])
    out_tree, aux_tree = trees
    count = out_tree.num_leaves + aux_tree.num_leaves
    outputs, slopes = found[:count], iter(found[count:])
    out_tangents = [
        next(slopes) if is_inexact(x.dtype) else _zeros_float0(x) for x in outputs[: out_tree.num_leaves]
    ]
    result = pytree.unflatten(out_tree, outputs[: out_tree.num_leaves])
    tangent = pytree.unflatten(out_tree, out_tangents)
    return _with_aux(result, aux_tree, outputs[out_tree.num_leaves :], has_aux, tangent)


def _tangent(title: str, primal: Array, tangent: Any) -> Array:
    x = to_array(tangent)
    if x.shape != primal.shape:
        raise ShapeError(
            f"{title}: a tangent must have the shape of its primal; got {x.aval} for {primal.aval}."
        )
    if x.dtype != primal.dtype:
        if not (x.weak_type or primal.weak_type):
            raise NonDifferentiableError(
                f"{title}: a tangent must have the dtype of its primal; got {x.aval} for {primal.aval}."
            )
        x = convert(x, primal.dtype)
    return x


class _Linearization:
    """The two halves of a linearized function within the program in which it was made."""

    def __init__(self, frame: Frame, function: Function, wrt: tuple[int, ...]):
        expander = frame.program.expander
        expander.expand(function.symbol)
        rule = expander.linearizer.linearize(function.symbol, wrt)
        module = frame.program.module
        forward_outputs = signature(lookup(module, rule.forward))[1]
        residuals = [Spec(a, False) for a in forward_outputs[len(function.outputs) :]]
        self.nonzero = rule.nonzero
        self.forward = function._replace(
            symbol=rule.forward,
            outputs=(*function.outputs, *residuals),
            key=Key(("forward", function.key, wrt)),
        )
        self.linear = Function(
            frame.program,
            rule.linear,
            (*residuals, *(function.arguments[i] for i in wrt)),
            tuple(function.outputs[i] for i in rule.nonzero),
            (),
            Key(("linear", function.key, wrt)),
        )


def forward_half(frame: Frame, function: Function, wrt: tuple[int, ...]) -> Function:
    """The function that gives the results of ``function``, then what its derivative in ``wrt`` needs of it."""
    return _Linearization(frame, function, wrt).forward


def _linearize(
    title: str, fun: Callable[..., Any], primals: Sequence[Any], has_aux: bool
) -> tuple[list[Array], list[Array], list[Array], pytree.TreeDef, list[Any], _Linearization, tuple[int, ...]]:
    leaves, treedef = flatten_arrays(title, tuple(primals), pytree.argument_names)
    wrt = tuple(i for i, x in enumerate(leaves) if is_inexact(x.dtype))
    trees: list[Any] = []
    made: list[_Linearization] = []
    flat = _flat_function(fun, treedef, title, has_aux, trees)

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        function = trace_flat(frame, name_of(fun), flat, arrays)
        halves = _Linearization(frame, function, wrt)
        made.append(halves)
        return frame.emit_call(None, halves.forward, arrays, halves.forward.outputs)

    found = list(transform("main", run, leaves))
    count = trees[0].num_leaves + trees[1].num_leaves
    return leaves, found[:count], found[count:], treedef, trees, made[0], wrt


@overload
def linearize(
    fun: Callable[..., R], *primals: Any, has_aux: Literal[False] = False
) -> tuple[R, Callable[..., R]]: ...
@overload
def linearize(
    fun: Callable[..., tuple[R, A]], *primals: Any, has_aux: Literal[True]
) -> tuple[R, Callable[..., R], A]: ...
@overload
def linearize(fun: Callable[..., Any], *primals: Any, has_aux: bool) -> Any: ...
def linearize(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function and its derivative at a point as a linear function of tangents.

    The part that does not depend on tangents is computed once, here.

    Args:
        fun: function of pytrees of arrays; with ``has_aux`` it gives a pair (output, aux).
        *primals: where to linearize it.
        has_aux: whether there is auxiliary output, which is not differentiated.

    Returns: ``(output, f_jvp)`` with ``f_jvp(*tangents)`` of the structure of the output; aux as a third if
        ``has_aux``.

    Raises:
        TreeError, ShapeError: from ``f_jvp``, if tangents are not like the primals.

    Example:
        >>> import axir
        >>> y, f_jvp = axir.linearize(lambda x: x**3, 2.0)
        >>> print(f_jvp(1.0), f_jvp(10.0))
        12.0 120.0
    """
    title = f"linearize({name_of(fun)})"
    leaves, outputs, residuals, treedef, trees, halves, wrt = _linearize(title, fun, primals, has_aux)
    out_tree, aux_tree = trees
    result_leaves = outputs[: out_tree.num_leaves]

    def f_jvp(*tangents: Any) -> Any:
        raw, tree = pytree.flatten(tangents)
        if tree != treedef:
            raise TreeError(
                f"{title}: tangents must have the structure of the primals; got {tree} for {treedef}."
            )
        slopes = [_tangent(title, leaves[i], raw[i]) for i in wrt]

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            return frame.emit_call(None, halves.linear, arrays, halves.linear.outputs)

        found = dict(zip(halves.nonzero, transform("main", run, [*residuals, *slopes]), strict=True))
        filled = [found[i] if i in found else _zero_tangent(x) for i, x in enumerate(result_leaves)]
        return pytree.unflatten(out_tree, filled)

    result = pytree.unflatten(out_tree, result_leaves)
    return _with_aux(result, aux_tree, outputs[out_tree.num_leaves :], has_aux, f_jvp)


def _zero_tangent(x: Array) -> Any:
    return full(0, x.aval) if is_inexact(x.dtype) else _zeros_float0(x)


def full(value: Any, aval: Aval) -> Array:
    """A number repeated, built from ops so that no data enter a program."""
    scalar = bind(ConstantOp, value=ScalarValue(value, aval.dtype), weak=False)
    return bind(BroadcastInDimOp, scalar, shape=aval.shape, dimensions=())


@overload
def vjp(
    fun: Callable[..., R], *primals: Any, has_aux: Literal[False] = False
) -> tuple[R, Callable[..., tuple[Any, ...]]]: ...
@overload
def vjp(
    fun: Callable[..., tuple[R, A]], *primals: Any, has_aux: Literal[True]
) -> tuple[R, Callable[..., tuple[Any, ...]], A]: ...
@overload
def vjp(fun: Callable[..., Any], *primals: Any, has_aux: bool) -> Any: ...
def vjp(fun: Callable[..., Any], *primals: Any, has_aux: bool = False) -> Any:
    """The value of a function and its pullback, by reverse-mode differentiation.

    Args:
        fun: function of pytrees of arrays; with ``has_aux`` it gives a pair (output, aux).
        *primals: where to differentiate it.
        has_aux: whether there is auxiliary output, which is not differentiated.

    Returns: ``(output, f_vjp)``, where ``f_vjp(ct)`` takes a cotangent of the structure of the output and gives a
        tuple of cotangents, one for each primal; aux as a third if ``has_aux``.

    Raises:
        TreeError, ShapeError: from ``f_vjp``, if the cotangent is not like the output.

    Example:
        >>> import axir, axir.numpy as np
        >>> y, f_vjp = axir.vjp(lambda a, x: a @ x, np.eye(2), np.array([1.0, 2.0]))
        >>> f_vjp(np.array([1.0, 0.0]))[1]
        Array([1., 0.], dtype=float32)
    """
    title = f"vjp({name_of(fun)})"
    leaves, outputs, residuals, treedef, trees, halves, wrt = _linearize(title, fun, primals, has_aux)
    out_tree, aux_tree = trees
    result_leaves = outputs[: out_tree.num_leaves]

    def f_vjp(ct: Any) -> Any:
        raw, tree = pytree.flatten(ct)
        if tree != out_tree:
            raise TreeError(
                f"{title}: the cotangent must have the structure of the output; got {tree} for {out_tree}."
            )
        # Auxiliary results have no cotangent: theirs are zeros.
        seeds = [
            _tangent(title, outputs[i], raw[i]) if i < len(raw) else _zero_tangent(outputs[i])
            for i in halves.nonzero
        ]
        count = len(residuals)
        positions = tuple(range(count, count + len(wrt)))

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            specs = [Spec.of(leaves[i]) for i in wrt]
            attrs = {"wrt": positions}
            return frame.emit_call(
                LinearTransposeOp, halves.linear, arrays[:count], specs, attrs, arrays[count:]
            )

        found = dict(zip(wrt, transform("main", run, [*residuals, *seeds]), strict=True))
        filled = [found[i] if i in found else _zeros_float0(x) for i, x in enumerate(leaves)]
        return pytree.unflatten(treedef, filled)

    result = pytree.unflatten(out_tree, result_leaves)
    return _with_aux(result, aux_tree, outputs[out_tree.num_leaves :], has_aux, f_vjp)


def _zero_of(x: Any) -> Array:
    """Zeros like a number, an array or a ShapeDtypeStruct."""
    return to_array(np.zeros(x.shape, x.dtype) if hasattr(x, "shape") else type(x)(0))


def linear_transpose(fun: Callable[..., Any], *primals: Any) -> Callable[[Any], tuple[Any, ...]]:
    """The transpose of a linear function.

    Args:
        fun: linear in all its arguments.
        *primals: numbers, arrays or ShapeDtypeStructs; only shapes and dtypes are used.

    Returns: a function from a cotangent of the structure of the result to a tuple of cotangents, one for each
        argument.

    Raises:
        MissingRuleError: ``fun`` uses an operation that is not linear.

    Example:
        >>> import axir, axir.numpy as np
        >>> spread = axir.linear_transpose(np.sum, np.zeros(3))
        >>> spread(np.array(2.0))
        (Array([2., 2., 2.], dtype=float32),)
    """
    title = f"linear_transpose({name_of(fun)})"
    zeros = pytree.map_tree(_zero_of, primals)
    leaves, treedef = flatten_arrays(title, tuple(zeros))
    trees: list[Any] = []
    flat = _flat_function(fun, treedef, title, False, trees)

    def transposed(ct: Any) -> tuple[Any, ...]:
        raw, tree = flatten_arrays(title, ct, lambda _: pytree.argument_names((ct,)))

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            function = trace_flat(frame, name_of(fun), flat, leaves, known=False)
            if tree != trees[0]:
                raise TreeError(f"{title}: the cotangent must have structure {trees[0]}; got {tree}.")
            for spec, x in zip(function.outputs, arrays, strict=True):
                if spec.aval != x.aval:
                    raise ShapeError(
                        f"{title}: a cotangent must be {spec.aval} as the result is; got {x.aval}."
                    )
            specs = [Spec.of(x) for x in leaves]
            attrs = {"wrt": tuple(range(len(leaves)))}
            return frame.emit_call(LinearTransposeOp, function, (), specs, attrs, arrays)

        return pytree.unflatten(treedef, transform("main", run, raw))

    return transposed
