"""Jacobians and Hessians: derivatives pushed or pulled along all unit vectors at once, by vmap."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, ParamSpec

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.autodiff import check_inputs, check_outputs, full, jvp, select_arguments, vjp
from axir._src.call import flatten_arrays, name_of
from axir._src.trace import bind
from axir._src.vectorize import vmap
from axir_compiler.errors import NonDifferentiableError
from axir_compiler.ir.types import is_complex
from axir_compiler.ops.constant import IotaOp
from axir_compiler.ops.elementwise_binary import AddOp, CompareOp
from axir_compiler.ops.elementwise_unary import ConvertOp
from axir_compiler.ops.shape import ReshapeOp

__all__ = ["hessian", "jacfwd", "jacobian", "jacrev"]

P = ParamSpec("P")
Argnums = int | Sequence[int]


class _Point(NamedTuple):
    """Where a Jacobian is taken: the function of the chosen arguments alone, and those arguments."""

    function: Callable[[Any], Any]
    chosen: Any
    leaves: list[Array]
    treedef: pytree.TreeDef


def _point(
    title: str,
    fun: Callable[..., Any],
    args: Sequence[Any],
    kwargs: dict[str, Any],
    argnums: Argnums,
    holomorphic: bool,
) -> _Point:
    positions = select_arguments(title, args, argnums)
    single = isinstance(argnums, int)
    chosen = args[positions[0]] if single else tuple(args[i] for i in positions)
    names = pytree.argument_names([args[i] for i in positions], positions)
    leaves, treedef = flatten_arrays(title, chosen, lambda _: names)
    check_inputs(title, leaves, names, holomorphic)

    @functools.wraps(fun)
    def function(chosen: Any) -> Any:
        values = list(args)
        for i, x in zip(positions, (chosen,) if single else chosen, strict=True):
            values[i] = x
        return fun(*values, **kwargs)

    return _Point(function, chosen, leaves, treedef)


def _check_real(title: str, leaves: Sequence[Array], holomorphic: bool) -> None:
    """Unit tangents span real arguments, and the complex ones of holomorphic functions."""
    for x in leaves:
        if is_complex(x.dtype) and not holomorphic:
            raise NonDifferentiableError(
                f"{title}: arguments must be real; got {x.aval}. Use holomorphic=True if the function is holomorphic, "
                "else differentiate with respect to the real and imaginary part, or use jvp."
            )


def _basis(leaves: Sequence[Array]) -> list[Array]:
    """Unit tangents: for each element of all leaves together, one item along a new first axis."""
    count = sum(x.size for x in leaves)
    blocks, start = [], 0
    for x in leaves:
        # Row i of a block is 1 in column i - start: compare counters, so that no data enter a program.
        window = {"shape": (count, x.size), "dtype": np.dtype("int32")}
        rows, columns = (bind(IotaOp, **window, dimension=d, weak=False) for d in (0, 1))
        offset = full(start, columns.aval)
        units = bind(CompareOp, rows, bind(AddOp, columns, offset), direction="eq", weak=False)
        block = bind(ConvertOp, units, dtype=x.dtype)
        blocks.append(bind(ReshapeOp, block, shape=(count, *x.shape)))
        start += x.size
    return blocks


def _unravel(block: Any, leaves: Sequence[Array], axis: int, treedef: pytree.TreeDef) -> Any:
    """Split an axis that counts all elements of ``leaves`` into one array for each leaf."""
    parts, start = [], 0
    for x in leaves:
        index = [slice(None)] * block.ndim
        index[axis] = slice(start, start + x.size)
        start += x.size
        shape = (*block.shape[:axis], *x.shape, *block.shape[axis + 1 :])
        parts.append(block[tuple(index)].reshape(shape))
    return pytree.unflatten(treedef, parts)


def jacfwd(
    fun: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]:
    """The Jacobian, column by column with forward-mode differentiation: best for few inputs.

    The arguments are those of ``grad``; the result of ``fun`` may be any pytree. Without ``holomorphic`` arguments must
    be real; they may be complex for ``jacrev``, whose results must be real then.

    Returns: a function that gives, for each leaf of the result and each leaf of the arguments ``argnums``, an array of
        the shape of the one followed by that of the other; with ``has_aux`` a pair of that and aux.

    Raises:
        NonDifferentiableError: an argument or a result is not of floats.

    Example:
        >>> import axir, axir.numpy as np
        >>> axir.jacfwd(lambda x: x[0] * x)(np.array([2.0, 3.0]))
        Array([[4., 0.],
               [3., 2.]], dtype=float32)
    """
    title = f"jacfwd({name_of(fun)})"

    @functools.wraps(fun)
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        at = _point(title, fun, args, kwargs, argnums, holomorphic)

        _check_real(title, at.leaves, holomorphic)

        def push(tangent: Any) -> Any:
            found = jvp(at.function, (at.chosen,), (tangent,), has_aux=has_aux)
            if holomorphic:
                check_outputs(title, pytree.leaves(found[0]), holomorphic)
            return found[1:] if has_aux else found[1]

        basis = pytree.unflatten(at.treedef, _basis(at.leaves))
        mapped = vmap(push, out_axes=(-1, None) if has_aux else -1)(basis)
        columns, aux = mapped if has_aux else (mapped, None)
        result = pytree.map_tree(
            lambda block: _unravel(block, at.leaves, block.ndim - 1, at.treedef), columns
        )
        return (result, aux) if has_aux else result

    return jacobian_of


def jacrev(
    fun: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]:
    """The Jacobian, row by row with reverse-mode differentiation: best for few outputs.

    Arguments and result are those of ``jacfwd``.
    """
    title = f"jacrev({name_of(fun)})"

    @functools.wraps(fun)
    def jacobian_of(*args: Any, **kwargs: Any) -> Any:
        at = _point(title, fun, args, kwargs, argnums, holomorphic)
        out, pullback, *aux = vjp(at.function, at.chosen, has_aux=has_aux)
        leaves, treedef = flatten_arrays(title, out)
        check_outputs(title, leaves, holomorphic)
        (rows,) = vmap(pullback)(pytree.unflatten(treedef, _basis(leaves)))
        # Rows count all elements of the output: split them, and make the output's tree the outer one.
        by_input = [_unravel(block, leaves, 0, treedef) for block in pytree.leaves(rows)]
        by_output = zip(*(pytree.leaves(tree) for tree in by_input), strict=True)
        result = pytree.unflatten(treedef, [pytree.unflatten(at.treedef, parts) for parts in by_output])
        return (result, aux[0]) if has_aux else result

    return jacobian_of


jacobian = jacrev


def hessian(
    fun: Callable[P, Any], argnums: Argnums = 0, has_aux: bool = False, holomorphic: bool = False
) -> Callable[P, Any]:
    """The matrix of second derivatives, forward mode over reverse mode.

    Arguments are those of ``jacfwd``. For a scalar ``fun`` and an argument of shape ``s`` the result has the shape
    ``s + s``.

    Example:
        >>> import axir, axir.numpy as np
        >>> axir.hessian(lambda x: x[0] ** 2 * x[1])(np.array([1.0, 3.0]))
        Array([[6., 2.],
               [2., 0.]], dtype=float32)
    """
    return jacfwd(jacrev(fun, argnums, has_aux, holomorphic), argnums, has_aux, holomorphic)
