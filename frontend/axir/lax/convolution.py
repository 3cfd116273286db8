"""Convolutions, with all of their strides, dilations, groups and layouts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from axir._src.array import Array
from axir._src.axes import is_sequence, items_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import DTypeLike, requested
from axir._src.trace import bind
from axir.lax._operands import same_dtype
from axir.lax.reductions import dot_general
from axir.lax.shapes import broadcast_in_dim, broadcasted_iota, reshape, rev, transpose
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import Aval
from axir_compiler.ir.windows import dilated

__all__ = [
    "ConvDimensionNumbers",
    "ConvGeneralDilatedDimensionNumbers",
    "conv",
    "conv_dimension_numbers",
    "conv_general_dilated",
    "conv_general_dilated_local",
    "conv_general_dilated_patches",
    "conv_general_permutations",
    "conv_general_shape_tuple",
    "conv_shape_tuple",
    "conv_transpose",
    "conv_transpose_shape_tuple",
    "conv_with_general_padding",
    "padtype_to_pads",
]

Padding = str | Sequence[tuple[int, int]]


class ConvDimensionNumbers(NamedTuple):
    """Positions of the axes of a convolution.

    Attributes:
        lhs_spec: Axes batch, feature, spatial... of the left operand.
        rhs_spec: Axes output feature, input feature, spatial... of the kernel.
        out_spec: Axes batch, feature, spatial... of the result.
    """

    lhs_spec: Sequence[int]
    rhs_spec: Sequence[int]
    out_spec: Sequence[int]


ConvGeneralDilatedDimensionNumbers = ConvDimensionNumbers | tuple[str, str, str] | None


def conv_general_permutations(dimension_numbers: Sequence[str]) -> tuple[tuple[int, ...], ...]:
    """Positions of the axes that three strings like ``("NHWC", "HWIO", "NHWC")`` name.

    ``N`` and ``C`` are batch and feature of the left operand and the result, ``O`` and ``I`` the features of the
    kernel; all other characters are spatial axes, in the order of the kernel.

    Raises: ShapeError if a character is missing, given twice, or not in all three.
    """
    lhs, rhs, out = dimension_numbers
    spatial = [c for c in rhs if c not in "OI"]
    found = []
    for text, first in ((lhs, "NC"), (rhs, "OI"), (out, "NC")):
        if sorted(text) != sorted([*first, *spatial]) or len(set(text)) != len(text):
            raise located(
                ShapeError(
                    "dimension_numbers: the left operand and the result need N and C, the kernel O and I, and all the "
                    f"same spatial axes, each once; got {tuple(dimension_numbers)}."
                )
            )
        found.append(tuple(text.index(c) for c in (*first, *spatial)))
    return tuple(found)


def conv_dimension_numbers(
    lhs_shape: Sequence[int], rhs_shape: Sequence[int], dimension_numbers: Any
) -> ConvDimensionNumbers:
    """Positions of the axes, from ``None`` (batch or feature axes first), strings, or what it returns.

    Raises: ShapeError if they do not describe axes of the operands.
    """
    if isinstance(dimension_numbers, ConvDimensionNumbers):
        return dimension_numbers
    rank = len(tuple(lhs_shape))
    if rank != len(tuple(rhs_shape)):
        raise located(
            ShapeError(
                "dimension_numbers: both operands must have the same number of axes; got shapes "
                f"{tuple(lhs_shape)} and {tuple(rhs_shape)}."
            )
        )
    if dimension_numbers is None:
        axes = tuple(range(rank))
        return ConvDimensionNumbers(axes, axes, axes)
    given = tuple(dimension_numbers) if isinstance(dimension_numbers, (tuple, list)) else ()
    if len(given) != 3 or not all(isinstance(text, str) and len(text) == rank for text in given):
        raise located(
            ShapeError(
                f"dimension_numbers: needs None, ConvDimensionNumbers, or three strings of {rank} characters such as "
                f"'NHWC', 'HWIO', 'NHWC'; got {dimension_numbers!r}."
            )
        )
    return ConvDimensionNumbers(*conv_general_permutations(given))


def padtype_to_pads(
    in_shape: Sequence[int], window_shape: Sequence[int], window_strides: Sequence[int], padding: Any
) -> list[tuple[int, int]]:
    """Elements to add before and behind each axis for a named padding.

    Args:
        in_shape: Sizes of the axes.
        window_shape: Places that the window spans along each, dilation included.
        window_strides: Its steps.
        padding: ``"VALID"`` for none; ``"SAME"`` for as much as gives ``ceil(size / stride)`` positions, of an odd
            number the larger half behind; ``"SAME_LOWER"`` with the larger half before.

    Raises: ShapeError for another name.
    """
    name = padding.upper() if isinstance(padding, str) else padding
    if name not in ("SAME", "SAME_LOWER", "VALID"):
        raise located(ShapeError(f"padding: must be 'SAME', 'SAME_LOWER' or 'VALID'; got {padding!r}."))
    pads = []
    for n, k, s in zip(in_shape, window_shape, window_strides, strict=True):
        if s < 1:
            raise located(ShapeError(f"window_strides must be positive; got {tuple(window_strides)}."))
        total = 0 if name == "VALID" else max((-(-n // s) - 1) * s + k - n, 0)
        low = total - total // 2 if name == "SAME_LOWER" else total // 2
        pads.append((low, total - low))
    return pads


def integers(value: Any, count: int, where: str) -> tuple[int, ...]:
    """A sequence of ``count`` static integers, or ``None`` for ones.

    Raises: ShapeError if it is something else.
    """
    if value is None:
        return (1,) * count
    found = tuple(static_int(n, where) for n in items_of(value)) if is_sequence(value) else ()
    if len(found) != count or not is_sequence(value):
        raise located(ShapeError(f"{where}: needs {count} integers, one for each axis; got {value!r}."))
    return found


def pairs(value: Any, count: int, where: str) -> list[tuple[int, int]]:
    """A sequence of ``count`` pairs of static integers.

    Raises: ShapeError if it is something else.
    """
    items = items_of(value) if is_sequence(value) and not isinstance(value, str) else ()
    if len(items) != count or not all(is_sequence(p) and len(tuple(p)) == 2 for p in items):
        raise located(
            ShapeError(f"{where}: needs a pair (low, high) for each of {count} axes; got {value!r}.")
        )
    return [(static_int(a, where), static_int(b, where)) for a, b in items]


def conv_general_dilated(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    feature_group_count: int = 1,
    batch_group_count: int = 1,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
    out_sharding: None = None,
) -> Array:
    """Convolution (without reversal of the kernel) over any number of spatial axes.

    Args:
        lhs: Array of a batch, a feature and any number of spatial axes.
        rhs: Kernel of the same dtype and rank: output features, input features, spatial axes.
        window_strides: Step of the window along each spatial axis.
        padding: ``"SAME"``, ``"SAME_LOWER"``, ``"VALID"``, or a pair ``(low, high)`` for each spatial axis: how many
            zeros to add at its ends, or to cut off if negative.
        lhs_dilation: Distance of neighbouring elements of ``lhs``, zeros between them; 1 by default.
        rhs_dilation: Distance of the elements that lie under neighbouring elements of the kernel; 1 by default.
        dimension_numbers: Which axis is which: strings like ``("NHWC", "HWIO", "NHWC")``, ``ConvDimensionNumbers``, or
            ``None`` for ``NC...``, ``OI...``, ``NC...``.
        feature_group_count: Parts into which input and output features are split.
        batch_group_count: Parts into which batch and output features are split.
        precision: Has no effect: products are never computed in less than the precision of the operands.
        preferred_element_type: Dtype of the sums; by default that of the operands.
        out_sharding: Must be ``None``.

    Returns: Array with ``max(0, (padded - span) // stride + 1)`` positions along each spatial axis.
    Raises: ShapeError, DTypeError if operands or parameters do not fit together.

    >>> import axir.numpy as np
    >>> from axir import lax
    >>> lax.conv_general_dilated(np.ones((1, 1, 5)), np.ones((1, 1, 3)), (1,), "SAME")
    Array([[[2., 3., 3., 3., 2.]]], dtype=float32)
    """
    if out_sharding is not None:
        raise located(
            ShapeError("conv_general_dilated: out_sharding must be None; arrays are on one device.")
        )
    (x, y), weak = same_dtype("conv_general_dilated", (lhs, rhs))
    numbers = conv_dimension_numbers(x.shape, y.shape, dimension_numbers)
    _check_specs(x, y, numbers)
    count = x.ndim - 2
    strides = integers(window_strides, count, "window_strides")
    dilations = integers(lhs_dilation, count, "lhs_dilation"), integers(rhs_dilation, count, "rhs_dilation")
    if isinstance(padding, str):
        sizes = [x.shape[a] for a in numbers.lhs_spec[2:]]
        spans = [dilated(y.shape[a], d) for a, d in zip(numbers.rhs_spec[2:], dilations[1], strict=True)]
        pads = padtype_to_pads(sizes, spans, strides, padding)
    else:
        pads = pairs(padding, count, "padding")
    return bind(
        OPS["convolution"],
        x,
        y,
        weak=weak,
        window_strides=strides,
        padding_low=tuple(a for a, _ in pads),
        padding_high=tuple(b for _, b in pads),
        lhs_dilation=dilations[0],
        rhs_dilation=dilations[1],
        lhs_axes=tuple(map(int, numbers.lhs_spec)),
        rhs_axes=tuple(map(int, numbers.rhs_spec)),
        out_axes=tuple(map(int, numbers.out_spec)),
        feature_group_count=static_int(feature_group_count, "feature_group_count"),
        batch_group_count=static_int(batch_group_count, "batch_group_count"),
        dtype=_sum_dtype(x, preferred_element_type),
    )


def _sum_dtype(x: Array, preferred: DTypeLike) -> np.dtype:
    return x.dtype if preferred is None else requested(preferred, "preferred_element_type")


def _check_specs(x: Array, y: Array, numbers: ConvDimensionNumbers) -> None:
    """That the positions are those of the axes of the operands, before they are used."""
    if x.ndim != y.ndim or x.ndim < 2:
        raise located(
            ShapeError(
                f"conv_general_dilated: operands must have one rank, at least 2; got {x.aval} and {y.aval}."
            )
        )
    for spec in numbers:
        if sorted(spec) != list(range(x.ndim)):
            raise located(
                ShapeError(
                    f"dimension_numbers: must order the {x.ndim} axes; got {tuple(numbers)} for {x.aval}."
                )
            )


def conv(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: str,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """``conv_general_dilated`` of ``[n, c, ...]`` with ``[f, c, ...]`` and a named padding.

    Args:
        lhs: Operand ``[n, c, ...]``.
        rhs: Kernel ``[f, c, ...]``.
        window_strides: Steps of the window along each spatial axis.
        padding: ``"SAME"``, ``"SAME_LOWER"`` or ``"VALID"``.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Returns: ``[n, f, ...]``.

    Raises: ShapeError, DTypeError if the operands do not fit.
    """
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_with_general_padding(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None,
    rhs_dilation: Sequence[int] | None,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """``conv_general_dilated`` of ``[n, c, ...]`` with ``[f, c, ...]``.

    Args:
        lhs: Operand ``[n, c, ...]``.
        rhs: Kernel ``[f, c, ...]``.
        window_strides: Steps of the window along each spatial axis.
        padding: As in ``conv_general_dilated``.
        lhs_dilation, rhs_dilation: Factors by which the elements of operand and kernel are pulled apart.
        precision: As in ``dot_general``.
        preferred_element_type: Dtype of sums and result; by default the common dtype.

    Returns: ``[n, f, ...]``.

    Raises: ShapeError, DTypeError if the operands do not fit.
    """
    return conv_general_dilated(
        lhs,
        rhs,
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


# Spatial axes of transposed convolutions, by their number.
_SPATIAL = ("", "H", "HW", "HWD")


def conv_transpose(
    lhs: ArrayLike,
    rhs: ArrayLike,
    strides: Sequence[int],
    padding: Padding,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    transpose_kernel: bool = False,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
    use_consistent_padding: bool = False,
) -> Array:
    """Convolution with fractional strides: what a strided convolution becomes when it is turned around.

    Args:
        lhs: Array ``[n, spatial..., c]``, unless ``dimension_numbers`` say otherwise.
        rhs: Kernel ``[spatial..., c, f]``, likewise.
        strides: Distance at which elements of ``lhs`` lie under the kernel.
        padding: ``"SAME"`` or ``"VALID"`` as for the convolution that is turned around; or a pair ``(low, high)`` for
            each spatial axis, to be added to the dilated ``lhs``.
        rhs_dilation: See ``conv_general_dilated``.
        dimension_numbers: See ``conv_general_dilated``; by default features are last.
        transpose_kernel: Take the kernel of the other convolution: reversed, its features exchanged.
        precision, preferred_element_type: See ``conv_general_dilated``.
        use_consistent_padding: Pairs, too, are those of the convolution that is turned around.

    Raises: ShapeError, DTypeError if operands or parameters do not fit together.
    """
    x, y = to_array(lhs), to_array(rhs)
    count = x.ndim - 2
    if dimension_numbers is None:
        if not 0 <= count < len(_SPATIAL):
            raise located(ShapeError(f"conv_transpose: needs dimension_numbers for {x.aval}."))
        axes = _SPATIAL[count]
        dimension_numbers = (f"N{axes}C", f"{axes}IO", f"N{axes}C")
    numbers = conv_dimension_numbers(x.shape, y.shape, dimension_numbers)
    _check_specs(x, y, numbers)
    steps, dilation = integers(strides, count, "strides"), integers(rhs_dilation, count, "rhs_dilation")
    spans = [dilated(y.shape[a], d) for a, d in zip(numbers.rhs_spec[2:], dilation, strict=True)]
    pads = _transposed_pads(padding, spans, steps, use_consistent_padding)
    if transpose_kernel:
        outputs, inputs, *spatial = numbers.rhs_spec
        order = list(range(y.ndim))
        order[outputs], order[inputs] = inputs, outputs
        y = transpose(rev(y, spatial), order)
    return conv_general_dilated(
        x,
        y,
        (1,) * count,
        pads,
        steps,
        dilation,
        numbers,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def _transposed_pads(
    padding: Padding, spans: Sequence[int], steps: Sequence[int], consistent: bool
) -> Padding:
    """Padding of the dilated operand, from that of the convolution that is turned around."""
    if isinstance(padding, str):
        named = padding.upper()
        if named == "VALID":
            # Every position of the other convolution gives a whole kernel.
            return [(k - 1, s - 1 + max(k - s, 0)) for k, s in zip(spans, steps, strict=True)]
        if named == "SAME":
            return [_same(k, s) for k, s in zip(spans, steps, strict=True)]
        raise located(
            ShapeError(f"conv_transpose: padding must be 'SAME', 'VALID' or pairs; got {padding!r}.")
        )
    if not consistent:
        return padding
    given = pairs(padding, len(spans), "padding")
    return [(k - a - 1, k - b - 1) for k, (a, b) in zip(spans, given, strict=True)]


def _same(span: int, step: int) -> tuple[int, int]:
    """Padding that gives ``step`` results for each element."""
    total = span + step - 2
    low = span - 1 if step > span - 1 else -(-total // 2)
    return low, total - low


def conv_general_dilated_patches(
    lhs: ArrayLike,
    filter_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    precision: Any = None,
    preferred_element_type: DTypeLike = None,
) -> Array:
    """The elements under a window in all its positions, as features.

    Feature ``c * prod(filter_shape) + k`` of the result is feature ``c`` of ``lhs`` under element ``k`` of the
    window, counted in row-major order. It is a convolution with unit vectors: an infinite element makes its
    neighbours NaN.

    Args: See ``conv_general_dilated``; ``filter_shape`` are the sizes of the window.
    Raises: ShapeError if they do not fit together.
    """
    x = to_array(lhs)
    sizes = tuple(static_int(n, "filter_shape") for n in items_of(filter_shape))
    numbers = conv_dimension_numbers(x.shape, (1, 1, *sizes), dimension_numbers)
    count, features = math.prod(sizes), x.shape[numbers.lhs_spec[1]]
    rows, columns = (broadcasted_iota("int32", (count, count), axis) for axis in (0, 1))
    unit = convert(rows == columns, x.dtype)
    unit = reshape(broadcast_in_dim(unit, (features, count, count), (1, 2)), (features * count, 1, *sizes))
    return conv_general_dilated(
        x,
        transpose(unit, [int(i) for i in np.argsort(numbers.rhs_spec)]),
        window_strides,
        padding,
        lhs_dilation,
        rhs_dilation,
        numbers,
        features,
        precision=precision,
        preferred_element_type=preferred_element_type,
    )


def conv_general_dilated_local(
    lhs: ArrayLike,
    rhs: ArrayLike,
    window_strides: Sequence[int],
    padding: Padding,
    filter_shape: Sequence[int],
    lhs_dilation: Sequence[int] | None = None,
    rhs_dilation: Sequence[int] | None = None,
    dimension_numbers: ConvGeneralDilatedDimensionNumbers = None,
    precision: Any = None,
) -> Array:
    """Convolution with a kernel of its own at each position.

    Args:
        lhs: See ``conv_general_dilated``.
        rhs: Kernels: along the spatial axes the positions, along input features what
            ``conv_general_dilated_patches`` gives as features.
        filter_shape: Sizes of the kernels.
        window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers, precision: See
            ``conv_general_dilated``.

    Raises: ShapeError, DTypeError if they do not fit together.
    """
    x, y = to_array(lhs), to_array(rhs)
    patches = conv_general_dilated_patches(
        x, filter_shape, window_strides, padding, lhs_dilation, rhs_dilation, dimension_numbers
    )
    _, kernel, out = conv_dimension_numbers(x.shape, y.shape, dimension_numbers)
    order = np.argsort(out[2:])
    here, there = [out[2:][i] for i in order], [kernel[2:][i] for i in order]
    found = dot_general(patches, y, (((out[1],), (kernel[1],)), (here, there)), precision)
    # The axes of the product: positions as in the result, batch, features.
    axes = [*here, out[0], out[1]]
    return transpose(found, [int(i) for i in np.argsort(axes)])


def conv_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    strides: Sequence[int],
    pads: Padding,
    batch_group_count: int = 1,
) -> tuple[int, ...]:
    """Shape of the convolution of ``[n, c, ...]`` with ``[f, c, ...]``; see ``conv_general_dilated``.

    Args:
        lhs_shape: Shape of the operand.
        rhs_shape: Shape of the kernel.
        strides: Steps of the window along each spatial axis.
        pads: As in ``conv_general_dilated``.
        batch_group_count: Number of groups of the batch.

    Raises: ShapeError if the shapes do not fit.
    """
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, None)
    return _shape_of(lhs_shape, rhs_shape, strides, pads, numbers, batch_group_count)


def conv_general_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    dimension_numbers: Any,
) -> tuple[int, ...]:
    """Shape of a convolution without dilation; see ``conv_general_dilated``.

    Args:
        lhs_shape: Shape of the operand.
        rhs_shape: Shape of the kernel.
        window_strides: Steps of the window along each spatial axis.
        padding, dimension_numbers: As in ``conv_general_dilated``.

    Raises: ShapeError if the shapes do not fit.
    """
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    return _shape_of(lhs_shape, rhs_shape, window_strides, padding, numbers)


def conv_transpose_shape_tuple(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    window_strides: Sequence[int],
    padding: Padding,
    dimension_numbers: Any,
) -> tuple[int, ...]:
    """Shape of a transposed convolution; see ``conv_transpose``.

    Args:
        lhs_shape: Shape of the operand.
        rhs_shape: Shape of the kernel.
        window_strides: Factors by which the operand is pulled apart.
        padding, dimension_numbers: As in ``conv_transpose``.

    Raises: ShapeError if the shapes do not fit.
    """
    numbers = conv_dimension_numbers(lhs_shape, rhs_shape, dimension_numbers)
    spans = [rhs_shape[a] for a in numbers.rhs_spec[2:]]
    pads = _transposed_pads(padding, spans, tuple(window_strides), False)
    return _shape_of(lhs_shape, rhs_shape, (1,) * len(spans), pads, numbers, dilation=tuple(window_strides))


def _shape_of(
    lhs_shape: Sequence[int],
    rhs_shape: Sequence[int],
    strides: Sequence[int],
    padding: Padding,
    numbers: ConvDimensionNumbers,
    batch_group_count: int = 1,
    dilation: Sequence[int] | None = None,
) -> tuple[int, ...]:
    """By the type rule of the op."""
    count = len(numbers.lhs_spec) - 2
    spatial = [lhs_shape[a] for a in numbers.lhs_spec[2:]]
    kernel = [rhs_shape[a] for a in numbers.rhs_spec[2:]]
    named = isinstance(padding, str)
    pads = padtype_to_pads(spatial, kernel, strides, padding) if named else pairs(padding, count, "padding")
    dtype = np.dtype("float32")
    (found,) = OPS["convolution"].infer_checked(
        [Aval(tuple(lhs_shape), dtype), Aval(tuple(rhs_shape), dtype)],
        {
            "window_strides": integers(strides, count, "window_strides"),
            "padding_low": tuple(a for a, _ in pads),
            "padding_high": tuple(b for _, b in pads),
            "lhs_dilation": integers(dilation, count, "lhs_dilation"),
            "rhs_dilation": (1,) * count,
            "lhs_axes": tuple(numbers.lhs_spec),
            "rhs_axes": tuple(numbers.rhs_spec),
            "out_axes": tuple(numbers.out_spec),
            "feature_group_count": 1,
            "batch_group_count": batch_group_count,
            "dtype": dtype,
        },
    )
    return found.shape
