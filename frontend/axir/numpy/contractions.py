"""Matrix products, tensor contractions and diagonals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from axir import lax
from axir._src.array import Array, ConcreteArray
from axir._src.axes import axes_of, axis_of, is_sequence, items_of, static_int
from axir._src.config import config
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.elementwise import broadcast, broadcast_shapes, broadcast_to, promoted
from axir._src.messages import located
from axir._src.promotion import BOOL, DTypeLike, default_int, requested
from axir._src.remember import remembered
from axir._src.trace import bind, current_frame
from axir.numpy.complex_parts import conj
from axir.numpy.creation import zeros
from axir.numpy.elementwise import multiply, no_out, truth
from axir.numpy.reductions import sum
from axir.numpy.shapes import moveaxis, ravel
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS

__all__ = [
    "cross",
    "diag",
    "diagflat",
    "diagonal",
    "dot",
    "inner",
    "kron",
    "matmul",
    "matvec",
    "outer",
    "tensordot",
    "trace",
    "vdot",
    "vecdot",
    "vecmat",
]

Axes = Sequence[int]


def contract(
    x: Array,
    y: Array,
    contracting: tuple[Axes, Axes],
    batch: tuple[Axes, Axes] = ((), ()),
    dtype: DTypeLike = None,
    weak: bool = False,
) -> Array:
    """``lax.dot_general``, with bools as the Boolean product: an or of ands."""
    wanted = x.dtype if dtype is None else requested(dtype, "preferred_element_type")
    if x.dtype == BOOL:
        x, y = convert(x, default_int()), convert(y, default_int())
        found = truth(contract(x, y, contracting, batch))
        return found if dtype is None else convert(found, wanted)
    return bind(
        OPS["dot_general"],
        x,
        y,
        weak=weak,
        lhs_contract=tuple(contracting[0]),
        rhs_contract=tuple(contracting[1]),
        lhs_batch=tuple(batch[0]),
        rhs_batch=tuple(batch[1]),
        dtype=wanted,
    )


_BY_NUMPY = frozenset(map(np.dtype, ("float32", "float64", "complex64", "complex128")))
"""Dtypes whose products NumPy computes as the op does, without a wider dtype for the sums."""


def _eager_product(a: Any, b: Any) -> Array | None:
    """The product of concrete vectors or matrices of one dtype by NumPy; ``None`` where it takes the general way."""
    if type(a) is not ConcreteArray or type(b) is not ConcreteArray:
        return None
    x, y = a.to_numpy(), b.to_numpy()
    if x.dtype is not y.dtype or x.dtype not in _BY_NUMPY or not 0 < x.ndim < 3 or not 0 < y.ndim < 3:
        return None
    frame = current_frame()
    if x.shape[-1] != y.shape[0] or (frame is not None and frame.staged) or config._local.mode.careful:
        return None
    with np.errstate(all="ignore"):
        return ConcreteArray(np.matmul(x, y), a.weak_type and b.weak_type)


def dot(
    a: ArrayLike,
    b: ArrayLike,
    *,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
    out: None = None,
) -> Array:
    """Product of the last axis of ``a`` and the last but one of ``b`` (or its only one); scalars multiply.

    Args:
        a, b: Arrays, promoted to a common dtype.
        precision: Has no effect: products are never computed in less than the precision of the operands.
        preferred_element_type: Dtype of the sums.
        out: Must be ``None``.

    Raises: ShapeError if sizes differ.
    """
    no_out("dot", out)
    if preferred_element_type is None and (found := _eager_product(a, b)) is not None:
        return found
    (x, y), weak = promoted(a, b)
    if x.ndim == 0 or y.ndim == 0:
        return multiply(x, y)
    return contract(x, y, ((x.ndim - 1,), (max(y.ndim - 2, 0),)), dtype=preferred_element_type, weak=weak)


@remembered
def vdot(
    a: ArrayLike, b: ArrayLike, *, precision: Any = None, preferred_element_type: DTypeLike = None
) -> Array:
    """Product of the raveled arrays, the first one conjugated.

    Args:
        a, b: Arrays of one size.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Returns: a scalar.

    Raises: ShapeError if the sizes differ.
    """
    return dot(conj(ravel(a)), ravel(b), preferred_element_type=preferred_element_type)


def matmul(
    a: ArrayLike,
    b: ArrayLike,
    *,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
    out: None = None,
) -> Array:
    """Matrix product of the last two axes, the leading ones broadcast; an array of one axis is a vector.

    Raises: ShapeError for scalars, or if sizes do not fit.
    """
    no_out("matmul", out)
    if preferred_element_type is None and (found := _eager_product(a, b)) is not None:
        return found
    (x, y), weak = promoted(a, b)
    if x.ndim == 0 or y.ndim == 0 or x.shape[-1] != y.shape[max(y.ndim - 2, 0)]:
        raise located(
            ShapeError(
                f"matmul: needs at least 1 axis and equal sizes of the product; got {x.aval} and {y.aval}."
            )
        )
    if x.ndim <= 2 or y.ndim <= 2:
        return _matmul_by_one(x, y, preferred_element_type, weak)
    x, y, split = _common_batch(x, y)
    return _matmul_batched(x, y, split, preferred_element_type, weak)


def _matmul_by_one(x: Array, y: Array, dtype: DTypeLike, weak: bool) -> Array:
    """One operand has no leading axes, so no batch is needed; only their place in the result."""
    found = contract(x, y, ((x.ndim - 1,), (max(y.ndim - 2, 0),)), dtype=dtype, weak=weak)
    # The row of a matrix x comes before the leading axes of y; it belongs behind them.
    return moveaxis(found, 0, -2 if y.ndim > 1 else -1) if x.ndim == 2 and y.ndim > 2 else found


def _common_batch(x: Array, y: Array) -> tuple[Array, Array, list[int]]:
    """Operands of one rank, and those leading axes in which neither is repeated."""
    rank = max(x.ndim, y.ndim)
    x, y = (lax.reshape(v, (*(1,) * (rank - v.ndim), *v.shape)) for v in (x, y))
    broadcast_shapes(x.shape[:-2], y.shape[:-2], where="matmul")
    return x, y, [d for d in range(rank - 2) if x.shape[d] == y.shape[d]]


def _matmul_batched(x: Array, y: Array, batch: list[int], dtype: DTypeLike, weak: bool) -> Array:
    """Axes that one operand would be repeated along are free axes of the other instead."""
    rank = x.ndim
    left = [d for d in range(rank - 2) if d not in batch and x.shape[d] != 1]
    right = [d for d in range(rank - 2) if d not in batch and x.shape[d] == 1]
    x, y = lax.squeeze(x, right), lax.squeeze(y, left)
    x_at = {d: i for i, d in enumerate(d for d in range(rank) if d not in right)}
    y_at = {d: i for i, d in enumerate(d for d in range(rank) if d not in left)}
    pairs = [x_at[d] for d in batch], [y_at[d] for d in batch]
    found = contract(x, y, ((x_at[rank - 1],), (y_at[rank - 2],)), pairs, dtype, weak)
    order = [*batch, *left, rank - 2, *right, rank - 1]
    return lax.transpose(found, [order.index(d) for d in range(rank)])


def matvec(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Products of matrices ``[..., n, m]`` and vectors ``[..., m]``, leading axes broadcast.

    Raises: ShapeError for operands of less axes, or if sizes do not fit.
    """
    x, y = _at_least("matvec", (x1, 2), (x2, 1))
    return lax.squeeze(found := matmul(x, lax.expand_dims(y, (y.ndim,))), (found.ndim - 1,))


