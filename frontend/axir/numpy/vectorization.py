"""Functions of single items or rows, applied to whole arrays."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Sequence
from typing import Any, NamedTuple

from axir import lax
from axir._src.array import Array
from axir._src.axes import axes_of, axis_of
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.elementwise import broadcast_shapes, broadcast_to
from axir._src.messages import located
from axir._src.vectorize import vmap
from axir.numpy.elementwise import truth
from axir.numpy.logic import select
from axir.numpy.shapes import moveaxis
from axir_compiler.errors import ShapeError

__all__ = ["apply_along_axis", "apply_over_axes", "piecewise", "vectorize"]

_GROUP = re.compile(r"\(([^()]*)\)")
_SIGNATURE = re.compile(r"\s*(\([^()]*\)\s*,?\s*)+->\s*(\([^()]*\)\s*,?\s*)+")
Names = tuple[str, ...]


class _Signature(NamedTuple):
    inputs: tuple[Names, ...]
    outputs: tuple[Names, ...]


def _parse(signature: str) -> _Signature:
    if not _SIGNATURE.fullmatch(signature):
        raise located(ShapeError(f"vectorize: a signature reads like '(n,m),(m)->(n)'; got {signature!r}."))
    left, right = (
        tuple(tuple(n.strip() for n in group.split(",") if n.strip()) for group in _GROUP.findall(side))
        for side in signature.split("->")
    )
    return _Signature(left, right)


def vectorize(
    pyfunc: Callable[..., Any], *, excluded: Collection[int | str] = (), signature: str | None = None
) -> Callable[..., Any]:
    """A function of single items that takes whole arrays, whose other axes broadcast.

    Args:
        pyfunc: Function of scalars, or of arrays with the core axes of ``signature``.
        excluded: Positions or names of arguments that are passed on as they are.
        signature: Core axes of arguments and results, for example ``"(n,m),(m)->(n)"``.

    Raises: ShapeError for a bad signature, or arguments that do not fit it.

    >>> import axir.numpy as np
    >>> np.vectorize(np.dot, signature="(n),(n)->()")(np.ones((2, 3)), np.arange(3.0))
    Array([3., 3.], dtype=float32)
    """
    parsed = None if signature is None else _parse(signature)

    @functools.wraps(pyfunc)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        positions = [i for i in range(len(args)) if i not in excluded]
        names = [k for k in kwargs if k not in excluded]

        def core(*arrays: Array) -> Any:
            given = list(args)
            for i, x in zip(positions, arrays, strict=False):
                given[i] = x
            return pyfunc(*given, **{**kwargs, **dict(zip(names, arrays[len(positions) :], strict=True))})

        arrays = [to_array(args[i]) for i in positions] + [to_array(kwargs[k]) for k in names]
        inputs = ((),) * len(arrays) if parsed is None else parsed.inputs
        _check(arrays, inputs)
        return _mapped(core, arrays, [len(n) for n in inputs])

    return wrapped


def _check(arrays: Sequence[Array], inputs: Sequence[Names]) -> None:
    if len(arrays) != len(inputs):
        raise located(ShapeError(f"vectorize: the signature has {len(inputs)} arguments; got {len(arrays)}."))
    sizes: dict[str, int] = {}
    for x, names in zip(arrays, inputs, strict=True):
        if x.ndim < len(names):
            raise located(ShapeError(f"vectorize: needs the core axes {names}; got {x.aval}."))
        for name, n in zip(names, x.shape[x.ndim - len(names) :], strict=True):
            if sizes.setdefault(name, n) != n:
                raise located(
                    ShapeError(f"vectorize: the core axis {name!r} has the sizes {sizes[name]} and {n}.")
                )


def _mapped(core: Callable[..., Any], arrays: Sequence[Array], ranks: Sequence[int]) -> Any:
    """``core`` over the leading axes; an operand without one of them, or with size 1, is not mapped along it."""
    leading = [x.shape[: x.ndim - r] for x, r in zip(arrays, ranks, strict=True)]
    shape = broadcast_shapes(*leading, where="vectorize")
    reduced = []
    plans: list[list[int | None]] = []
    for x, own in zip(arrays, leading, strict=True):
        missing = len(shape) - len(own)
        kept = [None if d < missing or own[d - missing] != shape[d] else d for d in range(len(shape))]
        reduced.append(
            lax.squeeze(x, [d - missing for d, k in enumerate(kept) if k is None and d >= missing])
        )
        plans.append([None if k is None else 0 for k in kept])
    function = core
    for axes in zip(*(reversed(plan) for plan in plans), strict=True):
        # An axis that nobody has is of size 1 and put back at the end.
        mapped = any(a is not None for a in axes)
        function = vmap(function, in_axes=axes) if mapped else _with_new_axis(function)
    return function(*reduced)


def _with_new_axis(function: Callable[..., Any]) -> Callable[..., Any]:
    def wrapped(*args: Any) -> Any:
        found = function(*args)
        if isinstance(found, tuple | list):
            return type(found)(lax.expand_dims(x, (0,)) for x in found)
        return lax.expand_dims(found, (0,))

    return wrapped


def apply_along_axis(
    func1d: Callable[..., Any], axis: int, arr: ArrayLike, *args: Any, **kwargs: Any
) -> Array:
    """A function of vectors applied to those along an axis; what it gives takes the place of the axis.

    Args:
        func1d: Function of a vector and of ``args`` and ``kwargs``; gives an array.
        axis: The axis.
        arr: Array of rank 1 or more.
        *args, **kwargs: Handed to the function.

    Raises: AxisError.
    """
    x = to_array(arr)
    at = axis_of(axis, x.ndim, "apply_along_axis")

    def function(v: Array) -> Any:
        return func1d(v, *args, **kwargs)

    for _ in range(x.ndim - 1):
        function = vmap(function)
    found = function(moveaxis(x, at, -1))
    lead = x.ndim - 1
    count = found.ndim - lead
    return moveaxis(found, tuple(range(lead, found.ndim)), tuple(range(at, at + count)))


def apply_over_axes(func: Callable[..., Any], a: ArrayLike, axes: int | Sequence[int]) -> Array:
    """A function of an array and an axis applied for several axes in turn, each axis kept.

    Raises: ShapeError if the function changes the rank by more than the axis.
    """
    x = to_array(a)
    for axis in axes_of(axes, x.ndim, "apply_over_axes"):
        found = to_array(func(x, axis))
        if found.ndim == x.ndim - 1:
            found = lax.expand_dims(found, (axis,))
        if found.ndim != x.ndim:
            raise located(ShapeError(f"apply_over_axes: the function must keep the rank; got {found.aval}."))
        x = found
    return x


def piecewise(x: ArrayLike, condlist: Any, funclist: Sequence[Any], *args: Any, **kw: Any) -> Array:
    """A function that is another one in each of several regions.

    Args:
        x: Where to evaluate.
        condlist: Bool arrays, broadcast with ``x``; the last one that holds decides.
        funclist: A function or value for each of them, and optionally one for the rest, which is 0 otherwise.
            Functions take scalars and are evaluated everywhere; what they give is converted to the dtype of ``x``.
        args, kw: Passed on to the functions.

    Raises: ShapeError if there are not as many functions as conditions, or one more, or no condition.
    """
    points = to_array(x)
    conditions = [truth(c) for c in asarray(condlist)]
    if not conditions or len(funclist) not in (len(conditions), len(conditions) + 1):
        raise located(
            ShapeError(
                f"piecewise: needs a condition at least and as many functions, or one more; got {len(conditions)} and "
                f"{len(funclist)}."
            )
        )
    choices = [_piece(f, points, args, kw) for f in funclist]
    default = choices.pop() if len(choices) > len(conditions) else 0
    shape = broadcast_shapes(points.shape, *[c.shape for c in conditions], where="piecewise")
    cases = [broadcast_to(c, shape) for c in [*choices, convert(to_array(default), points.dtype)]]
    return select([broadcast_to(c, shape) for c in conditions[::-1]], cases[-2::-1], cases[-1])


def _piece(function: Any, x: Array, args: Sequence[Any], kw: dict[str, Any]) -> Array:
    if not callable(function):
        return convert(to_array(function), x.dtype)
    return convert(vectorize(lambda v: function(v, *args, **kw))(x), x.dtype)
