"""Random orders and choices."""

from __future__ import annotations

import math

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array, ConcreteArray
from axir._src.axes import Shape, axis_of, shape_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast_to, is_eager
from axir._src.messages import located
from axir._src.promotion import BOOL, inexact
from axir._src.trace import Tracer
from axir.random.distributions import randint, uniform
from axir.random.keys import random_bits, split
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError

__all__ = ["choice", "permutation"]

# Ranks are found by comparing all pairs while functions are traced: a table of this many squared.
_MOST_RANKED = 1024


def permutation(key: ArrayLike, x: ArrayLike, axis: int = 0, independent: bool = False) -> Array:
    """``x`` in random order along an axis, or the numbers below an integer ``x``.

    The order is that of random 32-bit numbers, sorted several times so that ties do not matter.

    Args:
        key: A key.
        x: Array, or a static integer.
        axis: Axis to shuffle.
        independent: Whether each row gets an order of its own.

    Raises: MissingRuleError if more than 1024 positions are shuffled in a function that is being traced.
    """
    array = to_array(x)
    if array.ndim == 0:
        if array.dtype.kind not in "iu":
            raise located(DTypeError(f"random.permutation: needs an integer or an array; got {array.aval}."))
        return _shuffled(key, lax.iota(int, static_int(x, "random.permutation")), 0)
    at = axis_of(axis, array.ndim, "random.permutation")
    if independent or array.ndim == 1:
        return _shuffled(key, array, at)
    return _taken(array, _shuffled(key, lax.iota(int, array.shape[at]), 0), at)


def _rounds(size: int) -> int:
    """How often to sort, so that some round has no ties with probability ``1 - 1/size`` or so."""
    return math.ceil(3 * math.log(max(1, size)) / math.log(np.iinfo(np.uint32).max))


def _shuffled(key: ArrayLike, x: Array, axis: int) -> Array:
    for _ in range(_rounds(x.size)):
        key, drawn = anp.unstack(split(key))
        x = _sorted_by(random_bits(drawn, 32, x.shape, "permutation"), x, axis)
    return x


def _sorted_by(order: Array, x: Array, axis: int) -> Array:
    """``x`` in the ascending, stable order of numbers along an axis."""
    if is_eager((order, x)):
        positions = np.argsort(order.to_numpy(), axis, kind="stable")
        return ConcreteArray(np.take_along_axis(x.to_numpy(), positions, axis))
    n = x.shape[axis]
    _check_ranked(n)
    mine, others = lax.expand_dims(order, (axis + 1,)), lax.expand_dims(order, (axis,))
    shape = (*x.shape[: axis + 1], n, *x.shape[axis + 1 :])
    mine, others = broadcast_to(mine, shape), broadcast_to(others, shape)
    earlier = lax.gt(
        lax.broadcasted_iota("int32", shape, axis), lax.broadcasted_iota("int32", shape, axis + 1)
    )
    first = lax.bitwise_or(lax.lt(others, mine), lax.bitwise_and(lax.eq(others, mine), earlier))
    rank = lax.reduce_sum(convert(first, np.dtype("int32")), (axis + 1,))
    return _placed(x, rank, axis)


def _check_ranked(n: int) -> None:
    if n > _MOST_RANKED:
        raise located(
            MissingRuleError(
                f"random.permutation: at most {_MOST_RANKED} positions can be shuffled in a traced function; got {n}. "
                "Shuffle outside jit and vmap."
            )
        )


def _placed(x: Array, rank: Array, axis: int) -> Array:
    """Element ``i`` of an axis goes to place ``rank[i]``; ``rank`` has the shape of ``x``."""
    n = x.shape[axis]
    shape = (*x.shape[:axis], n, *x.shape[axis:])
    at = lax.broadcasted_iota("int32", shape, axis)
    here = lax.eq(at, broadcast_to(lax.expand_dims(rank, (axis,)), shape))
    return _selected(here, broadcast_to(lax.expand_dims(x, (axis,)), shape), axis + 1)


