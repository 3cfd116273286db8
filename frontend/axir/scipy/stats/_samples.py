"""Statistics of samples: ``mode``, ``rankdata``, ``sem``."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.axes import axis_of
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir._src.promotion import default_float
from axir_compiler.errors import MissingRuleError, ShapeError

__all__ = ["mode", "rankdata", "sem"]


class ModeResult(NamedTuple):
    """What ``mode`` returns."""

    mode: Array
    count: Array


def _check_policy(where: str, policy: str) -> None:
    if policy not in ("propagate", "omit", "raise"):
        raise located(
            ShapeError(f"{where}: nan_policy must be 'propagate', 'omit' or 'raise'; got {policy!r}.")
        )
    if policy != "propagate":
        raise located(
            MissingRuleError(
                f"{where}: nan_policy must be 'propagate', since whether there are NaN is only known at run time; "
                f"got {policy!r}. Look for them before the call."
            )
        )


def _runs(ordered: Array) -> tuple[Array, Array]:
    """Whether an element begins a run of equal ones along the last axis, and where its run begins; NaN are equal."""
    place = lax.broadcasted_iota("int32", ordered.shape, ordered.ndim - 1)
    before = anp.concatenate([ordered[..., :1], ordered[..., :-1]], axis=-1)
    both_nan = anp.logical_and(lax.ne(ordered, ordered), lax.ne(before, before))
    begins = anp.logical_or(place == 0, anp.logical_and(lax.ne(ordered, before), anp.logical_not(both_nan)))
    return begins, lax.cummax(anp.where(begins, place, 0), axis=ordered.ndim - 1)


def mode(
    a: ArrayLike, axis: int | None = 0, nan_policy: str = "propagate", keepdims: bool = False
) -> ModeResult:
    """The most frequent value along an axis, the least one of several, and how often it occurs.

    Args:
        a: ``[..., n, ...]``; all NaN count as one value, which is greater than the others.
        axis: The axis of length n; ``None`` for all elements.
        nan_policy: ``"propagate"``.
        keepdims: Whether reduced axes stay, with size 1.

    Returns: Values of the dtype of ``a``, and counts, int32; NaN and 0 where there are no elements.
    Raises: AxisError; ShapeError (a ValueError) for an unknown policy, MissingRuleError for one that needs values.
    """
    _check_policy("mode", nan_policy)
    x = anp.atleast_1d(to_array(a))
    if axis is None:
        kept, flat, along = (1,) * x.ndim, anp.ravel(x), 0
    else:
        along = axis_of(axis, x.ndim, "mode")
        kept, flat = tuple(1 if d == along else n for d, n in enumerate(x.shape)), x
    shape = kept if keepdims else () if axis is None else kept[:along] + kept[along + 1 :]
    if flat.shape[along] == 0:
        nothing = anp.full(shape, math.nan, default_float())
        return ModeResult(nothing, anp.zeros(shape, default_float()))
    ordered = anp.sort(anp.moveaxis(flat, along, -1), axis=-1)
    _, start = _runs(ordered)
    lengths = lax.broadcasted_iota("int32", ordered.shape, ordered.ndim - 1) - start + 1
    best = anp.argmax(lengths, axis=-1, keepdims=True)
    found = (anp.take_along_axis(v, best, axis=-1, mode="clip") for v in (ordered, lengths))
    return ModeResult(*(anp.reshape(v, shape) for v in found))


def rankdata(
    a: ArrayLike, method: str = "average", *, axis: int | None = None, nan_policy: str = "propagate"
) -> Array:
    """Ranks of the elements, from 1 on.

    Args:
        a: Real array.
        method: The rank of equal elements: ``"average"``, ``"min"`` or ``"max"`` of those they take together,
            ``"dense"`` for the number of different values up to them, ``"ordinal"`` for their order in ``a``.
        axis: The axis that is ranked by itself; ``None`` for all elements, as a vector.
        nan_policy: ``"propagate"``: all ranks next to a NaN are NaN.

    Returns: Array of the default float dtype.
    Raises: ShapeError (a ValueError) for an unknown method or policy; MissingRuleError for another policy; AxisError.
    """
    _check_policy("rankdata", nan_policy)
    if method not in _RANKS:
        raise located(ShapeError(f"rankdata: method must be one of {sorted(_RANKS)}; got {method!r}."))
    x = to_array(a)
    x, along = (anp.ravel(x), 0) if axis is None else (x, axis_of(axis, x.ndim, "rankdata"))
    rows = anp.moveaxis(x, along, -1)
    dtype = default_float()
    if rows.shape[-1] == 0:
        return anp.zeros(x.shape, dtype)
    place = lax.broadcasted_iota("int32", rows.shape, rows.ndim - 1)
    ordered, origin = lax.sort_key_val(rows, place, dimension=rows.ndim - 1)
    _, back = lax.sort_key_val(origin, place, dimension=rows.ndim - 1)
    ranks = anp.take_along_axis(_RANKS[method](ordered, place), back, axis=-1, mode="clip")
    unknown = anp.any(lax.ne(rows, rows), axis=-1, keepdims=True)
    return anp.moveaxis(anp.where(unknown, math.nan, convert(ranks, dtype)), -1, along)


def _least(ordered: Array, place: Array) -> Array:
    return _runs(ordered)[1] + 1


def _greatest(ordered: Array, place: Array) -> Array:
    begins, _ = _runs(ordered)
    last, axis = ordered.shape[-1], ordered.ndim - 1
    # Where the next run begins: the least beginning to the right.
    after = anp.concatenate([begins[..., 1:], anp.ones_like(begins[..., :1])], axis=-1)
    return lax.cummin(anp.where(after, place, last), axis=axis, reverse=True) + 1


def _average(ordered: Array, place: Array) -> Array:
    return convert(_least(ordered, place) + _greatest(ordered, place), default_float()) * 0.5


def _dense(ordered: Array, place: Array) -> Array:
    return lax.cumsum(_runs(ordered)[0].astype("int32"), axis=ordered.ndim - 1)


_RANKS = {
    "average": _average,
    "min": _least,
    "max": _greatest,
    "dense": _dense,
    "ordinal": lambda ordered, place: place + 1,
}


def sem(
    a: ArrayLike,
    axis: int | None = 0,
    ddof: int = 1,
    nan_policy: str = "propagate",
    *,
    keepdims: bool = False,
) -> Array:
    """Standard error of the mean: the standard deviation with ``ddof`` over the root of the number of elements.

    ``nan_policy="omit"`` leaves NaN out.

    Raises: ShapeError (a ValueError) for another policy than these two; AxisError.
    """
    (values,), _ = promoted(a, to_float=True)
    if nan_policy == "omit":
        count: Any = anp.sum(lax.eq(values, values), axis=axis, keepdims=keepdims)
        return anp.nanstd(values, axis=axis, ddof=ddof, keepdims=keepdims) / anp.sqrt(
            convert(count, values.dtype)
        )
    if nan_policy != "propagate":
        raise located(ShapeError(f"sem: nan_policy must be 'propagate' or 'omit'; got {nan_policy!r}."))
    count = values.size if axis is None else values.shape[axis_of(axis, values.ndim, "sem")]
    return anp.std(values, axis=axis, ddof=ddof, keepdims=keepdims) / math.sqrt(count)
