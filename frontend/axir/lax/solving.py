"""Roots and solutions of linear systems that are found by functions of the user and differentiated implicitly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir._src import pytree
from axir._src.array import Array
from axir._src.autodiff import jvp, linear_transpose, linearize
from axir._src.call import flatten_arrays, name_of, trace_flat
from axir._src.convert import convert, to_array
from axir._src.custom import custom_jvp
from axir._src.execute import transform
from axir._src.messages import located
from axir._src.trace import Frame, Function, Spec, Tracer, current_frame
from axir_compiler.errors import DTypeError, TreeError
from axir_compiler.ir.types import is_inexact
from axir_compiler.ops.linear_solve import LinearSolveOp

__all__ = ["custom_linear_solve", "custom_root"]

Fun = Callable[..., Any]


def _like(title: str, what: str, tree: Any, wanted: pytree.TreeDef, specs: Sequence[Spec]) -> list[Array]:
    """The leaves of what a function gives, which must be like ``specs``."""
    leaves, found = flatten_arrays(f"{title}: {what}", tree)
    if found != wanted:
        raise located(TreeError(f"{title}: {what} must have the structure {wanted}; got {found}."))
    pairs = list(zip(leaves, specs, strict=True))
    if any(x.shape != s.aval.shape or not (x.dtype == s.aval.dtype or x.weak_type) for x, s in pairs):
        expected = ", ".join(str(s.aval) for s in specs)
        given = ", ".join(str(x.aval) for x in leaves)
        raise located(DTypeError(f"{title}: {what} must have the types {expected}; got {given}."))
    return [convert(x, s.aval.dtype, s.weak) for x, s in pairs]


def _pair(title: str, what: str, out: Any) -> tuple[Any, Any]:
    if not isinstance(out, tuple | list) or len(out) != 2:
        raise located(TreeError(f"{title}: {what} must give a pair (solution, aux); got {type(out)}."))
    return out[0], out[1]


def custom_linear_solve(
    matvec: Fun,
    b: Any,
    solve: Fun,
    transpose_solve: Fun | None = None,
    symmetric: bool = False,
    has_aux: bool = False,
) -> Any:
    """The solution ``x`` of ``matvec(x) = b``, differentiated implicitly.

    How ``solve`` computes does not matter to derivatives: they solve the same system with other right sides.

    Args:
        matvec: Linear function that gives what has the structure and types of ``b``; it may use arrays from outside,
            and derivatives are taken with respect to those too.
        b: Right side, a pytree of arrays.
        solve: ``solve(matvec, b)`` gives the solution, like ``b``.
        transpose_solve: ``transpose_solve(vecmat, b)`` solves the transposed system; reverse mode needs it.
        symmetric: Whether ``matvec`` is its own transpose; then ``solve`` solves both.
        has_aux: Whether the solvers give pairs ``(x, aux)``; ``aux`` has no derivative.

    Returns: ``x``, or ``(x, aux)``.
    Raises: TreeError, DTypeError if a function does not give what is like ``b``; MissingRuleError from reverse mode
        without ``transpose_solve``.

    >>> import axir.numpy as np
    >>> from axir import lax
    >>> a = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> solve = lambda matvec, b: np.linalg.solve(a, b)
    >>> lax.custom_linear_solve(lambda x: a @ x, np.array([4.0, 7.0]), solve, symmetric=True)
    Array([1., 2.], dtype=float32)
    """
    title = f"custom_linear_solve({name_of(matvec)})"
    if transpose_solve is None and symmetric:
        transpose_solve = solve
    leaves, tree = flatten_arrays(title, b)
    if current_frame() is None:
        return pytree.map_tree(to_array, solve(matvec, b))
    specs, trees = [Spec.of(x) for x in leaves], [pytree.structure(None)]

    def product(tracers: Sequence[Array]) -> list[Array]:
        return _like(title, "matvec", matvec(pytree.unflatten(tree, tracers)), tree, specs)

    def solver(
        function: Fun, multiply: Fun, what: str, keeps_aux: bool
    ) -> Callable[[Sequence[Array]], list[Array]]:
        def flat(tracers: Sequence[Array]) -> list[Array]:
            out = function(multiply, pytree.unflatten(tree, tracers))
            found, aux = _pair(title, what, out) if has_aux else (out, None)
            more, structure = flatten_arrays(title, aux)
            if not keeps_aux:
                return _like(title, what, found, tree, specs)
            trees[:] = [structure]
            return [*_like(title, what, found, tree, specs), *more]

        return flat

    def vecmat(x: Any) -> Any:
        return matvec(x) if symmetric else linear_transpose(matvec, x)(x)[0]

    def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
        functions = {
            "callee": trace_flat(frame, "solve", solver(solve, matvec, "solve", True), arrays),
            "matvec": trace_flat(frame, "matvec", product, arrays),
        }
        back = solver(
            transpose_solve or solve, vecmat if transpose_solve else matvec, "transpose_solve", False
        )
        functions["transposed"] = trace_flat(frame, "transpose_solve", back, arrays)
        attrs = {"inputs": len(arrays), "can_transpose": int(transpose_solve is not None)}
        return frame.emit_named(LinearSolveOp, functions, arrays, attrs)

    found = transform("main", run, leaves)
    x = pytree.unflatten(tree, found[: len(leaves)])
    return (x, pytree.unflatten(trees[0], found[len(leaves) :])) if has_aux else x


class _Closed:
    """A function traced once, with the traced floats that it uses from outside as further arguments, ``consts``."""

    def __init__(self, title: str, fun: Fun, *example: Any):
        self._title = title
        leaves, self._tree = flatten_arrays(title, example)
        trees: list[pytree.TreeDef] = []

        def flat(tracers: Sequence[Array]) -> list[Array]:
            found, structure = flatten_arrays(title, fun(*pytree.unflatten(self._tree, tracers)))
            trees[:] = [structure]
            return found

        frame = current_frame()
        assert frame is not None
        self._function: Function = trace_flat(frame, name_of(fun), flat, leaves)
        (self._out_tree,) = trees
        self._is_const = [isinstance(c, Tracer) and is_inexact(c.dtype) for c in self._function.captures]
        self.consts = [c for c, used in zip(self._function.captures, self._is_const, strict=True) if used]

    def __call__(self, args: tuple[Any, ...], consts: Sequence[Array]) -> Any:
        frame, given = current_frame(), iter(consts)
        assert frame is not None
        captures = [
            next(given) if used else c
            for c, used in zip(self._function.captures, self._is_const, strict=True)
        ]
        function = self._function._replace(captures=tuple(captures))
        leaves = _like(self._title, "an argument", args, self._tree, function.inputs)
        return pytree.unflatten(self._out_tree, frame.emit_call(None, function, leaves, function.outputs))


def custom_root(f: Fun, initial_guess: Any, solve: Fun, tangent_solve: Fun, has_aux: bool = False) -> Any:
    """A root of ``f``, found by ``solve`` and differentiated implicitly.

    From ``f(x, u) = 0`` follows ``dx = -(df/dx)^-1 (df/du) du`` for what ``f`` uses from outside, ``u``.

    Args:
        f: Function whose result has the structure and types of its argument; it may use arrays from outside, with
            respect to which derivatives are taken.
        initial_guess: Where to start, a pytree of arrays; it has no derivative.
        solve: ``solve(f, initial_guess)`` gives the root.
        tangent_solve: ``tangent_solve(g, y)`` gives ``x`` with ``g(x) = y`` for a linear ``g``; linear in ``y``, for
            example by ``custom_linear_solve``.
        has_aux: Whether ``solve`` gives a pair ``(root, aux)``; ``aux`` has no derivative.

    Returns: the root, or ``(root, aux)``.
    Raises: TreeError, DTypeError if a function does not give what is like ``initial_guess``.

    >>> from axir import grad, lax
    >>> newton = lambda f, x: lax.fori_loop(0, 20, lambda _, x: x - f(x) / (2 * x), x)
    >>> root = lambda a: lax.custom_root(lambda x: x * x - a, 1.0, newton, lambda g, y: y / g(1.0))
    >>> print(root(4.0), grad(root)(4.0))
    2.0 0.25
    """
    title = f"custom_root({name_of(f)})"
    if current_frame() is None:
        return pytree.map_tree(to_array, solve(f, initial_guess))
    residual = _Closed(title, f, initial_guess)

    def step(x: Any, consts: Sequence[Array], y: Any) -> Any:
        return tangent_solve(linearize(lambda v: residual((v,), consts), x)[1], y)

    def solution(x: Any) -> Any:
        out = solve(f, x)
        found, aux = _pair(title, "solve", out) if has_aux else (out, None)
        leaves, tree = flatten_arrays(title, x)
        return pytree.unflatten(tree, _like(title, "solve", found, tree, [Spec.of(v) for v in leaves])), aux

    guess = pytree.map_tree(to_array, initial_guess)
    solving, slope = _Closed(title, solution, guess), _Closed(title, step, guess, residual.consts, guess)

    @custom_jvp
    def root(x: Any, consts: Any, others: Any) -> Any:
        return solving((x,), others[0])

    @root.defjvp
    def _rule(primals: Any, tangents: Any) -> Any:
        (x, consts, others), dconsts = primals, tangents[1]
        found, aux = root(x, consts, others)
        _, side = jvp(lambda c: residual((found,), c), (consts,), (dconsts,))
        moved = pytree.map_tree(lambda t: -t, slope((found, consts, side), others[1]))
        return (found, aux), (moved, pytree.map_tree(lambda v: v * 0, aux))

    found, aux = root(guess, residual.consts, (solving.consts, slope.consts))
    return (found, aux) if has_aux else found
