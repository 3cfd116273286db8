"""Running reductions along one axis, with operations of axir or with functions of the user."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from axir._src import pytree
from axir._src.array import Array
from axir._src.axes import axis_of
from axir._src.convert import ArrayLike, to_array
from axir._src.messages import located
from axir._src.trace import bind
from axir.lax.elementwise import add, exp, gt, is_finite, log, real, select, stop_gradient, sub
from axir.lax.shapes import concatenate, expand_dims, full_like, reshape, rev
from axir.lax.slicing import slice_in_dim
from axir_compiler.errors import ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX

__all__ = ["associative_scan", "cumlogsumexp", "cummax", "cummin", "cumprod", "cumsum"]

Arrays = list[Array]


def _cumulative(name: str, doc: str) -> Callable[..., Array]:
    cls = OPS[name]

    def function(operand: ArrayLike, axis: int = 0, reverse: bool = False) -> Array:
        x = to_array(operand)
        at = axis_of(axis, x.ndim, f"lax.{name}")
        if name == "cumlogsumexp" and x.dtype in COMPLEX:
            return associative_scan(_log_add_exp, x, bool(reverse), at)
        return bind(cls, x, axis=at, reverse=bool(reverse))

    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.lax"
    function.__doc__ = (
        f"{doc}\n\n    Of all elements up to each one, or from each one on if ``reverse``; the shape stays.\n\n"
        "    Raises: AxisError if the axis is out of bounds, DTypeError for bools."
    )
    return function


cumsum = _cumulative("cumsum", "Running sum along an axis; half types are accumulated in float32.")
cumprod = _cumulative("cumprod", "Running product along an axis; half types are accumulated in float32.")
cummax = _cumulative("cummax", "Running maximum along an axis; NaN from the first NaN on.")
cummin = _cumulative("cummin", "Running minimum along an axis; NaN from the first NaN on.")
cumlogsumexp = _cumulative("cumlogsumexp", "Running ``log(sum(exp(x)))`` along an axis, without overflow.")


def _log_add_exp(x: Array, y: Array) -> Array:
    """``log(exp(x) + exp(y))`` of complex numbers, without overflow."""
    top = stop_gradient(select(gt(real(x), real(y)), x, y))
    # Of infinite numbers there is nothing to take away.
    top = select(is_finite(real(top)), top, full_like(top, 0))
    return add(log(add(exp(sub(x, top)), exp(sub(y, top)))), top)


def associative_scan(fn: Callable[[Any, Any], Any], elems: Any, reverse: bool = False, axis: int = 0) -> Any:
    """Running combination of elements by an associative function, in a logarithmic number of steps.

    Args:
        fn: ``fn(a, b)`` combines elementwise two pytrees of the structure of ``elems`` with arrays of any equal
            size along the axis. It must be associative; the earlier elements are its first argument.
        elems: Pytree of arrays of one size along the axis.
        reverse: Whether to combine from the end; ``fn`` then gets the later elements first.
        axis: Axis to scan along.

    Returns: Pytree of the structure and shapes of ``elems``; element ``i`` combines the first ``i + 1`` ones.
    Raises: ShapeError if sizes differ or ``fn`` changes structure or shapes; TypeError if ``fn`` cannot be called.

    The algorithm is that of G. E. Blelloch, "Prefix sums and their applications", CMU-CS-90-190, 1990.
    """
    if not callable(fn):
        raise TypeError("associative_scan: the first argument must be a function.")
    leaves, treedef = pytree.flatten(elems)
    xs = [to_array(x) for x in leaves]
    if not xs:
        return elems
    at = axis_of(axis, xs[0].ndim, "associative_scan")
    sizes = {x.shape[at] if at < x.ndim else None for x in xs}
    if len(sizes) > 1:
        given = ", ".join(str(x.aval) for x in xs)
        raise located(
            ShapeError(f"associative_scan: arrays must have one size along axis {at}; got {given}.")
        )

    def combine(left: Arrays, right: Arrays) -> Arrays:
        found = fn(pytree.unflatten(treedef, left), pytree.unflatten(treedef, right))
        results, structure = pytree.flatten(found)
        arrays = [to_array(x) for x in results]
        if structure != treedef or any(a.shape != b.shape for a, b in zip(arrays, left, strict=True)):
            raise located(
                ShapeError(
                    "associative_scan: fn must give arrays of the structure and shapes of its arguments."
                )
            )
        return arrays

    if reverse:
        xs = [rev(x, (at,)) for x in xs]
    found = _scan(combine, xs, at)
    return pytree.unflatten(treedef, [rev(x, (at,)) for x in found] if reverse else found)


def _scan(combine: Callable[[Arrays, Arrays], Arrays], xs: Arrays, axis: int) -> Arrays:
    """Combine neighbours, scan those, and fill in the places between."""
    size = xs[0].shape[axis]
    if size < 2:
        return xs

    def part(arrays: Sequence[Array], start: int, limit: int, stride: int = 1) -> Arrays:
        return [slice_in_dim(x, start, limit, stride, axis) for x in arrays]

    whole = size - size % 2
    odd = _scan(combine, combine(part(xs, 0, whole, 2), part(xs, 1, whole, 2)), axis)
    even = part(xs, 0, 1)
    if size > 2:
        rest = combine(part(odd, 0, (size - 1) // 2), part(xs, 2, size, 2))
        even = [concatenate([a, b], axis) for a, b in zip(even, rest, strict=True)]
    return [_interleaved(a, b, axis) for a, b in zip(even, odd, strict=True)]


def _interleaved(even: Array, odd: Array, axis: int) -> Array:
    """The elements of two arrays in turns; the first one may have one more."""
    count = odd.shape[axis]
    pairs = [expand_dims(slice_in_dim(x, 0, count, axis=axis), (axis + 1,)) for x in (even, odd)]
    shape = (*odd.shape[:axis], 2 * count, *odd.shape[axis + 1 :])
    mixed = reshape(concatenate(pairs, axis + 1), shape)
    return (
        mixed
        if even.shape[axis] == count
        else concatenate([mixed, slice_in_dim(even, count, None, axis=axis)], axis)
    )