def _selected(mask: Array, x: Array, axis: int) -> Array:
    """The only element along an axis where the mask holds."""
    if x.dtype == BOOL:
        return lax.reduce_or(lax.bitwise_and(mask, x), (axis,))
    return lax.reduce_sum(lax.select(mask, x, lax.full_like(x, 0)), (axis,))


def _taken(x: Array, index: Array, axis: int) -> Array:
    """The positions ``index`` of an axis."""
    if is_eager((x, index)):
        return ConcreteArray(np.take(x.to_numpy(), index.to_numpy(), axis))
    _check_ranked(max(x.shape[axis], index.size))
    shape = (*x.shape[:axis], index.size, *x.shape[axis:])
    position = lax.broadcasted_iota("int32", shape, axis + 1)
    wanted = lax.broadcast_in_dim(convert(index, np.dtype("int32")), shape, (axis,))
    spread = broadcast_to(lax.expand_dims(x, (axis,)), shape)
    return _selected(lax.eq(position, wanted), spread, axis + 1)


def choice(
    key: ArrayLike,
    a: ArrayLike,
    shape: Shape = (),
    replace: bool = True,
    p: ArrayLike | None = None,
    axis: int = 0,
) -> Array:
    """Random elements of ``a`` along an axis, or of the numbers below an integer ``a``.

    Args:
        key: A key.
        a: Array, or a static integer.
        shape: How many.
        replace: Whether an element can be taken more than once.
        p: Probability of each position, by default equal ones; concrete.
        axis: Axis of ``a``.

    Raises: ShapeError if there are not enough elements or ``p`` does not fit; MissingRuleError for ``p`` without
        replacement, which needs a partial sort.
    """
    array, sizes = to_array(a), shape_of(shape, "random.choice")
    at = 0 if array.ndim == 0 else axis_of(axis, array.ndim, "random.choice")
    n = static_int(a, "random.choice") if array.ndim == 0 else array.shape[at]
    count = math.prod(sizes)
    if count and (n <= 0 or (not replace and count > n)):
        raise located(ShapeError(f"random.choice: cannot take {count} of {n} elements."))
    index = _chosen(key, n, sizes, replace, p)
    if array.ndim == 0:
        return index
    found = _taken(array, lax.reshape(index, (count,)), at)
    return lax.reshape(found, (*array.shape[:at], *sizes, *array.shape[at + 1 :]))


def _chosen(key: ArrayLike, n: int, shape: tuple[int, ...], replace: bool, p: ArrayLike | None) -> Array:
    if p is None and replace:
        return randint(key, shape, 0, n)
    if p is None:
        order = permutation(key, n)
        return lax.reshape(lax.slice_in_dim(order, 0, math.prod(shape)), shape)
    if not replace:
        raise located(MissingRuleError("random.choice: p without replacement has no rule. Use replace=True."))
    return _by_probability(key, n, shape, to_array(p))


def _by_probability(key: ArrayLike, n: int, shape: tuple[int, ...], p: Array) -> Array:
    """Where scaled uniform numbers fall among the sums of the probabilities."""
    if p.shape != (n,):
        raise located(
            ShapeError(f"random.choice: p must have one number for each of {n} positions; got {p.aval}.")
        )
    if isinstance(p, Tracer) and not p.known:
        raise located(
            MissingRuleError("random.choice: traced probabilities have no rule. Use random.categorical.")
        )
    sums = np.cumsum(p.to_numpy(), dtype=inexact(p.dtype))
    bounds = to_array(sums)
    drawn = lax.mul(lax.sub(1.0, uniform(key, shape, bounds.dtype)), float(sums[-1]) if n else 1.0)
    below = anp.less(bounds, lax.expand_dims(drawn, (len(shape),)))
    return anp.sum(below, -1)
