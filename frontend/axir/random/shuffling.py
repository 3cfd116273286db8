"""Random orders and choices."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array, ConcreteArray
from axir._src.axes import Shape, axis_of, shape_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import is_eager
from axir._src.keys import KeyArray
from axir._src.messages import located
from axir._src.promotion import default_int, inexact
from axir._src.remember import remembered
from axir.lax.sorting import take_along
from axir.random.discrete import randint
from axir.random.distributions import gumbel, uniform
from axir.random.keys import Key, parts, random_bits
from axir_compiler.errors import DTypeError, ShapeError

__all__ = ["choice", "permutation"]


@remembered
def permutation(key: Key, x: Key, axis: int = 0, independent: bool = False) -> Any:
    """``x`` in random order along an axis, or the numbers below an integer ``x``.

    The order is that of random 32-bit numbers, sorted several times so that ties do not matter.

    Args:
        key: A key.
        x: Array, also one of typed keys, or a static integer.
        axis: Axis to shuffle.
        independent: Whether each row gets an order of its own.

    Raises: DTypeError for a scalar that is no integer, AxisError if the axis is out of bounds.
    """
    if isinstance(x, KeyArray):
        return _shuffled_keys(key, x, axis, independent)
    array = to_array(x)
    if array.ndim == 0:
        if array.dtype.kind not in "iu":
            raise located(DTypeError(f"random.permutation: needs an integer or an array; got {array.aval}."))
        return _shuffled(key, lax.iota(int, static_int(x, "random.permutation")), 0)
    at = axis_of(axis, array.ndim, "random.permutation")
    if independent or array.ndim == 1:
        return _shuffled(key, array, at)
    return _taken(array, _shuffled(key, lax.iota(int, array.shape[at]), 0), at)


def _shuffled_keys(key: Key, keys: KeyArray, axis: int, independent: bool) -> KeyArray:
    """Keys in the order of the numbers below their count."""
    at = axis_of(axis, keys.ndim, "random.permutation")
    if independent and keys.ndim > 1:
        raise located(DTypeError("random.permutation: rows of keys get one order. Leave independent out."))
    return keys.take(permutation(key, keys.shape[at]), at, mode="clip")


def _rounds(size: int) -> int:
    """How often to sort, so that some round has no ties with probability ``1 - 1/size`` or so."""
    return math.ceil(3 * math.log(max(1, size)) / math.log(np.iinfo(np.uint32).max))


def _shuffled(key: Key, x: Array, axis: int) -> Array:
    for _ in range(_rounds(x.size)):
        key, drawn = parts(key, 2, "permutation")
        x = _sorted_by(random_bits(drawn, 32, x.shape, "permutation"), x, axis)
    return x


def _sorted_by(order: Array, x: Array, axis: int) -> Array:
    """``x`` in the ascending, stable order of numbers along an axis."""
    return lax.sort_key_val(order, x, axis)[1]


def _taken(x: Array, index: Array, axis: int) -> Array:
    """The positions ``index`` of an axis."""
    if is_eager((x, index)):
        return ConcreteArray(np.take(x.to_numpy(), index.to_numpy(), axis), x.weak_type)
    shape = (*x.shape[:axis], index.size, *x.shape[axis + 1 :])
    return take_along(x, lax.broadcast_in_dim(index, shape, (axis,)), axis)


def choice(
    key: Key,
    a: Key,
    shape: Shape = (),
    replace: bool = True,
    p: ArrayLike | None = None,
    axis: int = 0,
    mode: str | None = None,
) -> Any:
    """Random elements of ``a`` along an axis, or of the numbers below an integer ``a``.

    Args:
        key: A key.
        a: Array, also one of typed keys, or a static integer.
        shape: How many.
        replace: Whether an element can be taken more than once.
        p: Probability of each position, by default equal ones.
        axis: Axis of ``a``.
        mode: That of ``gumbel``, for choices without replacement by probability.

    Raises: ShapeError if there are not enough elements or ``p`` does not fit.
    """
    if isinstance(a, KeyArray):
        at = axis_of(axis, a.ndim, "random.choice")
        return a.take(choice(key, a.shape[at], shape, replace, p, mode=mode), at, mode="clip")
    array, sizes = to_array(a), shape_of(shape, "random.choice")
    at = 0 if array.ndim == 0 else axis_of(axis, array.ndim, "random.choice")
    n = static_int(a, "random.choice") if array.ndim == 0 else array.shape[at]
    count = math.prod(sizes)
    if count and (n <= 0 or (not replace and count > n)):
        raise located(ShapeError(f"random.choice: cannot take {count} of {n} elements."))
    index = _chosen(key, n, sizes, replace, p, mode)
    if array.ndim == 0:
        return index
    found = _taken(array, lax.reshape(index, (count,)), at)
    return lax.reshape(found, (*array.shape[:at], *sizes, *array.shape[at + 1 :]))


def _chosen(
    key: Key, n: int, shape: tuple[int, ...], replace: bool, p: ArrayLike | None, mode: str | None
) -> Array:
    if p is None and replace:
        return randint(key, shape, 0, n)
    if p is None:
        order = permutation(key, n)
        return lax.reshape(lax.slice_in_dim(order, 0, math.prod(shape)), shape)
    weights = to_array(p)
    if weights.shape != (n,):
        raise located(
            ShapeError(
                f"random.choice: p must have one number for each of {n} positions; got {weights.aval}."
            )
        )
    weights = convert(weights, inexact(weights.dtype))
    return (
        _by_probability(key, shape, weights) if replace else _without_replacement(key, shape, weights, mode)
    )


def _by_probability(key: Key, shape: tuple[int, ...], p: Array) -> Array:
    """Where scaled uniform numbers fall among the sums of the probabilities."""
    bounds = lax.cumsum(p)
    if not math.prod(shape):
        return lax.full(shape, 0, default_int())
    total = lax.index_in_dim(bounds, -1, keepdims=False)
    drawn = lax.mul(lax.sub(1.0, uniform(key, shape, bounds.dtype)), total)
    return convert(anp.searchsorted(bounds, drawn), default_int())


def _without_replacement(key: Key, shape: tuple[int, ...], p: Array, mode: str | None) -> Array:
    """The positions of the largest sums of logarithms and Gumbel noise, which is sampling without replacement.

    W. Kool, H. van Hoof, M. Welling, "Stochastic beams and where to find them", ICML 2019, section 2.3.
    """
    noisy = lax.add(gumbel(key, p.shape, p.dtype, mode), lax.log(p))
    chosen = lax.top_k(noisy, math.prod(shape))[1]
    return lax.reshape(convert(chosen, default_int()), shape)
