"""Signal processing: convolution and correlation in any number of dimensions, spectra of segments."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from axir import lax
from axir._src.array import Array
from axir._src.axes import axes_of
from axir._src.convert import ArrayLike
from axir._src.elementwise import promoted
from axir._src.messages import located
from axir.numpy.shapes import moveaxis
from axir.numpy.signals import checked_mode, correlated
from axir.scipy import _spectral
from axir.scipy._spectral import *  # noqa: F403
from axir_compiler.errors import ShapeError

__all__ = ["convolve", "convolve2d", "correlate", "correlate2d", "fftconvolve"]
__all__ += _spectral.__all__


def convolve(
    in1: ArrayLike, in2: ArrayLike, mode: str = "full", method: str = "auto", precision: Any = None
) -> Array:
    """Convolution of two arrays of the same rank.

    Args:
        in1, in2: Arrays that are not empty; integers become floats.
        mode: ``"full"`` for all positions where they overlap, ``"same"`` for the middle part of that, of the shape of
            ``in1``, ``"valid"`` where one lies inside the other along all axes.
        method: ``"auto"``, ``"direct"`` or ``"fft"``; the sums are computed directly in all cases.
        precision: Has no effect: products are never computed in less than the precision of the operands.

    Raises: ShapeError if ranks differ, an operand is empty, or none fits into the other for mode ``"valid"``.
    """
    return _convolved("convolve", in1, in2, mode, _checked_method(method, "convolve"))


def correlate(
    in1: ArrayLike, in2: ArrayLike, mode: str = "full", method: str = "auto", precision: Any = None
) -> Array:
    """Correlation of two arrays of the same rank: ``convolve`` with ``in2`` reversed; see there.

    Args:
        in1, in2: Arrays of one rank.
        mode: ``"full"``, ``"same"`` or ``"valid"``.
        method: ``"auto"``, ``"direct"`` or ``"fft"``.
        precision: As in ``lax.dot_general``.

    Raises: ShapeError if the ranks differ; ValueError for another mode or method.
    """
    return _convolved("correlate", in1, in2, mode, _checked_method(method, "correlate"))


def fftconvolve(
    in1: ArrayLike, in2: ArrayLike, mode: str = "full", axes: int | Sequence[int] | None = None
) -> Array:
    """Convolution along ``axes``, computed directly; along the others both must have the same size, or one size 1.

    Raises: ShapeError as ``convolve``, AxisError if an axis is out of bounds.
    """
    (x, y), _ = promoted(in1, in2, to_float=True)
    _check("fftconvolve", x, y)
    along = axes_of(axes, x.ndim, "fftconvolve")
    rest = [d for d in range(x.ndim) if d not in along]
    shape = [max(x.shape[d], y.shape[d]) for d in rest]
    for v in (x, y):
        if any(v.shape[d] not in (1, n) for d, n in zip(rest, shape, strict=True)):
            raise located(
                ShapeError(f"fftconvolve: sizes must agree except along {along}; got {x.aval} and {y.aval}.")
            )
    checked_mode(mode, "fftconvolve")
    return _along(x, y, mode, list(along), rest, shape)


def _along(x: Array, y: Array, mode: str, along: list[int], rest: list[int], shape: list[int]) -> Array:
    """Convolution along some axes, the others being features of their own."""
    count, outer = math.prod(shape), tuple(range(len(rest)))

    def features_first(v: Array) -> Array:
        v = moveaxis(v, tuple(rest), outer)
        sizes = v.shape[len(rest) :]
        v = lax.broadcast_in_dim(v, (*shape, *sizes), tuple(range(v.ndim)))
        return lax.reshape(v, (count, *sizes))

    left, right, pads, _ = _prepared("fftconvolve", features_first(x), features_first(y), mode, skipped=1)
    axes = tuple(range(1, right.ndim))
    result = lax.conv_general_dilated(
        lax.expand_dims(left, (0,)),
        lax.expand_dims(lax.rev(right, axes), (1,)),
        (1,) * len(along),
        pads,
        feature_group_count=count,
    )
    result = lax.reshape(result, (*shape, *result.shape[2:]))
    return moveaxis(result, outer, tuple(rest))


def convolve2d(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: float = 0,
    precision: Any = None,
) -> Array:
    """``convolve`` of two matrices; outside of them there are zeros.

    Raises: ShapeError also if an operand is no matrix, or for another boundary.
    """
    return _convolved("convolve", in1, in2, mode, _checked_boundary("convolve2d", boundary, fillvalue), 2)


def correlate2d(
    in1: ArrayLike,
    in2: ArrayLike,
    mode: str = "full",
    boundary: str = "fill",
    fillvalue: float = 0,
    precision: Any = None,
) -> Array:
    """``correlate`` of two matrices; outside of them there are zeros.

    Raises: ShapeError also if an operand is no matrix, or for another boundary.
    """
    return _convolved("correlate", in1, in2, mode, _checked_boundary("correlate2d", boundary, fillvalue), 2)


def _checked_method(method: str, where: str) -> str:
    if method not in ("auto", "direct", "fft"):
        raise located(ShapeError(f"{where}: method must be 'auto', 'direct' or 'fft'; got {method!r}."))
    return where


def _checked_boundary(where: str, boundary: str, fillvalue: float) -> str:
    if boundary != "fill" or fillvalue != 0:
        raise located(
            ShapeError(
                f"{where}: the boundary must be 'fill' with fillvalue 0; got {boundary!r}, {fillvalue!r}. Pad with "
                "axir.numpy.pad first, and use mode 'valid'."
            )
        )
    return where


def _check(where: str, x: Array, y: Array, rank: int | None = None) -> None:
    if x.ndim != y.ndim or x.size == 0 or y.size == 0 or rank not in (None, x.ndim):
        what = f"arrays of {rank} axes" if rank is not None else "arrays of the same rank"
        raise located(
            ShapeError(f"{where}: operands must be {what} that are not empty; got {x.aval} and {y.aval}.")
        )


def _convolved(
    op: str, in1: ArrayLike, in2: ArrayLike, mode: str, where: str, rank: int | None = None
) -> Array:
    (x, y), _ = promoted(in1, in2, to_float=True)
    _check(where, x, y, rank)
    checked_mode(mode, where)
    axes = tuple(range(x.ndim))
    late = where == "correlate2d"
    left, right, pads, swapped = _prepared(where, x, y, mode, mirrored=op == "correlate", late=late)
    if op == "convolve":
        return correlated(left, lax.rev(right, axes), pads)
    found = correlated(left, right, pads)
    return lax.rev(found, axes) if swapped else found


def _prepared(
    where: str,
    x: Array,
    y: Array,
    mode: str,
    *,
    skipped: int = 0,
    mirrored: bool = False,
    late: bool = False,
) -> tuple[Array, Array, list[tuple[int, int]], bool]:
    """What slides over what, with which padding; whether the operands were exchanged.

    The smaller one slides, where there is one. An exchange turns a correlation around (``mirrored``), and with it
    which end the smaller half of an odd number of places to leave out is at. SciPy's ``correlate2d`` has the larger
    half at the beginning (``late``), unlike its other functions.
    """
    pairs = list(zip(x.shape[skipped:], y.shape[skipped:], strict=True))
    swapped = all(n <= m for n, m in pairs) and any(n < m for n, m in pairs)
    if mode == "valid" and not swapped and any(n < m for n, m in pairs):
        raise located(
            ShapeError(
                f"{where}: for mode 'valid' one operand must fit into the other; got {x.aval} and {y.aval}."
            )
        )
    pads = []
    for n, m in pairs:
        size, kernel = (m, n) if swapped else (n, m)
        if mode == "valid":
            pads.append((0, 0))
        elif mode == "full":
            pads.append((kernel - 1, kernel - 1))
        else:
            # Of the n + m - 1 positions the n from this one on.
            first = m // 2 if late else (m - 1) // 2
            low = kernel - 1 - first
            sides = (low, n + kernel - 1 - size - low)
            pads.append(sides[::-1] if swapped and mirrored else sides)
    return (y, x, pads, True) if swapped else (x, y, pads, False)
