"""Attention: weighted means of values, with weights from products of queries and keys."""

from __future__ import annotations

import math
from typing import Any, Literal, overload

import numpy as np

from axir import lax
from axir import numpy as anp
from axir._src.array import Array
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import BOOL
from axir.dtypes import finfo, promote_types
from axir.nn.normalization import logsumexp, softmax
from axir_compiler.errors import DTypeError, ShapeError

__all__ = ["dot_product_attention"]

_FLOAT32 = np.dtype("float32")
_INT32 = np.dtype("int32")


@overload
def dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    bias: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    query_seq_lengths: ArrayLike | None = None,
    key_value_seq_lengths: ArrayLike | None = None,
    local_window_size: int | tuple[int, int] | None = None,
    implementation: str | None = None,
    return_residual: Literal[False] = False,
) -> Array: ...


@overload
def dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    bias: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    query_seq_lengths: ArrayLike | None = None,
    key_value_seq_lengths: ArrayLike | None = None,
    local_window_size: int | tuple[int, int] | None = None,
    implementation: str | None = None,
    return_residual: Literal[True],
) -> tuple[Array, Array]: ...


def dot_product_attention(
    query: ArrayLike,
    key: ArrayLike,
    value: ArrayLike,
    bias: ArrayLike | None = None,
    mask: ArrayLike | None = None,
    *,
    scale: float | None = None,
    is_causal: bool = False,
    query_seq_lengths: ArrayLike | None = None,
    key_value_seq_lengths: ArrayLike | None = None,
    local_window_size: int | tuple[int, int] | None = None,
    implementation: str | None = None,
    return_residual: bool = False,
) -> Array | tuple[Array, Array]:
    """``softmax(scale * query @ key.T + bias) @ value`` for each batch and head; the softmax is in float32.

    A. Vaswani et al., "Attention is all you need", NIPS 2017; with fewer heads of keys than of queries:
    J. Ainslie et al., "GQA: Training generalized multi-query transformer models", EMNLP 2023.

    Args:
        query: Floats ``[batch, queries, heads, features]``; without the first axis for one batch.
        key, value: Floats ``[batch, keys, groups, features]`` of the same dtype; ``groups`` divides ``heads``, and
            consecutive heads share one.
        bias: Is added to the scaled products; broadcasts to ``[batch, heads, queries, keys]``.
        mask: Bools that broadcast likewise: which keys a query attends to.
        scale: Factor of the products, by default ``features ** -0.5``.
        is_causal: Whether query ``i`` attends to the keys up to ``i`` only.
        query_seq_lengths: ``i32[batch]``, how many queries count; the results of the others are 0.
        key_value_seq_lengths: ``i32[batch]``, how many keys count.
        local_window_size: How many keys before and after its own place a query attends to, one number for both or two.
        implementation: ``None`` or ``"xla"``, which mean the same.
        return_residual: Whether to give ``logsumexp`` of the products too, ``[batch, queries, heads]``.

    Returns: Array of the shape of ``query``. A query that no key is left for gets the mean of all values.
    Raises: ShapeError, DTypeError if arrays do not fit together; ValueError for another implementation.
    """
    if implementation not in (None, "xla"):
        raise ValueError(
            f"dot_product_attention: implementation must be None or 'xla'; got {implementation!r}. "
            "There is one implementation for all devices."
        )
    given = to_array(query)
    q, k, v = (_with_four_axes(x) for x in (given, to_array(key), to_array(value)))
    _check(q, k, v)
    heads, groups = q.shape[2], k.shape[2]
    queries = lax.reshape(q, (*q.shape[:2], groups, heads // groups, q.shape[3]))
    scores = _scores(queries, k, 1 / math.sqrt(k.shape[3]) if scale is None else scale)
    if bias is not None:
        added = anp.add(scores, _grouped(to_array(bias), heads, groups, "bias"))
        scores = convert(added, scores.dtype)
    lengths = [
        None if x is None else _lengths(x, k.shape[0], name)
        for name, x in (
            ("query_seq_lengths", query_seq_lengths),
            ("key_value_seq_lengths", key_value_seq_lengths),
        )
    ]
    masks = _masks(q.shape[1], k.shape[1], is_causal, local_window_size, lengths[0], lengths[1])
    if mask is not None:
        masks.append(_grouped(_checked_mask(mask), heads, groups, "mask"))
    scores = convert(_masked(scores, masks), _FLOAT32)
    weights = convert(softmax(scores), k.dtype)
    found = anp.einsum("bkgts,bskh->btkgh", weights, v)
    if lengths[0] is not None:
        counts = _before(q.shape[1], lengths[0])
        found = anp.multiply(found, convert(lax.reshape(counts, (*counts.shape, 1, 1, 1)), found.dtype))
    result = lax.reshape(found, given.shape)
    if not return_residual:
        return result
    residual = lax.transpose(to_array(logsumexp(scores, -1)), (0, 3, 1, 2))
    residual = lax.stop_gradient(convert(residual, k.dtype))
    return result, lax.reshape(residual, given.shape[:-1])


def _with_four_axes(x: Array) -> Array:
    return lax.expand_dims(x, tuple(range(4 - x.ndim))) if x.ndim < 4 else x


def _check(q: Array, k: Array, v: Array) -> None:
    if q.dtype != k.dtype or v.dtype != k.dtype:
        raise located(
            DTypeError(
                "dot_product_attention: query, key and value must have the same dtype; "
                f"got {q.dtype}, {k.dtype} and {v.dtype}."
            )
        )
    fits = (
        q.ndim == k.ndim == 4 and v.shape == k.shape and (q.shape[0], q.shape[3]) == (k.shape[0], k.shape[3])
    )
    if not fits:
        raise located(
            ShapeError(
                "dot_product_attention: query must be [batch, queries, heads, features], key and value "
                f"[batch, keys, groups, features]; got {q.aval}, {k.aval} and {v.aval}."
            )
        )
    if k.shape[2] == 0 or q.shape[2] % k.shape[2]:
        raise located(
            ShapeError(
                "dot_product_attention: the number of heads of query must be a multiple of that of key and value; "
                f"got {q.shape[2]} and {k.shape[2]}."
            )
        )


def _scores(queries: Array, key: Array, scale: float) -> Array:
    """Scaled products ``[batch, groups, heads of a group, queries, keys]``."""
    wanted = promote_types(queries.dtype, _FLOAT32)
    products = anp.einsum("btkgh,bskh->bkgts", queries, key, preferred_element_type=wanted)
    return lax.mul(products, anp.asarray(scale, wanted))


def _grouped(x: Array, heads: int, groups: int, name: str) -> Array:
    """An array of a bias or mask with the axis of heads split into groups."""
    x = _with_four_axes(x)
    if x.ndim != 4 or x.shape[1] not in (1, heads):
        raise located(
            ShapeError(
                f"dot_product_attention: {name} must broadcast to [batch, heads, queries, keys] with {heads} heads; "
                f"got {x.aval}."
            )
        )
    split = (1, 1) if x.shape[1] == 1 else (groups, heads // groups)
    return lax.reshape(x, (x.shape[0], *split, *x.shape[2:]))


def _checked_mask(mask: ArrayLike) -> Array:
    array = to_array(mask)
    if array.dtype != BOOL:
        raise located(DTypeError(f"dot_product_attention: mask must be an array of bools; got {array.aval}."))
    return array


def _lengths(lengths: Any, batch: int, name: str) -> Array:
    array = to_array(lengths)
    if array.dtype != _INT32 or array.shape != (batch,):
        raise located(
            ShapeError(f"dot_product_attention: {name} must be an array i32[{batch}]; got {array.aval}.")
        )
    return array


def _before(size: int, lengths: Array) -> Array:
    """Which of ``size`` places come before the end, ``[batch, size]``."""
    return lax.lt(
        lax.broadcasted_iota(_INT32, (*lengths.shape, size), 1),
        lax.broadcast_in_dim(lengths, (*lengths.shape, size), (0,)),
    )


def _masks(
    queries: int,
    keys: int,
    is_causal: bool,
    window: int | tuple[int, int] | None,
    query_lengths: Array | None,
    key_lengths: Array | None,
) -> list[Array]:
    """What restricts attention, each mask broadcasting to ``[batch, groups, heads of a group, queries, keys]``."""
    row, column = (lax.broadcasted_iota(_INT32, (queries, keys), d) for d in (0, 1))
    masks = []
    if is_causal:
        masks.append(lax.ge(row, column))
    if window is not None:
        left, right = (window, window) if isinstance(window, int) else window
        masks.append(lax.le(row, lax.add(column, left)))
        masks.append(lax.ge(row, lax.sub(column, right)))
    if query_lengths is not None:
        masks.append(lax.expand_dims(_before(queries, query_lengths), (1, 2, 4)))
    if key_lengths is not None:
        masks.append(lax.expand_dims(_before(keys, key_lengths), (1, 2, 3)))
    return masks


def _masked(scores: Array, masks: list[Array]) -> Array:
    """Scores with a large negative number where a mask leaves them out, finite also in float32."""
    if not masks:
        return scores
    allowed = masks[0]
    for other in masks[1:]:
        allowed = anp.logical_and(allowed, other)
    lowest = -0.7 * min(float(finfo(scores.dtype).max), float(finfo(_FLOAT32).max))
    return anp.where(allowed, scores, anp.asarray(lowest, scores.dtype))
