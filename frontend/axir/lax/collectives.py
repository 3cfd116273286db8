"""Operations over the items of a batch: sums, copies and exchanges along an axis that ``vmap`` names.

``x`` is a pytree of arrays; ``axis_name`` the name of an axis given to ``vmap(..., axis_name=...)``.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from axir._src import pytree
from axir._src.array import Array
from axir._src.axes import axis_of, static_int
from axir._src.convert import ArrayLike, convert, is_number, to_array
from axir._src.elementwise import broadcast_to
from axir._src.messages import located
from axir._src.named_axes import size_of_axis
from axir._src.trace import current_frame
from axir.lax.elementwise import div, select
from axir.lax.reductions import reduce_max, reduce_min, reduce_sum
from axir.lax.shapes import concatenate, full_like, reshape, transpose
from axir.lax.slicing import dynamic_index_in_dim, index_in_dim
from axir_compiler.errors import ShapeError
from axir_compiler.ops.collective import AllGatherOp, AxisIndexOp

__all__ = [
    "all_gather",
    "all_to_all",
    "axis_index",
    "axis_size",
    "pbroadcast",
    "pmax",
    "pmean",
    "pmin",
    "ppermute",
    "pshuffle",
    "psum",
    "psum_scatter",
    "pswapaxes",
]


def _names(axis_name: Any) -> tuple[Hashable, ...]:
    return tuple(axis_name) if isinstance(axis_name, tuple | list) else (axis_name,)


def _refuse_groups(title: str, groups: Any) -> None:
    if groups is not None:
        raise NotImplementedError(f"{title}: axis_index_groups is not supported; use several named axes.")


def _gathered(x: Array, name: Hashable) -> Array:
    """The values of all items, stacked in front."""
    axis, frame = size_of_axis(name), current_frame()
    assert frame is not None
    return frame.emit(AllGatherOp, (x,), {"axis": axis.label, "size": axis.size}, x.weak_type)


def _item(x: Array, position: Array) -> Array:
    return dynamic_index_in_dim(x, position, 0, keepdims=False)


def axis_size(axis_name: Any) -> int:
    """The number of items along a named axis, or along several together."""
    size = 1
    for name in _names(axis_name):
        size *= size_of_axis(name).size
    return size


def axis_index(axis_name: Any) -> Array:
    """The position of the item along a named axis, an int32 scalar; along several with the last running fastest."""
    total: Any = None
    for name in _names(axis_name):
        axis, frame = size_of_axis(name), current_frame()
        assert frame is not None
        here = frame.emit(AxisIndexOp, (), {"axis": axis.label, "size": axis.size}, False)
        total = here if total is None else total * axis.size + here
    return total


def _reduced(title: str, x: Any, axis_name: Any, reduce: Callable[..., Array], groups: Any) -> Any:
    _refuse_groups(title, groups)

    def over(leaf: ArrayLike) -> Array:
        array = to_array(leaf)
        if array.dtype == bool:
            array = convert(array, np.dtype("int32"))
        for name in _names(axis_name):
            array = reduce(_gathered(array, name), (0,))
        return array

    return pytree.map_tree(over, x)


def psum(x: Any, axis_name: Any, *, axis_index_groups: None = None) -> Any:
    """The sum of the items along one or several named axes. Numbers are multiplied by the size at once.

    Args:
        x: Pytree of arrays of any shape.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around; or a sequence of names.
        axis_index_groups: Must be None.

    Returns: arrays of the same shapes and dtypes.

    Raises: UnboundAxisError if no ``vmap`` around gives the name.
    """
    if is_number(x):
        return x * axis_size(axis_name)
    return _reduced("psum", x, axis_name, reduce_sum, axis_index_groups)


def pmax(x: Any, axis_name: Any, *, axis_index_groups: None = None) -> Any:
    """The largest of the items along one or several named axes, by element.

    Args:
        x: Pytree of arrays of any shape.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around; or a sequence of names.
        axis_index_groups: Must be None.

    Returns: arrays of the same shapes and dtypes.

    Raises: UnboundAxisError if no ``vmap`` around gives the name.
    """
    return _reduced("pmax", x, axis_name, reduce_max, axis_index_groups)


def pmin(x: Any, axis_name: Any, *, axis_index_groups: None = None) -> Any:
    """The smallest of the items along one or several named axes, by element.

    Args:
        x: Pytree of arrays of any shape.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around; or a sequence of names.
        axis_index_groups: Must be None.

    Returns: arrays of the same shapes and dtypes.

    Raises: UnboundAxisError if no ``vmap`` around gives the name.
    """
    return _reduced("pmin", x, axis_name, reduce_min, axis_index_groups)


def pmean(x: Any, axis_name: Any, *, axis_index_groups: None = None) -> Any:
    """The mean of the items along one or several named axes.

    Args:
        x: Pytree of arrays of any shape.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around; or a sequence of names.
        axis_index_groups: Must be None.

    Returns: arrays of the same shapes; means of integers are float32.

    Raises: UnboundAxisError if no ``vmap`` around gives the name.
    """
    size = axis_size(axis_name)

    def mean(total: Any) -> Any:
        array = to_array(total)
        if array.dtype.kind in "iu":
            array = convert(array, np.dtype("float32"))
        return div(array, full_like(array, size))

    return pytree.map_tree(mean, psum(x, axis_name, axis_index_groups=axis_index_groups))


def _single(title: str, axis_name: Any) -> Hashable:
    names = _names(axis_name)
    if len(names) != 1:
        raise located(ShapeError(f"{title}: takes one axis name; got {axis_name!r}."))
    return names[0]


def all_gather(
    x: Any, axis_name: Any, *, axis_index_groups: None = None, axis: int = 0, tiled: bool = False
) -> Any:
    """The values of all items, stacked along a new axis, or joined along the axis that is there if ``tiled``.

    Args:
        x: Pytree of arrays of any shape.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around.
        axis_index_groups: Must be None.
        axis: Where the new axis comes, or the axis along which values are joined.
        tiled: Join instead of stacking.

    Returns: arrays with one axis more, or with ``axis`` longer by the size of the named axis.

    Raises: UnboundAxisError if no ``vmap`` around gives the name, AxisError.
    """
    _refuse_groups("all_gather", axis_index_groups)
    name = _single("all_gather", axis_name)

    def gather(leaf: ArrayLike) -> Array:
        array = to_array(leaf)
        found = _gathered(array, name)
        at = axis_of(axis, array.ndim if tiled else found.ndim, "all_gather")
        order = [*range(1, at + 1), 0, *range(at + 1, found.ndim)]
        moved = transpose(found, order)
        if not tiled:
            return moved
        return reshape(moved, (*array.shape[:at], -1, *array.shape[at + 1 :]))

    return pytree.map_tree(gather, x)


def psum_scatter(
    x: Any, axis_name: Any, *, scatter_dimension: int = 0, axis_index_groups: None = None, tiled: bool = False
) -> Any:
    """The sum over the items, of which each takes its part along an axis.

    Without ``tiled`` the axis has the size of the batch, and goes; with it the size is a multiple.
    """
    _refuse_groups("psum_scatter", axis_index_groups)
    name = _single("psum_scatter", axis_name)
    return pytree.map_tree(
        lambda leaf: _own_part(
            "psum_scatter", reduce_sum(_gathered(to_array(leaf), name), (0,)), name, scatter_dimension, tiled
        ),
        x,
    )


def _own_part(title: str, x: Array, name: Hashable, dimension: int, tiled: bool) -> Array:
    """The part of an array that belongs to the item, along an axis that is cut into equal parts."""
    at, size = axis_of(dimension, x.ndim, title), axis_size(name)
    if x.shape[at] % size or (not tiled and x.shape[at] != size):
        wanted = "a multiple of " if tiled else ""
        raise located(
            ShapeError(f"{title}: axis {at} of {x.aval} must have {wanted}the size {size} of the named axis.")
        )
    parts = reshape(x, (*x.shape[:at], size, x.shape[at] // size, *x.shape[at + 1 :]))
    own = dynamic_index_in_dim(parts, axis_index(name), at, keepdims=False)
    return own if tiled else reshape(own, (*x.shape[:at], *x.shape[at + 1 :]))


def ppermute(x: Any, axis_name: Any, perm: Sequence[tuple[int, int]]) -> Any:
    """Send the values of items to other items.

    Args:
        x: Pytree of arrays.
        axis_name: Name of a batch axis.
        perm: Pairs (source, destination) of positions; no position twice as either. Who is sent nothing gets zeros.
    """
    name = _single("ppermute", axis_name)
    size = axis_size(name)
    sources, targets = [int(s) for s, _ in perm], [int(t) for _, t in perm]
    for positions in (sources, targets):
        if len(set(positions)) != len(positions) or not all(0 <= p < size for p in positions):
            raise located(
                ShapeError(f"ppermute: perm must pair distinct positions below {size}; got {list(perm)}.")
            )
    here = axis_index(name)
    # Chosen by comparisons with constants, so that no table enters the program.
    source = full_like(here, -1)
    for s, t in zip(sources, targets, strict=True):
        source = select(here == t, full_like(here, s), source)
    return pytree.map_tree(lambda leaf: _received(to_array(leaf), name, source), x)


def _received(x: Array, name: Hashable, source: Array) -> Array:
    """The value of item number ``source``, zeros if that is -1."""
    found = _item(_gathered(x, name), source)
    return select(broadcast_to(source >= 0, x.shape), found, full_like(x, 0))


def pbroadcast(x: Any, axis_name: Any, source: int) -> Any:
    """The value of one item, number ``source``, for all of them.

    Args:
        x: Pytree of arrays of any shape.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around.
        source: Position along the named axis.

    Returns: arrays of the same shapes and dtypes.

    Raises: UnboundAxisError if no ``vmap`` around gives the name.
    """
    name = _single("pbroadcast", axis_name)
    position = static_int(source, "pbroadcast")
    size = size_of_axis(name).size
    if not 0 <= position < size:
        raise located(ShapeError(f"pbroadcast: source must be in [0, {size}); got {position}."))
    return pytree.map_tree(lambda leaf: index_in_dim(_gathered(to_array(leaf), name), position, 0, False), x)


def pshuffle(x: Any, axis_name: Any, perm: Sequence[int]) -> Any:
    """``ppermute`` with the source of each position in a row.

    Args:
        x: Pytree of arrays of any shape.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around.
        perm: For each position the position whose value it gets.

    Returns: arrays of the same shapes and dtypes.

    Raises: UnboundAxisError if no ``vmap`` around gives the name.
    """
    return ppermute(x, axis_name, [(int(s), t) for t, s in enumerate(perm)])


def all_to_all(
    x: Any,
    axis_name: Any,
    split_axis: int,
    concat_axis: int,
    *,
    axis_index_groups: None = None,
    tiled: bool = False,
) -> Any:
    """Cut each value along an axis, give part k to item k, and join what the item gets.

    Without ``tiled`` the axis that is cut has the size of the batch and goes, and a new one comes at ``concat_axis``.
    """
    _refuse_groups("all_to_all", axis_index_groups)
    name = _single("all_to_all", axis_name)

    def exchange(leaf: ArrayLike) -> Array:
        array = to_array(leaf)
        split = axis_of(split_axis, array.ndim, "all_to_all")
        parts = _own_part("all_to_all", _gathered(array, name), name, split + 1, tiled)
        rank = parts.ndim - 1
        join = axis_of(concat_axis, rank + (not tiled), "all_to_all")
        if tiled:
            rows = [index_in_dim(parts, k, 0, keepdims=False) for k in range(parts.shape[0])]
            return concatenate(rows, join)
        return transpose(parts, [*range(1, join + 1), 0, *range(join + 1, parts.ndim)])

    return pytree.map_tree(exchange, x)


def pswapaxes(x: Any, axis_name: Any, axis: int, *, axis_index_groups: None = None) -> Any:
    """Exchange the named axis with an axis of its size: ``all_to_all`` that cuts and joins there.

    Args:
        x: Pytree of arrays, whose ``axis`` has the size of the named axis.
        axis_name: Name of a batch axis, given by ``vmap(axis_name=...)`` around.
        axis: Axis to exchange it with.
        axis_index_groups: Must be None.

    Returns: arrays of the same shapes and dtypes.

    Raises: UnboundAxisError if no ``vmap`` around gives the name, ShapeError if the sizes differ.
    """
    return all_to_all(x, axis_name, axis, axis, axis_index_groups=axis_index_groups)
