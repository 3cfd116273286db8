"""Functions with derivative rules of their own, and functions whose derivative computes again what it needs."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar, overload

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.autodiff import float0
from axir._src.call import flatten_arrays, name_of, trace_flat
from axir._src.convert import convert, to_array
from axir._src.execute import transform
from axir._src.symbolic_zeros import forward_rule, reverse_rules, zeros_of
from axir._src.trace import Frame, Function, Program, Spec, bind, current_frame
from axir_compiler.errors import ShapeError, TreeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import is_inexact
from axir_compiler.ops.custom import CheckpointOp, CustomJvpOp, CustomVjpOp, NamedFunctionsOp

__all__ = ["Policies", "checkpoint", "checkpoint_name", "checkpoint_policies", "custom_jvp", "custom_vjp"]

F = TypeVar("F", bound=Callable[..., Any])


class CallArguments:
    """The arguments of one call: static ones fixed, the others flat."""

    def __init__(self, fun: Callable[..., Any], title: str, static: Sequence[int], args: Any, kwargs: Any):
        self.args = _positional(fun, title, args, kwargs)
        self.static = [i % len(self.args) if i < 0 else i for i in static]
        if any(i >= len(self.args) for i in self.static):
            raise TypeError(
                f"{title}: nondiff_argnums names positions {list(static)} of {len(self.args)} arguments."
            )
        self.dynamic = [x for i, x in enumerate(self.args) if i not in self.static]
        self.title = title
        self.leaves, self.tree = flatten_arrays(title, tuple(self.dynamic), pytree.argument_names)

    @property
    def key(self) -> Any:
        """What calls of the same types and static arguments have in common."""
        specs = tuple(map(Spec.of, self.leaves))
        return self.tree, specs, tuple(id(x) for x in self.fixed), threading.get_ident()

    @property
    def fixed(self) -> list[Any]:
        """The static arguments."""
        return [self.args[i] for i in self.static]

    @property
    def floats(self) -> list[int]:
        """The leaves that have derivatives."""
        return [i for i, x in enumerate(self.leaves) if is_inexact(x.dtype)]

    def arguments(self, leaves: Sequence[Any]) -> list[Any]:
        """All positional arguments, with other leaves."""
        dynamic = iter(pytree.unflatten(self.tree, leaves))
        return [self.args[i] if i in self.static else next(dynamic) for i in range(len(self.args))]

    def tangents(self, given: Sequence[Any]) -> tuple[Any, ...]:
        """Tangents of the dynamic arguments: those of integers carry nothing."""
        own = iter(given)
        filled = [next(own) if is_inexact(x.dtype) else np.zeros(x.shape, float0) for x in self.leaves]
        return tuple(pytree.unflatten(self.tree, filled))


def _positional(fun: Callable[..., Any], title: str, args: Any, kwargs: Any) -> tuple[Any, ...]:
    """Arguments by position, defaults filled in: rules take them so."""
    try:
        bound = inspect.signature(fun).bind(*args, **kwargs)
    except ValueError:
        if kwargs:
            raise TypeError(f"{title}: keyword arguments need a function whose signature is known.") from None
        return tuple(args)
    bound.apply_defaults()
    if bound.kwargs:
        raise TypeError(f"{title}: arguments must be positional; got the keywords {sorted(bound.kwargs)}.")
    return bound.args


def trace_function(
    frame: Frame, call: CallArguments, fun: Callable[..., Any], arrays: Sequence[Array], trees: list[Any]
) -> Function:
    """The function itself; notes the structure of its result."""

    def flat(tracers: Sequence[Array]) -> list[Array]:
        leaves, tree = flatten_arrays(call.title, fun(*call.arguments(tracers)))
        trees[:] = [tree]
        return leaves

    return trace_flat(frame, name_of(fun), flat, arrays)


def _pair(title: str, what: str, out: Any) -> tuple[Any, Any]:
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise TreeError(f"{title}: {what} must give a pair; got {type(out)}.")
    return out[0], out[1]


def _like(title: str, what: str, tree: Any, wanted: pytree.TreeDef, specs: Sequence[Spec]) -> list[Array]:
    """The leaves of what a rule gives, which must be like ``specs``."""
    leaves, found = flatten_arrays(f"{title}: {what}", tree)
    if found != wanted:
        raise TreeError(f"{title}: {what} must have the structure {wanted}; got {found}.")
    for x, spec in zip(leaves, specs, strict=True):
        if x.shape != spec.aval.shape:
            raise ShapeError(f"{title}: {what} must have the type {spec.aval}; got {x.aval}.")
    return [convert(x, s.aval.dtype, s.weak) for x, s in zip(leaves, specs, strict=True)]


class _Open(NamedTuple):
    """A function whose rules are being traced: where, the function itself, and the calls of it that they make."""

    program: Program
    callee: Function
    tree: pytree.TreeDef
    calls: list[Any]


class _Differentiated:
    """What both kinds of rules share: the function, and arguments that are Python values."""

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()):
        if not callable(fun):
            raise TypeError(f"{type(self).__name__}: takes a function; got {fun!r}.")
        functools.update_wrapper(self, fun)  # pyright: ignore[reportArgumentType]
        self.fun = fun
        self.nondiff_argnums = tuple(nondiff_argnums)
        self._title = f"{type(self).__name__}({name_of(fun)})"
        self._open: dict[Any, _Open] = {}

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self.__call__, instance)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def _apply(self, op: type[NamedFunctionsOp], rules: Sequence[str], args: Any, kwargs: Any) -> Any:
        """Call the function in the program that is being traced, its rules beside it."""
        call = CallArguments(self.fun, self._title, self.nondiff_argnums, args, kwargs)
        trees: list[Any] = []

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            key = call.key
            known = self._open.get(key)
            if known is not None:
                return self._recursive(frame, op, ["callee", *rules], known, arrays, trees)
            callee = trace_function(frame, call, self.fun, arrays, trees)
            opened = self._open[key] = _Open(frame.program, callee, trees[0], [])
            try:
                functions = {"callee": callee, **self._traced_rules(frame, call, arrays, callee, trees[0])}
            finally:
                del self._open[key]
            return frame.emit_named(op, functions, arrays, {"inputs": len(arrays)}, opened.calls)

        found = transform("main", run, call.leaves)
        return pytree.unflatten(trees[0], found)

    def _recursive(
        self,
        frame: Frame,
        op: type[NamedFunctionsOp],
        names: Sequence[str],
        known: _Open,
        arrays: Sequence[Array],
        trees: list[Any],
    ) -> Sequence[Array]:
        """A call in the function's own rule: it names the functions that are being traced."""
        if known.program is not frame.program:
            raise NotImplementedError(
                f"{self._title}: its rule calls it through jit. Call the function itself in the rule."
            )
        trees[:] = [known.tree]
        found, made = frame.emit_recursive(op, known.callee, names, arrays, {"inputs": len(arrays)})
        known.calls.append(made)
        return found

    def _traced_rules(
        self,
        frame: Frame,
        call: CallArguments,
        arrays: Sequence[Array],
        callee: Function,
        tree: pytree.TreeDef,
    ) -> dict[str, Function]:
        """The functions that the op names besides the callee."""
        raise NotImplementedError


