"""An operand with windows replaced by, or combined with, updates: the reverse of a gather.

``scatter`` writes, so that of several updates of one element the last one stays; ``scatter_add``, ``scatter_mul``,
``scatter_min`` and ``scatter_max`` combine. The numbers are those of the gather that reads the windows. A window
that is not inside is moved until it fits (mode ``clip``), or left out as a whole (mode ``drop``).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import DTypeError, MissingRuleError, ShapeError
from axir_compiler.ir.attributes import Int, Ints, Str, Tensor
from axir_compiler.ir.dimension_numbers import Numbers, Positions
from axir_compiler.ir.op import Value
from axir_compiler.ir.types import BOOL, DTYPES, Aval, aval_of, is_inexact
from axir_compiler.later import builders
from axir_compiler.ops.gather import WindowsOp, check_numbers
from axir_compiler.ops.row_updates import scatter_by_steps

_INT32 = np.dtype("int32")
_COMBINED = frozenset(DTYPES) - BOOL


class Scatter(WindowsOp, name=None):
    """Base of the ops that write windows.

    Attributes:
        combine: The ufunc that makes an element out of the old one and an update; ``None`` for the update.
    """

    combine: ClassVar[np.ufunc | None] = None

    operand: Tensor
    indices: Tensor
    updates: Tensor
    offset_dims: Ints
    collapsed_slice_dims: Ints
    start_index_map: Ints
    operand_batching_dims: Ints
    start_indices_batching_dims: Ints
    mode: Str
    unique_indices: Int

    @staticmethod
    def infer(
        x: Aval,
        indices: Aval,
        updates: Aval,
        *,
        mode: str,
        unique_indices: int,
        **numbers: tuple[int, ...],
    ) -> Aval:
        given = Numbers(**numbers)
        if updates.dtype != x.dtype:
            raise DTypeError(f"operand and updates must have one dtype; got {x} and {updates}.")
        if mode not in ("clip", "drop"):
            raise ShapeError(f"mode must be 'clip' or 'drop'; got {mode!r}.")
        if any(not 0 <= d < updates.ndim for d in given.offset_dims) or len(given.offset_dims) != len(
            given.window_dims(x.ndim)
        ):
            raise ShapeError(
                f"offset_dims must name an axis of the updates {updates} for each of the axes "
                f"{given.window_dims(x.ndim)} that windows of {x} keep; got {given.offset_dims}."
            )
        sizes = given.window_sizes(x.shape, updates.shape)
        check_numbers(given, x, indices, sizes)
        expected = given.result_shape(indices.shape, sizes)
        if updates.shape != expected:
            raise ShapeError(
                f"updates must have the shape {expected} of the windows at {indices}; got {updates}."
            )
        return x

    @classmethod
    def numpy(  # pyright: ignore[reportIncompatibleVariableOverride]
        cls,
        x: np.ndarray,
        indices: np.ndarray,
        updates: np.ndarray,
        *,
        mode: str,
        unique_indices: int,
        **numbers: tuple[int, ...],
    ) -> np.ndarray:
        given = Numbers(**numbers)
        if not updates.size:
            return x
        at = Positions(given, x.shape, given.window_sizes(x.shape, updates.shape), indices)
        rows, new, linear = at.rows(x), at.update_rows(updates), at.linear()
        if mode == "drop" and not at.inside.all():
            batch = (*at.inside.shape, *(1,) * (len(at.shape) - at.inside.ndim))
            kept = np.broadcast_to(at.inside.reshape(batch), at.shape).reshape(-1)
            new, linear = new[kept], linear[kept]
        _combine(cls.combine, rows, linear, new)
        return at.unrowed(rows)

    def batch(
        self, axes: Sequence[int | None], x: Value, indices: Value, updates: Value
    ) -> tuple[Value, int]:
        size = next(
            aval_of(v).shape[a] for a, v in zip(axes, (x, indices, updates), strict=True) if a is not None
        )
        x, updates = _batched(x, axes[0], size), _batched(updates, axes[2], size)
        if axes[1] is None:
            numbers = self.numbers.with_operand_batch()
        else:
            indices, numbers = ops.move_axis(indices, axes[1], 0), self.numbers.with_batch()
        return self.rebuild(x, indices, updates, **numbers._asdict()), 0

    def lower(self, x: Value, indices: Value, updates: Value) -> Value:
        dtypes = (aval_of(self.operand).dtype, aval_of(self.indices).dtype)
        return builders.scatter(self._kind, x, indices, updates, self.numbers, self.mode == "drop", dtypes)

    def without_kernels(self, x: Value, indices: Value, updates: Value) -> Value:
        return scatter_by_steps(self._kind, x, indices, updates, self.numbers, self.mode == "drop")

    @property
    def _kind(self) -> str:
        """How updates are combined; empty where they replace what is there."""
        return self.short_name.removeprefix("scatter").removeprefix("_")

    def gathered(self, x: Value, indices: Value) -> Value:
        """The windows of ``x`` that the op writes, 0 for those that are left out."""
        aval = aval_of(self.operand)
        return ops.gather(
            x,
            indices,
            slice_sizes=self.numbers.window_sizes(aval.shape, aval_of(self.updates).shape),
            mode="clip" if self.mode == "clip" else "fill",
            fill_value=ops.scalar_value(0, aval_of(x).dtype),
            **self.numbers._asdict(),
        )

    def flops(self) -> int:
        """One combination for each update."""
        return self.arithmetic * aval_of(self.updates).size


def _combine(ufunc: np.ufunc | None, rows: np.ndarray, at: np.ndarray, new: np.ndarray) -> None:
    """Write each row of ``new``, one after the other, to the row ``at`` it belongs to."""
    if ufunc is None:
        rows[at] = new
        return
    # ``ufunc.at`` is quick on flat arrays only.
    width = rows.shape[1]
    flat = at if width == 1 else (at[:, None] * width + np.arange(width)).reshape(-1)
    ufunc.at(rows.reshape(-1), flat, new.reshape(-1))


def _batched(x: Value, axis: int | None, size: int) -> Value:
    return ops.broadcast_axis(x, 0, size) if axis is None else ops.move_axis(x, axis, 0)


class ScatterOp(Scatter, name="scatter", linear_in=("operand", "updates"), arithmetic=0):
    """Operand with windows replaced by ``updates``; of several updates of one element the last one stays."""

    def transpose(
        self, ct: Value, x: Value | None, indices: Value, updates: Value | None
    ) -> list[Value | None]:
        outside = inside = None
        if x is None:
            outside = self.rebuild(ct, indices, ops.zeros(aval_of(self.updates)))
        if updates is None:
            inside = self.gathered(ct, indices)
            if not self.unique_indices:
                inside = ops.select(self._stays(indices), inside, ops.zeros_like(inside))
        return [outside, None, inside]

    def _stays(self, indices: Value) -> Value:
        """Which updates are not replaced by later ones: those that find their own number where they went."""
        shape = aval_of(self.updates).shape
        count = aval_of(self.updates).size
        numbers = ops.reshape(ops.iota(shape=(count,), dimension=0, dtype=_INT32), shape=shape)
        nobody = ops.full(aval_of(self.operand).shape, -1, _INT32)
        written = ops.scatter(nobody, indices, numbers, **self.attrs)
        return ops.compare(self.gathered(written, indices), numbers, direction="eq")


class ScatterAddOp(Scatter, name="scatter_add", dtypes=_COMBINED, linear_in=("operand", "updates")):
    """Operand with ``updates`` added to its windows."""

    combine = np.add

    def transpose(
        self, ct: Value, x: Value | None, indices: Value, updates: Value | None
    ) -> list[Value | None]:
        return [ct if x is None else None, None, self.gathered(ct, indices) if updates is None else None]


class ScatterMulOp(Scatter, name="scatter_mul", dtypes=_COMBINED, linear_in=("operand",)):
    """Operand with its windows multiplied by ``updates``.

    The derivative with respect to the updates needs ``unique_indices``.
    """

    combine = np.multiply

    def jvp(self, dx: Value | None, _: Value | None, du: Value | None) -> Value | None:
        along_x = None if dx is None else self.rebuild(dx, self.indices, self.updates)
        if du is None:
            return along_x
        if not self.unique_indices:
            raise MissingRuleError(
                "jvp: axir.scatter_mul has no derivative with respect to updates that may meet in one element. Pass "
                "unique_indices=True if they do not."
            )
        spread = ops.scatter_add(ops.zeros_like(self.operand), self.indices, du, **self.attrs)
        return ops.add_tangents(along_x, ops.mul(self.operand, spread))

    def transpose(self, ct: Value, x: Value | None, indices: Value, updates: Value) -> list[Value | None]:
        return [self.rebuild(ct, indices, updates), None, None]


class _ScatterExtremum(Scatter, name=None):
    """The larger or smaller of old elements and updates."""

    def jvp(self, dx: Value | None, _: Value | None, du: Value | None) -> Value | None:
        """The mean of the tangents of all that are equal to the result."""
        zeros = ops.zeros_like(self.operand)
        won = _equal(self.updates, self.gathered(self.result, self.indices))
        kept = _equal(self.operand, self.result)

        def total(of_operand: Value, of_updates: Value) -> Value:
            chosen = ops.select(kept, of_operand, zeros)
            masked = ops.select(won, of_updates, ops.zeros_like(of_updates))
            return ops.scatter_add(chosen, self.indices, masked, **self.attrs)

        dx = zeros if dx is None else dx
        du = ops.zeros_like(self.updates) if du is None else du
        count = total(ops.full_like(self.operand, 1), ops.full_like(self.updates, 1))
        return ops.div(total(dx, du), count)


def _equal(x: Value, y: Value) -> Value:
    """Whether elements are equal; NaN is equal to everything, since it becomes the result wherever it occurs."""
    same = ops.compare(x, y, direction="eq")
    return ops.or_(same, ops.compare(x, x, direction="ne")) if is_inexact(aval_of(x).dtype) else same


class ScatterMinOp(_ScatterExtremum, name="scatter_min", dtypes=frozenset(DTYPES)):
    """Operand with the smaller of its elements and ``updates`` in its windows; NaN wins."""

    combine = np.minimum


class ScatterMaxOp(_ScatterExtremum, name="scatter_max", dtypes=frozenset(DTYPES)):
    """Operand with the larger of its elements and ``updates`` in its windows; NaN wins."""

    combine = np.maximum
