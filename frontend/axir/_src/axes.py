"""Axis and shape arguments, checked and brought into one form."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

from axir._src.messages import located
from axir_compiler.errors import AxisError, ShapeError

__all__ = ["Axes", "Shape", "axes_of", "axis_of", "is_sequence", "items_of", "shape_of", "static_int"]

Axes = int | Sequence[int] | None
Shape = int | Sequence[int]


def items_of(value: Any) -> tuple[Any, ...]:
    """What a sequence holds, or the value alone; arrays without axes are no sequences."""
    return tuple(value) if is_sequence(value) else (value,)


def is_sequence(value: Any) -> bool:
    """Whether a value holds several; arrays without axes do not."""
    return hasattr(value, "__iter__") and getattr(value, "ndim", 1) != 0


def static_int(value: Any, where: str) -> int:
    """A static integer argument.

    Raises:
        ShapeError: it is not an integer.
        ConcretizationError: it is traced.
    """
    if isinstance(value, int) and not isinstance(value, bool):
        return value  # also a number that knows more, which ``operator.index`` would reduce to one
    try:
        return operator.index(value)
    except TypeError as error:
        if type(error) is not TypeError:
            raise
        raise located(
            ShapeError(f"{where}: sizes, axes and counts must be integers; got {value!r}.")
        ) from None


def shape_of(shape: Any, where: str) -> tuple[int, ...]:
    """A shape argument, an integer or a sequence of them, as a tuple.

    Raises:
        ShapeError: a size is negative or no integer.
    """
    if isinstance(shape, str):
        raise located(ShapeError(f"{where}: a shape is a sequence of integers; got {shape!r}."))
    found = tuple(static_int(n, where) for n in items_of(shape))
    if any(n < 0 for n in found):
        raise located(ShapeError(f"{where}: sizes must not be negative; got shape {found}."))
    return found


def axis_of(axis: Any, ndim: int, where: str) -> int:
    """An axis counted from the first one.

    Raises:
        AxisError: it is outside ``[-ndim, ndim)``.
    """
    found = static_int(axis, where)
    if not -ndim <= found < ndim:
        raise located(AxisError(f"{where}: axis {found} is out of bounds for an array of {ndim} axes."))
    return found % ndim


def axes_of(axis: Any, ndim: int, where: str) -> tuple[int, ...]:
    """One axis, several, or ``None`` for all, as ascending axes counted from the first one.

    Raises:
        AxisError: one is out of bounds.
        ShapeError: one is given twice.
    """
    if axis is None:
        return tuple(range(ndim))
    given = items_of(axis)
    found = sorted(axis_of(a, ndim, where) for a in given)
    if len(set(found)) != len(found):
        raise located(ShapeError(f"{where}: an axis is given twice in {given}."))
    return tuple(found)
