"""Convolutions of any number of spatial axes, in any layout."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from axir_compiler import ops
from axir_compiler.errors import ShapeError
from axir_compiler.ir.attributes import DType, Int, Ints, Tensor
from axir_compiler.ir.op import AxirOp, Value
from axir_compiler.ir.types import BFLOAT16, NUMERIC, Aval, aval_of
from axir_compiler.ir.windows import Window, window_view
from axir_compiler.later import builders, convolutions

Axes = tuple[int, ...]
# Elements under windows that evaluation copies at once.
_CHUNK = 1 << 24


class ConvolutionOp(AxirOp, name="convolution", dtypes=NUMERIC, multilinear_in=("lhs", "rhs")):
    """Sums of products of the elements under a window that slides over ``lhs`` with those of the kernel ``rhs``.

    With one spatial axis, no groups, and ``lhs`` without dilation,

        result[n, f, o] = sum over c and k of lhs[n, c, o * stride + k * rhs_dilation - padding_low] * rhs[f, c, k]

    where elements outside ``lhs`` are 0. ``lhs_axes`` are the positions of the axes batch, feature, spatial...
    in ``lhs``, ``rhs_axes`` of output feature, input feature, spatial... in ``rhs``, ``out_axes`` as ``lhs_axes``
    in the result. With ``feature_group_count`` groups input and output features are split into that many parts
    that do not see each other, with ``batch_group_count`` groups batch and output features. Products are summed
    in ``dtype``, half types in float32. The parameters are those of the operation of the same name in
    StableHLO (https://openxla.org/stablehlo/spec#convolution), without reversal.
    """

    lhs: Tensor
    rhs: Tensor
    window_strides: Ints
    padding_low: Ints
    padding_high: Ints
    lhs_dilation: Ints
    rhs_dilation: Ints
    lhs_axes: Ints
    rhs_axes: Ints
    out_axes: Ints
    feature_group_count: Int
    batch_group_count: Int
    dtype: DType

    @staticmethod
    def infer(x: Aval, y: Aval, **attrs: Any) -> Aval:
        _check_axes(x, y, attrs)
        _check_windows(x, y, attrs)
        _check_groups(x, y, attrs)
        layout = convolutions.Layout.of(x.shape, y.shape, attrs)
        for n, w in zip(layout.spatial, layout.windows, strict=True):
            if w.padded(n) < 0:
                raise ShapeError(
                    f"negative padding cuts off more than there is; got padding_low={attrs['padding_low']}, "
                    f"padding_high={attrs['padding_high']} for {x}."
                )
        return Aval(layout.result_shape, attrs["dtype"])

    @staticmethod
    def numpy(x: np.ndarray, y: np.ndarray, **attrs: Any) -> np.ndarray:
        layout = convolutions.Layout.of(x.shape, y.shape, attrs)
        dtype = attrs["dtype"]
        wide = np.dtype("float32") if dtype in (np.dtype("float16"), BFLOAT16) else dtype
        left, right = x.transpose(layout.lhs_axes), y.transpose(layout.rhs_axes)
        found = _summed(left.astype(wide, copy=False), right.astype(wide, copy=False), layout)
        order = np.argsort(layout.out_axes)
        return found.transpose(order).astype(dtype, copy=False)

    def transpose(self, ct: Value, x: Value | None, y: Value | None) -> list[Value | None]:
        if x is None:
            assert y is not None
            return [_lhs_cotangent(self, ct, y), None]
        return [None, _rhs_cotangent(self, ct, x)]

    def batch(self, axes: Sequence[int | None], x: Value, y: Value) -> tuple[Value, int]:
        x_axis, y_axis = axes
        if y_axis is None:
            assert x_axis is not None
            return _batch_lhs(self, x_axis, x, y)
        if x_axis is None:
            return _batch_rhs(self, y_axis, x, y)
        return _batch_both(self, x_axis, y_axis, x, y)

    def lower(self, x: Value, y: Value) -> Value:
        layout = self.layout
        return builders.convolution(x, y, layout, self.dtype, aval_of(self.lhs).dtype)

    @property
    def layout(self) -> convolutions.Layout:
        """Sizes and positions of the axes."""
        return convolutions.Layout.of(aval_of(self.lhs).shape, aval_of(self.rhs).shape, self.attrs)

    def flops(self) -> int:
        """A multiplication and an addition for each product with an element that is there, not with padding."""
        layout = self.layout
        pairs = math.prod(w.pairs(n) for n, w in zip(layout.spatial, layout.windows, strict=True))
        return 2 * pairs * layout.batch * layout.inputs * layout.outputs * layout.groups


# Type rule. ---------------------------------------------------------------------------------------------


def _check_axes(x: Aval, y: Aval, attrs: dict[str, Any]) -> None:
    if x.ndim != y.ndim or x.ndim < 2:
        raise ShapeError(f"lhs and rhs must have one rank, at least 2; got {x} and {y}.")
    for name in ("lhs_axes", "rhs_axes", "out_axes"):
        if sorted(attrs[name]) != list(range(x.ndim)):
            raise ShapeError(f"{name} must order the {x.ndim} axes; got {attrs[name]}.")


def _check_windows(x: Aval, y: Aval, attrs: dict[str, Any]) -> None:
    names = ("window_strides", "padding_low", "padding_high", "lhs_dilation", "rhs_dilation")
    for name in names:
        if len(attrs[name]) != x.ndim - 2:
            raise ShapeError(f"{name} needs one number for each spatial axis of {x}; got {attrs[name]}.")
    for name in ("window_strides", "lhs_dilation", "rhs_dilation"):
        if any(n < 1 for n in attrs[name]):
            raise ShapeError(f"{name} must be positive; got {attrs[name]}.")
    if any(y.shape[a] == 0 for a in attrs["rhs_axes"][2:]):
        raise ShapeError(f"the kernel must have elements along each spatial axis; got {y}.")


def _check_groups(x: Aval, y: Aval, attrs: dict[str, Any]) -> None:
    features, batches = attrs["feature_group_count"], attrs["batch_group_count"]
    if features < 1 or batches < 1 or (features > 1 and batches > 1):
        raise ShapeError(
            "group counts must be positive and one of them 1; got "
            f"feature_group_count={features}, batch_group_count={batches}."
        )
    batch, given = (x.shape[a] for a in attrs["lhs_axes"][:2])
    outputs, inputs = (y.shape[a] for a in attrs["rhs_axes"][:2])
    if given != inputs * features:
        raise ShapeError(
            f"lhs must have as many features as the kernel takes in, times feature_group_count; got {x} with "
            f"{given} features, {y} with {inputs} input features, feature_group_count={features}."
        )
    if outputs % (features * batches) or batch % batches:
        raise ShapeError(
            f"group counts must divide the sizes of what they group; got batch size {batch}, {outputs} output "
            f"features, feature_group_count={features}, batch_group_count={batches}."
        )


# Evaluation. --------------------------------------------------------------------------------------------


def _summed(left: np.ndarray, right: np.ndarray, layout: convolutions.Layout) -> np.ndarray:
    """The convolution of ``[batch, feature, *spatial]`` with ``[output feature, input feature, *spatial]``.

    Gives ``[batch, feature, *positions]``. The elements under the windows are copied into the rows of matrices, a
    part of the kernel at a time so that they fit into memory.
    """
    g, n, c, f = layout.groups, layout.batch, layout.inputs, layout.outputs
    rank, positions = len(layout.kernel), layout.positions
    if layout.batch_grouped:
        left = left.reshape(g, n, c, *layout.spatial)
    else:
        left = left.reshape(n, g, c, *layout.spatial).swapaxes(0, 1)
    view = window_view(left, (Window(), Window(), Window(), *layout.windows), 0)
    view = view.reshape(*view.shape[: 3 + rank], *layout.kernel)
    view = view.transpose(0, 1, *range(3, 3 + rank), 2, *range(3 + rank, 3 + 2 * rank))
    kernel = right.reshape(g, f, c, *layout.kernel)
    rows = n * math.prod(positions)
    total = np.zeros((g, rows, f), left.dtype)
    first = layout.kernel[0] if rank else 1
    step = max(1, _CHUNK * first // max(view.size, 1))
    for k in range(0, first, step):
        part, weights = view, kernel
        if rank:
            part = view[(slice(None),) * (3 + rank) + (slice(k, k + step),)]
            weights = kernel[:, :, :, k : k + step]
        inner = math.prod(weights.shape[2:])
        total += part.reshape(g, rows, inner) @ weights.reshape(g, f, inner).swapaxes(1, 2)
    found = total.reshape(g, n, *positions, f).transpose(1, 0, rank + 2, *range(2, rank + 2))
    return found.reshape(n, g * f, *positions)


# Transposition. -----------------------------------------------------------------------------------------


def _lhs_cotangent(op: ConvolutionOp, ct: Value, y: Value) -> Value:
    """The dilated cotangent under the reversed kernel, whose input and output features change places."""
    own, layout = aval_of(op.lhs), op.layout
    if 0 in own.shape or 0 in aval_of(ct).shape:
        return ops.zeros(own)
    outputs, inputs, *spatial = op.rhs_axes
    y = ops.reverse(y, dimensions=tuple(spatial))
    if layout.groups > 1:
        # The kernel sees one group of output features at a time, and gives all input features.
        y = ops.split_axis(y, outputs, layout.groups, layout.outputs)
        y = ops.merge_axes(y, outputs, inputs + (inputs > outputs))
    windows = [w.transposed(n) for w, n in zip(layout.windows, layout.spatial, strict=True)]
    found = ops.convolution(
        ops.convert_to(ct, aval_of(y).dtype),
        y,
        **_window_attrs(windows),
        lhs_axes=op.out_axes,
        rhs_axes=(inputs, outputs, *spatial),
        out_axes=op.lhs_axes,
        feature_group_count=layout.groups,
        batch_group_count=1,
        dtype=own.dtype,
    )
    if op.batch_group_count == 1:
        return found
    batch, features = op.lhs_axes[:2]
    found = ops.split_axis(found, features, layout.groups, layout.inputs)
    return ops.merge_axes(found, features, batch + (batch > features))


def _rhs_cotangent(op: ConvolutionOp, ct: Value, x: Value) -> Value:
    """``lhs`` under a window that is the dilated cotangent; batch and features change places."""
    own, layout = aval_of(op.rhs), op.layout
    if 0 in own.shape or 0 in aval_of(ct).shape or 0 in aval_of(x).shape:
        return ops.zeros(own)
    windows = [w.swapped(n) for w, n in zip(layout.windows, layout.spatial, strict=True)]
    return ops.convolution(
        x,
        ops.convert_to(ct, aval_of(x).dtype),
        **_window_attrs(windows),
        lhs_axes=_swapped(op.lhs_axes),
        rhs_axes=_swapped(op.out_axes),
        out_axes=_swapped(op.rhs_axes),
        feature_group_count=op.batch_group_count,
        batch_group_count=op.feature_group_count,
        dtype=own.dtype,
    )


def _swapped(axes: Axes) -> Axes:
    return (axes[1], axes[0], *axes[2:])


def _window_attrs(windows: Sequence[Window]) -> dict[str, Axes]:
    return {
        "window_strides": tuple(w.stride for w in windows),
        "padding_low": tuple(w.low for w in windows),
        "padding_high": tuple(w.high for w in windows),
        "lhs_dilation": tuple(w.base_dilation for w in windows),
        "rhs_dilation": tuple(w.dilation for w in windows),
    }


# Batching: the batch axis becomes part of another one, so that one convolution does it all. --------------


def _batch_lhs(op: ConvolutionOp, axis: int, x: Value, y: Value) -> tuple[Value, int]:
    """As part of the batch of ``lhs``; of each group of it, if it is grouped."""
    size, batch = aval_of(x).shape[axis], op.out_axes[0]
    found = op.rebuild(_merged(x, axis, op.lhs_axes[0], op.batch_group_count), y)
    return ops.split_axis(found, batch, size, op.layout.batch), batch


def _batch_rhs(op: ConvolutionOp, axis: int, x: Value, y: Value) -> tuple[Value, int]:
    """As part of the output features; of each group of them, if they are grouped."""
    size, features = aval_of(y).shape[axis], op.out_axes[1]
    groups, outputs = op.layout.groups, op.layout.outputs
    found = op.rebuild(x, _merged(y, axis, op.rhs_axes[0], groups))
    if groups == 1:
        return ops.split_axis(found, features, size, outputs), features
    found = ops.split_axis(found, features, groups, size * outputs)
    found = ops.split_axis(found, features + 1, size, outputs)
    return ops.merge_axes(found, features, features + 2), features


def _batch_both(op: ConvolutionOp, x_axis: int, y_axis: int, x: Value, y: Value) -> tuple[Value, int]:
    """As groups: of the batch if that is grouped already, otherwise of features."""
    size, features = aval_of(x).shape[x_axis], op.out_axes[1]
    if size == 0:
        shape = aval_of(op.result).shape
        return ops.zeros(Aval((*shape[:features], 0, *shape[features:]), op.dtype)), features
    kind, role = ("batch_group_count", 0) if op.batch_group_count > 1 else ("feature_group_count", 1)
    x = _merged(x, x_axis, op.lhs_axes[role], 1)
    y = _merged(y, y_axis, op.rhs_axes[0], 1)
    found = op.rebuild(x, y, **{kind: size * getattr(op, kind)})
    return ops.split_axis(found, features, size, aval_of(op.result).shape[features]), features


def _merged(x: Value, axis: int, target: int, groups: int) -> Value:
    """Axis ``axis`` as the outer part of each group of an axis, which is numbered as without ``axis``."""
    target += axis <= target
    if groups == 1:
        return ops.merge_axes(x, axis, target)
    x = ops.split_axis(x, target, groups, aval_of(x).shape[target] // groups)
    axis += axis > target
    x = ops.merge_axes(x, axis, target + 1)
    target -= axis < target
    return ops.merge_axes(x, target, target + 1)
