"""Questions about elements, and choices by their answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, overload

import numpy as np

from axir import lax
from axir._src.array import Array
from axir._src.convert import ArrayLike, asarray, convert, to_array
from axir._src.elementwise import apply, promoted
from axir._src.messages import located
from axir._src.promotion import BOOL
from axir._src.remember import remembered
from axir._src.scalar_types import finfo
from axir._src.trace import bind
from axir.numpy.elementwise import (
    equal,
    less,
    logical_and,
    logical_or,
    maximum,
    minimum,
    no_out,
    refuse_complex,
    truth,
)
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX, FLOATING, INEXACT, UNSIGNED, real_dtype

__all__ = [
    "allclose",
    "array_equal",
    "array_equiv",
    "clip",
    "isclose",
    "isfinite",
    "isinf",
    "isnan",
    "isneginf",
    "isposinf",
    "nan_to_num",
    "select",
    "signbit",
    "where",
]


@remembered
def isnan(x: ArrayLike, /) -> Array:
    """Whether the element is NaN."""
    x = to_array(x)
    return lax.ne(x, x)


def isfinite(x: ArrayLike, /) -> Array:
    """Whether the element is neither infinite nor NaN."""
    x = to_array(x)
    return bind(OPS["is_finite"], x, weak=False) if x.dtype in INEXACT else lax.eq(x, x)


def _infinite(x: ArrayLike, test: Callable[[Array], Array]) -> Array:
    array = to_array(x)
    return test(array) if array.dtype in INEXACT else lax.full(array.shape, False)


@remembered
def isinf(x: ArrayLike, /) -> Array:
    """Whether the element is infinite."""
    return _infinite(x, lambda v: lax.eq(lax.abs(v), math.inf))


@remembered
def isposinf(x: ArrayLike, /, out: None = None) -> Array:
    """Whether the element is positive infinity.

    Raises: DTypeError for complex numbers.
    """
    no_out("isposinf", out)
    refuse_complex("isposinf", x)
    return _infinite(x, lambda v: lax.eq(v, math.inf))


@remembered
def isneginf(x: ArrayLike, /, out: None = None) -> Array:
    """Whether the element is negative infinity.

    Raises: DTypeError for complex numbers.
    """
    no_out("isneginf", out)
    refuse_complex("isneginf", x)
    return _infinite(x, lambda v: lax.eq(v, -math.inf))


@remembered
def signbit(x: ArrayLike, /) -> Array:
    """Whether the sign bit is set, also for -0.0 and negative NaN.

    Raises: DTypeError for complex numbers.
    """
    refuse_complex("signbit", x)
    array = to_array(x)
    if array.dtype in FLOATING:
        array = lax.bitcast_convert_type(array, np.dtype(f"int{8 * array.dtype.itemsize}"))
    return less(array, 0) if array.dtype not in (*UNSIGNED, BOOL) else lax.full(array.shape, False)


@overload
def where(
    condition: ArrayLike, /, *, size: int | None = None, fill_value: Any = None
) -> tuple[Array, ...]: ...
@overload
def where(condition: ArrayLike, x: ArrayLike, y: ArrayLike, /) -> Array: ...
def where(
    condition: ArrayLike,
    x: ArrayLike | None = None,
    y: ArrayLike | None = None,
    /,
    *,
    size: int | None = None,
    fill_value: Any = None,
) -> Array | tuple[Array, ...]:
    """``x`` where ``condition`` holds, ``y`` elsewhere; with one argument the indices of what is not zero.

    Args:
        condition: Array; nonzero is true.
        x, y: Arrays, promoted to a common dtype; all three are broadcast.
        size, fill_value: With one argument the number of indices, and what is behind them; see ``nonzero``.

    Raises: ConcretizationError for the form with one argument when ``condition`` is traced and there is no
        ``size``: the shape of the result would depend on its values.
    """
    if x is None and y is None:
        from axir.numpy.positions import nonzero

        return nonzero(condition, size=size, fill_value=fill_value)
    if size is not None or fill_value is not None:
        raise located(DTypeError("where: size and fill_value belong to the form with one argument."))
    if x is None or y is None:
        raise located(DTypeError("where: takes one argument or three; got two."))
    return choose_by(condition, x, y)


@remembered
def choose_by(condition: ArrayLike, x: ArrayLike, y: ArrayLike) -> Array:
    """``where`` with three arguments."""
    cases, weak = promoted(x, y)
    return apply(OPS["select"], [truth(condition), *cases], weak)


@remembered
def clip(
    arr: ArrayLike | None = None, /, min: ArrayLike | None = None, max: ArrayLike | None = None
) -> Array:
    """``arr`` limited to ``[min, max]``; a bound of ``None`` is none.

    Raises: DTypeError for complex numbers, which have no order.
    """
    if arr is None:
        raise located(DTypeError("clip: needs an array."))
    refuse_complex("clip", *(x for x in (arr, min, max) if x is not None))
    result = to_array(arr)
    if min is not None:
        result = maximum(result, min)
    return result if max is None else minimum(result, max)


@remembered
def nan_to_num(
    x: ArrayLike,
    copy: bool = True,
    nan: ArrayLike = 0.0,
    posinf: ArrayLike | None = None,
    neginf: ArrayLike | None = None,
) -> Array:
    """``x`` with NaN and infinities replaced, by default by 0 and the largest finite numbers; of complex
    numbers in both parts."""
    array = to_array(x)
    if array.dtype in COMPLEX:
        parts = [nan_to_num(p, copy, nan, posinf, neginf) for p in (lax.real(array), lax.imag(array))]
        return lax.complex(*parts)
    if array.dtype not in FLOATING:
        return array
    limit = float(finfo(array.dtype).max)
    array = choose_by(isnan(array), convert(to_array(nan), array.dtype), array)
    high = limit if posinf is None else convert(to_array(posinf), array.dtype)
    low = -limit if neginf is None else convert(to_array(neginf), array.dtype)
    array = choose_by(isposinf(array), high, array)
    return choose_by(isneginf(array), low, array)


def select(condlist: Sequence[ArrayLike], choicelist: Sequence[ArrayLike], default: ArrayLike = 0) -> Array:
    """Element of the first choice whose condition holds, else ``default``.

    Raises: ShapeError if there are not as many choices as conditions, or none.
    """
    if len(condlist) != len(choicelist) or not condlist:
        given = f"{len(condlist)} and {len(choicelist)}"
        raise located(ShapeError(f"select: needs as many choices as conditions, at least one; got {given}."))
    *choices, result = promoted(*choicelist, default)[0]
    for condition, choice in zip(reversed(condlist), reversed(choices), strict=True):
        result = choose_by(condition, choice, result)
    return result


@remembered
def isclose(
    a: ArrayLike, b: ArrayLike, rtol: ArrayLike = 1e-05, atol: ArrayLike = 1e-08, equal_nan: bool = False
) -> Array:
    """Whether ``|a - b| <= atol + rtol * |b|``, or both are the same infinity.

    ``equal_nan`` makes NaN close to itself. Operands are promoted and broadcast.
    """
    (x, y), _ = promoted(a, b)
    if x.dtype not in INEXACT:
        (x, y), _ = promoted(a, b, to_float=True)
    real = real_dtype(x.dtype)
    bound = convert(to_array(atol), real) + convert(to_array(rtol), real) * lax.abs(y)
    near = logical_and(lax.abs(x - y) <= bound, logical_and(isfinite(x), isfinite(y)))
    found = logical_or(near, equal(x, y))
    return logical_or(found, logical_and(isnan(x), isnan(y))) if equal_nan else found


@remembered
def allclose(
    a: ArrayLike, b: ArrayLike, rtol: ArrayLike = 1e-05, atol: ArrayLike = 1e-08, equal_nan: bool = False
) -> Array:
    """Whether all elements are close; see ``isclose``.

    Args:
        a, b: Arrays that broadcast.
        rtol, atol: Relative and absolute tolerance.
        equal_nan: Whether NaN is close to itself.

    Returns: a bool.

    Raises: ShapeError if the shapes do not broadcast.
    """
    return isclose(a, b, rtol, atol, equal_nan).all()


@remembered
def array_equal(a1: Any, a2: Any, equal_nan: bool = False) -> Array:
    """Whether two arrays have one shape and equal elements; ``equal_nan`` makes NaN equal to itself.

    Args:
        a1, a2: Arrays, or what becomes one.
        equal_nan: Whether NaN is equal to itself.

    Returns: a bool.
    """
    x, y = asarray(a1), asarray(a2)
    if x.shape != y.shape:
        return to_array(np.bool_(False))
    same = equal(x, y)
    return (logical_or(same, logical_and(isnan(x), isnan(y))) if equal_nan else same).all()


def array_equiv(a1: Any, a2: Any) -> Array:
    """Whether two arrays broadcast to one shape with equal elements."""
    x, y = asarray(a1), asarray(a2)
    try:
        return equal(x, y).all()
    except ShapeError:
        return to_array(np.bool_(False))
