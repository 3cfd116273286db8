"""vmap as users see it."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.call import flatten_arrays, name_of, trace_flat
from axir._src.execute import transform
from axir._src.keys import key_flags
from axir._src.named_axes import named_axis
from axir._src.trace import Frame, Spec
from axir_compiler.errors import AxisError, ShapeError, TreeError
from axir_compiler.ir.types import Aval
from axir_compiler.ops.transformation import VmapOp

__all__ = ["vmap"]

_ARRAYS = (Array, np.ndarray, np.generic, bool, int, float, complex)
F = TypeVar("F", bound=Callable[..., Any])


def _normalized(title: str, axis: Any, x: Array, name: str, is_key: bool) -> int | None:
    """A batch axis as a number in ``[0, ndim)``; the last axis of the words of keys does not count."""
    if axis is None:
        return None
    if not isinstance(axis, int) or isinstance(axis, bool):
        raise TypeError(f"{title}: in_axes and out_axes hold integers or None; got {axis!r}.")
    rank = x.ndim - is_key
    if not -rank <= axis < rank:
        given = f"a key array of shape {x.shape[:-1]}" if is_key else x.aval
        raise AxisError(f"{title}: in_axes names axis {axis} of {name}, which is {given}.")
    return axis % rank


def _batch_size(
    title: str,
    leaves: Sequence[Array],
    axes: Sequence[int | None],
    names: Sequence[str],
    axis_size: int | None,
) -> int:
    sizes = {p: x.shape[a] for x, a, p in zip(leaves, axes, names, strict=True) if a is not None}
    if not sizes and axis_size is None:
        raise ShapeError(
            f"{title}: at least one argument must be mapped, or axis_size given; got in_axes of None only."
        )
    wanted = axis_size if axis_size is not None else next(iter(sizes.values()))
    if any(n != wanted for n in sizes.values()):
        given = ", ".join(
            f"{x.shape[a]} for {p} {x.aval} (axis {a})"
            for x, a, p in zip(leaves, axes, names, strict=True)
            if a is not None
        )
        also = "" if axis_size is None else f" and axis_size={axis_size}"
        raise ShapeError(
            f"{title}: mapped axes must have equal length; got {given}{also}. Use None in in_axes to keep one unmapped."
        )
    return wanted


def vmap(
    fun: F,
    in_axes: Any = 0,
    out_axes: Any = 0,
    axis_name: Any = None,
    axis_size: int | None = None,
) -> F:
    """The function over a batch: maps ``fun`` over axes of its arguments, by rewriting, without a loop.

    Args:
        fun: function of pytrees of arrays.
        in_axes: axis to map of each positional argument: an integer for all, or a tuple with an integer, ``None``
            (not mapped) or a prefix pytree of these for each. Keyword arguments are mapped along axis 0.
        out_axes: where the batch axis is in the results, likewise; ``None`` for results equal for all items.
        axis_name: name of the batch axis, by which ``axir.lax.psum`` and its like refer to it; any hashable value.
        axis_size: size of the batch, if no argument is mapped.

    Raises:
        ShapeError: mapped axes differ in length; AxisError: an axis is out of range; TreeError: in_axes or out_axes
            does not fit the arguments or results.

    Example:
        >>> import axir, axir.numpy as np
        >>> matrix, vectors = np.ones((2, 3)), np.ones((5, 3))
        >>> axir.vmap(lambda m, v: m @ v, in_axes=(None, 0))(matrix, vectors).shape
        (5, 2)
    """
    title = f"vmap({name_of(fun)})"
    if isinstance(in_axes, list):
        in_axes = tuple(in_axes)

    @functools.wraps(fun)
    def batched(*args: Any, **kwargs: Any) -> Any:
        if isinstance(in_axes, tuple) and len(in_axes) != len(args):
            raise TreeError(
                f"{title}: in_axes must have one entry for each of the {len(args)} arguments; got {in_axes!r}."
            )
        tree = (args, kwargs)
        names = pytree.call_names(tree)
        spread = pytree.flatten_axes(f"{title}: in_axes", in_axes, args) + [0] * len(pytree.leaves(kwargs))
        leaves, treedef = _with_arrays(title, tree, spread)
        axes = [
            _normalized(title, a, x, p, is_key)
            for a, x, p, is_key in zip(spread, leaves, names, key_flags(tree), strict=True)
        ]
        size = _batch_size(title, leaves, axes, names, axis_size)
        mapped = [i for i, a in enumerate(axes) if a is not None]
        trees: list[Any] = []

        def flat(tracers: Sequence[Array]) -> list[Array]:
            filled = list(leaves)
            for i, t in zip(mapped, tracers, strict=True):
                filled[i] = t
            positional, named = pytree.unflatten(treedef, filled)
            out_leaves, out_tree = flatten_arrays(title, fun(*positional, **named))
            trees.append(out_tree)
            return out_leaves

        def run(frame: Frame, arrays: Sequence[Array]) -> Sequence[Array]:
            kept = [axes[i] for i in mapped]
            specs = [Spec(_without(x.aval, a), x.weak_type) for x, a in zip(arrays, kept, strict=True)]
            with named_axis(axis_name, size) as label:
                function = trace_flat(frame, name_of(fun), flat, arrays, specs=specs, known=False)
            placed = _out_axes(title, out_axes, trees[0], function.outputs)
            attrs = {
                "in_axes": (*kept, *(-1 for _ in function.captures)),
                "out_axes": placed,
                "size": size,
                "axis_name": label,
            }
            results = VmapOp.results_for(
                [],
                [s.aval for s in function.outputs],
                in_axes=(),
                out_axes=placed,
                size=size,
                axis_name=label,
            )
            specs = [Spec(a, s.weak) for a, s in zip(results, function.outputs, strict=True)]
            return frame.emit_call(VmapOp, function, arrays, specs, attrs)

        found = transform("main", run, [leaves[i] for i in mapped])
        return pytree.unflatten(trees[0], found)

    return batched  # pyright: ignore[reportReturnType]


def _with_arrays(title: str, tree: Any, axes: Sequence[int | None]) -> tuple[list[Any], pytree.TreeDef]:
    """The leaves as arrays; those that are not mapped may also be other Python values."""
    leaves, treedef = pytree.flatten(tree)
    other = [a is None and not isinstance(x, _ARRAYS) for x, a in zip(leaves, axes, strict=True)]
    given = [x for x, is_other in zip(leaves, other, strict=True) if not is_other]
    names = [n for n, is_other in zip(pytree.call_names(tree), other, strict=True) if not is_other]
    arrays = iter(flatten_arrays(title, given, lambda _: names)[0])
    return [x if is_other else next(arrays) for x, is_other in zip(leaves, other, strict=True)], treedef


def _without(aval: Aval, axis: int | None) -> Aval:
    assert axis is not None
    return Aval((*aval.shape[:axis], *aval.shape[axis + 1 :]), aval.dtype)


def _out_axes(title: str, out_axes: Any, tree: pytree.TreeDef, outputs: Sequence[Spec]) -> tuple[int, ...]:
    """The batch axis of each result leaf, -1 for none."""
    skeleton = pytree.unflatten(tree, [0] * tree.num_leaves)
    placed = []
    spread = pytree.flatten_axes(f"{title}: out_axes", out_axes, skeleton)
    for axis, spec, is_key in zip(spread, outputs, key_flags(skeleton), strict=True):
        rank = spec.aval.ndim + 1 - is_key
        if axis is None:
            placed.append(-1)
        elif isinstance(axis, int) and -rank <= axis < rank:
            placed.append(axis % rank)
        else:
            raise AxisError(f"{title}: out_axes names axis {axis!r} of a result with {rank} axes.")
    return tuple(placed)