class custom_jvp(_Differentiated):
    """A function whose derivative is given by a rule.

    Args:
        fun: Function of pytrees of arrays.
        nondiff_argnums: Positions of arguments that are Python values, handed to the rule first and as they are.

    The rule is set with ``defjvp``. It is called as ``rule(*nondiff, primals, tangents)`` and gives ``(output,
    tangent of the output)``, the latter linear in ``tangents``. Reverse mode follows by transposition.

    Example:
        >>> import axir, axir.numpy as np
        >>> @axir.custom_jvp
        ... def log1pexp(x):
        ...     return np.log(1 + np.exp(x))
        >>> @log1pexp.defjvp
        ... def log1pexp_jvp(primals, tangents):
        ...     (x,), (dx,) = primals, tangents
        ...     return log1pexp(x), (1 - 1 / (1 + np.exp(x))) * dx
        >>> print(axir.grad(log1pexp)(100.0))
        1.0
    """

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()):
        super().__init__(fun, nondiff_argnums)
        self._rule: Callable[..., Any] | None = None

    def defjvp(self, jvp: Callable[..., Any], symbolic_zeros: bool = False) -> Callable[..., Any]:
        """Set the rule; gives it back, so that this is a decorator.

        With ``symbolic_zeros`` tangents of integers are ``SymbolicZero``, and the rule may give such objects. Those of
        floats are arrays in any case: the rule is traced before it is known which of them are zero.
        """
        self._rule = forward_rule(jvp) if symbolic_zeros else jvp
        return jvp

    def defjvps(self, *jvps: Callable[..., Any] | None) -> None:
        """Set a rule for each argument, ``jvp(tangent, output, *primals)``; ``None`` for no dependence."""
        if self.nondiff_argnums:
            raise TypeError(f"{self._title}: defjvps takes no nondiff_argnums; use defjvp.")

        def rule(primals: Any, tangents: Any) -> tuple[Any, Any]:
            out = self(*primals)
            terms = [f(t, out, *primals) for f, t in zip(jvps, tangents, strict=True) if f is not None]
            if not terms:
                return out, pytree.map_tree(lambda x: x * 0, out)
            return out, pytree.map_tree(lambda *xs: functools.reduce(lambda a, b: a + b, xs), *terms)

        self.defjvp(rule)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._rule is None:
            raise AttributeError(f"{self._title}: has no rule. Set one with defjvp.")
        if current_frame() is None:
            return pytree.map_tree(to_array, self.fun(*args, **kwargs))
        return self._apply(CustomJvpOp, ["rule"], args, kwargs)

    def _traced_rules(
        self,
        frame: Frame,
        call: CallArguments,
        arrays: Sequence[Array],
        callee: Function,
        tree: pytree.TreeDef,
    ) -> dict[str, Function]:
        return {"rule": self._traced_rule(frame, call, arrays, callee, tree)}

    def _traced_rule(
        self,
        frame: Frame,
        call: CallArguments,
        arrays: Sequence[Array],
        function: Function,
        tree: pytree.TreeDef,
    ) -> Function:
        count, floats, outputs = len(arrays), call.floats, function.outputs
        specs = [*map(Spec.of, arrays), *(Spec.of(arrays[i]) for i in floats)]

        def flat(tracers: Sequence[Array]) -> list[Array]:
            assert self._rule is not None
            primals = tuple(pytree.unflatten(call.tree, tracers[:count]))
            out = self._rule(*call.fixed, primals, call.tangents(tracers[count:]))
            value, tangent = _pair(call.title, "the rule", out)
            values = _like(call.title, "the output of the rule", value, tree, outputs)
            slopes = _like_tangents(call.title, tangent, tree, outputs)
            return values + slopes

        return trace_flat(frame, f"{name_of(self.fun)}_rule", flat, arrays, specs=specs)


