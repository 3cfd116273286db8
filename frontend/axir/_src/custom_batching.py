"""Functions that say themselves what they are over a batch."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.call import flatten_arrays, name_of
from axir._src.convert import convert, to_array
from axir._src.custom import CallArguments, trace_function
from axir._src.execute import transform
from axir._src.trace import Frame, Function, Spec, Tracer, current_frame, trace_program
from axir_compiler import ops
from axir_compiler.errors import LeakedTracerError, ShapeError, TreeError
from axir_compiler.ir.module import copy_functions
from axir_compiler.ir.region import build_function
from axir_compiler.ir.types import Aval, mlir_type
from axir_compiler.mlir import context, ir
from axir_compiler.ops.custom_vmap import BatchingRule, CustomVmapOp, TracedRule

__all__ = ["custom_vmap", "sequential_vmap"]

_LARGEST_CAPTURE = 64
"""Elements of an array from outside that a batching rule may use: they become constants of the program."""


class custom_vmap:
    """A function whose form over a batch is given by a rule.

    Args:
        fun: function of pytrees of arrays, all positional.

    The rule is set with ``def_vmap``. Under ``vmap`` it is called as ``rule(axis_size, in_batched, *args)``: batched
    arguments have the batch axis in front, and ``in_batched`` is a list with a pytree of bools for each argument.
    It gives ``(output, out_batched)``, the latter a pytree of bools like the output, whose batched leaves have the
    batch axis in front. The rule may use small arrays from outside, of up to 64 elements.

    Forward derivatives keep the rule (they differentiate it); reverse mode goes through ``fun`` itself, or, where the
    function is vectorized first, through what the rule gave.

    Raises, when called under ``vmap``:
        AttributeError: no rule was set.
        TreeError: the rule gives something else than a pair, or not the structure of the function's output.
        ShapeError: a result of the rule has another shape than the function's over a batch.

    Example:
        >>> import axir, axir.numpy as np
        >>> @axir.custom_batching.custom_vmap
        ... def product(a, b):
        ...     return a @ b
        >>> @product.def_vmap
        ... def product_vmap(axis_size, in_batched, a, b):
        ...     a = a if in_batched[0] else np.broadcast_to(a, (axis_size, *a.shape))
        ...     b = b if in_batched[1] else np.broadcast_to(b, (axis_size, *b.shape))
        ...     return np.einsum("bij,bjk->bik", a, b), True
        >>> axir.vmap(product, in_axes=(0, None))(np.ones((5, 2, 3)), np.ones((3, 4))).shape
        (5, 2, 4)
    """

    def __init__(self, fun: Callable[..., Any]):
        if not callable(fun):
            raise TypeError(f"custom_vmap: takes a function; got {fun!r}.")
        functools.update_wrapper(self, fun)  # pyright: ignore[reportArgumentType]
        self.fun = fun
        self.title = f"custom_vmap({name_of(fun)})"
        self.vmap_rule: Callable[..., Any] | None = None
        self._rules: dict[Any, _Rule] = {}

    def __get__(self, instance: Any, owner: Any = None) -> Any:
        return self if instance is None else functools.partial(self.__call__, instance)

    def def_vmap(self, vmap_rule: Callable[..., Any]) -> Callable[..., Any]:
        """Set the rule; gives it back, so that this is a decorator."""
        if not callable(vmap_rule):
            raise TypeError(f"{self.title}: def_vmap takes a function; got {vmap_rule!r}.")
        self.vmap_rule = vmap_rule
        self._rules.clear()
        return vmap_rule

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if current_frame() is None:
            return pytree.map_tree(to_array, self.fun(*args, **kwargs))
        call = CallArguments(self.fun, self.title, (), args, kwargs)
        trees: list[Any] = []

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            callee = trace_function(frame, call, self.fun, arrays, trees)
            rule = self._rule(call.tree, trees[0], callee)
            frame.program.hosts.add(rule)
            attrs = {"inputs": len(arrays), "rule": rule.number}
            return frame.emit_named(CustomVmapOp, {"callee": callee}, arrays, attrs)

        found = transform("main", run, call.leaves)
        return pytree.unflatten(trees[0], found)

    def _rule(self, tree: pytree.TreeDef, out_tree: pytree.TreeDef, callee: Function) -> _Rule:
        """The rule for calls of these types; equal calls share one, so that equal programs are equal."""
        weak = tuple(s.weak for s in callee.inputs)
        key = (tree, out_tree, weak, callee.outputs)
        found = self._rules.get(key)
        if found is None:
            found = self._rules.setdefault(key, _Rule(self, *key))
        return found


class _Rule(BatchingRule):
    """The rule of a function for arguments and results of certain structures and types."""

    __slots__ = ("_function", "_out_tree", "_outputs", "_traced", "_tree", "_weak")

    def __init__(
        self,
        function: custom_vmap,
        tree: pytree.TreeDef,
        out_tree: pytree.TreeDef,
        weak: tuple[bool, ...],
        outputs: tuple[Spec, ...],
    ):
        super().__init__()
        self._function = function
        self._tree = tree
        self._out_tree = out_tree
        self._weak = weak
        self._outputs = outputs
        # The programs are kept: they hold the Python functions that the rule calls.
        self._traced: dict[Any, tuple[Function, tuple[bool, ...]]] = {}

    def trace(
        self, module: ir.Module, size: int, batched: tuple[bool, ...], inputs: Sequence[Aval]
    ) -> TracedRule:
        key = (size, batched, tuple(inputs))
        found = self._traced.get(key)
        if found is None:
            found = self._traced[key] = self._trace(size, batched, inputs)
        function, out_batched = found
        symbol = copy_functions(function.program.module, module, function.symbol)
        if function.captures:
            symbol = _with_constants(module, symbol, function)
        return TracedRule(symbol, out_batched)

    def _trace(
        self, size: int, batched: tuple[bool, ...], inputs: Sequence[Aval]
    ) -> tuple[Function, tuple[bool, ...]]:
        title, rule = self._function.title, self._function.vmap_rule
        if rule is None:
            raise AttributeError(f"{title}: has no batching rule. Set one with def_vmap.")
        flags: list[tuple[bool, ...]] = []

        def run(tracers: list[Tracer]) -> list[Array]:
            args = pytree.unflatten(self._tree, tracers)
            out = rule(size, list(pytree.unflatten(self._tree, batched)), *args)
            leaves, found = self._checked(out, size)
            flags.append(found)
            return leaves

        specs = [Spec(a, w) for a, w in zip(inputs, self._weak, strict=True)]
        try:
            function = trace_program(f"{name_of(self._function.fun)}_rule", run, specs, staged=True)
        except LeakedTracerError as error:
            raise _outside(title, "a traced array") from error
        for capture in function.captures:
            if not function.closed or capture.size > _LARGEST_CAPTURE:
                raise _outside(title, str(capture.aval))
        return function, flags[0]

    def _checked(self, out: Any, size: int) -> tuple[list[Array], tuple[bool, ...]]:
        """The leaves of what the rule gave, and which of them are batched."""
        title = self._function.title
        if not isinstance(out, tuple | list) or len(out) != 2:
            raise TreeError(
                f"{title}: the rule must give a pair, the output and what of it is batched; got {out!r}."
            )
        leaves, tree = flatten_arrays(f"{title}: the rule", out[0])
        flags, flag_tree = pytree.flatten(out[1])
        for what, found in (("the output of the rule", tree), ("out_batched of the rule", flag_tree)):
            if found != self._out_tree:
                raise TreeError(
                    f"{title}: {what} must have the structure of the function's output, {self._out_tree}; got {found}."
                )
        for x, flag, spec in zip(leaves, flags, self._outputs, strict=True):
            wanted = (size, *spec.aval.shape) if flag else spec.aval.shape
            if x.shape != wanted:
                raise ShapeError(
                    f"{title}: a result of the rule must have shape {wanted}, batched={bool(flag)}; got {x.aval}."
                )
        outputs = zip(leaves, self._outputs, strict=True)
        return [convert(x, s.aval.dtype, s.weak) for x, s in outputs], tuple(map(bool, flags))


def _outside(title: str, what: str) -> NotImplementedError:
    return NotImplementedError(
        f"{title}: the rule uses {what} from outside; it may use arrays of up to {_LARGEST_CAPTURE} elements. Make it "
        "an argument of the function."
    )


def _with_constants(module: ir.Module, symbol: str, function: Function) -> str:
    """The function with the arrays from outside that it uses as constants."""
    kinds = [mlir_type(s.aval) for s in function.inputs]

    def build(args: list[ir.Value]) -> list[ir.Value]:
        constants = [_constant(c.to_numpy()) for c in function.concrete_captures]
        return ops.call(module, symbol, [*args, *constants])

    with context():
        return build_function(module, symbol, kinds, build).sym_name.value


def _constant(array: np.ndarray) -> ir.Value:
    """A small array, put together from scalars."""
    shape, dtype = array.shape, array.dtype
    if array.size == 0:
        return ops.full(shape, 0, dtype)
    elements = [ops.full((1,), x, dtype) for x in array.ravel()]
    return ops.reshape(ops.concatenate(*elements, dimension=0), shape=shape)


def sequential_vmap(fun: Callable[..., Any]) -> custom_vmap:
    """A function that ``vmap`` applies to one item after the other, in a loop.

    Args:
        fun: function of pytrees of arrays, all positional.
    """
    from axir.lax.control_flow import map as lax_map

    mapped = custom_vmap(fun)

    @mapped.def_vmap
    def rule(axis_size: int, in_batched: list[Any], *args: Any) -> tuple[Any, Any]:
        leaves, tree = pytree.flatten(list(args))
        flags = pytree.leaves(in_batched)

        def apply(items: list[Any]) -> Any:
            own = iter(items)
            filled = [next(own) if b else x for x, b in zip(leaves, flags, strict=True)]
            return mapped(*pytree.unflatten(tree, filled))

        out = lax_map(apply, [x for x, b in zip(leaves, flags, strict=True) if b])
        return out, pytree.map_tree(lambda _: True, out)

    return mapped
