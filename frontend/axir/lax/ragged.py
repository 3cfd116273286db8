"""Products of arrays of which an axis consists of groups of different sizes, one behind the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from axir._src.array import Array
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.promotion import DTypeLike
from axir.lax.cumulative import cumsum
from axir.lax.elementwise import bitwise_and, ge, lt, select, sub
from axir.lax.reductions import DimensionNumbers, dot_general
from axir.lax.shapes import broadcast_in_dim, broadcasted_iota, full_like, transpose
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError
from axir_compiler.ir.types import INTEGER

__all__ = ["RaggedDotDimensionNumbers", "ragged_dot", "ragged_dot_general"]


@dataclass(frozen=True)
class RaggedDotDimensionNumbers:
    """Which axes of a ragged product are what.

    Attributes:
        dot_dimension_numbers: As for ``dot_general``.
        lhs_ragged_dimensions: The axis of ``lhs`` that consists of groups.
        rhs_group_dimensions: The axis of ``rhs`` with an item for each group, if the ragged axis is a free one of
            ``lhs``; else none.
    """

    dot_dimension_numbers: DimensionNumbers
    lhs_ragged_dimensions: Sequence[int]
    rhs_group_dimensions: Sequence[int]


_PLAIN = RaggedDotDimensionNumbers((((1,), (1,)), ((), ())), (0,), (0,))


def ragged_dot(
    lhs: ArrayLike,
    rhs: ArrayLike,
    group_sizes: ArrayLike,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
    group_offset: None = None,
    out_sharding: None = None,
) -> Array:
    """Rows of ``lhs`` times the matrix of the group that they are in.

    Args:
        lhs: Matrix ``[m, k]``, whose rows are ordered by group.
        rhs: Matrices ``[g, k, n]``.
        group_sizes: Integers ``[g]``, how many rows each group has; rows behind the last group give zeros.
        precision, preferred_element_type: See ``dot_general``.
        group_offset, out_sharding: Must be ``None``.

    Returns: ``[m, n]``.
    Raises: ShapeError, DTypeError if the arguments do not fit together.
    """
    return ragged_dot_general(
        lhs, rhs, group_sizes, _PLAIN, precision, preferred_element_type, group_offset, out_sharding
    )


def ragged_dot_general(
    lhs: ArrayLike,
    rhs: ArrayLike,
    group_sizes: ArrayLike,
    ragged_dot_dimension_numbers: RaggedDotDimensionNumbers,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
    group_offset: None = None,
    out_sharding: None = None,
) -> Array:
    """``dot_general`` with an axis of ``lhs`` that consists of groups.

    If that is a free axis, each group has an item of ``rhs`` of its own, along its group axis. If it is contracted,
    each group gives a product of its own, along a new first axis. If it is a batch axis, groups make no difference.

    The product is one over all pairs of rows and groups, masked: it takes as long as if all groups were of full size.

    Args:
        lhs, rhs: Arrays of one dtype.
        group_sizes: Integers ``[g]``.
        ragged_dot_dimension_numbers: Which axis is what.
        precision, preferred_element_type: See ``dot_general``.
        group_offset, out_sharding: Must be ``None``.

    Raises: ShapeError, DTypeError if the arguments do not fit together; MissingRuleError for sizes that differ between
        items of a batch. Use vmap there.
    """
    x, y, sizes = to_array(lhs), to_array(rhs), to_array(group_sizes)
    numbers = ragged_dot_dimension_numbers
    (contract, batch) = numbers.dot_dimension_numbers
    axis = _check(x, sizes, numbers, group_offset, out_sharding)
    options = (precision, preferred_element_type)
    if axis in batch[0]:
        return dot_general(x, y, (contract, batch), *options)
    masked = _by_group(x, axis, sizes)
    left = tuple(d + 1 for d in contract[0]), tuple(d + 1 for d in batch[0])
    if axis in contract[0]:
        found = dot_general(masked, y, ((left[0], contract[1]), (left[1], batch[1])), *options)
        # The groups are the first free axis, behind those of the batch.
        count = len(left[1])
        return transpose(found, (count, *(d for d in range(found.ndim) if d != count)))
    (group,) = numbers.rhs_group_dimensions
    return dot_general(masked, y, (((0, *left[0]), (group, *contract[1])), (left[1], batch[1])), *options)


def _check(x: Array, sizes: Array, numbers: RaggedDotDimensionNumbers, offset: Any, sharding: Any) -> int:
    """The ragged axis, after checks of what ``dot_general`` does not check."""
    if offset is not None or sharding is not None:
        raise located(ShapeError("ragged_dot_general: group_offset and out_sharding must be None."))
    if sizes.dtype not in INTEGER:
        raise located(DTypeError(f"ragged_dot_general: group_sizes must be integers; got {sizes.aval}."))
    if sizes.ndim != 1:
        raise located(
            MissingRuleError(
                f"ragged_dot_general: group_sizes must be a vector; got {sizes.aval}. Use vmap for a batch of them."
            )
        )
    ragged, groups = tuple(numbers.lhs_ragged_dimensions), tuple(numbers.rhs_group_dimensions)
    if len(ragged) != 1 or not 0 <= ragged[0] < x.ndim:
        raise located(ShapeError(f"ragged_dot_general: needs one ragged axis of {x.aval}; got {ragged}."))
    (contract, batch) = numbers.dot_dimension_numbers
    is_free = ragged[0] not in contract[0] and ragged[0] not in batch[0]
    if len(groups) != int(is_free):
        raise located(
            ShapeError(
                "ragged_dot_general: rhs has one group axis if the ragged axis is a free one of lhs, and none if not; "
                f"got {groups}."
            )
        )
    return ragged[0]


def _by_group(x: Array, axis: int, sizes: Array) -> Array:
    """``[g, *x.shape]``: for each group ``x`` with zeros outside of it along the axis."""
    shape = (sizes.shape[0], *x.shape)
    ends = cumsum(sizes, 0)
    first, last = (broadcast_in_dim(v, shape, (0,)) for v in (sub(ends, sizes), ends))
    at = broadcasted_iota(sizes.dtype, shape, axis + 1)
    inside = bitwise_and(ge(at, first), lt(at, last))
    spread = broadcast_in_dim(x, shape, tuple(range(1, x.ndim + 1)))
    return select(inside, spread, full_like(spread, 0))
