"""Sums, means, extremes and the like along axes."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.axes import Axes, axes_of, axis_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import apply_binary, broadcast_shapes, broadcast_to, evaluated, is_eager
from axir._src.messages import located
from axir._src.promotion import BOOL, DTypeLike, default_int, inexact, requested
from axir._src.remember import remembered
from axir._src.trace import bind
from axir.numpy.elementwise import add, maximum, minimum, multiply, no_out, truth
from axir.numpy.logic import choose_by
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, INEXACT, UNSIGNED, real_dtype

__all__ = [
    "all",
    "amax",
    "amin",
    "any",
    "argmax",
    "argmin",
    "average",
    "count_nonzero",
    "max",
    "mean",
    "min",
    "prod",
    "ptp",
    "std",
    "sum",
    "var",
]

_HALF_SIZE = 2


def _reduce(op: str, x: Array, axis: Axes, keepdims: bool) -> Array:
    axes = tuple(range(x.ndim)) if axis is None else axes_of(axis, x.ndim, op[len("reduce_") :])
    cls = OPS[op]
    if is_eager((x,)) and (cls.dtypes is None or x.dtype in cls.dtypes):
        found = evaluated(cls, x, False, axes=axes)
    else:
        found = bind(cls, x, weak=False, axes=axes)
    return lax.expand_dims(found, axes) if keepdims else found


def _masked(x: Array, where: ArrayLike | None, neutral: Any) -> Array:
    """``x`` with what a mask leaves out replaced by what changes nothing."""
    if where is None:
        return x
    mask = truth(where)
    shape = broadcast_shapes(x.shape, mask.shape, where="reduction")
    return choose_by(mask, broadcast_to(x, shape), neutral)


def accumulator(x: Array, dtype: DTypeLike, promote_integers: bool, where: str) -> np.dtype:
    """The dtype of a sum or product: narrow integers and bools take the default integer width."""
    if dtype is not None:
        return x.dtype if dtype is x.dtype else requested(dtype, where)
    if x.dtype in INEXACT or not promote_integers:
        return x.dtype
    wide = default_int()
    if x.dtype.itemsize >= wide.itemsize:
        return x.dtype
    return np.dtype(f"u{wide.name}") if x.dtype in UNSIGNED else wide


@remembered
def sum(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
    promote_integers: bool = True,
) -> Array:
    """Sum along axes, by default all.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear.
        dtype: Dtype of the result; by default that of ``a``, narrow integers and bools take the default width.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        initial: Added to the sum.
        where: Mask of the elements that take part.
        promote_integers: Whether narrow integers take the default width.

    Raises: AxisError if an axis is out of bounds.
    """
    no_out("sum", out)
    x = to_array(a)
    found = _masked(convert(x, accumulator(x, dtype, promote_integers, "sum")), where, 0)
    result = _reduce("reduce_sum", found, axis, keepdims)
    return result if initial is None else convert(add(result, initial), result.dtype)


@remembered
def prod(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    keepdims: bool = False,
    initial: ArrayLike | None = None,
    where: ArrayLike | None = None,
    promote_integers: bool = True,
) -> Array:
    """Product along axes, by default all.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear.
        dtype: Dtype of the result; by default that of ``a``, narrow integers and bools take the default width.
        out: Must be ``None``.
        keepdims: Whether the axes stay, with size 1.
        initial: Multiplies the product.
        where: Mask of the elements that take part.
        promote_integers: Whether narrow integers take the default width.

    Raises: AxisError if an axis is out of bounds.
    """
    no_out("prod", out)
    x = to_array(a)
    found = _masked(convert(x, accumulator(x, dtype, promote_integers, "prod")), where, 1)
    result = _reduce("reduce_prod", found, axis, keepdims)
    return result if initial is None else convert(multiply(result, initial), result.dtype)


def _extremum(name: str, on_bool: str, combine: Callable[[Any, Any], Array], doc: str) -> Any:
    op = f"reduce_{name}"

    def function(
        a: ArrayLike,
        axis: Axes = None,
        out: None = None,
        keepdims: bool = False,
        initial: ArrayLike | None = None,
        where: ArrayLike | None = None,
    ) -> Array:
        no_out(name, out)
        x = to_array(a)
        _check_identity(name, x, axis, initial, where)
        if where is not None and initial is not None:
            x = _masked(x, where, convert(to_array(initial), x.dtype))
        result = _reduce(on_bool if x.dtype == BOOL else op, x, axis, keepdims)
        return result if initial is None else convert(combine(result, initial), result.dtype)

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = (
        f"{doc}\n\n    Arguments are those of ``sum``. An empty array and a mask ``where`` need ``initial``.\n\n"
        "    Raises: ShapeError if it is missing, AxisError if an axis is out of bounds."
    )
    return remembered(function)


def _check_identity(name: str, x: Array, axis: Axes, initial: Any, where: Any) -> None:
    if initial is not None:
        return
    if where is not None:
        raise located(
            ShapeError(f"{name}: a mask leaves nothing behind in places. Give the argument initial.")
        )
    if x.size == 0 and 0 in [x.shape[i] for i in axes_of(axis, x.ndim, name)]:
        raise located(ShapeError(f"{name}: there is no element in {x.aval}. Give the argument initial."))


max = amax = _extremum("max", "reduce_or", maximum, "Largest element along axes; NaN if there is one.")
min = amin = _extremum("min", "reduce_and", minimum, "Smallest element along axes; NaN if there is one.")


@remembered
def any(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: ArrayLike | None = None,
) -> Array:
    """Whether an element along the axes is true, that is, not zero; arguments as in ``sum``.

    Args:
        a, axis, keepdims, where: As in ``sum``.
        out: Must be None.

    Returns: bools.

    Raises: AxisError.
    """
    no_out("any", out)
    return _reduce("reduce_or", _masked(truth(a), where, False), axis, keepdims)


@remembered
def all(
    a: ArrayLike,
    axis: Axes = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: ArrayLike | None = None,
) -> Array:
    """Whether all elements along the axes are true, that is, not zero; arguments as in ``sum``.

    Args:
        a, axis, keepdims, where: As in ``sum``.
        out: Must be None.

    Returns: bools.

    Raises: AxisError.
    """
    no_out("all", out)
    return _reduce("reduce_and", _masked(truth(a), where, True), axis, keepdims)


def _arg(name: str, doc: str) -> Any:
    cls = OPS[name]

    def function(
        a: ArrayLike, axis: int | None = None, out: None = None, keepdims: bool | None = None
    ) -> Array:
        no_out(name, out)
        x = to_array(a)
        flat = lax.reshape(x, -1 if x.size else 0) if axis is None else x
        at = axis_of(0 if axis is None else axis, flat.ndim, name)
        found = bind(cls, flat, weak=False, axis=at, index_dtype=default_int())
        if not keepdims:
            return found
        return lax.reshape(found, (1,) * x.ndim) if axis is None else lax.expand_dims(found, (at,))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy"
    function.__doc__ = (
        f"{doc}\n\n    Without an axis, of the raveled array. The first of equal elements counts, NaN wins.\n\n"
        "    Raises: ShapeError for an empty axis."
    )
    return remembered(function)


argmax = _arg("argmax", "Index of the largest element along an axis, of the default integer dtype.")
argmin = _arg("argmin", "Index of the smallest element along an axis, of the default integer dtype.")


@remembered
def count_nonzero(a: ArrayLike, axis: Axes = None, keepdims: bool = False) -> Array:
    """Number of elements along axes that are not zero.

    Args:
        a, axis, keepdims: As in ``sum``.

    Returns: integers.

    Raises: AxisError.
    """
    return sum(truth(a), axis, keepdims=keepdims)


@remembered
def ptp(a: ArrayLike, axis: Axes = None, out: None = None, keepdims: bool = False) -> Array:
    """Largest minus smallest element along axes.

    Args:
        a, axis, keepdims: As in ``max``.
        out: Must be None.

    Raises: AxisError; ShapeError for empty axes.
    """
    no_out("ptp", out)
    return lax.sub(max(a, axis, keepdims=keepdims), min(a, axis, keepdims=keepdims))


def _work_dtype(x: Array, dtype: DTypeLike, where: str) -> tuple[np.dtype, np.dtype]:
    """The dtype of a statistic and that in which it is computed: half types are summed in float32."""
    result = inexact(x.dtype) if dtype is None else requested(dtype, where)
    wide = np.dtype("float32") if result in INEXACT and result.itemsize == _HALF_SIZE else result
    return result, wide


def _count(x: Array, axis: Axes, keepdims: bool, where: ArrayLike | None, dtype: np.dtype) -> Any:
    """Number of elements that take part: static unless there is a mask."""
    if where is None:
        return math.prod(x.shape[i] for i in axes_of(axis, x.ndim, "mean"))
    return sum(broadcast_to(truth(where), x.shape), axis, dtype, keepdims=keepdims)


@remembered
def mean(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    keepdims: bool = False,
    *,
    where: ArrayLike | None = None,
) -> Array:
    """Arithmetic mean along axes, as a float; NaN of no elements.

    Integers and bools give the default float dtype; half types are summed in float32. Arguments are
    those of ``sum``.

    Raises: AxisError if an axis is out of bounds.
    """
    no_out("mean", out)
    x = to_array(a)
    result, wide = _work_dtype(x, dtype, "mean")
    total = sum(x, axis, wide, keepdims=keepdims, where=where)
    return convert(_ratio(total, _count(x, axis, keepdims, where, wide)), result)


def _ratio(total: Array, count: Any) -> Array:
    if isinstance(count, int):
        count = float(count) if total.dtype in INEXACT else count
    return apply_binary(OPS["div"], total, count, weak=False)


# Arguments are named ``mean``.
_average = mean


@remembered
def var(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    *,
    where: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    correction: float | None = None,
) -> Array:
    """Mean of the squared distances from the mean, with ``count - ddof`` as the divisor; real also of complex numbers.

    ``correction`` is another name of ``ddof``. ``mean`` saves computing it, if it is known; it must keep the axes.
    """
    no_out("var", out)
    x = to_array(a)
    result, wide = _work_dtype(x, dtype, "var")
    x = convert(x, wide)
    center = (
        _average(x, axis, wide, keepdims=True, where=where) if mean is None else convert(to_array(mean), wide)
    )
    centered = lax.sub(x, broadcast_to(center, x.shape))
    squares = sum(_squared_size(centered), axis, keepdims=keepdims, where=where)
    result, wide = real_dtype(result), real_dtype(wide)
    count = _count(x, axis, keepdims, where, wide) - (ddof if correction is None else correction)
    if isinstance(count, Array):
        return convert(choose_by(count > 0, lax.div(squares, count), math.nan), result)
    return convert(lax.div(squares, float(count) if count > 0 else math.nan), result)


def _squared_size(x: Array) -> Array:
    if x.dtype not in COMPLEX:
        return lax.integer_pow(x, 2)
    return lax.add(lax.integer_pow(lax.real(x), 2), lax.integer_pow(lax.imag(x), 2))


@remembered
def std(
    a: ArrayLike,
    axis: Axes = None,
    dtype: DTypeLike = None,
    out: None = None,
    ddof: int = 0,
    keepdims: bool = False,
    *,
    where: ArrayLike | None = None,
    mean: ArrayLike | None = None,
    correction: float | None = None,
) -> Array:
    """Standard deviation along axes: the square root of ``var``.

    Args:
        a: Array of any shape.
        axis: Axis or axes, which disappear; by default all.
        dtype: Float or complex dtype in which to compute.
        out: Must be ``None``.
        ddof, correction: The sum of squares is divided by the number of elements less this.
        keepdims: Whether the axes stay, with size 1.
        where: Mask of the elements that take part.
        mean: The mean, if it is known, with the axes kept.

    Raises: AxisError if an axis is out of bounds.
    """
    no_out("std", out)
    return lax.sqrt(var(a, axis, dtype, None, ddof, keepdims, where=where, mean=mean, correction=correction))


@remembered
def average(
    a: ArrayLike,
    axis: Axes = None,
    weights: ArrayLike | None = None,
    returned: bool = False,
    keepdims: bool = False,
) -> Any:
    """Mean weighted by ``weights``, of the shape of ``a`` or of the axis.

    ``returned`` asks for the sum of the weights as well.

    Raises: ShapeError if the weights do not fit.
    """
    x = to_array(a)
    x = convert(x, inexact(x.dtype))
    if weights is None:
        found = mean(x, axis, keepdims=keepdims)
        total = lax.full_like(found, float(x.size // found.size if found.size else 0))
    else:
        w = _weights(x, axis, to_array(weights))
        total = sum(w, axis, keepdims=keepdims)
        found = sum(multiply(x, w), axis, keepdims=keepdims) / total
    return (found, total) if returned else found


def _weights(x: Array, axis: Axes, weights: Array) -> Array:
    if weights.shape != x.shape:
        axes = axes_of(axis, x.ndim, "average")
        if axis is None or tuple(x.shape[i] for i in axes) != weights.shape:
            raise located(
                ShapeError(f"average: weights {weights.aval} fit neither {x.aval} nor its axis {axis}.")
            )
        weights = lax.broadcast_in_dim(weights, x.shape, axes)
    return convert(weights, inexact(weights.dtype))
