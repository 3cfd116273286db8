"""Rows of the case table for discrete Fourier transforms."""

from __future__ import annotations

from axir_compiler.ir.types import COMPLEX, real_dtype
from references import fourier
from samples import Arg, Case

__all__ = ["TRANSFORMS"]


def _fft(label: str, shape: tuple[int, ...], kind: str, lengths: tuple[int, ...]) -> Case:
    dtypes = frozenset(map(real_dtype, COMPLEX)) if kind == "rfft" else COMPLEX
    attrs = {"kind": kind, "lengths": lengths}
    return Case(
        "fft", f"{kind}, {label}", (Arg(shape, -2, 3),), fourier, dtypes, attrs, ulp=200, kernel_ulp=400
    )


TRANSFORMS = (
    *(_fft(f"{n}", (3, n), "fft", (n,)) for n in (1, 2, 3, 4, 8, 15, 17, 60, 64)),
    _fft("8", (2, 8), "ifft", (8,)),
    _fft("prime", (2, 19), "ifft", (19,)),
    _fft("two axes", (2, 3, 4), "fft", (3, 4)),
    _fft("three axes", (3, 2, 5), "ifft", (3, 2, 5)),
    _fft("no rows", (0, 4), "fft", (4,)),
    *(_fft(f"{n}", (3, n), "rfft", (n,)) for n in (1, 2, 6, 7)),
    _fft("two axes", (2, 3, 4), "rfft", (3, 4)),
    _fft("no rows", (0, 4), "rfft", (4,)),
    *(_fft(f"{n}", (3, n // 2 + 1), "irfft", (n,)) for n in (1, 2, 6, 7)),
    _fft("two axes", (2, 3, 3), "irfft", (3, 4)),
)
