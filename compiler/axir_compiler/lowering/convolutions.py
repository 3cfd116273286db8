"""Convolutions, brought into the layouts for which IREE has good kernels.

Operands become ``[batch, *spatial, groups, features]`` and ``[*kernel, groups, features in, features out]``; then

- a kernel of one element is a matrix product;
- with two spatial axes, or one, the sums are written as they are defined, and IREE tiles them well;
- otherwise the elements under the windows are copied into the rows of a matrix. That is also the way for kernels that
  are larger than the result (derivatives with respect to kernels), where the definition would be 20 times slower.

CPU only: the tiling of convolutions along one axis is given for IREE's CPU backend.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from axir_compiler.ir.windows import Window
from axir_compiler.lowering import emit, scalar
from axir_compiler.lowering.barriers import kernel_barrier
from axir_compiler.lowering.contractions import dot_general
from axir_compiler.lowering.cpu_tiles import lowering_config, set_tiles
from axir_compiler.lowering.emit import is_half, signless
from axir_compiler.lowering.generic import (
    constant,
    element_type_of,
    elementwise,
    empty,
    fill,
    generic,
    identity_map,
    is_empty,
    shape_of,
    zeros,
)
from axir_compiler.lowering.movement import concatenate, pad, reshape, slice, transpose
from axir_compiler.mlir import context, ir

__all__ = ["Layout", "convolution", "sliding_map"]

Axes = tuple[int, ...]
_FLOAT32 = np.dtype("float32")


class Layout(NamedTuple):
    """Where the axes of a convolution are, and their sizes.

    Attributes:
        lhs_axes: Positions of batch, feature and spatial axes in the left operand.
        rhs_axes: Positions of output feature, input feature and spatial axes in the kernel.
        out_axes: Positions of batch, feature and spatial axes in the result.
        windows: How the kernel slides along each spatial axis.
        spatial, kernel: Sizes of the spatial axes of the operands.
        groups: Parts that do not see each other.
        batch: Size of the batch of the result.
        inputs, outputs: Features of a group.
        batch_grouped: Whether it is the batch of the left operand that is split, not its features.
    """

    lhs_axes: Axes
    rhs_axes: Axes
    out_axes: Axes
    windows: tuple[Window, ...]
    spatial: Axes
    kernel: Axes
    groups: int
    batch: int
    inputs: int
    outputs: int
    batch_grouped: bool

    @classmethod
    def of(cls, lhs: Sequence[int], rhs: Sequence[int], attrs: dict[str, Any]) -> Layout:
        """The layout for operand shapes and the attributes of ``axir.convolution``."""
        batch, _, *spatial = (lhs[a] for a in attrs["lhs_axes"])
        outputs, inputs, *kernel = (rhs[a] for a in attrs["rhs_axes"])
        columns = (
            kernel,
            attrs["window_strides"],
            attrs["padding_low"],
            attrs["padding_high"],
            attrs["lhs_dilation"],
            attrs["rhs_dilation"],
        )
        groups = attrs["feature_group_count"] * attrs["batch_group_count"]
        return cls(
            *(attrs[name] for name in ("lhs_axes", "rhs_axes", "out_axes")),
            windows=tuple(Window(*row) for row in zip(*columns, strict=True)),
            spatial=tuple(spatial),
            kernel=tuple(kernel),
            groups=groups,
            batch=batch // attrs["batch_group_count"],
            inputs=inputs,
            outputs=outputs // groups,
            batch_grouped=attrs["batch_group_count"] > 1,
        )

    @property
    def positions(self) -> Axes:
        """Sizes of the spatial axes of the result."""
        return tuple(w.count(n) for n, w in zip(self.spatial, self.windows, strict=True))

    @property
    def result_shape(self) -> Axes:
        """Shape of the result."""
        sizes = (self.batch, self.groups * self.outputs, *self.positions)
        shape = [0] * len(sizes)
        for axis, size in zip(self.out_axes, sizes, strict=True):
            shape[axis] = size
        return tuple(shape)


# More elements than this are not copied.
_LARGEST_COPY = 1 << 26


def convolution(
    lhs: ir.Value, rhs: ir.Value, layout: Layout, result_dtype: np.dtype, operand_dtype: np.dtype
) -> ir.Value:
    """The convolution that a layout describes; see ``axir.convolution``.

    Products are formed and summed in ``result_dtype``, 16-bit floats in float32 and rounded once.
    """
    shape = layout.result_shape
    if is_empty(shape) or layout.inputs == 0:
        return zeros(shape, signless(result_dtype))
    wide = _FLOAT32 if is_half(result_dtype) else result_dtype
    products = _Products(operand_dtype, wide)
    x, y = _apart(_channels_last(lhs, layout)), _apart(_kernel_last(rhs, layout))
    found = _ordered(_convolve(x, y, layout, products), layout)
    if wide == result_dtype:
        return found
    return elementwise(lambda v: scalar.convert(wide, result_dtype, v), [found], signless(result_dtype))


class _Products(NamedTuple):
    """The dtype of operands, and the one in which products are formed and summed."""

    operand: np.dtype
    wide: np.dtype

    def add(self, a: ir.Value, b: ir.Value, total: ir.Value) -> ir.Value:
        """``total + a * b``."""
        a, b = (scalar.convert(self.operand, self.wide, v) for v in (a, b))
        return scalar.add(self.wide, total, scalar.mul(self.wide, a, b))

    def zeros(self, sizes: Sequence[int]) -> ir.Value:
        """What sums start from."""
        return fill(list(sizes), emit.constant(signless(self.wide), 0))


# Layout. ------------------------------------------------------------------------------------------------


def _channels_last(lhs: ir.Value, layout: Layout) -> ir.Value:
    """The left operand as ``[batch, *spatial, groups, features]``, without the groups if there is one."""
    batch, features, *spatial = layout.lhs_axes
    if layout.groups == 1:
        return transpose(lhs, [batch, *spatial, features])
    split = batch if layout.batch_grouped else features
    shape = list(shape_of(lhs))
    shape[split : split + 1] = [layout.groups, shape[split] // layout.groups]
    batch, features, *spatial = (a + (a > split) for a in layout.lhs_axes)
    inner = [batch + 1, features] if layout.batch_grouped else [batch, features + 1]
    return transpose(reshape(lhs, shape), [inner[0], *spatial, split, inner[1]])


def _kernel_last(rhs: ir.Value, layout: Layout) -> ir.Value:
    """The kernel as ``[*spatial, groups, input features, output features]``, without the groups if there is one."""
    outputs, inputs, *spatial = layout.rhs_axes
    if layout.groups == 1:
        return transpose(rhs, [*spatial, inputs, outputs])
    shape = list(shape_of(rhs))
    shape[outputs : outputs + 1] = [layout.groups, layout.outputs]
    _, inputs, *spatial = (a + (a > outputs) for a in layout.rhs_axes)
    return transpose(reshape(rhs, shape), [*spatial, outputs, inputs, outputs + 1])


def _apart(x: ir.Value) -> ir.Value:
    """The value behind a barrier, if it is computed: IREE would read a transposed operand in place, element by
    element in the innermost loop, which makes a convolution 50 times slower."""
    source = x
    while not isinstance(source.owner, ir.Block) and source.owner.name in _RESHAPES:
        source = source.owner.operands[0]
    if isinstance(source.owner, ir.Block):
        return x
    return kernel_barrier(x)


_RESHAPES = ("tensor.collapse_shape", "tensor.expand_shape")


def _padded(x: ir.Value, layout: Layout, dtype: np.dtype) -> ir.Value:
    """``[batch, *spatial, ...]`` with the holes of the windows filled with zeros."""
    rest = (0,) * (len(shape_of(x)) - 1 - len(layout.windows))
    low = (0, *(w.low for w in layout.windows), *rest)
    high = (0, *(w.high for w in layout.windows), *rest)
    interior = (0, *(w.base_dilation - 1 for w in layout.windows), *rest)
    if not any((*low, *high, *interior)):
        return x
    return pad(x, constant(np.zeros((), dtype)), low, high, interior)


def _ordered(found: ir.Value, layout: Layout) -> ir.Value:
    """``[batch, *positions, groups * features]`` in the order of the result."""
    merged = reshape(found, (layout.batch, *layout.positions, layout.groups * layout.outputs))
    batch, features, *spatial = layout.out_axes
    return transpose(merged, [int(i) for i in np.argsort([batch, *spatial, features])])


# Dilated operands. --------------------------------------------------------------------------------------

# Convolutions that one is split into, at most: each takes time to compile.
_MOST_PHASES = 4


def _convolve(x: ir.Value, y: ir.Value, layout: Layout, products: _Products) -> ir.Value:
    """``[batch, *positions, ...]`` of operands in their layout.

    The left operand of a transposed convolution is dilated, most of it is holes. Every ``base_dilation``-th position
    sees the same part of the kernel and no holes at all: a convolution of its own.
    """
    dilated_axes = [i for i, w in enumerate(layout.windows) if w.base_dilation > 1]
    phases = math.prod(w.base_dilation for w in layout.windows)
    plain = all(layout.windows[i].stride == layout.windows[i].dilation == 1 for i in dilated_axes)
    if not dilated_axes or not plain or phases > _MOST_PHASES:
        x = _padded(x, layout, products.operand)
        return _method(layout)(x, y, layout, products)
    axis = dilated_axes[0]
    step, count = layout.windows[axis].base_dilation, layout.positions[axis]
    most = -(-count // step)
    parts = [_phase(x, y, layout, products, axis, r, most) for r in range(step)]
    sizes = shape_of(parts[0])
    wide = [(*sizes[: axis + 2], 1, *sizes[axis + 2 :])] * step
    joined = concatenate([reshape(p, s) for p, s in zip(parts, wide, strict=True)], axis + 2)
    whole = (*sizes[: axis + 1], most * step, *sizes[axis + 2 :])
    limit = (*sizes[: axis + 1], count, *sizes[axis + 2 :])
    return slice(reshape(joined, whole), (0,) * len(whole), limit, (1,) * len(whole))


def _phase(
    x: ir.Value, y: ir.Value, layout: Layout, products: _Products, axis: int, first: int, count: int
) -> ir.Value:
    """The results in positions ``first``, ``first + base_dilation``... along an axis, ``count`` of them."""
    w = layout.windows[axis]
    start = (w.low - first) % w.base_dilation
    shape = shape_of(y)
    size = len(range(start, w.size, w.base_dilation))
    positions = [count if i == axis else n for i, n in enumerate(layout.positions)]
    if size == 0:
        return products.zeros((layout.batch, *positions, *_groups(layout), layout.outputs))
    y = slice(
        y,
        [start if i == axis else 0 for i in range(len(shape))],
        shape,
        [w.base_dilation if i == axis else 1 for i in range(len(shape))],
    )
    low = (w.low - first - start) // w.base_dilation
    window = Window(size, low=low, high=count + size - 1 - layout.spatial[axis] - low)
    windows = tuple(window if i == axis else v for i, v in enumerate(layout.windows))
    part = layout._replace(windows=windows, kernel=tuple(v.size for v in windows))
    found = _convolve(x, y, part, products)
    return reshape(found, (layout.batch, *positions, *_groups(layout), layout.outputs))


# Methods. -----------------------------------------------------------------------------------------------

_Method = Callable[[ir.Value, ir.Value, Layout, _Products], ir.Value]


def _method(layout: Layout) -> _Method:
    """How to compute a convolution; measured on x86-64 with AVX-512."""
    kernel, positions = math.prod(layout.kernel), math.prod(layout.positions)
    if kernel == 1:
        return _pointwise
    copied = layout.batch * layout.groups * layout.inputs * positions * kernel
    if copied > _LARGEST_COPY or _is_thin(layout, positions < kernel):
        return _as_defined
    if layout.groups > 1 or positions < kernel or layout.inputs == 1:
        return _as_product
    # IREE drops axes of size 1, and has no good kernel for what is left.
    if len(layout.kernel) == 2 and min(*layout.kernel, *layout.positions) > 1:
        return _as_defined
    alone = layout.batch == 1 or layout.outputs < _TILE[1]
    if len(layout.kernel) == 1 and layout.windows[0].stride == 1 and not alone:
        return _along_one_axis
    return _as_product


def _is_thin(layout: Layout, large_kernel: bool) -> bool:
    """Whether the matrices would be so thin that copying costs more than it brings."""
    if layout.groups > 1:
        return 1 in (layout.inputs, layout.outputs)
    return layout.inputs == layout.outputs == 1 and not large_kernel


def _pointwise(x: ir.Value, y: ir.Value, layout: Layout, products: _Products) -> ir.Value:
    """A kernel of one element: a matrix product for each group."""
    sizes, rank = shape_of(x), len(layout.kernel)
    rest = (1,) * (len(sizes) - 1 - rank)
    steps = [w.stride for w in layout.windows]
    limits = [(n - 1) * s + 1 for n, s in zip(layout.positions, steps, strict=True)]
    x = slice(x, (0,) * len(sizes), (sizes[0], *limits, *sizes[1 + rank :]), (1, *steps, *rest))
    y = reshape(y, shape_of(y)[rank:])
    types = (products.wide, products.operand)
    if layout.groups == 1:
        return dot_general(x, y, (rank + 1,), (0,), (), (), *types)
    found = dot_general(x, y, (rank + 2,), (1,), (rank + 1,), (0,), *types)
    return transpose(found, [*range(1, rank + 2), 0, rank + 2])


def _as_product(x: ir.Value, y: ir.Value, layout: Layout, products: _Products) -> ir.Value:
    """The elements under the windows in the rows of a matrix, times the kernel."""
    rank, groups = len(layout.kernel), _groups(layout)
    first = 1 + rank + len(groups)
    loops = first + rank + 1
    seen = [[(1 + i, w.stride), (first + i, w.dilation)] for i, w in enumerate(layout.windows)]
    kept = [[(1 + rank + i, 1)] for i in range(len(groups))]
    maps = [sliding_map(loops, [[(0, 1)], *seen, *kept, [(loops - 1, 1)]]), identity_map(loops)]
    shape = (layout.batch, *layout.positions, *groups, *layout.kernel, layout.inputs)
    rows = generic([x], [empty(shape, element_type_of(x))], maps, lambda value, _: value)[0]
    inner = math.prod(layout.kernel) * layout.inputs
    rows = reshape(rows, (layout.batch * math.prod(layout.positions), *groups, inner))
    types = (products.wide, products.operand)
    if not groups:
        return dot_general(rows, reshape(y, (inner, layout.outputs)), (1,), (0,), (), (), *types)
    y = transpose(y, [rank, *range(rank), rank + 1, rank + 2])
    y = reshape(y, (*groups, inner, layout.outputs))
    return transpose(dot_general(rows, y, (2,), (1,), (1,), (0,), *types), (1, 0, 2))


def _as_defined(x: ir.Value, y: ir.Value, layout: Layout, products: _Products) -> ir.Value:
    """The sums as they are defined."""
    rank, groups = len(layout.kernel), _groups(layout)
    f = 1 + rank + len(groups)
    first = f + 1
    c = first + rank
    seen = [[(1 + i, w.stride), (first + i, w.dilation)] for i, w in enumerate(layout.windows)]
    inside = [[(first + i, 1)] for i in range(rank)]
    kept = [[(1 + rank + i, 1)] for i in range(len(groups))]
    maps = [
        sliding_map(c + 1, [[(0, 1)], *seen, *kept, [(c, 1)]]),
        sliding_map(c + 1, [*inside, *kept, [(c, 1)], [(f, 1)]]),
        sliding_map(c + 1, [[(d, 1)] for d in range(first)]),
    ]
    init = products.zeros((layout.batch, *layout.positions, *groups, layout.outputs))
    return generic([x, y], [init], maps, products.add, reduced=range(first, c + 1))[0]


def _along_one_axis(x: ir.Value, y: ir.Value, layout: Layout, products: _Products) -> ir.Value:
    """The sums as they are defined, with tile sizes: those that IREE chooses make it 10 times slower."""
    found = _as_defined(x, y, layout, products)
    loops = [(layout.batch, 1), (layout.positions[0], _TILE[0]), (layout.outputs, _TILE[1])]
    set_tiles(found.owner, _tiling(loops, 2), "ConvTileAndDecomposeExpert")
    return found


_TILE = (8, 32)
"""Positions and features of which a kernel holds the sums in registers."""
# Enough parts for the cores of a large machine, each large enough to be worth it.
_PARTS = 64


def _tiling(loops: Sequence[tuple[int, int]], reductions: int) -> str:
    """The attribute that tells IREE's CPU backend how to tile a convolution.

    Args:
        loops: Size, and tile size for registers, of each parallel loop.
        reductions: Number of the loops after them, which are taken one step at a time.
    """
    sizes, tiles = [n for n, _ in loops], [min(n, t) for n, t in loops]
    parts = list(sizes)
    for i, tile in enumerate(tiles):
        while math.prod(-(-n // p) for n, p in zip(sizes, parts, strict=True)) < _PARTS and parts[i] > tile:
            parts[i] = max(-(-parts[i] // (2 * tile)) * tile, tile)
    none = [0] * reductions
    return lowering_config(parts + none, tiles + none, [0] * len(loops) + [1] * reductions)


def _groups(layout: Layout) -> tuple[int, ...]:
    """The axis of the groups, if there are several."""
    return (layout.groups,) if layout.groups > 1 else ()


def sliding_map(loops: int, rows: Sequence[Sequence[tuple[int, int]]]) -> ir.AffineMap:
    """An indexing map. Each result is a sum of ``factor * loop``, given as pairs ``(loop, factor)``."""
    results = []
    for (loop, factor), *more in rows:
        total = ir.AffineExpr.get_mul(ir.AffineDimExpr.get(loop, context()), factor)
        for other, by in more:
            total = ir.AffineExpr.get_add(
                total, ir.AffineExpr.get_mul(ir.AffineDimExpr.get(other, context()), by)
            )
        results.append(total)
    return ir.AffineMap.get(loops, 0, results, context())