def _like_tangents(title: str, tangent: Any, tree: pytree.TreeDef, outputs: Sequence[Spec]) -> list[Array]:
    """Tangents of the float results; those of integers are of ``float0`` and carry nothing."""
    leaves, found = pytree.flatten(tangent)
    if found != tree:
        raise TreeError(f"{title}: the tangent of the rule must have the structure {tree}; got {found}.")
    kept = [(to_array(t), s) for t, s in zip(leaves, outputs, strict=True) if is_inexact(s.aval.dtype)]
    for t, spec in kept:
        if t.shape != spec.aval.shape:
            raise ShapeError(
                f"{title}: the tangent of the rule must have the type {spec.aval}; got {t.aval}."
            )
    return [convert(t, s.aval.dtype) for t, s in kept]


class custom_vjp(_Differentiated):
    """A function with a reverse-mode rule of its own.

    Args:
        fun: Function of pytrees of arrays.
        nondiff_argnums: Positions of arguments that are Python values.

    The rule is set with ``defvjp(fwd, bwd)``: ``fwd(*args)`` gives ``(output, residuals)``, ``bwd(*nondiff, residuals,
    cotangent)`` a tuple with the cotangent of each argument that is not in ``nondiff_argnums``; ``None`` stands
    for zeros. There is no forward mode; reverse mode over it may be nested.

    Example:
        >>> import axir, axir.numpy as np
        >>> @axir.custom_vjp
        ... def limited(x):
        ...     return x
        >>> limited.defvjp(lambda x: (x, None), lambda _, ct: (np.clip(ct, -1.0, 1.0),))
        >>> print(axir.grad(lambda x: 5 * limited(x))(2.0))
        1.0
    """

    def __init__(self, fun: Callable[..., Any], nondiff_argnums: Sequence[int] = ()):
        super().__init__(fun, nondiff_argnums)
        self._rules: tuple[Callable[..., Any], Callable[..., Any]] | None = None

    def defvjp(
        self,
        fwd: Callable[..., Any],
        bwd: Callable[..., Any],
        symbolic_zeros: bool = False,
        optimize_remat: bool = False,
    ) -> None:
        """Set both halves of the rule; ``optimize_remat`` is accepted as a hint.

        With ``symbolic_zeros`` the leaves of the arguments of ``fwd`` are ``CustomVJPPrimal``, ``perturbed`` for all
        floats, and ``bwd`` may give ``SymbolicZero``.
        """
        self._rules = reverse_rules(fwd, bwd, self.nondiff_argnums) if symbolic_zeros else (fwd, bwd)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if self._rules is None:
            raise AttributeError(f"{self._title}: has no rule. Set one with defvjp.")
        if current_frame() is None:
            return pytree.map_tree(to_array, self.fun(*args, **kwargs))
        return self._apply(CustomVjpOp, ["forward", "backward"], args, kwargs)

    def _traced_rules(
        self,
        frame: Frame,
        call: CallArguments,
        arrays: Sequence[Array],
        callee: Function,
        tree: pytree.TreeDef,
    ) -> dict[str, Function]:
        forward, residual_tree = self._forward(frame, call, arrays, callee, tree)
        backward = self._backward(frame, call, callee, forward, tree, residual_tree)
        return {"forward": forward, "backward": backward}

    def _forward(
        self,
        frame: Frame,
        call: CallArguments,
        arrays: Sequence[Array],
        function: Function,
        tree: pytree.TreeDef,
    ) -> tuple[Function, pytree.TreeDef]:
        trees: list[pytree.TreeDef] = []

        def flat(tracers: Sequence[Array]) -> list[Array]:
            assert self._rules is not None
            out, residuals = _pair(call.title, "fwd", self._rules[0](*call.arguments(tracers)))
            values = _like(call.title, "the output of fwd", out, tree, function.outputs)
            leaves, residual_tree = flatten_arrays(call.title, residuals)
            trees[:] = [residual_tree]
            return values + leaves

        traced = trace_flat(frame, f"{name_of(self.fun)}_fwd", flat, arrays)
        return traced, trees[0]

    def _backward(
        self,
        frame: Frame,
        call: CallArguments,
        function: Function,
        forward: Function,
        tree: pytree.TreeDef,
        residual_tree: pytree.TreeDef,
    ) -> Function:
        outputs = function.outputs
        residuals = forward.outputs[len(outputs) :]
        floats = [s for s in outputs if is_inexact(s.aval.dtype)]

        def flat(tracers: Sequence[Array]) -> list[Array]:
            assert self._rules is not None
            given = iter(tracers[len(residuals) :])
            cts = [
                next(given) if is_inexact(s.aval.dtype) else np.zeros(s.aval.shape, float0) for s in outputs
            ]
            kept = pytree.unflatten(residual_tree, tracers[: len(residuals)])
            found = self._rules[1](*call.fixed, kept, pytree.unflatten(tree, cts))
            return _cotangents(call, found)

        return trace_flat(
            frame, f"{name_of(self.fun)}_bwd", flat, [], specs=[*residuals, *floats], known=False
        )


