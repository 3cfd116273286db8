"""Functions that close over traced values as functions of these values, and ``custom_gradient`` made of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir._src import pytree
from axir._src.array import Array
from axir._src.call import flatten_arrays, name_of
from axir._src.convert import convert
from axir._src.custom import custom_vjp
from axir._src.execute import transform
from axir._src.trace import Frame, Function, Spec, Tracer, trace_program
from axir._src.tree_registration import Partial
from axir_compiler.errors import ShapeError, TreeError
from axir_compiler.ir.types import is_inexact

__all__ = ["closure_convert", "custom_gradient"]


class _Converted:
    """A traced function that takes values which it closed over as arguments behind its own."""

    def __init__(
        self, fun: Callable[..., Any], example_args: tuple[Any, ...], hoist: Callable[[Array], bool]
    ):
        self.__name__ = name_of(fun)
        self._title = f"closure_convert({self.__name__})"
        leaves, self._tree = flatten_arrays(self._title, example_args, pytree.argument_names)
        self._specs = [Spec.of(x) for x in leaves]
        trees: list[pytree.TreeDef] = []

        def run(tracers: list[Tracer]) -> list[Array]:
            found, tree = flatten_arrays(self._title, fun(*pytree.unflatten(self._tree, tracers)))
            trees.append(tree)
            return found

        self._function = trace_program(self.__name__, run, self._specs, staged=True)
        self._out_tree = trees[0]
        self._hoisted = [i for i, x in enumerate(self._function.captures) if hoist(x)]
        self.values: list[Any] = [self._function.captures[i] for i in self._hoisted]

    def without_values(self) -> _Converted:
        """The function alone, once its values were handed over: it must not keep them alive."""
        kept = list(self._function.captures)
        for i in self._hoisted:
            kept[i] = None  # pyright: ignore[reportArgumentType, reportCallIssue]
        self._function, self.values = self._function._replace(captures=tuple(kept)), []
        return self

    def __call__(self, *args: Any) -> Any:
        count = len(args) - len(self._hoisted)
        own, values = args[: max(count, 0)], args[max(count, 0) :]
        arrays = self._checked(own) + flatten_arrays(self._title, values, pytree.argument_names)[0]
        first = len(self._specs)

        def run(frame: Frame, xs: Sequence[Array]) -> Sequence[Array]:
            return frame.emit_call(None, self._with(xs[first:]), xs[:first], self._function.outputs)

        return pytree.unflatten(self._out_tree, transform(self.__name__, run, arrays))

    def _with(self, values: Sequence[Array]) -> Function:
        captures = list(self._function.captures)
        for i, x in zip(self._hoisted, values, strict=True):
            captures[i] = x
        return self._function._replace(captures=tuple(captures))

    def _checked(self, args: tuple[Any, ...]) -> list[Array]:
        """The function's own arguments, which must be like the examples."""
        leaves, tree = flatten_arrays(self._title, args, pytree.argument_names)
        if tree != self._tree:
            raise TreeError(f"{self._title}: arguments must be like the examples, {self._tree}; got {tree}.")
        for x, spec in zip(leaves, self._specs, strict=True):
            if x.shape != spec.aval.shape:
                raise ShapeError(
                    f"{self._title}: an argument must be {spec.aval} as the example is; got {x.aval}."
                )
        return [convert(x, s.aval.dtype, s.weak) for x, s in zip(leaves, self._specs, strict=True)]


def closure_convert(fun: Callable[..., Any], *example_args: Any) -> tuple[Callable[..., Any], list[Any]]:
    """A function with the traced values that it closes over as further arguments, for rules of derivatives.

    A rule of ``custom_vjp`` sees derivatives with respect to arguments only. A function that it takes as a Python value
    may close over arrays which are being differentiated; this makes arguments of them.

    Args:
        fun: Function without effects of pytrees of arrays.
        *example_args: Arguments of the types that it will be called with.

    Returns: the function that takes arguments like the examples and then the values, and the list of values: the traced
        arrays of float or complex dtype that ``fun`` uses.

    Example:
        >>> import axir
        >>> def scaled(a):
        ...     converted, values = axir.closure_convert(lambda x: a * x, 1.0)
        ...     return converted(2.0, *values), len(values)
        >>> axir.grad(scaled, has_aux=True)(3.0)
        (Array(2., dtype=float32, weak_type=True), Array(1, dtype=int32, weak_type=True))
    """
    converted = _Converted(fun, example_args, lambda x: isinstance(x, Tracer) and is_inexact(x.dtype))
    return converted, converted.values


def custom_gradient(fun: Callable[..., Any]) -> custom_vjp:
    """A function with a reverse-mode rule that it gives along with its result.

    Args:
        fun: Gives ``(output, rule)``, where ``rule`` takes the cotangent of the output and gives the cotangents of the
            arguments: a tuple, or the only one. It may use values that ``fun`` computes.

    Returns: the function of the output alone.

    Example:
        >>> import axir
        >>> @axir.custom_gradient
        ... def f(x):
        ...     return x**2, lambda ct: (ct * x,)
        >>> print(axir.grad(f)(3.0))
        3.0
    """

    def value(*args: Any) -> Any:
        return fun(*args)[0]

    def forward(*args: Any) -> tuple[Any, Any]:
        out, rule = fun(*args)
        converted = _Converted(rule, (out,), lambda x: isinstance(x, Tracer))
        values = converted.values
        return out, Partial(_Reversed(converted.without_values()), *values)

    def backward(residuals: Any, ct: Any) -> tuple[Any, ...]:
        found = residuals(ct)
        return found if isinstance(found, tuple) else (found,)

    value.__name__ = name_of(fun)
    value.__doc__ = fun.__doc__
    wrapped = custom_vjp(value)
    wrapped.defvjp(forward, backward)
    return wrapped


class _Reversed:
    """A converted rule that takes its values first and the cotangent last."""

    def __init__(self, converted: _Converted):
        self._converted = converted

    def __call__(self, *args: Any) -> Any:
        return self._converted(args[-1], *args[:-1])