def vecmat(x1: ArrayLike, x2: ArrayLike, /) -> Array:
    """Products of vectors ``[..., n]``, conjugated, and matrices ``[..., n, m]``, leading axes broadcast.

    Raises: ShapeError for operands of less axes, or if sizes do not fit.
    """
    x, y = _at_least("vecmat", (conj(x1), 1), (x2, 2))
    return lax.squeeze(found := matmul(lax.expand_dims(x, (x.ndim - 1,)), y), (found.ndim - 2,))


def _at_least(where: str, *operands: tuple[ArrayLike, int]) -> list[Array]:
    """Operands as arrays, each of which must have so many axes."""
    arrays = [to_array(x) for x, _ in operands]
    if any(x.ndim < rank for x, (_, rank) in zip(arrays, operands, strict=True)):
        ranks = " and ".join(str(rank) for _, rank in operands)
        given = " and ".join(str(x.aval) for x in arrays)
        raise located(ShapeError(f"{where}: operands need at least {ranks} axes; got {given}."))
    return arrays


@remembered
def inner(
    a: ArrayLike, b: ArrayLike, *, precision: Any = None, preferred_element_type: DTypeLike = None
) -> Array:
    """Product over the last axes of both operands.

    Args:
        a: ``[..., k]``.
        b: ``[..., k]``; scalars multiply.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Returns: ``[*a.shape[:-1], *b.shape[:-1]]``.

    Raises: ShapeError if the last axes differ.
    """
    (x, y), weak = promoted(a, b)
    if x.ndim == 0 or y.ndim == 0:
        return multiply(x, y)
    return contract(x, y, ((x.ndim - 1,), (y.ndim - 1,)), dtype=preferred_element_type, weak=weak)