def _cotangents(call: CallArguments, found: Any) -> list[Array]:
    """The cotangents of the float leaves; ``None`` for an argument means zeros."""
    if not isinstance(found, tuple | list) or len(found) != len(call.dynamic):
        raise TreeError(
            f"{call.title}: bwd must give a tuple with a cotangent for each of {len(call.dynamic)} arguments; got "
            f"{found!r}."
        )
    result: list[Array] = []
    for position, (argument, ct) in enumerate(zip(call.dynamic, found, strict=True)):
        leaves, tree = flatten_arrays(call.title, argument)
        cts, ct_tree = pytree.flatten(ct)
        if ct is None:
            cts, ct_tree = [None] * len(leaves), tree
        if ct_tree != tree:
            raise TreeError(
                f"{call.title}: the cotangent of argument {position} must have the structure {tree}; got {ct_tree}."
            )
        result.extend(_cotangent(call, x, c) for x, c in zip(leaves, cts, strict=True) if is_inexact(x.dtype))
    return result


def _cotangent(call: CallArguments, x: Array, ct: Any) -> Array:
    if ct is None:
        ct = zeros_of(x)
    array = to_array(ct)
    if array.shape != x.shape:
        raise ShapeError(
            f"{call.title}: a cotangent must have the shape of its argument, {x.aval}; got {array.aval}."
        )
    return convert(array, x.dtype)


