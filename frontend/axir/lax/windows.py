"""Reductions of the elements under a window that slides over an array."""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from axir._src.array import Array
from axir._src.axes import is_sequence, items_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import BOOL
from axir._src.trace import Tracer, bind
from axir.lax import elementwise
from axir.lax._operands import same_dtype
from axir.lax.convolution import Padding, integers, padtype_to_pads, pairs
from axir.lax.shapes import pad
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import Aval, dtype_name
from axir_compiler.ir.windows import dilated
from axir_compiler.ops.reduce import highest, lowest

__all__ = [
    "reduce_window",
    "reduce_window_shape_tuple",
    "select_and_gather_add",
    "select_and_scatter_add",
]

Computation = Callable[[Any, Any], Any]
_OPS = {
    "sum": OPS["reduce_window_sum"],
    "prod": OPS["reduce_window_prod"],
    "max": OPS["reduce_window_max"],
    "min": OPS["reduce_window_min"],
}
_COMBINE = {
    "sum": elementwise.add,
    "prod": elementwise.mul,
    "max": elementwise.max,
    "min": elementwise.min,
}
_IDENTITY: dict[str, Callable[[np.dtype], Any]] = {
    "sum": lambda dtype: 0,
    "prod": lambda dtype: 1,
    "max": lowest,
    "min": highest,
}
_BY_NAME = {
    "add": "sum",
    "multiply": "prod",
    "mul": "prod",
    "maximum": "max",
    "max": "max",
    "minimum": "min",
    "min": "min",
}
_OF_BOOLS = {"bitwise_or": "max", "logical_or": "max", "bitwise_and": "min", "logical_and": "min"}
_MODULES = ("axir", "numpy", "_operator", "operator", "builtins")


def _kind_of(computation: Computation, dtype: np.dtype) -> str:
    """Which reduction a function of two scalars stands for."""
    name = getattr(computation, "__name__", "")
    module = (getattr(computation, "__module__", None) or "numpy").partition(".")[0]
    known = module in _MODULES or isinstance(computation, np.ufunc)
    found = (
        (_BY_NAME.get(name) if dtype != BOOL else _OF_BOOLS.get(name) or _BY_NAME.get(name))
        if known
        else None
    )
    if computation is operator.mul:
        found = "prod"
    if found is None or (dtype == BOOL and found in ("sum", "prod")):
        raise located(
            DTypeError(
                "reduce_window: the computation must be lax.add, lax.mul, lax.max or lax.min (or the function of "
                "axir.numpy or numpy that does the same; for bools one of max, min, or, and); got "
                f"{computation!r} for dtype {dtype_name(dtype)}."
            )
        )
    return found


def reduce_window(
    operand: ArrayLike,
    init_value: ArrayLike,
    computation: Computation,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int] | None = None,
    padding: Padding = "VALID",
    base_dilation: Sequence[int] | None = None,
    window_dilation: Sequence[int] | None = None,
) -> Array:
    """Elements under a window combined, for each position of the window.

    Args:
        operand: Array of any rank.
        init_value: Scalar of its dtype that every result starts from, and that holes and padding hold.
        computation: ``lax.add``, ``lax.mul``, ``lax.max`` or ``lax.min``, or the function of ``axir.numpy`` or NumPy
            that does the same.
        window_dimensions: Size of the window along each axis.
        window_strides: Its steps; 1 by default.
        padding: ``"SAME"``, ``"SAME_LOWER"``, ``"VALID"``, or a pair ``(low, high)`` for each axis.
        base_dilation: Distance of neighbouring elements of ``operand``, holes between them; 1 by default.
        window_dilation: Distance of the elements that lie under neighbouring elements of the window; 1 by default.

    Returns: Array with ``max(0, (padded - span) // stride + 1)`` positions along each axis.
    Raises: ShapeError, DTypeError if the arguments do not fit together, or the computation is another one.

    >>> import axir.numpy as np
    >>> reduce_window(np.arange(6.0), 0.0, add, (3,), (1,), "VALID")
    Array([ 3.,  6.,  9., 12.], dtype=float32)
    """
    x, start = to_array(operand), to_array(init_value)
    if start.ndim:
        raise located(ShapeError(f"reduce_window: init_value must be a scalar; got shape {start.shape}."))
    if start.dtype != x.dtype and not start.weak_type:
        given = f"{dtype_name(x.dtype)} and {dtype_name(start.dtype)}"
        raise located(DTypeError(f"reduce_window: operand and init_value must have one dtype; got {given}."))
    kind = _kind_of(computation, x.dtype)
    attrs = _attributes(x.shape, window_dimensions, window_strides, padding, base_dilation, window_dilation)
    if x.dtype == BOOL:
        found = _reduced(kind, convert(x, np.dtype("uint8")), convert(start, np.dtype("uint8")), attrs)
        return convert(found, BOOL)
    return _reduced(kind, x, convert(start, x.dtype, x.weak_type), attrs)


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
    return _COMBINE[kind](start, found)


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
    """Shape of what ``reduce_window`` gives for the same arguments."""
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
    return bind(OPS[name], x, y, weak=weak, **_attributes(y.shape, *sides), extremum=kind)
