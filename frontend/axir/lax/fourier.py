"""Discrete Fourier transforms of the last axes."""

from __future__ import annotations

import enum
from collections.abc import Sequence

import numpy as np

from axir._src.array import Array
from axir._src.axes import items_of, static_int
from axir._src.convert import ArrayLike, convert, to_array
from axir._src.messages import located
from axir._src.promotion import inexact
from axir._src.trace import bind
from axir_compiler.errors import DTypeError, ShapeError
from axir_compiler.ir.op import OPS
from axir_compiler.ir.types import COMPLEX

__all__ = ["FftType", "fft"]


_COMPLEX_OF = {dtype.name: dtype for dtype in COMPLEX}
_COMPLEX_OF |= {f"float{4 * dtype.itemsize}": dtype for dtype in COMPLEX}


class FftType(enum.IntEnum):
    """The kinds of transforms."""

    FFT = 0
    IFFT = 1
    RFFT = 2
    IRFFT = 3


def fft(x: ArrayLike, fft_type: FftType | str, fft_lengths: Sequence[int]) -> Array:
    """A discrete Fourier transform of the last ``len(fft_lengths)`` axes.

    ``y[j] = sum_k x[k] exp(-2 pi i j k / n)`` along each of them; inverse transforms are divided by the number of
    elements. ``RFFT`` gives the first ``n // 2 + 1`` elements along the last axis of the transform of real numbers,
    ``IRFFT`` the real numbers of those.

    Args:
        x: Array; real for ``RFFT``, otherwise converted to a complex dtype.
        fft_type: An ``FftType``, or its name.
        fft_lengths: Sizes of the transformed axes, for ``IRFFT`` of those of the result.

    Raises: ShapeError if the sizes do not fit, DTypeError for complex numbers with ``RFFT``.
    """
    kind = _kind(fft_type)
    lengths = tuple(static_int(n, "fft") for n in items_of(fft_lengths))
    array = to_array(x)
    if kind != "rfft":
        dtype = _COMPLEX_OF.get(inexact(array.dtype).name, np.dtype("complex64"))
        return bind(OPS["fft"], convert(array, dtype), weak=False, kind=kind, lengths=lengths)
    if array.dtype in COMPLEX:
        raise located(
            DTypeError(f"rfft: the operand must be real; got {array.aval}. Use fft, or take real parts.")
        )
    dtype = inexact(array.dtype) if inexact(array.dtype).itemsize > 2 else np.dtype("float32")
    return bind(OPS["fft"], convert(array, dtype), weak=False, kind=kind, lengths=lengths)


def _kind(fft_type: FftType | str) -> str:
    name = fft_type.name if isinstance(fft_type, FftType) else str(fft_type)
    if name.upper() not in FftType.__members__:
        known = ", ".join(FftType.__members__)
        raise located(ShapeError(f"fft: fft_type must be one of {known}; got {fft_type!r}."))
    return name.lower()
