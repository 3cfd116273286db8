"""Discrete Fourier transforms, as ``numpy.fft``: of any length, along any axes.

Arguments that all functions share: ``n`` or ``s`` are the lengths of the transformed axes, to which the array is cut
or padded with zeros; ``norm`` says which transforms are divided by the number of elements: ``"backward"`` (the
default) the inverse ones, ``"forward"`` the others, ``"ortho"`` both by its square root.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.axes import axes_of, axis_of, items_of, static_int
from axir._src.convert import ArrayLike, convert, creation, to_array
from axir._src.messages import located
from axir._src.promotion import DTypeLike, default_float, requested
from axir.numpy.complex_parts import conj
from axir.numpy.elementwise import multiply
from axir.numpy.shapes import moveaxis, roll
from axir_compiler.errors import ShapeError

__all__ = [
    "fft",
    "fft2",
    "fftfreq",
    "fftn",
    "fftshift",
    "hfft",
    "ifft",
    "ifft2",
    "ifftn",
    "ifftshift",
    "ihfft",
    "irfft",
    "irfft2",
    "irfftn",
    "rfft",
    "rfft2",
    "rfftfreq",
    "rfftn",
]

Axes = Sequence[int]
_OPPOSITE = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def _check_norm(name: str, norm: str | None) -> None:
    if norm not in _OPPOSITE:
        raise located(ShapeError(f"{name}: norm must be 'backward', 'ortho' or 'forward'; got {norm!r}."))


def _factor(kind: str, norm: str | None, count: int) -> float:
    """What a transform must be multiplied by, inverse ones being divided by the count already."""
    inverse = kind in ("ifft", "irfft")
    if norm == "ortho":
        return math.sqrt(count) if inverse else 1 / math.sqrt(count)
    if norm == "forward":
        return float(count) if inverse else 1 / count
    return 1.0


def _transformed_axes(name: str, x: Array, s: Axes | None, axes: Axes | None) -> list[int]:
    """The axes in the order of their transforms, the last one first."""
    if axes is None:
        count = x.ndim if s is None else len(s)
        axes = range(x.ndim - count, x.ndim)
    found = [axis_of(a, x.ndim, name) for a in axes]
    if (
        not found
        or len(axes_of(found, x.ndim, name)) != len(found)
        or (s is not None and len(s) != len(found))
    ):
        raise located(
            ShapeError(
                f"{name}: needs distinct axes, at least one, with a length for each; got {axes}, s={s}."
            )
        )
    return found


def _lengths(name: str, kind: str, x: Array, s: Axes | None, axes: list[int]) -> list[int]:
    if s is not None:
        found = [static_int(n, name) for n in s]
    else:
        found = [x.shape[a] for a in axes]
        if kind == "irfft":
            found[-1] = 2 * (found[-1] - 1)
    if any(n < 1 for n in found):
        raise located(ShapeError(f"{name}: lengths must be at least 1; got {tuple(found)} for {x.aval}."))
    return found


def _resized(x: Array, axes: Sequence[int], sizes: Sequence[int]) -> Array:
    """``x`` cut or padded with zeros at the ends of some axes."""
    sides = [(0, 0, 0)] * x.ndim
    for axis, size in zip(axes, sizes, strict=True):
        sides[axis] = (0, size - x.shape[axis], 0)
    return x if not any(high for _, high, _ in sides) else lax.pad(x, lax.full((), 0, x.dtype), sides)


def _transform(
    name: str, kind: str, a: ArrayLike, s: Axes | None, axes: Axes | None, norm: str | None
) -> Array:
    _check_norm(name, norm)
    x = to_array(a)
    along = _transformed_axes(name, x, s, axes)
    lengths = _lengths(name, kind, x, s, along)
    sizes = [*lengths[:-1], lengths[-1] // 2 + 1] if kind == "irfft" else lengths
    last = range(x.ndim - len(along), x.ndim)
    moved = moveaxis(_resized(x, along, sizes), along, tuple(last))
    found = moveaxis(lax.fft(moved, kind, lengths), tuple(last), along)
    factor = _factor(kind, norm, math.prod(lengths))
    return found if factor == 1.0 else multiply(found, factor)


def _one(name: str, kind: str, doc: str) -> Callable[..., Array]:
    def function(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Array:
        return _transform(name, kind, a, None if n is None else (n,), (axis,), norm)

    return _finish(function, name, doc, "Along ``axis``, cut or padded to the length ``n``.")


def _many(name: str, kind: str, doc: str, default: tuple[int, ...] | None) -> Callable[..., Array]:
    def function(
        a: ArrayLike, s: Axes | None = None, axes: Axes | None = default, norm: str | None = None
    ) -> Array:
        return _transform(name, kind, a, s, axes, norm)

    where = "all axes" if default is None else "the last two axes"
    return _finish(
        function, name, doc, f"Along ``axes``, by default {where}, cut or padded to the lengths ``s``."
    )


def _finish(function: Callable[..., Array], name: str, doc: str, details: str) -> Callable[..., Array]:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "axir.numpy.fft"
    function.__doc__ = (
        f"{doc}\n\n    {details} For ``norm`` see the module.\n\n"
        "    Raises: ShapeError for bad lengths, axes or ``norm``, AxisError for an axis out of bounds."
    )
    return function


_DOCS = {
    "fft": "Discrete Fourier transform.",
    "ifft": "Inverse of ``fft``.",
    "rfft": "First half of the transform of real numbers; the rest are its conjugates.",
    "irfft": "Inverse of ``rfft``; the length of the result is even unless it is given.",
}
fft, ifft, rfft, irfft = (_one(kind, kind, doc) for kind, doc in _DOCS.items())
fft2, ifft2, rfft2, irfft2 = (_many(f"{kind}2", kind, doc, (-2, -1)) for kind, doc in _DOCS.items())
fftn, ifftn, rfftn, irfftn = (_many(f"{kind}n", kind, doc, None) for kind, doc in _DOCS.items())


def hfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Array:
    """Real transform of numbers whose second half are the conjugates of the first, which is given.

    Args:
        a: Complex numbers ``[..., m, ...]``.
        n: Size of the result along the axis, by default ``2 * (m - 1)``.
        axis: The axis.
        norm: ``"backward"``, ``"ortho"`` or ``"forward"``: where the scale ``1 / n`` goes.

    Returns: floats.

    Raises: ShapeError for ``n`` below 1 or another norm, AxisError.
    """
    _check_norm("hfft", norm)
    return irfft(conj(a), n, axis, _OPPOSITE[norm])


def ihfft(a: ArrayLike, n: int | None = None, axis: int = -1, norm: str | None = None) -> Array:
    """Inverse of ``hfft``: the first half of the inverse transform of real numbers.

    Args:
        a: Real numbers ``[..., m, ...]``.
        n: Number of elements that count along the axis, by default ``m``.
        axis: The axis.
        norm: ``"backward"``, ``"ortho"`` or ``"forward"``: where the scale ``1 / n`` goes.

    Returns: complex numbers, ``n // 2 + 1`` along the axis.

    Raises: ShapeError for ``n`` below 1 or another norm, AxisError; DTypeError for complex numbers.
    """
    _check_norm("ihfft", norm)
    return conj(rfft(a, n, axis, _OPPOSITE[norm]))


@creation
def fftfreq(n: int, d: ArrayLike = 1.0, *, dtype: DTypeLike = None, device: Any = None) -> Array:
    """Frequencies of the elements of ``fft``, in cycles for each unit of the sample distance ``d``.

    Args:
        n: Size of the transform.
        d: Distance of samples.
        dtype: By default the default float.
        device: Where it is to be; by default where others are made.

    Returns: floats ``[n]``.

    Raises: ShapeError if ``n`` is no positive integer.
    """
    size = _count("fftfreq", n)
    wanted = default_float() if dtype is None else requested(dtype, "fftfreq")
    # 0, 1, ..., and from the middle on as many below zero.
    at = lax.iota("int32", size)
    signed = lax.sub(lax.rem(lax.add(at, size // 2), size), size // 2)
    return convert(signed, wanted) / (convert(to_array(d), wanted) * size)


@creation
def rfftfreq(n: int, d: ArrayLike = 1.0, *, dtype: DTypeLike = None, device: Any = None) -> Array:
    """Frequencies of the elements of ``rfft`` of ``n`` numbers, in cycles for each unit of ``d``.

    Args:
        n: Size of the transform.
        d: Distance of samples.
        dtype: By default the default float.
        device: Where it is to be; by default where others are made.

    Returns: floats ``[n // 2 + 1]``.

    Raises: ShapeError if ``n`` is no positive integer.
    """
    size = _count("rfftfreq", n)
    wanted = default_float() if dtype is None else requested(dtype, "rfftfreq")
    return convert(lax.iota("int32", size // 2 + 1), wanted) / (convert(to_array(d), wanted) * size)


def _count(name: str, n: int) -> int:
    size = static_int(n, name)
    if size < 1:
        raise located(ShapeError(f"{name}: n must be at least 1; got {size}."))
    return size


def _shifted(name: str, x: ArrayLike, axes: int | Axes | None, sign: int) -> Array:
    array = to_array(x)
    along = range(array.ndim) if axes is None else items_of(axes)
    found = [axis_of(a, array.ndim, name) for a in along]
    halves = [array.shape[a] // 2 if sign > 0 else -(array.shape[a] // 2) for a in found]
    return roll(array, halves, found) if found else array


def fftshift(x: ArrayLike, axes: int | Axes | None = None) -> Array:
    """The element of frequency zero in the middle of ``axes``, by default of all."""
    return _shifted("fftshift", x, axes, 1)


def ifftshift(x: ArrayLike, axes: int | Axes | None = None) -> Array:
    """Inverse of ``fftshift``."""
    return _shifted("ifftshift", x, axes, -1)