@remembered
def outer(a: ArrayLike, b: ArrayLike, out: None = None) -> Array:
    """Products of each element of ``a`` with each of ``b``, both raveled: ``[a.size, b.size]``.

    Args:
        a, b: Arrays of any shape.
        out: Must be None.

    Raises: DTypeError for ``out``.
    """
    no_out("outer", out)
    x, y = ravel(a), ravel(b)
    return multiply(lax.expand_dims(x, (1,)), y)


@remembered
def tensordot(
    a: ArrayLike,
    b: ArrayLike,
    axes: Any = 2,
    *,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
    out_sharding: None = None,
) -> Array:
    """Sum of products over pairs of axes.

    Args:
        a, b: Arrays, promoted to a common dtype.
        axes: The number of last axes of ``a`` and first axes of ``b``, or two lists of axes.
        precision, preferred_element_type: See ``dot``.
        out_sharding: Must be ``None``: arrays lie on one device.

    Raises: ShapeError if the paired sizes differ.
    """
    if out_sharding is not None:
        raise NotImplementedError("tensordot: arrays lie on one device; out_sharding must be None.")
    (x, y), weak = promoted(a, b)
    if is_sequence(axes):
        left, right = (items_of(v) for v in axes)
        left = [axis_of(i, x.ndim, "tensordot") for i in left]
        right = [axis_of(i, y.ndim, "tensordot") for i in right]
    else:
        count = static_int(axes, "tensordot")
        if not 0 <= count <= min(x.ndim, y.ndim):
            raise located(ShapeError(f"tensordot: cannot pair {count} axes of {x.aval} and {y.aval}."))
        left, right = list(range(x.ndim - count, x.ndim)), list(range(count))
    if len(left) != len(right):
        raise located(ShapeError(f"tensordot: needs as many axes of both operands; got {left} and {right}."))
    return contract(x, y, (left, right), dtype=preferred_element_type, weak=weak)


@remembered
def vecdot(
    x1: ArrayLike,
    x2: ArrayLike,
    /,
    *,
    axis: int = -1,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """Product over one axis of both operands, the first one conjugated, the other axes broadcast.

    Args:
        x1, x2: Arrays with ``axis`` of one size.
        axis: The axis that is summed over, counted in each operand.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Raises: ShapeError if the shapes do not fit, AxisError.
    """
    (x, y), weak = promoted(conj(x1), x2)
    x, y = (moveaxis(v, axis_of(axis, v.ndim, "vecdot"), -1) for v in (x, y))
    x, y = broadcast((x, y), "vecdot")
    batch = range(x.ndim - 1)
    return contract(x, y, ((x.ndim - 1,), (x.ndim - 1,)), (batch, batch), preferred_element_type, weak)


@remembered
def kron(a: ArrayLike, b: ArrayLike) -> Array:
    """Kronecker product: each element of ``a`` times the whole of ``b``."""
    (x, y), _ = promoted(a, b)
    rank = max(x.ndim, y.ndim)
    x, y = (lax.reshape(v, (*(1,) * (rank - v.ndim), *v.shape)) for v in (x, y))
    blocks = multiply(
        lax.reshape(x, [k for n in x.shape for k in (n, 1)]),
        lax.reshape(y, [k for n in y.shape for k in (1, n)]),
    )
    return lax.reshape(blocks, [n * m for n, m in zip(x.shape, y.shape, strict=True)])


@remembered
def cross(
    a: ArrayLike, b: ArrayLike, axisa: int = -1, axisb: int = -1, axisc: int = -1, axis: int | None = None
) -> Array:
    """Cross product of vectors of 2 or 3 components; of two with 2, its third component alone.

    Args:
        a, b: Arrays, broadcast except along the vectors.
        axisa, axisb, axisc: Axis of the vectors in ``a``, ``b`` and the result.
        axis: All three at once.

    Raises: ShapeError for other numbers of components.
    """
    if axis is not None:
        axisa = axisb = axisc = axis
    (x, y), _ = promoted(a, b)
    x, y = moveaxis(x, axisa, -1), moveaxis(y, axisb, -1)
    if x.shape[-1] not in (2, 3) or y.shape[-1] not in (2, 3):
        raise located(ShapeError(f"cross: vectors must have 2 or 3 components; got {x.aval} and {y.aval}."))
    shape = broadcast_shapes(x.shape[:-1], y.shape[:-1], where="cross")
    flat = x.shape[-1] == y.shape[-1] == 2
    u, v = (_components(w, shape) for w in (x, y))
    third = u[0] * v[1] - u[1] * v[0]
    if flat:
        return third
    parts = (u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], third)
    found = lax.concatenate([lax.expand_dims(p, (len(shape),)) for p in parts], len(shape))
    return moveaxis(found, -1, axisc)