class Policies:
    """Which values of a function under ``checkpoint`` are kept for its derivative; the others are computed again."""

    everything_saveable = "everything"
    nothing_saveable = "nothing"
    dots_saveable = checkpoint_dots = "dots"
    dots_with_no_batch_dims_saveable = checkpoint_dots_with_no_batch_dims = "dots_without_batch"

    @staticmethod
    def save_only_these_names(*names: str) -> str:
        """Values under these names (see ``checkpoint_name``)."""
        return ":".join(("names", *names))

    @staticmethod
    def save_anything_except_these_names(*names: str) -> str:
        """All values but those under these names."""
        return ":".join(("others", *names))


checkpoint_policies = Policies()


def checkpoint_name(x: Any, name: str) -> Any:
    """``x`` itself, under a name by which policies of ``checkpoint`` find it; a pytree of arrays."""
    return pytree.map_tree(lambda leaf: bind(OPS["checkpoint_name"], to_array(leaf), label=name), x)


@overload
def checkpoint(
    fun: F,
    *,
    prevent_cse: bool = True,
    policy: str | None = None,
    static_argnums: int | Sequence[int] = (),
) -> F: ...
@overload
def checkpoint(
    *,
    prevent_cse: bool = True,
    policy: str | None = None,
    static_argnums: int | Sequence[int] = (),
) -> Callable[[F], F]: ...
def checkpoint(
    fun: Callable[..., Any] | None = None,
    *,
    prevent_cse: bool = True,
    policy: str | None = None,
    static_argnums: int | Sequence[int] = (),
) -> Any:
    """A function whose derivative computes intermediate values again instead of keeping them.

    Saves memory at the price of time. Without ``fun`` it is a decorator with options.

    Args:
        fun: Function of pytrees of arrays.
        prevent_cse: Accepted for compatibility: that the two computations are not merged is always made sure of.
        policy: One of ``checkpoint_policies``: which values are kept after all; by default none but the arguments.
        static_argnums: Positions of arguments that are Python values.

    Example:
        >>> import axir, axir.numpy as np
        >>> print(axir.grad(axir.checkpoint(lambda x: np.sin(np.sin(x))))(0.0))
        1.0
    """
    if fun is None:
        return functools.partial(
            checkpoint, prevent_cse=prevent_cse, policy=policy, static_argnums=static_argnums
        )
    static = (static_argnums,) if isinstance(static_argnums, int) else tuple(static_argnums)
    title, kept = f"checkpoint({name_of(fun)})", policy or Policies.nothing_saveable
    if not isinstance(kept, str):
        raise TypeError(f"{title}: policy must be one of axir.checkpoint_policies; got {policy!r}.")

    @functools.wraps(fun)
    def checkpointed(*args: Any, **kwargs: Any) -> Any:
        if current_frame() is None:
            return pytree.map_tree(to_array, fun(*args, **kwargs))
        named = sorted(kwargs)
        call = CallArguments(lambda *xs: None, title, static, (*args, *(kwargs[n] for n in named)), {})
        trees: list[Any] = []

        def positional(*xs: Any) -> Any:
            return fun(*xs[: len(args)], **dict(zip(named, xs[len(args) :], strict=True)))

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            function = trace_function(frame, call, positional, arrays, trees)
            return frame.emit_named(CheckpointOp, {"callee": function}, arrays, {"policy": kept})

        found = transform("main", run, call.leaves)
        return pytree.unflatten(trees[0], found)

    return checkpointed
