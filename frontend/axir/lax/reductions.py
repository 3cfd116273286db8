"""Reductions along axes and matrix products."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir._src.array import Array
from axir._src.axes import axes_of, axis_of
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir._src.trace import bind
from axir.lax.hints import check_precision
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import dtype_name

__all__ = [
    "argmax",
    "argmin",
    "batch_matmul",
    "dot",
    "dot_general",
    "reduce_and",
    "reduce_max",
    "reduce_min",
    "reduce_or",
    "reduce_prod",
    "reduce_sum",
    "reduce_xor",
]

Reducer = Callable[[ArrayLike, Sequence[int]], Array]
DimensionNumbers = tuple[tuple[Sequence[int], Sequence[int]], tuple[Sequence[int], Sequence[int]]]


def _reduction(name: str, doc: str) -> Reducer:
    cls = OPS[name]

    def function(operand: ArrayLike, axes: Sequence[int]) -> Array:
        x = to_array(operand)
        return bind(cls, x, axes=axes_of(axes, x.ndim, f"lax.{name}"))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.lax"
    function.__doc__ = (
        f"{doc}\n\n    The ``axes`` disappear.\n\n    Raises: AxisError if one is out of bounds."
    )
    return function


reduce_sum = _reduction("reduce_sum", "Sum along axes; half types are accumulated in float32.")
reduce_prod = _reduction("reduce_prod", "Product along axes; half types are accumulated in float32.")
reduce_max = _reduction("reduce_max", "Largest element along axes; NaN if there is one.")
reduce_min = _reduction("reduce_min", "Smallest element along axes; NaN if there is one.")
reduce_and = _reduction("reduce_and", "Bitwise or logical and along axes.")
reduce_or = _reduction("reduce_or", "Bitwise or logical or along axes.")
reduce_xor = _reduction("reduce_xor", "Bitwise or logical exclusive or along axes.")


def argmax(operand: ArrayLike, axis: int, index_dtype: DTypeLike) -> Array:
    """Index of the largest element along an axis; the first of equal ones, NaN counts as largest.

    Args:
        operand: Real array ``[..., n, ...]`` with ``n >= 1``.
        axis: The axis, which disappears.
        index_dtype: An integer dtype.

    Raises: AxisError; ShapeError for an empty axis; DTypeError for complex numbers or another
        ``index_dtype``.
    """
    return _arg("argmax", operand, axis, index_dtype)


def argmin(operand: ArrayLike, axis: int, index_dtype: DTypeLike) -> Array:
    """Index of the smallest element along an axis; the first of equal ones, NaN counts as smallest.

    Args:
        operand: Real array ``[..., n, ...]`` with ``n >= 1``.
        axis: The axis, which disappears.
        index_dtype: An integer dtype.

    Raises: AxisError; ShapeError for an empty axis; DTypeError for complex numbers or another
        ``index_dtype``.
    """
    return _arg("argmin", operand, axis, index_dtype)


def _arg(name: str, operand: ArrayLike, axis: int, index_dtype: DTypeLike) -> Array:
    x = to_array(operand)
    axis = axis_of(axis, x.ndim, f"lax.{name}")
    return bind(OPS[name], x, weak=False, axis=axis, index_dtype=requested(index_dtype, name))


def dot_general(
    lhs: ArrayLike,
    rhs: ArrayLike,
    dimension_numbers: DimensionNumbers,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """Sum of products over pairs of contracted axes, for each index of the paired batch axes.

    Args:
        lhs, rhs: Arrays of one dtype.
        dimension_numbers: ``((lhs_contracting, rhs_contracting), (lhs_batch, rhs_batch))``.
        precision: A ``PrecisionLike``. Has no effect: products are never computed in less than the precision of the
            operands.
        preferred_element_type: Dtype of the sums; by default that of the operands.

    Returns: Array whose axes are the batch axes, then the free axes of ``lhs``, then those of ``rhs``.
    Raises: ShapeError, DTypeError if operands do not fit together.
    """
    check_precision("dot_general", precision)
    x, y = to_array(lhs), to_array(rhs)
    if x.dtype != y.dtype:
        given = f"{dtype_name(x.dtype)} and {dtype_name(y.dtype)}"
        raise located(
            DTypeError(f"dot_general: operands must have the same dtype; got {given}. Convert one of them.")
        )
    (lhs_contract, rhs_contract), (lhs_batch, rhs_batch) = dimension_numbers
    wanted = x.dtype if preferred_element_type is None else requested(preferred_element_type, "dot_general")
    return bind(
        OPS["dot_general"],
        x,
        y,
        lhs_contract=tuple(map(int, lhs_contract)),
        rhs_contract=tuple(map(int, rhs_contract)),
        lhs_batch=tuple(map(int, lhs_batch)),
        rhs_batch=tuple(map(int, rhs_batch)),
        dtype=wanted,
    )


def dot(
    lhs: ArrayLike,
    rhs: ArrayLike,
    *,
    dimension_numbers: Any = None,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """Product of vectors and matrices: the last axis of ``lhs`` with the first of ``rhs``.

    With ``dimension_numbers`` it is ``dot_general``.

    Raises: ShapeError if without these an operand has no axis or more than 2; if sizes differ.
    """
    x, y = to_array(lhs), to_array(rhs)
    if dimension_numbers is not None:
        return dot_general(x, y, dimension_numbers, precision, preferred_element_type)
    if not (1 <= x.ndim <= 2 and 1 <= y.ndim <= 2):
        raise located(
            ShapeError(f"lax.dot: operands must be vectors or matrices; got {x.aval} and {y.aval}.")
        )
    return dot_general(x, y, (((x.ndim - 1,), (0,)), ((), ())), precision, preferred_element_type)


def batch_matmul(lhs: ArrayLike, rhs: ArrayLike, precision: Any = None) -> Array:
    """Matrix products over equal leading axes: ``[..., n, k]`` and ``[..., k, m]`` give ``[..., n, m]``.

    Args:
        lhs: ``[..., n, k]``.
        rhs: ``[..., k, m]`` of the same dtype.
        precision: As in ``dot_general``.

    Raises: ShapeError if the shapes do not fit, DTypeError if the dtypes differ.
    """
    x, y = to_array(lhs), to_array(rhs)
    if x.ndim < 2 or x.ndim != y.ndim:
        raise located(
            ShapeError(f"batch_matmul: ranks must be equal and at least 2; got {x.aval} and {y.aval}.")
        )
    batch = tuple(range(x.ndim - 2))
    return dot_general(x, y, (((x.ndim - 1,), (x.ndim - 2,)), (batch, batch)), precision)
