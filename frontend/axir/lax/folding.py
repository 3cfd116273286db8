"""Reductions by functions of the user: along axes, and under windows.

The function is applied to many pairs at once, neighbours first, so that ``n`` elements take ``log(n)`` steps. Its order
of operands is kept. Where it is one that a reduction of its own exists for, that is used.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.axes import items_of, static_int
from axir._src.convert import convert, is_number, to_array
from axir._src.elementwise import broadcast_to, scalar_like
from axir._src.messages import located
from axir._src.promotion import BOOL
from axir._src.trace import bind
from axir._src.vectorize import vmap
from axir.lax import elementwise
from axir.lax.shapes import broadcast, concatenate, pad, reshape, transpose
from axir.lax.slicing import slice_in_dim
from axir_compiler.errors import AxisError, DTypeError, ShapeError, TreeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import dtype_name
from axir_compiler.ir.windows import Window, dilated

__all__ = ["reduce"]

Computation = Callable[[Any, Any], Any]
Arrays = list[Array]
Combine = Callable[[Arrays, Arrays], Arrays]

_BY_NAME = {
    "add": "sum",
    "multiply": "prod",
    "mul": "prod",
    "maximum": "max",
    "max": "max",
    "minimum": "min",
    "min": "min",
    "bitwise_and": "and",
    "bitwise_or": "or",
    "bitwise_xor": "xor",
    "and_": "and",
    "or_": "or",
    "xor": "xor",
    "logical_and": "logical and",
    "logical_or": "logical or",
    "logical_xor": "logical xor",
}
_OF_BOOLS = {"max": "or", "min": "and", "logical and": "and", "logical or": "or", "logical xor": "xor"}
_MODULES = ("axir", "numpy", "_operator", "operator", "builtins")
COMBINE: dict[str, Callable[[Any, Any], Array]] = {
    "sum": elementwise.add,
    "prod": elementwise.mul,
    "max": elementwise.max,
    "min": elementwise.min,
    "and": elementwise.bitwise_and,
    "or": elementwise.bitwise_or,
    "xor": elementwise.bitwise_xor,
}


def kind_of(computation: Computation, dtype: np.dtype) -> str | None:
    """Which known reduction of a dtype a function of two scalars stands for; ``None`` if it is another one."""
    if computation is operator.mul:
        return None if dtype == BOOL else "prod"
    name = getattr(computation, "__name__", "")
    module = (getattr(computation, "__module__", None) or "numpy").partition(".")[0]
    if module not in _MODULES and not isinstance(computation, np.ufunc):
        return None
    found = _BY_NAME.get(name)
    if dtype == BOOL:
        found = _OF_BOOLS.get(found or "", found)
    allowed = OPS[f"reduce_{found}"].dtypes if f"reduce_{found}" in OPS else frozenset()
    return found if allowed is not None and dtype in allowed else None


def operands_and_starts(where: str, operands: Any, init_values: Any) -> tuple[Arrays, Arrays, pytree.TreeDef]:
    """The arrays of both pytrees, checked against each other, and their structure."""
    xs, tree = pytree.flatten(operands)
    starts, given = pytree.flatten(init_values)
    if tree != given:
        raise located(
            TreeError(
                f"{where}: operands and initial values must have one structure; got {tree} and {given}."
            )
        )
    if not xs:
        raise located(TreeError(f"{where}: needs at least one operand; got {operands!r}."))
    arrays = [to_array(x) for x in xs]
    if len({x.shape for x in arrays}) > 1:
        shapes = ", ".join(str(x.aval) for x in arrays)
        raise located(ShapeError(f"{where}: operands must have one shape; got {shapes}."))
    return arrays, [_start(where, x, s) for x, s in zip(arrays, starts, strict=True)], tree


def _start(where: str, x: Array, given: Any) -> Array:
    start = scalar_like(given, x) if is_number(given) else to_array(given)
    if start.ndim:
        raise located(ShapeError(f"{where}: an initial value must be a scalar; got shape {start.shape}."))
    if start.dtype != x.dtype and not start.weak_type:
        types = f"{dtype_name(x.dtype)} and {dtype_name(start.dtype)}"
        raise located(DTypeError(f"{where}: operand and initial value must have one dtype; got {types}."))
    return convert(start, x.dtype, x.weak_type)


def combination(where: str, computation: Computation, tree: pytree.TreeDef, starts: Arrays) -> Combine:
    """The function on lists of arrays of one shape, element by element."""

    def scalars(*leaves: Array) -> Arrays:
        n = len(starts)
        out = computation(pytree.unflatten(tree, leaves[:n]), pytree.unflatten(tree, leaves[n:]))
        found, structure = pytree.flatten(out)
        results = [to_array(x) for x in found]
        fits = structure == tree and all(
            r.shape == () and (r.dtype == s.dtype or r.weak_type)
            for r, s in zip(results, starts, strict=True)
        )
        if not fits:
            wanted = ", ".join(str(s.aval) for s in starts)
            given = ", ".join(str(r.aval) for r in results)
            raise located(
                DTypeError(
                    f"{where}: the computation must give what it takes, scalars of types {wanted}; got {given}."
                )
            )
        return [convert(r, s.dtype) for r, s in zip(results, starts, strict=True)]

    def combine(left: Arrays, right: Arrays) -> Arrays:
        shape = left[0].shape
        if not left[0].size:
            return left
        flat = [reshape(x, (x.size,)) for x in (*left, *right)]
        return [reshape(x, shape) for x in vmap(scalars)(*flat)]

    return combine


def reduce(
    operands: Any,
    init_values: Any,
    computation: Computation,
    dimensions: Sequence[int],
    out_sharding: None = None,
) -> Any:
    """Elements along axes combined by a function of two scalars.

    Args:
        operands: Pytree of arrays of one shape.
        init_values: Pytree of the same structure: a scalar of the dtype of each operand, from which results start.
        computation: ``computation(a, b)`` takes and gives two pytrees of scalars like ``init_values``. It must be
            associative, since elements are combined in pairs; their order is kept.
        dimensions: The axes, which disappear.
        out_sharding: Must be ``None``.

    Returns: Pytree of arrays without the axes.
    Raises: ShapeError, DTypeError, TreeError if the arguments do not fit together; AxisError for the axes.

    >>> import axir.numpy as np
    >>> from axir import lax
    >>> lax.reduce(np.arange(1.0, 5.0), 1.0, lambda a, b: a * b, (0,))
    Array(24., dtype=float32)
    """
    if out_sharding is not None:
        raise located(TreeError(f"reduce: out_sharding must be None; got {out_sharding!r}."))
    xs, starts, tree = operands_and_starts("reduce", operands, init_values)
    axes = _axes(dimensions, xs[0])
    if tree == pytree.structure(0):
        kind = kind_of(computation, xs[0].dtype)
        if kind is not None:
            return COMBINE[kind](starts[0], bind(OPS[f"reduce_{kind}"], xs[0], axes=axes))
    kept = [d for d in range(xs[0].ndim) if d not in axes]
    shape = [xs[0].shape[d] for d in kept]
    count = int(np.prod([xs[0].shape[a] for a in axes], dtype=np.int64))
    combine = combination("reduce", computation, tree, starts)
    rows = [reshape(transpose(x, (*kept, *axes)), (*shape, count)) for x in xs]
    found = [broadcast(s, shape) for s in starts]
    if count:
        whole = [reshape(x, shape) for x in _folded(combine, rows, len(shape))]
        found = combine(found, whole)
    return pytree.unflatten(tree, found)


def _axes(dimensions: Sequence[int], x: Array) -> tuple[int, ...]:
    axes = [static_int(d, "reduce") for d in items_of(dimensions)]
    if any(not 0 <= a < x.ndim for a in axes) or len(set(axes)) < len(axes):
        raise located(
            AxisError(f"reduce: dimensions must be distinct and in [0, {x.ndim}); got {axes} for {x.aval}.")
        )
    return tuple(sorted(axes))


def _folded(combine: Combine, xs: Arrays, axis: int) -> Arrays:
    """All elements along an axis as one: neighbours are combined until one is left."""
    while xs[0].shape[axis] > 1:
        size = xs[0].shape[axis]
        even, odd = ([slice_in_dim(x, k, size - size % 2, 2, axis) for x in xs] for k in (0, 1))
        pairs = combine(even, odd)
        last = [slice_in_dim(x, size - 1, size, axis=axis) for x in xs]
        xs = [concatenate([p, x], axis) for p, x in zip(pairs, last, strict=True)] if size % 2 else pairs
    return xs


def fold_windows(combine: Combine, xs: Arrays, starts: Arrays, windows: Sequence[Window]) -> Arrays:
    """Elements under windows combined, one axis after the other; holes and padding hold the start."""
    config = [(w.low, w.high, w.base_dilation - 1) for w in windows]
    xs = [pad(x, s, config) for x, s in zip(xs, starts, strict=True)]
    for axis in reversed(range(len(windows))):
        xs = _folded_along(combine, xs, axis, windows[axis])
    return combine([broadcast_to(s, xs[0].shape) for s in starts], xs)


def _folded_along(combine: Combine, xs: Arrays, axis: int, w: Window) -> Arrays:
    """Windows along one axis: those of 2, 4, 8... elements come from two of half the size, all others from those."""
    count = max(0, (xs[0].shape[axis] - dilated(w.size, w.dilation)) // w.stride + 1)

    def part(values: Arrays, first: int) -> Arrays:
        last = first + dilated(count, w.stride) if count else first
        return [slice_in_dim(x, first, last, w.stride, axis) for x in values]

    if not count:
        return part(xs, 0)
    total: Arrays | None = None
    done, length = 0, 1
    while True:
        if w.size & length:
            piece = part(xs, done * w.dilation)
            total = piece if total is None else combine(total, piece)
            done += length
        if done == w.size:
            assert total is not None
            return total
        size, shift = xs[0].shape[axis], length * w.dilation
        behind = [slice_in_dim(x, 0, size - shift, axis=axis) for x in xs]
        xs = combine(behind, [slice_in_dim(x, shift, size, axis=axis) for x in xs])
        length *= 2