def _components(x: Array, shape: tuple[int, ...]) -> list[Array]:
    """The three components of vectors along the last axis; a missing one is 0."""
    found = [broadcast_to(lax.index_in_dim(x, i, -1, False), shape) for i in range(x.shape[-1])]
    return found if len(found) == 3 else [*found, zeros(shape, x.dtype)]


@remembered
def diagonal(a: ArrayLike, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Array:
    """Elements whose indices along two axes differ by ``offset``, along a new last axis.

    Raises: ShapeError for less than 2 axes.
    """
    x = to_array(a)
    if x.ndim < 2 or len(axes_of((axis1, axis2), x.ndim, "diagonal")) != 2:
        raise located(ShapeError(f"diagonal: needs 2 distinct axes; got {x.aval}."))
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = x.shape[-2:]
    k = static_int(offset, "diagonal")
    length = max(min(rows, columns - k) if k >= 0 else min(rows + k, columns), 0)
    lead = x.shape[:-2]
    if length == 0:
        return zeros((*lead, 0), x.dtype)
    # In row-major order the diagonal is a strided run.
    start = k if k >= 0 else -k * columns
    flat = lax.reshape(x, (*lead, rows * columns))
    return lax.slice_in_dim(
        flat, start, start + (length - 1) * (columns + 1) + 1, columns + 1, axis=len(lead)
    )


@remembered
def diag(v: ArrayLike, k: int = 0) -> Array:
    """Diagonal ``k`` of a matrix, or the matrix with the vector ``v`` on diagonal ``k``.

    Raises: ShapeError for other ranks.
    """
    x = to_array(v)
    if x.ndim == 2:
        return diagonal(x, k)
    if x.ndim != 1:
        raise located(ShapeError(f"diag: needs a vector or a matrix; got {x.aval}."))
    offset = static_int(k, "diag")
    side = x.size + abs(offset)
    if x.size == 0:
        return zeros((side, side), x.dtype)
    start = offset if offset >= 0 else -offset * side
    end = side * side - start - ((x.size - 1) * (side + 1) + 1)
    flat = lax.pad(x, lax.full((), 0, x.dtype), [(start, end, side)])
    return lax.reshape(flat, (side, side))


def diagflat(v: ArrayLike, k: int = 0) -> Array:
    """The matrix with the raveled ``v`` on diagonal ``k``."""
    return diag(ravel(v), k)


@remembered
def trace(
    a: ArrayLike,
    offset: int = 0,
    axis1: int = 0,
    axis2: int = 1,
    dtype: DTypeLike = None,
    out: None = None,
) -> Array:
    """Sum along a diagonal; see ``diagonal``.

    Args:
        a: Array of rank 2 or more.
        offset: Which diagonal; positive ones lie above the main one.
        axis1, axis2: Axes of rows and columns, which disappear.
        dtype: Dtype of the sum; narrow integers and bools take the default width.
        out: Must be None.

    Raises: ShapeError for vectors, AxisError.
    """
    no_out("trace", out)
    return sum(diagonal(a, offset, axis1, axis2), -1, dtype)
