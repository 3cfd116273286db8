"""Reductions of the elements under a window that slides over an array."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.axes import is_sequence, items_of, static_int
from axir._src.convert import ArrayLike, convert
from axir._src.messages import located
from axir._src.promotion import BOOL
from axir._src.trace import Tracer, bind
from axir.lax._operands import same_dtype
from axir.lax.convolution import Padding, integers, padtype_to_pads, pairs
from axir.lax.folding import (
    COMBINE,
    Computation,
    combination,
    fold_windows,
    kind_of,
    operands_and_starts,
)
from axir.lax.shapes import pad
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import Aval
from axir_compiler.ir.windows import dilated
from axir_compiler.ops.reduce import highest, lowest
from axir_compiler.ops.reduce_window import windows_of

__all__ = [
    "reduce_window",
    "reduce_window_shape_tuple",
    "select_and_gather_add",
    "select_and_scatter_add",
]

_OPS = {
    "sum": OPS["reduce_window_sum"],
    "prod": OPS["reduce_window_prod"],
    "max": OPS["reduce_window_max"],
    "min": OPS["reduce_window_min"],
}
_IDENTITY: dict[str, Callable[[np.dtype], Any]] = {
    "sum": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "max": lowest,
    "min": highest,
}
_OF_BOOLS = {"or": "max", "and": "min"}


def _kind_of(computation: Computation, dtype: np.dtype) -> str | None:
    """Which of the ops on windows a function of two scalars stands for; ``None`` for another function."""
    found = kind_of(computation, dtype)
    if dtype == BOOL:
        return _OF_BOOLS.get(found or "")
    dtypes = _OPS[found].dtypes if found in _OPS else None
    return found if dtypes is not None and dtype in dtypes else None


def reduce_window(
    operand: Any,
    init_value: Any,
    computation: Computation,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Padding = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Any:
    """Elements under a window combined, for each position of the window.

    Args:
        operand: Array of any rank, or a pytree of arrays of one shape.
        init_value: Scalar of its dtype that every result starts from, and that holes and padding hold; a pytree of such
            scalars for a pytree of arrays.
        computation: ``lax.add``, ``lax.mul``, ``lax.max``, ``lax.min``, or any associative function of two scalars (of
            two pytrees of scalars); see ``reduce``.
        window_dimensions: Size of the window along each axis.
        window_strides: Its steps; 1 by default.
        padding: ``"SAME"``, ``"SAME_LOWER"``, ``"VALID"``, or a pair ``(low, high)`` for each axis.
        base_dilation: Distance of neighbouring elements of ``operand``, holes between them; 1 by default.
        window_dilation: Distance of the elements that lie under neighbouring elements of the window; 1 by default.

    Returns: Array, or pytree of arrays, with ``max(0, (padded - span) // stride + 1)`` positions along each axis.
    Raises: ShapeError, DTypeError, TreeError if the arguments do not fit together.

    >>> import axir.numpy as np
    >>> from axir import lax
    >>> lax.reduce_window(np.arange(6.0), 0.0, lax.add, (3,), (1,), "VALID")
    Array([ 3.,  6.,  9., 12.], dtype=float32)
    """
    xs, starts, tree = operands_and_starts("reduce_window", operand, init_value)
    x, start = xs[0], starts[0]
    attrs = _attributes(x.shape, window_dimensions, window_strides, padding, base_dilation, window_dilation)
    kind = _kind_of(computation, x.dtype) if tree == pytree.structure(0) else None
    if kind is None:
        # Reports what is wrong with the attributes before they are used.
        _OPS["sum"].infer_checked([Aval(x.shape, np.dtype("float32"))], attrs)
        combine = combination("reduce_window", computation, tree, starts)
        return pytree.unflatten(tree, fold_windows(combine, xs, starts, windows_of(attrs)))
    if x.dtype == BOOL:
        found = _reduced(kind, convert(x, np.dtype("uint8")), convert(start, np.dtype("uint8")), attrs)
        return convert(found, BOOL)
    return _reduced(kind, x, start, attrs)


def _reduced(kind: str, x: Array, start: Array, attrs: dict[str, tuple[int, ...]]) -> Array:
    """The op of the kind, whose holes hold the identity; any other start is padding, and a further operand."""
    op = _OPS[kind]
    if _is_identity(kind, start):
        return bind(op, x, weak=x.weak_type, **attrs)
    # Reports what is wrong with the attributes before they are used.
    op.infer_checked([x.aval], attrs)
    sides = zip(attrs["padding_low"], attrs["padding_high"], attrs["base_dilation"], strict=True)
    x = pad(x, start, [(low, high, step - 1) for low, high, step in sides])
    none = (0,) * x.ndim
    plain = {"padding_low": none, "padding_high": none, "base_dilation": (1,) * x.ndim}
    found = bind(op, x, weak=x.weak_type, **{**attrs, **plain})
    return COMBINE[kind](start, found)


def _is_identity(kind: str, start: Array) -> bool:
    """Whether a start is known, and changes nothing."""
    if isinstance(start, Tracer) and not start.known:
        return False
    return bool(start.to_numpy() == np.asarray(_IDENTITY[kind](start.dtype), start.dtype))


def _attributes(
    shape: Sequence[int],
    dimensions: Sequence[int],
    strides: Sequence[int] | None,
    padding: Padding,
    base_dilation: Sequence[int] | None,
    window_dilation: Sequence[int] | None,
) -> dict[str, tuple[int, ...]]:
    """Attributes of the ops, checked as far as it is needed to compute the padding."""
    rank = len(shape)
    sizes = (
        tuple(static_int(n, "window_dimensions") for n in items_of(dimensions))
        if is_sequence(dimensions)
        else ()
    )
    if len(sizes) != rank or not is_sequence(dimensions):
        raise located(
            ShapeError(f"window_dimensions: needs {rank} integers, one for each axis; got {dimensions!r}.")
        )
    steps = integers(strides, rank, "window_strides")
    base = integers(base_dilation, rank, "base_dilation")
    apart = integers(window_dilation, rank, "window_dilation")
    if isinstance(padding, str):
        spans = [dilated(n, d) for n, d in zip(sizes, apart, strict=True)]
        pads = padtype_to_pads(shape, spans, steps, padding)
    else:
        pads = pairs(padding, rank, "padding")
    return {
        "window_dimensions": sizes,
        "window_strides": steps,
        "padding_low": tuple(a for a, _ in pads),
        "padding_high": tuple(b for _, b in pads),
        "base_dilation": base,
        "window_dilation": apart,
    }


def reduce_window_shape_tuple(
    operand_shape: Sequence[int],
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """Shape of what ``reduce_window`` gives for the same arguments.

    Args:
        operand_shape: Shape of the operand.
        window_dimensions, window_strides: Size of the windows and distance between them, for each axis.
        padding: ``"SAME"``, ``"VALID"`` or the elements added on both sides of each axis.
        base_dilation, window_dilation: Distances between elements of the operand and of a window; by default 1.

    Raises: ShapeError if they do not fit the shape.
    """
    shape = tuple(operand_shape)
    attrs = _attributes(shape, window_dimensions, window_strides, padding, base_dilation, window_dilation)
    (found,) = OPS["reduce_window_sum"].infer_checked([Aval(shape, np.dtype("float32"))], attrs)
    return found.shape


def select_and_gather_add(
    source: ArrayLike,
    operand: ArrayLike,
    computation: Computation,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Padding = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Array:
    """For each position of a window the element of ``source`` where ``operand`` is extreme.

    Args:
        source: Array of the shape and float dtype of ``operand``.
        operand: What the window looks at; of equal elements the first one counts, and NaN before all others.
        computation: ``lax.max`` or ``lax.min``.
        window_dimensions, window_strides, padding, base_dilation, window_dilation: See ``reduce_window``.

    Returns: Array with an element for each position, 0 where the window sees nothing of ``operand``.
    Raises: ShapeError, DTypeError if the arguments do not fit together.
    """
    sides = (window_dimensions, window_strides, padding, base_dilation, window_dilation)
    return _selected("select_and_gather_add", source, operand, computation, *sides)


def select_and_scatter_add(
    source: ArrayLike,
    operand: ArrayLike,
    computation: Computation,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Padding = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Array:
    """Adds the element of ``source`` for each position of a window where ``operand`` is extreme in it.

    Args:
        source: Array with an element for each position, of the float dtype of ``operand``.
        operand, computation: See ``select_and_gather_add``, of which this is the transpose.
        window_dimensions, window_strides, padding, base_dilation, window_dilation: See ``reduce_window``.

    Returns: Array of the shape of ``operand``.
    Raises: ShapeError, DTypeError if the arguments do not fit together.
    """
    sides = (window_dimensions, window_strides, padding, base_dilation, window_dilation)
    return _selected("select_and_scatter_add", source, operand, computation, *sides)


def _selected(
    name: str, source: ArrayLike, operand: ArrayLike, computation: Computation, *sides: Any
) -> Array:
    (x, y), weak = same_dtype(name, (source, operand))
    kind = _kind_of(computation, y.dtype)
    if kind not in ("max", "min"):
        raise located(DTypeError(f"{name}: the computation must be lax.max or lax.min; got {computation!r}."))
    return bind(OPS[name], x, y, weak=weak, **_attributes(y.shape, *sides), extremum=kind)
