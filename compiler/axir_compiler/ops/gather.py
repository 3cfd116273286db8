"""Windows of an operand at positions that arrays of indices give."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.attributes import Ints, Scalar, ScalarValue, Str, Tensor
from axir_compiler.ir.dimension_numbers import Numbers, Positions
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import INTEGER, Aval, aval_of
from axir_compiler.later import builders

__all__ = ["WindowsOp", "check_numbers"]

_FIELDS = Numbers._fields


class WindowsOp(AxirOp, name=None, same_dtype=False):
    """Base of the ops that read or write windows at positions given by indices."""

    @property
    def numbers(self) -> Numbers:
        """The dimension numbers of the op."""
        return Numbers(*(getattr(self, name) for name in _FIELDS))


class GatherOp(WindowsOp, name="gather", linear_in=("operand",), arithmetic=0):
    """One window of ``operand`` for each index vector; see ``ir/dimension_numbers.py`` for the axes.

    A window that is not inside is moved until it fits (mode ``clip``), or holds ``fill_value`` (mode ``fill``).

        "axir.gather"(%x, %i) {offset_dims = [1], collapsed_slice_dims = [0], start_index_map = [0],
                               slice_sizes = [1, 4], mode = "clip", ...}
            : (tensor<9x4xf32>, tensor<5x1xi32>) -> tensor<5x4xf32>
    """

    access = "part"

    operand: Tensor
    indices: Tensor
    offset_dims: Ints
    collapsed_slice_dims: Ints
    start_index_map: Ints
    operand_batching_dims: Ints
    start_indices_batching_dims: Ints
    slice_sizes: Ints
    mode: Str
    fill_value: Scalar

    @staticmethod
    def infer(
        x: Aval,
        indices: Aval,
        *,
        slice_sizes: tuple[int, ...],
        mode: str,
        fill_value: ScalarValue,
        **numbers: tuple[int, ...],
    ) -> Aval:
        given = Numbers(**numbers)
        check_numbers(given, x, indices, slice_sizes)
        if mode not in ("clip", "fill"):
            raise ShapeError(f"mode must be 'clip' or 'fill'; got {mode!r}.")
        if fill_value.dtype != x.dtype:
            raise DTypeError(f"the fill value must have the dtype of {x}; got {fill_value.dtype}.")
        return Aval(given.result_shape(indices.shape, slice_sizes), x.dtype)

    @staticmethod
    def numpy(
        x: np.ndarray,
        indices: np.ndarray,
        *,
        slice_sizes: tuple[int, ...],
        mode: str,
        fill_value: ScalarValue,
        **numbers: tuple[int, ...],
    ) -> np.ndarray:
        given = Numbers(**numbers)
        if _takes(given, x.shape, slice_sizes, indices):
            axis, at = given.start_index_map[0], indices[..., 0]
            if mode == "clip" or bool(((at >= 0) & (at < x.shape[axis])).all()):
                return np.take(x, at, axis, mode="clip")
        at = Positions(given, x.shape, slice_sizes, indices)
        found = at.read(x)
        if mode == "clip" or at.inside.all():
            return found
        shape = [1] * found.ndim
        for d, n in zip(given.batch_dims(found.ndim), at.inside.shape, strict=True):
            shape[d] = n
        return np.where(at.inside.reshape(shape), found, fill_value.value)

    def jvp(self, dx: Value | None, _: Value | None) -> Value | None:
        zero = ops.scalar_value(0, aval_of(self.operand).dtype)
        return None if dx is None else self.rebuild(dx, self.indices, fill_value=zero)

    def transpose(self, ct: Value, x: Value | None, indices: Value) -> list[Value | None]:
        zeros = ops.zeros(aval_of(self.operand))
        mode = "clip" if self.mode == "clip" else "drop"
        return [
            ops.scatter_add(zeros, indices, ct, mode=mode, unique_indices=0, **self.numbers._asdict()),
            None,
        ]

    def batch(self, axes: Sequence[int | None], x: Value, indices: Value) -> tuple[Value, int]:
        sizes = self.slice_sizes
        if axes[0] is not None:
            x = ops.move_axis(x, axes[0], 0)
        if axes[1] is not None:
            indices = ops.move_axis(indices, axes[1], 0)
        if axes[0] is None:
            numbers = self.numbers.with_indices_batch()
        elif axes[1] is None:
            numbers, sizes = self.numbers.with_operand_batch(), (aval_of(x).shape[0], *sizes)
        else:
            numbers, sizes = self.numbers.with_batch(), (min(1, aval_of(x).shape[0]), *sizes)
        return self.rebuild(x, indices, slice_sizes=sizes, **numbers._asdict()), 0

    def lower(self, x: Value, indices: Value) -> Value:
        fill = self.fill_value if self.mode == "fill" else None
        signedness = aval_of(self.indices).dtype
        return builders.gather(x, indices, self.numbers, self.slice_sizes, fill, signedness)


def _takes(numbers: Numbers, shape: tuple[int, ...], sizes: tuple[int, ...], indices: np.ndarray) -> bool:
    """Whether a gather replaces one axis of the operand by those of the indices, which then NumPy does quicker."""
    axes = numbers.start_index_map
    if len(axes) != 1 or numbers.collapsed_slice_dims != axes or numbers.operand_batching_dims:
        return False
    (axis,) = axes
    behind = axis + indices.ndim - 1
    rank = len(shape) + indices.ndim - 2
    whole = (*shape[:axis], sizes[axis], *shape[axis + 1 :]) == sizes and shape[axis] > 0
    # Of 64-bit unsigned indices NumPy takes none.
    return (
        whole and numbers.offset_dims == (*range(axis), *range(behind, rank)) and indices.dtype != np.uint64
    )


def check_numbers(numbers: Numbers, x: Aval, indices: Aval, sizes: Sequence[int]) -> None:
    """Check that windows of ``sizes`` at ``indices`` can be taken from an operand.

    Raises:
        ShapeError, DTypeError: they cannot.
    """
    if indices.dtype not in INTEGER:
        raise DTypeError(f"indices must be integers; got {indices}.")
    if indices.ndim == 0 or indices.shape[-1] != len(numbers.start_index_map):
        raise ShapeError(
            "the last axis of the indices must hold one component for each axis of start_index_map; got "
            f"{indices} and start_index_map={numbers.start_index_map}."
        )
    _check_axes(numbers, x, indices)
    _check_sizes(numbers, x, indices, sizes)


def _check_axes(numbers: Numbers, x: Aval, indices: Aval) -> None:
    batch = indices.ndim - 1
    ranges: tuple[tuple[str, int, Callable[..., object]], ...] = (
        ("offset_dims", len(numbers.offset_dims) + batch, sorted),
        ("collapsed_slice_dims", x.ndim, sorted),
        ("start_index_map", x.ndim, list),
        ("operand_batching_dims", x.ndim, sorted),
        ("start_indices_batching_dims", batch, list),
    )
    for name, rank, order in ranges:
        axes = getattr(numbers, name)
        if len(set(axes)) != len(axes) or not all(0 <= a < rank for a in axes) or list(axes) != order(axes):
            ordered = "ascending, distinct" if order is sorted else "distinct"
            raise ShapeError(f"{name} must be {ordered} axes in [0, {rank}); got {axes}.")
    batching = set(numbers.operand_batching_dims)
    if batching & {*numbers.collapsed_slice_dims, *numbers.start_index_map}:
        raise ShapeError(
            "operand_batching_dims must not be collapsed or have an index; got "
            f"operand_batching_dims={numbers.operand_batching_dims}, "
            f"collapsed_slice_dims={numbers.collapsed_slice_dims}, start_index_map={numbers.start_index_map}."
        )


def _check_sizes(numbers: Numbers, x: Aval, indices: Aval, sizes: Sequence[int]) -> None:
    if len(sizes) != x.ndim or any(not 0 <= n <= m for n, m in zip(sizes, x.shape, strict=False)):
        raise ShapeError(f"windows must fit into the operand; got sizes {tuple(sizes)} for {x}.")
    if any(sizes[d] != 1 for d in numbers.collapsed_slice_dims) or any(
        sizes[d] > 1 for d in numbers.operand_batching_dims
    ):
        raise ShapeError(
            f"windows must have one element along collapsed and batching axes; got sizes {tuple(sizes)}, "
            f"collapsed_slice_dims={numbers.collapsed_slice_dims}, "
            f"operand_batching_dims={numbers.operand_batching_dims}."
        )
    if len(numbers.offset_dims) != len(numbers.window_dims(x.ndim)):
        raise ShapeError(
            f"offset_dims must name an axis for each of the axes {numbers.window_dims(x.ndim)} that windows of {x} "
            f"keep; got {numbers.offset_dims}."
        )
    pairs = (numbers.operand_batching_dims, numbers.start_indices_batching_dims)
    lengths = [[aval.shape[d] for d in axes] for aval, axes in zip((x, indices), pairs, strict=True)]
    if lengths[0] != lengths[1]:
        raise ShapeError(
            f"batching axes of operand and indices must have equal sizes; got axes {pairs[0]} of {x} and axes "
            f"{pairs[1]} of {indices}."
        )
